using Nabla.Amp;
using Nabla.Kernels;

namespace Nabla;

public static partial class Functional
{
    /// <summary>
    /// Means of as many windows over the last dimension as asked for: window o goes from ⌊o · in / out⌋ to ⌈(o + 1) · in / out⌉.
    /// </summary>
    /// <param name="input">[n, channels, length] or [channels, length], of a floating-point type.</param>
    /// <param name="outputSize">The number of windows: one number or one for each dimension; null keeps the input's size.</param>
    /// <exception cref="ShapeException">The rank does not fit, or a size of the input is zero.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number of windows is negative.</exception>
    public static Tensor AdaptiveAvgPool1d(Tensor input, AdaptiveSize outputSize) => EvenMeans(1, input, outputSize);

    /// <summary>Means of windows over the last two dimensions, as <see cref="AdaptiveAvgPool1d"/> over one.</summary>
    /// <inheritdoc cref="AdaptiveAvgPool1d"/>
    public static Tensor AdaptiveAvgPool2d(Tensor input, AdaptiveSize outputSize) => EvenMeans(2, input, outputSize);

    /// <summary>Means of windows over the last three dimensions, as <see cref="AdaptiveAvgPool1d"/> over one.</summary>
    /// <inheritdoc cref="AdaptiveAvgPool1d"/>
    public static Tensor AdaptiveAvgPool3d(Tensor input, AdaptiveSize outputSize)
    {
        using AutocastCall call = Autocast.Raise(ref input);
        return EvenMeans(3, input, outputSize);
    }

    /// <summary>Maxima of as many windows over the last dimension as asked for. See <see cref="AdaptiveAvgPool1d"/>.</summary>
    /// <inheritdoc cref="AdaptiveAvgPool1d"/>
    public static Tensor AdaptiveMaxPool1d(Tensor input, AdaptiveSize outputSize) => EvenMaxima(1, input, outputSize).Output;

    /// <summary>Maxima of windows over the last two dimensions, as <see cref="AdaptiveMaxPool1d"/> over one.</summary>
    /// <inheritdoc cref="AdaptiveAvgPool1d"/>
    public static Tensor AdaptiveMaxPool2d(Tensor input, AdaptiveSize outputSize) => EvenMaxima(2, input, outputSize).Output;

    /// <summary>Maxima of windows over the last three dimensions, as <see cref="AdaptiveMaxPool1d"/> over one.</summary>
    /// <inheritdoc cref="AdaptiveAvgPool1d"/>
    public static Tensor AdaptiveMaxPool3d(Tensor input, AdaptiveSize outputSize)
    {
        using AutocastCall call = Autocast.Raise(ref input);
        return EvenMaxima(3, input, outputSize).Output;
    }

    /// <summary>
    /// <see cref="AdaptiveMaxPool1d"/>, and where the maxima are: int64 indices into the pooled dimensions as if these were one.
    /// </summary>
    /// <inheritdoc cref="AdaptiveAvgPool1d"/>
    public static (Tensor Output, Tensor Indices) AdaptiveMaxPool1dWithIndices(Tensor input, AdaptiveSize outputSize) =>
        EvenMaxima(1, input, outputSize);

    /// <summary><see cref="AdaptiveMaxPool2d"/>, and where the maxima are.</summary>
    /// <inheritdoc cref="AdaptiveAvgPool1d"/>
    public static (Tensor Output, Tensor Indices) AdaptiveMaxPool2dWithIndices(Tensor input, AdaptiveSize outputSize) =>
        EvenMaxima(2, input, outputSize);

    /// <summary><see cref="AdaptiveMaxPool3d"/>, and where the maxima are.</summary>
    /// <inheritdoc cref="AdaptiveAvgPool1d"/>
    public static (Tensor Output, Tensor Indices) AdaptiveMaxPool3dWithIndices(Tensor input, AdaptiveSize outputSize)
    {
        using AutocastCall call = Autocast.Raise(ref input);
        return EvenMaxima(3, input, outputSize);
    }

    private static Tensor EvenMeans(int n, Tensor input, AdaptiveSize output)
    {
        PoolWindows windows = EvenWindows(n, "avg", input, output);
        // As in PyTorch, one window over all of two or three dimensions is their mean.
        if (n > 1 && windows.OutputPlane == 1 && input.dtype.IsFloatingPoint())
            return input.Mean(n == 2 ? [-2, -1] : [-3, -2, -1], keepDim: true);
        return Nabla.LinearOp.Apply(new Ops.AvgPool(windows, n == 3 ? "AdaptiveAvgPool3DBackward0" : "AdaptiveAvgPool2DBackward0"), input);
    }

    private static (Tensor Output, Tensor Indices) EvenMaxima(int n, Tensor input, AdaptiveSize output)
    {
        PoolWindows windows = EvenWindows(n, "max", input, output);
        Tensor[] y = Op.Apply(new Ops.MaxPool(windows, n == 3 ? "AdaptiveMaxPool3DBackward0" : "AdaptiveMaxPool2DBackward0"), input);
        return (y[0], y[1]);
    }

    private static PoolWindows EvenWindows(int n, string kind, Tensor input, AdaptiveSize asked)
    {
        string name = $"adaptive_{kind}_pool{n}d";
        if (input.Rank != n + 1 && input.Rank != n + 2)
            Throw.Shapes(n == 1 ? $"Expected 2 to 3 dimensions, but got {input.Rank}-dimensional tensor for argument #1 'self' (while " +
                $"checking arguments for {name})"
                : $"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got{(kind == "max" ? ":" : "")} {input.Shape}");
        if (asked.Count != 1 && asked.Count != n)
            Throw.Shapes(n == 1 ? $"{name}() argument 'output_size' should contain one int (got {asked.Count})"
                : kind == "max" ? $"{name}(): internal error: output_size.size() must be {n}: got {asked}."
                : $"{name}: output_size must be {n}: got {asked}.");
        // A mean over no channels is a tensor of no means, in one and two dimensions.
        int first = input.Rank - n - (kind == "avg" && n < 3 ? 0 : 1), zero = input.layout.shape.AsSpan(first).IndexOf(0);
        if (zero >= 0)
            Throw.Shapes($"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {input.Shape} " +
                $"with dimension {first + zero} being empty");
        long[] output = new long[n];
        for (int d = 0; d < n; d++) output[d] = asked[asked.Count == 1 ? 0 : d] ?? input.layout.shape[input.Rank - n + d];
        if (Least(new(output)) < 0)
        {
            if (kind == "max") Throw.NegativeSize(PoolWindows.Replaced(input.layout.shape, new(output)), Least(new(output)));
            Throw.Range("outputSize", Least(new(output)), $"{name}: elements of output_size must be greater than or equal to 0 but " +
                $"received {{{string.Join(", ", output)}}}");
        }
        if (!input.dtype.IsFloatingPoint())
            Throw.NotImplementedFor(n == 3 ? name + "_cpu" : $"adaptive_{kind}_pool2d", input.dtype);
        // The tables of windows are as long as the result: what cannot be held is refused before they are made.
        Layout result = new([.. input.layout.shape[..^n], .. output]);
        if (Math.Max(result.Count, output.Max()) > Array.MaxLength / sizeof(long))
            Throw.TooLarge(Math.Max(result.Count, output.Max()), input.dtype.ItemSize(), result.shape, input.dtype);
        return PoolWindows.Even(input.Shape[^n..], new(output));
    }
}
