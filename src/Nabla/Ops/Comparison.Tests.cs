using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>Whether x is not a number</summary>
    public readonly record struct IsNaN : ITest<IsNaN>
    {
        static Tensor IMap<IsNaN>.OnComplex(IsNaN op, Tensor x) => x.ViewAsReal().IsNaN().Any(-1);
        public void Run<T>(ReadOnlySpan<T> x, Span<bool> y) where T : unmanaged, INumber<T> => Lanes.Test(new IsNaNLanes<T>(), x, x, y);
    }

    /// <summary>Whether x is infinite</summary>
    public readonly record struct IsInf : ITest<IsInf>
    {
        static Tensor IMap<IsInf>.OnComplex(IsInf op, Tensor x) => x.ViewAsReal().IsInf().Any(-1);
        public void Run<T>(ReadOnlySpan<T> x, Span<bool> y) where T : unmanaged, INumber<T>
        {
            if (IsFloat<T>()) Lanes.Test(new IsInfLanes<T>(Infinity<T>()), x, x, y);
            else y.Clear();
        }
    }

    /// <summary>Whether x is neither infinite nor NaN</summary>
    public readonly record struct IsFinite : ITest<IsFinite>
    {
        static Tensor IMap<IsFinite>.OnComplex(IsFinite op, Tensor x) => x.ViewAsReal().IsFinite().All(-1);
        public void Run<T>(ReadOnlySpan<T> x, Span<bool> y) where T : unmanaged, INumber<T>
        {
            if (IsFloat<T>()) Lanes.Test(new IsFiniteLanes<T>(Infinity<T>()), x, x, y);
            else y.Fill(true);
        }
    }

    /// <summary>Whether x is one given infinity</summary>
    public readonly record struct IsSignedInf(bool Negative) : ITest<IsSignedInf>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<bool> y) where T : unmanaged, INumber<T>
        {
            if (IsFloat<T>()) Lanes.Test(new IsValueLanes<T>(Negative ? -Infinity<T>() : Infinity<T>()), x, x, y);
            else y.Clear();
        }
    }

    /// <summary>Whether the sign bit of x is set: true for -0</summary>
    public readonly record struct SignBit : ITest<SignBit>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<bool> y) where T : unmanaged, INumber<T> => Lanes.Test(new SignBitLanes<T>(), x, x, y);
    }

    private static T Infinity<T>() where T : unmanaged, INumber<T> => T.CreateSaturating(double.PositiveInfinity);

    private readonly struct IsInfLanes<T>(T infinity) : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.Equals(Vector.Abs(x), Vector.Create(infinity));
    }

    private readonly struct IsFiniteLanes<T>(T infinity) : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.LessThan(Vector.Abs(x), Vector.Create(infinity));
    }

    private readonly struct IsValueLanes<T>(T value) : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.Equals(x, Vector.Create(value));
    }

    private readonly struct SignBitLanes<T> : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => typeof(T) == typeof(float)
            ? Vector.LessThan(x.As<T, int>(), Vector<int>.Zero).As<int, T>()
            : typeof(T) == typeof(double) ? Vector.LessThan(x.As<T, long>(), Vector<long>.Zero).As<long, T>()
            : Vector.LessThan(x, Vector<T>.Zero);
    }
}

public sealed partial class Tensor
{
    /// <summary>Whether each element is not a number: a bool tensor.</summary>
    public Tensor IsNaN() => MapOp.Apply(new Ops.IsNaN(), this);
    /// <summary>Whether each element is infinite: a bool tensor.</summary>
    public Tensor IsInf() => MapOp.Apply(new Ops.IsInf(), this);
    /// <summary>Whether each element is neither infinite nor NaN: a bool tensor.</summary>
    public Tensor IsFinite() => MapOp.Apply(new Ops.IsFinite(), this);
    /// <summary>Whether each element is inf: a bool tensor.</summary>
    public Tensor IsPosInf() => MapOp.Apply(new Ops.IsSignedInf(false), this);
    /// <summary>Whether each element is -inf: a bool tensor.</summary>
    public Tensor IsNegInf() => MapOp.Apply(new Ops.IsSignedInf(true), this);
    /// <summary>Whether each element is a real number: true everywhere but where an imaginary part is not 0.</summary>
    public Tensor IsReal() => dtype.IsComplex() ? Imag == 0 : OnesLike(this, DType.Bool);
    /// <summary>Whether the sign bit of each element is set: a bool tensor, true also for -0.</summary>
    public Tensor SignBit() => MapOp.Apply(new Ops.SignBit(), this);

    /// <summary>Whether |x - y| ≤ atol + rtol·|y|, element by element, broadcast: a bool tensor. Equal infinities are close.</summary>
    /// <param name="other">y, of the same dtype.</param>
    /// <param name="rtol">The relative tolerance; 1e-5 by default.</param>
    /// <param name="atol">The absolute tolerance; 1e-8 by default.</param>
    /// <param name="equalNan">Whether two NaN are close.</param>
    /// <exception cref="DTypeException">The dtypes differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A tolerance is negative.</exception>
    public Tensor IsClose(Tensor other, double rtol = 1e-5, double atol = 1e-8, bool equalNan = false)
    {
        if (dtype != other.dtype)
            Throw.Types($"{dtype.ScalarName()} did not match {other.dtype.ScalarName()}: IsClose compares tensors of one dtype; " +
                $"convert one with To(...).");
        if (!(rtol >= 0)) Throw.Range(nameof(rtol), rtol, $"rtol must be greater than or equal to zero, but got {rtol}");
        if (!(atol >= 0)) Throw.Range(nameof(atol), atol, $"atol must be greater than or equal to zero, but got {atol}");
        Tensor x = Detach(), y = other.Detach(), close = x.Eq(y);
        if (equalNan) close = close.LogicalOr(x.IsNaN().LogicalAnd(y.IsNaN()));
        if (rtol == 0 && atol == 0) return close;
        if (!dtype.IsDifferentiable()) (x, y) = (x.To(DefaultDType), y.To(DefaultDType));
        Tensor error = x.Sub(y).Abs(), allowed = y.Mul(rtol).Abs().Add(atol);
        return close.LogicalOr(error.IsFinite().LogicalAnd(error.Le(allowed)));
    }

    /// <summary>Whether all elements are close in the sense of <see cref="IsClose"/>.</summary>
    /// <inheritdoc cref="IsClose"/>
    public bool AllClose(Tensor other, double rtol = 1e-5, double atol = 1e-8, bool equalNan = false) =>
        IsClose(other, rtol, atol, equalNan).AllTrue();

    /// <summary>Whether both have the same shape and the same elements, whatever their dtypes. NaN equals nothing.</summary>
    public bool Equal(Tensor other) => layout.SameShape(other.layout) && Detach().Eq(other.Detach()).AllTrue();

    /// <summary>Whether no element of a bool tensor is false.</summary>
    private bool AllTrue()
    {
        ThrowIfBatched(Batch.CannotBranch);
        Tensor flat = Kernels.Copy.Contiguous(this);
        return flat.storage.Span<byte>(flat.layout.Offset, flat.layout.Count).IndexOf((byte)0) < 0;
    }
}
