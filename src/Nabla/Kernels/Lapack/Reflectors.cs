using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Products with Q = H₀ H₁ .. of Householder reflectors Hⱼ = I - τⱼ vⱼ vⱼᵀ. The vectors are the rows of a matrix; vⱼ is zero before
/// element j + shift. Many of them are applied in blocks I - V T Vᵀ, by matrix products: R. Schreiber and C. Van Loan, "A
/// storage-efficient WY representation for products of Householder transformations", SIAM J. Sci. Stat. Comput. 10(1), 1989.
/// </summary>
internal static unsafe class Reflectors
{
    private const int Block = 32;

    /// <summary>C = Q C.</summary>
    /// <param name="v">The vectors, <paramref name="count"/> rows of <paramref name="m"/> elements.</param>
    /// <param name="tau">τ.</param>
    /// <param name="count">The number of reflectors.</param>
    /// <param name="m">The number of rows of C.</param>
    /// <param name="shift">vⱼ begins at j + shift.</param>
    /// <param name="c">C.</param>
    /// <param name="n">The number of columns of C.</param>
    internal static void Apply<T>(T* v, T* tau, long count, long m, long shift, T* c, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (count == 0 || n == 0) return;
        T[] memory = GC.AllocateUninitializedArray<T>(checked((int)(Block * Block + 2 * Block * n)));
        fixed (T* scratch = memory)
        {
            if (count < Block || n < 8) OneByOne(v, tau, count, m, shift, c, n, scratch);
            else ByBlocks(v, tau, count, m, shift, c, n, scratch);
        }
    }

    private static void OneByOne<T>(T* v, T* tau, long count, long m, long shift, T* c, long n, T* w)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (long j = count - 1; j >= 0; j--)
        {
            if (tau[j] == T.Zero) continue;
            T* x = v + j * m;
            new Span<T>(w, (int)n).Clear();
            for (long i = j + shift; i < m; i++) Rows.Add(x[i], c + i * n, w, n);
            for (long i = j + shift; i < m; i++) Rows.Add(-tau[j] * x[i], w, c + i * n, n);
        }
    }

    private static void ByBlocks<T>(T* v, T* tau, long count, long m, long shift, T* c, long n, T* scratch)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* t = scratch, product = t + Block * Block, turned = product + Block * n;
        for (long j = (count - 1) / Block * Block; j >= 0; j -= Block)
        {
            long size = Math.Min(Block, count - j), first = j + shift, rows = m - first;
            T* x = v + j * m + first;
            Triangle(x, m, tau + j, size, rows, t);
            ReadOnlySpan<T> vectors = new(x, (int)((size - 1) * m + rows));
            Span<T> target = new(c + first * n, (int)(rows * n)), p = new(product, (int)(size * n)), q = new(turned, (int)(size * n));
            Gemm.Run(size, n, rows, vectors, m, 1, target, n, 1, p, n, 1, accumulate: false);
            Gemm.Run(size, n, size, new ReadOnlySpan<T>(t, Block * Block), Block, 1, p, n, 1, q, n, 1, accumulate: false);
            Gemm.Run(rows, n, size, vectors, 1, m, q, n, 1, target, n, 1, accumulate: true);
        }
    }

    /// <summary>-T of the block: upper triangular, -τ on its diagonal.</summary>
    private static void Triangle<T>(T* v, long stride, T* tau, long size, long length, T* t) where T : unmanaged, IFloatingPointIeee754<T>
    {
        new Span<T>(t, Block * Block).Clear();
        T* inner = stackalloc T[Block];
        for (long i = 0; i < size; i++)
        {
            for (long j = 0; j < i; j++) inner[j] = Rows.Dot(v + j * stride + i, v + i * stride + i, length - i);
            for (long j = 0; j < i; j++)
            {
                // The triangle holds -T: T[0..i, i] = -τ T[0..i, 0..i] (Vᵀ vᵢ).
                T sum = T.Zero;
                for (long k = j; k < i; k++) sum += t[j * Block + k] * inner[k];
                t[j * Block + i] = -(tau[i] * sum);
            }
            t[i * Block + i] = -tau[i];
        }
    }
}
