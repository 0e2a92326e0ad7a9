using System.Numerics;

namespace Nabla.Kernels;

/// <summary>Which two of the three tensors of a sampling are multiplied.</summary>
internal enum SampleKind : byte
{
    /// <summary>y[c, p] = Σ w[t, p] x[c, at[t, p]].</summary>
    Values,
    /// <summary>x[c, s] = Σ w[t, p] y[c, p] over all at[t, p] = s.</summary>
    Image,
    /// <summary>w[t, p] = Σ y[c, p] x[c, at[t, p]].</summary>
    Weights,
}

/// <summary>Sums of a few elements of an image at given places, and the transposes of that. A place of -1 counts as an element
/// of 0; as in PyTorch, a weight of NaN there counts in 2 dimensions only.</summary>
internal static class GridSample
{
    private const long Grain = 1 << 14, Width = 1024;

    /// <param name="kind">What the result is.</param>
    /// <param name="a">y, or x for <see cref="SampleKind.Values"/>: [..., C, ...].</param>
    /// <param name="b">w, or x for <see cref="SampleKind.Weights"/>.</param>
    /// <param name="at">Places: [..., T, ...].</param>
    /// <param name="dims">The number of dimensions of an image.</param>
    /// <param name="sizes">Those of x.</param>
    internal static Tensor Run(SampleKind kind, Tensor a, Tensor b, Tensor at, int dims, long[] sizes)
    {
        DType compute = Promotion.Promote(a.dtype, b.dtype).Accumulator(), result = a.dtype;
        (a, b) = (Copy.Contiguous(Copy.Cast(a, compute)), Copy.Contiguous(Copy.Cast(b, compute)));
        at = Copy.Contiguous(at);
        long[] places = at.layout.shape[^dims..];
        long[] shape = kind switch
        {
            SampleKind.Values => [.. a.layout.shape[..^dims], .. places],
            SampleKind.Image => [.. a.layout.shape[..^dims], .. sizes],
            _ => at.layout.shape,
        };
        Tensor y = Tensor.Allocate(new Layout(shape), compute);
        if (y.layout.Count > 0)
        {
            if (compute == DType.Float32) Run<float>(kind, a, b, at, y, dims, sizes);
            else Run<double>(kind, a, b, at, y, dims, sizes);
        }
        return Copy.Cast(y, result);
    }

    private static void Run<T>(SampleKind kind, Tensor a, Tensor b, Tensor at, Tensor y, int dims, long[] sizes)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Fill.Run(y, 0);
        long places = Layout.Elements(at.layout.shape.AsSpan(at.Rank - dims)), taps = at.layout.shape[^(dims + 1)];
        long pixels = Layout.Elements(sizes), channels = a.layout.shape[^(dims + 1)];
        long items = Layout.Elements(at.layout.shape.AsSpan(0, at.Rank - dims - 1));
        if (kind == SampleKind.Weights)
        {
            long strips = (places + Width - 1) / Width;
            Parallel.For(items * strips, Math.Max(1, Grain / Math.Max(1, channels * taps * Math.Min(places, Width))),
                new WeightsBody<T>(a, b, at, y, channels, taps, places, pixels, strips));
        }
        else Parallel.For(items * channels, Math.Max(1, Grain / Math.Max(1, taps * places)),
            new ChannelBody<T>(a, b, at, y, channels, taps, places, pixels, kind == SampleKind.Values, dims == 2));
    }

    private readonly struct ChannelBody<T>(Tensor a, Tensor b, Tensor at, Tensor y, long channels, long taps, long places, long pixels,
        bool values, bool strict) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            long few = values ? pixels : places, many = values ? places : pixels;
            for (long unit = from; unit < to; unit++)
            {
                long list = unit / channels * taps * places;
                ReadOnlySpan<T> source = a.storage.Span<T>(a.layout.Offset + unit * few, few);
                Span<T> target = y.storage.Span<T>(unit * many, many);
                for (long t = 0; t < taps; t++)
                {
                    ReadOnlySpan<T> w = b.storage.Span<T>(b.layout.Offset + list + t * places, places);
                    ReadOnlySpan<long> place = at.storage.Span<long>(at.layout.Offset + list + t * places, places);
                    if (values)
                        for (int p = 0; p < w.Length; p++)
                        {
                            if (place[p] >= 0) target[p] += w[p] * source[(int)place[p]];
                            else if (strict) target[p] += w[p] * T.Zero;
                        }
                    else
                        for (int p = 0; p < w.Length; p++)
                            if (place[p] >= 0) target[(int)place[p]] += w[p] * source[p];
                }
            }
        }
    }

    private readonly struct WeightsBody<T>(Tensor a, Tensor b, Tensor at, Tensor y, long channels, long taps, long places, long pixels,
        long strips) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            for (long unit = from; unit < to; unit++)
            {
                (long item, long strip) = Math.DivRem(unit, strips);
                long first = strip * Width, width = Math.Min(Width, places - first);
                for (long t = 0; t < taps; t++)
                {
                    long list = (item * taps + t) * places + first;
                    ReadOnlySpan<long> place = at.storage.Span<long>(at.layout.Offset + list, width);
                    Span<T> target = y.storage.Span<T>(list, width);
                    for (long c = item * channels; c < (item + 1) * channels; c++)
                    {
                        ReadOnlySpan<T> g = a.storage.Span<T>(a.layout.Offset + c * places + first, width);
                        ReadOnlySpan<T> x = b.storage.Span<T>(b.layout.Offset + c * pixels, pixels);
                        for (int p = 0; p < g.Length; p++)
                            if (place[p] >= 0) target[p] += g[p] * x[(int)place[p]];
                    }
                }
            }
        }
    }
}
