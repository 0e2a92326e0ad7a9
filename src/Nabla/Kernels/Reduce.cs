using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla.Kernels;

/// <summary>Reductions over some dimensions. The order in which elements are combined depends on sizes only, never on the number of
/// threads.</summary>
internal static partial class Reduce
{
    /// <summary>The layout of a result: reduced dimensions are kept with size 1 or dropped.</summary>
    internal static Layout Shape(Layout x, Dims dims, bool keepDim)
    {
        if (dims.Count == x.Rank && !keepDim) return Layout.Scalar;
        long[] shape = new long[keepDim ? x.Rank : x.Rank - dims.Count];
        int at = 0;
        for (int d = -x.Rank; d < 0; d++)
        {
            if (!dims.Contains(d)) shape[at++] = x.shape[^-d];
            else if (keepDim) shape[at++] = 1;
        }
        return new Layout(shape);
    }

    /// <summary>The number of elements that each result combines.</summary>
    internal static long Count(Layout x, Dims dims)
    {
        long n = 1;
        foreach (int d in dims.Values) n *= x.shape[^-d];
        return n;
    }

    /// <summary>x as a row-major matrix: one row per result element, the reduced elements side by side, in order.</summary>
    internal static Tensor Rows(Tensor x, Dims dims)
    {
        Layout l = x.layout;
        long n = Count(l, dims), count = 1;
        long[] shape = new long[l.Rank], strides = new long[l.Rank];
        int kept = 0, reduced = l.Rank - dims.Count;
        for (int d = 0; d < l.Rank; d++)
        {
            bool isReduced = dims.Contains(d - l.Rank);
            ref int at = ref isReduced ? ref reduced : ref kept;
            (shape[at], strides[at]) = (l.shape[d], l.strides[d]);
            at++;
            if (!isReduced) count *= l.shape[d];
        }
        Tensor ordered = Copy.Contiguous(x.Raw(new Layout(shape, strides, l.Offset)));
        return ordered.Raw(new Layout([count, n], [Math.Max(n, 1), 1], ordered.layout.Offset));
    }

    /// <summary>A tensor's elements as [Outer, N, Inner] in its memory from its offset on; N is what is reduced.</summary>
    internal readonly record struct Box(long Outer, long N, long Inner)
    {
        /// <summary>From one of the N to the next.</summary>
        internal long Pitch { get; init; } = Inner;
    }

    /// <summary>How a reduction sees x without a copy; false if no such box exists.</summary>
    internal static bool TryBox(Layout x, Dims dims, out Box box)
    {
        if (dims.Count == x.Rank && x.IsDense)
        {
            box = new(1, x.Count, 1);
            return true;
        }
        return (x.IsContiguous && Middle(x, dims, out box)) || Ordered(x, dims, true, out box) || Ordered(x, dims, false, out box);
    }

    /// <summary>Row-major memory with neighbouring reduced dimensions.</summary>
    private static bool Middle(Layout x, Dims dims, out Box box)
    {
        long outer = 1, n = 1, inner = 1;
        int state = 0;
        for (int d = x.Rank - 1; d >= 0; d--)
        {
            if (x.shape[d] == 1) continue;
            bool reduced = dims.Contains(d - x.Rank);
            if (reduced && state == 0) state = 1;
            else if (!reduced && state == 1) state = 2;
            else if (reduced && state == 2)
            {
                box = default;
                return false;
            }
            if (state == 0) inner *= x.shape[d];
            else if (state == 1) n *= x.shape[d];
            else outer *= x.shape[d];
        }
        box = new(outer, n, inner);
        return true;
    }

    /// <summary>Memory that is row-major once the reduced dimensions are moved behind (or before) the kept ones.</summary>
    private static bool Ordered(Layout x, Dims dims, bool reducedLast, out Box box)
    {
        long run = 1, first = 1;
        for (int pass = 0; pass < 2; pass++)
        {
            for (int d = x.Rank - 1; d >= 0; d--)
            {
                if (x.shape[d] == 1 || dims.Contains(d - x.Rank) != (reducedLast == (pass == 0))) continue;
                if (x.strides[d] != run)
                {
                    box = default;
                    return false;
                }
                run *= x.shape[d];
            }
            if (pass == 0) first = run;
        }
        long second = first == 0 ? 0 : run / first;
        box = reducedLast ? new(second, first, 1) : new(1, second, first);
        return x.Count > 0;
    }

    /// <summary>Rows that lie evenly, but with gaps between them, reduced to one.</summary>
    private static bool Apart(Layout x, Dims dims, out Box box)
    {
        box = default;
        if (x.Rank < 2 || dims.Count != x.Rank - 1 || dims.Contains(-1) || x.strides[^1] != 1 || x.shape[^1] == 1) return false;
        Span<int> order = stackalloc int[x.Rank];
        int count = 0;
        for (int d = x.Rank - 2; d >= 0; d--)
        {
            if (x.shape[d] == 1) continue;
            int at = count++;
            for (; at > 0 && x.strides[order[at - 1]] > x.strides[d]; at--) order[at] = order[at - 1];
            order[at] = d;
        }
        if (count == 0) return false;
        long n = 1, pitch = x.strides[order[0]];
        foreach (int d in order[..count])
        {
            if (x.strides[d] != n * pitch) return false;
            n *= x.shape[d];
        }
        box = new(1, n, x.shape[^1]) { Pitch = pitch };
        return pitch >= x.shape[^1];
    }

    internal static Tensor Sum(Tensor x, Dims dims, bool keepDim)
    {
        switch (x.dtype)
        {
            case DType.Float32: return Fold<SumFloat, float, double>(x, dims, keepDim);
            case DType.Float64: return Fold<SumOf<double>, double, double>(x, dims, keepDim);
            case DType.Int64: return Fold<SumOf<long>, long, long>(x, dims, keepDim);
            case DType.Int32: return Fold<SumOf<int>, int, int>(x, dims, keepDim);
            case DType.Int16: return Fold<SumOf<short>, short, short>(x, dims, keepDim);
            case DType.Int8: return Fold<SumOf<sbyte>, sbyte, sbyte>(x, dims, keepDim);
            case DType.UInt8: return Fold<SumOf<byte>, byte, byte>(x, dims, keepDim);
            case DType.Bool: return Any(x, dims, keepDim);
            case DType.Float16: return SumHalves<Half>(x, dims, keepDim);
            default: return SumHalves<BFloat16>(x, dims, keepDim);
        }
    }

    internal static Tensor Prod(Tensor x, Dims dims, bool keepDim)
    {
        switch (x.dtype)
        {
            case DType.Float32: return Fold<ProdOf<float>, float, float>(x, dims, keepDim);
            case DType.Float64: return Fold<ProdOf<double>, double, double>(x, dims, keepDim);
            case DType.Int64: return Fold<ProdOf<long>, long, long>(x, dims, keepDim);
            case DType.Int32: return Fold<ProdOf<int>, int, int>(x, dims, keepDim);
            case DType.Int16: return Fold<ProdOf<short>, short, short>(x, dims, keepDim);
            case DType.Int8: return Fold<ProdOf<sbyte>, sbyte, sbyte>(x, dims, keepDim);
            case DType.UInt8: return Fold<ProdOf<byte>, byte, byte>(x, dims, keepDim);
            case DType.Bool: return All(x, dims, keepDim);
            default: return Copy.Cast(Prod(Copy.Cast(x, DType.Float32), dims, keepDim), x.dtype);
        }
    }

    /// <summary>The largest (or smallest) elements; NaN wins.</summary>
    internal static Tensor Extreme(Tensor x, Dims dims, bool keepDim, bool max) => max ? Max(x, dims, keepDim) : Min(x, dims, keepDim);

    private static Tensor Max(Tensor x, Dims dims, bool keepDim)
    {
        switch (x.dtype)
        {
            case DType.Float32: return Fold<MaxOf<float>, float, float>(x, dims, keepDim);
            case DType.Float64: return Fold<MaxOf<double>, double, double>(x, dims, keepDim);
            case DType.Int64: return Fold<MaxOf<long>, long, long>(x, dims, keepDim);
            case DType.Int32: return Fold<MaxOf<int>, int, int>(x, dims, keepDim);
            case DType.Int16: return Fold<MaxOf<short>, short, short>(x, dims, keepDim);
            case DType.Int8: return Fold<MaxOf<sbyte>, sbyte, sbyte>(x, dims, keepDim);
            case DType.UInt8 or DType.Bool: return Fold<MaxOf<byte>, byte, byte>(x, dims, keepDim);
            default: return Copy.Cast(Max(Copy.Cast(x, DType.Float32), dims, keepDim), x.dtype);
        }
    }

    private static Tensor Min(Tensor x, Dims dims, bool keepDim)
    {
        switch (x.dtype)
        {
            case DType.Float32: return Fold<MinOf<float>, float, float>(x, dims, keepDim);
            case DType.Float64: return Fold<MinOf<double>, double, double>(x, dims, keepDim);
            case DType.Int64: return Fold<MinOf<long>, long, long>(x, dims, keepDim);
            case DType.Int32: return Fold<MinOf<int>, int, int>(x, dims, keepDim);
            case DType.Int16: return Fold<MinOf<short>, short, short>(x, dims, keepDim);
            case DType.Int8: return Fold<MinOf<sbyte>, sbyte, sbyte>(x, dims, keepDim);
            case DType.UInt8 or DType.Bool: return Fold<MinOf<byte>, byte, byte>(x, dims, keepDim);
            default: return Copy.Cast(Min(Copy.Cast(x, DType.Float32), dims, keepDim), x.dtype);
        }
    }

    /// <summary>Whether one element is not zero: bool.</summary>
    internal static Tensor Any(Tensor x, Dims dims, bool keepDim) => Fold<MaxOf<byte>, byte, byte>(Copy.Cast(x, DType.Bool), dims, keepDim);

    /// <summary>Whether every element is not zero: bool.</summary>
    internal static Tensor All(Tensor x, Dims dims, bool keepDim) =>
        Fold<MinOf<byte>, byte, byte>(Copy.Cast(x, DType.Bool), dims, keepDim, 1);

    /// <summary>The sum divided by the number of elements, for floating-point dtypes.</summary>
    internal static Tensor Mean(Tensor x, Dims dims, bool keepDim)
    {
        if (x.dtype.Accumulator() != x.dtype) return Copy.Cast(Mean(Copy.Cast(x, DType.Float32), dims, keepDim), x.dtype);
        long n = Count(x.layout, dims);
        Tensor y = Sum(x, dims, keepDim);
        if (x.dtype == DType.Float32) TensorPrimitives.Divide(y.Span<float>(), n, y.Span<float>());
        else TensorPrimitives.Divide(y.Span<double>(), n, y.Span<double>());
        return y;
    }

    /// <summary>Combines the elements of each row, column or box; empty ones give the fold's identity, or
    /// <paramref name="empty"/>.</summary>
    private static Tensor Fold<TFold, T, TAcc>(Tensor x, Dims dims, bool keepDim, T? empty = null)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        Tensor y = Tensor.Allocate(Shape(x.layout, dims, keepDim), x.dtype);
        if (x.layout.Count == 0)
        {
            y.Span<T>().Fill(empty ?? TFold.Identity);
            return y;
        }
        if (!TryBox(x.layout, dims, out Box box) && !Apart(x.layout, dims, out box))
        {
            int tail = 0;
            while (dims.Contains(-tail - 1)) tail++;
            if (TFold.Plain && x.layout.IsContiguous && tail > 0 && Count(x.layout, Dims.All(tail)) > 1)
            {
                // Reduced dimensions on both sides of kept ones: the last ones first, where they lie side by side.
                x = Fold<TFold, T, TAcc>(x, Dims.All(tail), true);
                return Raw(Fold<TFold, T, TAcc>(x, dims, keepDim), y.layout);
            }
            x = Rows(x, dims);
            box = new(x.layout.shape[0], x.layout.shape[1], 1);
        }
        if (box.Inner == 1) FoldRows<TFold, T, TAcc>(x, y, box.Outer, box.N);
        else FoldColumns<TFold, T, TAcc>(x, y, box);
        return y;
    }

    private static Tensor Raw(Tensor y, Layout layout) => y.layout.SameShape(layout) ? y : y.Raw(layout);
}
