namespace Nabla.Conformance;

/// <summary>Cases in which this library is not to agree with the data, or cannot yet: operator file, sample (-1: all), reason.</summary>
internal static class KnownDifferences
{
    private static readonly (string File, int Sample, string Reason)[] All =
    [
    ];

    /// <summary>Why a sample differs, or null if it must agree.</summary>
    internal static string? Reason(string file, int sample)
    {
        foreach ((string name, int number, string reason) in All)
            if (name == file && (number < 0 || number == sample)) return reason;
        return null;
    }
}
