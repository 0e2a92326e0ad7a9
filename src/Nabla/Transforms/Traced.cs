namespace Nabla;

/// <summary>A tensor inside a <see cref="OpTrace"/>: its numbers, and what the trace knows it as.</summary>
internal sealed class Traced : Interpreter
{
    internal readonly Tensor Inner;
    private readonly OpTrace trace;
    private readonly TraceView? view;

    /// <summary>The value as of <see cref="version"/>; null until a created tensor is used first, when all is written that shall
    /// be.</summary>
    private TraceValue? value;
    private int version;

    internal Traced(OpTrace trace, Tensor inner, TraceValue? value, TraceView? view = null) : base(trace.Frame)
    {
        (this.trace, Inner, this.value, this.view) = (trace, inner, value, view);
        version = inner.storage.Version;
    }

    internal override Tensor Below => Inner;

    /// <summary>The value now: a view's follows from its base's after a write.</summary>
    internal TraceValue Current()
    {
        if (value is not null && version == Inner.storage.Version) return value;
        if (view is not null) value = view.Read(Inner);
        else
        {
            if (value is { Depends: true }) OpTrace.Refuse("memory was written to past the operations, so that the value is not known.");
            value = trace.Constant(Inner);
        }
        version = Inner.storage.Version;
        return value;
    }

    internal TraceValue Record<TOp>(TOp op, TraceValue[] x, Tensor y) where TOp : struct => trace.Record(op, x, y);

    internal override Tensor Map<TOp>(TOp op, Tensor x)
    {
        if (Frame.Closed) return Nabla.MapOp.Apply(op, Plain(x));
        TraceValue a = trace.ValueOf(x);
        Tensor y;
        using (new OpTrace.Pause(trace)) y = Nabla.MapOp.Apply(op, Plain(x));
        return trace.Record(op, TOp.ComputeType(x.dtype), [a], [y])[0];
    }

    internal override Tensor Zip<TOp>(TOp op, Tensor x, Tensor y)
    {
        if (Frame.Closed) return Nabla.ZipOp.Apply(op, Plain(x), Plain(y));
        (TraceValue a, TraceValue b) = (trace.ValueOf(x), trace.ValueOf(y));
        // Whether an operand is a plain number decides the dtype, and an inner tensor does not say.
        DType compute = TOp.ComputeType(Promotion.Result(x, y));
        Tensor z;
        using (new OpTrace.Pause(trace)) z = Nabla.ZipOp.Apply(op, Plain(x), Plain(y));
        return trace.Record(op, compute, [a, b], [z])[0];
    }

    internal override Tensor Linear<TOp>(TOp op, Tensor x)
    {
        if (Frame.Closed) return Nabla.LinearOp.Apply(op, Plain(x));
        TraceValue a = trace.ValueOf(x);
        Tensor y, inner = Plain(x);
        using (new OpTrace.Pause(trace)) y = Nabla.LinearOp.Apply(op, inner);
        if (ReferenceEquals(y, inner)) return x;
        Tensor result = trace.Record(op, y.dtype, [a], [y])[0];
        return ReferenceEquals(y.storage, inner.storage) ? Viewing(result, x, new TraceView<TOp>(Of(x), op)) : result;
    }

    internal override Tensor Bilinear<TOp>(TOp op, Tensor x, Tensor y)
    {
        if (Frame.Closed) return Nabla.BilinearOp.Apply(op, Plain(x), Plain(y));
        (TraceValue a, TraceValue b) = (trace.ValueOf(x), trace.ValueOf(y));
        Tensor z;
        using (new OpTrace.Pause(trace)) z = Nabla.BilinearOp.Apply(op, Plain(x), Plain(y));
        return trace.Record(op, z.dtype, [a, b], [z])[0];
    }

    internal override Tensor[] Op<TOp>(TOp op, ReadOnlySpan<Tensor> x)
    {
        Tensor[] inner = new Tensor[x.Length], y;
        for (int i = 0; i < inner.Length; i++) inner[i] = Plain(x[i]);
        if (Frame.Closed) return Nabla.Op.Apply(op, inner);
        TraceValue[] operands = new TraceValue[x.Length];
        for (int i = 0; i < operands.Length; i++) operands[i] = trace.ValueOf(x[i]);
        using (new OpTrace.Pause(trace)) y = Nabla.Op.Apply(op, inner);
        Tensor[] results = trace.Record(op, y.Length > 0 ? y[0].dtype : default, operands, y);
        for (int i = 0; i < y.Length; i++)
            if (x.Length > 0 && ReferenceEquals(y[i].storage, inner[0].storage))
                results[i] = Viewing(results[i], x[0], TraceView.OfResult(Of(x[0]), op, y, i));
        return results;
    }

    /// <summary>The same result, known as a view of x.</summary>
    private Tensor Viewing(Tensor result, Tensor x, TraceView how)
    {
        Traced made = (Traced)result.wrap!;
        if (x.wrap is not Traced) return result;
        result.wrap = new Traced(trace, made.Inner, made.value, how);
        return result;
    }

    private Traced Of(Tensor x) => x.wrap as Traced ?? this;

    /// <summary>The numbers of x, whichever transform they are in.</summary>
    private Tensor Plain(Tensor x) => x.wrap is Traced t && ReferenceEquals(t.Frame, Frame) ? t.Inner : x;

    /// <summary>A function of the user's is what its forward does.</summary>
    internal override Tensor[] Function(FunctionRule rule, FunctionContext ctx, Tensor[] x) => rule.Forward(ctx, x);

    internal override Tensor Detach(Tensor x) => Frame.Closed ? Inner.Detach() : Nabla.LinearOp.Apply(new Ops.Alias(), x);

    internal override Tensor Settle(Tensor x, Func<Tensor, Tensor> settle) => x;

    internal override void Assign(Tensor x, Tensor y)
    {
        if (Frame.Closed)
        {
            Inner.Become(Plain(y));
            return;
        }
        TraceValue v = trace.ValueOf(y);
        Tensor numbers = Plain(y);
        if (y.dtype != x.dtype)
        {
            using (new OpTrace.Pause(trace)) numbers = numbers.To(x.dtype);
            v = trace.Record(new Ops.To(x.dtype), [v], numbers);
        }
        if (x.wrap is not Traced) trace.Follow(x);
        ((Traced)x.wrap!).Write(v, numbers);
    }

    private void Write(TraceValue written, Tensor numbers)
    {
        // What stands around the view, before memory changes.
        List<(Traced Whole, TraceValue Value)> around = [];
        for (Traced at = this; at.view is { } how; at = how.Parent) around.Add((how.Parent, how.Parent.Current()));
        Traced root = around.Count > 0 ? around[^1].Whole : this;
        if (root.value?.Name is { } name)
            OpTrace.Refuse($"the forward writes to '{name}'. An exported model has no state: return the new value, or call Eval() if a " +
                "layer writes in training mode only.");
        trace.BeforeWrite(Inner.storage);
        using (new OpTrace.Pause(trace)) Inner.Become(numbers);
        (value, version) = (written, Inner.storage.Version);
        Traced part = this;
        foreach ((Traced whole, TraceValue before) in around)
        {
            whole.value = written = part.view!.Written(before, written, whole.Inner);
            whole.version = Inner.storage.Version;
            part = whole;
        }
    }

    internal override bool IsBatched => false;

    internal override bool LooksInside => false;

    internal override void BeforeRead(string? message)
    {
        if (!Frame.Closed && OpTrace.Current is not null && Current().Depends)
            OpTrace.Refuse("a value that depends on the input is read here, or decides what is computed or how large a result is: " +
                "data-dependent control flow cannot be exported. Compute both ways and choose with Tensor.Where.");
    }

    internal override string Print(Tensor x) => Inner.ToString();
}

/// <summary>How a view comes from what it is a view of.</summary>
internal abstract class TraceView(Traced parent)
{
    internal readonly Traced Parent = parent;

    /// <summary>The view's value, read from its parent's.</summary>
    internal abstract TraceValue Read(Tensor view);

    /// <summary>The parent's value after the view was written to.</summary>
    internal abstract TraceValue Written(TraceValue before, TraceValue written, Tensor whole);

    /// <summary>One of several results that share their operand's memory.</summary>
    internal static TraceView OfResult<TOp>(Traced parent, TOp op, Tensor[] y, int i)
    {
        if (op is Ops.Unbind unbind) return new TraceView<Ops.Select>(parent, new(unbind.Dim, i));
        if (op is not Ops.Split split) return new TraceView<Ops.AsStrided>(parent, new(parent.Inner.layout, y[i].layout));
        long start = 0;
        for (int k = 0; k < i; k++) start += y[k].layout.shape[^-split.Dim];
        return new TraceView<Ops.Slice>(parent, new(split.Dim, start, y[i].layout.shape[^-split.Dim], 1));
    }
}

/// <summary>A view that one linear operation makes.</summary>
internal sealed class TraceView<TOp>(Traced parent, TOp op) : TraceView(parent) where TOp : struct, ILinear<TOp>
{
    internal override TraceValue Read(Tensor view) => Parent.Record(op, [Parent.Current()], view);

    internal override TraceValue Written(TraceValue before, TraceValue written, Tensor whole) =>
        Parent.Record(new Ops.Overwrite<TOp>(op, "Overwrite"), [before, written], whole);
}
