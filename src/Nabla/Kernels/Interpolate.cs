using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla.Kernels;

/// <summary>Resampling along dimensions: each element is a weighted sum of a few of its line.</summary>
internal static class Interpolate
{
    private const long Grain = 1 << 14, Width = 1024;

    /// <summary>Resamples the last dimensions, the last one first; or adds gradients up, in the other direction.</summary>
    internal static Tensor Run(Tensor x, ReadOnlySpan<ResamplePlan> plans, bool transposed)
    {
        DType dtype = x.dtype;
        bool copies = true;
        foreach (ResamplePlan plan in plans) copies &= plan.Copies;
        if (!copies && dtype.Accumulator() != dtype) x = Copy.Cast(x, dtype.Accumulator());
        for (int k = 0; k < plans.Length; k++)
        {
            int d = transposed ? plans.Length - 1 - k : k;
            if (copies) x = Copied(x, plans[d], -1 - d, transposed, dtype);
            else if (dtype == DType.UInt8) x = Bytes(x, plans[d], -1 - d);
            else if (x.dtype == DType.Float32) x = Weighted<float>(x, plans[d], -1 - d, transposed);
            else x = Weighted<double>(x, plans[d], -1 - d, transposed);
        }
        return Copy.Cast(x, dtype);
    }

    private static Layout Resized(Layout x, int dim, long size)
    {
        long[] shape = [.. x.shape];
        shape[^-dim] = size;
        return new Layout(shape);
    }

    private static Tensor Copied(Tensor x, ResamplePlan plan, int dim, bool transposed, DType dtype)
    {
        ResampleTable table = new(plan, dtype != DType.Float64);
        Tensor at = Tensor.From<long>(table.At);
        if (!transposed) return Indexing.Take(x, dim, -1 - dim, at, 1);
        Tensor y = Tensor.Allocate(Resized(x.layout, dim, plan.In), x.dtype);
        Fill.Run(y, 0);
        Indexing.Put(y, dim, -1 - dim, at, 1, x, accumulate: true);
        return y;
    }

    private static Tensor Weighted<T>(Tensor x, ResamplePlan plan, int dim, bool transposed) where T : unmanaged, IFloatingPointIeee754<T>
    {
        x = Copy.Contiguous(x);
        Tensor y = Tensor.Allocate(Resized(x.layout, dim, transposed ? plan.In : plan.Out), x.dtype);
        if (y.layout.Count == 0) return y;
        if (transposed) Fill.Run(y, 0);
        if (x.layout.Count == 0) return y;
        ResampleTable table = new(plan, x.dtype != DType.Float64);
        T[] weights = Array.ConvertAll(table.Weights, T.CreateTruncating);
        long inner = Layout.Elements(x.layout.shape.AsSpan(x.Rank + dim + 1)), outer = x.layout.Count / inner / x.layout.shape[^-dim];
        long strips = (inner + Width - 1) / Width, work = plan.Out * table.Taps * Math.Min(inner, Width);
        Parallel.For(outer * strips, Math.Max(1, Grain / work), new Body<T>(x, y, plan, table, weights, inner, strips, transposed));
        return y;
    }

    private readonly struct Body<T>(Tensor x, Tensor y, ResamplePlan plan, ResampleTable table, T[] weights, long inner, long strips,
        bool transposed) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            for (long unit = from; unit < to; unit++)
            {
                (long outer, long strip) = Math.DivRem(unit, strips);
                long column = strip * Width, width = Math.Min(Width, inner - column);
                long few = x.layout.Offset + outer * (transposed ? plan.Out : plan.In) * inner + column;
                long many = outer * (transposed ? plan.In : plan.Out) * inner + column;
                if (inner == 1) Line(few, many);
                else if (transposed) Add(few, many, width);
                else Sum(few, many, width);
            }
        }

        private void Line(long from, long to)
        {
            ReadOnlySpan<T> source = x.storage.Span<T>(from, transposed ? plan.Out : plan.In);
            Span<T> target = y.storage.Span<T>(to, transposed ? plan.In : plan.Out);
            int taps = table.Taps;
            for (int j = 0; j < plan.Out; j++)
            {
                T sum = T.Zero;
                for (int k = j * taps; k < (j + 1) * taps; k++)
                {
                    if (transposed) target[(int)table.At[k]] += weights[k] * source[j];
                    else if (weights[k] != T.Zero) sum += weights[k] * source[(int)table.At[k]];
                }
                if (!transposed) target[j] = sum;
            }
        }

        private void Sum(long from, long to, long width)
        {
            for (long j = 0; j < plan.Out; j++)
            {
                Span<T> row = y.storage.Span<T>(to + j * inner, width);
                row.Clear();
                for (long k = j * table.Taps; k < (j + 1) * table.Taps; k++)
                    if (weights[k] != T.Zero)
                        TensorPrimitives.MultiplyAdd(x.storage.Span<T>(from + table.At[k] * inner, width), weights[k], row, row);
            }
        }

        private void Add(long from, long to, long width)
        {
            for (long j = 0; j < plan.Out; j++)
            {
                ReadOnlySpan<T> row = x.storage.Span<T>(from + j * inner, width);
                for (long k = j * table.Taps; k < (j + 1) * table.Taps; k++)
                {
                    Span<T> target = y.storage.Span<T>(to + table.At[k] * inner, width);
                    TensorPrimitives.MultiplyAdd(row, weights[k], target, target);
                }
            }
        }
    }

    /// <summary>Bytes: weights in fixed point, as many bits as 16 hold, and a result rounded to a byte after each dimension.</summary>
    private static Tensor Bytes(Tensor x, ResamplePlan plan, int dim)
    {
        x = Copy.Contiguous(x);
        Tensor y = Tensor.Allocate(Resized(x.layout, dim, plan.Out), x.dtype);
        if (y.layout.Count == 0 || plan.In == plan.Out) return plan.In == plan.Out ? x : y;
        ResampleTable table = new(plan, single: false);
        Merge(table);
        int bits = 0;
        double largest = TensorPrimitives.Max<double>(table.Weights);
        while (bits < 22 && 0.5 + largest * (1 << (bits + 1)) < 1 << 15) bits++;
        long[] weights = Array.ConvertAll(table.Weights, w => (long)(w * (1 << bits) + (w < 0 ? -0.5 : 0.5)));
        long inner = Layout.Elements(x.layout.shape.AsSpan(x.Rank + dim + 1)), outer = x.layout.Count / inner / plan.In;
        for (long o = 0; o < outer; o++)
            for (long j = 0; j < plan.Out; j++)
                for (long i = 0; i < inner; i++)
                {
                    long sum = 1L << (bits - 1);
                    for (long k = j * table.Taps; k < (j + 1) * table.Taps; k++)
                        sum += weights[k] * x.storage.At<byte>(x.layout.Offset + (o * plan.In + table.At[k]) * inner + i);
                    y.storage.At<byte>((o * plan.Out + j) * inner + i) = (byte)Math.Clamp(sum >> bits, 0, 255);
                }
        return y;
    }

    /// <summary>Weights of the same element, at a border, as one: each is rounded once.</summary>
    private static void Merge(ResampleTable table)
    {
        for (long j = 0; j < table.At.Length; j += table.Taps)
            for (long k = j + 1; k < j + table.Taps; k++)
                for (long same = j; same < k; same++)
                {
                    if (table.At[same] != table.At[k]) continue;
                    (table.Weights[same], table.Weights[k]) = (table.Weights[same] + table.Weights[k], 0);
                    break;
                }
    }
}
