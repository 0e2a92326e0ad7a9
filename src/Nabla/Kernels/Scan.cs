using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Running combinations along one dimension. Totals are kept in float64 for floating point and in int64 for integers.</summary>
internal static partial class Scan
{
    private const int Tile = 256;
    private const long Grain = 1 << 14;

    internal static Tensor Sum(Tensor x, int dim, bool reverse) => x.dtype.IsFloatingPoint()
        ? Float<Plus<double>>(x, x, dim, reverse) : Whole<Plus<long>>(x, dim, reverse);

    internal static Tensor Prod(Tensor x, int dim, bool reverse) => x.dtype.IsFloatingPoint()
        ? Float<Times<double>>(x, x, dim, reverse) : Whole<Times<long>>(x, dim, reverse);

    /// <summary>The product of the elements before each one (after it, if reversed): 1 for the first.</summary>
    internal static Tensor ProdBefore(Tensor x, int dim, bool reverse) => Float<TimesBefore<double>>(x, x, dim, reverse);

    internal static Tensor LogSumExp(Tensor x, int dim) => Float<LogPlusExp>(x, x, dim, false);

    /// <summary>y[k] = b[k] + a[k] y[k-1] (or y[k+1], if reversed); the factor is that of y's place with <paramref name="ahead"/>.</summary>
    internal static Tensor Recurrence(Tensor a, Tensor b, int dim, bool reverse, bool ahead) => ahead
        ? Float<AffineAhead>(a, b, dim, reverse) : Float<Affine>(a, b, dim, reverse);

    /// <summary>The product of all elements but each one.</summary>
    internal static Tensor ProdOthers(Tensor x, int dim)
    {
        if (x.dtype.Accumulator() != x.dtype) return Copy.Cast(ProdOthers(Copy.Cast(x, DType.Float32), dim), x.dtype);
        return x.dtype == DType.Float32 ? Others<float>(Copy.Contiguous(x), dim) : Others<double>(Copy.Contiguous(x), dim);
    }

    private static Tensor Others<T>(Tensor x, int dim) where T : unmanaged, INumber<T>
    {
        Tensor y = Tensor.Allocate(x.layout.RowMajor, x.dtype);
        if (y.layout.Count == 0) return y;
        Along along = new(x.layout, dim);
        Parallel.Sweep(along.Outer * Tiles(along), Chunk(along), new OthersBody<T>(
            new(x, x, y, along, Tiles(along), false), new(x, y, y, along, Tiles(along), true)));
        return y;
    }

    /// <summary>What lies before times what lies behind, while both are in the cache.</summary>
    private readonly struct OthersBody<T>(Body<TimesBefore<double>, T, double> before, Body<TimesBeforeInto<double>, T, double> behind)
        : IRange where T : unmanaged, INumber<T>
    {
        public void Run(long from, long to)
        {
            before.Run(from, to);
            behind.Run(from, to);
        }
    }

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
        a = Copy.Contiguous(a);
        b = TStep.Two ? Copy.Contiguous(b) : a;
        Tensor y = Tensor.Allocate(a.layout.RowMajor, a.dtype);
        if (y.layout.Count == 0) return y;
        Along along = new(a.layout, dim);
        Parallel.Sweep(along.Outer * Tiles(along), Chunk(along), new Body<TStep, T, TAcc>(a, b, y, along, Tiles(along), reverse));
        return y;
    }

    private static long Tiles(Along along) => (along.Inner + Tile - 1) / Tile;

    private static long Chunk(Along along)
    {
        long units = Math.Max(1, Grain / (along.N * Math.Min(along.Inner, Tile)));
        // Whole groups of lines, if there are several.
        return along.Inner == 1 && along.Outer >= 8 ? Math.Max(4, units & ~3) : units;
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
                        Lines(unit * along.N);
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

        private ref T A(long at) => ref a.storage.At<T>(a.layout.Offset + at);
        private ref T B(long at) => ref b.storage.At<T>(b.layout.Offset + at);

        private void Lines(long at)
        {
            if (typeof(T) == typeof(float) && typeof(TAcc) == typeof(double) && TStep.HasLanes && ScanLines.Exist)
                ScanLines.Run<TStep, TAcc>(ref Unsafe.As<T, float>(ref A(at)), ref Unsafe.As<T, float>(ref B(at)),
                    ref y.storage.At<float>(at), (nint)along.N, reverse);
            else FourLines(at);
        }

        /// <summary>Neighbouring elements: the total stays in a register.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Line(long at)
        {
            ref T p = ref A(at), q = ref B(at), to = ref y.storage.At<T>(at);
            TAcc total = TStep.Start;
            nint n = (nint)along.N, step = reverse ? -1 : 1;
            for (nint i = 0, k = reverse ? n - 1 : 0; i < n; i++, k += step) total = Next(total, ref p, ref q, ref to, k);
        }

        /// <summary>Four lines at once: a step of one need not wait for a step of another.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void FourLines(long at)
        {
            nint n = (nint)along.N, step = reverse ? -1 : 1;
            ref T p = ref A(at), q = ref B(at), to = ref y.storage.At<T>(at);
            TAcc t0 = TStep.Start, t1 = t0, t2 = t0, t3 = t0;
            for (nint i = 0, k = reverse ? n - 1 : 0; i < n; i++, k += step)
            {
                t0 = Next(t0, ref p, ref q, ref to, k);
                t1 = Next(t1, ref p, ref q, ref to, k + n);
                t2 = Next(t2, ref p, ref q, ref to, k + 2 * n);
                t3 = Next(t3, ref p, ref q, ref to, k + 3 * n);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static TAcc Next(TAcc total, ref T p, ref T q, ref T to, nint k)
        {
            (total, TAcc result) = TStep.Next(total, Wide<T, TAcc>(Unsafe.Add(ref p, k)),
                TStep.Two ? Wide<T, TAcc>(Unsafe.Add(ref q, k)) : default);
            Unsafe.Add(ref to, k) = Narrowed<T, TAcc>(result);
            return total;
        }

        /// <summary>Lines side by side, a step of all of them at a time.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Steps(long at, Span<TAcc> totals)
        {
            totals.Fill(TStep.Start);
            ref TAcc total = ref MemoryMarshal.GetReference(totals);
            nint main = TStep.HasLanes && Vector256<TAcc>.Count == 4 ? totals.Length & ~3 : 0;
            for (long step = 0; step < along.N; step++)
            {
                long k = at + (reverse ? along.N - 1 - step : step) * along.Inner;
                ref T p = ref A(k), q = ref B(k), to = ref y.storage.At<T>(k);
                for (nint j = 0; j < main; j += 4)
                {
                    (Vector256<TAcc> next, Vector256<TAcc> result) = TStep.Next(Vector256.LoadUnsafe(ref total, (nuint)j),
                        Four(ref Unsafe.Add(ref p, j)), TStep.Two ? Four(ref Unsafe.Add(ref q, j)) : default);
                    next.StoreUnsafe(ref total, (nuint)j);
                    Store(result, ref Unsafe.Add(ref to, j));
                }
                for (nint j = main; j < totals.Length; j++) totals[(int)j] = Next(totals[(int)j], ref p, ref q, ref to, j);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<TAcc> Four(ref T x) => typeof(T) == typeof(TAcc) ? Vector256.LoadUnsafe(ref x).As<T, TAcc>()
            : ScanLines.Wide<TAcc>(Vector128.LoadUnsafe(ref Unsafe.As<T, float>(ref x)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector256<TAcc> y, ref T to)
        {
            if (typeof(T) == typeof(TAcc)) y.As<TAcc, T>().StoreUnsafe(ref to);
            else ScanLines.Narrow(y).StoreUnsafe(ref Unsafe.As<T, float>(ref to));
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
