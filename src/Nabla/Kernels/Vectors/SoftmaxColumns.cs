using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// Softmax, its logarithm and their gradients down neighbouring columns of floats, whose rows lie apart: every row's piece is read from end
/// to end, while the maxima and sums of all columns stay in the first cache.
/// </summary>
/// <remarks>A last incomplete vector overlaps the one before it; both compute the same.</remarks>
internal static partial class SoftmaxColumns
{
    /// <summary>Whether there are enough columns for a vector.</summary>
    internal static bool Fits(nint width) => width >= Vector128<float>.Count;

    /// <summary>y = e^(x - max) / Σ.</summary>
    internal static void Plain(ref float x, ref float y, nint n, nint step, nint width)
    {
        if (Wide512(width)) Plain512(ref x, ref y, n, step, width);
        else if (Wide256(width)) Plain256(ref x, ref y, n, step, width);
        else Plain128(ref x, ref y, n, step, width);
    }

    /// <summary>y = x - max - log Σ.</summary>
    internal static void Log(ref float x, ref float y, nint n, nint step, nint width)
    {
        if (Wide512(width)) Log512(ref x, ref y, n, step, width);
        else if (Wide256(width)) Log256(ref x, ref y, n, step, width);
        else Log128(ref x, ref y, n, step, width);
    }

    /// <summary>z = y (g - Σ g y).</summary>
    internal static void PlainGrad(ref float y, ref float g, ref float z, nint n, nint step, nint width)
    {
        if (Wide512(width)) PlainGrad512(ref y, ref g, ref z, n, step, width);
        else if (Wide256(width)) PlainGrad256(ref y, ref g, ref z, n, step, width);
        else PlainGrad128(ref y, ref g, ref z, n, step, width);
    }

    /// <summary>z = g - e^y Σ g.</summary>
    internal static void LogGrad(ref float y, ref float g, ref float z, nint n, nint step, nint width)
    {
        if (Wide512(width)) LogGrad512(ref y, ref g, ref z, n, step, width);
        else if (Wide256(width)) LogGrad256(ref y, ref g, ref z, n, step, width);
        else LogGrad128(ref y, ref g, ref z, n, step, width);
    }

    private static bool Wide512(nint width) => Vector512.IsHardwareAccelerated && width >= Vector512<float>.Count;

    private static bool Wide256(nint width) => Vector256.IsHardwareAccelerated && width >= Vector256<float>.Count;
}
