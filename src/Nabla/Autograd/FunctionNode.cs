namespace Nabla;

/// <summary>The node of a user's function.</summary>
internal sealed class FunctionNode : Node
{
    private readonly FunctionRule rule;
    private readonly FunctionContext ctx;
    private readonly Edge[] inputs;
    private readonly DType[] dtypes;
    private readonly TensorSpec[] outputs;
    private readonly bool[] differentiable;
    private readonly Saved[] saved;

    /// <summary>The operand that was written to and is a view; it counts as the first.</summary>
    private readonly int written;

    internal FunctionNode(FunctionRule rule, FunctionContext ctx, Tensor[] x, Tensor[] y, bool[] differentiable, int written)
    {
        (this.rule, this.ctx, this.differentiable, this.written) = (rule, ctx, differentiable, written);
        inputs = new Edge[x.Length];
        dtypes = new DType[x.Length];
        for (int i = 0; i < x.Length; i++) (inputs[i], dtypes[i]) = (x[i].Edge, x[i].dtype);
        (inputs[0], inputs[written]) = (inputs[written], inputs[0]);
        (dtypes[0], dtypes[written]) = (dtypes[written], dtypes[0]);
        outputs = new TensorSpec[y.Length];
        for (int i = 0; i < y.Length; i++) outputs[i] = new(y[i]);
        (OutLayout, OutType) = (y[0].layout, y[0].dtype);
        saved = new Saved[ctx.ForBackward?.Length ?? 0];
        for (int i = 0; i < saved.Length; i++)
        {
            if (ctx.ForBackward![i] is not { } t) continue;
            int output = Array.IndexOf(y, t);
            saved[i] = new(t, output >= 0 && differentiable[output] ? output : -1);
        }
    }

    public override string Name => rule.Name + "Backward";
    internal override int InputCount => inputs.Length;
    internal override Edge Input(int i) => inputs[i];
    internal override int OutputCount => outputs.Length;
    internal override TensorSpec Output(int i) => outputs[i];
    internal override int SavedCount => saved.Length;
    internal override string SavedName(int i) => $"saved{i}";
    internal override ref Saved SavedRef(int i) => ref saved[i];

    internal Tensor[] SavedTensors()
    {
        ThrowIfFreed();
        Tensor[] all = new Tensor[saved.Length];
        for (int i = 0; i < all.Length; i++) all[i] = saved[i].Get(this);
        return all;
    }

    internal override void Pull(Tensor g, Span<Tensor?> into) => Pull([g], into);

    internal override void Pull(ReadOnlySpan<Tensor?> g, Span<Tensor?> into)
    {
        Tensor?[] given = new Tensor?[outputs.Length];
        for (int i = 0; i < given.Length; i++)
        {
            given[i] = g[i];
            // User code sees the memory from here on: the engine must not use it again.
            if (given[i] is { } t) t.storage.Run = 0;
            else if (ctx.Materializes && (differentiable[i] || ctx.MaterializeNonDiffGrads))
                given[i] = Tensor.Zeros(outputs[i].Shape, outputs[i].DType);
        }
        Tensor?[] d = rule.OnceDifferentiable && GradMode.Enabled ? Once(given) : rule.Backward(ctx, given);
        if (written > 0) (d[0], d[written]) = (d[written], d[0]);
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Node is null || d[i] is not { } t) continue;
            t.storage.Run = 0;
            if (t.dtype != dtypes[i]) t = t.dtype.IsComplex() && !dtypes[i].IsComplex() ? t.Real.To(dtypes[i]) : t.To(dtypes[i]);
            into[i] = t;
        }
    }

    /// <summary>The gradients as values whose own derivative is refused.</summary>
    private Tensor?[] Once(Tensor?[] g)
    {
        GradMode.Exchange(false);
        Tensor?[] d;
        try { d = rule.Backward(ctx, g); }
        finally { GradMode.Exchange(true); }
        DelayedError error = new(Name, [.. inputs, .. g.Select(static t => t?.Edge ?? default)], d);
        for (int i = 0; i < d.Length; i++)
        {
            if (d[i] is not { } t || !t.dtype.IsDifferentiable()) continue;
            d[i] = t.WithoutHistory();
            d[i]!.SetHistory(error, i);
        }
        return d;
    }

    internal override void Release()
    {
        foreach (ref Saved s in saved.AsSpan()) freed |= s.Drop();
    }
}

/// <summary>Refuses to run.</summary>
internal sealed class DelayedError(string by, Edge[] inputs, Tensor?[] outputs) : Node
{
    private readonly TensorSpec[] specs = Array.ConvertAll(outputs, static t => t is null ? default : new TensorSpec(t));

    public override string Name => "Error";
    internal override int InputCount => inputs.Length;
    internal override Edge Input(int i) => inputs[i];
    internal override int OutputCount => specs.Length;
    internal override TensorSpec Output(int i) => specs[i];

    internal override void Pull(Tensor g, Span<Tensor?> into) => Pull([g], into);

    internal override void Pull(ReadOnlySpan<Tensor?> g, Span<Tensor?> into) =>
        Throw.Graph("trying to differentiate twice a function that was marked with @once_differentiable. " +
            $"The Backward of {by} is declared OnceDifferentiable; write it with differentiable operations and drop the declaration.");
}
