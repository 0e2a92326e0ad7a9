namespace Nabla.Registry;

internal static class ScanRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
