namespace Nabla.Registry;

internal static class ComplexRows
{
    private static readonly Type Shapes = typeof(ShapeException), DTypes = typeof(DTypeException);

    private static IEnumerable<Call> Unary() => [new([In.Real(2, 3)]), new([In.Real()]), new([In.Real(0, 2)]), new([In.Real(3, 2).T])];

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("complex", c => Tensor.Complex(c.T(0), c.T(1, "imag")))
        {
            Samples = () => [new([In.Real(2, 3), In.Real2(2, 3)]), new([In.Real(2, 1), In.Real2(3)]), new([In.Real(), In.Real2()]),
                new([In.Real(0, 2), In.Real2(0, 2)])],
            Covers = ["Complex", "ViewAsComplex", "ViewAsReal"],
            Errors =
            [
                (() => Tensor.Complex(Tensor.Ones(2), Tensor.Ones([2], DType.Float64)), DTypes,
                    "Expected object of scalar type Float but got scalar type Double for second argument"),
                (() => Tensor.Complex(Tensor.Ones([2], DType.Int64), Tensor.Ones(2)), DTypes,
                    "Expected both inputs to be Half, Float or Double tensors but got Long and Float"),
            ],
        },
        new("polar", c => Tensor.Polar(c.T(0), c.T(1, "angle")))
        {
            Samples = () => [new([In.Positive(2, 3), In.Real2(2, 3)]), new([In.Positive(2, 1), In.Real2(3)]),
                new([In.Positive(0), In.Real2(0)])],
            Errors = [(() => Tensor.Polar(Tensor.Ones([2], DType.Int64), Tensor.Ones(2)), DTypes, "Expected both inputs to be Half")],
        },
        new("view_as_complex", c => c.T(0).ViewAsComplex())
        {
            Samples = () => [new([In.Real(3, 2)]), new([In.Real(2)]), new([In.Real(0, 2)])],
            Except = [("strides", "memory must hold pairs; the operation refuses other layouts, as PyTorch does")],
            Errors =
            [
                (() => Tensor.Ones(2, 3).ViewAsComplex(), Shapes, "Tensor must have a last dimension of size 2"),
                (() => Tensor.Ones(2, 3).T.ViewAsComplex(), Shapes, "Tensor must have a last dimension with stride 1"),
                (() => Tensor.Ones(2, 3).Slice(1, 0, 2).ViewAsComplex(), Shapes,
                    "Tensor must have a stride divisible by 2 for all but last dimension"),
                (() => Tensor.Ones(3).Slice(0, 1).ViewAsComplex(), Shapes, "Tensor must have a storage_offset divisible by 2"),
                (() => Tensor.Ones().ViewAsComplex(), Shapes, "Input tensor must have one or more dimensions"),
                (() => Tensor.Ones([2], DType.Int64).ViewAsComplex(), DTypes,
                    "view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: Long"),
            ],
        },
        new("view_as_real", c => c.T(0).ViewAsReal())
        {
            Samples = () => [new([Tensor.Complex(In.Const(In.Real(2, 3)), In.Const(In.Real2(2, 3)))])],
            Except = [("grad", "no differentiable real input"), ("scalar", "no sample without dimensions")],
            Errors = [(() => Tensor.Ones(2).ViewAsReal(), DTypes, "view_as_real is only supported for complex tensors")],
        },
        new("real", c => c.T(0).Real) { Samples = Unary },
        new("imag", c => c.T(0).Imag)
        {
            Samples = () => [new([Tensor.Complex(In.Const(In.Real(2, 3)), In.Const(In.Real2(2, 3)))])],
            Except = [("grad", "no differentiable real input"), ("scalar", "no sample without dimensions")],
            Errors = [(() => Tensor.Ones(2).Imag, DTypes, "imag is not implemented for tensors with non-complex dtypes.")],
        },
        new("conj", c => c.T(0).Conj()) { Samples = Unary },
        new("conj_physical", c => c.T(0).ConjPhysical()) { Samples = Unary, InPlace = c => c.T(0).ConjPhysical_() },
        new("resolve_conj", c => c.T(0).ResolveConj()) { Samples = Unary },
        new("resolve_neg", c => c.T(0).ResolveNeg()) { Samples = Unary },
        new("cfloat", c => c.T(0).CFloat()) { Samples = Unary, Except = [("grad", "single precision cannot be checked by differences")] },
        new("cdouble", c => c.T(0).CDouble()) { Samples = Unary },
    ];
}
