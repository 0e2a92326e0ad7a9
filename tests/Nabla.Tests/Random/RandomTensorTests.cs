namespace Nabla.Tests;

/// <summary>The random functions of tensors against recorded streams of PyTorch 2.6.0, bit for bit, and their rules.</summary>
public sealed class RandomTensorTests
{
    private static readonly RandomRow[] Rows = RandomRow.Load("torch-x64.json.gz");

    public static TheoryData<string> Calls =>
    [
        "torch.rand", "empty.uniform_", "torch.randn", "torch.randn(generator)", "empty.normal_", "empty(40)[::2].normal_",
            "empty.exponential_", "empty.cauchy_",
        "empty.log_normal_", "empty.geometric_", "empty.bernoulli_", "empty(bool).bernoulli_", "torch.bernoulli", "empty.random_",
            "torch.randint", "torch.randperm",
        "torch.multinomial", "F.dropout", "F.dropout2d",
    ];

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_recorded_call_gives_its_values_through_tensors(string call)
    {
        RandomRow[] rows = [.. Rows.Where(r => r.Call == call && !(r.Args.TryGetProperty("dtype", out var d)
            && d.GetString() == "complex64"))];
        Assert.NotEmpty(rows);
        string[] wrong = [.. rows.Select(r => r.Difference(Values(Run(r)))).OfType<string>().Take(5)];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }

    private static Tensor Run(RandomRow row)
    {
        Generator g = new(row.Seed);
        DType dtype = Enum.GetValues<DType>().Single(d => d.Name() == row.DType);
        Tensor Empty() => Tensor.Empty([row.Int("size")], dtype);
        return row.Call switch
        {
            "torch.rand" => Tensor.Rand([row.Int("size")], dtype, generator: g),
            "empty.uniform_" => Empty().Uniform_(row.Double("from"), row.Double("to"), g),
            "torch.randn" or "torch.randn(generator)" => Tensor.Randn([row.Int("size")], dtype, generator: g),
            "empty.normal_" => Empty().Normal_(row.Double("mean"), row.Double("std"), g),
            "empty(40)[::2].normal_" => Tensor.Empty([40], dtype).Slice(0, step: 2).Normal_(generator: g),
            "empty.exponential_" => Empty().Exponential_(row.Double("lambd"), g),
            "empty.cauchy_" => Empty().Cauchy_(row.Double("median"), row.Double("sigma"), g),
            "empty.log_normal_" => Empty().LogNormal_(row.Double("mean"), row.Double("std"), g),
            "empty.geometric_" => Empty().Geometric_(row.Double("p"), g),
            "empty.bernoulli_" or "empty(bool).bernoulli_" => Empty().Bernoulli_(row.Double("p"), g),
            "torch.bernoulli" => Tensor.Bernoulli(Tensor.From(row.Doubles("p")).To(row.Args.GetProperty("p_dtype").GetString() == "float64"
                ? DType.Float64 : DType.Float32), g),
            "empty.random_" => Empty().Random_(g),
            "torch.randint" => Tensor.RandInt(row.Long("low"), row.Long("high"), row.Int("size"), dtype, g),
            "torch.randperm" => Tensor.RandPerm(row.Int("n"), dtype, g),
            "torch.multinomial" => Tensor.From(row.Doubles("probs")).To(DType.Float32).Multinomial(row.Int("num_samples"),
                row.Args.GetProperty("replacement").GetBoolean(), g),
            "F.dropout" => Functional.Dropout(Tensor.From(row.Doubles("input")).To(DType.Float32), row.Double("p"), generator: g),
            "F.dropout2d" => Functional.Dropout2d(Tensor.Ones(row.Ints("shape")), row.Double("p"), generator: g),
            _ => throw new InvalidDataException($"no such call: {row}"),
        };
    }

    private static Array Values(Tensor x) => x.DType switch
    {
        DType.Bool => x.ToArray<bool>(),
        DType.UInt8 => x.ToArray<byte>(),
        DType.Int8 => x.ToArray<sbyte>(),
        DType.Int16 => x.ToArray<short>(),
        DType.Int32 => x.ToArray<int>(),
        DType.Int64 => x.ToArray<long>(),
        DType.Float64 => x.ToArray<double>(),
        _ => x.ToArray<float>(),
    };

    [Fact]
    public void Gumbel_softmax_draws_what_PyTorch_draws()
    {
        Generator g = new(0);
        Tensor x = Tensor.Randn([2, 3], generator: g).RequiresGrad_();
        Tensor soft = Functional.GumbelSoftmax(x, 0.7, generator: g), hard = Functional.GumbelSoftmax(x, 1, true, 0, g);
        Tensor expected = [[9.7637e-01, 2.3059e-02, 5.7412e-04], [8.5089e-01, 3.5384e-02, 1.1372e-01]];
        Assert.True(soft.AllClose(expected, 1e-4, 1e-6), soft.ToString());
        Assert.True(hard.AllClose([[1.0, 1, 0], [0, 0, 1]]), hard.ToString());
        hard[0, 0].Backward();
        Assert.NotEqual(0, x.Grad![0, 0].Item());
    }

    [Fact]
    public void The_default_generator_starts_anew_at_a_seed()
    {
        Generator g = Tensor.ManualSeed(3);
        Assert.Same(Generator.Default, g);
        Assert.Equal(3UL, g.InitialSeed);
    }

    [Fact]
    public void Numbers_fill_a_transposed_tensor_in_the_order_of_its_memory()
    {
        Tensor plain = Tensor.Rand([3, 2], generator: new(1)), x = Tensor.Empty([3, 2]).Transpose(0, 1).Uniform_(generator: new(1));
        Assert.Equal(plain.Transpose(0, 1).ToArray<float>(), x.ToArray<float>());
        // Columns of a wider matrix: gaps are skipped.
        Tensor wide = Tensor.Zeros([4, 3]), part = wide.Transpose(0, 1).Slice(0, 0, 2).Uniform_(generator: new(1));
        Assert.Equal(Tensor.Rand([4, 2], generator: new(1)).Transpose(0, 1).ToArray<float>(), part.ToArray<float>());
        Assert.Equal(new float[4], wide.Select(1, 2).ToArray<float>());
    }

    [Fact]
    public void Drawing_over_a_value_stops_its_gradient()
    {
        Tensor x = Tensor.Ones([2, 3], requiresGrad: true), y = x.Clone();
        y.Normal_(generator: new(1));
        Assert.Equal("<NormalBackward0>", y.GradFn!.ToString());
        y.Sum().Backward();
        Assert.Equal(new float[6], x.Grad!.ToArray<float>());
        Assert.Throws<AutogradException>(() => x.Uniform_());
        Tensor b = Tensor.Bernoulli(x * 0.5, new(1));
        Assert.Equal("<BernoulliBackward0>", b.GradFn!.ToString());
        x.Grad = null;
        b.Sum().Backward();
        Assert.Equal(new float[6], x.Grad!.ToArray<float>());
    }

    [Fact]
    public void Dropout_scales_and_passes_gradients_where_it_keeps()
    {
        Tensor x = Tensor.Ones([100], requiresGrad: true), y = Functional.Dropout(x, 0.25, generator: new(1));
        Assert.Equal("<MulBackward0>", y.GradFn!.ToString());
        Assert.All(y.Detach().ToArray<float>(), v => Assert.True(v is 0 or 4f / 3));
        y.Sum().Backward();
        Assert.Equal(y.Detach().ToArray<float>(), x.Grad!.ToArray<float>());
        Assert.Same(x, Functional.Dropout(x, 0.5, training: false));
        Assert.Same(x, Functional.Dropout(x, 0));
        Assert.Equal(new float[100], Functional.Dropout(x, 1).Detach().ToArray<float>());
        Assert.Equal([2, 3], Functional.Dropout1d(Tensor.Ones([2, 3])).Shape);
        Assert.Equal([2, 3, 4, 4], Functional.Dropout3d(Tensor.Ones([2, 3, 4, 4])).Shape);
        Assert.Equal([2, 3], Functional.FeatureAlphaDropout(Tensor.Ones([2, 3]), training: true).Shape);
    }

    [Fact]
    public void Alpha_dropout_is_PyTorch_s()
    {
        Tensor y = Functional.AlphaDropout(Tensor.Ones([8]), 0.5, true, generator: new(5));
        Assert.All(y.ToArray<float>(), v => Assert.True(v is 1.6655988693237305f or -0.7791939377784729f));
    }

    [Fact]
    public void Bad_arguments_are_refused_in_PyTorch_s_words()
    {
        Tensor x = Tensor.Ones([3]);
        (Action Call, Type Type, string Message)[] all =
        [
            (() => x.Uniform_(2, 1), typeof(ArgumentOutOfRangeException),
                "uniform_ expects to return a [from, to) range, but found from=2 > to=1"),
            (() => x.Normal_(0, -1), typeof(ArgumentOutOfRangeException), "normal expects std >= 0.0, but found std -1"),
            (() => x.Bernoulli_(1.5), typeof(ArgumentOutOfRangeException), "bernoulli_ expects p to be in [0, 1], but got p=1.5"),
            (() => x.Exponential_(0), typeof(ArgumentOutOfRangeException), "exponential_ expects lambda > 0.0, but found lambda=0"),
            (() => x.Geometric_(0), typeof(ArgumentOutOfRangeException), "geometric_ expects p to be in (0, 1), but got p=0"),
            (() => x.Random_(5, 5), typeof(ArgumentOutOfRangeException),
                "random_ expects 'from' to be less than 'to', but got from=5 >= to=5"),
            (() => Functional.Dropout(x, 1.5), typeof(ArgumentOutOfRangeException),
                "dropout probability has to be between 0 and 1, but got 1.5"),
            (() => x.Multinomial(4), typeof(ArgumentOutOfRangeException),
                "cannot sample n_sample > prob_dist.size(-1) samples without replacement"),
            (() => x.Multinomial(0), typeof(ArgumentOutOfRangeException), "cannot sample n_sample <= 0 samples"),
            (() => Tensor.Ones([2, 3, 4]).Multinomial(2), typeof(ShapeException), "prob_dist must be 1 or 2 dim"),
            (() => Tensor.Zeros([3]).Multinomial(1), typeof(ArgumentException),
                "invalid multinomial distribution (sum of probabilities <= 0)"),
            (() => Tensor.Rand([3], DType.Int64), typeof(DTypeException), "\"check_uniform_bounds\" not implemented for 'Long'"),
            (() => Tensor.Randn([3], DType.Int64), typeof(DTypeException), "\"normal_kernel_cpu\" not implemented for 'Long'"),
            (() => Tensor.Normal(x, Tensor.Of([1.0, -1, 1])), typeof(ArgumentOutOfRangeException),
                "normal expects all elements of std >= 0.0"),
            (() => Tensor.RandPerm(-1), typeof(ArgumentOutOfRangeException), "Trying to create tensor with negative dimension -1"),
            (() => Tensor.RandInt(0, 300, [2], DType.UInt8), typeof(ArgumentOutOfRangeException),
                "to - 1 is out of bounds for unsigned char"),
        ];
        foreach ((Action call, Type type, string message) in all)
        {
            Exception e = Assert.ThrowsAny<Exception>(call);
            Assert.IsType(type, e);
            Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        }
        Assert.Equal(new float[] { 1, 1, 1 }, x.ToArray<float>());
    }
}
