using Nabla.Amp;

namespace Nabla;

public static partial class Functional
{
    /// <summary>x where y is 1, max(0, margin - x) where y is -1.</summary>
    /// <param name="input">x.</param>
    /// <param name="target">y of 1 and -1, of the same shape.</param>
    /// <param name="margin">The margin.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="allowBroadcast">Let x and y have different shapes that broadcast.</param>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor HingeEmbeddingLoss(Tensor input, Tensor target, double margin = 1, Reduction reduction = Reduction.Mean,
        bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target);
        SameShape("hinge_embedding_loss", input, target, allowBroadcast);
        Tensor far = Tensor.Where(target.Ne(1), (margin - input).ClampMin(0), 0.0);
        return (far + Tensor.Where(target.Ne(-1), input, 0.0)).Reduced(reduction);
    }

    /// <summary>max(0, margin - y (x1 - x2)): x1 shall rank above x2 where y is 1, below where it is -1.</summary>
    /// <param name="input1">x1.</param>
    /// <param name="input2">x2, of the same shape.</param>
    /// <param name="target">y of 1 and -1, of the same shape.</param>
    /// <param name="margin">The margin.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor MarginRankingLoss(Tensor input1, Tensor input2, Tensor target, double margin = 0,
        Reduction reduction = Reduction.Mean,
        bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input1, ref input2);
        target = call.Raise(target);
        if (input1.NDim != input2.NDim || input1.NDim != target.NDim)
            Throw.Shapes("margin_ranking_loss : All input tensors should have same dimension but got sizes: " +
                $"input1: {input1.Shape}, input2: {input2.Shape}, target: {target.Shape} ");
        SameShape("margin_ranking_loss", input1, input2, allowBroadcast);
        SameShape("margin_ranking_loss", input1, target, allowBroadcast);
        return (-target * (input1 - input2) + margin).ClampMin(0).Reduced(reduction);
    }

    /// <summary>1 - cos(x1, x2) where y is 1, max(0, cos(x1, x2) - margin) where it is -1; cosines along the last dimension.</summary>
    /// <param name="input1">x1: [N, D] or [D].</param>
    /// <param name="input2">x2, of the same shape.</param>
    /// <param name="target">y of 1 and -1: [N] or [].</param>
    /// <param name="margin">The margin.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public static Tensor CosineEmbeddingLoss(Tensor input1, Tensor input2, Tensor target, double margin = 0,
        Reduction reduction = Reduction.Mean)
    {
        using AutocastCall call = Autocast.Raise(ref input1, ref input2);
        target = call.Raise(target);
        if (target.NDim > 1) Throw.Shapes("0D or 1D target tensor expected, multi-target not supported: the target has shape " +
            $"{target.Shape}.");
        int rank = target.NDim + 1;
        if (input1.NDim != rank || input2.NDim != rank)
            Throw.Shapes($"{target.NDim}D target tensor expects {rank}D input tensors, but found inputs with sizes {input1.Shape} and " +
                $"{input2.Shape}.");
        const double Epsilon = 1e-12f;
        Tensor product = (input1 * input2).Sum(-1);
        Tensor size = ((input1 * input1).Sum(-1) + Epsilon) * ((input2 * input2).Sum(-1) + Epsilon);
        Tensor cosine = product / size.Sqrt();
        Tensor near = Tensor.Where(target.Eq(1), 1.0 - cosine, 0.0), far = Tensor.Where(target.Eq(-1), (cosine - margin).ClampMin(0), 0.0);
        return (near + far).Reduced(reduction);
    }

    /// <summary>max(0, d(a, p) - d(a, n) + margin) with d(x, y) = ‖x - y + ε‖ₚ along the last dimension.</summary>
    /// <param name="anchor">a: [N, D] or [D].</param>
    /// <param name="positive">p, of the same rank.</param>
    /// <param name="negative">n, of the same rank.</param>
    /// <param name="margin">The margin, above 0.</param>
    /// <param name="p">The norm's order.</param>
    /// <param name="eps">ε, against a zero norm.</param>
    /// <param name="swap">Use d(p, n) where it is smaller than d(a, n).</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <exception cref="ArgumentOutOfRangeException">The margin is not positive.</exception>
    /// <exception cref="ShapeException">The numbers of dimensions differ.</exception>
    public static Tensor TripletMarginLoss(Tensor anchor, Tensor positive, Tensor negative, double margin = 1, double p = 2,
        double eps = 1e-6,
        bool swap = false, Reduction reduction = Reduction.Mean)
    {
        using AutocastCall call = Autocast.Raise(ref anchor, ref positive);
        negative = call.Raise(negative);
        return TripletMarginWithDistanceLoss(anchor, positive, negative, (x, y) => (x - y + eps).Norm(p, -1), margin, swap, reduction);
    }

    /// <summary>max(0, d(a, p) - d(a, n) + margin) for any distance d.</summary>
    /// <param name="anchor">a.</param>
    /// <param name="positive">p.</param>
    /// <param name="negative">n.</param>
    /// <param name="distance">d; by default ‖x - y + 1e-6‖₂ along the last dimension.</param>
    /// <param name="margin">The margin, above 0.</param>
    /// <param name="swap">Use d(p, n) where it is smaller than d(a, n).</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <exception cref="ArgumentOutOfRangeException">The margin is not positive.</exception>
    /// <exception cref="ShapeException">The numbers of dimensions differ.</exception>
    public static Tensor TripletMarginWithDistanceLoss(Tensor anchor, Tensor positive, Tensor negative, Func<Tensor, Tensor,
        Tensor>? distance = null,
        double margin = 1, bool swap = false, Reduction reduction = Reduction.Mean)
    {
        if (!(margin > 0)) Throw.Range(nameof(margin), margin, $"margin must be greater than 0, got {margin:0.0###############}");
        if (anchor.NDim != positive.NDim || anchor.NDim != negative.NDim)
            Throw.Shapes("The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: " +
                $"anchor {anchor.NDim}D, positive {positive.NDim}D, and negative {negative.NDim}D inputs");
        distance ??= static (x, y) => (x - y + 1e-6).Norm(2, -1);
        Tensor near = distance(anchor, positive), far = distance(anchor, negative);
        if (swap) far = far.Minimum(distance(positive, negative));
        return (near - far + margin).ClampMin(0).Reduced(reduction);
    }

    /// <summary>Σ w[t] max(0, margin - x[t] + x[c])^p / C over the classes c other than the target t.</summary>
    /// <param name="input">x: [N, C] or [C].</param>
    /// <param name="target">t, integers in [0, C): [N] or [].</param>
    /// <param name="p">1 or 2.</param>
    /// <param name="margin">The margin.</param>
    /// <param name="weight">w: one factor per class.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <exception cref="ArgumentOutOfRangeException">A target is not a class, or p is neither 1 nor 2.</exception>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    public static Tensor MultiMarginLoss(Tensor input, Tensor target, int p = 1, double margin = 1, Tensor? weight = null,
        Reduction reduction = Reduction.Mean)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target, ref weight);
        if (p is not (1 or 2)) Throw.Range(nameof(p), p, "only p == 1 and p == 2 supported");
        if (input.NDim == 0) input = input.Unsqueeze(0);
        if (input.NDim > 2) Throw.Shapes("multi_margin_loss: Expected non-empty vector or matrix with optional 0-dim batch size, but " +
            $"got: {input.Shape}");
        bool listed = target.NDim == 1 && input.NDim == 1 && target.Size(0) == 1;
        if (listed) target = target.Squeeze();
        CheckTarget("multi_margin_loss", input, target, weight);
        long classes = input.Size(-1);
        Tensor t = target.To(DType.Int64).Unsqueeze(-1);
        CheckClasses(t, classes);
        Tensor own = input.Gather(-1, t), z = margin - own + input;
        // The target's own term and those below the margin do not count; at the margin itself the gradient is 0.
        Tensor counts = (z.Detach().Gt(0) & Tensor.Arange(0, classes).Ne(t)).To(input.DType);
        Tensor terms = (p == 1 ? z : z * z) * counts;
        if (weight is not null) terms = terms * weight.Gather(0, t.Reshape([t.NumElements])).Reshape(t.Shape);
        Tensor loss = (terms.Sum(-1) / (double)classes).Reduced(reduction);
        return listed && reduction == Reduction.None ? loss.Unsqueeze(0) : loss;
    }

    /// <summary>Σ max(0, 1 - x[t] + x[c]) / C over the target classes t and all other classes c.</summary>
    /// <param name="input">x: [N, C] or [C].</param>
    /// <param name="target">t, of the same shape: the classes of each sample, ended by -1 where there are fewer than C.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <exception cref="ArgumentOutOfRangeException">A target is not a class.</exception>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public static Tensor MultilabelMarginLoss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target);
        SameShape("multilabel_margin_loss", input, target, false);
        if (input.NDim is 0 or > 2)
        {
            if (input.NDim > 0) Throw.Shapes($"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {input.Shape}");
            return MultilabelMarginLoss(input.Unsqueeze(0), target.Unsqueeze(0), reduction);
        }
        long classes = input.Size(-1);
        Tensor t = target.To(DType.Int64);
        // Targets count up to the first -1.
        Tensor valid = t.Ge(0).CumProd(-1).To(input.DType), places = Tensor.Where(valid.Ne(0), t, 0L);
        CheckClasses(places, classes);
        Tensor isTarget = Nabla.BilinearOp.Apply(new Ops.PutPlaces(-1, classes), valid, places).Gt(0);
        Tensor z = 1.0 - input.Gather(-1, places).Unsqueeze(-1) + input.Unsqueeze(-2);
        Tensor counts = z.Detach().Gt(0).To(input.DType) * valid.Unsqueeze(-1) * isTarget.LogicalNot().To(input.DType).Unsqueeze(-2);
        return ((z * counts).Sum([-1, -2]) / (double)classes).Reduced(reduction);
    }

    /// <summary>The mean over classes of -w (y log σ(x) + (1 - y) log(1 - σ(x))).</summary>
    /// <param name="input">x: [..., C].</param>
    /// <param name="target">y of 0 and 1, of the same shape.</param>
    /// <param name="weight">w: one factor per class.</param>
    /// <param name="reduction">What becomes of the samples' terms.</param>
    /// <param name="allowBroadcast">Let the shapes differ if they broadcast.</param>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor MultilabelSoftMarginLoss(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean,
        bool allowBroadcast = false)
    {
        SameShape("multilabel_soft_margin_loss", input, target, allowBroadcast);
        Tensor terms = ZipOp.Apply(new Ops.BinaryCrossEntropyWithLogits(), input, target);
        if (weight is not null) terms = terms * weight;
        return (terms.Sum(-1) / (double)input.Size(-1)).Reduced(reduction);
    }

    private static void CheckClasses(Tensor target, long classes)
    {
        if (target.wrap is not null) return;
        foreach (long t in target.ToArray<long>())
            if ((ulong)t >= (ulong)classes) Throw.Range(nameof(target), t, $"target out of range: {t} is not one of {classes} classes.");
    }
}
