using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

internal static partial class Reduce
{
    private const int ArgTile = 256;

    private interface IOrder<T> where T : unmanaged
    {
        static abstract T Best(ref T x, long n);

        /// <summary>Whether v replaces the best so far: it is better, or the first NaN.</summary>
        static abstract bool Beats(T v, T best);

        static abstract Vector<T> Beats(Vector<T> v, Vector<T> best);
    }

    private readonly struct Largest<T> : IOrder<T> where T : unmanaged, INumber<T>
    {
        public static T Best(ref T x, long n) => Row<MaxOf<T>, T, T>(ref x, n);
        public static bool Beats(T v, T best) => v > best || (T.IsNaN(v) && !T.IsNaN(best));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Beats(Vector<T> v, Vector<T> best) =>
            Vector.AndNot(Vector.Equals(best, best), Vector.LessThanOrEqual(v, best));
    }

    private readonly struct Smallest<T> : IOrder<T> where T : unmanaged, INumber<T>
    {
        public static T Best(ref T x, long n) => Row<MinOf<T>, T, T>(ref x, n);
        public static bool Beats(T v, T best) => v < best || (T.IsNaN(v) && !T.IsNaN(best));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<T> Beats(Vector<T> v, Vector<T> best) =>
            Vector.AndNot(Vector.Equals(best, best), Vector.GreaterThanOrEqual(v, best));
    }

    /// <summary>The place of the first largest (or smallest) element of each row of rows; NaN wins.</summary>
    internal static Tensor Arg(Tensor x, Dims dims, bool keepDim, bool max)
    {
        if (x.dtype is DType.Float16 or DType.BFloat16) x = Copy.Cast(x, DType.Float32);
        Tensor y = Tensor.Allocate(Shape(x.layout, dims, keepDim), DType.Int64);
        if (y.layout.Count == 0) return y;
        Box box;
        // Places count in row-major order, which a dense layout in another order of dimensions does not give.
        if (!(x.layout.IsContiguous || dims.Count < 2) || !TryBox(x.layout, dims, out box))
        {
            x = Rows(x, dims);
            box = new(x.layout.shape[0], x.layout.shape[1], 1);
        }
        switch (x.dtype)
        {
            case DType.Float32: Arg<float>(x, y, box, max); break;
            case DType.Float64: Arg<double>(x, y, box, max); break;
            case DType.Int64: Arg<long>(x, y, box, max); break;
            case DType.Int32: Arg<int>(x, y, box, max); break;
            case DType.Int16: Arg<short>(x, y, box, max); break;
            case DType.Int8: Arg<sbyte>(x, y, box, max); break;
            default: Arg<byte>(x, y, box, max); break;
        }
        return y;
    }

    private static void Arg<T>(Tensor x, Tensor y, Box box, bool max) where T : unmanaged, INumber<T>
    {
        if (max) Arg<T, Largest<T>>(x, y, box);
        else Arg<T, Smallest<T>>(x, y, box);
    }

    private static void Arg<T, TOrder>(Tensor x, Tensor y, Box box) where T : unmanaged, INumber<T> where TOrder : struct, IOrder<T>
    {
        if (box.Inner == 1)
        {
            Parallel.For(box.Outer, Math.Max(1, Chunk / Math.Max(box.N, 1)), new ArgRows<T, TOrder>(x, y, box.N));
            return;
        }
        long width = Math.Min(box.Inner, ArgTile), tiles = (box.Inner + width - 1) / width, rows = box.N;
        // Few columns of many rows: blocks of rows, whose winners then meet in order.
        if (box.Outer * tiles < 8 && box.N * box.Inner >= 2 * Chunk) rows = Math.Min(rows, Math.Max(RowBlock, Chunk / 4 / width));
        long blocks = Parallel.Chunks(box.N, rows);
        T[] best = new T[blocks > 1 ? box.Outer * blocks * box.Inner : 0];
        long[] place = new long[best.Length];
        Parallel.Sweep(box.Outer * blocks * tiles, Math.Max(1, Chunk / 4 / (rows * width)),
            new ArgColumns<T, TOrder>(x, y, box, tiles, rows, blocks, best, place));
        if (blocks > 1) Meet<T, TOrder>(y, box, blocks, best, place);
    }

    private static void Meet<T, TOrder>(Tensor y, Box box, long blocks, T[] best, long[] place)
        where T : unmanaged, INumber<T> where TOrder : struct, IOrder<T>
    {
        for (long outer = 0; outer < box.Outer; outer++)
        {
            for (long j = 0; j < box.Inner; j++)
            {
                long at = outer * blocks * box.Inner + j, winner = at;
                for (long b = 1; b < blocks; b++)
                    if (TOrder.Beats(best[at + b * box.Inner], best[winner])) winner = at + b * box.Inner;
                y.storage.At<long>(outer * box.Inner + j) = place[winner];
            }
        }
    }

    private readonly struct ArgRows<T, TOrder>(Tensor x, Tensor y, long n) : IRange
        where T : unmanaged, INumber<T> where TOrder : struct, IOrder<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++) y.storage.At<long>(i) = Along(ref x.storage.At<T>(x.layout.Offset + i * n), (nint)n);
        }

        /// <summary>The extreme in vectors, then its first place.</summary>
        private static nint Along(ref T x, nint n)
        {
            T best = TOrder.Best(ref x, n);
            if (!T.IsNaN(best)) return First(ref x, n, best);
            nint i = 0;
            while (!T.IsNaN(Unsafe.Add(ref x, i))) i++;
            return i;
        }

        /// <summary>The first place of a value that is there.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static nint First(ref T x, nint n, T value)
        {
            nint i = 0, w = Vector<T>.Count;
            Vector<T> sought = new(value);
            for (; i <= n - 2 * w; i += 2 * w)
                if (Vector.EqualsAny(Vector.LoadUnsafe(ref x, (nuint)i), sought)
                    || Vector.EqualsAny(Vector.LoadUnsafe(ref x, (nuint)(i + w)), sought)) break;
            while (i < n - 1 && Unsafe.Add(ref x, i) != value) i++;
            return i;
        }
    }

    /// <summary>Tiles of columns, a block of their rows each.</summary>
    private readonly struct ArgColumns<T, TOrder>(Tensor x, Tensor y, Box box, long tiles, long rows, long blocks, T[] best, long[] place)
        : IRange where T : unmanaged, INumber<T> where TOrder : struct, IOrder<T>
    {
        /// <summary>Places are counted in T, so that they are chosen as values are: the most that it counts exactly.</summary>
        private static readonly int Most = Unsafe.SizeOf<T>() switch { 1 => 127, 2 => 32767, _ => 1 << 24 };

        public void Run(long from, long to)
        {
            Span<T> value = stackalloc T[ArgTile], part = stackalloc T[ArgTile], row = stackalloc T[ArgTile];
            Span<long> at = stackalloc long[ArgTile];
            for (long unit = from; unit < to; unit++)
            {
                (long rest, long tile) = Math.DivRem(unit, tiles);
                (long outer, long block) = Math.DivRem(rest, blocks);
                long first = block * rows, last = Math.Min(box.N, first + rows), column = tile * ArgTile;
                int width = (int)Math.Min(ArgTile, box.Inner - column);
                ref T source = ref x.storage.At<T>(x.layout.Offset + outer * box.N * box.Inner + column);
                for (long k = first; k < last; k += Most)
                {
                    Block(ref Unsafe.Add(ref source, (nint)(k * box.Inner)), (int)Math.Min(Most, last - k), part[..width], row[..width]);
                    for (int j = 0; j < width; j++)
                        if (k == first || TOrder.Beats(part[j], value[j]))
                            (value[j], at[j]) = (part[j], k + long.CreateTruncating(row[j]));
                }
                if (blocks > 1)
                {
                    int to1 = checked((int)((outer * blocks + block) * box.Inner + column));
                    value[..width].CopyTo(best.AsSpan(to1));
                    at[..width].CopyTo(place.AsSpan(to1));
                }
                else at[..width].CopyTo(y.storage.Span<long>(outer * box.Inner + column, width));
            }
        }

        /// <summary>The best of n rows and, as numbers of type T, their rows.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Block(ref T x, int n, Span<T> value, Span<T> row)
        {
            MemoryMarshal.CreateSpan(ref x, value.Length).CopyTo(value);
            row.Clear();
            ref T best = ref MemoryMarshal.GetReference(value), at = ref MemoryMarshal.GetReference(row);
            nint pitch = (nint)box.Inner, w = Vector<T>.Count, main = value.Length - value.Length % w;
            int k = 1;
            for (; k + 4 <= n; k += 4)
            {
                ref T a = ref Unsafe.Add(ref x, k * pitch), b = ref Unsafe.Add(ref a, pitch);
                ref T c = ref Unsafe.Add(ref b, pitch), d = ref Unsafe.Add(ref c, pitch);
                Vector<T> p = new(T.CreateTruncating(k)), q = p + Vector<T>.One, r = q + Vector<T>.One, s = r + Vector<T>.One;
                for (nint j = 0; j < main; j += w)
                {
                    Vector<T> v = Vector.LoadUnsafe(ref best, (nuint)j), i = Vector.LoadUnsafe(ref at, (nuint)j);
                    Choose(Vector.LoadUnsafe(ref a, (nuint)j), p, ref v, ref i);
                    Choose(Vector.LoadUnsafe(ref b, (nuint)j), q, ref v, ref i);
                    Choose(Vector.LoadUnsafe(ref c, (nuint)j), r, ref v, ref i);
                    Choose(Vector.LoadUnsafe(ref d, (nuint)j), s, ref v, ref i);
                    v.StoreUnsafe(ref best, (nuint)j);
                    i.StoreUnsafe(ref at, (nuint)j);
                }
            }
            for (; k < n; k++)
            {
                Vector<T> p = new(T.CreateTruncating(k));
                for (nint j = 0; j < main; j += w)
                {
                    Vector<T> v = Vector.LoadUnsafe(ref best, (nuint)j), i = Vector.LoadUnsafe(ref at, (nuint)j);
                    Choose(Vector.LoadUnsafe(ref x, (nuint)(k * pitch + j)), p, ref v, ref i);
                    v.StoreUnsafe(ref best, (nuint)j);
                    i.StoreUnsafe(ref at, (nuint)j);
                }
            }
            for (k = 1; main < value.Length && k < n; k++)
            {
                for (int j = (int)main; j < value.Length; j++)
                {
                    T v = Unsafe.Add(ref x, k * pitch + j);
                    if (TOrder.Beats(v, value[j])) (value[j], row[j]) = (v, T.CreateTruncating(k));
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Choose(Vector<T> v, Vector<T> place, ref Vector<T> best, ref Vector<T> at)
        {
            Vector<T> better = TOrder.Beats(v, best);
            best = Vector.ConditionalSelect(better, v, best);
            at = Vector.ConditionalSelect(better, place, at);
        }
    }
}
