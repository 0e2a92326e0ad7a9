using Nabla.Amp;

namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>A copy with slices of a dimension replaced: slice index[i] becomes slice i of the source.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">int64 or int32, of one dimension or none; negative ones count from the end.</param>
    /// <param name="source">The slices, of x's dtype and sizes. Of several writes to a place the last stays.</param>
    public Tensor IndexCopy(int dim, Tensor index, Tensor source)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            Tensor[] x = call.Widest(this, source);
            return x[0].IndexCopy(dim, index, x[1]);
        }
        return IndexWrite(dim, index, source, false, "IndexCopy", false);
    }
    /// <summary>Replaces slices of a dimension in place; see <see cref="IndexCopy"/>.</summary>
    public Tensor IndexCopy_(int dim, Tensor index, Tensor source) => IndexWrite(dim, index, source, false, "IndexCopy", true);

    /// <summary>A copy with α times the source's slices added to the slices of a dimension at an index.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">int64 or int32, of one dimension or none.</param>
    /// <param name="source">The slices, of x's dtype and sizes.</param>
    /// <param name="alpha">α; 1 by default.</param>
    public Tensor IndexAdd(int dim, Tensor index, Tensor source, Scalar? alpha = null) =>
        IndexWrite(dim, index, alpha is { } a ? source.Mul(a) : source, true, "IndexAdd", false);
    /// <summary>Adds slices to slices of a dimension in place; see <see cref="IndexAdd"/>.</summary>
    public Tensor IndexAdd_(int dim, Tensor index, Tensor source, Scalar? alpha = null) =>
        IndexWrite(dim, index, alpha is { } a ? source.Mul(a) : source, true, "IndexAdd", true);

    /// <summary>A copy with one value in the slices of a dimension at an index.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">int64 or int32, of one dimension or none.</param>
    /// <param name="value">The value.</param>
    public Tensor IndexFill(int dim, Tensor index, Scalar value) => IndexFillWith(dim, index, Full(default, value, dtype), false);
    /// <summary>A copy with the value of a 0-d tensor in the slices of a dimension at an index.</summary>
    public Tensor IndexFill(int dim, Tensor index, Tensor value) => IndexFill(dim, index, value, false);
    /// <summary>Writes one value into the slices of a dimension at an index.</summary>
    public Tensor IndexFill_(int dim, Tensor index, Scalar value) => IndexFillWith(dim, index, Full(default, value, dtype), true);
    /// <summary>Writes the value of a 0-d tensor into the slices of a dimension at an index.</summary>
    public Tensor IndexFill_(int dim, Tensor index, Tensor value) => IndexFill(dim, index, value, true);

    private Tensor IndexFill(int dim, Tensor index, Tensor value, bool inPlace)
    {
        if (value.Rank != 0)
            Throw.Shapes($"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.Rank} dimension(s).");
        if (Promotion.Category(value.dtype) > Promotion.Category(dtype)) Throw.CannotCast("index_fill", value.dtype, dtype);
        if (!value.RequiresGrad && value.wrap is null) return IndexFillWith(dim, index, value.To(dtype), inPlace);
        // The value's gradient counts every slice once, however often the index names it: so by way of a mask.
        int d = Dims.FromEnd(dim, Rank);
        Tensor i = IndexVector(index, "index_fill_"), x = AtLeast1();
        Tensor marks = Zeros([x.layout.shape[^-d]], DType.Bool).IndexFill(0, i, true);
        long[] shape = new long[-d];
        Array.Fill(shape, 1);
        shape[0] = x.layout.shape[^-d];
        Tensor mask = marks.Reshape(new Shape(shape)).Expand(x.Shape), v = value.To(dtype);
        Ops.MaskedFill op = new(x.Rank, "IndexFill");
        if (!inPlace) return Op.Apply(op, x, mask, v)[0].Reshape(Shape);
        if (Rank == 0) return Become(IndexFill(dim, index, value, false));
        Writes.InPlace(op, x, mask, v, (mask, v), static (x, s) => Kernels.Masks.Fill(x, s.mask, s.v, x));
        return this;
    }

    private Tensor IndexFillWith(int dim, Tensor index, Tensor value, bool inPlace)
    {
        Tensor i = IndexVector(index, "index_fill_");
        long[] shape = [.. AtLeast1().layout.shape];
        shape[^-Dims.FromEnd(dim, Rank)] = i.layout.Count;
        return IndexWrite(dim, i, value.Expand(new Shape(shape)), false, "IndexFill", inPlace);
    }

    private Tensor IndexWrite(int dim, Tensor index, Tensor source, bool add, string label, bool inPlace)
    {
        if (inPlace && Rank == 0) return Become(IndexWrite(dim, index, source, add, label, false));
        string name = label switch { "IndexAdd" => "index_add_", "IndexCopy" => "index_copy_", _ => "index_fill_" };
        (Tensor x, int d, Tensor i, Tensor v) = IndexParts(dim, index, source, name);
        Ops.IndexPut op = new(d, -1 - d, 1, add, label);
        return PutInto(x, op, i, v, inPlace, this);
    }

    private (Tensor X, int Dim, Tensor Index, Tensor Values) IndexParts(int dim, Tensor index, Tensor source, string op)
    {
        Tensor i = IndexVector(index, op);
        bool copies = op is "index_fill_" or "index_copy_";
        if (source.dtype != dtype) Throw.Types(copies
            ? $"{op}(): self and source expected to have the same dtype, but got (self) {dtype.ScalarName()} and (source) " +
                source.dtype.ScalarName()
            : $"{op}(): self ({dtype.ScalarName()}) and source ({source.dtype.ScalarName()}) must have the same scalar type");
        int d = Dims.FromEnd(dim, Rank);
        Tensor x = AtLeast1(), v = source.AtLeast1();
        long[] shape = [.. x.layout.shape];
        shape[^-d] = i.layout.Count;
        if (!v.layout.shape.AsSpan().SequenceEqual(shape)) ThrowSlices(op, source, d + x.Rank, i.layout.Count, copies);
        string where = (op == "index_copy_" ? "index_copy_(): " : "") + OutOfBounds(d + x.Rank);
        return (x, d, CheckedIndex(i, x.layout.shape[^-d], copies, where), v);
    }

    private void ThrowSlices(string op, Tensor source, int dim, long indices, bool copies)
    {
        long own = source.Rank == 0 ? 1 : dim < source.Rank ? source.layout.shape[dim] : -1;
        if (source.Rank == Rank && own != indices)
            Throw.Shapes($"{op}(): Number of indices ({indices}) should be equal to source.size(dim){(copies ? "" : ":")} ({own})" +
                $"{(copies ? "" : $", for dim: {dim}")}. The source has shape {source.Shape}, this tensor {Shape}.");
        Throw.Shapes(copies
            ? $"{op}(): Source/destination tensor must have same slice shapes. The source has shape {source.Shape}, the destination " +
                $"{Shape}, the dimension is {dim} and there are {indices} indices."
            : "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = " +
                $"{Shape} source.shape = {source.Shape}");
    }

    /// <summary>A copy with slices combined with the slices of a dimension at an index.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">int64 or int32, of one dimension or none.</param>
    /// <param name="source">The slices, of x's dtype and sizes.</param>
    /// <param name="reduce">"prod", "mean", "amax" or "amin"; "sum" works too.</param>
    /// <param name="includeSelf">Whether the tensor's own values count.</param>
    public Tensor IndexReduce(int dim, Tensor index, Tensor source, string reduce, bool includeSelf = true)
    {
        (Tensor x, int d, Tensor i, Tensor v) = IndexParts(dim, index, source, "index_reduce_");
        long[] column = new long[x.Rank];
        Array.Fill(column, 1);
        column[^-d] = i.layout.Count;
        Tensor full = i.Reshape(new Shape(column)).Expand(v.Shape);
        Tensor y = Op.Apply(new Ops.ScatterReduce(d, ReductionOf(reduce), includeSelf, "IndexReduce"), x, full, v)[0];
        return Rank == 0 ? y.Reshape(Shape) : y;
    }

    /// <summary>Combines slices with slices of a dimension at an index, in place; see <see cref="IndexReduce"/>.</summary>
    public Tensor IndexReduce_(int dim, Tensor index, Tensor source, string reduce, bool includeSelf = true) =>
        Become(Before().IndexReduce(dim, index, source, reduce, includeSelf));
}
