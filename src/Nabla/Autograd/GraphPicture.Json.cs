using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Nabla;

/// <summary>Writes a graph as JSON.</summary>
internal static class GraphJson
{
    internal static string Write(GraphSnapshot graph)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteNumber("nodeCount", graph.Count);
            json.WriteNumber("leafCount", graph.Leaves);
            json.WriteNumber("moreNodes", graph.Missing);
            if (graph.Options.ShowSavedBytes)
            {
                json.WriteNumber("savedBytes", graph.Bytes);
                json.WriteNumber("memoryBytes", graph.Memory);
                json.WriteNumber("packedCount", graph.Packed);
            }
            json.WriteStartArray("results");
            foreach ((string? name, int node, int output) in graph.Results)
            {
                json.WriteStartObject();
                if (name is not null) json.WriteString("name", name);
                WritePlace(json, graph.BoxOf(node), output);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            if (graph.Modules.All.Count > 0) WriteModules(json, graph);
            json.WriteStartArray("nodes");
            foreach (GraphBox box in graph.Boxes.Take(graph.Shown))
            {
                if (box.Collapsed is null) WriteNode(json, graph, box);
                else WriteCollapsed(json, graph, box);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteModules(Utf8JsonWriter json, GraphSnapshot graph)
    {
        json.WriteStartArray("modules");
        foreach (GraphModule module in graph.Modules.All)
        {
            json.WriteStartObject();
            json.WriteString("id", $"m{module.Id}");
            json.WriteString("path", module.Path);
            if (module.Parent is { } parent) json.WriteString("parent", $"m{parent.Id}");
            WriteSums(json, graph, module);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteSums(Utf8JsonWriter json, GraphSnapshot graph, GraphModule module)
    {
        json.WriteNumber("nodeCount", module.Nodes);
        if (!graph.Options.ShowSavedBytes) return;
        json.WriteNumber("savedBytes", module.Bytes);
        json.WriteNumber("memoryBytes", module.Memory);
        json.WriteNumber("packedCount", module.Packed);
    }

    private static void WriteCollapsed(Utf8JsonWriter json, GraphSnapshot graph, GraphBox box)
    {
        json.WriteStartObject();
        json.WriteString("id", box.Id);
        json.WriteString("name", box.Collapsed!.Path);
        json.WriteBoolean("isModule", true);
        WriteSums(json, graph, box.Collapsed);
        json.WriteStartArray("inputs");
        foreach ((GraphBox input, int output) in box.Inputs)
        {
            json.WriteStartObject();
            WritePlace(json, input, output);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNode(Utf8JsonWriter json, GraphSnapshot graph, GraphBox box)
    {
        int id = box.Node;
        Node node = graph[id];
        json.WriteStartObject();
        json.WriteString("id", $"n{id}");
        json.WriteString("name", node.Name);
        json.WriteBoolean("isLeaf", node is AccumulateGrad);
        // A leaf's number is the largest there is, which many readers of JSON do not hold exactly.
        if (node.Variable is not { } leaf) json.WriteNumber("sequence", node.Sequence);
        else if (leaf.Name is { } name) json.WriteString("variable", name);
        if (box.Owner is { } module) json.WriteString("module", $"m{module.Id}");
        json.WriteStartArray("outputs");
        for (int i = 0; i < node.OutputCount; i++)
        {
            TensorSpec spec = node.Output(i);
            json.WriteStartObject();
            WriteType(json, spec.DType, spec.Layout);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (graph.Options.ShowSavedBytes) WriteSaved(json, graph, id);
        if (graph.CallSite(id) is { Length: > 0 } site)
        {
            json.WriteStartArray("callSite");
            foreach (string frame in site) json.WriteStringValue(frame);
            json.WriteEndArray();
        }
        json.WriteStartArray("inputs");
        for (int i = 0; i < node.InputCount; i++)
        {
            (int input, int output) = graph.Input(id, i);
            if (input < 0)
            {
                json.WriteNullValue();
                continue;
            }
            json.WriteStartObject();
            WritePlace(json, graph.BoxOf(input), output);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSaved(Utf8JsonWriter json, GraphSnapshot graph, int id)
    {
        long bytes = 0;
        json.WriteBoolean("isFreed", graph[id].IsFreed);
        json.WriteStartArray("saved");
        foreach (SavedValue value in graph.SavedBy(id))
        {
            bytes += value.Bytes;
            json.WriteStartObject();
            json.WriteString("name", value.Name);
            json.WriteBoolean("isPacked", value.Tensor is null);
            if (value.Tensor is { } t)
            {
                WriteType(json, t.dtype, t.layout);
                json.WriteNumber("bytes", value.Bytes);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("savedBytes", bytes);
    }

    private static void WriteType(Utf8JsonWriter json, DType dtype, Layout layout)
    {
        json.WriteString("dtype", dtype.Name());
        json.WriteStartArray("shape");
        foreach (long size in layout.shape) json.WriteNumberValue(size);
        json.WriteEndArray();
    }

    private static void WritePlace(Utf8JsonWriter json, GraphBox box, int output)
    {
        json.WriteString("node", box.Id);
        json.WriteNumber("output", box.Collapsed is null ? output : 0);
    }
}
