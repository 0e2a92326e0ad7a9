using System.Collections.Concurrent;

namespace Nabla;

/// <summary>
/// Memory of large storages. A block comes back only when the library knows that nobody can see it (a gradient that the engine has
/// consumed); everything else is left to the garbage collector, which sees plain arrays and knows their size.
/// </summary>
internal static class StoragePool
{
    private const int Smallest = 1 << 16;
    private const long Limit = 256L << 20;

    // From this size on a request is compared with the memory there is; asking the collector costs too much for smaller ones.
    private const int Doubtful = 64 << 20;

    // Blocks by length in bytes. Training loops ask for the same few lengths again and again, so exact lengths serve best.
    private static readonly ConcurrentDictionary<int, ConcurrentBag<byte[]>> Free = new();
    private static long held;

    /// <summary>The bytes this process may use; 0 means what the runtime reports (physical memory, or the container's or GC's
    /// limit).</summary>
    internal static long MemoryLimit;

    internal static byte[] Rent(long count, int itemSize, ReadOnlySpan<long> shape, DType dtype)
    {
        if (count > Array.MaxLength / itemSize) Throw.TooLarge(count, itemSize, shape, dtype);
        int bytes = (int)count * itemSize;
        if (bytes >= Smallest && Free.TryGetValue(bytes, out ConcurrentBag<byte[]>? bag) && bag.TryTake(out byte[]? block))
        {
            Interlocked.Add(ref held, -bytes);
            return block;
        }
        return bytes < Doubtful ? GC.AllocateUninitializedArray<byte>(bytes) : RentDoubtful(bytes, shape, dtype);
    }

    /// <summary>
    /// A request that physical memory cannot serve is refused here: the operating system would promise the memory and end the process
    /// when it is written to.
    /// </summary>
    private static byte[] RentDoubtful(int bytes, ReadOnlySpan<long> shape, DType dtype)
    {
        if (!Fits(bytes)) Throw.OutOfMemory(bytes, shape, dtype, null);
        try
        {
            return GC.AllocateUninitializedArray<byte>(bytes);
        }
        catch (OutOfMemoryException e)
        {
            Throw.OutOfMemory(bytes, shape, dtype, e);
            return [];
        }
    }

    private static bool Fits(long bytes)
    {
        if (bytes <= Available(collect: false)) return true;
        // What is dropped but not yet collected, and the pool's own blocks, are room too.
        foreach (ConcurrentBag<byte[]> bag in Free.Values)
            while (bag.TryTake(out byte[]? block)) Interlocked.Add(ref held, -block.Length);
        return bytes <= Available(collect: true);
    }

    /// <summary>The bytes that this process may use and its managed memory does not hold already.</summary>
    internal static long Available(bool collect)
    {
        long limit = MemoryLimit > 0 ? MemoryLimit : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return limit <= 0 ? long.MaxValue : Math.Max(0, limit - GC.GetTotalMemory(collect));
    }

    internal static void Return(Storage storage)
    {
        byte[] block = storage.Bytes;
        if (block.Length < Smallest || Interlocked.Read(ref held) + block.Length > Limit) return;
        storage.Bytes = [];
        (storage as CountedStorage)?.Uncount();
        Interlocked.Add(ref held, block.Length);
        Free.GetOrAdd(block.Length, static _ => []).Add(block);
    }
}
