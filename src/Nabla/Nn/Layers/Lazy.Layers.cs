namespace Nabla.Nn;

/// <summary>A <see cref="Conv1d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="Conv1d"/>
public class LazyConv1d(long outChannels, Shape kernelSize, Shape? stride = null, Padding padding = default, Shape? dilation = null,
    long groups = 1, bool bias = true, string paddingMode = "zeros", DType? dtype = null)
    : LazyConvBase<Conv1d>(1, groups, n => new Conv1d(n, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode,
        dtype));

/// <summary>A <see cref="ConvTranspose1d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="ConvTranspose1d"/>
public class LazyConvTranspose1d(long outChannels, Shape kernelSize, Shape? stride = null, Shape? padding = null,
    Shape? outputPadding = null, long groups = 1, bool bias = true, Shape? dilation = null, string paddingMode = "zeros",
    DType? dtype = null) : LazyConvBase<ConvTranspose1d>(1, groups, n => new ConvTranspose1d(n, outChannels, kernelSize, stride,
        padding, outputPadding, groups, bias, dilation, paddingMode, dtype));

/// <summary>A <see cref="Conv2d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="Conv2d"/>
public class LazyConv2d(long outChannels, Shape kernelSize, Shape? stride = null, Padding padding = default, Shape? dilation = null,
    long groups = 1, bool bias = true, string paddingMode = "zeros", DType? dtype = null)
    : LazyConvBase<Conv2d>(2, groups, n => new Conv2d(n, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode,
        dtype));

/// <summary>A <see cref="ConvTranspose2d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="ConvTranspose2d"/>
public class LazyConvTranspose2d(long outChannels, Shape kernelSize, Shape? stride = null, Shape? padding = null,
    Shape? outputPadding = null, long groups = 1, bool bias = true, Shape? dilation = null, string paddingMode = "zeros",
    DType? dtype = null) : LazyConvBase<ConvTranspose2d>(2, groups, n => new ConvTranspose2d(n, outChannels, kernelSize, stride,
        padding, outputPadding, groups, bias, dilation, paddingMode, dtype));

/// <summary>A <see cref="Conv3d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="Conv3d"/>
public class LazyConv3d(long outChannels, Shape kernelSize, Shape? stride = null, Padding padding = default, Shape? dilation = null,
    long groups = 1, bool bias = true, string paddingMode = "zeros", DType? dtype = null)
    : LazyConvBase<Conv3d>(3, groups, n => new Conv3d(n, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode,
        dtype));

/// <summary>A <see cref="ConvTranspose3d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="ConvTranspose3d"/>
public class LazyConvTranspose3d(long outChannels, Shape kernelSize, Shape? stride = null, Shape? padding = null,
    Shape? outputPadding = null, long groups = 1, bool bias = true, Shape? dilation = null, string paddingMode = "zeros",
    DType? dtype = null) : LazyConvBase<ConvTranspose3d>(3, groups, n => new ConvTranspose3d(n, outChannels, kernelSize, stride,
        padding, outputPadding, groups, bias, dilation, paddingMode, dtype));

/// <summary>A <see cref="BatchNorm1d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="BatchNorm1d"/>
public class LazyBatchNorm1d(double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true,
    DType? dtype = null) : LazyNormBase<BatchNorm1d>(-1, n => new BatchNorm1d(n, eps, momentum, affine, trackRunningStats, dtype));

/// <summary>An <see cref="InstanceNorm1d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="InstanceNorm1d"/>
public class LazyInstanceNorm1d(double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true,
    DType? dtype = null)
    : LazyNormBase<InstanceNorm1d>(2, n => new InstanceNorm1d(n, eps, momentum, affine, trackRunningStats, dtype));

/// <summary>A <see cref="BatchNorm2d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="BatchNorm2d"/>
public class LazyBatchNorm2d(double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true,
    DType? dtype = null) : LazyNormBase<BatchNorm2d>(-1, n => new BatchNorm2d(n, eps, momentum, affine, trackRunningStats, dtype));

/// <summary>An <see cref="InstanceNorm2d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="InstanceNorm2d"/>
public class LazyInstanceNorm2d(double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true,
    DType? dtype = null)
    : LazyNormBase<InstanceNorm2d>(3, n => new InstanceNorm2d(n, eps, momentum, affine, trackRunningStats, dtype));

/// <summary>A <see cref="BatchNorm3d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="BatchNorm3d"/>
public class LazyBatchNorm3d(double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true,
    DType? dtype = null) : LazyNormBase<BatchNorm3d>(-1, n => new BatchNorm3d(n, eps, momentum, affine, trackRunningStats, dtype));

/// <summary>An <see cref="InstanceNorm3d"/> of as many channels as the first input has.</summary>
/// <inheritdoc cref="InstanceNorm3d"/>
public class LazyInstanceNorm3d(double eps = 1e-5, double? momentum = 0.1, bool affine = true, bool trackRunningStats = true,
    DType? dtype = null)
    : LazyNormBase<InstanceNorm3d>(4, n => new InstanceNorm3d(n, eps, momentum, affine, trackRunningStats, dtype));
