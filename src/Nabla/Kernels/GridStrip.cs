using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>How elements of an image follow from a grid, and the number of them along one dimension.</summary>
internal readonly record struct GridRule(GridRule.Mode Kind, GridRule.Outside Beyond, bool Align)
{
    internal enum Mode : byte { Nearest, Linear, Cubic }

    internal enum Outside : byte { Zeros, Border, Reflection }

    internal int Taps => Kind switch { Mode.Nearest => 1, Mode.Linear => 2, _ => 4 };
}

/// <summary>
/// Places, weights and slopes of the elements sampled at a strip of <see cref="Length"/> points, in memory of the running thread: what
/// <see cref="GridTaps"/> states in recorded operations, without a record. A place outside is -1.
/// </summary>
internal readonly unsafe struct GridStrip<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    internal const int Length = 256;

    private readonly GridRule rule;
    private readonly long[] sizes;
    private readonly T* grid, lines;
    private readonly long points;

    /// <summary>[taps, Length], as are places.</summary>
    internal readonly T* Weights;

    /// <summary>Places, and the same with one of the first <see cref="Length"/> elements instead of -1, rarely the same one.</summary>
    internal readonly int* Places, Near;

    /// <summary>The number of elements sampled at a point.</summary>
    internal readonly int Taps;

    /// <summary>The lists of one dimension: its coordinates, then weights, slopes and places of each tap.</summary>
    private const int Lists = 13;

    private int Dims => sizes.Length;

    /// <param name="rule">How to sample.</param>
    /// <param name="sizes">Those of the image.</param>
    /// <param name="grid">[items, points, dims].</param>
    /// <param name="points">Points of an item.</param>
    internal GridStrip(GridRule rule, long[] sizes, T* grid, long points)
    {
        (this.rule, this.sizes, this.points) = (rule, sizes, points);
        this.grid = grid;
        Taps = 1;
        foreach (long _ in sizes) Taps *= rule.Taps;
        lines = GemmBuffers.Get<T>(GemmBuffers.PackedA, (Lists * sizes.Length + 3 * Taps) * Length);
        Weights = lines + Lists * sizes.Length * Length;
        Places = (int*)(Weights + Taps * Length);
        Near = Places + Taps * Length;
    }

    private T* Coordinates(int d) => lines + Lists * d * Length;

    private T* Line(int d, int list, int tap) => lines + (Lists * d + 1 + 4 * list + tap) * Length;

    /// <summary>
    /// Computes the lists for <paramref name="count"/> points of an item. Weights of elements outside are 0, and the result is true, unless
    /// one is NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal bool Fill(long item, long first, int count, out bool outside)
    {
        T* from = grid + (item * points + first) * Dims;
        // The grid names x first, the last dimension.
        if (Dims == 2) Planes.Split(from, Coordinates(1), Coordinates(0), count);
        for (int d = 0; d < Dims; d++)
        {
            T* to = Coordinates(d), x = from + Dims - 1 - d;
            for (int p = 0; Dims > 2 && p < count; p++, x += Dims) to[p] = *x;
            new Span<T>(to + count, Length - count).Clear();
            Along(d, to);
        }
        outside = false;
        for (int t = 0; t < Taps; t++) outside |= Place(t, Places + t * Length, Near + t * Length);
        Combine(-1);
        if (!outside) return true;
        // As in PyTorch, a weight of NaN outside counts in 2 dimensions only.
        bool finite = Dims > 2 || !Undefined();
        if (finite) Strike(Weights);
        return finite;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Undefined()
    {
        Vector<T> sum = default;
        for (int i = 0; i < Taps * Length; i += Vector<T>.Count) sum += Load(Weights + i) * Vector<T>.Zero;
        return sum != default;
    }

    /// <summary>Writes 0 into a list [taps, Length] for all elements outside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Strike(T* list)
    {
        int n = Taps * Length;
        if (sizeof(T) == sizeof(float))
        {
            for (int i = 0; i < n; i += Vector<int>.Count)
                Vector.AndNot(Vector.Load((int*)list + i), Vector.Load(Places + i) >> 31).Store((int*)list + i);
            return;
        }
        for (int i = 0; i < n; i += Vector<int>.Count)
        {
            Vector.Widen(Vector.Load(Places + i) >> 31, out Vector<long> low, out Vector<long> high);
            long* to = (long*)list + i;
            Vector.AndNot(Vector.Load(to), low).Store(to);
            Vector.AndNot(Vector.Load(to + Vector<long>.Count), high).Store(to + Vector<long>.Count);
        }
    }

    /// <summary>The derivatives of the weights by the coordinate along dimension <paramref name="d"/> of the image, as
    /// <see cref="Weights"/>.</summary>
    internal void Slopes(int d) => Combine(d);

    private int TapAlong(int t, int d)
    {
        for (int k = Dims - 1; k > d; k--) t /= rule.Taps;
        return t % rule.Taps;
    }

    /// <summary>Products of one weight per dimension; at dimension <paramref name="slope"/>, of the slope instead.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Combine(int slope)
    {
        T* to = Weights;
        for (int t = 0; t < Taps; t++, to += Length)
        {
            T* x = Line(0, slope == 0 ? 1 : 0, TapAlong(t, 0)), y = Line(1, slope == 1 ? 1 : 0, TapAlong(t, 1));
            T* z = Dims > 2 ? Line(2, slope == 2 ? 1 : 0, TapAlong(t, 2)) : null;
            for (int p = 0; p < Length; p += Vector<T>.Count)
            {
                Vector<T> product = Load(x + p) * Load(y + p);
                if (z != null) product *= Load(z + p);
                product.Store(to + p);
            }
        }
    }

    /// <summary>Places in the flat image. Whether one is outside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Place(int t, int* to, int* near)
    {
        T* x = Line(0, 2, TapAlong(t, 0)), y = Line(1, 2, TapAlong(t, 1)), z = Dims > 2 ? Line(2, 2, TapAlong(t, 2)) : null;
        int width = (int)sizes[1], depth = z == null ? 0 : (int)sizes[2];
        int p = 0, any = 0, end = (int)Math.Min(int.MaxValue, Layout.Elements(sizes)) - 1;
        if (sizeof(T) == sizeof(float))
        {
            Vector<int> all = default;
            for (; p < Length; p += Vector<int>.Count)
            {
                Vector<int> a = Vector.ConvertToInt32(Load(x + p).As<T, float>()), b = Vector.ConvertToInt32(Load(y + p).As<T, float>());
                Vector<int> place = a * width + b, outside = Vector.LessThan(a | b, default);
                if (z != null)
                {
                    Vector<int> c = Vector.ConvertToInt32(Load(z + p).As<T, float>());
                    (place, outside) = (place * depth + c, outside | Vector.LessThan(c, default));
                }
                place |= outside;
                place.Store(to + p);
                Vector.ConditionalSelect(outside, Vector.Min(Vector<int>.Indices + new Vector<int>(p), new(end)), place).Store(near + p);
                all |= place;
            }
            return Vector.LessThanAny(all, default);
        }
        for (; p < Length; p++)
        {
            int a = int.CreateTruncating(x[p]), b = int.CreateTruncating(y[p]), place = a * width + b, outside = (a | b) >> 31;
            if (z != null)
            {
                int c = int.CreateTruncating(z[p]);
                (place, outside) = (place * depth + c, outside | c >> 31);
            }
            to[p] = place | outside;
            near[p] = to[p] < 0 ? Math.Min(p, end) : to[p];
            any |= to[p];
        }
        return any < 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Along(int d, T* x)
    {
        bool align = rule.Align;
        GridRule.Mode kind = rule.Kind;
        Vector<T> n = Splat(sizes[d]), last = n - Vector<T>.One, half = Splat(0.5), slope = (align ? last : n) * half;
        T* weights = Line(d, 0, 0), slopes = Line(d, 1, 0), places = Line(d, 2, 0);
        for (int p = 0; p < Length; p += Vector<T>.Count)
        {
            Vector<T> c = Load(x + p) + Vector<T>.One, at = align ? c * half * last : (c * n - Vector<T>.One) * half, factor;
            if (kind == GridRule.Mode.Linear)
            {
                at = Inside(d, at, last, out factor);
                Vector<T> first = Floor(at), second = at - first;
                factor *= slope;
                (Vector<T>.One - second).Store(weights + p);
                second.Store(weights + Length + p);
                (-factor).Store(slopes + p);
                factor.Store(slopes + Length + p);
                Place(first, last).Store(places + p);
                Place(first + Vector<T>.One, last).Store(places + Length + p);
            }
            else if (kind == GridRule.Mode.Cubic) Cubic(d, p, at, slope, last);
            else Put(d, 0, p, Vector<T>.One, default, Round(Inside(d, at, last, out _)), last);
        }
    }

    private void Cubic(int d, int p, Vector<T> at, Vector<T> slope, Vector<T> last)
    {
        Vector<T> a = Splat(-0.75), two = Splat(2), three = Splat(3), first = Floor(at), t = at - first, s = Vector<T>.One - t;
        Put(d, 0, p, Far(t + Vector<T>.One), FarSlope(t + Vector<T>.One) * slope, Inside(d, first - Vector<T>.One, last, out _), last);
        Put(d, 1, p, Near(t), NearSlope(t) * slope, Inside(d, first, last, out _), last);
        Put(d, 2, p, Near(s), NearSlope(s) * -slope, Inside(d, first + Vector<T>.One, last, out _), last);
        Put(d, 3, p, Far(s + Vector<T>.One), FarSlope(s + Vector<T>.One) * -slope, Inside(d, first + two, last, out _), last);

        Vector<T> Near(Vector<T> x) => ((a + two) * x - (a + three)) * x * x + Vector<T>.One;
        Vector<T> NearSlope(Vector<T> x) => (three * (a + two) * x - two * (a + three)) * x;
        Vector<T> Far(Vector<T> x) => ((a * x - Splat(5) * a) * x + Splat(8) * a) * x - Splat(4) * a;
        Vector<T> FarSlope(Vector<T> x) => (three * a * x - Splat(10) * a) * x + Splat(8) * a;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Put(int d, int tap, int p, Vector<T> weight, Vector<T> slope, Vector<T> place, Vector<T> last)
    {
        weight.Store(Line(d, 0, tap) + p);
        slope.Store(Line(d, 1, tap) + p);
        Place(place, last).Store(Line(d, 2, tap) + p);
    }

    /// <summary>Whole numbers as places along a dimension; -1 for what is outside or NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Place(Vector<T> at, Vector<T> last) =>
        Vector.ConditionalSelect(Vector.GreaterThanOrEqual(at, default) & Vector.LessThanOrEqual(at, last), at, -Vector<T>.One);

    /// <summary>Coordinates brought into the image, and the derivative, which is 0 from its border on; NaN becomes 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector<T> Inside(int d, Vector<T> at, Vector<T> last, out Vector<T> factor)
    {
        factor = Vector<T>.One;
        if (rule.Beyond == GridRule.Outside.Zeros) return at;
        if (rule.Beyond == GridRule.Outside.Reflection) (at, factor) = Mirrored(d, at);
        Vector<T> low = Vector.GreaterThan(at, default), high = Vector.LessThan(at, last);
        factor &= low & high;
        return Vector.ConditionalSelect(low, Vector.ConditionalSelect(high, at, last), default);
    }

    private (Vector<T> At, Vector<T> Factor) Mirrored(int d, Vector<T> at)
    {
        Vector<T> low = rule.Align ? default : Splat(-0.5), span = Splat(rule.Align ? sizes[d] - 1 : sizes[d]);
        if (span == default) return (at * span, default);
        Vector<T> x = at - low, y = Vector.Abs(x), twice = span + span, rest = y - Floor(y / twice) * twice;
        Vector<T> back = Vector.GreaterThan(rest, span);
        at = Vector.ConditionalSelect(back, twice - rest, rest) + low;
        Vector<T> turned = Vector.Xor(back, Vector.LessThan(x, default));
        return (at, Vector.ConditionalSelect(turned, -Vector<T>.One, Vector<T>.One));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Load(T* x) => Vector.Load(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Splat(double x) => new(T.CreateTruncating(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Floor(Vector<T> x) => typeof(T) == typeof(float)
        ? Vector.Floor(x.As<T, float>()).As<float, T>() : Vector.Floor(x.As<T, double>()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Round(Vector<T> x) => typeof(T) == typeof(float)
        ? Vector.Round(x.As<T, float>()).As<float, T>() : Vector.Round(x.As<T, double>()).As<double, T>();
}
