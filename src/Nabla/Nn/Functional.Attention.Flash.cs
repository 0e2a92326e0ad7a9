namespace Nabla;

internal static partial class Ops
{
    /// <summary>softmax(Q Kᵀ scale + mask) V for heads, [batch, head, row, column], of one width, and the logarithm of each row's sum; an
    /// optional mask has the shape of the weights and no gradient.</summary>
    public readonly record struct FlashAttention(bool Causal, double Scale) : IOp<FlashAttention>
    {
        static string IOperation<FlashAttention>.NodeName(FlashAttention op) => "ScaledDotProductFlashAttentionForCpuBackward0";
        static bool IOp<FlashAttention>.DifferentiableOutput(FlashAttention op, int i) => i == 0;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => Kernels.Attention.Forward(x[0], x[1], x[2], Mask(x), Causal, Scale);

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            (Tensor q, Tensor k, Tensor v, Tensor d) = (x[0], x[1], x[2], g[0]!);
            if (Plain(q, k, v, d))
            {
                (into[0], into[1], into[2]) = Kernels.Attention.Backward(q, k, v, Mask(x), y[0], y[1], d, Causal, Scale);
                return;
            }
            Tensor p = Weights(x);
            Tensor s = Functional.SoftmaxSlope(p, d.MatMul(v.Transpose(-2, -1))) * Scale;
            if (into.Needs(0)) into[0] = s.MatMul(k);
            if (into.Needs(1)) into[1] = s.Transpose(-2, -1).MatMul(q);
            if (into.Needs(2)) into[2] = p.Transpose(-2, -1).MatMul(d);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            (Tensor q, Tensor k, Tensor v, Tensor p) = (x[0], x[1], x[2], Weights(x));
            Tensor? s = Both(t[0]?.MatMul(k.Transpose(-2, -1)), t[1] is { } u ? q.MatMul(u.Transpose(-2, -1)) : null);
            Tensor? weights = s is null ? null : Functional.SoftmaxSlope(p, s * Scale).MatMul(v);
            return [Both(weights, t[2] is { } w ? p.MatMul(w) : null), null];
        }

        private Tensor Weights(ReadOnlySpan<Tensor> x) => Functional.AttentionWeights(x[0], x[1], Mask(x), Causal, Scale);

        /// <summary>The mask, which has no gradient. One that was not kept fails here, and is not taken for none.</summary>
        private static Tensor? Mask(ReadOnlySpan<Tensor> x) => x.Length > 3 ? x[3].Detach() : null;
    }
}

public static partial class Functional
{
    /// <summary>The derivative of a softmax p along s: p (s - Σ p s).</summary>
    internal static Tensor SoftmaxSlope(Tensor p, Tensor s) => p * (s - (p * s).Sum(-1, keepDim: true));

    /// <summary>Whether attention runs without the matrix of weights, where PyTorch's does: the result's node tells.</summary>
    private static bool TakesFlash(Tensor q, Tensor k, Tensor v, Tensor? mask)
    {
        if (q.Rank != 4 || k.Rank != 4 || v.Rank != 4 || q.wrap is not null || k.wrap is not null || v.wrap is not null) return false;
        (long[] a, long[] b, long[] c) = (q.layout.shape, k.layout.shape, v.layout.shape);
        if (a[0] != b[0] || a[0] != c[0] || a[1] != b[1] || a[1] != c[1] || a[3] != b[3] || a[3] != c[3]) return false;
        if (q.layout.Count == 0 || k.layout.Count == 0) return false;
        if (q.layout.strides[3] != 1 || k.layout.strides[3] != 1 || v.layout.strides[3] != 1) return false;
        if (mask is null) return true;
        if (mask.Rank is not (2 or 4) || mask.RequiresGrad || mask.wrap is not null) return false;
        long[] m = mask.layout.shape;
        return (m[^1] == 1 || m[^1] == b[2]) && (m[^2] == 1 || m[^2] == a[2])
            && (m.Length == 2 || ((m[0] == 1 || m[0] == a[0]) && (m[1] == 1 || m[1] == a[1])));
    }

    private static Tensor Flash(Tensor q, Tensor k, Tensor v, Tensor? mask, bool causal, double scale)
    {
        Ops.FlashAttention op = new(causal, scale);
        if (mask is null) return Op.Apply(op, q, k, v)[0];
        Tensor added = mask.dtype == DType.Bool
            ? Tensor.Zeros(mask.Shape, q.dtype).MaskedFill(mask.LogicalNot(), double.NegativeInfinity)
            : mask.To(q.dtype);
        return Op.Apply(op, q, k, v, added.Expand([q.Size(0), q.Size(1), q.Size(2), k.Size(2)]))[0];
    }
}
