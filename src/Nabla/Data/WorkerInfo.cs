namespace Nabla.Data;

/// <summary>
/// What a worker of a <see cref="DataLoader{T, TBatch}"/> knows of itself: PyTorch's <c>get_worker_info()</c>.
/// </summary>
public sealed class WorkerInfo
{
    [ThreadStatic] static WorkerInfo? current;

    internal WorkerInfo(int id, int count, long seed, object dataset)
    {
        (Id, NumWorkers, Seed, Dataset) = (id, count, seed, dataset);
        Generator = new Generator { Flavor = Generator.Default.Flavor }.ManualSeed(seed);
    }

    /// <summary>The worker that runs on this thread, or null outside of workers.</summary>
    public static WorkerInfo? Current
    {
        get => current;
        internal set
        {
            current = value;
            Generator.SetOfThread(value?.Generator);
        }
    }

    /// <summary>The worker's number, from 0.</summary>
    public int Id { get; }

    /// <summary>How many workers there are.</summary>
    public int NumWorkers { get; }

    /// <summary>The worker's seed: the loader's base seed plus <see cref="Id"/>.</summary>
    public long Seed { get; }

    /// <summary>The worker's own generator, <see cref="Nabla.Generator.Default"/> on its thread: what a data set draws is PyTorch's, and
    /// the same in every run.</summary>
    public Generator Generator { get; }

    /// <summary>The data set that is read.</summary>
    public object Dataset { get; }

    /// <summary>Cancelled when nobody waits for the epoch's batches any more, so that a long read may end early.</summary>
    public CancellationToken CancellationToken { get; internal set; }
}
