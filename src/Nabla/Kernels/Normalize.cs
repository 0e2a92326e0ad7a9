using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>
/// A normalised tensor as [Lead, A, B, C, D] in row-major order. Statistics are over C and D, and over A if Pooled (then C is 1); factors
/// and shifts have one value per B and C.
/// </summary>
internal readonly record struct NormPlan(long Lead, long A, long B, long C, long D, bool Pooled)
{
    /// <summary>How many elements one mean is taken over; 1 if there are none.</summary>
    internal long Count => Math.Max(1, Pooled ? A * D : C * D);

    /// <summary>How many means there are.</summary>
    internal long Groups => Lead * (Pooled ? 1 : A) * B;

    /// <summary>The same without factors: rows of one kind.</summary>
    internal NormPlan Plain => Pooled ? this : this with { C = 1, D = C * D };
}

/// <summary>Mean and variance, normalisation, and its gradient, each in one pass over rows that stay in the cache.</summary>
internal static partial class Normalize
{
    private const long Grain = 1 << 14;
    private const int Tile = 64;

    /// <summary>
    /// (x - mean) / √(var + eps) · weight + bias, mean, 1 / √(var + eps) and var. Without <paramref name="center"/> the mean is taken as 0;
    /// given statistics are used as they are.
    /// </summary>
    internal static Tensor[] Forward(Tensor x, Tensor? weight, Tensor? bias, NormPlan plan, double eps, bool center, Tensor? mean = null,
        Tensor? var = null)
    {
        DType dtype = x.dtype, compute = dtype.Accumulator();
        Tensor source = Copy.Contiguous(Copy.Cast(x, compute));
        Tensor y = Tensor.Allocate(new Layout(x.layout.shape), compute);
        if (weight is null && bias is null) plan = plan.Plain;
        Layout groups = new([plan.Groups]);
        Tensor m = Tensor.Allocate(groups, compute), r = Tensor.Allocate(groups, compute), v = Tensor.Allocate(groups, compute);
        if (mean is not null) Copy.Run(Copy.Cast(Copy.Contiguous(mean), compute).Raw(new([plan.Groups], [1], Start(mean, compute))), m);
        if (var is not null) Copy.Run(Copy.Cast(Copy.Contiguous(var), compute).Raw(new([plan.Groups], [1], Start(var, compute))), v);
        Tensor w = Factors(weight, plan, 1, compute), b = Factors(bias, plan, 0, compute);
        if (compute == DType.Float32) Forward<float>(source, w, b, y, m, r, v, plan, eps, center, mean is not null);
        else Forward<double>(source, w, b, y, m, r, v, plan, eps, center, mean is not null);
        return [Copy.Cast(y, dtype), m, r, v];
    }

    /// <summary>Where the elements of a contiguous copy in another type begin.</summary>
    private static long Start(Tensor t, DType compute) => t.dtype == compute && t.layout.IsContiguous ? t.layout.Offset : 0;

    /// <summary>Factors or shifts as a dense list, or a constant for all.</summary>
    private static Tensor Factors(Tensor? t, NormPlan plan, double fallback, DType compute)
    {
        if (t is not null) return Copy.Contiguous(Copy.Cast(t, compute));
        Tensor all = Tensor.Allocate(new Layout([plan.Lead * plan.B * plan.C]), compute);
        Fill.Run(all, fallback);
        return all;
    }

    private static void Forward<T>(Tensor x, Tensor w, Tensor b, Tensor y, Tensor m, Tensor r, Tensor v, NormPlan plan, double eps,
        bool center, bool given) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!given && !plan.Pooled)
        {
            // Moments and results of a row in turn, while it lies in the cache.
            Parallel.Sweep(plan.Groups, RowGrain(plan), new RowMoments<T>(x, m, r, v, plan, center, eps, new(x, w, b, y, m, r, plan)));
            return;
        }
        if (!given) Pooled<T>(x, null, m, v, plan);
        for (long i = 0; i < plan.Groups; i++)
            r.storage.At<T>(i) = T.CreateTruncating(1 / Math.Sqrt(double.CreateTruncating(v.storage.At<T>(i)) + eps));
        if (y.layout.Count == 0) return;
        if (plan.Pooled && plan.D == 1)
            Parallel.Sweep(plan.Lead * plan.A, Math.Max(1, Grain / plan.B), new Columns<T>(x, w, b, y, m, r, plan));
        else Parallel.Sweep(plan.Lead * plan.A * plan.B, RowGrain(plan), new Rows<T>(x, w, b, y, m, r, plan));
    }

    private static long RowGrain(NormPlan plan) => Math.Max(1, Grain / Math.Max(1, plan.C * plan.D));

    /// <summary>The mean and variance of every row, in two passes, and the row normalised.</summary>
    private readonly struct RowMoments<T>(Tensor x, Tensor m, Tensor r, Tensor v, NormPlan plan, bool center, double eps, Rows<T> rows)
        : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            long n = plan.C * plan.D;
            for (long i = from; i < to; i++)
            {
                ref T row = ref x.storage.At<T>(x.layout.Offset + i * n);
                T mean = center ? T.CreateTruncating(Reduce.Total(ref row, n) / plan.Count) : T.Zero;
                m.storage.At<T>(i) = mean;
                T var = T.CreateTruncating(Reduce.SquaresAbout(ref row, n, mean) / plan.Count);
                v.storage.At<T>(i) = var;
                r.storage.At<T>(i) = T.CreateTruncating(1 / Math.Sqrt(double.CreateTruncating(var) + eps));
                rows.Run(i, i + 1);
            }
        }
    }

    /// <summary>y = (x - m) r w + b where rows lie side by side.</summary>
    private readonly struct Rows<T>(Tensor x, Tensor w, Tensor b, Tensor y, Tensor m, Tensor r, NormPlan plan) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            long n = plan.C * plan.D;
            for (long i = from; i < to; i++)
            {
                (long la, long group) = Math.DivRem(i, plan.B);
                long lead = la / plan.A, stat = plan.Pooled ? lead * plan.B + group : i, factor = (lead * plan.B + group) * plan.C;
                T mean = m.storage.At<T>(stat), root = r.storage.At<T>(stat);
                ReadOnlySpan<T> ws = w.storage.Span<T>(w.layout.Offset + factor, plan.C), bs = b.storage.Span<T>(b.layout.Offset + factor,
                    plan.C);
                if (plan.D == 1)
                {
                    if (n > 0)
                        NormLoops.Scale(ref x.storage.At<T>(x.layout.Offset + i * n), mean, root,
                            ref w.storage.At<T>(w.layout.Offset + factor), ref b.storage.At<T>(b.layout.Offset + factor),
                            ref y.storage.At<T>(i * n), n);
                    continue;
                }
                for (int c = 0; c < ws.Length; c++)
                    NormLoops.Scale(ref x.storage.At<T>(x.layout.Offset + i * n + c * plan.D), mean, root * ws[c], bs[c],
                        ref y.storage.At<T>(i * n + c * plan.D), plan.D);
            }
        }
    }

    /// <summary>y = (x - m) r w + b where neighbours belong to different means.</summary>
    private readonly struct Columns<T>(Tensor x, Tensor w, Tensor b, Tensor y, Tensor m, Tensor r, NormPlan plan) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            long n = plan.B;
            for (long i = from; i < to; i++)
            {
                long first = i / plan.A * n;
                NormLoops.Scale(ref x.storage.At<T>(x.layout.Offset + i * n), ref m.storage.At<T>(first), ref r.storage.At<T>(first),
                    ref w.storage.At<T>(w.layout.Offset + first), ref b.storage.At<T>(b.layout.Offset + first),
                    ref y.storage.At<T>(i * n), (nint)n);
            }
        }
    }

    /// <summary>
    /// Per mean of a pooled plan: without g, mean and variance of x into first and second; with g, Σ g and Σ g (x - mean).
    /// </summary>
    private static void Pooled<T>(Tensor x, Tensor? g, Tensor first, Tensor second, NormPlan plan, Tensor? m = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (plan.D == 1)
        {
            long tiles = (plan.B + Tile - 1) / Tile;
            Parallel.Sweep(plan.Lead * tiles, Math.Max(1, Grain / Math.Max(1, plan.A * Tile)),
                new PooledColumns<T>(x, g, first, second, m, plan, tiles));
        }
        else Parallel.Sweep(plan.Groups, Math.Max(1, Grain / Math.Max(1, plan.Count)), new PooledRows<T>(x, g, first, second, m, plan));
    }

    private readonly struct PooledRows<T>(Tensor x, Tensor? g, Tensor first, Tensor second, Tensor? m, NormPlan plan) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            for (long i = from; i < to; i++)
            {
                (long lead, long group) = Math.DivRem(i, plan.B);
                long at = (lead * plan.A * plan.B + group) * plan.D, step = plan.B * plan.D;
                double sum = 0, other = 0;
                if (g is not null)
                {
                    T mean = m!.storage.At<T>(i);
                    for (long a = 0; a < plan.A; a++)
                    {
                        (double p, double q) = NormLoops.Sums(ref g.storage.At<T>(g.layout.Offset + at + a * step),
                            ref x.storage.At<T>(x.layout.Offset + at + a * step), mean, plan.D);
                        (sum, other) = (sum + p, other + q);
                    }
                }
                else
                {
                    for (long a = 0; a < plan.A; a++) sum += Reduce.Total(ref x.storage.At<T>(x.layout.Offset + at + a * step), plan.D);
                    sum /= plan.Count;
                    for (long a = 0; a < plan.A; a++)
                        other += Reduce.SquaresAbout(ref x.storage.At<T>(x.layout.Offset + at + a * step), plan.D, T.CreateTruncating(sum));
                    other /= plan.Count;
                }
                first.storage.At<T>(i) = T.CreateTruncating(sum);
                second.storage.At<T>(i) = T.CreateTruncating(other);
            }
        }
    }

    private readonly struct PooledColumns<T>(Tensor x, Tensor? g, Tensor first, Tensor second, Tensor? m, NormPlan plan, long tiles)
        : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Span<double> sum = stackalloc double[Tile], other = stackalloc double[Tile];
            for (long i = from; i < to; i++)
            {
                (long lead, long tile) = Math.DivRem(i, tiles);
                long column = tile * Tile, width = Math.Min(Tile, plan.B - column), at = lead * plan.A * plan.B + column;
                if (g is null) Moments(at, sum[..(int)width], other[..(int)width]);
                else Products(at, lead * plan.B + column, sum[..(int)width], other[..(int)width]);
                for (int j = 0; j < width; j++)
                {
                    first.storage.At<T>(lead * plan.B + column + j) = T.CreateTruncating(sum[j]);
                    second.storage.At<T>(lead * plan.B + column + j) = T.CreateTruncating(other[j]);
                }
            }
        }

        private void Moments(long at, Span<double> mean, Span<double> var)
        {
            if (plan.A == 0)
            {
                mean.Clear();
                var.Clear();
                return;
            }
            ref T source = ref x.storage.At<T>(x.layout.Offset + at);
            NormLoops.Sums(ref source, (nint)plan.A, (nint)plan.B, mean);
            for (int j = 0; j < mean.Length; j++) mean[j] /= plan.Count;
            NormLoops.Squares(ref source, (nint)plan.A, (nint)plan.B, mean, var);
            for (int j = 0; j < var.Length; j++) var[j] /= plan.Count;
        }

        private void Products(long at, long stat, Span<double> sum, Span<double> other)
        {
            if (plan.A == 0)
            {
                sum.Clear();
                other.Clear();
                return;
            }
            NormLoops.Products(ref x.storage.At<T>(x.layout.Offset + at), ref g!.storage.At<T>(g.layout.Offset + at), (nint)plan.A,
                (nint)plan.B, m!.storage.Span<T>(stat, sum.Length), sum, other);
        }
    }
}
