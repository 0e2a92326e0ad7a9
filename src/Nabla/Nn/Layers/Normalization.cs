namespace Nabla.Nn;

/// <summary>Normalises over the last dimensions of each sample: (x - mean) / sqrt(variance + ε) · weight + bias (J. L. Ba et al., Layer
/// normalization, 2016).</summary>
public class LayerNorm : Module<Tensor, Tensor>
{
    private readonly Shape normalizedShape;
    private readonly double eps;

    /// <summary>Over dimensions of these sizes.</summary>
    /// <param name="normalizedShape">The sizes of the input's last dimensions.</param>
    /// <param name="eps">ε.</param>
    /// <param name="elementwiseAffine">Whether to learn weight and bias.</param>
    /// <param name="bias">Whether to learn a bias with the weight.</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    public LayerNorm(Shape normalizedShape, double eps = 1e-5, bool elementwiseAffine = true, bool bias = true, DType? dtype = null)
    {
        (this.normalizedShape, this.eps) = (normalizedShape, eps);
        if (!elementwiseAffine) return;
        Weight = Parameter.Of(Tensor.Ones(normalizedShape, dtype));
        if (bias) Bias = Parameter.Of(Tensor.Zeros(normalizedShape, dtype));
    }

    /// <summary>What each element is multiplied with, of the normalised shape, or null.</summary>
    public Tensor? Weight { get; private set; }

    /// <summary>What is added to each element, of the normalised shape, or null.</summary>
    public Tensor? Bias { get; private set; }

    /// <summary>Sets weights to one and biases to zero.</summary>
    public void ResetParameters()
    {
        if (Weight is not null) Init.Ones_(Weight);
        if (Bias is not null) Init.Zeros_(Bias);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.LayerNorm(x, normalizedShape, Weight, Bias, eps);

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        $"{Repr.Tuple(normalizedShape)}, eps={Repr.Of(eps)}, elementwise_affine={Repr.Of(Weight is not null)}";
}

/// <summary>Divides by the root of the mean square over the last dimensions: x / sqrt(mean(x²) + ε) · weight (B. Zhang and R. Sennrich,
/// Root mean square layer normalization, 2019).</summary>
public class RMSNorm : Module<Tensor, Tensor>
{
    private readonly Shape normalizedShape;
    private readonly double? eps;

    /// <summary>Over dimensions of these sizes.</summary>
    /// <param name="normalizedShape">The sizes of the input's last dimensions.</param>
    /// <param name="eps">ε; the dtype's distance of 1 to the next number by default.</param>
    /// <param name="elementwiseAffine">Whether to learn a weight.</param>
    /// <param name="dtype">The type of the parameter; null for the default type.</param>
    public RMSNorm(Shape normalizedShape, double? eps = null, bool elementwiseAffine = true, DType? dtype = null)
    {
        (this.normalizedShape, this.eps) = (normalizedShape, eps);
        if (elementwiseAffine) Weight = Parameter.Of(Tensor.Ones(normalizedShape, dtype));
    }

    /// <summary>What each element is multiplied with, of the normalised shape, or null.</summary>
    public Tensor? Weight { get; private set; }

    /// <summary>Sets weights to one.</summary>
    public void ResetParameters()
    {
        if (Weight is not null) Init.Ones_(Weight);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.RmsNorm(x, normalizedShape, Weight, eps);

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        $"{Repr.Tuple(normalizedShape)}, eps={Repr.Of(eps)}, elementwise_affine={Repr.Of(Weight is not null)}";
}

/// <summary>Normalises groups of channels of each sample of (N, C, ...) (Y. Wu and K. He, Group normalization, 2018).</summary>
public class GroupNorm : Module<Tensor, Tensor>
{
    private readonly long numGroups, numChannels;
    private readonly double eps;

    /// <summary>With these groups.</summary>
    /// <param name="numGroups">The number of groups.</param>
    /// <param name="numChannels">The number of channels, which it divides.</param>
    /// <param name="eps">ε.</param>
    /// <param name="affine">Whether to learn weight and bias.</param>
    /// <param name="dtype">The type of the parameters; null for the default type.</param>
    /// <exception cref="ArgumentOutOfRangeException">The channels cannot be divided into so many groups.</exception>
    public GroupNorm(long numGroups, long numChannels, double eps = 1e-5, bool affine = true, DType? dtype = null)
    {
        if (numGroups <= 0 || numChannels % numGroups != 0)
            Throw.Range(nameof(numGroups), numGroups, $"num_channels must be divisible by num_groups: {numChannels} and {numGroups}.");
        (this.numGroups, this.numChannels, this.eps) = (numGroups, numChannels, eps);
        if (!affine) return;
        Weight = Parameter.Of(Tensor.Ones([numChannels], dtype));
        Bias = Parameter.Of(Tensor.Zeros([numChannels], dtype));
    }

    /// <summary>What each channel is multiplied with, (C), or null.</summary>
    public Tensor? Weight { get; private set; }

    /// <summary>What is added to each channel, (C), or null.</summary>
    public Tensor? Bias { get; private set; }

    /// <summary>Sets weights to one and biases to zero.</summary>
    public void ResetParameters()
    {
        if (Weight is not null) Init.Ones_(Weight);
        if (Bias is not null) Init.Zeros_(Bias);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.GroupNorm(x, numGroups, Weight, Bias, eps);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"{numGroups}, {numChannels}, eps={Repr.Of(eps)}, affine={Repr.Of(Weight is not null)}";
}

/// <summary>Divides by (k + α · mean of the squares of neighbouring channels)^β (A. Krizhevsky et al., ImageNet classification with deep
/// convolutional neural networks, 2012).</summary>
/// <param name="size">How many channels are neighbours.</param>
/// <param name="alpha">α.</param>
/// <param name="beta">β.</param>
/// <param name="k">k.</param>
public class LocalResponseNorm(long size, double alpha = 1e-4, double beta = 0.75, double k = 1) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.LocalResponseNorm(x, size, alpha, beta, k);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"{size}, alpha={Repr.Of(alpha)}, beta={Repr.Of(beta)}, k={Repr.Of(k)}";
}

/// <summary>The local response normalisation of (N, C, H, W) with a window of as many channels on either side:
/// x · (k + α / size · Σ x²)^-β over the channels at most (size - 1) / 2 away, rounded down.</summary>
/// <inheritdoc cref="LocalResponseNorm"/>
public class CrossMapLRN2d(long size, double alpha = 1e-4, double beta = 0.75, double k = 1) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        if (x.NDim != 4) Throw.Shapes($"CrossMapLRN2d: Expected input to be 4D, got {x.NDim}D instead.");
        if (size <= 0) Throw.Range(nameof(size), size, $"CrossMapLRN2d: size must be positive, but got {size}.");
        long side = (size - 1) / 2;
        Tensor squares = Functional.Pad(x * x, [0, 0, 0, 0, side, side]).Unfold(1, 2 * side + 1, 1).Sum(-1);
        return x * (squares * (alpha / size) + k).Pow(-beta);
    }

    /// <inheritdoc/>
    protected override string ExtraRepr => $"{size}, alpha={Repr.Of(alpha)}, beta={Repr.Of(beta)}, k={Repr.Of(k)}";
}
