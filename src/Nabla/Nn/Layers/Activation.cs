namespace Nabla.Nn;

/// <summary>max(x, 0), elementwise.</summary>
/// <param name="inPlace">Write into the input.</param>
public class ReLU(bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => inPlace ? Functional.Relu_(x) : Functional.Relu(x);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace);
}

/// <summary>min(max(x, 0), 6), elementwise.</summary>
/// <param name="inPlace">Write into the input.</param>
public class ReLU6(bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => inPlace ? Functional.Relu6_(x) : Functional.Relu6(x);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace);
}

/// <summary>x where x &gt; 0, elsewhere x times a slope: in training drawn for each element from [lower, upper), else their mean.</summary>
/// <param name="lower">The least slope.</param>
/// <param name="upper">The greatest slope.</param>
/// <param name="inPlace">Write into the input.</param>
public class RReLU(double lower = 1.0 / 8, double upper = 1.0 / 3, bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.RRelu(x, lower, upper, Training, inPlace);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace, $"lower={Repr.Of(lower)}, upper={Repr.Of(upper)}");
}

/// <summary>min(max(x, minVal), maxVal), elementwise.</summary>
public class Hardtanh : Module<Tensor, Tensor>
{
    private readonly double minVal, maxVal;
    private readonly bool inPlace;

    /// <summary>With these bounds.</summary>
    /// <param name="minVal">The lower bound.</param>
    /// <param name="maxVal">The upper bound.</param>
    /// <param name="inPlace">Write into the input.</param>
    /// <exception cref="ArgumentOutOfRangeException">The upper bound is not above the lower one.</exception>
    public Hardtanh(double minVal = -1, double maxVal = 1, bool inPlace = false)
    {
        if (!(maxVal > minVal)) Throw.Range(nameof(maxVal), maxVal, $"max_val must be larger than min_val: {maxVal} and {minVal}.");
        (this.minVal, this.maxVal, this.inPlace) = (minVal, maxVal, inPlace);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) =>
        inPlace ? Functional.Hardtanh_(x, minVal, maxVal) : Functional.Hardtanh(x, minVal, maxVal);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace, $"min_val={Repr.Of(minVal)}, max_val={Repr.Of(maxVal)}");
}

/// <summary>x where x &gt; threshold, elsewhere a value.</summary>
/// <param name="threshold">The threshold.</param>
/// <param name="value">The value.</param>
/// <param name="inPlace">Write into the input.</param>
public class Threshold(Scalar threshold, Scalar value, bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) =>
        inPlace ? Functional.Threshold_(x, threshold, value) : Functional.Threshold(x, threshold, value);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace, $"threshold={Repr.Of(threshold)}, value={Repr.Of(value)}");
}

/// <summary>x where x &gt; 0, elsewhere x times a slope.</summary>
/// <param name="negativeSlope">The slope.</param>
/// <param name="inPlace">Write into the input.</param>
public class LeakyReLU(double negativeSlope = 0.01, bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) =>
        inPlace ? Functional.LeakyRelu_(x, negativeSlope) : Functional.LeakyRelu(x, negativeSlope);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace, $"negative_slope={Repr.Of(negativeSlope)}");
}

/// <summary>x where x &gt; 0, elsewhere x times a learned slope, one for all or one per channel (dimension 1).</summary>
public class PReLU : Module<Tensor, Tensor>
{
    private readonly double init;

    /// <summary>With slopes that begin at one value.</summary>
    /// <param name="numParameters">1, or the number of channels.</param>
    /// <param name="init">The slopes' first value.</param>
    /// <param name="dtype">The type of the parameter; null for the default type.</param>
    public PReLU(long numParameters = 1, double init = 0.25, DType? dtype = null)
    {
        this.init = init;
        Weight = Parameter.Of(Tensor.Empty([numParameters], dtype: dtype));
        ResetParameters();
    }

    /// <summary>The slopes, (numParameters).</summary>
    public Tensor Weight { get; private set; }

    /// <summary>Sets the slopes to their first value.</summary>
    public void ResetParameters() => Init.Constant_(Weight, init);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.PRelu(x, Weight);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"num_parameters={Weight.Size(0)}";
}

/// <summary>x where |x| &gt; λ, elsewhere 0.</summary>
/// <param name="lambda">λ.</param>
public class Hardshrink(double lambda = 0.5) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Hardshrink(x, lambda);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.Of(lambda);
}

/// <summary>x - λ where x &gt; λ, x + λ where x &lt; -λ, elsewhere 0.</summary>
/// <param name="lambda">λ, not negative.</param>
public class Softshrink(double lambda = 0.5) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Softshrink(x, lambda);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.Of(lambda);
}

/// <summary>x - tanh x, elementwise.</summary>
public class Tanhshrink : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Tanhshrink(x);
}

/// <summary>min(max(x + 3, 0), 6) / 6, elementwise.</summary>
/// <param name="inPlace">Write into the input.</param>
public class Hardsigmoid(bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => inPlace ? Functional.Hardsigmoid_(x) : Functional.Hardsigmoid(x);
}

/// <summary>x · min(max(x + 3, 0), 6) / 6, elementwise.</summary>
/// <param name="inPlace">Write into the input.</param>
public class Hardswish(bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => inPlace ? Functional.Hardswish_(x) : Functional.Hardswish(x);
}
