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
    private sealed class Problem
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
            long size = p.Times * (2 * p.Labels + 1);
            double[] alpha = new double[size], beta = g is null ? [] : new double[size];
            double[] dAlpha = u is null ? [] : new double[size], dBeta = u is null ? [] : new double[size];
            for (long i = from; i < to; i++)
            {
                Item<T> item = new(p, i, u);
                double loss = item.Fill(alpha, dAlpha, forward: true, out double change);
                if (g is null)
                {
                    y.storage.At<T>(i) = T.CreateTruncating(loss);
                    continue;
                }
                if (double.IsPositiveInfinity(loss) && zeroInfinity) continue;
                item.Fill(beta, dBeta, forward: false, out _);
                double scale = double.CreateTruncating(g.storage.At<T>(g.layout.Offset + i));
                item.Write(y, alpha, beta, dAlpha, dBeta, loss, change, scale);
            }
        }
    }

    private readonly struct Item<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        private readonly Problem p;
        private readonly Tensor? u;
        private readonly long logs, labels, step;
        private readonly int times, width;

        internal Item(Problem p, long i, Tensor? u)
        {
            (this.p, this.u) = (p, u);
            (long lead, long n) = Math.DivRem(i, p.Items);
            step = p.Items * p.Classes;
            logs = lead * p.Times * step + n * p.Classes;
            labels = p.Targets.layout.Offset + i * p.Labels;
            times = (int)p.Lengths.storage.At<long>(p.Lengths.layout.Offset + i);
            width = 2 * (int)p.Counts.storage.At<long>(p.Counts.layout.Offset + i) + 1;
        }

        /// <summary>The class at a place among the labels with blanks between and around them.</summary>
        private long Class(int s) => (s & 1) == 0 ? p.Blank : p.Targets.storage.At<long>(labels + s / 2);

        private double Log(int t, long c) => double.CreateTruncating(p.Logs.storage.At<T>(p.Logs.layout.Offset + logs + t * step + c));

        private double Direction(int t, long c) =>
            u is null ? 0 : double.CreateTruncating(u.storage.At<T>(u.layout.Offset + logs + t * step + c));

        /// <summary>
        /// Logarithms of the forward (or backward) variables and, if there is a direction, their derivatives along it. The result is
        /// -log p, with its derivative.
        /// </summary>
        internal double Fill(double[] a, double[] d, bool forward, out double change)
        {
            change = 0;
            if (times == 0) return width == 1 ? 0 : double.PositiveInfinity;
            for (int k = 0; k < times; k++)
            {
                int t = forward ? k : times - 1 - k, before = (forward ? t - 1 : t + 1) * width;
                for (int j = 0; j < width; j++)
                {
                    int s = forward ? j : width - 1 - j, back = forward ? -1 : 1;
                    long c = Class(s);
                    double sum = double.NegativeInfinity, slope = 0;
                    if (k == 0 && j < 2) sum = 0;
                    else if (k > 0)
                    {
                        bool jump = j > 1 && Class(s + 2 * back) != c;
                        sum = Join(a, d, before + s, j > 0 ? before + s + back : -1, jump ? before + s + 2 * back : -1, out slope);
                    }
                    a[t * width + s] = sum + Log(t, c);
                    if (u is not null) d[t * width + s] = slope + Direction(t, c);
                }
            }
            int last = (forward ? times - 1 : 0) * width, end = forward ? last + width - 1 : last;
            double total = Join(a, d, end, width > 1 ? end + (forward ? -1 : 1) : -1, -1, out change);
            change = -change;
            return -total;
        }

        /// <summary>log Σ e^a over up to three places, and the mean of d there with these weights.</summary>
        private double Join(double[] a, double[] d, int i, int j, int k, out double slope)
        {
            double x = a[i], y = j < 0 ? double.NegativeInfinity : a[j], z = k < 0 ? double.NegativeInfinity : a[k];
            double max = Math.Max(x, Math.Max(y, z));
            slope = 0;
            if (double.IsNegativeInfinity(max)) return max;
            double p0 = Math.Exp(x - max), p1 = Math.Exp(y - max), p2 = Math.Exp(z - max), sum = p0 + p1 + p2;
            if (u is not null)
                slope = ((p0 > 0 ? p0 * d[i] : 0) + (p1 > 0 ? p1 * d[j] : 0) + (p2 > 0 ? p2 * d[k] : 0)) / sum;
            return max + Math.Log(sum);
        }

        internal void Write(Tensor y, double[] alpha, double[] beta, double[] dAlpha, double[] dBeta, double loss, double change,
            double scale)
        {
            double[] row = new double[p.Classes];
            for (int t = 0; t < times; t++)
            {
                for (int c = 0; c < row.Length; c++)
                {
                    row[c] = Math.Exp(Log(t, c)) * (u is null ? 1 : Direction(t, c));
                    if (double.IsPositiveInfinity(loss)) row[c] = double.NaN;
                }
                for (int s = 0; s < width; s++)
                {
                    int at = t * width + s;
                    if (double.IsNegativeInfinity(alpha[at]) || double.IsNegativeInfinity(beta[at])) continue;
                    long c = Class(s);
                    double part = Math.Exp(alpha[at] + beta[at] - Log(t, c) + loss);
                    row[c] -= u is null ? part : part * (dAlpha[at] + dBeta[at] - Direction(t, c) + change);
                }
                for (int c = 0; c < row.Length; c++) y.storage.At<T>(logs + t * step + c) = T.CreateTruncating(scale * row[c]);
            }
        }
    }
}
