using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Elementary functions on vectors of float: building blocks shared by every family.</summary>
/// <remarks>
/// Argument reductions follow Cody and Waite (Software Manual for the Elementary Functions, 1980) and fdlibm 5.3. Polynomials are
/// minimax fits (Chebyshev, 50 digits) of the function named beside them, with a relative error below 2^-27.
/// </remarks>
internal static partial class SimdF32
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> C512(float value) => Vector512.Create(value);

    /// <summary>a b + c, fused where the hardware does so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> MulAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c)
        => Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> MulAdd(Vector512<float> a, Vector512<float> b, float c)
        => Vector512.MultiplyAddEstimate(a, b, Vector512.Create(c));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> MulAdd(Vector512<float> a, float b, Vector512<float> c)
        => Vector512.MultiplyAddEstimate(a, Vector512.Create(b), c);

    /// <summary>Horner steps: (((p x + a) x + b) x + c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Horner(Vector512<float> p, Vector512<float> x, float a, float b, float c)
        => MulAdd(MulAdd(MulAdd(p, x, a), x, b), x, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Horner(Vector512<float> p, Vector512<float> x, float a, float b)
        => MulAdd(MulAdd(p, x, a), x, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Select(Vector512<float> condition, Vector512<float> a, Vector512<float> b)
        => Vector512.ConditionalSelect(condition, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Select(Vector512<float> condition, float a, Vector512<float> b)
        => Vector512.ConditionalSelect(condition, Vector512.Create(a), b);

    /// <summary>Bounds x; NaN stays NaN, because the hardware's minimum and maximum return their second operand then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Clamp(Vector512<float> x, float low, float high)
        => Vector512.MinNative(Vector512.Create(high), Vector512.MaxNative(Vector512.Create(low), x));
}
