namespace Nabla.Optim;

/// <summary>lr is multiplied by gamma every stepSize epochs.</summary>
public sealed class StepLR : LRScheduler
{
    private long stepSize;
    private double gamma;

    /// <summary>A scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="stepSize">The number of epochs between changes.</param>
    /// <param name="gamma">The factor.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="stepSize"/> is not positive.</exception>
    public StepLR(Optimizer optimizer, long stepSize, double gamma = 0.1, long lastEpoch = -1) : base(optimizer, lastEpoch)
    {
        if (stepSize <= 0) Throw.Range(nameof(stepSize), stepSize, $"Expected positive integer step_size, but got {stepSize}");
        (this.stepSize, this.gamma) = (stepSize, gamma);
        Start();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr() => LastEpoch == 0 || LastEpoch % stepSize != 0 ? Lrs : Lrs.Select(lr => lr * gamma);

    /// <inheritdoc/>
    protected override IEnumerable<double> GetClosedFormLr() => BaseLrs.Select(lr => lr * Math.Pow(gamma, LastEpoch / stepSize));

    private protected override void Describe(StateFields f)
    {
        f.Whole("step_size", () => stepSize, v => stepSize = v);
        f.Number("gamma", () => gamma, v => gamma = v);
        base.Describe(f);
    }
}

/// <summary>lr is multiplied by gamma at each milestone.</summary>
public sealed class MultiStepLR : LRScheduler
{
    private OrderedDictionary<long, long> milestones = [];
    private double gamma;

    /// <summary>A scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="milestones">Epochs; one that is there twice counts twice.</param>
    /// <param name="gamma">The factor.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    public MultiStepLR(Optimizer optimizer, IEnumerable<long> milestones, double gamma = 0.1, long lastEpoch = -1)
        : base(optimizer, lastEpoch)
    {
        ArgumentNullException.ThrowIfNull(milestones);
        foreach (long epoch in milestones) this.milestones[epoch] = this.milestones.GetValueOrDefault(epoch) + 1;
        this.gamma = gamma;
        Start();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr() =>
        milestones.TryGetValue(LastEpoch, out long times) ? Lrs.Select(lr => lr * Math.Pow(gamma, times)) : Lrs;

    /// <inheritdoc/>
    protected override IEnumerable<double> GetClosedFormLr() =>
        BaseLrs.Select(lr => lr * Math.Pow(gamma, milestones.Where(m => m.Key <= LastEpoch).Sum(static m => m.Value)));

    private protected override void Describe(StateFields f)
    {
        f.Add("milestones", () => new OrderedDictionary<long, object?>(milestones.Select(
            static m => KeyValuePair.Create(m.Key, (object?)m.Value))), v =>
            {
                OrderedDictionary<long, long> loaded = [];
                foreach (System.Collections.DictionaryEntry m in StateValue.Dictionary(v, "milestones"))
                    loaded[StateValue.Integer(m.Key, "milestones")] = StateValue.Integer(m.Value, "milestones");
                return () => milestones = loaded;
            });
        f.Number("gamma", () => gamma, v => gamma = v);
        base.Describe(f);
    }
}

/// <summary>lr is multiplied by a factor until totalIters epochs have passed.</summary>
public sealed class ConstantLR : LRScheduler
{
    private double factor;
    private long totalIters;

    /// <summary>A scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="factor">The factor, in [0, 1].</param>
    /// <param name="totalIters">How long.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor is not in [0, 1].</exception>
    public ConstantLR(Optimizer optimizer, double factor = 1.0 / 3, long totalIters = 5, long lastEpoch = -1) : base(optimizer, lastEpoch)
    {
        if (!(factor is >= 0 and <= 1))
            Throw.Range(nameof(factor), factor, "Constant multiplicative factor expected to be between 0 and 1.");
        (this.factor, this.totalIters) = (factor, totalIters);
        Start();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr() => LastEpoch == 0 ? Lrs.Select(lr => lr * factor)
        : LastEpoch != totalIters ? Lrs : Lrs.Select(lr => lr * (1.0 / factor));

    /// <inheritdoc/>
    protected override IEnumerable<double> GetClosedFormLr() =>
        BaseLrs.Select(lr => lr * (factor + (LastEpoch >= totalIters ? 1 - factor : 0)));

    private protected override void Describe(StateFields f)
    {
        f.Number("factor", () => factor, v => factor = v);
        f.Whole("total_iters", () => totalIters, v => totalIters = v);
        base.Describe(f);
    }
}

/// <summary>lr is multiplied by a factor that goes in a straight line from startFactor to endFactor.</summary>
public sealed class LinearLR : LRScheduler
{
    private double startFactor, endFactor;
    private long totalIters;

    /// <summary>A scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="startFactor">The factor of the first epoch, in (0, 1].</param>
    /// <param name="endFactor">The factor at the end, in [0, 1].</param>
    /// <param name="totalIters">The number of epochs until then.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    /// <exception cref="ArgumentOutOfRangeException">A factor is out of its range.</exception>
    public LinearLR(Optimizer optimizer, double startFactor = 1.0 / 3, double endFactor = 1.0, long totalIters = 5, long lastEpoch = -1)
        : base(optimizer, lastEpoch)
    {
        if (!(startFactor is > 0 and <= 1))
            Throw.Range(nameof(startFactor), startFactor,
                "Starting multiplicative factor expected to be greater than 0 and less or equal to 1.");
        if (!(endFactor is >= 0 and <= 1))
            Throw.Range(nameof(endFactor), endFactor, "Ending multiplicative factor expected to be between 0 and 1.");
        (this.startFactor, this.endFactor, this.totalIters) = (startFactor, endFactor, totalIters);
        Start();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr()
    {
        if (LastEpoch == 0) return Lrs.Select(lr => lr * startFactor);
        if (LastEpoch > totalIters) return Lrs;
        double rise = endFactor - startFactor;
        return Lrs.Select(lr => lr * (1 + rise / (totalIters * startFactor + (LastEpoch - 1) * rise)));
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetClosedFormLr() => BaseLrs.Select(lr =>
        lr * (totalIters == 0 ? endFactor : startFactor + (endFactor - startFactor) * Math.Min(totalIters, LastEpoch) / totalIters));

    private protected override void Describe(StateFields f)
    {
        f.Number("start_factor", () => startFactor, v => startFactor = v);
        f.Number("end_factor", () => endFactor, v => endFactor = v);
        f.Whole("total_iters", () => totalIters, v => totalIters = v);
        base.Describe(f);
    }
}

/// <summary>lr is multiplied by gamma every epoch.</summary>
public sealed class ExponentialLR : LRScheduler
{
    private double gamma;

    /// <summary>A scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="gamma">The factor.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    public ExponentialLR(Optimizer optimizer, double gamma, long lastEpoch = -1) : base(optimizer, lastEpoch)
    {
        this.gamma = gamma;
        Start();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr() => LastEpoch == 0 ? Lrs : Lrs.Select(lr => lr * gamma);

    /// <inheritdoc/>
    protected override IEnumerable<double> GetClosedFormLr() => BaseLrs.Select(lr => lr * Math.Pow(gamma, LastEpoch));

    private protected override void Describe(StateFields f)
    {
        f.Number("gamma", () => gamma, v => gamma = v);
        base.Describe(f);
    }
}

/// <summary>lr falls to 0 as a power of what is left of totalIters epochs.</summary>
public sealed class PolynomialLR : LRScheduler
{
    private long totalIters;
    private double power;

    /// <summary>A scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="totalIters">The number of epochs.</param>
    /// <param name="power">The power; 1 is a straight line.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    public PolynomialLR(Optimizer optimizer, long totalIters = 5, double power = 1.0, long lastEpoch = -1) : base(optimizer, lastEpoch)
    {
        (this.totalIters, this.power) = (totalIters, power);
        Start();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr()
    {
        if (LastEpoch == 0 || LastEpoch > totalIters) return Lrs;
        double total = totalIters, factor = Math.Pow((1 - LastEpoch / total) / (1 - (LastEpoch - 1) / total), power);
        return Lrs.Select(lr => lr * factor);
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetClosedFormLr() => BaseLrs.Select(lr =>
        totalIters == 0 ? 0 : lr * Math.Pow(1 - (double)Math.Min(totalIters, LastEpoch) / totalIters, power));

    private protected override void Describe(StateFields f)
    {
        f.Whole("total_iters", () => totalIters, v => totalIters = v);
        f.Number("power", () => power, v => power = v);
        base.Describe(f);
    }
}
