using Nabla.Kernels;

namespace Nabla.Onnx;

internal static partial class Rules
{
    private static void Recurrent()
    {
        Many<Ops.RecurrentLayer>(RecurrentLayer);
        Many<Ops.LstmCell>((g, c) =>
        {
            Dim each = c.X(2)[-1];
            DType dtype = c.X(2).DType;
            Term all = new Term(g, c[0], dtype) + new Term(g, c[1], dtype);
            string[] part = g.Nodes("Split", [all.Name, g.Vector([each, each, each, each])], 4, ("axis", c.X(0).Rank - 1));
            Term In(int i, string type) => new Term(g, part[i], dtype).Op(type);
            Term cell = In(1, "Sigmoid") * new Term(g, c[2], dtype) + In(0, "Sigmoid") * In(2, "Tanh");
            return [(In(3, "Sigmoid") * cell.Op("Tanh")).Name, cell.Name, null];
        });
        Many<Ops.GruCell>((g, c) =>
        {
            Dim each = c.X(2)[-1];
            DType dtype = c.X(2).DType;
            string[] x = Parts(0), h = Parts(1);
            Term Gate(int i) => new Term(g, x[i], dtype) + new Term(g, h[i], dtype);
            Term reset = Gate(0).Op("Sigmoid"), update = Gate(1).Op("Sigmoid");
            Term fresh = (new Term(g, x[2], dtype) + reset * new Term(g, h[2], dtype)).Op("Tanh");
            return [((new Term(g, c[2], dtype) - fresh) * update + fresh).Name, null];

            string[] Parts(int i) => g.Nodes("Split", [c[i], g.Vector([each, each, each])], 3, ("axis", c.X(0).Rank - 1));
        });
    }

    /// <summary>
    /// A layer in one direction. The library multiplies the inputs of all steps before; where it did so with a layer's weights, the
    /// operator gets those and the inputs, else it gets the products and the identity.
    /// </summary>
    private static string?[] RecurrentLayer(GraphBuilder g, Call<Ops.RecurrentLayer> c)
    {
        (RecurrentKind kind, bool reverse, bool bias) = c.Get(static op => (op.Kind, op.Reverse, op.Bias));
        // The order of the gates: i, f, g, o here and i, o, f, g there; r, z, n here and z, r, n there.
        int[] gates = kind switch
        {
            RecurrentKind.Lstm => [0, 3, 1, 2],
            RecurrentKind.Gru => [1, 0, 2],
            _ => [0],
        };
        DType dtype = c.X(0).DType;
        Tensor own = Fixed(c, c.X(2));
        long hidden = own.Size(1), rows = own.Size(0);
        string x;
        string? source = null;
        Tensor w, fromInput = Tensor.Zeros([rows], dtype), fromState = bias ? Fixed(c, c.X(c.Count - 1)) : Tensor.Zeros([rows], dtype);
        if (Inputs(g, c.X(0)) is (var name, var layer) && layer.W.First.Data is { } weight
            && (layer.B is null || layer.B.First.Data is not null))
        {
            (x, w, source) = (name, weight, layer.W.First.Name);
            if (layer.B is { } b) fromInput = b.First.Data!;
        }
        else (x, w) = (c[0], Tensor.Eye(rows, dtype: dtype));
        string? state = c.X(2).First.Name;
        string weights = g.Constant(Ordered(w, gates).Unsqueeze(0), Named(source));
        string recurrent = g.Constant(Ordered(own, gates).Unsqueeze(0), Named(state));
        string biases = g.Constant(Tensor.Cat([Ordered(fromInput, gates), Ordered(fromState, gates)]).Unsqueeze(0));
        List<string> operands = [x, weights, recurrent, biases, "", g.Unsqueeze(c[1], 0)];
        List<(string, OnnxAttribute)> attributes = [("hidden_size", hidden), ("direction", reverse ? "reverse" : "forward")];
        string type = "RNN";
        switch (kind)
        {
            case RecurrentKind.Lstm:
                type = "LSTM";
                operands.Add(g.Unsqueeze(c[3], 0));
                break;
            case RecurrentKind.Gru:
                type = "GRU";
                attributes.Add(("linear_before_reset", 1));
                break;
            default:
                attributes.Add(("activations", (string[])[kind == RecurrentKind.Tanh ? "Tanh" : "Relu"]));
                break;
        }
        string[] y = g.Nodes(type, [.. operands], kind == RecurrentKind.Lstm ? 3 : 2, [.. attributes]);
        string?[] results = new string?[c.First.Y.Length];
        (results[0], results[1]) = (g.Squeeze(y[0], 1), g.Squeeze(y[1], 0));
        if (kind == RecurrentKind.Lstm) results[2] = g.Squeeze(y[2], 0);
        return results;
    }

    /// <summary>The name of a weight in the operator's order.</summary>
    private static string? Named(string? weight) => weight is null ? null : weight + "/gates";

    /// <summary>The layer that made the inputs' part of the gates, and its input with the steps first.</summary>
    private static (string X, LinearLayer Layer)? Inputs(GraphBuilder g, ValueSet v)
    {
        // Batches that come first are multiplied as they lie.
        bool swapped = g.CallOf<Ops.Transpose>(v) is { } t && t.Get(static op => (op.Dim0, op.Dim1)) is (-3, -2) or (-2, -3);
        ValueSet result = swapped ? g.CallOf<Ops.Transpose>(v)!.X(0) : v;
        ValueSet? rows = g.CallOf<Ops.Reshape>(result)?.X(0) ?? g.CallOf<Ops.UnsafeView>(result)?.X(0);
        if (rows is null || Layer(g, rows, result) is not { Turned: true } layer) return null;
        string x = g.NameOf(layer.X);
        return (swapped ? g.Swap(x, 3, 0, 1) : x, layer);
    }

    /// <summary>A weight, which must be known.</summary>
    private static Tensor Fixed(Call c, ValueSet v)
    {
        if (v.First.Data is null) c.Refuse("a weight of the layer depends on the input.");
        return v.First.Data!;
    }

    private static Tensor Ordered(Tensor w, int[] gates)
    {
        using GradScope mode = Autograd.NoGrad();
        Tensor[] parts = w.Detach().Chunk(gates.Length, 0);
        return Tensor.Cat([.. gates.Select(i => parts[i])]);
    }
}
