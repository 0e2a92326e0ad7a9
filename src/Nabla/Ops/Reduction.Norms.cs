namespace Nabla;

internal static partial class Ops
{
    /// <summary>(Σ |x|^p)^(1/p) over some dimensions, counted from the end.</summary>
    public readonly record struct LinalgVectorNorm(double P, Dims Dims, bool KeepDim) : IOp<LinalgVectorNorm>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Reduce.Norm(x[0], Dims, KeepDim, P)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = P == 0 ? null : g[0]!.Spread(x[0].Shape, Dims, KeepDim) * Slope(x[0], y[0]);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [P == 0 ? null : (t[0]! * Slope(x[0], y[0])).SumOver(Dims, KeepDim)];

        /// <summary>The norm's derivative by each element; 0 where the norm is 0.</summary>
        internal Tensor Slope(Tensor x, Tensor y)
        {
            Tensor norm = y.Spread(x.Shape, Dims, KeepDim);
            if (P == 1) return x.Sgn();
            if (double.IsInfinity(P))
            {
                Tensor abs = x.Abs(), ties = (abs.Eq(norm) | (abs.Ne(abs) & norm.Ne(norm))).To(x.DType).Detach();
                return x.Sgn() * ties / ties.SumOver(Dims, true);
            }
            // A zero norm is replaced by one before the division, so that no inf or NaN arises in derivatives of this.
            Tensor zero = norm.Detach().Eq(0), safe = Tensor.Where(zero, 1.0, norm);
            if (P == 2) return x / safe;
            if (P > 2) return x * x.Abs().Pow(P - 2) / safe.Pow(P - 1);
            Tensor nonzero = Tensor.Where(x.Detach().Eq(0), 1.0, x.Abs());
            return x.Sgn() * nonzero.Pow(P - 1) / safe.Pow(P - 1);
        }
    }

    /// <summary>log Σ e^x over some dimensions, counted from the end.</summary>
    public readonly record struct Logsumexp(Dims Dims, bool KeepDim) : IOp<Logsumexp>
    {
        static Tensor[] IOp<Logsumexp>.OnComplex(Logsumexp op, ReadOnlySpan<Tensor> x) => [Complexes.LogSumExp(x[0], op.Dims, op.KeepDim)];
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Softmax.LogSumExp(x[0], Dims, KeepDim)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = g[0]!.Spread(x[0].Shape, Dims, KeepDim) * Weights(x[0], y[0]);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [(t[0]! * Weights(x[0], y[0])).SumOver(Dims, KeepDim)];

        private Tensor Weights(Tensor x, Tensor y) => (x - y.Spread(x.Shape, Dims, KeepDim)).Exp();
    }
}

public sealed partial class Tensor
{
    /// <summary>
    /// The p-norm of all elements, (Σ |x|^p)^(1/p): the largest |x| for p = ∞, the smallest for -∞, the number of nonzeros for 0.
    /// The gradient is 0 where the norm is 0.
    /// </summary>
    /// <param name="p">The order; 2 by default.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Norm(double p = 2) => VectorNorm("norm", p, default, false, null);

    /// <summary>The p-norm over some dimensions, taken as one vector.</summary>
    /// <param name="p">The order.</param>
    /// <param name="dim">The dimensions; an empty list means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Norm(double p, Dims dim, bool keepDim = false, DType? dtype = null) => VectorNorm("norm", p, dim, keepDim, dtype);

    /// <summary>The p-norm of the difference, broadcast: ‖x - y‖ₚ. Its gradient is 0 where x equals y.</summary>
    /// <param name="other">y.</param>
    /// <param name="p">The order; 2 by default.</param>
    public Tensor Dist(Tensor other, double p = 2) => (this - other).Norm(p);

    internal Tensor VectorNorm(string op, double p, Dims dim, bool keepDim, DType? type)
    {
        if (dtype.IsComplex()) return Abs().VectorNorm(op, p, dim, keepDim, type?.Part());
        if (!(type ?? dtype).IsFloatingPoint())
            Throw.Types($"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {dtype.ScalarName()}. {op}: " +
                "convert it first.");
        Dims dims = Reduced(dim);
        if (p < 0 || double.IsPositiveInfinity(p))
        {
            foreach (int d in dims.Values)
                if (layout.shape[^-d] == 0)
                    Throw.State($"linalg.vector_norm cannot compute the {p} norm on an empty tensor because the operation does not have " +
                        $"an identity: its shape is {Shape}.");
        }
        return Op.Apply(new Ops.LinalgVectorNorm(p, dims, keepDim), To(type ?? dtype))[0];
    }

    /// <summary>log Σ e^x over some dimensions, without overflow; -∞ if there is no element.</summary>
    /// <param name="dim">The dimensions; an empty list means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    public Tensor LogSumExp(Dims dim, bool keepDim = false)
    {
        Dims dims = Reduced(dim);
        return Op.Apply(new Ops.Logsumexp(dims, keepDim), To(dtype.IsDifferentiable() ? dtype : DefaultDType))[0];
    }
}

/// <summary>Linear algebra: <c>torch.linalg</c>.</summary>
public static partial class LinAlg
{
    /// <summary>The norm of a tensor's elements as one vector: (Σ |x|^ord)^(1/ord).</summary>
    /// <param name="x">A floating-point tensor.</param>
    /// <param name="ord">The order, also 0 and ±∞; 2 by default.</param>
    /// <param name="dim">The dimensions; none means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public static Tensor VectorNorm(Tensor x, double ord = 2, Dims dim = default, bool keepDim = false, DType? dtype = null) =>
        x.VectorNorm("vector_norm", ord, dim, keepDim, dtype);
}
