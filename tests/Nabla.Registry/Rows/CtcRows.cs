namespace Nabla.Registry;

internal static class CtcRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("nn.functional.ctc_loss", c => Run(c, c.T(0)))
        {
            Covers = ["CtcLoss"],
            Except = [("grad", "as in PyTorch, the gradient presumes that the input is a log-softmax; the other row has one")],
            Samples = () => [.. Calls()],
            Errors =
            [
                (() => Functional.CtcLoss(Logs(), Labels(), [6, 5], [2, 2]), typeof(ShapeException),
                    "Expected input_lengths to have value at most 5, but got value 6"),
                (() => Functional.CtcLoss(Logs(), Labels(), [5, 5], [3, 2]), typeof(ShapeException),
                    "Expected tensor to have size at least 3 at dimension 1, but got size 2 for argument #2 'targets'"),
                (() => Functional.CtcLoss(Logs(), Labels().Reshape([-1]), [5, 5], [1, 2]), typeof(ShapeException),
                    "Expected tensor to have size 3 at dimension 0, but got size 4 for argument #2 'targets'"),
                (() => Functional.CtcLoss(Logs(), Labels(), [5], [2, 2]), typeof(ShapeException),
                    "input_lengths must be of size batch_size"),
                (() => Functional.CtcLoss(Logs(), Labels(), [5, 5], [2, 2], blank: 4), typeof(ArgumentOutOfRangeException),
                    "blank must be in label range"),
                (() => Functional.CtcLoss(Logs(), Labels() + 2, [5, 5], [2, 2]), typeof(ArgumentOutOfRangeException), "Target 4"),
                (() => Functional.CtcLoss(Logs().To(DType.Float16), Labels(), [5, 5], [2, 2]), typeof(DTypeException),
                    "\"ctc_loss_cpu\" not implemented for 'Half'"),
                (() => Functional.CtcLoss(Logs(), Labels(), Tensor.From([5.0, 5]), Tensor.From([2L, 2])), typeof(DTypeException),
                    "input_lengths must be integral"),
            ],
        },
        new("nn.functional.ctc_loss", c => Run(c, c.T(0).LogSoftmax(-1)))
        {
            Variant = "of a log-softmax",
            Covers = ["CtcLoss", "CtcLossBackward", "CtcLossSecond"],
            Samples = () => [.. Calls()],
        },
    ];

    private static IEnumerable<Call> Calls() =>
    [
        new([In.Real(5, 2, 4), Labels(), List(5, 4), List(2, 1)]),
        new([In.Real(4, 2, 3), Tensor.From([1L, 1, 2]), List(4, 3), List(2, 1)], With("reduction", "none")),
        new([In.Real(5, 2, 4), Labels(), Tensor.From([5L, 3]), Tensor.From([0L, 2])], With("reduction", "sum", "blank", 3L)),
        new([In.Real(3, 2, 4), Tensor.From([1L, 1, 1, 2], [2, 2]), List(2, 3), List(2, 2)], With("zero_infinity", true)),
        new([In.Real(4, 3), Tensor.From([1L, 2]), List(4), List(2)], With("reduction", "none")),
        new([In.Real(4, 0, 3), Tensor.Zeros([0, 2], DType.Int64), List(), List()], With("reduction", "sum")),
    ];

    private static object Run(Call c, Tensor logs)
    {
        Reduction reduction = c.String(5, "reduction", "mean") switch
        {
            "none" => Reduction.None,
            "sum" => Reduction.Sum,
            _ => Reduction.Mean,
        };
        (long blank, bool zero) = (c.Long(4, "blank", 0), c.Bool(6, "zero_infinity", false));
        return c.Get(2, "input_lengths") is Tensor
            ? Functional.CtcLoss(logs, c.T(1), c.T(2, "input_lengths"), c.T(3, "target_lengths"), blank, reduction, zero)
            : Functional.CtcLoss(logs, c.T(1), c.Longs(2, "input_lengths"), c.Longs(3, "target_lengths"), blank, reduction, zero);
    }

    private static Tensor Logs() => In.Const(In.Real(5, 2, 4)).LogSoftmax(-1);

    private static Tensor Labels() => Tensor.From([1L, 2, 2, 1], [2, 2]);

    private static List<object?> List(params long[] values) => [.. values];

    private static Dictionary<string, object?> With(params object?[] pairs)
    {
        Dictionary<string, object?> kwargs = [];
        for (int i = 0; i < pairs.Length; i += 2) kwargs[(string)pairs[i]!] = pairs[i + 1];
        return kwargs;
    }
}
