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
        for (int id = 0; id < graph.Shown; id++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  n{id} [label=\"");
            AppendLabel(text, graph.Lines(id), "\\n", DotEscape);
            text.Append(graph[id] is AccumulateGrad ? "\", style=\"rounded,filled\", fillcolor=lightblue];\n" : "\"];\n");
        }
        if (graph.More is { } more)
            text.Append(CultureInfo.InvariantCulture, $"  more [label=\"{more}\", shape=plaintext];\n");
        AppendEdges(text, graph, mermaid: false);
        return text.Append("}\n").ToString();
    }

    internal static string Mermaid(GraphSnapshot graph)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"flowchart TB\n  %% {graph.Title}\n");
        for (int id = 0; id < graph.Shown; id++)
        {
            bool leaf = graph[id] is AccumulateGrad;
            text.Append(CultureInfo.InvariantCulture, $"  n{id}{(leaf ? "([" : "[")}\"");
            AppendLabel(text, graph.Lines(id), "<br/>", MermaidEscape);
            text.Append(leaf ? "\"])\n" : "\"]\n");
        }
        if (graph.More is { } more) text.Append(CultureInfo.InvariantCulture, $"  more[\"{more}\"]\n");
        AppendEdges(text, graph, mermaid: true);
        return text.ToString();
    }

    internal static string Text(GraphSnapshot graph)
    {
        StringBuilder text = new(graph.Title);
        text.Append('\n');
        bool[] written = new bool[graph.Shown];
        Stack<(int Id, int Depth)> work = [];
        for (int i = graph.Results.Length - 1; i >= 0; i--) work.Push((graph.Results[i].Node, 0));
        while (work.TryPop(out (int Id, int Depth) next))
        {
            (int id, int depth) = next;
            if (id >= graph.Shown || written[id]) continue;
            written[id] = true;
            text.Append(' ', 2 * Math.Min(depth, Deepest)).Append(CultureInfo.InvariantCulture, $"n{id} ");
            AppendLabel(text, graph.Lines(id), " | ", static c => null);
            string before = " <- ";
            int inputs = graph[id].InputCount;
            for (int i = 0; i < inputs; i++)
            {
                (int input, int output) = graph.Input(id, i);
                if (input < 0) continue;
                text.Append(before).Append(CultureInfo.InvariantCulture, $"n{input}");
                if (output > 0) text.Append(CultureInfo.InvariantCulture, $" output {output}");
                before = ", ";
            }
            text.Append('\n');
            for (int i = inputs - 1; i >= 0; i--)
                if (graph.Input(id, i).Node is >= 0 and int input) work.Push((input, depth + 1));
        }
        if (graph.More is { } more) text.Append(more).Append('\n');
        return text.ToString();
    }

    /// <summary>An arrow per operand; one arrow from the rest of the graph if some operands are left out.</summary>
    private static void AppendEdges(StringBuilder text, GraphSnapshot graph, bool mermaid)
    {
        for (int id = 0; id < graph.Shown; id++)
        {
            bool hidden = false;
            for (int i = 0; i < graph[id].InputCount; i++)
            {
                (int input, int output) = graph.Input(id, i);
                if (input >= graph.Shown) hidden = true;
                else if (input >= 0 && mermaid)
                {
                    string named = output == 0 ? "" : $"|\"output {output}\"|";
                    text.Append(CultureInfo.InvariantCulture, $"  n{input} -->{named} n{id}\n");
                }
                else if (input >= 0)
                {
                    string named = output == 0 ? "" : $" [label=\"output {output}\"]";
                    text.Append(CultureInfo.InvariantCulture, $"  n{input} -> n{id}{named};\n");
                }
            }
            if (!hidden) continue;
            if (mermaid) text.Append(CultureInfo.InvariantCulture, $"  more -.-> n{id}\n");
            else text.Append(CultureInfo.InvariantCulture, $"  more -> n{id} [style=dashed];\n");
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
