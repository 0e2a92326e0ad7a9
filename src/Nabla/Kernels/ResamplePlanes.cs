using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Resampling of planes along rows and columns at once: what is between the two directions stays in the cache.</summary>
internal static class ResamplePlanes
{
    /// <summary>y = lines · x · rowsᵀ for each plane of x and y, which are contiguous.</summary>
    internal static void Run<T>(Tensor x, Tensor y, SparseLine<T> rows, SparseLine<T> line) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated) ResamplePlanes<Lanes512<T>, Vector512<T>, T>.Run(x, y, rows, line);
        else if (Vector256.IsHardwareAccelerated) ResamplePlanes<Lanes256<T>, Vector256<T>, T>.Run(x, y, rows, line);
        else if (Vector128.IsHardwareAccelerated) ResamplePlanes<Lanes128<T>, Vector128<T>, T>.Run(x, y, rows, line);
        else ResamplePlanes<Lanes1<T>, T, T>.Run(x, y, rows, line);
    }
}

/// <summary>The same for one width of registers.</summary>
internal static unsafe class ResamplePlanes<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const long Grain = 1 << 14, MostBytes = 1 << 18;

    internal static void Run(Tensor x, Tensor y, SparseLine<T> rows, SparseLine<T> line)
    {
        fixed (T* px = &x.storage.At<T>(x.layout.Offset), py = &y.storage.At<T>(y.layout.Offset))
        {
            if (rows.Identity)
            {
                Parallel.For(y.layout.Count / line.Out, Math.Max(4, Grain / line.Out / 4 * 4), new Lines(px, py, line));
                return;
            }
            Run(px, py, y.layout.Count / ((long)rows.Out * line.Out), rows, line);
        }
    }

    private static void Run(T* x, T* y, long planes, SparseLine<T> rows, SparseLine<T> line)
    {
        // What is between is the smaller, the fewer rows pass through the slower direction.
        bool rowsFirst = rows.Out <= rows.In;
        long between = rowsFirst ? 1 : (long)rows.In * line.Out * sizeof(T) / MostBytes + 1;
        long least = Math.Max(1, (rows.Out + between - 1) / between);
        if (planes < 8) least = Math.Min(least, Math.Max(8, rows.Out / 8));
        int height = (int)Math.Min(rows.Out, least);
        long blocks = Parallel.Chunks(rows.Out, height);
        long work = (long)height * line.Out * 2 + (long)rows.In * line.In / blocks;
        Parallel.For(planes * blocks, Math.Max(1, Grain / work), new Body(x, y, rows, line, height, blocks, rowsFirst));
    }

    private readonly struct Lines(T* x, T* y, SparseLine<T> line) : IRange
    {
        public void Run(long from, long to)
        {
            for (; from < to; from += 1 << 20)
                Across(line, x + from * line.In, (int)Math.Min(1 << 20, to - from), y + from * line.Out);
        }
    }

    private readonly struct Body(T* x, T* y, SparseLine<T> rows, SparseLine<T> line, int height, long blocks, bool rowsFirst) : IRange
    {
        public void Run(long from, long to)
        {
            for (long unit = from; unit < to; unit++)
            {
                (long plane, long block) = Math.DivRem(unit, blocks);
                int first = (int)block * height, last = Math.Min(rows.Out, first + height);
                T* source = x + plane * rows.In * line.In, target = y + (plane * rows.Out + first) * line.Out;
                if (line.Identity) Combine(source, line.In, first, last, target, 0);
                else if (rowsFirst) RowsFirst(source, first, last, target);
                else
                {
                    (int low, int high) = rows.Reach(first, last);
                    T* between = GemmBuffers.Get<T>(GemmBuffers.Panel, Math.Max(0L, high - low + 1) * line.Out);
                    Across(line, source + (long)low * line.In, high - low + 1, between);
                    Combine(between, line.Out, first, last, target, low);
                }
            }
        }

        private void RowsFirst(T* source, int first, int last, T* target)
        {
            T* between = GemmBuffers.Get<T>(GemmBuffers.Panel, 4L * line.In);
            for (int r = first; r < last; r += 4)
            {
                int n = Math.Min(4, last - r);
                Combine(source, line.In, r, r + n, between, 0);
                Across(line, between, n, target);
                target += (long)n * line.Out;
            }
        }

        /// <summary>Rows as sums of rows, of which the one numbered low comes first.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Combine(T* source, long width, int first, int last, T* target, int low)
        {
            fixed (int* start = rows.Start, at = rows.At)
            fixed (T* weights = rows.Weights)
            {
                source -= low * width;
                for (int r = first; r < last; r++, target += width)
                {
                    int begin = start[r], end = start[r + 1];
                    if (begin == end) new Span<T>(target, (int)width).Clear();
                    else if (width < L.Count)
                    {
                        for (long c = 0; c < width; c++)
                        {
                            T sum = source[at[begin] * width + c] * weights[begin];
                            for (int k = begin + 1; k < end; k++) sum += source[at[k] * width + c] * weights[k];
                            target[c] = sum;
                        }
                    }
                    else
                    {
                        for (long c = 0; c < width; c += L.Count)
                        {
                            // The last register overlaps the one before.
                            long i = Math.Min(c, width - L.Count);
                            V sum = L.MultiplyAdd(L.Load(source + at[begin] * width + i), L.Splat(weights + begin), default);
                            for (int k = begin + 1; k < end; k++)
                                sum = L.MultiplyAdd(L.Load(source + at[k] * width + i), L.Splat(weights + k), sum);
                            L.Store(target + i, sum);
                        }
                    }
                }
            }
        }
    }

    /// <summary>Lines one after the other, four at a time: they share places and weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Across(SparseLine<T> line, T* source, int count, T* target)
    {
        long n = line.In, m = line.Out;
        fixed (int* start = line.Start, at = line.At)
        fixed (T* weights = line.Weights)
        {
            for (; count >= 4; count -= 4, source += 4 * n, target += 4 * m)
            {
                int k = 0;
                for (long i = 0; i < m; i++)
                {
                    T a = T.Zero, b = T.Zero, c = T.Zero, d = T.Zero;
                    for (int end = start[i + 1]; k < end; k++)
                    {
                        T w = weights[k];
                        T* p = source + at[k];
                        a += w * p[0];
                        b += w * p[n];
                        c += w * p[2 * n];
                        d += w * p[3 * n];
                    }
                    (target[i], target[i + m], target[i + 2 * m], target[i + 3 * m]) = (a, b, c, d);
                }
            }
            for (; count > 0; count--, source += n, target += m)
            {
                int k = 0;
                for (long i = 0; i < m; i++)
                {
                    T sum = T.Zero;
                    for (int end = start[i + 1]; k < end; k++) sum += weights[k] * source[at[k]];
                    target[i] = sum;
                }
            }
        }
    }
}
