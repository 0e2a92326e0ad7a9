using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>The complex conjugate.</summary>
internal readonly partial struct ConjugateMap : IVectorMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x) => x ^ Alternating.Of(Vector512<float>.Zero, Vector512.Create(-0f));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x) => x ^ Alternating.Of(Vector512<double>.Zero, Vector512.Create(-0.0));
}

/// <summary>(a + ib)(c + id), every product rounded, so that z z* is real.</summary>
internal readonly partial struct ComplexProductZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y)
    {
        Vector512<float> p = x * y, q = x * Alternating.Swap(y);
        return Alternating.Of(p - Alternating.Swap(p), q + Alternating.Swap(q));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> p = x * y, q = x * Alternating.Swap(y);
        return Alternating.Of(p - Alternating.Swap(p), q + Alternating.Swap(q));
    }
}

/// <summary>(a + ib) / (c + id), both divided by the larger part of the divisor, so that squares neither overflow nor vanish.</summary>
internal readonly partial struct ComplexQuotientZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y)
    {
        Vector512<float> size = Vector512.Abs(y), scale = Vector512.Max(size, Alternating.Swap(size));
        Vector512<float> usual = Vector512.GreaterThan(scale, Vector512<float>.Zero)
            & Vector512.LessThan(scale, Vector512.Create(float.PositiveInfinity));
        scale = Vector512.ConditionalSelect(usual, scale, Vector512<float>.One);
        x /= scale;
        y /= scale;
        Vector512<float> n = y * y, p = x * y, q = x * Alternating.Swap(y);
        return Alternating.Of(p + Alternating.Swap(p), q - Alternating.Swap(q)) / (n + Alternating.Swap(n));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> size = Vector512.Abs(y), scale = Vector512.Max(size, Alternating.Swap(size));
        Vector512<double> usual = Vector512.GreaterThan(scale, Vector512<double>.Zero)
            & Vector512.LessThan(scale, Vector512.Create(double.PositiveInfinity));
        scale = Vector512.ConditionalSelect(usual, scale, Vector512<double>.One);
        x /= scale;
        y /= scale;
        Vector512<double> n = y * y, p = x * y, q = x * Alternating.Swap(y);
        return Alternating.Of(p + Alternating.Swap(p), q - Alternating.Swap(q)) / (n + Alternating.Swap(n));
    }
}

/// <summary>x / y, or 0 where y is 0.</summary>
internal readonly partial struct ShareZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) =>
        Vector512.ConditionalSelect(Vector512.Equals(y, Vector512<float>.Zero), Vector512<float>.Zero, x / y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) =>
        Vector512.ConditionalSelect(Vector512.Equals(y, Vector512<double>.Zero), Vector512<double>.Zero, x / y);
}
