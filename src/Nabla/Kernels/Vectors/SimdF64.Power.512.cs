using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>x^y with C99's special cases (Annex F.9.4.4). Below 1 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Pow(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> a = Vector512.Abs(x);
        LogExtended(a, out Vector512<double> high, out Vector512<double> low);

        // Beyond 10^19 every power of a number other than 1 is 0 or infinite; the bound keeps the products below finite.
        Vector512<double> bounded = Clamp(y, -1e19, 1e19);
        Vector512<double> e = MultiplyExact(bounded, high, out Vector512<double> rest);
        rest = Clamp(MulAdd(bounded, low, rest), -1.0, 1.0);
        e = Clamp(e, -746.0, 710.0);
        Vector512<double> r = ReduceExp(e, out Vector512<double> magic) + rest;
        return PowSpecial(x, y, Scale(C512(1.0) + ExpM1Small(r), magic, Vector512.LessThan(e, Vector512<double>.Zero)));
    }

    /// <summary>
    /// a^y for numbers that were floats, a positive and finite: shorter polynomials, relative error below 2^-35 (so 0.501 ulp of float).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> PowOfSingle(Vector512<double> a, Vector512<double> y)
    {
        Vector512<double> f = SplitExponent(a, out Vector512<double> k) - C512(1.0), s = f / (f + C512(2.0)), z = s * s;
        Vector512<double> p = Horner(C512(0.1936511759489153), z, 0.2219127389362563, 0.28571756537234566, 0.3999999878752578);
        Vector512<double> log = MulAdd(k, Ln2, s * Horner(p, z, 0.666666666673823, 2.0));

        Vector512<double> e = Clamp(y * log, -110.0, 100.0), magic = MulAdd(e, Log2E, C512(RoundMagic));
        Vector512<double> r = MulAdd(magic - C512(RoundMagic), -Ln2, e);
        p = Horner(C512(2.485963629410833e-05), r, 0.00019899332056564083, 0.0013888853979832356, 0.008333298413941455);
        p = Horner(p, r, 0.04166666671913807, 0.166666667191548, 0.5);
        return MulAdd(r * r, p, C512(1.0) + r) * PowerOf2(magic, 0);
    }

    /// <summary>Puts signs, zeros, infinities and NaN into |x|^y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> PowSpecial(Vector512<double> x, Vector512<double> y, Vector512<double> power)
    {
        Vector512<double> a = Vector512.Abs(x), zero = Vector512.Equals(a, Vector512<double>.Zero);
        Vector512<double> infinite = Vector512.Equals(a, C512(double.PositiveInfinity));
        Vector512<double> vanishes = zero ^ Vector512.LessThan(y, Vector512<double>.Zero);
        power = Select(zero | infinite, Vector512.AndNot(C512(double.PositiveInfinity), vanishes), power);

        Vector512<double> half = y * C512(0.5), whole = Vector512.Equals(Vector512.Floor(y), y);
        Vector512<double> even = Vector512.Equals(Vector512.Floor(half), half);
        Vector512<double> sign = x & Vector512.AndNot(whole, even) & C512(-0.0);
        Vector512<double> undefined = Vector512.AndNot(Vector512.LessThan(x, Vector512<double>.Zero), whole | infinite);
        undefined |= ~Vector512.Equals(x, x) | ~Vector512.Equals(y, y);
        power = Select(undefined, double.NaN, power ^ sign);
        return Select(Vector512.Equals(y, Vector512<double>.Zero) | Vector512.Equals(x, C512(1.0)), 1.0, power);
    }

    /// <summary>
    /// log a as a sum of two doubles, relative error below 2^-64: 2s + s^3 (2/3 + s^2 Q(s^2)) with s = (m - 1) / (m + 1) and the first
    /// two terms in two words (Dekker 1971; compare fdlibm's e_pow.c).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LogExtended(Vector512<double> a, out Vector512<double> high, out Vector512<double> low)
    {
        Vector512<double> m = SplitExponentOfAny(a, out Vector512<double> k), f = m - C512(1.0), d = m + C512(1.0);
        Vector512<double> inverse = C512(1.0) / d, s = f * inverse;
        Vector512<double> product = MultiplyExact(s, d, out Vector512<double> error);
        Vector512<double> s2 = (((f - product) - error) - s * (m - (d - C512(1.0)))) * inverse;

        Vector512<double> z = MultiplyExact(s, s, out Vector512<double> z2);
        z2 = MulAdd(s + s, s2, z2);
        Vector512<double> q = Horner(C512(0.13089445146245312), z, 0.1326850331279476, 0.15386249788196105, 0.181817954545265);
        q = Horner(q, z, 0.2222222239345263, 0.28571428570795937, 0.4000000000000089) * z;
        Vector512<double> w = C512(2.0 / 3.0) + q, w2 = ((C512(2.0 / 3.0) - w) + q) + C512(TwoThirdsLow);

        Vector512<double> u = MultiplyExact(z, w, out Vector512<double> u2);
        u2 += MulAdd(z, w2, z2 * w);
        Vector512<double> v = MultiplyExact(s, u, out Vector512<double> v2);
        v2 += MulAdd(s, u2, s2 * u);

        Vector512<double> twice = s + s, sum = twice + v, rest = ((twice - sum) + v) + (v2 + (s2 + s2));
        Vector512<double> main = k * C512(Ln2High);
        high = main + sum;
        low = ((main - high) + sum) + MulAdd(k, Ln2Low, rest);
    }

    /// <summary>a b and its rounding error.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> MultiplyExact(Vector512<double> a, Vector512<double> b, out Vector512<double> error)
    {
        Vector512<double> p = a * b;
        if (SimdMethod.HasFusedMultiplyAdd)
        {
            error = Vector512.FusedMultiplyAdd(a, b, -p);
            return p;
        }
        // Veltkamp's splitting: the upper 26 bits of each factor by masking, so all partial products are exact.
        Vector512<double> a1 = a & Vector512.Create(High26).AsDouble(), a2 = a - a1;
        Vector512<double> b1 = b & Vector512.Create(High26).AsDouble(), b2 = b - b1;
        error = (((a1 * b1 - p) + a1 * b2) + a2 * b1) + a2 * b2;
        return p;
    }
}
