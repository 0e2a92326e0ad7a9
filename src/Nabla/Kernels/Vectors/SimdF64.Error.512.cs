using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>
    /// times · erfc a for a not below 0 (or NaN): e^(-a^2) t W(s) with t = 1 / (a + 3), s = 1 - 6t, W a minimax polynomial on [0, 27.3].
    /// What the roundings of t, of W and of their product leave over is added at the end. a^2 is scale v^2: where a is itself rounded,
    /// its error would grow by a factor a^2 in the exponential.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ErfcPositive(Vector512<double> a, Vector512<double> v, double scale, Vector512<double> times)
    {
        a = Vector512.MinNative(C512(27.3), a);
        Vector512<double> under = a + C512(3.0), t = C512(1.0) / under, s = MulAdd(t, -6.0, C512(1.0)), u = s * s;
        // The largest two coefficients are numbers of two parts.
        const double center = 1.0740069070883398, centerLow = -8.259e-17, slope = -0.8833944531698835, slopeLow = -4.022e-17;
        Vector512<double> small = ErfcPolynomial(s, u), w = MulAdd(small, s, slope), sum = MulAdd(w, s, center), y = sum * t;

        // v^2 = high^2 + (v - high)(v + high): the first is exact, the second small enough to join the reduced argument.
        v = Vector512.MinNative(C512(scale == 1.0 ? 27.3 : 38.6), v);
        Vector512<double> high = v & Vector512.Create(High26).AsDouble();
        Vector512<double> r = ReduceExp(high * high * C512(-scale), out Vector512<double> magic) - (v - high) * (v + high) * C512(scale);
        Vector512<double> e = ExpM1Small(r), left = y * e;
        if (SimdMethod.HasFusedMultiplyAdd)
        {
            Vector512<double> underRest = a - (under - C512(3.0)), rest = MulAdd(-t, underRest, MulAdd(-t, under, C512(1.0)));
            // d log(t W) / d log t is about 1 + 3.5 t + 10.5 t^2, and rest is what t lacks, relative to itself.
            rest = MulAdd(y * rest, MulAdd(MulAdd(t, C512(10.5), 3.5), t, 1.0), MulAdd(sum, t, -y));
            Vector512<double> sumRest = MulAdd(s, MulAdd(small, s, C512(slope) - w) + C512(slopeLow), C512(centerLow));
            left = MulAdd(y, e, MulAdd(t, MulAdd(w, s, C512(center) - sum) + sumRest, rest));
        }
        return (y + left) * times * PowerOf2(magic, 64) * C512(1 / TwoTo64);
    }

    /// <summary>W(s) without its two largest terms, divided by s²; u = s².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ErfcPolynomial(Vector512<double> s, Vector512<double> u)
    {
        // Even and odd powers apart for the small coefficients: two short chains of dependent operations in place of a long one.
        Vector512<double> even = Horner(C512(-1.4122700733157812e-09), u, 1.9158624348664966e-09, 4.06958749638105e-08,
            -4.0272996774418355e-07);
        even = Horner(even, u, 2.762299035041561e-06, -1.7469412278116013e-05, 0.00010756121371736227);
        even = Horner(even, u, -0.0005483096520020079, -0.0012124166305495447, 0.11952776128743281);
        Vector512<double> odd = Horner(C512(-6.011150199543325e-09), u, 4.749160187927582e-08, -2.311703294626988e-07,
            9.977668437338963e-07);
        odd = Horner(odd, u, -4.748861836517836e-06, 3.0398079286030638e-05, -0.0002767778316550863);
        odd = Horner(odd, u, 0.0030340619993184585, -0.026827234624327616);
        return Horner(MulAdd(odd, s, even), s, -0.31046726190057333, 0.5902283571040995);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ErfcPositive(Vector512<double> a) => ErfcPositive(a, a, 1.0, C512(1.0));

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
        Vector512<double> y = Select(Vector512.LessThan(a, C512(1.0)), MulAdd(a, p, a), C512(1.0) - ErfcPositive(a));
        return Vector512.CopySign(y, x);
    }

    /// <summary>erfc x = 1 - erf x, accurate relative to itself. Below 2 ulp.</summary>
    [MethodImpl(SimdMethod.Whole)]
    public static Vector512<double> Erfc(Vector512<double> x)
    {
        Vector512<double> a = Vector512.Abs(x), y = ErfcPositive(a);
        return Select(Vector512.LessThan(x, Vector512<double>.Zero), C512(2.0) - y, y);
    }

    /// <summary>x Phi(x) = max(x, 0) - |x| erfc(|x| / sqrt(2)) / 2; NaN at -inf, as in PyTorch. Below 2.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Gelu(Vector512<double> x)
    {
        Vector512<double> v = Vector512.MinNative(C512(38.6), Vector512.Abs(x));
        return x - Vector512.MinNative(x, Vector512<double>.Zero) - ErfcPositive(v * C512(0.7071067811865476), v, 0.5, v * C512(0.5));
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
