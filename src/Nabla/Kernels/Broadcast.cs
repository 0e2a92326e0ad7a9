using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>Shapes that broadcast.</summary>
internal static class Broadcast
{
    /// <summary>The layout of the shape to which two operands broadcast: an operand's own where it has that shape.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Layout Of(Layout x, Layout y, string op) => x.SameShape(y) ? x : Spread(x, y, op);

    private static Layout Spread(Layout x, Layout y, string op)
    {
        int rank = Math.Max(x.Rank, y.Rank);
        bool isX = x.Rank == rank, isY = y.Rank == rank;
        for (int d = 1; d <= rank; d++)
        {
            long p = d <= x.Rank ? x.shape[^d] : 1, q = d <= y.Rank ? y.shape[^d] : 1;
            if (p != q && p != 1 && q != 1) Throw.CannotBroadcast(op, x.shape, y.shape);
            long size = p == 1 ? q : p;
            isX &= p == size;
            isY &= q == size;
        }
        if (isX) return x;
        if (isY) return y;
        return new Layout(Shape(x.shape, y.shape, op));
    }

    /// <summary>The shape to which two shapes broadcast.</summary>
    internal static long[] Shape(ReadOnlySpan<long> x, ReadOnlySpan<long> y, string op)
    {
        long[] shape = new long[Math.Max(x.Length, y.Length)];
        for (int d = 1; d <= shape.Length; d++)
        {
            long p = d <= x.Length ? x[^d] : 1, q = d <= y.Length ? y[^d] : 1;
            if (p != q && p != 1 && q != 1) Throw.CannotBroadcast(op, x, y);
            shape[^d] = p == 1 ? q : p;
        }
        return shape;
    }

    /// <summary>The layout seen at a larger shape: stretched dimensions get stride 0. Null if it does not broadcast to it.</summary>
    internal static Layout? To(Layout x, long[] shape)
    {
        if (x.shape.AsSpan().SequenceEqual(shape)) return x;
        if (x.Rank > shape.Length) return null;
        long[] strides = new long[shape.Length];
        for (int d = 1; d <= x.Rank; d++)
        {
            if (x.shape[^d] != shape[^d] && x.shape[^d] != 1) return null;
            strides[^d] = x.shape[^d] == 1 && shape[^d] != 1 ? 0 : x.strides[^d];
        }
        return new Layout(shape, strides, x.Offset);
    }
}
