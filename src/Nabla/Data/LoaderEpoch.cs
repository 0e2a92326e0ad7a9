using System.Collections;
using System.Runtime.ExceptionServices;

namespace Nabla.Data;

/// <summary>
/// One pass over the data. Indices are drawn on the reader's thread only, in PyTorch's order: with workers prefetchFactor batches for each
/// at the start, then one for every batch delivered. Batch i goes to the worker whose turn it is, and batches are delivered in their order.
/// </summary>
internal sealed class LoaderEpoch<T, TBatch> : IEnumerator<TBatch>, IAsyncEnumerator<TBatch>
{
    readonly DataLoader<T, TBatch> loader;
    readonly CancellationToken token;
    readonly CancellationTokenSource stop = new();
    readonly CancellationTokenRegistration registration;
    readonly LoaderFetcher<T, TBatch>[] fetchers;
    readonly LoaderCrew? crew;
    readonly Queue<FetchJob<T, TBatch>> waiting = new();
    readonly bool[] active;
    readonly long count;
    readonly ExecutionContext? context;
    IEnumerator<long[]>? batches;   // null for a stream, which has as many as it has
    long sent, skip;
    int turn;
    bool disposed, late;

    internal LoaderEpoch(DataLoader<T, TBatch> loader, long baseSeed, long skip, CancellationToken token)
    {
        (this.loader, this.token, this.skip, BaseSeed, Delivered) = (loader, token, skip, baseSeed, skip);
        count = loader.Samples;
        batches = loader.IndexBatches();
        crew = loader.Crew(baseSeed);
        fetchers = loader.Fetchers(crew?.Count ?? 0);
        registration = token.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), stop);
        active = new bool[fetchers.Length];
        active.AsSpan().Fill(true);
        if (batches is not null)
            for (; this.skip > 0; this.skip--) Draw();
        if (crew is null) return;
        context = ExecutionContext.Capture();
        for (long i = 0; i < (long)loader.PrefetchFactor * crew.Count; i++) Send();
    }

    internal long BaseSeed { get; }

    /// <summary>How many batches of the epoch were delivered.</summary>
    internal long Delivered { get; private set; }

    /// <summary>Whether an index was asked for: only then has the sampler drawn its order.</summary>
    internal bool Begun { get; private set; }

    /// <summary>Whether there is no further batch.</summary>
    internal bool Ended { get; private set; }

    public TBatch Current { get; private set; } = default!;

    object? IEnumerator.Current => Current;

    public bool MoveNext()
    {
        do
        {
            if (!Ready()) return false;
            if (crew is null ? !Deliver(Fetch()) : !Receive()) return Finish();
        }
        while (Skipped());
        return true;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        if (crew is null) return new(MoveNext());
        return Next();

        async ValueTask<bool> Next()
        {
            do
            {
                if (!Ready()) return false;
                bool any = false;
                while (!any && waiting.TryPeek(out var job))
                {
                    LoaderAnswer<TBatch> answer;
                    try
                    {
                        answer = await job.Answer.WaitAsync(Wait, token).ConfigureAwait(false);
                    }
                    catch (TimeoutException)
                    {
                        throw TimedOut();
                    }
                    any = Take(answer);
                }
                if (!any) return Finish();
            }
            while (Skipped());
            return true;
        }
    }

    public void Reset() => throw new NotSupportedException("An epoch cannot be begun again: enumerate the loader anew.");

    public void Dispose()
    {
        if (!Leave()) return;
        if (crew is not null && !loader.PersistentWorkers) crew.Stop(wait: !late);
    }

    public ValueTask DisposeAsync()
    {
        if (!Leave() || crew is null || loader.PersistentWorkers) return default;
        if (!late) return crew.StopAsync();
        crew.Stop(wait: false);
        return default;
    }

    TimeSpan Wait => loader.Timeout == TimeSpan.Zero ? System.Threading.Timeout.InfiniteTimeSpan : loader.Timeout;

    bool Ready()
    {
        token.ThrowIfCancellationRequested();
        if (Ended || disposed) return false;
        if (loader.Samples is var now && now != count)
            Throw.State($"The data set changed during an epoch: it had {count} samples and has {now} now.");
        return true;
    }

    /// <summary>Whether the batch is one that was delivered before the loader's state was saved.</summary>
    bool Skipped()
    {
        if (skip == 0)
        {
            Delivered++;
            return false;
        }
        skip--;
        return true;
    }

    LoaderAnswer<TBatch> Fetch()
    {
        if (!Draw()) return new(default, Ended: true);
        LoaderFetcher<T, TBatch> fetcher = fetchers[0];
        try
        {
            return fetcher.Read(batches?.Current, stop.Token) is { } samples ? new(fetcher.Join(samples)) : new(default, Ended: true);
        }
        catch (Exception e) when (Note(e, $"batch {Delivered}, {fetcher.Place}"))
        {
            throw;
        }
    }

    /// <summary>Notes where an error happened, and does not catch it.</summary>
    static bool Note(Exception e, string where)
    {
        e.Data["DataLoader"] = where;
        return false;
    }

    /// <summary>Draws the next batch of indices. Whether there is one; a stream always says so.</summary>
    bool Draw()
    {
        Begun = true;
        return batches?.MoveNext() ?? true;
    }

    bool Deliver(LoaderAnswer<TBatch> answer)
    {
        if (!answer.Ended) Current = answer.Batch!;
        return !answer.Ended;
    }

    bool Receive()
    {
        while (waiting.TryPeek(out var job))
        {
            if (!job.Answer.Wait(Wait, token)) throw TimedOut();
            if (Take(job.Answer.Result)) return true;
        }
        return false;
    }

    /// <summary>The first waiting batch has come. False if it was the end of its worker's stream.</summary>
    bool Take(LoaderAnswer<TBatch> answer)
    {
        int worker = waiting.Dequeue().Worker;
        if (answer.Ended) active[worker] = false;
        Send();
        if (answer.Error is { } error) ExceptionDispatchInfo.Throw(error);
        return Deliver(answer);
    }

    /// <summary>Gives the next batch to the worker whose turn it is, if there is one of each.</summary>
    void Send()
    {
        if (!Draw()) return;
        long[]? indices = batches?.Current;
        if (!Array.Exists(active, static a => a)) return;
        while (!active[turn]) turn = (turn + 1) % active.Length;
        var job = new FetchJob<T, TBatch>(fetchers[turn], turn, sent++, indices, context, stop.Token);
        waiting.Enqueue(job);
        crew!.Post(turn, job);
        turn = (turn + 1) % active.Length;
    }

    TimeoutException TimedOut()
    {
        late = true;
        return new(FormattableString.Invariant(
            $"DataLoader timed out after {loader.Timeout.TotalSeconds} seconds: batch {Delivered} has not come."));
    }

    bool Finish()
    {
        Ended = true;
        Dispose();
        return false;
    }

    bool Leave()
    {
        if (disposed) return false;
        disposed = true;
        registration.Dispose();
        stop.Cancel();
        batches?.Dispose();
        batches = null;
        for (int i = 0; i < fetchers.Length; i++)
            if (crew is null) fetchers[i].Dispose();
            else crew.Post(i, new CloseJob(fetchers[i]));
        waiting.Clear();
        return true;
    }
}
