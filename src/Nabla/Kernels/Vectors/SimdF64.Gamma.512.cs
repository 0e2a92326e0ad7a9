using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>log |Gamma(x)|; +inf at 0 and the negative integers. Below 3 ulp for x above 0, see <see cref="ScalarMath.LgammaLeft"/> for
    /// numbers between -2 and -22.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Lgamma(Vector512<double> x)
    {
        Vector512<double> y = WideLgamma(x);
        Vector512<double> left = Vector512.LessThan(x, C512(-2.0)) & Vector512.GreaterThan(x, C512(-22.0));
        return Vector512.EqualsAny(left.AsInt64(), Vector512<long>.AllBitsSet) ? LgammaLeft(x, y) : y;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<double> LgammaLeft(Vector512<double> x, Vector512<double> y)
    {
        for (int i = 0; i < Vector512<double>.Count; i++)
            if (x[i] is > -22 and < -2 && double.IsFinite(y[i])) y = y.WithElement(i, ScalarMath.LgammaLeft(x[i]));
        return y;
    }

    /// <summary>log |Gamma(x)| with an absolute error of a few roundings of its terms where they cancel, left of -2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> WideLgamma(Vector512<double> x)
    {
        Vector512<double> y = LgammaPositive(Vector512.Abs(x));
        return Vector512.LessThanAny(x, Vector512<double>.Zero) ? LgammaReflected(x, y) : y;
    }

    /// <summary>For x below 0: log(pi / |x sin(pi x)|) - log Gamma(-x), Euler's reflection; y is log Gamma(|x|).</summary>
    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<double> LgammaReflected(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> a = Vector512.Abs(x), r = a - Vector512.Round(a), far = C512(double.PositiveInfinity);
        Vector512<double> left = Log(C512(Math.PI) / (a * Vector512.Abs(Sin(r * C512(Math.PI))))) - y;
        left = Select(Vector512.Equals(r, Vector512<double>.Zero) | Vector512.Equals(a, far), far, left);
        return Select(Vector512.LessThan(x, C512(-1e-18)), left, y);
    }

    /// <summary>
    /// log Gamma(x) for x from 0. Stirling's series from 8 on; below, the recurrence leads to [3/2, 5/2], where log Gamma(2 + e) = e P(e)
    /// (minimax fit). Either way one logarithm: of x, or of the recurrence's product.
    /// </summary>
    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<double> LgammaPositive(Vector512<double> x)
    {
        Vector512<double> one = C512(1.0), far = Vector512.GreaterThanOrEqual(x, C512(8.0)), below = Vector512.LessThan(x, C512(1.5));
        Vector512<double> low = Vector512.LessThan(x, C512(0.5)), steps = Vector512.Floor(x - C512(1.5)), product = one;
        for (int k = 1; k <= 6 && Vector512.GreaterThanOrEqualAny(steps, C512((double)k)); k++)
            product *= Select(Vector512.GreaterThanOrEqual(steps, C512((double)k)), x - C512((double)k), one);
        Vector512<double> argument = Select(far, x, Select(low, x * (one + x), Select(below, x, product))), log = Log(argument);
        Vector512<double> e = Select(low, x, Select(below, x - one, x - C512(2.0) - steps));
        Vector512<double> p = C512(6.379047507619774e-08);
        p = Horner(p, e, -1.3412819758517287e-07, 2.0304806751615227e-07, -4.303558760359961e-07, 9.578663334114758e-07);
        p = Horner(p, e, -2.0449201467015115e-06, 4.374374916915131e-06, -9.438458716242811e-06, 2.050726741605779e-05);
        p = Horner(p, e, -4.4926351103833334e-05, 9.945750909889392e-05, -0.00022315475074520367, 0.0005096695248853096);
        p = Horner(p, e, -0.0011927539120010226, 0.002890510330738737, -0.0073855510286681535, 0.02058080842778457);
        p = Horner(p, e, -0.06735230105319814, 0.3224670334241132, 0.42278433509846713);
        Vector512<double> near = MulAdd(e, p, Select(below, -log, log));
        if (!Vector512.GreaterThanOrEqualAny(x, C512(8.0))) return near;
        Vector512<double> w = one / x, z = w * w;
        Vector512<double> series = Horner(C512(-3617.0 / 122400), z, 1.0 / 156, -691.0 / 360360, 1.0 / 1188);
        series = Horner(series, z, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12);
        Vector512<double> stirling = (x - C512(0.5)) * log - x + MulAdd(w, series, C512(0.91893853320467274178));
        // x is so large that (x - 1/2) log x alone could overflow where the difference does not.
        stirling = Select(Vector512.GreaterThan(x, C512(1e17)), x * (log - one), stirling);
        return Select(far, stirling, near);
    }

    /// <summary>
    /// The logarithmic derivative of Gamma; as in PyTorch -inf at +0, +inf at -0 and NaN at the negative integers. Left of 0:
    /// digamma(1 - x) - pi / tan(pi x).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Digamma(Vector512<double> x)
    {
        Vector512<double> negative = Vector512.LessThan(x, Vector512<double>.Zero);
        Vector512<double> y = DigammaPositive(Select(negative, C512(1.0) - x, x));
        if (Vector512.LessThanOrEqualAny(x, Vector512<double>.Zero)) y = DigammaReflected(x, y);
        return y;
    }

    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<double> DigammaReflected(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> r = x - Vector512.Round(x), left = y - C512(Math.PI) / Tan(r * C512(Math.PI));
        left = Select(Vector512.Equals(r, Vector512<double>.Zero), double.NaN, left);
        y = Select(Vector512.LessThan(x, Vector512<double>.Zero), left, y);
        return Select(Vector512.Equals(x, Vector512<double>.Zero), Vector512.CopySign(C512(double.PositiveInfinity), -x), y);
    }

    /// <summary>
    /// On [1, 2] (x - x0) P(x - 3/2), with the positive root x0 in two words, so the relative error stays below 10^-14 there too; below 1
    /// the recurrence leads there. The asymptotic series from 10 on, and from 2 after eight steps, whose sum is one quotient.
    /// </summary>
    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<double> DigammaPositive(Vector512<double> x)
    {
        Vector512<double> one = C512(1.0), low = Vector512.LessThan(x, one), near = Vector512.LessThanOrEqual(x, C512(2.0));
        Vector512<double> at = Select(low, x + one, x), t = at - C512(1.5);
        Vector512<double> p = C512(-0.00017312261802727394);
        p = Horner(p, t, 0.00025968482126430747, -0.00015148586836773365, 0.0002272331660987376, -0.0004821990530566789);
        p = Horner(p, t, 0.0007233266279287554, -0.0010376374098418604, 0.0015566317474486838, -0.002345267632540769);
        p = Horner(p, t, 0.003519006401502276, -0.005279964873257405, 0.007926944646403797, -0.011908218001568644);
        p = Horner(p, t, 0.0179072524394512, -0.02697579675613825, 0.04076083381242074, -0.061922133273064534);
        p = Horner(p, t, 0.09498872445494122, -0.14840492305390884, 0.2405424842407742, -0.4236274212814605);
        p = MulAdd(p, t, 0.951055876031833);
        Vector512<double> y = (at - C512(1.4616321449683622) - C512(9.549995429965697e-17)) * p - (low & (one / x));
        if (!Vector512.GreaterThanAny(x, C512(2.0))) return Select(Vector512.Equals(x, x), y, x);
        Vector512<double> few = Vector512.LessThan(x, C512(10.0)), over = Vector512<double>.Zero, under = one, next = x;
        for (int k = 0; k < 8; k++)
        {
            over = MulAdd(over, next, under);
            under *= next;
            next += one;
        }
        next = Select(few, next, x);
        Vector512<double> w = one / next, z = w * w;
        Vector512<double> series = Horner(C512(1.0 / 12), z, -691.0 / 32760, 1.0 / 132, -1.0 / 240, 1.0 / 252);
        series = Horner(series, z, -1.0 / 120, 1.0 / 12) * z;
        Vector512<double> far = Log(next) - C512(0.5) * w - series - (few & (over / under));
        return Select(near, y, far);
    }
}
