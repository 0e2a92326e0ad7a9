namespace Nabla;

/// <summary>
/// What anomaly mode, a profiler and the record of modules note in each node, and what they do around its rule. One flag says that any of
/// them is on, so that recording and backward test one flag.
/// </summary>
internal static class NodeWatch
{
    internal static bool On;

    internal static void Update() => On = Anomaly.On || ModuleScope.On || Profiling.On;

    /// <summary>Notes where, in which module and on which thread a node is made.</summary>
    internal static void Record(Node node)
    {
        if (Anomaly.On) Anomaly.Record(node);
        // A leaf's node outlives the calls of its readers, so that it belongs to none of them.
        if (node is AccumulateGrad) return;
        if (ModuleScope.On && (ModuleScope.Current ?? GraphTask.Active?.CurrentNode?.Extra?.Module) is { } module)
            node.Extras.Module = module;
        if (Profiling.On) node.Extras.Thread = Environment.CurrentManagedThreadId;
    }

    /// <summary>Runs a node's rule.</summary>
    internal static void Pull(Node node, Tensor? g, Tensor?[]? many, Span<Tensor?> results)
    {
        ProfilerEvent? span = Profiling.On ? Profiling.BeginRule(node, g, many) : null;
        try
        {
            if (Anomaly.On) Anomaly.Pull(node, g, many, results);
            else if (g is not null) node.Pull(g, results);
            else node.Pull(many, results);
        }
        finally { Profiling.End(span); }
    }
}
