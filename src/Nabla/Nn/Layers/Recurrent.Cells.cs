using System.Diagnostics.CodeAnalysis;

namespace Nabla.Nn;

/// <summary>What the cells share that does not depend on their state.</summary>
internal static class RNNCellBase
{
    internal static string Known(string nonlinearity) => nonlinearity is "tanh" or "relu" ? nonlinearity
        : throw new ArgumentException($"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.", nameof(nonlinearity));

    internal static void CheckRank(string cell, string what, Tensor t)
    {
        ArgumentNullException.ThrowIfNull(t);
        if (t.NDim is not (1 or 2)) Throw.Shapes($"{cell}: Expected {what} to be 1D or 2D, got {t.NDim}D instead");
    }
}

/// <summary>What the recurrent cells share: their weights, which begin uniform in ±1/sqrt(hidden), drawn in the order of the state
/// dict.</summary>
/// <typeparam name="TGiven">The state, which may be null.</typeparam>
/// <typeparam name="TState">The next state.</typeparam>
public abstract class RNNCellBase<[DynamicallyAccessedMembers(Tree.Needs)] TGiven, [DynamicallyAccessedMembers(Tree.Needs)] TState>
    : Module<Tensor, TGiven, TState>
{
    private protected RNNCellBase(long inputSize, long hiddenSize, bool bias, int gates, DType? dtype)
    {
        (InputSize, HiddenSize) = (inputSize, hiddenSize);
        WeightIh = Parameter.Of(Tensor.Empty([gates * hiddenSize, inputSize], dtype: dtype));
        WeightHh = Parameter.Of(Tensor.Empty([gates * hiddenSize, hiddenSize], dtype: dtype));
        if (bias) BiasIh = Parameter.Of(Tensor.Empty([gates * hiddenSize], dtype: dtype));
        if (bias) BiasHh = Parameter.Of(Tensor.Empty([gates * hiddenSize], dtype: dtype));
        ResetParameters();
    }

    /// <summary>The size of the input's last dimension.</summary>
    public long InputSize { get; }

    /// <summary>The size of the state's last dimension.</summary>
    public long HiddenSize { get; }

    /// <summary>The input's weights, (gates · hidden, in).</summary>
    public Tensor WeightIh { get; private set; }

    /// <summary>The state's weights, (gates · hidden, hidden).</summary>
    public Tensor WeightHh { get; private set; }

    /// <summary>What is added to the input's part of the gates, (gates · hidden), or null.</summary>
    public Tensor? BiasIh { get; private set; }

    /// <summary>What is added to the state's part of the gates, (gates · hidden), or null.</summary>
    public Tensor? BiasHh { get; private set; }

    /// <summary>Draws all weights anew.</summary>
    public void ResetParameters()
    {
        double bound = HiddenSize > 0 ? InitBounds.Reciprocal(HiddenSize) : 0;
        foreach (Tensor p in Parameters(recurse: false)) Init.Uniform_(p, -bound, bound);
    }

    /// <summary>Zeros for an input's items.</summary>
    private protected Tensor Zeros(Tensor x) => Tensor.Zeros([x.Size(0), HiddenSize], x.DType);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"{InputSize}, {HiddenSize}{(BiasIh is null ? ", bias=False" : "")}";
}

/// <summary>A step of a simple recurrent layer: h' = f(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh) with f = tanh or ReLU.</summary>
/// <inheritdoc cref="RNNCellBase{TGiven, TState}" path="/summary"/>
public class RNNCell : RNNCellBase<Tensor?, Tensor>
{
    private readonly string nonlinearity;

    /// <summary>A cell of these sizes.</summary>
    /// <param name="inputSize">The size of the input's last dimension.</param>
    /// <param name="hiddenSize">That of the state.</param>
    /// <param name="bias">Whether to add learned vectors.</param>
    /// <param name="nonlinearity">"tanh" or "relu".</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    /// <exception cref="ArgumentException">There is no such nonlinearity.</exception>
    public RNNCell(long inputSize, long hiddenSize, bool bias = true, string nonlinearity = "tanh", DType? dtype = null)
        : base(inputSize, hiddenSize, bias, 1, dtype) => this.nonlinearity = RNNCellBase.Known(nonlinearity);

    /// <summary>One step.</summary>
    /// <param name="input">(N, in) or (in).</param>
    /// <param name="hx">(N, hidden) or (hidden); null for zeros.</param>
    /// <returns>The next state.</returns>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    public new Tensor Call(Tensor input, Tensor? hx = null) => base.Call(input, hx);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input, Tensor? hx)
    {
        RNNCellBase.CheckRank(nameof(RNNCell), "input", input);
        if (hx is not null) RNNCellBase.CheckRank(nameof(RNNCell), "hidden", hx);
        if (input.NDim == 1) return Forward(input.Unsqueeze(0), hx?.Unsqueeze(0)).Squeeze(0);
        return nonlinearity == "tanh"
            ? Functional.RnnTanhCell(input, hx ?? Zeros(input), WeightIh, WeightHh, BiasIh, BiasHh)
            : Functional.RnnReluCell(input, hx ?? Zeros(input), WeightIh, WeightHh, BiasIh, BiasHh);
    }

    /// <inheritdoc/>
    protected override string ExtraRepr => nonlinearity == "tanh" ? base.ExtraRepr : $"{base.ExtraRepr}, nonlinearity={nonlinearity}";
}

/// <summary>A step of long short-term memory; see <see cref="Functional.LstmCell"/>.</summary>
/// <param name="inputSize">The size of the input's last dimension.</param>
/// <param name="hiddenSize">That of the state.</param>
/// <param name="bias">Whether to add learned vectors.</param>
/// <param name="dtype">The type of the parameters; null for the default type.</param>
public class LSTMCell(long inputSize, long hiddenSize, bool bias = true, DType? dtype = null)
    : RNNCellBase<(Tensor H, Tensor C)?, (Tensor H, Tensor C)>(inputSize, hiddenSize, bias, 4, dtype)
{
    /// <summary>One step.</summary>
    /// <param name="input">(N, in) or (in).</param>
    /// <param name="hx">h and c, (N, hidden) or (hidden) each; null for zeros.</param>
    /// <returns>The next h and c.</returns>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    public new (Tensor H, Tensor C) Call(Tensor input, (Tensor H, Tensor C)? hx = null) => base.Call(input, hx);

    /// <inheritdoc/>
    protected override (Tensor H, Tensor C) Forward(Tensor input, (Tensor H, Tensor C)? hx)
    {
        RNNCellBase.CheckRank(nameof(LSTMCell), "input", input);
        if (hx is { } given)
        {
            RNNCellBase.CheckRank(nameof(LSTMCell), "hx[0]", given.H);
            RNNCellBase.CheckRank(nameof(LSTMCell), "hx[1]", given.C);
        }
        if (input.NDim == 1)
        {
            (Tensor h, Tensor c) = Forward(input.Unsqueeze(0), hx is { } s ? (s.H.Unsqueeze(0), s.C.Unsqueeze(0)) : null);
            return (h.Squeeze(0), c.Squeeze(0));
        }
        return Functional.LstmCell(input, hx ?? (Zeros(input), Zeros(input)), WeightIh, WeightHh, BiasIh, BiasHh);
    }
}

/// <summary>A step of a gated recurrent unit; see <see cref="Functional.GruCell"/>.</summary>
/// <param name="inputSize">The size of the input's last dimension.</param>
/// <param name="hiddenSize">That of the state.</param>
/// <param name="bias">Whether to add learned vectors.</param>
/// <param name="dtype">The type of the parameters; null for the default type.</param>
public class GRUCell(long inputSize, long hiddenSize, bool bias = true, DType? dtype = null)
    : RNNCellBase<Tensor?, Tensor>(inputSize, hiddenSize, bias, 3, dtype)
{
    /// <inheritdoc cref="RNNCell.Call"/>
    public new Tensor Call(Tensor input, Tensor? hx = null) => base.Call(input, hx);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input, Tensor? hx)
    {
        RNNCellBase.CheckRank(nameof(GRUCell), "input", input);
        if (hx is not null) RNNCellBase.CheckRank(nameof(GRUCell), "hidden", hx);
        if (input.NDim == 1) return Forward(input.Unsqueeze(0), hx?.Unsqueeze(0)).Squeeze(0);
        return Functional.GruCell(input, hx ?? Zeros(input), WeightIh, WeightHh, BiasIh, BiasHh);
    }
}
