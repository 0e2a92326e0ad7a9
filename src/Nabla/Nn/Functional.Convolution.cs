using Nabla.Amp;
using Nabla.Kernels;

namespace Nabla;

public static partial class Functional
{
    /// <summary>
    /// Convolution over one dimension: y[n, o, p] = bias[o] + Σ x[n, c, p · stride - padding + k · dilation] · weight[o, c, k], where the
    /// input is zero outside. (As in PyTorch, the kernel is not turned around.)
    /// </summary>
    /// <param name="input">[n, channels, length], or [channels, length] without batch; float, or int where PyTorch has it.</param>
    /// <param name="weight">[outputs, channels / groups, kernel], of the input's dtype.</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="stride">Distance of windows: one number or one for each dimension; 1 by default.</param>
    /// <param name="padding">Zeros on both sides, or "same" or "valid"; none by default.</param>
    /// <param name="dilation">Distance of a window's elements; 1 by default.</param>
    /// <param name="groups">Channels and outputs are cut into this many groups, which do not mix.</param>
    /// <returns>[n, outputs, (length + 2 · padding - dilation · (kernel - 1) - 1) / stride + 1].</returns>
    /// <exception cref="ShapeException">Ranks or sizes do not fit, or a window is larger than the padded input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Stride, dilation or groups is not positive, or padding is negative.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or there is no convolution for them.</exception>
    public static Tensor Conv1d(Tensor input, Tensor weight, Tensor? bias = null, Shape? stride = null, Padding padding = default,
        Shape? dilation = null, long groups = 1)
    {
        using AutocastCall call = Autocast.Lower(ref input, ref weight, ref bias);
        return Convolve(1, "conv1d", input, weight, bias, stride, padding, dilation, groups);
    }

    /// <summary>
    /// Convolution over two dimensions, as <see cref="Conv1d"/> over one: the input is [n, channels, height, width], or without n, the
    /// weight [outputs, channels / groups, kernel height, kernel width].
    /// </summary>
    /// <inheritdoc cref="Conv1d"/>
    public static Tensor Conv2d(Tensor input, Tensor weight, Tensor? bias = null, Shape? stride = null, Padding padding = default,
        Shape? dilation = null, long groups = 1)
    {
        using AutocastCall call = Autocast.Lower(ref input, ref weight, ref bias);
        return Convolve(2, "conv2d", input, weight, bias, stride, padding, dilation, groups);
    }

    /// <summary>
    /// Convolution over three dimensions, as <see cref="Conv1d"/> over one: the input is [n, channels, depth, height, width], or without
    /// n, the weight [outputs, channels / groups, kernel depth, kernel height, kernel width].
    /// </summary>
    /// <inheritdoc cref="Conv1d"/>
    public static Tensor Conv3d(Tensor input, Tensor weight, Tensor? bias = null, Shape? stride = null, Padding padding = default,
        Shape? dilation = null, long groups = 1)
    {
        using AutocastCall call = Autocast.Lower(ref input, ref weight, ref bias);
        return Convolve(3, "conv3d", input, weight, bias, stride, padding, dilation, groups);
    }

    /// <summary>
    /// Transposed convolution over one dimension, the gradient of <see cref="Conv1d"/> to its input:
    /// y[n, o, p · stride - padding + k · dilation] += x[n, c, p] · weight[c, o, k], plus bias[o].
    /// </summary>
    /// <param name="input">[n, channels, length], or [channels, length] without batch.</param>
    /// <param name="weight">[channels, outputs / groups, kernel], of the input's dtype.</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="stride">Distance of windows in the result: one number or one for each dimension; 1 by default.</param>
    /// <param name="padding">What is cut off the result on both sides; none by default.</param>
    /// <param name="outputPadding">What is added to the result at its end; less than stride or dilation.</param>
    /// <param name="groups">Channels and outputs are cut into this many groups, which do not mix.</param>
    /// <param name="dilation">Distance of a window's elements; 1 by default.</param>
    /// <returns>[n, outputs, (length - 1) · stride - 2 · padding + dilation · (kernel - 1) + outputPadding + 1].</returns>
    /// <exception cref="ShapeException">Ranks or sizes do not fit, or nothing is left of the result.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or there is no convolution for them.</exception>
    public static Tensor ConvTranspose1d(Tensor input, Tensor weight, Tensor? bias = null, Shape? stride = null, Shape? padding = null,
        Shape? outputPadding = null, long groups = 1, Shape? dilation = null)
    {
        using AutocastCall call = Autocast.Lower(ref input, ref weight, ref bias);
        return ConvolveTransposed(1, "conv_transpose1d", input, weight, bias, stride, padding, outputPadding, groups, dilation);
    }

    /// <summary>
    /// Transposed convolution over two dimensions, as <see cref="ConvTranspose1d"/> over one: the input is [n, channels, height, width],
    /// or without n, the weight [channels, outputs / groups, kernel height, kernel width].
    /// </summary>
    /// <inheritdoc cref="ConvTranspose1d"/>
    public static Tensor ConvTranspose2d(Tensor input, Tensor weight, Tensor? bias = null, Shape? stride = null, Shape? padding = null,
        Shape? outputPadding = null, long groups = 1, Shape? dilation = null)
    {
        using AutocastCall call = Autocast.Lower(ref input, ref weight, ref bias);
        return ConvolveTransposed(2, "conv_transpose2d", input, weight, bias, stride, padding, outputPadding, groups, dilation);
    }

    /// <summary>
    /// Transposed convolution over three dimensions, as <see cref="ConvTranspose1d"/> over one: the input is [n, channels, depth, height,
    /// width], or without n, the weight [channels, outputs / groups, kernel depth, kernel height, kernel width].
    /// </summary>
    /// <inheritdoc cref="ConvTranspose1d"/>
    public static Tensor ConvTranspose3d(Tensor input, Tensor weight, Tensor? bias = null, Shape? stride = null, Shape? padding = null,
        Shape? outputPadding = null, long groups = 1, Shape? dilation = null)
    {
        using AutocastCall call = Autocast.Lower(ref input, ref weight, ref bias);
        return ConvolveTransposed(3, "conv_transpose3d", input, weight, bias, stride, padding, outputPadding, groups, dilation);
    }

    /// <summary>
    /// Convolution over one dimension of [time, batch, channels]: y[t, n, o] = bias[o] + Σ x[t - pad + k, n, c] · weight[k, c, o].
    /// </summary>
    /// <param name="input">[time, batch, channels].</param>
    /// <param name="weight">[kernel, channels, outputs].</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="pad">Zeros before and after the times.</param>
    /// <exception cref="ShapeException">Ranks or sizes do not fit.</exception>
    public static Tensor ConvTbc(Tensor input, Tensor weight, Tensor bias, long pad = 0)
    {
        using AutocastCall call = Autocast.Lower(ref input, ref weight, ref bias);
        if (input.Rank != 3) Throw.Shapes($"Input must have 3 dims: time, batch, in_channel, but got {input.Shape}.");
        if (weight.Rank != 3)
            Throw.Shapes($"Weight tensor must have 3 dims: kernel_width, in_channels, out_channels. It has shape {weight.Shape}.");
        if (bias.Rank != 1) Throw.Shapes($"Bias must be 1-D, but got {bias.Shape}.");
        if (input.Size(2) != weight.Size(1))
            Throw.Shapes("Input dim 2 (input channels) is not == dim 1 in the weight tensor: " +
                $"conv_tbc got {input.Shape} and {weight.Shape}.");
        if (bias.Size(0) != weight.Size(2))
            Throw.Shapes("Bias size must equal dim 2 in the weight tensor (output channels). " +
                $"conv_tbc got {bias.Shape} and {weight.Shape}.");
        return Conv1d(input.Permute([1, 2, 0]), weight.Permute([2, 1, 0]), bias, padding: pad).Permute([2, 0, 1]);
    }

    private static Tensor Convolve(int n, string op, Tensor input, Tensor weight, Tensor? bias, Shape? stride, Padding padding,
        Shape? dilation, long groups)
    {
        Tensor x = Batched(n, op, input);
        Shape s = PerDimension("stride", stride, n, 1, weight), d = PerDimension("dilation", dilation, n, 1, weight);
        if (padding.Mode is not (null or "same" or "valid"))
            throw new ArgumentException($"Invalid padding string: '{padding.Mode}'. {op} knows 'same' and 'valid'.", nameof(padding));
        bool same = padding.Mode == "same";
        Shape p = PerDimension("padding", padding.Mode is null ? padding.Shape : (Shape?)null, n, 0, weight);
        CheckRanges(s, p, d, default, groups);
        if (same && s.Values.AsSpan().IndexOfAnyExcept(1) >= 0)
            throw new ArgumentException($"padding='same' is not supported for strided convolutions: {op} got stride={s}.", nameof(padding));
        CheckWeight(x, weight, bias, groups, transposed: false);
        long[] input3 = x.layout.shape[2..], kernel = weight.layout.shape[2..], output = new long[n];
        if (same) p = SamePadding(input3, kernel, d, output);
        else OutputSizes(input3, kernel, s, p, d, output);
        CheckContent(x, weight, d, transposed: false);
        Window window = new(new(input3), new(kernel), new(output), s, p, d);
        Tensor y = Applied(new Ops.Convolution(window, groups), x, weight, bias);
        // As in PyTorch, no input channels means no output channels.
        if (x.layout.shape[1] == 0) y = y.Narrow(1, 0, 0);
        return ReferenceEquals(x, input) ? y : y.Squeeze(0);
    }

    private static Tensor ConvolveTransposed(int n, string op, Tensor input, Tensor weight, Tensor? bias, Shape? stride, Shape? padding,
        Shape? outputPadding, long groups, Shape? dilation)
    {
        Tensor x = Batched(n, op, input);
        Shape s = PerDimension("stride", stride, n, 1, weight), d = PerDimension("dilation", dilation, n, 1, weight);
        Shape p = PerDimension("padding", padding, n, 0, weight), extra = PerDimension("output_padding", outputPadding, n, 0, weight);
        CheckRanges(s, p, d, extra, groups);
        CheckWeight(x, weight, bias, groups, transposed: true);
        long[] small = x.layout.shape[2..], kernel = weight.layout.shape[2..], large = new long[n];
        TransposedSizes(small, kernel, s, p, d, extra, large);
        CheckContent(x, weight, d, transposed: true);
        Window window = new(new(large), new(kernel), new(small), s, p, d);
        Tensor y = Applied(new Ops.ConvolutionInput(window, groups), x, weight, bias);
        return ReferenceEquals(x, input) ? y : y.Squeeze(0);
    }

    private static Tensor Applied<TConv>(TConv op, Tensor x, Tensor weight, Tensor? bias) where TConv : struct, Ops.IConvolution<TConv>
    {
        if (bias is null) return Nabla.BilinearOp.Apply(op, x, weight);
        bool inside = x.wrap is not null || weight.wrap is not null || bias.wrap is not null;
        Saves keep = (inside || weight.RequiresGrad ? Saves.X : Saves.None) | (inside || x.RequiresGrad ? Saves.Y : Saves.None);
        return Op.Apply(new Ops.ConvolutionBias<TConv>(op, keep), x, weight, bias)[0];
    }
}
