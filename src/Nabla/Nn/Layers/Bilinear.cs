namespace Nabla.Nn;

/// <summary>The input itself.</summary>
public class Identity : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => x;
}

/// <summary>y = x1ᵀ A x2 + b: (..., in1) and (..., in2) to (..., out).</summary>
/// <remarks>Weight and bias begin uniform in ±1/sqrt(in1), drawn in this order.</remarks>
public class Bilinear : Module<Tensor, Tensor, Tensor>
{
    /// <summary>A map of these sizes.</summary>
    /// <param name="in1Features">The size of the first input's last dimension.</param>
    /// <param name="in2Features">That of the second.</param>
    /// <param name="outFeatures">That of the output.</param>
    /// <param name="bias">Whether to add a learned vector.</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    public Bilinear(long in1Features, long in2Features, long outFeatures, bool bias = true, DType? dtype = null)
    {
        Weight = Parameter.Of(Tensor.Empty([outFeatures, in1Features, in2Features], dtype: dtype));
        if (bias) Bias = Parameter.Of(Tensor.Empty([outFeatures], dtype: dtype));
        ResetParameters();
    }

    /// <summary>A, (out, in1, in2).</summary>
    public Tensor Weight { get; private set; }

    /// <summary>b, (out), or null.</summary>
    public Tensor? Bias { get; private set; }

    /// <summary>Draws weight and bias anew.</summary>
    public void ResetParameters()
    {
        if (Weight.Size(1) == 0) Throw.Range("in1Features", 0L, "in1_features must be positive, but got 0.");
        double bound = InitBounds.Reciprocal(Weight.Size(1));
        Init.Uniform_(Weight, -bound, bound);
        if (Bias is not null) Init.Uniform_(Bias, -bound, bound);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x, Tensor y) => Functional.Bilinear(x, y, Weight, Bias);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"in1_features={Weight.Size(1)}, in2_features={Weight.Size(2)}, " +
        $"out_features={Weight.Size(0)}, bias={Repr.Of(Bias is not null)}";
}
