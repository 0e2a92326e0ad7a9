using System.Runtime.InteropServices;
using Nabla.Kernels;

namespace Nabla.Tests.Kernels;

/// <summary>
/// Operands that end where their memory ends: the next page cannot be touched, so that reading or writing one value too far ends the
/// process. Runs on Linux, where such pages can be had from the C library.
/// </summary>
public sealed unsafe partial class GemmGuardTests
{
    [Fact]
    public void NothingBeyondTheOperandsIsTouched()
    {
        if (!OperatingSystem.IsLinux()) return;
        using Guarded a = new(1 << 20), b = new(1 << 20), c = new(1 << 20);
        foreach (int m in (int[])[1, 2, 3, 4, 5, 8, 12, 13, 25, 97])
        {
            foreach (int n in (int[])[1, 2, 3, 5, 9, 16, 17, 31, 33, 66, 130])
            {
                foreach (int k in (int[])[1, 2, 3, 7, 16, 19, 64, 131])
                {
                    Run<float>(a, b, c, m, n, k);
                    Run<double>(a, b, c, m, n, k);
                    if ((m + n + k) % 4 != 0) continue;
                    Run<byte>(a, b, c, m, n, k);
                    Run<short>(a, b, c, m, n, k);
                    Run<Half>(a, b, c, m, n, k);
                }
            }
        }
    }

    private static void Run<T>(Guarded a, Guarded b, Guarded c, int m, int n, int k) where T : unmanaged
    {
        for (int order = 0; order < 8; order++)
        {
            (int aRow, int aCol) = (order & 1) == 0 ? (k, 1) : (1, m);
            (int bRow, int bCol) = (order & 2) == 0 ? (n, 1) : (1, k);
            (int cRow, int cCol) = (order & 4) == 0 ? (n, 1) : (1, m);
            Gemm.Run<T>(m, n, k, a.Last<T>(m * k), aRow, aCol, b.Last<T>(k * n), bRow, bCol, c.Last<T>(m * n), cRow, cCol, order % 3 == 0);
        }
    }

    /// <summary>Zeroed memory followed by a page without access.</summary>
    private sealed partial class Guarded : IDisposable
    {
        private const int NoAccess = 0, ReadWrite = 3, PrivateAnonymous = 0x22;

        private readonly byte* start;
        private readonly int bytes, page = Environment.SystemPageSize;

        public Guarded(int bytes)
        {
            this.bytes = bytes;
            start = (byte*)Map(0, (nuint)(bytes + page), ReadWrite, PrivateAnonymous, -1, 0);
            Assert.NotEqual(-1, (nint)start);
            Assert.Equal(0, Protect((nint)start + bytes, (nuint)page, NoAccess));
        }

        public Span<T> Last<T>(int count) where T : unmanaged => new(start + bytes - count * sizeof(T), count);

        public void Dispose() => Unmap((nint)start, (nuint)(bytes + page));

        [LibraryImport("libc", EntryPoint = "mmap")]
        private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

        [LibraryImport("libc", EntryPoint = "mprotect")]
        private static partial int Protect(nint address, nuint length, int protection);

        [LibraryImport("libc", EntryPoint = "munmap")]
        private static partial int Unmap(nint address, nuint length);
    }
}
