using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Softmax, its logarithm and their gradients on a row of floats that lie side by side, which stays in the first cache.</summary>
/// <remarks>Sums are taken lane by lane over blocks in float32 and in float64 among blocks; a last incomplete vector is padded.</remarks>
internal static partial class SoftmaxRows
{
    private const int Block = 2048;

    /// <summary>y = e^(x - max) / Σ.</summary>
    internal static void Plain(ref float x, ref float y, nint n)
    {
        if (Vector512.IsHardwareAccelerated) Plain512(ref x, ref y, n);
        else if (Vector256.IsHardwareAccelerated) Plain256(ref x, ref y, n);
        else Plain128(ref x, ref y, n);
    }

    /// <summary>y = x - max - log Σ.</summary>
    internal static void Log(ref float x, ref float y, nint n)
    {
        if (Vector512.IsHardwareAccelerated) Log512(ref x, ref y, n);
        else if (Vector256.IsHardwareAccelerated) Log256(ref x, ref y, n);
        else Log128(ref x, ref y, n);
    }

    /// <summary>max + log Σ e^(x - max), or the maximum if it is infinite.</summary>
    internal static float LogSum(ref float x, nint n)
    {
        if (Vector512.IsHardwareAccelerated) return LogSum512(ref x, n);
        if (Vector256.IsHardwareAccelerated) return LogSum256(ref x, n);
        return LogSum128(ref x, n);
    }

    /// <summary>z = y (g - Σ g y).</summary>
    internal static void PlainGrad(ref float y, ref float g, ref float z, nint n)
    {
        if (Vector512.IsHardwareAccelerated) PlainGrad512(ref y, ref g, ref z, n);
        else if (Vector256.IsHardwareAccelerated) PlainGrad256(ref y, ref g, ref z, n);
        else PlainGrad128(ref y, ref g, ref z, n);
    }

    /// <summary>z = g - e^y Σ g.</summary>
    internal static void LogGrad(ref float y, ref float g, ref float z, nint n)
    {
        if (Vector512.IsHardwareAccelerated) LogGrad512(ref y, ref g, ref z, n);
        else if (Vector256.IsHardwareAccelerated) LogGrad256(ref y, ref g, ref z, n);
        else LogGrad128(ref y, ref g, ref z, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float MaxAcross(Vector512<float> v) => MaxAcross(Vector256.MaxNative(v.GetLower(), v.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float MaxAcross(Vector256<float> v) => MaxAcross(Vector128.MaxNative(v.GetLower(), v.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float MaxAcross(Vector128<float> v)
    {
        v = Vector128.MaxNative(v, Vector128.Shuffle(v, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(v, Vector128.Shuffle(v, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }
}
