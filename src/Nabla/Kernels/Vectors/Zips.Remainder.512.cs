using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>x - y·trunc(x / y), exactly, with the sign of x.</summary>
internal readonly partial struct FmodZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y) => SimdF32.Rest(x, y);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y) => SimdF64.Rest(x, y);
}

/// <summary>The same with the sign of y.</summary>
internal readonly partial struct RemainderZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y)
    {
        Vector512<float> r = SimdF32.Rest(x, y), other = Vector512.IsNegative(r) ^ Vector512.IsNegative(y);
        return Vector512.ConditionalSelect(other & ~Vector512.Equals(r, Vector512<float>.Zero), r + y, r);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> r = SimdF64.Rest(x, y), other = Vector512.IsNegative(r) ^ Vector512.IsNegative(y);
        return Vector512.ConditionalSelect(other & ~Vector512.Equals(r, Vector512<double>.Zero), r + y, r);
    }
}

/// <summary>⌊x / y⌋ by Python's rule: exact where the quotient of rounded numbers would fall on the wrong side of an integer.</summary>
internal readonly partial struct FloorDivideZip : IVectorZip
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Invoke(Vector512<float> x, Vector512<float> y)
    {
        Vector512<float> zero = Vector512<float>.Zero, one = Vector512<float>.One;
        Vector512<float> rest = SimdF32.Rest(x, y), q = (x - rest) / y;
        Vector512<float> down = (Vector512.IsNegative(rest) ^ Vector512.IsNegative(y)) & ~Vector512.Equals(rest, zero);
        q = Vector512.ConditionalSelect(down, q - one, q);
        Vector512<float> floor = Vector512.Floor(q);
        floor = Vector512.ConditionalSelect(Vector512.GreaterThan(q - floor, Vector512.Create(0.5f)), floor + one, floor);
        floor = Vector512.ConditionalSelect(Vector512.Equals(q, zero), (x ^ y) & Vector512.Create(-0f), floor);
        return Vector512.ConditionalSelect(Vector512.Equals(y, zero), x / y, floor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Invoke(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> zero = Vector512<double>.Zero, one = Vector512<double>.One;
        Vector512<double> rest = SimdF64.Rest(x, y), q = (x - rest) / y;
        Vector512<double> down = (Vector512.IsNegative(rest) ^ Vector512.IsNegative(y)) & ~Vector512.Equals(rest, zero);
        q = Vector512.ConditionalSelect(down, q - one, q);
        Vector512<double> floor = Vector512.Floor(q);
        floor = Vector512.ConditionalSelect(Vector512.GreaterThan(q - floor, Vector512.Create(0.5)), floor + one, floor);
        floor = Vector512.ConditionalSelect(Vector512.Equals(q, zero), (x ^ y) & Vector512.Create(-0.0), floor);
        return Vector512.ConditionalSelect(Vector512.Equals(y, zero), x / y, floor);
    }
}

internal static partial class SimdF32
{
    /// <summary>
    /// x % y. While the quotient is an exact integer, so is the difference in one rounding; the quotient may have been rounded up to the
    /// next integer, never down.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Rest(Vector512<float> x, Vector512<float> y)
    {
        Vector512<float> q = Vector512.Truncate(x / y), r = Vector512.FusedMultiplyAdd(-q, y, x);
        Vector512<float> beyond = (Vector512.IsNegative(r) ^ Vector512.IsNegative(x)) & ~Vector512.Equals(r, Vector512<float>.Zero);
        r = Vector512.CopySign(r + (beyond & Vector512.CopySign(y, x)), x);
        // Large quotients, and what is not finite or divided by zero: one by one.
        Vector512<float> sure = Vector512.LessThan(Vector512.Abs(q), C512(16777216f)) & Vector512.Equals(r, r);
        return Vector512.EqualsAll(sure.AsInt32(), Vector512<int>.AllBitsSet) ? r : RestOneByOne(x, y);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<float> RestOneByOne(Vector512<float> x, Vector512<float> y)
    {
        for (int i = 0; i < Vector512<float>.Count; i++) x = x.WithElement(i, x.GetElement(i) % y.GetElement(i));
        return x;
    }
}

internal static partial class SimdF64
{
    /// <summary>x % y; see <see cref="SimdF32"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Rest(Vector512<double> x, Vector512<double> y)
    {
        Vector512<double> q = Vector512.Truncate(x / y), r = Vector512.FusedMultiplyAdd(-q, y, x);
        Vector512<double> beyond = (Vector512.IsNegative(r) ^ Vector512.IsNegative(x)) & ~Vector512.Equals(r, Vector512<double>.Zero);
        r = Vector512.CopySign(r + (beyond & Vector512.CopySign(y, x)), x);
        Vector512<double> sure = Vector512.LessThan(Vector512.Abs(q), C512(9007199254740992.0)) & Vector512.Equals(r, r);
        return Vector512.EqualsAll(sure.AsInt64(), Vector512<long>.AllBitsSet) ? r : RestOneByOne(x, y);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<double> RestOneByOne(Vector512<double> x, Vector512<double> y)
    {
        for (int i = 0; i < Vector512<double>.Count; i++) x = x.WithElement(i, x.GetElement(i) % y.GetElement(i));
        return x;
    }
}
