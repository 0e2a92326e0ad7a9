namespace Nabla;

/// <summary>What may be asked while a run is under way.</summary>
internal sealed partial class GraphTask
{
    /// <summary>The innermost run of this thread.</summary>
    internal static GraphTask? Active => ofThread?.Active;

    internal int Id => run;

    internal bool KeepsGraph => retainGraph;

    internal Node? CurrentNode => current >= 0 ? slots[current].Node : null;

    internal void Queue(Action callback) => (callbacks ??= []).Add(callback);

    /// <summary>The frame holds recomputed values for this run until it ends.</summary>
    internal void Remember(CheckpointFrame frame) => (recomputed ??= []).Add(frame);

    private void Forget()
    {
        foreach (CheckpointFrame frame in recomputed!) frame.Forget(run);
        recomputed = null;
    }

    internal bool WillRun(Node node) => Find(node) is >= 0 and var slot && slots[slot].Runs;

    /// <summary>A gradient of this node's outputs is computed, whether the node itself runs or not.</summary>
    internal bool WillReceive(Node node) => Find(node) is >= 0 and var slot && slots[slot].Wanted;

    /// <summary>Gets a line for each node before it runs.</summary>
    internal static Action<string>? ExecutionLog;

    private static string Describe(Node node, Tensor?[]? many, Tensor? one) =>
        $"Executing: {node} with grad_outputs: [{string.Join(", ", (many ?? [one]).Select(static g => g is null ? "None" : Brief(g)))}]";

    private static string Brief(Tensor g)
    {
        string name = g.dtype.Name();
        // f32, bf16, c64: the first letter and the bits.
        string kind = g.dtype == DType.BFloat16 ? "bf" : name[..1];
        return $"{kind}{new string([.. name.Where(char.IsAsciiDigit)])}{Shape.Format(g.layout.shape)}";
    }

    /// <summary>A node's turn as an event of the profile. A leaf without hooks has its turn at the end of the run.</summary>
    private void ProfiledStep(int index)
    {
        Node node = slots[index].Node;
        ProfilerEvent? span = !slots[index].Runs || (node is AccumulateGrad leaf && !IsWatched(leaf)) ? null : Profiling.BeginNode(node);
        try { Step(index); }
        finally { Profiling.End(span); }
    }

    private void ProfiledAdd(AccumulateGrad leaf, Tensor g, bool own)
    {
        ProfilerEvent? outer = Profiling.BeginNode(leaf), span = Profiling.BeginRule(leaf, g, null);
        try { leaf.Add(g, own, graph); }
        finally
        {
            Profiling.End(span);
            Profiling.End(outer);
        }
    }

    /// <summary>The current node and those that will run after it, in their order.</summary>
    internal Node[] Order()
    {
        int[] waiting = new int[count];
        for (int i = 0; i < count; i++) waiting[i] = slots[i].Dependencies;
        PriorityQueue<int, (long, int)> queue = new();
        List<Node> order = [];
        int arrival = 0;
        for (int i = 0; i < ready; i++) queue.Enqueue(heap[i].Slot, (-heap[i].Sequence, arrival++));
        int next = current;
        while (next >= 0 || queue.TryDequeue(out next, out _))
        {
            Node node = slots[next].Node;
            if (slots[next].Runs) order.Add(node);
            for (int i = 0; slots[next].Runs && i < node.InputCount; i++)
            {
                if (node.Input(i).Node is not { } input) continue;
                int slot = Find(input);
                if (--waiting[slot] == 0) queue.Enqueue(slot, (-input.Sequence, arrival++));
            }
            next = -1;
        }
        return [.. order];
    }
}
