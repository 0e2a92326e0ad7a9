using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>1 / (1 + e^-x), also accurate where it is small: e^x / (1 + e^x) below zero. Below 2 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Sigmoid(Vector512<double> x)
    {
        Vector512<double> z = ExpNegative(-Vector512.Abs(x));
        return Share(Select(Vector512.LessThan(x, Vector512<double>.Zero), z, C512(1.0)), z);
    }

    /// <summary>a / (1 + z) for z from 0 to 1, rounded about once: the remainder counts what 1 + z has lost, too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Share(Vector512<double> a, Vector512<double> z)
    {
        Vector512<double> under = C512(1.0) + z, rest = z - (under - C512(1.0));
        if (!SimdMethod.HasFusedMultiplyAdd)
        {
            // Instead of the remainder's share only that of what 1 + z has lost, by a line near 1 / (1 + z).
            Vector512<double> quotient = a / under;
            return MulAdd(-quotient, rest * MulAdd(under, C512(-0.470588), 1.411765), quotient);
        }
        Vector512<double> inverse = Inverse(under), y = a * inverse;
        return MulAdd(MulAdd(-y, rest, MulAdd(-y, under, a)), inverse, y);
    }

    /// <summary>log(1 / (1 + e^-x)) = min(x, 0) - log1p(e^-|x|). Below 1.6 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> LogSigmoid(Vector512<double> x)
        => Vector512.MinNative(Vector512<double>.Zero, x) - Log1PCore(ExpNegative(-Vector512.Abs(x)));

    /// <summary>log(1 + e^(beta x)) / beta, and x where beta x is above the threshold. Below 1.6 ulp for beta = 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Softplus(Vector512<double> x, double beta, double threshold)
    {
        Vector512<double> z = x * C512(beta);
        Vector512<double> y = Vector512.MaxNative(Vector512<double>.Zero, z) + Log1PCore(ExpNegative(-Vector512.Abs(z)));
        return Select(Vector512.GreaterThan(z, C512(threshold)), x, y / C512(beta));
    }

    /// <summary>x / (1 + e^-x); x e^x / (1 + e^x) below zero, and x where e^-x no longer counts. Below 2 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Silu(Vector512<double> x)
    {
        Vector512<double> scaled = TimesExpNegative(x, out Vector512<double> z);
        Vector512<double> y = Share(Select(Vector512.LessThan(x, Vector512<double>.Zero), scaled, x), z);
        return Select(Vector512.GreaterThan(x, C512(40.0)), x, Vector512.CopySign(y, x));
    }

    /// <summary>
    /// x tanh(log(1 + e^x)) = x - x 2z² / (2z² + 2z + 1) with z = e^-x; x z - x z (z² + z) / (z² + 2z + 2) with z = e^x below zero.
    /// Below 2.1 ulp.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Mish(Vector512<double> x)
    {
        Vector512<double> scaled = TimesExpNegative(x, out Vector512<double> z), twice = z + z;
        Vector512<double> negative = Vector512.LessThan(x, Vector512<double>.Zero), y = Select(negative, scaled, x);
        Vector512<double> under = Select(negative, MulAdd(z, z + C512(2.0), C512(2.0)), MulAdd(twice, z + C512(1.0), C512(1.0)));
        Vector512<double> part = Select(negative, MulAdd(z, z, z), twice * z) / under;
        return Vector512.CopySign(MulAdd(-Vector512.MinNative(C512(1e300), y), part, y), x);
    }

    /// <summary>x e^-|x|, rounded once behind the exponential's polynomial, and z = e^-|x|; NaN for an infinite x below zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> TimesExpNegative(Vector512<double> x, out Vector512<double> z)
    {
        // Both factors are bounded where their product is 0.
        Vector512<double> r = ReduceExp(Vector512.MaxNative(C512(-752.5), -Vector512.Abs(x)), out Vector512<double> magic);
        Vector512<double> p = ExpM1Small(r), most = Vector512.MaxNative(C512(-752.5), x), power = PowerOf2(magic, 64);
        z = (C512(1.0) + p) * power * C512(1 / TwoTo64);
        Vector512<double> y = MulAdd(most, p, most) * power * C512(1 / TwoTo64);
        return Select(Vector512.Equals(x, C512(double.NegativeInfinity)), double.NaN, y);
    }

    /// <summary>
    /// x (1 + tanh(u)) / 2 = max(x, 0) - v / (1 + e^a) with v = |x| and a = 2|u| = v (k + c v^2), k = 2 sqrt(2/pi), c = 0.044715 k; NaN at
    /// -inf, as in PyTorch. Below 2 ulp.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> GeluTanh(Vector512<double> x)
    {
        Vector512<double> v = Vector512.MinNative(C512(21.58), Vector512.Abs(x));
        Vector512<double> p = ExpM1Small(ReduceTanhArgument(v, out Vector512<double> magic)), power = PowerOf2(magic, 64);
        Vector512<double> z = (C512(1.0) + p) * power * C512(1 / TwoTo64);
        Vector512<double> y = Share(MulAdd(v, p, v) * power * C512(1 / TwoTo64), z);
        return x - Vector512.MinNative(x, Vector512<double>.Zero) - y;
    }

    /// <summary>
    /// -v (k + c v^2) = n ln 2 + r. In e^-a the error of a counts a times, up to 750, so the sum and the square are made of two numbers
    /// each; v times the first, less n ln 2, is rounded when it is small.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> ReduceTanhArgument(Vector512<double> v, out Vector512<double> magic)
    {
        const double k = 1.5957691216057308, kLow = -9.96930880911092e-17, c = 0.07135481627260025, cLow = -4.1218577217431825e-18;
        Vector512<double> square = v * v, cube = square * C512(c), sum = cube + C512(k);
        magic = MulAdd(v * sum, -Log2E, C512(RoundMagic));
        Vector512<double> n = magic - C512(RoundMagic), r = MulAdd(-v, sum, n * C512(-Ln2High));
        if (!SimdMethod.HasFusedMultiplyAdd) return MulAdd(n, -Ln2Low, r);
        Vector512<double> rest = Vector512.MinNative(cube, C512(k)) - (sum - Vector512.MaxNative(cube, C512(k)));
        rest += MulAdd(square, c, -cube) + MulAdd(MulAdd(v, v, -square), c, MulAdd(square, cLow, C512(kLow)));
        return MulAdd(-v, rest, MulAdd(n, -Ln2Low, r));
    }
}
