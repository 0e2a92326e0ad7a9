using Nabla.Nn;

namespace Nabla.Tests.Nn;

/// <summary>What single cases of layers do not say: in-place forms, the adaptive softmax's other methods, drawn slopes,
/// transforms.</summary>
public sealed class LayerTests
{
    public static TheoryData<string> InPlace =>
    [
        "ReLU", "ReLU6", "RReLU", "Hardtanh", "Threshold", "LeakyReLU", "Hardsigmoid", "Hardswish", "SiLU", "Mish", "ELU", "CELU", "SELU",
        "Dropout", "Dropout1d", "AlphaDropout",
    ];

    private static Module<Tensor, Tensor> Make(string name, bool inPlace) => name switch
    {
        "ReLU" => new ReLU(inPlace),
        "ReLU6" => new ReLU6(inPlace),
        "RReLU" => new RReLU(inPlace: inPlace),
        "Hardtanh" => new Hardtanh(-0.5, 0.7, inPlace),
        "Threshold" => new Threshold(0.1, 3, inPlace),
        "LeakyReLU" => new LeakyReLU(0.2, inPlace),
        "Hardsigmoid" => new Hardsigmoid(inPlace),
        "Hardswish" => new Hardswish(inPlace),
        "SiLU" => new SiLU(inPlace),
        "Mish" => new Mish(inPlace),
        "ELU" => new ELU(0.5, inPlace),
        "CELU" => new CELU(0.5, inPlace),
        "SELU" => new SELU(inPlace),
        "Dropout" => new Dropout(0, inPlace),
        "Dropout1d" => new Dropout1d(0, inPlace),
        _ => new AlphaDropout(0, inPlace),
    };

    [Theory, MemberData(nameof(InPlace))]
    public void In_place_forms_write_into_the_input_and_differentiate_alike(string name)
    {
        Module<Tensor, Tensor> plain = Make(name, false), inPlace = Make(name, true);
        plain.Eval();
        inPlace.Eval();
        Tensor a = Registry.In.Real(2, 3), b = a.Detach().Clone().RequiresGrad_(), c = b * 1;
        Tensor y = plain.Call(a), z = inPlace.Call(c);
        Assert.Equal(y.ToArray<double>(), z.ToArray<double>());
        Assert.Equal(z.ToArray<double>(), c.ToArray<double>());
        y.Square().Sum().Backward();
        z.Square().Sum().Backward();
        ModuleGolden.Close(a.Grad!.ToArray<double>(), b.Grad!, 1e-14, name);
        if (name.EndsWith("ELU", StringComparison.Ordinal) || name == "Hardtanh") Assert.Throws<AutogradException>(() => inPlace.Call(b));
    }

    [Fact]
    public void Drawn_slopes_are_factors_of_the_gradient_too()
    {
        RReLU layer = new(0.1, 0.4), inPlace = new(0.1, 0.4, inPlace: true);
        Tensor x = Registry.In.Real(4, 5), y = layer.Call(x);
        y.Sum().Backward();
        double[] values = x.ToArray<double>(), results = y.ToArray<double>(), slopes = x.Grad!.ToArray<double>();
        for (int i = 0; i < values.Length; i++)
        {
            Assert.True(values[i] > 0 ? slopes[i] == 1 : slopes[i] is >= 0.1 and < 0.4);
            Assert.Equal(values[i] * slopes[i], results[i]);
        }
        Tensor c = x.Detach().Clone();
        Assert.Same(c, inPlace.Call(c));
    }

    [Fact]
    public void The_adaptive_softmax_is_a_distribution_over_all_classes()
    {
        AdaptiveLogSoftmaxWithLoss layer = new(6, 9, [2, 4, 7], divValue: 1.5, headBias: true, dtype: DType.Float64);
        Tensor x = Registry.In.Const(Registry.In.Real(12, 6)), target = Tensor.From([0L, 1, 2, 3, 4, 5, 6, 7, 8, 0, 8, 3]);
        Tensor logs = layer.LogProb(x);
        ModuleGolden.Close(Enumerable.Repeat(1.0, 12).ToArray(), logs.Exp().Sum(1), 1e-12, "sums");
        (Tensor output, Tensor loss) = layer.Call(x, target);
        ModuleGolden.Close(logs.Gather(1, target.Unsqueeze(1)).Squeeze(1).ToArray<double>(), output, 1e-12, "output");
        Assert.Equal(-output.Mean().Item(), loss.Item(), 12);
        Assert.Equal(logs.ArgMax(1).ToArray<long>(), layer.Predict(x).ToArray<long>());
        Assert.Equal(["head.weight", "head.bias", "tail.0.0.weight", "tail.0.1.weight", "tail.1.0.weight", "tail.1.1.weight",
            "tail.2.0.weight", "tail.2.1.weight"], layer.StateDict().Keys);
    }

    [Fact]
    public void A_window_over_channels_counts_each_channel_once()
    {
        Tensor x = Registry.In.Const(Registry.In.Real(1, 6, 1, 2)), y = new CrossMapLRN2d(5, 0.5, 0.75, 2).Call(x);
        Tensor expected = new LocalResponseNorm(5, 0.5, 0.75, 2).Call(x);
        ModuleGolden.Close(expected.ToArray<double>(), y, 1e-14, "result");
    }

    [Fact]
    public void A_transposed_convolution_gives_the_size_asked_for()
    {
        ConvTranspose2d up = new(2, 3, 3, stride: 2, padding: 1);
        Tensor x = Tensor.Ones(1, 2, 4, 4);
        Assert.Equal([1L, 3, 7, 7], up.Call(x).Shape.ToArray());
        Assert.Equal([1L, 3, 8, 7], up.Call(x, (Shape)(8, 7)).Shape.ToArray());
        Assert.Equal([1L, 3, 7, 7], up.Call(x).Shape.ToArray());
        Assert.Throws<ShapeException>(() => up.Call(x, (Shape)(9, 9)));
        Assert.Equal([1L, 3, 7, 7], up.Call(x).Shape.ToArray());
    }

    [Fact]
    public void A_distance_that_is_a_module_is_a_child()
    {
        TripletMarginWithDistanceLoss loss = new(new CosineSimilarity());
        Assert.Equal(["distance_function"], loss.NamedChildren().Select(static c => c.Name));
        Assert.Empty(new TripletMarginWithDistanceLoss(static (x, y) => (x - y).Abs().Sum(-1)).NamedChildren());
    }

    [Fact]
    public void Given_tables_are_used_and_frozen()
    {
        Tensor table = Tensor.From([1.0, 2, 3, 4], [2, 2]);
        Embedding embedding = Embedding.FromPretrained(table);
        Assert.False(embedding.Weight.RequiresGrad);
        Assert.True(embedding.Weight.IsParameter);
        Assert.Equal([3.0, 4], embedding.Call(Tensor.Of(1L)).ToArray<double>());
        EmbeddingBag bag = EmbeddingBag.FromPretrained(table, freeze: false, mode: "sum");
        Assert.True(bag.Weight.RequiresGrad);
        Assert.Equal([4.0, 6], bag.Call(Tensor.From([0L, 1], [1, 2])).ToArray<double>());
    }

    [Fact]
    public void Layers_are_vectorised_and_pushed_forward_like_their_functions()
    {
        Sequential net = [new Conv2d(1, 2, 3, padding: 1, paddingMode: "circular", dtype: DType.Float64), new GroupNorm(1, 2, dtype:
            DType.Float64), new GELU(), new AdaptiveAvgPool2d(2), new Flatten(), new Linear(8, 3, dtype: DType.Float64), new LogSoftmax(1)];
        Tensor x = Registry.In.Const(Registry.In.Real(3, 2, 1, 4, 4)), y = Func.Vmap(net.Call)(x);
        for (int i = 0; i < 3; i++) ModuleGolden.Close(net.Call(x.Select(0, i)).ToArray<double>(), y.Select(0, i), 1e-13, "vmap");
        Tensor one = x.Select(0, 0), t = Registry.In.Const(Registry.In.Real2(2, 1, 4, 4));
        double h = 1e-6;
        double[] expected = ((net.Call(one + t * h) - net.Call(one - t * h)) / (2 * h)).ToArray<double>();
        using DualLevel level = ForwardAD.EnterDualLevel();
        ModuleGolden.Close(expected, ForwardAD.UnpackDual(net.Call(ForwardAD.MakeDual(one, t))).Tangent!, 1e-7, "jvp");
    }
}
