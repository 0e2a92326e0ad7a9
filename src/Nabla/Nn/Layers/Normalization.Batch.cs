namespace Nabla.Nn;

/// <summary>What batch and instance normalisation share: arguments, weight, bias and running statistics.</summary>
public abstract class NormBase : Module<Tensor, Tensor>
{
    private protected readonly long numFeatures;
    private protected readonly double eps;
    private protected readonly double? momentum;
    private protected readonly bool affine, trackRunningStats;

    private protected NormBase(long numFeatures, double eps, double? momentum, bool affine, bool trackRunningStats, DType? dtype)
    {
        (this.numFeatures, this.eps, this.momentum) = (numFeatures, eps, momentum);
        (this.affine, this.trackRunningStats) = (affine, trackRunningStats);
        if (affine)
        {
            Weight = Parameter.Of(Tensor.Ones([numFeatures], dtype));
            Bias = Parameter.Of(Tensor.Zeros([numFeatures], dtype));
        }
        if (!trackRunningStats) return;
        RunningMean = Tensor.Zeros([numFeatures], dtype);
        RunningVar = Tensor.Ones([numFeatures], dtype);
        NumBatchesTracked = Tensor.Of(0L);
    }

    /// <summary>What each channel is multiplied with, (C), or null.</summary>
    public Tensor? Weight { get; private set; }

    /// <summary>What is added to each channel, (C), or null.</summary>
    public Tensor? Bias { get; private set; }

    /// <summary>The running mean of each channel, (C), or null.</summary>
    [field: Buffer]
    public Tensor? RunningMean { get; private set; }

    /// <summary>The running variance of each channel, (C), or null.</summary>
    [field: Buffer]
    public Tensor? RunningVar { get; private set; }

    /// <summary>How many batches the statistics have seen, int64, or null.</summary>
    [field: Buffer]
    public Tensor? NumBatchesTracked { get; private set; }

    /// <summary>Forgets the statistics.</summary>
    public void ResetRunningStats()
    {
        RunningMean?.Zero_();
        RunningVar?.Fill_(1);
        NumBatchesTracked?.Zero_();
    }

    /// <summary>Forgets the statistics and sets weights to one and biases to zero.</summary>
    public void ResetParameters()
    {
        ResetRunningStats();
        if (Weight is not null) Init.Ones_(Weight);
        if (Bias is not null) Init.Zeros_(Bias);
    }

    /// <summary>Files of old do not count batches.</summary>
    private protected override bool MayLack(string name) => name == "num_batches_tracked";

    private protected static void CheckRank(Tensor x, int rank, int other)
    {
        if (x.NDim == rank || x.NDim == other) return;
        Throw.Shapes(rank == other ? $"expected {rank}D input (got {x.NDim}D input)"
            : $"expected {rank}D or {other}D input (got {x.NDim}D input)");
    }

    /// <inheritdoc/>
    protected override string ExtraRepr => $"{numFeatures}, eps={Repr.Of(eps)}, momentum={Repr.Of(momentum)}, affine={Repr.Of(affine)}, " +
        $"track_running_stats={Repr.Of(trackRunningStats)}";
}

/// <summary>What <see cref="BatchNorm1d"/>, <see cref="BatchNorm2d"/>, <see cref="BatchNorm3d"/> and <see cref="SyncBatchNorm"/>
/// share.</summary>
public abstract class BatchNormBase : NormBase
{
    private readonly int rank, other;

    private protected BatchNormBase(int rank, int other, long numFeatures, double eps, double? momentum, bool affine,
        bool trackRunningStats, DType? dtype) : base(numFeatures, eps, momentum, affine, trackRunningStats, dtype) =>
        (this.rank, this.other) = (rank, other);

    /// <summary>Fails for an input of the wrong rank.</summary>
    private protected virtual void CheckInput(Tensor x) => CheckRank(x, rank, other);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        CheckInput(x);
        bool counts = Training && trackRunningStats && NumBatchesTracked is not null;
        double weight = momentum ?? (counts ? 1.0 / (NumBatchesTracked!.Item<long>() + 1) : 0);
        bool use = !Training || trackRunningStats, batch = Training || (RunningMean is null && RunningVar is null);
        Tensor y = Functional.BatchNorm(x, use ? RunningMean : null, use ? RunningVar : null, Weight, Bias, batch, weight, eps);
        if (counts) NumBatchesTracked!.Add_(1);
        return y;
    }
}

/// <summary>Normalises each channel of (N, C) or (N, C, L) over the batch.</summary>
/// <inheritdoc cref="BatchNorm2d"/>
public class BatchNorm1d(long numFeatures, double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true,
    DType? dtype = null) : BatchNormBase(2, 3, numFeatures, eps, momentum, affine, trackRunningStats, dtype);

/// <summary>Normalises each channel of (N, C, H, W) over the batch: (x - mean) / sqrt(variance + ε) · weight + bias (S. Ioffe and
/// C. Szegedy, Batch normalization, 2015). In training with the batch's own statistics, at evaluation with the running ones.</summary>
/// <param name="numFeatures">The number of channels.</param>
/// <param name="eps">ε.</param>
/// <param name="momentum">The part of the running statistics that a batch replaces; null for the mean of all batches.</param>
/// <param name="affine">Whether to learn weight and bias.</param>
/// <param name="trackRunningStats">Whether to keep running statistics; without them, the batch's are used at evaluation too.</param>
/// <param name="dtype">The type of parameters and statistics; null for the default type.</param>
public class BatchNorm2d(long numFeatures, double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true,
    DType? dtype = null) : BatchNormBase(4, 4, numFeatures, eps, momentum, affine, trackRunningStats, dtype);

/// <summary>Normalises each channel of (N, C, D, H, W) over the batch.</summary>
/// <inheritdoc cref="BatchNorm2d"/>
public class BatchNorm3d(long numFeatures, double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true,
    DType? dtype = null) : BatchNormBase(5, 5, numFeatures, eps, momentum, affine, trackRunningStats, dtype);

/// <summary>Normalises each channel of (N, C, ...) over the batch. In a single process, which is all that trains here, it is the batch
/// normalisation of any number of dimensions, with the same parameters and names, so that a model written for several processes and its
/// files work.</summary>
/// <inheritdoc cref="BatchNorm2d"/>
public class SyncBatchNorm(long numFeatures, double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true,
    DType? dtype = null) : BatchNormBase(2, 0, numFeatures, eps, momentum, affine, trackRunningStats, dtype)
{
    /// <inheritdoc/>
    private protected override void CheckInput(Tensor x)
    {
        if (x.NDim < 2) Throw.Shapes($"expected at least 2D input (got {x.NDim}D input)");
        if (x.Size(1) == 0) Throw.Shapes("SyncBatchNorm number of input channels should be non-zero");
    }
}

/// <summary>What <see cref="InstanceNorm1d"/>, <see cref="InstanceNorm2d"/> and <see cref="InstanceNorm3d"/> share.</summary>
public abstract class InstanceNormBase : NormBase
{
    private readonly int unbatched;

    private protected InstanceNormBase(int unbatched, long numFeatures, double eps, double? momentum, bool affine, bool trackRunningStats,
        DType? dtype) : base(numFeatures, eps, momentum, affine, trackRunningStats, dtype) => this.unbatched = unbatched;

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        CheckRank(x, unbatched, unbatched + 1);
        int channels = x.NDim - unbatched;
        if (affine && x.Size(channels) != numFeatures)
            Throw.Shapes($"expected input's size at dim={channels} to match num_features ({numFeatures}), but got: {x.Size(channels)}.");
        return x.NDim == unbatched ? Normalize(x.Unsqueeze(0)).Squeeze(0) : Normalize(x);
    }

    private Tensor Normalize(Tensor x) => Functional.InstanceNorm(x, RunningMean, RunningVar, Weight, Bias,
        Training || !trackRunningStats, momentum ?? 0, eps);
}

/// <summary>Normalises each channel of each sample of (N, C, L) or (C, L).</summary>
/// <inheritdoc cref="InstanceNorm2d"/>
public class InstanceNorm1d(long numFeatures, double eps = 1e-5, double? momentum = 0.1, bool affine = false,
    bool trackRunningStats = false, DType? dtype = null)
    : InstanceNormBase(2, numFeatures, eps, momentum, affine, trackRunningStats, dtype);

/// <summary>Normalises each channel of each sample of (N, C, H, W) or (C, H, W) (D. Ulyanov et al., Instance normalization,
/// 2016).</summary>
/// <param name="numFeatures">The number of channels.</param>
/// <param name="eps">ε.</param>
/// <param name="momentum">The part of the running statistics that a batch replaces.</param>
/// <param name="affine">Whether to learn weight and bias.</param>
/// <param name="trackRunningStats">Whether to keep running statistics and use them at evaluation.</param>
/// <param name="dtype">The type of parameters and statistics; null for the default type.</param>
public class InstanceNorm2d(long numFeatures, double eps = 1e-5, double? momentum = 0.1, bool affine = false,
    bool trackRunningStats = false, DType? dtype = null)
    : InstanceNormBase(3, numFeatures, eps, momentum, affine, trackRunningStats, dtype);

/// <summary>Normalises each channel of each sample of (N, C, D, H, W) or (C, D, H, W).</summary>
/// <inheritdoc cref="InstanceNorm2d"/>
public class InstanceNorm3d(long numFeatures, double eps = 1e-5, double? momentum = 0.1, bool affine = false,
    bool trackRunningStats = false, DType? dtype = null)
    : InstanceNormBase(4, numFeatures, eps, momentum, affine, trackRunningStats, dtype);
