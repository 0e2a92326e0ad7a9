using Nabla.Amp;
using Nabla.Kernels;

namespace Nabla;

public static partial class Functional
{
    /// <summary>Means of windows over the last dimension.</summary>
    /// <param name="input">[n, channels, length] or [channels, length]; a floating-point type or int64, whose means are cut.</param>
    /// <param name="kernelSize">The window's size: one number or one for each dimension.</param>
    /// <param name="stride">Distance of windows; the kernel's size by default.</param>
    /// <param name="padding">Zeros on both sides, at most half of the kernel's size; none by default.</param>
    /// <param name="ceilMode">Also windows that reach beyond the end, as long as they begin inside.</param>
    /// <param name="countIncludePad">Divide by the window's size with padding, else by the number of elements inside.</param>
    /// <returns>[n, channels, (length + 2 · padding - kernel) / stride + 1], rounded up in ceil mode.</returns>
    /// <exception cref="ShapeException">The rank does not fit, a size is zero, or nothing is left.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static Tensor AvgPool1d(Tensor input, Shape kernelSize, Shape? stride = null, Shape? padding = null, bool ceilMode = false,
        bool countIncludePad = true) => Mean(1, input, kernelSize, stride, padding, ceilMode, countIncludePad, null);

    /// <summary>Means of windows over the last two dimensions, as <see cref="AvgPool1d"/> over one.</summary>
    /// <param name="input">[n, channels, height, width], or without n; a floating-point type or int64, whose means are cut.</param>
    /// <param name="kernelSize">The window's size: one number or one for each dimension.</param>
    /// <param name="stride">Distance of windows; the kernel's size by default.</param>
    /// <param name="padding">Zeros on both sides, at most half of the kernel's size; none by default.</param>
    /// <param name="ceilMode">Also windows that reach beyond the end, as long as they begin inside.</param>
    /// <param name="countIncludePad">Divide by the window's size with padding, else by the number of elements inside.</param>
    /// <param name="divisorOverride">Divide by this number instead; not zero.</param>
    /// <exception cref="ShapeException">The rank does not fit, a size is zero, or nothing is left.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static Tensor AvgPool2d(Tensor input, Shape kernelSize, Shape? stride = null, Shape? padding = null, bool ceilMode = false,
        bool countIncludePad = true, long? divisorOverride = null) =>
        Mean(2, input, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);

    /// <summary>Means of windows over the last three dimensions, as <see cref="AvgPool2d"/> over two.</summary>
    /// <inheritdoc cref="AvgPool2d"/>
    public static Tensor AvgPool3d(Tensor input, Shape kernelSize, Shape? stride = null, Shape? padding = null, bool ceilMode = false,
        bool countIncludePad = true, long? divisorOverride = null)
    {
        using AutocastCall call = Autocast.Raise(ref input);
        return Mean(3, input, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);
    }

    /// <summary>Maxima of windows over the last dimension; NaN wins. The gradient goes to the first of equal elements.</summary>
    /// <param name="input">[n, channels, length] or [channels, length].</param>
    /// <param name="kernelSize">The window's size: one number or one for each dimension.</param>
    /// <param name="stride">Distance of windows; the kernel's size by default.</param>
    /// <param name="padding">What windows may reach beyond both sides, at most half of the kernel's size; none by default.</param>
    /// <param name="dilation">Distance of a window's elements; 1 by default.</param>
    /// <param name="ceilMode">Also windows that reach beyond the end, as long as they begin inside.</param>
    /// <returns>[n, channels, (length + 2 · padding - dilation · (kernel - 1) - 1) / stride + 1], rounded up in ceil mode.</returns>
    /// <exception cref="ShapeException">The rank does not fit, a size is zero, or nothing is left.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static Tensor MaxPool1d(Tensor input, Shape kernelSize, Shape? stride = null, Shape? padding = null, Shape? dilation = null,
        bool ceilMode = false)
    {
        PoolWindows windows = MaxWindows(1, input, kernelSize, stride, padding, dilation, ceilMode);
        if (!input.dtype.IsFloatingPoint()) Throw.NotImplementedFor("max_pool1d_impl", input.dtype);
        return Maxima(input, windows).Output;
    }

    /// <summary>Maxima of windows over the last two dimensions, as <see cref="MaxPool1d"/> over one.</summary>
    /// <inheritdoc cref="MaxPool1d"/>
    public static Tensor MaxPool2d(Tensor input, Shape kernelSize, Shape? stride = null, Shape? padding = null, Shape? dilation = null,
        bool ceilMode = false) => MaxPool2dWithIndices(input, kernelSize, stride, padding, dilation, ceilMode).Output;

    /// <summary>Maxima of windows over the last three dimensions, as <see cref="MaxPool1d"/> over one.</summary>
    /// <inheritdoc cref="MaxPool1d"/>
    public static Tensor MaxPool3d(Tensor input, Shape kernelSize, Shape? stride = null, Shape? padding = null, Shape? dilation = null,
        bool ceilMode = false)
    {
        using AutocastCall call = Autocast.Raise(ref input);
        return MaxPool3dWithIndices(input, kernelSize, stride, padding, dilation, ceilMode).Output;
    }

    /// <summary>
    /// <see cref="MaxPool1d"/>, and where the maxima are: int64 indices into the pooled dimensions as if these were one.
    /// </summary>
    /// <inheritdoc cref="MaxPool1d"/>
    public static (Tensor Output, Tensor Indices) MaxPool1dWithIndices(Tensor input, Shape kernelSize, Shape? stride = null,
        Shape? padding = null, Shape? dilation = null, bool ceilMode = false) =>
        Maxima(input, MaxWindows(1, input, kernelSize, stride, padding, dilation, ceilMode));

    /// <summary><see cref="MaxPool2d"/>, and where the maxima are.</summary>
    /// <inheritdoc cref="MaxPool1dWithIndices"/>
    public static (Tensor Output, Tensor Indices) MaxPool2dWithIndices(Tensor input, Shape kernelSize, Shape? stride = null,
        Shape? padding = null, Shape? dilation = null, bool ceilMode = false) =>
        Maxima(input, MaxWindows(2, input, kernelSize, stride, padding, dilation, ceilMode));

    /// <summary><see cref="MaxPool3d"/>, and where the maxima are.</summary>
    /// <inheritdoc cref="MaxPool1dWithIndices"/>
    public static (Tensor Output, Tensor Indices) MaxPool3dWithIndices(Tensor input, Shape kernelSize, Shape? stride = null,
        Shape? padding = null, Shape? dilation = null, bool ceilMode = false) =>
        Maxima(input, MaxWindows(3, input, kernelSize, stride, padding, dilation, ceilMode));

    /// <summary>p-norms of windows over the last dimension: (Σ x^p)^(1/p), where Σ x^p below zero counts as its magnitude.</summary>
    /// <param name="input">[n, channels, length] or [channels, length].</param>
    /// <param name="normType">p, not zero.</param>
    /// <param name="kernelSize">The window's size: one number or one for each dimension.</param>
    /// <param name="stride">Distance of windows; the kernel's size by default.</param>
    /// <param name="ceilMode">Also windows that reach beyond the end, as long as they begin inside.</param>
    /// <exception cref="ShapeException">The rank does not fit, a size is zero, or nothing is left.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static Tensor LpPool1d(Tensor input, double normType, Shape kernelSize, Shape? stride = null, bool ceilMode = false) =>
        Norm(1, input, normType, kernelSize, stride, ceilMode);

    /// <summary>p-norms of windows over the last two dimensions, as <see cref="LpPool1d"/> over one.</summary>
    /// <inheritdoc cref="LpPool1d"/>
    public static Tensor LpPool2d(Tensor input, double normType, Shape kernelSize, Shape? stride = null, bool ceilMode = false) =>
        Norm(2, input, normType, kernelSize, stride, ceilMode);

    /// <summary>p-norms of windows over the last three dimensions, as <see cref="LpPool1d"/> over one.</summary>
    /// <inheritdoc cref="LpPool1d"/>
    public static Tensor LpPool3d(Tensor input, double normType, Shape kernelSize, Shape? stride = null, bool ceilMode = false) =>
        Norm(3, input, normType, kernelSize, stride, ceilMode);

    private static Tensor Norm(int n, Tensor input, double p, Shape kernel, Shape? stride, bool ceilMode)
    {
        if (p == 0) Throw.Range("normType", p, $"float division by zero: lp_pool{n}d takes the root of order normType.");
        Tensor mean = Mean(n, input.Pow(p), kernel, stride, null, ceilMode, true, null);
        double count = 1;
        for (int d = 0; d < n; d++) count *= kernel[kernel.Count == 1 ? 0 : d];
        // As in PyTorch, sign · relu(abs) stands for the sum itself, so that a sum of zero has no gradient.
        return (mean.Sign() * Relu(mean.Abs()) * count).Pow(1 / p);
    }

    private static Tensor Mean(int n, Tensor input, Shape kernel, Shape? stride, Shape? padding, bool ceilMode, bool countZeros,
        long? divisor)
    {
        PoolCheck check = new(n, "avg", input);
        if (divisor == 0) Throw.Range("divisorOverride", 0, "divisor must be not zero");
        Shape k = check.List("kernel_size", kernel, null), s = check.List("stride", stride, k), p = check.List("padding", padding, 0);
        Shape output = check.Sizes(k, s, p, PoolCheck.Ones(n), ceilMode);
        if (!input.dtype.IsFloatingPoint() && input.dtype != DType.Int64)
            Throw.NotImplementedFor(n == 3 ? "avg_pool3d_out_frame" : "avg_pool2d", input.dtype);
        PoolWindows windows = PoolWindows.Means(input.Shape[^n..], output, k, s, p, countZeros, divisor);
        return Nabla.LinearOp.Apply(new Ops.AvgPool(windows, n == 3 ? "AvgPool3DBackward0" : "AvgPool2DBackward0"), input);
    }

    private static PoolWindows MaxWindows(int n, Tensor input, Shape kernel, Shape? stride, Shape? padding, Shape? dilation, bool ceilMode)
    {
        PoolCheck check = new(n, "max", input);
        Shape k = check.List("kernel_size", kernel, null), s = check.List("stride", stride, k), p = check.List("padding", padding, 0);
        Shape d = check.List("dilation", dilation, 1), output = check.Sizes(k, s, p, d, ceilMode);
        if (input.dtype == DType.Bool) Throw.NotImplementedFor(n == 3 ? "max_pool3d" : "max_pool2d", input.dtype);
        return PoolWindows.Spaced(input.Shape[^n..], output, k, s, p, d);
    }

    private static (Tensor Output, Tensor Indices) Maxima(Tensor input, PoolWindows windows)
    {
        string label = windows.Rank == 3 ? "MaxPool3DWithIndicesBackward0" : "MaxPool2DWithIndicesBackward0";
        Tensor[] y = Op.Apply(new Ops.MaxPool(windows, label), input);
        return (y[0], y[1]);
    }
}
