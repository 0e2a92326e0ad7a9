namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>The covariance matrix of variables in rows and observations in columns: Σ w (x - mean)(x - mean)ᵀ / (Σ w -
    /// correction).</summary>
    /// <param name="correction">1 for the unbiased estimate, 0 for the population's.</param>
    /// <param name="fWeights">How often each observation counts: integers, one per column.</param>
    /// <param name="aWeights">The relative importance of each observation, one per column.</param>
    /// <exception cref="ShapeException">The tensor has more than two dimensions, or the weights do not fit.</exception>
    public Tensor Cov(long correction = 1, Tensor? fWeights = null, Tensor? aWeights = null)
    {
        if (Rank > 2) Throw.Shapes($"cov(): expected input to have two or fewer dimensions but got an input with {Rank} dimensions: " +
            $"{Shape}.");
        Tensor x = Rank == 2 ? this : Reshape(new Shape([1, layout.Count]));
        long n = x.Size(1);
        Tensor? w = ObservationWeights(fWeights, aWeights, n);
        Tensor total = w is null ? Of((double)n, x.dtype) : w.Sum();
        Tensor mean = (w is null ? x.Sum(1) : (x * w).Sum(1)) / total, centred = x - mean.Unsqueeze(1);
        Tensor free = aWeights is null || correction == 0
            ? total - correction
            : total - (w! * aWeights).Sum() * correction / total;
        Tensor c = (w is null ? centred : centred * w).MatMul(centred.Adjoint()) / free.ClampMin(0);
        return Rank == 2 && Size(0) != 1 ? c : c.Reshape(new Shape([]));
    }

    private static Tensor? ObservationWeights(Tensor? f, Tensor? a, long n)
    {
        foreach (Tensor? w in (ReadOnlySpan<Tensor?>)[f, a])
        {
            if (w is not null && (w.Rank > 1 || w.layout.Count != n))
                Throw.Shapes($"cov(): expected the weights to have the same numel as there are observations in the input: {w.Shape} and " +
                    $"{n} observations.");
        }
        if (f is not null && f.dtype.IsFloatingPoint()) Throw.Types("cov(): expected fweights to have integral dtype but got fweights " +
            $"with {f.dtype.ScalarName()} dtype");
        return f is null || a is null ? f ?? a : f * a;
    }

    /// <summary>The correlation matrix of variables in rows and observations in columns: covariances over both standard deviations, in [-1,
    /// 1].</summary>
    /// <exception cref="ShapeException">The tensor has more than two dimensions.</exception>
    public Tensor CorrCoef()
    {
        if (Rank > 2) Throw.Shapes($"corrcoef(): expected input to have two or fewer dimensions but got an input with {Rank} " +
            $"dimensions: {Shape}.");
        Tensor c = Cov();
        if (c.Rank == 0) return c / c;
        Tensor deviation = c.Diagonal(0, 0, 1).Sqrt();
        return (c / deviation.Unsqueeze(1) / deviation.Unsqueeze(0)).Clamp(-1.0, 1.0);
    }
}
