namespace Nabla;

internal static partial class Ops
{
    /// <summary>
    /// The pointwise part of an LSTM's step: from the input's and the state's part of the gates, (..., 4 n), and c, (..., n), to h, c and
    /// the activated gates i, f, g, o: c' = f c + i g, h = o tanh c'.
    /// </summary>
    public readonly record struct LstmCell : IOp<LstmCell>
    {
        static string IOperation<LstmCell>.NodeName(LstmCell op) => "ThnnFusedLstmCellBackward0";
        static bool IOp<LstmCell>.SavesInput(LstmCell op, int i) => i == 2;
        static bool IOp<LstmCell>.SavesOutput(LstmCell op, int i) => i > 0;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => Kernels.Recurrent.Lstm(x[0], x[1], x[2]);

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor c = x[2], c2 = y[1], a = y[2];
            if (g[2] is null && Plain(a, c, c2, g[0], g[1]))
            {
                (Tensor gates, Tensor last) = Kernels.Recurrent.LstmBackward(a, c, c2, g[0], g[1]);
                (into[0], into[1], into[2]) = (gates, gates, last);
                return;
            }
            Tensor[] part = a.Chunk(4, -1);
            Tensor t = c2.Tanh(), zero = Tensor.ZerosLike(c2), h = g[0] ?? zero;
            Tensor total = h * part[3] * (1 - t.Square());
            if (g[1] is { } fromC) total = total + fromC;
            Tensor d = Tensor.Cat([total * part[2], total * c, total * part[0], h * t], -1);
            if (g[2] is { } fromA) d = d + fromA;
            d = d * Slope(part);
            if (into.Needs(0)) into[0] = d;
            if (into.Needs(1)) into[1] = d;
            if (into.Needs(2)) into[2] = total * part[1];
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor c = x[2], tanh = y[1].Tanh();
            Tensor[] part = y[2].Chunk(4, -1);
            Tensor? s = Both(t[0], t[1]), gates = s is null ? null : s * Slope(part), cell = t[2] is { } u ? u * part[1] : null;
            Tensor[] d = gates?.Chunk(4, -1) ?? [];
            if (gates is not null) cell = Both(cell, d[0] * part[2] + d[1] * c + d[2] * part[0]);
            if (cell is null) return [null, null, null];
            Tensor hidden = cell * part[3] * (1 - tanh.Square());
            return [gates is null ? hidden : hidden + d[3] * tanh, cell, gates];
        }

        /// <summary>The activations' derivatives.</summary>
        private static Tensor Slope(Tensor[] part) => Tensor.Cat([part[0] * (1 - part[0]), part[1] * (1 - part[1]), 1 - part[2].Square(),
            part[3] * (1 - part[3])], -1);
    }

    /// <summary>
    /// The pointwise part of a GRU's step: from the input's and the state's part of the gates, (..., 3 n), and h, (..., n), to h and the
    /// activated gates r, z, n: h' = (h - n) z + n.
    /// </summary>
    public readonly record struct GruCell : IOp<GruCell>
    {
        static string IOperation<GruCell>.NodeName(GruCell op) => "ThnnFusedGruCellBackward0";
        static bool IOp<GruCell>.SavesInput(GruCell op, int i) => i > 0;
        static bool IOp<GruCell>.SavesOutput(GruCell op, int i) => i == 1;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => Kernels.Recurrent.Gru(x[0], x[1], x[2]);

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor gates = x[1], h = x[2], a = y[1];
            if (g[1] is null && Plain(a, gates, h, g[0]))
            {
                (into[0], into[1], into[2]) = Kernels.Recurrent.GruBackward(a, gates, h, g[0]!);
                return;
            }
            Tensor[] part = a.Chunk(3, -1);
            Tensor[]? more = g[1]?.Chunk(3, -1);
            Tensor d = g[0] ?? Tensor.ZerosLike(h);
            Tensor inner = Plus(d * (1 - part[1]), more?[2]) * (1 - part[2].Square());
            Tensor r = Plus(inner * gates.Chunk(3, -1)[2], more?[0]) * (part[0] * (1 - part[0]));
            Tensor z = Plus(d * (h - part[2]), more?[1]) * (part[1] * (1 - part[1]));
            if (into.Needs(0)) into[0] = Tensor.Cat([r, z, inner], -1);
            if (into.Needs(1)) into[1] = Tensor.Cat([r, z, inner * part[0]], -1);
            if (into.Needs(2)) into[2] = d * part[1];
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor gates = x[1], h = x[2];
            Tensor[] part = y[1].Chunk(3, -1);
            Tensor dx = t[0] ?? Tensor.ZerosLike(gates), dy = t[1] ?? Tensor.ZerosLike(gates);
            Tensor[] left = dx.Chunk(3, -1), right = dy.Chunk(3, -1);
            Tensor r = (left[0] + right[0]) * (part[0] * (1 - part[0])), z = (left[1] + right[1]) * (part[1] * (1 - part[1]));
            Tensor n = (left[2] + r * gates.Chunk(3, -1)[2] + part[0] * right[2]) * (1 - part[2].Square());
            Tensor d = Plus(n * (1 - part[1]) + z * (h - part[2]), t[2] is { } u ? u * part[1] : null);
            return [d, Tensor.Cat([r, z, n], -1)];
        }
    }

    /// <summary>Whether nothing observes a derivative rule, so that a kernel may compute it as a whole.</summary>
    private static bool Plain(params ReadOnlySpan<Tensor?> x)
    {
        if (GradMode.Enabled) return false;
        foreach (Tensor? t in x)
            if (t?.wrap is not null) return false;
        return true;
    }

    private static Tensor Plus(Tensor x, Tensor? y) => y is null ? x : x + y;

    private static Tensor? Both(Tensor? x, Tensor? y) => x is null ? y : y is null ? x : x + y;
}
