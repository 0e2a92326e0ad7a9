using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Pairs that alternate in memory, taken apart into two runs and put together again.</summary>
internal static unsafe class Planes
{
    /// <summary>first[i] = pairs[2i], second[i] = pairs[2i + 1].</summary>
    internal static void Split<T>(ReadOnlySpan<T> pairs, Span<T> first, Span<T> second) where T : unmanaged
    {
        VectorSpan.Require(pairs.Length, 2 * first.Length);
        VectorSpan.Require(first.Length, second.Length);
        fixed (T* x = pairs, a = first, b = second) Split(x, a, b, first.Length);
    }

    /// <summary>pairs[2i] = first[i], pairs[2i + 1] = second[i].</summary>
    internal static void Merge<T>(ReadOnlySpan<T> first, ReadOnlySpan<T> second, Span<T> pairs) where T : unmanaged, INumberBase<T>
    {
        VectorSpan.Require(2 * first.Length, pairs.Length);
        VectorSpan.Require(first.Length, second.Length);
        fixed (T* x = pairs, a = first, b = second) Merge(a, b, x, first.Length, T.One);
    }

    /// <summary>first[i] = pairs[2i], second[i] = pairs[2i + 1] for i below n, of any type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Split<T>(T* pairs, T* first, T* second, long n) where T : unmanaged
    {
        long i = 0;
        if (sizeof(T) == sizeof(float)) i = Split((float*)pairs, (float*)first, (float*)second, n);
        else if (sizeof(T) == sizeof(double)) i = Split((double*)pairs, (double*)first, (double*)second, n);
        for (; i < n; i++) (first[i], second[i]) = (pairs[2 * i], pairs[2 * i + 1]);
    }

    /// <summary>pairs[2i] = first[i] · factor, pairs[2i + 1] = second[i] · factor for i below n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Merge<T>(T* first, T* second, T* pairs, long n, T factor) where T : unmanaged, INumberBase<T>
    {
        long i = 0;
        if (typeof(T) == typeof(float)) i = Merge((float*)first, (float*)second, (float*)pairs, n, *(float*)&factor);
        else if (typeof(T) == typeof(double)) i = Merge((double*)first, (double*)second, (double*)pairs, n, *(double*)&factor);
        for (; i < n; i++) (pairs[2 * i], pairs[2 * i + 1]) = (first[i] * factor, second[i] * factor);
    }

    /// <summary>As far as registers go; returns where they end. The last one overlaps the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Split(float* x, float* first, float* second, long n)
    {
        long i = 0;
        for (; Avx2.IsSupported && n >= 8 && i < n; i += 8)
        {
            i = Math.Min(i, n - 8);
            Vector256<float> a = Vector256.Load(x + 2 * i), b = Vector256.Load(x + 2 * i + 8);
            Avx2.Permute4x64(Avx.Shuffle(a, b, 0x88).AsDouble(), 0xD8).AsSingle().Store(first + i);
            Avx2.Permute4x64(Avx.Shuffle(a, b, 0xDD).AsDouble(), 0xD8).AsSingle().Store(second + i);
        }
        for (; Shuffles && i <= n - 4; i += 4)
        {
            Vector128<float> a = Vector128.Load(x + 2 * i), b = Vector128.Load(x + 2 * i + 4);
            Even(a, b).Store(first + i);
            Odd(a, b).Store(second + i);
        }
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Split(double* x, double* first, double* second, long n)
    {
        long i = 0;
        for (; Avx2.IsSupported && n >= 4 && i < n; i += 4)
        {
            i = Math.Min(i, n - 4);
            Vector256<double> a = Vector256.Load(x + 2 * i), b = Vector256.Load(x + 2 * i + 4);
            Avx2.Permute4x64(Avx.UnpackLow(a, b), 0xD8).Store(first + i);
            Avx2.Permute4x64(Avx.UnpackHigh(a, b), 0xD8).Store(second + i);
        }
        for (; Shuffles && i <= n - 2; i += 2)
        {
            Vector128<double> a = Vector128.Load(x + 2 * i), b = Vector128.Load(x + 2 * i + 2);
            Low(a, b).Store(first + i);
            High(a, b).Store(second + i);
        }
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Merge(float* first, float* second, float* x, long n, float factor)
    {
        long i = 0;
        for (; Avx.IsSupported && i <= n - 8; i += 8)
        {
            Vector256<float> a = Vector256.Load(first + i) * factor, b = Vector256.Load(second + i) * factor;
            Vector256<float> low = Avx.UnpackLow(a, b), high = Avx.UnpackHigh(a, b);
            Avx.Permute2x128(low, high, 0x20).Store(x + 2 * i);
            Avx.Permute2x128(low, high, 0x31).Store(x + 2 * i + 8);
        }
        for (; Shuffles && i <= n - 4; i += 4)
        {
            Vector128<float> a = Vector128.Load(first + i) * factor, b = Vector128.Load(second + i) * factor;
            Low(a, b).Store(x + 2 * i);
            High(a, b).Store(x + 2 * i + 4);
        }
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Merge(double* first, double* second, double* x, long n, double factor)
    {
        long i = 0;
        for (; Avx.IsSupported && i <= n - 4; i += 4)
        {
            Vector256<double> a = Vector256.Load(first + i) * factor, b = Vector256.Load(second + i) * factor;
            Vector256<double> low = Avx.UnpackLow(a, b), high = Avx.UnpackHigh(a, b);
            Avx.Permute2x128(low, high, 0x20).Store(x + 2 * i);
            Avx.Permute2x128(low, high, 0x31).Store(x + 2 * i + 4);
        }
        for (; Shuffles && i <= n - 2; i += 2)
        {
            Vector128<double> a = Vector128.Load(first + i) * factor, b = Vector128.Load(second + i) * factor;
            Low(a, b).Store(x + 2 * i);
            High(a, b).Store(x + 2 * i + 2);
        }
        return i;
    }

    private static bool Shuffles => Sse2.IsSupported || AdvSimd.Arm64.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Even(Vector128<float> x, Vector128<float> y) =>
        Sse2.IsSupported ? Sse.Shuffle(x, y, 0b10_00_10_00) : AdvSimd.Arm64.UnzipEven(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Odd(Vector128<float> x, Vector128<float> y) =>
        Sse2.IsSupported ? Sse.Shuffle(x, y, 0b11_01_11_01) : AdvSimd.Arm64.UnzipOdd(x, y);

    /// <summary>The lower halves, alternating.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> x, Vector128<float> y) =>
        Sse2.IsSupported ? Sse.UnpackLow(x, y) : AdvSimd.Arm64.ZipLow(x, y);

    /// <inheritdoc cref="Low(Vector128{float}, Vector128{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Low(Vector128<double> x, Vector128<double> y) =>
        Sse2.IsSupported ? Sse2.UnpackLow(x, y) : AdvSimd.Arm64.ZipLow(x, y);

    /// <summary>The upper halves, alternating.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> x, Vector128<float> y) =>
        Sse2.IsSupported ? Sse.UnpackHigh(x, y) : AdvSimd.Arm64.ZipHigh(x, y);

    /// <inheritdoc cref="High(Vector128{float}, Vector128{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> High(Vector128<double> x, Vector128<double> y) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(x, y) : AdvSimd.Arm64.ZipHigh(x, y);
}
