using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>x = n ln 2 + r with |r| at most ln 2 / 2; <paramref name="magic"/> holds n in its low bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ReduceExp(Vector512<double> x, out Vector512<double> magic)
    {
        magic = MulAdd(x, Log2E, C512(RoundMagic));
        Vector512<double> n = magic - C512(RoundMagic);
        return MulAdd(n, -Ln2Low, MulAdd(n, -Ln2High, x));
    }

    /// <summary>exp(r) - 1 on |r| at most ln 2 / 2, as r + r^2 P(r).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ExpM1Small(Vector512<double> r)
    {
        Vector512<double> p = Horner(C512(2.0914717341716378e-09), r, 2.5105259538448494e-08, 2.755727357010214e-07);
        p = MulAdd(p, r, 2.7557255297969643e-06);
        p = Horner(p, r, 2.4801587325605324e-05, 0.0001984126987490126, 0.001388888888888373, 0.008333333333326112);
        p = Horner(p, r, 0.04166666666666667, 0.1666666666666667, 0.5);
        return MulAdd(r * r, p, r);
    }

    /// <summary>2^(n + offset), n from the low bits of <paramref name="magic"/>; the sum must be a normal exponent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> PowerOf2(Vector512<double> magic, long offset)
        => ((magic.AsInt64() << 52) + Vector512.Create((1023 + offset) << 52)).AsDouble();

    /// <summary>p 2^n, exact also where the result is subnormal or infinite; n between -1086 and 1024.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Scale(Vector512<double> p, Vector512<double> magic, Vector512<double> negative)
    {
        // One factor of 2^n would leave the exponent's range at both ends: 2^(n + 64) 2^-64 below, 2^(n - 1) 2 above.
        Vector512<long> bias = Select(negative, C512(TwoTo64), C512(0.5)).AsInt64();
        return p * ((magic.AsInt64() << 52) + bias).AsDouble() * Select(negative, C512(1 / TwoTo64), C512(2.0));
    }

    /// <summary>e^x. At most 1 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Exp(Vector512<double> x)
    {
        x = Clamp(x, -746.0, 710.0);
        Vector512<double> r = ReduceExp(x, out Vector512<double> magic);
        return Scale(C512(1.0) + ExpM1Small(r), magic, Vector512.LessThan(x, Vector512<double>.Zero));
    }

    /// <summary>e^x for x not above 0 (or NaN).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ExpNegative(Vector512<double> x)
    {
        Vector512<double> r = ReduceExp(Vector512.MaxNative(C512(-746.0), x), out Vector512<double> magic);
        return (C512(1.0) + ExpM1Small(r)) * PowerOf2(magic, 64) * C512(1 / TwoTo64);
    }

    /// <summary>e^x / 2 for x not below 0 (or NaN), finite as long as it can be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ExpHalf(Vector512<double> x)
    {
        Vector512<double> r = ReduceExp(Vector512.MinNative(C512(711.0), x), out Vector512<double> magic);
        return (C512(1.0) + ExpM1Small(r)) * PowerOf2(magic, -2) * C512(2.0);
    }

    /// <summary>2^x. Below 1 ulp, exact for integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Exp2(Vector512<double> x)
    {
        x = Clamp(x, -1076.0, 1024.0);
        Vector512<double> magic = x + C512(RoundMagic);
        Vector512<double> r = (x - (magic - C512(RoundMagic))) * C512(Ln2);
        return Scale(C512(1.0) + ExpM1Small(r), magic, Vector512.LessThan(x, Vector512<double>.Zero));
    }

    /// <summary>e^x - 1, accurate near 0. Below 1.7 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> ExpM1(Vector512<double> x)
    {
        Vector512<double> r = ReduceExp(Clamp(x, -40.0, 710.0), out Vector512<double> magic);
        Vector512<double> half = PowerOf2(magic, -1);
        Vector512<double> y = MulAdd(half, ExpM1Small(r), half - C512(0.5));
        // Halving would lose the last bit of a subnormal x.
        return Select(Vector512.LessThan(Vector512.Abs(x), C512(1e-17)), x, y + y);
    }

    /// <summary>sinh x. Below 1.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Sinh(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x), z = x * x, half = ExpHalf(a);
        Vector512<double> p = Horner(C512(7.746178593018827e-13), z, 1.6057679623801638e-10, 2.5052117695907823e-08);
        p = MulAdd(p, z, 2.7557319191381816e-06);
        p = Horner(p, z, 0.00019841269841324198, 0.008333333333333299, 0.16666666666666666);
        Vector512<double> large = Vector512.CopySign(half - C512(0.25) / half, x);
        return Select(Vector512.LessThan(a, C512(1.0)), MulAdd(x * z, p, x), large);
    }

    /// <summary>cosh x. Below 1.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Cosh(Vector512<double> x)
    {
        Vector512<double> half = ExpHalf(Vector512.Abs(x));
        return half + C512(0.25) / half;
    }

    /// <summary>
    /// tanh |x| = -t / (t + 2) with t = e^(-2|x|) - 1 as the sum of two numbers, and the quotient's remainder divided once more by a line
    /// near 1 / (t + 2). Below 1.7 ulp, 2.3 without fused multiply-add.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Tanh(Vector512<double> x)
    {
        Vector512<double> r = ReduceExp(Vector512.MaxNative(C512(-40.0), Vector512.Abs(x) * C512(-2.0)), out Vector512<double> magic);
        Vector512<double> power = PowerOf2(magic, 0), p = ExpM1Small(r), most = power - C512(1.0);
        Vector512<double> t = MulAdd(power, p, most), rest = MulAdd(power, p, most - t);
        Vector512<double> under = t + C512(2.0), underRest = t - (under - C512(2.0)) + rest, q = -t / under;
        Vector512<double> left = -MulAdd(q, underRest, rest);
        if (SimdMethod.HasFusedMultiplyAdd) left += MulAdd(-q, under, -t);
        return Vector512.CopySign(MulAdd(left, MulAdd(under, C512(-0.470588), 1.411765), q), x);
    }
}
