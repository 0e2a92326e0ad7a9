using System.Numerics;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Gradients of the states of a recurrent layer: of all of them, of the last h and the last c; null is zero.</summary>
internal readonly record struct RecurrentGrads(Tensor? All, Tensor? H, Tensor? C);

/// <content>Backward.</content>
internal static unsafe partial class RecurrentLayer
{
    /// <summary>The gradients of both parts of the gates (of an LSTM and a simple layer they are one), of h and of c.</summary>
    internal static (Tensor X, Tensor Y, Tensor H, Tensor? C) Backward(RecurrentKind kind, Tensor h, Tensor? c, Tensor w, Tensor all,
        Tensor? cells, Tensor? kept, RecurrentGrads g, bool reverse)
    {
        (h, c, w) = (Copy.Contiguous(h), c is null ? null : Copy.Contiguous(c), Copy.Contiguous(w));
        (all, cells, kept) = (Rows(all), cells is null ? null : Copy.Contiguous(cells), kept is null ? null : Rows(kept));
        g = new(g.All is null ? null : Rows(g.All), g.H, g.C);
        return w.dtype == DType.Float32
            ? Backward<float>(kind, h, c, w, all, cells, kept, g, reverse)
            : Backward<double>(kind, h, c, w, all, cells, kept, g, reverse);
    }

    private static (Tensor X, Tensor Y, Tensor H, Tensor? C) Backward<T>(RecurrentKind kind, Tensor h, Tensor? c, Tensor w, Tensor all,
        Tensor? cells, Tensor? kept, RecurrentGrads g, bool reverse) where T : unmanaged, IFloatingPointIeee754<T> => kind switch
        {
            RecurrentKind.Lstm => Widest<T, LstmLayerCell<T>>(h, c, w, all, cells, kept, g, reverse),
            RecurrentKind.Gru => Widest<T, GruLayerCell<T>>(h, c, w, all, cells, kept, g, reverse),
            RecurrentKind.Tanh => Widest<T, TanhLayerCell<T>>(h, c, w, all, cells, kept, g, reverse),
            _ => Widest<T, ReluLayerCell<T>>(h, c, w, all, cells, kept, g, reverse),
        };

    private static (Tensor X, Tensor Y, Tensor H, Tensor? C) Widest<T, TCell>(Tensor h, Tensor? c, Tensor w, Tensor all, Tensor? cells,
        Tensor? kept, RecurrentGrads g, bool reverse) where T : unmanaged, IFloatingPointIeee754<T> where TCell : ILayerCell<T>
    {
        if (Vector512.IsHardwareAccelerated)
            return RecurrentBackward<Lanes512<T>, Vector512<T>, T, TCell>.Run(h, c, w, all, cells, kept, g, reverse);
        if (Vector256.IsHardwareAccelerated)
            return RecurrentBackward<Lanes256<T>, Vector256<T>, T, TCell>.Run(h, c, w, all, cells, kept, g, reverse);
        if (Vector128.IsHardwareAccelerated)
            return RecurrentBackward<Lanes128<T>, Vector128<T>, T, TCell>.Run(h, c, w, all, cells, kept, g, reverse);
        return RecurrentBackward<Lanes1<T>, T, T, TCell>.Run(h, c, w, all, cells, kept, g, reverse);
    }

    /// <summary>The gradient of the state's weights, Yᵀ H with the state before each step.</summary>
    internal static Tensor WeightGrad(Tensor y, Tensor h, Tensor all, bool reverse)
    {
        (long steps, long rows, long width) = (all.layout.shape[0], all.layout.shape[1], all.layout.shape[2]);
        Tensor before = Tensor.Allocate(Like(y, width), all.dtype);
        Layout l = before.layout;
        long first = reverse ? steps - 1 : 0, from = reverse ? 1 : 0, to = reverse ? 0 : 1;
        Copy.Run(h, before.Raw(new Layout([rows, width], [l.strides[1], 1], first * l.strides[0])));
        if (steps > 1)
            Copy.Run(all.Raw(new Layout([steps - 1, rows, width], all.layout.strides, all.layout.Offset + from * all.layout.strides[0])),
                before.Raw(new Layout([steps - 1, rows, width], l.strides, to * l.strides[0])));
        // Both lie evenly in the same order, so that steps and rows are one dimension.
        Layout flat = Flat(y);
        long n = steps * rows;
        Tensor w = Products.Matrix(y.Raw(new Layout([flat.shape[1], n], [1, flat.strides[0]], flat.Offset)),
            before.Raw(new Layout([n, width], [width, 1], 0)));
        before.storage.Release();
        return w;
    }

    /// <summary>The bias's: a sum over steps and rows.</summary>
    internal static Tensor BiasGrad(Tensor y) => y.Raw(Flat(y)).Sum(0);

    /// <summary>Steps and rows, which lie evenly, as one dimension.</summary>
    private static Layout Flat(Tensor y)
    {
        Layout l = y.layout;
        return new Layout([l.shape[0] * l.shape[1], l.shape[2]], [Math.Min(l.strides[0], l.strides[1]), 1], l.Offset);
    }
}

/// <summary>The walk back for one width of registers.</summary>
internal static unsafe class RecurrentBackward<L, V, T, TCell>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, IFloatingPointIeee754<T>
    where TCell : ILayerCell<T>
{
    private const long RowBlock = 96;

    private static long Columns => GemmTiles<L, V, T>.Columns;

    internal static (Tensor X, Tensor Y, Tensor H, Tensor? C) Run(Tensor h, Tensor? c, Tensor w, Tensor all, Tensor? cells, Tensor? kept,
        RecurrentGrads g, bool reverse)
    {
        (long steps, long rows, long hidden, long depth) = (all.layout.shape[0], all.layout.shape[1], all.layout.shape[2],
            TCell.Gates * all.layout.shape[2]);
        DType dtype = all.dtype;
        Tensor x = RecurrentLayer.Apart(all, depth), y = TCell.Apart ? RecurrentLayer.Apart(all, depth) : x;
        Tensor dh = Tensor.Allocate(h.layout.RowMajor, dtype), past = Start(g.H, h);
        Tensor? dc = c is null ? null : Start(g.C, h);
        long blocks = Parallel.Chunks(hidden, Columns);
        Tensor packed = Tensor.Allocate(new Layout([blocks * Columns * depth]), dtype);
        // The product reads the rows of the gates' gradients side by side.
        long denseRow = RecurrentLayer.DenseRow<T>(depth);
        Tensor dense = Tensor.Allocate(new Layout([2, rows, denseRow]), dtype);
        fixed (T* ph = RecurrentLayer.Reach<T>(h), pc = RecurrentLayer.Reach<T>(c), pw = RecurrentLayer.Reach<T>(w),
            pall = RecurrentLayer.Reach<T>(all), pcells = RecurrentLayer.Reach<T>(cells), pkept = RecurrentLayer.Reach<T>(kept),
            pg = RecurrentLayer.Reach<T>(g.All), px = RecurrentLayer.Reach<T>(x), py = RecurrentLayer.Reach<T>(y),
            pdh = RecurrentLayer.Reach<T>(dh), ppast = RecurrentLayer.Reach<T>(past), pdc = RecurrentLayer.Reach<T>(dc),
            pp = RecurrentLayer.Reach<T>(packed), pd = RecurrentLayer.Reach<T>(dense))
        {
            Parallel.For(blocks, 1, new Pack(pw, pp, hidden, depth));
            double work = (double)Math.Min(RowBlock, rows) * Columns * depth;
            long parts = Parallel.Chunks(rows, RowBlock), grain = Math.Max(1, (long)(GemmGrid.Serial / 8 / work));
            (long hs, long hr) = (all.layout.strides[0], all.layout.strides[1]);
            for (long i = steps - 1; i >= -1; i--)
            {
                // The step before the first one has only the product: the gradient of the initial state.
                long t = reverse ? steps - 1 - i : i, before = reverse ? t + 1 : t - 1;
                T* next = i == steps - 1 ? null : pd + ((i + 1) & 1) * rows * denseRow, own = pd + (i & 1) * rows * denseRow;
                Back s = i < 0
                    ? new() { DH = pdh }
                    : new()
                    {
                        LastH = i == 0 ? ph : pall + before * hs,
                        LastHRow = i == 0 ? hidden : hr,
                        LastC = i == 0 || pcells == null ? pc : pcells + before * rows * hidden,
                        H = pall + t * hs,
                        C = pcells == null ? null : pcells + t * rows * hidden,
                        Kept = pkept == null ? null : pkept + t * kept!.layout.strides[0],
                        Grad = pg == null ? null : pg + t * g.All!.layout.strides[0],
                        ToInput = px + t * x.layout.strides[0],
                        ToState = py + t * y.layout.strides[0],
                        Own = own,
                    };
                bool adds = TCell.Apart || i == steps - 1;
                s = s with
                {
                    Rows = rows,
                    Hidden = hidden,
                    Depth = depth,
                    DenseRow = denseRow,
                    Parts = parts,
                    Packed = pp,
                    Next = next,
                    Past = adds ? ppast : null,
                    GradC = pdc,
                    HRow = hr,
                    GatesRow = y.layout.strides[1],
                    KeptRow = kept?.layout.strides[1] ?? 0,
                    GradRow = g.All?.layout.strides[1] ?? 0,
                };
                Parallel.For(blocks * parts, grain, s);
            }
        }
        packed.storage.Release();
        dense.storage.Release();
        return (x, y, dh, dc);
    }

    private static Tensor Start(Tensor? g, Tensor like)
    {
        Tensor y = Tensor.Allocate(like.layout.RowMajor, like.dtype);
        if (g is null) Fill.Run(y, 0);
        else Copy.Run(g, y);
        return y;
    }

    /// <summary>W[:, unit] as panels of units.</summary>
    private readonly struct Pack(T* w, T* to, long hidden, long depth) : IRange
    {
        public void Run(long from, long end)
        {
            for (long i = from; i < end; i++)
                GemmPack.Panel(Math.Min(Columns, hidden - i * Columns), depth, w + i * Columns, 1, hidden, to + i * Columns * depth,
                    Columns);
        }
    }

    private readonly struct Back : IRange
    {
        internal long Rows { get; init; }
        internal long Hidden { get; init; }
        internal long Depth { get; init; }
        internal long DenseRow { get; init; }
        internal long Parts { get; init; }
        internal long LastHRow { get; init; }
        internal long HRow { get; init; }
        internal long GatesRow { get; init; }
        internal long KeptRow { get; init; }
        internal long GradRow { get; init; }
        internal T* Packed { get; init; }

        /// <summary>The gradients of the gates of the step after this one; null at the last.</summary>
        internal T* Next { get; init; }

        /// <summary>Where this step's are left for the next product.</summary>
        internal T* Own { get; init; }
        internal T* LastH { get; init; }
        internal T* LastC { get; init; }
        internal T* H { get; init; }
        internal T* C { get; init; }
        internal T* Kept { get; init; }
        internal T* Grad { get; init; }
        internal T* ToInput { get; init; }
        internal T* ToState { get; init; }
        internal T* Past { get; init; }
        internal T* GradC { get; init; }

        /// <summary>Where the gradient of the initial h goes, in place of a step.</summary>
        internal T* DH { get; init; }

        public void Run(long from, long to)
        {
            T* room = GemmBuffers.Get<T>(GemmBuffers.Panel, 2 * Math.Min(Rows, RowBlock) * Columns);
            for (long i = from; i < to; i++)
            {
                (long block, long part) = Math.DivRem(i, Parts);
                long unit = block * Columns, row = part * RowBlock, m = Math.Min(RowBlock, Rows - row);
                long units = Math.Min(Columns, Hidden - unit);
                if (DH == null) Fetch(row, m, unit);
                if (Next == null) new Span<T>(room, (int)(m * Columns)).Clear();
                else Recurrence<L, V, T>.Product(m, Depth, Next + row * DenseRow, DenseRow, Packed + block * Columns * Depth, room);
                for (long r = 0; r < m; r++)
                {
                    if (Grad != null) LayerLoops.Add(room + r * Columns, Grad + (row + r) * GradRow + unit, units);
                    if (Past != null) LayerLoops.Add(room + r * Columns, Past + (row + r) * Hidden + unit, units);
                    if (DH != null)
                        new ReadOnlySpan<T>(room + r * Columns, (int)units).CopyTo(new Span<T>(DH + (row + r) * Hidden + unit, (int)units));
                }
                if (DH != null) continue;
                TCell.Backward(new CellBack<T>
                {
                    Grad = room,
                    Rows = m,
                    Units = units,
                    Width = Columns,
                    Hidden = Hidden,
                    Kept = Kept == null ? null : Kept + row * KeptRow + unit,
                    KeptRow = KeptRow,
                    LastH = LastH + row * LastHRow + unit,
                    LastHRow = LastHRow,
                    LastC = LastC == null ? null : LastC + row * Hidden + unit,
                    H = H + row * HRow + unit,
                    HRow = HRow,
                    C = C == null ? null : C + row * Hidden + unit,
                    GradC = GradC == null ? null : GradC + row * Hidden + unit,
                    ToInput = TCell.Apart ? ToInput + row * GatesRow + unit : Own + row * DenseRow + unit,
                    ToInputRow = TCell.Apart ? GatesRow : DenseRow,
                    ToState = Own + row * DenseRow + unit,
                    ToStateRow = DenseRow,
                    Past = Past == null ? null : Past + row * Hidden + unit,
                });
                for (long at = unit; at < Depth; at += Hidden)
                    LayerLoops.Copy(Own + row * DenseRow + at, DenseRow, ToState + row * GatesRow + at, GatesRow, m, units);
            }
        }

        /// <summary>Asks for what the step reads and writes far apart while the product is made.</summary>
        private void Fetch(long row, long rows, long unit)
        {
            for (long g = 0; g < TCell.Gates; g++) Prefetch.Pieces(ToState + row * GatesRow + g * Hidden + unit, rows, GatesRow);
            if (TCell.Apart)
                for (long g = 0; g < TCell.Gates; g++) Prefetch.Pieces(ToInput + row * GatesRow + g * Hidden + unit, rows, GatesRow);
            for (long g = 0; g < TCell.Kept; g++) Prefetch.Pieces(Kept + row * KeptRow + g * Hidden + unit, rows, KeptRow);
            if (LastC != null) Prefetch.Pieces(LastC + row * Hidden + unit, rows, Hidden);
            if (Grad != null) Prefetch.Pieces(Grad + row * GradRow + unit, rows, GradRow);
        }
    }
}
