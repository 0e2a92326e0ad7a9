namespace Nabla;

/// <summary>A registered hook. <see cref="Remove"/>, or dispose it, to take the hook away.</summary>
public sealed class HookHandle : IDisposable
{
    private Action? remove;

    internal HookHandle(Action remove) => this.remove = remove;

    /// <summary>Takes the hook away; again does nothing. A backward that runs will not call it any more.</summary>
    public void Remove() => Interlocked.Exchange(ref remove, null)?.Invoke();

    /// <inheritdoc cref="Remove"/>
    public void Dispose() => Remove();
}

/// <summary>A function that the engine calls, and the output it watches.</summary>
internal sealed class Hook<T>(T call, int output) where T : Delegate
{
    internal readonly T Call = call;
    internal readonly int Output = output;
    private readonly Hook<T>? original;
    private volatile bool removed;

    /// <summary>The same hook in another place; removed with the original.</summary>
    internal Hook(Hook<T> original) : this(original.Call, 0) => this.original = original;

    internal bool Removed => removed || original is { Removed: true };

    internal void Remove() => removed = true;

    /// <summary>The name of the function for messages, as Python has it.</summary>
    internal string Name
    {
        get
        {
            string name = Call.Method.Name;
            if (!name.StartsWith('<')) return name;
            // The compiler calls a local function <Outer>g__Name|0_1.
            int local = name.IndexOf(">g__", StringComparison.Ordinal), end = name.LastIndexOf('|');
            return local >= 0 && end > local ? name[(local + 4)..end] : "<lambda>";
        }
    }
}

/// <summary>Hooks in the order of their registration. Whoever iterates sees the list as it was.</summary>
internal sealed class HookList<T> where T : Delegate
{
    private volatile Hook<T>[] items = [];

    internal Hook<T>[] Items => items;

    internal HookHandle Add(T call, int output = 0, bool first = false)
    {
        ArgumentNullException.ThrowIfNull(call);
        Hook<T> hook = new(call, output);
        if (first) lock (this) items = [hook, .. items];
        else Add(hook);
        return new HookHandle(() =>
        {
            hook.Remove();
            lock (this) items = Array.FindAll(items, h => !ReferenceEquals(h, hook));
        });
    }

    /// <summary>Another list of the same hooks.</summary>
    internal HookList<T> Copy() => new() { items = items };

    internal void Add(Hook<T> hook)
    {
        lock (this) items = [.. items, hook];
    }
}

public sealed partial class Tensor
{
    /// <summary>
    /// Calls a function with this tensor's gradient, summed over all uses, once in each backward that computes it. What it returns takes
    /// the gradient's place, in what <c>Autograd.Grad</c> returns too.
    /// </summary>
    /// <remarks>The hook belongs to the value that the tensor has now: after an in-place operation it still gets the gradient of the value
    /// from before. A view whose base is written to keeps its hooks.</remarks>
    /// <param name="hook">Gets the gradient, which it must not change in place, and returns another of the same shape and dtype, or
    /// null.</param>
    /// <exception cref="AutogradException">The tensor requires no gradient.</exception>
    public HookHandle RegisterHook(Func<Tensor, Tensor?> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        if (!RequiresGrad || Edge is not { Node: { } node } edge)
        {
            Throw.Graph("cannot register a hook on a tensor that doesn't require gradient");
            return null;
        }
        return NodeExtra.Once(ref node.Extras.TensorHooks).Add(hook, edge.OutputNr);
    }

    /// <summary>Calls a function with this tensor's gradient; see the other overload.</summary>
    /// <param name="hook">Gets the gradient, which it must not change in place.</param>
    /// <exception cref="AutogradException">The tensor requires no gradient.</exception>
    public HookHandle RegisterHook(Action<Tensor> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return RegisterHook(g =>
        {
            hook(g);
            return null;
        });
    }

    /// <summary>
    /// Calls a function with this leaf after each backward that has added to its <see cref="Grad"/>: an optimizer can step there and drop
    /// the gradient at once. Such a leaf's gradient changes as soon as it is known, also if the backward fails later.
    /// </summary>
    /// <param name="hook">Gets this tensor.</param>
    /// <exception cref="AutogradException">The tensor is no leaf, or requires no gradient.</exception>
    public HookHandle RegisterPostAccumulateGradHook(Action<Tensor> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        if (!RequiresGrad) Throw.Graph("cannot register a hook on a tensor that doesn't require gradient");
        if (!IsLeaf) Throw.Graph("post accumulate grad hooks cannot be registered on non-leaf tensors");
        return NodeExtra.Once(ref Accumulator.Extras.AccumulatedHooks).Add(hook);
    }
}

public abstract partial class Node
{
    /// <summary>Calls a function with the gradients of this node's outputs before the node runs.</summary>
    /// <param name="hook">Gets one gradient per output, null where none arrived, and returns others in their place, or null.</param>
    public HookHandle RegisterPrehook(Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?> hook) =>
        NodeExtra.Once(ref Extras.Prehooks).Add(hook);

    /// <summary>Calls a function with the gradients of this node's outputs before the node runs.</summary>
    /// <param name="hook">Gets one gradient per output, null where none arrived.</param>
    public HookHandle RegisterPrehook(Action<IReadOnlyList<Tensor?>> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return RegisterPrehook(g =>
        {
            hook(g);
            return null;
        });
    }

    /// <summary>Calls a function after this node has run.</summary>
    /// <param name="hook">Gets the gradients of the inputs (one per entry of <see cref="NextFunctions"/>, null where none is needed) and
    /// those of the outputs, and returns others for the inputs, or null.</param>
    public HookHandle RegisterHook(Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?> hook) =>
        NodeExtra.Once(ref Extras.Posthooks).Add(hook);

    /// <summary>Calls a function after this node has run.</summary>
    /// <param name="hook">Gets the gradients of the inputs and those of the outputs.</param>
    public HookHandle RegisterHook(Action<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return RegisterHook((inputs, outputs) =>
        {
            hook(inputs, outputs);
            return null;
        });
    }
}
