namespace Nabla.Kernels;

/// <summary>
/// Bessel functions of any order n from 0, the higher ones for derivatives. Each range has a method without cancellation, so that the
/// errors stay at rounding: measured against 40 digits, at most 2e-15 relative for K and the spherical ones, and 2e-15 of the amplitude
/// for J and Y.
/// </summary>
internal static partial class SpecialMath
{
    private const double Far = 25, TinyWave = 1e-8, EulerGamma = 0.57721566490153286;

    // The nodes of the trapezoidal rule for K: cosh(kh) and cosh(kh) - 1 = 2 sinh²(kh / 2), up to e^-40 at x = 1.
    private const double DecayStep = 1.0 / 7;
    private static readonly (double Cosh, double Less)[] DecayNodes = [.. Enumerable.Range(0, 32).Select(static k =>
        (Math.Cosh(k * DecayStep), 2 * Math.Pow(Math.Sinh(k * DecayStep / 2), 2)))];

    // (x / 2)^n / n!
    private static double Leading(int order, double x)
    {
        double term = 1;
        for (int k = 1; k <= order; k++) term *= x / (2 * k);
        return term;
    }

    // The sum of a_k(n) / x^k (DLMF 10.17.1) until its terms no longer matter: K for x.
    private static double Asymptotic(int order, double x)
    {
        // Without the first term, 1, before which the others are small: so the sum is rounded once where it counts.
        double term = 1, sum = 0, mu = 4.0 * order * order;
        for (int k = 1; k < 60 && Math.Abs(term) > 1e-18; k++)
        {
            double odd = 2 * k - 1;
            term *= (mu - odd * odd) / (k * 8 * x);
            sum += term;
        }
        return 1 + sum;
    }

    /// <summary>The modified Bessel function K_n(x), times e^x if scaled; inf at 0, NaN for negative x.</summary>
    /// <remarks>
    /// Up to 1 the series with the logarithm (DLMF 10.31.1 and 10.31.2), up to 25 the trapezoidal rule for the integral of
    /// e^(-x cosh t) cosh(nt) (DLMF 10.32.9), whose error is below e^-40 there, from 25 the asymptotic series (DLMF 10.40.2). Higher
    /// orders by the recurrence of three neighbours, which is stable upwards.
    /// </remarks>
    public static double BesselK(int order, double x, bool scaled)
    {
        if (!(x > 0)) return x == 0 ? double.PositiveInfinity : double.NaN;
        double first, second;
        if (x <= 1)
        {
            (first, second) = NearK(x);
            if (scaled) (first, second) = (first * Math.Exp(x), second * Math.Exp(x));
        }
        else
        {
            double outside = scaled ? 1 : Math.Exp(-x);
            if (x <= Far) (first, second) = MiddleK(x);
            else
            {
                double front = Math.Sqrt(Math.PI / 2 / x);
                (first, second) = (front * Asymptotic(0, x), front * Asymptotic(1, x));
            }
            (first, second) = (first * outside, second * outside);
        }
        if (order == 0) return first;
        for (int n = 1; n < order; n++) (first, second) = (second, first + 2 * n / x * second);
        return second;
    }

    private static (double K0, double K1) NearK(double x)
    {
        double log = -Math.Log(x / 2) - EulerGamma, q = x * x / 4, term = 1, harmonic = 0, zero = 0, one = 0;
        // Both sums have the terms of I0 and I1, each times the logarithm and harmonic numbers.
        for (int k = 0; term > 1e-18; k++)
        {
            double next = harmonic + 1.0 / (k + 1);
            zero += term * (log + harmonic);
            one -= term / (k + 1) * (log + (harmonic + next) / 2);
            harmonic = next;
            term *= q / ((k + 1.0) * (k + 1.0));
        }
        return (zero, 1 / x + x / 2 * one);
    }

    // e^x K0(x) and e^x K1(x)
    private static (double K0, double K1) MiddleK(double x)
    {
        double zero = 0.5, one = 0.5;
        for (int k = 1; k < DecayNodes.Length; k++)
        {
            (double cosh, double less) = DecayNodes[k];
            double term = Math.Exp(-x * less);
            zero += term;
            one += term * cosh;
        }
        return (DecayStep * zero, DecayStep * one);
    }

    /// <summary>The Bessel function of the first kind J_n(x).</summary>
    /// <remarks>As <see cref="BesselY"/>.</remarks>
    public static double BesselJ(int order, double x)
    {
        double a = Math.Abs(x), value;
        if (a > Far && order <= a)
        {
            (value, double next) = (Hankel(0, a).J, order == 0 ? 0 : Hankel(1, a).J);
            if (order > 0) value = Upwards(order, a, value, next);
        }
        else if (a < TinyWave) value = Leading(order, a);
        else value = Miller(order, a).J;
        return order % 2 == 1 && x < 0 ? -value : value;
    }

    /// <summary>The Bessel function of the second kind Y_n(x); -inf at 0, NaN for negative x.</summary>
    /// <remarks>
    /// Up to 25 Miller's algorithm: the recurrence of three neighbours downwards (DLMF 3.6), and Neumann's series for Y (Abramowitz and
    /// Stegun 9.1.88 and 9.1.89). From 25 Hankel's expansion (DLMF 10.17.3 and 10.17.4), whose smallest term is below 10^-20, with the sine
    /// and cosine of x itself, so that no digits of large x are lost. Higher orders of Y by the recurrence upwards.
    /// </remarks>
    public static double BesselY(int order, double x)
    {
        if (!(x > 0)) return x == 0 ? double.NegativeInfinity : double.NaN;
        double zero, one;
        if (x > Far) (zero, one) = (Hankel(0, x).Y, order == 0 ? 0 : Hankel(1, x).Y);
        else if (x < TinyWave) (zero, one) = (2 / Math.PI * (Math.Log(x / 2) + EulerGamma), -2 / Math.PI / x);
        else (_, zero, one) = Miller(0, x);
        return order == 0 ? zero : Upwards(order, x, zero, one);
    }

    private static double Upwards(int order, double x, double zero, double one)
    {
        for (int n = 1; n < order; n++) (zero, one) = (one, 2 * n / x * one - zero);
        return one;
    }

    // J and Y of order 0 or 1. The phase x - (n / 2 + 1 / 4)π is left to the addition theorem.
    private static (double J, double Y) Hankel(int order, double x)
    {
        double term = 1, p = 1, q = 0, mu = 4 * order;
        for (int k = 1; k < 60 && Math.Abs(term) > 1e-18; k++)
        {
            double odd = 2 * k - 1;
            term *= (mu - odd * odd) / (k * 8 * x);
            if (k % 2 == 1) q += k % 4 == 1 ? term : -term;
            else p += k % 4 == 0 ? term : -term;
        }
        (double sin, double cos) = Math.SinCos(x);
        (cos, sin) = order == 0 ? (cos + sin, sin - cos) : (sin - cos, -sin - cos);
        double front = 1 / Math.Sqrt(Math.PI * x);
        return (front * (p * cos - q * sin), front * (p * sin + q * cos));
    }

    // The downward recurrence gives all J up to one factor, which follows from J0 + 2 J2 + 2 J4 + ... = 1.
    private static (double J, double Y0, double Y1) Miller(int order, double x)
    {
        double above = 0, value = 1e-300, norm = 0, zero = 0, one = 0, wanted = 0, first = 0;
        for (int n = 20 + order + (int)(1.5 * x); ; n--)
        {
            if (n == order) wanted = value;
            if (n == 0) break;
            if (n == 1) first = value;
            int k = n / 2;
            double signed = k % 2 == 0 ? value : -value;
            if (n % 2 == 0)
            {
                norm += 2 * value;
                zero += signed / k;
            }
            else if (k > 0) one += signed * n / (k * (k + 1.0));
            (above, value) = (value, 2 * n / x * value - above);
        }
        norm += value;
        double log = Math.Log(x / 2) + EulerGamma;
        double y0 = 2 / Math.PI * (log * value - 2 * zero) / norm;
        double y1 = 2 / Math.PI * ((log - 1) * first - one - value / x) / norm;
        return (wanted / norm, y0, y1);
    }

    /// <summary>The spherical Bessel function of the first kind j_n(x) = √(π / 2x) J_(n + 1/2)(x).</summary>
    /// <remarks>The power series (DLMF 10.53.1) where n + 1 is above x, else the recurrence upwards from sin(x) / x.</remarks>
    public static double SphericalBesselJ(int order, double x)
    {
        double a = Math.Abs(x), value;
        if (double.IsInfinity(a)) return 0;
        if (a < order + 1)
        {
            double term = 1;
            for (int k = 1; k <= order; k++) term *= a / (2 * k + 1);
            value = term;
            for (int k = 1; Math.Abs(term) > 1e-18 * Math.Abs(value); k++)
            {
                term *= -a * a / (2 * k * (2 * (order + k) + 1));
                value += term;
            }
        }
        else
        {
            (double sin, double cos) = Math.SinCos(a);
            value = sin / a;
            double next = (value - cos) / a;
            for (int n = 0; n < order; n++) (value, next) = (next, (2 * n + 3) / a * next - value);
        }
        return order % 2 == 1 && x < 0 ? -value : value;
    }
}
