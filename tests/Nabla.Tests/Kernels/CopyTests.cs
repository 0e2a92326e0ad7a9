namespace Nabla.Tests.Kernels;

/// <summary>Copies of rows of every length: repeated, reversed, spread and moved.</summary>
public sealed class CopyTests
{
    private static readonly DType[] Types = [DType.UInt8, DType.Int16, DType.Int32, DType.Float64, DType.Complex128];

    [Theory]
    [InlineData(1), InlineData(3), InlineData(8), InlineData(15), InlineData(16), InlineData(33), InlineData(100), InlineData(700)]
    public void Rows_are_copied_element_by_element(int n)
    {
        foreach (DType dtype in Types)
        {
            Tensor x = Tensor.Arange(5 * (n + 3)).Remainder(101).To(dtype).View([5, n + 3]).Narrow(1, 2, n);
            long[] v = Whole(x);
            Assert.Equal(At(5, n, (i, j) => v[i * n + n - 1 - j]), Whole(x.Flip(1)));
            Assert.Equal(At(5, n, (i, j) => v[(4 - i) * n + j]), Whole(x.Flip(0)));
            Assert.Equal(At(10, 3 * n, (i, j) => v[i % 5 * n + j % n]), Whole(x.Repeat([2, 3])));
            Assert.Equal(At(5, n, (i, j) => v[i * n + (j + n - 1) % n]), Whole(x.Roll([1], [1])));
            Assert.Equal(At(5, n, (i, _) => v[i * n]), Whole(x.Narrow(1, 0, 1).Expand([5, n]).Contiguous()));
            Assert.Equal(At(5 * n, 2, (i, _) => v[i]), Whole(x.Reshape([5 * n, 1]).Expand([5 * n, 2]).Contiguous()));
            Assert.Equal(At(n, 5, (i, j) => v[j * n + i]), Whole(x.T.Contiguous()));
        }
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(7), InlineData(100), InlineData(300_000)]
    public void Ramps_count_exactly(int n)
    {
        Assert.Equal([.. Enumerable.Range(0, n).Select(static i => 3L * i - 5)], Tensor.Arange(-5, 3L * n - 5, 3).ToArray<long>());
        Assert.Equal([.. Enumerable.Range(0, n).Select(static i => (float)(0.1 + i * 0.7))],
            Tensor.Arange(0.1, 0.1 + Math.Max(n - 0.5, 0) * 0.7, 0.7).ToArray<float>()[..n]);
        Assert.Equal([.. Enumerable.Range(0, n).Select(static i => 0.1 - i * 0.7)],
            Tensor.Arange(0.1, 0.1 - Math.Max(n - 0.5, 0) * 0.7, -0.7, DType.Float64).ToArray<double>()[..n]);
        if (n < 200) Assert.Equal([.. Enumerable.Range(0, n).Select(static i => (byte)i)], Tensor.Arange(n, DType.UInt8).ToArray<byte>());
    }

    private static long[] Whole(Tensor x) =>
        (x.DType == DType.Complex128 ? x.Real : x).To(DType.Int64).Reshape(-1).ToArray<long>();

    private static long[] At(int rows, int columns, Func<int, int, long> value) =>
        [.. Enumerable.Range(0, rows * columns).Select(k => value(k / columns, k % columns))];
}
