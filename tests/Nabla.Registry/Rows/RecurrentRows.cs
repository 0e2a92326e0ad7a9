using Nabla.Kernels;

namespace Nabla.Registry;

internal static class RecurrentRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("lstm_cell", static c =>
        {
            object?[] state = Pair(c);
            return Functional.LstmCell(c.T(0), ((Tensor)state[0]!, (Tensor)state[1]!), c.T(2), c.T(3), c.OptT(4, "b_ih"),
                c.OptT(5, "b_hh"));
        })
        {
            Samples = () =>
            [
                new([In.Real(2, 3), new object?[] { In.Real2(2, 2), In.Unit(2, 2) }, In.Real(8, 3), In.Unit(8, 2), In.Real2(8),
                    In.Unit(8)]),
                new([In.Real(1, 1), new object?[] { In.Real2(1, 3), In.Unit(1, 3) }, In.Real(12, 1), In.Unit(12, 3)]),
                new([In.Real(0, 3), new object?[] { In.Real2(0, 2), In.Unit(0, 2) }, In.Real(8, 3), In.Unit(8, 2)]),
            ],
            Errors =
            [
                (static () => Functional.LstmCell(In.Real(3, 4), (In.Real(3, 6), In.Real(3, 6)), In.Real(24, 5), In.Real(24, 6)),
                    typeof(ShapeException), "input has inconsistent input_size: got 4 expected 5"),
                (static () => Functional.LstmCell(In.Real(3, 5), (In.Real(2, 6), In.Real(3, 6)), In.Real(24, 5), In.Real(24, 6)),
                    typeof(ShapeException), "Input batch size 3 doesn't match hidden0 batch size 2"),
                (static () => Functional.LstmCell(In.Real(3, 5), (In.Real(3, 6), In.Real(3, 7)), In.Real(24, 5), In.Real(24, 6)),
                    typeof(ShapeException), "hidden1 has inconsistent hidden_size: got 7, expected 6"),
                (static () => Functional.LstmCell(Whole(3, 5), (Whole(3, 6), Whole(3, 6)), Whole(24, 5), Whole(24, 6)),
                    typeof(DTypeException), "result type Float can't be cast to the desired output type Long"),
            ],
        },
        new("gru_cell", static c => Functional.GruCell(c.T(0), c.T(1), c.T(2), c.T(3), c.OptT(4, "b_ih"), c.OptT(5, "b_hh")))
        {
            Samples = () =>
            [
                new([In.Real(2, 3), In.Real2(2, 2), In.Real(6, 3), In.Unit(6, 2), In.Real2(6), In.Unit(6)]),
                new([In.Real(1, 1), In.Real2(1, 3), In.Real(9, 1), In.Unit(9, 3)]),
                new([In.Real(0, 3), In.Real2(0, 2), In.Real(6, 3), In.Unit(6, 2)]),
            ],
            Errors =
            [
                (static () => Functional.GruCell(In.Real(3, 5), In.Real(3, 7), In.Real(18, 5), In.Real(18, 6)), typeof(ShapeException),
                    "hidden0 has inconsistent hidden_size: got 7, expected 6"),
                (static () => Functional.GruCell(In.Real(3, 5), In.Real(3, 6).To(DType.Float32), In.Real(18, 5), In.Real(18, 6)),
                    typeof(DTypeException), "expected m1 and m2 to have the same dtype, but got: double != float"),
                (static () => Functional.GruCell(Whole(3, 5), Whole(3, 6), Whole(18, 5), Whole(18, 6)), typeof(DTypeException),
                    "result type Float can't be cast to the desired output type Long"),
            ],
        },
        Simple("rnn_tanh_cell", static c => Functional.RnnTanhCell(c.T(0), c.T(1), c.T(2), c.T(3), c.OptT(4, "b_ih"), c.OptT(5, "b_hh"))),
        Simple("rnn_relu_cell", static c => Functional.RnnReluCell(c.T(0), c.T(1), c.T(2), c.T(3), c.OptT(4, "b_ih"), c.OptT(5, "b_hh"))),
        Layer("lstm", RecurrentKind.Lstm, 4, "Nabla.Nn.LSTM"), Layer("gru", RecurrentKind.Gru, 3, "Nabla.Nn.GRU"),
        Layer("rnn_tanh", RecurrentKind.Tanh, 1, "Nabla.Nn.RNN"), Layer("rnn_relu", RecurrentKind.Relu, 1, "Nabla.Nn.RNN"),
    ];

    /// <summary>A layer in one direction behind the product with its input: the input's gates, h, the state's weights, c, a bias.</summary>
    private static OpRow Layer(string name, RecurrentKind kind, long gates, string member) => new(name, c =>
    {
        (Tensor y, Tensor h, Tensor? cell) = Functional.RecurrentLayer(kind, c.T(0), c.T(1), c.OptT(3, "c"), c.T(2), c.OptT(4, "b"),
            c.Bool(5, "reverse", false));
        return cell is null ? new[] { y, h } : new[] { y, h, cell };
    })
    {
        Member = member,
        Covers = ["RecurrentLayer"],
        Samples = () =>
        [
            new([In.Real(3, 2, 2 * gates), In.Real2(2, 2), In.Unit(2 * gates, 2), gates == 4 ? In.Unit(2, 2) : null, In.Real(2 * gates)]),
            new([In.Real(2, 1, 3 * gates), In.Real2(1, 3), In.Unit(3 * gates, 3), gates == 4 ? In.Unit(1, 3) : null, null, true]),
        ],
    };

    private static Tensor Whole(params long[] shape) => Tensor.Ones(shape, DType.Int64);

    private static object?[] Pair(Call c) => c.Get(1, "hx") switch
    {
        object?[] tuple => tuple,
        List<object?> list => [.. list],
        var other => throw new ArgumentException($"'hx' is {other ?? "missing"}, not two tensors."),
    };

    private static OpRow Simple(string name, Func<Call, object?> run) => new(name, run)
    {
        Samples = () =>
        [
            new([In.Real(2, 3), In.Real2(2, 2), In.Real(2, 3), In.Unit(2, 2), In.Real2(2), In.Unit(2)]),
            new([In.Real(0, 3), In.Real2(0, 2), In.Real(2, 3), In.Unit(2, 2)]),
        ],
        Errors =
        [
            (static () => Functional.RnnTanhCell(In.Real(3, 5), In.Real(2, 6), In.Real(6, 5), In.Real(6, 6)), typeof(ShapeException),
                "Input batch size 3 doesn't match hidden0 batch size 2"),
        ],
    };
}
