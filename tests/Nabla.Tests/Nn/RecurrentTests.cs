using System.Text.Json;
using Nabla.Amp;
using Nabla.Nn;
using Nabla.Tests.Data;

namespace Nabla.Tests.Nn;

/// <summary>Recurrent layers, attention and transformers beside what the recorded cases of modules try.</summary>
[Collection("Global")]
public sealed class RecurrentTests
{
    private static readonly Dictionary<string, Func<Module>> Modules = new()
    {
        ["rnn"] = static () => new RNN(3, 4, 2, nonlinearity: "relu"),
        ["lstm"] = static () => new LSTM(3, 5, 2, bidirectional: true, projSize: 2, dropout: 0.5),
        ["gru"] = static () => new GRU(3, 4, bias: false, batchFirst: true),
        ["rnn_cell"] = static () => new RNNCell(3, 4, nonlinearity: "relu"),
        ["lstm_cell"] = static () => new LSTMCell(3, 4, bias: false),
        ["gru_cell"] = static () => new GRUCell(3, 4),
        ["attention"] = static () => new MultiheadAttention(4, 2, addBiasKv: true),
        ["attention_sizes"] = static () => new MultiheadAttention(4, 2, bias: false, kdim: 3, vdim: 5),
        ["encoder_layer"] = static () => new TransformerEncoderLayer(4, 2, 6, activation: new PReLU()),
        ["decoder_layer"] = static () => new TransformerDecoderLayer(4, 2, 6, bias: false),
        ["transformer"] = static () => new Transformer(4, 2, 1, 1, 6),
    };

    public static TheoryData<string> Names => [.. Modules.Keys];

    /// <summary>The same names, values to the last bit, listing, and state of the generator.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void ModulesBeginAsPyTorchs(string name)
    {
        JsonElement golden = RecurrentGolden.Section("modules").GetProperty(name);
        Tensor.ManualSeed(3);
        Module module = Modules[name]();
        Assert.Equal(golden.GetProperty("text").GetString(), module.ToString());
        OrderedDictionary<string, Tensor> state = module.StateDict();
        Assert.Equal(golden.GetProperty("state").EnumerateObject().Select(static p => p.Name), state.Keys);
        foreach (JsonProperty p in golden.GetProperty("state").EnumerateObject())
        {
            Assert.Equal(RecurrentGolden.Longs(p.Value.GetProperty("shape")), state[p.Name].Shape.ToArray());
            Assert.Equal(RecurrentGolden.Doubles(p.Value.GetProperty("values")), RecurrentGolden.Values(state[p.Name]));
        }
        Assert.Equal(golden.GetProperty("next").GetDouble(), Tensor.Rand([1]).Item());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void PackedSequencesOfAnyOrderAgreeWithPyTorch(int index)
    {
        JsonElement golden = RecurrentGolden.Section("packed")[index];
        Tensor Of(string name, params long[] shape) =>
            Tensor.From(RecurrentGolden.Doubles(golden.GetProperty(name)), shape).RequiresGrad_();
        (Tensor x, Tensor h, Tensor c) = (Of("x", 5, 3, 3), Of("h", 4, 3, 4), Of("c", 4, 3, 4));
        PackedSequence packed = Utils.PackPaddedSequence(x, RecurrentGolden.Longs(golden.GetProperty("lengths")), enforceSorted: false);
        foreach ((string name, Tensor t) in new[] { ("data", packed.Data), ("batch_sizes", packed.BatchSizes),
            ("sorted", packed.SortedIndices!), ("unsorted", packed.UnsortedIndices!) })
            RecurrentGolden.Near(golden.GetProperty(name), t, name);

        Module layer;
        PackedSequence y;
        Tensor[] states;
        string kind = golden.GetProperty("kind").GetString()!;
        if (kind == "LSTM")
        {
            LSTM lstm = new(3, 4, 2, bidirectional: true);
            Load(layer = lstm);
            (y, (Tensor endH, Tensor endC)) = lstm.Call(packed, (h, c));
            states = [endH, endC];
        }
        else if (kind == "GRU")
        {
            GRU gru = new(3, 4, 2, bidirectional: true);
            Load(layer = gru);
            (y, Tensor end) = gru.Call(packed, h);
            states = [end];
        }
        else
        {
            RNN rnn = new(3, 4, 2, bidirectional: true);
            Load(layer = rnn);
            (y, Tensor end) = rnn.Call(packed, h);
            states = [end];
        }
        (Tensor padded, Tensor back) = Utils.PadPackedSequence(y, paddingValue: -1);
        RecurrentGolden.Near(golden.GetProperty("padded"), padded, "padded");
        Assert.Equal(RecurrentGolden.Longs(golden.GetProperty("back")), back.ToArray<long>());
        for (int i = 0; i < states.Length; i++) RecurrentGolden.Near(golden.GetProperty("states")[i], states[i], $"state {i}");

        Tensor factors = Tensor.Arange(y.Data.NumElements).To(DType.Float64).Cos().Reshape(y.Data.Shape);
        Tensor loss = (y.Data * factors).Sum();
        foreach (Tensor s in states) loss = loss + s.Square().Sum();
        Tensor[] inputs = [x, h, .. kind == "LSTM" ? (Tensor[])[c] : [], .. layer.Parameters()];
        Tensor?[] grads = Autograd.Grad([loss], inputs);
        for (int i = 0; i < inputs.Length; i++) RecurrentGolden.Near(golden.GetProperty("grads")[i], grads[i]!, $"gradient {i}");

        void Load(Module module)
        {
            module.Double();
            module.LoadStateDict(golden.GetProperty("state").EnumerateObject().ToDictionary(static p => p.Name,
                p => Tensor.From(RecurrentGolden.Doubles(p.Value), module.GetParameter(p.Name).Shape)));
        }
    }

    /// <summary>Dropout draws in PyTorch's places and order.</summary>
    /// <summary>PyTorch drops between layers in the order of time, also where batches come first.</summary>
    [Theory]
    [InlineData("lstm", 0.143938, -0.252137, -0.027787, 0.03367, -2.8845205)]
    [InlineData("gru", -0.40625, -0.53918, 0.396547, -0.463208, -11.2321558)]
    [InlineData("rnn", -0.132314, 0.91364, 0.718643, 0.532665, 29.6488419)]
    public void DropsInPyTorchsOrderWhereBatchesComeFirst(string kind, params double[] expected)
    {
        using OwnDefault random = new(0);
        Tensor x = Tensor.Arange(60.0).Reshape([4, 5, 3]) / 10;
        Tensor y = kind switch
        {
            "lstm" => new LSTM(3, 4, 2, batchFirst: true, dropout: 0.5).Call(x).Output,
            "gru" => new GRU(3, 4, 2, batchFirst: true, dropout: 0.5).Call(x).Output,
            _ => new RNN(3, 4, 2, batchFirst: true, dropout: 0.5).Call(x).Output,
        };
        double[] values = [.. y[^1, ^1].ToArray<float>().Select(static v => (double)v), y.Sum().Item()];
        foreach ((double value, double wanted) in values.Zip(expected)) Assert.Equal(wanted, value, 1e-5);
    }

    [Fact]
    public void DropoutAgreesWithPyTorch()
    {
        JsonElement golden = RecurrentGolden.Section("dropout");
        Tensor.ManualSeed(5);
        LSTM lstm = new(3, 4, 3, dropout: 0.5);
        Check("lstm", [4, 2, 3], x => lstm.Call(x).Output);
        Tensor.ManualSeed(5);
        TransformerEncoderLayer layer = new(4, 2, 6, dropout: 0.3);
        Check("encoder_layer", [3, 2, 4], x => layer.Call(x));

        void Check(string name, Shape shape, Func<Tensor, Tensor> call)
        {
            Tensor x = Tensor.Randn(shape);
            Assert.Equal(RecurrentGolden.Doubles(golden.GetProperty(name).GetProperty("x")), RecurrentGolden.Values(x));
            RecurrentGolden.Near(golden.GetProperty(name).GetProperty("y"), call(x), name, 2e-6);
            Assert.Equal(golden.GetProperty(name).GetProperty("next").GetDouble(), Tensor.Rand([1]).Item());
        }
    }

    /// <summary>A layer is its cell in a loop: values and second derivatives.</summary>
    [Fact]
    public void LayersAreTheirCellsInALoop()
    {
        LSTM lstm = new(3, 4, dtype: DType.Float64);
        GRU gru = new(3, 4, dtype: DType.Float64);
        Tensor x = Tensor.Randn([5, 2, 3], DType.Float64, requiresGrad: true);
        Tensor h = Tensor.Zeros([2, 4], DType.Float64), c = h, g = h;
        Tensor[] w = [.. lstm.Parameters()], v = [.. gru.Parameters()];
        foreach (Tensor step in x.Unbind())
        {
            (h, c) = Functional.LstmCell(step, (h, c), w[0], w[1], w[2], w[3]);
            g = Functional.GruCell(step, g, v[0], v[1], v[2], v[3]);
        }
        (Tensor y, (Tensor endH, Tensor endC)) = lstm.Call(x);
        (Tensor z, Tensor end) = gru.Call(x);
        Assert.True(y[-1].Equal(h) && endH[0].Equal(h) && endC[0].Equal(c) && z[-1].Equal(g) && end[0].Equal(g));
        Tensor Second(Tensor a) => Autograd.Grad([Autograd.Grad([a.Square().Sum()], [x], createGraph: true)[0]!.Square().Sum()], [x])[0]!;
        Assert.True(Second(endC).AllClose(Second(c)) && Second(end).AllClose(Second(g)));
    }

    [Fact]
    public void SequencesPackAndUnpack()
    {
        Tensor[] sequences = [Tensor.Arange(2.0), Tensor.Arange(4.0), Tensor.Arange(3.0)];
        PackedSequence packed = Utils.PackSequence(sequences, enforceSorted: false);
        Assert.Equal([3, 3, 2, 1], packed.BatchSizes.ToArray<long>());
        Tensor[] back = Utils.UnpackSequence(packed);
        for (int i = 0; i < back.Length; i++) Assert.True(back[i].Equal(sequences[i]));
        Assert.Equal(DType.Float64, packed.To(DType.Float64).Data.DType);
        Tensor left = Utils.PadSequence(sequences, batchFirst: true, paddingValue: 9, paddingSide: "left");
        Assert.Equal([9f, 9, 0, 1, 0, 1, 2, 3, 9, 0, 1, 2], left.Reshape([-1]).ToArray<float>());
        (Tensor padded, Tensor lengths) = Utils.PadPackedSequence(packed, batchFirst: true, totalLength: 6);
        Assert.Equal([3, 6], padded.Shape.ToArray());
        Assert.Equal([2, 4, 3], lengths.ToArray<long>());
        Tensor batchFirst = Utils.PackPaddedSequence(padded, lengths, batchFirst: true, enforceSorted: false).Data;
        Assert.True(batchFirst.Equal(packed.Data));
    }

    [Fact]
    public void HooksSeeDataBatchSizesAndState()
    {
        LSTM lstm = new(3, 4);
        int calls = 0;
        lstm.RegisterForwardHook((_, input, output) =>
        {
            calls += input.Item2 is null ? 1 : 10;
            return (output.Output * 2, output.State);
        });
        Tensor x = Tensor.Rand([2, 3, 3]);
        Assert.True(lstm.Call(x).Output[-1].AllClose(lstm.Call(x).State.H[0] * 2));
        lstm.Call(Utils.PackPaddedSequence(x, [2, 1, 1]));
        Assert.Equal(12, calls);
    }

    [Fact]
    public void HalfPrecisionRoundsOnce()
    {
        foreach (DType dtype in (DType[])[DType.Float16, DType.BFloat16])
        {
            Tensor x = Tensor.Randn([2, 8]).To(dtype), h = Tensor.Randn([2, 8]).To(dtype), c = Tensor.Randn([2, 2]).To(dtype);
            Tensor y = Op.Apply(new Nabla.Ops.LstmCell(), x, h, c)[0];
            Tensor wide = Op.Apply(new Nabla.Ops.LstmCell(), x.To(DType.Float32), h.To(DType.Float32), c.To(DType.Float32))[0];
            Assert.Equal(dtype, y.DType);
            Assert.True(y.Equal(wide.To(dtype)));
        }
    }

    /// <summary>Products are computed in the lower type; the states of LSTM and GRU keep theirs.</summary>
    [Fact]
    public void AutocastLowersProductsOnly()
    {
        Tensor x = Tensor.Randn([4, 2, 3]);
        LSTM lstm = new(3, 4);
        Tensor exact = lstm.Call(x).Output;
        using (Autocast.Enable(DType.BFloat16))
        {
            (Tensor y, (Tensor h, Tensor c)) = lstm.Call(x);
            Assert.Equal([DType.BFloat16, DType.BFloat16, DType.BFloat16], (DType[])[y.DType, h.DType, c.DType]);
            Assert.True(y.To(DType.Float32).AllClose(exact, 0.05, 0.05));
            y.Sum().Backward();
            Assert.Equal(DType.Float32, lstm.GetParameter("weight_hh_l0").Grad!.DType);
            Assert.Equal(DType.BFloat16, lstm.Call(x.To(DType.BFloat16)).Output.DType);
            Assert.Equal(DType.Float32, new GRU(3, 4).Call(x).Output.DType);
            Assert.Equal(DType.BFloat16, new RNN(3, 4).Call(x).Output.DType);
            Assert.Equal(DType.Float32, new LSTMCell(3, 4).Call(x[0]).C.DType);
            Assert.Equal(DType.BFloat16, new GRUCell(3, 4).Call(x[0].To(DType.BFloat16)).DType);
        }
    }

    /// <summary>Per-sample gradients by vmap over a layer are those one by one.</summary>
    [Fact]
    public void LayersBatchAndDifferentiateForward()
    {
        GRU gru = new(2, 3, 2, bidirectional: true, dtype: DType.Float64);
        LSTM lstm = new(2, 3, 2, bidirectional: true, projSize: 2, dtype: DType.Float64);
        foreach (Func<Tensor, Tensor> f in (Func<Tensor, Tensor>[])[x => gru.Call(x).Output, x => lstm.Call(x).Output])
        {
            Tensor x = Tensor.Randn([3, 4, 2, 2], DType.Float64), t = Tensor.Randn([4, 2, 2], DType.Float64);
            Tensor all = Func.Vmap(f)(x);
            for (int i = 0; i < 3; i++) Assert.True(all[i].AllClose(f(x[i]), 1e-12, 1e-12));
            Tensor g = Func.Vmap(Func.Grad((Tensor z) => f(z).Square().Sum()))(x);
            Tensor leaf = x[1].Clone().RequiresGrad_();
            f(leaf).Square().Sum().Backward();
            Assert.True(g[1].AllClose(leaf.Grad!, 1e-10, 1e-10));
            (_, Tensor forward) = Func.Jvp(f, x[0], t);
            double step = 1e-6;
            Assert.True(forward.AllClose((f(x[0] + t * step) - f(x[0] - t * step)) / (2 * step), 1e-6, 1e-7));
        }
    }

    [Fact]
    public void WrongCallsSayWhatIsWrong()
    {
        LSTM lstm = new(5, 6);
        Tensor x = Tensor.Rand([4, 3, 5]);
        Says<ShapeException>("LSTM: Expected input to be 2D or 3D, got 1D", () => lstm.Call(Tensor.Rand([5])));
        Says<ShapeException>("input.size(-1) must be equal to input_size. Expected 5, got 4", () => lstm.Call(Tensor.Rand([4, 3, 4])));
        Says<DTypeException>("input must have the type torch.float32, got type torch.float64", () => lstm.Call(x.To(DType.Float64)));
        Says<ShapeException>("Expected hidden[0] size (1, 3, 6), got [1, 2, 6]",
            () => lstm.Call(x, (Tensor.Zeros([1, 2, 6]), Tensor.Zeros([1, 3, 6]))));
        Says<ShapeException>("For batched 3-D input, hx and cx should also be 3-D but got (2-D, 3-D) tensors",
            () => lstm.Call(x, (Tensor.Zeros([3, 6]), Tensor.Zeros([1, 3, 6]))));
        Says<ShapeException>("For unbatched 2-D input, hx should also be 2-D but got 3-D tensor",
            () => new GRU(5, 6).Call(x[0], Tensor.Zeros([1, 3, 6])));
        Says<ShapeException>("Expected hidden size (1, 3, 6), got [1, 3, 7]", () => new RNN(5, 6).Call(x, Tensor.Zeros([1, 3, 7])));
        Says<ShapeException>("Expected sequence length to be larger than 0 in RNN", () => lstm.Call(Tensor.Rand([0, 3, 5])));
        Says<ShapeException>("LSTMCell: Expected hx[1] to be 1D or 2D, got 3D instead",
            () => new LSTMCell(5, 6).Call(x[0], (Tensor.Zeros([3, 6]), Tensor.Zeros([1, 3, 6]))));
        Says<ArgumentOutOfRangeException>("hidden_size must be greater than zero", () => new LSTM(3, 0));
        Says<ArgumentOutOfRangeException>("num_layers must be greater than zero", () => new LSTM(3, 4, 0));
        Says<ArgumentOutOfRangeException>("proj_size has to be smaller than hidden_size", () => new LSTM(3, 4, projSize: 4));
        Says<ArgumentOutOfRangeException>("dropout should be a number in range [0, 1]", () => new LSTM(3, 4, dropout: double.NaN));
        Says<ArgumentException>("Unknown nonlinearity 'elu'. Select from 'tanh' or 'relu'.", () => new RNN(3, 4, nonlinearity: "elu"));
        Says<ArgumentException>("`lengths` array must be sorted in decreasing order when `enforce_sorted` is True.",
            () => Utils.PackPaddedSequence(x, [3, 4, 2]));
        Says<ArgumentException>("Length of all samples has to be greater than 0", () => Utils.PackPaddedSequence(x, [3, 2, 0]));
        Says<ArgumentException>("Lengths cannot exceed", () => Utils.PackPaddedSequence(x, [5, 2, 1]));
        Says<ShapeException>("Expected `len(lengths)` to be equal to batch_size, but got 2 (batch_size=3)",
            () => Utils.PackPaddedSequence(x, [4, 3]));
        Says<ShapeException>("Cannot pack empty tensors.", () => Utils.PackPaddedSequence(Tensor.Rand([4, 0, 5]), []));
        Says<ArgumentException>("received an empty list of sequences", () => Utils.PadSequence([]));
        Says<ArgumentOutOfRangeException>("Expected total_length to be at least the length of the longest sequence in input",
            () => Utils.PadPackedSequence(Utils.PackPaddedSequence(x, [3, 2, 2]), totalLength: 2));
        Says<ShapeException>("batch sizes of a packed sequence", () => lstm.Call(new PackedSequence(x[0], Tensor.From<long>([1, 2]))));
        Says<ArgumentOutOfRangeException>("embed_dim must be divisible by num_heads", () => new MultiheadAttention(5, 2));
        Says<ArgumentOutOfRangeException>("embed_dim and num_heads must be greater than 0, got embed_dim=0 and num_heads=2 instead",
            () => new MultiheadAttention(0, 2));
        Transformer transformer = new(4, 2, 1, 1, 6);
        Says<ShapeException>("the batch number of src and tgt must be equal",
            () => transformer.Call(Tensor.Rand([3, 2, 4]), Tensor.Rand([3, 1, 4])));
        Says<ShapeException>("the feature number of src and tgt must be equal to d_model",
            () => transformer.Call(Tensor.Rand([3, 2, 4]), Tensor.Rand([3, 2, 5])));

        static void Says<T>(string begin, Func<object?> call) where T : Exception =>
            Assert.StartsWith(begin, Assert.Throws<T>(call).Message);
    }

    [Fact]
    public void CopiesOfALayerAreApartAndTheirActivationsToo()
    {
        TransformerEncoder encoder = new(new(4, 2, 6, activation: new PReLU()), 2, new LayerNorm([4]));
        Assert.Equal(2, encoder.Layers.Count);
        Assert.NotSame(encoder.Layers[0].Activation, encoder.Layers[1].Activation);
        Tensor[] parameters = [.. encoder.Parameters()];
        Assert.Equal(2 * 13 + 2, parameters.Length);
        encoder.Call(Tensor.Rand([3, 2, 4])).Sum().Backward();
        Assert.All(parameters, static p => Assert.NotNull(p.Grad));
    }

    [Fact]
    public void TheCausalMaskIsPyTorchs()
    {
        Tensor mask = Transformer.GenerateSquareSubsequentMask(3, DType.Float64);
        double inf = double.NegativeInfinity;
        Assert.Equal([0, inf, inf, 0, 0, inf, 0, 0, 0], mask.Reshape([-1]).ToArray<double>());
    }
}
