namespace Nabla.Nn;

/// <summary>What <see cref="ConvTranspose1d"/>, <see cref="ConvTranspose2d"/> and <see cref="ConvTranspose3d"/> share.</summary>
public abstract class ConvTransposeBase : ConvBase
{
    private readonly int n;
    private readonly Shape padding, outputPadding;

    /// <summary>The sizes that the current call on this thread asks for.</summary>
    [ThreadStatic] private static (ConvTransposeBase Module, Shape Size)? asked;

    private protected ConvTransposeBase(int n, long inChannels, long outChannels, Shape kernelSize, Shape? stride, Shape? padding,
        Shape? outputPadding, long groups, bool bias, Shape? dilation, string paddingMode, DType? dtype)
        : base(n, inChannels, outChannels, kernelSize, stride, dilation, groups, paddingMode)
    {
        if (paddingMode != "zeros")
            throw new ArgumentException($"Only \"zeros\" padding mode is supported for ConvTranspose{n}d, but got '{paddingMode}'.",
                nameof(paddingMode));
        this.n = n;
        this.padding = Sizes.Repeat(n, padding ?? 0, nameof(padding));
        this.outputPadding = Sizes.Repeat(n, outputPadding ?? 0, nameof(outputPadding));
        Make([inChannels, outChannels / groups, .. this.kernelSize], bias, dtype);
    }

    /// <summary>The same for an output of a given size, where the stride leaves several open.</summary>
    /// <param name="input">The input.</param>
    /// <param name="outputSize">The sizes of the last dimensions, or of all.</param>
    /// <exception cref="ShapeException">The size is not one of those that this input can give.</exception>
    public Tensor Call(Tensor input, Shape? outputSize)
    {
        if (outputSize is null) return Call(input);
        (ConvTransposeBase, Shape)? outer = asked;
        asked = (this, outputSize.Value);
        try { return Call(input); }
        finally { asked = outer; }
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        Shape extra = asked is { } a && ReferenceEquals(a.Module, this) ? Missing(x, a.Size) : outputPadding;
        return n switch
        {
            1 => Functional.ConvTranspose1d(x, Weight, Bias, stride, padding, extra, groups, dilation),
            2 => Functional.ConvTranspose2d(x, Weight, Bias, stride, padding, extra, groups, dilation),
            _ => Functional.ConvTranspose3d(x, Weight, Bias, stride, padding, extra, groups, dilation),
        };
    }

    /// <summary>By how much the asked size is above the least one.</summary>
    private Shape Missing(Tensor x, Shape size)
    {
        int before = x.NDim == n + 2 ? 2 : 1;
        if (size.Count == before + n) size = size[before..];
        if (size.Count != n)
            Throw.Shapes($"ConvTranspose{n}D: for {x.NDim}D input, output_size must have {n} or {before + n} elements (got {size.Count})");
        long[] least = new long[n], most = new long[n], missing = new long[n];
        for (int d = 0; d < n; d++)
        {
            least[d] = (x.Size(d + before) - 1) * stride[d] - 2 * padding[d] + dilation[d] * (kernelSize[d] - 1) + 1;
            most[d] = least[d] + stride[d] - 1;
            missing[d] = size[d] - least[d];
        }
        for (int d = 0; d < n; d++)
            if (size[d] < least[d] || size[d] > most[d])
                Throw.Shapes($"requested an output size of {size}, but valid sizes range from {(Shape)least} to {(Shape)most} (for an " +
                    $"input of {x.Shape[2..]})");
        return missing;
    }

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        Text(padding.Any(static p => p != 0) ? $", padding={Repr.Tuple(padding)}" : "", outputPadding);
}

/// <summary>The transpose of <see cref="Conv1d"/>, also called deconvolution: (N, in, L) or (in, L) to (N, out, L') or (out, L').</summary>
/// <inheritdoc cref="ConvTranspose2d"/>
public class ConvTranspose1d(long inChannels, long outChannels, Shape kernelSize, Shape? stride = null, Shape? padding = null,
    Shape? outputPadding = null, long groups = 1, bool bias = true, Shape? dilation = null, string paddingMode = "zeros",
    DType? dtype = null) : ConvTransposeBase(1, inChannels, outChannels, kernelSize, stride, padding, outputPadding, groups, bias, dilation,
        paddingMode, dtype);

/// <summary>The transpose of <see cref="Conv2d"/>: (N, in, H, W) or (in, H, W) to (N, out, H', W') or (out, H', W').</summary>
/// <remarks>Weight and bias begin uniform in ±1/sqrt(out / groups · kernel), drawn in this order.</remarks>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="outChannels">That of the output.</param>
/// <param name="kernelSize">The window; one number stands for all dimensions, here and below.</param>
/// <param name="stride">The step of the window; 1 by default.</param>
/// <param name="padding">By how much less than dilation · (kernel - 1) zeros are put around the input; 0 by default.</param>
/// <param name="outputPadding">What is added to one side of the output; less than stride or dilation; 0 by default.</param>
/// <param name="groups">Into how many groups the channels are divided.</param>
/// <param name="bias">Whether to add a learned number to each channel.</param>
/// <param name="dilation">The distance of the window's elements; 1 by default.</param>
/// <param name="paddingMode">"zeros" only.</param>
/// <param name="dtype">The type of the parameters; null for the default type.</param>
/// <exception cref="ArgumentException">The numbers of channels are not divisible by that of groups.</exception>
public class ConvTranspose2d(long inChannels, long outChannels, Shape kernelSize, Shape? stride = null, Shape? padding = null,
    Shape? outputPadding = null, long groups = 1, bool bias = true, Shape? dilation = null, string paddingMode = "zeros",
    DType? dtype = null) : ConvTransposeBase(2, inChannels, outChannels, kernelSize, stride, padding, outputPadding, groups, bias, dilation,
        paddingMode, dtype);

/// <summary>The transpose of <see cref="Conv3d"/>: (N, in, D, H, W) or (in, D, H, W) to (N, out, D', H', W') or (out, D', H',
/// W').</summary>
/// <inheritdoc cref="ConvTranspose2d"/>
public class ConvTranspose3d(long inChannels, long outChannels, Shape kernelSize, Shape? stride = null, Shape? padding = null,
    Shape? outputPadding = null, long groups = 1, bool bias = true, Shape? dilation = null, string paddingMode = "zeros",
    DType? dtype = null) : ConvTransposeBase(3, inChannels, outChannels, kernelSize, stride, padding, outputPadding, groups, bias, dilation,
        paddingMode, dtype);
