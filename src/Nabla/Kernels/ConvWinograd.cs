using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// Sums over 3 x 3 taps by Winograd's minimal filter F(2x2, 3x3): squares of 4 x 4 values of the source and the weights are transformed by
/// additions, so that 16 products per channel make 4 results, where the sums themselves take 36.
/// A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016. Its error is one to three times that of the sums;
/// that of F(4x4, 3x3) would be five to twenty times, so that it is not offered.
/// </summary>
internal static unsafe class ConvWinograd
{
    /// <summary>Products of a square.</summary>
    internal const int Places = 16;

    // Fitted to bench/results/convolution.md, in multiply-adds of one pair of channels: a square costs PerSquare for each channel that is
    // read or written, a line of squares PerLine, a pair of channels PerPair for its weights.
    private const double PerSquare = 60, PerLine = 1000, PerPair = 300, Margin = 1.2;

    /// <summary>Whether these are 3 x 3 taps side by side and the transforms cost clearly less than they save.</summary>
    internal static bool Wins<T>(in ConvSum<T> s) where T : unmanaged
    {
        if (typeof(T) != typeof(float) || !BitConverter.IsLittleEndian || !Vector128.IsHardwareAccelerated) return false;
        ConvTaps t = s.Taps;
        if (t.TapCount != 9 || t.Source[0] != 1 || t.Count[0] != 1 || !t.Plain || t.Step[1] != 1 || t.Step[2] != 1) return false;
        if (!Square(t)) return false;
        // Squares come in panels of 32. Where a cost is shared by all pairs of a channel, it is divided by their number.
        double lines = s.Images * ((t.Count[1] + 1) / 2), squares = lines * ((t.Count[2] + 1) / 2), panels = Math.Ceiling(squares / 32);
        double transforms = (PerSquare * squares + PerLine * (lines + panels)) * (1.0 / s.Channels + 1.0 / t.Rows);
        return 9.0 * s.Images * t.Points > Margin * (Places * 32 * panels + PerPair + transforms);
    }

    private static bool Square(ConvTaps t)
    {
        (long y, long x) = (Math.Min(t.Taps[1], t.Taps[^2]), Math.Min(t.Taps[2], t.Taps[^1]));
        int seen = 0;
        for (int i = 0; i < 9; i++)
        {
            (long dy, long dx) = (t.Taps[3 * i + 1] - y, t.Taps[3 * i + 2] - x);
            if ((ulong)dy > 2 || (ulong)dx > 2) return false;
            seen |= 1 << (int)(3 * dy + dx);
        }
        return seen == 511;
    }

    /// <summary>Whether the sums could be made: not if values are infinite, which would turn their neighbours into NaN.</summary>
    internal static bool TryRun(in ConvSum<float> s)
    {
        if (Vector512.IsHardwareAccelerated) return ConvWinograd<Lanes512<float>, Vector512<float>, EvenOdd512>.TryRun(s);
        if (Vector256.IsHardwareAccelerated) return ConvWinograd<Lanes256<float>, Vector256<float>, EvenOdd256>.TryRun(s);
        return ConvWinograd<Lanes128<float>, Vector128<float>, EvenOdd128>.TryRun(s);
    }
}

/// <summary>The products for one width of registers.</summary>
internal static unsafe class ConvWinograd<L, V, H>
    where L : ILanes<V, float>
    where V : struct
    where H : IEvenOdd<V>
{
    private const int Places = ConvWinograd.Places;
    private const long BlockBytes = 1 << 18, MostPanels = 4, LeastTasks = 8, MostTasks = 16, ChainDepth = 512, Apart = 16;
    private const double SmallTask = 1 << 18;

    private static int TileRows => GemmTiles<L, V, float>.Rows;

    private static int TileColumns => GemmTiles<L, V, float>.Columns;

    internal static bool TryRun(in ConvSum<float> s)
    {
        ConvTaps taps = s.Taps;
        (long y, long x) = (Math.Min(taps.Taps[1], taps.Taps[^2]), Math.Min(taps.Taps[2], taps.Taps[^1]));
        Window window = new([taps.Source[1], taps.Source[2]], [4, 4], [(taps.Count[1] + 1) / 2, (taps.Count[2] + 1) / 2], [2, 2], [-y, -x],
            [1, 1]);
        ConvTaps lattice = ConvTaps.Forward(window, 1, 1);
        long tiles = Parallel.Chunks(taps.Rows, TileRows), step = s.Channels * TileRows + Apart;
        float* weights = GemmBuffers.Get<float>(GemmBuffers.PackedA, s.Groups * tiles * Places * step);
        Parallel.For(s.Groups * tiles, Math.Max(1, 4096 / (s.Channels * TileRows)), new WeightTask(s, weights, tiles, step, y, x));
        Squares squares = new(s, lattice);
        long panels = Math.Clamp(BlockBytes / (squares.Panel * sizeof(float)), 1, MostPanels);
        long columns = panels * TileColumns, blocks = Parallel.Chunks(squares.Count, columns), height = tiles;
        float* source = null;
        if (s.Groups * blocks < LeastTasks)
        {
            // Several tasks need the same squares.
            long all = Parallel.Chunks(squares.Count, TileColumns);
            source = GemmBuffers.Get<float>(GemmBuffers.Slabs, s.Groups * all * squares.Panel);
            Parallel.For(s.Groups * all, Math.Max(1, 256 / s.Channels), new SquareTask(squares, source, all));
            (columns, blocks) = (TileColumns, all);
            while (s.Groups * blocks * Parallel.Chunks(tiles, height) < MostTasks && height > 1) height = (height + 1) / 2;
        }
        long parts = Parallel.Chunks(tiles, height), tasks = s.Groups * blocks * parts;
        long grain = Math.Max(1, (long)(SmallTask / (s.Work / tasks)));
        if (s.Work < GemmGrid.Serial) grain = tasks;
        int broken = 0;
        Parallel.For(tasks, grain, new BlockTask(s, squares, weights, step, tiles, columns, blocks, height, parts, source, &broken));
        return broken == 0;
    }

    private static V Add(V a, V b) => L.Add(a, b);

    private static V Less(V a, V b) => H.Subtract(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyLine(float* from, float* to, long n)
    {
        for (; n >= 8; n -= 8, from += 8, to += 8) Vector256.Load(from).Store(to);
        for (; n > 0; n--) *to++ = *from++;
    }

    /// <summary>The weights of a tile's rows as 16 panels.</summary>
    private readonly struct WeightTask(ConvSum<float> s, float* weights, long tiles, long step, long firstY, long firstX) : IRange
    {
        public void Run(long from, long to)
        {
            int* kernel = stackalloc int[9];
            for (int t = 0; t < 9; t++)
            {
                long place = 3 * (s.Taps.Taps[3 * t + 1] - firstY) + s.Taps.Taps[3 * t + 2] - firstX;
                kernel[place] = (int)(s.Taps.WeightAt[t] - Math.Min(s.Taps.WeightAt[0], s.Taps.WeightAt[8]));
            }
            for (long i = from; i < to; i++)
            {
                (long group, long tile) = Math.DivRem(i, tiles);
                long row = tile * TileRows, first = Math.Min(s.Taps.WeightAt[row * 9], s.Taps.WeightAt[row * 9 + 8]);
                Transform((int)Math.Min(TileRows, s.Taps.Rows - row), s.Weight + group * s.WeightGroup + first, kernel,
                    weights + i * Places * step);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Transform(int rows, float* weight, int* kernel, float* to)
        {
            int wide = (int)GemmGrid.Round(TileRows, L.Count);
            float* nine = stackalloc float[9 * 16], three = stackalloc float[12 * 16];
            float half = 0.5f;
            V h = L.Splat(&half);
            long apart = s.Taps.Rows > 1 ? s.Taps.WeightAt[9] - s.Taps.WeightAt[0] : 0;
            for (long c = 0; c < s.Channels; c++, weight += s.Taps.ChannelStep, to += TileRows)
            {
                GemmPack.Panel(rows, 9, weight, apart, 1, nine, wide);
                for (int r = 0; r < wide; r += L.Count)
                {
                    for (int j = 0; j < 3; j++)
                    {
                        Column(L.Load(nine + kernel[j] * wide + r), L.Load(nine + kernel[3 + j] * wide + r),
                            L.Load(nine + kernel[6 + j] * wide + r), h, three + j * L.Count, 3 * L.Count);
                    }
                    for (int i = 0; i < 4; i++)
                    {
                        float* x = three + 3 * i * L.Count;
                        Column(L.Load(x), L.Load(x + L.Count), L.Load(x + 2 * L.Count), h, to + 4 * i * step + r, step);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Column(V a, V b, V c, V half, float* to, long step)
        {
            V zero = default, outer = L.MultiplyAdd(Add(a, c), half, zero), inner = L.MultiplyAdd(b, half, zero);
            L.Store(to, a);
            L.Store(to + step, Add(outer, inner));
            L.Store(to + 2 * step, Less(outer, inner));
            L.Store(to + 3 * step, c);
        }
    }

    /// <summary>The source as squares of 4 x 4 that overlap by two, in panels of a tile's columns: 16 places of all channels.</summary>
    private readonly struct Squares(ConvSum<float> s, ConvTaps lattice)
    {
        private readonly long step = s.Channels * TileColumns + Apart;

        internal ConvTaps Lattice => lattice;
        internal long Count => s.Images * lattice.Points;

        /// <summary>Values from place to place, and from panel to panel.</summary>
        internal long Step => step;
        internal long Panel => Places * step;

        /// <summary>A panel of squares of all channels, transformed.</summary>
        internal void Transform(long group, long first, float* to)
        {
            Span<ConvRun> runs = stackalloc ConvRun[TileColumns];
            int width = (int)Math.Min(TileColumns, Count - first);
            runs = runs[..ConvRuns.Find(lattice, first, width, runs)];
            float* from = s.Source + group * s.SourceGroup;
            int wide = 2 * TileColumns;
            float* raw = stackalloc float[Places * wide], line = stackalloc float[4 * TileColumns];
            new Span<float>(raw, Places * wide).Clear();
            new Span<float>(line, 4 * TileColumns).Clear();
            for (long c = 0; c < s.Channels; c++, from += s.Taps.SourcePlane, to += TileColumns)
            {
                foreach (ref readonly ConvRun run in runs) Cut(from + run.Image * s.SourceImage, run, line, raw);
                for (int i = 0; width < TileColumns && i < Places; i++)
                    new Span<float>(raw + i * wide + width, TileColumns - width).Clear();
                for (int x = 0; x < TileColumns; x += L.Count) Square(raw + x, wide, to + x);
            }
        }

        /// <summary>Four lines of a run of squares: raw[4 i + j] holds every square's value (i, j).</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Cut(float* plane, in ConvRun run, float* line, float* raw)
        {
            int wide = 2 * TileColumns;
            (long y, long x) = (2 * run.Y + lattice.Taps[1], 2 * run.X + lattice.Taps[2]);
            long n = 2L * run.Length + 2;
            (long low, long high) = ConvRuns.Inside(x, 1, s.Taps.Source[2], n);
            plane += x;
            for (int i = 0; i < 4; i++, raw += 4 * wide)
            {
                float* to = raw + run.Column;
                bool inside = (ulong)(y + i) < (ulong)s.Taps.Source[1];
                if (inside)
                {
                    for (long k = 0; k < low; k++) line[k] = 0;
                    CopyLine(plane + (y + i) * s.Taps.Source[2] + low, line + low, high - low);
                    for (long k = high; k < n; k++) line[k] = 0;
                }
                for (int k = 0; k < run.Length; k += L.Count, to += L.Count)
                {
                    V a = default, b = default, c = default, d = default;
                    if (inside)
                    {
                        float* at = line + 2 * k;
                        (a, b) = H.Unzip(L.Load(at), L.Load(at + L.Count));
                        (c, d) = H.Unzip(L.Load(at + 2), L.Load(at + 2 + L.Count));
                    }
                    L.Store(to, a);
                    L.Store(to + wide, b);
                    L.Store(to + 2 * wide, c);
                    L.Store(to + 3 * wide, d);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Square(float* x, int wide, float* to)
        {
            float* t = stackalloc float[Places * 16];
            for (int j = 0; j < 4; j++)
            {
                float* r = t + j * L.Count;
                V a = L.Load(x + j * wide), b = L.Load(x + (4 + j) * wide), c = L.Load(x + (8 + j) * wide), d = L.Load(x + (12 + j) * wide);
                L.Store(r, Less(a, c));
                L.Store(r + 4 * L.Count, Add(b, c));
                L.Store(r + 8 * L.Count, Less(c, b));
                L.Store(r + 12 * L.Count, Less(b, d));
            }
            for (int i = 0; i < 4; i++, t += 4 * L.Count, to += 4 * step)
            {
                V a = L.Load(t), b = L.Load(t + L.Count), c = L.Load(t + 2 * L.Count), d = L.Load(t + 3 * L.Count);
                L.Store(to, Less(a, c));
                L.Store(to + step, Add(b, c));
                L.Store(to + 2 * step, Less(c, b));
                L.Store(to + 3 * step, Less(b, d));
            }
        }
    }

    private readonly struct SquareTask(Squares squares, float* source, long panels) : IRange
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++) squares.Transform(i / panels, i % panels * TileColumns, source + i * squares.Panel);
        }
    }

    private readonly struct BlockTask(ConvSum<float> s, Squares squares, float* weights, long weightStep, long tiles, long columns,
        long blocks, long height, long parts, float* source, int* broken) : IRange
    {
        public void Run(long from, long to)
        {
            long panels = columns / TileColumns;
            float* own = source == null ? GemmBuffers.Get<float>(GemmBuffers.Panel, panels * squares.Panel) : null;
            for (long i = from; i < to && Volatile.Read(ref *broken) == 0; i++)
            {
                (long rest, long part) = Math.DivRem(i, parts);
                (long group, long block) = Math.DivRem(rest, blocks);
                long first = block * columns, n = Math.Min(columns, squares.Count - first);
                for (long j = 0; own != null && j < n; j += TileColumns)
                    squares.Transform(group, first + j, own + j / TileColumns * squares.Panel);
                Multiply(group, first, n, part * height * TileRows, own != null ? own : source + rest * squares.Panel);
            }
        }

        /// <summary>Rows of one part by all panels of a block, a tile of all 16 products at a time.</summary>
        private void Multiply(long group, long first, long n, long start, float* panels)
        {
            Span<ConvRun> runs = stackalloc ConvRun[TileColumns];
            long size = TileRows * TileColumns + Apart, end = Math.Min(s.Taps.Rows, start + height * TileRows);
            float* tile = GemmBuffers.Get<float>(GemmBuffers.PackedB, Places * size);
            for (long i = start; i < end; i += TileRows)
            {
                long m = Math.Min(TileRows, end - i);
                float* a = weights + (group * tiles + i / TileRows) * Places * weightStep;
                for (long j = 0; j < n; j += TileColumns)
                {
                    float* b = panels + j / TileColumns * squares.Panel;
                    for (int p = 0; p < Places; p++) Tile(m, a + p * weightStep, b + p * squares.Step, tile + p * size);
                    int count = ConvRuns.Find(squares.Lattice, first + j, (int)Math.Min(TileColumns, n - j), runs);
                    Put(group, i, m, tile, size, runs[..count]);
                }
            }
        }

        private void Tile(long m, float* a, float* b, float* c)
        {
            for (long q = 0; q < s.Channels; q += ChainDepth)
            {
                GemmTiles<L, V, float>.Panel2(m, Math.Min(ChainDepth, s.Channels - q), a + q * TileRows, 1, TileRows, b + q * TileColumns,
                    TileColumns, c, TileColumns, q > 0);
            }
        }

        /// <summary>The results of a tile, transformed back.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Put(long group, long row, long m, float* tile, long size, ReadOnlySpan<ConvRun> runs)
        {
            float* lines = stackalloc float[4 * TileColumns];
            V check = default;
            for (long r = 0; r < m; r++, tile += TileColumns)
            {
                float bias = s.Bias == null ? 0 : s.Bias[group * s.TargetChannels + (row + r) % s.TargetChannels];
                V start = L.Splat(&bias);
                for (int x = 0; x < TileColumns; x += L.Count) check = Add(check, Results(tile + x, size, start, lines + 2 * x));
                float* target = s.Target + group * s.TargetGroup + s.Taps.RowTarget[row + r];
                (long height, long width) = (s.Taps.Count[1], s.Taps.Count[2]);
                foreach (ref readonly ConvRun run in runs)
                {
                    (long y, long x) = (2 * run.Y, 2 * run.X);
                    float* to = target + run.Image * s.TargetImage + y * width + x;
                    long n = Math.Min(2 * run.Length, width - x);
                    CopyLine(lines + 2 * run.Column, to, n);
                    if (y + 1 < height) CopyLine(lines + 2 * TileColumns + 2 * run.Column, to + width, n);
                }
            }
            if (!float.IsFinite(L.Sum(check))) Volatile.Write(ref *broken, 1);
        }

        /// <summary>Two lines of results of a register of squares. Returns zeros, or NaN where one is not finite.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static V Results(float* m, long size, V bias, float* to)
        {
            (V a0, V b0) = Pair(L.Load(m), L.Load(m + 4 * size), L.Load(m + 8 * size), L.Load(m + 12 * size));
            (V a1, V b1) = Pair(L.Load(m + size), L.Load(m + 5 * size), L.Load(m + 9 * size), L.Load(m + 13 * size));
            (V a2, V b2) = Pair(L.Load(m + 2 * size), L.Load(m + 6 * size), L.Load(m + 10 * size), L.Load(m + 14 * size));
            (V a3, V b3) = Pair(L.Load(m + 3 * size), L.Load(m + 7 * size), L.Load(m + 11 * size), L.Load(m + 15 * size));
            (V y00, V y01) = Pair(a0, a1, a2, a3);
            (V y10, V y11) = Pair(b0, b1, b2, b3);
            (V left, V right) = H.Zip(Add(y00, bias), Add(y01, bias));
            L.Store(to, left);
            L.Store(to + L.Count, right);
            (V low, V high) = H.Zip(Add(y10, bias), Add(y11, bias));
            L.Store(to + 2 * TileColumns, low);
            L.Store(to + 2 * TileColumns + L.Count, high);
            return Add(Add(Less(left, left), Less(right, right)), Add(Less(low, low), Less(high, high)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static (V, V) Pair(V a, V b, V c, V d) => (Add(Add(a, b), c), Less(Less(b, c), d));
    }
}
