using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal partial interface IVectorMap
{
    /// <summary>Whether two neighbours belong together, so that no vector may begin between them.</summary>
    static virtual bool Pairs => false;
}

/// <summary>Applies an <see cref="IVectorMap"/> to contiguous spans of float or double, in vectors as wide as the machine's.</summary>
/// <remarks>
/// Every element passes through the vector code, the last ones in an overlapping or padded vector: a result never depends on its position.
/// The loops are compiled with full optimisation at their first call and read no static fields, so nothing has to warm up.
/// </remarks>
internal static partial class VectorMap
{
    /// <summary>
    /// y[i] = op(x[i]). <paramref name="y"/> may be the memory of <paramref name="x"/>, but must not overlap it otherwise.
    /// </summary>
    public static void Run<TOp, T>(ReadOnlySpan<T> x, Span<T> y, TOp op = default)
        where TOp : struct, IVectorMap
        where T : unmanaged
    {
        VectorSpan.Require(x.Length, y.Length);
        if (x.IsEmpty) return;
        if (typeof(T) == typeof(float)) Run(op, ref VectorSpan.First<T, float>(x), ref VectorSpan.First<T, float>(y), x.Length);
        else if (typeof(T) == typeof(double)) Run(op, ref VectorSpan.First<T, double>(x), ref VectorSpan.First<T, double>(y), x.Length);
        else VectorSpan.ThrowType(typeof(T));
    }

    private static void Run<TOp>(TOp op, ref float x, ref float y, nint n) where TOp : struct, IVectorMap
    {
        // A number alone stays in registers.
        if (n == 1)
        {
            if (Vector512.IsHardwareAccelerated) y = One512(op, x);
            else if (Vector256.IsHardwareAccelerated) y = One256(op, x);
            else y = One128(op, x);
        }
        else if (Vector512.IsHardwareAccelerated) Run512(op, ref x, ref y, n);
        else if (Vector256.IsHardwareAccelerated) Run256(op, ref x, ref y, n);
        else Run128(op, ref x, ref y, n);
    }

    private static void Run<TOp>(TOp op, ref double x, ref double y, nint n) where TOp : struct, IVectorMap
    {
        // A number alone stays in registers.
        if (n == 1)
        {
            if (Vector512.IsHardwareAccelerated) y = One512(op, x);
            else if (Vector256.IsHardwareAccelerated) y = One256(op, x);
            else y = One128(op, x);
        }
        else if (Vector512.IsHardwareAccelerated) Run512(op, ref x, ref y, n);
        else if (Vector256.IsHardwareAccelerated) Run256(op, ref x, ref y, n);
        else Run128(op, ref x, ref y, n);
    }
}
