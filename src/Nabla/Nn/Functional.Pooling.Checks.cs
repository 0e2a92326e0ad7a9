namespace Nabla;

/// <summary>The arguments of a pooling: checked with PyTorch's words, which differ between its dimensions and kinds.</summary>
/// <param name="n">The number of pooled dimensions.</param>
/// <param name="kind">"avg" or "max".</param>
/// <param name="input">The input.</param>
internal readonly struct PoolCheck(int n, string kind, Tensor input)
{
    private string Name => $"{kind}_pool{n}d";

    private bool IsMax1 => n == 1 && kind == "max";

    internal static Shape Ones(int n)
    {
        long[] ones = new long[n];
        Array.Fill(ones, 1);
        return new(ones);
    }

    /// <summary>One entry for each dimension: the list, its one number repeated, or the default where nothing was given.</summary>
    internal Shape List(string name, Shape? list, Shape? fallback)
    {
        Shape given = list is { } l && (l.Count > 0 || name != "stride" || n == 1) ? l : fallback ?? default;
        if (given.Count != 1 && given.Count != n)
            Throw.Shapes(n == 1 ? kind == "max"
                ? $"max_pool1d() {name} must be {(name == "stride" ? "None, " : "")}an int, list of ints" +
                    $"{(name is "stride" or "padding" ? "," : "")} or tuple of ints of size 1 but got size {given.Count}"
                : $"avg_pool1d() argument '{name}' should contain one int (got {given.Count})"
                : $"{Name}: {name} {Must(name)}{(name == "stride" ? "omitted, " : "")}a single int, or a tuple of " +
                    $"{(n == 2 ? "two" : "three")} ints: got {given}.");
        if (given.Count == n) return given;
        long[] all = new long[n];
        Array.Fill(all, given[0]);
        return new(all);
    }

    private string Must(string name) => Name == "avg_pool3d" ? "must be " : name == "dilation" ? "must be either " : "must either be ";

    /// <summary>The result's sizes.</summary>
    internal Shape Sizes(Shape kernel, Shape stride, Shape padding, Shape dilation, bool ceilMode)
    {
        Rank();
        Ranges(kernel, stride, padding, dilation);
        Shape size = input.Shape[^n..];
        Int128[] output = new Int128[n];
        bool small = false;
        for (int d = 0; d < n; d++)
        {
            output[d] = Windows(size[d], kernel[d], stride[d], padding[d], dilation[d], ceilMode);
            small |= output[d] < 1;
        }
        if (small)
        {
            if (IsMax1) Throw.Shapes($"max_pool1d() Invalid computed output size: {output[0]}");
            if (Name == "avg_pool3d")
                Throw.Shapes($"input image ({Named("", size)}) smaller than kernel size ({Named("k", kernel)}). Output size is too small");
            string channels = n == 1 ? $"{input.layout.shape[^2]}x1x" : $"{input.layout.shape[^(n + 1)]}x";
            Throw.Shapes($"Given input size: ({channels}{string.Join("x", size)}). Calculated output size: " +
                $"({channels}{string.Join("x", output)}). Output size is too small");
        }
        long[] sizes = new long[n];
        for (int d = 0; d < n; d++) sizes[d] = (long)output[d];
        return new(sizes);
    }

    /// <summary>How many windows there are. In ceil mode the last one begins inside the input or the padding before it.</summary>
    private static Int128 Windows(long size, long kernel, long stride, long padding, long dilation, bool ceilMode)
    {
        Int128 room = size + 2 * (Int128)padding - dilation * (Int128)(kernel - 1) - 1 + (ceilMode ? stride - 1 : 0);
        Int128 count = (room >= 0 ? room / stride : (room - stride + 1) / stride) + 1;
        return ceilMode && (count - 1) * stride >= size + (Int128)padding ? count - 1 : count;
    }

    private void Rank()
    {
        int rank = input.Rank;
        bool fits = rank == n + 1 || rank == n + 2, full = fits && !input.layout.shape.AsSpan(rank - n - 1).Contains(0);
        if (fits && full) return;
        string shape = input.Shape.ToString();
        if (IsMax1)
            Throw.Shapes("max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:" + shape);
        if (!fits && n == 1)
            Throw.Shapes($"Expected 2 to 3 dimensions, but got {rank}-dimensional tensor for argument #1 'self' (while checking " +
                $"arguments for avg_pool1d)");
        if (!fits && (n == 3 || kind == "max"))
            Throw.Shapes($"non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected for input: {Name} got {shape}.");
        if (n == 3)
            Throw.Shapes($"{(kind == "max" ? "max_pool3d_with_indices_out_cpu_template" : Name)}(): Expected input's non-batch " +
                $"dimensions to have positive length, but input has a shape of {shape} and non-batch dimension " +
                $"{input.layout.shape.AsSpan(rank - n - 1).IndexOf(0)} has length zero!");
        Throw.Shapes($"Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:{shape}");
    }

    private void Ranges(Shape kernel, Shape stride, Shape padding, Shape dilation)
    {
        if (IsMax1) Ranges1(kernel[0], stride[0], padding[0], dilation[0]);
        for (int d = 0; d < n; d++)
        {
            if (stride[d] == 0) Throw.Range(nameof(stride), 0L, $"stride should not be zero: {Name} got {stride}.");
            if (padding[d] < 0) Throw.Range(nameof(padding), padding[d], $"pad must be non-negative, but got pad: {padding[d]}");
            Int128 reach = (kernel[d] - 1) * (Int128)dilation[d] + 1;
            if (kernel[d] > 0 && dilation[d] > 0 && padding[d] > reach / 2)
                Throw.Range(nameof(padding), padding[d], "pad should be at most half of effective kernel size, but got " +
                    $"pad={padding[d]}, kernel_size={kernel[d]} and dilation={dilation[d]}");
        }
        Positive("kernel size", "kernelSize", "k", kernel);
        Positive("stride", nameof(stride), "d", stride);
        Positive("dilation", nameof(dilation), "dilation", dilation);
        for (int d = 0; d < n; d++)
        {
            if (padding[d] > kernel[d] / 2)
                Throw.Range(nameof(padding), padding[d], "pad should be smaller than or equal to half of kernel size, but got " +
                    $"{Named("pad", padding)} {Named("k", kernel)}");
        }
    }

    private static void Ranges1(long kernel, long stride, long padding, long dilation)
    {
        if (kernel <= 0) Throw.Range("kernelSize", kernel, $"max_pool1d() kernel_size must be greater than zero, but got {kernel}");
        if (stride <= 0) Throw.Range(nameof(stride), stride, $"max_pool1d() stride must be greater than zero, but got {stride}");
        if (padding < 0) Throw.Range(nameof(padding), padding, $"max_pool1d() padding must be non-negative, but got {padding}");
        if (padding > kernel / 2)
            Throw.Range(nameof(padding), padding, "max_pool1d() padding should be at most half of kernel size, but got " +
                $"padding={padding} and kernel_size={kernel}");
        if (dilation <= 0) Throw.Range(nameof(dilation), dilation, $"max_pool1d() dilation must be greater than zero, but got {dilation}");
    }

    private void Positive(string what, string parameter, string prefix, Shape list)
    {
        foreach (long v in list.Values)
            if (v <= 0) Throw.Range(parameter, v, $"{what} should be greater than zero, but got {Named(prefix, list)}");
    }

    /// <summary>Numbers with the dimensions' letters: <c>kH: 2 kW: 3</c>.</summary>
    private static string Named(string prefix, Shape list)
    {
        string[] letters = list.Count == 3 ? ["T", "H", "W"] : ["H", "W"];
        long[] values = list.Count == 1 ? [1, list[0]] : list.Values;
        return string.Join(" ", letters.Zip(values, (letter, v) => $"{prefix}{letter}: {v}"));
    }
}
