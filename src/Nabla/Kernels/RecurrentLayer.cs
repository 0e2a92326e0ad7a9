using System.Numerics;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>The kinds of recurrent layer.</summary>
internal enum RecurrentKind : byte { Lstm, Gru, Tanh, Relu }

/// <summary>
/// A recurrent layer in one direction as a whole, given the input's part of all gates, [step, row, gate · hidden]: the state's weights are
/// copied into the tiles' order once; each step is one parallel loop over blocks of units, which makes their part of the product and then
/// their state. How units are cut depends on sizes only.
/// </summary>
internal static unsafe partial class RecurrentLayer
{
    /// <summary>The states, [step, row, hidden], the last ones, for an LSTM all c, and what backward needs of the gates.</summary>
    internal static Tensor[] Forward(RecurrentKind kind, Tensor x, Tensor h, Tensor? c, Tensor w, Tensor? b, bool reverse)
    {
        x = Rows(x);
        (h, w) = (Copy.Contiguous(h), Copy.Contiguous(w));
        (c, b) = (c is null ? null : Copy.Contiguous(c), b is null ? null : Copy.Contiguous(b));
        return x.dtype == DType.Float32 ? Forward<float>(kind, x, h, c, w, b, reverse) : Forward<double>(kind, x, h, c, w, b, reverse);
    }

    private static Tensor[] Forward<T>(RecurrentKind kind, Tensor x, Tensor h, Tensor? c, Tensor w, Tensor? b, bool reverse)
        where T : unmanaged, IFloatingPointIeee754<T> => kind switch
        {
            RecurrentKind.Lstm => Widest<T, LstmLayerCell<T>>(x, h, c, w, b, reverse),
            RecurrentKind.Gru => Widest<T, GruLayerCell<T>>(x, h, c, w, b, reverse),
            RecurrentKind.Tanh => Widest<T, TanhLayerCell<T>>(x, h, c, w, b, reverse),
            _ => Widest<T, ReluLayerCell<T>>(x, h, c, w, b, reverse),
        };

    private static Tensor[] Widest<T, TCell>(Tensor x, Tensor h, Tensor? c, Tensor w, Tensor? b, bool reverse)
        where T : unmanaged, IFloatingPointIeee754<T> where TCell : ILayerCell<T>
    {
        if (Vector512.IsHardwareAccelerated) return RecurrentForward<Lanes512<T>, Vector512<T>, T, TCell>.Run(x, h, c, w, b, reverse);
        if (Vector256.IsHardwareAccelerated) return RecurrentForward<Lanes256<T>, Vector256<T>, T, TCell>.Run(x, h, c, w, b, reverse);
        if (Vector128.IsHardwareAccelerated) return RecurrentForward<Lanes128<T>, Vector128<T>, T, TCell>.Run(x, h, c, w, b, reverse);
        return RecurrentForward<Lanes1<T>, T, T, TCell>.Run(x, h, c, w, b, reverse);
    }

    /// <summary>A distance of rows that does not put them into the same lines of the cache.</summary>
    internal static long DenseRow<T>(long width) where T : unmanaged => GemmGrid.Round(width, 64 / sizeof(T)) + 64 / sizeof(T);

    internal static Tensor Rows(Tensor x) => x.layout.strides[2] == 1 || x.layout.shape[2] == 1 ? x : Copy.Contiguous(x);

    /// <summary>[step, row, width] in the memory order of x's steps and rows.</summary>
    internal static Layout Like(Tensor x, long width)
    {
        (long steps, long rows) = (x.layout.shape[0], x.layout.shape[1]);
        return x.layout.strides[0] < x.layout.strides[1] && steps > 1 && rows > 1
            ? new Layout([steps, rows, width], [width, steps * width, 1], 0)
            : new Layout([steps, rows, width]);
    }

    /// <summary>A tensor [step, row, width] in the memory order of x's steps and rows, its rows a little apart where rows without gaps
    /// would fall into the same few lines of the cache: products read them as they lie then.</summary>
    internal static Tensor Apart(Tensor x, long width)
    {
        const int aliased = 1024;
        int size = x.dtype.ItemSize();
        if (width * size % aliased != 0) return Tensor.Allocate(Like(x, width), x.dtype);
        Tensor wide = Tensor.Allocate(Like(x, width + 64 / size), x.dtype);
        return wide.Raw(new Layout([.. wide.layout.shape[..2], width], wide.layout.strides, 0));
    }

    /// <summary>From the first element of a tensor to the last one it reaches.</summary>
    internal static Span<T> Reach<T>(Tensor? x) where T : unmanaged =>
        x is null ? default : x.storage.Span<T>(x.layout.Offset, x.layout.End - x.layout.Offset);
}

/// <summary>The forward walk for one width of registers.</summary>
internal static unsafe class RecurrentForward<L, V, T, TCell>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, IFloatingPointIeee754<T>
    where TCell : ILayerCell<T>
{
    private const long RowBlock = 96;

    private static long Columns => GemmTiles<L, V, T>.Columns;

    internal static Tensor[] Run(Tensor x, Tensor h, Tensor? c, Tensor w, Tensor? b, bool reverse)
    {
        (long steps, long rows, long hidden) = (x.layout.shape[0], x.layout.shape[1], h.layout.shape[1]);
        DType dtype = x.dtype;
        Tensor all = Tensor.Allocate(RecurrentLayer.Like(x, hidden), dtype), last = Tensor.Allocate(h.layout.RowMajor, dtype);
        Tensor? kept = TCell.Kept == 0 ? null : Tensor.Allocate(RecurrentLayer.Like(x, TCell.Kept * hidden), dtype);
        Tensor? cells = c is null ? null : Tensor.Allocate(new Layout([steps, rows, hidden]), dtype);
        long blocks = Parallel.Chunks(hidden, Columns);
        Tensor packed = Tensor.Allocate(new Layout([blocks * TCell.Gates * Columns * hidden]), dtype);
        // The product reads the last state's rows side by side: far apart they would fall into the same few lines of the cache.
        long denseRow = RecurrentLayer.DenseRow<T>(hidden);
        Tensor dense = Tensor.Allocate(new Layout([2, rows, denseRow]), dtype);
        fixed (T* px = RecurrentLayer.Reach<T>(x), ph = RecurrentLayer.Reach<T>(h), pc = RecurrentLayer.Reach<T>(c),
            pw = RecurrentLayer.Reach<T>(w), pb = RecurrentLayer.Reach<T>(b), pall = RecurrentLayer.Reach<T>(all),
            pkept = RecurrentLayer.Reach<T>(kept), pcells = RecurrentLayer.Reach<T>(cells), pp = RecurrentLayer.Reach<T>(packed),
            pd = RecurrentLayer.Reach<T>(dense))
        {
            Parallel.For(blocks * TCell.Gates, 4, new Pack(pw, pp, hidden));
            double work = (double)Math.Min(RowBlock, rows) * Columns * TCell.Gates * hidden;
            long parts = Parallel.Chunks(rows, RowBlock), grain = Math.Max(1, (long)(GemmGrid.Serial / 8 / work));
            long xs = x.layout.strides[0], hs = all.layout.strides[0], ks = kept?.layout.strides[0] ?? 0;
            for (long i = 0; i < steps; i++)
            {
                long t = reverse ? steps - 1 - i : i, before = reverse ? t + 1 : t - 1;
                Step step = new(rows, hidden, parts, pp, pb, px + t * xs, x.layout.strides[1],
                    i == 0 ? ph : pd + ((i - 1) & 1) * rows * denseRow, i == 0 ? hidden : denseRow,
                    pd + (i & 1) * rows * denseRow, denseRow,
                    i == 0 || pcells == null ? pc : pcells + before * rows * hidden,
                    pall + t * hs, all.layout.strides[1], pcells == null ? null : pcells + t * rows * hidden,
                    pkept == null ? null : pkept + t * ks, kept?.layout.strides[1] ?? 0);
                Parallel.For(blocks * parts, grain, step);
            }
        }
        packed.storage.Release();
        dense.storage.Release();
        long end = reverse ? 0 : steps - 1;
        Copy.Run(At(all, end), last);
        if (cells is null) return kept is null ? [all, last] : [all, last, kept];
        Tensor lastC = Tensor.Allocate(h.layout.RowMajor, dtype);
        Copy.Run(At(cells, end), lastC);
        return [all, last, lastC, cells, kept!];
    }

    private static Tensor At(Tensor x, long step) =>
        x.Raw(new Layout(x.layout.shape[1..], x.layout.strides[1..], x.layout.Offset + step * x.layout.strides[0]));

    /// <summary>W[gate, unit, :] as panels of units.</summary>
    private readonly struct Pack(T* w, T* to, long hidden) : IRange
    {
        public void Run(long from, long end)
        {
            for (long i = from; i < end; i++)
            {
                (long block, long gate) = Math.DivRem(i, TCell.Gates);
                long unit = block * Columns;
                GemmPack.Panel(Math.Min(Columns, hidden - unit), hidden, w + (gate * hidden + unit) * hidden, hidden, 1,
                    to + i * Columns * hidden, Columns);
            }
        }
    }

    private readonly struct Step(long rows, long hidden, long parts, T* packed, T* bias, T* x, long xRow, T* lastH, long lastHRow, T* nextH,
        long nextHRow, T* lastC, T* h, long hRow, T* c, T* kept, long keptRow) : IRange
    {
        public void Run(long from, long to)
        {
            T* gates = GemmBuffers.Get<T>(GemmBuffers.Panel, (TCell.Gates + 1) * Math.Min(rows, RowBlock) * Columns);
            for (long i = from; i < to; i++)
            {
                (long block, long part) = Math.DivRem(i, parts);
                long unit = block * Columns, row = part * RowBlock, m = Math.Min(RowBlock, rows - row);
                Prefetch.Pieces(h + row * hRow + unit, m, hRow);
                if (c != null) Prefetch.Pieces(c + row * hidden + unit, m, hidden);
                for (long g = 0; g < TCell.Gates; g++)
                {
                    Prefetch.Pieces(x + row * xRow + unit + g * hidden, m, xRow);
                    if (kept != null) Prefetch.Pieces(kept + row * keptRow + unit + g * hidden, m, keptRow);
                    Recurrence<L, V, T>.Product(m, hidden, lastH + row * lastHRow, lastHRow,
                        packed + (block * TCell.Gates + g) * Columns * hidden, gates + g * m * Columns);
                }
                CellStep<T> s = new()
                {
                    Gates = gates,
                    Rows = m,
                    Units = Math.Min(Columns, hidden - unit),
                    Width = Columns,
                    Hidden = hidden,
                    Input = x + row * xRow + unit,
                    InputRow = xRow,
                    Bias = bias == null ? null : bias + unit,
                    LastH = lastH + row * lastHRow + unit,
                    LastHRow = lastHRow,
                    LastC = lastC == null ? null : lastC + row * hidden + unit,
                    H = nextH + row * nextHRow + unit,
                    HRow = nextHRow,
                    C = c == null ? null : c + row * hidden + unit,
                    Kept = kept == null ? null : kept + row * keptRow + unit,
                    KeptRow = keptRow,
                };
                TCell.Forward(s);
                LayerLoops.Copy(s.H, nextHRow, h + row * hRow + unit, hRow, m, s.Units);
            }
        }
    }
}

/// <summary>The product of rows with one panel.</summary>
internal static unsafe class Recurrence<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    private const long ChainDepth = 512;

    /// <summary>c = a · panel, a few hundred terms at a time.</summary>
    internal static void Product(long m, long depth, T* a, long aRow, T* panel, T* c)
    {
        long columns = GemmTiles<L, V, T>.Columns;
        for (long q = 0; q < depth; q += ChainDepth)
            GemmTiles<L, V, T>.Panel2(m, Math.Min(ChainDepth, depth - q), a + q, aRow, 1, panel + q * columns, columns, c, columns, q > 0);
    }
}
