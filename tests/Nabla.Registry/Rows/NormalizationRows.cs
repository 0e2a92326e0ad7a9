namespace Nabla.Registry;

internal static class NormalizationRows
{
    private static readonly (string, string)[] Running =
        [("vmap", "running statistics from outside cannot take batched values"), ("threads", "tried through vmap"),
            ("strides", "statistics whose elements share memory cannot be written to")];

    private static readonly (string, string)[] Statistics =
        [("grad", "the mean and the inverse deviation have no gradient, as in PyTorch; the rows without them cover the derivatives")];

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("nn.functional.batch_norm", Batch)
        {
            Covers = ["Normalize", "NormalizeBackward"],
            Samples = () =>
            [
                new([In.Real(4, 3), null, null, In.Real2(3), In.Unit(3)], With("training", true)),
                new([In.Real(2, 3, 4), null, null, In.Real2(3), In.Unit(3)], With("training", true)),
                new([In.Real(2, 3, 2, 2), null, null, null, In.Unit(3)], With("training", true, "eps", 0.3)),
                new([In.Real(2, 3, 2), null, null], With("training", true)),
                new([In.Real(2, 3, 2), In.Const(In.Real2(3)), In.Const(In.Positive(3)), In.Real2(3), In.Unit(3)]),
                new([In.Real(2, 3), In.Const(In.Real2(3)), In.Const(In.Positive(3)), In.Real2(3)]),
                new([In.Real(2, 3), In.Const(In.Real2(3)), In.Const(In.Positive(3))]),
                new([In.Real(0, 3, 2), null, null, In.Real2(3), In.Unit(3)], With("training", true)),
                new([In.Real(0, 3), In.Const(In.Real2(3)), In.Const(In.Positive(3)), In.Real2(3), In.Unit(3)]),
            ],
            Errors =
            [
                (() => Functional.BatchNorm(In.Real(1, 3), null, null, training: true), typeof(ShapeException),
                    "Expected more than 1 value per channel when training, got input size torch.Size([1, 3])"),
                (() => Functional.BatchNorm(In.Real(2, 3), null, null), typeof(InvalidOperationException),
                    "running_mean must be defined in evaluation mode"),
                (() => Functional.BatchNorm(In.Real(2, 3), In.Const(In.Real(4)), In.Const(In.Real(4))), typeof(ShapeException),
                    "running_mean should contain 3 elements not 4"),
                (() => Functional.BatchNorm(In.Real(2, 3), null, null, In.Real(4), training: true), typeof(ShapeException),
                    "weight should contain 3 elements not 4"),
                (() => Functional.BatchNorm(In.Real(2, 3), null, null, In.Real(3).To(DType.Float32), training: true),
                    typeof(DTypeException),
                    "mixed dtype (CPU): all inputs must share same datatype"),
                (() => Functional.BatchNorm(Tensor.Ones([2, 3], DType.Int64), null, null, training: true), typeof(DTypeException),
                    "\"batch_norm\" not implemented for 'Long'"),
            ],
        },
        new("nn.functional.batch_norm", Batch)
        {
            Variant = "with running statistics",
            Except = Running,
            Samples = () => [new([In.Real(2, 3, 4), In.Const(In.Real(3)), In.Const(In.Positive(3)), In.Real2(3), In.Unit(3)],
                With("training", true, "momentum", 0.3))],
        },
        new("native_batch_norm", c => Functional.NativeBatchNorm(c.T(0), c.OptT(1, "weight"), c.OptT(2, "bias"),
            c.OptT(3, "running_mean"), c.OptT(4, "running_var"), c.Bool(5, "training", false), c.Double(6, "momentum", 0.1),
            c.Double(7, "eps", 1e-5)))
        {
            Except = Statistics,
            Samples = () =>
            [
                new([In.Real(2, 3, 2), In.Real2(3), In.Unit(3), null, null, true, 0.1, 1e-5]),
                new([In.Real(2, 3), In.Real2(3), null, In.Const(In.Real(3)), In.Const(In.Positive(3)), false, 0.1, 1e-5]),
            ],
        },
        new("nn.functional.layer_norm", c => Functional.LayerNorm(c.T(0), c.Shape(1, "normalized_shape"), c.OptT(2, "weight"),
            c.OptT(3, "bias"), c.Double(4, "eps", 1e-5)))
        {
            Covers = ["Normalize", "NormalizeBackward"],
            Samples = () =>
            [
                new([In.Real(2, 3, 4), Size(4), In.Real2(4), In.Unit(4)]), new([In.Real(2, 3, 4), Size(3, 4), In.Real2(3, 4), null]),
                new([In.Real(3, 2), Size(2), null, In.Unit(2)], With("eps", 0.2)), new([In.Real(3), Size(3)]),
                new([In.Real(0, 3), Size(3), In.Real2(3), In.Unit(3)]), new([In.Real(2, 0), Size(0), In.Real2(0), null]),
            ],
            Errors =
            [
                (() => Functional.LayerNorm(In.Real(2, 4), [3]), typeof(ShapeException),
                    "Given normalized_shape=[3], expected input with shape [*, 3], but got input of size[2, 4]"),
                (() => Functional.LayerNorm(In.Real(2, 4), []), typeof(ShapeException), "Expected normalized_shape to be at least " +
                    "1-dimensional, i.e., containing at least one element, but got normalized_shape = []"),
                (() => Functional.LayerNorm(In.Real(2, 4), [4], In.Real(3)), typeof(ShapeException),
                    "Expected weight to be of same shape as normalized_shape, but got weight of shape [3] and normalized_shape = [4]"),
            ],
        },
        new("native_layer_norm", c => Functional.NativeLayerNorm(c.T(0), c.Shape(1, "normalized_shape"), c.OptT(2, "weight"),
            c.OptT(3, "bias"), c.Double(4, "eps", 1e-5)))
        {
            Except = Statistics,
            Samples = () => [new([In.Real(2, 3, 4), Size(3, 4), In.Real2(3, 4), In.Unit(3, 4), 1e-5])],
        },
        new("nn.functional.group_norm", c => Functional.GroupNorm(c.T(0), c.Long(1, "num_groups"), c.OptT(2, "weight"),
            c.OptT(3, "bias"), c.Double(4, "eps", 1e-5)))
        {
            Covers = ["Normalize", "NormalizeBackward"],
            Samples = () =>
            [
                new([In.Real(2, 4, 3), 2L, In.Real2(4), In.Unit(4)]), new([In.Real(3, 4), 2L, In.Real2(4), null]),
                new([In.Real(1, 6, 2, 2), 3L, null, In.Unit(6)]), new([In.Real(2, 3, 2), 1L]),
                new([In.Real(0, 4, 2), 2L, In.Real2(4), In.Unit(4)]), new([In.Real(2, 4, 0), 2L, In.Real2(4), null]),
            ],
            Errors =
            [
                (() => Functional.GroupNorm(In.Real(2, 3, 4), 2), typeof(ShapeException), "Expected number of channels in input to be " +
                    "divisible by num_groups, but got input of shape [2, 3, 4] and num_groups=2"),
                (() => Functional.GroupNorm(In.Real(3), 3), typeof(ShapeException),
                    "Expected at least 2 dimensions for input tensor but received 1"),
                (() => Functional.GroupNorm(In.Real(2, 4), -1), typeof(ArgumentOutOfRangeException),
                    "Expected num groups to be greater than 0, got -1"),
                (() => Functional.GroupNorm(In.Real(1, 4), 4), typeof(ShapeException),
                    "Expected more than 1 value per channel when training, got input size [1, 4]"),
            ],
        },
        new("nn.functional.instance_norm", Instance)
        {
            Samples = () =>
            [
                new([In.Real(2, 3, 4), null, null, In.Real2(3), In.Unit(3)]), new([In.Real(2, 3, 2, 2)]),
                new([In.Real(2, 3, 4), In.Const(In.Real2(3)), In.Const(In.Positive(3)), In.Real2(3), In.Unit(3), false]),
                new([In.Real(0, 3, 4)]),
            ],
            Errors =
            [
                (() => Functional.InstanceNorm(In.Real(2, 3, 1)), typeof(ShapeException),
                    "Expected more than 1 spatial element when training, got input size torch.Size([2, 3, 1])"),
                (() => Functional.InstanceNorm(In.Real(2, 3, 4), useInputStats: false), typeof(InvalidOperationException),
                    "Expected running_mean and running_var to be defined when use_input_stats is false"),
            ],
        },
        new("nn.functional.instance_norm", Instance)
        {
            Variant = "with running statistics",
            Except = Running,
            Samples = () => [new([In.Real(2, 3, 4), In.Const(In.Real(3)), In.Const(In.Positive(3)), In.Real2(3), In.Unit(3)])],
        },
        new("nn.functional.rms_norm", c => Functional.RmsNorm(c.T(0), c.Shape(1, "normalized_shape"), c.OptT(2, "weight"),
            c.OptNumber(3, "eps")?.ToDouble()))
        {
            Samples = () =>
            [
                new([In.Real(2, 3, 4), Size(4), In.Real2(4)]), new([In.Real(2, 3), Size(2, 3)]),
                new([In.Real(2, 3), Size(3), In.Real2(3), 0.3]), new([In.Real(0, 3), Size(3)]),
            ],
            Errors = [(() => Functional.RmsNorm(In.Real(2, 3), [4]), typeof(ShapeException),
                "Given normalized_shape=[4], expected input with shape [*, 4], but got input of size[2, 3]")],
        },
        new("nn.functional.local_response_norm", c => Functional.LocalResponseNorm(c.T(0), c.Long(1, "size"), c.Double(2, "alpha", 1e-4),
            c.Double(3, "beta", 0.75), c.Double(4, "k", 1)))
        {
            Samples = () =>
            [
                new([In.Real(2, 4, 3), 3L, 0.5]), new([In.Real(1, 3, 2, 2), 2L, 0.3, 0.5, 2.0]), new([In.Real(2, 3, 1), 9L, 0.2]),
                new([In.Real(0, 3, 4), 2L]),
            ],
            Errors =
            [
                (() => Functional.LocalResponseNorm(In.Real(2, 3), 2), typeof(ShapeException), "Expected 3D or higher dimensionality"),
                (() => Functional.LocalResponseNorm(In.Real(2, 3, 4), 0), typeof(ArgumentOutOfRangeException),
                    "kernel size should be greater than zero"),
            ],
        },
        new("nn.functional.normalize", c => Functional.Normalize(c.T(0), c.Double(1, "p", 2),
            c.Has(2, "dim") ? c.Dims(2, "dim") : (Dims?)null,
            c.Double(3, "eps", 1e-12)))
        {
            Samples = () => [new([In.Real(2, 3)]), new([In.NonZero(2, 3), 1.5, -1L]), new([In.Real(2, 3, 2), 2.0, 0L]),
                new([In.Real(0, 3)])],
            Errors = [(() => Functional.Normalize(Tensor.Ones([2, 3], DType.Int64)), typeof(DTypeException),
                "linalg.vector_norm: Expected a floating point or complex tensor as input. Got Long")],
        },
        new("nn.functional.cosine_similarity", c => Functional.CosineSimilarity(c.T(0), c.T(1), c.Int(2, "dim", 1),
            c.Double(3, "eps", 1e-8)))
        {
            Samples = () =>
            [
                new([In.Real(2, 3), In.Real2(2, 3)]), new([In.Real(2, 3), In.Real2(3), -1L]), new([In.Real(3), In.Real2(3), 0L]),
                new([In.Real(2, 1, 3), In.Real2(4, 1), 1L]), new([In.Real(0, 3), In.Real2(0, 3)]),
            ],
            Errors =
            [
                (() => Functional.CosineSimilarity(Tensor.Ones([2], DType.Int64), Tensor.Ones([2], DType.Int64), 0), typeof(DTypeException),
                    "expected common dtype to be floating point, yet common dtype is Long"),
            ],
        },
    ];

    private static object Batch(Call c) => Functional.BatchNorm(c.T(0), c.OptT(1, "running_mean"), c.OptT(2, "running_var"),
        c.OptT(3, "weight"), c.OptT(4, "bias"), c.Bool(5, "training", false), c.Double(6, "momentum", 0.1), c.Double(7, "eps", 1e-5));

    private static object Instance(Call c) => Functional.InstanceNorm(c.T(0), c.OptT(1, "running_mean"), c.OptT(2, "running_var"),
        c.OptT(3, "weight"), c.OptT(4, "bias"), c.Bool(5, "use_input_stats", true), c.Double(6, "momentum", 0.1), c.Double(7, "eps", 1e-5));

    private static object?[] Size(params long[] sizes) => [.. sizes];

    private static Dictionary<string, object?> With(params object?[] pairs)
    {
        Dictionary<string, object?> kwargs = [];
        for (int i = 0; i < pairs.Length; i += 2) kwargs[(string)pairs[i]!] = pairs[i + 1];
        return kwargs;
    }
}
