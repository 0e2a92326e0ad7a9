using System.Text;

namespace Nabla.Onnx.Tests;

/// <summary>What onnx.checker asks of a file, read back from its bytes.</summary>
internal static class FileCheck
{
    internal sealed record Node(string Name, string Type, List<string> X, List<string> Y);

    internal sealed class Graph
    {
        internal long Format, Opset;
        internal string Name = "", Producer = "";
        internal readonly List<Node> Nodes = [];
        internal readonly List<string> Inputs = [], Outputs = [], Initializers = [];
        internal readonly Dictionary<string, string> Metadata = [];
    }

    /// <summary>Names are unique, simple and defined before they are used.</summary>
    internal static Graph Sound(byte[] bytes)
    {
        Graph graph = Read(bytes);
        HashSet<string> known = [.. graph.Inputs];
        Assert.Equal(graph.Inputs.Count, known.Count);
        foreach (string name in graph.Initializers) Assert.True(known.Add(name), $"'{name}' is defined twice");
        HashSet<string> nodes = [];
        foreach (Node node in graph.Nodes)
        {
            Assert.True(nodes.Add(node.Name), $"two nodes are named '{node.Name}'");
            foreach (string x in node.X) Assert.True(x.Length == 0 || known.Contains(x), $"{node.Name} reads '{x}' before it is there");
            foreach (string y in node.Y) Assert.True(y.Length == 0 || known.Add(y), $"'{y}' is defined twice");
        }
        Assert.All(graph.Outputs, name => Assert.Contains(name, known));
        Assert.All(known.Concat(nodes), static name => Assert.Matches("^[A-Za-z0-9_./-]+$", name));
        HashSet<string> read = [.. graph.Nodes.SelectMany(static n => n.X), .. graph.Outputs];
        Assert.All(graph.Initializers, name => Assert.Contains(name, read));
        return graph;
    }

    internal static Graph Read(byte[] bytes)
    {
        Graph graph = new();
        foreach ((int field, long number, byte[] data) in Fields(bytes))
        {
            switch (field)
            {
                case 1: graph.Format = number; break;
                case 2: graph.Producer = Text(data); break;
                case 7: ReadGraph(graph, data); break;
                case 8: graph.Opset = Fields(data).Single(static f => f.Field == 2).Number; break;
                case 14: graph.Metadata.Add(First(data, 1), First(data, 2)); break;
            }
        }
        return graph;
    }

    private static void ReadGraph(Graph graph, byte[] bytes)
    {
        foreach ((int field, _, byte[] data) in Fields(bytes))
        {
            switch (field)
            {
                case 1:
                    List<(int Field, long, byte[] Data)> parts = [.. Fields(data)];
                    graph.Nodes.Add(new(First(data, 3), First(data, 4),
                        [.. parts.Where(static p => p.Field == 1).Select(static p => Text(p.Data))],
                        [.. parts.Where(static p => p.Field == 2).Select(static p => Text(p.Data))]));
                    break;
                case 2: graph.Name = Text(data); break;
                case 5: graph.Initializers.Add(First(data, 8)); break;
                case 11: graph.Inputs.Add(First(data, 1)); break;
                case 12: graph.Outputs.Add(First(data, 1)); break;
            }
        }
    }

    private static string Text(byte[] data) => Encoding.UTF8.GetString(data);

    private static string First(byte[] bytes, int field) => Text(Fields(bytes).First(f => f.Field == field).Data);

    private static IEnumerable<(int Field, long Number, byte[] Data)> Fields(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length;)
        {
            long key = Varint();
            switch (key & 7)
            {
                case 0: yield return ((int)(key >> 3), Varint(), []); break;
                case 2:
                    int n = (int)Varint();
                    yield return ((int)(key >> 3), 0, bytes[at..(at + n)]);
                    at += n;
                    break;
                case 5:
                    yield return ((int)(key >> 3), 0, bytes[at..(at + 4)]);
                    at += 4;
                    break;
                default: throw new InvalidDataException($"wire type {key & 7}");
            }

            long Varint()
            {
                ulong value = 0;
                for (int shift = 0; ; shift += 7)
                {
                    byte b = bytes[at++];
                    value |= (ulong)(b & 0x7F) << shift;
                    if (b < 0x80) return (long)value;
                }
            }
        }
    }
}
