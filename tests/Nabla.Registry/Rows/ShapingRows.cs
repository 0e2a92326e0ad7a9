namespace Nabla.Registry;

internal static class ShapingRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
