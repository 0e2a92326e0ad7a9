namespace Nabla.Nn;

/// <summary>The mean over windows of the last dimension of (N, C, L) or (C, L).</summary>
/// <param name="kernelSize">The window; one number stands for all dimensions, here and below.</param>
/// <param name="stride">The step of the window; the kernel size by default.</param>
/// <param name="padding">By how much the input is widened with zeros; 0 by default.</param>
/// <param name="ceilMode">Round the output's sizes up rather than down.</param>
/// <param name="countIncludePad">Whether the zeros count in the mean.</param>
public class AvgPool1d(Shape kernelSize, Shape? stride = null, Shape? padding = null, bool ceilMode = false,
    bool countIncludePad = true) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) =>
        Functional.AvgPool1d(x, kernelSize, stride, padding, ceilMode, countIncludePad);

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        $"kernel_size={Repr.Tuple(kernelSize)}, stride={Repr.Tuple(stride ?? kernelSize)}, padding={Repr.Tuple(padding ?? 0)}";
}

/// <summary>The mean over windows of the last two dimensions of (N, C, H, W) or (C, H, W).</summary>
/// <param name="kernelSize">The window; one number stands for all dimensions, here and below.</param>
/// <param name="stride">The step of the window; the kernel size by default.</param>
/// <param name="padding">By how much the input is widened with zeros; 0 by default.</param>
/// <param name="ceilMode">Round the output's sizes up rather than down.</param>
/// <param name="countIncludePad">Whether the zeros count in the mean.</param>
/// <param name="divisorOverride">Divide by this number instead.</param>
public class AvgPool2d(Shape kernelSize, Shape? stride = null, Shape? padding = null, bool ceilMode = false,
    bool countIncludePad = true, long? divisorOverride = null) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) =>
        Functional.AvgPool2d(x, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        $"kernel_size={Repr.Of(kernelSize)}, stride={Repr.Of(stride ?? kernelSize)}, padding={Repr.Of(padding ?? 0)}";
}

/// <summary>The mean over windows of the last three dimensions of (N, C, D, H, W) or (C, D, H, W).</summary>
/// <inheritdoc cref="AvgPool2d"/>
public class AvgPool3d(Shape kernelSize, Shape? stride = null, Shape? padding = null, bool ceilMode = false,
    bool countIncludePad = true, long? divisorOverride = null) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) =>
        Functional.AvgPool3d(x, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        $"kernel_size={Repr.Of(kernelSize)}, stride={Repr.Of(stride ?? kernelSize)}, padding={Repr.Of(padding ?? 0)}";
}

/// <summary>(Σ x^p)^(1/p) over windows of the last dimension of (N, C, L) or (C, L).</summary>
/// <param name="normType">p.</param>
/// <param name="kernelSize">The window; one number stands for all dimensions.</param>
/// <param name="stride">The step of the window; the kernel size by default.</param>
/// <param name="ceilMode">Round the output's sizes up rather than down.</param>
public class LPPool1d(double normType, Shape kernelSize, Shape? stride = null, bool ceilMode = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.LpPool1d(x, normType, kernelSize, stride, ceilMode);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"norm_type={Repr.Of(normType)}, kernel_size={Repr.Of(kernelSize)}, " +
        $"stride={Repr.Of(stride)}, ceil_mode={Repr.Of(ceilMode)}";
}

/// <summary>(Σ x^p)^(1/p) over windows of the last two dimensions of (N, C, H, W) or (C, H, W).</summary>
/// <inheritdoc cref="LPPool1d"/>
public class LPPool2d(double normType, Shape kernelSize, Shape? stride = null, bool ceilMode = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.LpPool2d(x, normType, kernelSize, stride, ceilMode);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"norm_type={Repr.Of(normType)}, kernel_size={Repr.Of(kernelSize)}, " +
        $"stride={Repr.Of(stride)}, ceil_mode={Repr.Of(ceilMode)}";
}

/// <summary>(Σ x^p)^(1/p) over windows of the last three dimensions of (N, C, D, H, W) or (C, D, H, W).</summary>
/// <inheritdoc cref="LPPool1d"/>
public class LPPool3d(double normType, Shape kernelSize, Shape? stride = null, bool ceilMode = false) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.LpPool3d(x, normType, kernelSize, stride, ceilMode);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"norm_type={Repr.Of(normType)}, kernel_size={Repr.Of(kernelSize)}, " +
        $"stride={Repr.Of(stride)}, ceil_mode={Repr.Of(ceilMode)}";
}
