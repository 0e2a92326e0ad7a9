namespace Nabla.Kernels;

/// <summary>Elementary functions on vectors of double; this part holds the constants they share.</summary>
internal static partial class SimdF64
{
    // Adding 1.5 * 2^52 rounds to an integer and leaves that integer in the low bits.
    private const double RoundMagic = 6755399441055744.0;
    private const double TwoTo64 = 18446744073709551616.0;
    private const double Log2E = 1.4426950408889634;
    private const double Ln2 = 0.6931471805599453;

    // ln 2 in two parts; the first has 32 significant bits, so its product with an exponent is exact.
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;

    // pi / 2 in three parts: the products of the first two (33 bits each) with n below 2^20 are exact.
    private const double HalfPi1 = 1.57079632673412561417e+00;
    private const double HalfPi2 = 6.07710050630396597660e-11;
    private const double HalfPi3 = 2.02226624879595063154e-21;
    private const double HalfPiLimit = 1e6;

    // pi / 2 as a sum of two doubles.
    private const double HalfPiHigh = 1.5707963267948966;
    private const double HalfPiLow = 6.123233995736766e-17;

    private const double TwoThirdsLow = 3.700743415417188e-17;

    private const long SqrtHalfBits = 0x3fe6a09e667f3bcd;
    private const long HighHalf = unchecked((long)0xffffffff00000000);
    private const long High26 = unchecked((long)0xfffffffff8000000);
}
