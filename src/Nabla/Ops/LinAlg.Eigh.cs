using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>Eigenvalues and, if asked for, eigenvectors of symmetric matrices.</summary>
    /// <param name="Upper">Read the upper triangle, not the lower one.</param>
    /// <param name="Vectors">Compute the vectors; without them there are no derivatives.</param>
    public readonly record struct LinalgEigh(bool Upper, bool Vectors) : IOp<LinalgEigh>
    {
        static bool IOperation<LinalgEigh>.TakesComplex => true;
        static bool IOp<LinalgEigh>.SavesInput(LinalgEigh op, int i) => false;
        static bool IOp<LinalgEigh>.SavesOutput(LinalgEigh op, int i) => op.Vectors;
        static bool IOp<LinalgEigh>.DifferentiableOutput(LinalgEigh op, int i) => op.Vectors;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor values, Tensor? vectors, long failed, long code) = Kernels.Eigh.Run(x[0], Upper, Vectors);
            if (failed >= 0)
                Throw.Numerics($"linalg.eigh: {LinAlg.Element(x[0], failed)}The algorithm failed to converge because the input matrix is " +
                    $"ill-conditioned or has too many repeated eigenvalues (error code: {code}).");
            return vectors is null ? [values] : [values, vectors];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            (Tensor l, Tensor v) = (y[0], y[1]);
            Tensor vh = v.Adjoint();
            if (g[1] is not { } gv) into[0] = (v * g[0]!.Unsqueeze(-2)).MatMul(vh);
            else
            {
                // The matrix is symmetric, so its gradient is taken as symmetric: of the quotient, half the skew part over the gaps.
                Tensor inner = vh.MatMul(gv);
                if (inner.IsComplex)
                    LinAlg.CheckPhase(inner.Diagonal(0, -2, -1).Imag, "linalg_eigh_backward: The eigenvectors in the complex case are " +
                        "specified up to multiplication by e^{i phi}. The specified loss function depends on this quantity, so it is " +
                        "ill-defined.");
                inner = LinAlg.Over((inner - inner.Adjoint()) / 2, LinAlg.Gaps(l));
                if (g[0] is { } gl) inner = inner + gl.DiagEmbed();
                into[0] = v.MatMul(inner.MatMul(vh));
            }
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            if (!Vectors) return [null];
            (Tensor l, Tensor v) = (y[0], y[1]);
            Tensor inner = v.Adjoint().MatMul(t[0]!.MatMul(v));
            return [inner.Diagonal(0, -2, -1).Real, v.MatMul(LinAlg.Over(inner, LinAlg.Gaps(l)))];
        }
    }
}

public static partial class LinAlg
{
    /// <summary>
    /// The eigenvalues λ, ascending, and orthonormal eigenvectors V, as columns, of symmetric or Hermitian matrices A = V diag(λ) Vᴴ.
    /// </summary>
    /// <param name="a">Matrices [..., n, n], float32 or float64 or complex.</param>
    /// <param name="uplo">Which triangle is read: "L", the lower one, or "U".</param>
    /// <returns>Eigenvalues [..., n] and Eigenvectors [..., n, n].</returns>
    /// <remarks>
    /// The sign of an eigenvector is arbitrary, and so is the basis of equal eigenvalues; a gradient exists only where the loss does not
    /// depend on these choices, and is infinite or NaN if vectors of equal eigenvalues matter. Method: Householder tridiagonalisation and
    /// the implicit QL iteration; B. Parlett, The Symmetric Eigenvalue Problem, SIAM 1998.
    /// </remarks>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="ArgumentException">The triangle is neither "L" nor "U".</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞, or the iteration did not converge.</exception>
    public static (Tensor Eigenvalues, Tensor Eigenvectors) Eigh(Tensor a, string uplo = "L")
    {
        using AutocastCall call = Autocast.Raise(ref a);
        bool upper = CheckEigh(a, uplo);
        Tensor[] y = Op.Apply(new Ops.LinalgEigh(upper, true), a);
        return (y[0], y[1]);
    }

    /// <summary>The eigenvalues of symmetric matrices, ascending; see <see cref="Eigh"/>. Their gradient always exists.</summary>
    /// <param name="a">Matrices [..., n, n], float32 or float64 or complex.</param>
    /// <param name="uplo">Which triangle is read: "L", the lower one, or "U".</param>
    /// <returns>Eigenvalues [..., n].</returns>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="ArgumentException">The triangle is neither "L" nor "U".</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞, or the iteration did not converge.</exception>
    public static Tensor EigValsH(Tensor a, string uplo = "L")
    {
        using AutocastCall call = Autocast.Raise(ref a);
        bool upper = CheckEigh(a, uplo);
        return Op.Apply(new Ops.LinalgEigh(upper, MayDiffer(a)), a)[0];
    }

    private static bool CheckEigh(Tensor a, string uplo)
    {
        SolverChecks.Square(a, "linalg.eigh");
        if (uplo is not ("L" or "l" or "U" or "u"))
            throw new ArgumentException($"Expected UPLO argument to be 'L' or 'U', but got {uplo}", nameof(uplo));
        if (!a.IsComplex) SolverChecks.Kernel(a, "linalg_eigh_cpu");
        return uplo is "U" or "u";
    }

    /// <summary>True unless it is certain that nobody asks for derivatives: then vectors need not be computed for values.</summary>
    private static bool MayDiffer(Tensor a) => a.wrap is not null || (a.RequiresGrad && GradMode.Enabled);

    /// <summary>Which matrix of a batch an error is about.</summary>
    internal static string Element(Tensor a, long failed) => a.Rank == 2 ? "" : $"(Batch element {failed}): ";

    /// <summary>x / y for a real y, element by element.</summary>
    internal static Tensor Over(Tensor x, Tensor y) => x.IsComplex ? Tensor.Complex(x.Real / y, x.Imag / y) : x / y;

    /// <summary>Complex vectors may be multiplied by any e^(iφ): a gradient along φ says that the loss depends on it.</summary>
    internal static void CheckPhase(Tensor imaginary, string message)
    {
        if (imaginary.wrap is not null) return;
        foreach (double value in imaginary.Detach().To(DType.Float64).Contiguous().ToArray<double>())
            if (Math.Abs(value) > 1e-2) Throw.Graph(message);
    }

    /// <summary>xⱼ - xᵢ at [i, j], and ∞ on the diagonal, so that a quotient is 0 there.</summary>
    internal static Tensor Gaps(Tensor x)
    {
        Tensor diagonal = Tensor.Eye(x.layout.shape[^1], dtype: DType.Bool);
        return Tensor.Where(diagonal, double.PositiveInfinity, x.Unsqueeze(-2) - x.Unsqueeze(-1));
    }
}
