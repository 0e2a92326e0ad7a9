using System.Diagnostics.CodeAnalysis;

namespace Nabla.Nn;

/// <summary>What the fractional poolings share.</summary>
public abstract class FractionalMaxPoolBase<[DynamicallyAccessedMembers(Tree.Needs)] TOut> : Module<Tensor, TOut>
{
    private protected readonly Shape kernelSize;
    private protected readonly Shape? outputSize;
    private protected readonly double[]? outputRatio;

    [Buffer, StateName("_random_samples")] private protected readonly Tensor? samples;

    private protected FractionalMaxPoolBase(int n, Shape kernelSize, Shape? outputSize, double[]? outputRatio, Tensor? randomSamples)
    {
        if (outputSize is null && outputRatio is null)
            throw new ArgumentException($"FractionalMaxPool{n}d requires specifying either an output size, or a pooling ratio",
                nameof(outputSize));
        if (outputSize is not null && outputRatio is not null)
            throw new ArgumentException("only one of output_size and output_ratio may be specified", nameof(outputRatio));
        if (outputRatio?.Any(static r => !(r > 0 && r < 1)) == true)
            Throw.Range(nameof(outputRatio), outputRatio[0], $"output_ratio must be between 0 and 1 (got {Repr.Of(outputRatio)})");
        this.kernelSize = Sizes.Repeat(n, kernelSize, nameof(kernelSize));
        this.outputSize = outputSize is { } size ? (Shape?)Sizes.Repeat(n, size, nameof(outputSize)) : null;
        (this.outputRatio, samples) = (outputRatio, randomSamples);
    }
}

/// <summary>The maximum over windows at random places of (N, C, H, W) or (C, H, W) (B. Graham, Fractional max-pooling, 2015).</summary>
/// <param name="kernelSize">The window; one number stands for all dimensions, here and below.</param>
/// <param name="outputSize">The sizes of the output.</param>
/// <param name="outputRatio">Or what part of the input's sizes they are, between 0 and 1.</param>
/// <param name="randomSamples">(N, C, dimensions) numbers in [0, 1) that place the windows; drawn at each call by default.</param>
/// <exception cref="ArgumentException">Neither or both of size and ratio are given.</exception>
/// <exception cref="ArgumentOutOfRangeException">A ratio is not between 0 and 1.</exception>
public class FractionalMaxPool2d(Shape kernelSize, Shape? outputSize = null, double[]? outputRatio = null,
    Tensor? randomSamples = null) : FractionalMaxPoolBase<Tensor>(2, kernelSize, outputSize, outputRatio, randomSamples)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.FractionalMaxPool2d(x, kernelSize, outputSize, outputRatio, samples);
}

/// <summary><see cref="FractionalMaxPool2d"/>, and where the maxima are in the pooled dimensions as if these were one.</summary>
/// <inheritdoc cref="FractionalMaxPool2d"/>
public class FractionalMaxPool2dWithIndices(Shape kernelSize, Shape? outputSize = null, double[]? outputRatio = null,
    Tensor? randomSamples = null)
    : FractionalMaxPoolBase<(Tensor Output, Tensor Indices)>(2, kernelSize, outputSize, outputRatio, randomSamples)
{
    /// <inheritdoc/>
    protected override (Tensor Output, Tensor Indices) Forward(Tensor x) =>
        Functional.FractionalMaxPool2dWithIndices(x, kernelSize, outputSize, outputRatio, samples);
}

/// <summary>The maximum over windows at random places of (N, C, D, H, W) or (C, D, H, W) (B. Graham, Fractional max-pooling,
/// 2015).</summary>
/// <inheritdoc cref="FractionalMaxPool2d"/>
public class FractionalMaxPool3d(Shape kernelSize, Shape? outputSize = null, double[]? outputRatio = null,
    Tensor? randomSamples = null) : FractionalMaxPoolBase<Tensor>(3, kernelSize, outputSize, outputRatio, randomSamples)
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor x) => Functional.FractionalMaxPool3d(x, kernelSize, outputSize, outputRatio, samples);
}

/// <summary><see cref="FractionalMaxPool3d"/>, and where the maxima are in the pooled dimensions as if these were one.</summary>
/// <inheritdoc cref="FractionalMaxPool2d"/>
public class FractionalMaxPool3dWithIndices(Shape kernelSize, Shape? outputSize = null, double[]? outputRatio = null,
    Tensor? randomSamples = null)
    : FractionalMaxPoolBase<(Tensor Output, Tensor Indices)>(3, kernelSize, outputSize, outputRatio, randomSamples)
{
    /// <inheritdoc/>
    protected override (Tensor Output, Tensor Indices) Forward(Tensor x) =>
        Functional.FractionalMaxPool3dWithIndices(x, kernelSize, outputSize, outputRatio, samples);
}

/// <summary>Puts maxima back where <see cref="MaxPool1dWithIndices"/> found them; zeros elsewhere.</summary>
/// <param name="kernelSize">The window of the maxima.</param>
/// <param name="stride">Its step; the kernel size by default.</param>
/// <param name="padding">By how much the input was widened; 0 by default.</param>
public class MaxUnpool1d(Shape kernelSize, Shape? stride = null, Shape? padding = null) : Module<Tensor, Tensor, Shape?, Tensor>
{
    /// <summary>Puts the maxima back.</summary>
    /// <inheritdoc cref="Forward"/>
    public new Tensor Call(Tensor x, Tensor indices, Shape? outputSize = null) => base.Call(x, indices, outputSize);

    /// <summary>Puts the maxima back.</summary>
    /// <param name="x">The maxima.</param>
    /// <param name="indices">Where they were.</param>
    /// <param name="outputSize">The sizes of the output, where the stride leaves several open.</param>
    protected override Tensor Forward(Tensor x, Tensor indices, Shape? outputSize) =>
        Functional.MaxUnpool1d(x, indices, kernelSize, stride, padding, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        $"kernel_size={Text(kernelSize)}, stride={Text(stride ?? kernelSize)}, padding={Text(padding ?? 0)}";

    private static string Text(Shape sizes) => Repr.Tuple(Sizes.Repeat(1, sizes, "kernel_size"));
}

/// <summary>Puts maxima back where <see cref="MaxPool2dWithIndices"/> found them; zeros elsewhere.</summary>
/// <inheritdoc cref="MaxUnpool1d"/>
public class MaxUnpool2d(Shape kernelSize, Shape? stride = null, Shape? padding = null) : Module<Tensor, Tensor, Shape?, Tensor>
{
    /// <summary>Puts the maxima back.</summary>
    /// <inheritdoc cref="Forward"/>
    public new Tensor Call(Tensor x, Tensor indices, Shape? outputSize = null) => base.Call(x, indices, outputSize);

    /// <summary>Puts the maxima back.</summary>
    /// <param name="x">The maxima.</param>
    /// <param name="indices">Where they were.</param>
    /// <param name="outputSize">The sizes of the output, where the stride leaves several open.</param>
    protected override Tensor Forward(Tensor x, Tensor indices, Shape? outputSize) =>
        Functional.MaxUnpool2d(x, indices, kernelSize, stride, padding, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        $"kernel_size={Text(kernelSize)}, stride={Text(stride ?? kernelSize)}, padding={Text(padding ?? 0)}";

    private static string Text(Shape sizes) => Repr.Tuple(Sizes.Repeat(2, sizes, "kernel_size"));
}

/// <summary>Puts maxima back where <see cref="MaxPool3dWithIndices"/> found them; zeros elsewhere.</summary>
/// <inheritdoc cref="MaxUnpool1d"/>
public class MaxUnpool3d(Shape kernelSize, Shape? stride = null, Shape? padding = null) : Module<Tensor, Tensor, Shape?, Tensor>
{
    /// <summary>Puts the maxima back.</summary>
    /// <inheritdoc cref="Forward"/>
    public new Tensor Call(Tensor x, Tensor indices, Shape? outputSize = null) => base.Call(x, indices, outputSize);

    /// <summary>Puts the maxima back.</summary>
    /// <param name="x">The maxima.</param>
    /// <param name="indices">Where they were.</param>
    /// <param name="outputSize">The sizes of the output, where the stride leaves several open.</param>
    protected override Tensor Forward(Tensor x, Tensor indices, Shape? outputSize) =>
        Functional.MaxUnpool3d(x, indices, kernelSize, stride, padding, outputSize);

    /// <inheritdoc/>
    protected override string ExtraRepr =>
        $"kernel_size={Text(kernelSize)}, stride={Text(stride ?? kernelSize)}, padding={Text(padding ?? 0)}";

    private static string Text(Shape sizes) => Repr.Tuple(Sizes.Repeat(3, sizes, "kernel_size"));
}
