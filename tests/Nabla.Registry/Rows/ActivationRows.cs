namespace Nabla.Registry;

internal static class ActivationRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
