using System.Collections;
using Nabla.IO;
using Nabla.Nn;
using Nabla.Optim;
using Nabla.Training;

namespace Nabla.Tests.Training;

/// <summary>Runs that PyTorch has begun go on here with the losses that PyTorch computes, and a state that went through Nabla is the one
/// that PyTorch wrote. The files are those of tests/golden/training.py, which also goes on with Nabla's.</summary>
public sealed class PyTorchRunTests
{
    private static readonly Dictionary<string, Func<IEnumerable<Tensor>, Optimizer>> Kinds = new()
    {
        ["sgd"] = static p => new SGD(p, lr: 0.05, momentum: 0.9),
        ["adam"] = static p => new Adam(p, lr: 0.01),
        ["adamw"] = static p => new AdamW(p, lr: 0.01, weightDecay: 0.1, amsgrad: true),
        ["nadam"] = static p => new NAdam(p, lr: 0.01, weightDecay: 0.1, decoupledWeightDecay: true),
        ["radam"] = static p => new RAdam(p, lr: 0.01),
        ["adamax"] = static p => new Adamax(p, lr: 0.01),
        ["adadelta"] = static p => new Adadelta(p, lr: 0.5),
        ["adagrad"] = static p => new Adagrad(p, lr: 0.05, lrDecay: 0.01),
        ["rmsprop"] = static p => new RMSprop(p, lr: 0.005, momentum: 0.5, centered: true),
        ["rprop"] = static p => new Rprop(p, lr: 0.01),
        ["asgd"] = static p => new ASGD(p, lr: 0.05, t0: 5),
        ["lbfgs"] = static p => new LBFGS(p, lr: 0.5, maxIter: 4, lineSearchFn: "strong_wolfe"),
        ["adafactor"] = static p => new Adafactor(p, lr: 0.05),
    };

    public static TheoryData<string> Optimizers => [.. Kinds.Keys];

    private static string Data(string name) => Path.Combine(AppContext.BaseDirectory, "Data", "training", name + ".pt");

    private static TrainingCheckpoint Run(string name)
    {
        Sequential model = new(new Linear(3, 8), new BatchNorm1d(8), new Tanh(), new Linear(8, 2));
        model.Double();
        Optimizer optimizer = Kinds[name](model.Parameters());
        return new TrainingCheckpoint(model, optimizer) { Scheduler = new StepLR(optimizer, stepSize: 4, gamma: 0.5) };
    }

    private static double[] Train(TrainingCheckpoint run, Tensor x, Tensor y, int steps)
    {
        double[] losses = new double[steps];
        for (int i = 0; i < steps; i++)
        {
            losses[i] = run.Optimizer!.Step(Loss).Item();
            ((StepLR)run.Scheduler!).Step();
        }
        return losses;

        Tensor Loss()
        {
            run.Optimizer!.ZeroGrad();
            Tensor loss = Functional.MseLoss(((Sequential)run.Model).Call(x), y);
            loss.Backward();
            return loss;
        }
    }

    [Theory, MemberData(nameof(Optimizers))]
    public void Goes_on_with_the_same_losses(string name)
    {
        using Nabla.Tests.Data.OwnDefault random = new(0);
        TrainingCheckpoint run = Run(name);
        run.Load(Data(name));
        Assert.Equal((1, 10), (run.Epoch, run.Step));
        double[] expected = [.. ((List<object?>)run.Extra["losses"]!).Cast<double>()];
        double[] losses = Train(run, (Tensor)run.Extra["x"]!, (Tensor)run.Extra["y"]!, expected.Length);
        for (int i = 0; i < losses.Length; i++) Assert.Equal(expected[i], losses[i], Math.Abs(expected[i]) * 1e-12);
    }

    [Theory, MemberData(nameof(Optimizers))]
    public void State_survives_Nabla_unchanged(string name)
    {
        using Nabla.Tests.Data.OwnDefault random = new(0);
        TrainingCheckpoint run = Run(name);
        run.Load(Data(name));
        string path = Path.GetTempFileName();
        try
        {
            run.Save(path);
            IDictionary ours = (IDictionary)TorchFile.Load(path)!, theirs = (IDictionary)TorchFile.Load(Data(name))!;
            Assert.Equal(1L, ours["version"]);
            ours.Remove("version");
            Same(name, theirs, ours);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory, MemberData(nameof(Optimizers))]
    public void Files_of_Nabla_have_the_same_layout(string name)
    {
        using Nabla.Tests.Data.OwnDefault random = new(0);
        TrainingCheckpoint run = Run(name);
        run.Load(Data("nabla_" + name));
        double[] expected = [.. ((List<object?>)run.Extra["losses"]!).Cast<double>()];
        double[] losses = Train(run, (Tensor)run.Extra["x"]!, (Tensor)run.Extra["y"]!, expected.Length);
        for (int i = 0; i < losses.Length; i++) Assert.Equal(expected[i], losses[i], Math.Abs(expected[i]) * 1e-12);
    }

    /// <summary>Writes the files that tests/golden/training.py checks, into the folder of the data: run it alone, by hand.</summary>
    [Theory(Explicit = true), MemberData(nameof(Optimizers))]
    public void Write(string name)
    {
        using Nabla.Tests.Data.OwnDefault random = new(4);
        TrainingCheckpoint run = Run(name);
        Tensor x = Tensor.Randn([16, 3]).To(DType.Float64), y = Tensor.Randn([16, 2]).To(DType.Float64);
        Train(run, x, y, 10);
        (run.Epoch, run.Step) = (1, 10);
        (run.Extra["x"], run.Extra["y"]) = (x, y);
        OrderedDictionary<string, object?> before = run.Snapshot();
        double[] losses = Train(run, x, y, 10);
        run.LoadStateDict(before);
        run.Extra["losses"] = losses.Cast<object?>().ToList();
        run.Save(Path.Combine(Samples.SampleRunner.Root(), "tests", "Nabla.Tests", "Data", "training", $"nabla_{name}.pt"));
    }

    private static void Same(string place, object? expected, object? actual)
    {
        Assert.True(expected?.GetType() == actual?.GetType(), $"{place}: {expected?.GetType()} and {actual?.GetType()}");
        switch (expected)
        {
            case IDictionary map:
                Assert.Equal(map.Keys.Cast<object>(), ((IDictionary)actual!).Keys.Cast<object>());
                foreach (object key in map.Keys) Same($"{place}.{key}", map[key], ((IDictionary)actual)[key]);
                break;
            case IList list:
                Assert.Equal(list.Count, ((IList)actual!).Count);
                for (int i = 0; i < list.Count; i++) Same($"{place}[{i}]", list[i], ((IList)actual)[i]);
                break;
            case Tensor t:
                Assert.Equal((t.DType, t.Shape), (((Tensor)actual!).DType, ((Tensor)actual).Shape));
                Assert.Equal(t.To(DType.Float64).ToArray<double>(), ((Tensor)actual).To(DType.Float64).ToArray<double>());
                break;
            default:
                Assert.True(Equals(expected, actual), $"{place}: {expected} and {actual}");
                break;
        }
    }
}
