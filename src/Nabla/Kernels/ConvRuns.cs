using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>Points of the lattice that follow each other in its last dimension, and the column where they begin.</summary>
internal struct ConvRun
{
    internal long Image, Z, Y, X;
    internal int Column, Length;
}

/// <summary>Copies patches of a source into columns: one row for each tap and channel, one column for each point.</summary>
internal static unsafe class ConvRuns
{
    /// <summary>The points [first, first + count) of all images, as runs. Returns how many runs there are, at most count.</summary>
    internal static int Find(ConvTaps taps, long first, int count, Span<ConvRun> runs)
    {
        long[] size = taps.Count;
        (long image, long point) = Math.DivRem(first, taps.Points);
        (long row, long x) = Math.DivRem(point, size[2]);
        (long z, long y) = Math.DivRem(row, size[1]);
        int n = 0;
        for (int column = 0; column < count;)
        {
            int length = (int)Math.Min(count - column, size[2] - x);
            runs[n++] = new() { Image = image, Z = z, Y = y, X = x, Column = column, Length = length };
            column += length;
            x = 0;
            if (++y < size[1]) continue;
            y = 0;
            if (++z < size[0]) continue;
            z = 0;
            image++;
        }
        return n;
    }

    /// <summary>
    /// to[(q - first) * stride + column] = the source at tap q / channels and channel q % channels, for q in [first, last), and zeros
    /// from <paramref name="columns"/> up to <paramref name="width"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Pack<T>(ConvTaps taps, long channels, T* source, long imageStep, ReadOnlySpan<ConvRun> runs, long first, long last,
        int columns, int width, T* to, long stride) where T : unmanaged
    {
        long depth = taps.Source[0], height = taps.Source[1], length = taps.Source[2], plane = taps.SourcePlane;
        (long sz, long sy, long sx) = (taps.Step[0], taps.Step[1], taps.Step[2]);
        for (long q = first; q < last;)
        {
            (long tap, long channel) = Math.DivRem(q, channels);
            long n = Math.Min(last - q, channels - channel);
            (long dz, long dy, long dx) = (taps.Taps[3 * tap], taps.Taps[3 * tap + 1], taps.Taps[3 * tap + 2]);
            T* row = to + (q - first) * stride;
            foreach (ref readonly ConvRun run in runs)
            {
                long z = run.Z * sz + dz, y = run.Y * sy + dy;
                T* target = row + run.Column;
                if ((ulong)z >= (ulong)depth || (ulong)y >= (ulong)height)
                {
                    Clear(target, run.Length, n, stride);
                    continue;
                }
                (long low, long high) = Inside(run.X * sx + dx, sx, length, run.Length);
                T* from = source + run.Image * imageStep + channel * plane + (z * height + y) * length + (run.X + low) * sx + dx;
                if (low > 0) Clear(target, low, n, stride);
                if (high < run.Length) Clear(target + high, run.Length - high, n, stride);
                if (high > low) Copy(from, sx, plane, target + low, high - low, n, stride);
            }
            if (columns < width) Clear(row + columns, width - columns, n, stride);
            q += n;
        }
    }

    /// <summary>The part [low, high) of i in [0, count) for which start + i · step is in [0, length).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (long Low, long High) Inside(long start, long step, long length, long count)
    {
        if (start >= 0 && start + (count - 1) * step < length) return (0, count);
        long low = start >= 0 ? 0 : step == 1 ? -start : (step - 1 - start) / step;
        long high = start >= length ? 0 : step == 1 ? length - start : (length - 1 - start) / step + 1;
        high = Math.Min(high, count);
        low = Math.Min(low, count);
        return (low, Math.Max(low, high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Clear<T>(T* to, long count, long rows, long stride) where T : unmanaged
    {
        for (; rows > 0; rows--, to += stride)
        {
            for (long i = 0; i < count; i++) to[i] = default;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<T>(T* from, long step, long plane, T* to, long count, long rows, long stride) where T : unmanaged
    {
        if (step != 1)
        {
            for (; rows > 0; rows--, from += plane, to += stride)
            {
                long i = step == 2 ? EverySecond(from, to, count) : 0;
                for (; i < count; i++) to[i] = from[i * step];
            }
            return;
        }
        long bytes = count * sizeof(T);
        if (bytes == 16)
        {
            for (; rows > 0; rows--, from += plane, to += stride) Vector128.Load((byte*)from).Store((byte*)to);
            return;
        }
        for (; rows > 0; rows--, from += plane, to += stride)
        {
            byte* x = (byte*)from, y = (byte*)to;
            // The last part overlaps the one before.
            if (bytes >= 32)
            {
                for (long i = 0; i < bytes - 32; i += 32) Vector256.Load(x + i).Store(y + i);
                Vector256.Load(x + bytes - 32).Store(y + bytes - 32);
            }
            else if (bytes >= 16)
            {
                Vector128<byte> end = Vector128.Load(x + bytes - 16);
                Vector128.Load(x).Store(y);
                end.Store(y + bytes - 16);
            }
            else for (long i = 0; i < count; i++) to[i] = from[i];
        }
    }

    /// <summary>to[i] = from[2 i] for i below count, as far as registers go; returns where they end. Nothing beyond the last value is
    /// read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long EverySecond<T>(T* from, T* to, long count) where T : unmanaged
    {
        long i = 0;
        if (sizeof(T) != 4 || !BitConverter.IsLittleEndian || !Vector128.IsHardwareAccelerated) return i;
        // Pairs of values as numbers of 64 bits: the lower halves, or those a place earlier and their upper halves.
        for (; count - i >= 8; i += 8)
        {
            Vector256<ulong> low = Vector256.Load((ulong*)(from + 2 * i)), high = Vector256.Load((ulong*)(from + 2 * i + 7)) >>> 32;
            Vector256.Narrow(low, high).Store((uint*)(to + i));
        }
        if (count - i >= 4)
        {
            Vector128<ulong> low = Vector128.Load((ulong*)(from + 2 * i)), high = Vector128.Load((ulong*)(from + 2 * i + 3)) >>> 32;
            Vector128.Narrow(low, high).Store((uint*)(to + i));
            i += 4;
        }
        return i;
    }
}
