namespace Nabla.Registry;

internal static class SoftmaxRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
