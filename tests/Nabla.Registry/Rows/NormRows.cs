namespace Nabla.Registry;

/// <summary>Norms of matrices, and what singular values tell about them.</summary>
internal static class NormRows
{
    private static readonly Type Shapes = typeof(ShapeException), DTypes = typeof(DTypeException), Arguments = typeof(ArgumentException);

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("linalg.matrix_norm", c => c.Get(1, "ord") is string or null
            ? LinAlg.MatrixNorm(c.T(0), c.String(1, "ord", "fro"), Dim(c, 2), c.Bool(3, "keepdim", false), c.DType(4, "dtype"))
            : LinAlg.MatrixNorm(c.T(0), c.Double(1, "ord", 2), Dim(c, 2), c.Bool(3, "keepdim", false), c.DType(4, "dtype")))
        {
            Covers = ["LinalgSvd"],
            Samples = () => [new([In.Distinct(2, 3)]), new([In.Distinct(3, 3), "nuc"]), new([In.NonZero(2, 3, 4), 1L]),
                new([In.NonZero(2, 3, 4), -1.0, new object?[] { 2L, 0L }]), new([In.NonZero(2, 3, 4), double.PositiveInfinity,
                new object?[] { 2L, 0L }, true]), new([In.NonZero(2, 3, 4), double.NegativeInfinity, new object?[] { 0L, 1L }]),
                new([In.NonZero(2, 3, 4), 2L, new object?[] { 2L, 0L }, true]), new([In.Distinct(3, 4), -2L]),
                new([In.Distinct(0, 3), "nuc"]), new([In.Distinct(0, 2, 3), 2L])],
            Except = [("saves", "vectors are saved whether they are read or not")],
            Errors =
            [
                (() => LinAlg.MatrixNorm(In.Real(3)), Shapes, "linalg.matrix_norm: The input tensor A must have at least 2 dimensions."),
                (() => LinAlg.MatrixNorm(In.Real(3, 3), 3), Arguments, "linalg.matrix_norm: Order 3 not supported."),
                (() => LinAlg.MatrixNorm(In.Real(3, 3), "bad"), Arguments, "linalg.matrix_norm: Order bad not supported."),
                (() => LinAlg.MatrixNorm(In.Real(3, 3), 1, 0), Shapes, "linalg.matrix_norm: dim must be a 2-tuple. Got 0"),
                (() => LinAlg.MatrixNorm(In.Real(3, 3), 1, new[] { 0, -2 }), Shapes,
                    "linalg.matrix_norm: dims must be different. Got (0, -2)"),
                (() => LinAlg.MatrixNorm(In.Real(3, 3), "fro", default, false, DType.Float32), DTypes, "linalg.matrix_norm: the dtype of " +
                    "the input (Double) should be convertible without narrowing to the specified dtype (Float)"),
                (() => LinAlg.MatrixNorm(In.Real(3, 3), 1, default, false, DType.Int64), DTypes,
                    "linalg.matrix_norm: dtype should be floating point or complex, but got Long"),
                (() => LinAlg.MatrixNorm(In.Index(5, 3, 3)), DTypes,
                    "linalg.matrix_norm: Expected a floating point or complex tensor as input. Got Long"),
                (() => LinAlg.MatrixNorm(In.Real(3, 3).To(DType.Float16), "nuc"), DTypes,
                    "linalg.matrix_norm: Low precision dtypes not supported. Got Half"),
                (() => LinAlg.MatrixNorm(In.Real(0, 3), 2), typeof(InvalidOperationException), "amax(): Expected reduction dim"),
            ],
        },
        new("linalg.norm", c => c.Get(1, "ord") is string ord
            ? LinAlg.Norm(c.T(0), ord, Dim(c, 2), c.Bool(3, "keepdim", false), c.DType(-1, "dtype"))
            : LinAlg.Norm(c.T(0), c.OptNumber(1, "ord")?.ToDouble(), Dim(c, 2), c.Bool(3, "keepdim", false), c.DType(-1, "dtype")))
        {
            Covers = ["LinalgSvd", "LinalgVectorNorm"],
            Samples = () => [new([In.NonZero(2, 3, 2)]), new([In.NonZero(3), 3.5]), new([In.Distinct(3, 2), "nuc"]),
                new([In.Distinct(2, 3, 2), "fro", new object?[] { 0L, 2L }]), new([In.NonZero(2, 3, 2), 1L, new object?[] { 0L, 2L }]),
                new([In.NonZero(2, 3), 1.5, 1L, true]), new([In.NonZero()]), new([In.Real(0, 2)])],
            Except = [("saves", "vectors are saved whether they are read or not")],
            Errors =
            [
                (() => LinAlg.Norm(In.Real(2, 2, 2), 1), Shapes,
                    "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got 3D."),
                (() => LinAlg.Norm(In.Real(2, 2, 2), 1, new[] { 0, 1, 2 }), Shapes,
                    "linalg.norm: If dim is specified, it must be of length 1 or 2. Got [0, 1, 2]"),
                (() => LinAlg.Norm(In.Real(2, 2), 3), Arguments, "linalg.matrix_norm: Order 3 not supported."),
                (() => LinAlg.Norm(In.Real(2), "fro"), Shapes, "linalg.matrix_norm: The input tensor A must have at least 2 dimensions."),
                (() => LinAlg.Norm(In.Index(3, 2)), DTypes,
                    "linalg.vector_norm: Expected a floating point or complex tensor as input. Got Long"),
                (() => LinAlg.Norm(In.Real(2), null, default, false, DType.Float32), DTypes, "linalg.vector_norm: the dtype of the " +
                    "input (Double) should be convertible without narrowing to the specified dtype (Float)"),
            ],
        },
        new("norm", c => c.T(0).Norm(c.String(1, "p", "nuc"), Dim(c, 2), c.Bool(3, "keepdim", false), c.DType(-1, "dtype")))
        {
            Variant = "nuc",
            Covers = ["LinalgSvd"],
            Samples = () => [new([In.Distinct(3, 2), "nuc"]), new([In.Distinct(2, 3, 2), "nuc", new object?[] { 2L, 0L }, true]),
                new([In.Distinct(3, 2), "fro"]), new([In.Real(0, 2), "nuc"])],
            Except = [("saves", "vectors are saved whether they are read or not"), ("scalar", "a matrix norm")],
            Errors = [(() => In.Real(2, 2, 2).Norm("nuc"), Shapes, "linalg.matrix_norm: dim must be a 2-tuple. Got 0 1 2")],
        },
        new("linalg.cond", c => c.Get(1, "p") is string p ? LinAlg.Cond(c.T(0), p) : LinAlg.Cond(c.T(0), c.OptNumber(1, "p")?.ToDouble()))
        {
            Covers = ["LinalgSvd"],
            Samples = () => [new([In.Distinct(3, 3)]), new([In.Distinct(2, 4), -2L]), new([In.Distinct(3, 3), 1L]),
                new([In.Real(2, 3, 3), "fro"]), new([In.Distinct(3, 3), "nuc"]), new([In.Distinct(3, 3), double.NegativeInfinity]),
                new([In.Real(2, 0, 0)]), new([In.Real(0, 3, 3), 1L])],
            Except = [("saves", "vectors are saved whether they are read or not")],
            Errors =
            [
                (() => LinAlg.Cond(In.Real(3)), Shapes, "linalg.cond: The input tensor must have at least 2 dimensions."),
                (() => LinAlg.Cond(In.Real(2, 3), 1), Shapes,
                    "linalg.cond(ord=1): A must be batches of square matrices, but they are 2 by 3 matrices"),
                (() => LinAlg.Cond(In.Real(3, 3), 3), Arguments, "linalg.cond got an invalid norm type: 3"),
                (() => LinAlg.Cond(In.Real(3, 3), "bad"), Arguments, "linalg.cond got an invalid norm type: bad"),
                (() => LinAlg.Cond(In.Index(3, 2, 2)), DTypes,
                    "linalg.svd: Expected a floating point or complex tensor as input. Got Long"),
            ],
        },
        new("linalg.matrix_rank", c => c.Has(-1, "tol") || c.Args.Length > 1
            ? LinAlg.MatrixRank(c.T(0), Bound(c, 1, "tol"), Tensor.Of(0.0), c.Bool(2, "hermitian", false))
            : LinAlg.MatrixRank(c.T(0), Bound(c, -1, "atol"), Bound(c, -1, "rtol"), c.Bool(-1, "hermitian", false)))
        {
            Covers = ["LinalgSvd", "LinalgEigh"],
            Samples = () => [new([In.Const(In.Distinct(3, 4))]), new([In.Const(In.Real(2, 3, 3)), 1.5]), new([In.Const(In.Real(0, 3))]),
                new([In.Const(In.Real(3, 3))], new Dictionary<string, object?> { ["hermitian"] = true }),
                new([In.Const(In.Real(3, 3))], new Dictionary<string, object?> { ["atol"] = Tensor.Of([0.5, 3.0]), ["rtol"] = 0.1 })],
            Errors =
            [
                (() => LinAlg.MatrixRank(In.Real(3)), Shapes,
                    "torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions."),
                (() => LinAlg.MatrixRank(In.Index(4, 3, 3)), DTypes, "This function doesn't handle types other than float and double"),
                (() => LinAlg.MatrixRank(In.Real(2, 3), hermitian: true), Shapes,
                    "linalg.eigh: A must be batches of square matrices, but they are 2 by 3 matrices"),
            ],
        },
    ];

    internal static Tensor? Bound(Call c, int position, string name) => c.Get(position, name) is null ? null : c.T(position, name);

    private static Dims Dim(Call c, int position) => c.Has(position, "dim") ? c.Dims(position, "dim") : default;
}
