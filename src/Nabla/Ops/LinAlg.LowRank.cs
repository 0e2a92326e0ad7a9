using Nabla.Amp;

namespace Nabla;

public static partial class LinAlg
{
    private const int MostIterations = 10_000;

    /// <summary>
    /// An approximate singular value decomposition of rank q: A - M ≈ U diag(S) Vᵀ, from the range of A times a random matrix.
    /// </summary>
    /// <param name="a">Matrices [..., m, n], float32 or float64.</param>
    /// <param name="q">A somewhat larger number than the rank that is sought.</param>
    /// <param name="niter">How often the subspace is multiplied by Aᵀ and A.</param>
    /// <param name="m">Subtracted, broadcast to A; nothing by default.</param>
    /// <param name="generator">The source of the random matrix; <see cref="Generator.Default"/> by default.</param>
    /// <returns>U [..., m, k], S [..., k] and V [..., n, k], k = min(q, m, n).</returns>
    /// <remarks>N. Halko, P. Martinsson and J. Tropp, "Finding structure with randomness", SIAM Review 53(2), 2011, 4.4 and
    /// 5.1.</remarks>
    /// <exception cref="ShapeException">These are no matrices, or M does not broadcast to A.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    /// <exception cref="ArgumentOutOfRangeException">q or niter is negative, or niter is above 10000.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞.</exception>
    public static (Tensor U, Tensor S, Tensor V) SvdLowRank(
        Tensor a, long q = 6, int niter = 2, Tensor? m = null, Generator? generator = null)
    {
        a = Autocast.Float32(a);
        CheckSvd(a);
        if (q < 0) Throw.Range(nameof(q), q, $"q(={q}) must be non-negative integer");
        if (niter > MostIterations)
            Throw.Range(nameof(niter), niter, $"niter(={niter}) is larger than {MostIterations}: a few iterations are enough.");
        if (niter < 0) Throw.Range(nameof(niter), niter, $"niter(={niter}) must be non-negative integer");
        if (m is not null) a = a - m.Expand(a.Shape);
        bool wide = a.layout.shape[^2] < a.layout.shape[^1];
        if (wide) a = a.Transpose(-2, -1);
        Tensor at = a.Transpose(-2, -1), basis = Qr(a.MatMul(Tensor.Randn([a.layout.shape[^1], q], a.dtype, generator: generator))).Q;
        for (int i = 0; i < niter; i++)
        {
            basis = Qr(at.MatMul(basis)).Q;
            basis = Qr(a.MatMul(basis)).Q;
        }
        (Tensor u, Tensor s, Tensor vh) = Svd(basis.Transpose(-2, -1).MatMul(a), false);
        (u, Tensor v) = (basis.MatMul(u), vh.Transpose(-2, -1));
        return wide ? (v, s, u) : (u, s, v);
    }

    /// <summary>Principal components of the rows of a matrix: <see cref="SvdLowRank"/> of the matrix without its columns' means.</summary>
    /// <param name="a">Matrices [..., m, n], float32 or float64.</param>
    /// <param name="q">A somewhat larger number than the rank that is sought; min(6, m, n) by default.</param>
    /// <param name="center">Subtract the mean of every column first.</param>
    /// <param name="niter">How often the subspace is multiplied by Aᵀ and A.</param>
    /// <param name="generator">The source of the random matrix; <see cref="Generator.Default"/> by default.</param>
    /// <returns>U [..., m, q], S [..., q] and V [..., n, q], whose columns are the directions.</returns>
    /// <exception cref="ShapeException">These are no matrices.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    /// <exception cref="ArgumentOutOfRangeException">q is not in [0, min(m, n)], or niter is negative or above 10000.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞.</exception>
    public static (Tensor U, Tensor S, Tensor V) PcaLowRank(
        Tensor a, long? q = null, bool center = true, int niter = 2, Generator? generator = null)
    {
        a = Autocast.Float32(a);
        CheckSvd(a);
        long least = Math.Min(a.layout.shape[^2], a.layout.shape[^1]);
        if (q is { } given && (given < 0 || given > least))
            Throw.Range(nameof(q), given, $"q(={given}) must be non-negative integer and not greater than min(m, n)={least}");
        return SvdLowRank(center ? a - a.Mean(-2, true) : a, q ?? Math.Min(6, least), niter, null, generator);
    }
}
