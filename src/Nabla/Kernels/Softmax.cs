using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Softmax, its logarithm and their gradients along one dimension, fused: each row (or tile of columns) is read from memory
/// once.</summary>
internal static class Softmax
{
    private const int Tile = 512;
    private const long Grain = 1 << 14;

    /// <summary>e^(x - max) / Σ, or x - max - log Σ.</summary>
    internal static Tensor Forward(Tensor x, int dim, bool log)
    {
        if (x.dtype.Accumulator() != x.dtype) return Copy.Cast(Forward(Copy.Cast(x, DType.Float32), dim, log), x.dtype);
        x = Copy.Contiguous(x);
        Tensor y = Tensor.Allocate(x.layout.RowMajor, x.dtype);
        if (x.dtype == DType.Float32) Drive<float>(x, x, y, dim, log ? Kind.Log : Kind.Plain);
        else Drive<double>(x, x, y, dim, log ? Kind.Log : Kind.Plain);
        return y;
    }

    /// <summary>y (g - Σ g y), or g - e^y Σ g.</summary>
    internal static Tensor Backward(Tensor g, Tensor y, int dim, bool log)
    {
        if (y.dtype.Accumulator() != y.dtype)
            return Copy.Cast(Backward(Copy.Cast(g, DType.Float32), Copy.Cast(y, DType.Float32), dim, log), y.dtype);
        (g, y) = (Copy.Contiguous(g), Copy.Contiguous(y));
        Tensor z = Tensor.Allocate(y.layout.RowMajor, y.dtype);
        if (y.dtype == DType.Float32) Drive<float>(y, g, z, dim, log ? Kind.LogGrad : Kind.PlainGrad);
        else Drive<double>(y, g, z, dim, log ? Kind.LogGrad : Kind.PlainGrad);
        return z;
    }

    /// <summary>max + log Σ e^(x - max).</summary>
    internal static Tensor LogSumExp(Tensor x, Dims dims, bool keepDim)
    {
        if (x.dtype.Accumulator() != x.dtype) return Copy.Cast(LogSumExp(Copy.Cast(x, DType.Float32), dims, keepDim), x.dtype);
        Tensor y = Tensor.Allocate(Reduce.Shape(x.layout, dims, keepDim), x.dtype);
        long n = Reduce.Count(x.layout, dims);
        if (n == 0) Fill.Run(y, double.NegativeInfinity);
        if (n == 0 || y.layout.Count == 0) return y;
        x = Reduce.TryBox(x.layout, dims, out Reduce.Box box) && box.Inner == 1 ? x : Reduce.Rows(x, dims);
        long grain = Math.Max(1, Grain / n);
        if (x.dtype == DType.Float32) Parallel.Sweep(y.layout.Count, grain, new SumBody<float>(x, y, n));
        else Parallel.Sweep(y.layout.Count, grain, new SumBody<double>(x, y, n));
        return y;
    }

    private enum Kind { Plain, Log, PlainGrad, LogGrad }

    private static void Drive<T>(Tensor x, Tensor g, Tensor y, int dim, Kind kind) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (y.layout.Count == 0) return;
        long n = x.Rank == 0 ? 1 : x.layout.shape[^-dim], inner = 1;
        for (int d = dim + 1; d < 0; d++) inner *= x.layout.shape[^-d];
        long outer = y.layout.Count / n / inner, tiles = (inner + Tile - 1) / Tile;
        Parallel.Sweep(outer * tiles, Math.Max(1, Grain / (n * Math.Min(inner, Tile))), new Body<T>(x, g, y, n, inner, tiles, kind));
    }

    private readonly struct SumBody<T>(Tensor x, Tensor y, long n) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                if (typeof(T) == typeof(float))
                {
                    y.storage.At<float>(i) = SoftmaxRows.LogSum(ref x.storage.At<float>(x.layout.Offset + i * n), (nint)n);
                    continue;
                }
                ReadOnlySpan<T> row = x.storage.Span<T>(x.layout.Offset + i * n, n);
                T max = Reduce.MaxOfRow(row);
                y.storage.At<T>(i) = T.IsInfinity(max) ? max : max + T.Log(SumExp(row, max));
            }
        }
    }

    private static T SumExp<T>(ReadOnlySpan<T> row, T max) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> part = stackalloc T[1024];
        T sum = T.Zero;
        for (int i = 0; i < row.Length; i += part.Length)
        {
            Span<T> here = part[..Math.Min(part.Length, row.Length - i)];
            TensorPrimitives.Subtract(row.Slice(i, here.Length), max, here);
            VectorMath.Exp<T>(here, here);
            sum += Reduce.SumOfRow<T>(here);
        }
        return sum;
    }

    private readonly struct Body<T>(Tensor x, Tensor g, Tensor y, long n, long inner, long tiles, Kind kind) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long unit = from; unit < to; unit++)
            {
                if (inner == 1) Row(unit * n);
                else Columns(unit);
            }
        }

        private void Row(long at)
        {
            if (typeof(T) == typeof(float))
            {
                RowOfFloats(at);
                return;
            }
            ReadOnlySpan<T> a = x.storage.Span<T>(x.layout.Offset + at, n), b = g.storage.Span<T>(g.layout.Offset + at, n);
            Span<T> to = y.storage.Span<T>(at, n);
            switch (kind)
            {
                case Kind.Plain:
                    TensorPrimitives.Subtract(a, Reduce.MaxOfRow(a), to);
                    VectorMath.Exp<T>(to, to);
                    TensorPrimitives.Divide(to, Reduce.SumOfRow<T>(to), to);
                    break;
                case Kind.Log:
                    T max = Reduce.MaxOfRow(a);
                    TensorPrimitives.Subtract(a, max, to);
                    TensorPrimitives.Subtract(to, T.Log(SumExp(a, max)), to);
                    break;
                case Kind.PlainGrad:
                    TensorPrimitives.Subtract(b, TensorPrimitives.Dot(a, b), to);
                    TensorPrimitives.Multiply(to, a, to);
                    break;
                default:
                    VectorMath.Exp<T>(a, to);
                    TensorPrimitives.MultiplyAdd(to, -TensorPrimitives.Sum(b), b, to);
                    break;
            }
        }

        private void RowOfFloats(long at)
        {
            ref float a = ref x.storage.At<float>(x.layout.Offset + at), b = ref g.storage.At<float>(g.layout.Offset + at);
            ref float to = ref y.storage.At<float>(at);
            switch (kind)
            {
                case Kind.Plain: SoftmaxRows.Plain(ref a, ref to, (nint)n); break;
                case Kind.Log: SoftmaxRows.Log(ref a, ref to, (nint)n); break;
                case Kind.PlainGrad: SoftmaxRows.PlainGrad(ref a, ref b, ref to, (nint)n); break;
                default: SoftmaxRows.LogGrad(ref a, ref b, ref to, (nint)n); break;
            }
        }

        /// <summary>Up to <see cref="Tile"/> neighbouring columns: whole pieces of rows at a time.</summary>
        private void Columns(long unit)
        {
            (long outer, long tile) = Math.DivRem(unit, tiles);
            long at = outer * n * inner + tile * Tile;
            int width = (int)Math.Min(Tile, inner - tile * Tile);
            if (typeof(T) == typeof(float) && SoftmaxColumns.Fits(width))
            {
                ColumnsOfFloats(at, width);
                return;
            }
            Span<T> sum = stackalloc T[Tile], max = stackalloc T[Tile], part = stackalloc T[Tile];
            sum = sum[..width];
            max = max[..width];
            part = part[..width];
            sum.Clear();
            max.Fill(T.NegativeInfinity);
            bool grad = kind is Kind.PlainGrad or Kind.LogGrad;
            for (long k = 0; k < n && !grad; k++) TensorPrimitives.Max<T>(max, Piece(x, at, k, width), max);
            for (long k = 0; k < n; k++)
            {
                ReadOnlySpan<T> a = Piece(x, at, k, width);
                Span<T> to = y.storage.Span<T>(at + k * inner, width);
                if (kind == Kind.PlainGrad) TensorPrimitives.MultiplyAdd(a, Piece(g, at, k, width), sum, sum);
                else if (kind == Kind.LogGrad) TensorPrimitives.Add(sum, Piece(g, at, k, width), sum);
                else
                {
                    Span<T> exp = kind == Kind.Plain ? to : part;
                    TensorPrimitives.Subtract(a, max, exp);
                    VectorMath.Exp<T>(exp, exp);
                    TensorPrimitives.Add(sum, exp, sum);
                }
            }
            if (kind == Kind.Log) VectorMath.Log<T>(sum, sum);
            for (long k = 0; k < n; k++) Finish(Piece(x, at, k, width), Piece(g, at, k, width), y.storage.Span<T>(at + k * inner, width),
                max, sum);
        }

        private void ColumnsOfFloats(long at, int width)
        {
            ref float a = ref x.storage.At<float>(x.layout.Offset + at), b = ref g.storage.At<float>(g.layout.Offset + at);
            ref float to = ref y.storage.At<float>(at);
            switch (kind)
            {
                case Kind.Plain: SoftmaxColumns.Plain(ref a, ref to, (nint)n, (nint)inner, width); break;
                case Kind.Log: SoftmaxColumns.Log(ref a, ref to, (nint)n, (nint)inner, width); break;
                case Kind.PlainGrad: SoftmaxColumns.PlainGrad(ref a, ref b, ref to, (nint)n, (nint)inner, width); break;
                default: SoftmaxColumns.LogGrad(ref a, ref b, ref to, (nint)n, (nint)inner, width); break;
            }
        }

        private void Finish(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> to, ReadOnlySpan<T> max, ReadOnlySpan<T> sum)
        {
            switch (kind)
            {
                case Kind.Plain:
                    TensorPrimitives.Divide(to, sum, to);
                    break;
                case Kind.Log:
                    TensorPrimitives.Subtract(a, max, to);
                    TensorPrimitives.Subtract(to, sum, to);
                    break;
                case Kind.PlainGrad:
                    TensorPrimitives.Subtract(b, sum, to);
                    TensorPrimitives.Multiply(to, a, to);
                    break;
                default:
                    VectorMath.Exp(a, to);
                    TensorPrimitives.Multiply(to, sum, to);
                    TensorPrimitives.Subtract(b, to, to);
                    break;
            }
        }

        private ReadOnlySpan<T> Piece(Tensor t, long at, long k, int width) => t.storage.Span<T>(t.layout.Offset + at + k * inner, width);
    }
}
