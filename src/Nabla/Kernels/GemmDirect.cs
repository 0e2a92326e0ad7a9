using System.Numerics;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// Products that do not repay packing: A is read in place, B too if its columns are adjacent; otherwise a few columns of it at a time are
/// copied, used and forgotten.
/// </summary>
internal static unsafe class GemmDirect
{
    private const long PanelDepth = 512, PanelColumns = 64;

    /// <summary>C has unit column stride.</summary>
    public static void Run<T>(in Product<T> p) where T : unmanaged, INumberBase<T>
    {
        if (p.Work < GemmGrid.Serial)
        {
            Block(p);
            return;
        }
        // A copied panel of B serves all rows, so only columns are split then.
        var grid = new GemmGrid(p.M, p.N, p.K, p.B.Col == 1 ? 12 : p.M, PanelColumns);
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
