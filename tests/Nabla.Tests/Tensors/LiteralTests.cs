namespace Nabla.Tests.Tensors;

public sealed class LiteralTests
{
    [Fact]
    public void NumbersFollowPyTorch()
    {
        Tensor halves = [0.5f, 1.5f], wide = [0.5, 1.5], mixed = [1, 2.5], whole = [1, 2], bools = [true, false];
        Assert.Equal([DType.Float32, DType.Float32, DType.Float32, DType.Int64, DType.Bool],
            [halves.DType, wide.DType, mixed.DType, whole.DType, bools.DType]);
        Assert.Equal([1f, 2.5f], mixed.ToArray<float>());
    }

    [Fact]
    public void ArraysFollowTheirType()
    {
        double[] values = [1, 2, 3];
        Assert.Equal(DType.Float64, Tensor.From(values).DType);
        Assert.Equal(DType.Int16, Tensor.From(new short[] { 1, 2 }).DType);
        Assert.Equal(DType.Bool, Tensor.From(new[] { true }).DType);
        Assert.Equal(new Shape([2, 3]), Tensor.From(new float[2, 3]).Shape);
    }

    [Fact]
    public void Nest()
    {
        Tensor x = [[1f, 2f], [3f, 4f], [5f, 6f]];
        Assert.Equal(new Shape([3, 2]), x.Shape);
        Tensor deep = [[[1], [2]], [[3], [4]]];
        Assert.Equal(new Shape([2, 2, 1]), deep.Shape);
        Tensor none = [];
        Assert.Equal(new Shape([0]), none.Shape);
        float[] buffer = [7f, 8f];
        Tensor spread = [[.. buffer], [1, 2]];
        Assert.Equal([7f, 8f, 1f, 2f], spread.ToArray<float>());
    }

    [Fact]
    public void StackTensors()
    {
        Tensor a = [1f, 2f];
        a.RequiresGrad = true;
        Tensor s = [a, a * 2];
        Assert.Equal(new Shape([2, 2]), s.Shape);
        s.Sum().Backward();
        Assert.Equal([3f, 3f], a.Grad!.ToArray<float>());
    }

    [Fact]
    public void ServeAsOperands()
    {
        Tensor a = [1f, 2f, 3f];
        Assert.Equal([11f, 22f, 33f], (a + [10f, 20f, 30f]).ToArray<float>());
    }

    [Fact]
    public void RaggedOnesAreRefused()
    {
        Assert.Throws<ShapeException>(() => { Tensor _ = [[1f, 2f], [3f]]; });
        Assert.Throws<ShapeException>(() => { Tensor _ = [[1f, 2f], 3f]; });
        Assert.Throws<ShapeException>(() => { Tensor _ = [1f, [2f]]; });
    }

    [Fact]
    public void ValuesThatDoNotFitAreRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Of([1, 300], DType.Int8));
}
