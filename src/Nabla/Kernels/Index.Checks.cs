using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

internal static partial class Indexing
{
    /// <summary>Indices as int64 in [0, size): negative ones count from the end. All are checked. x itself if nothing changes.</summary>
    internal static Tensor Wrap(Tensor x, long size, bool negative, string where)
    {
        Tensor index = Copy.Contiguous(Copy.Cast(x, DType.Int64));
        if (index.layout.Count == 0) return index;
        Signs signs = SignsOf(index, size);
        if (signs.Above < 0 || (negative ? signs.FromEnd : signs.Itself) < 0)
            OutOfBounds(index.Span<long>(), negative ? -size : 0, size, where);
        if (signs.Itself >= 0) return index;
        Tensor y = Tensor.Allocate(new Layout(index.layout.shape), DType.Int64);
        ReadOnlySpan<long> values = index.Span<long>();
        Span<long> to = y.Span<long>();
        for (int i = 0; i < to.Length; i++) to[i] = values[i] < 0 ? values[i] + size : values[i];
        return y;
    }

    /// <summary>Numbers whose signs say whether an index is negative, below -size, or not below size: they are negative if one
    /// is.</summary>
    private readonly record struct Signs(long Itself, long FromEnd, long Above);

    private static Signs SignsOf(Tensor index, long size)
    {
        long n = index.layout.Count;
        Signs[] parts = new Signs[Parallel.Chunks(n, Grain)];
        Parallel.Sweep(n, Grain, new SignBody(index, size, parts));
        Signs all = default;
        foreach (Signs part in parts) all = new(all.Itself | part.Itself, all.FromEnd | part.FromEnd, all.Above | part.Above);
        return all;
    }

    private readonly struct SignBody(Tensor index, long size, Signs[] parts) : IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            ref long x = ref index.storage.At<long>(index.layout.Offset + from);
            nint i = 0, n = (nint)(to - from), w = Vector<long>.Count;
            Vector<long> most = new(size - 1), end = new(size), a = default, b = default, c = default;
            for (; i <= n - w; i += w)
            {
                Vector<long> v = Vector.LoadUnsafe(ref x, (nuint)i);
                a |= v;
                b |= v + end;
                c |= Vector.AndNot(most - v, v);
            }
            (long itself, long fromEnd, long above) = (Or(a), Or(b), Or(c));
            for (; i < n; i++)
            {
                long v = Unsafe.Add(ref x, i);
                itself |= v;
                fromEnd |= v + size;
                above |= (size - 1 - v) & ~v;
            }
            parts[from / Grain] = new(itself, fromEnd, above);
        }

        private static long Or(Vector<long> x)
        {
            long all = 0;
            for (int k = 0; k < Vector<long>.Count; k++) all |= x[k];
            return all;
        }
    }

    /// <summary>The largest index of a tensor that is not empty.</summary>
    internal static long Largest(Tensor x) => TensorPrimitives.Max<long>(Copy.Contiguous(Copy.Cast(x, DType.Int64)).Span<long>());

    private static void OutOfBounds(ReadOnlySpan<long> values, long least, long size, string where)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] >= least && values[i] < size) continue;
            // Where negative indices have words of their own, those come first.
            string[] words = where.Split('|');
            string text = values[i] < 0 ? words[0] : words[^1];
            Throw.Range("index", values[i], $"{string.Format(System.Globalization.CultureInfo.InvariantCulture, text, values[i], size)} " +
                $"It is element {i} of the index in row-major order; valid are {least} to {size - 1}.");
        }
    }

    /// <summary>Zeros along a new last dimension, and a one at each index, which is int64 and already checked.</summary>
    internal static Tensor OneHot(Tensor index, long classes)
    {
        index = Copy.Contiguous(index);
        Tensor y = Tensor.Allocate(new Layout([.. index.layout.shape, classes]), DType.Int64);
        Parallel.Sweep(index.layout.Count, Math.Max(1, Grain / classes), new OneHotBody(index, y, classes));
        return y;
    }

    private readonly struct OneHotBody(Tensor index, Tensor y, long classes) : IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            y.storage.Span<long>(from * classes, (to - from) * classes).Clear();
            for (long i = from; i < to; i++)
                y.storage.At<long>(i * classes + index.storage.At<long>(index.layout.Offset + i)) = 1;
        }
    }
}
