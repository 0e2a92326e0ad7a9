using System.Numerics.Tensors;

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
        if (minLength < 0) Throw.Range(nameof(minLength), minLength, $"minlength should be >= 0: bincount got {minLength}.");
        if (Rank != 1) Throw.Shapes($"bincount only supports 1-d non-negative integral inputs. The tensor has shape {Shape}.");
        if (weights is not null && (weights.Rank != 1 || weights.layout.Count != layout.Count))
            Throw.Shapes($"weights should be 1-d and have the same length as input: {weights.Shape} and {Shape}.");
        ReadOnlySpan<long> values = Kernels.Copy.Contiguous(Kernels.Copy.Cast(Detach(), DType.Int64)).Span<long>();
        long length = minLength;
        if (!values.IsEmpty)
        {
            long least = TensorPrimitives.Min(values), most = TensorPrimitives.Max(values);
            if (least < 0) Throw.Range("input", least, $"bincount only supports 1-d non-negative integral inputs. An element is {least}.");
            length = Math.Max(length, most == long.MaxValue ? most : most + 1);
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
}
