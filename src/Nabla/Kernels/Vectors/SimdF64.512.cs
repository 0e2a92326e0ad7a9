using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Elementary functions on vectors of double: building blocks shared by every family.</summary>
/// <remarks>
/// Argument reductions follow Cody and Waite (Software Manual for the Elementary Functions, 1980) and fdlibm 5.3. Polynomials are
/// minimax fits (Chebyshev, 50 digits) of the function named beside them, with a relative error below 2^-58.
/// </remarks>
internal static partial class SimdF64
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> C512(double value) => Vector512.Create(value);

    /// <summary>a b + c, fused where the hardware does so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> MulAdd(Vector512<double> a, Vector512<double> b, Vector512<double> c)
        => Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> MulAdd(Vector512<double> a, Vector512<double> b, double c)
        => Vector512.MultiplyAddEstimate(a, b, Vector512.Create(c));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> MulAdd(Vector512<double> a, double b, Vector512<double> c)
        => Vector512.MultiplyAddEstimate(a, Vector512.Create(b), c);

    /// <summary>Horner steps: ((((p x + a) x + b) x + c) x + d).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Horner(Vector512<double> p, Vector512<double> x, double a, double b, double c, double d)
        => MulAdd(MulAdd(MulAdd(MulAdd(p, x, a), x, b), x, c), x, d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Horner(Vector512<double> p, Vector512<double> x, double a, double b, double c)
        => MulAdd(MulAdd(MulAdd(p, x, a), x, b), x, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Horner(Vector512<double> p, Vector512<double> x, double a, double b)
        => MulAdd(MulAdd(p, x, a), x, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Select(Vector512<double> condition, Vector512<double> a, Vector512<double> b)
        => Vector512.ConditionalSelect(condition, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Select(Vector512<double> condition, double a, Vector512<double> b)
        => Vector512.ConditionalSelect(condition, Vector512.Create(a), b);

    /// <summary>Bounds x; NaN stays NaN, because the hardware's minimum and maximum return their second operand then.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Clamp(Vector512<double> x, double low, double high)
        => Vector512.MinNative(Vector512.Create(high), Vector512.MaxNative(Vector512.Create(low), x));
}
