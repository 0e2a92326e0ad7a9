using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>Complex numbers whose parts are apart, on whole registers.</summary>
internal static unsafe class DftMath
{
    /// <summary>a b + c, with one rounding where the machine can.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<T> MultiplyAdd<T>(Vector<T> a, Vector<T> b, Vector<T> c) where T : unmanaged => typeof(T) == typeof(float)
        ? Vector.MultiplyAddEstimate(a.As<T, float>(), b.As<T, float>(), c.As<T, float>()).As<float, T>()
        : Vector.MultiplyAddEstimate(a.As<T, double>(), b.As<T, double>(), c.As<T, double>()).As<double, T>();

    /// <summary>(re + i im) (c + i s).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Rotate<T>(ref Vector<T> re, ref Vector<T> im, Vector<T> c, Vector<T> s) where T : unmanaged
    {
        Vector<T> product = re * c;
        (re, im) = (MultiplyAdd(-im, s, product), MultiplyAdd(im, c, re * s));
    }

    /// <inheritdoc cref="Rotate{T}(ref Vector{T}, ref Vector{T}, Vector{T}, Vector{T})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Rotate<T>(ref T re, ref T im, T c, T s) where T : unmanaged, INumberBase<T> =>
        (re, im) = (T.MultiplyAddEstimate(-im, s, re * c), T.MultiplyAddEstimate(im, c, re * s));

    /// <summary>Each number by one of others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply<T>(T* re, T* im, T* c, T* s, long n) where T : unmanaged, INumberBase<T>
    {
        long i = 0;
        for (; i <= n - Vector<T>.Count; i += Vector<T>.Count)
        {
            Vector<T> x = Vector.Load(re + i), y = Vector.Load(im + i);
            Rotate(ref x, ref y, Vector.Load(c + i), Vector.Load(s + i));
            x.Store(re + i);
            y.Store(im + i);
        }
        for (; i < n; i++) Rotate(ref re[i], ref im[i], c[i], s[i]);
    }

    /// <summary>w numbers by one, w a multiple of a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Multiply<T>(T* re, T* im, T c, T s, T* toRe, T* toIm, int w) where T : unmanaged
    {
        Vector<T> vc = new(c), vs = new(s);
        for (int i = 0; i < w; i += Vector<T>.Count)
        {
            Vector<T> x = Vector.Load(re + i), y = Vector.Load(im + i);
            Rotate(ref x, ref y, vc, vs);
            x.Store(toRe + i);
            y.Store(toIm + i);
        }
    }

    /// <summary>Each number by one factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Scale<T>(T* x, T factor, long n) where T : unmanaged, INumberBase<T>
    {
        long i = 0;
        Vector<T> f = new(factor);
        for (; i <= n - Vector<T>.Count; i += Vector<T>.Count) (Vector.Load(x + i) * f).Store(x + i);
        for (; i < n; i++) x[i] *= factor;
    }

    /// <summary>Pairs into parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Part<T>(T* x, T* re, T* im, long n) where T : unmanaged
    {
        long i = 0;
        if (Avx2.IsSupported && sizeof(T) == sizeof(float))
        {
            for (; n >= 8 && i < n; i += 8)
            {
                // The last one overlaps the one before.
                i = Math.Min(i, n - 8);
                Vector256<float> a = Vector256.Load((float*)x + 2 * i), b = Vector256.Load((float*)x + 2 * i + 8);
                Avx2.Permute4x64(Avx.Shuffle(a, b, 0x88).AsDouble(), 0xD8).AsSingle().Store((float*)re + i);
                Avx2.Permute4x64(Avx.Shuffle(a, b, 0xDD).AsDouble(), 0xD8).AsSingle().Store((float*)im + i);
            }
        }
        else if (Avx2.IsSupported && sizeof(T) == sizeof(double))
        {
            for (; n >= 4 && i < n; i += 4)
            {
                i = Math.Min(i, n - 4);
                Vector256<double> a = Vector256.Load((double*)x + 2 * i), b = Vector256.Load((double*)x + 2 * i + 4);
                Avx2.Permute4x64(Avx.UnpackLow(a, b), 0xD8).Store((double*)re + i);
                Avx2.Permute4x64(Avx.UnpackHigh(a, b), 0xD8).Store((double*)im + i);
            }
        }
        for (; i < n; i++) (re[i], im[i]) = (x[2 * i], x[2 * i + 1]);
    }

    /// <summary>Parts into pairs, times a factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Join<T>(T* re, T* im, T* y, long n, T factor) where T : unmanaged, INumberBase<T>
    {
        long i = 0;
        if (Avx.IsSupported && sizeof(T) == sizeof(float))
        {
            Vector256<float> f = Vector256.Create(factor).AsSingle();
            for (; i <= n - 8; i += 8)
            {
                Vector256<float> a = Vector256.Load((float*)re + i) * f, b = Vector256.Load((float*)im + i) * f;
                Vector256<float> low = Avx.UnpackLow(a, b), high = Avx.UnpackHigh(a, b);
                Avx.Permute2x128(low, high, 0x20).Store((float*)y + 2 * i);
                Avx.Permute2x128(low, high, 0x31).Store((float*)y + 2 * i + 8);
            }
        }
        else if (Avx.IsSupported && sizeof(T) == sizeof(double))
        {
            Vector256<double> f = Vector256.Create(factor).AsDouble();
            for (; i <= n - 4; i += 4)
            {
                Vector256<double> a = Vector256.Load((double*)re + i) * f, b = Vector256.Load((double*)im + i) * f;
                Vector256<double> low = Avx.UnpackLow(a, b), high = Avx.UnpackHigh(a, b);
                Avx.Permute2x128(low, high, 0x20).Store((double*)y + 2 * i);
                Avx.Permute2x128(low, high, 0x31).Store((double*)y + 2 * i + 4);
            }
        }
        for (; i < n; i++) (y[2 * i], y[2 * i + 1]) = (re[i] * factor, im[i] * factor);
    }
}
