using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Transposed copies: squares of 8x8 or 4x4 elements are turned in registers, what is left over is moved one by one.</summary>
internal static class TransposeTiles
{
    /// <summary>
    /// y[i sy + j] = x[i + j sx] for i below m, j below n; m is small, so that m streams of y and the lines of x read stay in the cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<T>(ref T x, nint sx, ref T y, nint sy, nint m, nint n) where T : unmanaged
    {
        nint size = Unsafe.SizeOf<T>() == 4 ? (Avx.IsSupported ? 8 : Zips ? 4 : 0) : Unsafe.SizeOf<T>() == 8 && Avx.IsSupported ? 4 : 0;
        nint i0 = size == 0 ? 0 : m / size * size, j0 = size == 0 ? 0 : n / size * size;
        for (nint j = 0; j < j0; j += size)
        {
            for (nint i = 0; i < i0; i += size)
            {
                ref T source = ref Unsafe.Add(ref x, i + j * sx);
                ref T target = ref Unsafe.Add(ref y, i * sy + j);
                if (Unsafe.SizeOf<T>() == 8) Four(ref Unsafe.As<T, double>(ref source), sx, ref Unsafe.As<T, double>(ref target), sy);
                else if (Avx.IsSupported) Eight(ref Unsafe.As<T, float>(ref source), sx, ref Unsafe.As<T, float>(ref target), sy);
                else Four(ref Unsafe.As<T, float>(ref source), sx, ref Unsafe.As<T, float>(ref target), sy);
            }
        }
        OneByOne(ref Unsafe.Add(ref x, i0), sx, ref Unsafe.Add(ref y, i0 * sy), sy, m - i0, j0);
        OneByOne(ref Unsafe.Add(ref x, j0 * sx), sx, ref Unsafe.Add(ref y, j0), sy, m, n - j0);
    }

    /// <summary>Whether squares of 4x4 floats can be turned in registers.</summary>
    internal static bool Zips => Sse.IsSupported || AdvSimd.Arm64.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneByOne<T>(ref T x, nint sx, ref T y, nint sy, nint m, nint n) where T : unmanaged
    {
        const int Tile = 32;
        for (nint first = 0; first < n; first += Tile)
        {
            nint last = Math.Min(n, first + Tile);
            for (nint i = 0; i < m; i++)
                for (nint j = first; j < last; j++) Unsafe.Add(ref y, i * sy + j) = Unsafe.Add(ref x, i + j * sx);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight(ref float x, nint sx, ref float y, nint sy)
    {
        Vector256<float> a = Row(ref x, 0), b = Row(ref x, sx), c = Row(ref x, 2 * sx), d = Row(ref x, 3 * sx);
        Vector256<float> e = Row(ref x, 4 * sx), f = Row(ref x, 5 * sx), g = Row(ref x, 6 * sx), h = Row(ref x, 7 * sx);
        // Pairs, then fours within each half, then the halves.
        (a, b, c, d) = (Avx.UnpackLow(a, b), Avx.UnpackHigh(a, b), Avx.UnpackLow(c, d), Avx.UnpackHigh(c, d));
        (e, f, g, h) = (Avx.UnpackLow(e, f), Avx.UnpackHigh(e, f), Avx.UnpackLow(g, h), Avx.UnpackHigh(g, h));
        (a, c, b, d) = (Avx.Shuffle(a, c, 0x44), Avx.Shuffle(a, c, 0xEE), Avx.Shuffle(b, d, 0x44), Avx.Shuffle(b, d, 0xEE));
        (e, g, f, h) = (Avx.Shuffle(e, g, 0x44), Avx.Shuffle(e, g, 0xEE), Avx.Shuffle(f, h, 0x44), Avx.Shuffle(f, h, 0xEE));
        Avx.Permute2x128(a, e, 0x20).StoreUnsafe(ref y);
        Avx.Permute2x128(c, g, 0x20).StoreUnsafe(ref Unsafe.Add(ref y, sy));
        Avx.Permute2x128(b, f, 0x20).StoreUnsafe(ref Unsafe.Add(ref y, 2 * sy));
        Avx.Permute2x128(d, h, 0x20).StoreUnsafe(ref Unsafe.Add(ref y, 3 * sy));
        Avx.Permute2x128(a, e, 0x31).StoreUnsafe(ref Unsafe.Add(ref y, 4 * sy));
        Avx.Permute2x128(c, g, 0x31).StoreUnsafe(ref Unsafe.Add(ref y, 5 * sy));
        Avx.Permute2x128(b, f, 0x31).StoreUnsafe(ref Unsafe.Add(ref y, 6 * sy));
        Avx.Permute2x128(d, h, 0x31).StoreUnsafe(ref Unsafe.Add(ref y, 7 * sy));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Row(ref float x, nint at) => Vector256.LoadUnsafe(ref Unsafe.Add(ref x, at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(ref double x, nint sx, ref double y, nint sy)
    {
        Vector256<double> a = Vector256.LoadUnsafe(ref x), b = Vector256.LoadUnsafe(ref Unsafe.Add(ref x, sx));
        Vector256<double> c = Vector256.LoadUnsafe(ref Unsafe.Add(ref x, 2 * sx)), d = Vector256.LoadUnsafe(ref Unsafe.Add(ref x, 3 * sx));
        (a, b, c, d) = (Avx.UnpackLow(a, b), Avx.UnpackHigh(a, b), Avx.UnpackLow(c, d), Avx.UnpackHigh(c, d));
        Avx.Permute2x128(a, c, 0x20).StoreUnsafe(ref y);
        Avx.Permute2x128(b, d, 0x20).StoreUnsafe(ref Unsafe.Add(ref y, sy));
        Avx.Permute2x128(a, c, 0x31).StoreUnsafe(ref Unsafe.Add(ref y, 2 * sy));
        Avx.Permute2x128(b, d, 0x31).StoreUnsafe(ref Unsafe.Add(ref y, 3 * sy));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(ref float x, nint sx, ref float y, nint sy)
    {
        Vector128<float> a = Vector128.LoadUnsafe(ref x), b = Vector128.LoadUnsafe(ref Unsafe.Add(ref x, sx));
        Vector128<float> c = Vector128.LoadUnsafe(ref Unsafe.Add(ref x, 2 * sx)), d = Vector128.LoadUnsafe(ref Unsafe.Add(ref x, 3 * sx));
        Turn(ref a, ref b, ref c, ref d);
        a.StoreUnsafe(ref y);
        b.StoreUnsafe(ref Unsafe.Add(ref y, sy));
        c.StoreUnsafe(ref Unsafe.Add(ref y, 2 * sy));
        d.StoreUnsafe(ref Unsafe.Add(ref y, 3 * sy));
    }

    /// <summary>Rows become columns; only where <see cref="Zips"/> says so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Turn(ref Vector128<float> a, ref Vector128<float> b, ref Vector128<float> c, ref Vector128<float> d)
    {
        (a, b, c, d) = (Low(a, c), High(a, c), Low(b, d), High(b, d));
        (a, b, c, d) = (Low(a, c), High(a, c), Low(b, d), High(b, d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
