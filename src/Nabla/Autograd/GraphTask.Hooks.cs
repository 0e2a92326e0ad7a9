namespace Nabla;

/// <summary>
/// What a run calls back. In one node: hooks of tensors, gradients that are kept, the node's own hooks, the rule, for a leaf the hooks
/// after accumulation, and the node's hooks after it.
/// </summary>
internal sealed partial class GraphTask
{
    /// <summary>The hooks of tensors, then what <see cref="Tensor.RetainGrad"/> asked for.</summary>
    private void Observe(NodeExtra extra, ref Slot slot)
    {
        if (extra.TensorHooks is { } hooks)
        {
            foreach (Hook<Func<Tensor, Tensor?>> hook in hooks.Items)
            {
                ref Tensor? g = ref slot.Gradients is { } many ? ref many[hook.Output] : ref slot.Gradient;
                if (g is null || hook.Removed) continue;
                g.storage.Run = 0;
                if (hook.Call(g) is { } changed) Replace(ref g, changed, hook.Name);
            }
        }
        if (extra.Retained is { } retained) FillRetained(retained, ref slot);
    }

    private static void Replace(ref Tensor g, Tensor changed, string name)
    {
        if (ReferenceEquals(g, changed)) return;
        Check(g, changed, name);
        g.storage.Holders--;
        g = changed;
        g.storage.Holders++;
    }

    private static void Check(Tensor g, Tensor changed, string name)
    {
        changed.storage.Run = 0;
        if (!changed.layout.SameShape(g.layout))
            Throw.Shapes($"hook '{name}' has changed the size of value: it got {g.Shape} and returned {changed.Shape}.");
        if (changed.dtype != g.dtype)
            Throw.Types($"hook '{name}' has changed the type of value (was torch.{g.dtype.ScalarName()}Tensor got " +
                $"torch.{changed.dtype.ScalarName()}Tensor). Return it in the gradient's dtype, for example with To(g.DType).");
    }

    private void FillRetained(List<Tensor> retained, ref Slot slot)
    {
        foreach (Tensor t in retained)
        {
            // After an in-place write the tensor belongs to a later node, which has it in its own list.
            if (!ReferenceEquals(t.gradFn, slot.Node)) continue;
            Tensor? g = slot.Gradients is { } many ? many[t.outputNr] : slot.Gradient;
            if (g is null) continue;
            if (!graph) g = g.Clone();
            g.storage.Run = 0;
            t.Meta.Assign(t.Meta.Grad is { } old ? old + g : g);
        }
    }

    private void Before(HookList<Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?>> hooks, ref Slot slot)
    {
        foreach (Hook<Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?>> hook in hooks.Items)
        {
            if (hook.Removed) continue;
            Tensor?[] seen = slot.Node.OutputCount == 1 ? [slot.Gradient]
                : slot.Gradients is { } many ? [.. many] : new Tensor?[slot.Node.OutputCount];
            Expose(seen);
            if (hook.Call(seen) is not { } changed) continue;
            CheckCount(changed.Count, seen.Length, hook.Name);
            for (int i = 0; i < seen.Length; i++)
            {
                ref Tensor? g = ref slot.Gradients is { } all ? ref all[i] : ref slot.Gradient;
                Swap(ref g, changed[i], hook.Name, counted: true);
            }
        }
    }

    private static void After(HookList<Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?>> hooks, Node node,
        Span<Tensor?> results, Tensor?[] outputs)
    {
        Expose(outputs);
        Expose(results);
        foreach (Hook<Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?>> hook in hooks.Items)
        {
            if (hook.Removed || hook.Call(results.ToArray(), [.. outputs]) is not { } changed) continue;
            CheckCount(changed.Count, node.InputCount, hook.Name);
            for (int i = 0; i < results.Length; i++) Swap(ref results[i], changed[i], hook.Name, counted: false);
        }
    }

    private static void Swap(ref Tensor? g, Tensor? changed, string name, bool counted)
    {
        if (ReferenceEquals(g, changed)) return;
        if (g is null) Throw.Graph($"can't replace a None gradient with a non-None value: hook '{name}' did so.");
        if (changed is not null) Check(g, changed, name);
        if (counted)
        {
            g.storage.Holders--;
            if (changed is not null) changed.storage.Holders++;
        }
        g = changed;
    }

    private static void Expose(ReadOnlySpan<Tensor?> gradients)
    {
        foreach (Tensor? g in gradients) if (g is not null) g.storage.Run = 0;
    }

    private static void CheckCount(int got, int expected, string name)
    {
        if (got != expected)
            throw new ArgumentException($"hook '{name}' has returned an incorrect number of values (got {got}, but expected {expected})");
    }

    private static bool IsWatched(AccumulateGrad leaf) =>
        leaf.Extra is { } extra && (extra.AccumulatedHooks ?? (object?)extra.Posthooks) is not null;

    /// <summary>A leaf that somebody watches gets its gradient at once.</summary>
    private void Commit(AccumulateGrad leaf, NodeExtra extra, Tensor g, bool own)
    {
        ProfilerEvent? span = Profiling.On ? Profiling.BeginRule(leaf, g, null) : null;
        try { leaf.Add(g, own && extra.Posthooks is null, graph); }
        finally { Profiling.End(span); }
        if (extra.AccumulatedHooks is { } hooks)
            foreach (Hook<Action<Tensor>> hook in hooks.Items) if (!hook.Removed) hook.Call(leaf.Leaf);
        if (extra.Posthooks is { } after) After(after, leaf, [], [g]);
    }
}
