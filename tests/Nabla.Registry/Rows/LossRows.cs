namespace Nabla.Registry;

internal static class LossRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
