namespace Nabla.Optim;

/// <summary>lr goes along a half cosine from its beginning to etaMin in tMax epochs, and back. Loshchilov and Hutter, "SGDR: Stochastic
/// Gradient Descent with Warm Restarts".</summary>
public sealed class CosineAnnealingLR : LRScheduler
{
    private long tMax;
    private double etaMin;

    /// <summary>A scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="tMax">The number of epochs down.</param>
    /// <param name="etaMin">The least learning rate.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tMax"/> is not positive.</exception>
    public CosineAnnealingLR(Optimizer optimizer, long tMax, double etaMin = 0.0, long lastEpoch = -1) : base(optimizer, lastEpoch)
    {
        if (tMax <= 0) Throw.Range(nameof(tMax), tMax, $"Expected positive integer T_max, but got {tMax}");
        (this.tMax, this.etaMin) = (tMax, etaMin);
        Start();
    }

    private double Height(long epoch) => 1 + Math.Cos(Math.PI * epoch / tMax);

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr()
    {
        if (LastEpoch == 0) return Lrs;
        if (StepCount == 1 && LastEpoch > 0) return GetClosedFormLr();
        if ((LastEpoch - 1 - tMax) % (2 * tMax) == 0)
            return Lrs.Zip(BaseLrs, (lr, start) => lr + (start - etaMin) * (1 - Math.Cos(Math.PI / tMax)) / 2);
        return Lrs.Select(lr => Height(LastEpoch) / Height(LastEpoch - 1) * (lr - etaMin) + etaMin);
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetClosedFormLr() =>
        BaseLrs.Select(start => etaMin + (start - etaMin) * Height(LastEpoch) / 2);

    private protected override void Describe(StateFields f)
    {
        f.Whole("T_max", () => tMax, v => tMax = v);
        f.Number("eta_min", () => etaMin, v => etaMin = v);
        base.Describe(f);
    }
}

/// <summary>lr falls along a half cosine, again and again, each time tMult times as long. Loshchilov and Hutter, "SGDR: Stochastic
/// Gradient Descent with Warm Restarts".</summary>
public sealed class CosineAnnealingWarmRestarts : LRScheduler
{
    private long t0, tMult;
    private double etaMin, tCur, tI;

    /// <summary>A scheduler.</summary>
    /// <param name="optimizer">The optimizer.</param>
    /// <param name="t0">The number of epochs until the first restart.</param>
    /// <param name="tMult">How much longer each time.</param>
    /// <param name="etaMin">The least learning rate.</param>
    /// <param name="lastEpoch">The epoch before the next; -1 at the beginning.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="t0"/> or <paramref name="tMult"/> is not positive.</exception>
    public CosineAnnealingWarmRestarts(Optimizer optimizer, long t0, long tMult = 1, double etaMin = 0.0, long lastEpoch = -1)
        : base(optimizer, lastEpoch)
    {
        if (t0 <= 0) Throw.Range(nameof(t0), t0, $"Expected positive integer T_0, but got {t0}");
        if (tMult < 1) Throw.Range(nameof(tMult), tMult, $"Expected integer T_mult >= 1, but got {tMult}");
        (this.t0, this.tMult, this.etaMin, tI, tCur) = (t0, tMult, etaMin, t0, lastEpoch);
        Start();
    }

    /// <inheritdoc/>
    protected override IEnumerable<double> GetLr() =>
        BaseLrs.Select(start => etaMin + (start - etaMin) * (1 + Math.Cos(Math.PI * tCur / tI)) / 2);

    /// <summary>Goes to the next epoch and sets its learning rates.</summary>
    public override void Step()
    {
        if (LastEpoch < 0)
        {
            Step(0.0);
            return;
        }
        tCur++;
        if (tCur >= tI)
        {
            tCur -= tI;
            tI *= tMult;
        }
        LastEpoch++;
        Set(GetLr());
    }

    /// <inheritdoc/>
    public override void Step(long epoch) => Step((double)epoch);

    /// <summary>Goes to a point in time, also between two epochs.</summary>
    /// <param name="epoch">The time, in epochs.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public void Step(double epoch)
    {
        if (!(epoch >= 0)) Throw.Range(nameof(epoch), epoch, $"Expected non-negative epoch, but got {StateValue.Repr(epoch)}");
        if (epoch < t0) (tI, tCur) = (t0, epoch);
        else if (tMult == 1) tCur = epoch % t0;
        else
        {
            int n = (int)Math.Log(epoch / t0 * (tMult - 1) + 1, tMult);
            tCur = epoch - t0 * (Math.Pow(tMult, n) - 1) / (tMult - 1);
            tI = t0 * Math.Pow(tMult, n);
        }
        LastEpoch = (long)Math.Floor(epoch);
        Set(GetLr());
    }

    private protected override void Describe(StateFields f)
    {
        f.Whole("T_0", () => t0, v => t0 = v);
        f.Add("T_i", () => Plain(tI), v => Load(v, "T_i", x => tI = x));
        f.Whole("T_mult", () => tMult, v => tMult = v);
        f.Number("eta_min", () => etaMin, v => etaMin = v);
        f.Add("T_cur", () => Plain(tCur), v => Load(v, "T_cur", x => tCur = x));
        base.Describe(f);
    }

    private static object Plain(double x) => x == Math.Floor(x) ? (object)(long)x : x;

    private static Action Load(object? value, string name, Action<double> set)
    {
        double number = StateValue.Number(value, name);
        return () => set(number);
    }
}
