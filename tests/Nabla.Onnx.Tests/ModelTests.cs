namespace Nabla.Onnx.Tests;

/// <summary>Whole networks, with batches and sequences of other sizes than the example's.</summary>
public class ModelTests
{
    private sealed class Mlp : Module<Tensor, Tensor>
    {
        private readonly Linear fc1 = new(5, 16), fc2 = new(16, 3, bias: false);
        protected override Tensor Forward(Tensor x) => fc2.Call(fc1.Call(x).Relu()).LogSoftmax(-1);
    }

    private static Tensor Random(params long[] shape) => Tensor.Randn(new Shape(shape));

    private static Tensor Tokens(long classes, params long[] shape) => Tensor.RandInt(0, classes, new Shape(shape));

    [Fact]
    public void Mlp_of_any_batch() => Check.Equal(new Mlp(), null, Random(4, 5), Random(1, 5), Random(9, 5));
}
