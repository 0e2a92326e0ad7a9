namespace Nabla.Registry;

internal static class JoiningRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
    ];
}
