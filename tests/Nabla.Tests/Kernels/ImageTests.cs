using Nabla.Kernels;

namespace Nabla.Tests.Kernels;

/// <summary>Kernels that work on whole images against loops that state what they compute, at sizes beyond a register and a strip.</summary>
public sealed class ImageTests
{
    /// <summary>Input, kernel, stride, padding, dilation.</summary>
    public static TheoryData<long[], long[], long[], long[], long[]> Pools => new()
    {
        { [70], [3], [2], [1], [1] },
        { [71], [2], [1], [0], [3] },
        { [90], [3], [3], [1], [1] },
        { [33, 41], [3, 3], [2, 2], [1, 1], [1, 1] },
        { [20, 37], [4, 2], [3, 1], [2, 1], [1, 2] },
        { [5, 6, 40], [2, 3, 3], [2, 1, 2], [1, 1, 0], [1, 1, 1] },
        { [19, 23], [19, 23], [1, 1], [0, 0], [1, 1] },
    };

    [Theory, MemberData(nameof(Pools))]
    public void Maxima_are_the_first_ones_of_windows_and_NaN_the_last(long[] input, long[] kernel, long[] stride, long[] padding,
        long[] dilation)
    {
        long[] output = [.. input.Select((n, d) => (n + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1) / stride[d] + 1)];
        PoolWindows windows = PoolWindows.Spaced(input, output, kernel, stride, padding, dilation);
        double[] values = Values(3, [2, .. input]).ToArray<double>();
        for (int i = 0; i < values.Length; i++)
            values[i] = i % 23 == 7 ? double.NaN : i / 40 % 3 == 1 ? double.NegativeInfinity : Math.Round(values[i] / 2);
        foreach (DType dtype in new[] { DType.Float32, DType.Float64 })
        {
            Tensor[] y = PoolMax.Run(Tensor.From(values, [2, .. input]).To(dtype), windows);
            double[] max = y[0].To(DType.Float64).ToArray<double>();
            long[] at = y[1].ToArray<long>();
            for (int o = 0; o < max.Length; o++)
            {
                (double best, long place) = (double.NegativeInfinity, -1);
                foreach (long i in Window(o % (max.Length / 2), input, output, kernel, stride, padding, dilation))
                {
                    double v = values[o / (max.Length / 2) * (values.Length / 2) + i];
                    if (place < 0 || v > best || double.IsNaN(v)) (best, place) = (v, i);
                }
                Assert.Equal((best, place), (max[o], at[o]));
            }
        }
    }

    /// <summary>The elements of window o, in order.</summary>
    private static IEnumerable<long> Window(long o, long[] input, long[] output, long[] kernel, long[] stride, long[] padding,
        long[] dilation)
    {
        long elements = kernel.Aggregate(1L, (a, b) => a * b);
        for (long k = 0; k < elements; k++)
        {
            (long rest, long window, long place, long step) = (k, o, 0, 1);
            bool inside = true;
            for (int d = input.Length - 1; d >= 0; d--)
            {
                long i = window % output[d] * stride[d] - padding[d] + rest % kernel[d] * dilation[d];
                inside &= i >= 0 && i < input[d];
                place += i * step;
                (rest, window, step) = (rest / kernel[d], window / output[d], step * input[d]);
            }
            if (inside) yield return place;
        }
    }

    /// <summary>Modes, input and output sizes, elements before.</summary>
    public static TheoryData<string, long[], long[], long[]> Resamplings => new()
    {
        { "Linear", [30, 21], [61, 55], [0, 0] },
        { "Linear", [61, 50], [30, 21], [0, 0] },
        { "Cubic", [9, 40], [18, 40], [0, 0] },
        { "Area", [40, 39], [7, 20], [0, 0] },
        { "Linear", [5, 6, 20], [9, 6, 33], [0, 0, 0] },
        { "LinearAntialias", [40, 50], [11, 70], [0, 0] },
        { "Nearest", [12, 19], [36, 45], [0, 0] },
        { "Nearest", [300], [1000], [0] },
        { "Reflect", [20, 33], [29, 40], [4, 3] },
        { "Replicate", [4, 5, 28], [8, 6, 37], [3, 1, 4] },
        { "Circular", [17, 30], [20, 41], [2, 5] },
        { "Replicate", [20, 33], [15, 37], [-3, 2] },
    };

    [Theory, MemberData(nameof(Resamplings))]
    public void Resampled_planes_are_the_sums_that_define_them(string mode, long[] input, long[] output, long[] before)
    {
        int dims = input.Length;
        ResamplePlan[] plans = new ResamplePlan[dims];
        for (int k = 0; k < dims; k++)
        {
            (long n, long m) = (input[^(k + 1)], output[^(k + 1)]);
            plans[k] = new(Enum.Parse<ResampleMode>(mode), n, m, before[^(k + 1)], false, (double)n / m);
        }
        Tensor x = Values(4, [3, 2, .. input]), g = Values(5, [3, 2, .. output]);
        foreach (DType dtype in new[] { DType.Float32, DType.Float64 })
        {
            double near = dtype == DType.Float32 ? 2e-5 : 1e-12;
            Tensor y = Interpolate.Run(x.To(dtype), plans, false), back = Interpolate.Run(g.To(dtype), plans, true);
            Tensor expected = x, transposed = g;
            for (int k = 0; k < dims; k++)
            {
                Tensor matrix = Matrix(plans[k], dtype == DType.Float32);
                expected = expected.MoveDim(-1 - k, -1).MatMul(matrix.T).MoveDim(-1, -1 - k);
                transposed = transposed.MoveDim(-1 - k, -1).MatMul(matrix).MoveDim(-1, -1 - k);
            }
            Assert.True(y.To(DType.Float64).AllClose(expected, near, near), $"{dtype} forward");
            Assert.True(back.To(DType.Float64).AllClose(transposed, near, 10 * near), $"{dtype} backward");
        }
    }

    private static Tensor Matrix(ResamplePlan plan, bool single)
    {
        ResampleTable table = new(plan, single);
        double[] matrix = new double[plan.Out * plan.In];
        for (int k = 0; k < table.At.Length; k++) matrix[k / table.Taps * plan.In + table.At[k]] += table.Weights[k];
        return Tensor.From(matrix, [plan.Out, plan.In]);
    }

    [Theory]
    [InlineData(new long[] { 3, 20 }, new long[] { 2, 1, 1, 2 })]
    [InlineData(new long[] { 5, 4, 40 }, new long[] { -3, 5, 0, 2 })]
    [InlineData(new long[] { 2, 3, 9 }, new long[] { 0, 0, 4, 4, 1, 0 })]
    [InlineData(new long[] { 6, 7 }, new long[] { -9, 5, 1, 1 })]
    [InlineData(new long[] { 70000, 3 }, new long[] { 1, 0, 0, 1 })]
    public void A_constant_is_around_what_is_padded(long[] shape, long[] pad)
    {
        foreach (DType dtype in new[] { DType.Int8, DType.Int16, DType.Float32, DType.Float64, DType.Complex128 })
        {
            Tensor x = Values(6, shape).To(dtype), y = x.ConstantPadNd(pad), expected = x;
            for (int k = 0; k < pad.Length / 2; k++)
            {
                int dim = -1 - k;
                (long before, long after, long n) = (pad[2 * k], pad[2 * k + 1], shape[^(k + 1)]);
                long[] zeros = expected.Shape.ToArray();
                List<Tensor> parts = [];
                if (before > 0) parts.Add(Zeros(before));
                long first = Math.Min(n, Math.Max(0, -before));
                parts.Add(expected.Slice(dim, first, Math.Max(first, n - Math.Max(0, -after))));
                if (after > 0) parts.Add(Zeros(after));
                expected = Tensor.Cat(parts, dim);
                // More cut off than there is: the other side's zeros go, too.
                long size = n + before + after;
                if (expected.Size(dim) > size) expected = expected.Slice(dim, expected.Size(dim) - size, expected.Size(dim));

                Tensor Zeros(long count)
                {
                    zeros[^(k + 1)] = count;
                    return Tensor.Zeros(zeros, dtype);
                }
            }
            Assert.True(y.Equal(expected), $"{dtype}");
        }
    }

    public static TheoryData<string, string, bool, bool> Samplings
    {
        get
        {
            TheoryData<string, string, bool, bool> all = [];
            foreach (string mode in new[] { "bilinear", "nearest", "bicubic" })
                foreach (string padding in new[] { "zeros", "border", "reflection" })
                    foreach (bool align in new[] { false, true })
                    {
                        all.Add(mode, padding, align, false);
                        if (mode != "bicubic") all.Add(mode, padding, align, true);
                    }
            return all;
        }
    }

    /// <summary>The kernels compute places and weights on the way; with a graph of the gradients, recorded operations do.</summary>
    [Theory, MemberData(nameof(Samplings))]
    public void Samplings_and_their_gradients_are_those_of_recorded_operations(string mode, string padding, bool align, bool deep)
    {
        long[] image = deep ? [2, 3, 4, 5, 6] : [2, 9, 7, 11], places = deep ? [2, 3, 13, 9, 3] : [2, 19, 17, 2];
        Tensor values = Values(7, image) / 8, grid = Values(8, places) / 9 * 1.3 + 0.013;
        foreach (DType dtype in new[] { DType.Float32, DType.Float64 })
        {
            double near = dtype == DType.Float32 ? 1e-4 : 1e-11;
            Tensor x = values.To(dtype).Detach().RequiresGrad_(), at = grid.To(dtype).Detach().RequiresGrad_();
            Tensor y = Functional.GridSample(x, at, mode, padding, align), g = Tensor.Randn(y.Shape, dtype, generator: new Generator(9));
            Tensor?[] own = Autograd.Grad([y], [x, at], [g], retainGraph: true);
            Tensor?[] recorded = Autograd.Grad([y], [x, at], [g], createGraph: true);
            for (int i = 0; i < 2; i++) Assert.True(own[i]!.AllClose(recorded[i]!, near, near), $"{dtype}, gradient {i}");
            // The gradient of the values to the image is its transpose.
            Assert.Equal((y * g).Sum().Item(), (x * own[0]!).Sum().Item(), dtype == DType.Float32 ? 1e-2 : 1e-9);
        }
    }

    [Fact]
    public void An_infinite_element_and_a_place_that_is_NaN_change_only_what_sees_them()
    {
        Tensor x = Values(1, [1, 2, 6, 6]), grid = Tensor.Zeros([1, 3, 100, 2], DType.Float64);
        grid[0, 0] = 5.0;      // far outside
        grid[0, 1, 3] = double.NaN;
        x[0, 0, 0, 0] = double.PositiveInfinity;
        foreach (DType dtype in new[] { DType.Float32, DType.Float64 })
        {
            Tensor image = x.To(dtype).RequiresGrad_(), y = Functional.GridSample(image, grid.To(dtype));
            Assert.True((bool)y[0, .., 0].Eq(0).All());
            Assert.Equal(2, y.IsNaN().Sum().Item());
            Assert.False((bool)y.IsInf().Any());
            Tensor g = Tensor.Zeros(y.Shape, dtype);
            g[0, .., 0] = double.PositiveInfinity;
            Assert.True((bool)Autograd.Grad([y], [image], [g])[0]!.Eq(0).All());
        }
    }

    private static Tensor Values(int seed, long[] shape) =>
        Tensor.RandInt(-8, 9, shape, generator: new Generator((ulong)seed)).To(DType.Float64);
}
