namespace Nabla;

internal static partial class Ops
{
    /// <summary>Running sums along a dimension counted from the end, from its start or its end.</summary>
    public readonly record struct Cumsum(int Dim, bool Reverse, DType? DType = null) : ILinear<Cumsum>
    {
        public Tensor Forward(Tensor x) => Kernels.Scan.Sum(Kernels.Copy.Cast(x, DType ?? x.dtype), Dim, Reverse);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new Cumsum(Dim, !Reverse), g.To(x.DType));
    }

    /// <summary>Running products along a dimension counted from the end, from its start or its end.</summary>
    /// <remarks>
    /// With P the product of what comes before and S[i] = g[i] + x[i+1] S[i+1], the gradient is P S: no division, exact where elements are
    /// zero.
    /// </remarks>
    public readonly record struct Cumprod(int Dim, bool Reverse = false, DType? DType = null) : IOp<Cumprod>
    {
        static Tensor[] IOp<Cumprod>.OnComplex(Cumprod op, ReadOnlySpan<Tensor> x) =>
            op.DType is { } type && type != x[0].dtype ? Op.Apply(op, x[0].To(type)) : [Complexes.Cumprod(x[0], op.Dim, op.Reverse)];
        static bool IOp<Cumprod>.SavesOutput(Cumprod op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Scan.Prod(Kernels.Copy.Cast(x[0], DType ?? x[0].dtype), Dim, Reverse)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (x[0].NumElements == 0) into[0] = g[0];
            else into[0] = x[0].ProdBefore(Dim, Reverse) * x[0].Recurrence(g[0]!.To(x[0].dtype), Dim, !Reverse, ahead: true);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [(x[0].NumElements == 0 ? t[0]! : x[0].Recurrence(t[0]! * x[0].ProdBefore(Dim, Reverse), Dim, Reverse)).To(y[0].dtype)];
    }

    /// <summary>The product of the elements before each one along a dimension counted from the end (after it, if reversed): 1 for the
    /// first.</summary>
    public readonly record struct ProdBefore(int Dim, bool Reverse) : IOp<ProdBefore>
    {
        static string IOperation<ProdBefore>.NodeName(ProdBefore op) => "CumprodBackward0";
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Scan.ProdBefore(x[0], Dim, Reverse)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = y[0] * x[0].Recurrence(g[0]!, Dim, !Reverse).Shifted(Dim, !Reverse);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [x[0].Recurrence(t[0]! * y[0], Dim, Reverse).Shifted(Dim, Reverse)];
    }

    /// <summary>
    /// y[k] = b[k] + a[k] y[k-1] (y[k+1] if reversed) along a dimension counted from the end; with Ahead, the factor of the other y is
    /// that of its own place: y[k] = b[k] + a[k-1] y[k-1]. The transpose of one is the other.
    /// </summary>
    public readonly record struct Recurrence(int Dim, bool Reverse, bool Ahead) : IOp<Recurrence>
    {
        static bool IOp<Recurrence>.SavesInput(Recurrence op, int i) => i == 0;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Scan.Recurrence(x[0], x[1], Dim, Reverse, Ahead)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor back = x[0].Recurrence(g[0]!, Dim, !Reverse, !Ahead);
            if (into.Needs(0)) into[0] = Ahead ? back.Shifted(Dim, !Reverse) * y[0] : back * y[0].Shifted(Dim, Reverse);
            if (into.Needs(1)) into[1] = back;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? b = t[1];
            if (t[0] is { } a)
            {
                Tensor change = Ahead ? (a * y[0]).Shifted(Dim, Reverse) : a * y[0].Shifted(Dim, Reverse);
                b = b is null ? change : b + change;
            }
            return [x[0].Recurrence(b!, Dim, Reverse, Ahead)];
        }
    }

    /// <summary>log of the running sums of e^x along a dimension counted from the end.</summary>
    /// <remarks>y never falls, so S[i] = g[i] + e^(y[i] - y[i+1]) S[i+1] is stable; the gradient is e^(x - y) S.</remarks>
    public readonly record struct Logcumsumexp(int Dim) : IOp<Logcumsumexp>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Scan.LogSumExp(x[0], Dim)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            into[0] = (x[0] - y[0]).Exp() * Decay(y[0], true).Recurrence(g[0]!, Dim, true);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [Decay(y[0], false).Recurrence(t[0]! * (x[0] - y[0]).Exp(), Dim, false)];

        /// <summary>e^(y[i] - y[i+1]) (e^(y[i-1] - y[i]) the other way) where there is a neighbour, 0 at the end.</summary>
        private Tensor Decay(Tensor y, bool next)
        {
            long n = y.Size(Dim);
            if (n < 2) return Tensor.ZerosLike(y);
            Tensor ratio = (y.Slice(Dim, 0, n - 1) - y.Slice(Dim, 1)).Exp();
            return LinearOp.Apply(new PutSlice(Dim, n, next ? 0 : 1, 1), ratio);
        }
    }

    /// <summary>The place of the largest or smallest element so far.</summary>
    public readonly record struct ScanPlaces(int Dim, bool Max) : ILinear<ScanPlaces>
    {
        static bool IOperation<ScanPlaces>.Differentiable => false;
        public Tensor Forward(Tensor x) => Kernels.Scan.ArgExtreme(x, Dim, Max);
        public Tensor Transpose(Tensor g, TensorSpec x) => throw new InvalidOperationException("Places have no derivative.");
    }
}

public sealed partial class Tensor
{
    /// <summary>Moved by one along a dimension, towards its end or its start, with 0 at the free end.</summary>
    internal Tensor Shifted(int dim, bool toStart)
    {
        long n = layout.shape[^-dim];
        if (n < 2) return ZerosLike(this);
        return LinearOp.Apply(new Ops.PutSlice(dim, n, toStart ? 0 : 1, 1), toStart ? Slice(dim, 1) : Slice(dim, 0, n - 1));
    }

    internal Tensor Recurrence(Tensor b, int dim, bool reverse, bool ahead = false) =>
        Op.Apply(new Ops.Recurrence(dim, reverse, ahead), this, b)[0];

    /// <summary>The product of the elements before each one (after it, if reversed): 1 for the first.</summary>
    internal Tensor ProdBefore(int dim, bool reverse) => Op.Apply(new Ops.ProdBefore(dim, reverse), this)[0];

    /// <summary>Running sums: y[k] = Σ x[i] for i ≤ k along a dimension. Integers and bools are summed in int64.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="dtype">Convert to this type first.</param>
    public Tensor CumSum(int dim, DType? dtype = null)
    {
        int d = Dims.FromEnd(dim, Rank);
        return Rank == 0 ? Unsqueeze(0).CumSum(0, dtype).Squeeze(0)
            : this.dtype.IsComplex() ? LinearOp.Apply(new Ops.Cumsum(d, false), To(dtype ?? this.dtype))
            : LinearOp.Apply(new Ops.Cumsum(d, false, SumType(this.dtype, dtype)), this);
    }

    /// <summary>x = running sums of x, in place.</summary>
    /// <param name="dim">The dimension.</param>
    public Tensor CumSum_(int dim) => Become(CumSum(dim, dtype));

    /// <summary>Running products: y[k] = Π x[i] for i ≤ k along a dimension. The gradient is exact where elements are zero.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="dtype">Convert to this type first; integers and bools become int64.</param>
    public Tensor CumProd(int dim, DType? dtype = null)
    {
        int d = Dims.FromEnd(dim, Rank);
        return Rank == 0 ? Unsqueeze(0).CumProd(0, dtype).Squeeze(0)
            : Op.Apply(new Ops.Cumprod(d, false, SumType(this.dtype, dtype)), this)[0];
    }

    /// <summary>x = running products of x, in place.</summary>
    /// <param name="dim">The dimension.</param>
    public Tensor CumProd_(int dim) => Become(Before().CumProd(dim, dtype));

    /// <summary>log Σ e^x[i] for i ≤ k along a dimension, without overflow.</summary>
    /// <param name="dim">The dimension.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor LogCumSumExp(int dim)
    {
        int d = Dims.FromEnd(dim, Rank);
        if (!dtype.IsFloatingPoint()) Throw.NotImplementedFor("logcumsumexp_out_cpu", dtype);
        return Rank == 0 ? Unsqueeze(0).LogCumSumExp(0).Squeeze(0) : Op.Apply(new Ops.Logcumsumexp(d), this)[0];
    }

    /// <summary>The largest element so far along a dimension, and its place: the last of equal ones. NaN wins.</summary>
    /// <param name="dim">The dimension.</param>
    public (Tensor Values, Tensor Indices) CumMax(int dim)
    {
        int d = Dims.FromEnd(dim, Rank);
        if (Rank == 0) return Scalars(Unsqueeze(0).CumMax(0));
        return Take(LinearOp.Apply(new Ops.ScanPlaces(d, true), this), d, true, "CummaxBackward0");
    }

    /// <summary>The smallest element so far along a dimension, and its place: the last of equal ones. NaN wins.</summary>
    /// <param name="dim">The dimension.</param>
    public (Tensor Values, Tensor Indices) CumMin(int dim)
    {
        int d = Dims.FromEnd(dim, Rank);
        if (Rank == 0) return Scalars(Unsqueeze(0).CumMin(0));
        return Take(LinearOp.Apply(new Ops.ScanPlaces(d, false), this), d, true, "CumminBackward0");
    }

    /// <summary>Integrals by the trapezoidal rule along a dimension: Σ (y[i] + y[i+1]) / 2 · dx.</summary>
    /// <param name="dx">The distance of neighbours.</param>
    /// <param name="dim">The dimension.</param>
    public Tensor Trapezoid(double dx = 1, int dim = -1)
    {
        int d = Dims.FromEnd(dim, Rank);
        if (Size(d) == 0) return Slice(d, 0, 0).Sum(d);
        return (Neighbours(d).Sum(d) / 2) * dx;
    }

    /// <summary>Integrals by the trapezoidal rule along a dimension: Σ (y[i] + y[i+1]) / 2 · (x[i+1] - x[i]).</summary>
    /// <param name="x">The sample points: one-dimensional, or broadcast against this tensor.</param>
    /// <param name="dim">The dimension.</param>
    /// <exception cref="ShapeException">The number of points differs.</exception>
    public Tensor Trapezoid(Tensor x, int dim = -1)
    {
        (Tensor dx, int d) = Widths("trapezoid", x, dim);
        return (Neighbours(d) * dx).Sum(d) / 2;
    }

    /// <summary>Running integrals by the trapezoidal rule along a dimension, one element fewer.</summary>
    /// <param name="dx">The distance of neighbours.</param>
    /// <param name="dim">The dimension.</param>
    public Tensor CumulativeTrapezoid(double dx = 1, int dim = -1)
    {
        int d = Dims.FromEnd(dim, Rank);
        return (Neighbours(d) * (dx / 2)).CumSum(d);
    }

    /// <summary>Running integrals by the trapezoidal rule over the sample points x, one element fewer.</summary>
    /// <param name="x">The sample points: one-dimensional, or broadcast against this tensor.</param>
    /// <param name="dim">The dimension.</param>
    /// <exception cref="ShapeException">The number of points differs.</exception>
    public Tensor CumulativeTrapezoid(Tensor x, int dim = -1)
    {
        (Tensor dx, int d) = Widths("cumulative_trapezoid", x, dim);
        return (Neighbours(d) * dx / 2).CumSum(d);
    }

    private Tensor Neighbours(int dim) => Slice(dim, 0, Math.Max(Size(dim) - 1, 0)) + Slice(dim, 1);

    private (Tensor, int) Widths(string op, Tensor x, int dim)
    {
        int d = Dims.FromEnd(dim, Rank);
        int at = x.Rank == 1 ? -1 : d;
        if (x.Rank == 0 || -at > x.Rank || x.Size(at) != Size(d))
            Throw.Shapes($"{op}: There must be one `x` value for each sample point: x has shape {x.Shape}, y has shape {Shape}, " +
                $"dimension {d + Rank}.");
        Tensor dx = x.Slice(at, 1) - x.Slice(at, 0, Math.Max(x.Size(at) - 1, 0));
        // One-dimensional points lie along the dimension, whatever follows it.
        for (int k = d; x.Rank == 1 && k < -1; k++) dx = dx.Unsqueeze(-1);
        return (dx, d);
    }
}
