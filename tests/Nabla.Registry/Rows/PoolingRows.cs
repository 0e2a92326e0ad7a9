namespace Nabla.Registry;

internal static class PoolingRows
{
    private static readonly Type Shapes = typeof(ShapeException), Ranges = typeof(ArgumentOutOfRangeException);

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        .. Means(), .. Maxima(), .. Norms(), .. Adaptive(), .. Inverse(), .. Fractional(), .. Patches(),
    ];

    private static IEnumerable<OpRow> Means() =>
    [
        new("nn.functional.avg_pool1d", c => Functional.AvgPool1d(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "stride"),
            Opt(c, 3, "padding"), c.Bool(4, "ceil_mode", false), c.Bool(5, "count_include_pad", true)))
        {
            Covers = ["AvgPool", "AvgPoolSpread"],
            Samples = () => [new([In.Real(2, 3, 7), 3L, 2L, 1L]), new([In.Real(3, 8), 3L], With(("ceil_mode", true))),
                new([In.Real(0, 2, 5), 2L])],
            Errors =
            [
                (() => Functional.AvgPool1d(In.Real(6), 2), Shapes, "Expected 2 to 3 dimensions, but got 1-dimensional tensor"),
                (() => Functional.AvgPool1d(In.Real(2, 6), [2, 2]), Shapes,
                    "avg_pool1d() argument 'kernel_size' should contain one int (got 2)"),
                (() => Functional.AvgPool1d(In.Real(2, 2), 3), Shapes,
                    "Given input size: (2x1x2). Calculated output size: (2x1x0). Output size is too small"),
            ],
        },
        new("nn.functional.avg_pool2d", c => Functional.AvgPool2d(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "stride"),
            Opt(c, 3, "padding"), c.Bool(4, "ceil_mode", false), c.Bool(5, "count_include_pad", true), Divisor(c)))
        {
            Covers = ["AvgPool", "AvgPoolSpread"],
            Samples = () =>
            [
                new([In.Real(2, 2, 5, 6), Tuple(3, 2), Tuple(2, 1), Tuple(1, 0)], With(("ceil_mode", true))),
                new([In.Real(2, 5, 5), 3L, 2L, 1L], With(("count_include_pad", false))),
                new([In.Real(1, 2, 4, 4), 2L], With(("divisor_override", 3L))),
            ],
            Errors =
            [
                (() => Functional.AvgPool2d(In.Real(2, 6, 6), 0), Ranges, "stride should not be zero"),
                (() => Functional.AvgPool2d(In.Real(2, 6, 6), -1), Ranges, "kernel size should be greater than zero, but got kH: -1 " +
                    "kW: -1"),
                (() => Functional.AvgPool2d(In.Real(2, 6, 6), 2, -1), Ranges, "stride should be greater than zero, but got dH: -1 dW: -1"),
                (() => Functional.AvgPool2d(In.Real(2, 6, 6), 3, 1, 2), Ranges,
                    "pad should be at most half of effective kernel size, but got pad=2, kernel_size=3 and dilation=1"),
                (() => Functional.AvgPool2d(In.Real(2, 6, 6), 3, 1, -1), Ranges, "pad must be non-negative, but got pad: -1"),
                (() => Functional.AvgPool2d(In.Real(2, 6, 6), [2, 2, 2]), Shapes,
                    "avg_pool2d: kernel_size must either be a single int, or a tuple of two ints"),
                (() => Functional.AvgPool2d(In.Real(2, 6, 6), 2, divisorOverride: 0), Ranges, "divisor must be not zero"),
                (() => Functional.AvgPool2d(In.Real(1, 0, 6, 6), 2), Shapes, "Expected 3D or 4D (batch mode) tensor with optional 0 dim " +
                    "batch size for input, but got:[1, 0, 6, 6]"),
                (() => Functional.AvgPool2d(Tensor.Ones([1, 4, 4], DType.Int32), 2), typeof(DTypeException),
                    "\"avg_pool2d\" not implemented for 'Int'"),
            ],
        },
        new("nn.functional.avg_pool3d", c => Functional.AvgPool3d(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "stride"),
            Opt(c, 3, "padding"), c.Bool(4, "ceil_mode", false), c.Bool(5, "count_include_pad", true), Divisor(c)))
        {
            Covers = ["AvgPool", "AvgPoolSpread"],
            Samples = () => [new([In.Real(1, 2, 3, 4, 5), 2L, Tuple(1, 2, 2)]), new([In.Real(2, 3, 3, 3), 2L, 2L, 1L])],
            Errors = [(() => Functional.AvgPool3d(In.Real(1, 2, 2, 2), 3), Shapes,
                "input image (T: 2 H: 2 W: 2) smaller than kernel size (kT: 3 kH: 3 kW: 3)")],
        },
    ];

    private static IEnumerable<OpRow> Maxima()
    {
        OpRow row1 = new("nn.functional.max_pool1d", c => c.Bool(6, "return_indices", false) ? Pairs1(c) : Functional.MaxPool1d(c.T(0),
            c.Shape(1, "kernel_size"), Opt(c, 2, "stride"), Opt(c, 3, "padding"), Opt(c, 4, "dilation"), c.Bool(5, "ceil_mode", false)))
        {
            Covers = ["MaxPool", "Gather", "GatherZeros"],
            Samples = () =>
            [
                new([In.Distinct(2, 3, 7), 3L, 2L, 1L], With(("return_indices", true))),
                new([In.Distinct(3, 8), 2L], With(("dilation", 3L))),
                new([In.Distinct(2, 7), 3L, 2L], With(("ceil_mode", true))), new([In.Real(0, 2, 5), 2L])],
            Errors =
            [
                (() => Functional.MaxPool1d(In.Real(6), 2), Shapes, "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 " +
                    "dim batch size for input, but got:[6]"),
                (() => Functional.MaxPool1d(In.Real(2, 6), 0), Ranges, "max_pool1d() kernel_size must be greater than zero, but got 0"),
                (() => Functional.MaxPool1d(In.Real(2, 6), 3, 1, 2), Ranges,
                    "max_pool1d() padding should be at most half of kernel size, but got padding=2 and kernel_size=3"),
                (() => Functional.MaxPool1d(In.Real(2, 2), 3), Shapes, "max_pool1d() Invalid computed output size: 0"),
                (() => Functional.MaxPool1d(In.Real(2, 6), [2, 2]), Shapes,
                    "max_pool1d() kernel_size must be an int, list of ints or tuple of ints of size 1 but got size 2"),
            ],
        };
        (Tensor, Tensor) Pairs1(Call c) => Functional.MaxPool1dWithIndices(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "stride"),
            Opt(c, 3, "padding"), Opt(c, 4, "dilation"), c.Bool(5, "ceil_mode", false));
        OpRow row2 = new("nn.functional.max_pool2d", c => c.Bool(6, "return_indices", false) ? Pairs2(c) : Functional.MaxPool2d(c.T(0),
            c.Shape(1, "kernel_size"), Opt(c, 2, "stride"), Opt(c, 3, "padding"), Opt(c, 4, "dilation"), c.Bool(5, "ceil_mode", false)))
        {
            Covers = ["MaxPool", "Gather", "GatherZeros"],
            Samples = () => [new([In.Distinct(2, 2, 5, 6), Tuple(3, 2), Tuple(2, 1), Tuple(1, 0)], With(("ceil_mode", true))),
                new([In.Distinct(2, 5, 5), 2L, 1L], With(("dilation", Tuple(2, 3)), ("return_indices", true)))],
            Errors =
            [
                (() => Functional.MaxPool2d(In.Real(6, 6), 2), Shapes, "non-empty 3D or 4D (batch mode) tensor expected for input"),
                (() => Functional.MaxPool2d(In.Real(2, 6, 6), 2, dilation: 0), Ranges,
                    "dilation should be greater than zero, but got dilationH: 0 dilationW: 0"),
                (() => Functional.MaxPool2d(In.Real(2, 6, 6), 3, 1, 2), Ranges,
                    "pad should be at most half of effective kernel size, but got pad=2, kernel_size=3 and dilation=1"),
                (() => Functional.MaxPool2d(In.Real(2, 2, 2), 3), Shapes,
                    "Given input size: (2x2x2). Calculated output size: (2x0x0). Output size is too small"),
                (() => Functional.MaxPool2d(In.Real(2, 6, 6), 2, [2, 2, 2]), Shapes,
                    "max_pool2d: stride must either be omitted, a single int, or a tuple of two ints"),
                (() => Functional.MaxPool2d(Tensor.Ones([1, 4, 4], DType.Bool), 2), typeof(DTypeException),
                    "\"max_pool2d\" not implemented for 'Bool'"),
            ],
        };
        (Tensor, Tensor) Pairs2(Call c) => Functional.MaxPool2dWithIndices(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "stride"),
            Opt(c, 3, "padding"), Opt(c, 4, "dilation"), c.Bool(5, "ceil_mode", false));
        OpRow row3 = new("nn.functional.max_pool3d", c => c.Bool(6, "return_indices", false) ? Pairs3(c) : Functional.MaxPool3d(c.T(0),
            c.Shape(1, "kernel_size"), Opt(c, 2, "stride"), Opt(c, 3, "padding"), Opt(c, 4, "dilation"), c.Bool(5, "ceil_mode", false)))
        {
            Covers = ["MaxPool", "Gather", "GatherZeros"],
            Samples = () => [new([In.Distinct(1, 2, 3, 4, 5), 2L, Tuple(1, 2, 2)]),
                new([In.Distinct(2, 3, 3, 3), 3L, 2L, 1L], With(("return_indices", true)))],
            Errors =
            [
                (() => Functional.MaxPool3d(In.Real(1, 0, 6, 6, 6), 2), Shapes, "Expected input's non-batch dimensions to have positive " +
                    "length, but input has a shape of [1, 0, 6, 6, 6] and non-batch dimension 0 has length zero!"),
            ],
        };
        (Tensor, Tensor) Pairs3(Call c) => Functional.MaxPool3dWithIndices(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "stride"),
            Opt(c, 3, "padding"), Opt(c, 4, "dilation"), c.Bool(5, "ceil_mode", false));
        return
        [
            row1, row2, row3,
            row1 with { Name = "nn.functional.max_pool1d_with_indices", Run = c => Pairs1(c), Errors = [] },
            row2 with { Name = "nn.functional.max_pool2d_with_indices", Run = c => Pairs2(c), Errors = [] },
            row3 with { Name = "nn.functional.max_pool3d_with_indices", Run = c => Pairs3(c), Errors = [] },
        ];
    }

    private static IEnumerable<OpRow> Norms() =>
    [
        new("nn.functional.lp_pool1d", c => Functional.LpPool1d(c.T(0), c.Double(1, "norm_type", 2), c.Shape(2, "kernel_size"),
            Opt(c, 3, "stride"), c.Bool(4, "ceil_mode", false)))
        {
            Samples = () => [new([In.Positive(2, 3, 7), 2.0, 2L]), new([In.Real(3, 7), 4.0, 3L, 2L])],
            Errors = [(() => Functional.LpPool1d(In.Real(2, 6), 0, 2), Ranges, "float division by zero")],
        },
        new("nn.functional.lp_pool2d", c => Functional.LpPool2d(c.T(0), c.Double(1, "norm_type", 2), c.Shape(2, "kernel_size"),
            Opt(c, 3, "stride"), c.Bool(4, "ceil_mode", false)))
        {
            Samples = () => [new([In.Positive(2, 2, 5, 4), 2.0, 2L]), new([In.Real(2, 5, 4), 4.0, 3L, 2L])],
        },
        new("nn.functional.lp_pool3d", c => Functional.LpPool3d(c.T(0), c.Double(1, "norm_type", 2), c.Shape(2, "kernel_size"),
            Opt(c, 3, "stride"), c.Bool(4, "ceil_mode", false)))
        {
            Samples = () => [new([In.Positive(1, 2, 3, 4, 3), 2.0, 2L]), new([In.Real(2, 3, 4, 3), 4.0, 3L, 2L])],
        },
    ];

    private static IEnumerable<OpRow> Adaptive()
    {
        OpRow mean1 = new("nn.functional.adaptive_avg_pool1d", c => Functional.AdaptiveAvgPool1d(c.T(0), Size(c)))
        {
            Covers = ["AvgPool", "AvgPoolSpread"],
            Samples = () => [new([In.Real(2, 3, 7), 3L]), new([In.Real(3, 5), 2L]),
                new([In.Real(0, 2, 5), 2L]), new([In.Real(2, 5), 0L])],
            Errors =
            [
                (() => Functional.AdaptiveAvgPool1d(In.Real(2, 6), -1), Ranges, "elements of output_size must be greater than or " +
                    "equal to 0"),
                (() => Functional.AdaptiveAvgPool1d(In.Real(2, 6), [2, 2]), Shapes,
                    "adaptive_avg_pool1d() argument 'output_size' should contain one int (got 2)"),
            ],
        };
        OpRow max1 = new("nn.functional.adaptive_max_pool1d", c => c.Bool(2, "return_indices", false)
            ? Functional.AdaptiveMaxPool1dWithIndices(c.T(0), Size(c)) : Functional.AdaptiveMaxPool1d(c.T(0), Size(c)))
        {
            Covers = ["MaxPool"],
            Samples = () => [new([In.Distinct(2, 3, 7), 3L]), new([In.Distinct(3, 5), 2L, true])],
        };
        OpRow mean2 = new("nn.functional.adaptive_avg_pool2d", c => Functional.AdaptiveAvgPool2d(c.T(0), Size(c)))
        {
            Covers = ["AvgPool", "AvgPoolSpread"],
            Samples = () => [new([In.Real(2, 2, 5, 7), Tuple(3, 4)]), new([In.Real(2, 4, 3), Tuple(null, 2)])],
            Errors =
            [
                (() => Functional.AdaptiveAvgPool2d(In.Real(6, 6), 2), Shapes, "adaptive_avg_pool2d(): Expected 3D or 4D tensor, but got " +
                    "[6, 6]"),
                (() => Functional.AdaptiveAvgPool2d(In.Real(1, 2, 0, 6), 2), Shapes, "adaptive_avg_pool2d(): Expected input to have " +
                    "non-zero size for non-batch dimensions, but input has sizes [1, 2, 0, 6] with dimension 2 being empty"),
                (() => Functional.AdaptiveAvgPool2d(Tensor.Ones([1, 4, 4], DType.Int64), 2), typeof(DTypeException),
                    "\"adaptive_avg_pool2d\" not implemented for 'Long'"),
            ],
        };
        OpRow max2 = new("nn.functional.adaptive_max_pool2d", c => c.Bool(2, "return_indices", false)
            ? Functional.AdaptiveMaxPool2dWithIndices(c.T(0), Size(c)) : Functional.AdaptiveMaxPool2d(c.T(0), Size(c)))
        {
            Covers = ["MaxPool"],
            Samples = () => [new([In.Distinct(2, 2, 5, 7), Tuple(3, 4)]), new([In.Distinct(2, 4, 3), Tuple(null, 2), true])],
            Errors =
            [
                (() => Functional.AdaptiveMaxPool2d(In.Real(2, 6, 6), -1), Ranges, "Trying to create tensor with negative dimension -1"),
                (() => Functional.AdaptiveMaxPool2d(In.Real(1, 0, 6, 6), 2), Shapes, "adaptive_max_pool2d(): Expected input to have " +
                    "non-zero size for non-batch dimensions, but input has sizes [1, 0, 6, 6] with dimension 1 being empty"),
            ],
        };
        OpRow mean3 = new("nn.functional.adaptive_avg_pool3d", c => Functional.AdaptiveAvgPool3d(c.T(0), Size(c)))
        {
            Covers = ["AvgPool", "AvgPoolSpread"],
            Samples = () => [new([In.Real(1, 2, 3, 5, 4), 2L]), new([In.Real(2, 4, 3, 3), Tuple(2, null, 1)])],
            Errors = [(() => Functional.AdaptiveAvgPool3d(In.Real(2, 6, 6, 6), [2, 2]), Shapes,
                "adaptive_avg_pool3d: output_size must be 3")],
        };
        OpRow max3 = new("nn.functional.adaptive_max_pool3d", c => c.Bool(2, "return_indices", false)
            ? Functional.AdaptiveMaxPool3dWithIndices(c.T(0), Size(c)) : Functional.AdaptiveMaxPool3d(c.T(0), Size(c)))
        {
            Covers = ["MaxPool"],
            Samples = () => [new([In.Distinct(1, 2, 3, 5, 4), 2L]), new([In.Distinct(2, 4, 3, 3), Tuple(2, null, 1), true])],
        };
        return
        [
            mean1, mean2, mean3, max1, max2, max3,
            max1 with { Name = "nn.functional.adaptive_max_pool1d_with_indices", Run = c => Functional.AdaptiveMaxPool1dWithIndices(c.T(0),
                Size(c)), Errors = [] },
            max2 with { Name = "nn.functional.adaptive_max_pool2d_with_indices", Run = c => Functional.AdaptiveMaxPool2dWithIndices(c.T(0),
                Size(c)), Errors = [] },
            max3 with { Name = "nn.functional.adaptive_max_pool3d_with_indices", Run = c => Functional.AdaptiveMaxPool3dWithIndices(c.T(0),
                Size(c)), Errors = [] },
        ];
    }

    private static IEnumerable<OpRow> Inverse() =>
    [
        new("nn.functional.max_unpool1d", c => Functional.MaxUnpool1d(c.T(0), c.T(1), c.Shape(2, "kernel_size"), Opt(c, 3, "stride"),
            Opt(c, 4, "padding"), Opt(c, 5, "output_size")))
        {
            Covers = ["Scatter"],
            Samples = () => [Pooled1(In.Distinct(2, 3, 6)), Pooled1(In.Distinct(2, 7), Tuple(7))],
        },
        new("nn.functional.max_unpool2d", c => Functional.MaxUnpool2d(c.T(0), c.T(1), c.Shape(2, "kernel_size"), Opt(c, 3, "stride"),
            Opt(c, 4, "padding"), Opt(c, 5, "output_size")))
        {
            Covers = ["Scatter"],
            Samples = () => [Pooled2(In.Distinct(1, 2, 4, 6)), Pooled2(In.Distinct(2, 5, 4), Tuple(5, 4))],
            Errors =
            [
                (() => Functional.MaxUnpool2d(In.Real(1, 2, 2), Tensor.From([0L, 1, 16, 3], [1, 2, 2]), 2), Ranges,
                    "Found an invalid max index: 16 (output volumes are of size 4x4"),
                (() => Functional.MaxUnpool2d(In.Real(1, 2, 2), Tensor.From([0L, 1, -1, 3], [1, 2, 2]), 2), Ranges,
                    "Found an invalid max index: -1 (output volumes are of size 4x4"),
                (() => Functional.MaxUnpool2d(In.Real(1, 2, 2), In.Index(4, 1, 2, 1), 2), Shapes, "Expected shape of indices to be same " +
                    "as that of the input tensor ([1, 2, 2]) but got indices tensor with shape: [1, 2, 1]"),
                (() => Functional.MaxUnpool2d(In.Real(1, 2, 2), In.Real(1, 2, 2), 2), typeof(DTypeException),
                    "elements in indices should be type int64"),
                (() => Functional.MaxUnpool2d(In.Real(1, 2, 2), In.Index(4, 1, 2, 2), 2, outputSize: [9, 9]), Shapes,
                    "invalid output_size \"[9, 9]\" (dim 0 must be between 2 and 6)"),
                (() => Functional.MaxUnpool2d(In.Real(1, 2, 2), In.Index(4, 1, 2, 2), 2, outputSize: [1, 5, 5]), Shapes,
                    "output_size should be a sequence containing 2 or 4 elements, but it has a length of '3'"),
            ],
        },
        new("nn.functional.max_unpool3d", c => Functional.MaxUnpool3d(c.T(0), c.T(1), c.Shape(2, "kernel_size"), Opt(c, 3, "stride"),
            Opt(c, 4, "padding"), Opt(c, 5, "output_size")))
        {
            Covers = ["Scatter"],
            Samples = () => [Pooled3(In.Distinct(1, 2, 2, 4, 2)), Pooled3(In.Distinct(2, 4, 2, 3), Tuple(4, 2, 3))],
        },
    ];

    private static IEnumerable<OpRow> Fractional()
    {
        OpRow row2 = new("nn.functional.fractional_max_pool2d", c => c.Bool(4, "return_indices", false)
            ? Functional.FractionalMaxPool2dWithIndices(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "output_size"), Ratio(c), Drawn(c))
            : Functional.FractionalMaxPool2d(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "output_size"), Ratio(c), Drawn(c)))
        {
            Covers = ["FractionalMaxPool"],
            Samples = () =>
            [
                new([In.Distinct(2, 2, 5, 6), 2L, Tuple(3, 4)], With(("_random_samples", Uniform(2, 2, 2)), ("return_indices", true))),
                new([In.Distinct(2, 6, 6), Tuple(2, 3), 3L], With(("_random_samples", Uniform(1, 2, 2)))),
            ],
            Errors =
            [
                (() => Functional.FractionalMaxPool2d(In.Real(2, 8, 9), 2), typeof(ArgumentException),
                    "fractional_max_pool2d requires specifying either an output_size or an output_ratio"),
                (() => Functional.FractionalMaxPool2d(In.Real(2, 8, 9), 2, 9), Shapes,
                    "fractional_max_pool2d(): pool height 2 too large relative to input height 8"),
                (() => Functional.FractionalMaxPool2d(In.Real(2, 8, 9), 2, 3, randomSamples: Uniform(1, 2, 3)), Shapes,
                    "Expect _random_samples.size(2) equals to 2; got 3."),
            ],
        };
        OpRow row3 = new("nn.functional.fractional_max_pool3d", c => c.Bool(4, "return_indices", false)
            ? Functional.FractionalMaxPool3dWithIndices(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "output_size"), Ratio(c), Drawn(c))
            : Functional.FractionalMaxPool3d(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "output_size"), Ratio(c), Drawn(c)))
        {
            Covers = ["FractionalMaxPool"],
            Samples = () =>
            [
                new([In.Distinct(1, 2, 4, 5, 4), 2L, 2L], With(("_random_samples", Uniform(1, 2, 3)), ("return_indices", true))),
            ],
        };
        return
        [
            row2, row3,
            row2 with { Name = "nn.functional.fractional_max_pool2d_with_indices", Errors = [] },
            row3 with { Name = "nn.functional.fractional_max_pool3d_with_indices" },
        ];
    }

    private static IEnumerable<OpRow> Patches() =>
    [
        new("nn.functional.unfold", c => Functional.Unfold(c.T(0), c.Shape(1, "kernel_size"), Opt(c, 2, "dilation"), Opt(c, 3, "padding"),
            Opt(c, 4, "stride")))
        {
            Covers = ["Im2Col", "Col2Im"],
            Samples = () => [new([In.Real(2, 3, 4, 5), Tuple(2, 3), 1L, Tuple(1, 0), Tuple(2, 1)]), new([In.Real(2, 5, 5), 2L, 2L]),
                new([In.Real(0, 2, 3, 3), 2L])],
            Errors =
            [
                (() => Functional.Unfold(In.Real(2, 3, 5, 6), 7), Shapes, "Given input with spatial size (5, 6), kernel_size=(7, 7), " +
                    "dilation=(1, 1), padding=(0, 0), calculated shape of the array of sliding blocks as (-1, 0), but its components " +
                        "must be at least one."),
                (() => Functional.Unfold(In.Real(2, 0, 5, 6), 2), Shapes, "Expected 3D or 4D (batch mode) tensor with possibly 0 batch " +
                    "size and other non-zero dimensions for input, but got: [2, 0, 5, 6]"),
                (() => Functional.Unfold(In.Real(3, 5, 6), 0), Ranges,
                    "kernel size should be greater than zero, but got kernel_height: 0 kernel_width: 0"),
                (() => Functional.Unfold(In.Real(3, 5, 6), [2, 2, 2]), Shapes, "It is expected kernel_size equals to 2, but got size 3"),
                (() => Functional.Unfold(In.Real(3, 5, 6), 2, padding: -1), Ranges,
                    "padding should be non-negative, but got pad_height: -1 pad_width: -1"),
                (() => Functional.Unfold(Tensor.Ones([1, 4, 4], DType.Int64), 2), typeof(DTypeException),
                    "\"im2col_out_cpu\" not implemented for 'Long'"),
            ],
        },
        new("nn.functional.fold", c => Functional.Fold(c.T(0), c.Shape(1, "output_size"), c.Shape(2, "kernel_size"), Opt(c, 3, "dilation"),
            Opt(c, 4, "padding"), Opt(c, 5, "stride")))
        {
            Covers = ["Im2Col", "Col2Im"],
            Samples = () => [new([In.Real(2, 12, 12), Tuple(4, 5), 2L]), new([In.Real(8, 9), 5L, 2L, 2L]),
                new([In.Real(1, 6, 9), Tuple(4, 5), Tuple(2, 3), 1L, Tuple(1, 0), Tuple(2, 1)])],
            Errors =
            [
                (() => Functional.Fold(In.Real(2, 12, 20), [5, 5], 2), Shapes, "Given output_size=(5, 5), kernel_size=(2, 2), " +
                    "dilation=(1, 1), padding=(0, 0), stride=(1, 1), expected size of input's dimension 2 to match the calculated number " +
                    "of sliding blocks 4 * 4 = 16, but got input.size(2)=20."),
                (() => Functional.Fold(In.Real(2, 13, 20), [5, 6], 2), Shapes, "Expected size of input's dimension 1 to be divisible by " +
                    "the product of kernel_size, but got input.size(1)=13 and kernel_size=(2, 2)."),
            ],
        },
    ];

    private static Shape? Opt(Call c, int position, string name) => c.OptLongs(position, name) is { } v ? (Shape)v : (Shape?)null;

    private static long? Divisor(Call c) => c.Has(6, "divisor_override") ? c.Long(6, "divisor_override") : null;

    private static AdaptiveSize Size(Call c) => c.Get(1, "output_size") switch
    {
        long v => v,
        System.Collections.IEnumerable list => list.Cast<object?>().Select(static v => (long?)v).ToArray(),
        var other => throw new ArgumentException($"Argument 'output_size' is {other ?? "missing"}."),
    };

    private static double[]? Ratio(Call c) => c.Get(3, "output_ratio") switch
    {
        null => null,
        double v => [v],
        System.Collections.IEnumerable list => [.. list.Cast<double>()],
        var other => throw new ArgumentException($"Argument 'output_ratio' is {other}."),
    };

    private static Tensor? Drawn(Call c) => c.OptT(5, "_random_samples");

    private static Tensor Uniform(params long[] shape) => In.Const(In.Between(0, 1, shape));

    private static Call Pooled1(Tensor x, object?[]? size = null) => Pooled(Functional.MaxPool1dWithIndices(x.Detach(), 2), size);

    private static Call Pooled2(Tensor x, object?[]? size = null) => Pooled(Functional.MaxPool2dWithIndices(x.Detach(), 2), size);

    private static Call Pooled3(Tensor x, object?[]? size = null) => Pooled(Functional.MaxPool3dWithIndices(x.Detach(), 2), size);

    private static Call Pooled((Tensor Output, Tensor Indices) y, object?[]? size) => new([y.Output.RequiresGrad_(), y.Indices, 2L],
        size is null ? null : With(("output_size", size)));

    private static object?[] Tuple(params long?[] values) => [.. values.Select(static v => (object?)v)];

    private static Dictionary<string, object?> With(params (string Name, object? Value)[] arguments) =>
        arguments.ToDictionary(static a => a.Name, static a => a.Value);
}
