namespace Nabla;

internal sealed partial class Dual
{
    internal override Tensor[] Function(FunctionRule rule, FunctionContext ctx, Tensor[] x)
    {
        Tensor[] p = new Tensor[x.Length];
        Tensor?[] t = new Tensor?[x.Length];
        bool any = false;
        for (int i = 0; i < p.Length; i++)
        {
            (p[i], t[i]) = Open(x[i], Frame);
            any |= t[i] is not null;
        }
        Tensor[] y = FunctionRule.Apply(rule, p, out FunctionContext lower);
        Tensor?[] d = any ? Push(rule, lower, p, t, y) : new Tensor?[y.Length];
        Tensor[] results = new Tensor[y.Length];
        for (int i = 0; i < y.Length; i++)
        {
            int source = Array.IndexOf(p, y[i]);
            if (source < 0)
            {
                results[i] = New(Frame, y[i], d[i]);
                continue;
            }
            Tensor self = results[i] = x[source];
            if (any) (self.wrap is Dual own && ReferenceEquals(own.Frame, Frame) ? own : Attach(self)).Written(self, d[i]);
        }
        if (!rule.Split) ctx.Take(lower, Saved, Mark);
        lower.Close();
        return results;

        Tensor Mark(Tensor a)
        {
            int at = Array.IndexOf(p, a);
            return at >= 0 ? x[at] : Array.IndexOf(y, a) is >= 0 and var k ? results[k] : a;
        }

        // What lies between operands and results has no tangent here.
        (Tensor, bool) Saved(Tensor a, bool batched)
        {
            if (ctx.Records && Array.IndexOf(p, a) < 0 && Array.IndexOf(y, a) < 0) FunctionContext.NeedsSetup(rule);
            return (Mark(a), batched);
        }
    }

    /// <summary>The tangents of the results, by the function's own rule.</summary>
    private static Tensor?[] Push(FunctionRule rule, FunctionContext lower, Tensor[] p, Tensor?[] t, Tensor[] y)
    {
        if (lower.Missing) FunctionContext.NeedsSetup(rule);
        Tensor?[] given = new Tensor?[t.Length];
        int[] versions = new int[t.Length];
        for (int i = 0; i < t.Length; i++)
        {
            given[i] = t[i] ?? (lower.Materializes && p[i].dtype.IsDifferentiable() ? Tensor.ZerosLike(p[i].WithoutHistory()) : null);
            versions[i] = given[i]?.storage.Version ?? 0;
        }
        Tensor?[] d = lower.Push([.. given]);
        for (int i = 0; i < y.Length; i++)
        {
            bool differentiable = y[i].dtype.IsDifferentiable() && !lower.NonDifferentiable.Contains(y[i]);
            if (!differentiable)
            {
                if (d[i] is not null)
                    Throw.Graph($"Function's jvp returned a gradient at position {i}, but  the corresponding forward output is not a " +
                        $"differentiable Tensor.You should return None at that position instead. The Jvp is that of {rule.Name}.");
                continue;
            }
            int source = Array.IndexOf(p, y[i]);
            if (source >= 0)
            {
                if (given[source] is { } own && (!ReferenceEquals(d[i], own) || own.storage.Version == versions[source]))
                    Throw.Graph("An inplace custom Function is not modifying the forward mode gradients inplace. If the forward is " +
                        "modifying an input inplace, then the jvp function must modify the corresponding gradient inplace. " +
                        $"The Jvp of {rule.Name} must write to the tangent of input {source} and return it.");
                continue;
            }
            if (d[i] is not { } tangent) continue;
            ForwardAD.Check(y[i], tangent);
            source = Array.FindIndex(p, a => ReferenceEquals(a.storage, y[i].storage));
            if (y[i].meta?.Base is null || source < 0 || given[source] is not { } whole) continue;
            if (!ReferenceEquals(tangent.storage, whole.storage))
                Throw.Graph("A custom Function's forward is returning a view (or an input as-is) but the jvp is not returning a view. " +
                    $"Output {i} of {rule.Name} is a view of input {source}: return the same view of its tangent.");
            // The same tensor would be input's and output's tangent at once.
            if (ReferenceEquals(tangent, whole)) d[i] = LinearOp.Apply(new Ops.Alias(), tangent);
        }
        return d;
    }
}
