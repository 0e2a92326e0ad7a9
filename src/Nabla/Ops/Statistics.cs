using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>The variance (or its root), and the mean if asked for, over some dimensions counted from the end.</summary>
    public readonly record struct Var(Dims Dims, bool KeepDim, double Correction, bool Root, bool WithMean) : IOp<Var>
    {
        static string IOperation<Var>.NodeName(Var op) => (op.Root ? "Std" : "Var") + (op.WithMean ? "Mean" : "") + "Backward0";
        static bool IOp<Var>.SavesOutput(Var op, int i) => op.Root && i == 0;
        static Tensor[] IOp<Var>.OnComplex(Var op, ReadOnlySpan<Tensor> x) => Complexes.Variance(op, x[0]);

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor var, Tensor mean) = Kernels.Reduce.Var(x[0], Dims, KeepDim, Correction, Root);
            return WithMean ? [var, mean] : [var];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor? d = g[0] is { } v ? Scaled(v, y[0], x[0]).Spread(x[0].Shape, Dims, KeepDim) * Centred(x[0]) : null;
            if (WithMean && g[1] is { } m)
            {
                Tensor share = (m / (double)Kernels.Reduce.Count(x[0].layout, Dims)).Spread(x[0].Shape, Dims, KeepDim);
                d = d is null ? share : d + share;
            }
            into[0] = d;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor var = Scaled((t[0]! * Centred(x[0])).SumOver(Dims, KeepDim), y[0], x[0]);
            return WithMean ? [var, t[0]!.MeanOver(Dims, KeepDim)] : [var];
        }

        /// <summary>2 d / (n - correction), and for the root over twice it; 0 where the root is 0.</summary>
        private Tensor Scaled(Tensor d, Tensor root, Tensor x)
        {
            double free = Kernels.Reduce.Count(x.layout, Dims) - Correction;
            if (!Root) return d * (2 / free);
            Tensor zero = root.Detach().Eq(0);
            return Tensor.Where(zero, 0.0, d / (Tensor.Where(zero, 1.0, root) * free));
        }

        private Tensor Centred(Tensor x) => x - x.MeanOver(Dims, true);
    }
}

public sealed partial class Tensor
{
    /// <summary>The variance of all elements: Σ (x - mean)² / (n - correction).</summary>
    /// <param name="correction">1 for the unbiased estimate, 0 for the population's.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Var(double correction = 1) => Variance(default, correction, false, false, false)[0];

    /// <summary>The variance over some dimensions: Σ (x - mean)² / (n - correction).</summary>
    /// <param name="dim">The dimensions; an empty list means all.</param>
    /// <param name="correction">1 for the unbiased estimate, 0 for the population's.</param>
    /// <param name="keepDim">Keep the dimensions with size 1.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Var(Dims dim, double correction = 1, bool keepDim = false) => Variance(dim, correction, keepDim, false, false)[0];

    /// <summary>The standard deviation of all elements: the root of the variance. Its gradient is 0 where it is 0.</summary>
    /// <param name="correction">1 for the unbiased variance, 0 for the population's.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Std(double correction = 1) => Variance(default, correction, false, true, false)[0];

    /// <summary>The standard deviation over some dimensions. Its gradient is 0 where it is 0.</summary>
    /// <param name="dim">The dimensions; an empty list means all.</param>
    /// <param name="correction">1 for the unbiased variance, 0 for the population's.</param>
    /// <param name="keepDim">Keep the dimensions with size 1.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Std(Dims dim, double correction = 1, bool keepDim = false) => Variance(dim, correction, keepDim, true, false)[0];

    /// <summary>The variance and the mean over some dimensions, from one pass through memory.</summary>
    /// <param name="dim">The dimensions; none means all.</param>
    /// <param name="correction">1 for the unbiased variance, 0 for the population's.</param>
    /// <param name="keepDim">Keep the dimensions with size 1.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public (Tensor Var, Tensor Mean) VarMean(Dims dim = default, double correction = 1, bool keepDim = false) =>
        Variance(dim, correction, keepDim, false, true) is [var v, var m] ? (v, m) : default;

    /// <summary>The standard deviation and the mean over some dimensions.</summary>
    /// <param name="dim">The dimensions; none means all.</param>
    /// <param name="correction">1 for the unbiased variance, 0 for the population's.</param>
    /// <param name="keepDim">Keep the dimensions with size 1.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public (Tensor Std, Tensor Mean) StdMean(Dims dim = default, double correction = 1, bool keepDim = false) =>
        Variance(dim, correction, keepDim, true, true) is [var s, var m] ? (s, m) : default;

    private Tensor[] Variance(Dims dim, double correction, bool keepDim, bool root, bool withMean)
    {
        if (!dtype.IsDifferentiable())
            Throw.Types($"std and var only support floating point and complex dtypes. Got {dtype.ScalarName()}; convert it first: " +
                "x.To(DType.Float32).");
        return Op.Apply(new Ops.Var(Reduced(dim), keepDim, correction, root, withMean), this);
    }

    /// <summary>The q-quantile over a dimension: the element of rank q (n - 1) in sorted order, interpolated. NaN if there is a
    /// NaN.</summary>
    /// <param name="q">In [0, 1].</param>
    /// <param name="dim">The dimension; null means all elements.</param>
    /// <param name="keepDim">Keep the reduced dimensions with size 1.</param>
    /// <param name="interpolation">linear, lower, higher, midpoint or nearest.</param>
    /// <exception cref="ArgumentOutOfRangeException">q is not in [0, 1].</exception>
    /// <exception cref="DTypeException">The tensor is neither float32 nor float64.</exception>
    public Tensor Quantile(double q, int? dim = null, bool keepDim = false, string interpolation = "linear")
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).Quantile(q, dim, keepDim, interpolation);
        }
        return QuantileOf("quantile()", Of(q, dtype.IsFloatingPoint() ? dtype : DefaultDType), dim, keepDim, interpolation, false);
    }

    /// <summary>The q-quantiles over a dimension for several q, which come first in the result's shape.</summary>
    /// <param name="q">0-d or one-dimensional, of this tensor's dtype, in [0, 1].</param>
    /// <param name="dim">The dimension; null means all elements.</param>
    /// <param name="keepDim">Keep the reduced dimensions with size 1.</param>
    /// <param name="interpolation">linear, lower, higher, midpoint or nearest.</param>
    public Tensor Quantile(Tensor q, int? dim = null, bool keepDim = false, string interpolation = "linear")
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).Quantile(call.Raise(q), dim, keepDim, interpolation);
        }
        return QuantileOf("quantile()", q, dim, keepDim, interpolation, false);
    }

    /// <summary>The q-quantile of the elements that are not NaN.</summary>
    /// <param name="q">In [0, 1].</param>
    /// <param name="dim">The dimension; null means all elements.</param>
    /// <param name="keepDim">Keep the reduced dimensions with size 1.</param>
    /// <param name="interpolation">linear, lower, higher, midpoint or nearest.</param>
    public Tensor NanQuantile(double q, int? dim = null, bool keepDim = false, string interpolation = "linear")
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).NanQuantile(q, dim, keepDim, interpolation);
        }
        return QuantileOf("nanquantile()", Of(q, dtype.IsFloatingPoint() ? dtype : DefaultDType), dim, keepDim, interpolation, true);
    }

    /// <summary>The q-quantiles of the elements that are not NaN, for several q.</summary>
    /// <param name="q">0-d or one-dimensional, of this tensor's dtype, in [0, 1].</param>
    /// <param name="dim">The dimension; null means all elements.</param>
    /// <param name="keepDim">Keep the reduced dimensions with size 1.</param>
    /// <param name="interpolation">linear, lower, higher, midpoint or nearest.</param>
    public Tensor NanQuantile(Tensor q, int? dim = null, bool keepDim = false, string interpolation = "linear")
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).NanQuantile(call.Raise(q), dim, keepDim, interpolation);
        }
        return QuantileOf("nanquantile()", q, dim, keepDim, interpolation, true);
    }

    private Tensor QuantileOf(string op, Tensor q, int? dim, bool keepDim, string interpolation, bool skipNaN)
    {
        CheckQuantile(op, q, interpolation);
        int d = dim is { } given ? Dims.FromEnd(given, Rank) : -1;
        Tensor rows = dim is null || Rank == 0 ? Reshape(new Shape([layout.Count])) : Transpose(d, -1);
        if (rows.Size(-1) == 0) Throw.State($"{op} input tensor must be non-empty: its shape is {Shape}.");
        Tensor sorted = rows.Sort(-1).Values, places = Places(rows, q, skipNaN);
        Tensor y = Interpolate(sorted, places, interpolation);
        // y has the ranks last. They come first if there are several; the dimension itself comes back with size 1 if it is kept.
        Tensor kept = dim is null || Rank == 0
            ? y.Reshape(new Shape([.. keepDim ? Enumerable.Repeat(1L, Rank) : [], y.Size(-1)]))
            : keepDim ? y.Unsqueeze(-2).Transpose(d - 1, -2) : Unswapped(y, d);
        return q.Rank == 0 ? kept.Select(-1, 0) : kept.MoveDim(-1, 0);
    }

    /// <summary>Undoes the exchange of dimension d with the last one, which holds the ranks and stays last.</summary>
    private Tensor Unswapped(Tensor y, int d) => d == -1 ? y : y.MoveDim(d, -2);

    private void CheckQuantile(string op, Tensor q, string interpolation)
    {
        if (dtype is not (DType.Float32 or DType.Float64)) Throw.Types($"{op} input tensor must be either float or double dtype, but is " +
            $"{dtype.Name()}.");
        if (q.Rank > 1) Throw.Shapes($"{op} q must be a scalar or 1D tensor, but has shape {q.Shape}.");
        if (q.dtype != dtype) Throw.Types($"{op} q tensor must be same dtype as the input tensor: {q.dtype.Name()} and {dtype.Name()}.");
        if (interpolation is not ("linear" or "lower" or "higher" or "midpoint" or "nearest"))
            Throw.Range(nameof(interpolation), interpolation,
                $"{op} interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}");
        if (q.wrap is not null) return;
        foreach (double v in q.Detach().To(DType.Float64).ToArray<double>())
            if (!(v >= 0 && v <= 1)) Throw.Range(nameof(q), v, $"{op} q must be in the range [0, 1] but got {v}");
    }

    /// <summary>Where the quantiles lie in each sorted row, with fractions.</summary>
    private static Tensor Places(Tensor rows, Tensor q, bool skipNaN)
    {
        Tensor x = rows.Detach(), ranks = q.Rank == 0 ? q.Unsqueeze(0) : q;
        long n = rows.Size(-1);
        Tensor valid = x.Eq(x).Sum(-1, true).To(rows.dtype);
        if (skipNaN) return ranks * (valid - 1).ClampMin(0);
        Tensor all = valid.Eq(n).To(rows.dtype);
        return ranks * (n - 1.0) * all + (n - 1.0) * (1 - all);
    }

    private static Tensor Interpolate(Tensor sorted, Tensor ranks, string interpolation)
    {
        if (interpolation == "lower") ranks = ranks.Floor();
        else if (interpolation == "higher") ranks = ranks.Ceil();
        else if (interpolation == "nearest") ranks = ranks.Round();
        Tensor below = ranks.Detach().Floor();
        Tensor low = At(sorted, below);
        if (interpolation is "lower" or "higher" or "nearest") return low;
        Tensor high = At(sorted, ranks.Detach().Ceil());
        Tensor weight = interpolation == "midpoint" ? OnesLike(ranks.Detach()) * 0.5 : ranks - below;
        return low.Lerp(high, weight);
    }

    private static Tensor At(Tensor sorted, Tensor places) =>
        BilinearOp.Apply(new Ops.TakePlaces(-1, true, "GatherBackward0"), sorted, places.To(DType.Int64));
}
