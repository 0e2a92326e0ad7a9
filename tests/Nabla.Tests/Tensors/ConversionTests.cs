namespace Nabla.Tests.Tensors;

public sealed class ConversionTests
{
    [Fact]
    public void ArraysAndSpansRoundTrip()
    {
        float[] values = [1, 2, 3, 4, 5, 6];
        Tensor x = Tensor.From(values, [2, 3]);
        Assert.Equal(values, x.ToArray<float>());
        Assert.Equal([1f, 4f, 2f, 5f, 3f, 6f], x.Transpose(0, 1).ToArray<float>());
        Assert.Equal(6, x.AsSpan<float>().Length);
        values[0] = 100;
        Assert.Equal(1f, x.ToArray<float>()[0]);
    }

    [Fact]
    public void A_matrix_becomes_an_array_of_two_dimensions()
    {
        double[,] values = { { 1, 2, 3 }, { 4, 5, 6 } };
        Tensor x = Tensor.From(values);
        Assert.Equal(values, x.ToArray2D<double>());
        Assert.Equal(new double[,] { { 1, 4 }, { 2, 5 }, { 3, 6 } }, x.T.ToArray2D<double>());
        Assert.Empty(Tensor.Zeros(0, 3).ToArray2D<float>());
        Assert.Throws<DTypeException>(() => x.ToArray2D<float>());
        Assert.Contains("[2]", Assert.Throws<ShapeException>(() => x[.., 0].ToArray2D<double>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherTypesAreRefused()
    {
        Tensor x = Tensor.From([1.0, 2.0]);
        Assert.Throws<DTypeException>(() => x.ToArray<float>());
        Assert.Throws<DTypeException>(() => x.Select(0, 0).Item<float>());
        Assert.Throws<DTypeException>(() => Tensor.From(new decimal[] { 1 }));
    }

    [Fact]
    public void AStridedTensorHasNoSpan() => Assert.Throws<InvalidOperationException>(() =>
        Tensor.Ones(2, 3).Transpose(0, 1).AsSpan<float>());

    [Fact]
    public void WritingThroughASpanCountsAsAWrite()
    {
        Tensor x = Tensor.Zeros(3);
        int before = x.Version;
        x.AsWritableSpan<float>()[1] = 5;
        Assert.Equal(before + 1, x.Version);
        Assert.Equal([0f, 5f, 0f], x.ToArray<float>());

        Tensor leaf = Tensor.Zeros([3], requiresGrad: true);
        Assert.Throws<AutogradException>(() => { _ = leaf.AsWritableSpan<float>(); });
        Assert.Equal(0, leaf.Version);
    }

    [Fact]
    public void AValueSavedForBackwardIsFoundModifiedThroughASpan()
    {
        Tensor w = Tensor.Ones([3], requiresGrad: true), data = Tensor.Ones(3);
        Tensor y = (w * data).Sum();
        data.AsWritableSpan<float>()[0] = 2;
        Assert.Throws<AutogradException>(() => y.Backward());
    }

    [Fact]
    public void TensorSpansRoundTrip()
    {
        Tensor x = Tensor.From([1.0, 2, 3, 4, 5, 6], [2, 3]).Transpose(0, 1);
        System.Numerics.Tensors.ReadOnlyTensorSpan<double> span = x.AsTensorSpan<double>();
        Assert.Equal([3, 2], span.Lengths.ToArray());
        Assert.Equal(4, span[0, 1]);
        Tensor back = Tensor.FromTensorSpan(span);
        Assert.Equal(x.ToArray<double>(), back.ToArray<double>());
        Assert.Equal(new Shape([3, 2]), back.Shape);
    }

    [Fact]
    public void DTypesConvertAsDocumented()
    {
        Tensor x = Tensor.From([1.9, -1.9, 1e20, -1e20, double.NaN, double.PositiveInfinity]);
        Assert.Equal([1, -1, int.MaxValue, int.MinValue, 0, int.MaxValue], x.To(DType.Int32).ToArray<int>());
        Assert.Equal([(byte)44], Tensor.From([300]).To(DType.UInt8).ToArray<byte>());
        Assert.Equal([true, false, true], Tensor.From([0.5, 0.0, double.NaN]).To(DType.Bool).ToArray<bool>());
        Assert.Equal((Half)2.5f, Tensor.From([2.5]).To(DType.Float16).ToArray<Half>()[0]);
        Assert.Equal(0x3F81, Tensor.From([1.0078125f]).To(DType.BFloat16).ToArray<BFloat16>()[0].ToBits());
        Assert.Equal(0x3F80, Tensor.From([1.00390625f]).To(DType.BFloat16).ToArray<BFloat16>()[0].ToBits());
    }

    [Fact]
    public void EveryPairOfDTypesConverts()
    {
        foreach (DType from in Enum.GetValues<DType>())
            foreach (DType to in Enum.GetValues<DType>())
            {
                Tensor x = Tensor.From([0.0, 1, 2, 3, 100]).To(from).To(to);
                double[] expected = from == DType.Bool || to == DType.Bool ? [0, 1, 1, 1, 1] : [0, 1, 2, 3, 100];
                Assert.Equal(to, x.DType);
                Assert.Equal(expected, x.To(DType.Float64).ToArray<double>());
            }
    }

    [Fact]
    public void ConversionsAreRecorded()
    {
        Tensor x = Tensor.Of([1.5, 2.5], requiresGrad: true);
        Tensor y = x.To(DType.Float64);
        Assert.Equal("ToCopyBackward0", y.GradFn!.Name);
        y.Sum().Backward();
        Assert.Equal(DType.Float32, x.Grad!.DType);
        Assert.False(x.To(DType.Int64).RequiresGrad);
    }

    [Fact]
    public void ScalarsComeOut()
    {
        Assert.Equal(2.5, (double)Tensor.Of(2.5));
        Assert.Equal(7L, (long)Tensor.Of(7));
        Assert.Equal(7L, Tensor.Of(7).Item<long>());
        Assert.True((bool)Tensor.Of(true));
        Assert.Throws<InvalidOperationException>(() => Tensor.Ones(2).Item());
        Assert.Throws<InvalidOperationException>(() => (bool)Tensor.Ones(2));
    }

    [Fact]
    public void NumbersFormat()
    {
        Tensor loss = Tensor.Of(3.14159);
        Assert.Equal("3.14", $"{loss:F2}");
        Assert.Equal("tensor(3.1416)", $"{loss}");
        Assert.Equal("[      3.14]", $"[{loss,10:F2}]");
    }
}
