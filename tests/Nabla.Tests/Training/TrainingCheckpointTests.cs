using System.Collections;
using Nabla.Amp;
using Nabla.Data;
using Nabla.IO;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Tests.Data;
using Nabla.Training;

namespace Nabla.Tests.Training;

public sealed class TrainingCheckpointTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nabla-checkpoint-").FullName;
    private readonly OwnDefault random = new(11);

    public void Dispose()
    {
        random.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private string At(string name) => Path.Combine(folder, name);

    private sealed class Counter : IStateful
    {
        internal long Count;
        internal bool Refuse;

        public OrderedDictionary<string, object?> StateDict() => new() { ["count"] = Count };

        public void LoadStateDict(IDictionary stateDict)
        {
            if (Refuse) throw new ArgumentException("refused");
            Count = (long)stateDict["count"]!;
        }
    }

    /// <summary>A run with every part there is.</summary>
    private sealed class Run
    {
        internal readonly Sequential Model;
        internal readonly TrainingCheckpoint Checkpoint;
        internal readonly DataLoader<(Tensor, Tensor), (Tensor, Tensor)> Loader;
        internal readonly Counter Counter = new();
        private readonly Adam optimizer;
        private readonly StepLR schedule;
        private readonly GradScaler scaler = new(initScale: 8, growthInterval: 5);
        private readonly AveragedModel<Tensor, Tensor> average;

        internal Run(long width = 5, Generator? order = null)
        {
            Tensor x = Tensor.Arange(40, dtype: DType.Float32).Reshape([20, 2]) / 40, y = x.Sum([1], keepDim: true);
            Model = new(new Linear(2, width), new BatchNorm1d(width), new Dropout(0.5), new Linear(width, 1));
            optimizer = new(Model.Parameters(), lr: 0.1);
            schedule = new(optimizer, stepSize: 2, gamma: 0.5);
            average = new(Model);
            Loader = DataLoader.Of(TensorDataset.Of(x, y), batchSize: 3, shuffle: true, generator: order);
            Checkpoint = new(Model, optimizer)
            {
                Scheduler = schedule,
                Scaler = scaler,
                Average = average,
                Loader = Loader,
                More = new() { ["counter"] = Counter }
            };
        }

        internal List<double> Train(long epochs, long steps = long.MaxValue)
        {
            List<double> losses = [];
            for (; Checkpoint.Epoch < epochs; Checkpoint.Epoch++)
            {
                foreach ((Tensor x, Tensor y) in Loader)
                {
                    optimizer.ZeroGrad();
                    Tensor loss = Functional.MseLoss(Model.Call(x), y);
                    scaler.Scale(loss).Backward();
                    scaler.Step(optimizer);
                    scaler.Update();
                    average.UpdateParameters(Model);
                    Counter.Count++;
                    Checkpoint.Step++;
                    losses.Add(loss.Item());
                    if (losses.Count == steps) return losses;
                }
                schedule.Step();
            }
            return losses;
        }

        internal byte[] Bytes()
        {
            using MemoryStream stream = new();
            TorchFile.Save(stream, Checkpoint.StateDict());
            return stream.ToArray();
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Goes_on_with_the_same_bits_from_any_step(bool ownOrder)
    {
        Generator? Order() => ownOrder ? new Generator(5) : null;
        Generator.Default.ManualSeed(1);
        Run whole = new(order: Order());
        List<double> expected = whole.Train(3);
        for (int stop = 1; stop < expected.Count; stop += 3)
        {
            Generator.Default.ManualSeed(1);
            Run first = new(order: Order());
            first.Train(3, stop);
            first.Checkpoint.Extra["note"] = "here";
            first.Checkpoint.Save(At("run.pt"));

            Generator.Default.ManualSeed(99);
            Run second = new(order: Order());
            second.Checkpoint.Load(At("run.pt"));
            Assert.Equal(stop, second.Checkpoint.Step);
            Assert.Equal("here", second.Checkpoint.Extra["note"]);
            Assert.Equal(expected.Skip(stop), second.Train(3));
            second.Checkpoint.Extra.Clear();
            Assert.Equal(whole.Bytes(), second.Bytes());
        }
    }

    [Fact]
    public void Snapshot_sets_back()
    {
        Run run = new();
        run.Train(1);
        byte[] before = run.Bytes();
        OrderedDictionary<string, object?> snapshot = run.Checkpoint.Snapshot();
        List<double> losses = run.Train(2);
        run.Checkpoint.LoadStateDict(snapshot);
        Assert.Equal(before, run.Bytes());
        Assert.Equal(losses, run.Train(2));
    }

    [Theory]
    [InlineData("model", "Error(s) in loading the checkpoint: \"model\" should be a dictionary, but is Int64.")]
    [InlineData("average", "Error(s) in loading the checkpoint: \"average\" should be a dictionary")]
    [InlineData("optimizer", "Error(s) in loading the checkpoint: \"optimizer\" should be a dictionary")]
    [InlineData("scheduler", "Error(s) in loading the checkpoint: \"scheduler\" should be a dictionary")]
    [InlineData("scaler", "Error(s) in loading the checkpoint: \"scaler\" should be a dictionary")]
    [InlineData("loader", "Error(s) in loading the checkpoint: \"loader\" should be a dictionary")]
    [InlineData("more", "Error(s) in loading the checkpoint: \"more\" should be a dictionary")]
    [InlineData("extra", "Error(s) in loading the checkpoint: \"extra\" should be a dictionary")]
    [InlineData("rng", "LoadStateDict: \"rng\" should be the bytes of a generator's state")]
    public void Refuses_a_part_of_another_kind_and_changes_nothing(string part, string message) =>
        Refuses<ArgumentException>(state => state[part] = 3L, message);

    [Fact]
    public void Refuses_what_does_not_fit_and_changes_nothing()
    {
        Refuses<ArgumentException>(state => state["epoch"] = "first",
            "Error(s) in loading the checkpoint: \"epoch\" should be an integer, but is String.");
        Refuses<StateDictException>(state => state["model"] = new Run(width: 6).Model.StateDict(),
            "Error(s) in loading state_dict for Sequential:");
        Refuses<StateDictException>(state => ((OrderedDictionary<object, object?>)state["average"]!).Remove("n_averaged"),
            "Error(s) in loading state_dict for AveragedModel");
        Refuses<ArgumentException>(state => ((OrderedDictionary<object, object?>)state["optimizer"]!).Remove("param_groups"),
            "KeyError: 'param_groups'");
        Refuses<ArgumentException>(state => ((OrderedDictionary<object, object?>)state["scheduler"]!)["last_epoch"] = "x",
            "'last_epoch' must be a number");
        Refuses<ArgumentException>(state => ((OrderedDictionary<object, object?>)state["scaler"]!).Remove("scale"), "KeyError: 'scale'");
        Refuses<ArgumentException>(state => ((OrderedDictionary<object, object?>)state["loader"]!).Remove("batches"),
            "LoadStateDict: Missing key(s) in state_dict: \"batches\".");
        Refuses<ArgumentException>(state => state.Remove("scaler"),
            "Error(s) in loading the checkpoint: Missing part(s) in the file: scaler. Give the run the same parts");
        Refuses<ArgumentException>(state => state["teacher"] = new OrderedDictionary<string, object?>(),
            "Error(s) in loading the checkpoint: Part(s) of the file that the run does not have: teacher.");
        Refuses<ArgumentException>(state => ((OrderedDictionary<object, object?>)state["more"]!).Remove("counter"),
            "Error(s) in loading the checkpoint: Missing part(s) in the file: counter.");
        Refuses<NotSupportedException>(state => state["version"] = 2L, "The checkpoint has version 2, and this is version 1");
    }

    private static void Refuses<T>(Action<OrderedDictionary<string, object?>> spoil, string message) where T : Exception
    {
        Run run = new();
        run.Train(2, 3);
        OrderedDictionary<string, object?> state = run.Checkpoint.Snapshot();
        run.Train(2, 8);
        spoil(state);
        byte[] before = run.Bytes();
        byte[] random = Generator.Default.GetState();
        Exception e = Assert.ThrowsAny<T>(() => run.Checkpoint.LoadStateDict(state));
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
        Assert.Equal(random, Generator.Default.GetState());
        Assert.Equal(before, run.Bytes());
    }

    [Fact]
    public void A_part_that_refuses_leaves_the_others_as_they_were()
    {
        Run run = new();
        run.Train(1);
        OrderedDictionary<string, object?> state = run.Checkpoint.Snapshot();
        run.Train(2);
        byte[] before = run.Bytes();
        run.Counter.Refuse = true;
        Assert.Throws<ArgumentException>(() => run.Checkpoint.LoadStateDict(state));
        Assert.Equal(before, run.Bytes());
    }

    [Fact]
    public void Loads_parts_only_if_not_strict()
    {
        Run run = new();
        run.Train(1);
        OrderedDictionary<string, object?> state = new() { ["model"] = run.Checkpoint.Snapshot()["model"], ["other"] = 1L };
        run.Train(2);
        run.Checkpoint.LoadStateDict(state, strict: false);
        Assert.Equal((2, 14), (run.Checkpoint.Epoch, run.Checkpoint.Step));
        Tensor saved = (Tensor)((IDictionary)state["model"]!)["0.weight"]!;
        Assert.Equal(saved.ToArray<float>(), run.Model.StateDict()["0.weight"].ToArray<float>());
    }

    [Fact]
    public void A_file_that_holds_something_else_is_refused()
    {
        TorchFile.Save(At("list.pt"), new List<object?> { 1L });
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => new Run().Checkpoint.Load(At("list.pt")));
        Assert.StartsWith("Expected the checkpoint to be dict-like", e.Message, StringComparison.Ordinal);
    }
}
