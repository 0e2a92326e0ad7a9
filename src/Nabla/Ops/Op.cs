namespace Nabla;

/// <summary>The driver of <see cref="IOp{TSelf}"/>.</summary>
public static class Op
{
    /// <summary>The results, recorded. Results in an operand's memory are tracked as views of it.</summary>
    public static Tensor[] Apply<TOp>(TOp op, params ReadOnlySpan<Tensor> x) where TOp : struct, IOp<TOp>
    {
        if (Profiling.On && Profiling.Takes()) return Profiling.Op(op, x);
        bool record = false;
        Interpreter? top = null;
        foreach (Tensor t in x)
        {
            if (!TOp.TakesComplex && t.dtype.IsComplex()) return TOp.OnComplex(op, x);
            record |= t.RequiresGrad;
            if (t.wrap is { } w && (top is null || w.Level > top.Level)) top = w;
        }
        Tensor[] y = top is not null ? top.Op(op, x) : Watch.Open == 0 ? op.Forward(x) : Watch.Op(op, x);
        foreach (Tensor t in y)
            if (x.Length > 0 && ReferenceEquals(t.storage, x[0].storage) && !ReferenceEquals(t, x[0])) Views.Track(t, x[0], y.Length > 1);
        if (!TOp.Differentiable || !GradMode.Enabled || !record) return y;
        OpNode<TOp> node = new(op, x, y);
        for (int i = 0; i < y.Length; i++)
            if (y[i].dtype.IsDifferentiable() && TOp.DifferentiableOutput(op, i)) y[i].SetHistory(node, i);
        if (Anomaly.On)
            foreach (Tensor t in y) Anomaly.Forward(t.gradFn, t, x);
        return y;
    }
}

internal sealed class OpNode<TOp> : Node where TOp : struct, IOp<TOp>
{
    private readonly TOp op;
    private readonly Edge[] inputs;
    private readonly DType[] dtypes;
    private readonly Saved[] x, y;
    private readonly TensorSpec[]? outputs;
    private readonly bool saves;

    internal OpNode(TOp op, ReadOnlySpan<Tensor> x, Tensor[] y)
    {
        this.op = op;
        inputs = new Edge[x.Length];
        dtypes = new DType[x.Length];
        this.x = new Saved[x.Length];
        this.y = new Saved[y.Length];
        if (y.Length != 1)
        {
            outputs = new TensorSpec[y.Length];
            for (int i = 0; i < y.Length; i++) outputs[i] = new(y[i]);
        }
        for (int i = 0; i < x.Length; i++)
        {
            (inputs[i], dtypes[i]) = (x[i].Edge, x[i].dtype);
            if (!TOp.SavesInput(op, i)) continue;
            this.x[i] = new(x[i]);
            saves = true;
        }
        for (int i = 0; i < y.Length; i++)
        {
            if (!TOp.SavesOutput(op, i)) continue;
            this.y[i] = new(y[i], TOp.DifferentiableOutput(op, i) ? i : -1);
            saves = true;
        }
    }

    public override string Name => TOp.NodeName(op);
    public override string Description => op.ToString()!;
    internal override int InputCount => inputs.Length;
    internal override Edge Input(int i) => inputs[i];
    internal override int OutputCount => y.Length;
    internal override TensorSpec Output(int i) => outputs is null ? base.Output(i) : outputs[i];
    internal override int SavedCount => x.Length + y.Length;
    internal override string SavedName(int i) =>
        i < x.Length ? SavedNames.Operand(Name, i, x.Length) : SavedNames.Result(Name, i - x.Length, y.Length);
    internal override ref Saved SavedRef(int i) => ref i < x.Length ? ref x[i] : ref y[i - x.Length];

    internal override void Pull(Tensor g, Span<Tensor?> into) => Pull([g], into);

    internal override void Pull(ReadOnlySpan<Tensor?> g, Span<Tensor?> into)
    {
        ThrowIfFreed();
        Tensor[] xs = new Tensor[x.Length], ys = new Tensor[y.Length];
        for (int i = 0; i < xs.Length; i++) xs[i] = x[i].Get(this);
        for (int i = 0; i < ys.Length; i++) ys[i] = y[i].Get(this);
        op.Vjp(g, xs, ys, new Cotangents(into, inputs));
        for (int i = 0; i < xs.Length; i++)
            if (into[i] is { } d && d.dtype != dtypes[i]) into[i] = d.To(dtypes[i]);
    }

    internal override void Release()
    {
        if (!saves) return;
        foreach (ref Saved s in x.AsSpan()) freed |= s.Drop();
        foreach (ref Saved s in y.AsSpan()) freed |= s.Drop();
    }
}
