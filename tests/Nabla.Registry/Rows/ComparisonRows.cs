namespace Nabla.Registry;

internal static class ComparisonRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        .. Orders, .. Logic, .. Bits, .. Tests, .. Extremes, .. Bounds,
    ];

    private static IEnumerable<OpRow> Orders =>
    [
        Order("eq", static (x, y) => x.Eq(y), static (x, y) => x.Eq(y), static (x, y) => x.Eq_(y)),
        Order("ne", static (x, y) => x.Ne(y), static (x, y) => x.Ne(y), static (x, y) => x.Ne_(y)),
        Order("lt", static (x, y) => x.Lt(y), static (x, y) => x.Lt(y), static (x, y) => x.Lt_(y)),
        Order("le", static (x, y) => x.Le(y), static (x, y) => x.Le(y), static (x, y) => x.Le_(y)),
        Order("gt", static (x, y) => x.Gt(y), static (x, y) => x.Gt(y), static (x, y) => x.Gt_(y)),
        Order("ge", static (x, y) => x.Ge(y), static (x, y) => x.Ge(y), static (x, y) => x.Ge_(y)),
        new("isclose", static c => c.T(0).IsClose(c.T(1, "other"), c.Double(2, "rtol", 1e-5), c.Double(3, "atol", 1e-8),
            c.Bool(4, "equal_nan", false)))
        {
            Samples = static () => ElementRows.Pairs(ElementRows.Repeated, ElementRows.Repeated),
            Errors =
            [
                (static () => Tensor.Of([1.0]).IsClose(Tensor.Of([1])), typeof(DTypeException), "Float did not match Long"),
                (static () => Tensor.Of([1.0]).IsClose(Tensor.Of([1.0]), rtol: -1), typeof(ArgumentOutOfRangeException),
                    "rtol must be greater than or equal to zero"),
            ],
        },
        new("allclose", static c => c.T(0).AllClose(c.T(1, "other"), c.Double(2, "rtol", 1e-5), c.Double(3, "atol", 1e-8),
            c.Bool(4, "equal_nan", false)))
        {
            Samples = static () => ElementRows.Pairs(ElementRows.Repeated, ElementRows.Repeated),
                Except = [("vmap", "the result is not a tensor")],
        },
        new("equal", static c => c.T(0).Equal(c.T(1, "other")))
        {
            Samples = static () => ElementRows.Pairs(ElementRows.Repeated, ElementRows.Repeated),
                Except = [("vmap", "the result is not a tensor")],
        },
    ];

    private static OpRow Order(string name, Func<Tensor, Tensor, Tensor> tensors, Func<Tensor, Scalar, Tensor> number, Func<Tensor, Tensor,
        Tensor> inPlace) =>
        ElementRows.Binary(name, tensors, number, inPlace, null, ElementRows.Repeated, ElementRows.Repeated);

    private static IEnumerable<OpRow> Logic =>
    [
        ElementRows.Binary("logical_and", static (x, y) => x.LogicalAnd(y), static (x, y) => x.LogicalAnd_(y), ElementRows.Repeated,
            In.Mask),
        ElementRows.Binary("logical_or", static (x, y) => x.LogicalOr(y), static (x, y) => x.LogicalOr_(y), ElementRows.Repeated, In.Mask),
        ElementRows.Binary("logical_xor", static (x, y) => x.LogicalXor(y), static (x, y) => x.LogicalXor_(y), ElementRows.Repeated,
            In.Mask),
        ElementRows.Unary("logical_not", static x => x.LogicalNot(), static x => x.LogicalNot_(), ElementRows.Repeated),
    ];

    private static IEnumerable<OpRow> Bits =>
    [
        Bit("bitwise_and", static (x, y) => x.BitwiseAnd(y), static (x, y) => x.BitwiseAnd(y), static (x, y) => x.BitwiseAnd_(y)),
        Bit("bitwise_or", static (x, y) => x.BitwiseOr(y), static (x, y) => x.BitwiseOr(y), static (x, y) => x.BitwiseOr_(y)),
        Bit("bitwise_xor", static (x, y) => x.BitwiseXor(y), static (x, y) => x.BitwiseXor(y), static (x, y) => x.BitwiseXor_(y)),
        Bit("bitwise_left_shift", static (x, y) => x.BitwiseLeftShift(y), static (x, y) => x.BitwiseLeftShift(y), static (x, y) =>
            x.BitwiseLeftShift_(y)),
        Bit("bitwise_right_shift", static (x, y) => x.BitwiseRightShift(y), static (x, y) => x.BitwiseRightShift(y), static (x, y) =>
            x.BitwiseRightShift_(y)),
        ElementRows.Unary("bitwise_not", static x => x.BitwiseNot(), static x => x.BitwiseNot_(), ElementRows.Integers),
    ];

    private static OpRow Bit(string name, Func<Tensor, Tensor, Tensor> tensors, Func<Tensor, Scalar, Tensor> number, Func<Tensor, Tensor,
        Tensor> inPlace) =>
        ElementRows.Binary(name, tensors, number, inPlace, null, ElementRows.Integers, ElementRows.Naturals) with
        {
            Samples = static () => ElementRows.Pairs(ElementRows.Integers,
                ElementRows.Naturals).Append(new([ElementRows.Integers(2, 3), 5L])),
            Errors = [(() => tensors(Tensor.Of([1.0]), Tensor.Of([1])), typeof(DTypeException), "not implemented for 'Float'")],
        };

    private static IEnumerable<OpRow> Tests =>
    [
        ElementRows.Unary("isnan", static x => x.IsNaN(), null, Extended),
        ElementRows.Unary("isinf", static x => x.IsInf(), null, Extended),
        ElementRows.Unary("isfinite", static x => x.IsFinite(), null, Extended),
        ElementRows.Unary("isposinf", static x => x.IsPosInf(), null, Extended, "IsSignedInf"),
        ElementRows.Unary("isneginf", static x => x.IsNegInf(), null, Extended, "IsSignedInf"),
        ElementRows.Unary("isreal", static x => x.IsReal(), null, Extended),
        ElementRows.Unary("signbit", static x => x.SignBit(), null, Extended),
    ];

    /// <summary>Values of which some are infinite and some NaN.</summary>
    private static Tensor Extended(params long[] shape) => In.Between(-2, 2,
        shape).Detach().Round().Reciprocal().Sub(0.5).Mul(In.Mask(shape).To(DType.Float64));

    private static IEnumerable<OpRow> Extremes =>
    [
        ElementRows.Binary("maximum", static (x, y) => x.Maximum(y), null, In.Real, In.Real2),
        ElementRows.Binary("minimum", static (x, y) => x.Minimum(y), null, In.Real, In.Real2),
        ElementRows.Binary("fmax", static (x, y) => x.FMax(y), null, In.Real, In.Real2),
        ElementRows.Binary("fmin", static (x, y) => x.FMin(y), null, In.Real, In.Real2),
        ElementRows.Binary("heaviside", static (x, y) => x.Heaviside(y), static (x, y) => x.Heaviside_(y), static s => In.Real(s).Detach(),
            static s => In.Real2(s).Detach()),
        new("nan_to_num", static c => c.T(0).NanToNum(c.OptNumber(1, "nan")?.ToDouble(), c.OptNumber(2, "posinf")?.ToDouble(),
            c.OptNumber(3, "neginf")?.ToDouble()))
        {
            InPlace = static c => c.T(0).NanToNum_(c.OptNumber(1, "nan")?.ToDouble(), c.OptNumber(2, "posinf")?.ToDouble(),
                c.OptNumber(3, "neginf")?.ToDouble()),
            Samples = static () => [new([In.Real(2, 3)]), new([In.Real()]), new([In.Real(0, 2), 1.0, 2.0, 3.0])],
        },
        new("where", Where)
        {
            Samples = static () =>
            [
                new([In.Mask(2, 3), In.Real(2, 3), In.Real2(2, 3)]), new([In.Mask(3), In.Real(2, 1), In.Real2()]),
                    new([In.Mask(2, 3), In.Real(3), 0.5]),
                new([In.Mask(), In.Real(), In.Real2()]), new([In.Mask(0, 2), In.Real(2), In.Real2(1)]),
                    new([In.Mask(2, 3), 1.5, In.Real(2, 3)]),
            ],
            Errors = [(static () => Tensor.Where(Tensor.Of([1, 0]), Tensor.Of([1.0]), Tensor.Of([2.0])), typeof(DTypeException),
                "where expected condition to be a boolean tensor")],
        },
    ];

    private static object? Where(Call c)
    {
        bool x = c.IsNumber(1, "input"), y = c.IsNumber(2, "other");
        return x && y ? Tensor.Where(c.T(0), c.Number(1, "input"), c.Number(2, "other"))
            : x ? Tensor.Where(c.T(0), c.Number(1, "input"), c.T(2, "other"))
            : y ? Tensor.Where(c.T(0), c.T(1, "input"), c.Number(2, "other")) : Tensor.Where(c.T(0), c.T(1, "input"), c.T(2, "other"));
    }

    private static IEnumerable<OpRow> Bounds =>
    [
        new("clamp", static c => c.OptT(1, "min") is not null || c.OptT(2, "max") is not null
            ? c.T(0).Clamp(c.OptT(1, "min"), c.OptT(2, "max"))
            : c.T(0).Clamp(c.OptNumber(1, "min"), c.OptNumber(2, "max")))
        {
            InPlace = static c => c.OptT(1, "min") is not null || c.OptT(2, "max") is not null
                ? c.T(0).Clamp_(c.OptT(1, "min"), c.OptT(2, "max"))
                : c.T(0).Clamp_(c.OptNumber(1, "min"), c.OptNumber(2, "max")),
            Samples = static () =>
            [
                new([In.Real(2, 3), -0.7, 0.8]), new([In.Real(), 0.1]), new([In.Real(0, 2), null, 0.5]), new([In.Real(2, 3), 1.0, -1.0]),
                new([In.Real(2, 3), In.Between(-1, 0, 3), In.Between(0.2, 1, 2, 1)]), new([In.Real(2, 3), null, In.Real2(2, 3)]),
            ],
            Covers = ["Clamp", "Inside"],
            Errors = [(static () => Tensor.Of([1.0]).Clamp(), typeof(ArgumentException),
                "At least one of 'min' or 'max' must not be None")],
        },
        ElementRows.Binary("clamp_min", static (x, y) => x.ClampMin(y), static (x, y) => x.ClampMin(y), static (x, y) => x.ClampMin_(y),
            static (x, y) => x.ClampMin_(y), In.Real, In.Real2),
        ElementRows.Binary("clamp_max", static (x, y) => x.ClampMax(y), static (x, y) => x.ClampMax(y), static (x, y) => x.ClampMax_(y),
            static (x, y) => x.ClampMax_(y), In.Real, In.Real2),
    ];
}
