using System.Collections.Concurrent;
using System.Diagnostics;
using Nabla.Data;

namespace Nabla.Tests.Data;

/// <summary>Workers: order, errors, cancellation, and that no thread stays.</summary>
public sealed class LoaderTests
{
    static readonly Func<IReadOnlyList<long>, long[]> AsArray = static batch => [.. batch];

    static CancellationToken Now => TestContext.Current.CancellationToken;

    sealed class Probe
    {
        internal readonly ConcurrentBag<Thread> Threads = [];
        internal void Note(WorkerInfo info) => Threads.Add(Thread.CurrentThread);

        internal void AssertGone(int count)
        {
            Assert.Equal(count, Threads.Count);
            foreach (Thread thread in Threads) Assert.True(thread.Join(1000), "A worker's thread is still alive.");
        }
    }

    sealed class BrokenFileException(string message) : Exception(message);

    static Dataset<long> Slow(long n) => Dataset.Of(n, static i =>
    {
        Thread.Sleep((int)(i * 7 % 4));
        return i;
    });

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 5)]
    public void Any_number_of_workers_gives_the_same_batches(int workers, int prefetch)
    {
        Probe probe = new();
        long[][] alone = [.. DataLoader.Of(Slow(53), AsArray, 4, shuffle: true, generator: new Generator(5))];
        var loader = DataLoader.Of(Slow(53), AsArray, 4, shuffle: true, numWorkers: workers, prefetchFactor: prefetch,
            generator: new Generator(5), workerInitFn: probe.Note);
        Assert.Equal(14, loader.Count);
        Assert.Equal(alone, loader.ToArray());
        probe.AssertGone(workers);
    }

    [Fact]
    public async Task Batches_can_be_awaited()
    {
        Probe probe = new();
        long[][] alone = [.. DataLoader.Of(Slow(23), AsArray, 4, shuffle: true, generator: new Generator(5))];
        foreach (int workers in (int[])[0, 3])
        {
            List<long[]> batches = [];
            await using var loader = DataLoader.Of(Slow(23), AsArray, 4, shuffle: true, numWorkers: workers, generator: new Generator(5),
                workerInitFn: probe.Note);
            await foreach (long[] batch in loader) batches.Add(batch);
            Assert.Equal(alone, batches);
            batches.Clear();
            await foreach (long[] batch in loader.AsAsyncEnumerable().WithCancellation(Now)) batches.Add(batch);
            Assert.Equal(6, batches.Count);
        }
        probe.AssertGone(6);
    }

    [Fact]
    public void Leaving_the_loop_ends_the_threads()
    {
        Probe probe = new();
        var loader = DataLoader.Of(Slow(1000), AsArray, 4, numWorkers: 3, workerInitFn: probe.Note);
        foreach (long[] batch in loader)
            if (batch[0] == 12) break;
        probe.AssertGone(3);
    }

    [Fact]
    public void An_enumerator_that_nobody_refers_to_ends_its_threads()
    {
        Probe probe = new();
        Abandon(probe);
        Stopwatch watch = Stopwatch.StartNew();
        while (probe.Threads.Any(static t => t.IsAlive) && watch.ElapsedMilliseconds < 10_000)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(10);
        }
        probe.AssertGone(2);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Abandon(Probe probe)
        {
            IEnumerator<long[]> batches = DataLoader.Of(Slow(100), AsArray, 4, numWorkers: 2, workerInitFn: probe.Note).GetEnumerator();
            Assert.True(batches.MoveNext());
            Assert.True(batches.MoveNext());
        }
    }

    [Fact]
    public void Persistent_workers_stay_until_disposed_of()
    {
        Probe probe = new();
        var loader = DataLoader.Of(Slow(20), AsArray, 4, numWorkers: 2, workerInitFn: probe.Note, persistentWorkers: true);
        for (int epoch = 0; epoch < 3; epoch++) Assert.Equal(5, loader.ToArray().Length);
        foreach (long[] batch in loader)
            if (batch[0] == 8) break;
        Assert.Equal(5, loader.ToArray().Length);
        Assert.Equal(2, probe.Threads.Count);
        Assert.All(probe.Threads, static t => Assert.True(t.IsAlive));
        loader.Dispose();
        probe.AssertGone(2);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Cancelling_ends_a_wait(int workers)
    {
        Probe probe = new();
        using ManualResetEventSlim never = new();
        Dataset<long> data = Dataset.Of(100, i =>
        {
            if (i == 9) never.Wait(WorkerInfo.Current?.CancellationToken ?? new CancellationToken(true));
            return i;
        });
        var loader = DataLoader.Of(data, AsArray, 4, numWorkers: workers, workerInitFn: probe.Note);
        using (CancellationTokenSource source = new())
        {
            List<long> seen = [];
            Assert.ThrowsAny<OperationCanceledException>(() =>
            {
                foreach (long[] batch in loader.Until(source.Token))
                {
                    seen.AddRange(batch);
                    if (seen.Count == 8) source.CancelAfter(50);
                }
            });
            Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], seen);
        }
        using (CancellationTokenSource source = new())
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (long[] batch in loader.AsAsyncEnumerable().WithCancellation(source.Token))
                    if (batch[0] == 4) source.CancelAfter(50);
            });
        probe.AssertGone(2 * workers);
    }

    [Fact]
    public void A_late_batch_is_an_error_in_PyTorchs_words()
    {
        using ManualResetEventSlim gate = new();
        Probe probe = new();
        Dataset<long> data = Dataset.Of(8, i =>
        {
            if (i == 5) gate.Wait(Now);
            return i;
        });
        var loader = DataLoader.Of(data, AsArray, 2, numWorkers: 2, timeout: TimeSpan.FromSeconds(0.1), workerInitFn: probe.Note);
        List<long[]> batches = [];
        var e = Assert.Throws<TimeoutException>(() => batches.AddRange(loader));
        Assert.StartsWith("DataLoader timed out after 0.1 seconds", e.Message, StringComparison.Ordinal);
        gate.Set();
        probe.AssertGone(2);
    }

    [Fact]
    public void A_workers_error_comes_at_its_batch_with_its_type_and_place()
    {
        Probe probe = new();
        Dataset<long> data = Dataset.Of(100, static i => i == 13 ? throw new InvalidDataException("bad picture") : i);
        var loader = DataLoader.Of(data, AsArray, 4, numWorkers: 3, workerInitFn: probe.Note);
        List<long> seen = [];
        var e = Assert.Throws<InvalidDataException>(() =>
        {
            foreach (long[] batch in loader) seen.AddRange(batch);
        });
        Assert.Equal(12, seen.Count);
        Assert.Equal("Caught InvalidDataException in DataLoader worker 0, batch 3, reading sample 13: bad picture", e.Message);
        Assert.Equal("bad picture", Assert.IsType<InvalidDataException>(e.InnerException).Message);
        probe.AssertGone(3);
    }

    [Fact]
    public void After_an_error_the_next_batch_can_be_read()
    {
        Dataset<long> data = Dataset.Of(6, static i => i == 3 ? throw new BrokenFileException("own") : i);
        using IEnumerator<long[]> batches = DataLoader.Of(data, AsArray, 2, numWorkers: 2).GetEnumerator();
        Assert.True(batches.MoveNext());
        var alone = Assert.Throws<BrokenFileException>(() => DataLoader.Of(data, AsArray, 2).ToArray());
        Assert.Equal("batch 1, reading sample 3", alone.Data["DataLoader"]);
        var e = Assert.Throws<BrokenFileException>(() => batches.MoveNext());
        Assert.Equal("own", e.Message);
        Assert.Contains("worker 1, batch 1, reading sample 3", (string)e.Data["DataLoader"]!, StringComparison.Ordinal);
        Assert.True(batches.MoveNext());
        Assert.Equal([4, 5], batches.Current);
        Assert.False(batches.MoveNext());
    }

    [Fact]
    public void Errors_of_the_initialisation_and_of_collation_surface()
    {
        var e = Assert.Throws<InvalidOperationException>(() => DataLoader.Of(Slow(9), AsArray, 2, numWorkers: 2,
            workerInitFn: static info => Throw.State("no access")).ToArray());
        Assert.Contains("in worker_init_fn: no access", e.Message, StringComparison.Ordinal);
        Dataset<Tensor> ragged = Dataset.Of(4, static i => Tensor.Zeros(i + 1));
        var s = Assert.Throws<ShapeException>(() => DataLoader.Of(ragged, 2, numWorkers: 1).ToArray());
        Assert.Contains("stack expects each tensor to be equal size, but got [1] at entry 0 and [2] at entry 1", s.Message,
            StringComparison.Ordinal);
        Assert.StartsWith("stack expects each tensor to be equal size, but got [1] at entry 0 and [2] at entry 1",
            Assert.Throws<ShapeException>(() => DataLoader.Of(ragged, 2).ToArray()).Message, StringComparison.Ordinal);
        Assert.Equal([2, 4], DataLoader.Of(ragged, static b => Collate.Pad(b, -1), 2).Select(static b => b.Size(1)));
    }

    [Fact]
    public void Workers_know_themselves()
    {
        ConcurrentBag<(int, int, long, bool)> infos = [];
        Dataset<long> data = Slow(8);
        long seed = new Generator(4).ManualSeed(4) is var g ? RandomSampler.Seed(g) : 0;
        _ = DataLoader.Of(data, AsArray, 2, numWorkers: 2, generator: new Generator(4), workerInitFn: i =>
            infos.Add((i.Id, i.NumWorkers, i.Seed, ReferenceEquals(i.Dataset, data) && WorkerInfo.Current == i &&
                Generator.Default == i.Generator))).ToArray();
        Assert.Equal([(0, 2, seed, true), (1, 2, seed + 1, true)], infos.Order());
        Assert.Null(WorkerInfo.Current);
    }

    [Fact]
    public void A_stream_that_cannot_be_divided_is_read_once()
    {
        IterableDataset<long> stream = IterableDataset.Of(Enumerable.Range(0, 11).Select(static i => (long)i));
        Assert.Equal(DataLoader.Of(stream, AsArray, 3).ToArray(), [.. DataLoader.Of(stream, AsArray, 3, numWorkers: 4)]);
        Assert.Equal([0, 1, 2], DataLoader.Of(stream, batchSize: null).Take(3));
        Assert.Equal(3, DataLoader.Of(stream, AsArray, 3, dropLast: true).ToArray().Length);
    }

    sealed class Closing(Action closed) : IterableDataset<long>
    {
        public override long? Count => 100;

        public override IEnumerator<long> GetEnumerator()
        {
            try
            {
                for (long i = 0; i < 100; i++) yield return i;
            }
            finally
            {
                closed();
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_stream_is_closed_where_reading_stops(int workers)
    {
        int closed = 0;
        var loader = DataLoader.Of(new Closing(() => Interlocked.Increment(ref closed)), AsArray, 8, workers);
        Assert.Equal(13, loader.Count);
        Assert.Equal(2, loader.Take(2).Count());
        Assert.Equal(1, closed);
        Assert.Equal(13, loader.ToArray().Length);
        Assert.Equal(2, closed);
    }

    sealed class Growing : Dataset<long>
    {
        internal long Size = 8;
        public override long Count => Size;
        public override long this[long index] => index;
    }

    [Fact]
    public void A_set_that_changes_during_an_epoch_is_an_error()
    {
        Growing data = new();
        using var batches = DataLoader.Of(data, AsArray, 2).GetEnumerator();
        Assert.True(batches.MoveNext());
        data.Size = 9;
        Assert.Contains("it had 8 samples and has 9 now", Assert.Throws<InvalidOperationException>(() => batches.MoveNext()).Message,
            StringComparison.Ordinal);
        data.Size = -1;
        Assert.Throws<InvalidOperationException>(() => DataLoader.Of(data, AsArray, 2).ToArray());
    }

    [Fact]
    public void No_samples_make_no_batches()
    {
        foreach (int workers in (int[])[0, 2])
        {
            Assert.Empty(DataLoader.Of(Slow(0), AsArray, 4, shuffle: true, numWorkers: workers).ToArray());
            Assert.Empty(DataLoader.Of(Slow(3), AsArray, 4, dropLast: true, numWorkers: workers).ToArray());
        }
    }

    [Fact]
    public void Own_samplers_and_sequences_say_the_order()
    {
        Assert.Equal([[3, 1], [2]], DataLoader.Of(Slow(5), AsArray, 2, sampler: [3, 1, 2]).ToArray());
        Assert.Equal([[3], [1, 2]], DataLoader.Of(Slow(5), AsArray, batchSampler: [[3], [1, 2]], numWorkers: 2).ToArray());
        Assert.Equal([3L, 1, 2], DataLoader.Of(Slow(5), batchSize: null, sampler: [3, 1, 2]).ToArray());
        Assert.Equal(2, DataLoader.Of(Slow(5), AsArray, 2, sampler: [3, 1, 2]).Count);
    }

    [Fact]
    public void Workers_inherit_the_readers_grad_mode()
    {
        Tensor w = Tensor.Ones([4], requiresGrad: true);
        Dataset<Tensor> data = Dataset.Of(4, i => w[i] * 2);
        Assert.True(DataLoader.Of(data, 4, numWorkers: 1).Single().RequiresGrad);
        using (Autograd.NoGrad()) Assert.False(DataLoader.Of(data, 4, numWorkers: 1).Single().RequiresGrad);
    }

    [Fact]
    public void Options_are_checked_in_PyTorchs_words()
    {
        Dataset<long> data = Slow(4);
        (Action, string)[] cases =
        [
            (() => DataLoader.Of(data, AsArray, 0), "batch_size should be a positive integer value, but got batch_size=0"),
            (() => DataLoader.Of(data, AsArray, numWorkers: -1), "num_workers option should be non-negative; use num_workers=0 to disable"),
            (() => DataLoader.Of(data, AsArray, timeout: TimeSpan.FromSeconds(-1)), "timeout option should be non-negative"),
            (() => DataLoader.Of(data, AsArray, timeout: TimeSpan.FromSeconds(1)), "timeout option"),
            (() => DataLoader.Of(data, AsArray, prefetchFactor: 2), "prefetch_factor option could only be specified in multiprocessing."),
            (() => DataLoader.Of(data, AsArray, numWorkers: 1, prefetchFactor: 0), "prefetch_factor option should be non-negative"),
            (() => DataLoader.Of(data, AsArray, persistentWorkers: true), "persistent_workers option needs num_workers > 0"),
            (() => DataLoader.Of(data, AsArray, sampler: [1], shuffle: true), "sampler option is mutually exclusive with shuffle"),
            (() => DataLoader.Of(data, AsArray, 2, batchSampler: [[1]]), "batch_sampler option is mutually exclusive with batch_size"),
            (() => DataLoader.Of(data, AsArray, null, dropLast: true), "batch_size=None option disables auto-batching and is mutually"),
            (() => new DataLoader<long, Tensor>(data, null), "batch_size=None option disables auto-batching"),
            (() => _ = new RandomSampler(3, numSamples: 0), "num_samples should be a positive integer value, but got num_samples=0"),
            (() => _ = new WeightedRandomSampler([1.0], 0), "num_samples should be a positive integer value, but got num_samples=0"),
            (() => _ = new WeightedRandomSampler(Tensor.Ones(2, 2), 1), "weights should be a 1d sequence but given weights have shape"),
            (() => _ = new BatchSampler([1], 0), "batch_size should be a positive integer value, but got batch_size=0"),
            (() => _ = new DistributedSampler(data, 2, 2), "Invalid rank 2, rank should be in the interval [0, 1]"),
        ];
        foreach (var (action, words) in cases)
            Assert.StartsWith(words, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
        Assert.StartsWith("object of type", Assert.Throws<InvalidOperationException>(
            () => DataLoader.Of(data, AsArray, sampler: Endless()).Count).Message, StringComparison.Ordinal);

        static IEnumerable<long> Endless()
        {
            while (true) yield return 1;
        }
    }
}
