namespace Nabla.Registry;

internal static class ScanRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("cumsum", c => c.T(0).CumSum(c.Int(1, "dim"), c.DType(-1, "dtype")))
        {
            InPlace = c => c.T(0).CumSum_(c.Int(1, "dim")),
            Samples = () => [new([In.Real(2, 3), 0L]), new([In.Real(2, 3), -1L]), new([In.Real(2, 3, 2), 1L]), new([In.Real(), 0L]),
                new([In.Real(0), 0L])],
        },
        new("cumprod", c => c.T(0).CumProd(c.Int(1, "dim"), c.DType(-1, "dtype")))
        {
            InPlace = c => c.T(0).CumProd_(c.Int(1, "dim")),
            Covers = ["Cumprod", "ProdBefore", "Recurrence"],
            Samples = () =>
            [
                new([In.Real(2, 3), 0L]), new([In.Real(2, 3), -1L]), new([In.Real(2, 3, 2), 1L]), new([In.Real(), 0L]),
                    new([In.Real(0), 0L]),
                new([Tensor.From([2.0, 0, 3, 0, 0, 4], [2, 3]).RequiresGrad_(), 1L]),
            ],
        },
        new("logcumsumexp", c => c.T(0).LogCumSumExp(c.Int(1, "dim")))
        {
            Samples = () => [new([In.Real(2, 3), 0L]), new([In.Real(2, 3), -1L]), new([In.Real(), 0L]), new([In.Real(0), 0L])],
        },
        new("cummax", c => c.T(0).CumMax(c.Int(1, "dim")))
        {
            Covers = ["ScanPlaces", "TakePlaces"],
            Samples = () => [new([In.Distinct(2, 3), 0L]), new([In.Distinct(2, 3), -1L]), new([In.Distinct(), 0L])],
        },
        new("cummin", c => c.T(0).CumMin(c.Int(1, "dim")))
        {
            Covers = ["ScanPlaces", "TakePlaces"],
            Samples = () => [new([In.Distinct(2, 3), 0L]), new([In.Distinct(2, 3), -1L]), new([In.Distinct(), 0L])],
        },
        Trapezoid("trapezoid"), Trapezoid("trapz") with { Member = "x.Trapezoid(...)" },
        new("cumulative_trapezoid", c => c.OptT(1, "x") is { } x
            ? c.T(0).CumulativeTrapezoid(x, c.Int(-1, "dim", -1))
            : c.T(0).CumulativeTrapezoid(c.Double(-1, "dx", 1), c.Int(-1, "dim", -1)))
        {
            Samples = () => [new([In.Real(2, 4)]), new([In.Real(2, 4), In.Distinct(4)])],
        },
    ];

    private static OpRow Trapezoid(string name) => new(name, c => c.OptT(1, "x") is { } x
        ? c.T(0).Trapezoid(x, c.Int(-1, "dim", -1))
        : c.T(0).Trapezoid(c.Double(-1, "dx", 1), c.Int(-1, "dim", -1)))
    {
        Samples = () => [new([In.Real(2, 4)]), new([In.Real(2, 4), In.Distinct(4)]),
            new([In.Real(2, 4)], new Dictionary<string, object?> { ["dim"] = 0L, ["dx"] = 2.0 }), new([In.Real(0, 3)])],
        Except = [("scalar", "needs neighbours")],
        Errors = [(() => In.Real(3).Trapezoid(In.Real(2)), typeof(ShapeException), "There must be one `x` value")],
    };
}
