namespace Nabla.Registry;

internal static class TrigonometricRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
