namespace Nabla.Registry;

internal static class InterpolationRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("nn.functional.interpolate", c => Functional.Interpolate(c.T(0), Sizes(c), Factors(c), c.String(3, "mode", "nearest"),
            c.Has(4, "align_corners") ? c.Bool(4, "align_corners", false) : null,
            c.Has(5, "recompute_scale_factor") ? c.Bool(5, "recompute_scale_factor", false) : null, c.Bool(6, "antialias", false)))
        {
            Covers = ["Resample"],
            Samples = () =>
            [
                new([In.Real(1, 2, 3), 5L]), new([In.Real(2, 1, 5, 4), null, 0.6, "nearest-exact"]),
                new([In.Real(1, 2, 4), 7L, null, "linear"]), new([In.Real(1, 2, 4), 3L, null, "linear", true]),
                new([In.Real(1, 2, 3, 4), L(5, 2), null, "bilinear"]), new([In.Real(2, 1, 3, 4), null, 1.7, "bilinear", true]),
                new([In.Real(1, 1, 4, 3), L(3, 5), null, "bicubic"]), new([In.Real(1, 1, 4, 3), null, 0.7, "bicubic", false, true]),
                new([In.Real(1, 1, 5, 6), L(2, 3), null, "bilinear", false, null, true]),
                new([In.Real(1, 1, 5, 6), L(2, 9), null, "bicubic", false, null, true]),
                new([In.Real(1, 1, 2, 3, 2), L(3, 2, 4), null, "trilinear"]), new([In.Real(1, 2, 5, 4), L(2, 3), null, "area"]),
                new([In.Real(0, 2, 3), 4L]), new([In.Real(0, 2, 3, 3), 4L, null, "bilinear"]),
            ],
            Errors =
            [
                (() => Functional.Interpolate(In.Real(1, 1, 4)), typeof(ArgumentException),
                    "either size or scale_factor should be defined"),
                (() => Functional.Interpolate(In.Real(1, 1, 4), 2, [2.0]), typeof(ArgumentException),
                    "only one of size or scale_factor should be defined"),
                (() => Functional.Interpolate(In.Real(1, 1, 4), (2, 2)), typeof(ShapeException), "Input and output must have the same " +
                    "number of spatial dimensions, but got input with spatial dimensions of [4] and output size of [2, 2]."),
                (() => Functional.Interpolate(In.Real(1, 1, 4), 2, mode: "bilinear"), typeof(ShapeException),
                    "Got 3D input, but bilinear mode needs 4D input"),
                (() => Functional.Interpolate(In.Real(1, 1, 4), 2, alignCorners: true), typeof(ArgumentException),
                    "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"),
                (() => Functional.Interpolate(In.Real(1, 1, 4), 2, mode: "linear", antialias: true), typeof(ArgumentException),
                    "Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input"),
                (() => Functional.Interpolate(In.Real(1, 1, 4), 0), typeof(ShapeException),
                    "Input and output sizes should be greater than 0, but got input (W: 4) and output (W: 0)"),
                (() => Functional.Interpolate(In.Real(1, 4), 2), typeof(ShapeException),
                    "Input Error: Only 3D, 4D and 5D input Tensors supported (got 2D)"),
                (() => Functional.Interpolate(In.Real(1, 1, 4), 2, recomputeScaleFactor: true), typeof(ArgumentException),
                    "recompute_scale_factor is not meaningful with an explicit size."),
                (() => Functional.Interpolate(Tensor.Ones([1, 1, 4], DType.Int64), 2), typeof(DTypeException),
                    "\"compute_indices_weights_nearest\" not implemented for 'Long'"),
            ],
        },
        new("nn.functional.upsample", c => Functional.Upsample(c.T(0), Sizes(c), Factors(c), c.String(3, "mode", "nearest"),
            c.Has(4, "align_corners") ? c.Bool(4, "align_corners", false) : null))
            { Covers = ["Resample"], Samples = () => [new([In.Real(1, 2, 3), 5L]), new([In.Real(1, 2, 3, 2), null, 2.0, "bilinear"])] },
        new("nn.functional.upsample_nearest", c => Functional.UpsampleNearest(c.T(0), Sizes(c), Factors(c)))
            { Covers = ["Resample"], Samples = () => [new([In.Real(1, 2, 3), 5L]), new([In.Real(1, 2, 3, 2), null, 1.7])] },
        new("nn.functional.upsample_bilinear", c => Functional.UpsampleBilinear(c.T(0), Sizes(c), Factors(c)))
            { Covers = ["Resample"], Samples = () => [new([In.Real(1, 2, 3, 2), 5L]), new([In.Real(1, 2, 3, 2), null, 1.7])] },
        new("nn.functional.grid_sample", c => Functional.GridSample(c.T(0), c.T(1), c.String(2, "mode", "bilinear"),
            c.String(3, "padding_mode", "zeros"), c.Bool(4, "align_corners", false)))
        {
            Covers = ["GridSample", "GridSampler"],
            Samples = () =>
            [
                new([In.Real(1, 2, 3, 4), In.Between(-1.2, 1.2, 1, 2, 3, 2)]),
                new([In.Real(2, 1, 3, 4), In.Between(-1.4, 1.4, 2, 2, 2, 2), "bilinear", "border", true]),
                new([In.Real(1, 2, 3, 4), In.Between(-1.9, 1.9, 1, 2, 3, 2), "bilinear", "reflection"]),
                new([In.Real(1, 1, 4, 4), In.Between(-1.2, 1.2, 1, 2, 2, 2), "nearest", "zeros", true]),
                new([In.Real(1, 1, 3, 4), In.Between(-1.2, 1.2, 1, 2, 2, 2), "bicubic"]),
                new([In.Real(1, 1, 4, 4), In.Between(-1.7, 1.7, 1, 2, 2, 2), "bicubic", "reflection", true]),
                new([In.Real(1, 2, 2, 3, 2), In.Between(-1.2, 1.2, 1, 2, 1, 2, 3)]),
                new([In.Real(1, 1, 3, 2, 2), In.Between(-1.2, 1.2, 1, 1, 1, 3, 3), "nearest", "border"]),
                new([In.Real(0, 1, 3, 4), In.Real(0, 2, 3, 2)]), new([In.Real(1, 0, 3, 4), In.Unit(1, 2, 3, 2)]),
            ],
            Errors =
            [
                (() => Functional.GridSample(In.Real(1, 1, 4, 4), In.Real(1, 2, 2, 3)), typeof(ShapeException),
                    "grid_sampler(): expected grid to have size 2 in last dimension, but got grid with sizes [1, 2, 2, 3]"),
                (() => Functional.GridSample(In.Real(1, 1, 4, 4), In.Real(2, 2, 2, 2)), typeof(ShapeException),
                    "grid_sampler(): expected grid and input to have same batch size, but got input with sizes [1, 1, 4, 4] and grid " +
                    "with sizes [2, 2, 2, 2]"),
                (() => Functional.GridSample(In.Real(1, 1, 4, 4, 4), In.Real(1, 2, 2, 2, 3), "bicubic"), typeof(ShapeException),
                    "grid_sampler(): bicubic interpolation only supports 4D input"),
                (() => Functional.GridSample(In.Real(1, 1, 4, 4), In.Real(1, 2, 2, 2), "foo"), typeof(ArgumentException),
                    "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: 'foo'"),
                (() => Functional.GridSample(In.Real(1, 1, 4, 4), In.Real(1, 2, 2, 2).To(DType.Float32)), typeof(DTypeException),
                    "expected scalar type Double but found Float"),
                (() => Functional.GridSample(In.Real(1, 1, 0, 4), In.Real(1, 2, 2, 2)), typeof(ShapeException),
                    "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes [1, 1, 0, 4] with " +
                    "dimension 2 being empty"),
            ],
        },
        new("grid_sampler_2d", c => Functional.GridSampler2d(c.T(0), c.T(1), c.Int(2, "interpolation_mode"), c.Int(3, "padding_mode"),
            c.Bool(4, "align_corners", false)))
        {
            Covers = ["GridSample", "GridSampler"],
            Samples = () => [new([In.Real(1, 2, 3, 4), In.Between(-1.2, 1.2, 1, 2, 3, 2), 0L, 2L, true])],
            Errors = [(() => Functional.GridSampler2d(In.Real(1, 1, 4, 4), In.Real(1, 2, 2, 2), 3, 0, false),
                typeof(ArgumentOutOfRangeException), "interpolation_mode")],
        },
        new("nn.functional.affine_grid", c => Functional.AffineGrid(c.T(0), c.Shape(1, "size"), c.Bool(2, "align_corners", false)))
        {
            Samples = () => [new([In.Real(2, 2, 3), L(2, 1, 3, 2)]), new([In.Real(1, 3, 4), L(1, 1, 2, 3, 1), true])],
            Errors =
            [
                (() => Functional.AffineGrid(In.Real(1, 2, 2), [1, 1, 2, 2]), typeof(ShapeException),
                    "Expected a batch of 2D affine matrices of shape Nx2x3 for size (1, 1, 2, 2). Got torch.Size([1, 2, 2])."),
                (() => Functional.AffineGrid(In.Real(1, 2, 3), [1, 1, 0, 2]), typeof(ShapeException),
                    "Expected non-zero, positive output size. Got (1, 1, 0, 2)"),
            ],
        },
    ];

    private static Shape? Sizes(Call c) => c.Has(1, "size") ? c.Shape(1, "size") : (Shape?)null;

    private static double[]? Factors(Call c) => c.Get(2, "scale_factor") switch
    {
        null => null,
        long v => [v],
        double v => [v],
        System.Collections.IEnumerable list => [.. list.Cast<object>().Select(v =>
            Convert.ToDouble(v, System.Globalization.CultureInfo.InvariantCulture))],
        var other => throw new ArgumentException($"scale_factor is {other}."),
    };

    private static object?[] L(params long[] values) => [.. values];
}
