using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

internal static partial class Normalize
{
    /// <summary>
    /// The gradients of x and, if asked for, of weight and bias: with c = x - mean and r = 1 / √(var + eps), those of x are
    /// r (g w - mean(g w) - c r² mean(g w c)), or r g w for given statistics.
    /// </summary>
    internal static Tensor[] Backward(Tensor g, Tensor x, Tensor mean, Tensor root, Tensor? weight, NormPlan plan, bool center, bool given,
        Shape? affine)
    {
        DType dtype = x.dtype, compute = dtype.Accumulator();
        (g, x) = (Copy.Contiguous(Copy.Cast(g, compute)), Copy.Contiguous(Copy.Cast(x, compute)));
        (mean, root) = (Flat(mean, compute), Flat(root, compute));
        if (weight is null && affine is null) plan = plan.Plain;
        Tensor w = Factors(weight, plan, 1, compute), y = Tensor.Allocate(new Layout(x.layout.shape), compute);
        Layout list = affine is { } shape ? new(shape.ToArray()) : new([plan.Lead * plan.B * plan.C]);
        Tensor dw = Tensor.Allocate(list, compute), db = Tensor.Allocate(list, compute);
        if (compute == DType.Float32) Backward<float>(g, x, mean, root, w, y, dw, db, plan, center, given);
        else Backward<double>(g, x, mean, root, w, y, dw, db, plan, center, given);
        y = Copy.Cast(y, dtype);
        return affine is null ? [y] : [y, dw, db];
    }

    /// <summary>A dense list from the storage's first element on.</summary>
    private static Tensor Flat(Tensor t, DType compute)
    {
        t = Copy.Contiguous(Copy.Cast(t, compute));
        if (t.layout.Offset == 0) return t;
        Tensor y = Tensor.Allocate(new Layout(t.layout.shape), compute);
        Copy.Run(t, y);
        return y;
    }

    private static void Backward<T>(Tensor g, Tensor x, Tensor m, Tensor r, Tensor w, Tensor y, Tensor dw, Tensor db, NormPlan plan,
        bool center, bool given) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!plan.Pooled)
        {
            RowGradients<T>(g, x, m, r, w, y, dw, db, plan, center);
            return;
        }
        Pooled<T>(x, g, db, dw, plan, m);
        Tensor s = Tensor.Allocate(dw.layout.RowMajor, dw.dtype), k = Tensor.Allocate(s.layout, s.dtype), q = Tensor.Allocate(s.layout,
            s.dtype);
        for (long i = 0; i < plan.Groups; i++)
        {
            T root = r.storage.At<T>(i), factor = w.storage.At<T>(w.layout.Offset + i), n = T.CreateTruncating(plan.Count);
            s.storage.At<T>(i) = root * factor;
            k.storage.At<T>(i) = given ? T.Zero : root * factor * db.storage.At<T>(i) / n;
            q.storage.At<T>(i) = given ? T.Zero : root * root * root * factor * dw.storage.At<T>(i) / n;
            dw.storage.At<T>(i) *= root;
        }
        if (y.layout.Count == 0) return;
        if (plan.D == 1)
            Parallel.Sweep(plan.Lead * plan.A, Math.Max(1, Grain / plan.B), new ColumnBody<T>(g, x, m, s, k, q, y, plan, given));
        else
            Parallel.Sweep(plan.Lead * plan.A * plan.B, RowGrain(plan), new PooledBody<T>(g, x, m, s, k, q, y, plan, given));
    }

    private readonly struct PooledBody<T>(Tensor g, Tensor x, Tensor m, Tensor s, Tensor k, Tensor q, Tensor y, NormPlan plan, bool given)
        : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                (long la, long group) = Math.DivRem(i, plan.B);
                long at = i * plan.D, stat = la / plan.A * plan.B + group;
                ref T grad = ref g.storage.At<T>(g.layout.Offset + at);
                ref T to1 = ref y.storage.At<T>(at);
                if (given) NormLoops.Scale(ref grad, T.Zero, s.storage.At<T>(stat), T.Zero, ref to1, plan.D);
                else NormLoops.Grad(ref grad, s.storage.At<T>(stat), k.storage.At<T>(stat), ref x.storage.At<T>(x.layout.Offset + at),
                    m.storage.At<T>(stat), q.storage.At<T>(stat), ref to1, plan.D);
            }
        }
    }

    private readonly struct ColumnBody<T>(Tensor g, Tensor x, Tensor m, Tensor s, Tensor k, Tensor q, Tensor y, NormPlan plan, bool given)
        : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            long n = plan.B;
            for (long i = from; i < to; i++)
            {
                long first = i / plan.A * n;
                ReadOnlySpan<T> grad = g.storage.Span<T>(g.layout.Offset + i * n, n), slope = s.storage.Span<T>(first, n);
                Span<T> result = y.storage.Span<T>(i * n, n);
                if (given) TensorPrimitives.Multiply(grad, slope, result);
                else NormLoops.Grad(grad, slope, k.storage.Span<T>(first, n), x.storage.Span<T>(x.layout.Offset + i * n, n),
                    m.storage.Span<T>(first, n), q.storage.Span<T>(first, n), result);
            }
        }
    }

    /// <summary>Rows: fixed blocks of A, each with its own sums for the factors and shifts, which are then added in order.</summary>
    private static void RowGradients<T>(Tensor g, Tensor x, Tensor m, Tensor r, Tensor w, Tensor y, Tensor dw, Tensor db, NormPlan plan,
        bool center) where T : unmanaged, IFloatingPointIeee754<T>
    {
        long width = plan.B * plan.C, row = plan.B * plan.C * plan.D;
        long rows = Parallel.Grain(plan.A, Math.Max(1, Grain / Math.Max(1, row)), 64), blocks = Parallel.Chunks(plan.A, rows);
        Tensor parts = Tensor.Allocate(new Layout([plan.Lead * blocks * 2 * width]), dw.dtype);
        Parallel.Sweep(plan.Lead * blocks, Math.Max(1, Grain / Math.Max(1, row * rows)),
            new RowBody<T>(g, x, m, r, w, y, plan, center, rows, blocks, parts));
        for (long lead = 0; lead < plan.Lead; lead++)
        {
            Span<T> a = dw.storage.Span<T>(lead * width, width), b = db.storage.Span<T>(lead * width, width);
            a.Clear();
            b.Clear();
            for (long block = 0; block < blocks; block++)
            {
                long at = (lead * blocks + block) * 2 * width;
                TensorPrimitives.Add(a, parts.storage.Span<T>(at, width), a);
                TensorPrimitives.Add(b, parts.storage.Span<T>(at + width, width), b);
            }
        }
        parts.storage.Release();
    }

    private readonly struct RowBody<T>(Tensor g, Tensor x, Tensor m, Tensor r, Tensor w, Tensor y, NormPlan plan, bool center, long rows,
        long blocks, Tensor parts) : IRange where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            int width = checked((int)(plan.B * plan.C));
            for (long i = from; i < to; i++)
            {
                (long lead, long block) = Math.DivRem(i, blocks);
                Span<T> dw = parts.storage.Span<T>(i * 2 * width, width), db = parts.storage.Span<T>((i * 2 + 1) * width, width);
                dw.Clear();
                db.Clear();
                long end = Math.Min(plan.A, (block + 1) * rows);
                for (long a = block * rows; a < end; a++)
                    for (long group = 0; group < plan.B; group++) Row(lead, a, group, dw, db);
            }
        }

        private void Row(long lead, long a, long group, Span<T> dw, Span<T> db)
        {
            long n = plan.C * plan.D, stat = (lead * plan.A + a) * plan.B + group, at = stat * n;
            if (n == 0) return;
            T mean = m.storage.At<T>(stat), root = r.storage.At<T>(stat);
            ref T grad = ref g.storage.At<T>(g.layout.Offset + at);
            ref T row = ref x.storage.At<T>(x.layout.Offset + at);
            ref T factor = ref w.storage.At<T>(w.layout.Offset + (lead * plan.B + group) * plan.C);
            (int first, int count) = ((int)(group * plan.C), (int)plan.C);
            double sum = 0, other = 0;
            if (plan.D == 1) (sum, other) = NormLoops.Sums(ref grad, ref factor, ref row, mean, n);
            for (int c = 0; c < count && plan.D > 1; c++)
            {
                (double p, double q) = NormLoops.Sums(ref Step(ref grad, c * plan.D), ref Step(ref row, c * plan.D), mean, plan.D);
                double f = double.CreateTruncating(Step(ref factor, c));
                (sum, other) = (sum + f * p, other + f * q);
                dw[first + c] += root * T.CreateTruncating(q);
                db[first + c] += T.CreateTruncating(p);
            }
            double root1 = double.CreateTruncating(root);
            T k = center ? T.CreateTruncating(root1 * sum / n) : T.Zero, pull = T.CreateTruncating(root1 * root1 * root1 * other / n);
            ref T to = ref y.storage.At<T>(at);
            if (plan.D == 1) NormLoops.Grad(ref grad, ref factor, root, k, ref row, mean, pull, ref to, ref dw[first], ref db[first], n);
            for (int c = 0; c < count && plan.D > 1; c++)
                NormLoops.Grad(ref Step(ref grad, c * plan.D), root * Step(ref factor, c), k, ref Step(ref row, c * plan.D), mean, pull,
                    ref Step(ref to, c * plan.D), plan.D);
        }

        private static ref T Step(ref T x, long n) => ref System.Runtime.CompilerServices.Unsafe.Add(ref x, (nint)n);
    }
}
