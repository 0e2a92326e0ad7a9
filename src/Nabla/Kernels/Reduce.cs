using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla.Kernels;

/// <summary>Reductions over some dimensions. The order of summation depends on sizes only, never on the number of threads.</summary>
internal static class Reduce
{
    /// <summary>The layout of a result: reduced dimensions are kept with size 1 or dropped.</summary>
    internal static long[] Shape(Layout x, Dims dims, bool keepDim)
    {
        List<long> shape = [];
        for (int d = -x.Rank; d < 0; d++)
        {
            if (!dims.Contains(d)) shape.Add(x.shape[^-d]);
            else if (keepDim) shape.Add(1);
        }
        return [.. shape];
    }

    /// <summary>x as a row-major matrix: one row per result element, the reduced elements side by side.</summary>
    internal static Tensor Rows(Tensor x, Dims dims)
    {
        List<long> shape = [], strides = [], tail = [], tailStrides = [];
        long n = 1, count = 1;
        for (int d = -x.Rank; d < 0; d++)
        {
            bool reduced = dims.Contains(d);
            (reduced ? tail : shape).Add(x.layout.shape[^-d]);
            (reduced ? tailStrides : strides).Add(x.layout.strides[^-d]);
            if (reduced) n *= x.layout.shape[^-d];
            else count *= x.layout.shape[^-d];
        }
        Tensor ordered = Copy.Contiguous(x.Raw(new Layout([.. shape, .. tail], [.. strides, .. tailStrides], x.layout.Offset)));
        return ordered.Raw(new Layout([count, n], [Math.Max(n, 1), 1], ordered.layout.Offset));
    }

    internal static Tensor Sum(Tensor x, Dims dims, bool keepDim)
    {
        Tensor y = Tensor.Allocate(new Layout(Shape(x.layout, dims, keepDim)), x.dtype);
        switch (x.dtype)
        {
            case DType.Float32: Sum<float>(x, dims, y); break;
            case DType.Float64: Sum<double>(x, dims, y); break;
            case DType.Int64: Sum<long>(x, dims, y); break;
            case DType.Int32: Sum<int>(x, dims, y); break;
            case DType.Int16: Sum<short>(x, dims, y); break;
            case DType.Int8: Sum<sbyte>(x, dims, y); break;
            case DType.UInt8: Sum<byte>(x, dims, y); break;
            default:
                Copy.Run(Sum(Copy.Cast(x, x.dtype == DType.Bool ? DType.Int64 : DType.Float32), dims, keepDim), y);
                break;
        }
        return y;
    }

    private static void Sum<T>(Tensor x, Dims dims, Tensor y) where T : unmanaged, INumber<T>
    {
        Tensor rows = Rows(x, dims);
        long n = rows.layout.shape[1];
        Parallel.For(y.layout.Count, Math.Max(1, 16384 / Math.Max(n, 1)), new SumRows<T>(rows, y, n));
    }

    private readonly struct SumRows<T>(Tensor rows, Tensor y, long n) : IRange where T : unmanaged, INumber<T>
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++) y.storage.At<T>(i) = n == 0 ? T.Zero : TensorPrimitives.Sum<T>(rows.storage.Span<T>(rows.layout.Offset + i * n, n));
        }
    }
}
