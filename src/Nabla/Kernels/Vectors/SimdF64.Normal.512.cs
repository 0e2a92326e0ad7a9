using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>e^(a²) erfc a for a not below 0: t W(s) as in <see cref="Erfc(Vector512{double})"/>, from 27 on the asymptotic series
    /// (DLMF 7.12.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ErfcxPositive(Vector512<double> a)
    {
        Vector512<double> t = C512(1.0) / (a + C512(3.0)), s = MulAdd(t, -6.0, C512(1.0));
        Vector512<double> y = MulAdd(MulAdd(ErfcPolynomial(s, s * s), s, -0.8833944531698835), s, 1.0740069070883398) * t;
        Vector512<double> w = C512(1.0) / a, u = C512(0.5) * w * w;
        Vector512<double> far = Horner(C512(10395.0), u, -945.0, 105.0, -15.0, 3.0);
        far = Horner(far, u, -1.0, 1.0) * (w * C512(0.56418958354775629));
        return Select(Vector512.GreaterThan(a, C512(27.0)), far, y);
    }

    /// <summary>e^(x²) erfc x; 2 e^(x²) less that of -x below 0. Below 3 ulp.</summary>
    [MethodImpl(SimdMethod.Whole)]
    public static Vector512<double> Erfcx(Vector512<double> x)
    {
        Vector512<double> y = ErfcxPositive(Vector512.Abs(x));
        if (!Vector512.LessThanAny(x, Vector512<double>.Zero)) return y;
        // The square in two words: the rounding of x² alone would be magnified by x².
        Vector512<double> bounded = Vector512.MaxNative(C512(-27.0), x), square = bounded * bounded, e = Exp(square);
        if (SimdMethod.HasFusedMultiplyAdd) e *= C512(1.0) + MulAdd(bounded, bounded, -square);
        return Select(Vector512.LessThan(x, Vector512<double>.Zero), e + e - y, y);
    }

    /// <summary>The normal distribution function: erfc(|x| / sqrt(2)) / 2 below 0, else 1 less that. Below 3 ulp.</summary>
    [MethodImpl(SimdMethod.Whole)]
    public static Vector512<double> Ndtr(Vector512<double> x)
    {
        Vector512<double> v = Vector512.Abs(x), y = ErfcPositive(v * C512(0.7071067811865476), v, 0.5, C512(0.5));
        return Select(Vector512.GreaterThan(x, Vector512<double>.Zero), C512(1.0) - y, y);
    }

    /// <summary>The logarithm of the normal distribution function: of its complement above 0, of the scaled function in the tail.</summary>
    [MethodImpl(SimdMethod.Whole)]
    public static Vector512<double> LogNdtr(Vector512<double> x)
    {
        Vector512<double> v = Vector512.Abs(x), a = v * C512(0.7071067811865476), y = ErfcPositive(a, v, 0.5, C512(0.5));
        Vector512<double> tail = Vector512.LessThan(x, C512(-37.0)), right = Vector512.GreaterThan(x, Vector512<double>.Zero);
        Vector512<double> left = Log(Select(tail, ErfcxPositive(a) * C512(0.5), y)) - (tail & (v * v * C512(0.5)));
        return Vector512.GreaterThanAny(x, Vector512<double>.Zero) ? Select(right, Log1P(-y), left) : left;
    }

    /// <summary>The inverse of the normal distribution function by Wichura's algorithm AS 241; infinite at 0 and 1, NaN beyond.</summary>
    [MethodImpl(SimdMethod.Whole)]
    public static Vector512<double> Ndtri(Vector512<double> p)
    {
        Vector512<double> q = p - C512(0.5), other = C512(1.0) - p, least = Select(Vector512.LessThan(p, other), p, other);
        Vector512<double> tail = Vector512.CopySign(ErfInvTail(least), q);
        Vector512<double> y = Select(Vector512.LessThan(Vector512.Abs(q), C512(0.425)), ErfInvCentral(q), tail);
        y = Select(Vector512.Equals(least, Vector512<double>.Zero), Vector512.CopySign(C512(double.PositiveInfinity), q), y);
        return Select(Vector512.LessThan(least, Vector512<double>.Zero), double.NaN, y);
    }

    /// <summary>-x log x, 0 at 0 and -inf below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Entr(Vector512<double> x)
    {
        Vector512<double> y = Select(Vector512.Equals(x, Vector512<double>.Zero), Vector512<double>.Zero, -x * Log(x));
        return Select(Vector512.LessThan(x, Vector512<double>.Zero), double.NegativeInfinity, y);
    }
}
