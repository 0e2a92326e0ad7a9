using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Maxima of windows of one size at even distances, a register of neighbouring windows at a time.</summary>
internal sealed unsafe class PoolLines<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly PoolWindows windows;
    private readonly long[] kernel, stride, padding, dilation;
    private readonly long width, height;

    /// <summary>Windows of a line that lie within it, from First up to Last.</summary>
    private readonly long first, last;

    /// <summary>Numbers of scratch memory: every stride-th value of a line side by side, for each line of a window.</summary>
    internal long Scratch { get; }

    /// <summary>Windows that these loops serve, or null. Places are kept as numbers of the type, which must hold them.</summary>
    internal static PoolLines<T>? Of(PoolWindows windows)
    {
        if (windows.Kernel.Count == 0 || windows.InputPlane >= 1L << (sizeof(T) == 4 ? 24 : 31)) return null;
        PoolLines<T> lines = new(windows);
        return lines.last - lines.first >= Vector<T>.Count && lines.kernel[0] * lines.kernel[1] * lines.kernel[2] <= 128 ? lines : null;
    }

    private PoolLines(PoolWindows windows)
    {
        this.windows = windows;
        (kernel, stride) = (Window.Three(windows.Kernel, 1), Window.Three(windows.Stride, 1));
        (padding, dilation) = (Window.Three(windows.Padding, 0), Window.Three(windows.Dilation, 1));
        (width, height) = (windows.Input[^1], windows.Rank > 1 ? windows.Input[^2] : 1);
        first = (padding[2] + stride[2] - 1) / stride[2];
        long reach = width - 1 + padding[2] - (kernel[2] - 1) * dilation[2];
        last = Math.Min(windows.Output[^1], reach < 0 ? 0 : reach / stride[2] + 1);
        Scratch = stride[2] == 1 ? 0 : kernel[0] * kernel[1] * (width + stride[2]);
    }

    /// <summary>The windows of line (z, y) that lie within theirs: from..to of the result. False if no line of the input is met.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal bool Line(T* plane, int z, int y, T* max, long* at, T* scratch, out long from, out long to)
    {
        (from, to) = (first, last);
        T** taps = stackalloc T*[128];
        T* places = stackalloc T[128];
        int count = 0;
        long step = stride[2], segment = width / step + 1, start = first * step - padding[2];
        for (long i = windows.Start[0][z]; i < windows.End[0][z]; i += dilation[0])
        {
            for (long j = windows.Start[1][y]; j < windows.End[1][y]; j += dilation[1])
            {
                T* line = plane + (i * height + j) * width;
                if (step > 1) Split(line, scratch, segment);
                for (long k = 0; k < kernel[2]; k++)
                {
                    long x = start + k * dilation[2];
                    places[count] = T.CreateTruncating((i * height + j) * width + x);
                    taps[count++] = step == 1 ? line + x : scratch + x % step * segment + x / step;
                }
                if (step > 1) scratch += step * segment;
            }
        }
        if (count == 0) return false;
        Vector<T> least = new(T.NegativeInfinity), apart = new Vector<T>(T.CreateTruncating(step)) * Vector<T>.Indices;
        for (long i = 0; i < last - first; i += Vector<T>.Count)
        {
            // The last register overlaps the one before.
            long o = Math.Min(i, last - first - Vector<T>.Count);
            Vector<T> ahead = apart + new Vector<T>(T.CreateTruncating(o * step)), best = ahead + new Vector<T>(places[0]), m = least;
            for (int t = 0; t < count; t++)
            {
                Vector<T> v = Vector.Load(taps[t] + o);
                Vector<T> better = Vector.GreaterThan(v, m) | ~Vector.Equals(v, v);
                m = Vector.ConditionalSelect(better, v, m);
                best = Vector.ConditionalSelect(better, ahead + new Vector<T>(places[t]), best);
            }
            m.Store(max + first + o);
            Put(best, at + first + o);
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector<T> places, long* at)
    {
        if (sizeof(T) == sizeof(double))
        {
            Vector.ConvertToInt64(places.As<T, double>()).Store(at);
            return;
        }
        Vector.Widen(Vector.ConvertToInt32(places.As<T, float>()), out Vector<long> low, out Vector<long> high);
        low.Store(at);
        high.Store(at + Vector<long>.Count);
    }

    /// <summary>Every stride-th value of a line side by side.</summary>
    private void Split(T* line, T* to, long segment)
    {
        long step = stride[2];
        if (step == 2)
        {
            Planes.Split(line, to, to + segment, width / 2);
            if (width % 2 != 0) to[width / 2] = line[width - 1];
            return;
        }
        for (long r = 0; r < step; r++, to += segment)
            for (long i = r, j = 0; i < width; i += step, j++) to[j] = line[i];
    }

    /// <summary>The maximum of one window, of lines as long as a register at least, and its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static (T Max, long Place) Wide(T* plane, PoolWindows windows, (long From, long To) z, (long From, long To) y,
        (long From, long To) x)
    {
        long width = windows.Input[^1], height = windows.Rank > 1 ? windows.Input[^2] : 1;
        long first = (z.From * height + y.From) * width + x.From;
        Vector<T> m = new(T.NegativeInfinity), best = Vector<T>.Indices + new Vector<T>(T.CreateTruncating(first));
        for (long i = z.From; i < z.To; i += windows.Step[0])
        {
            for (long j = y.From; j < y.To; j += windows.Step[1])
            {
                for (long k = x.From; k < x.To; k += Vector<T>.Count)
                {
                    // The last register overlaps the one before.
                    long place = (i * height + j) * width + Math.Min(k, x.To - Vector<T>.Count);
                    Vector<T> v = Vector.Load(plane + place), better = Vector.GreaterThan(v, m) | ~Vector.Equals(v, v);
                    m = Vector.ConditionalSelect(better, v, m);
                    best = Vector.ConditionalSelect(better, Vector<T>.Indices + new Vector<T>(T.CreateTruncating(place)), best);
                }
            }
        }
        // Of equal ones the first place, of NaN the last.
        (T max, T at) = (m[0], best[0]);
        for (int i = 1; i < Vector<T>.Count; i++)
        {
            (T v, T place) = (m[i], best[i]);
            if (T.IsNaN(v) ? !T.IsNaN(max) || place > at : v > max || (v == max && place < at)) (max, at) = (v, place);
        }
        return (max, long.CreateTruncating(at));
    }

    /// <summary>Whether <see cref="Wide"/> serves windows of that many columns.</summary>
    internal static bool Serves(PoolWindows windows, long columns) =>
        columns >= Vector<T>.Count && windows.Step[2] == 1 && windows.InputPlane < 1L << (sizeof(T) == 4 ? 24 : 31);
}
