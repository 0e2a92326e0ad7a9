namespace Nabla.Registry;

internal static class ArithmeticRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        .. Sums, .. Products, .. Quotients, .. Signs, .. Mixtures, .. Reflected,
    ];

    private static IEnumerable<OpRow> Sums =>
    [
        Linear("add", static (x, y, a) => x.Add(y, a), static (x, y, a) => x.Add(y, a), static (x, y, a) =>
            x.Add_(y, a)) with { Covers = ["Add", "AddScaled"] },
        Linear("sub", static (x, y, a) => x.Sub(y, a), static (x, y, a) => x.Sub(y, a), static (x, y, a) => x.Sub_(y, a)) with
        {
            Errors = [(static () => Tensor.Of(true) - Tensor.Of(true), typeof(DTypeException), "Subtraction")],
        },
        Linear("rsub", static (x, y, a) => x.RSub(y, a), static (x, y, a) => x.RSub(y, a), null),
    ];

    private static OpRow Linear(string name, Func<Tensor, Tensor, Scalar?, Tensor> tensors, Func<Tensor, Scalar, Scalar?, Tensor> number,
        Func<Tensor, Tensor, Scalar?, Tensor>? inPlace) => new(name, c => c.IsNumber(1, "other")
            ? number(c.T(0, "input"), c.Number(1, "other"), c.OptNumber(2, "alpha"))
            : tensors(c.T(0, "input"), c.T(1, "other"), c.OptNumber(2, "alpha")))
        {
            InPlace = inPlace is null ? null : c => inPlace(c.T(0, "input"), c.T(1, "other"), c.OptNumber(2, "alpha")),
            Samples = () =>
            [
                .. ElementRows.Pairs(In.Real, In.Real2),
            new([In.Real(2, 3), 1.5]),
            new([In.Real(2, 3), In.Real2(3)], new Dictionary<string, object?> { ["alpha"] = -2.5 }),
            new([In.Real(2, 3), 1.5], new Dictionary<string, object?> { ["alpha"] = 3L }),
        ],
        };

    private static IEnumerable<OpRow> Products =>
    [
        ElementRows.Binary("mul", static (x, y) => x.Mul(y), static (x, y) => x.Mul(y), static (x, y) => x.Mul_(y), static (x, y) =>
            x.Mul_(y), In.Real, In.Real2),
        ElementRows.Unary("square", static x => x.Square(), static x => x.Square_(), In.Real, "PowNumber"),
        ElementRows.Unary("neg", static x => x.Neg(), static x => x.Neg_(), In.Real) with
        {
            Errors = [(static () => -Tensor.Of(true), typeof(DTypeException), "Negation")],
        },
    ];

    private static IEnumerable<OpRow> Quotients =>
    [
        Division(null, static (x, y) => x.Div(y), static (x, y) => x.Div(y), static (x, y) => x.Div_(y)),
        ElementRows.Binary("true_divide", static (x, y) => x.TrueDivide(y), static (x, y) => x.TrueDivide(y), static (x, y) =>
            x.TrueDivide_(y),
            static (x, y) => x.TrueDivide_(y), In.Real, In.NonZero, "Div"),
        Division("trunc", static (x, y) => x.Div(y, "trunc"), static (x, y) => x.Div(y, "trunc"), static (x, y) => x.Div_(y, "trunc")) with
        {
            Variant = "trunc_rounding", Covers = ["DivTrunc"],
        },
        Division("floor", static (x, y) => x.Div(y, "floor"), static (x, y) => x.Div(y, "floor"), static (x, y) => x.Div_(y, "floor")) with
        {
            Variant = "floor_rounding", Covers = ["DivFloor"],
            Errors = [(static () => Tensor.Of(1.0).Div(Tensor.Of(2.0), "up"), typeof(ArgumentException), "div expected rounding_mode")],
        },
        ElementRows.Binary("floor_divide", static (x, y) => x.FloorDivide(y), static (x, y) => x.FloorDivide(y), static (x, y) =>
            x.FloorDivide_(y),
            static (x, y) => x.FloorDivide_(y), In.Real, In.NonZero,
                "DivFloor") with { Errors = ZeroDivision(static (x, y) => x.FloorDivide(y)) },
        ElementRows.Binary("remainder", static (x, y) => x.Remainder(y), static (x, y) => x.Remainder(y), static (x, y) => x.Remainder_(y),
            static (x, y) => x.Remainder_(y), In.Real, In.NonZero) with { Errors = ZeroDivision(static (x, y) => x.Remainder(y)) },
        ElementRows.Binary("fmod", static (x, y) => x.FMod(y), static (x, y) => x.FMod(y), static (x, y) => x.FMod_(y),
            static (x, y) => x.FMod_(y), In.Real, In.NonZero) with { Errors = ZeroDivision(static (x, y) => x.FMod(y)) },
        ElementRows.Binary("gcd", static (x, y) => x.Gcd(y), static (x, y) => x.Gcd_(y), ElementRows.Integers, ElementRows.Naturals),
        ElementRows.Binary("lcm", static (x, y) => x.Lcm(y), static (x, y) => x.Lcm_(y), ElementRows.Integers, ElementRows.Naturals),
    ];

    private static OpRow Division(string? mode, Func<Tensor, Tensor, Tensor> tensors, Func<Tensor, Scalar, Tensor> number, Func<Tensor,
        Tensor, Tensor> inPlace) =>
        ElementRows.Binary("div", tensors, number, inPlace, null, In.Real, In.NonZero) with
        {
            Samples = () => ElementRows.Pairs(In.Real, In.NonZero).Append(new([In.Real(2, 3), 1.75])).Select(c => mode is null
                ? c
                : new Call(c.Args, new Dictionary<string, object?> { ["rounding_mode"] = mode })),
        };

    private static (Func<object?> Call, Type Exception, string Message)[] ZeroDivision(Func<Tensor, Tensor, Tensor> run) =>
    [
        (() => run(Tensor.Of([7, 8, 9]), Tensor.Of([1, 2, 0])), typeof(DivideByZeroException), "flat index 2"),
        (() => run(Tensor.Of([true]), Tensor.Of([true])), typeof(DTypeException), "not implemented for 'Bool'"),
    ];

    private static IEnumerable<OpRow> Signs =>
    [
        ElementRows.Unary("abs", static x => x.Abs(), static x => x.Abs_(), In.NonZero) with { Covers = ["Abs", "Modulus"] },
        ElementRows.Unary("sign", static x => x.Sign(), static x => x.Sign_(), In.NonZero),
        ElementRows.Unary("sgn", static x => x.Sgn(), static x => x.Sgn_(), In.NonZero) with { Covers = ["Sgn", "Phase"] },
        ElementRows.Unary("positive", static x => x.Positive(), null, In.Real),
        ElementRows.Binary("copysign", static (x, y) => x.CopySign(y), static (x, y) => x.CopySign(y), static (x, y) => x.CopySign_(y),
            static (x, y) => x.CopySign_(y), In.NonZero, In.NonZero),
        ElementRows.Binary("nextafter", static (x, y) => x.NextAfter(y), static (x, y) => x.NextAfter_(y), static s => In.Real(s).Detach(),
            static s => In.Real2(s).Detach()),
    ];

    private static IEnumerable<OpRow> Mixtures =>
    [
        new("lerp", static c => c.IsNumber(2, "weight")
            ? c.T(0, "input").Lerp(c.T(1, "end"), c.Number(2, "weight"))
            : c.T(0, "input").Lerp(c.T(1, "end"), c.T(2, "weight")))
        {
            InPlace = static c => c.IsNumber(2, "weight")
                ? c.T(0, "input").Lerp_(c.T(1, "end"), c.Number(2, "weight"))
                : c.T(0, "input").Lerp_(c.T(1, "end"), c.T(2, "weight")),
            Samples = static () =>
            [
                new([In.Real(2, 3), In.Real2(2, 3), 0.3]), new([In.Real(2, 3), In.Real2(3), 0.8]),
                    new([In.Real(2, 3), In.Real2(3), In.Unit(2, 1)]),
                new([In.Real(), In.Real2(), In.Unit()]), new([In.Real(0, 2), In.Real2(2), 0.5]),
            ],
            Except = [("allocation", "with a tensor of weights it is composed of three operations")],
        },
        Product("addcmul", static (x, a, b, v) => x.AddCMul(a, b, v), static (x, a, b, v) => x.AddCMul_(a, b, v)),
        Product("addcdiv", static (x, a, b, v) => x.AddCDiv(a, b, v), static (x, a, b, v) => x.AddCDiv_(a, b, v)),
        new("dist", static c => c.T(0, "input").Dist(c.T(1, "other"), c.Double(2, "p", 2)))
        {
            Samples = static () =>
            [
                new([In.Real(2, 3), In.Real2(2, 3)]), new([In.Real(2, 3), In.Real2(3), 1.0]), new([In.Real(2, 3), In.Real2(2, 3), 3.0]),
                new([In.Real(4), In.Real2(4), double.PositiveInfinity]), new([In.Real(), In.Real2(), 2.0]),
                new([In.Real(0, 3), In.Real2(3)]),
            ]
        },
    ];

    private static OpRow Product(string name, Func<Tensor, Tensor, Tensor, Scalar?, Tensor> run, Func<Tensor, Tensor, Tensor, Scalar?,
        Tensor> inPlace) =>
        new(name, c => run(c.T(0, "input"), c.T(1, "tensor1"), c.T(2, "tensor2"), c.OptNumber(-1, "value")))
        {
            InPlace = c => inPlace(c.T(0, "input"), c.T(1, "tensor1"), c.T(2, "tensor2"), c.OptNumber(-1, "value")),
            Samples = () =>
            [
                new([In.Real(2, 3), In.Real2(2, 3), In.NonZero(2, 3)]),
                new([In.Real(2, 3), In.Real2(3), In.NonZero(2, 1)], new Dictionary<string, object?> { ["value"] = 0.7 }),
                new([In.Real(), In.Real2(), In.NonZero()]),
                new([In.Real(0, 2), In.Real2(2), In.NonZero(1)]),
            ]
        };

    private static IEnumerable<OpRow> Reflected =>
    [
        Reflect("__radd__", static (x, y) => y + x, static (x, y) => Whole(y) is { } n ? n + x : y.ToDouble() + x),
        Reflect("__rsub__", static (x, y) => y - x, static (x, y) => Whole(y) is { } n ? n - x : y.ToDouble() - x),
        Reflect("__rmul__", static (x, y) => y * x, static (x, y) => Whole(y) is { } n ? n * x : y.ToDouble() * x),
        Reflect("__rdiv__", static (x, y) => y / x, static (x, y) => Whole(y) is { } n ? n / x : y.ToDouble() / x),
        Reflect("__rmod__", static (x, y) => y % x, static (x, y) => Whole(y) is { } n ? n % x : y.ToDouble() % x),
        Reflect("__rpow__", static (x, y) => y.Pow(x), static (x, y) => Tensor.Pow(y, x)) with
        {
            Samples = static () => ElementRows.Pairs(In.Real, In.Positive).Append(new([In.Real(2, 3), 1.7])),
        },
        Bits("__rand__", static (x, y) => y & x, static (x, y) => x & y.ToInt64()),
        Bits("__ror__", static (x, y) => y | x, static (x, y) => x | y.ToInt64()),
        Bits("__rxor__", static (x, y) => y ^ x, static (x, y) => x ^ y.ToInt64()),
    ];

    /// <summary>The number as an integer, if it was given as one.</summary>
    private static long? Whole(Scalar y) => y.Category == 1 ? y.ToInt64() : null;

    private static OpRow Reflect(string name, Func<Tensor, Tensor, Tensor> tensors, Func<Tensor, Scalar, Tensor> number) =>
        ElementRows.Binary(name, tensors, number, null, null, In.NonZero, In.Real);

    private static OpRow Bits(string name, Func<Tensor, Tensor, Tensor> tensors, Func<Tensor, Scalar, Tensor> number) =>
        ElementRows.Binary(name, tensors, number, null, null, ElementRows.Integers, ElementRows.Naturals) with
        {
            Samples = static () => ElementRows.Pairs(ElementRows.Integers,
                ElementRows.Naturals).Append(new([ElementRows.Integers(2, 3), 5L])),
        };
}
