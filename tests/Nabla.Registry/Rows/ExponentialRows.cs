namespace Nabla.Registry;

internal static class ExponentialRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        ElementRows.Unary("exp", static x => x.Exp(), static x => x.Exp_(), In.Real),
        ElementRows.Unary("exp2", static x => x.Exp2(), static x => x.Exp2_(), In.Real),
        ElementRows.Unary("expm1", static x => x.Expm1(), static x => x.Expm1_(), In.Real),
        ElementRows.Unary("log", static x => x.Log(), static x => x.Log_(), In.Positive),
        ElementRows.Unary("log2", static x => x.Log2(), static x => x.Log2_(), In.Positive),
        ElementRows.Unary("log10", static x => x.Log10(), static x => x.Log10_(), In.Positive),
        ElementRows.Unary("log1p", static x => x.Log1p(), static x => x.Log1p_(), In.Positive),
        ElementRows.Unary("sqrt", static x => x.Sqrt(), static x => x.Sqrt_(), In.Positive),
        ElementRows.Unary("rsqrt", static x => x.Rsqrt(), static x => x.Rsqrt_(), In.Positive),
        ElementRows.Unary("reciprocal", static x => x.Reciprocal(), static x => x.Reciprocal_(), In.NonZero),
        .. Powers, .. Logarithms, .. Special,
    ];

    private static IEnumerable<OpRow> Powers =>
    [
        new("pow", static c => c.IsNumber(0, "self") ? Tensor.Pow(c.Number(0, "self"), c.T(1, "exponent"))
            : c.IsNumber(1, "exponent") ? c.T(0).Pow(c.Number(1, "exponent")) : c.T(0).Pow(c.T(1, "exponent")))
        {
            InPlace = static c => c.IsNumber(1, "exponent") ? c.T(0).Pow_(c.Number(1, "exponent")) : c.T(0).Pow_(c.T(1, "exponent")),
            Samples = static () =>
            [
                .. ElementRows.Pairs(In.Positive, In.Real), new([In.Real(2, 3), 2L]), new([In.Real(2, 3), 3.0]), new([In.Real(2, 3), 0L]),
                new([In.Positive(2, 3), 0.5]), new([In.Positive(2, 3), -0.5]), new([In.NonZero(2, 3), -2L]), new([In.Positive(2, 3), 1.7]),
            ],
            Covers = ["Pow", "PowNumber", "PowInteger"],
            Errors =
            [
                (static () => Tensor.Of([2, 3]).Pow(-1), typeof(ArgumentException), "Integers to negative integer powers are not allowed"),
                (static () => Tensor.Of([true]).Pow(Tensor.Of([true])), typeof(DTypeException), "\"pow\" not implemented for 'Bool'"),
            ],
        },
        new("float_power", static c => c.IsNumber(0, "self") ? Tensor.FloatPower(c.Number(0, "self"), c.T(1, "exponent"))
            : c.IsNumber(1, "exponent") ? c.T(0).FloatPower(c.Number(1, "exponent")) : c.T(0).FloatPower(c.T(1, "exponent")))
        {
            InPlace = static c => c.IsNumber(1, "exponent") ? c.T(0).FloatPower_(c.Number(1, "exponent"))
                : c.T(0).FloatPower_(c.T(1, "exponent")),
            Samples = static () => [.. ElementRows.Pairs(In.Positive, In.Real), new([In.Real(2, 3), 2L]), new([In.Positive(2, 3), 1.7])],
            Covers = ["Pow"],
        },
        ElementRows.Binary("ldexp", static (x, y) => x.Ldexp(y), static (x, y) => x.Ldexp_(y), In.Real, In.Real2),
    ];

    private static IEnumerable<OpRow> Logarithms =>
    [
        ElementRows.Binary("logaddexp", static (x, y) => x.LogAddExp(y), null, In.Real, In.Real2),
        ElementRows.Binary("logaddexp2", static (x, y) => x.LogAddExp2(y), null, In.Real, In.Real2),
        new("xlogy", static c => c.IsNumber(0, "input") ? Tensor.XLogY(c.Number(0, "input"), c.T(1, "other"))
            : c.IsNumber(1, "other") ? c.T(0).XLogY(c.Number(1, "other")) : c.T(0).XLogY(c.T(1, "other")))
        {
            InPlace = static c => c.IsNumber(1, "other") ? c.T(0).XLogY_(c.Number(1, "other")) : c.T(0).XLogY_(c.T(1, "other")),
            Samples = static () => [.. ElementRows.Pairs(In.Real, In.Positive), new([In.Real(2, 3), 1.7])],
        },
        ElementRows.Binary("hypot", static (x, y) => x.Hypot(y), static (x, y) => x.Hypot_(y), In.NonZero, In.Real2),
    ];

    private static IEnumerable<OpRow> Special =>
    [
        ElementRows.Unary("erf", static x => x.Erf(), static x => x.Erf_(), In.Real),
        ElementRows.Unary("erfc", static x => x.Erfc(), static x => x.Erfc_(), In.Real),
        ElementRows.Unary("erfinv", static x => x.ErfInv(), static x => x.ErfInv_(), In.Unit),
        ElementRows.Unary("lgamma", static x => x.LGamma(), static x => x.LGamma_(), In.Positive),
        ElementRows.Unary("digamma", static x => x.Digamma(), static x => x.Digamma_(), In.Positive),
        ElementRows.Unary("sinc", static x => x.Sinc(), static x => x.Sinc_(), In.NonZero),
        new("polygamma", static c => c.T(1, "input").Polygamma(c.Int(0, "n")))
        {
            Samples = static () => [new([1L, In.Positive(2, 3)]), new([2L, In.Positive()]), new([0L, In.Positive(0, 2)]),
                new([4L, In.Positive(3)])],
        },
        new("logit", static c => c.T(0).Logit(c.OptNumber(1, "eps")?.ToDouble()))
        {
            InPlace = static c => c.T(0).Logit_(c.OptNumber(1, "eps")?.ToDouble()),
            Samples = static () =>
            [
                new([In.Between(0.1, 0.9, 2, 3)]), new([In.Between(0.1, 0.9)]), new([In.Between(0.1, 0.9, 0, 2)]),
                    new([In.Between(-0.5, 1.5, 2, 3), 0.15]),
            ],
        },
    ];
}
