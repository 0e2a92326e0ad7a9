using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla;

/// <summary>The bytes behind one or more tensors, and the version counter that all of them share.</summary>
internal class Storage
{
    /// <summary>Above zero, <see cref="TensorMemory"/> counts memory of any size.</summary>
    internal static int CountsAll;

    internal byte[] Bytes;

    /// <summary>Grows by one with every in-place write, so that a value saved for backward can be found modified.</summary>
    internal int Version;

    /// <summary>The backward run that made this storage and alone has seen it; 0 if anybody else may hold it.</summary>
    internal int Run;

    /// <summary>How many gradients under way in that run lie in this storage.</summary>
    internal int Holders;

    /// <summary>Who wrote in place: the name of the operation that wrote to all of it last, or a <see cref="WriteLog"/>.</summary>
    internal object? Writes;

    internal Storage(byte[] bytes) => Bytes = bytes;

    /// <summary>Uninitialised memory for the elements of a layout.</summary>
    /// <exception cref="InsufficientMemoryException">There is not that much memory.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Storage Allocate(Layout layout, DType dtype)
    {
        long count = layout.Count;
        if ((ulong)count > 512 || CountsAll != 0) return AllocateLarge(count, layout, dtype);
        return new Storage(new byte[count * dtype.ItemSize()]) { Run = GraphTask.CurrentRun };
    }

    /// <summary>Uninitialised memory for a number of elements, gaps of the layout included.</summary>
    internal static Storage AllocateLarge(long count, Layout layout, DType dtype)
    {
        Storage storage = TensorMemory.Wrap(StoragePool.Rent(count, dtype.ItemSize(), layout.shape, dtype));
        storage.Run = GraphTask.CurrentRun;
        return storage;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref T At<T>(long element) where T : unmanaged =>
        ref Unsafe.Add(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(Bytes)), (nint)element);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<T> Span<T>(long start, long count) where T : unmanaged =>
        MemoryMarshal.CreateSpan(ref At<T>(start), checked((int)count));
}
