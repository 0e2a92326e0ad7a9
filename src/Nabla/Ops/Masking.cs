namespace Nabla;

internal static partial class Ops
{
    /// <summary>x, of this rank, with one value where a mask of its shape is true. Operands: x, mask, the value as a 0-d tensor.</summary>
    public readonly record struct MaskedFill(int Rank, string Label) : IOp<MaskedFill>
    {
        static Tensor[] IOp<MaskedFill>.OnComplex(MaskedFill op, ReadOnlySpan<Tensor> x) => Complexes.Each(op, x);
        static string IOperation<MaskedFill>.NodeName(MaskedFill op) => op.Label + "Backward0";
        static bool IOp<MaskedFill>.SavesInput(MaskedFill op, int i) => i == 1;
        static bool IOp<MaskedFill>.SavesOutput(MaskedFill op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor y = Tensor.Allocate(x[0].layout.Fresh, x[0].dtype);
            Kernels.Masks.Fill(x[0], x[1], x[2], y);
            return [y];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            if (into.Needs(0)) into[0] = d.MaskedFill(x[1], 0);
            if (into.Needs(2)) into[2] = Total(d.MaskedFill(x[1].LogicalNot(), 0));
        }

        private Tensor Total(Tensor d) => Rank == 0 ? d : LinearOp.Apply(new Sum(Dims.All(Rank), false), d);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            Op.Apply(this, t[0] ?? Tensor.ZerosLike(y[0]), x[1], t[2] ?? Tensor.Zeros(default, y[0].dtype));
    }
}

public sealed partial class Tensor
{
    /// <summary>A copy with one value where the mask is true.</summary>
    /// <param name="mask">bool, broadcast with x.</param>
    /// <param name="value">The value, converted to x's dtype.</param>
    /// <exception cref="DTypeException">The mask is not bool, or the value does not fit the dtype's category.</exception>
    public Tensor MaskedFill(Tensor mask, Scalar value)
    {
        RequireFits(value);
        return MaskedFillCore(mask, Full(default, value, dtype));
    }

    /// <summary>A copy with the value of a 0-d tensor where the mask is true.</summary>
    /// <inheritdoc cref="MaskedFill(Tensor, Scalar)"/>
    public Tensor MaskedFill(Tensor mask, Tensor value) => MaskedFillCore(mask, FillValue(value));

    /// <summary>Writes one value where the mask, broadcast to x, is true.</summary>
    /// <inheritdoc cref="MaskedFill(Tensor, Scalar)"/>
    public Tensor MaskedFill_(Tensor mask, Scalar value)
    {
        RequireFits(value);
        return MaskedFillInPlace(mask, Full(default, value, dtype));
    }

    /// <summary>Writes the value of a 0-d tensor where the mask, broadcast to x, is true.</summary>
    /// <inheritdoc cref="MaskedFill(Tensor, Scalar)"/>
    public Tensor MaskedFill_(Tensor mask, Tensor value) => MaskedFillInPlace(mask, FillValue(value));

    private void RequireFits(Scalar value)
    {
        if (dtype != DType.Bool && value.Category > Promotion.Category(dtype))
            Throw.Types($"value cannot be converted to type {dtype.Name()} without overflow: masked_fill got {value} for a tensor of " +
                "that dtype.");
    }

    private Tensor FillValue(Tensor value)
    {
        if (value.Rank != 0)
            Throw.Shapes($"masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.Rank} dimension(s).");
        if (Promotion.Category(value.dtype) > Promotion.Category(dtype)) Throw.CannotCast("masked_fill", value.dtype, dtype);
        return value.To(dtype);
    }

    private static void RequireMask(Tensor mask, string op)
    {
        if (mask.dtype != DType.Bool) Throw.Types($"{op} only supports boolean masks, but got mask with dtype " +
            (op == "masked_scatter_" ? mask.dtype.ScalarName() : mask.dtype.ValueName()));
    }

    private Tensor MaskedFillCore(Tensor mask, Tensor value)
    {
        RequireMask(mask, "masked_fill_");
        Shape shape = layout.SameShape(mask.layout) ? Shape : new Shape(Kernels.Broadcast.Shape(layout.shape, mask.layout.shape,
            "masked_fill"));
        return Op.Apply(new Ops.MaskedFill(shape.Count, "MaskedFill"), Expand(shape), mask.Expand(shape), value)[0];
    }

    private Tensor MaskedFillInPlace(Tensor mask, Tensor value)
    {
        RequireMask(mask, "masked_fill_");
        Tensor m = MaskOf(mask, "masked_fill_");
        return Writes.InPlace(new Ops.MaskedFill(Rank, "MaskedFill"), this, m, value, (m, value), static (x, s) =>
            Kernels.Masks.Fill(x, s.m, s.value, x));
    }

    private Tensor MaskOf(Tensor mask, string op)
    {
        if (mask.layout.SameShape(layout)) return mask;
        if (!Kernels.Broadcast.Shape(layout.shape, mask.layout.shape, op).AsSpan().SequenceEqual(layout.shape))
            Throw.Shapes($"{op}: the mask's shape {mask.Shape} does not broadcast to the tensor's shape {Shape}.");
        return mask.Expand(Shape);
    }

    /// <summary>The values where the mask is true, in row-major order, as one dimension.</summary>
    /// <param name="mask">bool, broadcast with x.</param>
    /// <exception cref="DTypeException">The mask is not bool.</exception>
    public Tensor MaskedSelect(Tensor mask)
    {
        if (mask.dtype != DType.Bool) Throw.Types("masked_select: expected BoolTensor for mask");
        Shape shape = new(Kernels.Broadcast.Shape(layout.shape, mask.layout.shape, "masked_select"));
        Tensor x = Expand(shape).AtLeast1();
        return BilinearOp.Apply(new Ops.Index(Dims.All(x.Rank), 0, 1, "MaskedSelect"), x, mask.Expand(shape).FlatNonzero(Batch.CannotMask));
    }

    /// <summary>A copy in which the places where the mask is true take the source's values in order.</summary>
    /// <param name="mask">bool, broadcast with x.</param>
    /// <param name="source">At least as many values as the mask has true places, of x's dtype.</param>
    /// <exception cref="ShapeException">The source is too short.</exception>
    public Tensor MaskedScatter(Tensor mask, Tensor source)
    {
        Shape shape = new(Kernels.Broadcast.Shape(layout.shape, mask.layout.shape, "masked_scatter"));
        Tensor x = Expand(shape);
        (Ops.IndexPut op, Tensor at, Tensor values) = x.MaskedParts(mask, source);
        return PutInto(x.AtLeast1(), op, at, values, false, x);
    }

    /// <summary>Writes the source's values in order where the mask is true; see <see cref="MaskedScatter"/>.</summary>
    public Tensor MaskedScatter_(Tensor mask, Tensor source)
    {
        if (Rank == 0) return Become(MaskedScatter(MaskOf(mask, "masked_scatter_"), source));
        (Ops.IndexPut op, Tensor at, Tensor values) = MaskedParts(MaskOf(mask, "masked_scatter_"), source);
        return PutInto(this, op, at, values, true, this);
    }

    private (Ops.IndexPut, Tensor, Tensor) MaskedParts(Tensor mask, Tensor source)
    {
        RequireMask(mask, "masked_scatter_");
        if (source.dtype != dtype)
            Throw.Types($"masked_scatter: expected self and source to have same dtypes but got {dtype.ScalarName()} and " +
                $"{source.dtype.ScalarName()}");
        Tensor at = mask.Expand(Shape).FlatNonzero();
        if (at.layout.Count > source.layout.Count)
            Throw.Shapes($"Number of elements of source < number of ones in mask: {source.NumElements} < {at.NumElements}.");
        return (new Ops.IndexPut(Dims.All(Math.Max(Rank, 1)), 0, 1, false, "MaskedScatter"), at,
            source.Reshape([-1]).Narrow(0, 0, at.NumElements));
    }

    /// <summary>The positions, counted in row-major order, of what is not zero.</summary>
    internal Tensor FlatNonzero(string? whyNotBatched = null) => Kernels.Masks.Positions(Truths(whyNotBatched));

    private Tensor Truths(string? whyNotBatched)
    {
        ThrowIfBatched(whyNotBatched ?? Batch.CannotSize("nonzero"));
        return Kernels.Copy.Cast(Innermost(), DType.Bool);
    }

    /// <summary>The values without forward-mode tangents.</summary>
    private Tensor Innermost()
    {
        Tensor x = this;
        while (x.wrap is Dual d) x = d.Primal;
        return x;
    }

    /// <summary>The indices of what is not zero, one row per element, in row-major order: [count, rank], int64.</summary>
    /// <exception cref="InvalidOperationException">Inside vmap: the result's size depends on values.</exception>
    public Tensor Nonzero()
    {
        Tensor truths = Truths(null);
        if (Rank > 0) return Kernels.Masks.Places(truths);
        return Allocate(new Layout([Kernels.Masks.Positions(truths).layout.Count, 0]), DType.Int64);
    }

    /// <summary>The indices of what is not zero, one tensor per dimension: what indexes those elements.</summary>
    public Tensor[] NonzeroAsTuple()
    {
        Tensor x = AtLeast1();
        return x.Nonzero().Unbind(1);
    }

    /// <summary>The first <paramref name="size"/> rows of <see cref="Nonzero"/>, padded where there are fewer.</summary>
    /// <param name="size">The number of rows.</param>
    /// <param name="fillValue">The value of the padding.</param>
    public Tensor NonzeroStatic(long size, long fillValue = -1)
    {
        if (size < 0) Throw.Range(nameof(size), size, "nonzero_static: 'size' must be an non-negative integer");
        Tensor found = Nonzero();
        Tensor y = Full([size, Rank], fillValue, DType.Int64);
        long n = Math.Min(size, found.layout.shape[0]);
        Kernels.Copy.Run(new Ops.Slice(-2, 0, n, 1).Forward(found), new Ops.Slice(-2, 0, n, 1).Forward(y));
        return y;
    }

    /// <summary>The indices of what is not zero, one row per element; the same as <see cref="Nonzero"/>.</summary>
    public Tensor ArgWhere() => Nonzero();

    /// <summary>The indices where a condition holds, one tensor per dimension: <see cref="NonzeroAsTuple"/>.</summary>
    public static Tensor[] Where(Tensor condition) => condition.NonzeroAsTuple();
}
