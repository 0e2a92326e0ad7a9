using Nabla.Kernels;

namespace Nabla.Tests.Kernels;

/// <summary>Products of 16-bit floats are summed in float32 and rounded once, on every path, for every number of threads.</summary>
[Collection("Threads")]
public sealed class GemmHalfTests : IDisposable
{
    private readonly int before = Threads.Count;

    public void Dispose() => Threads.Count = before;

    /// <summary>Sizes for each path: one thread, few rows, panels, several passes over K, matrix times vector, slabs, few
    /// columns.</summary>
    public static TheoryData<long, long, long> Sizes => new()
    {
        { 5, 7, 3 }, { 33, 65, 40 }, { 20, 300, 700 }, { 200, 130, 520 }, { 61, 260, 4200 }, { 300, 1, 900 }, { 1, 300, 900 },
        { 3, 5, 9000 }, { 4, 250, 600 }, { 1, 1, 70000 }, { 260, 50, 1 },
    };

    [Theory, MemberData(nameof(Sizes))]
    public void EverySumIsRoundedOnce(long m, long n, long k)
    {
        for (int order = 0; order < 9; order++)
        {
            Check<BFloat16>(m, n, k, order % 3, order / 3, x => (BFloat16)x, x => x, 8);
            Check<Half>(m, n, k, order % 3, order / 3, x => (Half)x, x => (float)x, 11);
        }
    }

    /// <summary>Operands by rows, by columns or with gaps; plain, added to C, or on a bias.</summary>
    private static void Check<T>(long m, long n, long k, int orderA, int orderB, Func<float, T> narrow, Func<T, float> wide, int bits)
        where T : unmanaged, IEquatable<T>
    {
        (long ar, long ac) = Strides(m, k, orderA);
        (long br, long bc) = Strides(k, n, orderB);
        bool accumulate = (orderA + orderB) % 3 == 1;
        T[] a = Values((m - 1) * ar + (k - 1) * ac + 1, 1, narrow), b = Values((k - 1) * br + (n - 1) * bc + 1, 2, narrow);
        T[] bias = (orderA + orderB) % 3 == 2 ? Values(n, 4, narrow) : [], start = Values(m * n, 3, narrow);
        T[] c = Run(1);
        foreach (int threads in (int[])[2, 3, 8]) Assert.True(Run(threads).AsSpan().SequenceEqual(c));
        for (long at = 0; at < c.Length; at += 1 + c.Length / 97)
        {
            (long i, long j) = (at / n, at % n);
            double sum = accumulate ? wide(start[at]) : bias.Length > 0 ? wide(bias[j]) : 0, size = Math.Abs(sum);
            for (long p = 0; p < k; p++)
            {
                double term = (double)wide(a[i * ar + p * ac]) * wide(b[p * br + j * bc]);
                sum += term;
                size += Math.Abs(term);
            }
            // Half a unit in the last place of the result, and what float32 may lose in the sum.
            double tolerance = Math.ScaleB(1, Math.ILogB(sum) - bits) + size * Math.Sqrt(k) * 1e-7;
            Assert.True(Math.Abs(wide(c[at]) - sum) <= tolerance, $"{typeof(T).Name} {m}x{n}x{k}, {orderA}, {orderB}: {c[at]}, not {sum}");
        }

        T[] Run(int threads)
        {
            Threads.Count = threads;
            T[] result = [.. start];
            Gemm.Run<T>(m, n, k, a, ar, ac, b, br, bc, result, n, 1, accumulate, bias);
            return result;
        }
    }

    private static (long Row, long Col) Strides(long rows, long columns, int order) =>
        order == 0 ? (columns + 1, 1) : order == 1 ? (1, rows) : (2 * columns + 3, 2);

    private static T[] Values<T>(long length, int seed, Func<float, T> narrow)
    {
        var random = new Random(seed);
        T[] x = new T[length];
        for (long i = 0; i < length; i++) x[i] = narrow((float)random.NextDouble() - 0.3f);
        return x;
    }
}
