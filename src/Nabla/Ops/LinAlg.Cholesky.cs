using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>L with A = L Lᵀ, or Lᵀ from the upper triangle, and infos. An error instead of infos if Check is a name.</summary>
    public readonly record struct LinalgCholeskyEx(bool Upper, string? Check) : IOp<LinalgCholeskyEx>
    {
        static bool IOp<LinalgCholeskyEx>.SavesInput(LinalgCholeskyEx op, int i) => false;
        static bool IOp<LinalgCholeskyEx>.SavesOutput(LinalgCholeskyEx op, int i) => i == 0;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor l, Tensor info) = Kernels.Cholesky.Factor(x[0], Upper);
            if (Check is { } name)
                SolverChecks.Info(info, name, static i => "The factorization could not be completed because the input is not " +
                    $"positive-definite (the leading minor of order {i} is not positive-definite).");
            return [l, info];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor l = Upper ? y[0].Transpose(-2, -1) : y[0], d = Upper ? g[0]!.Transpose(-2, -1) : g[0]!, turned = l.Transpose(-2, -1);
            Tensor low = turned.MatMul(d).Tril();
            Tensor inner = (low + low.Tril(-1).Transpose(-2, -1)) / 2;
            inner = LinAlg.SolveTriangular(turned, inner, upper: true);
            into[0] = LinAlg.SolveTriangular(l, inner, upper: false, left: false);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor l = Upper ? y[0].Transpose(-2, -1) : y[0];
            Tensor inner = LinAlg.SolveTriangular(l, t[0]!, upper: false);
            inner = LinAlg.SolveTriangular(l.Transpose(-2, -1), inner, upper: true, left: false);
            Tensor tangent = l.MatMul((inner.Tril() + inner.Tril(-1)) / 2);
            return [Upper ? tangent.Transpose(-2, -1) : tangent, null];
        }
    }

    /// <summary>X with L Lᵀ X = B (Uᵀ U X = B if upper). Operands: B, the factor. Its gradient is that of a full matrix L.</summary>
    public readonly record struct CholeskySolve(bool Upper) : IOp<CholeskySolve>
    {
        static bool IOp<CholeskySolve>.SavesInput(CholeskySolve op, int i) => i == 1;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor turned = Kernels.Rows.Turned(x[1]), y = Kernels.Rows.Copied(x[0]);
            Kernels.Triangular.InPlace(Upper ? turned : x[1], y, upper: false, unit: false);
            Kernels.Triangular.InPlace(Upper ? x[1] : turned, y, upper: true, unit: false);
            return [y];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor b = Op.Apply(this, g[0]!, x[1])[0];
            if (into.Needs(0)) into[0] = b;
            if (!into.Needs(1)) return;
            Tensor outer = b.MatMul(y[0].Transpose(-2, -1)), both = outer + outer.Transpose(-2, -1);
            into[1] = Upper ? -x[1].MatMul(both) : -both.MatMul(x[1]);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? b = t[0];
            if (t[1] is { } l)
            {
                Tensor half = Upper ? x[1].Transpose(-2, -1).MatMul(l) : l.MatMul(x[1].Transpose(-2, -1));
                Tensor change = (half + half.Transpose(-2, -1)).MatMul(y[0]);
                b = b is null ? -change : b - change;
            }
            return Op.Apply(this, b!, x[1]);
        }
    }

    /// <summary>(L Lᵀ)⁻¹, or (Uᵀ U)⁻¹. Its gradient is that of a full matrix L.</summary>
    public readonly record struct CholeskyInverse(bool Upper) : IOp<CholeskyInverse>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor eye = new Expand(new Shape(x[0].layout.shape)).Forward(Tensor.Eye(x[0].layout.shape[^1], dtype: x[0].dtype));
            CheckDiagonal(Kernels.Copy.Contiguous(new Diagonal(0, -2, -1).Forward(x[0])));
            return new CholeskySolve(Upper).Forward([eye, x[0]]);
        }

        private static void CheckDiagonal(Tensor diagonal)
        {
            if (diagonal.layout.Count == 0) return;
            ReadOnlySpan<double> all = Kernels.Copy.Cast(diagonal, DType.Float64).Span<double>();
            int at = all.IndexOf(0.0);
            if (at < 0) return;
            int n = (int)diagonal.layout.shape[^1];
            Throw.Numerics($"cholesky_inverse: {(diagonal.Rank > 1 ? $"(Batch element {at / n}): " : "")}The diagonal element " +
                $"{at % n + 1} is zero, the inversion could not be completed because the input matrix is singular.");
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor both = y[0].MatMul(g[0]! + g[0]!.Transpose(-2, -1)).MatMul(y[0]);
            into[0] = Upper ? -x[0].MatMul(both) : -both.MatMul(x[0]);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor half = Upper ? x[0].Transpose(-2, -1).MatMul(t[0]!) : t[0]!.MatMul(x[0].Transpose(-2, -1));
            return [-y[0].MatMul(half + half.Transpose(-2, -1)).MatMul(y[0])];
        }
    }
}

public static partial class LinAlg
{
    /// <summary>The Cholesky factorization of a symmetric positive-definite matrix: L, lower triangular, with A = L Lᵀ.</summary>
    /// <param name="a">A, of shape [..., n, n]. float32 or float64. Only its lower triangle is read (the upper one, if upper); the gradient
    /// is symmetric.</param>
    /// <param name="upper">Return U = Lᵀ, with A = Uᵀ U.</param>
    /// <exception cref="LinAlgException">A matrix is not positive-definite.</exception>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public static Tensor Cholesky(Tensor a, bool upper = false)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        return Factored(a, upper, "linalg.cholesky", "linalg.cholesky")[0];
    }

    /// <summary>As <see cref="Cholesky"/>, with a number instead of an error for a matrix that is not positive-definite.</summary>
    /// <param name="a">A, of shape [..., n, n].</param>
    /// <param name="upper">Return U = Lᵀ, with A = Uᵀ U.</param>
    /// <param name="checkErrors">Throw as <see cref="Cholesky"/> does.</param>
    /// <returns>L, and info, int32: the order of the first leading minor that is not positive-definite, or 0. Where it is not 0, L is
    /// incomplete.</returns>
    public static (Tensor L, Tensor Info) CholeskyEx(Tensor a, bool upper = false, bool checkErrors = false)
    {
        using AutocastCall call = Autocast.Raise(ref a);
        Tensor[] y = Factored(a, upper, "linalg.cholesky", checkErrors ? "linalg.cholesky_ex" : null);
        return (y[0], y[1]);
    }

    internal static Tensor[] Factored(Tensor a, bool upper, string op, string? check)
    {
        SolverChecks.Square(a, op);
        if (op == "cholesky") SolverChecks.Kernel(a, "cholesky_cpu");
        else SolverChecks.Float(a, op, "cholesky_cpu");
        return Op.Apply(new Ops.LinalgCholeskyEx(upper, check), a);
    }
}

public sealed partial class Tensor
{
    /// <summary>The Cholesky factor of a symmetric positive-definite matrix; see <see cref="LinAlg.Cholesky"/>.</summary>
    /// <param name="upper">Return U = Lᵀ, with A = Uᵀ U.</param>
    public Tensor Cholesky(bool upper = false)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).Cholesky(upper);
        }
        return LinAlg.Factored(this, upper, "cholesky", "cholesky")[0];
    }

    /// <summary>The inverse of A = L Lᵀ from its Cholesky factor, this tensor.</summary>
    /// <param name="upper">This is U with A = Uᵀ U. Only the factor's triangle is read; the gradient is that of a full matrix.</param>
    /// <exception cref="LinAlgException">The factor has a zero on its diagonal.</exception>
    /// <exception cref="ShapeException">The factor is not square.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public Tensor CholeskyInverse(bool upper = false)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).CholeskyInverse(upper);
        }
        SolverChecks.Square(this, "cholesky_inverse");
        SolverChecks.Kernel(this, "cholesky_inverse_out_cpu");
        return Op.Apply(new Ops.CholeskyInverse(upper), this)[0];
    }

    /// <summary>X with A X = B, this tensor being B, from the Cholesky factor L of A = L Lᵀ.</summary>
    /// <param name="l">L, of shape [..., n, n]; B has shape [..., n, k]. Batches broadcast. Only the factor's triangle is read; the
    /// gradient is that of a full matrix.</param>
    /// <param name="upper">The factor is U with A = Uᵀ U.</param>
    /// <exception cref="ShapeException">The factor is not square, or shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ or are neither float32 nor float64.</exception>
    public Tensor CholeskySolve(Tensor l, bool upper = false)
    {
        if (Autocast.IsEnabled)
        {
            using AutocastCall call = Autocast.Begin();
            return call.Raise(this).CholeskySolve(call.Raise(l), upper);
        }
        if (Rank < 2) Throw.Shapes($"b should have at least 2 dimensions, but has {Rank} dimensions instead: cholesky_solve");
        if (l.Rank < 2) Throw.Shapes($"u should have at least 2 dimensions, but has {l.Rank} dimensions instead: cholesky_solve");
        SolverChecks.SameTypeOf(this, l);
        SolverChecks.SquareOnly(l, "");
        SolverChecks.SizesOf(this, l, "cholesky_solve");
        SolverChecks.Kernel(this, "cholesky_solve_cpu");
        long[] batch = SolverChecks.Batch(l, this, "cholesky_solve");
        return Op.Apply(new Ops.CholeskySolve(upper), SolverChecks.Expand(this, batch), SolverChecks.Expand(l, batch))[0];
    }
}
