using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Sums of few outer products: C is made row by row from end to end, since writing it is most of the work.</summary>
internal static unsafe class GemmOuter
{
    /// <summary>The most terms for which it pays.</summary>
    public const long Depth = 4;

    /// <summary>The least columns for which it pays.</summary>
    public const long Columns = 128;

    private const long TaskResults = 1 << 15, StripValues = 4096;

    /// <summary>B and C have unit column stride.</summary>
    public static void Run<T>(in Product<T> p) where T : unmanaged, INumberBase<T> =>
        Parallel.For(p.M, Math.Max(1, TaskResults / p.N), new RowTask<T>(p));

    private readonly struct RowTask<T>(Product<T> p) : IRange where T : unmanaged, INumberBase<T>
    {
        public void Run(long from, long to)
        {
            // As much of B as the first-level cache keeps.
            long width = Math.Max(Columns, StripValues / p.K / Columns * Columns);
            for (long j = 0; j < p.N; j += width)
            {
                Product<T> strip = p.Block(from, to - from, j, Math.Min(width, p.N - j));
                for (long i = 0; i < strip.M; i++) Row(strip.Block(i, 1, 0, strip.N));
            }
        }

        private static void Row(in Product<T> p)
        {
            long j = 0;
            if (Vector512.IsHardwareAccelerated) j = GemmOuter<Lanes512<T>, Vector512<T>, T>.Row(p, j);
            if (Vector256.IsHardwareAccelerated) j = GemmOuter<Lanes256<T>, Vector256<T>, T>.Row(p, j);
            if (Vector128.IsHardwareAccelerated) j = GemmOuter<Lanes128<T>, Vector128<T>, T>.Row(p, j);
            GemmOuter<Lanes1<T>, T, T>.Row(p, j);
        }
    }
}

/// <summary>One row for one width of registers.</summary>
internal static unsafe class GemmOuter<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    /// <summary>The columns from j on as far as whole registers go. Returns where it ends.</summary>
    public static long Row(in Product<T> p, long j)
    {
        Matrix<T> start = p.Start;
        for (; p.N - j >= 8 * L.Count; j += 8 * L.Count)
        {
            Eight(p.K, p.A.Data, p.A.Col, p.B.Data + j, p.B.Row, p.C.Data + j, start.Data + j * start.Col);
        }
        for (; p.N - j >= L.Count; j += L.Count)
        {
            One(p.K, p.A.Data, p.A.Col, p.B.Data + j, p.B.Row, p.C.Data + j, start.Data + j * start.Col);
        }
        return j;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(long k, T* a, long aCol, T* b, long bRow, T* c, T* from)
    {
        V c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        for (; k > 0; k--, a += aCol, b += bRow)
        {
            V v = L.Splat(a);
            c0 = L.MultiplyAdd(v, L.Load(b), c0);
            c1 = L.MultiplyAdd(v, L.Load(b + L.Count), c1);
            c2 = L.MultiplyAdd(v, L.Load(b + 2 * L.Count), c2);
            c3 = L.MultiplyAdd(v, L.Load(b + 3 * L.Count), c3);
            c4 = L.MultiplyAdd(v, L.Load(b + 4 * L.Count), c4);
            c5 = L.MultiplyAdd(v, L.Load(b + 5 * L.Count), c5);
            c6 = L.MultiplyAdd(v, L.Load(b + 6 * L.Count), c6);
            c7 = L.MultiplyAdd(v, L.Load(b + 7 * L.Count), c7);
        }
        long step = from == null ? 0 : L.Count;
        Put(c, c0, from);
        Put(c + L.Count, c1, from += step);
        Put(c + 2 * L.Count, c2, from += step);
        Put(c + 3 * L.Count, c3, from += step);
        Put(c + 4 * L.Count, c4, from += step);
        Put(c + 5 * L.Count, c5, from += step);
        Put(c + 6 * L.Count, c6, from += step);
        Put(c + 7 * L.Count, c7, from += step);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(long k, T* a, long aCol, T* b, long bRow, T* c, T* from)
    {
        V sum = default;
        for (; k > 0; k--, a += aCol, b += bRow) sum = L.MultiplyAdd(L.Splat(a), L.Load(b), sum);
        Put(c, sum, from);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* c, V x, T* from) => L.Store(c, from != null ? L.Add(L.Load(from), x) : x);
}
