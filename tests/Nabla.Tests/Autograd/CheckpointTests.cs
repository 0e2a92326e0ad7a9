using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Regions that are computed again in backward.</summary>
public sealed class CheckpointTests
{
    private static Tensor Curve(Tensor x) => x.Sin().Exp().Sin();

    private static double[] CurveSlope(params double[] x) =>
        [.. x.Select(static v => Math.Cos(Math.Exp(Math.Sin(v))) * Math.Exp(Math.Sin(v)) * Math.Cos(v))];

    private static void Near(double[] expected, Tensor? actual)
    {
        double[] values = Values(actual);
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < values.Length; i++) Assert.Equal(expected[i], values[i], 1e-12);
    }

    // test_checkpointing_without_reentrant_correct_grad
    [Fact]
    [Trait("Row", "1.11.3")]
    public void Gradients_are_those_without_and_the_region_runs_twice()
    {
        int calls = 0;
        Tensor x = Leaf(0.3, -1.2);
        Tensor y = Checkpoint.Run(x =>
        {
            calls++;
            return Curve(x);
        }, x);
        Assert.Equal(1, calls);
        Assert.Equal("SinBackward0", y.GradFn!.Name);
        y.Sum().Backward();
        Assert.Equal(2, calls);
        Near(CurveSlope(0.3, -1.2), x.Grad);
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void The_graph_keeps_no_tensor_of_the_region()
    {
        Tensor x = Leaf(0.3, -1.2);
        Tensor y = Checkpoint.Run(Curve, x);
        for (Node? n = y.GradFn; n is not null and not AccumulateGrad; n = n.NextFunctions[0].Node)
            for (int i = 0; i < n.SavedCount; i++)
                if (n.SavedAt(i).Value is { IsEmpty: false } saved) Assert.Null(saved.Kept);
    }

    // test_access_saved_tensor_twice_without_recomputation_works
    [Fact]
    [Trait("Row", "1.11.3")]
    public void A_look_at_a_saved_tensor_recomputes_each_time()
    {
        int calls = 0;
        Tensor a = Leaf(1, 2);
        Tensor d = Checkpoint.Run(a =>
        {
            calls++;
            Tensor b = a * a;
            _ = a * b;
            return a.Exp();
        }, a);
        Assert.Equal([Math.E, Math.E * Math.E], Values(d.GradFn!.Saved["result"]), (p, q) => Math.Abs(p - q) < 1e-12);
        Assert.Equal(2, calls);
        _ = d.GradFn!.Saved["result"];
        Assert.Equal(3, calls);
        d.Sum().Backward();
        Assert.Equal(4, calls);
        Refuses("Trying to backward through the graph a second time", () => _ = d.GradFn!.Saved["result"]);
    }

    // test_checkpointing_without_reentrant: both gradients with a model outside and in the region, with and without gradient of the input
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Row", "1.11.3")]
    public void Weights_from_outside_get_their_gradients(bool inputRequiresGrad)
    {
        Tensor.ManualSeed(1);
        Tensor w = Tensor.Randn([5, 5], dtype: DType.Float64).RequiresGrad_(), b = Tensor.Randn([5], dtype: DType.Float64).RequiresGrad_();
        Tensor x = Tensor.Randn([3, 5], dtype: DType.Float64).RequiresGrad_(inputRequiresGrad);
        Tensor Layer(Tensor x) => Functional.Linear(Functional.Linear(x, w, b).Relu(), w, b).Tanh();
        Layer(Layer(x)).Sum().Backward();
        double[]?[] expected = [Values(w.Grad), Values(b.Grad), inputRequiresGrad ? Values(x.Grad) : null];
        (w.Grad, b.Grad, x.Grad) = (null, null, null);
        Layer(Checkpoint.Run(Layer, x)).Sum().Backward();
        Assert.Equal(expected[0], Values(w.Grad));
        Assert.Equal(expected[1], Values(b.Grad));
        if (inputRequiresGrad) Assert.Equal(expected[2], Values(x.Grad));
        else Assert.Null(x.Grad);
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void Grad_and_inputs_and_a_retained_graph_work()
    {
        int calls = 0;
        Tensor x = Leaf(0.3), z = Leaf(2);
        Tensor y = Checkpoint.Run((x, z) =>
        {
            calls++;
            return Curve(x) * z;
        }, x, z);
        Near([2 * CurveSlope(0.3)[0]], Autograd.Grad(y, x, retainGraph: true));
        y.Backward(inputs: [z], retainGraph: true);
        Assert.Null(x.Grad);
        Near([Math.Sin(Math.Exp(Math.Sin(0.3)))], z.Grad);
        Assert.Equal(3, calls);
        y.Backward();
        Assert.Equal(4, calls);
        Near([2 * CurveSlope(0.3)[0]], x.Grad);
        Refuses("Trying to backward through the graph a second time", () => y.Backward());
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void Second_derivatives_pass_through_a_region()
    {
        Tensor x = Leaf(0.3);
        Tensor Once(Func<Tensor, Tensor> f)
        {
            Tensor g = Autograd.Grad(f(x), x, createGraph: true);
            return Autograd.Grad(g * g, x);
        }
        Assert.Equal(Values(Once(Curve)), Values(Once(x => Checkpoint.Run(Curve, x))));
        Tensor point = Plain(0.3).Sum();
        Assert.Equal(Values(Func.Grad(Func.Grad(Curve))(point)), Values(Func.Grad(Func.Grad(x => Checkpoint.Run(Curve, x)))(point)));
        // test_checkpoint of the tests of vmap
        Tensor points = Tensor.From(new double[] { 0.1, 0.2, 0.3 });
        Assert.Equal(CurveSlope(0.1, 0.2, 0.3), Values(Func.Vmap(Func.Grad(x => Checkpoint.Run(Curve, x)))(points)),
            (p, q) => Math.Abs(p - q) < 1e-12);
    }

    // test_checkpointing_without_reentrant_detached_tensor
    [Fact]
    [Trait("Row", "1.11.3")]
    public void Detached_results_stay_detached()
    {
        Tensor x = Leaf(0.3);
        (Tensor Out, Tensor Cut) r = Checkpoint.Run(x =>
        {
            Tensor y = x.Exp();
            return (y * 2, y.Detach());
        }, x);
        Assert.False(r.Cut.RequiresGrad);
        (r.Out * r.Cut).Backward();
        Near([2 * Math.Exp(0.3) * Math.Exp(0.3)], x.Grad);
    }

    // test_checkpointing_without_reentrant_arbitrary_input_output, test_nested_checkpoint_kwargs
    [Fact]
    [Trait("Row", "1.11.3")]
    public void Structures_go_in_and_out()
    {
        Tensor x = Leaf(0.3), y = Leaf(2);
        Dictionary<string, object> input = new() { ["x"] = x, ["y"] = y, ["n"] = 3 };
        Dictionary<string, Tensor> output = Checkpoint.Run(static d => new Dictionary<string, Tensor>
        {
            ["a"] = ((Tensor)d["x"]).Exp() * (int)d["n"],
            ["b"] = ((Tensor)d["x"] * (Tensor)d["y"]).Square(),
        }, input);
        (output["a"] + output["b"]).Backward();
        Near([3 * Math.Exp(0.3) + 2 * 0.3 * 4], x.Grad);
        Near([2 * 0.3 * 0.3 * 2], y.Grad);
        Assert.Equal(5, Checkpoint.Run(static (x, n) => n + 2, x, 3));
        Tensor three = Checkpoint.Run(static (a, b, c) => a * b * c, x, y, x);
        three.Backward();
    }

    // test_checkpointing_without_reentrant_parameter_used_in_an_out
    [Fact]
    [Trait("Row", "1.11.3")]
    public void A_weight_may_be_used_inside_and_outside()
    {
        Tensor w = Leaf(0.7), x = Leaf(0.3);
        Tensor y = Checkpoint.Run(x => (w * x).Sin(), x);
        (y * w.Exp()).Backward();
        Near([0.3 * Math.Cos(0.21) * Math.Exp(0.7) + Math.Sin(0.21) * Math.Exp(0.7)], w.Grad);
    }

    // test_checkpointing_without_reentrant_saved_object_identity
    [Fact]
    [Trait("Row", "1.11.3")]
    public void Inputs_are_recomputed_with_the_same_leaf()
    {
        Tensor x = Leaf(2, 3);
        Tensor y = Checkpoint.Run(static x => (x * x).Sum(), x);
        Assert.Equal([4.0, 6.0], Values(Autograd.Grad(Autograd.Grad(y, x, createGraph: true).Sum(), x) * x.Detach()));
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void Nothing_is_kept_where_nothing_is_recorded()
    {
        int calls = 0;
        Tensor x = Leaf(0.3), y;
        using (Autograd.NoGrad())
            y = Checkpoint.Run(x =>
            {
                calls++;
                return Curve(x);
            }, x);
        Assert.False(y.RequiresGrad);
        Assert.Equal(1, calls);
    }

    // test_checkpoint_detects_non_determinism
    [Fact]
    [Trait("Row", "1.11.3")]
    public void What_differs_the_second_time_is_found()
    {
        static Tensor Two(Tensor x) => x.Sin().Exp();
        static Tensor Three(Tensor x) => x.Sin().Sin().Exp();
        static Tensor Other(Tensor x) => x.Sin().Unsqueeze(0).Exp().Squeeze(0);
        Tensor x = Leaf(0.1, 0.2, 0.3);
        Differs("torch.utils.checkpoint: A different number of tensors was saved during the original forward and recomputation.\n" +
            "Number of tensors saved during forward: 3\nNumber of tensors saved during recomputation: 2", Three, Two);
        Differs("torch.utils.checkpoint: trying to save more tensors during recomputation than during the original forward pass.", Two,
            Three, earlyStop: false);
        Differs("torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the forward " +
            "pass.\ntensor at position 1:\nsaved metadata: {'shape': torch.Size([3]), 'dtype': torch.float64, " +
            "'device': device(type='cpu')}\nrecomputed metadata: {'shape': torch.Size([1, 3]), 'dtype': torch.float64, " +
            "'device': device(type='cpu')}\n", Two, Other);
        Differs("torch.utils.checkpoint: Recomputed values for the following tensors have different values than during the forward " +
            "pass.\ntensor at position 1: float64 [3]\n", Two, static x => x.Cos().Exp());

        void Differs(string message, Func<Tensor, Tensor> first, Func<Tensor, Tensor> second, bool earlyStop = true)
        {
            bool again = false;
            Tensor y = Checkpoint.Run(x =>
            {
                Tensor z = again ? second(x) : first(x);
                again = true;
                return z;
            }, x, earlyStop: earlyStop);
            Refuses(message, () => y.Sum().Backward());
            Assert.Null(x.Grad);
        }
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void Values_that_differ_are_found_B()
    {
        // PyTorch gives the gradient of a function that was never computed.
        Tensor x = Leaf(0.1, 0.2, 0.3), w = Plain(1, 2, 3);
        Tensor y = Checkpoint.Run(x => (x * w).Sum(), x);
        w.Mul_(2);
        Refuses("torch.utils.checkpoint: Recomputed values for the following tensors have different values", () => y.Backward());
        foreach (DeterminismCheck check in new[] { DeterminismCheck.Metadata, DeterminismCheck.None })
        {
            y = Checkpoint.Run(x => (x * w).Sum(), x, determinismCheck: check);
            w.Mul_(2);
            x.Grad = null;
            y.Backward();
            Assert.Equal(Values(w), Values(x.Grad));
        }
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void A_few_values_of_many_are_looked_at()
    {
        Tensor x = Tensor.Ones([100, 1000], dtype: DType.Float64, requiresGrad: true), w = Tensor.Ones([1000, 100], dtype: DType.Float64).T;
        Tensor y = Checkpoint.Run(x => (x * w).Sum(), x);
        w.Mul_(2);
        Refuses("torch.utils.checkpoint: Recomputed values for the following tensors have different values", () => y.Backward());
    }

    [Fact]
    [Trait("Row", "1.11.1")]
    public void An_input_that_was_written_to_is_named()
    {
        Tensor x = Leaf(0.3), b = x.Clone();
        Tensor y = Checkpoint.Run(Curve, b);
        b.Mul_(2);
        Refuses("one of the variables needed for gradient computation has been modified by an inplace operation", () => y.Backward());
    }

    [Fact]
    [Trait("Row", "1.11.1")]
    public void Bad_arguments_are_named()
    {
        Tensor x = Leaf(0.3);
        Assert.StartsWith("determinism_check should be one of ['default', 'none'], but got 7", Assert.Throws<ArgumentOutOfRangeException>(
            () => Checkpoint.Run(Curve, x, determinismCheck: (DeterminismCheck)7)).Message, StringComparison.Ordinal);
        Assert.StartsWith("debug=True is incompatible with non-default context_fn", Assert.Throws<ArgumentException>(
            () => Checkpoint.Run(Curve, x, debug: true, contextFn: static () => Checkpoint.Selective("mm"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => Checkpoint.Run((Func<Tensor, Tensor>)null!, x));
        using (Autograd.DisableSavedTensorHooks("not here")) Refuses("not here", () => Checkpoint.Run(Curve, x));
    }

    // test_checkpoint_valid_reset_on_error
    [Fact]
    [Trait("Row", "1.11.3")]
    public void An_error_in_the_region_leaves_everything_as_it_was()
    {
        Tensor x = Leaf(0.3);
        int calls = 0;
        Tensor Fails(Tensor x) => calls++ < 1 ? Curve(x) : throw new InvalidDataException("again");
        Tensor y = Checkpoint.Run(Fails, x);
        byte[] state = Generator.Default.GetState();
        Assert.Throws<InvalidDataException>(() => y.Backward());
        Assert.Throws<InvalidDataException>(() => Checkpoint.Run(Fails, x));
        Assert.Equal(state, Generator.Default.GetState());
        Assert.True(Autograd.IsGradEnabled);
        Checkpoint.Run(Curve, x).Backward();
        Near(CurveSlope(0.3), x.Grad);
    }

    [Fact]
    [Trait("Row", "1.11.3")]
    public void The_mode_of_the_region_is_its_own()
    {
        Tensor x = Leaf(0.3);
        List<bool> modes = [];
        Tensor y = Checkpoint.Run(x =>
        {
            modes.Add(Autograd.IsGradEnabled);
            using (Autograd.NoGrad()) modes.Add(Autograd.IsGradEnabled);
            return Curve(x);
        }, x);
        using (Autograd.NoGrad()) y.Backward();
        Assert.Equal([true, false, true, false], modes);
    }

    // test_checkpointing_without_reentrant_with_context_fn
    [Fact]
    [Trait("Row", "1.11.1")]
    public void A_context_is_open_while_the_region_runs()
    {
        List<string> log = [];
        Tensor x = Leaf(0.3);
        Tensor y = Checkpoint.Run(x =>
        {
            log.Add("run");
            return Curve(x);
        }, x, contextFn: () => new(() => new Note(log, "forward"), () => new Note(log, "recompute")));
        y.Backward();
        Assert.Equal(["forward", "run", "end forward", "recompute", "run", "end recompute"], log);
    }

    private sealed class Note : IDisposable
    {
        private readonly List<string> log;
        private readonly string name;

        internal Note(List<string> log, string name)
        {
            (this.log, this.name) = (log, name);
            log.Add(name);
        }

        public void Dispose() => log.Add("end " + name);
    }

    [Fact]
    [Trait("Row", "1.11.5")]
    public void Debugging_lists_the_operations_of_both_times()
    {
        Tensor x = Leaf(0.3);
        string Message(bool debug)
        {
            int calls = 0;
            Tensor y = Checkpoint.Run(x => calls++ == 0 ? x.Sin().Exp() : x.Cos(), x, debug: debug);
            return Assert.Throws<AutogradException>(() => y.Backward()).Message;
        }
        Assert.DoesNotContain("Operations executed", Message(false), StringComparison.Ordinal);
        string text = Message(true);
        Assert.Contains("Operations executed during the original forward:\n\n$0: float64 [1] = sin(float64 [1])\n" +
            "$1: float64 [1] = exp(float64 [1])\n\nOperations executed during recomputation:\n\n$0: float64 [1] = cos(float64 [1])\n", text,
            StringComparison.Ordinal);
        Assert.Contains("(1 of 2 in original)\n  at Nabla.Tests.AutogradTests.CheckpointTests", text, StringComparison.Ordinal);
        using (Checkpoint.SetDebugEnabled(true)) Assert.Contains("Operations executed", Message(false), StringComparison.Ordinal);
        using (Checkpoint.SetDebugEnabled(false)) Assert.DoesNotContain("Operations executed", Message(true), StringComparison.Ordinal);
    }
}
