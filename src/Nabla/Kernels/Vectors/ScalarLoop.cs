using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>A function of one double, for those that have no vector kernel.</summary>
internal interface IScalarMap
{
    static abstract double Invoke(double x);
}

internal readonly struct LgammaMap : IScalarMap
{
    public static double Invoke(double x) => ScalarMath.Lgamma(x);
}

internal readonly struct DigammaMap : IScalarMap
{
    public static double Invoke(double x) => ScalarMath.Digamma(x);
}

/// <summary>Applies an <see cref="IScalarMap"/> element by element; floats are computed in double.</summary>
internal static class ScalarLoop
{
    public static void Run<TOp, T>(ReadOnlySpan<T> x, Span<T> y) where TOp : struct, IScalarMap where T : unmanaged
    {
        VectorSpan.Require(x.Length, y.Length);
        if (typeof(T) == typeof(float)) Run<TOp>(MemoryMarshal.Cast<T, float>(x), MemoryMarshal.Cast<T, float>(y));
        else if (typeof(T) == typeof(double)) Run<TOp>(MemoryMarshal.Cast<T, double>(x), MemoryMarshal.Cast<T, double>(y));
        else VectorSpan.ThrowType(typeof(T));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TOp>(ReadOnlySpan<float> x, Span<float> y) where TOp : struct, IScalarMap
    {
        for (int i = 0; i < x.Length; i++) y[i] = (float)TOp.Invoke(x[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TOp>(ReadOnlySpan<double> x, Span<double> y) where TOp : struct, IScalarMap
    {
        for (int i = 0; i < x.Length; i++) y[i] = TOp.Invoke(x[i]);
    }
}
