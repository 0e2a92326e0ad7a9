namespace Nabla.Optim;

public abstract partial class Optimizer
{
    private static readonly HookList<Action<Optimizer>> AllBefore = new(), AllAfter = new();

    private readonly HookList<Action<Optimizer>> before = new(), after = new(), beforeState = new(), afterLoad = new();
    private readonly HookList<Func<Optimizer, OrderedDictionary<string, object?>, OrderedDictionary<string, object?>?>> afterState = new();
    private readonly HookList<Func<Optimizer, OrderedDictionary<string, object?>, OrderedDictionary<string, object?>?>> beforeLoad = new();

    /// <summary>Calls a function before each step.</summary>
    public HookHandle RegisterStepPreHook(Action<Optimizer> hook) => before.Add(hook);

    /// <summary>Calls a function after each step.</summary>
    public HookHandle RegisterStepPostHook(Action<Optimizer> hook) => after.Add(hook);

    /// <summary>Calls a function before each step of any optimizer, ahead of its own hooks.</summary>
    public static HookHandle RegisterOptimizerStepPreHook(Action<Optimizer> hook) => AllBefore.Add(hook);

    /// <summary>Calls a function after each step of any optimizer, behind its own hooks.</summary>
    public static HookHandle RegisterOptimizerStepPostHook(Action<Optimizer> hook) => AllAfter.Add(hook);

    /// <summary>Calls a function before <see cref="StateDict"/>.</summary>
    public HookHandle RegisterStateDictPreHook(Action<Optimizer> hook) => beforeState.Add(hook);

    /// <summary>Calls a function after <see cref="StateDict"/>, which may change the dictionary, or return another.</summary>
    public HookHandle RegisterStateDictPostHook(
        Func<Optimizer, OrderedDictionary<string, object?>, OrderedDictionary<string, object?>?> hook) => afterState.Add(hook);

    /// <summary>Calls a function before <see cref="LoadStateDict"/> with a shallow copy of the dictionary, which it may change, or
    /// return another.</summary>
    public HookHandle RegisterLoadStateDictPreHook(
        Func<Optimizer, OrderedDictionary<string, object?>, OrderedDictionary<string, object?>?> hook) => beforeLoad.Add(hook);

    /// <summary>Calls a function after <see cref="LoadStateDict"/>.</summary>
    public HookHandle RegisterLoadStateDictPostHook(Action<Optimizer> hook) => afterLoad.Add(hook);

    private Tensor? Hooked(Func<Tensor>? closure)
    {
        Call(AllBefore);
        Call(before);
        HasStepped = true;
        Tensor? loss = StepCore(closure);
        Call(after);
        Call(AllAfter);
        return loss;
    }

    private void Call(HookList<Action<Optimizer>> hooks)
    {
        foreach (Hook<Action<Optimizer>> hook in hooks.Items)
            if (!hook.Removed) hook.Call(this);
    }

    private OrderedDictionary<string, object?> Call(
        HookList<Func<Optimizer, OrderedDictionary<string, object?>, OrderedDictionary<string, object?>?>> hooks,
        OrderedDictionary<string, object?> dictionary)
    {
        foreach (var hook in hooks.Items)
            if (!hook.Removed) dictionary = hook.Call(this, dictionary) ?? dictionary;
        return dictionary;
    }
}
