using Nabla.Nn;
using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>A profiler holds for the whole process, so these tests run alone.</summary>
[Collection(AnomalyCollection.Name)]
public sealed class ProfilerTests
{
    internal sealed class Layer(long inputs, long outputs) : Module<Tensor, Tensor>
    {
        private readonly Tensor weight = Parameter.Of(Tensor.Ones([outputs, inputs]) * 0.1);
        private readonly Tensor bias = Parameter.Of(Tensor.Zeros([outputs]));

        protected override Tensor Forward(Tensor input) => Functional.Linear(input, weight, bias);
    }

    internal sealed class Net : Module<Tensor, Tensor>
    {
        private readonly Layer fc1 = new(4, 8), fc2 = new(8, 3);

        protected override Tensor Forward(Tensor input) => fc2.Call(fc1.Call(input).Relu());
    }

    private static readonly Tensor W = Tensor.Ones([4, 5], requiresGrad: true);

    private static Profiler Record(Action body, bool shapes = false, bool memory = false, bool stack = false, bool modules = false,
        bool flops = false)
    {
        Profiler profiler = Profiler.Start(shapes, memory, stack, modules, flops);
        try { body(); }
        finally { profiler.Dispose(); }
        return profiler;
    }

    private static ProfilerEvent Only(Profiler profiler, string name) => Assert.Single(profiler.Events, e => e.Name == name);

    [Fact]
    [Trait("Row", "1.15")]
    public void Operations_and_the_nodes_of_a_backward_are_events()
    {
        Profiler profiler = Record(() => Tensor.Ones([2, 4]).Mm(W).Tanh().Sum().Backward());
        string[] names = [.. profiler.Events.Select(static e => e.Name)];
        Assert.Equal(["aten::mm", "aten::tanh", "aten::sum"], names[..3]);
        Assert.Contains("autograd::engine::evaluate_function: MmBackward0", names);
        ProfilerEvent mm = profiler.Events.Last(static e => e.Name == "aten::mm"), rule = mm.Parent!;
        Assert.Equal("MmBackward0", rule.Name);
        Assert.Equal(ProfilerScope.BackwardFunction, rule.Scope);
        Assert.Equal("autograd::engine::evaluate_function: MmBackward0", rule.Parent!.Name);
        Assert.Null(rule.Parent.Parent);
        ProfilerEvent leaf = Only(profiler, "torch::autograd::AccumulateGrad");
        Assert.Equal("autograd::engine::evaluate_function: torch::autograd::AccumulateGrad", leaf.Parent!.Name);
        W.Grad = null;
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Sequence_number_and_thread_lead_from_an_operation_to_its_backward()
    {
        Tensor? y = null;
        Profiler profiler = Record(() =>
        {
            y = Tensor.Ones([2, 4]).Mm(W);
            y.Sum().Backward();
        });
        ProfilerEvent forward = profiler.Events.First(static e => e.Name == "aten::mm");
        ProfilerEvent turn = Only(profiler, "autograd::engine::evaluate_function: MmBackward0"), rule = Only(profiler, "MmBackward0");
        Assert.Equal(y!.GradFn!.SequenceNumber, forward.SequenceNumber);
        Assert.Equal(forward.SequenceNumber, turn.SequenceNumber);
        Assert.Equal(forward.SequenceNumber, rule.SequenceNumber);
        Assert.Equal((forward.Thread, forward.Thread), (turn.ForwardThread, rule.ForwardThread));
        Assert.Equal(0, forward.ForwardThread);
        Assert.Equal(-1, profiler.Events.Last(static e => e.Name == "aten::mm").SequenceNumber);
        W.Grad = null;
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Backward_on_another_thread_names_the_thread_of_its_forward()
    {
        Profiler profiler = Record(static () =>
        {
            Tensor y = Leaf(1, 2).Exp();
            Thread thread = new(() => y.Sum().Backward()) { Name = "worker" };
            thread.Start();
            thread.Join();
        });
        ProfilerEvent forward = Only(profiler, "aten::exp"), rule = Only(profiler, "ExpBackward0");
        Assert.NotEqual(forward.Thread, rule.Thread);
        Assert.Equal(forward.Thread, rule.ForwardThread);
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Operations_in_place_have_an_underscore()
    {
        Profiler profiler = Record(static () =>
        {
            Tensor x = Plain(1, 2);
            x.Mul_(2).Exp_();
            x.Uniform_();
        });
        Assert.Equal(["aten::mul_", "aten::exp_", "aten::uniform_"], profiler.Events.Select(static e => e.Name));
    }

    [Theory]
    [InlineData("MaxPool2DWithIndicesBackward0", "max_pool2d_with_indices"), InlineData("LeakyReluBackward1", "leaky_relu")]
    [InlineData("SigmoidBackwardBackward0", "sigmoid_backward"), InlineData("SliceBackward0Backward0", "slice_backward")]
    [InlineData("LogSoftmaxBackward0", "_log_softmax"), InlineData("Log1PBackward0", "log1p"), InlineData("TBackward0", "t")]
    [InlineData("GridSampler2DBackward0", "grid_sampler_2d"), InlineData("Im2ColBackward0", "im2col"), InlineData("Eq", "eq")]
    [InlineData("UpsampleBilinear2DBackward0", "upsample_bilinear2d"), InlineData("Overwrite`1", "overwrite")]
    [Trait("Row", "1.15")]
    public void Names_of_operations_follow_from_those_of_nodes(string node, string name) => Assert.Equal(name, OperatorNames.Of(node));

    [Fact]
    [Trait("Row", "1.15")]
    public void Parts_of_the_program_have_names()
    {
        Profiler profiler = Record(static () =>
        {
            using (Profiler.RecordFunction("outer", "epoch 3"))
            {
                Profiler.RecordFunction("inner", static () => { Plain(1, 2).Exp(); });
                Assert.Equal(5, Profiler.RecordFunction("value", static () => 5));
            }
        });
        ProfilerEvent outer = Only(profiler, "outer"), inner = Only(profiler, "inner"), exp = Only(profiler, "aten::exp");
        Assert.Equal((ProfilerScope.User, "epoch 3"), (outer.Scope, outer.Arguments));
        Assert.Same(outer, inner.Parent);
        Assert.Same(inner, exp.Parent);
        Assert.Same(outer, Only(profiler, "value").Parent);
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void A_part_may_end_on_another_thread()
    {
        Profiler profiler = Profiler.Start();
        using (profiler)
        {
            RecordedFunction part = Profiler.RecordFunction("part");
            Plain(1, 2).Exp();
            Thread other = new(part.Dispose);
            other.Start();
            other.Join();
            Record();
        }
        Assert.True(Only(profiler, "part").IsAsync);
        Assert.Equal(0, Only(profiler, "part").SelfCpuTimeTotal);
        Assert.Null(Only(profiler, "aten::exp").Parent);
        Assert.Null(Only(profiler, "aten::log").Parent);
        Assert.Equal(profiler.SelfCpuTimeTotal, profiler.Events.Where(static e => !e.IsAsync).Sum(static e => e.CpuTimeTotal), 6);

        static void Record() => Plain(1, 2).Log();
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Times_of_events_alone_add_up_to_the_whole()
    {
        Net net = new();
        Profiler profiler = Record(() =>
        {
            using (Profiler.RecordFunction("step")) net.Call(Tensor.Ones([16, 4])).Square().Mean().Backward();
        }, modules: true);
        IReadOnlyList<ProfilerEvent> events = profiler.Events;
        Assert.All(events, static e => Assert.True(e.SelfCpuTimeTotal >= 0 && e.CpuTimeTotal >= e.SelfCpuTimeTotal, e.ToString()));
        double top = events.Where(static e => e.Parent is null).Sum(static e => e.CpuTimeTotal);
        Assert.Equal(top, profiler.SelfCpuTimeTotal, 6);
        Assert.Equal(top, profiler.KeyAverages().SelfCpuTimeTotal, 6);
        Assert.Equal(top, profiler.TotalAverage.SelfCpuTimeTotal, 6);
        Assert.Equal(events.Count, profiler.TotalAverage.Count);
        Assert.All(events, e => Assert.True(e.Parent is not { } p
            || (p.StartTime <= e.StartTime && e.StartTime + e.CpuTimeTotal <= p.StartTime + p.CpuTimeTotal + 1e-6)));
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Memory_of_events_alone_adds_up_too()
    {
        Profiler profiler = Record(static () =>
        {
            using RecordedFunction step = Profiler.RecordFunction("step");
            Tensor x = Tensor.Ones([8, 16]);
            x.Exp();
            x.View([128]);
        }, memory: true);
        ProfilerEvent step = Only(profiler, "step");
        Assert.Equal((512, 512), (Only(profiler, "aten::exp").CpuMemoryUsage, Only(profiler, "aten::exp").SelfCpuMemoryUsage));
        Assert.Equal(0, Only(profiler, "aten::view").CpuMemoryUsage);
        Assert.Equal((1024, 512), (step.CpuMemoryUsage, step.SelfCpuMemoryUsage));
        Assert.Equal(1024, profiler.TotalAverage.SelfCpuMemoryUsage);
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Products_and_convolutions_count_two_for_each_term()
    {
        Profiler profiler = Record(static () =>
        {
            Tensor.Ones([2, 3]).Mm(Tensor.Ones([3, 5]));
            Tensor.Ones([4, 2, 3]).Bmm(Tensor.Ones([4, 3, 5]));
            Tensor.Ones([5]).AddMm(Tensor.Ones([2, 3]), Tensor.Ones([3, 5]));
            Functional.Conv2d(Tensor.Ones([2, 4, 6, 6]), Tensor.Ones([8, 2, 3, 3]), groups: 2);
            Functional.ConvTranspose1d(Tensor.Ones([2, 4, 6]), Tensor.Ones([4, 3, 2]), Tensor.Ones([3]));
            Tensor.Ones([2, 3]).Exp();
        }, flops: true);
        Assert.Equal([60, 240, 60, 2 * 8 * 16 * 2 * 18, 2 * 4 * 6 * 2 * 6], profiler.Events.Select(static e => e.Flops).Where(f => f > 0));
        Assert.Equal(60 + 240 + 60 + 9216 + 576, profiler.TotalFlops);
        Assert.Equal(60, profiler.FlopCounts()["Global"]["aten::addmm"]);
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Modules_are_events_and_the_backward_knows_them()
    {
        Net net = new();
        Profiler profiler = Record(() => net.Call(Tensor.Ones([2, 4])).Sum().Backward(), modules: true, flops: true);
        string[] modules = [.. profiler.Events.Where(static e => e.Scope == ProfilerScope.Module).Select(static e => e.ModulePath)];
        Assert.Equal(["Net", "Net.fc1", "Net.fc2"], modules);
        Assert.Equal(2, profiler.KeyAverages()["nn.Module: Layer"].Count);
        IEnumerable<ProfilerEvent> rules = profiler.Events.Where(static e => e.Name == "AddmmBackward0");
        Assert.Equal(["Net.fc2", "Net.fc1"], rules.Select(static e => e.ModulePath));
        var counts = profiler.FlopCounts();
        // Forward, and two products backward for fc2, one for fc1, whose input needs no gradient.
        Assert.Equal(2 * 2 * 4 * 8, counts["Net.fc1"]["aten::addmm"]);
        Assert.Equal(2 * (2 * 2 * 8 * 3), counts["Net.fc2"]["aten::mm"]);
        Assert.Equal(counts["Global"].Values.Sum(), counts["Net"].Values.Sum());
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void A_backward_shows_the_calls_that_led_to_its_forward()
    {
        Profiler profiler = Record(static () => Leaf(1, 2).Exp().Sum().Backward(), stack: true);
        string forward = Only(profiler, "aten::exp").Stack[0];
        Assert.Contains(nameof(ProfilerTests), forward);
        Assert.Equal(forward, Only(profiler, "ExpBackward0").Stack[0]);
        Assert.Equal(forward, profiler.Events.First(static e => e.Parent is { Name: "ExpBackward0" }).Stack[0]);
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void An_operation_that_calls_only_itself_is_one_event()
    {
        Func<Tensor, Tensor> f = Func.Vmap(static x => x.Exp());
        Profiler profiler = Record(() => f(Tensor.Ones([3, 2])));
        Assert.Single(profiler.Events, static e => e.Name == "aten::exp");
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void What_fails_ends_too()
    {
        Profiler profiler = Record(static () =>
        {
            using (Profiler.RecordFunction("step")) Assert.Throws<ShapeException>(static () => Plain(1, 2) + Plain(1, 2, 3));
            Plain(1, 2).Exp();
        });
        Assert.Same(Only(profiler, "step"), Only(profiler, "aten::add").Parent);
        Assert.Null(Only(profiler, "aten::exp").Parent);
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Hooks_belong_to_the_turn_of_their_node()
    {
        Tensor x = Leaf(1, 2);
        x.RegisterPostAccumulateGradHook(static p => p.Grad!.Neg());
        Profiler profiler = Record(() => x.Exp().Sum().Backward());
        Assert.Equal("autograd::engine::evaluate_function: torch::autograd::AccumulateGrad", Only(profiler, "aten::neg").Parent!.Name);
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void One_profiler_runs_at_a_time_and_can_be_read_meanwhile()
    {
        using Profiler profiler = Profiler.Start();
        Assert.True(Profiler.IsEnabled);
        Refuses("Profiler is already enabled", static () => Profiler.Start());
        using (Profiler.RecordFunction("open"))
        {
            Plain(1, 2).Exp();
            Assert.Null(Assert.Single(profiler.Events).Parent);
        }
        Assert.Equal("open", Only(profiler, "aten::exp").Parent!.Name);
        profiler.Dispose();
        profiler.Dispose();
        Assert.False(Profiler.IsEnabled);
        Plain(1, 2).Exp();
        Assert.Equal(2, profiler.Events.Count);
        Record(static () => { });
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Without_a_profiler_nothing_is_noted_or_allocated()
    {
        Tensor x = Leaf(1, 2);
        Tensor y = x.Exp();
        Assert.Null(y.GradFn!.Extra);
        long before = 0, after = 0;
        for (int i = 0; i < 3; i++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            for (int n = 0; n < 100; n++)
                using (Profiler.RecordFunction("step", "args")) { }
            after = GC.GetAllocatedBytesForCurrentThread();
        }
        Assert.Equal(before, after);
        Assert.False(NodeWatch.On);
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Results_are_the_same_under_a_profiler()
    {
        Net net = new();
        Tensor x = Tensor.Rand([5, 4]);
        Tensor Loss() => net.Call(x).LogSoftmax(-1).Square().Mean();
        double[] plain = Gradients();
        Record(() => Assert.Equal(plain, Gradients()), shapes: true, memory: true, stack: true, modules: true, flops: true);

        double[] Gradients() => [.. Autograd.Grad(Loss(), [.. net.Parameters()]).SelectMany(static g => Values(g))];
    }
}
