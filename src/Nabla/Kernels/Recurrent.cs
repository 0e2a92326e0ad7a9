using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla.Kernels;

/// <summary>The pointwise part of a step of a recurrent layer, row by row: gates in, state out. Half precision is computed in
/// float32.</summary>
internal static class Recurrent
{
    private const long Grain = 1 << 13;

    /// <summary>h, c and the gates behind their activations, from the parts of the gates and the last c.</summary>
    internal static Tensor[] Lstm(Tensor x, Tensor h, Tensor c)
    {
        DType dtype = c.dtype, compute = Compute(dtype);
        Tensor h2 = Rows(c, compute), c2 = Rows(c, compute);
        Tensor a = Rows(x, compute);
        (x, h, c) = (Ready(x, compute), Ready(h, compute), Ready(c, compute));
        if (compute == DType.Float32) Run<float, LstmRows<float>>(c, new(x, h, c, h2, c2, a));
        else Run<double, LstmRows<double>>(c, new(x, h, c, h2, c2, a));
        return [Copy.Cast(h2, dtype), Copy.Cast(c2, dtype), Copy.Cast(a, dtype)];
    }

    /// <summary>The gradients of the gates before their activations and of the last c.</summary>
    internal static (Tensor Gates, Tensor C) LstmBackward(Tensor a, Tensor c, Tensor c2, Tensor? gh, Tensor? gc)
    {
        DType dtype = c.dtype, compute = dtype.Accumulator();
        Tensor d = Rows(a, compute), dc = Rows(c, compute);
        LstmBackwardRows rows = new(Ready(a, compute), Ready(c, compute), Ready(c2, compute), gh is null ? null : Ready(gh, compute),
            gc is null ? null : Ready(gc, compute), d, dc);
        if (compute == DType.Float32) Run<float, Typed<float, LstmBackwardRows>>(c, new(rows));
        else Run<double, Typed<double, LstmBackwardRows>>(c, new(rows));
        return (Copy.Cast(d, dtype), Copy.Cast(dc, dtype));
    }

    /// <summary>h and the gates behind their activations, from the parts of the gates and the last h.</summary>
    internal static Tensor[] Gru(Tensor x, Tensor y, Tensor h)
    {
        DType dtype = h.dtype, compute = Compute(dtype);
        Tensor h2 = Rows(h, compute), a = Rows(x, compute);
        (x, y, h) = (Ready(x, compute), Ready(y, compute), Ready(h, compute));
        if (compute == DType.Float32) Run<float, GruRows<float>>(h, new(x, y, h, h2, a));
        else Run<double, GruRows<double>>(h, new(x, y, h, h2, a));
        return [Copy.Cast(h2, dtype), Copy.Cast(a, dtype)];
    }

    /// <summary>The gradients of both parts of the gates and of the last h.</summary>
    internal static (Tensor X, Tensor Y, Tensor H) GruBackward(Tensor a, Tensor y, Tensor h, Tensor gh)
    {
        DType dtype = h.dtype, compute = dtype.Accumulator();
        Tensor dx = Rows(a, compute), dy = Rows(a, compute);
        Tensor dh = Rows(h, compute);
        GruBackwardRows rows = new(Ready(a, compute), Ready(y, compute), Ready(h, compute), Ready(gh, compute), dx, dy, dh);
        if (compute == DType.Float32) Run<float, Typed<float, GruBackwardRows>>(h, new(rows));
        else Run<double, Typed<double, GruBackwardRows>>(h, new(rows));
        return (Copy.Cast(dx, dtype), Copy.Cast(dy, dtype), Copy.Cast(dh, dtype));
    }

    private static DType Compute(DType dtype)
    {
        if (!dtype.IsFloatingPoint()) Throw.Types($"result type Float can't be cast to the desired output type {dtype.ScalarName()}: the " +
            "state of a recurrent cell is a floating-point tensor. Convert it first, for example .To(DType.Float32).");
        return dtype.Accumulator();
    }

    /// <summary>A tensor for results, which are written row after row.</summary>
    private static Tensor Rows(Tensor like, DType dtype) => Tensor.Allocate(like.layout.RowMajor, dtype);

    private static Tensor Ready(Tensor t, DType compute) => Copy.Contiguous(Copy.Cast(t, compute));

    private static void Run<T, TBody>(Tensor state, TBody body) where TBody : struct, IRange
    {
        long width = state.layout.shape[^1];
        if (state.layout.Count > 0) Parallel.For(state.layout.Count / width, Math.Max(1, Grain / width), body);
    }

    private static Span<T> Row<T>(Tensor t, long row, long width) where T : unmanaged =>
        t.storage.Span<T>(t.layout.Offset + row * width, width);

    private readonly struct LstmRows<T>(Tensor x, Tensor h, Tensor c, Tensor h2, Tensor c2, Tensor a) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            int n = (int)c.layout.shape[^1];
            for (long i = from; i < to; i++)
            {
                Span<T> gates = Row<T>(a, i, 4 * n), cell = Row<T>(c2, i, n), hidden = Row<T>(h2, i, n);
                TensorPrimitives.Add(Row<T>(h, i, 4 * n), Row<T>(x, i, 4 * n), gates);
                VectorMath.Sigmoid<T>(gates[..(2 * n)], gates[..(2 * n)]);
                VectorMath.Tanh<T>(gates[(2 * n)..(3 * n)], gates[(2 * n)..(3 * n)]);
                VectorMath.Sigmoid<T>(gates[(3 * n)..], gates[(3 * n)..]);
                TensorPrimitives.Multiply(gates[..n], gates[(2 * n)..(3 * n)], hidden);
                TensorPrimitives.Multiply(gates[n..(2 * n)], Row<T>(c, i, n), cell);
                TensorPrimitives.Add(cell, hidden, cell);
                VectorMath.Tanh<T>(cell, hidden);
                TensorPrimitives.Multiply(gates[(3 * n)..], hidden, hidden);
            }
        }
    }

    private readonly struct GruRows<T>(Tensor x, Tensor y, Tensor h, Tensor h2, Tensor a) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            int n = (int)h.layout.shape[^1];
            for (long i = from; i < to; i++)
            {
                Span<T> gates = Row<T>(a, i, 3 * n), hidden = Row<T>(h2, i, n), other = gates[(2 * n)..];
                ReadOnlySpan<T> left = Row<T>(x, i, 3 * n), right = Row<T>(y, i, 3 * n);
                TensorPrimitives.Add(right[..(2 * n)], left[..(2 * n)], gates[..(2 * n)]);
                VectorMath.Sigmoid<T>(gates[..(2 * n)], gates[..(2 * n)]);
                TensorPrimitives.Multiply(right[(2 * n)..], gates[..n], other);
                TensorPrimitives.Add(left[(2 * n)..], other, other);
                VectorMath.Tanh<T>(other, other);
                TensorPrimitives.Subtract(Row<T>(h, i, n), other, hidden);
                TensorPrimitives.Multiply(hidden, gates[n..(2 * n)], hidden);
                TensorPrimitives.Add(hidden, other, hidden);
            }
        }
    }

    /// <summary>Rows of several tensors whose type is known only to the caller.</summary>
    private interface IRows
    {
        void Run<T>(long row) where T : unmanaged, IFloatingPointIeee754<T>;
    }

    private readonly struct Typed<T, TRows>(TRows rows) : IRange where T : unmanaged, IFloatingPointIeee754<T> where TRows : struct, IRows
    {
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++) rows.Run<T>(i);
        }
    }

    private readonly struct LstmBackwardRows(Tensor a, Tensor c, Tensor c2, Tensor? gh, Tensor? gc, Tensor d, Tensor dc) : IRows
    {
        public void Run<T>(long row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            int n = (int)c.layout.shape[^1];
            ReadOnlySpan<T> gates = Row<T>(a, row, 4 * n), old = Row<T>(c, row, n);
            ReadOnlySpan<T> input = gates[..n], forget = gates[n..(2 * n)], cell = gates[(2 * n)..(3 * n)], output = gates[(3 * n)..];
            ReadOnlySpan<T> fromH = gh is null ? default : Row<T>(gh, row, n), fromC = gc is null ? default : Row<T>(gc, row, n);
            Span<T> to = Row<T>(d, row, 4 * n), toC = Row<T>(dc, row, n), tanh = to[..n];
            VectorMath.Tanh<T>(Row<T>(c2, row, n), tanh);
            for (int j = 0; j < n; j++)
            {
                T t = tanh[j], g = gh is null ? T.Zero : fromH[j], i = input[j], f = forget[j], x = cell[j], o = output[j];
                T total = g * o * (T.One - t * t);
                if (gc is not null) total += fromC[j];
                to[j] = total * x * ((T.One - i) * i);
                to[n + j] = total * old[j] * ((T.One - f) * f);
                to[2 * n + j] = total * i * (T.One - x * x);
                to[3 * n + j] = g * t * ((T.One - o) * o);
                toC[j] = total * f;
            }
        }
    }

    private readonly struct GruBackwardRows(Tensor a, Tensor y, Tensor h, Tensor gh, Tensor dx, Tensor dy, Tensor dh) : IRows
    {
        public void Run<T>(long row) where T : unmanaged, IFloatingPointIeee754<T>
        {
            int n = (int)h.layout.shape[^1];
            ReadOnlySpan<T> gates = Row<T>(a, row, 3 * n), right = Row<T>(y, row, 3 * n);
            ReadOnlySpan<T> old = Row<T>(h, row, n), from = Row<T>(gh, row, n);
            Span<T> toX = Row<T>(dx, row, 3 * n), toY = Row<T>(dy, row, 3 * n), toH = Row<T>(dh, row, n);
            for (int j = 0; j < n; j++)
            {
                T g = from[j], r = gates[j], z = gates[n + j], x = gates[2 * n + j];
                T inner = g * (T.One - z) * (T.One - x * x);
                toX[j] = toY[j] = inner * right[2 * n + j] * ((T.One - r) * r);
                toX[n + j] = toY[n + j] = g * (old[j] - x) * ((T.One - z) * z);
                toX[2 * n + j] = inner;
                toY[2 * n + j] = inner * r;
                toH[j] = g * z;
            }
        }
    }
}
