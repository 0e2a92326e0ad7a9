using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>
/// Blocks of a tensor chosen by a list of positions: y[o, j, i] = x[o, at[j], i]. The indexed dimensions count as one, in row-major order;
/// dimensions before them are o, dimensions after them i.
/// </summary>
internal static partial class Indexing
{
    private const long Grain = 1 << 15;

    /// <summary>Where the blocks lie: one per outer position and index.</summary>
    private sealed class Blocks
    {
        internal readonly long[] OuterSizes, OuterStrides, At;
        internal readonly long Offset, Inner, Stride, Outer;

        /// <param name="x">The indexed layout, without batch dimensions.</param>
        /// <param name="dims">The indexed dimensions, counted from the end.</param>
        /// <param name="tail">How many of the others come after the index.</param>
        /// <param name="index">Positions in the indexed dimensions.</param>
        internal Blocks(Layout x, Dims dims, int tail, ReadOnlySpan<long> index)
        {
            List<int> others = [];
            for (int d = 0; d < x.Rank; d++)
                if (!dims.Contains(d - x.Rank)) others.Add(d);
            int[] outer = [.. others[..^tail]];
            OuterSizes = Array.ConvertAll(outer, d => x.shape[d]);
            OuterStrides = Array.ConvertAll(outer, d => x.strides[d]);
            Outer = Layout.Elements(OuterSizes);
            (Inner, Stride) = Merge(x, others[^tail..])!.Value;
            Offset = x.Offset;
            At = Offsets(x, dims, index);
        }

        private static long[] Offsets(Layout x, Dims dims, ReadOnlySpan<long> index)
        {
            long[] at = new long[index.Length];
            int[] d = dims.Values;
            if (d.Length == 1)
            {
                long stride = x.strides[^-d[0]];
                for (int j = 0; j < at.Length; j++) at[j] = index[j] * stride;
                return at;
            }
            for (int j = 0; j < at.Length; j++)
            {
                long rest = index[j];
                for (int k = d.Length - 1; k >= 0; k--)
                {
                    (rest, long i) = Math.DivRem(rest, x.shape[^-d[k]]);
                    at[j] += i * x.strides[^-d[k]];
                }
            }
            return at;
        }

        internal long Begin(long outer)
        {
            long at = Offset;
            for (int d = OuterSizes.Length - 1; d >= 0; d--)
            {
                (outer, long k) = Math.DivRem(outer, OuterSizes[d]);
                at += k * OuterStrides[d];
            }
            return at;
        }
    }

    /// <summary>Some dimensions as one: its size and stride, or null if they do not lie evenly.</summary>
    private static (long Size, long Stride)? Merge(Layout x, List<int> dims)
    {
        long size = 1, stride = 1;
        for (int i = dims.Count - 1; i >= 0; i--)
        {
            long n = x.shape[dims[i]], s = x.strides[dims[i]];
            if (n == 1) continue;
            if (size == 1) stride = s;
            else if (s != size * stride) return n == 0 ? (0, 1) : null;
            size *= n;
        }
        return (size, stride);
    }

    private static bool Even(Layout x, Dims dims, int tail)
    {
        List<int> others = [];
        for (int d = 0; d < x.Rank; d++)
            if (!dims.Contains(d - x.Rank)) others.Add(d);
        return Merge(x, others[^tail..]) is not null;
    }

    /// <summary>The shape of the result: batch, dimensions before, those of the index, dimensions after.</summary>
    internal static long[] Shape(Layout x, Dims dims, int tail, Layout index, int indexRank)
    {
        int batch = index.Rank - indexRank;
        List<long> others = [];
        for (int d = batch; d < x.Rank; d++)
            if (!dims.Contains(d - x.Rank)) others.Add(x.shape[d]);
        return [.. x.shape[..batch], .. others[..^tail], .. index.shape[batch..], .. others[^tail..]];
    }

    /// <summary>The chosen blocks.</summary>
    internal static Tensor Take(Tensor x, Dims dims, int tail, Tensor index, int indexRank)
    {
        Tensor y = Tensor.Allocate(new Layout(Shape(x.layout, dims, tail, index.layout, indexRank)), x.dtype);
        if (y.layout.Count == 0) return y;
        if (!Even(x.layout, dims, tail))
        {
            (Layout ordered, dims) = Ordered(x.layout, dims, tail);
            x = Row(x.Raw(ordered));
        }
        index = Copy.Contiguous(index);
        int batch = index.Rank - indexRank;
        long n = Layout.Elements(index.layout.shape.AsSpan(batch)),
            step = y.layout.Count / Layout.Elements(y.layout.shape.AsSpan(0, batch));
        for (long b = 0; b * step < y.layout.Count; b++)
        {
            Blocks blocks = new(Part(x.layout, batch, b), dims, tail, index.storage.Span<long>(index.layout.Offset + b * n, n));
            switch (x.dtype.ItemSize())
            {
                case 1: Run<byte>(x, blocks, y, b * step); break;
                case 2: Run<ushort>(x, blocks, y, b * step); break;
                case 4: Run<uint>(x, blocks, y, b * step); break;
                default: Run<ulong>(x, blocks, y, b * step); break;
            }
        }
        return y;
    }

    private static void Run<T>(Tensor x, Blocks blocks, Tensor y, long to) where T : unmanaged =>
        Parallel.For(blocks.Outer * blocks.At.Length, Math.Max(1, Grain / blocks.Inner), new TakeRows<T>(x, blocks, y, to));

    /// <summary>The layout of one member of a batch.</summary>
    private static Layout Part(Layout x, int batch, long b)
    {
        if (batch == 0) return x;
        long at = x.Offset;
        for (int d = batch - 1; d >= 0; d--)
        {
            (b, long k) = Math.DivRem(b, x.shape[d]);
            at += k * x.strides[d];
        }
        return new Layout(x.shape[batch..], x.strides[batch..], at);
    }

    private readonly struct TakeRows<T>(Tensor x, Blocks blocks, Tensor y, long to) : IRange where T : unmanaged
    {
        public void Run(long from, long end)
        {
            long inner = blocks.Inner, stride = blocks.Stride, count = blocks.At.Length;
            ref T target = ref y.storage.At<T>(to);
            (long o, long j) = Math.DivRem(from, count);
            long begin = blocks.Begin(o);
            for (long row = from; row < end; row++, j++)
            {
                if (j == count) (begin, j) = (blocks.Begin(++o), 0);
                if (inner == 1)
                {
                    int n = (int)Math.Min(end - row, count - j);
                    Elements(ref x.storage.At<T>(0), begin, blocks.At.AsSpan((int)j, n), ref Unsafe.Add(ref target, (nint)row));
                    row += n - 1;
                    j += n - 1;
                    continue;
                }
                long at = begin + blocks.At[j];
                if (stride == 1) x.storage.Span<T>(at, inner).CopyTo(y.storage.Span<T>(to + row * inner, inner));
                else
                {
                    ref T source = ref x.storage.At<T>(at);
                    for (long i = 0; i < inner; i++) Unsafe.Add(ref target, (nint)(row * inner + i)) = Unsafe.Add(ref source,
                        (nint)(i * stride));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Elements<T>(ref T source, long begin, ReadOnlySpan<long> at, ref T target) where T : unmanaged
    {
        for (int i = 0; i < at.Length; i++) Unsafe.Add(ref target, i) = Unsafe.Add(ref source, (nint)(begin + at[i]));
    }

    /// <summary>
    /// Writes values, laid out as <see cref="Take"/> returns them, into the chosen blocks of y, or adds them. Of several writes to one
    /// place
    /// the last in index order stays.
    /// </summary>
    internal static void Put(Tensor y, Dims dims, int tail, Tensor index, int indexRank, Tensor values, bool accumulate)
    {
        if (values.layout.Count == 0) return;
        bool narrow = accumulate && y.dtype is DType.Float16 or DType.BFloat16;
        if ((accumulate && narrow) || !Even(y.layout, dims, tail))
        {
            (Layout ordered, Dims places) = Ordered(y.layout, dims, tail);
            Tensor target = y.Raw(ordered), wide = Row(narrow ? Copy.Cast(target, DType.Float32) : target);
            Put(wide, places, tail, index, indexRank, Copy.Cast(values, wide.dtype), accumulate);
            Copy.Run(wide, target);
            return;
        }
        values = Copy.Contiguous(values);
        index = Copy.Contiguous(index);
        int batch = index.Rank - indexRank;
        long n = Layout.Elements(index.layout.shape.AsSpan(batch));
        long step = values.layout.Count / Layout.Elements(values.layout.shape.AsSpan(0, batch));
        for (long b = 0; b * step < values.layout.Count; b++)
        {
            Blocks blocks = new(Part(y.layout, batch, b), dims, tail, index.storage.Span<long>(index.layout.Offset + b * n, n));
            if (accumulate) Add(y, blocks, values, values.layout.Offset + b * step);
            else Set(y, blocks, values, values.layout.Offset + b * step);
        }
    }

    /// <summary>The same memory with the indexed dimensions directly before the last <paramref name="tail"/> others, and where they are
    /// then.</summary>
    private static (Layout, Dims) Ordered(Layout x, Dims dims, int tail)
    {
        List<int> order = [];
        for (int d = 0; d < x.Rank; d++)
            if (!dims.Contains(d - x.Rank)) order.Add(d);
        int[] indexed = Array.ConvertAll(dims.Values, d => d + x.Rank), places = new int[indexed.Length];
        order.InsertRange(order.Count - tail, indexed);
        for (int k = 0; k < places.Length; k++) places[k] = k - places.Length - tail;
        return (new Layout([.. order.Select(d => x.shape[d])], [.. order.Select(d => x.strides[d])], x.Offset), new Dims(places));
    }

    /// <summary>A row-major copy.</summary>
    private static Tensor Row(Tensor x)
    {
        Tensor y = Tensor.Allocate(new Layout(x.layout.shape), x.dtype);
        Copy.Run(x, y);
        return y;
    }

    private static void Set(Tensor y, Blocks blocks, Tensor values, long from)
    {
        switch (y.dtype.ItemSize())
        {
            case 1: Drive<byte, SetRow<byte>>(y, blocks, values, from); break;
            case 2: Drive<ushort, SetRow<ushort>>(y, blocks, values, from); break;
            case 4: Drive<uint, SetRow<uint>>(y, blocks, values, from); break;
            default: Drive<ulong, SetRow<ulong>>(y, blocks, values, from); break;
        }
    }

    private static void Add(Tensor y, Blocks blocks, Tensor values, long from)
    {
        switch (y.dtype)
        {
            case DType.Bool: Drive<byte, OrRow>(y, blocks, values, from); break;
            case DType.UInt8: Drive<byte, AddRow<byte>>(y, blocks, values, from); break;
            case DType.Int8: Drive<sbyte, AddRow<sbyte>>(y, blocks, values, from); break;
            case DType.Int16: Drive<short, AddRow<short>>(y, blocks, values, from); break;
            case DType.Int32: Drive<int, AddRow<int>>(y, blocks, values, from); break;
            case DType.Int64: Drive<long, AddRow<long>>(y, blocks, values, from); break;
            case DType.Float32: Drive<float, AddRow<float>>(y, blocks, values, from); break;
            case DType.Float64: Drive<double, AddRow<double>>(y, blocks, values, from); break;
        }
    }

    // Chunks are ranges of columns of one outer position: several indices may name one block, so that rows are never split between threads.
    private static void Drive<T, TRow>(Tensor y, Blocks blocks, Tensor values, long from) where T : unmanaged where TRow : struct, IRow<T>
    {
        long width = Math.Clamp(Grain / blocks.At.Length, 64, Math.Max(64, blocks.Inner));
        long strips = (blocks.Inner + width - 1) / width;
        long work = blocks.At.Length * Math.Min(width, blocks.Inner);
        Parallel.For(blocks.Outer * strips, Math.Max(1, Grain / work), new PutStrips<T, TRow>(y, blocks, values, from, width, strips));
    }

    private interface IRow<T> where T : unmanaged
    {
        static abstract T One(T old, T value);
        static abstract void Row(ReadOnlySpan<T> values, Span<T> y);
    }

    private readonly struct SetRow<T> : IRow<T> where T : unmanaged
    {
        public static T One(T old, T value) => value;
        public static void Row(ReadOnlySpan<T> values, Span<T> y) => values.CopyTo(y);
    }

    private readonly struct AddRow<T> : IRow<T> where T : unmanaged, INumber<T>
    {
        public static T One(T old, T value) => old + value;
        public static void Row(ReadOnlySpan<T> values, Span<T> y) => TensorPrimitives.Add(y, values, y);
    }

    private readonly struct OrRow : IRow<byte>
    {
        public static byte One(byte old, byte value) => (byte)(old | value);
        public static void Row(ReadOnlySpan<byte> values, Span<byte> y) => TensorPrimitives.BitwiseOr(y, values, y);
    }

    /// <summary>How many blocks before its turn one is fetched: they lie anywhere, so that no hardware foresees them.</summary>
    private const int Ahead = 8;

    private readonly struct PutStrips<T, TRow>(Tensor y, Blocks blocks, Tensor values, long from, long width, long strips) : IRange
        where T : unmanaged where TRow : struct, IRow<T>
    {
        public void Run(long first, long last)
        {
            for (long chunk = first; chunk < last; chunk++)
            {
                (long o, long strip) = Math.DivRem(chunk, strips);
                long begin = blocks.Begin(o), c = strip * width, n = Math.Min(width, blocks.Inner - c);
                if (blocks.Inner == 1)
                {
                    Elements(ref values.storage.At<T>(from + o * blocks.At.Length), ref y.storage.At<T>(0), begin);
                    continue;
                }
                for (long j = 0; j < blocks.At.Length; j++)
                {
                    if (blocks.Stride == 1 && j + Ahead < blocks.At.Length)
                        Prefetch.Piece(ref y.storage.At<T>(begin + blocks.At[j + Ahead] + c), n);
                    long at = begin + blocks.At[j] + c * blocks.Stride, source = from + (o * blocks.At.Length + j) * blocks.Inner + c;
                    if (blocks.Stride == 1) TRow.Row(values.storage.Span<T>(source, n), y.storage.Span<T>(at, n));
                    else
                    {
                        ref T target = ref y.storage.At<T>(at);
                        for (long i = 0; i < n; i++)
                        {
                            ref T place = ref Unsafe.Add(ref target, (nint)(i * blocks.Stride));
                            place = TRow.One(place, values.storage.At<T>(source + i));
                        }
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Elements(ref T source, ref T target, long begin)
        {
            ReadOnlySpan<long> at = blocks.At;
            for (int j = 0; j < at.Length; j++)
            {
                ref T place = ref Unsafe.Add(ref target, (nint)(begin + at[j]));
                place = TRow.One(place, Unsafe.Add(ref source, j));
            }
        }
    }
}
