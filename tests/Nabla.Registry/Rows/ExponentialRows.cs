namespace Nabla.Registry;

internal static class ExponentialRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("reciprocal", c => c.T(0).Reciprocal())
        {
            InPlace = c => c.T(0).Reciprocal_(),
            Samples = () => [new([In.NonZero(2, 3)]), new([In.NonZero()]), new([In.NonZero(0, 2)])],
        },
    ];
}
