using System.Globalization;

namespace Nabla;

/// <summary>What tensors held while something ran, in bytes; see <see cref="TensorMemory.Measure"/>.</summary>
/// <param name="Before">Held when it began.</param>
/// <param name="Peak">The most that was held at once, exact to one percent and 4 KiB: never too much.</param>
/// <param name="After">Held when it had ended.</param>
public readonly record struct MemoryUse(long Before, long Peak, long After);

/// <summary>
/// How many bytes the values of tensors take, in the whole process. Counting is always on and costs next to nothing: memory of 64 KiB
/// and more is counted when it is made and when it is collected; smaller tensors only inside <see cref="Measure"/>.
/// </summary>
/// <remarks>Tensors are not disposed, so one that nobody can reach counts until the garbage collector has found it:
/// <see cref="LiveBytes"/> and <see cref="PeakBytes"/> are what the process holds, and <see cref="Measure"/> tells what it needs.</remarks>
public static class TensorMemory
{
    [ThreadStatic] private static long allocated;
    private static int exact;
    private static long live, peak;
    private static readonly Lock Gate = new();

    /// <summary>All bytes that tensors made on this thread ever took: the difference of two readings is what the code between them
    /// allocated. Tensors of up to 512 elements count only inside <see cref="Measure"/> and while a profiler looks at
    /// memory.</summary>
    public static long AllocatedBytes => allocated;

    /// <summary>The bytes of all tensors that were not collected yet.</summary>
    public static long LiveBytes => Interlocked.Read(ref live);

    /// <summary>The largest value of <see cref="LiveBytes"/> since the start of the process, or since <see cref="ResetPeak"/>.</summary>
    public static long PeakBytes => Interlocked.Read(ref peak);

    /// <summary>The bytes of memory that no tensor uses and that waits for the next ones; see <see cref="Trim"/>.</summary>
    public static long UnusedBytes => StoragePool.HeldBytes;

    /// <summary>How often the library has asked the garbage collector for memory of tensors that nobody can reach, because what tensors
    /// hold had grown by half and by 64 MiB at least.</summary>
    public static long Collections => StoragePool.Collections.Count;

    /// <summary>How long these collections took together.</summary>
    public static TimeSpan CollectionTime => StoragePool.Collections.Time;

    /// <summary>Gives memory that no tensor uses back to the runtime.</summary>
    public static void Trim() => StoragePool.Trim();

    /// <summary>The figures in one line, to print:
    /// <c>live 96.0 MiB, peak 120.5 MiB, unused 64.0 MiB; 3 collections in 2.1 ms</c>.</summary>
    public static string Summary() => string.Create(CultureInfo.InvariantCulture, $"live {Mebi(LiveBytes):F1} MiB, peak " +
        $"{Mebi(PeakBytes):F1} MiB, unused {Mebi(UnusedBytes):F1} MiB; {Collections} collections in " +
        $"{CollectionTime.TotalMilliseconds:F1} ms");

    private static double Mebi(long bytes) => bytes / 1048576.0;

    /// <summary>Lets <see cref="PeakBytes"/> start again from what is live.</summary>
    public static void ResetPeak() => Interlocked.Exchange(ref peak, LiveBytes);

    /// <summary>Collects garbage, so that <see cref="LiveBytes"/> counts only tensors that the program can still reach.</summary>
    /// <returns><see cref="LiveBytes"/>.</returns>
    public static long Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return LiveBytes;
    }

    /// <summary>
    /// Runs an action and tells how many bytes of tensors the program could reach meanwhile, tensors of every size that it makes
    /// among them. Garbage is collected whenever the peak is about to rise, so this is slow: for measurements.
    /// </summary>
    /// <remarks>The peak is that of the process: nothing else should run, nor another measurement. A program that was compiled without
    /// optimisation keeps the tensors of its local variables longer.</remarks>
    /// <param name="action">What to measure, for example a step of training.</param>
    public static MemoryUse Measure(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        BeginCountingAll();
        Interlocked.Increment(ref exact);
        try
        {
            long before = Collect();
            ResetPeak();
            action();
            long most = PeakBytes;
            return new(before, most, Collect());
        }
        finally
        {
            Interlocked.Decrement(ref exact);
            EndCountingAll();
        }
    }

    /// <summary>From now on memory of any size is counted, until the call of <see cref="EndCountingAll"/> that belongs to this
    /// one.</summary>
    internal static void BeginCountingAll() => Interlocked.Increment(ref Storage.CountsAll);

    internal static void EndCountingAll() => Interlocked.Decrement(ref Storage.CountsAll);

    /// <summary>A storage around memory of this thread that the pool does not count.</summary>
    internal static Storage Wrap(byte[] bytes)
    {
        allocated += bytes.Length;
        return Storage.CountsAll != 0 ? new CountedStorage(bytes) : new Storage(bytes);
    }

    /// <summary>The pool hands memory to this thread.</summary>
    internal static void Handed(long bytes)
    {
        allocated += bytes;
        Add(bytes);
    }

    internal static void Add(long bytes)
    {
        long now = Interlocked.Add(ref live, bytes), most = PeakBytes;
        if (now <= most) return;
        if (exact != 0) RaiseExactly();
        else Raise(now);
    }

    internal static void Subtract(long bytes) => Interlocked.Add(ref live, -bytes);

    private static void Raise(long now)
    {
        long most = PeakBytes;
        while (now > most)
        {
            long seen = Interlocked.CompareExchange(ref peak, now, most);
            if (seen == most) return;
            most = seen;
        }
    }

    /// <summary>What would raise the peak noticeably counts only if it is no garbage.</summary>
    private static void RaiseExactly()
    {
        lock (Gate)
        {
            long most = PeakBytes;
            if (LiveBytes > most + Math.Max(most / 100, 4096)) Raise(Collect());
        }
    }
}

/// <summary>Bytes that count until this object ends. It holds no memory itself, so that its finalizer delays no array's
/// collection.</summary>
internal sealed class MemoryCount
{
    private long bytes;

    internal MemoryCount(long bytes)
    {
        this.bytes = bytes;
        TensorMemory.Add(bytes);
    }

    ~MemoryCount() => End();

    internal void End() => TensorMemory.Subtract(Interlocked.Exchange(ref bytes, 0));
}
