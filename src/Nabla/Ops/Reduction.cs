namespace Nabla;

internal static partial class Ops
{
    /// <summary>The sum over some dimensions, counted from the end.</summary>
    public readonly record struct Sum(Dims Dims, bool KeepDim) : ILinear<Sum>
    {
        static string IOperation<Sum>.NodeName(Sum op) => "SumBackward1";
        public Tensor Forward(Tensor x) => Kernels.Reduce.Sum(x, Dims, KeepDim);

        public Tensor Transpose(Tensor g, TensorSpec x)
        {
            if (!KeepDim)
                foreach (int d in Dims.Values.OrderDescending()) g = Linear.Apply(new Unsqueeze(d), g);
            return g.Expand(x.Shape);
        }
    }
}

public sealed partial class Tensor
{
    /// <summary>The sum of all elements. Integers and bools are summed in int64.</summary>
    /// <param name="dtype">Convert to this type first.</param>
    public Tensor Sum(DType? dtype = null) => Sum(Dims.All(Rank), false, dtype);

    /// <summary>The sum over some dimensions. Integers and bools are summed in int64.</summary>
    /// <param name="dim">The dimensions to sum over; an empty list means all.</param>
    /// <param name="keepDim">Keep them with size 1.</param>
    /// <param name="dtype">Convert to this type first.</param>
    public Tensor Sum(Dims dim, bool keepDim = false, DType? dtype = null)
    {
        Dims dims = dim.Count == 0 ? Dims.All(Rank) : Rank == 0 ? default : dim.FromEnd(Rank);
        DType type = dtype ?? (this.dtype.IsFloatingPoint() ? this.dtype : DType.Int64);
        return Linear.Apply(new Ops.Sum(dims, keepDim), To(type));
    }
}
