using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// The elementary functions behind PyTorch's random numbers, with the very roundings of its builds, the same on every machine.
/// <para>The functions of doubles give what glibc 2.28 to 2.42 gives on x86-64 with fused multiply-add (PyTorch calls the C library):
/// log and exp by the algorithms of Arm Optimized Routines, sin, cos and tan by those of the IBM Accurate Mathematical Library,
/// log1p by that of Sun's fdlibm. Only the ranges that random numbers need are computed here; beyond them Math answers.</para>
/// </summary>
static partial class ExactMath
{
    const long LogFirst = 0x3FE6000000000000; // 0.6875, where the intervals of the logarithm start

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double Fma(double a, double b, double c) => Math.FusedMultiplyAdd(a, b, c);

    /// <summary>The natural logarithm.</summary>
    internal static double Log(double x)
    {
        if (x is >= 0.9375 and < 1.06469726562500) return LogNearOne(x - 1.0);
        if (!(x >= 2.2250738585072014e-308) || x == double.PositiveInfinity) return Math.Log(x);
        long bits = BitConverter.DoubleToInt64Bits(x), offset = bits - LogFirst;
        int i = (int)(offset >> 45 & 127) * LogTable.Stride;
        double k = (int)(offset >> 52), z = BitConverter.Int64BitsToDouble(bits - (offset & unchecked((long)0xFFF0000000000000)));
        double inverse = LogTable.Values[i], log = LogTable.Values[i + 1];
        // log x = k ln 2 + log c + log1p(r), r = z/c - 1
        double r = Fma(z, inverse, -1.0), r2 = r * r;
        double w = Fma(k, 0.6931471805598903, log), high = r + w;
        double low = Fma(k, 5.497923018708371e-14, w - high + r);
        double p = Fma(Fma(r, -0.16667054827627667, 0.20000304511814496), r2, Fma(r, -0.2499999999622955, 0.33333333331825593));
        return Fma(r * r2, p, Fma(r2, -0.5000000000000001, low)) + high;
    }

    static double LogNearOne(double r)
    {
        if (r == 0) return 0;
        double r2 = r * r, r3 = r * r2;
        double a = Fma(r2, 0.19999999999320328, Fma(r, -0.24999999999998432, 0.3333333333333352));
        double b = Fma(r2, -0.12499997863982555, Fma(r, 0.14285715076560868, -0.16666666669929706));
        double c = Fma(r2, 0.09181994006195467, Fma(r, -0.10000486757818193, 0.11110712032936046));
        double y = Fma(Fma(Fma(r3, -0.08328363062289341, c), r3, b), r3, a);
        // -r^2/2 with the square of r's upper half exact
        double upper = Fma(-134217728.0, r, Fma(r, 134217728.0, r)), square = upper * upper;
        double high = Fma(square, -0.5, r);
        double low = Fma(-0.5 * (r - upper), r + upper, Fma(square, -0.5, r - high));
        return Fma(y, r3, low) + high;
    }

    /// <summary>log(1 + x).</summary>
    internal static double Log1P(double x)
    {
        if (!(x > -1.0 && x < 9007199254740992.0)) return Math.Log(x + 1.0);
        double size = Math.Abs(x);
        if (size < 1.862645149230957e-09) return size < 5.551115123125783e-17 ? x : x - x * x * 0.5; // 2^-29, 2^-54
        double f = x, rest = 0;
        int k = 0, mantissa = 1;
        if (HighWord(x) is >= 0x3FDA827A or < 0 and > unchecked((int)0xBFD2BEC3)) (f, k, rest, mantissa) = Reduce(x);
        double half = 0.5 * f * f;
        if (mantissa == 0) // |f| < 2^-20
        {
            double r = half * Fma(-0.6666666666666666, f, 1.0);
            return k == 0 ? f - r : Fma(k, LogTwoHigh, -(r - Fma(k, LogTwoLow, rest) - f));
        }
        double s = f / (2.0 + f), z = s * s, z2 = z * z, z4 = z2 * z2;
        double p = Fma(z, 0.6666666666666735, z2 * Fma(z, 0.2857142874366239, 0.3999999999940942));
        p = Fma(z4, Fma(z, 0.1818357216161805, 0.22222198432149784), p);
        p = Fma(z2 * z4, Fma(z, 0.14798198605116586, 0.15313837699209373), p);
        double q = s * (half + p);
        return k == 0 ? f - (half - q) : Fma(k, LogTwoHigh, -(half - (Fma(k, LogTwoLow, rest) + q) - f));
    }

    const double LogTwoHigh = 0.6931471803691238, LogTwoLow = 1.9082149292705877e-10;

    /// <summary>1 + x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt 2), the sum's rounding error relative to it, and a word of f.</summary>
    static (double F, int K, double Error, int Mantissa) Reduce(double x)
    {
        double u = 1.0 + x;
        int high = HighWord(u), k = (high >> 20) - 1023;
        double rest = (k > 0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
        high &= 0xFFFFF;
        bool upper = high >= 0x6A09E;
        long exponent = upper ? 0x3FE0000000000000 : 0x3FF0000000000000;
        double f = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(u) & 0xFFFFFFFFFFFFF | exponent) - 1.0;
        return upper ? (f, k + 1, rest, 0x100000 - high >> 2) : (f, k, rest, high);
    }

    static int HighWord(double x) => (int)(BitConverter.DoubleToInt64Bits(x) >> 32);

    /// <summary>e to the power of x.</summary>
    internal static double Exp(double x)
    {
        const double Shift = 6755399441055744.0; // 1.5 * 2^52: adding it leaves the integer nearest to 128 x/ln 2 in the low bits
        double size = Math.Abs(x);
        if (size < 5.551115123125783e-17) return 1.0 + x;
        if (!(size < 1024.0)) return double.IsNaN(x) ? x : x < 0 ? 0 : double.PositiveInfinity;
        double k = Fma(x, 184.6649652337873, Shift);
        long bits = BitConverter.DoubleToInt64Bits(k);
        k -= Shift;
        double r = Fma(k, -1.2864023111638346e-14, Fma(k, -0.005415212348111709, x)), r2 = r * r;
        int i = (int)(bits & 127) * ExpTable.Stride;
        long scale = ExpTable.Values[i + 1] + (bits << 45);
        double p = Fma(Fma(r, 0.16666666666665886, 0.49999999999996786), r2, BitConverter.Int64BitsToDouble(ExpTable.Values[i]) + r);
        p = Fma(r2 * r2, Fma(r, 0.008333335853059549, 0.0416666808410674), p);
        if (size >= 512.0) return ScaleFar(p, scale, x > 0);
        double s = BitConverter.Int64BitsToDouble(scale);
        return Fma(s, p, s);
    }

    /// <summary>s + s p where the exponent of s does not fit, or the result may be subnormal and must be rounded once.</summary>
    static double ScaleFar(double p, long scale, bool up)
    {
        double s = BitConverter.Int64BitsToDouble(up ? scale - (1009L << 52) : scale + (1022L << 52));
        if (up) return Fma(s, p, s) * 5.486124068793689e+303; // 2^1009
        double y = s + s * p;
        if (y < 1.0)
        {
            double low = s - y + s * p, high = 1.0 + y;
            y = 1.0 - high + y + low + high - 1.0;
        }
        return y * 2.2250738585072014e-308; // 2^-1022
    }
}
