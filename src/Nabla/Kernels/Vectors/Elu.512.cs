using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal readonly partial struct EluMap : IVectorMap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x) => Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero),
        x * Vector512.Create(singleScale), SimdF32.ExpM1(x * Vector512.Create(singleInput)) * Vector512.Create(singleFactor));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x) => Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<double>.Zero),
        x * Vector512.Create(scale), SimdF64.ExpM1(x * Vector512.Create(inputScale)) * Vector512.Create(factor));
}

internal readonly partial struct EluSlope : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> d, Vector512<float> x)
    {
        Vector512<float> below = SimdF32.Exp(x * Vector512.Create(singleInput)) * Vector512.Create(singleFactor);
        return d * Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x, Vector512<float>.Zero), below, Vector512.Create(singleScale));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> d, Vector512<double> x)
    {
        Vector512<double> below = SimdF64.Exp(x * Vector512.Create(inputScale)) * Vector512.Create(factor);
        return d * Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x, Vector512<double>.Zero), below, Vector512.Create(scale));
    }
}
