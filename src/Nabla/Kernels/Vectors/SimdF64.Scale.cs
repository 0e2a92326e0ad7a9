using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

internal static partial class SimdF64
{
    /// <summary>About 1 / x: 28 bits from an estimate of 14 where the machine has one, all of them elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Inverse(Vector512<double> x)
    {
        if (!Avx512F.IsSupported) return Vector512<double>.One / x;
        Vector512<double> y = Avx512F.Reciprocal14(x);
        return MulAdd(MulAdd(-x, y, 1.0), y, y);
    }

    /// <summary>About 1 / x: 28 bits from an estimate of 14 where the machine has one, all of them elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Inverse(Vector256<double> x)
    {
        if (!Avx512F.VL.IsSupported) return Vector256<double>.One / x;
        Vector256<double> y = Avx512F.VL.Reciprocal14(x);
        return MulAdd(MulAdd(-x, y, 1.0), y, y);
    }

    /// <summary>About 1 / x: 28 bits from an estimate of 14 where the machine has one, all of them elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Inverse(Vector128<double> x)
    {
        if (!Avx512F.VL.IsSupported) return Vector128<double>.One / x;
        Vector128<double> y = Avx512F.VL.Reciprocal14(x);
        return MulAdd(MulAdd(-x, y, 1.0), y, y);
    }
}
