using System.Numerics;

namespace Nabla.Kernels;

/// <summary>Binary search in sorted rows. NaN counts as larger than every number.</summary>
internal static class Search
{
    /// <summary>Places in the last dimension of the rows; one row for all values if shared, else one per row of values. Operands have one
    /// dtype.</summary>
    internal static Tensor Run(Tensor rows, Tensor values, bool right, bool shared)
    {
        Tensor y = Tensor.Allocate(new Layout(values.layout.shape), DType.Int64);
        if (y.layout.Count == 0) return y;
        if (rows.dtype is DType.Float16 or DType.BFloat16) (rows, values) = (Copy.Cast(rows, DType.Float32),
            Copy.Cast(values, DType.Float32));
        (rows, values) = (Copy.Contiguous(rows), Copy.Contiguous(values));
        long length = rows.layout.shape[^1], count = 1;
        foreach (long n in rows.layout.shape.AsSpan(0, rows.Rank - 1)) count *= n;
        // Under a batch, a shared row has the batch in front; every row then serves an equal share of the values.
        long per = y.layout.Count / count;
        switch (rows.dtype)
        {
            case DType.Bool or DType.UInt8: Drive<byte>(rows, values, y, length, per, right); break;
            case DType.Int8: Drive<sbyte>(rows, values, y, length, per, right); break;
            case DType.Int16: Drive<short>(rows, values, y, length, per, right); break;
            case DType.Int32: Drive<int>(rows, values, y, length, per, right); break;
            case DType.Int64: Drive<long>(rows, values, y, length, per, right); break;
            case DType.Float32: Drive<float>(rows, values, y, length, per, right); break;
            default: Drive<double>(rows, values, y, length, per, right); break;
        }
        return y;
    }

    private static void Drive<T>(Tensor rows, Tensor values, Tensor y, long length, long per, bool right) where T : unmanaged, INumber<T> =>
        Parallel.For(y.layout.Count, 4096, new Body<T>(rows, values, y, length, per, right));

    private readonly struct Body<T>(Tensor rows, Tensor values, Tensor y, long length, long per, bool right) : IRange where T : unmanaged,
        INumber<T>
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                ReadOnlySpan<T> row = rows.storage.Span<T>(rows.layout.Offset + i / per * length, length);
                y.storage.At<long>(i) = Place(row, values.storage.At<T>(values.layout.Offset + i), right);
            }
        }

        private static long Place(ReadOnlySpan<T> row, T value, bool right)
        {
            int low = 0, high = row.Length;
            while (low < high)
            {
                int middle = (int)(((uint)low + (uint)high) >> 1);
                bool before = right ? !Less(value, row[middle]) : Less(row[middle], value);
                if (before) low = middle + 1;
                else high = middle;
            }
            return low;
        }

        private static bool Less(T a, T b) => a < b || (T.IsNaN(b) && !T.IsNaN(a));
    }

    /// <summary>Which elements occur in the other tensor, whose last dimension is the list.</summary>
    internal static Tensor IsIn(Tensor x, Tensor list)
    {
        Tensor sorted = Copy.Cast(Copy.Contiguous(list), DType.Float64);
        if (x.dtype == DType.Int64) return Exact(x, list);
        Tensor own = Tensor.Allocate(new Layout(sorted.layout.shape), DType.Float64);
        Copy.Run(sorted, own);
        return Find<double>(Copy.Cast(x, DType.Float64), own);
    }

    private static Tensor Exact(Tensor x, Tensor list)
    {
        Tensor own = Tensor.Allocate(new Layout(list.layout.shape), DType.Int64);
        Copy.Run(list, own);
        return Find<long>(x, own);
    }

    private static Tensor Find<T>(Tensor x, Tensor rows) where T : unmanaged, INumber<T>
    {
        Tensor y = Tensor.Allocate(new Layout(x.layout.shape), DType.Bool);
        if (y.layout.Count == 0) return y;
        long length = rows.layout.shape[^1];
        if (length == 0)
        {
            Fill.Run(y, false);
            return y;
        }
        long count = rows.layout.Count / length, per = y.layout.Count / count;
        x = Copy.Contiguous(x);
        for (long r = 0; r < count; r++) rows.storage.Span<T>(r * length, length).Sort();
        for (long i = 0; i < y.layout.Count; i++)
        {
            T value = x.storage.At<T>(x.layout.Offset + i);
            // A NaN equals nothing, itself included.
            int at = T.IsNaN(value) ? -1 : rows.storage.Span<T>(i / per * length, length).BinarySearch(value);
            y.storage.At<byte>(i) = at >= 0 ? (byte)1 : (byte)0;
        }
        return y;
    }
}
