namespace Nabla.Data;

/// <summary>What a worker found: a batch, the end of its stream, or an error.</summary>
internal readonly record struct LoaderAnswer<TBatch>(TBatch? Batch, bool Ended = false, Exception? Error = null);

/// <summary>Reads the samples of a batch and joins them. One thread at a time uses it.</summary>
internal abstract class LoaderFetcher<T, TBatch>(Func<IReadOnlyList<T>, TBatch> collate) : IDisposable
{
    /// <summary>The place that is read, for errors.</summary>
    internal abstract string Place { get; }

    /// <summary>The samples of the next batch; null at the end of a stream.</summary>
    internal abstract T[]? Read(long[]? indices, CancellationToken stop);

    internal TBatch Join(T[] samples) => collate(samples);

    public abstract void Dispose();
}

internal sealed class MapFetcher<T, TBatch>(Dataset<T> dataset, Func<IReadOnlyList<T>, TBatch> collate) : LoaderFetcher<T, TBatch>(collate)
{
    long[]? all;
    int at;

    internal override string Place => all is null ? "before the first sample"
        : at < all.Length ? $"reading sample {all[at]}"
        : $"joining samples {string.Join(", ", all.Take(8))}{(all.Length > 8 ? ", ..." : "")}";

    internal override T[]? Read(long[]? indices, CancellationToken stop)
    {
        (all, at) = (indices, 0);
        var samples = new T[all!.Length];
        for (; at < samples.Length; at++)
        {
            stop.ThrowIfCancellationRequested();
            samples[at] = dataset[all[at]];
        }
        return samples;
    }

    public override void Dispose() { }
}

internal sealed class StreamFetcher<T, TBatch>(Func<IEnumerator<T>> open, long batchSize, bool dropLast,
    Func<IReadOnlyList<T>, TBatch> collate) : LoaderFetcher<T, TBatch>(collate)
{
    IEnumerator<T>? samples;
    long taken;
    bool ended;

    internal override string Place => $"after {taken} samples";

    internal override T[]? Read(long[]? indices, CancellationToken stop)
    {
        if (ended) return null;
        samples ??= open();
        List<T> batch = [];
        while (batch.Count < batchSize)
        {
            stop.ThrowIfCancellationRequested();
            if (!samples.MoveNext())
            {
                ended = true;
                break;
            }
            batch.Add(samples.Current);
            taken++;
        }
        if (batch.Count > 0 && !(dropLast && batch.Count < batchSize)) return [.. batch];
        ended = true;
        return null;
    }

    public override void Dispose()
    {
        ended = true;
        samples?.Dispose();
        samples = null;
    }
}

/// <summary>One batch for one worker to read.</summary>
internal sealed class FetchJob<T, TBatch>(LoaderFetcher<T, TBatch> fetcher, int worker, long number, long[]? indices,
    ExecutionContext? context, CancellationToken stop) : LoaderJob
{
    readonly TaskCompletionSource<LoaderAnswer<TBatch>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Worker => worker;
    internal Task<LoaderAnswer<TBatch>> Answer => answer.Task;
    internal override CancellationToken Stop => stop;

    internal override void Run(Exception? failure)
    {
        if (failure is not null) Fail(failure, "in worker_init_fn");
        else if (context is null) Fetch();
        else ExecutionContext.Run(context, static job => ((FetchJob<T, TBatch>)job!).Fetch(), this);
    }

    internal override void Abandon() => answer.TrySetResult(new(default, Error: new ObjectDisposedException("DataLoader",
        "The loader was disposed of while a batch was waited for.")));

    void Fetch()
    {
        try
        {
            T[]? samples = fetcher.Read(indices, stop);
            answer.TrySetResult(samples is null ? new(default, Ended: true) : new(fetcher.Join(samples)));
        }
        catch (Exception e)
        {
            Fail(e, $"batch {number}, {fetcher.Place}");
        }
    }

    void Fail(Exception e, string where) => answer.TrySetResult(new(default, Error: DataErrors.InWorker(e, worker, where)));
}

/// <summary>Closes a worker's stream on the worker's own thread.</summary>
internal sealed class CloseJob(IDisposable fetcher) : LoaderJob
{
    internal override CancellationToken Stop => default;
    internal override void Run(Exception? failure) => Abandon();

    internal override void Abandon()
    {
        try
        {
            fetcher.Dispose();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nobody waits for this stream any more, and its batches were delivered.
        }
    }
}
