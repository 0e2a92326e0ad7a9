using System.Text.Json;

namespace Nabla.Tests.AutogradTests;

/// <summary>Pictures that know modules, and the bytes that graphs hold.</summary>
[Collection(AnomalyCollection.Name)]
public sealed class GraphModuleTests
{
    private static Tensor Recorded(ProfilerTests.Net net)
    {
        foreach ((string name, Tensor p) in net.NamedParameters()) p.Name = name;
        using ModuleRecording recording = GraphPicture.RecordModules();
        Tensor loss = net.Call(Tensor.Ones([2, 4])).Sum();
        List<Node> nodes = [loss.GradFn!];
        for (int i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Variable is null) nodes[i].SequenceNumber = 100 - i;
            foreach (Edge edge in nodes[i].NextFunctions)
                if (edge.Node is { } input && !nodes.Contains(input)) nodes.Add(input);
        }
        return loss;
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Text_tells_the_module_of_each_node_and_sums_by_module() => Assert.Equal(
        """
        10 nodes, 4 leaves, saves 256 B in 192 B of memory
        n0 SumBackward0 | result | float32 [] | sequence 100 <- n1
          n1 AddmmBackward0 | float32 [2, 3] | sequence 99 | saves 160 B | in Net.fc2 <- n2, n3, n4
            n2 AccumulateGrad "fc2.bias" | float32 [3] | in Net.fc2
            n3 ReluBackward0 | float32 [2, 8] | sequence 97 | saves 64 B | in Net <- n5
              n5 AddmmBackward0 | float32 [2, 8] | sequence 95 | saves 32 B | in Net.fc1 <- n7, n8
                n7 AccumulateGrad "fc1.bias" | float32 [8] | in Net.fc1
                n8 TBackward0 | float32 [4, 8] | sequence 92 | in Net.fc1 <- n9
                  n9 AccumulateGrad "fc1.weight" | float32 [8, 4] | in Net.fc1
            n4 TBackward0 | float32 [8, 3] | sequence 96 | in Net.fc2 <- n6
              n6 AccumulateGrad "fc2.weight" | float32 [3, 8] | in Net.fc2
        module Net: 9 nodes, saves 256 B in 192 B of memory
        module Net.fc2: 4 nodes, saves 160 B in 160 B of memory
        module Net.fc1: 4 nodes, saves 32 B in 32 B of memory
        """ + "\n", GraphPicture.ToText(Recorded(new())));

    [Fact]
    [Trait("Row", "1.15")]
    public void Dot_and_Mermaid_put_frames_around_modules()
    {
        Tensor loss = Recorded(new());
        string dot = GraphPicture.ToDot(loss), mermaid = GraphPicture.ToMermaid(loss);
        Assert.Contains("subgraph cluster_m0 {\n    label=\"Net\\n", dot);
        Assert.Contains("    subgraph cluster_m1 {\n      label=\"Net.fc2\\n", dot);
        Assert.Equal(dot.Count(static c => c == '{'), dot.Count(static c => c == '}'));
        Assert.Contains("  subgraph m0[\"Net<br/>", mermaid);
        Assert.Equal(3, mermaid.Split('\n').Count(static l => l.Trim() == "end"));
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Modules_collapse_to_a_box()
    {
        Tensor loss = Recorded(new());
        Assert.StartsWith(
            """
            10 nodes, 4 leaves, saves 256 B in 192 B of memory
            n0 SumBackward0 | result | float32 [] | sequence 100 <- m0
              m0 Net | 9 nodes, saves 256 B in 192 B of memory
            module
            """, GraphPicture.ToText(loss, new GraphPictureOptions { Collapse = 1 }));
        Assert.StartsWith(
            """
            10 nodes, 4 leaves, saves 256 B in 192 B of memory
            n0 SumBackward0 | result | float32 [] | sequence 100 <- m1
              m1 Net.fc2 | 4 nodes, saves 160 B in 160 B of memory <- n3
                n3 ReluBackward0 | float32 [2, 8] | sequence 97 | saves 64 B | in Net <- m2
                  m2 Net.fc1 | 4 nodes, saves 32 B in 32 B of memory
            module
            """, GraphPicture.ToText(loss, new GraphPictureOptions { Collapse = 2 }));
        Assert.EndsWith(
            """
              n0 [label="SumBackward0\nresult\nfloat32 []\nsequence 100"];
              m0 [label="Net\n9 nodes, saves 256 B in 192 B of memory", style=filled, fillcolor=lightgrey];
              m0 -> n0;
            }
            """ + "\n", GraphPicture.ToDot(loss, new GraphPictureOptions { Collapse = 1 }));
        Assert.EndsWith(
            """
              n0["SumBackward0<br/>result<br/>float32 []<br/>sequence 100"]
              m1[["Net.fc2<br/>4 nodes"]]
              n3["ReluBackward0<br/>float32 [2, 8]<br/>sequence 97"]
              m2[["Net.fc1<br/>4 nodes"]]
              subgraph m0["Net<br/>9 nodes"]
                m1
                n3
                m2
              end
              m1 --> n0
              n3 --> m1
              m2 --> n3
            """ + "\n", GraphPicture.ToMermaid(loss, new GraphPictureOptions { Collapse = 2, ShowSavedBytes = false }));
        Assert.Equal(GraphPicture.ToText(loss), GraphPicture.ToText(loss, new GraphPictureOptions { Collapse = 3 }));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new GraphPictureOptions { Collapse = 0 });
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Json_names_modules_and_their_bytes()
    {
        Tensor loss = Recorded(new());
        using JsonDocument all = JsonDocument.Parse(GraphPicture.ToJson(loss));
        Assert.Equal(["Net", "Net.fc2", "Net.fc1"], all.RootElement.GetProperty("modules").EnumerateArray()
            .Select(static m => m.GetProperty("path").GetString()));
        Assert.Equal("m0", all.RootElement.GetProperty("modules")[1].GetProperty("parent").GetString());
        using JsonDocument collapsed = JsonDocument.Parse(GraphPicture.ToJson(loss, new GraphPictureOptions { Collapse = 1 }));
        JsonElement nodes = collapsed.RootElement.GetProperty("nodes");
        Assert.Equal(2, nodes.GetArrayLength());
        Assert.True(nodes[1].GetProperty("isModule").GetBoolean());
        Assert.Equal("m0", nodes[0].GetProperty("inputs")[0].GetProperty("node").GetString());
    }

    private sealed class Stack : Nabla.Nn.Module<Tensor, Tensor>
    {
        internal readonly Nabla.Nn.ModuleList<Nabla.Nn.Linear> Layers = [new(4, 4), new(4, 4)];

        protected override Tensor Forward(Tensor x) => Layers.Aggregate(x, static (y, layer) => layer.Call(y));
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Items_of_a_list_have_the_names_of_the_state_dict()
    {
        Stack stack = new();
        Tensor whole, part;
        using (GraphPicture.RecordModules())
        {
            whole = stack.Call(Tensor.Ones([2, 4])).Sum();
            part = stack.Layers[1].Call(Tensor.Ones([2, 4])).Sum();
        }
        string text = GraphPicture.ToText(whole);
        Assert.Contains("module Stack.layers.0: ", text);
        Assert.Contains("module Stack.layers.1: ", text);
        Assert.Contains("module Linear: ", GraphPicture.ToText(part));
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Nothing_is_noted_outside_a_recording()
    {
        ProfilerTests.Net net = new();
        Tensor loss = net.Call(Tensor.Ones([2, 4])).Sum();
        Assert.DoesNotContain("Net", GraphPicture.ToText(loss));
        ModuleRecording recording = GraphPicture.RecordModules();
        recording.Dispose();
        recording.Dispose();
        Assert.False(ModuleScope.On || NodeWatch.On);
        using (Autograd.DetectAnomaly()) loss = net.Call(Tensor.Ones([2, 4])).Sum();
        Assert.Contains("in Net.fc1", GraphPicture.ToText(loss));
        Assert.False(ModuleScope.On || NodeWatch.On);
    }

    [Fact]
    [Trait("Row", "1.15")]
    [Trait("Row", "4.7")]
    public void Held_memory_counts_each_storage_once()
    {
        Tensor x = Tensor.Ones([4], DType.Float64, requiresGrad: true);
        Tensor e = x.Exp(), y = (e * e * x[..2].Sum()).Sum();
        GraphMemory memory = Autograd.HeldMemory(y);
        // exp keeps its result; the first product the same tensor twice; the second product its factors.
        Assert.Equal(32 + 64 + 32 + 8, memory.Bytes);
        Assert.Equal(32 + 32 + 8, memory.Memory);
        Assert.Equal(0, memory.LeafMemory);
        Assert.Equal(memory.Memory, memory.Nodes.Sum(static n => n.Added));
        Assert.Equal(memory.Bytes, memory.Nodes.Sum(static n => n.Bytes));
        Assert.Equal(32, Autograd.HeldMemory((x * x).Sum()).LeafMemory);
        y.Backward();
        Assert.Equal((0, 0), (Autograd.HeldMemory(y).Bytes, Autograd.HeldMemory(y).Memory));
        Assert.Throws<AutogradException>(() => Autograd.HeldMemory(x.Detach()));
        using SavedTensorScope hooks = Autograd.SavedTensorHooks(static t => t, static t => (Tensor)t!);
        GraphMemory packed = Autograd.HeldMemory(x.Exp().Sum());
        Assert.Equal((1, 0), (packed.PackedCount, packed.Memory));
        Assert.Contains("packed", packed.ToString());
    }

    [Fact]
    [Trait("Row", "1.15")]
    [Trait("Row", "4.7")]
    public void Held_memory_is_told_by_node_and_module()
    {
        GraphMemory memory = Autograd.HeldMemory(Recorded(new()));
        Assert.Equal(
            """
            node                   bytes    new memory  saved
            AddmmBackward0           160           160  mat1: float32 [2, 8], mat2: float32 [8, 3]  in Net.fc2
            ReluBackward0             64             0  result: float32 [2, 8]  in Net
            AddmmBackward0            32            32  mat1: float32 [2, 4]  in Net.fc1
            module Net: 9 nodes, saves 256 B in 192 B of memory
            module Net.fc2: 4 nodes, saves 160 B in 160 B of memory
            module Net.fc1: 4 nodes, saves 32 B in 32 B of memory
            10 nodes, saves 256 B in 192 B of memory, 96 B of it that of leaves
            """, memory.ToString());
        Assert.Equal(["Net", "Net.fc2", "Net.fc1"], memory.Modules.Select(static m => m.Path));
        Assert.Equal(memory.Memory, memory.Modules[0].Memory);
    }

    [Fact]
    [Trait("Row", "1.1.9")]
    public void Saved_tensors_have_PyTorchs_names()
    {
        Tensor a = Tensor.Ones([2, 3], requiresGrad: true), b = Tensor.Ones([3, 4], requiresGrad: true);
        Tensor image = Tensor.Ones([1, 2, 4, 4], requiresGrad: true), kernel = Tensor.Ones([3, 2, 2, 2], requiresGrad: true);
        Tensor index = Tensor.Zeros([2, 1], DType.Int64), square = Tensor.Eye(3).RequiresGrad_();
        (Tensor Result, string[] Names)[] calls =
        [
            (a.Mm(b), ["self", "mat2"]),
            (Tensor.Ones([4]).AddMm(a, b), ["mat1", "mat2"]),
            (a.Unsqueeze(0).Bmm(b.Unsqueeze(0)), ["self", "mat2"]),
            (a.Mv(b.Select(1, 0)), ["self", "vec"]),
            (a.Select(0, 0).Dot(b.Select(1, 0)), ["self", "tensor"]),
            (Functional.Conv2d(image, kernel), ["input", "weight"]),
            (Functional.Conv2d(image, kernel, Tensor.Ones([3])), ["input", "weight"]),
            (a.Gather(1, index), ["index"]),
            (a.Pow(a), ["self", "exponent", "result"]),
            (Functional.MseLoss(a, Tensor.Zeros([2, 3])), ["self", "target"]),
            (Functional.NllLoss(a, index.Select(1, 0)), ["self", "target", "weight"]),
            (Functional.Embedding(index, a), ["indices"]),
            (Tensor.Where(a > 0, a, 0), ["condition"]),
            (a.Max(1).Values, ["indices"]),
            (LinAlg.Solve(square, square), ["A", "LU", "pivots", "result"]),
            (a / 2, ["other"]),
        ];
        foreach ((Tensor result, string[] names) in calls)
            Assert.True(result.GradFn!.Saved.Keys.All(names.Contains) && result.GradFn.Saved.Count > 0,
                $"{result.GradFn.Name} saves {string.Join(", ", result.GradFn.Saved.Keys)}");
    }
}
