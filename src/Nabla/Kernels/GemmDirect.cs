using System.Numerics;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// Products that do not repay packing: A is read in place, B too if its columns are adjacent; otherwise a few columns of it at a time are
/// copied, used and forgotten.
/// </summary>
internal static unsafe class GemmDirect
{
    /// <summary>Rows of the tallest tile.</summary>
    public const long TileRows = 12;

    private const long PanelDepth = 512, PanelColumns = 64, ShallowDepth = 8, ShallowBytes = 1 << 17;
    private const double SmallTask = 1 << 17;

    /// <summary>Whether little is read and much written: then whole rows are made, since writing down the columns would meet another page
    /// with every line.</summary>
    public static bool IsShallow<T>(in Product<T> p) where T : unmanaged =>
        p.B.Col == 1 && p.K <= ShallowDepth && p.K * p.N * sizeof(T) <= ShallowBytes;

    /// <summary>C has unit column stride.</summary>
    public static void Run<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        if (p.Work < GemmGrid.Serial)
        {
            Block(p);
            return;
        }
        if (IsShallow(p))
        {
            long grain = Math.Max(1, (long)(SmallTask / ((double)TileRows * p.N * p.K)));
            Parallel.For(Parallel.Chunks(p.M, TileRows), grain, new RowTask<T>(p));
            return;
        }
        // A copied panel of B serves all rows, so only columns are split then.
        var grid = new GemmGrid(p.M, p.N, p.K, p.B.Col == 1 ? TileRows : p.M, PanelColumns);
        Parallel.For(grid.Tasks, grid.Grain, new BlockTask<T>(p, grid));
    }

    private static void Block<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        if (p.B.Col == 1) Sweep(p);
        else Panels(p);
    }

    /// <summary>B has unit column stride: the widest registers first, narrower ones for the columns left over.</summary>
    private static void Sweep<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        long j = 0;
        if (Vector512.IsHardwareAccelerated && p.N >= Vector512<T>.Count) j = GemmTiles<Lanes512<T>, Vector512<T>, T>.Sweep(p, j);
        if (Vector256.IsHardwareAccelerated && p.N - j >= Vector256<T>.Count) j = GemmTiles<Lanes256<T>, Vector256<T>, T>.Sweep(p, j);
        if (Vector128.IsHardwareAccelerated && p.N - j >= Vector128<T>.Count) j = GemmTiles<Lanes128<T>, Vector128<T>, T>.Sweep(p, j);
        if (j < p.N) GemmTiles<Lanes1<T>, T, T>.Sweep(p, j);
    }

    private static void Panels<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        long depth = Math.Min(p.K, PanelDepth), width = Math.Min(p.N, PanelColumns);
        T* panel = GemmBuffers.Get<T>(GemmBuffers.Panel, depth * width);
        for (long j = 0; j < p.N; j += width)
        {
            Product<T> strip = p.Block(0, p.M, j, Math.Min(width, p.N - j));
            for (long q = 0; q < p.K; q += depth)
            {
                Product<T> part = strip.Depth(q, Math.Min(depth, p.K - q));
                GemmPack.Panel(part.N, part.K, part.B.Data, part.B.Col, part.B.Row, panel, part.N);
                Sweep(new Product<T>(part.M, part.N, part.K, part.A, new(panel, part.N, 1), part.C, part.Accumulate, part.Bias));
            }
        }
    }

    /// <summary>A tile's rows, as long as they are.</summary>
    private readonly struct RowTask<T>(Product<T> p) : IRange where T : unmanaged, INumberBase<T>
    {
        public void Run(long from, long to)
        {
            for (long t = from; t < to; t++) Sweep(p.Block(t * TileRows, Math.Min(TileRows, p.M - t * TileRows), 0, p.N));
        }
    }

    private readonly struct BlockTask<T>(Product<T> p, GemmGrid grid) : IRange where T : unmanaged, INumberBase<T>
    {
        public void Run(long from, long to)
        {
            for (long t = from; t < to; t++)
            {
                long i = t % grid.RowTasks * grid.Rows, j = t / grid.RowTasks * grid.Columns;
                Block(p.Block(i, Math.Min(grid.Rows, p.M - i), j, Math.Min(grid.Columns, p.N - j)));
            }
        }
    }
}
