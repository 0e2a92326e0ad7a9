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

    // Blocks by length in bytes. Training loops ask for the same few lengths again and again, so exact lengths serve best.
    private static readonly ConcurrentDictionary<int, ConcurrentBag<byte[]>> Free = new();
    private static long held;

    internal static byte[] Rent(long count, int itemSize)
    {
        if (count > Array.MaxLength / itemSize) Throw.TooLarge(count, itemSize);
        int bytes = (int)count * itemSize;
        if (bytes >= Smallest && Free.TryGetValue(bytes, out ConcurrentBag<byte[]>? bag) && bag.TryTake(out byte[]? block))
        {
            Interlocked.Add(ref held, -bytes);
            return block;
        }
        return GC.AllocateUninitializedArray<byte>(bytes);
    }

    internal static void Return(Storage storage)
    {
        byte[] block = storage.Bytes;
        if (block.Length < Smallest || Interlocked.Read(ref held) + block.Length > Limit) return;
        storage.Bytes = [];
        Interlocked.Add(ref held, block.Length);
        Free.GetOrAdd(block.Length, static _ => []).Add(block);
    }
}
