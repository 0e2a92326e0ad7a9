namespace Nabla.Optim;

/// <summary>lr goes up and down between two bounds. Smith, "Cyclical Learning Rates for Training Neural Networks".</summary>
public sealed class CyclicLR : LRScheduler
{
    private readonly Func<double, double>? scaleFn;
    private double[] maxLrs, baseMomentums = [], maxMomentums = [];
    private double totalSize, stepRatio, gamma;
    private string mode, scaleMode;
    private bool cycleMomentum, useBeta1;

    /// <summary>The same bounds for all groups.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="baseLr">The lower bound.</param>
    /// <param name="maxLr">The upper bound.</param>
    /// <param name="stepSizeUp">The number of steps up.</param>
    /// <param name="stepSizeDown">The number of steps down; by default as many as up.</param>
    /// <param name="mode">"triangular"; "triangular2": half as high each cycle; "exp_range": higher by gamma each step.</param>
    /// <param name="gamma">The factor of "exp_range".</param>
    /// <param name="scaleFn">The height of a cycle or a step, in place of a mode.</param>
    /// <param name="scaleMode">What <paramref name="scaleFn"/> gets: the number of the "cycle", or that of steps, "iterations".</param>
    /// <param name="cycleMomentum">Whether momentum goes the other way; Adam's is the first beta.</param>
    /// <param name="baseMomentum">The lower bound of the momentum.</param>
    /// <param name="maxMomentum">The upper bound of the momentum.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    /// <exception cref="ArgumentException">The mode is unknown, a number of steps is not positive, or the optimizer has no
    /// momentum.</exception>
    public CyclicLR(Optimizer optimizer, double baseLr, double maxLr, long stepSizeUp = 2000, long? stepSizeDown = null,
        string mode = "triangular", double gamma = 1.0, Func<double, double>? scaleFn = null, string scaleMode = "cycle",
        bool cycleMomentum = true, double baseMomentum = 0.8, double maxMomentum = 0.9, long lastEpoch = -1)
        : this(optimizer, ForAll(optimizer, baseLr), ForAll(optimizer, maxLr), stepSizeUp, stepSizeDown, mode, gamma, scaleFn, scaleMode,
            cycleMomentum, ForAll(optimizer, baseMomentum), ForAll(optimizer, maxMomentum), lastEpoch)
    { }

    /// <summary>Bounds per group.</summary>
    /// <inheritdoc cref="CyclicLR(Optimizer, double, double, long, long?, string, double, Func{double, double}, string, bool, double,
    ///     double, long)"/>
    public CyclicLR(Optimizer optimizer, IReadOnlyList<double> baseLr, IReadOnlyList<double> maxLr, long stepSizeUp = 2000,
        long? stepSizeDown = null, string mode = "triangular", double gamma = 1.0, Func<double, double>? scaleFn = null,
        string scaleMode = "cycle", bool cycleMomentum = true, IReadOnlyList<double>? baseMomentum = null,
        IReadOnlyList<double>? maxMomentum = null, long lastEpoch = -1) : base(optimizer, lastEpoch)
    {
        double[] lows = PerGroup("base_lr", optimizer, baseLr);
        maxLrs = PerGroup("max_lr", optimizer, maxLr);
        if (stepSizeUp <= 0) Throw.Range(nameof(stepSizeUp), stepSizeUp, $"Expected positive step_size_up, but got {stepSizeUp}");
        if (stepSizeDown is < 0)
            Throw.Range(nameof(stepSizeDown), stepSizeDown, $"Expected positive step_size_down, but got {stepSizeDown}");
        if (mode is not ("triangular" or "triangular2" or "exp_range") && scaleFn is null)
            Throw.Range(nameof(mode), mode, "mode is invalid and scale_fn is None");
        totalSize = stepSizeUp + (stepSizeDown ?? stepSizeUp);
        stepRatio = stepSizeUp / totalSize;
        (this.mode, this.gamma, this.scaleFn, this.cycleMomentum) = (mode, gamma, scaleFn, cycleMomentum);
        this.scaleMode = scaleFn is not null ? scaleMode : mode == "exp_range" ? "iterations" : "cycle";
        if (cycleMomentum)
        {
            useBeta1 = MomentumIsBeta(optimizer);
            baseMomentums = PerGroup("base_momentum", optimizer, baseMomentum ?? ForAll(optimizer, 0.8));
            maxMomentums = PerGroup("max_momentum", optimizer, maxMomentum ?? ForAll(optimizer, 0.9));
        }
        if (lastEpoch == -1)
        {
            for (int i = 0; i < lows.Length; i++)
            {
                ParamGroup group = optimizer.ParamGroups[i];
                group.SetLr(lows[i]);
                if (!cycleMomentum) continue;
                SetMomentum(group, useBeta1, maxMomentums[i]);
                group.Put("max_momentum", maxMomentums[i]);
                group.Put("base_momentum", baseMomentums[i]);
            }
        }
        Start();
        SetBase(lows);
    }

    private double Scale(double x) => scaleFn is not null ? scaleFn(x) : mode switch
    {
        "triangular2" => 1 / Math.Pow(2, x - 1),
        "exp_range" => Math.Pow(gamma, x),
        _ => 1,
    };

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr()
    {
        double cycle = Math.Floor(1 + LastEpoch / totalSize), x = 1 + LastEpoch / totalSize - cycle;
        double part = x <= stepRatio ? x / stepRatio : (x - 1) / (stepRatio - 1), scale = Scale(scaleMode == "cycle" ? cycle : LastEpoch);
        double[] lrs = [.. BaseLrs.Zip(maxLrs, (low, high) => low + (high - low) * part * scale)];
        if (cycleMomentum)
        {
            for (int i = 0; i < Math.Min(maxMomentums.Length, Optimizer.ParamGroups.Count); i++)
                SetMomentum(Optimizer.ParamGroups[i], useBeta1, maxMomentums[i] - (maxMomentums[i] - baseMomentums[i]) * part * scale);
        }
        return lrs;
    }

    private protected override void Describe(StateFields f)
    {
        f.Numbers("max_lrs", () => maxLrs, v => maxLrs = v);
        f.Number("total_size", () => totalSize, v => totalSize = v);
        f.Number("step_ratio", () => stepRatio, v => stepRatio = v);
        f.Text("mode", () => mode, v => mode = v);
        f.Number("gamma", () => gamma, v => gamma = v);
        f.Text("scale_mode", () => scaleMode, v => scaleMode = v);
        f.Flag("cycle_momentum", () => cycleMomentum, v => cycleMomentum = v);
        if (cycleMomentum)
        {
            f.Flag("use_beta1", () => useBeta1, v => useBeta1 = v);
            f.Numbers("base_momentums", () => baseMomentums, v => baseMomentums = v);
            f.Numbers("max_momentums", () => maxMomentums, v => maxMomentums = v);
        }
        base.Describe(f);
        f.Constant("_scale_fn_custom", null);
    }
}
