namespace Nabla.Registry;

internal static class RoundingRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
