using Nabla.Nn;

namespace Nabla.Onnx;

/// <summary>Traces of one forward, each with other sizes and other values: what differs between them depends on the input.</summary>
internal sealed class TraceSet
{
    /// <summary>By how many steps the sizes of a trace differ from the example's: one row per dynamic size. No row follows from the
    /// others, so that a size that is computed from several is recognised.</summary>
    private static readonly int[][] Offsets = [[0, 1, 3, 6, 2], [0, 2, 1, 5, 7], [0, 3, 5, 1, 4], [0, 4, 2, 7, 1]];

    internal readonly OpTrace[] Traces;
    internal readonly TraceValue[][] Outputs;

    /// <summary>For each dynamic size its values in the traces.</summary>
    internal readonly long[][] Sizes;

    private TraceSet(OpTrace[] traces, TraceValue[][] outputs, long[][] sizes) => (Traces, Outputs, Sizes) = (traces, outputs, sizes);

    internal static TraceSet Make(Module model, Ports ports, Func<Tensor[], Tensor[]> call)
    {
        int n = ports.Symbols.Count;
        if (n > Offsets.Length)
            throw new ArgumentException($"At most {Offsets.Length} dynamic sizes can be told apart, but {n} are named: " +
                $"{string.Join(", ", ports.Symbols)}.");
        // A size of 1 broadcasts, and would hide what happens to others.
        long[] start = [.. ports.Sizes.Select(static s => Math.Max(s, 2))];
        (OpTrace Trace, TraceValue[] Outputs) first = Run(model, ports, call, start, 0);
        if (n == 0) return More([], 1);
        string? why = null;
        foreach (int step in (int[])[1, 2, 4, 8, 16, 32])
        {
            for (int signs = 0; signs < 1 << n; signs++)
            {
                long[][] sizes = Plan(start, step, signs, n <= 2 ? 4 : 5);
                if (sizes.Any(static s => s.Any(static size => size < 1))) continue;
                try { return More(sizes, sizes[0].Length - 1); }
                catch (Exception e) when (e is ArgumentException or InvalidOperationException)
                {
                    why ??= e.Message;
                }
            }
        }
        throw new NotSupportedException($"{model.GetType().Name}: the forward runs with the sizes of the example " +
            $"({string.Join(", ", ports.Symbols.Select((s, i) => $"{s} = {start[i]}"))}), but not with others, so that these dimensions " +
            $"cannot be dynamic. Fix those that must be as they are in DynamicAxes. The error was: {why}");

        TraceSet More(long[][] sizes, int count)
        {
            List<OpTrace> traces = [first.Trace];
            List<TraceValue[]> outputs = [first.Outputs];
            for (int k = 1; k <= count; k++)
            {
                (OpTrace trace, TraceValue[] values) = Run(model, ports, call, [.. sizes.Select(s => s[k])], k);
                traces.Add(trace);
                outputs.Add(values);
            }
            return new([.. traces], [.. outputs], sizes);
        }
    }

    private static long[][] Plan(long[] start, int step, int signs, int count) =>
        [.. start.Select((s, j) => Offsets[j][..count].Select(o => s + ((signs >> j & 1) == 0 ? step : -step) * o).ToArray())];

    private static (OpTrace, TraceValue[]) Run(Module model, Ports ports, Func<Tensor[], Tensor[]> call, long[] sizes, int number)
    {
        Tensor[] x = new Tensor[ports.Inputs.Length];
        for (int i = 0; i < x.Length; i++) x[i] = Varied(ports.Inputs[i], ports.Axes[i], sizes, number);
        OpTrace trace = OpTrace.Run(model, x, call, out TraceValue[] outputs);
        return (trace, outputs);
    }

    /// <summary>The example with other sizes and values, such that integers are still some of the example's.</summary>
    private static Tensor Varied(Tensor x, int[] axes, long[] sizes, int number)
    {
        using GradScope mode = Autograd.NoGrad();
        for (int d = 0; d < x.NDim; d++)
        {
            long size = axes[d] < 0 ? x.Size(d) : sizes[axes[d]], old = x.Size(d);
            if (old == 0 || (size == old && number == 0)) continue;
            long[] at = new long[size];
            for (int i = 0; i < at.Length; i++) at[i] = (i + number) % old;
            x = x.IndexSelect(d, Tensor.From(at));
        }
        return x.DType.IsFloatingPoint() ? x * (1 - number / 16.0) : x;
    }
}
