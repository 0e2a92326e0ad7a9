namespace Nabla;

static partial class ExactMath
{
    // pi/2 in two doubles, and in four pieces of which the first three times a small integer are exact.
    const double HalfPi = 1.5707963267948966, HalfPiLow = 6.123233995736766e-17;
    const double HalfPi1 = 1.5707963407039642, HalfPi2 = -1.3909067564377153e-08, HalfPi3 = -4.97899623147991e-17,
        HalfPi4 = -1.9034889620193266e-25, HalfPi3Whole = -4.9789962505147994e-17;
    const double TwoOverPi = 0.6366197723675814;
    const double RoundShift = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
    const double TableShift = 52776558133248.0;    // 1.5 * 2^45: adding it rounds to a multiple of 1/128

    /// <summary>Sine and cosine.</summary>
    internal static (double Sin, double Cos) SinCos(double x)
    {
        double size = Math.Abs(x);
        if (size < 0.85546875)
            return (size < 1.4901161193847656e-08 ? x : SinNear(x, 0), size < 7.450580596923828e-09 ? 1.0 : CosNear(x, 0)); // 2^-26, 2^-27
        if (size < 2.4262638092041016)
        {
            double y = HalfPi - size, a = y + HalfPiLow;
            return (Math.CopySign(CosNear(y, HalfPiLow), x), SinNear(a, y - a + HalfPiLow));
        }
        if (!(size < 1e8)) return Math.SinCos(x);
        var (turn, high, low) = Quarter(x);
        double sin = SinNear(high, low), cos = CosNear(high, low);
        return (turn & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    /// <summary>x less its nearest multiple of pi/2, as two doubles, and that multiple.</summary>
    static (long Turn, double High, double Low) Quarter(double x)
    {
        double shifted = Fma(x, TwoOverPi, RoundShift), n = shifted - RoundShift;
        double y = Fma(-n, HalfPi2, Fma(-n, HalfPi1, x)), z = Fma(-n, HalfPi3, y);
        double rest = Fma(-n, HalfPi3, y - z), high = Fma(-n, HalfPi4, z);
        return (BitConverter.DoubleToInt64Bits(shifted), high, rest + Fma(-n, HalfPi4, z - high));
    }

    /// <summary>sin(x + dx) for |x| up to pi/4 and a little more: a series near 0, else the addition theorem from the table.</summary>
    static double SinNear(double x, double dx)
    {
        if (Math.Abs(x) < 0.126)
        {
            double square = x * x, p = Fma(-2.5022014848318398e-08, square, 2.755729806860771e-06);
            p = Fma(Fma(Fma(p, square, -0.00019841269834414642), square, 0.008333333333332329), square, -0.16666666666666666);
            return x + Fma(Fma(p, x, -(0.5 * dx)), square, dx);
        }
        double size = Math.Abs(x), shifted = TableShift + size, y = size - (shifted - TableShift);
        if (x <= 0) dx = -dx;
        var table = SinCosTable.Values.AsSpan((int)BitConverter.DoubleToInt64Bits(shifted) * SinCosTable.Stride, SinCosTable.Stride);
        double y2 = y * y;
        double s = y + Fma(y * y2, Fma(y2, SinFifth, SinThird), dx);
        double c = Fma(y, dx, y2 * Fma(y2, Fma(y2, CosSixth, CosFourth), 0.5));
        double rest = Fma(s, table[2], Fma(-c, table[0], Fma(s, table[3], table[1])));
        return Math.CopySign(table[0] + rest, x);
    }

    /// <summary>cos(x + dx) for |x| up to pi/4 and a little more.</summary>
    static double CosNear(double x, double dx)
    {
        double size = Math.Abs(x), shifted = TableShift + size, y = size - (shifted - TableShift) + (x < 0 ? -dx : dx);
        var table = SinCosTable.Values.AsSpan((int)BitConverter.DoubleToInt64Bits(shifted) * SinCosTable.Stride, SinCosTable.Stride);
        double y2 = y * y;
        double s = Fma(y * y2, Fma(y2, SinFifth, SinThird), y);
        double c = y2 * Fma(y2, Fma(y2, CosSixth, CosFourth), 0.5);
        return table[2] + Fma(-s, table[0], Fma(-c, table[2], Fma(-s, table[1], table[3])));
    }

    const double SinThird = -0.16666666666666488, SinFifth = 0.008333332142857223;
    const double CosFourth = -0.04166666666666644, CosSixth = 0.001388888740079376;

    /// <summary>Tangent.</summary>
    internal static double Tan(double x)
    {
        double size = Math.Abs(x);
        if (size <= 1.2589993048095494e-08) return x;
        if (size <= 0.060799986124038696) return Fma(TanSeries(x * x), x * (x * x), x);
        if (size <= 0.7869997024536133)
        {
            var (z, tan, cot) = TanPoint(size, 0);
            return Math.CopySign((tan + cot) * z / (cot - z) + tan, x);
        }
        if (!(size <= 25.0)) return Math.Tan(x);
        double shifted = Fma(x, TwoOverPi, RoundShift), n = shifted - RoundShift;
        bool odd = (BitConverter.DoubleToInt64Bits(shifted) & 1) != 0;
        double y = Fma(-n, HalfPi2, Fma(-n, HalfPi1, x)), a = Fma(-n, HalfPi3Whole, y), da = Fma(-n, HalfPi3Whole, y - a);
        return Math.Abs(a) <= 0.060799986124038696 ? TanReducedNear(a, da, odd) : TanReduced(a, da, odd);
    }

    static double TanSeries(double square)
    {
        double p = Fma(0.008896546349534924, square, 0.021869380598167253);
        return Fma(Fma(Fma(p, square, 0.05396825411095433), square, 0.1333333333332673), square, 0.3333333333333333);
    }

    /// <summary>The table's tangent and cotangent near x + dx, and the tangent of the distance from there.</summary>
    static (double Near, double Tan, double Cot) TanPoint(double x, double dx)
    {
        int i = (int)Fma(x, 256.0, -15.5) * TanTable.Stride;
        var table = TanTable.Values.AsSpan(i, TanTable.Stride);
        double z = x - table[0] + dx, square = z * z;
        return (Fma(z * square, Fma(square, 0.13333354920669913, 0.3333333333332254), z), table[1], table[2]);
    }

    static double TanReduced(double a, double da, bool odd)
    {
        var (z, tan, cot) = a < 0 ? TanPoint(-a, -da) : TanPoint(a, da);
        double y = odd ? -(cot - (tan + cot) * z / (tan + z)) : (tan + cot) * z / (cot - z) + tan;
        return a < 0 ? -y : y;
    }

    /// <summary>tan(a + da), or -cot(a + da) as a quotient of double-doubles.</summary>
    static double TanReducedNear(double a, double da, bool odd)
    {
        double t = Fma(a * (a * a), TanSeries(a * a), da), b = a + t;
        if (!odd) return b;
        double rest = Math.Abs(a) > Math.Abs(t) ? a - b + t : t - b + a;
        double q = 1.0 / b, u = q * b;
        double r = Fma(-rest, q, 1.0 - u - Fma(q, b, -u) + 0.0) / b, sum = q + r;
        return -(q - sum + r + sum);
    }
}
