using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF32
{
    /// <summary>x = n ln 2 + r with |r| at most ln 2 / 2; <paramref name="magic"/> holds n in its low bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ReduceExp(Vector512<float> x, out Vector512<float> magic)
    {
        magic = MulAdd(x, Log2E, C512(RoundMagic));
        Vector512<float> n = magic - C512(RoundMagic);
        return MulAdd(n, -Ln2Low, MulAdd(n, -Ln2High, x));
    }

    /// <summary>exp(r) - 1 on |r| at most ln 2 / 2, as r + r^2 P(r).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ExpM1Small(Vector512<float> r)
    {
        Vector512<float> square = r * r, p = MulAdd(r, C512(0.16666576845993977f), 0.5f);
        Vector512<float> q = MulAdd(square, 0.0013926213466332444f, MulAdd(r, C512(0.008363202971575855f), 0.04166655443768594f));
        return MulAdd(square, MulAdd(q, square, p), r);
    }

    /// <summary>2^(n + offset), n from the low bits of <paramref name="magic"/>; the sum must be a normal exponent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOf2(Vector512<float> magic, int offset)
        => ((magic.AsInt32() << 23) + Vector512.Create((127 + offset) << 23)).AsSingle();

    /// <summary>e^x. At most 1 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        x = Clamp(x, -104.5f, 89f);
        Vector512<float> r = ReduceExp(x, out Vector512<float> magic);
        return Scale(C512(1f) + ExpM1Small(r), magic, x);
    }

    /// <summary>e^x for x not above 0 (or NaN).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> ExpNegative(Vector512<float> x)
    {
        Vector512<float> r = ReduceExp(Vector512.MaxNative(C512(-104.5f), x), out Vector512<float> magic);
        return ScaleDown(C512(1f) + ExpM1Small(r), magic);
    }

    /// <summary>2^x. Below 1.1 ulp, exact for integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp2(Vector512<float> x)
    {
        x = Clamp(x, -151f, 128f);
        Vector512<float> magic = x + C512(RoundMagic);
        Vector512<float> r = (x - (magic - C512(RoundMagic))) * C512(Ln2);
        return Scale(C512(1f) + ExpM1Small(r), magic, x);
    }

    /// <summary>e^x - 1, accurate near 0. Below 1.7 ulp, 2 without fused multiply-add.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpM1(Vector512<float> x)
    {
        Vector512<float> r = ReduceExp(Clamp(x, -20f, 89f), out Vector512<float> magic);
        Vector512<float> half = PowerOf2(magic, -1);
        Vector512<float> y = MulAdd(half, ExpM1Small(r), half - C512(0.5f));
        // Halving would lose the last bit of a subnormal x.
        return Select(Vector512.LessThan(Vector512.Abs(x), C512(1e-8f)), x, y + y);
    }

    /// <summary>
    /// tanh |x| = -t / (t + 2) with t = e^(-2|x|) - 1 as the sum of two numbers, and the quotient's remainder divided once more by a line
    /// near 1 / (t + 2). Below 1.7 ulp, 2 without fused multiply-add.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        Vector512<float> r = ReduceExp(Vector512.MaxNative(C512(-20f), Vector512.Abs(x) * C512(-2f)), out Vector512<float> magic);
        Vector512<float> power = PowerOf2(magic, 0), p = ExpM1Small(r), most = power - C512(1f);
        Vector512<float> t = MulAdd(power, p, most), rest = MulAdd(power, p, most - t);
        Vector512<float> under = t + C512(2f), underRest = t - (under - C512(2f)) + rest, q = -t / under;
        Vector512<float> left = -MulAdd(q, underRest, rest);
        if (SimdMethod.HasFusedMultiplyAdd) left += MulAdd(-q, under, -t);
        return Vector512.CopySign(MulAdd(left, MulAdd(under, C512(-0.470588f), 1.411765f), q), x);
    }
}
