using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Maxima of windows and where they are. The first of equal values counts; NaN wins, the last one.</summary>
internal static class PoolMax
{
    private const long Grain = 1 << 14;

    /// <summary>Maxima, and int64 places counted within a plane.</summary>
    internal static Tensor[] Run(Tensor x, PoolWindows windows)
    {
        if (x.dtype is DType.Float16 or DType.BFloat16)
        {
            // Exact, and comparing floats takes a tenth of the time.
            Tensor[] wide = Run(Copy.Cast(x, DType.Float32), windows);
            return [Copy.Cast(wide[0], x.dtype), wide[1]];
        }
        Tensor[] y = Results(x, windows.Output);
        if (y[0].layout.Count > 0) Drive(Copy.Contiguous(x), y, windows, new Fixed(windows));
        return y;
    }

    /// <summary>The same with windows of a kernel's size that begin where random samples say, other ones in each plane.</summary>
    internal static Tensor[] Fractional(Tensor x, Tensor samples, Shape kernel, Shape input, Shape output)
    {
        Tensor[] y = Results(x, output);
        if (y[0].layout.Count == 0) return y;
        double[] drawn = new double[samples.layout.Count];
        Tensor wide = Copy.Contiguous(Copy.Cast(samples, DType.Float64));
        wide.Span<double>().CopyTo(drawn);
        long[][] none = new long[input.Count][];
        for (int d = 0; d < none.Length; d++) none[d] = new long[output[d]];
        long[] step = new long[input.Count];
        Array.Fill(step, 1);
        Drive(Copy.Contiguous(x), y, new(input, output, none, none, step), new Drawn(drawn, kernel, input, output, samples.dtype));
        return y;
    }

    /// <summary>Zeros with the gradients of maxima added where they were.</summary>
    internal static Tensor Backward(Tensor g, Tensor places, Shape input)
    {
        Tensor y = Tensor.Allocate(new Layout(PoolWindows.Replaced(g.layout.shape, input)), g.dtype);
        (g, places) = (Copy.Contiguous(g), Copy.Contiguous(places));
        if (g.dtype == DType.Float32) Back<float>(g, places, y, input);
        else Back<double>(g, places, y, input);
        return y;
    }

    private static void Back<T>(Tensor g, Tensor places, Tensor y, Shape input) where T : unmanaged, INumber<T>
    {
        long plane = input.NumElements, own = g.layout.Count / Math.Max(1, y.layout.Count / Math.Max(1, plane));
        if (y.layout.Count == 0) return;
        Parallel.For(y.layout.Count / plane, Math.Max(1, Grain / plane), new Planes<T>(g, places, y, plane, own));
    }

    private readonly struct Planes<T>(Tensor g, Tensor places, Tensor y, long plane, long own) : IRange where T : unmanaged, INumber<T>
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                Span<T> target = y.storage.Span<T>(i * plane, plane);
                target.Clear();
                ReadOnlySpan<T> d = g.storage.Span<T>(g.layout.Offset + i * own, own);
                ReadOnlySpan<long> at = places.storage.Span<long>(places.layout.Offset + i * own, own);
                for (int o = 0; o < d.Length; o++) target[(int)at[o]] += d[o];
            }
        }
    }

    private static Tensor[] Results(Tensor x, Shape output)
    {
        Layout layout = new(PoolWindows.Replaced(x.layout.shape, output));
        return [Tensor.Allocate(layout, x.dtype), Tensor.Allocate(layout, DType.Int64)];
    }

    private static void Drive<TPlaces>(Tensor x, Tensor[] y, PoolWindows windows, TPlaces places) where TPlaces : struct, IPlaces
    {
        switch (x.dtype)
        {
            case DType.Float32: Run<float, TPlaces>(x, y, windows, places); break;
            case DType.Float64: Run<double, TPlaces>(x, y, windows, places); break;
            case DType.Float16: Run<Half, TPlaces>(x, y, windows, places); break;
            case DType.BFloat16: Wide(x, y, windows, places); break;
            case DType.Int64: Run<long, TPlaces>(x, y, windows, places); break;
            case DType.Int32: Run<int, TPlaces>(x, y, windows, places); break;
            case DType.Int16: Run<short, TPlaces>(x, y, windows, places); break;
            case DType.Int8: Run<sbyte, TPlaces>(x, y, windows, places); break;
            default: Run<byte, TPlaces>(x, y, windows, places); break;
        }
    }

    private static void Wide<TPlaces>(Tensor x, Tensor[] y, PoolWindows windows, TPlaces places) where TPlaces : struct, IPlaces
    {
        Tensor[] wide = [Tensor.Allocate(y[0].layout, DType.Float32), y[1]];
        Run<float, TPlaces>(Copy.Cast(x, DType.Float32), wide, windows, places);
        Copy.Run(wide[0], y[0]);
    }

    private static void Run<T, TPlaces>(Tensor x, Tensor[] y, PoolWindows windows, TPlaces places)
        where T : unmanaged, INumber<T> where TPlaces : struct, IPlaces
    {
        long planes = y[0].layout.Count / windows.OutputPlane, size = Math.Max(windows.InputPlane, windows.OutputPlane);
        object? lines = typeof(TPlaces) != typeof(Fixed) || windows.Halves ? null
            : typeof(T) == typeof(float) ? PoolLines<float>.Of(windows)
            : typeof(T) == typeof(double) ? PoolLines<double>.Of(windows) : null;
        Parallel.For(planes, Math.Max(1, Grain / size), new Body<T, TPlaces>(x, y[0], y[1], windows, places, lines));
    }

    /// <summary>Where the windows of a plane begin and end.</summary>
    private interface IPlaces
    {
        (long[][] Start, long[][] End) Of(long plane);
    }

    private readonly struct Fixed(PoolWindows windows) : IPlaces
    {
        public (long[][] Start, long[][] End) Of(long plane) => (windows.Start, windows.End);
    }

    private readonly struct Drawn(double[] samples, Shape kernel, Shape input, Shape output, DType dtype) : IPlaces
    {
        public (long[][] Start, long[][] End) Of(long plane)
        {
            int n = kernel.Count;
            long[][] start = [[0], [0], [0]], end = [[1], [1], [1]];
            for (int d = 0; d < n; d++)
            {
                // As in PyTorch, the first sample of a plane serves the width in two dimensions, the depth in three.
                double sample = samples[plane * n + (n == 2 ? 1 - d : d)];
                long[] first = start[3 - n + d] = Intervals(sample, input[d], output[d], kernel[d]);
                long[] after = end[3 - n + d] = new long[first.Length];
                for (int i = 0; i < after.Length; i++) after[i] = first[i] + kernel[d];
            }
            return (start, end);
        }

        private long[] Intervals(double sample, long size, long count, long pool)
        {
            long[] start = new long[count];
            double alpha = count > 1 ? Rounded(Rounded(size - pool) / Rounded(count - 1)) : 0;
            long origin = (long)Rounded(sample * alpha);
            for (long i = 0; i < count - 1; i++)
                start[i] = Math.Clamp((long)Rounded(Rounded(i + sample) * alpha) - origin, 0, size - pool);
            start[^1] = size - pool;
            return start;
        }

        private double Rounded(double x) => dtype switch
        {
            DType.Float16 => (double)(Half)(float)x,
            DType.BFloat16 => (double)(float)(BFloat16)x,
            DType.Float32 => (float)x,
            _ => x,
        };
    }

    private readonly struct Body<T, TPlaces>(Tensor x, Tensor y, Tensor index, PoolWindows windows, TPlaces places,
        object? lines) : IRange where T : unmanaged, INumber<T> where TPlaces : struct, IPlaces
    {
        public void Run(long from, long to)
        {
            for (long plane = from; plane < to; plane++)
            {
                (long[][] start, long[][] end) = places.Of(plane);
                Plane(ref x.storage.At<T>(x.layout.Offset + plane * windows.InputPlane),
                    y.storage.Span<T>(plane * windows.OutputPlane, windows.OutputPlane),
                    index.storage.Span<long>(plane * windows.OutputPlane, windows.OutputPlane), start, end);
            }
        }

        private void Plane(ref T source, Span<T> y, Span<long> at, long[][] start, long[][] end)
        {
            if (typeof(T) == typeof(float) && windows.Halves && BitConverter.IsLittleEndian)
                PoolHalves.Plane(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, float>(ref source), (int)windows.InputPlane),
                    MemoryMarshal.Cast<T, float>(y), at, (int)windows.Input[^1], (int)windows.Output[^1], windows.Rank == 1);
            else Windows(ref source, y, at, start, end);
        }

        private void Windows(ref T source, Span<T> y, Span<long> at, long[][] start, long[][] end)
        {
            int columns = start[2].Length, o = 0;
            for (int oz = 0; oz < start[0].Length; oz++)
            {
                for (int oy = 0; oy < start[1].Length; oy++, o += columns)
                {
                    (long from, long to) = (0, 0);
                    bool met = typeof(T) == typeof(float) ? Lines<float>(ref source, y, at, oz, oy, o, out from, out to)
                        : typeof(T) == typeof(double) && Lines<double>(ref source, y, at, oz, oy, o, out from, out to);
                    if (!met) (from, to) = (0, 0);
                    Line(ref source, y, at, start, end, oz, oy, 0, (int)from);
                    Line(ref source, y, at, start, end, oz, oy, (int)to, columns);
                }
            }
        }

        /// <summary>A register of windows at a time, where there are such loops.</summary>
        private unsafe bool Lines<TFloat>(ref T source, Span<T> y, Span<long> at, int oz, int oy, int o, out long from, out long to)
            where TFloat : unmanaged, IFloatingPointIeee754<TFloat>
        {
            (from, to) = (0, 0);
            if (lines is not PoolLines<TFloat> own) return false;
            TFloat* scratch = GemmBuffers.Get<TFloat>(GemmBuffers.Panel, own.Scratch);
            fixed (T* x = &source, max = y[o..])
            fixed (long* places = at[o..])
                return own.Line((TFloat*)x, oz, oy, (TFloat*)max, places, scratch, out from, out to);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Line(ref T source, Span<T> y, Span<long> at, long[][] start, long[][] end, int oz, int oy, int from, int to)
        {
            long width = windows.Input[^1], height = windows.Rank > 1 ? windows.Input[^2] : 1, last = windows.InputPlane - 1;
            (long dz, long dy, long dx) = (windows.Step[0], windows.Step[1], windows.Step[2]);
            int o = (oz * start[1].Length + oy) * start[2].Length + from;
            for (int ox = from; ox < to; ox++, o++)
            {
                (long z0, long y0, long x0, long x1) = (start[0][oz], start[1][oy], start[2][ox], end[2][ox]);
                long best = Math.Min((z0 * height + y0) * width + x0, last);
                bool any = z0 < end[0][oz] && y0 < end[1][oy] && x0 < x1;
                if (any && typeof(T) == typeof(float) && PoolLines<float>.Serves(windows, x1 - x0))
                {
                    Wide<float>(ref source, y, at, o, (z0, end[0][oz]), (y0, end[1][oy]), (x0, x1));
                    continue;
                }
                if (any && typeof(T) == typeof(double) && PoolLines<double>.Serves(windows, x1 - x0))
                {
                    Wide<double>(ref source, y, at, o, (z0, end[0][oz]), (y0, end[1][oy]), (x0, x1));
                    continue;
                }
                T max = any ? Unsafe.Add(ref source, (nint)best) : Least();
                for (long z = z0; z < end[0][oz]; z += dz)
                {
                    for (long r = y0; r < end[1][oy]; r += dy)
                    {
                        long row = (z * height + r) * width;
                        for (long i = x0; i < x1; i += dx)
                        {
                            T v = Unsafe.Add(ref source, (nint)(row + i));
                            if (v <= max || !(v > max || T.IsNaN(v))) continue;
                            (max, best) = (v, row + i);
                        }
                    }
                }
                (y[o], at[o]) = (max, best);
            }
        }

        private unsafe void Wide<TFloat>(ref T source, Span<T> y, Span<long> at, int o, (long, long) zs, (long, long) ys, (long, long) xs)
            where TFloat : unmanaged, IFloatingPointIeee754<TFloat>
        {
            fixed (T* x = &source)
            {
                (TFloat max, at[o]) = PoolLines<TFloat>.Wide((TFloat*)x, windows, zs, ys, xs);
                y[o] = Unsafe.BitCast<TFloat, T>(max);
            }
        }

        /// <summary>The maximum of nothing: a window that has only padding.</summary>
        private static T Least() => T.CreateSaturating(double.NegativeInfinity);
    }
}
