using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Products by register tiles. An operand is read where it lies, or is first copied by all threads together into panels that the tiles
/// read well, a slab of the sum at a time; the panels are shared by all threads. Then C is made block by block, so that a block's part of
/// B stays in the second-level cache and one tile's part of A or B in the first.
/// </summary>
internal static unsafe class GemmPacked<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    private const long MostRows = 4032, MostColumns = 4096, DepthBytes = 2048, PanelBytes = 20480, Group = 4, PackGrain = 1 << 15;

    // Rows this many bytes apart fall into the same few lines of the first-level cache.
    private const long Aliased = 4096;

    private static long TileRows => GemmTiles<L, V, T>.Rows;

    private static long TileColumns => GemmTiles<L, V, T>.Columns;

    /// <summary>C has unit column stride; so has B if it is not copied.</summary>
    public static void Run(in Product<T> p, bool copyB)
    {
        bool copyA = CopiesA(p);
        if (!copyA && !copyB)
        {
            Multiply(p, InPlaceA(p.A), InPlaceB(p.B));
            return;
        }
        long rows = copyA ? Math.Min(p.M, MostRows) : p.M, columns = Math.Min(p.N, MostColumns), depth = Depth(p.K);
        T* a = copyA ? GemmBuffers.Get<T>(GemmBuffers.PackedA, GemmGrid.Round(rows, TileRows) * CopyRow(depth)) : null;
        T* b = copyB ? GemmBuffers.Get<T>(GemmBuffers.PackedB, GemmGrid.Round(columns, TileColumns) * depth) : null;
        for (long j = 0; j < p.N; j += columns)
        {
            for (long q = 0; q < p.K; q += depth)
            {
                for (long i = 0; i < p.M; i += rows)
                {
                    Product<T> part = p.Block(i, Math.Min(rows, p.M - i), j, Math.Min(columns, p.N - j)).Depth(q, Math.Min(depth, p.K - q));
                    Pack(part, a, i == 0 ? b : null);
                    Multiply(part, a == null ? InPlaceA(part.A) : CopiedA(part, a), b == null ? InPlaceB(part.B) : CopiedB(b, part.K));
                }
            }
        }
    }

    /// <summary>The values of all slabs of panels of a B.</summary>
    public static long PackedSize(long k, long n) => Math.Max(k, 1) * GemmGrid.Round(n, TileColumns);

    /// <summary>Copies all of B, for <see cref="RunPacked"/>.</summary>
    public static void PackAll(in Product<T> p, T* b)
    {
        long width = GemmGrid.Round(p.N, TileColumns), depth = Depth(p.K);
        for (long q = 0; q < p.K; q += depth) Pack(p.Depth(q, Math.Min(depth, p.K - q)), null, b + q * width);
    }

    /// <summary>The product with a B that was copied before. C has unit column stride.</summary>
    public static void RunPacked(in Product<T> p, T* b)
    {
        bool copyA = CopiesA(p);
        long rows = copyA ? Math.Min(p.M, MostRows) : p.M, width = GemmGrid.Round(p.N, TileColumns), depth = Depth(p.K);
        T* a = copyA ? GemmBuffers.Get<T>(GemmBuffers.PackedA, GemmGrid.Round(rows, TileRows) * CopyRow(depth)) : null;
        for (long q = 0; q < p.K; q += depth)
        {
            for (long i = 0; i < p.M; i += rows)
            {
                Product<T> part = p.Block(i, Math.Min(rows, p.M - i), 0, p.N).Depth(q, Math.Min(depth, p.K - q));
                if (copyA) Pack(part, a, null);
                Multiply(part, a == null ? InPlaceA(part.A) : CopiedA(part, a), CopiedB(b + q * width, part.K));
            }
        }
    }

    /// <summary>B's panels as <see cref="Pack"/> makes them.</summary>
    private static Panels<T> CopiedB(T* b, long k) => new(new(b, TileColumns, 1), k, true);

    /// <summary>Equal slabs of k: deep, because C is read and written once for each, but a block's panels must stay in cache.</summary>
    private static long Depth(long k)
    {
        long most = DepthBytes / sizeof(T), slabs = Math.Max(1, (k + most - 1) / most);
        return (k + slabs - 1) / slabs;
    }

    /// <summary>Copies A or B or both, those with a place to go to.</summary>
    private static void Pack(in Product<T> p, T* a, T* b)
    {
        long groupsA = a == null ? 0 : Parallel.Chunks(p.M, Group * TileRows), groups = groupsA;
        if (b != null) groups += Parallel.Chunks(p.N, Group * TileColumns);
        long grain = Math.Max(1, PackGrain / (p.K * Group * TileColumns));
        Parallel.For(groups, grain, new PackTask(p, a, b, groupsA));
    }

    /// <summary>C (+)= A * B from the operands' panels.</summary>
    private static void Multiply(in Product<T> p, in Panels<T> a, in Panels<T> b)
    {
        if (p.Work < GemmGrid.Serial)
        {
            Block(p, a, b);
            return;
        }
        var grid = new GemmGrid(p.M, p.N, p.K, TileRows, 2 * TileColumns);
        Parallel.For(grid.Tasks, grid.Grain, new BlockTask(p, a, b, grid));
    }

    private static Panels<T> InPlaceA(Matrix<T> a) => new(a, a.Row, false);

    private static Panels<T> InPlaceB(Matrix<T> b) => new(b, 1, false);

    /// <summary>Rows stay rows, a little further apart; columns become panels.</summary>
    private static Panels<T> CopiedA(in Product<T> p, T* a) =>
        p.A.Col == 1 ? new(new(a, CopyRow(p.K), 1), CopyRow(p.K), false) : new(new(a, 1, TileRows), p.K, false);

    /// <summary>Whether A is copied: if a tile's rows share cache lines' places, or columns do and are used often enough.</summary>
    private static bool CopiesA(in Product<T> p) => p.A.Col == 1
        ? p.A.Row * sizeof(T) % Aliased == 0
        : p.A.Row != 1 || (p.N >= Group * TileColumns && p.A.Col * sizeof(T) % Aliased == 0);

    /// <summary>Values from row to row of a copy: more than needed, so that rows do not alias again.</summary>
    private static long CopyRow(long k) => GemmGrid.Round(k, Ahead<T>.Steps) + Ahead<T>.Steps;

    /// <summary>A block of C by one thread. A and B of the product are not looked at.</summary>
    public static void Block(in Product<T> p, in Panels<T> a, in Panels<T> b)
    {
        long whole = p.N / TileColumns * TileColumns;
        if (!b.Padded || p.K * TileColumns * sizeof(T) <= PanelBytes) ByPanels(p.Block(0, p.M, 0, whole), a, b);
        else ByRows(p.Block(0, p.M, 0, whole), a, b);
        if (whole < p.N) Edge(p.Block(0, p.M, whole, p.N - whole), a, b.From(whole));
    }

    /// <summary>One panel of B in the first-level cache for all rows of A.</summary>
    private static void ByPanels(in Product<T> p, in Panels<T> a, in Panels<T> b)
    {
        Matrix<T> start = p.Start;
        bool even = a.At(1) == a.First.Data + a.First.Row;
        long step = even ? p.M : TileRows;
        for (long j = 0; j < p.N; j += TileColumns)
        {
            for (long i = 0; i < p.M; i += step)
            {
                GemmTiles<L, V, T>.Panel2(
                    Math.Min(step, p.M - i), p.K, a.At(i), a.First.Row, a.First.Col, b.At(j), b.First.Row, p.C.Data + i * p.C.Row + j,
                    p.C.Row, start.Data + i * start.Row + j * start.Col, start.Row, default);
            }
        }
    }

    /// <summary>One tile's rows of A in the first-level cache for all columns of B, B in the second.</summary>
    private static void ByRows(in Product<T> p, in Panels<T> a, in Panels<T> b)
    {
        Matrix<T> start = p.Start;
        for (long i = 0; i < p.M; i += TileRows)
        {
            long m = Math.Min(TileRows, p.M - i);
            for (long j = 0; j < p.N; j += TileColumns)
            {
                // While the first rows are made, B comes into the cache; later, at each row's end, the next of A.
                bool last = j + TileColumns >= p.N;
                Ahead<T> ahead = !last ? (i == 0 && b.Padded ? Whole(b, j + TileColumns) : default)
                    : i + TileRows < p.M ? Rows(a, i + TileRows) : default;
                GemmTiles<L, V, T>.Panel2(
                    m, p.K, a.At(i), a.First.Row, a.First.Col, b.At(j), b.First.Row, p.C.Data + i * p.C.Row + j, p.C.Row,
                    start.Data + i * start.Row + j * start.Col, start.Row, ahead);
            }
        }
    }

    /// <summary>A tile's rows of A, each from line to line, or the columns that hold them.</summary>
    private static Ahead<T> Rows(in Panels<T> a, long i) => a.First.Col == 1
        ? new(a.At(i), (int)TileRows, a.First.Row, Ahead<T>.Steps)
        : new(a.At(i), (int)Ahead<T>.Steps, a.First.Col, Ahead<T>.Steps * a.First.Col);

    private static Ahead<T> Whole(in Panels<T> b, long j) =>
        new(b.At(j), (int)TileColumns, Ahead<T>.Steps, Ahead<T>.Steps * TileColumns);

    /// <summary>The last columns, fewer than a tile: the result passes through a whole tile, with zeros beyond B's columns, since leftover
    /// bits could be subnormal, and slow.</summary>
    private static void Edge(in Product<T> p, in Panels<T> a, in Panels<T> b)
    {
        T* panel = b.First.Data, tile = stackalloc T[12 * (int)TileColumns];
        if (!b.Padded)
        {
            panel = GemmBuffers.Get<T>(GemmBuffers.Panel, p.K * TileColumns);
            GemmPack.Panel(p.N, p.K, p.B.Data, p.B.Col, p.B.Row, panel, TileColumns);
        }
        Matrix<T> start = p.Start;
        for (long i = 0; i < p.M; i += TileRows)
        {
            long m = Math.Min(TileRows, p.M - i);
            if (p.N <= L.Count)
            {
                GemmTiles<L, V, T>.Panel1(m, p.K, a.At(i), a.First.Row, a.First.Col, panel, TileColumns, tile, TileColumns, false);
            }
            else
            {
                GemmTiles<L, V, T>.Panel2(m, p.K, a.At(i), a.First.Row, a.First.Col, panel, TileColumns, tile, TileColumns, false);
            }
            for (long r = 0; r < m; r++)
            {
                GemmVector.Put(p.N, tile + r * TileColumns, p.C.At(i + r, 0), start.Data + (i + r) * start.Row);
            }
        }
    }

    private readonly struct PackTask(Product<T> p, T* a, T* b, long groupsA) : IRange
    {
        public void Run(long from, long to)
        {
            for (long t = from; t < to; t++)
            {
                if (t < groupsA) PackA(t * Group * TileRows);
                else PackB((t - groupsA) * Group * TileColumns);
            }
        }

        private void PackA(long i)
        {
            long m = Math.Min(Group * TileRows, p.M - i);
            T* from = p.A.Data + i * p.A.Row;
            if (p.A.Col == 1) GemmPack.CopyRows(p.K, m, from, p.A.Row, a + i * CopyRow(p.K), CopyRow(p.K));
            else GemmPack.Panels(m, p.K, from, p.A.Row, p.A.Col, a + i * p.K, TileRows);
        }

        private void PackB(long j) => GemmPack.Panels(
            Math.Min(Group * TileColumns, p.N - j), p.K, p.B.Data + j * p.B.Col, p.B.Col, p.B.Row, b + j * p.K, TileColumns);
    }

    private readonly struct BlockTask(Product<T> p, Panels<T> a, Panels<T> b, GemmGrid grid) : IRange
    {
        public void Run(long from, long to)
        {
            for (long t = from; t < to; t++)
            {
                long i = t % grid.RowTasks * grid.Rows, j = t / grid.RowTasks * grid.Columns;
                Block(p.Block(i, Math.Min(grid.Rows, p.M - i), j, Math.Min(grid.Columns, p.N - j)), a.From(i), b.From(j));
            }
        }
    }
}
