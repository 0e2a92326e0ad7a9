namespace Nabla.Nn;

/// <summary>|x - y|, the mean absolute error.</summary>
/// <param name="reduction">What becomes of the single terms.</param>
/// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
public class L1Loss(Reduction reduction = Reduction.Mean, bool allowBroadcast = false) : Module<Tensor, Tensor, Tensor>
{
    /// <summary>The loss.</summary>
    /// <param name="input">x.</param>
    /// <param name="target">y, of the same shape.</param>
    protected override Tensor Forward(Tensor input, Tensor target) => Functional.L1Loss(input, target, reduction, allowBroadcast);
}

/// <summary>(x - y)², the mean squared error.</summary>
/// <inheritdoc cref="L1Loss"/>
public class MSELoss(Reduction reduction = Reduction.Mean, bool allowBroadcast = false) : Module<Tensor, Tensor, Tensor>
{
    /// <inheritdoc cref="L1Loss.Forward"/>
    protected override Tensor Forward(Tensor input, Tensor target) => Functional.MseLoss(input, target, reduction, allowBroadcast);
}

/// <summary>(x - y)² / 2β where |x - y| &lt; β, elsewhere |x - y| - β/2.</summary>
/// <param name="reduction">What becomes of the single terms.</param>
/// <param name="beta">β, not negative.</param>
/// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
public class SmoothL1Loss(Reduction reduction = Reduction.Mean, double beta = 1, bool allowBroadcast = false)
    : Module<Tensor, Tensor, Tensor>
{
    /// <inheritdoc cref="L1Loss.Forward"/>
    protected override Tensor Forward(Tensor input, Tensor target) =>
        Functional.SmoothL1Loss(input, target, reduction, beta, allowBroadcast);
}

/// <summary>(x - y)² / 2 where |x - y| &lt; δ, elsewhere δ (|x - y| - δ/2).</summary>
/// <param name="reduction">What becomes of the single terms.</param>
/// <param name="delta">δ, positive.</param>
/// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
public class HuberLoss(Reduction reduction = Reduction.Mean, double delta = 1, bool allowBroadcast = false) : Module<Tensor, Tensor, Tensor>
{
    /// <inheritdoc cref="L1Loss.Forward"/>
    protected override Tensor Forward(Tensor input, Tensor target) =>
        Functional.HuberLoss(input, target, reduction, delta, allowBroadcast: allowBroadcast);
}

/// <summary>-w (y log x + (1 - y) log(1 - x)), with logarithms of at least -100.</summary>
/// <param name="weight">w, which broadcasts with the input; 1 by default.</param>
/// <param name="reduction">What becomes of the single terms.</param>
/// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
public class BCELoss(Tensor? weight = null, Reduction reduction = Reduction.Mean, bool allowBroadcast = false)
    : Module<Tensor, Tensor, Tensor>
{
    /// <summary>w.</summary>
    [field: Buffer]
    public Tensor? Weight { get; private set; } = weight;

    /// <inheritdoc cref="L1Loss.Forward"/>
    protected override Tensor Forward(Tensor input, Tensor target) =>
        Functional.BinaryCrossEntropy(input, target, Weight, reduction, allowBroadcast);
}

/// <summary>The binary cross entropy of sigmoid(x), computed from x itself: -w (p y log σ(x) + (1 - y) log(1 - σ(x))).</summary>
/// <param name="weight">w, which broadcasts with the input; 1 by default.</param>
/// <param name="reduction">What becomes of the single terms.</param>
/// <param name="posWeight">p, which broadcasts with the input; 1 by default.</param>
/// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
public class BCEWithLogitsLoss(Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? posWeight = null,
    bool allowBroadcast = false) : Module<Tensor, Tensor, Tensor>
{
    /// <summary>w.</summary>
    [field: Buffer]
    public Tensor? Weight { get; private set; } = weight;

    /// <summary>p.</summary>
    [field: Buffer]
    public Tensor? PosWeight { get; private set; } = posWeight;

    /// <inheritdoc cref="L1Loss.Forward"/>
    protected override Tensor Forward(Tensor input, Tensor target) =>
        Functional.BinaryCrossEntropyWithLogits(input, target, Weight, reduction, PosWeight, allowBroadcast);
}

/// <summary>log(1 + e^(-yx)) with targets of 1 and -1.</summary>
/// <inheritdoc cref="L1Loss"/>
public class SoftMarginLoss(Reduction reduction = Reduction.Mean, bool allowBroadcast = false) : Module<Tensor, Tensor, Tensor>
{
    /// <inheritdoc cref="L1Loss.Forward"/>
    protected override Tensor Forward(Tensor input, Tensor target) => Functional.SoftMarginLoss(input, target, reduction, allowBroadcast);
}
