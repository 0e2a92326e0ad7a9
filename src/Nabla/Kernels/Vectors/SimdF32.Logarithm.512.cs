using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF32
{
    /// <summary>x = 2^k m with m in [sqrt(1/2), sqrt(2)), for positive normal x; returns m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> SplitExponent(Vector512<float> x, out Vector512<float> k)
    {
        Vector512<int> bits = x.AsInt32() + Vector512.Create(0x3f800000 - SqrtHalfBits);
        k = Vector512.ConvertToSingle((bits >> 23) - Vector512.Create(127));
        return ((bits & Vector512.Create(0x007fffff)) + Vector512.Create(SqrtHalfBits)).AsSingle();
    }

    /// <summary>log(1 + f) + k ln 2, with log(1 + f) = f - f^2/2 + f^3 Q(f).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LogSum(Vector512<float> f, Vector512<float> k)
    {
        Vector512<float> square = f * f, tail = MulAdd(k, Ln2Low, LogPolynomial(f) * f * square);
        return MulAdd(k, Ln2High, f + MulAdd(square, -0.5f, tail));
    }

    /// <summary>Q(f) = (log(1 + f) - f + f^2/2) / f^3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LogPolynomial(Vector512<float> f)
    {
        Vector512<float> q = Horner(C512(0.06971611471451178f), f, -0.11479733846637635f, 0.1168541992348674f, -0.12425687331451106f);
        q = Horner(q, f, 0.1424905764569748f, -0.16667802319501254f, 0.200007157488921f);
        return Horner(q, f, -0.24999996957950882f, 0.33333331180030046f);
    }

    /// <summary>log2 x. Below 1.1 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log2(Vector512<float> x) => LogSpecial(x, LogOfBase(x, 1f, 0f, 1.442695f, 1.925963e-08f));

    /// <summary>log10 x. Below 1 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log10(Vector512<float> x) => LogSpecial(x,
        LogOfBase(x, 0.3010254f, 4.605039e-06f, 0.4342945f, -1.010305e-08f));

    /// <summary>
    /// log x in a base whose log 2 is <paramref name="unit"/>, of few bits, and a rest, and whose log e is likewise in two parts:
    /// the sum of the largest two terms keeps its rounding error.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LogOfBase(Vector512<float> x, float unit, float unitRest, float scale, float scaleRest)
    {
        Vector512<float> small = Vector512.LessThan(x, C512(1.17549435e-38f));
        Vector512<float> f = SplitExponent(Select(small, x * C512(33554432f), x), out Vector512<float> k) - C512(1f);
        k -= small & C512(25f);
        Vector512<float> square = f * f, lead = f * C512(scale);
        Vector512<float> rest = MulAdd(f, scaleRest, MulAdd(square, -0.5f, LogPolynomial(f) * f * square) * C512(scale));
        if (SimdMethod.HasFusedMultiplyAdd) rest += MulAdd(f, scale, -lead);
        return Joined(k * C512(unit), lead, MulAdd(k, unitRest, rest));
    }

    /// <summary>The natural logarithm. Below 0.8 ulp; log(0) = -inf, NaN below zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x)
    {
        Vector512<float> small = Vector512.LessThan(x, C512(1.17549435e-38f));
        Vector512<float> m = SplitExponent(Select(small, x * C512(33554432f), x), out Vector512<float> k);
        k -= small & C512(25f);
        return LogSpecial(x, LogSum(m - C512(1f), k));
    }

    /// <summary>Replaces <paramref name="y"/> where log(x) is -inf, NaN or +inf.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LogSpecial(Vector512<float> x, Vector512<float> y)
    {
        y = Select(Vector512.LessThan(x, C512(float.PositiveInfinity)), y, x);
        y = Select(Vector512.LessThan(x, Vector512<float>.Zero), float.NaN, y);
        return Select(Vector512.Equals(x, Vector512<float>.Zero), float.NegativeInfinity, y);
    }

    /// <summary>log(1 + x) for x above -1 and finite: the rounding error of 1 + x is put back into the reduced argument.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Log1PCore(Vector512<float> x)
    {
        Vector512<float> u = C512(1f) + x, back = u - C512(1f);
        Vector512<float> error = (C512(1f) - (u - back)) + (x - back);
        Vector512<float> m = SplitExponent(u, out Vector512<float> k);
        // 2^-k, the factor that took u to m, is the quotient of their bit patterns' exponents.
        Vector512<float> factor = (m.AsInt32() - u.AsInt32() + Vector512.Create(127 << 23)).AsSingle();
        error = Vector512.LessThan(x, C512(1e9f)) & (error * factor);
        return LogSum((m - C512(1f)) + error, k);
    }

    /// <summary>log(1 + x), accurate near 0. Below 1.4 ulp; -inf at -1, NaN below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log1P(Vector512<float> x)
    {
        Vector512<float> y = Log1PCore(x);
        y = Select(Vector512.LessThan(x, C512(float.PositiveInfinity)), y, x);
        y = Select(Vector512.Equals(x, Vector512<float>.Zero), x, y);
        y = Select(Vector512.LessThan(x, C512(-1f)), float.NaN, y);
        return Select(Vector512.Equals(x, C512(-1f)), float.NegativeInfinity, y);
    }
}
