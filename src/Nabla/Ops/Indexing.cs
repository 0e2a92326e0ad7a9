namespace Nabla;

internal static partial class Ops
{
    /// <summary>Indices as int64 below Size, negative ones counted from the end; each is checked.</summary>
    public readonly record struct WrapIndex(long Size, bool Negative, string Where) : IOp<WrapIndex>
    {
        static bool IOperation<WrapIndex>.Differentiable => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Indexing.Wrap(x[0], Size, Negative, Where)];
        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) { }
        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => [null];
    }

    /// <summary>
    /// The blocks of x at a list of positions in the dimensions Dims, which count as one. The index's dimensions stand before the last
    /// Tail of the others.
    /// </summary>
    public readonly record struct Index(Dims Dims, int Tail, int IndexRank, string Label) : IBilinear<Index>
    {
        static string IOperation<Index>.NodeName(Index op) => op.Label + "Backward0";
        public Tensor Forward(Tensor x, Tensor y) => Kernels.Indexing.Take(x, Dims, Tail, y, IndexRank);
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) =>
            BilinearOp.Apply(new IndexZeros(Dims, Tail, IndexRank, x.Shape), g, y);
        public Tensor? TransposeY(Tensor g, Tensor x, TensorSpec y) => null;
    }

    /// <summary>Zeros of a shape, with blocks added at a list of positions: the transpose of <see cref="Index"/>.</summary>
    public readonly record struct IndexZeros(Dims Dims, int Tail, int IndexRank, Shape Shape) : IBilinear<IndexZeros>
    {
        static string IOperation<IndexZeros>.NodeName(IndexZeros op) => "IndexPutBackward0";
        static IndexZeros IOperation<IndexZeros>.Lift(IndexZeros op, long n) => op with { Shape = new Shape([n, .. op.Shape.Values]) };

        public Tensor Forward(Tensor x, Tensor y)
        {
            Tensor z = Tensor.Zeros(Shape, x.dtype);
            Kernels.Indexing.Put(z, Dims, Tail, y, IndexRank, x, accumulate: true);
            return z;
        }

        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => BilinearOp.Apply(new Index(Dims, Tail, IndexRank, "Index"), g, y);
        public Tensor? TransposeY(Tensor g, Tensor x, TensorSpec y) => null;
    }

    /// <summary>x with blocks at a list of positions replaced by values, or with values added. Of several writes to a place the last
    /// stays.</summary>
    public readonly record struct IndexPut(Dims Dims, int Tail, int IndexRank, bool Accumulate, string Label) : IOp<IndexPut>
    {
        static Tensor[] IOp<IndexPut>.OnComplex(IndexPut op, ReadOnlySpan<Tensor> x) => Complexes.Each(op, x);
        static string IOperation<IndexPut>.NodeName(IndexPut op) => op.Label + "Backward0";
        static bool IOp<IndexPut>.SavesInput(IndexPut op, int i) => i == 1;
        static bool IOp<IndexPut>.SavesOutput(IndexPut op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor y = new Clone(false).Forward(x[0]);
            Write(y, x[1], x[2]);
            return [y];
        }

        internal void Write(Tensor x, Tensor index, Tensor values) =>
            Kernels.Indexing.Put(x, Dims, Tail, index, IndexRank, values, Accumulate);

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            if (into.Needs(0)) into[0] = Accumulate ? d : Op.Apply(this, d, x[1], Nothing(d, x[1]))[0];
            // As in PyTorch, each of several values written to one place receives the place's gradient.
            if (into.Needs(2)) into[2] = BilinearOp.Apply(new Index(Dims, Tail, IndexRank, "Index"), d, x[1]);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            Op.Apply(this, t[0] ?? Tensor.ZerosLike(y[0]), x[1], t[2] ?? Nothing(y[0], x[1]));

        /// <summary>Zeros of the values' shape.</summary>
        private Tensor Nothing(Tensor like, Tensor index) =>
            Tensor.Zeros(default, like.dtype).Expand(new Shape(Kernels.Indexing.Shape(like.layout, Dims, Tail, index.layout, IndexRank)));
    }

    /// <summary>y[.., p, ..] = x[.., index[.., p, ..], ..] along one dimension.</summary>
    public readonly record struct Gather(int Dim, string Label) : IBilinear<Gather>
    {
        static string IOperation<Gather>.NodeName(Gather op) => op.Label + "Backward0";
        public Tensor Forward(Tensor x, Tensor y) => Kernels.Gather.Run(x, Dim, Kernels.Copy.Cast(y, DType.Int64));
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => BilinearOp.Apply(new GatherZeros(Dim, x.Shape), g, y);
        public Tensor? TransposeY(Tensor g, Tensor x, TensorSpec y) => null;
    }

    /// <summary>Zeros of a shape, with values added at an index along one dimension: the transpose of <see cref="Gather"/>.</summary>
    public readonly record struct GatherZeros(int Dim, Shape Shape) : IBilinear<GatherZeros>
    {
        static string IOperation<GatherZeros>.NodeName(GatherZeros op) => "ScatterAddBackward0";
        static GatherZeros IOperation<GatherZeros>.Lift(GatherZeros op, long n) => op with { Shape = new Shape([n, .. op.Shape.Values]) };

        public Tensor Forward(Tensor x, Tensor y)
        {
            Tensor z = Tensor.Zeros(Shape, x.dtype);
            Kernels.Scatter.Run(z, Dim, Kernels.Copy.Cast(y, DType.Int64), x, Kernels.Meet.Add);
            return z;
        }

        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => BilinearOp.Apply(new Gather(Dim, "Gather"), g, y);
        public Tensor? TransposeY(Tensor g, Tensor x, TensorSpec y) => null;
    }
}

public sealed partial class Tensor
{
    /// <summary>An index tensor as int64, checked against a size, or an error before anything is written.</summary>
    internal static Tensor CheckedIndex(Tensor index, long size, bool negative, string where) =>
        Op.Apply(new Ops.WrapIndex(size, negative, where), index)[0];

    private static string OutOfBounds(int dim) => $"index {{0}} is out of bounds for dimension {dim} with size {{1}}.";

    private static void RequireIndexType(Tensor index, string op)
    {
        if (index.dtype is DType.Int64 or DType.Int32 || index.layout.Count == 0) return;
        string got = index.dtype.ScalarName(), words = op switch
        {
            "index_select" => "Expected dtype int32 or int64 for index",
            "take" or "put_" or "index_copy_" => $"Expected a long tensor for index, but got {got}",
            "index_add_" or "index_reduce_" => $"Expected dtype int32/int64 for index but got: {got}",
            _ => "Expected dtype int64 for index",
        };
        Throw.Types($"{op}(): {words}. The index is {index.dtype.Name()}: convert it with To(DType.Int64); int32 will do too.");
    }

    /// <summary>A 0-d tensor as one of one dimension, so that there is something to index.</summary>
    private Tensor AtLeast1() => Rank == 0 ? Reshape([1]) : this;

    /// <summary>Values along one dimension: y[i][j] = x[index[i][j]][j] for dim 0, and so on.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">int64 or int32, of x's rank, no larger than x in the other dimensions; not negative. The result has its
    /// shape.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [0, size).</exception>
    /// <exception cref="ShapeException">The ranks or sizes do not fit.</exception>
    public Tensor Gather(int dim, Tensor index) => Gather(dim, index, "Gather");

    internal Tensor Gather(int dim, Tensor index, string label)
    {
        RequireIndexType(index, "gather");
        int d = Dims.FromEnd(dim, Rank);
        Tensor x = AtLeast1(), i = index.AtLeast1();
        CheckGather(x, i, d);
        Tensor y = BilinearOp.Apply(new Ops.Gather(d, label), x, CheckedIndex(i, x.layout.shape[^-d], false, OutOfBounds(d + x.Rank)));
        return index.Rank == 0 ? y.Reshape(index.Shape) : y;
    }

    private static void CheckGather(Tensor x, Tensor index, int dim)
    {
        if (index.layout.Count == 0) return;
        CheckIndexRank(x, index, "input");
        for (int d = 0; d < x.Rank; d++)
            if (d != dim + x.Rank && index.layout.shape[d] > x.layout.shape[d])
                Throw.Shapes($"Size does not match at dimension {d} expected index {index.Shape} to be no larger than self {x.Shape} " +
                    $"apart from dimension {dim + x.Rank}.");
    }

    private static void CheckIndexRank(Tensor x, Tensor index, string name)
    {
        if (index.Rank != x.Rank)
            Throw.Shapes($"Index tensor must have the same number of dimensions as {name} tensor: the index has shape {index.Shape}, the " +
                $"other {x.Shape}.");
    }

    /// <summary>Values along one dimension, the index broadcast against x in the others; without a dimension, x counts as flat.</summary>
    /// <param name="indices">int64 or int32, of x's rank. Negative ones count from the end.</param>
    /// <param name="dim">The dimension.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [-size, size).</exception>
    public Tensor TakeAlongDim(Tensor indices, int? dim = null)
    {
        if (indices.dtype is not (DType.Int64 or DType.Int32)) Throw.Types("torch.take_along_dim(): dtype of indices should be Long but " +
            "got " + indices.dtype.ScalarName());
        if (dim is null) return Reshape([-1]).TakeAlongDim(indices.Reshape([-1]), 0);
        int d = Dims.FromEnd(dim.Value, Rank);
        if (indices.Rank != Rank)
            Throw.Shapes($"torch.take_along_dim(): input and indices should have the same number of dimensions, but got {Rank} " +
                $"dimensions for input, and {indices.Rank} dimensions for indices");
        Tensor x = AtLeast1(), i = indices.AtLeast1();
        long[] a = [.. x.layout.shape], b = [.. i.layout.shape];
        a[^-d] = b[^-d] = 1;
        long[] common = Kernels.Broadcast.Shape(a, b, "take_along_dim"), own = [.. common];
        (own[^-d], common[^-d]) = (x.layout.shape[^-d], i.layout.shape[^-d]);
        Tensor index = CheckedIndex(i, own[^-d], true, OutOfBounds(d + x.Rank)).Expand(new Shape(common));
        Tensor y = BilinearOp.Apply(new Ops.Gather(d, "Gather"), x.Expand(new Shape(own)), index);
        return Rank == 0 ? y.Reshape(Shape) : y;
    }

    /// <summary>The slices of a dimension at a list of indices, in its order.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">int64 or int32, of one dimension or none; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [0, size).</exception>
    public Tensor IndexSelect(int dim, Tensor index)
    {
        Tensor i = IndexVector(index, "index_select");
        int d = Dims.FromEnd(dim, Rank);
        Tensor x = AtLeast1();
        i = CheckedIndex(i, x.layout.shape[^-d], false, OutOfBounds(d + x.Rank));
        Tensor y = BilinearOp.Apply(new Ops.Index(d, -1 - d, 1, "IndexSelect"), x, i);
        return Rank == 0 && i.layout.Count == 1 ? y.Reshape(Shape) : y;
    }

    private static Tensor IndexVector(Tensor index, string op)
    {
        RequireIndexType(index, op);
        if (index.Rank > 1) Throw.Shapes(op switch
        {
            "index_copy_" => $"index_copy_(): Index should have dimension 1 or 0 (got {index.Rank}): its shape is {index.Shape}.",
            "index_fill_" => $"Index has to be a vector/scalar: its shape is {index.Shape}.",
            _ => $"{op}(): Index is supposed to be a vector, but got dim: {index.Rank} with type: {index.dtype.ScalarName()} and size: " +
                $"{index.Shape}",
        });
        return index.AtLeast1();
    }

    /// <summary>The values at flat indices, counted in row-major order: the result has the index's shape.</summary>
    /// <param name="index">int64 or int32; negative ones count from the end.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [-n, n).</exception>
    public Tensor Take(Tensor index)
    {
        RequireIndexType(index, "take");
        if (layout.Count == 0 && index.layout.Count > 0) Throw.Range(nameof(index), index.Shape,
            "take(): tried to take from an empty tensor");
        Tensor x = AtLeast1();
        Tensor i = CheckedIndex(index, layout.Count, true, "out of range: tried to access index {0} on a tensor of {1} elements.");
        return BilinearOp.Apply(new Ops.Index(Dims.All(x.Rank), 0, i.Rank, "Take"), x, i);
    }

    /// <summary>A copy with values at flat indices replaced, or with values added.</summary>
    /// <param name="index">int64 or int32 positions in row-major order; negative ones count from the end.</param>
    /// <param name="source">As many values as the index has, of x's dtype.</param>
    /// <param name="accumulate">Add to what is there; else the last of several writes to a place stays.</param>
    public Tensor Put(Tensor index, Tensor source, bool accumulate = false) => Put(index, source, accumulate, inPlace: false);

    /// <summary>Replaces values at flat indices, or adds to them, in place; see <see cref="Put(Tensor, Tensor, bool)"/>.</summary>
    public Tensor Put_(Tensor index, Tensor source, bool accumulate = false) => Put(index, source, accumulate, inPlace: true);

    private Tensor Put(Tensor index, Tensor source, bool accumulate, bool inPlace)
    {
        RequireIndexType(index, "put_");
        if (source.dtype != dtype) Throw.Types("put_(): self and source expected to have the same dtype, but got self.dtype = " +
            $"{dtype.ScalarName()} and source.dtype = {source.dtype.ScalarName()}");
        if (source.layout.Count != index.layout.Count)
            Throw.Shapes("put_(): Expected source and index to have the same number of elements, but got source.numel() = " +
                $"{source.NumElements}, index.numel() = {index.NumElements}");
        if (layout.Count == 0 && index.layout.Count > 0) Throw.Range(nameof(index), index.Shape,
            "put_(): Tried to put elements into an empty tensor");
        Tensor i = CheckedIndex(index, layout.Count, true, "out of range: tried to access index {0} on a tensor of {1} elements.");
        if (Rank == 0 && inPlace) return Become(Put(index, source, accumulate, false));
        if (Rank == 0) return PutInto(AtLeast1(), new Ops.IndexPut(-1, 0, i.Rank, accumulate, "Put"), i, source.Reshape(i.Shape), false,
            this);
        return PutInto(this, new Ops.IndexPut(Dims.All(Rank), 0, i.Rank, accumulate, "Put"), i, source.Reshape(i.Shape), inPlace, this);
    }

    private static Tensor PutInto(Tensor x, Ops.IndexPut op, Tensor index, Tensor values, bool inPlace, Tensor self)
    {
        if (!inPlace)
        {
            Tensor y = Op.Apply(op, x, index, values)[0];
            return y.Rank == self.Rank ? y : y.Reshape(self.Shape);
        }
        Writes.InPlace(op, x, index, values, (op, index, values), static (x, s) => s.op.Write(x, s.index, s.values));
        return self;
    }
}

/// <summary>In-place operations of several operands that write a part of their first one.</summary>
internal static class Writes
{
    /// <summary>Writes into x directly, through views too, and records the operation as x's history.</summary>
    internal static Tensor InPlace<TOp, TState>(TOp op, Tensor x, Tensor index, Tensor values, TState state, Action<Tensor, TState> write)
        where TOp : struct, IOp<TOp>
    {
        bool record = Views.Check(x, values.RequiresGrad, TOp.NodeName(op));
        if (x.wrap is not null || index.wrap is not null || values.wrap is not null) return x.Become(Op.Apply(op, x, index, values)[0]);
        if (ReferenceEquals(values.storage, x.storage) || ReferenceEquals(index.storage, x.storage))
            return x.Become(Op.Apply(op, x, index, values)[0]);
        OpNode<TOp>? node = record ? new(op, [x, index, values], [x]) : null;
        write(x, state);
        x.storage.Version++;
        if (node is not null) Views.Rebase(x, node);
        return x;
    }
}
