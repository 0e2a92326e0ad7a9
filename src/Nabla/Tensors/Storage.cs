using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla;

/// <summary>The bytes behind one or more tensors, and the version counter that all of them share.</summary>
internal class Storage
{
    /// <summary>Above zero, <see cref="TensorMemory"/> counts memory of any size.</summary>
    internal static int CountsAll;

    /// <summary>Null once the memory was given back.</summary>
    private byte[]? bytes;

    /// <summary>Grows by one with every in-place write, so that a value saved for backward can be found modified.</summary>
    internal int Version;

    /// <summary>The backward run that made this storage and alone has seen it; 0 if anybody else may hold it.</summary>
    internal int Run;

    /// <summary>How many gradients under way in that run lie in this storage.</summary>
    internal int Holders;

    /// <summary>Where in the array the memory begins: large memory is aligned for vectors.</summary>
    private readonly int start;

    /// <summary>Who wrote in place: the name of the operation that wrote to all of it last, or a <see cref="WriteLog"/>.</summary>
    internal object? Writes;

    internal Storage(byte[] bytes) => this.bytes = bytes;

    private protected Storage(byte[] bytes, int start) => (this.bytes, this.start) = (bytes, start);

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
        Storage storage = StoragePool.Rent(count, dtype.ItemSize(), layout.shape, dtype);
        storage.Run = GraphTask.CurrentRun;
        return storage;
    }

    /// <summary>The size in bytes. Only a block of the pool may be larger: where all memory is small, the length takes no place.</summary>
    internal int Length => this is PooledStorage pooled ? pooled.Size : bytes?.Length ?? 0;

    /// <summary>All bytes.</summary>
    internal Span<byte> Data => Array().AsSpan(start, Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref T At<T>(long element) where T : unmanaged =>
        ref Unsafe.Add(ref Unsafe.As<byte, T>(ref Unsafe.AddByteOffset(ref MemoryMarshal.GetArrayDataReference(Array()), (nint)start)),
            (nint)element);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<T> Span<T>(long start, long count) where T : unmanaged =>
        MemoryMarshal.CreateSpan(ref At<T>(start), checked((int)count));

    /// <summary>Gives the memory back: from now on every access fails.</summary>
    internal virtual void Release() => bytes = null;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte[] Array()
    {
        byte[]? array = bytes;
        if (array is null) ThrowReleased();
        return array;
    }

    [DoesNotReturn]
    private static void ThrowReleased() => Throw.Graph("The memory of this tensor was given back when its TensorScope ended. Call " +
        "Keep(tensor) on the scope to use a tensor after it.");
}

/// <summary>Memory that <see cref="TensorMemory"/> counts.</summary>
internal sealed class CountedStorage(byte[] bytes) : Storage(bytes)
{
    private readonly MemoryCount count = new(bytes.Length);

    internal override void Release()
    {
        base.Release();
        count.End();
    }
}

/// <summary>A block of the pool. It returns when the library knows that nobody can see it, and otherwise when the garbage collector finds
/// that nobody can reach it.</summary>
internal sealed class PooledStorage : Storage
{
    private Block? block;

    /// <summary>The size in bytes.</summary>
    internal readonly int Size;

    /// <summary>The scope that ends it, or null.</summary>
    internal TensorScope? Scope;

    internal PooledStorage(Block block, int length) : base(block.Bytes, block.Start) => (this.block, Size) = (block, length);

    internal override void Release()
    {
        if (Interlocked.Exchange(ref block, null) is not { } own) return;
        base.Release();
        StoragePool.Return(own);
    }
}
