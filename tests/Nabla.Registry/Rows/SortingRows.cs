namespace Nabla.Registry;

internal static class SortingRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
