using System.Globalization;

namespace Nabla;

public static partial class Functional
{
    /// <summary>The input with a batch dimension.</summary>
    private static Tensor Batched(int n, string op, Tensor input)
    {
        if (input.Rank == n + 2) return input;
        if (input.Rank != n + 1)
            Throw.Shapes($"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {op}, but got input of size: {input.Shape}");
        return input.Unsqueeze(0);
    }

    /// <summary>One entry for each dimension: the list, its one number repeated, or the default.</summary>
    private static Shape PerDimension(string name, Shape? list, int n, long fallback, Tensor weight)
    {
        Shape given = list ?? fallback;
        int expected = weight.Rank - 2;
        if (expected != n || (given.Count != 1 && given.Count != n))
        {
            Shape shown = expected != n && given.Count == 1 ? Repeated(given[0], n) : given;
            Throw.Shapes($"expected {name} to be a single integer value or a list of {expected} values to match the convolution " +
                $"dimensions, but got {name}={shown}. The weight has shape {weight.Shape}; a convolution over {n} dimensions needs " +
                $"a weight of {n + 2}.");
        }
        return given.Count == n ? given : Repeated(given[0], n);
    }

    private static Shape Repeated(long value, int n)
    {
        long[] all = new long[n];
        Array.Fill(all, value);
        return new(all);
    }

    private static void CheckRanges(Shape stride, Shape padding, Shape dilation, Shape outputPadding, long groups)
    {
        if (Least(padding) < 0) Throw.Range(nameof(padding), Least(padding), $"negative padding is not supported: padding={padding}.");
        if (Least(outputPadding) < 0)
            Throw.Range(nameof(outputPadding), Least(outputPadding), $"negative output_padding is not supported: {outputPadding}.");
        if (Least(stride) <= 0) Throw.Range(nameof(stride), Least(stride), $"non-positive stride is not supported: stride={stride}.");
        if (Least(dilation) <= 0)
            Throw.Range(nameof(dilation), Least(dilation), $"dilation should be greater than zero, but got {dilation}");
        if (groups <= 0) Throw.Range(nameof(groups), groups, $"non-positive groups is not supported: groups={groups}.");
    }

    private static long Least(Shape list)
    {
        long least = long.MaxValue;
        foreach (long v in list.Values) least = Math.Min(least, v);
        return least;
    }

    private static void CheckWeight(Tensor x, Tensor weight, Tensor? bias, long groups, bool transposed)
    {
        long outputs = weight.Size(0), channels = weight.Size(1), given = x.Size(1);
        string kind = transposed ? "transposed=1" : $"groups={groups}";
        if (outputs < groups)
            Throw.Shapes($"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size " +
                $"{weight.Shape} instead");
        if (outputs % groups != 0)
            Throw.Shapes($"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size " +
                $"[{weight.Shape}] instead");
        long expected = transposed ? outputs : channels * groups;
        if (given != expected)
            Throw.Shapes($"Given {kind}, weight of size {weight.Shape}, expected input{x.Shape} to have {expected} channels, but got " +
                $"{given} channels instead");
        long results = transposed ? channels * groups : outputs;
        if (bias is not null && (bias.Rank != 1 || bias.Size(0) != results))
            Throw.Shapes($"Given {(transposed ? "transposed=1, " : "")}weight of size {weight.Shape}, expected bias to be 1-dimensional " +
                $"with {results} elements, but got bias of size {bias.Shape} instead");
        if (weight.dtype != x.dtype)
            Throw.Types($"expected scalar type {x.dtype.ScalarName()} but found {weight.dtype.ScalarName()}: Input type " +
                $"({x.dtype.NativeName()}) and weight type ({weight.dtype.NativeName()}) should be the same. Convert one with To(...).");
        if (bias is not null && bias.dtype != x.dtype)
            Throw.Types($"Input type ({x.dtype.NativeName()}) and bias type ({bias.dtype.NativeName()}) should be the same. Convert " +
                "one with To(...).");
    }

    private static void OutputSizes(long[] input, long[] kernel, Shape stride, Shape padding, Shape dilation, long[] output)
    {
        Int128[] padded = new Int128[input.Length], reach = new Int128[input.Length];
        bool small = false;
        for (int d = 0; d < input.Length; d++)
        {
            padded[d] = input[d] + 2 * (Int128)padding[d];
            reach[d] = (Int128)dilation[d] * (kernel[d] - 1) + 1;
            small |= padded[d] < reach[d];
        }
        if (small)
            Throw.Shapes($"Calculated padded input size per channel: ({Times(padded)}). Kernel size: ({Times(reach)}). Kernel size " +
                "can't be greater than actual input size");
        for (int d = 0; d < input.Length; d++) output[d] = Fits((padded[d] - reach[d]) / stride[d] + 1, input);
    }

    /// <summary>A size that was computed, or an error if it has more than 64 bits.</summary>
    private static long Fits(Int128 size, long[] input)
    {
        if (size > long.MaxValue)
            Throw.Shapes($"Storage size calculation overflowed with sizes={Shape.Format(input)}: the output size {size} does not fit " +
                "into 64 bits. Use a smaller padding.");
        return (long)size;
    }

    private static void TransposedSizes(long[] input, long[] kernel, Shape stride, Shape padding, Shape dilation, Shape extra,
        long[] output)
    {
        Int128[] sizes = new Int128[input.Length];
        bool small = false;
        for (int d = 0; d < input.Length; d++)
        {
            if (extra[d] >= stride[d] && extra[d] >= dilation[d])
                Throw.Range("outputPadding", extra[d], "output padding must be smaller than either stride or dilation, but got " +
                    $"output_padding={extra}, stride={stride}, dilation={dilation}.");
            sizes[d] = (input[d] - 1) * (Int128)stride[d] - 2 * (Int128)padding[d] + dilation[d] * (Int128)(kernel[d] - 1) + extra[d] + 1;
            small |= sizes[d] < 1 && input[d] > 0;
        }
        if (small)
            Throw.Shapes($"Given input size per channel: ({string.Join(" x ", input)}). Calculated output size per channel: " +
                $"({Times(sizes)}). Output size is too small");
        for (int d = 0; d < input.Length; d++) output[d] = Fits(Int128.Max(sizes[d], 0), input);
    }

    private static string Times(Int128[] sizes) => string.Join(" x ",
        Array.ConvertAll(sizes, static s => s.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The zeros before the input that make the output as large; what is missing to their double comes after it.</summary>
    private static Shape SamePadding(long[] input, long[] kernel, Shape dilation, long[] output)
    {
        long[] before = new long[input.Length];
        for (int d = 0; d < input.Length; d++)
        {
            before[d] = (long)Int128.Clamp(dilation[d] * (Int128)(kernel[d] - 1) / 2, 0, long.MaxValue / 2);
            output[d] = input[d];
        }
        return new(before);
    }

    /// <summary>What PyTorch does not compute: sizes of zero, and integer dtypes of some forms.</summary>
    private static void CheckContent(Tensor x, Tensor weight, Shape dilation, bool transposed)
    {
        bool three = dilation.Count == 3;
        string names = three ? "kernel_depth: {0} kernel_height: {1} kernel_width: {2}" : "kernel_height: {0} kernel_width: {1}";
        foreach (long k in weight.layout.shape.AsSpan(2))
        {
            if (k > 0) continue;
            object[] sizes = dilation.Count == 1 ? [1L, weight.Size(2)] : [.. weight.layout.shape[2..].Cast<object>()];
            Throw.Shapes("kernel size should be greater than zero, but got " + string.Format(CultureInfo.InvariantCulture, names, sizes));
        }
        if (x.layout.Count == 0 && x.Size(0) > 0 && x.Size(1) > 0)
            Throw.Shapes($"Only zero batch or zero channel inputs are supported, but got input shape: {x.Shape}");
        DType dtype = x.dtype;
        if (dtype.IsFloatingPoint() || dtype.IsComplex() || x.layout.Count == 0) return;
        bool dilated = dilation.Values.AsSpan().IndexOfAnyExcept(1) >= 0;
        if (transposed && dtype != DType.Int64) Throw.NotImplementedFor($"slow_conv_transpose{(three ? 3 : 2)}d_out_cpu", dtype);
        if (dilated && !transposed && dtype != DType.Int64) Throw.NotImplementedFor("slow_conv_dilated<>", dtype);
        if (dtype == DType.Bool) Throw.NotImplementedFor(three ? "compute_columns3d" : "slow_conv2d_cpu", dtype);
    }
}
