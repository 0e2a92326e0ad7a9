using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Patches as columns, [.., c, sizes] to [.., c · kernel elements, windows], and back, where patches that overlap are added.
/// </summary>
internal static unsafe class ConvPatches
{
    private const long Grain = 1 << 14;

    /// <summary>Patches as columns.</summary>
    internal static Tensor Columns(Tensor x, Window w)
    {
        long[] lead = x.layout.shape[..^w.Rank];
        Tensor y = Tensor.Allocate(new Layout([.. lead[..^1], lead[^1] * w.KernelPlane, w.OutputPlane]), x.dtype);
        if (y.layout.Count == 0) return y;
        x = Copy.Contiguous(x);
        switch (x.dtype.ItemSize())
        {
            case 1: Run<byte>(x, y, w, y.layout.Count, false); break;
            case 2: Run<short>(x, y, w, y.layout.Count, false); break;
            case 4: Run<int>(x, y, w, y.layout.Count, false); break;
            default: Run<long>(x, y, w, y.layout.Count, false); break;
        }
        return y;
    }

    /// <summary>The sum of patches.</summary>
    internal static Tensor Image(Tensor x, Window w)
    {
        if (x.dtype == DType.Bool) return Copy.Cast(Image(Copy.Cast(x, DType.Int32), w), DType.Bool);
        if (x.dtype.Accumulator() != x.dtype) return Copy.Cast(Image(Copy.Cast(x, DType.Float32), w), x.dtype);
        long[] lead = x.layout.shape[..^1];
        Tensor y = Tensor.Allocate(new Layout([.. lead[..^1], lead[^1] / Math.Max(1, w.KernelPlane), .. w.Input.Values]), x.dtype);
        if (y.layout.Count == 0) return y;
        Fill.Run(y, 0);
        x = Copy.Contiguous(x);
        switch (x.dtype)
        {
            case DType.Float32: Run<float>(x, y, w, x.layout.Count, true); break;
            case DType.Float64: Run<double>(x, y, w, x.layout.Count, true); break;
            default: Run<int>(x, y, w, x.layout.Count, true); break;
        }
        return y;
    }

    private static void Run<T>(Tensor x, Tensor y, Window w, long columns, bool add) where T : unmanaged, INumber<T>
    {
        if (columns == 0) return;
        long size = w.KernelPlane * w.OutputPlane;
        fixed (T* px = x.Span<T>(), py = y.Span<T>())
            Parallel.For(columns / size, Math.Max(1, Grain / size), new Body<T>(add ? py : px, add ? px : py, ConvTaps.Forward(w, 1, 1),
                add));
    }

    private readonly struct Body<T>(T* image, T* columns, ConvTaps taps, bool add) : IRange where T : unmanaged, INumber<T>
    {
        public void Run(long from, long to)
        {
            long size = taps.Points * taps.TapCount;
            for (long plane = from; plane < to; plane++)
            {
                for (int t = 0; t < taps.TapCount; t++)
                    One(image + plane * taps.SourcePlane, columns + plane * size + t * taps.Points, t);
            }
        }

        private void One(T* plane, T* column, int t)
        {
            (long height, long width, long n) = (taps.Source[1], taps.Source[2], taps.Count[2]);
            (long step, long dx) = (taps.Step[2], taps.Taps[3 * t + 2]);
            (long low, long high) = ConvRuns.Inside(dx, step, width, n);
            for (long z = 0; z < taps.Count[0]; z++)
            {
                for (long y = 0; y < taps.Count[1]; y++, column += n)
                {
                    long sz = z * taps.Step[0] + taps.Taps[3 * t], sy = y * taps.Step[1] + taps.Taps[3 * t + 1];
                    bool inside = (ulong)sz < (ulong)taps.Source[0] && (ulong)sy < (ulong)height;
                    T* row = plane + (sz * height + sy) * width + dx;
                    if (add)
                    {
                        for (long i = low; inside && i < high; i++) row[i * step] += column[i];
                        continue;
                    }
                    for (long i = 0; i < n; i++) column[i] = inside && i >= low && i < high ? row[i * step] : T.Zero;
                }
            }
        }
    }
}
