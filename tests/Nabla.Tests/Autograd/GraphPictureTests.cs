using System.Text.Json;
using System.Text.Json.Nodes;
using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Pictures of graphs: what they show, in four formats. In anomaly mode's collection, since one test turns it on.</summary>
[Collection(AnomalyCollection.Name)]
public sealed class GraphPictureTests
{
    /// <summary>Two layers with parameters that have names; the nodes are numbered as they are found.</summary>
    private static Tensor Model()
    {
        Tensor x = Tensor.Ones([4, 2], DType.Float64);
        Tensor w1 = Parameter("fc1.weight", 2, 3), b1 = Parameter("fc1.bias", 3), w2 = Parameter("fc2.weight", 3, 1);
        Tensor loss = (x.MatMul(w1) + b1).Tanh().MatMul(w2).Sum();
        loss.Name = "loss";
        return Numbered(loss);

        static Tensor Parameter(string name, params long[] shape)
        {
            Tensor p = Tensor.Ones(shape, DType.Float64, requiresGrad: true);
            p.Name = name;
            return p;
        }
    }

    private static Tensor Numbered(Tensor result)
    {
        List<Node> nodes = [result.GradFn!];
        for (int i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Variable is null) nodes[i].SequenceNumber = 100 - i;
            foreach (Edge edge in nodes[i].NextFunctions)
                if (edge.Node is { } input && !nodes.Contains(input)) nodes.Add(input);
        }
        return result;
    }

    [Fact]
    [Trait("Row", "4.6")]
    public void Text_is_a_line_per_node() => Assert.Equal(
        """
        8 nodes, 3 leaves, saves 280 B in 184 B of memory
        n0 SumBackward0 | result "loss" | float64 [] | sequence 100 <- n1
          n1 MmBackward0 | float64 [4, 1] | sequence 99 | saves 120 B <- n2, n3
            n2 TanhBackward0 | float64 [4, 3] | sequence 98 | saves 96 B <- n4
              n4 AddBackward0 | float64 [4, 3] | sequence 96 <- n5, n6
                n5 MmBackward0 | float64 [4, 3] | sequence 95 | saves 64 B <- n7
                  n7 AccumulateGrad "fc1.weight" | float64 [2, 3]
                n6 AccumulateGrad "fc1.bias" | float64 [3]
            n3 AccumulateGrad "fc2.weight" | float64 [3, 1]
        """ + "\n", GraphPicture.ToText(Model()));

    [Fact]
    [Trait("Row", "4.6")]
    public void Dot_draws_arrows_to_results() => Assert.Equal(
        """
        digraph autograd {
          rankdir=TB;
          node [shape=box];
          labelloc=t;
          label="8 nodes, 3 leaves, saves 280 B in 184 B of memory";
          n0 [label="SumBackward0\nresult \"loss\"\nfloat64 []\nsequence 100"];
          n1 [label="MmBackward0\nfloat64 [4, 1]\nsequence 99\nsaves 120 B"];
          n2 [label="TanhBackward0\nfloat64 [4, 3]\nsequence 98\nsaves 96 B"];
          n3 [label="AccumulateGrad \"fc2.weight\"\nfloat64 [3, 1]", style="rounded,filled", fillcolor=lightblue];
          n4 [label="AddBackward0\nfloat64 [4, 3]\nsequence 96"];
          n5 [label="MmBackward0\nfloat64 [4, 3]\nsequence 95\nsaves 64 B"];
          n6 [label="AccumulateGrad \"fc1.bias\"\nfloat64 [3]", style="rounded,filled", fillcolor=lightblue];
          n7 [label="AccumulateGrad \"fc1.weight\"\nfloat64 [2, 3]", style="rounded,filled", fillcolor=lightblue];
          n1 -> n0;
          n2 -> n1;
          n3 -> n1;
          n4 -> n2;
          n5 -> n4;
          n6 -> n4;
          n7 -> n5;
        }
        """ + "\n", GraphPicture.ToDot(Model()));

    [Fact]
    [Trait("Row", "4.6")]
    public void Mermaid_draws_arrows_to_results() => Assert.Equal(
        """
        flowchart TB
          %% 8 nodes, 3 leaves, saves 280 B in 184 B of memory
          n0["SumBackward0<br/>result #quot;loss#quot;<br/>float64 []<br/>sequence 100"]
          n1["MmBackward0<br/>float64 [4, 1]<br/>sequence 99<br/>saves 120 B"]
          n2["TanhBackward0<br/>float64 [4, 3]<br/>sequence 98<br/>saves 96 B"]
          n3(["AccumulateGrad #quot;fc2.weight#quot;<br/>float64 [3, 1]"])
          n4["AddBackward0<br/>float64 [4, 3]<br/>sequence 96"]
          n5["MmBackward0<br/>float64 [4, 3]<br/>sequence 95<br/>saves 64 B"]
          n6(["AccumulateGrad #quot;fc1.bias#quot;<br/>float64 [3]"])
          n7(["AccumulateGrad #quot;fc1.weight#quot;<br/>float64 [2, 3]"])
          n1 --> n0
          n2 --> n1
          n3 --> n1
          n4 --> n2
          n5 --> n4
          n6 --> n4
          n7 --> n5
        """ + "\n", GraphPicture.ToMermaid(Model()));

    [Fact]
    public void Json_is_the_same_each_time()
    {
        Assert.StartsWith("{\n  \"nodeCount\": 8,\n  \"leafCount\": 3,\n", GraphPicture.ToJson(Model()));
        Assert.Equal(GraphPicture.ToJson(Model()), GraphPicture.ToJson(Model()));
    }

    [Fact]
    public void Json_describes_every_node() => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(
        """
        { "nodeCount": 8, "leafCount": 3, "moreNodes": 0, "savedBytes": 280, "memoryBytes": 184, "packedCount": 0,
          "results": [{ "name": "loss", "node": "n0", "output": 0 }],
          "nodes": [
            { "id": "n0", "name": "SumBackward0", "isLeaf": false, "sequence": 100, "isFreed": false,
              "outputs": [{ "dtype": "float64", "shape": [] }],
              "saved": [], "savedBytes": 0,
              "inputs": [{ "node": "n1", "output": 0 }] },
            { "id": "n1", "name": "MmBackward0", "isLeaf": false, "sequence": 99, "isFreed": false,
              "outputs": [{ "dtype": "float64", "shape": [4, 1] }],
              "saved": [
                { "name": "self", "isPacked": false, "dtype": "float64", "shape": [4, 3], "bytes": 96 },
                { "name": "mat2", "isPacked": false, "dtype": "float64", "shape": [3, 1], "bytes": 24 }
              ], "savedBytes": 120,
              "inputs": [{ "node": "n2", "output": 0 }, { "node": "n3", "output": 0 }] },
            { "id": "n2", "name": "TanhBackward0", "isLeaf": false, "sequence": 98, "isFreed": false,
              "outputs": [{ "dtype": "float64", "shape": [4, 3] }],
              "saved": [{ "name": "result", "isPacked": false, "dtype": "float64", "shape": [4, 3], "bytes": 96 }], "savedBytes": 96,
              "inputs": [{ "node": "n4", "output": 0 }] },
            { "id": "n3", "name": "AccumulateGrad", "isLeaf": true, "variable": "fc2.weight", "isFreed": false,
              "outputs": [{ "dtype": "float64", "shape": [3, 1] }],
              "saved": [], "savedBytes": 0,
              "inputs": [] },
            { "id": "n4", "name": "AddBackward0", "isLeaf": false, "sequence": 96, "isFreed": false,
              "outputs": [{ "dtype": "float64", "shape": [4, 3] }],
              "saved": [], "savedBytes": 0,
              "inputs": [{ "node": "n5", "output": 0 }, { "node": "n6", "output": 0 }] },
            { "id": "n5", "name": "MmBackward0", "isLeaf": false, "sequence": 95, "isFreed": false,
              "outputs": [{ "dtype": "float64", "shape": [4, 3] }],
              "saved": [{ "name": "self", "isPacked": false, "dtype": "float64", "shape": [4, 2], "bytes": 64 }], "savedBytes": 64,
              "inputs": [null, { "node": "n7", "output": 0 }] },
            { "id": "n6", "name": "AccumulateGrad", "isLeaf": true, "variable": "fc1.bias", "isFreed": false,
              "outputs": [{ "dtype": "float64", "shape": [3] }],
              "saved": [], "savedBytes": 0,
              "inputs": [] },
            { "id": "n7", "name": "AccumulateGrad", "isLeaf": true, "variable": "fc1.weight", "isFreed": false,
              "outputs": [{ "dtype": "float64", "shape": [2, 3] }],
              "saved": [], "savedBytes": 0,
              "inputs": [] }
          ]
        }
        """), JsonNode.Parse(GraphPicture.ToJson(Model()))), GraphPicture.ToJson(Model()));

    [Fact]
    public void The_total_is_the_sum_of_the_nodes_and_memory_counts_once()
    {
        using JsonDocument json = JsonDocument.Parse(GraphPicture.ToJson(Model()));
        long sum = 0;
        foreach (JsonElement node in json.RootElement.GetProperty("nodes").EnumerateArray())
        {
            long own = node.GetProperty("saved").EnumerateArray().Sum(s => s.GetProperty("bytes").GetInt64());
            Assert.Equal(own, node.GetProperty("savedBytes").GetInt64());
            sum += own;
        }
        Assert.Equal(sum, json.RootElement.GetProperty("savedBytes").GetInt64());
        Assert.True(sum > 0);

        Tensor a = Leaf(1, 2), b = Leaf(3, 4);
        string text = GraphPicture.ToText(a * b + a * b.Exp());
        Assert.StartsWith("6 nodes, 2 leaves, saves 80 B in 48 B of memory\n", text);
        Tensor small = (Leaf(1).Expand(1000) * Plain(2).Expand(1000)).Sum();
        Assert.Contains("saves 8,000 B in 8 B of memory", GraphPicture.ToText(small));
    }

    [Fact]
    public void What_several_nodes_read_is_drawn_once()
    {
        Tensor a = Leaf(1, 2), shared = a.Exp();
        Tensor y = Numbered(shared * shared + shared.Sin());
        string[] text = GraphPicture.ToText(y).TrimEnd().Split('\n');
        Assert.Equal(6, text.Length);
        Assert.Single(text, line => line.Contains("n3 ExpBackward0"));
        Assert.EndsWith(" <- n3, n3", text[2]);
        string dot = GraphPicture.ToDot(y);
        Assert.Equal(2, dot.Split("n3 [label=").Length);
        Assert.Equal(3, dot.Split("n3 -> n1;").Length);
        Assert.Equal(2, dot.Split("n3 -> n2;").Length);
    }

    [Fact]
    public void Several_results_share_one_picture_and_outputs_are_told_apart()
    {
        Tensor a = Leaf(1, 2);
        Tensor[] pair = Op.Apply(new Pair(), a);
        pair[1].Name = "triple";
        string text = GraphPicture.ToText([pair[1], pair[0], pair[1].Exp()]);
        Assert.Contains(" | result 1 \"triple\" | result 0 | float64 [2] | float64 [2] | ", text);
        Assert.Contains("n1 ExpBackward0 | result | ", text);
        Assert.Contains(" <- n0 output 1\n", text);
        Tensor y = pair[1].Exp();
        Assert.Contains("n1 -> n0 [label=\"output 1\"];", GraphPicture.ToDot(y));
        Assert.Contains("n1 -->|\"output 1\"| n0\n", GraphPicture.ToMermaid(y));
        Assert.Equal("1 node, 1 leaf, saves 0 B in 0 B of memory\nn0 AccumulateGrad | result | float64 [2]\n", GraphPicture.ToText(a));
    }

    [Fact]
    public void Names_are_escaped()
    {
        Tensor a = Leaf(1);
        a.Name = "a\"<b>&amp;\\n#1`\r\n";
        Assert.Contains("[label=\"AccumulateGrad \\\"a\\\"<b>&amp;amp;\\\\n#1`  \\\"\\nresult", GraphPicture.ToDot(a).Replace(
            "result \\\"a\\\"<b>&amp;amp;\\\\n#1`  \\\"", "result"));
        Assert.Contains("([\"AccumulateGrad #quot;a#quot;#lt;b#gt;#amp;amp;#92;n#35;1#96;  #quot;<br/>", GraphPicture.ToMermaid(a));
        Assert.Equal(2, GraphPicture.ToText(a).TrimEnd().Split('\n').Length);
        using JsonDocument json = JsonDocument.Parse(GraphPicture.ToJson(a));
        Assert.Equal(a.Name, json.RootElement.GetProperty("nodes")[0].GetProperty("variable").GetString());
        a.Name = "half \ud83d";
        using JsonDocument broken = JsonDocument.Parse(GraphPicture.ToJson(a));
        Assert.Equal("half \ufffd", broken.RootElement.GetProperty("results")[0].GetProperty("name").GetString());
    }

    [Fact]
    public void A_long_chain_is_cut_where_asked()
    {
        Tensor y = Leaf(1);
        for (int i = 0; i < 200_000; i++) y = -y;
        GraphPictureOptions ten = new() { MaxNodes = 10 };
        string text = GraphPicture.ToText(y, ten);
        Assert.StartsWith("200,001 nodes, 1 leaf", text);
        Assert.EndsWith(" <- n10\n… 199,991 more nodes\n", text);
        Assert.Equal(12, text.TrimEnd().Split('\n').Length);
        string dot = GraphPicture.ToDot(y, ten), mermaid = GraphPicture.ToMermaid(y, ten);
        Assert.Contains("  more [label=\"… 199,991 more nodes\", shape=plaintext];\n", dot);
        Assert.Contains("  more -> n9 [style=dashed];\n", dot);
        Assert.Contains("  more[\"… 199,991 more nodes\"]\n", mermaid);
        Assert.Contains("  more -.-> n9\n", mermaid);
        using JsonDocument json = JsonDocument.Parse(GraphPicture.ToJson(y, ten));
        Assert.Equal(199_991, json.RootElement.GetProperty("moreNodes").GetInt32());
        Assert.Equal(10, json.RootElement.GetProperty("nodes").GetArrayLength());
        Assert.EndsWith("AccumulateGrad | float64 [1]\n", GraphPicture.ToText(y, new() { MaxNodes = int.MaxValue }));
    }

    [Fact]
    public void Bytes_can_be_left_out_and_what_is_freed_or_packed_is_said()
    {
        GraphPictureOptions bare = new() { ShowSavedBytes = false };
        Tensor loss = Model();
        foreach (string s in (string[])[GraphPicture.ToText(loss, bare), GraphPicture.ToDot(loss, bare), GraphPicture.ToMermaid(loss, bare),
            GraphPicture.ToJson(loss, bare)]) Assert.DoesNotContain("save", s);
        loss.Backward();
        string text = GraphPicture.ToText(loss);
        Assert.Contains("saves 0 B in 0 B of memory", text);
        Assert.Contains("| freed", text);

        int unpacked = 0;
        Tensor y;
        using (Autograd.SavedTensorHooks(static t => t, t => { unpacked++; return t; })) y = Leaf(1, 2).Exp();
        Assert.StartsWith("2 nodes, 1 leaf, saves 0 B in 0 B of memory and 1 packed\n", GraphPicture.ToText(y));
        Assert.Contains("| saves 1 packed", GraphPicture.ToText(y));
        using JsonDocument json = JsonDocument.Parse(GraphPicture.ToJson(y));
        Assert.True(json.RootElement.GetProperty("nodes")[0].GetProperty("saved")[0].GetProperty("isPacked").GetBoolean());
        Assert.Equal(0, unpacked);
    }

    [Fact]
    public void Anomaly_mode_adds_the_place_of_the_call()
    {
        Tensor y;
        using (Autograd.DetectAnomaly()) y = Leaf(1, 2).Exp();
        Assert.Contains(" | at Nabla.Tests.AutogradTests.GraphPictureTests.", GraphPicture.ToText(y));
        using JsonDocument json = JsonDocument.Parse(GraphPicture.ToJson(y));
        Assert.Contains("GraphPictureTests.cs:line ", json.RootElement.GetProperty("nodes")[0].GetProperty("callSite")[0].GetString());
    }

    [Fact]
    public void Without_a_graph_there_is_no_picture()
    {
        Refuses("element 0 of tensors does not require grad and does not have a grad_fn", () => GraphPicture.ToDot(Plain(1)));
        Assert.Throws<ArgumentException>(() => GraphPicture.ToText(Array.Empty<Tensor>()));
        Assert.Throws<ArgumentNullException>(() => GraphPicture.ToJson((Tensor)null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GraphPictureOptions { MaxNodes = 0 });
    }
}
