using Nabla.Kernels;

namespace Nabla.Onnx;

internal static partial class Rules
{
    private static void Pools()
    {
        Many<Ops.MaxPool>((g, c) =>
        {
            if (IsEven(c, static op => op.Windows))
            {
                if (AsStrided(c, static op => op.Windows) is { } size)
                    return Maxima(g, c, size, size, new long[size.Length], new long[size.Length], size.Length, 0);
                return [Adaptive(g, c, static op => op.Windows, "ReduceMax"), null];
            }
            long[] kernel = Fixed(c, static op => op.Windows.Kernel), stride = Fixed(c, static op => op.Windows.Stride);
            long[] pad = Fixed(c, static op => op.Windows.Padding), dilation = Fixed(c, static op => op.Windows.Dilation);
            return Maxima(g, c, kernel, stride, pad, dilation, kernel.Length, Rounding(c, static op => op.Windows));
        });
        On<Ops.AvgPool>((g, c) =>
        {
            if (IsEven(c, static op => op.Windows)) return Adaptive(g, c, static op => op.Windows, "ReduceMean");
            long[] kernel = Fixed(c, static op => op.Windows.Kernel), stride = Fixed(c, static op => op.Windows.Stride);
            long[] pad = Fixed(c, static op => op.Windows.Padding);
            (bool zeros, long? divisor) = c.Get(static op => (op.Windows.CountZeros, op.Windows.Given));
            int ceil = Rounding(c, static op => op.Windows);
            // Windows that reach beyond the padding are divided by what they hold, not by the divisor: their sums are not to be had.
            if (divisor is not null && ceil == 1) c.Refuse("a divisor of the caller's together with sizes that are rounded up.");
            string y = Images(g, c, kernel.Length, x => g.Node("AveragePool", [x], ("kernel_shape", kernel), ("strides", stride),
                ("pads", (long[])[.. pad, .. pad]), ("ceil_mode", ceil), ("count_include_pad", zeros || divisor is not null ? 1 : 0)));
            long all = kernel.Aggregate(static (a, b) => a * b);
            return divisor is { } by ? (new Term(g, y, c.X(0).DType) * ((double)all / by)).Name : y;
        });
    }

    private static string?[] Maxima(GraphBuilder g, Call<Ops.MaxPool> c, long[] kernel, long[] stride, long[] pad, long[] dilation, int n,
        int ceil)
    {
        string? places = null;
        string y = Images(g, c, n, x =>
        {
            string[] both = g.Nodes("MaxPool", [x], 2, ("kernel_shape", kernel), ("strides", stride), ("pads", (long[])[.. pad, .. pad]),
                ("dilations", Array.ConvertAll(dilation, static d => Math.Max(1, d))), ("ceil_mode", ceil));
            places = both[1];
            return both[0];
        });
        if (c.First.Y.Length < 2) return [y];
        // Places are counted over the whole tensor there, and over one image here.
        Dim plane = Product(c.X(0).Shape[^n..]);
        string at = g.Node("Mod", [places!, g.Zero(plane)]);
        return [y, c.X(0).Rank == n + 1 ? g.Squeeze(at, 0) : at];
    }

    /// <summary>An operator on [batch, channels, ...]; a dimension is added where the batch is missing.</summary>
    private static string Images(GraphBuilder g, Call c, int n, Func<string, string> pool)
    {
        int rank = c.X(0).Rank;
        if (rank == n + 2) return pool(c[0]);
        if (rank == n + 1) return g.Squeeze(pool(g.Unsqueeze(c[0], 0)), 0);
        return c.Refuse($"it is applied to {rank} dimensions.");
    }

    private static bool IsEven<TOp>(Call<TOp> c, Func<TOp, PoolWindows> read) where TOp : struct => c.Get(op => read(op).Kernel.Count) == 0;

    /// <summary>1 if sizes are rounded up, 0 if down.</summary>
    private static int Rounding<TOp>(Call<TOp> c, Func<TOp, PoolWindows> read) where TOp : struct
    {
        long[] kernel = Fixed(c, op => read(op).Kernel), stride = Fixed(c, op => read(op).Stride), pad = Fixed(c, op => read(op).Padding);
        long[] dilation = Fixed(c, op => read(op).Dilation);
        Dim[] input = c.Sizes(op => read(op).Input.Values), output = c.Sizes(op => read(op).Output.Values);
        for (int d = 0; d < kernel.Length; d++)
        {
            long reach = (kernel[d] - 1) * dilation[d] + 1;
            if (!output[d].Same(input[d].With(input[d], (n, _) => (n + 2 * pad[d] - reach) / stride[d] + 1))) return 1;
        }
        return 0;
    }

    /// <summary>Windows as even as possible as windows of one size, if they are.</summary>
    private static long[]? AsStrided<TOp>(Call<TOp> c, Func<TOp, PoolWindows> read) where TOp : struct
    {
        Dim[] input = c.Sizes(op => read(op).Input.Values), output = c.Sizes(op => read(op).Output.Values);
        long[] size = new long[input.Length];
        for (int d = 0; d < size.Length; d++)
        {
            Dim each = input[d].With(output[d], static (n, m) => m == 0 || n % m != 0 ? -1 : n / m);
            if (!each.IsFixed || each.Value < 1) return null;
            size[d] = each.Value;
        }
        return size;
    }

    /// <summary>A given number of windows per dimension: dimension by dimension, since a window is a product of intervals.</summary>
    private static string Adaptive<TOp>(GraphBuilder g, Call<TOp> c, Func<TOp, PoolWindows> read, string reduce) where TOp : struct
    {
        Dim[] input = c.Sizes(op => read(op).Input.Values), output = c.Sizes(op => read(op).Output.Values);
        int n = input.Length, lead = c.X(0).Rank - n;
        string x = c[0];
        for (int d = 0; d < n; d++)
        {
            if (input[d].Same(output[d])) continue;
            if (output[d].Is(1))
            {
                x = g.Reduce(reduce, x, [lead + d], keep: true);
                continue;
            }
            if (!input[d].IsFixed || !output[d].IsFixed)
                c.Refuse($"windows of a dimension of dynamic size, {output[d]} of them, differ with the size. One window, or a fixed " +
                    "size, can be exported.");
            long size = input[d].Value, count = output[d].Value;
            string[] parts = [.. Enumerable.Range(0, (int)count).Select(o => g.Reduce(reduce,
                g.Slice(x, lead + d, o * size / count, ((o + 1) * size + count - 1) / count), [lead + d], keep: true))];
            x = g.Concat(lead + d, parts);
        }
        return x;
    }

    private static void Resampling()
    {
        On<Ops.Resample>((g, c) =>
        {
            if (c.Get(static op => op.Transposed)) c.Refuse("it is a derivative.");
            int n = c.Get(static op => op.Plans.Count), lead = c.X(0).Rank - n;
            string x = c[0];
            (ResampleMode mode, bool align) = c.Get(static op => (op.Plans[0].Mode, op.Plans[0].Align));
            bool one = Enumerable.Range(1, n - 1).All(k => c.Get(op => op.Plans[k].Mode) == mode);
            if (one && mode is ResampleMode.Nearest or ResampleMode.NearestExact or ResampleMode.Linear or ResampleMode.Cubic)
                return Resized(g, c, mode, align, lead, n);
            if (one && mode <= ResampleMode.Circular) return Widened(g, c, mode, lead, n);
            for (int k = 0; k < n; k++) x = Resampled(g, c, x, k);
            return x;
        });
        On<Ops.GridSample>((g, c) =>
        {
            (int dims, string mode, string padding, bool align) = c.Get(static op => (op.Taps.Dims, op.Taps.Mode, op.Taps.Padding,
                op.Taps.Align));
            if (dims != 2 && g.Opset < 20) c.Refuse("images of three dimensions are sampled from operator set 20 on; ask for Opset = 20.");
            if (g.Opset >= 20) mode = mode switch { "bilinear" => "linear", "bicubic" => "cubic", _ => mode };
            return g.Node("GridSample", [c[0], c[1]], ("mode", mode), ("padding_mode", padding), ("align_corners", align ? 1 : 0));
        });
    }

    /// <summary>Padding with elements of the tensor itself.</summary>
    private static string Widened(GraphBuilder g, Call<Ops.Resample> c, ResampleMode mode, int lead, int n)
    {
        Dim[] before = new Dim[n], after = new Dim[n];
        for (int k = 0; k < n; k++)
        {
            before[n - 1 - k] = c.Size(op => op.Plans[k].Before);
            after[n - 1 - k] = c.Size(op => op.Plans[k].Out - op.Plans[k].In - op.Plans[k].Before);
        }
        if (mode != ResampleMode.Circular)
        {
            Dim[] none = [.. Enumerable.Repeat(before[0] * 0, lead)];
            string pads = g.Vector([.. none, .. before, .. none, .. after]);
            return g.Node("Pad", [c[0], pads], ("mode", mode == ResampleMode.Reflect ? "reflect" : "edge"));
        }
        string x = c[0];
        for (int d = 0; d < n; d++)
        {
            // What is at the other end; less than nothing cuts off.
            (long left, long right) = (before[d].Value, after[d].Value);
            int axis = lead + d;
            string middle = left >= 0 && right >= 0 ? x : g.Slice(x, axis, Math.Max(0, -left), right < 0 ? right : long.MaxValue);
            List<string> parts = [middle];
            if (left > 0) parts.Insert(0, g.Slice(x, axis, -left, long.MaxValue));
            if (right > 0) parts.Add(g.Slice(x, axis, 0, right));
            x = g.Concat(axis, [.. parts]);
        }
        return x;
    }

    private static string Resized(GraphBuilder g, Call<Ops.Resample> c, ResampleMode mode, bool align, int lead, int n)
    {
        List<(string, OnnxAttribute)> attributes = [
            ("mode", mode switch { ResampleMode.Linear => "linear", ResampleMode.Cubic => "cubic", _ => "nearest" }),
            ("coordinate_transformation_mode", align ? "align_corners" : mode == ResampleMode.Nearest ? "asymmetric" : "half_pixel")];
        if (mode == ResampleMode.Cubic) attributes.Add(("cubic_coeff_a", -0.75));
        if (mode == ResampleMode.Nearest) attributes.Add(("nearest_mode", "floor"));
        if (mode == ResampleMode.NearestExact) attributes.Add(("nearest_mode", "round_prefer_ceil"));
        // A factor of the caller's is kept, whatever the sizes were rounded to.
        double[] factors = [.. Enumerable.Range(0, n).Select(k => Factor(c, n - 1 - k))];
        if (!align && Array.TrueForAll(factors, static f => f > 0))
        {
            Tensor scales = Tensor.From([.. Enumerable.Repeat(1f, lead), .. factors.Select(static f => (float)f)]);
            return g.Node("Resize", [c[0], "", g.Constant(scales)], [.. attributes]);
        }
        return g.Node("Resize", [c[0], "", "", g.Vector(c.Y().Shape)], [.. attributes]);
    }

    /// <summary>By how much a dimension grows in all traces, or 0.</summary>
    private static double Factor(Call<Ops.Resample> c, int k)
    {
        Dim size = c.Size(op => op.Plans[k].In), result = c.Size(op => op.Plans[k].Out), bits = c.Size(op =>
            BitConverter.DoubleToInt64Bits(op.Plans[k].Scale));
        if (!bits.IsFixed) return 0;
        double factor = 1 / BitConverter.Int64BitsToDouble(bits.Value);
        return size.With(result, (n, m) => (long)Math.Floor(n * factor) == m ? 1 : 0).Is(1) ? factor : 0;
    }

    /// <summary>A dimension of fixed size by the matrix that says how elements follow from others.</summary>
    private static string Resampled(GraphBuilder g, Call<Ops.Resample> c, string x, int k)
    {
        int rank = c.X(0).Rank, axis = rank - 1 - k;
        Dim size = c.Size(op => op.Plans[k].In);
        ResampleMode mode = c.Get(op => op.Plans[k].Mode);
        if (mode == ResampleMode.Area && c.Size(op => op.Plans[k].Out).Is(1)) return g.Reduce("ReduceMean", x, [axis], keep: true);
        if (!size.IsFixed)
            c.Refuse($"a dimension of dynamic size, resampled by the mode {mode}. A fixed size can be exported.");
        ResamplePlan plan = c.Get(op => op.Plans[k]);
        Tensor matrix = Interpolate.Run(Tensor.Eye(size.Value, dtype: c.X(0).DType).Unsqueeze(0), [plan], false)[0];
        string turned = axis == rank - 1 ? x : g.Swap(x, rank, axis, rank - 1);
        string y = g.Node("MatMul", [turned, g.Constant(matrix)]);
        return axis == rank - 1 ? y : g.Swap(y, rank, axis, rank - 1);
    }
}
