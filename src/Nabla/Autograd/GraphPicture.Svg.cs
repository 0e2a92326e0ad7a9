using System.Globalization;
using System.Text;

namespace Nabla;

/// <summary>Draws a graph as SVG.</summary>
internal static class GraphSvg
{
    private const double LetterWidth = 6.7, BoldWidth = 8.1, LineHeight = 15, Padding = 7, Margin = 14, TitleHeight = 22;

    // Pale colours for the boxes of modules, one after the other.
    private static readonly string[] Colours =
        ["#fff3d6", "#e3f1dc", "#f7e1e4", "#e6e1f5", "#d9efef", "#f2ead9", "#e9f3c9", "#f5ddf0"];

    internal static string Write(GraphSnapshot graph)
    {
        GraphBox[] boxes = [.. graph.Boxes.Take(graph.Shown)];
        List<string>[] texts = Array.ConvertAll(boxes, Texts);
        List<(int From, int To)> edges = [];
        List<int> outputs = [];
        foreach (GraphBox box in boxes)
        {
            foreach ((GraphBox input, int output) in box.Inputs)
            {
                if (input.Index >= boxes.Length) continue;
                edges.Add((input.Index, box.Index));
                outputs.Add(output);
            }
        }
        LayeredLayout layout = new([.. texts.Select(Size)], edges);
        string[] title = graph.More is { } more ? [graph.Title, more] : [graph.Title];
        double top = Margin + TitleHeight * title.Length;
        double width = Math.Max(layout.Width, title.Max(static t => t.Length) * BoldWidth) + 2 * Margin;
        double height = layout.Height + top + Margin, left = (width - layout.Width) / 2;
        StringBuilder text = new();
        text.Append($"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{N(width)}" height="{N(height)}" viewBox="0 0 {N(width)} {N(height)}" role="img">
            <style>text {"{"}font: 11px Verdana, "DejaVu Sans", sans-serif; fill: #1b1b1b; text-anchor: middle{"}"}
            .name {"{"}font-weight: bold{"}"} .small {"{"}fill: #555{"}"} .edge {"{"}fill: none; stroke: #777; stroke-width: 1.2{"}"}
            .box {"{"}stroke: #555; stroke-width: 1{"}"} .result {"{"}stroke: #1a7f37; stroke-width: 2.5{"}"}</style>
            <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0L8 4L0 8z" fill="#777"/></marker></defs>
            <rect width="100%" height="100%" fill="#ffffff"/>

            """.ReplaceLineEndings("\n"));
        for (int i = 0; i < title.Length; i++)
            Line(text, title[i], width / 2, Margin + TitleHeight * (i + 0.5), i == 0 ? "name" : "small");
        for (int i = 0; i < edges.Count; i++) Edge(text, layout.Routes[i], outputs[i], left, top);
        HashSet<int> results = [.. graph.Results.Select(r => graph.BoxOf(r.Node).Index)];
        for (int i = 0; i < boxes.Length; i++) Box(text, boxes[i], texts[i], layout.Boxes[i], left, top, results.Contains(i));
        return text.Append("</svg>\n").ToString();
    }

    /// <summary>What stands in a box. Sequence numbers depend on what ran before and stay out.</summary>
    private static List<string> Texts(GraphBox box)
    {
        List<string> lines = [.. box.Lines];
        if (box.Collapsed is not null) return lines;
        lines.RemoveAll(static line => line.StartsWith("sequence ", StringComparison.Ordinal));
        if (box.Owner is { } owner) lines.Add($"in {owner.Path}");
        return lines;
    }

    private static (double, double) Size(List<string> lines) =>
        (lines.Max(line => line.Length * (line == lines[0] ? BoldWidth : LetterWidth)) + 2 * Padding,
            lines.Count * LineHeight + 2 * Padding);

    private static void Box(StringBuilder text, GraphBox box, List<string> lines, LayeredLayout.Item place, double left, double top,
        bool isResult)
    {
        double x = left + place.X - place.Width / 2, y = top + place.Y;
        string fill = box.IsLeaf ? "#d6e8fa" : box.Collapsed is { } module ? Colours[module.Id % Colours.Length]
            : box.Owner is { } owner ? Colours[owner.Id % Colours.Length] : "#f4f4f4";
        text.Append($"""
            <g id="{box.Id}"><rect class="{(isResult ? "box result" : "box")}" x="{N(x)}" y="{N(y)}" width="{N(place.Width)}" height="{N(
                place.Height)}" rx="{(box.IsLeaf ? 12 : box.Collapsed is null ? 3 : 0)}" fill="{fill}"/>

            """.ReplaceLineEndings("\n"));
        if (box.Collapsed is not null)
            text.Append($"""
                <rect class="box" x="{N(x + 3)}" y="{N(y + 3)}" width="{N(place.Width - 6)}" height="{N(place.Height - 6)}" fill="none"/>

                """.ReplaceLineEndings("\n"));
        for (int i = 0; i < lines.Count; i++)
            Line(text, lines[i], left + place.X, y + Padding + LineHeight * (i + 0.5), i == 0 ? "name" : "small");
        text.Append("</g>\n");
    }

    private static void Edge(StringBuilder text, LayeredLayout.Item[] route, int output, double left, double top)
    {
        if (route.Length < 2) return;
        bool down = route[0].Rank < route[^1].Rank;
        StringBuilder path = new();
        (double x, double y) = (left + route[0].X, top + route[0].Y + (down ? route[0].Height : 0));
        path.Append(CultureInfo.InvariantCulture, $"M{N(x)} {N(y)}");
        foreach (LayeredLayout.Item next in route.AsSpan(1))
        {
            (double nx, double ny) = (left + next.X, top + next.Y + (down ? 0 : next.Height));
            double middle = (y + ny) / 2;
            path.Append(CultureInfo.InvariantCulture, $"C{N(x)} {N(middle)} {N(nx)} {N(middle)} {N(nx)} {N(ny)}");
            if (next.Index < 0) path.Append(CultureInfo.InvariantCulture, $"V{N(ny = top + next.Y + (down ? next.Height : 0))}");
            (x, y) = (nx, ny);
        }
        text.Append(CultureInfo.InvariantCulture, $"<path class=\"edge\" d=\"{path}\" marker-end=\"url(#arrow)\"/>\n");
        if (output > 0)
            Line(text, $"output {output.ToString(CultureInfo.InvariantCulture)}", x + 30, y - 12, "small");
    }

    private static void Line(StringBuilder text, string line, double x, double middle, string kind)
    {
        text.Append(CultureInfo.InvariantCulture, $"<text class=\"{kind}\" x=\"{N(x)}\" y=\"{N(middle + 4)}\">");
        foreach (Rune rune in line.EnumerateRunes())
        {
            // XML knows no other control characters, and half a pair is no character at all, which the enumeration replaces.
            if (Rune.IsControl(rune) || rune.Value is 0xfffe or 0xffff) text.Append(' ');
            else if (rune.Value == '&') text.Append("&amp;");
            else if (rune.Value == '<') text.Append("&lt;");
            else if (rune.Value == '>') text.Append("&gt;");
            else text.Append(rune.ToString());
        }
        text.Append("</text>\n");
    }

    private static string N(double value) => Math.Round(value, 1).ToString("0.#", CultureInfo.InvariantCulture);
}
