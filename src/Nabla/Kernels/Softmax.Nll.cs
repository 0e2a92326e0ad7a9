using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>The negative log-likelihood of target classes. Dimensions before the last ones of a target are a batch.</summary>
internal static class Nll
{
    /// <summary>Where the classes are in an input for targets of this rank, counted from the end.</summary>
    internal static int ClassDim(int targetRank) => targetRank == 0 ? -1 : -targetRank;

    private const long Grain = 1 << 12;

    /// <summary>The factors of all targets' terms; see <see cref="Ops.NllWeights"/>.</summary>
    internal static Tensor Weights(Tensor target, Tensor? weight, int rank, long classes, long ignore, bool mean, DType dtype)
    {
        target = Copy.Contiguous(target);
        DType compute = dtype.Accumulator();
        Tensor c = Tensor.Allocate(target.layout.RowMajor, compute);
        long counted = Check(target, classes, ignore);
        if (weight is null && counted == target.layout.Count && c.layout.Count > 0)
        {
            Fill.Run(c, mean ? 1.0 / Reduce.Count(target.layout, Dims.All(rank)) : 1.0);
            return Copy.Cast(c, dtype);
        }
        Tensor? w = weight is null ? null : Copy.Cast(Copy.Contiguous(weight), DType.Float64);
        if (compute == DType.Float32) Weights<float>(target, w, c, rank, classes, ignore, mean);
        else Weights<double>(target, w, c, rank, classes, ignore, mean);
        return Copy.Cast(c, dtype);
    }

    private static void Weights<T>(Tensor target, Tensor? w, Tensor c, int rank, long classes, long ignore, bool mean)
        where T : unmanaged, INumber<T>
    {
        ReadOnlySpan<long> t = target.storage.Span<long>(target.layout.Offset, target.layout.Count);
        Span<T> factors = c.Span<T>();
        int n = (int)Reduce.Count(target.layout, Dims.All(rank));
        for (int row = 0; row < factors.Length; row += n)
        {
            // A batched weight has one row for each batch element.
            long own = w is null ? 0 : w.layout.Offset + (w.Rank == 1 ? 0 : row / n * classes);
            double total = 0;
            for (int i = row; mean && i < row + n; i++)
                if (t[i] != ignore) total += w is null ? 1 : w.storage.At<double>(own + t[i]);
            for (int i = row; i < row + n; i++)
            {
                double factor = t[i] == ignore ? 0 : w is null ? 1 : w.storage.At<double>(own + t[i]);
                factors[i] = T.CreateTruncating(mean && t[i] != ignore ? factor / total : factor);
            }
        }
    }

    /// <summary>How many targets count; an error if one is no class.</summary>
    private static long Check(Tensor target, long classes, long ignore)
    {
        long n = target.layout.Count, counted = 0;
        long[] parts = new long[Parallel.Chunks(n, Grain)];
        Parallel.Sweep(n, Grain, new CheckBody(target, classes, ignore, parts));
        foreach (long part in parts)
        {
            if (part < 0) OutOfBounds(target.storage.Span<long>(target.layout.Offset, n), classes, ignore);
            counted += part;
        }
        return counted;
    }

    private static void OutOfBounds(ReadOnlySpan<long> t, long classes, long ignore)
    {
        for (int i = 0; i < t.Length; i++)
            if (t[i] != ignore && (ulong)t[i] >= (ulong)classes)
                Throw.Range("target", t[i], $"Target {t[i]} is out of bounds. There are {classes} classes, and the target at place {i} " +
                    $"is {t[i]}.");
    }

    /// <summary>Counts targets that are not ignored; -1 if one of them is no class.</summary>
    private readonly struct CheckBody(Tensor target, long classes, long ignore, long[] parts) : IRange
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            long counted = 0, wrong = 0;
            foreach (long t in target.storage.Span<long>(target.layout.Offset + from, to - from))
            {
                long counts = t != ignore ? 1 : 0;
                counted += counts;
                wrong |= (ulong)t >= (ulong)classes ? counts : 0;
            }
            parts[from / Grain] = wrong != 0 ? -1 : counted;
        }
    }

    internal static Tensor Forward(Tensor x, Tensor target, Tensor c, int rank, long ignore, bool each, bool mean)
    {
        if (x.dtype is DType.Float16 or DType.BFloat16)
            return Copy.Cast(Forward(Copy.Cast(x, DType.Float32), target, Copy.Cast(c, DType.Float32), rank, ignore, each, mean), x.dtype);
        (x, target, c) = (Copy.Contiguous(x), Copy.Contiguous(target), Copy.Contiguous(c));
        Tensor y = Tensor.Allocate(each ? target.layout.RowMajor : Reduce.Shape(target.layout, Dims.All(rank), false), x.dtype);
        if (x.dtype == DType.Float32) Forward<float>(x, target, c, y, rank, ignore, each, mean);
        else Forward<double>(x, target, c, y, rank, ignore, each, mean);
        return y;
    }

    private static void Forward<T>(Tensor x, Tensor target, Tensor c, Tensor y, int rank, long ignore, bool each, bool mean)
        where T : unmanaged, INumber<T>
    {
        Along along = new(x.layout, ClassDim(rank));
        if (each)
        {
            Parallel.Sweep(target.layout.Count, Grain, new TermBody<T>(x, target, c, y, along, ignore));
            return;
        }
        long n = Reduce.Count(target.layout, Dims.All(rank));
        (double Sum, bool Counts)[] parts = new (double, bool)[Parallel.Chunks(n, Grain)];
        for (long row = 0; row < y.layout.Count; row++)
        {
            Parallel.Sweep(n, Grain, new SumBody<T>(x, target, c, along, ignore, row * n, parts));
            double total = 0;
            bool counts = false;
            foreach ((double sum, bool any) in parts) (total, counts) = (total + sum, counts | any);
            y.storage.At<T>(row) = T.CreateTruncating(mean && !counts ? double.NaN : total);
        }
    }

    /// <summary>Single terms.</summary>
    private readonly struct TermBody<T>(Tensor x, Tensor target, Tensor c, Tensor y, Along along, long ignore) : IRange
        where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Places at = new(along, from);
            for (long i = from; i < to; i++, at.Next())
            {
                long t = target.storage.At<long>(target.layout.Offset + i);
                y.storage.At<T>(i) = t == ignore ? T.Zero
                    : -c.storage.At<T>(c.layout.Offset + i) * x.storage.At<T>(x.layout.Offset + at.Here + t * along.Inner);
            }
        }
    }

    /// <summary>Sums of terms in float64, one for each chunk, and whether a target counts.</summary>
    private readonly struct SumBody<T>(Tensor x, Tensor target, Tensor c, Along along, long ignore, long first,
        (double, bool)[] parts) : IRange where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Places at = new(along, first + from);
            double total = 0;
            bool counts = false;
            ref T values = ref x.storage.At<T>(x.layout.Offset), factors = ref c.storage.At<T>(c.layout.Offset + first);
            ref long targets = ref target.storage.At<long>(target.layout.Offset + first);
            for (long i = from; i < to; i++, at.Next())
            {
                long t = Unsafe.Add(ref targets, (nint)i);
                if (t == ignore) continue;
                T term = -Unsafe.Add(ref factors, (nint)i) * Unsafe.Add(ref values, (nint)(at.Here + t * along.Inner));
                total += double.CreateTruncating(term);
                counts = true;
            }
            parts[from / Grain] = (total, counts);
        }
    }

    /// <summary>Where each target's classes begin, one after the other.</summary>
    private struct Places
    {
        private readonly long inner, skip;
        private long left;

        internal Places(Along along, long first)
        {
            (inner, skip) = (along.Inner, (along.N - 1) * along.Inner);
            (Here, left) = (along.Start(first), inner - first % inner);
        }

        internal long Here { get; private set; }

        internal void Next()
        {
            Here++;
            if (--left > 0) return;
            Here += skip;
            left = inner;
        }
    }

    internal static Tensor Backward(Tensor g, Tensor target, Tensor c, int rank, long classes, long ignore)
    {
        if (g.dtype is DType.Float16 or DType.BFloat16)
            return Copy.Cast(Backward(Copy.Cast(g, DType.Float32), target, Copy.Cast(c, DType.Float32), rank, classes, ignore), g.dtype);
        (g, target, c) = (Copy.Contiguous(g), Copy.Contiguous(target), Copy.Contiguous(c));
        int at = target.Rank + 1 + ClassDim(rank);
        Tensor y = Tensor.Allocate(new Layout([.. target.layout.shape[..at], classes, .. target.layout.shape[at..]]), g.dtype);
        Fill.Run(y, 0);
        if (g.dtype == DType.Float32) Backward<float>(g, target, c, y, rank, ignore);
        else Backward<double>(g, target, c, y, rank, ignore);
        return y;
    }

    private static void Backward<T>(Tensor g, Tensor target, Tensor c, Tensor y, int rank, long ignore) where T : unmanaged,
        INumber<T>
    {
        Along along = new(y.layout, ClassDim(rank));
        Parallel.Sweep(target.layout.Count, Grain, new GradBody<T>(g, target, c, y, along, ignore));
    }

    private readonly struct GradBody<T>(Tensor g, Tensor target, Tensor c, Tensor y, Along along, long ignore) : IRange
        where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            Places at = new(along, from);
            for (long i = from; i < to; i++, at.Next())
            {
                long t = target.storage.At<long>(target.layout.Offset + i);
                if (t == ignore) continue;
                y.storage.At<T>(at.Here + t * along.Inner) = -c.storage.At<T>(c.layout.Offset + i) * g.storage.At<T>(g.layout.Offset + i);
            }
        }
    }
}
