namespace Nabla.Registry;

internal static class LossRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        Pair("mse_loss", static (x, y, r) => Functional.MseLoss(x, y, r, allowBroadcast: true)),
        Pair("l1_loss", static (x, y, r) => Functional.L1Loss(x, y, r, allowBroadcast: true)) with { Covers = ["PairLoss`1"] },
        new("nn.functional.smooth_l1_loss", c =>
            Functional.SmoothL1Loss(c.T(0), c.T(1), Reduce(c), c.Double(-1, "beta", 1), allowBroadcast: true)) { Covers = ["SmoothL1Loss",
                "PairLoss`1"], Samples = Pairs },
        new("nn.functional.huber_loss", c =>
            Functional.HuberLoss(c.T(0), c.T(1), Reduce(c), c.Double(-1, "delta", 1), c.OptT(-1, "weight"),
                allowBroadcast: true)) { Covers = ["HuberLoss", "BoundedDifference"], Samples = Pairs },
        new("nn.functional.binary_cross_entropy", c =>
            Functional.BinaryCrossEntropy(c.T(0), c.T(1), c.OptT(2, "weight"), Reduce(c), allowBroadcast: true))
        {
            Covers = ["BinaryCrossEntropy"],
            Samples = () => [new([In.Between(0.1, 0.9, 2, 3), In.Between(0.1, 0.8, 3, 2).Detach().Reshape([2, 3]).RequiresGrad_()]),
                new([In.Between(0.1, 0.9, 3), In.Const(In.Between(0, 1, 3))], With("reduction", "none"))],
            Errors = [(() => Functional.BinaryCrossEntropy(Tensor.From([1.5]), Tensor.From([1.0])), typeof(ArgumentOutOfRangeException),
                "between 0 and 1"),
                (() => Functional.BinaryCrossEntropy(Tensor.From([0.5, 0.5]), Tensor.From([1.0])), typeof(ShapeException),
                    "Using a target size")],
        },
        new("nn.functional.binary_cross_entropy_with_logits", c =>
            Functional.BinaryCrossEntropyWithLogits(c.T(0), c.T(1), c.OptT(2, "weight"), Reduce(c), c.OptT(-1, "pos_weight"),
                allowBroadcast: true))
        {
            Covers = ["BinaryCrossEntropyWithLogits"],
            Samples = () => [new([In.Real(2, 3), In.Unit(2, 3)]),
                new([In.Real(2, 3), In.Unit(2, 3)], With("pos_weight", In.Const(In.Positive(3))))],
        },
        new("nn.functional.kl_div", c =>
        {
            Tensor y = Functional.KlDiv(c.T(0), c.T(1), Batchmean(c) ? Reduction.Sum : Reduce(c), c.Bool(-1, "log_target", false),
                allowBroadcast: true);
            return Batchmean(c) && c.T(0).NDim > 0 ? y / (double)c.T(0).Size(0) : y;
        })
        {
            Samples = () => [new([In.Real(2, 3), In.Positive(2, 3)]), new([In.Real(2, 3), In.Real2(2, 3)], With("log_target", true))],
        },
        new("nn.functional.poisson_nll_loss", c => Functional.PoissonNllLoss(c.T(0), c.T(1), c.Bool(2, "log_input", true),
            c.Bool(3, "full", false),
            c.Double(-1, "eps", 1e-8), Reduce(c), allowBroadcast: true)) { Samples = () => [new([In.Positive(2, 3), In.Positive(2, 3)])] },
        new("nn.functional.gaussian_nll_loss", c => Functional.GaussianNllLoss(c.T(0), c.T(1), c.T(2), c.Bool(-1, "full", false),
            c.Double(-1, "eps", 1e-6),
            Reduce(c), allowBroadcast: true)) { Samples = () => [new([In.Real(2, 3), In.Real2(2, 3), In.Positive(2, 3)])] },
        new("nn.functional.hinge_embedding_loss", c => Functional.HingeEmbeddingLoss(c.T(0), c.T(1), c.Double(2, "margin", 1), Reduce(c),
            allowBroadcast: true))
            { Samples = () => [new([In.Real(2, 3), Signs(2, 3)])] },
        new("nn.functional.margin_ranking_loss", c => Functional.MarginRankingLoss(c.T(0), c.T(1), c.T(2), c.Double(3, "margin", 0),
            Reduce(c), allowBroadcast: true))
            { Samples = () => [new([In.Real(2, 3), In.Real2(2, 3), Signs(2, 3)])] },
        new("nn.functional.cosine_embedding_loss", c => Functional.CosineEmbeddingLoss(c.T(0), c.T(1), c.T(2), c.Double(3, "margin", 0),
            Reduce(c)))
            { Samples = () => [new([In.Real(4, 3), In.Real2(4, 3), Signs(4)])] },
        new("nn.functional.triplet_margin_loss", c => Functional.TripletMarginLoss(c.T(0), c.T(1), c.T(2), c.Double(3, "margin", 1),
            c.Double(4, "p", 2),
            c.Double(5, "eps", 1e-6), c.Bool(6, "swap", false), Reduce(c)))
        {
            Samples = () => [new([In.Real(2, 3), In.Real2(2, 3), In.Positive(2, 3)]),
                new([In.Real(2, 3), In.Real2(2, 3), In.Positive(2, 3)], With("swap", true))],
            Errors = [(() => Functional.TripletMarginLoss(In.Real(3), In.Real(3), In.Real(3), 0), typeof(ArgumentOutOfRangeException),
                "margin must be greater than 0")],
        },
        new("nn.functional.triplet_margin_with_distance_loss", c => Functional.TripletMarginWithDistanceLoss(c.T(0), c.T(1), c.T(2), null,
            c.Double(-1, "margin", 1), c.Bool(-1, "swap", false), Reduce(c))) { Samples = () =>
                [new([In.Real(2, 3), In.Real2(2, 3), In.Positive(2, 3)])] },
        new("nn.functional.soft_margin_loss", c => Functional.SoftMarginLoss(c.T(0), c.T(1), Reduce(c), allowBroadcast: true))
            { Covers = ["SoftMarginLoss"], Samples = () => [new([In.Real(2, 3), Signs(2, 3)])] },
        new("nn.functional.multi_margin_loss", c => Functional.MultiMarginLoss(c.T(0), c.T(1), c.Int(2, "p", 1), c.Double(3, "margin", 1),
            c.OptT(4, "weight"), Reduce(c)))
        {
            Samples = () => [new([In.Real(3, 4), In.Index(4, 3)]), new([In.Real(3, 4), In.Index(4, 3), 2L])],
            Errors = [(() => Functional.MultiMarginLoss(In.Real(2, 3), Tensor.From([0L, 3])), typeof(ArgumentOutOfRangeException),
                "target out of range")],
        },
        new("nn.functional.multilabel_margin_loss", c => Functional.MultilabelMarginLoss(c.T(0), c.T(1), Reduce(c)))
            { Samples = () => [new([In.Real(2, 3), Tensor.From([2L, 0, -1, 1, -1, 0], [2, 3])])] },
        new("nn.functional.multilabel_soft_margin_loss", c =>
            Functional.MultilabelSoftMarginLoss(c.T(0), c.T(1), c.OptT(2, "weight"), Reduce(c), allowBroadcast: true)) { Samples = () =>
                [new([In.Real(2, 3), In.Unit(2, 3)])] },
        new("nn.functional.nll_loss", c => Functional.NllLoss(c.T(0), c.T(1), c.OptT(2, "weight"), c.Long(-1, "ignore_index", -100),
            Reduce(c)))
        {
            Covers = ["NllLoss", "NllLossBackward", "NllPick", "NllWeights"],
            Samples = Classes,
            Errors = [(() => Functional.NllLoss(In.Real(2, 3), Tensor.From([0L, 3])), typeof(ArgumentOutOfRangeException),
                "Target 3 is out of bounds"),
                (() => Functional.NllLoss(In.Real(2, 3), Tensor.From([0L, 1, 2])), typeof(ShapeException),
                    "Expected input batch_size (2) to match target batch_size (3)")],
        },
        new("nn.functional.cross_entropy", c => Functional.CrossEntropy(c.T(0), c.T(1), c.OptT(2, "weight"),
            c.Long(-1, "ignore_index", -100), Reduce(c),
            c.Double(-1, "label_smoothing", 0)))
        {
            Samples = () => [.. Classes(), new([In.Real(3, 4), In.Positive(3, 4)]),
                new([In.Real(3, 4), In.Index(4, 3)], With("label_smoothing", 0.2))],
            Errors = [(() => Functional.CrossEntropy(In.Real(2, 3), Tensor.From([0L, -1])), typeof(ArgumentOutOfRangeException),
                "Target -1 is out of bounds"),
                (() => Functional.CrossEntropy(In.Real(2, 3), Tensor.From([0L, 1]), labelSmoothing: 2),
                    typeof(ArgumentOutOfRangeException), "label_smoothing")],
        },
    ];

    private static OpRow Pair(string name, Func<Tensor, Tensor, Reduction, Tensor> run) =>
        new("nn.functional." + name, c => run(c.T(0), c.T(1), Reduce(c)))
        {
            Covers = ["MseLoss", "PairLoss`1"],
            Samples = Pairs,
            Errors = [(() => Functional.MseLoss(In.Real(2, 3), In.Real(2, 1)), typeof(ShapeException), "Using a target size")],
        };

    private static IEnumerable<Call> Pairs() =>
    [
        new([In.Real(2, 3), In.Real2(2, 3)]), new([In.Real(2, 3), In.Real2(2, 3)], With("reduction", "none")),
            new([In.Real(2, 3), In.Real2(2, 3)], With("reduction", "sum")),
        new([In.Real(), In.Real2()]), new([In.Real(0), In.Real2(0)], With("reduction", "sum")), new([In.Real(2, 3), In.Real2(3)]),
    ];

    private static IEnumerable<Call> Classes() =>
    [
        new([In.Real(3, 4), In.Index(4, 3)]), new([In.Real(3, 4), In.Index(4, 3), In.Const(In.Positive(4))]),
            new([In.Real(2, 3, 2), In.Index(3, 2, 2)], With("reduction", "none")),
        new([In.Real(4), In.Index(4)]), new([In.Real(3, 4), In.Index(4, 3)], With("ignore_index", 1L)),
    ];

    private static Tensor Signs(params long[] shape) => In.Mask(shape).To(DType.Float64) * 2.0 - 1.0;

    private static Dictionary<string, object?> With(string name, object? value) => new() { [name] = value };

    private static bool Batchmean(Call c) => c.String(-1, "reduction", "mean") == "batchmean";

    private static Reduction Reduce(Call c) => c.String(-1, "reduction", "mean") switch
    {
        "mean" => Reduction.Mean,
        "sum" => Reduction.Sum,
        "none" => Reduction.None,
        string other => throw new ArgumentException($"{other} is not a valid value for reduction"),
    };
}
