namespace Nabla.Nn;

/// <summary>An affine map of the last dimension: <c>y = x Wᵀ + b</c>, from (..., in) to (..., out).</summary>
/// <remarks>Weight and bias begin uniform in ±1/sqrt(in), drawn in this order.</remarks>
public class Linear : Module<Tensor, Tensor>
{
    private readonly long inFeatures, outFeatures;

    /// <summary>A map from <paramref name="inFeatures"/> to <paramref name="outFeatures"/> numbers.</summary>
    /// <param name="inFeatures">The size of the last dimension of the input.</param>
    /// <param name="outFeatures">That of the output.</param>
    /// <param name="bias">Whether to add a learned vector.</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    public Linear(long inFeatures, long outFeatures, bool bias = true, DType? dtype = null)
    {
        (this.inFeatures, this.outFeatures) = (inFeatures, outFeatures);
        Weight = Parameter.Of(Tensor.Empty([outFeatures, inFeatures], dtype: dtype));
        if (bias) Bias = Parameter.Of(Tensor.Empty([outFeatures], dtype: dtype));
        ResetParameters();
    }

    /// <summary>W, (out, in).</summary>
    public Tensor Weight { get; private set; }

    /// <summary>b, (out), or null.</summary>
    public Tensor? Bias { get; private set; }

    /// <summary>Draws weight and bias anew.</summary>
    public void ResetParameters()
    {
        Init.KaimingUniform_(Weight, Math.Sqrt(5));
        double bound = inFeatures > 0 ? InitBounds.Reciprocal(inFeatures) : 0;
        if (Bias is not null) Init.Uniform_(Bias, -bound, bound);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Linear(x, Weight, Bias);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"in_features={inFeatures}, out_features={outFeatures}, bias={Repr.Of(Bias is not null)}";
}
