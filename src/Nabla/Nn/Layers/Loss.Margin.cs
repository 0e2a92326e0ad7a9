namespace Nabla.Nn;

/// <summary>x where y is 1, max(0, margin - x) where y is -1.</summary>
/// <param name="margin">The margin.</param>
/// <param name="reduction">What becomes of the single terms.</param>
/// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
public class HingeEmbeddingLoss(double margin = 1, Reduction reduction = Reduction.Mean, bool allowBroadcast = false)
    : Module<Tensor, Tensor, Tensor>
{
    /// <inheritdoc cref="L1Loss.Forward"/>
    protected override Tensor Forward(Tensor input, Tensor target) =>
        Functional.HingeEmbeddingLoss(input, target, margin, reduction, allowBroadcast);
}

/// <summary>max(0, -y (x1 - x2) + margin): the first shall be the larger one where y is 1, the second where it is -1.</summary>
/// <inheritdoc cref="HingeEmbeddingLoss"/>
public class MarginRankingLoss(double margin = 0, Reduction reduction = Reduction.Mean, bool allowBroadcast = false)
    : Module<Tensor, Tensor, Tensor, Tensor>
{
    /// <summary>The loss.</summary>
    /// <param name="input1">x1.</param>
    /// <param name="input2">x2.</param>
    /// <param name="target">y: 1 or -1.</param>
    protected override Tensor Forward(Tensor input1, Tensor input2, Tensor target) =>
        Functional.MarginRankingLoss(input1, input2, target, margin, reduction, allowBroadcast);
}

/// <summary>1 - cos(x1, x2) where y is 1, max(0, cos(x1, x2) - margin) where it is -1.</summary>
/// <param name="margin">The margin, between -1 and 1.</param>
/// <param name="reduction">What becomes of the single terms.</param>
public class CosineEmbeddingLoss(double margin = 0, Reduction reduction = Reduction.Mean) : Module<Tensor, Tensor, Tensor, Tensor>
{
    /// <summary>The loss.</summary>
    /// <param name="input1">x1: (N, D) or (D).</param>
    /// <param name="input2">x2.</param>
    /// <param name="target">y: (N) or (), 1 or -1.</param>
    protected override Tensor Forward(Tensor input1, Tensor input2, Tensor target) =>
        Functional.CosineEmbeddingLoss(input1, input2, target, margin, reduction);
}

/// <summary>The mean over the classes j ≠ y of w[y] max(0, margin - x[y] + x[j])^p.</summary>
public class MultiMarginLoss : Module<Tensor, Tensor, Tensor>
{
    private readonly int p;
    private readonly double margin;
    private readonly Reduction reduction;

    /// <summary>With these arguments.</summary>
    /// <param name="p">1 or 2.</param>
    /// <param name="margin">The margin.</param>
    /// <param name="weight">w: one number per class; 1 by default.</param>
    /// <param name="reduction">What becomes of the samples' losses.</param>
    /// <exception cref="ArgumentException">p is neither 1 nor 2, or the weight has not one dimension.</exception>
    public MultiMarginLoss(int p = 1, double margin = 1, Tensor? weight = null, Reduction reduction = Reduction.Mean)
    {
        if (p is not (1 or 2)) Throw.Range(nameof(p), p, "only p == 1 and p == 2 supported");
        if (weight is { NDim: not 1 })
            Throw.Shapes($"MultiMarginLoss: expected weight to be None or 1D tensor, got {weight.NDim}D instead");
        (this.p, this.margin, Weight, this.reduction) = (p, margin, weight, reduction);
    }

    /// <summary>w.</summary>
    [field: Buffer]
    public Tensor? Weight { get; private set; }

    /// <summary>The loss.</summary>
    /// <param name="input">x: (N, C) or (C).</param>
    /// <param name="target">y: (N) or ().</param>
    protected override Tensor Forward(Tensor input, Tensor target) =>
        Functional.MultiMarginLoss(input, target, p, margin, Weight, reduction);
}

/// <summary>Σ max(0, 1 - (x[y] - x[i])) / C over the listed classes y and the others i; a list ends at -1.</summary>
/// <param name="reduction">What becomes of the samples' losses.</param>
public class MultiLabelMarginLoss(Reduction reduction = Reduction.Mean) : Module<Tensor, Tensor, Tensor>
{
    /// <inheritdoc cref="L1Loss.Forward"/>
    protected override Tensor Forward(Tensor input, Tensor target) => Functional.MultilabelMarginLoss(input, target, reduction);
}

/// <summary>The mean over the classes of the binary cross entropy of sigmoid(x).</summary>
/// <param name="weight">One number per class; 1 by default.</param>
/// <param name="reduction">What becomes of the samples' losses.</param>
/// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
public class MultiLabelSoftMarginLoss(Tensor? weight = null, Reduction reduction = Reduction.Mean, bool allowBroadcast = false)
    : Module<Tensor, Tensor, Tensor>
{
    /// <summary>One number per class.</summary>
    [field: Buffer]
    public Tensor? Weight { get; private set; } = weight;

    /// <inheritdoc cref="L1Loss.Forward"/>
    protected override Tensor Forward(Tensor input, Tensor target) =>
        Functional.MultilabelSoftMarginLoss(input, target, Weight, reduction, allowBroadcast);
}

/// <summary>max(0, d(anchor, positive) - d(anchor, negative) + margin) with d the p-norm of the difference.</summary>
public class TripletMarginLoss : Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly double margin, p, eps;
    private readonly bool swap;
    private readonly Reduction reduction;

    /// <summary>With these arguments.</summary>
    /// <param name="margin">The margin, positive.</param>
    /// <param name="p">The norm.</param>
    /// <param name="eps">Added to the differences.</param>
    /// <param name="swap">Take the distance of positive and negative where that is smaller than that of anchor and negative.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <exception cref="ArgumentOutOfRangeException">The margin is not positive.</exception>
    public TripletMarginLoss(double margin = 1, double p = 2, double eps = 1e-6, bool swap = false, Reduction reduction = Reduction.Mean)
    {
        CheckMargin(nameof(TripletMarginLoss), margin);
        (this.margin, this.p, this.eps, this.swap, this.reduction) = (margin, p, eps, swap, reduction);
    }

    internal static void CheckMargin(string name, double margin)
    {
        if (!(margin > 0)) Throw.Range(nameof(margin), margin, $"{name}: expected margin to be greater than 0, got {margin} instead");
    }

    /// <summary>The loss.</summary>
    /// <param name="anchor">(N, D) or (D).</param>
    /// <param name="positive">What shall be near.</param>
    /// <param name="negative">What shall be far.</param>
    protected override Tensor Forward(Tensor anchor, Tensor positive, Tensor negative) =>
        Functional.TripletMarginLoss(anchor, positive, negative, margin, p, eps, swap, reduction);
}

/// <summary>max(0, d(anchor, positive) - d(anchor, negative) + margin) with a distance of one's own.</summary>
public class TripletMarginWithDistanceLoss : Module<Tensor, Tensor, Tensor, Tensor>
{
    private readonly Func<Tensor, Tensor, Tensor> distance;
    private readonly Module? distanceFunction;
    private readonly double margin;
    private readonly bool swap;
    private readonly Reduction reduction;

    /// <summary>With these arguments.</summary>
    /// <param name="distanceFunction">d, a function or a module, which becomes a child; <see cref="PairwiseDistance"/> by default.</param>
    /// <param name="margin">The margin, positive.</param>
    /// <param name="swap">Take the distance of positive and negative where that is smaller than that of anchor and negative.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <exception cref="ArgumentOutOfRangeException">The margin is not positive.</exception>
    public TripletMarginWithDistanceLoss(Func<Tensor, Tensor, Tensor>? distanceFunction = null, double margin = 1, bool swap = false,
        Reduction reduction = Reduction.Mean)
    {
        TripletMarginLoss.CheckMargin(nameof(TripletMarginWithDistanceLoss), margin);
        distance = distanceFunction ?? new PairwiseDistance();
        this.distanceFunction = distance.Target as Module;
        (this.margin, this.swap, this.reduction) = (margin, swap, reduction);
    }

    /// <inheritdoc cref="TripletMarginLoss.Forward"/>
    protected override Tensor Forward(Tensor anchor, Tensor positive, Tensor negative) =>
        Functional.TripletMarginWithDistanceLoss(anchor, positive, negative,
            distanceFunction is Module<Tensor, Tensor, Tensor> module ? module.Call : distance, margin, swap, reduction);
}
