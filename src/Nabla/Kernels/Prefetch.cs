using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Asks for memory before its turn, where the processor does not foresee it: pieces that lie anywhere, or pages apart. Asking for
/// memory that is not there does nothing.</summary>
internal static unsafe class Prefetch
{
    private const int Line = 64;

    /// <summary>At most 512 bytes of n elements, for the first-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Piece<T>(ref T first, long n) where T : unmanaged
    {
        if (!Sse.IsSupported) return;
        long bytes = Math.Min(n * sizeof(T), 512);
        for (long i = 0; i < bytes; i += Line) Sse.Prefetch0((byte*)Unsafe.AsPointer(ref first) + i);
    }

    /// <summary>A line of each of eight columns, for the first-level cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void EightColumns<T>(T* at, long column) where T : unmanaged
    {
        if (!Sse.IsSupported) return;
        T* second = at + 4 * column;
        long two = 2 * column, three = 3 * column;
        Sse.Prefetch0(at);
        Sse.Prefetch0(at + column);
        Sse.Prefetch0(at + two);
        Sse.Prefetch0(at + three);
        Sse.Prefetch0(second);
        Sse.Prefetch0(second + column);
        Sse.Prefetch0(second + two);
        Sse.Prefetch0(second + three);
    }

    /// <summary>The first two lines of some rows, for the second-level cache: pages apart they would not stay in the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Pieces<T>(T* at, long rows, long row) where T : unmanaged
    {
        if (!Sse.IsSupported) return;
        for (; rows > 0; rows--, at += row)
        {
            Sse.Prefetch1(at);
            Sse.Prefetch1((byte*)at + Line);
        }
    }
}
