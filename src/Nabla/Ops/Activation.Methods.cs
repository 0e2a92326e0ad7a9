namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>max(x, 0); the gradient at 0 is 0, NaN stays NaN.</summary>
    /// <exception cref="DTypeException">The tensor is bool.</exception>
    public Tensor Relu() => MapOp.Apply(new Ops.Relu(), Rectifiable());
    /// <summary>x = max(x, 0)</summary>
    public Tensor Relu_() => MapOp.InPlace(new Ops.Relu(), Rectifiable());

    /// <summary>x where x &gt; 0, else weight · x, with one weight for all or one per channel (dimension 1).</summary>
    /// <param name="weight">A 0-d tensor or a vector of 1 or as many elements as there are channels.</param>
    /// <exception cref="ShapeException">The number of weights is neither 1 nor the number of channels.</exception>
    public Tensor PRelu(Tensor weight) => Functional.PRelu(this, weight);

    /// <summary>1 / (1 + e^-x); integers give the default floating-point dtype.</summary>
    public Tensor Sigmoid() => MapOp.Apply(new Ops.Sigmoid(), this);
    /// <summary>x = 1 / (1 + e^-x)</summary>
    public Tensor Sigmoid_() => MapOp.InPlace(new Ops.Sigmoid(), this);

    /// <summary>x where |x| &gt; lambda, else 0.</summary>
    /// <param name="lambda">λ; 0.5 by default.</param>
    public Tensor Hardshrink(double lambda = 0.5) => MapOp.Apply(new Ops.Hardshrink(lambda), FloatOnly("hardshrink_cpu"));

    private Tensor Rectifiable()
    {
        if (dtype == DType.Bool) Throw.Types("Boolean inputs not supported for relu: convert the tensor first, for example " +
            ".To(DType.Float32).");
        return this;
    }
}
