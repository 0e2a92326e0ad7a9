namespace Nabla.Optim;

/// <summary>lr is multiplied by a factor when a metric has not become better for some epochs.</summary>
public sealed class ReduceLROnPlateau : LRScheduler
{
    private double factor, threshold, eps, best;
    private double? defaultMinLr;
    private double[] minLrs;
    private long patience, cooldown, cooldownCounter, numBadEpochs;
    private string mode, thresholdMode;

    /// <summary>One least learning rate for all groups.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="mode">"min": smaller metrics are better; "max": larger ones.</param>
    /// <param name="factor">The factor, less than 1.</param>
    /// <param name="patience">How many epochs without progress are accepted.</param>
    /// <param name="threshold">What counts as progress.</param>
    /// <param name="thresholdMode">"rel": the threshold is a fraction of the best metric; "abs": a difference.</param>
    /// <param name="cooldown">How many epochs after a change do not count.</param>
    /// <param name="minLr">The least learning rate.</param>
    /// <param name="eps">Smaller changes of a learning rate are not made.</param>
    /// <exception cref="ArgumentException">The factor is not less than 1, or a mode is unknown.</exception>
    public ReduceLROnPlateau(Optimizer optimizer, string mode = "min", double factor = 0.1, long patience = 10, double threshold = 1e-4,
        string thresholdMode = "rel", long cooldown = 0, double minLr = 0, double eps = 1e-8)
        : this(optimizer, ForAll(optimizer, minLr), mode, factor, patience, threshold, thresholdMode, cooldown, eps) =>
        defaultMinLr = minLr;

    /// <summary>A least learning rate per group.</summary>
    /// <inheritdoc cref="ReduceLROnPlateau(Optimizer, string, double, long, double, string, long, double, double)"/>
    public ReduceLROnPlateau(Optimizer optimizer, IReadOnlyList<double> minLr, string mode = "min", double factor = 0.1, long patience = 10,
        double threshold = 1e-4, string thresholdMode = "rel", long cooldown = 0, double eps = 1e-8) : base(optimizer, 0)
    {
        ArgumentNullException.ThrowIfNull(minLr);
        if (!(factor < 1)) Throw.Range(nameof(factor), factor, "Factor should be < 1.0.");
        if (minLr.Count != optimizer.ParamGroups.Count)
            Throw.Argument(nameof(minLr), $"expected {optimizer.ParamGroups.Count} min_lrs, got {minLr.Count}");
        CheckModes(mode, thresholdMode);
        (this.factor, minLrs, this.patience, this.cooldown, this.eps) = (factor, [.. minLr], patience, cooldown, eps);
        (this.mode, this.threshold, this.thresholdMode, best) = (mode, threshold, thresholdMode, Worst(mode));
        Note(Lrs);
    }

    private static void CheckModes(string mode, string thresholdMode)
    {
        if (mode is not ("min" or "max")) Throw.Range(nameof(mode), mode, $"mode {mode} is unknown!");
        if (thresholdMode is not ("rel" or "abs"))
            Throw.Range(nameof(thresholdMode), thresholdMode, $"threshold mode {thresholdMode} is unknown!");
    }

    private static double Worst(string mode) => mode == "min" ? double.PositiveInfinity : double.NegativeInfinity;

    /// <summary>The best metric so far.</summary>
    public double Best => best;

    /// <summary>How many epochs there was no progress.</summary>
    public long NumBadEpochs => numBadEpochs;

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr() => Lrs;

    /// <summary>Fails: this scheduler needs a metric.</summary>
    public override void Step() => Throw.State("step() missing 1 required positional argument: 'metrics'. Call Step(loss).");

    /// <summary>Takes a whole number as the metric of an epoch.</summary>
    public override void Step(long epoch) => Step((double)epoch);

    /// <summary>Takes the metric of an epoch.</summary>
    /// <param name="metrics">A tensor of one element.</param>
    public void Step(Tensor metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        Step(metrics.Item());
    }

    /// <summary>Takes the metric of an epoch.</summary>
    /// <param name="metrics">The metric.</param>
    public void Step(double metrics)
    {
        LastEpoch++;
        if (IsBetter(metrics))
        {
            best = metrics;
            numBadEpochs = 0;
        }
        else numBadEpochs++;
        if (cooldownCounter > 0)
        {
            cooldownCounter--;
            numBadEpochs = 0;
        }
        if (numBadEpochs > patience)
        {
            Reduce();
            cooldownCounter = cooldown;
            numBadEpochs = 0;
        }
        Note(Lrs);
    }

    private bool IsBetter(double metric) => (mode, thresholdMode) switch
    {
        ("min", "rel") => metric < best * (1 - threshold),
        ("min", _) => metric < best - threshold,
        (_, "rel") => metric > best * (threshold + 1),
        _ => metric > best + threshold,
    };

    private void Reduce()
    {
        int groups = Optimizer.ParamGroups.Count;
        if (minLrs.Length != groups)
        {
            if (defaultMinLr is not { } least)
                Throw.State($"The number of param groups in the `optimizer` ({groups}) differs from when `ReduceLROnPlateau` was " +
                    $"initialized ({minLrs.Length}), usually due to a new param group being added to the optimizer. Make a new scheduler.");
            else minLrs = ForAll(Optimizer, least);
        }
        for (int i = 0; i < groups; i++)
        {
            double old = Optimizer.ParamGroups[i].Lr, next = Math.Max(old * factor, minLrs[i]);
            if (old - next > eps) Optimizer.ParamGroups[i].SetLr(next);
        }
    }

    private protected override void Describe(StateFields f)
    {
        f.Number("factor", () => factor, v => factor = v);
        f.Add("default_min_lr", () => defaultMinLr is { } d ? Whole(d) : null, v =>
        {
            double? value = v is null ? null : StateValue.Number(v, "default_min_lr");
            return () => defaultMinLr = value;
        });
        f.Add("min_lrs", () => minLrs.Select(Whole).ToList(), v =>
        {
            double[] values = StateValue.Numbers(v, "min_lrs");
            return () => minLrs = values;
        });
        f.Whole("patience", () => patience, v => patience = v);
        f.Constant("verbose", false);
        f.Whole("cooldown", () => cooldown, v => cooldown = v);
        f.Whole("cooldown_counter", () => cooldownCounter, v => cooldownCounter = v);
        f.Text("mode", () => mode, v => mode = v);
        f.Number("threshold", () => threshold, v => threshold = v);
        f.Text("threshold_mode", () => thresholdMode, v => thresholdMode = v);
        f.Number("eps", () => eps, v => eps = v);
        f.Whole("last_epoch", () => LastEpoch, v => LastEpoch = v);
        DescribeLast(f);
        f.Add("mode_worse", () => Worst(mode), static _ => static () => { });
        f.Number("best", () => best, v => best = v);
        f.Whole("num_bad_epochs", () => numBadEpochs, v => numBadEpochs = v);
    }

    private static object? Whole(double value) => value == 0 ? (object)0L : value;

    /// <inheritdoc/>
    public override void LoadStateDict(System.Collections.IDictionary stateDict)
    {
        ArgumentNullException.ThrowIfNull(stateDict);
        CheckModes(stateDict["mode"] as string ?? mode, stateDict["threshold_mode"] as string ?? thresholdMode);
        base.LoadStateDict(stateDict);
    }
}
