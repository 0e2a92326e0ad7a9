using Nabla.Nn;

namespace Nabla.Tests.Nn;

/// <summary>Members, modes, state dicts, copies and conversions of modules.</summary>
public sealed class ModuleTests
{
    private sealed class Net : Module<Tensor, Tensor>
    {
        private readonly Linear fc1 = new(3, 4), fc2 = new(4, 2);
        private readonly BatchNorm1d norm = new(4);
        private readonly Dictionary<string, Linear> heads = new() { ["a"] = new(2, 2), ["b"] = new(2, 2) };
        private readonly Linear[] more = [new(2, 2, bias: false)];

        public Tensor Scale { get; private set; } = Parameter.Of(Tensor.Ones(1));

        [field: Buffer(Persistent = false)]
        public Tensor Seen { get; private set; } = Tensor.Zeros(1);

        [StateName("off_set")] private readonly Tensor shift = Tensor.Zeros(2).RequiresGrad_();

        public Net() => RegisterBuffer("steps", Tensor.Of(0L));

        protected override Tensor Forward(Tensor x) =>
            more[0].Call(heads["a"].Call(fc2.Call(norm.Call(fc1.Call(x)).Relu()))) * Scale + shift;
    }

    private static readonly string[] Names =
    [
        "scale", "off_set", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "norm.weight", "norm.bias", "heads.a.weight",
        "heads.a.bias", "heads.b.weight", "heads.b.bias", "more.0.weight",
    ];

    [Fact]
    public void Members_are_listed_own_first_then_childrens()
    {
        Net net = new();
        Assert.Equal(Names, net.NamedParameters().Select(static p => p.Name));
        Assert.Equal(["seen", "steps", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"],
            net.NamedBuffers().Select(static b => b.Name));
        Assert.Equal(["fc1", "fc2", "norm", "heads.a", "heads.b", "more.0"], net.NamedChildren().Select(static c => c.Name));
        Assert.Equal(["", "fc1", "fc2", "norm", "heads.a", "heads.b", "more.0"], net.NamedModules().Select(static m => m.Name));
        Assert.Equal(["scale", "off_set"], net.NamedParameters(recurse: false).Select(static p => p.Name));
        Assert.Equal(["scale", "off_set", "steps", .. Names[2..8], "norm.running_mean", "norm.running_var", "norm.num_batches_tracked",
            .. Names[8..]], net.StateDict().Keys);
        Assert.Equal("m.scale", net.StateDict("m").Keys.First());
        Assert.Same(net.Scale, net.GetParameter("scale"));
        Assert.IsType<Linear>(net.GetSubmodule("heads.b"));
        Assert.StartsWith("Net has no attribute `heads.c`", Assert.Throws<ArgumentException>(() => net.GetSubmodule("heads.c")).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => net.GetBuffer("scale"));
        List<string> order = [];
        net.Apply(m => order.Add(m.GetType().Name));
        Assert.Equal("Net", order[^1]);
        Assert.Equal(7, order.Count);
    }

    private sealed class Tied : Module<Tensor, Tensor>
    {
        public readonly Linear Encoder = new(3, 3), Decoder = new(3, 3);

        public Tied() => Decoder.LoadStateDict(new Dictionary<string, Tensor> { ["weight"] = Encoder.Weight, ["bias"] = Encoder.Bias! });

        public readonly ParameterList Shared = [];

        protected override Tensor Forward(Tensor x) => Decoder.Call(Encoder.Call(x));
    }

    [Fact]
    public void A_parameter_in_two_places_is_listed_once_and_stays_one()
    {
        Tied tied = new();
        tied.Shared.Add(tied.Encoder.Weight);
        Assert.Equal(4, tied.Parameters().Count());
        Assert.Equal(5, tied.NamedParameters(removeDuplicate: false).Count());
        Assert.Equal(5, tied.StateDict().Count);
        Tied copy = (Tied)tied.Clone();
        Assert.NotSame(tied.Encoder.Weight, copy.Encoder.Weight);
        Assert.Same(copy.Encoder.Weight, copy.Shared[0]);
        tied.Double();
        Assert.Same(tied.Encoder.Weight, tied.Shared[0]);
        Assert.Equal(DType.Float64, tied.Shared[0].DType);
        Assert.Equal(DType.Float32, copy.Shared[0].DType);
    }

    [Fact]
    public void A_state_dict_is_loaded_as_a_whole_or_not_at_all()
    {
        Net a = new(), b = new();
        StateDictMatch match = b.LoadStateDict(a.StateDict());
        Assert.Empty(match.MissingKeys);
        Assert.Equal(a.GetParameter("fc1.weight").ToArray<float>(), b.GetParameter("fc1.weight").ToArray<float>());
        Assert.NotSame(a.GetParameter("fc1.weight"), b.GetParameter("fc1.weight"));

        OrderedDictionary<string, Tensor> state = a.StateDict();
        state["fc1.weight"] = Tensor.Full([4, 3], 9.0);
        state.Remove("fc2.bias");
        state["extra"] = Tensor.Zeros(1);
        state["fc2.weight"] = Tensor.Zeros([2, 5]);
        float[] before = b.GetParameter("fc1.weight").ToArray<float>();
        StateDictException e = Assert.Throws<StateDictException>(() => b.LoadStateDict(state));
        Assert.Equal("Error(s) in loading state_dict for Net:\n\tMissing key(s) in state_dict: \"fc2.bias\". \n\tUnexpected key(s) in " +
            "state_dict: \"extra\". \n\tsize mismatch for fc2.weight: copying a param with shape torch.Size([2, 5]) from checkpoint, the " +
            "shape in current model is torch.Size([2, 4]).", e.Message);
        Assert.Equal(before, b.GetParameter("fc1.weight").ToArray<float>());
        Assert.Single(Assert.Throws<StateDictException>(() => b.LoadStateDict(state, strict: false)).Errors);
        state.Remove("fc2.weight");
        match = b.LoadStateDict(state, strict: false);
        Assert.Equal(["fc2.weight", "fc2.bias"], match.MissingKeys);
        Assert.Equal(["extra"], match.UnexpectedKeys);
        Assert.Equal(9, b.GetParameter("fc1.weight").ToArray<float>()[0]);
        Assert.True(b.GetParameter("fc1.weight").RequiresGrad);
    }

    /// <summary>Row L03 of the catalogue.</summary>
    [Fact]
    public void A_state_of_another_kind_of_numbers_is_refused()
    {
        Net a = new();
        float[] before = Numbers(a);
        foreach (DType wrong in (DType[])[DType.Int64, DType.Bool, DType.Complex64])
        {
            OrderedDictionary<string, Tensor> state = new(a.StateDict().Select(static p => KeyValuePair.Create(p.Key, p.Value + 1)));
            state["fc2.weight"] = state["fc2.weight"].To(wrong);
            state["fc2.bias"] = state["fc2.bias"].To(wrong);
            foreach (bool assign in (bool[])[false, true])
            {
                StateDictException e = Assert.Throws<StateDictException>(() => a.LoadStateDict(state, assign: assign));
                Assert.Equal(2, e.Errors.Count);
                Assert.Contains($"dtype mismatch for fc2.weight: {wrong.Name()} in the checkpoint is not converted to float32", e.Message);
                Assert.Equal(before, Numbers(a));
            }
        }
        a.LoadStateDict(new Dictionary<string, Tensor>(a.StateDict().Select(static p =>
            KeyValuePair.Create(p.Key, p.Value.To(p.Value.DType.IsFloatingPoint() ? DType.Float64 : DType.Int32)))));
        Assert.Equal(before, Numbers(a));

        static float[] Numbers(Net net) => [.. net.StateDict().Values.SelectMany(static t => t.To(DType.Float32).ToArray<float>())];
    }

    [Fact]
    public void Old_files_need_not_count_batches()
    {
        OrderedDictionary<string, Tensor> state = new BatchNorm2d(3).StateDict();
        state.Remove("num_batches_tracked");
        Assert.Empty(new BatchNorm2d(3).LoadStateDict(state).MissingKeys);
        state.Remove("running_mean");
        Assert.Throws<StateDictException>(() => new BatchNorm2d(3).LoadStateDict(state));
    }

    [Fact]
    public void Assigning_a_state_puts_its_tensors_in_place()
    {
        Linear layer = new(2, 2);
        Tensor weight = Tensor.Ones([2, 2], DType.Float64), bias = Tensor.Zeros([2], DType.Float64);
        layer.LoadStateDict(new Dictionary<string, Tensor> { ["weight"] = weight, ["bias"] = bias }, assign: true);
        Assert.Equal(DType.Float64, layer.Weight.DType);
        Assert.True(layer.Weight is { RequiresGrad: true, IsLeaf: true, IsParameter: true });
        weight.Fill_(5);
        Assert.Equal(5, layer.Weight.ToArray<double>()[3]);
    }

    [Fact, Trait("Row", "1.3.13")]
    public void Gradients_are_dropped_or_zeroed()
    {
        Net net = new();
        net.Call(Tensor.Ones(5, 3)).Sum().Backward();
        Tensor grad = net.Scale.Grad!;
        net.ZeroGrad(setToNone: false);
        Assert.Equal(0, net.Scale.Grad!.ToArray<float>()[0]);
        net.ZeroGrad();
        Assert.Null(net.Scale.Grad);
        net.RequiresGrad_(false);
        Assert.All(net.Parameters(), static p => Assert.False(p.RequiresGrad));
        Assert.Equal(Names.Length, net.Parameters().Count());
        Assert.False(net.Call(Tensor.Ones(5, 3)).RequiresGrad);
    }

    [Fact]
    public void Modes_reach_everything_below()
    {
        Net net = new();
        net.Eval();
        Assert.All(net.Modules(), static m => Assert.False(m.Training));
        double steps = net.GetBuffer("norm.num_batches_tracked").Item();
        net.Call(Tensor.Ones(5, 3));
        Assert.Equal(steps, net.GetBuffer("norm.num_batches_tracked").Item());
        net.Train();
        net.Call(Tensor.Ones(5, 3));
        Assert.Equal(steps + 1, net.GetBuffer("norm.num_batches_tracked").Item());
        net.Half();
        Assert.Equal(DType.Float16, net.GetBuffer("norm.running_mean").DType);
        Assert.Equal(DType.Int64, net.GetBuffer("norm.num_batches_tracked").DType);
        Assert.StartsWith("nn.Module.to only accepts floating point or complex dtypes", Assert.Throws<DTypeException>(() =>
            net.To(DType.Int32)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_has_parameters_buffers_and_gradients_of_its_own()
    {
        Net net = new();
        net.Call(Tensor.Ones(5, 3)).Sum().Backward();
        Net copy = (Net)net.Clone();
        Assert.Equal(net.Scale.Grad!.ToArray<float>(), copy.Scale.Grad!.ToArray<float>());
        using (Autograd.NoGrad()) copy.GetParameter("heads.a.weight").Zero_();
        Assert.NotEqual(0, net.GetParameter("heads.a.weight").ToArray<float>()[0]);
        copy.Call(Tensor.Ones(5, 3));
        Assert.Equal(1, net.GetBuffer("norm.num_batches_tracked").Item());
        Assert.Equal(2, copy.GetBuffer("norm.num_batches_tracked").Item());
    }

    [Fact]
    public void Names_must_be_free_and_without_dots()
    {
        Net net = new();
        Assert.StartsWith("attribute 'scale' already exists", Assert.Throws<ArgumentException>(() =>
            net.RegisterBuffer("scale", Tensor.Zeros(1))).Message, StringComparison.Ordinal);
        Assert.StartsWith("parameter name can't contain \".\"", Assert.Throws<ArgumentException>(() =>
            net.RegisterParameter("a.b", Parameter.Of(Tensor.Zeros(1)))).Message, StringComparison.Ordinal);
        Assert.StartsWith("module name can't be empty string", Assert.Throws<ArgumentException>(() =>
            net.RegisterModule("", new Identity())).Message, StringComparison.Ordinal);
        Assert.StartsWith("Cannot assign non-leaf Tensor to parameter 'w'", Assert.Throws<ArgumentException>(() =>
            net.RegisterParameter("w", net.Scale * 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Containers_hold_and_name_their_modules()
    {
        Sequential line = [new Linear(2, 3), new ReLU(), new Linear(3, 1)];
        Assert.Equal(["0.weight", "0.bias", "2.weight", "2.bias"], line.StateDict().Keys);
        Sequential named = new(("first", new Linear(2, 3)), ("last", new Linear(3, 1)));
        Assert.Equal("first.weight", named.StateDict().Keys.First());
        ModuleDict<Linear> map = [];
        map.Add("a", new(1, 1));
        map["b"] = new(1, 1);
        Assert.Equal(["a", "b"], map.Keys);
        Assert.True(map.Remove("a"));
        ModuleList<Linear> list = [new(1, 1), new(2, 2)];
        list.Insert(1, new(3, 3));
        Assert.Equal([1L, 3, 2], list.Select(static l => l.Weight.Size(0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => list[3]);
        Assert.Same(list[2], list[-1]);
        Func<Tensor, Tensor> f = line;
        Assert.Equal([4L, 1], f(Tensor.Ones(4, 2)).Shape.ToArray());
    }

    [Fact]
    public void A_summary_lists_shapes_and_sizes_and_leaves_all_as_it_was()
    {
        Sequential net = [new Conv2d(1, 2, 3), new BatchNorm2d(2), new Flatten(), new Linear(8, 3), new Dropout()];
        net[4].Eval();
        ModuleSummary summary = net.Summary(Tensor.Ones(5, 1, 4, 4));
        Assert.Equal([20L, 4, 0, 27, 0], summary.Rows.Skip(1).Select(static r => r.Parameters));
        Assert.Equal(51, summary.Parameters);
        Assert.Equal(4 * (51 + 4) + 8, summary.Bytes);
        Assert.Equal([5L, 2, 2, 2], summary.Rows[1].OutputShapes[0].ToArray());
        Assert.True(net[1].Training && !net[4].Training);
        Assert.Equal(0, net.GetBuffer("1.num_batches_tracked").Item());
    }

    [Fact]
    public void A_module_inside_of_itself_prints_and_has_no_state()
    {
        ModuleList<Module> list = [new Linear(1, 2)];
        list.RegisterModule("loop", list);
        Assert.EndsWith("(1): ModuleList(...)\n)", list.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("(1): ModuleList(...)\n)", list.ToString(), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => list.StateDict());
    }
}
