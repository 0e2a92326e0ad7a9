namespace Nabla.Registry;

internal static class CreationRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
