using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Heads of one operand of attention, [batch, head, row, column], with adjacent columns.</summary>
internal readonly unsafe struct Heads<T>(T* data, Layout layout) where T : unmanaged
{
    internal readonly long Row = layout.strides[2];
    private readonly long batch = layout.strides[0], head = layout.strides[1], heads = layout.shape[1];

    /// <summary>The first value of a head, counted over batches and heads.</summary>
    internal T* At(long head) => data == null ? null : data + head / heads * batch + head % heads * this.head;
}

/// <summary>Sizes of attention: heads in all batches, queries, keys, and the width of all operands.</summary>
internal readonly record struct AttentionSizes(long Heads, long Queries, long Keys, long Width, bool Causal, double Scale)
{
    internal static AttentionSizes Of(Tensor q, Tensor k, bool causal, double scale) =>
        new(q.layout.shape[0] * q.layout.shape[1], q.layout.shape[2], k.layout.shape[2], q.layout.shape[3], causal, scale);
}

/// <summary>
/// softmax(Q Kᵀ scale + mask) V without the matrix of weights: a few rows of it at a time meet the keys block by block, with a running
/// maximum and sum; backward makes them again from the logarithm of the sum. After T. Dao et al., FlashAttention, 2022. Which block a value
/// falls into depends on sizes only.
/// </summary>
internal static unsafe partial class Attention
{
    /// <summary>The result and, for backward, the logarithm of each row's sum of exponentials, [batch, head, row].</summary>
    internal static Tensor[] Forward(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal, double scale)
    {
        AttentionSizes n = AttentionSizes.Of(q, k, causal, scale);
        Tensor y = Tensor.Allocate(Like(q), q.dtype), sums = Tensor.Allocate(new Layout(q.layout.shape[..3]), q.dtype);
        (q, k, v) = (Rows(q), Rows(k), Rows(v));
        if (q.dtype == DType.Float32) Forward<float>(q, k, v, mask, y, sums, n);
        else Forward<double>(q, k, v, mask, y, sums, n);
        return [y, sums];
    }

    private static void Forward<T>(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor y, Tensor sums, AttentionSizes n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        fixed (T* pq = Reach<T>(q), pk = Reach<T>(k), pv = Reach<T>(v), pm = mask is null ? default : Reach<T>(mask), py = Reach<T>(y),
            ps = Reach<T>(sums))
        {
            Heads<T> masks = mask is null ? default : new(pm, mask.layout);
            AttentionForward<T> f = new(n, new(pq, q.layout), new(pk, k.layout), new(pv, v.layout), masks,
                mask?.layout.strides[3] ?? 0, new(py, y.layout), ps);
            if (Vector512.IsHardwareAccelerated) AttentionForward<Lanes512<T>, Vector512<T>, T>.Run(f);
            else if (Vector256.IsHardwareAccelerated) AttentionForward<Lanes256<T>, Vector256<T>, T>.Run(f);
            else if (Vector128.IsHardwareAccelerated) AttentionForward<Lanes128<T>, Vector128<T>, T>.Run(f);
            else AttentionForward<Lanes1<T>, T, T>.Run(f);
        }
    }

    /// <summary>Memory in the order of x's dimensions, without gaps: what follows needs no copy.</summary>
    private static Layout Like(Tensor x)
    {
        (long[] s, long[] strides) = (x.layout.shape, x.layout.strides);
        return strides[1] < strides[2] && s[1] > 1 && s[2] > 1
            ? new Layout(s, [s[1] * s[2] * s[3], s[3], s[1] * s[3], 1], 0)
            : new Layout(s);
    }

    private static Tensor Rows(Tensor x) => x.layout.strides[3] == 1 || x.layout.shape[3] == 1 ? x : Copy.Contiguous(x);

    /// <summary>From the first element of a tensor to the last one it reaches.</summary>
    private static Span<T> Reach<T>(Tensor x) where T : unmanaged =>
        x.storage.Span<T>(x.layout.Offset, x.layout.End - x.layout.Offset);

    /// <summary>keys[j, d] as panels of adjacent keys for each d, zeros behind the last.</summary>
    internal static void PackAcross<T>(long keys, long width, T* from, long row, T* to, long columns) where T : unmanaged
    {
        for (long j = 0; j < keys; j += columns)
            GemmPack.Panel(Math.Min(columns, keys - j), width, from + j * row, row, 1, to + j * width, columns);
    }

    /// <summary>Rows whose width is a multiple of a tile: x itself, or a copy in <paramref name="to"/> that ends in zeros.</summary>
    internal static T* Wide<T>(long rows, long width, long whole, T* from, ref long row, T* to) where T : unmanaged
    {
        if (whole == width) return from;
        for (long i = 0; i < rows; i++)
        {
            new ReadOnlySpan<T>(from + i * row, (int)width).CopyTo(new Span<T>(to + i * whole, (int)width));
            new Span<T>(to + i * whole + width, (int)(whole - width)).Clear();
        }
        row = whole;
        return to;
    }

    /// <summary>x = x scale + mask for n scores of a row. Returns their maximum; NaN if one is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static T Scores<T>(T* x, long n, T scale, T* mask, long maskStep) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T max = T.NegativeInfinity;
        Vector<T> factor = new(scale), most = new(max);
        long i = 0, last = n - Vector<T>.Count;
        if (mask == null || maskStep == 1)
        {
            for (; i <= last; i += Vector<T>.Count)
            {
                Vector<T> s = Vector.Load(x + i) * factor;
                if (mask != null) s += Vector.Load(mask + i);
                s.Store(x + i);
                most = Vector.Max(most, s);
            }
            for (int l = 0; l < Vector<T>.Count; l++) max = T.Max(max, most[l]);
        }
        for (; i < n; i++)
        {
            x[i] = mask == null ? x[i] * scale : x[i] * scale + mask[i * maskStep];
            max = T.Max(max, x[i]);
        }
        return max;
    }

    /// <summary>x = e^(x - shift); returns the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static T Exponentials<T>(T* x, long n, T shift) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> row = new(x, (int)n);
        VectorMap.Run(row, row, new ExpFromMap(double.CreateTruncating(shift)));
        Vector<T> sums = Vector<T>.Zero;
        long i = 0;
        for (; i <= n - Vector<T>.Count; i += Vector<T>.Count) sums += Vector.Load(x + i);
        T sum = Vector.Sum(sums);
        for (; i < n; i++) sum += x[i];
        return sum;
    }

    /// <summary>y = x factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Multiply<T>(T* x, T factor, T* y, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector<T> f = new(factor);
        long i = 0;
        for (; i <= n - Vector<T>.Count; i += Vector<T>.Count) (Vector.Load(x + i) * f).Store(y + i);
        for (; i < n; i++) y[i] = x[i] * factor;
    }
}

/// <summary>Operands and results of the forward computation.</summary>
internal readonly unsafe struct AttentionForward<T>(AttentionSizes n, Heads<T> q, Heads<T> k, Heads<T> v, Heads<T> mask, long maskStep,
    Heads<T> y, T* sums) where T : unmanaged
{
    internal readonly AttentionSizes N = n;
    internal readonly Heads<T> Q = q, K = k, V = v, Mask = mask, Y = y;
    internal readonly long MaskStep = maskStep;
    internal readonly T* Sums = sums;
}

/// <summary>The forward computation for one width of registers.</summary>
internal static unsafe class AttentionForward<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const long QueryRows = 96, KeyBlock = 512;

    private static long TileRows => GemmTiles<L, V, T>.Rows;

    private static long TileColumns => GemmTiles<L, V, T>.Columns;

    internal static void Run(in AttentionForward<T> f)
    {
        long chunks = Parallel.Chunks(f.N.Queries, QueryRows);
        double work = 2.0 * Math.Min(QueryRows, f.N.Queries) * f.N.Keys * f.N.Width;
        Parallel.For(f.N.Heads * chunks, Math.Max(1, (long)(GemmGrid.Serial / 4 / work)), new Task(f, chunks));
    }

    private readonly struct Task(AttentionForward<T> f, long chunks) : IRange
    {
        public void Run(long from, long to)
        {
            long whole = GemmGrid.Round(f.N.Width, TileColumns), keys = GemmGrid.Round(Math.Min(KeyBlock, f.N.Keys), TileColumns);
            T* scratch = GemmBuffers.Get<T>(GemmBuffers.Panel,
                keys * (f.N.Width + whole + TileRows) + QueryRows * (whole + 2));
            T* across = scratch, values = across + keys * f.N.Width, scores = values + keys * whole;
            T* sums = scores + keys * TileRows, max = sums + QueryRows * whole, total = max + QueryRows;
            for (long i = from; i < to; i++)
            {
                (long head, long chunk) = Math.DivRem(i, chunks);
                long first = chunk * QueryRows, rows = Math.Min(QueryRows, f.N.Queries - first);
                long end = f.N.Causal ? Math.Min(f.N.Keys, first + rows) : f.N.Keys;
                new Span<T>(max, (int)rows).Fill(T.NegativeInfinity);
                new Span<T>(total, (int)rows).Clear();
                for (long block = 0; block < end; block += KeyBlock)
                {
                    long count = Math.Min(KeyBlock, end - block);
                    Attention.PackAcross(count, f.N.Width, f.K.At(head) + block * f.K.Row, f.K.Row, across, TileColumns);
                    long vRow = f.V.Row;
                    T* v = Attention.Wide(count, f.N.Width, whole, f.V.At(head) + block * vRow, ref vRow, values);
                    for (long row = 0; row < rows; row += TileRows)
                    {
                        long m = Math.Min(TileRows, rows - row);
                        long limit = f.N.Causal ? Math.Min(count, first + row + m - block) : count;
                        if (limit > 0) Group(head, first + row, m, block, limit, across, v, vRow, scores, keys, sums + row * whole, whole,
                            max + row, total + row);
                    }
                }
                Finish(head, first, rows, sums, whole, max, total);
            }
        }

        /// <summary>The rows of a tile by one block of keys.</summary>
        private void Group(long head, long row, long m, long block, long limit, T* across, T* v, long vRow, T* scores, long ld, T* sums,
            long whole, T* max, T* total)
        {
            T* q = f.Q.At(head) + row * f.Q.Row, mask = f.Mask.At(head);
            T scale = T.CreateTruncating(f.N.Scale);
            for (long j = 0; j < limit; j += TileColumns)
                GemmTiles<L, V, T>.Panel2(m, f.N.Width, q, f.Q.Row, 1, across + j * f.N.Width, TileColumns, scores + j, ld, false);
            for (long r = 0; r < m; r++)
            {
                T* s = scores + r * ld;
                long n = f.N.Causal ? Math.Min(limit, row + r + 1 - block) : limit;
                if (n <= 0)
                {
                    new Span<T>(s, (int)limit).Clear();
                    continue;
                }
                T* own = mask == null ? null : mask + (row + r) * f.Mask.Row + block * f.MaskStep;
                T old = max[r], most = T.Max(old, Attention.Scores(s, n, scale, own, f.MaskStep));
                new Span<T>(s + n, (int)(limit - n)).Clear();
                if (T.IsNegativeInfinity(most))
                {
                    // No key so far: the weights are zero, and e^(-inf + inf) would not be.
                    new Span<T>(s, (int)n).Clear();
                    continue;
                }
                T sum = Attention.Exponentials(s, n, most), factor = block == 0 ? T.Zero : T.Exp(old - most);
                total[r] = total[r] * factor + sum;
                max[r] = most;
                if (block > 0) Attention.Multiply(sums + r * whole, factor, sums + r * whole, whole);
            }
            for (long d = 0; d < whole; d += TileColumns)
                GemmTiles<L, V, T>.Panel2(m, limit, scores, ld, 1, v + d, vRow, sums + d, whole, block > 0);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Finish(long head, long first, long rows, T* sums, long whole, T* max, T* total)
        {
            for (long r = 0; r < rows; r++)
            {
                bool none = T.IsNegativeInfinity(max[r]);
                T* y = f.Y.At(head) + (first + r) * f.Y.Row;
                if (none) new Span<T>(y, (int)f.N.Width).Clear();
                else Attention.Multiply(sums + r * whole, T.One / total[r], y, f.N.Width);
                f.Sums[head * f.N.Queries + first + r] = none ? T.NegativeInfinity : max[r] + T.Log(total[r]);
            }
        }
    }
}
