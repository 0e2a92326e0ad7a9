using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>
/// The gradient of the weight where there are few output channels: each weight is a sum of products of lines, whose taps are added side by
/// side.
/// </summary>
internal static unsafe class ConvRowsWeight<L, V, T>
    where L : ILanes<V, T>
    where V : struct
    where T : unmanaged, INumberBase<T>
{
    private const long BlockPoints = 4096;
    private const double SmallTask = 1 << 17;

    internal static void Run(in ConvSum<T> s)
    {
        long[] count = s.Taps.Count;
        long width = GemmGrid.Round(count[2], L.Count), lines = Math.Clamp(BlockPoints / width, 1, Math.Max(1, count[1]));
        long tasks = s.Groups * s.Channels;
        if (tasks == 0) return;
        ConvLines<T> copy = new(s.Taps, lines, width);
        ConvRoll<L, V, T>.Grid grid = ConvRoll<L, V, T>.Fits ? new(s.Taps, copy) : default;
        Parallel.For(tasks, Math.Max(1, (long)(SmallTask / Math.Max(1, s.Work / tasks))), new Body(s, copy, width, lines, grid));
    }

    private readonly struct Body(ConvSum<T> s, ConvLines<T> copy, long width, long lines, ConvRoll<L, V, T>.Grid grid)
        : IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            ConvTaps taps = s.Taps;
            int count = taps.TapCount, rows = (int)s.TargetChannels;
            T* sums = GemmBuffers.Get<T>(GemmBuffers.PackedB, rows * count * L.Count);
            T* source = GemmBuffers.Get<T>(GemmBuffers.Panel, copy.Size + ConvRoll<L, V, T>.Slack * copy.LineStep);
            T* other = GemmBuffers.Get<T>(GemmBuffers.PackedA, width * lines);
            // Zeros around a whole plane, and after its lines, stay where they are.
            bool whole = taps.Count[0] == 1 && lines >= taps.Count[1];
            if (whole) new Span<T>(source, checked((int)copy.Size)).Clear();
            new Span<T>(other, checked((int)(width * lines))).Clear();
            for (long i = from; i < to; i++)
            {
                (long group, long channel) = Math.DivRem(i, s.Channels);
                new Span<T>(sums, rows * count * L.Count).Clear();
                for (long image = 0; image < s.Images; image++)
                {
                    T* plane = s.Source + image * s.SourceImage + group * s.SourceGroup + channel * taps.SourcePlane;
                    T* y = s.Target + image * s.TargetImage + group * s.TargetGroup;
                    for (long z = 0; z < taps.Count[0]; z++)
                    {
                        for (long line = 0; line < taps.Count[1]; line += lines)
                        {
                            long n = Math.Min(lines, taps.Count[1] - line);
                            if (whole) copy.Inside(plane, source);
                            else copy.Fill(plane, z, line, source);
                            for (int r = 0; r < rows; r++)
                            {
                                T* first = y + r * s.TargetPlane + (z * taps.Count[1] + line) * taps.Count[2];
                                GemmPack.CopyRows(taps.Count[2], n, first, taps.Count[2], other, width);
                                Add(source, other, n, sums + (long)r * count * L.Count);
                            }
                        }
                    }
                }
                for (int r = 0; r < rows; r++)
                {
                    T* w = s.Weight + ((group * rows + r) * s.Channels + channel) * count;
                    for (int t = 0; t < count; t++)
                    {
                        w[t] = L.Sum(L.Load(sums + ((long)r * count + t) * L.Count));
                        // Zeros beyond the lines have met values that this tap does not see: infinite ones would be NaN.
                        if (!T.IsFinite(w[t])) w[t] = Exact(group, channel, r, t);
                    }
                }
            }
        }

        private T Exact(long group, long channel, int row, int t)
        {
            ConvTaps taps = s.Taps;
            (long dz, long dy, long dx) = (taps.Taps[3 * t], taps.Taps[3 * t + 1], taps.Taps[3 * t + 2]);
            (long low, long high) = ConvRuns.Inside(dx, taps.Step[2], taps.Source[2], taps.Count[2]);
            T sum = T.Zero;
            for (long image = 0; image < s.Images; image++)
            {
                T* x = s.Source + image * s.SourceImage + group * s.SourceGroup + channel * taps.SourcePlane;
                T* y = s.Target + image * s.TargetImage + group * s.TargetGroup + row * s.TargetPlane;
                for (long line = 0; line < taps.Count[0] * taps.Count[1]; line++)
                {
                    long sz = line / taps.Count[1] * taps.Step[0] + dz, sy = line % taps.Count[1] * taps.Step[1] + dy;
                    if ((ulong)sz >= (ulong)taps.Source[0] || (ulong)sy >= (ulong)taps.Source[1]) continue;
                    T* p = x + (sz * taps.Source[1] + sy) * taps.Source[2] + dx;
                    for (long i = low; i < high; i++) sum += p[i * taps.Step[2]] * y[line * taps.Count[2] + i];
                }
            }
            return sum;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Add(T* source, T* other, long n, T* sums)
        {
            int count = s.Taps.TapCount, t = 0;
            fixed (long* at = copy.At)
            {
                if (grid.Rows is > 0 and <= ConvRollWeight<L, V, T>.MostRows)
                {
                    ConvRollWeight<L, V, T>.Run(grid, source, copy.LineStep, at, other, width, n, sums);
                    return;
                }
                for (; count - t >= 4; t += 4, sums += 4 * L.Count)
                {
                    V a = L.Load(sums), b = L.Load(sums + L.Count), c = L.Load(sums + 2 * L.Count), d = L.Load(sums + 3 * L.Count);
                    T* p = source, y = other;
                    for (long i = 0; i < n; i++, p += copy.LineStep, y += width)
                    {
                        for (long x = 0; x < width; x += L.Count)
                        {
                            V v = L.Load(y + x);
                            a = L.MultiplyAdd(v, L.Load(p + at[t] + x), a);
                            b = L.MultiplyAdd(v, L.Load(p + at[t + 1] + x), b);
                            c = L.MultiplyAdd(v, L.Load(p + at[t + 2] + x), c);
                            d = L.MultiplyAdd(v, L.Load(p + at[t + 3] + x), d);
                        }
                    }
                    L.Store(sums, a);
                    L.Store(sums + L.Count, b);
                    L.Store(sums + 2 * L.Count, c);
                    L.Store(sums + 3 * L.Count, d);
                }
                for (; t < count; t++, sums += L.Count)
                {
                    V a = L.Load(sums);
                    T* p = source + at[t], y = other;
                    for (long i = 0; i < n; i++, p += copy.LineStep, y += width)
                    {
                        for (long x = 0; x < width; x += L.Count) a = L.MultiplyAdd(L.Load(y + x), L.Load(p + x), a);
                    }
                    L.Store(sums, a);
                }
            }
        }
    }
}
