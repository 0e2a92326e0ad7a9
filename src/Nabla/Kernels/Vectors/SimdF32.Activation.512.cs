using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF32
{
    /// <summary>1 / (1 + e^-x), also accurate where it is small: e^x / (1 + e^x) below zero. Below 2.2 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x)
    {
        Vector512<float> z = ExpNegative(-Vector512.Abs(x));
        return Select(Vector512.LessThan(x, Vector512<float>.Zero), z, C512(1f)) / (C512(1f) + z);
    }

    /// <summary>log(1 / (1 + e^-x)) = min(x, 0) - log1p(e^-|x|). Below 1.6 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LogSigmoid(Vector512<float> x)
        => Vector512.MinNative(Vector512<float>.Zero, x) - Log1PCore(ExpNegative(-Vector512.Abs(x)));

    /// <summary>log(1 + e^(beta x)) / beta, and x where beta x is above the threshold. Below 1.6 ulp for beta = 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Softplus(Vector512<float> x, float beta, float threshold)
    {
        Vector512<float> z = x * C512(beta);
        Vector512<float> y = Vector512.MaxNative(Vector512<float>.Zero, z) + Log1PCore(ExpNegative(-Vector512.Abs(z)));
        return Select(Vector512.GreaterThan(z, C512(threshold)), x, y / C512(beta));
    }

    /// <summary>x tanh(log(1 + e^x)) = x w / (w + 2) with w = e^x (e^x + 2). Below 4 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Mish(Vector512<float> x)
    {
        Vector512<float> n = Exp(Vector512.MinNative(C512(20f), x)), w = n * (n + C512(2f));
        return x * (w / (w + C512(2f)));
    }

    /// <summary>
    /// x (1 + tanh(u)) / 2 = x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3). Below 4 ulp for x above -1; in the tail left of it
    /// the rounding of u counts |2u| times.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> GeluTanh(Vector512<float> x)
    {
        Vector512<float> z = x * x;
        return x * Sigmoid(x * MulAdd(z, 0.0713548163f, C512(1.59576912f)));
    }
}
