using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// A matrix B[k, n] copied once into the order in which the tiles of a product read it, for many products with it. The results have the
/// bits of a product that copies B itself. Not to be used by two threads at once.
/// </summary>
internal sealed unsafe class PackedMatrix<T> : IDisposable where T : unmanaged, INumberBase<T>
{
    private readonly byte[] memory;
    private readonly long k, n;
    private bool disposed;

    /// <summary>Copies B; the span begins at its element (0, 0).</summary>
    /// <exception cref="ArgumentException">The matrix reaches beyond its span, or a stride is negative.</exception>
    public PackedMatrix(long k, long n, ReadOnlySpan<T> b, long bRow, long bCol)
    {
        Gemm.Check(b.Length, k, bRow, n, bCol);
        (this.k, this.n) = (k, n);
        memory = PackedMemory.Rent(checked((int)(Size(k, n) * sizeof(T) + PackedMemory.Alignment)));
        fixed (T* data = b) Pack(new Product<T>(1, n, k, default, new(data, bRow, bCol), default, false), Data);
    }

    private T* Data => (T*)PackedMemory.Align(memory);

    /// <summary>C[m, n] (+)= A[m, k] * B, or with a bias of n values C = bias + A * B. C has unit column stride.</summary>
    /// <exception cref="ArgumentException">A matrix reaches beyond its span, or a stride is negative.</exception>
    public void Multiply(
        long m, ReadOnlySpan<T> a, long aRow, long aCol, Span<T> c, long cRow, bool accumulate, ReadOnlySpan<T> bias = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (m <= 0 || n <= 0) return;
        Gemm.Check(a.Length, m, aRow, k, aCol);
        Gemm.Check(c.Length, m, cRow, n, 1);
        if (!bias.IsEmpty) Gemm.Check(bias.Length, 1, 0, n, 1);
        fixed (T* pa = a, pc = c, pBias = bias)
        {
            var p = new Product<T>(m, n, k, new(pa, aRow, aCol), default, new(pc, cRow, 1), accumulate, pBias);
            if (k <= 0) Gemm.Multiply(p);
            else if (Vector512.IsHardwareAccelerated) GemmPacked<Lanes512<T>, Vector512<T>, T>.RunPacked(p, Data);
            else if (Vector256.IsHardwareAccelerated) GemmPacked<Lanes256<T>, Vector256<T>, T>.RunPacked(p, Data);
            else if (Vector128.IsHardwareAccelerated) GemmPacked<Lanes128<T>, Vector128<T>, T>.RunPacked(p, Data);
            else GemmPacked<Lanes1<T>, T, T>.RunPacked(p, Data);
        }
    }

    /// <summary>Gives the memory back for the next such matrix.</summary>
    public void Dispose()
    {
        if (!disposed) PackedMemory.Return(memory);
        disposed = true;
    }

    private static long Size(long k, long n) => Vector512.IsHardwareAccelerated ? GemmPacked<Lanes512<T>, Vector512<T>, T>.PackedSize(k, n)
        : Vector256.IsHardwareAccelerated ? GemmPacked<Lanes256<T>, Vector256<T>, T>.PackedSize(k, n)
        : Vector128.IsHardwareAccelerated ? GemmPacked<Lanes128<T>, Vector128<T>, T>.PackedSize(k, n)
        : GemmPacked<Lanes1<T>, T, T>.PackedSize(k, n);

    private static void Pack(in Product<T> p, T* to)
    {
        if (Vector512.IsHardwareAccelerated) GemmPacked<Lanes512<T>, Vector512<T>, T>.PackAll(p, to);
        else if (Vector256.IsHardwareAccelerated) GemmPacked<Lanes256<T>, Vector256<T>, T>.PackAll(p, to);
        else if (Vector128.IsHardwareAccelerated) GemmPacked<Lanes128<T>, Vector128<T>, T>.PackAll(p, to);
        else GemmPacked<Lanes1<T>, T, T>.PackAll(p, to);
    }
}

/// <summary>Pinned memory of packed matrices, a few blocks kept for the next ones.</summary>
internal static unsafe class PackedMemory
{
    public const int Alignment = 64;
    private const int Kept = 8;

    private static readonly Lock Gate = new();
    private static readonly List<byte[]> Free = [];     // guarded by Gate

    public static byte[] Rent(int bytes)
    {
        lock (Gate)
        {
            for (int i = 0; i < Free.Count; i++)
            {
                byte[] block = Free[i];
                if (block.Length < bytes || block.Length / 4 > bytes) continue;
                Free.RemoveAt(i);
                return block;
            }
        }
        return GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
    }

    /// <summary>Keeps a block; the oldest one goes when there are too many.</summary>
    public static void Return(byte[] block)
    {
        lock (Gate)
        {
            if (Free.Count == Kept) Free.RemoveAt(0);
            Free.Add(block);
        }
    }

    /// <summary>Where a pinned block's first whole cache line begins.</summary>
    public static void* Align(byte[] pinned) =>
        (void*)(((nuint)Unsafe.AsPointer(ref pinned[0]) + Alignment - 1) & ~(nuint)(Alignment - 1));
}
