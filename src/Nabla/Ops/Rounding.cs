using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>⌊x⌋; the derivative is zero wherever it exists.</summary>
    public readonly record struct Floor : IFloatMap<Floor>
    {
        static Saves IMap<Floor>.Saves => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Floor(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.ZerosLike(d);
    }

    /// <summary>⌈x⌉; the derivative is zero wherever it exists.</summary>
    public readonly record struct Ceil : IFloatMap<Ceil>
    {
        static Saves IMap<Ceil>.Saves => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Ceiling(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.ZerosLike(d);
    }

    /// <summary>x without its fraction; the derivative is zero wherever it exists.</summary>
    public readonly record struct Trunc : IFloatMap<Trunc>
    {
        static Saves IMap<Trunc>.Saves => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Truncate(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.ZerosLike(d);
    }

    /// <summary>The nearest integer multiple of 10^-Decimals, halves to the even one; the derivative is zero wherever it exists.</summary>
    public readonly record struct Round(int Decimals) : IFloatMap<Round>
    {
        static string IOperation<Round>.NodeName(Round op) => op.Decimals == 0 ? "RoundBackward0" : "RoundBackward1";
        static Saves IMap<Round>.Saves => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
        {
            if (Decimals == 0)
            {
                TensorPrimitives.Round(x, y);
                return;
            }
            T power = T.CreateTruncating(Math.Pow(10, Math.Abs((double)Decimals)));
            for (int i = 0; i < x.Length; i++) y[i] = Decimals > 0 ? T.Round(x[i] * power) / power : T.Round(x[i] / power) * power;
        }

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.ZerosLike(d);
    }

    /// <summary>x - trunc(x)</summary>
    public readonly record struct Frac : IFloatMap<Frac>
    {
        static Saves IMap<Frac>.Saves => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            Kernels.Lanes.Map(new FracLanes<T>(), x, y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => d;
    }

    private readonly struct FracLanes<T> : Kernels.ILaneMap<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x) => typeof(T) == typeof(float)
            ? x - Vector.Truncate(x.As<T, float>()).As<float, T>()
            : x - Vector.Truncate(x.As<T, double>()).As<double, T>();
    }
}

public sealed partial class Tensor
{
    /// <summary>⌊x⌋; integers are returned as they are. The gradient is 0.</summary>
    /// <exception cref="DTypeException">The tensor is bool.</exception>
    public Tensor Floor() => Rounded(new Ops.Floor(), "floor_vml_cpu");
    /// <summary>x = ⌊x⌋</summary>
    public Tensor Floor_() => Rounded_(new Ops.Floor(), "floor_vml_cpu");

    /// <summary>⌈x⌉; integers are returned as they are. The gradient is 0.</summary>
    /// <exception cref="DTypeException">The tensor is bool.</exception>
    public Tensor Ceil() => Rounded(new Ops.Ceil(), "ceil_vml_cpu");
    /// <summary>x = ⌈x⌉</summary>
    public Tensor Ceil_() => Rounded_(new Ops.Ceil(), "ceil_vml_cpu");

    /// <summary>x without its fraction; integers are returned as they are. The gradient is 0.</summary>
    /// <exception cref="DTypeException">The tensor is bool.</exception>
    public Tensor Trunc() => Rounded(new Ops.Trunc(), "trunc_vml_cpu");
    /// <summary>x = trunc(x)</summary>
    public Tensor Trunc_() => Rounded_(new Ops.Trunc(), "trunc_vml_cpu");
    /// <summary>The same as <see cref="Trunc"/>.</summary>
    public Tensor Fix() => Trunc();
    /// <summary>The same as <see cref="Trunc_"/>.</summary>
    public Tensor Fix_() => Trunc_();

    /// <summary>The nearest integer, halves to the even one; integers are returned as they are. The gradient is 0.</summary>
    /// <param name="decimals">Round to a multiple of 10^-decimals instead; may be negative. For floating point only.</param>
    /// <exception cref="DTypeException">The tensor is bool, or an integer with decimals other than 0.</exception>
    public Tensor Round(int decimals = 0) => Rounded(new Ops.Round(Places(decimals)), "round_vml_cpu");
    /// <summary>x = round(x)</summary>
    /// <inheritdoc cref="Round(int)"/>
    public Tensor Round_(int decimals = 0) => Rounded_(new Ops.Round(Places(decimals)), "round_vml_cpu");

    /// <summary>x - trunc(x): the fraction, with the sign of x. The gradient is 1.</summary>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Frac() => MapOp.Apply(new Ops.Frac(), FloatOnly("frac_cpu"));
    /// <summary>x = x - trunc(x)</summary>
    public Tensor Frac_() => MapOp.InPlace(new Ops.Frac(), FloatOnly("frac_cpu"));

    /// <summary>This tensor, after a check that its dtype is floating point.</summary>
    internal Tensor FloatOnly(string kernel, bool orComplex = false)
    {
        if (!dtype.IsFloatingPoint() && !(orComplex && dtype.IsComplex())) Throw.NotImplementedFor(kernel, dtype);
        return this;
    }

    private int Places(int decimals)
    {
        if (decimals != 0) FloatOnly("round_cpu");
        return decimals;
    }

    private Tensor Rounded<TOp>(TOp op, string kernel) where TOp : struct, IMap<TOp>
    {
        if (dtype == DType.Bool) Throw.NotImplementedFor(kernel, dtype);
        return dtype.IsDifferentiable() ? MapOp.Apply(op, this) : Clone();
    }

    private Tensor Rounded_<TOp>(TOp op, string kernel) where TOp : struct, IMap<TOp>
    {
        if (dtype == DType.Bool) Throw.NotImplementedFor(kernel, dtype);
        return dtype.IsDifferentiable() ? MapOp.InPlace(op, this) : this;
    }
}
