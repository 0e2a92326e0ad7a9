using System.Diagnostics.CodeAnalysis;

namespace Nabla.Nn;

/// <summary>
/// A module from <typeparamref name="TIn"/> to <typeparamref name="TOut"/>. Override <see cref="Forward"/>; users call
/// <see cref="Call"/>, which runs the hooks and cannot be forgotten.
/// </summary>
/// <typeparam name="TIn">A tensor, or a tuple, record, list of tensors and anything else.</typeparam>
/// <typeparam name="TOut">Likewise.</typeparam>
public abstract class Module<[DynamicallyAccessedMembers(Tree.Needs)] TIn, [DynamicallyAccessedMembers(Tree.Needs)] TOut> : Module
{
    /// <summary>Computes the output. Called by <see cref="Call"/> alone.</summary>
    /// <param name="input">The input.</param>
    protected abstract TOut Forward(TIn input);

    /// <summary>Runs the forward pre-hooks, <see cref="Forward"/> and the forward hooks, and prepares the backward hooks.</summary>
    /// <param name="input">The input.</param>
    public TOut Call(TIn input) => hooks is null && !ModuleScope.On ? Forward(input) : Observed(input);

    private TOut Observed(TIn input)
    {
        if (!ModuleScope.On) return Hooked(input);
        // All below, because a list of modules is not called itself: its items are called from here, and their names are "layers.0".
        foreach ((string name, Module inner) in NamedModules())
            if (inner != this) inner.LastName = name;
        ModuleScope.Push(this, ModuleScope.Current is null ? TypeName : LastName ?? TypeName);
        try { return Hooked(input); }
        finally { ModuleScope.Pop(); }
    }

    private TOut Hooked(TIn input)
    {
        if (hooks is not { } h) return Forward(input);
        if (h.Parametrized) ComputeParametrized();
        bool done = false;
        TOut output;
        try
        {
            foreach (var hook in h.Before.Items)
                if (!hook.Removed && hook.Call(this, input) is { } replaced) input = (TIn)replaced;
            BackwardHooks? backward = h.AnyBackward ? new BackwardHooks(this, h) : null;
            if (backward is not null) input = backward.Inputs(input);
            output = Forward(input);
            done = true;
            foreach (var hook in h.After.Items)
                if (!hook.Removed && hook.Call(this, input, output) is { } replaced) output = (TOut)replaced;
            return backward is null ? output : backward.Outputs(output);
        }
        catch when (!done && h.After.Items.Length > 0)
        {
            foreach (var hook in h.After.Items)
            {
                if (hook.Removed || hook.Output != ModuleHooks.Always) continue;
                try { hook.Call(this, input, null); }
                catch { /* The first failure is the one to tell. */ }
            }
            throw;
        }
    }

    /// <summary>Calls a function before each call; what it returns takes the input's place.</summary>
    /// <param name="hook">Gets the module and the input.</param>
    /// <param name="prepend">Call it before the hooks that are already there.</param>
    public HookHandle RegisterForwardPreHook(Func<Module, TIn, TIn> hook, bool prepend = false)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return AddBefore((module, input) => hook(module, (TIn)input!), prepend);
    }

    /// <summary>Calls a function after each call; what it returns takes the output's place.</summary>
    /// <param name="hook">Gets the module, the input and the output.</param>
    /// <param name="prepend">Call it before the hooks that are already there.</param>
    public HookHandle RegisterForwardHook(Func<Module, TIn, TOut, TOut> hook, bool prepend = false)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return AddAfter((module, input, output) => hook(module, (TIn)input!, (TOut)output!), prepend, always: false);
    }

    /// <summary>The calls of this module and of those below, with shapes, parameters and work; print it. The module is called once, in
    /// evaluation mode and without gradients, and is afterwards as before.</summary>
    /// <param name="example">An input.</param>
    public ModuleSummary Summary(TIn example) => SummaryRecord.Of(this, example, () => Call(example));

    /// <summary>A module is a function.</summary>
    public static implicit operator Func<TIn, TOut>(Module<TIn, TOut> module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.Call;
    }

    /// <inheritdoc cref="Module.Clone"/>
    public new Module<TIn, TOut> Clone() => (Module<TIn, TOut>)base.Clone();
}

/// <summary>A module of two inputs.</summary>
/// <inheritdoc cref="Module{TIn, TOut}"/>
public abstract class Module<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2,
    [DynamicallyAccessedMembers(Tree.Needs)] TOut> : Module<(T1, T2), TOut>
{
    /// <summary>Computes the output. Called by <see cref="Call"/> alone.</summary>
    protected abstract TOut Forward(T1 x, T2 y);

    /// <inheritdoc/>
    protected sealed override TOut Forward((T1, T2) input) => Forward(input.Item1, input.Item2);

    /// <inheritdoc cref="Module{TIn, TOut}.Call"/>
    public TOut Call(T1 x, T2 y) => Call((x, y));

    /// <inheritdoc cref="Module{TIn, TOut}.Summary"/>
    public ModuleSummary Summary(T1 x, T2 y) => Summary((x, y));

    /// <summary>A module is a function.</summary>
    public static implicit operator Func<T1, T2, TOut>(Module<T1, T2, TOut> module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.Call;
    }
}

/// <summary>A module of three inputs.</summary>
/// <inheritdoc cref="Module{TIn, TOut}"/>
public abstract class Module<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2,
    [DynamicallyAccessedMembers(Tree.Needs)] T3, [DynamicallyAccessedMembers(Tree.Needs)] TOut> : Module<(T1, T2, T3), TOut>
{
    /// <summary>Computes the output. Called by <see cref="Call"/> alone.</summary>
    protected abstract TOut Forward(T1 x, T2 y, T3 z);

    /// <inheritdoc/>
    protected sealed override TOut Forward((T1, T2, T3) input) => Forward(input.Item1, input.Item2, input.Item3);

    /// <inheritdoc cref="Module{TIn, TOut}.Call"/>
    public TOut Call(T1 x, T2 y, T3 z) => Call((x, y, z));

    /// <inheritdoc cref="Module{TIn, TOut}.Summary"/>
    public ModuleSummary Summary(T1 x, T2 y, T3 z) => Summary((x, y, z));

    /// <summary>A module is a function.</summary>
    public static implicit operator Func<T1, T2, T3, TOut>(Module<T1, T2, T3, TOut> module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.Call;
    }
}
