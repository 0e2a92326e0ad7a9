namespace Nabla.Onnx.Tests;

internal static partial class ModuleRows
{
    private static readonly OnnxOptions Steps = new() { DynamicAxes = { ["input"] = ["sequence", "batch"] } };

    private static void Sequences()
    {
        Row<(Tensor, Tensor?, Tensor?), (Tensor, Tensor)>("RNN", static () => new RNN(3, 4, 2, dropout: 0.5), Steps,
            static () => (R(5, 2, 3), null, null), static () => (R(1, 4, 3), null, null));
        Row<(Tensor, Tensor?, Tensor?), (Tensor, Tensor)>("GRU", static () => new GRU(3, 4), Steps, static () => (R(5, 2, 3), null, null),
            static () => (R(8, 1, 3), null, null));
        Row<(Tensor, Tensor?, (Tensor, Tensor)?), (Tensor, (Tensor, Tensor))>("LSTM", static () => new LSTM(3, 4), Steps,
            static () => (R(5, 2, 3), null, null), static () => (R(8, 1, 3), null, null));
        Row<(Tensor, Tensor?, (Tensor, Tensor)?), (Tensor, (Tensor, Tensor))>("LSTM of one sequence", static () => new LSTM(3, 4),
            new() { DynamicAxes = { ["input"] = ["sequence"] } }, static () => (R(5, 3), null, null), static () => (R(8, 3), null, null));
        Row<(Tensor, Tensor?, (Tensor, Tensor)?), (Tensor, (Tensor, Tensor))>("LSTM with a projection",
            static () => new LSTM(3, 4, projSize: 2), new() { DynamicAxes = { ["input"] = [null, "batch"] } },
            static () => (R(5, 2, 3), null, null),
            static () => (R(5, 1, 3), null, null));
        Refused<(Tensor, Tensor?, (Tensor, Tensor)?), (Tensor, (Tensor, Tensor))>("LSTM with a projection of any length",
            static () => new LSTM(3, 4, projSize: 2), Steps, static () => (R(5, 2, 3), null, null), "depend on the input");
        Row<(Tensor, Tensor?), Tensor>("RNNCell", static () => new RNNCell(3, 4), null, static () => (R(2, 3), R(2, 4)),
            static () => (R(5, 3), R(5, 4)));
        Row<(Tensor, Tensor?), Tensor>("RNNCell from zeros", static () => new RNNCell(3, 4, nonlinearity: "relu"), null,
            static () => (R(2, 3), null), static () => (R(5, 3), null));
        Row<(Tensor, Tensor?), Tensor>("GRUCell", static () => new GRUCell(3, 4), null, static () => (R(2, 3), R(2, 4)),
            static () => (R(5, 3), R(5, 4)));
        Row<(Tensor, (Tensor, Tensor)?), (Tensor, Tensor)>("LSTMCell", static () => new LSTMCell(3, 4, bias: false), null,
            static () => (R(2, 3), (R(2, 4), R(2, 4))), static () => (R(5, 3), (R(5, 4), R(5, 4))));
        OnnxOptions attention = new()
        {
            InputNames = ["q", "k", "v"],
            DynamicAxes = { ["q"] = ["batch", "target"], ["k"] = ["batch", "source"], ["v"] = ["batch", "source"] },
        };
        Row("MultiheadAttention", static () => new MultiheadAttention(8, 2, batchFirst: true), attention,
            static () => new AttentionInput(R(2, 3, 8), R(2, 5, 8), R(2, 5, 8)),
                static () => new AttentionInput(R(1, 6, 8), R(1, 2, 8), R(1, 2, 8)));
        Row("MultiheadAttention with more", static () => new MultiheadAttention(8, 2, batchFirst: true, kdim: 6, vdim: 4, addBiasKv: true,
                addZeroAttn: true), attention, static () => new AttentionInput(R(2, 3, 8), R(2, 5, 6), R(2, 5, 4), NeedWeights: false),
            static () => new AttentionInput(R(1, 6, 8), R(1, 2, 6), R(1, 2, 4), NeedWeights: false));
        OnnxOptions encoder = new() { DynamicAxes = { ["input"] = ["sequence", "batch"] } };
        Row("TransformerEncoderLayer", static () => new TransformerEncoderLayer(8, 2, 16), encoder,
            static () => new EncoderInput(R(3, 2, 8)),
            static () => new EncoderInput(R(5, 1, 8)));
        Row("TransformerEncoder", static () => new TransformerEncoder(new TransformerEncoderLayer(8, 2, 16), 2, new LayerNorm(8)), encoder,
            static () => new EncoderInput(R(3, 2, 8)), static () => new EncoderInput(R(5, 1, 8)));
        OnnxOptions decoder = new()
        {
            InputNames = ["tgt", "memory"],
            DynamicAxes = { ["tgt"] = ["target", "batch"], ["memory"] = ["source", "batch"] },
        };
        Row("TransformerDecoderLayer", static () => new TransformerDecoderLayer(8, 2, 16), decoder,
            static () => new DecoderInput(R(3, 2, 8), R(4, 2, 8)), static () => new DecoderInput(R(5, 1, 8), R(2, 1, 8)));
        Row("TransformerDecoder", static () => new TransformerDecoder(new TransformerDecoderLayer(8, 2, 16), 2), decoder,
            static () => new DecoderInput(R(3, 2, 8), R(4, 2, 8)), static () => new DecoderInput(R(5, 1, 8), R(2, 1, 8)));
        OnnxOptions both = new()
        {
            InputNames = ["src", "tgt"],
            DynamicAxes = { ["src"] = ["source", "batch"], ["tgt"] = ["target", "batch"] },
        };
        Row("Transformer", static () => new Transformer(8, 2, 1, 1, 16), both, static () => new TransformerInput(R(4, 2, 8), R(3, 2, 8)),
            static () => new TransformerInput(R(2, 1, 8), R(5, 1, 8)));
    }

    private static (Tensor, Tensor) Pair(long n) => (R(n, 3), R(n, 3));

    /// <summary>A loss of two tensors, with and without a mean.</summary>
    private static void Loss(string name, Func<Reduction, Module<(Tensor, Tensor), Tensor>> make, Func<long, (Tensor, Tensor)>? pair = null)
    {
        pair ??= Pair;
        Row(name, () => make(Reduction.Mean), null, () => pair(4), () => pair(1), () => pair(7));
        Row(name + " each", () => make(Reduction.None), null, () => pair(4), () => pair(7));
    }

    private static void Losses()
    {
        static Tensor Signs(long n) => Classes(2, n).To(DType.Float32) * 2 - 1;
        Loss("L1Loss", static r => new L1Loss(r));
        Loss("MSELoss", static r => new MSELoss(r));
        Loss("SmoothL1Loss", static r => new SmoothL1Loss(r, 0.5));
        Loss("HuberLoss", static r => new HuberLoss(r, 0.7));
        Loss("BCELoss", static r => new BCELoss(reduction: r), static n => (Tensor.Rand([n, 3]), Tensor.Rand([n, 3])));
        Loss("BCEWithLogitsLoss", static r => new BCEWithLogitsLoss(reduction: r, posWeight: Tensor.Of([1.0, 2.0, 3.0])),
            static n => (R(n, 3), Tensor.Rand([n, 3])));
        Loss("KLDivLoss", static r => new KLDivLoss(r), static n => (R(n, 3).LogSoftmax(-1), R(n, 3).Softmax(-1)));
        Loss("SoftMarginLoss", static r => new SoftMarginLoss(r), static n => (R(n), Signs(n)));
        Loss("HingeEmbeddingLoss", static r => new HingeEmbeddingLoss(reduction: r), static n => (R(n), Signs(n)));
        Loss("PoissonNLLLoss", static r => new PoissonNLLLoss(full: true, reduction: r),
            static n => (R(n, 3), Classes(5, n, 3).To(DType.Float32)));
        Loss("NLLLoss", static r => new NLLLoss(Tensor.Of([1.0, 2.0, 0.5]), reduction: r),
            static n => (R(n, 3).LogSoftmax(-1), Classes(3, n)));
        Loss("CrossEntropyLoss", static r => new CrossEntropyLoss(reduction: r), static n => (R(n, 3), Classes(3, n)));
        Loss("CrossEntropyLoss smoothed", static r => new CrossEntropyLoss(reduction: r, labelSmoothing: 0.1),
            static n => (R(n, 3), Classes(3, n)));
        Loss("MultiLabelSoftMarginLoss", static r => new MultiLabelSoftMarginLoss(reduction: r),
            static n => (R(n, 3), Classes(2, n, 3).To(DType.Float32)));
        Loss("MultiMarginLoss", static r => new MultiMarginLoss(reduction: r), static n => (R(n, 3), Classes(3, n)));
        Loss("MultiLabelMarginLoss", static r => new MultiLabelMarginLoss(r), static n => (R(n, 3), Tensor.Of([1, 0, -1]).Repeat([n, 1])));
        Row("CosineEmbeddingLoss", static () => new CosineEmbeddingLoss(0.1), null, static () => (R(3, 4), R(3, 4), Signs(3)),
            static () => (R(6, 4), R(6, 4), Signs(6)));
        Row("MarginRankingLoss", static () => new MarginRankingLoss(0.1), null, static () => (R(3), R(3), Signs(3)),
            static () => (R(6), R(6), Signs(6)));
        Row("TripletMarginLoss", static () => new TripletMarginLoss(swap: true), null, static () => (R(3, 4), R(3, 4), R(3, 4)),
            static () => (R(6, 4), R(6, 4), R(6, 4)));
        Row("TripletMarginWithDistanceLoss", static () => new TripletMarginWithDistanceLoss(), null,
            static () => (R(3, 4), R(3, 4), R(3, 4)), static () => (R(6, 4), R(6, 4), R(6, 4)));
        Row("GaussianNLLLoss", static () => new GaussianNLLLoss(full: true), null, static () => (R(3, 4), R(3, 4), Tensor.Rand([3, 4])),
            static () => (R(6, 4), R(6, 4), Tensor.Rand([6, 4])));
        Refused("CTCLoss", static () => new CTCLoss(), Fixed(4), static () => (R(5, 2, 3).LogSoftmax(-1), Tensor.Of([[1, 2], [2, 1]]),
            Tensor.Of([5, 5]), Tensor.Of([2, 2])), "CTC");
    }
}
