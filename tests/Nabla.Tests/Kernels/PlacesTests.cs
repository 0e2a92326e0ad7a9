namespace Nabla.Tests.Kernels;

/// <summary>Where masks are true, which integers occur and how often, and indices along long lines.</summary>
[Collection("Threads")]
public sealed class PlacesTests
{
    [Theory]
    [InlineData(1), InlineData(63), InlineData(64), InlineData(65), InlineData(1000), InlineData(70001)]
    public void Nonzero_finds_what_a_loop_finds(int n)
    {
        foreach (int percent in new[] { 0, 3, 50, 100 })
        {
            Tensor mask = Numbers(n).Remainder(100).Lt(percent);
            bool[] truth = mask.ToArray<bool>();
            long[] places = [.. Enumerable.Range(0, n).Where(i => truth[i]).Select(static i => (long)i)];
            Assert.Equal(places, mask.Nonzero().Reshape(-1).ToArray<long>());
            Assert.Equal([places.Length, 1], mask.Nonzero().Shape.ToArray());
            Assert.Equal(places.Length, mask.CountNonzero().Item<long>());
            Assert.Equal(places.Length, mask.MaskedSelect(mask).NumElements);
        }
    }

    [Theory]
    [InlineData(new long[] { 7, 9 }), InlineData(new long[] { 300, 257 }), InlineData(new long[] { 3, 5, 7, 2 })]
    [InlineData(new long[] { 40, 33, 70 }), InlineData(new long[] { 5, 1 }), InlineData(new long[] { 2, 40000 }), InlineData(new long[] { 4, 0 })]
    public void Nonzero_gives_an_index_per_dimension(long[] shape)
    {
        Tensor mask = Numbers((int)new Shape(shape).NumElements).Remainder(3).Eq(1).View(new Shape(shape));
        foreach (Tensor m in new[] { mask, mask.Transpose(0, -1) })
        {
            long[] flat = m.Reshape(-1).Nonzero().Reshape(-1).ToArray<long>(), sizes = m.Shape.ToArray();
            long[] expected = new long[flat.Length * sizes.Length];
            for (int i = 0; i < flat.Length; i++)
                for (int d = sizes.Length - 1; d >= 0; d--)
                    (flat[i], expected[i * sizes.Length + d]) = Math.DivRem(flat[i], sizes[d]);
            Assert.Equal(expected, m.Nonzero().Reshape(-1).ToArray<long>());
            Assert.Equal([flat.Length, sizes.Length], m.Nonzero().Shape.ToArray());
        }
    }

    [Fact]
    public void Distinct_integers_are_those_of_a_sort_in_ranges_short_and_long()
    {
        foreach ((DType dtype, long range, long least) in new (DType, long, long)[]
        {
            (DType.Int64, 50, -20), (DType.Int64, 1L << 40, -(1L << 39)), (DType.Int32, 3000, 100), (DType.UInt8, 250, 0),
            (DType.Int8, 100, -50), (DType.Float32, 77, -3), (DType.Bool, 2, 0), (DType.Int64, 1, long.MaxValue), (DType.Int64, 1, long.MinValue),
        })
        {
            Tensor x = range == 1 ? Tensor.Full(500, least, DType.Int64)
                : (Numbers(500) * (range / 50 + 1)).Remainder(range).Add(least).To(dtype).View([20, 25]);
            double[] v = x.Reshape(-1).To(DType.Float64).ToArray<double>(), distinct = [.. v.Distinct().Order()];
            (Tensor values, Tensor inverse, Tensor counts) = x.Unique(dim: null);
            Assert.Equal(distinct, values.To(DType.Float64).ToArray<double>());
            Assert.Equal(distinct, x.Unique().To(DType.Float64).ToArray<double>());
            Assert.Equal(dtype, values.DType);
            Assert.Equal(v, inverse.Reshape(-1).ToArray<long>().Select(i => distinct[i]));
            Assert.Equal(x.Shape, inverse.Shape);
            Assert.Equal(distinct.Select(d => (long)v.Count(e => e == d)), counts.ToArray<long>());
        }
        Assert.Equal([1f, float.NaN, float.NaN], Tensor.From([float.NaN, 1f, float.NaN, 1f]).Unique().ToArray<float>());
        Assert.Empty(Tensor.Empty(0).Unique().ToArray<float>());
    }

    [Theory]
    [InlineData(7, 0.0, 0.0), InlineData(1, -0.5, 0.5), InlineData(100, -0.9, 0.3), InlineData(70000, -1.0, 1.0)]
    public void Histograms_count_what_a_loop_counts(int bins, double min, double max)
    {
        foreach (DType dtype in new[] { DType.Float32, DType.Float64 })
        {
            Tensor x = Numbers(70001).To(DType.Float64).Sin().Mul(0.75).To(dtype);
            if (min != max) x[17] = double.NaN;
            double[] v = x.To(DType.Float64).ToArray<double>(), counts = new double[bins];
            (double low, double high) = min == max ? (v.Min(), v.Max()) : dtype == DType.Float32 ? ((float)min, (float)max) : (min, max);
            foreach (double e in v)
            {
                if (!(e >= low && e <= high)) continue;
                double at = dtype == DType.Float32 ? (float)((float)((float)e - (float)low) * (float)bins) / (float)(high - low)
                    : (e - low) * bins / (high - low);
                counts[Math.Min(bins - 1, (int)at)]++;
            }
            Assert.Equal(counts, x.HistC(bins, min, max).To(DType.Float64).ToArray<double>());
        }
    }

    [Fact]
    public void One_hot_has_one_one_in_each_row()
    {
        Tensor i = Numbers(5000).Remainder(37).View([50, 100]), y = Functional.OneHot(i, 37);
        Assert.Equal([50, 100, 37], y.Shape.ToArray());
        Assert.True(y.Sum(-1).Eq(1).All().Item<bool>());
        Assert.True(y.ArgMax(-1).Equal(i));
    }

    [Fact]
    public void The_first_index_out_of_range_is_named_wherever_it_is()
    {
        Tensor x = Tensor.Arange(90).View([1, 90]).Expand([1000, 90]), index = Numbers(90000).Remainder(90).View([1000, 90]);
        foreach ((long at, long bad) in new (long, long)[] { (0, 90), (89999, -1), (33333, long.MaxValue), (40000, long.MinValue) })
        {
            Tensor wrong = index.Clone();
            wrong.Reshape(-1)[at] = bad;
            var e = Assert.Throws<ArgumentOutOfRangeException>(() => x.Gather(1, wrong));
            Assert.Contains($"element {at} ", e.Message, StringComparison.Ordinal);
            Assert.Contains($"index {bad} ", e.Message, StringComparison.Ordinal);
        }
        Assert.True(x.TakeAlongDim(index - 90, 1).Equal(index));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.TakeAlongDim(index - 91, 1));
    }

    [Theory]
    [InlineData(1, 5), InlineData(3, 64), InlineData(20, 333)]
    public void Lines_are_gathered_and_scattered_like_columns(int rows, int n)
    {
        Tensor x = Numbers(rows * n).To(DType.Float64).View([rows, n]), index = (Numbers(rows * 2 * n) * 3).Remainder(n).View([rows, 2 * n]);
        Tensor v = Numbers(rows * 2 * n).To(DType.Float64).View([rows, 2 * n]);
        Assert.True(x.Gather(1, index).Equal(x.T.Contiguous().Gather(0, index.T.Contiguous()).T));
        Assert.True(x.ScatterAdd(1, index, v).Equal(x.T.Contiguous().ScatterAdd(0, index.T.Contiguous(), v.T.Contiguous()).T));
        Tensor list = index[0];
        Tensor taken = x.RequiresGrad_().IndexSelect(1, list);
        taken.Backward(v);
        Assert.True(x.Grad!.Equal(Tensor.Zeros([rows, n], DType.Float64).ScatterAdd(1, list.Expand([rows, 2 * n]), v)));
        Assert.True(taken.Detach().Equal(x.Detach().Gather(1, list.Expand([rows, 2 * n]))));
    }

    private static Tensor Numbers(int n) => Tensor.Arange(n).Mul(7919).Remainder(10007);
}
