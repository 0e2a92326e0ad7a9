using Nabla.Amp;

namespace Nabla;

public static partial class Functional
{
    /// <summary>The Kullback-Leibler divergence, term by term: y (log y - x), 0 where y is 0; for log-targets e^y (y - x).</summary>
    /// <param name="input">x: log-probabilities.</param>
    /// <param name="target">y: probabilities, or their logarithms; of the same shape.</param>
    /// <param name="reduction">What becomes of the terms. The mean is over all elements; <see cref="Reduction.BatchMean"/> is the
    /// divergence per sample.</param>
    /// <param name="logTarget">The targets are logarithms.</param>
    /// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor KlDiv(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, bool logTarget = false,
        bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target);
        SameShape("kl_div", input, target, allowBroadcast);
        Tensor terms = logTarget ? target.Exp() * (target - input) : target.XLogY(target) - target * input;
        if (reduction != Reduction.BatchMean) return terms.Reduced(reduction);
        return input.NDim == 0 ? terms.Sum() : terms.Sum() / (double)input.Size(0);
    }

    /// <summary>The negative log-likelihood of a Poisson distribution: e^x - y x, or x - y log(x + ε) if x is no logarithm.</summary>
    /// <param name="input">x: the logarithm of the mean, or the mean.</param>
    /// <param name="target">y: counts, of the same shape.</param>
    /// <param name="logInput">x is a logarithm.</param>
    /// <param name="full">Add Stirling's approximation of log y! where y is above 1.</param>
    /// <param name="eps">ε, against log 0.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor PoissonNllLoss(Tensor input, Tensor target, bool logInput = true, bool full = false, double eps = 1e-8,
        Reduction reduction = Reduction.Mean, bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target);
        SameShape("poisson_nll_loss", input, target, allowBroadcast);
        Tensor loss = logInput ? input.Exp() - target * input : input - target * (input + eps).Log();
        if (full)
        {
            Tensor stirling = target * target.Log() - target + (target * (2 * Math.PI)).Log() * 0.5;
            loss = loss + Tensor.Where(target.Le(1), 0.0, stirling);
        }
        return loss.Reduced(reduction);
    }

    /// <summary>The negative log-likelihood of a normal distribution: (log v + (x - y)² / v) / 2, v being at least ε.</summary>
    /// <param name="input">x: the means.</param>
    /// <param name="target">y, of the same shape.</param>
    /// <param name="var">v: of the same shape, or without its last dimension, or with size 1 there.</param>
    /// <param name="full">Add log(2π) / 2.</param>
    /// <param name="eps">ε; raising v to it leaves v's gradient as it is.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="allowBroadcast">Let x and y have different shapes that broadcast.</param>
    /// <exception cref="ArgumentOutOfRangeException">A variance is negative.</exception>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public static Tensor GaussianNllLoss(Tensor input, Tensor target, Tensor var, bool full = false, double eps = 1e-6,
        Reduction reduction = Reduction.Mean, bool allowBroadcast = false)
    {
        SameShape("gaussian_nll_loss", input, target, allowBroadcast);
        if (!var.layout.SameShape(input.layout) && var.NDim > 0)
        {
            if (input.layout.shape.AsSpan(..^1).SequenceEqual(var.layout.shape)) var = var.Unsqueeze(-1);
            else if (!(var.NDim == input.NDim && var.Size(-1) == 1
                && input.layout.shape.AsSpan(..^1).SequenceEqual(var.layout.shape.AsSpan(..^1))))
                Throw.Shapes($"var is of incorrect size: input {input.Shape}, var {var.Shape}.");
        }
        Tensor own = var.Detach();
        if (own.wrap is null && (bool)own.Lt(0).Any()) Throw.Range(nameof(var), own.AMin().Item(), "var has negative entry/entries");
        Tensor v = var + (own.ClampMin(eps) - own), d = input - target;
        Tensor loss = (v.Log() + d * d / v) * 0.5;
        if (full) loss = loss + 0.5 * Math.Log(2 * Math.PI);
        return loss.Reduced(reduction);
    }
}
