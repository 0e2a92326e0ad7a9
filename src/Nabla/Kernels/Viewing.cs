namespace Nabla.Kernels;

/// <summary>Views of memory.</summary>
internal static class Viewing
{
    /// <summary>The layout of another shape over the same memory, or null if the strides do not allow it.</summary>
    /// <remarks>Walks both shapes from the end; each run of operand dimensions that lie without gaps must be filled by whole result
    /// dimensions.</remarks>
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
    internal static Layout Relative(Layout root, Layout view) =>
        root.Offset == 0 ? view : new Layout(view.shape, view.strides, view.Offset - root.Offset);

    /// <summary>x itself if its memory is laid out as the root from its first element on, else a copy that is.</summary>
    internal static Tensor InLayout(Tensor x, Layout root)
    {
        if (x.layout.Offset == 0 && x.layout.SameStrides(root) && x.layout.SameShape(root)) return x;
        Tensor y = Room(root, x.dtype);
        Copy.Run(x, y);
        return y;
    }

    /// <summary>Memory laid out as the root from its first element on; gaps between its elements hold zeros.</summary>
    internal static Tensor Room(Layout root, DType dtype)
    {
        Layout based = Based(root);
        if (based.IsDense) return Tensor.Allocate(based, dtype);
        Tensor y = new(Storage.AllocateLarge(based.End, based, dtype), based, dtype);
        y.storage.Data.Clear();
        return y;
    }

    /// <summary>Zeros laid out as the root, with x added at the view; elements that the view shows several times add up.</summary>
    internal static Tensor Put(Tensor x, Layout root, Layout view)
    {
        Tensor y = Room(root, x.dtype);
        Fill.Run(y, 0);
        Layout at = Relative(root, view);
        if (!at.MayOverlap) Copy.Run(x, y.Raw(at));
        else if (x.dtype == DType.Float32) AddEach<float>(x, y, at);
        else if (x.dtype == DType.Float64) AddEach<double>(x, y, at);
        else
        {
            Tensor wide = Put(Copy.Cast(x, DType.Float64), root, view);
            Copy.Run(wide, y);
        }
        return y;
    }

    private static void AddEach<T>(Tensor x, Tensor y, Layout at) where T : unmanaged, System.Numerics.INumber<T>
    {
        ReadOnlySpan<T> values = Copy.Contiguous(x).Span<T>();
        for (int i = 0; i < values.Length; i++) y.storage.At<T>(at.At(i)) += values[i];
    }

    /// <summary>Writes zeros above a diagonal of the last two dimensions, or below it; y is row-major.</summary>
    internal static void ClearTriangle(Tensor y, long diagonal, bool above)
    {
        if (y.layout.Count == 0) return;
        long rows = y.layout.shape[^2], columns = y.layout.shape[^1];
        int item = y.dtype.ItemSize();
        for (long r = 0; r < y.layout.Count / columns; r++)
        {
            long i = r % rows;
            long from = above ? Math.Clamp(i + diagonal + 1, 0, columns) : 0, to = above ? columns : Math.Clamp(i + diagonal, 0, columns);
            if (to > from) y.storage.Span<byte>((y.layout.Offset + r * columns + from) * item, (to - from) * item).Clear();
        }
    }
}
