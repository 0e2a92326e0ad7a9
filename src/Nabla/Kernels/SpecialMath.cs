namespace Nabla.Kernels;

/// <summary>Special functions of one double without a vector kernel.</summary>
internal static partial class SpecialMath
{
    // B(2k) / (2k)!, k = 1, 2, ...: the coefficients of the Euler-Maclaurin formula.
    private static readonly double[] Bernoulli =
    [
        1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160, -691.0 / 1307674368000, 1.0 / 74724249600,
        -3617.0 / 10670622842880000, 43867.0 / 5109094217170944000, -174611.0 / 802857662698291200000.0,
    ];

    /// <summary>The Hurwitz zeta function: the sum of (k + q)^-s over k = 0, 1, ..., for s above 1.</summary>
    /// <remarks>
    /// The first terms directly, the rest by the Euler-Maclaurin formula (Abramowitz and Stegun 23.1.30). As in PyTorch NaN for s below
    /// 1 and
    /// for negative q that has no real power, inf at s = 1 and at the poles q = 0, -1, ...
    /// </remarks>
    public static double Zeta(double s, double q)
    {
        if (s == 1) return double.PositiveInfinity;
        if (s < 1 || double.IsNaN(q) || double.IsPositiveInfinity(q)) return double.NaN;
        if (q <= 0)
        {
            if (q == Math.Floor(q)) return double.PositiveInfinity;
            if (s != Math.Floor(s)) return double.NaN;
            // The terms below 0 are those of a sum over positive numbers, up to their sign.
            double fraction = q - Math.Floor(q), left = Zeta(s, 1 - fraction) - Zeta(s, 1 - q);
            return Zeta(s, fraction) + (s % 2 == 0 ? left : -left);
        }
        if (double.IsNaN(s)) return s;
        double sum = 0;
        for (; q < 9; q += 1)
        {
            double term = Math.Pow(q, -s);
            sum += term;
            if (term < 1e-18 * sum) return sum;
        }
        double power = Math.Pow(q, -s), factor = s;
        sum += power * q / (s - 1) + 0.5 * power;
        power /= q;
        for (int k = 0; k < Bernoulli.Length; k++)
        {
            double term = Bernoulli[k] * factor * power;
            sum += term;
            if (Math.Abs(term) < 1e-18 * Math.Abs(sum)) break;
            factor *= (s + 2 * k + 1) * (s + 2 * k + 2);
            power /= q * q;
        }
        return sum;
    }

    /// <summary>Derivative number n of digamma, n at least 1: (-1)^(n+1) n! zeta(n + 1, x).</summary>
    /// <remarks>For n = 1 Euler's reflection leads to the right; as in PyTorch the rounding of πx leaves large finite numbers at the
    /// poles.</remarks>
    public static double Polygamma(int n, double x)
    {
        if (n == 1 && x < 0.5)
        {
            double sine = Math.Sin(Math.PI * x);
            return Math.PI * Math.PI / (sine * sine) - Zeta(2, 1 - x);
        }
        if (n == 1 && double.IsPositiveInfinity(x)) return 0;
        double factorial = 1;
        for (int k = 2; k <= n && double.IsFinite(factorial); k++) factorial *= k;
        return (n % 2 == 0 ? -factorial : factorial) * Zeta(n + 1.0, x);
    }
}
