using System.Runtime.CompilerServices;

namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>
    /// A part of the tensor. Integers, ranges, <c>null</c> and <see cref="TensorIndex.Ellipsis"/> give a view; index tensors, lists and
    /// masks give a copy, with PyTorch's rules for mixing them. Assignment writes into the part, in place, and is recorded.
    /// </summary>
    /// <param name="indices">One entry per dimension from the front; what is left is taken whole.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index or range is out of bounds, or a step is not positive.</exception>
    /// <exception cref="ArgumentException">There are more indices than dimensions.</exception>
    /// <exception cref="ShapeException">A mask has another shape, index tensors or the assigned value do not broadcast.</exception>
    /// <exception cref="DTypeException">An index tensor is neither int64, int32, bool nor uint8.</exception>
    [OverloadResolutionPriority(1)]
    [IndexerName("Part")]
    public Tensor this[params ReadOnlySpan<TensorIndex> indices]
    {
        get
        {
            Tensor x = Basic(indices, out Tensor?[]? advanced);
            return advanced is null ? x : x.Index(advanced);
        }
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Tensor x = Basic(indices, out Tensor?[]? advanced);
            if (value.meta?.Literal is { } number && dtype == DType.Float64 && value.storage.Version == 0) value = Full(default, number,
                dtype);
            if (advanced is not null) x.IndexPut_(advanced, value.dtype == dtype ? value : value.To(dtype));
            else
            {
                Tensor v = value.DropLeadingOnes(x.Rank);
                // The words of an assignment, which expands its value, not those of Copy_.
                if (!v.layout.SameShape(x.layout) && Kernels.Broadcast.To(v.layout, x.layout.shape) is null) v.Expand(x.Shape);
                x.Copy_(v);
            }
        }
    }

    /// <summary>A part of the tensor by one index; see the other indexer. A list is a list of indices: <c>x[[0, 2]]</c> has rows 0 and
    /// 2.</summary>
    /// <param name="index">The entry for dimension 0.</param>
    [OverloadResolutionPriority(2)]
    [IndexerName("Part")]
    public Tensor this[TensorIndex index]
    {
        get => this[new ReadOnlySpan<TensorIndex>(in index)];
        set => this[new ReadOnlySpan<TensorIndex>(in index)] = value;
    }

    /// <summary>A part of the tensor; the same as the other indexer, for languages without span parameters.</summary>
    /// <param name="indices">One entry per dimension from the front.</param>
    [IndexerName("Part")]
    public Tensor this[params TensorIndex[] indices]
    {
        get => this[(ReadOnlySpan<TensorIndex>)indices];
        set => this[(ReadOnlySpan<TensorIndex>)indices] = value;
    }

    /// <summary>A literal as a tensor that still knows the number, so that <c>x[0] = 0.1</c> is exact where x is float64.</summary>
    private static Tensor Exactly(double value)
    {
        Tensor t = Number(value);
        if (t.dtype != DType.Float64 && !t.IsInference && (float)value != value) t.Meta.Literal = value;
        return t;
    }

    /// <summary>Applies everything but index tensors; those are returned by dimension of the result.</summary>
    private Tensor Basic(ReadOnlySpan<TensorIndex> indices, out Tensor?[]? advanced)
    {
        int named = 0, ellipses = 0;
        foreach (TensorIndex i in indices)
        {
            named += i.What switch
            {
                TensorIndex.Kind.NewAxis or TensorIndex.Kind.Ellipsis or TensorIndex.Kind.Bool => 0,
                TensorIndex.Kind.Tensor when i.Tensor!.dtype is DType.Bool or DType.UInt8 => i.Tensor.Rank,
                _ => 1,
            };
            if (i.What == TensorIndex.Kind.Ellipsis) ellipses++;
        }
        if (Rank == 0 && named > 0)
            throw new ArgumentException("invalid index of a 0-dim tensor. Use `tensor.Item()` to convert a 0-dim tensor to a number.",
                nameof(indices));
        if (named > Rank) throw new ArgumentException($"too many indices for tensor of dimension {Rank}: {named} were given for shape " +
            $"{Shape}.", nameof(indices));
        if (ellipses > 1) throw new ArgumentException("an index can only have a single ellipsis ('...')", nameof(indices));
        Tensor x = this;
        Tensor?[]? found = null;
        int dim = 0, gone = 0;
        foreach (TensorIndex i in indices)
        {
            int rank = x.Rank;
            x = x.Step(i, ref dim, gone, Rank - named, Rank + 2 * indices.Length, ref found);
            if (x.Rank < rank) gone++;
        }
        advanced = found is null ? null : Compact(found, x.Rank);
        return ReferenceEquals(x, this) && advanced is null ? LinearOp.Apply(new Ops.Alias(), this) : x;
    }

    /// <summary>Without the empty places behind a mask, which stands for all of its dimensions.</summary>
    private static Tensor?[] Compact(Tensor?[] found, int rank)
    {
        List<Tensor?> list = [];
        for (int d = 0; d < rank; d++)
        {
            list.Add(found[d]);
            if (found[d] is { dtype: DType.Bool or DType.UInt8 } mask) d += mask.Rank - 1;
        }
        return [.. list];
    }

    // Errors count the dimensions that integers have taken away too.
    private Tensor Step(TensorIndex i, ref int dim, int gone, int rest, int room, ref Tensor?[]? found)
    {
        switch (i.What)
        {
            case TensorIndex.Kind.NewAxis: return Unsqueeze(dim++);
            case TensorIndex.Kind.Ellipsis:
                dim += rest;
                return this;
            case TensorIndex.Kind.Integer:
                return LinearOp.Apply(new Ops.Select(dim - Rank, i.Position(layout.shape[dim], dim + gone)), this);
            case TensorIndex.Kind.Range or TensorIndex.Kind.Slice:
                (long start, long length) = i.Bounds(layout.shape[dim], dim + gone);
                bool whole = start == 0 && i.Step == 1 && length == layout.shape[dim];
                dim++;
                return whole ? this : LinearOp.Apply(new Ops.Slice(dim - 1 - Rank, start, length, i.Step), this);
            case TensorIndex.Kind.Bool:
                (found ??= new Tensor?[room])[dim] = Zeros([i.Truth ? 1 : 0], DType.Int64);
                return Unsqueeze(dim++);
            default:
                return StepTensor(i.Tensor!, ref dim, gone, room, ref found);
        }
    }

    private Tensor StepTensor(Tensor index, ref int dim, int gone, int room, ref Tensor?[]? found)
    {
        if (index.dtype is not (DType.Int64 or DType.Int32 or DType.Bool or DType.UInt8))
            Throw.Types($"tensors used as indices must be long, int, byte or bool tensors, but got {index.dtype.Name()}: convert it " +
                "with To(DType.Int64).");
        bool mask = index.dtype is DType.Bool or DType.UInt8;
        if (index.Rank == 0 && !mask && index.wrap is null)
            return LinearOp.Apply(new Ops.Select(dim - Rank, ((TensorIndex)index.OneScalar().ToInt64()).Position(layout.shape[dim],
                dim + gone)), this);
        found ??= new Tensor?[room];
        if (index.Rank == 0 && mask)
        {
            found[dim] = Zeros([index.OneScalar().IsZero ? 0 : 1], DType.Int64);
            return Unsqueeze(dim++);
        }
        found[dim] = index;
        dim += mask ? index.Rank : 1;
        return this;
    }

    private Tensor DropLeadingOnes(int rank)
    {
        int drop = 0;
        while (Rank - drop > rank && layout.shape[drop] == 1) drop++;
        return drop == 0 ? this : Reshape(new Shape(layout.shape[drop..]));
    }

    /// <summary>The elements at index tensors, one per dimension from the front, null for a dimension that is taken whole: PyTorch's
    /// <c>index</c>.</summary>
    /// <param name="indices">int64, int32, bool or uint8; a mask stands for as many dimensions as it has. They broadcast against each
    /// other.</param>
    public Tensor Index(IReadOnlyList<Tensor?> indices)
    {
        (Tensor x, Dims dims, int tail, Tensor at) = Located(indices);
        return BilinearOp.Apply(new Ops.Index(dims, tail, at.Rank, "Index"), x, at);
    }

    /// <summary>A copy with the elements at index tensors replaced by values, or with the values added.</summary>
    /// <inheritdoc cref="IndexPut_"/>
    public Tensor IndexPut(IReadOnlyList<Tensor?> indices, Tensor values, bool accumulate = false)
    {
        (Tensor x, Dims dims, int tail, Tensor at) = Located(indices);
        (Ops.IndexPut op, Tensor v) = x.Putting(dims, tail, at, values, accumulate);
        return Op.Apply(op, x, at, v)[0];
    }

    /// <summary>Replaces the elements at index tensors by values, or adds the values to them, in place.</summary>
    /// <param name="indices">One index tensor per dimension from the front, null for a dimension that is taken whole; see
    /// <see cref="Index"/>.</param>
    /// <param name="values">The values, of x's dtype, broadcast to the shape that indexing gives.</param>
    /// <param name="accumulate">Add every value, also where indices repeat; else the last of several writes to a place
    /// stays, and each of them receives the place's gradient.</param>
    /// <exception cref="ShapeException">The values do not broadcast to the indexed shape.</exception>
    public Tensor IndexPut_(IReadOnlyList<Tensor?> indices, Tensor values, bool accumulate = false)
    {
        (Tensor x, Dims dims, int tail, Tensor at) = Located(indices);
        (Ops.IndexPut op, Tensor v) = x.Putting(dims, tail, at, values, accumulate);
        Writes.InPlace(op, x, at, v, (op, at, v), static (x, s) => s.op.Write(x, s.at, s.v));
        return this;
    }

    private (Ops.IndexPut, Tensor) Putting(Dims dims, int tail, Tensor at, Tensor values, bool accumulate)
    {
        if (values.dtype != dtype)
            Throw.Types($"Index put requires the source and destination dtypes match, got {dtype.ScalarName()} for the destination and " +
                $"{values.dtype.ScalarName()} for the source.");
        Shape shape = new(Kernels.Indexing.Shape(layout, dims, tail, at.layout, at.Rank));
        Tensor v = values.DropLeadingOnes(shape.Count);
        if (Kernels.Broadcast.To(v.layout, shape.Values) is null)
            Throw.Shapes($"shape mismatch: value tensor of shape {values.Shape} cannot be broadcast to indexing result of shape {shape}");
        return (new Ops.IndexPut(dims, tail, at.Rank, accumulate, "IndexPut"), v.Expand(shape));
    }

    /// <summary>The dimensions that are indexed, how many others follow the index in the result, and the positions as if they were one
    /// dimension.</summary>
    private (Tensor X, Dims Dims, int Tail, Tensor At) Located(IReadOnlyList<Tensor?> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        List<int> dims = [];
        List<Tensor> at = [];
        int dim = 0;
        for (int i = 0; i < indices.Count; i++)
        {
            if (indices[i] is not { } index)
            {
                dim++;
                continue;
            }
            bool mask = index.dtype is DType.Bool or DType.UInt8;
            if (!mask && index.dtype is not (DType.Int64 or DType.Int32))
                Throw.Types($"tensors used as indices must be long, int, byte or bool tensors, but got {index.dtype.Name()}: convert it " +
                    "with To(DType.Int64).");
            int n = mask ? index.Rank : 1;
            if (dim + n > Rank) throw new ArgumentException($"too many indices for tensor of dimension {Rank} (got {dim + n})",
                nameof(indices));
            if (mask) CheckMask(index, dim);
            for (int k = 0; k < n; k++) dims.Add(dim + k - Rank);
            at.Add(mask ? index.FlatNonzero(Batch.CannotIndex) : CheckedIndex(index, layout.shape[dim], true, layout.shape[dim] == 0
                ? "index is out of bounds for dimension with size 0: {0} was given."
                : OutOfBounds(dim)));
            dim += n;
        }
        if (dims.Count == 0) throw new ArgumentException("At least one index must be provided", nameof(indices));
        bool adjacent = dims[^1] - dims[0] == dims.Count - 1;
        return (this, new Dims([.. dims]), adjacent ? -1 - dims[^1] : Rank - dims.Count, Combined(dims, at, indices));
    }

    private void CheckMask(Tensor mask, int dim)
    {
        for (int k = 0; k < mask.Rank; k++)
            if (mask.layout.shape[k] != layout.shape[dim + k])
                Throw.Shapes($"The shape of the mask {mask.Shape} at index {k} does not match the shape of the indexed tensor {Shape} " +
                    $"at index {dim + k}");
    }

    private Tensor Combined(List<int> dims, List<Tensor> at, IReadOnlyList<Tensor?> indices)
    {
        if (at.Count == 1) return at[0];
        try
        {
            long[] common = [];
            foreach (Tensor t in at) common = Kernels.Broadcast.Shape(common, t.layout.shape, "index");
        }
        catch (ShapeException)
        {
            Throw.Shapes("shape mismatch: indexing tensors could not be broadcast together with shapes "
                + string.Join(", ", at.Select(t => t.Shape.ToString())));
        }
        // Horner's scheme over the sizes of the indexed dimensions; a mask's positions count all of its dimensions at once.
        Tensor? total = null;
        int next = 0, given = 0;
        foreach (Tensor t in at)
        {
            while (indices[given] is null) given++;
            Tensor source = indices[given++]!;
            int n = source.dtype is DType.Bool or DType.UInt8 ? source.Rank : 1;
            long size = 1;
            for (int k = 0; k < n; k++) size *= layout.shape[^-dims[next++]];
            total = total is null ? t : total.Mul(size).Add(t);
        }
        return total!;
    }
}
