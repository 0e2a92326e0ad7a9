namespace Nabla.Registry;

internal static class ActivationRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        .. Rectifiers, .. Exponentials, .. Shrinkages, .. Gates,
    ];

    private static IEnumerable<OpRow> Rectifiers =>
    [
        F("relu", static x => x.Relu(), static x => x.Relu_(), "Relu", "Above") with
        {
            Errors = [(static () => Tensor.Of([true]).Relu(), typeof(DTypeException), "Boolean inputs not supported for relu")],
        },
        F("relu6", Functional.Relu6, Functional.Relu6_, "Hardtanh"),
        Parameter("leaky_relu", "negative_slope", 0.01, Functional.LeakyRelu, Functional.LeakyRelu_, "LeakyRelu", "LeakySlope"),
        new("nn.functional.rrelu", static c => Functional.RRelu(c.T(0), c.Double(1, "lower", 1.0 / 8), c.Double(2, "upper", 1.0 / 3),
            c.Bool(3, "training", false)))
        {
            Samples = static () => [new([In.NonZero(2, 3)]), new([In.NonZero()]), new([In.NonZero(0, 2), 0.1, 0.4])],
                Covers = ["LeakyRelu"],
        },
        new("nn.functional.prelu", static c => Functional.PRelu(c.T(0), c.T(1, "weight")))
        {
            Samples = static () =>
            [
                new([In.NonZero(2, 3), In.Real2(3)]), new([In.NonZero(2, 3, 2), In.Real2(1)]), new([In.NonZero(), In.Real2()]),
                    new([In.NonZero(0, 2), In.Real2(2)]),
                new([In.NonZero(3), In.Real2(1)]),
            ],
            Covers = ["PreluKernel"],
            Errors = [(static () => Functional.PRelu(Tensor.Ones(2, 3, 4), Tensor.Ones(2)), typeof(ShapeException),
                "Mismatch of parameter numbers and input channel size")],
        },
        new("nn.functional.hardtanh", static c => Functional.Hardtanh(c.T(0), c.Double(1, "min_val", -1), c.Double(2, "max_val", 1)))
        {
            InPlace = static c => Functional.Hardtanh_(c.T(0), c.Double(1, "min_val", -1), c.Double(2, "max_val", 1)),
            Samples = static () => [new([In.Real(2, 3)]), new([In.Real(), -0.5, 0.5]), new([In.Real(0, 2)])],
            Covers = ["Hardtanh", "Between"],
        },
        new("nn.functional.threshold", static c => Functional.Threshold(c.T(0), c.Number(1, "threshold"), c.Number(2, "value")))
        {
            InPlace = static c => Functional.Threshold_(c.T(0), c.Number(1, "threshold"), c.Number(2, "value")),
            Samples = static () => [new([In.Real(2, 3), 0.3, -1.0]), new([In.Real(), 0.1, 2L]), new([In.Real(0, 2), 0.0, 0.0])],
        },
        F("hardsigmoid", Functional.Hardsigmoid, Functional.Hardsigmoid_) with { Tolerance = (1e-7, 1e-8,
            "PyTorch's slope is 1/6 rounded to float32") },
        F("hardswish", Functional.Hardswish, Functional.Hardswish_, "Hardswish", "HardswishBackward"),
    ];

    private static IEnumerable<OpRow> Exponentials =>
    [
        Parameter("elu", "alpha", 1, Functional.Elu, Functional.Elu_, "Elu", "EluBackward"),
        Parameter("celu", "alpha", 1, Functional.Celu, Functional.Celu_, "Elu") with
        {
            Tolerance = (1e-6, 1e-8, "PyTorch rounds alpha to float32 in the derivative"),
            Errors = [(static () => Functional.Celu(Tensor.Of([1.0]), 0), typeof(ArgumentOutOfRangeException),
                "alpha cannot be 0 for CELU")],
        },
        F("selu", Functional.Selu, Functional.Selu_, "Elu"),
        new("nn.functional.gelu", static c => Functional.Gelu(c.T(0), c.String(1, "approximate", "none")))
        {
            Samples = static () =>
            [
                new([In.Real(2, 3)]), new([In.Real()]), new([In.Real(0, 2)]),
                new([In.Real(2, 3)], new Dictionary<string, object?> { ["approximate"] = "tanh" }),
            ],
            Covers = ["Gelu", "GeluBackward"],
            Errors = [(static () => Functional.Gelu(Tensor.Of([1.0]), "erf"), typeof(ArgumentException),
                "approximate argument must be either none or tanh")],
        },
        F("silu", Functional.Silu, Functional.Silu_, "Silu", "SiluBackward"),
        F("mish", Functional.Mish, Functional.Mish_),
        ElementRows.Unary("sigmoid", static x => x.Sigmoid(), static x => x.Sigmoid_(), In.Real, "Sigmoid", "SigmoidBackward"),
        F("logsigmoid", Functional.LogSigmoid, null),
        new("nn.functional.softplus", static c => Functional.Softplus(c.T(0), c.Double(1, "beta", 1), c.Double(2, "threshold", 20)))
        {
            Samples = static () => [new([In.Real(2, 3)]), new([In.Real(), 3.0, 0.2]), new([In.Real(0, 2)])],
        },
        F("softsign", Functional.Softsign, null),
        F("tanhshrink", Functional.Tanhshrink, null),
    ];

    private static IEnumerable<OpRow> Shrinkages =>
    [
        Parameter("hardshrink", "lambd", 0.5, Functional.Hardshrink, null, "Hardshrink", "Beyond"),
        Parameter("softshrink", "lambd", 0.5, Functional.Softshrink, null, "Softshrink", "Beyond") with
        {
            Errors = [(static () => Functional.Softshrink(Tensor.Of([1.0]), -1), typeof(ArgumentOutOfRangeException),
                "lambda must be greater or equal to 0")],
        },
    ];

    private static IEnumerable<OpRow> Gates =>
    [
        new("nn.functional.glu", static c => Functional.Glu(c.T(0), c.Int(1, "dim", -1)))
        {
            Covers = ["Glu", "Gate", "GateBackward"],
            Samples = static () => [new([In.Real(2, 4)]), new([In.Real(4, 3), 0L]), new([In.Real(2)]), new([In.Real(0, 4)])],
            Errors = [(static () => Functional.Glu(Tensor.Ones(3)), typeof(ShapeException), "Halving dimension must be even")],
        },
    ];

    private static OpRow F(string name, Func<Tensor, Tensor> run, Func<Tensor, Tensor>? inPlace, params string[] covers) =>
        ElementRows.Unary("nn.functional." + name, run, inPlace, In.NonZero, covers);

    private static OpRow Parameter(string name, string parameter, double fallback, Func<Tensor, double, Tensor> run, Func<Tensor, double,
        Tensor>? inPlace,
        params string[] covers) => new("nn.functional." + name, c => run(c.T(0), c.Double(1, parameter, fallback)))
        {
            InPlace = inPlace is null ? null : c => inPlace(c.T(0), c.Double(1, parameter, fallback)),
            Samples = () => [new([In.NonZero(2, 3)]), new([In.NonZero(), 0.7]), new([In.NonZero(0, 2)]),
                new([In.NonZero(2, 3).Transpose(0, 1), 0.3])],
            Covers = covers,
        };
}
