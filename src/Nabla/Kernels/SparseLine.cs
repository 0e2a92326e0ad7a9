using System.Numerics;

namespace Nabla.Kernels;

/// <summary>A linear map from lines to lines: element i becomes Σ Weights[k] x[At[k]] for k from Start[i] up to Start[i + 1].</summary>
internal sealed class SparseLine<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    internal readonly int In;
    internal readonly int[] Start, At;
    internal readonly T[] Weights;

    /// <summary>Whether each element becomes itself.</summary>
    internal readonly bool Identity;

    internal int Out => Start.Length - 1;

    private SparseLine(int n, int[] start, int[] at, T[] weights)
    {
        (In, Start, At, Weights) = (n, start, at, weights);
        Identity = n == Out && at.Length == n;
        for (int i = 0; i < n && Identity; i++) Identity = start[i] == i && at[i] == i && weights[i] == T.One;
    }

    /// <summary>The map of one element to itself.</summary>
    internal static SparseLine<T> One { get; } = new(1, [0, 1], [0], [T.One]);

    /// <summary>The map of a resampling, or the transposed one.</summary>
    internal static SparseLine<T> Of(in ResamplePlan plan, bool single, bool transposed)
    {
        ResampleTable table = new(plan, single);
        int n = checked((int)plan.In), count = 0;
        int[] start = new int[(int)plan.Out + 1], at = new int[table.At.Length];
        T[] weights = new T[at.Length];
        for (int i = 0; i < start.Length - 1; i++)
        {
            for (int k = i * table.Taps; k < (i + 1) * table.Taps; k++)
            {
                // An infinite element without weight has no influence.
                if (table.Weights[k] == 0) continue;
                (at[count], weights[count]) = ((int)table.At[k], T.CreateTruncating(table.Weights[k]));
                count++;
            }
            start[i + 1] = count;
        }
        SparseLine<T> line = new(n, start, at[..count], weights[..count]);
        return transposed ? line.Transposed() : line;
    }

    private SparseLine<T> Transposed()
    {
        int[] start = new int[In + 1], at = new int[At.Length];
        T[] weights = new T[at.Length];
        foreach (int i in At) start[i + 1]++;
        for (int i = 0; i < In; i++) start[i + 1] += start[i];
        int[] next = [.. start];
        for (int i = 0; i < Out; i++)
        {
            for (int k = Start[i]; k < Start[i + 1]; k++)
            {
                int to = next[At[k]]++;
                (at[to], weights[to]) = (i, Weights[k]);
            }
        }
        return new(Out, start, at, weights);
    }

    /// <summary>The map of pairs, of which this one maps the first member and the other the second.</summary>
    internal SparseLine<T> Times(SparseLine<T> other)
    {
        if (In == 1 && Identity) return other;
        int[] start = new int[checked(Out * other.Out) + 1];
        List<int> at = [];
        List<T> weights = [];
        for (int i = 0; i < Out; i++)
        {
            for (int j = 0; j < other.Out; j++)
            {
                for (int k = Start[i]; k < Start[i + 1]; k++)
                {
                    for (int m = other.Start[j]; m < other.Start[j + 1]; m++)
                    {
                        at.Add(At[k] * other.In + other.At[m]);
                        weights.Add(Weights[k] * other.Weights[m]);
                    }
                }
                start[i * other.Out + j + 1] = at.Count;
            }
        }
        return new(checked(In * other.In), start, [.. at], [.. weights]);
    }

    /// <summary>The first and the last element that those from <paramref name="from"/> up to <paramref name="to"/> need.</summary>
    internal (int First, int Last) Reach(int from, int to)
    {
        (int first, int last) = (In, -1);
        foreach (int i in At.AsSpan(Start[from]..Start[to])) (first, last) = (Math.Min(first, i), Math.Max(last, i));
        return (first, last);
    }
}
