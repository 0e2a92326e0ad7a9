using System.Numerics;
using System.Runtime.CompilerServices;
using Nabla.Amp;
using Nabla.Kernels;

namespace Nabla;

/// <summary>What becomes of a loss's single terms.</summary>
public enum Reduction
{
    /// <summary>They are the result.</summary>
    None,
    /// <summary>Their mean is the result.</summary>
    Mean,
    /// <summary>Their sum is the result.</summary>
    Sum,
    /// <summary>Their sum, divided by the size of the batch, is the result: the Kullback-Leibler divergence only.</summary>
    BatchMean,
}

internal static partial class Ops
{
    /// <summary>(x - y)²</summary>
    public readonly record struct MseLoss : IFloatZip<MseLoss>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run<SquaredDistanceZip, T>(x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => (d * 2.0) * (x - y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => (d * 2.0) * (y - x);
    }

    /// <summary>d² / (2 Beta) where |d| is below Beta, else |d| - Beta / 2, for d = x - y.</summary>
    public readonly record struct SmoothL1Loss(double Beta) : IFloatZip<SmoothL1Loss>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run(x, y, z, new SmoothL1Zip(Beta));

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * ZipOp.Apply(new BoundedDifference(Beta, 1), x, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * ZipOp.Apply(new BoundedDifference(Beta, 1), y, x);
    }

    /// <summary>d² / 2 where |d| is at most Delta, else Delta (|d| - Delta / 2), for d = x - y.</summary>
    public readonly record struct HuberLoss(double Delta) : IFloatZip<HuberLoss>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run(x, y, z, new HuberZip(Delta));

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * ZipOp.Apply(new BoundedDifference(1, Delta), x, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * ZipOp.Apply(new BoundedDifference(1, Delta), y, x);
    }

    /// <summary>(x - y) / Unit between -Limit and Limit: the slope of the losses above.</summary>
    public readonly record struct BoundedDifference(double Unit, double Limit) : IFloatZip<BoundedDifference>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new BoundedDifferenceLanes<T>(T.CreateTruncating(Unit), T.CreateTruncating(Limit)), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(new Inside(-Limit, Limit), d, (x - y) / Unit) / Unit;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => DiffX(-d, x, y, z);
    }

    private readonly struct BoundedDifferenceLanes<T>(T unit, T limit) : ILaneZip<T> where T : unmanaged, INumber<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) =>
            Vector.Min(Vector.Max((x - y) / Vector.Create(unit), Vector.Create(-limit)), Vector.Create(limit));
    }

    /// <summary>-(y log x + (1 - y) log(1 - x)), each logarithm at least -100.</summary>
    public readonly record struct BinaryCrossEntropy : IFloatZip<BinaryCrossEntropy>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T>
        {
            int n = Vector<T>.Count, i = 0;
            for (; x.Length - i >= n; i += n)
            {
                Vector<T> v = new(x[i..]);
                if (!Vector.GreaterThanOrEqualAll(v, Vector<T>.Zero) || !Vector.LessThanOrEqualAll(v, Vector<T>.One)) break;
            }
            for (; i < x.Length; i++) Check(x[i]);
            VectorZip.Run<BinaryCrossEntropyZip, T>(x, y, z);
        }

        private static void Check<T>(T x) where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (x >= T.Zero && x <= T.One) return;
            Throw.Range("input", double.CreateTruncating(x), "all elements of input should be between 0 and 1: binary_cross_entropy " +
                $"takes probabilities, and one is {x}. For logits use BinaryCrossEntropyWithLogits.");
        }

        // PyTorch's limit is a single-precision number, whatever the dtype: at 0 and 1 it decides the gradient's digits.
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * (x - y) / ((1.0 - x) * x).ClampMin(1e-12f);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * ((-x).Log1p() - x.Log());
    }

    /// <summary>(1 - y) x + log(1 + e^-x)</summary>
    public readonly record struct BinaryCrossEntropyWithLogits : IFloatZip<BinaryCrossEntropyWithLogits>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run<LogitsLossZip, T>(x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * (x.Sigmoid() - y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => -(d * x);
    }

    /// <summary>log(1 + e^(-y x))</summary>
    public readonly record struct SoftMarginLoss : IFloatZip<SoftMarginLoss>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (int i = 0; i < z.Length; i++)
            {
                T m = -y[i] * x[i];
                z[i] = T.Max(m, T.Zero) + T.LogP1(T.Exp(-T.Abs(m)));
            }
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => -(d * y) * (-(y * x)).Sigmoid();
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => -(d * x) * (-(y * x)).Sigmoid();
    }

    /// <summary>The mean or sum of a zip of two operands of one shape, over the last Rank dimensions, in one pass.</summary>
    public readonly record struct PairLoss<TZip>(TZip Loss, bool Mean, int Rank) : IOp<PairLoss<TZip>> where TZip : struct, IFloatZip<TZip>
    {
        static string IOperation<PairLoss<TZip>>.NodeName(PairLoss<TZip> op) => TZip.NodeName(op.Loss);
        static bool IOp<PairLoss<TZip>>.SavesOutput(PairLoss<TZip> op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Reduce.Pairs(Loss, x[0], x[1], Rank, Mean)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor d = Mean ? g[0]! / (double)Kernels.Reduce.Count(x[0].layout, Dims.All(Rank)) : g[0]!;
            if (d.Rank > 0) d = d.Spread(x[0].Shape, Dims.All(Rank), false);
            if (into.Needs(0)) into[0] = Loss.DiffX(d, x[0], x[1], null!);
            if (into.Needs(1)) into[1] = Loss.DiffY(d, x[0], x[1], null!);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? d = t[0] is { } s ? Loss.DiffX(s, x[0], x[1], null!) : null;
            if (t[1] is { } u) d = d is null ? Loss.DiffY(u, x[0], x[1], null!) : d + Loss.DiffY(u, x[0], x[1], null!);
            Dims dims = Dims.All(Rank);
            return [Rank == 0 ? d : Mean ? d!.Mean(dims) : d!.Sum(dims)];
        }
    }
}

/// <summary>Functions of <c>torch.nn.functional</c> that are not methods of tensors.</summary>
public static partial class Functional
{
    /// <summary>Squared error: (x - y)².</summary>
    /// <param name="input">x.</param>
    /// <param name="target">y, of the same shape.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="allowBroadcast">Let x and y have different shapes that broadcast.</param>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor MseLoss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target);
        return Pair(new Ops.MseLoss(), "mse_loss", input, target, reduction, allowBroadcast);
    }

    /// <summary>Absolute error: |x - y|. Its gradient is 0 where they are equal.</summary>
    /// <param name="input">x.</param>
    /// <param name="target">y, of the same shape.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="allowBroadcast">Let x and y have different shapes that broadcast.</param>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor L1Loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target);
        SameShape("l1_loss", input, target, allowBroadcast);
        return (input - target).Abs().Reduced(reduction);
    }

    /// <summary>Squared error near 0, absolute error beyond: d² / (2β) where |d| is below β, else |d| - β/2, for d = x - y.</summary>
    /// <param name="input">x.</param>
    /// <param name="target">y, of the same shape.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="beta">β; 0 gives <see cref="L1Loss"/>.</param>
    /// <param name="allowBroadcast">Let x and y have different shapes that broadcast.</param>
    /// <exception cref="ArgumentOutOfRangeException">β is negative.</exception>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor SmoothL1Loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, double beta = 1,
        bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target);
        if (!(beta >= 0)) Throw.Range(nameof(beta), beta, "smooth_l1_loss does not support negative values for beta.");
        return beta == 0 ? L1Loss(input, target, reduction, allowBroadcast)
            : Pair(new Ops.SmoothL1Loss(beta), "smooth_l1_loss", input, target, reduction, allowBroadcast);
    }

    /// <summary>d² / 2 where |d| is at most δ, else δ (|d| - δ/2), for d = x - y.</summary>
    /// <param name="input">x.</param>
    /// <param name="target">y, of the same shape.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="delta">δ.</param>
    /// <param name="weight">A factor of each term, of the same shape.</param>
    /// <param name="allowBroadcast">Let x and y have different shapes that broadcast.</param>
    /// <exception cref="ArgumentOutOfRangeException">δ is not positive.</exception>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor HuberLoss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, double delta = 1,
        Tensor? weight = null, bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target);
        if (!(delta > 0)) Throw.Range(nameof(delta), delta, "huber_loss does not support non-positive values for delta.");
        return weight is null
            ? Pair(new Ops.HuberLoss(delta), "huber_loss", input, target, reduction, allowBroadcast)
            : (Pair(new Ops.HuberLoss(delta), "huber_loss", input, target, Reduction.None, allowBroadcast) * weight).Reduced(reduction);
    }

    /// <summary>-w (y log p + (1 - y) log(1 - p)) for probabilities p; logarithms are at least -100.</summary>
    /// <param name="input">p, in [0, 1].</param>
    /// <param name="target">y, of the same shape.</param>
    /// <param name="weight">w, a factor of each term that broadcasts to the shape.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="allowBroadcast">Let p and y have different shapes that broadcast.</param>
    /// <exception cref="ArgumentOutOfRangeException">A p is not in [0, 1].</exception>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor BinaryCrossEntropy(Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean,
        bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target, ref weight);
        if (weight is null) return Pair(new Ops.BinaryCrossEntropy(), "binary_cross_entropy", input, target, reduction, allowBroadcast);
        return (Pair(new Ops.BinaryCrossEntropy(), "binary_cross_entropy", input, target, Reduction.None,
            allowBroadcast) * weight).Reduced(reduction);
    }

    /// <summary>Binary cross entropy of the sigmoid of x, without overflow: -w (p y log σ(x) + (1 - y) log(1 - σ(x))).</summary>
    /// <param name="input">x, any numbers.</param>
    /// <param name="target">y, of the same shape.</param>
    /// <param name="weight">w, a factor of each term that broadcasts to the shape.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="posWeight">p, a factor of the positive part that broadcasts to the shape.</param>
    /// <param name="allowBroadcast">Let x and y have different shapes that broadcast.</param>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor BinaryCrossEntropyWithLogits(Tensor input, Tensor target, Tensor? weight = null,
        Reduction reduction = Reduction.Mean,
        Tensor? posWeight = null, bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target, ref weight, ref posWeight);
        const string Name = "binary_cross_entropy_with_logits";
        if (weight is null && posWeight is null) return Pair(new Ops.BinaryCrossEntropyWithLogits(), Name, input, target, reduction,
            allowBroadcast);
        SameShape(Name, input, target, allowBroadcast);
        Tensor loss = posWeight is null
            ? ZipOp.Apply(new Ops.BinaryCrossEntropyWithLogits(), input, target)
            : (1.0 - target) * input - ((posWeight - 1.0) * target + 1.0) * LogOfSigmoid(input);
        return (weight is null ? loss : loss * weight).Reduced(reduction);
    }

    /// <summary>log σ(x): the logits' loss against 1, without its sign.</summary>
    private static Tensor LogOfSigmoid(Tensor x) => -ZipOp.Apply(new Ops.BinaryCrossEntropyWithLogits(), x, (Scalar)1.0);

    /// <summary>log(1 + e^(-y x)) for y of 1 and -1.</summary>
    /// <param name="input">x.</param>
    /// <param name="target">y, of the same shape.</param>
    /// <param name="reduction">What becomes of the single terms.</param>
    /// <param name="allowBroadcast">Let x and y have different shapes that broadcast.</param>
    /// <exception cref="ShapeException">The shapes differ and may not.</exception>
    public static Tensor SoftMarginLoss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, bool allowBroadcast = false)
    {
        using AutocastCall call = Autocast.Raise(ref input, ref target);
        return Pair(new Ops.SoftMarginLoss(), "soft_margin_loss", input, target, reduction, allowBroadcast);
    }

    private static Tensor Pair<TZip>(TZip loss, string name, Tensor x, Tensor y, Reduction reduction, bool allowBroadcast) where TZip
        : struct, IFloatZip<TZip>
    {
        SameShape(name, x, y, allowBroadcast);
        reduction.Check();
        if (reduction == Reduction.None || x.Rank + y.Rank == 0) return ZipOp.Apply(loss, x, y);
        if (!x.layout.SameShape(y.layout))
        {
            Shape shape = new(Kernels.Broadcast.Shape(x.layout.shape, y.layout.shape, name));
            (x, y) = (x.Expand(shape), y.Expand(shape));
        }
        DType type = TZip.ComputeType(Promotion.Result(x, y));
        return Op.Apply(new Ops.PairLoss<TZip>(loss, reduction == Reduction.Mean, x.Rank), x.To(type), y.To(type))[0];
    }

    private static void SameShape(string name, Tensor input, Tensor target, bool allowBroadcast)
    {
        if (allowBroadcast || input.layout.SameShape(target.layout)) return;
        string hint = $" {name}: reshape one of them, or pass allowBroadcast: true if broadcasting is meant.";
        if (name == "binary_cross_entropy_with_logits") Throw.Shapes($"Target size (torch.Size({target.Shape})) must be the same as " +
            $"input size (torch.Size({input.Shape}))." + hint);
        if (name == "binary_cross_entropy") Throw.Shapes($"Using a target size (torch.Size({target.Shape})) that is different to the " +
            $"input size (torch.Size({input.Shape})) is deprecated. Please ensure they have the same size." + hint);
        Throw.Shapes($"Using a target size (torch.Size({target.Shape})) that is different to the input size " +
            $"(torch.Size({input.Shape})). This will likely lead to incorrect " +
            "results due to broadcasting. Please ensure they have the same size." + hint);
    }

    internal static Tensor Reduced(this Tensor loss, Reduction reduction) => reduction switch
    {
        Reduction.Mean => loss.Mean(),
        Reduction.Sum => loss.Sum(),
        Reduction.None => loss,
        _ => throw Invalid(reduction),
    };

    /// <summary>Most losses know none, mean and sum.</summary>
    internal static void Check(this Reduction reduction)
    {
        if (reduction is < Reduction.None or > Reduction.Sum) throw Invalid(reduction);
    }

    private static ArgumentOutOfRangeException Invalid(Reduction reduction) => new(nameof(reduction), reduction,
        $"{(reduction == Reduction.BatchMean ? "batchmean" : $"{(int)reduction}")} is not a valid value for reduction");
}
