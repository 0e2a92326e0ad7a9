namespace Nabla.Registry;

internal static class ScatterRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("gather", c => c.T(0).Gather(c.Int(1, "dim"), c.T(2, "index")))
        {
            Covers = ["Gather", "GatherZeros", "WrapIndex"],
            Samples = () =>
            [
                new([In.Real(3, 4), 0L, In.Index(3, 2, 4)]),
                new([In.Real(3, 4), -1L, In.Index(4, 3, 1)]),
                new([In.Real(2, 3, 2), 1L, In.Index(3, 2, 5, 1).To(DType.Int32)]),
                new([In.Real(), 0L, Tensor.Of(0)]),
                new([In.Real(3), 0L, Tensor.Zeros([0], DType.Int64)]),
            ],
            Errors =
            [
                (() => In.Real(2, 3).Gather(1, Tensor.Of([[3]])), typeof(ArgumentOutOfRangeException),
                    "index 3 is out of bounds for dimension 1 with size 3"),
                (() => In.Real(2, 3).Gather(1, Tensor.Of([[-1]])), typeof(ArgumentOutOfRangeException),
                    "index -1 is out of bounds for dimension 1 with size 3"),
                (() => In.Real(2, 3).Gather(1, Tensor.Of([0])), typeof(ShapeException),
                    "Index tensor must have the same number of dimensions"),
                (() => In.Real(2, 3).Gather(1, In.Real(2, 3)), typeof(DTypeException), "gather(): Expected dtype int64 for index"),
            ],
        },
        new("scatter", c => c.Has(4, "reduce")
            ? c.IsNumber(3, "value") ? c.T(0).Scatter(c.Int(1, "dim"), c.T(2, "index"), c.Number(3, "value"), c.String(4, "reduce", ""))
                : c.T(0).Scatter(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "src"), c.String(4, "reduce", ""))
            : c.IsNumber(3, "value") ? c.T(0).Scatter(c.Int(1, "dim"), c.T(2, "index"), c.Number(3, "value"))
                : c.T(0).Scatter(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "src")))
        {
            InPlace = c => c.IsNumber(3, "value") ? c.T(0).Scatter_(c.Int(1, "dim"), c.T(2, "index"), c.Number(3, "value"))
                : c.T(0).Scatter_(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "src")),
            Covers = ["Scatter"],
            Samples = () =>
            [
                new([In.Real(3, 4), 0L, Tensor.Of([[0, 1, 2, 0], [2, 0, 1, 1]]), In.Real2(2, 4)]),
                new([In.Real(3, 4), -1L, Tensor.Of([[0, 3], [2, 1], [1, 0]]), In.Real2(3, 3)]),
                new([In.Real(3, 4), 1L, In.Index(4, 3, 2), 1.5]),
                new([In.Real(), 0L, Tensor.Of(0), In.Real2()]),
            ],
            Errors =
            [
                (() => In.Const(In.Real(4)).Scatter_(0, Tensor.Of([0, 1, 4]), Tensor.Ones([3], DType.Float64)),
                    typeof(ArgumentOutOfRangeException), "index 4 is out of bounds for dimension 0 with size 4"),
            ],
        },
        new("scatter_add", c => c.T(0).ScatterAdd(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "src")))
        {
            InPlace = c => c.T(0).ScatterAdd_(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "src")),
            Covers = ["Scatter"],
            Samples = () => [new([In.Real(3, 4), 0L, In.Index(3, 2, 4), In.Real2(2, 4)]),
                new([In.Real(3, 4), -1L, In.Index(4, 3, 6), In.Real2(3, 6)]), new([In.Real(), 0L, Tensor.Of(0), In.Real2()])],
        },
        new("scatter_reduce", c => c.T(0).ScatterReduce(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "src"), c.String(4, "reduce", ""),
            c.Bool(5, "include_self", true)))
        {
            InPlace = c => c.T(0).ScatterReduce_(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "src"), c.String(4, "reduce", ""),
                c.Bool(5, "include_self", true)),
            Covers = ["ScatterReduce"],
            Samples = () =>
            [
                .. from reduce in new[] { "sum", "prod", "mean", "amax", "amin" }
                   from self in new[] { true, false }
                   select new Call([In.Real(3, 4), 0L, In.Index(3, 3, 4), In.Real2(3, 4), reduce, self]),
                new([In.Real(), 0L, Tensor.Of(0), In.Real2(), "sum"]),
            ],
        },
    ];
}
