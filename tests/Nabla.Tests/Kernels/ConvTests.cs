using Nabla.Kernels;

namespace Nabla.Tests.Kernels;

/// <summary>The three forms of a convolution against loops, at sizes that use every path, and the same bits for any number of
/// threads.</summary>
public sealed class ConvTests
{
    /// <summary>Images, groups, channels and outputs of a group; input, kernel, stride, padding, dilation.</summary>
    public static TheoryData<int[], long[], long[], long[], long[], long[]> Cases => new()
    {
        { [2, 1, 5, 7], [40], [3], [1], [1], [1] },
        { [3, 1, 20, 30], [13, 11], [3, 3], [1, 1], [1, 1], [1, 1] },
        { [2, 2, 9, 14], [17, 19], [3, 2], [2, 3], [2, 0], [2, 1] },
        { [1, 1, 64, 70], [12, 40], [3, 3], [1, 1], [1, 1], [1, 1] },
        { [1, 1, 300, 4], [6, 6], [3, 3], [1, 1], [0, 0], [1, 1] },
        { [5, 1, 3, 40], [16, 16], [4, 4], [4, 4], [0, 0], [1, 1] },
        { [2, 1, 6, 5], [9, 50], [1, 1], [1, 1], [0, 0], [1, 1] },
        { [2, 1, 6, 5], [9, 50], [1, 1], [2, 3], [1, 0], [1, 1] },
        { [2, 6, 1, 1], [21, 75], [3, 5], [1, 1], [1, 2], [1, 1] },
        { [2, 6, 1, 2], [70, 33], [3, 3], [2, 2], [1, 1], [1, 2] },
        { [3, 1, 11, 3], [18, 70], [5, 3], [1, 2], [2, 1], [1, 1] },
        { [2, 1, 4, 6], [5, 6, 40], [2, 3, 3], [1, 2, 1], [1, 1, 0], [2, 1, 1] },
        { [2, 3, 1, 1], [5, 6, 70], [3, 3, 3], [2, 1, 1], [1, 1, 1], [1, 1, 1] },
        { [9, 1, 5, 90], [30, 31], [3, 3], [1, 1], [1, 1], [1, 1] },
        { [1, 1, 2, 5], [7, 7], [3, 3], [9, 5], [1, 1], [1, 1] },
        { [2, 2, 64, 61], [17, 21], [3, 3], [1, 1], [2, 0], [1, 1] },
        { [1, 1, 64, 70], [13, 41], [3, 3], [1, 1], [0, 2], [1, 1] },
        { [16, 1, 20, 40], [4, 4], [4, 4], [1, 1], [0, 0], [1, 1] },
        { [2, 3, 1, 1], [7, 7], [7, 7], [1, 1], [3, 3], [1, 1] },
        { [2, 2, 1, 2], [14, 14], [3, 3], [1, 1], [1, 1], [1, 1] },
        { [2, 2, 4, 4], [13, 28], [3, 3], [1, 1], [1, 1], [1, 1] },
        { [1, 1, 40, 5], [19, 48], [5, 5], [1, 1], [2, 2], [1, 1] },
        { [2, 1, 1, 40], [11, 37], [5, 4], [1, 1], [2, 1], [1, 1] },
        { [1, 3, 1, 1], [57, 57], [3, 3], [2, 2], [1, 1], [1, 1] },
        { [1, 2, 2, 2], [10, 40], [9, 3], [1, 1], [4, 0], [1, 1] },
        { [1, 2, 1, 1], [600], [4], [1], [3], [1] },
        { [1, 2, 3, 3], [4, 9, 20], [3, 3, 3], [1, 1, 1], [1, 1, 1], [1, 1, 1] },
        { [1, 2, 1, 3], [30, 3], [3, 3], [1, 1], [1, 1], [1, 1] },
        { [3, 5, 2, 3], [6, 5], [6, 5], [2, 1], [0, 0], [1, 1] },
        { [2, 1, 3, 70], [9], [9], [1], [0], [1] },
        { [2, 2, 3, 4], [1, 3, 2], [1, 3, 2], [1, 1, 1], [0, 0, 0], [3, 1, 1] },
        { [2, 1, 6, 5], [3, 3], [2, 2], [1, 1], [0, 0], [2, 2] },
        { [16, 1, 33, 64], [16, 16], [4, 4], [2, 2], [1, 1], [1, 1] },
        { [3, 1, 9, 3], [17, 23], [3, 3], [2, 2], [1, 1], [1, 1] },
    };

    [Theory, MemberData(nameof(Cases))]
    public void All_forms_agree_with_loops(int[] counts, long[] input, long[] kernel, long[] stride, long[] padding, long[] dilation)
    {
        long[] output = [.. input.Select((s, d) => (s + 2 * padding[d] - dilation[d] * (kernel[d] - 1) - 1) / stride[d] + 1)];
        Window window = new(input, kernel, output, stride, padding, dilation);
        (long n, long groups, long channels, long outputs) = (counts[0], counts[1], counts[2], counts[3]);
        Tensor x = Values(1, [n, groups * channels, .. input]), w = Values(2, [groups * outputs, channels, .. kernel]);
        Tensor y = Values(3, [n, groups * outputs, .. output]), bias = Values(4, [groups * outputs]), back = Values(5, [groups * channels]);
        (double[] expectedY, double[] expectedX, double[] expectedW) = Loops(x, w, y, window, groups);
        Func<Tensor, Tensor, Tensor, Tensor>[] forms =
        [
            (a, b, c) => Conv.Output(a, b, bias.To(a.DType), window, groups) - bias.To(a.DType).Reshape([-1, .. Ones(input)]),
            (a, b, c) => Conv.Input(c, b, back.To(a.DType), window, groups) - back.To(a.DType).Reshape([-1, .. Ones(input)]),
            (a, b, c) => Conv.Weight(a, c, window, groups),
        ];
        double[][] expected = [expectedY, expectedX, expectedW];
        foreach ((DType dtype, double tolerance) in new[] { (DType.Float64, 1e-12), (DType.Float32, 1e-5), (DType.Int64, 0.0) })
        {
            for (int i = 0; i < forms.Length; i++)
            {
                Tensor one = AtThreads(1, () => forms[i](x.To(dtype), w.To(dtype), y.To(dtype)));
                Tensor four = AtThreads(4, () => forms[i](x.To(dtype), w.To(dtype), y.To(dtype)));
                double[] actual = one.To(DType.Float64).ToArray<double>();
                Assert.Equal(actual, four.To(DType.Float64).ToArray<double>());
                double scale = expected[i].Max(Math.Abs) + 1;
                for (int j = 0; j < actual.Length; j++)
                    Assert.True(Math.Abs(actual[j] - expected[i][j]) <= tolerance * scale, $"{dtype}, form {i}, element {j}: {actual[j]} " +
                        $"instead of {expected[i][j]}");
            }
        }
    }

    [Fact]
    public void Infinite_values_meet_only_the_taps_that_see_them()
    {
        Tensor x = Tensor.Zeros([1, 1, 20], DType.Float64), g = Tensor.Ones([1, 1, 18], DType.Float64);
        x[0, 0, 19] = double.PositiveInfinity;
        Tensor w = Tensor.Zeros([1, 1, 3], DType.Float64, requiresGrad: true);
        Functional.Conv1d(x, w).Backward(g);
        Assert.Equal([0, 0, double.PositiveInfinity], w.Grad!.ToArray<double>());
    }

    /// <summary>Squares of results share sums of values, which an infinite one of them would spoil.</summary>
    [Theory, InlineData(float.PositiveInfinity), InlineData(float.NaN), InlineData(3e38f)]
    public void One_large_value_changes_only_the_results_that_see_it(float value)
    {
        Tensor x = Tensor.Ones([1, 64, 16, 16]), w = Tensor.Ones([70, 64, 3, 3]) / 64;
        float[] before = Functional.Conv2d(x, w, padding: 1).ToArray<float>();
        x[0, 5, 7, 8] = value;
        float[] after = Functional.Conv2d(x, w, padding: 1).ToArray<float>();
        for (int i = 0; i < after.Length; i++)
        {
            (int row, int column) = (i / 16 % 16, i % 16);
            if (row is >= 6 and <= 8 && column is >= 7 and <= 9) Assert.True(float.IsNaN(value) ? float.IsNaN(after[i]) : after[i] > 1e36f);
            else Assert.Equal(before[i], after[i]);
        }
    }

    private static long[] Ones(long[] like) => [.. like.Select(static _ => 1L)];

    private static Tensor AtThreads(int count, Func<Tensor> f)
    {
        int before = Threads.Count;
        Threads.Count = count;
        try { return f(); }
        finally { Threads.Count = before; }
    }

    /// <summary>Small integers, so that integer dtypes have the same sums.</summary>
    private static Tensor Values(int salt, long[] shape)
    {
        double[] values = new double[shape.Aggregate(1L, static (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++) values[i] = Math.Floor((i + 1 + 977 * salt) * 0.6180339887498949 % 1.0 * 9) - 4;
        return Tensor.From(values, shape);
    }

    private static (double[] Y, double[] X, double[] W) Loops(Tensor x, Tensor w, Tensor y, Window window, long groups)
    {
        double[] a = x.ToArray<double>(), b = w.ToArray<double>(), c = y.ToArray<double>();
        double[] ya = new double[c.Length], xa = new double[a.Length], wa = new double[b.Length];
        long n = x.Size(0), channels = w.Size(1), outputs = w.Size(0) / groups;
        (long input, long kernel, long output) = (window.InputPlane, window.KernelPlane, window.OutputPlane);
        for (long p = 0; p < output; p++)
        {
            for (long k = 0; k < kernel; k++)
            {
                long at = Place(window, p, k);
                if (at < 0) continue;
                for (long i = 0; i < n; i++)
                {
                    for (long o = 0; o < groups * outputs; o++)
                    {
                        for (long ch = 0; ch < channels; ch++)
                        {
                            long ix = (i * groups * channels + o / outputs * channels + ch) * input + at;
                            long iw = (o * channels + ch) * kernel + k, iy = (i * groups * outputs + o) * output + p;
                            ya[iy] += a[ix] * b[iw];
                            xa[ix] += c[iy] * b[iw];
                            wa[iw] += a[ix] * c[iy];
                        }
                    }
                }
            }
        }
        return (ya, xa, wa);
    }

    /// <summary>Where element k of window p is, or -1 outside.</summary>
    private static long Place(Window w, long p, long k)
    {
        long at = 0, step = 1;
        for (int d = w.Rank - 1; d >= 0; d--)
        {
            long i = p % w.Output[d] * w.Stride[d] - w.Padding[d] + k % w.Kernel[d] * w.Dilation[d];
            if (i < 0 || i >= w.Input[d]) return -1;
            at += i * step;
            step *= w.Input[d];
            p /= w.Output[d];
            k /= w.Kernel[d];
        }
        return at;
    }
}
