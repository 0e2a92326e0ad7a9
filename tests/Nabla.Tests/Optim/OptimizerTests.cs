using Nabla.Optim;

namespace Nabla.Tests.Optim;

public sealed class OptimizerTests
{
    private static Tensor Leaf(params ReadOnlySpan<double> values) => Tensor.From(values, requiresGrad: true);

    [Fact]
    public void GroupsHaveOptionsOfTheirOwn()
    {
        Tensor a = Leaf(1, 2), b = Leaf(3);
        SGD o = new((ParamGroup[])[new([a]), new([b]) { ["lr"] = 1, ["weight_decay"] = 0.5f }], lr: 0.1);
        Assert.Equal([0.1, 1.0], o.ParamGroups.Select(static g => g.Lr));
        Assert.Equal(0.5, o.ParamGroups[1]["weight_decay"]);
        (a.Grad, b.Grad) = (Tensor.OnesLike(a), Tensor.OnesLike(b));
        o.Step();
        Assert.Equal([0.9, 1.9], a.ToArray<double>());
        Assert.Equal([0.5], b.ToArray<double>());
        o.AddParamGroup(new([Leaf(1)]) { ["lr"] = 0.01 });
        Assert.Equal(3, o.ParamGroups.Count);
        Assert.Throws<ArgumentException>(() => o.ParamGroups[0]["typo"]);
    }

    [Fact]
    public void NamesAreKept()
    {
        ParamGroup named = new([("w", Leaf(1)), ("b", Leaf(2))]);
        SGD o = new([named]);
        Assert.Equal(["w", "b"], o.ParamGroups[0].ParamNames);
        Assert.Contains("param_names: ['w', 'b']", o.ToString());
        ArgumentException e = Assert.Throws<ArgumentException>(() => o.AddParamGroup(new([Leaf(3)])));
        Assert.StartsWith("all optimizer param groups should be with/without names. cannot add param group without names", e.Message);
        SGD other = new((ParamGroup[])[new([("x", Leaf(1)), ("y", Leaf(2))])]);
        other.LoadStateDict(o.StateDict());
        Assert.Equal(["w", "b"], other.ParamGroups[0].ParamNames);
    }

    public static TheoryData<string, string> BadArguments => new()
    {
        { "lr", "Invalid learning rate: -1.0" }, { "nan", "Invalid learning rate: nan" }, { "inf", "Invalid learning rate: inf" },
        { "momentum", "Invalid momentum value: -1.0" }, { "decay", "Invalid weight_decay value: -1.0" },
        { "nesterov", "Nesterov momentum requires a momentum and zero dampening" }, { "beta0", "Invalid beta parameter at index 0: 1.0" },
        { "beta1", "Invalid beta parameter at index 1: -0.5" }, { "eps", "Invalid epsilon value: -1e-08" },
        { "rho", "Invalid rho value: 1.5" }, { "lrdecay", "Invalid lr_decay value: -0.1" },
        { "initial", "Invalid initial_accumulator_value value: -0.1" }, { "alpha", "Invalid alpha value: -0.1" },
        { "etas", "Invalid eta values: 1.5, 1.2" }, { "mdecay", "Invalid momentum_decay value: -0.1" },
        { "empty", "optimizer got an empty parameter list" }, { "leaf", "can't optimize a non-leaf Tensor" },
        { "twice", "optimizer contains a parameter group with duplicate parameters" },
        { "both", "some parameters appear in more than one parameter group" }, { "fused", "`fused` does not support `differentiable`" },
        { "foreach", "`fused` and `foreach` cannot be `True` together." }, { "lbfgs", "LBFGS doesn't support per-parameter options" },
        { "adafactor", "Learning rate should be >= 0 but is: -1.0" }, { "clip", "Clipping threshold d should be >= 1 but is: 0.5" },
        { "beta2", "beta2_decay should be <= 0 but is: 0.8" }, { "eps1", "epsilon1 should be >= 0 but is: -1.0" },
        { "muon", "Muon only supports real parameters of at least 2 dimensions" },
    };

    [Theory, MemberData(nameof(BadArguments))]
    public void BadArgumentsAreRefusedWithPyTorchsWords(string which, string message)
    {
        Tensor[] p = [Leaf(1)];
        Func<Optimizer> make = which switch
        {
            "lr" => () => new SGD(p, lr: -1),
            "nan" => () => new Adam(p, lr: double.NaN),
            "inf" => () => new Adam(p, lr: double.PositiveInfinity),
            "momentum" => () => new SGD(p, momentum: -1),
            "decay" => () => new AdamW(p, weightDecay: -1),
            "nesterov" => () => new SGD(p, nesterov: true),
            "beta0" => () => new Adam(p, betas: (1, 0.9)),
            "beta1" => () => new Adamax(p, betas: (0.9, -0.5)),
            "eps" => () => new RAdam(p, eps: -1e-8),
            "rho" => () => new Adadelta(p, rho: 1.5),
            "lrdecay" => () => new Adagrad(p, lrDecay: -0.1),
            "initial" => () => new Adagrad(p, initialAccumulatorValue: -0.1),
            "alpha" => () => new RMSprop(p, alpha: -0.1),
            "etas" => () => new Rprop(p, etas: (1.5, 1.2)),
            "mdecay" => () => new NAdam(p, momentumDecay: -0.1),
            "empty" => () => new SGD(Array.Empty<Tensor>()),
            "leaf" => () => new SGD((Tensor[])[p[0] * 2]),
            "twice" => () => new SGD((Tensor[])[p[0], p[0]]),
            "both" => () => new SGD((ParamGroup[])[new(p), new(p)]),
            "fused" => () => new Adam(p, fused: true, differentiable: true),
            "foreach" => () => new Adam(p, fused: true, @foreach: true),
            "lbfgs" => () => new LBFGS((ParamGroup[])[new(p), new([Leaf(2)])]),
            "adafactor" => () => new Adafactor(p, lr: -1),
            "clip" => () => new Adafactor(p, d: 0.5),
            "beta2" => () => new Adafactor(p, beta2Decay: 0.8),
            "eps1" => () => new Adafactor(p, eps: (-1, 1)),
            _ => () => new Muon(p),
        };
        Assert.StartsWith(message, Assert.ThrowsAny<ArgumentException>(make).Message);
    }

    [Fact]
    public void ZeroGradDropsOrClears()
    {
        Tensor p = Leaf(1, 2);
        SGD o = new([p]);
        p.Grad = Tensor.OnesLike(p);
        o.ZeroGrad(setToNone: false);
        Assert.Equal([0.0, 0.0], p.Grad!.ToArray<double>());
        o.ZeroGrad();
        Assert.Null(p.Grad);
        o.Step();
        Assert.Equal([1.0, 2.0], p.ToArray<double>());
    }

    [Fact]
    public void HooksRunAroundSteps()
    {
        Tensor p = Leaf(1);
        SGD o = new([p]);
        List<string> calls = [];
        HookHandle all = Optimizer.RegisterOptimizerStepPreHook(x =>
        {
            // Other tests step at the same time.
            if (ReferenceEquals(x, o)) calls.Add("all");
        });
        using HookHandle before = o.RegisterStepPreHook(_ => calls.Add("before")), after = o.RegisterStepPostHook(_ => calls.Add("after"));
        o.Step(() =>
        {
            calls.Add("closure");
            return Tensor.Number(1.0);
        });
        all.Remove();
        Assert.Equal(["all", "before", "closure", "after"], calls);
        o.RegisterStateDictPostHook(static (_, d) => { d["extra"] = 1L; return null; });
        Assert.Equal(1L, o.StateDict()["extra"]);
        o.RegisterLoadStateDictPreHook(static (_, d) =>
        {
            ((System.Collections.IDictionary)((List<object?>)d["param_groups"]!)[0]!)["lr"] = 0.5;
            return d;
        });
        o.LoadStateDict(o.StateDict());
        Assert.Equal(0.5, o.ParamGroups[0].Lr);
    }

    /// <summary>A parameter whose state or gradient does not fit stops the step before the first parameter moves.</summary>
    [Fact]
    public void NothingMovesIfOneParameterDoesNotFit()
    {
        Tensor a = Leaf(1), b = Leaf(2, 3);
        Adam o = new([a, b]);
        (a.Grad, b.Grad) = (Tensor.OnesLike(a), Tensor.OnesLike(b));
        o.Step();
        double[] before = [.. a.ToArray<double>(), .. b.ToArray<double>()];
        o.State[b]["exp_avg"] = Tensor.Zeros([3], DType.Float64);
        ShapeException e = Assert.Throws<ShapeException>(o.Step);
        Assert.Contains("exp_avg", e.Message);
        Assert.Equal(before, (double[])[.. a.ToArray<double>(), .. b.ToArray<double>()]);
        Assert.Equal(1, o.State[a].Get("step").Item());
    }

    [Fact]
    public void AStepBetweenForwardAndBackwardIsNamed()
    {
        Tensor p = Leaf(2);
        SGD o = new([p]);
        Tensor y = (p * p).Sum();
        p.Grad = Tensor.OnesLike(p);
        o.Step();
        AutogradException e = Assert.Throws<AutogradException>(() => y.Backward());
        Assert.Contains("SGD.Step", e.Message);
    }

    /// <summary>Strided parameters, gradients and states: the same numbers as contiguous ones.</summary>
    [Fact]
    public void LayoutsDoNotMatter()
    {
        foreach (Func<IEnumerable<Tensor>, Optimizer> make in StateDictTests.Makers)
        {
            Tensor start = Tensor.Randn([5, 7], DType.Float64, generator: new Generator(1));
            Tensor plain = start.Clone().RequiresGrad_();
            Tensor turned = start.T.Contiguous().T.RequiresGrad_();
            Tensor gaps = Tensor.Zeros([5, 14], DType.Float64)[.., ..];
            gaps = gaps.Narrow(1, 0, 14)[.., ..].Detach();
            Tensor spread = gaps.AsStrided([5, 7], [14, 2], 1).Detach();
            spread.Copy_(start);
            spread.RequiresGrad_();
            Tensor[] all = [plain, turned, spread];
            Optimizer[] optimizers = [.. all.Select(p => make([p]))];
            for (int i = 0; i < 3; i++)
            {
                Tensor g = Tensor.Randn([5, 7], DType.Float64, generator: new Generator((ulong)i + 2));
                plain.Grad = g;
                turned.Grad = g;
                spread.Grad = g.T.Contiguous().T;
                foreach (Optimizer o in optimizers) o.Step();
            }
            Assert.True(plain.AllClose(turned, 1e-12, 1e-13), optimizers[0].GetType().Name);
            Assert.True(plain.AllClose(spread, 1e-12, 1e-13), optimizers[0].GetType().Name);
        }
    }

    [Fact]
    [Trait("Row", "4.14")]
    public void TheSameBitsForAnyNumberOfThreads()
    {
        int threads = Threads.Count;
        try
        {
            foreach (Func<IEnumerable<Tensor>, Optimizer> make in StateDictTests.Makers)
            {
                Tensor[] results = [.. ((int[])[1, 2, 5]).Select(n =>
                {
                    Threads.Count = n;
                    Tensor p = Tensor.Randn([300, 233], generator: new Generator(1)).RequiresGrad_();
                    Optimizer o = make([p]);
                    for (int i = 0; i < 2; i++)
                    {
                        p.Grad = Tensor.Randn([300, 233], generator: new Generator((ulong)i + 5));
                        o.Step();
                    }
                    return p.Detach();
                })];
                Assert.True(results[0].Equal(results[1]) && results[0].Equal(results[2]));
            }
        }
        finally { Threads.Count = threads; }
    }

    [Fact]
    public void EmptyAndScalarParametersStep()
    {
        foreach (Func<IEnumerable<Tensor>, Optimizer> make in StateDictTests.Makers)
        {
            Tensor none = Tensor.Zeros([0, 3], requiresGrad: true), one = Tensor.Ones([], requiresGrad: true);
            Tensor[] ps = make([Tensor.Ones([1, 1], requiresGrad: true)]) is Muon ? [none] : [none, one];
            Optimizer o = make(ps);
            foreach (Tensor p in ps) p.Grad = Tensor.OnesLike(p);
            o.Step();
            if (ps.Length == 2) Assert.NotEqual(1, one.Item());
        }
    }

    /// <summary>The recorded step computes what the loops compute, and gradients flow through it.</summary>
    [Fact]
    public void DifferentiableStepsAreTheSameSteps()
    {
        Func<Tensor, bool, Optimizer>[] makers =
        [
            static (p, d) => new SGD([p], lr: 0.1, momentum: 0.9, weightDecay: 0.1, nesterov: true, differentiable: d),
            static (p, d) => new Adam([p], lr: 0.1, weightDecay: 0.1, amsgrad: true, differentiable: d),
            static (p, d) => new AdamW([p], lr: 0.1, differentiable: d), static (p, d) => new NAdam([p], differentiable: d),
            static (p, d) => new RAdam([p], differentiable: d), static (p, d) => new Adamax([p], differentiable: d),
            static (p, d) => new Adadelta([p], differentiable: d), static (p, d) => new Adagrad([p], lr: 0.1, differentiable: d),
            static (p, d) => new RMSprop([p], momentum: 0.5, centered: true, differentiable: d),
            static (p, d) => new Rprop([p], differentiable: d), static (p, d) => new ASGD([p], t0: 0, differentiable: d),
            static (p, d) => new Lion([p], lr: 0.1, weightDecay: 0.1, differentiable: d),
        ];
        foreach (Func<Tensor, bool, Optimizer> make in makers)
        {
            Tensor start = Leaf(0.5, -1, 2, 0.25), plain = start.Detach().Clone().RequiresGrad_(), recorded = start.Clone();
            Optimizer a = make(plain, false), b = make(recorded, true);
            for (int i = 0; i < 3; i++)
            {
                Tensor g = Tensor.From([1.0 + i, -0.5, 0.25 * i, -2.0]);
                plain.Grad = g;
                recorded.RetainGrad();
                recorded.Grad = g;
                a.Step();
                b.Step();
            }
            Assert.True(plain.AllClose(recorded, 1e-13, 1e-14), a.GetType().Name);
            recorded.Grad = null;
            Tensor grad = Autograd.Grad([recorded.Sum()], [start])[0]!;
            Assert.True((bool)grad.IsFinite().All());
            if (a is SGD) Assert.False(grad.Equal(Tensor.OnesLike(grad)));
        }
    }

    [Fact]
    public void LearningRatesMayBeTensors()
    {
        Tensor p = Leaf(1), lr = Tensor.Of(0.5);
        SGD o = new([p]);
        o.ParamGroups[0]["lr"] = lr;
        p.Grad = Tensor.OnesLike(p);
        o.Step();
        Assert.Equal(0.5, p.Item());
        ExponentialLR s = new(o, 0.5);
        s.Step();
        Assert.Equal(0.25, lr.Item());
    }

    [Fact]
    public void LbfgsPutsEverythingBackIfTheClosureFails()
    {
        Tensor p = Leaf(3, -2);
        LBFGS o = new([p], lineSearchFn: "strong_wolfe");
        int calls = 0;
        Tensor Closure()
        {
            o.ZeroGrad();
            Tensor loss = p.Square().Sum() + p.Sin().Sum();
            loss.Backward();
            return ++calls == 2 ? throw new InvalidOperationException("no more") : loss;
        }
        Assert.Equal("no more", Assert.Throws<InvalidOperationException>(() => o.Step(Closure)).Message);
        Assert.Equal([3.0, -2.0], p.ToArray<double>());
        Assert.Empty(o.State);
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(o.Step);
        Assert.StartsWith("step() missing 1 required positional argument: 'closure'", e.Message);
        o.Step(Closure);
        Assert.True(p.Abs().Max().Item() < 2);
    }

    /// <summary>Lion's and Muon's formulas, by hand.</summary>
    [Fact]
    public void LionAndMuonFollowTheirPapers()
    {
        Tensor p = Leaf(1, -1);
        Lion lion = new([p], lr: 0.1, weightDecay: 0.5);
        p.Grad = Tensor.From([2.0, -3.0]);
        lion.Step();
        Assert.Equal([1 * 0.95 - 0.1, -1 * 0.95 + 0.1], p.ToArray<double>());
        Assert.True(lion.State[p].Get("exp_avg").AllClose(Tensor.From([0.02, -0.03])));

        Tensor w = Tensor.Zeros([4, 2], DType.Float64, requiresGrad: true);
        Muon muon = new([w], lr: 1, momentum: 0, nesterov: false, nsSteps: 5);
        w.Grad = Tensor.Randn([4, 2], DType.Float64, generator: new Generator(3));
        muon.Step();
        double[] values = LinAlg.SvdVals(w.Detach() / Math.Sqrt(2)).ToArray<double>();
        Assert.All(values, static v => Assert.InRange(v, 0.65, 1.25));
        (Tensor u, _, Tensor v) = LinAlg.Svd(w.Grad!, fullMatrices: false);
        Tensor overlap = u.T.MatMul(w.Detach()).MatMul(v.T);
        Assert.True(overlap.Diagonal().Sum().Item() < 0);
        Assert.True((overlap - overlap.Diagonal().Diag()).Abs().Max().Item() < 1e-6);
    }
}
