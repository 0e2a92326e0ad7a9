namespace Nabla.Registry;

internal static class MatrixRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
