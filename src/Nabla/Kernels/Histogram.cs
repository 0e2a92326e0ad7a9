using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Counts of elements: in equal intervals, and of each integer.</summary>
internal static class Histogram
{
    private const long Grain = 1 << 16;
    private const int Block = 1024;

    /// <summary>How many of the elements of a float32 or float64 tensor lie in each interval of [min, max].</summary>
    internal static Tensor Uniform(Tensor x, long bins, double min, double max)
    {
        x = Copy.Contiguous(x);
        return x.dtype == DType.Float32 ? Uniform<float>(x, bins, min, max) : Uniform<double>(x, bins, min, max);
    }

    private static Tensor Uniform<T>(Tensor x, long bins, double min, double max) where T : unmanaged, INumber<T>
    {
        Tensor y = Tensor.Allocate(new Layout([bins]), x.dtype);
        // Each chunk has counts of its own, so that there are few where there are many intervals.
        long n = x.layout.Count, chunk = Math.Max(Grain, bins);
        int[] counts = new int[Math.Max(1, Parallel.Chunks(n, chunk)) * (bins + 1)];
        Parallel.Sweep(n, chunk, new UniformBody<T>(x, bins, T.CreateTruncating(min), T.CreateTruncating(max),
            T.CreateTruncating(max - min), chunk, counts));
        for (long k = 0; k < bins; k++)
        {
            long sum = 0;
            for (long at = k + 1; at < counts.Length; at += bins + 1) sum += counts[at];
            y.storage.At<T>(k) = T.CreateTruncating((double)sum);
        }
        return y;
    }

    /// <summary>Each chunk's first count is that of what lies outside.</summary>
    private readonly struct UniformBody<T>(Tensor x, long bins, T min, T max, T width, long chunk, int[] counts) : IRange
        where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Span<T> places = stackalloc T[Block];
            ref int count = ref counts[from / chunk * (bins + 1)];
            for (long i = from; i < to; i += Block)
            {
                int n = (int)Math.Min(Block, to - i);
                Places(ref x.storage.At<T>(x.layout.Offset + i), places[..n]);
                foreach (T place in places[..n]) Unsafe.Add(ref count, (nint)(Math.Min(Whole(place), bins - 1) + 1))++;
            }
        }

        private static long Whole(T x) => typeof(T) == typeof(float) ? (long)(float)(object)x : (long)(double)(object)x;

        /// <summary>Where in units of intervals elements lie: -1 outside.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Places(ref T x, Span<T> y)
        {
            T scale = T.CreateTruncating(bins);
            Vector<T> low = new(min), high = new(max), scales = new(scale), widths = new(width), outside = new(-T.One);
            ref T to = ref MemoryMarshal.GetReference(y);
            int i = 0, w = Vector<T>.Count;
            for (; i <= y.Length - w; i += w)
            {
                Vector<T> v = Vector.LoadUnsafe(ref x, (nuint)i);
                Vector<T> inside = Vector.GreaterThanOrEqual(v, low) & Vector.LessThanOrEqual(v, high);
                Vector.ConditionalSelect(inside, (v - low) * scales / widths, outside).StoreUnsafe(ref to, (nuint)i);
            }
            for (; i < y.Length; i++)
            {
                T v = Unsafe.Add(ref x, i);
                y[i] = v >= min && v <= max ? (v - min) * scale / width : -T.One;
            }
        }
    }

    /// <summary>
    /// How often each integer from <paramref name="least"/> on occurs, if the range is not much longer than the list; else null.
    /// </summary>
    internal static int[]? Occurrences(ReadOnlySpan<long> x, out long least)
    {
        least = long.MaxValue;
        long most = long.MinValue;
        foreach (long v in x) (least, most) = (Math.Min(least, v), Math.Max(most, v));
        ulong range = x.IsEmpty ? 0 : (ulong)(most - least);
        if (x.IsEmpty || x.Length > int.MaxValue - 1 || range >= (ulong)x.Length * 2 + 1024) return null;
        int[] counts = new int[range + 1];
        foreach (long v in x) counts[v - least]++;
        return counts;
    }
}
