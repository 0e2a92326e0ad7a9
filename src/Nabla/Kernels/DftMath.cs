using System.Numerics;
using System.Runtime.CompilerServices;

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
}
