namespace Nabla.Optim;

/// <summary>Schedulers one after the other.</summary>
public sealed class SequentialLR : LRScheduler
{
    private readonly LRScheduler[] schedulers;
    private long[] milestones;

    /// <summary>A sequence of schedulers of one optimizer.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="schedulers">The schedulers, in order.</param>
    /// <param name="milestones">The epochs at which the next one begins: one less than schedulers.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    /// <exception cref="ArgumentException">There is no scheduler, one is of another optimizer or needs a metric, or the number of
    /// milestones is wrong.</exception>
    public SequentialLR(Optimizer optimizer, IEnumerable<LRScheduler> schedulers, IEnumerable<long> milestones, long lastEpoch = -1)
        : base(optimizer, lastEpoch + 1)
    {
        ArgumentNullException.ThrowIfNull(milestones);
        this.schedulers = Composed.Check(nameof(SequentialLR), "at least one scheduler", optimizer, schedulers);
        this.milestones = [.. milestones];
        if (this.milestones.Length != this.schedulers.Length - 1)
            Throw.Argument(nameof(milestones), "Sequential Schedulers expects number of schedulers provided to be one more than the " +
                $"number of milestone points, but got number of schedulers {this.schedulers.Length} and the number of milestones to be " +
                $"equal to {this.milestones.Length}");
        // The schedulers have taken their first steps, all of them on the same learning rates: only the first one's counts.
        foreach (ParamGroup group in optimizer.ParamGroups) group.SetLr(group.Number("initial_lr"));
        Undo();
        this.schedulers[0].InitialStep();
        Note(this.schedulers[0].GetLastLr());
    }

    internal override void Undo()
    {
        foreach (LRScheduler s in schedulers) s.Undo();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr() => Lrs;

    /// <summary>Goes to the next epoch and lets the scheduler whose turn it is set the learning rates.</summary>
    public override void Step()
    {
        LastEpoch++;
        int i = milestones.Count(m => m <= LastEpoch);
        if (i > 0 && milestones[i - 1] == LastEpoch) schedulers[i].Step(0);
        else schedulers[i].Step();
        Note(schedulers[i].GetLastLr());
    }

    /// <summary>Fails: a sequence goes on only step by step.</summary>
    public override void Step(long epoch) => Composed.OnlyByStep(nameof(SequentialLR));

    private protected override void Describe(StateFields f)
    {
        f.Add("_milestones", () => milestones.Select(static m => (object?)m).ToList(), v =>
        {
            long[] values = [.. StateValue.Items(v, "_milestones").Select(static m => StateValue.Integer(m, "_milestones"))];
            if (values.Length != milestones.Length)
                Throw.Argument("_milestones", $"Expected {milestones.Length} milestones, got {values.Length}.");
            return () => milestones = values;
        });
        f.Whole("last_epoch", () => LastEpoch, v => LastEpoch = v);
        DescribeLast(f);
        f.Inner("_schedulers", schedulers);
    }
}

/// <summary>Schedulers that all step at once: their factors multiply.</summary>
public sealed class ChainedScheduler : LRScheduler
{
    private readonly LRScheduler[] schedulers;

    /// <summary>A chain of schedulers of one optimizer.</summary>
    /// <param name="schedulers">The schedulers.</param>
    /// <param name="optimizer">Their optimizer, which may be left out.</param>
    /// <exception cref="ArgumentException">There is no scheduler, or one is of another optimizer or needs a metric.</exception>
    public ChainedScheduler(IEnumerable<LRScheduler> schedulers, Optimizer? optimizer = null)
        : this(Composed.Check(nameof(ChainedScheduler), "at least one scheduler to be chained", optimizer, schedulers))
    { }

    private ChainedScheduler(LRScheduler[] schedulers) : base(schedulers[0].Optimizer)
    {
        this.schedulers = schedulers;
        Note(Lrs);
    }

    internal override void Undo()
    {
        foreach (LRScheduler s in schedulers) s.Undo();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr() => Lrs;

    /// <summary>Steps all schedulers, in order.</summary>
    public override void Step()
    {
        foreach (LRScheduler s in schedulers) s.Step();
        Note(Lrs);
    }

    /// <summary>Fails: a chain goes on only step by step.</summary>
    public override void Step(long epoch) => Composed.OnlyByStep(nameof(ChainedScheduler));

    private protected override void Describe(StateFields f)
    {
        DescribeLast(f);
        f.Inner("_schedulers", schedulers);
    }
}

internal static class Composed
{
    internal static LRScheduler[] Check(string name, string expected, Optimizer? optimizer, IEnumerable<LRScheduler> schedulers)
    {
        ArgumentNullException.ThrowIfNull(schedulers);
        LRScheduler[] all = [.. schedulers];
        if (all.Length < 1) Throw.Argument(nameof(schedulers), $"{name} expects {expected}, but got no scheduler.");
        optimizer ??= all[0].Optimizer;
        for (int i = 0; i < all.Length; i++)
        {
            if (all[i] is ReduceLROnPlateau)
                Throw.Argument(nameof(schedulers), $"{name} does not support `ReduceLROnPlateau` scheduler as it requires additional " +
                    $"kwargs to be specified when calling `step`, but got one at index {i} in the given schedulers sequence.");
            if (!ReferenceEquals(all[i].Optimizer, optimizer))
                Throw.Argument(nameof(schedulers), $"{name} expects all schedulers to belong to the same optimizer, but got scheduler " +
                    $"{all[i].GetType().Name} at index {i} has {all[i].Optimizer}, which is different from {optimizer.GetType().Name}.");
        }
        return all;
    }

    internal static void OnlyByStep(string name) => Throw.State($"{name}.step() takes 1 positional argument but 2 were given: it goes on " +
        "only step by step, and cannot follow another scheduler in a SequentialLR.");
}
