namespace Nabla.Registry;

internal static class AttentionRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("nn.functional.scaled_dot_product_attention", c => Functional.ScaledDotProductAttention(c.T(0), c.T(1), c.T(2),
            c.OptT(3, "attn_mask"), c.Double(4, "dropout_p", 0), c.Bool(5, "is_causal", false), c.OptNumber(6, "scale")?.ToDouble(),
            c.Bool(7, "enable_gqa", false)))
        {
            Covers = ["FlashAttention"],
            Samples = () =>
            [
                new([In.Real(2, 3, 4), In.Real2(2, 5, 4), In.Unit(2, 5, 2)]),
                new([In.Real(3, 4), In.Real2(3, 4), In.Unit(3, 4), null, 0.0, true]),
                new([In.Real(2, 3, 4), In.Real2(2, 5, 4), In.Unit(2, 5, 2), Rows(3, 5), 0.0, false, 0.3]),
                new([In.Real(1, 2, 2, 3), In.Real2(1, 2, 4, 3), In.Unit(1, 2, 4, 3), In.Real(2, 4)]),
                new([In.Real(1, 4, 2, 3), In.Real2(1, 2, 4, 3), In.Unit(1, 2, 4, 3)], With("enable_gqa", true)),
                new([In.Real(2, 2, 3, 4), In.Real2(2, 2, 3, 4), In.Unit(2, 2, 3, 4), null, 0.0, true]),
                new([In.Real(2, 1, 3, 2), In.Real2(2, 1, 5, 2), In.Unit(2, 1, 5, 2), Rows(3, 5), 0.0, false, 0.3]),
                new([In.Real(1, 2, 2, 3), In.Real2(1, 2, 4, 3), In.Unit(1, 2, 4, 3), In.Const(In.Real(1, 2, 2, 4))]),
                new([In.Real(2, 3, 4), In.Real2(2, 0, 4), In.Unit(2, 0, 2)]), new([In.Real(0, 3, 4), In.Real2(0, 2, 4), In.Unit(0, 2, 2)]),
            ],
            Errors =
            [
                (() => Functional.ScaledDotProductAttention(In.Real(2, 3, 4), In.Real(2, 5, 4), In.Real(2, 5, 6), In.Mask(3, 5),
                    isCausal: true),
                    typeof(ArgumentException), "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True"),
                (() => Functional.ScaledDotProductAttention(In.Real(4), In.Real(5, 4), In.Real(5, 4)), typeof(ShapeException),
                    "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: 1 key.dim: 2 and value.dim: 2"),
                (() => Functional.ScaledDotProductAttention(In.Real(3, 4), In.Real(5, 4).To(DType.Float32), In.Real(5, 4)),
                    typeof(DTypeException), "Expected query, key, and value to have the same dtype, but got query.dtype: double " +
                    "key.dtype: float and value.dtype: double instead."),
                (() => Functional.ScaledDotProductAttention(In.Real(3, 4), In.Real(5, 4), In.Real(5, 4), In.Index(2, 3, 5)),
                    typeof(DTypeException), "Expected attn_mask dtype to be bool or float or to match query dtype, but got " +
                    "attn_mask.dtype: long int and  query.dtype: double instead."),
                (() => Functional.ScaledDotProductAttention(In.Real(3, 4), In.Real(5, 4), In.Real(5, 4), dropoutP: 1.5),
                    typeof(ArgumentOutOfRangeException), "dropout probability has to be between 0 and 1, but got 1.5"),
                (() => Functional.ScaledDotProductAttention(In.Real(4, 3, 4), In.Real(3, 5, 4), In.Real(3, 5, 4), enableGqa: true),
                    typeof(ShapeException), "Number of heads in key and value must divide the number of heads in"),
            ],
        },
        new("nn.functional.multi_head_attention_forward", Heads)
        {
            Samples = () =>
            [
                new(Args(In.Real(3, 2, 4), In.Real2(3, 2, 4), In.Unit(3, 2, 4), In.Unit(12, 4), In.Real(12), null, null, false)),
                new(Args(In.Real(3, 4), In.Real2(2, 4), In.Unit(2, 4), In.Unit(12, 4), null, In.Real(1, 1, 4), In.Unit(1, 1, 4), true),
                    With("attn_mask", In.Const(In.Real(3, 2)), "key_padding_mask", Tensor.From([false, true]),
                        "average_attn_weights", false)),
                new(Args(In.Real(3, 2, 4), In.Real2(2, 2, 3), In.Unit(2, 2, 2), null, In.Real(12), null, null, false),
                    With("use_separate_proj_weight", true, "q_proj_weight", In.Unit(4, 4), "k_proj_weight", In.Unit(4, 3), "v_proj_weight",
                        In.Unit(4, 2), "need_weights", false, "key_padding_mask", Rows(2, 2))),
                new(Args(In.Real(3, 2, 4), In.Real2(3, 2, 4), In.Unit(3, 2, 4), In.Unit(12, 4), In.Real(12), null, null, false),
                    With("static_k", In.Real(4, 5, 2), "static_v", In.Unit(4, 5, 2))),
                new(Args(In.Real(3, 2, 4), In.Real2(3, 2, 4), In.Unit(3, 2, 4), In.Unit(12, 4), In.Real(12), null, null, false),
                    With("is_causal", true, "need_weights", false, "attn_mask", Tensor.Ones([3, 3], DType.Bool).Triu(1))),
            ],
            Errors =
            [
                (() => Simple(In.Real(3, 2, 5), 5, 2), typeof(ShapeException), "embed_dim 5 not divisible by num_heads 2"),
                (() => Simple(In.Real(3, 2, 4), 5, 2), typeof(ShapeException), "was expecting embedding dimension of 5, but got 4"),
                (() => Simple(In.Real(4), 4, 2), typeof(ShapeException),
                    "query should be unbatched 2D or batched 3D tensor but received 1-D query tensor"),
                (() => Simple(In.Real(3, 2, 4), 4, 2, mask: In.Mask(3, 4)), typeof(ShapeException),
                    "The shape of the 2D attn_mask is torch.Size([3, 4]), but should be (3, 3)."),
                (() => Simple(In.Real(3, 2, 4), 4, 2, mask: In.Index(2, 3, 3)), typeof(DTypeException),
                    "only bool and floating types of attn_mask are supported"),
                (() => Simple(In.Real(3, 2, 4), 4, 2, padding: In.Mask(3, 3)), typeof(ShapeException),
                    "Expected key_padded_mask.shape[0] to be 2, but got 3"),
                (() => Simple(In.Real(3, 2, 4), 4, 2, causal: true), typeof(ArgumentException),
                    "Need attn_mask if specifying the is_causal hint."),
            ],
        },
    ];

    private static object Heads(Call c)
    {
        (Tensor y, Tensor? w) = Functional.MultiHeadAttentionForward(c.T(0), c.T(1), c.T(2), c.Long(3, "embed_dim_to_check"),
            c.Int(4, "num_heads"), c.OptT(5, "in_proj_weight"), c.OptT(6, "in_proj_bias"), c.OptT(7, "bias_k"), c.OptT(8, "bias_v"),
            c.Bool(9, "add_zero_attn", false), c.Double(10, "dropout_p", 0), c.T(11, "out_proj_weight"), c.OptT(12, "out_proj_bias"),
            c.Bool(13, "training", true), c.OptT(14, "key_padding_mask"), c.Bool(15, "need_weights", true), c.OptT(16, "attn_mask"),
            c.Bool(17, "use_separate_proj_weight", false), c.OptT(18, "q_proj_weight"), c.OptT(19, "k_proj_weight"),
            c.OptT(20, "v_proj_weight"), c.OptT(21, "static_k"), c.OptT(22, "static_v"), c.Bool(23, "average_attn_weights", true),
            c.Bool(24, "is_causal", false));
        return w is null ? y : (y, w);
    }

    private static object?[] Args(Tensor q, Tensor k, Tensor v, Tensor? weight, Tensor? bias, Tensor? biasK, Tensor? biasV, bool zero) =>
        [q, k, v, 4L, 2L, weight, bias, biasK, biasV, zero, 0.0, In.Unit(4, 4), In.Real2(4)];

    private static Tensor Simple(Tensor x, long width, int heads, Tensor? mask = null, Tensor? padding = null, bool causal = false)
    {
        long e = x.Size(-1);
        return Functional.MultiHeadAttentionForward(x, x, x, width, heads, In.Unit(3 * e, e), null, null, null, false, 0, In.Unit(e, e),
            null, attnMask: mask, keyPaddingMask: padding, isCausal: causal).Output;
    }

    /// <summary>A mask with a row of each kind, one of them all false.</summary>
    private static Tensor Rows(long n, long m) => Tensor.Arange(n * m).Remainder(3).Eq(0).Reshape(new Shape([n, m]))
        .LogicalAnd(Tensor.Arange(n).Ne(1).Unsqueeze(-1));

    private static Dictionary<string, object?> With(params object?[] pairs)
    {
        Dictionary<string, object?> kwargs = [];
        for (int i = 0; i < pairs.Length; i += 2) kwargs[(string)pairs[i]!] = pairs[i + 1];
        return kwargs;
    }
}
