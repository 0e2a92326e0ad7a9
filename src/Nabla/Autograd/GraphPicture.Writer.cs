using System.Globalization;
using System.Text;

namespace Nabla;

/// <summary>Writes a graph as text for drawing programs and for people.</summary>
internal static class GraphWriter
{
    private const int Deepest = 24;

    internal static string Dot(GraphSnapshot graph)
    {
        StringBuilder text = new("digraph autograd {\n  rankdir=TB;\n  node [shape=box];\n");
        text.Append(CultureInfo.InvariantCulture, $"  labelloc=t;\n  label=\"{graph.Title}\";\n");
        foreach (GraphBox box in Shown(graph))
        {
            text.Append(CultureInfo.InvariantCulture, $"  {box.Id} [label=\"");
            AppendLabel(text, box.Lines, "\\n", DotEscape);
            text.Append(box.IsLeaf ? "\", style=\"rounded,filled\", fillcolor=lightblue];\n"
                : box.Collapsed is null ? "\"];\n" : "\", style=filled, fillcolor=lightgrey];\n");
        }
        if (graph.More is { } more)
            text.Append(CultureInfo.InvariantCulture, $"  more [label=\"{more}\", shape=plaintext];\n");
        AppendModules(text, graph, null, 1, mermaid: false);
        AppendEdges(text, graph, mermaid: false);
        return text.Append("}\n").ToString();
    }

    internal static string Mermaid(GraphSnapshot graph)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"flowchart TB\n  %% {graph.Title}\n");
        foreach (GraphBox box in Shown(graph))
        {
            (string open, string close) = box.IsLeaf ? ("([", "])") : box.Collapsed is null ? ("[", "]") : ("[[", "]]");
            text.Append(CultureInfo.InvariantCulture, $"  {box.Id}{open}\"");
            AppendLabel(text, box.Lines, "<br/>", MermaidEscape);
            text.Append(CultureInfo.InvariantCulture, $"\"{close}\n");
        }
        if (graph.More is { } more) text.Append(CultureInfo.InvariantCulture, $"  more[\"{more}\"]\n");
        AppendModules(text, graph, null, 1, mermaid: true);
        AppendEdges(text, graph, mermaid: true);
        return text.ToString();
    }

    internal static string Text(GraphSnapshot graph)
    {
        StringBuilder text = new(graph.Title);
        text.Append('\n');
        bool[] written = new bool[graph.Shown];
        Stack<(GraphBox Box, int Depth)> work = [];
        for (int i = graph.Results.Length - 1; i >= 0; i--) work.Push((graph.BoxOf(graph.Results[i].Node), 0));
        while (work.TryPop(out (GraphBox Box, int Depth) next))
        {
            (GraphBox box, int depth) = next;
            if (box.Index >= graph.Shown || written[box.Index]) continue;
            written[box.Index] = true;
            text.Append(' ', 2 * Math.Min(depth, Deepest)).Append(CultureInfo.InvariantCulture, $"{box.Id} ");
            AppendLabel(text, box.Lines, " | ", static c => null);
            if (box.Owner is { } owner && box.Collapsed is null) text.Append(" | in ").Append(owner.Path);
            string before = " <- ";
            foreach ((GraphBox input, int output) in box.Inputs)
            {
                text.Append(before).Append(input.Id);
                if (output > 0) text.Append(CultureInfo.InvariantCulture, $" output {output}");
                before = ", ";
            }
            text.Append('\n');
            for (int i = box.Inputs.Count - 1; i >= 0; i--) work.Push((box.Inputs[i].Box, depth + 1));
        }
        if (graph.More is { } more) text.Append(more).Append('\n');
        foreach (GraphModule module in graph.Modules.All)
            text.Append(CultureInfo.InvariantCulture, $"module {module.Path}: {module.Summary(graph.Options.ShowSavedBytes)}\n");
        return text.ToString();
    }

    private static IEnumerable<GraphBox> Shown(GraphSnapshot graph) => graph.Boxes.Take(graph.Shown);

    /// <summary>A frame around the boxes of each module, those of modules inside it in frames of their own.</summary>
    private static void AppendModules(StringBuilder text, GraphSnapshot graph, GraphModule? around, int depth, bool mermaid)
    {
        string indent = new(' ', 2 * Math.Min(depth, Deepest));
        foreach (GraphModule module in graph.Modules.All)
        {
            if (module.Parent != around || module.Depth >= graph.Options.Collapse) continue;
            text.Append(indent).Append(CultureInfo.InvariantCulture,
                $"subgraph {(mermaid ? $"m{module.Id}[\"" : $"cluster_m{module.Id} {{\n{indent}  label=\"")}");
            AppendLabel(text, [module.Path, module.Summary(graph.Options.ShowSavedBytes)], mermaid ? "<br/>" : "\\n",
                mermaid ? MermaidEscape : DotEscape);
            text.Append(mermaid ? "\"]\n" : "\";\n");
            foreach (GraphBox box in Shown(graph))
                if (box.Owner == module) text.Append(indent).Append(CultureInfo.InvariantCulture, $"  {box.Id}{(mermaid ? "" : ";")}\n");
            AppendModules(text, graph, module, depth + 1, mermaid);
            text.Append(indent).Append(mermaid ? "end\n" : "}\n");
        }
    }

    /// <summary>An arrow per operand; one arrow from the rest of the graph if some operands are left out.</summary>
    private static void AppendEdges(StringBuilder text, GraphSnapshot graph, bool mermaid)
    {
        foreach (GraphBox box in Shown(graph))
        {
            bool hidden = false;
            foreach ((GraphBox input, int output) in box.Inputs)
            {
                if (input.Index >= graph.Shown) hidden = true;
                else if (mermaid)
                {
                    string named = output == 0 ? "" : $"|\"output {output}\"|";
                    text.Append(CultureInfo.InvariantCulture, $"  {input.Id} -->{named} {box.Id}\n");
                }
                else
                {
                    string named = output == 0 ? "" : $" [label=\"output {output}\"]";
                    text.Append(CultureInfo.InvariantCulture, $"  {input.Id} -> {box.Id}{named};\n");
                }
            }
            if (!hidden) continue;
            if (mermaid) text.Append(CultureInfo.InvariantCulture, $"  more -.-> {box.Id}\n");
            else text.Append(CultureInfo.InvariantCulture, $"  more -> {box.Id} [style=dashed];\n");
        }
    }

    /// <summary>Lines of text with what stands for special characters; control characters become spaces.</summary>
    private static void AppendLabel(StringBuilder text, List<string> lines, string separator, Func<char, string?> escape)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            if (i > 0) text.Append(separator);
            foreach (char c in lines[i])
            {
                if (char.IsControl(c) || c is '\u2028' or '\u2029') text.Append(' ');
                else if (escape(c) is { } escaped) text.Append(escaped);
                else text.Append(c);
            }
        }
    }

    /// <summary>Graphviz reads entities also in quoted labels.</summary>
    private static string? DotEscape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '&' => "&amp;",
        _ => null,
    };

    private static string? MermaidEscape(char c) => c switch
    {
        '"' => "#quot;",
        '<' => "#lt;",
        '>' => "#gt;",
        '&' => "#amp;",
        '#' => "#35;",
        '`' => "#96;",
        '\\' => "#92;",
        _ => null,
    };
}
