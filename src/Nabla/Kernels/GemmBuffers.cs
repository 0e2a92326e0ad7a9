using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Scratch memory of one thread, kept between calls. A slot has one user at a time; uses that nest have slots each.</summary>
internal static unsafe class GemmBuffers
{
    public const int PackedA = 0, PackedB = 1, Panel = 2, Stage = 3, Slabs = 4, Vector = 5, WideC = 6;

    private const int Alignment = 64;

    [ThreadStatic]
    private static byte[]?[]? slots;

    /// <summary>At least <paramref name="count"/> values, not cleared, 64-byte aligned, valid until the next call with this slot.</summary>
    public static T* Get<T>(int slot, long count) where T : unmanaged
    {
        long bytes = count * sizeof(T) + Alignment;
        byte[]?[] mine = slots ??= new byte[7][];
        byte[]? buffer = mine[slot];
        if (buffer is null || buffer.Length < bytes)
        {
            // Powers of two, so that growing sizes do not allocate every time; pinned, so that the address holds.
            long rounded = Math.Max(4096, (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)bytes));
            mine[slot] = buffer = GC.AllocateUninitializedArray<byte>(checked((int)rounded), pinned: true);
        }
        nuint address = (nuint)Unsafe.AsPointer(ref buffer[0]);
        return (T*)((address + Alignment - 1) & ~(nuint)(Alignment - 1));
    }
}
