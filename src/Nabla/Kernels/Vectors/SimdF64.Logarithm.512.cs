using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>x = 2^k m with m in [sqrt(1/2), sqrt(2)), for positive normal x; returns m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SplitExponent(Vector512<double> x, out Vector512<double> k)
    {
        Vector512<long> bits = x.AsInt64() + Vector512.Create(0x3ff0000000000000 - SqrtHalfBits);
        // The biased exponent becomes the low bits of 2^52 + exponent; no conversion of 64-bit integers is needed.
        k = ((bits >>> 52) | Vector512.Create(0x4330000000000000)).AsDouble() - C512(4503599627370496.0 + 1023);
        return ((bits & Vector512.Create(0x000fffffffffffff)) + Vector512.Create(SqrtHalfBits)).AsDouble();
    }

    /// <summary>The same for subnormal x as well.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SplitExponentOfAny(Vector512<double> x, out Vector512<double> k)
    {
        Vector512<double> small = Vector512.LessThan(x, C512(2.2250738585072014e-308));
        Vector512<double> m = SplitExponent(Select(small, x * C512(18014398509481984.0), x), out k);
        k -= small & C512(54.0);
        return m;
    }

    /// <summary>s (f^2/2 + R) of fdlibm's e_log.c: log(1 + f) = f - (f^2/2 - this), with s = f / (2 + f).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> LogTail(Vector512<double> f, Vector512<double> halfSquare)
    {
        Vector512<double> s = f / (f + C512(2.0)), z = s * s;
        Vector512<double> p = Horner(C512(0.13089445146245312), z, 0.1326850331279476, 0.15386249788196105, 0.181817954545265);
        p = Horner(p, z, 0.2222222239345263, 0.28571428570795937, 0.4000000000000089, 0.6666666666666666);
        return s * MulAdd(p, z, halfSquare);
    }

    /// <summary>log(1 + f) + k ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> LogSum(Vector512<double> f, Vector512<double> k)
    {
        Vector512<double> halfSquare = f * f * C512(0.5);
        Vector512<double> tail = MulAdd(k, Ln2Low, LogTail(f, halfSquare));
        return MulAdd(k, Ln2High, f - (halfSquare - tail));
    }

    /// <summary>The natural logarithm. Below 0.8 ulp; log(0) = -inf, NaN below zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log(Vector512<double> x)
    {
        Vector512<double> m = SplitExponentOfAny(x, out Vector512<double> k);
        return LogSpecial(x, LogSum(m - C512(1.0), k));
    }

    /// <summary>Replaces <paramref name="y"/> where log(x) is -inf, NaN or +inf.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> LogSpecial(Vector512<double> x, Vector512<double> y)
    {
        y = Select(Vector512.LessThan(x, C512(double.PositiveInfinity)), y, x);
        y = Select(Vector512.LessThan(x, Vector512<double>.Zero), double.NaN, y);
        return Select(Vector512.Equals(x, Vector512<double>.Zero), double.NegativeInfinity, y);
    }

    /// <summary>log2 x. Below 0.7 ulp, exact for powers of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log2(Vector512<double> x)
        => LogOfBase(x, 1.44269504072144627571e+00, 1.67517131648865118353e-10, 1.0, 0.0);

    /// <summary>log10 x. Below 0.7 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log10(Vector512<double> x)
        => LogOfBase(x, 4.34294481878168880939e-01, 2.50829467116452752298e-11, 3.01029995663611771306e-01, 3.69423907715893078616e-13);

    /// <summary>The logarithm to a base b, given 1 / ln b and log_b 2 in two parts each (FreeBSD's e_log2.c, e_log10.c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> LogOfBase(Vector512<double> x, double scaleHigh, double scaleLow, double twoHigh, double twoLow)
    {
        Vector512<double> f = SplitExponentOfAny(x, out Vector512<double> k) - C512(1.0);
        Vector512<double> halfSquare = f * f * C512(0.5);
        Vector512<double> high = (f - halfSquare) & Vector512.Create(HighHalf).AsDouble();
        Vector512<double> low = (f - high) - halfSquare + LogTail(f, halfSquare);
        Vector512<double> main = high * C512(scaleHigh), whole = k * C512(twoHigh), sum = whole + main;
        Vector512<double> rest = MulAdd(low + high, scaleLow, MulAdd(k, twoLow, low * C512(scaleHigh)));
        return LogSpecial(x, sum + (rest + ((whole - sum) + main)));
    }

    /// <summary>log(1 + x) for x above -1 and finite: the rounding error of 1 + x is put back into the reduced argument.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Log1PCore(Vector512<double> x)
    {
        Vector512<double> u = C512(1.0) + x, back = u - C512(1.0);
        Vector512<double> error = (C512(1.0) - (u - back)) + (x - back);
        Vector512<double> m = SplitExponent(u, out Vector512<double> k);
        // 2^-k, the factor that took u to m, is the quotient of their bit patterns' exponents.
        Vector512<double> factor = (m.AsInt64() - u.AsInt64() + Vector512.Create(1023L << 52)).AsDouble();
        error = Vector512.LessThan(x, C512(1e17)) & (error * factor);
        return LogSum((m - C512(1.0)) + error, k);
    }

    /// <summary>log(1 + x), accurate near 0. Below 1.1 ulp; -inf at -1, NaN below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log1P(Vector512<double> x)
    {
        Vector512<double> y = Log1PCore(x);
        y = Select(Vector512.LessThan(x, C512(double.PositiveInfinity)), y, x);
        y = Select(Vector512.Equals(x, Vector512<double>.Zero), x, y);
        y = Select(Vector512.LessThan(x, C512(-1.0)), double.NaN, y);
        return Select(Vector512.Equals(x, C512(-1.0)), double.NegativeInfinity, y);
    }

    /// <summary>asinh x = log1p(|x| + x^2 / (1 + sqrt(1 + x^2))) with the sign of x. Below 1.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Asinh(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x), z = a * a;
        Vector512<double> t = a + z / (C512(1.0) + Vector512.Sqrt(C512(1.0) + z));
        Vector512<double> large = Vector512.GreaterThan(a, C512(1e18));
        return Vector512.CopySign(Log1P(Select(large, a, t)) + (large & C512(Ln2)), x);
    }

    /// <summary>acosh x = log1p(t + sqrt(t (t + 2))) with t = x - 1. Below 1.6 ulp; NaN below 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Acosh(Vector512<double> x)
    {
        Vector512<double> t = x - C512(1.0);
        Vector512<double> large = Vector512.GreaterThan(x, C512(1e18));
        Vector512<double> y = Log1P(Select(large, x, t + Vector512.Sqrt(t * (t + C512(2.0))))) + (large & C512(Ln2));
        return Select(Vector512.LessThan(x, C512(1.0)), double.NaN, y);
    }

    /// <summary>atanh x = log1p(2|x| / (1 - |x|)) / 2 with the sign of x. Below 1.5 ulp; NaN beyond 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Atanh(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x);
        return Vector512.CopySign(Log1P((a + a) / (C512(1.0) - a)) * C512(0.5), x);
    }
}
