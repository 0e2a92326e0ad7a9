namespace Nabla;

/// <summary>A user's function for one structure of its input, as a function of plain tensors.</summary>
internal abstract class FunctionRule
{
    internal abstract string Name { get; }

    /// <summary>Whether what is saved is stated by itself, given operands and results.</summary>
    internal abstract bool Split { get; }

    internal abstract bool OnceDifferentiable { get; }
    internal abstract bool GenerateVmapRule { get; }
    internal abstract bool OverridesVmap { get; }

    internal abstract Tensor[] Forward(FunctionContext ctx, Tensor[] x);
    internal abstract void SetupContext(FunctionContext ctx, Tensor[] x, Tensor[] y);
    internal abstract Tensor?[] Backward(FunctionContext ctx, Tensor?[] g);
    internal abstract Tensor?[] Jvp(FunctionContext ctx, Tensor?[] t);
    internal abstract (Tensor[] Y, int?[] Dims) Vmap(VmapInfo info, int?[] dims, Tensor[] x);

    /// <summary>From one entry per tensor to one per argument.</summary>
    internal abstract bool[] Arguments(bool[] needs);

    /// <summary>The results, recorded: at each level of the transforms in which the operands live there may be a node.</summary>
    internal static Tensor[] Apply(FunctionRule rule, Tensor[] x, out FunctionContext context)
    {
        bool record = false;
        Interpreter? top = null;
        bool[] needs = new bool[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            needs[i] = x[i].RequiresGrad;
            record |= needs[i];
            if (x[i].wrap is { } w && (top is null || w.Level > top.Level)) top = w;
        }
        record &= GradMode.Enabled;
        FunctionContext ctx = context = new(rule, needs, record);
        Tensor[] y;
        if (top is null) y = Run(rule, ctx, x);
        else
        {
            y = top.Function(rule, ctx, x);
            if (rule.Split) Quietly(() => rule.SetupContext(ctx, x, y), ctx);
            else if (ctx.Missing && record) FunctionContext.NeedsSetup(rule);
        }
        CheckDirty(rule, ctx, x, y);
        if (top is null)
        {
            foreach (Tensor t in ctx.Dirty)
            {
                if (Array.IndexOf(x, t) < 0) continue;
                WriteLog.Note(t, rule.Name);
                t.storage.Version++;
            }
        }
        else
        {
            foreach (Tensor t in y)
            {
                if (t.meta?.Base is not null || Array.Find(x, a => ReferenceEquals(a.storage, t.storage)) is not { } whole) continue;
                if (!ReferenceEquals(whole, t)) Views.Track(t, whole);
            }
        }
        if (record && y.Length > 0) Record(rule, ctx, x, y);
        return y;
    }

    /// <summary>The forward itself, on tensors that live in no transform.</summary>
    private static Tensor[] Run(FunctionRule rule, FunctionContext ctx, Tensor[] x)
    {
        int[] versions = Array.ConvertAll(x, static t => t.storage.Version);
        Tensor[] y = [];
        Quietly(() =>
        {
            Tensor[] made = rule.Forward(ctx, x);
            y = [.. made];
            int[] source = Array.ConvertAll(made, t => Array.IndexOf(x, t));
            if (rule.Split)
            {
                for (int i = 0; i < y.Length; i++) if (source[i] >= 0) y[i] = LinearOp.Apply(new Ops.Alias(), x[source[i]]);
                rule.SetupContext(ctx, x, y);
            }
            for (int i = 0; i < y.Length; i++)
            {
                if (source[i] < 0)
                {
                    // One result in two places is two results.
                    if (Array.IndexOf(y, y[i], 0, i) >= 0) y[i] = y[i].WithoutHistory();
                    continue;
                }
                Tensor operand = x[source[i]];
                if (ctx.Dirty.Contains(operand) || ctx.Dirty.Contains(y[i]))
                {
                    ctx.Replace(y[i], operand);
                    y[i] = operand;
                }
                else if (ReferenceEquals(y[i], operand))
                {
                    y[i] = LinearOp.Apply(new Ops.Alias(), operand);
                    if (ctx.NonDifferentiable.Contains(operand)) ctx.NonDifferentiable.Add(y[i]);
                }
            }
        }, ctx);
        for (int i = 0; i < x.Length && ctx.Records; i++)
            if (ctx.Needs[i] && x[i].storage.Version != versions[i] && !ctx.Dirty.Exists(d => ReferenceEquals(d.storage, x[i].storage)))
                Throw.Graph($"{rule.Name} modified its input {i}, which requires a gradient, by an inplace operation without declaring " +
                    "it: call ctx.MarkDirty with it and return it, or work on a Clone().");
        return y;
    }

    /// <summary>Runs code of the user's forward: nothing is recorded, and no tangents are passed on.</summary>
    private static void Quietly(Action body, FunctionContext ctx)
    {
        bool mode = GradMode.Exchange(false);
        Frame? off = Frame.Current is not null && Frame.Forward ? Frame.EnterSwitch(false) : null;
        try { body(); }
        catch
        {
            ctx.Close();
            throw;
        }
        finally
        {
            off?.Exit();
            GradMode.Exchange(mode);
        }
    }

    private static void CheckDirty(FunctionRule rule, FunctionContext ctx, Tensor[] x, Tensor[] y)
    {
        foreach (Tensor t in ctx.Dirty)
        {
            if (Array.IndexOf(y, t) < 0)
                Throw.Graph("Some elements marked as dirty during the forward method were not returned as output. The inputs that are " +
                    $"modified inplace must all be outputs of the Function. {rule.Name} marked {Throw.Text(t)}.");
            if (Array.IndexOf(x, t) < 0) FunctionContext.WarnNotInput(rule);
            else if (ctx.Records && t.meta?.Base is not null && y.Length > 1)
                Throw.Graph("If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return " +
                    "more than one Tensor. This is not supported by the current autograd engine. You should either make sure the input " +
                    "is not a view (using .clone() for example) or make your Function only return one Tensor (potentially splitting it " +
                    "into two Functions: one doing the inplace that returns a single Tensor and a second one that does the other " +
                    $"operations). The function is {rule.Name}.");
        }
    }

    private static void Record(FunctionRule rule, FunctionContext ctx, Tensor[] x, Tensor[] y)
    {
        bool[] differentiable = new bool[y.Length], dirty = new bool[y.Length];
        int count = 0, written = 0;
        for (int i = 0; i < y.Length; i++)
        {
            int source = Array.IndexOf(x, y[i]);
            dirty[i] = source >= 0;
            differentiable[i] = y[i].dtype.IsDifferentiable() && !ctx.NonDifferentiable.Contains(y[i]);
            if (differentiable[i]) count++;
            if (dirty[i] && y[i].meta?.Base is not null) written = source;
            // A result that has a place in the graph already, from outside or from inside the forward, gets its place here.
            bool placed = y[i].gradFn is not null || (y[i].RequiresGrad && y[i].meta?.Base is null);
            if (differentiable[i] ? dirty[i] || !placed : !y[i].RequiresGrad) continue;
            Tensor plain = y[i].WithoutHistory();
            if (!dirty[i]) ctx.Replace(y[i], plain);
            y[i] = plain;
        }
        if (count == 0) return;
        FunctionNode node = new(rule, ctx, x, y, differentiable, written);
        ctx.Record(node);
        for (int i = 0; i < y.Length; i++)
        {
            Tensor t = y[i];
            if (!differentiable[i]) continue;
            if (dirty[i] && t.meta?.Base is not null)
            {
                Views.Rebase(t, node);
                continue;
            }
            t.SetHistory(node, i);
            if (dirty[i])
            {
                if (t.RetainsGrad) node.Retain(t);
            }
            else if (t.meta?.Base is not null)
            {
                (t.IsCustomView, t.IsNoGradView, t.IsMultiView) = (true, false, t.IsMultiView || count > 1);
                t.Meta.ViewVersion = t.storage.Version;
            }
            if (Anomaly.On) Anomaly.Forward(node, t, x);
        }
    }
}
