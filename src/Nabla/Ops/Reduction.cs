using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>The sum over some dimensions, counted from the end; Whole says that the caller named none.</summary>
    public readonly record struct Sum(Dims Dims, bool KeepDim, bool Whole = false) : ILinear<Sum>
    {
        static string IOperation<Sum>.NodeName(Sum op) => op.Whole ? "SumBackward0" : "SumBackward1";
        public Tensor Forward(Tensor x) => Kernels.Reduce.Sum(x, Dims, KeepDim);
        public Tensor Transpose(Tensor g, TensorSpec x) => g.Spread(x.Shape, Dims, KeepDim);
    }

    /// <summary>The mean over some dimensions, counted from the end.</summary>
    public readonly record struct Mean(Dims Dims, bool KeepDim, bool Whole = false) : ILinear<Mean>
    {
        static string IOperation<Mean>.NodeName(Mean op) => op.Whole ? "MeanBackward0" : "MeanBackward1";
        public Tensor Forward(Tensor x) => Kernels.Reduce.Mean(x, Dims, KeepDim);

        public Tensor Transpose(Tensor g, TensorSpec x) =>
            (g / (double)Kernels.Reduce.Count(x.Layout, Dims)).Spread(x.Shape, Dims, KeepDim);
    }

    /// <summary>The product over one dimension, counted from the end.</summary>
    public readonly record struct Prod(int Dim, bool KeepDim, bool Whole = false) : IOp<Prod>
    {
        static Tensor[] IOp<Prod>.OnComplex(Prod op, ReadOnlySpan<Tensor> x) => [Complexes.Prod(x[0], op.Dim, op.KeepDim)];
        static string IOperation<Prod>.NodeName(Prod op) => op.Whole ? "ProdBackward0" : "ProdBackward1";
        static bool IOp<Prod>.SavesOutput(Prod op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Reduce.Prod(x[0], Dim, KeepDim)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = g[0]!.Spread(x[0].Shape, Dim, KeepDim) * Op.Apply(new ProdOthers(Dim), x[0])[0];

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [(t[0]! * Op.Apply(new ProdOthers(Dim), x[0])[0]).Sum(Dim, KeepDim)];
    }

    /// <summary>The product of all elements but each one over a dimension counted from the end: no division, exact where some are
    /// zero.</summary>
    public readonly record struct ProdOthers(int Dim) : IOp<ProdOthers>
    {
        static string IOperation<ProdOthers>.NodeName(ProdOthers op) => "ProdBackward1";
        static bool IOp<ProdOthers>.SavesOutput(ProdOthers op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Scan.ProdOthers(x[0], Dim)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = ByPairs(x[0], g[0]!);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => [ByPairs(x[0], t[0]!)];

        /// <summary>Σ d[k] times the product of all elements but two, i and k ≠ i: those behind i, and those before it.</summary>
        private Tensor ByPairs(Tensor x, Tensor d)
        {
            Tensor before = x.ProdBefore(Dim, false), behind = x.ProdBefore(Dim, true);
            return before * x.Recurrence(d * behind, Dim, true).Shifted(Dim, true)
                + behind * x.Recurrence(d * before, Dim, false).Shifted(Dim, false);
        }
    }

    /// <summary>The sum over some dimensions of the elements that are not NaN.</summary>
    public readonly record struct Nansum(Dims Dims, bool KeepDim) : IOp<Nansum>
    {
        static bool IOp<Nansum>.SavesOutput(Nansum op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor kept = Tensor.Allocate(x[0].layout.Fresh, x[0].dtype);
            Kernels.Copy.Run(x[0], kept);
            Kernels.Reduce.DropNaN(kept);
            return [Kernels.Reduce.Sum(kept, Dims, KeepDim)];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = g[0]!.Spread(x[0].Shape, Dims, KeepDim) * Valid(x[0]);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [(t[0]! * Valid(x[0])).SumOver(Dims, KeepDim)];

        private static Tensor Valid(Tensor x) => x.Detach().Eq(x.Detach()).To(x.DType);
    }

    /// <summary>Whether all (or any) elements are not zero.</summary>
    public readonly record struct Truth(Dims Dims, bool KeepDim, bool Every) : ILinear<Truth>
    {
        static bool IOperation<Truth>.Differentiable => false;

        public Tensor Forward(Tensor x) => Every ? Kernels.Reduce.All(x, Dims, KeepDim) : Kernels.Reduce.Any(x, Dims, KeepDim);

        public Tensor Transpose(Tensor g, TensorSpec x) => throw new InvalidOperationException("A predicate has no derivative.");
    }
}

public sealed partial class Tensor
{
    private static readonly Dims[] Everything = [.. Enumerable.Range(0, 9).Select(Dims.All)];

    /// <summary>All dimensions counted from the end; short lists are shared.</summary>
    internal static Dims AllDims(int rank) => rank < Everything.Length ? Everything[rank] : Dims.All(rank);

    /// <summary>Dimensions as operations hold them; an empty list means all.</summary>
    private Dims Reduced(Dims dim)
    {
        if (dim.Count == 0) return AllDims(Rank);
        Dims dims = dim.FromEnd(Rank);
        return Rank == 0 ? default : dims;
    }

    /// <summary>The sum over dimensions as operations hold them: none means none, as in a batch of 0-d tensors.</summary>
    internal Tensor SumOver(Dims dims, bool keepDim) => dims.Count == 0 ? this : LinearOp.Apply(new Ops.Sum(dims, keepDim), this);

    /// <summary>The mean over dimensions as operations hold them.</summary>
    internal Tensor MeanOver(Dims dims, bool keepDim) => dims.Count == 0 ? this : LinearOp.Apply(new Ops.Mean(dims, keepDim), this);

    /// <summary>A reduction's result (or its gradient) seen at the operand's shape: the reduced dimensions come back, repeated.</summary>
    internal Tensor Spread(Shape shape, Dims dims, bool keepDim)
    {
        if (!keepDim && Rank > 0)
        {
            long[] kept = shape.ToArray();
            foreach (int d in dims.Values) kept[^-d] = 1;
            return Reshape(new Shape(kept)).Expand(shape);
        }
        return Expand(shape);
    }

    private static DType SumType(DType x, DType? asked) => asked ?? (x.IsDifferentiable() ? x : DType.Int64);

    /// <summary>The sum of all elements. Integers and bools are summed in int64; float16 and bfloat16 in float32, rounded once.</summary>
    /// <param name="dtype">Convert to this type first.</param>
    public Tensor Sum(DType? dtype = null) =>
        LinearOp.Apply(new Ops.Sum(AllDims(Rank), false, true), To(SumType(this.dtype, dtype)));

    /// <summary>The sum over some dimensions. Integers and bools are summed in int64; 0 if there is no element.</summary>
    /// <param name="dim">The dimensions to sum over; an empty list means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension does not exist.</exception>
    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)] // Or else a literal 0 would be taken for a dtype.
    public Tensor Sum(Dims dim, bool keepDim = false, DType? dtype = null)
    {
        Dims dims = Reduced(dim);
        return LinearOp.Apply(new Ops.Sum(dims, keepDim), To(SumType(this.dtype, dtype)));
    }

    /// <summary>The mean of all elements; NaN if there is none.</summary>
    /// <param name="dtype">Convert to this type first.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Mean(DType? dtype = null)
    {
        RequireFloating("mean", dtype);
        return LinearOp.Apply(new Ops.Mean(AllDims(Rank), false, true), To(dtype ?? this.dtype));
    }

    /// <summary>The mean over some dimensions; NaN if there is no element.</summary>
    /// <param name="dim">The dimensions; an empty list means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)] // Or else a literal 0 would be taken for a dtype.
    public Tensor Mean(Dims dim, bool keepDim = false, DType? dtype = null)
    {
        RequireFloating("mean", dtype);
        Dims dims = Reduced(dim);
        return LinearOp.Apply(new Ops.Mean(dims, keepDim), To(dtype ?? this.dtype));
    }

    private void RequireFloating(string op, DType? asked)
    {
        DType type = asked ?? dtype;
        if (type.IsDifferentiable()) return;
        Throw.Types(asked is null
            ? $"{op}(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: " +
                $"{type.ScalarName()}. Convert it first: x.To(DType.Float32)."
            : $"{op}(): optional dtype must be either a floating point or complex dtype. Got: {type.ScalarName()}");
    }

    /// <summary>The product of all elements; 1 if there is none. The gradient is exact where elements are zero.</summary>
    /// <param name="dtype">Convert to this type first; integers and bools become int64.</param>
    public Tensor Prod(DType? dtype = null)
    {
        Tensor x = Autocast.Float32(this);
        x = x.To(SumType(x.dtype, dtype));
        return Op.Apply(new Ops.Prod(-1, false, true), x.Rank == 1 ? x : x.Reshape(new Shape([x.layout.Count])))[0];
    }

    /// <summary>The product over a dimension; 1 if it is empty. The gradient is exact where elements are zero.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="keepDim">Keep it with size 1.</param>
    /// <param name="dtype">Convert to this type first; integers and bools become int64.</param>
    public Tensor Prod(int dim, bool keepDim = false, DType? dtype = null)
    {
        int d = Dims.FromEnd(dim, Rank);
        if (Rank == 0) return Prod(dtype);
        Tensor x = Autocast.Float32(this);
        return Op.Apply(new Ops.Prod(d, keepDim), x.To(SumType(x.dtype, dtype)))[0];
    }

    /// <summary>The sum of the elements that are not NaN, over some dimensions.</summary>
    /// <param name="dim">The dimensions; none means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first.</param>
    public Tensor NanSum(Dims dim = default, bool keepDim = false, DType? dtype = null)
    {
        Dims dims = Reduced(dim);
        Tensor x = To(SumType(this.dtype, dtype));
        return x.dtype.IsDifferentiable() ? Op.Apply(new Ops.Nansum(dims, keepDim), x)[0] : LinearOp.Apply(new Ops.Sum(dims, keepDim), x);
    }

    /// <summary>The mean of the elements that are not NaN, over some dimensions; NaN if there is none.</summary>
    /// <param name="dim">The dimensions; none means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor NanMean(Dims dim = default, bool keepDim = false, DType? dtype = null)
    {
        if (!this.dtype.IsFloatingPoint()) Throw.Types("nanmean(): expected input to have floating point or complex dtype but got " +
            $"{this.dtype.ScalarName()}");
        return NanSum(dim, keepDim, dtype) / Eq(this).Sum(dim, keepDim);
    }

    /// <summary>Whether all elements are not zero; true if there is none. uint8 gives uint8, all else bool.</summary>
    public Tensor All() => TruthOf(AllDims(Rank), false, true);

    /// <summary>Whether all elements along some dimensions are not zero.</summary>
    /// <param name="dim">The dimensions; an empty list means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    public Tensor All(Dims dim, bool keepDim = false) => TruthOf(dim, keepDim, true);

    /// <summary>Whether an element is not zero; false if there is none. uint8 gives uint8, all else bool.</summary>
    public Tensor Any() => TruthOf(AllDims(Rank), false, false);

    /// <summary>Whether an element along some dimensions is not zero.</summary>
    /// <param name="dim">The dimensions; an empty list means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    public Tensor Any(Dims dim, bool keepDim = false) => TruthOf(dim, keepDim, false);

    private Tensor TruthOf(Dims dim, bool keepDim, bool every)
    {
        Tensor y = LinearOp.Apply(new Ops.Truth(Reduced(dim), keepDim, every), this);
        return dtype == DType.UInt8 ? y.To(DType.UInt8) : y;
    }

    /// <summary>How many elements are not zero, over some dimensions: int64.</summary>
    /// <param name="dim">The dimensions; none means all.</param>
    public Tensor CountNonzero(Dims dim = default) => Ne(0).Sum(dim);
}
