using Nabla.Amp;

namespace Nabla;

public static partial class Functional
{
    /// <summary>
    /// Attention of several heads: Q, K and V are projected, each head attends with its part of them, and the heads' results are projected
    /// together.
    /// </summary>
    /// <param name="query">[L, N, E], or [L, E] for a single item.</param>
    /// <param name="key">[S, N, Ek], or [S, Ek].</param>
    /// <param name="value">[S, N, Ev], or [S, Ev].</param>
    /// <param name="embedDimToCheck">E.</param>
    /// <param name="numHeads">Divides E.</param>
    /// <param name="inProjWeight">The three projections, one below the other: [3 E, E].</param>
    /// <param name="inProjBias">[3 E].</param>
    /// <param name="biasK">[1, 1, E]: one more position of the projected key.</param>
    /// <param name="biasV">[1, 1, E]: and of the value.</param>
    /// <param name="addZeroAttn">One more position of zeros.</param>
    /// <param name="dropoutP">The probability with which a weight is dropped in training.</param>
    /// <param name="outProjWeight">[E, E].</param>
    /// <param name="outProjBias">[E].</param>
    /// <param name="training">Whether weights are dropped.</param>
    /// <param name="keyPaddingMask">[N, S] or [S]: bool, true for positions to leave out, or numbers that are added.</param>
    /// <param name="needWeights">Also return the weights.</param>
    /// <param name="attnMask">[L, S] or [N · heads, L, S]: bool, true for positions to leave out, or numbers that are added.</param>
    /// <param name="useSeparateProjWeight">Use the three following weights instead of one.</param>
    /// <param name="qProjWeight">[E, E].</param>
    /// <param name="kProjWeight">[E, Ek].</param>
    /// <param name="vProjWeight">[E, Ev].</param>
    /// <param name="staticK">[N · heads, S, E / heads]: replaces the projected key.</param>
    /// <param name="staticV">[N · heads, S, E / heads]: replaces the projected value.</param>
    /// <param name="averageAttnWeights">Return the mean of the heads' weights.</param>
    /// <param name="isCausal">attnMask, which must be given, is the causal one.</param>
    /// <returns>[L, N, E] or [L, E]; and the weights, [N, L, S] or [L, S], with a dimension of heads if not averaged.</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="DTypeException">A mask is neither bool nor floating point.</exception>
    /// <exception cref="ArgumentException">Something needed is missing.</exception>
    public static (Tensor Output, Tensor? Weights) MultiHeadAttentionForward(Tensor query, Tensor key, Tensor value, long embedDimToCheck,
        int numHeads, Tensor? inProjWeight, Tensor? inProjBias, Tensor? biasK, Tensor? biasV, bool addZeroAttn, double dropoutP,
        Tensor outProjWeight, Tensor? outProjBias, bool training = true, Tensor? keyPaddingMask = null, bool needWeights = true,
        Tensor? attnMask = null, bool useSeparateProjWeight = false, Tensor? qProjWeight = null, Tensor? kProjWeight = null,
        Tensor? vProjWeight = null, Tensor? staticK = null, Tensor? staticV = null, bool averageAttnWeights = true, bool isCausal = false)
    {
        bool batched = CheckHeads(query, key, value, keyPaddingMask, attnMask, numHeads);
        (Tensor x, Tensor y, Tensor z) = (query, key, value);
        if (!batched)
        {
            x = query.Unsqueeze(1);
            y = ReferenceEquals(key, query) ? x : key.Unsqueeze(1);
            z = ReferenceEquals(value, key) ? y : value.Unsqueeze(1);
            keyPaddingMask = keyPaddingMask?.Unsqueeze(0);
        }
        long length = x.Size(0), items = x.Size(1), width = x.Size(2), head = width / Math.Max(1, numHeads), source = y.Size(0);
        Tensor? padding = Additive(keyPaddingMask, "key_padding_mask", query.dtype);
        if (isCausal && attnMask is null) throw new ArgumentException("Need attn_mask if specifying the is_causal hint. You may use the " +
            "Transformer module method `generate_square_subsequent_mask` to create this mask.", nameof(attnMask));
        bool causal = isCausal && padding is null && !needWeights;
        Tensor? mask = causal ? null : Additive(attnMask, "attn_mask", query.dtype);
        if (width != embedDimToCheck) Throw.Shapes($"was expecting embedding dimension of {embedDimToCheck}, but got {width}");
        if (numHeads <= 0 || head * numHeads != width) Throw.Shapes($"embed_dim {width} not divisible by num_heads {numHeads}");
        (Tensor q, Tensor k, Tensor v) = useSeparateProjWeight
            ? Separate(x, y, z, qProjWeight, kProjWeight, vProjWeight, inProjBias)
            : Packed(x, y, z, inProjWeight, inProjBias);
        mask = CheckMask(mask, length, source, items * numHeads);

        if ((biasK is null) != (biasV is null)) throw new ArgumentException("bias_k and bias_v must be given together.");
        if (biasK is not null && biasV is not null)
        {
            if (staticK is not null) throw new ArgumentException("bias cannot be added to static key.", nameof(staticK));
            if (staticV is not null) throw new ArgumentException("bias cannot be added to static value.", nameof(staticV));
            k = Tensor.Cat([k, biasK.Repeat(new Shape([1, items, 1]))]);
            v = Tensor.Cat([v, biasV.Repeat(new Shape([1, items, 1]))]);
            (mask, padding) = (mask?.ConstantPadNd((0, 1)), padding?.ConstantPadNd((0, 1)));
        }
        long rows = items * numHeads;
        Tensor Split(Tensor t) => t.Reshape(new Shape([t.Size(0), rows, head])).Transpose(0, 1);
        q = Split(q);
        k = staticK is null ? Split(k) : CheckStatic("static_k", staticK, rows, head);
        v = staticV is null ? Split(v) : CheckStatic("static_v", staticV, rows, head);
        if (addZeroAttn)
        {
            k = Tensor.Cat([k, Tensor.Zeros([rows, 1, head], k.dtype)], 1);
            v = Tensor.Cat([v, Tensor.Zeros([rows, 1, head], v.dtype)], 1);
            (mask, padding) = (mask?.ConstantPadNd((0, 1)), padding?.ConstantPadNd((0, 1)));
        }
        source = k.Size(1);
        if (padding is not null)
        {
            CheckPaddingMask(padding, items, source);
            Tensor each = padding.Reshape(new Shape([items, 1, 1, source])).Expand(new Shape([items, numHeads, 1, source]))
                .Reshape(new Shape([rows, 1, source]));
            mask = mask is null ? each : mask + each;
        }
        CheckOutput(v, source, width, outProjWeight, outProjBias);
        double p = training ? dropoutP : 0;
        Tensor? weights = null;
        Tensor heads;
        if (needWeights)
        {
            Tensor scores = (q * Math.Sqrt(1.0 / head)).Bmm(k.Transpose(-2, -1));
            if (Autocast.IsEnabled) mask = mask?.To(scores.dtype);
            weights = (mask is null ? scores : mask + scores).Softmax(-1);
            if (p > 0) weights = Dropout(weights, p);
            heads = weights.Bmm(v);
            weights = weights.Reshape(new Shape([items, numHeads, length, source]));
            if (averageAttnWeights) weights = weights.Mean(1);
            if (!batched) weights = weights.Squeeze(0);
        }
        else
        {
            // One mask for all, or one for each item and head.
            if (mask is not null) mask = mask.Size(0) == 1 ? mask.Unsqueeze(0) : mask.Reshape(new Shape([items, numHeads, -1, source]));
            heads = ScaledDotProductAttention(Parts(q, length), Parts(k, source), Parts(v, source), mask, p, causal)
                .Reshape(new Shape([rows, length, head]));
            Tensor Parts(Tensor t, long n) => t.Reshape(new Shape([items, numHeads, n, head]));
        }
        Tensor joined = heads.Transpose(0, 1).Contiguous().Reshape(new Shape([length * items, width]));
        Tensor output = Linear(joined, outProjWeight, outProjBias);
        output = output.Reshape(new Shape([length, items, output.Size(1)]));
        return (batched ? output : output.Squeeze(1), weights);
    }

    private static bool CheckHeads(Tensor q, Tensor k, Tensor v, Tensor? padding, Tensor? mask, int heads)
    {
        if (q.Rank is not (2 or 3))
            Throw.Shapes($"query should be unbatched 2D or batched 3D tensor but received {q.Rank}-D query tensor");
        bool batched = q.Rank == 3;
        string given = batched ? "For batched (3-D) `query`" : "For unbatched (2-D) `query`";
        if (k.Rank != q.Rank || v.Rank != q.Rank)
            Throw.Shapes($"{given}, expected `key` and `value` to be {q.Rank}-D but found {k.Rank}-D and {v.Rank}-D tensors respectively");
        if (padding is not null && padding.Rank != q.Rank - 1) Throw.Shapes($"{given}, expected `key_padding_mask` to be `None` or " +
            $"{q.Rank - 1}-D but found {padding.Rank}-D tensor instead");
        if (mask is not null && mask.Rank is not (2 or 3))
            Throw.Shapes($"{given}, expected `attn_mask` to be `None`, 2-D or 3-D but found {mask.Rank}-D tensor instead");
        if (!batched && mask is { Rank: 3 } && mask.Shape != new Shape([heads, q.Size(0), k.Size(0)]))
            Throw.Shapes($"Expected `attn_mask` shape to be ({heads}, {q.Size(0)}, {k.Size(0)}) but got torch.Size({mask.Shape})");
        return batched;
    }

    /// <summary>A mask as numbers to add: -∞ where it is true.</summary>
    internal static Tensor? Additive(Tensor? mask, string name, DType dtype)
    {
        if (mask is null || mask.dtype.IsFloatingPoint()) return mask;
        if (mask.dtype != DType.Bool) Throw.Types($"only bool and floating types of {name} are supported: it is {mask.dtype.Name()}.");
        return Tensor.Zeros(mask.Shape, dtype).MaskedFill(mask, double.NegativeInfinity);
    }

    private static Tensor? CheckMask(Tensor? mask, long length, long source, long rows)
    {
        if (mask is null) return null;
        Shape shape = mask.Rank == 2 ? new([length, source]) : new([rows, length, source]);
        if (mask.Shape != shape) Throw.Shapes($"The shape of the {mask.Rank}D attn_mask is torch.Size({mask.Shape}), but should be " +
            $"({string.Join(", ", shape)}).");
        return mask.Rank == 2 ? mask.Unsqueeze(0) : mask;
    }

    private static void CheckPaddingMask(Tensor mask, long items, long source)
    {
        if (mask.Size(0) != items) Throw.Shapes($"Expected key_padded_mask.shape[0] to be {items}, but got {mask.Size(0)}");
        if (mask.Size(1) != source) Throw.Shapes($"Expected key_padded_mask.shape[1] to be {source}, but got {mask.Size(1)}");
    }

    private static Tensor CheckStatic(string name, Tensor t, long rows, long head)
    {
        if (t.Rank != 3) Throw.Shapes($"expecting {name} of shape [{rows}, positions, {head}], but got {t.Shape}");
        if (t.Size(0) != rows) Throw.Shapes($"expecting {name}.size(0) of {rows}, but got {t.Size(0)}");
        if (t.Size(2) != head) Throw.Shapes($"expecting {name}.size(2) of {head}, but got {t.Size(2)}");
        return t;
    }

    private static (Tensor Q, Tensor K, Tensor V) Packed(Tensor q, Tensor k, Tensor v, Tensor? weight, Tensor? bias)
    {
        if (k.Shape != v.Shape) Throw.Shapes($"key shape torch.Size({k.Shape}) does not match value shape torch.Size({v.Shape})");
        if (weight is null) throw new ArgumentException("use_separate_proj_weight is False but in_proj_weight is None", nameof(weight));
        long e = q.Size(-1);
        if (weight.Rank != 2 || weight.Size(0) != 3 * e)
            Throw.Shapes($"in_proj_weight must have shape [{3 * e}, {e}], but it has {weight.Shape}.");
        CheckBias(bias, e);
        if (ReferenceEquals(q, k) && ReferenceEquals(k, v))
        {
            Tensor all = Linear(q, weight, bias);
            return (all.Narrow(-1, 0, e), all.Narrow(-1, e, e), all.Narrow(-1, 2 * e, e));
        }
        Tensor Project(Tensor t, int i) => Linear(t, weight.Narrow(0, i * e, e), bias?.Narrow(0, i * e, e));
        return (Project(q, 0), Project(k, 1), Project(v, 2));
    }

    private static (Tensor Q, Tensor K, Tensor V) Separate(Tensor q, Tensor k, Tensor v, Tensor? qWeight, Tensor? kWeight, Tensor? vWeight,
        Tensor? bias)
    {
        if (k.Shape[..2] != v.Shape[..2]) Throw.Shapes($"key's sequence and batch dims torch.Size({k.Shape[..2]}) do not match value's " +
            $"torch.Size({v.Shape[..2]})");
        long e = q.Size(-1);
        CheckBias(bias, e);
        return (Project("q", "query", q, qWeight, 0), Project("k", "key", k, kWeight, 1), Project("v", "value", v, vWeight, 2));

        Tensor Project(string letter, string name, Tensor t, Tensor? weight, int i)
        {
            if (weight is null) throw new ArgumentException($"use_separate_proj_weight is True but {letter}_proj_weight is None");
            if (weight.Shape != new Shape([e, t.Size(-1)]))
                Throw.Shapes($"expecting {name} weights shape of ({e}, {t.Size(-1)}), but got torch.Size({weight.Shape})");
            return Linear(t, weight, bias?.Narrow(0, i * e, e));
        }
    }

    /// <summary>What would fail only after weights are dropped, and the generator has moved on.</summary>
    private static void CheckOutput(Tensor v, long source, long width, Tensor weight, Tensor? bias)
    {
        if (v.Size(1) != source) Throw.Shapes($"Expected size for first two dimensions of batch2 tensor to be: " +
            $"[{v.Size(0)}, {source}] but got: [{v.Size(0)}, {v.Size(1)}]: key and value differ in their number of positions.");
        if (weight.Rank != 2 || weight.Size(1) != width)
            Throw.Shapes($"out_proj_weight must have shape [{width}, {width}], but it has {weight.Shape}.");
        if (bias is not null && (bias.Rank != 1 || bias.Size(0) != weight.Size(0)))
            Throw.Shapes($"out_proj_bias must have shape [{weight.Size(0)}], but it has {bias.Shape}.");
        if (Autocast.IsEnabled) return;
        if (weight.dtype != v.dtype || (bias is not null && bias.dtype != v.dtype))
            Throw.Types($"expected m1 and m2 to have the same dtype, but got: {v.dtype.NativeName()} != {weight.dtype.NativeName()}: the " +
                "output projection and its bias have the value's dtype.");
    }

    private static void CheckBias(Tensor? bias, long e)
    {
        if (bias is not null && (bias.Rank != 1 || bias.Size(0) != 3 * e))
            Throw.Shapes($"in_proj_bias must have shape [{3 * e}], but it has {bias.Shape}.");
    }
}
