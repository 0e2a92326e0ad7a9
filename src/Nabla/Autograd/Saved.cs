using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>A tensor kept for backward, with the version it had; or what a hook made of it.</summary>
internal struct Saved
{
    /// <summary>A <see cref="Tensor"/>, or, inside a scope that changes how tensors are kept, a <see cref="Packed"/>.</summary>
    private object? tensor;

    /// <summary>The version it had; -1 once it was dropped.</summary>
    private int version;

    internal Saved(Tensor tensor, int output = -1)
    {
        if (tensor.IsInference)
            Throw.Graph("Inference tensors cannot be saved for backward. To work around you can make a clone to get a normal tensor and " +
                "use it in autograd.");
        version = tensor.storage.Version;
        this.tensor = SavedTensorScope.Open == 0 ? tensor : SavedTensorScope.Keep(tensor, output);
    }

    internal readonly bool IsEmpty => tensor is null;

    /// <summary>The tensor whose memory is kept, unless a hook keeps something else.</summary>
    internal readonly Tensor? Kept => tensor as Tensor ?? (tensor as Packed)?.Kept;

    /// <summary>The tensor, or null if the rule did not ask for it.</summary>
    /// <exception cref="AutogradException">It was written to in place since.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly Tensor Get(Node node)
    {
        object? kept = tensor;
        if (kept is Tensor t)
        {
            if (t.storage.Version != version && !WriteLog.Untouched(t, version)) Throw.ModifiedInPlace(node, t, version);
            return t.IsDetachedInPlace ? Detached(t, node) : t;
        }
        return kept is null ? null! : Unpack(kept, node);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Tensor Unpack(object kept, Node node) => ((Packed)kept).Get(node);

    /// <summary>A tensor that has lost its place in the graph: the node's own result finds it again, an operand does not.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Tensor Detached(Tensor t, Node node)
    {
        (Edge edge, long last) = t.Meta.DetachedFrom;
        if (ReferenceEquals(edge.Node, node))
        {
            Tensor result = t.WithoutHistory();
            result.SetHistoryOf(node, edge.OutputNr);
            return result;
        }
        if (node.Sequence <= last)
            Throw.Graph("Trying to use a saved tensor that has been detached in-place, i.e. with .detach_().This is not supported, " +
                $"please use out-of-place `.detach()` instead. {node.Name} saved it: {Throw.Text(t)}.");
        return t;
    }

    /// <summary>Drops the tensor. A plain number stays, since it costs nothing.</summary>
    /// <returns>True if a tensor was dropped.</returns>
    internal bool Drop()
    {
        if (tensor is null or Tensor { IsWrappedNumber: true }) return false;
        if (tensor is Packed packed) packed.Release();
        (tensor, version) = (null, -1);
        return true;
    }

    /// <summary>Keeps what a pair of hooks makes of the tensor, in its stead.</summary>
    /// <exception cref="AutogradException">There is no tensor, it was freed or written to since, it has hooks already, or the first hook
    /// wrote to it; nothing changes then.</exception>
    internal void Hook(Node node, string name, Func<Tensor, object?> pack, Func<object?, Tensor?> unpack)
    {
        string what = $"'{name}' of {node.Name}";
        if (tensor is Packed)
            Throw.Graph("Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks is " +
                $"allowed at a time. It was {what}; a scope in which it was saved counts as well.");
        if (tensor is null && version >= 0)
            Throw.Graph($"Calling register_hooks on a saved tensor with value None is forbidden. {node.Name} has not saved '{name}', " +
                "since no gradient that it computes needs it.");
        if (tensor is null || node.IsFreed)
            Throw.Graph("Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the graph are " +
                "freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph " +
                $"a second time or if you need to access saved variables after calling backward. It was {what}.");
        // A result is at its place in the graph by now, so its edge leads back to the node: what is unpacked finds it as an operand does.
        tensor = new HookedSave(Get(node), -1, pack, unpack);
    }
}

/// <summary>What is kept in a saved tensor's stead, and its place in the graph.</summary>
internal abstract class Packed
{
    private readonly Edge edge;
    private readonly int output;

    /// <param name="tensor">The tensor to keep.</param>
    /// <param name="output">Which result of the node that saves it the tensor is; -1 for an operand.</param>
    private protected Packed(Tensor tensor, int output)
    {
        this.output = output;
        if (output < 0 && tensor.RequiresGrad) edge = tensor.Edge;
    }

    internal abstract Tensor Get(Node node);

    /// <summary>The tensor whose memory is kept, if there is one.</summary>
    internal virtual Tensor? Kept => null;

    internal virtual void Release() { }

    /// <summary>The value at the saved tensor's place in the graph.</summary>
    private protected Tensor Attach(Tensor value, Node node)
    {
        Tensor t = value.WithoutHistory();
        if (output >= 0 && node.Output(output).DType.IsDifferentiable()) t.SetHistoryOf(node, output);
        else if (edge.Node is AccumulateGrad leaf) t.ShareAccumulator(leaf);
        else if (edge.Node is { } fn) t.SetHistoryOf(fn, edge.OutputNr);
        return t;
    }
}

/// <summary>What a user's hook made of a saved tensor.</summary>
internal sealed class HookedSave : Packed
{
    private readonly (object? Data, Func<object?, Tensor?> Unpack)[] layers;
    private readonly Layout layout;
    private readonly DType dtype;

    /// <summary>By the hooks of a scope and of those around it.</summary>
    internal HookedSave(Tensor tensor, int output, SavedTensorScope scope)
        : this(tensor, output, scope.Pack!, scope.Unpack!, scope.OuterHooks)
    {
    }

    /// <summary>By a pair of hooks and, as long as it makes a tensor, those of the scopes around it.</summary>
    internal HookedSave(Tensor tensor, int output, Func<Tensor, object?> pack, Func<object?, Tensor?> unpack,
        SavedTensorScope? outer = null) : base(tensor, output)
    {
        (layout, dtype) = (tensor.layout, tensor.dtype);
        List<(object?, Func<object?, Tensor?>)> made = [];
        bool mode = GradMode.Exchange(false);
        try
        {
            object? data = Pack(pack, tensor.Detach());
            made.Add((data, unpack));
            for (SavedTensorScope? s = outer; s is not null && data is Tensor t; s = s.OuterHooks)
            {
                data = Pack(s.Pack!, t);
                made.Add((data, s.Unpack!));
            }
        }
        finally { GradMode.Exchange(mode); }
        layers = [.. made];
    }

    private static object? Pack(Func<Tensor, object?> pack, Tensor t)
    {
        int before = t.storage.Version;
        object? data = pack(t);
        if (t.storage.Version != before)
            Throw.Graph("A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook can " +
                "not be modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if " +
                "you need to perform in-place operations on the input to a pack hook. Work on a Clone().");
        return data;
    }

    internal override Tensor Get(Node node)
    {
        object? data = layers[^1].Data;
        bool mode = GradMode.Exchange(false);
        try
        {
            for (int i = layers.Length - 1; i >= 0; i--)
            {
                data = layers[i].Unpack(data);
                if (data is null)
                    Throw.Graph("Output of saved tensor unpack_hook expected to be a Tensor but got result of type null.");
            }
        }
        finally { GradMode.Exchange(mode); }
        Tensor t = (Tensor)data!;
        if (!t.layout.SameShape(layout) || t.dtype != dtype)
            Throw.Graph($"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {Throw.Text(t)}, where " +
                $"{dtype.Name()} {Shape.Format(layout.shape)} was saved: unpack must return what pack got.");
        // Somebody else may hold it: the engine must not take its memory for a gradient's that it may write to.
        t.storage.Run = 0;
        return Attach(t, node);
    }

    internal override void Release()
    {
        foreach ((object? data, _) in layers) (data as IDisposable)?.Dispose();
    }
}

/// <summary>A saved tensor that is copied before somebody writes to it.</summary>
internal sealed class GuardedSave : Packed
{
    private readonly SavedTensorScope scope;
    private Tensor value;
    private bool copied;

    internal GuardedSave(Tensor tensor, int output, SavedTensorScope scope) : base(tensor, output)
    {
        this.scope = scope;
        value = tensor;
    }

    internal override Tensor Kept => value;

    internal override Tensor Get(Node node)
    {
        if (scope.IsClosed)
            Throw.Graph("Trying to backward outside of the 'allow_mutation_on_saved_tensors' contextin which the graph was originally " +
                "recorded. Call Backward before the scope is disposed.");
        return copied ? Attach(value, node) : value;
    }

    internal void Copy()
    {
        if (copied) return;
        bool mode = GradMode.Exchange(false);
        try { value = value.Clone(); }
        finally { GradMode.Exchange(mode); }
        copied = true;
    }
}
