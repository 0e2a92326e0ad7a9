namespace Nabla.Nn;

/// <summary>What the convolutions share: arguments, weight and bias.</summary>
public abstract class ConvBase : Module<Tensor, Tensor>
{
    private protected readonly long inChannels, outChannels, groups;
    private protected readonly Shape kernelSize, stride, dilation;
    private protected readonly string paddingMode;

    private protected ConvBase(int n, long inChannels, long outChannels, Shape kernelSize, Shape? stride, Shape? dilation, long groups,
        string paddingMode)
    {
        if (groups <= 0) Throw.Range(nameof(groups), groups, $"groups must be a positive integer, but got {groups}.");
        if (inChannels % groups != 0)
            Throw.Range(nameof(inChannels), inChannels, $"in_channels must be divisible by groups: {inChannels} and {groups}.");
        if (outChannels % groups != 0)
            Throw.Range(nameof(outChannels), outChannels, $"out_channels must be divisible by groups: {outChannels} and {groups}.");
        if (paddingMode is not ("zeros" or "reflect" or "replicate" or "circular"))
            throw new ArgumentException("padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got " +
                $"padding_mode='{paddingMode}'", nameof(paddingMode));
        (this.inChannels, this.outChannels, this.groups, this.paddingMode) = (inChannels, outChannels, groups, paddingMode);
        this.kernelSize = Sizes.Repeat(n, kernelSize, nameof(kernelSize));
        this.stride = Sizes.Repeat(n, stride ?? 1, nameof(stride));
        this.dilation = Sizes.Repeat(n, dilation ?? 1, nameof(dilation));
    }

    /// <summary>The kernels: (out, in / groups, kernel...), of a transposed convolution (in, out / groups, kernel...).</summary>
    public Tensor Weight { get; private protected set; } = null!;

    /// <summary>What is added to each channel of the output, (out), or null.</summary>
    public Tensor? Bias { get; private protected set; }

    private protected void Make(Shape weight, bool bias, DType? dtype)
    {
        Weight = Parameter.Of(Tensor.Empty(weight, dtype: dtype));
        if (bias) Bias = Parameter.Of(Tensor.Empty([outChannels], dtype: dtype));
        ResetParameters();
    }

    /// <summary>Draws weight and bias anew, uniform in ±1/sqrt(fan-in), where the fan-in is the weight's second size times the
    /// kernel's.</summary>
    public void ResetParameters()
    {
        Init.KaimingUniform_(Weight, Math.Sqrt(5));
        long fanIn = Init.Fans(Weight).In;
        if (Bias is null || fanIn == 0) return;
        double bound = InitBounds.Reciprocal(fanIn);
        Init.Uniform_(Bias, -bound, bound);
    }

    private protected string Text(string padding, Shape? outputPadding = null)
    {
        string text = $"{inChannels}, {outChannels}, kernel_size={Repr.Tuple(kernelSize)}, stride={Repr.Tuple(stride)}{padding}";
        if (dilation.Any(static d => d != 1)) text += $", dilation={Repr.Tuple(dilation)}";
        if (outputPadding is { } p && p.Any(static d => d != 0)) text += $", output_padding={Repr.Tuple(p)}";
        if (groups != 1) text += $", groups={groups}";
        if (Bias is null) text += ", bias=False";
        return paddingMode == "zeros" ? text : text + $", padding_mode={paddingMode}";
    }
}

/// <summary>What <see cref="Conv1d"/>, <see cref="Conv2d"/> and <see cref="Conv3d"/> share.</summary>
public abstract class ConvForwardBase : ConvBase
{
    private readonly int n;
    private readonly Padding padding;

    /// <summary>What is put around the input where that is not zeros: last dimension first, two numbers each.</summary>
    private readonly Shape around;

    private protected ConvForwardBase(int n, long inChannels, long outChannels, Shape kernelSize, Shape? stride, Padding padding,
        Shape? dilation, long groups, bool bias, string paddingMode, DType? dtype)
        : base(n, inChannels, outChannels, kernelSize, stride, dilation, groups, paddingMode)
    {
        this.n = n;
        if (padding.Mode is { } mode)
        {
            if (mode is not ("same" or "valid"))
                throw new ArgumentException($"Invalid padding string '{mode}', should be one of {{'same', 'valid'}}", nameof(padding));
            if (mode == "same" && this.stride.Any(static s => s != 1))
                throw new ArgumentException("padding='same' is not supported for strided convolutions", nameof(stride));
            this.padding = padding;
        }
        else this.padding = Sizes.Repeat(n, padding.Shape, nameof(padding));
        around = Around();
        Make([outChannels, inChannels / groups, .. this.kernelSize], bias, dtype);
    }

    private Shape Around()
    {
        long[] sizes = new long[2 * n];
        for (int d = 0; d < n; d++)
        {
            long total = padding.Mode switch
            {
                "same" => dilation[d] * (kernelSize[d] - 1),
                "valid" => 0,
                _ => 2 * padding.Sizes[d],
            };
            int at = 2 * (n - 1 - d);
            (sizes[at], sizes[at + 1]) = (total / 2, total - total / 2);
        }
        return sizes;
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x)
    {
        Padding p = padding;
        if (paddingMode != "zeros") (x, p) = (Functional.Pad(x, around, paddingMode), 0);
        return n switch
        {
            1 => Functional.Conv1d(x, Weight, Bias, stride, p, dilation, groups),
            2 => Functional.Conv2d(x, Weight, Bias, stride, p, dilation, groups),
            _ => Functional.Conv3d(x, Weight, Bias, stride, p, dilation, groups),
        };
    }

    /// <inheritdoc/>
    protected override string ExtraRepr => Text(padding.Mode is { } mode ? $", padding={mode}"
        : padding.Sizes.ContainsAnyExcept(0) ? $", padding={Repr.Tuple(padding.Shape)}" : "");
}

/// <summary>A convolution over the last dimension: (N, in, L) or (in, L) to (N, out, L') or (out, L').</summary>
/// <inheritdoc cref="Conv2d"/>
public class Conv1d(long inChannels, long outChannels, Shape kernelSize, Shape? stride = null, Padding padding = default,
    Shape? dilation = null, long groups = 1, bool bias = true, string paddingMode = "zeros", DType? dtype = null)
    : ConvForwardBase(1, inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode, dtype);

/// <summary>A convolution over the last two dimensions: (N, in, H, W) or (in, H, W) to (N, out, H', W') or (out, H', W').</summary>
/// <remarks>Weight and bias begin uniform in ±1/sqrt(in / groups · kernel), drawn in this order.</remarks>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="outChannels">That of the output.</param>
/// <param name="kernelSize">The window; one number stands for all dimensions, here and below.</param>
/// <param name="stride">The step of the window; 1 by default.</param>
/// <param name="padding">What is put around the input; or "same", for an output as large as the input, or "valid", for none.</param>
/// <param name="dilation">The distance of the window's elements; 1 by default.</param>
/// <param name="groups">Into how many groups the channels are divided; each output depends on the inputs of its group alone.</param>
/// <param name="bias">Whether to add a learned number to each channel.</param>
/// <param name="paddingMode">What stands there: "zeros", "reflect", "replicate" or "circular".</param>
/// <param name="dtype">The type of the parameters; null for the default type.</param>
/// <exception cref="ArgumentException">The numbers of channels are not divisible by that of groups, or a word is none of these.</exception>
public class Conv2d(long inChannels, long outChannels, Shape kernelSize, Shape? stride = null, Padding padding = default,
    Shape? dilation = null, long groups = 1, bool bias = true, string paddingMode = "zeros", DType? dtype = null)
    : ConvForwardBase(2, inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode, dtype);

/// <summary>A convolution over the last three dimensions: (N, in, D, H, W) or (in, D, H, W) to (N, out, D', H', W') or (out, D', H',
/// W').</summary>
/// <inheritdoc cref="Conv2d"/>
public class Conv3d(long inChannels, long outChannels, Shape kernelSize, Shape? stride = null, Padding padding = default,
    Shape? dilation = null, long groups = 1, bool bias = true, string paddingMode = "zeros", DType? dtype = null)
    : ConvForwardBase(3, inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode, dtype);
