namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>The distinct elements in ascending order. Not differentiable.</summary>
    /// <param name="sorted">They come in order in any case.</param>
    public Tensor Unique(bool sorted = true)
    {
        ThrowIfBatched(Batch.CannotSize("_unique2"));
        Tensor x = Detach().Reshape(-1);
        if (x.layout.Count < 2) return x.Clone();
        if (Counted(x, null) is { } found) return found.Values;
        Tensor order = x.Sort().Values;
        return order.MaskedSelect(Cat([Ones(1, DType.Bool), order.Slice(0, 1).Ne(order.Slice(0, 0, x.layout.Count - 1))]));
    }

    /// <summary>The distinct elements (or slices along a dimension) in ascending order, where each went, and how often each
    /// occurs.</summary>
    /// <param name="dim">The dimension whose slices are compared as a whole; null compares elements.</param>
    public (Tensor Values, Tensor Inverse, Tensor Counts) Unique(int? dim) => UniqueOf(dim, false);

    /// <summary>The elements without immediate repetitions. Not differentiable.</summary>
    public Tensor UniqueConsecutive() => UniqueOf(null, true).Values;

    /// <summary>The elements (or slices along a dimension) without immediate repetitions, where each went, and how long each run
    /// is.</summary>
    /// <param name="dim">The dimension whose slices are compared as a whole; null compares elements.</param>
    public (Tensor Values, Tensor Inverse, Tensor Counts) UniqueConsecutive(int? dim) => UniqueOf(dim, true);

    private (Tensor Values, Tensor Inverse, Tensor Counts) UniqueOf(int? dim, bool consecutive)
    {
        ThrowIfBatched(Batch.CannotSize(consecutive ? "unique_consecutive" : "_unique2"));
        Tensor x = Detach();
        if (dim is null && !consecutive && Counted(x, Shape) is { } found) return found;
        int d = dim is { } given ? Dims.FromEnd(given, Rank) : 0;
        // One row per thing to compare.
        Tensor rows = dim is null || Rank == 0 ? x.Reshape(new Shape([layout.Count, 1])) : x.MoveDim(d, 0);
        long n = rows.Size(0), width = n == 0 ? 0 : rows.NumElements / n;
        Tensor keys = rows.Reshape(new Shape([n, width])).To(dtype == DType.Bool ? DType.UInt8 : dtype);
        long[] order = consecutive ? [.. Enumerable.Range(0, (int)n).Select(static i => (long)i)] : OrderOfRows(keys);
        long[] inverse = new long[n];
        List<long> first = [], counts = [];
        bool[] same = SameAsLast(keys, order);
        for (int i = 0; i < n; i++)
        {
            if (same[i]) counts[^1]++;
            else
            {
                first.Add(order[i]);
                counts.Add(1);
            }
            inverse[order[i]] = first.Count - 1;
        }
        Tensor places = From(first.ToArray()), flat = rows.Reshape(new Shape([n, width]));
        Tensor picked = Kernels.Pick.Take(flat, places.Unsqueeze(-1).Expand(new Shape([places.NumElements, width])).Contiguous(), -2);
        Tensor values = dim is null || Rank == 0
            ? picked.Reshape(new Shape([places.NumElements]))
            : picked.Reshape(new Shape([places.NumElements, .. rows.layout.shape[1..]])).MoveDim(0, d).Contiguous();
        return (values, From(inverse, dim is null ? Shape : new Shape([n])), From(counts.ToArray()));
    }

    /// <summary>Integers of a short range are counted, not sorted; null for others. Where each went is only found if a shape is
    /// given.</summary>
    private static (Tensor Values, Tensor Inverse, Tensor Counts)? Counted(Tensor x, Shape? shape)
    {
        if (!x.dtype.IsInteger() && x.dtype != DType.Bool) return null;
        ReadOnlySpan<long> all = Kernels.Copy.Contiguous(Kernels.Copy.Cast(x, DType.Int64)).Span<long>();
        if (Kernels.Histogram.Occurrences(all, out long least) is not { } times) return null;
        List<long> values = [], counts = [];
        for (int i = 0; i < times.Length; i++)
        {
            if (times[i] == 0) continue;
            counts.Add(times[i]);
            times[i] = values.Count;
            values.Add(i + least);
        }
        long[] inverse = new long[shape is null ? 0 : all.Length];
        for (int i = 0; i < inverse.Length; i++) inverse[i] = times[all[i] - least];
        return (From(values.ToArray()).To(x.dtype), From(inverse, shape ?? new Shape([0])), From(counts.ToArray()));
    }

    /// <summary>Rows in lexicographic order: stable sorts by each column, the last first.</summary>
    private static long[] OrderOfRows(Tensor keys)
    {
        long n = keys.Size(0), width = keys.Size(1);
        Tensor order = Arange(0, n);
        for (long c = width - 1; c >= 0; c--)
        {
            Tensor column = Kernels.Pick.Take(keys.Select(1, c).Contiguous(), order, -1);
            order = Kernels.Pick.Take(order, Kernels.Sort.Order(column, -1, false, n), -1);
        }
        return order.ToArray<long>();
    }

    private static bool[] SameAsLast(Tensor keys, long[] order)
    {
        bool[] same = new bool[order.Length];
        if (order.Length < 2) return same;
        Tensor places = From(order).Unsqueeze(-1).Expand(keys.Shape).Contiguous();
        Tensor sorted = Kernels.Pick.Take(keys, places, -2);
        bool[] equal = sorted.Slice(0, 1).Eq(sorted.Slice(0, 0, order.Length - 1)).All(1).ToArray<bool>();
        equal.CopyTo(same, 1);
        return same;
    }
}
