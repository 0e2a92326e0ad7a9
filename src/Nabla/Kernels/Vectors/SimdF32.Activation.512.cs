using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF32
{
    /// <summary>1 / (1 + e^-x), also accurate where it is small: e^x / (1 + e^x) below zero. Below 2 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x)
    {
        Vector512<float> z = ExpNegative(-Vector512.Abs(x));
        return Share(Select(Vector512.LessThan(x, Vector512<float>.Zero), z, C512(1f)), z);
    }

    /// <summary>a / (1 + z) for z from 0 to 1, rounded about once: the remainder counts what 1 + z has lost, too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Share(Vector512<float> a, Vector512<float> z)
    {
        Vector512<float> under = C512(1f) + z, rest = z - (under - C512(1f));
        if (!SimdMethod.HasFusedMultiplyAdd)
        {
            // Instead of the remainder's share only that of what 1 + z has lost, by a line near 1 / (1 + z).
            Vector512<float> quotient = a / under;
            return MulAdd(-quotient, rest * MulAdd(under, C512(-0.470588f), 1.411765f), quotient);
        }
        Vector512<float> inverse = Inverse(under), y = a * inverse;
        return MulAdd(MulAdd(-y, rest, MulAdd(-y, under, a)), inverse, y);
    }

    /// <summary>log(1 / (1 + e^-x)) = min(x, 0) - log1p(e^-|x|). Below 1.6 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LogSigmoid(Vector512<float> x)
        => Vector512.MinNative(Vector512<float>.Zero, x) - Log1PCore(ExpNegative(-Vector512.Abs(x)));

    /// <summary>log(1 + e^(beta x)) / beta, and x where beta x is above the threshold. Below 1.6 ulp for beta = 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Softplus(Vector512<float> x, float beta, float threshold)
    {
        Vector512<float> z = x * C512(beta);
        Vector512<float> y = Vector512.MaxNative(Vector512<float>.Zero, z) + Log1PCore(ExpNegative(-Vector512.Abs(z)));
        return Select(Vector512.GreaterThan(z, C512(threshold)), x, y / C512(beta));
    }

    /// <summary>x / (1 + e^-x); x e^x / (1 + e^x) below zero, and x where e^-x no longer counts. Below 2 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Silu(Vector512<float> x)
    {
        Vector512<float> scaled = TimesExpNegative(x, out Vector512<float> z);
        Vector512<float> y = Share(Select(Vector512.LessThan(x, Vector512<float>.Zero), scaled, x), z);
        return Select(Vector512.GreaterThan(x, C512(20f)), x, Vector512.CopySign(y, x));
    }

    /// <summary>
    /// x tanh(log(1 + e^x)) = x - x 2z² / (2z² + 2z + 1) with z = e^-x; x z - x z (z² + z) / (z² + 2z + 2) with z = e^x below zero.
    /// Below 2.5 ulp.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Mish(Vector512<float> x)
    {
        Vector512<float> scaled = TimesExpNegative(x, out Vector512<float> z), twice = z + z;
        Vector512<float> negative = Vector512.LessThan(x, Vector512<float>.Zero), y = Select(negative, scaled, x);
        Vector512<float> under = Select(negative, MulAdd(z, z + C512(2f), C512(2f)), MulAdd(twice, z + C512(1f), C512(1f)));
        Vector512<float> part = Select(negative, MulAdd(z, z, z), twice * z) / under;
        return Vector512.CopySign(MulAdd(-Vector512.MinNative(C512(1e30f), y), part, y), x);
    }

    /// <summary>x e^-|x|, rounded once behind the exponential's polynomial, and z = e^-|x|; NaN for an infinite x below zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> TimesExpNegative(Vector512<float> x, out Vector512<float> z)
    {
        // Both factors are bounded where their product is 0.
        Vector512<float> r = ReduceExp(Vector512.MaxNative(C512(-108.9f), -Vector512.Abs(x)), out Vector512<float> magic);
        Vector512<float> p = ExpM1Small(r), most = Vector512.MaxNative(C512(-108.9f), x);
        z = ScaleDown(C512(1f) + p, magic);
        Vector512<float> y = ScaleDown(MulAdd(most, p, most), magic);
        return Select(Vector512.Equals(x, C512(float.NegativeInfinity)), float.NaN, y);
    }

    /// <summary>
    /// x (1 + tanh(u)) / 2 = max(x, 0) - v / (1 + e^a) with v = |x| and a = 2|u| = v (k + c v^2), k = 2 sqrt(2/pi), c = 0.044715 k; NaN at
    /// -inf, as in PyTorch. Below 2 ulp.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> GeluTanh(Vector512<float> x)
    {
        Vector512<float> v = Vector512.MinNative(C512(10.85f), Vector512.Abs(x));
        Vector512<float> p = ExpM1Small(ReduceTanhArgument(v, out Vector512<float> magic)), z = ScaleDown(C512(1f) + p, magic);
        Vector512<float> y = Share(ScaleDown(MulAdd(v, p, v), magic), z);
        return x - Vector512.MinNative(x, Vector512<float>.Zero) - y;
    }

    /// <summary>
    /// -v (k + c v^2) = n ln 2 + r. In e^-a the error of a counts a times, up to 100, so the sum and the square are made of two numbers
    /// each; v times the first, less n ln 2, is rounded when it is small.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ReduceTanhArgument(Vector512<float> v, out Vector512<float> magic)
    {
        const float k = 1.5957692f, kLow = -4.534068e-08f, c = 0.071354814f, cLow = 2.3988325e-09f;
        Vector512<float> square = v * v, cube = square * C512(c), sum = cube + C512(k);
        magic = MulAdd(v * sum, -Log2E, C512(RoundMagic));
        Vector512<float> n = magic - C512(RoundMagic), r = MulAdd(-v, sum, n * C512(-Ln2High));
        if (!SimdMethod.HasFusedMultiplyAdd) return MulAdd(n, -Ln2Low, r);
        Vector512<float> rest = Vector512.MinNative(cube, C512(k)) - (sum - Vector512.MaxNative(cube, C512(k)));
        rest += MulAdd(square, c, -cube) + MulAdd(MulAdd(v, v, -square), c, MulAdd(square, cLow, C512(kLow)));
        return MulAdd(-v, rest, MulAdd(n, -Ln2Low, r));
    }
}
