namespace Nabla.Registry;

internal static class ConvolutionRows
{
    private static readonly Type Shapes = typeof(ShapeException), Ranges = typeof(ArgumentOutOfRangeException);

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("nn.functional.conv1d", c => Functional.Conv1d(c.T(0), c.T(1), c.OptT(2, "bias"), Opt(c, 3, "stride"), Pad(c),
            Opt(c, 5, "dilation"), c.Long(6, "groups", 1)))
        {
            Covers = ["Convolution", "ConvolutionInput", "ConvolutionWeight", "ConvolutionBias"],
            Samples = () =>
            [
                new([In.Real(2, 3, 7), In.Real2(4, 3, 3), In.Unit(4)]),
                new([In.Real(2, 4, 8), In.Real2(6, 2, 3), In.Unit(6)], With(("stride", 2L), ("padding", 1L), ("groups", 2L))),
                new([In.Real(3, 7), In.Real2(5, 3, 2)], With(("dilation", 2L))),
                new([In.Real(1, 2, 5), In.Real2(4, 2, 4)], With(("padding", "same"))),
                new([In.Real(0, 3, 7), In.Real2(4, 3, 3), In.Unit(4)]),
                new([In.Real(2, 0, 5), In.Real2(4, 0, 3)]),
            ],
            Errors =
            [
                (() => Functional.Conv1d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3)), Shapes,
                    "Expected 2D (unbatched) or 3D (batched) input to conv1d, but got input of size: [1, 3, 5, 5]"),
                (() => Functional.Conv1d(In.Real(1, 3, 5), In.Real2(4, 3, 3), stride: [1, 2]), Shapes, "expected stride to be a single " +
                    "integer value or a list of 1 values to match the convolution dimensions, but got stride=[1, 2]"),
                (() => Functional.Conv1d(In.Real(1, 3, 0), In.Real2(4, 3, 3), padding: 3), Shapes,
                    "Only zero batch or zero channel inputs are supported, but got input shape: [1, 3, 0]"),
            ],
        },
        new("nn.functional.conv2d", c => Functional.Conv2d(c.T(0), c.T(1), c.OptT(2, "bias"), Opt(c, 3, "stride"), Pad(c),
            Opt(c, 5, "dilation"), c.Long(6, "groups", 1)))
        {
            Covers = ["Convolution", "ConvolutionInput", "ConvolutionWeight", "ConvolutionBias"],
            Samples = () =>
            [
                new([In.Real(2, 3, 5, 6), In.Real2(4, 3, 3, 2), In.Unit(4)]),
                new([In.Real(2, 4, 5, 5), In.Real2(8, 2, 3, 3), In.Unit(8)],
                    With(("stride", Tuple(2, 1)), ("padding", Tuple(1, 2)), ("groups", 2L))),
                new([In.Real(3, 6, 5), In.Real2(5, 3, 2, 3)], With(("dilation", Tuple(2, 1)))),
                new([In.Real(1, 3, 4, 4), In.Real2(3, 1, 3, 3)], With(("groups", 3L), ("padding", 1L))),
                new([In.Real(1, 2, 6, 6), In.Real2(5, 2, 2, 2)], With(("stride", 2L))),
                new([In.Real(1, 5, 3, 3), In.Real2(4, 5, 1, 1), In.Unit(4)]),
                new([In.Real(1, 2, 3, 4), In.Real2(4, 2, 2, 3)], With(("padding", "same"))),
            ],
            Errors =
            [
                (() => Functional.Conv2d(In.Real(1, 2, 5, 5), In.Real2(4, 3, 3, 3)), Shapes, "Given groups=1, weight of size " +
                    "[4, 3, 3, 3], expected input[1, 2, 5, 5] to have 3 channels, but got 2 channels instead"),
                (() => Functional.Conv2d(In.Real(1, 3, 2, 2), In.Real2(4, 3, 3, 3)), Shapes, "Calculated padded input size per channel: " +
                    "(2 x 2). Kernel size: (3 x 3). Kernel size can't be greater than actual input size"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3), stride: 0), Ranges,
                    "non-positive stride is not supported"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3), padding: -1), Ranges,
                    "negative padding is not supported"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3), dilation: 0), Ranges,
                    "dilation should be greater than zero"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3), groups: 0), Ranges,
                    "non-positive groups is not supported"),
                (() => Functional.Conv2d(In.Real(1, 6, 5, 5), In.Real2(3, 3, 3, 3), groups: 2), Shapes, "Given groups=2, expected weight " +
                    "to be divisible by 2 at dimension 0, but got weight of size [[3, 3, 3, 3]] instead"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3), In.Real(3)), Shapes, "Given weight of size " +
                    "[4, 3, 3, 3], expected bias to be 1-dimensional with 4 elements, but got bias of size [3] instead"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3), In.Real(4).To(DType.Float32)),
                    typeof(DTypeException), "Input type (double) and bias type (float) should be the same"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3).To(DType.Float32)),
                    typeof(DTypeException), "expected scalar type Double but found Float"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3), stride: 2, padding: "same"),
                    typeof(ArgumentException), "padding='same' is not supported for strided convolutions"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3), padding: "full"),
                    typeof(ArgumentException), "Invalid padding string: 'full'"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(0, 3, 3, 3)), Shapes, "Given groups=1, expected weight to be at " +
                    "least 1 at dimension 0, but got weight of size [0, 3, 3, 3] instead"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 0, 3)), Shapes,
                    "kernel size should be greater than zero, but got kernel_height: 0 kernel_width: 3"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3), padding: long.MaxValue), Shapes,
                    "Storage size calculation overflowed"),
                (() => Functional.Conv2d(In.Real(1, 3, 5, 5), In.Real2(4, 3, 3, 3), dilation: long.MaxValue), Shapes,
                    "Calculated padded input size per channel: (5 x 5). Kernel size:"),
                (() => Functional.Conv2d(Tensor.Ones([1, 1, 3, 3], DType.Bool), Tensor.Ones([1, 1, 2, 2], DType.Bool)),
                    typeof(DTypeException), "\"slow_conv2d_cpu\" not implemented for 'Bool'"),
            ],
        },
        new("nn.functional.conv3d", c => Functional.Conv3d(c.T(0), c.T(1), c.OptT(2, "bias"), Opt(c, 3, "stride"), Pad(c),
            Opt(c, 5, "dilation"), c.Long(6, "groups", 1)))
        {
            Covers = ["Convolution", "ConvolutionInput", "ConvolutionWeight", "ConvolutionBias"],
            Samples = () =>
            [
                new([In.Real(1, 2, 3, 4, 3), In.Real2(4, 2, 2, 3, 2), In.Unit(4)]),
                new([In.Real(2, 2, 4, 3, 3), In.Real2(4, 1, 2, 2, 2)],
                    With(("stride", Tuple(2, 1, 2)), ("padding", 1L), ("groups", 2L))),
                new([In.Real(1, 3, 3, 4), In.Real2(5, 1, 2, 2, 1), In.Unit(5)], With(("dilation", Tuple(1, 2, 3)))),
            ],
        },
        Transposed("nn.functional.conv_transpose1d", c => Functional.ConvTranspose1d(c.T(0), c.T(1), c.OptT(2, "bias"),
            Opt(c, 3, "stride"), Opt(c, 4, "padding"), Opt(c, 5, "output_padding"), c.Long(6, "groups", 1), Opt(c, 7, "dilation"))) with
        {
            Samples = () =>
            [
                new([In.Real(2, 4, 4), In.Real2(4, 3, 3), In.Unit(3)]),
                new([In.Real(1, 4, 4), In.Real2(4, 5, 3), In.Unit(10)],
                    With(("stride", 2L), ("padding", 1L), ("output_padding", 1L), ("groups", 2L))),
                new([In.Real(3, 4), In.Real2(3, 4, 2)], With(("dilation", 2L))),
                new([In.Real(0, 3, 4), In.Real2(3, 4, 2)]),
            ],
        },
        Transposed("nn.functional.conv_transpose2d", c => Functional.ConvTranspose2d(c.T(0), c.T(1), c.OptT(2, "bias"),
            Opt(c, 3, "stride"), Opt(c, 4, "padding"), Opt(c, 5, "output_padding"), c.Long(6, "groups", 1), Opt(c, 7, "dilation"))) with
        {
            Samples = () =>
            [
                new([In.Real(2, 3, 3, 4), In.Real2(3, 4, 3, 2), In.Unit(4)]),
                new([In.Real(1, 4, 3, 3), In.Real2(4, 2, 3, 3), In.Unit(4)],
                    With(("stride", Tuple(2, 3)), ("padding", 1L), ("output_padding", Tuple(1, 2)), ("groups", 2L))),
                new([In.Real(3, 3, 2), In.Real2(3, 4, 2, 3)], With(("dilation", Tuple(2, 1)))),
                new([In.Real(1, 2, 3, 3), In.Real2(2, 4, 2, 2)], With(("stride", 2L))),
            ],
            Errors =
            [
                (() => Functional.ConvTranspose2d(In.Real(1, 2, 5, 5), In.Real2(3, 4, 3, 3)), Shapes, "Given transposed=1, weight of " +
                    "size [3, 4, 3, 3], expected input[1, 2, 5, 5] to have 3 channels, but got 2 channels instead"),
                (() => Functional.ConvTranspose2d(In.Real(1, 3, 5, 5), In.Real2(3, 4, 3, 3), outputPadding: 1), Ranges,
                    "output padding must be smaller than either stride or dilation"),
                (() => Functional.ConvTranspose2d(In.Real(1, 3, 5, 5), In.Real2(3, 4, 3, 3), outputPadding: -1), Ranges,
                    "negative output_padding is not supported"),
                (() => Functional.ConvTranspose2d(In.Real(1, 3, 1, 1), In.Real2(3, 4, 3, 3), padding: 2), Shapes, "Given input size per " +
                    "channel: (1 x 1). Calculated output size per channel: (-1 x -1). Output size is too small"),
                (() => Functional.ConvTranspose2d(In.Real(1, 3, 5, 5), In.Real2(3, 4, 3, 3), In.Real(3)), Shapes, "Given transposed=1, " +
                    "weight of size [3, 4, 3, 3], expected bias to be 1-dimensional with 4 elements, but got bias of size [3] instead"),
            ],
        },
        Transposed("nn.functional.conv_transpose3d", c => Functional.ConvTranspose3d(c.T(0), c.T(1), c.OptT(2, "bias"),
            Opt(c, 3, "stride"), Opt(c, 4, "padding"), Opt(c, 5, "output_padding"), c.Long(6, "groups", 1), Opt(c, 7, "dilation"))) with
        {
            Samples = () =>
            [
                new([In.Real(1, 3, 2, 3, 2), In.Real2(3, 4, 2, 2, 3), In.Unit(4)]),
                new([In.Real(1, 2, 2, 2, 3), In.Real2(2, 2, 2, 3, 2)],
                    With(("stride", 2L), ("padding", Tuple(0, 1, 1)), ("output_padding", Tuple(1, 0, 1)), ("groups", 2L))),
            ],
        },
        new("conv_tbc", c => Functional.ConvTbc(c.T(0), c.T(1), c.T(2), c.Long(3, "pad", 0)))
        {
            Samples = () => [new([In.Real(5, 2, 3), In.Real2(3, 3, 4), In.Unit(4), 1L]), new([In.Real(4, 2, 3), In.Real2(2, 3, 4),
                In.Unit(4)])],
            Errors = [(() => Functional.ConvTbc(In.Real(5, 2, 2), In.Real2(3, 3, 4), In.Real(4)), Shapes,
                "Input dim 2 (input channels) is not == dim 1 in the weight tensor")],
        },
    ];

    private static OpRow Transposed(string name, Func<Call, object?> run) => new(name, run)
    {
        Covers = ["Convolution", "ConvolutionInput", "ConvolutionWeight", "ConvolutionBias"],
    };

    private static Shape? Opt(Call c, int position, string name) => c.OptLongs(position, name) is { } v ? (Shape)v : (Shape?)null;

    private static Padding Pad(Call c) => c.Get(4, "padding") is string mode ? mode : c.OptLongs(4, "padding") ?? [0L];

    private static object?[] Tuple(params long[] values) => [.. values.Select(static v => (object?)v)];

    private static Dictionary<string, object?> With(params (string Name, object? Value)[] arguments) =>
        arguments.ToDictionary(static a => a.Name, static a => a.Value);
}
