namespace Nabla.Registry;

/// <summary>
/// Decompositions of matrices by eigenvalues and singular values. Some samples carry arguments that PyTorch does not have, which the
/// recorded cases never do: <c>symmetric</c> makes a function of all elements out of one that reads a triangle, <c>thin</c> leaves out
/// the vectors that are arbitrary, <c>smooth</c> what is not
/// differentiated, <c>absolute</c> the phases of eigenvectors; <c>complex</c> takes
/// the first dimension as real and imaginary parts.
/// </summary>
internal static class SpectralRows
{
    private static readonly Type Shapes = typeof(ShapeException), DTypes = typeof(DTypeException), Numerics = typeof(LinAlgException);

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("linalg.eigh", c => Phaseless(c, LinAlg.Eigh(Sym(c), c.String(1, "UPLO", "L"))))
        {
            Covers = ["LinalgEigh"],
            Samples = () => [Marked("symmetric", In.Distinct(3, 3)), Marked("symmetric", In.Real(2, 4, 4)),
                Marked("symmetric", In.Real(1, 1)), Marked("symmetric", In.Real(2, 0, 0)), Marked("symmetric", In.Real(0, 2, 2)),
                With(In.NonZero(2, 3, 3), ("symmetric", true), ("complex", true)),
                new([In.Const(In.Real(3, 3)), "U"])],
            Errors =
            [
                (() => LinAlg.Eigh(In.Real(3)), Shapes, "linalg.eigh: The input tensor A must have at least 2 dimensions."),
                (() => LinAlg.Eigh(In.Real(2, 3)), Shapes,
                    "linalg.eigh: A must be batches of square matrices, but they are 2 by 3 matrices"),
                (() => LinAlg.Eigh(In.Real(2, 2), "X"), typeof(ArgumentException),
                    "Expected UPLO argument to be 'L' or 'U', but got X"),
                (() => LinAlg.Eigh(In.Real(2, 2).To(DType.Float16)), DTypes, "\"linalg_eigh_cpu\" not implemented for 'Half'"),
                (() => LinAlg.Eigh(In.Index(3, 2, 2)), DTypes, "\"linalg_eigh_cpu\" not implemented for 'Long'"),
                (() => LinAlg.Eigh(In.Real(2, 2) * double.NaN), Numerics, "linalg.eigh: The algorithm failed to converge because " +
                    "the input matrix is ill-conditioned or has too many repeated eigenvalues"),
                (() => LinAlg.Eigh(In.Real(2, 2, 2) * Tensor.Of([1, double.NaN])[.., null, null]), Numerics,
                    "linalg.eigh: (Batch element 1): The algorithm failed to converge"),
            ],
        },
        new("linalg.eigvalsh", c => LinAlg.EigValsH(Sym(c), c.String(1, "UPLO", "L")))
        {
            Covers = ["LinalgEigh"],
            Samples = () => [Marked("symmetric", In.Distinct(3, 3)), Marked("symmetric", In.Real(2, 3, 3)),
                Marked("symmetric", In.Real(0, 0)), new([In.Const(In.Real(3, 3)), "U"])],
            Except = [("saves", "vectors are saved whether they are read or not")],
            Errors = [(() => LinAlg.EigValsH(In.Real(2, 2), "X"), typeof(ArgumentException), "Expected UPLO argument to be 'L' or 'U'")],
        },
        new("linalg.svd", c => Thin(c, LinAlg.Svd(Arg(c), c.Bool(1, "full_matrices", true))))
        {
            Covers = ["LinalgSvd"],
            Samples = () => [Plain(In.Distinct(3, 3)), Plain(In.Real(2, 4, 3)), Plain(In.Real(2, 5)), Plain(In.Real(2, 0, 3)),
                Plain(In.Real(0, 3, 2)), Plain(In.Real(1, 1)), Marked("thin", In.Distinct(4, 2)), Marked("thin", In.Real(2, 2, 3)),
                Marked("values", In.Real(3, 4)), Marked("complex", In.NonZero(2, 3, 2)), Marked("complex", In.NonZero(2, 2, 3))],
            Errors =
            [
                (() => LinAlg.Svd(In.Real(3)), Shapes, "linalg.svd: The input tensor A must have at least 2 dimensions."),
                (() => LinAlg.Svd(In.Real(3, 2).To(DType.BFloat16)), DTypes, "\"linalg_svd_cpu\" not implemented for 'BFloat16'"),
                (() => LinAlg.Svd(In.Index(4, 3, 2)), DTypes,
                    "linalg.svd: Expected a floating point or complex tensor as input. Got Long"),
                (() => LinAlg.Svd(In.Real(3, 2) * double.NaN), Numerics,
                    "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values."),
            ],
        },
        new("linalg.svdvals", c => LinAlg.SvdVals(Arg(c)))
        {
            Covers = ["LinalgSvd"],
            Samples = () => [new([In.Distinct(3, 3)]), new([In.Real(2, 4, 3)]), new([In.Real(2, 5)]), new([In.Real(0, 3)]),
                Marked("complex", In.NonZero(2, 3, 2))],
            Except = [("saves", "vectors are saved whether they are read or not")],
            Errors = [(() => LinAlg.SvdVals(In.Real(2)), Shapes, "linalg.svd: The input tensor A must have at least 2 dimensions.")],
        },
        new("svd", c => Thin(c, c.T(0).Svd(c.Bool(1, "some", true), c.Bool(2, "compute_uv", true))))
        {
            Covers = ["LinalgSvd"],
            Samples = () => [new([In.Distinct(3, 3)]), new([In.Real(2, 4, 3)]), new([In.Real(2, 3), true, false]), new([In.Real(3, 0)])],
            Errors = [(() => In.Real(3).Svd(), Shapes,
                "linalg.svd: input should have at least 2 dimensions, but has 1 dimensions instead")],
        },
        new("linalg.pinv", c => c.Has(1, "rcond")
            ? LinAlg.Pinv(c.T(0), Tensor.Of(0.0), NormRows.Bound(c, 1, "rcond"), c.Bool(2, "hermitian", false))
            : LinAlg.Pinv(Sym(c), NormRows.Bound(c, -1, "atol"), NormRows.Bound(c, -1, "rtol"), c.Bool(-1, "hermitian", false)))
        {
            Covers = ["LinalgPinv"],
            Samples = () => [new([In.Distinct(3, 3)]), new([In.Real(2, 4, 3)]), new([In.Distinct(2, 3)]), new([In.Real(2, 0, 3)]),
                With(In.Distinct(3, 3), ("hermitian", true), ("symmetric", true)),
                With(In.Distinct(3, 4), ("atol", In.Const(Tensor.Of([0.001, 1e-9]))), ("rtol", 1e-6))],
            Errors =
            [
                (() => LinAlg.Pinv(In.Real(3)), Shapes,
                    "expected a tensor with 2 or more dimensions of float, double, cfloat or cdouble types"),
                (() => LinAlg.Pinv(In.Index(3, 2, 2)), DTypes, "linalg.pinv(Long{[2, 2]}): expected a tensor with 2 or more dimensions"),
                (() => LinAlg.Pinv(In.Real(2, 3), hermitian: true), Shapes,
                    "linalg.eigh: A must be batches of square matrices, but they are 2 by 3 matrices"),
                (() => LinAlg.Pinv(In.Real(2, 3) * double.NaN), Numerics,
                    "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values."),
            ],
        },
        new("pinverse", c => c.T(0).Pinverse(c.Double(1, "rcond", 1e-15)))
        {
            Covers = ["LinalgPinv"],
            Samples = () => [new([In.Distinct(4, 3)]), new([In.Real(3, 3), 1e-8])],
            Errors = [(() => In.Real(3).Pinverse(), Shapes, "expected a tensor with 2 or more dimensions")],
        },
        new("linalg.lstsq", c => Smooth(c,
            LinAlg.LstSq(c.T(0), c.T(1, "b"), c.OptNumber(2, "rcond")?.ToDouble(), c.Get(-1, "driver") as string)))
        {
            Covers = ["LinalgLstsq"],
            Samples = () => [Solve(In.Distinct(4, 3), In.Real2(4, 2)), Solve(In.Distinct(3, 3), In.Real2(3, 1), "gelsd"),
                Solve(In.Real(2, 4, 3), In.Real2(2, 4, 2), "gels"), Solve(In.Real(4, 2), In.Real2(4), "gelss"),
                Solve(In.Real(2, 2, 4), In.Real2(2, 2), "gels"), Solve(In.Real(2, 4), In.Real2(2, 2), "gelsd"),
                Solve(In.Real(2, 4, 3), In.Real2(1, 4, 2), "gels"), Solve(In.Real(0, 3), In.Real2(0, 2)),
                Solve(In.Real(0, 3, 2), In.Real2(0, 3, 1), "gels")],
            Errors =
            [
                (() => LinAlg.LstSq(In.Real(3), In.Real(3)), Shapes, "torch.linalg.lstsq: input must have at least 2 dimensions."),
                (() => LinAlg.LstSq(In.Real(3, 2), In.Real()), Shapes, "torch.linalg.lstsq: other must have at least 1 dimension."),
                (() => LinAlg.LstSq(In.Real(4, 3), In.Real(3, 2)), Shapes,
                    "torch.linalg.lstsq: input.size(-2) should match other.size(-2)"),
                (() => LinAlg.LstSq(In.Real(4, 3), In.Real(3)), Shapes, "torch.linalg.lstsq: input.size(-2) should match other.size(-1)"),
                (() => LinAlg.LstSq(In.Real(4, 3), In.Real(2, 4, 1)), Shapes,
                    "torch.linalg.lstsq: input.dim() must be greater or equal to other.dim() and (input.dim() - other.dim()) <= 1"),
                (() => LinAlg.LstSq(In.Real(4, 3), In.Real(4, 1).To(DType.Float32)), DTypes,
                    "torch.linalg.lstsq: Expected input and other to have the same dtype, but got input's dtype Double and other's " +
                    "dtype Float"),
                (() => LinAlg.LstSq(In.Real(4, 3), In.Real(4, 1), driver: "foo"), typeof(ArgumentException),
                    "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"),
                (() => LinAlg.LstSq(In.Index(3, 4, 3), In.Index(3, 4, 1)), DTypes,
                    "This function doesn't handle types other than float and double"),
                (() => LinAlg.LstSq(In.Real(3, 2) * 0, In.Real(3, 1), driver: "gels"), Numerics, "torch.linalg.lstsq: The least squares " +
                    "solution could not be computed because the input matrix does not have full rank (error code: 1)"),
            ],
        },
        new("matrix_exp", c => c.T(0).MatrixExp())
        {
            Covers = ["LinalgMatrixExp"],
            Samples = () => [new([In.Distinct(3, 3)]), new([In.Between(-8, 8, 2, 3, 3)]), new([In.Unit(2, 2)]), new([In.Real(1, 1)]),
                new([In.Real(2, 0, 0)]), new([In.Real(0, 3, 3)])],
            Errors =
            [
                (() => In.Real(3).MatrixExp(), Shapes, "linalg.matrix_exp: The input tensor A must have at least 2 dimensions."),
                (() => In.Real(2, 3).MatrixExp(), Shapes,
                    "linalg.matrix_exp: A must be batches of square matrices, but they are 2 by 3 matrices"),
                (() => In.Index(3, 2, 2).MatrixExp(), DTypes,
                    "linalg.matrix_exp: Expected a floating point or complex tensor as input. Got Long"),
            ],
        },
        new("linalg.eig", c => c.Bool(-1, "absolute", false) ? Absolute(LinAlg.Eig(Arg(c))) : LinAlg.Eig(c.T(0)))
        {
            Covers = ["LinalgEig"],
            Samples = () => [Marked("absolute", In.Distinct(3, 3)), Marked("absolute", In.NonZero(2, 3, 3)),
                Marked("absolute", In.Real(1, 1)), Marked("absolute", In.Real(2, 0, 0)), Marked("absolute", In.Real(0, 3, 3)),
                With(In.NonZero(2, 3, 3), ("absolute", true), ("complex", true)), new([In.Const(In.NonZero(3, 3))])],
            Errors =
            [
                (() => LinAlg.Eig(In.Real(3)), Shapes, "linalg.eig: The input tensor A must have at least 2 dimensions."),
                (() => LinAlg.Eig(In.Real(2, 3)), Shapes, "linalg.eig: A must be batches of square matrices, but they are 2 by 3 matrices"),
                (() => LinAlg.Eig(In.Real(2, 2).To(DType.Float16)), DTypes, "\"linalg_eig_out_cpu\" not implemented for 'Half'"),
                (() => LinAlg.Eig(In.Index(3, 2, 2)), DTypes, "Unknown Complex ScalarType for Long"),
                (() => LinAlg.Eig(In.Real(2, 2) * double.NaN), Numerics,
                    "linalg.eig: The algorithm failed to converge because the input matrix contained non-finite values."),
            ],
        },
        new("linalg.eigvals", c => LinAlg.EigVals(c.T(0)))
        {
            Covers = ["LinalgEig"],
            Samples = () => [new([In.Distinct(3, 3)]), new([In.NonZero(2, 3, 3)]), new([In.Real(0, 0)]), new([In.Const(In.NonZero(3, 3))])],
            Except = [("saves", "vectors are saved whether they are read or not")],
            Errors = [(() => LinAlg.EigVals(In.Real(2, 3)), Shapes,
                "linalg.eigvals: A must be batches of square matrices, but they are 2 by 3 matrices")],
        },
        new("svd_lowrank", c => Product(LinAlg.SvdLowRank(c.T(0), c.Long(1, "q", 6), c.Int(2, "niter", 2), c.OptT(3, "M"),
            new Generator(7))))
        {
            Covers = ["LinalgSvd", "LinalgQr"],
            Samples = () => [new([In.NonZero(4, 3), 3L]), new([In.NonZero(2, 2, 4), 2L, 1L]),
                new([In.NonZero(4, 3), 3L, 0L, In.Unit(1, 3)])],
            Except = [("saves", "vectors are saved whether they are read or not")],
            Errors =
            [
                (() => LinAlg.SvdLowRank(In.Real(3)), Shapes, "linalg.svd: The input tensor A must have at least 2 dimensions."),
                (() => LinAlg.SvdLowRank(In.Real(4, 3), m: In.Real(2, 3)), Shapes, "The expanded size of the tensor (4) must match"),
            ],
        },
        new("pca_lowrank", c => Product(LinAlg.PcaLowRank(c.T(0), c.OptNumber(1, "q")?.ToInt64(), c.Bool(2, "center", true),
            c.Int(3, "niter", 2), new Generator(7))))
        {
            Covers = ["LinalgSvd", "LinalgQr"],
            Samples = () => [new([In.NonZero(5, 3), 3L]), new([In.NonZero(2, 4, 2), null, false])],
            Except = [("saves", "vectors are saved whether they are read or not")],
            Errors =
            [
                (() => LinAlg.PcaLowRank(In.Real(4, 3), 9), typeof(ArgumentOutOfRangeException),
                    "q(=9) must be non-negative integer and not greater than min(m, n)=3"),
                (() => LinAlg.PcaLowRank(In.Real(4, 3), 2, niter: -1), typeof(ArgumentOutOfRangeException),
                    "niter(=-1) must be non-negative integer"),
            ],
        },
    ];

    /// <summary>The singular values and the product, which do not depend on what was drawn if the rank is full.</summary>
    private static object Product((Tensor U, Tensor S, Tensor V) y) =>
        ((y.U * y.S.Unsqueeze(-2)).MatMul(y.V.Transpose(-2, -1)), y.S);

    /// <summary>What does not depend on the choice of an eigenvector's phase.</summary>
    private static object Absolute((Tensor Values, Tensor Vectors) y) => (y.Values.Real, y.Values.Imag, y.Vectors.Abs());

    private static Call Solve(Tensor a, Tensor b, string? driver = null) =>
        new([a, b], new Dictionary<string, object?> { ["driver"] = driver, ["smooth"] = true });

    /// <summary>Singular values have no gradient here; then they are left out.</summary>
    private static object Smooth(Call c, (Tensor Solution, Tensor Residuals, Tensor Rank, Tensor SingularValues) y) =>
        c.Bool(-1, "smooth", false) ? (y.Solution, y.Residuals, y.Rank) : y;

    private static Call With(Tensor x, params (string Name, object Value)[] more) =>
        new([x], more.ToDictionary(static p => p.Name, static p => (object?)p.Value));

    /// <summary>The matrices; with <c>complex</c> the first dimension holds their real and imaginary parts.</summary>
    private static Tensor Arg(Call c) => c.Bool(-1, "complex", false) ? Tensor.Complex(c.T(0).Select(0, 0), c.T(0).Select(0, 1)) : c.T(0);

    private static Tensor Sym(Call c)
    {
        Tensor x = Arg(c);
        return c.Bool(-1, "symmetric", false) ? (x + x.Adjoint()) / 2 : x;
    }

    private static object Phaseless(Call c, (Tensor Values, Tensor Vectors) y) =>
        c.Bool(-1, "complex", false) ? (y.Values, y.Vectors.Abs()) : y;

    private static Call Plain(Tensor x) => new([x, false]);

    private static Call Marked(string mark, Tensor x) => new([x], new Dictionary<string, object?> { [mark] = true });

    /// <summary>What does not depend on the choice of vectors beyond the singular values.</summary>
    private static object Thin(Call c, (Tensor U, Tensor S, Tensor V) y)
    {
        if (c.Bool(-1, "values", false)) return y.S;
        if (c.Bool(-1, "complex", false))
        {
            long least = y.S.Size(-1);
            (Tensor u, Tensor vh) = (y.U.Narrow(-1, 0, least), y.V.Narrow(-2, 0, least));
            Tensor product = u.MatMul(vh);
            return (u.Abs(), y.S, vh.Abs(), product.Real, product.Imag);
        }
        if (!c.Bool(-1, "thin", false)) return y;
        long k = y.S.Size(-1);
        return (y.U.Narrow(-1, 0, k), y.S, y.V.Narrow(-2, 0, k));
    }
}
