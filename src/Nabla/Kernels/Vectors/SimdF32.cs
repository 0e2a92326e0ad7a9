namespace Nabla.Kernels;

/// <summary>Elementary functions on vectors of float; this part holds the constants they share.</summary>
internal static partial class SimdF32
{
    // Adding 1.5 * 2^23 rounds to an integer and leaves that integer in the low bits.
    private const float RoundMagic = 12582912f;
    private const float TwoTo32 = 4294967296f;
    private const float Log2E = 1.44269504f;
    private const float Ln2 = 0.693147181f;

    // ln 2 in two parts; the first has 15 significant bits, so its product with an exponent is exact.
    private const float Ln2High = 6.9314575195e-01f;
    private const float Ln2Low = 1.4286067653e-06f;

    // pi/2 in two parts.
    private const float HalfPiHigh = 1.5707964f;
    private const float HalfPiLow = -4.371139e-08f;

    // Beyond this a sine is that of double precision.
    private const float PiLimit = 1e9f;

    private const int SqrtHalfBits = 0x3f3504f3;
    private const int High12 = unchecked((int)0xfffff000);
}
