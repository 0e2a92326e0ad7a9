using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// The background threads behind <see cref="Parallel"/>: started when first needed, one loop at a time, spinning for a moment after each so
/// that the next starts within about a microsecond, then parked on a monitor, where they use no processor time.
/// </summary>
internal static class Workers
{
    private const int StackSize = 1 << 20;
    private static readonly long SpinTicks = Environment.ProcessorCount == 1 ? 0 : Stopwatch.Frequency / 10_000;  // 100 us

    private static readonly Lock Gate = new();
    private static readonly List<Worker> Parked = [];   // guarded by Gate
    private static int parkedCount;
    private static int started;                         // changed only by the thread whose job is current
    private static Job? current;

    [ThreadStatic]
    private static bool inside;

    /// <summary>Whether this thread may hand out work: there are threads, and it is not running a chunk itself.</summary>
    public static bool Available => Threads.Exist && !inside;

    /// <summary>Runs a job on this thread and on the workers, or on this thread alone if they are occupied.</summary>
    public static void Run(Job job)
    {
        bool posted = Interlocked.CompareExchange(ref current, job, null) is null;
        if (posted) Call(job.Helpers);
        inside = true;
        job.Work(0);
        inside = false;
        if (posted) Volatile.Write(ref current, null);
        job.Finish();
    }

    private static Job? Find() => Volatile.Read(ref current) is { Open: true } job ? job : null;

    private static void Call(int helpers)
    {
        // Parked workers first; the compare-exchange that posted the job orders this read after it.
        int awake = started - Volatile.Read(ref parkedCount);
        if (awake < helpers && awake < started)
        {
            try
            {
                Wake(Math.Min(helpers, started) - awake);
            }
            catch (ThreadInterruptedException)
            {
                Thread.CurrentThread.Interrupt();   // for later: the job is posted and must be done
            }
        }
        while (started < helpers && TryStart()) started++;
    }

    private static bool TryStart()
    {
        try
        {
            new Thread(new Worker(started + 1).Loop, StackSize) { IsBackground = true, Name = "Nabla worker" }.UnsafeStart();
            return true;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return false;   // no more threads to be had; fewer do the work
        }
    }

    private static void Wake(int count)
    {
        // Each one woken wakes half of the rest, so that many workers start in logarithmic time.
        while (count > 0)
        {
            Worker worker;
            lock (Gate)
            {
                if (Parked.Count == 0) return;
                worker = Parked[^1];
                Parked.RemoveAt(Parked.Count - 1);
                parkedCount = Parked.Count;
            }
            int share = (count - 1) / 2;
            worker.Wake(share);
            count -= share + 1;
        }
    }

    /// <summary>One thread of the pool.</summary>
    private sealed class Worker(int number)
    {
        private bool called;
        private int toWake;

        public void Loop()
        {
            inside = true;
            while (true)
                if (!Serve()) Park();
        }

        /// <summary>A frame of its own, so that a parked thread holds no job and with it no tensors.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private bool Serve()
        {
            if (Spin() is not { } job) return false;
            if (job.TryEnter())
            {
                job.Work(number);
                job.Leave();
            }
            return true;
        }

        public void Wake(int others)
        {
            lock (this)
            {
                toWake = others;
                called = true;
                Monitor.Pulse(this);
            }
        }

        private static Job? Spin()
        {
            long end = Stopwatch.GetTimestamp() + SpinTicks;
            do
            {
                for (int i = 0; i < 16; i++)
                {
                    if (Find() is { } job) return job;
                    Thread.SpinWait(1);
                }
            }
            while (Stopwatch.GetTimestamp() < end);
            return null;
        }

        private void Park()
        {
            lock (Gate)
            {
                Parked.Add(this);
                parkedCount = Parked.Count;
            }
            Interlocked.MemoryBarrier();
            if (Find() is not null && TryUnpark()) return;  // a job came in between; its caller may not have seen us
            int others;
            lock (this)
            {
                while (!called) Monitor.Wait(this);
                called = false;
                others = toWake;
            }
            Workers.Wake(others);
        }

        private bool TryUnpark()
        {
            lock (Gate)
            {
                bool mine = Parked.Remove(this);
                parkedCount = Parked.Count;
                return mine;
            }
        }
    }
}
