namespace Nabla.Tests.Kernels;

/// <summary>Running combinations of lines of every length, side by side and one after the other.</summary>
public sealed class ScanTests
{
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 1, 1 }, { 4, 3, 1 }, { 5, 4, 1 }, { 9, 7, 1 }, { 13, 50, 1 }, { 3, 5, 3 }, { 2, 9, 8 }, { 2, 6, 261 }, { 8, 2100, 1 },
    };

    [Theory, MemberData(nameof(Sizes))]
    public void Sums_and_products_are_those_of_a_loop(int outer, int n, int inner)
    {
        foreach (DType dtype in new[] { DType.Float32, DType.Float64, DType.Int64 })
        {
            Tensor x = dtype == DType.Int64 ? Values(outer, n, inner).Mul(40).To(dtype) : Values(outer, n, inner).To(dtype);
            Tensor lines = x.Transpose(1, 2).Contiguous();
            Same(Loop(lines, 0, static (total, v) => total + v), x.CumSum(1));
            Same(Loop(lines, 1, static (total, v) => total * v), x.CumProd(1));
            Same(Loop(lines.Flip(2), 0, static (total, v) => total + v).Flip(2), x.Flip(1).CumSum(1).Flip(1));
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Gradients_of_products_multiply_all_others(int outer, int n, int inner)
    {
        foreach (DType dtype in new[] { DType.Float32, DType.Float64 })
        {
            Tensor x = Values(outer, n, inner).To(dtype);
            if (n > 2) x = x.MaskedFill(x.Mul(1000).Remainder(1).Lt(0.2), 0);
            x.RequiresGrad_();
            x.Prod(1).Sum().Backward();
            double[] v = x.Detach().Transpose(1, 2).To(DType.Float64).Contiguous().ToArray<double>(), others = new double[v.Length];
            for (int i = 0; i < v.Length; i++)
            {
                others[i] = 1;
                for (int k = i / n * n; k < i / n * n + n; k++) others[i] *= k == i ? 1 : v[k];
            }
            Same(Tensor.From(others, [outer, inner, n]), x.Grad!);
        }
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Gradients_of_running_products_are_those_of_products(int outer, int n, int inner)
    {
        if (n > 10) return;
        Tensor x = Values(outer, n, inner).To(DType.Float64).RequiresGrad_(), z = x.Detach().Clone().RequiresGrad_();
        Tensor g = Values(outer, n, inner).To(DType.Float64).Sin();
        x.CumProd(1).Backward(g);
        Tensor sum = Tensor.Zeros(default, DType.Float64);
        for (int k = 0; k < n; k++) sum = sum + (z.Narrow(1, 0, k + 1).Prod(1) * g.Select(1, k)).Sum();
        sum.Backward();
        Assert.True(x.Grad!.AllClose(z.Grad!, 1e-12, 1e-14));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Extremes_so_far_are_those_of_a_loop(int outer, int n, int inner)
    {
        foreach (DType dtype in new[] { DType.Float32, DType.Float64, DType.Int64, DType.Int8, DType.UInt8 })
        {
            Tensor x = Values(outer, n, inner).Mul(40).To(dtype);
            if (dtype == DType.Float32 && n > 4) x = x.MaskedFill(x.Remainder(5).Gt(4), float.NaN);
            double[] v = x.Transpose(1, 2).To(DType.Float64).Contiguous().ToArray<double>();
            foreach (bool max in new[] { true, false })
            {
                long[] places = new long[v.Length];
                for (int i = 0, best = 0; i < v.Length; i++)
                {
                    if (i % n == 0 || double.IsNaN(v[i]) || (!double.IsNaN(v[best]) && (max ? v[i] >= v[best] : v[i] <= v[best]))) best = i;
                    places[i] = best % n;
                }
                (Tensor values, Tensor indices) = max ? x.CumMax(1) : x.CumMin(1);
                Assert.Equal(places, indices.Transpose(1, 2).Contiguous().ToArray<long>());
                Assert.True(values.AllClose(x.Gather(1, indices), 0, 0, equalNan: true));
            }
        }
    }

    private static Tensor Values(int outer, int n, int inner) =>
        Tensor.Arange(outer * n * inner).Mul(7919).Remainder(1009).View([outer, n, inner]).To(DType.Float64).Div(1009).Add(0.5);

    private static Tensor Loop(Tensor lines, double start, Func<double, double, double> step)
    {
        double[] v = lines.To(DType.Float64).ToArray<double>();
        int n = (int)lines.Size(2);
        for (int i = 0; i < v.Length; i++) v[i] = step(i % n == 0 ? start : v[i - 1], v[i]);
        return Tensor.From(v, lines.Shape);
    }

    /// <summary>Lines of float64 and results in any type, transposed.</summary>
    private static void Same(Tensor lines, Tensor y)
    {
        Tensor expected = lines.Transpose(1, 2).Contiguous();
        if (y.DType == DType.Int64) expected = expected.MaskedFill(expected.Abs().Ge(1e15), 0);
        Tensor actual = y.DType == DType.Int64 ? y.To(DType.Float64).MaskedFill(lines.Transpose(1, 2).Abs().Ge(1e15), 0) : y.To(DType.Float64);
        Assert.True(expected.AllClose(actual, y.DType == DType.Float32 ? 3e-7 : 1e-13, y.DType == DType.Float32 ? 1e-30 : 1e-300));
    }
}
