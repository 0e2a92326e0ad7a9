namespace Nabla.Nn;

/// <summary>
/// A softmax over many classes, ordered by falling frequency: frequent ones have a logit of their own, rare ones share clusters that are
/// computed only where a target needs them, with smaller vectors (E. Grave et al., Efficient softmax approximation for GPUs, 2017).
/// </summary>
public class AdaptiveLogSoftmaxWithLoss : Module<Tensor, Tensor, (Tensor Output, Tensor Loss)>
{
    private readonly long nClasses;
    private readonly long[] cutoffs;

    /// <summary>With these classes.</summary>
    /// <param name="inFeatures">The size of the input.</param>
    /// <param name="nClasses">The number of classes.</param>
    /// <param name="cutoffs">Where clusters begin, ascending, between 1 and nClasses - 1.</param>
    /// <param name="divValue">By how much the vectors of each cluster are smaller than those before.</param>
    /// <param name="headBias">Whether the frequent classes and clusters have biases.</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    /// <exception cref="ArgumentException">The cutoffs are not as they must be.</exception>
    public AdaptiveLogSoftmaxWithLoss(long inFeatures, long nClasses, IReadOnlyList<long> cutoffs, double divValue = 4,
        bool headBias = false, DType? dtype = null)
    {
        ArgumentNullException.ThrowIfNull(cutoffs);
        if (cutoffs.Count == 0) throw new ArgumentException("cutoffs should be a sequence of length larger than 0", nameof(cutoffs));
        for (int i = 0; i < cutoffs.Count; i++)
            if (cutoffs[i] <= (i == 0 ? 0 : cutoffs[i - 1]) || cutoffs[i] > nClasses - 1)
                throw new ArgumentException("cutoffs should be a sequence of unique, positive integers sorted in an increasing order, " +
                    $"where each value is between 1 and n_classes-1, but got {(Shape)cutoffs.ToArray()} of {nClasses} classes.",
                    nameof(cutoffs));
        this.nClasses = nClasses;
        this.cutoffs = [.. cutoffs, nClasses];
        Head = new(inFeatures, cutoffs[0] + cutoffs.Count, headBias, dtype);
        for (int i = 0; i < cutoffs.Count; i++)
        {
            long hidden = (long)Math.Floor(inFeatures / Math.Pow(divValue, i + 1));
            long words = this.cutoffs[i + 1] - this.cutoffs[i];
            Tail.Add([new Linear(inFeatures, hidden, false, dtype), new Linear(hidden, words, false, dtype)]);
        }
    }

    /// <summary>The logits of the frequent classes and of the clusters.</summary>
    public Linear Head { get; }

    /// <summary>The logits within each cluster.</summary>
    public ModuleList<Sequential> Tail { get; } = [];

    /// <summary>Draws all weights anew.</summary>
    public void ResetParameters()
    {
        Head.ResetParameters();
        foreach (Module module in Tail.SelectMany(static t => t)) ((Linear)module).ResetParameters();
    }

    /// <summary>The log-probability of each target, and minus their mean.</summary>
    /// <param name="input">(N, in) or (in).</param>
    /// <param name="target">(N) or (): class numbers.</param>
    protected override (Tensor Output, Tensor Loss) Forward(Tensor input, Tensor target)
    {
        Check(input, target);
        if (target.NDim == 0)
        {
            Tensor single = Forward(input.Unsqueeze(0), target.Unsqueeze(0)).Output;
            return (single.Squeeze(0), -single.Mean());
        }
        Tensor place = target.To(DType.Int64);
        Tensor within = Tensor.Zeros([target.Size(0)], input.DType);
        for (int i = 0; i + 1 < cutoffs.Length; i++)
        {
            Tensor rows = target.Ge(cutoffs[i]).LogicalAnd(target.Lt(cutoffs[i + 1])).FlatNonzero();
            if (rows.NumElements == 0) continue;
            Tensor logs = Tail[i].Call(input.IndexSelect(0, rows)).LogSoftmax(1);
            Tensor own = target.To(DType.Int64).IndexSelect(0, rows) - cutoffs[i];
            within = within.IndexCopy(0, rows, logs.Gather(1, own.Unsqueeze(1)).Squeeze(1).To(within.DType));
            place = place.IndexFill(0, rows, cutoffs[0] + i);
        }
        Tensor head = Head.Call(input).LogSoftmax(1);
        Tensor output = within + head.Gather(1, place.Unsqueeze(1)).Squeeze(1);
        return (output, -output.Mean());
    }

    private void Check(Tensor input, Tensor target)
    {
        if (target.NDim > 1)
            Throw.Shapes($"0D or 1D target tensor expected, multi-target not supported, but the target has shape {target.Shape}.");
        if (target.NDim == 1 && (input.NDim == 0 || input.Size(0) != target.Size(0)))
            Throw.Shapes($"Input and target should have the same size in the batch dimension, but got {input.Shape} and {target.Shape}.");
        if (input.NDim != target.NDim + 1)
            Throw.Shapes($"{target.NDim}D target tensor expects {target.NDim + 1}D input tensors, but found inputs with size " +
                $"{input.Shape}.");
        if (target.NumElements == 0) return;
        long least = target.Min().Item<long>(), most = target.Max().Item<long>();
        if (least < 0 || most >= nClasses)
            Throw.Range(nameof(target), least < 0 ? least : most, $"Target values should be in [0, {nClasses - 1}], but values in range " +
                $"[{least}, {most}] were found.");
    }

    /// <summary>The log-probabilities of all classes: (N, in) to (N, classes).</summary>
    /// <param name="input">The input.</param>
    public Tensor LogProb(Tensor input) => LogProb(input, Head.Call(input));

    private Tensor LogProb(Tensor input, Tensor logits)
    {
        Tensor head = logits.LogSoftmax(1);
        Tensor[] parts = new Tensor[cutoffs.Length];
        parts[0] = head.Narrow(1, 0, cutoffs[0]);
        for (int i = 0; i + 1 < parts.Length; i++)
            parts[i + 1] = Tail[i].Call(input).LogSoftmax(1) + head.Narrow(1, cutoffs[0] + i, 1);
        return Tensor.Cat(parts, 1);
    }

    /// <summary>The most probable class of each sample: (N, in) to (N). Faster than <see cref="LogProb(Tensor)"/> where that is a frequent
    /// class.</summary>
    /// <param name="input">The input.</param>
    public Tensor Predict(Tensor input)
    {
        Tensor logits = Head.Call(input), best = logits.ArgMax(1);
        Tensor rows = best.Ge(cutoffs[0]).FlatNonzero();
        if (rows.NumElements == 0) return best;
        return best.IndexCopy(0, rows, LogProb(input.IndexSelect(0, rows), logits.IndexSelect(0, rows)).ArgMax(1));
    }
}
