using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>sin(x)</summary>
    public readonly record struct Sin : IFloatMap<Sin>
    {
        static Tensor IMap<Sin>.OnComplex(Sin op, Tensor x) => Tensor.Complex(x.Real.Sin() * x.Imag.Cosh(), x.Real.Cos() * x.Imag.Sinh());
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Sin(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * x.Cos();
    }

    /// <summary>cos(x)</summary>
    public readonly record struct Cos : IFloatMap<Cos>
    {
        static Tensor IMap<Cos>.OnComplex(Cos op, Tensor x) =>
            Tensor.Complex(x.Real.Cos() * x.Imag.Cosh(), -(x.Real.Sin() * x.Imag.Sinh()));
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Cos(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * -x.Sin();
    }

    /// <summary>tan(x)</summary>
    public readonly record struct Tan : IFloatMap<Tan>
    {
        static Tensor IMap<Tan>.OnComplex(Tan op, Tensor x) => x.Sin() / x.Cos();
        static Saves IMap<Tan>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Tan(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * (1 + y.Pow(2));
    }

    /// <summary>asin(x)</summary>
    public readonly record struct Asin : IFloatMap<Asin>
    {
        static Tensor IMap<Asin>.OnComplex(Asin op, Tensor x) => Complexes.Asin(x);
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Asin(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * (1 - x * x).Rsqrt();
    }

    /// <summary>acos(x)</summary>
    public readonly record struct Acos : IFloatMap<Acos>
    {
        static Tensor IMap<Acos>.OnComplex(Acos op, Tensor x) => Complexes.Acos(x);
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Acos(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * -(1 - x * x).Rsqrt();
    }

    /// <summary>atan(x)</summary>
    public readonly record struct Atan : IFloatMap<Atan>
    {
        static Tensor IMap<Atan>.OnComplex(Atan op, Tensor x) => Complexes.Atan(x);
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Atan(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d / (x * x + 1);
    }

    /// <summary>sinh(x)</summary>
    public readonly record struct Sinh : IFloatMap<Sinh>
    {
        static Tensor IMap<Sinh>.OnComplex(Sinh op, Tensor x) => Tensor.Complex(x.Real.Sinh() * x.Imag.Cos(), x.Real.Cosh() * x.Imag.Sin());
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Sinh(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * x.Cosh();
    }

    /// <summary>cosh(x)</summary>
    public readonly record struct Cosh : IFloatMap<Cosh>
    {
        static Tensor IMap<Cosh>.OnComplex(Cosh op, Tensor x) => Tensor.Complex(x.Real.Cosh() * x.Imag.Cos(), x.Real.Sinh() * x.Imag.Sin());
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Cosh(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * x.Sinh();
    }

    /// <summary>tanh(x)</summary>
    public readonly record struct Tanh : IFloatMap<Tanh>
    {
        static Tensor IMap<Tanh>.OnComplex(Tanh op, Tensor x) => x.Sinh() / x.Cosh();
        static Saves IMap<Tanh>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Tanh(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new TanhBackward(), d, y);
    }

    /// <summary>asinh(x)</summary>
    public readonly record struct Asinh : IFloatMap<Asinh>
    {
        static Tensor IMap<Asinh>.OnComplex(Asinh op, Tensor x) => Complexes.Asinh(x);
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Asinh(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * (x.Pow(2) + 1).Rsqrt();
    }

    /// <summary>acosh(x)</summary>
    public readonly record struct Acosh : IFloatMap<Acosh>
    {
        static Tensor IMap<Acosh>.OnComplex(Acosh op, Tensor x) => Complexes.Acosh(x);
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Acosh(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d * (x.Pow(2) - 1).Rsqrt();
    }

    /// <summary>atanh(x)</summary>
    public readonly record struct Atanh : IFloatMap<Atanh>
    {
        static Tensor IMap<Atanh>.OnComplex(Atanh op, Tensor x) => Complexes.Atanh(x);
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Atanh(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d / (1 - x.Pow(2));
    }

    /// <summary>d · (1 - y²): the derivative of tanh, from its result</summary>
    public readonly record struct TanhBackward : IFloatZip<TanhBackward>
    {
        static Saves IZip<TanhBackward>.ForX => Saves.Y;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new TanhSlope<T>(), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(new TanhBackward(), d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * x * y * -2;
    }

    private readonly struct TanhSlope<T> : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> d, Vector<T> y) => d * (Vector<T>.One - y * y);
    }

    /// <summary>Factor · x</summary>
    public readonly record struct Scale(double Factor, string Node) : IFloatMap<Scale>
    {
        static string IOperation<Scale>.NodeName(Scale op) => op.Node;
        static Saves IMap<Scale>.Saves => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            System.Numerics.Tensors.TensorPrimitives.Multiply(x, T.CreateTruncating(Factor), y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => MapOp.Apply(this, d);
    }

    /// <summary>The angle of the point (y, x), the operands being y first</summary>
    public readonly record struct Atan2 : IFloatZip<Atan2>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T>
        {
            // In double precision the vectors' error passes 2 ulp.
            if (typeof(T) == typeof(float)) VectorZip.Run<Atan2Zip, T>(x, y, z);
            else for (int i = 0; i < z.Length; i++) z[i] = T.Atan2(x[i], y[i]);
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * y * (x * x + y * y).Reciprocal();
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * -x * (x * x + y * y).Reciprocal();
    }

    /// <summary>√(x² + y²), without overflow</summary>
    public readonly record struct Hypot : IFloatZip<Hypot>
    {
        static Saves IZip<Hypot>.ForX => Saves.X | Saves.Result;
        static Saves IZip<Hypot>.ForY => Saves.Y | Saves.Result;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run<HypotZip, T>(x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => d * (x / z);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d * (y / z);
    }
}

public sealed partial class Tensor
{
    /// <summary>sin(x); integers give the default floating-point dtype.</summary>
    public Tensor Sin() => MapOp.Apply(new Ops.Sin(), this);
    /// <summary>x = sin(x)</summary>
    public Tensor Sin_() => MapOp.InPlace(new Ops.Sin(), this);

    /// <summary>cos(x); integers give the default floating-point dtype.</summary>
    public Tensor Cos() => MapOp.Apply(new Ops.Cos(), this);
    /// <summary>x = cos(x)</summary>
    public Tensor Cos_() => MapOp.InPlace(new Ops.Cos(), this);

    /// <summary>tan(x); integers give the default floating-point dtype.</summary>
    public Tensor Tan() => MapOp.Apply(new Ops.Tan(), this);
    /// <summary>x = tan(x)</summary>
    public Tensor Tan_() => MapOp.InPlace(new Ops.Tan(), this);

    /// <summary>asin(x); integers give the default floating-point dtype.</summary>
    public Tensor Asin() => MapOp.Apply(new Ops.Asin(), this);
    /// <summary>x = asin(x)</summary>
    public Tensor Asin_() => MapOp.InPlace(new Ops.Asin(), this);

    /// <summary>acos(x); integers give the default floating-point dtype.</summary>
    public Tensor Acos() => MapOp.Apply(new Ops.Acos(), this);
    /// <summary>x = acos(x)</summary>
    public Tensor Acos_() => MapOp.InPlace(new Ops.Acos(), this);

    /// <summary>atan(x); integers give the default floating-point dtype.</summary>
    public Tensor Atan() => MapOp.Apply(new Ops.Atan(), this);
    /// <summary>x = atan(x)</summary>
    public Tensor Atan_() => MapOp.InPlace(new Ops.Atan(), this);

    /// <summary>sinh(x); integers give the default floating-point dtype.</summary>
    public Tensor Sinh() => MapOp.Apply(new Ops.Sinh(), this);
    /// <summary>x = sinh(x)</summary>
    public Tensor Sinh_() => MapOp.InPlace(new Ops.Sinh(), this);

    /// <summary>cosh(x); integers give the default floating-point dtype.</summary>
    public Tensor Cosh() => MapOp.Apply(new Ops.Cosh(), this);
    /// <summary>x = cosh(x)</summary>
    public Tensor Cosh_() => MapOp.InPlace(new Ops.Cosh(), this);

    /// <summary>tanh(x); integers give the default floating-point dtype.</summary>
    public Tensor Tanh() => MapOp.Apply(new Ops.Tanh(), this);
    /// <summary>x = tanh(x)</summary>
    public Tensor Tanh_() => MapOp.InPlace(new Ops.Tanh(), this);

    /// <summary>asinh(x); integers give the default floating-point dtype.</summary>
    public Tensor Asinh() => MapOp.Apply(new Ops.Asinh(), this);
    /// <summary>x = asinh(x)</summary>
    public Tensor Asinh_() => MapOp.InPlace(new Ops.Asinh(), this);

    /// <summary>acosh(x); integers give the default floating-point dtype.</summary>
    public Tensor Acosh() => MapOp.Apply(new Ops.Acosh(), this);
    /// <summary>x = acosh(x)</summary>
    public Tensor Acosh_() => MapOp.InPlace(new Ops.Acosh(), this);

    /// <summary>atanh(x); integers give the default floating-point dtype.</summary>
    public Tensor Atanh() => MapOp.Apply(new Ops.Atanh(), this);
    /// <summary>x = atanh(x)</summary>
    public Tensor Atanh_() => MapOp.InPlace(new Ops.Atanh(), this);

    /// <summary>The angle of the point (other, this), in (-π, π], broadcast; the gradient at the origin is NaN.</summary>
    public Tensor Atan2(Tensor other) => ZipOp.Apply(new Ops.Atan2(), this, other);
    /// <summary>x = atan2(x, other)</summary>
    public Tensor Atan2_(Tensor other) => ZipOp.InPlace(new Ops.Atan2(), this, other);

    /// <summary>√(x² + y²), broadcast, without overflow.</summary>
    /// <exception cref="DTypeException">The promoted dtype is not floating point.</exception>
    public Tensor Hypot(Tensor other) => ZipOp.Apply(new Ops.Hypot(), FloatWith(other, "hypot_cpu"), other);
    /// <summary>x = √(x² + y²)</summary>
    public Tensor Hypot_(Tensor other) => ZipOp.InPlace(new Ops.Hypot(), FloatWith(other, "hypot_cpu"), other);

    /// <summary>Degrees to radians: x · π / 180; integers give the default floating-point dtype.</summary>
    public Tensor Deg2Rad() => MapOp.Apply(new Ops.Scale(Math.PI / 180, "Deg2RadBackward0"), this);
    /// <summary>x = x · π / 180</summary>
    public Tensor Deg2Rad_() => MapOp.InPlace(new Ops.Scale(Math.PI / 180, "Deg2RadBackward0"), this);
    /// <summary>Radians to degrees: x · 180 / π; integers give the default floating-point dtype.</summary>
    public Tensor Rad2Deg() => MapOp.Apply(new Ops.Scale(180 / Math.PI, "Rad2DegBackward0"), this);
    /// <summary>x = x · 180 / π</summary>
    public Tensor Rad2Deg_() => MapOp.InPlace(new Ops.Scale(180 / Math.PI, "Rad2DegBackward0"), this);
}
