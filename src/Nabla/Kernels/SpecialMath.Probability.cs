namespace Nabla.Kernels;

internal static partial class SpecialMath
{
    /// <summary>The regularised incomplete gamma function: the lower one P(a, x), or the upper one Q(a, x) = 1 - P.</summary>
    /// <remarks>The power series for x below a + 1, else Legendre's continued fraction by Lentz's method (Numerical Recipes, 6.2); for
    /// large a, where both would need many terms and e^(a ln x - x) has no digits left, Temme's uniform expansion.</remarks>
    public static double IncompleteGamma(double a, double x, bool upper)
    {
        if (a < 0 || x < 0 || (a == 0 && !(x > 0))) return double.NaN;
        if (a == 0) return upper ? 0 : 1;
        if (x == 0) return upper ? 1 : 0;
        if (double.IsInfinity(a)) return double.IsInfinity(x) ? double.NaN : upper ? 1 : 0;
        if (double.IsInfinity(x)) return upper ? 0 : 1;
        if (double.IsNaN(a) || double.IsNaN(x)) return double.NaN;
        if (a >= 1e5) return UniformGamma(a, x, upper);
        double front = Math.Exp(a * Math.Log(x) - x - ScalarMath.Lgamma(a));
        if (x < a + 1)
        {
            double lower = front * GammaSeries(a, x);
            return upper ? 1 - lower : lower;
        }
        double q = front * GammaFraction(a, x);
        return upper ? q : 1 - q;
    }

    // The first terms of the expansion's first two coefficients in η (DLMF 8.12.11, 8.12.12).
    private static readonly double[] FirstOfTemme =
    [
        -1.0 / 3, 1.0 / 12, -2.0 / 135, 1.0 / 864, 1.0 / 2835, -139.0 / 777600, 1.0 / 25515,
    ];

    private static readonly double[] SecondOfTemme = [-1.0 / 540, -1.0 / 288, 1.0 / 378, -77.0 / 77760];

    /// <summary>½ erfc(±η √(a/2)) and a correction of the order a^(-1/2), where η²/2 = μ - ln(1 + μ) and μ = (x - a)/a (N. Temme,
    /// 1979). What is left out is smaller by 1/(200 a²).</summary>
    private static double UniformGamma(double a, double x, bool upper)
    {
        double mu = (x - a) / a, half = mu - ScalarMath.Log1P(mu);
        if (Math.Abs(mu) < 0.02)
        {
            // μ²/2 - μ³/3 + ..., of which the difference would leave few digits.
            half = 0;
            for (int k = 12; k >= 2; k--) half = (k % 2 == 0 ? 1.0 : -1.0) / k + mu * half;
            half *= mu * mu;
        }
        double eta = Math.CopySign(Math.Sqrt(2 * half), mu), first = 0, second = 0;
        if (Math.Abs(eta) > 0.05) first = 1 / mu - 1 / eta;
        else for (int k = FirstOfTemme.Length - 1; k >= 0; k--) first = FirstOfTemme[k] + eta * first;
        for (int k = SecondOfTemme.Length - 1; k >= 0; k--) second = SecondOfTemme[k] + eta * second;
        double rest = Math.Exp(-a * half) / Math.Sqrt(2 * Math.PI * a) * (first + second / a), root = eta * Math.Sqrt(a / 2);
        return upper ? ScalarMath.Erfc(root) / 2 + rest : ScalarMath.Erfc(-root) / 2 - rest;
    }

    private static double GammaSeries(double a, double x)
    {
        double term = 1 / a, sum = term;
        for (int k = 1; k < 100_000 && term > 1e-17 * sum; k++)
        {
            term *= x / (a + k);
            sum += term;
        }
        return sum;
    }

    private static double GammaFraction(double a, double x)
    {
        const double tiny = 1e-300;
        double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
        for (int k = 1; k < 100_000; k++)
        {
            double an = -k * (k - a);
            b += 2;
            d = an * d + b;
            d = 1 / (Math.Abs(d) < tiny ? tiny : d);
            c = b + an / c;
            if (Math.Abs(c) < tiny) c = tiny;
            double change = d * c;
            h *= change;
            if (Math.Abs(change - 1) < 1e-16) break;
        }
        return h;
    }
}
