using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>
    /// erfc a for a not below 0 (or NaN): e^(-a^2) t W(t) with t = 4 / (4 + a), W a minimax polynomial on [0, 28].
    /// a^2 is scale v^2: where a is itself rounded, its error would grow by a factor a^2 in the exponential.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ErfcPositive(Vector512<double> a, Vector512<double> v, double scale)
    {
        a = Vector512.MinNative(C512(27.3), a);
        Vector512<double> t = C512(4.0) / (a + C512(4.0));
        // Even and odd powers apart: two short chains of dependent operations in place of a long one.
        Vector512<double> u = t * t;
        Vector512<double> even = Horner(C512(0.0009525832472292394), u, 0.04751746123006645, 0.20290346310682572, 0.01922879558689165);
        even = Horner(even, u, -0.34275140816960065, -0.2515670767501355, -0.047199894967487346, 0.03825806760038928);
        even = Horner(even, u, 0.08079517911023047, 0.11501009563682345, 0.13663964667962222, 0.1410473958773049);
        Vector512<double> odd = Horner(C512(-0.010144494728206103), u, -0.12640476458608768, -0.1802184421049683, 0.19716427264917397);
        odd = Horner(odd, u, 0.3445876573018444, 0.15037525123631484, 0.05187543000394048, 0.06398437171104861);
        odd = Horner(odd, u, 0.09907448233030773, 0.12782453149850678, 0.14104739649996542);
        Vector512<double> w = MulAdd(odd, t, even);

        // v^2 = high^2 + (v - high)(v + high): the first is exact, the second small enough to join the reduced argument.
        v = Vector512.MinNative(C512(scale == 1.0 ? 27.3 : 38.6), v);
        Vector512<double> high = v & Vector512.Create(High26).AsDouble();
        Vector512<double> r = ReduceExp(high * high * C512(-scale), out Vector512<double> magic) - (v - high) * (v + high) * C512(scale);
        return (t * w * (C512(1.0) + ExpM1Small(r))) * PowerOf2(magic, 64) * C512(1 / TwoTo64);
    }

    /// <summary>erf x = 2/sqrt(pi) integral of e^(-t^2) from 0 to x. Below 1.2 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Erf(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x), z = a * a;
        Vector512<double> p = Horner(C512(5.957176147748911e-11), z, -1.1372848856791674e-09, 1.4659775274047436e-08);
        p = MulAdd(p, z, -1.6350312701054695e-07);
        p = Horner(p, z, 1.6461000484121368e-06, -1.4925595266831182e-05, 0.0001205533111164271, -0.000854832698083379);
        p = Horner(p, z, 0.0052239776248180145, -0.026866170645076792, 0.11283791670954879);
        p = Horner(p, z, -0.3761263890318375, 0.1283791670955126);
        Vector512<double> y = Select(Vector512.LessThan(a, C512(1.0)), MulAdd(a, p, a), C512(1.0) - ErfcPositive(a, a, 1.0));
        return Vector512.CopySign(y, x);
    }

    /// <summary>erfc x = 1 - erf x, accurate relative to itself. Below 7 ulp.</summary>
    [MethodImpl(SimdMethod.Whole)]
    public static Vector512<double> Erfc(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x), y = ErfcPositive(a, a, 1.0);
        return Select(Vector512.LessThan(x, Vector512<double>.Zero), C512(2.0) - y, y);
    }

    /// <summary>x Phi(x) = x erfc(-x / sqrt(2)) / 2. Below 8 ulp, also in the tail left of 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Gelu(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x), y = ErfcPositive(a * C512(0.7071067811865476), a, 0.5) * C512(0.5);
        return x * Select(Vector512.GreaterThan(x, Vector512<double>.Zero), C512(1.0) - y, y);
    }

    /// <summary>
    /// The inverse of erf, by Wichura's algorithm AS 241 (PPND16, Applied Statistics 37, 1988). Below 5 ulp; infinite at 1, NaN beyond.
    /// </summary>
    [MethodImpl(SimdMethod.Whole)]
    public static Vector512<double> ErfInv(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x), q = a * C512(0.5);
        Vector512<double> y = Select(Vector512.LessThan(q, C512(0.425)), ErfInvCentral(q), ErfInvTail((C512(1.0) - a) * C512(0.5)));
        y = Select(Vector512.Equals(a, C512(1.0)), double.PositiveInfinity, y * C512(0.7071067811865476));
        return Vector512.CopySign(Select(Vector512.GreaterThan(a, C512(1.0)), double.NaN, y), x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ErfInvCentral(Vector512<double> q)
    {
        Vector512<double> r = C512(0.180625) - q * q;
        Vector512<double> over = Horner(C512(2.5090809287301226727e3), r, 3.3430575583588128105e4, 6.7265770927008700853e4);
        over = MulAdd(over, r, 4.5921953931549871457e4);
        over = Horner(over, r, 1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080);
        Vector512<double> under = Horner(C512(5.2264952788528545610e3), r, 2.8729085735721942674e4, 3.9307895800092710610e4);
        under = MulAdd(under, r, 2.1213794301586595867e4);
        under = Horner(under, r, 5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0);
        return q * over / under;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ErfInvTail(Vector512<double> p)
    {
        Vector512<double> r = Vector512.Sqrt(-Log(p)), near = r - C512(1.6), far = r - C512(5.0);
        Vector512<double> over = Horner(C512(7.74545014278341407640e-4), near, 2.27238449892691845833e-2, 2.41780725177450611770e-1);
        over = MulAdd(over, near, 1.27045825245236838258);
        over = Horner(over, near, 3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734);
        Vector512<double> under = Horner(C512(1.05075007164441684324e-9), near, 5.47593808499534494600e-4, 1.51986665636164571966e-2);
        under = MulAdd(under, near, 1.48103976427480074590e-1);
        under = Horner(under, near, 6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0);
        Vector512<double> over2 = Horner(C512(2.01033439929228813265e-7), far, 2.71155556874348757815e-5, 1.24266094738807843860e-3);
        over2 = MulAdd(over2, far, 2.65321895265761230930e-2);
        over2 = Horner(over2, far, 2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720);
        Vector512<double> under2 = Horner(C512(2.04426310338993978564e-15), far, 1.42151175831644588870e-7, 1.84631831751005468180e-5);
        under2 = MulAdd(under2, far, 7.86869131145613259100e-4);
        under2 = Horner(under2, far, 1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0);
        Vector512<double> close = Vector512.LessThanOrEqual(r, C512(5.0));
        return Select(close, over, over2) / Select(close, under, under2);
    }
}
