using System.Numerics;
using System.Numerics.Tensors;
using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>condition ? x : y; all three have one shape, x and y one dtype</summary>
    public readonly record struct Where : IOp<Where>
    {
        static Tensor[] IOp<Where>.OnComplex(Where op, ReadOnlySpan<Tensor> x) =>
            [Complexes.Join(Tensor.Where(x[0].Unsqueeze(-1), x[1].ViewAsReal(), x[2].ViewAsReal()))];

        static bool IOp<Where>.SavesInput(Where op, int i) => i == 0;
        static bool IOp<Where>.SavesOutput(Where op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Layout like = x[1].layout.IsDense ? x[1].layout : x[2].layout;
            Tensor z = Tensor.Allocate(like.IsDense ? like.Fresh : new Layout(like.shape), x[1].dtype);
            Kernels.Select.Run(x[0], x[1], x[2], z);
            return [z];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            if (into.Needs(1)) into[1] = Tensor.Where(x[0], d, 0);
            if (into.Needs(2)) into[2] = Tensor.Where(x[0], 0, d);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            if (t[1] is { } a) return [t[2] is { } b ? Tensor.Where(x[0], a, b) : Tensor.Where(x[0], a, 0)];
            return [t[2] is { } c ? Tensor.Where(x[0], 0, c) : null];
        }
    }

    /// <summary>x bounded by Min and Max, either of which may be missing; Max wins</summary>
    public readonly record struct Clamp(Scalar? Min, Scalar? Max, string Node) : INumberMap<Clamp>
    {
        static string IOperation<Clamp>.NodeName(Clamp op) => op.Node;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T>
        {
            if (Min is { } low && Max is { } high) Lanes.Map(new Bounded<T>(Bound<T>(low), Bound<T>(high)), x, y);
            else if (Min is { } min) Lanes.Map(new AtLeast<T>(Bound<T>(min)), x, y);
            else Lanes.Map(new AtMost<T>(Bound<T>(Max!.Value)), x, y);
        }

        internal static T Bound<T>(Scalar value) where T : unmanaged, INumber<T> => value.IsFloatingPoint
            ? T.CreateSaturating(value.ToDouble())
            : T.CreateSaturating(value.ToInt64());

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => ZipOp.Apply(new Inside(Min?.ToDouble(), Max?.ToDouble()), d, x);
    }

    private readonly struct Bounded<T>(T min, T max) : ILaneMap<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x) => Vector.Min(Vector.Max(x, Vector.Create(min)), Vector.Create(max));
    }

    private readonly struct AtLeast<T>(T min) : ILaneMap<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x) => Vector.Max(x, Vector.Create(min));
    }

    private readonly struct AtMost<T>(T max) : ILaneMap<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x) => Vector.Min(x, Vector.Create(max));
    }

    private readonly struct MaxLanes<T> : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.Max(x, y);
    }

    private readonly struct MinLanes<T> : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> x, Vector<T> y) => Vector.Min(x, y);
    }

    /// <summary>d where Min ≤ x ≤ Max, else 0: the derivative of clamp</summary>
    public readonly record struct Inside(double? Min, double? Max) : IFloatZip<Inside>
    {
        static Saves IZip<Inside>.ForX => Saves.Y;
        static Saves IZip<Inside>.ForY => Saves.None;

        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, IFloatingPointIeee754<T> => Lanes.Zip(
            new InsideLanes<T>(T.CreateTruncating(Min ?? double.NegativeInfinity), T.CreateTruncating(Max ?? double.PositiveInfinity)),
            x, y, z);

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => ZipOp.Apply(this, d, y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.ZerosLike(d);
    }

    private readonly struct InsideLanes<T>(T min, T max) : ILaneZip<T> where T : unmanaged
    {
        public Vector<T> Invoke(Vector<T> d, Vector<T> x) =>
            d & Vector.GreaterThanOrEqual(x, Vector.Create(min)) & Vector.LessThanOrEqual(x, Vector.Create(max));
    }

    /// <summary>max(x, y) as a bound: where x = y the gradient goes to x alone</summary>
    public readonly record struct ClampMin(string Node) : INumberZip<ClampMin>
    {
        static string IOperation<ClampMin>.NodeName(ClampMin op) => op.Node;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            Lanes.Zip(new MaxLanes<T>(), x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.Where(x >= y, d, 0);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.Where(x < y, d, 0);

        // At NaN PyTorch's forward rule differs from its backward rule: the second tangent is taken.
        static Tensor? IZip<ClampMin>.Tangent(ClampMin op, Tensor? s, Tensor? t, Tensor x, Tensor y, Tensor z) =>
            Tangents.Choose(x >= y, s, t, z);
    }

    /// <summary>min(x, y) as a bound: where x = y the gradient goes to x alone</summary>
    public readonly record struct ClampMax(string Node) : INumberZip<ClampMax>
    {
        static string IOperation<ClampMax>.NodeName(ClampMax op) => op.Node;
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            Lanes.Zip(new MinLanes<T>(), x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.Where(x <= y, d, 0);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.Where(x > y, d, 0);

        // At NaN PyTorch's forward rule differs from its backward rule: the second tangent is taken.
        static Tensor? IZip<ClampMax>.Tangent(ClampMax op, Tensor? s, Tensor? t, Tensor x, Tensor y, Tensor z) =>
            Tangents.Choose(x <= y, s, t, z);
    }

    /// <summary>max(x, y), NaN if one is; equal operands share the gradient</summary>
    public readonly record struct Maximum : INumberZip<Maximum>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            Lanes.Zip(new MaxLanes<T>(), x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => HalfAtTies(d, x, y).ZeroWhere(x < y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => HalfAtTies(d, x, y).ZeroWhere(x > y);

        // At NaN PyTorch's forward rule differs from its backward rule: the second tangent is taken.
        static Tensor? IZip<Maximum>.Tangent(Maximum op, Tensor? s, Tensor? t, Tensor x, Tensor y, Tensor z) =>
            Tangents.HalfWay(x == y, x > y, s, t, z);

        internal static Tensor HalfAtTies(Tensor d, Tensor x, Tensor y) => Tensor.Where(x == y, d / 2, d);
    }

    /// <summary>min(x, y), NaN if one is; equal operands share the gradient</summary>
    public readonly record struct Minimum : INumberZip<Minimum>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            Lanes.Zip(new MinLanes<T>(), x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => Maximum.HalfAtTies(d, x, y).ZeroWhere(x > y);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => Maximum.HalfAtTies(d, x, y).ZeroWhere(x < y);

        // At NaN PyTorch's forward rule differs from its backward rule: the second tangent is taken.
        static Tensor? IZip<Minimum>.Tangent(Minimum op, Tensor? s, Tensor? t, Tensor x, Tensor y, Tensor z) =>
            Tangents.HalfWay(x == y, x < y, s, t, z);
    }

    /// <summary>max(x, y), the other one if one is NaN; of equal operands the first has the gradient</summary>
    public readonly record struct Fmax : INumberZip<Fmax>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            TensorPrimitives.MaxNumber(x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.Where((x >= y).LogicalOr(y.IsNaN()), d, 0);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d.ZeroWhere((x >= y).LogicalOr(y.IsNaN()));

        // At NaN PyTorch's forward rule differs from its backward rule: the second tangent is taken.
        static Tensor? IZip<Fmax>.Tangent(Fmax op, Tensor? s, Tensor? t, Tensor x, Tensor y, Tensor z) =>
            Tangents.Choose((x > y).LogicalOr(y.IsNaN()), s, t, z);
    }

    /// <summary>min(x, y), the other one if one is NaN; of equal operands the first has the gradient</summary>
    public readonly record struct Fmin : INumberZip<Fmin>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T> =>
            TensorPrimitives.MinNumber(x, y, z);
        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) => Tensor.Where((x <= y).LogicalOr(y.IsNaN()), d, 0);
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => d.ZeroWhere((x <= y).LogicalOr(y.IsNaN()));

        // At NaN PyTorch's forward rule differs from its backward rule: the second tangent is taken.
        static Tensor? IZip<Fmin>.Tangent(Fmin op, Tensor? s, Tensor? t, Tensor x, Tensor y, Tensor z) =>
            Tangents.Choose((x <= y).LogicalOr(y.IsNaN()), s, t, z);
    }

    /// <summary>The tangents of operations that choose one of two operands.</summary>
    private static class Tangents
    {
        internal static Tensor Choose(Tensor first, Tensor? s, Tensor? t, Tensor z) =>
            Tensor.Where(first, s ?? Tensor.ZerosLike(z), t ?? Tensor.ZerosLike(z));

        internal static Tensor HalfWay(Tensor equal, Tensor first, Tensor? s, Tensor? t, Tensor z)
        {
            (Tensor a, Tensor b) = (s ?? Tensor.ZerosLike(z), t ?? Tensor.ZerosLike(z));
            return Tensor.Where(equal, (a + b) / 2, Tensor.Where(first, a, b));
        }
    }

    /// <summary>x with NaN and the infinities replaced</summary>
    public readonly record struct NanToNum(double Nan, double PosInf, double NegInf) : IFloatMap<NanToNum>
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> =>
            Lanes.Map(new FiniteLanes<T>(T.CreateTruncating(Nan), T.CreateTruncating(PosInf), T.CreateTruncating(NegInf)), x, y);

        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.Where(x.IsFinite(), d, 0);
    }

    private readonly struct FiniteLanes<T>(T nan, T posInf, T negInf) : ILaneMap<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public Vector<T> Invoke(Vector<T> x)
        {
            Vector<T> y = Vector.ConditionalSelect(Vector.Equals(x, x), x, Vector.Create(nan));
            y = Vector.ConditionalSelect(Vector.Equals(x, Vector.Create(T.PositiveInfinity)), Vector.Create(posInf), y);
            return Vector.ConditionalSelect(Vector.Equals(x, Vector.Create(T.NegativeInfinity)), Vector.Create(negInf), y);
        }
    }

    /// <summary>0 for x &lt; 0, 1 for x &gt; 0, y for x = 0</summary>
    public readonly record struct Heaviside : INumberZip<Heaviside>
    {
        public void Run<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged, INumber<T>
        {
            for (int i = 0; i < z.Length; i++) z[i] = x[i] == T.Zero ? y[i] : x[i] > T.Zero ? T.One : T.Zero;
        }

        public Tensor DiffX(Tensor d, Tensor x, Tensor y, Tensor z) =>
            Throw.NoDerivative("derivative for aten::heaviside is not implemented");
        public Tensor DiffY(Tensor d, Tensor x, Tensor y, Tensor z) => DiffX(d, x, y, z);
    }
}

public sealed partial class Tensor
{
    /// <summary>x where the condition is true, else y, broadcast and promoted.</summary>
    /// <param name="condition">A bool (or uint8) tensor.</param>
    /// <param name="x">Values where it is true; receives the gradient there. Where it is not chosen, x may be anything but must not have
    /// an infinite derivative: 0 · inf is NaN in an operation before this one.</param>
    /// <param name="y">Values where it is false.</param>
    /// <exception cref="DTypeException">The condition is neither bool nor uint8.</exception>
    /// <exception cref="ShapeException">The three shapes do not broadcast.</exception>
    public static Tensor Where(Tensor condition, Tensor x, Tensor y)
    {
        if (condition.dtype is not (DType.Bool or DType.UInt8))
            Throw.Types($"where expected condition to be a boolean tensor, but got a tensor with dtype " +
                $"{condition.dtype.ScalarName()}. Use condition != 0.");
        DType result = Promotion.Result(x, y);
        long[] both = Kernels.Broadcast.Shape(x.layout.shape, y.layout.shape, "Where");
        Shape shape = new(Kernels.Broadcast.Shape(condition.layout.shape, both, "Where"));
        return Op.Apply(new Ops.Where(), condition.Expand(shape), x.To(result).Expand(shape), y.To(result).Expand(shape))[0];
    }

    /// <summary>x where the condition is true, else a plain number.</summary>
    public static Tensor Where(Tensor condition, Tensor x, Scalar y) => Where(condition, x, ScalarCache.Get(y, x.dtype));
    /// <summary>A plain number where the condition is true, else y.</summary>
    public static Tensor Where(Tensor condition, Scalar x, Tensor y) => Where(condition, ScalarCache.Get(x, y.dtype), y);
    /// <summary>One of two plain numbers; the dtype is that of a tensor made of them.</summary>
    public static Tensor Where(Tensor condition, Scalar x, Scalar y) => Where(condition, Ops.Wrapped(x), Ops.Wrapped(y));
    /// <summary>These values where the condition is true, else another tensor's.</summary>
    public Tensor Where(Tensor condition, Tensor other) => Where(condition, this, other);
    /// <summary>These values where the condition is true, else a plain number.</summary>
    public Tensor Where(Tensor condition, Scalar other) => Where(condition, this, other);
}
