using System.Numerics;

namespace Nabla.Kernels;

/// <summary>
/// Connectionist temporal classification: the probability of a sequence of labels is that of all paths that spell it, with blanks between
/// labels and repetitions. Forward and backward variables in log space, in float64. A. Graves et al., Connectionist Temporal
/// Classification, 2006, section 4.
/// </summary>
internal static class Ctc
{
    /// <summary>-log p of each item's labels. logs: [..., T, N, C], targets: [..., N, S], lengths: [..., N].</summary>
    internal static Tensor Loss(Tensor logs, Tensor targets, Tensor lengths, Tensor counts, long blank)
    {
        Tensor y = Tensor.Allocate(new Layout(lengths.layout.shape), logs.dtype);
        Run(new Problem(logs, targets, lengths, counts, blank), y, null, null, false);
        return y;
    }

    /// <summary>
    /// e^x - P(class at time | labels) times each item's g, which is the loss's gradient with respect to what x is the log-softmax of; or,
    /// with a direction u, the derivative of that along u.
    /// </summary>
    internal static Tensor Gradient(Tensor g, Tensor logs, Tensor? u, Tensor targets, Tensor lengths, Tensor counts, long blank,
        bool zeroInfinity)
    {
        Tensor y = Tensor.Allocate(new Layout(logs.layout.shape), logs.dtype);
        Fill.Run(y, 0);
        Run(new Problem(logs, targets, lengths, counts, blank), y, Copy.Contiguous(Copy.Cast(g, logs.dtype)),
            u is null ? null : Copy.Contiguous(Copy.Cast(u, logs.dtype)), zeroInfinity);
        return y;
    }

    private static void Run(Problem p, Tensor y, Tensor? g, Tensor? u, bool zeroInfinity)
    {
        long items = p.Lengths.layout.Count, grain = Math.Max(1, (1 << 12) / Math.Max(1, p.Times * (2 * p.Labels + 1)));
        if (p.Logs.dtype == DType.Float32) Parallel.For(items, grain, new Body<float>(p, y, g, u, zeroInfinity));
        else Parallel.For(items, grain, new Body<double>(p, y, g, u, zeroInfinity));
    }

    /// <summary>The operands in row-major order, and their sizes.</summary>
    internal sealed class Problem
    {
        internal readonly Tensor Logs, Targets, Lengths, Counts;
        internal readonly long Times, Items, Classes, Labels, Blank;

        internal Problem(Tensor logs, Tensor targets, Tensor lengths, Tensor counts, long blank)
        {
            (Logs, Targets) = (Copy.Contiguous(logs), Copy.Contiguous(targets));
            (Lengths, Counts) = (Copy.Contiguous(lengths), Copy.Contiguous(counts));
            (Times, Items, Classes) = (logs.layout.shape[^3], logs.layout.shape[^2], logs.layout.shape[^1]);
            (Labels, Blank) = (targets.layout.shape[^1], blank);
        }
    }

    private readonly struct Body<T>(Problem p, Tensor y, Tensor? g, Tensor? u, bool zeroInfinity) : IRange
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(long from, long to)
        {
            CtcItem<T> item = new(p, u, g is not null);
            for (long i = from; i < to; i++)
            {
                double loss = item.Begin(i);
                if (g is null) y.storage.At<T>(i) = T.CreateTruncating(loss);
                else if (!double.IsPositiveInfinity(loss) || !zeroInfinity)
                    item.Write(y, loss, double.CreateTruncating(g.storage.At<T>(g.layout.Offset + i)));
            }
        }
    }
}
