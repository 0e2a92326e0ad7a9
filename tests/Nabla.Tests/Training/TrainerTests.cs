#pragma warning disable xUnit1051 // Training here ends by itself, and tests cancel it on purpose.
using Nabla.Amp;
using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Tests.Data;
using Nabla.Training;

namespace Nabla.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nabla-trainer-").FullName;
    private readonly OwnDefault random = new(21);

    public void Dispose()
    {
        random.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static readonly Tensor Inputs = Tensor.Arange(60, dtype: DType.Float32).Reshape([20, 3]).Sin();
    private static readonly Tensor Outputs = Inputs.Sum([1], keepDim: true);

    private static DataLoader<(Tensor, Tensor), (Tensor, Tensor)> Loader(long size = 6, bool shuffle = true) =>
        DataLoader.Of(TensorDataset.Of(Inputs, Outputs), batchSize: size, shuffle: shuffle);

    private static Sequential Net() => new(new Linear(3, 6), new Tanh(), new Dropout(0.2), new Linear(6, 1));

    private static Tensor Loss(Sequential m, (Tensor X, Tensor Y) b) => Functional.MseLoss(m.Call(b.X), b.Y);

    private static float[] Weights(Module m) => [.. m.StateDict().Values.SelectMany(static t => t.ToArray<float>())];

    [Fact]
    public void Does_what_a_loop_by_hand_does()
    {
        Generator.Default.ManualSeed(1);
        Sequential model = Net();
        Adam optimizer = new(model.Parameters(), lr: 0.01);
        StepLR schedule = new(optimizer, stepSize: 1, gamma: 0.9);
        List<double> means = [];
        var loader = Loader();
        for (int epoch = 0; epoch < 3; epoch++)
        {
            double sum = 0;
            foreach ((Tensor x, Tensor y) in loader)
            {
                optimizer.ZeroGrad();
                Tensor loss = Loss(model, (x, y));
                loss.Backward();
                Utils.ClipGradNorm_(model.Parameters(), 0.5);
                optimizer.Step();
                sum += loss.Item() * x.Size(0);
            }
            means.Add(sum / 20);
            schedule.Step();
        }

        Generator.Default.ManualSeed(1);
        Sequential second = Net();
        Adam adam = new(second.Parameters(), lr: 0.01);
        var trainer = new Trainer<Sequential, (Tensor, Tensor)>(second, adam, Loss)
        {
            Scheduler = new StepLR(adam, stepSize: 1, gamma: 0.9),
            ClipNorm = 0.5
        };
        IReadOnlyList<EpochResult> history = trainer.Fit(Loader(), epochs: 3);
        Assert.Equal(Weights(model), Weights(second));
        Assert.Equal(means, history.Select(static e => e.Loss));
        Assert.Equal((3, 12), (trainer.Epoch, trainer.Step));
        Assert.Equal([0.01, 0.01 * 0.9, 0.01 * 0.9 * 0.9], history.Select(static e => e.LearningRate));
    }

    /// <summary>Everything at once: it is stopped after every so many steps, and a new trainer with new objects goes on.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void Resumed_it_ends_with_the_same_bits(bool cancel)
    {
        (Trainer<Sequential, (Tensor, Tensor)> Trainer, EarlyStopping Early) Make(string name, IProgress<TrainingProgress>? progress = null)
        {
            Generator.Default.ManualSeed(5);
            Sequential model = Net();
            AdamW optimizer = new(model.Parameters(), lr: 0.02);
            EarlyStopping early = new(patience: 100);
            return (new(model, optimizer, Loss)
            {
                Scheduler = new CosineAnnealingLR(optimizer, tMax: 30),
                SchedulePerStep = true,
                Accumulate = 2,
                ClipValue = 0.1,
                Scaler = new GradScaler(initScale: 4, growthInterval: 3),
                AverageDecay = 0.9,
                Metrics = [new MeanAbsoluteError(), new R2Score()],
                Predictions = static (m, b) => (m.Call(b.Item1), b.Item2),
                Checkpoints = new CheckpointFolder(Path.Combine(folder, name), keepBest: 1),
                CheckpointEvery = 3,
                Callbacks = [early],
                Progress = progress,
            }, early);
        }

        (var whole, EarlyStopping all) = Make("whole");
        whole.Fit(Loader(size: 3), epochs: 5, validation: Loader(7, shuffle: false));
        Assert.Equal(20, whole.Step);
        for (int i = 0; ; i++)
        {
            using CancellationTokenSource source = new();
            int left = 3;
            (var part, EarlyStopping early) = Make("parts", cancel ? new Now(_ =>
            {
                if (--left == 0) source.Cancel();
            }) : null);
            long before = i * 3L;
            try
            {
                part.Fit(Loader(size: 3), epochs: 5, steps: cancel ? null : before + 3, validation: Loader(7, shuffle: false),
                    resume: true, cancellationToken: source.Token);
                if (part.Epoch < 5)
                {
                    Assert.False(cancel);
                    continue;
                }
            }
            catch (OperationCanceledException) when (cancel)
            {
                Assert.Equal(before + 3, part.Step);
                continue;
            }
            Assert.Equal(6, i);
            Assert.Equal(Weights(whole.Model), Weights(part.Model));
            Assert.Equal(Weights(whole.Average!), Weights(part.Average!));
            Assert.Equal(whole.History.Select(static e => (e.Epoch, e.Step, e.Loss, e.LearningRate, e.Validation!.Loss,
                e.Validation.Metrics["r2"])), part.History.Select(static e => (e.Epoch, e.Step, e.Loss, e.LearningRate,
                e.Validation!.Loss, e.Validation.Metrics["r2"])));
            Assert.Equal((all.Best, all.Waited), (early.Best, early.Waited));
            return;
        }
    }

    private sealed class Now(Action<TrainingProgress> action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action(value);
    }

    [Fact]
    public void Goes_on_inside_of_an_epoch_without_a_checkpoint()
    {
        float[] Run(params long[] limits)
        {
            Generator.Default.ManualSeed(2);
            Sequential model = Net();
            var trainer = Trainer.Of(model, new SGD(model.Parameters(), lr: 0.1), (Sequential m, (Tensor, Tensor) b) => Loss(m, b));
            var loader = Loader();
            foreach (long steps in limits) trainer.Fit(loader, epochs: 3, steps: steps);
            Assert.Equal((3, 12, 3), (trainer.Epoch, trainer.Step, trainer.History.Count));
            return Weights(model);
        }
        Assert.Equal(Run(100), Run(3, 5, 6, 100));
    }

    [Fact]
    public void An_epoch_left_is_gone_on_with_by_its_trainer_alone()
    {
        Trainer<Linear, (Tensor, Tensor)> Make(List<float> seen, string? name = null)
        {
            Linear model = new(3, 1);
            return new(model, new SGD(model.Parameters(), lr: 0.01), (m, b) =>
            {
                seen.Add(b.Item1[0, 0].Item<float>());
                return Functional.MseLoss(m.Call(b.Item1), b.Item2);
            })
            { Checkpoints = name is null ? null : new CheckpointFolder(Path.Combine(folder, name)) };
        }

        var loader = Loader();                                      // four batches
        List<float> one = [], two = [], three = [];
        var first = Make(one, "run");
        first.Fit(loader, steps: 3);
        Assert.Equal(4, loader.ToArray().Length);                            // by hand: a whole epoch
        first.Evaluate(loader);
        Make(two).Fit(loader, epochs: 1);
        Assert.Equal(4, two.Count);
        one.Clear();
        first.Fit(loader, epochs: 1);
        Assert.Equal((1, 1, 4), (one.Count, first.Epoch, first.Step));

        var other = Loader();
        first.Fit(other, steps: 6);
        one.Clear();
        first.Fit(loader, epochs: 2);                               // other data begins at its start
        Assert.Equal(4, one.Count);

        var resumed = Make(three, "half");
        resumed.Fit(loader, steps: 1);
        var again = Make(three, "half");
        again.Fit(loader, steps: 1, resume: true);                  // nothing is left to do: the loader stays at a start
        Assert.Equal(4, loader.ToArray().Length);
        three.Clear();
        Make(three, "half").Fit(loader, epochs: 1, resume: true);
        Assert.Equal(3, three.Count);
    }

    [Fact]
    public void Steps_that_end_with_an_epoch_end_the_epoch()
    {
        Linear model = new(3, 1);
        var trainer = new Trainer<Linear, (Tensor, Tensor)>(model, new SGD(model.Parameters(), lr: 0.01),
            static (m, b) => Functional.MseLoss(m.Call(b.Item1), b.Item2));
        trainer.Fit(Loader(), steps: 8, validation: Loader());
        Assert.Equal((2, 8, 2), (trainer.Epoch, trainer.Step, trainer.History.Count));
        Assert.NotNull(trainer.History[1].Validation);
    }

    [Fact]
    public void An_epoch_that_failed_does_not_count()
    {
        Linear model = new(3, 1);
        bool fail = true;
        var trainer = new Trainer<Linear, (Tensor, Tensor)>(model, new SGD(model.Parameters(), lr: 0), (m, b) =>
            m.Call(b.Item1).Sum() * 0 + (fail ? 1000 : 1));
        var loader = Loader();
        IEnumerable<(Tensor, Tensor)> Broken()
        {
            yield return loader.First();
            throw new InvalidDataException("no more");
        }
        Assert.Throws<InvalidDataException>(() => trainer.Fit(Broken(), epochs: 1));
        fail = false;
        Assert.Equal(1.0, trainer.Fit(loader, epochs: 1)[0].Loss);
    }

    [Fact]
    public void The_search_for_a_rate_leaves_an_epoch_by_hand_alone()
    {
        Sequential model = Net();
        var loader = Loader();
        foreach (var _ in loader) break;
        new Trainer<Sequential, (Tensor, Tensor)>(model, new SGD(model.Parameters(), lr: 0.3), Loss).FindLearningRate(loader, steps: 3);
        Assert.Equal(4, loader.ToArray().Length);
    }

    [Fact]
    public void Accumulated_batches_are_one_step()
    {
        Generator.Default.ManualSeed(3);
        Linear one = new(3, 1), four = (Linear)one.Clone();
        new Trainer<Linear, (Tensor, Tensor)>(one, new SGD(one.Parameters(), lr: 0.1),
            static (m, b) => Functional.MseLoss(m.Call(b.Item1), b.Item2)).Fit(Loader(20, shuffle: false), epochs: 2);
        var trainer = new Trainer<Linear, (Tensor, Tensor)>(four, new SGD(four.Parameters(), lr: 0.1),
            static (m, b) => Functional.MseLoss(m.Call(b.Item1), b.Item2))
        { Accumulate = 4 };
        trainer.Fit(Loader(5, shuffle: false), epochs: 2);
        Assert.Equal(2, trainer.Step);
        foreach ((float a, float b) in Weights(one).Zip(Weights(four))) Assert.Equal(a, b, 1e-6f);
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_training_and_names_the_step()
    {
        Linear model = new(3, 1);
        float[]? before = null;
        int calls = 0;
        var trainer = new Trainer<Linear, (Tensor, Tensor)>(model, new SGD(model.Parameters(), lr: 0.1), (m, b) =>
        {
            if (++calls != 7) return Functional.MseLoss(m.Call(b.Item1), b.Item2);
            before = Weights(m);
            return m.Call(b.Item1).Sum() * double.NaN;
        });
        NonFiniteLossException e = Assert.Throws<NonFiniteLossException>(() => trainer.Fit(Loader(), epochs: 9));
        Assert.StartsWith("The loss is nan in step 6 (counted from 0) of epoch 1", e.Message, StringComparison.Ordinal);
        Assert.Equal((1, 6), (e.Epoch, e.Step));
        Assert.Equal(before, Weights(model));
        Assert.Null(model.Weight.Grad);
    }

    [Fact]
    public void Evaluates_and_predicts_without_changing_modes()
    {
        Sequential model = Net();
        model[2].Eval();
        var trainer = new Trainer<Sequential, (Tensor, Tensor)>(model, new SGD(model.Parameters(), lr: 0.1), Loss)
        {
            Metrics = [new MeanSquaredError()],
            Predictions = static (m, b) => (m.Call(b.Item1), b.Item2)
        };
        Evaluation all = trainer.Evaluate(Loader(20)), parts = trainer.Evaluate(Loader(7));
        Assert.Equal(all.Loss, parts.Loss, 1e-6);
        Assert.Equal(all.Loss, all.Metrics["mse"], 1e-6);
        Assert.Equal([true, true, true, false, true], model.Modules().Select(static m => m.Training));
        IReadOnlyList<Tensor> predicted = trainer.Predict(Loader(7, shuffle: false), static (m, b) =>
        {
            Assert.False(m.Training);
            return m.Call(b.Item1);
        });
        Assert.Equal([7, 7, 6], predicted.Select(static t => (int)t.Size(0)));
        Assert.False(predicted[0].RequiresGrad);
        Assert.True(GradMode.Enabled);
    }

    [Fact]
    public void Stops_early()
    {
        Sequential model = Net();
        double[] losses = [5, 4, 4.5, 4.2, 4.1, 3];
        int epoch = 0;
        EarlyStopping early = new(patience: 1);
        StringWriter text = new();
        var trainer = new Trainer<Sequential, (Tensor, Tensor)>(model, new SGD(model.Parameters(), lr: 0),
            (m, b) => m.Call(b.Item1).Sum() * 0 + losses[epoch])
        { Callbacks = [early, new ConsoleLog(writer: text), new Count(() => epoch++)] };
        trainer.Fit(Loader(), epochs: 6);
        Assert.Equal(4, trainer.Epoch);
        Assert.Equal((4, 2), (early.Best, early.Waited));
        Assert.StartsWith("epoch 0: loss 5\nepoch 1: loss 4\n", text.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private sealed class Count(Action action) : TrainingCallback
    {
        public override bool OnEpochEnd(EpochResult result)
        {
            action();
            return false;
        }
    }

    [Fact]
    public void Finds_a_learning_rate_and_sets_everything_back()
    {
        Sequential model = Net();
        SGD optimizer = new(model.Parameters(), lr: 0.3);
        var loader = Loader(20);
        var trainer = new Trainer<Sequential, (Tensor, Tensor)>(model, optimizer, Loss);
        trainer.Fit(loader, epochs: 1);
        float[] before = Weights(model);
        byte[] generator = Generator.Default.GetState();
        LearningRateSearch search = trainer.FindLearningRate(loader, least: 1e-5, greatest: 100, steps: 60);
        Assert.Equal(before, Weights(model));
        Assert.Equal(generator, Generator.Default.GetState());
        Assert.Equal((0.3, 1L), (optimizer.ParamGroups[0].Lr, loader.Epoch));
        Assert.InRange(search.Points.Count, 20, 60);
        Assert.InRange(search.Suggestion, 1e-4, 10);
    }

    [Fact]
    public void A_checkpoint_of_another_trainer_changes_nothing()
    {
        Trainer<Linear, (Tensor, Tensor)> Make(params TrainingCallback[] callbacks)
        {
            Linear model = new(3, 1);
            return new(model, new SGD(model.Parameters(), lr: 0.01), static (m, b) => Functional.MseLoss(m.Call(b.Item1), b.Item2))
            {
                Checkpoints = new CheckpointFolder(folder),
                Callbacks = callbacks,
                CheckpointOnCancel = false
            };
        }
        Make(new EarlyStopping()).Fit(Loader(), epochs: 1);
        var other = Make();
        float[] before = Weights(other.Model);
        ArgumentException e = Assert.Throws<ArgumentException>(() => other.Fit(Loader(), epochs: 2, resume: true));
        Assert.Contains("callback 0, EarlyStopping", e.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0, 0), (other.Epoch, other.Step, other.History.Count));
        Assert.Equal(before, Weights(other.Model));

        var same = Make(new EarlyStopping());
        Assert.Throws<OperationCanceledException>(() =>
            same.Fit(Loader(), epochs: 2, resume: true, cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal((1, 4, 1), (same.Epoch, same.Step, same.History.Count));
        Assert.Single(Directory.GetFiles(folder));
    }

    [Fact]
    public async Task Trains_beside_other_work()
    {
        Linear model = new(3, 1);
        var trainer = new Trainer<Linear, (Tensor, Tensor)>(model, new SGD(model.Parameters(), lr: 0.01),
            static (m, b) => Functional.MseLoss(m.Call(b.Item1), b.Item2));
        using CancellationTokenSource source = new();
        Task<IReadOnlyList<EpochResult>> task = trainer.FitAsync(Loader(), epochs: long.MaxValue, cancellationToken: source.Token);
        await Task.Delay(20, TestContext.Current.CancellationToken);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Null(model.Weight.Grad);
    }

    [Fact]
    public void Refuses_what_cannot_work()
    {
        Linear model = new(3, 1);
        SGD optimizer = new(model.Parameters(), lr: 0.01);
        Trainer<Linear, (Tensor, Tensor)> trainer = new(model, optimizer, static (m, b) => m.Call(b.Item1));
        Assert.Throws<ArgumentException>(() => trainer.Fit(Loader()));
        Assert.Throws<ArgumentException>(() => trainer.Fit(Loader(), epochs: 1, resume: true));
        Assert.StartsWith("grad can be implicitly created only for scalar outputs",
            Assert.Throws<ShapeException>(() => trainer.Fit(Loader(), epochs: 1)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => trainer.Fit([], steps: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new Trainer<Linear, Tensor>(model, optimizer, static (m, b) => b) { Accumulate = 0 });
        Trainer<Linear, (Tensor, Tensor)> saving = new(model, optimizer, static (m, b) => m.Call(b.Item1).Sum())
        {
            Checkpoints = new CheckpointFolder(folder),
            CheckpointEvery = 1
        };
        Assert.Throws<ArgumentException>(() => saving.Fit([(Inputs, Outputs)], epochs: 1));
    }

    [Fact]
    public void What_is_monitored_must_be_known_before_the_first_step()
    {
        int calls = 0;
        Trainer<Linear, (Tensor, Tensor)> Make(string monitor, params TrainingCallback[] callbacks)
        {
            Linear model = new(3, 1);
            return new(model, new SGD(model.Parameters(), lr: 0.01), (m, b) =>
            {
                calls++;
                return Functional.MseLoss(m.Call(b.Item1), b.Item2);
            })
            {
                Metrics = [new MeanSquaredError()],
                Predictions = static (m, b) => (m.Call(b.Item1), b.Item2),
                Checkpoints = new CheckpointFolder(folder),
                Monitor = monitor,
                Callbacks = callbacks
            };
        }
        Assert.StartsWith("There is no metric 'acc' in: loss, mse.", Assert.Throws<ArgumentException>(() =>
            Make("acc").Fit(Loader(), epochs: 1, validation: Loader())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Make("mse").Fit(Loader(), epochs: 1));
        Assert.Throws<ArgumentException>(() =>
            Make("loss", new EarlyStopping(monitor: "f1")).Fit(Loader(), epochs: 1, validation: Loader()));
        Assert.Equal(0, calls);
        Make("mse", new EarlyStopping(monitor: "mse")).Fit(Loader(), epochs: 1, validation: Loader());
    }
}
