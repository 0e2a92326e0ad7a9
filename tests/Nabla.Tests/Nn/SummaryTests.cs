using Nabla.Nn;
using Nabla.Tests.Data;

namespace Nabla.Tests.Nn;

/// <summary>Summaries whose numbers are those that torchinfo prints for the same networks, but for what the remarks say.</summary>
public sealed class SummaryTests : IDisposable
{
    private readonly OwnDefault random = new(3);

    public void Dispose() => random.Dispose();

    private sealed class ConvNet : Module<Tensor, Tensor>
    {
        private readonly Conv2d conv1 = new(1, 10, 5), conv2 = new(10, 20, 5);
        private readonly Dropout2d drop = new(0.3);
        private readonly Linear fc1 = new(320, 50), fc2 = new(50, 10);

        protected override Tensor Forward(Tensor input)
        {
            Tensor x = Functional.MaxPool2d(conv1.Call(input), 2).Relu();
            x = Functional.MaxPool2d(drop.Call(conv2.Call(x)), 2).Relu();
            return fc2.Call(fc1.Call(x.Flatten(1)).Relu()).LogSoftmax(1);
        }
    }

    private sealed class LstmNet : Module<Tensor, (Tensor, (Tensor, Tensor))>
    {
        private readonly Embedding embedding = new(20, 300);
        private readonly LSTM encoder = new(300, 512, numLayers: 2, batchFirst: true);
        private readonly Linear decoder = new(512, 20);

        protected override (Tensor, (Tensor, Tensor)) Forward(Tensor x)
        {
            (Tensor y, (Tensor, Tensor) state) = encoder.Call(embedding.Call(x));
            return (decoder.Call(y), state);
        }
    }

    private sealed class Again : Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = new(64, 64, 3, padding: 1);

        protected override Tensor Forward(Tensor x)
        {
            for (int i = 0; i < 3; i++) x = conv.Call(x);
            return x;
        }
    }

    private sealed class Child : Module<Tensor, Tensor>
    {
        private readonly Sequential line = new(new Linear(5, 5), new Linear(5, 5));
        private readonly Linear between = new(5, 5);

        protected override Tensor Forward(Tensor x)
        {
            Tensor y = between.Call(line.Call(x));
            foreach (Module<Tensor, Tensor> layer in line) y = layer.Call(y);
            return y;
        }
    }

    private sealed class Holder : Module<Tensor, Tensor>
    {
        private readonly ModuleList<Module<Tensor, Tensor>> layers = [new Linear(5, 5), new Child(), new Linear(5, 5)];
        private readonly Linear unused = new(2, 3);

        protected override Tensor Forward(Tensor x)
        {
            foreach (Module<Tensor, Tensor> layer in layers) x = layer.Call(x);
            return x;
        }
    }

    private sealed class Product(Tensor weight) : Module<Tensor, Tensor>
    {
        private readonly Tensor weight = weight;

        protected override Tensor Forward(Tensor input) => input.MatMul(weight);
    }

    private sealed class Tied : Module<Tensor, Tensor>
    {
        private readonly Product up, down;

        internal Tied()
        {
            Tensor weight = Parameter.Of(Tensor.Ones(4, 4));
            (up, down) = (new Product(weight), new Product(weight));
        }

        protected override Tensor Forward(Tensor x) => down.Call(up.Call(x));
    }

    private static string Lines(string text) => text.ReplaceLineEndings("\n");

    [Fact]
    public void A_network_of_convolutions()
    {
        ModuleSummary summary = new ConvNet().Summary(inputSize: [7, 1, 28, 28]);
        Assert.Equal(Lines("""
            ========================================================================================================================
            Layer (type (name))                      Input Shape          Output Shape         Param #              Mult-Adds
            ========================================================================================================================
            ConvNet                                  [7, 1, 28, 28]       [7, 10]              --                   --
            ├─Conv2d (conv1)                         [7, 1, 28, 28]       [7, 10, 24, 24]      260                  1,048,320
            ├─Conv2d (conv2)                         [7, 10, 12, 12]      [7, 20, 8, 8]        5,020                2,248,960
            ├─Dropout2d (drop)                       [7, 20, 8, 8]        [7, 20, 8, 8]        --                   --
            ├─Linear (fc1)                           [7, 320]             [7, 50]              16,050               112,350
            └─Linear (fc2)                           [7, 50]              [7, 10]              510                  3,570
            ========================================================================================================================
            Total params: 21,840
            Trainable params: 21,840
            Non-trainable params: 0
            Total mult-adds (M): 3.41
            ========================================================================================================================
            Input size (MB): 0.02
            Forward/backward pass size (MB): 0.40
            Params size (MB): 0.09
            Estimated Total Size (MB): 0.51
            ========================================================================================================================
            """), summary.ToString());
        ModuleSummaryOptions all = new() { Columns = Enum.GetValues<SummaryColumn>(), ShowNames = false, ShowDepth = true };
        string[] rows = summary.ToString(all).Split('\n');
        Assert.Equal(["Layer (type:depth-idx)", "Kernel Shape", "Input Shape", "Output Shape", "Param #", "Param %", "Mult-Adds",
            "Trainable"], Cells(rows[1]));
        Assert.Equal(["├─Conv2d: 1-1", "[5, 5]", "[7, 1, 28, 28]", "[7, 10, 24, 24]", "260", "1.19%", "1,048,320", "True"], Cells(rows[4]));
        Assert.Equal(["└─Linear: 1-5", "--", "[7, 50]", "[7, 10]", "510", "2.34%", "3,570", "True"], Cells(rows[8]));

        static string[] Cells(string row) => row.Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    [Fact]
    public void A_network_with_an_LSTM()
    {
        ModuleSummary summary = new LstmNet().Summary(inputSize: [1, 100], dtype: DType.Int64);
        Assert.Equal(Lines("""
            ====================================================================================================
            Layer (type:depth-idx)                   Output Shape         Param #              Mult-Adds
            ====================================================================================================
            LstmNet                                  [1, 100, 20]         --                   --
            +-Embedding: 1-1                         [1, 100, 300]        6,000                --
            +-LSTM: 1-2                              [1, 100, 512]        3,768,320            376,832,000
            +-Linear: 1-3                            [1, 100, 20]         10,260               1,026,000
            ====================================================================================================
            Total params: 3,784,580
            Trainable params: 3,784,580
            Non-trainable params: 0
            Total mult-adds (M): 377.86
            ====================================================================================================
            Input size (MB): 0.00
            Forward/backward pass size (MB): 0.67
            Params size (MB): 15.14
            Estimated Total Size (MB): 15.80
            ====================================================================================================
            """).Replace("+-", "+ ", StringComparison.Ordinal), summary.ToString(new()
        {
            Columns = [SummaryColumn.OutputShape, SummaryColumn.Parameters, SummaryColumn.MultAdds],
            Ascii = true,
            ShowNames = false,
            ShowDepth = true,
        }));
        Assert.Equal(3, summary.Rows[0].OutputShapes.Count);
    }

    [Fact]
    public void A_network_of_layers_in_a_row()
    {
        Sequential net = [new Linear(784, 128), new BatchNorm1d(128), new ReLU(), new Linear(128, 10, bias: false)];
        net[0].RequiresGrad_(false);
        Assert.Equal(Lines("""
            ========================================================================================================================
            Layer (type (name))                      Input Shape          Output Shape         Param #              Mult-Adds
            ========================================================================================================================
            Sequential                               [32, 784]            [32, 10]             --                   --
            ├─Linear (0)                             [32, 784]            [32, 128]            (100,480)            3,215,360
            ├─BatchNorm1d (1)                        [32, 128]            [32, 128]            256                  8,192
            ├─ReLU (2)                               [32, 128]            [32, 128]            --                   --
            └─Linear (3)                             [32, 128]            [32, 10]             1,280                40,960
            ========================================================================================================================
            Total params: 102,016
            Trainable params: 1,536
            Non-trainable params: 100,480
            Total mult-adds (M): 3.26
            ========================================================================================================================
            Input size (MB): 0.10
            Forward/backward pass size (MB): 0.07
            Params size (MB): 0.41
            Estimated Total Size (MB): 0.58
            ========================================================================================================================
            """), net.Summary(Tensor.Ones(32, 784)).ToString());
    }

    [Fact]
    public void A_transformer()
    {
        TransformerEncoder encoder = new(new TransformerEncoderLayer(16, 2, dimFeedforward: 32, batchFirst: true), 2);
        ModuleSummary summary = encoder.Summary(new EncoderInput(Tensor.Ones(4, 6, 16)));
        string table = summary.ToString(new() { Columns = [SummaryColumn.InputShape, SummaryColumn.Parameters, SummaryColumn.MultAdds] });
        Assert.StartsWith(Lines("""
            =========================================================================================================
            Layer (type (name))                           Input Shape          Param #              Mult-Adds
            =========================================================================================================
            TransformerEncoder                            [4, 6, 16]           --                   --
            └─ModuleList (layers)                         --                   --                   --
                 ├─TransformerEncoderLayer (0)            [4, 6, 16]           --                   --
                 │    ├─MultiheadAttention (self_attn)    [4, 6, 16]           1,088                26,112
                 │    ├─Dropout (dropout1)                [4, 6, 16]           --                   --
                 │    ├─LayerNorm (norm1)                 [4, 6, 16]           32                   768
                 │    ├─Linear (linear1)                  [4, 6, 16]           544                  13,056
                 │    ├─Dropout (dropout)                 [4, 6, 32]           --                   --
                 │    ├─Linear (linear2)                  [4, 6, 32]           528                  12,672
                 │    ├─Dropout (dropout2)                [4, 6, 16]           --                   --
                 │    └─LayerNorm (norm2)                 [4, 6, 16]           32                   768
                 └─TransformerEncoderLayer (1)            [4, 6, 16]           --                   --
                      ├─MultiheadAttention (self_attn)    [4, 6, 16]           1,088                26,112
            """), table, StringComparison.Ordinal);
        Assert.Equal(2 * 2224, summary.Parameters);
        Assert.Equal(encoder.Parameters().Sum(static p => p.NumElements), summary.Parameters);
        // Rows that are not shown count for the one around them.
        string[] folded = summary.ToString(new() { Depth = 2 }).Split('\n');
        Assert.Equal("└─ModuleList (layers)", folded[4][..40].TrimEnd());
        Assert.EndsWith("2,224                53,376", folded[5], StringComparison.Ordinal);
        Assert.Equal(18, folded.Length);
    }

    [Fact]
    public void Modules_that_are_called_again_count_once()
    {
        ModuleSummary summary = new Again().Summary(Tensor.Ones(1, 64, 8, 8));
        string[] rows = summary.ToString(new() { Columns = [SummaryColumn.Parameters, SummaryColumn.MultAdds] }).Split('\n');
        Assert.Equal("├─Conv2d (conv)                          36,928               2,363,392", rows[4]);
        Assert.Equal("└─Conv2d (conv)                          (recursive)          2,363,392", rows[6]);
        Assert.Equal((36928, 3 * 2363392), (summary.Parameters, summary.MultAdds));
    }

    [Fact]
    public void Lists_stand_before_what_they_hold()
    {
        Holder holder = new();
        ModuleSummary summary = holder.Summary(Tensor.Ones(1, 5));
        ModuleSummaryOptions options = new() { Columns = [SummaryColumn.Parameters], Depth = 9, ShowNames = false, ShowDepth = true };
        Assert.Equal(Lines("""
            Holder                                   9
            └─ModuleList: 1-1                        --
                 ├─Linear: 2-1                       30
                 ├─Child: 2-2                        --
                 │    ├─Sequential: 3-1              --
                 │    │    ├─Linear: 4-1             30
                 │    │    └─Linear: 4-2             30
                 │    ├─Linear: 3-2                  30
                 │    └─Sequential: 3                --
                 │         ├─Linear: 4-3             (recursive)
                 │         └─Linear: 4-4             (recursive)
                 └─Linear: 2-3                       30
            """), string.Join('\n', summary.ToString(options).Split('\n')[3..15]));
        // What is never called counts for the module that has it.
        Assert.Equal(159, summary.Parameters);
        Assert.Equal("layers.1.line", summary.Rows[4].Name);
    }

    [Fact]
    public void A_parameter_of_two_modules_counts_once()
    {
        ModuleSummary summary = new Tied().Summary(inputSize: [3, 4]);
        Assert.Equal((16, 2 * 3 * 16, 64), (summary.Parameters, summary.MultAdds, summary.ParameterBytes));
        Assert.Contains("└─Product (down)                         [3, 4]               [3, 4]               (shared)", summary.ToString());
    }

    [Fact]
    public void Without_a_call_there_are_no_shapes()
    {
        ModuleSummary summary = new Holder().Summary();
        Assert.Null(summary.InputBytes);
        Assert.Equal(159, summary.Parameters);
        string text = summary.ToString();
        Assert.DoesNotContain("Shape", text);
        Assert.DoesNotContain("MB", text);
        Assert.Contains("└─Linear (unused)                        9", text);
    }

    [Fact]
    public void Work_is_counted_by_places()
    {
        Assert.Equal(27 * 2 * 9, new Conv2d(6, 2, 3, groups: 2, bias: false).Summary(Tensor.Ones(6, 5, 5)).MultAdds);
        Assert.Equal(3 * 4 * 5 * 10 + 4 * 50, new ConvTranspose1d(3, 4, 5, stride: 5).Summary(Tensor.Ones(1, 3, 10)).MultAdds);
        Assert.Equal(new GRUCell(3, 4).Parameters().Sum(static p => p.NumElements) * 7,
            new GRUCell(3, 4).Summary(Tensor.Ones(7, 3), null).MultAdds);
        Assert.Equal(2 * 24, new LayerNorm(4).Summary(Tensor.Ones(2, 3, 4)).MultAdds);
        Assert.Equal(0, new ReLU().Summary(Tensor.Ones(2)).MultAdds);
    }
}
