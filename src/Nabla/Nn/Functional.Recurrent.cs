using Nabla.Amp;

namespace Nabla;

public static partial class Functional
{
    /// <summary>One step of an LSTM: i, f, o = σ(gates), g = tanh(gates), c' = f c + i g, h' = o tanh c', where the gates are
    /// x W_ihᵀ + b_ih + h W_hhᵀ + b_hh (S. Hochreiter and J. Schmidhuber, Long short-term memory, 1997).</summary>
    /// <param name="input">x: [N, in].</param>
    /// <param name="hx">h and c: [N, hidden] each.</param>
    /// <param name="wIh">[4 hidden, in]: i, f, g, o one below the other.</param>
    /// <param name="wHh">[4 hidden, hidden].</param>
    /// <param name="bIh">[4 hidden], or null.</param>
    /// <param name="bHh">[4 hidden], or null.</param>
    /// <returns>h' and c'.</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public static (Tensor H, Tensor C) LstmCell(Tensor input, (Tensor H, Tensor C) hx, Tensor wIh, Tensor wHh, Tensor? bIh = null,
        Tensor? bHh = null)
    {
        CheckCell(input, wIh, wHh, 4, hx.H, hx.C);
        DType dtype = hx.C.dtype;
        Tensor[] y = Op.Apply(new Ops.LstmCell(), Linear(input, wIh, bIh).To(dtype), Linear(hx.H, wHh, bHh).To(dtype), hx.C);
        return (y[0], y[1]);
    }

    /// <summary>One step of a gated recurrent unit: r, z = σ(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh), n = tanh(x W_ihᵀ + b_ih + r (h W_hhᵀ +
    /// b_hh)), h' = (1 - z) n + z h, each with its part of the weights (K. Cho et al., Learning phrase representations using RNN
    /// encoder-decoder, 2014).</summary>
    /// <param name="input">x: [N, in].</param>
    /// <param name="hx">h: [N, hidden].</param>
    /// <param name="wIh">[3 hidden, in]: r, z, n one below the other.</param>
    /// <param name="wHh">[3 hidden, hidden].</param>
    /// <param name="bIh">[3 hidden], or null.</param>
    /// <param name="bHh">[3 hidden], or null.</param>
    /// <returns>h'.</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public static Tensor GruCell(Tensor input, Tensor hx, Tensor wIh, Tensor wHh, Tensor? bIh = null, Tensor? bHh = null)
    {
        CheckCell(input, wIh, wHh, 3, hx);
        return Op.Apply(new Ops.GruCell(), Linear(input, wIh, bIh).To(hx.dtype), Linear(hx, wHh, bHh).To(hx.dtype), hx)[0];
    }

    /// <summary>One step of a simple recurrent layer: h' = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh).</summary>
    /// <param name="input">x: [N, in].</param>
    /// <param name="hx">h: [N, hidden].</param>
    /// <param name="wIh">[hidden, in].</param>
    /// <param name="wHh">[hidden, hidden].</param>
    /// <param name="bIh">[hidden], or null.</param>
    /// <param name="bHh">[hidden], or null.</param>
    /// <returns>h'.</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public static Tensor RnnTanhCell(Tensor input, Tensor hx, Tensor wIh, Tensor wHh, Tensor? bIh = null, Tensor? bHh = null)
    {
        CheckCell(input, wIh, wHh, 1, hx);
        return (Linear(hx, wHh, bHh) + Linear(input, wIh, bIh)).Tanh();
    }

    /// <summary>One step of a simple recurrent layer: h' = max(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh, 0).</summary>
    /// <inheritdoc cref="RnnTanhCell"/>
    public static Tensor RnnReluCell(Tensor input, Tensor hx, Tensor wIh, Tensor wHh, Tensor? bIh = null, Tensor? bHh = null)
    {
        CheckCell(input, wIh, wHh, 1, hx);
        return (Linear(hx, wHh, bHh) + Linear(input, wIh, bIh)).Relu();
    }

    private static void CheckCell(Tensor input, Tensor wIh, Tensor wHh, int gates, params ReadOnlySpan<Tensor> states)
    {
        if (input.Rank != 2) Throw.Shapes($"input must have 2 dimensions, got {input.Rank}: one row for each item.");
        if (wIh.Rank != 2 || wHh.Rank != 2 || wHh.Size(0) != gates * wHh.Size(1) || wIh.Size(0) != wHh.Size(0))
            Throw.Shapes($"weights must have shapes [{gates} hidden, in] and [{gates} hidden, hidden], but got {wIh.Shape} and " +
                $"{wHh.Shape}.");
        if (input.Size(1) != wIh.Size(1))
            Throw.Shapes($"input has inconsistent input_size: got {input.Size(1)} expected {wIh.Size(1)}");
        for (int i = 0; i < states.Length; i++)
        {
            if (states[i].Rank != 2) Throw.Shapes($"hidden{i} must have 2 dimensions, got {states[i].Rank}: one row for each item.");
            if (states[i].Size(0) != input.Size(0))
                Throw.Shapes($"Input batch size {input.Size(0)} doesn't match hidden{i} batch size {states[i].Size(0)}");
            if (states[i].Size(1) != wHh.Size(1))
                Throw.Shapes($"hidden{i} has inconsistent hidden_size: got {states[i].Size(1)}, expected {wHh.Size(1)}");
            if (states[i].dtype != input.dtype && !Autocast.IsEnabled)
                Throw.Types($"expected m1 and m2 to have the same dtype, but got: {input.dtype.NativeName()} != " +
                    $"{states[i].dtype.NativeName()}: the state has the input's dtype.");
        }
    }
}
