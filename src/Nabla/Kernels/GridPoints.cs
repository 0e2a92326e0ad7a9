using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Samplings whose places and weights are computed strip by strip, and the gradients of their image and grid.</summary>
internal static unsafe class GridPoints
{
    private const long Grain = 1 << 14;

    /// <summary>The values of x, [N, C, sizes], at a grid's points, [N, places, dims].</summary>
    internal static Tensor Values(Tensor x, Tensor grid, GridRule rule)
    {
        DType compute = x.dtype.Accumulator();
        int dims = x.Rank - 2;
        Tensor y = Tensor.Allocate(new Layout([.. x.layout.shape[..2], .. grid.layout.shape[1..^1]]), compute);
        if (compute == DType.Float32) Run<float>(Wide(x), Wide(grid), null, y, x.layout.shape[^dims..], rule, Kind.Values);
        else Run<double>(Wide(x), Wide(grid), null, y, x.layout.shape[^dims..], rule, Kind.Values);
        return Copy.Cast(y, x.dtype);
    }

    /// <summary>The gradient of the image, whose spatial sizes are given, from that of the values.</summary>
    internal static Tensor Image(Tensor g, Tensor grid, long[] sizes, GridRule rule)
    {
        DType compute = g.dtype.Accumulator();
        Tensor x = Tensor.Allocate(new Layout([.. g.layout.shape[..2], .. sizes]), compute);
        Fill.Run(x, 0);
        if (compute == DType.Float32) Run<float>(x, Wide(grid), Wide(g), x, sizes, rule, Kind.Image);
        else Run<double>(x, Wide(grid), Wide(g), x, sizes, rule, Kind.Image);
        return Copy.Cast(x, g.dtype);
    }

    /// <summary>The gradient of the grid.</summary>
    internal static Tensor Grid(Tensor g, Tensor x, Tensor grid, GridRule rule)
    {
        DType compute = g.dtype.Accumulator();
        Tensor y = Tensor.Allocate(new Layout(grid.layout.shape), compute);
        long[] sizes = x.layout.shape[2..];
        if (compute == DType.Float32) Run<float>(Wide(x), Wide(grid), Wide(g), y, sizes, rule, Kind.Grid);
        else Run<double>(Wide(x), Wide(grid), Wide(g), y, sizes, rule, Kind.Grid);
        return Copy.Cast(y, grid.dtype);
    }

    private static Tensor Wide(Tensor x) => Copy.Contiguous(Copy.Cast(x, x.dtype.Accumulator()));

    private enum Kind : byte { Values, Image, Grid }

    private static void Run<T>(Tensor x, Tensor grid, Tensor? g, Tensor y, long[] sizes, GridRule rule, Kind kind)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (y.layout.Count == 0) return;
        long items = x.layout.shape[0], channels = x.layout.shape[1], points = grid.layout.Count / sizes.Length / items;
        int pixels = checked((int)Layout.Elements(sizes)), taps = rule.Taps;
        for (int d = 1; d < sizes.Length; d++) taps *= rule.Taps;
        // Sums into the image must not cross tasks, so channels are divided there, and points elsewhere.
        long block = kind == Kind.Image ? Math.Max(Math.Min(4, channels), channels * items / 16) : channels;
        block = Math.Clamp(block, 1, Math.Max(1, channels));
        long strips = kind == Kind.Image ? Parallel.Chunks(channels, block) : Parallel.Chunks(points, GridStrip<T>.Length);
        long work = kind == Kind.Image ? points * (block + 2) * taps : GridStrip<T>.Length * (channels + 2) * taps;
        fixed (T* px = &At<T>(x), pg = &At<T>(grid), pd = &At<T>(g ?? x), py = &At<T>(y))
        {
            Parallel.For(items * strips, Math.Max(1, Grain / Math.Max(1, work)),
                new Body<T>(px, pg, pd, py, sizes, rule, kind, channels, points, pixels, block, strips));
        }
    }

    private static ref T At<T>(Tensor x) where T : unmanaged => ref x.storage.At<T>(x.layout.Offset);

    private readonly struct Body<T>(T* x, T* grid, T* g, T* y, long[] sizes, GridRule rule, Kind kind, long channels, long points,
        int pixels, long block, long strips) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        private const int Length = GridStrip<T>.Length;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            GridStrip<T> strip = new(rule, sizes, grid, points);
            T* sums = kind == Kind.Grid ? GemmBuffers.Get<T>(GemmBuffers.PackedB, strip.Taps * Length) : null;
            // What an element outside is read from and added to, at a whole number of elements from the others.
            T* pair = stackalloc T[2];
            T* nowhere = (T*)(((nint)pair & -sizeof(T)) + ((nint)x & (sizeof(T) - 1)));
            *nowhere = T.Zero;
            for (long unit = from; unit < to; unit++)
            {
                (long item, long part) = Math.DivRem(unit, strips);
                if (kind == Kind.Image)
                {
                    long first = item * channels + part * block, last = Math.Min(first + block, (item + 1) * channels);
                    for (long p = 0; p < points; p += Length)
                    {
                        int n = (int)Math.Min(Length, points - p);
                        bool plain = strip.Fill(item, p, n, out bool outside);
                        for (long c = first; c < last; c++)
                        {
                            T* values = g + c * points + p, image = x + c * pixels;
                            // An infinite value times a weight of 0 would be NaN.
                            if (plain && (!outside || AllFinite(values, n))) Add(strip, values, image, n);
                            else Add(strip, values, image, n, nowhere);
                        }
                    }
                    continue;
                }
                long start = part * Length;
                int count = (int)Math.Min(Length, points - start);
                bool exact = strip.Fill(item, start, count, out bool any);
                if (sums != null) new Span<T>(sums, strip.Taps * Length).Clear();
                for (long c = item * channels; c < (item + 1) * channels; c++)
                {
                    T* image = x + c * pixels, value = c * points + start + (sums == null ? y : g);
                    if (sums != null) Products(strip, image, value, sums, count);
                    else if (exact && (!any || AllFinite(image, Math.Min(pixels, Length)))) Sample(strip, image, value, count);
                    else Sample(strip, image, value, count, nowhere);
                }
                if (sums != null) Slopes(strip, sums, y + (item * points + start) * sizes.Length, count, any);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static bool AllFinite(T* x, int n)
        {
            int i = 0;
            Vector<T> zero = default;
            for (; i <= n - Vector<T>.Count; i += Vector<T>.Count) zero += Vector.Load(x + i) * Vector<T>.Zero;
            bool finite = zero == default;
            for (; i < n; i++) finite &= T.IsFinite(x[i]);
            return finite;
        }

        /// <summary>The element at a place. One of -1 is <paramref name="away"/> elements from the image.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static nint Element(int place, nint away)
        {
            nint at = place, outside = at >> 32 >> 31;
            return at ^ ((at ^ away) & outside);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Sample(in GridStrip<T> strip, T* source, T* target, int n)
        {
            int* at = strip.Near;
            T* w = strip.Weights;
            if (strip.Taps == 1)
            {
                for (int p = 0; p < n; p++) target[p] = w[p] * source[at[p]];
                return;
            }
            for (int t = 0; t < strip.Taps; t += 4, at += 4 * Length, w += 4 * Length)
            {
                int p = 0;
                for (; Avx2.IsSupported && sizeof(T) == sizeof(float) && p <= n - 8; p += 8)
                {
                    float* x = (float*)source, y = (float*)target + p;
                    Vector256<float> a = Gathered(x, at + p, (float*)w + p) + Gathered(x, at + p + Length, (float*)w + p + Length);
                    Vector256<float> b = Gathered(x, at + p + 2 * Length, (float*)w + p + 2 * Length)
                        + Gathered(x, at + p + 3 * Length, (float*)w + p + 3 * Length);
                    (t == 0 ? a + b : Vector256.Load(y) + (a + b)).Store(y);
                }
                for (; p < n; p++)
                {
                    T a = w[p] * source[at[p]] + w[p + Length] * source[at[p + Length]];
                    T b = w[p + 2 * Length] * source[at[p + 2 * Length]] + w[p + 3 * Length] * source[at[p + 3 * Length]];
                    target[p] = t == 0 ? a + b : target[p] + (a + b);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Gathered(float* source, int* at, float* w) =>
            Avx2.GatherVector256(source, Vector256.Load(at), 4) * Vector256.Load(w);

        /// <summary>The same for elements outside of which weights are NaN, or the image infinite.</summary>
        private static void Sample(in GridStrip<T> strip, T* source, T* target, int n, T* nowhere)
        {
            nint away = (nint)(nowhere - source);
            for (int p = 0; p < n; p++)
            {
                T sum = T.Zero;
                for (int i = p; i < strip.Taps * Length; i += Length) sum += strip.Weights[i] * source[Element(strip.Places[i], away)];
                target[p] = sum;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Add(in GridStrip<T> strip, T* source, T* target, int n)
        {
            int* at = strip.Near;
            T* w = strip.Weights;
            int t = 0;
            for (; strip.Taps - t >= 2; t += 2, at += 2 * Length, w += 2 * Length)
            {
                for (int p = 0; p < n; p++)
                {
                    target[at[p]] += w[p] * source[p];
                    target[at[p + Length]] += w[p + Length] * source[p];
                }
            }
            for (int p = 0; t < strip.Taps && p < n; p++) target[at[p]] += w[p] * source[p];
        }

        private static void Add(in GridStrip<T> strip, T* source, T* target, int n, T* nowhere)
        {
            nint away = (nint)(nowhere - target);
            for (int t = 0; t < strip.Taps * Length; t += Length)
                for (int p = 0; p < n; p++) target[Element(strip.Places[t + p], away)] += strip.Weights[t + p] * source[p];
        }

        /// <summary>sums[t, p] += y[p] · x at tap t, whatever that is outside.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Products(in GridStrip<T> strip, T* image, T* value, T* sums, int n)
        {
            int* at = strip.Near;
            int t = 0;
            for (; strip.Taps - t >= 4; t += 4, at += 4 * Length, sums += 4 * Length)
            {
                for (int p = 0; p < n; p++)
                {
                    T v = value[p];
                    sums[p] += v * image[at[p]];
                    sums[p + Length] += v * image[at[p + Length]];
                    sums[p + 2 * Length] += v * image[at[p + 2 * Length]];
                    sums[p + 3 * Length] += v * image[at[p + 3 * Length]];
                }
            }
            for (int p = 0; t < strip.Taps && p < n; p++) sums[p] += value[p] * image[at[p]];
        }

        /// <summary>Σ sums[t, p] · the slope of tap t, for each coordinate.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Slopes(in GridStrip<T> strip, T* sums, T* target, int n, bool outside)
        {
            int dims = sizes.Length;
            T* all = stackalloc T[Length];
            if (outside) strip.Strike(sums);
            for (int d = 0; d < dims; d++)
            {
                strip.Slopes(d);
                for (int p = 0; p < Length; p += Vector<T>.Count)
                {
                    Vector<T> sum = default;
                    for (int i = p; i < strip.Taps * Length; i += Length) sum += Vector.Load(sums + i) * Vector.Load(strip.Weights + i);
                    sum.Store(all + p);
                }
                T* to = target + dims - 1 - d;
                for (int p = 0; p < n; p++, to += dims) *to = all[p];
            }
        }
    }
}
