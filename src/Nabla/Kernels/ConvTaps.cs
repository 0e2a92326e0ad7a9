namespace Nabla.Kernels;

/// <summary>
/// A sum over shifted copies: target[row, p] = Σ weight[row, t, c] · source[c, p · Step + Taps[t]] over taps t and channels c, for p in a
/// lattice of three dimensions; the source is zero outside. A convolution is one such sum. Its gradient to the input, which is a transposed
/// convolution, is one for each set of input positions that meet the same taps: with stride s, positions whose remainder by s is equal.
/// </summary>
internal sealed class ConvTaps
{
    /// <summary>The lattice, the distance in the source between its points, and the size of the source.</summary>
    internal readonly long[] Count, Step, Source;

    /// <summary>For each tap three shifts.</summary>
    internal readonly long[] Taps;

    /// <summary>Where each row begins in the target, and the distance there between points of the lattice.</summary>
    internal readonly long[] RowTarget, TargetStep;

    /// <summary>Where the weight of a row and tap is for channel 0, and the distance between channels.</summary>
    internal readonly long[] WeightAt;
    internal readonly long ChannelStep;

    internal int TapCount => Taps.Length / 3;
    internal int Rows => RowTarget.Length;
    internal long Points { get; }
    internal long SourcePlane { get; }

    /// <summary>Points of the lattice are neighbours in the target, and rows follow at even distances.</summary>
    internal bool Plain { get; }

    private ConvTaps(long[] count, long[] step, long[] source, long[] taps, long[] rowTarget, long[] targetStep, long[] weightAt,
        long channelStep)
    {
        (Count, Step, Source, Taps, RowTarget, TargetStep) = (count, step, source, taps, rowTarget, targetStep);
        (WeightAt, ChannelStep) = (weightAt, channelStep);
        Points = count[0] * count[1] * count[2];
        SourcePlane = source[0] * source[1] * source[2];
        Plain = targetStep[2] == 1 && targetStep[1] == count[2] && targetStep[0] == count[1] * count[2];
    }

    /// <summary>The sum that makes the output of a convolution from its input.</summary>
    internal static ConvTaps Forward(in Window w, long rows, long channels)
    {
        long[] input = Window.Three(w.Input, 1), kernel = Window.Three(w.Kernel, 1), output = Window.Three(w.Output, 1);
        long[] stride = Window.Three(w.Stride, 1), padding = Window.Three(w.Padding, 0), dilation = Window.Three(w.Dilation, 1);
        long[] taps = new long[3 * w.KernelPlane], targets = new long[rows], weights = new long[rows * w.KernelPlane];
        int t = 0;
        for (long z = 0; z < kernel[0]; z++)
        {
            for (long y = 0; y < kernel[1]; y++)
            {
                for (long x = 0; x < kernel[2]; x++)
                {
                    taps[t++] = z * dilation[0] - padding[0];
                    taps[t++] = y * dilation[1] - padding[1];
                    taps[t++] = x * dilation[2] - padding[2];
                }
            }
        }
        long points = w.OutputPlane, elements = w.KernelPlane;
        for (long r = 0; r < rows; r++)
        {
            targets[r] = r * points;
            for (long k = 0; k < elements; k++) weights[r * elements + k] = r * channels * elements + k;
        }
        if (w.KernelPlane == 1 && taps.AsSpan().IndexOfAnyExcept(0) < 0 && stride.AsSpan().IndexOfAnyExcept(1) < 0
            && input.AsSpan().SequenceEqual(output))
            input = output = [1, 1, w.InputPlane];
        return new(output, stride, input, taps, targets, [output[1] * output[2], output[2], 1], weights, w.KernelPlane);
    }

    /// <summary>The sums that make the gradient of a convolution's input from that of its output: rows are input channels.</summary>
    internal static List<ConvTaps> Backward(in Window w, long rows)
    {
        long[] input = Window.Three(w.Input, 1), kernel = Window.Three(w.Kernel, 1), output = Window.Three(w.Output, 1);
        long[] stride = Window.Three(w.Stride, 1), padding = Window.Three(w.Padding, 0), dilation = Window.Three(w.Dilation, 1);
        List<Phase>[] phases = new List<Phase>[3];
        for (int d = 0; d < 3; d++) phases[d] = Phase.Of(input[d], kernel[d], stride[d], padding[d], dilation[d]);
        long[] size = [input[1] * input[2], input[2], 1];
        List<ConvTaps> all = [];
        foreach (Phase z in phases[0])
            foreach (Phase y in phases[1])
                foreach (Phase x in phases[2])
                    all.Add(Joined([z, y, x], stride, output, size, kernel, rows));
        return all;
    }

    private static ConvTaps Joined(Phase[] p, long[] stride, long[] output, long[] size, long[] kernel, long rows)
    {
        (Phase pz, Phase py, Phase px) = (p[0], p[1], p[2]);
        int count = pz.Shifts.Length * py.Shifts.Length * px.Shifts.Length;
        long[] taps = new long[3 * count];
        long places = (long)pz.First.Count * py.First.Count * px.First.Count;
        long[] targets = new long[places * rows], weights = new long[targets.Length * count];
        long plane = kernel[0] * kernel[1] * kernel[2], inputPlane = 0;
        inputPlane = p[0].Size * p[1].Size * p[2].Size;
        int r = 0;
        for (int a = 0; a < pz.First.Count; a++)
        {
            for (int b = 0; b < py.First.Count; b++)
            {
                for (int c = 0; c < px.First.Count; c++)
                {
                    for (long row = 0; row < rows; row++, r++)
                    {
                        targets[r] = row * inputPlane + pz.First[a] * size[0] + py.First[b] * size[1] + px.First[c];
                        int t = 0;
                        for (int i = 0; i < pz.Shifts.Length; i++)
                        {
                            for (int j = 0; j < py.Shifts.Length; j++)
                            {
                                for (int k = 0; k < px.Shifts.Length; k++, t++)
                                {
                                    (taps[3 * t], taps[3 * t + 1], taps[3 * t + 2]) = (pz.Shifts[i], py.Shifts[j], px.Shifts[k]);
                                    weights[(long)r * count + t] = row * plane
                                        + (pz.Kernels[a][i] * kernel[1] + py.Kernels[b][j]) * kernel[2] + px.Kernels[c][k];
                                }
                            }
                        }
                    }
                }
            }
        }
        long[] step = [stride[0] * size[0], stride[1] * size[1], stride[2]];
        return new([pz.Count, py.Count, px.Count], [1, 1, 1], output, taps, targets, step, weights, rows * plane);
    }

    /// <summary>
    /// Positions of one dimension, First + i · stride for i below Count, that meet the same shifts of the output, each First through
    /// elements of the kernel of its own.
    /// </summary>
    private sealed class Phase(long size, long count, long[] shifts)
    {
        internal readonly long Size = size, Count = count;
        internal readonly long[] Shifts = shifts;
        internal readonly List<long> First = [];
        internal readonly List<long[]> Kernels = [];

        internal static List<Phase> Of(long size, long kernel, long stride, long padding, long dilation)
        {
            List<Phase> all = [];
            List<long> shifts = [], kernels = [];
            for (long first = 0; first < Math.Min(stride, size); first++)
            {
                shifts.Clear();
                kernels.Clear();
                for (long k = 0; k < kernel; k++)
                {
                    (long shift, long rest) = Math.DivRem(first + padding - k * dilation, stride);
                    if (rest != 0) continue;
                    shifts.Add(shift);
                    kernels.Add(k);
                }
                long count = (size - first + stride - 1) / stride;
                Phase? phase = null;
                foreach (Phase p in all)
                    if (p.Count == count && p.Shifts.AsSpan().SequenceEqual(shifts.ToArray())) phase = p;
                if (phase is null) all.Add(phase = new(size, count, [.. shifts]));
                phase.First.Add(first);
                phase.Kernels.Add([.. kernels]);
            }
            return all;
        }
    }
}
