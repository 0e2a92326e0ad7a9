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

/// <summary>(a + ib) / (c + id), both multiplied by the power of two that brings the larger part of the divisor near 1, so that squares
/// neither overflow nor vanish.</summary>
internal readonly partial struct ComplexQuotientZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y)
    {
        Vector512<float> size = Vector512.Abs(y);
        Vector512<int> exponent = Vector512.Max(size, Alternating.Swap(size)).AsInt32() & Vector512.Create(0x7F800000);
        Vector512<float> scale = Vector512.Max(Vector512.Create(0x7F800000 - 0x00800000) - exponent, Vector512.Create(0x00800000)).AsSingle();
        x *= scale;
        y *= scale;
        Vector512<float> n = y * y, p = x * y, q = x * Alternating.Swap(y);
        return Alternating.Of(p + Alternating.Swap(p), q - Alternating.Swap(q)) / (n + Alternating.Swap(n));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> size = Vector512.Abs(y);
        Vector512<long> exponent = Vector512.Max(size, Alternating.Swap(size)).AsInt64() & Vector512.Create(0x7FF0000000000000);
        Vector512<double> scale = Vector512.Max(Vector512.Create(0x7FF0000000000000 - 0x0010000000000000) - exponent, Vector512.Create(0x0010000000000000)).AsDouble();
        x *= scale;
        y *= scale;
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

/// <summary>x</summary>
internal readonly partial struct FirstZip : IVectorZip
{
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => x;
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) => x;
}
