using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla.Kernels;

/// <summary>Resampling along dimensions: each element is a weighted sum of a few of its line.</summary>
internal static class Interpolate
{
    /// <summary>Resamples the last dimensions, of which the plans' first is the last; or adds gradients up, in the other
    /// direction.</summary>
    internal static Tensor Run(Tensor x, ReadOnlySpan<ResamplePlan> plans, bool transposed)
    {
        bool copies = true;
        foreach (ResamplePlan plan in plans) copies &= plan.Copies;
        if (copies && !transposed) return Copied(x, plans);
        if (x.dtype == DType.UInt8 && !transposed)
        {
            for (int d = 0; d < plans.Length; d++) x = Bytes(x, plans[d], -1 - d);
            return x;
        }
        DType compute = x.dtype.Accumulator();
        if (compute == DType.Float32) return Copy.Cast(Weighted<float>(Copy.Cast(x, compute), plans, transposed), x.dtype);
        return Copy.Cast(Weighted<double>(Copy.Cast(x, DType.Float64), plans, transposed), x.dtype);
    }

    private static Tensor Resized(Tensor x, ReadOnlySpan<ResamplePlan> plans, bool transposed)
    {
        long[] shape = [.. x.layout.shape];
        for (int d = 0; d < plans.Length; d++) shape[^(d + 1)] = transposed ? plans[d].In : plans[d].Out;
        return Tensor.Allocate(new Layout(shape), x.dtype);
    }

    private static Tensor Copied(Tensor x, ReadOnlySpan<ResamplePlan> plans)
    {
        Tensor y = Resized(x, plans, false);
        if (y.layout.Count == 0) return y;
        bool single = x.dtype != DType.Float64;
        long[] rows = [0];
        long height = 1;
        for (int d = plans.Length - 1; d > 0; d--)
        {
            rows = Relocate.Pairs(rows, new ResampleTable(plans[d], single).At, plans[d].In);
            height *= plans[d].In;
        }
        Relocate.Run(Copy.Contiguous(x), y, height, plans[0].In, rows, new ResampleTable(plans[0], single).At);
        return y;
    }

    private static Tensor Weighted<T>(Tensor x, ReadOnlySpan<ResamplePlan> plans, bool transposed)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tensor y = Resized(x, plans, transposed);
        if (y.layout.Count == 0) return y;
        if (x.layout.Count == 0)
        {
            Fill.Run(y, 0);
            return y;
        }
        bool single = x.dtype != DType.Float64;
        SparseLine<T> rows = SparseLine<T>.One;
        for (int d = plans.Length - 1; d > 0; d--) rows = rows.Times(SparseLine<T>.Of(plans[d], single, transposed));
        ResamplePlanes.Run(Copy.Contiguous(x), y, rows, SparseLine<T>.Of(plans[0], single, transposed));
        return y;
    }

    /// <summary>Bytes: weights in fixed point, as many bits as 16 hold, and a result rounded to a byte after each dimension.</summary>
    private static Tensor Bytes(Tensor x, ResamplePlan plan, int dim)
    {
        x = Copy.Contiguous(x);
        long[] shape = [.. x.layout.shape];
        shape[^-dim] = plan.Out;
        Tensor y = Tensor.Allocate(new Layout(shape), x.dtype);
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
