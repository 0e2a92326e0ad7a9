namespace Nabla;

/// <summary>The nodes that a module's calls made, those of the modules inside it among them.</summary>
internal sealed class GraphModule(object module, string name, GraphModule? parent, int id)
{
    internal readonly object Module = module;
    internal readonly GraphModule? Parent = parent;
    internal readonly int Id = id;
    internal readonly int Depth = parent is null ? 1 : parent.Depth + 1;
    internal readonly string Path = parent is null ? name : $"{parent.Path}.{name}";

    internal int Nodes;

    /// <summary>The bytes of the elements that were saved, once per node that saved them.</summary>
    internal long Bytes;

    /// <summary>The bytes of the memory that they lie in.</summary>
    internal long Memory;

    internal int Packed;

    internal HashSet<Storage> Storages { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>What a picture says of it.</summary>
    internal string Summary(bool bytes)
    {
        string text = GraphSnapshot.Number(Nodes, "node");
        if (!bytes) return text;
        if (Bytes > 0) text += $", saves {GraphSnapshot.Digits(Bytes)} B in {GraphSnapshot.Digits(Memory)} B of memory";
        return Packed == 0 ? text : $"{text}{(Bytes > 0 ? " and " : ", saves ")}{GraphSnapshot.Digits(Packed)} packed";
    }
}

/// <summary>
/// Which module made which node of a graph. Two calls of one module are one. A leaf belongs to the innermost module that all of its readers
/// are in.
/// </summary>
internal sealed class GraphModules
{
    private readonly Dictionary<(GraphModule?, object), GraphModule> known = [];
    private readonly GraphModule?[] owners;

    internal GraphModules(GraphSnapshot graph)
    {
        owners = new GraphModule?[graph.Count];
        bool[] seen = new bool[graph.Count];
        for (int id = 0; id < graph.Count; id++)
            if (graph[id].Extra?.Module is { } frame) owners[id] = Of(frame);
        if (All.Count == 0) return;
        for (int id = 0; id < graph.Count; id++)
        {
            for (int i = 0; i < graph[id].InputCount; i++)
            {
                int input = graph.Input(id, i).Node;
                if (input < 0 || graph[input] is not AccumulateGrad) continue;
                owners[input] = seen[input] ? Common(owners[input], owners[id]) : owners[id];
                seen[input] = true;
            }
        }
        for (int id = 0; id < graph.Count; id++)
        {
            for (GraphModule? module = owners[id]; module is not null; module = module.Parent)
            {
                module.Nodes++;
                foreach (SavedValue value in graph.SavedBy(id))
                {
                    module.Bytes += value.Bytes;
                    if (value.Tensor is not { } t) module.Packed++;
                    else if (module.Storages.Add(t.storage)) module.Memory += t.storage.Length;
                }
            }
        }
    }

    /// <summary>The modules, each after those around it.</summary>
    internal List<GraphModule> All { get; } = [];

    /// <summary>The module that made a node, or null.</summary>
    internal GraphModule? this[int id] => owners[id];

    private GraphModule Of(ModuleFrame frame)
    {
        Stack<ModuleFrame> frames = [];
        for (ModuleFrame? f = frame; f is not null; f = f.Parent) frames.Push(f);
        GraphModule? module = null;
        foreach (ModuleFrame f in frames)
        {
            if (!known.TryGetValue((module, f.Module), out GraphModule? inner))
            {
                known.Add((module, f.Module), inner = new GraphModule(f.Module, f.Name, module, All.Count));
                All.Add(inner);
            }
            module = inner;
        }
        return module!;
    }

    private static GraphModule? Common(GraphModule? a, GraphModule? b)
    {
        while (a != b)
        {
            if (a is null || b is null) return null;
            if (a.Depth >= b.Depth) a = a.Parent;
            else b = b.Parent;
        }
        return a;
    }
}

/// <summary>One box of a picture: a node, or a module that is collapsed to one.</summary>
internal sealed class GraphBox
{
    private readonly List<string>? moduleLines;
    private readonly GraphSnapshot graph;

    private GraphBox(GraphSnapshot graph, int index, int node, GraphModule? collapsed)
    {
        (this.graph, Index, Node, Collapsed) = (graph, index, node, collapsed);
        NodeCount = collapsed?.Nodes ?? 1;
        Owner = collapsed is null ? graph.Modules[node] : collapsed.Parent;
        if (collapsed is null) return;
        moduleLines = [collapsed.Path];
        foreach ((string? result, int root, _) in graph.Results)
            if (Within(graph.Modules[root], collapsed)) moduleLines.Add(result is null ? "result" : $"result \"{result}\"");
        moduleLines.Add(collapsed.Summary(graph.Options.ShowSavedBytes));
    }

    /// <summary>The place in the order of discovery.</summary>
    internal int Index { get; }

    /// <summary>The node, or the first one of the module.</summary>
    internal int Node { get; }

    /// <summary>The module that this box stands for; null for a node.</summary>
    internal GraphModule? Collapsed { get; }

    /// <summary>The module around it.</summary>
    internal GraphModule? Owner { get; }

    internal int NodeCount { get; }

    internal string Id => Collapsed is null ? $"n{Node}" : $"m{Collapsed.Id}";

    internal bool IsLeaf => Collapsed is null && graph[Node] is AccumulateGrad;

    /// <summary>The boxes that this one reads, and which output of each.</summary>
    internal List<(GraphBox Box, int Output)> Inputs { get; } = [];

    internal List<string> Lines => moduleLines ?? graph.Lines(Node);

    /// <summary>The boxes of a graph, in the order in which their first nodes were found, and the box of each node.</summary>
    internal static (List<GraphBox> Boxes, GraphBox[] Of) Of(GraphSnapshot graph)
    {
        List<GraphBox> boxes = [];
        Dictionary<GraphModule, GraphBox> modules = [];
        GraphBox[] of = new GraphBox[graph.Count];
        for (int id = 0; id < graph.Count; id++)
        {
            GraphModule? module = graph.Modules[id];
            while (module is not null && module.Depth > graph.Options.Collapse) module = module.Parent;
            if (module is null || module.Depth < graph.Options.Collapse || graph.Options.Collapse is null)
                boxes.Add(of[id] = new GraphBox(graph, boxes.Count, id, null));
            else if (modules.TryGetValue(module, out GraphBox? box)) of[id] = box;
            else
            {
                modules.Add(module, of[id] = new GraphBox(graph, boxes.Count, id, module));
                boxes.Add(of[id]);
            }
        }
        for (int id = 0; id < graph.Count; id++)
        {
            GraphBox box = of[id];
            for (int i = 0; i < graph[id].InputCount; i++)
            {
                (int input, int output) = graph.Input(id, i);
                if (input < 0 || of[input] == box && box.Collapsed is not null) continue;
                (GraphBox, int) edge = (of[input], of[input].Collapsed is null ? output : 0);
                if (box.Collapsed is null && of[input].Collapsed is null || !box.Inputs.Contains(edge)) box.Inputs.Add(edge);
            }
        }
        return (boxes, of);
    }

    private static bool Within(GraphModule? inner, GraphModule outer)
    {
        while (inner is not null && inner != outer) inner = inner.Parent;
        return inner is not null;
    }
}
