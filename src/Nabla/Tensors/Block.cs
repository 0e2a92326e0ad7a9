using System.Runtime;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla;

/// <summary>
/// Memory of the pool. While it is handed out, nothing of the pool refers to it; when neither a storage nor a kernel's span reaches the
/// array any more, the collector runs this object's finalizer, which puts it back into the pool.
/// </summary>
/// <remarks>
/// The handle lets this object live as long as its array: a storage may be dead already while a kernel still works on a span of
/// its memory, and memory must not change hands then. It is an ephemeron (B. Hayes, 1997), so that this object's own reference to the
/// array keeps neither alive.
/// </remarks>
internal sealed class Block
{
    /// <summary>Blocks begin at addresses that are multiples of this.</summary>
    private const int Alignment = 64;

    /// <summary>The memory; empty once the pool has dropped it.</summary>
    internal byte[] Bytes { get; private set; }

    internal readonly int Start;
    internal readonly int SizeClass;
    private DependentHandle life;

    /// <summary>How many bytes of it are in use: what the statistics count.</summary>
    internal int Used;

    /// <summary>The finalizer has run and must be asked for again before the block is handed out.</summary>
    private bool finalized;

    internal unsafe Block(int capacity, int sizeClass)
    {
        (Capacity, SizeClass) = (capacity, sizeClass);
        // The largest arrays have no room left for it.
        int spare = Math.Min(Alignment, Array.MaxLength - capacity);
        Bytes = GC.AllocateUninitializedArray<byte>(capacity + spare, pinned: true);
        int start = (int)(-(nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(Bytes)) & (Alignment - 1));
        Start = start <= spare ? start : 0;
        life = new(Bytes, this);
    }

    internal int Capacity { get; }

    ~Block()
    {
        if (Bytes.Length == 0) return;
        finalized = true;
        StoragePool.Return(this);
    }

    /// <summary>From now on the collector watches the block again.</summary>
    internal void Watch()
    {
        if (!finalized) return;
        finalized = false;
        GC.ReRegisterForFinalize(this);
    }

    /// <summary>The pool does not want it: the collector takes the memory.</summary>
    internal void Drop()
    {
        life.Dispose();
        Bytes = [];
    }
}
