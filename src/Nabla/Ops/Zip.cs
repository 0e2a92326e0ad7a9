using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>The driver of <see cref="IZip{TSelf}"/>.</summary>
public static class ZipOp
{
    /// <summary>f(x, y), promoted, broadcast and recorded.</summary>
    public static Tensor Apply<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IZip<TOp>
    {
        ArgumentNullException.ThrowIfNull(y);
        if (Profiling.On && Profiling.Takes()) return Profiling.Zip(op, x, y);
        if (!TOp.TakesComplex && (x.dtype.IsComplex() || y.dtype.IsComplex())) return Complexes.Zip(op, x, y);
        Tensor z = x.wrap is not null || y.wrap is not null ? Interpreter.Of(x, y).Zip(op, x, y)
            : Watch.Open == 0 ? Compute(op, x, y) : Watch.Zip(op, x, y);
        if (TOp.Differentiable && GradMode.Enabled && (x.RequiresGrad || y.RequiresGrad))
        {
            z.SetHistory(new ZipNode<TOp>(op, x.Edge, y.Edge, x, y, z));
            if (Anomaly.On) Anomaly.Forward(z.gradFn, z, x, y);
        }
        return z;
    }

    /// <summary>f(x, y) with a plain number as second operand.</summary>
    public static Tensor Apply<TOp>(TOp op, Tensor x, Scalar y) where TOp : struct, IZip<TOp> => Apply(op, x, ScalarCache.Get(y, x.dtype));

    /// <summary>f(x, y) with a plain number as first operand.</summary>
    public static Tensor Apply<TOp>(TOp op, Scalar x, Tensor y) where TOp : struct, IZip<TOp> => Apply(op, ScalarCache.Get(x, y.dtype), y);

    /// <summary>x = f(x, y), recorded. x keeps its dtype and shape.</summary>
    public static Tensor InPlace<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IZip<TOp>
    {
        ArgumentNullException.ThrowIfNull(y);
        if (Profiling.On && Profiling.Takes()) return Profiling.ZipInPlace(op, x, y);
        bool record = Views.Check(x, TOp.Differentiable && y.RequiresGrad, OpName<TOp>.Text);
        // What has no derivative ends the history: the old value's gradient is zero.
        if (x.wrap is not null || y.wrap is not null || (record && !TOp.Differentiable) ||
            (!TOp.TakesComplex && (x.dtype.IsComplex() || y.dtype.IsComplex())))
            return x.Become(Apply(op, ((TOp.ForX | TOp.ForY) & Saves.X) != 0 ? x.Clone() : x,
                ReferenceEquals(x.storage, y.storage) ? y.Clone() : y));
        CheckInPlace<TOp>(x, y);
        Saves saves = (record && x.RequiresGrad ? TOp.ForX : Saves.None) | (record && y.RequiresGrad ? TOp.ForY : Saves.None);
        Edge ex = record ? x.Edge : default, ey = record ? y.Edge : default;
        Tensor before = (saves & Saves.X) != 0 ? x.CloneForBackward() : x;
        Tensor second = (saves & Saves.Y) != 0 && ReferenceEquals(x.storage, y.storage) ? y.CloneForBackward() : y;
        RunInPlace(op, x, y);
        x.storage.Version++;
        if (record) Views.Rebase(x, new ZipNode<TOp>(op, ex, ey, before, second, x), computed: true, second);
        return x;
    }

    /// <summary>x = f(x, y) with a plain number.</summary>
    public static Tensor InPlace<TOp>(TOp op, Tensor x, Scalar y) where TOp : struct, IZip<TOp> =>
        InPlace(op, x, ScalarCache.Get(y, x.dtype));

    /// <summary>x = f(x, y) without record, check or version: for the engine's own sums.</summary>
    internal static void RunInPlace<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IZip<TOp>
    {
        DType compute = TOp.ComputeType(Promotion.Result(x, y));
        bool overlaps = ReferenceEquals(x.storage, y.storage) && !ReferenceEquals(x, y) && !(x.layout.SameShape(y.layout)
            && x.layout.SameStrides(y.layout) && x.layout.Offset == y.layout.Offset);
        if (compute == x.dtype && TOp.ResultType(compute) == x.dtype && x.layout.IsDense && !overlaps)
            TOp.Run(op, x, y.dtype == compute ? y : Kernels.Copy.Cast(y, compute), x);
        else Kernels.Copy.Run(Compute(op, x, y), x);
    }

    /// <summary>Throws if the result does not fit into x, or if part of x is y's memory.</summary>
    internal static void CheckInPlace<TOp>(Tensor x, Tensor y) where TOp : struct, IZip<TOp>
    {
        DType result = TOp.ResultType(TOp.ComputeType(Promotion.Result(x, y)));
        if (Promotion.Category(result) > Promotion.Category(x.dtype)) Throw.CannotCast(typeof(TOp).Name, result, x.dtype);
        if (!x.layout.SameShape(y.layout))
        {
            Layout shape = Kernels.Broadcast.Of(x.layout, y.layout, typeof(TOp).Name);
            if (!shape.SameShape(x.layout)) Throw.InPlaceShape(typeof(TOp).Name, shape, x.layout);
        }
        Views.CheckOverlap(x, y, OpName<TOp>.Text);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Tensor Compute<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IZip<TOp>
    {
        DType compute = TOp.ComputeType(x.dtype == y.dtype ? x.dtype : Promotion.Result(x, y));
        if (x.dtype != compute) x = Kernels.Copy.Cast(x, compute);
        if (y.dtype != compute) y = Kernels.Copy.Cast(y, compute);
        Layout layout = ReferenceEquals(x.layout, y.layout) ? x.layout.Fresh
            : Kernels.Broadcast.Of(x.layout, y.layout, OpName<TOp>.Text).Fresh;
        Tensor z = Tensor.Allocate(layout, TOp.ResultType(compute));
        TOp.Run(op, x, y, z);
        return z;
    }
}

internal sealed class ZipNode<TOp> : Node where TOp : struct, IZip<TOp>
{
    private readonly TOp op;
    private readonly short xOutput, yOutput;
    private readonly Node? a, b;
    private Saved x, y, z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ZipNode(TOp op, Edge a, Edge b, Tensor x, Tensor y, Tensor z)
    {
        this.op = op;
        (this.a, this.b, xOutput, yOutput) = (a.Node, b.Node, (short)a.OutputNr, (short)b.OutputNr);
        Saves saves = (a.Node is not null ? TOp.ForX : Saves.None) | (b.Node is not null ? TOp.ForY : Saves.None);
        if ((saves & Saves.X) != 0) this.x = new(x);
        if ((saves & Saves.Y) != 0) this.y = new(y);
        if ((saves & Saves.Result) != 0) this.z = new(z, 0);
    }

    public override string Name => TOp.NodeName(op);
    public override string Description => op.ToString()!;
    internal override int InputCount => 2;
    internal override Edge Input(int i) => i == 0 ? new(a, xOutput) : new(b, yOutput);

    internal override void Pull(Tensor g, Span<Tensor?> into)
    {
        ThrowIfFreed();
        Tensor xs = x.Get(this), ys = y.Get(this), zs = z.Get(this);
        // What takes complex numbers is analytic, and real on the real axis: its Jacobian at the conjugate is the conjugate.
        if (g.dtype.IsComplex()) (xs, ys, zs) = (xs?.Conj()!, ys?.Conj()!, zs?.Conj()!);
        if (a is not null) into[0] = Fit(g, op.DiffX(g, xs, ys, zs), a.Output(xOutput));
        if (b is not null) into[1] = Fit(g, op.DiffY(g, xs, ys, zs), b.Output(yOutput));
    }

    private static Tensor Fit(Tensor g, Tensor d, TensorSpec operand)
    {
        if (StrongZeroScope.Open != 0) d = StrongZeroScope.Mask(g, d);
        if (!d.layout.SameShape(operand.Layout)) d = d.SumTo(operand.Shape);
        return d.dtype == operand.DType ? d : d.To(operand.DType);
    }

    internal override int SavedCount => 3;
    internal override string SavedName(int i) => i == 2 ? "result" : SavedNames.Operand(Name, i);
    internal override ref Saved SavedRef(int i) => ref i == 0 ? ref x : ref i == 1 ? ref y : ref z;

    internal override void Release()
    {
        if ((TOp.ForX | TOp.ForY) == Saves.None) return;
        freed |= x.Drop() | y.Drop() | z.Drop();
    }
}

/// <summary>Plain numbers as 0-d tensors; the last few of a thread are kept, since formulas repeat theirs.</summary>
internal static class ScalarCache
{
    private const int Size = 32;

    [ThreadStatic] private static (Scalar Value, DType DType, Tensor Tensor)[]? recent;

    internal static Tensor Get(Scalar value, DType with)
    {
        DType dtype = Promotion.Result(with, value);
        (Scalar Value, DType DType, Tensor Tensor)[] table = recent ??= new (Scalar, DType, Tensor)[Size];
        ulong bits = BitConverter.DoubleToUInt64Bits(value.ToDouble()) * 0x9E3779B97F4A7C15;
        ref (Scalar Value, DType DType, Tensor Tensor) entry = ref table[(int)((bits >> 59) ^ (uint)dtype) & (Size - 1)];
        if (entry.Tensor is null || entry.DType != dtype || entry.Value != value) entry = (value, dtype, Make(value, dtype));
        return entry.Tensor;
    }

    private static Tensor Make(Scalar value, DType dtype)
    {
        (bool, bool) mode = GradMode.ThreadState;
        GradMode.ThreadState = (true, false);
        Tensor t = Tensor.Allocate(Layout.Scalar, dtype);
        GradMode.ThreadState = mode;
        Kernels.Fill.Run(t, value);
        t.storage.Run = 0;
        return t.AsWrappedNumber();
    }
}
