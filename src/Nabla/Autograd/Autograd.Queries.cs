namespace Nabla;

public static partial class Autograd
{
    /// <summary>The number of the backward that runs on this thread, the innermost if they nest; -1 outside.</summary>
    public static int CurrentGraphTaskId => GraphTask.Active?.Id ?? -1;

    /// <summary>The node that runs on this thread, or whose hooks do; null outside backward.</summary>
    public static Node? CurrentNode => GraphTask.Active?.CurrentNode;

    /// <summary>True inside a backward that keeps what the graph saved.</summary>
    public static bool IsRetainingGraph => GraphTask.Active?.KeepsGraph ?? false;

    /// <summary>Whether the backward that runs on this thread executes a node, or has done so.</summary>
    /// <exception cref="AutogradException">No backward runs.</exception>
    public static bool WillExecute(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (GraphTask.Active is { } task) return task.WillRun(node);
        Throw.Graph("_get_should_execute_nodes should only be called during the backward pass");
        return false;
    }

    /// <summary>The current node and all that this backward will run after it, in their order. May be asked anywhere, also in the hook of
    /// a leaf.</summary>
    /// <exception cref="AutogradException">No backward runs.</exception>
    public static IReadOnlyList<Node> CurrentExecutionOrder()
    {
        if (GraphTask.Active is { } task) return task.Order();
        Throw.Graph("_current_graph_task_execution_order should only be called during the backward pass");
        return [];
    }

    /// <summary>Calls a function at the end of the backward that runs on this thread, when leaves have their gradients. It may queue
    /// more.</summary>
    /// <exception cref="AutogradException">No backward runs.</exception>
    public static void QueueCallback(Action callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        if (GraphTask.Active is { } task) task.Queue(callback);
        else Throw.Graph("Final callbacks can only be installed during backward pass.");
    }

    /// <summary>Writes a line before each node that a backward runs, in the whole process, until the handle is disposed.</summary>
    public static HookHandle LogExecution(Action<string> log)
    {
        ArgumentNullException.ThrowIfNull(log);
        GraphTask.ExecutionLog += log;
        return new HookHandle(() => GraphTask.ExecutionLog -= log);
    }

    /// <summary>Says that a tensor's memory was written to by other means than its operations, so that backward does not use a saved value
    /// that is gone.</summary>
    public static void IncrementVersion(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.IsInference) Throw.Graph("Inference tensors do not track version counter.");
        tensor.storage.Version++;
    }

    /// <summary>Sets a tensor's version counter: whoever restores what was overwritten can say so. Wrong use gives wrong
    /// gradients.</summary>
    public static void UnsafeSetVersion(Tensor tensor, int version)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (version < 0) Throw.Graph($"Cannot set a version_counter to a value below 0: {version}");
        tensor.storage.Version = version;
    }

    /// <summary>Calls a function once in each backward with the gradients of several tensors, when the last of those that are computed is
    /// known.</summary>
    /// <param name="tensors">Each requires a gradient.</param>
    /// <param name="hook">Gets one gradient per tensor, null for those that this backward does not compute.</param>
    public static HookHandle RegisterMultiGradHook(IReadOnlyList<Tensor> tensors, Action<IReadOnlyList<Tensor?>> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return MultiGradHook.Register(tensors, hook, null);
    }

    /// <summary>Calls a function once in each backward with the first gradient of any of several tensors.</summary>
    /// <param name="tensors">Each requires a gradient.</param>
    /// <param name="hook">Gets the gradient that was known first.</param>
    public static HookHandle RegisterAnyGradHook(IReadOnlyList<Tensor> tensors, Action<Tensor> hook)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return MultiGradHook.Register(tensors, null, hook);
    }
}

/// <summary>One function for the gradients of several tensors.</summary>
internal sealed class MultiGradHook
{
    private readonly Edge[] edges;
    private readonly Action<IReadOnlyList<Tensor?>>? all;
    private readonly Action<Tensor>? any;

    /// <summary>What each backward under way has seen.</summary>
    private readonly Dictionary<int, State> states = [];

    private sealed class State(int tensors)
    {
        internal readonly Tensor?[] Gradients = new Tensor?[tensors];
        internal int Missing;
        internal bool Called;
    }

    private MultiGradHook(Edge[] edges, Action<IReadOnlyList<Tensor?>>? all, Action<Tensor>? any) =>
        (this.edges, this.all, this.any) = (edges, all, any);

    internal static HookHandle Register(IReadOnlyList<Tensor> tensors, Action<IReadOnlyList<Tensor?>>? all, Action<Tensor>? any)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        foreach (Tensor t in tensors)
        {
            ArgumentNullException.ThrowIfNull(t);
            if (!t.RequiresGrad || t.Edge.Node is null)
                Throw.Graph("cannot register a hook on a tensor that doesn't require gradient");
        }
        MultiGradHook hook = new([.. tensors.Select(static t => t.Edge)], all, any);
        HookHandle[] handles = new HookHandle[tensors.Count];
        for (int i = 0; i < handles.Length; i++)
        {
            int index = i;
            handles[i] = tensors[i].RegisterHook(g => hook.Arrive(index, g));
        }
        return new HookHandle(() =>
        {
            foreach (HookHandle handle in handles) handle.Remove();
        });
    }

    private void Arrive(int index, Tensor g)
    {
        GraphTask task = GraphTask.Active!;
        State? state;
        bool call;
        lock (states)
        {
            if (!states.TryGetValue(task.Id, out state))
            {
                states.Add(task.Id, state = new State(edges.Length));
                foreach (Edge edge in edges) if (task.WillReceive(edge.Node!)) state.Missing++;
                int id = task.Id;
                // What was expected but never arrived, since a rule had no gradient for it, counts as null.
                task.Queue(() => Finish(id));
            }
            state.Gradients[index] = g;
            call = !state.Called && (--state.Missing == 0 || any is not null);
            state.Called |= call;
        }
        if (call) Call(state, g);
    }

    private void Finish(int id)
    {
        State? state;
        lock (states) states.Remove(id, out state);
        if (state is not { Called: false }) return;
        state.Called = true;
        Call(state, null!);
    }

    private void Call(State state, Tensor first)
    {
        if (any is not null) any(first);
        else all!([.. state.Gradients]);
    }
}
