using Nabla.Amp;

namespace Nabla;

public static partial class Functional
{
    /// <summary>
    /// The inverse of <see cref="MaxPool1d"/> as far as there is one: zeros, with the maxima back in their places. Where two go to one
    /// place, the later one stays.
    /// </summary>
    /// <param name="input">[n, channels, length] or [channels, length]: the maxima.</param>
    /// <param name="indices">Where they were, int64, of the same shape.</param>
    /// <param name="kernelSize">The pooling's kernel size: one number or one for each dimension.</param>
    /// <param name="stride">The pooling's stride; the kernel's size by default.</param>
    /// <param name="padding">The pooling's padding; none by default.</param>
    /// <param name="outputSize">The size before pooling, with or without batch and channels; by default the smallest one that fits the
    /// other arguments, (length - 1) · stride - 2 · padding + kernel.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside of the result.</exception>
    /// <exception cref="ShapeException">Ranks or sizes do not fit.</exception>
    public static Tensor MaxUnpool1d(Tensor input, Tensor indices, Shape kernelSize, Shape? stride = null, Shape? padding = null,
        Shape? outputSize = null)
    {
        using AutocastCall call = Autocast.Raise(ref input);
        return Unpool(1, input, indices, kernelSize, stride, padding, outputSize);
    }

    /// <summary>The inverse of <see cref="MaxPool2d"/>, as <see cref="MaxUnpool1d"/> for one dimension.</summary>
    /// <inheritdoc cref="MaxUnpool1d"/>
    public static Tensor MaxUnpool2d(Tensor input, Tensor indices, Shape kernelSize, Shape? stride = null, Shape? padding = null,
        Shape? outputSize = null)
    {
        using AutocastCall call = Autocast.Raise(ref input);
        return Unpool(2, input, indices, kernelSize, stride, padding, outputSize);
    }

    /// <summary>The inverse of <see cref="MaxPool3d"/>, as <see cref="MaxUnpool1d"/> for one dimension.</summary>
    /// <inheritdoc cref="MaxUnpool1d"/>
    public static Tensor MaxUnpool3d(Tensor input, Tensor indices, Shape kernelSize, Shape? stride = null, Shape? padding = null,
        Shape? outputSize = null)
    {
        using AutocastCall call = Autocast.Raise(ref input);
        return Unpool(3, input, indices, kernelSize, stride, padding, outputSize);
    }

    private static Tensor Unpool(int n, Tensor input, Tensor indices, Shape kernel, Shape? stride, Shape? padding, Shape? asked)
    {
        int m = Math.Max(n, 2);
        if (input.Rank != n + 1 && input.Rank != n + 2)
            Throw.Shapes($"Input to max_unpooling{m}d should be a {m + 1}d or {m + 2}d Tensor, but got a tensor with " +
                $"{input.Rank + m - n} dimensions.");
        PoolCheck check = new(n, "max", input);
        Shape k = check.List("kernel_size", kernel, null), s = check.List("stride", stride, k), p = check.List("padding", padding, 0);
        if (Least(s) <= 0) Throw.Range(nameof(stride), Least(s), $"strides should be greater than zero, but got stride: {s}");
        if (indices.dtype != DType.Int64)
            Throw.Types($"elements in indices should be type int64 but got: {indices.dtype.ScalarName()}");
        if (!indices.layout.SameShape(input.layout))
            Throw.Shapes($"Expected shape of indices to be same as that of the input tensor ({input.Shape}) but got indices tensor with " +
                $"shape: {indices.Shape}");
        int first = input.Rank - n - 1, zero = input.layout.shape.AsSpan(first).IndexOf(0);
        if (zero >= 0)
            Throw.Shapes($"max_unpooling{m}d_forward_out_cpu(): Expected input to have non-zero size for non-batch dimensions, but got " +
                $"{input.Shape} with dimension {first + zero} being empty.");
        if (!input.dtype.IsFloatingPoint()) Throw.NotImplementedFor($"max_unpool{m}d", input.dtype);
        Shape size = UnpooledSize(input.layout.shape.AsSpan(first + 1), k, s, p, asked);
        long[] lead = input.layout.shape[..(first + 1)], whole = [.. lead, .. size.Values];
        long plane = Layout.Elements(whole.AsSpan(first + 1));
        string volume = string.Join("x", size) + (n == 1 ? "x1" : "");
        Tensor at = Tensor.CheckedIndex(Ops.Places.Flat(indices, n), plane, false,
            $"Found an invalid max index: {{0}} (output volumes are of size {volume})");
        Tensor zeros = Tensor.Zeros(new Shape([.. lead, plane]), input.dtype);
        string label = $"MaxUnpool{m}DBackward0";
        return Op.Apply(new Ops.Scatter(-1, false, label), zeros, at, Ops.Places.Flat(input, n))[0].Reshape(new Shape(whole));
    }

    private static Shape UnpooledSize(ReadOnlySpan<long> input, Shape kernel, Shape stride, Shape padding, Shape? asked)
    {
        int n = input.Length;
        Int128[] size = new Int128[n];
        for (int d = 0; d < n; d++) size[d] = (input[d] - 1) * (Int128)stride[d] + kernel[d] - 2 * (Int128)padding[d];
        if (asked is not { } given)
        {
            long[] all = new long[n];
            for (int d = 0; d < n; d++) all[d] = Fits(Int128.Max(size[d], long.MinValue), kernel.Values);
            return new(all);
        }
        if (given.Count == n + 2) given = given[2..];
        if (given.Count != n)
            Throw.Shapes($"output_size should be a sequence containing {n} or {n + 2} elements, but it has a length of '{given.Count}'");
        for (int d = 0; d < n; d++)
        {
            if (given[d] > size[d] - stride[d] && given[d] < size[d] + stride[d]) continue;
            Throw.Shapes($"invalid output_size \"{given}\" (dim {d} must be between {size[d] - stride[d]} and {size[d] + stride[d]})");
        }
        return given;
    }
}
