using System.Globalization;

namespace Nabla;

/// <summary>The nodes of a graph in the order of discovery, and what they keep.</summary>
internal sealed class GraphSnapshot
{
    private readonly List<Node> nodes = [];
    private readonly GraphBox[] boxOf;
    private readonly Dictionary<Node, int> ids = new(ReferenceEqualityComparer.Instance);

    /// <exception cref="ArgumentException">There are no tensors.</exception>
    /// <exception cref="AutogradException">A tensor has no graph.</exception>
    internal GraphSnapshot(IReadOnlyList<Tensor> results, GraphPictureOptions? options)
    {
        ArgumentNullException.ThrowIfNull(results);
        if (results.Count == 0) throw new ArgumentException("There are no tensors whose graph could be drawn.", nameof(results));
        Options = options ?? new GraphPictureOptions();
        Results = new (string?, int, int)[results.Count];
        for (int i = 0; i < Results.Length; i++)
        {
            Tensor result = results[i] ?? throw new ArgumentNullException(nameof(results), $"Tensor {i} is null.");
            if (!result.RequiresGrad || result.Edge is not { Node: { } root } edge)
                Throw.Graph($"element {i} of tensors does not require grad and does not have a grad_fn: {Throw.Text(result)} has no " +
                    "graph to draw. Was it computed under NoGrad, or from tensors that require no gradient?");
            else Results[i] = (result.Name, Find(root), edge.OutputNr);
        }
        HashSet<Storage> memory = new(ReferenceEqualityComparer.Instance);
        for (int id = 0; id < nodes.Count; id++)
        {
            Node node = nodes[id];
            for (int i = 0; i < node.InputCount; i++) if (node.Input(i).Node is { } input) Find(input);
            if (node is AccumulateGrad) Leaves++;
            foreach (SavedValue value in SavedBy(id))
            {
                Bytes += value.Bytes;
                if (value.Tensor is null) Packed++;
                else if (memory.Add(value.Tensor.storage)) Memory += value.Tensor.storage.Length;
            }
        }
        Modules = new GraphModules(this);
        (Boxes, boxOf) = GraphBox.Of(this);
        Shown = Math.Min(Boxes.Count, Options.MaxNodes);
    }

    internal GraphPictureOptions Options { get; }

    /// <summary>The results' names, nodes and outputs.</summary>
    internal (string? Name, int Node, int Output)[] Results { get; }

    internal int Count => nodes.Count;

    /// <summary>The modules whose calls made nodes, if that was recorded.</summary>
    internal GraphModules Modules { get; }

    /// <summary>What is drawn: nodes, and modules where these are collapsed.</summary>
    internal List<GraphBox> Boxes { get; }

    /// <summary>The box in which a node is.</summary>
    internal GraphBox BoxOf(int id) => boxOf[id];

    /// <summary>How many of them are drawn: the first ones.</summary>
    internal int Shown { get; }

    internal int Leaves { get; }

    /// <summary>The bytes of all elements that were saved, once per node that saved them.</summary>
    internal long Bytes { get; }

    /// <summary>The bytes of the memory that they lie in.</summary>
    internal long Memory { get; }

    /// <summary>How many saved values a hook has packed.</summary>
    internal int Packed { get; }

    internal Node this[int id] => nodes[id];

    /// <summary>The node of an operand and which of its outputs it is; -1 if it needs no gradient.</summary>
    internal (int Node, int Output) Input(int id, int i)
    {
        (Node? node, int output) = nodes[id].Input(i);
        return node is null ? (-1, 0) : (ids[node], output);
    }

    /// <summary>What a node keeps for backward, plain numbers aside.</summary>
    internal IEnumerable<SavedValue> SavedBy(int id)
    {
        Node node = nodes[id];
        if (node.IsFreed) yield break;
        for (int i = 0; i < node.SavedCount; i++)
        {
            (string name, Saved saved) = node.SavedAt(i);
            if (saved.IsEmpty || saved.Kept is { IsWrappedNumber: true }) continue;
            Tensor? kept = saved.Kept;
            while (kept?.wrap is { } wrap) kept = wrap.Below;
            yield return new(name, kept);
        }
    }

    /// <summary>The calls that led to a node, the innermost first; none unless anomaly mode was on.</summary>
    internal string[] CallSite(int id) => nodes[id].Extra?.Site is { } site
        ? site.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) : [];

    /// <summary>What is said of the whole graph.</summary>
    internal string Title
    {
        get
        {
            string text = $"{Number(Count, "node")}, {(Leaves == 1 ? "1 leaf" : $"{Digits(Leaves)} leaves")}";
            if (!Options.ShowSavedBytes) return text;
            text += $", saves {Digits(Bytes)} B in {Digits(Memory)} B of memory";
            return Packed == 0 ? text : $"{text} and {Digits(Packed)} packed";
        }
    }

    /// <summary>How many nodes are left out, or null if all are drawn.</summary>
    internal string? More => Missing == 0 ? null : $"… {Number(Missing, "more node")}";

    /// <summary>How many nodes are left out.</summary>
    internal int Missing => Boxes.Skip(Shown).Sum(static box => box.NodeCount);

    /// <summary>What is said of a node, its name first.</summary>
    internal List<string> Lines(int id)
    {
        Node node = nodes[id];
        Tensor? leaf = node.Variable;
        List<string> lines = [leaf?.Name is { } name ? $"{node.Name} \"{name}\"" : node.Name];
        foreach ((string? result, int root, int output) in Results)
        {
            if (root != id) continue;
            string text = node.OutputCount == 1 ? "result" : $"result {Digits(output)}";
            lines.Add(result is null ? text : $"{text} \"{result}\"");
        }
        for (int i = 0; i < node.OutputCount; i++)
        {
            TensorSpec spec = node.Output(i);
            lines.Add($"{spec.DType.Name()} {Nabla.Shape.Format(spec.Layout.shape)}");
        }
        if (leaf is null) lines.Add(string.Create(CultureInfo.InvariantCulture, $"sequence {node.Sequence}"));
        if (Options.ShowSavedBytes && SavedText(id) is { } saved) lines.Add(saved);
        if (CallSite(id) is [{ } site, ..]) lines.Add(site);
        return lines;
    }

    private string? SavedText(int id)
    {
        if (nodes[id].IsFreed) return "freed";
        long bytes = 0;
        int packed = 0, count = 0;
        foreach (SavedValue value in SavedBy(id))
        {
            count++;
            bytes += value.Bytes;
            if (value.Tensor is null) packed++;
        }
        return count == 0 ? null : packed == 0 ? $"saves {Digits(bytes)} B"
            : packed == count ? $"saves {Digits(packed)} packed" : $"saves {Digits(bytes)} B and {Digits(packed)} packed";
    }

    private int Find(Node node)
    {
        if (!ids.TryGetValue(node, out int id))
        {
            ids.Add(node, id = nodes.Count);
            nodes.Add(node);
        }
        return id;
    }

    internal static string Number(long count, string noun) => $"{Digits(count)} {noun}{(count == 1 ? "" : "s")}";

    internal static string Digits(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}

/// <summary>A value that a node keeps for backward.</summary>
/// <param name="Name">What the node calls it.</param>
/// <param name="Tensor">The tensor inside all transforms, or null if a hook packed it.</param>
internal readonly record struct SavedValue(string Name, Tensor? Tensor)
{
    /// <summary>The bytes of its elements; 0 if they are not known.</summary>
    internal long Bytes => Tensor is null ? 0 : Tensor.layout.Count * Tensor.dtype.ItemSize();
}
