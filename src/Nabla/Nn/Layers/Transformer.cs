namespace Nabla.Nn;

/// <summary>Several encoder layers, one after the other, and a normalisation if there is one.</summary>
public class TransformerEncoder : Module<EncoderInput, Tensor>
{
    /// <summary>Copies of a layer.</summary>
    /// <param name="encoderLayer">The layer, whose parameters all copies begin with.</param>
    /// <param name="numLayers">How many.</param>
    /// <param name="norm">What follows the last layer, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public TransformerEncoder(TransformerEncoderLayer encoderLayer, int numLayers, Module<Tensor, Tensor>? norm = null)
    {
        ArgumentNullException.ThrowIfNull(encoderLayer);
        ArgumentOutOfRangeException.ThrowIfNegative(numLayers);
        Layers = [];
        for (int i = 0; i < numLayers; i++) Layers.Add((TransformerEncoderLayer)encoderLayer.Clone());
        Norm = norm;
    }

    /// <summary>The layers.</summary>
    public ModuleList<TransformerEncoderLayer> Layers { get; private set; }

    /// <summary>What follows the last layer, or null.</summary>
    public Module<Tensor, Tensor>? Norm { get; private set; }

    /// <summary>Computes all layers.</summary>
    /// <param name="src">(S, N, E), or (N, S, E) if batch first, or (S, E).</param>
    /// <param name="mask">(S, S) or (N · heads, S, S): bool, true for positions to leave out, or numbers that are added.</param>
    /// <param name="srcKeyPaddingMask">(N, S) or (S), likewise.</param>
    /// <param name="isCausal">The mask, which must be given, is the causal one; null if unknown.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor Call(Tensor src, Tensor? mask = null, Tensor? srcKeyPaddingMask = null, bool? isCausal = null) =>
        Call(new EncoderInput(src, mask, srcKeyPaddingMask, isCausal ?? false));

    /// <inheritdoc/>
    protected override Tensor Forward(EncoderInput input)
    {
        // Masks become numbers once for all layers.
        DType dtype = input.Src.DType;
        input = input with
        {
            Mask = Functional.Additive(input.Mask, "mask", dtype),
            KeyPaddingMask = Functional.Additive(input.KeyPaddingMask, "src_key_padding_mask", dtype),
        };
        foreach (TransformerEncoderLayer layer in Layers) input = input with { Src = layer.Call(input) };
        return Norm is null ? input.Src : Norm.Call(input.Src);
    }
}

/// <summary>Several decoder layers, one after the other, and a normalisation if there is one.</summary>
public class TransformerDecoder : Module<DecoderInput, Tensor>
{
    /// <summary>Copies of a layer.</summary>
    /// <param name="decoderLayer">The layer, whose parameters all copies begin with.</param>
    /// <param name="numLayers">How many.</param>
    /// <param name="norm">What follows the last layer, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public TransformerDecoder(TransformerDecoderLayer decoderLayer, int numLayers, Module<Tensor, Tensor>? norm = null)
    {
        ArgumentNullException.ThrowIfNull(decoderLayer);
        ArgumentOutOfRangeException.ThrowIfNegative(numLayers);
        Layers = [];
        for (int i = 0; i < numLayers; i++) Layers.Add((TransformerDecoderLayer)decoderLayer.Clone());
        Norm = norm;
    }

    /// <summary>The layers.</summary>
    public ModuleList<TransformerDecoderLayer> Layers { get; private set; }

    /// <summary>What follows the last layer, or null.</summary>
    public Module<Tensor, Tensor>? Norm { get; private set; }

    /// <summary>Computes all layers.</summary>
    /// <param name="tgt">(T, N, E), or (N, T, E) if batch first, or (T, E).</param>
    /// <param name="memory">The encoder's output.</param>
    /// <param name="tgtMask">(T, T) or (N · heads, T, T): bool, true for positions to leave out, or numbers that are added.</param>
    /// <param name="memoryMask">(T, S) or (N · heads, T, S), likewise.</param>
    /// <param name="tgtKeyPaddingMask">(N, T) or (T), likewise.</param>
    /// <param name="memoryKeyPaddingMask">(N, S) or (S), likewise.</param>
    /// <param name="tgtIsCausal">The target's mask, which must be given, is the causal one; null if unknown.</param>
    /// <param name="memoryIsCausal">The memory's mask, which must be given, is the causal one.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor Call(Tensor tgt, Tensor memory, Tensor? tgtMask = null, Tensor? memoryMask = null, Tensor? tgtKeyPaddingMask = null,
        Tensor? memoryKeyPaddingMask = null, bool? tgtIsCausal = null, bool memoryIsCausal = false) =>
        Call(new DecoderInput(tgt, memory, tgtMask, memoryMask, tgtKeyPaddingMask, memoryKeyPaddingMask, tgtIsCausal ?? false,
            memoryIsCausal));

    /// <inheritdoc/>
    protected override Tensor Forward(DecoderInput input)
    {
        foreach (TransformerDecoderLayer layer in Layers) input = input with { Tgt = layer.Call(input) };
        return Norm is null ? input.Tgt : Norm.Call(input.Tgt);
    }
}

/// <summary>The input of a <see cref="Transformer"/>; see <see cref="Transformer.Call"/>.</summary>
/// <param name="Src">(S, N, E), or (N, S, E) if batch first, or (S, E).</param>
/// <param name="Tgt">(T, N, E), or (N, T, E) if batch first, or (T, E).</param>
/// <param name="SrcMask">(S, S) or (N · heads, S, S): bool, true for positions to leave out, or numbers that are added.</param>
/// <param name="TgtMask">(T, T) or (N · heads, T, T), likewise.</param>
/// <param name="MemoryMask">(T, S) or (N · heads, T, S), likewise.</param>
/// <param name="SrcKeyPaddingMask">(N, S) or (S), likewise.</param>
/// <param name="TgtKeyPaddingMask">(N, T) or (T), likewise.</param>
/// <param name="MemoryKeyPaddingMask">(N, S) or (S), likewise.</param>
/// <param name="SrcIsCausal">The source's mask, which must be given, is the causal one.</param>
/// <param name="TgtIsCausal">The target's mask, which must be given, is the causal one.</param>
/// <param name="MemoryIsCausal">The memory's mask, which must be given, is the causal one.</param>
public sealed record TransformerInput(Tensor Src, Tensor Tgt, Tensor? SrcMask = null, Tensor? TgtMask = null, Tensor? MemoryMask = null,
    Tensor? SrcKeyPaddingMask = null, Tensor? TgtKeyPaddingMask = null, Tensor? MemoryKeyPaddingMask = null, bool SrcIsCausal = false,
    bool TgtIsCausal = false, bool MemoryIsCausal = false)
    : ITree<TransformerInput>
{
    /// <inheritdoc/>
    public TransformerInput Map(Func<Tensor, Tensor> f) => this with
    {
        Src = f(Src),
        Tgt = f(Tgt),
        SrcMask = SrcMask is null ? null : f(SrcMask),
        TgtMask = TgtMask is null ? null : f(TgtMask),
        MemoryMask = MemoryMask is null ? null : f(MemoryMask),
        SrcKeyPaddingMask = SrcKeyPaddingMask is null ? null : f(SrcKeyPaddingMask),
        TgtKeyPaddingMask = TgtKeyPaddingMask is null ? null : f(TgtKeyPaddingMask),
        MemoryKeyPaddingMask = MemoryKeyPaddingMask is null ? null : f(MemoryKeyPaddingMask),
    };
}

/// <summary>An encoder and a decoder that attends to its output (A. Vaswani et al., Attention is all you need, 2017).</summary>
/// <remarks>All weights begin as of <see cref="Init.XavierUniform_"/>.</remarks>
public class Transformer : Module<TransformerInput, Tensor>
{
    private readonly long dModel;
    private readonly bool batchFirst;

    /// <summary>Encoder and decoder of these sizes, each with a normalisation at the end.</summary>
    /// <param name="dModel">E.</param>
    /// <param name="nhead">The number of heads, which divides E.</param>
    /// <param name="numEncoderLayers">The number of the encoder's layers.</param>
    /// <param name="numDecoderLayers">The number of the decoder's layers.</param>
    /// <param name="dimFeedforward">The size between each layer's two linear layers.</param>
    /// <param name="dropout">The probability of dropout.</param>
    /// <param name="activation">Between the two linear layers; ReLU by default. A module becomes a child of each layer.</param>
    /// <param name="customEncoder">An encoder to use instead.</param>
    /// <param name="customDecoder">A decoder to use instead.</param>
    /// <param name="layerNormEps">The ε of the normalisations.</param>
    /// <param name="batchFirst">Whether inputs and output are (N, ..., E).</param>
    /// <param name="normFirst">Whether normalisations come before attention and linear layers.</param>
    /// <param name="bias">Whether linear layers and normalisations add learned vectors.</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    /// <exception cref="ArgumentOutOfRangeException">Sizes are not positive, or the heads do not divide E.</exception>
    public Transformer(long dModel = 512, int nhead = 8, int numEncoderLayers = 6, int numDecoderLayers = 6, long dimFeedforward = 2048,
        double dropout = 0.1, Func<Tensor, Tensor>? activation = null, Module<EncoderInput, Tensor>? customEncoder = null,
        Module<DecoderInput, Tensor>? customDecoder = null, double layerNormEps = 1e-5, bool batchFirst = false, bool normFirst = false,
        bool bias = true, DType? dtype = null)
    {
        (this.dModel, this.batchFirst) = (dModel, batchFirst);
        Encoder = customEncoder ?? new TransformerEncoder(new(dModel, nhead, dimFeedforward, dropout, activation, layerNormEps, batchFirst,
            normFirst, bias, dtype), numEncoderLayers, new LayerNorm([dModel], layerNormEps, bias: bias, dtype: dtype));
        Decoder = customDecoder ?? new TransformerDecoder(new(dModel, nhead, dimFeedforward, dropout, activation, layerNormEps, batchFirst,
            normFirst, bias, dtype), numDecoderLayers, new LayerNorm([dModel], layerNormEps, bias: bias, dtype: dtype));
        ResetParameters();
    }

    /// <summary>The encoder.</summary>
    public Module<EncoderInput, Tensor> Encoder { get; private set; }

    /// <summary>The decoder.</summary>
    public Module<DecoderInput, Tensor> Decoder { get; private set; }

    /// <summary>Draws all matrices anew.</summary>
    public void ResetParameters()
    {
        foreach (Tensor p in Parameters())
            if (p.NDim > 1) Init.XavierUniform_(p);
    }

    /// <summary>A mask that lets each position attend to itself and those before: -∞ above the diagonal, 0 elsewhere.</summary>
    /// <param name="sz">The number of positions.</param>
    /// <param name="dtype">The type; null for the default type.</param>
    public static Tensor GenerateSquareSubsequentMask(long sz, DType? dtype = null) =>
        Tensor.Full([sz, sz], double.NegativeInfinity, dtype ?? Tensor.DefaultDType).Triu(1);

    /// <summary>Encodes the source and decodes the target.</summary>
    /// <param name="src">(S, N, E), or (N, S, E) if batch first, or (S, E).</param>
    /// <param name="tgt">(T, N, E), or (N, T, E) if batch first, or (T, E).</param>
    /// <param name="srcMask">(S, S) or (N · heads, S, S): bool, true for positions to leave out, or numbers that are added.</param>
    /// <param name="tgtMask">(T, T) or (N · heads, T, T), likewise.</param>
    /// <param name="memoryMask">(T, S) or (N · heads, T, S), likewise.</param>
    /// <param name="srcKeyPaddingMask">(N, S) or (S), likewise.</param>
    /// <param name="tgtKeyPaddingMask">(N, T) or (T), likewise.</param>
    /// <param name="memoryKeyPaddingMask">(N, S) or (S), likewise.</param>
    /// <param name="srcIsCausal">The source's mask, which must be given, is the causal one; null if unknown.</param>
    /// <param name="tgtIsCausal">The target's mask, which must be given, is the causal one; null if unknown.</param>
    /// <param name="memoryIsCausal">The memory's mask, which must be given, is the causal one.</param>
    /// <returns>The target's shape.</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public Tensor Call(Tensor src, Tensor tgt, Tensor? srcMask = null, Tensor? tgtMask = null, Tensor? memoryMask = null,
        Tensor? srcKeyPaddingMask = null, Tensor? tgtKeyPaddingMask = null, Tensor? memoryKeyPaddingMask = null, bool? srcIsCausal = null,
        bool? tgtIsCausal = null, bool memoryIsCausal = false) =>
        Call(new TransformerInput(src, tgt, srcMask, tgtMask, memoryMask, srcKeyPaddingMask, tgtKeyPaddingMask, memoryKeyPaddingMask,
            srcIsCausal ?? false, tgtIsCausal ?? false, memoryIsCausal));

    /// <inheritdoc/>
    protected override Tensor Forward(TransformerInput input)
    {
        (Tensor src, Tensor tgt) = (input.Src, input.Tgt);
        if (src.NDim is not (2 or 3) || tgt.NDim != src.NDim)
            Throw.Shapes($"src and tgt must both be 2-D or 3-D, but have shapes {src.Shape} and {tgt.Shape}");
        int items = batchFirst ? 0 : 1;
        if (src.NDim == 3 && src.Size(items) != tgt.Size(items))
            Throw.Shapes($"the batch number of src and tgt must be equal, but they are {src.Size(items)} and {tgt.Size(items)}");
        if (src.Size(-1) != dModel || tgt.Size(-1) != dModel)
            Throw.Shapes($"the feature number of src and tgt must be equal to d_model: they are {src.Size(-1)} and {tgt.Size(-1)}, and " +
                $"d_model is {dModel}");
        Tensor memory = Encoder.Call(new EncoderInput(src, input.SrcMask, input.SrcKeyPaddingMask, input.SrcIsCausal));
        return Decoder.Call(new DecoderInput(tgt, memory, input.TgtMask, input.MemoryMask, input.TgtKeyPaddingMask,
            input.MemoryKeyPaddingMask, input.TgtIsCausal, input.MemoryIsCausal));
    }
}
