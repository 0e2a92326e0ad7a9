namespace Nabla;

public static partial class Functional
{
    // -λα of SELU at minus infinity, α = 1.7580993408473766 (G. Klambauer et al., Self-Normalizing Neural Networks, 2017).
    private const double SeluLimit = 1.7580993408473766;

    /// <summary>Each element is zero with probability p, else multiplied by 1 / (1 - p). Without training the input itself.</summary>
    /// <param name="input">The input.</param>
    /// <param name="p">The probability of a zero; 0.5 by default.</param>
    /// <param name="training">Whether anything is done.</param>
    /// <param name="inPlace">Write into the input.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">p is not in [0, 1].</exception>
    public static Tensor Dropout(Tensor input, double p = 0.5, bool training = true, bool inPlace = false, Generator? generator = null) =>
        Drop(input, p, training, inPlace, feature: false, alpha: false, generator);

    /// <summary>As <see cref="Dropout"/>, but whole channels of [N, C, L] or [C, L] are zero together.</summary>
    /// <inheritdoc cref="Dropout"/>
    /// <exception cref="ShapeException">The input has neither 2 nor 3 dimensions.</exception>
    public static Tensor Dropout1d(Tensor input, double p = 0.5, bool training = true, bool inPlace = false, Generator? generator = null)
    {
        if (input.NDim is not (2 or 3))
            Throw.Shapes($"dropout1d: Expected 2D or 3D input, but received a {input.NDim}D input. Note that dropout1d exists to " +
                "provide channel-wise dropout on " +
                "inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs).");
        return DropChannels(input, 3, p, training, inPlace, generator);
    }

    /// <summary>
    /// As <see cref="Dropout"/>, but whole channels of [N, C, H, W] are zero together; any input is taken as [N, C, ...].
    /// </summary>
    /// <inheritdoc cref="Dropout"/>
    public static Tensor Dropout2d(Tensor input, double p = 0.5, bool training = true, bool inPlace = false, Generator? generator = null) =>
        Drop(input, p, training, inPlace, feature: true, alpha: false, generator);

    /// <summary>As <see cref="Dropout"/>, but whole channels of [N, C, D, H, W] or [C, D, H, W] are zero together.</summary>
    /// <inheritdoc cref="Dropout"/>
    public static Tensor Dropout3d(Tensor input, double p = 0.5, bool training = true, bool inPlace = false, Generator? generator = null) =>
        DropChannels(input, 5, p, training, inPlace, generator);

    /// <summary>Elements take SELU's lower limit with probability p, and all are scaled so that mean and variance stay.</summary>
    /// <inheritdoc cref="Dropout"/>
    public static Tensor AlphaDropout(Tensor input, double p = 0.5, bool training = false, bool inPlace = false,
        Generator? generator = null) =>
        Drop(input, p, training, inPlace, feature: false, alpha: true, generator);

    /// <summary>As <see cref="AlphaDropout"/>, but whole channels of [N, C, ...] together.</summary>
    /// <inheritdoc cref="Dropout"/>
    public static Tensor FeatureAlphaDropout(Tensor input, double p = 0.5, bool training = false, bool inPlace = false,
        Generator? generator = null) =>
        Drop(input, p, training, inPlace, feature: true, alpha: true, generator);

    /// <summary>
    /// A sample of the Gumbel-softmax distribution: softmax((logits + g) / τ) with g from Gumbel(0, 1) (E. Jang et al., Categorical
    /// Reparameterization with Gumbel-Softmax, 2017).
    /// </summary>
    /// <param name="logits">Unnormalised log-probabilities.</param>
    /// <param name="tau">The temperature τ; 1 by default.</param>
    /// <param name="hard">Return the one-hot vector of the largest value; its gradient is that of the sample.</param>
    /// <param name="dim">The dimension of the categories; the last by default.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    public static Tensor GumbelSoftmax(Tensor logits, double tau = 1, bool hard = false, int dim = -1, Generator? generator = null)
    {
        _ = Dims.FromEnd(dim, logits.NDim);
        Tensor gumbel = -Tensor.EmptyLike(logits).Exponential_(generator: generator).Log();
        Tensor soft = ((logits + gumbel) / tau).Softmax(dim);
        if (!hard) return soft;
        Tensor index = soft.Detach().ArgMax(dim, keepDim: true);
        return Tensor.ZerosLike(logits).Scatter(dim, index, 1.0) - soft.Detach() + soft;
    }

    private static Tensor DropChannels(Tensor x, int batched, double p, bool training, bool inPlace, Generator? generator)
    {
        if (x.NDim == batched) return Drop(x, p, training, inPlace, feature: true, alpha: false, generator);
        return Drop(x.Unsqueeze(0), p, training, inPlace, feature: true, alpha: false, generator).Squeeze(0);
    }

    private static Tensor Drop(Tensor x, double p, bool training, bool inPlace, bool feature, bool alpha, Generator? generator)
    {
        if (!(p >= 0 && p <= 1)) Throw.Range(nameof(p), p, "dropout probability has to be between 0 and 1, but got " +
            $"{RandomChecks.Words(p)}");
        if (p == 0 || !training || x.NumElements == 0) return x;
        if (!x.dtype.IsFloatingPoint()) Throw.CannotCast("dropout", Tensor.DefaultDType, x.dtype);
        if (feature && x.NDim < 2) Throw.Shapes($"Feature dropout requires at least 2 dimensions in the input: it has shape {x.Shape}.");
        // Before the generator moves.
        if (inPlace) Views.Check(x, false, "Mul");
        if (p == 1) return Times(x, Tensor.Zeros(default, x.dtype), inPlace);
        Layout layout = x.layout.Fresh;
        if (feature)
        {
            long[] shape = new long[x.NDim];
            Array.Fill(shape, 1);
            (shape[0], shape[1]) = (x.layout.shape[0], x.layout.shape[1]);
            layout = new Layout(shape);
        }
        if (!alpha) return Times(x, RandomDraw.Fresh(layout, x.dtype, generator, new DropoutDraw(p)), inPlace);
        Tensor noise = RandomDraw.Fresh(layout, x.dtype, generator, new BernoulliDraw(1 - p));
        double a = 1 / Math.Sqrt((SeluLimit * SeluLimit * p + 1) * (1 - p));
        Tensor b = noise.Add(-1).Mul_(SeluLimit * a).Add_(SeluLimit * a * p);
        noise.Mul_(a);
        return inPlace ? x.Mul_(noise).Add_(b) : x * noise + b;
    }

    private static Tensor Times(Tensor x, Tensor noise, bool inPlace) => inPlace ? x.Mul_(noise) : x * noise;
}
