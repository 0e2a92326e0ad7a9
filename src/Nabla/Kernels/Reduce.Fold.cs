using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

internal static partial class Reduce
{
    private const int Chunk = 1 << 16;
    private const int Tile = 512;
    private const int RowBlock = 128;
    private const int Few = 8;

    /// <summary>The largest of neighbouring elements; NaN wins.</summary>
    internal static T MaxOfRow<T>(ReadOnlySpan<T> x) where T : unmanaged, INumber<T> =>
        Row<MaxOf<T>, T, T>(ref MemoryMarshal.GetReference(x), x.Length);

    /// <summary>The sum of neighbouring elements, in blocks.</summary>
    internal static T SumOfRow<T>(ReadOnlySpan<T> x) where T : unmanaged, INumber<T> =>
        Row<SumOf<T>, T, T>(ref MemoryMarshal.GetReference(x), x.Length);

    private static void FoldRows<TFold, T, TAcc>(Tensor x, Tensor y, long rows, long n)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        if (n >= 2 * Chunk && rows < 8)
        {
            for (long i = 0; i < rows; i++) y.storage.At<T>(i) = LongRow<TFold, T, TAcc>(x, x.layout.Offset + i * n, n);
            return;
        }
        RowsBody<TFold, T, TAcc> body = new(x, y, n);
        if (rows * n <= Chunk) body.Run(0, rows);
        else Parallel.Sweep(rows, Math.Max(1, LongChunk(rows * n) / n), body);
    }

    /// <summary>Longer chunks of more elements, since memory is read ahead within a chunk.</summary>
    private static long LongChunk(long n) => n >= 32 * Chunk ? 2 * Chunk : Chunk;

    private readonly struct RowsBody<TFold, T, TAcc>(Tensor x, Tensor y, long n) : IRange
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
                y.storage.At<T>(i) = TFold.Finish(Row<TFold, T, TAcc>(ref x.storage.At<T>(x.layout.Offset + i * n), n));
        }
    }

    /// <summary>One long row: fixed chunks over threads, their results joined in order.</summary>
    private static T LongRow<TFold, T, TAcc>(Tensor x, long at, long n)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        long chunk = LongChunk(n);
        TAcc[] parts = new TAcc[Parallel.Chunks(n, chunk)];
        Parallel.Sweep(n, chunk, new ChunksBody<TFold, T, TAcc>(x, at, chunk, parts));
        TAcc total = parts[0];
        for (int i = 1; i < parts.Length; i++) total = TFold.Join(total, parts[i]);
        return TFold.Finish(total);
    }

    private readonly struct ChunksBody<TFold, T, TAcc>(Tensor x, long at, long chunk, TAcc[] parts) : IRange
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to) => parts[from / chunk] = Row<TFold, T, TAcc>(ref x.storage.At<T>(at + from), to - from);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TAcc Row<TFold, T, TAcc>(ref T x, long n) where TFold : struct, IFold<T, TAcc> where T : unmanaged,
        INumber<T> where TAcc : unmanaged
    {
        if (typeof(TFold) == typeof(SumFloat)) return (TAcc)(object)SumOfFloats(ref Unsafe.As<T, float>(ref x), n);
        TAcc total = TFold.Start;
        for (long i = 0; i < n; i += TFold.Block)
            total = TFold.Add(total, Neighbours<TFold, T, TAcc>(ref Unsafe.Add(ref x, (nint)i), (int)Math.Min(TFold.Block, n - i)));
        return total;
    }

    /// <summary>The sum of neighbouring elements: each lane's in float32 over blocks, then in float64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static double SumOfFloats(ref float x, long n)
    {
        nint w = Vector<float>.Count, i = 0, end = (nint)n;
        Vector<double> low = default, high = default;
        while (i <= end - 8 * w)
        {
            Vector<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
            for (nint stop = Math.Min(end, i + 256 * w) - 8 * w; i <= stop; i += 8 * w)
            {
                ref float here = ref Unsafe.Add(ref x, i);
                a += Vector.LoadUnsafe(ref here);
                b += Vector.LoadUnsafe(ref here, (nuint)w);
                c += Vector.LoadUnsafe(ref here, (nuint)(2 * w));
                d += Vector.LoadUnsafe(ref here, (nuint)(3 * w));
                e += Vector.LoadUnsafe(ref here, (nuint)(4 * w));
                f += Vector.LoadUnsafe(ref here, (nuint)(5 * w));
                g += Vector.LoadUnsafe(ref here, (nuint)(6 * w));
                h += Vector.LoadUnsafe(ref here, (nuint)(7 * w));
            }
            Vector.Widen((a + b) + (c + d) + ((e + f) + (g + h)), out Vector<double> p, out Vector<double> q);
            low += p;
            high += q;
        }
        for (; i <= end - w; i += w)
        {
            Vector.Widen(Vector.LoadUnsafe(ref x, (nuint)i), out Vector<double> p, out Vector<double> q);
            low += p;
            high += q;
        }
        double total = Vector.Sum(low + high);
        for (; i < end; i++) total += Unsafe.Add(ref x, i);
        return total;
    }

    /// <summary>The sum of neighbouring elements, in float64.</summary>
    internal static double Total<T>(ref T x, long n) where T : unmanaged, INumber<T> => typeof(T) == typeof(float)
        ? SumOfFloats(ref Unsafe.As<T, float>(ref x), n)
        : double.CreateTruncating(Row<SumOf<T>, T, T>(ref x, n));

    /// <summary>Combines neighbouring elements with four vector accumulators.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T Neighbours<TFold, T, TAcc>(ref T x, int n) where TFold : struct, IFold<T, TAcc> where T : unmanaged,
        INumber<T> where TAcc : unmanaged
    {
        int w = Vector<T>.Count, i = 0;
        T r = TFold.Identity;
        if (n >= w)
        {
            Vector<T> a = TFold.Of(Load(ref x, 0));
            i = w;
            if (n >= 8 * w)
            {
                Vector<T> b = TFold.Of(Load(ref x, w)), c = TFold.Of(Load(ref x, 2 * w)), d = TFold.Of(Load(ref x, 3 * w));
                for (i = 4 * w; i <= n - 4 * w; i += 4 * w)
                {
                    a = TFold.Combine(a, TFold.Of(Load(ref x, i)));
                    b = TFold.Combine(b, TFold.Of(Load(ref x, i + w)));
                    c = TFold.Combine(c, TFold.Of(Load(ref x, i + 2 * w)));
                    d = TFold.Combine(d, TFold.Of(Load(ref x, i + 3 * w)));
                }
                a = TFold.Combine(TFold.Combine(a, b), TFold.Combine(c, d));
            }
            for (; i <= n - w; i += w) a = TFold.Combine(a, TFold.Of(Load(ref x, i)));
            r = TFold.Across(a);
        }
        for (; i < n; i++) r = TFold.Combine(r, TFold.Of(Unsafe.Add(ref x, i)));
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Load<T>(ref T x, int i) where T : unmanaged => Vector.LoadUnsafe(ref x, (nuint)i);

    private static void FoldColumns<TFold, T, TAcc>(Tensor x, Tensor y, Box box)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        long tiles = (box.Inner + Tile - 1) / Tile, units = box.Outer * tiles, work = box.N * Math.Min(box.Inner, Tile);
        if (units < 4 && box.N * box.Inner >= 2 * Chunk && box.N >= 4 * RowBlock)
        {
            SplitColumns<TFold, T, TAcc>(x, y, box);
            return;
        }
        ColumnsBody<TFold, T, TAcc> body = new(x, y, box, tiles);
        if (units * work <= Chunk) body.Run(0, units);
        else Parallel.Sweep(units, Math.Max(1, Chunk / work), body);
    }

    private readonly struct ColumnsBody<TFold, T, TAcc>(Tensor x, Tensor y, Box box, long tiles) : IRange
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Span<TAcc> total = stackalloc TAcc[Tile];
            for (long unit = from; unit < to; unit++)
            {
                (long outer, long tile) = Math.DivRem(unit, tiles);
                long first = tile * Tile;
                int width = (int)Math.Min(Tile, box.Inner - first);
                if (box.N <= Few)
                {
                    FewRows<TFold, T, TAcc>(ref x.storage.At<T>(x.layout.Offset + outer * box.N * box.Pitch + first), (nint)box.N,
                        (nint)box.Pitch, ref y.storage.At<T>(outer * box.Inner + first), width);
                    continue;
                }
                Span<TAcc> here = total[..width];
                Columns<TFold, T, TAcc>(ref x.storage.At<T>(x.layout.Offset + outer * box.N * box.Pitch + first), box.N, box.Pitch, here);
                Span<T> to1 = y.storage.Span<T>(outer * box.Inner + first, width);
                for (int j = 0; j < width; j++) to1[j] = TFold.Finish(here[j]);
            }
        }
    }

    /// <summary>Few rows combined into one, column by column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FewRows<TFold, T, TAcc>(ref T x, nint n, nint stride, ref T y, int width)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        int j = 0, w = Vector<T>.Count;
        for (; j <= width - w; j += w)
        {
            ref T here = ref Unsafe.Add(ref x, j);
            Vector<T> a = new(TFold.Identity);
            for (nint i = 0; i < n; i++) a = TFold.Combine(a, TFold.Of(Vector.LoadUnsafe(ref Unsafe.Add(ref here, i * stride))));
            a.StoreUnsafe(ref y, (nuint)j);
        }
        for (; j < width; j++)
        {
            T a = TFold.Identity;
            for (nint i = 0; i < n; i++) a = TFold.Combine(a, TFold.Of(Unsafe.Add(ref x, i * stride + j)));
            Unsafe.Add(ref y, j) = a;
        }
        if (TFold.Plain) return;
        for (j = 0; j < width; j++) Unsafe.Add(ref y, j) = TFold.Finish(TFold.Add(TFold.Start, Unsafe.Add(ref y, j)));
    }

    /// <summary>Few columns of many rows: fixed blocks of rows over threads, their results joined in order.</summary>
    private static void SplitColumns<TFold, T, TAcc>(Tensor x, Tensor y, Box box)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        long rows = Math.Max(RowBlock, Chunk / box.Inner);
        long blocks = Parallel.Chunks(box.N, rows);
        int width = (int)box.Inner;
        TAcc[] parts = new TAcc[blocks * width];
        for (long outer = 0; outer < box.Outer; outer++)
        {
            long at = x.layout.Offset + outer * box.N * box.Pitch;
            Parallel.Sweep(box.N, rows, new BlocksBody<TFold, T, TAcc>(x, at, width, box.Pitch, rows, parts));
            for (int j = 0; j < width; j++)
            {
                TAcc total = parts[j];
                for (long b = 1; b < blocks; b++) total = TFold.Join(total, parts[b * width + j]);
                y.storage.At<T>(outer * width + j) = TFold.Finish(total);
            }
        }
    }

    private readonly struct BlocksBody<TFold, T, TAcc>(Tensor x, long at, int width, long pitch, long rows, TAcc[] parts) : IRange
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Span<TAcc> total = parts.AsSpan((int)(from / rows) * width, width);
            for (int first = 0; first < width; first += Tile)
            {
                Span<TAcc> here = total.Slice(first, Math.Min(Tile, width - first));
                Columns<TFold, T, TAcc>(ref x.storage.At<T>(at + from * pitch + first), to - from, pitch, here);
            }
        }
    }

    /// <summary>Combines n rows that are stride apart into one. Narrow rows are taken several at once, so that vectors are
    /// filled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns<TFold, T, TAcc>(ref T x, long n, long stride, Span<TAcc> total)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        int width = total.Length, several = stride == width ? 64 / width : 0;
        total.Fill(TFold.Start);
        if (several < 2 || n < 2 * several)
        {
            Blocks<TFold, T, TAcc>(ref x, n, stride, total);
            return;
        }
        Span<TAcc> wide = stackalloc TAcc[64];
        wide = wide[..(several * width)];
        wide.Fill(TFold.Start);
        long main = n / several;
        Blocks<TFold, T, TAcc>(ref x, main, several * stride, wide);
        for (int k = 0; k < several; k++)
            for (int j = 0; j < width; j++) total[j] = TFold.Join(total[j], wide[k * width + j]);
        Blocks<TFold, T, TAcc>(ref Unsafe.Add(ref x, (nint)(main * several * stride)), n - main * several, stride, total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Blocks<TFold, T, TAcc>(ref T x, long n, long stride, Span<TAcc> total)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        Span<T> part = stackalloc T[Tile];
        part = part[..total.Length];
        for (long i = 0; i < n; i += RowBlock)
        {
            RowsInto<TFold, T, TAcc>(ref Unsafe.Add(ref x, (nint)(i * stride)), (int)Math.Min(RowBlock, n - i), (nint)stride, part);
            for (int j = 0; j < part.Length; j++) total[j] = TFold.Add(total[j], part[j]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void First<TFold, T, TAcc>(ref T x, Span<T> part)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        ref T y = ref MemoryMarshal.GetReference(part);
        int j = 0, w = Vector<T>.Count;
        for (; j <= part.Length - w; j += w) TFold.Of(Load(ref x, j)).StoreUnsafe(ref y, (nuint)j);
        for (; j < part.Length; j++) part[j] = TFold.Of(Unsafe.Add(ref x, j));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RowsInto<TFold, T, TAcc>(ref T x, int rows, nint stride, Span<T> part)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        First<TFold, T, TAcc>(ref x, part);
        int i = 1;
        for (; i + 4 <= rows; i += 4) FourRows<TFold, T, TAcc>(ref Unsafe.Add(ref x, i * stride), stride, part);
        ref T y = ref MemoryMarshal.GetReference(part);
        for (; i < rows; i++)
        {
            ref T a = ref Unsafe.Add(ref x, i * stride);
            int j = 0, w = Vector<T>.Count;
            for (; j <= part.Length - w; j += w) TFold.Combine(Load(ref y, j), TFold.Of(Load(ref a, j))).StoreUnsafe(ref y, (nuint)j);
            for (; j < part.Length; j++) part[j] = TFold.Combine(part[j], TFold.Of(Unsafe.Add(ref a, j)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows<TFold, T, TAcc>(ref T a, nint stride, Span<T> part)
        where TFold : struct, IFold<T, TAcc> where T : unmanaged, INumber<T> where TAcc : unmanaged
    {
        ref T y = ref MemoryMarshal.GetReference(part);
        ref T b = ref Unsafe.Add(ref a, stride);
        ref T c = ref Unsafe.Add(ref b, stride);
        ref T d = ref Unsafe.Add(ref c, stride);
        int j = 0, w = Vector<T>.Count;
        for (; j <= part.Length - w; j += w)
        {
            Vector<T> p = TFold.Combine(TFold.Of(Load(ref a, j)), TFold.Of(Load(ref b, j)));
            Vector<T> q = TFold.Combine(TFold.Of(Load(ref c, j)), TFold.Of(Load(ref d, j)));
            TFold.Combine(Load(ref y, j), TFold.Combine(p, q)).StoreUnsafe(ref y, (nuint)j);
        }
        for (; j < part.Length; j++)
        {
            T p = TFold.Combine(TFold.Of(Unsafe.Add(ref a, j)), TFold.Of(Unsafe.Add(ref b, j)));
            T q = TFold.Combine(TFold.Of(Unsafe.Add(ref c, j)), TFold.Of(Unsafe.Add(ref d, j)));
            part[j] = TFold.Combine(part[j], TFold.Combine(p, q));
        }
    }
}
