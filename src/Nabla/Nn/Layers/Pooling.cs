namespace Nabla.Nn;

/// <summary>Arguments of the windows of a maximum.</summary>
internal readonly record struct MaxWindow(Shape Kernel, Shape Stride, Shape Padding, Shape Dilation, bool CeilMode)
{
    internal static MaxWindow Of(Shape kernel, Shape? stride, Shape? padding, Shape? dilation, bool ceilMode) =>
        new(kernel, stride ?? kernel, padding ?? 0, dilation ?? 1, ceilMode);

    public override string ToString() => $"kernel_size={Repr.Of(Kernel)}, stride={Repr.Of(Stride)}, padding={Repr.Of(Padding)}, " +
        $"dilation={Repr.Of(Dilation)}, ceil_mode={Repr.Of(CeilMode)}";
}

/// <summary>The maximum over windows of the last dimension of (N, C, L) or (C, L).</summary>
/// <param name="kernelSize">The window; one number stands for all dimensions, here and below.</param>
/// <param name="stride">The step of the window; the kernel size by default.</param>
/// <param name="padding">By how much the input is widened with minus infinity; 0 by default.</param>
/// <param name="dilation">The distance of the window's elements; 1 by default.</param>
/// <param name="ceilMode">Round the output's sizes up rather than down.</param>
public class MaxPool1d(Shape kernelSize, Shape? stride = null, Shape? padding = null, Shape? dilation = null, bool ceilMode = false)
    : Module<Tensor, Tensor>
{
    private readonly MaxWindow w = MaxWindow.Of(kernelSize, stride, padding, dilation, ceilMode);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.MaxPool1d(x, w.Kernel, w.Stride, w.Padding, w.Dilation, w.CeilMode);

    /// <inheritdoc/>
    protected override string ExtraRepr => w.ToString();
}

/// <summary><see cref="MaxPool1d"/>, and where the maxima are in the pooled dimensions as if these were one.</summary>
/// <inheritdoc cref="MaxPool1d"/>
public class MaxPool1dWithIndices(Shape kernelSize, Shape? stride = null, Shape? padding = null, Shape? dilation = null,
    bool ceilMode = false) : Module<Tensor, (Tensor Output, Tensor Indices)>
{
    private readonly MaxWindow w = MaxWindow.Of(kernelSize, stride, padding, dilation, ceilMode);

    /// <inheritdoc/>
    protected override (Tensor Output, Tensor Indices) Forward(Tensor x) =>
        Functional.MaxPool1dWithIndices(x, w.Kernel, w.Stride, w.Padding, w.Dilation, w.CeilMode);

    /// <inheritdoc/>
    protected override string ExtraRepr => w.ToString();
}

/// <summary>The maximum over windows of the last two dimensions of (N, C, H, W) or (C, H, W).</summary>
/// <inheritdoc cref="MaxPool1d"/>
public class MaxPool2d(Shape kernelSize, Shape? stride = null, Shape? padding = null, Shape? dilation = null, bool ceilMode = false)
    : Module<Tensor, Tensor>
{
    private readonly MaxWindow w = MaxWindow.Of(kernelSize, stride, padding, dilation, ceilMode);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.MaxPool2d(x, w.Kernel, w.Stride, w.Padding, w.Dilation, w.CeilMode);

    /// <inheritdoc/>
    protected override string ExtraRepr => w.ToString();
}

/// <summary><see cref="MaxPool2d"/>, and where the maxima are in the pooled dimensions as if these were one.</summary>
/// <inheritdoc cref="MaxPool1d"/>
public class MaxPool2dWithIndices(Shape kernelSize, Shape? stride = null, Shape? padding = null, Shape? dilation = null,
    bool ceilMode = false) : Module<Tensor, (Tensor Output, Tensor Indices)>
{
    private readonly MaxWindow w = MaxWindow.Of(kernelSize, stride, padding, dilation, ceilMode);

    /// <inheritdoc/>
    protected override (Tensor Output, Tensor Indices) Forward(Tensor x) =>
        Functional.MaxPool2dWithIndices(x, w.Kernel, w.Stride, w.Padding, w.Dilation, w.CeilMode);

    /// <inheritdoc/>
    protected override string ExtraRepr => w.ToString();
}

/// <summary>The maximum over windows of the last three dimensions of (N, C, D, H, W) or (C, D, H, W).</summary>
/// <inheritdoc cref="MaxPool1d"/>
public class MaxPool3d(Shape kernelSize, Shape? stride = null, Shape? padding = null, Shape? dilation = null, bool ceilMode = false)
    : Module<Tensor, Tensor>
{
    private readonly MaxWindow w = MaxWindow.Of(kernelSize, stride, padding, dilation, ceilMode);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.MaxPool3d(x, w.Kernel, w.Stride, w.Padding, w.Dilation, w.CeilMode);

    /// <inheritdoc/>
    protected override string ExtraRepr => w.ToString();
}

/// <summary><see cref="MaxPool3d"/>, and where the maxima are in the pooled dimensions as if these were one.</summary>
/// <inheritdoc cref="MaxPool1d"/>
public class MaxPool3dWithIndices(Shape kernelSize, Shape? stride = null, Shape? padding = null, Shape? dilation = null,
    bool ceilMode = false) : Module<Tensor, (Tensor Output, Tensor Indices)>
{
    private readonly MaxWindow w = MaxWindow.Of(kernelSize, stride, padding, dilation, ceilMode);

    /// <inheritdoc/>
    protected override (Tensor Output, Tensor Indices) Forward(Tensor x) =>
        Functional.MaxPool3dWithIndices(x, w.Kernel, w.Stride, w.Padding, w.Dilation, w.CeilMode);

    /// <inheritdoc/>
    protected override string ExtraRepr => w.ToString();
}
