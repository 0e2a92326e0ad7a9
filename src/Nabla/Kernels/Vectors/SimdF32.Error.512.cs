using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF32
{
    /// <summary>
    /// erfc a for a not below 0 (or NaN): e^(-a^2) t W(t) with t = 2.5 / (2.5 + a), W a minimax polynomial on [0, 10.2].
    /// a^2 is scale v^2: where a is itself rounded, its error would grow by a factor a^2 in the exponential.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ErfcPositive(Vector512<float> a, Vector512<float> v, float scale)
    {
        a = Vector512.MinNative(C512(10.2f), a);
        Vector512<float> t = C512(2.5f) / (a + C512(2.5f));
        Vector512<float> w = Horner(C512(-0.033179843086049314f), t, 0.21697419579745783f, -0.5420739046447676f, 0.603190266548407f);
        w = Horner(w, t, -0.3289743648414124f, 0.294981040995914f, 0.1221410184810328f);
        w = Horner(w, t, 0.21644726961249858f, 0.22477909767502902f, 0.22571522492387752f);

        // v^2 = high^2 + (v - high)(v + high): the first is exact, the second small enough to join the reduced argument.
        v = Vector512.MinNative(C512(scale == 1f ? 10.2f : 14.4f), v);
        Vector512<float> high = v & Vector512.Create(High12).AsSingle();
        Vector512<float> r = ReduceExp(high * high * C512(-scale), out Vector512<float> magic) - (v - high) * (v + high) * C512(scale);
        return (t * w * (C512(1f) + ExpM1Small(r))) * PowerOf2(magic, 32) * C512(1 / TwoTo32);
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
        Vector512<float> y = Select(Vector512.LessThan(a, C512(1f)), ErfSmall(a, a * a), C512(1f) - ErfcPositive(a, a, 1f));
        return Vector512.CopySign(y, x);
    }

    /// <summary>x Phi(x) = x erfc(-x / sqrt(2)) / 2. Below 2 ulp above -1, 6 ulp in the tail left of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Gelu(Vector512<float> x)
    {
        Vector512<float> v = Vector512.Abs(x), a = v * C512(0.707106781f), half = C512(0.5f);
        Vector512<float> y = ErfcPositive(a, v, 0.5f) * half;
        y = Select(Vector512.LessThan(a, C512(0.6f)), MulAdd(ErfSmall(a, v * v * half), -0.5f, half), y);
        return x * Select(Vector512.GreaterThan(x, Vector512<float>.Zero), C512(1f) - y, y);
    }
}
