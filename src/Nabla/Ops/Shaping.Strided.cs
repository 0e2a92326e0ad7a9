namespace Nabla;

internal static partial class Ops
{
    /// <summary>The view View of a tensor whose memory is laid out as Root.</summary>
    public readonly record struct AsStrided(Layout Root, Layout View) : ILinear<AsStrided>
    {
        static bool IOperation<AsStrided>.TakesComplex => true;
        static AsStrided IOperation<AsStrided>.Lift(AsStrided op, long n) =>
            new(Batched(op.Root, op.Root, n), Batched(op.Root, op.View, n));

        public Tensor Forward(Tensor x) => ReferenceEquals(x.layout, Root)
            ? x.Raw(View)
            : Kernels.Viewing.InLayout(x, Root).Raw(Kernels.Viewing.Relative(Root, View));

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new PutStrided(Root, View), g);

        /// <summary>A layout with a batch in front, whose members lie one after the other as the root does.</summary>
        internal static Layout Batched(Layout root, Layout view, long n) =>
            new([n, .. view.shape], [Math.Max(1, root.End - root.Offset), .. view.strides], view.Offset);
    }

    /// <summary>Zeros laid out as Root, plus the operand at the view View: the transpose of <see cref="AsStrided"/>.</summary>
    public readonly record struct PutStrided(Layout Root, Layout View) : ILinear<PutStrided>
    {
        static string IOperation<PutStrided>.NodeName(PutStrided op) => "AsStridedBackward0Backward0";

        static PutStrided IOperation<PutStrided>.Lift(PutStrided op, long n) =>
            new(AsStrided.Batched(op.Root, op.Root, n), AsStrided.Batched(op.Root, op.View, n));

        public Tensor Forward(Tensor x) => Kernels.Viewing.Put(x, Root, View);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new AsStrided(Root, View), g);
    }

    /// <summary>The operand with zeros at the view View of its memory laid out as Root.</summary>
    public readonly record struct ClearStrided(Layout Root, Layout View) : ILinear<ClearStrided>
    {
        static ClearStrided IOperation<ClearStrided>.Lift(ClearStrided op, long n) =>
            new(AsStrided.Batched(op.Root, op.Root, n), AsStrided.Batched(op.Root, op.View, n));

        public Tensor Forward(Tensor x)
        {
            Tensor y = Kernels.Viewing.Room(Root, x.dtype);
            Kernels.Copy.Run(x, y);
            Kernels.Fill.Run(y.Raw(Kernels.Viewing.Relative(Root, View)), 0);
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(this, g);
    }

    /// <summary>The diagonal of two dimensions, as the last dimension; Offset is above the main one if positive.</summary>
    public readonly record struct Diagonal(long Offset, int Dim1, int Dim2) : ILinear<Diagonal>
    {
        static bool IOperation<Diagonal>.TakesComplex => true;
        /// <summary>The number of elements of a diagonal.</summary>
        internal static long Length(long rows, long columns, long offset) =>
            Math.Max(0, offset >= 0 ? Math.Min(rows, columns - offset) : Math.Min(rows + offset, columns));

        public Tensor Forward(Tensor x)
        {
            long length = Length(x.layout.shape[^-Dim1], x.layout.shape[^-Dim2], Offset);
            List<long> shape = [], strides = [];
            for (int d = -x.Rank; d < 0; d++)
            {
                if (d == Dim1 || d == Dim2) continue;
                shape.Add(x.layout.shape[^-d]);
                strides.Add(x.layout.strides[^-d]);
            }
            (long s1, long s2) = (x.layout.strides[^-Dim1], x.layout.strides[^-Dim2]);
            long start = length == 0 ? 0 : Offset >= 0 ? Offset * s2 : -Offset * s1;
            return x.Raw(new Layout([.. shape, length], [.. strides, s1 + s2], x.layout.Offset + start));
        }

        public Tensor Transpose(Tensor g, TensorSpec x) =>
            LinearOp.Apply(new DiagonalPut(Offset, Dim1, Dim2, x.Layout.shape[^-Dim1], x.Layout.shape[^-Dim2], "DiagonalBackward0"), g);
    }

    /// <summary>Zeros with the operand's last dimension along the diagonal of two new ones: the transpose of
    /// <see cref="Diagonal"/>.</summary>
    public readonly record struct DiagonalPut(long Offset, int Dim1, int Dim2, long Size1, long Size2, string Label) : ILinear<DiagonalPut>
    {
        static string IOperation<DiagonalPut>.NodeName(DiagonalPut op) => op.Label + "Backward0";

        public Tensor Forward(Tensor x)
        {
            int rank = x.Rank + 1, next = 0;
            long[] shape = new long[rank];
            for (int d = 0; d < rank; d++)
                shape[d] = d == rank + Dim1 ? Size1 : d == rank + Dim2 ? Size2 : x.layout.shape[next++];
            Tensor y = Tensor.Zeros(new Shape(shape), x.dtype);
            Kernels.Copy.Run(x, new Diagonal(Offset, Dim1, Dim2).Forward(y));
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new Diagonal(Offset, Dim1, Dim2), g);
    }

    /// <summary>Windows of a dimension: the last dimension of the result runs through each. Dim is counted from the end of the
    /// operand.</summary>
    public readonly record struct Unfold(int Dim, long Size, long Step) : ILinear<Unfold>
    {
        static bool IOperation<Unfold>.TakesComplex => true;
        public Tensor Forward(Tensor x)
        {
            long[] shape = [.. x.layout.shape, Size], strides = [.. x.layout.strides, x.layout.strides[^-Dim]];
            int at = x.Rank + Dim;
            shape[at] = (shape[at] - Size) / Step + 1;
            strides[at] *= Step;
            return x.Raw(new Layout(shape, strides, x.layout.Offset));
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new FoldAdd(Dim, x.Layout.shape[^-Dim], Size, Step), g);
    }

    /// <summary>The sum of overlapping windows: the transpose of <see cref="Unfold"/>.</summary>
    public readonly record struct FoldAdd(int Dim, long Length, long Size, long Step) : ILinear<FoldAdd>
    {
        static string IOperation<FoldAdd>.NodeName(FoldAdd op) => "UnfoldBackwardBackward0";

        public Tensor Forward(Tensor x)
        {
            long[] shape = x.layout.shape[..^1];
            long windows = shape[^-Dim];
            shape[^-Dim] = Length;
            Tensor y = Tensor.Zeros(new Shape(shape), x.dtype);
            if (windows == 0) return y;
            for (long k = 0; k < Size; k++)
                Nabla.ZipOp.RunInPlace(new Add(), new Slice(Dim, k, windows, Step).Forward(y), new Select(-1, k).Forward(x));
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new Unfold(Dim, Size, Step), g);
    }

    /// <summary>x with a view of it overwritten by another tensor. Operands: x, what is written.</summary>
    public readonly record struct Overwrite<TView>(TView View, string Label) : IOp<Overwrite<TView>> where TView : struct, ILinear<TView>
    {
        static bool IOperation<Overwrite<TView>>.TakesComplex => true;
        static string IOperation<Overwrite<TView>>.NodeName(Overwrite<TView> op) => op.Label + "Backward0";
        static Overwrite<TView> IOperation<Overwrite<TView>>.Lift(Overwrite<TView> op, long n) => op with { View = TView.Lift(op.View, n) };
        static bool IOp<Overwrite<TView>>.SavesInput(Overwrite<TView> op, int i) => false;
        static bool IOp<Overwrite<TView>>.SavesOutput(Overwrite<TView> op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor y = new Clone(true).Forward(x[0]);
            Kernels.Copy.Run(x[1], View.Forward(y));
            return [y];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            Tensor part = LinearOp.Apply(View, d);
            if (into.Needs(0)) into[0] = Op.Apply(this, d, Tensor.Zeros(default, d.dtype).Expand(part.Shape))[0];
            if (into.Needs(1)) into[1] = part.Clone();
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor whole = t[0] ?? Tensor.ZerosLike(y[0]);
            return Op.Apply(this, whole, t[1] ?? Tensor.Zeros(default, whole.dtype).Expand(LinearOp.Apply(View, whole).Shape));
        }
    }
}

public sealed partial class Tensor
{
    /// <summary>A view with any sizes and strides of this tensor's memory.</summary>
    /// <param name="size">The sizes.</param>
    /// <param name="stride">The distances between neighbours, in elements; not negative.</param>
    /// <param name="storageOffset">The element of the memory where the view begins; this tensor's own beginning by default.</param>
    /// <exception cref="ShapeException">The view leaves the memory, or the lists have different lengths.</exception>
    public Tensor AsStrided(Shape size, Shape stride, long? storageOffset = null) =>
        LinearOp.Apply(new Ops.AsStrided(layout, StridedView(size, stride, storageOffset ?? layout.Offset)), this);

    private Layout StridedView(Shape size, Shape stride, long offset)
    {
        if (size.Count != stride.Count) Throw.Shapes($"mismatch in length of strides and shape: {stride} and {size}");
        foreach (long s in stride)
            if (s < 0) Throw.Range(nameof(stride), s,
                $"as_strided: Negative strides are not supported at the moment, got strides: {stride}");
        if (offset < 0) Throw.Range("storageOffset", offset, $"Tensor: invalid storage offset {offset}");
        // Before a layout is made: its own arithmetic is unchecked.
        Int128 last = offset;
        for (int d = 0; d < size.Count; d++) last += (Int128)Math.Max(0, size[d] - 1) * stride[d];
        if ((last + 1) * dtype.ItemSize() > long.MaxValue)
            Throw.Shapes($"Storage size calculation overflowed with sizes={size} and strides={stride}: the view would end at element " +
                $"{last}.");
        Layout view = new(size.ToArray(), stride.ToArray(), offset);
        // What lies outside this tensor is not part of its value, so that no gradient could flow there.
        bool own = wrap is not null || RequiresGrad;
        long low = own ? layout.Offset : 0, high = own ? layout.End : storage.Length / dtype.ItemSize();
        if (view.Count > 0 && (view.Offset < low || view.End > high))
            Throw.Range(nameof(size), size, $"setStorage: sizes {size}, strides {stride}, storage offset {offset}, and itemsize " +
                $"{dtype.ItemSize()} requiring a " +
                $"storage size of {view.End * dtype.ItemSize()} are out of bounds for storage of size {storage.Length}: the view " +
                    "takes elements " +
                $"{view.Offset} to {view.End - 1}, and {(own ? "the tensor" : "its memory")} has elements {low} to {high - 1}.");
        return view;
    }

    /// <summary>A copy in which a strided view is overwritten; see <see cref="AsStrided"/>.</summary>
    public Tensor AsStridedScatter(Tensor src, Shape size, Shape stride, long? storageOffset = null)
    {
        Tensor x = Contiguous();
        Layout root = new([.. x.layout.shape]), view = x.StridedView(size, stride, x.layout.Offset + (storageOffset ?? 0));
        CheckScatter(src, size, "as_strided_scatter");
        return Op.Apply(new Ops.Overwrite<Ops.AsStrided>(new(root, new Layout(view.shape, view.strides, view.Offset - x.layout.Offset)),
            "AsStridedScatter"), x, src.To(dtype))[0];
    }

    private static void CheckScatter(Tensor src, Shape shape, string op)
    {
        if (src.Shape != shape) Throw.Shapes($"expected src to have a size equal to the slice of self. src size = {src.Shape}, slice " +
            $"size = {shape}: {op}.");
    }

    /// <summary>The diagonal of two dimensions, as the last dimension of a view.</summary>
    /// <param name="offset">0 is the main diagonal; positive ones lie above it, negative ones below.</param>
    /// <param name="dim1">The dimension of rows.</param>
    /// <param name="dim2">The dimension of columns.</param>
    public Tensor Diagonal(long offset = 0, int dim1 = 0, int dim2 = 1)
    {
        int d1 = Dims.FromEnd(dim1, Rank), d2 = Dims.FromEnd(dim2, Rank);
        if (d1 == d2) Throw.Shapes($"diagonal dimensions cannot be identical {dim1}, {dim2}");
        return LinearOp.Apply(new Ops.Diagonal(offset, d1, d2), this);
    }

    /// <summary>Zeros with this tensor's last dimension on a diagonal of two new dimensions.</summary>
    /// <param name="offset">0 is the main diagonal; positive ones lie above it, negative ones below.</param>
    /// <param name="dim1">The dimension of rows in the result.</param>
    /// <param name="dim2">The dimension of columns in the result.</param>
    public Tensor DiagEmbed(long offset = 0, int dim1 = -2, int dim2 = -1)
    {
        int d1 = Dims.FromEnd(dim1, Rank + 1), d2 = Dims.FromEnd(dim2, Rank + 1);
        if (d1 == d2) Throw.Shapes($"diagonal dimensions cannot be identical {dim1}, {dim2}");
        if (Rank == 0) Throw.Shapes("diag_embed: the tensor must have at least one dimension.");
        UInt128 size = (UInt128)layout.shape[^1] + (UInt128)Int128.Abs(offset);
        if (size > long.MaxValue)
            Throw.Shapes($"Storage size calculation overflowed: the diagonal {offset} of {Shape} does not fit into 64 bits.");
        long n = (long)size;
        return LinearOp.Apply(new Ops.DiagonalPut(offset, d1, d2, n, n, "DiagEmbed"), this);
    }

    /// <summary>A matrix with this vector on a diagonal, or a copy of a matrix's diagonal.</summary>
    /// <param name="diagonal">Which diagonal.</param>
    public Tensor Diag(long diagonal = 0)
    {
        if (Rank is not (1 or 2)) Throw.Shapes($"diag(): Supports 1D or 2D tensors. Got {Rank}D");
        return Rank == 1 ? DiagEmbed(diagonal) : Diagonal(diagonal).Clone();
    }

    /// <summary>A matrix with all elements, in row-major order, on a diagonal.</summary>
    /// <param name="offset">Which diagonal.</param>
    public Tensor DiagFlat(long offset = 0) => Reshape([-1]).Diag(offset);

    /// <summary>Windows of a dimension as a view: their elements run along a new last dimension.</summary>
    /// <param name="dimension">The dimension, which counts the windows in the result.</param>
    /// <param name="size">The length of a window.</param>
    /// <param name="step">The distance of neighbouring windows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative or larger than the dimension, or the step is not
    /// positive.</exception>
    public Tensor Unfold(int dimension, long size, long step)
    {
        int d = Dims.FromEnd(dimension, Rank);
        Tensor x = AtLeast1();
        long n = x.layout.shape[^-d];
        if (size < 0) Throw.Range(nameof(size), size, $"size is {size} but must be >= 0");
        if (size > n) Throw.Range(nameof(size), size, $"maximum size for tensor at dimension {d + x.Rank} is {n} but size is {size}");
        if (step <= 0) Throw.Range(nameof(step), step, $"step is {step} but must be > 0");
        Tensor y = LinearOp.Apply(new Ops.Unfold(d, size, step), x);
        return Rank == 0 ? y.Select(0, 0) : y;
    }

    /// <summary>A copy in which one index of a dimension is overwritten.</summary>
    /// <param name="src">What is written, of the shape that <see cref="Select"/> gives.</param>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">The index; negative counts from the end.</param>
    public Tensor SelectScatter(Tensor src, int dim, long index)
    {
        Tensor slice = Detach().Select(dim, index);
        CheckScatter(src, slice.Shape, "select_scatter");
        int d = Dims.FromEnd(dim, Rank);
        return Op.Apply(new Ops.Overwrite<Ops.Select>(new(d, index < 0 ? index + layout.shape[^-d] : index), "SelectScatter"), this,
            src.To(dtype))[0];
    }

    /// <summary>A copy in which a slice of a dimension is overwritten; the slice is as in <see cref="Slice"/>.</summary>
    public Tensor SliceScatter(Tensor src, int dim = 0, long? start = null, long? end = null, long step = 1)
    {
        Tensor slice = Detach().Slice(dim, start, end, step);
        CheckScatter(src, slice.Shape, "slice_scatter");
        int d = Dims.FromEnd(dim, Rank);
        long from = ClampIndex(start ?? 0, layout.shape[^-d]);
        return Op.Apply(new Ops.Overwrite<Ops.Slice>(new(d, from, slice.layout.shape[^-d], step), "SliceScatter"), this, src.To(dtype))[0];
    }

    /// <summary>A copy in which a diagonal is overwritten; the diagonal is as in <see cref="Diagonal"/>.</summary>
    public Tensor DiagonalScatter(Tensor src, long offset = 0, int dim1 = 0, int dim2 = 1)
    {
        CheckScatter(src, Detach().Diagonal(offset, dim1, dim2).Shape, "diagonal_scatter");
        return Op.Apply(new Ops.Overwrite<Ops.Diagonal>(new(offset, Dims.FromEnd(dim1, Rank), Dims.FromEnd(dim2, Rank)),
            "DiagonalScatter"), this, src.To(dtype))[0];
    }
}
