using static Nabla.Registry.FactorizationRows;

namespace Nabla.Registry;

internal static class SolveRows
{
    internal static IReadOnlyList<OpRow> All { get; } = [.. Solves, .. Triangulars, .. Inverses, .. Determinants];

    private static bool Left(Call c) => c.Bool(-1, "left", true);

    private static IEnumerable<Call> Systems() =>
    [
        new([Regular(3, 3), In.Real(3, 2)]), new([Regular(2, 2), In.Real(2)]), new([Regular(2, 2, 2), In.Real(2, 2)]),
        With([Regular(2, 2), In.Real(3, 2)], ("left", false)), new([Regular(2, 2), In.Real(2, 2, 1)]),
        new([Regular(2, 1, 2, 2), In.Real(2, 2, 1)]), new([Regular(0, 0), In.Real(0, 2)]), new([Regular(2, 2), In.Real(2, 0)]),
        new([Regular(0, 2, 2), In.Real(2, 1)]),
    ];

    private static IEnumerable<OpRow> Solves =>
    [
        new("linalg.solve", c => LinAlg.Solve(c.T(0, "A"), c.T(1, "B"), Left(c)))
        {
            Covers = ["LinalgSolveEx", "SolveFactored"],
            Samples = Systems,
            Errors =
            [
                (() => LinAlg.Solve(Singular, Singular), Numerics,
                    "torch.linalg.solve: (Batch element 1): The solver failed because the input matrix is singular."),
                (() => LinAlg.Solve(F(2, 3), F(2)), Shapes,
                    "linalg.solve: A must be batches of square matrices, but they are 2 by 3 matrices"),
                (() => LinAlg.Solve(F(2, 2), F(3, 2)), Shapes,
                    "linalg.solve: Incompatible shapes of A and B for the equation AX = B (2x2 and 3x2)"),
                (() => LinAlg.Solve(F(2, 2), F(2, 3), left: false), Shapes,
                    "linalg.solve: Incompatible shapes of A and B for the equation XA = B (2x2 and 2x3)"),
                (() => LinAlg.Solve(F(3, 2, 2), F(5, 2, 1)), Shapes,
                    "The size of tensor a (5) must match the size of tensor b (3) at non-singleton dimension 0"),
                (() => LinAlg.Solve(F(2, 2), Tensor.Ones([2], DType.Float64)), DTypes,
                    "linalg.solve: Expected A and B to have the same dtype, but found A of type Float and B of type Double instead"),
                (() => LinAlg.Solve(H(2, 2), H(2)), DTypes, "\"lu_cpu\" not implemented for 'Half'"),
                (() => LinAlg.Solve(I(2, 2), I(2)), DTypes, "linalg.solve: Expected a floating point or complex tensor as input. Got Long"),
            ],
        },
        new("linalg.solve_ex", c => LinAlg.SolveEx(c.T(0, "A"), c.T(1, "B"), Left(c), c.Bool(-1, "check_errors", false)))
        {
            Samples = () => Systems().Take(4),
            Errors = [(() => LinAlg.SolveEx(Tensor.Zeros([2, 2]), F(2), checkErrors: true), Numerics,
                "torch.linalg.solve_ex: The solver failed because the input matrix is singular.")],
        },
        new("linalg.lu_solve", c => LinAlg.LuSolve(c.T(0, "LU"), c.T(1, "pivots"), c.T(2, "B"), Left(c), c.Bool(-1, "adjoint", false)))
        {
            Samples = () =>
            [
                new([Regular(3, 3), Tensor.From<int>([2, 3, 3]), In.Real(3, 2)]),
                With([Regular(3, 3), Tensor.From<int>([3, 2, 3]), In.Real(3, 2)], ("adjoint", true)),
                With([Regular(2, 2, 2), Tensor.From<int>([2, 2, 1, 2], [2, 2]), In.Real(3, 2)], ("left", false)),
                With([Regular(2, 2), Tensor.From<int>([2, 2]), In.Real(2, 1, 2)], ("left", false), ("adjoint", true)),
                new([Regular(0, 0), Tensor.Empty([0], DType.Int32), In.Real(0, 2)]),
            ],
            Errors =
            [
                (() => LinAlg.LuSolve(F(2, 2), Tensor.From<int>([1, 3]), F(2, 1)), Ranges,
                    "Pivots given to lu_solve must all be smaller or equal to LU.size(-2). Did you properly pass the result of lu_factor?"),
                (() => LinAlg.LuSolve(F(2, 2), Tensor.From<int>([0, 1]), F(2, 1)), Ranges,
                    "Pivots given to lu_solve must all be greater or equal to 1. Did you properly pass the result of lu_factor?"),
                (() => LinAlg.LuSolve(F(2, 2), I(2), F(2, 1)), DTypes,
                    "linalg.lu_solve: pivots should be a Tensor of scalar type torch.int32"),
                (() => LinAlg.LuSolve(F(2, 2), Tensor.From<int>([1, 2, 3]), F(2, 1)), Shapes,
                    "linalg.lu_solve: Number of pivots per batch should be same as the dimension of the matrix"),
                (() => LinAlg.LuSolve(F(2, 2), Tensor.From<int>([1, 2]), F(2)), Shapes,
                    "linalg.lu_solve: The input tensor B must have at least 2 dimensions."),
                (() => LinAlg.LuSolve(H(2, 2), Tensor.From<int>([1, 2]), H(2, 1)), DTypes,
                    "\"linalg.lu_solve_cpu\" not implemented for 'Half'"),
            ],
        },
        new("lu_solve", c => c.T(0).LuSolve(c.T(1, "LU_data"), c.T(2, "LU_pivots")))
        {
            Samples = () => [new([In.Real(3, 2), Regular(3, 3), Tensor.From<int>([2, 3, 3])])],
            Errors = [(() => F(3, 1).LuSolve(F(2, 2), Tensor.From<int>([1, 2])), Shapes,
                "linalg.lu_solve: Incompatible shapes of A and B for the equation AX = B (2x2 and 3x1)")],
        },
        new("linalg.tensorsolve", c => LinAlg.TensorSolve(c.T(0, "A"), c.T(1, "B"), c.Has(2, "dims") ? c.Dims(2, "dims") : (Dims?)null))
        {
            Samples = () => [new([Leaf(Regular(6, 6).Reshape([2, 3, 6])), In.Real2(2, 3)]),
                new([Leaf(Regular(6, 6).Reshape([2, 3, 6]).MoveDim(1, 2)), In.Real2(2, 3), new object?[] { 1L }]),
                new([In.Real(), In.Real2()])],
            Errors =
            [
                (() => LinAlg.TensorSolve(F(2, 3, 5), F(2, 3)), Shapes,
                    "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == " +
                        "prod(self.shape[:other.ndim]), but got 5 != 6"),
                (() => LinAlg.TensorSolve(F(2, 2, 4), F(2, 2)), Numerics, "torch.linalg.solve: The solver failed"),
            ],
        },
    ];

    private static Call Triangle(Tensor a, Tensor b, bool upper, bool left = true, bool unit = false) =>
        With([a, b], ("upper", upper), ("left", left), ("unitriangular", unit));

    private static IEnumerable<OpRow> Triangulars =>
    [
        new("linalg.solve_triangular", c => LinAlg.SolveTriangular(c.T(0, "A"), c.T(1, "B"), c.Bool(-1, "upper", false), Left(c),
            c.Bool(-1, "unitriangular", false)))
        {
            Covers = ["LinalgSolveTriangular"],
            Samples = () =>
            [
                Triangle(Regular(3, 3), In.Real(3, 2), true), Triangle(Regular(3, 3), In.Real(3, 2), false, unit: true),
                Triangle(Regular(2, 2, 2), In.Real(3, 2), true, left: false), Triangle(Regular(2, 2), In.Real(2, 3, 2), false, false, true),
                Triangle(Regular(0, 0), In.Real(0, 2), true), Triangle(Regular(2, 2), In.Real(2, 0), false),
            ],
            Errors =
            [
                (() => LinAlg.SolveTriangular(F(2, 3), F(2, 1), true), Shapes,
                    "linalg.solve_triangular: A must be batches of square matrices, but they are 2 by 3 matrices"),
                (() => LinAlg.SolveTriangular(F(2, 2), F(2), true), Shapes,
                    "linalg.solve_triangular: The input tensor B must have at least 2 dimensions."),
                (() => LinAlg.SolveTriangular(F(2, 2), F(1, 3), true, left: false), Shapes,
                    "linalg.solve_triangular: Incompatible shapes of A and B for the equation XA = B (2x2 and 1x3)"),
                (() => LinAlg.SolveTriangular(H(2, 2), H(2, 1), true), DTypes, "\"triangular_solve_cpu\" not implemented for 'Half'"),
            ],
        },
        new("triangular_solve", c => c.T(0).TriangularSolve(c.T(1, "A"), c.Bool(2, "upper", true), c.Bool(3, "transpose", false),
            c.Bool(4, "unitriangular", false)))
        {
            Samples = () => [new([In.Real(3, 2), Regular(3, 3)]), new([In.Real(2, 1), Regular(2, 2, 2), false, true]),
                new([In.Real(2, 2), Regular(2, 2), true, true, true]), new([In.Real(2, 0), Regular(2, 2)])],
            Errors =
            [
                (() => F(2).TriangularSolve(F(2, 2)), Shapes,
                    "torch.triangular_solve: Expected b to have at least 2 dimensions, but it has 1 dimensions instead"),
                (() => F(3, 1).TriangularSolve(F(2, 2)), Shapes,
                    "Incompatible matrix sizes for triangular_solve: each A matrix is 2 by 2 but each b matrix is 3 by 1"),
                (() => F(2, 1).TriangularSolve(F(2, 3)), Shapes, "A must be batches of square matrices, but they are 2 by 3 matrices"),
            ],
        },
    ];

    private static IEnumerable<OpRow> Inverses =>
    [
        new("linalg.inv", c => LinAlg.Inv(c.T(0, "A")))
        {
            Samples = () => [new([Regular(3, 3)]), new([Regular(2, 2, 2)]), new([Regular(1, 1)]), new([Regular(0, 0)]),
                new([Regular(0, 2, 2)])],
            Errors =
            [
                (() => Singular.Inverse(), Numerics,
                    "linalg.inv: (Batch element 1): The diagonal element 2 is zero, the inversion could not " +
                    "be completed because the input matrix is singular."),
                (() => LinAlg.Inv(F(2, 2)), Numerics, "linalg.inv: The diagonal element 2 is zero"),
                (() => LinAlg.Inv(F(2, 3)), Shapes, "linalg.inv: A must be batches of square matrices, but they are 2 by 3 matrices"),
                (() => LinAlg.Inv(F(3)), Shapes, "linalg.inv: The input tensor A must have at least 2 dimensions."),
                (() => LinAlg.Inv(H(2, 2)), DTypes, "linalg.inv: Low precision dtypes not supported. Got Half"),
                (() => LinAlg.Inv(I(2, 2)), DTypes, "linalg.inv: Expected a floating point or complex tensor as input. Got Long"),
            ],
        },
        new("linalg.inv_ex", c => LinAlg.InvEx(c.T(0, "A"), c.Bool(-1, "check_errors", false)))
        {
            Covers = ["LinalgInvEx"],
            Samples = () => [new([Regular(3, 3)]), new([Regular(2, 2, 2)])],
            Errors = [(() => LinAlg.InvEx(F(2, 2), checkErrors: true), Numerics, "linalg.inv_ex: The diagonal element 2 is zero")],
        },
        new("linalg.tensorinv", c => LinAlg.TensorInv(c.T(0, "A"), c.Int(1, "ind", 2)))
        {
            Samples = () => [new([Leaf(Regular(6, 6).Reshape([2, 3, 6]))]), new([Leaf(Regular(4, 4).Reshape([4, 2, 2])), 1L])],
            Errors =
            [
                (() => LinAlg.TensorInv(F(2, 3), 1), Shapes,
                    "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), but got 3 != 2"),
                (() => LinAlg.TensorInv(F(2, 2), 0), Ranges, "Expected a strictly positive integer for 'ind', but got 0"),
            ],
        },
        new("linalg.vander", c => LinAlg.Vander(c.T(0, "x"), c.Has(-1, "N") ? c.Long(-1, "N") : null))
        {
            Samples = () => [new([In.Real(3)]), With([In.Real(2, 2)], ("N", 4L)), With([In.Real()], ("N", 3L)),
                With([In.Real(0)], ("N", 2L))],
            Errors =
            [
                (() => LinAlg.Vander(F(3), 1), Ranges, "N must be greater than 1."),
                (() => LinAlg.Vander(H(3)), DTypes, "linalg.vander supports floating point, complex, and integer tensors, but got Half"),
            ],
        },
        new("renorm", c => c.T(0).Renorm(c.Double(1, "p", 2), c.Int(2, "dim"), c.Double(3, "maxnorm", 0)))
        {
            InPlace = c => c.T(0).Renorm_(c.Double(1, "p", 2), c.Int(2, "dim"), c.Double(3, "maxnorm", 0)),
            Samples = () => [new([In.Real(3, 2), 2.0, 0L, 1.5]), new([In.Real(2, 3, 2), 3.0, -1L, 1.0]),
                new([In.Real(2, 2), 1.0, 1L, 100.0]),
                new([In.Real(0, 3), 2.0, 0L, 1.0])],
            Errors =
            [
                (() => F(3).Renorm(2, 0, 1), Shapes, "renorm: input needs at least 2 dimensions, got 1 dimensions"),
                (() => F(3, 2).Renorm(0, 0, 1), Ranges, "renorm: non-positive-norm not supported"),
                (() => F(3, 2).Renorm(2, 0, -2), Ranges, "renorm: expected maxnorm to be >= 0 but got -2"),
                (() => I(3, 2).Renorm(2, 0, 2), DTypes,
                    "linalg.vector_norm: Expected a floating point or complex tensor as input. Got Long"),
            ],
        },
    ];

    private static Tensor Leaf(Tensor x) => x.Detach().RequiresGrad_();

    /// <summary>Of rank 3 and 2.</summary>
    private static Tensor Deficient(int rank) => Leaf(In.Real(4, rank).MatMul(In.Real2(rank, 4)));

    private static IEnumerable<Call> Squares() =>
        [new([In.Real(3, 3)]), new([In.Real(2, 2, 2)]), new([In.Real(1, 1)]), new([In.Real(0, 0)]), new([In.Real(0, 2, 2)])];

    private static IEnumerable<OpRow> Determinants =>
    [
        new("linalg.det", c => LinAlg.Det(c.T(0, "A")))
        {
            Covers = ["LinalgDet", "Cofactors", "CofactorsAlong"],
            Samples = () => [.. Squares(), new([Deficient(3)]), new([Deficient(2)]), new([Leaf(Singular.To(DType.Float64))]),
                new([Leaf(Tensor.Zeros([3, 3], DType.Float64))])],
            Errors =
            [
                (() => LinAlg.Det(F(3)), Shapes, "linalg.det: The input tensor A must have at least 2 dimensions."),
                (() => F(2, 3).Det(), Shapes, "linalg.det: A must be batches of square matrices, but they are 2 by 3 matrices"),
                (() => LinAlg.Det(H(2, 2)), DTypes, "\"lu_cpu\" not implemented for 'Half'"),
            ],
        },
        new("linalg.slogdet", c => LinAlg.SLogDet(c.T(0, "A")))
        {
            Covers = ["LinalgSlogdet"],
            Samples = Squares,
            Errors = [(() => LinAlg.SLogDet(H(2, 2)), DTypes, "linalg.slogdet: Low precision dtypes not supported. Got Half")],
        },
        new("logdet", c => c.T(0).LogDet())
        {
            Samples = () => [new([Regular(3, 3)]), new([Regular(2, 2, 2)]), new([Regular(0, 0)])],
            Errors = [(() => F(2, 3).LogDet(), Shapes, "logdet: A must be batches of square matrices, but they are 2 by 3 matrices")],
        },
    ];
}
