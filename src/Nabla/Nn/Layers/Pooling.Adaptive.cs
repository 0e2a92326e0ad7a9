namespace Nabla.Nn;

/// <summary>The mean over as many equal windows of the last dimension of (N, C, L) or (C, L) as the output shall have elements.</summary>
/// <param name="outputSize">The sizes of the output; one number stands for all, null for the input's own.</param>
public class AdaptiveAvgPool1d(AdaptiveSize outputSize) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.AdaptiveAvgPool1d(x, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"output_size={Repr.Of(outputSize)}";
}

/// <summary>The maximum over as many equal windows of the last dimension of (N, C, L) or (C, L) as the output shall have
/// elements.</summary>
/// <inheritdoc cref="AdaptiveAvgPool1d"/>
public class AdaptiveMaxPool1d(AdaptiveSize outputSize) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.AdaptiveMaxPool1d(x, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"output_size={Repr.Of(outputSize)}";
}

/// <summary><see cref="AdaptiveMaxPool1d"/>, and where the maxima are in the pooled dimensions as if these were one.</summary>
/// <inheritdoc cref="AdaptiveAvgPool1d"/>
public class AdaptiveMaxPool1dWithIndices(AdaptiveSize outputSize) : Module<Tensor, (Tensor Output, Tensor Indices)>
{
    /// <inheritdoc/>
    protected override (Tensor Output, Tensor Indices) Forward(Tensor x) => Functional.AdaptiveMaxPool1dWithIndices(x, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"output_size={Repr.Of(outputSize)}";
}

/// <summary>The mean over as many equal windows of the last two dimensions of (N, C, H, W) or (C, H, W) as the output shall have
/// elements.</summary>
/// <inheritdoc cref="AdaptiveAvgPool1d"/>
public class AdaptiveAvgPool2d(AdaptiveSize outputSize) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.AdaptiveAvgPool2d(x, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"output_size={Repr.Of(outputSize)}";
}

/// <summary>The maximum over as many equal windows of the last two dimensions of (N, C, H, W) or (C, H, W) as the output shall have
/// elements.</summary>
/// <inheritdoc cref="AdaptiveAvgPool1d"/>
public class AdaptiveMaxPool2d(AdaptiveSize outputSize) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.AdaptiveMaxPool2d(x, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"output_size={Repr.Of(outputSize)}";
}

/// <summary><see cref="AdaptiveMaxPool2d"/>, and where the maxima are in the pooled dimensions as if these were one.</summary>
/// <inheritdoc cref="AdaptiveAvgPool1d"/>
public class AdaptiveMaxPool2dWithIndices(AdaptiveSize outputSize) : Module<Tensor, (Tensor Output, Tensor Indices)>
{
    /// <inheritdoc/>
    protected override (Tensor Output, Tensor Indices) Forward(Tensor x) => Functional.AdaptiveMaxPool2dWithIndices(x, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"output_size={Repr.Of(outputSize)}";
}

/// <summary>The mean over as many equal windows of the last three dimensions of (N, C, D, H, W) or (C, D, H, W) as the output shall have
/// elements.</summary>
/// <inheritdoc cref="AdaptiveAvgPool1d"/>
public class AdaptiveAvgPool3d(AdaptiveSize outputSize) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.AdaptiveAvgPool3d(x, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"output_size={Repr.Of(outputSize)}";
}

/// <summary>The maximum over as many equal windows of the last three dimensions of (N, C, D, H, W) or (C, D, H, W) as the output shall have
/// elements.</summary>
/// <inheritdoc cref="AdaptiveAvgPool1d"/>
public class AdaptiveMaxPool3d(AdaptiveSize outputSize) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.AdaptiveMaxPool3d(x, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"output_size={Repr.Of(outputSize)}";
}

/// <summary><see cref="AdaptiveMaxPool3d"/>, and where the maxima are in the pooled dimensions as if these were one.</summary>
/// <inheritdoc cref="AdaptiveAvgPool1d"/>
public class AdaptiveMaxPool3dWithIndices(AdaptiveSize outputSize) : Module<Tensor, (Tensor Output, Tensor Indices)>
{
    /// <inheritdoc/>
    protected override (Tensor Output, Tensor Indices) Forward(Tensor x) => Functional.AdaptiveMaxPool3dWithIndices(x, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"output_size={Repr.Of(outputSize)}";
}
