namespace Nabla.Onnx.Tests;

/// <summary>What cannot be exported says so, with the module's path and the operation; the module is as before.</summary>
public class RefusalTests
{
    private sealed class Inner(Func<Tensor, Tensor> f) : Module<Tensor, Tensor>
    {
        private readonly Linear fc = new(3, 3);
        protected override Tensor Forward(Tensor x) => f(fc.Call(x));
    }

    private sealed class Net(Func<Tensor, Tensor> f) : Module<Tensor, Tensor>
    {
        private readonly ModuleList<Inner> blocks = [new(static x => x.Relu()), new(f)];
        protected override Tensor Forward(Tensor x) => blocks[1].Call(blocks[0].Call(x));
    }

    private static string Refused(Func<Tensor, Tensor> f, OnnxOptions? options = null)
    {
        Net model = new(f);
        Tensor[] before = [.. model.Parameters()];
        NotSupportedException e = Assert.Throws<NotSupportedException>(() => OnnxExporter.ToBytes(model, Tensor.Randn([3, 3]), options));
        Assert.StartsWith("Net.blocks.1: ", e.Message);
        Assert.True(before.SequenceEqual(model.Parameters(), ReferenceEqualityComparer.Instance));
        Assert.True(model.Training);
        Assert.Equal([2, 3], model.Call(Tensor.Randn([2, 3])).Shape);
        return e.Message;
    }

    [Fact]
    public void Unknown_operation() => Assert.Contains("the operation Lgamma cannot be exported", Refused(static x => x.LGamma()));

    [Fact]
    public void Branch_on_a_value() =>
        Assert.Contains("data-dependent control flow", Refused(static x => x.Sum().Item() > 0 ? x : -x));

    [Fact]
    public void Branch_on_a_condition() => Assert.Contains("data-dependent control flow",
        Refused(static x => (bool)(x > 0).All() ? x : -x));

    [Fact]
    public void Selection_by_a_mask() =>
        Assert.Contains("how large a result is", Refused(static x => x + x[x > 0].Sum()));

    [Fact]
    public void Random_numbers() => Assert.Contains("random numbers are drawn (normal)", Refused(static x => x + Tensor.Randn(3)));

    [Fact]
    public void Drawn_classes() => Assert.Contains("(multinomial)", Refused(static x => x + x.Softmax(-1).Multinomial(1)));

    [Fact]
    public void Loop_over_a_dynamic_dimension() => Assert.Contains("the operations that are executed depend on the input",
        Refused(static x =>
    {
        Tensor sum = x[0];
        for (int i = 1; i < x.Size(0); i++) sum = sum + x[i];
        return x + sum;
    }));

    [Fact]
    public void Numbers_of_the_program_that_depend_on_the_size() => Assert.Contains("made of .NET numbers it cannot",
        Refused(static x => x + Tensor.From([.. Enumerable.Range(0, (int)x.Size(0)).Select(static i => (float)(i * i))]).Unsqueeze(-1)));

    [Fact]
    public void Complex_numbers() => Assert.Contains("complex", Refused(static x => Fourier.Rfft(x).Abs().Sum(-1, keepDim: true) + x));

    [Fact]
    public void Operators_of_a_later_version()
    {
        Assert.Contains("Opset = 18", Refused(static x => x + ((x * 4).To(DType.Int64) & 3)));
        Net model = new(static x => x + ((x * 4).To(DType.Int64) & 3));
        Check.Equal(model, new() { Opset = 18 }, Tensor.Randn([3, 3]), Tensor.Randn([5, 3]));
    }

    [Fact]
    public void Sizes_that_do_not_fit() => Assert.Contains("cannot be dynamic", Assert.Throws<NotSupportedException>(() =>
        OnnxExporter.ToBytes(new Lambda<Tensor, Tensor>(static x => x + Tensor.From(new float[4])), Tensor.Randn([4]))).Message);

    [Fact]
    public void Dropout_in_training()
    {
        Sequential model = new(new Linear(3, 3), new Dropout());
        string message = Assert.Throws<NotSupportedException>(() => OnnxExporter.ToBytes(model, Tensor.Randn([2, 3]))).Message;
        Assert.StartsWith("Sequential.1: random numbers", message);
        Assert.Contains("Eval()", message);
    }

    [Fact]
    public void Batch_norm_in_training()
    {
        Sequential model = new(new Linear(3, 3), new BatchNorm1d(3));
        Tensor before = model[1].GetBuffer("running_mean").Clone();
        string message = Assert.Throws<NotSupportedException>(() => OnnxExporter.ToBytes(model, Tensor.Randn([4, 3]))).Message;
        Assert.StartsWith("Sequential.1: the forward writes to '1.", message);
        Assert.Contains("Eval()", message);
        Assert.True(before.Equal(model[1].GetBuffer("running_mean")));
    }

    [Fact]
    public void More_than_two_gigabytes()
    {
        Tensor large = Parameter.Of(Tensor.Zeros(1).Expand([600_000_000]));
        Held model = new(large);
        Assert.Contains("more than 2 GB", Assert.Throws<NotSupportedException>(() =>
            OnnxExporter.ToBytes(model, Tensor.Randn([2]))).Message);
    }

    private sealed class Held(Tensor weight) : Module<Tensor, Tensor>
    {
        private readonly Tensor weight = weight;
        protected override Tensor Forward(Tensor x) => x + weight[0];
    }

    [Fact]
    public void Wrong_options()
    {
        Linear model = new(3, 3);
        Tensor x = Tensor.Randn([2, 3]);
        Assert.Throws<ArgumentOutOfRangeException>(static () => new OnnxOptions { Opset = 16 });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new OnnxOptions { Opset = 24 });
        Assert.Contains("2 input names are given (a, b), but there are 1", Message(new() { InputNames = ["a", "b"] }));
        Assert.Contains("different and not empty", Message(new() { OutputNames = [""] }));
        Assert.Contains("'input' is the name of an input and of an output", Message(new() { OutputNames = ["input"] }));
        Assert.Contains("names an input 'x', but the inputs are: input", Message(new() { DynamicAxes = { ["x"] = ["batch"] } }));
        Assert.Contains("lists 3 dimensions", Message(new() { DynamicAxes = { ["input"] = ["a", "b", "c"] } }));
        Assert.Contains("must have one size, but it is 2", Message(new() { DynamicAxes = { ["input"] = ["n", "n"] } }));
        Assert.Contains("holds no tensor", Assert.Throws<ArgumentException>(static () =>
            OnnxExporter.ToBytes(new Lambda<int, Tensor>(static n => Tensor.Ones(n)), 3)).Message);

        string Message(OnnxOptions options) => Assert.Throws<ArgumentException>(() => OnnxExporter.ToBytes(model, x, options)).Message;
    }
}
