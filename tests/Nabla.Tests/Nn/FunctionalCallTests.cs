using Nabla.Nn;

namespace Nabla.Tests.Nn;

/// <summary>Modules as functions of their parameters, and ensembles of them.</summary>
public sealed class FunctionalCallTests
{
    private static Sequential Net(int seed)
    {
        Sequential net = [new Linear(3, 4, dtype: DType.Float64), new BatchNorm1d(4, dtype: DType.Float64), new Tanh(),
            new Linear(4, 2, dtype: DType.Float64)];
        Generator g = new((ulong)seed);
        foreach (Tensor p in net.Parameters()) Init.Normal_(p, generator: g);
        return net;
    }

    private static Tensor X => Registry.In.Const(Registry.In.Real(5, 3));

    [Fact, Trait("Row", "1.14 functional_call")]
    public void A_call_uses_the_given_tensors_and_leaves_the_modules_own()
    {
        Sequential a = Net(1), b = Net(2);
        a.Eval();
        b.Eval();
        Tensor own = a.GetParameter("0.weight");
        Assert.Equal(b.Call(X).ToArray<double>(), Func.FunctionalCall(a, b.StateDict(), X).ToArray<double>());
        Assert.Same(own, a.GetParameter("0.weight"));
        Tensor zero = Tensor.Zeros([2, 4], DType.Float64).RequiresGrad_();
        Func.FunctionalCall(a, new Dictionary<string, Tensor> { ["3.weight"] = zero }, X).Sum().Backward();
        Assert.NotNull(zero.Grad);
        Assert.Null(a.GetParameter("3.weight").Grad);
        Assert.NotNull(a.GetParameter("3.bias").Grad);
    }

    [Fact, Trait("Row", "1.14 functional_call")]
    public void Statistics_go_to_the_given_buffers()
    {
        Sequential net = Net(1);
        OrderedDictionary<string, Tensor> state = net.StateDict();
        foreach (string name in state.Keys.ToArray()) state[name] = state[name].Clone();
        Func.FunctionalCall(net, state, X);
        Assert.Equal(0, net.GetBuffer("1.num_batches_tracked").Item());
        Assert.Equal(1, state["1.num_batches_tracked"].Item());
        Assert.NotEqual(0, state["1.running_mean"].ToArray<double>()[0]);
    }

    [Fact, Trait("Row", "1.14 functional_call")]
    public void Gradients_and_per_sample_gradients_are_functions_of_parameters()
    {
        Sequential net = Net(3);
        net.Eval();
        Tensor x = X;
        net.Call(x).Square().Sum().Backward();
        OrderedDictionary<string, Tensor> state = net.StateDict();
        Tensor Loss(Tensor w, Tensor row) =>
            Func.FunctionalCall(net, new Dictionary<string, Tensor> { ["0.weight"] = w }, row.Unsqueeze(0)).Square().Sum();
        Func<Tensor, Tensor, Tensor> each = Func.Vmap(Func.Grad(Loss), (null, 0));
        Tensor per = each(state["0.weight"], x);
        Assert.Equal([5L, 4, 3], per.Shape.ToArray());
        ModuleGolden.Close(net.GetParameter("0.weight").Grad!.ToArray<double>(), per.Sum(0), 1e-12, "sum of the samples' gradients");
    }

    [Fact, Trait("Row", "1.14 stack_module_state")]
    public void An_ensemble_gives_each_models_result()
    {
        Sequential[] nets = [Net(1), Net(2), Net(3)];
        foreach (Sequential net in nets) net.Eval();
        (OrderedDictionary<string, Tensor> parameters, OrderedDictionary<string, Tensor> buffers) = Func.StackModuleState(nets);
        Assert.Equal([3L, 4, 3], parameters["0.weight"].Shape.ToArray());
        Assert.True(parameters["0.weight"] is { RequiresGrad: true, IsLeaf: true });
        Assert.Equal(["1.running_mean", "1.running_var", "1.num_batches_tracked"], buffers.Keys);
        Tensor One(Dictionary<string, Tensor> state, Tensor x) => Func.FunctionalCall(nets[0], state, x);
        Dictionary<string, Tensor> all = parameters.Concat(buffers).ToDictionary();
        Tensor y = Func.Vmap<Dictionary<string, Tensor>, Tensor, Tensor>(One, (0, null))(all, X);
        for (int i = 0; i < 3; i++) ModuleGolden.Close(nets[i].Call(X).ToArray<double>(), y.Select(0, i), 1e-13, $"model {i}");
        y.Sum().Backward();
        nets[1].Call(X).Sum().Backward();
        ModuleGolden.Close(nets[1].GetParameter("3.weight").Grad!.ToArray<double>(), parameters["3.weight"].Grad!.Select(0, 1), 1e-12,
            "grad");
    }

    [Fact, Trait("Row", "1.14 functional_call")]
    [Trait("Row", "4.17")]
    public void What_cannot_be_is_refused()
    {
        Linear layer = new(2, 2);
        Dictionary<string, Tensor> state = new() { ["weight"] = Tensor.Zeros([2, 2]) };
        Tensor x = Tensor.Zeros([1, 2]);
        Assert.StartsWith("Error(s) in reparametrizing for Linear:\n\tMissing key(s): 'bias'.", Assert.Throws<ArgumentException>(() =>
            Func.FunctionalCall(layer, state, x, strict: true)).Message, StringComparison.Ordinal);
        state["other"] = x;
        Assert.StartsWith("Error(s) in reparametrizing for Linear:\n\tUnexpected key(s): 'other'.", Assert.Throws<ArgumentException>(() =>
            Func.FunctionalCall(layer, state, x)).Message, StringComparison.Ordinal);
        Assert.StartsWith("stack_module_state: Expected at least one model, got 0.", Assert.Throws<ArgumentException>(() =>
            Func.StackModuleState()).Message, StringComparison.Ordinal);
        Linear eval = new(2, 2), frozen = new(2, 2);
        eval.Eval();
        frozen.RequiresGrad_(false);
        Assert.StartsWith("stack_module_state: Expected all models to have the same training/eval mode.",
            Assert.Throws<ArgumentException>(() => Func.StackModuleState(layer, eval)).Message, StringComparison.Ordinal);
        Assert.StartsWith("stack_module_state: Expected all models to be of the same class.",
            Assert.Throws<ArgumentException>(() => Func.StackModuleState(layer, new Identity())).Message, StringComparison.Ordinal);
        Assert.StartsWith("stack_module_state: Expected weight from each model to have the same .requires_grad",
            Assert.Throws<ArgumentException>(() => Func.StackModuleState(layer, frozen)).Message, StringComparison.Ordinal);
        Assert.Same(layer.Weight, layer.GetParameter("weight"));
    }
}
