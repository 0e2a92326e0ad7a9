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

    /// <summary>x / (1 + e^-x); x e^x / (1 + e^x) below zero. What rounding takes from the denominator is given back. Below 2.1
    /// ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Silu(Vector512<float> x)
    {
        Vector512<float> scaled = TimesExpNegative(x, out Vector512<float> z);
        Vector512<float> under = C512(1f) + z, rest = z - (under - C512(1f));
        Vector512<float> y = Select(Vector512.LessThan(x, Vector512<float>.Zero), scaled, x) / under;
        rest *= MulAdd(under, C512(-0.470588f), 1.411765f);
        return Vector512.CopySign(MulAdd(-Vector512.MinNative(C512(1e30f), y), rest, y), x);
    }

    /// <summary>
    /// x tanh(log(1 + e^x)) = x - x 2z² / (2z² + 2z + 1) with z = e^-x; x z - x z (z² + z) / (z² + 2z + 2) with z = e^x below zero.
    /// Below 2.5 ulp.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Mish(Vector512<float> x)
    {
        Vector512<float> scaled = TimesExpNegative(x, out Vector512<float> z), twice = z + z;
        Vector512<float> negative = Vector512.LessThan(x, Vector512<float>.Zero), y = Select(negative, scaled, x);
        Vector512<float> under = Select(negative, MulAdd(z, z + C512(2f), C512(2f)), MulAdd(twice, z + C512(1f), C512(1f)));
        Vector512<float> part = Select(negative, MulAdd(z, z, z), twice * z) / under;
        return Vector512.CopySign(MulAdd(-Vector512.MinNative(C512(1e30f), y), part, y), x);
    }

    /// <summary>x e^-|x|, rounded once behind the exponential's polynomial, and z = e^-|x|; NaN for an infinite x below zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> TimesExpNegative(Vector512<float> x, out Vector512<float> z)
    {
        Vector512<float> r = ReduceExp(Vector512.MaxNative(C512(-104.5f), -Vector512.Abs(x)), out Vector512<float> magic);
        Vector512<float> p = ExpM1Small(r);
        z = ScaleDown(C512(1f) + p, magic);
        Vector512<float> y = ScaleDown(MulAdd(x, p, x), magic);
        return Select(Vector512.Equals(x, C512(float.NegativeInfinity)), float.NaN, y);
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
