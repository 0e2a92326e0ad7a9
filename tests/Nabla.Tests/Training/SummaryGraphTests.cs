#pragma warning disable xUnit1051 // Training here ends by itself.
using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Tests.Data;
using Nabla.Tests.IO;
using Nabla.Training;

namespace Nabla.Tests.Training;

/// <summary>The graph of a model in an event file, and what a trainer writes.</summary>
public sealed class SummaryGraphTests : IDisposable
{
    private readonly Files.Folder folder = new();
    private readonly OwnDefault random = new(5);

    public void Dispose()
    {
        random.Dispose();
        folder.Dispose();
    }

    private sealed class Net : Module<Tensor, Tensor>
    {
        private readonly Linear fc1 = new(3, 4), fc2 = new(4, 2);
        private readonly Dropout drop = new(0.5);

        protected override Tensor Forward(Tensor input) => fc2.Call(drop.Call(fc1.Call(input).Relu_()));
    }

    private sealed class Words : Module<Tensor, Tensor, (Tensor, Tensor)>
    {
        private readonly Embedding embedding = new(10, 4);
        private readonly Linear head = new(4, 10, bias: false);

        protected override (Tensor, Tensor) Forward(Tensor x, Tensor y)
        {
            Tensor h = head.Call(embedding.Call(x));
            return (h.Relu(), h.Split([3, 7], -1)[1] * y);
        }
    }

    private sealed class InPlace : Module<Tensor, Tensor>
    {
        protected override Tensor Forward(Tensor input) => input.Mul_(2);
    }

    private Dictionary<string, Message> Nodes(Action<SummaryWriter> write)
    {
        using (SummaryWriter board = new(folder["run"])) write(board);
        Message graph = new(EventReader.Folder(folder["run"])[1].Bytes(4));
        Assert.Equal(22, graph[4].Int(1));
        Dictionary<string, Message> nodes = graph.Messages(1).ToDictionary(static n => n.Text(1));
        // Every operand is a node, and TensorFlow's rule for names holds.
        Assert.All(nodes.Values.SelectMany(static n => n.Texts(3)), operand => Assert.Contains(operand.Split(':')[0], nodes.Keys));
        Assert.All(nodes.Keys, static name => Assert.Matches("^[A-Za-z0-9.][A-Za-z0-9_./]*$", name));
        return nodes;
    }

    /// <summary>The shapes of a node's outputs.</summary>
    private static string Shapes(Message node) => string.Join(" ", node.Messages(5).Single(static a => a.Text(1) == "_output_shapes")[2][1]
        .Messages(7).Select(static s => $"[{string.Join(", ", s.Messages(2).Select(static d => d.Int(1)))}]"));

    [Fact]
    public void A_graph_is_grouped_by_module()
    {
        Net net = new();
        Dictionary<string, Message> nodes = Nodes(board => board.AddGraph(net, Tensor.Ones(5, 3)));
        Assert.Equal(["Net/fc1/bias <- ", "Net/fc1/weight <- ", "Net/fc2/bias <- ", "Net/fc2/weight <- ", "input/0 <- "],
            Lines().Where(static l => l.EndsWith("<- ", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains("Net/fc1/Addmm <- Net/fc1/bias, input/0, Net/fc1/T", Lines());
        Assert.Contains("Net/Relu <- Net/fc1/Addmm", Lines());
        Assert.Contains("Net/fc2/Addmm <- Net/fc2/bias, Net/Relu, Net/fc2/T", Lines());
        Assert.Contains("output/0 <- Net/fc2/Addmm", Lines());
        Assert.Equal(("[5, 3]", "[4, 3]", "[5, 4]", "[5, 2]"),
            (Shapes(nodes["input/0"]), Shapes(nodes["Net/fc1/weight"]), Shapes(nodes["Net/Relu"]), Shapes(nodes["output/0"])));
        Assert.Equal(("IO Node", "Parameter", "Addmm"),
            (nodes["input/0"].Text(2), nodes["Net/fc1/weight"].Text(2), nodes["Net/fc1/Addmm"].Text(2)));
        Assert.Equal(1, nodes["input/0"].Messages(5).Single(static a => a.Text(1) == "T")[2].Int(6));
        Assert.True(net.Training);
        Assert.All(net.Parameters(), static p => Assert.Null(p.Grad));

        IEnumerable<string> Lines() => nodes.Values.Select(static n => $"{n.Text(1)} <- {string.Join(", ", n.Texts(3))}");
    }

    [Fact]
    public void Inputs_of_whole_numbers_lead_to_what_looks_them_up()
    {
        Words words = new();
        Dictionary<string, Message> nodes = Nodes(board =>
            board.AddGraph(words, (Tensor.Of([[1, 2, 3]], DType.Int64), Tensor.Ones(7))));
        Message embedding = nodes["Words/embedding/Embedding"];
        Assert.Equal(["Words/embedding/weight", "input/0"], embedding.Texts(3));
        Assert.Equal(9, nodes["input/0"].Messages(5).Single(static a => a.Text(1) == "T")[2].Int(6));
        Assert.Contains("input/1", nodes["Words/Mul"].Texts(3));
        // The second part of a split.
        Assert.Contains(nodes["Words/Mul"].Texts(3), static operand => operand.EndsWith(":1", StringComparison.Ordinal));
        Assert.Equal("[1, 3, 7]", Shapes(nodes["output/1"]));
    }

    [Fact]
    public void Models_that_write_into_their_input_and_models_without_a_graph()
    {
        Tensor input = Tensor.Ones(2);
        Assert.Contains("InPlace/Mul", Nodes(board => board.AddGraph(new InPlace(), input)).Keys);
        Assert.Equal(1, input.Max().Item());
        using SummaryWriter none = new(folder["none"]);
        AutogradException e = Assert.Throws<AutogradException>(() => none.AddGraph(new InPlace(), Tensor.Of([1, 2])));
        Assert.Contains("there is no graph", e.Message);
    }

    private Trainer<Linear, (Tensor X, Tensor Y)> Trainer(params TrainingCallback[] callbacks)
    {
        Linear model = new(3, 1);
        return new(model, new SGD(model.Parameters(), lr: 0.25), static (m, b) => Functional.MseLoss(m.Call(b.X), b.Y))
        {
            Checkpoints = new CheckpointFolder(folder["checkpoints"]),
            CheckpointEvery = 2,
            Metrics = [new MeanAbsoluteError()],
            Predictions = static (m, b) => (m.Call(b.X), b.Y),
            Callbacks = callbacks,
        };
    }

    private static DataLoader<(Tensor, Tensor), (Tensor, Tensor)> Data() =>
        DataLoader.Of(TensorDataset.Of(Tensor.Ones(12, 3), Tensor.Ones(12, 1)), batchSize: 4);

    [Fact]
    public void A_trainer_writes_and_goes_on_where_its_checkpoint_is()
    {
        using (SummaryWriter board = new(folder["run"]))
        using (MetricsLog log = new(folder["m.jsonl"], withTime: false))
        {
            var trainer = Trainer(new TensorBoardLog(board, weights: null), log, new Breaks(5));
            Assert.Throws<InvalidOperationException>(() => trainer.Fit(Data(), epochs: 3, validation: Data()));
        }
        List<Message> first = [.. EventReader.Folder(folder["run"]).Skip(1)];
        Assert.Equal([1, 2, 3, 4, 5], Steps(first, "loss/train"));
        Assert.Equal([3], Steps(first, "loss/validation"));
        Assert.Equal([3], Steps(first, "validation/mae"));
        Assert.Equal(5 + 1, File.ReadAllLines(folder["m.jsonl"]).Length);

        using (SummaryWriter board = new(folder["again"]))
        using (MetricsLog log = new(folder["m.jsonl"], withTime: false))
        {
            var trainer = Trainer(new TensorBoardLog(board, everySteps: 2), log, new Breaks(99));
            // Looking for a learning rate sets all back and leaves no trace.
            trainer.FindLearningRate(Data(), steps: 3);
            Assert.Equal(6, File.ReadAllLines(folder["m.jsonl"]).Length);
            trainer.Fit(Data(), epochs: 3, validation: Data(), resume: true);
        }
        List<Message> second = [.. EventReader.Folder(folder["again"]).Skip(1)];
        Assert.Equal((5, 1), (second[0].Int(2), second[0][7].Int(1)));
        Assert.Equal([6, 8], Steps(second.Skip(1), "loss/train"));
        Assert.Equal([6, 9], Steps(second.Skip(1), "loss/epoch"));
        Assert.Equal([1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9], File.ReadAllLines(folder["m.jsonl"]).Select(static line =>
            System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("step").GetInt32()));
        Assert.Contains("\"val_mae\":", File.ReadAllLines(folder["m.jsonl"])[3]);

        static IEnumerable<long> Steps(IEnumerable<Message> events, string tag) =>
            events.Where(e => e[5][1].Text(1) == tag).Select(static e => e.Int(2));
    }

    [Fact]
    public void Weights_are_shown_as_histograms()
    {
        using (SummaryWriter board = new(folder["run"]))
        {
            Linear model = new(3, 1);
            TensorBoardLog log = new(board, everySteps: 0, weights: model);
            log.OnStepEnd(new TrainingProgress(0, 1, 0.5, 0.1));
            log.OnEpochEnd(new EpochResult(0, 1, 0.5, 0.1, null));
        }
        Assert.Equal(["loss/epoch", "weights/weight", "weights/bias"],
            EventReader.Folder(folder["run"]).Skip(1).Select(static e => e[5][1].Text(1)));
    }

    private sealed class Breaks(long at) : TrainingCallback
    {
        public override bool OnStepEnd(TrainingProgress progress) =>
            progress.Step == at ? throw new InvalidOperationException("a crash") : false;
    }
}
