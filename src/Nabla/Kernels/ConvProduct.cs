using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>One sum over taps with its memory. Groups of channels follow each other in source, weight and target.</summary>
internal readonly unsafe struct ConvSum<T>(ConvTaps taps, long images, long groups, long channels, T* source, T* weight, T* bias, T* target,
    long targetPlane) where T : unmanaged
{
    internal readonly ConvTaps Taps = taps;
    internal readonly long Images = images, Groups = groups, Channels = channels, TargetPlane = targetPlane;
    internal readonly T* Source = source, Weight = weight, Bias = bias, Target = target;

    /// <summary>Channels of the target in one group.</summary>
    internal long TargetChannels { get; init; }

    internal long SourceGroup => Channels * Taps.SourcePlane;
    internal long SourceImage => Groups * SourceGroup;
    internal long TargetGroup => TargetChannels * TargetPlane;
    internal long TargetImage => Groups * TargetGroup;
    internal long WeightGroup { get; init; }

    /// <summary>The terms of one element.</summary>
    internal long Depth => Taps.TapCount * Channels;

    internal double Work => (double)Images * Groups * Taps.Points * Taps.Rows * Math.Max(Depth, 1);
}

/// <summary>
/// Sums over taps as matrix products: weights are copied into tiles once, patches of the source panel by panel as they are needed, so that
/// a panel stays in the second-level cache while all rows are multiplied with it. Which block a value falls into depends on sizes only.
/// </summary>
internal static unsafe class ConvProduct
{
    /// <summary>Sums into one target, each into places of its own.</summary>
    internal static void Run<T>(ConvSum<T>[] sums) where T : unmanaged, INumberBase<T>
    {
        if (sums.Length > 1 && Array.TrueForAll(sums, static s => s.Taps.Rows < ConvRows.Most))
        {
            ConvRows.Run(Array.FindAll(sums, static s => s.Images > 0 && s.Taps.Points > 0 && s.Taps.Rows > 0));
            return;
        }
        foreach (ref readonly ConvSum<T> s in sums.AsSpan()) Run(s);
    }

    private static void Run<T>(in ConvSum<T> s) where T : unmanaged, INumberBase<T>
    {
        if (s.Images == 0 || s.Taps.Points == 0 || s.Taps.Rows == 0) return;
        if (ConvWinograd.Wins(s) && ConvWinograd.TryRun(Unsafe.As<ConvSum<T>, ConvSum<float>>(ref Unsafe.AsRef(in s)))) return;
        if (Vector512.IsHardwareAccelerated) ConvProduct<Lanes512<T>, Vector512<T>, T>.Choose(s);
        else if (Vector256.IsHardwareAccelerated) ConvProduct<Lanes256<T>, Vector256<T>, T>.Choose(s);
        else if (Vector128.IsHardwareAccelerated) ConvProduct<Lanes128<T>, Vector128<T>, T>.Choose(s);
        else ConvProduct<Lanes1<T>, T, T>.Choose(s);
    }
}

/// <summary>The product for one width of registers.</summary>
internal static unsafe class ConvProduct<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    private const long BlockBytes = 1 << 18, MostPanels = 8, LeastTasks = 16, ChainDepth = 512;
    private const double SmallTask = 1 << 18;

    private static int TileRows => GemmTiles<L, V, T>.Rows;

    private static int TileColumns => GemmTiles<L, V, T>.Columns;

    internal static void Choose(in ConvSum<T> s)
    {
        if (s.Taps.Rows < ConvRows.Most) ConvRows.Run(s);
        else Run(s);
    }

    private static void Run(in ConvSum<T> s)
    {
        long depth = Math.Max(s.Depth, 1), rows = s.Taps.Rows, tiles = Parallel.Chunks(rows, TileRows);
        T* packed = GemmBuffers.Get<T>(GemmBuffers.PackedA, s.Groups * tiles * TileRows * depth);
        Parallel.For(s.Groups * tiles, Math.Max(1, 65536 / (depth * TileRows)), new PackTask(s, packed, tiles));
        long panels = Math.Clamp(BlockBytes / (depth * TileColumns * sizeof(T)), 1, MostPanels);
        long columns = panels * TileColumns, blocks = Parallel.Chunks(s.Images * s.Taps.Points, columns), height = tiles;
        while (s.Groups * blocks * Parallel.Chunks(tiles, height) < LeastTasks && height > 4) height = (height + 1) / 2;
        long parts = Parallel.Chunks(tiles, height), tasks = s.Groups * blocks * parts;
        long grain = Math.Max(1, (long)(SmallTask / (s.Work / tasks)));
        if (s.Work < GemmGrid.Serial) grain = tasks;
        Parallel.For(tasks, grain, new BlockTask(s, packed, columns, blocks, height, parts));
    }

    private readonly struct PackTask(ConvSum<T> s, T* packed, long tiles) : IRange
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                (long group, long tile) = Math.DivRem(i, tiles);
                long row = tile * TileRows;
                Pack(row, (int)Math.Min(TileRows, s.Taps.Rows - row), s.Weight + group * s.WeightGroup, packed + i * TileRows * s.Depth);
            }
        }

        private void Pack(long row, int rows, T* weight, T* to)
        {
            int count = s.Taps.TapCount;
            for (int r = 0; r < rows; r++)
            {
                T* target = to + r;
                for (int t = 0; t < count; t++)
                {
                    T* from = weight + s.Taps.WeightAt[(row + r) * count + t];
                    for (long c = 0; c < s.Channels; c++, from += s.Taps.ChannelStep, target += TileRows) *target = *from;
                }
            }
        }
    }

    private readonly struct BlockTask(ConvSum<T> s, T* packed, long columns, long blocks, long height, long parts) : IRange
    {
        public void Run(long from, long to)
        {
            T* panel = GemmBuffers.Get<T>(GemmBuffers.Panel, columns * Math.Max(s.Depth, 1));
            Span<ConvRun> runs = stackalloc ConvRun[TileColumns];
            for (long i = from; i < to; i++)
            {
                (long rest, long part) = Math.DivRem(i, parts);
                (long group, long block) = Math.DivRem(rest, blocks);
                long first = block * columns, n = Math.Min(columns, s.Images * s.Taps.Points - first);
                for (long j = 0; j < n; j += TileColumns)
                {
                    int width = (int)Math.Min(TileColumns, n - j), count = ConvRuns.Find(s.Taps, first + j, width, runs);
                    ConvRuns.Pack(s.Taps, s.Channels, s.Source + group * s.SourceGroup, s.SourceImage, runs[..count], 0, s.Depth,
                        width, TileColumns, panel + j * s.Depth, TileColumns);
                }
                Multiply(group, first, n, part * height * TileRows, panel, runs);
            }
        }

        /// <summary>Rows of one part by all panels of a block.</summary>
        private void Multiply(long group, long first, long n, long start, T* panel, Span<ConvRun> runs)
        {
            ConvTaps taps = s.Taps;
            T* tile = stackalloc T[12 * TileColumns];
            long end = Math.Min(taps.Rows, start + height * TileRows), tiles = Parallel.Chunks(taps.Rows, TileRows);
            for (long i = start; i < end; i += TileRows)
            {
                long m = Math.Min(TileRows, end - i);
                T* a = packed + (group * tiles * TileRows + i) * s.Depth;
                for (long j = 0; j < n; j += TileColumns)
                {
                    int width = (int)Math.Min(TileColumns, n - j);
                    (long image, long point) = Math.DivRem(first + j, taps.Points);
                    T* target = s.Target + group * s.TargetGroup;
                    if (taps.Plain && width == TileColumns && point + width <= taps.Points)
                    {
                        target += image * s.TargetImage + taps.RowTarget[i] + point;
                        Tile(m, a, panel + j * s.Depth, target, s.TargetPlane);
                        if (s.Bias != null) AddBias(group, i, m, target);
                        continue;
                    }
                    Tile(m, a, panel + j * s.Depth, tile, TileColumns);
                    int count = ConvRuns.Find(taps, first + j, width, runs);
                    for (long r = 0; r < m; r++) Put(group, i + r, tile + r * TileColumns, target, runs[..count]);
                }
            }
        }

        private void Tile(long m, T* a, T* b, T* c, long cRow)
        {
            long depth = s.Depth;
            for (long q = 0; q == 0 || q < depth; q += ChainDepth)
            {
                GemmTiles<L, V, T>.Panel2(m, Math.Min(ChainDepth, depth - q), a + q * TileRows, 1, TileRows, b + q * TileColumns,
                    TileColumns, c, cRow, q > 0);
            }
        }

        private void AddBias(long group, long row, long m, T* target)
        {
            for (long r = 0; r < m; r++, target += s.TargetPlane)
            {
                V b = L.Splat(s.Bias + group * s.TargetChannels + (row + r) % s.TargetChannels);
                L.Store(target, L.Add(L.Load(target), b));
                L.Store(target + L.Count, L.Add(L.Load(target + L.Count), b));
            }
        }

        private void Put(long group, long row, T* from, T* target, ReadOnlySpan<ConvRun> runs)
        {
            T bias = s.Bias == null ? T.Zero : s.Bias[group * s.TargetChannels + row % s.TargetChannels];
            long[] step = s.Taps.TargetStep;
            foreach (ref readonly ConvRun run in runs)
            {
                T* to = target + run.Image * s.TargetImage + s.Taps.RowTarget[row] + run.Z * step[0] + run.Y * step[1] + run.X * step[2];
                for (int k = 0; k < run.Length; k++, to += step[2]) *to = from[run.Column + k] + bias;
            }
        }
    }
}
