using System.Runtime.CompilerServices;
using Nabla.Amp;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>
    /// -log p of each item's labels. Operands: log-probabilities [..., T, N, C], labels [..., N, S], the lengths of both [..., N]. As in
    /// PyTorch, the gradient is that of the loss plus Σ e^x - T, which is 0 for the log-softmax of anything.
    /// </summary>
    public readonly record struct CtcLoss(long Blank, bool ZeroInfinity) : IOp<CtcLoss>
    {
        static bool IOp<CtcLoss>.SavesOutput(CtcLoss op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Ctc.Loss(x[0], x[1], x[2], x[3], Blank)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is { } d) into[0] = Op.Apply(new CtcLossBackward(this), d, x[0], x[1], x[2], x[3])[0];
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor slope = Op.Apply(new CtcLossBackward(this), Tensor.OnesLike(y[0]), x[0], x[1], x[2], x[3])[0];
            return [t[0] is { } d ? (slope * d).Sum(new Dims([-3, -1])) : null];
        }
    }

    /// <summary>The gradient of <see cref="CtcLoss"/>. Operands: g [..., N], and those of the loss.</summary>
    public readonly record struct CtcLossBackward(CtcLoss Of) : IOp<CtcLossBackward>
    {
        static bool IOp<CtcLossBackward>.SavesOutput(CtcLossBackward op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) =>
            [Kernels.Ctc.Gradient(x[0], x[1], null, x[2], x[3], x[4], Of.Blank, Of.ZeroInfinity)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } u) return;
            if (into.Needs(0)) into[0] = (u * Op.Apply(this, Tensor.OnesLike(x[0]), x[1], x[2], x[3], x[4])[0]).Sum(new Dims([-3, -1]));
            if (into.Needs(1)) into[1] = Op.Apply(new CtcLossSecond(Of), x[0], x[1], u, x[2], x[3], x[4])[0];
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? a = t[0] is { } d ? Op.Apply(this, d, x[1], x[2], x[3], x[4])[0] : null;
            Tensor? b = t[1] is { } u ? Op.Apply(new CtcLossSecond(Of), x[0], x[1], u, x[2], x[3], x[4])[0] : null;
            return [a is null ? b : b is null ? a : a + b];
        }
    }

    /// <summary>
    /// The second derivative of <see cref="CtcLoss"/>, symmetric, times a direction u. Operands: g [..., N], log-probabilities, u, and the
    /// loss's others.
    /// </summary>
    public readonly record struct CtcLossSecond(CtcLoss Of) : IOp<CtcLossSecond>
    {
        static bool IOp<CtcLossSecond>.SavesOutput(CtcLossSecond op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) =>
            [Kernels.Ctc.Gradient(x[0], x[1], x[2], x[3], x[4], x[5], Of.Blank, Of.ZeroInfinity)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } v) return;
            if (into.Needs(1)) Third();
            if (into.Needs(0))
                into[0] = (v * Op.Apply(this, Tensor.OnesLike(x[0]), x[1], x[2], x[3], x[4], x[5])[0]).Sum(new Dims([-3, -1]));
            if (into.Needs(2)) into[2] = Op.Apply(this, x[0], x[1], v, x[3], x[4], x[5])[0];
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            if (t[1] is not null) Third();
            Tensor? a = t[0] is { } d ? Op.Apply(this, d, x[1], x[2], x[3], x[4], x[5])[0] : null;
            Tensor? b = t[2] is { } u ? Op.Apply(this, x[0], x[1], u, x[3], x[4], x[5])[0] : null;
            return [a is null ? b : b is null ? a : a + b];
        }

        private static void Third() => Throw.Graph("derivative for _ctc_loss_backward is not implemented a second time: ctc_loss has " +
            "first and second derivatives, no third.");
    }
}

public static partial class Functional
{
    /// <summary>
    /// Connectionist temporal classification: -log of the probability that the classes at all times, with repetitions joined and blanks
    /// left out, spell the labels.
    /// </summary>
    /// <param name="logProbs">Log-probabilities of the classes at each time: [T, N, C], or [T, C] for a single item.</param>
    /// <param name="targets">Labels: [N, S], or those of all items one after the other.</param>
    /// <param name="inputLengths">How many times each item has, at most T: [N].</param>
    /// <param name="targetLengths">How many labels each item has: [N].</param>
    /// <param name="blank">The class between labels.</param>
    /// <param name="reduction">Mean: each loss over its number of labels, and the mean of that.</param>
    /// <param name="zeroInfinity">Losses of labels that do not fit into the input are 0 instead of ∞.</param>
    /// <remarks>
    /// As in PyTorch, the gradient presumes that the log-probabilities are a log-softmax, along which it is right to the second order. A.
    /// Graves et al., Connectionist Temporal Classification, 2006.
    /// </remarks>
    /// <exception cref="ShapeException">The shapes and lengths do not fit.</exception>
    /// <exception cref="DTypeException">The log-probabilities are not float32 or float64, or lengths are not integers.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label or the blank is not a class.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor CtcLoss(Tensor logProbs, Tensor targets, Tensor inputLengths, Tensor targetLengths, long blank = 0,
        Reduction reduction = Reduction.Mean, bool zeroInfinity = false)
    {
        using AutocastCall call = Autocast.Raise(ref logProbs);
        return CtcLoss(logProbs, targets, Lengths(inputLengths, "input_lengths"), Lengths(targetLengths, "target_lengths"), blank,
            reduction, zeroInfinity);
    }

    /// <summary>As the other overload, with lists of lengths.</summary>
    /// <inheritdoc cref="CtcLoss(Tensor, Tensor, Tensor, Tensor, long, Reduction, bool)"/>
    public static Tensor CtcLoss(Tensor logProbs, Tensor targets, IReadOnlyList<long> inputLengths, IReadOnlyList<long> targetLengths,
        long blank = 0, Reduction reduction = Reduction.Mean, bool zeroInfinity = false)
    {
        using AutocastCall call = Autocast.Raise(ref logProbs);
        reduction.Check();
        bool batched = logProbs.Rank == 3;
        if (logProbs.Rank is not (2 or 3)) Throw.Shapes($"Expected 3-dimensional tensor, but got {logProbs.Rank}-dimensional tensor for " +
            "argument #1 'log_probs' (while checking arguments for ctc_loss)");
        if (logProbs.dtype is not (DType.Float32 or DType.Float64)) Throw.NotImplementedFor("ctc_loss_cpu", logProbs.dtype);
        Tensor logs = batched ? logProbs : logProbs.Unsqueeze(1);
        Tensor labels = CheckLabels(logs, targets, inputLengths, targetLengths, blank);
        Tensor times = Tensor.From<long>([.. inputLengths]), counts = Tensor.From<long>([.. targetLengths]);
        Tensor loss = Op.Apply(new Ops.CtcLoss(blank, zeroInfinity), logs, labels, times, counts)[0];
        if (zeroInfinity) loss = Tensor.Where(loss.Detach().Eq(double.PositiveInfinity), 0, loss);
        if (reduction == Reduction.Mean) return (loss / counts.ClampMin(1)).Mean();
        if (reduction == Reduction.Sum) return loss.Sum();
        return batched ? loss : loss.Squeeze(0);
    }

    private static long[] Lengths(Tensor lengths, string name)
    {
        if (!lengths.dtype.IsInteger()) Throw.Types($"{name} must be integral: it is {lengths.dtype.Name()}.");
        return lengths.To(DType.Int64).ToArray<long>();
    }

    private const string While = "(while checking arguments for ctc_loss)";

    /// <summary>The labels as [N, S], with blanks after each item's own.</summary>
    private static Tensor CheckLabels(Tensor logs, Tensor targets, IReadOnlyList<long> times, IReadOnlyList<long> counts, long blank)
    {
        (long length, long items, long classes) = (logs.Size(0), logs.Size(1), logs.Size(2));
        if (blank < 0 || blank >= classes) Throw.Range(nameof(blank), blank,
            $"blank must be in label range: {blank} of {classes} classes.");
        if (times.Count != items) Throw.Shapes($"input_lengths must be of size batch_size: {times.Count} lengths of {items} items.");
        if (counts.Count != items) Throw.Shapes($"target_lengths must be of size batch_size: {counts.Count} lengths of {items} items.");
        if (targets.Rank is not (1 or 2)) Throw.Shapes($"Expected 1 to 2 dimensions, but got {targets.Rank}-dimensional tensor for " +
            $"argument #2 'targets' {While}");
        long longest = 0, total = 0;
        for (int i = 0; i < items; i++)
        {
            if (counts[i] < 0) Throw.Shapes($"Expected target_lengths to have value at least 0, but got value {counts[i]} {While}");
            if (times[i] < 0) Throw.Shapes($"Expected input_lengths to have value at least 0, but got value {times[i]} {While}");
            if (times[i] > length) Throw.Shapes($"Expected input_lengths to have value at most {length}, but got value {times[i]} {While}");
            longest = Math.Max(longest, counts[i]);
            total += Math.Min(counts[i], int.MaxValue);
        }
        bool padded = targets.Rank == 2;
        long expected = padded ? items : total;
        if (targets.Size(0) != expected) Throw.Shapes($"Expected tensor to have size {expected} at dimension 0, but got size " +
            $"{targets.Size(0)} for argument #2 'targets' {While}");
        if (padded && targets.Size(1) < longest) Throw.Shapes($"Expected tensor to have size at least {longest} at dimension 1, but " +
            $"got size {targets.Size(1)} for argument #2 'targets' {While}");
        long[] given = targets.To(DType.Int64).ToArray<long>(), labels = new long[items * longest];
        Array.Fill(labels, blank);
        long from = 0;
        for (int i = 0; i < items; i++)
        {
            if (padded) from = i * targets.Size(1);
            for (long k = 0; k < counts[i]; k++)
            {
                long label = given[from + k];
                if (label < 0 || label >= classes)
                    Throw.Range(nameof(targets), label, $"Target {label} is out of bounds: label {k} of item {i}, of {classes} classes.");
                labels[i * longest + k] = label;
            }
            from += counts[i];
        }
        return Tensor.From(labels, [items, longest]);
    }
}
