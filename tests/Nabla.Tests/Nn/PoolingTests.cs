namespace Nabla.Tests.Nn;

/// <summary>Windows of 2 x 2 side by side, which have a kernel of their own, against windows that overlap nothing but are found one by
/// one.</summary>
public sealed class PoolingTests
{
    [Theory]
    [InlineData(2, 2)]
    [InlineData(6, 34)]
    [InlineData(5, 7)]
    [InlineData(4, 17)]
    [InlineData(16, 16)]
    public void PairsAreFoundAsOthersAre(long height, long width)
    {
        float[] values = Tensor.Randn([2, 3, height, width], generator: new Generator(3)).ToArray<float>();
        // Equal values, NaN alone and NaN twice in a window.
        for (int i = 0; i < values.Length; i++) values[i] = i % 7 == 3 ? float.NaN : MathF.Round(values[i] * 2);
        Tensor x = Tensor.From(values, [2, 3, height, width]).RequiresGrad_(), wide = x.Detach().To(DType.Float64).RequiresGrad_();
        (Tensor y, Tensor at) = Functional.MaxPool2dWithIndices(x, 2);
        (Tensor expected, Tensor places) = Functional.MaxPool2dWithIndices(wide, 2);
        Assert.Equal(expected.ToArray<double>(), y.To(DType.Float64).ToArray<double>());
        Assert.Equal(places.ToArray<long>(), at.ToArray<long>());
        Tensor g = Tensor.Randn(y.Shape, generator: new Generator(4));
        Tensor own = Autograd.Grad([y], [x], [g])![0]!, other = Autograd.Grad([expected], [wide], [g.To(DType.Float64)])![0]!;
        Assert.Equal(other.ToArray<double>(), own.To(DType.Float64).ToArray<double>());
    }
}
