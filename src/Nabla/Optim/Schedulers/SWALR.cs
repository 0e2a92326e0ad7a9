namespace Nabla.Optim;

/// <summary>lr goes to a constant one for stochastic weight averaging. Izmailov et al., "Averaging Weights Leads to Wider Optima and Better
/// Generalization".</summary>
public sealed class SWALR : LRScheduler
{
    private readonly bool cosine;
    private long annealEpochs;

    /// <summary>The same learning rate for all groups.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="swaLr">The learning rate at the end.</param>
    /// <param name="annealEpochs">The number of epochs until then.</param>
    /// <param name="annealStrategy">"cos" or "linear".</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    /// <exception cref="ArgumentException">The strategy is unknown, or the number of epochs negative.</exception>
    public SWALR(Optimizer optimizer, double swaLr, long annealEpochs = 10, string annealStrategy = "cos", long lastEpoch = -1)
        : this(optimizer, ForAll(optimizer, swaLr), annealEpochs, annealStrategy, lastEpoch)
    { }

    /// <summary>A learning rate per group.</summary>
    /// <inheritdoc cref="SWALR(Optimizer, double, long, string, long)"/>
    public SWALR(Optimizer optimizer, IReadOnlyList<double> swaLr, long annealEpochs = 10, string annealStrategy = "cos",
        long lastEpoch = -1) : base(optimizer, lastEpoch)
    {
        double[] ends = PerGroup("swa_lr", optimizer, swaLr);
        if (annealStrategy is not ("cos" or "linear"))
            Throw.Range(nameof(annealStrategy), annealStrategy,
                $"anneal_strategy must by one of 'cos' or 'linear', instead got {annealStrategy}");
        if (annealEpochs < 0)
            Throw.Range(nameof(annealEpochs), annealEpochs, $"anneal_epochs must be equal or greater than 0, got {annealEpochs}");
        for (int i = 0; i < ends.Length; i++) optimizer.ParamGroups[i].Put("swa_lr", ends[i]);
        (cosine, this.annealEpochs) = (annealStrategy == "cos", annealEpochs);
        Start();
    }

    private double Alpha(long step)
    {
        double t = Math.Clamp((double)step / Math.Max(1, annealEpochs), 0, 1);
        return cosine ? (1 - Math.Cos(Math.PI * t)) / 2 : t;
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr()
    {
        long step = annealEpochs == 0 ? Math.Max(1, StepCount - 1) : StepCount - 1;
        double before = Alpha(step - 1), now = Alpha(step);
        return Optimizer.ParamGroups.Select(group =>
        {
            double end = group.Number("swa_lr"), start = before == 1 ? end : (group.Lr - before * end) / (1 - before);
            return end * now + start * (1 - now);
        });
    }

    private protected override void Describe(StateFields f)
    {
        f.Whole("anneal_epochs", () => annealEpochs, v => annealEpochs = v);
        base.Describe(f);
    }
}
