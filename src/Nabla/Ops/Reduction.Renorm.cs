namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>
    /// Slices along a dimension scaled down to a largest p-norm: x · maxNorm / (‖x‖ₚ + 1e-7) where ‖x‖ₚ > maxNorm, else x.
    /// </summary>
    /// <param name="p">The norm, positive.</param>
    /// <param name="dim">The dimension whose slices are scaled.</param>
    /// <param name="maxNorm">The largest norm, not negative.</param>
    /// <exception cref="ShapeException">The tensor has fewer than 2 dimensions.</exception>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="p"/> is not positive, or <paramref name="maxNorm"/> is
    /// negative.</exception>
    public Tensor Renorm(double p, int dim, double maxNorm)
    {
        if (!(p > 0)) Throw.Range(nameof(p), p, $"renorm: non-positive-norm not supported: p is {p}.");
        if (!(maxNorm >= 0)) Throw.Range(nameof(maxNorm), maxNorm, $"renorm: expected maxnorm to be >= 0 but got {maxNorm}");
        if (Rank < 2) Throw.Shapes($"renorm: input needs at least 2 dimensions, got {Rank} dimensions");
        int kept = Dims.FromEnd(dim, Rank);
        List<int> others = [];
        for (int d = -Rank; d < 0; d++)
            if (d != kept) others.Add(d);
        Tensor norm = VectorNorm("renorm", p, new Dims([.. others]), true, dtype.IsFloatingPoint() ? dtype.Accumulator() : null);
        Tensor factor = Where(norm.Detach().Gt(maxNorm), maxNorm / (norm + 1e-7), OnesLike(norm.Detach()));
        return this * factor.To(dtype);
    }

    /// <summary>Slices along a dimension scaled down to a largest p-norm, in place.</summary>
    /// <inheritdoc cref="Renorm"/>
    public Tensor Renorm_(double p, int dim, double maxNorm) => Become(Before().Renorm(p, dim, maxNorm));
}
