using System.Runtime.CompilerServices;

namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>min(max(x, min), max): values bounded on one side or both; max wins where min &gt; max, NaN stays NaN.</summary>
    /// <param name="min">The lower bound; none by default.</param>
    /// <param name="max">The upper bound; none by default.</param>
    /// <remarks>The gradient is passed on where min ≤ x ≤ max, bounds included.</remarks>
    /// <exception cref="ArgumentException">Both bounds are missing.</exception>
    [OverloadResolutionPriority(1)]
    public Tensor Clamp(Scalar? min = null, Scalar? max = null)
    {
        if (min is null && max is null) ThrowNoBounds();
        return MapOp.Apply(new Ops.Clamp(min, max, "ClampBackward1"), To(Bounded(min, max)));
    }

    /// <summary>Values bounded by tensors, broadcast; max wins where min &gt; max. Bounds receive the gradient where they are
    /// taken.</summary>
    /// <inheritdoc cref="Clamp(Scalar?, Scalar?)"/>
    public Tensor Clamp(Tensor? min = null, Tensor? max = null)
    {
        if (min is null && max is null) ThrowNoBounds();
        Tensor y = min is null ? this : ZipOp.Apply(new Ops.ClampMin("ClampBackward0"), this, min);
        return max is null ? y : ZipOp.Apply(new Ops.ClampMax("ClampBackward0"), y, max);
    }

    /// <summary>x = min(max(x, min), max).</summary>
    /// <inheritdoc cref="Clamp(Scalar?, Scalar?)"/>
    [OverloadResolutionPriority(1)]
    public Tensor Clamp_(Scalar? min = null, Scalar? max = null)
    {
        if (min is null && max is null) ThrowNoBounds();
        return Bounded_(min, max, "ClampBackward1");
    }

    /// <summary>x = min(max(x, min), max) with tensors.</summary>
    /// <inheritdoc cref="Clamp(Scalar?, Scalar?)"/>
    public Tensor Clamp_(Tensor? min = null, Tensor? max = null)
    {
        if (min is null && max is null) ThrowNoBounds();
        // Before the first write, so that a call that fails changes nothing.
        if (min is not null && max is not null) ZipOp.CheckInPlace<Ops.ClampMax>(this, max);
        if (min is not null) ZipOp.InPlace(new Ops.ClampMin("ClampBackward0"), this, min);
        return max is null ? this : ZipOp.InPlace(new Ops.ClampMax("ClampBackward0"), this, max);
    }

    /// <summary>max(x, min): the lower bound alone.</summary>
    public Tensor ClampMin(Scalar min) => MapOp.Apply(new Ops.Clamp(min, null, "ClampMinBackward0"), To(Bounded(min, null)));
    /// <summary>max(x, min), broadcast.</summary>
    public Tensor ClampMin(Tensor min) => ZipOp.Apply(new Ops.ClampMin("ClampMinBackward1"), this, min);
    /// <summary>x = max(x, min).</summary>
    public Tensor ClampMin_(Scalar min) => Bounded_(min, null, "ClampMinBackward0");
    /// <summary>x = max(x, min), broadcast.</summary>
    public Tensor ClampMin_(Tensor min) => ZipOp.InPlace(new Ops.ClampMin("ClampMinBackward1"), this, min);

    /// <summary>min(x, max): the upper bound alone.</summary>
    public Tensor ClampMax(Scalar max) => MapOp.Apply(new Ops.Clamp(null, max, "ClampMaxBackward0"), To(Bounded(null, max)));
    /// <summary>min(x, max), broadcast.</summary>
    public Tensor ClampMax(Tensor max) => ZipOp.Apply(new Ops.ClampMax("ClampMaxBackward1"), this, max);
    /// <summary>x = min(x, max).</summary>
    public Tensor ClampMax_(Scalar max) => Bounded_(null, max, "ClampMaxBackward0");
    /// <summary>x = min(x, max), broadcast.</summary>
    public Tensor ClampMax_(Tensor max) => ZipOp.InPlace(new Ops.ClampMax("ClampMaxBackward1"), this, max);

    /// <summary>The same as <see cref="Clamp(Scalar?, Scalar?)"/>.</summary>
    [OverloadResolutionPriority(1)]
    public Tensor Clip(Scalar? min = null, Scalar? max = null) => Clamp(min, max);
    /// <summary>The same as <see cref="Clamp(Tensor?, Tensor?)"/>.</summary>
    public Tensor Clip(Tensor? min = null, Tensor? max = null) => Clamp(min, max);

    /// <summary>The larger of x and y, broadcast; NaN if one is NaN. Where they are equal each receives half the gradient.</summary>
    public Tensor Maximum(Tensor other) => ZipOp.Apply(new Ops.Maximum(), this, other);
    /// <summary>The smaller of x and y, broadcast; NaN if one is NaN. Where they are equal each receives half the gradient.</summary>
    public Tensor Minimum(Tensor other) => ZipOp.Apply(new Ops.Minimum(), this, other);
    /// <summary>The larger of x and y, broadcast; if one is NaN, the other. Where they are equal x receives the gradient.</summary>
    public Tensor FMax(Tensor other) => ZipOp.Apply(new Ops.Fmax(), this, other);
    /// <summary>The smaller of x and y, broadcast; if one is NaN, the other. Where they are equal x receives the gradient.</summary>
    public Tensor FMin(Tensor other) => ZipOp.Apply(new Ops.Fmin(), this, other);

    /// <summary>NaN and the infinities replaced by numbers; integers are returned as they are. The gradient is 0 where one was
    /// replaced.</summary>
    /// <param name="nan">Instead of NaN; 0 by default.</param>
    /// <param name="posInf">Instead of inf; the dtype's largest number by default.</param>
    /// <param name="negInf">Instead of -inf; the dtype's smallest number by default.</param>
    public Tensor NanToNum(double? nan = null, double? posInf = null, double? negInf = null) =>
        dtype.IsDifferentiable() ? MapOp.Apply(Replacing(nan, posInf, negInf), this) : Clone();

    /// <summary>NaN and the infinities replaced in place.</summary>
    /// <inheritdoc cref="NanToNum(double?, double?, double?)"/>
    public Tensor NanToNum_(double? nan = null, double? posInf = null, double? negInf = null) =>
        dtype.IsDifferentiable() ? MapOp.InPlace(Replacing(nan, posInf, negInf), this) : this;

    /// <summary>The step function: 0 for x &lt; 0, 1 for x &gt; 0, and values for x = 0, broadcast. Without gradient.</summary>
    /// <exception cref="DTypeException">The dtypes differ.</exception>
    public Tensor Heaviside(Tensor values) => ZipOp.Apply(new Ops.Heaviside(), SameType(values), values);
    /// <summary>x = heaviside(x, values)</summary>
    public Tensor Heaviside_(Tensor values) => Become(Heaviside(values));

    private Tensor SameType(Tensor values)
    {
        if (values.dtype != dtype)
            Throw.Types($"heaviside is not yet implemented for tensors with different dtypes: {dtype.Name()} and {values.dtype.Name()}.");
        return this;
    }

    private Ops.NanToNum Replacing(double? nan, double? posInf, double? negInf)
    {
        double largest = dtype switch
        {
            DType.Float16 => 65504,
            DType.BFloat16 => 3.3895313892515355e38,
            DType.Float32 => float.MaxValue,
            _ => double.MaxValue,
        };
        return new(nan ?? 0, posInf ?? largest, negInf ?? -largest);
    }

    private static void ThrowNoBounds() => throw new ArgumentException("torch.clamp: At least one of 'min' or 'max' must not be None");

    private DType Bounded(Scalar? min, Scalar? max)
    {
        DType result = min is { } low ? Promotion.Result(dtype, low) : dtype;
        return max is { } high ? Promotion.Result(result, high) : result;
    }

    private Tensor Bounded_(Scalar? min, Scalar? max, string node)
    {
        DType result = Bounded(min, max);
        if (result != dtype) Throw.CannotCast("Clamp_", result, dtype);
        return MapOp.InPlace(new Ops.Clamp(min, max, node), this);
    }
}
