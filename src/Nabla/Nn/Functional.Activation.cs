using Nabla.Amp;

namespace Nabla;

/// <summary>The functions of PyTorch's torch.nn.functional.</summary>
public static partial class Functional
{
    private const double SeluAlpha = 1.6732632423543772848170429916717, SeluScale = 1.0507009873554804934193349852946;

    /// <summary>max(x, 0); the gradient at 0 is 0.</summary>
    public static Tensor Relu(Tensor input) => input.Relu();
    /// <summary>x = max(x, 0)</summary>
    public static Tensor Relu_(Tensor input) => input.Relu_();

    /// <summary>min(max(x, 0), 6); the gradient at 0 and 6 is 0.</summary>
    public static Tensor Relu6(Tensor input) => Hardtanh(input, 0, 6);
    /// <summary>x = min(max(x, 0), 6)</summary>
    public static Tensor Relu6_(Tensor input) => Hardtanh_(input, 0, 6);

    /// <summary>min(max(x, minVal), maxVal); the gradient at the bounds is 0.</summary>
    /// <param name="input">x.</param>
    /// <param name="minVal">The lower bound; -1 by default.</param>
    /// <param name="maxVal">The upper bound; 1 by default.</param>
    /// <exception cref="DTypeException">The tensor is bool.</exception>
    public static Tensor Hardtanh(Tensor input, double minVal = -1, double maxVal = 1) =>
        MapOp.Apply(new Ops.Hardtanh(minVal, maxVal), input);
    /// <summary>x = min(max(x, minVal), maxVal)</summary>
    /// <inheritdoc cref="Hardtanh(Tensor, double, double)"/>
    public static Tensor Hardtanh_(Tensor input, double minVal = -1, double maxVal = 1) =>
        MapOp.InPlace(new Ops.Hardtanh(minVal, maxVal), input);

    /// <summary>x where x &gt; threshold, else value.</summary>
    /// <param name="input">x.</param>
    /// <param name="threshold">Where x is not above it, it is replaced.</param>
    /// <param name="value">The replacement.</param>
    public static Tensor Threshold(Tensor input, Scalar threshold, Scalar value) => MapOp.Apply(new Ops.Threshold(threshold, value), input);
    /// <summary>x = x where x &gt; threshold, else value</summary>
    public static Tensor Threshold_(Tensor input, Scalar threshold, Scalar value) =>
        MapOp.InPlace(new Ops.Threshold(threshold, value), input);

    /// <summary>x where x &gt; 0, else negativeSlope · x.</summary>
    /// <param name="input">x.</param>
    /// <param name="negativeSlope">The slope below 0, and the gradient at 0; 0.01 by default.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public static Tensor LeakyRelu(Tensor input, double negativeSlope = 0.01) =>
        MapOp.Apply(new Ops.LeakyRelu(negativeSlope, "LeakyReluBackward0"), input.FloatOnly("leaky_relu_cpu"));
    /// <summary>x = x where x &gt; 0, else negativeSlope · x</summary>
    public static Tensor LeakyRelu_(Tensor input, double negativeSlope = 0.01) =>
        MapOp.InPlace(new Ops.LeakyRelu(negativeSlope, "LeakyReluBackward1"), input.FloatOnly("leaky_relu_cpu"));

    /// <summary>Randomised leaky ReLU: <see cref="LeakyRelu"/> with a slope for each element that is drawn evenly from [lower, upper) in
    /// training, and is the mean of the two bounds at evaluation.</summary>
    /// <param name="input">x.</param>
    /// <param name="lower">The least slope; 1/8 by default.</param>
    /// <param name="upper">The greatest slope; 1/3 by default.</param>
    /// <param name="training">Whether to draw slopes.</param>
    /// <param name="inPlace">Write into the input.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The lower bound is above the upper one.</exception>
    public static Tensor RRelu(Tensor input, double lower = 1.0 / 8, double upper = 1.0 / 3, bool training = false, bool inPlace = false,
        Generator? generator = null)
    {
        if (!(lower <= upper)) Throw.Range(nameof(lower), lower, $"Lower bound should be less than or equal to the upper bound: " +
            $"{lower} and {upper}.");
        Tensor x = input.FloatOnly("rrelu_with_noise_out_cpu");
        if (training)
        {
            Tensor slopes = RandomSlopes(x.Detach(), lower, upper, generator);
            return inPlace ? input.Mul_(slopes) : input * slopes;
        }
        Ops.LeakyRelu mean = new((lower + upper) / 2, inPlace ? "RreluWithNoiseBackward1" : "RreluWithNoiseBackward0");
        return inPlace ? MapOp.InPlace(mean, x) : MapOp.Apply(mean, x);
    }

    /// <summary>1 where not x ≤ 0; elsewhere one number after the other from [lower, upper), drawn in float64.</summary>
    private static Tensor RandomSlopes(Tensor x, double lower, double upper, Generator? generator)
    {
        Tensor drop = x.Le(0);
        Tensor drawn = Tensor.Empty([drop.CountNonzero().Item<long>()], dtype: DType.Float64).Uniform_(lower, upper, generator);
        return Tensor.OnesLike(x).MaskedScatter(drop, drawn.To(x.DType));
    }

    /// <summary>x where x &gt; 0, else weight · x, with one weight for all or one per channel (dimension 1).</summary>
    /// <inheritdoc cref="Tensor.PRelu(Tensor)"/>
    public static Tensor PRelu(Tensor input, Tensor weight)
    {
        using AutocastCall call = Autocast.Lower(ref input, ref weight);
        if (input.DType != weight.DType)
            Throw.Types($"prelu: Type promoting not supported. Got {input.DType.ScalarName()} and {weight.DType.ScalarName()}");
        if (weight.Rank > 1) Throw.Shapes($"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.Rank}");
        if (weight.NumElements == 1)
            return ZipOp.Apply(new Ops.PreluKernel(), input.FloatOnly("prelu_cpu"), weight.Rank == 0 ? weight : weight.Reshape([]));
        if (input.Rank == 0) Throw.Shapes("Not allow zero-dim input tensor.");
        long channels = input.Rank > 1 ? input.layout.shape[1] : 1;
        if (channels != weight.NumElements)
            Throw.Shapes("Mismatch of parameter numbers and input channel size. " +
                $"Found parameter numbers = {weight.NumElements} and channel size = {channels}. The input has shape {input.Shape}.");
        long[] shape = new long[input.Rank];
        Array.Fill(shape, 1);
        shape[1] = channels;
        return ZipOp.Apply(new Ops.PreluKernel(), input.FloatOnly("prelu_cpu"), weight.Reshape(new Shape(shape)));
    }

    /// <summary>x where x &gt; 0, else alpha · (e^x - 1).</summary>
    /// <param name="input">x.</param>
    /// <param name="alpha">α; 1 by default.</param>
    public static Tensor Elu(Tensor input, double alpha = 1) =>
        MapOp.Apply(new Ops.Elu(alpha, 1, 1, "EluBackward0"), input.FloatOnly("elu_cpu"));
    /// <summary>x = elu(x)</summary>
    public static Tensor Elu_(Tensor input, double alpha = 1) =>
        MapOp.InPlace(new Ops.Elu(alpha, 1, 1, "EluBackward1"), input.FloatOnly("elu_cpu"));

    /// <summary>scale · (x where x &gt; 0, else α · (e^x - 1)), with the two constants of self-normalizing networks.</summary>
    public static Tensor Selu(Tensor input) =>
        MapOp.Apply(new Ops.Elu(SeluAlpha, SeluScale, 1, "EluBackward0"), input.FloatOnly("elu_cpu"));
    /// <summary>x = selu(x)</summary>
    public static Tensor Selu_(Tensor input) =>
        MapOp.InPlace(new Ops.Elu(SeluAlpha, SeluScale, 1, "EluBackward1"), input.FloatOnly("elu_cpu"));

    /// <summary>x where x &gt; 0, else alpha · (e^(x / alpha) - 1).</summary>
    /// <param name="input">x.</param>
    /// <param name="alpha">α; 1 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">α is 0.</exception>
    public static Tensor Celu(Tensor input, double alpha = 1) =>
        MapOp.Apply(Continuous(alpha, "CeluBackward0"), input.FloatOnly("elu_cpu"));
    /// <summary>x = celu(x)</summary>
    public static Tensor Celu_(Tensor input, double alpha = 1) =>
        MapOp.InPlace(Continuous(alpha, "CeluBackward1"), input.FloatOnly("elu_cpu"));

    private static Ops.Elu Continuous(double alpha, string node)
    {
        if (alpha == 0) Throw.Range(nameof(alpha), alpha, "ZeroDivisionError: alpha cannot be 0 for CELU");
        return new(alpha, 1, 1 / alpha, node);
    }

    /// <summary>x · Φ(x), Φ the distribution function of the normal distribution.</summary>
    /// <param name="input">x.</param>
    /// <param name="approximate">"none", or "tanh" for x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.</param>
    /// <exception cref="ArgumentException">The approximation is neither.</exception>
    public static Tensor Gelu(Tensor input, string approximate = "none")
    {
        if (approximate is not ("none" or "tanh"))
            throw new ArgumentException($"approximate argument must be either none or tanh, but got '{approximate}'.", nameof(approximate));
        return MapOp.Apply(new Ops.Gelu(approximate == "tanh"), input.FloatOnly("GeluKernelImpl"));
    }

    /// <summary>x / (1 + e^-x), also known as swish.</summary>
    public static Tensor Silu(Tensor input) => MapOp.Apply(new Ops.Silu(), input.FloatOnly("silu_cpu", orComplex: true));
    /// <summary>x = x / (1 + e^-x)</summary>
    public static Tensor Silu_(Tensor input) => MapOp.InPlace(new Ops.Silu(), input.FloatOnly("silu_cpu"));

    /// <summary>x · tanh(ln(1 + e^x)).</summary>
    public static Tensor Mish(Tensor input) => MapOp.Apply(new Ops.Mish(), input.FloatOnly("mish_cpu"));
    /// <summary>x = x · tanh(ln(1 + e^x))</summary>
    public static Tensor Mish_(Tensor input) => MapOp.InPlace(new Ops.Mish(), input.FloatOnly("mish_cpu"));

    /// <summary>1 / (1 + e^-x).</summary>
    public static Tensor Sigmoid(Tensor input) => input.Sigmoid();

    /// <summary>tanh(x).</summary>
    public static Tensor Tanh(Tensor input) => input.Tanh();

    /// <summary>ln(1 / (1 + e^-x)), without overflow.</summary>
    public static Tensor LogSigmoid(Tensor input) => MapOp.Apply(new Ops.LogSigmoid(), input.FloatOnly("log_sigmoid_cpu"));

    /// <summary>min(max(x + 3, 0), 6) / 6; the gradient at -3 and 3 is 0.</summary>
    public static Tensor Hardsigmoid(Tensor input) => MapOp.Apply(new Ops.Hardsigmoid(), input.FloatOnly("hardsigmoid_cpu"));
    /// <summary>x = min(max(x + 3, 0), 6) / 6</summary>
    public static Tensor Hardsigmoid_(Tensor input) => MapOp.InPlace(new Ops.Hardsigmoid(), input.FloatOnly("hardsigmoid_cpu"));

    /// <summary>x · min(max(x + 3, 0), 6) / 6.</summary>
    public static Tensor Hardswish(Tensor input) => MapOp.Apply(new Ops.Hardswish(), input.FloatOnly("hardswish_cpu"));
    /// <summary>x = x · min(max(x + 3, 0), 6) / 6</summary>
    public static Tensor Hardswish_(Tensor input) => MapOp.InPlace(new Ops.Hardswish(), input.FloatOnly("hardswish_cpu"));

    /// <summary>x where |x| &gt; lambda, else 0.</summary>
    /// <param name="input">x.</param>
    /// <param name="lambda">λ; 0.5 by default.</param>
    public static Tensor Hardshrink(Tensor input, double lambda = 0.5) => input.Hardshrink(lambda);

    /// <summary>x - lambda above lambda, x + lambda below -lambda, else 0.</summary>
    /// <param name="input">x.</param>
    /// <param name="lambda">λ, not negative; 0.5 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">λ is negative.</exception>
    public static Tensor Softshrink(Tensor input, double lambda = 0.5)
    {
        if (!(lambda >= 0)) Throw.Range(nameof(lambda), lambda, $"lambda must be greater or equal to 0, but found to be {lambda}.");
        return MapOp.Apply(new Ops.Softshrink(lambda), input.FloatOnly("softshrink_cpu"));
    }

    /// <summary>x - tanh(x).</summary>
    public static Tensor Tanhshrink(Tensor input) => input - input.Tanh();

    /// <summary>ln(1 + e^(beta·x)) / beta, and x itself where beta·x &gt; threshold.</summary>
    /// <param name="input">x.</param>
    /// <param name="beta">β; 1 by default.</param>
    /// <param name="threshold">Above it the function is linear to working precision; 20 by default.</param>
    public static Tensor Softplus(Tensor input, double beta = 1, double threshold = 20) =>
        MapOp.Apply(new Ops.Softplus(beta, threshold), input.FloatOnly("softplus_cpu"));

    /// <summary>x / (1 + |x|).</summary>
    public static Tensor Softsign(Tensor input) => input / (input.Abs() + 1);

    /// <summary>a · σ(b), a and b being the two halves of a dimension.</summary>
    /// <param name="input">A tensor of at least one dimension.</param>
    /// <param name="dim">The dimension to halve; the last by default.</param>
    /// <exception cref="ShapeException">The dimension's size is odd, or the tensor is 0-d.</exception>
    public static Tensor Glu(Tensor input, int dim = -1)
    {
        if (input.Rank == 0) Throw.Shapes("glu does not support 0-dimensional tensors");
        int d = Dims.FromEnd(dim, input.Rank);
        long size = input.layout.shape[^-d];
        if (size % 2 != 0) Throw.Shapes($"Halving dimension must be even, but dimension {d + input.Rank} is size {size}");
        return Op.Apply(new Ops.Glu(d), input.FloatOnly("glu_cpu"))[0];
    }
}
