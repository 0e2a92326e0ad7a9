namespace Nabla.Registry;

internal static class ScatterRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
