namespace Nabla.Registry;

internal static class FactorizationRows
{
    internal static readonly Type Shapes = typeof(ShapeException), DTypes = typeof(DTypeException), Numerics = typeof(LinAlgException),
        Ranges = typeof(ArgumentOutOfRangeException);

    internal static Tensor F(params long[] shape) => Tensor.Ones(shape);

    internal static Tensor H(params long[] shape) => Tensor.Ones(shape, DType.Float16);

    internal static Tensor I(params long[] shape) => Tensor.Ones(shape, DType.Int64);

    /// <summary>One regular matrix and one whose second row is twice the first.</summary>
    internal static Tensor Singular => Tensor.Of([[[1.0, 0], [0, 1]], [[1, 2], [2, 4]]]);

    /// <summary>Matrices whose diagonal outweighs the rest.</summary>
    internal static Tensor Regular(params long[] shape) =>
        (In.Real(shape).Detach() + 4 * Tensor.Eye(shape[^2], shape[^1], DType.Float64)).Detach().RequiresGrad_();

    internal static Call With(object?[] args, params (string Name, object? Value)[] named) =>
        new(args, named.ToDictionary(static n => n.Name, static n => n.Value));

    /// <summary>The matrix argument; for the laws, which change one element at a time, made symmetric or triangular first.</summary>
    private static Tensor Matrix(Call c, int position, string name = "")
    {
        Tensor a = c.T(position, name);
        if (c.Bool(-1, "gram", false)) return a.MatMul(a.MT) + Tensor.Eye(a.Size(-1), dtype: a.DType);
        return c.Bool(-1, "triangular", false) ? c.Bool(-1, "upper", false) ? a.Triu() : a.Tril() : a;
    }

    private static Call Gram(Tensor a, bool upper = false) => With([a], ("gram", true), ("upper", upper));

    private static Call Triangle(bool upper, params object?[] args) => With(args, ("triangular", true), ("upper", upper));

    private static IEnumerable<Call> Grams() =>
        [Gram(In.Real(3, 3)), Gram(In.Real(2, 2, 2), true), Gram(In.Real(1, 1)), Gram(In.Real(0, 0)), Gram(In.Real(0, 2, 2))];

    internal static IReadOnlyList<OpRow> All { get; } = [.. Choleskys, .. Qrs, .. Lus, .. Ldls];

    private static IEnumerable<OpRow> Choleskys =>
    [
        new("cholesky", c => Matrix(c, 0).Cholesky(c.Bool(1, "upper", false)))
        {
            Samples = Grams,
            Errors =
            [
                (() => (-Tensor.Eye(2)).Cholesky(), Numerics,
                    "cholesky: The factorization could not be completed because the input is not " +
                    "positive-definite (the leading minor of order 1 is not positive-definite)."),
                (() => H(2, 2).Cholesky(), DTypes, "\"cholesky_cpu\" not implemented for 'Half'"),
                (() => F(2, 3).Cholesky(), Shapes, "cholesky: A must be batches of square matrices, but they are 2 by 3 matrices"),
            ],
        },
        new("linalg.cholesky", c => LinAlg.Cholesky(Matrix(c, 0, "A"), c.Bool(-1, "upper", false)))
        {
            Samples = Grams,
            Errors =
            [
                (() => LinAlg.Cholesky(Singular), Numerics,
                    "linalg.cholesky: (Batch element 1): The factorization could not be completed " +
                    "because the input is not positive-definite (the leading minor of order 2 is not positive-definite)."),
                (() => LinAlg.Cholesky(F(3)), Shapes, "linalg.cholesky: The input tensor A must have at least 2 dimensions."),
                (() => LinAlg.Cholesky(I(2, 2)), DTypes,
                    "linalg.cholesky: Expected a floating point or complex tensor as input. Got Long"),
            ],
        },
        new("linalg.cholesky_ex", c => LinAlg.CholeskyEx(Matrix(c, 0, "A"), c.Bool(-1, "upper", false), c.Bool(-1, "check_errors", false)))
        {
            Covers = ["LinalgCholeskyEx"],
            Samples = Grams,
            Errors = [(() => LinAlg.CholeskyEx(-Tensor.Eye(2), checkErrors: true), Numerics,
                "linalg.cholesky_ex: The factorization could not be completed")],
        },
        new("cholesky_inverse", c => Matrix(c, 0).CholeskyInverse(c.Bool(1, "upper", false)))
        {
            Samples = () => [Triangle(false, Regular(3, 3)), Triangle(true, Regular(2, 2, 2)), Triangle(false, Regular(0, 0))],
            Errors =
            [
                (() => Tensor.Zeros([2, 2]).CholeskyInverse(), Numerics,
                    "cholesky_inverse: The diagonal element 1 is zero, the inversion " +
                    "could not be completed because the input matrix is singular."),
                (() => F(2, 3).CholeskyInverse(), Shapes, "cholesky_inverse: A must be batches of square matrices"),
                (() => I(2, 2).CholeskyInverse(), DTypes, "\"cholesky_inverse_out_cpu\" not implemented for 'Long'"),
            ],
        },
        new("cholesky_solve", c => c.T(0).CholeskySolve(Matrix(c, 1, "L"), c.Bool(2, "upper", false)))
        {
            Samples = () => [Triangle(false, In.Real(3, 2), Regular(3, 3)), Triangle(true, In.Real(2, 2, 1), Regular(2, 2, 2)),
                Triangle(false, In.Real(2, 2, 1), Regular(2, 2)), Triangle(false, In.Real(2, 0), Regular(2, 2)),
                Triangle(false, In.Real(0, 2), Regular(0, 0))],
            Errors =
            [
                (() => F(3, 1).CholeskySolve(F(2, 2)), Shapes,
                    "Incompatible matrix sizes for cholesky_solve: each A matrix is 2 by 2 but each b matrix is 3 by 1"),
                (() => F(2).CholeskySolve(F(2, 2)), Shapes, "b should have at least 2 dimensions, but has 1 dimensions instead"),
                (() => F(2, 1).CholeskySolve(Tensor.Ones([2, 2], DType.Float64)), DTypes,
                    "Expected b and A to have the same dtype, but found b of type Float and A of type Double instead."),
                (() => H(2, 1).CholeskySolve(H(2, 2)), DTypes, "\"cholesky_solve_cpu\" not implemented for 'Half'"),
            ],
        },
    ];

    private static IEnumerable<OpRow> Qrs =>
    [
        new("qr", c => c.T(0).Qr(c.Bool(1, "some", true)))
        {
            Samples = () => [new([In.Real(3, 2)]), new([In.Real(2, 3)]), new([In.Real(2, 2, 2), false])],
            Errors = [(() => F(3).Qr(), Shapes, "linalg.qr: The input tensor A must have at least 2 dimensions.")],
        },
        new("linalg.qr", c => LinAlg.Qr(c.T(0, "A"), c.String(1, "mode", "reduced")))
        {
            Covers = ["LinalgQr"],
            Samples = () => [new([In.Real(4, 3)]), new([In.Real(2, 4)]), new([In.Real(2, 3, 3), "complete"]),
                With([In.Real(2, 3)], ("mode", "complete")), new([In.Const(In.Real(3, 2)), "complete"]),
                new([In.Const(In.Real(3, 2)), "r"]),
                new([In.Real(0, 3)]), new([In.Real(3, 0)]), new([In.Real(0, 3, 2)]), new([In.Real(1, 1)])],
            Errors =
            [
                (() => LinAlg.Qr(F(2, 2), "x"), typeof(ArgumentException),
                    "qr received unrecognized mode 'x' but expected one of 'reduced' (default), 'r', or 'complete'"),
                (() => LinAlg.Qr(I(2, 2)), DTypes, "linalg.qr: Expected a floating point or complex tensor as input. Got Long"),
                (() => LinAlg.Qr(H(2, 2)), DTypes, "\"geqrf_cpu\" not implemented for 'Half'"),
                (() => Back(LinAlg.Qr(In.Real(2, 2), "r").R), typeof(AutogradException),
                    "The derivative of linalg.qr depends on Q, which is not computed when mode='r'."),
                (() => Back(LinAlg.Qr(In.Real(3, 2), "complete").R), typeof(AutogradException),
                    "The QR decomposition is not differentiable when mode='complete' and nrows > ncols."),
            ],
        },
        new("geqrf", c => c.T(0).Geqrf())
        {
            Samples = () => [new([In.Const(In.Real(3, 2))]), new([In.Const(In.Real(2, 2, 3))]), new([In.Const(In.Real(0, 3))])],
            Errors =
            [
                (() => F(3).Geqrf(), Shapes, "torch.geqrf: input must have at least 2 dimensions."),
                (() => H(2, 2).Geqrf(), DTypes, "\"geqrf_cpu\" not implemented for 'Half'"),
                (() => Back(In.Real(2, 2).Geqrf().A), typeof(AutogradException), "the derivative for 'geqrf' is not implemented."),
            ],
        },
        new("linalg.householder_product", c => LinAlg.HouseholderProduct(c.T(0, "A"), c.T(1, "tau")))
        {
            Covers = ["Independent"],
            Samples = () => [new([In.Real(4, 3), In.Real2(3)]), new([In.Real(3, 3), In.Real2(2)]), new([In.Real(2, 3, 2), In.Real2(2, 2)]),
                new([In.Real(3, 0), In.Real2(0)]), new([In.Real(3, 2), In.Real2(0)])],
            Errors =
            [
                (() => LinAlg.HouseholderProduct(F(2, 3), F(2)), Shapes,
                    "torch.linalg.householder_product: input.shape[-2] must be greater " +
                    "than or equal to input.shape[-1]"),
                (() => LinAlg.HouseholderProduct(F(3, 2), F(3)), Shapes,
                    "torch.linalg.householder_product: input.shape[-1] must be greater " +
                    "than or equal to tau.shape[-1]"),
                (() => LinAlg.HouseholderProduct(F(4, 3, 2), F(2)), Shapes, "torch.linalg.householder_product: Expected tau to have one " +
                    "dimension less than input, but got tau.ndim equal to 1 and input.ndim is equal to 3"),
                (() => LinAlg.HouseholderProduct(F(4, 3, 2), F(3, 2)), Shapes,
                    "torch.linalg.householder_product: Expected batch dimensions " +
                    "of tau to be equal to input.shape[:-2], but got [3]"),
                (() => LinAlg.HouseholderProduct(H(3, 2), H(2)), DTypes, "\"orgqr_cpu\" not implemented for 'Half'"),
            ],
        },
        new("ormqr", c => c.T(0).Ormqr(c.T(1, "tau"), c.T(2, "other"), c.Bool(3, "left", true), c.Bool(4, "transpose", false)))
        {
            Samples = () => [new([In.Real(3, 2), In.Real2(2), In.Unit(3, 2)]),
                new([In.Real(2, 3, 3), In.Real2(2, 3), In.Unit(2, 2, 3), false]),
                new([In.Real(3, 3), In.Real2(2), In.Unit(3, 2), true, true]), new([In.Real(3, 3), In.Real2(3), In.Unit(2, 3), false, true]),
                new([In.Real(3, 2), In.Real2(2), In.Unit(3, 0)])],
            Errors =
            [
                (() => F(3, 2).Ormqr(F(2), F(2, 4)), Shapes, "torch.ormqr: other.shape[-2] must be equal to input.shape[-2]"),
                (() => F(3, 2).Ormqr(F(2), F(4, 2), left: false), Shapes, "torch.ormqr: other.shape[-1] must be equal to input.shape[-2]"),
                (() => F(3, 2).Ormqr(F(3), F(3, 4)), Shapes, "torch.ormqr: tau.shape[-1] must be less than or equal to input.shape[-1]"),
                (() => F(5, 3, 2).Ormqr(F(5, 2), F(3, 4)), Shapes, "torch.ormqr: Expected other to have the same number of dimensions as " +
                    "input, but got other.ndim equal to 2 and input.ndim is equal to 3"),
                (() => H(3, 2).Ormqr(H(2), H(3, 4)), DTypes, "\"ormqr_cpu\" not implemented for 'Half'"),
            ],
        },
    ];

    private static object? Back(Tensor y)
    {
        y.Sum().Backward();
        return null;
    }

    private static IEnumerable<Call> Wholes() =>
        [new([In.Real(3, 3)]), new([In.Real(4, 2)]), new([In.Real(2, 4)]), new([In.Real(2, 2, 2)]), new([In.Real(1, 1)]),
            new([In.Real(0, 0)]),
            new([In.Real(3, 0)]), new([In.Real(0, 2, 2)])];

    private static IEnumerable<OpRow> Lus =>
    [
        new("lu", c => c.Bool(2, "get_infos", false) ? LinAlg.LuFactorEx(c.T(0, "A"), c.Bool(1, "pivot", true))
            : c.T(0, "A").Lu(c.Bool(1, "pivot", true)))
        {
            Samples = Wholes,
            Errors = [(() => F(3).Lu(), Shapes, "torch.lu_factor: Expected tensor with 2 or more dimensions. Got size: [3] instead")],
        },
        new("linalg.lu", c => LinAlg.Lu(c.T(0, "A"), c.Bool(-1, "pivot", true)))
        {
            Samples = Wholes,
            Errors =
            [
                (() => LinAlg.Lu(F(3)), Shapes, "linalg.lu: Expected tensor with 2 or more dimensions. Got size: [3] instead"),
                (() => LinAlg.Lu(F(2, 2), pivot: false), typeof(ArgumentException),
                    "linalg.lu_factor: LU without pivoting is not implemented on the CPU"),
                (() => LinAlg.Lu(I(2, 2)), DTypes, "\"lu_cpu\" not implemented for 'Long'"),
            ],
        },
        new("linalg.lu_factor", c => LinAlg.LuFactor(c.T(0, "A"), c.Bool(-1, "pivot", true)))
        {
            Samples = () => [new([In.Real(3, 3)]), new([In.Real(4, 2)]), new([In.Real(2, 4)])],
            Errors = [(() => LinAlg.LuFactor(Singular), Numerics,
                "torch.linalg.lu_factor: (Batch element 1): U[2,2] is zero and using it " +
                "on lu_solve would result in a division by zero.")],
        },
        new("linalg.lu_factor_ex", c => LinAlg.LuFactorEx(c.T(0, "A"), c.Bool(-1, "pivot", true), c.Bool(-1, "check_errors", false)))
        {
            Covers = ["LinalgLuFactorEx"],
            Samples = Wholes,
            Errors = [(() => LinAlg.LuFactorEx(Tensor.Zeros([2, 2]), checkErrors: true), Numerics,
                "torch.linalg.lu_factor_ex: U[1,1] is zero")],
        },
        new("lu_unpack", c => Tensor.LuUnpack(c.T(0), c.T(1), c.Bool(2, "unpack_data", true), c.Bool(3, "unpack_pivots", true)))
        {
            Covers = ["SwapRows"],
            Samples = () => [new([In.Real(3, 3), Tensor.From<int>([2, 3, 3])]), new([In.Real(3, 2), Tensor.From<int>([3, 2])]),
                new([In.Real(2, 2, 3), Tensor.From<int>([2, 2])]), new([In.Real(0, 0), Tensor.Empty([0], DType.Int32)])],
            Errors =
            [
                (() => Tensor.LuUnpack(F(2, 2), Tensor.From<int>([1, 3])), Ranges,
                    "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive.Did you properly pass the " +
                        "result of lu_factor?"),
                (() => Tensor.LuUnpack(F(2, 2), I(2)), DTypes,
                    "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype."),
                (() => Tensor.LuUnpack(F(2), I(2)), Shapes,
                    "torch.lu_unpack: Expected tensor with 2 or more dimensions. Got size: [2] instead"),
            ],
        },
    ];

    private static readonly double[,] Indefinite = { { 0, 0, 0 }, { 1, 0, 0 }, { 2, 3, 0 } };

    private static IEnumerable<Call> Symmetric() =>
        [new([In.Const(In.Real(3, 3))]), new([In.Const(In.Real(2, 4, 4))]), new([Tensor.From(Indefinite)]), new([In.Const(In.Real(0, 0))])];

    private static IEnumerable<OpRow> Ldls =>
    [
        new("linalg.ldl_factor", c => LinAlg.LdlFactor(c.T(0, "A"), c.Bool(-1, "hermitian", false)))
        {
            Samples = Symmetric,
            Errors =
            [
                (() => LinAlg.LdlFactor(F(2, 3)), Shapes,
                    "torch.linalg.ldl_factor_ex: A must be batches of square matrices, but they are 2 by 3 matrices"),
                (() => LinAlg.LdlFactor(H(2, 2)), DTypes, "\"ldl_factor_kernel_cpu\" not implemented for 'Half'"),
                (() => LinAlg.LdlFactor(Singular), Numerics, "torch.linalg.ldl_factor: (Batch element 1): Unknown error code: 2."),
                (() => Back(LinAlg.LdlFactor(In.Real(2, 2)).LD), typeof(AutogradException),
                    "derivative for aten::linalg_ldl_factor_ex is not implemented"),
            ],
        },
        new("linalg.ldl_factor_ex", c => LinAlg.LdlFactorEx(c.T(0, "A"), c.Bool(-1, "hermitian", false), c.Bool(-1, "check_errors", false)))
        {
            Covers = ["LinalgLdlFactorEx"],
            Samples = Symmetric,
            Errors = [(() => LinAlg.LdlFactorEx(I(2, 2)), DTypes,
                "torch.linalg.ldl_factor_ex: Expected a floating point or complex tensor as input. Got Long")],
        },
        new("linalg.ldl_solve", c => LinAlg.LdlSolve(c.T(0, "LD"), c.T(1, "pivots"), c.T(2, "B"), c.Bool(-1, "hermitian", false)))
        {
            Covers = ["LinalgLdlSolve"],
            Samples = () => [new([In.Const(Regular(3, 3)), Tensor.From<int>([2, 2, 3]), In.Const(In.Real(3, 2))]),
                new([In.Const(Regular(2, 3, 3)), Tensor.From<int>([-3, -3, 3, 2, -3, -3], [2, 3]), In.Const(In.Real(3, 1))])],
            Errors =
            [
                (() => LinAlg.LdlSolve(F(2, 2), Tensor.From<int>([1, 2]), F(3, 1)), Shapes,
                    "Incompatible matrix sizes for torch.linalg.ldl_solve: each A matrix is 2 by 2 but each b matrix is 3 by 1"),
                (() => LinAlg.LdlSolve(F(2, 2), F(2), F(2, 1)), DTypes,
                    "torch.linalg.ldl_solve: Expected pivots to be integers. Got Float"),
                (() => LinAlg.LdlSolve(F(2, 2), I(3), F(2, 1)), Shapes,
                    "torch.linalg.ldl_solve: Expected LD.shape[:-1] and pivots.shape to " +
                    "be the same, but got pivots with shape [3] instead"),
                (() => LinAlg.LdlSolve(F(2, 2), Tensor.From<int>([1, 3]), F(2, 1)), Ranges, "torch.linalg.ldl_solve: pivot 1 is 3"),
                (() => Back(LinAlg.LdlSolve(In.Real(2, 2), Tensor.From<int>([1, 2]), In.Real(2, 2))), typeof(AutogradException),
                    "derivative for aten::linalg_ldl_solve is not implemented"),
            ],
        },
    ];
}
