namespace Nabla.Registry;

internal static class SoftmaxRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("softmax", c => c.T(0).Softmax(c.Int(1, "dim"), c.DType(2, "dtype")))
        {
            Covers = ["Softmax", "SoftmaxBackwardData"],
            Samples = Samples,
            Errors = [(() => In.Index(3, 3).Softmax(0), typeof(DTypeException), "not implemented for 'Long'"),
                (() => In.Real(3).Softmax(1), typeof(ArgumentOutOfRangeException), "Dimension out of range")],
        },
        new("log_softmax", c => c.T(0).LogSoftmax(c.Int(1, "dim"), c.DType(2, "dtype"))) { Covers = ["LogSoftmax",
            "LogSoftmaxBackwardData"], Samples = Samples },
        new("nn.functional.softmin", c => c.T(0).Softmin(c.Int(1, "dim"), c.DType(-1, "dtype"))) { Samples = Samples },
    ];

    private static IEnumerable<Call> Samples() =>
        [new([In.Real(2, 3), 1L]), new([In.Real(2, 3), 0L]), new([In.Real(2, 3, 2), 1L]), new([In.Real(), 0L]), new([In.Real(2, 0), 1L]),
            new([In.Real(0, 2), 1L])];
}
