namespace Nabla;

/// <summary>
/// Whether operations are recorded. The mode belongs to the logical flow: it is inherited by tasks and survives <c>await</c>. Hot
/// paths read a per-thread copy, which the flow keeps up to date.
/// </summary>
internal static class GradMode
{
    [ThreadStatic] private static bool disabled;
    [ThreadStatic] private static bool inference;
    [ThreadStatic] private static byte depth;
    [ThreadStatic] private static ushort born;

    /// <summary>A transform that differentiates has run in this process: before that, nobody need look at their thread.</summary>
    private static bool deep;

    private static readonly AsyncLocal<GradScope?> Flow = new(static change => Apply(change.CurrentValue));

    /// <summary>True if operations on tensors that require gradients are recorded.</summary>
    internal static bool Enabled => !disabled;

    internal static bool InferenceEnabled => inference;

    internal static GradScope? Current => Flow.Value;

    /// <summary>Sets this thread's mode only; the engine does so around node bodies and restores it before it returns.</summary>
    internal static bool Exchange(bool enabled)
    {
        bool was = !disabled;
        disabled = !enabled;
        return was;
    }

    internal static (bool Disabled, bool Inference) ThreadState
    {
        get => (disabled, inference);
        set
        {
            (disabled, inference) = value;
            born = (ushort)((inference ? Tensor.BornInInference : 0) | (depth * Tensor.BornInside));
        }
    }

    /// <summary>How many transforms that differentiate are running, at most three.</summary>
    internal static int Depth
    {
        get => deep ? depth : 0;
        set
        {
            deep |= value > 0;
            depth = (byte)Math.Min(value, 3);
            ThreadState = ThreadState;
        }
    }

    /// <summary>The flags of tensors made now: whether in inference mode, and inside how many transforms.</summary>
    internal static ushort Born => born;

    internal static void Enter(GradScope? scope)
    {
        Flow.Value = scope;
        Apply(scope);
    }

    private static void Apply(GradScope? scope) => ThreadState = scope is null ? (false, false) : (scope.Disabled, scope.Inference);
}

/// <summary>A grad mode that holds until it is disposed: <c>using (Autograd.NoGrad()) { ... }</c>.</summary>
public sealed class GradScope : IDisposable
{
    private readonly GradScope? parent;
    private readonly (bool, bool) before;
    private bool disposed;

    internal bool Disabled { get; }
    internal bool Inference { get; }

    internal GradScope(bool disabled, bool inference)
    {
        Disabled = disabled;
        Inference = inference;
        parent = GradMode.Current;
        before = GradMode.ThreadState;
        GradMode.Enter(this);
    }

    /// <summary>Restores the mode that held before. Disposing again does nothing.</summary>
    /// <exception cref="InvalidOperationException">A scope that was opened later is still open.</exception>
    public void Dispose()
    {
        if (disposed) return;
        if (!ReferenceEquals(GradMode.Current, this))
            Throw.State("A grad mode scope was closed out of order, or in another flow of execution: close the scopes opened later first.");
        disposed = true;
        GradMode.Enter(parent);
        GradMode.ThreadState = before;
    }
}
