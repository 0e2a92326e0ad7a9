using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Matrix times vector for Half and BFloat16: the matrix is widened in registers while it passes by, and read once.</summary>
internal static unsafe class GemmHalfVector
{
    private const long TaskWork = 1 << 16, StripColumns = 1024;

    /// <summary>The product with N = 1. A row of B^T * A^T is the same by transposition.</summary>
    public static void Run<T>(in Product<T> p, in HalfResults<T> results) where T : unmanaged
    {
        if (p.A.Col == 1 || p.K == 1 || p.A.Row != 1) RunColumns(p, results);
        else
        {
            float* x = WideColumns(p);
            long least = p.M >= 4 * StripColumns ? StripColumns : 256;
            Parallel.For(p.M, GemmGrid.Round(Math.Max(1, TaskWork / p.K), least), new StripTask<T>(p, results, x));
        }
    }

    /// <summary>Few columns: sums along the rows of A, a chunk of A in cache for all columns.</summary>
    public static void RunColumns<T>(in Product<T> p, in HalfResults<T> results) where T : unmanaged
    {
        float* x = WideColumns(p);
        Parallel.For(p.M, GemmGrid.Round(Math.Max(1, TaskWork / p.K), 4), new DotTask<T>(p, results, x));
    }

    /// <summary>The columns of B, widened: next to A they are small.</summary>
    private static float* WideColumns<T>(in Product<T> p) where T : unmanaged
    {
        float* x = GemmBuffers.Get<float>(GemmBuffers.Vector, p.K * p.N);
        for (long j = 0; j < p.N; j++) Halves.Widen(p.K, p.B.Data + j * p.B.Col, p.B.Row, x + j * p.K);
        return x;
    }

    private static void Dots<T>(long m, long k, T* a, long aRow, float* x, float* y) where T : unmanaged
    {
        if (Vector512.IsHardwareAccelerated && k >= 2 * Vector512<float>.Count)
        {
            GemmHalfVector<Lanes512<float>, Vector512<float>, T>.Dots(m, k, a, aRow, x, y);
        }
        else if (Vector256.IsHardwareAccelerated && k >= 2 * Vector256<float>.Count)
        {
            GemmHalfVector<Lanes256<float>, Vector256<float>, T>.Dots(m, k, a, aRow, x, y);
        }
        else if (Vector128.IsHardwareAccelerated && k >= 2 * Vector128<float>.Count)
        {
            GemmHalfVector<Lanes128<float>, Vector128<float>, T>.Dots(m, k, a, aRow, x, y);
        }
        else GemmHalfVector<Lanes1<float>, float, T>.Dots(m, k, a, aRow, x, y);
    }

    private static void StridedDots<T>(long m, in Product<T> p, long i, float* x, float* y) where T : unmanaged
    {
        for (long r = 0; r < m; r++)
        {
            float sum = 0;
            T* a = p.A.At(i + r, 0).Data;
            for (long q = 0; q < p.K; q++, a += p.A.Col) sum = float.MultiplyAddEstimate(Halves.ToSingle(*a), x[q], sum);
            y[r] = sum;
        }
    }

    /// <summary>The sums of at most <see cref="StripColumns"/> results.</summary>
    private static void Strips<T>(long m, long k, T* a, long aCol, float* x, float* y) where T : unmanaged
    {
        long i = 0;
        if (Vector512.IsHardwareAccelerated) i = GemmHalfVector<Lanes512<float>, Vector512<float>, T>.Strips(m, k, a, aCol, x, i, y);
        if (Vector256.IsHardwareAccelerated) i = GemmHalfVector<Lanes256<float>, Vector256<float>, T>.Strips(m, k, a, aCol, x, i, y);
        if (Vector128.IsHardwareAccelerated) i = GemmHalfVector<Lanes128<float>, Vector128<float>, T>.Strips(m, k, a, aCol, x, i, y);
        GemmHalfVector<Lanes1<float>, float, T>.Strips(m, k, a, aCol, x, i, y);
    }

    private readonly struct DotTask<T>(Product<T> p, HalfResults<T> results, float* x) : IRange where T : unmanaged
    {
        public void Run(long from, long to)
        {
            float* y = stackalloc float[(int)StripColumns];
            HalfResults<T> columns = results.Transposed;
            for (long i = from; i < to; i += StripColumns)
            {
                long m = Math.Min(StripColumns, to - i), step = p.N == 1 ? m : 4;
                for (long r = 0; r < m; r += step)
                {
                    for (long j = 0; j < p.N; j++)
                    {
                        long rows = Math.Min(step, m - r);
                        if (p.A.Col == 1 || p.K == 1) Dots(rows, p.K, p.A.At(i + r, 0).Data, p.A.Row, x + j * p.K, y);
                        else StridedDots(rows, p, i + r, x + j * p.K, y);
                        columns.Put(j, i + r, rows, y);
                    }
                }
            }
        }
    }

    private readonly struct StripTask<T>(Product<T> p, HalfResults<T> results, float* x) : IRange where T : unmanaged
    {
        public void Run(long from, long to)
        {
            float* y = stackalloc float[(int)StripColumns];
            HalfResults<T> columns = results.Transposed;
            for (long i = from; i < to; i += StripColumns)
            {
                long m = Math.Min(StripColumns, to - i);
                Strips(m, p.K, p.A.At(i, 0).Data, p.A.Col, x, y);
                columns.Put(0, i, m, y);
            }
        }
    }
}

/// <summary>The loops for one register width; the order of sums is that of <see cref="GemmVector{L, V, T}"/>.</summary>
internal static unsafe class GemmHalfVector<L, V, T>
    where L : ILanes<V, float>
    where V : struct
    where T : unmanaged
{
    /// <summary>y[i] = sum over p of A[i, p] * x[p]; rows of A are contiguous.</summary>
    public static void Dots(long m, long k, T* a, long aRow, float* x, float* y)
    {
        for (long i = 0; i < m; i += 4) Dot4(m - i, k, a + i * aRow, aRow, x, y + i);
    }

    /// <summary>
    /// y[i] = sum over p of A[i, p] * x[p] for i from <paramref name="i"/> on as far as whole registers go; columns of A are contiguous.
    /// Returns where it stopped.
    /// </summary>
    public static long Strips(long m, long k, T* a, long aCol, float* x, long i, float* y)
    {
        long n = (m - i) / L.Count * L.Count, q = 0;
        if (n == 0) return i;
        for (; k - q >= 8; q += 8) Strip8(n, x + q, a + i + q * aCol, aCol, y + i, q == 0);
        for (; q < k; q++) Strip1(n, x[q], a + i + q * aCol, y + i, q == 0);
        return i + n;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot4(long rows, long k, T* a, long aRow, float* x, float* y)
    {
        V s0 = default, s1 = default, s2 = default, s3 = default, t0 = default, t1 = default, t2 = default, t3 = default;
        long r1 = rows > 1 ? 1 : 0, r2 = rows > 2 ? 2 : r1, r3 = rows > 3 ? 3 : r2;
        T* a1 = a + r1 * aRow, a2 = a + r2 * aRow, a3 = a + r3 * aRow;
        long p = 0;
        for (; k - p >= 2 * L.Count; p += 2 * L.Count)
        {
            V x0 = L.Load(x + p), x1 = L.Load(x + p + L.Count);
            s0 = L.MultiplyAdd(Halves.Load<L, V, T>(a + p), x0, s0);
            t0 = L.MultiplyAdd(Halves.Load<L, V, T>(a + p + L.Count), x1, t0);
            s1 = L.MultiplyAdd(Halves.Load<L, V, T>(a1 + p), x0, s1);
            t1 = L.MultiplyAdd(Halves.Load<L, V, T>(a1 + p + L.Count), x1, t1);
            s2 = L.MultiplyAdd(Halves.Load<L, V, T>(a2 + p), x0, s2);
            t2 = L.MultiplyAdd(Halves.Load<L, V, T>(a2 + p + L.Count), x1, t2);
            s3 = L.MultiplyAdd(Halves.Load<L, V, T>(a3 + p), x0, s3);
            t3 = L.MultiplyAdd(Halves.Load<L, V, T>(a3 + p + L.Count), x1, t3);
        }
        float y0 = L.Sum(L.Add(s0, t0)), y1 = L.Sum(L.Add(s1, t1)), y2 = L.Sum(L.Add(s2, t2)), y3 = L.Sum(L.Add(s3, t3));
        for (; p < k; p++)
        {
            y0 = float.MultiplyAddEstimate(Halves.ToSingle(a[p]), x[p], y0);
            y1 = float.MultiplyAddEstimate(Halves.ToSingle(a1[p]), x[p], y1);
            y2 = float.MultiplyAddEstimate(Halves.ToSingle(a2[p]), x[p], y2);
            y3 = float.MultiplyAddEstimate(Halves.ToSingle(a3[p]), x[p], y3);
        }
        y[0] = y0;
        if (rows > 1) y[1] = y1;
        if (rows > 2) y[2] = y2;
        if (rows > 3) y[3] = y3;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip8(long n, float* x, T* a, long aCol, float* y, bool first)
    {
        T* a4 = a + 4 * aCol;
        long aCol2 = 2 * aCol, aCol3 = 3 * aCol;
        V x0 = L.Splat(x), x1 = L.Splat(x + 1), x2 = L.Splat(x + 2), x3 = L.Splat(x + 3);
        V x4 = L.Splat(x + 4), x5 = L.Splat(x + 5), x6 = L.Splat(x + 6), x7 = L.Splat(x + 7);
        for (; n > 0; n -= L.Count, a += L.Count, a4 += L.Count, y += L.Count)
        {
            // The same places of the next columns: processors do not look across pages.
            if ((n & L.Count) == 0) Prefetch.EightColumns(a4 + 4 * aCol, aCol);
            V sum = first ? default : L.Load(y);
            sum = L.MultiplyAdd(x0, Halves.Load<L, V, T>(a), sum);
            sum = L.MultiplyAdd(x1, Halves.Load<L, V, T>(a + aCol), sum);
            sum = L.MultiplyAdd(x2, Halves.Load<L, V, T>(a + aCol2), sum);
            sum = L.MultiplyAdd(x3, Halves.Load<L, V, T>(a + aCol3), sum);
            sum = L.MultiplyAdd(x4, Halves.Load<L, V, T>(a4), sum);
            sum = L.MultiplyAdd(x5, Halves.Load<L, V, T>(a4 + aCol), sum);
            sum = L.MultiplyAdd(x6, Halves.Load<L, V, T>(a4 + aCol2), sum);
            sum = L.MultiplyAdd(x7, Halves.Load<L, V, T>(a4 + aCol3), sum);
            L.Store(y, sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip1(long n, float x, T* a, float* y, bool first)
    {
        V v = L.Splat(&x);
        for (; n > 0; n -= L.Count, a += L.Count, y += L.Count)
        {
            L.Store(y, L.MultiplyAdd(v, Halves.Load<L, V, T>(a), first ? default : L.Load(y)));
        }
    }
}
