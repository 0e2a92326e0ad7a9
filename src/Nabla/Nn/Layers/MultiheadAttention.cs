namespace Nabla.Nn;

/// <summary>What a query attends to; see <see cref="MultiheadAttention.Call"/>.</summary>
/// <param name="Query">(L, N, E), or (N, L, E) if batch first, or (L, E).</param>
/// <param name="Key">(S, N, kdim), or (N, S, kdim) if batch first, or (S, kdim).</param>
/// <param name="Value">(S, N, vdim), or (N, S, vdim) if batch first, or (S, vdim).</param>
/// <param name="KeyPaddingMask">(N, S) or (S): bool, true for positions to leave out, or numbers that are added.</param>
/// <param name="NeedWeights">Also return the weights.</param>
/// <param name="AttnMask">(L, S) or (N · heads, L, S): bool, true for positions to leave out, or numbers that are added.</param>
/// <param name="AverageAttnWeights">Return the mean of the heads' weights.</param>
/// <param name="IsCausal">The mask, which must be given, is the causal one.</param>
public sealed record AttentionInput(Tensor Query, Tensor Key, Tensor Value, Tensor? KeyPaddingMask = null, bool NeedWeights = true,
    Tensor? AttnMask = null, bool AverageAttnWeights = true, bool IsCausal = false)
    : ITree<AttentionInput>
{
    /// <inheritdoc/>
    public AttentionInput Map(Func<Tensor, Tensor> f) => this with
    {
        Query = f(Query),
        Key = f(Key),
        Value = f(Value),
        KeyPaddingMask = KeyPaddingMask is null ? null : f(KeyPaddingMask),
        AttnMask = AttnMask is null ? null : f(AttnMask),
    };
}

/// <summary>Attention of several heads: query, key and value are projected, each head attends with its part of them, and the heads' results
/// are projected together (A. Vaswani et al., Attention is all you need, 2017).</summary>
/// <remarks>The projections begin uniform as of <see cref="Init.XavierUniform_"/>, the output's as those of <see cref="Linear"/>, biases
/// with zeros.</remarks>
public class MultiheadAttention : Module<AttentionInput, (Tensor Output, Tensor? Weights)>
{
    private readonly int numHeads;
    private readonly double dropout;
    private readonly bool addZeroAttn;

    /// <summary>Attention of these sizes.</summary>
    /// <param name="embedDim">E, the size of queries and results.</param>
    /// <param name="numHeads">The number of heads, which divides E.</param>
    /// <param name="dropout">The probability with which a weight is dropped in training.</param>
    /// <param name="bias">Whether the projections add learned vectors.</param>
    /// <param name="addBiasKv">Whether one more learned position is added to key and value.</param>
    /// <param name="addZeroAttn">Whether one more position of zeros is added to key and value.</param>
    /// <param name="kdim">The size of keys; E by default.</param>
    /// <param name="vdim">The size of values; E by default.</param>
    /// <param name="batchFirst">Whether inputs and output are (N, L, ...).</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, or the heads do not divide E.</exception>
    public MultiheadAttention(long embedDim, int numHeads, double dropout = 0, bool bias = true, bool addBiasKv = false,
        bool addZeroAttn = false, long? kdim = null, long? vdim = null, bool batchFirst = false, DType? dtype = null)
    {
        if (embedDim <= 0 || numHeads <= 0)
            Throw.Range(embedDim <= 0 ? nameof(embedDim) : nameof(numHeads), embedDim <= 0 ? embedDim : numHeads,
                $"embed_dim and num_heads must be greater than 0, got embed_dim={embedDim} and num_heads={numHeads} instead");
        if (embedDim % numHeads != 0)
            Throw.Range(nameof(numHeads), numHeads, $"embed_dim must be divisible by num_heads: {embedDim} and {numHeads}");
        (this.numHeads, this.dropout, this.addZeroAttn) = (numHeads, dropout, addZeroAttn);
        (EmbedDim, BatchFirst) = (embedDim, batchFirst);
        if ((kdim ?? embedDim) == embedDim && (vdim ?? embedDim) == embedDim) InProjWeight = Made([3 * embedDim, embedDim]);
        else
        {
            QProjWeight = Made([embedDim, embedDim]);
            KProjWeight = Made([embedDim, kdim ?? embedDim]);
            VProjWeight = Made([embedDim, vdim ?? embedDim]);
        }
        if (bias) InProjBias = Made([3 * embedDim]);
        OutProj = new OutProjection(embedDim, bias, dtype);
        if (addBiasKv) (BiasK, BiasV) = (Made([1, 1, embedDim]), Made([1, 1, embedDim]));
        ResetParameters();

        Tensor Made(Shape shape) => Parameter.Of(Tensor.Empty(shape, dtype: dtype));
    }

    /// <summary>E.</summary>
    public long EmbedDim { get; }

    /// <summary>Whether inputs and output are (N, L, ...).</summary>
    public bool BatchFirst { get; }

    /// <summary>The query's projection, (E, E), where key or value have other sizes.</summary>
    public Tensor? QProjWeight { get; private set; }

    /// <summary>The key's projection, (E, kdim), where key or value have other sizes.</summary>
    public Tensor? KProjWeight { get; private set; }

    /// <summary>The value's projection, (E, vdim), where key or value have other sizes.</summary>
    public Tensor? VProjWeight { get; private set; }

    /// <summary>The three projections, one below the other, (3 E, E), where key and value have the query's size.</summary>
    public Tensor? InProjWeight { get; private set; }

    /// <summary>What the three projections add, (3 E), or null.</summary>
    public Tensor? InProjBias { get; private set; }

    /// <summary>One more position of the projected key, (1, 1, E), or null.</summary>
    public Tensor? BiasK { get; private set; }

    /// <summary>One more position of the projected value, (1, 1, E), or null.</summary>
    public Tensor? BiasV { get; private set; }

    /// <summary>The projection of the heads' results.</summary>
    public Linear OutProj { get; private set; }

    /// <summary>Draws the projections of query, key and value anew and sets biases to zero.</summary>
    public void ResetParameters()
    {
        foreach (Tensor? weight in (Tensor?[])[InProjWeight, QProjWeight, KProjWeight, VProjWeight])
            if (weight is not null) Init.XavierUniform_(weight);
        if (InProjBias is not null)
        {
            Init.Zeros_(InProjBias);
            Init.Zeros_(OutProj.Bias!);
        }
        if (BiasK is not null) Init.XavierNormal_(BiasK);
        if (BiasV is not null) Init.XavierNormal_(BiasV);
    }

    /// <summary>Attends.</summary>
    /// <param name="query">(L, N, E), or (N, L, E) if batch first, or (L, E).</param>
    /// <param name="key">(S, N, kdim), or (N, S, kdim) if batch first, or (S, kdim).</param>
    /// <param name="value">(S, N, vdim), or (N, S, vdim) if batch first, or (S, vdim).</param>
    /// <param name="keyPaddingMask">(N, S) or (S): bool, true for positions to leave out, or numbers that are added.</param>
    /// <param name="needWeights">Also return the weights.</param>
    /// <param name="attnMask">(L, S) or (N · heads, L, S): bool, true for positions to leave out, or numbers that are added.</param>
    /// <param name="averageAttnWeights">Return the mean of the heads' weights.</param>
    /// <param name="isCausal">The mask, which must be given, is the causal one.</param>
    /// <returns>The result, shaped as the query; and the weights, (N, L, S) or (L, S), with a dimension of heads before L if not
    /// averaged.</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="DTypeException">A mask is neither bool nor floating point.</exception>
    public (Tensor Output, Tensor? Weights) Call(Tensor query, Tensor key, Tensor value, Tensor? keyPaddingMask = null,
        bool needWeights = true, Tensor? attnMask = null, bool averageAttnWeights = true, bool isCausal = false) =>
        Call(new(query, key, value, keyPaddingMask, needWeights, attnMask, averageAttnWeights, isCausal));

    /// <inheritdoc/>
    protected override (Tensor Output, Tensor? Weights) Forward(AttentionInput x)
    {
        (Tensor q, Tensor k, Tensor v) = (x.Query, x.Key, x.Value);
        bool turn = BatchFirst && q.NDim == 3;
        if (turn && k.NDim == 3 && v.NDim == 3)
        {
            // What is the same tensor stays so: its projections then are one product.
            (Tensor q2, bool same, bool all) = (q.Transpose(0, 1), ReferenceEquals(k, v), ReferenceEquals(q, k));
            Tensor k2 = all ? q2 : k.Transpose(0, 1);
            v = same ? k2 : v.Transpose(0, 1);
            (q, k) = (q2, k2);
        }
        (Tensor y, Tensor? weights) = Functional.MultiHeadAttentionForward(q, k, v, EmbedDim, numHeads, InProjWeight, InProjBias, BiasK,
            BiasV, addZeroAttn, dropout, OutProj.Weight, OutProj.Bias, Training, x.KeyPaddingMask, x.NeedWeights, x.AttnMask,
            InProjWeight is null, QProjWeight, KProjWeight, VProjWeight, averageAttnWeights: x.AverageAttnWeights, isCausal: x.IsCausal);
        return (turn ? y.Transpose(0, 1) : y, weights);
    }

    /// <summary>A linear layer under the name that it has in PyTorch's listings.</summary>
    private sealed class OutProjection(long size, bool bias, DType? dtype) : Linear(size, size, bias, dtype)
    {
        private protected override string TypeName => "NonDynamicallyQuantizableLinear";
    }
}
