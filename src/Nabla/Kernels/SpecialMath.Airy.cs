namespace Nabla.Kernels;

internal static partial class SpecialMath
{
    private const int FarAiry = 10;

    // Ai(n) and Ai'(n) for n = -10 .. 10.
    private static readonly (double Value, double Slope)[] AiryNodes =
    [
        (0.04024123848644319, 0.99626504413279), (-0.022133721547341403, -0.9756639809263316),
        (-0.0527050503563862, 0.9355609381983065),
        (0.18428083525050565, -0.7710081684101265), (-0.3291451736298231, 0.3459354872813429),
        (0.35076100902411433, 0.32719281855444315),
        (-0.07026553294928951, -0.7906285753685813), (-0.37881429367765806, 0.3145837692165988),
        (0.22740742820168558, 0.618259020741691),
        (0.5355608832923521, -0.01016056711664521), (0.3550280538878172, -0.2588194037928068),
        (0.13529241631288141, -0.1591474412967932),
        (0.03492413042327438, -0.05309038443365363), (0.006591139357460719, -0.011912976705951319),
        (0.0009515638512048018, -0.001958640950204179),
        (0.00010834442813607442, -0.0002474138908684625), (9.947694360252889e-06, -2.4765200397034955e-05),
        (7.492128863997167e-07, -2.008150894738792e-06),
        (4.6922076160992316e-08, -1.3414392979067865e-07), (2.47116843087249e-09, -7.480641389658946e-09),
        (1.1047532552898686e-10, -3.5206336767389237e-10),
    ];

    /// <summary>The Airy function Ai(x), or its derivative.</summary>
    /// <remarks>
    /// Between -10 and 10 the Taylor series about a whole number, whose coefficients follow from y'' = xy; for positive x about the next
    /// one above, so that all terms have one sign. Beyond, the asymptotic series (DLMF 9.7.5, 9.7.6, 9.7.9, 9.7.10). Measured against 40
    /// digits the error is at most 1e-15: relative for positive x, of the amplitude for negative x. NaN at both infinities, as in PyTorch.
    /// </remarks>
    public static double AiryAi(double x, bool derivative)
    {
        if (!double.IsFinite(x)) return double.NaN;
        if (Math.Abs(x) > FarAiry) return FarAi(x, derivative);
        double n = x > 0 ? Math.Ceiling(x) : Math.Round(x), t = x - n, power = 1, before = 0;
        (double c, double next) = AiryNodes[(int)n + FarAiry];
        double value = 0, slope = 0;
        for (int k = 0; k < 60; k++)
        {
            value += c * power;
            slope += (k + 1) * next * power;
            if (k > 2 && Math.Abs(c * power) < 1e-19 * Math.Abs(value) && Math.Abs(k * next * power) < 1e-19 * Math.Abs(slope)) break;
            power *= t;
            (before, c, next) = (c, next, (n * c + before) / ((k + 1.0) * (k + 2)));
        }
        return derivative ? slope : value;
    }

    private static double FarAi(double x, bool derivative)
    {
        double a = Math.Abs(x), root = Math.Sqrt(a), zeta = 2 * a * root / 3;
        bool wave = x < 0;
        if (!wave && zeta > 750) return 0;
        // What the rounding of the root and of the product left out: without it zeta times that would be the error.
        double product = a * root, rest = Math.FusedMultiplyAdd(a, root, -product) + a * Math.FusedMultiplyAdd(-root, root, a) / (2 * root);
        rest = (2 * rest - Math.FusedMultiplyAdd(3, zeta, -2 * product)) / 3;
        // The terms u_k / zeta^k, or v_k / zeta^k for the derivative, those of even and of odd k apart.
        double u = 1, even = 0, odd = 0;
        for (int k = 0; k < 60; k++)
        {
            double term = derivative ? u * (6 * k + 1) / (1 - 6 * k) : u;
            if (wave && k % 4 > 1) term = -term;
            if (k % 2 == 0) even += term;
            else odd += term;
            if (Math.Abs(term) < 1e-18) break;
            u *= (6 * k + 5.0) * (6 * k + 3) * (6 * k + 1) / (216 * (k + 1.0) * (2 * k + 1)) / zeta;
        }
        double quarter = Math.Sqrt(root), front = derivative ? quarter : 1 / quarter;
        if (!wave)
        {
            double decay = front * Math.Exp(-zeta) * (1 - rest) * (even - odd) / (2 * Math.Sqrt(Math.PI));
            return derivative ? -decay : decay;
        }
        // Far out the rest is many turns.
        (double sin, double cos) = Math.SinCos(zeta);
        (double sinRest, double cosRest) = Math.SinCos(rest);
        (sin, cos) = (sin * cosRest + cos * sinRest, cos * cosRest - sin * sinRest);
        (sin, cos) = (sin - cos, sin + cos);
        return front * (derivative ? sin * even - cos * odd : cos * even + sin * odd) / Math.Sqrt(2 * Math.PI);
    }
}
