namespace Nabla.Registry;

internal static class ArithmeticRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
