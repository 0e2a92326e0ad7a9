using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>Real and imaginary parts of the eigenvalues and, if asked for, the eigenvectors of matrices.</summary>
    /// <param name="Vectors">Compute the vectors; without them there are no derivatives.</param>
    /// <param name="Complex">The matrices are complex.</param>
    public readonly record struct LinalgEig(bool Vectors, bool Complex) : IOp<LinalgEig>
    {
        static bool IOperation<LinalgEig>.TakesComplex => true;
        static bool IOp<LinalgEig>.SavesInput(LinalgEig op, int i) => false;
        static bool IOp<LinalgEig>.SavesOutput(LinalgEig op, int i) => op.Vectors;
        static bool IOp<LinalgEig>.DifferentiableOutput(LinalgEig op, int i) => op.Vectors;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor[] parts, long failed, long code) = Kernels.Eig.Run(x[0], Vectors);
            if (failed >= 0)
                Throw.Numerics($"linalg.eig: {LinAlg.Element(x[0], failed)}The algorithm failed to converge because the input matrix " +
                    (code < 0 ? "contained non-finite values."
                    : $"is ill-conditioned or has too many repeated eigenvalues (error code: {code})."));
            return parts;
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            (Tensor l, Tensor v) = (Tensor.Complex(y[0], y[1]), Tensor.Complex(y[2], y[3]));
            Tensor vh = v.Adjoint();
            Tensor? gl = Joined(g[0], g[1], y[0]), gv = Joined(g[2], g[3], y[2]), inner = gl?.DiagEmbed();
            if (gv is not null)
            {
                Tensor product = vh.MatMul(gv), diagonal = product.Diagonal(0, -2, -1);
                LinAlg.CheckPhase(diagonal.Imag, "linalg_eig_backward: The eigenvectors in the complex case are specified up to " +
                    "multiplication by e^{i phi}. The specified loss function depends on this quantity, so it is ill-defined.");
                Tensor off = OffDiagonal(product - vh.MatMul(v) * diagonal.Real.Unsqueeze(-2), Gaps(l).Conj());
                inner = inner is null ? off : inner + off;
            }
            Tensor d = Solve(vh, inner!.MatMul(vh));
            into[0] = Complex ? d : d.Real;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            if (!Vectors) return [null, null];
            (Tensor l, Tensor v) = (Tensor.Complex(y[0], y[1]), Tensor.Complex(y[2], y[3]));
            Tensor d = Complex ? t[0]! : Tensor.Complex(t[0]!, t[0]! * 0), inner = Solve(v, d.MatMul(v)), dl = inner.Diagonal(0, -2, -1);
            Tensor dv = v.MatMul(OffDiagonal(inner, Gaps(l)));
            dv = dv - v * (v.Conj() * dv).Sum(-2, true).Real;
            return [dl.Real, dl.Imag, dv.Real, dv.Imag];
        }

        private static Tensor? Joined(Tensor? real, Tensor? imaginary, Tensor like) => real is null && imaginary is null ? null
            : Tensor.Complex(real ?? Tensor.Zeros(like.Shape, like.DType), imaginary ?? Tensor.Zeros(like.Shape, like.DType));

        /// <summary>λⱼ - λᵢ at [i, j], and 1 on the diagonal.</summary>
        private static Tensor Gaps(Tensor l) => l.Unsqueeze(-2) - l.Unsqueeze(-1) + Tensor.Eye(l.Shape[^1], dtype: l.Real.DType);

        /// <summary>The quotient, with zeros on the diagonal.</summary>
        private static Tensor OffDiagonal(Tensor x, Tensor gaps)
        {
            Tensor quotient = x / gaps, diagonal = Tensor.Eye(x.Shape[^1], dtype: DType.Bool);
            return Tensor.Complex(Tensor.Where(diagonal, 0.0, quotient.Real), Tensor.Where(diagonal, 0.0, quotient.Imag));
        }

        /// <summary>X with M X = B for complex matrices, as the real system [P -Q; Q P] [X₁; X₂] = [B₁; B₂].</summary>
        private static Tensor Solve(Tensor m, Tensor b)
        {
            long n = m.Shape[^1];
            Tensor x = LinAlg.Solve(LinAlg.Parted(m), Tensor.Cat([b.Real, b.Imag], -2));
            return Tensor.Complex(x.Narrow(-2, 0, n), x.Narrow(-2, n, n));
        }
    }
}

public static partial class LinAlg
{
    /// <summary>The eigenvalues λ and eigenvectors V, columns of norm 1, of square matrices: A V = V diag(λ). They are complex.</summary>
    /// <param name="a">Matrices [..., n, n], float32 or float64 or complex.</param>
    /// <returns>Eigenvalues [..., n], in no particular order, but conjugates of a real matrix are neighbours, and Eigenvectors
    /// [..., n, n].</returns>
    /// <remarks>
    /// Of a complex eigenvector the largest element is real. A gradient exists only where eigenvalues differ and the loss does not change
    /// when an eigenvector is multiplied by e^(iφ). Method: balancing (of real matrices), Hessenberg form, and the QR iteration; G. Golub
    /// and C. Van Loan, Matrix Computations, chapter 7.
    /// </remarks>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞, or the iteration did not converge.</exception>
    public static (Tensor Eigenvalues, Tensor Eigenvectors) Eig(Tensor a)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        CheckEig("linalg.eig", a);
        Tensor[] y = Op.Apply(new Ops.LinalgEig(true, a.IsComplex), a);
        return (Tensor.Complex(y[0], y[1]), Tensor.Complex(y[2], y[3]));
    }

    /// <summary>The eigenvalues of square matrices, complex, in no particular order; see <see cref="Eig"/>.</summary>
    /// <param name="a">Matrices [..., n, n], float32 or float64 or complex.</param>
    /// <returns>Eigenvalues [..., n].</returns>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is an integer or a 16-bit type.</exception>
    /// <exception cref="LinAlgException">A matrix has a NaN or ∞, or the iteration did not converge.</exception>
    public static Tensor EigVals(Tensor a)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        CheckEig("linalg.eigvals", a);
        Tensor[] y = Op.Apply(new Ops.LinalgEig(MayDiffer(a), a.IsComplex), a);
        return Tensor.Complex(y[0], y[1]);
    }

    private static void CheckEig(string op, Tensor a)
    {
        SolverChecks.Square(a, op);
        if (a.dtype.IsInteger() || a.dtype == DType.Bool)
            Throw.Types($"Unknown Complex ScalarType for {a.dtype.ScalarName()}: {op} needs float32 or float64; convert the tensor first.");
        if (!a.IsComplex) SolverChecks.Kernel(a, "linalg_eig_out_cpu");
    }
}
