using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Nabla.Kernels;

/// <summary>How the long vector kernels are compiled.</summary>
internal static class SimdMethod
{
    /// <summary>
    /// A method of its own, optimised at its first call: for what is too long to be inlined twice into one loop (the inliner has a budget).
    /// </summary>
    public const MethodImplOptions Whole = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    /// <summary>Whether a b + c is rounded once in hardware; in software it would be a hundred times slower.</summary>
    public static bool HasFusedMultiplyAdd => Fma.IsSupported || AdvSimd.Arm64.IsSupported;
}
