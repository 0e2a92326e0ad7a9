using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF32
{
    /// <summary>sin x. Below 0.51 ulp, in double precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sin(Vector512<float> x)
    {
        if (!SimdMethod.HasFusedMultiplyAdd) return FarSin(x, x, true);
        Vector512<double> low = SimdF64.ShortSin(Vector512.WidenLower(x)), high = SimdF64.ShortSin(Vector512.WidenUpper(x));
        Vector512<float> y = Vector512.Narrow(low, high);
        return Vector512.GreaterThanAny(Vector512.Abs(x), C512(PiLimit)) ? FarSin(x, y, false) : y;
    }

    /// <summary>cos x. Below 0.51 ulp, in double precision.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Cos(Vector512<float> x)
    {
        if (!SimdMethod.HasFusedMultiplyAdd) return FarCos(x, x, true);
        Vector512<double> low = SimdF64.ShortCos(Vector512.WidenLower(x)), high = SimdF64.ShortCos(Vector512.WidenUpper(x));
        Vector512<float> y = Vector512.Narrow(low, high);
        return Vector512.GreaterThanAny(Vector512.Abs(x), C512(PiLimit)) ? FarCos(x, y, false) : y;
    }

    /// <summary>y, or sin x in double precision where x is beyond its reach, or everywhere.</summary>
    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<float> FarSin(Vector512<float> x, Vector512<float> y, bool everywhere)
    {
        Vector512<float> wide = Vector512.Narrow(SimdF64.Sin(Vector512.WidenLower(x)), SimdF64.Sin(Vector512.WidenUpper(x)));
        return everywhere ? wide : Select(Vector512.GreaterThan(Vector512.Abs(x), C512(PiLimit)), wide, y);
    }

    /// <summary>y, or cos x in double precision where x is beyond its reach, or everywhere.</summary>
    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<float> FarCos(Vector512<float> x, Vector512<float> y, bool everywhere)
    {
        Vector512<float> wide = Vector512.Narrow(SimdF64.Cos(Vector512.WidenLower(x)), SimdF64.Cos(Vector512.WidenUpper(x)));
        return everywhere ? wide : Select(Vector512.GreaterThan(Vector512.Abs(x), C512(PiLimit)), wide, y);
    }

    /// <summary>base + lead + tail for a base that is 0 or larger than lead, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Joined(Vector512<float> start, Vector512<float> lead, Vector512<float> tail)
    {
        Vector512<float> sum = start + lead;
        return sum + (((start - sum) + lead) + tail);
    }

    /// <summary>atan(t + rest) - t for t from 0 to 1 and a rest far below it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> AtanTail(Vector512<float> t, Vector512<float> rest)
    {
        Vector512<float> z = t * t;
        Vector512<float> p = Horner(C512(-0.0017936360090970993f), z, 0.010914672166109085f, -0.031177975237369537f, 0.0579577311873436f);
        p = Horner(p, z, -0.08403458446264267f, 0.10952188819646835f, -0.14264242351055145f);
        p = Horner(p, z, 0.19998548924922943f, -0.33333298563957214f);
        // The slope 1 / (1 + z) is about 1 - z / 2.
        return MulAdd(t * z, p, MulAdd(rest * z, C512(-0.5f), rest));
    }

    /// <summary>atan x, above 1 by pi/2 - atan(1/x). Below 1.3 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Atan(Vector512<float> x)
    {
        Vector512<float> a = Vector512.Abs(x), above = Vector512.GreaterThan(a, C512(1f)), t = Select(above, C512(1f) / a, a);
        Vector512<float> rest = Vector512<float>.Zero;
        if (SimdMethod.HasFusedMultiplyAdd) rest = above & Vector512.LessThan(a, C512(1e10f)) & (MulAdd(-t, a, C512(1f)) * t);
        Vector512<float> tail = AtanTail(t, rest), sign = above & C512(-0f);
        return Vector512.CopySign(Joined(above & C512(HalfPiHigh), t ^ sign, (tail ^ sign) + (above & C512(HalfPiLow))), x);
    }

    /// <summary>The angle of the point (x, y), from the smaller part over the larger one. Below 1.3 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Atan2(Vector512<float> y, Vector512<float> x)
    {
        Vector512<float> a = Vector512.Abs(y), b = Vector512.Abs(x), steep = Vector512.GreaterThan(a, b);
        Vector512<float> over = Select(steep, b, a), under = Select(steep, a, b), t = over / under;
        Vector512<float> ordered = Vector512.Equals(under, under);
        t = Select(Vector512.Equals(over, Vector512<float>.Zero) & ordered, Vector512<float>.Zero, t);
        t = Select(Vector512.Equals(over, C512(float.PositiveInfinity)) & ordered, C512(1f), t);
        Vector512<float> rest = Vector512<float>.Zero;
        if (SimdMethod.HasFusedMultiplyAdd)
        {
            Vector512<float> usual = Vector512.GreaterThan(under, C512(1e-30f)) & Vector512.LessThan(under, C512(1e30f));
            rest = usual & (MulAdd(-t, under, over) * Inverse(under));
        }
        Vector512<float> negative = Vector512.IsNegative(x), sign = (steep ^ negative) & C512(-0f), tail = AtanTail(t, rest);
        Vector512<float> high = Select(steep, C512(HalfPiHigh), negative & C512(2 * HalfPiHigh));
        Vector512<float> low = Select(steep, C512(HalfPiLow), negative & C512(2 * HalfPiLow));
        return Vector512.CopySign(Joined(high, t ^ sign, (tail ^ sign) + low), y);
    }

    /// <summary>(asin(s) - s) / s^3 with z = s^2 in [0, 1/4].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> AsinPolynomial(Vector512<float> z)
    {
        Vector512<float> p = Horner(C512(0.03751648589968681f), z, 0.014438576996326447f, 0.03180772811174393f);
        return Horner(p, z, 0.04451695457100868f, 0.07500503957271576f, 0.16666659712791443f);
    }

    /// <summary>With z = (1 - a) / 2 where a is above 1/2: s = sqrt(z), and asin(s) - s, which includes what the rounding of s has
    /// left over; with z = a² elsewhere: s = a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> AsinParts(Vector512<float> a, Vector512<float> above, out Vector512<float> s)
    {
        Vector512<float> z = Select(above, MulAdd(a, -0.5f, C512(0.5f)), a * a);
        s = Select(above, Vector512.Sqrt(z), a);
        Vector512<float> tail = s * (z * AsinPolynomial(z));
        if (!SimdMethod.HasFusedMultiplyAdd) return tail;
        Vector512<float> rest = MulAdd(-s, s, z) * Inverse(s + s);
        return tail + (above & Vector512.LessThan(a, C512(1f)) & rest);
    }

    /// <summary>asin x, above 1/2 by pi/2 - 2 asin(sqrt((1 - x) / 2)). Below 0.7 ulp; NaN beyond 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Asin(Vector512<float> x)
    {
        Vector512<float> a = Vector512.Abs(x), above = Vector512.GreaterThan(a, C512(0.5f));
        Vector512<float> tail = AsinParts(a, above, out Vector512<float> s), factor = Select(above, C512(-2f), C512(1f));
        Vector512<float> low = MulAdd(factor, tail, above & C512(HalfPiLow));
        return Vector512.CopySign(Joined(above & C512(HalfPiHigh), factor * s, low), x);
    }

    /// <summary>acos x, above 1/2 by 2 asin(sqrt((1 - x) / 2)), below -1/2 by pi less that of -x. Below 0.7 ulp; NaN beyond 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Acos(Vector512<float> x)
    {
        Vector512<float> a = Vector512.Abs(x), above = Vector512.GreaterThan(a, C512(0.5f)), sign = x & C512(-0f);
        Vector512<float> tail = AsinParts(a, above, out Vector512<float> s), left = Vector512.IsNegative(x);
        Vector512<float> factor = Select(above, C512(2f), C512(-1f)) ^ sign;
        Vector512<float> high = Select(above, left & C512(2 * HalfPiHigh), C512(HalfPiHigh));
        Vector512<float> low = Select(above, left & C512(2 * HalfPiLow), C512(HalfPiLow));
        return Joined(high, factor * s, MulAdd(factor, tail, low));
    }
}
