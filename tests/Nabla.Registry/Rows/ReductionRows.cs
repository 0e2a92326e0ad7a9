namespace Nabla.Registry;

internal static class ReductionRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
