using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <content>The large tiles: all accumulators, one row of B and one value of A live in registers.</content>
internal static unsafe partial class GemmTiles<L, V, T>
{
    /// <summary>12 rows, two registers: 27 of 32 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile12(
        long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, T* from, long fromRow, in Ahead<T> ahead)
    {
        V c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default,
          c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default,
          c80 = default, c81 = default, c90 = default, c91 = default, cA0 = default, cA1 = default, cB0 = default, cB1 = default;
        if (k >= PrefetchDepth) Prefetch(12, c, cRow);
        // Three rows to a pointer, so that the addresses are base, base + s and base + 2s.
        long aRow2 = 2 * aRow;
        T* a3 = a + 3 * aRow, a6 = a + 6 * aRow, a9 = a + 9 * aRow;
        T* next = ahead.From;
        while (k > 0)
        {
            long steps = Math.Min(k, Ahead<T>.Steps);
            k -= steps;
            if (next != null) next = ahead.Fetch(next);
            do
            {
                V b0 = L.Load(b), b1 = L.Load(b + L.Count);
                V x = L.Splat(a);
                c00 = L.MultiplyAdd(x, b0, c00);
                c01 = L.MultiplyAdd(x, b1, c01);
                x = L.Splat(a + aRow);
                c10 = L.MultiplyAdd(x, b0, c10);
                c11 = L.MultiplyAdd(x, b1, c11);
                x = L.Splat(a + aRow2);
                c20 = L.MultiplyAdd(x, b0, c20);
                c21 = L.MultiplyAdd(x, b1, c21);
                x = L.Splat(a3);
                c30 = L.MultiplyAdd(x, b0, c30);
                c31 = L.MultiplyAdd(x, b1, c31);
                x = L.Splat(a3 + aRow);
                c40 = L.MultiplyAdd(x, b0, c40);
                c41 = L.MultiplyAdd(x, b1, c41);
                x = L.Splat(a3 + aRow2);
                c50 = L.MultiplyAdd(x, b0, c50);
                c51 = L.MultiplyAdd(x, b1, c51);
                x = L.Splat(a6);
                c60 = L.MultiplyAdd(x, b0, c60);
                c61 = L.MultiplyAdd(x, b1, c61);
                x = L.Splat(a6 + aRow);
                c70 = L.MultiplyAdd(x, b0, c70);
                c71 = L.MultiplyAdd(x, b1, c71);
                x = L.Splat(a6 + aRow2);
                c80 = L.MultiplyAdd(x, b0, c80);
                c81 = L.MultiplyAdd(x, b1, c81);
                x = L.Splat(a9);
                c90 = L.MultiplyAdd(x, b0, c90);
                c91 = L.MultiplyAdd(x, b1, c91);
                x = L.Splat(a9 + aRow);
                cA0 = L.MultiplyAdd(x, b0, cA0);
                cA1 = L.MultiplyAdd(x, b1, cA1);
                x = L.Splat(a9 + aRow2);
                cB0 = L.MultiplyAdd(x, b0, cB0);
                cB1 = L.MultiplyAdd(x, b1, cB1);
                a += aCol;
                a3 += aCol;
                a6 += aCol;
                a9 += aCol;
                b += bRow;
            }
            while (--steps > 0);
        }
        Put(c, c00, c01, from);
        Put(c += cRow, c10, c11, from += fromRow);
        Put(c += cRow, c20, c21, from += fromRow);
        Put(c += cRow, c30, c31, from += fromRow);
        Put(c += cRow, c40, c41, from += fromRow);
        Put(c += cRow, c50, c51, from += fromRow);
        Put(c += cRow, c60, c61, from += fromRow);
        Put(c += cRow, c70, c71, from += fromRow);
        Put(c += cRow, c80, c81, from += fromRow);
        Put(c += cRow, c90, c91, from += fromRow);
        Put(c += cRow, cA0, cA1, from += fromRow);
        Put(c += cRow, cB0, cB1, from += fromRow);
    }

    /// <summary>8 rows, two registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8(long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, T* from, long fromRow)
    {
        V c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default,
          c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        // Three rows to a pointer, so that the addresses are base, base + s and base + 2s.
        long aRow2 = 2 * aRow;
        T* a3 = a + 3 * aRow, a6 = a + 6 * aRow;
        for (; k > 0; k--)
        {
            V b0 = L.Load(b), b1 = L.Load(b + L.Count);
            V x = L.Splat(a);
            c00 = L.MultiplyAdd(x, b0, c00);
            c01 = L.MultiplyAdd(x, b1, c01);
            x = L.Splat(a + aRow);
            c10 = L.MultiplyAdd(x, b0, c10);
            c11 = L.MultiplyAdd(x, b1, c11);
            x = L.Splat(a + aRow2);
            c20 = L.MultiplyAdd(x, b0, c20);
            c21 = L.MultiplyAdd(x, b1, c21);
            x = L.Splat(a3);
            c30 = L.MultiplyAdd(x, b0, c30);
            c31 = L.MultiplyAdd(x, b1, c31);
            x = L.Splat(a3 + aRow);
            c40 = L.MultiplyAdd(x, b0, c40);
            c41 = L.MultiplyAdd(x, b1, c41);
            x = L.Splat(a3 + aRow2);
            c50 = L.MultiplyAdd(x, b0, c50);
            c51 = L.MultiplyAdd(x, b1, c51);
            x = L.Splat(a6);
            c60 = L.MultiplyAdd(x, b0, c60);
            c61 = L.MultiplyAdd(x, b1, c61);
            x = L.Splat(a6 + aRow);
            c70 = L.MultiplyAdd(x, b0, c70);
            c71 = L.MultiplyAdd(x, b1, c71);
            a += aCol;
            a3 += aCol;
            a6 += aCol;
            b += bRow;
        }
        Put(c, c00, c01, from);
        Put(c += cRow, c10, c11, from += fromRow);
        Put(c += cRow, c20, c21, from += fromRow);
        Put(c += cRow, c30, c31, from += fromRow);
        Put(c += cRow, c40, c41, from += fromRow);
        Put(c += cRow, c50, c51, from += fromRow);
        Put(c += cRow, c60, c61, from += fromRow);
        Put(c += cRow, c70, c71, from += fromRow);
    }

    /// <summary>6 rows, two registers: 15 of 16 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile6(long k, T* a, long aRow, long aCol, T* b, long bRow, T* c, long cRow, T* from, long fromRow)
    {
        V c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default,
          c40 = default, c41 = default, c50 = default, c51 = default;
        // Three rows to a pointer, so that the addresses are base, base + s and base + 2s.
        long aRow2 = 2 * aRow;
        T* a3 = a + 3 * aRow;
        for (; k > 0; k--)
        {
            V b0 = L.Load(b), b1 = L.Load(b + L.Count);
            V x = L.Splat(a);
            c00 = L.MultiplyAdd(x, b0, c00);
            c01 = L.MultiplyAdd(x, b1, c01);
            x = L.Splat(a + aRow);
            c10 = L.MultiplyAdd(x, b0, c10);
            c11 = L.MultiplyAdd(x, b1, c11);
            x = L.Splat(a + aRow2);
            c20 = L.MultiplyAdd(x, b0, c20);
            c21 = L.MultiplyAdd(x, b1, c21);
            x = L.Splat(a3);
            c30 = L.MultiplyAdd(x, b0, c30);
            c31 = L.MultiplyAdd(x, b1, c31);
            x = L.Splat(a3 + aRow);
            c40 = L.MultiplyAdd(x, b0, c40);
            c41 = L.MultiplyAdd(x, b1, c41);
            x = L.Splat(a3 + aRow2);
            c50 = L.MultiplyAdd(x, b0, c50);
            c51 = L.MultiplyAdd(x, b1, c51);
            a += aCol;
            a3 += aCol;
            b += bRow;
        }
        Put(c, c00, c01, from);
        Put(c += cRow, c10, c11, from += fromRow);
        Put(c += cRow, c20, c21, from += fromRow);
        Put(c += cRow, c30, c31, from += fromRow);
        Put(c += cRow, c40, c41, from += fromRow);
        Put(c += cRow, c50, c51, from += fromRow);
    }
}
