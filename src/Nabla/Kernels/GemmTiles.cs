using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>
/// Register tiles: C[rows, 1 or 2 registers of columns] (+)= A[rows, k] * B[k, columns]. A is read value by value at any strides, B and C
/// have unit column stride. Every value of C is one chain of multiply-adds over k in order, then one addition to C, in every tile: which
/// tile a
/// value falls into does not change its bits.
/// </summary>
internal static unsafe partial class GemmTiles<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    private const long PrefetchDepth = 64;

    /// <summary>Rows of the tile that full panels are made of.</summary>
    public static int Rows => L.Tall ? 12 : 6;

    /// <summary>Columns of that tile.</summary>
    public static int Columns => 2 * L.Count;

    /// <summary>All rows of two registers of columns: C = A * B, or C += A * B.</summary>
    public static void Panel2(long m, long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, bool accumulate) =>
        Panel2(m, k, a, aRow, aCol, b, bRow, c, cRow, accumulate ? c : null, accumulate ? cRow : 0, default);

    /// <summary>All rows of two registers of columns: C = F + A * B, F at <paramref name="from"/>, or absent if that is null.</summary>
    public static void Panel2(
        long m, long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, T* from, long fromRow, in Ahead<T> ahead)
    {
        long i = 0;
        if (L.Tall)
        {
            for (; m - i >= 12; i += 12)
            {
                Tile12(k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, from, fromRow, ahead);
                from += 12 * fromRow;
            }
            if (m - i >= 8)
            {
                Tile8(k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, from, fromRow);
                from += 8 * fromRow;
                i += 8;
            }
        }
        else
        {
            for (; m - i >= 6; i += 6, from += 6 * fromRow)
            {
                Tile6(k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, from, fromRow);
            }
        }
        for (; i < m; i += 4, from += 4 * fromRow)
        {
            Tile4(m - i, k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, from, fromRow);
        }
    }

    /// <summary>All rows of one register of columns: C = A * B, or C += A * B.</summary>
    public static void Panel1(long m, long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, bool accumulate) =>
        Panel1(m, k, a, aRow, aCol, b, bRow, c, cRow, accumulate ? c : null, accumulate ? cRow : 0);

    /// <summary>All rows of one register of columns: C = F + A * B, F at <paramref name="from"/>, or absent if that is null.</summary>
    public static void Panel1(
        long m, long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, T* from, long fromRow)
    {
        long i = 0;
        for (; m - i >= 8; i += 8, from += 8 * fromRow)
        {
            Tile8x1(k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, from, fromRow);
        }
        for (; i < m; i += 4, from += 4 * fromRow)
        {
            Tile4x1(m - i, k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, from, fromRow);
        }
    }

    /// <summary>The columns from j on, in panels of two registers and one, as far as whole registers go. Returns where it ends.</summary>
    public static long Sweep(in Product<T> p, long j)
    {
        Matrix<T> from = p.Start;
        for (; p.N - j >= 2 * L.Count; j += 2 * L.Count)
        {
            Panel2(
                p.M, p.K, p.A.Data, p.A.Row, p.A.Col, p.B.Data + j, p.B.Row, p.C.Data + j, p.C.Row, from.Data + j * from.Col, from.Row,
                default);
        }
        if (p.N - j >= L.Count)
        {
            Panel1(p.M, p.K, p.A.Data, p.A.Row, p.A.Col, p.B.Data + j, p.B.Row, p.C.Data + j, p.C.Row, from.Data + j * from.Col, from.Row);
            j += L.Count;
        }
        return j;
    }

    /// <summary>Asks for the rows of C, which the processor does not foresee, while the sum is made.</summary>
    private static void Prefetch(long rows, T* c, long cRow)
    {
        if (!Sse.IsSupported) return;
        for (; rows > 0; rows--, c += cRow)
        {
            Sse.Prefetch0(c);
            Sse.Prefetch0(c + L.Count);
            Sse.Prefetch0(c + 2 * L.Count - 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* c, V x, V y, T* from)
    {
        if (from != null)
        {
            x = L.Add(L.Load(from), x);
            y = L.Add(L.Load(from + L.Count), y);
        }
        L.Store(c, x);
        L.Store(c + L.Count, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* c, V x, T* from) => L.Store(c, from != null ? L.Add(L.Load(from), x) : x);
}

/// <summary>Memory that a tile asks for while it works on other memory: lines a stride apart, again and again a step further.</summary>
/// <param name="from">Where it begins; null for nothing.</param>
/// <param name="lines">Lines at a time, <see cref="Steps"/> terms of the tile's sums apart.</param>
/// <param name="stride">Between the lines of one time.</param>
/// <param name="step">From one time to the next.</param>
internal readonly unsafe struct Ahead<T>(T* from, int lines, long stride, long step) where T : unmanaged
{
    public readonly T* From = from;
    private readonly int lines = lines;
    private readonly long stride = stride, step = step;

    /// <summary>As many terms as one line holds values.</summary>
    public static long Steps => 64 / sizeof(T);

    /// <summary>Asks for the lines of one time and returns where the next begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T* Fetch(T* at)
    {
        if (Sse.IsSupported)
        {
            T* line = at;
            for (int i = lines; i > 0; i--, line += stride) Sse.Prefetch1(line);
        }
        return at + step;
    }
}
