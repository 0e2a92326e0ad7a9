namespace Nabla;

internal sealed partial class Batch
{
    internal override Tensor[] Function(FunctionRule rule, FunctionContext ctx, Tensor[] x)
    {
        Tensor[] inner = new Tensor[x.Length];
        bool[] batched = new bool[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            Tensor? open = Open(x[i], Level);
            (inner[i], batched[i]) = (open ?? x[i], open is not null);
        }
        if (rule.OverridesVmap) return ByRule(rule, ctx, inner, batched);
        if (!rule.GenerateVmapRule)
        {
            if (!rule.Split) FunctionContext.NeedsSetup(rule);
            Throw.Graph($"You tried to vmap over {rule.Name}, but it does not have vmap support. Please override and implement the vmap " +
                "staticmethod or set generate_vmap_rule=True. In this library: override Vmap, or let GenerateVmapRule be true if the " +
                "function is made of operations of tensors only.");
        }
        Tensor[] y = FunctionRule.Apply(new VmappedRule(rule, inner, batched, Frame), inner, out FunctionContext lower);
        Tensor[] results = new Tensor[y.Length];
        for (int i = 0; i < y.Length; i++)
            results[i] = Array.IndexOf(inner, y[i]) is >= 0 and var source ? x[source] : New(Frame, y[i]);
        if (!rule.Split)
        {
            FunctionContext? below = lower.Below;
            ctx.Take(lower, Saved, Mark);
            (ctx.BackwardBatched, ctx.ForwardBatched, ctx.Below) = (below?.BackwardBatched, below?.ForwardBatched, below?.Below);
        }
        lower.Close();
        return results;

        Tensor Mark(Tensor a) => Find(a) ?? a;

        (Tensor, bool) Saved(Tensor a, bool front) => (Find(a) ?? (front ? New(Frame, a) : a), false);

        Tensor? Find(Tensor a)
        {
            int at = Array.IndexOf(inner, a);
            return at >= 0 ? x[at] : Array.IndexOf(y, a) is >= 0 and var k ? results[k] : null;
        }
    }

    /// <summary>As the function itself says.</summary>
    private Tensor[] ByRule(FunctionRule rule, FunctionContext ctx, Tensor[] inner, bool[] batched)
    {
        if (rule.GenerateVmapRule)
            Throw.Graph($"You tried to vmap over {rule.Name}, but it has both generate_vmap_rule=True and an overriden vmap " +
                "staticmethod. Please set generate_vmap_rule=False or delete the overriden vmap staticmethod to avoid ambiguity.");
        ctx.Missing = !rule.Split;
        VmapInfo info = new(Size, Frame.Randomness.ToString().ToLowerInvariant());
        Frame outside = Frame.EnterInstead(Frame, batch: false);
        Tensor[] y;
        int?[] dims;
        try { (y, dims) = rule.Vmap(info, Array.ConvertAll(batched, static b => b ? 0 : (int?)null), inner); }
        finally { outside.Exit(); }
        Tensor[] results = new Tensor[y.Length];
        for (int i = 0; i < y.Length; i++)
        {
            if (dims[i] is not { } d)
            {
                results[i] = Array.IndexOf(inner, y[i]) < 0 ? y[i] : LinearOp.Apply(new Ops.Alias(), y[i]);
                continue;
            }
            Tensor front = y[i].MoveDim(d, 0);
            if (front.Size(0) != Size)
                Throw.Shapes($"The autograd.Function's vmap staticmethod returned output {i} of {rule.Name} with shape {y[i].Shape} and " +
                    $"out_dims {d}, but the batch size is {Size}.");
            results[i] = New(Frame, front);
        }
        return results;
    }
}

/// <summary>A function applied to a whole batch: each of its rules runs on tensors with the batch in front.</summary>
internal sealed class VmappedRule(FunctionRule rule, Tensor[] operands, bool[] batched, Frame batch) : FunctionRule
{
    /// <summary>The operands' layouts without the batch.</summary>
    private readonly long[][] items = [.. operands.Select((t, i) => batched[i] ? t.layout.shape[1..] : t.layout.shape)];

    internal override string Name => rule.Name;
    internal override bool Split => rule.Split;
    internal override bool OnceDifferentiable => rule.OnceDifferentiable;
    internal override bool GenerateVmapRule => true;
    internal override bool OverridesVmap => false;
    internal override bool[] Arguments(bool[] needs) => rule.Arguments(needs);

    internal override (Tensor[] Y, int?[] Dims) Vmap(VmapInfo info, int?[] dims, Tensor[] x) =>
        throw new InvalidOperationException("The rule for a batch is generated.");

    internal override Tensor[] Forward(FunctionContext ctx, Tensor[] x)
    {
        Frame frame = Frame.EnterInstead(batch, batch: true);
        try
        {
            Tensor[] wrapped = Wrap(frame, x);
            FunctionContext inner = new(rule, ctx.Needs, false);
            Tensor[] y = rule.Forward(inner, wrapped);
            Tensor[] results = Array.ConvertAll(y,
                t => Array.IndexOf(wrapped, t) is >= 0 and var at ? x[at] : Batch.OpenOrExpand(t, frame));
            if (!Split) Take(frame, ctx, inner, wrapped, x, y, results);
            return results;
        }
        finally { frame.Exit(); }
    }

    internal override void SetupContext(FunctionContext ctx, Tensor[] x, Tensor[] y)
    {
        Frame frame = Frame.EnterInstead(batch, batch: true);
        try
        {
            Tensor[] wrapped = Wrap(frame, x);
            Tensor[] results = Array.ConvertAll(y, t => Array.IndexOf(x, t) is >= 0 and var at ? wrapped[at] : Batch.New(frame, t));
            FunctionContext inner = new(rule, ctx.Needs, false);
            rule.SetupContext(inner, wrapped, results);
            Take(frame, ctx, inner, wrapped, x, results, y);
        }
        finally { frame.Exit(); }
    }

    internal override Tensor?[] Backward(FunctionContext ctx, Tensor?[] g)
    {
        Frame frame = Frame.EnterInstead(batch, batch: true);
        try
        {
            FunctionContext inner = ctx.Inner(rule, Wrap(frame, ctx.SavedTensors, ctx.BackwardBatched), forward: false);
            Tensor?[] d = rule.Backward(inner, Array.ConvertAll(g, t => t is null ? null : Batch.New(frame, t)));
            for (int i = 0; i < d.Length; i++)
            {
                if (d[i] is not { } t) continue;
                d[i] = null;
                if (!ctx.Needs[i]) continue;
                if (!t.layout.SameShape(new Layout(items[i])))
                {
                    if (Kernels.Broadcast.To(new Layout(items[i]), t.layout.shape) is null)
                        Throw.Shapes($"Function {Name}Backward returned an invalid gradient at index {i} - got {t.Shape} but expected " +
                            $"shape compatible with {Shape.Format(items[i])}.");
                    t = t.SumTo(new Shape(items[i]));
                }
                Tensor all = Batch.OpenOrExpand(t, frame);
                d[i] = batched[i] ? all : all.Sum(0);
            }
            return d;
        }
        finally { frame.Exit(); }
    }

    internal override Tensor?[] Jvp(FunctionContext ctx, Tensor?[] t)
    {
        Frame frame = Frame.EnterInstead(batch, batch: true);
        try
        {
            bool[]? flags = ctx.ForwardBatched ?? ctx.BackwardBatched;
            FunctionContext inner = ctx.Inner(rule, Wrap(frame, ctx.SavedTensors, flags), forward: true);
            Tensor?[] wrapped = new Tensor?[t.Length];
            for (int i = 0; i < t.Length; i++) wrapped[i] = t[i] is { } a && batched[i] ? Batch.New(frame, a) : t[i];
            Tensor?[] d = rule.Jvp(inner, wrapped);
            return Array.ConvertAll(d, a => a is null ? null
                : Array.IndexOf(wrapped, a) is >= 0 and var at ? t[at] : Batch.OpenOrExpand(a, frame));
        }
        finally { frame.Exit(); }
    }

    private Tensor[] Wrap(Frame frame, Tensor[] x)
    {
        Tensor[] wrapped = new Tensor[x.Length];
        for (int i = 0; i < x.Length; i++) wrapped[i] = batched[i] ? Batch.New(frame, x[i]) : x[i];
        return wrapped;
    }

    private static Tensor?[] Wrap(Frame frame, IReadOnlyList<Tensor?> saved, bool[]? flags)
    {
        Tensor?[] wrapped = new Tensor?[saved.Count];
        for (int i = 0; i < wrapped.Length; i++) wrapped[i] = saved[i] is { } t && flags![i] ? Batch.New(frame, t) : saved[i];
        return wrapped;
    }

    /// <summary>Takes over what was noted about tensors inside the batch.</summary>
    private void Take(Frame frame, FunctionContext ctx, FunctionContext inner, Tensor[] wrapped, Tensor[] x, Tensor[] y, Tensor[] results)
    {
        ctx.Take(inner, Saved, Mark);
        inner.Close();
        ctx.Below = inner;

        (Tensor, bool) Saved(Tensor t, bool front)
        {
            if (Array.IndexOf(wrapped, t) is >= 0 and var at) return (x[at], batched[at]);
            if (Array.IndexOf(y, t) is >= 0 and var k) return (results[k], true);
            return Batch.Open(t, frame.Level) is { } open ? (open, true) : (t, false);
        }

        Tensor Mark(Tensor t) => Array.IndexOf(wrapped, t) is >= 0 and var at ? x[at]
            : Array.IndexOf(y, t) is >= 0 and var k ? results[k] : Batch.Open(t, frame.Level) ?? t;
    }
}
