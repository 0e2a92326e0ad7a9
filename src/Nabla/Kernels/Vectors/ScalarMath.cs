using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Special functions of one double; what has a vector kernel goes through it, so both give the same bits.</summary>
internal static partial class ScalarMath
{
    public static double Erf(double x) => Map<ErfMap>(x);
    public static double Erfc(double x) => Map<ErfcMap>(x);
    public static double ErfInv(double x) => Map<ErfInvMap>(x);
    public static double ExpM1(double x) => Map<ExpM1Map>(x);
    public static double Log1P(double x) => Map<Log1PMap>(x);
    public static double Sigmoid(double x) => Map<SigmoidMap>(x);

    private static double Map<TOp>(double x) where TOp : struct, IVectorMap
    {
        VectorMap.Run<TOp, double>(new ReadOnlySpan<double>(in x), new Span<double>(ref x));
        return x;
    }

    /// <summary>log |Gamma(x)|; +inf at 0 and the negative integers. Relative error below 10^-14 for x above 0.</summary>
    /// <remarks>
    /// Stirling's series from 8 on; below, the recurrence leads to [3/2, 5/2], where lgamma(2 + e) = e P(e) (minimax fit). Left of 0,
    /// Euler's reflection: log(pi / |x sin(pi x)|) - lgamma(-x), as in fdlibm's e_lgamma_r.c.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Lgamma(double x)
    {
        if (double.IsNaN(x)) return x;
        if (double.IsInfinity(x)) return double.PositiveInfinity;
        if (x > 0) return LgammaPositive(x);
        if (x == Math.Floor(x)) return double.PositiveInfinity;
        if (x > -1e-18) return -Math.Log(-x);
        return Math.Log(Math.PI / Math.Abs(x * SinPi(x))) - LgammaPositive(-x);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double LgammaPositive(double x)
    {
        if (x >= 8) return Stirling(x);
        if (x < 0.5) return LgammaAt2Plus(x) - LogOfSum(x) - Math.Log(x);
        if (x < 1.5) return LgammaAt2Plus(x - 1) - LogOfSum(x - 1);
        double product = 1;
        while (x > 2.5) product *= x -= 1;
        return LgammaAt2Plus(x - 2) + Math.Log(product);
    }

    /// <summary>log(1 + x) for the recurrence: the rounding of 1 + x cancels in the quotient (Kahan).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double LogOfSum(double x)
    {
        double u = 1 + x;
        return u == 1 ? x : Math.Log(u) * x / (u - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Stirling(double x)
    {
        double w = 1 / x, z = w * w;
        double series = 1.0 / 156 + z * (-3617.0 / 122400);
        series = -691.0 / 360360 + z * series;
        series = 1.0 / 1188 + z * series;
        series = -1.0 / 1680 + z * series;
        series = 1.0 / 1260 + z * series;
        series = -1.0 / 360 + z * series;
        series = 1.0 / 12 + z * series;
        const double halfLog2Pi = 0.91893853320467274178;
        // x is so large that (x - 1/2) log x alone could overflow where the difference does not.
        return x > 1e17 ? x * (Math.Log(x) - 1) : (x - 0.5) * Math.Log(x) - x + (halfLog2Pi + w * series);
    }

    /// <summary>lgamma(2 + e) for |e| at most 1/2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double LgammaAt2Plus(double e)
    {
        double p = 6.379047507619774e-08;
        p = p * e - 1.3412819758517287e-07;
        p = p * e + 2.0304806751615227e-07;
        p = p * e - 4.303558760359961e-07;
        p = p * e + 9.578663334114758e-07;
        p = p * e - 2.0449201467015115e-06;
        p = p * e + 4.374374916915131e-06;
        p = p * e - 9.438458716242811e-06;
        p = p * e + 2.050726741605779e-05;
        p = p * e - 4.4926351103833334e-05;
        p = p * e + 9.945750909889392e-05;
        p = p * e - 0.00022315475074520367;
        p = p * e + 0.0005096695248853096;
        p = p * e - 0.0011927539120010226;
        p = p * e + 0.002890510330738737;
        p = p * e - 0.0073855510286681535;
        p = p * e + 0.02058080842778457;
        p = p * e - 0.06735230105319814;
        p = p * e + 0.3224670334241132;
        return e * (p * e + 0.42278433509846713);
    }

    /// <summary>sin(pi x), with the argument reduced exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double SinPi(double x)
    {
        double r = x - 2 * Math.Round(x * 0.5);
        return Math.Abs(r) <= 0.25 ? Math.Sin(Math.PI * r)
            : Math.Abs(r) >= 0.75 ? Math.Sin(Math.PI * (Math.CopySign(1, r) - r))
            : Math.CopySign(Math.Cos(Math.PI * (Math.Abs(r) - 0.5)), r);
    }

    /// <summary>The logarithmic derivative of Gamma; as in PyTorch -inf at +0, +inf at -0 and NaN at the negative integers.</summary>
    /// <remarks>
    /// On [1, 2] (x - x0) P(x - 3/2), with the positive root x0 in two words, so the relative error stays below 10^-14 there too; from 10
    /// on the asymptotic series; the recurrence leads to one of them. Left of 0: digamma(1 - x) - pi / tan(pi x).
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Digamma(double x)
    {
        if (x == 0) return Math.CopySign(double.PositiveInfinity, -x);
        if (x < 0)
        {
            if (x == Math.Floor(x)) return double.NaN;
            double fraction = x - Math.Truncate(x);
            return DigammaPositive(1 - x) - Math.PI / Math.Tan(Math.PI * fraction);
        }
        return DigammaPositive(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double DigammaPositive(double x)
    {
        if (x < 1) return DigammaNear1(x + 1) - 1 / x;
        if (x <= 2) return DigammaNear1(x);
        double sum = 0;
        for (; x < 10; x += 1) sum += 1 / x;
        double z = 1 / (x * x), series = 1.0 / 12 * z;
        series = z * (-691.0 / 32760 + series);
        series = z * (1.0 / 132 + series);
        series = z * (-1.0 / 240 + series);
        series = z * (1.0 / 252 + series);
        series = z * (-1.0 / 120 + series);
        series = z * (1.0 / 12 + series);
        return double.IsInfinity(x) ? x : Math.Log(x) - 0.5 / x - series - sum;
    }

    /// <summary>digamma on [1, 2].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double DigammaNear1(double x)
    {
        double t = x - 1.5, p = -0.00017312261802727394;
        p = p * t + 0.00025968482126430747;
        p = p * t - 0.00015148586836773365;
        p = p * t + 0.0002272331660987376;
        p = p * t - 0.0004821990530566789;
        p = p * t + 0.0007233266279287554;
        p = p * t - 0.0010376374098418604;
        p = p * t + 0.0015566317474486838;
        p = p * t - 0.002345267632540769;
        p = p * t + 0.003519006401502276;
        p = p * t - 0.005279964873257405;
        p = p * t + 0.007926944646403797;
        p = p * t - 0.011908218001568644;
        p = p * t + 0.0179072524394512;
        p = p * t - 0.02697579675613825;
        p = p * t + 0.04076083381242074;
        p = p * t - 0.061922133273064534;
        p = p * t + 0.09498872445494122;
        p = p * t - 0.14840492305390884;
        p = p * t + 0.2405424842407742;
        p = p * t - 0.4236274212814605;
        p = p * t + 0.951055876031833;
        return (x - 1.4616321449683622 - 9.549995429965697e-17) * p;
    }
}
