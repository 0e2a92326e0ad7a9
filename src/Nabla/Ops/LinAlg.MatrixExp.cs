namespace Nabla;

internal static partial class Ops
{
    /// <summary>The exponential of square matrices.</summary>
    public readonly record struct LinalgMatrixExp : IOp<LinalgMatrixExp>
    {
        static Tensor[] IOp<LinalgMatrixExp>.OnComplex(LinalgMatrixExp op, ReadOnlySpan<Tensor> x) =>
            [LinAlg.Joined(Op.Apply(op, LinAlg.Parted(x[0]))[0])];

        static bool IOp<LinalgMatrixExp>.SavesOutput(LinalgMatrixExp op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.MatrixExp.Run(x[0])];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = Along(x[0].Transpose(-2, -1), g[0]!);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => [Along(x[0], t[0]!)];

        /// <summary>The derivative at A along D: the upper right block of exp [[A, D], [0, A]].</summary>
        private static Tensor Along(Tensor a, Tensor d)
        {
            long n = a.layout.shape[^1];
            Tensor block = Tensor.Cat([Tensor.Cat([a, d], -1), Tensor.Cat([a * 0, a], -1)], -2);
            return Op.Apply(new LinalgMatrixExp(), block)[0].Narrow(-2, 0, n).Narrow(-1, n, n);
        }
    }
}

public static partial class LinAlg
{
    /// <summary>The matrix exponential Σ Aᵏ / k!.</summary>
    /// <param name="a">Square matrices [..., n, n], floating point or complex; 16-bit types are computed in float32.</param>
    /// <returns>Matrices [..., n, n]; NaN for a matrix that has a NaN or ∞.</returns>
    /// <remarks>
    /// Scaling and squaring with a Taylor polynomial of a degree that the norm requires: P. Bader, S. Blanes and F. Casas, "Computing the
    /// matrix exponential with an optimized Taylor polynomial approximation", Mathematics 7(12), 2019. Derivatives by N. Higham,
    /// Functions of Matrices, SIAM 2008, theorem 3.6.
    /// </remarks>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is an integer.</exception>
    public static Tensor MatrixExp(Tensor a)
    {
        SolverChecks.Square(a, "linalg.matrix_exp");
        if (!a.IsComplex) CheckFloating("linalg.matrix_exp", a);
        if (a.dtype is DType.Float16 or DType.BFloat16) return MatrixExp(a.To(DType.Float32)).To(a.dtype);
        return Op.Apply(new Ops.LinalgMatrixExp(), a)[0];
    }

    /// <summary>A complex matrix P + iQ as the real one [P -Q; Q P], which multiplies as it does.</summary>
    internal static Tensor Parted(Tensor a)
    {
        (Tensor p, Tensor q) = (a.Real, a.Imag);
        return Tensor.Cat([Tensor.Cat([p, -q], -1), Tensor.Cat([q, p], -1)], -2);
    }

    /// <summary>The complex matrix of [P -Q; Q P].</summary>
    internal static Tensor Joined(Tensor a)
    {
        long m = a.Size(-2) / 2, n = a.Size(-1) / 2;
        Tensor left = a.Narrow(-1, 0, n);
        return Tensor.Complex(left.Narrow(-2, 0, m), left.Narrow(-2, m, m));
    }
}

public sealed partial class Tensor
{
    /// <summary>The exponential of square matrices [..., n, n]; see <see cref="LinAlg.MatrixExp"/>.</summary>
    public Tensor MatrixExp() => LinAlg.MatrixExp(this);
}
