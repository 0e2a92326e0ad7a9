namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>A copy with the same values, dtype and order of dimensions in memory; gradients flow through it.</summary>
    public Tensor Clone() => LinearOp.Apply(new Ops.Clone(false), this);

    /// <summary>This tensor if its elements lie in row-major order, else a copy whose do.</summary>
    public Tensor Contiguous() => layout.IsContiguous && wrap is null ? this : LinearOp.Apply(new Ops.Clone(true), this);

    /// <summary>This tensor in another dtype; itself if it has it already and no copy is asked for.</summary>
    /// <param name="dtype">The new element type. Floating point to integer cuts fractions off, saturates, and turns NaN into 0.</param>
    /// <param name="copy">Make a copy in any case.</param>
    public Tensor To(DType dtype, bool copy = false)
    {
        if (dtype == this.dtype) return copy ? Clone() : this;
        return LinearOp.Apply(new Ops.To(Defined(dtype)), this);
    }

    /// <summary>The same values seen at a larger shape: dimensions of size 1 are repeated, new ones come in front. No copy.</summary>
    /// <param name="shape">The new sizes; -1 keeps a dimension's size.</param>
    /// <exception cref="ShapeException">The tensor does not broadcast to the shape.</exception>
    public Tensor Expand(Shape shape)
    {
        long[] sizes = shape.ToArray();
        int lead = sizes.Length - Rank;
        if (lead < 0)
            Throw.Shapes($"expand(torch.{dtype.ScalarName()}Tensor{{{Shape}}}, size={shape}): the number of sizes provided " +
                $"({sizes.Length}) must be greater or equal to the number of dimensions in the tensor ({Rank})");
        // From the last, as PyTorch does: of several mismatches that one is named.
        for (int d = sizes.Length - 1; d >= 0; d--)
        {
            long own = d < lead ? 1 : layout.shape[d - lead];
            if (sizes[d] == -1 && d >= lead) sizes[d] = own;
            if (sizes[d] < 0)
                Throw.Range(nameof(shape), sizes[d],
                    $"The expanded size of the tensor ({sizes[d]}) isn't allowed in a leading, non-existing dimension {d}");
            if (own != sizes[d] && own != 1)
                Throw.Shapes($"The expanded size of the tensor ({sizes[d]}) must match the existing size ({own}) at non-singleton " +
                    $"dimension {d}.  " +
                    $"Target sizes: {shape}.  Tensor sizes: {Shape}.");
        }
        return layout.shape.AsSpan().SequenceEqual(sizes) ? this : LinearOp.Apply(new Ops.Expand(new Shape(sizes)), this);
    }

    /// <summary>The same values seen at the shape of another tensor.</summary>
    public Tensor ExpandAs(Tensor other) => Expand(other.Shape);

    /// <summary>The same values, in order, at another shape: a view where memory allows it, else a copy.</summary>
    /// <param name="shape">The new sizes; one may be -1, to be inferred.</param>
    /// <exception cref="ShapeException">The number of elements differs.</exception>
    public Tensor Reshape(Shape shape)
    {
        long[] sizes = Inferred(shape);
        return layout.shape.AsSpan().SequenceEqual(sizes) ? this : LinearOp.Apply(new Ops.Reshape(new Shape(sizes)), this);
    }

    /// <summary>The same values, in order, at another shape: always a view.</summary>
    /// <param name="shape">The new sizes; one may be -1, to be inferred.</param>
    /// <exception cref="ShapeException">The number of elements differs.</exception>
    /// <exception cref="InvalidOperationException">The strides do not allow a view.</exception>
    public Tensor View(Shape shape)
    {
        long[] sizes = Inferred(shape);
        if (Kernels.Viewing.Reshape(layout, sizes) is null)
            Throw.State("view size is not compatible with input tensor's size and stride (at least one dimension spans across two " +
                "contiguous " +
                $"subspaces). Use .reshape(...) instead. The tensor has {layout}; the view would have shape {shape}: use Reshape, or " +
                    "Contiguous first.");
        return LinearOp.Apply(new Ops.Reshape(new Shape(sizes)), this);
    }

    private long[] Inferred(Shape shape)
    {
        long[] sizes = shape.ToArray();
        int infer = -1;
        long known = 1;
        for (int d = 0; d < sizes.Length; d++)
        {
            if (sizes[d] == -1 && infer >= 0) Throw.Shapes($"only one dimension can be inferred: {shape}.");
            if (sizes[d] < -1) Throw.Range(nameof(shape), sizes[d], $"invalid shape dimension {sizes[d]}: {shape}.");
            if (sizes[d] == -1) infer = d;
            else known = known == 0 || sizes[d] == 0 ? 0 : known > long.MaxValue / sizes[d] ? long.MaxValue : known * sizes[d];
        }
        if (infer >= 0)
        {
            if (known == 0)
                Throw.Shapes($"cannot reshape tensor of {layout.Count} elements into shape {shape} because the unspecified dimension " +
                    "size -1 can be any value and is ambiguous");
            sizes[infer] = layout.Count / known;
            known *= sizes[infer];
        }
        if (known != layout.Count) Throw.Shapes($"shape '{shape}' is invalid for input of size {layout.Count}: the tensor has shape " +
            $"{Shape}.");
        return sizes;
    }

    /// <summary>The dimensions in another order: result dimension i is operand dimension <c>dims[i]</c>. No copy.</summary>
    /// <exception cref="ShapeException">The list does not name every dimension once.</exception>
    public Tensor Permute(Dims dims)
    {
        if (dims.Count != Rank)
            Throw.Shapes("permute: number of dimensions in the tensor input does not match the length of the desired " +
                $"ordering of dimensions i.e. input.dim() = {Rank} is not equal to len(dims) = {dims.Count}");
        if (Repeats(dims)) Throw.Shapes($"permute(): duplicate dims are not allowed. The dimensions are {dims}.");
        return LinearOp.Apply(new Ops.Permute(dims.FromEnd(Rank)), this);
    }

    /// <summary>Whether a list names a dimension twice. A dimension out of range is left to others.</summary>
    private bool Repeats(Dims dims)
    {
        for (int i = 0; i < dims.Count; i++)
            for (int j = 0; j < i; j++)
                if (dims[i] == dims[j] || Math.Abs((long)dims[i] - dims[j]) == Rank) return true;
        return false;
    }

    /// <summary>Two dimensions swapped. No copy.</summary>
    public Tensor Transpose(int dim0, int dim1) => Rank == 0
        ? LinearOp.Apply(new Ops.Alias(), this)
        : LinearOp.Apply(new Ops.Transpose(Dims.FromEnd(dim0, Rank), Dims.FromEnd(dim1, Rank)), this);

    /// <summary>One dimension, or several, moved to other places; the rest keep their order. No copy.</summary>
    public Tensor MoveDim(Dims source, Dims destination)
    {
        if (Repeats(source)) Throw.Shapes($"movedim: repeated dim in `source` ({source})");
        if (Repeats(destination)) Throw.Shapes($"movedim: repeated dim in `destination` ({destination})");
        Dims from = source.FromEnd(Rank), to = destination.FromEnd(Rank);
        if (from.Count != to.Count) Throw.Shapes($"movedim: Invalid source or destination dims: source ({source} dims) should contain " +
            $"the same number of dims as destination ({destination} dims)");
        if (Rank < 2 || from == to) return this;
        int[] order = new int[Rank];
        for (int i = 0; i < from.Count; i++) order[Rank + to[i]] = from[i];
        int next = -Rank;
        for (int i = 0; i < Rank; i++)
        {
            if (to.Contains(i - Rank)) continue;
            while (from.Contains(next)) next++;
            order[i] = next++;
        }
        return LinearOp.Apply(new Ops.Permute(new Dims(order)), this);
    }

    /// <summary>A dimension of size 1 more, at place <paramref name="dim"/> of the result. No copy.</summary>
    public Tensor Unsqueeze(int dim) => LinearOp.Apply(new Ops.Unsqueeze(Dims.FromEnd(dim, Rank + 1)), this);

    /// <summary>All dimensions of size 1 taken away. No copy.</summary>
    public Tensor Squeeze() => Squeezed(Dims.All(Rank), all: true);

    /// <summary>Those of these dimensions that have size 1 taken away. No copy.</summary>
    public Tensor Squeeze(Dims dims) => Squeezed(dims, all: false);

    private Tensor Squeezed(Dims dims, bool all)
    {
        int[] ones = [.. dims.FromEnd(Rank).Where(d => Rank > 0 && layout.shape[^-d] == 1)];
        return LinearOp.Apply(new Ops.Squeeze(new Dims(ones), all), this);
    }

    /// <summary>One index of a dimension; the dimension disappears. No copy.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">The index; negative counts from the end.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of bounds.</exception>
    public Tensor Select(int dim, long index)
    {
        if (Rank == 0) throw new ArgumentException("select() cannot be applied to a 0-dim tensor.");
        int d = Dims.FromEnd(dim, Rank);
        long size = layout.shape[^-d];
        if (index < -size || index >= size)
            Throw.Range(nameof(index), index, $"select(): index {index} out of range for tensor of size {Shape} at dimension {d + Rank}");
        return LinearOp.Apply(new Ops.Select(d, index < 0 ? index + size : index), this);
    }

    /// <summary>Indices start to end (not included) of a dimension, with a step; bounds are clamped as in PyTorch. No copy.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="start">The first index; negative counts from the end; 0 by default.</param>
    /// <param name="end">The bound; negative counts from the end; the size by default.</param>
    /// <param name="step">The distance of neighbours, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is not positive.</exception>
    public Tensor Slice(int dim, long? start = null, long? end = null, long step = 1)
    {
        if (Rank == 0) throw new ArgumentException("slice() cannot be applied to a 0-dim tensor.");
        if (step <= 0) Throw.Range(nameof(step), step, "slice step must be positive");
        int d = Dims.FromEnd(dim, Rank);
        long size = layout.shape[^-d], from = ClampIndex(start ?? 0, size), to = Math.Max(from, ClampIndex(end ?? size, size));
        return LinearOp.Apply(new Ops.Slice(d, from, (to - from + step - 1) / step, step), this);
    }

    private static long ClampIndex(long index, long size) => Math.Clamp(index < 0 ? index + size : index, 0, size);

    /// <summary>Indices start to start + length of a dimension. No copy.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the dimension.</exception>
    public Tensor Narrow(int dim, long start, long length)
    {
        if (Rank == 0) throw new ArgumentException("narrow() cannot be applied to a 0-dim tensor.");
        int d = Dims.FromEnd(dim, Rank);
        long size = layout.shape[^-d], from = start < 0 ? start + size : start;
        if (length < 0) Throw.Range(nameof(length), length, "narrow(): length must be non-negative.");
        if (from < 0 || from > size) Throw.Range(nameof(start), start,
            $"start out of range (expected to be in range of [{-size}, {size}], but got {start})");
        if (from > size - length) Throw.Range(nameof(length), length,
            $"start ({from}) + length ({length}) exceeds dimension size ({size}).");
        return LinearOp.Apply(new Ops.Slice(d, from, length, 1), this);
    }

    /// <summary>Sums over broadcast dimensions down to a smaller shape: the transpose of <see cref="Expand"/>.</summary>
    public Tensor SumTo(Shape shape)
    {
        long[] sizes = shape.Values;
        if (layout.shape.AsSpan().SequenceEqual(sizes)) return this;
        List<int> dims = [];
        for (int d = 1; d <= Rank; d++)
            if (d > sizes.Length || (sizes[^d] == 1 && layout.shape[^d] != 1)) dims.Add(-d);
        Tensor y = dims.Count == 0 ? this : LinearOp.Apply(new Ops.Sum(new Dims([.. dims]), true), this);
        return y.Reshape(shape);
    }

    /// <summary>A copy for a rule that needs the value before an in-place write, at this tensor's place in the graph.</summary>
    internal Tensor CloneForBackward()
    {
        Tensor copy = Allocate(layout.Fresh, dtype);
        Kernels.Copy.Run(this, copy);
        copy.gradFn = GradFn;
        copy.outputNr = outputNr;
        return copy;
    }

    /// <summary>Makes this tensor have the value and history of another of its shape: the meaning of every in-place operation.</summary>
    internal Tensor Become(Tensor value)
    {
        if (!value.layout.SameShape(layout)) Throw.InPlaceShape("in place", value.layout, layout);
        if (Promotion.Category(value.dtype) > Promotion.Category(dtype)) Throw.CannotCast("in place", value.dtype, dtype);
        Interpreter? top = wrap is null || value.wrap is null ? wrap ?? value.wrap : Interpreter.Of(this, value);
        bool record = Views.Check(this, value.RequiresGrad, "in place");
        if (top is not null) top.Assign(this, value);
        else
        {
            Kernels.Copy.Run(value, this);
            storage.Version++;
        }
        if (record) Views.Rebase(this, new AssignNode(this, value));
        return this;
    }

    /// <summary>Adds without record, for the engine's own sums.</summary>
    internal void AddRaw_(Tensor g)
    {
        ProfilerEvent? span = Profiling.On ? Profiling.BeginOperation("add_", [this, g]) : null;
        ZipOp.RunInPlace(new Ops.Add(), this, g);
        storage.Version++;
        Profiling.End(span);
    }
}

/// <summary>The write of a whole tensor over another: the gradient goes to the new value only.</summary>
internal sealed class AssignNode : Node
{
    private readonly Edge old, value;
    private readonly TensorSpec spec;

    internal AssignNode(Tensor x, Tensor value)
    {
        (old, this.value) = (x.Edge, value.Edge);
        spec = new(value);
    }

    public override string Name => "CopyBackwards";
    internal override int InputCount => 2;
    internal override Edge Input(int i) => i == 0 ? old : value;

    internal override void Pull(Tensor g, Span<Tensor?> into)
    {
        if (old.Node is not null) into[0] = Tensor.ZerosLike(g);
        if (value.Node is null) return;
        Tensor d = g.layout.SameShape(spec.Layout) ? g : g.SumTo(spec.Shape);
        into[1] = d.dtype == spec.DType ? d : d.To(spec.DType);
    }
}
