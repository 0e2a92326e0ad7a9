using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>How the long vector kernels are compiled.</summary>
internal static class SimdMethod
{
    /// <summary>
    /// A method of its own, optimised at its first call: inlined into the driver's short loop, a long kernel would use up the inliner's
    /// budget, and its last helpers would stay calls.
    /// </summary>
    public const MethodImplOptions Whole = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    /// <summary>Whether a b + c is rounded once in hardware; in software it would be a hundred times slower.</summary>
    public static bool HasFusedMultiplyAdd => Fma.IsSupported || AdvSimd.Arm64.IsSupported;
}
