using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <content>The tiles for what the large ones leave over.</content>
internal static unsafe partial class GemmTiles<L, V, T>
{
    /// <summary>8 rows, one register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8x1(long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, T* from, long fromRow)
    {
        V c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        long aRow2 = 2 * aRow;
        T* a3 = a + 3 * aRow, a6 = a + 6 * aRow;
        for (; k > 0; k--)
        {
            V b0 = L.Load(b);
            c0 = L.MultiplyAdd(L.Splat(a), b0, c0);
            c1 = L.MultiplyAdd(L.Splat(a + aRow), b0, c1);
            c2 = L.MultiplyAdd(L.Splat(a + aRow2), b0, c2);
            c3 = L.MultiplyAdd(L.Splat(a3), b0, c3);
            c4 = L.MultiplyAdd(L.Splat(a3 + aRow), b0, c4);
            c5 = L.MultiplyAdd(L.Splat(a3 + aRow2), b0, c5);
            c6 = L.MultiplyAdd(L.Splat(a6), b0, c6);
            c7 = L.MultiplyAdd(L.Splat(a6 + aRow), b0, c7);
            a += aCol;
            a3 += aCol;
            a6 += aCol;
            b += bRow;
        }
        Put(c, c0, from);
        Put(c += cRow, c1, from += fromRow);
        Put(c += cRow, c2, from += fromRow);
        Put(c += cRow, c3, from += fromRow);
        Put(c += cRow, c4, from += fromRow);
        Put(c += cRow, c5, from += fromRow);
        Put(c += cRow, c6, from += fromRow);
        Put(c += cRow, c7, from += fromRow);
    }

    /// <summary>1 to 4 rows, two registers. Rows that do not exist repeat the last one: computed twice, stored twice, equal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4(
        long rows, long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, T* from, long fromRow)
    {
        V c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        long r1 = rows > 1 ? 1 : 0, r2 = rows > 2 ? 2 : r1, r3 = rows > 3 ? 3 : r2;
        T* a1 = a + r1 * aRow, a2 = a + r2 * aRow, a3 = a + r3 * aRow;
        for (; k > 0; k--)
        {
            V b0 = L.Load(b), b1 = L.Load(b + L.Count);
            V x = L.Splat(a);
            c00 = L.MultiplyAdd(x, b0, c00);
            c01 = L.MultiplyAdd(x, b1, c01);
            x = L.Splat(a1);
            c10 = L.MultiplyAdd(x, b0, c10);
            c11 = L.MultiplyAdd(x, b1, c11);
            x = L.Splat(a2);
            c20 = L.MultiplyAdd(x, b0, c20);
            c21 = L.MultiplyAdd(x, b1, c21);
            x = L.Splat(a3);
            c30 = L.MultiplyAdd(x, b0, c30);
            c31 = L.MultiplyAdd(x, b1, c31);
            a += aCol;
            a1 += aCol;
            a2 += aCol;
            a3 += aCol;
            b += bRow;
        }
        if (from != null)
        {
            T* from1 = from + r1 * fromRow, from2 = from + r2 * fromRow, from3 = from + r3 * fromRow;
            Join(from, from1, from2, from3, ref c00, ref c10, ref c20, ref c30);
            Join(from + L.Count, from1 + L.Count, from2 + L.Count, from3 + L.Count, ref c01, ref c11, ref c21, ref c31);
        }
        Put4(c, c + r1 * cRow, c + r2 * cRow, c + r3 * cRow, c00, c10, c20, c30);
        c += L.Count;
        Put4(c, c + r1 * cRow, c + r2 * cRow, c + r3 * cRow, c01, c11, c21, c31);
    }

    /// <summary>1 to 4 rows, one register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x1(
        long rows, long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, T* from, long fromRow)
    {
        V c0 = default, c1 = default, c2 = default, c3 = default;
        long r1 = rows > 1 ? 1 : 0, r2 = rows > 2 ? 2 : r1, r3 = rows > 3 ? 3 : r2;
        T* a1 = a + r1 * aRow, a2 = a + r2 * aRow, a3 = a + r3 * aRow;
        for (; k > 0; k--)
        {
            V b0 = L.Load(b);
            c0 = L.MultiplyAdd(L.Splat(a), b0, c0);
            c1 = L.MultiplyAdd(L.Splat(a1), b0, c1);
            c2 = L.MultiplyAdd(L.Splat(a2), b0, c2);
            c3 = L.MultiplyAdd(L.Splat(a3), b0, c3);
            a += aCol;
            a1 += aCol;
            a2 += aCol;
            a3 += aCol;
            b += bRow;
        }
        if (from != null)
        {
            Join(from, from + r1 * fromRow, from + r2 * fromRow, from + r3 * fromRow, ref c0, ref c1, ref c2, ref c3);
        }
        Put4(c, c + r1 * cRow, c + r2 * cRow, c + r3 * cRow, c0, c1, c2, c3);
    }

    /// <summary>Adds what is there, all rows before any is stored, because rows may be the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Join(T* row0, T* row1, T* row2, T* row3, ref V x0, ref V x1, ref V x2, ref V x3)
    {
        x0 = L.Add(L.Load(row0), x0);
        x1 = L.Add(L.Load(row1), x1);
        x2 = L.Add(L.Load(row2), x2);
        x3 = L.Add(L.Load(row3), x3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put4(T* row0, T* row1, T* row2, T* row3, V x0, V x1, V x2, V x3)
    {
        L.Store(row0, x0);
        L.Store(row1, x1);
        L.Store(row2, x2);
        L.Store(row3, x3);
    }
}
