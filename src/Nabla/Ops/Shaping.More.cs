namespace Nabla;

internal static partial class Ops
{
    /// <summary>The transpose of a matrix; a vector is itself.</summary>
    public readonly record struct T(int Rank) : ILinear<T>
    {
        static bool IOperation<T>.TakesComplex => true;
        public Tensor Forward(Tensor x) => Rank == 2 ? new Transpose(-2, -1).Forward(x) : x.Raw(x.layout);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(this, g);
    }
}

public sealed partial class Tensor
{
    /// <summary>The transpose of a matrix; a tensor of fewer dimensions as it is. No copy.</summary>
    /// <exception cref="ShapeException">The tensor has more than two dimensions.</exception>
    public Tensor TransposeMatrix()
    {
        if (Rank > 2) Throw.Shapes($"t() expects a tensor with <= 2 dimensions, but self is {Rank}D");
        return LinearOp.Apply(new Ops.T(Rank), this);
    }

    /// <summary>All dimensions in reverse order. No copy.</summary>
    public Tensor T
    {
        get
        {
            if (Rank == 2) return TransposeMatrix();
            int[] dims = new int[Rank];
            for (int i = 0; i < dims.Length; i++) dims[i] = -1 - i;
            return Rank < 2 ? this : LinearOp.Apply(new Ops.Permute(new Dims(dims)), this);
        }
    }

    /// <summary>The last two dimensions swapped. No copy.</summary>
    /// <exception cref="ShapeException">The tensor has one dimension.</exception>
    public Tensor MT
    {
        get
        {
            if (Rank == 1) Throw.Shapes("tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.");
            return Rank == 0 ? this : Transpose(-2, -1);
        }
    }

    /// <summary>The conjugate transpose of a matrix: for real numbers the transpose. No copy.</summary>
    /// <exception cref="ShapeException">The tensor is neither a matrix nor 0-d.</exception>
    public Tensor H
    {
        get
        {
            if (Rank is not (0 or 2)) Throw.Shapes($"tensor.H is only supported on matrices (2-D tensors). Got {Rank}-D tensor.");
            return Rank == 0 ? Conj() : Transpose(0, 1).Conj();
        }
    }

    /// <summary>The conjugate transpose of the last two dimensions: for real numbers <see cref="MT"/>. No copy.</summary>
    public Tensor MH => MT.Conj();

    /// <summary>Two dimensions swapped; the same as <see cref="Transpose"/>.</summary>
    public Tensor SwapAxes(int axis0, int axis1) => Transpose(axis0, axis1);
    /// <summary>Two dimensions swapped; the same as <see cref="Transpose"/>.</summary>
    public Tensor SwapDims(int dim0, int dim1) => Transpose(dim0, dim1);
    /// <summary>The same as <see cref="MoveDim"/>.</summary>
    public Tensor MoveAxis(Dims source, Dims destination) => MoveDim(source, destination);

    /// <summary>Dimensions from one to another as one dimension. A view where memory allows it.</summary>
    /// <param name="startDim">The first of them.</param>
    /// <param name="endDim">The last of them.</param>
    /// <exception cref="ShapeException">The first comes after the last.</exception>
    public Tensor Flatten(int startDim = 0, int endDim = -1)
    {
        int from = Dims.FromEnd(startDim, Rank) + Math.Max(Rank, 1), to = Dims.FromEnd(endDim, Rank) + Math.Max(Rank, 1);
        if (from > to) Throw.Shapes($"flatten() has invalid args: start_dim cannot come after end_dim: {startDim} and {endDim}.");
        if (Rank == 0) return Reshape([1]);
        if (from == to) return this;
        return Reshape(new Shape([.. layout.shape[..from], Layout.Elements(layout.shape.AsSpan(from, to - from + 1)),
            .. layout.shape[(to + 1)..]]));
    }

    /// <summary>One dimension as several. A view.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="sizes">Their sizes; one may be -1, to be inferred.</param>
    /// <exception cref="ShapeException">The product of the sizes is not the dimension's.</exception>
    public Tensor Unflatten(int dim, Shape sizes)
    {
        int d = Dims.FromEnd(dim, Rank) + Math.Max(Rank, 1);
        if (sizes.Count == 0) Throw.Shapes("unflatten: sizes must be non-empty");
        long own = Rank == 0 ? 1 : layout.shape[d], known = 1;
        int infer = -1;
        long[] parts = sizes.ToArray();
        for (int i = 0; i < parts.Length; i++)
        {
            if (parts[i] == -1 && infer < 0) infer = i;
            else known *= parts[i];
        }
        if (infer >= 0 && known != 0) parts[infer] = own / known;
        long product = 1;
        foreach (long p in parts) product *= p;
        if (product != own) Throw.Shapes($"unflatten: Provided sizes {sizes} don't multiply up to the size of dim {d} ({own}) in the " +
            "input tensor");
        return Rank == 0 ? View(new Shape(parts)) : View(new Shape([.. layout.shape[..d], .. parts, .. layout.shape[(d + 1)..]]));
    }

    /// <summary>All elements in row-major order as one dimension: a view of contiguous memory, else a copy.</summary>
    public Tensor Ravel() => Contiguous().Reshape([-1]);

    /// <summary>The tensor with at least one dimension: a 0-d tensor becomes [1].</summary>
    public Tensor AtLeast1d() => Rank >= 1 ? this : Reshape([1]);
    /// <summary>The tensor with at least two dimensions: [n] becomes [1, n].</summary>
    public Tensor AtLeast2d() => Rank >= 2 ? this : Rank == 1 ? Unsqueeze(0) : Reshape([1, 1]);
    /// <summary>The tensor with at least three dimensions: [n] becomes [1, n, 1], [m, n] becomes [m, n, 1].</summary>
    public Tensor AtLeast3d() => Rank >= 3 ? this : Rank == 2 ? Unsqueeze(-1) : Rank == 1 ? Unsqueeze(0).Unsqueeze(-1) : Reshape([1, 1, 1]);

    /// <summary>The same values at the shape of another tensor, as a view.</summary>
    public Tensor ViewAs(Tensor other) => View(other.Shape);
    /// <summary>The same values at the shape of another tensor.</summary>
    public Tensor ReshapeAs(Tensor other) => Reshape(other.Shape);
    /// <summary>The same as <see cref="Expand"/>.</summary>
    public Tensor BroadcastTo(Shape shape) => Expand(shape);

    /// <summary>Sums over dimensions down to a smaller shape, to which this one's would broadcast.</summary>
    /// <exception cref="ShapeException">The shape does not broadcast to this tensor's.</exception>
    public Tensor SumToSize(Shape size)
    {
        long[]? common = size.Count <= Rank ? Kernels.Broadcast.To(new Layout(size.ToArray()), layout.shape)?.shape : null;
        if (common is null) Throw.Shapes($"size {size} is not expandable to size {Shape}.");
        bool whole = dtype.IsInteger() || dtype == DType.Bool;
        return whole && !size.AsSpan().SequenceEqual(layout.shape) ? To(DType.Int64).SumTo(size) : SumTo(size);
    }

    /// <summary>Overwrites this tensor with another, broadcast and converted to this one's dtype.</summary>
    /// <param name="src">The values.</param>
    /// <exception cref="ShapeException">The values do not broadcast to this tensor's shape.</exception>
    public Tensor Copy_(Tensor src)
    {
        ArgumentNullException.ThrowIfNull(src);
        if (ReferenceEquals(src, this)) return this;
        if (!src.layout.SameShape(layout) && Kernels.Broadcast.To(src.layout, layout.shape) is null)
        {
            Layout together = Kernels.Broadcast.Of(layout, src.layout, "copy_");
            Throw.InPlaceShape("copy_", together, layout);
        }
        bool record = Views.Check(this, src.RequiresGrad && dtype.IsDifferentiable(), "copy_");
        if (wrap is not null || src.wrap is not null) return Become(src.Expand(Shape).To(dtype));
        Views.CheckOverlap(this, src, "copy_");
        AssignNode? node = record ? new(this, src) : null;
        Kernels.Copy.Run(src, this);
        storage.Version++;
        if (node is not null) Views.Rebase(this, node);
        return this;
    }

    /// <summary>Differences of neighbours along a dimension, n times.</summary>
    /// <param name="n">How often.</param>
    /// <param name="dim">The dimension.</param>
    /// <param name="prepend">Values in front, before differences are taken.</param>
    /// <param name="append">Values behind.</param>
    public Tensor Diff(long n = 1, int dim = -1, Tensor? prepend = null, Tensor? append = null)
    {
        if (Rank == 0) Throw.Shapes("diff expects input to be at least one-dimensional");
        if (n < 0) Throw.Range(nameof(n), n, $"order must be non-negative but got {n}");
        int d = Dims.FromEnd(dim, Rank);
        if (n == 0) return Clone();
        Tensor x = prepend is null && append is null ? this : Cat([.. new[] { prepend, this, append }.OfType<Tensor>()], d);
        long size = x.layout.shape[^-d];
        if (n >= size) return x.Slice(d, 0, 0).Clone();
        for (; n > 0; n--)
        {
            size = x.layout.shape[^-d];
            Tensor later = x.Slice(d, 1), earlier = x.Slice(d, 0, size - 1);
            x = dtype == DType.Bool ? later.LogicalXor(earlier) : later - earlier;
        }
        return x;
    }
}
