namespace Nabla.Data;

/// <summary>
/// Indices drawn with given probabilities: PyTorch's <c>WeightedRandomSampler</c>, an epoch of which is one
/// <see cref="Tensor.Multinomial"/> over the weights as float64.
/// </summary>
public sealed class WeightedRandomSampler : DrawingSampler
{
    readonly Tensor weights;
    readonly bool replacement;

    /// <summary>Indices 0 to n - 1 with probabilities proportional to n weights.</summary>
    /// <param name="weights">The weights, one dimension; their sum need not be 1.</param>
    /// <param name="numSamples">How many indices an epoch has.</param>
    /// <param name="replacement">Whether an index may be drawn again.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of samples is not positive.</exception>
    /// <exception cref="ShapeException">The weights have not one dimension.</exception>
    public WeightedRandomSampler(Tensor weights, long numSamples, bool replacement = true, Generator? generator = null) : base(generator)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (numSamples <= 0) Throw.Range(nameof(numSamples), numSamples,
            $"num_samples should be a positive integer value, but got num_samples={numSamples}");
        if (weights.Rank != 1) Throw.Shapes($"weights should be a 1d sequence but given weights have shape {weights.Shape}");
        this.weights = weights.Detach().To(DType.Float64).Clone();
        (Count, this.replacement) = (numSamples, replacement);
    }

    /// <inheritdoc cref="WeightedRandomSampler(Tensor, long, bool, Generator?)"/>
    public WeightedRandomSampler(IReadOnlyList<double> weights, long numSamples, bool replacement = true, Generator? generator = null)
        : this(Tensor.From(weights.ToArray()), numSamples, replacement, generator) { }

    /// <inheritdoc/>
    public override long Count { get; }

    /// <inheritdoc/>
    public override IEnumerator<long> GetEnumerator()
    {
        Generator g = Begin(static () => Generator.Default);
        foreach (long i in weights.Multinomial(Count, replacement, g).ToArray<long>()) yield return i;
    }
}

/// <summary>Batches of the indices of another sampler.</summary>
public sealed class BatchSampler : Sampler<long[]>
{
    readonly IEnumerable<long> sampler;

    /// <summary>Every batchSize indices are one batch.</summary>
    /// <param name="sampler">The indices: a sampler, or any sequence.</param>
    /// <param name="batchSize">The size of a batch.</param>
    /// <param name="dropLast">Whether a last batch of fewer indices is left out.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not positive.</exception>
    public BatchSampler(IEnumerable<long> sampler, long batchSize, bool dropLast = false)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        Check(batchSize);
        (this.sampler, BatchSize, DropLast) = (sampler, batchSize, dropLast);
    }

    /// <summary>The size of a batch.</summary>
    public long BatchSize { get; }

    /// <summary>Whether a last batch of fewer indices is left out.</summary>
    public bool DropLast { get; }

    /// <summary>How many batches an epoch has.</summary>
    /// <exception cref="InvalidOperationException">The indices come from a sequence whose length is not known.</exception>
    public override long Count => (LoaderState.Count(sampler) + (DropLast ? 0 : BatchSize - 1)) / BatchSize;

    /// <inheritdoc/>
    public override IEnumerator<long[]> GetEnumerator()
    {
        List<long> batch = [];
        foreach (long i in sampler)
        {
            batch.Add(i);
            if (batch.Count < BatchSize) continue;
            yield return [.. batch];
            batch.Clear();
        }
        if (batch.Count > 0 && !DropLast) yield return [.. batch];
    }

    /// <summary>The state of the sampler of indices.</summary>
    public override OrderedDictionary<string, object?> StateDict() => sampler is Sampler<long> s ? s.StateDict() : [];

    /// <summary>Gives a state to the sampler of indices.</summary>
    public override void LoadStateDict(System.Collections.IDictionary state) => (sampler as Sampler<long>)?.LoadStateDict(state);

    internal static void Check(long batchSize)
    {
        if (batchSize <= 0) Throw.Range(nameof(batchSize), batchSize,
            $"batch_size should be a positive integer value, but got batch_size={batchSize}");
    }
}

/// <summary>
/// One process's part of a data set, when several train together: PyTorch's <c>DistributedSampler</c>. The permutation with seed + epoch
/// is the same for all; process r reads its places r, r + replicas, r + 2 replicas, ...
/// </summary>
public sealed class DistributedSampler : Sampler<long>
{
    readonly ISized source;
    readonly int replicas, rank;
    readonly bool shuffle;
    readonly long seed, total;
    long epoch;

    /// <summary>The part of one process.</summary>
    /// <param name="dataset">The whole set.</param>
    /// <param name="numReplicas">How many processes there are.</param>
    /// <param name="rank">This process's number, from 0.</param>
    /// <param name="shuffle">Whether the order is random.</param>
    /// <param name="seed">The seed, the same in all processes.</param>
    /// <param name="dropLast">Whether samples that do not divide evenly are left out; otherwise the first ones are read again.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rank is not in [0, numReplicas - 1].</exception>
    public DistributedSampler(ISized dataset, int numReplicas, int rank, bool shuffle = true, long seed = 0, bool dropLast = false)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (rank >= numReplicas || rank < 0)
            Throw.Range(nameof(rank), rank, $"Invalid rank {rank}, rank should be in the interval [0, {numReplicas - 1}]");
        (source, replicas, this.rank, this.shuffle, this.seed) = (dataset, numReplicas, rank, shuffle, seed);
        Count = dropLast ? dataset.Count / numReplicas : (dataset.Count + numReplicas - 1) / numReplicas;
        total = Count * numReplicas;
    }

    /// <inheritdoc/>
    public override long Count { get; }

    /// <summary>Sets the number of the epoch; with the same number the order is the same.</summary>
    public void SetEpoch(long epoch) => this.epoch = epoch;

    /// <inheritdoc/>
    public override IEnumerator<long> GetEnumerator()
    {
        long n = source.Count;
        if (n == 0) yield break;
        long[]? order = null;
        if (shuffle)
        {
            order = new long[n];
            var g = new Generator { Flavor = Generator.Default.Flavor }.ManualSeed(unchecked(seed + epoch));
            RandomKernels.RandPerm(g, order.AsSpan());
        }
        for (long i = rank; i < total; i += replicas) yield return order is null ? i % n : order[i % n];
    }

    /// <summary>The number of the epoch, under "epoch".</summary>
    public override OrderedDictionary<string, object?> StateDict() => new() { ["epoch"] = epoch };

    /// <summary>Sets the number of the epoch.</summary>
    public override void LoadStateDict(System.Collections.IDictionary state) => epoch = LoaderState.Int64(state, "epoch");
}
