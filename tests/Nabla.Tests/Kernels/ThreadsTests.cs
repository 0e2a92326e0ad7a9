using System.Collections.Concurrent;
using System.Diagnostics;

namespace Nabla.Tests.Kernels;

/// <summary>Tests that set <see cref="Threads.Count"/> or need the workers for themselves.</summary>
[CollectionDefinition("Threads", DisableParallelization = true)]
public sealed class ThreadsCollection;

/// <summary>Parallel loops: the chunks, the threads, the exceptions, and what they cost.</summary>
[Collection("Threads")]
public sealed class ThreadsTests : IDisposable
{
    private readonly int before = Threads.Count;

    public void Dispose() => Threads.Count = before;

    [Fact]
    public void CountStartsAtTheProcessorsAndRefusesLessThanOne()
    {
        Assert.True(Threads.Count >= 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => Threads.Count = 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => Threads.Count = -3);
        Assert.Equal(before, Threads.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void ChunksDependOnSizesOnly(int threads)
    {
        Threads.Count = threads;
        foreach (long n in (long[])[0, 1, 2, 7, 64, 100, 1001])
        {
            foreach (long grain in (long[])[-1, 0, 1, 3, 7, 64, 2000])
            {
                var seen = new ConcurrentBag<(long, long)>();
                Parallel.For(n, grain, new Record(seen));
                Assert.Equal(ExpectedChunks(n, grain), seen.Order());
                Assert.Equal(Parallel.Chunks(n, grain), seen.Count);
            }
        }
    }

    [Fact]
    public void NegativeLengthDoesNothing() => Parallel.For(-5, 1, new Throwing(-5));

    [Fact]
    public void EveryIndexRunsOnceUnderManyRepetitions()
    {
        Threads.Count = 4;
        int[] hits = new int[257];
        for (int i = 0; i < 2000; i++) Parallel.For(hits.Length, 5, new Increment(hits));
        Assert.All(hits, h => Assert.Equal(2000, h));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(400)]
    public void ASweepRunsEveryIndexOnce(int threads)
    {
        Threads.Count = threads;
        int[] hits = new int[257];
        for (int i = 0; i < 500; i++) Parallel.Sweep(hits.Length, 5, new Increment(hits));
        Assert.All(hits, h => Assert.Equal(500, h));
    }

    [Fact]
    public void ASweepIsSharedWithWorkersAndReportsAFailure()
    {
        Threads.Count = 2;
        var meeting = new Barrier(2);
        Parallel.Sweep(2, 1, new Meet(meeting));        // each chunk waits for the other
        Assert.Equal(1, meeting.CurrentPhaseNumber);
        for (int i = 0; i < 100; i++)
            Assert.Equal("chunk 37", Assert.Throws<FormatException>(() => Parallel.Sweep(38, 1, new Throwing(37))).Message);
        int[] hits = new int[10];
        Parallel.Sweep(10, 1, new Increment(hits));
        Assert.All(hits, h => Assert.Equal(1, h));
    }

    [Fact]
    public void WorkersTakePart()
    {
        Threads.Count = 2;
        var meeting = new Barrier(2);
        Parallel.For(2, 1, new Meet(meeting));      // each chunk waits for the other: needs two threads
        Assert.Equal(1, meeting.CurrentPhaseNumber);
        Thread.Sleep(20);                            // parked by now
        Parallel.For(2, 1, new Meet(meeting));
        Assert.Equal(2, meeting.CurrentPhaseNumber);
    }

    [Fact]
    public void ParkedWorkersAreAllWoken()
    {
        Threads.Count = 9;
        var meeting = new Barrier(9);
        for (int i = 1; i <= 5; i++)
        {
            Parallel.For(9, 1, new Meet(meeting));
            Assert.Equal(i, meeting.CurrentPhaseNumber);
            Thread.Sleep(10);
        }
    }

    [Fact]
    public void NoMoreThreadsThanCountRunAtOnce()
    {
        Threads.Count = 8;
        Parallel.For(8, 1, new Meet(new Barrier(8)));   // eight threads exist
        Threads.Count = 2;
        int[] most = new int[2];
        for (int i = 0; i < 50; i++) Parallel.For(8, 1, new Crowd(most));
        Assert.InRange(most[1], 1, 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void TheLowestExceptionReachesTheCallerWithItsType(int threads)
    {
        Threads.Count = threads;
        for (int i = 0; i < 100; i++)
        {
            var e = Assert.Throws<FormatException>(() => Parallel.For(100, 1, new Throwing(37)));
            Assert.Equal("chunk 37", e.Message);
            Assert.Contains(nameof(Throwing), e.StackTrace);
        }
        int[] hits = new int[10];
        Parallel.For(10, 1, new Increment(hits));       // the pool is as good as before
        Assert.All(hits, h => Assert.Equal(1, h));
    }

    [Fact]
    public void NestedLoopsRunInline()
    {
        Threads.Count = 4;
        int[] other = new int[1], hits = new int[16 * 16];
        Parallel.For(16, 1, new Nest(hits, other));
        Assert.All(hits, h => Assert.Equal(1, h));
        Assert.Equal(0, other[0]);
    }

    [Fact]
    public void ANestedExceptionLeavesThePoolUsable()
    {
        Threads.Count = 2;
        Assert.Throws<FormatException>(() => Parallel.For(4, 1, new NestThrow()));
        var meeting = new Barrier(2);
        Parallel.For(2, 1, new Meet(meeting));
        Assert.Equal(1, meeting.CurrentPhaseNumber);
    }

    [Fact]
    public void ManyCallersAtOnceAllFinish()
    {
        Threads.Count = 3;
        int[][] hits = [.. Enumerable.Range(0, 6).Select(_ => new int[40])];
        Thread[] callers = [.. hits.Select(h => new Thread(() =>
        {
            for (int i = 0; i < 500; i++) Parallel.For(h.Length, 3, new Increment(h));
        }))];
        foreach (Thread t in callers) t.Start();
        foreach (Thread t in callers) t.Join();
        Assert.All(hits, h => Assert.All(h, x => Assert.Equal(500, x)));
    }

    [Fact]
    public void AnInterruptedCallerStillWaits()
    {
        Threads.Count = 2;
        int done = 0;
        bool interrupted = false;
        var meeting = new Barrier(3);
        var caller = new Thread(() =>
        {
            Parallel.For(2, 1, new MeetThenSlow(meeting, () => Interlocked.Increment(ref done)));
            int seen = Volatile.Read(ref done);
            try { Thread.Sleep(1000); }
            catch (ThreadInterruptedException) { interrupted = seen == 1; }
        });
        caller.Start();
        meeting.SignalAndWait(TestContext.Current.CancellationToken);
        Thread.Sleep(60);       // most likely the caller waits by now; if not, it finds the interrupt when it does
        caller.Interrupt();
        caller.Join();
        Assert.True(interrupted);
    }

    [Fact]
    public void InlineLoopsAllocateNothingAndOthersLittle()
    {
        int[] hits = new int[4];
        Threads.Count = 2;
        Assert.Equal(0, BytesPerCall(() => Parallel.For(4, 4, new Increment(hits))));
        Assert.InRange(BytesPerCall(() => Parallel.For(4, 1, new Increment(hits))), 1, 160);
        Threads.Count = 1;
        Assert.Equal(0, BytesPerCall(() => Parallel.For(4, 1, new Increment(hits))));
    }

    [Fact]
    public void GrainBoundsTheChunks()
    {
        Assert.Equal(1000, Parallel.Grain(1000, 1000, 8));
        Assert.Equal(125, Parallel.Grain(1000, 1, 8));
        Assert.Equal(126, Parallel.Grain(1001, 1, 8));
        Assert.Equal(0, Parallel.Chunks(0, 5));
        Assert.Equal(8, Parallel.Chunks(1001, 126));
    }

    private static double BytesPerCall(Action action)
    {
        for (int i = 0; i < 100; i++) action();
        long start = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) action();
        return Math.Floor((GC.GetAllocatedBytesForCurrentThread() - start) / 1000.0);
    }

    private static IEnumerable<(long, long)> ExpectedChunks(long n, long grain)
    {
        grain = Math.Max(grain, 1);
        for (long from = 0; from < n; from += grain) yield return (from, Math.Min(n, from + grain));
    }

    private readonly struct Record(ConcurrentBag<(long, long)> seen) : IRange
    {
        public void Run(long from, long to) => seen.Add((from, to));
    }

    private readonly struct Increment(int[] hits) : IRange
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++) hits[i]++;
        }
    }

    private readonly struct Meet(Barrier meeting) : IRange
    {
        public void Run(long from, long to) => Assert.True(meeting.SignalAndWait(TimeSpan.FromSeconds(30)));
    }

    private readonly struct MeetThenSlow(Barrier meeting, Action done) : IRange
    {
        public void Run(long from, long to)
        {
            meeting.SignalAndWait();
            if (!Thread.CurrentThread.IsBackground) return;     // the caller goes to wait for the worker
            long end = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 5;
            while (Stopwatch.GetTimestamp() < end) Thread.Sleep(1);
            done();
        }
    }

    private readonly struct Crowd(int[] most) : IRange
    {
        public void Run(long from, long to)
        {
            int now = Interlocked.Increment(ref most[0]);
            lock (most) most[1] = Math.Max(most[1], now);
            Thread.Yield();
            Interlocked.Decrement(ref most[0]);
        }
    }

    private readonly struct Throwing(long at) : IRange
    {
        public void Run(long from, long to)
        {
            if (from >= at) throw new FormatException($"chunk {from}");
        }
    }

    private readonly struct Nest(int[] hits, int[] other) : IRange
    {
        public void Run(long from, long to) => Parallel.For(16, 1, new Inner(hits, other, from, Environment.CurrentManagedThreadId));
    }

    private readonly struct Inner(int[] hits, int[] other, long row, int thread) : IRange
    {
        public void Run(long from, long to)
        {
            if (Environment.CurrentManagedThreadId != thread) Interlocked.Increment(ref other[0]);
            hits[row * 16 + from]++;
        }
    }

    private readonly struct NestThrow : IRange
    {
        public void Run(long from, long to) => Parallel.For(4, 1, new Throwing(2));
    }
}
