using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>
/// The gradient of the weights in one column of a kernel: lines of the source that follow each other meet the same line of the result, so
/// that each register of either is read once.
/// </summary>
internal static unsafe class ConvRollWeight<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    /// <summary>Kernels of so many rows at most.</summary>
    internal const int MostRows = 8;

    /// <summary>Adds the products of n lines, width values each, to a register for each tap.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run(in ConvRoll<L, V, T>.Grid grid, T* source, long step, long* at, T* other, long width, long n, T* sums)
    {
        T* all = stackalloc T[MostRows * L.Count];
        for (int i = 0; i < grid.Slices * grid.Columns; i++)
        {
            (int z, int k) = Math.DivRem(i, grid.Columns);
            int t = z * grid.Rows * grid.Columns + grid.First + k;
            for (int r = 0; r < grid.Rows; r++) L.Store(all + r * L.Count, L.Load(sums + (t + r * grid.Next) * L.Count));
            T* lines = source + at[t];
            long x = 0;
            if (grid.Rows <= 4)
            {
                for (; width - x >= 2 * L.Count; x += 2 * L.Count) Four(lines + x, step, other + x, width, n, all);
            }
            for (; x < width; x += L.Count) Eight(lines + x, step, other + x, width, n, all);
            for (int r = 0; r < grid.Rows; r++) L.Store(sums + (t + r * grid.Next) * L.Count, L.Load(all + r * L.Count));
        }
    }

    /// <summary>Up to four rows of the kernel, two registers of each line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(T* p, long step, T* other, long width, long n, T* sums)
    {
        V a = At(sums, 0), b = At(sums, 1), c = At(sums, 2), d = At(sums, 3), e = default, f = default, g = default, h = default;
        V p0 = L.Load(p), p1 = L.Load(p + step), p2 = L.Load(p + 2 * step);
        T* q = p + L.Count;
        V q0 = L.Load(q), q1 = L.Load(q + step), q2 = L.Load(q + 2 * step);
        p += 3 * step;
        for (long y = 0; y < n; y++, p += step, other += width)
        {
            V v = L.Load(other), w = L.Load(other + L.Count), p3 = L.Load(p), q3 = L.Load(p + L.Count);
            a = L.MultiplyAdd(v, p0, a);
            b = L.MultiplyAdd(v, p1, b);
            c = L.MultiplyAdd(v, p2, c);
            d = L.MultiplyAdd(v, p3, d);
            e = L.MultiplyAdd(w, q0, e);
            f = L.MultiplyAdd(w, q1, f);
            g = L.MultiplyAdd(w, q2, g);
            h = L.MultiplyAdd(w, q3, h);
            (p0, p1, p2, q0, q1, q2) = (p1, p2, p3, q1, q2, q3);
        }
        Put(sums, L.Add(a, e), L.Add(b, f), L.Add(c, g), L.Add(d, h));
    }

    /// <summary>Up to eight rows of the kernel, one register of each line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(T* p, long step, T* other, long width, long n, T* sums)
    {
        V a = At(sums, 0), b = At(sums, 1), c = At(sums, 2), d = At(sums, 3);
        V e = At(sums, 4), f = At(sums, 5), g = At(sums, 6), h = At(sums, 7);
        V p0 = L.Load(p), p1 = L.Load(p + step), p2 = L.Load(p + 2 * step), p3 = L.Load(p + 3 * step);
        V p4 = L.Load(p + 4 * step), p5 = L.Load(p + 5 * step), p6 = L.Load(p + 6 * step);
        p += 7 * step;
        for (long y = 0; y < n; y++, p += step, other += width)
        {
            V v = L.Load(other), p7 = L.Load(p);
            a = L.MultiplyAdd(v, p0, a);
            b = L.MultiplyAdd(v, p1, b);
            c = L.MultiplyAdd(v, p2, c);
            d = L.MultiplyAdd(v, p3, d);
            e = L.MultiplyAdd(v, p4, e);
            f = L.MultiplyAdd(v, p5, f);
            g = L.MultiplyAdd(v, p6, g);
            h = L.MultiplyAdd(v, p7, h);
            (p0, p1, p2, p3, p4, p5, p6) = (p1, p2, p3, p4, p5, p6, p7);
        }
        Put(sums, a, b, c, d);
        Put(sums + 4 * L.Count, e, f, g, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V At(T* x, int i) => L.Load(x + i * L.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* to, V a, V b, V c, V d)
    {
        L.Store(to, a);
        L.Store(to + L.Count, b);
        L.Store(to + 2 * L.Count, c);
        L.Store(to + 3 * L.Count, d);
    }
}
