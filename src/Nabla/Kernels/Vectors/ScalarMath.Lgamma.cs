namespace Nabla.Kernels;

internal static partial class ScalarMath
{
    /// <summary>The zeros of log |Gamma| between -22 and -2 in two parts, and the sines of pi times them.</summary>
    private static readonly (double High, double Low, double Sine)[] LgammaZeros =
    [
        (-2.4570247382208006, -3.7075610815513266e-17, -0.9908998820547394),
        (-2.7476826467274127, 9.055340329338315e-17, -0.7122358617632761),
        (-3.14358088834998, -2.1818179852331714e-16, 0.43593116091177747),
        (-3.955294284858598, -1.999428391746348e-17, 0.13998587206036103),
        (-4.039361839740537, 2.1143995503980602e-16, -0.12334395219176375),
        (-4.991544640560048, 1.5174411760571722e-16, -0.026560171328441236),
        (-5.0082181683225935, -4.3926353491015815e-17, 0.025815269031142563),
        (-5.998607480080875, -3.311862478893795e-16, 0.004374716393786695),
        (-6.001385294453155, 6.415847287933042e-17, -0.004352017139067646),
        (-6.999801507890638, 1.0550130037400023e-17, -0.0006235813121544979),
        (-7.000198333407325, 2.504354173632409e-16, 0.0006230827350960788),
        (-7.999975197095821, -5.261737128572354e-17, 7.79206214786423e-05),
        (-8.000024800270682, -4.354586297860107e-16, -7.791234810265725e-05),
        (-8.999997244250977, -2.2185620509727132e-16, -8.657440884215026e-06),
        (-9.000002755714823, -9.491348611623208e-17, 8.657333442118684e-06),
        (-9.99999972442663, 4.883037618642443e-16, 8.657392773354907e-07),
        (-10.000000275573013, -3.4909708332642057e-16, -8.65738155199651e-07),
        (-10.99999997494789, 1.9843998306985407e-16, -7.870352447680882e-08),
        (-11.000000025052106, -6.850849812286175e-16, 7.870351484446998e-08),
        (-11.999999997912324, -1.0020693920103036e-16, 6.5586266729732254e-09),
        (-12.000000002087676, 1.2222548112048185e-16, -6.558626603799936e-09),
        (-12.99999999983941, 6.747262033096337e-16, -5.045097416252393e-10),
        (-13.00000000016059, -6.745919484964342e-16, 5.045097412034653e-10),
        (-13.99999999998853, 8.094860741926607e-16, 3.603641010213065e-11),
        (-14.00000000001147, -8.094853704222662e-16, -3.6036410099919684e-11),
        (-14.999999999999236, 8.82932241476868e-16, -2.40242734007338e-12),
        (-15.000000000000764, -8.829322382710274e-16, 2.4024273400633087e-12),
        (-15.999999999999952, -1.668613399265054e-16, 1.5015170875429165e-13),
        (-16.000000000000046, -1.6094954994609367e-15, -1.501517087542514e-13),
        (-16.999999999999996, -7.412564244549576e-16, -8.83245345613369e-15),
        (-17.000000000000004, 7.412564244550028e-16, 8.832453456133548e-15),
        (-18.0, 1.5619206968586233e-16, 4.906918586740901e-16),
        (-18.0, -1.561920696858622e-16, -4.906918586740897e-16),
        (-19.0, 8.22063524662433e-18, -2.5825887298636314e-17),
        (-19.0, -8.22063524662433e-18, 2.582588729863631e-17),
        (-20.0, 4.110317623312165e-19, 1.2912943649318157e-18),
        (-20.0, -4.110317623312165e-19, -1.2912943649318157e-18),
        (-21.0, 1.9572941063391263e-20, -6.149020785389598e-20),
        (-21.0, -1.9572941063391263e-20, 6.149020785389598e-20),
        (-22.0, 8.896791392450574e-22, 2.795009447904363e-21),
    ];

    /// <summary>log |Gamma(x)| for x between -22 and -2, no integer: from the nearest zero, around which the terms of Euler's reflection
    /// cancel. Below 3 ulp.</summary>
    /// <remarks>
    /// With z the zero and d = x - z: -log |sin(pi x) / sin(pi z)| - (log Gamma(1 - x) - log Gamma(1 - z)). Both terms are of the size of
    /// d: logarithms of 1 and something small, and differences of Stirling's series term by term.
    /// </remarks>
    public static double LgammaLeft(double x)
    {
        int cell = 2 * ((int)-x - 2);
        (double High, double Low, double Sine) zero = LgammaZeros[cell], other = LgammaZeros[cell + 1];
        if (Math.Abs(x - other.High) < Math.Abs(x - zero.High)) zero = other;
        double d = x - zero.High - zero.Low;
        if (x > -3) return LgammaRight(x, d, zero.High > -2.6 ? (Math.Abs(d) < 0.1 ? LgammaAtFirst : null)
            : Math.Abs(d) < 0.06 ? LgammaAtSecond : null);
        double turn = 2 * SinPi(d / 2) * CosPi((x + zero.High) / 2) / zero.Sine;
        double sines = Math.Abs(turn) < 0.5 ? Log1P(turn) : Math.Log(Math.Abs(SinPi(x) / zero.Sine));
        return -sines - LgammaStep(1 - zero.High, -d);
    }

    /// <summary>log |Gamma(x)| between -3 and -2: d P(d) near a zero (minimax fits), else log Gamma(x + 4) less the logarithm of
    /// x (x + 1) (x + 2) (x + 3), a product that is made of two numbers.</summary>
    private static double LgammaRight(double x, double d, double[]? near)
    {
        if (near is not null)
        {
            double p = 0;
            foreach (double c in near) p = p * d + c;
            return p * d;
        }
        // With u = x (x + 3) the product is u (u + 2).
        double u = x * (x + 3), uLow = Math.FusedMultiplyAdd(x, x + 3, -u), v = u + 2, vLow = u - (v - 2) + uLow;
        double product = u * v, low = Math.FusedMultiplyAdd(u, v, -product) + (u * vLow + uLow * v);
        return Lgamma(x + 4) - (Math.Log(Math.Abs(product)) + low / product);
    }

    private static readonly double[] LgammaAtFirst =
    [
            39974.047899544945, 21988.571021787262, 7674.7454414275335, 4421.171770038711, 1811.9933038096835, 1131.0822492189752,
            425.1769100212875, 296.4330753895646, 100.64812663190075, 82.22916691511892, 24.03882307278453, 24.824942105758925,
            5.800414566570204, 8.721782583826919, 1.411291143078, 4.858320951633994, 1.5156034480216574,
    ];

    private static readonly double[] LgammaAtSecond =
    [
            -1067022786.9768127, 288062250.393992, -61066201.41998882, 16479416.288226252, -4582714.822488823, 1252833.8255255052,
            -344490.7427844552, 95615.01122124562, -26804.584480846002, 7610.400642880222, -2193.112774334377, 646.9059981837228,
            -194.76615530330517, 62.6272827139083, -20.09513491684277, 9.575189475709637, -1.9143501856115988,
    ];

    /// <summary>log Gamma(y + d) - log Gamma(y) for y from 3 on and |d| below 1: the recurrence leads both beyond 12.</summary>
    private static double LgammaStep(double y, double d)
    {
        double growth = 0;
        for (; y < 12; y += 1) growth += d / y * (1 + growth);
        double x = y + d, step = (y - 0.5) * Log1P(d / y) + d * Math.Log(x) - d;
        // x^-m - y^-m = (1/x - 1/y) (x^-(m-1) + x^-(m-2) y^-1 + ... + y^-(m-1)), for the odd powers of Stirling's series.
        double a = 1 / x, b = 1 / y, sum = 1, power = 1, series = 0;
        foreach (double coefficient in StirlingSeries)
        {
            series += coefficient * sum;
            for (int k = 0; k < 2; k++) sum = a * sum + (power *= b);
        }
        return step - d * a * b * series - Log1P(growth);
    }

    private static readonly double[] StirlingSeries =
        [1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156];

    /// <summary>sin(pi x), with the argument reduced exactly.</summary>
    private static double SinPi(double x)
    {
        double r = x - 2 * Math.Round(x * 0.5);
        return Math.Abs(r) <= 0.25 ? Math.Sin(Math.PI * r)
            : Math.Abs(r) >= 0.75 ? Math.Sin(Math.PI * (Math.CopySign(1, r) - r))
            : Math.CopySign(Math.Cos(Math.PI * (Math.Abs(r) - 0.5)), r);
    }

    /// <summary>cos(pi x) = sin(pi (1/2 - |x|)) near its zeros.</summary>
    private static double CosPi(double x)
    {
        double r = Math.Abs(x - 2 * Math.Round(x * 0.5));
        return r <= 0.25 ? Math.Cos(Math.PI * r) : r >= 0.75 ? -Math.Cos(Math.PI * (1 - r)) : Math.Sin(Math.PI * (0.5 - r));
    }
}
