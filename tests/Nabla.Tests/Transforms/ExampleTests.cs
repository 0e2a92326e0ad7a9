using Nabla.Nn;

namespace Nabla.Tests.Transforms;

/// <summary>What the transforms are for, with modules: learning to learn, ensembles, gradients of samples. Each is computed in a plain way,
/// too.</summary>
public sealed class ExampleTests
{
    private static Sequential Net(int seed, params Module<Tensor, Tensor>[] layers)
    {
        Sequential net = new();
        foreach (Module<Tensor, Tensor> layer in layers) net.Add(layer);
        Generator g = new((ulong)seed);
        foreach (Tensor p in net.Parameters()) Init.Normal_(p, generator: g);
        return net;
    }

    private static Sequential Regressor(int seed) => Net(seed, new Linear(1, 8, dtype: DType.Float64), new Tanh(),
        new Linear(8, 1, dtype: DType.Float64));

    private static Sequential Classifier(int seed) => Net(seed, new Conv2d(1, 3, 3, dtype: DType.Float64), new Tanh(), new MaxPool2d(2),
        new Flatten(), new Linear(12, 4, dtype: DType.Float64));

    private static Dictionary<string, Tensor> State(Module net) =>
        new(net.NamedParameters().Select(static p => KeyValuePair.Create(p.Name, p.Parameter)));

    private static Tensor Normal(int seed, params long[] shape) =>
        Tensor.Randn(new Shape(shape), DType.Float64, generator: new((ulong)seed));

    /// <summary>The gradient of the loss after a step of descent on another, by transforms and by <c>Autograd.Grad</c>.</summary>
    private static void LearningToLearn(Module<Tensor, Tensor> net, Tensor x1, Tensor x2, Func<Tensor, Tensor> loss)
    {
        Dictionary<string, Tensor> state = State(net);
        Tensor Loss(Dictionary<string, Tensor> p, Tensor x) => loss(Func.FunctionalCall(net, p, x));
        Dictionary<string, Tensor> Step(Dictionary<string, Tensor> p, Dictionary<string, Tensor> g) =>
            p.ToDictionary(static q => q.Key, q => q.Value - 0.1 * g[q.Key]);

        Dictionary<string, Tensor> byTransforms = Func.Grad<Dictionary<string, Tensor>>(p =>
            Loss(Step(p, Func.Grad<Dictionary<string, Tensor>>(q => Loss(q, x1))(p)), x2))(state);

        string[] names = [.. state.Keys];
        Tensor[] leaves = [.. state.Values];
        Tensor[] inner = Autograd.Grad(Loss(state, x1), leaves, createGraph: true)!;
        Dictionary<string, Tensor> moved = Step(state, names.Zip(inner).ToDictionary(static p => p.First, static p => p.Second));
        Tensor[] byGrad = Autograd.Grad(Loss(moved, x2), leaves)!;
        for (int i = 0; i < names.Length; i++) Same.Tensors(byGrad[i], byTransforms[names[i]]);
    }

    [Fact, Trait("Row", "1.14 functional_call")]
    public void Learning_to_learn_a_regression() =>
        LearningToLearn(Regressor(1), Normal(2, 5, 1), Normal(3, 5, 1), static y => (y - 1).Square().Mean());

    [Fact, Trait("Row", "1.14 functional_call")]
    public void Learning_to_learn_a_classification()
    {
        Tensor classes = Tensor.From([0L, 3, 1]);
        LearningToLearn(Classifier(1), Normal(2, 3, 1, 6, 6), Normal(3, 3, 1, 6, 6), y => Functional.CrossEntropy(y, classes));
    }

    [Fact, Trait("Row", "1.14 functional_call")]
    public void Batch_norm_without_statistics_works_for_every_batch_at_once()
    {
        Sequential net = Net(1, new Linear(3, 4, dtype: DType.Float64), new BatchNorm1d(4, trackRunningStats: false, dtype: DType.Float64));
        Tensor x = Normal(2, 2, 6, 3);
        Dictionary<string, Tensor> each = Func.Vmap<Dictionary<string, Tensor>, Tensor, Dictionary<string, Tensor>>(
            Func.Grad<Dictionary<string, Tensor>, Tensor>((p, batch) => Func.FunctionalCall(net, p, batch).Pow(3).Sum()), (null, 0))(
            State(net), x);
        for (int i = 0; i < 2; i++)
        {
            net.ZeroGrad();
            net.Call(x[i]).Pow(3).Sum().Backward();
            foreach ((string name, Tensor p) in net.NamedParameters()) Same.Tensors(p.Grad!, each[name].Select(0, i));
        }
    }

    [Fact, Trait("Row", "1.14 stack_module_state")]
    public void One_training_for_every_learning_rate()
    {
        Sequential net = Regressor(1);
        Dictionary<string, Tensor> start = State(net);
        Tensor x = Normal(2, 5, 1), rates = Tensor.From([0.01, 0.05, 0.2]);
        Dictionary<string, Tensor> Train(Tensor rate)
        {
            Dictionary<string, Tensor> p = start;
            for (int i = 0; i < 3; i++)
            {
                Dictionary<string, Tensor> g = Func.Grad<Dictionary<string, Tensor>>(q =>
                    (Func.FunctionalCall(net, q, x) - x.Sin()).Square().Mean())(p);
                p = p.ToDictionary(static q => q.Key, q => q.Value - rate * g[q.Key]);
            }
            return p;
        }
        Dictionary<string, Tensor> all = Func.Vmap<Tensor, Dictionary<string, Tensor>>(Train)(rates);
        for (int i = 0; i < 3; i++)
            foreach ((string name, Tensor p) in Train(rates[i])) Same.Tensors(p, all[name].Select(0, i));
    }

    [Fact, Trait("Row", "1.14 vmap")]
    public void Gradients_of_the_samples_of_a_convolutional_network()
    {
        Sequential net = Classifier(4);
        Tensor x = Normal(5, 3, 1, 6, 6), classes = Tensor.From([2L, 0, 3]);
        Tensor Loss(Dictionary<string, Tensor> p, Tensor image, Tensor target) =>
            Functional.CrossEntropy(Func.FunctionalCall(net, p, image.Unsqueeze(0)), target.Unsqueeze(0));
        Dictionary<string, Tensor> each = Func.Vmap<Dictionary<string, Tensor>, Tensor, Tensor, Dictionary<string, Tensor>>(
            Func.Grad<Dictionary<string, Tensor>, Tensor, Tensor>(Loss), (null, 0, 0))(State(net), x, classes);
        for (int i = 0; i < 3; i++)
        {
            net.ZeroGrad();
            Functional.CrossEntropy(net.Call(x[i..(i + 1)]), classes[i..(i + 1)]).Backward();
            foreach ((string name, Tensor p) in net.NamedParameters()) Same.Tensors(p.Grad!, each[name].Select(0, i));
        }
    }

    [Fact, Trait("Row", "1.14 vmap")]
    public void A_module_is_a_function()
    {
        Linear layer = new(3, 3, bias: false, dtype: DType.Float64);
        Tensor x = Normal(1, 2, 3);
        Same.Tensors(layer.Call(x), Func.Vmap((Tensor row) => layer.Call(row))(x));
    }

    private sealed class Blend : Module<Tensor, Tensor, Tensor, Tensor>
    {
        private readonly Tensor weight = Parameter.Of(Tensor.From([2.0]));

        protected override Tensor Forward(Tensor x, Tensor y, Tensor z) => x + weight * y * z;
    }

    [Fact, Trait("Row", "1.14 functional_call"), Trait("Row", "1.14 grad, grad_and_value")]
    public void A_module_of_three_inputs_and_a_function_of_three_arguments()
    {
        Blend module = new();
        Dictionary<string, Tensor> state = new() { ["weight"] = Same.Of(5) };
        Same.Values(Func.FunctionalCall(module, state, Same.Of(1), Same.Of(2), Same.Of(3)), 31);
        (Dictionary<string, Tensor> g, Tensor value) = Func.GradAndValue<Dictionary<string, Tensor>, Tensor, Tensor>((p, y, z) =>
            Func.FunctionalCall(module, p, y, y, z).Sum())(state, Same.Of(2), Same.Of(3));
        Same.Values(g["weight"], 6);
        Same.Values(value, 32);
    }

    [Fact, Trait("Row", "1.1.1")]
    public void A_frozen_recurrent_layer_passes_gradients_to_its_input()
    {
        LSTM lstm = new(2, 3, dtype: DType.Float64);
        lstm.RequiresGrad_(false);
        Tensor x = Normal(1, 4, 1, 2).RequiresGrad_();
        lstm.Call(x).Output.Sum().Backward();
        Assert.All(x.Grad!.ToArray<double>(), static g => Assert.NotEqual(0, g));
        Assert.All(lstm.Parameters(), static p => Assert.Null(p.Grad));
    }
}
