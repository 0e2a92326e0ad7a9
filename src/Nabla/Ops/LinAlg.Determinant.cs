namespace Nabla;

internal static partial class Ops
{
    /// <summary>det A, A's packed factors and their pivots.</summary>
    public readonly record struct LinalgDet : IOp<LinalgDet>
    {
        static bool IOp<LinalgDet>.SavesOutput(LinalgDet op, int i) => i > 0;
        static bool IOp<LinalgDet>.DifferentiableOutput(LinalgDet op, int i) => i == 0;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor lu, Tensor pivots, _) = Kernels.Lu.Factor(x[0]);
            return [Kernels.Lu.Det(lu, pivots, false).Det, lu, pivots];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (x[0].NumElements > 0) into[0] = g[0]!.Unsqueeze(-1).Unsqueeze(-1) * Op.Apply(new Cofactors(), x[0], y[1], y[2])[0];
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [(Op.Apply(new Cofactors(), x[0], y[1], y[2])[0] * t[0]!).Sum(new Dims([-2, -1])), null, null];
    }

    /// <summary>
    /// The gradient of the determinant, det(A) A⁻ᵀ, for singular matrices too. Operands: A, its packed factors, their pivots. The factors
    /// only serve to compute: derivatives are those by A.
    /// </summary>
    public readonly record struct Cofactors : IOp<Cofactors>
    {
        static bool IOp<Cofactors>.SavesInput(Cofactors op, int i) => i == 0;
        static bool IOp<Cofactors>.SavesOutput(Cofactors op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor det, Tensor log) = Kernels.Lu.Det(x[1], x[2], true);
            foreach (double size in Kernels.Copy.Cast(log, DType.Float64).Span<double>())
                if (double.IsNegativeInfinity(size)) return [Kernels.Adjugate.Cofactors(x[0])];
            det = Kernels.Lu.Det(x[1], x[2], false).Det;
            Tensor scaled = Tensor.Allocate(new Layout(x[0].layout.shape), x[0].dtype);
            Kernels.Fill.Run(scaled, 0);
            Kernels.Copy.Run(new Unsqueeze(-1).Forward(det), new Diagonal(0, -2, -1).Forward(scaled));
            return [Kernels.Lu.Solve(x[1], x[2], scaled, true, true, "lu_solve")];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = Op.Apply(new CofactorsAlong(), x[0], g[0]!)[0];

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is { } a ? Op.Apply(new CofactorsAlong(), x[0], a)[0] : null];
    }

    /// <summary>
    /// The derivative of the gradient of det A along X, which is symmetric in X and what it is multiplied by. Operands: A, X.
    /// </summary>
    /// <remarks>Its own derivative by A, the third of the determinant, is that of regular matrices.</remarks>
    public readonly record struct CofactorsAlong : IOp<CofactorsAlong>
    {
        static bool IOp<CofactorsAlong>.SavesOutput(CofactorsAlong op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Adjugate.Along(x[0], x[1])];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (into.Needs(0)) into[0] = Third(x[0], x[1], g[0]!);
            if (into.Needs(1)) into[1] = Op.Apply(this, x[0], g[0]!)[0];
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? a = t[0] is { } s ? Third(x[0], x[1], s) : null, b = t[1] is { } d ? Op.Apply(this, x[0], d)[0] : null;
            return [a is null ? b : b is null ? a : a + b];
        }

        private static Tensor Third(Tensor a, Tensor x, Tensor g)
        {
            (Tensor b, _) = LinAlg.InvEx(a);
            Tensor p = b.MatMul(x), q = b.MatMul(g), tp = Trace(p), tq = Trace(q);
            Tensor sum = (tp * tq - Trace(p.MatMul(q))) * b - (tp * q + tq * p).MatMul(b) + (p.MatMul(q) + q.MatMul(p)).MatMul(b);
            return LinAlg.Det(a).Unsqueeze(-1).Unsqueeze(-1) * sum.Transpose(-2, -1);
        }

        private static Tensor Trace(Tensor x) => x.Diagonal(0, -2, -1).Sum(-1).Unsqueeze(-1).Unsqueeze(-1);
    }

    /// <summary>The sign of det A, log |det A|, A's packed factors and their pivots.</summary>
    public readonly record struct LinalgSlogdet : IOp<LinalgSlogdet>
    {
        static bool IOp<LinalgSlogdet>.SavesOutput(LinalgSlogdet op, int i) => i > 1;
        static bool IOp<LinalgSlogdet>.DifferentiableOutput(LinalgSlogdet op, int i) => i < 2;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor lu, Tensor pivots, _) = Kernels.Lu.Factor(x[0]);
            (Tensor sign, Tensor log) = Kernels.Lu.Det(lu, pivots, true);
            return [sign, log, lu, pivots];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[1] is not { } d) return;
            Tensor scaled = d.Unsqueeze(-1).Unsqueeze(-1) * Tensor.Eye(x[0].Size(-1), dtype: d.DType);
            into[0] = Op.Apply(new SolveFactored(true, true), x[0], scaled, y[2], y[3])[0];
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [null, Op.Apply(new SolveFactored(true, false), x[0], t[0]!, y[2], y[3])[0].Diagonal(0, -2, -1).Sum(-1), null, null];
    }
}

public static partial class LinAlg
{
    /// <summary>The determinant, from the LU factorization. Its derivatives are right for singular matrices too.</summary>
    /// <param name="a">Matrices [..., n, n]. float32 or float64.</param>
    /// <returns>A tensor of the batch's shape; 1 for n = 0.</returns>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public static Tensor Det(Tensor a)
    {
        SolverChecks.Square(a, "linalg.det");
        SolverChecks.Float(a, "linalg.det", "lu_cpu");
        return Op.Apply(new Ops.LinalgDet(), a)[0];
    }

    /// <summary>The sign of the determinant and the logarithm of its size, which do not overflow.</summary>
    /// <param name="a">Matrices [..., n, n]. float32 or float64.</param>
    /// <returns>Tensors of the batch's shape: -1, 0 or 1, and log |det A|, which is -∞ for a singular matrix.</returns>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public static (Tensor Sign, Tensor LogAbsDet) SLogDet(Tensor a) => SLogDet(a, "linalg.slogdet");

    internal static (Tensor Sign, Tensor LogAbsDet) SLogDet(Tensor a, string op)
    {
        SolverChecks.Square(a, op);
        SolverChecks.Float(a, op, null);
        Tensor[] y = Op.Apply(new Ops.LinalgSlogdet(), a);
        return (y[0], y[1]);
    }
}

public sealed partial class Tensor
{
    /// <summary>The determinant; see <see cref="LinAlg.Det"/>.</summary>
    public Tensor Det() => LinAlg.Det(this);

    /// <summary>The sign and the logarithm of the size of the determinant; see <see cref="LinAlg.SLogDet(Tensor)"/>.</summary>
    public (Tensor Sign, Tensor LogAbsDet) SLogDet() => LinAlg.SLogDet(this);

    /// <summary>The logarithm of the determinant: -∞ where it is 0, NaN where it is negative.</summary>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public Tensor LogDet()
    {
        (Tensor sign, Tensor log) = LinAlg.SLogDet(this, "logdet");
        return Where(sign.Detach().Eq(-1), double.NaN, log);
    }
}
