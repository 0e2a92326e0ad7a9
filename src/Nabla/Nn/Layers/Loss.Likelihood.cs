namespace Nabla.Nn;

/// <summary>-w x[y] of log-probabilities x and class numbers y.</summary>
/// <param name="weight">w: one number per class; 1 by default.</param>
/// <param name="ignoreIndex">Targets of this number do not count.</param>
/// <param name="reduction">What becomes of the single terms. The mean is weighted by w.</param>
public class NLLLoss(Tensor? weight = null, long ignoreIndex = -100, Reduction reduction = Reduction.Mean) : Module<Tensor, Tensor, Tensor>
{
    /// <summary>w.</summary>
    [field: Buffer]
    public Tensor? Weight { get; private set; } = weight;

    /// <summary>The loss.</summary>
    /// <param name="input">x: (N, C, ...) or (C).</param>
    /// <param name="target">y: (N, ...) or ().</param>
    protected override Tensor Forward(Tensor input, Tensor target) => Functional.NllLoss(input, target, Weight, ignoreIndex, reduction);
}

/// <summary>The negative log-likelihood of the softmax of x: of class numbers, or of class probabilities.</summary>
/// <param name="weight">w: one number per class; 1 by default.</param>
/// <param name="ignoreIndex">Targets of this number do not count.</param>
/// <param name="reduction">What becomes of the single terms. The mean is weighted by w.</param>
/// <param name="labelSmoothing">Which part of each target is spread over all classes, between 0 and 1.</param>
public class CrossEntropyLoss(Tensor? weight = null, long ignoreIndex = -100, Reduction reduction = Reduction.Mean,
    double labelSmoothing = 0) : Module<Tensor, Tensor, Tensor>
{
    /// <summary>w.</summary>
    [field: Buffer]
    public Tensor? Weight { get; private set; } = weight;

    /// <summary>The loss.</summary>
    /// <param name="input">x: (N, C, ...) or (C).</param>
    /// <param name="target">Class numbers (N, ...) or (), or probabilities of the input's shape.</param>
    protected override Tensor Forward(Tensor input, Tensor target) =>
        Functional.CrossEntropy(input, target, Weight, ignoreIndex, reduction, labelSmoothing);
}

/// <summary>The Kullback-Leibler divergence, term by term: y (log y - x).</summary>
/// <param name="reduction">What becomes of the terms. <see cref="Reduction.BatchMean"/> is the divergence per sample.</param>
/// <param name="logTarget">The targets are logarithms.</param>
/// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
public class KLDivLoss(Reduction reduction = Reduction.Mean, bool logTarget = false, bool allowBroadcast = false)
    : Module<Tensor, Tensor, Tensor>
{
    /// <summary>The loss.</summary>
    /// <param name="input">x: log-probabilities.</param>
    /// <param name="target">y: probabilities, or their logarithms.</param>
    protected override Tensor Forward(Tensor input, Tensor target) =>
        Functional.KlDiv(input, target, reduction, logTarget, allowBroadcast);
}

/// <summary>The negative log-likelihood of a Poisson distribution: e^x - y x, or x - y log(x + ε) if x is no logarithm.</summary>
/// <param name="logInput">x is a logarithm.</param>
/// <param name="full">Add Stirling's approximation of log y! where y is above 1.</param>
/// <param name="eps">ε, against log 0.</param>
/// <param name="reduction">What becomes of the single terms.</param>
/// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
public class PoissonNLLLoss(bool logInput = true, bool full = false, double eps = 1e-8, Reduction reduction = Reduction.Mean,
    bool allowBroadcast = false) : Module<Tensor, Tensor, Tensor>
{
    /// <inheritdoc cref="L1Loss.Forward"/>
    protected override Tensor Forward(Tensor input, Tensor target) =>
        Functional.PoissonNllLoss(input, target, logInput, full, eps, reduction, allowBroadcast);
}

/// <summary>The negative log-likelihood of a normal distribution: (log v + (x - y)² / v) / 2.</summary>
/// <param name="full">Add log(2π) / 2.</param>
/// <param name="eps">The least variance.</param>
/// <param name="reduction">What becomes of the single terms.</param>
/// <param name="allowBroadcast">Let the shapes of x and y differ if they broadcast.</param>
public class GaussianNLLLoss(bool full = false, double eps = 1e-6, Reduction reduction = Reduction.Mean, bool allowBroadcast = false)
    : Module<Tensor, Tensor, Tensor, Tensor>
{
    /// <summary>The loss with one variance for all.</summary>
    /// <param name="input">x.</param>
    /// <param name="target">y.</param>
    /// <param name="var">v, not negative.</param>
    public Tensor Call(Tensor input, Tensor target, double var)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Call(input, target, Tensor.FullLike(input.Detach(), var));
    }

    /// <summary>The loss.</summary>
    /// <param name="input">x.</param>
    /// <param name="target">y.</param>
    /// <param name="var">v, not negative: of the input's shape, or with a last dimension that is 1 or missing.</param>
    protected override Tensor Forward(Tensor input, Tensor target, Tensor var) =>
        Functional.GaussianNllLoss(input, target, var, full, eps, reduction, allowBroadcast);
}

/// <summary>The negative log-likelihood of label sequences of unknown alignment (A. Graves et al., Connectionist temporal classification,
/// 2006).</summary>
/// <param name="blank">The number of the blank label.</param>
/// <param name="reduction">What becomes of the sequences' losses. The mean divides each by its target length first.</param>
/// <param name="zeroInfinity">Infinite losses, of targets that do not fit, are zero.</param>
public class CTCLoss(long blank = 0, Reduction reduction = Reduction.Mean, bool zeroInfinity = false)
    : Module<(Tensor LogProbs, Tensor Targets, Tensor InputLengths, Tensor TargetLengths), Tensor>
{
    /// <summary>The loss.</summary>
    /// <param name="logProbs">(T, N, C) or (T, C).</param>
    /// <param name="targets">(N, S), or all one after the other.</param>
    /// <param name="inputLengths">(N) or ().</param>
    /// <param name="targetLengths">(N) or ().</param>
    public Tensor Call(Tensor logProbs, Tensor targets, Tensor inputLengths, Tensor targetLengths) =>
        Call((logProbs, targets, inputLengths, targetLengths));

    /// <inheritdoc cref="Call(Tensor, Tensor, Tensor, Tensor)"/>
    public Tensor Call(Tensor logProbs, Tensor targets, IReadOnlyList<long> inputLengths, IReadOnlyList<long> targetLengths) =>
        Call((logProbs, targets, Tensor.From<long>([.. inputLengths]), Tensor.From<long>([.. targetLengths])));

    /// <inheritdoc/>
    protected override Tensor Forward((Tensor LogProbs, Tensor Targets, Tensor InputLengths, Tensor TargetLengths) input) =>
        Functional.CtcLoss(input.LogProbs, input.Targets, input.InputLengths, input.TargetLengths, blank, reduction, zeroInfinity);
}
