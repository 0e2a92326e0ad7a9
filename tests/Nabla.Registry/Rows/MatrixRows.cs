namespace Nabla.Registry;

internal static class MatrixRows
{
    private static readonly Type Shapes = typeof(ShapeException), DTypes = typeof(DTypeException);

    private static Tensor F(params long[] shape) => Tensor.Ones(shape);

    private static Tensor D(params long[] shape) => Tensor.Ones(shape, DType.Float64);

    private static Tensor B(params long[] shape) => Tensor.Ones(shape, DType.Bool);

    private static Scalar Beta(Call c) => c.Number(3, "beta", 1);

    private static Scalar Alpha(Call c) => c.Number(4, "alpha", 1);

    private static Call With(object?[] args, double beta, double alpha) =>
        new(args, new Dictionary<string, object?> { ["beta"] = beta, ["alpha"] = alpha });

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        .. Products,
        .. Sums,
        .. Contractions,
        .. Algebra,
        .. Distances,
    ];

    private static IEnumerable<OpRow> Products =>
    [
        new("mm", c => c.T(0).Mm(c.T(1, "mat2")))
        {
            Samples = () =>
            [
                new([In.Real(2, 3), In.Real2(3, 4)]), new([In.Real(3, 2).Transpose(0, 1), In.Real2(4, 3).Transpose(0, 1)]),
                    new([In.Real(2, 0), In.Real2(0, 3)]),
                new([In.Real(0, 3), In.Real2(3, 2)]), new([In.Real(5, 1), In.Real2(1, 1)]),
            ],
            Errors =
            [
                (() => F(2, 3).Mm(F(2, 3)), Shapes, "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
                (() => F(2).Mm(F(2, 3)), Shapes, "self must be a matrix"),
                (() => F(2, 3).Mm(F(3)), Shapes, "mat2 must be a matrix"),
                (() => F(2, 3).Mm(D(3, 3)), DTypes, "expected m1 and m2 to have the same dtype, but got: float != double"),
                (() => B(2, 2).Mm(B(2, 2)), DTypes, "\"addmm_impl_cpu_\" not implemented for 'Bool'"),
            ],
        },
        new("mv", c => c.T(0).Mv(c.T(1, "vec")))
        {
            Samples = () => [new([In.Real(2, 3), In.Real2(3)]), new([In.Real(3, 2).Transpose(0, 1), In.Real2(3)]),
                new([In.Real(2, 0), In.Real2(0)]), new([In.Real(0, 2), In.Real2(2)])],
            Errors =
            [
                (() => F(2, 3).Mv(F(2)), Shapes, "size mismatch, got input (2), mat (2x3), vec (2)"),
                (() => F(2).Mv(F(2)), Shapes, "vector + matrix @ vector expected, got 1, 1, 1"),
                (() => F(2, 3).Mv(D(3)), DTypes, "expected scalar type Float but found Double"),
            ],
        },
        new("dot", c => c.T(0).Dot(c.T(1, "tensor")))
        {
            Samples = () => [new([In.Real(4), In.Real2(4)]), new([In.Real(0), In.Real2(0)])],
            Errors =
            [
                (() => F(3).Dot(F(4)), Shapes,
                    "inconsistent tensor size, expected tensor [3] and src [4] to have the same number of elements, but got 3 and 4 " +
                        "elements respectively"),
                (() => F(3, 1).Dot(F(4)), Shapes, "1D tensors expected, but got 2D and 1D tensors"),
                (() => F(3).Dot(D(3)), DTypes, "dot : expected both vectors to have same dtype, but found Float and Double"),
                (() => B(3).Dot(B(3)), DTypes, "\"dot\" not implemented for 'Bool'"),
            ],
        },
        new("vdot", c => c.T(0).VDot(c.T(1, "other"))) { Samples = () => [new([In.Real(4), In.Real2(4)])] },
        new("bmm", c => c.T(0).Bmm(c.T(1, "mat2")))
        {
            Samples = () =>
            [
                new([In.Real(2, 3, 4), In.Real2(2, 4, 2)]), new([In.Real(0, 3, 4), In.Real2(0, 4, 2)]),
                    new([In.Real(2, 3, 0), In.Real2(2, 0, 2)]),
                new([In.Real(2, 4, 3).Transpose(1, 2), In.Real2(2, 2, 4).Transpose(1, 2)]),
                    new([In.Real(3, 4).Expand([2, -1, -1]), In.Real2(2, 4, 2)]),
            ],
            Errors =
            [
                (() => F(2, 3, 4).Bmm(F(3, 4, 5)), Shapes,
                    "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [3, 4]."),
                (() => F(2, 3).Bmm(F(2, 3, 5)), Shapes, "batch1 must be a 3D tensor"),
                (() => F(2, 3, 5).Bmm(F(2, 3)), Shapes, "batch2 must be a 3D tensor"),
                (() => F(1, 2, 3).Bmm(D(1, 3, 3)), DTypes, "expected scalar type Float but found Double"),
            ],
        },
        new("matmul", c => c.T(0).MatMul(c.T(1, "other"))) { Covers = ["UnsafeView", "Unrow"], Samples = MatMuls, Errors = MatMulErrors },
        new("__rmatmul__", c => c.T(0).RMatMul(c.T(1, "other")))
        {
            Samples = () => MatMuls().Select(static c => new Call([c.Args[1], c.Args[0]])),
        },
        new("outer", c => c.T(0).Outer(c.T(1, "vec2")))
        {
            Samples = () => [new([In.Real(2), In.Real2(3)]), new([In.Real(0), In.Real2(3)])],
            Errors = [(() => F(2, 1).Outer(F(3)), Shapes, "outer: Expected 1-D argument self, but got 2-D")],
        },
        new("inner", c => c.T(0).Inner(c.T(1, "other")))
        {
            Samples = () => [new([In.Real(2, 3), In.Real2(4, 3)]), new([In.Real(3), In.Real2(3)]), new([In.Real(), In.Real2(2, 3)]),
                new([In.Real(2, 2, 3), In.Real2(3)])],
            Errors = [(() => F(2, 3).Inner(F(4, 4)), Shapes,
                "inner() the last dimension must match on both input tensors but got shapes [2, 3] and [4, 4]")],
        },
    ];

    private static IEnumerable<Call> MatMuls() =>
    [
        new([In.Real(3), In.Real2(3)]), new([In.Real(2, 3), In.Real2(3)]), new([In.Real(3), In.Real2(3, 2)]),
            new([In.Real(2, 3), In.Real2(3, 2)]),
        new([In.Real(2, 2, 3), In.Real2(3)]), new([In.Real(2, 2, 3), In.Real2(3, 2)]), new([In.Real(3), In.Real2(2, 3, 2)]),
        new([In.Real(2, 3), In.Real2(2, 3, 2)]), new([In.Real(2, 1, 2, 3), In.Real2(3, 3, 2)]), new([In.Real(2, 0), In.Real2(2, 0, 2)]),
    ];

    private static (Func<object?>, Type, string)[] MatMulErrors =>
    [
        (() => F(2, 3).MatMul(F(2, 3)), Shapes, "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
        (() => F(2, 3).MatMul(F()), Shapes, "both arguments to matmul need to be at least 1D, but they are 2D and 0D"),
        (() => F(3).MatMul(F(4, 2)), Shapes, "mat1 and mat2 shapes cannot be multiplied (1x3 and 4x2)"),
        (() => F(5, 2, 3).MatMul(F(5, 4, 2)), Shapes,
            "Expected size for first two dimensions of batch2 tensor to be: [5, 3] but got: [5, 4]."),
        (() => F(5, 2, 3).MatMul(F(4, 3, 2)), Shapes,
            "The size of tensor a (5) must match the size of tensor b (4) at non-singleton dimension 0"),
        (() => F(5, 2, 3).MatMul(F(4, 2)), Shapes, "mat1 and mat2 shapes cannot be multiplied (10x3 and 4x2)"),
        (() => F(3).MatMul(F(5, 4, 2)), Shapes, "size mismatch, got input (10), mat (10x4), vec (3)"),
        (() => F(5, 2, 3).MatMul(F(4)), Shapes, "size mismatch, got input (10), mat (10x3), vec (4)"),
        (() => F(2, 3).MatMul(D(3, 3)), DTypes, "expected m1 and m2 to have the same dtype, but got: float != double"),
        (() => F(4, 2, 3).MatMul(D(4, 3, 3)), DTypes, "expected scalar type Float but found Double"),
    ];

    private static IEnumerable<OpRow> Sums =>
    [
        new("addmm", c => c.T(0).AddMm(c.T(1, "mat1"), c.T(2, "mat2"), Beta(c), Alpha(c)))
        {
            Covers = ["AddProduct"],
            InPlace = c => c.T(0).AddMm_(c.T(1, "mat1"), c.T(2, "mat2"), Beta(c), Alpha(c)),
            Samples = () =>
            [
                new([In.Real(2, 4), In.Real(2, 3), In.Real2(3, 4)]), With([In.Real(4), In.Real(2, 3), In.Real2(3, 4)], 0.5, 2),
                    new([In.Real(), In.Real(2, 3), In.Real2(3, 4)]),
                With([In.Real(2, 1), In.Real(2, 3), In.Real2(3, 4)], 0, 0.2), new([In.Real(4), In.Real(2, 0), In.Real2(0, 4)]),
                    new([In.Real(4), In.Real(0, 3), In.Real2(3, 4)]),
            ],
            Errors =
            [
                (() => F(3).AddMm(F(2, 3), F(2, 3)), Shapes, "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
                (() => F(4).AddMm(F(2, 3), F(3, 3)), Shapes,
                    "The expanded size of the tensor (3) must match the existing size (4) at non-singleton dimension 1."),
                (() => F(3).AddMm(F(2, 3), D(3, 3)), DTypes, "self and mat2 must have the same dtype, but got Float and Double"),
            ],
        },
        new("addmv", c => c.T(0).AddMv(c.T(1, "mat"), c.T(2, "vec"), Beta(c), Alpha(c)))
        {
            InPlace = c => c.T(0).AddMv_(c.T(1, "mat"), c.T(2, "vec"), Beta(c), Alpha(c)),
            Samples = () => [new([In.Real(2), In.Real(2, 3), In.Real2(3)]), With([In.Real(1), In.Real(2, 3), In.Real2(3)], 0.5, 2),
                With([In.Real(), In.Real(2, 3), In.Real2(3)], 2, 1)],
            Errors = [(() => F(4).AddMv(F(2, 3), F(3)), Shapes, "size mismatch, got input (4), mat (2x3), vec (3)")],
        },
        new("addbmm", c => c.T(0).AddBmm(c.T(1, "batch1"), c.T(2, "batch2"), Beta(c), Alpha(c)))
        {
            Covers = ["SumBmm"],
            InPlace = c => c.T(0).AddBmm_(c.T(1, "batch1"), c.T(2, "batch2"), Beta(c), Alpha(c)),
            Samples = () =>
            [
                new([In.Real(3, 2), In.Real(2, 3, 4), In.Real2(2, 4, 2)]), With([In.Real(2), In.Real(2, 3, 4), In.Real2(2, 4, 2)], 0.5, 2),
            ],
            Errors =
            [
                (() => F(2).AddBmm(F(2, 3, 4), F(3, 4, 2)), Shapes, "batch1 and batch2 must have same number of batches, got 2 and 3"),
                (() => F(2).AddBmm(F(2, 3, 4), F(2, 3, 2)), Shapes, "Incompatible matrix sizes for bmm (3x4 and 3x2)"),
            ],
        },
        new("baddbmm", c => c.T(0).BAddBmm(c.T(1, "batch1"), c.T(2, "batch2"), Beta(c), Alpha(c)))
        {
            InPlace = c => c.T(0).BAddBmm_(c.T(1, "batch1"), c.T(2, "batch2"), Beta(c), Alpha(c)),
            Samples = () =>
            [
                new([In.Real(2, 3, 2), In.Real(2, 3, 4), In.Real2(2, 4, 2)]),
                With([In.Real(1, 2), In.Real(2, 3, 4), In.Real2(2, 4, 2)], 0.5, 2),
            ],
            Errors = [(() => F(2).BAddBmm(F(2, 3, 4), F(3, 4, 2)), Shapes,
                "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [3, 4].")],
        },
        new("addr", c => c.T(0).Addr(c.T(1, "vec1"), c.T(2, "vec2"), Beta(c), Alpha(c)))
        {
            Covers = ["Ger"],
            InPlace = c => c.T(0).Addr_(c.T(1, "vec1"), c.T(2, "vec2"), Beta(c), Alpha(c)),
            Samples = () => [new([In.Real(2, 3), In.Real(2), In.Real2(3)]), With([In.Real(3), In.Real(2), In.Real2(3)], 0.5, 2)],
            Errors = [(() => F(2).Addr(F(2, 1), F(2)), Shapes, "addr: Expected 1-D argument vec1, but got 2-D")],
        },
    ];

    private static IEnumerable<OpRow> Contractions =>
    [
        new("tensordot", TensorDot)
        {
            Samples = () => [new([In.Real(2, 3, 4), In.Real2(3, 4, 2), 2L]), new([In.Real(2, 3), In.Real2(2), 0L]),
                new([In.Real(2, 3, 4), In.Real2(4, 3, 5), new object?[] { new object?[] { 1L, 2L }, new object?[] { 1L, 0L } }])],
            Errors =
            [
                (() => F(2, 3, 4).TensorDot(F(4, 3, 5), 2), Shapes,
                    "contracted dimensions need to match, but first has size 3 in dim -2 and second has size 4 in dim 0"),
                (() => F(2, 3, 4).TensorDot(F(4, 3, 5), [1, 2], [1]), Shapes, "both dimension lists should have same length"),
            ],
        },
        new("einsum", c =>
            Tensor.Einsum(c.String(0, "equation", ""), c.Args.Length == 2 ? c.Tensors(1, "operands") : [.. c.Args[1..].Cast<Tensor>()]))
        {
            Covers = ["MergedDims", "SplitDims"],
            Samples = () =>
            [
                new(["ij,jk->ik", In.Real(2, 3), In.Real2(3, 2)]), new(["ii->i", In.Real(3, 3)]), new(["ii", In.Real(3, 3)]),
                    new(["i,j,k->jki", In.Real(2), In.Real2(3), In.Real(2)]),
                new(["...ij,...jk", In.Real(2, 2, 3), In.Real2(3, 2)]),
                    new(["bij,bjk,k->bi", In.Real(2, 2, 3), In.Real2(2, 3, 2), In.Real(2)]),
                new(["iij->j", In.Real(2, 2, 3)]), new(["a...->...", In.Real(2, 3)]), new(["i,i->", In.Real(0), In.Real2(0)]),
            ],
            Errors =
            [
                (() => Tensor.Einsum("ij,jk", F(3, 2), F(3, 2)), Shapes,
                    "einsum(): subscript j has size 3 for operand 1 which does not broadcast with previously seen size 2"),
                (() => Tensor.Einsum("ij,jk->il", F(3, 2), F(2, 2)), typeof(ArgumentException),
                    "einsum(): output subscript l does not appear in the equation for any input operand"),
                (() => Tensor.Einsum("ijk,jk->ik", F(3, 2), F(2, 2)), Shapes,
                    "einsum(): the number of subscripts in the equation (3) does not match the number of dimensions (2) for operand 0 " +
                        "and no ellipsis was given"),
                (() => Tensor.Einsum("i1,jk->ik", F(3, 2), F(2, 2)), typeof(ArgumentException),
                    "einsum(): invalid subscript given at index 1 in the equation string, subscripts must be in [a-zA-Z]"),
                (() => Tensor.Einsum("ij,jk->ikk", F(3, 2), F(2, 2)), typeof(ArgumentException),
                    "einsum(): output subscript k appears more than once in the output"),
                (() => Tensor.Einsum("ij->ij", F(3, 2), F(2, 2)), typeof(ArgumentException),
                    "einsum(): more operands were provided than specified in the equation"),
                (() => Tensor.Einsum("ij,jk->ik", F(3, 2)), typeof(ArgumentException),
                    "einsum(): fewer operands were provided than specified in the equation"),
                (() => Tensor.Einsum("ii->i", F(2, 3)), Shapes,
                    "einsum(): subscript i is repeated for operand 0 but the sizes don't match, 3 != 2"),
            ],
        },
        new("nn.functional.linear", c => Functional.Linear(c.T(0, "input"), c.T(1, "weight"), c.OptT(2, "bias")))
        {
            Covers = ["WeightT"],
            Samples = () =>
            [
                new([In.Real(2, 3), In.Real2(4, 3), In.Real(4)]), new([In.Real(2, 3), In.Real2(4, 3)]),
                    new([In.Real(2, 2, 3), In.Real2(4, 3), In.Real(4)]), new([In.Real(3), In.Real2(4, 3), In.Real(4)]),
                new([In.Real(2, 2, 3).Transpose(0, 1), In.Real2(4, 3), In.Real(4)]), new([In.Real(0, 3), In.Real2(4, 3), In.Real(4)]),
                    new([In.Real(2, 3), In.Real2(3)]),
            ],
            Errors = [(() => Functional.Linear(F(2, 3), F(4, 2), F(4)), Shapes, "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x4)")],
        },
        new("nn.functional.bilinear", c => Functional.Bilinear(c.T(0, "input1"), c.T(1, "input2"), c.T(2, "weight"), c.OptT(3, "bias")))
        {
            Samples = () => [new([In.Real(2, 3), In.Real2(2, 4), In.Real(5, 3, 4), In.Real2(5)]),
                new([In.Real(3), In.Real2(4), In.Real(2, 3, 4)])],
            Errors = [(() => Functional.Bilinear(F(2, 3), F(2, 5), F(5, 3, 4), F(5)), Shapes,
                "bilinear(): input2 size does not match weight size: got 5 but expected 4")],
        },
        new("kron", c => c.T(0).Kron(c.T(1, "other")))
        {
            Samples = () => [new([In.Real(2, 2), In.Real2(3)]), new([In.Real(), In.Real2(2)]), new([In.Real(2, 3), In.Real2(2, 2)])],
        },
    ];

    private static Tensor TensorDot(Call c)
    {
        object? dims = c.Get(2, "dims");
        if (dims is null or long) return c.T(0).TensorDot(c.T(1, "b"), c.Int(2, "dims", 2));
        object?[] pair = [.. ((System.Collections.IEnumerable)dims).Cast<object?>()];
        Call lists = new(pair);
        return c.T(0).TensorDot(c.T(1, "b"), lists.Dims(0, "a"), lists.Dims(1, "b"));
    }

    private static IEnumerable<OpRow> Algebra =>
    [
        new("trace", c => c.T(0).Trace())
        {
            Samples = () => [new([In.Real(3, 3)]), new([In.Real(2, 4)]), new([In.Real(0, 2)])],
            Except = [("scalar", "a trace is of a matrix")],
            Errors = [(() => F(3).Trace(), Shapes, "trace: expected a matrix, but got tensor with dim 1")],
        },
        new("cross", c => c.T(0).Cross(c.T(1, "other"), c.Has(2, "dim") ? c.Int(2, "dim") : null))
        {
            Samples = () => [new([In.Real(3, 2), In.Real2(3, 2)]), new([In.Real(2, 3), In.Real2(2, 3), 1L])],
        },
        new("linalg.cross", c => LinAlg.Cross(c.T(0), c.T(1, "other"), c.Int(2, "dim", -1)))
        {
            Covers = ["LinalgCross"],
            Samples = () => [new([In.Real(2, 3), In.Real2(2, 3)]), new([In.Real(1, 3), In.Real2(2, 3)]),
                new([In.Real(0, 3), In.Real2(0, 3)])],
            Errors = [(() => LinAlg.Cross(F(3, 2), F(3, 3)), Shapes, "linalg.cross: inputs dimension -1 must have length 3. Got 2 and 3")],
        },
        new("linalg.vecdot", c => LinAlg.VecDot(c.T(0), c.T(1, "y"), c.Int(2, "dim", -1)))
        {
            Samples = () => [new([In.Real(2, 3), In.Real2(2, 3)]), new([In.Real(3), In.Real2(2, 3)])],
        },
        new("linalg.matrix_power", c => LinAlg.MatrixPower(c.T(0), c.Int(1, "n")))
        {
            Samples = () => [new([In.Unit(2, 2), 3L]), new([In.Unit(2, 2), 0L]), new([In.Unit(2, 2, 2), 2L]), new([In.Unit(2, 2), 1L]),
                new([In.Unit(2, 2), -1L]), new([In.Unit(2, 2, 2), -3L])],
            Errors = [(() => LinAlg.MatrixPower(F(3, 2), 3), Shapes,
                "linalg.matrix_power: A must be batches of square matrices, but they are 3 by 2 matrices")],
        },
        new("chain_matmul", c => Tensor.ChainMatMul([.. c.Args.Cast<Tensor>()]))
        {
            Samples = () => [new([In.Real(2, 3), In.Real2(3, 4), In.Real(4, 2)]), new([In.Real(2, 3)])],
            Errors = [(() => Tensor.ChainMatMul(F(2, 3), F(3)), Shapes, "Tensor 1 must be a matrix")],
        },
        new("ger", c => c.T(0).Ger(c.T(1, "vec2"))) { Samples = () => [new([In.Real(2), In.Real2(3)])] },
        new("linalg.multi_dot", c => LinAlg.MultiDot(c.Tensors(0, "tensors")))
        {
            Samples = () => [new([new List<object?> { In.Real(2, 3), In.Real2(3, 4), In.Real(4, 2) }]),
                new([new List<object?> { In.Real(3), In.Real2(3, 4), In.Real(4) }])],
            Errors = [(() => LinAlg.MultiDot(F(2, 3)), Shapes, "multi_dot(): expected at least 2 tensors but got 1")],
        },
    ];

    private static IEnumerable<OpRow> Distances =>
    [
        new("cdist", c => c.T(0).CDist(c.T(1, "x2"), c.Double(2, "p", 2)))
        {
            Covers = ["Cdist", "CdistSigns"],
            Samples = () => [new([In.Real(2, 3), In.Real2(4, 3)]), new([In.Real(2, 2, 3), In.Real2(4, 3), 3.0]),
                new([In.Real(2, 3), In.Real2(4, 3), 1.0]), new([In.Real(2, 3), In.Real2(4, 3), 0.0]),
                new([In.Real(2, 27, 2), In.Real2(3, 2)]),
                new([In.Real(26, 2), In.Real2(2, 2)]), new([In.Real(0, 3), In.Real2(2, 3)])],
            Errors =
            [
                (() => F(3).CDist(F(2, 3)), Shapes, "cdist only supports at least 2D tensors, X1 got: 1D"),
                (() => F(2, 2).CDist(F(2, 3)), Shapes, "X1 and X2 must have the same number of columns. X1: 2 X2: 3"),
            ],
        },
        new("nn.functional.pdist", c => Functional.PDist(c.T(0), c.Double(1, "p", 2)))
        {
            Samples = () => [new([In.Real(4, 3)]), new([In.Real(4, 2), 3.0]), new([In.Real(1, 2)])],
            Errors = [(() => F(3).PDist(), Shapes, "pdist only supports 2D tensors, got: 1D")],
        },
        new("nn.functional.pairwise_distance", c =>
            Functional.PairwiseDistance(c.T(0), c.T(1, "x2"), c.Double(2, "p", 2), c.Double(3, "eps", 1e-6), c.Bool(4, "keepdim", false)))
        {
            Samples = () => [new([In.Real(2, 3), In.Real2(2, 3)]), new([In.Real(3), In.Real2(2, 3), 3.0])],
        },
    ];
}
