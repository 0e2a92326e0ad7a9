using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>The factor of each target's term: its class's weight, over the sum of all factors for a mean; 0 where it is
    /// ignored.</summary>
    public readonly record struct NllWeights(int Rank, long Classes, long Ignore, bool Mean, DType DType) : IOp<NllWeights>
    {
        static bool IOperation<NllWeights>.Differentiable => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Nll.Weights(x[0], x.Length > 1 ? x[1] : null, Rank, Classes, Ignore,
            Mean, DType)];
        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) { }
        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => [null];
    }

    /// <summary>-c x[target] for log-probabilities x, targets of Rank dimensions and, if given, weights of classes; c are the factors
    /// that follow from these; summed unless Each. The factors are computed again in backward rather than kept.</summary>
    public readonly record struct NllLoss(int Rank, long Classes, long Ignore, bool Each, bool Mean) : IOp<NllLoss>
    {
        static string IOperation<NllLoss>.NodeName(NllLoss op) => op.Rank > 1 ? "NllLoss2DBackward0" : "NllLossBackward0";
        static bool IOp<NllLoss>.SavesInput(NllLoss op, int i) => i > 0;
        static bool IOp<NllLoss>.SavesOutput(NllLoss op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) =>
            [Kernels.Nll.Forward(x[0], x[1], Factors(x, x[0].DType), Rank, Ignore, Each, Mean)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor d = Each ? g[0]! : g[0]!.Spread(x[1].Shape, Dims.All(Rank), false);
            into[0] = Op.Apply(new NllLossBackward(Rank, Classes, Ignore), d, x[1], Factors(x, d.DType))[0];
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is not { } d ? null : x.Length > 2 ? Op.Apply(this, d, x[1], x[2])[0] : Op.Apply(this, d, x[1])[0]];

        private Tensor Factors(ReadOnlySpan<Tensor> x, DType dtype)
        {
            NllWeights factors = new(Rank, Classes, Ignore, Mean, dtype);
            return x.Length > 2 ? Op.Apply(factors, x[1], x[2])[0] : Op.Apply(factors, x[1])[0];
        }
    }

    /// <summary>-c x[target], the transpose of <see cref="NllLossBackward"/>.</summary>
    public readonly record struct NllPick(int Rank, long Classes, long Ignore) : IOp<NllPick>
    {
        static string IOperation<NllPick>.NodeName(NllPick op) => "NllLossBackwardBackward0";
        static bool IOp<NllPick>.SavesInput(NllPick op, int i) => i > 0;
        static bool IOp<NllPick>.SavesOutput(NllPick op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Nll.Forward(x[0], x[1], x[2], Rank, Ignore, each: true, mean: false)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = Op.Apply(new NllLossBackward(Rank, Classes, Ignore), g[0]!, x[1], x[2])[0];

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is { } d ? Op.Apply(this, d, x[1], x[2])[0] : null];
    }

    /// <summary>Zeros with -c g at the targets' classes: the transpose of <see cref="NllPick"/>.</summary>
    public readonly record struct NllLossBackward(int Rank, long Classes, long Ignore) : IOp<NllLossBackward>
    {
        static bool IOp<NllLossBackward>.SavesInput(NllLossBackward op, int i) => i > 0;
        static bool IOp<NllLossBackward>.SavesOutput(NllLossBackward op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Nll.Backward(x[0], x[1], x[2], Rank, Classes, Ignore)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = Op.Apply(new NllPick(Rank, Classes, Ignore), g[0]!, x[1], x[2])[0];

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is { } d ? Op.Apply(this, d, x[1], x[2])[0] : null];
    }
}

public static partial class Functional
{
    /// <summary>The negative log-likelihood of the target classes: -w[t] x[t] for log-probabilities x.</summary>
    /// <param name="input">x: [C], [N, C] or [N, C, d1, ...].</param>
    /// <param name="target">t, integers in [0, C): [], [N] or [N, d1, ...].</param>
    /// <param name="weight">w: one factor per class.</param>
    /// <param name="ignoreIndex">A target that does not count.</param>
    /// <param name="reduction">What becomes of the terms; a mean is over the weights of those that count, NaN if none does.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="DTypeException">The input is not floating-point, or the target not of integers.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A target is not a class.</exception>
    public static Tensor NllLoss(Tensor input, Tensor target, Tensor? weight = null, long ignoreIndex = -100,
        Reduction reduction = Reduction.Mean)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target, ref weight);
        reduction.Check();
        CheckTarget("nll_loss", input, target, weight);
        Throw.IfRequiresGrad(weight, "nll_loss_forward", "weight");
        int rank = target.Rank;
        if (!input.DType.IsFloatingPoint())
            Throw.Types($"\"nll_loss{(rank > 1 ? "2d_forward" : "")}_out_frame\" not implemented for '{input.DType.ScalarName()}': the " +
                "input holds log-probabilities. Convert it first, for example .To(DType.Float32).");
        long classes = input.Size(Kernels.Nll.ClassDim(rank));
        Tensor t = target.To(DType.Int64);
        Ops.NllLoss loss = new(rank, classes, ignoreIndex, reduction == Reduction.None, reduction == Reduction.Mean);
        return weight is null ? Op.Apply(loss, input, t)[0] : Op.Apply(loss, input, t, weight)[0];
    }

    /// <summary>
    /// Cross entropy of the softmax of x over the classes: -Σ w[c] y[c] log softmax(x)[c], where y is 1 for the target class, or given.
    /// </summary>
    /// <param name="input">x, any numbers: [C], [N, C] or [N, C, d1, ...].</param>
    /// <param name="target">Classes, integers in [0, C): [], [N] or [N, d1, ...]; or y, floating point, of the shape of x.</param>
    /// <param name="weight">w: one factor per class.</param>
    /// <param name="ignoreIndex">A target class that does not count.</param>
    /// <param name="reduction">What becomes of the terms; for classes, a mean is over the weights of those that count, NaN if none
    /// does.</param>
    /// <param name="labelSmoothing">ε in [0, 1]: y becomes (1 - ε) y + ε / C.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A target is not a class, or ε is not in [0, 1].</exception>
    public static Tensor CrossEntropy(Tensor input, Tensor target, Tensor? weight = null, long ignoreIndex = -100,
        Reduction reduction = Reduction.Mean, double labelSmoothing = 0)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target, ref weight);
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1))
            Throw.Range(nameof(labelSmoothing), labelSmoothing, $"label_smoothing must be between 0.0 and 1.0. Got: {labelSmoothing}");
        reduction.Check();
        if (input.NDim == 0) Throw.Shapes("Expected 1 or more dimensions (got 0): cross_entropy takes [C], [N, C] or [N, C, ...].");
        int dim = input.NDim == 1 ? 0 : 1;
        if (target.DType.IsFloatingPoint() && target.layout.SameShape(input.layout))
            return OfProbabilities(input, target, weight, reduction, labelSmoothing, dim);
        if (target.DType.IsFloatingPoint())
            Throw.Types($"expected scalar type Long but found {target.DType.ScalarName()}: cross_entropy takes integer classes, or " +
                $"probabilities of the input's shape {input.Shape}; the target has shape {target.Shape}.");
        CheckTarget("cross_entropy", input, target, weight);
        Tensor logs = input.LogSoftmax(dim);
        Tensor loss = NllLoss(logs, target, weight, ignoreIndex, reduction);
        if (labelSmoothing == 0) return loss;
        return loss * (1 - labelSmoothing) + Smooth(logs, target, weight, ignoreIndex, reduction, dim) * (labelSmoothing / input.Size(dim));
    }

    private static Tensor OfProbabilities(Tensor input, Tensor target, Tensor? weight, Reduction reduction, double smoothing, int dim)
    {
        long classes = input.Size(dim);
        CheckWeight(input, weight, classes);
        Tensor y = smoothing == 0 ? target : target * (1 - smoothing) + smoothing / classes;
        Tensor terms = input.LogSoftmax(dim) * y;
        if (weight is not null) terms = terms * AlongClasses(weight, input.NDim, dim);
        if (reduction == Reduction.None) return -terms.Sum(dim);
        Tensor total = -terms.Sum();
        return reduction == Reduction.Sum ? total : total / ((double)input.NumElements / classes);
    }

    /// <summary>-Σ w[c] log p[c] over all classes, for targets that count; a mean is over the targets' weights.</summary>
    private static Tensor Smooth(Tensor logs, Tensor target, Tensor? weight, long ignore, Reduction reduction, int dim)
    {
        Tensor t = target.To(DType.Int64);
        Ops.NllWeights kind = new(t.Rank, logs.Size(dim), ignore, reduction == Reduction.Mean, logs.DType);
        Tensor weighted = weight is null ? logs : logs * AlongClasses(weight, logs.NDim, dim);
        // Every target that counts has the factor 1 over the sum of weights, whatever its own. Others are filled, not multiplied: if none
        // counts, the factor is infinite, and the gradient 0 all the same.
        Tensor terms = (-weighted.Sum(dim)).MaskedFill(t.Eq(ignore), 0);
        if (reduction != Reduction.Mean) return terms.Reduced(reduction);
        if (weight is null) return terms.Sum() / t.Ne(ignore).Sum();
        Tensor each = Op.Apply(kind with { Mean = false }, t, weight)[0];
        return terms.Sum() / each.Sum();
    }

    private static Tensor AlongClasses(Tensor weight, int rank, int dim)
    {
        Tensor w = weight;
        for (int d = dim + 1; d < rank; d++) w = w.Unsqueeze(-1);
        return w;
    }

    private static void CheckWeight(Tensor input, Tensor? weight, long classes)
    {
        if (weight is not null && (weight.NDim != 1 || weight.Size(0) != classes))
            Throw.Shapes($"weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of " +
                $"shape: {weight.Shape}. The input has shape {input.Shape}.");
    }

    private static void CheckTarget(string name, Tensor input, Tensor target, Tensor? weight)
    {
        if (input.NDim == 0) Throw.Shapes($"Expected 1 or more dimensions (got 0): {name} takes [C], [N, C] or [N, C, ...].");
        if (!target.DType.IsInteger()) Throw.Types($"expected scalar type Long but found {target.DType.ScalarName()}: {name} takes " +
            "integer classes.");
        if (target.NDim != input.NDim - 1)
            Throw.Shapes($"{name}: the target has {target.NDim} dimensions and the input {input.NDim}; one less is needed: input " +
                $"{input.Shape}, target {target.Shape}.");
        if (input.NDim > 1 && input.Size(0) != target.Size(0))
            Throw.Shapes($"Expected input batch_size ({input.Size(0)}) to match target batch_size ({target.Size(0)}). {name}: input " +
                $"{input.Shape}, target {target.Shape}.");
        for (int d = 2; d < input.NDim; d++)
            if (input.Size(d) != target.Size(d - 1))
                Throw.Shapes($"Expected target size {new Shape([input.Size(0), .. input.layout.shape[2..]])}, got {target.Shape}. " +
                    $"{name}: the input has shape {input.Shape}.");
        CheckWeight(input, weight, input.Size(input.NDim == 1 ? 0 : 1));
    }
}
