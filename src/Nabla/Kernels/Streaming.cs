using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Stores past the caches, for results that would only drive other memory out of them before anyone reads them.</summary>
internal static class Streaming
{
    /// <summary>Shorter spans are stored as usual.</summary>
    internal const int Least = 4096;

    /// <summary>Whether the loop that this thread runs is to store past the caches. Loops that compute much need not heed it.</summary>
    [ThreadStatic] internal static bool Wanted;

    /// <summary>The size of the last-level cache, or a usual one where the processor does not say. Tests change it.</summary>
    internal static long CacheBytes = Measure();

    /// <summary>Whether a loop that passes over so much memory finds none of its result in the cache afterwards.</summary>
    internal static bool Pays(long bytes) => bytes > CacheBytes && Vector128.IsHardwareAccelerated;

    /// <summary>Such stores are ordered with nothing: what follows must find them done.</summary>
    internal static void End()
    {
        Wanted = false;
        Interlocked.MemoryBarrier();
    }

    /// <summary>Deterministic cache parameters: leaf 4 of Intel's processors, 8000001D of AMD's.</summary>
    private static long Measure()
    {
        const long Usual = 32L << 20;
        if (!X86Base.IsSupported) return Usual;
        int leaf = X86Base.CpuId(0, 0).Eax >= 4 && X86Base.CpuId(4, 0).Eax != 0 ? 4 : unchecked((int)0x8000001D);
        if (leaf != 4 && (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax < (uint)leaf) return Usual;
        long largest = 0;
        for (int i = 0; i < 8; i++)
        {
            (int eax, int ebx, int ecx, _) = X86Base.CpuId(leaf, i);
            if ((eax & 31) == 0) break;
            long ways = ((uint)ebx >> 22) + 1, parts = (((uint)ebx >> 12) & 0x3FF) + 1, line = ((uint)ebx & 0xFFF) + 1;
            largest = Math.Max(largest, ways * parts * line * ((uint)ecx + 1L));
        }
        return largest > 0 ? largest : Usual;
    }
}
