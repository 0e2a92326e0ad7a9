using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Large products: a slab of A and one of B are copied into panels that the tiles read with stride one, then C is made block by block. The
/// panels are shared by all threads: first everybody packs, then everybody multiplies.
/// </summary>
internal static unsafe class GemmPacked<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    private const long MostRows = 4032, MostColumns = 4096, DepthBytes = 2048;

    private static long TileRows => GemmTiles<L, V, T>.Rows;

    private static long TileColumns => GemmTiles<L, V, T>.Columns;

    /// <summary>C has unit column stride.</summary>
    public static void Run(in Product<T> p)
    {
        long rows = Math.Min(p.M, MostRows), columns = Math.Min(p.N, MostColumns), depth = Depth(p.K);
        T* packedA = GemmBuffers.Get<T>(GemmBuffers.PackedA, GemmGrid.Round(rows, TileRows) * depth);
        T* packedB = GemmBuffers.Get<T>(GemmBuffers.PackedB, GemmGrid.Round(columns, TileColumns) * depth);
        for (long j = 0; j < p.N; j += columns)
        {
            for (long q = 0; q < p.K; q += depth)
            {
                for (long i = 0; i < p.M; i += rows)
                {
                    Product<T> part = p.Block(i, Math.Min(rows, p.M - i), j, Math.Min(columns, p.N - j))
                        .Depth(q, Math.Min(depth, p.K - q), q > 0 || p.Accumulate);
                    Run(part, packedA, packedB, packB: i == 0);
                }
            }
        }
    }

    private static void Run(in Product<T> p, T* packedA, T* packedB, bool packB)
    {
        long panelsA = Parallel.Chunks(p.M, TileRows), panels = panelsA + (packB ? Parallel.Chunks(p.N, TileColumns) : 0);
        Parallel.For(panels, p.Work < GemmGrid.Serial ? panels : 4, new PackTask(p, packedA, packedB, panelsA));
        var grid = new GemmGrid(p.M, p.N, p.K, TileRows, TileColumns);
        Parallel.For(grid.Tasks, grid.Grain, new BlockTask(p, packedA, packedB, grid));
    }

    /// <summary>Equal slabs of k: deep, because C is read and written once for each, but a block's panels must stay in cache.</summary>
    private static long Depth(long k)
    {
        long most = DepthBytes / sizeof(T), slabs = (k + most - 1) / most;
        return (k + slabs - 1) / slabs;
    }

    private static void Block(in Product<T> p, T* packedA, T* packedB)
    {
        for (long j = 0; j < p.N; j += TileColumns)
        {
            T* b = packedB + j * p.K;
            if (p.N - j >= TileColumns)
            {
                for (long i = 0; i < p.M; i += TileRows)
                {
                    GemmTiles<L, V, T>.Panel2(
                        Math.Min(TileRows, p.M - i), p.K, packedA + i * p.K, 1, TileRows, b, TileColumns,
                        p.C.Data + i * p.C.Row + j, p.C.Row, p.Accumulate);
                }
            }
            else
            {
                Edge(p, packedA, b, j);
            }
        }
    }

    /// <summary>The last columns, fewer than a tile: the result passes through a whole tile. B's panel ends in zeros, since
    /// leftover bits could be subnormal, and slow.</summary>
    private static void Edge(in Product<T> p, T* packedA, T* b, long j)
    {
        T* tile = stackalloc T[12 * (int)TileColumns];
        long n = p.N - j;
        for (long i = 0; i < p.M; i += TileRows)
        {
            long m = Math.Min(TileRows, p.M - i);
            T* a = packedA + i * p.K;
            if (n <= L.Count) GemmTiles<L, V, T>.Panel1(m, p.K, a, 1, TileRows, b, TileColumns, tile, TileColumns, false);
            else GemmTiles<L, V, T>.Panel2(m, p.K, a, 1, TileRows, b, TileColumns, tile, TileColumns, false);
            for (long r = 0; r < m; r++) GemmVector.Put(n, tile + r * TileColumns, p.C.At(i + r, j), p.Accumulate);
        }
    }

    private readonly struct PackTask(Product<T> p, T* packedA, T* packedB, long panelsA) : IRange
    {
        public void Run(long from, long to)
        {
            for (long t = from; t < to; t++)
            {
                if (t < panelsA)
                {
                    long i = t * TileRows;
                    GemmPack.Panel(
                        Math.Min(TileRows, p.M - i), p.K, p.A.Data + i * p.A.Row, p.A.Row, p.A.Col, packedA + i * p.K, TileRows);
                }
                else
                {
                    long j = (t - panelsA) * TileColumns;
                    GemmPack.Panel(
                        Math.Min(TileColumns, p.N - j), p.K, p.B.Data + j * p.B.Col, p.B.Col, p.B.Row, packedB + j * p.K, TileColumns);
                }
            }
        }
    }

    private readonly struct BlockTask(Product<T> p, T* packedA, T* packedB, GemmGrid grid) : IRange
    {
        public void Run(long from, long to)
        {
            for (long t = from; t < to; t++)
            {
                long i = t % grid.RowTasks * grid.Rows, j = t / grid.RowTasks * grid.Columns;
                Block(
                    p.Block(i, Math.Min(grid.Rows, p.M - i), j, Math.Min(grid.Columns, p.N - j)), packedA + i * p.K, packedB + j * p.K);
            }
        }
    }
}
