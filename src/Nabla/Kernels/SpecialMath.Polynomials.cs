namespace Nabla.Kernels;

/// <summary>The families of orthogonal polynomials.</summary>
internal enum Polynomial : byte
{
    ChebyshevT,
    ChebyshevU,
    ChebyshevV,
    ChebyshevW,
    HermiteH,
    HermiteHe,
    LaguerreL,
    LegendreP,
}

internal static partial class SpecialMath
{
    /// <summary>The polynomial of degree n (its fraction cut off; 0 for a negative one and for one that is no 64-bit integer), by the
    /// recurrence of its three neighbours.</summary>
    /// <remarks>Abramowitz and Stegun, table 22.7.</remarks>
    public static double Evaluate(Polynomial family, double x, double degree)
    {
        if (!(degree > -1 && degree < 9223372036854775808.0)) return 0;
        long n = (long)degree;
        double before = 1, value = First(family, x);
        if (n == 0) return 1;
        for (long k = 1; k < n && !double.IsNaN(value); k++) (before, value) = (value, Next(family, x, k, value, before));
        return value;
    }

    private static double First(Polynomial family, double x) => family switch
    {
        Polynomial.ChebyshevU or Polynomial.HermiteH => 2 * x,
        Polynomial.ChebyshevV => 2 * x - 1,
        Polynomial.ChebyshevW => 2 * x + 1,
        Polynomial.LaguerreL => 1 - x,
        _ => x,
    };

    private static double Next(Polynomial family, double x, long k, double value, double before) => family switch
    {
        Polynomial.HermiteH => 2 * x * value - 2.0 * k * before,
        Polynomial.HermiteHe => x * value - k * before,
        Polynomial.LaguerreL => ((2 * k + 1 - x) * value - k * before) / (k + 1),
        Polynomial.LegendreP => ((2 * k + 1) * x * value - k * before) / (k + 1),
        _ => 2 * x * value - before,
    };
}
