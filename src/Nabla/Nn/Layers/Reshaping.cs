namespace Nabla.Nn;

/// <summary>Makes several dimensions one.</summary>
/// <param name="startDim">The first of them.</param>
/// <param name="endDim">The last of them.</param>
public class Flatten(int startDim = 1, int endDim = -1) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => x.Flatten(startDim, endDim);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"start_dim={startDim}, end_dim={endDim}";
}

/// <summary>Makes one dimension several.</summary>
/// <param name="dim">The dimension.</param>
/// <param name="unflattenedSize">Their sizes, of which one may be -1.</param>
public class Unflatten(int dim, Shape unflattenedSize) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => x.Unflatten(dim, unflattenedSize);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"dim={dim}, unflattened_size={Repr.Tuple(unflattenedSize)}";
}

/// <summary>Sliding windows of (N, C, H, W) or (C, H, W) as columns: (N, C · kernel, windows).</summary>
/// <param name="kernelSize">The window; one number stands for both dimensions, here and below.</param>
/// <param name="dilation">The distance of the window's elements; 1 by default.</param>
/// <param name="padding">By how much the input is widened with zeros; 0 by default.</param>
/// <param name="stride">The step of the window; 1 by default.</param>
public class Unfold(Shape kernelSize, Shape? dilation = null, Shape? padding = null, Shape? stride = null) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Unfold(x, kernelSize, dilation, padding, stride);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"kernel_size={Repr.Of(kernelSize)}, dilation={Repr.Of(dilation ?? 1)}, " +
        $"padding={Repr.Of(padding ?? 0)}, stride={Repr.Of(stride ?? 1)}";
}

/// <summary>Adds columns up to sliding windows of an image, the transpose of <see cref="Unfold"/>: (N, C · kernel, windows) to
/// (N, C, H, W).</summary>
/// <param name="outputSize">H and W.</param>
/// <param name="kernelSize">The window; one number stands for both dimensions, here and below.</param>
/// <param name="dilation">The distance of the window's elements; 1 by default.</param>
/// <param name="padding">By how much the image was widened; 0 by default.</param>
/// <param name="stride">The step of the window; 1 by default.</param>
public class Fold(Shape outputSize, Shape kernelSize, Shape? dilation = null, Shape? padding = null, Shape? stride = null)
    : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.Fold(x, outputSize, kernelSize, dilation, padding, stride);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"output_size={Repr.Of(outputSize)}, kernel_size={Repr.Of(kernelSize)}, " +
        $"dilation={Repr.Of(dilation ?? 1)}, padding={Repr.Of(padding ?? 0)}, stride={Repr.Of(stride ?? 1)}";
}

/// <summary>Channels become pixels: (..., C · r², H, W) to (..., C, H · r, W · r).</summary>
/// <param name="upscaleFactor">r.</param>
public class PixelShuffle(long upscaleFactor) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.PixelShuffle(x, upscaleFactor);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"upscale_factor={upscaleFactor}";
}

/// <summary>Pixels become channels: (..., C, H · r, W · r) to (..., C · r², H, W).</summary>
/// <param name="downscaleFactor">r.</param>
public class PixelUnshuffle(long downscaleFactor) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.PixelUnshuffle(x, downscaleFactor);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"downscale_factor={downscaleFactor}";
}

/// <summary>Takes the channels of groups in turn: channel g · n + i goes to i · groups + g.</summary>
/// <param name="groups">The number of groups.</param>
public class ChannelShuffle(long groups) : Module<Tensor, Tensor>
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.ChannelShuffle(x, groups);

    /// <inheritdoc/>
    protected override string ExtraRepr => $"groups={groups}";
}

/// <summary>Enlarges or shrinks (N, C, L), (N, C, H, W) or (N, C, D, H, W).</summary>
/// <param name="size">The sizes of the output.</param>
/// <param name="scaleFactor">Or by how much they are larger; one number stands for all dimensions.</param>
/// <param name="mode">"nearest", "linear", "bilinear", "bicubic" or "trilinear".</param>
/// <param name="alignCorners">Whether the corners of input and output coincide.</param>
/// <param name="recomputeScaleFactor">Whether the scale is computed from the rounded sizes.</param>
public class Upsample(Shape? size = null, IReadOnlyList<double>? scaleFactor = null, string mode = "nearest", bool? alignCorners = null,
    bool? recomputeScaleFactor = null) : Module<Tensor, Tensor>
{
    /// <summary>By one factor.</summary>
    /// <inheritdoc cref="Upsample(Shape?, IReadOnlyList{double}, string, bool?, bool?)"/>
    public Upsample(double scaleFactor, string mode = "nearest", bool? alignCorners = null, bool? recomputeScaleFactor = null)
        : this(null, [scaleFactor], mode, alignCorners, recomputeScaleFactor)
    {
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) =>
        Functional.Interpolate(x, size, scaleFactor, mode, alignCorners, recomputeScaleFactor);

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        (scaleFactor is null ? $"size={Repr.Of(size)}" : $"scale_factor={Repr.Of(scaleFactor)}") + $", mode='{mode}'";
}

/// <summary>Enlarges (N, C, H, W) by repeating pixels.</summary>
/// <param name="size">The sizes of the output.</param>
/// <param name="scaleFactor">Or by how much they are larger.</param>
public class UpsamplingNearest2d(Shape? size = null, IReadOnlyList<double>? scaleFactor = null) : Upsample(size, scaleFactor);

/// <summary>Enlarges (N, C, H, W) by linear interpolation in both directions, corners on corners.</summary>
/// <param name="size">The sizes of the output.</param>
/// <param name="scaleFactor">Or by how much they are larger.</param>
public class UpsamplingBilinear2d(Shape? size = null, IReadOnlyList<double>? scaleFactor = null)
    : Upsample(size, scaleFactor, "bilinear", true);
