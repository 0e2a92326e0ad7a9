using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Elements by their places along one dimension, and back.</summary>
internal static class Pick
{
    private const long Grain = 1 << 13;

    /// <summary>y[.., j, ..] = x[.., places[.., j, ..], ..].</summary>
    internal static Tensor Take(Tensor x, Tensor places, int dim)
    {
        (x, places) = (Copy.Contiguous(x), Copy.Contiguous(places));
        Tensor y = Tensor.Allocate(places.layout.RowMajor, x.dtype);
        if (y.layout.Count == 0) return y;
        Along from = new(x.layout, dim), to = new(y.layout, dim);
        long n = to.Outer * to.Inner, grain = Math.Max(1, Grain / to.N);
        switch (x.dtype.ItemSize())
        {
            case 1: Parallel.For(n, grain, new TakeBody<byte>(x, places, y, from, to)); break;
            case 2: Parallel.For(n, grain, new TakeBody<ushort>(x, places, y, from, to)); break;
            case 4: Parallel.For(n, grain, new TakeBody<uint>(x, places, y, from, to)); break;
            default: Parallel.For(n, grain, new TakeBody<ulong>(x, places, y, from, to)); break;
        }
        return y;
    }

    /// <summary>Zeros of a size along the dimension, with g added at its places.</summary>
    internal static Tensor Put(Tensor g, Tensor places, int dim, long size)
    {
        if (g.dtype.Accumulator() != g.dtype) return Copy.Cast(Put(Copy.Cast(g, DType.Float32), places, dim, size), g.dtype);
        (g, places) = (Copy.Contiguous(g), Copy.Contiguous(places));
        long[] shape = [.. g.layout.shape];
        if (g.Rank > 0) shape[^-dim] = size;
        Tensor y = Tensor.Allocate(new Layout(shape), g.dtype);
        Fill.Run(y, 0);
        if (g.layout.Count == 0) return y;
        Along from = new(g.layout, dim), to = new(y.layout, dim);
        long n = from.Outer * from.Inner, grain = Math.Max(1, Grain / from.N);
        if (g.dtype == DType.Float32) Parallel.For(n, grain, new PutBody<float>(g, places, y, from, to));
        else if (g.dtype == DType.Float64) Parallel.For(n, grain, new PutBody<double>(g, places, y, from, to));
        else Throw.NotImplementedFor("gather_backward", g.dtype);
        return y;
    }

    private readonly struct TakeBody<T>(Tensor x, Tensor places, Tensor y, Along from, Along to) : IRange where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long first, long last)
        {
            for (long i = first; i < last; i++)
            {
                long at = to.Start(i);
                ref T source = ref x.storage.At<T>(x.layout.Offset + from.Start(i));
                ref long place = ref places.storage.At<long>(places.layout.Offset + at);
                ref T target = ref y.storage.At<T>(at);
                for (nint k = 0, n = (nint)to.N, step = (nint)to.Inner; k < n; k++)
                    Unsafe.Add(ref target, k * step) = Unsafe.Add(ref source, (nint)Unsafe.Add(ref place, k * step) * (nint)from.Inner);
            }
        }
    }

    private readonly struct PutBody<T>(Tensor g, Tensor places, Tensor y, Along from, Along to) : IRange where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long first, long last)
        {
            for (long i = first; i < last; i++)
            {
                long at = from.Start(i);
                ref T target = ref y.storage.At<T>(to.Start(i));
                ref long place = ref places.storage.At<long>(places.layout.Offset + at);
                ref T source = ref g.storage.At<T>(g.layout.Offset + at);
                for (nint k = 0, n = (nint)from.N, step = (nint)from.Inner; k < n; k++)
                    Unsafe.Add(ref target, (nint)Unsafe.Add(ref place, k * step) * (nint)to.Inner) += Unsafe.Add(ref source, k * step);
            }
        }
    }
}
