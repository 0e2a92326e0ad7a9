using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>d² / (2 beta) where |d| is below beta, else |d| - beta / 2, for d = x - y.</summary>
internal readonly partial struct SmoothL1Zip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y)
    {
        Vector512<float> d = Vector512.Abs(x - y), b = Vector512.Create(single), half = Vector512.Create(0.5f);
        return Vector512.ConditionalSelect(Vector512.LessThan(d, b), half * d * d / b, d - half * b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> d = Vector512.Abs(x - y), b = Vector512.Create(beta), half = Vector512.Create(0.5);
        return Vector512.ConditionalSelect(Vector512.LessThan(d, b), half * d * d / b, d - half * b);
    }
}

/// <summary>d² / 2 where |d| is at most delta, else delta (|d| - delta / 2), for d = x - y.</summary>
internal readonly partial struct HuberZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y)
    {
        Vector512<float> d = Vector512.Abs(x - y), e = Vector512.Create(single), half = Vector512.Create(0.5f);
        return Vector512.ConditionalSelect(Vector512.LessThanOrEqual(d, e), half * d * d, e * (d - half * e));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> d = Vector512.Abs(x - y), e = Vector512.Create(delta), half = Vector512.Create(0.5);
        return Vector512.ConditionalSelect(Vector512.LessThanOrEqual(d, e), half * d * d, e * (d - half * e));
    }
}

/// <summary>(x - y)²</summary>
internal readonly partial struct SquaredDistanceZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => (x - y) * (x - y);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) => (x - y) * (x - y);
}

/// <summary>(y - 1) log(1 - x) - y log x, logarithms being at least -100.</summary>
internal readonly partial struct BinaryCrossEntropyZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y)
    {
        Vector512<float> least = Vector512.Create(-100f);
        return (y - Vector512<float>.One) * Vector512.Max(SimdF32.Log1P(-x), least) - y * Vector512.Max(SimdF32.Log(x), least);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> least = Vector512.Create(-100.0);
        return (y - Vector512<double>.One) * Vector512.Max(SimdF64.Log1P(-x), least) - y * Vector512.Max(SimdF64.Log(x), least);
    }
}

/// <summary>(1 - y) x + log(1 + e^-x)</summary>
internal readonly partial struct LogitsLossZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => (Vector512<float>.One - y) * x - SimdF32.LogSigmoid(x);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) => (Vector512<double>.One - y) * x - SimdF64.LogSigmoid(x);
}

/// <summary>The angle of a point, y first.</summary>
internal readonly partial struct Atan2Zip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> y, Vector512<float> x) => Vector512.Narrow(
        SimdF64.Atan2(Vector512.WidenLower(y), Vector512.WidenLower(x)), SimdF64.Atan2(Vector512.WidenUpper(y), Vector512.WidenUpper(x)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> y, Vector512<double> x) => SimdF64.Atan2(y, x);
}

/// <summary>√(x² + y²), of float32 in double precision, where nothing overflows, else scaled by a power of two.</summary>
internal readonly partial struct HypotZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => Vector512.Narrow(
        Length(Vector512.WidenLower(x), Vector512.WidenLower(y)), Length(Vector512.WidenUpper(x), Vector512.WidenUpper(y)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> larger = Vector512.Max(Vector512.Abs(x), Vector512.Abs(y));
        Vector512<double> large = Vector512.GreaterThan(larger, Vector512.Create(1e150));
        Vector512<double> small = Vector512.LessThan(larger, Vector512.Create(1e-140));
        // 2^-600, 2^600 and 1, and their inverses.
        Vector512<double> down = Vector512.Create(2.4099198651028841e-181), up = Vector512.Create(4.149515568880993e180);
        Vector512<double> one = Vector512<double>.One;
        Vector512<double> scale = Vector512.ConditionalSelect(large, down, Vector512.ConditionalSelect(small, up, one));
        Vector512<double> back = Vector512.ConditionalSelect(large, up, Vector512.ConditionalSelect(small, down, one));
        return Length(x * scale, y * scale) * back;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Length(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> far = Vector512.Create(double.PositiveInfinity);
        Vector512<double> infinite = Vector512.Equals(Vector512.Abs(x), far) | Vector512.Equals(Vector512.Abs(y), far);
        return Vector512.ConditionalSelect(infinite, far, Vector512.Sqrt(x * x + y * y));
    }
}
