using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>x = n pi/2 + r with |r| at most pi/4, for |x| up to 10^6; the low bits of <paramref name="quadrant"/> are n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ReduceHalfPi(Vector512<double> x, out Vector512<long> quadrant) =>
        ReduceHalfPi(x, out quadrant, out _);

    /// <summary>The same with what the rounding of r leaves over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ReduceHalfPi(Vector512<double> x, out Vector512<long> quadrant, out Vector512<double> rest)
    {
        Vector512<double> magic = MulAdd(x, 0.6366197723675814, C512(RoundMagic)), n = magic - C512(RoundMagic);
        quadrant = magic.AsInt64();
        Vector512<double> t = x - n * C512(HalfPi1), w = n * C512(HalfPi2), s = t - w;
        // The rounding error of t - w goes on with the third part.
        Vector512<double> low = MulAdd(n, HalfPi3, w - (t - s)), r = s - low;
        rest = s - r - low;
        return r;
    }

    /// <summary>sin r on |r| at most pi/4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SinSmall(Vector512<double> r, Vector512<double> z) => MulAdd(r * z, SinPolynomial(z), r);

    /// <summary>(sin r - r) / r^3 with z = r^2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SinPolynomial(Vector512<double> z)
    {
        Vector512<double> p = Horner(C512(-7.586636882825159e-13), z, 1.6058530596645953e-10, -2.50521062259944e-08, 2.755731921932058e-06);
        return Horner(p, z, -0.0001984126984126504, 0.008333333333333331, -0.16666666666666666);
    }

    /// <summary>cos r on |r| at most pi/4, with z = r^2; 1 - z/2 is kept with its rounding error (fdlibm's k_cos.c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> CosSmall(Vector512<double> z)
    {
        Vector512<double> p = Horner(C512(4.745838412531023e-14), z, -1.1470460319209511e-11, 2.0876755787492604e-09);
        p = Horner(p, z, -2.755731922139249e-07, 2.4801587301584632e-05);
        p = Horner(p, z, -0.0013888888888888887, 0.041666666666666664);
        Vector512<double> half = z * C512(0.5), w = C512(1.0) - half;
        return w + MulAdd(z * z, p, (C512(1.0) - w) - half);
    }

    /// <summary>sin(x + offset pi/2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SinOfQuadrant(Vector512<double> x, long offset)
    {
        Vector512<double> r = ReduceHalfPi(x, out Vector512<long> quadrant), z = r * r;
        quadrant += Vector512.Create(offset);
        Vector512<double> odd = Vector512.Equals(quadrant & Vector512.Create(1L), Vector512.Create(1L)).AsDouble();
        Vector512<double> y = Select(odd, CosSmall(z), SinSmall(r, z));
        return y ^ ((quadrant & Vector512.Create(2L)) << 62).AsDouble();
    }

    /// <summary>sin x for x that was a float and is at most 10^9, to 35 bits: x - n pi, then one polynomial.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> ShortSin(Vector512<double> x)
    {
        Vector512<double> magic = MulAdd(x, 0.31830988618379067, C512(RoundMagic)), r = LessTurns(x, magic - C512(RoundMagic)), z = r * r;
        Vector512<double> p = Horner(C512(-2.3888676844537935e-08), z, 2.7525371540118887e-06, -0.00019840867965107616);
        p = Horner(p, z, 0.008333331106781645, -0.16666666626107934);
        return MulAdd(p, z, 1.0) * r ^ (magic.AsInt64() << 63).AsDouble();
    }

    /// <summary>cos x likewise: -sin(x - pi/2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> ShortCos(Vector512<double> x)
    {
        Vector512<double> magic = MulAdd(x, 0.31830988618379067, C512(-0.5)) + C512(RoundMagic);
        Vector512<double> r = LessTurns(x, magic - C512(RoundMagic) + C512(0.5)), z = r * r;
        Vector512<double> p = Horner(C512(2.3888676844537935e-08), z, -2.7525371540118887e-06, 0.00019840867965107616);
        p = Horner(p, z, -0.008333331106781645, 0.16666666626107934);
        return MulAdd(p, z, -1.0) * r ^ (magic.AsInt64() << 63).AsDouble();
    }

    /// <summary>x - n pi with pi in two parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> LessTurns(Vector512<double> x, Vector512<double> n) =>
        MulAdd(n, -1.2246467991473532e-16, MulAdd(n, -3.141592653589793, x));

    /// <summary>sin x. Below 1.2 ulp; the runtime's own function beyond 10^6.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Sin(Vector512<double> x)
    {
        Vector512<double> y = SinOfQuadrant(x, 0);
        y = Select(Vector512.Equals(x, Vector512<double>.Zero), x, y);
        return Vector512.GreaterThanAny(Vector512.Abs(x), C512(HalfPiLimit)) ? OfLarge(x, y, TrigonometricKind.Sin) : y;
    }

    /// <summary>cos x. Below 1.2 ulp; the runtime's own function beyond 10^6.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Cos(Vector512<double> x)
    {
        Vector512<double> y = SinOfQuadrant(x, 1);
        return Vector512.GreaterThanAny(Vector512.Abs(x), C512(HalfPiLimit)) ? OfLarge(x, y, TrigonometricKind.Cos) : y;
    }

    /// <summary>tan x = sin x / cos x. Below 2 ulp; the runtime's own function beyond 10^6.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Tan(Vector512<double> x)
    {
        Vector512<double> r = ReduceHalfPi(x, out Vector512<long> quadrant, out Vector512<double> rest), z = r * r;
        Vector512<double> sin = MulAdd(r * z, SinPolynomial(z), rest) + r, cos = MulAdd(-rest, r, CosSmall(z));
        Vector512<double> odd = Vector512.Equals(quadrant & Vector512.Create(1L), Vector512.Create(1L)).AsDouble();
        Vector512<double> y = Select(odd, -cos, sin) / Select(odd, sin, cos);
        y = Select(Vector512.Equals(x, Vector512<double>.Zero), x, y);
        return Vector512.GreaterThanAny(Vector512.Abs(x), C512(HalfPiLimit)) ? OfLarge(x, y, TrigonometricKind.Tan) : y;
    }

    /// <summary>Replaces the lanes of y whose x is beyond the vector code's reach (infinities included).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<double> OfLarge(Vector512<double> x, Vector512<double> y, TrigonometricKind kind)
    {
        for (int i = 0; i < Vector512<double>.Count; i++)
        {
            double v = x[i];
            if (Math.Abs(v) > HalfPiLimit) y = y.WithElement(i, OfLarge(v, kind));
        }
        return y;
    }

    /// <summary>asin x. Below 1 ulp; NaN beyond 1. With s = sqrt((1 - |x|) / 2): pi/2 - 2 asin s above 1/2 (fdlibm's e_asin.c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Asin(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x), above = Vector512.GreaterThan(a, C512(0.5));
        Vector512<double> z = Select(above, MulAdd(a, -0.5, C512(0.5)), a * a), zp = z * AsinPolynomial(z), s = Vector512.Sqrt(z);
        Vector512<double> high = s & Vector512.Create(HighHalf).AsDouble();
        Vector512<double> low = SqrtRest(z, s, high);
        Vector512<double> p = (s + s) * zp - (C512(HalfPiLow) - (low + low));
        Vector512<double> large = C512(HalfPiHigh / 2) - (p - (C512(HalfPiHigh / 2) - (high + high)));
        return Vector512.CopySign(Select(above, large, MulAdd(a, zp, a)), x);
    }

    /// <summary>acos x. Below 1 ulp; NaN beyond 1 (fdlibm's e_acos.c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Acos(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x), above = Vector512.GreaterThan(a, C512(0.5));
        Vector512<double> z = Select(above, MulAdd(a, -0.5, C512(0.5)), a * a), zp = z * AsinPolynomial(z), s = Vector512.Sqrt(z);
        Vector512<double> high = s & Vector512.Create(HighHalf).AsDouble();
        Vector512<double> low = SqrtRest(z, s, high);
        Vector512<double> middle = C512(HalfPiHigh) - (x - (C512(HalfPiLow) - x * zp));
        Vector512<double> positive = high + MulAdd(zp, s, low), negative = C512(HalfPiHigh) - (s + (zp * s - C512(HalfPiLow)));
        Vector512<double> outer = Select(Vector512.LessThan(x, Vector512<double>.Zero), negative, positive);
        return Select(above, outer + outer, middle);
    }

    /// <summary>sqrt(z) - high, where high is s = sqrt(z) without its lower half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> SqrtRest(Vector512<double> z, Vector512<double> s, Vector512<double> high)
        => Select(Vector512.Equals(s, Vector512<double>.Zero), s, (z - high * high) / (s + high));

    /// <summary>(asin(s) - s) / s^3 with z = s^2 in [0, 1/4].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> AsinPolynomial(Vector512<double> z)
    {
        Vector512<double> p = Horner(C512(0.02961201126495512), z, -0.01924167174674304, 0.019554513336123378, 0.0030448799094556773);
        p = Horner(p, z, 0.009319560794767446, 0.009621842970100282, 0.011566459612121669, 0.01396378001220357);
        p = Horner(p, z, 0.017352816540325496, 0.02237215744350722, 0.03038194447553234);
        return Horner(p, z, 0.044642857142551895, 0.07500000000000118, 0.16666666666666666);
    }

    /// <summary>atan x. Below 1.8 ulp. Reduced to |t| at most tan(pi/8) by (x - 1) / (x + 1) and -1 / x, as in Cephes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Atan(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x);
        Vector512<double> middle = Vector512.GreaterThan(a, C512(0.4142135623730950));
        Vector512<double> far = Vector512.GreaterThan(a, C512(2.414213562373095));
        Vector512<double> over = Select(far, -1.0, Select(middle, a - C512(1.0), a));
        Vector512<double> under = Select(far, a, Select(middle, a + C512(1.0), C512(1.0)));
        Vector512<double> t = over / under, z = t * t;
        Vector512<double> p = Horner(C512(-0.013916943217800841), z, 0.03063443323901452, -0.04104381417807643, 0.04719381457895137);
        p = Horner(p, z, -0.052580394289794816, 0.05881925033877732, -0.06666642004996545, 0.07692306735321475);
        p = Horner(p, z, -0.0909090906699066, 0.11111111110754406, -0.14285714285711515);
        p = Horner(p, z, 0.19999999999999993, -0.3333333333333333);
        Vector512<double> high = Select(far, HalfPiHigh, middle & C512(HalfPiHigh / 2));
        Vector512<double> low = Select(far, HalfPiLow, middle & C512(HalfPiLow / 2));
        return Vector512.CopySign(high + (t + MulAdd(t * z, p, low)), x);
    }

    /// <summary>The angle of the point (x, y). Below 2.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Atan2(Vector512<double> y, Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(y), b = Vector512.Abs(x), far = C512(double.PositiveInfinity), q = a / b;
        q = Select(Vector512.Equals(a, Vector512<double>.Zero) & Vector512.Equals(x, x), 0.0, q);
        q = Select(Vector512.Equals(a, far) & Vector512.Equals(b, far), 1.0, q);
        Vector512<double> angle = Atan(q);
        angle = Select(Vector512.IsNegative(x), C512(2 * HalfPiHigh) - angle + C512(2 * HalfPiLow), angle);
        return Vector512.CopySign(angle, y);
    }
}
