using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>
    /// A recurrent layer in one direction. Operands: the input's part of all gates, (steps, rows, gates · n), h and the state's weights,
    /// then c for an LSTM, then a bias if there is one. Results: h of all steps, the last h, then for an LSTM the last c, all c and the
    /// activated gates; for a GRU the activated gates and the state's part of the last one.
    /// </summary>
    public readonly record struct RecurrentLayer(RecurrentKind Kind, bool Reverse, bool Bias) : IOp<RecurrentLayer>
    {
        static string IOperation<RecurrentLayer>.NodeName(RecurrentLayer op) => op.Kind switch
        {
            RecurrentKind.Lstm => "MkldnnRnnLayerBackward0",
            RecurrentKind.Gru => "GruLayerBackward0",
            _ => "RnnLayerBackward0",
        };

        static bool IOp<RecurrentLayer>.SavesInput(RecurrentLayer op, int i) => i is 1 or 2 || (op.Cells && i == 3);
        static bool IOp<RecurrentLayer>.SavesOutput(RecurrentLayer op, int i) => i == 0 || i > (op.Cells ? 2 : 1);

        private bool Cells => Kind == RecurrentKind.Lstm;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => Kernels.RecurrentLayer.Forward(Kind, x[0], x[1], Cells ? x[3] : null, x[2],
            Bias ? x[^1] : null, Reverse);

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            (Tensor h, Tensor w, Tensor? c, Tensor all) = (x[1], x[2], Cells ? x[3] : null, y[0]);
            Tensor? kept = Kind is RecurrentKind.Lstm or RecurrentKind.Gru ? y[^1] : null, fromKept = kept is null ? null : g[^1];
            Tensor? fromC = Cells ? g[2] : null, fromCells = Cells ? g[3] : null;
            bool plain = fromKept is null && fromCells is null && Plain(h, w, c, all, g[0], g[1], fromC);
            (Tensor dx, Tensor dy, Tensor dh, Tensor? dc) = plain
                ? Kernels.RecurrentLayer.Backward(Kind, h, c, w, all, Cells ? y[3] : null, kept, new(g[0], g[1], fromC), Reverse)
                : Walk(g, x, y);
            into[0] = dx;
            if (into.Needs(1)) into[1] = dh;
            if (into.Needs(2))
                into[2] = plain
                    ? Kernels.RecurrentLayer.WeightGrad(dy, h, all, Reverse)
                    : Flat(dy).TransposeMatrix().Mm(Flat(Before(h, all)));
            if (Cells && into.Needs(3)) into[3] = dc;
            if (Bias && into.Needs(x.Length - 1)) into[x.Length - 1] = plain ? Kernels.RecurrentLayer.BiasGrad(dy) : dy.Sum([0, 1]);
        }

        private static Tensor Flat(Tensor x) => x.Reshape([-1, x.Size(-1)]);

        /// <summary>The state before each step.</summary>
        private Tensor Before(Tensor h, Tensor all)
        {
            long n = all.Size(0);
            return Reverse ? Tensor.Cat([all.Narrow(0, 1, n - 1), h.Unsqueeze(0)]) : Tensor.Cat([h.Unsqueeze(0), all.Narrow(0, 0, n - 1)]);
        }

        /// <summary>The walk back in terms of operations that have derivatives.</summary>
        private (Tensor X, Tensor Y, Tensor H, Tensor? C) Walk(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            (Tensor h, Tensor w, Tensor all) = (x[1], x[2], y[0]);
            int steps = (int)all.Size(0);
            Tensor[] dx = new Tensor[steps], dy = new Tensor[steps];
            Tensor dh = g[1] ?? Tensor.ZerosLike(h);
            Tensor? dc = Cells ? g[2] ?? Tensor.ZerosLike(h) : null;
            for (int i = steps - 1; i >= 0; i--)
            {
                int t = Reverse ? steps - 1 - i : i, before = Reverse ? t + 1 : t - 1;
                if (g[0] is { } d) dh = dh + d.Select(0, t);
                Tensor lastH = i == 0 ? h : all.Select(0, before), past;
                if (Cells)
                {
                    Tensor[] a = y[4].Select(0, t).Chunk(4, -1);
                    Tensor tanh = y[3].Select(0, t).Tanh(), lastC = i == 0 ? x[3] : y[3].Select(0, before);
                    Tensor total = Plus(dh * a[3] * (1 - tanh.Square()) + dc!, g[3]?.Select(0, t));
                    Tensor gates = Plus(Tensor.Cat([total * a[2], total * lastC, total * a[0], dh * tanh], -1), g[4]?.Select(0, t));
                    dx[t] = dy[t] = gates * Tensor.Cat([a[0] * (1 - a[0]), a[1] * (1 - a[1]), 1 - a[2].Square(), a[3] * (1 - a[3])], -1);
                    dc = total * a[1];
                    dh = dy[t].Mm(w);
                }
                else if (Kind == RecurrentKind.Gru)
                {
                    Tensor[] a = y[2].Select(0, t).Chunk(4, -1);
                    Tensor[]? more = g[2]?.Select(0, t).Chunk(4, -1);
                    Tensor inner = Plus(dh * (1 - a[1]), more?[2]) * (1 - a[2].Square()), state = Plus(inner * a[0], more?[3]);
                    Tensor r = Plus(inner * a[3], more?[0]) * (a[0] * (1 - a[0]));
                    Tensor z = Plus(dh * (lastH - a[2]), more?[1]) * (a[1] * (1 - a[1]));
                    past = dh * a[1];
                    (dx[t], dy[t]) = (Tensor.Cat([r, z, inner], -1), Tensor.Cat([r, z, state], -1));
                    dh = past + dy[t].Mm(w);
                }
                else
                {
                    Tensor now = all.Select(0, t);
                    dx[t] = dy[t] = Kind == RecurrentKind.Tanh ? dh * (1 - now.Square()) : dh.MaskedFill(now.Le(0), 0);
                    dh = dy[t].Mm(w);
                }
            }
            Tensor fromX = Tensor.Stack(dx);
            return (fromX, Kind == RecurrentKind.Gru ? Tensor.Stack(dy) : fromX, dh, dc);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            (Tensor h, Tensor w, Tensor all) = (x[1], x[2], y[0]);
            int steps = (int)all.Size(0);
            Tensor[] hs = new Tensor[steps], cs = new Tensor[steps], kept = new Tensor[steps];
            Tensor dh = t[1] ?? Tensor.ZerosLike(h), dc = Cells ? t[3] ?? Tensor.ZerosLike(h) : dh;
            for (int i = 0; i < steps; i++)
            {
                int at = Reverse ? steps - 1 - i : i, before = Reverse ? at + 1 : at - 1;
                Tensor lastH = i == 0 ? h : all.Select(0, before), state = dh.Mm(w.TransposeMatrix());
                if (t[2] is { } u) state = state + lastH.Mm(u.TransposeMatrix());
                if (Bias && t[^1] is { } b) state = state + b;
                Tensor input = t[0] is { } v ? v.Select(0, at) : Tensor.ZerosLike(state);
                if (Cells)
                {
                    Tensor c = i == 0 ? x[3] : y[3].Select(0, before);
                    Tensor?[] d = new LstmCell().Jvp([input, state, dc], [input, input, c], [all.Select(0, at), y[3].Select(0, at),
                        y[4].Select(0, at)]);
                    (dh, dc, kept[at]) = (d[0]!, d[1]!, d[2]!);
                }
                else if (Kind == RecurrentKind.Gru)
                {
                    Tensor a = y[2].Select(0, at);
                    long n = h.Size(-1);
                    Tensor gates = Tensor.Cat([state.Narrow(-1, 0, 2 * n), a.Narrow(-1, 3 * n, n)], -1);
                    Tensor?[] d = new GruCell().Jvp([input, state, dh], [input, gates, lastH], [lastH, a.Narrow(-1, 0, 3 * n)]);
                    (dh, kept[at]) = (d[0]!, Tensor.Cat([d[1]!, state.Narrow(-1, 2 * n, n)], -1));
                }
                else
                {
                    Tensor now = all.Select(0, at), sum = input + state;
                    dh = Kind == RecurrentKind.Tanh ? sum * (1 - now.Square()) : sum.MaskedFill(now.Le(0), 0);
                }
                (hs[at], cs[at]) = (dh, dc);
            }
            Tensor states = Tensor.Stack(hs);
            return Kind switch
            {
                RecurrentKind.Lstm => [states, dh, dc, Tensor.Stack(cs), Tensor.Stack(kept)],
                RecurrentKind.Gru => [states, dh, Tensor.Stack(kept)],
                _ => [states, dh],
            };
        }
    }
}
