using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>A plain number in an element type; integers wrap.</summary>
    internal static T Number<T>(Scalar value) where T : unmanaged, INumber<T> =>
        value.IsFloatingPoint ? T.CreateTruncating(value.ToDouble()) : T.CreateTruncating(value.ToInt64());

    /// <summary>The 0-d tensor of a plain number, weak in promotion.</summary>
    internal static Tensor Wrapped(Scalar value) => ScalarCache.Get(value, DType.Bool);

    /// <summary>x + y</summary>
    public readonly record struct Add : INumberZip<Add>
    {
        static bool IOperation<Add>.TakesComplex => true;
        static Saves IZip<Add>.ForX => Saves.None;
        static Saves IZip<Add>.ForY => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            Lanes.Zip(new AddLanes<T>(), x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d;
    }

    /// <summary>x + α·y, rounded once where the hardware has a fused multiply-add.</summary>
    public readonly record struct AddScaled(Scalar Alpha, string Node) : INumberZip<AddScaled>
    {
        static Tensor IZip<AddScaled>.OnComplex(AddScaled op, Tensor x, Tensor y) => op.Alpha.IsComplex ? x + y.Mul(op.Alpha)
            : Complexes.Parts(op, x, y);
        static string IOperation<AddScaled>.NodeName(AddScaled op) => op.Node;
        static Saves IZip<AddScaled>.ForX => Saves.None;
        static Saves IZip<AddScaled>.ForY => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            Lanes.Zip(new AddScaledLanes<T>(Number<T>(Alpha)), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d.Mul(Alpha);

        /// <summary>The operation for a result of this dtype, after PyTorch's checks of the factor.</summary>
        internal static AddScaled Of(DType result, Scalar alpha, string node)
        {
            if (alpha.IsFloatingPoint && !result.IsDifferentiable())
                Throw.Types($"For integral input tensors, argument alpha must not be a floating point number. The result is " +
                    $"{result.Name()}, alpha is {alpha}.");
            if (alpha.Category == 0 && result != DType.Bool)
                Throw.Types($"Boolean alpha only supported for Boolean results. The result is {result.Name()}.");
            return new(alpha, node);
        }
    }

    /// <summary>x - y</summary>
    public readonly record struct Sub : INumberZip<Sub>
    {
        static bool IOperation<Sub>.TakesComplex => true;
        static Saves IZip<Sub>.ForX => Saves.None;
        static Saves IZip<Sub>.ForY => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            Lanes.Zip(new SubLanes<T>(), x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d.Neg();
    }

    /// <summary>y - x</summary>
    public readonly record struct RSub(bool Number) : INumberZip<RSub>
    {
        static bool IOperation<RSub>.TakesComplex => true;
        static string IOperation<RSub>.NodeName(RSub op) => op.Number ? "RsubBackward1" : "RsubBackward0";
        static Saves IZip<RSub>.ForX => Saves.None;
        static Saves IZip<RSub>.ForY => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            Lanes.Zip(new SubLanes<T>(), y, x, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d.Neg();
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d;
    }

    /// <summary>x · y</summary>
    public readonly record struct Mul : INumberZip<Mul>
    {
        static bool IOperation<Mul>.TakesComplex => true;
        static Saves IZip<Mul>.ForX => Saves.Y;
        static Saves IZip<Mul>.ForY => Saves.X;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            Lanes.Zip(new MulLanes<T>(), x, y, z);

        static void IZip<Mul>.Run(Mul op, Tensor x, Tensor y, Tensor z)
        {
            if (z.IsComplex) ComplexKernels.Zip<ComplexProductZip>(x, y, z);
            else Kernels.Zip.Number(op, x, y, z);
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * y;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * x;
    }

    /// <summary>x / y</summary>
    public readonly record struct Div : IFloatZip<Div>
    {
        static bool IOperation<Div>.TakesComplex => true;
        static Saves IZip<Div>.ForX => Saves.Y;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new DivLanes<T>(), x, y, z);

        static void IZip<Div>.Run(Div op, Tensor x, Tensor y, Tensor z)
        {
            if (z.IsComplex) ComplexKernels.Zip<ComplexQuotientZip>(x, y, z);
            else Kernels.Zip.Float(op, x, y, z);
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d / y;
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => -d * (x / y / y);
    }

    /// <summary>-x</summary>
    public readonly record struct Neg : INumberMap<Neg>
    {
        static bool IOperation<Neg>.TakesComplex => true;
        static Saves IMap<Neg>.Saves => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> => Lanes.Map(new NegLanes<T>(), x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d.Neg();
    }

    /// <summary>|x|; the smallest integer stays what it is.</summary>
    public readonly record struct Abs : INumberMap<Abs>
    {
        static Tensor IMap<Abs>.OnComplex(Abs op, Tensor x) => Op.Apply(new Modulus(), x)[0];
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> => Lanes.Map(new AbsLanes<T>(), x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * x.Sgn();
    }

    /// <summary>-1, 0 or 1 by the sign of x; 0 for NaN.</summary>
    public readonly record struct Sign : INumberMap<Sign>
    {
        static Saves IMap<Sign>.Saves => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> => Lanes.Map(new SignLanes<T>(), x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.ZerosLike(d);
    }

    /// <summary>x / |x|, or 0: for real numbers the same as <see cref="Sign"/>.</summary>
    public readonly record struct Sgn : INumberMap<Sgn>
    {
        static Tensor IMap<Sgn>.OnComplex(Sgn op, Tensor x) => Op.Apply(new Phase(), x)[0];
        static Saves IMap<Sgn>.Saves => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> => Lanes.Map(new SignLanes<T>(), x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.ZerosLike(d);
    }
}

public sealed partial class Tensor
{
    /// <summary>x + α·y, broadcast.</summary>
    /// <param name="other">y.</param>
    /// <param name="alpha">α; 1 by default.</param>
    /// <exception cref="DTypeException">α is floating point and the result is not, or α is bool and the result is not.</exception>
    public Tensor Add(Tensor other, Scalar? alpha = null) => IsOne(alpha)
        ? ZipOp.Apply(new Ops.Add(), this, other)
        : ZipOp.Apply(Ops.AddScaled.Of(Promotion.Result(this, other), alpha!.Value, "AddBackward0"), this, other);

    /// <summary>x + α·y for a plain number.</summary>
    public Tensor Add(Scalar other, Scalar? alpha = null) =>
        IsOne(alpha) ? ZipOp.Apply(new Ops.Add(), this, other) : Add(Ops.Wrapped(other), alpha);

    /// <summary>x = x + α·y.</summary>
    public Tensor Add_(Tensor other, Scalar? alpha = null) => IsOne(alpha)
        ? ZipOp.InPlace(new Ops.Add(), this, other)
        : ZipOp.InPlace(Ops.AddScaled.Of(Promotion.Result(this, other), alpha!.Value, "AddBackward0"), this, other);

    /// <summary>x = x + α·y for a plain number.</summary>
    public Tensor Add_(Scalar other, Scalar? alpha = null) =>
        IsOne(alpha) ? ZipOp.InPlace(new Ops.Add(), this, other) : Add_(Ops.Wrapped(other), alpha);

    /// <summary>x - α·y, broadcast.</summary>
    /// <param name="other">y.</param>
    /// <param name="alpha">α; 1 by default.</param>
    /// <exception cref="DTypeException">An operand is bool, or α is floating point and the result is not.</exception>
    public Tensor Sub(Tensor other, Scalar? alpha = null) => IsOne(alpha)
        ? ZipOp.Apply(new Ops.Sub(), NotBool(this, other), other)
        : ZipOp.Apply(Minus(NotBool(this, other), other, alpha, "SubBackward0"), this, other);

    /// <summary>x - α·y for a plain number.</summary>
    public Tensor Sub(Scalar other, Scalar? alpha = null) =>
        IsOne(alpha) ? ZipOp.Apply(new Ops.Sub(), NotBool(this), other) : Sub(Ops.Wrapped(other), alpha);

    /// <summary>x = x - α·y.</summary>
    public Tensor Sub_(Tensor other, Scalar? alpha = null) => IsOne(alpha)
        ? ZipOp.InPlace(new Ops.Sub(), NotBool(this, other), other)
        : ZipOp.InPlace(Minus(NotBool(this, other), other, alpha, "SubBackward0"), this, other);

    /// <summary>x = x - α·y for a plain number.</summary>
    public Tensor Sub_(Scalar other, Scalar? alpha = null) => IsOne(alpha)
        ? ZipOp.InPlace(new Ops.Sub(), NotBool(this), other)
        : Sub_(Ops.Wrapped(other), alpha);

    /// <summary>y - α·x, broadcast.</summary>
    /// <param name="other">y.</param>
    /// <param name="alpha">α; 1 by default.</param>
    /// <exception cref="DTypeException">An operand is bool, or α is floating point and the result is not.</exception>
    public Tensor RSub(Tensor other, Scalar? alpha = null) => IsOne(alpha)
        ? ZipOp.Apply(new Ops.RSub(), NotBool(this, other), other)
        : ZipOp.Apply(Minus(NotBool(this, other), other, alpha, "RsubBackward0"), other, this);

    /// <summary>y - α·x for a plain number y.</summary>
    public Tensor RSub(Scalar other, Scalar? alpha = null) => IsOne(alpha)
        ? ZipOp.Apply(new Ops.RSub(true), NotBool(this), other)
        : ZipOp.Apply(Minus(NotBool(this), Ops.Wrapped(other), alpha, "RsubBackward1"), Ops.Wrapped(other), this);

    /// <summary>x · y, element by element, broadcast.</summary>
    public Tensor Mul(Tensor other) => ZipOp.Apply(new Ops.Mul(), this, other);
    /// <summary>x · y for a plain number.</summary>
    public Tensor Mul(Scalar other) => ZipOp.Apply(new Ops.Mul(), this, other);
    /// <summary>x = x · y.</summary>
    public Tensor Mul_(Tensor other) => ZipOp.InPlace(new Ops.Mul(), this, other);
    /// <summary>x = x · y for a plain number.</summary>
    public Tensor Mul_(Scalar other) => ZipOp.InPlace(new Ops.Mul(), this, other);

    /// <summary>x / y, broadcast; integers give the default floating-point dtype.</summary>
    public Tensor Div(Tensor other) => ZipOp.Apply(new Ops.Div(), this, other);
    /// <summary>x / y for a plain number.</summary>
    public Tensor Div(Scalar other) => ZipOp.Apply(new Ops.Div(), this, other);
    /// <summary>x = x / y.</summary>
    public Tensor Div_(Tensor other) => ZipOp.InPlace(new Ops.Div(), this, other);
    /// <summary>x = x / y for a plain number.</summary>
    public Tensor Div_(Scalar other) => ZipOp.InPlace(new Ops.Div(), this, other);

    /// <summary>x / y, the same as <see cref="Div(Tensor)"/>.</summary>
    public Tensor TrueDivide(Tensor other) => Div(other);
    /// <summary>x / y for a plain number, the same as <see cref="Div(Scalar)"/>.</summary>
    public Tensor TrueDivide(Scalar other) => Div(other);
    /// <summary>x = x / y, the same as <see cref="Div_(Tensor)"/>.</summary>
    public Tensor TrueDivide_(Tensor other) => Div_(other);
    /// <summary>x = x / y for a plain number, the same as <see cref="Div_(Scalar)"/>.</summary>
    public Tensor TrueDivide_(Scalar other) => Div_(other);

    /// <summary>-x</summary>
    /// <exception cref="DTypeException">The tensor is bool.</exception>
    public Tensor Neg() => MapOp.Apply(new Ops.Neg(), Negatable(this));
    /// <summary>x = -x</summary>
    public Tensor Neg_() => MapOp.InPlace(new Ops.Neg(), Negatable(this));

    /// <summary>x itself, as the unary plus of PyTorch.</summary>
    /// <exception cref="DTypeException">The tensor is bool.</exception>
    public Tensor Positive()
    {
        if (dtype == DType.Bool) Throw.Types("The `+` operator, on a bool tensor is not supported.");
        return this;
    }

    /// <summary>|x|; the gradient at 0 is 0.</summary>
    /// <exception cref="DTypeException">The tensor is bool.</exception>
    public Tensor Abs() => MapOp.Apply(new Ops.Abs(), this);
    /// <summary>x = |x|</summary>
    public Tensor Abs_() => MapOp.InPlace(new Ops.Abs(), this);

    /// <summary>-1, 0 or 1 by the sign of x; 0 for NaN. The gradient is 0; bools are returned as they are.</summary>
    public Tensor Sign() => dtype == DType.Bool ? Clone() : MapOp.Apply(new Ops.Sign(), this);
    /// <summary>x = sign(x)</summary>
    public Tensor Sign_() => dtype == DType.Bool ? this : MapOp.InPlace(new Ops.Sign(), this);

    /// <summary>x / |x|, or 0 where x is 0: for real numbers the same as <see cref="Sign"/>.</summary>
    public Tensor Sgn() => dtype == DType.Bool ? Clone() : MapOp.Apply(new Ops.Sgn(), this);
    /// <summary>x = sgn(x)</summary>
    public Tensor Sgn_() => dtype == DType.Bool ? this : MapOp.InPlace(new Ops.Sgn(), this);

    private static bool IsOne(Scalar? alpha) => alpha is not { } a || (a.Category == 1 && a.ToInt64() == 1);

    private static Ops.AddScaled Minus(Tensor x, Tensor y, Scalar? alpha, string node)
    {
        Ops.AddScaled plus = Ops.AddScaled.Of(Promotion.Result(x, y), alpha!.Value, node);
        Scalar a = plus.Alpha;
        return plus with { Alpha = a.IsFloatingPoint ? -a.ToDouble() : unchecked(-a.ToInt64()) };
    }

    private static Tensor Negatable(Tensor x)
    {
        if (x.dtype == DType.Bool)
            Throw.Types("Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the " +
                "`~` or `logical_not()` operator instead.");
        return x;
    }

    private static Tensor NotBool(Tensor x, Tensor? y = null)
    {
        if (x.dtype == DType.Bool && y?.dtype == DType.Bool)
            Throw.Types("Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator " +
                "instead.");
        if (x.dtype == DType.Bool || y?.dtype == DType.Bool)
            Throw.Types("Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, " +
                "use the `~` or `logical_not()` operator instead.");
        return x;
    }
}
