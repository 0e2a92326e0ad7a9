using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>
/// How several operands are walked in the order of a dense result's memory: dimensions sorted by the result's strides, broadcast
/// operands with stride 0, neighbours merged where every operand allows it.
/// </summary>
internal sealed class Plan
{
    internal readonly long[] Sizes;
    internal readonly long[] X;
    internal readonly long[] Y;

    /// <summary>A plan for a result of layout <paramref name="z"/> and one or two operands that broadcast to its shape.</summary>
    internal Plan(Layout z, Layout x, Layout? y)
    {
        int rank = z.Rank;
        Span<int> order = stackalloc int[rank];
        Order(z, order);
        long[] sizes = new long[Math.Max(rank, 1)], xs = new long[sizes.Length], ys = new long[sizes.Length];
        sizes[0] = 1;
        int n = 0;
        foreach (int d in order)
        {
            long size = z.shape[d], sx = StrideOf(x, d - rank), sy = y is null ? 0 : StrideOf(y, d - rank);
            if (size == 1) continue;
            if (n > 0 && xs[n - 1] == sx * size && ys[n - 1] == sy * size)
            {
                sizes[n - 1] *= size;
                (xs[n - 1], ys[n - 1]) = (sx, sy);
                continue;
            }
            (sizes[n], xs[n], ys[n]) = (size, sx, sy);
            n++;
        }
        n = Math.Max(n, 1);
        (Sizes, X, Y) = (sizes[..n], xs[..n], ys[..n]);
    }

    /// <summary>Dimensions by descending stride, so that the last runs through neighbouring elements.</summary>
    private static void Order(Layout z, Span<int> order)
    {
        for (int i = 0; i < order.Length; i++)
        {
            int j = i;
            if (!z.IsContiguous)
                for (; j > 0 && z.strides[order[j - 1]] < z.strides[i]; j--) order[j] = order[j - 1];
            order[j] = i;
        }
    }

    /// <summary>The stride of a dimension counted from the end; 0 where the operand is broadcast.</summary>
    private static long StrideOf(Layout x, int dim)
    {
        int d = dim + x.Rank;
        return d < 0 || x.shape[d] == 1 ? 0 : x.strides[d];
    }

    /// <summary>The length of rows; a chunk never needs to cross one that is long.</summary>
    internal long Inner => Sizes[^1];
}

/// <summary>Hands out an operand's elements in a plan's order, as spans: directly where they are neighbours, else packed into a
/// buffer.</summary>
internal ref struct Walker<T> where T : unmanaged
{
    private readonly Storage storage;
    private readonly ReadOnlySpan<long> sizes, strides;
    private readonly Span<long> index;
    private long at;

    /// <summary>A walker at element <paramref name="start"/> of the plan; <paramref name="index"/> is its scratch space.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal Walker(Tensor x, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides, Span<long> index, long start)
    {
        storage = x.storage;
        this.sizes = sizes;
        this.strides = strides;
        this.index = index;
        at = x.layout.Offset;
        for (int d = sizes.Length - 1; d >= 0; d--)
        {
            (start, index[d]) = Math.DivRem(start, sizes[d]);
            at += index[d] * strides[d];
        }
    }

    /// <summary>Elements left in the current row.</summary>
    internal readonly long Left => sizes[^1] - index[^1];

    /// <summary>The element that comes next.</summary>
    internal readonly T Here => storage.At<T>(at);

    /// <summary>n neighbouring elements, from <paramref name="from"/> places behind the next one on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly ReadOnlySpan<T> Row(int from, int n) => storage.Span<T>(at + from, n);

    /// <summary>The next <paramref name="n"/> elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal ReadOnlySpan<T> Next(int n, Span<T> buffer)
    {
        long stride = strides[^1];
        if (stride == 1 && Left >= n)
        {
            ReadOnlySpan<T> direct = storage.Span<T>(at, n);
            Advance(n);
            return direct;
        }
        for (int done = 0; done < n;)
        {
            int run = (int)Math.Min(Left, n - done);
            Pack(buffer.Slice(done, run), stride);
            Advance(run);
            done += run;
        }
        return buffer[..n];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Pack(Span<T> to, long stride)
    {
        if (stride == 0) to.Fill(storage.At<T>(at));
        else if (stride == 1) storage.Span<T>(at, to.Length).CopyTo(to);
        else
        {
            ref T from = ref storage.At<T>(at);
            for (int i = 0; i < to.Length; i++, from = ref Unsafe.Add(ref from, (nint)stride)) to[i] = from;
        }
    }

    /// <summary>Goes on by n elements, at most to the end of the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Advance(long n)
    {
        long i = index[^1] += n;
        at += n * strides[^1];
        if (i == sizes[^1]) NextRow();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void NextRow()
    {
        for (int d = sizes.Length - 1; index[d] == sizes[d] && d > 0;)
        {
            at -= index[d] * strides[d];
            index[d] = 0;
            d--;
            index[d]++;
            at += strides[d];
        }
    }
}
