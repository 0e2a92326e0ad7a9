namespace Nabla.Onnx.Tests;

/// <summary>Whole networks, with batches and sequences of other sizes than the example's.</summary>
public class ModelTests
{
    private static readonly OnnxOptions Sequences = new() { DynamicAxes = { ["input"] = ["batch", "sequence"] } };

    private static Tensor Random(params long[] shape) => Tensor.Randn(Shape.Create(shape));

    private static Tensor Tokens(long classes, params long[] shape) => Tensor.RandInt(0, classes, Shape.Create(shape));

    private static long Draw(long low, long high) => (long)Tensor.RandInt(low, high, []);

    private sealed class Mlp : Module<Tensor, Tensor>
    {
        private readonly Linear fc1 = new(5, 16), fc2 = new(16, 3, bias: false);
        protected override Tensor Forward(Tensor x) => fc2.Call(fc1.Call(x).Relu()).LogSoftmax(-1);
    }

    [Fact]
    public void Mlp_of_any_batch() => Check.Equal(new Mlp(), null, Random(4, 5), Random(1, 5), Random(9, 5));

    private sealed class Cnn : Module<Tensor, Tensor>
    {
        private readonly Conv2d conv1 = new(1, 4, 3, padding: 1), conv2 = new(4, 8, 3, stride: 2);
        private readonly BatchNorm2d norm = new(4);
        private readonly MaxPool2d pool = new(2);
        private readonly Dropout drop = new(0.5);
        private readonly Linear fc = new(8 * 3 * 3, 10);

        protected override Tensor Forward(Tensor x)
        {
            x = pool.Call(norm.Call(conv1.Call(x)).Relu());
            x = conv2.Call(x).Relu();
            return fc.Call(drop.Call(x.Flatten(1)));
        }
    }

    [Fact]
    public void Cnn_of_any_batch()
    {
        Cnn model = new();
        using (Autograd.NoGrad()) for (int i = 0; i < 3; i++) model.Call(Random(8, 1, 14, 14));
        Check.Equal(model, null, Random(2, 1, 14, 14), Random(1, 1, 14, 14), Random(7, 1, 14, 14));
    }

    [Fact]
    public void Convolutions_of_any_image()
    {
        Sequential model = new(new Conv2d(3, 4, 3, padding: 1), new SiLU(), new Conv2d(4, 4, 3, stride: 2, padding: 1), new GroupNorm(2, 4),
            new AdaptiveAvgPool2d(1), new Flatten(), new Linear(4, 2));
        OnnxOptions options = new() { DynamicAxes = { ["input"] = ["batch", null, "height", "width"] } };
        Check.Equal(model, options, Random(2, 3, 8, 9), Random(1, 3, 11, 5), Random(3, 3, 7, 16));
    }

    public static TheoryData<string, int, bool, bool, bool> RecurrentLayers()
    {
        TheoryData<string, int, bool, bool, bool> data = [];
        foreach (string kind in (string[])["rnn", "relu", "lstm", "gru"])
            foreach ((int layers, bool bias, bool first, bool both) in
                ((int, bool, bool, bool)[])[(1, true, false, false), (2, true, true, true), (2, false, true, false),
                    (1, false, false, true)])
                data.Add(kind, layers, bias, first, both);
        return data;
    }

    [Theory]
    [MemberData(nameof(RecurrentLayers))]
    public void Recurrent_layers_of_any_batch_and_length(string kind, int layers, bool bias, bool batchFirst, bool bidirectional)
    {
        Tensor x = batchFirst ? Random(2, 5, 3) : Random(5, 2, 3), y = batchFirst ? Random(1, 9, 3) : Random(9, 1, 3);
        Tensor z = batchFirst ? Random(4, 1, 3) : Random(1, 4, 3);
        OnnxOptions options = new() { DynamicAxes = { ["input"] = batchFirst ? ["batch", "sequence"] : ["sequence", "batch"] } };
        switch (kind)
        {
            case "lstm":
                Check.Equal(new LSTM(3, 4, layers, bias, batchFirst, bidirectional: bidirectional), options,
                    (x, null, null), (y, null, null), (z, null, null));
                break;
            case "gru":
                Check.Equal(new GRU(3, 4, layers, bias, batchFirst, bidirectional: bidirectional), options,
                    (x, null, null), (y, null, null), (z, null, null));
                break;
            default:
                RNN rnn = new(3, 4, layers, kind == "relu" ? "relu" : "tanh", bias, batchFirst, bidirectional: bidirectional);
                Check.Equal(rnn, options, (x, null, null), (y, null, null), (z, null, null));
                break;
        }
    }

    [Fact]
    public void Lstm_with_states_given()
    {
        OnnxOptions options = new()
        {
            InputNames = ["x", "h", "c"],
            OutputNames = ["y", "h_n", "c_n"],
            DynamicAxes = { ["x"] = ["batch", "sequence"], ["h"] = [null, "batch"], ["c"] = [null, "batch"] },
        };
        Check.Equal(new LSTM(3, 4, 2, batchFirst: true), options, (Random(2, 5, 3), null, (Random(2, 2, 4), Random(2, 2, 4))),
            (Random(3, 1, 3), null, (Random(2, 3, 4), Random(2, 3, 4))));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Transformer_encoder_of_any_batch_and_length(bool normFirst, bool batchFirst)
    {
        TransformerEncoderLayer layer = new(8, 2, 16, normFirst: normFirst, batchFirst: batchFirst,
            activation: static x => Functional.Gelu(x));
        Check.Equal(new TransformerEncoder(layer, 2), Sequences, new EncoderInput(Random(3, 5, 8)), new EncoderInput(Random(1, 7, 8)),
            new EncoderInput(Random(4, 2, 8)));
    }

    [Fact]
    public void Transformer_encoder_with_masks()
    {
        TransformerEncoder model = new(new TransformerEncoderLayer(8, 2, 16, batchFirst: true), 1);
        Tensor mask = Transformer.GenerateSquareSubsequentMask(5), padding = Tensor.Zeros([2, 5], DType.Bool);
        padding[1, 3..] = true;
        OnnxOptions options = new()
        {
            InputNames = ["x", "mask", "padding"],
            DynamicAxes = { ["x"] = ["batch", "sequence"], ["mask"] = ["sequence", "sequence"], ["padding"] = ["batch", "sequence"] },
        };
        Check.Equal(model, options, new EncoderInput(Random(2, 5, 8), mask, padding),
            new EncoderInput(Random(3, 4, 8), Transformer.GenerateSquareSubsequentMask(4), Tensor.Zeros([3, 4], DType.Bool)));
    }

    private sealed class Block(long width, long heads) : Module<Tensor, Tensor>
    {
        private readonly LayerNorm ln1 = new(width), ln2 = new(width);
        private readonly Linear qkv = new(width, 3 * width), proj = new(width, width);
        private readonly Linear up = new(width, 4 * width), down = new(4 * width, width);

        protected override Tensor Forward(Tensor x)
        {
            (long b, long t, long c) = (x.Size(0), x.Size(1), x.Size(2));
            Tensor[] parts = qkv.Call(ln1.Call(x)).Split(c, -1);
            Tensor Heads(int i) => parts[i].View([b, t, heads, c / heads]).Transpose(1, 2);
            Tensor y = Functional.ScaledDotProductAttention(Heads(0), Heads(1), Heads(2), isCausal: true);
            x = x + proj.Call(y.Transpose(1, 2).Reshape([b, t, c]));
            return x + down.Call(Functional.Gelu(up.Call(ln2.Call(x))));
        }
    }

    private sealed class Gpt : Module<Tensor, Tensor>
    {
        private readonly Embedding tokens = new(20, 16), positions = new(12, 16);
        private readonly ModuleList<Block> blocks = [new(16, 2), new(16, 2)];
        private readonly LayerNorm norm = new(16);

        protected override Tensor Forward(Tensor x)
        {
            Tensor h = tokens.Call(x) + positions.Call(Tensor.Arange(x.Size(1)));
            foreach (Block block in blocks) h = block.Call(h);
            // The head shares the tokens' weights.
            return Functional.Linear(norm.Call(h), tokens.Weight);
        }
    }

    [Theory]
    [InlineData(17)]
    [InlineData(20)]
    [InlineData(23)]
    public void Gpt_of_any_batch_and_length(int opset)
    {
        OnnxOptions options = new()
        {
            Opset = opset,
            InputNames = ["tokens"],
            OutputNames = ["logits"],
            DynamicAxes = { ["tokens"] = ["batch", "sequence"] },
        };
        // The example may be as long as the model allows.
        Tensor.ManualSeed(opset);
        Tensor[] others = [.. Enumerable.Range(0, 6).Select(static _ => Tokens(20, Draw(1, 5), Draw(1, 13)))];
        Check.Equal(new Gpt(), options, Tokens(20, 1, 12), [Tokens(20, 1, 1), Tokens(20, 2, 12), .. others]);
    }

    [Fact]
    public void Parametrized_weights_are_stored_as_they_are()
    {
        Linear normed = new(4, 3), spectral = new(4, 4);
        Parametrizations.WeightNorm(normed);
        Parametrizations.SpectralNorm(spectral);
        Check.Equal(new Sequential(spectral, new Tanh(), normed), null, Random(2, 4), Random(5, 4));
    }

    private sealed class Attending : Module<Tensor, Tensor>
    {
        private readonly MultiheadAttention attention = new(8, 2, batchFirst: true);

        protected override Tensor Forward(Tensor x)
        {
            Tensor mask = Tensor.Full([x.Size(1), x.Size(1)], double.NegativeInfinity).Triu(1);
            return attention.Call(x, x, x, attnMask: mask).Output;
        }
    }

    [Fact]
    public void Attention_with_a_mask_made_in_the_forward() =>
        Check.Equal(new Attending(), Sequences, Random(2, 4, 8), Random(3, 9, 8), Random(1, 1, 8));
}
