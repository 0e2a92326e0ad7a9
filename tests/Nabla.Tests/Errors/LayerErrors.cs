using F = Nabla.Functional;

namespace Nabla.Tests.Errors;

/// <summary>Sizes that convolution, pooling, normalisation and attention do not accept.</summary>
[Collection(ErrorCollection.Name)]
public sealed class LayerErrors
{
    public static readonly ErrorTable Table = new()
    {
        { "S28", Kinds.Shape, "Given groups=1, weight of size [4, 3, 3, 3], expected input[1, 2, 5, 5] to have 3 channels, but got 2 " +
            "channels instead", s => F.Conv2d(s.F(1, 2, 5, 5), s.F(4, 3, 3, 3)) },
        { "S29 kernel", Kinds.Shape, "Calculated padded input size per channel: (2 x 2). Kernel size: (3 x 3). Kernel size can't be " +
            "greater than actual input size", s => F.Conv2d(s.F(1, 3, 2, 2), s.F(4, 3, 3, 3)) },
        { "S29 pool", Kinds.Shape, "Given input size: (3x2x2). Calculated output size: (3x0x0). Output size is too small", s =>
            F.MaxPool2d(s.F(1, 3, 2, 2), 3) },
        { "S29 mean", Kinds.Shape, "Given input size: (3x2x2). Calculated output size: (3x0x0). Output size is too small", s =>
            F.AvgPool2d(s.F(1, 3, 2, 2), 3) },
        { "S30 stride", Kinds.Range, "non-positive stride is not supported", s =>
            F.Conv2d(s.F(1, 3, 5, 5), s.F(4, 3, 3, 3), stride: 0) },
        { "S30 dilation", Kinds.Range, "dilation should be greater than zero", s =>
            F.Conv2d(s.F(1, 3, 5, 5), s.F(4, 3, 3, 3), dilation: 0) },
        { "S30 padding", Kinds.Range, "negative padding is not supported", s =>
            F.Conv2d(s.F(1, 3, 5, 5), s.F(4, 3, 3, 3), padding: -1) },
        { "S30 groups", Kinds.Range, "non-positive groups is not supported", s =>
            F.Conv2d(s.F(1, 3, 5, 5), s.F(4, 3, 3, 3), groups: 0) },
        { "S30 channels", Kinds.Shape, "Given groups=2, weight of size [4, 3, 3, 3], expected input[1, 3, 5, 5] to have 6 channels, " +
            "but got 3 channels instead", s => F.Conv2d(s.F(1, 3, 5, 5), s.F(4, 3, 3, 3), groups: 2) },
        { "S30 transposed", Kinds.Range, "non-positive stride is not supported", s =>
            F.ConvTranspose2d(s.F(1, 3, 5, 5), s.F(3, 4, 3, 3), stride: 0) },
        { "S31", Kinds.Range, "stride should not be zero", s => F.MaxPool2d(s.F(1, 3, 5, 5), 0) },
        { "S31 mean", Kinds.Range, "stride should not be zero", s => F.AvgPool2d(s.F(1, 3, 5, 5), 0) },
        { "S34", Kinds.Shape, "Given normalized_shape=[4], expected input with shape [*, 4], but got input of size[2, 3]", s =>
            F.LayerNorm(s.F(2, 3), 4) },
        { "S35", Kinds.Shape, "running_mean should contain 3 elements not 4", s => F.BatchNorm(s.F(2, 3), s.F(4), s.F(4)) },
        { "S36", Kinds.Shape, "Expected more than 1 value per channel when training, got input size torch.Size([1, 3])", s =>
            F.BatchNorm(s.F(1, 3), null, null, training: true) },
        { "S38 sizes", Kinds.Shape, "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 5].", s =>
            F.ScaledDotProductAttention(s.F(2, 3, 4), s.F(2, 3, 5), s.F(2, 3, 5)) },
        { "S38 mask", Kinds.Shape, "The size of tensor a (3) must match the size of tensor b (7) at non-singleton dimension 2", s =>
            F.ScaledDotProductAttention(s.F(2, 3, 4), s.F(2, 3, 4), s.F(2, 3, 4), attnMask: s.F(7, 7)) },
        { "S38 mask dtype", Kinds.DType, "Expected attn_mask dtype to be bool or float or to match query dtype, but got " +
            "attn_mask.dtype: long int and  query.dtype: float instead.", s => F.ScaledDotProductAttention(s.F(2, 3, 4), s.F(2, 3, 4),
            s.F(2, 3, 4), attnMask: s.Of(DType.Int64, 3, 3)) },
    };

    public static TheoryData<string> Rows => Table.Errors;

    [Theory, MemberData(nameof(Rows))]
    public void Fails_clearly_and_changes_nothing(string row) => Table.Check(row);
}
