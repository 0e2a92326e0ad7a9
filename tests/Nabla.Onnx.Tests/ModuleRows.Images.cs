namespace Nabla.Onnx.Tests;

internal static partial class ModuleRows
{
    private static void Images()
    {
        Long("Conv1d", static () => new Conv1d(2, 3, 3, padding: 1), 2, 7);
        Long("Conv1d strided", static () => new Conv1d(2, 4, 3, stride: 2, dilation: 2, groups: 2, bias: false), 2, 12);
        Long("Conv1d same", static () => new Conv1d(2, 3, 4, padding: "same"), 2, 7);
        Long("Conv2d", static () => new Conv2d(2, 3, (3, 2), stride: (2, 1), padding: (1, 0)), 2, 6, 7);
        Long("Conv2d reflecting", static () => new Conv2d(2, 3, 3, padding: 1, paddingMode: "reflect"), 2, 6, 7);
        Long("Conv2d circular", static () => new Conv2d(2, 3, 3, padding: 1, paddingMode: "circular"), 2, 6, 7);
        Long("Conv3d", static () => new Conv3d(1, 2, 2), 1, 3, 3, 4);
        Long("ConvTranspose1d", static () => new ConvTranspose1d(2, 3, 3, stride: 2, padding: 1, outputPadding: 1), 2, 5);
        Long("ConvTranspose2d", static () => new ConvTranspose2d(2, 4, 3, stride: 2, groups: 2), 2, 4, 5);
        Row("ConvTranspose3d", static () => new ConvTranspose3d(1, 2, 2, bias: false), 1, 2, 3, 2);
        Row("LazyConv1d", static () => Made(new LazyConv1d(3, 3), R(1, 2, 7)), 2, 7);
        Row("LazyConv2d", static () => Made(new LazyConv2d(3, 3), R(1, 2, 5, 5)), 2, 5, 5);
        Row("LazyConv3d", static () => Made(new LazyConv3d(3, 2), R(1, 2, 3, 3, 3)), 2, 3, 3, 3);
        Row("LazyConvTranspose1d", static () => Made(new LazyConvTranspose1d(3, 3), R(1, 2, 7)), 2, 7);
        Row("LazyConvTranspose2d", static () => Made(new LazyConvTranspose2d(3, 3), R(1, 2, 5, 5)), 2, 5, 5);
        Row("LazyConvTranspose3d", static () => Made(new LazyConvTranspose3d(3, 2), R(1, 2, 3, 3, 3)), 2, 3, 3, 3);
        Long("Unfold", static () => new Unfold((2, 3), padding: 1, stride: (2, 1)), 2, 5, 6);
        Row("Fold", static () => new Fold((4, 5), (2, 2)), new OnnxOptions { Opset = 18 }, static () => R(2, 8, 12),
            static () => R(3, 8, 12));
        Refused("Fold of an old operator set", static () => new Fold((4, 5), (2, 2)), null, static () => R(2, 8, 12), "Opset = 18");
        Long("PixelShuffle", static () => new PixelShuffle(2), 8, 3, 4);
        Row("PixelUnshuffle", static () => new PixelUnshuffle(2), 2, 4, 6);
        Long("ChannelShuffle", static () => new ChannelShuffle(2), 4, 2, 3);
        Long("Upsample", static () => new Upsample(2.0), 2, 3, 4);
        Long("Upsample linear", static () => new Upsample(scaleFactor: [1.5], mode: "linear"), 2, 4);
        Row("Upsample to a size", static () => new Upsample(size: [5, 7], mode: "bilinear", alignCorners: true), 2, 3, 4);
        Row("Upsample cubic", static () => new Upsample(size: [6, 7], mode: "bicubic"), 2, 3, 4);
        Row("Upsample area", static () => new Upsample(size: [2, 3], mode: "area"), 2, 5, 7);
        Row("Upsample nearest exact", static () => new Upsample(size: [5, 7], mode: "nearest-exact"), 2, 3, 4);
        Long("UpsamplingBilinear2d", static () => new UpsamplingBilinear2d(scaleFactor: [2]), 2, 3, 4);
        Long("UpsamplingNearest2d", static () => new UpsamplingNearest2d(scaleFactor: [2]), 2, 3, 4);
        Long("CircularPad1d", static () => new CircularPad1d((1, 2)), 2, 5);
        Long("CircularPad2d", static () => new CircularPad2d([1, 2, 0, 1]), 2, 4, 5);
        Row("CircularPad3d", static () => new CircularPad3d(1), 2, 3, 3, 3);
        Long("ConstantPad1d", static () => new ConstantPad1d((1, 2), 3.5), 2, 5);
        Long("ConstantPad2d", static () => new ConstantPad2d([1, 2, -1, 1], -1), 2, 4, 5);
        Row("ConstantPad3d", static () => new ConstantPad3d(1, 2), 2, 3, 3, 3);
        Long("ReflectionPad1d", static () => new ReflectionPad1d((1, 2)), 2, 5);
        Long("ReflectionPad2d", static () => new ReflectionPad2d([1, 2, 0, 1]), 2, 4, 5);
        Row("ReflectionPad3d", static () => new ReflectionPad3d(1), 2, 3, 3, 3);
        Long("ReplicationPad1d", static () => new ReplicationPad1d((1, 2)), 2, 5);
        Long("ReplicationPad2d", static () => new ReplicationPad2d([1, 2, 0, 1]), 2, 4, 5);
        Row("ReplicationPad3d", static () => new ReplicationPad3d(1), 2, 3, 3, 3);
        Long("ZeroPad1d", static () => new ZeroPad1d((1, 2)), 2, 5);
        Long("ZeroPad2d", static () => new ZeroPad2d([1, 2, 0, 1]), 2, 4, 5);
        Row("ZeroPad3d", static () => new ZeroPad3d(1), 2, 3, 3, 3);
    }

    private static void Pooling()
    {
        Long("AvgPool1d", static () => new AvgPool1d(3, stride: 2, padding: 1), 2, 9);
        Long("AvgPool2d", static () => new AvgPool2d(2), 2, 4, 6);
        Row("AvgPool2d without zeros", static () => new AvgPool2d(3, stride: 2, padding: 1, countIncludePad: false), 2, 5, 6);
        Row("AvgPool2d rounded up", static () => new AvgPool2d(2, stride: 2, ceilMode: true), 2, 5, 7);
        Row("AvgPool2d with a divisor", static () => new AvgPool2d(2, divisorOverride: 3), 2, 4, 4);
        Row("AvgPool3d", static () => new AvgPool3d(2), 2, 4, 4, 4);
        Long("MaxPool1d", static () => new MaxPool1d(3, stride: 2, padding: 1), 2, 9);
        Long("MaxPool1dWithIndices", static () => new MaxPool1dWithIndices(2), 2, 8);
        Long("MaxPool2d", static () => new MaxPool2d(2), 2, 4, 6);
        Row("MaxPool2d rounded up", static () => new MaxPool2d(2, stride: 2, ceilMode: true), 2, 5, 7);
        Row("MaxPool2d dilated", static () => new MaxPool2d(2, stride: 1, dilation: 2), 2, 5, 7);
        Row("MaxPool2dWithIndices", static () => new MaxPool2dWithIndices(2), 2, 4, 6);
        Row("MaxPool3d", static () => new MaxPool3d(2), 2, 4, 4, 4);
        Row("MaxPool3dWithIndices", static () => new MaxPool3dWithIndices(2), 2, 4, 4, 4);
        Long("AdaptiveAvgPool1d", static () => new AdaptiveAvgPool1d(1), 2, 9);
        Row("AdaptiveAvgPool1d uneven", static () => new AdaptiveAvgPool1d(4), 2, 9);
        Row("AdaptiveAvgPool2d", static () => new AdaptiveAvgPool2d([2, 3]), 2, 5, 6);
        Row("AdaptiveAvgPool3d", static () => new AdaptiveAvgPool3d(2), 2, 5, 4, 3);
        Row("AdaptiveMaxPool1d", static () => new AdaptiveMaxPool1d(4), 2, 9);
        Row("AdaptiveMaxPool1dWithIndices", static () => new AdaptiveMaxPool1dWithIndices(4), 2, 8);
        Refused("AdaptiveMaxPool1dWithIndices uneven", static () => new AdaptiveMaxPool1dWithIndices(4), null, static () => R(2, 2, 9),
            "result 1");
        Row("AdaptiveMaxPool2d", static () => new AdaptiveMaxPool2d([2, 3]), 2, 5, 6);
        Row("AdaptiveMaxPool2dWithIndices", static () => new AdaptiveMaxPool2dWithIndices([2, 3]), 2, 4, 6);
        Row("AdaptiveMaxPool3d", static () => new AdaptiveMaxPool3d(2), 2, 5, 4, 3);
        Row("AdaptiveMaxPool3dWithIndices", static () => new AdaptiveMaxPool3dWithIndices(2), 2, 4, 4, 2);
        Refused("AdaptiveAvgPool1d of any length", static () => new AdaptiveAvgPool1d(4),
            new OnnxOptions { DynamicAxes = { ["input"] = ["batch", null, "length"] } }, static () => R(2, 2, 9), "dynamic size");
        Refused("FractionalMaxPool2d", static () => new FractionalMaxPool2d(2, 3), Fixed(), static () => R(2, 2, 7, 7), "random numbers");
        Refused("FractionalMaxPool2dWithIndices", static () => new FractionalMaxPool2dWithIndices(2, 3), Fixed(),
            static () => R(2, 2, 7, 7), "random numbers");
        Refused("FractionalMaxPool3d", static () => new FractionalMaxPool3d(2, 3), Fixed(), static () => R(2, 2, 7, 7, 7),
            "random numbers");
        Refused("FractionalMaxPool3dWithIndices", static () => new FractionalMaxPool3dWithIndices(2, 3), Fixed(),
            static () => R(2, 2, 7, 7, 7), "random numbers");
        Long("LPPool1d", static () => new LPPool1d(2, 3), 2, 9);
        Row("LPPool2d", static () => new LPPool2d(3, 2), null, static () => R(2, 2, 4, 4).Abs(), static () => R(3, 2, 4, 4).Abs());
        Row("LPPool3d", static () => new LPPool3d(2, 2), 2, 4, 4, 4);
        Row("MaxUnpool1d", static () => new MaxUnpool1d(2), null, static () => Unpool(1), static () => Unpool(1));
        Row("MaxUnpool2d", static () => new MaxUnpool2d(2), null, static () => Unpool(2), static () => Unpool(2));
        Row("MaxUnpool3d", static () => new MaxUnpool3d(2), null, static () => Unpool(3), static () => Unpool(3));
    }

    /// <summary>Maxima of halves and where they were.</summary>
    private static (Tensor, Tensor, Shape?) Unpool(int n)
    {
        Tensor x = R([2, 2, .. Enumerable.Repeat(4L, n)]);
        (Tensor y, Tensor at) = n switch
        {
            1 => new MaxPool1dWithIndices(2).Call(x),
            2 => new MaxPool2dWithIndices(2).Call(x),
            _ => new MaxPool3dWithIndices(2).Call(x),
        };
        return (y, at, null);
    }
}
