using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>x + Weight·(y - x), from the nearer end</summary>
    public readonly record struct Lerp(double Weight) : IFloatZip<Lerp>
    {
        static Tensor IZip<Lerp>.OnComplex(Lerp op, Tensor x, Tensor y) => x + (y - x) * op.Weight;
        static Saves IZip<Lerp>.ForX => Saves.None;
        static Saves IZip<Lerp>.ForY => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T>
        {
            T w = T.CreateTruncating(Weight);
            if (Math.Abs(Weight) < 0.5) Lanes.Zip(new FromStart<T>(w), x, y, z);
            else Lanes.Zip(new FromEnd<T>(T.One - w), x, y, z);
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * (1 - Weight);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * Weight;
    }

    private readonly struct FromStart<T>(T weight) : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => x + Vector.Create(weight) * (y - x);
    }

    private readonly struct FromEnd<T>(T rest) : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => y - (y - x) * Vector.Create(rest);
    }

    /// <summary>|x| with the sign of y</summary>
    public readonly record struct Copysign(bool Number) : IFloatZip<Copysign>
    {
        static string IOperation<Copysign>.NodeName(Copysign op) => op.Number ? "CopysignBackward1" : "CopysignBackward0";
        static Saves IZip<Copysign>.ForX => Saves.X | Saves.Result;
        static Saves IZip<Copysign>.ForY => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new CopySignLanes<T>(), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * (z / Tensor.Where(x == 0, 1, x));
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
    }

    private readonly struct CopySignLanes<T> : ILaneZip<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.ConditionalSelect(Vector.Create(T.NegativeZero), y, x);
    }

    /// <summary>The floating-point number next to x in the direction of y</summary>
    public readonly record struct Nextafter : IFloatZip<Nextafter>
    {
        static void IZip<Nextafter>.Run(Nextafter op, Tensor x, Tensor y, Tensor z)
        {
            if (z.dtype is DType.Float16 or DType.BFloat16) Kernels.Neighbours.Run(x, y, z);
            else Kernels.Zip.Float(op, x, y, z);
        }

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T>
        {
            for (int i = 0; i < z.Length; i++)
            {
                T a = x[i], b = y[i];
                z[i] = T.IsNaN(a) || T.IsNaN(b) ? a + b : a == b ? b : a < b ? T.BitIncrement(a) : T.BitDecrement(a);
            }
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) =>
            Throw.NoDerivative("the derivative for 'nextafter' is not implemented.");
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => DiffX(d, x, y, z);
    }
}

public sealed partial class Tensor
{
    /// <summary>x + w·(end - x): linear interpolation, broadcast; exact at w = 1.</summary>
    /// <param name="end">The value at w = 1, of the same dtype.</param>
    /// <param name="weight">w.</param>
    /// <exception cref="DTypeException">The dtypes differ or are not floating point.</exception>
    public Tensor Lerp(Tensor end, Scalar weight) => weight.IsComplex && weight.Imaginary != 0
        ? Mixes(end, "end").Add(end.Sub(this).Mul(weight))
        : ZipOp.Apply(new Ops.Lerp(weight.ToDouble()), Mixes(end, "end"), end);

    /// <summary>x + w·(end - x) with a tensor of weights, broadcast.</summary>
    /// <param name="end">The value at w = 1, of the same dtype.</param>
    /// <param name="weight">w, of the same dtype.</param>
    /// <exception cref="DTypeException">The dtypes differ or are not floating point.</exception>
    public Tensor Lerp(Tensor end, Tensor weight) => Mixes(end, "end").Mixes(weight, "weight").AddCMul(weight, end.Sub(this));

    /// <summary>x = x + w·(end - x)</summary>
    /// <inheritdoc cref="Lerp(Tensor, Scalar)"/>
    public Tensor Lerp_(Tensor end, Scalar weight) => ZipOp.InPlace(new Ops.Lerp(weight.ToDouble()), Mixes(end, "end"), end);

    /// <summary>x = x + w·(end - x) with a tensor of weights.</summary>
    /// <inheritdoc cref="Lerp(Tensor, Tensor)"/>
    public Tensor Lerp_(Tensor end, Tensor weight) => Mixes(end, "end").Mixes(weight, "weight").AddCMul_(weight, end.Sub(this));

    /// <summary>x + v · (t1 · t2), element by element, broadcast.</summary>
    /// <param name="tensor1">t1.</param>
    /// <param name="tensor2">t2.</param>
    /// <param name="value">v; 1 by default. An integer result needs an integer.</param>
    public Tensor AddCMul(Tensor tensor1, Tensor tensor2, Scalar? value = null) =>
        Promoted(tensor1, tensor2, out Tensor a, out Tensor b).Add(a.Mul(b), Factor(value, a));

    /// <summary>x = x + v · (t1 · t2)</summary>
    /// <inheritdoc cref="AddCMul"/>
    public Tensor AddCMul_(Tensor tensor1, Tensor tensor2, Scalar? value = null)
    {
        Promoted(tensor1, tensor2, out Tensor a, out Tensor b);
        return Add_(a.Mul(b), Factor(value, a));
    }

    /// <summary>x + v · (t1 / t2), element by element, broadcast.</summary>
    /// <param name="tensor1">t1.</param>
    /// <param name="tensor2">t2.</param>
    /// <param name="value">v; 1 by default.</param>
    /// <exception cref="DTypeException">Both t1 and t2 are integers.</exception>
    public Tensor AddCDiv(Tensor tensor1, Tensor tensor2, Scalar? value = null) =>
        Promoted(tensor1, tensor2, out Tensor a, out Tensor b).Add(Quotient(a, b), Factor(value, a));

    /// <summary>x = x + v · (t1 / t2)</summary>
    /// <inheritdoc cref="AddCDiv"/>
    public Tensor AddCDiv_(Tensor tensor1, Tensor tensor2, Scalar? value = null)
    {
        Promoted(tensor1, tensor2, out Tensor a, out Tensor b);
        return Add_(Quotient(a, b), Factor(value, a));
    }

    /// <summary>|x| with the sign of y, that of -0 included, broadcast; integers give the default floating-point dtype.</summary>
    public Tensor CopySign(Tensor other) => ZipOp.Apply(new Ops.Copysign(), this, other);
    /// <summary>|x| with the sign of a plain number.</summary>
    public Tensor CopySign(Scalar other) => ZipOp.Apply(new Ops.Copysign(true), this, other);
    /// <summary>x = |x| with the sign of y.</summary>
    public Tensor CopySign_(Tensor other) => ZipOp.InPlace(new Ops.Copysign(), this, other);
    /// <summary>x = |x| with the sign of a plain number.</summary>
    public Tensor CopySign_(Scalar other) => ZipOp.InPlace(new Ops.Copysign(true), this, other);

    /// <summary>The next number of the dtype after x in the direction of y, broadcast. Without gradient.</summary>
    /// <exception cref="DTypeException">The promoted dtype is not floating point.</exception>
    public Tensor NextAfter(Tensor other) => ZipOp.Apply(new Ops.Nextafter(), Wide(other), other);
    /// <summary>x = nextafter(x, y)</summary>
    public Tensor NextAfter_(Tensor other) => ZipOp.InPlace(new Ops.Nextafter(), Wide(other), other);

    private Tensor Wide(Tensor other)
    {
        DType promoted = Promotion.Result(this, other);
        if (!promoted.IsFloatingPoint()) Throw.NotImplementedFor("nextafter_cpu", promoted);
        return this;
    }

    private Tensor Mixes(Tensor other, string name)
    {
        FloatOnly("lerp_kernel_scalar", orComplex: true);
        if (other.dtype != dtype)
            Throw.Types($"expected dtype {dtype.NativeName()} for `{name}` but got dtype {other.dtype.NativeName()}: convert it with " +
                "To(...).");
        return this;
    }

    /// <summary>This tensor and two more in the dtype to which all three promote.</summary>
    private Tensor Promoted(Tensor tensor1, Tensor tensor2, out Tensor a, out Tensor b)
    {
        DType result = Promotion.Result([this, tensor1, tensor2]);
        (a, b) = (tensor1.To(result), tensor2.To(result));
        return To(result);
    }

    // For integers PyTorch cuts the fraction of the factor off.
    private static Scalar? Factor(Scalar? value, Tensor product) => value switch
    {
        { IsFloatingPoint: true } v when !product.dtype.IsDifferentiable() => v.ToInt64(),
        { Category: 0 } v => v.ToInt64(),
        _ => value,
    };

    private static Tensor Quotient(Tensor a, Tensor b)
    {
        if (!a.dtype.IsDifferentiable() && !b.dtype.IsDifferentiable())
            Throw.Types("Integer division with addcdiv is no longer supported. Use x + value * (tensor1 / tensor2), or Div with a " +
                "rounding mode, instead.");
        return a.Div(b);
    }
}
