using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>The driver of <see cref="IMap{TSelf}"/>.</summary>
public static class MapOp
{
    /// <summary>f(x), recorded.</summary>
    public static Tensor Apply<TOp>(TOp op, Tensor x) where TOp : struct, IMap<TOp>
    {
        if (Profiling.On && Profiling.Takes()) return Profiling.Map(op, x);
        if (!TOp.TakesComplex && x.dtype.IsComplex()) return TOp.OnComplex(op, x);
        Tensor y = x.wrap is not null ? x.wrap.Map(op, x) : Watch.Open == 0 ? Compute(op, x) : Watch.Map(op, x);
        if (TOp.Differentiable && GradMode.Enabled && x.RequiresGrad)
        {
            y.SetHistory(new MapNode<TOp>(op, x, x, y));
            if (Anomaly.On) Anomaly.Forward(y.gradFn, y, x);
        }
        return y;
    }

    /// <summary>x = f(x), recorded.</summary>
    public static Tensor InPlace<TOp>(TOp op, Tensor x) where TOp : struct, IMap<TOp>
    {
        if (Profiling.On && Profiling.Takes()) return Profiling.MapInPlace(op, x);
        bool record = Views.Check(x, false, OpName<TOp>.Text);
        // What has no derivative ends the history: the old value's gradient is zero.
        if (x.wrap is not null || (record && !TOp.Differentiable) || (!TOp.TakesComplex && x.dtype.IsComplex()))
            return x.Become(Apply(op, (TOp.Saves & Saves.X) != 0 ? x.Clone() : x));
        DType compute = TOp.ComputeType(x.dtype);
        if (TOp.ResultType(compute) != x.dtype) Throw.CannotCast(typeof(TOp).Name, TOp.ResultType(compute), x.dtype);
        Tensor before = record && (TOp.Saves & Saves.X) != 0 ? x.CloneForBackward() : x;
        Edge edge = record ? x.Edge : default;
        if (x.layout.IsDense) TOp.Run(op, x, x);
        else Kernels.Copy.Run(Compute(op, x), x);
        x.storage.Version++;
        if (record) Views.Rebase(x, new MapNode<TOp>(op, edge, before, x), computed: true);
        return x;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Tensor Compute<TOp>(TOp op, Tensor x) where TOp : struct, IMap<TOp>
    {
        DType compute = TOp.ComputeType(x.dtype);
        if (compute != x.dtype) x = Kernels.Copy.Cast(x, compute);
        Tensor y = Tensor.Allocate(x.layout.Fresh, TOp.ResultType(compute));
        TOp.Run(op, x, y);
        return y;
    }
}

internal sealed class MapNode<TOp> : Node where TOp : struct, IMap<TOp>
{
    private readonly TOp op;
    private readonly DType dtype;
    private readonly short outputNr;
    private readonly Node? input;

    /// <summary>The operand if the rule reads it, else the result. A rule that reads both gets the result computed anew.</summary>
    private Saved kept;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MapNode(TOp op, Tensor source, Tensor x, Tensor y) : this(op, source.Edge, x, y) { }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal MapNode(TOp op, Edge source, Tensor x, Tensor y)
    {
        this.op = op;
        (input, outputNr) = (source.Node, (short)source.OutputNr);
        dtype = x.dtype;
        if ((TOp.Saves & Saves.X) != 0) kept = new(x);
        else if ((TOp.Saves & Saves.Result) != 0) kept = new(y, 0);
    }

    public override string Name => TOp.NodeName(op);
    public override string Description => op.ToString()!;
    internal override int InputCount => 1;
    internal override Edge Input(int i) => new(input, outputNr);

    internal override void Pull(Tensor g, Span<Tensor?> into)
    {
        ThrowIfFreed();
        Tensor? x = (TOp.Saves & Saves.X) != 0 ? kept.Get(this) : null;
        if (g.dtype.IsComplex()) x = x?.Conj();
        Tensor? y = (TOp.Saves & Saves.Result) == 0 ? null : x is not null ? MapOp.Apply(op, x)
            : g.dtype.IsComplex() ? kept.Get(this).Conj() : kept.Get(this);
        Tensor d = op.Diff(g, x!, y!);
        if (StrongZeroScope.Open != 0) d = StrongZeroScope.Mask(g, d);
        into[0] = d.dtype == dtype ? d : d.To(dtype);
    }

    internal override int SavedCount => 1;
    internal override string SavedName(int i) => (TOp.Saves & Saves.X) != 0 ? "self" : "result";
    internal override ref Saved SavedRef(int i) => ref kept;

    internal override void Release()
    {
        if (TOp.Saves == Saves.None) return;
        freed |= kept.Drop();
    }
}

/// <summary>The name of an operation's type, as messages and the log of writes have it. Asking the type costs more than a small
/// operation may.</summary>
internal static class OpName<TOp>
{
    internal static readonly string Text = typeof(TOp).Name;
}
