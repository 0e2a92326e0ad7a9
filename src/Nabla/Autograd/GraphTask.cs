using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Nabla.Amp;

namespace Nabla;

/// <summary>
/// One backward run. Nodes become ready when all gradients of their outputs have arrived, and the ready node recorded last runs
/// first, as in PyTorch; everything is iterative, so that depth costs memory only.
/// </summary>
/// <remarks>
/// Each node of the run has a slot. One run in the process at a time may note the slot's number in the node itself; others, which run
/// concurrently or inside a hook, look it up in a dictionary, since they may share nodes.
/// </remarks>
internal sealed partial class GraphTask
{
    private struct Slot
    {
        internal Node Node;
        internal int Dependencies;
        internal Tensor? Gradient;
        internal Tensor?[]? Gradients;

        /// <summary>Gradients are kept for this node: with captures, it is one or leads to one.</summary>
        internal bool Wanted;

        /// <summary>The node runs: with captures, one lies below it.</summary>
        internal bool Runs;
    }

    [ThreadStatic] internal static int CurrentRun;
    [ThreadStatic] private static OfThread? ofThread;
    private const int RunsAtOnce = 16;
    private static int runs;
    private static int fastToken;

    /// <summary>What a thread has: looking for it once is cheaper than for each part.</summary>
    private sealed class OfThread
    {
        /// <summary>A task to use again, and the one that is running.</summary>
        internal GraphTask? Cached, Active;
    }

    private Slot[] slots = new Slot[16];
    private int count;
    private (long Sequence, int Slot)[] heap = new (long, int)[8];
    private int ready;
    private Dictionary<Node, int>? lookup;
    /// <summary>What a rule writes to; all null between two nodes.</summary>
    private Tensor?[] into = new Tensor?[4];
    private readonly List<(AccumulateGrad Leaf, Tensor Gradient, bool Own)> leaves = [];
    private List<Action>? callbacks;
    private HashSet<CheckpointFrame>? recomputed;
    private Capture[]? captures;
    private int run, lastRun = -1;
    private int current = -1;
    private bool retainGraph, graph;

    /// <summary>Where a gradient is wanted.</summary>
    internal struct Capture
    {
        internal Edge Edge;
        internal Tensor? Gradient;

        /// <summary>The node runs as well, so that a leaf accumulates; nothing is returned.</summary>
        internal bool Runs;
    }

    /// <summary>What a run is to do.</summary>
    /// <param name="Roots">Where to begin.</param>
    /// <param name="Gradients">One gradient per root.</param>
    /// <param name="Captures">Places whose gradient to return; nodes that reach none of them do not run. Null: accumulate into
    /// leaves.</param>
    /// <param name="RetainGraph">Keep what nodes saved.</param>
    /// <param name="CreateGraph">Record the backward operations themselves.</param>
    /// <param name="AllUsed">Fail, before anything has run, if a capture cannot be reached from the roots.</param>
    /// <param name="Site">The call.</param>
    internal readonly record struct Plan(Edge[] Roots, Tensor[] Gradients, Capture[]? Captures, bool RetainGraph, bool CreateGraph,
        bool AllUsed, CallSite Site);

    /// <summary>Runs backward from the roots.</summary>
    /// <returns>-1, or the first capture that cannot be reached where all must be; nothing has run then.</returns>
    internal static int Run(in Plan plan)
    {
        OfThread own = ofThread ??= new OfThread();
        GraphTask? around = own.Active;
        if (around is not null && !RuntimeHelpers.TryEnsureSufficientExecutionStack()) return RunElsewhere(plan);
        GraphTask task = own.Cached ?? new GraphTask();
        own.Cached = null;
        bool fast = Interlocked.CompareExchange(ref fastToken, 1, 0) == 0;
        int outerRun = CurrentRun;
        bool mode = GradMode.Exchange(plan.CreateGraph);
        AutocastScope? precision = Autocast.Active;
        if (precision is not null) Autocast.Exchange(null);
        try
        {
            task.lookup = fast ? null : [];
            task.run = CurrentRun = task.NextRun();
            own.Active = task;
            CallSite.Note(task.run, plan.Site);
            task.captures = plan.Captures;
            (task.retainGraph, task.graph) = (plan.RetainGraph, plan.CreateGraph);
            return task.Execute(plan);
        }
        finally
        {
            GradMode.Exchange(mode);
            if (precision is not null) Autocast.Exchange(precision);
            CurrentRun = outerRun;
            own.Active = around;
            if (fast) Volatile.Write(ref fastToken, 0);
            if (task.Reset()) own.Cached = task;
        }
    }

    /// <summary>A backward deep inside others goes on in a thread of its own, since this one's stack is used up.</summary>
    private static int RunElsewhere(Plan plan)
    {
        if (!Threads.Exist)
            throw new AutogradException("backward: called from inside of others so often that the stack is used up, and this platform " +
                "has no threads with stacks of their own. Call it after the outer backward has returned.");
        int result = -1;
        ExceptionDispatchInfo? failure = null;
        (bool, bool) mode = GradMode.ThreadState;
        (GraphTask? within, int withinRun) = (Active, CurrentRun);
        Thread thread = new(() =>
        {
            GradMode.ThreadState = mode;
            (ofThread, CurrentRun) = (new OfThread { Active = within }, withinRun);
            try { result = Run(plan); }
            catch (Exception e) { failure = ExceptionDispatchInfo.Capture(e); }
        }, 64 << 20);
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <summary>A number for a run. A task takes several at once from those that all threads share.</summary>
    private int NextRun()
    {
        if ((lastRun & (RunsAtOnce - 1)) == RunsAtOnce - 1) lastRun = Interlocked.Add(ref runs, RunsAtOnce) - 1;
        // Zero means no run.
        if (++lastRun == 0) lastRun++;
        return lastRun;
    }

    private int Execute(in Plan plan)
    {
        (Edge[] roots, Tensor[] gradients) = (plan.Roots, plan.Gradients);
        foreach (Edge root in roots) Discover(root.Node!);
        if (captures is not null)
        {
            for (int i = 0; i < captures.Length && plan.AllUsed; i++)
                if (Find(captures[i].Edge.Node!) < 0) return i;
            MarkNeeded();
        }
        for (int i = 0; i < roots.Length; i++)
        {
            int slot = Find(roots[i].Node!);
            // A root may also be reached from another root; it then waits for that gradient like any other node.
            gradients[i].storage.Run = 0;
            gradients[i].storage.Holders++;
            Deposit(ref slots[slot], roots[i].OutputNr, gradients[i]);
        }
        for (int i = 0; i < roots.Length; i++)
        {
            int slot = Find(roots[i].Node!);
            if (slots[slot].Dependencies == 0 && !Queued(slot)) Enqueue(slot);
        }
        bool profiled = Profiling.On;
        while (ready > 0)
        {
            current = Dequeue();
            if (profiled) ProfiledStep(current);
            else Step(current);
        }
        current = -1;
        foreach ((AccumulateGrad leaf, Tensor g, bool own) in leaves)
        {
            if (profiled) ProfiledAdd(leaf, g, own);
            else leaf.Add(g, own, graph);
        }
        // A callback may add more.
        for (int i = 0; i < callbacks?.Count; i++) callbacks[i]();
        return -1;
    }

    private bool Queued(int slot)
    {
        for (int i = 0; i < ready; i++)
            if (heap[i].Slot == slot) return true;
        return false;
    }

    private void Step(int index)
    {
        ref Slot slot = ref slots[index];
        Node node = slot.Node;
        if (node.Extra is { } extra) Observe(extra, ref slot);
        if (captures is not null) Collect(ref slot);
        if (!slot.Runs) return;
        if (node.Extra?.Prehooks is { } hooks) Before(hooks, ref slot);
        if (node is AccumulateGrad leaf)
        {
            Keep(leaf, ref slot);
            return;
        }
        if (ExecutionLog is { } log) log(Describe(node, slot.Gradients, slot.Gradient));
        int inputs = node.InputCount;
        if (into.Length < inputs) into = new Tensor?[Math.Max(inputs, 2 * into.Length)];
        Span<Tensor?> results = into.AsSpan(0, inputs);
        Tensor? g = slot.Gradient;
        Tensor?[]? many = slot.Gradients;
        (slot.Gradient, slot.Gradients) = (null, null);
        if (g is not null || (many is not null && Array.Exists(many, static t => t is not null)))
        {
            if (NodeWatch.On) NodeWatch.Pull(node, g, many, results);
            else if (g is not null) node.Pull(g, results);
            else node.Pull(many, results);
            if (!retainGraph)
            {
                node.Release();
                node.FreedBy = (ushort)run;
            }
        }
        if (node.Extra?.Posthooks is { } after) After(after, node, results, many ?? [g]);
        if (g is not null) g.storage.Holders--;
        if (many is not null)
            foreach (Tensor? t in many) if (t is not null) t.storage.Holders--;
        // All are counted before the first is passed on: a rule may return one gradient, or views of it, for several inputs.
        foreach (Tensor? t in results) if (t is not null) t.storage.Holders++;
        for (int i = 0; i < inputs; i++) Pass(node, i, results[i]);
        results.Clear();
        if (g is not null) Recycle(g);
    }

    /// <summary>Memory of a consumed gradient that this run made and nobody else has seen goes back to the pool.</summary>
    private void Recycle(Tensor g)
    {
        if (g.storage is not PooledStorage || graph || g.storage.Run != run || g.storage.Holders != 0 || g.wrap is not null) return;
        g.storage.Run = 0;
        g.storage.Release();
    }

    private void Pass(Node from, int i, Tensor? g)
    {
        Edge edge = from.Input(i);
        if (edge.Node is not { } next)
        {
            if (g is not null) g.storage.Holders--;
            return;
        }
        int index = Find(next);
        ref Slot slot = ref slots[index];
        if (g is not null && slot.Wanted)
        {
            Layout? shape = edge.OutputNr == 0 ? next.OutLayout : next.Output(edge.OutputNr).Layout;
            if (shape is not null && !g.layout.SameShape(shape)) g = Fit(from, i, g, shape);
            Deposit(ref slot, edge.OutputNr, g);
        }
        else if (g is not null) g.storage.Holders--;
        if (--slot.Dependencies == 0) Enqueue(index);
    }

    /// <summary>Sums a gradient that is larger than its tensor over the dimensions that broadcasting had added.</summary>
    private static Tensor Fit(Node from, int i, Tensor g, Layout shape)
    {
        if (Kernels.Broadcast.To(shape, g.layout.shape) is null)
            Throw.Shapes($"Function {from.Name} returned an invalid gradient at index {i} - got {g.Shape} but expected shape compatible " +
                $"with {Shape.Format(shape.shape)}. The rule must return the gradient of input {i} in the input's shape.");
        g.storage.Holders--;
        g = g.SumTo(new Shape(shape.shape));
        g.storage.Holders++;
        return g;
    }

    private void Deposit(ref Slot slot, int output, Tensor g)
    {
        int outputs = slot.Node.OutputCount;
        if (outputs == 1) Sum(ref slot.Gradient, g);
        else Sum(ref (slot.Gradients ??= new Tensor?[outputs])[output], g);
    }

    /// <summary>Adds a gradient whose storage counts it as held already.</summary>
    private void Sum(ref Tensor? total, Tensor g)
    {
        if (total is null) total = g;
        else if (!graph && Own(total) && total.layout.SameShape(g.layout) && total.dtype == g.dtype)
        {
            total.AddRaw_(g);
            g.storage.Holders--;
        }
        else
        {
            total.storage.Holders--;
            g.storage.Holders--;
            total = total + g;
            total.storage.Holders++;
        }
    }

    /// <summary>This run made the memory, one gradient lies in it, and no user code has seen it.</summary>
    private bool Own(Tensor g) => g.storage.Run == run && g.storage.Holders == 1 && g.layout.IsPlain && g.wrap is null
        && g.layout.Count * g.dtype.ItemSize() == g.storage.Length;

    private void Keep(AccumulateGrad leaf, ref Slot slot)
    {
        if (slot.Gradient is not { } g) return;
        slot.Gradient = null;
        bool own = !graph && Own(g);
        if (IsWatched(leaf)) Commit(leaf, leaf.Extra!, g, own);
        else leaves.Add((leaf, g, own));
    }

    private void Collect(ref Slot slot)
    {
        for (int i = 0; i < captures!.Length; i++)
        {
            ref Capture c = ref captures[i];
            if (c.Runs || !ReferenceEquals(c.Edge.Node, slot.Node)) continue;
            Tensor? g = slot.Gradients is { } many ? many[c.Edge.OutputNr] : slot.Gradient;
            if (g is not null) g.storage.Run = 0;
            c.Gradient = g;
        }
    }

    /// <summary>Forgets the run; false if the task grew so large that it should not be kept.</summary>
    private bool Reset()
    {
        if (recomputed is not null) Forget();
        Array.Clear(slots, 0, count);
        count = ready = 0;
        current = -1;
        lookup = null;
        captures = null;
        callbacks = null;
        leaves.Clear();
        Array.Clear(into);
        return slots.Length <= 4096;
    }
}
