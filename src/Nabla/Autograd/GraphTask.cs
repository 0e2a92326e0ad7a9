using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// One backward run. Nodes become ready when all gradients of their outputs have arrived, and the ready node recorded last runs
/// first, as in PyTorch; everything is iterative, so that depth costs memory only.
/// </summary>
/// <remarks>
/// Each node of the run has a slot. One run in the process at a time may note the slot's number in the node itself; others, which run
/// concurrently or inside a hook, look it up in a dictionary, since they may share nodes.
/// </remarks>
internal sealed class GraphTask
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
    [ThreadStatic] private static GraphTask? cached;
    private static int runs;
    private static int fastToken;

    private Slot[] slots = new Slot[16];
    private int count;
    private (long Sequence, int Slot)[] heap = new (long, int)[8];
    private int ready;
    private Dictionary<Node, int>? lookup;
    private Tensor?[] into = new Tensor?[4];
    private readonly List<(AccumulateGrad Leaf, Tensor Gradient, bool Own)> leaves = [];
    private Capture[]? captures;
    private int run;
    private bool retainGraph, graph;

    /// <summary>Where a gradient is wanted without accumulation.</summary>
    internal struct Capture
    {
        internal Edge Edge;
        internal Tensor? Gradient;
    }

    /// <summary>Runs backward from the roots.</summary>
    /// <param name="roots">Where to begin.</param>
    /// <param name="gradients">One gradient per root.</param>
    /// <param name="captures">Places whose gradient to return; nodes that reach none of them do not run. Null: accumulate into
    /// leaves.</param>
    /// <param name="retainGraph">Keep what nodes saved.</param>
    /// <param name="createGraph">Record the backward operations themselves.</param>
    internal static void Run(ReadOnlySpan<Edge> roots, ReadOnlySpan<Tensor> gradients, Capture[]? captures, bool retainGraph,
        bool createGraph)
    {
        GraphTask task = cached ?? new GraphTask();
        cached = null;
        bool fast = Interlocked.CompareExchange(ref fastToken, 1, 0) == 0;
        int outer = CurrentRun;
        bool mode = GradMode.Exchange(createGraph);
        try
        {
            task.lookup = fast ? null : [];
            task.run = CurrentRun = NextRun();
            task.captures = captures;
            (task.retainGraph, task.graph) = (retainGraph, createGraph);
            task.Execute(roots, gradients);
        }
        finally
        {
            GradMode.Exchange(mode);
            CurrentRun = outer;
            if (fast) Volatile.Write(ref fastToken, 0);
            if (task.Reset()) cached = task;
        }
    }

    private static int NextRun()
    {
        int id;
        do { id = Interlocked.Increment(ref runs); } while (id == 0);
        return id;
    }

    /// <summary>Fails if an input cannot be reached from the roots, before anything has run.</summary>
    internal static void RequireReachable(Edge[] roots, Capture[] captures, IReadOnlyList<Tensor> inputs)
    {
        HashSet<Node> seen = [];
        Stack<Node> work = [];
        foreach (Edge root in roots)
            if (seen.Add(root.Node!)) work.Push(root.Node!);
        while (work.TryPop(out Node? node))
        {
            for (int i = 0; i < node.InputCount; i++)
                if (node.Input(i).Node is { } input && seen.Add(input)) work.Push(input);
        }
        for (int i = 0; i < captures.Length; i++)
            if (!seen.Contains(captures[i].Edge.Node!)) Unused(inputs[i], i);
    }

    internal static void Unused(Tensor input, int index) => Throw.Graph(
        "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this is the desired " +
        $"behavior. It is input {index}, {Throw.Text(input)}; pass allowUnused: true to get null for it.");

    private void Execute(ReadOnlySpan<Edge> roots, ReadOnlySpan<Tensor> gradients)
    {
        foreach (Edge root in roots) Discover(root.Node!);
        if (captures is not null) MarkNeeded();
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
        while (ready > 0) Step(Dequeue());
        foreach ((AccumulateGrad leaf, Tensor g, bool own) in leaves) leaf.Add(g, own, graph);
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
        if (captures is not null) Collect(ref slot);
        if (node.Retained is { } retained) FillRetained(retained, ref slot);
        if (!slot.Runs) return;
        if (node is AccumulateGrad leaf)
        {
            Keep(leaf, ref slot);
            return;
        }
        int inputs = node.InputCount;
        if (into.Length < inputs) into = new Tensor?[Math.Max(inputs, 2 * into.Length)];
        Span<Tensor?> results = into.AsSpan(0, inputs);
        results.Clear();
        Tensor? g = slot.Gradient;
        Tensor?[]? many = slot.Gradients;
        (slot.Gradient, slot.Gradients) = (null, null);
        bool any = g is not null;
        if (many is null && g is not null) node.Pull(g, results);
        else if (many is not null && Array.Exists(many, static t => t is not null))
        {
            any = true;
            node.Pull(many, results);
        }
        if (any && !retainGraph) node.Release();
        if (g is not null) g.storage.Holders--;
        if (many is not null)
            foreach (Tensor? t in many) if (t is not null) t.storage.Holders--;
        // All are counted before the first is passed on: a rule may return one gradient, or views of it, for several inputs.
        foreach (Tensor? t in results) if (t is not null) t.storage.Holders++;
        for (int i = 0; i < inputs; i++) Pass(node.Input(i), results[i]);
        results.Clear();
        if (g is not null) Recycle(g);
    }

    /// <summary>Memory of a consumed gradient that this run made and nobody else has seen goes back to the pool.</summary>
    private void Recycle(Tensor g)
    {
        if (graph || g.storage.Run != run || g.storage.Holders != 0 || g.wrap is not null) return;
        g.storage.Run = 0;
        StoragePool.Return(g.storage);
    }

    private void Pass(Edge edge, Tensor? g)
    {
        if (edge.Node is not { } next)
        {
            if (g is not null) g.storage.Holders--;
            return;
        }
        int index = Find(next);
        ref Slot slot = ref slots[index];
        if (g is not null && slot.Wanted) Deposit(ref slot, edge.OutputNr, g);
        else if (g is not null) g.storage.Holders--;
        if (--slot.Dependencies == 0) Enqueue(index);
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
        && g.layout.Count * g.dtype.ItemSize() == g.storage.Bytes.Length;

    private void Keep(AccumulateGrad leaf, ref Slot slot)
    {
        if (slot.Gradient is not { } g) return;
        bool own = !graph && Own(g);
        leaves.Add((leaf, g, own));
        slot.Gradient = null;
    }

    private void FillRetained(List<Tensor> retained, ref Slot slot)
    {
        foreach (Tensor t in retained)
        {
            // After an in-place write the tensor belongs to a later node, which has it in its own list.
            if (!ReferenceEquals(t.gradFn, slot.Node)) continue;
            Tensor? g = slot.Gradients is { } many ? many[t.outputNr] : slot.Gradient;
            if (g is null) continue;
            if (!graph) g = g.Clone();
            g.storage.Run = 0;
            t.Meta.Grad = t.Meta.Grad is { } old ? old + g : g;
        }
    }

    private void Collect(ref Slot slot)
    {
        for (int i = 0; i < captures!.Length; i++)
        {
            ref Capture c = ref captures[i];
            if (!ReferenceEquals(c.Edge.Node, slot.Node)) continue;
            Tensor? g = slot.Gradients is { } many ? many[c.Edge.OutputNr] : slot.Gradient;
            if (g is not null) g.storage.Run = 0;
            c.Gradient = g;
        }
    }

    /// <summary>Finds every node below a root and counts the edges that lead to it.</summary>
    private void Discover(Node root)
    {
        int begin = count;
        if (Find(root) < 0) Insert(root);
        // Slots are appended in order of discovery, so the slots themselves are the work list.
        for (int next = begin; next < count; next++)
        {
            Node node = slots[next].Node;
            int inputs = node.InputCount;
            for (int i = 0; i < inputs; i++)
            {
                if (node.Input(i).Node is not { } input) continue;
                int at = Find(input);
                if (at < 0) at = Insert(input);
                slots[at].Dependencies++;
            }
        }
    }

    /// <summary>Marks the nodes that reach no capture, walking a topological order backwards.</summary>
    private void MarkNeeded()
    {
        int[] order = new int[count], waiting = new int[count];
        int n = 0;
        for (int i = 0; i < count; i++)
        {
            waiting[i] = slots[i].Dependencies;
            if (waiting[i] == 0) order[n++] = i;
        }
        for (int next = 0; next < n; next++)
        {
            Node node = slots[order[next]].Node;
            for (int i = 0; i < node.InputCount; i++)
            {
                if (node.Input(i).Node is not { } input) continue;
                int at = Find(input);
                if (--waiting[at] == 0) order[n++] = at;
            }
        }
        for (int i = 0; i < count; i++) slots[i].Wanted = slots[i].Runs = false;
        foreach (Capture c in captures!)
            if (c.Edge.Node is { } wanted && Find(wanted) is >= 0 and var at) slots[at].Wanted = true;
        for (int next = n - 1; next >= 0; next--)
        {
            ref Slot slot = ref slots[order[next]];
            for (int i = 0; i < slot.Node.InputCount && !slot.Runs; i++)
                slot.Runs = slot.Node.Input(i).Node is { } input && slots[Find(input)].Wanted;
            slot.Wanted |= slot.Runs;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Find(Node node)
    {
        if (lookup is not null) return lookup.TryGetValue(node, out int found) ? found : -1;
        int at = node.Slot;
        return (uint)at < (uint)count && ReferenceEquals(slots[at].Node, node) ? at : -1;
    }

    private int Insert(Node node)
    {
        if (count == slots.Length) Array.Resize(ref slots, 2 * count);
        slots[count].Node = node;
        slots[count].Wanted = slots[count].Runs = true;
        if (lookup is null) node.Slot = count;
        else lookup.Add(node, count);
        return count++;
    }

    private void Enqueue(int slot)
    {
        if (ready == heap.Length) Array.Resize(ref heap, 2 * ready);
        long key = slots[slot].Node.Sequence;
        int i = ready++;
        for (; i > 0; i = (i - 1) / 2)
        {
            int parent = (i - 1) / 2;
            if (heap[parent].Sequence >= key) break;
            heap[i] = heap[parent];
        }
        heap[i] = (key, slot);
    }

    private int Dequeue()
    {
        int first = heap[0].Slot;
        (long Sequence, int Slot) last = heap[--ready];
        int i = 0;
        for (int child = 1; child < ready; child = 2 * i + 1)
        {
            if (child + 1 < ready && heap[child + 1].Sequence > heap[child].Sequence) child++;
            if (heap[child].Sequence <= last.Sequence) break;
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = last;
        return first;
    }

    /// <summary>Forgets the run; false if the task grew so large that it should not be kept.</summary>
    private bool Reset()
    {
        Array.Clear(slots, 0, count);
        count = ready = 0;
        lookup = null;
        captures = null;
        leaves.Clear();
        Array.Clear(into);
        return slots.Length <= 4096;
    }
}
