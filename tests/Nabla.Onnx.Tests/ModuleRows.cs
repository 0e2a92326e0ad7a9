namespace Nabla.Onnx.Tests;

/// <summary>One row per kind of module, or several: how it is made and what it gets.</summary>
internal static partial class ModuleRows
{
    internal static readonly Dictionary<string, Action> All = [];

    /// <summary>Containers, which are called by the modules that hold them.</summary>
    internal static readonly string[] NoForward = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "ParametrizationList"];

    static ModuleRows()
    {
        Activations();
        Layers();
        Images();
        Pooling();
        Sequences();
        Losses();
    }

    private static Tensor R(params long[] shape) => Tensor.Randn(Shape.Create(shape));

    private static Tensor Classes(long n, params long[] shape) => Tensor.RandInt(0, n, Shape.Create(shape));

    /// <summary>A module that is exported with the first input, and compared for all.</summary>
    private static void Row<TIn, TOut>(string name, Func<Module<TIn, TOut>> make, OnnxOptions? options, Func<TIn> example,
        params Func<TIn>[] others) => All.Add(name, () => Check.Equal(make(), options, example(), [.. others.Select(static f => f())]));

    /// <summary>A module from a tensor to a tensor, whose first dimension is the batch.</summary>
    private static void Row<TOut>(string name, Func<Module<Tensor, TOut>> make, params long[] shape) => Row(name, make, null,
        () => R([3, .. shape]), () => R([1, .. shape]), () => R([5, .. shape]));

    /// <summary>The same, where the last dimension's size may change, too.</summary>
    private static void Long<TOut>(string name, Func<Module<Tensor, TOut>> make, params long[] shape)
    {
        OnnxOptions options = new() { DynamicAxes = { ["input"] = ["batch", .. new string?[shape.Length - 1], "length"] } };
        Row(name, make, options, () => R([2, .. shape]), () => R([1, .. shape[..^1], shape[^1] + 4]),
            () => R([4, .. shape[..^1], shape[^1] + 7]));
    }

    /// <summary>A module that is refused for this reason.</summary>
    private static void Refused<TIn, TOut>(string name, Func<Module<TIn, TOut>> make, OnnxOptions? options, Func<TIn> example,
        string because) =>
        All.Add(name, () =>
        {
            Module<TIn, TOut> model = make();
            model.Eval();
            TIn input = example();
            NotSupportedException e = Assert.Throws<NotSupportedException>(() => OnnxExporter.ToBytes(model, input, options));
            Assert.StartsWith(model.GetType().Name, e.Message);
            Assert.Contains(because, e.Message);
        });

    private static OnnxOptions Fixed(int inputs = 1)
    {
        OnnxOptions options = new();
        if (inputs == 1) options.DynamicAxes["input"] = [];
        else for (int i = 0; i < inputs; i++) options.DynamicAxes[$"input_{i}"] = [];
        return options;
    }

    private static void Activations()
    {
        Row("CELU", static () => new CELU(1.5), 4);
        Row("ELU", static () => new ELU(0.7), 4);
        Row("GELU", static () => new GELU(), 4);
        Row("GELU tanh", static () => new GELU("tanh"), 4);
        Row("GLU", static () => new GLU(), 6);
        Row("Hardshrink", static () => new Hardshrink(), 4);
        Row("Hardsigmoid", static () => new Hardsigmoid(), 4);
        Row("Hardswish", static () => new Hardswish(), 4);
        Row("Hardtanh", static () => new Hardtanh(-0.5, 0.8), 4);
        Row("LeakyReLU", static () => new LeakyReLU(0.2), 4);
        Row("LogSigmoid", static () => new LogSigmoid(), 4);
        Row("LogSoftmax", static () => new LogSoftmax(1), 4);
        Row("Mish", static () => new Mish(), 4);
        Row("PReLU", static () => new PReLU(4), 4, 3);
        Row("PReLU one", static () => new PReLU(), 4, 3);
        Row("RReLU", static () => new RReLU(), 4);
        Row("ReLU", static () => new ReLU(), 4);
        Row("ReLU in place", static () => new ReLU(inPlace: true), 4);
        Row("ReLU6", static () => new ReLU6(), 4);
        Row("SELU", static () => new SELU(), 4);
        Row("SiLU", static () => new SiLU(), 4);
        Row("Sigmoid", static () => new Sigmoid(), 4);
        Row("Softmax", static () => new Softmax(-1), 4);
        Row("Softmax2d", static () => new Softmax2d(), 4, 2, 2);
        Row("Softmin", static () => new Softmin(1), 4);
        Row("Softplus", static () => new Softplus(2, 5), 4);
        Row("Softshrink", static () => new Softshrink(0.3), 4);
        Row("Softsign", static () => new Softsign(), 4);
        Row("Tanh", static () => new Tanh(), 4);
        Row("Tanhshrink", static () => new Tanhshrink(), 4);
        Row("Threshold", static () => new Threshold(0.1, 2), 4);
        Row("AlphaDropout", static () => new AlphaDropout(), 4);
        Row("Dropout", static () => new Dropout(), 4);
        Row("Dropout1d", static () => new Dropout1d(), 4, 3);
        Row("Dropout2d", static () => new Dropout2d(), 4, 3, 3);
        Row("Dropout3d", static () => new Dropout3d(), 4, 2, 2, 2);
        Row("FeatureAlphaDropout", static () => new FeatureAlphaDropout(), 4, 3);
    }

    private static void Layers()
    {
        Row("Identity", static () => new Identity(), 4);
        Row("Linear", static () => new Linear(4, 3), 4);
        Row("Linear without bias", static () => new Linear(4, 3, bias: false), 4);
        Row("Linear of a sequence", static () => new Linear(4, 3), new OnnxOptions { DynamicAxes = { ["input"] = ["batch", "sequence"] } },
            static () => R(2, 5, 4), static () => R(3, 1, 4));
        Row("LazyLinear", static () => Made(new LazyLinear(3), R(1, 4)), 4);
        Row("Bilinear", static () => new Bilinear(3, 4, 5), null, static () => (R(2, 3), R(2, 4)), static () => (R(5, 3), R(5, 4)));
        Row("Sequential", static () => new Sequential(new Linear(4, 8), new Tanh(), new Linear(8, 2)), 4);
        Row("AveragedModel", static () => new Nabla.Optim.AveragedModel<Tensor, Tensor>(new Linear(4, 3)), 4);
        Row("Flatten", static () => new Flatten(), 2, 3, 4);
        Long("Flatten of any length", static () => new Flatten(), 2, 3);
        Row("Unflatten", static () => new Unflatten(1, [2, 3]), 6);
        Row("Embedding", static () => new Embedding(10, 4), null, static () => Classes(10, 3, 2), static () => Classes(10, 1, 2));
        Row("Embedding with padding", static () => new Embedding(10, 4, paddingIdx: 1), null, static () => Classes(10, 3),
            static () => Classes(10, 7));
        Refused("Embedding with a limit", static () => new Embedding(10, 4, maxNorm: 1), null, static () => Classes(10, 3), "is read here");
        foreach (string mode in (string[])["sum", "mean", "max"])
            Row<(Tensor, Tensor?, Tensor?), Tensor>($"EmbeddingBag {mode}", () => new EmbeddingBag(10, 4, mode: mode), new() { Opset = 18 },
                static () => (Classes(10, 3, 2), null, null), static () => (Classes(10, 7, 2), null, null));
        Refused<(Tensor, Tensor?, Tensor?), Tensor>("EmbeddingBag with offsets", static () => new EmbeddingBag(10, 4), Fixed(2),
            static () => (Classes(10, 6), Tensor.Of([0, 4]), null), "is read here");
        Row("LayerNorm", static () => new LayerNorm([3, 4]), 3, 4);
        Row("LayerNorm without bias", static () => new LayerNorm(4, bias: false), 3, 4);
        Row("LayerNorm plain", static () => new LayerNorm(4, elementwiseAffine: false), 3, 4);
        Row("RMSNorm", static () => new RMSNorm(4), 3, 4);
        Long("GroupNorm", static () => new GroupNorm(2, 4), 4, 5);
        Row("GroupNorm plain", static () => new GroupNorm(2, 4, affine: false), 4, 3, 3);
        Row("BatchNorm1d", static () => Trained(new BatchNorm1d(4), 4), 4);
        Row("BatchNorm1d of signals", static () => Trained(new BatchNorm1d(4), 4, 5), 4, 5);
        Row("BatchNorm1d without statistics", static () => new BatchNorm1d(4, trackRunningStats: false), null, static () => R(3, 4, 2),
            static () => R(5, 4, 2));
        Row("BatchNorm2d", static () => Trained(new BatchNorm2d(3), 3, 2, 2), 3, 2, 2);
        Row("BatchNorm3d", static () => Trained(new BatchNorm3d(2, affine: false), 2, 2, 2, 2), 2, 2, 2, 2);
        Row("SyncBatchNorm", static () => Trained(new SyncBatchNorm(3), 3, 2, 2), 3, 2, 2);
        Row("LazyBatchNorm1d", static () => Trained(new LazyBatchNorm1d(), 3), 3);
        Row("LazyBatchNorm2d", static () => Trained(new LazyBatchNorm2d(), 3, 2, 2), 3, 2, 2);
        Row("LazyBatchNorm3d", static () => Trained(new LazyBatchNorm3d(), 3, 2, 2, 2), 3, 2, 2, 2);
        Long("InstanceNorm1d", static () => new InstanceNorm1d(3), 3, 5);
        Row("InstanceNorm1d with statistics", static () => Trained(new InstanceNorm1d(3, affine: true, trackRunningStats: true), 3, 5),
            3, 5);
        Long("InstanceNorm2d", static () => new InstanceNorm2d(3, affine: true), 3, 4, 5);
        Row("InstanceNorm3d", static () => new InstanceNorm3d(2, affine: true), 2, 2, 3, 2);
        Row("LazyInstanceNorm1d", static () => Made(new LazyInstanceNorm1d(), R(2, 3, 5)), 3, 5);
        Row("LazyInstanceNorm2d", static () => Made(new LazyInstanceNorm2d(), R(2, 3, 5, 2)), 3, 5, 2);
        Row("LazyInstanceNorm3d", static () => Made(new LazyInstanceNorm3d(), R(2, 3, 5, 2, 2)), 3, 5, 2, 2);
        Row("LocalResponseNorm", static () => new LocalResponseNorm(3), 5, 4, 4);
        Row("CrossMapLRN2d", static () => new CrossMapLRN2d(3), 5, 4, 4);
        Row("PairwiseDistance", static () => new PairwiseDistance(), null, static () => (R(3, 4), R(3, 4)),
            static () => (R(5, 4), R(5, 4)));
        Row("CosineSimilarity", static () => new CosineSimilarity(), null, static () => (R(3, 4), R(3, 4)),
            static () => (R(5, 4), R(5, 4)));
        Refused("AdaptiveLogSoftmaxWithLoss", static () => new AdaptiveLogSoftmaxWithLoss(4, 10, [3, 6]), Fixed(2),
            static () => (R(4, 4), Tensor.Of([0, 4, 8, 2])), "data-dependent");
    }

    private static Module<Tensor, Tensor> Made(Module<Tensor, Tensor> lazy, Tensor x)
    {
        using (Autograd.NoGrad()) lazy.Call(x);
        return lazy;
    }

    /// <summary>A layer whose statistics are not those it begins with.</summary>
    private static Module<Tensor, Tensor> Trained(Module<Tensor, Tensor> layer, params long[] shape)
    {
        using (Autograd.NoGrad()) for (int i = 0; i < 2; i++) layer.Call(R([6, .. shape]) * 2 + 1);
        return layer;
    }
}
