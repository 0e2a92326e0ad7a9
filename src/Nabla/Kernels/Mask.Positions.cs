using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class Masks
{
    /// <summary>A whole number of words of 64 bytes, so that only the last chunk ends within one.</summary>
    private const long PositionChunk = 1 << 15;

    /// <summary>The positions, counted in row-major order, where a bool tensor is true.</summary>
    internal static Tensor Positions(Tensor mask)
    {
        (mask, long[] starts) = Starts(mask);
        Tensor y = Tensor.Allocate(new Layout([starts[^1]]), DType.Int64);
        Parallel.Sweep(mask.layout.Count, PositionChunk, new PositionBody(mask, y, starts));
        return y;
    }

    /// <summary>The places where a bool tensor is true, one row of one index per dimension for each, in row-major order.</summary>
    internal static Tensor Places(Tensor mask)
    {
        long[] shape = mask.layout.shape;
        if (shape.Length == 1)
        {
            Tensor flat = Positions(mask);
            return flat.Raw(new Layout([flat.layout.Count, 1]));
        }
        (mask, long[] starts) = Starts(mask);
        Tensor y = Tensor.Allocate(new Layout([starts[^1], shape.Length]), DType.Int64);
        if (y.layout.Count > 0) Parallel.Sweep(mask.layout.Count, PositionChunk, new PlaceBody(mask, y, shape, starts));
        return y;
    }

    /// <summary>A row-major mask, how many elements are true before each chunk, and how many in all.</summary>
    private static (Tensor Mask, long[] Starts) Starts(Tensor mask)
    {
        mask = Copy.Contiguous(mask);
        long n = mask.layout.Count;
        long[] starts = new long[Parallel.Chunks(n, PositionChunk) + 1];
        Parallel.Sweep(n, PositionChunk, new CountBody(mask, starts));
        for (int i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
        return (mask, starts);
    }

    /// <summary>How many bytes, each 0 or 1, are 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static long Ones(ref byte x, nint n)
    {
        nint i = 0, w = Vector<byte>.Count;
        long count = 0;
        while (i <= n - w)
        {
            // Bytes hold sums of up to 255 ones.
            Vector<byte> sums = default;
            for (nint end = Math.Min(n - w, i + 254 * w); i <= end; i += w) sums += Vector.LoadUnsafe(ref x, (nuint)i);
            Vector.Widen(sums, out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(low + high, out Vector<uint> a, out Vector<uint> b);
            count += Vector.Sum(a + b);
        }
        for (; i < n; i++) count += Unsafe.Add(ref x, i);
        return count;
    }

    private readonly struct CountBody(Tensor mask, long[] starts) : IRange
    {
        public void Run(long from, long to) =>
            starts[from / PositionChunk + 1] = Ones(ref mask.storage.At<byte>(mask.layout.Offset + from), (nint)(to - from));
    }

    /// <summary>One bit for each of up to 64 bytes that is not 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(ref byte x, nint n)
    {
        if (n >= 64)
            return ~Vector512.Equals(Vector512.LoadUnsafe(ref x), Vector512<byte>.Zero).ExtractMostSignificantBits();
        ulong bits = 0;
        for (int i = 0; i < n; i++)
            if (Unsafe.Add(ref x, i) != 0) bits |= 1UL << i;
        return bits;
    }

    private readonly struct PositionBody(Tensor mask, Tensor y, long[] starts) : IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            if (starts[from / PositionChunk] == starts[from / PositionChunk + 1]) return;
            ref long target = ref y.storage.At<long>(starts[from / PositionChunk]);
            for (long i = from; i < to; i += 64)
            {
                for (ulong bits = Bits(ref mask.storage.At<byte>(mask.layout.Offset + i), (nint)(to - i)); bits != 0; bits &= bits - 1)
                {
                    target = i + BitOperations.TrailingZeroCount(bits);
                    target = ref Unsafe.Add(ref target, 1);
                }
            }
        }
    }

    /// <summary>Row after row of the last dimension, whose other indices are those of the row.</summary>
    private readonly struct PlaceBody(Tensor mask, Tensor y, long[] shape, long[] starts) : IRange
    {
        public void Run(long from, long to)
        {
            if (starts[from / PositionChunk] == starts[from / PositionChunk + 1]) return;
            int rank = shape.Length;
            ref long target = ref y.storage.At<long>(starts[from / PositionChunk] * rank);
            Span<long> index = stackalloc long[rank];
            Begin(from, index);
            for (long i = from; i < to;)
            {
                long column = index[^1], n = Math.Min(to - i, shape[^1] - column);
                ref byte row = ref mask.storage.At<byte>(mask.layout.Offset + i);
                nint count = rank == 2 ? Pairs(ref row, (nint)n, index[0], column, ref target)
                    : Row(ref row, (nint)n, index, column, ref target);
                target = ref Unsafe.Add(ref target, count * rank);
                i += n;
                Next(index);
            }
        }

        private void Begin(long at, Span<long> index)
        {
            for (int d = index.Length - 1; d >= 0; d--) (at, index[d]) = Math.DivRem(at, shape[d]);
        }

        private void Next(Span<long> index)
        {
            index[^1] = 0;
            for (int d = index.Length - 2; d >= 0 && ++index[d] == shape[d]; d--) index[d] = 0;
        }

        /// <summary>Writes the places of a piece of a row; returns how many there are.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static nint Pairs(ref byte x, nint n, long row, long column, ref long target)
        {
            nint count = 0;
            for (nint i = 0; i < n; i += 64)
            {
                for (ulong bits = Bits(ref Unsafe.Add(ref x, i), n - i); bits != 0; bits &= bits - 1, count++)
                {
                    target = row;
                    Unsafe.Add(ref target, 1) = column + i + BitOperations.TrailingZeroCount(bits);
                    target = ref Unsafe.Add(ref target, 2);
                }
            }
            return count;
        }

        private static nint Row(ref byte x, nint n, Span<long> index, long column, ref long target)
        {
            nint count = 0;
            for (nint i = 0; i < n; i += 64)
            {
                for (ulong bits = Bits(ref Unsafe.Add(ref x, i), n - i); bits != 0; bits &= bits - 1, count++)
                {
                    for (int d = 0; d < index.Length - 1; d++) Unsafe.Add(ref target, d) = index[d];
                    Unsafe.Add(ref target, index.Length - 1) = column + i + BitOperations.TrailingZeroCount(bits);
                    target = ref Unsafe.Add(ref target, index.Length);
                }
            }
            return count;
        }
    }
}
