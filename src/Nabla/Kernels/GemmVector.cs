using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Matrix times vector, in the order in which the matrix lies in memory, and what else works on single rows.</summary>
internal static unsafe class GemmVector
{
    private const long TaskWork = 1 << 16, StripColumns = 1024, MostCopied = 1 << 20;

    /// <summary>The product with N = 1. A row of B^T * A^T is the same by transposition.</summary>
    public static void Run<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        if (p.A.Col == 1 || p.K == 1 || (p.A.Row != 1 && p.M > 1))
        {
            // Rows are contiguous, or nothing is: sums along the rows.
            T* x = p.B.Data;
            bool contiguous = p.K == 1 || (p.A.Col == 1 && (p.B.Row == 1 || p.K <= MostCopied));
            if (contiguous && p.B.Row != 1 && p.K > 1)
            {
                x = GemmBuffers.Get<T>(GemmBuffers.Vector, p.K);
                GemmPack.Panel(1, p.K, p.B.Data, 1, p.B.Row, x, 1);
            }
            Parallel.For(p.M, GemmGrid.Round(Math.Max(1, TaskWork / p.K), 4), new DotTask<T>(p, x, contiguous));
        }
        else
        {
            long least = p.M >= 4 * StripColumns ? StripColumns : 256;
            Parallel.For(p.M, GemmGrid.Round(Math.Max(1, TaskWork / p.K), least), new StripTask<T>(p));
        }
    }

    /// <summary>Few columns, rows of A and columns of B contiguous: a chunk of A stays in cache for all columns.</summary>
    public static void RunColumns<T>(in Product<T> p) where T : unmanaged, INumberBase<T> =>
        Parallel.For(p.M, GemmGrid.Round(Math.Max(1, TaskWork / p.K), 4), new ColumnsTask<T>(p));

    /// <summary>The empty sum: zeros, unless it is added to C.</summary>
    public static void Clear<T>(in Product<T> p) where T : unmanaged
    {
        if (p.Accumulate) return;
        for (long i = 0; i < p.M; i++)
        {
            for (long j = 0; j < p.N; j++) *p.C.At(i, j).Data = default;
        }
    }

    /// <summary>Copies or adds a finished row to C.</summary>
    public static void Put<T>(long n, T* row, Matrix<T> c, bool accumulate) where T : unmanaged, INumberBase<T> =>
        Put(n, row, c, accumulate ? c.Data : null);

    /// <summary>
    /// C = a finished row, plus the values at <paramref name="from"/> if it is not null; these are as far apart as C's.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Put<T>(long n, T* row, Matrix<T> c, T* from) where T : unmanaged, INumberBase<T>
    {
        long j = 0;
        if (c.Col == 1 && Vector128.IsHardwareAccelerated)
        {
            for (; n - j >= Vector128<T>.Count; j += Vector128<T>.Count)
            {
                Vector128<T> x = Vector128.Load(row + j);
                (from != null ? Vector128.Load(from + j) + x : x).Store(c.Data + j);
            }
        }
        for (; j < n; j++) c.Data[j * c.Col] = from != null ? from[j * c.Col] + row[j] : row[j];
    }

    private static void Dots<T>(in Product<T> p, T* x) where T : unmanaged, INumberBase<T>
    {
        // Two registers of partial sums per row, as wide as the row fills.
        if (Vector512.IsHardwareAccelerated && p.K >= 2 * Vector512<T>.Count) GemmVector<Lanes512<T>, Vector512<T>, T>.Dots(p, x);
        else if (Vector256.IsHardwareAccelerated && p.K >= 2 * Vector256<T>.Count) GemmVector<Lanes256<T>, Vector256<T>, T>.Dots(p, x);
        else if (Vector128.IsHardwareAccelerated && p.K >= 2 * Vector128<T>.Count) GemmVector<Lanes128<T>, Vector128<T>, T>.Dots(p, x);
        else GemmVector<Lanes1<T>, T, T>.Dots(p, x);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void StridedDots<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        for (long i = 0; i < p.M; i++)
        {
            T sum = T.Zero;
            T* a = p.A.Data + i * p.A.Row, x = p.B.Data;
            for (long q = 0; q < p.K; q++, a += p.A.Col, x += p.B.Row) sum = Lanes1<T>.MultiplyAdd(*a, *x, sum);
            T* to = p.C.Data + i * p.C.Row;
            *to = p.Accumulate ? *to + sum : sum;
        }
    }

    /// <summary>The sums of at most <see cref="StripColumns"/> results.</summary>
    private static void Strips<T>(in Product<T> p, T* y) where T : unmanaged, INumberBase<T>
    {
        long i = 0;
        if (Vector512.IsHardwareAccelerated) i = GemmVector<Lanes512<T>, Vector512<T>, T>.Strips(p, i, y);
        if (Vector256.IsHardwareAccelerated) i = GemmVector<Lanes256<T>, Vector256<T>, T>.Strips(p, i, y);
        if (Vector128.IsHardwareAccelerated) i = GemmVector<Lanes128<T>, Vector128<T>, T>.Strips(p, i, y);
        GemmVector<Lanes1<T>, T, T>.Strips(p, i, y);
    }

    private readonly struct DotTask<T>(Product<T> p, T* x, bool contiguous) : IRange where T : unmanaged, INumberBase<T>
    {
        public void Run(long from, long to)
        {
            Product<T> block = p.Block(from, to - from, 0, 1);
            if (contiguous) Dots(block, x);
            else StridedDots(block);
        }
    }

    private readonly struct ColumnsTask<T>(Product<T> p) : IRange where T : unmanaged, INumberBase<T>
    {
        public void Run(long from, long to)
        {
            for (long j = 0; j < p.N; j++)
            {
                Product<T> column = p.Block(from, to - from, j, 1);
                Dots(column, column.B.Data);
            }
        }
    }

    private readonly struct StripTask<T>(Product<T> p) : IRange where T : unmanaged, INumberBase<T>
    {
        public void Run(long from, long to)
        {
            T* y = stackalloc T[(int)StripColumns];
            for (long i = from; i < to; i += StripColumns)
            {
                Product<T> part = p.Block(i, Math.Min(StripColumns, to - i), 0, 1);
                Strips(part, y);
                Put(part.M, y, part.C.Transposed, p.Accumulate);
            }
        }
    }
}

/// <summary>The loops of matrix times vector for one register width.</summary>
internal static unsafe class GemmVector<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    /// <summary>C[i] (+)= sum over p of A[i, p] * x[p]; rows of A are contiguous.</summary>
    public static void Dots(in Product<T> p, T* x)
    {
        for (long i = 0; i < p.M; i += 4)
        {
            Dot4(p.M - i, p.K, p.A.Data + i * p.A.Row, p.A.Row, x, p.C.Data + i * p.C.Row, p.C.Row, p.Accumulate);
        }
    }

    /// <summary>
    /// y[i] = sum over p of A[i, p] * B[p] for i from <paramref name="i"/> on as far as whole registers go; columns of A are contiguous and
    /// are read a few at a time from end to end, as memory likes it. Returns where it stopped.
    /// </summary>
    public static long Strips(in Product<T> p, long i, T* y)
    {
        long n = (p.M - i) / L.Count * L.Count, q = 0;
        if (n == 0) return i;
        for (; p.K - q >= 8; q += 8) Strip8(n, p.B.At(q, 0).Data, p.B.Row, p.A.At(i, q).Data, p.A.Col, y + i, q == 0);
        for (; q < p.K; q++) Strip1(n, p.B.At(q, 0).Data, p.A.At(i, q).Data, y + i, q == 0);
        return i + n;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dot4(long rows, long k, T* a, long aRow, T* x, T* c, long cRow, bool accumulate)
    {
        V s0 = default, s1 = default, s2 = default, s3 = default, t0 = default, t1 = default, t2 = default, t3 = default;
        long r1 = rows > 1 ? 1 : 0, r2 = rows > 2 ? 2 : r1, r3 = rows > 3 ? 3 : r2;
        T* a1 = a + r1 * aRow, a2 = a + r2 * aRow, a3 = a + r3 * aRow;
        long p = 0;
        for (; k - p >= 2 * L.Count; p += 2 * L.Count)
        {
            V x0 = L.Load(x + p), x1 = L.Load(x + p + L.Count);
            s0 = L.MultiplyAdd(L.Load(a + p), x0, s0);
            t0 = L.MultiplyAdd(L.Load(a + p + L.Count), x1, t0);
            s1 = L.MultiplyAdd(L.Load(a1 + p), x0, s1);
            t1 = L.MultiplyAdd(L.Load(a1 + p + L.Count), x1, t1);
            s2 = L.MultiplyAdd(L.Load(a2 + p), x0, s2);
            t2 = L.MultiplyAdd(L.Load(a2 + p + L.Count), x1, t2);
            s3 = L.MultiplyAdd(L.Load(a3 + p), x0, s3);
            t3 = L.MultiplyAdd(L.Load(a3 + p + L.Count), x1, t3);
        }
        T y0 = L.Sum(L.Add(s0, t0)), y1 = L.Sum(L.Add(s1, t1)), y2 = L.Sum(L.Add(s2, t2)), y3 = L.Sum(L.Add(s3, t3));
        for (; p < k; p++)
        {
            y0 = Lanes1<T>.MultiplyAdd(a[p], x[p], y0);
            y1 = Lanes1<T>.MultiplyAdd(a1[p], x[p], y1);
            y2 = Lanes1<T>.MultiplyAdd(a2[p], x[p], y2);
            y3 = Lanes1<T>.MultiplyAdd(a3[p], x[p], y3);
        }
        Put(c, y0, accumulate);
        if (rows > 1) Put(c + cRow, y1, accumulate);
        if (rows > 2) Put(c + 2 * cRow, y2, accumulate);
        if (rows > 3) Put(c + 3 * cRow, y3, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* c, T y, bool accumulate) => *c = accumulate ? *c + y : y;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip8(long n, T* x, long xStride, T* a, long aCol, T* y, bool first)
    {
        T* xs = x + 4 * xStride, a4 = a + 4 * aCol;
        long aCol2 = 2 * aCol, aCol3 = 3 * aCol;
        V x0 = L.Splat(x), x1 = L.Splat(x + xStride), x2 = L.Splat(x + 2 * xStride), x3 = L.Splat(x + 3 * xStride);
        V x4 = L.Splat(xs), x5 = L.Splat(xs + xStride), x6 = L.Splat(xs + 2 * xStride), x7 = L.Splat(xs + 3 * xStride);
        for (; n > 0; n -= L.Count, a += L.Count, a4 += L.Count, y += L.Count)
        {
            // The same places of the next columns: processors do not look across pages.
            Prefetch.EightColumns(a4 + 4 * aCol, aCol);
            V sum = first ? default : L.Load(y);
            sum = L.MultiplyAdd(x0, L.Load(a), sum);
            sum = L.MultiplyAdd(x1, L.Load(a + aCol), sum);
            sum = L.MultiplyAdd(x2, L.Load(a + aCol2), sum);
            sum = L.MultiplyAdd(x3, L.Load(a + aCol3), sum);
            sum = L.MultiplyAdd(x4, L.Load(a4), sum);
            sum = L.MultiplyAdd(x5, L.Load(a4 + aCol), sum);
            sum = L.MultiplyAdd(x6, L.Load(a4 + aCol2), sum);
            sum = L.MultiplyAdd(x7, L.Load(a4 + aCol3), sum);
            L.Store(y, sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip1(long n, T* x, T* a, T* y, bool first)
    {
        V v = L.Splat(x);
        for (; n > 0; n -= L.Count, a += L.Count, y += L.Count)
        {
            L.Store(y, L.MultiplyAdd(v, L.Load(a), first ? default : L.Load(y)));
        }
    }
}
