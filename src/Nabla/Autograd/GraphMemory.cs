using System.Globalization;
using System.Text;

namespace Nabla;

/// <summary>A tensor that a node keeps for backward.</summary>
/// <param name="Name">What the node calls it.</param>
/// <param name="Shape">Its shape; null if a hook packed it.</param>
/// <param name="DType">Its dtype; null if a hook packed it.</param>
/// <param name="Bytes">The bytes of its elements; 0 if a hook packed it.</param>
public sealed record SavedMemory(string Name, Shape? Shape, DType? DType, long Bytes);

/// <summary>What one node keeps for backward.</summary>
/// <param name="Node">The node.</param>
/// <param name="ModulePath">The module whose call made it, with those around it; empty outside, or if that was not recorded.</param>
/// <param name="Saved">The tensors.</param>
/// <param name="Bytes">The bytes of their elements.</param>
/// <param name="Added">The bytes of the memory they lie in that no node before this one in the list keeps.</param>
public sealed record NodeMemory(Node Node, string ModulePath, IReadOnlyList<SavedMemory> Saved, long Bytes, long Added);

/// <summary>What the nodes that a module's calls made keep for backward, those of the modules inside it among them.</summary>
/// <param name="Path">The module and those around it.</param>
/// <param name="NodeCount">How many nodes there are.</param>
/// <param name="Bytes">The bytes of the elements that were saved, once per node that saved them.</param>
/// <param name="Memory">The bytes of the memory that they lie in, each counted once.</param>
public sealed record ModuleMemory(string Path, int NodeCount, long Bytes, long Memory);

/// <summary>What a graph keeps in memory until backward frees it. Print it for a table.</summary>
public sealed class GraphMemory
{
    internal GraphMemory(GraphSnapshot graph)
    {
        HashSet<Storage> leaves = new(ReferenceEqualityComparer.Instance), seen = new(ReferenceEqualityComparer.Instance);
        List<NodeMemory> nodes = [];
        for (int id = 0; id < graph.Count; id++)
            if (graph[id].Variable is { } leaf) leaves.Add(leaf.storage);
        for (int id = 0; id < graph.Count; id++)
        {
            List<SavedMemory> saved = [];
            long bytes = 0, added = 0;
            foreach (SavedValue value in graph.SavedBy(id))
            {
                saved.Add(new(value.Name, value.Tensor?.Shape, value.Tensor?.dtype, value.Bytes));
                bytes += value.Bytes;
                if (value.Tensor is not { } t || !seen.Add(t.storage)) continue;
                added += t.storage.Length;
                if (leaves.Contains(t.storage)) LeafMemory += t.storage.Length;
            }
            if (saved.Count > 0) nodes.Add(new(graph[id], graph.Modules[id]?.Path ?? "", saved, bytes, added));
        }
        (Nodes, NodeCount, Bytes, Memory, PackedCount) = (nodes, graph.Count, graph.Bytes, graph.Memory, graph.Packed);
        Modules = [.. graph.Modules.All.Select(static m => new ModuleMemory(m.Path, m.Nodes, m.Bytes, m.Memory))];
    }

    /// <summary>The nodes that keep something, those nearest to the results first.</summary>
    public IReadOnlyList<NodeMemory> Nodes { get; }

    /// <summary>The modules, if they were recorded, each after those around it.</summary>
    public IReadOnlyList<ModuleMemory> Modules { get; }

    /// <summary>How many nodes the graph has.</summary>
    public int NodeCount { get; }

    /// <summary>The bytes of the elements that were saved, once per node that saved them.</summary>
    public long Bytes { get; }

    /// <summary>The bytes of the memory that they lie in, each counted once; a view keeps the memory of its base.</summary>
    public long Memory { get; }

    /// <summary>How much of the memory is that of leaves, which stays when backward has freed the graph.</summary>
    public long LeafMemory { get; }

    /// <summary>How many saved values a hook has packed; their size is not known.</summary>
    public int PackedCount { get; }

    /// <summary>A table: a line per node that keeps something, a line per module, and the whole.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        int width = Math.Max(4, Nodes.Select(static n => n.Node.Name.Length).DefaultIfEmpty().Max());
        text.Append(CultureInfo.InvariantCulture, $"{"node".PadRight(width)}  {"bytes",12}  {"new memory",12}  saved\n");
        foreach (NodeMemory node in Nodes)
        {
            IEnumerable<string> saved = node.Saved.Select(static s =>
                s.DType is { } type ? $"{s.Name}: {type.Name()} {s.Shape}" : $"{s.Name}: packed");
            text.Append(CultureInfo.InvariantCulture,
                $"{node.Node.Name.PadRight(width)}  {node.Bytes,12:#,0}  {node.Added,12:#,0}  {string.Join(", ", saved)}");
            text.Append(node.ModulePath.Length > 0 ? $"  in {node.ModulePath}\n" : "\n");
        }
        foreach (ModuleMemory module in Modules)
            text.Append(CultureInfo.InvariantCulture,
                $"module {module.Path}: {module.NodeCount} nodes, saves {module.Bytes:#,0} B in {module.Memory:#,0} B of memory\n");
        text.Append(CultureInfo.InvariantCulture, $"{NodeCount} nodes, saves {Bytes:#,0} B in {Memory:#,0} B of memory, ");
        text.Append(CultureInfo.InvariantCulture, $"{LeafMemory:#,0} B of it that of leaves");
        if (PackedCount > 0) text.Append(CultureInfo.InvariantCulture, $", and {PackedCount} packed");
        return text.ToString();
    }
}

public static partial class Autograd
{
    /// <summary>Says what the graph behind tensors keeps in memory for backward: for each node, for each module if they were recorded
    /// (<see cref="GraphPicture.RecordModules"/>), and in all. Nothing is computed or changed.</summary>
    /// <param name="results">The tensors whose graph is in question.</param>
    /// <exception cref="ArgumentException">There are no tensors.</exception>
    /// <exception cref="AutogradException">A tensor has no graph: it does not require a gradient.</exception>
    public static GraphMemory HeldMemory(params IReadOnlyList<Tensor> results) => new(new GraphSnapshot(results, null));
}
