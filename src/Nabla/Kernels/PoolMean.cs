using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla.Kernels;

/// <summary>Means of windows, and their transpose: each element divided evenly among its window.</summary>
internal static class PoolMean
{
    private const long Grain = 1 << 14;

    /// <summary>Means of windows.</summary>
    internal static Tensor Run(Tensor x, PoolWindows windows) => Run(x, windows, false);

    /// <summary>The transpose.</summary>
    internal static Tensor Spread(Tensor x, PoolWindows windows) => Run(x, windows, true);

    private static Tensor Run(Tensor x, PoolWindows windows, bool spread)
    {
        if (x.dtype.Accumulator() != x.dtype) return Copy.Cast(Run(Copy.Cast(x, DType.Float32), windows, spread), x.dtype);
        Shape from = spread ? windows.Output : windows.Input, to = spread ? windows.Input : windows.Output;
        Tensor y = Tensor.Allocate(new Layout(PoolWindows.Replaced(x.layout.shape, to)), x.dtype);
        if (y.layout.Count == 0) return y;
        if (x.layout.Count == 0)
        {
            Fill.Run(y, 0);
            return y;
        }
        x = Copy.Contiguous(x);
        long planes = y.layout.Count / Layout.Elements(to.Values);
        long grain = Math.Max(1, Grain / Math.Max(windows.InputPlane, windows.OutputPlane));
        if (x.dtype == DType.Float32) Parallel.For(planes, grain, new Body<float>(x, y, windows, spread));
        else if (x.dtype == DType.Float64) Parallel.For(planes, grain, new Body<double>(x, y, windows, spread));
        else Parallel.For(planes, grain, new Body<long>(x, y, windows, spread));
        return y;
    }

    private readonly struct Body<T>(Tensor x, Tensor y, PoolWindows w, bool spread) : IRange where T : unmanaged, INumber<T>
    {
        public void Run(long from, long to)
        {
            (long input, long output) = (w.InputPlane, w.OutputPlane);
            T[] row = new T[w.Input[^1]];
            for (long plane = from; plane < to; plane++)
            {
                if (spread) Spread(x.storage.Span<T>(x.layout.Offset + plane * output, output), y.storage.Span<T>(plane * input, input),
                    row);
                else Means(x.storage.Span<T>(x.layout.Offset + plane * input, input), y.storage.Span<T>(plane * output, output), row);
            }
        }

        /// <summary>Rows of a window are added first, then neighbours in the sum.</summary>
        private void Means(ReadOnlySpan<T> source, Span<T> target, Span<T> row)
        {
            int n = w.Rank, width = row.Length, o = 0;
            long height = n > 1 ? w.Input[^2] : 1;
            for (int oz = 0; oz < w.Start[0].Length; oz++)
            {
                for (int oy = 0; oy < w.Start[1].Length; oy++)
                {
                    row.Clear();
                    for (long z = w.Start[0][oz]; z < w.End[0][oz]; z++)
                    {
                        for (long r = w.Start[1][oy]; r < w.End[1][oy]; r++)
                            TensorPrimitives.Add(row, source.Slice((int)((z * height + r) * width), width), row);
                    }
                    long by = w.Divisor[0][oz] * w.Divisor[1][oy];
                    for (int ox = 0; ox < w.Start[2].Length; ox++)
                    {
                        T sum = T.Zero;
                        for (long i = w.Start[2][ox]; i < w.End[2][ox]; i++) sum += row[(int)i];
                        target[o++] = sum / T.CreateTruncating(by * w.Divisor[2][ox]);
                    }
                }
            }
        }

        private void Spread(ReadOnlySpan<T> source, Span<T> target, Span<T> row)
        {
            int n = w.Rank, width = row.Length, o = 0;
            long height = n > 1 ? w.Input[^2] : 1;
            target.Clear();
            for (int oz = 0; oz < w.Start[0].Length; oz++)
            {
                for (int oy = 0; oy < w.Start[1].Length; oy++)
                {
                    row.Clear();
                    long by = w.Divisor[0][oz] * w.Divisor[1][oy];
                    for (int ox = 0; ox < w.Start[2].Length; ox++)
                    {
                        T part = source[o++] / T.CreateTruncating(by * w.Divisor[2][ox]);
                        for (long i = w.Start[2][ox]; i < w.End[2][ox]; i++) row[(int)i] += part;
                    }
                    for (long z = w.Start[0][oz]; z < w.End[0][oz]; z++)
                    {
                        for (long r = w.Start[1][oy]; r < w.End[1][oy]; r++)
                        {
                            Span<T> to = target.Slice((int)((z * height + r) * width), width);
                            TensorPrimitives.Add<T>(row, to, to);
                        }
                    }
                }
            }
        }
    }
}
