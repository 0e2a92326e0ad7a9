using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Copies a strip of a matrix into the order in which the tiles read it.</summary>
internal static unsafe class GemmPack
{
    /// <summary>
    /// Panels of <paramref name="tile"/> values by k, one after the other, the last one filled up with zeros. Adjacent values are copied
    /// row by row for a few panels together, so that whole cache lines are read.
    /// </summary>
    public static void Panels<T>(long width, long k, T* from, long inner, long outer, T* to, long tile) where T : unmanaged
    {
        long bytes = tile * sizeof(T), whole = 0;
        if (inner == 1 && (bytes is 128 or 48) && Vector256.IsHardwareAccelerated)
        {
            whole = width / tile;
            if (bytes == 128) CopyTiles<Line128, T>(whole, k, from, outer, to, tile);
            else CopyTiles<Line48, T>(whole, k, from, outer, to, tile);
        }
        for (long w = whole * tile; w < width; w += tile)
        {
            Panel(Math.Min(tile, width - w), k, from + w * inner, inner, outer, to + w * k, tile);
        }
    }

    /// <summary>
    /// to[p * stride + w] = from[w * inner + p * outer] for w in [0, width), p in [0, k), and zeros for w in [width, stride).
    /// </summary>
    public static void Panel<T>(long width, long k, T* from, long inner, long outer, T* to, long stride) where T : unmanaged
    {
        if (width < stride) ClearEdge(width, k, to, stride);
        if (inner == 1) CopyRows(width, k, from, outer, to, stride);
        else if (outer == 1 && sizeof(T) == 4) Turn4(width, k, (float*)from, inner, (float*)to, stride);
        else if (outer == 1 && sizeof(T) == 8) Turn8(width, k, (double*)from, inner, (double*)to, stride);
        else Turn(0, width, 0, k, from, inner, outer, to, stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ClearEdge<T>(long width, long k, T* to, long stride) where T : unmanaged
    {
        for (long p = 0; p < k; p++)
        {
            for (long w = width; w < stride; w++) to[p * stride + w] = default;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyTiles<TLine, T>(long tiles, long k, T* from, long outer, T* to, long tile)
        where TLine : ILine
        where T : unmanaged
    {
        long panel = k * tile;
        for (; k > 0; k--, from += outer, to += tile)
        {
            T* x = from, y = to;
            for (long t = tiles; t > 0; t--, x += tile, y += panel) TLine.Copy((byte*)x, (byte*)y);
        }
    }

    /// <summary>A row of a panel: a number of bytes known when the loop is compiled.</summary>
    private interface ILine
    {
        static abstract void Copy(byte* from, byte* to);
    }

    private readonly struct Line128 : ILine
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(byte* from, byte* to)
        {
            Vector256<byte> x0 = Vector256.Load(from), x1 = Vector256.Load(from + 32), x2 = Vector256.Load(from + 64);
            Vector256.Load(from + 96).Store(to + 96);
            x0.Store(to);
            x1.Store(to + 32);
            x2.Store(to + 64);
        }
    }

    private readonly struct Line48 : ILine
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(byte* from, byte* to)
        {
            Vector256<byte> x = Vector256.Load(from);
            Vector128.Load(from + 32).Store(to + 32);
            x.Store(to);
        }
    }

    /// <summary>Copies <paramref name="k"/> rows of <paramref name="width"/> adjacent values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyRows<T>(long width, long k, T* from, long outer, T* to, long stride) where T : unmanaged
    {
        for (; k > 0; k--, from += outer, to += stride)
        {
            byte* x = (byte*)from, y = (byte*)to;
            long bytes = width * sizeof(T);
            // The last part overlaps the one before.
            if (bytes >= 32)
            {
                for (long i = 0; i < bytes - 32; i += 32) Vector256.Load(x + i).Store(y + i);
                Vector256.Load(x + bytes - 32).Store(y + bytes - 32);
            }
            else if (bytes >= 16)
            {
                Vector128.Load(x).Store(y);
                Vector128.Load(x + bytes - 16).Store(y + bytes - 16);
            }
            else for (long i = 0; i < width; i++) to[i] = from[i];
        }
    }

    /// <summary>The general case, for rows from w and columns from p.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn<T>(long w, long width, long p, long k, T* from, long inner, long outer, T* to, long stride) where T : unmanaged
    {
        for (; w < width; w++)
        {
            T* x = from + w * inner + p * outer, y = to + w + p * stride;
            for (long q = p; q < k; q++, x += outer, y += stride) *y = *x;
        }
    }

    /// <summary>4-byte values, rows of the source contiguous: 8 x 4 and 4 x 4 values at a time through registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn4(long width, long k, float* from, long inner, float* to, long stride)
    {
        long w = 0, whole = k & ~3L;
        if (Avx.IsSupported)
        {
            for (; width - w >= 8; w += 8)
            {
                float* x = from + w * inner, x4 = x + 4 * inner, y = to + w;
                for (long p = 0; p < whole; p += 4, x += 4, x4 += 4, y += 4 * stride) Turn8x4(x, x4, inner, y, stride);
                Turn(w, w + 8, whole, k, from, inner, 1, to, stride);
            }
        }
        if (Sse.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            for (; width - w >= 4; w += 4)
            {
                float* x = from + w * inner, y = to + w;
                for (long p = 0; p < whole; p += 4, x += 4, y += 4 * stride) Turn4x4(x, inner, y, stride);
                Turn(w, w + 4, whole, k, from, inner, 1, to, stride);
            }
        }
        Turn(w, width, 0, k, from, inner, 1, to, stride);
    }

    /// <summary>Rows i and i + 4 share a register, so that interleaving within 128 bits is enough.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn8x4(float* x, float* x4, long inner, float* y, long stride)
    {
        Vector256<float> r0 = Vector256.Create(Vector128.Load(x), Vector128.Load(x4));
        Vector256<float> r1 = Vector256.Create(Vector128.Load(x + inner), Vector128.Load(x4 + inner));
        Vector256<float> r2 = Vector256.Create(Vector128.Load(x + 2 * inner), Vector128.Load(x4 + 2 * inner));
        Vector256<float> r3 = Vector256.Create(Vector128.Load(x + 3 * inner), Vector128.Load(x4 + 3 * inner));
        Vector256<float> even0 = Avx.UnpackLow(r0, r2), odd0 = Avx.UnpackLow(r1, r3);
        Vector256<float> even2 = Avx.UnpackHigh(r0, r2), odd2 = Avx.UnpackHigh(r1, r3);
        Avx.UnpackLow(even0, odd0).Store(y);
        Avx.UnpackHigh(even0, odd0).Store(y + stride);
        Avx.UnpackLow(even2, odd2).Store(y + 2 * stride);
        Avx.UnpackHigh(even2, odd2).Store(y + 3 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn4x4(float* x, long inner, float* y, long stride)
    {
        Vector128<float> r0 = Vector128.Load(x), r1 = Vector128.Load(x + inner);
        Vector128<float> r2 = Vector128.Load(x + 2 * inner), r3 = Vector128.Load(x + 3 * inner);
        Vector128<float> even0 = Low(r0, r2), odd0 = Low(r1, r3), even2 = High(r0, r2), odd2 = High(r1, r3);
        Low(even0, odd0).Store(y);
        High(even0, odd0).Store(y + stride);
        Low(even2, odd2).Store(y + 2 * stride);
        High(even2, odd2).Store(y + 3 * stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> x, Vector128<float> y) =>
        Sse.IsSupported ? Sse.UnpackLow(x, y) : AdvSimd.Arm64.ZipLow(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> x, Vector128<float> y) =>
        Sse.IsSupported ? Sse.UnpackHigh(x, y) : AdvSimd.Arm64.ZipHigh(x, y);

    /// <summary>8-byte values, rows of the source contiguous: 4 x 2 values at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn8(long width, long k, double* from, long inner, double* to, long stride)
    {
        long w = 0, whole = k & ~1L;
        if (Avx.IsSupported)
        {
            for (; width - w >= 4; w += 4)
            {
                double* x = from + w * inner, x2 = x + 2 * inner, y = to + w;
                for (long p = 0; p < whole; p += 2, x += 2, x2 += 2, y += 2 * stride)
                {
                    Vector256<double> r0 = Vector256.Create(Vector128.Load(x), Vector128.Load(x2));
                    Vector256<double> r1 = Vector256.Create(Vector128.Load(x + inner), Vector128.Load(x2 + inner));
                    Avx.UnpackLow(r0, r1).Store(y);
                    Avx.UnpackHigh(r0, r1).Store(y + stride);
                }
                Turn(w, w + 4, whole, k, from, inner, 1, to, stride);
            }
        }
        Turn(w, width, 0, k, from, inner, 1, to, stride);
    }
}
