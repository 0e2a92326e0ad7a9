namespace Nabla.Nn;

/// <summary>1 / (1 + e^-x), elementwise.</summary>
public class Sigmoid : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => x.Sigmoid();
}

/// <summary>log(1 / (1 + e^-x)), elementwise.</summary>
public class LogSigmoid : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.LogSigmoid(x);
}

/// <summary>tanh x, elementwise.</summary>
public class Tanh : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => x.Tanh();
}

/// <summary>x / (1 + e^-x), elementwise; also called swish.</summary>
/// <param name="inPlace">Write into the input.</param>
public class SiLU(bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => inPlace ? Functional.Silu_(x) : Functional.Silu(x);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace);
}

/// <summary>x · tanh(log(1 + e^x)), elementwise.</summary>
/// <param name="inPlace">Write into the input.</param>
public class Mish(bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => inPlace ? Functional.Mish_(x) : Functional.Mish(x);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace);
}

/// <summary>x times the normal distribution function at x, elementwise.</summary>
/// <param name="approximate">"none", or "tanh" for 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³))).</param>
public class GELU(string approximate = "none") : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Gelu(x, approximate);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"approximate='{approximate}'";
}

/// <summary>x where x &gt; 0, elsewhere α (e^x - 1).</summary>
/// <param name="alpha">α.</param>
/// <param name="inPlace">Write into the input.</param>
public class ELU(double alpha = 1, bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => inPlace ? Functional.Elu_(x, alpha) : Functional.Elu(x, alpha);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace, $"alpha={Repr.Of(alpha)}");
}

/// <summary>max(0, x) + min(0, α (e^(x/α) - 1)), elementwise.</summary>
/// <param name="alpha">α, not 0.</param>
/// <param name="inPlace">Write into the input.</param>
public class CELU(double alpha = 1, bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => inPlace ? Functional.Celu_(x, alpha) : Functional.Celu(x, alpha);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace, $"alpha={Repr.Of(alpha)}");
}

/// <summary>The ELU whose scale keeps mean 0 and variance 1 through many layers.</summary>
/// <param name="inPlace">Write into the input.</param>
public class SELU(bool inPlace = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => inPlace ? Functional.Selu_(x) : Functional.Selu(x);

    /// <inheritdoc/>
    protected override string ExtraRepr => Repr.InPlace(inPlace);
}

/// <summary>log(1 + e^(βx)) / β, and x itself where βx is above a threshold.</summary>
/// <param name="beta">β.</param>
/// <param name="threshold">The threshold.</param>
public class Softplus(double beta = 1, double threshold = 20) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Softplus(x, beta, threshold);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"beta={Repr.Of(beta)}, threshold={Repr.Of(threshold)}";
}

/// <summary>x / (1 + |x|), elementwise.</summary>
public class Softsign : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Softsign(x);
}

/// <summary>One half of a dimension times the sigmoid of the other half.</summary>
/// <param name="dim">The dimension, of even size.</param>
public class GLU(int dim = -1) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Glu(x, dim);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"dim={dim}";
}

/// <summary>e^x, divided by its sum along a dimension.</summary>
/// <param name="dim">The dimension; null for 1, or 0 of inputs of rank 0, 1 and 3.</param>
public class Softmax(int? dim = null) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => x.Softmax(dim ?? ImplicitDim(x));

    internal static int ImplicitDim(Tensor x) => x.NDim is 0 or 1 or 3 ? 0 : 1;

    /// <inheritdoc/>
    protected override string ExtraRepr => $"dim={Repr.Of(dim)}";
}

/// <summary>The softmax of -x along a dimension.</summary>
/// <param name="dim">The dimension; null for 1, or 0 of inputs of rank 0, 1 and 3.</param>
public class Softmin(int? dim = null) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => x.Softmin(dim ?? Softmax.ImplicitDim(x));

    /// <inheritdoc/>
    protected override string ExtraRepr => $"dim={Repr.Of(dim)}";
}

/// <summary>The logarithm of the softmax along a dimension.</summary>
/// <param name="dim">The dimension; null for 1, or 0 of inputs of rank 0, 1 and 3.</param>
public class LogSoftmax(int? dim = null) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => x.LogSoftmax(dim ?? Softmax.ImplicitDim(x));

    /// <inheritdoc/>
    protected override string ExtraRepr => $"dim={Repr.Of(dim)}";
}

/// <summary>The softmax over the channels of (N, C, H, W) or (C, H, W).</summary>
public class Softmax2d : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        if (x.NDim is not (3 or 4)) Throw.Shapes($"Softmax2d: expected input to be 3D or 4D, got {x.NDim}D instead: {x.Shape}.");
        return x.Softmax(-3);
    }
}
