using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

internal static partial class Scan
{
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

    private static void Places<T>(Tensor x, Tensor y, Along along, bool max) where T : unmanaged, INumber<T>
    {
        if (max) Places<T, Rising<T>>(x, y, along);
        else Places<T, Falling<T>>(x, y, along);
    }

    private static void Places<T, TOrder>(Tensor x, Tensor y, Along along) where T : unmanaged, INumber<T> where TOrder : struct, IOrder<T>
    {
        PlacesBody<T, TOrder> body = new(x, y, along, Tiles(along));
        Parallel.Sweep(along.Outer * Tiles(along), Math.Max(1, Grain / (along.N * Math.Min(along.Inner, Tile))), body);
    }

    private interface IOrder<T>
    {
        /// <summary>Whether a new element comes before the best so far; false if one is NaN.</summary>
        static abstract bool Falls(T v, T best);
    }

    private readonly struct Rising<T> : IOrder<T> where T : INumber<T> { public static bool Falls(T v, T best) => v < best; }
    private readonly struct Falling<T> : IOrder<T> where T : INumber<T> { public static bool Falls(T v, T best) => v > best; }

    private readonly struct PlacesBody<T, TOrder>(Tensor x, Tensor y, Along along, long tiles) : IRange
        where T : unmanaged, INumber<T> where TOrder : struct, IOrder<T>
    {
        public void Run(long from, long to)
        {
            Span<T> values = stackalloc T[Tile];
            Span<long> places = stackalloc long[Tile];
            for (long unit = from; unit < to; unit++)
            {
                (long outer, long tile) = Math.DivRem(unit, tiles);
                long at = outer * along.N * along.Inner + tile * Tile;
                ref T source = ref x.storage.At<T>(x.layout.Offset + at);
                int width = (int)Math.Min(Tile, along.Inner - tile * Tile);
                if (along.Inner == 1) Line(ref source, ref y.storage.At<long>(at));
                else Steps(ref source, ref y.storage.At<long>(at), values[..width], places[..width]);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Line(ref T x, ref long y)
        {
            T value = x;
            nint n = (nint)along.N, best = 0, k = 0;
            // Few elements are the best so far, so that the processor foresees the branch and need not wait for comparisons.
            for (; k < n && !T.IsNaN(value); k++)
            {
                T v = Unsafe.Add(ref x, k);
                if (!TOrder.Falls(v, value)) (value, best) = (v, k);
                Unsafe.Add(ref y, k) = best;
            }
            for (; k < n; k++)
            {
                if (T.IsNaN(Unsafe.Add(ref x, k))) best = k;
                Unsafe.Add(ref y, k) = best;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Steps(ref T x, ref long y, Span<T> values, Span<long> places)
        {
            nint inner = (nint)along.Inner;
            for (int j = 0; j < values.Length; j++) values[j] = Unsafe.Add(ref x, j);
            for (nint k = 0; k < along.N; k++, x = ref Unsafe.Add(ref x, inner), y = ref Unsafe.Add(ref y, inner))
            {
                for (int j = 0; j < values.Length; j++)
                {
                    T v = Unsafe.Add(ref x, j);
                    if (T.IsNaN(v) || (!T.IsNaN(values[j]) && !TOrder.Falls(v, values[j]))) (values[j], places[j]) = (v, k);
                    Unsafe.Add(ref y, j) = places[j];
                }
            }
        }
    }
}
