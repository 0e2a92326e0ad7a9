using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <content>Backward.</content>
internal static unsafe partial class Attention
{
    /// <summary>The gradients of Q, K and V.</summary>
    internal static (Tensor Q, Tensor K, Tensor V) Backward(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor y, Tensor sums, Tensor g,
        bool causal, double scale)
    {
        AttentionSizes n = AttentionSizes.Of(q, k, causal, scale);
        Tensor dq = Tensor.Allocate(Like(q), q.dtype), dk = Tensor.Allocate(Like(k), q.dtype), dv = Tensor.Allocate(Like(v), q.dtype);
        (q, k, v, y, sums, g) = (Rows(q), Rows(k), Rows(v), Rows(y), Copy.Contiguous(sums), Rows(g));
        if (q.dtype == DType.Float32) Backward<float>(q, k, v, mask, y, sums, g, dq, dk, dv, n);
        else Backward<double>(q, k, v, mask, y, sums, g, dq, dk, dv, n);
        return (dq, dk, dv);
    }

    private static void Backward<T>(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor y, Tensor sums, Tensor g, Tensor dq, Tensor dk,
        Tensor dv, AttentionSizes n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        fixed (T* pq = Reach<T>(q), pk = Reach<T>(k), pv = Reach<T>(v), pm = mask is null ? default : Reach<T>(mask), py = Reach<T>(y),
            ps = Reach<T>(sums), pg = Reach<T>(g), pdq = Reach<T>(dq), pdk = Reach<T>(dk), pdv = Reach<T>(dv))
        {
            Heads<T> masks = mask is null ? default : new(pm, mask.layout);
            AttentionForward<T> f = new(n, new(pq, q.layout), new(pk, k.layout), new(pv, v.layout), masks,
                mask?.layout.strides[3] ?? 0, new(py, y.layout), ps);
            AttentionBackward<T> b = new(f, new(pg, g.layout), new(pdq, dq.layout), new(pdk, dk.layout), new(pdv, dv.layout));
            if (Vector512.IsHardwareAccelerated) AttentionBackward<Lanes512<T>, Vector512<T>, T>.Run(b);
            else if (Vector256.IsHardwareAccelerated) AttentionBackward<Lanes256<T>, Vector256<T>, T>.Run(b);
            else if (Vector128.IsHardwareAccelerated) AttentionBackward<Lanes128<T>, Vector128<T>, T>.Run(b);
            else AttentionBackward<Lanes1<T>, T, T>.Run(b);
        }
    }

    /// <summary>Σ x y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static T Dot<T>(T* x, T* y, long n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector<T> sums = Vector<T>.Zero;
        long i = 0;
        for (; i <= n - Vector<T>.Count; i += Vector<T>.Count) sums += Vector.Load(x + i) * Vector.Load(y + i);
        T sum = Vector.Sum(sums);
        for (; i < n; i++) sum += x[i] * y[i];
        return sum;
    }

    /// <summary>d = p (d - shift) scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Slopes<T>(T* p, T* d, long n, T shift, T scale) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Vector<T> s = new(shift), f = new(scale);
        long i = 0;
        for (; i <= n - Vector<T>.Count; i += Vector<T>.Count) (Vector.Load(p + i) * (Vector.Load(d + i) - s) * f).Store(d + i);
        for (; i < n; i++) d[i] = p[i] * (d[i] - shift) * scale;
    }
}

/// <summary>Operands and results of the backward computation.</summary>
internal readonly unsafe struct AttentionBackward<T>(AttentionForward<T> f, Heads<T> g, Heads<T> dq, Heads<T> dk, Heads<T> dv)
    where T : unmanaged
{
    internal readonly AttentionForward<T> F = f;
    internal readonly Heads<T> G = g, DQ = dq, DK = dk, DV = dv;
}

/// <summary>
/// The backward computation for one width of registers. One task has a head, or a part of its keys where there are few heads; then the
/// parts' gradients of Q are added in order.
/// </summary>
internal static unsafe class AttentionBackward<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const long QueryRows = 60, KeyBlock = 256, ManyHeads = 8;

    private static long TileRows => GemmTiles<L, V, T>.Rows;

    private static long TileColumns => GemmTiles<L, V, T>.Columns;

    internal static void Run(in AttentionBackward<T> b)
    {
        AttentionSizes n = b.F.N;
        long parts = n.Heads >= ManyHeads ? 1 : Parallel.Chunks(n.Keys, KeyBlock), whole = GemmGrid.Round(n.Width, TileColumns);
        DType dtype = typeof(T) == typeof(float) ? DType.Float32 : DType.Float64;
        Tensor? partial = parts == 1 ? null : Tensor.Allocate(new Layout([n.Heads * parts * n.Queries * whole]), dtype);
        fixed (T* p = partial is null ? default : partial.Span<T>())
        {
            double work = 5.0 * n.Queries * n.Keys * n.Width / parts;
            Parallel.For(n.Heads * parts, Math.Max(1, (long)(GemmGrid.Serial / 4 / work)), new Task(b, parts, whole, p));
            if (parts > 1) Parallel.For(n.Heads * n.Queries, Math.Max(1, 16384 / whole), new Sum(b, parts, whole, p));
        }
        partial?.storage.Release();
    }

    private readonly struct Sum(AttentionBackward<T> b, long parts, long whole, T* partial) : IRange
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                (long head, long row) = Math.DivRem(i, b.F.N.Queries);
                T* y = b.DQ.At(head) + row * b.DQ.Row, x = partial + (head * parts * b.F.N.Queries + row) * whole;
                for (long d = 0; d < b.F.N.Width; d++)
                {
                    T sum = x[d];
                    for (long p = 1; p < parts; p++) sum += x[p * b.F.N.Queries * whole + d];
                    y[d] = sum;
                }
            }
        }
    }

    private readonly struct Task(AttentionBackward<T> b, long parts, long whole, T* partial) : IRange
    {
        public void Run(long from, long to)
        {
            AttentionSizes n = b.F.N;
            long keys = GemmGrid.Round(Math.Min(KeyBlock, n.Keys), TileColumns);
            Scratch s = new(n, keys, whole, parts == 1);
            for (long i = from; i < to; i++)
            {
                (long head, long part) = Math.DivRem(i, parts);
                T* dq = parts == 1 ? s.DQ : partial + i * n.Queries * whole;
                for (long r = 0; r < n.Queries; r++) new Span<T>(dq + r * whole, (int)whole).Clear();
                long end = parts == 1 ? n.Keys : Math.Min(n.Keys, (part + 1) * KeyBlock);
                for (long block = part * KeyBlock; block < end; block += KeyBlock)
                    Block(s, head, block, Math.Min(KeyBlock, n.Keys - block), dq);
                if (parts == 1) Put(dq, n.Queries, b.DQ.At(head), b.DQ.Row);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Put(T* from, long rows, T* to, long row)
        {
            for (long r = 0; r < rows; r++)
                new ReadOnlySpan<T>(from + r * whole, (int)b.F.N.Width).CopyTo(new Span<T>(to + r * row, (int)b.F.N.Width));
        }

        /// <summary>All queries by one block of keys.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Block(in Scratch s, long head, long block, long count, T* dq)
        {
            (AttentionSizes n, Heads<T> hq, Heads<T> hk, Heads<T> hv) = (b.F.N, b.F.Q, b.F.K, b.F.V);
            T* k0 = hk.At(head) + block * hk.Row, v0 = hv.At(head) + block * hv.Row;
            Attention.PackAcross(count, n.Width, k0, hk.Row, s.KeysAcross, TileColumns);
            Attention.PackAcross(count, n.Width, v0, hv.Row, s.ValuesAcross, TileColumns);
            long kRow = hk.Row;
            T* k = Attention.Wide(count, n.Width, whole, k0, ref kRow, s.Keys);
            for (long j = 0; j < count; j++)
            {
                new Span<T>(s.DK + j * whole, (int)whole).Clear();
                new Span<T>(s.DV + j * whole, (int)whole).Clear();
            }
            // Queries before the first key of a causal block see none of it.
            for (long first = n.Causal ? block / QueryRows * QueryRows : 0; first < n.Queries; first += QueryRows)
            {
                long rows = Math.Min(QueryRows, n.Queries - first);
                long limit = n.Causal ? Math.Min(count, first + rows - block) : count;
                if (limit <= 0) continue;
                Weights(s, head, first, rows, block, limit);
                for (long row = 0; row < rows; row += TileRows)
                {
                    long m = Math.Min(TileRows, rows - row), depth = n.Causal ? Math.Min(limit, first + row + m - block) : limit;
                    if (depth <= 0) continue;
                    for (long d = 0; d < whole; d += TileColumns)
                        GemmTiles<L, V, T>.Panel2(m, depth, s.D + row * s.Row, s.Row, 1, k + d, kRow, dq + (first + row) * whole + d,
                            whole, true);
                }
                long qRow = hq.Row, gRow = b.G.Row;
                T* q = Attention.Wide(rows, n.Width, whole, hq.At(head) + first * qRow, ref qRow, s.Rows);
                Across(s.D, s.Row, rows, limit, first - block, q, qRow, s.DK);
                T* g = Attention.Wide(rows, n.Width, whole, b.G.At(head) + first * gRow, ref gRow, s.Rows);
                Across(s.P, s.Row, rows, limit, first - block, g, gRow, s.DV);
            }
            Put(s.DK, count, b.DK.At(head) + block * b.DK.Row, b.DK.Row);
            Put(s.DV, count, b.DV.At(head) + block * b.DV.Row, b.DV.Row);
        }

        /// <summary>sums += Wᵀ X for the weights of some rows; <paramref name="ahead"/> is the first row's place before the keys.</summary>
        private void Across(T* w, long ld, long rows, long limit, long ahead, T* x, long xRow, T* sums)
        {
            for (long j = 0; j < limit; j += TileRows)
            {
                long m = Math.Min(TileRows, limit - j), skip = b.F.N.Causal ? Math.Max(0, j - ahead) : 0;
                if (skip >= rows) continue;
                for (long d = 0; d < whole; d += TileColumns)
                    GemmTiles<L, V, T>.Panel2(m, rows - skip, w + j + skip * ld, 1, ld, x + d + skip * xRow, xRow, sums + j * whole + d,
                        whole, true);
            }
        }

        /// <summary>The weights of some rows and the gradients of their scores.</summary>
        private void Weights(in Scratch s, long head, long first, long rows, long block, long limit)
        {
            AttentionSizes n = b.F.N;
            T scale = T.CreateTruncating(n.Scale);
            T* q = b.F.Q.At(head) + first * b.F.Q.Row, g = b.G.At(head) + first * b.G.Row, y = b.F.Y.At(head) + first * b.F.Y.Row;
            T* mask = b.F.Mask.At(head);
            for (long row = 0; row < rows; row += TileRows)
            {
                long m = Math.Min(TileRows, rows - row), seen = n.Causal ? Math.Min(limit, first + row + m - block) : limit;
                for (long j = 0; j < seen; j += TileColumns)
                {
                    GemmTiles<L, V, T>.Panel2(m, n.Width, q + row * b.F.Q.Row, b.F.Q.Row, 1, s.KeysAcross + j * n.Width, TileColumns,
                        s.P + row * s.Row + j, s.Row, false);
                    GemmTiles<L, V, T>.Panel2(m, n.Width, g + row * b.G.Row, b.G.Row, 1, s.ValuesAcross + j * n.Width, TileColumns,
                        s.D + row * s.Row + j, s.Row, false);
                }
                for (long r = row; r < row + m; r++)
                {
                    T* p = s.P + r * s.Row, d = s.D + r * s.Row;
                    T sum = b.F.Sums[head * n.Queries + first + r];
                    long count = T.IsNegativeInfinity(sum) ? 0 : n.Causal ? Math.Clamp(first + r + 1 - block, 0, limit) : limit;
                    T* own = mask == null ? null : mask + (first + r) * b.F.Mask.Row + block * b.F.MaskStep;
                    if (count > 0)
                    {
                        Attention.Scores(p, count, scale, own, b.F.MaskStep);
                        Attention.Exponentials(p, count, sum);
                        Attention.Slopes(p, d, count, Attention.Dot(g + r * b.G.Row, y + r * b.F.Y.Row, n.Width), scale);
                    }
                    new Span<T>(p + count, (int)(limit - count)).Clear();
                    new Span<T>(d + count, (int)(limit - count)).Clear();
                }
            }
        }
    }

    /// <summary>Memory of one task: blocks of weights, of keys and values in the tiles' order, and of sums.</summary>
    private readonly struct Scratch
    {
        internal readonly T* P, D, KeysAcross, ValuesAcross, Keys, Rows, DK, DV, DQ;
        internal readonly long Row;

        internal Scratch(AttentionSizes n, long keys, long whole, bool queries)
        {
            Row = keys;
            long weights = QueryRows * keys, panels = keys * n.Width, blocks = keys * whole;
            T* at = GemmBuffers.Get<T>(GemmBuffers.Panel,
                2 * weights + 2 * panels + 3 * blocks + QueryRows * whole + (queries ? n.Queries * whole : 0));
            P = at;
            D = P + weights;
            KeysAcross = D + weights;
            ValuesAcross = KeysAcross + panels;
            Keys = ValuesAcross + panels;
            DK = Keys + blocks;
            DV = DK + blocks;
            Rows = DV + blocks;
            DQ = Rows + QueryRows * whole;
        }
    }
}
