using System.Collections;

namespace Nabla.Optim;

/// <summary>lr goes once up and down, and further down; momentum the other way. Smith and Topin, "Super-Convergence: Very Fast Training of
/// Neural Networks Using Large Learning Rates". Step after every batch.</summary>
public sealed class OneCycleLR : LRScheduler
{
    /// <summary>A part of the cycle: until when, and between which options of a group.</summary>
    private readonly record struct Phase(object EndStep, string StartLr, string EndLr, string StartMomentum, string EndMomentum)
    {
        internal double End => StateValue.Number(EndStep, "end_step");
    }

    private long totalSteps;
    private Phase[] phases;
    private string anneal;
    private bool cycleMomentum, useBeta1;

    /// <summary>The same bounds for all groups.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="maxLr">The upper bound.</param>
    /// <param name="totalSteps">The number of steps; or give the next two.</param>
    /// <param name="epochs">The number of epochs.</param>
    /// <param name="stepsPerEpoch">The number of steps in an epoch.</param>
    /// <param name="pctStart">The part of the steps that goes up.</param>
    /// <param name="annealStrategy">"cos" or "linear".</param>
    /// <param name="cycleMomentum">Whether momentum goes the other way; Adam's is the first beta.</param>
    /// <param name="baseMomentum">The lower bound of the momentum.</param>
    /// <param name="maxMomentum">The upper bound of the momentum.</param>
    /// <param name="divFactor">How much less the first learning rate is than <paramref name="maxLr"/>.</param>
    /// <param name="finalDivFactor">How much less the last learning rate is than the first.</param>
    /// <param name="threePhase">Down to the first learning rate as fast as up, then further.</param>
    /// <param name="lastEpoch">The step before the next; -1 at the beginning.</param>
    /// <exception cref="ArgumentException">The number of steps is missing or not positive, an option has no meaning, or the optimizer has
    /// no momentum.</exception>
    public OneCycleLR(Optimizer optimizer, double maxLr, long? totalSteps = null, long? epochs = null, long? stepsPerEpoch = null,
        double pctStart = 0.3, string annealStrategy = "cos", bool cycleMomentum = true, double baseMomentum = 0.85,
        double maxMomentum = 0.95, double divFactor = 25.0, double finalDivFactor = 1e4, bool threePhase = false, long lastEpoch = -1)
        : this(optimizer, ForAll(optimizer, maxLr), totalSteps, epochs, stepsPerEpoch, pctStart, annealStrategy, cycleMomentum,
            ForAll(optimizer, baseMomentum), ForAll(optimizer, maxMomentum), divFactor, finalDivFactor, threePhase, lastEpoch)
    { }

    /// <summary>Bounds per group.</summary>
    /// <inheritdoc cref="OneCycleLR(Optimizer, double, long?, long?, long?, double, string, bool, double, double, double, double, bool,
    ///     long)"/>
    public OneCycleLR(Optimizer optimizer, IReadOnlyList<double> maxLr, long? totalSteps = null, long? epochs = null,
        long? stepsPerEpoch = null, double pctStart = 0.3, string annealStrategy = "cos", bool cycleMomentum = true,
        IReadOnlyList<double>? baseMomentum = null, IReadOnlyList<double>? maxMomentum = null, double divFactor = 25.0,
        double finalDivFactor = 1e4, bool threePhase = false, long lastEpoch = -1) : base(optimizer, lastEpoch)
    {
        this.totalSteps = Total(totalSteps, epochs, stepsPerEpoch);
        if (!(pctStart is >= 0 and <= 1))
            Throw.Range(nameof(pctStart), pctStart, $"Expected float between 0 and 1 pct_start, but got {StateValue.Repr(pctStart)}");
        if (annealStrategy is not ("cos" or "linear"))
            Throw.Range(nameof(annealStrategy), annealStrategy,
                $"anneal_strategy must be one of 'cos' or 'linear', instead got {annealStrategy}");
        (anneal, this.cycleMomentum) = (annealStrategy, cycleMomentum);
        double up = pctStart * this.totalSteps - 1, down = 2 * pctStart * this.totalSteps - 2;
        Phase first = new(up, "initial_lr", "max_lr", "max_momentum", "base_momentum");
        phases = threePhase
            ? [first, new(down, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                new(this.totalSteps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum")]
            : [first, new(this.totalSteps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum")];
        double[] highs = PerGroup("max_lr", optimizer, maxLr), bases = [], tops = [];
        if (cycleMomentum)
        {
            useBeta1 = MomentumIsBeta(optimizer);
            tops = PerGroup("max_momentum", optimizer, maxMomentum ?? ForAll(optimizer, 0.95));
            bases = PerGroup("base_momentum", optimizer, baseMomentum ?? ForAll(optimizer, 0.85));
        }
        if (lastEpoch == -1)
        {
            for (int i = 0; i < highs.Length; i++)
            {
                ParamGroup group = optimizer.ParamGroups[i];
                group.Put("initial_lr", highs[i] / divFactor);
                group.Put("max_lr", highs[i]);
                group.Put("min_lr", highs[i] / divFactor / finalDivFactor);
                if (!cycleMomentum) continue;
                SetMomentum(group, useBeta1, tops[i]);
                group.Put("max_momentum", tops[i]);
                group.Put("base_momentum", bases[i]);
            }
        }
        Start();
    }

    private static long Total(long? totalSteps, long? epochs, long? stepsPerEpoch)
    {
        if (totalSteps is { } total)
        {
            if (total <= 0) Throw.Range(nameof(totalSteps), total, $"Expected positive integer total_steps, but got {total}");
            return total;
        }
        if (epochs is not { } e || stepsPerEpoch is not { } s)
        {
            Throw.Argument(nameof(totalSteps), "You must define either total_steps OR (epochs AND steps_per_epoch)");
            return 0;
        }
        if (e <= 0) Throw.Range(nameof(epochs), e, $"Expected positive integer epochs, but got {e}");
        if (s <= 0) Throw.Range(nameof(stepsPerEpoch), s, $"Expected positive integer steps_per_epoch, but got {s}");
        return e * s;
    }

    private double Between(double start, double end, double part) => anneal == "cos"
        ? end + (start - end) / 2 * (Math.Cos(Math.PI * part) + 1) : (end - start) * part + start;

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr()
    {
        if (LastEpoch > totalSteps)
            Throw.State($"Tried to step {LastEpoch} times. The specified number of total steps is {totalSteps}");
        double start = 0;
        int i = 0;
        for (; i < phases.Length - 1 && LastEpoch > phases[i].End; i++) start = phases[i].End;
        Phase phase = phases[i];
        double part = (LastEpoch - start) / (phase.End - start);
        double[] lrs = new double[Optimizer.ParamGroups.Count];
        for (int k = 0; k < lrs.Length; k++)
        {
            ParamGroup group = Optimizer.ParamGroups[k];
            lrs[k] = Between(group.Number(phase.StartLr), group.Number(phase.EndLr), part);
            if (cycleMomentum)
                SetMomentum(group, useBeta1, Between(group.Number(phase.StartMomentum), group.Number(phase.EndMomentum), part));
        }
        return lrs;
    }

    /// <summary>Goes to the next step and sets its learning rates.</summary>
    /// <exception cref="InvalidOperationException">All steps were taken. Nothing was changed.</exception>
    public override void Step()
    {
        if (LastEpoch + 1 > totalSteps)
            Throw.State($"Tried to step {LastEpoch + 1} times. The specified number of total steps is {totalSteps}");
        base.Step();
    }

    private protected override void Describe(StateFields f)
    {
        f.Whole("total_steps", () => totalSteps, v => totalSteps = v);
        f.Add("_schedule_phases", () => phases.Select(Save).ToList(), v =>
        {
            Phase[] loaded = [.. StateValue.Items(v, "_schedule_phases").Select(Read)];
            if (loaded.Length == 0) Throw.Argument("_schedule_phases", "There is no phase.");
            return () => phases = loaded;
        });
        f.Text("_anneal_func_type", () => anneal, v => anneal = v);
        f.Flag("cycle_momentum", () => cycleMomentum, v => cycleMomentum = v);
        if (cycleMomentum) f.Flag("use_beta1", () => useBeta1, v => useBeta1 = v);
        base.Describe(f);
    }

    private static object? Save(Phase p) => new OrderedDictionary<string, object?>
    {
        ["end_step"] = p.EndStep,
        ["start_lr"] = p.StartLr,
        ["end_lr"] = p.EndLr,
        ["start_momentum"] = p.StartMomentum,
        ["end_momentum"] = p.EndMomentum,
    };

    private static Phase Read(object? value)
    {
        IDictionary d = StateValue.Dictionary(value, "_schedule_phases");
        object end = d["end_step"] ?? "";
        _ = StateValue.Number(end, "end_step");
        return new(end, Option("start_lr"), Option("end_lr"), Option("start_momentum"), Option("end_momentum"));

        string Option(string name)
        {
            if (d[name] is string option) return option;
            Throw.Argument("_schedule_phases", $"'{name}' must be the name of an option.");
            return "";
        }
    }
}
