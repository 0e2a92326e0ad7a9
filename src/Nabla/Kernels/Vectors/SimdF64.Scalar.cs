namespace Nabla.Kernels;

/// <summary>The functions whose arguments may be too large for the vector code's reduction.</summary>
internal enum TrigonometricKind : byte
{
    Sin,
    Cos,
    Tan,
}

internal static partial class SimdF64
{
    private static double OfLarge(double x, TrigonometricKind kind) => kind switch
    {
        TrigonometricKind.Sin => Math.Sin(x),
        TrigonometricKind.Cos => Math.Cos(x),
        _ => Math.Tan(x),
    };
}
