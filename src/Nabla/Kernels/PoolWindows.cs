namespace Nabla.Kernels;

/// <summary>
/// Which elements each window of a pooling covers, dimension by dimension over the trailing one to three dimensions: window o has elements
/// Start[d][o], + Step[d], .. below End[d][o], all inside the input.
/// </summary>
internal sealed class PoolWindows
{
    internal readonly Shape Input, Output;

    /// <summary>Three dimensions each; the first ones have one window of one element where there are fewer.</summary>
    internal readonly long[][] Start, End;
    internal readonly long[] Step;

    /// <summary>By what a sum is divided: the product of these numbers of the three dimensions.</summary>
    internal readonly long[][] Divisor;

    /// <summary>Whether all windows are 2 x 2 and lie side by side, in the last two dimensions.</summary>
    internal readonly bool Halves;

    /// <summary>What the windows were made from: an export states them so. Kernel is empty for even windows.</summary>
    internal Shape Kernel { get; private init; }
    internal Shape Stride { get; private init; }
    internal Shape Padding { get; private init; }
    internal Shape Dilation { get; private init; }

    /// <summary>Whether zeros around the input count in a mean.</summary>
    internal bool CountZeros { get; private init; }

    /// <summary>What a sum is divided by, if that was given.</summary>
    internal long? Given { get; private init; }

    internal int Rank => Input.Count;
    internal long InputPlane => Layout.Elements(Input.Values);
    internal long OutputPlane => Layout.Elements(Output.Values);

    internal PoolWindows(Shape input, Shape output, long[][] start, long[][] end, long[] step, long[][]? divisor = null)
    {
        (Input, Output) = (input, output);
        (Start, End, Divisor) = (Three(start, 0), Three(end, 1), Three(divisor ?? start, 1));
        Step = [1, 1, 1];
        step.CopyTo(Step, 3 - step.Length);
        Halves = Rank <= 2 && InputPlane < int.MaxValue && (Rank == 1 || Pairs(1)) && Pairs(2);
    }

    private bool Pairs(int d)
    {
        for (int o = 0; o < Start[d].Length; o++)
            if (Start[d][o] != 2 * o || End[d][o] != 2 * o + 2) return false;
        return Step[d] == 1;
    }

    private static long[][] Three(long[][] lists, long fill)
    {
        long[][] three = [[fill], [fill], [fill]];
        lists.CopyTo(three, 3 - lists.Length);
        return three;
    }

    /// <summary>Windows of a kernel's size at even distances, for maxima.</summary>
    internal static PoolWindows Spaced(Shape input, Shape output, Shape kernel, Shape stride, Shape padding, Shape dilation)
    {
        int n = input.Count;
        long[][] start = new long[n][], end = new long[n][];
        for (int d = 0; d < n; d++)
        {
            (start[d], end[d]) = (new long[output[d]], new long[output[d]]);
            for (long o = 0; o < output[d]; o++)
            {
                long first = o * stride[d] - padding[d];
                end[d][o] = Math.Min(first + (kernel[d] - 1) * dilation[d] + 1, input[d]);
                if (first < 0) first += (dilation[d] - 1 - first) / dilation[d] * dilation[d];
                start[d][o] = Math.Min(first, end[d][o]);
            }
        }
        return new(input, output, start, end, [.. dilation]) { Kernel = kernel, Stride = stride, Padding = padding, Dilation = dilation };
    }

    /// <summary>Windows of a kernel's size at even distances, for means: with the number of elements, or with that of zeros too.</summary>
    internal static PoolWindows Means(Shape input, Shape output, Shape kernel, Shape stride, Shape padding, bool countZeros, long? divisor)
    {
        int n = input.Count;
        long[][] start = new long[n][], end = new long[n][], by = new long[n][];
        for (int d = 0; d < n; d++)
        {
            (start[d], end[d], by[d]) = (new long[output[d]], new long[output[d]], new long[output[d]]);
            for (long o = 0; o < output[d]; o++)
            {
                long first = o * stride[d] - padding[d], last = Math.Min(first + kernel[d], input[d] + padding[d]);
                (start[d][o], end[d][o]) = (Math.Max(first, 0), Math.Min(last, input[d]));
                by[d][o] = divisor is { } given ? d == 0 ? given : 1 : countZeros ? last - first : end[d][o] - start[d][o];
            }
        }
        long[] step = new long[n];
        Array.Fill(step, 1);
        return new(input, output, start, end, step, by)
        {
            Kernel = kernel,
            Stride = stride,
            Padding = padding,
            Dilation = new(step),
            CountZeros = countZeros,
            Given = divisor,
        };
    }

    /// <summary>As many windows as asked for, as even as possible: from ⌊o · in / out⌋ to ⌈(o + 1) · in / out⌉.</summary>
    internal static PoolWindows Even(Shape input, Shape output)
    {
        int n = input.Count;
        long[][] start = new long[n][], end = new long[n][], by = new long[n][];
        for (int d = 0; d < n; d++)
        {
            (long size, long count) = (input[d], output[d]);
            (start[d], end[d], by[d]) = (new long[count], new long[count], new long[count]);
            for (long o = 0; o < count; o++)
            {
                // o · in / out without overflow.
                (long whole, long rest) = Math.DivRem(size, count);
                start[d][o] = o * whole + o * rest / count;
                end[d][o] = (o + 1) * whole + ((o + 1) * rest + count - 1) / count;
                by[d][o] = end[d][o] - start[d][o];
            }
        }
        long[] step = new long[n];
        Array.Fill(step, 1);
        return new(input, output, start, end, step, by);
    }

    /// <summary>The shape of a tensor of which the trailing dimensions are replaced.</summary>
    internal static long[] Replaced(long[] shape, Shape trailing) => [.. shape[..^trailing.Count], .. trailing.Values];
}
