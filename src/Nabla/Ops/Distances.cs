using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>The p-norm distances of the rows of x to those of y; leading dimensions are the same. No differences are kept.</summary>
    public readonly record struct Cdist(double P, bool ByProduct) : IOp<Cdist>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor a, Tensor b) = (x[0].Detach(), x[1].Detach());
            if (ByProduct) return [Euclidean(a, b)];
            if ((P is 1 or double.PositiveInfinity) && (a.dtype is DType.Float32 or DType.Float64))
                return [Kernels.RowDistances.Run(a, b, P != 1)];
            Tensor rows = Differences(a, b);
            return [P == 0 ? rows.Sign().Abs().Sum(-1) : LinAlg.VectorNorm(rows, P, -1)];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (P == 0)
            {
                for (int i = 0; i < 2; i++) if (into.Needs(i)) into[i] = Tensor.ZerosLike(x[i]);
            }
            else if (ByProduct)
            {
                Tensor zero = y[0].Detach().Eq(0), w = Tensor.Where(zero, 0.0, g[0]! / Tensor.Where(zero, 1.0, y[0]));
                if (into.Needs(0)) into[0] = x[0] * w.Sum(-1, true) - w.MatMul(x[1]);
                if (into.Needs(1)) into[1] = x[1] * w.Sum(-2).Unsqueeze(-1) - w.Transpose(-2, -1).MatMul(x[0]);
            }
            else if (P == 1 && x[0].DType is DType.Float32 or DType.Float64)
            {
                if (into.Needs(0)) into[0] = Op.Apply(new CdistSigns(), g[0]!, x[0], x[1])[0];
                if (into.Needs(1)) into[1] = Op.Apply(new CdistSigns(), g[0]!.Transpose(-2, -1), x[1], x[0])[0];
            }
            else
            {
                Tensor d = g[0]!.Unsqueeze(-1) * Slope(x, y[0]);
                if (into.Needs(0)) into[0] = d.Sum(-2);
                if (into.Needs(1)) into[1] = -d.Sum(-3);
            }
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            if (P == 0) return [null];
            Tensor rows = Differences(t[0] ?? Tensor.ZerosLike(x[0]), t[1] ?? Tensor.ZerosLike(x[1]));
            return [(rows * Slope(x, y[0])).Sum(-1)];
        }

        private Tensor Slope(ReadOnlySpan<Tensor> x, Tensor y) => new LinalgVectorNorm(P, -1, false).Slope(Differences(x[0], x[1]), y);

        internal static Tensor Differences(Tensor a, Tensor b) => a.Unsqueeze(-2) - b.Unsqueeze(-3);

        /// <summary>√(‖x‖² + ‖y‖² - 2·x·y), by one product of matrices; rounding may leave less than nothing below the root.</summary>
        private static Tensor Euclidean(Tensor a, Tensor b)
        {
            Tensor sums = (a * a).Sum(-1, true) + (b * b).Sum(-1, true).Transpose(-2, -1);
            return (sums - 2 * a.MatMul(b.Transpose(-2, -1))).Clamp(min: 0).Sqrt();
        }
    }

    /// <summary>Σ g[i, j] sign(x[i, :] - y[j, :]) over j: the gradient of x for distances with p = 1. Operands: g, x, y.</summary>
    public readonly record struct CdistSigns : IOp<CdistSigns>
    {
        static string IOperation<CdistSigns>.NodeName(CdistSigns op) => "CdistBackward0";
        static bool IOp<CdistSigns>.SavesInput(CdistSigns op, int i) => i > 0;
        static bool IOp<CdistSigns>.SavesOutput(CdistSigns op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.RowDistances.Signs(x[0], x[1], x[2])];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (into.Needs(0)) into[0] = (g[0]!.Unsqueeze(-2) * Cdist.Differences(x[1].Detach(), x[2].Detach()).Sgn()).Sum(-1);
            for (int i = 1; i < 3; i++) if (into.Needs(i)) into[i] = Tensor.ZerosLike(x[i]);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is { } d ? Op.Apply(this, d, x[1], x[2])[0] : null];
    }
}

public sealed partial class Tensor
{
    /// <summary>
    /// The p-norm distance of every row of this tensor to every row of another: z[..., i, j] = ‖x[..., i, :] - y[..., j, :]‖ₚ.
    /// </summary>
    /// <param name="other">y, of shape [..., r, m]; this tensor has shape [..., n, m]; leading dimensions broadcast.</param>
    /// <param name="p">The norm: 0 counts differing elements, infinity takes the largest difference; 2 by default.</param>
    /// <returns>A tensor of shape [..., n, r]. The gradient at distance 0 is 0.</returns>
    /// <remarks>For p = 2 and more than 25 rows on a side, distances come from one matrix product, as in PyTorch: faster, and less exact
    /// for
    /// rows that lie close together.</remarks>
    /// <exception cref="ShapeException">A tensor has fewer than two dimensions, or the numbers of columns differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">p is negative.</exception>
    public Tensor CDist(Tensor other, double p = 2)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).CDist(call.Raise(other), p);
        }
        if (Rank < 2) Throw.Shapes($"cdist only supports at least 2D tensors, X1 got: {Rank}D");
        if (other.Rank < 2) Throw.Shapes($"cdist only supports at least 2D tensors, X2 got: {other.Rank}D");
        long columns = layout.shape[^1], otherColumns = other.layout.shape[^1];
        if (columns != otherColumns) Throw.Shapes($"X1 and X2 must have the same number of columns. X1: {columns} X2: {otherColumns}");
        if (!(p >= 0)) Throw.Range(nameof(p), p, "cdist only supports non-negative p values");
        if (!dtype.IsFloatingPoint()) Throw.Types($"cdist only supports floating-point dtypes, X1 got: {dtype.ScalarName()}");
        if (!other.dtype.IsFloatingPoint()) Throw.Types($"cdist only supports floating-point dtypes, X2 got: {other.dtype.ScalarName()}");
        DType type = Promotion.Promote(dtype, other.dtype);
        Shape lead = new(Kernels.Broadcast.Shape(layout.shape.AsSpan(..^2), other.layout.shape.AsSpan(..^2), "cdist"));
        Tensor x = To(type).Expand(new Shape([.. lead, .. layout.shape[^2..]]));
        Tensor y = other.To(type).Expand(new Shape([.. lead, .. other.layout.shape[^2..]]));
        bool byProduct = p == 2 && Math.Max(layout.shape[^2], other.layout.shape[^2]) > 25;
        return Op.Apply(new Ops.Cdist(p, byProduct), x, y)[0];
    }

    /// <summary>
    /// The p-norm distances of all pairs of rows i &lt; j of a matrix, as one vector: the upper triangle of <see cref="CDist"/> with
    /// itself.
    /// </summary>
    /// <param name="p">The norm; 2 by default.</param>
    /// <exception cref="ShapeException">This is not a matrix.</exception>
    /// <exception cref="ArgumentOutOfRangeException">p is negative.</exception>
    public Tensor PDist(double p = 2)
    {
        if (Rank != 2) Throw.Shapes($"pdist only supports 2D tensors, got: {Rank}D");
        if (!dtype.IsFloatingPoint()) Throw.Types($"pdist only supports floating-point dtypes, got: {dtype.ScalarName()}");
        if (!(p >= 0)) Throw.Range(nameof(p), p, "pdist only supports non-negative p values");
        Tensor pairs = TriuIndices(layout.shape[0], layout.shape[0], 1);
        return Length(IndexSelect(0, pairs.Select(0, 0)) - IndexSelect(0, pairs.Select(0, 1)), p);
    }

    /// <summary>
    /// The p-norm of the last dimension; the number of nonzero elements (p = 0) is part of the graph, with a zero gradient.
    /// </summary>
    private static Tensor Length(Tensor x, double p) => p == 0 ? x.Sign().Abs().Sum(-1) : LinAlg.VectorNorm(x, p, -1);
}

public static partial class Functional
{
    /// <summary>The p-norm distance of vectors along the last dimension: ‖x - y + eps‖ₚ.</summary>
    /// <param name="x1">x.</param>
    /// <param name="x2">y, which broadcasts with x.</param>
    /// <param name="p">The norm; 2 by default.</param>
    /// <param name="eps">Added to every difference, against a slope without end at 0; 1e-6 by default.</param>
    /// <param name="keepDim">Keep the last dimension with size 1.</param>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor PairwiseDistance(Tensor x1, Tensor x2, double p = 2, double eps = 1e-6, bool keepDim = false) =>
        (x1 - x2 + eps).Norm(p, -1, keepDim);

    /// <summary>The distances of all pairs of rows; see <see cref="Tensor.PDist"/>.</summary>
    public static Tensor PDist(Tensor input, double p = 2) => input.PDist(p);
}
