using Nabla.Amp;

namespace Nabla;

public static partial class Functional
{
    /// <summary>
    /// Maxima of windows over the last two dimensions that begin at random, at pseudo-random distances of which the mean is
    /// (size - kernel) / (output - 1). After B. Graham, "Fractional Max-Pooling", 2014.
    /// </summary>
    /// <param name="input">[n, channels, height, width], or without n; a floating-point type.</param>
    /// <param name="kernelSize">The window's size: one number or one for each dimension.</param>
    /// <param name="outputSize">The number of windows: one number or one for each dimension.</param>
    /// <param name="outputRatio">Instead of the number of windows, its ratio to the input's size: one number or one for each
    /// dimension.</param>
    /// <param name="randomSamples">Where windows begin: numbers in [0, 1), of shape [n, channels, dimensions] and the input's dtype;
    /// drawn if not given.</param>
    /// <param name="generator">Where they are drawn from; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ShapeException">Ranks or sizes do not fit.</exception>
    /// <exception cref="ArgumentException">Neither size nor ratio is given.</exception>
    public static Tensor FractionalMaxPool2d(Tensor input, Shape kernelSize, Shape? outputSize = null, double[]? outputRatio = null,
        Tensor? randomSamples = null, Generator? generator = null) =>
        FractionalMaxPool2dWithIndices(input, kernelSize, outputSize, outputRatio, randomSamples, generator).Output;

    /// <summary>Maxima of windows over the last three dimensions, as <see cref="FractionalMaxPool2d"/> over two.</summary>
    /// <inheritdoc cref="FractionalMaxPool2d"/>
    public static Tensor FractionalMaxPool3d(Tensor input, Shape kernelSize, Shape? outputSize = null, double[]? outputRatio = null,
        Tensor? randomSamples = null, Generator? generator = null) =>
        FractionalMaxPool3dWithIndices(input, kernelSize, outputSize, outputRatio, randomSamples, generator).Output;

    /// <summary><see cref="FractionalMaxPool2d"/>, and where the maxima are in the pooled dimensions as if these were one.</summary>
    /// <inheritdoc cref="FractionalMaxPool2d"/>
    public static (Tensor Output, Tensor Indices) FractionalMaxPool2dWithIndices(Tensor input, Shape kernelSize,
        Shape? outputSize = null, double[]? outputRatio = null, Tensor? randomSamples = null, Generator? generator = null)
    {
        using AutocastCall call = Autocast.Raise(ref input);
        randomSamples = call.Raise(randomSamples);
        return Fractional(2, input, kernelSize, outputSize, outputRatio, randomSamples, generator);
    }

    /// <summary><see cref="FractionalMaxPool3d"/>, and where the maxima are in the pooled dimensions as if these were one.</summary>
    /// <inheritdoc cref="FractionalMaxPool2d"/>
    public static (Tensor Output, Tensor Indices) FractionalMaxPool3dWithIndices(Tensor input, Shape kernelSize,
        Shape? outputSize = null, double[]? outputRatio = null, Tensor? randomSamples = null, Generator? generator = null)
    {
        using AutocastCall call = Autocast.Raise(ref input);
        randomSamples = call.Raise(randomSamples);
        return Fractional(3, input, kernelSize, outputSize, outputRatio, randomSamples, generator);
    }

    private static (Tensor Output, Tensor Indices) Fractional(int n, Tensor input, Shape kernelSize, Shape? outputSize, double[]? ratio,
        Tensor? samples, Generator? generator)
    {
        string name = $"fractional_max_pool{n}d", where = n == 3 ? name + "_out" : name;
        if (input.Rank != n + 1 && input.Rank != n + 2)
            Throw.Shapes($"{where}(): Expected {n + 1}D or {n + 2}D tensor, but got: {input.Shape}");
        int first = input.Rank - n;
        Shape kernel = Several(n, name, "kernel_size", kernelSize), size = input.Shape[first..];
        Shape output = Several(n, name, "output_size", outputSize ?? Ratio(n, name, size, ratio));
        int zero = input.layout.shape.AsSpan(first - 1).IndexOf(0);
        if (zero >= 0)
            Throw.Shapes($"{where}(): Expected input to have non-zero size for non-batch dimensions, but got{input.Shape} with dimension " +
                $"{first - 1 + zero} being empty.");
        if (Least(output) < 0)
            Throw.NegativeSize(Kernels.PoolWindows.Replaced(input.layout.shape, output), Least(output));
        if (Least(kernel) <= 0)
            Throw.Range(nameof(kernelSize), Least(kernel), $"kernel size should be greater than zero, but {name} got {kernel}.");
        string[] names = n == 3 ? ["time", "height", "width"] : ["height", "width"];
        for (int d = 0; d < n; d++)
        {
            // In three dimensions PyTorch does not allow as many windows as fit.
            Int128 needed = output[d] + (Int128)kernel[d] - 1;
            if (needed > size[d] || (n == 3 && needed == size[d]))
                Throw.Shapes($"{where}(): pool {names[d]} {kernel[d]} too large relative to input {names[d]} {size[d]}");
        }
        long images = input.Rank == n + 2 ? input.layout.shape[0] : 1, channels = input.layout.shape[first - 1];
        samples ??= Tensor.Rand([images, channels, n], input.dtype, generator: generator);
        if (!input.dtype.IsFloatingPoint()) Throw.NotImplementedFor(name + "_out_frame", input.dtype);
        CheckSamples(samples, n, input.dtype, images, channels);
        if (samples.layout.shape[0] > images) samples = samples.Narrow(0, 0, images);
        Tensor own = input.Rank == n + 2 ? samples.Detach() : samples.Detach().Select(0, 0);
        Tensor[] y = Op.Apply(new Ops.FractionalMaxPool(kernel, size, output), input, own);
        return (y[0], y[1]);
    }

    private static Shape Several(int n, string name, string parameter, Shape list)
    {
        if (list.Count != 1 && list.Count != n)
            Throw.Shapes($"{name}: {parameter} must either be a single Int or tuple of {(n == 3 ? "three " : "")}Ints: got {list}.");
        return list.Count == n ? list : Repeated(list[0], n);
    }

    private static Shape Ratio(int n, string name, Shape size, double[]? ratio)
    {
        if (ratio is null)
            throw new ArgumentException($"{name} requires specifying either an output_size or an output_ratio", "outputSize");
        if (ratio.Length != 1 && ratio.Length != n)
            Throw.Shapes($"{name} requires output_ratio to either be a single Int or tuple of Ints: got {ratio.Length} numbers.");
        long[] output = new long[n];
        for (int d = 0; d < n; d++) output[d] = checked((long)(size[d] * ratio[ratio.Length == 1 ? 0 : d]));
        return new(output);
    }

    private static void CheckSamples(Tensor samples, int n, DType dtype, long images, long channels)
    {
        if (samples.dtype != dtype)
            Throw.Types($"Expect _random_samples to have the same dtype as input: {samples.dtype.Name()} and {dtype.Name()}.");
        if (samples.Rank != 3) Throw.Shapes($"Expect _random_samples to have 3 dimensions, got {samples.Rank}");
        if (samples.Size(0) < images) Throw.Shapes("Expect _random_samples.size(0) no less then input batch size.");
        if (samples.Size(1) != channels) Throw.Shapes("Expect _random_samples.size(1) equals to input channel size.");
        if (samples.Size(2) != n) Throw.Shapes($"Expect _random_samples.size(2) equals to {n}; got {samples.Size(2)}.");
    }
}
