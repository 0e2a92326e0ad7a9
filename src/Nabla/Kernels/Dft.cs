using System.Numerics;

namespace Nabla.Kernels;

/// <summary>Discrete Fourier transforms along one dimension.</summary>
internal static class Dft
{
    /// <summary>Sequences transformed side by side.</summary>
    private const int Width = 16;

    /// <summary>scale · Σ x[p] e^(∓2πipq/n) along a dimension counted from the end, of a complex tensor.</summary>
    internal static Tensor Run(Tensor x, int dim, bool inverse, double scale)
    {
        Tensor y = Tensor.Allocate(new Layout(x.layout.shape), x.dtype);
        if (y.layout.Count == 0) return y;
        if (x.dtype == DType.Complex64) Run(Pairs.Of(x), Pairs.Of(y), dim - 1, inverse, (float)scale);
        else Run(Pairs.Of(x), Pairs.Of(y), dim - 1, inverse, scale);
        return y;
    }

    private static void Run<T>(Tensor x, Tensor y, int dim, bool inverse, T scale) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = checked((int)x.layout.shape[^-dim]);
        long sequences = x.layout.Count / 2 / n;
        DftPlan<T> plan = DftPlan<T>.Of(n);
        long grain = Math.Max(Width, (1 << 14) / n / Width * Width);
        (Layout from, Layout into) = (Others(x.layout, dim), Others(y.layout, dim));
        Parallel.For(sequences, grain, new Sequences<T>(x, y, from, into, dim, plan, inverse, scale));
    }

    /// <summary>The layout without the transformed dimension and without the pair: one element per sequence.</summary>
    private static Layout Others(Layout l, int dim)
    {
        int at = l.Rank + dim;
        return new([.. l.shape[..at], .. l.shape[(at + 1)..^1]], [.. l.strides[..at], .. l.strides[(at + 1)..^1]], l.Offset);
    }

    private readonly struct Sequences<T>(Tensor x, Tensor y, Layout from, Layout into, int dim, DftPlan<T> plan, bool inverse, T scale)
        : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long first, long last)
        {
            int n = (int)x.layout.shape[^-dim], most = (int)Math.Min(Width, last - first), room = plan.Room(most);
            T[] re = new T[room], im = new T[room], re2 = new T[room], im2 = new T[room];
            Span<long> places = stackalloc long[Width];
            for (long at = first; at < last; at += Width)
            {
                int w = (int)Math.Min(Width, last - at);
                for (int s = 0; s < w; s++) places[s] = from.At(at + s);
                long step = x.layout.strides[^-dim];
                for (int s = 0; s < w; s++)
                    for (int p = 0; p < n; p++)
                    {
                        ref T pair = ref x.storage.At<T>(places[s] + p * step);
                        (re[p * w + s], im[p * w + s]) = (pair, System.Runtime.CompilerServices.Unsafe.Add(ref pair, 1));
                    }
                // The inverse transform is the transform with parts exchanged.
                if (inverse) plan.Run(ref im, ref re, ref im2, ref re2, w);
                else plan.Run(ref re, ref im, ref re2, ref im2, w);
                step = y.layout.strides[^-dim];
                for (int s = 0; s < w; s++)
                {
                    long place = into.At(at + s);
                    for (int p = 0; p < n; p++)
                    {
                        ref T pair = ref y.storage.At<T>(place + p * step);
                        (pair, System.Runtime.CompilerServices.Unsafe.Add(ref pair, 1)) = (re[p * w + s] * scale, im[p * w + s] * scale);
                    }
                }
            }
        }
    }
}
