namespace Nabla.Registry;

internal static class ComparisonRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
