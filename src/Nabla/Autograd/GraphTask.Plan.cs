using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>Which nodes take part in a run, and the queue of those that are ready.</summary>
internal sealed partial class GraphTask
{
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
        {
            if (Find(c.Edge.Node!) is not (>= 0 and var found)) continue;
            slots[found].Wanted = true;
            slots[found].Runs = c.Runs;
        }
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
}
