using System.Collections;
using System.Text.Json;
using Nabla.Conformance;
using Nabla.Optim;

namespace Nabla.Tests.Optim;

/// <summary>State dictionaries have PyTorch's keys, in its order, and its types; whoever loads one goes on as if never stopped.</summary>
public sealed class StateDictTests
{
    [Fact]
    public void OptimizersPrintAndSaveAsPyTorchDoes()
    {
        foreach (JsonElement entry in Golden.Section("layouts"))
        {
            (Tensor w, Tensor b, Func<Tensor> loss) = Golden.TwoParameters();
            string name = entry.GetProperty("name").GetString()!;
            Optimizer o = Constructor.Call<Optimizer>(name, entry.GetProperty("kwargs"), (object)new Tensor[] { w, b });
            Assert.Equal(entry.GetProperty("repr").GetString(), o.ToString());
            o.Step(Closure(o, loss));
            OrderedDictionary<string, object?> state = o.StateDict();
            if (name == "LBFGS")
            {
                IDictionary first = (IDictionary)((OrderedDictionary<long, object?>)state["state"]!)[0]!;
                foreach (string k in (string[])["t", "prev_loss", "H_diag", "al", "old_dirs", "old_stps", "ro"])
                {
                    Assert.True(first.Contains(k), k);
                    first[k] = null;
                }
            }
            Assert.Equal(Golden.Compact(entry.GetProperty("state")), Golden.Notation(state));
        }
    }

    private static Func<Tensor> Closure(Optimizer o, Func<Tensor> loss) => () =>
    {
        o.ZeroGrad();
        Tensor l = loss();
        l.Backward();
        return l;
    };

    private static readonly Dictionary<string, Func<Optimizer, LRScheduler>> Schedulers = new()
    {
        ["LambdaLR"] = static o => new LambdaLR(o, static e => Math.Pow(0.9, e)),
        ["MultiplicativeLR"] = static o => new MultiplicativeLR(o, static e => 0.9),
        ["StepLR"] = static o => new StepLR(o, 3),
        ["MultiStepLR"] = static o => new MultiStepLR(o, [3, 5, 5]),
        ["ConstantLR"] = static o => new ConstantLR(o),
        ["LinearLR"] = static o => new LinearLR(o),
        ["ExponentialLR"] = static o => new ExponentialLR(o, 0.9),
        ["CosineAnnealingLR"] = static o => new CosineAnnealingLR(o, 10),
        ["CosineAnnealingWarmRestarts"] = static o => new CosineAnnealingWarmRestarts(o, 10),
        ["PolynomialLR"] = static o => new PolynomialLR(o),
        ["CyclicLR"] = static o => new CyclicLR(o, 0.01, 0.1),
        ["OneCycleLR"] = static o => new OneCycleLR(o, 0.1, totalSteps: 10, threePhase: true),
        ["ReduceLROnPlateau"] = static o => new ReduceLROnPlateau(o),
        ["SWALR"] = static o => new SWALR(o, 0.05),
        ["SequentialLR"] = static o => new SequentialLR(o, [new ConstantLR(o), new ExponentialLR(o, 0.9)], [4]),
        ["ChainedScheduler"] = static o => new ChainedScheduler([new ConstantLR(o), new ExponentialLR(o, 0.9)]),
    };

    private static void Step(Optimizer o, LRScheduler s)
    {
        o.Step();
        if (s is ReduceLROnPlateau plateau) plateau.Step(1.0);
        else s.Step();
    }

    [Fact]
    public void SchedulersSaveAsPyTorchDoes()
    {
        foreach (JsonElement entry in Golden.Section("schedulers"))
        {
            SGD o = new([Tensor.Ones([2], requiresGrad: true)], lr: 0.1, momentum: 0.9);
            LRScheduler s = Schedulers[entry.GetProperty("name").GetString()!](o);
            Step(o, s);
            Step(o, s);
            Same(entry.GetProperty("state"), s.StateDict());
            OrderedDictionary<string, object?> group = new(o.ParamGroups[0].Select(static p => KeyValuePair.Create(p.Key, p.Value)));
            Same(entry.GetProperty("group"), group);
        }
    }

    // Numbers may differ in their last digits.
    private static void Same(JsonElement expected, object? actual)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Array:
                Assert.Equal(expected.GetArrayLength(), ((IList)actual!).Count);
                for (int i = 0; i < expected.GetArrayLength(); i++) Same(expected[i], ((IList)actual)[i]);
                break;
            case JsonValueKind.Object when expected.TryGetProperty("f", out JsonElement f):
                double number = f.GetString() is "inf" ? double.PositiveInfinity
                    : double.Parse(f.GetString()!, System.Globalization.CultureInfo.InvariantCulture);
                Assert.Equal(number, Assert.IsType<double>(actual), 1e-14);
                break;
            case JsonValueKind.Object when expected.TryGetProperty("dict", out JsonElement dict):
                IDictionary d = (IDictionary)actual!;
                Assert.Equal(dict.EnumerateArray().Select(static p => Golden.Compact(p[0])), d.Keys.Cast<object>().Select(Golden.Notation));
                foreach ((JsonElement pair, object key) in dict.EnumerateArray().Zip(d.Keys.Cast<object>())) Same(pair[1], d[key]);
                break;
            default:
                Assert.Equal(Golden.Compact(expected), Golden.Notation(actual));
                break;
        }
    }

    /// <summary>Ten steps are five steps, a state dictionary, and five steps more, bit for bit.</summary>
    [Fact]
    public void TrainingGoesOnExactly()
    {
        foreach (string scheduler in Schedulers.Keys)
        {
            foreach (DType dtype in (DType[])[DType.Float32, DType.BFloat16, DType.Float64])
            {
                foreach (Func<IEnumerable<Tensor>, Optimizer> make in Makers)
                {
                    (Tensor p, Optimizer o) = Start(make, dtype);
                    bool momentum = o.Defaults.ContainsKey("momentum") || o.Defaults.ContainsKey("betas");
                    if (!momentum && scheduler is "CyclicLR" or "OneCycleLR") continue;
                    LRScheduler s = Schedulers[scheduler](o);
                    Train(p, o, s, 0, 5);
                    OrderedDictionary<string, object?> state = o.StateDict(), schedule = s.StateDict();
                    (Tensor q, Optimizer other) = Start(make, dtype);
                    LRScheduler t = Schedulers[scheduler](other);
                    using (Autograd.NoGrad()) q.Copy_(p);
                    other.LoadStateDict(state);
                    t.LoadStateDict(schedule);
                    Train(p, o, s, 5, 10);
                    Train(q, other, t, 5, 10);
                    Assert.True(p.Equal(q), $"{o.GetType().Name} with {scheduler}");
                    Assert.Equal(s.GetLastLr(), t.GetLastLr());
                }
            }
        }
    }

    internal static readonly Func<IEnumerable<Tensor>, Optimizer>[] Makers =
    [
        static p => new SGD(p, momentum: 0.9, nesterov: true), static p => new Adam(p, amsgrad: true), static p => new AdamW(p),
        static p => new NAdam(p), static p => new RAdam(p), static p => new Adamax(p), static p => new Adadelta(p),
        static p => new Adagrad(p), static p => new RMSprop(p, momentum: 0.9, centered: true), static p => new Rprop(p),
        static p => new ASGD(p, t0: 3), static p => new Adafactor(p), static p => new Lion(p), static p => new Muon(p),
    ];

    private static (Tensor, Optimizer) Start(Func<IEnumerable<Tensor>, Optimizer> make, DType dtype)
    {
        Tensor p = Tensor.Arange(12.0).View([3, 4]).To(dtype).RequiresGrad_();
        return (p, make([p]));
    }

    private static void Train(Tensor p, Optimizer o, LRScheduler s, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            o.ZeroGrad();
            (p * (i % 3 - 1.5)).Sin().Sum().Backward();
            Step(o, s);
        }
    }

    [Fact]
    public void LbfgsGoesOnExactly()
    {
        (Tensor w, Tensor b, Func<Tensor> loss) = Golden.TwoParameters();
        LBFGS o = new([w, b], maxIter: 3, historySize: 4, lineSearchFn: "strong_wolfe");
        for (int i = 0; i < 3; i++) o.Step(Closure(o, () => loss() + (w - b).Sin().Sum()));
        (Tensor v, Tensor c, Func<Tensor> other) = Golden.TwoParameters();
        using (Autograd.NoGrad())
        {
            v.Copy_(w);
            c.Copy_(b);
        }
        LBFGS second = new([v, c]);
        second.LoadStateDict(o.StateDict());
        for (int i = 0; i < 3; i++)
        {
            o.Step(Closure(o, () => loss() + (w - b).Sin().Sum()));
            second.Step(Closure(second, () => other() + (v - c).Sin().Sum()));
        }
        Assert.True(w.Equal(v) && b.Equal(c));
    }

    [Fact]
    public void AnyDictionariesAreTaken()
    {
        (Tensor w, Tensor b, _) = Golden.TwoParameters();
        Adam o = new([w, b]);
        Hashtable group = new() { ["lr"] = 0.25, ["betas"] = new object?[] { 0.5, 0.75 }, ["params"] = new List<object?> { 0, 1 } };
        Hashtable first = new() { ["step"] = 3L, ["exp_avg"] = Tensor.Ones([2, 3], DType.Float64), ["exp_avg_sq"] = Tensor.Ones([2, 3]) };
        o.LoadStateDict(new OrderedDictionary<object, object?>
        {
            ["state"] = new Dictionary<int, object?> { [0] = first },
            ["param_groups"] = new object?[] { group },
        });
        Assert.Equal(0.25, o.ParamGroups[0].Lr);
        Assert.Equal(1e-8, o.ParamGroups[0]["eps"]);
        Assert.Equal(3, o.State[w].Get("step").Item());
        Assert.Equal(DType.Float32, o.State[w].Get("exp_avg").DType);
        Assert.False(o.State.ContainsKey(b));
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedAndNothingChanges()
    {
        (Tensor w, Tensor b, Func<Tensor> loss) = Golden.TwoParameters();
        Adam o = new([w, b]);
        o.Step(Closure(o, loss));
        string before = Golden.Notation(o.StateDict());
        Adam other = new([Tensor.Ones([3, 2], requiresGrad: true), Tensor.Ones([3], requiresGrad: true)], lr: 0.5);
        other.Step(Closure(other, () => (other.ParamGroups[0].Params[0].Sum() + other.ParamGroups[0].Params[1].Sum()).Square()));
        Assert.Throws<ShapeException>(() => o.LoadStateDict(other.StateDict()));
        ArgumentException e = Assert.Throws<ArgumentException>(() => o.LoadStateDict(new Adam([w]).StateDict()));
        Assert.StartsWith("loaded state dict contains a parameter group that doesn't match the size of optimizer's group", e.Message);
        e = Assert.Throws<ArgumentException>(() => o.LoadStateDict(new Adam((ParamGroup[])[new([w]), new([b])]).StateDict()));
        Assert.StartsWith("loaded state dict has a different number of parameter groups", e.Message);
        Assert.Throws<ArgumentException>(() => o.LoadStateDict(new Hashtable()));
        Assert.Equal(before, Golden.Notation(o.StateDict()));
    }
}
