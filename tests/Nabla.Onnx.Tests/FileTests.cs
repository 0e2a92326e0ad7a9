using Microsoft.ML.OnnxRuntime;

namespace Nabla.Onnx.Tests;

/// <summary>What stands in the file: names, versions, each weight once; and that it appears whole or not at all.</summary>
public class FileTests
{
    private sealed class Tied : Module<Tensor, Tensor>
    {
        private readonly Embedding table = new(10, 4);
        private readonly LSTM lstm = new(4, 4, batchFirst: true);
        protected override Tensor Forward(Tensor x) => Functional.Linear(lstm.Call(table.Call(x)).Output, table.Weight);
    }

    private static readonly OnnxOptions Sequences = new() { DynamicAxes = { ["input"] = ["batch", "sequence"] } };

    [Fact]
    public void Weights_have_their_names_and_are_stored_once()
    {
        Tensor tokens = Tensor.RandInt(0, 10, [2, 3]);
        FileCheck.Graph graph = FileCheck.Sound(OnnxExporter.ToBytes(new Tied(), tokens, Sequences));
        Assert.Single(graph.Initializers, "table.weight");
        Assert.Equal("Tied", graph.Name);
        Assert.Equal("Nabla", graph.Producer);
        Assert.Equal(["input"], graph.Inputs);
        Assert.Equal(["output"], graph.Outputs);
        Assert.Single(graph.Nodes, static n => n.Type == "LSTM");
        Assert.Single(graph.Initializers, "lstm.weight_ih_l0/gates");
        Assert.All(graph.Initializers, static name => Assert.Matches("^(constant/|lstm|table|Tied)", name));
        Assert.DoesNotContain(graph.Nodes, static n => n.Type is "Gemm" or "Where");
        Assert.Contains(graph.Nodes, static n => n.Name.StartsWith("Tied.lstm/LSTM", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(17, 8)]
    [InlineData(18, 8)]
    [InlineData(20, 9)]
    [InlineData(21, 10)]
    [InlineData(23, 11)]
    public void Versions_belong_together(int opset, int format)
    {
        byte[] bytes = OnnxExporter.ToBytes(new GELU(), Tensor.Randn([2, 3]), new() { Opset = opset });
        FileCheck.Graph graph = FileCheck.Sound(bytes);
        Assert.Equal((opset, format), (graph.Opset, graph.Format));
        Assert.Equal(opset >= 20, graph.Nodes.Exists(static n => n.Type == "Gelu"));
    }

    [Fact]
    public void Metadata_and_names()
    {
        OnnxOptions options = new()
        {
            InputNames = ["größe der tür"],
            OutputNames = ["ja/nein"],
            Metadata = { ["author"] = "Ada", ["vocabulary"] = "abc\n\"ü\"" },
            Description = "a test",
            DynamicAxes = { ["größe der tür"] = ["n"] },
        };
        byte[] bytes = OnnxExporter.ToBytes(new Linear(3, 2), Tensor.Randn([2, 3]), options);
        FileCheck.Graph graph = FileCheck.Sound(bytes);
        Assert.Equal(["gr__e_der_t_r"], graph.Inputs);
        Assert.Equal(["ja/nein"], graph.Outputs);
        using InferenceSession session = Check.Session(bytes);
        Assert.Equal("abc\n\"ü\"", session.ModelMetadata.CustomMetadataMap["vocabulary"]);
        Assert.Equal("a test", session.ModelMetadata.Description);
        Assert.Equal([-1, 3], session.InputMetadata["gr__e_der_t_r"].Dimensions);
        Assert.Equal(["n", ""], session.InputMetadata["gr__e_der_t_r"].SymbolicDimensions);
        Assert.Equal(["n", ""], session.OutputMetadata["ja/nein"].SymbolicDimensions);
    }

    [Fact]
    public void Names_that_meet_are_kept_apart()
    {
        // A parameter called as an input is, an output that is an input, and one value twice.
        Lambda<Tensor, (Tensor, Tensor, Tensor, Tensor)> model = new(static x => (x, x + 1, x + 1, Tensor.Ones(2)));
        model.RegisterParameter("input", Parameter.Of(Tensor.Ones(3)));
        Check.Equal(model, null, Tensor.Randn([2, 3]), Tensor.Randn([4, 3]));
        Lambda<Tensor, (Tensor, Tensor)> twice = new(static x =>
        {
            Tensor y = x.Relu();
            return (y, y);
        });
        Check.Equal(twice, null, Tensor.Randn([2, 3]), Tensor.Randn([4, 3]));
    }

    [Fact]
    public void Other_dtypes()
    {
        Check.Equal(new Sequential(new Linear(3, 4, dtype: DType.Float64), new Tanh()), null, Tensor.Randn([2, 3], DType.Float64));
        Check.Equal(new Lambda<(Tensor, Tensor), Tensor>(static t => Tensor.Where(t.Item1, t.Item2, 0) + t.Item2.To(DType.Int64)), null,
            (Tensor.Of([true, false]), Tensor.Of([3, 4], DType.Int32)));
        Linear half = new(3, 4);
        half.To(DType.Float16);
        FileCheck.Sound(OnnxExporter.ToBytes(half, Tensor.Randn([2, 3]).To(DType.Float16)));
    }

    [Fact]
    public void A_file_appears_whole_or_not_at_all()
    {
        string folder = Directory.CreateTempSubdirectory("onnx").FullName;
        try
        {
            string path = Path.Combine(folder, "model.onnx");
            Linear model = new(3, 2);
            OnnxExporter.Export(model, path, Tensor.Randn([2, 3]));
            byte[] first = File.ReadAllBytes(path);
            FileCheck.Sound(first);
            using MemoryStream stream = new();
            OnnxExporter.Export(model, stream, Tensor.Randn([2, 3]));
            Assert.Equal(first, stream.ToArray());
            Lambda<Tensor, Tensor> refused = new(static x => x.LGamma());
            Assert.Throws<NotSupportedException>(() => OnnxExporter.Export(refused, path, Tensor.Randn([2, 3])));
            Assert.Equal(first, File.ReadAllBytes(path));
            Assert.Equal([path], Directory.GetFiles(folder));
            string nowhere = Path.Combine(folder, "none", "model.onnx");
            IOException e = Assert.Throws<IOException>(() => OnnxExporter.Export(model, nowhere, Tensor.Randn([2, 3])));
            Assert.Contains("does not exist", e.Message);
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Fact]
    public void The_same_model_gives_the_same_bytes()
    {
        Tied model = new();
        Tensor tokens = Tensor.RandInt(0, 10, [2, 3]);
        Assert.Equal(OnnxExporter.ToBytes(model, tokens, Sequences), OnnxExporter.ToBytes(model, tokens, Sequences));
    }
}
