using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Sums over taps with few rows.</summary>
internal static class ConvRows
{
    /// <summary>Fewer rows than this are not worth a copy of the patches: less than a register tile has.</summary>
    internal const int Most = 4;

    /// <summary>Sums into one target, several of them plane by plane: each writes only some of a plane's lines of the cache.</summary>
    internal static void Run<T>(ConvSum<T>[] sums) where T : unmanaged, INumberBase<T>
    {
        long width = 0;
        foreach (ref readonly ConvSum<T> s in sums.AsSpan()) width = Math.Max(width, s.Taps.Count[2]);
        if (Wide512<T>(width)) ConvRows<Lanes512<T>, Vector512<T>, T>.Run(sums);
        else if (Wide256<T>(width)) ConvRows<Lanes256<T>, Vector256<T>, T>.Run(sums);
        else if (Vector128.IsHardwareAccelerated) ConvRows<Lanes128<T>, Vector128<T>, T>.Run(sums);
        else ConvRows<Lanes1<T>, T, T>.Run(sums);
    }

    /// <summary>Whether there are few rows, or lines of the source in registers cost less than a copy of the patches.</summary>
    internal static bool Wins<T>(in ConvSum<T> s) where T : unmanaged, INumberBase<T> => s.Taps.Rows < Most || Rolls(s);

    private static bool Rolls<T>(in ConvSum<T> s) where T : unmanaged, INumberBase<T> => Vector512.IsHardwareAccelerated
        ? Wide512<T>(s.Taps.Count[2]) ? ConvRows<Lanes512<T>, Vector512<T>, T>.Rolls(s) : ConvRows<Lanes256<T>, Vector256<T>, T>.Rolls(s)
        : Vector128.IsHardwareAccelerated && ConvRows<Lanes128<T>, Vector128<T>, T>.Rolls(s);

    internal static void RunWeight<T>(in ConvSum<T> s) where T : unmanaged, INumberBase<T>
    {
        if (Wide512<T>(s.Taps.Count[2])) ConvRowsWeight<Lanes512<T>, Vector512<T>, T>.Run(s);
        else if (Wide256<T>(s.Taps.Count[2])) ConvRowsWeight<Lanes256<T>, Vector256<T>, T>.Run(s);
        else if (Vector128.IsHardwareAccelerated) ConvRowsWeight<Lanes128<T>, Vector128<T>, T>.Run(s);
        else ConvRowsWeight<Lanes1<T>, T, T>.Run(s);
    }

    // Short lines in narrower registers: what a register holds beyond a line is computed for nothing.
    private static bool Wide512<T>(long width) => Vector512.IsHardwareAccelerated && width > Vector256<T>.Count;

    private static bool Wide256<T>(long width) => Vector256.IsHardwareAccelerated && width > Vector128<T>.Count;
}

/// <summary>
/// Sums over taps with few rows, as depthwise convolutions are: lines of the source are copied with the zeros around them, and several
/// registers of neighbouring points gather all their taps before they are stored.
/// </summary>
internal static unsafe class ConvRows<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    private const long BlockPoints = 4096, ChunkBytes = 1 << 15;
    private const double SmallTask = 1 << 17;

    private static void Run(in ConvSum<T> s)
    {
        Body body = Of(s);
        long tasks = s.Images * s.Groups * body.Tasks;
        Parallel.For(tasks, Math.Max(1, (long)(SmallTask / (s.Work / tasks))), body);
    }

    internal static void Run(ConvSum<T>[] sums)
    {
        if (sums.Length == 1)
        {
            Run(sums[0]);
            return;
        }
        long planes = sums[0].Images * sums[0].Groups;
        double work = 0;
        foreach (ref readonly ConvSum<T> s in sums.AsSpan()) work += s.Work;
        Parallel.For(planes, Math.Max(1, (long)(SmallTask / (work / planes))), new Planes(Array.ConvertAll(sums, static s => Of(s))));
    }

    internal static bool Rolls(in ConvSum<T> s)
    {
        // Measured: the taller a kernel, the more often is a register of the source used.
        const int One = 64, Tall = 32, Usual = 8;
        if (!ConvRoll<L, V, T>.Fits || s.Taps.Rows > One || s.Taps.Count[2] * 2 < L.Count) return false;
        ConvRoll<L, V, T>.Grid grid = new(s.Taps, new ConvLines<T>(s.Taps, 1, L.Count));
        return grid.Rows > 0 && s.Taps.Rows <= (s.Channels == 1 ? One : grid.Rows >= 5 ? Tall : Usual);
    }

    private static Body Of(in ConvSum<T> s)
    {
        long[] count = s.Taps.Count;
        long rounded = GemmGrid.Round(count[2], L.Count), lines = Math.Clamp(BlockPoints / rounded, 1, count[1]), chunk = 1;
        ConvLines<T> copy = new(s.Taps, lines, rounded);
        ConvRoll<L, V, T>.Grid grid = ConvRoll<L, V, T>.Fits ? new(s.Taps, copy) : default;
        if (grid.Rows > 0)
        {
            // Fewer lines of more channels, whose sums stay in registers.
            long few = ChunkBytes / (rounded * sizeof(T) * Math.Clamp(s.Channels, 1, 8)) / 8 * 8;
            if (few < lines) copy = new(s.Taps, lines = Math.Min(lines, Math.Max(8, few)), rounded);
            chunk = Math.Clamp(ChunkBytes / Math.Max(1, copy.Size * sizeof(T)), 1, Math.Max(1, s.Channels));
        }
        // What is added to what was stored must not overlap.
        bool once = s.Channels <= chunk, direct = s.Taps.Plain && s.Taps.TapCount > 0 && s.Channels > 0
            && (once ? 2 * count[2] >= L.Count : count[2] % L.Count == 0);
        return new(s, copy, rounded, lines, Parallel.Chunks(count[1], lines), direct, grid, chunk);
    }

    private readonly struct Planes(Body[] bodies) : IRange
    {
        public void Run(long from, long to)
        {
            for (long plane = from; plane < to; plane++)
                foreach (ref readonly Body body in bodies.AsSpan()) body.Run(plane * body.Tasks, (plane + 1) * body.Tasks);
        }
    }

    private readonly struct Body(ConvSum<T> s, ConvLines<T> copy, long width, long lines, long blocks, bool direct,
        ConvRoll<L, V, T>.Grid grid, long chunk) : IRange
    {
        /// <summary>Tasks of one plane of the source.</summary>
        internal long Tasks => s.Taps.Count[0] * blocks;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            ConvTaps taps = s.Taps;
            T* sums = direct ? null : GemmBuffers.Get<T>(GemmBuffers.PackedB, taps.Rows * lines * width);
            T* source = GemmBuffers.Get<T>(GemmBuffers.Panel, chunk * copy.Size + ConvRoll<L, V, T>.Slack * copy.LineStep);
            // Zeros around a whole plane stay where they are.
            bool whole = Tasks == 1;
            if (whole) new Span<T>(source, checked((int)(chunk * copy.Size))).Clear();
            (long first, long block) = Math.DivRem(from, blocks);
            (first, long z) = Math.DivRem(first, taps.Count[0]);
            (long image, long group) = Math.DivRem(first, s.Groups);
            for (long i = from; i < to; i++)
            {
                long y = block * lines, n = Math.Min(lines, taps.Count[1] - y);
                T* plane = s.Source + image * s.SourceImage + group * s.SourceGroup, weight = s.Weight + group * s.WeightGroup;
                T* target = s.Target + image * s.TargetImage + group * s.TargetGroup;
                if (!direct) new Span<T>(sums, (int)(taps.Rows * lines * width)).Clear();
                for (long c = 0; c < s.Channels && taps.TapCount > 0; c += chunk)
                {
                    long channels = Math.Min(chunk, s.Channels - c);
                    for (long k = 0; k < channels; k++)
                    {
                        if (whole) copy.Inside(plane + (c + k) * taps.SourcePlane, source + k * copy.Size);
                        else copy.Fill(plane + (c + k) * taps.SourcePlane, z, y, source + k * copy.Size);
                    }
                    for (int r = 0; r < taps.Rows; r++) Sum(source, weight + c * taps.ChannelStep, channels, group, r, n, c > 0, sums,
                        target + taps.RowTarget[r] + (z * taps.Count[1] + y) * taps.Count[2]);
                }
                for (int r = 0; !direct && r < taps.Rows; r++) Put(sums + r * lines * width, target, group, r, z, y, n);
                if (++block < blocks) continue;
                block = 0;
                if (++z < taps.Count[0]) continue;
                z = 0;
                if (++group < s.Groups) continue;
                group = 0;
                image++;
            }
        }

        /// <summary>What some channels add to a row's lines in the target, or to its sums.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Sum(T* source, T* weight, long channels, long group, int row, long n, bool add, T* sums, T* target)
        {
            if (!direct) target = sums + row * lines * width;
            T bias = direct ? Bias(group, row) : T.Zero;
            if (grid.Rows > 0)
            {
                fixed (long* at = copy.At, factor = &s.Taps.WeightAt[(long)row * s.Taps.TapCount])
                    ConvRoll<L, V, T>.Run(grid, new(channels, copy.Size, s.Taps.ChannelStep), source, copy.LineStep, at, weight, factor, n,
                        target, direct ? s.Taps.Count[2] : width, add, bias);
            }
            else if (direct) Direct(source, weight, row, n, target, add, bias);
            else Add(source, weight, row, n, target);
        }

        private T Bias(long group, long row) => s.Bias == null ? T.Zero : s.Bias[group * s.TargetChannels + row % s.TargetChannels];

        /// <summary>n lines of the target, or of one channel's part that is added to it. Eight registers at once: each waits for its own
        /// sum before.</summary>
        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Direct(T* source, T* weight, int row, long n, T* target, bool add, T bias)
        {
            int count = s.Taps.TapCount;
            long length = s.Taps.Count[2], x = 0, y = 0;
            long* from = stackalloc long[8];
            T** to = stackalloc T*[8];
            // A line shorter than a register spoils the beginning of the next one, which is written after it. The last one is put aside.
            T* aside = stackalloc T[L.Count];
            fixed (long* at = copy.At, factor = &s.Taps.WeightAt[(long)row * count])
            {
                while (y < n)
                {
                    for (; x <= length - 8 * L.Count; x += 8 * L.Count)
                        Beside(source + y * copy.LineStep + x, weight, at, factor, count, target + y * length + x, add, bias);
                    if (x == length)
                    {
                        x = 0;
                        y++;
                        continue;
                    }
                    for (int k = 0; k < 8; k++)
                    {
                        if (y == n)
                        {
                            // Nothing is left: the last one again.
                            from[k] = from[k - 1];
                            to[k] = to[k - 1];
                            continue;
                        }
                        // The last register of a line overlaps the one before.
                        long start = Math.Max(0, Math.Min(x, length - L.Count));
                        from[k] = y * copy.LineStep + start;
                        to[k] = length < L.Count && y == n - 1 ? aside : target + y * length + start;
                        x += L.Count;
                        if (x < length) continue;
                        x = 0;
                        y++;
                    }
                    Eight(source, weight, from, to, at, factor, count, add, bias);
                }
            }
            for (long i = 0; length < L.Count && i < length; i++) target[(n - 1) * length + i] = aside[i];
        }

        /// <summary>Eight registers of one line.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Beside(T* source, T* weight, long* at, long* factor, int count, T* to, bool add, T bias)
        {
            V a = L.Splat(&bias), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
            if (add)
            {
                (a, b, c, d) = (L.Load(to), L.Load(to + L.Count), L.Load(to + 2 * L.Count), L.Load(to + 3 * L.Count));
                T* rest = to + 4 * L.Count;
                (e, f, g, h) = (L.Load(rest), L.Load(rest + L.Count), L.Load(rest + 2 * L.Count), L.Load(rest + 3 * L.Count));
            }
            for (int t = 0; t < count; t++)
            {
                V w = L.Splat(weight + factor[t]);
                T* p = source + at[t];
                a = L.MultiplyAdd(w, L.Load(p), a);
                b = L.MultiplyAdd(w, L.Load(p + L.Count), b);
                c = L.MultiplyAdd(w, L.Load(p + 2 * L.Count), c);
                d = L.MultiplyAdd(w, L.Load(p + 3 * L.Count), d);
                e = L.MultiplyAdd(w, L.Load(p + 4 * L.Count), e);
                f = L.MultiplyAdd(w, L.Load(p + 5 * L.Count), f);
                g = L.MultiplyAdd(w, L.Load(p + 6 * L.Count), g);
                h = L.MultiplyAdd(w, L.Load(p + 7 * L.Count), h);
            }
            L.Store(to, a);
            L.Store(to + L.Count, b);
            L.Store(to + 2 * L.Count, c);
            L.Store(to + 3 * L.Count, d);
            L.Store(to + 4 * L.Count, e);
            L.Store(to + 5 * L.Count, f);
            L.Store(to + 6 * L.Count, g);
            L.Store(to + 7 * L.Count, h);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Eight(T* source, T* weight, long* from, T** to, long* at, long* factor, int count, bool add, T bias)
        {
            long second = from[1], third = from[2], fourth = from[3], fifth = from[4], sixth = from[5], seventh = from[6], eighth = from[7];
            V a = L.Splat(&bias), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
            if (add) ConvRoll<L, V, T>.Load(to, out a, out b, out c, out d, out e, out f, out g, out h);
            for (int t = 0; t < count; t++)
            {
                V w = L.Splat(weight + factor[t]);
                T* p = source + at[t];
                a = L.MultiplyAdd(w, L.Load(p + from[0]), a);
                b = L.MultiplyAdd(w, L.Load(p + second), b);
                c = L.MultiplyAdd(w, L.Load(p + third), c);
                d = L.MultiplyAdd(w, L.Load(p + fourth), d);
                e = L.MultiplyAdd(w, L.Load(p + fifth), e);
                f = L.MultiplyAdd(w, L.Load(p + sixth), f);
                g = L.MultiplyAdd(w, L.Load(p + seventh), g);
                h = L.MultiplyAdd(w, L.Load(p + eighth), h);
            }
            ConvRoll<L, V, T>.Store(to, a, b, c, d, e, f, g, h);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Add(T* source, T* weight, int row, long n, T* sum)
        {
            int count = s.Taps.TapCount;
            fixed (long* at = copy.At, factor = &s.Taps.WeightAt[(long)row * count])
            {
                long y = 0;
                // Four lines of one register, or two lines of two, which else would wait for their own sums.
                long group = width == L.Count ? 4 : 2, line = copy.LineStep, second = group == 4 ? line : L.Count;
                long third = group == 4 ? 2 * line : line, fourth = second + third;
                for (; width <= 2 * L.Count && n - y >= group; y += group, source += group * line, sum += 4 * L.Count)
                {
                    V a = L.Load(sum), b = L.Load(sum + L.Count), c = L.Load(sum + 2 * L.Count), d = L.Load(sum + 3 * L.Count);
                    for (int t = 0; t < count; t++)
                    {
                        V w = L.Splat(weight + factor[t]);
                        T* p = source + at[t];
                        a = L.MultiplyAdd(w, L.Load(p), a);
                        b = L.MultiplyAdd(w, L.Load(p + second), b);
                        c = L.MultiplyAdd(w, L.Load(p + third), c);
                        d = L.MultiplyAdd(w, L.Load(p + fourth), d);
                    }
                    L.Store(sum, a);
                    L.Store(sum + L.Count, b);
                    L.Store(sum + 2 * L.Count, c);
                    L.Store(sum + 3 * L.Count, d);
                }
                for (; y < n; y++, source += copy.LineStep)
                {
                    long x = 0;
                    for (; width - x >= 4 * L.Count; x += 4 * L.Count, sum += 4 * L.Count)
                    {
                        V a = L.Load(sum), b = L.Load(sum + L.Count), c = L.Load(sum + 2 * L.Count), d = L.Load(sum + 3 * L.Count);
                        for (int t = 0; t < count; t++)
                        {
                            V w = L.Splat(weight + factor[t]);
                            T* p = source + at[t] + x;
                            a = L.MultiplyAdd(w, L.Load(p), a);
                            b = L.MultiplyAdd(w, L.Load(p + L.Count), b);
                            c = L.MultiplyAdd(w, L.Load(p + 2 * L.Count), c);
                            d = L.MultiplyAdd(w, L.Load(p + 3 * L.Count), d);
                        }
                        L.Store(sum, a);
                        L.Store(sum + L.Count, b);
                        L.Store(sum + 2 * L.Count, c);
                        L.Store(sum + 3 * L.Count, d);
                    }
                    for (; x < width; x += L.Count, sum += L.Count)
                    {
                        V a = L.Load(sum);
                        for (int t = 0; t < count; t++) a = L.MultiplyAdd(L.Splat(weight + factor[t]), L.Load(source + at[t] + x), a);
                        L.Store(sum, a);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Put(T* sum, T* target, long group, long row, long z, long y, long n)
        {
            ConvTaps taps = s.Taps;
            T bias = Bias(group, row);
            long step = taps.TargetStep[2];
            target += taps.RowTarget[row] + z * taps.TargetStep[0] + y * taps.TargetStep[1];
            V all = L.Splat(&bias);
            for (long i = 0; i < n; i++, sum += width, target += taps.TargetStep[1])
            {
                long x = 0;
                for (; step == 1 && taps.Count[2] - x >= L.Count; x += L.Count) L.Store(target + x, L.Add(L.Load(sum + x), all));
                for (; x < taps.Count[2]; x++) target[x * step] = sum[x] + bias;
            }
        }
    }
}
