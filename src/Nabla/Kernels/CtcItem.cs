using System.Numerics;
using System.Runtime.CompilerServices;

namespace Nabla.Kernels;

/// <summary>
/// The forward and backward variables of one item after the other, in buffers that serve all. A row holds the logarithms of all states at
/// one time, between states of probability 0, so that a state's neighbours are read as vectors, too.
/// </summary>
internal sealed class CtcItem<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Gap = 2;

    private readonly Ctc.Problem p;
    private readonly Tensor? u;
    private readonly int room, pitch;
    private readonly double[] alpha, beta, dAlpha, dBeta, logs, jumps, terms, row;
    private readonly int[] classes;

    private long at, step;
    private int times, width;

    /// <param name="p">The operands.</param>
    /// <param name="u">A direction along which the gradient is differentiated.</param>
    /// <param name="gradient">Whether gradients are asked for.</param>
    internal CtcItem(Ctc.Problem p, Tensor? u, bool gradient)
    {
        (this.p, this.u) = (p, u);
        int states = checked(2 * (int)p.Labels + 1), lanes = Vector<double>.Count;
        room = (states + lanes - 1) / lanes * lanes;
        pitch = Gap + room + Gap;
        int size = checked((int)p.Times * pitch);
        (alpha, beta) = (new double[size], gradient ? new double[size] : []);
        (dAlpha, dBeta) = u is null ? ([], []) : (new double[size], new double[size]);
        (logs, jumps, terms, row) = (new double[room], new double[pitch], new double[2 * room], new double[p.Classes]);
        classes = new int[states];
    }

    /// <summary>Takes up an item; returns -log p.</summary>
    internal double Begin(long i)
    {
        (long lead, long n) = Math.DivRem(i, p.Items);
        step = p.Items * p.Classes;
        at = lead * p.Times * step + n * p.Classes;
        times = (int)p.Lengths.storage.At<long>(p.Lengths.layout.Offset + i);
        width = 2 * (int)p.Counts.storage.At<long>(p.Counts.layout.Offset + i) + 1;
        for (int s = 0; s < width; s++)
            classes[s] = (int)((s & 1) == 0 ? p.Blank : p.Targets.storage.At<long>(p.Targets.layout.Offset + i * p.Labels + s / 2));
        // 0 where a path may come from two states before: between different labels, over a blank.
        jumps.AsSpan().Fill(double.NegativeInfinity);
        for (int s = 3; s < width; s += 2)
            if (classes[s] != classes[s - 2]) jumps[s] = 0;
        if (times == 0) return width == 1 ? 0 : double.PositiveInfinity;
        Fill(alpha, forward: true);
        int end = (times - 1) * pitch + Gap + width - 1;
        return -LogSum(alpha[end], alpha[end - 1]);
    }

    private ref T Log(int t, long c) => ref p.Logs.storage.At<T>(p.Logs.layout.Offset + at + t * step + c);

    private static double LogSum(double a, double b)
    {
        double max = Math.Max(a, b);
        return double.IsInfinity(max) ? max : max + Math.Log(Math.Exp(a - max) + Math.Exp(b - max));
    }

    /// <summary>Row after row: log Σ e^a over a state and its one or two predecessors (successors), and its class's log-probability.</summary>
    private void Fill(double[] a, bool forward)
    {
        a.AsSpan().Fill(double.NegativeInfinity);
        logs.AsSpan(width).Fill(double.NegativeInfinity);
        for (int k = 0; k < times; k++)
        {
            int t = forward ? k : times - 1 - k;
            ref T now = ref Log(t, 0);
            for (int s = 0; s < width; s++) logs[s] = double.CreateTruncating(Unsafe.Add(ref now, classes[s]));
            Span<double> to = a.AsSpan(t * pitch + Gap, room);
            if (k > 0) Step(a.AsSpan(t * pitch + (forward ? -pitch : pitch), pitch), to, forward);
            else
            {
                int first = forward ? 0 : width - 1, second = forward ? 1 : width - 2;
                to[first] = logs[first];
                if (width > 1) to[second] = logs[second];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Step(ReadOnlySpan<double> last, Span<double> to, bool forward)
    {
        int w = Vector<double>.Count, one = forward ? Gap - 1 : Gap + 1, two = forward ? Gap - 2 : Gap + 2;
        Vector<double> none = new(double.NegativeInfinity);
        // The jump into a state from behind is that out of it, seen from two states on.
        ReadOnlySpan<double> gates = jumps.AsSpan(forward ? 0 : 2);
        for (int s = 0; s < to.Length; s += w)
        {
            Vector<double> x = new(last[(Gap + s)..]), y = new(last[(one + s)..]), z = new Vector<double>(last[(two + s)..])
                + new Vector<double>(gates[s..]);
            // The largest of three powers is 1; the other two are those of the lower one of each pair.
            Vector<double> pair = Vector.Max(x, y), max = Vector.Max(pair, z);
            max.CopyTo(to[s..]);
            max = Vector.ConditionalSelect(Vector.Equals(max, none), Vector<double>.Zero, max);
            (Vector.Min(x, y) - max).CopyTo(terms, s);
            (Vector.Min(pair, z) - max).CopyTo(terms, to.Length + s);
        }
        VectorMath.Exp<double>(terms, terms);
        for (int s = 0; s < to.Length; s += w)
            (new Vector<double>(terms, s) + new Vector<double>(terms, to.Length + s) + Vector<double>.One).CopyTo(terms, s);
        VectorMath.Log<double>(terms.AsSpan(0, to.Length), terms.AsSpan(0, to.Length));
        for (int s = 0; s < to.Length; s += w)
            (new Vector<double>(to[s..]) + new Vector<double>(terms, s) + new Vector<double>(logs, s)).CopyTo(to[s..]);
    }

    /// <summary>Derivatives of the variables along the direction: means of those of the states before, weighted by their
    /// shares.</summary>
    private double Slopes(double[] a, double[] d, bool forward)
    {
        int back = forward ? -1 : 1;
        for (int k = 0; k < times; k++)
        {
            int t = forward ? k : times - 1 - k, here = t * pitch + Gap, last = here + back * pitch;
            for (int s = 0; s < width; s++)
            {
                double slope = 0, share = a[here + s] - double.CreateTruncating(Log(t, classes[s]));
                for (int j = 0; j < 3 && k > 0 && !double.IsNegativeInfinity(a[here + s]); j++)
                {
                    int from = s + j * back;
                    if (from < 0 || from >= width || (j == 2 && jumps[Math.Max(s, from)] != 0)) continue;
                    double weight = Math.Exp(a[last + from] - share);
                    if (weight > 0) slope += weight * d[last + from];
                }
                d[here + s] = slope + Direction(t, classes[s]);
            }
        }
        int end = forward ? (times - 1) * pitch + Gap + width - 1 : Gap, other = width > 1 ? end + back : end;
        double total = width > 1 ? LogSum(a[end], a[other]) : a[end];
        double change = double.IsNegativeInfinity(a[end]) ? 0 : Math.Exp(a[end] - total) * d[end];
        return width > 1 && !double.IsNegativeInfinity(a[other]) ? change + Math.Exp(a[other] - total) * d[other] : change;
    }

    private double Direction(int t, long c) => double.CreateTruncating(u!.storage.At<T>(u.layout.Offset + at + t * step + c));

    /// <summary>(e^x - P(class at time | labels)) times a factor, or its derivative along the direction.</summary>
    internal void Write(Tensor y, double loss, double scale)
    {
        if (times == 0) return;
        Fill(beta, forward: false);
        double change = 0;
        if (u is not null)
        {
            change = -Slopes(alpha, dAlpha, forward: true);
            Slopes(beta, dBeta, forward: false);
        }
        for (int t = 0; t < times; t++)
        {
            ref T now = ref Log(t, 0);
            for (int c = 0; c < row.Length; c++) row[c] = double.CreateTruncating(Unsafe.Add(ref now, c));
            int first = t * pitch + Gap;
            for (int s = 0; s < width; s++)
            {
                double both = alpha[first + s] + beta[first + s];
                terms[s] = double.IsNegativeInfinity(both) ? both : both - row[classes[s]] + loss;
            }
            VectorMath.Exp<double>(terms.AsSpan(0, width), terms.AsSpan(0, width));
            VectorMath.Exp<double>(row, row);
            for (int c = 0; c < row.Length && u is not null; c++) row[c] *= Direction(t, c);
            for (int s = 0; s < width; s++)
            {
                if (u is not null && terms[s] != 0)
                    terms[s] *= dAlpha[first + s] + dBeta[first + s] - Direction(t, classes[s]) + change;
                row[classes[s]] -= terms[s];
            }
            ref T to = ref y.storage.At<T>(at + t * step);
            double factor = double.IsPositiveInfinity(loss) ? double.NaN : scale;
            for (int c = 0; c < row.Length; c++) Unsafe.Add(ref to, c) = T.CreateTruncating(factor * row[c]);
        }
    }
}
