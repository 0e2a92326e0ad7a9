using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>X with A X = B, or X A = B, A being triangular. Operands: A, B.</summary>
    public readonly record struct LinalgSolveTriangular(bool Upper, bool Left, bool Unit) : IOp<LinalgSolveTriangular>
    {
        static bool IOp<LinalgSolveTriangular>.SavesInput(LinalgSolveTriangular op, int i) => i == 0;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Triangular.Solve(x[0], x[1], Upper, Left, Unit)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor b = Op.Apply(this with { Upper = !Upper }, x[0].Transpose(-2, -1), g[0]!)[0];
            if (into.Needs(1)) into[1] = b;
            if (into.Needs(0)) into[0] = -Part(Left ? b.MatMul(y[0].Transpose(-2, -1)) : y[0].Transpose(-2, -1).MatMul(b));
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? b = t[1];
            if (t[0] is { } a)
            {
                Tensor change = Left ? Part(a).MatMul(y[0]) : y[0].MatMul(Part(a));
                b = b is null ? -change : b - change;
            }
            return Op.Apply(this, x[0], b!);
        }

        /// <summary>The elements that are read.</summary>
        private Tensor Part(Tensor a) => Upper ? a.Triu(Unit ? 1 : 0) : a.Tril(Unit ? -1 : 0);
    }
}

public static partial class LinAlg
{
    /// <summary>
    /// The solution of a system with a triangular matrix: X with A X = B, or X A = B. Nothing is checked: a zero on the diagonal gives
    /// infinities and NaN.
    /// </summary>
    /// <param name="a">A, of shape [..., n, n]; only one triangle of it is read and has a gradient.</param>
    /// <param name="b">B, of shape [..., n, k] ([..., k, n] if not left); batches broadcast.</param>
    /// <param name="upper">A is upper triangular instead of lower.</param>
    /// <param name="left">Solve A X = B; else X A = B.</param>
    /// <param name="unitriangular">The diagonal is taken as ones and not read.</param>
    /// <returns>X, of B's shape. float32 or float64.</returns>
    /// <exception cref="ShapeException">A is not square, or shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ or are neither float32 nor float64.</exception>
    public static Tensor SolveTriangular(Tensor a, Tensor b, bool upper, bool left = true, bool unitriangular = false)
    {
        const string op = "linalg.solve_triangular";
        SolverChecks.Matrix(b, op, "B");
        SolverChecks.Square(a, op);
        SolverChecks.Fit(a, b, left, op);
        long[] batch = SolverChecks.Batch(a, b, op);
        SolverChecks.SameType(a, b, op);
        if (a.IsComplex) return SolveTriangularComplex(a, b, upper, left, unitriangular);
        SolverChecks.Kernel(a, "triangular_solve_cpu");
        return Op.Apply(new Ops.LinalgSolveTriangular(upper, left, unitriangular), SolverChecks.Expand(a, batch),
            SolverChecks.Expand(b, batch))[0];
    }
}

public sealed partial class Tensor
{
    /// <summary>X with A X = b, or Aᵀ X = b, for a triangular matrix A, and a copy of A. See <see cref="LinAlg.SolveTriangular"/>, which
    /// replaces this.</summary>
    /// <param name="a">A, of shape [..., n, n]; this tensor b has shape [..., n, k]. Batches broadcast.</param>
    /// <param name="upper">A is upper triangular instead of lower.</param>
    /// <param name="transpose">Solve with Aᵀ.</param>
    /// <param name="unitriangular">The diagonal is taken as ones and not read.</param>
    /// <exception cref="ShapeException">A is not square, or shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ or are neither float32 nor float64.</exception>
    public (Tensor Solution, Tensor ClonedCoefficient) TriangularSolve(Tensor a, bool upper = true, bool transpose = false,
        bool unitriangular = false)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).TriangularSolve(call.Raise(a), upper, transpose, unitriangular);
        }
        if (Rank < 2)
            Throw.Shapes($"torch.triangular_solve: Expected b to have at least 2 dimensions, but it has {Rank} dimensions instead");
        if (a.Rank < 2)
            Throw.Shapes($"torch.triangular_solve: Expected A to have at least 2 dimensions, but it has {a.Rank} dimensions instead");
        SolverChecks.SameTypeOf(this, a);
        SolverChecks.SquareOnly(a, "");
        SolverChecks.SizesOf(this, a, "triangular_solve");
        SolverChecks.Kernel(this, "triangular_solve_cpu");
        a = SolverChecks.Expand(a, SolverChecks.Batch(a, this, "triangular_solve"));
        Tensor matrix = transpose ? a.Transpose(-2, -1) : a;
        return (LinAlg.SolveTriangular(matrix, this, upper != transpose, true, unitriangular), a.Clone());
    }
}
