using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>x + y</summary>
    public readonly record struct Add : INumberZip<Add>
    {
        static Saves IZip<Add>.ForX => Saves.None;
        static Saves IZip<Add>.ForY => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> => TensorPrimitives.Add(x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d;
    }

    /// <summary>x - y</summary>
    public readonly record struct Sub : INumberZip<Sub>
    {
        static Saves IZip<Sub>.ForX => Saves.None;
        static Saves IZip<Sub>.ForY => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> => TensorPrimitives.Subtract(x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d.Neg();
    }

    /// <summary>y - x</summary>
    public readonly record struct RSub : INumberZip<RSub>
    {
        static string IOperation<RSub>.NodeName(RSub op) => "RsubBackward1";
        static Saves IZip<RSub>.ForX => Saves.None;
        static Saves IZip<RSub>.ForY => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> => TensorPrimitives.Subtract(y, x, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d.Neg();
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d;
    }

    /// <summary>x · y</summary>
    public readonly record struct Mul : INumberZip<Mul>
    {
        static Saves IZip<Mul>.ForX => Saves.Y;
        static Saves IZip<Mul>.ForY => Saves.X;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> => TensorPrimitives.Multiply(x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * y;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * x;
    }

    /// <summary>x / y</summary>
    public readonly record struct Div : IFloatZip<Div>
    {
        static Saves IZip<Div>.ForX => Saves.Y;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Divide(x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d / y;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => -d * (x / y / y);
    }

    /// <summary>-x</summary>
    public readonly record struct Neg : INumberMap<Neg>
    {
        static Saves IMap<Neg>.Saves => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> => TensorPrimitives.Negate(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d.Neg();
    }

    /// <summary>1 / x</summary>
    public readonly record struct Reciprocal : IFloatMap<Reciprocal>
    {
        static Saves IMap<Reciprocal>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Divide(T.One, x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => -d * (y * y);
    }
}

public sealed partial class Tensor
{
    /// <summary>x + α·y, broadcast.</summary>
    /// <param name="other">y.</param>
    /// <param name="alpha">α; 1 by default.</param>
    public Tensor Add(Tensor other, Scalar? alpha = null) => Zip.Apply(new Ops.Add(), this, Scaled(other, alpha));
    /// <summary>x + α·y for a plain number.</summary>
    public Tensor Add(Scalar other, Scalar? alpha = null) => Zip.Apply(new Ops.Add(), this, Scaled(other, alpha));
    /// <summary>x = x + α·y.</summary>
    public Tensor Add_(Tensor other, Scalar? alpha = null) => Zip.InPlace(new Ops.Add(), this, Scaled(other, alpha));
    /// <summary>x = x + α·y for a plain number.</summary>
    public Tensor Add_(Scalar other, Scalar? alpha = null) => Zip.InPlace(new Ops.Add(), this, Scaled(other, alpha));

    /// <summary>x - α·y, broadcast.</summary>
    /// <exception cref="DTypeException">An operand is bool.</exception>
    public Tensor Sub(Tensor other, Scalar? alpha = null) => Zip.Apply(new Ops.Sub(), NotBool(this), NotBool(Scaled(other, alpha)));
    /// <summary>x - α·y for a plain number.</summary>
    public Tensor Sub(Scalar other, Scalar? alpha = null) => Zip.Apply(new Ops.Sub(), NotBool(this), Scaled(other, alpha));
    /// <summary>x = x - α·y.</summary>
    public Tensor Sub_(Tensor other, Scalar? alpha = null) => Zip.InPlace(new Ops.Sub(), NotBool(this), NotBool(Scaled(other, alpha)));
    /// <summary>x = x - α·y for a plain number.</summary>
    public Tensor Sub_(Scalar other, Scalar? alpha = null) => Zip.InPlace(new Ops.Sub(), NotBool(this), Scaled(other, alpha));

    /// <summary>y - α·x, broadcast.</summary>
    public Tensor RSub(Tensor other, Scalar? alpha = null) => Zip.Apply(new Ops.RSub(), NotBool(Scaled(this, alpha)), NotBool(other));
    /// <summary>y - α·x for a plain number y.</summary>
    public Tensor RSub(Scalar other, Scalar? alpha = null) => Zip.Apply(new Ops.RSub(), NotBool(Scaled(this, alpha)), other);

    /// <summary>x · y, element by element, broadcast.</summary>
    public Tensor Mul(Tensor other) => Zip.Apply(new Ops.Mul(), this, other);
    /// <summary>x · y for a plain number.</summary>
    public Tensor Mul(Scalar other) => Zip.Apply(new Ops.Mul(), this, other);
    /// <summary>x = x · y.</summary>
    public Tensor Mul_(Tensor other) => Zip.InPlace(new Ops.Mul(), this, other);
    /// <summary>x = x · y for a plain number.</summary>
    public Tensor Mul_(Scalar other) => Zip.InPlace(new Ops.Mul(), this, other);

    /// <summary>x / y, broadcast; integers give the default floating-point dtype.</summary>
    public Tensor Div(Tensor other) => Zip.Apply(new Ops.Div(), this, other);
    /// <summary>x / y for a plain number.</summary>
    public Tensor Div(Scalar other) => Zip.Apply(new Ops.Div(), this, other);
    /// <summary>x = x / y.</summary>
    public Tensor Div_(Tensor other) => Zip.InPlace(new Ops.Div(), this, other);
    /// <summary>x = x / y for a plain number.</summary>
    public Tensor Div_(Scalar other) => Zip.InPlace(new Ops.Div(), this, other);

    /// <summary>-x</summary>
    public Tensor Neg() => Map.Apply(new Ops.Neg(), this);
    /// <summary>x = -x</summary>
    public Tensor Neg_() => Map.InPlace(new Ops.Neg(), this);

    /// <summary>1 / x</summary>
    public Tensor Reciprocal() => Map.Apply(new Ops.Reciprocal(), this);
    /// <summary>x = 1 / x</summary>
    public Tensor Reciprocal_() => Map.InPlace(new Ops.Reciprocal(), this);

    private static Tensor Scaled(Tensor x, Scalar? alpha) => alpha is not { } a ? x : x.Mul(a);

    private static Scalar Scaled(Scalar x, Scalar? alpha)
    {
        if (alpha is not { } a) return x;
        return x.IsFloatingPoint || a.IsFloatingPoint ? x.ToDouble() * a.ToDouble() : x.ToInt64() * a.ToInt64();
    }

    private static Tensor NotBool(Tensor x)
    {
        if (x.dtype == DType.Bool)
            Throw.Types("Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or LogicalNot() instead.");
        return x;
    }
}
