using System.Numerics;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>max(x, 0), NaN staying NaN</summary>
    public readonly record struct Relu : INumberMap<Relu>
    {
        static Saves IMap<Relu>.Saves => Saves.Result;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> => Lanes.Map(new ReluLanes<T>(), x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new Above(0), d, y);
    }

    /// <summary>x above the threshold, else a value</summary>
    public readonly record struct Threshold(Scalar Limit, Scalar Value) : INumberMap<Threshold>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> =>
            Lanes.Map(new ThresholdLanes<T>(Number<T>(Limit), Number<T>(Value)), x, y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new Above(Limit.ToDouble()), d, x);
    }

    /// <summary>0 where x ≤ Limit, else d: the derivative of relu and threshold</summary>
    public readonly record struct Above(double Limit) : IFloatZip<Above>
    {
        static string IOperation<Above>.NodeName(Above op) => "ThresholdBackwardBackward0";
        static Saves IZip<Above>.ForX => Saves.Y;
        static Saves IZip<Above>.ForY => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new AboveLanes<T>(T.CreateTruncating(Limit)), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
    }

    /// <summary>min(max(x, Min), Max)</summary>
    public readonly record struct Hardtanh(Scalar Min, Scalar Max) : INumberMap<Hardtanh>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> =>
            Lanes.Map(new Bounded<T>(Number<T>(Min), Number<T>(Max)), x, y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new Between(Min.ToDouble(), Max.ToDouble(), 1, true), d, x);
    }

    /// <summary>Slope · d where Min &lt; x &lt; Max, else 0; the derivatives of bounded ramps. NaN counts as inside or outside.</summary>
    public readonly record struct Between(double Min, double Max, double Slope, bool NaNInside) : IFloatZip<Between>
    {
        static Saves IZip<Between>.ForX => Saves.Y;
        static Saves IZip<Between>.ForY => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new BetweenLanes<T>(T.CreateTruncating(Min), T.CreateTruncating(Max), T.CreateTruncating(Slope), NaNInside), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
    }

    /// <summary>x above 0, else Slope · x</summary>
    public readonly record struct LeakyRelu(double Slope, string Node) : IFloatMap<LeakyRelu>
    {
        static string IOperation<LeakyRelu>.NodeName(LeakyRelu op) => op.Node;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Map(new LeakyLanes<T>(T.CreateTruncating(Slope)), x, y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new LeakySlope(Slope), d, x);
    }

    /// <summary>d where x is above 0, else Slope · d: the derivative of leaky relu</summary>
    public readonly record struct LeakySlope(double Slope) : IFloatZip<LeakySlope>
    {
        static string IOperation<LeakySlope>.NodeName(LeakySlope op) => "LeakyReluBackwardBackward0";
        static Saves IZip<LeakySlope>.ForX => Saves.Y;
        static Saves IZip<LeakySlope>.ForY => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new LeakySlopeLanes<T>(T.CreateTruncating(Slope)), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
    }

    /// <summary>x above 0, else y · x</summary>
    public readonly record struct PreluKernel : IFloatZip<PreluKernel>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new PReluLanes<T>(), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.Where(x > 0, d, d * y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => (d * x).ZeroWhere(x > 0);

        // At 0 PyTorch's forward rule takes the side above, its backward rule that below.
        static Tensor? IZip<PreluKernel>.Tangent(PreluKernel op, Tensor? s, Tensor? t, Tensor x, Tensor y, Tensor z)
        {
            Tensor above = x >= 0;
            Tensor? fromX = s is null ? null : Tensor.Where(above, s, s * y), fromY = t is null ? null : (t * x).ZeroWhere(above);
            return fromX is null ? fromY : fromY is null ? fromX : fromX + fromY;
        }
    }

    /// <summary>Scale · x above 0, else Alpha · Scale · (e^(InputScale · x) - 1)</summary>
    public readonly record struct Elu(double Alpha, double Scale, double InputScale, string Node) : IFloatMap<Elu>
    {
        static string IOperation<Elu>.NodeName(Elu op) => op.Node;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorMap.Run(x, y, new EluMap(Alpha * Scale, Scale, InputScale));

        public Tensor Diff(Tensor d, Tensor x, Tensor y) =>
            ZipOp.Apply(new EluBackward(Alpha * Scale * InputScale, Scale, InputScale), d, x);
    }

    /// <summary>x · Scale where y is above 0, else x · Factor · e^(InputScale y)</summary>
    public readonly record struct EluBackward(double Factor, double Scale, double InputScale) : IFloatZip<EluBackward>
    {
        static Saves IZip<EluBackward>.ForX => Saves.Y;
        static Saves IZip<EluBackward>.ForY => Saves.X | Saves.Y;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            VectorZip.Run(x, y, z, new EluSlope(Factor, Scale, InputScale));

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) =>
            ZipOp.Apply(new EluBackward(Factor * InputScale, 0, InputScale), d * x, y);
    }

    /// <summary>min(max(x + 3, 0), 6) / 6</summary>
    public readonly record struct Hardsigmoid : IFloatMap<Hardsigmoid>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Map(new HardsigmoidLanes<T>(), x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new Between(-3, 3, 1.0 / 6, false), d, x);
    }

    /// <summary>x · min(max(x + 3, 0), 6) / 6</summary>
    public readonly record struct Hardswish : IFloatMap<Hardswish>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Map(new HardswishLanes<T>(), x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new HardswishBackward(), d, x);
    }

    /// <summary>x · hardswish'(y): x, x (y / 3 + 1/2) or 0</summary>
    public readonly record struct HardswishBackward : IFloatZip<HardswishBackward>
    {
        static Saves IZip<HardswishBackward>.ForX => Saves.Y;
        static Saves IZip<HardswishBackward>.ForY => Saves.X | Saves.Y;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new HardswishSlope<T>(), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(new HardswishBackward(), d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(new Between(-3, 3, 1.0 / 3, false), d * x, y);
    }

    /// <summary>x where |x| is above Lambda, else 0</summary>
    public readonly record struct Hardshrink(double Lambda) : IFloatMap<Hardshrink>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new BeyondLanes<T>(T.CreateTruncating(Lambda)), x, x, y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new Beyond(Lambda), d, x);
    }

    /// <summary>x moved towards 0 by Lambda, at most to 0</summary>
    public readonly record struct Softshrink(double Lambda) : IFloatMap<Softshrink>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Map(new SoftshrinkLanes<T>(T.CreateTruncating(Lambda)), x, y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new Beyond(Lambda), d, x);
    }

    /// <summary>0 where -Lambda ≤ x ≤ Lambda, else d: the derivative of the shrinkages</summary>
    public readonly record struct Beyond(double Lambda) : IFloatZip<Beyond>
    {
        static Saves IZip<Beyond>.ForX => Saves.Y;
        static Saves IZip<Beyond>.ForY => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Zip(new BeyondLanes<T>(T.CreateTruncating(Lambda)), x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
    }
}
