namespace Nabla.Registry;

internal static class CreationRows
{
    private static readonly Type Range = typeof(ArgumentOutOfRangeException), Shapes = typeof(ShapeException),
        DTypes = typeof(DTypeException);

    private static DType? Type(Call c) => c.DType(-1, "dtype");

    private static bool Grad(Call c) => c.Bool(-1, "requires_grad", false);

    private static bool Sym(Call c) => c.Bool(-1, "sym", true);

    private static Call Typed(params object?[] args) => new(args, new Dictionary<string, object?> { ["dtype"] = DType.Float64 });

    /// <summary>An end of a range: a tensor, or a plain number with all its digits.</summary>
    private static Tensor Exact(Call c, int position, string name) =>
        c.Get(position, name) is double v ? Tensor.Of(v, DType.Float64) : c.T(position, name);

    private static bool HasTensor(Call c) => c.Get(0, "start") is Tensor || c.Get(1, "end") is Tensor;

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        .. Filled,
        .. Ranges,
        .. Windows,
        .. Dropouts,
    ];

    private static IEnumerable<OpRow> Filled =>
    [
        new("zeros", c => Tensor.Zeros(c.ShapeFrom(0, "size"), Type(c), Grad(c)))
        {
            Samples = () => [Typed(2L, 3L)],
            Errors = [(() => Tensor.Zeros([2, -1]), Range, "Trying to create tensor with negative dimension -1: [2, -1]")],
        },
        new("ones", c => Tensor.Ones(c.ShapeFrom(0, "size"), Type(c), Grad(c))) { Samples = () => [Typed(2L, 3L)] },
        new("full", c => Tensor.Full(c.Shape(0, "size"), c.Number(1, "fill_value"), Type(c), Grad(c)))
        {
            Samples = () => [Typed(new object?[] { 2L, 3L }, 1.5)],
            Errors = [(() => Tensor.Full([1], 300, DType.UInt8), Range, "value cannot be converted to type uint8_t without overflow")],
        },
        new("eye", c => Tensor.Eye(c.Long(0, "n"), c.Has(1, "m") ? c.Long(1, "m") : null, Type(c), Grad(c)))
        {
            Samples = () => [Typed(2L, 3L), Typed(3L)],
            Errors =
            [
                (() => Tensor.Eye(-1), Range, "n must be greater or equal to 0, got -1"),
                (() => Tensor.Eye(2, -1), Range, "m must be greater or equal to 0, got -1"),
            ],
        },
        new("scalar_tensor", c => Tensor.ScalarTensor(c.Number(0, "s"), Type(c), Grad(c))) { Samples = () => [Typed(3L)] },
        new("zeros_like", c => Tensor.ZerosLike(c.T(0), Type(c))) { Samples = () => [new([In.Const(In.Real(2, 3))])] },
        new("ones_like", c => Tensor.OnesLike(c.T(0), Type(c))) { Samples = () => [new([In.Const(In.Real(2, 3))])] },
        new("full_like", c => Tensor.FullLike(c.T(0), c.Number(1, "fill_value"), Type(c)))
        {
            Samples = () => [new([In.Const(In.Real(2, 3)), 1.5])],
        },
        new("new_zeros", c => c.T(0).NewZeros(c.ShapeFrom(1, "size"), Type(c))) { Samples = () => [new([In.Const(In.Real(2)), 3L])] },
        new("new_ones", c => c.T(0).NewOnes(c.ShapeFrom(1, "size"), Type(c))) { Samples = () => [new([In.Const(In.Real(2)), 3L])] },
        new("new_full", c => c.T(0).NewFull(c.Shape(1, "size"), c.Number(2, "fill_value"), Type(c)))
        {
            Samples = () => [new([In.Const(In.Real(2)), new object?[] { 3L }, 1.5])],
        },
    ];

    private static IEnumerable<OpRow> Ranges =>
    [
        new("arange", Arange)
        {
            Samples = () => [Typed(0L, 5L, 2L), Typed(1.5, -2.0, -0.5), Typed(4L)],
            Errors =
            [
                (() => Tensor.Arange(1, 2, 0), Range, "step must be nonzero"),
                (() => Tensor.Arange(5, 1), Range, "upper bound and larger bound inconsistent with step sign"),
                (() => Tensor.Arange(0, double.PositiveInfinity), Range, "unsupported range: 0 -> "),
            ],
        },
        new("linspace", c => HasTensor(c)
            ? Tensor.Linspace(Exact(c, 0, "start"), Exact(c, 1, "end"), c.Long(2, "steps"), Type(c))
            : Tensor.Linspace(c.Double(0, "start", 0), c.Double(1, "end", 0), c.Long(2, "steps"), Type(c)))
        {
            Samples = () => [Typed(-1.0, 2.0, 4L), Typed(1.0, 2.0, 1L), Typed(1.0, 2.0, 0L)],
            Errors =
            [
                (() => Tensor.Linspace(0, 1, -1), Range, "number of steps must be non-negative"),
                (() => Tensor.Linspace(Tensor.Ones([1]), Tensor.Of(3.0), 3), Shapes,
                    "linspace only supports 0-dimensional start and end tensors, but got start with 1 dimension(s) and end with 0 " +
                        "dimension(s)."),
            ],
        },
        new("logspace", c => HasTensor(c)
            ? Tensor.Logspace(Exact(c, 0, "start"), Exact(c, 1, "end"), c.Long(2, "steps"), c.Double(3, "base", 10), Type(c))
            : Tensor.Logspace(c.Double(0, "start", 0), c.Double(1, "end", 0), c.Long(2, "steps"), c.Double(3, "base", 10), Type(c)))
        {
            Samples = () => [Typed(-1.0, 2.0, 4L), Typed(0.0, 3.0, 4L, 2.0)],
            Errors = [(() => Tensor.Logspace(0, 1, -1), Range, "number of steps must be non-negative")],
        },
    ];

    private static Tensor Arange(Call c)
    {
        if (c.Has(1, "end")) return Tensor.Arange(c.Number(0, "start", 0), c.Number(1, "end"), c.Number(2, "step", 1), Type(c), Grad(c));
        return Tensor.Arange(c.Number(0, "end"), Type(c), Grad(c));
    }

    private static IEnumerable<OpRow> Windows =>
    [
        Window("bartlett", c => SignalWindows.Bartlett(c.Long(0, "M"), Sym(c), Type(c))),
        Window("blackman", c => SignalWindows.Blackman(c.Long(0, "M"), Sym(c), Type(c))),
        Window("cosine", c => SignalWindows.Cosine(c.Long(0, "M"), Sym(c), Type(c))),
        Window("exponential", c =>
            SignalWindows.Exponential(c.Long(0, "M"), c.OptNumber(-1, "center")?.ToDouble(), c.Double(-1, "tau", 1), Sym(c), Type(c))),
        Window("gaussian", c => SignalWindows.Gaussian(c.Long(0, "M"), c.Double(-1, "std", 1), Sym(c), Type(c))),
        Window("general_cosine", c => SignalWindows.GeneralCosine(c.Long(0, "M"), Weights(c), Sym(c), Type(c))),
        Window("general_hamming", c => SignalWindows.GeneralHamming(c.Long(0, "M"), c.Double(-1, "alpha", 0.54), Sym(c), Type(c))),
        Window("hamming", c => SignalWindows.Hamming(c.Long(0, "M"), Sym(c), Type(c))),
        Window("hann", c => SignalWindows.Hann(c.Long(0, "M"), Sym(c), Type(c))) with
        {
            Errors = [(() => SignalWindows.Hann(-1), Range, "hann requires non-negative window length, got M=-1")],
        },
        Window("kaiser", c => SignalWindows.Kaiser(c.Long(0, "M"), c.Double(-1, "beta", 12), Sym(c), Type(c))) with
        {
            Tolerance = (1e-5, 1e-10, "PyTorch computes the Bessel function in float32, where a large beta costs digits"),
        },
        Window("nuttall", c => SignalWindows.Nuttall(c.Long(0, "M"), Sym(c), Type(c))),
    ];

    private static double[] Weights(Call c) => c.Get(-1, "a") is System.Collections.IEnumerable a
        ? [.. a.Cast<object>().Select(v => Convert.ToDouble(v, System.Globalization.CultureInfo.InvariantCulture))]
        : [0.5, 0.5];

    private static OpRow Window(string name, Func<Call, object?> run) => new("signal.windows." + name, run)
    {
        Samples = () => [Typed(5L), Typed(1L), Typed(0L)],
    };

    private static IEnumerable<OpRow> Dropouts =>
    [
        Dropout("dropout", 0.5, true, Functional.Dropout) with
        {
            Errors = [(() => Functional.Dropout(Tensor.Ones([2]), -1), Range, "dropout probability has to be between 0 and 1, but got -1")],
        },
        Dropout("dropout1d", 0.5, true, Functional.Dropout1d) with
        {
            Errors = [(() => Functional.Dropout1d(Tensor.Ones([2])), Shapes, "dropout1d: Expected 2D or 3D input")],
        },
        Dropout("dropout2d", 0.5, true, Functional.Dropout2d),
        Dropout("dropout3d", 0.5, true, Functional.Dropout3d),
        Dropout("alpha_dropout", 0.5, false, Functional.AlphaDropout),
        Dropout("feature_alpha_dropout", 0.5, false, Functional.FeatureAlphaDropout),
        new("bernoulli", c => Tensor.Bernoulli(c.T(0)))
        {
            Samples = () => [new([Tensor.Of([0.0, 1.0, 1.0], DType.Float64)])],
            Errors =
            [
                (() => Tensor.Bernoulli(Tensor.Of([0.0, 1.5])), Range, "Expected p_in >= 0 && p_in <= 1 to be true, but got false"),
                (() => Tensor.Bernoulli(Tensor.Of([0, 1])), DTypes, "\"bernoulli_tensor_cpu_p_\" not implemented for 'Long'"),
            ],
        },
    ];

    /// <summary>Samples without chance: nothing dropped, or everything.</summary>
    private static OpRow Dropout(string name, double p, bool training, Func<Tensor, double, bool, bool, Generator?, Tensor> run) =>
        new("nn.functional." + name, c =>
            run(c.T(0), c.Double(1, "p", p), c.Bool(2, "training", training), c.Bool(3, "inplace", false), null))
        {
            Samples = () => [new([In.Real(2, 3, 4), 0.5, false]), new([In.Real(2, 3), 0.0, true])],
        };
}
