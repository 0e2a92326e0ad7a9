using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Nabla;

/// <summary>One running loop: counters of chunks that threads take from, and a count of the workers inside.</summary>
/// <remarks>
/// Chunks are handed out in order, or, if <c>places</c> is given, a run of neighbours to each thread, the same run every time: memory that
/// one loop after another passes over then stays in reach of the same core's caches. Whoever is done with its run helps with the next.
/// </remarks>
internal abstract class Job(long chunks, int helpers, long[]? places)
{
    private const int Apart = 8;    // one counter per line of the cache
    private const int Closed = 1 << 30;
    private static readonly long SpinTicks = Stopwatch.Frequency / 20_000;  // 50 us

    private long next;              // chunks, too, once no chunk is left of any run
    private int state;              // workers inside, plus Closed once the caller has found no chunk left
    private int failing;            // a spin lock around the next two
    private long failedChunk = long.MaxValue;
    private ExceptionDispatchInfo? failure;

    /// <summary>The number of workers that can be of use.</summary>
    public int Helpers { get; } = (int)Math.Min(helpers, chunks - 1);

    /// <summary>Whether a worker would find something to do.</summary>
    public bool Open => Volatile.Read(ref state) < Helpers && Volatile.Read(ref next) < chunks;

    /// <summary>Counters for a loop in runs.</summary>
    public static long[] Places(long chunks, int helpers) => new long[Apart * ((int)Math.Min(helpers, chunks - 1) + 1)];

    protected abstract void RunChunk(long chunk);

    /// <summary>Takes chunks until none is left. Keeps exceptions for <see cref="Finish"/>.</summary>
    /// <param name="thread">The caller is 0, workers count from 1.</param>
    public void Work(int thread)
    {
        if (places is null)
        {
            for (long chunk; (chunk = Interlocked.Increment(ref next) - 1) < chunks;) Try(chunk);
            return;
        }
        int runs = places.Length / Apart;
        for (int i = 0; i < runs; i++)
        {
            int run = (thread + i) % runs;
            long start = run * chunks / runs, end = (run + 1) * chunks / runs;
            ref long place = ref places[run * Apart];
            for (long chunk; Volatile.Read(ref next) < chunks && (chunk = start + Interlocked.Increment(ref place) - 1) < end;) Try(chunk);
        }
        Volatile.Write(ref next, chunks);
    }

    private void Try(long chunk)
    {
        try
        {
            RunChunk(chunk);
        }
        catch (Exception e)
        {
            Fail(chunk, e);
        }
    }

    /// <summary>Takes a place as a worker, or says that there is none.</summary>
    public bool TryEnter()
    {
        int seen = Volatile.Read(ref state);
        while (seen < Helpers)
        {
            int before = Interlocked.CompareExchange(ref state, seen + 1, seen);
            if (before == seen) return true;
            seen = before;
        }
        return false;
    }

    /// <summary>Gives the place back; the last worker to leave a closed job wakes its caller.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref state) != Closed) return;
        lock (this) Monitor.PulseAll(this);
    }

    /// <summary>Waits for the workers inside and throws what a chunk threw.</summary>
    public void Finish()
    {
        // Only workers that did enter are waited for: one that is slow to wake up costs nothing.
        if (Interlocked.Or(ref state, Closed) != 0 && !Spin()) Wait();
        failure?.Throw();
    }

    private bool Spin()
    {
        long end = Stopwatch.GetTimestamp() + SpinTicks;
        do
        {
            for (int i = 0; i < 16; i++)
            {
                if (Volatile.Read(ref state) == Closed) return true;
                Thread.SpinWait(1);
            }
        }
        while (Stopwatch.GetTimestamp() < end);
        return false;
    }

    private void Wait()
    {
        // An interrupt must not let the caller go on while workers still write to its memory.
        bool interrupted = false;
        while (Volatile.Read(ref state) != Closed)
        {
            try
            {
                lock (this)
                {
                    while (Volatile.Read(ref state) != Closed) Monitor.Wait(this);
                }
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }
        if (interrupted) Thread.CurrentThread.Interrupt();
    }

    private void Fail(long chunk, Exception e)
    {
        // Chunks handed out in order: all below this one have been started, so the lowest failure is the sequential loop's.
        Interlocked.Exchange(ref next, chunks);
        while (Interlocked.Exchange(ref failing, 1) != 0) Thread.SpinWait(1);    // a monitor could be interrupted
        if (chunk < failedChunk)
        {
            failedChunk = chunk;
            failure = ExceptionDispatchInfo.Capture(e);
        }
        Volatile.Write(ref failing, 0);
    }
}

/// <summary>A loop with its body.</summary>
internal sealed class Job<TBody>(long n, long grain, TBody body, int helpers, bool inRuns) : Job(Parallel.Chunks(n, grain), helpers,
    inRuns ? Places(Parallel.Chunks(n, grain), helpers) : null) where TBody : struct, IRange
{
    protected override void RunChunk(long chunk)
    {
        long from = chunk * grain;
        TBody own = body;
        own.Run(from, from + Math.Min(grain, n - from));
    }
}
