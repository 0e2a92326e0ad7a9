using System.Numerics;
using System.Runtime.CompilerServices;
using Nabla.Optim;

namespace Nabla.Kernels;

/// <summary>What happens to the result of each operation.</summary>
internal interface IRounding<T> where T : unmanaged
{
    static abstract Vector<T> Round(Vector<T> x);
}

/// <summary>Nothing: the numbers are kept as they are computed.</summary>
internal readonly struct AsComputed<T> : IRounding<T> where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Round(Vector<T> x) => x;
}

/// <summary>Rounding to bfloat16 and back.</summary>
internal readonly struct ToBFloat16 : IRounding<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Round(Vector<float> x)
    {
        Vector<uint> u = x.As<float, uint>();
        Vector<uint> odd = Vector.ShiftRightLogical(u, 16) & Vector<uint>.One;
        Vector<uint> rounded = (u + Vector.Create(0x7fffu) + odd) & Vector.Create(0xffff0000u);
        return Vector.ConditionalSelect(Vector.Equals(x, x).As<int, uint>(), rounded, u).As<uint, float>();
    }
}

/// <summary>Rounding to binary16 and back.</summary>
internal readonly struct ToFloat16 : IRounding<float>
{
    public static Vector<float> Round(Vector<float> x)
    {
        Span<float> values = stackalloc float[Vector<float>.Count];
        x.CopyTo(values);
        for (int i = 0; i < values.Length; i++) values[i] = (float)(Half)values[i];
        return new Vector<float>(values);
    }
}

/// <summary>The arithmetic of update rules on vectors of numbers.</summary>
internal readonly struct Lane<T, TRounding> : IAlgebra<Vector<T>>
    where T : unmanaged, IFloatingPointIeee754<T> where TRounding : struct, IRounding<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Of(double s) => Vector.Create(T.CreateTruncating(s));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> R(Vector<T> x) => TRounding.Round(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Neg(Vector<T> x) => -x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Abs(Vector<T> x) => Vector.Abs(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Sign(Vector<T> x) => BySign(x, -1, 0, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Sqrt(Vector<T> x) => R(Vector.SquareRoot(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Add(Vector<T> x, Vector<T> y, double alpha) => R(x + R(R(Of(alpha)) * y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Add(Vector<T> x, double s) => R(x + R(Of(s)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Mul(Vector<T> x, Vector<T> y) => R(x * y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Mul(Vector<T> x, double s) => R(x * Of(s));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Div(Vector<T> x, Vector<T> y) => R(x / y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Div(Vector<T> x, double s) => R(x / Of(s));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Quotient(double s, Vector<T> x) => R(R(Vector<T>.One / x) * Of(s));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Lerp(Vector<T> x, Vector<T> y, double w) =>
        R(Math.Abs(w) < 0.5 ? x + Of(w) * (y - x) : y - (y - x) * (Vector<T>.One - Of(w)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> AddCMul(Vector<T> x, Vector<T> y, Vector<T> z, double s) => R(x + Of(s) * y * z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> AddCDiv(Vector<T> x, Vector<T> y, Vector<T> z, double s) => R(x + Of(s) * y / z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Max(Vector<T> x, Vector<T> y) => Vector.Max(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Clamp(Vector<T> x, double min, double max) => R(Vector.Min(Vector.Max(x, Of(min)), Of(max)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> BySign(Vector<T> x, double negative, double zero, double positive)
    {
        Vector<T> rest = Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), Of(positive), Of(zero));
        return R(Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), Of(negative), rest));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> ZeroWhereNegative(Vector<T> x, Vector<T> y) =>
        Vector.ConditionalSelect(Vector.LessThan(x, Vector<T>.Zero), Vector<T>.Zero, y);
}
