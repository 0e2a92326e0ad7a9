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
        List<ConvSum<T>> few = [], many = [];
        foreach (ref readonly ConvSum<T> s in sums.AsSpan())
        {
            if (s.Images == 0 || s.Taps.Points == 0 || s.Taps.Rows == 0) continue;
            if (ConvRows.Wins(s)) few.Add(s);
            else if (!ConvWinograd.Wins(s) || !ConvWinograd.TryRun(Unsafe.As<ConvSum<T>, ConvSum<float>>(ref Unsafe.AsRef(in s))))
                many.Add(s);
        }
        if (few.Count > 0) ConvRows.Run<T>([.. few]);
        if (many.Count > 0) Multiply<T>([.. many]);
    }

    private static void Multiply<T>(ConvSum<T>[] sums) where T : unmanaged, INumberBase<T>
    {
        if (Vector512.IsHardwareAccelerated) ConvProduct<Lanes512<T>, Vector512<T>, T>.Run(sums);
        else if (Vector256.IsHardwareAccelerated) ConvProduct<Lanes256<T>, Vector256<T>, T>.Run(sums);
        else if (Vector128.IsHardwareAccelerated) ConvProduct<Lanes128<T>, Vector128<T>, T>.Run(sums);
        else ConvProduct<Lanes1<T>, T, T>.Run(sums);
    }
}

/// <summary>The product for one width of registers.</summary>
internal static unsafe class ConvProduct<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    private const long BlockBytes = 1 << 18, MostPanels = 8, ManyTasks = 16, LeastTasks = 8, ChainDepth = 512;
    private const double SmallTask = 1 << 18;

    private static int TileRows => GemmTiles<L, V, T>.Rows;

    private static int TileColumns => GemmTiles<L, V, T>.Columns;

    /// <summary>How one sum is cut: into blocks of columns, and blocks into parts of some tiles of rows.</summary>
    private readonly struct Cut
    {
        internal readonly long Tiles, Columns, Blocks, Height, Parts;

        internal Cut(in ConvSum<T> s)
        {
            long depth = Math.Max(s.Depth, 1), points = s.Images * s.Taps.Points;
            Tiles = Parallel.Chunks(s.Taps.Rows, TileRows);
            long panels = Math.Clamp(BlockBytes / (depth * TileColumns * sizeof(T)), 1, MostPanels);
            while (panels > 1 && s.Groups * Parallel.Chunks(points, panels * TileColumns) < ManyTasks) panels = (panels + 1) / 2;
            Columns = panels * TileColumns;
            Blocks = Parallel.Chunks(points, Columns);
            // Every part copies the patches of its block once more.
            Height = Tiles;
            while (s.Groups * Blocks * Parallel.Chunks(Tiles, Height) < LeastTasks && Height > 4) Height = (Height + 1) / 2;
            Parts = Parallel.Chunks(Tiles, Height);
        }
    }

    internal static void Run(ConvSum<T>[] sums)
    {
        Cut[] cuts = Array.ConvertAll(sums, static s => new Cut(s));
        // Where the weights and the tasks of each sum begin.
        long[] tiles = new long[sums.Length + 1], tasks = new long[sums.Length + 1], places = new long[sums.Length];
        long size = 0;
        double work = 0;
        for (int i = 0; i < sums.Length; i++)
        {
            tiles[i + 1] = tiles[i] + sums[i].Groups * cuts[i].Tiles;
            tasks[i + 1] = tasks[i] + sums[i].Groups * cuts[i].Blocks * cuts[i].Parts;
            places[i] = size;
            size += sums[i].Groups * cuts[i].Tiles * TileRows * Math.Max(sums[i].Depth, 1);
            work += sums[i].Work;
        }
        T* packed = GemmBuffers.Get<T>(GemmBuffers.PackedA, size);
        Parallel.For(tiles[^1], Math.Max(1, 65536 * tiles[^1] / size), new PackTask(sums, cuts, packed, places, tiles));
        long grain = work < GemmGrid.Serial ? tasks[^1] : Math.Max(1, (long)(SmallTask / (work / tasks[^1])));
        Parallel.For(tasks[^1], grain, new BlockTask(sums, cuts, packed, places, tasks));
    }

    /// <summary>The sum to which the i-th of all tasks belongs.</summary>
    private static int Find(long[] starts, long i)
    {
        int sum = 0;
        while (i >= starts[sum + 1]) sum++;
        return sum;
    }

    private readonly struct PackTask(ConvSum<T>[] sums, Cut[] cuts, T* packed, long[] places, long[] starts) : IRange
    {
        // As many channels at a time as a set of the first-level cache has lines: their weights may lie whole pages apart.
        private const long Channels = 8;

        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                int sum = Find(starts, i);
                ref readonly ConvSum<T> s = ref sums[sum];
                long at = i - starts[sum];
                (long group, long tile) = Math.DivRem(at, cuts[sum].Tiles);
                long row = tile * TileRows;
                Pack(s, row, (int)Math.Min(TileRows, s.Taps.Rows - row), s.Weight + group * s.WeightGroup,
                    packed + places[sum] + at * TileRows * s.Depth);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Pack(in ConvSum<T> s, long row, int rows, T* weight, T* to)
        {
            int count = s.Taps.TapCount;
            long step = s.Taps.ChannelStep, height = TileRows;
            for (long first = 0; first < s.Channels; first += Channels, weight += Channels * step)
            {
                long channels = Math.Min(Channels, s.Channels - first);
                for (int r = 0; r < rows; r++)
                {
                    for (int t = 0; t < count; t++)
                    {
                        T* from = weight + s.Taps.WeightAt[(row + r) * count + t], target = to + (t * s.Channels + first) * height + r;
                        for (long c = 0; c < channels; c++, from += step, target += height) *target = *from;
                    }
                }
            }
        }
    }

    private readonly struct BlockTask(ConvSum<T>[] sums, Cut[] cuts, T* packed, long[] places, long[] starts) : IRange
    {
        public void Run(long from, long to)
        {
            Span<ConvRun> runs = stackalloc ConvRun[TileColumns];
            for (long i = from; i < to; i++)
            {
                int sum = Find(starts, i);
                ref readonly ConvSum<T> s = ref sums[sum];
                ref readonly Cut cut = ref cuts[sum];
                T* panel = GemmBuffers.Get<T>(GemmBuffers.Panel, cut.Columns * Math.Max(s.Depth, 1));
                (long rest, long part) = Math.DivRem(i - starts[sum], cut.Parts);
                (long group, long block) = Math.DivRem(rest, cut.Blocks);
                long first = block * cut.Columns, n = Math.Min(cut.Columns, s.Images * s.Taps.Points - first);
                for (long j = 0; j < n; j += TileColumns)
                {
                    int width = (int)Math.Min(TileColumns, n - j), count = ConvRuns.Find(s.Taps, first + j, width, runs);
                    ConvRuns.Pack(s.Taps, s.Channels, s.Source + group * s.SourceGroup, s.SourceImage, runs[..count], 0, s.Depth,
                        width, TileColumns, panel + j * s.Depth, TileColumns);
                }
                new Block(s, group, cut.Tiles).Multiply(packed + places[sum], first, n, part * cut.Height * TileRows,
                    cut.Height * TileRows, panel, runs);
            }
        }
    }

    /// <summary>A block of columns of one group.</summary>
    private readonly struct Block(ConvSum<T> s, long group, long tiles)
    {
        /// <summary>Rows of one part by all panels of a block.</summary>
        internal void Multiply(T* packed, long first, long n, long start, long height, T* panel, Span<ConvRun> runs)
        {
            ConvTaps taps = s.Taps;
            T* tile = stackalloc T[12 * TileColumns];
            long end = Math.Min(taps.Rows, start + height);
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
                        if (s.Bias != null) AddBias(i, m, target);
                        continue;
                    }
                    Tile(m, a, panel + j * s.Depth, tile, TileColumns);
                    int count = ConvRuns.Find(taps, first + j, width, runs);
                    for (long r = 0; r < m; r++) Put(i + r, tile + r * TileColumns, target, runs[..count]);
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

        private void AddBias(long row, long m, T* target)
        {
            for (long r = 0; r < m; r++, target += s.TargetPlane)
            {
                V b = L.Splat(s.Bias + group * s.TargetChannels + (row + r) % s.TargetChannels);
                L.Store(target, L.Add(L.Load(target), b));
                L.Store(target + L.Count, L.Add(L.Load(target + L.Count), b));
            }
        }

        private void Put(long row, T* from, T* target, ReadOnlySpan<ConvRun> runs)
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
