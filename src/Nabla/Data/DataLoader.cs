using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Nabla.Data;

/// <summary>
/// Batches of the samples of a data set: PyTorch's <c>DataLoader</c>. Enumerate it with <c>foreach</c> or <c>await foreach</c>, once for
/// every epoch.
/// <para>A shuffled order is PyTorch's for the same seed, bit for bit: every epoch draws a base seed from the loader's generator when it is
/// begun (with persistent workers: the first epoch), and <see cref="RandomSampler"/> draws the permutation before the first batch.</para>
/// <para>Workers are threads. Batches come in the same order with any number of them; a worker's error is thrown at its batch, with its own
/// type and where it happened; leaving the loop, cancelling or disposing stops the workers.</para>
/// </summary>
/// <typeparam name="T">A sample.</typeparam>
/// <typeparam name="TBatch">A batch: the samples as <see cref="Collate"/> or the function given joins them.</typeparam>
public sealed partial class DataLoader<T, [DynamicallyAccessedMembers(Collate.Needs)] TBatch> : IEnumerable<TBatch>, ISized,
    IStateful, IDisposable, IAsyncDisposable
{
    readonly Dataset<T>? map;
    readonly IterableDataset<T>? stream;
    readonly IEnumerable<long[]>? batchSampler;
    readonly IEnumerable<long>? sampler;
    readonly Func<IReadOnlyList<T>, TBatch> collate;
    readonly Action<WorkerInfo>? init;
    LoaderCrew? persistent;

    /// <summary>Batches of a data set with indices.</summary>
    /// <param name="dataset">The samples.</param>
    /// <param name="batchSize">How many samples a batch has; null for single samples as they are.</param>
    /// <param name="shuffle">Whether every epoch has a new random order.</param>
    /// <param name="sampler">The order: a <see cref="Sampler{T}"/> of indices, or any sequence of them. Excludes shuffle.</param>
    /// <param name="batchSampler">Whole batches of indices. Excludes batchSize, shuffle, sampler and dropLast.</param>
    /// <param name="numWorkers">How many threads read; 0 for the thread that asks for the batch. Where there are no threads (in a
    /// browser), workers read on the asking thread, with the same results.</param>
    /// <param name="collateFn">Makes a batch of a list of samples; <see cref="Collate.Default{T, TBatch}"/> by default.</param>
    /// <param name="dropLast">Whether a last batch of fewer samples is left out.</param>
    /// <param name="timeout">How long a worker's batch is waited for; zero for ever.</param>
    /// <param name="workerInitFn">Called on every worker's thread before its first batch.</param>
    /// <param name="generator">Gives the base seed, and the order if shuffle is set; <see cref="Generator.Default"/> by default.</param>
    /// <param name="prefetchFactor">How many batches each worker reads ahead; 2 by default.</param>
    /// <param name="persistentWorkers">Whether the threads stay for the next epoch, until <see cref="Dispose"/>.</param>
    /// <exception cref="ArgumentException">A number is out of range, or options exclude each other.</exception>
    public DataLoader(Dataset<T> dataset, long? batchSize = 1, bool shuffle = false, IEnumerable<long>? sampler = null,
        IEnumerable<long[]>? batchSampler = null, int numWorkers = 0, Func<IReadOnlyList<T>, TBatch>? collateFn = null,
        bool dropLast = false, TimeSpan timeout = default, Action<WorkerInfo>? workerInitFn = null, Generator? generator = null,
        int? prefetchFactor = null, bool persistentWorkers = false)
        : this(batchSize, numWorkers, collateFn, dropLast, timeout, workerInitFn, generator, prefetchFactor, persistentWorkers)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        if (sampler is not null && shuffle) DataErrors.Argument("sampler option is mutually exclusive with shuffle", nameof(sampler));
        if (batchSampler is not null)
        {
            if (batchSize != 1 || shuffle || sampler is not null || dropLast)
                DataErrors.Argument("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last",
                    nameof(batchSampler));
            BatchSize = null;
        }
        map = dataset;
        this.sampler = sampler ?? (batchSampler is not null ? null
            : shuffle ? new RandomSampler(dataset, generator: generator) : new SequentialSampler(dataset));
        this.batchSampler = batchSampler ?? (batchSize is null ? null : new BatchSampler(this.sampler!, batchSize.Value, dropLast));
    }

    /// <summary>Batches of a data set that comes one sample after the other.</summary>
    /// <inheritdoc cref="DataLoader{T, TBatch}(Dataset{T}, long?, bool, IEnumerable{long}?, IEnumerable{long[]}?, int,
    /// Func{IReadOnlyList{T}, TBatch}?, bool, TimeSpan, Action{WorkerInfo}?, Generator?, int?, bool)"/>
    public DataLoader(IterableDataset<T> dataset, long? batchSize = 1, int numWorkers = 0, Func<IReadOnlyList<T>, TBatch>? collateFn = null,
        bool dropLast = false, TimeSpan timeout = default, Action<WorkerInfo>? workerInitFn = null, Generator? generator = null,
        int? prefetchFactor = null, bool persistentWorkers = false)
        : this(batchSize, numWorkers, collateFn, dropLast, timeout, workerInitFn, generator, prefetchFactor, persistentWorkers)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        stream = dataset;
    }

    DataLoader(long? batchSize, int numWorkers, Func<IReadOnlyList<T>, TBatch>? collateFn, bool dropLast, TimeSpan timeout,
        Action<WorkerInfo>? workerInitFn, Generator? generator, int? prefetchFactor, bool persistentWorkers)
    {
        if (numWorkers < 0) Throw.Range(nameof(numWorkers), numWorkers,
            $"num_workers option should be non-negative; use num_workers=0 to disable multiprocessing: got {numWorkers}.");
        if (timeout < TimeSpan.Zero || timeout.TotalMilliseconds > int.MaxValue) Throw.Range(nameof(timeout), timeout,
            $"timeout option should be non-negative: got {timeout}, and at most {int.MaxValue} milliseconds are possible.");
        if (timeout != TimeSpan.Zero && numWorkers == 0) DataErrors.Argument("timeout option could only be specified in multiprocessing: " +
            "without workers nobody could stop waiting; let numWorkers > 0.", nameof(timeout));
        if (numWorkers == 0 && prefetchFactor is not null)
            DataErrors.Argument("prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable " +
                "multiprocessing, otherwise set prefetch_factor to None.", nameof(prefetchFactor));
        if (prefetchFactor <= 0) Throw.Range(nameof(prefetchFactor), prefetchFactor,
            $"prefetch_factor option should be non-negative, and not 0 with workers: got {prefetchFactor}.");
        if (persistentWorkers && numWorkers == 0)
            DataErrors.Argument("persistent_workers option needs num_workers > 0", nameof(persistentWorkers));
        if (batchSize is { } size) BatchSampler.Check(size);
        else if (dropLast) DataErrors.Argument("batch_size=None option disables auto-batching and is mutually exclusive with drop_last",
            nameof(dropLast));
        (BatchSize, NumWorkers, DropLast, Timeout) = (batchSize, numWorkers, dropLast, timeout);
        (Generator, PrefetchFactor, PersistentWorkers, init) = (generator, prefetchFactor ?? 2, persistentWorkers, workerInitFn);
        collate = collateFn ?? (batchSize is null ? Collate.Single<T, TBatch>() : Collate.Default<T, TBatch>);
    }

    /// <summary>How many samples a batch has, or null if a sampler of batches says so or samples come singly.</summary>
    public long? BatchSize { get; }

    /// <summary>How many threads read; 0 for the thread that asks for the batch.</summary>
    public int NumWorkers { get; }

    /// <summary>Whether a last batch of fewer samples is left out.</summary>
    public bool DropLast { get; }

    /// <summary>How long a worker's batch is waited for; zero for ever.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>The generator given; null for <see cref="Generator.Default"/>.</summary>
    public Generator? Generator { get; }

    /// <summary>How many batches each worker reads ahead.</summary>
    public int PrefetchFactor { get; }

    /// <summary>Whether the threads stay for the next epoch.</summary>
    public bool PersistentWorkers { get; }

    /// <summary>How many batches an epoch has.</summary>
    /// <exception cref="InvalidOperationException">The samples, or the sampler's indices, come from a sequence whose length is not
    /// known.</exception>
    public long Count
    {
        get
        {
            if (stream is null) return batchSampler is null ? LoaderState.Count(sampler!) : LoaderState.Count(batchSampler);
            if (stream.Count is not { } n)
                throw new InvalidOperationException($"object of type '{stream.GetType().Name}' has no len(): override its Count.");
            return BatchSize is not { } size ? n : DropLast ? n / size : (n + size - 1) / size;
        }
    }

    /// <summary>Begins an epoch.</summary>
    public IEnumerator<TBatch> GetEnumerator() => Begin(default);

    /// <summary>Begins an epoch whose batches are awaited: <c>await foreach (var batch in loader)</c>.</summary>
    public IAsyncEnumerator<TBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default) => Begin(cancellationToken);

    /// <summary>The batches of one epoch, until cancelled: <c>foreach (var batch in loader.Until(token))</c>.</summary>
    /// <param name="cancellationToken">Ends the epoch with an <see cref="OperationCanceledException"/>, even while a batch is waited
    /// for.</param>
    public IEnumerable<TBatch> Until(CancellationToken cancellationToken) => new Cancellable(this, cancellationToken);

    /// <summary>The loader as an asynchronous sequence, every enumeration of which is an epoch. The loader itself is not one, so that the
    /// operators of LINQ are not ambiguous.</summary>
    public IAsyncEnumerable<TBatch> AsAsyncEnumerable() => new Awaitable(this);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Stops the workers. They are started again if another epoch is begun.</summary>
    public void Dispose() => Interlocked.Exchange(ref persistent, null)?.Stop(wait: true);

    /// <summary>Stops the workers without blocking this thread.</summary>
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref persistent, null)?.StopAsync() ?? default;

    /// <summary>The number of samples, or -1 of a stream.</summary>
    internal long Samples
    {
        get
        {
            if (map is null) return -1;
            long n = map.Count;
            if (n < 0) Throw.State($"__len__() should return >= 0: the data set's Count is {n}.");
            return n;
        }
    }

    /// <summary>The epoch's batches of indices; null of a stream.</summary>
    internal IEnumerator<long[]>? IndexBatches() => map is null ? null
        : batchSampler is not null ? batchSampler.GetEnumerator()
        : Singly(sampler!);

    internal LoaderFetcher<T, TBatch>[] Fetchers(int workers)
    {
        var fetchers = new LoaderFetcher<T, TBatch>[Math.Max(1, workers)];
        for (int i = 0; i < fetchers.Length; i++)
        {
            int worker = i;
            fetchers[i] = map is not null ? new MapFetcher<T, TBatch>(map, collate)
                : new StreamFetcher<T, TBatch>(workers <= 1 ? stream!.GetEnumerator : () => Share(worker, workers), BatchSize ?? 1,
                    DropLast, collate);
        }
        return fetchers;
    }

    /// <summary>The threads of an epoch: none, those that stay, or new ones.</summary>
    internal LoaderCrew? Crew(long baseSeed)
    {
        if (NumWorkers == 0) return null;
        if (persistent is not null) return persistent;
        int count = NumWorkers;
        if (stream is not null && count > 1)
        {
            using IEnumerator<T>? share = stream.GetShare(0, count);
            if (share is null) count = 1;
        }
        var crew = new LoaderCrew(count, baseSeed, map ?? (object)stream!, init);
        if (PersistentWorkers) persistent = crew;
        return crew;
    }

    IEnumerator<T> Share(int worker, int workers) => stream!.GetShare(worker, workers) ??
        throw new InvalidOperationException($"GetShare({worker}, {workers}) gave null, but GetShare(0, {workers}) did not.");

    static IEnumerator<long[]> Singly(IEnumerable<long> sampler)
    {
        foreach (long i in sampler) yield return [i];
    }

    sealed class Cancellable(DataLoader<T, TBatch> loader, CancellationToken token) : IEnumerable<TBatch>
    {
        public IEnumerator<TBatch> GetEnumerator() => loader.Begin(token);
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    sealed class Awaitable(DataLoader<T, TBatch> loader) : IAsyncEnumerable<TBatch>
    {
        public IAsyncEnumerator<TBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            loader.Begin(cancellationToken);
    }
}
