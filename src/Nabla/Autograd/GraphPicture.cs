namespace Nabla;

/// <summary>What a <see cref="GraphPicture"/> shows.</summary>
public sealed record GraphPictureOptions
{
    private readonly int maxNodes = 1000;

    /// <summary>How many nodes are drawn, those nearest to the results first; a line says how many more there are. 1000 unless set.
    /// The totals always count the whole graph.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int MaxNodes
    {
        get => maxNodes;
        init
        {
            if (value < 1) Throw.Range(nameof(MaxNodes), value, "MaxNodes must be at least 1: a picture has a node.");
            maxNodes = value;
        }
    }

    private readonly int? collapse;

    /// <summary>
    /// Draws each module at this depth as one box, with all that is inside it; 1 is the outermost. Null, as it is unless set, draws frames
    /// around the nodes of modules. Modules are known if the graph was recorded under <see cref="GraphPicture.RecordModules"/>, in anomaly
    /// mode, or under a profiler that records them.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public int? Collapse
    {
        get => collapse;
        init
        {
            if (value < 1) Throw.Range(nameof(Collapse), value, "Collapse must be at least 1: the outermost modules have depth 1.");
            collapse = value;
        }
    }

    /// <summary>Whether to show the bytes that nodes keep for backward. True unless set.</summary>
    public bool ShowSavedBytes { get; init; } = true;
}

/// <summary>Nodes remember in which module's call they were made, until it is disposed; see
/// <see cref="GraphPicture.RecordModules"/>.</summary>
public sealed class ModuleRecording : IDisposable
{
    private int closed;

    internal ModuleRecording() => ModuleScope.Want(true);

    /// <summary>Ends the record. Disposing again does nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref closed, 1) == 0) ModuleScope.Want(false);
    }
}

/// <summary>
/// Pictures of the graph behind one or several results: what backward will run, which leaves it reaches, and what it keeps in memory until
/// then. Nothing is computed or changed, and no hook runs.
/// </summary>
/// <remarks>
/// <para>Each node has the id <c>n</c> and its number in the order of discovery, breadth first from the results, so that the same program
/// gives the same ids. It shows its name, the names of results that it made, the dtype and shape of its outputs, its
/// <see cref="Node.SequenceNumber"/>, the bytes of the tensors that it saved, and, if it was recorded under
/// <see cref="Autograd.DetectAnomaly"/>, the place of the call. A leaf shows its <see cref="Tensor.Name"/>, if it has one. A node that
/// several others read is drawn once. Operands that need no gradient are not drawn.</para>
/// <para>The bytes of a node are those of the elements it saved, plain numbers aside; their sum is the total. A tensor that two nodes saved
/// counts for both in this sum, but once in the memory that is named beside it: the memory of all that was saved, which for a view is that
/// of its base. What a hook packed has no size that is known; it is counted as packed.</para>
/// </remarks>
/// <example><code>File.WriteAllText("loss.dot", GraphPicture.ToDot(loss)); // dot -Tsvg loss.dot</code></example>
public static class GraphPicture
{
    /// <summary>Until the result is disposed, nodes remember in which module's call they were made, in the whole process.</summary>
    public static ModuleRecording RecordModules() => new();

    /// <summary>The graph in Graphviz's language. Arrows lead from operands to results.</summary>
    /// <param name="result">The tensor whose graph is drawn.</param>
    /// <param name="options">What to show; null for the defaults.</param>
    /// <exception cref="AutogradException">The tensor has no graph: it does not require a gradient.</exception>
    public static string ToDot(Tensor result, GraphPictureOptions? options = null) =>
        GraphWriter.Dot(new GraphSnapshot([result], options));

    /// <summary>The graph of several results in Graphviz's language. Arrows lead from operands to results.</summary>
    /// <param name="results">The tensors whose graph is drawn.</param>
    /// <param name="options">What to show; null for the defaults.</param>
    /// <exception cref="ArgumentException">There are no tensors.</exception>
    /// <exception cref="AutogradException">A tensor has no graph: it does not require a gradient.</exception>
    public static string ToDot(IReadOnlyList<Tensor> results, GraphPictureOptions? options = null) =>
        GraphWriter.Dot(new GraphSnapshot(results, options));

    /// <summary>
    /// The graph as an SVG picture, which browsers show: boxes in layers, arrows from operands to results, leaves blue, modules in colours
    /// of their own, results framed green. The same graph gives the same bytes; sequence numbers are left out for that.
    /// </summary>
    /// <param name="result">The tensor whose graph is drawn.</param>
    /// <param name="options">What to show; null for the defaults.</param>
    /// <exception cref="AutogradException">The tensor has no graph: it does not require a gradient.</exception>
    public static string ToSvg(Tensor result, GraphPictureOptions? options = null) =>
        GraphSvg.Write(new GraphSnapshot([result], options));

    /// <summary>The graph of several results as an SVG picture; see the other overload.</summary>
    /// <param name="results">The tensors whose graph is drawn.</param>
    /// <param name="options">What to show; null for the defaults.</param>
    /// <exception cref="ArgumentException">There are no tensors.</exception>
    /// <exception cref="AutogradException">A tensor has no graph: it does not require a gradient.</exception>
    public static string ToSvg(IReadOnlyList<Tensor> results, GraphPictureOptions? options = null) =>
        GraphSvg.Write(new GraphSnapshot(results, options));

    /// <summary>The graph in Mermaid's language, which Markdown viewers draw. Arrows lead from operands to results.</summary>
    /// <param name="result">The tensor whose graph is drawn.</param>
    /// <param name="options">What to show; null for the defaults.</param>
    /// <exception cref="AutogradException">The tensor has no graph: it does not require a gradient.</exception>
    public static string ToMermaid(Tensor result, GraphPictureOptions? options = null) =>
        GraphWriter.Mermaid(new GraphSnapshot([result], options));

    /// <summary>The graph of several results in Mermaid's language, which Markdown viewers draw. Arrows lead from operands to
    /// results.</summary>
    /// <param name="results">The tensors whose graph is drawn.</param>
    /// <param name="options">What to show; null for the defaults.</param>
    /// <exception cref="ArgumentException">There are no tensors.</exception>
    /// <exception cref="AutogradException">A tensor has no graph: it does not require a gradient.</exception>
    public static string ToMermaid(IReadOnlyList<Tensor> results, GraphPictureOptions? options = null) =>
        GraphWriter.Mermaid(new GraphSnapshot(results, options));

    /// <summary>
    /// The graph as JSON, for programs. An object with the totals, <c>moreNodes</c> that are left out, the <c>results</c>, and the
    /// <c>nodes</c>, each with its <c>inputs</c>: one entry per operand, null for those that need no gradient. An input may be a node that
    /// is left out.
    /// </summary>
    /// <param name="result">The tensor whose graph is written.</param>
    /// <param name="options">What to show; null for the defaults.</param>
    /// <exception cref="AutogradException">The tensor has no graph: it does not require a gradient.</exception>
    public static string ToJson(Tensor result, GraphPictureOptions? options = null) =>
        GraphJson.Write(new GraphSnapshot([result], options));

    /// <summary>The graph of several results as JSON; see the other overload.</summary>
    /// <param name="results">The tensors whose graph is written.</param>
    /// <param name="options">What to show; null for the defaults.</param>
    /// <exception cref="ArgumentException">There are no tensors.</exception>
    /// <exception cref="AutogradException">A tensor has no graph: it does not require a gradient.</exception>
    public static string ToJson(IReadOnlyList<Tensor> results, GraphPictureOptions? options = null) =>
        GraphJson.Write(new GraphSnapshot(results, options));

    /// <summary>
    /// The graph as plain text: a line per node, with the ids of its inputs after <c>&lt;-</c>. A node stands, indented, below the first
    /// one that reads it; from 24 levels on the indentation stays the same.
    /// </summary>
    /// <param name="result">The tensor whose graph is written.</param>
    /// <param name="options">What to show; null for the defaults.</param>
    /// <exception cref="AutogradException">The tensor has no graph: it does not require a gradient.</exception>
    public static string ToText(Tensor result, GraphPictureOptions? options = null) =>
        GraphWriter.Text(new GraphSnapshot([result], options));

    /// <summary>The graph of several results as plain text; see the other overload.</summary>
    /// <param name="results">The tensors whose graph is written.</param>
    /// <param name="options">What to show; null for the defaults.</param>
    /// <exception cref="ArgumentException">There are no tensors.</exception>
    /// <exception cref="AutogradException">A tensor has no graph: it does not require a gradient.</exception>
    public static string ToText(IReadOnlyList<Tensor> results, GraphPictureOptions? options = null) =>
        GraphWriter.Text(new GraphSnapshot(results, options));
}
