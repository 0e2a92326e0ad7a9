namespace Nabla;

internal static partial class Ops
{
    /// <summary>The largest or smallest element over some dimensions; the gradient is shared equally among ties.</summary>
    public readonly record struct Extreme(Dims Dims, bool KeepDim, bool Max, bool Whole = false) : IOp<Extreme>
    {
        static string IOperation<Extreme>.NodeName(Extreme op) =>
            (op.Whole, op.Max) switch
            {
                (true, true) => "MaxBackward1",
                (true, false) => "MinBackward1",
                (_, true) => "AmaxBackward0",
                _ =>
                "AminBackward0"
            };

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Reduce.Extreme(x[0], Dims, KeepDim, Max)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor ties = Ties(x[0], y[0]);
            into[0] = (g[0]! / ties.SumOver(Dims, KeepDim)).Spread(x[0].Shape, Dims, KeepDim) * ties;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor ties = Ties(x[0], y[0]);
            return [(t[0]! * ties).SumOver(Dims, KeepDim) / ties.SumOver(Dims, KeepDim)];
        }

        /// <summary>1 where an element is the result, 0 elsewhere; NaN is taken to equal NaN.</summary>
        private Tensor Ties(Tensor x, Tensor y)
        {
            Tensor a = x.Detach(), b = y.Detach().Spread(x.Shape, Dims, KeepDim);
            return (a.Eq(b) | (a.Ne(a) & b.Ne(b))).To(x.DType);
        }
    }

    /// <summary>The place of the first largest or smallest element over some dimensions, in row-major order.</summary>
    public readonly record struct ArgExtreme(Dims Dims, bool KeepDim, bool Max) : ILinear<ArgExtreme>
    {
        static bool IOperation<ArgExtreme>.Differentiable => false;
        public Tensor Forward(Tensor x) => Kernels.Reduce.Arg(x, Dims, KeepDim, Max);
        public Tensor Transpose(Tensor g, TensorSpec x) => throw new InvalidOperationException("Places have no derivative.");
    }
}

public sealed partial class Tensor
{
    /// <summary>The largest element; NaN if there is one. Its gradient is shared equally among ties.</summary>
    /// <exception cref="InvalidOperationException">The tensor is empty.</exception>
    public Tensor Max() => ExtremeOf("max", true);

    /// <summary>The smallest element; NaN if there is one. Its gradient is shared equally among ties.</summary>
    /// <exception cref="InvalidOperationException">The tensor is empty.</exception>
    public Tensor Min() => ExtremeOf("min", false);

    /// <summary>The largest elements along a dimension and their places: the first of equal ones, which alone gets the gradient.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="keepDim">Keep it with size 1.</param>
    /// <exception cref="InvalidOperationException">The dimension is empty.</exception>
    public (Tensor Values, Tensor Indices) Max(int dim, bool keepDim = false) => ExtremeAlong(dim, keepDim, true);

    /// <summary>The smallest elements along a dimension and their places: the first of equal ones, which alone gets the gradient.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="keepDim">Keep it with size 1.</param>
    /// <exception cref="InvalidOperationException">The dimension is empty.</exception>
    public (Tensor Values, Tensor Indices) Min(int dim, bool keepDim = false) => ExtremeAlong(dim, keepDim, false);

    /// <summary>The largest elements over some dimensions; the gradient is shared equally among ties.</summary>
    /// <param name="dim">The dimensions; none means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <exception cref="InvalidOperationException">There is no element to take.</exception>
    public Tensor AMax(Dims dim = default, bool keepDim = false) => ExtremeOver("amax", dim, keepDim, true);

    /// <summary>The smallest elements over some dimensions; the gradient is shared equally among ties.</summary>
    /// <param name="dim">The dimensions; none means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <exception cref="InvalidOperationException">There is no element to take.</exception>
    public Tensor AMin(Dims dim = default, bool keepDim = false) => ExtremeOver("amin", dim, keepDim, false);

    /// <summary>The smallest and the largest elements, over all dimensions or one.</summary>
    /// <param name="dim">The dimension; null means all.</param>
    /// <param name="keepDim">Keep the reduced dimensions with size 1.</param>
    /// <exception cref="InvalidOperationException">There is no element to take.</exception>
    public (Tensor Min, Tensor Max) AMinMax(int? dim = null, bool keepDim = false)
    {
        if (dim is null && layout.Count == 0)
            Throw.State("aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity. The tensor has " +
                $"shape {Shape}.");
        Dims dims = dim is { } d ? new Dims([d]) : default;
        return (ExtremeOver("aminmax", dims, keepDim, false), ExtremeOver("aminmax", dims, keepDim, true));
    }

    /// <summary>The place of the first largest element: of all in row-major order, or along a dimension. A NaN counts as largest.</summary>
    /// <param name="dim">The dimension; null means all.</param>
    /// <param name="keepDim">Keep the reduced dimensions with size 1.</param>
    /// <exception cref="InvalidOperationException">There is no element.</exception>
    public Tensor ArgMax(int? dim = null, bool keepDim = false) => ArgOf("argmax", dim, keepDim, true);

    /// <summary>The place of the first smallest element: of all in row-major order, or along a dimension. A NaN counts as
    /// smallest.</summary>
    /// <param name="dim">The dimension; null means all.</param>
    /// <param name="keepDim">Keep the reduced dimensions with size 1.</param>
    /// <exception cref="InvalidOperationException">There is no element.</exception>
    public Tensor ArgMin(int? dim = null, bool keepDim = false) => ArgOf("argmin", dim, keepDim, false);

    private Tensor ExtremeOf(string op, bool max)
    {
        if (layout.Count == 0)
            Throw.State($"{op}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the " +
                $"'dim' argument: the tensor has shape {Shape}, and no element is the largest of none.");
        return Op.Apply(new Ops.Extreme(AllDims(Rank), false, max, true), this)[0];
    }

    private Tensor ExtremeOver(string op, Dims dim, bool keepDim, bool max)
    {
        if (dim.Count == 0 && layout.Count == 0)
            Throw.State($"{op}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the " +
                $"'dim' argument: the tensor has shape {Shape}.");
        Dims dims = Reduced(dim);
        RequireElements(op, dims);
        return Op.Apply(new Ops.Extreme(dims, keepDim, max), this)[0];
    }

    private (Tensor, Tensor) ExtremeAlong(int dim, bool keepDim, bool max)
    {
        string op = max ? "max" : "min";
        if (Rank == 0)
        {
            Dims.FromEnd(dim, 0);
            (Tensor value, Tensor place) = Unsqueeze(0).ExtremeAlong(0, keepDim, max);
            return keepDim ? (value.Squeeze(0), place.Squeeze(0)) : (value, place);
        }
        int d = Dims.FromEnd(dim, Rank);
        RequireElements(op, d);
        return Take(LinearOp.Apply(new Ops.ArgExtreme(d, true, max), this), d, keepDim, max ? "MaxBackward0" : "MinBackward0");
    }

    private Tensor ArgOf(string op, int? dim, bool keepDim, bool max)
    {
        if (dim is null && layout.Count == 0)
            Throw.State($"{op}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the " +
                $"'dim' argument: the shape is {Shape}.");
        Dims dims = dim is { } d ? Reduced(d) : AllDims(Rank);
        RequireElements(op, dims);
        return LinearOp.Apply(new Ops.ArgExtreme(dims, keepDim, max), this);
    }

    private void RequireElements(string op, Dims dims)
    {
        foreach (int d in dims.Values)
            if (layout.shape[^-d] == 0)
                Throw.State($"{op}(): Expected reduction dim {d + Rank} to have non-zero size: the tensor has shape {Shape}.");
    }
}
