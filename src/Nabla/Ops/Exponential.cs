using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>e^x</summary>
    public readonly record struct Exp : IFloatMap<Exp>
    {
        static bool IOperation<Exp>.TakesComplex => true;
        static Saves IMap<Exp>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Exp(x, y);

        static void IMap<Exp>.Run(Exp op, Tensor x, Tensor y)
        {
            if (y.IsComplex) ComplexKernels.Planar<ExpPlanes>(x, y);
            else Kernels.Map.Float(op, x, y);
        }

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * y;
    }

    /// <summary>2^x</summary>
    public readonly record struct Exp2 : IFloatMap<Exp2>
    {
        static Tensor IMap<Exp2>.OnComplex(Exp2 op, Tensor x) => (x * Math.Log(2)).Exp();
        static Saves IMap<Exp2>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Exp2(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * y * Math.Log(2);
    }

    /// <summary>e^x - 1, accurate near 0</summary>
    public readonly record struct Expm1 : IFloatMap<Expm1>
    {
        static Tensor IMap<Expm1>.OnComplex(Expm1 op, Tensor x) => Complexes.Expm1(x);
        static Saves IMap<Expm1>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.ExpM1(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * (y + 1);
    }

    /// <summary>ln(x)</summary>
    public readonly record struct Log : IFloatMap<Log>
    {
        static Tensor IMap<Log>.OnComplex(Log op, Tensor x) => Tensor.Complex(x.Abs().Log(), x.Angle());
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Log(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d / x;
    }

    /// <summary>log2(x)</summary>
    public readonly record struct Log2 : IFloatMap<Log2>
    {
        static Tensor IMap<Log2>.OnComplex(Log2 op, Tensor x) => x.Log() * (1 / Math.Log(2));
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Log2(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d / (x * Math.Log(2));
    }

    /// <summary>log10(x)</summary>
    public readonly record struct Log10 : IFloatMap<Log10>
    {
        static Tensor IMap<Log10>.OnComplex(Log10 op, Tensor x) => x.Log() * (1 / Math.Log(10));
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Log10(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d / (x * Math.Log(10));
    }

    /// <summary>ln(1 + x), accurate near 0</summary>
    public readonly record struct Log1p : IFloatMap<Log1p>
    {
        static Tensor IMap<Log1p>.OnComplex(Log1p op, Tensor x) => Complexes.Log1p(x);
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Log1P(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d / (x + 1);
    }

    /// <summary>√x</summary>
    public readonly record struct Sqrt : IFloatMap<Sqrt>
    {
        static Tensor IMap<Sqrt>.OnComplex(Sqrt op, Tensor x) => Tensor.Polar(x.Abs().Sqrt(), x.Angle() / 2);
        static Saves IMap<Sqrt>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Sqrt(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d / (2 * y);
    }

    /// <summary>1 / √x</summary>
    public readonly record struct Rsqrt : IFloatMap<Rsqrt>
    {
        static Tensor IMap<Rsqrt>.OnComplex(Rsqrt op, Tensor x) => x.Sqrt().Reciprocal();
        static Saves IMap<Rsqrt>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Rsqrt(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => -0.5 * d * y.Pow(3);
    }

    /// <summary>1 / x</summary>
    public readonly record struct Reciprocal : IFloatMap<Reciprocal>
    {
        static Tensor IMap<Reciprocal>.OnComplex(Reciprocal op, Tensor x) => ZipOp.Apply(new Div(), 1.0, x);
        static Saves IMap<Reciprocal>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Reciprocal(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => -d * (y * y);
    }

    /// <summary>ln(e^x + e^y), without overflow</summary>
    public readonly record struct Logaddexp : IFloatZip<Logaddexp>
    {
        static Tensor IZip<Logaddexp>.OnComplex(Logaddexp op, Tensor x, Tensor y) => Complexes.LogAddExp(x, y);
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run<LogAddExpZip, T>(x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d / (1 + (y - x).Exp());
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d / (1 + (x - y).Exp());
    }

    /// <summary>log2(2^x + 2^y), without overflow</summary>
    public readonly record struct Logaddexp2 : IFloatZip<Logaddexp2>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run<LogAddExp2Zip, T>(x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d / (1 + (y - x).Exp2());
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d / (1 + (x - y).Exp2());
    }

    /// <summary>x · ln(y), and 0 where x is 0</summary>
    public readonly record struct Xlogy(byte Overload) : IFloatZip<Xlogy>
    {
        static string IOperation<Xlogy>.NodeName(Xlogy op) => "XlogyBackward" + op.Overload;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run<XLogYZip, T>(x, y, z);

        // At x = 0 and y <= 0 the product is 0 on the whole line x -> 0, so PyTorch takes 0 for the derivative.
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * y.To(d.dtype).Log().ZeroWhere((x == 0).LogicalAnd(y <= 0));
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * x / y;
    }
}

public sealed partial class Tensor
{
    /// <summary>e^x; integers give the default floating-point dtype.</summary>
    public Tensor Exp() => MapOp.Apply(new Ops.Exp(), this);
    /// <summary>x = e^x</summary>
    public Tensor Exp_() => MapOp.InPlace(new Ops.Exp(), this);

    /// <summary>2^x; integers give the default floating-point dtype.</summary>
    public Tensor Exp2() => MapOp.Apply(new Ops.Exp2(), this);
    /// <summary>x = 2^x</summary>
    public Tensor Exp2_() => MapOp.InPlace(new Ops.Exp2(), this);

    /// <summary>e^x - 1, accurate near 0; integers give the default floating-point dtype.</summary>
    public Tensor Expm1() => MapOp.Apply(new Ops.Expm1(), this);
    /// <summary>x = e^x - 1</summary>
    public Tensor Expm1_() => MapOp.InPlace(new Ops.Expm1(), this);

    /// <summary>ln(x); integers give the default floating-point dtype.</summary>
    public Tensor Log() => MapOp.Apply(new Ops.Log(), this);
    /// <summary>x = ln(x)</summary>
    public Tensor Log_() => MapOp.InPlace(new Ops.Log(), this);

    /// <summary>log2(x); integers give the default floating-point dtype.</summary>
    public Tensor Log2() => MapOp.Apply(new Ops.Log2(), this);
    /// <summary>x = log2(x)</summary>
    public Tensor Log2_() => MapOp.InPlace(new Ops.Log2(), this);

    /// <summary>log10(x); integers give the default floating-point dtype.</summary>
    public Tensor Log10() => MapOp.Apply(new Ops.Log10(), this);
    /// <summary>x = log10(x)</summary>
    public Tensor Log10_() => MapOp.InPlace(new Ops.Log10(), this);

    /// <summary>ln(1 + x), accurate near 0; integers give the default floating-point dtype.</summary>
    public Tensor Log1p() => MapOp.Apply(new Ops.Log1p(), this);
    /// <summary>x = ln(1 + x)</summary>
    public Tensor Log1p_() => MapOp.InPlace(new Ops.Log1p(), this);

    /// <summary>√x; integers give the default floating-point dtype.</summary>
    public Tensor Sqrt() => MapOp.Apply(new Ops.Sqrt(), this);
    /// <summary>x = √x</summary>
    public Tensor Sqrt_() => MapOp.InPlace(new Ops.Sqrt(), this);

    /// <summary>1 / √x; integers give the default floating-point dtype.</summary>
    public Tensor Rsqrt() => MapOp.Apply(new Ops.Rsqrt(), this);
    /// <summary>x = 1 / √x</summary>
    public Tensor Rsqrt_() => MapOp.InPlace(new Ops.Rsqrt(), this);

    /// <summary>1 / x; integers give the default floating-point dtype.</summary>
    public Tensor Reciprocal() => MapOp.Apply(new Ops.Reciprocal(), this);
    /// <summary>x = 1 / x</summary>
    public Tensor Reciprocal_() => MapOp.InPlace(new Ops.Reciprocal(), this);

    /// <summary>ln(e^x + e^y), broadcast, without overflow.</summary>
    /// <exception cref="DTypeException">The promoted dtype is not floating point.</exception>
    public Tensor LogAddExp(Tensor other) => ZipOp.Apply(new Ops.Logaddexp(), FloatWith(other, "logaddexp_cpu"), other);
    /// <summary>log2(2^x + 2^y), broadcast, without overflow.</summary>
    /// <exception cref="DTypeException">The promoted dtype is not floating point.</exception>
    public Tensor LogAddExp2(Tensor other) => ZipOp.Apply(new Ops.Logaddexp2(), FloatWith(other, "logaddexp2_cpu"), other);

    /// <summary>x · ln(y), broadcast: 0 where x is 0 unless y is NaN; the gradient by x is 0 where x = 0 and y ≤ 0.</summary>
    public Tensor XLogY(Tensor other) => ZipOp.Apply(new Ops.Xlogy(0), this, other);
    /// <summary>x · ln(y) for a plain number y.</summary>
    public Tensor XLogY(Scalar other) => ZipOp.Apply(new Ops.Xlogy(2), this, other);
    /// <summary>x · ln(y) for a plain number x.</summary>
    public static Tensor XLogY(Scalar self, Tensor other) => ZipOp.Apply(new Ops.Xlogy(1), self, other);
    /// <summary>x = x · ln(y).</summary>
    public Tensor XLogY_(Tensor other) => ZipOp.InPlace(new Ops.Xlogy(0), this, other);
    /// <summary>x = x · ln(y) for a plain number y.</summary>
    public Tensor XLogY_(Scalar other) => ZipOp.InPlace(new Ops.Xlogy(2), this, other);

    /// <summary>x · 2^y, broadcast.</summary>
    public Tensor Ldexp(Tensor other) => Mul(Pow(2.0, other));
    /// <summary>x = x · 2^y.</summary>
    public Tensor Ldexp_(Tensor other) => Mul_(Pow(2.0, other));

    /// <summary>This tensor, after a check that it and another promote to floating point.</summary>
    private Tensor FloatWith(Tensor other, string kernel)
    {
        DType promoted = Promotion.Result(this, other);
        if (!promoted.IsDifferentiable()) Throw.NotImplementedFor(kernel, promoted);
        return this;
    }

    /// <summary>These values, and 0 where the mask is true, whatever stands there.</summary>
    internal Tensor ZeroWhere(Tensor mask) => Where(mask, 0, this);
}
