using Nabla.Optim;

namespace Nabla.Tests.Optim;

public sealed class SchedulerTests
{
    private static SGD Make(double momentum = 0.9) => new([Tensor.Ones([1], requiresGrad: true)], lr: 0.1, momentum: momentum);

    [Fact]
    public void BadArgumentsAreRefusedWithPyTorchsWords()
    {
        SGD o = Make();
        (Func<LRScheduler> Make, string Message)[] bad =
        [
            (() => new LambdaLR(o, [static _ => 1, static _ => 1]), "Expected 1 lr_lambdas, but got 2"),
            (() => new ConstantLR(o, factor: 2), "Constant multiplicative factor expected to be between 0 and 1."),
            (() => new LinearLR(o, startFactor: 0), "Starting multiplicative factor expected to be greater than 0 and less or equal to 1."),
            (() => new LinearLR(o, endFactor: 2), "Ending multiplicative factor expected to be between 0 and 1."),
            (() => new StepLR(o, 0), "Expected positive integer step_size, but got 0"),
            (() => new CosineAnnealingLR(o, 0), "Expected positive integer T_max, but got 0"),
            (() => new CosineAnnealingWarmRestarts(o, 0), "Expected positive integer T_0, but got 0"),
            (() => new CosineAnnealingWarmRestarts(o, 1, 0), "Expected integer T_mult >= 1, but got 0"),
            (() => new CyclicLR(o, 0.1, 0.2, mode: "square"), "mode is invalid and scale_fn is None"),
            (() => new CyclicLR(new Adagrad(o.ParamGroups[0].Params), 0.1, 0.2),
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"),
            (() => new CyclicLR(o, [0.1, 0.2], [0.3, 0.4]), "base_lr must have the same length as optimizer.param_groups. base_lr has 2"),
            (() => new OneCycleLR(o, 0.1), "You must define either total_steps OR (epochs AND steps_per_epoch)"),
            (() => new OneCycleLR(o, 0.1, totalSteps: 0), "Expected positive integer total_steps, but got 0"),
            (() => new OneCycleLR(o, 0.1, totalSteps: 5, pctStart: 2), "Expected float between 0 and 1 pct_start, but got 2.0"),
            (() => new OneCycleLR(o, 0.1, totalSteps: 5, annealStrategy: "x"), "anneal_strategy must be one of 'cos' or 'linear'"),
            (() => new ReduceLROnPlateau(o, factor: 1), "Factor should be < 1.0."),
            (() => new ReduceLROnPlateau(o, mode: "x"), "mode x is unknown!"),
            (() => new ReduceLROnPlateau(o, thresholdMode: "x"), "threshold mode x is unknown!"),
            (() => new ReduceLROnPlateau(o, [0.1, 0.2]), "expected 1 min_lrs, got 2"),
            (() => new SWALR(o, 0.1, annealStrategy: "x"), "anneal_strategy must by one of 'cos' or 'linear', instead got x"),
            (() => new SWALR(o, 0.1, annealEpochs: -1), "anneal_epochs must be equal or greater than 0, got -1"),
            (() => new SequentialLR(o, [], []), "SequentialLR expects at least one scheduler, but got no scheduler."),
            (() => new SequentialLR(o, [new StepLR(o, 1)], [1]), "Sequential Schedulers expects number of schedulers"),
            (() => new SequentialLR(o, [new ReduceLROnPlateau(o)], []), "SequentialLR does not support `ReduceLROnPlateau` scheduler"),
            (() => new ChainedScheduler([]), "ChainedScheduler expects at least one scheduler to be chained, but got no scheduler."),
            (() => new ChainedScheduler([new StepLR(o, 1), new StepLR(Make(), 1)]),
                "ChainedScheduler expects all schedulers to belong to the same optimizer"),
            (() => new StepLR(Make(), 1, lastEpoch: 3), "param 'initial_lr' is not specified in param_groups[0] when resuming"),
        ];
        foreach ((Func<LRScheduler> make, string message) in bad)
            Assert.StartsWith(message, Assert.ThrowsAny<ArgumentException>(make).Message);
    }

    [Fact]
    public void StepsBeyondTheCycleFail()
    {
        SGD o = Make();
        OneCycleLR s = new(o, 0.1, totalSteps: 2);
        s.Step();
        s.Step();
        double lr = o.ParamGroups[0].Lr;
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(s.Step);
        Assert.StartsWith("Tried to step 3 times. The specified number of total steps is 2", e.Message);
        Assert.Equal((lr, 2), (o.ParamGroups[0].Lr, s.LastEpoch));
    }

    /// <summary>Going to an epoch gives what stepping there gives.</summary>
    [Fact]
    public void FormulasFromTheBeginningAgreeWithSteps()
    {
        Func<Optimizer, LRScheduler>[] makers =
        [
            static o => new StepLR(o, 3, 0.5), static o => new MultiStepLR(o, [2, 4, 4], 0.3), static o => new ExponentialLR(o, 0.8),
            static o => new LinearLR(o, 0.2, 0.9, 6), static o => new ConstantLR(o, 0.3, 4), static o => new PolynomialLR(o, 7, 1.5),
            static o => new CosineAnnealingLR(o, 5, 0.01), static o => new LambdaLR(o, static e => 1.0 / (1 + e)),
            static o => new CosineAnnealingWarmRestarts(o, 3, 2), static o => new CyclicLR(o, 0.1, 0.4, 3),
        ];
        foreach (Func<Optimizer, LRScheduler> make in makers)
        {
            SGD a = Make(), b = Make();
            LRScheduler steps = make(a), jumps = make(b);
            for (int epoch = 1; epoch < 12; epoch++)
            {
                steps.Step();
                jumps.Step(epoch);
                Assert.Equal(steps.GetLastLr()[0], jumps.GetLastLr()[0], 1e-12);
            }
        }
    }

    [Fact]
    public void MomentumOfAdamIsItsFirstBeta()
    {
        Adam o = new([Tensor.Ones([1], requiresGrad: true)]);
        CyclicLR s = new(o, 0.1, 0.2, stepSizeUp: 2);
        s.Step();
        Assert.Equal([0.85, 0.999], ((object?[])o.ParamGroups[0]["betas"]!).Select(static x => Math.Round((double)x!, 12)));
    }

    [Fact]
    public void PlateauTakesTensors()
    {
        SGD o = Make();
        ReduceLROnPlateau s = new(o, patience: 0, factor: 0.5);
        s.Step(Tensor.Of(1.0));
        s.Step(Tensor.Of(1.0));
        Assert.Equal((0.05, 1.0), (o.ParamGroups[0].Lr, s.Best));
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(((LRScheduler)s).Step);
        Assert.StartsWith("step() missing 1 required positional argument: 'metrics'", e.Message);
        s.Step(1);
        Assert.Equal(0.025, o.ParamGroups[0].Lr);
    }

    private sealed class Halving : LRScheduler
    {
        internal Halving(Optimizer optimizer) : base(optimizer) => Start();

        protected override IEnumerable<double> GetLr() => BaseLrs.Select(lr => lr / (LastEpoch + 1));
    }

    [Fact]
    public void UsersWriteTheirOwn()
    {
        SGD o = Make();
        Halving s = new(o);
        s.Step();
        Assert.Equal(0.05, o.ParamGroups[0].Lr);
        Halving t = new(Make());
        t.LoadStateDict(s.StateDict());
        Assert.Equal((1, 0.05), (t.LastEpoch, t.GetLastLr()[0]));
        Dictionary<string, object?> bad = new() { ["_last_lr"] = new List<object?> { 9.0 }, ["last_epoch"] = "x" };
        Assert.Throws<ArgumentException>(() => t.LoadStateDict(bad));
        Assert.Equal((1, 0.05), (t.LastEpoch, t.GetLastLr()[0]));
    }
}
