using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>
/// How an index tensor, a tensor of the index's shape, and the tensor indexed along one dimension are walked together: the indexed
/// dimension and one more inside, the rest outside. No two outer positions meet in the indexed tensor.
/// </summary>
internal sealed class GatherPlan
{
    private const long Columns = 256;
    private const long Line = 64;
    private const long Grain = 1 << 14;

    private readonly long[] sizes, index, value, indexed;
    private readonly long indexOffset, valueOffset, indexedOffset;

    /// <summary>Size along the indexed dimension of the index, and steps there.</summary>
    internal readonly long Length, IndexStep, ValueStep, Along;

    /// <summary>The inner dimension: its size and steps.</summary>
    internal readonly long Width, IndexColumn, ValueColumn, IndexedColumn;

    internal readonly long Strips, Items, Chunk;

    /// <param name="i">The index.</param>
    /// <param name="v">The tensor of the index's shape, or larger.</param>
    /// <param name="x">The indexed tensor.</param>
    /// <param name="dim">The indexed dimension.</param>
    internal GatherPlan(Layout i, Layout v, Layout x, int dim)
    {
        int column = -1;
        // Long lines of indices that lie side by side are walked as they lie.
        bool lines = i.strides[dim] == 1 && i.shape[dim] >= Line;
        for (int d = 0; d < i.Rank && !lines; d++)
            if (d != dim && (column < 0 || i.shape[d] >= i.shape[column] || (d == i.Rank - 1 && i.shape[d] >= 16))) column = d;
        (Length, IndexStep, ValueStep, Along) = (i.shape[dim], i.strides[dim], v.strides[dim], x.strides[dim]);
        (Width, IndexColumn, ValueColumn, IndexedColumn) = column < 0 ? (1, 0, 0, 0)
            : (i.shape[column], i.strides[column], v.strides[column], x.strides[column]);
        List<int> outer = [];
        for (int d = 0; d < i.Rank; d++)
            if (d != dim && d != column && i.shape[d] != 1) outer.Add(d);
        sizes = [.. outer.Select(d => i.shape[d])];
        index = [.. outer.Select(d => i.strides[d])];
        value = [.. outer.Select(d => v.strides[d])];
        indexed = [.. outer.Select(d => x.strides[d])];
        (indexOffset, valueOffset, indexedOffset) = (i.Offset, v.Offset, x.Offset);
        Strips = (Width + Columns - 1) / Columns;
        Items = Layout.Elements(sizes) * Strips;
        Chunk = Math.Max(1, Grain / Math.Max(1, Length * Math.Min(Width, Columns)));
    }

    /// <summary>Where an item begins in the three tensors, and how many columns it has.</summary>
    internal (long Index, long Value, long Indexed, long Columns) At(long item)
    {
        (long row, long strip) = Math.DivRem(item, Strips);
        long first = strip * Columns, n = Math.Min(Columns, Width - first);
        long i = indexOffset + first * IndexColumn, v = valueOffset + first * ValueColumn, x = indexedOffset + first * IndexedColumn;
        for (int d = sizes.Length - 1; d >= 0; d--)
        {
            (row, long k) = Math.DivRem(row, sizes[d]);
            i += k * index[d];
            v += k * value[d];
            x += k * indexed[d];
        }
        return (i, v, x, n);
    }
}

/// <summary>y[.., p, ..] = x[.., index[.., p, ..], ..]</summary>
internal static class Gather
{
    /// <summary>The values at the index, which is int64 and already checked.</summary>
    internal static Tensor Run(Tensor x, int dim, Tensor index)
    {
        Tensor y = Tensor.Allocate(new Layout(index.layout.shape), x.dtype);
        if (y.layout.Count == 0) return y;
        if (x.Rank == 0)
        {
            Copy.Run(x, y);
            return y;
        }
        GatherPlan plan = new(index.layout, y.layout, x.layout, dim + x.Rank);
        switch (x.dtype.ItemSize())
        {
            case 1: Parallel.Sweep(plan.Items, plan.Chunk, new Body<byte>(x, index, y, plan)); break;
            case 2: Parallel.Sweep(plan.Items, plan.Chunk, new Body<ushort>(x, index, y, plan)); break;
            case 4: Parallel.Sweep(plan.Items, plan.Chunk, new Body<uint>(x, index, y, plan)); break;
            default: Parallel.Sweep(plan.Items, plan.Chunk, new Body<ulong>(x, index, y, plan)); break;
        }
        return y;
    }

    private readonly struct Body<T>(Tensor x, Tensor index, Tensor y, GatherPlan plan) : IRange where T : unmanaged
    {
        public void Run(long from, long to)
        {
            for (long item = from; item < to; item++)
            {
                (long i, long v, long s, long columns) = plan.At(item);
                if (plan.Width == 1)
                {
                    Line(ref index.storage.At<long>(i), ref y.storage.At<T>(v), ref x.storage.At<T>(s));
                    continue;
                }
                for (long k = 0; k < plan.Length; k++, i += plan.IndexStep, v += plan.ValueStep)
                {
                    ref long at = ref index.storage.At<long>(i);
                    ref T target = ref y.storage.At<T>(v);
                    ref T source = ref x.storage.At<T>(s);
                    for (long c = 0; c < columns; c++)
                        Unsafe.Add(ref target, (nint)(c * plan.ValueColumn)) =
                            Unsafe.Add(ref source, (nint)(c * plan.IndexedColumn
                                + Unsafe.Add(ref at, (nint)(c * plan.IndexColumn)) * plan.Along));
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Line(ref long at, ref T target, ref T source)
        {
            nint n = (nint)plan.Length, step = (nint)plan.IndexStep, value = (nint)plan.ValueStep, along = (nint)plan.Along;
            if (step == 1 && value == 1 && along == 1)
            {
                Neighbours(ref at, ref target, ref source, n);
                return;
            }
            for (nint k = 0; k < n; k++)
                Unsafe.Add(ref target, k * value) = Unsafe.Add(ref source, (nint)Unsafe.Add(ref at, k * step) * along);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Neighbours(ref long at, ref T target, ref T source, nint n)
        {
            nint k = 0;
            for (; k <= n - 4; k += 4)
            {
                T a = Unsafe.Add(ref source, (nint)Unsafe.Add(ref at, k)), b = Unsafe.Add(ref source, (nint)Unsafe.Add(ref at, k + 1));
                T c = Unsafe.Add(ref source, (nint)Unsafe.Add(ref at, k + 2)), d = Unsafe.Add(ref source, (nint)Unsafe.Add(ref at, k + 3));
                Unsafe.Add(ref target, k) = a;
                Unsafe.Add(ref target, k + 1) = b;
                Unsafe.Add(ref target, k + 2) = c;
                Unsafe.Add(ref target, k + 3) = d;
            }
            for (; k < n; k++) Unsafe.Add(ref target, k) = Unsafe.Add(ref source, (nint)Unsafe.Add(ref at, k));
        }
    }
}
