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

    /// <summary>All rows of two registers of columns.</summary>
    public static void Panel2(long m, long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, bool accumulate)
    {
        long i = 0;
        if (L.Tall)
        {
            for (; m - i >= 12; i += 12) Tile12(k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, accumulate);
            if (m - i >= 8)
            {
                Tile8(k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, accumulate);
                i += 8;
            }
        }
        else
        {
            for (; m - i >= 6; i += 6) Tile6(k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, accumulate);
        }
        for (; i < m; i += 4) Tile4(m - i, k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, accumulate);
    }

    /// <summary>All rows of one register of columns.</summary>
    public static void Panel1(long m, long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, bool accumulate)
    {
        long i = 0;
        for (; m - i >= 8; i += 8) Tile8x1(k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, accumulate);
        for (; i < m; i += 4) Tile4x1(m - i, k, a + i * aRow, aRow, aCol, b, bRow, c + i * cRow, cRow, accumulate);
    }

    /// <summary>The columns from j on, in panels of two registers and one, as far as whole registers go. Returns where it ends.</summary>
    public static long Sweep(in Product<T> p, long j)
    {
        for (; p.N - j >= 2 * L.Count; j += 2 * L.Count)
        {
            Panel2(p.M, p.K, p.A.Data, p.A.Row, p.A.Col, p.B.Data + j, p.B.Row, p.C.Data + j, p.C.Row, p.Accumulate);
        }
        if (p.N - j >= L.Count)
        {
            Panel1(p.M, p.K, p.A.Data, p.A.Row, p.A.Col, p.B.Data + j, p.B.Row, p.C.Data + j, p.C.Row, p.Accumulate);
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
    private static void Put(T* c, V x, V y, bool accumulate)
    {
        if (accumulate)
        {
            x = L.Add(L.Load(c), x);
            y = L.Add(L.Load(c + L.Count), y);
        }
        L.Store(c, x);
        L.Store(c + L.Count, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* c, V x, bool accumulate) => L.Store(c, accumulate ? L.Add(L.Load(c), x) : x);
}
