namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>How often each integer occurs in a one-dimensional tensor, or the sums of the weights given to each.</summary>
    /// <param name="weights">One weight per element; without them the result is int64, with them float32 for float32, else float64.</param>
    /// <param name="minLength">The least length of the result.</param>
    /// <exception cref="DTypeException">The tensor is not of an integer dtype.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An element or minLength is negative.</exception>
    public Tensor BinCount(Tensor? weights = null, long minLength = 0)
    {
        ThrowIfBatched(Batch.CannotSize("bincount"));
        if (dtype.IsFloatingPoint() || dtype == DType.Bool) Throw.NotImplementedFor("bincount_cpu", dtype);
        if (minLength < 0) Throw.Range(nameof(minLength), minLength, "bincount: minlength should be >= 0");
        if (Rank != 1) Throw.Shapes($"bincount only supports 1-d non-negative integral inputs: the tensor has shape {Shape}.");
        if (weights is not null && (weights.Rank != 1 || weights.layout.Count != layout.Count))
            Throw.Shapes($"weights should be 1-d and have the same length as input: {weights.Shape} and {Shape}.");
        long[] values = Detach().To(DType.Int64).ToArray<long>();
        long length = minLength;
        foreach (long v in values)
        {
            if (v < 0) Throw.Range("input", v, $"bincount only supports 1-d non-negative integral inputs: an element is {v}.");
            length = Math.Max(length, v == long.MaxValue ? v : v + 1);
        }
        if (weights is null)
        {
            Tensor y = Zeros(length, DType.Int64);
            Span<long> counts = y.Span<long>();
            foreach (long v in values) counts[(int)v]++;
            return y;
        }
        // Made as a tensor first, so that a length beyond the memory there is gets a clear error.
        _ = Empty(length, DType.Float64);
        double[] sums = new double[length], w = weights.Detach().To(DType.Float64).ToArray<double>();
        for (int i = 0; i < values.Length; i++) sums[values[i]] += w[i];
        return From(sums).To(weights.dtype == DType.Float32 ? DType.Float32 : DType.Float64);
    }

    /// <summary>How many elements fall into each of equal intervals between two bounds; what lies outside does not count.</summary>
    /// <param name="bins">The number of intervals.</param>
    /// <param name="min">The lower bound.</param>
    /// <param name="max">The upper bound; if both are equal, the data's smallest and largest elements are the bounds.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The bounds or the number of intervals are impossible.</exception>
    public Tensor HistC(long bins = 100, double min = 0, double max = 0)
    {
        ThrowIfBatched();
        if (!dtype.IsFloatingPoint()) Throw.NotImplementedFor("histogram_cpu", dtype);
        if (bins <= 0) Throw.Range(nameof(bins), bins, $"torch.histogram(): bins must be > 0, but got {bins} for dimension 0");
        double[] values = Detach().To(DType.Float64).ToArray<double>();
        if (min == max && values.Length > 0) (min, max) = (values.Min(), values.Max());
        if (min == max) (min, max) = (min - 1, max + 1);
        if (!(min < max)) Throw.Range(nameof(max), max, $"torch.histc: max must be larger than min: [{min}, {max}].");
        if (double.IsInfinity(min) || double.IsInfinity(max)) Throw.Range(nameof(max), max,
            $"torch.histc: range of [{min}, {max}] is not finite");
        _ = Empty(bins, DType.Float64);
        double[] counts = new double[bins];
        foreach (double v in values)
            if (v >= min && v <= max) counts[Math.Min((long)((v - min) / (max - min) * bins), bins - 1)]++;
        return From(counts).To(dtype);
    }
}
