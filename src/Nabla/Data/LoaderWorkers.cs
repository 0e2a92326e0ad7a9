namespace Nabla.Data;

/// <summary>Work for a worker's thread.</summary>
internal abstract class LoaderJob
{
    /// <summary>Cancelled when nobody waits for the answer any more.</summary>
    internal abstract CancellationToken Stop { get; }

    /// <summary>Does the work; lets no exception out.</summary>
    /// <param name="failure">What the worker's initialisation threw.</param>
    internal abstract void Run(Exception? failure);

    /// <summary>The workers stop before the work is done.</summary>
    internal abstract void Abandon();
}

/// <summary>One thread, which runs its jobs in their order and waits between them. It knows nothing of the loader. Where there are no
/// threads, each job is run when it is posted.</summary>
internal sealed class LoaderWorker
{
    readonly Queue<LoaderJob> jobs = new();     // its own lock; also what the thread waits on
    readonly Thread? thread;
    readonly WorkerInfo info;
    readonly Action<WorkerInfo>? init;
    readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    bool closed, done;  // guarded by the lock
    bool started;
    Exception? failure;     // what the initialisation threw

    internal LoaderWorker(WorkerInfo info, Action<WorkerInfo>? init)
    {
        (this.info, this.init) = (info, init);
        if (!Threads.Exist) return;
        thread = new Thread(Loop) { IsBackground = true, Name = $"Nabla.DataLoader worker {info.Id}" };
        thread.UnsafeStart();   // jobs bring their own execution context
    }

    /// <summary>Completes when the thread is about to end.</summary>
    internal Task Finished => finished.Task;

    internal void Post(LoaderJob job)
    {
        if (thread is null)
        {
            RunHere(job);
            return;
        }
        lock (jobs)
        {
            if (!done)
            {
                jobs.Enqueue(job);
                Monitor.Pulse(jobs);
                return;
            }
        }
        job.Abandon();
    }

    /// <summary>Lets the thread end after the job it runs; it abandons the others.</summary>
    internal void Close()
    {
        lock (jobs)
        {
            closed = true;
            Monitor.Pulse(jobs);
        }
        if (thread is null) finished.TrySetResult();
    }

    internal bool Join(TimeSpan wait) => thread is null || Thread.CurrentThread == thread || thread.Join(wait);

    void Loop()
    {
        WorkerInfo.Current = info;
        while (Next(out bool abandon) is { } job) Run(job, abandon);
        WorkerInfo.Current = null;
        finished.SetResult();
    }

    void RunHere(LoaderJob job)
    {
        WorkerInfo? before = WorkerInfo.Current;
        WorkerInfo.Current = info;
        try
        {
            Run(job, closed);
        }
        finally
        {
            WorkerInfo.Current = before;
        }
    }

    void Run(LoaderJob job, bool abandon)
    {
        info.CancellationToken = job.Stop;
        if (abandon || job.Stop.IsCancellationRequested)
        {
            job.Abandon();
            return;
        }
        if (!started)
        {
            started = true;
            try
            {
                init?.Invoke(info);
            }
            catch (Exception e)
            {
                failure = e;
            }
        }
        job.Run(failure);
    }

    LoaderJob? Next(out bool abandon)
    {
        lock (jobs)
        {
            LoaderJob? job;
            while (!jobs.TryDequeue(out job) && !closed) Monitor.Wait(jobs);
            abandon = closed;
            done = job is null;
            return job;
        }
    }
}

/// <summary>A loader's workers. Threads end when it is disposed of, or when nobody refers to it any more.</summary>
internal sealed class LoaderCrew : IDisposable
{
    /// <summary>How long the end of a thread is waited for: one that hangs in a data set ends after its sample.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    readonly LoaderWorker[] workers;

    internal LoaderCrew(int count, long baseSeed, object dataset, Action<WorkerInfo>? init)
    {
        workers = new LoaderWorker[count];
        for (int i = 0; i < count; i++) workers[i] = new(new WorkerInfo(i, count, unchecked(baseSeed + i), dataset), init);
    }

    ~LoaderCrew() => Close();

    internal int Count => workers.Length;

    internal void Post(int worker, LoaderJob job) => workers[worker].Post(job);

    internal void Stop(bool wait)
    {
        Dispose();
        if (!wait) return;
        foreach (LoaderWorker worker in workers)
            if (!worker.Join(Patience)) return;
    }

    internal async ValueTask StopAsync()
    {
        Dispose();
        Task all = Task.WhenAll(workers.Select(static w => w.Finished));
        await Task.WhenAny(all, Task.Delay(Patience)).ConfigureAwait(false);
    }

    /// <summary>Lets the threads end, and does not wait for them.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    void Close()
    {
        foreach (LoaderWorker? worker in workers ?? []) worker?.Close();
    }
}
