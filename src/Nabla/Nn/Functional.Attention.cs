using Nabla.Amp;

namespace Nabla;

public static partial class Functional
{
    /// <summary>softmax(Q Kᵀ · scale + mask) V over the last two dimensions.</summary>
    /// <param name="query">Q: [..., L, E].</param>
    /// <param name="key">K: [..., S, E].</param>
    /// <param name="value">V: [..., S, F].</param>
    /// <param name="attnMask">Broadcast to [..., L, S]: bool, true where Q may attend, or numbers that are added.</param>
    /// <param name="dropoutP">The probability with which a weight is dropped; it is used whenever it is positive.</param>
    /// <param name="isCausal">Row i attends to the first i + 1 positions only.</param>
    /// <param name="scale">1 / √E by default.</param>
    /// <param name="enableGqa">Groups of heads of Q, at dimension -3, share one head of K and V.</param>
    /// <param name="generator">The source of the dropout; <see cref="Generator.Default"/> by default.</param>
    /// <returns>[..., L, F]; zeros for a row without any position. float16 and bfloat16 are computed in float32.</returns>
    /// <remarks>A. Vaswani et al., Attention Is All You Need, 2017.</remarks>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ, or are not floating point.</exception>
    /// <exception cref="ArgumentException">Both a mask and causality are asked for.</exception>
    public static Tensor ScaledDotProductAttention(Tensor query, Tensor key, Tensor value, Tensor? attnMask = null, double dropoutP = 0,
        bool isCausal = false, double? scale = null, bool enableGqa = false, Generator? generator = null)
    {
        using AutocastCall call = Autocast.Lower(ref query, ref key, ref attnMask);
        value = call.Lower(value);
        CheckAttention(query, key, value, attnMask, isCausal);
        DType wide = query.dtype.Accumulator();
        (Tensor q, Tensor k, Tensor v) = (query.To(wide), key.To(wide), value.To(wide));
        if (enableGqa) (k, v) = (Shared(k, q), Shared(v, q));
        double factor = scale ?? 1 / Math.Sqrt(query.Size(-1));
        if (dropoutP == 0 && !enableGqa && TakesFlash(q, k, v, attnMask)) return Flash(q, k, v, attnMask, isCausal, factor).To(query.dtype);
        Tensor weights = AttentionWeights(q, k, attnMask, isCausal, factor);
        // All that can fail comes before the generator moves on.
        Kernels.Broadcast.Of(new Layout(weights.layout.shape[..^2]), new Layout(v.layout.shape[..^2]), "scaled_dot_product_attention");
        if (dropoutP > 0) weights = Dropout(weights, dropoutP, generator: generator);
        return weights.MatMul(v).To(query.dtype);
    }

    /// <summary>softmax(Q Kᵀ scale + mask).</summary>
    internal static Tensor AttentionWeights(Tensor q, Tensor k, Tensor? mask, bool causal, double scale)
    {
        Tensor scores = (q * scale).MatMul(k.Transpose(-2, -1));
        if (causal) scores = scores.MaskedFill(Tensor.Ones([q.Size(-2), k.Size(-2)], DType.Bool).Triu(1), double.NegativeInfinity);
        return mask is null ? scores.Softmax(-1) : Masked(scores, mask);
    }

    /// <summary>The softmax of masked scores; rows without any position are zeros.</summary>
    private static Tensor Masked(Tensor scores, Tensor mask)
    {
        scores = mask.dtype == DType.Bool ? scores.MaskedFill(mask.LogicalNot(), double.NegativeInfinity)
            : (scores + mask).To(scores.dtype);
        Tensor nowhere = scores.Detach().Eq(double.NegativeInfinity).All(-1, keepDim: true);
        return scores.MaskedFill(nowhere, 0).Softmax(-1).MaskedFill(nowhere, 0);
    }

    private static Tensor Shared(Tensor t, Tensor q)
    {
        long heads = q.Size(-3), own = t.Size(-3);
        if (own == heads) return t;
        if (own == 0 || heads % own != 0) Throw.Shapes("Number of heads in key and value must divide the number of heads in query: the " +
            $"query has {heads} heads, a key or value {own}.");
        return t.RepeatInterleave(heads / own, -3);
    }

    private static void CheckAttention(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal)
    {
        if (q.dtype != k.dtype || q.dtype != v.dtype) Throw.Types("Expected query, key, and value to have the same dtype, but got " +
            $"query.dtype: {q.dtype.NativeName()} key.dtype: {k.dtype.NativeName()} and value.dtype: {v.dtype.NativeName()} instead.");
        if (q.Rank < 2 || k.Rank < 2 || v.Rank < 2) Throw.Shapes("Expected query, key, and value to all be  at least 2 dimensional, " +
            $"but got query.dim: {q.Rank} key.dim: {k.Rank} and value.dim: {v.Rank} instead.");
        if (k.Size(-2) != v.Size(-2)) Throw.Shapes("Expected size for first two dimensions of batch2 tensor to be: " +
            $"[{k.Size(-2)}, ...] but got: [{v.Size(-2)}, ...]: the key has shape {k.Shape}, the value {v.Shape}.");
        if (!q.dtype.IsFloatingPoint()) Throw.Types($"expected scalar type Float but found {q.dtype.ScalarName()}: " +
            "scaled_dot_product_attention needs floating-point operands.");
        if (mask is null) return;
        if (mask.dtype != DType.Bool && mask.dtype != DType.Float32 && mask.dtype != q.dtype)
            Throw.Types("Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: " +
                $"{mask.dtype.NativeName()} and  query.dtype: {q.dtype.NativeName()} instead.");
        if (causal) throw new ArgumentException("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True",
            nameof(mask));
    }
}
