using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>One step of a running combination.</summary>
internal interface IStep<TAcc> where TAcc : unmanaged
{
    static abstract TAcc Start { get; }

    /// <summary>The next total from the last and an element; b is an element of a second operand, if there is one.</summary>
    static abstract TAcc Next(TAcc total, TAcc a, TAcc b);
}

/// <summary>Running combinations along one dimension. Totals are kept in float64 for floating point and in int64 for integers.</summary>
internal static class Scan
{
    private const int Tile = 256;
    private const long Grain = 1 << 14;

    private readonly struct Plus<TAcc> : IStep<TAcc> where TAcc : unmanaged, INumber<TAcc>
    {
        public static TAcc Start => TAcc.Zero;
        public static TAcc Next(TAcc total, TAcc a, TAcc b) => total + a;
    }

    private readonly struct Times<TAcc> : IStep<TAcc> where TAcc : unmanaged, INumber<TAcc>
    {
        public static TAcc Start => TAcc.One;
        public static TAcc Next(TAcc total, TAcc a, TAcc b) => total * a;
    }

    private readonly struct LogPlusExp : IStep<double>
    {
        public static double Start => double.NegativeInfinity;

        public static double Next(double total, double a, double b)
        {
            double max = Math.Max(total, a);
            return double.IsInfinity(max) ? max : max + Math.Log(Math.Exp(total - max) + Math.Exp(a - max));
        }
    }

    /// <summary>b + a · total: a first-order linear recurrence.</summary>
    private readonly struct Affine : IStep<double>
    {
        public static double Start => 0;
        public static double Next(double total, double a, double b) => b + a * total;
    }

    internal static Tensor Sum(Tensor x, int dim, bool reverse) => x.dtype.IsFloatingPoint()
        ? Float<Plus<double>>(x, x, dim, reverse) : Whole<Plus<long>>(x, dim, reverse);

    internal static Tensor Prod(Tensor x, int dim, bool reverse) => x.dtype.IsFloatingPoint()
        ? Float<Times<double>>(x, x, dim, reverse) : Whole<Times<long>>(x, dim, reverse);

    internal static Tensor LogSumExp(Tensor x, int dim) => Float<LogPlusExp>(x, x, dim, false);

    /// <summary>y[k] = b[k] + a[k] y[k-1] (or y[k+1], if reversed).</summary>
    internal static Tensor Recurrence(Tensor a, Tensor b, int dim, bool reverse) => Float<Affine>(a, b, dim, reverse);

    private static Tensor Float<TStep>(Tensor a, Tensor b, int dim, bool reverse) where TStep : struct, IStep<double>
    {
        if (a.dtype.Accumulator() != a.dtype)
            return Copy.Cast(Float<TStep>(Copy.Cast(a, DType.Float32), Copy.Cast(b, DType.Float32), dim, reverse), a.dtype);
        return a.dtype == DType.Float32 ? Run<TStep, float, double>(a, b, dim, reverse) : Run<TStep, double, double>(a, b, dim, reverse);
    }

    private static Tensor Whole<TStep>(Tensor x, int dim, bool reverse) where TStep : struct, IStep<long>
    {
        Tensor wide = Copy.Cast(x, DType.Int64);
        return Copy.Cast(Run<TStep, long, long>(wide, wide, dim, reverse), x.dtype);
    }

    private static Tensor Run<TStep, T, TAcc>(Tensor a, Tensor b, int dim, bool reverse)
        where TStep : struct, IStep<TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged, INumber<TAcc>
    {
        (a, b) = (Copy.Contiguous(a), Copy.Contiguous(b));
        Tensor y = Tensor.Allocate(a.layout.RowMajor, a.dtype);
        if (y.layout.Count == 0) return y;
        Along along = new(a.layout, dim);
        long tiles = (along.Inner + Tile - 1) / Tile;
        Parallel.Sweep(along.Outer * tiles, Math.Max(1, Grain / (along.N * Math.Min(along.Inner, Tile))),
            new Body<TStep, T, TAcc>(a, b, y, along, tiles, reverse));
        return y;
    }

    private readonly struct Body<TStep, T, TAcc>(Tensor a, Tensor b, Tensor y, Along along, long tiles, bool reverse) : IRange
        where TStep : struct, IStep<TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged, INumber<TAcc>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Span<TAcc> total = stackalloc TAcc[Tile];
            for (long unit = from; unit < to; unit++)
            {
                if (along.Inner == 1)
                {
                    if (unit + 4 <= to)
                    {
                        long at = unit * along.N;
                        if (typeof(TStep) == typeof(Plus<double>) && typeof(T) == typeof(float) && TransposeTiles.Zips)
                            ScanLines.Sums(ref a.storage.At<float>(a.layout.Offset + at), ref y.storage.At<float>(at),
                                (nint)along.N, reverse);
                        else FourLines(at);
                        unit += 3;
                    }
                    else Line(unit * along.N);
                    continue;
                }
                (long outer, long tile) = Math.DivRem(unit, tiles);
                int width = (int)Math.Min(Tile, along.Inner - tile * Tile);
                Steps(outer * along.N * along.Inner + tile * Tile, total[..width]);
            }
        }

        /// <summary>Neighbouring elements: the total stays in a register.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Line(long at)
        {
            ref T p = ref a.storage.At<T>(a.layout.Offset + at), q = ref b.storage.At<T>(b.layout.Offset + at),
                to = ref y.storage.At<T>(at);
            TAcc total = TStep.Start;
            nint n = (nint)along.N, step = reverse ? -1 : 1;
            for (nint i = 0, k = reverse ? n - 1 : 0; i < n; i++, k += step)
            {
                total = TStep.Next(total, Wide<T, TAcc>(Unsafe.Add(ref p, k)), Wide<T, TAcc>(Unsafe.Add(ref q, k)));
                Unsafe.Add(ref to, k) = Narrowed<T, TAcc>(total);
            }
        }

        /// <summary>Four lines at once: a step of one need not wait for a step of another.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void FourLines(long at)
        {
            nint n = (nint)along.N, step = reverse ? -1 : 1;
            ref T p = ref a.storage.At<T>(a.layout.Offset + at), q = ref b.storage.At<T>(b.layout.Offset + at),
                to = ref y.storage.At<T>(at);
            TAcc t0 = TStep.Start, t1 = t0, t2 = t0, t3 = t0;
            for (nint i = 0, k = reverse ? n - 1 : 0; i < n; i++, k += step)
            {
                t0 = Next(t0, ref p, ref q, k);
                t1 = Next(t1, ref p, ref q, k + n);
                t2 = Next(t2, ref p, ref q, k + 2 * n);
                t3 = Next(t3, ref p, ref q, k + 3 * n);
                Unsafe.Add(ref to, k) = Narrowed<T, TAcc>(t0);
                Unsafe.Add(ref to, k + n) = Narrowed<T, TAcc>(t1);
                Unsafe.Add(ref to, k + 2 * n) = Narrowed<T, TAcc>(t2);
                Unsafe.Add(ref to, k + 3 * n) = Narrowed<T, TAcc>(t3);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TAcc Next(TAcc total, ref T p, ref T q, nint k) =>
            TStep.Next(total, Wide<T, TAcc>(Unsafe.Add(ref p, k)), Wide<T, TAcc>(Unsafe.Add(ref q, k)));

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Steps(long at, Span<TAcc> total)
        {
            total.Fill(TStep.Start);
            for (long step = 0; step < along.N; step++)
            {
                long k = at + (reverse ? along.N - 1 - step : step) * along.Inner;
                ReadOnlySpan<T> p = a.storage.Span<T>(a.layout.Offset + k, total.Length),
                    q = b.storage.Span<T>(b.layout.Offset + k, total.Length);
                Span<T> to = y.storage.Span<T>(k, total.Length);
                if (typeof(TStep) == typeof(Plus<double>) && typeof(T) == typeof(float))
                {
                    AddFloats(MemoryMarshal.Cast<T, float>(p), MemoryMarshal.Cast<TAcc, double>(total), MemoryMarshal.Cast<T, float>(to));
                    continue;
                }
                for (int j = 0; j < total.Length; j++)
                {
                    total[j] = TStep.Next(total[j], Wide<T, TAcc>(p[j]), Wide<T, TAcc>(q[j]));
                    to[j] = Narrowed<T, TAcc>(total[j]);
                }
            }
        }
    }

    /// <summary>A conversion that the compiler sees through.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TAcc Wide<T, TAcc>(T x) where T : unmanaged, INumber<T> where TAcc : unmanaged, INumber<TAcc>
    {
        if (typeof(T) == typeof(TAcc)) return (TAcc)(object)x;
        if (typeof(T) == typeof(float) && typeof(TAcc) == typeof(double)) return (TAcc)(object)(double)(float)(object)x;
        return TAcc.CreateTruncating(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Narrowed<T, TAcc>(TAcc x) where T : unmanaged, INumber<T> where TAcc : unmanaged, INumber<TAcc>
    {
        if (typeof(T) == typeof(TAcc)) return (T)(object)x;
        if (typeof(T) == typeof(float) && typeof(TAcc) == typeof(double)) return (T)(object)(float)(double)(object)x;
        return T.CreateTruncating(x);
    }

    /// <summary>total += x, y = total.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddFloats(ReadOnlySpan<float> x, Span<double> total, Span<float> y)
    {
        int i = 0, w = Vector<double>.Count;
        for (; i <= x.Length - 2 * w; i += 2 * w)
        {
            Vector.Widen(new Vector<float>(x[i..]), out Vector<double> low, out Vector<double> high);
            low += new Vector<double>(total[i..]);
            high += new Vector<double>(total[(i + w)..]);
            low.CopyTo(total[i..]);
            high.CopyTo(total[(i + w)..]);
            Vector.Narrow(low, high).CopyTo(y[i..]);
        }
        for (; i < x.Length; i++)
        {
            total[i] += x[i];
            y[i] = (float)total[i];
        }
    }

    /// <summary>The place of the largest (or smallest) element so far, the last of equal ones; NaN wins.</summary>
    internal static Tensor ArgExtreme(Tensor x, int dim, bool max)
    {
        if (x.dtype is DType.Float16 or DType.BFloat16) x = Copy.Cast(x, DType.Float32);
        x = Copy.Contiguous(x);
        Tensor y = Tensor.Allocate(x.layout.RowMajor, DType.Int64);
        if (y.layout.Count == 0) return y;
        Along along = new(x.layout, dim);
        switch (x.dtype)
        {
            case DType.Float32: Places<float>(x, y, along, max); break;
            case DType.Float64: Places<double>(x, y, along, max); break;
            case DType.Int64: Places<long>(x, y, along, max); break;
            case DType.Int32: Places<int>(x, y, along, max); break;
            case DType.Int16: Places<short>(x, y, along, max); break;
            case DType.Int8: Places<sbyte>(x, y, along, max); break;
            default: Places<byte>(x, y, along, max); break;
        }
        return y;
    }

    private static void Places<T>(Tensor x, Tensor y, Along along, bool max) where T : unmanaged, INumber<T> =>
        Parallel.Sweep(along.Outer * along.Inner, Math.Max(1, Grain / along.N), new PlacesBody<T>(x, y, along, max));

    private readonly struct PlacesBody<T>(Tensor x, Tensor y, Along along, bool max) : IRange where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                long at = along.Start(i), best = 0;
                T value = x.storage.At<T>(x.layout.Offset + at);
                for (long k = 0; k < along.N; k++)
                {
                    T v = x.storage.At<T>(x.layout.Offset + at + k * along.Inner);
                    if (T.IsNaN(v) || (!T.IsNaN(value) && (max ? v >= value : v <= value))) (value, best) = (v, k);
                    y.storage.At<long>(at + k * along.Inner) = best;
                }
            }
        }
    }
}

/// <summary>Row-major memory as [Outer, N, Inner], N being one dimension.</summary>
internal readonly struct Along
{
    internal readonly long Outer, N, Inner;

    /// <summary>Of a layout and a dimension counted from the end; a 0-d tensor is one line of one element.</summary>
    internal Along(Layout x, int dim)
    {
        N = x.Rank == 0 ? 1 : x.shape[^-dim];
        Inner = 1;
        for (int d = dim + 1; d < 0; d++) Inner *= x.shape[^-d];
        Outer = N * Inner == 0 ? 0 : x.Count / N / Inner;
    }

    /// <summary>Where line <paramref name="i"/> begins.</summary>
    internal long Start(long i)
    {
        (long outer, long inner) = Math.DivRem(i, Inner);
        return outer * N * Inner + inner;
    }
}
