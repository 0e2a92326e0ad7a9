using Nabla.Kernels;

namespace Nabla;

public static partial class Functional
{
    /// <summary>A recurrent layer in one direction, given the input's part of all gates, (steps, rows, gates · hidden).</summary>
    /// <returns>h of all steps, the last h, and the last c of an LSTM.</returns>
    internal static (Tensor Output, Tensor H, Tensor? C) RecurrentLayer(RecurrentKind kind, Tensor input, Tensor h, Tensor? c,
        Tensor weight, Tensor? bias, bool reverse)
    {
        if (TakesWhole(input, h, c, weight, bias))
        {
            Ops.RecurrentLayer op = new(kind, reverse, bias is not null);
            Tensor[] y = (c, bias) switch
            {
                (null, null) => Op.Apply(op, input, h, weight),
                (null, { } b) => Op.Apply(op, input, h, weight, b),
                ({ } s, null) => Op.Apply(op, input, h, weight, s),
                ({ } s, { } b) => Op.Apply(op, input, h, weight, s, b),
            };
            return (y[0], y[1], c is null ? null : y[2]);
        }
        // Transposed once, so that the steps' gradients are added up before they are transposed back.
        Tensor w = LinearOp.Apply(new Ops.WeightT(), weight);
        Tensor[] steps = input.Unbind(0), outputs = new Tensor[steps.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            int at = reverse ? steps.Length - 1 - i : i;
            (h, c) = RecurrentStep(kind, steps[at], bias is null ? h.Mm(w) : bias.AddMm(h, w), h, c);
            outputs[at] = h;
        }
        return (Tensor.Stack(outputs), h, c);
    }

    /// <summary>One step: the input's and the state's part of the gates, and the state.</summary>
    internal static (Tensor H, Tensor? C) RecurrentStep(RecurrentKind kind, Tensor fromInput, Tensor fromState, Tensor h, Tensor? c)
    {
        switch (kind)
        {
            case RecurrentKind.Lstm:
                Tensor[] y = Op.Apply(new Ops.LstmCell(), fromInput.To(c!.DType), fromState.To(c.DType), c);
                return (y[0], y[1]);
            case RecurrentKind.Gru:
                return (Op.Apply(new Ops.GruCell(), fromInput.To(h.DType), fromState.To(h.DType), h)[0], null);
            default:
                Tensor sum = fromState + fromInput;
                return (kind == RecurrentKind.Tanh ? sum.Tanh() : sum.Relu(), null);
        }
    }

    /// <summary>Whether a kernel may take all steps at once: numbers of one of the two computed types, and nobody looks inside.</summary>
    private static bool TakesWhole(Tensor input, params ReadOnlySpan<Tensor?> others)
    {
        if (input.dtype is not (DType.Float32 or DType.Float64) || input.wrap is { LooksInside: true } || input.layout.Count == 0)
            return false;
        foreach (Tensor? t in others)
            if (t is not null && (t.dtype != input.dtype || t.wrap is { LooksInside: true })) return false;
        return true;
    }
}
