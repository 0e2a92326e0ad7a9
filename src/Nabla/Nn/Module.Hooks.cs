namespace Nabla.Nn;

public abstract partial class Module
{
    private protected ModuleHooks? hooks;

    private ModuleHooks Hooks => hooks ??= new ModuleHooks();

    /// <summary>Calls a function with this module and its input before each call of it.</summary>
    /// <param name="hook">Gets the module and the input; of a module with several inputs, their tuple.</param>
    /// <param name="prepend">Call it before the hooks that are already there.</param>
    public HookHandle RegisterForwardPreHook(Action<Module, object?> hook, bool prepend = false)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return AddBefore((module, input) =>
        {
            hook(module, input);
            return null;
        }, prepend);
    }

    /// <summary>Calls a function with this module, its input and its output after each call of it.</summary>
    /// <param name="hook">Gets the module, the input and the output; of several, their tuple.</param>
    /// <param name="prepend">Call it before the hooks that are already there.</param>
    /// <param name="alwaysCall">Call it after a failure too, with null for the output; what it throws then is ignored.</param>
    public HookHandle RegisterForwardHook(Action<Module, object?, object?> hook, bool prepend = false, bool alwaysCall = false)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return AddAfter((module, input, output) =>
        {
            hook(module, input, output);
            return null;
        }, prepend, alwaysCall);
    }

    /// <summary>
    /// Calls a function in backward, when the gradients with respect to this module's inputs are there. It works together with in-place
    /// operations inside and behind the module.
    /// </summary>
    /// <param name="hook">Gets the module, the gradients of the tensors among its inputs (null where none is needed) and those of its
    /// outputs (null where none arrived). What it returns goes on in place of the inputs' gradients; null leaves them.</param>
    /// <param name="prepend">Call it before the hooks that are already there.</param>
    public HookHandle RegisterFullBackwardHook(
        Func<Module, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?> hook, bool prepend = false) =>
        Hooks.Backward.Add(hook, first: prepend);

    /// <inheritdoc
    /// cref="RegisterFullBackwardHook(Func{Module, IReadOnlyList{Tensor}, IReadOnlyList{Tensor}, IReadOnlyList{Tensor}}, bool)"/>
    public HookHandle RegisterFullBackwardHook(Action<Module, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>> hook, bool prepend = false)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return RegisterFullBackwardHook((module, gradInput, gradOutput) =>
        {
            hook(module, gradInput, gradOutput);
            return null;
        }, prepend);
    }

    /// <summary>Calls a function in backward, when the gradients with respect to this module's outputs are there.</summary>
    /// <param name="hook">Gets the module and the gradients of the tensors among its outputs (null where none arrived). What it returns
    /// goes on in their place; null leaves them.</param>
    /// <param name="prepend">Call it before the hooks that are already there.</param>
    public HookHandle RegisterFullBackwardPreHook(Func<Module, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?> hook,
        bool prepend = false) => Hooks.BackwardPre.Add(hook, first: prepend);

    /// <inheritdoc cref="RegisterFullBackwardPreHook(Func{Module, IReadOnlyList{Tensor}, IReadOnlyList{Tensor}}, bool)"/>
    public HookHandle RegisterFullBackwardPreHook(Action<Module, IReadOnlyList<Tensor?>> hook, bool prepend = false)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return RegisterFullBackwardPreHook((module, gradOutput) =>
        {
            hook(module, gradOutput);
            return null;
        }, prepend);
    }

    /// <summary>A hook before the call; what it returns, unless null, takes the input's place.</summary>
    private protected HookHandle AddBefore(Func<Module, object?, object?> hook, bool first) => Hooks.Before.Add(hook, first: first);

    /// <summary>A hook after the call; what it returns, unless null, takes the output's place.</summary>
    private protected HookHandle AddAfter(Func<Module, object?, object?, object?> hook, bool first, bool always) =>
        Hooks.After.Add(hook, always ? ModuleHooks.Always : 0, first);

    /// <summary>The parametrised tensors by name, or null.</summary>
    internal ModuleDict<ParametrizationList>? Parametrized =>
        registered is not null && registered.TryGetValue("parametrizations", out object? all)
            ? all as ModuleDict<ParametrizationList> : null;

    /// <summary>From now on parametrised tensors are computed before each call.</summary>
    internal void ComputeBeforeCalls() => Hooks.Parametrized = true;

    internal void ForgetParametrizations()
    {
        Hooks.Parametrized = false;
        registered!.Remove("parametrizations");
    }

    /// <summary>Puts the values of parametrised tensors into their places.</summary>
    private protected void ComputeParametrized()
    {
        if (Parametrized is not { } all) return;
        foreach ((string name, ParametrizationList list) in all) Parametrize.Place(this, name).Put(list.Compute());
    }

    /// <summary>The same between calls, where it must not change any state.</summary>
    internal void Refresh()
    {
        if (Parametrized is not { } all) return;
        bool training = Training;
        all.Eval();
        try
        {
            using (Autograd.NoGrad()) ComputeParametrized();
        }
        finally { all.Train(training); }
    }
}

/// <summary>What few modules have: functions to call around <c>Forward</c> and in backward.</summary>
internal sealed class ModuleHooks
{
    /// <summary>Marks a hook that is called after a failure too.</summary>
    internal const int Always = 1;

    internal HookList<Func<Module, object?, object?>> Before = new();
    internal HookList<Func<Module, object?, object?, object?>> After = new();
    internal HookList<Func<Module, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?>> Backward = new();
    internal HookList<Func<Module, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?>> BackwardPre = new();

    /// <summary>Whether tensors are to be computed before each call.</summary>
    internal bool Parametrized;

    internal bool AnyBackward => Backward.Items.Length > 0 || BackwardPre.Items.Length > 0;

    /// <summary>The same hooks for a copy of the module.</summary>
    internal ModuleHooks Copy() => new()
    {
        Before = Before.Copy(),
        After = After.Copy(),
        Backward = Backward.Copy(),
        BackwardPre = BackwardPre.Copy(),
        Parametrized = Parametrized,
    };
}
