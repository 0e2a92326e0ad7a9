using Nabla.Kernels;

namespace Nabla.Nn;

/// <summary>
/// Simple recurrent layers: h_t = f(x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh) with f = tanh or ReLU (J. Elman, Finding structure in time,
/// 1990). Input (L, N, in), output (L, N, directions · hidden) and the last state (layers · directions, N, hidden).
/// </summary>
/// <inheritdoc cref="RNNBase{TGiven, TState}" path="/remarks"/>
public class RNN : RNNBase<Tensor?, Tensor>
{
    private readonly string nonlinearity;

    /// <summary>Layers of these sizes.</summary>
    /// <param name="inputSize">The size of the input's last dimension.</param>
    /// <param name="hiddenSize">That of the state.</param>
    /// <param name="numLayers">How many layers lie one on the other.</param>
    /// <param name="nonlinearity">"tanh" or "relu".</param>
    /// <param name="bias">Whether to add learned vectors.</param>
    /// <param name="batchFirst">Whether input and output are (N, L, ...). The state is not concerned.</param>
    /// <param name="dropout">The probability of dropout behind each layer but the last.</param>
    /// <param name="bidirectional">Whether each layer also goes through time backwards; the results are joined.</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    /// <exception cref="ArgumentException">There is no such nonlinearity.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, or dropout no probability.</exception>
    public RNN(long inputSize, long hiddenSize, long numLayers = 1, string nonlinearity = "tanh", bool bias = true, bool batchFirst = false,
        double dropout = 0, bool bidirectional = false, DType? dtype = null)
        : base(1, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, 0, dtype) =>
        this.nonlinearity = RNNCellBase.Known(nonlinearity);

    /// <summary>Goes through the sequences.</summary>
    /// <param name="input">(L, N, in), or (N, L, in) if batch first, or (L, in).</param>
    /// <param name="hx">The first state, (layers · directions, N, hidden), without N if the input has none; null for zeros.</param>
    /// <returns>The last layer's states at all times, and all layers' last ones.</returns>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes of input, state and parameters differ.</exception>
    public (Tensor Output, Tensor State) Call(Tensor input, Tensor? hx = null) => Call((input, null, hx));

    /// <summary>Goes through packed sequences.</summary>
    /// <param name="input">The sequences.</param>
    /// <param name="hx">The first state, (layers · directions, N, hidden); null for zeros.</param>
    /// <returns>The last layer's states at all times, packed, and all layers' last ones of each sequence.</returns>
    /// <inheritdoc cref="Call(Tensor, Tensor?)" path="/exception"/>
    public (PackedSequence Output, Tensor State) Call(PackedSequence input, Tensor? hx = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        (Tensor y, Tensor h) = Call((input.Data, input.BatchSizes, Order(hx, input.SortedIndices)));
        return (input with { Data = y }, Order(h, input.UnsortedIndices)!);
    }

    /// <inheritdoc/>
    protected override (Tensor Output, Tensor State) Forward(Tensor x, Tensor? batchSizes, Tensor? hx)
    {
        (Tensor y, Tensor h, _) = Run(x, batchSizes, hx, null, cells: false);
        return (y, h);
    }

    private protected override RecurrentKind Kind => nonlinearity == "tanh" ? RecurrentKind.Tanh : RecurrentKind.Relu;
}

/// <summary>
/// Layers of long short-term memory: i, f, o = σ(gates), g = tanh(gates), c_t = f c_{t-1} + i g, h_t = o tanh c_t, where the gates are
/// x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh (S. Hochreiter and J. Schmidhuber, 1997; projections: H. Sak et al., 2014). Input (L, N, in),
/// output (L, N, directions · out) and the last h, (layers · directions, N, out), and c, (layers · directions, N, hidden), where out is the
/// size of the projection or hidden.
/// </summary>
/// <inheritdoc cref="RNNBase{TGiven, TState}" path="/remarks"/>
public class LSTM : RNNBase<(Tensor H, Tensor C)?, (Tensor H, Tensor C)>
{
    /// <summary>Layers of these sizes.</summary>
    /// <param name="inputSize">The size of the input's last dimension.</param>
    /// <param name="hiddenSize">That of the state.</param>
    /// <param name="numLayers">How many layers lie one on the other.</param>
    /// <param name="bias">Whether to add learned vectors.</param>
    /// <param name="batchFirst">Whether input and output are (N, L, ...). The state is not concerned.</param>
    /// <param name="dropout">The probability of dropout behind each layer but the last.</param>
    /// <param name="bidirectional">Whether each layer also goes through time backwards; the results are joined.</param>
    /// <param name="projSize">The size that h is projected to, smaller than hidden; 0 for none.</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, or dropout no probability.</exception>
    public LSTM(long inputSize, long hiddenSize, long numLayers = 1, bool bias = true, bool batchFirst = false, double dropout = 0,
        bool bidirectional = false, long projSize = 0, DType? dtype = null)
        : base(4, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, projSize, dtype) { }

    /// <summary>Goes through the sequences.</summary>
    /// <param name="input">(L, N, in), or (N, L, in) if batch first, or (L, in).</param>
    /// <param name="hx">The first h and c, without N if the input has none; null for zeros.</param>
    /// <returns>The last layer's h at all times, and all layers' last h and c.</returns>
    /// <exception cref="ShapeException">Shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes of input, state and parameters differ.</exception>
    public (Tensor Output, (Tensor H, Tensor C) State) Call(Tensor input, (Tensor H, Tensor C)? hx = null) => Call((input, null, hx));

    /// <summary>Goes through packed sequences.</summary>
    /// <param name="input">The sequences.</param>
    /// <param name="hx">The first h and c; null for zeros.</param>
    /// <returns>The last layer's h at all times, packed, and all layers' last h and c of each sequence.</returns>
    /// <inheritdoc cref="Call(Tensor, ValueTuple{Tensor, Tensor}?)" path="/exception"/>
    public (PackedSequence Output, (Tensor H, Tensor C) State) Call(PackedSequence input, (Tensor H, Tensor C)? hx = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (hx is { } s) hx = Ordered(s, input.SortedIndices);
        (Tensor y, (Tensor H, Tensor C) end) = Call((input.Data, input.BatchSizes, hx));
        return (input with { Data = y }, Ordered(end, input.UnsortedIndices));
    }

    private static (Tensor H, Tensor C) Ordered((Tensor H, Tensor C) s, Tensor? at) => (Order(s.H, at)!, Order(s.C, at)!);

    /// <inheritdoc/>
    protected override (Tensor Output, (Tensor H, Tensor C) State) Forward(Tensor x, Tensor? batchSizes, (Tensor H, Tensor C)? hx)
    {
        (Tensor y, Tensor h, Tensor? c) = Run(x, batchSizes, hx?.H, hx?.C, cells: true);
        return (y, (h, c!));
    }

    private protected override RecurrentKind Kind => RecurrentKind.Lstm;
}

/// <summary>
/// Layers of gated recurrent units: r, z = σ(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh), n = tanh(x W_ihᵀ + b_ih + r (h W_hhᵀ + b_hh)),
/// h' = (1 - z) n + z h, each with its part of the weights (K. Cho et al., 2014). Input (L, N, in), output (L, N, directions · hidden) and
/// the last state (layers · directions, N, hidden).
/// </summary>
/// <inheritdoc cref="RNNBase{TGiven, TState}" path="/remarks"/>
public class GRU : RNNBase<Tensor?, Tensor>
{
    /// <summary>Layers of these sizes.</summary>
    /// <param name="inputSize">The size of the input's last dimension.</param>
    /// <param name="hiddenSize">That of the state.</param>
    /// <param name="numLayers">How many layers lie one on the other.</param>
    /// <param name="bias">Whether to add learned vectors.</param>
    /// <param name="batchFirst">Whether input and output are (N, L, ...). The state is not concerned.</param>
    /// <param name="dropout">The probability of dropout behind each layer but the last.</param>
    /// <param name="bidirectional">Whether each layer also goes through time backwards; the results are joined.</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, or dropout no probability.</exception>
    public GRU(long inputSize, long hiddenSize, long numLayers = 1, bool bias = true, bool batchFirst = false, double dropout = 0,
        bool bidirectional = false, DType? dtype = null)
        : base(3, inputSize, hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional, 0, dtype) { }

    /// <inheritdoc cref="RNN.Call(Tensor, Tensor?)"/>
    public (Tensor Output, Tensor State) Call(Tensor input, Tensor? hx = null) => Call((input, null, hx));

    /// <inheritdoc cref="RNN.Call(PackedSequence, Tensor?)"/>
    public (PackedSequence Output, Tensor State) Call(PackedSequence input, Tensor? hx = null)
    {
        ArgumentNullException.ThrowIfNull(input);
        (Tensor y, Tensor h) = Call((input.Data, input.BatchSizes, Order(hx, input.SortedIndices)));
        return (input with { Data = y }, Order(h, input.UnsortedIndices)!);
    }

    /// <inheritdoc/>
    protected override (Tensor Output, Tensor State) Forward(Tensor x, Tensor? batchSizes, Tensor? hx)
    {
        (Tensor y, Tensor h, _) = Run(x, batchSizes, hx, null, cells: false);
        return (y, h);
    }

    private protected override RecurrentKind Kind => RecurrentKind.Gru;
}
