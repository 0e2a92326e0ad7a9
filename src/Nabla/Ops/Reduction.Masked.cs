namespace Nabla;

/// <summary>
/// Reductions that leave out elements: <c>torch.masked</c>. A mask is true where an element counts and broadcasts to the operand;
/// without one all elements count. No dimensions means all.
/// </summary>
public static class Masked
{
    /// <summary>x with a value, in x's dtype, in the place of what does not count; ±∞ is the end of an integer dtype's range.</summary>
    private static Tensor Filled(Tensor x, Tensor? mask, double value) =>
        mask is null ? x : Tensor.Where(mask, x, Tensor.Full(default, x.DType.Nearest(value), x.DType));

    private static Tensor Count(Tensor x, Tensor? mask, Dims dim, bool keepDim)
    {
        Tensor count = mask is null ? Tensor.OnesLike(x.Detach(), DType.Bool) : mask.ExpandAs(x);
        return count.To(x.DType.IsDifferentiable() ? x.DType : DType.Int64).Sum(dim, keepDim);
    }

    /// <summary>The sum of the elements that count; 0 if none does.</summary>
    public static Tensor Sum(Tensor x, Dims dim = default, bool keepDim = false, DType? dtype = null, Tensor? mask = null) =>
        Filled(x, mask, 0.0).Sum(dim, keepDim, dtype);

    /// <summary>The product of the elements that count along a dimension, or of all; 1 if none does.</summary>
    public static Tensor Prod(Tensor x, Dims dim = default, bool keepDim = false, DType? dtype = null, Tensor? mask = null)
    {
        Tensor y = Filled(x, mask, 1.0);
        foreach (int d in (dim.Count == 0 ? Dims.All(x.NDim) : dim.FromEnd(x.NDim)).Values) y = y.Prod(d, true, dtype);
        return keepDim || x.NDim == 0 ? y : y.Squeeze(dim.Count == 0 ? Dims.All(x.NDim) : dim);
    }

    /// <summary>The largest elements that count; -∞ if none does.</summary>
    public static Tensor AMax(Tensor x, Dims dim = default, bool keepDim = false, Tensor? mask = null) =>
        Filled(x, mask, double.NegativeInfinity).AMax(dim, keepDim);

    /// <summary>The smallest elements that count; ∞ if none does.</summary>
    public static Tensor AMin(Tensor x, Dims dim = default, bool keepDim = false, Tensor? mask = null) =>
        Filled(x, mask, double.PositiveInfinity).AMin(dim, keepDim);

    /// <summary>The place of the largest element that counts, in the operand's dtype as in PyTorch unless another one is asked
    /// for.</summary>
    public static Tensor ArgMax(Tensor x, int? dim = null, bool keepDim = false, DType? dtype = null, Tensor? mask = null) =>
        Filled(x, mask, double.NegativeInfinity).ArgMax(dim, keepDim).To(dtype ?? x.DType);

    /// <summary>The place of the smallest element that counts, in the operand's dtype as in PyTorch unless another one is asked
    /// for.</summary>
    public static Tensor ArgMin(Tensor x, int? dim = null, bool keepDim = false, DType? dtype = null, Tensor? mask = null) =>
        Filled(x, mask, double.PositiveInfinity).ArgMin(dim, keepDim).To(dtype ?? x.DType);

    /// <summary>The mean of the elements that count; NaN if none does.</summary>
    public static Tensor Mean(Tensor x, Dims dim = default, bool keepDim = false, Tensor? mask = null) =>
        Filled(x, mask, 0.0).Sum(dim, keepDim) / Count(x, mask, dim, keepDim);

    /// <summary>The median along a dimension of the elements that count; NaN if none does.</summary>
    public static Tensor Median(Tensor x, int dim = -1, bool keepDim = false, Tensor? mask = null) =>
        Filled(x, mask, double.NaN).NanMedian(dim, keepDim).Values;

    /// <summary>(Σ |x|^ord)^(1/ord) over the elements that count.</summary>
    public static Tensor Norm(Tensor x, double ord = 2, Dims dim = default, bool keepDim = false, Tensor? mask = null) =>
        LinAlg.VectorNorm(Filled(x, mask, double.IsNegativeInfinity(ord) ? double.PositiveInfinity : 0.0), ord, dim, keepDim);

    /// <summary>The variance of the elements that count: Σ (x - mean)² / max(0, n - correction).</summary>
    public static Tensor Var(Tensor x, Dims dim = default, double correction = 1, bool keepDim = false, Tensor? mask = null)
    {
        Tensor mean = Filled(x, mask, 0.0).Sum(dim, true) / Count(x, mask, dim, true), d = x - mean;
        Tensor free = Count(x, mask, dim, keepDim);
        if (correction != 0) free = (free - correction).ClampMin(0);
        return Filled(d * d.Conj(), mask, 0.0).Sum(dim, keepDim) / free;
    }

    /// <summary>The standard deviation of the elements that count.</summary>
    public static Tensor Std(Tensor x, Dims dim = default, double correction = 1, bool keepDim = false, Tensor? mask = null) =>
        Var(x, dim, correction, keepDim, mask).Sqrt();

    /// <summary>Softmax over the elements that count; the others are 0.</summary>
    public static Tensor Softmax(Tensor x, int dim, Tensor? mask = null) => Filled(x, mask, double.NegativeInfinity).Softmax(dim);

    /// <summary>The logarithm of the softmax over the elements that count; the others are -∞.</summary>
    public static Tensor LogSoftmax(Tensor x, int dim, Tensor? mask = null) => Filled(x, mask, double.NegativeInfinity).LogSoftmax(dim);

    /// <summary>Softmin over the elements that count; the others are 0.</summary>
    public static Tensor Softmin(Tensor x, int dim, Tensor? mask = null) => Filled(x, mask, double.PositiveInfinity).Softmin(dim);

    /// <summary>x / max(‖x‖, ε), with the norm of the elements that count; the others are 0.</summary>
    public static Tensor Normalize(Tensor x, double ord, int dim, double eps = 1e-12, Tensor? mask = null) =>
        Filled(x, mask, 0.0) / Norm(x, ord, dim, true, mask).Maximum(Tensor.Of(eps, x.DType));

    /// <summary>log(e^x + e^y), without the elements that do not count.</summary>
    public static Tensor LogAddExp(Tensor x, Tensor y, Tensor? xMask = null, Tensor? yMask = null) =>
        Filled(x, xMask, double.NegativeInfinity).LogAddExp(Filled(y, yMask, double.NegativeInfinity));

    /// <summary>log Σ e^x over the elements that count; -∞ if none does.</summary>
    public static Tensor LogSumExp(Tensor x, Dims dim = default, bool keepDim = false, Tensor? mask = null) =>
        Filled(x, mask, double.NegativeInfinity).LogSumExp(dim, keepDim).To(x.DType);

    /// <summary>Running sums of the elements that count.</summary>
    public static Tensor CumSum(Tensor x, int dim, Tensor? mask = null) => Filled(x, mask, 0.0).CumSum(dim, x.DType);

    /// <summary>Running products of the elements that count.</summary>
    public static Tensor CumProd(Tensor x, int dim, Tensor? mask = null) => Filled(x, mask, 1.0).CumProd(dim, x.DType);
}
