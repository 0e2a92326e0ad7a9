using System.Numerics;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// The gradient of a convolution's weight: weight[o, c, t] = Σ x[c, p · stride + tap t] · y[o, p] over images and points p. A product with
/// a long sum: patches are copied by rows, y turned, a slab of points at a time. Long sums into a small weight are cut into chunks.
/// </summary>
internal static unsafe class ConvWeight
{
    /// <summary>The sum's source is x; its weight receives the gradient; its target is y, which is read.</summary>
    internal static void Run<T>(in ConvSum<T> s) where T : unmanaged, INumberBase<T>
    {
        if (Vector512.IsHardwareAccelerated) ConvWeight<Lanes512<T>, Vector512<T>, T>.Choose(s);
        else if (Vector256.IsHardwareAccelerated) ConvWeight<Lanes256<T>, Vector256<T>, T>.Choose(s);
        else if (Vector128.IsHardwareAccelerated) ConvWeight<Lanes128<T>, Vector128<T>, T>.Choose(s);
        else ConvWeight<Lanes1<T>, T, T>.Choose(s);
    }
}

/// <summary>The product for one width of registers.</summary>
internal static unsafe class ConvWeight<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    private const int Slab = 256;
    private const long MostRows = 192, LeastTasks = 16, ChunkPoints = 2048, MostResults = 1 << 22;

    private static int TileRows => GemmTiles<L, V, T>.Rows;

    private static int TileColumns => GemmTiles<L, V, T>.Columns;

    /// <summary>Fewer output channels than this leave most of a register tile empty.</summary>
    private const int LeastColumns = 4;

    internal static void Choose(in ConvSum<T> s)
    {
        if (s.TargetChannels < LeastColumns) ConvRows.RunWeight(s);
        else Run(s);
    }

    private static void Run(in ConvSum<T> s)
    {
        long rows = Math.Min(MostRows, GemmGrid.Round(s.Depth, TileRows)), columns = GemmGrid.Round(s.TargetChannels, TileColumns);
        long blocks = Parallel.Chunks(s.Depth, rows), points = s.Images * s.Taps.Points, size = blocks * rows * columns;
        long chunks = Math.Min(Parallel.Chunks(points, ChunkPoints), Math.Max(1, MostResults / Math.Max(1, s.Groups * size)));
        chunks = Math.Max(1, Math.Min(chunks, LeastTasks / Math.Max(1, s.Groups * blocks)));
        long chunk = GemmGrid.Round((points + chunks - 1) / chunks, Slab);
        T* sums = GemmBuffers.Get<T>(GemmBuffers.Slabs, chunks * s.Groups * size);
        double work = s.Work < GemmGrid.Serial ? 0 : 1;
        long tasks = chunks * s.Groups * blocks;
        Parallel.For(tasks, work == 0 ? tasks : 1, new SlabTask(s, sums, rows, columns, blocks, chunk));
        Parallel.For(s.Groups * s.TargetChannels, Math.Max(1, 16384 / Math.Max(1, s.Depth)),
            new SumTask(s, sums, size, columns, chunks));
    }

    private readonly struct SlabTask(ConvSum<T> s, T* sums, long rows, long columns, long blocks, long chunk) : IRange
    {
        public void Run(long from, long to)
        {
            const int stride = Slab + 16;
            T* patches = GemmBuffers.Get<T>(GemmBuffers.PackedA, rows * stride);
            T* turned = GemmBuffers.Get<T>(GemmBuffers.PackedB, columns * Slab);
            Span<ConvRun> runs = stackalloc ConvRun[Slab];
            for (long i = from; i < to; i++)
            {
                (long rest, long block) = Math.DivRem(i, blocks);
                (long part, long group) = Math.DivRem(rest, s.Groups);
                long first = block * rows, last = Math.Min(s.Depth, first + rows);
                long start = part * chunk, end = Math.Min(s.Images * s.Taps.Points, start + chunk);
                T* sum = sums + i * rows * columns;
                new Span<T>(sum, checked((int)(rows * columns))).Clear();
                for (long p = start; p < end; p += Slab)
                {
                    int n = (int)Math.Min(Slab, end - p), count = ConvRuns.Find(s.Taps, p, n, runs);
                    ConvRuns.Pack(s.Taps, s.Channels, s.Source + group * s.SourceGroup, s.SourceImage, runs[..count], first, last,
                        n, n, patches, stride);
                    Turn(group, p, n, turned);
                    for (long j = 0; j < columns; j += TileColumns)
                    {
                        T* b = turned + j * Slab;
                        if (s.TargetChannels - j > L.Count)
                            GemmTiles<L, V, T>.Panel2(last - first, n, patches, stride, 1, b, TileColumns, sum + j, columns, true);
                        else GemmTiles<L, V, T>.Panel1(last - first, n, patches, stride, 1, b, TileColumns, sum + j, columns, true);
                    }
                }
            }
        }

        /// <summary>Panels of y's rows, point by point.</summary>
        private void Turn(long group, long p, int n, T* to)
        {
            for (int done = 0; done < n;)
            {
                (long image, long point) = Math.DivRem(p + done, s.Taps.Points);
                int count = (int)Math.Min(n - done, s.Taps.Points - point);
                T* y = s.Target + image * s.TargetImage + group * s.TargetGroup + point;
                for (long j = 0; j < s.TargetChannels; j += TileColumns)
                {
                    GemmPack.Panel(Math.Min(TileColumns, s.TargetChannels - j), count, y + j * s.TargetPlane, s.TargetPlane, 1,
                        to + j * Slab + done * TileColumns, TileColumns);
                }
                done += count;
            }
        }
    }

    /// <summary>Adds the chunks, in order, and turns the sums into the weight's layout.</summary>
    private readonly struct SumTask(ConvSum<T> s, T* sums, long size, long columns, long chunks) : IRange
    {
        public void Run(long from, long to)
        {
            int count = s.Taps.TapCount;
            for (long i = from; i < to; i++)
            {
                (long group, long o) = Math.DivRem(i, s.TargetChannels);
                T* w = s.Weight + i * s.Depth;
                for (int t = 0; t < count; t++)
                {
                    for (long c = 0; c < s.Channels; c++)
                    {
                        T* sum = sums + group * size + (t * s.Channels + c) * columns + o;
                        T total = *sum;
                        for (long k = 1; k < chunks; k++) total += sum[k * s.Groups * size];
                        w[c * count + t] = total;
                    }
                }
            }
        }
    }
}
