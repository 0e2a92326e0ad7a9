using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF32
{
    /// <summary>
    /// erfc a for a not below 0 (or NaN): e^(-a^2) t W(t) with t = 2.5 / (2.5 + a), W a minimax polynomial on [0, 10.2].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ErfcPositive(Vector512<float> a)
    {
        a = Vector512.MinNative(C512(10.2f), a);
        Vector512<float> t = C512(2.5f) / (a + C512(2.5f));
        Vector512<float> w = Horner(C512(-0.033179843086049314f), t, 0.21697419579745783f, -0.5420739046447676f, 0.603190266548407f);
        w = Horner(w, t, -0.3289743648414124f, 0.294981040995914f, 0.1221410184810328f);
        w = Horner(w, t, 0.21644726961249858f, 0.22477909767502902f, 0.22571522492387752f);
        return ScaleDown(t * w * (C512(1f) + ExpM1Small(ReduceSquare(a, 2f, out Vector512<float> magic))), magic);
    }

    /// <summary>-a^2 / 2 k = n ln 2 + r: in a^2 = high^2 + (a - high)(a + high) the first is exact, the second small.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ReduceSquare(Vector512<float> a, float k, out Vector512<float> magic)
    {
        // Rounded, not cut off: n is that of high^2, and r must not leave the range in which e^r is accurate.
        Vector512<float> high = ((a.AsInt32() + Vector512.Create(0x800)) & Vector512.Create(High12)).AsSingle(), square = high * high;
        magic = MulAdd(square, -0.5f * k * Log2E, C512(RoundMagic));
        Vector512<float> n = magic - C512(RoundMagic);
        Vector512<float> r = MulAdd(n, -2f / k * Ln2Low, MulAdd(n, C512(-2f / k * Ln2High), -square));
        return MulAdd(high - a, a + high, r) * C512(0.5f * k);
    }

    /// <summary>erf a for a below 1, with z = a^2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ErfSmall(Vector512<float> a, Vector512<float> z)
    {
        Vector512<float> p = Horner(C512(7.875875062685488e-05f), z, -0.000801686428716587f, 0.005189087423433974f, -0.026854212010626412f);
        p = Horner(p, z, 0.11283594715160218f, -0.37612626666720334f, 0.12837916584835093f);
        return MulAdd(a, p, a);
    }

    /// <summary>erf x = 2/sqrt(pi) integral of e^(-t^2) from 0 to x. Below 1.3 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Erf(Vector512<float> x)
    {
        Vector512<float> a = Vector512.Abs(x);
        Vector512<float> y = Select(Vector512.LessThan(a, C512(1f)), ErfSmall(a, a * a), C512(1f) - ErfcPositive(a));
        return Vector512.CopySign(y, x);
    }

    /// <summary>
    /// times · Phi(-v) for v from 0 to 14.5 (or NaN), Phi the normal distribution function, and e^(-v^2 / 2): their quotient is a rational
    /// function with a relative error of 2^-27 on [0, 14].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> NormalTail(Vector512<float> v, Vector512<float> times, out Vector512<float> bell)
    {
        Vector512<float> e = ExpM1Small(ReduceSquare(v, 1f, out Vector512<float> magic));
        // Estrin's scheme: fewer roundings follow each other than in Horner's, and less waiting.
        Vector512<float> square = v * v;
        Vector512<float> p = MulAdd(square, 0.4721643328666687f, MulAdd(v, C512(4.6749043464660645f), 21.127971649169922f));
        p = MulAdd(p, square, MulAdd(v, C512(50.63092803955078f), 57.89678192138672f)) * times;
        Vector512<float> q = MulAdd(v, C512(1.183525562286377f), 11.719036102294922f);
        q = MulAdd(q, square, MulAdd(v, C512(54.12545394897461f), 138.87042236328125f));
        q = MulAdd(q, square, MulAdd(v, C512(193.65179443359375f), 115.79356384277344f));
        bell = ScaleDown(C512(1f) + e, magic);
        return ScaleDown(MulAdd(p, e, p) / q, magic);
    }

    /// <summary>
    /// x Phi(x) = max(x, 0) - |x| Phi(-|x|); NaN at -inf, as in PyTorch. Below 1 ulp above 1, 4.7 below. Half of that would cost
    /// half the speed: every correction of the quotient lengthens the chain of dependent operations.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Gelu(Vector512<float> x)
    {
        Vector512<float> v = Vector512.MinNative(C512(14.5f), Vector512.Abs(x));
        return x - Vector512.MinNative(x, Vector512<float>.Zero) - NormalTail(v, v, out _);
    }

    /// <summary>The derivative of x Phi(x): Phi(x) + x phi(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> GeluSlope(Vector512<float> x)
    {
        Vector512<float> y = NormalTail(Vector512.MinNative(C512(14.5f), Vector512.Abs(x)), C512(1f), out Vector512<float> bell);
        return MulAdd(x * C512(0.39894228f), bell, Select(Vector512.GreaterThan(x, Vector512<float>.Zero), C512(1f) - y, y));
    }
}
