using Nabla.Nn;

namespace Nabla.Tests.Errors;

/// <summary>Arguments and inputs that modules do not accept.</summary>
[Collection(ErrorCollection.Name)]
public sealed class ModuleErrors
{
    public static readonly ErrorTable Table = new()
    {
        { "S32", Kinds.Shape, "mat1 and mat2 shapes cannot be multiplied (4x5 and 3x2)", s => Still(s, new Linear(3, 2)).Call(s.F(4, 5)) },
        { "S33", Kinds.Range, "Trying to create tensor with negative dimension -1: [2, -1]", s => new Linear(-1, 2) },
        { "S30 groups 0", Kinds.Range, "groups must be a positive integer", s => new Conv2d(2, 2, 3, groups: 0) },
        { "S30 in", Kinds.Range, "in_channels must be divisible by groups", s => new Conv2d(3, 2, 3, groups: 2) },
        { "S30 out", Kinds.Range, "out_channels must be divisible by groups", s => new ConvTranspose1d(2, 3, 3, groups: 2) },
        { "padding mode", Kinds.Argument, "padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got " +
            "padding_mode='mirror'", s => new Conv1d(2, 2, 3, paddingMode: "mirror") },
        { "padding word", Kinds.Argument, "Invalid padding string 'full', should be one of", s => new Conv1d(2, 2, 3, padding: "full") },
        { "padding same", Kinds.Argument, "padding='same' is not supported for strided convolutions", s =>
            new Conv2d(2, 2, 3, 2, "same") },
        { "transposed mode", Kinds.Argument, "Only \"zeros\" padding mode is supported for ConvTranspose2d", s =>
            new ConvTranspose2d(2, 2, 3, paddingMode: "circular") },
        { "output size", Kinds.Shape, "requested an output size of [9], but valid sizes range from [7] to [8] (for an input of [3])", s =>
            Still(s, new ConvTranspose1d(2, 2, 3, stride: 2)).Call(s.F(1, 2, 3), (Shape)9) },
        { "output rank", Kinds.Shape, "ConvTranspose1D: for 3D input, output_size must have 1 or 3 elements (got 2)", s =>
            Still(s, new ConvTranspose1d(2, 2, 3)).Call(s.F(1, 2, 3), (Shape)(3, 3)) },
        { "S35", Kinds.Shape, "running_mean should contain 4 elements not 3", s => new BatchNorm1d(3).Call(s.F(2, 4)) },
        { "S36", Kinds.Shape, "Expected more than 1 value per channel when training, got input size torch.Size([1, 3])", s =>
            new BatchNorm1d(3).Call(s.F(1, 3)) },
        { "batch norm 1d", Kinds.Shape, "expected 2D or 3D input (got 4D input)", s => new BatchNorm1d(3).Call(s.F(1, 3, 2, 2)) },
        { "batch norm 2d", Kinds.Shape, "expected 4D input (got 2D input)", s => new BatchNorm2d(3).Call(s.F(2, 3)) },
        { "instance norm", Kinds.Shape, "expected input's size at dim=1 to match num_features (3), but got: 4.", s =>
            new InstanceNorm2d(3, affine: true).Call(s.F(2, 4, 2, 2)) },
        { "group norm", Kinds.Range, "num_channels must be divisible by num_groups", s => new GroupNorm(2, 3) },
        { "S34", Kinds.Shape, "Given normalized_shape=[4], expected input with shape [*, 4], but got input of size[2, 3]", s =>
            new LayerNorm(4).Call(s.F(2, 3)) },
        { "dropout", Kinds.Range, "dropout probability has to be between 0 and 1, but got 1.5", s => new Dropout(1.5) },
        { "hardtanh", Kinds.Range, "max_val must be larger than min_val", s => new Hardtanh(1, 1) },
        { "softmax 2d", Kinds.Shape, "Softmax2d: expected input to be 3D or 4D, got 2D instead", s => new Softmax2d().Call(s.F(2, 3)) },
        { "circular", Kinds.Shape, "expected 3D or 4D input (got 2D input)", s => new CircularPad2d(1).Call(s.F(3, 3)) },
        { "embedding row", Kinds.Range, "Padding_idx must be within num_embeddings", s => new Embedding(3, 2, paddingIdx: 3) },
        { "embedding table", Kinds.Shape, "Shape of weight does not match num_embeddings and embedding_dim", s =>
            new Embedding(3, 2, weight: s.F(2, 3)) },
        { "fractional none", Kinds.Argument, "FractionalMaxPool2d requires specifying either an output size, or a pooling ratio", s =>
            new FractionalMaxPool2d(2) },
        { "fractional both", Kinds.Argument, "only one of output_size and output_ratio may be specified", s =>
            new FractionalMaxPool3d(2, 3, [0.5]) },
        { "fractional ratio", Kinds.Range, "output_ratio must be between 0 and 1 (got 1.5)", s =>
            new FractionalMaxPool2d(2, outputRatio: [1.5]) },
        { "S39", Kinds.Shape, "Using a target size (torch.Size([2])) that is different to the input size (torch.Size([2, 1]))", s =>
            new MSELoss().Call(s.F(2, 1), s.F(2)) },
        { "S40", Kinds.Shape, "Expected input batch_size (2) to match target batch_size (1).", s =>
            new CrossEntropyLoss().Call(s.F(2, 3), s.Of(DType.Int64, 1)) },
        { "reduction", Kinds.Range, "batchmean is not a valid value for reduction", s =>
            new MSELoss(Reduction.BatchMean).Call(s.F(2), s.F(2)) },
        { "multi margin p", Kinds.Range, "only p == 1 and p == 2 supported", s => new MultiMarginLoss(3) },
        { "multi margin weight", Kinds.Shape, "MultiMarginLoss: expected weight to be None or 1D tensor, got 2D instead", s =>
            new MultiMarginLoss(weight: s.F(2, 2)) },
        { "triplet margin", Kinds.Range, "TripletMarginLoss: expected margin to be greater than 0, got 0 instead", s =>
            new TripletMarginLoss(0) },
        { "cutoffs", Kinds.Argument, "cutoffs should be a sequence of unique, positive integers sorted in an increasing order", s =>
            new AdaptiveLogSoftmaxWithLoss(4, 5, [3, 2]) },
        { "no cutoffs", Kinds.Argument, "cutoffs should be a sequence of length larger than 0", s =>
            new AdaptiveLogSoftmaxWithLoss(4, 5, []) },
        { "adaptive target", Kinds.Range, "Target values should be in [0, 4], but values in range [0, 7] were found.", s =>
            Still(s, new AdaptiveLogSoftmaxWithLoss(4, 5, [2])).Call(s.F(2, 4), Tensor.From([0L, 7])) },
        { "fans", Kinds.Shape, "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions", s =>
            Init.XavierUniform_(s.F(3)) },
        { "gain", Kinds.Argument, "Unsupported nonlinearity swish", s => Init.CalculateGain("swish") },
        { "eye", Kinds.Shape, "Only tensors with 2 dimensions are supported", s => Init.Eye_(s.F(3)) },
        { "dirac", Kinds.Shape, "Only tensors with 3, 4, or 5 dimensions are supported", s => Init.Dirac_(s.F(3, 3)) },
        { "dirac groups", Kinds.Shape, "dim 0 must be divisible by groups", s => Init.Dirac_(s.F(3, 3, 3), 2) },
        { "orthogonal", Kinds.Shape, "Only tensors with 2 or more dimensions are supported", s => Init.Orthogonal_(s.F(3)) },
    };

    /// <summary>A new module draws numbers, which the table would take for a change.</summary>
    private static T Still<T>(Scene s, T module) where T : Module
    {
        s.Ready();
        return module;
    }

    public static TheoryData<string> Rows => Table.Errors;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);

    [Fact]
    public void A_failed_batch_is_not_counted()
    {
        BatchNorm1d norm = new(3);
        Assert.Throws<ShapeException>(() => norm.Call(Tensor.Ones(1, 3)));
        Assert.Throws<ShapeException>(() => norm.Call(Tensor.Ones(2, 4)));
        Assert.Equal(0, norm.NumBatchesTracked!.Item());
    }

    [Fact]
    public void A_linear_map_of_nothing_is_the_bias()
    {
        Linear layer = new(0, 2);
        Assert.Equal([0f, 0, 0, 0], layer.Call(Tensor.Zeros(2, 0)).ToArray<float>());
    }
}
