using System.Diagnostics;

namespace Nabla;

/// <summary>
/// What one call of a <see cref="Function{TIn, TOut}"/> keeps from its forward for its backward: saved tensors, marks, state. Each call has
/// its own.
/// </summary>
public sealed class FunctionContext
{
    private readonly FunctionRule rule;
    private readonly bool allowed;
    private bool[]? arguments;
    private object? state;
    private bool pushing, done;

    /// <summary>The node, once there is one; it keeps the saved tensors.</summary>
    private FunctionNode? node;

    internal FunctionContext(FunctionRule rule, bool[] needs, bool record)
    {
        (this.rule, Needs, Records) = (rule, needs, record);
        allowed = GradMode.Enabled;
    }

    internal bool[] Needs { get; }

    /// <summary>Whether the call becomes a node.</summary>
    internal bool Records { get; }

    internal Tensor?[]? ForBackward { get; set; }

    internal Tensor?[]? ForForward { get; set; }

    /// <summary>Of a function that was vectorised: which of the saved tensors have the batch in front.</summary>
    internal bool[]? BackwardBatched { get; set; }

    /// <inheritdoc cref="BackwardBatched"/>
    internal bool[]? ForwardBatched { get; set; }

    /// <summary>Of a function that was vectorised: the context of the function inside, for its marks.</summary>
    internal FunctionContext? Below { get; set; }

    internal List<Tensor> Dirty { get; private set; } = [];

    internal List<Tensor> NonDifferentiable { get; private set; } = [];

    internal bool Materializes { get; private set; } = true;

    /// <summary>The function was never asked what to save: its own rule for vmap ran instead.</summary>
    internal bool Missing { get; set; }

    /// <summary>
    /// For each argument whether it needs a gradient: for each element of an input that is a tuple, else for each tensor of the input from
    /// left to right. Elements that hold no tensor need none.
    /// </summary>
    public IReadOnlyList<bool> NeedsInputGrad => arguments ??= rule.Arguments(Needs);

    /// <summary>Keeps tensors for <c>Backward</c>: inputs, outputs, intermediate results, or null. Call it once, in <c>Forward</c> or
    /// <c>SetupContext</c>; the last call holds.</summary>
    /// <remarks>What is kept is checked for later writes, freed by a backward, and goes through
    /// <see cref="Autograd.SavedTensorHooks"/>. An intermediate result is a constant in a second derivative; return it as a further output
    /// if it is not.</remarks>
    /// <exception cref="AutogradException">The forward is over.</exception>
    public void SaveForBackward(params ReadOnlySpan<Tensor?> tensors)
    {
        Setup(nameof(SaveForBackward));
        ForBackward = tensors.ToArray();
    }

    /// <summary>Keeps tensors for <c>Jvp</c>. Without it <see cref="SavedTensors"/> has there what was saved for backward.</summary>
    /// <exception cref="AutogradException">The forward is over.</exception>
    public void SaveForForward(params ReadOnlySpan<Tensor?> tensors)
    {
        Setup(nameof(SaveForForward));
        ForForward = tensors.ToArray();
    }

    /// <summary>What was saved, in its order; null where null was saved. A list pattern takes it apart:
    /// <c>if (ctx.SavedTensors is [var x, var y])</c>.</summary>
    /// <exception cref="AutogradException">A saved tensor was written to since, or a backward has freed them.</exception>
    public IReadOnlyList<Tensor> SavedTensors
    {
        get
        {
            if (Missing) NeedsSetup(rule);
            Tensor?[]? saved = pushing ? ForForward ?? ForBackward : node is not null ? node.SavedTensors() : ForBackward;
            return saved is null ? [] : (Tensor[])saved!;
        }
    }

    /// <summary>Declares inputs that <c>Forward</c> writes to in place. Each must be among the outputs, as the same tensor.</summary>
    /// <exception cref="AutogradException">The forward is over, or the tensor may not be written to: a leaf that requires a gradient, one
    /// of several views, a tensor captured by a transform.</exception>
    public void MarkDirty(params ReadOnlySpan<Tensor> tensors)
    {
        Setup(nameof(MarkDirty));
        foreach (Tensor t in tensors)
        {
            ArgumentNullException.ThrowIfNull(t, nameof(tensors));
            if (allowed && t.RequiresGrad && t.IsLeaf && t.meta?.Base is null)
                Throw.Graph("a leaf Variable that requires grad has been used in an in-place operation. " +
                    $"{rule.Name} marked it as dirty: give it a Clone() of the leaf.");
            bool mode = GradMode.Exchange(allowed);
            try { Views.MayWrite(t, true, rule.Name); }
            finally { GradMode.Exchange(mode); }
            if (!Dirty.Contains(t)) Dirty.Add(t);
        }
    }

    /// <summary>Declares outputs that have no gradient, such as indices. <c>Backward</c> still gets zeros for them.</summary>
    /// <exception cref="AutogradException">The forward is over.</exception>
    public void MarkNonDifferentiable(params ReadOnlySpan<Tensor> tensors)
    {
        Setup(nameof(MarkNonDifferentiable));
        foreach (Tensor t in tensors)
        {
            ArgumentNullException.ThrowIfNull(t, nameof(tensors));
            NonDifferentiable.Add(t);
        }
    }

    /// <summary>Whether <c>Backward</c> and <c>Jvp</c> get zeros, as by default, or null where no gradient or tangent arrived.</summary>
    public void SetMaterializeGrads(bool value) => Materializes = value;

    /// <summary>Whether <c>Backward</c> gets zeros, as by default, or null for outputs that have no gradient.</summary>
    public bool MaterializeNonDiffGrads { get; set; } = true;

    /// <summary>Keeps any value that is no tensor: sizes, options, a tuple of such.</summary>
    public void Set<T>(T value) => state = value;

    /// <summary>What <see cref="Set"/> kept.</summary>
    /// <exception cref="AutogradException">Nothing of this type was kept.</exception>
    public T Get<T>()
    {
        if (state is T value) return value;
        Throw.Graph($"{rule.Name}: the context has {(state is null ? "no state" : $"state of type {state.GetType()}")}, not of type " +
            $"{typeof(T)}: call Set in Forward or SetupContext with a value of the type that Get asks for.");
        return default!;
    }

    private void Setup(string what)
    {
        if (done) Throw.Graph($"{rule.Name}: {what} was called after the forward: call it in Forward or SetupContext.");
    }

    /// <summary>Has a tensor's place taken by another one.</summary>
    internal void Replace(Tensor old, Tensor now)
    {
        if (ReferenceEquals(old, now)) return;
        Swap(ForBackward);
        Swap(ForForward);
        Swap(Dirty);
        Swap(NonDifferentiable);

        void Swap(System.Collections.IList? list)
        {
            for (int i = 0; i < list?.Count; i++) if (ReferenceEquals(list[i], old)) list[i] = now;
        }
    }

    /// <summary>Takes over what a call on other tensors noted.</summary>
    /// <param name="other">That call.</param>
    /// <param name="saved">From a saved tensor, and whether it has a batch in front, to the one here.</param>
    /// <param name="mark">From an operand or result of that call to the one here.</param>
    internal void Take(FunctionContext other, Func<Tensor, bool, (Tensor, bool)> saved, Func<Tensor, Tensor> mark)
    {
        (ForBackward, BackwardBatched) = Convert(other.ForBackward, other.BackwardBatched);
        (ForForward, ForwardBatched) = Convert(other.ForForward, other.ForwardBatched);
        foreach (Tensor t in other.Dirty) MarkDirty(mark(t));
        foreach (Tensor t in other.NonDifferentiable) NonDifferentiable.Add(mark(t));
        (Materializes, MaterializeNonDiffGrads, state, Missing) =
            (other.Materializes, other.MaterializeNonDiffGrads, other.state, other.Missing);
        Below = other.Below;

        (Tensor?[]?, bool[]?) Convert(Tensor?[]? list, bool[]? batched)
        {
            if (list is null) return default;
            Tensor?[] here = new Tensor?[list.Length];
            bool[] flags = new bool[list.Length];
            for (int i = 0; i < list.Length; i++)
                if (list[i] is { } t) (here[i], flags[i]) = saved(t, batched is not null && batched[i]);
            return (here, flags);
        }
    }

    /// <summary>A context for a rule of the function inside a vectorised one, with these saved tensors.</summary>
    internal FunctionContext Inner(FunctionRule inside, Tensor?[] saved, bool forward) => new(inside, Needs, false)
    {
        ForBackward = forward ? null : saved,
        ForForward = forward ? saved : null,
        BackwardBatched = Below?.BackwardBatched,
        ForwardBatched = forward ? Below?.ForwardBatched ?? Below?.BackwardBatched : null,
        Below = Below?.Below,
        pushing = forward,
        done = true,
        MaterializeNonDiffGrads = MaterializeNonDiffGrads,
        Materializes = Materializes,
        state = state,
    };

    /// <summary>Runs a tangent rule, for which <see cref="SavedTensors"/> has what was saved for forward.</summary>
    internal Tensor?[] Push(Tensor?[] tangents)
    {
        (pushing, done) = (true, true);
        try { return rule.Jvp(this, tangents); }
        finally { pushing = false; }
    }

    /// <summary>The node has taken over what was saved for backward.</summary>
    internal void Record(FunctionNode recorded) => node = recorded;

    /// <summary>The call is over.</summary>
    internal void Close()
    {
        done = true;
        ForBackward = ForForward = null;
        Dirty = NonDifferentiable = [];
    }

    internal static void NeedsSetup(FunctionRule rule) => Throw.Graph("In order to use an autograd.Function with functorch transforms " +
        $"(vmap, grad, jvp, jacrev, ...), it must override the setup_context staticmethod. {rule.Name} saves in Forward(ctx, input): " +
        "override Forward(input) and SetupContext(ctx, input, output) instead, and return intermediate results as further outputs.");

    internal static void WarnNotInput(FunctionRule rule) => Trace.TraceWarning("Only input Tensors should be given to ctx.mark_dirty(). " +
        $"If a Tensor is not an input, there is no need to pass it to mark_dirty(). {rule.Name} did so.");
}
