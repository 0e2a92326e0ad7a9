using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>The singular value decomposition A = U diag(S) Vᵀ.</summary>
    /// <param name="Full">U and Vᵀ are square.</param>
    /// <param name="Vectors">Compute U and Vᵀ; without them there are no derivatives.</param>
    public readonly record struct LinalgSvd(bool Full, bool Vectors) : IOp<LinalgSvd>
    {
        static bool IOperation<LinalgSvd>.TakesComplex => true;
        static bool IOp<LinalgSvd>.SavesInput(LinalgSvd op, int i) => false;
        static bool IOp<LinalgSvd>.SavesOutput(LinalgSvd op, int i) => op.Vectors;
        static bool IOp<LinalgSvd>.DifferentiableOutput(LinalgSvd op, int i) => op.Vectors;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor? u, Tensor s, Tensor? vh, long failed, long code) = Kernels.Svd.Run(x[0], Vectors, Full);
            if (failed >= 0)
                Throw.Numerics($"linalg.svd: {LinAlg.Element(x[0], failed)}The algorithm failed to converge because the input matrix " +
                    (code < 0 ? "contained non-finite values." :
                    $"is ill-conditioned or has too many repeated singular values (error code: {code})."));
            return Vectors ? [u!, s, vh!] : [s];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            (Tensor u, Tensor s, Tensor vh) = Thin(y);
            long m = u.layout.shape[^2], n = vh.layout.shape[^1], k = s.layout.shape[^1];
            Tensor? gu = Full ? g[0]?.Narrow(-1, 0, k) : g[0], gs = g[1], gvh = Full ? g[2]?.Narrow(-2, 0, k) : g[2];
            if (gu is null && gvh is null)
            {
                into[0] = m >= n ? u.MatMul(gs!.Unsqueeze(-1) * vh) : (u * gs!.Unsqueeze(-2)).MatMul(vh);
                return;
            }
            Tensor uh = u.Adjoint(), v = vh.Adjoint(), gaps = LinAlg.Gaps(s * s);
            Tensor? inner = gs?.DiagEmbed(), a = gu is null ? null : uh.MatMul(gu), b = gvh is null ? null : vh.MatMul(gvh.Adjoint());
            if (a is not null) inner = Plus(inner, LinAlg.Over(Skew(a), gaps) * s.Unsqueeze(-2));
            if (b is not null) inner = Plus(inner, s.Unsqueeze(-1) * LinAlg.Over(Skew(b), gaps));
            if (u.IsComplex) inner = Plus(inner, Phases(a, b, s).DiagEmbed());
            if (m > k && gu is not null)
            {
                Tensor scaled = LinAlg.Over(gu, s.Unsqueeze(-2));
                into[0] = (u.MatMul(inner!) + scaled - u.MatMul(uh.MatMul(scaled))).MatMul(vh);
            }
            else if (n > k && gvh is not null)
            {
                Tensor scaled = LinAlg.Over(gvh, s.Unsqueeze(-1));
                into[0] = u.MatMul(inner!.MatMul(vh) + scaled - scaled.MatMul(v).MatMul(vh));
            }
            else into[0] = m >= n ? u.MatMul(inner!.MatMul(vh)) : u.MatMul(inner!).MatMul(vh);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            if (!Vectors) return [null];
            (Tensor u, Tensor s, Tensor vh) = Thin(y);
            long m = u.layout.shape[^2], n = vh.layout.shape[^1], k = s.layout.shape[^1];
            Tensor v = vh.Adjoint(), uh = u.Adjoint(), d = t[0]!;
            Tensor right = d.MatMul(v), inner = uh.MatMul(right), gaps = LinAlg.Gaps(s * s), ds = inner.Diagonal(0, -2, -1);
            Tensor du = u.MatMul(LinAlg.Over(Sym(inner * s.Unsqueeze(-2)), gaps));
            Tensor dvh = -LinAlg.Over(Sym(s.Unsqueeze(-1) * inner), gaps).MatMul(vh);
            if (u.IsComplex)
            {
                Tensor phase = ds.Imag / (2 * s), turn = Tensor.Complex(phase * 0, phase);
                (du, dvh) = (du + u * turn.Unsqueeze(-2), dvh + turn.Unsqueeze(-1) * vh);
            }
            if (m > k)
            {
                Tensor scaled = LinAlg.Over(right, s.Unsqueeze(-2));
                du = du + scaled - u.MatMul(uh.MatMul(scaled));
            }
            if (n > k)
            {
                Tensor scaled = LinAlg.Over(uh.MatMul(d), s.Unsqueeze(-1));
                dvh = dvh + scaled - scaled.MatMul(v).MatMul(vh);
            }
            // The vectors beyond k are held as they are.
            if (Full && m > k) du = Tensor.Cat([du, Tensor.Zeros([.. u.layout.shape[..^1], m - k], u.dtype)], -1);
            if (Full && n > k) dvh = Tensor.Cat([dvh, Tensor.Zeros([.. vh.layout.shape[..^2], n - k, n], u.dtype)], -2);
            return [du, ds.Real, dvh];
        }

        private (Tensor U, Tensor S, Tensor Vh) Thin(ReadOnlySpan<Tensor> y)
        {
            long k = y[1].layout.shape[^1];
            return Full ? (y[0].Narrow(-1, 0, k), y[1], y[2].Narrow(-2, 0, k)) : (y[0], y[1], y[2]);
        }

        /// <summary>What the gradients say about the phases of a pair of complex vectors, which turn against each other.</summary>
        private static Tensor Phases(Tensor? a, Tensor? b, Tensor s)
        {
            Tensor? p = a?.Diagonal(0, -2, -1).Imag, q = b?.Diagonal(0, -2, -1).Imag;
            LinAlg.CheckPhase(p is null ? q! : q is null ? p : p + q, "svd_backward: The singular vectors in the complex case are " +
                "specified up to multiplication by e^{i phi}. The specified loss function depends on this phase term, making it " +
                    "ill-defined.");
            Tensor turn = (p is null ? -q! : q is null ? p : p - q) / (2 * s);
            return Tensor.Complex(turn * 0, turn);
        }

        private static Tensor Skew(Tensor x) => x - x.Adjoint();

        private static Tensor Sym(Tensor x) => x + x.Adjoint();

        private static Tensor Plus(Tensor? a, Tensor b) => a is null ? b : a + b;
    }
}

public static partial class LinAlg
{
    /// <summary>
    /// The singular value decomposition A = U diag(S) Vᴴ: orthonormal columns of U and rows of Vᴴ, singular values descending.
    /// </summary>
    /// <param name="a">Matrices [..., m, n], float32 or float64 or complex.</param>
    /// <param name="fullMatrices">True: U is [..., m, m] and Vᵀ is [..., n, n]; false: [..., m, k] and [..., k, n], k = min(m, n).</param>
    /// <returns>U, S [..., k] and Vh = Vᵀ.</returns>
    /// <remarks>
    /// Signs of the vectors are arbitrary, and so are bases of equal singular values and the vectors beyond k; a gradient exists only
    /// where the loss does not depend on these choices (of the vectors beyond k it is taken as 0), and is infinite or NaN if vectors of
    /// equal singular values matter. Method: Householder bidiagonalisation and the implicit QR iteration; J. Demmel and W. Kahan,
    /// "Accurate singular values of bidiagonal matrices", SIAM J. Sci. Stat. Comput. 11(5), 1990.
    /// </remarks>
    /// <exception cref="ShapeException">The tensor has fewer than two dimensions.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞, or the iteration did not converge.</exception>
    public static (Tensor U, Tensor S, Tensor Vh) Svd(Tensor a, bool fullMatrices = true)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        CheckSvd(a);
        Tensor[] y = Op.Apply(new Ops.LinalgSvd(fullMatrices, true), a);
        return (y[0], y[1], y[2]);
    }

    /// <summary>The singular values, descending; see <see cref="Svd"/>. Their gradient always exists.</summary>
    /// <param name="a">Matrices [..., m, n], float32 or float64 or complex.</param>
    /// <returns>S [..., min(m, n)].</returns>
    /// <exception cref="ShapeException">The tensor has fewer than two dimensions.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞, or the iteration did not converge.</exception>
    public static Tensor SvdVals(Tensor a)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        CheckSvd(a);
        bool vectors = MayDiffer(a);
        return Op.Apply(new Ops.LinalgSvd(false, vectors), a)[vectors ? 1 : 0];
    }

    private static void CheckSvd(Tensor a)
    {
        SolverChecks.Matrix(a, "linalg.svd");
        if (!a.IsComplex) SolverChecks.Float(a, "linalg.svd", "linalg_svd_cpu");
    }
}

public sealed partial class Tensor
{
    /// <summary>
    /// The singular value decomposition A = U diag(S) Vᵀ with V, not Vᵀ, as the result; <see cref="LinAlg.Svd"/> gives Vᵀ.
    /// </summary>
    /// <param name="some">True: U is [..., m, k] and V is [..., n, k], k = min(m, n); false: both are square.</param>
    /// <param name="computeUv">False: U and V are zeros, and there is no gradient for them.</param>
    /// <returns>U, S [..., k] and V.</returns>
    /// <exception cref="ShapeException">The tensor has fewer than two dimensions.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞, or the iteration did not converge.</exception>
    public (Tensor U, Tensor S, Tensor V) Svd(bool some = true, bool computeUv = true)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).Svd(some, computeUv);
        }
        if (Rank < 2) Throw.Shapes($"linalg.svd: input should have at least 2 dimensions, but has {Rank} dimensions instead");
        if (!computeUv)
        {
            long m = layout.shape[^2], n = layout.shape[^1];
            long[] batch = layout.shape[..^2];
            Tensor values = LinAlg.SvdVals(this);
            return (Zeros([.. batch, m, m], dtype), values, Zeros([.. batch, n, n], dtype));
        }
        (Tensor u, Tensor s, Tensor vh) = LinAlg.Svd(this, !some);
        return (u, s, vh.Adjoint());
    }
}
