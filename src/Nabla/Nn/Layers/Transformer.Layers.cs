namespace Nabla.Nn;

/// <summary>The input of an encoder layer or an encoder.</summary>
/// <param name="Src">(S, N, E), or (N, S, E) if batch first, or (S, E).</param>
/// <param name="Mask">(S, S) or (N · heads, S, S): bool, true for positions to leave out, or numbers that are added.</param>
/// <param name="KeyPaddingMask">(N, S) or (S), likewise.</param>
/// <param name="IsCausal">The mask, which must be given, is the causal one.</param>
public sealed record EncoderInput(Tensor Src, Tensor? Mask = null, Tensor? KeyPaddingMask = null, bool IsCausal = false)
    : ITree<EncoderInput>
{
    /// <inheritdoc/>
    public EncoderInput Map(Func<Tensor, Tensor> f) => this with
    {
        Src = f(Src),
        Mask = Mask is null ? null : f(Mask),
        KeyPaddingMask = KeyPaddingMask is null ? null : f(KeyPaddingMask),
    };
}

/// <summary>The input of a decoder layer or a decoder.</summary>
/// <param name="Tgt">(T, N, E), or (N, T, E) if batch first, or (T, E).</param>
/// <param name="Memory">The encoder's output.</param>
/// <param name="TgtMask">(T, T) or (N · heads, T, T): bool, true for positions to leave out, or numbers that are added.</param>
/// <param name="MemoryMask">(T, S) or (N · heads, T, S), likewise.</param>
/// <param name="TgtKeyPaddingMask">(N, T) or (T), likewise.</param>
/// <param name="MemoryKeyPaddingMask">(N, S) or (S), likewise.</param>
/// <param name="TgtIsCausal">The target's mask, which must be given, is the causal one.</param>
/// <param name="MemoryIsCausal">The memory's mask, which must be given, is the causal one.</param>
public sealed record DecoderInput(Tensor Tgt, Tensor Memory, Tensor? TgtMask = null, Tensor? MemoryMask = null,
    Tensor? TgtKeyPaddingMask = null, Tensor? MemoryKeyPaddingMask = null, bool TgtIsCausal = false, bool MemoryIsCausal = false)
    : ITree<DecoderInput>
{
    /// <inheritdoc/>
    public DecoderInput Map(Func<Tensor, Tensor> f) => this with
    {
        Tgt = f(Tgt),
        Memory = f(Memory),
        TgtMask = TgtMask is null ? null : f(TgtMask),
        MemoryMask = MemoryMask is null ? null : f(MemoryMask),
        TgtKeyPaddingMask = TgtKeyPaddingMask is null ? null : f(TgtKeyPaddingMask),
        MemoryKeyPaddingMask = MemoryKeyPaddingMask is null ? null : f(MemoryKeyPaddingMask),
    };
}

/// <summary>An activation function; one that is a module is a child, under this name.</summary>
internal static class Activations
{
    /// <summary>The module whose call a function is, if it is one.</summary>
    internal static Module<Tensor, Tensor>? Owner(Func<Tensor, Tensor>? f) => f?.Target as Module<Tensor, Tensor>;
}

/// <summary>
/// A layer of an encoder: self-attention, then linear, activation, linear, each with dropout, a residual connection and layer
/// normalisation behind it, or before it if norm first (A. Vaswani et al., Attention is all you need, 2017).
/// </summary>
public class TransformerEncoderLayer : Module<EncoderInput, Tensor>
{
    private readonly bool normFirst;
    private readonly Func<Tensor, Tensor>? function;

    /// <summary>A layer of these sizes.</summary>
    /// <param name="dModel">E.</param>
    /// <param name="nhead">The number of heads, which divides E.</param>
    /// <param name="dimFeedforward">The size between the two linear layers.</param>
    /// <param name="dropout">The probability of dropout.</param>
    /// <param name="activation">Between the two linear layers; ReLU by default. A module becomes a child.</param>
    /// <param name="layerNormEps">The ε of the normalisations.</param>
    /// <param name="batchFirst">Whether input and output are (N, S, E).</param>
    /// <param name="normFirst">Whether normalisations come first.</param>
    /// <param name="bias">Whether linear layers and normalisations add learned vectors.</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    /// <exception cref="ArgumentOutOfRangeException">Sizes are not positive, or the heads do not divide E.</exception>
    public TransformerEncoderLayer(long dModel, int nhead, long dimFeedforward = 2048, double dropout = 0.1,
        Func<Tensor, Tensor>? activation = null, double layerNormEps = 1e-5, bool batchFirst = false, bool normFirst = false,
        bool bias = true, DType? dtype = null)
    {
        SelfAttn = new(dModel, nhead, dropout, bias, batchFirst: batchFirst, dtype: dtype);
        Linear1 = new(dModel, dimFeedforward, bias, dtype);
        Dropout = new(dropout);
        Linear2 = new(dimFeedforward, dModel, bias, dtype);
        this.normFirst = normFirst;
        Norm1 = new([dModel], layerNormEps, bias: bias, dtype: dtype);
        Norm2 = new([dModel], layerNormEps, bias: bias, dtype: dtype);
        Dropout1 = new(dropout);
        Dropout2 = new(dropout);
        Activation = Activations.Owner(activation);
        function = Activation is null ? activation : null;
    }

    /// <summary>The attention.</summary>
    public MultiheadAttention SelfAttn { get; private set; }

    /// <summary>The first linear layer.</summary>
    public Linear Linear1 { get; private set; }

    /// <summary>The dropout behind the activation.</summary>
    public Dropout Dropout { get; private set; }

    /// <summary>The second linear layer.</summary>
    public Linear Linear2 { get; private set; }

    /// <summary>The normalisation of the attention.</summary>
    public LayerNorm Norm1 { get; private set; }

    /// <summary>The normalisation of the linear layers.</summary>
    public LayerNorm Norm2 { get; private set; }

    /// <summary>The dropout behind the attention.</summary>
    public Dropout Dropout1 { get; private set; }

    /// <summary>The dropout behind the linear layers.</summary>
    public Dropout Dropout2 { get; private set; }

    /// <summary>The activation, if it is a module.</summary>
    public Module<Tensor, Tensor>? Activation { get; private set; }

    /// <summary>Computes the layer.</summary>
    /// <param name="src">(S, N, E), or (N, S, E) if batch first, or (S, E).</param>
    /// <param name="srcMask">(S, S) or (N · heads, S, S): bool, true for positions to leave out, or numbers that are added.</param>
    /// <param name="srcKeyPaddingMask">(N, S) or (S), likewise.</param>
    /// <param name="isCausal">The mask, which must be given, is the causal one.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor Call(Tensor src, Tensor? srcMask = null, Tensor? srcKeyPaddingMask = null, bool isCausal = false) =>
        Call(new EncoderInput(src, srcMask, srcKeyPaddingMask, isCausal));

    /// <inheritdoc/>
    protected override Tensor Forward(EncoderInput input)
    {
        Tensor x = input.Src;
        if (normFirst)
        {
            x = x + Attend(Norm1.Call(x), input);
            return x + Feed(Norm2.Call(x));
        }
        x = Norm1.Call(x + Attend(x, input));
        return Norm2.Call(x + Feed(x));
    }

    private Tensor Attend(Tensor x, EncoderInput input) => Dropout1.Call(
        SelfAttn.Call(x, x, x, input.KeyPaddingMask, needWeights: false, attnMask: input.Mask, isCausal: input.IsCausal).Output);

    private Tensor Feed(Tensor x)
    {
        x = Linear1.Call(x);
        x = Activation is { } module ? module.Call(x) : function is null ? x.Relu() : function(x);
        return Dropout2.Call(Linear2.Call(Dropout.Call(x)));
    }
}

/// <summary>
/// A layer of a decoder: self-attention, attention to the encoder's output, then linear, activation, linear, each with dropout, a residual
/// connection and layer normalisation behind it, or before it if norm first.
/// </summary>
public class TransformerDecoderLayer : Module<DecoderInput, Tensor>
{
    private readonly bool normFirst;
    private readonly Func<Tensor, Tensor>? function;

    /// <summary>A layer of these sizes.</summary>
    /// <inheritdoc cref="TransformerEncoderLayer(long, int, long, double, Func{Tensor, Tensor}, double, bool, bool, bool, DType?)"/>
    public TransformerDecoderLayer(long dModel, int nhead, long dimFeedforward = 2048, double dropout = 0.1,
        Func<Tensor, Tensor>? activation = null, double layerNormEps = 1e-5, bool batchFirst = false, bool normFirst = false,
        bool bias = true, DType? dtype = null)
    {
        SelfAttn = new(dModel, nhead, dropout, bias, batchFirst: batchFirst, dtype: dtype);
        MultiheadAttn = new(dModel, nhead, dropout, bias, batchFirst: batchFirst, dtype: dtype);
        Linear1 = new(dModel, dimFeedforward, bias, dtype);
        Dropout = new(dropout);
        Linear2 = new(dimFeedforward, dModel, bias, dtype);
        this.normFirst = normFirst;
        Norm1 = new([dModel], layerNormEps, bias: bias, dtype: dtype);
        Norm2 = new([dModel], layerNormEps, bias: bias, dtype: dtype);
        Norm3 = new([dModel], layerNormEps, bias: bias, dtype: dtype);
        Dropout1 = new(dropout);
        Dropout2 = new(dropout);
        Dropout3 = new(dropout);
        Activation = Activations.Owner(activation);
        function = Activation is null ? activation : null;
    }

    /// <summary>The attention to the target itself.</summary>
    public MultiheadAttention SelfAttn { get; private set; }

    /// <summary>The attention to the memory.</summary>
    public MultiheadAttention MultiheadAttn { get; private set; }

    /// <summary>The first linear layer.</summary>
    public Linear Linear1 { get; private set; }

    /// <summary>The dropout behind the activation.</summary>
    public Dropout Dropout { get; private set; }

    /// <summary>The second linear layer.</summary>
    public Linear Linear2 { get; private set; }

    /// <summary>The normalisation of the self-attention.</summary>
    public LayerNorm Norm1 { get; private set; }

    /// <summary>The normalisation of the attention to the memory.</summary>
    public LayerNorm Norm2 { get; private set; }

    /// <summary>The normalisation of the linear layers.</summary>
    public LayerNorm Norm3 { get; private set; }

    /// <summary>The dropout behind the self-attention.</summary>
    public Dropout Dropout1 { get; private set; }

    /// <summary>The dropout behind the attention to the memory.</summary>
    public Dropout Dropout2 { get; private set; }

    /// <summary>The dropout behind the linear layers.</summary>
    public Dropout Dropout3 { get; private set; }

    /// <summary>The activation, if it is a module.</summary>
    public Module<Tensor, Tensor>? Activation { get; private set; }

    /// <summary>Computes the layer.</summary>
    /// <inheritdoc cref="TransformerDecoder.Call"/>
    public Tensor Call(Tensor tgt, Tensor memory, Tensor? tgtMask = null, Tensor? memoryMask = null, Tensor? tgtKeyPaddingMask = null,
        Tensor? memoryKeyPaddingMask = null, bool tgtIsCausal = false, bool memoryIsCausal = false) =>
        Call(new DecoderInput(tgt, memory, tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask, tgtIsCausal, memoryIsCausal));

    /// <inheritdoc/>
    protected override Tensor Forward(DecoderInput input)
    {
        Tensor x = input.Tgt;
        if (normFirst)
        {
            x = x + Attend(Norm1.Call(x), input);
            x = x + Remember(Norm2.Call(x), input);
            return x + Feed(Norm3.Call(x));
        }
        x = Norm1.Call(x + Attend(x, input));
        x = Norm2.Call(x + Remember(x, input));
        return Norm3.Call(x + Feed(x));
    }

    private Tensor Attend(Tensor x, DecoderInput input) => Dropout1.Call(SelfAttn.Call(x, x, x, input.TgtKeyPaddingMask,
        needWeights: false, attnMask: input.TgtMask, isCausal: input.TgtIsCausal).Output);

    private Tensor Remember(Tensor x, DecoderInput input) => Dropout2.Call(MultiheadAttn.Call(x, input.Memory, input.Memory,
        input.MemoryKeyPaddingMask, needWeights: false, attnMask: input.MemoryMask, isCausal: input.MemoryIsCausal).Output);

    private Tensor Feed(Tensor x)
    {
        x = Linear1.Call(x);
        x = Activation is { } module ? module.Call(x) : function is null ? x.Relu() : function(x);
        return Dropout3.Call(Linear2.Call(Dropout.Call(x)));
    }
}
