namespace Nabla;

/// <summary>Where a call stands in the source of the user's program.</summary>
internal readonly record struct CallSite(string File, int Line)
{
    private const int Kept = 256;

    private static readonly (int Run, CallSite Site)[] Recent = new (int, CallSite)[Kept];

    /// <summary>Notes where a backward was called; only the last few are kept.</summary>
    internal static void Note(int run, CallSite site) => Recent[run & (Kept - 1)] = (run, site);

    /// <summary>Where a backward was called, given the low bits of its number, or null if that is long ago.</summary>
    internal static CallSite? Of(ushort run) => Recent[run & (Kept - 1)] is var (noted, site) && (ushort)noted == run ? site : null;

    public override string ToString() => $"{Path.GetFileName(File)}, line {Line}";
}
