namespace Nabla.Registry;

internal static class NormRows
{
    internal static IReadOnlyList<OpRow> All { get; } = [];
}
