using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// Taps of which those in one column of the kernel read lines that follow each other, as neighbouring lines of the result do: each register
/// of the source is read once for all of them. Loads at odd places, which cross lines of the cache, are what such sums wait for.
/// </summary>
internal static unsafe class ConvRoll<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    /// <summary>Whether there are enough registers.</summary>
    internal static bool Fits => L.Tall || Vector512.IsHardwareAccelerated;

    /// <summary>Lines read beyond the last one that has a result.</summary>
    internal const int Slack = 8;

    /// <summary>The taps: slices of rows of columns, in an order in which lines ascend.</summary>
    internal readonly struct Grid
    {
        internal readonly int Slices, Rows, Columns, First, Next;

        /// <summary>Two rows or more, or none if taps are not such a grid.</summary>
        internal Grid(ConvTaps taps, in ConvLines<T> lines)
        {
            long[] at = lines.At;
            int count = taps.TapCount;
            while (Columns < count && Same(taps, Columns, 0, 2)) Columns++;
            if (Columns == 0) return;
            int rows = 1;
            while (rows * Columns < count && taps.Taps[3 * rows * Columns] == taps.Taps[0]) rows++;
            if (rows < 2 || count % (rows * Columns) != 0) return;
            long step = at[Columns] - at[0];
            if (Math.Abs(step) != lines.LineStep) return;
            for (int t = 0; t < count; t++)
            {
                bool last = t / Columns % rows == rows - 1;
                if (!last && at[t + Columns] - at[t] != step) return;
                if (!Same(taps, t, t / (rows * Columns) * rows * Columns, 1)) return;
            }
            (Slices, Rows) = (count / (rows * Columns), rows);
            (First, Next) = step > 0 ? (0, Columns) : ((rows - 1) * Columns, -Columns);
        }

        /// <summary>Whether the first few shifts of two taps are equal.</summary>
        private static bool Same(ConvTaps taps, int t, int u, int few) =>
            taps.Taps.AsSpan(3 * t, few).SequenceEqual(taps.Taps.AsSpan(3 * u, few));
    }

    /// <summary>Channels whose lines and weights lie at even distances.</summary>
    internal readonly record struct Channels(long Count, long Lines, long Weights);

    /// <summary>n lines of the target, or what some channels add to it.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run(in Grid grid, in Channels channels, T* source, long step, long* at, T* weight, long* factor, long n, T* target,
        long length, bool add, T bias)
    {
        long columns = Math.Max(1, (length + L.Count - 1) / L.Count), x = 0;
        T* aside = stackalloc T[L.Count];
        T** to = stackalloc T*[8];
        for (; columns - x >= 2; x += 2)
        {
            // The last register of a line overlaps the one before.
            long first = Math.Min(x * L.Count, length - L.Count), second = Math.Min((x + 1) * L.Count, length - L.Count);
            for (long y = 0; y < n; y += 4)
            {
                for (int k = 0; k < 4; k++)
                {
                    to[k] = y + k < n ? target + (y + k) * length + first : aside;
                    to[k + 4] = y + k < n ? target + (y + k) * length + second : aside;
                }
                Four(grid, channels, source + y * step + first, second - first, step, at, weight, factor, to, add, bias);
            }
        }
        if (x == columns) return;
        // A line shorter than a register spoils the beginning of the next one, which is written after it. The last one is put aside.
        long start = Math.Max(0, length - L.Count), whole = length < L.Count ? n - 1 : n;
        T* last = stackalloc T[L.Count];
        for (long y = 0; y < n; y += 8)
        {
            for (int k = 0; k < 8; k++) to[k] = y + k < whole ? target + (y + k) * length + start : y + k == whole ? last : aside;
            Eight(grid, channels, source + y * step + start, step, at, weight, factor, to, add, bias);
        }
        for (long i = 0; whole < n && i < length; i++) target[whole * length + i] = last[i];
    }

    /// <summary>Four lines of two registers each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(in Grid grid, in Channels all, T* source, long beside, long step, long* at, T* weight, long* factor, T** to,
        bool add, T bias)
    {
        V a = L.Splat(&bias), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        if (add) Load(to, out a, out b, out c, out d, out e, out f, out g, out h);
        (int slices, int rows, int columns, int next) = (grid.Slices, grid.Rows, grid.Columns, grid.Next);
        for (long i = 0; i < all.Count * slices; i++)
        {
            (long channel, int z) = slices == 1 ? (i, 0) : (i / slices, (int)(i % slices));
            T* lines = source + channel * all.Lines, w0 = weight + channel * all.Weights;
            for (int k = 0; k < columns; k++)
            {
                int t = z * rows * columns + grid.First + k;
                T* p = lines + at[t];
                V p0 = L.Load(p), p1 = L.Load(p + step), p2 = L.Load(p + 2 * step);
                V q0 = L.Load(p + beside), q1 = L.Load(p + step + beside), q2 = L.Load(p + 2 * step + beside);
                p += 3 * step;
                for (int r = 0; r < rows; r++, t += next, p += step)
                {
                    V w = L.Splat(w0 + factor[t]), p3 = L.Load(p), q3 = L.Load(p + beside);
                    a = L.MultiplyAdd(w, p0, a);
                    b = L.MultiplyAdd(w, p1, b);
                    c = L.MultiplyAdd(w, p2, c);
                    d = L.MultiplyAdd(w, p3, d);
                    e = L.MultiplyAdd(w, q0, e);
                    f = L.MultiplyAdd(w, q1, f);
                    g = L.MultiplyAdd(w, q2, g);
                    h = L.MultiplyAdd(w, q3, h);
                    (p0, p1, p2, q0, q1, q2) = (p1, p2, p3, q1, q2, q3);
                }
            }
        }
        Store(to, a, b, c, d, e, f, g, h);
    }

    /// <summary>Eight lines of one register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(in Grid grid, in Channels all, T* source, long step, long* at, T* weight, long* factor, T** to, bool add,
        T bias)
    {
        V a = L.Splat(&bias), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        if (add) Load(to, out a, out b, out c, out d, out e, out f, out g, out h);
        (int slices, int rows, int columns, int next) = (grid.Slices, grid.Rows, grid.Columns, grid.Next);
        for (long i = 0; i < all.Count * slices; i++)
        {
            (long channel, int z) = slices == 1 ? (i, 0) : (i / slices, (int)(i % slices));
            T* lines = source + channel * all.Lines, w0 = weight + channel * all.Weights;
            for (int k = 0; k < columns; k++)
            {
                int t = z * rows * columns + grid.First + k;
                T* p = lines + at[t];
                V p0 = L.Load(p), p1 = L.Load(p + step), p2 = L.Load(p + 2 * step), p3 = L.Load(p + 3 * step);
                V p4 = L.Load(p + 4 * step), p5 = L.Load(p + 5 * step), p6 = L.Load(p + 6 * step);
                p += 7 * step;
                for (int r = 0; r < rows; r++, t += next, p += step)
                {
                    V w = L.Splat(w0 + factor[t]), p7 = L.Load(p);
                    a = L.MultiplyAdd(w, p0, a);
                    b = L.MultiplyAdd(w, p1, b);
                    c = L.MultiplyAdd(w, p2, c);
                    d = L.MultiplyAdd(w, p3, d);
                    e = L.MultiplyAdd(w, p4, e);
                    f = L.MultiplyAdd(w, p5, f);
                    g = L.MultiplyAdd(w, p6, g);
                    h = L.MultiplyAdd(w, p7, h);
                    (p0, p1, p2, p3, p4, p5, p6) = (p1, p2, p3, p4, p5, p6, p7);
                }
            }
        }
        Store(to, a, b, c, d, e, f, g, h);
    }

    /// <summary>Eight registers from where they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Load(T** from, out V a, out V b, out V c, out V d, out V e, out V f, out V g, out V h)
    {
        (a, b, c, d) = (L.Load(from[0]), L.Load(from[1]), L.Load(from[2]), L.Load(from[3]));
        (e, f, g, h) = (L.Load(from[4]), L.Load(from[5]), L.Load(from[6]), L.Load(from[7]));
    }

    /// <summary>Eight registers to where they belong.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(T** to, V a, V b, V c, V d, V e, V f, V g, V h)
    {
        L.Store(to[0], a);
        L.Store(to[1], b);
        L.Store(to[2], c);
        L.Store(to[3], d);
        L.Store(to[4], e);
        L.Store(to[5], f);
        L.Store(to[6], g);
        L.Store(to[7], h);
    }
}
