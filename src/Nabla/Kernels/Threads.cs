namespace Nabla;

/// <summary>How many threads the kernels use.</summary>
public static class Threads
{
    private static int count = Environment.ProcessorCount;

    /// <summary>Whether the platform has threads: a browser has not. What would run on another one then runs on the caller.</summary>
    internal static bool Exist => !OperatingSystem.IsBrowser() && !OperatingSystem.IsWasi();

    /// <summary>
    /// The most threads that one operation runs on, the calling thread included. Default: <see cref="Environment.ProcessorCount"/>.
    /// With 1, and on platforms without threads, everything runs on the caller. Results have the same bits for every value.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public static int Count
    {
        get => count;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            count = value;
        }
    }
}

/// <summary>Work on a range of indices: the body of <see cref="Parallel.For{TBody}"/>.</summary>
internal interface IRange
{
    /// <summary>Does the indices from <paramref name="from"/> up to but not including <paramref name="to"/>.</summary>
    void Run(long from, long to);
}

/// <summary>Data-parallel loops with chunks that do not depend on the number of threads.</summary>
internal static class Parallel
{
    /// <summary>
    /// Runs <paramref name="body"/> over [0, n) in chunks of <paramref name="grain"/> indices (the last may be shorter); chunk i starts at
    /// i * grain whatever the number of threads, so a reduction that keeps one partial result per chunk has the same bits everywhere.
    /// Every chunk is one call of <see cref="IRange.Run"/>, on the caller or on a worker, in any order. Calls from inside a body, and
    /// calls while another thread's loop occupies the workers, run all chunks on the caller. Returns when every chunk is done.
    /// </summary>
    /// <remarks>
    /// A body is copied, so it keeps results in what it refers to. The exception thrown is that of the lowest chunk that failed, as in a
    /// sequential loop; chunks that were not started then do not run.
    /// </remarks>
    public static void For<TBody>(long n, long grain, TBody body) where TBody : struct, IRange => Run(n, grain, body, false);

    /// <summary>
    /// <see cref="For{TBody}"/> for bodies that pass over much memory and throw nothing: each thread begins with a run of neighbouring
    /// chunks, the same one in every loop, and helps with the others' when it is done.
    /// </summary>
    public static void Sweep<TBody>(long n, long grain, TBody body) where TBody : struct, IRange => Run(n, grain, body, true);

    private static void Run<TBody>(long n, long grain, TBody body, bool inRuns) where TBody : struct, IRange
    {
        if (grain < 1) grain = 1;
        if (n <= grain)
        {
            if (n > 0) body.Run(0, n);
        }
        else if (Threads.Count == 1 || !Workers.Available)
        {
            for (long from = 0; from < n; from += grain) body.Run(from, Math.Min(n, from + grain));
        }
        else
        {
            Workers.Run(new Job<TBody>(n, grain, body, Threads.Count - 1, inRuns));
        }
    }

    /// <summary>The number of chunks that <see cref="For{TBody}"/> makes of <paramref name="n"/> indices.</summary>
    public static long Chunks(long n, long grain) => n <= 0 ? 0 : (n - 1) / Math.Max(grain, 1) + 1;

    /// <summary>A grain of at least <paramref name="least"/> indices that makes at most <paramref name="most"/> chunks of n.</summary>
    public static long Grain(long n, long least, long most) => Math.Max(least, (n + most - 1) / most);
}
