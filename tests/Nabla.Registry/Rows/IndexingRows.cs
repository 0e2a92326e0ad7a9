namespace Nabla.Registry;

internal static class IndexingRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
