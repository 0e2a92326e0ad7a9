using Nabla.Kernels;

namespace Nabla.Tests.Kernels;

/// <summary>Softmax and layer norm of rows, sorting, and long fills with random numbers.</summary>
[Collection("Threads")]
public sealed class RowKernelTests
{
    private static readonly int[] Lengths = [.. Enumerable.Range(1, 256), 1000, 2047, 2048, 2049, 2050, 5000];

    [Fact]
    public void SoftmaxAndItsGradientsAreRightAtEveryLength()
    {
        foreach (int n in Lengths)
        {
            (float[] x, float[] g) = (Wave(n, 3, 0.7), Wave(n, 1, 1.3));
            float[] y = new float[n + 1], z = new float[n + 1];
            double max = x.Max(), sum = x.Sum(v => Math.Exp(v - max));
            double[] p = [.. x.Select(v => Math.Exp(v - max) / sum)], log = [.. x.Select(v => v - max - Math.Log(sum))];
            SoftmaxRows.Plain(ref x[0], ref y[0], n);
            Close(p, y, 3e-7);
            double dot = 0;
            for (int i = 0; i < n; i++) dot += (double)g[i] * y[i];
            SoftmaxRows.PlainGrad(ref y[0], ref g[0], ref z[0], n);
            Close([.. g.Select((v, i) => y[i] * (v - dot))], z, 1e-6);
            SoftmaxRows.Log(ref x[0], ref y[0], n);
            Close(log, y, 3e-7);
            double total = g.Sum(static v => (double)v);
            SoftmaxRows.LogGrad(ref y[0], ref g[0], ref z[0], n);
            Close([.. g.Select((v, i) => v - Math.Exp(y[i]) * total)], z, 1e-6);
            Assert.Equal(max + Math.Log(sum), SoftmaxRows.LogSum(ref x[0], n), 2e-6 * (1 + Math.Abs(max)));
        }
    }

    [Theory]
    [InlineData(1), InlineData(5), InlineData(16), InlineData(33), InlineData(200)]
    public void SoftmaxHasTheSpecialValuesOfItsFormula(int n)
    {
        float[] x = new float[n], y = new float[n];
        Array.Fill(x, float.NegativeInfinity);
        SoftmaxRows.Plain(ref x[0], ref y[0], n);
        Assert.All(y, static v => Assert.True(float.IsNaN(v)));
        Assert.Equal(float.NegativeInfinity, SoftmaxRows.LogSum(ref x[0], n));
        x[^1] = 2;
        SoftmaxRows.Plain(ref x[0], ref y[0], n);
        for (int i = 0; i < n; i++) Assert.Equal(i == n - 1 ? 1f : 0f, y[i]);
        x[0] = float.NaN;
        SoftmaxRows.Plain(ref x[0], ref y[0], n);
        Assert.All(y, static v => Assert.True(float.IsNaN(v)));
    }

    [Fact]
    public void SoftmaxOfColumnsIsThatOfTurnedRows()
    {
        foreach (int width in (int[])[.. Enumerable.Range(1, 70), 127, 511, 512, 513, 530])
        {
            foreach (int n in new[] { 1, 2, 9 })
            {
                Tensor x = Tensor.From(Wave(2 * n * width, 3, 0.7)).View([2, n, width]).RequiresGrad_();
                Tensor g = Tensor.From(Wave(2 * n * width, 1, 1.3)).View([2, n, width]);
                foreach (bool log in new[] { false, true })
                {
                    Tensor y = log ? x.LogSoftmax(1) : x.Softmax(1), turned = x.Transpose(1, 2).To(DType.Float64);
                    Tensor expected = (log ? turned.LogSoftmax(2) : turned.Softmax(2)).Transpose(1, 2);
                    Assert.True(y.To(DType.Float64).AllClose(expected, 0, 1e-6), $"{width} {n} {log}");
                    Tensor dx = Autograd.Grad(y, x, g), exact = Autograd.Grad(expected, x, g.To(DType.Float64));
                    Assert.True(dx.AllClose(exact, 0, 4e-6), $"gradient {width} {n} {log}");
                }
            }
        }
    }

    [Theory, InlineData(3), InlineData(8), InlineData(21), InlineData(40)]
    public void SoftmaxOfAColumnKeepsItsSpecialValuesToItself(int width)
    {
        Tensor x = Tensor.Zeros([3, width]);
        x[.., 0] = double.NegativeInfinity;
        x[1, 1] = double.NaN;
        x[2, 2] = double.PositiveInfinity;
        foreach (Tensor y in new[] { x.Softmax(0), x.LogSoftmax(0) })
        {
            for (int j = 0; j < width; j++) Assert.Equal(j < 3, double.IsNaN(y[2, j].Item()));
        }
    }

    [Fact]
    public void LayerNormIsRightAtEveryLength()
    {
        foreach (int n in Lengths)
        {
            float[] x = Wave(3 * n, 2, 0.9), w = Wave(n, 1, 0.2), b = Wave(n, 1, 2.1);
            Tensor weight = Tensor.From(w, new Shape([n])), bias = Tensor.From(b, new Shape([n]));
            Tensor normal = Functional.LayerNorm(Tensor.From(x, new Shape([3, n])), new Shape([n]), weight, bias);
            float[] y = normal.Reshape([-1]).ToArray<float>();
            for (int row = 0; row < 3; row++)
            {
                ReadOnlySpan<float> part = x.AsSpan(row * n, n);
                double mean = 0, square = 0;
                foreach (float v in part) mean += v / (double)n;
                foreach (float v in part) square += (v - mean) * (v - mean) / n;
                double root = 1 / Math.Sqrt(square + 1e-5);
                for (int i = 0; i < n; i++) Assert.Equal((part[i] - mean) * root * w[i] + b[i], y[row * n + i], 4e-6);
            }
        }
    }

    public static TheoryData<int, bool> Sorts => new()
    {
        { 1, false }, { 2, true }, { 100, false }, { 1499, true }, { 1500, false }, { 1501, true }, { 5000, false }, { 7001, true },
        { 30_000, false },
    };

    [Theory, MemberData(nameof(Sorts))]
    public void SortingIsStableAndPutsNaNLast(int n, bool descending)
    {
        Random random = new(n);
        float[] special = [0, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1e-42f, -1e-42f];
        float[] x = [.. Enumerable.Range(0, n).Select(i => i % 5 == 0 ? special[random.Next(special.Length)]
            : random.Next(-400, 400) / 7f)];
        int[] order = [.. Enumerable.Range(0, n)];
        Sorted(Tensor.From(x), Order(order, x, descending));
        Sorted(Tensor.From(x).To(DType.Float64), Order(order, x, descending));
        long[] whole = [.. Enumerable.Range(0, n).Select(i => i % 3 == 0 ? random.NextInt64(long.MinValue, long.MaxValue)
            : random.Next(9) - 4)];
        Sorted(Tensor.From(whole), Order(order, whole, descending));
        int[] narrow = [.. whole.Select(static v => (int)(v % 100_000))];
        Sorted(Tensor.From(narrow), Order(order, narrow, descending));

        void Sorted(Tensor t, long[] places)
        {
            Assert.Equal(places, t.Sort(0, descending).Indices.ToArray<long>());
            int k = n / 2 + 1;
            Assert.Equal(places[..k], t.TopK(k, 0, largest: descending).Indices.ToArray<long>());
        }

        static long[] Order<T>(int[] places, T[] x, bool descending) where T : System.Numerics.INumber<T>
        {
            Comparer<T> up = Comparer<T>.Create(static (a, b) =>
                T.IsNaN(a) ? T.IsNaN(b) ? 0 : 1 : T.IsNaN(b) ? -1 : a < b ? -1 : a > b ? 1 : 0);
            return [.. (descending ? places.OrderByDescending(i => x[i], up) : places.OrderBy(i => x[i], up)).Select(static i => (long)i)];
        }
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3)]
    public void LongRandomFillsAreThePiecesOfTheStream(int threads)
    {
        int before = Threads.Count;
        try
        {
            Threads.Count = threads;
            foreach (int n in (int[])[262_143, 262_144, 300_016, 700_003])
            {
                Generator whole = new(7), pieces = new(7);
                float[] x = new float[n], y = new float[n];
                RandomKernels.Uniform<float>(whole, x, -1, 2);
                for (int at = 0; at < n; at += 10_000) RandomKernels.Uniform<float>(pieces, y.AsSpan(at, Math.Min(10_000, n - at)), -1, 2);
                Assert.True(x.AsSpan().SequenceEqual(y));
                Assert.True(whole.IsAt(pieces));

                // The elements of an incomplete block at the end are drawn anew.
                int full = n / 16 * 16, rest = n - full;
                RandomKernels.Normal<float>(whole, x, 0.5, 2, contiguous: true);
                for (int at = 0; at < full; at += 10_000)
                    RandomKernels.Normal<float>(pieces, y.AsSpan(at, Math.Min(10_000, full - at)), 0.5, 2, contiguous: true);
                if (rest > 0)
                {
                    pieces.Fill(new uint[rest]);
                    RandomKernels.Normal<float>(pieces, y.AsSpan(n - 16), 0.5, 2, contiguous: true);
                }
                Assert.True(x.AsSpan().SequenceEqual(y));
                Assert.True(whole.IsAt(pieces));
            }
        }
        finally { Threads.Count = before; }
    }

    private static float[] Wave(int n, double size, double step) =>
        [.. Enumerable.Range(0, n).Select(i => (float)(size * Math.Sin(i * step + 1)))];

    private static void Close(double[] expected, float[] actual, double relative)
    {
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], relative * (Math.Abs(expected[i]) + 0.1 * scale) + 1e-12);
        Assert.Equal(0, actual[expected.Length]);
    }
}
