namespace Nabla.Nn;

/// <summary>What the embeddings share: their table.</summary>
internal static class EmbeddingTable
{
    /// <summary>A given table, or one of normally distributed numbers with zeros in the padding row.</summary>
    internal static Tensor Make(long rows, long size, long? paddingIdx, Tensor? weight, bool freeze, DType? dtype)
    {
        if (weight is null)
        {
            Tensor made = Parameter.Of(Tensor.Empty([rows, size], dtype: dtype), !freeze);
            Reset(made, paddingIdx);
            return made;
        }
        if (weight.NDim != 2 || weight.Size(0) != rows || weight.Size(1) != size)
            Throw.Shapes($"Shape of weight does not match num_embeddings and embedding_dim: {weight.Shape}, {rows} and {size}.");
        return Parameter.Of(weight, !freeze);
    }

    internal static void Reset(Tensor weight, long? paddingIdx)
    {
        Init.Normal_(weight);
        if (paddingIdx is { } p) Init.Zeros_(weight.Detach().Select(0, p));
    }

    internal static long? Padding(long? index, long rows, string word)
    {
        if (index is { } i && (i >= Math.Max(rows, 1) || i < -rows))
            Throw.Range("paddingIdx", i, $"{word} must be within num_embeddings: {i} of {rows}.");
        return index < 0 ? index + rows : index;
    }
}

/// <summary>Rows of a learned table, by their numbers: (...) to (..., size).</summary>
/// <remarks>The table begins with numbers from the standard normal distribution, and zeros in the padding row.</remarks>
public class Embedding : Module<Tensor, Tensor>
{
    private readonly long? paddingIdx;
    private readonly double? maxNorm;
    private readonly double normType;
    private readonly bool scaleGradByFreq;

    /// <summary>A table of these sizes.</summary>
    /// <param name="numEmbeddings">The number of rows.</param>
    /// <param name="embeddingDim">The size of a row.</param>
    /// <param name="paddingIdx">A row that gets no gradient; a negative number counts from the end.</param>
    /// <param name="maxNorm">Rows that are used and longer are scaled down to this norm, in the table itself.</param>
    /// <param name="normType">Which norm that is.</param>
    /// <param name="scaleGradByFreq">Divide each row's gradient by how often the row occurs.</param>
    /// <param name="weight">The table; null for a random one.</param>
    /// <param name="freeze">Whether the table is not learned.</param>
    /// <param name="dtype">The type of the table; null for the default type.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such padding row.</exception>
    /// <exception cref="ShapeException">The given table has other sizes.</exception>
    public Embedding(long numEmbeddings, long embeddingDim, long? paddingIdx = null, double? maxNorm = null, double normType = 2,
        bool scaleGradByFreq = false, Tensor? weight = null, bool freeze = false, DType? dtype = null)
    {
        this.paddingIdx = EmbeddingTable.Padding(paddingIdx, numEmbeddings, "Padding_idx");
        (this.maxNorm, this.normType, this.scaleGradByFreq) = (maxNorm, normType, scaleGradByFreq);
        Weight = EmbeddingTable.Make(numEmbeddings, embeddingDim, this.paddingIdx, weight, freeze, dtype);
    }

    /// <summary>The table, (rows, size).</summary>
    public Tensor Weight { get; private set; }

    /// <summary>Draws the table anew.</summary>
    public void ResetParameters() => EmbeddingTable.Reset(Weight, paddingIdx);

    /// <summary>An embedding with a given table.</summary>
    /// <param name="embeddings">The table, (rows, size).</param>
    /// <param name="freeze">Whether it is not learned.</param>
    /// <param name="paddingIdx">A row that gets no gradient.</param>
    /// <param name="maxNorm">Rows that are used and longer are scaled down to this norm.</param>
    /// <param name="normType">Which norm that is.</param>
    /// <param name="scaleGradByFreq">Divide each row's gradient by how often the row occurs.</param>
    /// <exception cref="ShapeException">The table has not two dimensions.</exception>
    public static Embedding FromPretrained(Tensor embeddings, bool freeze = true, long? paddingIdx = null, double? maxNorm = null,
        double normType = 2, bool scaleGradByFreq = false)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        if (embeddings.NDim != 2) Throw.Shapes($"Embeddings parameter is expected to be 2-dimensional, but has shape {embeddings.Shape}.");
        return new(embeddings.Size(0), embeddings.Size(1), paddingIdx, maxNorm, normType, scaleGradByFreq, embeddings, freeze);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Embedding(x, Weight, paddingIdx, maxNorm, normType, scaleGradByFreq);

    /// <inheritdoc/>
    protected override string ExtraRepr
    {
        get
        {
            string text = $"{Weight.Size(0)}, {Weight.Size(1)}";
            if (paddingIdx is not null) text += $", padding_idx={paddingIdx}";
            if (maxNorm is not null) text += $", max_norm={Repr.Of(maxNorm)}";
            if (normType != 2) text += $", norm_type={Repr.Of(normType)}";
            return scaleGradByFreq ? text + ", scale_grad_by_freq=True" : text;
        }
    }
}

/// <summary>Sums, means or maxima of bags of rows of a learned table: (bags, n) or, with offsets, (n) to (bags, size).</summary>
/// <remarks>The table begins with numbers from the standard normal distribution, and zeros in the padding row.</remarks>
public class EmbeddingBag : Module<Tensor, Tensor?, Tensor?, Tensor>
{
    private readonly long? paddingIdx;
    private readonly double? maxNorm;
    private readonly double normType;
    private readonly bool scaleGradByFreq, includeLastOffset;
    private readonly string mode;

    /// <summary>A table of these sizes.</summary>
    /// <param name="numEmbeddings">The number of rows.</param>
    /// <param name="embeddingDim">The size of a row.</param>
    /// <param name="maxNorm">Rows that are used and longer are scaled down to this norm, in the table itself.</param>
    /// <param name="normType">Which norm that is.</param>
    /// <param name="scaleGradByFreq">Divide each row's gradient by how often the row occurs.</param>
    /// <param name="mode">"sum", "mean" or "max".</param>
    /// <param name="weight">The table; null for a random one.</param>
    /// <param name="includeLastOffset">The last offset is the end of the last bag.</param>
    /// <param name="paddingIdx">A row that is passed over; a negative number counts from the end.</param>
    /// <param name="dtype">The type of the table; null for the default type.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such padding row.</exception>
    /// <exception cref="ShapeException">The given table has other sizes.</exception>
    public EmbeddingBag(long numEmbeddings, long embeddingDim, double? maxNorm = null, double normType = 2, bool scaleGradByFreq = false,
        string mode = "mean", Tensor? weight = null, bool includeLastOffset = false, long? paddingIdx = null, DType? dtype = null)
    {
        this.paddingIdx = EmbeddingTable.Padding(paddingIdx, numEmbeddings, "padding_idx");
        (this.maxNorm, this.normType, this.scaleGradByFreq) = (maxNorm, normType, scaleGradByFreq);
        (this.mode, this.includeLastOffset) = (mode, includeLastOffset);
        Weight = EmbeddingTable.Make(numEmbeddings, embeddingDim, this.paddingIdx, weight, false, dtype);
    }

    /// <summary>The table, (rows, size).</summary>
    public Tensor Weight { get; private set; }

    /// <summary>Draws the table anew.</summary>
    public void ResetParameters() => EmbeddingTable.Reset(Weight, paddingIdx);

    /// <summary>An embedding with a given table.</summary>
    /// <inheritdoc cref="Embedding.FromPretrained"/>
    public static EmbeddingBag FromPretrained(Tensor embeddings, bool freeze = true, double? maxNorm = null, double normType = 2,
        bool scaleGradByFreq = false, string mode = "mean", bool includeLastOffset = false, long? paddingIdx = null)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        if (embeddings.NDim != 2) Throw.Shapes($"Embeddings parameter is expected to be 2-dimensional, but has shape {embeddings.Shape}.");
        EmbeddingBag made = new(embeddings.Size(0), embeddings.Size(1), maxNorm, normType, scaleGradByFreq, mode, embeddings,
            includeLastOffset, paddingIdx);
        made.Weight.RequiresGrad = !freeze;
        return made;
    }

    /// <summary>Looks up and combines.</summary>
    /// <inheritdoc cref="Forward"/>
    public new Tensor Call(Tensor input, Tensor? offsets = null, Tensor? perSampleWeights = null) =>
        base.Call(input, offsets, perSampleWeights);

    /// <summary>Looks up and combines.</summary>
    /// <param name="input">Row numbers: (bags, n), or (n) with offsets.</param>
    /// <param name="offsets">Where the bags begin.</param>
    /// <param name="perSampleWeights">Factors of the rows, of the input's shape; with "sum" only.</param>
    protected override Tensor Forward(Tensor input, Tensor? offsets, Tensor? perSampleWeights) =>
        Functional.EmbeddingBag(input, Weight, offsets, mode, perSampleWeights, includeLastOffset, paddingIdx, maxNorm, normType,
            scaleGradByFreq);

    /// <inheritdoc/>
    protected override string ExtraRepr
    {
        get
        {
            string text = $"{Weight.Size(0)}, {Weight.Size(1)}";
            if (maxNorm is not null) text += $", max_norm={Repr.Of(maxNorm)}";
            if (normType != 2) text += $", norm_type={Repr.Of(normType)}";
            if (scaleGradByFreq) text += ", scale_grad_by_freq=True";
            text += $", mode='{mode}'";
            return paddingIdx is null ? text : text + $", padding_idx={paddingIdx}";
        }
    }
}
