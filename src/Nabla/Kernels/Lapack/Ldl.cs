using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Factorization A = L D Lᵀ of the lower triangle of a symmetric matrix, D having blocks of one or two rows: J. Bunch and L. Kaufman,
/// "Some stable methods for calculating inertia and solving symmetric linear systems", Math. Comp. 31(137), 1977. Results and pivots are
/// LAPACK's sytrf's: a positive pivot p at i exchanged rows and columns i and p; two equal negative ones -p at i and i + 1 mark a block of
/// two rows and the exchange of i + 1 and p; all count from 1. Matrices are held by columns.
/// </summary>
internal static unsafe class Ldl
{
    /// <summary>L (its ones left out) and D, the pivots, and the first block of D that is zero, from 1 (0: none).</summary>
    internal static (Tensor LD, Tensor Pivots, Tensor Info) Factor(Tensor a)
    {
        long[] shape = a.layout.shape;
        Tensor columns = Rows.Copied(Rows.Turned(a));
        Tensor pivots = Tensor.Allocate(new Layout(shape[..^1]), DType.Int32), info = Tensor.Allocate(new Layout(shape[..^2]), DType.Int32);
        if (columns.layout.Count == 0) Fill.Run(info, 0);
        else if (a.dtype == DType.Float32) Run(new FactorTask<float>(columns, pivots, info), columns);
        else Run(new FactorTask<double>(columns, pivots, info), columns);
        Viewing.ClearTriangle(columns, 0, above: false);
        return (Rows.Turned(columns), pivots, info);
    }

    /// <summary>X with A X = B, from A's factors.</summary>
    internal static Tensor Solve(Tensor ld, Tensor pivots, Tensor b)
    {
        Tensor x = Rows.Copied(b), columns = Copy.Contiguous(Rows.Turned(ld));
        pivots = Copy.Contiguous(pivots);
        CheckPivots(pivots);
        if (x.layout.Count == 0) return x;
        if (b.dtype == DType.Float32) Run(new SolveTask<float>(columns, pivots, x), x);
        else Run(new SolveTask<double>(columns, pivots, x), x);
        return x;
    }

    private static void Run<TTask>(TTask task, Tensor x) where TTask : struct, IRange =>
        Rows.Each(Rows.Matrices(x), (double)x.layout.shape[^2] * x.layout.shape[^2] * x.layout.shape[^1], task);

    private static void CheckPivots(Tensor pivots)
    {
        long n = pivots.layout.shape[^1];
        ReadOnlySpan<int> all = pivots.Span<int>();
        for (int at = 0; at < all.Length;)
        {
            int i = (int)(at % n), p = all[at], step = p < 0 ? 2 : 1;
            if (p == 0 || Math.Abs(p) > n || Math.Abs(p) < i + step || i + step > n || (step == 2 && all[at + 1] != p))
                Throw.Range(nameof(pivots), p, $"torch.linalg.ldl_solve: pivot {i} is {p}, which no factorization of a matrix of {n} " +
                    "rows has; pass the pivots that linalg.ldl_factor returned.");
            at += step;
        }
    }

    private readonly struct FactorTask<T>(Tensor columns, Tensor pivots, Tensor info) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            long n = columns.layout.shape[^1];
            for (long i = from; i < to; i++)
            {
                fixed (T* a = &columns.storage.At<T>(i * n * n))
                fixed (int* p = &pivots.storage.At<int>(i * n))
                    info.storage.At<int>(i) = (int)Factor(n, a, p);
            }
        }
    }

    private readonly struct SolveTask<T>(Tensor columns, Tensor pivots, Tensor x) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            long n = x.layout.shape[^2], r = x.layout.shape[^1];
            for (long i = from; i < to; i++)
            {
                fixed (T* a = &columns.storage.At<T>(columns.layout.Offset + i * n * n), b = &x.storage.At<T>(i * n * r))
                fixed (int* p = &pivots.storage.At<int>(pivots.layout.Offset + i * n))
                {
                    Down(n, r, a, p, b);
                    Up(n, r, a, p, b);
                }
            }
        }
    }

    /// <summary>The bound on the growth of elements is least for this ratio.</summary>
    private const double Ratio = 0.6403882032022076;

    private static long Factor<T>(long n, T* a, int* pivots) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long info = 0;
        for (long k = 0; k < n;)
        {
            (long row, int size) = Choose(n, a, k);
            if (row < 0 && info == 0) info = k + 1;
            long p = row < 0 ? k : row;
            if (p != k + size - 1) Exchange(n, a, k, k + size - 1, p);
            if (row >= 0 && size == 1) One(n, a, k);
            if (size == 2) Two(n, a, k);
            for (int i = 0; i < size; i++) pivots[k + i] = (int)(size == 1 ? p + 1 : -p - 1);
            k += size;
        }
        return info;
    }

    /// <summary>The row for the next pivot (-1 if the column is zero) and the number of rows of its block.</summary>
    private static (long Row, int Size) Choose<T>(long n, T* a, long k) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T ratio = T.CreateTruncating(Ratio), own = T.Abs(a[k * n + k]), below = T.Zero;
        long at = k;
        for (long i = k + 1; i < n; i++)
        {
            T size = T.Abs(a[k * n + i]);
            if (i == k + 1 || size > below) (below, at) = (size, i);
        }
        if (T.Max(own, below) == T.Zero || T.IsNaN(own)) return (-1, 1);
        if (own >= ratio * below) return (k, 1);
        T beside = T.Zero;
        for (long j = k; j < n; j++)
            if (j != at) beside = T.Max(beside, T.Abs(j < at ? a[j * n + at] : a[at * n + j]));
        if (own >= ratio * below * (below / beside)) return (k, 1);
        return (at, T.Abs(a[at * (n + 1)]) >= ratio * beside ? 1 : 2);
    }

    /// <summary>Exchanges rows and columns i and p > i of what is left from column k on.</summary>
    private static void Exchange<T>(long n, T* a, long k, long i, long p) where T : unmanaged
    {
        T* left = a + i * n, right = a + p * n;
        Rows.Swap(left + p + 1, right + p + 1, n - p - 1);
        for (long j = i + 1; j < p; j++) (left[j], a[j * n + p]) = (a[j * n + p], left[j]);
        (left[i], right[p]) = (right[p], left[i]);
        if (i > k) (a[k * n + i], a[k * n + p]) = (a[k * n + p], a[k * n + i]);
    }

    private static void One<T>(long n, T* a, long k) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* v = a + k * n;
        for (long j = k + 1; j < n; j++) Rows.Add(-v[j] / v[k], v + j, a + j * n + j, n - j);
        Rows.Divide(v + k + 1, v[k], n - k - 1);
    }

    private static void Two<T>(long n, T* a, long k) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* v = a + k * n, w = v + n;
        T off = v[k + 1], d1 = w[k + 1] / off, d2 = v[k] / off, factor = T.One / (d1 * d2 - T.One) / off;
        for (long j = k + 2; j < n; j++)
        {
            T x = factor * (d1 * v[j] - w[j]), y = factor * (d2 * w[j] - v[j]);
            Rows.Add(-x, v + j, a + j * n + j, n - j);
            Rows.Add(-y, w + j, a + j * n + j, n - j);
            (v[j], w[j]) = (x, y);
        }
    }

    /// <summary>B = D⁻¹ L⁻¹ B.</summary>
    private static void Down<T>(long n, long r, T* a, int* pivots, T* b) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long k = 0; k < n; k += pivots[k] > 0 ? 1 : 2)
        {
            T* v = a + k * n, x = b + k * r;
            if (pivots[k] > 0)
            {
                if (pivots[k] - 1 != k) Rows.Swap(x, b + (pivots[k] - 1) * r, r);
                for (long i = k + 1; i < n; i++) Rows.Add(-v[i], x, b + i * r, r);
                Rows.Divide(x, v[k], r);
                continue;
            }
            T* w = v + n, y = x + r;
            if (-pivots[k] - 1 != k + 1) Rows.Swap(y, b + (-pivots[k] - 1) * r, r);
            for (long i = k + 2; i < n; i++)
            {
                Rows.Add(-v[i], x, b + i * r, r);
                Rows.Add(-w[i], y, b + i * r, r);
            }
            T off = v[k + 1], d1 = v[k] / off, d2 = w[k + 1] / off, det = d1 * d2 - T.One;
            for (long j = 0; j < r; j++)
            {
                T s = x[j] / off, t = y[j] / off;
                (x[j], y[j]) = ((d2 * s - t) / det, (d1 * t - s) / det);
            }
        }
    }

    /// <summary>B = L⁻ᵀ B.</summary>
    private static void Up<T>(long n, long r, T* a, int* pivots, T* b) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long k = n - 1; k >= 0; k -= pivots[k] > 0 ? 1 : 2)
        {
            int size = pivots[k] > 0 ? 1 : 2;
            for (int s = 0; s < size; s++)
                for (long i = k + 1; i < n; i++) Rows.Add(-a[(k - s) * n + i], b + i * r, b + (k - s) * r, r);
            long p = Math.Abs(pivots[k]) - 1;
            if (p != k) Rows.Swap(b + k * r, b + p * r, r);
        }
    }
}
