namespace Nabla;

internal static partial class Ops
{
    /// <summary>Consecutive parts of a dimension, of these sizes: several views, one node.</summary>
    public readonly record struct Split(int Dim, long[] Sizes, string Label) : IOp<Split>
    {
        static bool IOperation<Split>.TakesComplex => true;
        static string IOperation<Split>.NodeName(Split op) => op.Label + "Backward0";
        static bool IOp<Split>.SavesInput(Split op, int i) => false;
        static bool IOp<Split>.SavesOutput(Split op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor[] y = new Tensor[Sizes.Length];
            long start = 0;
            for (int i = 0; i < y.Length; start += Sizes[i++]) y[i] = new Slice(Dim, start, Sizes[i], 1).Forward(x[0]);
            return y;
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor like = First(g);
            Tensor[] parts = new Tensor[Sizes.Length];
            for (int i = 0; i < parts.Length; i++)
            {
                long[] shape = [.. like.layout.shape];
                shape[^-Dim] = Sizes[i];
                parts[i] = g[i] ?? Tensor.Zeros(default, like.dtype).Expand(new Shape(shape));
            }
            into[0] = Tensor.Cat(parts, Dim);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => Op.Apply(this, t[0]!);
    }

    /// <summary>Every index of a dimension: several views, one node.</summary>
    public readonly record struct Unbind(int Dim) : IOp<Unbind>
    {
        static bool IOperation<Unbind>.TakesComplex => true;
        static bool IOp<Unbind>.SavesInput(Unbind op, int i) => false;
        static bool IOp<Unbind>.SavesOutput(Unbind op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor[] y = new Tensor[x[0].layout.shape[^-Dim]];
            for (int i = 0; i < y.Length; i++) y[i] = new Select(Dim, i).Forward(x[0]);
            return y;
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor like = First(g);
            Tensor[] parts = new Tensor[g.Length];
            for (int i = 0; i < parts.Length; i++) parts[i] = g[i] ?? Tensor.Zeros(default, like.dtype).Expand(like.Shape);
            into[0] = Tensor.Stack(parts, Dim);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => Op.Apply(this, t[0]!);
    }

    private static Tensor First(ReadOnlySpan<Tensor?> g)
    {
        foreach (Tensor? t in g)
            if (t is not null) return t;
        throw new InvalidOperationException("No gradient arrived.");
    }
}

public sealed partial class Tensor
{
    /// <summary>Parts of at most this size along a dimension, the last one smaller where the size does not divide. Views.</summary>
    /// <param name="splitSize">The size of the parts; 0 only where the dimension is empty.</param>
    /// <param name="dim">The dimension.</param>
    public Tensor[] Split(long splitSize, int dim = 0)
    {
        long size = Splittable(dim, "split");
        if (splitSize < 0) Throw.Range(nameof(splitSize), splitSize,
            $"split expects split_size be non-negative, but got split_size={splitSize}");
        if (splitSize == 0 && size != 0)
            Throw.Range(nameof(splitSize), splitSize, $"split_size can only be 0 if dimension size is 0, but got dimension size of {size}");
        long n = splitSize == 0 ? 1 : Math.Max(1, (size + splitSize - 1) / splitSize);
        long[] sizes = new long[n];
        Array.Fill(sizes, splitSize);
        sizes[^1] = size - splitSize * (n - 1);
        return Parts(dim, sizes, "Split");
    }

    /// <summary>Parts of these sizes along a dimension. Views.</summary>
    /// <param name="splitSizes">The sizes; their sum is the dimension's.</param>
    /// <param name="dim">The dimension.</param>
    public Tensor[] Split(IReadOnlyList<long> splitSizes, int dim = 0) => SplitWithSizes(splitSizes, dim);

    /// <summary>Parts of these sizes along a dimension. Views.</summary>
    /// <param name="splitSizes">The sizes; their sum is the dimension's.</param>
    /// <param name="dim">The dimension.</param>
    /// <exception cref="ShapeException">The sizes do not add up, or one is negative.</exception>
    public Tensor[] SplitWithSizes(IReadOnlyList<long> splitSizes, int dim = 0)
    {
        long size = Splittable(dim, "split_with_sizes");
        long[] sizes = [.. splitSizes];
        long sum = 0;
        foreach (long s in sizes)
        {
            if (s < 0) Throw.Range(nameof(splitSizes), s,
                $"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={Nabla.Shape.Format(sizes)}");
            sum = s > long.MaxValue - sum ? long.MaxValue : sum + s;
        }
        if (sum != size)
            Throw.Shapes($"split_with_sizes expects split_sizes to sum exactly to {size} (input tensor's size at dimension {dim}), but " +
                $"got split_sizes={Nabla.Shape.Format(sizes)}");
        return Parts(dim, sizes, "SplitWithSizes");
    }

    private long Splittable(int dim, string op)
    {
        if (Rank == 0) throw new ArgumentException($"{op} expects at least a 1-dimensional tensor");
        return layout.shape[Dims.FromEnd(dim, Rank) + Rank];
    }

    private Tensor[] Parts(int dim, long[] sizes, string label) =>
        sizes.Length == 0 ? [] : Op.Apply(new Ops.Split(Dims.FromEnd(dim, Rank), sizes, label), this);

    /// <summary>At most so many parts of equal size along a dimension; the last may be smaller. Views.</summary>
    /// <param name="chunks">The number of parts, at least 1.</param>
    /// <param name="dim">The dimension.</param>
    public Tensor[] Chunk(long chunks, int dim = 0)
    {
        long size = Splittable(dim, "chunk");
        if (chunks <= 0) Throw.Range(nameof(chunks), chunks, $"chunk expects `chunks` to be greater than 0, got: {chunks}");
        long part = (size + chunks - 1) / chunks;
        // An empty dimension keeps the number of chunks.
        return part == 0 ? Parts(dim, new long[chunks], "SplitWithSizes") : Split(part, dim);
    }

    /// <summary>Exactly so many parts along a dimension, the first ones larger by one where the size does not divide. Views.</summary>
    /// <param name="sections">The number of parts.</param>
    /// <param name="dim">The dimension.</param>
    public Tensor[] TensorSplit(long sections, int dim = 0)
    {
        long size = Splittable(dim, "tensor_split");
        if (sections <= 0) Throw.Range(nameof(sections), sections, $"number of sections must be larger than 0, got {sections}");
        if (sections > Array.MaxLength / 64) Throw.Range(nameof(sections), sections,
            $"tensor_split: {sections} parts do not fit into memory");
        long[] bounds = new long[sections - 1];
        (long part, long more) = Math.DivRem(size, sections);
        for (long i = 1, at = 0; i < sections; i++) bounds[i - 1] = at += part + (i <= more ? 1 : 0);
        return TensorSplit(bounds, dim);
    }

    /// <summary>The parts before, between and after some indices of a dimension. Views.</summary>
    /// <param name="indices">Where parts begin; negative ones count from the end. All are clamped; parts may be empty.</param>
    /// <param name="dim">The dimension.</param>
    public Tensor[] TensorSplit(IReadOnlyList<long> indices, int dim = 0)
    {
        Splittable(dim, "tensor_split");
        Tensor[] parts = new Tensor[indices.Count + 1];
        long start = 0;
        for (int i = 0; i < indices.Count; start = indices[i++]) parts[i] = Slice(dim, start, indices[i]);
        parts[^1] = Slice(dim, start);
        return parts;
    }

    /// <summary><see cref="TensorSplit(long, int)"/> along dimension 1, or 0 for a tensor of one dimension.</summary>
    /// <exception cref="ArgumentException">The tensor is 0-d, or the size is not divisible.</exception>
    public Tensor[] HSplit(long sections) => TensorSplit(Even("hsplit", sections, 1), HDim);
    /// <summary><see cref="TensorSplit(IReadOnlyList{long}, int)"/> along dimension 1, or 0 for a tensor of one dimension.</summary>
    public Tensor[] HSplit(IReadOnlyList<long> indices) => TensorSplit(indices, Need("hsplit", 1) == 1 ? 0 : 1);
    /// <summary><see cref="TensorSplit(long, int)"/> along dimension 0 of a tensor with at least two.</summary>
    public Tensor[] VSplit(long sections) => TensorSplit(Even("vsplit", sections, 2), 0);
    /// <summary><see cref="TensorSplit(IReadOnlyList{long}, int)"/> along dimension 0 of a tensor with at least two.</summary>
    public Tensor[] VSplit(IReadOnlyList<long> indices) => TensorSplit(indices, Need("vsplit", 2) * 0);
    /// <summary><see cref="TensorSplit(long, int)"/> along dimension 2 of a tensor with at least three.</summary>
    public Tensor[] DSplit(long sections) => TensorSplit(Even("dsplit", sections, 3), 2);
    /// <summary><see cref="TensorSplit(IReadOnlyList{long}, int)"/> along dimension 2 of a tensor with at least three.</summary>
    public Tensor[] DSplit(IReadOnlyList<long> indices) => TensorSplit(indices, Math.Min(2, Need("dsplit", 3)));

    private int HDim => Rank == 1 ? 0 : 1;

    private int Need(string op, int rank)
    {
        if (Rank < rank) throw new ArgumentException($"torch.{op} requires a tensor with at least {rank} dimension, but got a tensor " +
            $"with {Rank} dimensions!");
        return Rank;
    }

    private long Even(string op, long sections, int rank)
    {
        Need(op, rank);
        int dim = rank == 1 ? HDim : rank == 2 ? 0 : 2;
        if (sections <= 0 || layout.shape[dim] % sections != 0)
            Throw.Range(nameof(sections), sections,
                $"torch.{op} attempted to split along dimension {dim}, but the size of the dimension {layout.shape[dim]} is not " +
                $"divisible by the split_size {sections}!");
        return sections;
    }

    /// <summary>Every index of a dimension, as one tensor each. Views.</summary>
    /// <param name="dim">The dimension.</param>
    public Tensor[] Unbind(int dim = 0)
    {
        if (Rank == 0) throw new ArgumentException("Dimension specified as 0 but tensor has no dimensions: a 0-d tensor cannot be " +
            "unbound.");
        int d = Dims.FromEnd(dim, Rank);
        return layout.shape[^-d] == 0 ? [] : Op.Apply(new Ops.Unbind(d), this);
    }

    /// <summary>As <see cref="Split(long, int)"/>, with parts in memory of their own, which may be changed in place.</summary>
    public Tensor[] UnsafeSplit(long splitSize, int dim = 0) => Array.ConvertAll(Split(splitSize, dim), static t => t.Clone());

    /// <summary>As <see cref="Chunk"/>, with parts in memory of their own, which may be changed in place.</summary>
    public Tensor[] UnsafeChunk(long chunks, int dim = 0) => Array.ConvertAll(Chunk(chunks, dim), static t => t.Clone());
}
