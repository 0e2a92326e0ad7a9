namespace Nabla.Registry;

internal static class ReductionRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("sum", c => c.Has(1, "dim")
            ? c.T(0).Sum(c.Dims(1, "dim"), c.Bool(2, "keepdim", false), c.DType(-1, "dtype"))
            : c.T(0).Sum(c.DType(-1, "dtype")))
        {
            Samples = Many,
            Errors = [(() => In.Real(2, 3).Sum(2), typeof(ArgumentOutOfRangeException), "Dimension out of range"),
                (() => In.Real(2, 3).Sum([0, 0]), typeof(ShapeException), "appears multiple times")],
        },
        new("mean", c => c.Has(1, "dim")
            ? c.T(0).Mean(c.Dims(1, "dim"), c.Bool(2, "keepdim", false), c.DType(-1, "dtype"))
            : c.T(0).Mean(c.DType(-1, "dtype")))
        {
            Samples = Many,
            Errors = [(() => In.Index(3, 2).Mean(), typeof(DTypeException), "mean(): could not infer output dtype")],
        },
        new("prod", c => c.Has(1, "dim")
            ? c.T(0).Prod(c.Int(1, "dim"), c.Bool(2, "keepdim", false), c.DType(-1, "dtype"))
            : c.T(0).Prod(c.DType(-1, "dtype")))
        {
            Covers = ["Prod", "ProdOthers"],
            Samples = () =>
            [
                new([In.Real(2, 3)]), new([In.Real(2, 3), 0L]), new([In.Real(2, 3, 2), 1L, true]), new([In.Real()]),
                new([Tensor.From([2.0, 0, 3, 0, 0, 4], [2, 3]).RequiresGrad_(), 1L]), new([Tensor.From([2.0, 0, 3]).RequiresGrad_()]),
                    new([In.Real(0)]),
            ],
        },
        new("nansum", c => c.T(0).NanSum(Dim(c), c.Bool(2, "keepdim", false), c.DType(-1, "dtype"))) { Samples = Many },
        new("nanmean", c => c.T(0).NanMean(Dim(c), c.Bool(2, "keepdim", false), c.DType(-1, "dtype"))) { Samples = Many, Covers = [] },
        new("all", c => c.Has(1, "dim") ? c.T(0).All(c.Dims(1, "dim"), c.Bool(2, "keepdim", false)) : c.T(0).All()) { Covers = ["Truth"],
            Samples = Flat },
        new("any", c => c.Has(1, "dim") ? c.T(0).Any(c.Dims(1, "dim"), c.Bool(2, "keepdim", false)) : c.T(0).Any()) { Covers = ["Truth"],
            Samples = Flat },
        new("count_nonzero", c => c.T(0).CountNonzero(Dim(c))) { Samples = () =>
            [new([In.Real(2, 3)]), new([In.Mask(2, 3), 0L]), new([In.Real()]), new([In.Real(0)])] },
        Extreme("max", true), Extreme("min", false),
        new("amax", c => c.T(0).AMax(Dim(c), c.Bool(2, "keepdim", false)))
        {
            Covers = ["Extreme"],
            Samples = Ordered,
            Errors = [(() => Tensor.Zeros([2, 0]).AMax(1), typeof(InvalidOperationException), "non-zero size")],
        },
        new("amin", c => c.T(0).AMin(Dim(c), c.Bool(2, "keepdim", false))) { Covers = ["Extreme"], Samples = Ordered },
        new("aminmax", c => c.T(0).AMinMax(c.Has(-1, "dim") ? c.Int(-1, "dim") : null, c.Bool(-1, "keepdim", false)))
        {
            Samples = () => [new([In.Distinct(2, 3)]), new([In.Distinct(2, 3)], new Dictionary<string, object?> { ["dim"] = 1L }),
                new([In.Distinct()]),
                new([In.Distinct(0, 3)], new Dictionary<string, object?> { ["dim"] = 1L })],
        },
        new("argmax", c => c.T(0).ArgMax(c.Has(1, "dim") ? c.Int(1, "dim") : null, c.Bool(2, "keepdim", false)))
        {
            Covers = ["ArgExtreme"],
            Samples = () => [new([In.Distinct(2, 3)]), new([In.Distinct(2, 3), 1L]), new([In.Distinct(3, 2, 2), 0L, true]),
                new([In.Distinct()]), new([In.Distinct(0, 3), 1L])],
            Errors = [(() => Tensor.Zeros([0]).ArgMax(), typeof(InvalidOperationException), "Expected reduction dim to be specified")],
        },
        new("argmin", c => c.T(0).ArgMin(c.Has(1, "dim") ? c.Int(1, "dim") : null, c.Bool(2, "keepdim", false)))
        {
            Covers = ["ArgExtreme"],
            Samples = () => [new([In.Distinct(2, 3)]), new([In.Distinct(2, 3), 1L]), new([In.Distinct()]), new([In.Distinct(0, 3), 1L])],
        },
        Ranked("median", c => c.Has(1, "dim") ? c.T(0).Median(c.Int(1, "dim"), c.Bool(2, "keepdim", false)) : c.T(0).Median()),
        Ranked("nanmedian", c => c.Has(1, "dim") ? c.T(0).NanMedian(c.Int(1, "dim"), c.Bool(2, "keepdim", false)) : c.T(0).NanMedian()),
        new("mode", c => c.T(0).Mode(c.Int(1, "dim", -1), c.Bool(2, "keepdim", false)))
        {
            Covers = ["RankPlace", "TakePlaces"],
            Samples = () => [new([In.Distinct(2, 3)]), new([In.Distinct(3, 2), 0L, true]), new([In.Distinct()]),
                new([In.Distinct(0, 3), 1L])],
        },
        new("var", c => c.T(0).Var(Dim(c, true), Correction(c), c.Bool(-1, "keepdim", false))) { Samples = Moments },
        new("std", c => c.T(0).Std(Dim(c, true), Correction(c), c.Bool(-1, "keepdim", false))) { Covers = ["Var"], Samples = Moments },
        new("var_mean", c => c.T(0).VarMean(Dim(c, true), Correction(c), c.Bool(-1, "keepdim", false))) { Covers = ["Var"],
            Samples = Moments },
        new("std_mean", c => c.T(0).StdMean(Dim(c, true), Correction(c), c.Bool(-1, "keepdim", false))) { Covers = ["Var"],
            Samples = Moments },
        new("norm", c => c.Get(1, "p") is "nuc"
            ? c.T(0).Norm("nuc", Dim(c, false, 2), c.Bool(3, "keepdim", false), c.DType(-1, "dtype"))
            : c.T(0).Norm(Order(c, 1, "p"), Dim(c, false, 2), c.Bool(3, "keepdim", false), c.DType(-1, "dtype")))
        {
            Covers = ["LinalgVectorNorm"],
            Samples = () =>
            [
                new([In.NonZero(2, 3)]), new([In.NonZero(2, 3), 1L, 0L]), new([In.NonZero(2, 3), 3.0]),
                    new([In.Distinct(2, 3), double.PositiveInfinity, 1L]),
                new([In.NonZero(2, 3), 1.5, 0L, true]), new([In.NonZero()]), new([In.Real(0, 2)]),
            ],
            Errors = [(() => In.Index(3, 2).Norm(), typeof(DTypeException), "Expected a floating point")],
        },
        new("linalg.vector_norm", c => LinAlg.VectorNorm(c.T(0), Order(c, 1, "ord"), Dim(c, false, 2), c.Bool(3, "keepdim", false),
            c.DType(-1, "dtype")))
        {
            Covers = ["LinalgVectorNorm"],
            Samples = () => [new([In.NonZero(2, 3)]), new([In.NonZero(2, 3), 0.5, 0L])],
        },
        new("logsumexp", c => c.T(0).LogSumExp(c.Dims(1, "dim"), c.Bool(2, "keepdim", false)))
        {
            Samples = () => [new([In.Real(2, 3), 1L]), new([In.Real(2, 3, 2), new object?[] { 0L, 2L }, true]), new([In.Real(), 0L]),
                new([In.Real(0, 2), 1L])],
        },
        Quantile("quantile", static (x, q, n, d, k, i) => q is null ? x.Quantile(n, d, k, i) : x.Quantile(q, d, k, i)),
        Quantile("nanquantile", static (x, q, n, d, k, i) => q is null ? x.NanQuantile(n, d, k, i) : x.NanQuantile(q, d, k, i)),
        new("bincount", c => c.T(0).BinCount(c.OptT(1, "weights"), c.Long(2, "minlength", 0)))
        {
            Samples = () => [new([In.Index(4, 6)]), new([In.Index(4, 6), In.Const(In.Real(6)), 8L]), new([In.Index(4, 0)])],
            Except = [("vmap", "the result's shape depends on values"), ("scalar", "needs a vector")],
        },
        new("histc", c => c.T(0).HistC(c.Long(1, "bins", 100), c.Double(2, "min", 0), c.Double(3, "max", 0)))
        {
            Samples = () => [new([In.Const(In.Real(6)), 4L, -1.0, 1.0]), new([In.Const(In.Real()), 4L, -1.0, 1.0]),
                new([In.Const(In.Real(0)), 4L, -1.0, 1.0])],
            Except = [("vmap", "values are read")],
        },
        new("histogram", c => Histogram(c))
        {
            Samples = () => [new([In.Const(In.Real(6)), 4L]), new([In.Const(In.Real()), 2L], Weighted(In.Const(In.Real2()))),
                new([In.Const(In.Real(0, 2)), 3L]), new([In.Const(In.Real(2, 3)), In.Const(In.Distinct(4)).Sort().Values])],
            Except = [("vmap", "values are read")],
            Errors =
            [
                (() => In.Real(3).Histogram(0), typeof(ArgumentOutOfRangeException),
                    "torch.histogram(): bins must be > 0, but got 0 for dimension 0"),
                (() => In.Real(3).Histogram(4, (3, 1)), typeof(ArgumentOutOfRangeException),
                    "torch.histogramdd: min should not exceed max, but got min 3 max 1 for dimension 0"),
                (() => In.Real(3).Histogram(4, (0, double.PositiveInfinity)), typeof(ArgumentOutOfRangeException),
                    "torch.histogramdd: dimension 0's range [0, inf] is not finite"),
                (() => Tensor.From([1.0, double.NaN]).Histogram(4), typeof(ArgumentOutOfRangeException),
                    "torch.histogramdd: dimension 0's range [nan, nan] is not finite"),
                (() => In.Real(3).To(DType.Float16).Histogram(4), typeof(DTypeException), "\"histogramdd\" not implemented for 'Half'"),
                (() => In.Index(4, 3).Histogram(4), typeof(DTypeException), "\"histogramdd\" not implemented for 'Long'"),
                (() => In.Real(5).Histogram(4, weight: In.Real(3)), typeof(ShapeException), "torch.histogramdd: if weight tensor is " +
                    "provided it should have the same shape as the input tensor excluding its innermost dimension, but got input with " +
                    "shape [5, 1] and weight with shape [3]"),
                (() => In.Real(3).To(DType.Float32).Histogram(4, weight: In.Real(3)), typeof(DTypeException), "torch.histogramdd: if " +
                    "weight tensor is provided, input tensor and weight tensor should have the same dtype, but got input(float), and " +
                    "weight(double)"),
                (() => In.Real(3).To(DType.Float32).Histogram(In.Real(3)), typeof(DTypeException), "torch.histogramdd: input tensor and " +
                    "bins tensors should have the same dtype, but got input with dtype float and bins for dimension 0 with dtype double"),
                (() => In.Real(3).Histogram(In.Real(2, 2)), typeof(ShapeException), "torch.histogramdd: bins tensor should have one " +
                    "dimension, but got 2 dimensions in the bins tensor for dimension 0"),
                (() => In.Real(3).Histogram(In.Real(0)), typeof(ShapeException), "torch.histogramdd: bins tensor should have at least 1 " +
                    "element, but got 0 elements in the bins tensor for dimension 0"),
                (() => In.Real(3).Histogram(In.Real(1)), typeof(ArgumentOutOfRangeException),
                    "torch.histogram(): bins must be > 0, but got 0 for dimension 0"),
            ],
        },
        new("histogramdd", c => HistogramDD(c))
        {
            Samples = () => [new([In.Const(In.Real(6, 2)), new object?[] { 2L, 3L }]), new([In.Const(In.Real(2, 3, 1)), 4L]),
                new([In.Const(In.Real(0, 2)), 3L]), new([In.Const(In.Real(5, 1)), new List<object?> { Tensor.From([-1.0, 0.5, 2]) }])],
            Except = [("vmap", "values are read"), ("scalar", "needs points")],
            Errors =
            [
                (() => In.Real(3).HistogramDD(3), typeof(ShapeException),
                    "torch.histogramdd: input tensor should have at least 2 dimensions"),
                (() => In.Real(4, 2).HistogramDD([3, 3, 3]), typeof(ShapeException),
                    "histogramdd: The size of bins must be equal to the innermost dimension of the input."),
                (() => In.Real(4, 2).HistogramDD([In.Real(3)]), typeof(ShapeException),
                    "torch.histogramdd: expected 2 sequences of bin edges for a 2-dimensional histogram but got 1"),
                (() => In.Real(4, 2).HistogramDD(3, [0, 1]), typeof(ShapeException),
                    "torch.histogramdd: for a 2-dimensional histogram range should have 4 elements, but got 2"),
                (() => In.Real(4, 2).HistogramDD([3, 0]), typeof(ArgumentOutOfRangeException),
                    "torch.histogram(): bins must be > 0, but got 0 for dimension 1"),
            ],
        },
        new("cov", c => c.T(0).Cov(c.Long(-1, "correction", 1), c.OptT(-1, "fweights"), c.OptT(-1, "aweights")))
        {
            Samples = () => [new([In.Real(2, 4)]), new([In.Real(4)], new Dictionary<string, object?> { ["correction"] = 0L })],
            Except = [("empty", "no observations"), ("scalar", "a single observation has no covariance")],
        },
        new("corrcoef", c => c.T(0).CorrCoef())
        {
            Samples = () => [new([In.Real(3, 5)])],
            Except =
            [
                ("empty", "no observations"), ("scalar", "a single observation has no correlation"),
                ("gradgrad", "the diagonal, which is 1, lies on the kink of the clamp to [-1, 1]: its side is a matter of rounding"),
            ],
        },
        .. MaskedRows.All,
    ];

    internal static Dims Dim(Call c, bool flag = false, int position = 1)
    {
        // var(x, unbiased) has a bool where var(x, dim) has dimensions.
        if (!c.Has(position, "dim") || (flag && c.Get(position, "dim") is bool)) return default;
        return c.Dims(position, "dim");
    }

    private static double Correction(Call c)
    {
        if (c.Get(1, "dim") is bool first) return first ? 1 : 0;
        if (c.Has(2, "unbiased")) return c.Bool(2, "unbiased", true) ? 1 : 0;
        return c.Double(-1, "correction", 1);
    }

    private static double Order(Call c, int position, string name) => c.Get(position, name) switch
    {
        null or "fro" => 2,
        "inf" => double.PositiveInfinity,
        string other => throw new NotSupportedException(other),
        _ => c.Double(position, name, 2),
    };

    private static OpRow Extreme(string name, bool max) => new(name, c =>
    {
        Tensor x = c.T(0);
        if (c.Get(1, "other") is Tensor other) return max ? x.Maximum(other) : x.Minimum(other);
        if (!c.Has(1, "dim")) return max ? x.Max() : x.Min();
        return max ? x.Max(c.Int(1, "dim"), c.Bool(2, "keepdim", false)) : x.Min(c.Int(1, "dim"), c.Bool(2, "keepdim", false));
    })
    {
        Covers = ["Extreme", "ArgExtreme", "TakePlaces", "PutPlaces"],
        Samples = () =>
        [
            new([In.Distinct(2, 3)]), new([In.Distinct(2, 3), 1L]), new([In.Distinct(3, 2, 2), 0L, true]), new([In.Distinct()]),
                new([In.Distinct(), 0L]),
            new([In.Distinct(2, 3), In.Real2(2, 3)]), new([In.Distinct(0, 3), 1L]),
        ],
        Errors = [(() => max ? Tensor.Zeros([0]).Max() : Tensor.Zeros([0]).Min(), typeof(InvalidOperationException),
            "Expected reduction dim to be specified"),
            (() => max ? Tensor.Zeros([2, 0]).Max(1) : Tensor.Zeros([2, 0]).Min(1), typeof(InvalidOperationException), "non-zero size")],
    };

    private static OpRow Ranked(string name, Func<Call, object?> run) => new(name, run)
    {
        Covers = ["Median", "RankPlace", "TakePlaces"],
        Samples = () => [new([In.Distinct(2, 3)]), new([In.Distinct(2, 4), 1L]), new([In.Distinct(3, 2, 2), 0L, true]),
            new([In.Distinct()]), new([In.Distinct(0, 3), 1L])],
        Errors = [(() => Tensor.Zeros([2, 0]).Median(1), typeof(InvalidOperationException), "non-zero size")],
    };

    private static OpRow Quantile(string name, Func<Tensor, Tensor?, double, int?, bool, string, Tensor> run) => new(name, c => run(
        c.T(0), c.Get(1, "q") as Tensor, c.Get(1, "q") is Tensor ? 0 : c.Double(1, "q", 0.5), c.Has(2, "dim") ? c.Int(2, "dim") : null,
        c.Bool(3, "keepdim", false), c.String(-1, "interpolation", "linear")))
    {
        Samples = () =>
        [
            new([In.Distinct(2, 5), 0.3]), new([In.Distinct(2, 5), 0.3, 1L]), new([In.Distinct(2, 5), 0.7, 0L, true]),
            new([In.Distinct(2, 5), Tensor.From([0.2, 0.55]), 1L, true]), new([In.Distinct(), 0.3]),
        ],
        Except = [("vmap", "the ranks are checked"), ("empty", "no elements have no quantile")],
    };

    private static IEnumerable<Call> Many() =>
    [
        new([In.Real(2, 3)]), new([In.Real(2, 3), 0L]), new([In.Real(2, 3, 4), new object?[] { 0L, 2L }]),
            new([In.Real(2, 3, 4), 1L, true]),
        new([In.Real()]), new([In.Real(0, 2), 1L]), new([In.Real(2, 3), Array.Empty<object?>()]),
    ];

    private static IEnumerable<Call> Flat() => [new([In.Mask(2, 3)]), new([In.Mask(2, 3), 0L]), new([In.Mask(2, 3), 1L, true]),
        new([In.Mask(0)]), new([In.Mask()])];

    private static IEnumerable<Call> Ordered() =>
    [
        new([In.Distinct(2, 3)]), new([In.Distinct(2, 3), 0L]), new([In.Distinct(2, 3, 4), new object?[] { 0L, 2L }]),
            new([In.Distinct(2, 3), 1L, true]), new([In.Distinct()]),
        new([In.Distinct(0, 3), 1L]),
    ];

    private static IEnumerable<Call> Moments() =>
    [
        new([In.Real(2, 3)]), new([In.Real(2, 3), 0L]), new([In.Real(2, 3), new object?[] { 1L }], new Dictionary<string,
            object?> { ["correction"] = 0L, ["keepdim"] = true }),
        new([In.Real(2, 3, 4), new object?[] { 0L, 2L }]), new([In.Real(0, 3), 1L]),
        new([In.Real()], new Dictionary<string, object?> { ["correction"] = 0L }),
    ];

    private static Dictionary<string, object?> Weighted(Tensor weight) => new() { ["weight"] = weight };

    private static (Tensor, Tensor) Histogram(Call c)
    {
        (Tensor? weight, bool density) = (c.OptT(-1, "weight"), c.Bool(-1, "density", false));
        if (c.Get(1, "bins") is Tensor edges) return c.T(0).Histogram(edges, weight, density);
        (double, double)? range = Range(c) is { } r ? (r[0], r[1]) : null;
        return c.T(0).Histogram(c.Long(1, "bins", 100), range, weight, density);
    }

    private static (Tensor, Tensor[]) HistogramDD(Call c)
    {
        (Tensor? weight, bool density) = (c.OptT(-1, "weight"), c.Bool(-1, "density", false));
        return c.Get(1, "bins") switch
        {
            long bins => c.T(0).HistogramDD(bins, Range(c), weight, density),
            System.Collections.IEnumerable list when list.Cast<object?>().FirstOrDefault() is Tensor =>
                c.T(0).HistogramDD(c.Tensors(1, "bins"), weight, density),
            _ => c.T(0).HistogramDD(c.Longs(1, "bins"), Range(c), weight, density),
        };
    }

    private static double[]? Range(Call c) => c.Get(-1, "range") is System.Collections.IEnumerable list
        ? [.. list.Cast<object>().Select(static v => Convert.ToDouble(v, System.Globalization.CultureInfo.InvariantCulture))]
        : null;
}
