using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>A kernel of two operands over contiguous memory.</summary>
internal interface IZipKernel<TIn, TOut>
{
    void Run(ReadOnlySpan<TIn> x, ReadOnlySpan<TIn> y, Span<TOut> z);

    /// <summary>The same with a number as second operand, or as first one if swapped; false where there is no such loop.</summary>
    static virtual bool RunNumber(ReadOnlySpan<TIn> x, TIn number, Span<TOut> z, bool swap) => false;
}

/// <summary>Zips: dtype, broadcasting, strides and threads, once for all operations. The result is dense.</summary>
internal static class Zip
{
    private const int Chunk = Map.Chunk;

    // Rows at least this long are handed to the kernel one by one; a number that belongs to a row is repeated so often.
    private const int Least = 48, Repeats = 256;
    private const long Grain = 1 << 14;

    internal static void Float<TOp>(TOp op, Tensor x, Tensor y, Tensor z) where TOp : struct, IFloatZip<TOp>
    {
        switch (x.dtype)
        {
            case DType.Float32: Drive<OfFloat<TOp, float>, float, float>(new(op), x, y, z); break;
            case DType.Float64: Drive<OfFloat<TOp, double>, double, double>(new(op), x, y, z); break;
            case DType.Float16: Drive<Widened<OfFloat<TOp, float>, Half>, Half, Half>(new(new(op)), x, y, z); break;
            case DType.BFloat16: Drive<Widened<OfFloat<TOp, float>, BFloat16>, BFloat16, BFloat16>(new(new(op)), x, y, z); break;
            default: Throw.NotImplementedFor(typeof(TOp).Name, x.dtype); break;
        }
    }

    internal static void Number<TOp>(TOp op, Tensor x, Tensor y, Tensor z) where TOp : struct, INumberZip<TOp>
    {
        switch (x.dtype)
        {
            case DType.Float32: Drive<OfNumber<TOp, float>, float, float>(new(op), x, y, z); break;
            case DType.Float64: Drive<OfNumber<TOp, double>, double, double>(new(op), x, y, z); break;
            case DType.Int64: Drive<OfNumber<TOp, long>, long, long>(new(op), x, y, z); break;
            case DType.Int32: Drive<OfNumber<TOp, int>, int, int>(new(op), x, y, z); break;
            case DType.Int16: Drive<OfNumber<TOp, short>, short, short>(new(op), x, y, z); break;
            case DType.Int8: Drive<OfNumber<TOp, sbyte>, sbyte, sbyte>(new(op), x, y, z); break;
            case DType.UInt8: Drive<OfNumber<TOp, byte>, byte, byte>(new(op), x, y, z); break;
            case DType.Bool: Drive<OfBool<TOp>, byte, byte>(new(op), x, y, z); break;
            case DType.Float16: Drive<Widened<OfNumber<TOp, float>, Half>, Half, Half>(new(new(op)), x, y, z); break;
            case DType.BFloat16: Drive<Widened<OfNumber<TOp, float>, BFloat16>, BFloat16, BFloat16>(new(new(op)), x, y, z); break;
            // An operation that takes complex numbers and states no kernel for them treats both parts alike.
            case DType.Complex64 or DType.Complex128: Number(op, Pairs.Of(x), Pairs.Of(y), Pairs.Of(z)); break;
        }
    }

    internal static void Bits<TOp>(TOp op, Tensor x, Tensor y, Tensor z) where TOp : struct, IBitZip<TOp>
    {
        switch (x.dtype)
        {
            case DType.Int64: Drive<OfBits<TOp, long>, long, long>(new(op), x, y, z); break;
            case DType.Int32: Drive<OfBits<TOp, int>, int, int>(new(op), x, y, z); break;
            case DType.Int16: Drive<OfBits<TOp, short>, short, short>(new(op), x, y, z); break;
            case DType.Int8: Drive<OfBits<TOp, sbyte>, sbyte, sbyte>(new(op), x, y, z); break;
            case DType.UInt8 or DType.Bool: Drive<OfBits<TOp, byte>, byte, byte>(new(op), x, y, z); break;
            default: Throw.NotImplementedFor(typeof(TOp).Name, x.dtype); break;
        }
    }

    internal static void Compare<TOp>(TOp op, Tensor x, Tensor y, Tensor z) where TOp : struct, ICompare<TOp>
    {
        switch (x.dtype)
        {
            case DType.Float32: Drive<OfCompare<TOp, float>, float, bool>(new(op), x, y, z); break;
            case DType.Float64: Drive<OfCompare<TOp, double>, double, bool>(new(op), x, y, z); break;
            case DType.Int64: Drive<OfCompare<TOp, long>, long, bool>(new(op), x, y, z); break;
            case DType.Int32: Drive<OfCompare<TOp, int>, int, bool>(new(op), x, y, z); break;
            case DType.Int16: Drive<OfCompare<TOp, short>, short, bool>(new(op), x, y, z); break;
            case DType.Int8: Drive<OfCompare<TOp, sbyte>, sbyte, bool>(new(op), x, y, z); break;
            case DType.UInt8 or DType.Bool: Drive<OfCompare<TOp, byte>, byte, bool>(new(op), x, y, z); break;
            case DType.Float16: Drive<WidenedCompare<OfCompare<TOp, float>, Half>, Half, bool>(new(new(op)), x, y, z); break;
            case DType.BFloat16: Drive<WidenedCompare<OfCompare<TOp, float>, BFloat16>, BFloat16, bool>(new(new(op)), x, y, z); break;
        }
    }

    /// <summary>z = kernel(x, y); x and y broadcast to z's shape, z is dense and may be x.</summary>
    internal static void Drive<TKernel, TIn, TOut>(TKernel kernel, Tensor x, Tensor y, Tensor z)
        where TKernel : struct, IZipKernel<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        long n = z.layout.Count;
        if (n == 0) return;
        if (Aligned(x.layout, z.layout) && Aligned(y.layout, z.layout))
        {
            if (n > Grain)
            {
                bool streams = Streaming.Pays(n * (2 * Unsafe.SizeOf<TIn>() + Unsafe.SizeOf<TOut>())) && z.storage != x.storage
                    && z.storage != y.storage;
                Parallel.Sweep(n, Map.GrainOf(n, Grain), new Direct<TKernel, TIn, TOut>(kernel, x, y, z, streams));
                return;
            }
            kernel.Run(x.storage.Span<TIn>(x.layout.Offset, n), y.storage.Span<TIn>(y.layout.Offset, n),
                z.storage.Span<TOut>(z.layout.Offset, n));
            return;
        }
        if (y.layout.Count == 1 && Aligned(x.layout, z.layout))
            Parallel.Sweep(n, Map.GrainOf(n, Grain), new WithNumber<TKernel, TIn, TOut>(kernel, x, y, z, false));
        else if (x.layout.Count == 1 && Aligned(y.layout, z.layout))
            Parallel.Sweep(n, Map.GrainOf(n, Grain), new WithNumber<TKernel, TIn, TOut>(kernel, y, x, z, true));
        else Spread<TKernel, TIn, TOut>(kernel, x, y, z);
    }

    private static void Spread<TKernel, TIn, TOut>(TKernel kernel, Tensor x, Tensor y, Tensor z)
        where TKernel : struct, IZipKernel<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        long n = z.layout.Count;
        Plan plan = new(z.layout, x.layout, y.layout);
        bool first = RowRepeats<TIn>(plan, plan.X, plan.Y);
        if (first || RowRepeats<TIn>(plan, plan.Y, plan.X))
        {
            Parallel.Sweep(n, Map.GrainOf(n, Grain), new ByStrip<TKernel, TIn, TOut>(kernel, x, y, z, plan, first));
            return;
        }
        if (plan.Inner >= Least && plan.X[^1] is 0 or 1 && plan.Y[^1] is 0 or 1)
            Parallel.Sweep(n, Map.GrainOf(n, Grain), new ByRow<TKernel, TIn, TOut>(kernel, x, y, z, plan));
        else Parallel.Sweep(n, Grain, new Strided<TKernel, TIn, TOut>(kernel, x, y, z, plan));
    }

    /// <summary>The operand's memory, read from its start, goes in step with the result's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Aligned(Layout x, Layout z) => ReferenceEquals(x, z)
        || (x.IsDense && x.Count == z.Count && ((x.IsContiguous && z.IsContiguous) || (x.SameShape(z) && x.SameStrides(z))));

    private readonly struct Direct<TKernel, TIn, TOut>(TKernel kernel, Tensor x, Tensor y, Tensor z, bool streams) : IRange
        where TKernel : struct, IZipKernel<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            long n = to - from;
            if (streams) Streaming.Wanted = true;
            kernel.Run(x.storage.Span<TIn>(x.layout.Offset + from, n), y.storage.Span<TIn>(y.layout.Offset + from, n),
                z.storage.Span<TOut>(z.layout.Offset + from, n));
            if (streams) Streaming.End();
        }
    }

    /// <summary>Elements of an eighth of a first-level cache.</summary>
    private static int Room<T>() where T : unmanaged => (1 << 12) / Unsafe.SizeOf<T>();

    /// <summary>Whether one operand has the same row for many rows of the other, which follow each other in memory.</summary>
    private static bool RowRepeats<TIn>(Plan plan, long[] row, long[] full) where TIn : unmanaged
    {
        int rank = plan.Sizes.Length;
        if (rank < 2 || plan.Inner > int.MaxValue || row[^1] != 1 || row[^2] != 0) return false;
        // What changes now and then is copied each time.
        if (rank > 2 && (plan.Inner > Room<TIn>() / 2 || plan.Sizes[^2] < 4)) return false;
        long step = 1;
        for (int d = rank - 1; d >= 0; d--)
        {
            if (full[d] != step) return false;
            step *= plan.Sizes[d];
        }
        return true;
    }

    /// <summary>One operand has the same row for many rows of the other: repeated in the first-level cache, it makes few long rows of
    /// many.</summary>
    private readonly struct ByStrip<TKernel, TIn, TOut>(TKernel kernel, Tensor x, Tensor y, Tensor z, Plan plan, bool first) : IRange
        where TKernel : struct, IZipKernel<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Tensor single = first ? x : y, full = first ? y : x;
            int row = (int)plan.Inner;
            long same = plan.Sizes[^2] * row;
            int rows = (int)Math.Min(Room<TIn>() / row, Math.Min(plan.Sizes[^2], (to - from) / row + 2));
            Span<TIn> repeated = stackalloc TIn[rows > 1 ? rows * row : 0];
            while (from < to)
            {
                (long outer, long place) = Math.DivRem(from, same);
                ReadOnlySpan<TIn> one = single.storage.Span<TIn>(single.layout.Offset + Start(outer), row);
                for (int i = 0; i < repeated.Length; i += row) one.CopyTo(repeated[i..]);
                ReadOnlySpan<TIn> strip = rows > 1 ? repeated : one;
                long end = Math.Min(to, from + same - place);
                int skip = (int)(place % row);
                for (int n; from < end; from += n, skip = 0)
                {
                    n = (int)Math.Min(end - from, strip.Length - skip);
                    ReadOnlySpan<TIn> direct = full.storage.Span<TIn>(full.layout.Offset + from, n), other = strip.Slice(skip, n);
                    Span<TOut> result = z.storage.Span<TOut>(z.layout.Offset + from, n);
                    if (first) kernel.Run(other, direct, result);
                    else kernel.Run(direct, other, result);
                }
            }
        }

        /// <summary>Where the row for one index of all dimensions but the last two begins.</summary>
        private long Start(long outer)
        {
            long[] strides = first ? plan.X : plan.Y;
            long at = 0;
            for (int d = strides.Length - 3; d >= 0; d--)
            {
                (outer, long i) = Math.DivRem(outer, plan.Sizes[d]);
                at += i * strides[d];
            }
            return at;
        }
    }

    /// <summary>One operand is a single number, repeated in a buffer that stays in the first-level cache.</summary>
    private readonly struct WithNumber<TKernel, TIn, TOut>(TKernel kernel, Tensor x, Tensor number, Tensor z, bool swap) : IRange
        where TKernel : struct, IZipKernel<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Span<TIn> repeated = stackalloc TIn[(int)Math.Min(to - from, Chunk)];
            repeated.Fill(number.storage.At<TIn>(number.layout.Offset));
            for (; from < to; from += repeated.Length)
            {
                int n = (int)Math.Min(to - from, repeated.Length);
                ReadOnlySpan<TIn> direct = x.storage.Span<TIn>(x.layout.Offset + from, n), other = repeated[..n];
                Span<TOut> result = z.storage.Span<TOut>(z.layout.Offset + from, n);
                if (swap) kernel.Run(other, direct, result);
                else kernel.Run(direct, other, result);
            }
        }
    }

    private readonly struct Strided<TKernel, TIn, TOut>(TKernel kernel, Tensor x, Tensor y, Tensor z, Plan plan) : IRange
        where TKernel : struct, IZipKernel<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            int rank = plan.Sizes.Length;
            int size = (int)Math.Min(to - from, Chunk);
            Span<TIn> xBuffer = stackalloc TIn[size], yBuffer = stackalloc TIn[size];
            Span<long> index = stackalloc long[2 * rank];
            Walker<TIn> xs = new(x, plan.Sizes, plan.X, index[..rank], from), ys = new(y, plan.Sizes, plan.Y, index[rank..], from);
            while (from < to)
            {
                int n = (int)Math.Min(to - from, size);
                kernel.Run(xs.Next(n, xBuffer), ys.Next(n, yBuffer), z.storage.Span<TOut>(z.layout.Offset + from, n));
                from += n;
            }
        }
    }

    /// <summary>Rows: an operand's lies in its memory, or is one number repeated.</summary>
    private readonly struct ByRow<TKernel, TIn, TOut>(TKernel kernel, Tensor x, Tensor y, Tensor z, Plan plan) : IRange
        where TKernel : struct, IZipKernel<TIn, TOut> where TIn : unmanaged where TOut : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            int rank = plan.Sizes.Length;
            Span<TIn> xNumber = stackalloc TIn[plan.X[^1] == 0 ? Repeats : 0], yNumber = stackalloc TIn[plan.Y[^1] == 0 ? Repeats : 0];
            Span<long> index = stackalloc long[2 * rank];
            Walker<TIn> xs = new(x, plan.Sizes, plan.X, index[..rank], from), ys = new(y, plan.Sizes, plan.Y, index[rank..], from);
            int step = xNumber.IsEmpty && yNumber.IsEmpty ? 1 << 30 : Repeats;
            while (from < to)
            {
                int row = (int)Math.Min(to - from, Math.Min(xs.Left, 1 << 30));
                if (xNumber.IsEmpty != yNumber.IsEmpty && (yNumber.IsEmpty
                    ? TKernel.RunNumber(ys.Row(0, row), xs.Here, z.storage.Span<TOut>(z.layout.Offset + from, row), true)
                    : TKernel.RunNumber(xs.Row(0, row), ys.Here, z.storage.Span<TOut>(z.layout.Offset + from, row), false)))
                {
                    xs.Advance(row);
                    ys.Advance(row);
                    from += row;
                    continue;
                }
                if (!xNumber.IsEmpty) xNumber[..Math.Min(row, Repeats)].Fill(xs.Here);
                if (!yNumber.IsEmpty) yNumber[..Math.Min(row, Repeats)].Fill(ys.Here);
                for (int done = 0; done < row; done += step)
                {
                    int n = Math.Min(step, row - done);
                    ReadOnlySpan<TIn> a = xNumber.IsEmpty ? xs.Row(done, n) : xNumber[..n];
                    ReadOnlySpan<TIn> b = yNumber.IsEmpty ? ys.Row(done, n) : yNumber[..n];
                    kernel.Run(a, b, z.storage.Span<TOut>(z.layout.Offset + from + done, n));
                }
                xs.Advance(row);
                ys.Advance(row);
                from += row;
            }
        }
    }

    private readonly struct OfFloat<TOp, T>(TOp op) : IZipKernel<T, T> where TOp : struct, IFloatZip<TOp> where T : unmanaged,
        IFloatingPointIeee754<T>
    {
        static bool IZipKernel<T, T>.RunNumber(ReadOnlySpan<T> x, T number, Span<T> z, bool swap) =>
            Ops.WithNumber<TOp, T>(x, number, z, swap);

        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) => op.Run(x, y, z);
    }

    private readonly struct OfNumber<TOp, T>(TOp op) : IZipKernel<T, T> where TOp : struct, INumberZip<TOp> where T : unmanaged, INumber<T>
    {
        static bool IZipKernel<T, T>.RunNumber(ReadOnlySpan<T> x, T number, Span<T> z, bool swap) =>
            Ops.WithNumber<TOp, T>(x, number, z, swap);

        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) => op.Run(x, y, z);
    }

    private readonly struct OfBool<TOp>(TOp op) : IZipKernel<byte, byte> where TOp : struct, INumberZip<TOp>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<byte> x, ReadOnlySpan<byte> y, Span<byte> z)
        {
            op.Run(x, y, z);
            for (int i = 0; i < z.Length; i++) z[i] = z[i] != 0 ? (byte)1 : (byte)0;
        }
    }

    private readonly struct OfBits<TOp, T>(TOp op) : IZipKernel<T, T> where TOp : struct, IBitZip<TOp> where T : unmanaged,
        IBinaryInteger<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) => op.Run(x, y, z);
    }

    private readonly struct OfCompare<TOp, T>(TOp op) : IZipKernel<T, bool> where TOp : struct, ICompare<TOp> where T : unmanaged,
        INumber<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z) => op.Run(x, y, z);
    }

    /// <summary>A kernel on 16-bit floats, computed in float32 and rounded once.</summary>
    private readonly struct Widened<TKernel, T>(TKernel kernel) : IZipKernel<T, T> where TKernel : struct, IZipKernel<float,
        float> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z)
        {
            Span<float> a = stackalloc float[Chunk], b = stackalloc float[Chunk];
            for (int i = 0; i < x.Length; i += Chunk)
            {
                int n = Math.Min(Chunk, x.Length - i);
                Narrow.ToSingle(x.Slice(i, n), a);
                Narrow.ToSingle(y.Slice(i, n), b);
                kernel.Run(a[..n], b[..n], a[..n]);
                Narrow.FromSingle(a[..n], z.Slice(i, n));
            }
        }
    }

    private readonly struct WidenedCompare<TKernel, T>(TKernel kernel) : IZipKernel<T, bool> where TKernel : struct, IZipKernel<float,
        bool> where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z)
        {
            Span<float> a = stackalloc float[Chunk], b = stackalloc float[Chunk];
            for (int i = 0; i < x.Length; i += Chunk)
            {
                int n = Math.Min(Chunk, x.Length - i);
                Narrow.ToSingle(x.Slice(i, n), a);
                Narrow.ToSingle(y.Slice(i, n), b);
                kernel.Run(a[..n], b[..n], z.Slice(i, n));
            }
        }
    }
}
