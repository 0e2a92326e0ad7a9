using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>1 / (1 + e^-x), also accurate where it is small: e^x / (1 + e^x) below zero. Below 2 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Sigmoid(Vector512<double> x)
    {
        Vector512<double> z = ExpNegative(-Vector512.Abs(x));
        return Select(Vector512.LessThan(x, Vector512<double>.Zero), z, C512(1.0)) / (C512(1.0) + z);
    }

    /// <summary>log(1 / (1 + e^-x)) = min(x, 0) - log1p(e^-|x|). Below 1.6 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> LogSigmoid(Vector512<double> x)
        => Vector512.MinNative(Vector512<double>.Zero, x) - Log1PCore(ExpNegative(-Vector512.Abs(x)));

    /// <summary>log(1 + e^(beta x)) / beta, and x where beta x is above the threshold. Below 1.6 ulp for beta = 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Softplus(Vector512<double> x, double beta, double threshold)
    {
        Vector512<double> z = x * C512(beta);
        Vector512<double> y = Vector512.MaxNative(Vector512<double>.Zero, z) + Log1PCore(ExpNegative(-Vector512.Abs(z)));
        return Select(Vector512.GreaterThan(z, C512(threshold)), x, y / C512(beta));
    }

    /// <summary>x tanh(log(1 + e^x)) = x w / (w + 2) with w = e^x (e^x + 2). Below 2.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Mish(Vector512<double> x)
    {
        Vector512<double> n = Exp(Vector512.MinNative(C512(40.0), x)), w = n * (n + C512(2.0));
        return x * (w / (w + C512(2.0)));
    }

    /// <summary>
    /// x (1 + tanh(u)) / 2 = x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3). Below 4 ulp for x above -1; in the tail left of it
    /// the rounding of u counts |2u| times.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> GeluTanh(Vector512<double> x)
    {
        Vector512<double> z = x * x;
        return x * Sigmoid(x * MulAdd(z, 2 * 0.7978845608028654 * 0.044715, C512(2 * 0.7978845608028654)));
    }
}
