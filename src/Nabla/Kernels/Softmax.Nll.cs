namespace Nabla.Kernels;

/// <summary>The negative log-likelihood of target classes. Dimensions before the last ones of a target are a batch.</summary>
internal static class Nll
{
    /// <summary>Where the classes are in an input for targets of this rank, counted from the end.</summary>
    internal static int ClassDim(int targetRank) => targetRank == 0 ? -1 : -targetRank;

    internal static Tensor Weights(Tensor target, Tensor? weight, int rank, long classes, long ignore, bool mean, DType dtype)
    {
        target = Copy.Contiguous(target);
        Tensor c = Tensor.Allocate(target.layout.RowMajor, DType.Float64);
        ReadOnlySpan<long> t = target.storage.Span<long>(target.layout.Offset, target.layout.Count);
        for (int i = 0; i < t.Length; i++)
            if (t[i] != ignore && (ulong)t[i] >= (ulong)classes)
                Throw.Range("target", t[i], $"Target {t[i]} is out of bounds. There are {classes} classes, and the target at place {i} " +
                    $"is {t[i]}.");
        Tensor? w = weight is null ? null : Copy.Cast(Copy.Contiguous(weight), DType.Float64);
        long n = Reduce.Count(target.layout, Dims.All(rank));
        Span<double> factors = c.Span<double>();
        for (int row = 0; row < factors.Length; row += (int)n)
        {
            // A batched weight has one row for each batch element.
            long own = w is null || w.Rank == 1 ? 0 : row / n * classes;
            double total = 0;
            for (int i = row; i < row + (int)n; i++)
                total += factors[i] = t[i] == ignore ? 0 : w is null ? 1 : w.storage.At<double>(w.layout.Offset + own + t[i]);
            for (int i = row; mean && i < row + (int)n; i++) factors[i] = t[i] == ignore ? 0 : factors[i] / total;
        }
        return Copy.Cast(c, dtype);
    }

    internal static Tensor Forward(Tensor x, Tensor target, Tensor c, int rank, long ignore, bool each, bool mean)
    {
        if (x.dtype is DType.Float16 or DType.BFloat16)
            return Copy.Cast(Forward(Copy.Cast(x, DType.Float32), target, Copy.Cast(c, DType.Float32), rank, ignore, each, mean), x.dtype);
        (x, target, c) = (Copy.Contiguous(x), Copy.Contiguous(target), Copy.Contiguous(c));
        Tensor y = Tensor.Allocate(each ? target.layout.RowMajor : Reduce.Shape(target.layout, Dims.All(rank), false), x.dtype);
        if (x.dtype == DType.Float32) Forward<float>(x, target, c, y, rank, ignore, each, mean);
        else Forward<double>(x, target, c, y, rank, ignore, each, mean);
        return y;
    }

    private static void Forward<T>(Tensor x, Tensor target, Tensor c, Tensor y, int rank, long ignore, bool each, bool mean)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        Along along = new(x.layout, ClassDim(rank));
        ReadOnlySpan<long> t = target.storage.Span<long>(target.layout.Offset, target.layout.Count);
        long n = Reduce.Count(target.layout, Dims.All(rank));
        if (each)
        {
            for (int i = 0; i < t.Length; i++) y.storage.At<T>(i) = t[i] == ignore ? T.Zero : Term<T>(x, c, along, i, t[i]);
            return;
        }
        for (long row = 0; row < y.layout.Count; row++)
        {
            double total = 0;
            long counted = 0;
            for (long i = row * n; i < (row + 1) * n; i++)
            {
                if (t[(int)i] == ignore) continue;
                total += double.CreateTruncating(Term<T>(x, c, along, i, t[(int)i]));
                counted++;
            }
            y.storage.At<T>(row) = T.CreateTruncating(mean && counted == 0 ? double.NaN : total);
        }
    }

    private static T Term<T>(Tensor x, Tensor c, Along along, long i, long t) where T : unmanaged, System.Numerics.INumber<T> =>
        -c.storage.At<T>(c.layout.Offset + i) * x.storage.At<T>(x.layout.Offset + along.Start(i) + t * along.Inner);

    internal static Tensor Backward(Tensor g, Tensor target, Tensor c, int rank, long classes, long ignore)
    {
        if (g.dtype is DType.Float16 or DType.BFloat16)
            return Copy.Cast(Backward(Copy.Cast(g, DType.Float32), target, Copy.Cast(c, DType.Float32), rank, classes, ignore), g.dtype);
        (g, target, c) = (Copy.Contiguous(g), Copy.Contiguous(target), Copy.Contiguous(c));
        int at = target.Rank + 1 + ClassDim(rank);
        Tensor y = Tensor.Allocate(new Layout([.. target.layout.shape[..at], classes, .. target.layout.shape[at..]]), g.dtype);
        Fill.Run(y, 0);
        if (g.dtype == DType.Float32) Backward<float>(g, target, c, y, rank, ignore);
        else Backward<double>(g, target, c, y, rank, ignore);
        return y;
    }

    private static void Backward<T>(Tensor g, Tensor target, Tensor c, Tensor y, int rank, long ignore) where T : unmanaged,
        System.Numerics.INumber<T>
    {
        Along along = new(y.layout, ClassDim(rank));
        ReadOnlySpan<long> t = target.storage.Span<long>(target.layout.Offset, target.layout.Count);
        for (int i = 0; i < t.Length; i++)
        {
            if (t[i] == ignore) continue;
            y.storage.At<T>(along.Start(i) + t[i] * along.Inner) = -c.storage.At<T>(c.layout.Offset + i) * g.storage.At<T>(g.layout.Offset
                + i);
        }
    }
}
