namespace Nabla;

/// <summary>In-place writes and views: who may write, and how the history of base and views follows.</summary>
internal static class Views
{
    /// <summary>Notes that <paramref name="y"/> is a view of <paramref name="x"/>.</summary>
    internal static void Track(Tensor y, Tensor x, bool multiple = false)
    {
        y.IsInference = x.IsInference;
        if (x.IsInference) return;
        TensorMeta meta = y.Meta;
        meta.Base = x.meta?.Base ?? x;
        meta.ViewVersion = x.storage.Version;
        if (GradMode.InferenceEnabled || x.IsInferenceView) y.IsInferenceView = true;
        else if (!GradMode.Enabled || x.IsNoGradView) y.IsNoGradView = true;
        if (multiple || x.IsMultiView) y.IsMultiView = true;
        if (x.IsCustomView) y.IsCustomView = true;
    }

    /// <summary>Called before anything is written: errors leave everything as it was.</summary>
    /// <returns>True if the write is to be recorded.</returns>
    internal static bool Check(Tensor x, bool otherRequiresGrad, string op)
    {
        bool record = MayWrite(x, otherRequiresGrad, op);
        // The common case, a write to the whole by the operation that wrote last, is known already.
        if (!ReferenceEquals(x.storage.Writes, op) || x.meta is not null || Anomaly.On) WriteLog.Note(x, op);
        if (SavedTensorScope.Open != 0) SavedTensorScope.BeforeWrite(x.storage);
        if (Anomaly.On && record) Anomaly.Writing(x);
        return record;
    }

    /// <summary>Fails where a write is not allowed; see <see cref="Check"/>.</summary>
    internal static bool MayWrite(Tensor x, bool otherRequiresGrad, string op)
    {
        if (x.layout.MayOverlap) Throw.OverlappingWrite(op);
        if (GradMode.Depth > 0 && (x.meta?.Base ?? x).BornDepth < GradMode.Depth) Throw.CapturedInPlace(op);
        if (x.IsInference && !GradMode.InferenceEnabled)
            Throw.Graph("Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal " +
                "tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details.");
        if (!GradMode.Enabled) return false;
        Tensor? root = x.meta?.Base;
        if (x.RequiresGrad && x.IsLeaf && root is null) Throw.LeafInPlace(view: false);
        if (root is not null && (x.RequiresGrad || otherRequiresGrad))
        {
            if (x.IsCustomView) Forbid(x, "is being modified inplace");
            if (x.RequiresGrad && root.IsLeaf) Throw.LeafInPlace(view: true);
            Forbid(x, "is being modified inplace");
        }
        return x.RequiresGrad || otherRequiresGrad;
    }

    /// <summary>Fails for a view whose history cannot follow a write: one of several results, or made where nothing was recorded.</summary>
    private static void Forbid(Tensor x, string how)
    {
        if (x.IsMultiView)
            Throw.Graph($"Output {x.outputNr} of {x.gradFn?.Name ?? "a view operation"} is a view and {how}. This view is the output of " +
                "a function that returns multiple views. Such functions do not allow the output views to be modified inplace. " +
                "You should replace the inplace operation by an out-of-place one.");
        if (x.IsCustomView)
            Throw.Graph($"Output {x.outputNr} of {x.gradFn?.Name ?? "a custom Function"} is a view and {how}. This view was created " +
                "inside a custom Function (or because an input was returned as-is) and the autograd logic to handle view+inplace would " +
                "override the custom backward associated with the custom Function, leading to incorrect gradients. This behavior is " +
                "forbidden. You can fix this by cloning the output of the custom Function.");
        if (x.IsNoGradView) Ambiguous("no_grad", "with grad mode enabled");
        if (x.IsInferenceView) Ambiguous("inference", "in normal mode");

        void Ambiguous(string mode, string where)
        {
            string view = x.gradFn is { } fn ? $"Output {x.outputNr} of {fn.Name} is a view of a view which was created"
                : "A view was created";
            string block = mode == "no_grad" ? "no_grad" : "inference_mode";
            Throw.Graph($"{view} in {mode} mode and {how} {where}. Given that this use case is ambiguous and error-prone, it is " +
                "forbidden. " +
                $"You can clarify your code by moving both the view and the inplace either both inside the {block} block (if you don't " +
                    "want the inplace to be tracked) or both outside (if you want the inplace to be tracked).");
        }
    }

    /// <summary>Refuses to write to memory of which an operand shows a part in another order: the result would depend on the order of
    /// writes.</summary>
    internal static void CheckOverlap(Tensor x, Tensor operand, string op)
    {
        if (!ReferenceEquals(x.storage, operand.storage) || ReferenceEquals(x, operand)) return;
        Layout a = x.layout, b = operand.layout;
        // Whether interleaved elements meet is not worth finding out: drivers copy where they might.
        if (!a.IsDense || !b.IsDense || a.Count == 0 || b.Count == 0 || a.Offset >= b.End || b.Offset >= a.End) return;
        if (a.Offset != b.Offset || a.Count != b.Count || !a.SameStrides(b)) Throw.PartialOverlap(op);
    }

    /// <summary>Makes the write that <paramref name="node"/> recorded part of the history of <paramref name="x"/> and of its
    /// base.</summary>
    /// <param name="x">What was written to.</param>
    /// <param name="node">The write.</param>
    /// <param name="computed">The values follow from the old ones and <paramref name="operand"/>; otherwise they were put there.</param>
    /// <param name="operand">What else the write read.</param>
    internal static void Rebase(Tensor x, Node node, bool computed = false, Tensor? operand = null)
    {
        if (Anomaly.On) Anomaly.Written(node, x, computed, operand);
        if (x.meta?.Base is not { } root)
        {
            x.SetHistory(node);
            if (x.RetainsGrad) node.Retain(x);
            return;
        }
        root.SetHistory(new CopySlices(root, x.layout, node));
        if (root.RetainsGrad) root.gradFn!.Retain(root);
        // The version has moved, so that every view, this one included, derives its node anew from the base's.
        Refresh(x, root, x.meta, written: true);
        if (x.RetainsGrad) x.gradFn?.Retain(x);
    }

    /// <summary>Derives a view's node from its base's after a write.</summary>
    internal static void Refresh(Tensor view, Tensor root, TensorMeta meta, bool written = false)
    {
        if (root.RequiresGrad) Forbid(view, "its base or another view of its base has been modified inplace");
        meta.ViewVersion = view.storage.Version;
        if (view.gradFn is null && !root.RequiresGrad) return;
        if (root.Edge.Node is null) return;
        NodeExtra? before = view.gradFn?.Extra;
        int output = view.outputNr;
        bool mode = GradMode.Exchange(true);
        try
        {
            view.SetHistory(new LinearNode<Ops.AsStrided>(new Ops.AsStrided(root.layout, view.layout), root));
        }
        finally { GradMode.Exchange(mode); }
        if (before is null || written) return;
        // The write went past this view: its hooks watch its new value too, and a gradient that is kept is kept on.
        if (before.TensorHooks is { } hooks)
            foreach (Hook<Func<Tensor, Tensor?>> hook in hooks.Items)
                if (hook.Output == output) NodeExtra.Once(ref view.gradFn!.Extras.TensorHooks).Add(new Hook<Func<Tensor, Tensor?>>(hook));
        if (meta.RetainsGrad) view.gradFn!.Retain(view);
    }
}

/// <summary>The node of a base that was written to through a view: the region's gradient passes through the write, the rest goes
/// on.</summary>
internal sealed class CopySlices : Node
{
    private readonly Edge root;
    private readonly Layout layout, view;
    private readonly Node write;

    /// <summary>Somebody watches the view's value from before the write, so its gradient takes the way through the view's own
    /// node.</summary>
    private readonly bool through;

    internal CopySlices(Tensor root, Layout view, Node write)
    {
        this.root = root.Edge;
        this.view = view;
        this.write = write;
        layout = root.layout;
        Node? before = write.Input(0).Node;
        through = before is Nn.BackwardHookNode
            || (before?.Extra is { } extra && (extra.TensorHooks ?? (object?)extra.Retained) is not null);
    }

    public override string Name => "CopySlices";
    internal override int InputCount => through ? write.InputCount + 1 : Math.Max(1, write.InputCount);
    internal override Edge Input(int i) => i == 0 ? root : write.Input(through ? i - 1 : i);
    internal override int SavedCount => write.SavedCount;
    internal override string SavedName(int i) => write.SavedName(i);
    internal override ref Saved SavedRef(int i) => ref write.SavedRef(i);

    internal override void Pull(Tensor g, Span<Tensor?> into)
    {
        write.Pull(LinearOp.Apply(new Ops.AsStrided(layout, view), g), through ? into[1..] : into);
        if (root.Node is null)
        {
            into[0] = null;
            return;
        }
        Tensor rest = LinearOp.Apply(new Ops.ClearStrided(layout, view), g);
        into[0] = !through && into[0] is { } inner ? rest + LinearOp.Apply(new Ops.PutStrided(layout, view), inner) : rest;
    }

    internal override void Release()
    {
        write.Release();
        freed = write.IsFreed;
    }
}
