using System.Diagnostics;
using System.Numerics;

namespace Nabla;

/// <summary>
/// Memory of large storages: blocks of a few sizes, the one returned last handed out first, since caches still hold it.
/// See docs/design/0004.
/// </summary>
internal static class StoragePool
{
    /// <summary>Smaller memory is the collector's alone.</summary>
    internal const int Smallest = 1 << 16;

    /// <summary>Blocks of this many bytes may always lie unused.</summary>
    private const long Reserve = 64L << 20;

    /// <summary>What may become garbage before the collector is asked, at least.</summary>
    private const long Slack = 64L << 20;

    /// <summary>Between two collections lies this many times the duration of one, unless memory has grown a lot.</summary>
    private const int Patience = 8;

    // From this size on a request is compared with the memory there is; asking the collector costs too much for smaller ones.
    private const int Doubtful = 64 << 20;

    private const int ClassesPerDoubling = 8;
    private static readonly int SmallestBits = BitOperations.Log2(Smallest);

    private static readonly Lock Gate = new();
    private static readonly Stack<Block>[] Free =
        [.. Enumerable.Range(0, (32 - 16) * ClassesPerDoubling).Select(static _ => new Stack<Block>())];
    private static readonly long[] LastUse = new long[Free.Length];
    private static long uses;
    private static long held;               // bytes in Free
    private static long used;               // bytes handed out, whole blocks
    private static long usedAfterCollection;    // or less, where blocks returned since
    private static long highest;            // of used, fading: how much the program is likely to need again
    private static long collectionEnd, collectionTicks;
    private static int collecting;

    /// <summary>The bytes this process may use; 0 means what the runtime reports (physical memory, or the container's or GC's
    /// limit).</summary>
    internal static long MemoryLimit;

    /// <summary>Bytes of blocks that wait to be used again.</summary>
    internal static long HeldBytes => Interlocked.Read(ref held);

    /// <summary>How often the collector was asked because memory handed out had grown, and how long that took.</summary>
    internal static (long Count, TimeSpan Time) Collections { get; private set; }

    internal static Storage Rent(long count, int itemSize, ReadOnlySpan<long> shape, DType dtype)
    {
        if (count > Array.MaxLength / itemSize) Throw.TooLarge(count, itemSize, shape, dtype);
        int bytes = (int)count * itemSize;
        if (bytes < Smallest) return TensorMemory.Wrap(GC.AllocateUninitializedArray<byte>(bytes));
        (int sizeClass, int capacity) = ClassOf(bytes);
        Block block = Take(sizeClass) ?? Collected(sizeClass, capacity) ?? Make(sizeClass, capacity, bytes, shape, dtype);
        block.Used = bytes;
        block.Watch();
        TensorMemory.Handed(bytes);
        PooledStorage storage = new(block, bytes);
        if (TensorScope.Current is { } scope) scope.Add(storage);
        return storage;
    }

    /// <summary>A block nobody can see any more: the library knows it, or the collector has found it.</summary>
    internal static void Return(Block block)
    {
        TensorMemory.Subtract(block.Used);
        lock (Gate)
        {
            used -= block.Capacity;
            usedAfterCollection = Math.Min(usedAfterCollection, used);
            held += block.Capacity;
            Free[block.SizeClass].Push(block);
            // What the program held at most lately, it is likely to want again.
            while (used + held > Math.Max(highest, used + Reserve)) DropOldest();
        }
    }

    /// <summary>Drops a block of the size that was not asked for longest.</summary>
    private static void DropOldest()
    {
        int oldest = -1;
        for (int i = 0; i < Free.Length; i++)
            if (Free[i].Count > 0 && (oldest < 0 || LastUse[i] < LastUse[oldest])) oldest = i;
        Block block = Free[oldest].Pop();
        held -= block.Capacity;
        block.Drop();
    }

    /// <summary>Gives all unused blocks to the garbage collector.</summary>
    internal static void Trim()
    {
        lock (Gate)
        {
            foreach (Stack<Block> free in Free)
                while (free.TryPop(out Block? block)) block.Drop();
            held = 0;
            highest = used;
        }
    }

    /// <summary>The bytes that this process may use and its managed memory does not hold already.</summary>
    internal static long Available(bool collect)
    {
        long limit = MemoryLimit > 0 ? MemoryLimit : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return limit <= 0 ? long.MaxValue : Math.Max(0, limit - GC.GetTotalMemory(collect));
    }

    /// <summary>Sizes grow by an eighth of the power of two below them, so that at most that much is lost.</summary>
    private static (int Class, int Capacity) ClassOf(int bytes)
    {
        int bits = BitOperations.Log2((uint)bytes - 1), step = Math.Max(bits - 3, 0);
        long steps = ((bytes - 1L) >> step) + 1;
        int capacity = (int)Math.Min(steps << step, Array.MaxLength - 64);
        if (bytes == Smallest) return (0, bytes);
        return ((bits - SmallestBits) * ClassesPerDoubling + (int)(steps - ClassesPerDoubling), Math.Max(capacity, bytes));
    }

    private static Block? Take(int sizeClass)
    {
        lock (Gate)
        {
            LastUse[sizeClass] = ++uses;
            if (!Free[sizeClass].TryPop(out Block? block)) return null;
            held -= block.Capacity;
            Handed(block.Capacity);
            return block;
        }
    }

    private static void Handed(long bytes)
    {
        used += bytes;
        highest = Math.Max(highest, used);
    }

    /// <summary>A block that the collector finds unused, where asking it is due: when what was handed out has grown by half.</summary>
    private static Block? Collected(int sizeClass, int capacity)
    {
        long grown = Interlocked.Read(ref used) + capacity - Interlocked.Read(ref usedAfterCollection);
        long limit = Math.Max(Slack, Interlocked.Read(ref usedAfterCollection) / 2);
        bool soon = Stopwatch.GetTimestamp() - collectionEnd < Patience * collectionTicks;
        if (grown < limit || (soon && grown < 3 * limit) || !Threads.Exist) return null;
        if (Interlocked.CompareExchange(ref collecting, 1, 0) != 0) return null;
        try
        {
            Collect();
        }
        finally
        {
            Volatile.Write(ref collecting, 0);
        }
        return Take(sizeClass);
    }

    private static void Collect()
    {
        long start = Stopwatch.GetTimestamp();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
        bool found = Finalizers.Wait(milliseconds: 100);
        lock (Gate)
        {
            if (found) usedAfterCollection = used;
            highest = Math.Max(used, highest - highest / 16);
        }
        collectionEnd = Stopwatch.GetTimestamp();
        collectionTicks = collectionEnd - start;
        Collections = (Collections.Count + 1, Collections.Time + Stopwatch.GetElapsedTime(start, collectionEnd));
    }

    private static Block Make(int sizeClass, int capacity, int bytes, ReadOnlySpan<long> shape, DType dtype)
    {
        if (capacity >= Doubtful && !Fits(capacity)) Throw.OutOfMemory(bytes, shape, dtype, null);
        try
        {
            Block block = new(capacity, sizeClass);
            lock (Gate) Handed(block.Capacity);
            return block;
        }
        catch (OutOfMemoryException e)
        {
            Throw.OutOfMemory(bytes, shape, dtype, e);
            return null;
        }
    }

    /// <summary>
    /// A request that physical memory cannot serve is refused here: the operating system would promise the memory and end the process
    /// when it is written to.
    /// </summary>
    private static bool Fits(long bytes)
    {
        if (bytes <= Available(collect: false)) return true;
        // What is dropped but not yet collected, and the pool's own blocks, are room too: the first collection finds blocks, the second
        // takes them.
        GC.Collect();
        Finalizers.Wait(milliseconds: 1000);
        Trim();
        return bytes <= Available(collect: true);
    }
}
