using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>
/// Lines of a source, copied with the zeros around them, so that all taps of a row of lattice points read neighbours: with step s, a line
/// is cut into s segments of every s-th value. Made for one slice of the lattice and a number of its lines.
/// </summary>
internal readonly unsafe struct ConvLines<T> where T : unmanaged
{
    private readonly ConvTaps taps;
    private readonly long firstX, firstY, segment, line, lines;
    private readonly List<long> slices = [];
    private readonly bool[] used;

    /// <summary>Where each tap's values begin for the first line.</summary>
    internal readonly long[] At;

    /// <summary>The distance between lines of the lattice.</summary>
    internal long LineStep { get; }

    /// <summary>The number of values.</summary>
    internal long Size { get; }

    /// <param name="taps">The taps.</param>
    /// <param name="count">Lines of the lattice.</param>
    /// <param name="width">Points in a line, rounded up.</param>
    internal ConvLines(ConvTaps taps, long count, long width)
    {
        this.taps = taps;
        long step = taps.Step[2], lastX = long.MinValue, lastY = long.MinValue;
        (firstX, firstY) = (long.MaxValue, long.MaxValue);
        for (int t = 0; t < taps.TapCount; t++)
        {
            (long dz, long dy, long dx) = (taps.Taps[3 * t], taps.Taps[3 * t + 1], taps.Taps[3 * t + 2]);
            (firstX, lastX) = (Math.Min(firstX, dx), Math.Max(lastX, dx));
            (firstY, lastY) = (Math.Min(firstY, dy), Math.Max(lastY, dy));
            if (!slices.Contains(dz)) slices.Add(dz);
        }
        At = new long[taps.TapCount];
        used = new bool[Math.Min(step, taps.TapCount == 0 ? 0 : lastX - firstX + 1)];
        if (At.Length == 0) return;
        segment = width + (lastX - firstX) / step;
        line = used.Length * segment;
        lines = count == 0 ? 0 : (count - 1) * taps.Step[1] + lastY - firstY + 1;
        LineStep = taps.Step[1] * line;
        Size = slices.Count * lines * line;
        for (int t = 0; t < At.Length; t++)
        {
            (long place, long rest) = Math.DivRem(taps.Taps[3 * t + 2] - firstX, step);
            used[rest] = true;
            At[t] = (slices.IndexOf(taps.Taps[3 * t]) * lines + taps.Taps[3 * t + 1] - firstY) * line + rest * segment + place;
        }
    }

    /// <summary>Copies what the lattice's lines from y on need of slice z, for one channel.</summary>
    internal void Fill(T* plane, long z, long y, T* to)
    {
        (long depth, long height, long width, long step) = (taps.Source[0], taps.Source[1], taps.Source[2], taps.Step[2]);
        foreach (long dz in slices)
        {
            long sz = z * taps.Step[0] + dz;
            for (long i = 0; i < lines; i++, to += line)
            {
                long sy = y * taps.Step[1] + firstY + i;
                if ((ulong)sz >= (ulong)depth || (ulong)sy >= (ulong)height) new Span<T>(to, (int)line).Clear();
                else Split(plane + (sz * height + sy) * width, width, step, to);
            }
        }
    }

    /// <summary>As <see cref="Fill"/> for a whole lattice of one slice, into memory that has the zeros already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Inside(T* plane, T* to)
    {
        (long depth, long height, long width, long step) = (taps.Source[0], taps.Source[1], taps.Source[2], taps.Step[2]);
        long low = Math.Clamp(-firstY, 0, lines), high = Math.Clamp(height - firstY, low, lines);
        foreach (long z in slices)
        {
            if ((ulong)z < (ulong)depth && high > low)
            {
                T* from = plane + (z * height + firstY + low) * width, line0 = to + low * line;
                if (step == 1)
                {
                    (long left, long right) = ConvRuns.Inside(firstX, 1, width, segment);
                    GemmPack.CopyRows(right - left, high - low, from + firstX + left, width, line0 + left, line);
                }
                else if (Halves) Halve(from, width, high - low, line0, zeros: false);
                else for (long i = low; i < high; i++, from += width, line0 += line) Split(from, width, step, line0);
            }
            to += lines * line;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Split(T* from, long width, long step, T* to)
    {
        if (Halves)
        {
            Halve(from, width, 1, to, zeros: true);
            return;
        }
        for (int r = 0; r < used.Length; r++, to += segment)
        {
            if (!used[r]) continue;
            (long low, long high) = ConvRuns.Inside(firstX + r, step, width, segment);
            T* x = from + firstX + r;
            // Lines are short: a call for each would take longer than the copy.
            Zero(to, low);
            if (step == 1) GemmPack.CopyRows(high - low, 1, x + low, 0, to + low, 0);
            else
            {
                long i = low + (step == 2 ? ConvRuns.EverySecond(x + 2 * low, to + low, high - low) : 0);
                for (; i < high; i++) to[i] = x[i * step];
            }
            Zero(to + high, segment - high);
        }
    }

    /// <summary>Whether lines are cut into values at even and at odd places, from the first or the zeros before it on.</summary>
    private bool Halves => taps.Step[2] == 2 && used.Length == 2 && used[0] && used[1] && firstX <= 0;

    /// <summary>Values of count lines at even and at odd places into both segments at once, and zeros around them unless they are
    /// there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Halve(T* from, long width, long count, T* to, bool zeros)
    {
        long before = -firstX, first = before & 1, even = Math.Min(before >> 1, segment), odd = Math.Min((before + 1) >> 1, segment);
        long evens = Math.Min(segment - even, (width + 1) / 2), odds = Math.Min(segment - odd, width / 2), both = Math.Min(evens, odds);
        for (; count > 0; count--, from += width, to += line)
        {
            T* x = to + first * segment, y = to + (1 - first) * segment;
            Planes.Split(from, x + even, y + odd, both);
            for (long k = both; k < evens; k++) x[even + k] = from[2 * k];
            for (long k = both; k < odds; k++) y[odd + k] = from[2 * k + 1];
            if (!zeros) continue;
            Zero(x, even);
            Zero(y, odd);
            Zero(x + even + evens, segment - even - evens);
            Zero(y + odd + odds, segment - odd - odds);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Zero(T* to, long n)
    {
        for (; n * sizeof(T) >= 32; n -= 32 / sizeof(T), to += 32 / sizeof(T)) Vector256<byte>.Zero.Store((byte*)to);
        for (; n > 0; n--) *to++ = default;
    }
}
