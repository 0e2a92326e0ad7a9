namespace Nabla.Conformance;

/// <summary>Cases in which this library is not to agree with the data, or cannot yet: operator file, sample (-1: all), reason.</summary>
internal static class KnownDifferences
{
    private static readonly (string File, int Sample, string Reason)[] All =
    [
        ("trace", 5, "PyTorch's gradient of the trace of a tall matrix also touches an element off the diagonal; it is 0 there"),
        ("as_strided_scatter", -1, "PyTorch gives the overwritten input the gradient of the overwritten region instead of the rest"),
        ("special.log_ndtr", 3, "PyTorch's derivative is 0/0 far out in the tail; the limit is known and given"),
        ("special.log_ndtr", 6, "PyTorch's derivative loses its digits in the tail"),
        ("addcmul", 3, "PyTorch rounds an intermediate of a float32 operand's gradient to bfloat16"),
        ("addcdiv", 3, "PyTorch rounds an intermediate of a float32 operand's gradient to bfloat16"),
        ("cholesky_inverse", 0, InverseTangent), ("cholesky_inverse", 1, InverseTangent),
        ("triangular_solve", 0, SolveTangent), ("triangular_solve", 1, SolveTangent),
    ];

    private const string InverseTangent = "PyTorch's forward derivative is off from the sixth digit on";

    private const string SolveTangent = "PyTorch's forward derivative also reads the triangle that the solution does not depend on";

    /// <summary>Why a sample differs, or null if it must agree.</summary>
    internal static string? Reason(string file, int sample)
    {
        foreach ((string name, int number, string reason) in All)
            if (name == file && (number < 0 || number == sample)) return reason;
        return null;
    }
}
