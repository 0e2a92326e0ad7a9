using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Pairs that alternate in memory, taken apart into two runs and put together again, for float and double.</summary>
internal static unsafe class Planes
{
    /// <summary>first[i] = pairs[2i], second[i] = pairs[2i + 1].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Split<T>(ReadOnlySpan<T> pairs, Span<T> first, Span<T> second) where T : unmanaged
    {
        VectorSpan.Require(pairs.Length, 2 * first.Length);
        VectorSpan.Require(first.Length, second.Length);
        int i = 0;
        fixed (T* x = pairs, a = first, b = second)
        {
            if (Shuffles)
                for (int w = Vector128<T>.Count; i <= first.Length - w; i += w)
                {
                    Vector128<T> p = Vector128.Load(x + 2 * i), q = Vector128.Load(x + 2 * i + w);
                    Even(p, q).Store(a + i);
                    Odd(p, q).Store(b + i);
                }
            for (; i < first.Length; i++) (a[i], b[i]) = (x[2 * i], x[2 * i + 1]);
        }
    }

    /// <summary>pairs[2i] = first[i], pairs[2i + 1] = second[i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Merge<T>(ReadOnlySpan<T> first, ReadOnlySpan<T> second, Span<T> pairs) where T : unmanaged
    {
        VectorSpan.Require(2 * first.Length, pairs.Length);
        VectorSpan.Require(first.Length, second.Length);
        int i = 0;
        fixed (T* x = pairs, a = first, b = second)
        {
            if (Shuffles)
                for (int w = Vector128<T>.Count; i <= first.Length - w; i += w)
                {
                    Vector128<T> p = Vector128.Load(a + i), q = Vector128.Load(b + i);
                    Low(p, q).Store(x + 2 * i);
                    High(p, q).Store(x + 2 * i + w);
                }
            for (; i < first.Length; i++) (x[2 * i], x[2 * i + 1]) = (a[i], b[i]);
        }
    }

    private static bool Shuffles => Sse2.IsSupported || AdvSimd.Arm64.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Even<T>(Vector128<T> x, Vector128<T> y) where T : unmanaged
    {
        if (typeof(T) == typeof(double)) return Low(x, y);
        return Sse2.IsSupported
            ? Sse.Shuffle(x.AsSingle(), y.AsSingle(), 0b10_00_10_00).As<float, T>()
            : AdvSimd.Arm64.UnzipEven(x.AsSingle(), y.AsSingle()).As<float, T>();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Odd<T>(Vector128<T> x, Vector128<T> y) where T : unmanaged
    {
        if (typeof(T) == typeof(double)) return High(x, y);
        return Sse2.IsSupported
            ? Sse.Shuffle(x.AsSingle(), y.AsSingle(), 0b11_01_11_01).As<float, T>()
            : AdvSimd.Arm64.UnzipOdd(x.AsSingle(), y.AsSingle()).As<float, T>();
    }

    /// <summary>The lower halves, alternating.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> Low<T>(Vector128<T> x, Vector128<T> y) where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            return Sse2.IsSupported
                ? Sse2.UnpackLow(x.AsDouble(), y.AsDouble()).As<double, T>()
                : AdvSimd.Arm64.ZipLow(x.AsDouble(), y.AsDouble()).As<double, T>();
        return Sse2.IsSupported
            ? Sse.UnpackLow(x.AsSingle(), y.AsSingle()).As<float, T>()
            : AdvSimd.Arm64.ZipLow(x.AsSingle(), y.AsSingle()).As<float, T>();
    }

    /// <summary>The upper halves, alternating.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<T> High<T>(Vector128<T> x, Vector128<T> y) where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            return Sse2.IsSupported
                ? Sse2.UnpackHigh(x.AsDouble(), y.AsDouble()).As<double, T>()
                : AdvSimd.Arm64.ZipHigh(x.AsDouble(), y.AsDouble()).As<double, T>();
        return Sse2.IsSupported
            ? Sse.UnpackHigh(x.AsSingle(), y.AsSingle()).As<float, T>()
            : AdvSimd.Arm64.ZipHigh(x.AsSingle(), y.AsSingle()).As<float, T>();
    }
}
