namespace Nabla;

internal static partial class Ops
{
    /// <summary>L and D in one matrix, the pivots, and infos; without derivatives. An error instead of infos if Check is a name.</summary>
    public readonly record struct LinalgLdlFactorEx(string? Check) : IOp<LinalgLdlFactorEx>
    {
        static string IOperation<LinalgLdlFactorEx>.NodeName(LinalgLdlFactorEx op) => "NotImplemented";
        static bool IOp<LinalgLdlFactorEx>.SavesInput(LinalgLdlFactorEx op, int i) => false;
        static bool IOp<LinalgLdlFactorEx>.SavesOutput(LinalgLdlFactorEx op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            (Tensor ld, Tensor pivots, Tensor info) = Kernels.Ldl.Factor(x[0]);
            if (Check is { } name)
                SolverChecks.Info(info, name, static i => $"Unknown error code: {i}. D[{i},{i}] is zero and using it on ldl_solve would " +
                    "result in a division by zero. If you still want to perform the factorization, call linalg.ldl_factor_ex.");
            return [ld, pivots, info];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) => Refuse();

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Refuse();
            return [];
        }

        private static void Refuse() => Throw.Graph("derivative for aten::linalg_ldl_factor_ex is not implemented. Use LinAlg.Solve or " +
            "LinAlg.Cholesky, which have one.");
    }

    /// <summary>X with A X = B, without derivatives. Operands: A's packed factors, their pivots, B.</summary>
    public readonly record struct LinalgLdlSolve : IOp<LinalgLdlSolve>
    {
        static string IOperation<LinalgLdlSolve>.NodeName(LinalgLdlSolve op) => "NotImplemented";
        static bool IOp<LinalgLdlSolve>.SavesInput(LinalgLdlSolve op, int i) => false;
        static bool IOp<LinalgLdlSolve>.SavesOutput(LinalgLdlSolve op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Ldl.Solve(x[0], x[1], x[2])];
        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) => Refuse();

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Refuse();
            return [];
        }

        private static void Refuse() => Throw.Graph(
            "derivative for aten::linalg_ldl_solve is not implemented. Use LinAlg.Solve, which has one.");
    }
}

public static partial class LinAlg
{
    /// <summary>
    /// The factorization A = L D Lᵀ of a symmetric matrix by Bunch and Kaufman, D having blocks of one or two rows. It has no gradient.
    /// </summary>
    /// <param name="a">A, of shape [..., n, n]. float32 or float64. Only its lower triangle is read.</param>
    /// <param name="hermitian">Of no effect on real numbers.</param>
    /// <returns>D and, without its ones, L in one matrix, and LAPACK's pivots [..., n], int32: p > 0 at i exchanged rows i and p; the same
    /// -p at i and i + 1 marks a block of two rows and the exchange of i + 1 and p. All count from 1.</returns>
    /// <exception cref="LinAlgException">D is singular.</exception>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DTypeException">The dtype is neither float32 nor float64.</exception>
    public static (Tensor LD, Tensor Pivots) LdlFactor(Tensor a, bool hermitian = false)
    {
        Tensor[] y = LdlFactor(a, "torch.linalg.ldl_factor");
        return (y[0], y[1]);
    }

    /// <summary>As <see cref="LdlFactor(Tensor, bool)"/>, with a number instead of an error where D is singular.</summary>
    /// <param name="a">A, of shape [..., n, n].</param>
    /// <param name="hermitian">Of no effect on real numbers.</param>
    /// <param name="checkErrors">Throw as <see cref="LdlFactor(Tensor, bool)"/> does.</param>
    /// <returns>The packed factors, the pivots, and info, int32: the first block of D that is zero, from 1, or 0.</returns>
    public static (Tensor LD, Tensor Pivots, Tensor Info) LdlFactorEx(Tensor a, bool hermitian = false, bool checkErrors = false)
    {
        Tensor[] y = LdlFactor(a, checkErrors ? "torch.linalg.ldl_factor_ex" : null);
        return (y[0], y[1], y[2]);
    }

    private static Tensor[] LdlFactor(Tensor a, string? check)
    {
        SolverChecks.Square(a, "torch.linalg.ldl_factor_ex");
        SolverChecks.Float(a, "torch.linalg.ldl_factor_ex", "ldl_factor_kernel_cpu");
        return Op.Apply(new Ops.LinalgLdlFactorEx(check), a);
    }

    /// <summary>X with A X = B from the factorization of a symmetric matrix. It has no gradient.</summary>
    /// <param name="ld">The packed factors of <see cref="LdlFactor(Tensor, bool)"/>, [..., n, n].</param>
    /// <param name="pivots">Their pivots [..., n].</param>
    /// <param name="b">B, of shape [..., n, k]; batches broadcast.</param>
    /// <param name="hermitian">Of no effect on real numbers.</param>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ or are neither float32 nor float64; the pivots are not integers.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The pivots are not those of a factorization.</exception>
    public static Tensor LdlSolve(Tensor ld, Tensor pivots, Tensor b, bool hermitian = false)
    {
        const string op = "torch.linalg.ldl_solve";
        SolverChecks.Square(ld, op);
        SolverChecks.Float(ld, op, "ldl_solve_kernel_cpu");
        if (b.Rank < 2) Throw.DimOutOfRange(-2, b.Rank);
        SolverChecks.SameTypeOf(b, ld);
        SolverChecks.SizesOf(b, ld, op);
        if (!pivots.dtype.IsInteger()) Throw.Types($"{op}: Expected pivots to be integers. Got {pivots.dtype.ScalarName()}");
        if (!pivots.layout.shape.AsSpan().SequenceEqual(ld.layout.shape.AsSpan(0, ld.Rank - 1)))
            Throw.Shapes($"{op}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape {pivots.Shape} instead");
        long[] batch = SolverChecks.Batch(ld, b, op);
        return Op.Apply(new Ops.LinalgLdlSolve(), SolverChecks.Expand(ld, batch), SolverChecks.Expand(pivots.To(DType.Int32), batch, 1),
            SolverChecks.Expand(b, batch))[0];
    }
}
