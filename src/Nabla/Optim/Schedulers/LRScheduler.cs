using System.Collections;
using System.Diagnostics;

namespace Nabla.Optim;

/// <summary>
/// Changes the learning rates of an optimizer from epoch to epoch, as <c>torch.optim.lr_scheduler.LRScheduler</c>. Call
/// <see cref="Step()"/> after the optimizer's.
/// </summary>
/// <remarks>A derived class computes in <see cref="GetLr"/> and calls <see cref="Start"/> at the end of its constructor.</remarks>
public abstract class LRScheduler : IStateful
{
    private double[] baseLrs = [], lastLr = [];
    private StateFields? fields;

    /// <summary>A scheduler at the beginning, or, with an epoch, one that goes on: the groups then have their
    /// <c>initial_lr</c>.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    /// <exception cref="ArgumentException">A group has no <c>initial_lr</c> though this is not the beginning.</exception>
    protected LRScheduler(Optimizer optimizer, long lastEpoch = -1)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        Optimizer = optimizer;
        LastEpoch = lastEpoch;
    }

    /// <summary>The optimizer whose learning rates change.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>The learning rates at the beginning, one per group.</summary>
    public IReadOnlyList<double> BaseLrs => baseLrs;

    /// <summary>The number of the current epoch.</summary>
    public long LastEpoch { get; private protected set; }

    private protected long StepCount { get; set; }

    /// <summary>The groups' learning rates.</summary>
    private protected IEnumerable<double> Lrs => Optimizer.ParamGroups.Select(static g => g.Lr);

    /// <summary>Notes the learning rates at the beginning and takes the first step.</summary>
    protected void Start()
    {
        if (LastEpoch == -1)
        {
            foreach (ParamGroup group in Optimizer.ParamGroups)
                if (!group.Contains("initial_lr")) group.Options["initial_lr"] = group.Lr;
        }
        else
        {
            for (int i = 0; i < Optimizer.ParamGroups.Count; i++)
                if (!Optimizer.ParamGroups[i].Contains("initial_lr"))
                    Throw.Argument("lastEpoch", $"param 'initial_lr' is not specified in param_groups[{i}] when resuming an optimizer: " +
                        "load the optimizer's state first, or start at -1.");
        }
        SetBase(Optimizer.ParamGroups.Select(static g => g.Number("initial_lr")));
        InitialStep();
    }

    private protected void SetBase(IEnumerable<double> lrs) => baseLrs = [.. lrs];

    internal void InitialStep()
    {
        StepCount = 0;
        Step();
    }

    /// <summary>The learning rates that the last step has set, one per group.</summary>
    public IReadOnlyList<double> GetLastLr() => lastLr;

    /// <summary>The learning rates of <see cref="LastEpoch"/>, from those of the epoch before.</summary>
    protected abstract IEnumerable<double> GetLr();

    /// <summary>The learning rates of <see cref="LastEpoch"/> from those at the beginning, or null if there is no such formula.</summary>
    protected virtual IEnumerable<double>? GetClosedFormLr() => null;

    /// <summary>Goes to the next epoch and sets its learning rates.</summary>
    public virtual void Step()
    {
        if (StepCount == 1 && !Optimizer.HasStepped)
            Trace.TraceWarning("Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in the opposite order: else " +
                "the first value of the schedule is skipped.");
        StepCount++;
        LastEpoch++;
        Set(GetLr());
    }

    /// <summary>Goes to an epoch and sets its learning rates, by a formula from the beginning where there is one.</summary>
    /// <param name="epoch">The epoch.</param>
    public virtual void Step(long epoch)
    {
        StepCount++;
        LastEpoch = epoch;
        Set(GetClosedFormLr() ?? GetLr());
    }

    private protected void Set(IEnumerable<double> lrs)
    {
        double[] values = [.. lrs];
        for (int i = 0; i < Math.Min(values.Length, Optimizer.ParamGroups.Count); i++) Optimizer.ParamGroups[i].SetLr(values[i]);
        Note(Lrs);
    }

    private protected void Note(IEnumerable<double> lrs) => lastLr = [.. lrs];

    /// <summary>Takes the first step back, which a scheduler takes when it is made.</summary>
    internal virtual void Undo() => LastEpoch--;

    /// <summary>The scheduler's state, in PyTorch's layout; functions are not part of it.</summary>
    public virtual OrderedDictionary<string, object?> StateDict() => Fields.Save();

    /// <summary>Takes over a state that <see cref="StateDict"/> of either library has returned.</summary>
    /// <exception cref="ArgumentException">An entry is of the wrong type. Nothing was changed.</exception>
    public virtual void LoadStateDict(IDictionary stateDict)
    {
        ArgumentNullException.ThrowIfNull(stateDict);
        Fields.Load(stateDict)();
    }

    internal StateFields Fields
    {
        get
        {
            if (fields is null) Describe(fields = new());
            return fields;
        }
    }

    /// <summary>Lists the fields of the state: a derived class its own, then these.</summary>
    private protected virtual void Describe(StateFields f)
    {
        f.Numbers("base_lrs", () => baseLrs, v => baseLrs = v);
        f.Whole("last_epoch", () => LastEpoch, v => LastEpoch = v);
        f.Constant("verbose", false);
        f.Whole("_step_count", () => StepCount, v => StepCount = v);
        f.Constant("_get_lr_called_within_step", false);
        DescribeLast(f);
    }

    private protected void DescribeLast(StateFields f) => f.Numbers("_last_lr", () => lastLr, v => lastLr = v);

    /// <summary>A value per group from one per group or one for all.</summary>
    private protected static double[] PerGroup(string name, Optimizer optimizer, IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count != optimizer.ParamGroups.Count)
            Throw.Argument(name, $"{name} must have the same length as optimizer.param_groups. {name} has {values.Count} values, " +
                $"param_groups has {optimizer.ParamGroups.Count}.");
        return [.. values];
    }

    private protected static double[] ForAll(Optimizer optimizer, double value)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        double[] values = new double[optimizer.ParamGroups.Count];
        Array.Fill(values, value);
        return values;
    }

    /// <summary>True if momentum is the first of the betas; an error if the optimizer has none.</summary>
    private protected static bool MomentumIsBeta(Optimizer optimizer)
    {
        bool betas = optimizer.Defaults.ContainsKey("betas");
        if (!betas && !optimizer.Defaults.ContainsKey("momentum"))
            Throw.Argument("cycleMomentum", "optimizer must support momentum or beta1 with `cycle_momentum` option enabled");
        return betas;
    }

    private protected static void SetMomentum(ParamGroup group, bool isBeta, double momentum)
    {
        if (isBeta) group.Put("betas", (momentum, group.Pair("betas").Second));
        else group.Put("momentum", momentum);
    }
}
