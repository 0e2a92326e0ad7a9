namespace Nabla.Kernels;

/// <summary>Views of memory.</summary>
internal static class Viewing
{
    /// <summary>The layout of another shape over the same memory, or null if the strides do not allow it.</summary>
    /// <remarks>Walks both shapes from the end; each run of operand dimensions that lie without gaps must be filled by whole result dimensions.</remarks>
    internal static Layout? Reshape(Layout x, long[] shape)
    {
        if (x.IsContiguous || x.Count == 0)
        {
            Layout plain = new(shape);
            return x.Offset == 0 ? plain : new Layout(shape, plain.strides, x.Offset);
        }
        long[] strides = new long[shape.Length];
        int to = shape.Length - 1;
        long run = 1, filled = 1, unit = x.strides[^1];
        for (int from = x.Rank - 1; from >= 0; from--)
        {
            run *= x.shape[from];
            bool ends = from == 0 || (x.shape[from - 1] != 1 && x.strides[from - 1] != run * unit);
            if (!ends) continue;
            for (; to >= 0 && (filled < run || shape[to] == 1); to--)
            {
                strides[to] = filled * unit;
                filled *= shape[to];
            }
            if (filled != run) return null;
            if (from == 0) break;
            (unit, run, filled) = (x.strides[from - 1], 1, 1);
        }
        return to == -1 ? new Layout(shape, strides, x.Offset) : null;
    }

    /// <summary>A layout that starts at 0 but is otherwise this one.</summary>
    internal static Layout Based(Layout x) => x.Offset == 0 ? x : new Layout(x.shape, x.strides, 0);

    /// <summary>The view as seen from a memory in which the root starts at 0.</summary>
    internal static Layout Relative(Layout root, Layout view) => root.Offset == 0 ? view : new Layout(view.shape, view.strides, view.Offset - root.Offset);

    /// <summary>x itself if its memory is laid out as the root from its first element on, else a copy that is.</summary>
    internal static Tensor InLayout(Tensor x, Layout root)
    {
        if (x.layout.Offset == 0 && x.layout.SameStrides(root) && x.layout.SameShape(root)) return x;
        Tensor y = Tensor.Allocate(Based(root), x.dtype);
        Copy.Run(x, y);
        return y;
    }

    /// <summary>Zeros laid out as the root, with x added at the view; elements that the view shows several times add up.</summary>
    internal static Tensor Put(Tensor x, Layout root, Layout view)
    {
        Tensor y = Tensor.Allocate(Based(root), x.dtype);
        Fill.Run(y, 0);
        Layout at = Relative(root, view);
        if (!at.MayOverlap) Copy.Run(x, y.Raw(at));
        else AddEach(x, y, at);
        return y;
    }

    private static void AddEach(Tensor x, Tensor y, Layout at)
    {
        Tensor from = Copy.Cast(Copy.Contiguous(x), DType.Float64), sum = Copy.Cast(y, DType.Float64);
        Span<double> values = from.Span<double>(), total = sum.storage.Span<double>(0, sum.storage.Bytes.Length / sizeof(double));
        for (int i = 0; i < values.Length; i++) total[(int)at.At(i)] += values[i];
        Copy.Run(sum, y);
    }
}
