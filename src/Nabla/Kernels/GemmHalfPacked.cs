namespace Nabla.Kernels;

/// <summary>
/// Products of Half or BFloat16 by register tiles of floats. Both operands are widened into panels; a block of C is summed in floats of its
/// own and rounded when it is finished. Sums are those of the same product in float.
/// </summary>
internal static unsafe class GemmHalf<L, V, T>
    where L : ILanes<V, float>
    where V : struct
    where T : unmanaged
{
    // Panels that threads share take at most 8 MB for A and as much for B, with what is left free between their rows.
    private const long PanelValues = 7 << 18, MostDepth = 4096, Group = 4, PackGrain = 1 << 15;
    private const long BlockColumns = 256, StagePad = 16;

    // Few rows do not repay panels of B in shared memory, nor does little work: each task makes its own, some columns at a time.
    private const long AloneRows = 48, AloneColumns = 128;
    private const double AloneWork = 160.0 * 160 * 160;

    private static long BlockRows => HalfPanels<L, V, T>.BlockRows;

    private static long TileRows => GemmTiles<L, V, float>.Rows;

    private static long TileColumns => GemmTiles<L, V, float>.Columns;

    public static void Run(in Product<T> p, in HalfResults<T> results)
    {
        if (p.Work < GemmGrid.Serial) Alone(p, results, 0);
        else if (p.M <= AloneRows) RunAlone(p, results, AloneColumns);
        else if (p.Work <= AloneWork && p.N >= AloneColumns) RunAlone(p, results, AloneColumns / 2);
        else RunShared(p, results);
    }

    private static void RunAlone(in Product<T> p, in HalfResults<T> results, long columns) =>
        Parallel.For(Parallel.Chunks(p.N, columns), 1, new AloneTask(p, results, columns));

    private static void RunShared(in Product<T> p, in HalfResults<T> results)
    {
        long parts = Parallel.Chunks(p.K, MostDepth), depth = Parallel.Chunks(p.K, parts);
        long rows = Math.Min(p.M, Math.Max(BlockRows, PanelValues / depth / BlockRows * BlockRows));
        long columns = Math.Min(p.N, Math.Max(BlockColumns, PanelValues / depth / BlockColumns * BlockColumns));
        var panels = new HalfPanels<L, V, T>(rows, columns, depth, p.A);
        float* sums = parts == 1 ? null : GemmBuffers.Get<float>(GemmBuffers.Stage, rows * columns);
        for (long j = 0; j < p.N; j += columns)
        {
            for (long i = 0; i < p.M; i += rows)
            {
                Product<T> block = p.Block(i, Math.Min(rows, p.M - i), j, Math.Min(columns, p.N - j));
                var grid = new GemmGrid(block.M, block.N, block.K, TileRows, 2 * TileColumns);
                for (long q = 0; q < p.K; q += depth)
                {
                    Product<T> part = block.Depth(q, Math.Min(depth, p.K - q));
                    Pack(part, panels, parts > 1 || i == 0);
                    var task = new BlockTask(part, panels, grid, results, i, j, sums, q == 0, q + depth >= p.K);
                    Parallel.For(grid.Tasks, grid.Grain, task);
                }
            }
        }
    }

    /// <summary>Widens A, and B where it is not the one before.</summary>
    private static void Pack(in Product<T> p, in HalfPanels<L, V, T> panels, bool b)
    {
        long groupsA = Parallel.Chunks(p.M, Group * TileRows), groups = groupsA + (b ? Parallel.Chunks(p.N, Group * TileColumns) : 0);
        Parallel.For(groups, Math.Max(1, PackGrain / (p.K * Group * TileColumns)), new PackTask(p, panels, groupsA));
    }

    /// <summary>A product by one thread, block by block, each block's operands widened a slab at a time.</summary>
    private static void Alone(in Product<T> p, in HalfResults<T> results, long j0)
    {
        long rows = Math.Min(p.M, BlockRows), columns = Math.Min(p.N, BlockColumns), depth = HalfPanels<L, V, T>.SlabOf(p.K);
        var panels = new HalfPanels<L, V, T>(rows, columns, depth, p.A);
        float* stage = GemmBuffers.Get<float>(GemmBuffers.WideC, rows * (columns + StagePad));
        for (long i = 0; i < p.M; i += rows)
        {
            for (long j = 0; j < p.N; j += columns)
            {
                Product<T> block = p.Block(i, Math.Min(rows, p.M - i), j, Math.Min(columns, p.N - j));
                for (long q = 0; q < p.K; q += depth)
                {
                    Product<T> slab = block.Depth(q, Math.Min(depth, p.K - q));
                    panels.PackA(slab, 0, slab.M);
                    panels.PackB(slab, 0, slab.N);
                    panels.Multiply(slab.M, slab.N, slab.K, 0, 0, stage, columns + StagePad, q > 0);
                }
                for (long r = 0; r < block.M; r++) results.Put(i + r, j0 + j, block.N, stage + r * (columns + StagePad));
            }
        }
    }

    private readonly struct AloneTask(Product<T> p, HalfResults<T> results, long columns) : IRange
    {
        public void Run(long from, long to)
        {
            for (long t = from; t < to; t++)
            {
                long j = t * columns;
                Alone(p.Block(0, p.M, j, Math.Min(columns, p.N - j)), results, j);
            }
        }
    }

    private readonly struct PackTask(Product<T> p, HalfPanels<L, V, T> panels, long groupsA) : IRange
    {
        public void Run(long from, long to)
        {
            for (long t = from; t < to; t++)
            {
                long i = t * Group * TileRows, j = (t - groupsA) * Group * TileColumns;
                if (t < groupsA) panels.PackA(p, i, Math.Min(Group * TileRows, p.M - i));
                else panels.PackB(p, j, Math.Min(Group * TileColumns, p.N - j));
            }
        }
    }

    /// <summary>A block of C: its sums are the thread's own, or a part of sums that several passes over K add to.</summary>
    private readonly struct BlockTask(
        Product<T> p, HalfPanels<L, V, T> panels, GemmGrid grid, HalfResults<T> results, long i0, long j0, float* sums, bool first,
        bool last) : IRange
    {
        public void Run(long from, long to)
        {
            long stride = sums == null ? grid.Columns + StagePad : p.N;
            float* stage = sums == null ? GemmBuffers.Get<float>(GemmBuffers.WideC, grid.Rows * stride) : null;
            for (long t = from; t < to; t++)
            {
                long i = t % grid.RowTasks * grid.Rows, j = t / grid.RowTasks * grid.Columns;
                long m = Math.Min(grid.Rows, p.M - i), n = Math.Min(grid.Columns, p.N - j);
                float* c = sums == null ? stage : sums + i * stride + j;
                panels.Multiply(m, n, p.K, i, j, c, stride, !first);
                for (long r = 0; last && r < m; r++) results.Put(i0 + i + r, j0 + j, n, c + r * stride);
            }
        }
    }
}
