using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class SimdF32
{
    /// <summary>x^y with C99's special cases (Annex F.9.4.4), computed in double. Below 0.51 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Pow(Vector512<float> x, Vector512<float> y)
    {
        // An infinite exponent would meet log 1 = 0; so large a one gives the same powers.
        Vector512<float> a = Vector512.Abs(x), bounded = Clamp(y, -1e30f, 1e30f);
        Vector512<double> lower = SimdF64.PowOfSingle(Vector512.WidenLower(a), Vector512.WidenLower(bounded));
        Vector512<double> upper = SimdF64.PowOfSingle(Vector512.WidenUpper(a), Vector512.WidenUpper(bounded));
        return PowSpecial(x, y, Vector512.Narrow(lower, upper));
    }

    /// <summary>Puts signs, zeros, infinities and NaN into |x|^y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowSpecial(Vector512<float> x, Vector512<float> y, Vector512<float> power)
    {
        Vector512<float> a = Vector512.Abs(x), zero = Vector512.Equals(a, Vector512<float>.Zero);
        Vector512<float> infinite = Vector512.Equals(a, C512(float.PositiveInfinity));
        Vector512<float> vanishes = zero ^ Vector512.LessThan(y, Vector512<float>.Zero);
        power = Select(zero | infinite, Vector512.AndNot(C512(float.PositiveInfinity), vanishes), power);

        Vector512<float> half = y * C512(0.5f), whole = Vector512.Equals(Vector512.Floor(y), y);
        Vector512<float> even = Vector512.Equals(Vector512.Floor(half), half);
        Vector512<float> sign = x & Vector512.AndNot(whole, even) & C512(-0f);
        Vector512<float> undefined = Vector512.AndNot(Vector512.LessThan(x, Vector512<float>.Zero), whole | infinite);
        undefined |= ~Vector512.Equals(x, x) | ~Vector512.Equals(y, y);
        power = Select(undefined, float.NaN, power ^ sign);
        return Select(Vector512.Equals(y, Vector512<float>.Zero) | Vector512.Equals(x, C512(1f)), 1f, power);
    }
}
