using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Hooks on tensors, leaves and nodes.</summary>
public sealed class HookTests
{
    [Fact]
    [Trait("Row", "1.6.1")]
    public void A_tensors_hook_sees_the_sum_once_and_its_result_flows_on()
    {
        Tensor x = Leaf(2), y = x * 3, z = y * 5 + y * 7;
        List<double> seen = [];
        HookHandle handle = y.RegisterHook(g =>
        {
            seen.Add(g.Item());
            return g * 10;
        });
        z.Backward(retainGraph: true);
        Assert.Equal([12.0], seen);
        Assert.Equal([360.0], Values(x.Grad));
        Assert.Equal([120.0], Values(Autograd.Grad(z, y, retainGraph: true)));
        handle.Remove();
        handle.Dispose();
        Assert.Equal([36.0], Values(Autograd.Grad(z, x)));
        Assert.Equal(2, seen.Count);
    }

    [Fact]
    [Trait("Row", "1.6.1")]
    public void Hooks_run_in_the_order_of_registration_each_on_the_result_of_the_one_before()
    {
        Tensor x = Leaf(1), y = x * 1;
        List<double> seen = [];
        y.RegisterHook(g => g + 1);
        y.RegisterHook(g => { seen.Add(g.Item()); });
        y.RegisterHook(g => g * 4);
        y.Backward();
        Assert.Equal([2.0], seen);
        Assert.Equal([8.0], Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.6.1")]
    public void A_hook_returns_what_fits()
    {
        Tensor plain = Plain(1);
        Refuses("cannot register a hook on a tensor that doesn't require gradient", () => plain.RegisterHook(g => g));
        Tensor x = Leaf(1, 2);
        HookHandle h = x.RegisterHook(g => g.Sum());
        Assert.StartsWith("hook '<lambda>' has changed the size of value", Assert.Throws<ShapeException>(() => x.Sum().Backward()).Message);
        h.Remove();
        h = x.RegisterHook(Narrow);
        Assert.StartsWith("hook 'Narrow' has changed the type of value (was torch.DoubleTensor got torch.FloatTensor)",
            Assert.Throws<DTypeException>(() => x.Sum().Backward()).Message);
        h.Remove();
        Assert.Null(x.Grad);
        Assert.Throws<ArgumentNullException>(() => x.RegisterHook((Action<Tensor>)null!));
        Assert.Throws<ArgumentNullException>(() => x.RegisterHook((Func<Tensor, Tensor?>)null!));

        static Tensor? Narrow(Tensor g) => g.To(DType.Float32);
    }

    [Fact]
    [Trait("Row", "1.6.1")]
    public void The_hook_of_an_input_fires_in_Grad_though_its_node_does_not_run()
    {
        List<string> log = [];
        Tensor x = Leaf(1), y = Probe.Apply("y", log, x), z = Probe.Apply("z", log, y);
        y.RegisterHook(_ => log.Add("hook"));
        y.GradFn!.RegisterPrehook(_ => log.Add("pre"));
        Autograd.Grad(z, y);
        Assert.Equal(["z", "hook"], log);
    }

    [Fact]
    [Trait("Row", "1.6.1"), Trait("Row", "1.5.4")]
    public void A_hook_stays_with_the_value_through_a_write_in_place()
    {
        Tensor x = Leaf(2), y = x * 3;
        List<double> before = [], after = [];
        y.RegisterHook(g => before.Add(g.Item()));
        y.Mul_(5);
        y.RegisterHook(g => after.Add(g.Item()));
        (y * 7).Backward();
        Assert.Equal([35.0], before);
        Assert.Equal([7.0], after);
        Assert.Equal([105.0], Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.6.1"), Trait("Row", "1.5.6")]
    public void The_hook_of_a_view_sees_its_old_value_when_the_view_is_written_to_B()
    {
        // PyTorch drops the hook without a word.
        Tensor x = Leaf(1, 2), y = x * 3, v = y.Select(0, 0);
        List<double> seen = [];
        v.RegisterHook(g =>
        {
            seen.Add(g.Item());
            return g * 2;
        });
        v.Mul_(5);
        (y * Plain(7, 11)).Sum().Backward();
        Assert.Equal([35.0], seen);
        Assert.Equal([35.0 * 2 * 3, 33.0], Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.6.1"), Trait("Row", "1.5.6")]
    public void The_hook_of_a_view_stays_when_its_base_is_written_to_B()
    {
        // PyTorch drops the hook without a word.
        Tensor x = Leaf(1, 2), y = x * 3, v = y.Select(0, 0);
        List<double> seen = [];
        HookHandle handle = v.RegisterHook(g => seen.Add(g.Item()));
        y.Mul_(5);
        (v * 7).Backward(retainGraph: true);
        Assert.Equal([7.0], seen);
        Assert.Equal([105.0, 0.0], Values(x.Grad));
        handle.Remove();
        (v * 7).Backward();
        Assert.Equal([7.0], seen);
    }

    [Fact]
    [Trait("Row", "1.3.9")]
    public void A_views_kept_gradient_is_kept_on_when_its_base_is_written_to_B()
    {
        Tensor x = Leaf(1, 2), y = x * 3, v = y.Select(0, 0).RetainGrad();
        y.Mul_(5);
        (v * 7).Backward();
        Assert.Equal([7.0], Values(v.Grad));
    }

    [Fact]
    [Trait("Row", "1.6.2")]
    public void A_leafs_hook_after_accumulation_may_drop_the_gradient()
    {
        Tensor x = Leaf(2);
        List<double> seen = [];
        HookHandle handle = x.RegisterPostAccumulateGradHook(p =>
        {
            seen.Add(p.Grad!.Item());
            using (Autograd.NoGrad()) p.Sub_(p.Grad! * 0.5);
            p.Grad = null;
        });
        HookHandle second = x.RegisterPostAccumulateGradHook(p => Assert.Null(p.Grad));
        (x * 3 + x).Backward();
        Assert.Equal([4.0], seen);
        Assert.Null(x.Grad);
        Assert.Equal([0.0], Values(x));
        Autograd.Grad(x * 3, x);
        Assert.Single(seen);
        handle.Remove();
        second.Remove();
        (x * 3).Backward(inputs: [x], retainGraph: false);
        Assert.Single(seen);
        Refuses("post accumulate grad hooks cannot be registered on non-leaf tensors", () =>
            (x * 2).RegisterPostAccumulateGradHook(_ => { }));
        Refuses("cannot register a hook on a tensor that doesn't require gradient", () =>
            Plain(1).RegisterPostAccumulateGradHook(_ => { }));
    }

    [Fact]
    [Trait("Row", "1.6.3")]
    public void A_nodes_hook_before_it_gets_and_changes_its_gradients()
    {
        Tensor x = Leaf(2), y = x * 3;
        HookHandle handle = y.GradFn!.RegisterPrehook(g => [g[0]! * 10]);
        y.Backward(retainGraph: true);
        Assert.Equal([30.0], Values(x.Grad));
        handle.Remove();
        handle = y.GradFn.RegisterPrehook(g => [g[0], g[0]]);
        Assert.StartsWith("hook '<lambda>' has returned an incorrect number of values (got 2, but expected 1)",
            Assert.Throws<ArgumentException>(() => y.Backward(retainGraph: true)).Message);
        handle.Remove();
        y.GradFn.RegisterPrehook(g => null);
        y.Backward();
        Assert.Equal([33.0], Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.6.3"), Trait("Row", "1.3.10")]
    public void A_nodes_hook_gets_null_for_a_result_without_gradient()
    {
        Tensor x = Leaf(1);
        Tensor[] y = Op.Apply(new Pair(), x);
        List<string> seen = [];
        y[0].GradFn!.RegisterPrehook(g => seen.Add(string.Join(" ", g.Select(t => t is null ? "null" : $"{t.Item()}"))));
        y[1].Backward(retainGraph: true);
        y[0].GradFn!.RegisterPrehook(g => [null, g[1]]);
        (y[0] + y[1]).Backward(retainGraph: true);
        Assert.Equal(["null 1", "1 1"], seen);
        Assert.Equal([6.0], Values(x.Grad));
        y[0].GradFn!.RegisterPrehook(_ => [Plain(1), Plain(1)]);
        Refuses("can't replace a None gradient with a non-None value", () => y[1].Backward());
    }

    [Fact]
    [Trait("Row", "1.6.4")]
    public void A_nodes_hook_after_it_gets_both_sides_and_changes_the_inputs_gradients()
    {
        Tensor x = Leaf(2), w = Leaf(5), y = x * w;
        List<double> seen = [];
        HookHandle handle = y.GradFn!.RegisterHook((inputs, outputs) =>
        {
            seen.AddRange([inputs[0]!.Item(), inputs[1]!.Item(), outputs[0]!.Item()]);
            return [inputs[0]! * 10, null];
        });
        y.Backward(retainGraph: true);
        Assert.Equal([5.0, 2.0, 1.0], seen);
        Assert.Equal([50.0], Values(x.Grad));
        Assert.Null(w.Grad);
        handle.Remove();
        y.GradFn.RegisterHook((i, o) => [i[0], i[1], null]);
        Assert.StartsWith("hook '<lambda>' has returned an incorrect number of values (got 3, but expected 2)",
            Assert.Throws<ArgumentException>(() => y.Backward()).Message);
        Assert.Equal([50.0], Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.6.4")]
    public void The_order_in_a_node_is_PyTorchs()
    {
        List<string> log = [];
        Tensor a = Leaf(1, 1), b = (a * 2).RetainGrad();
        b.RegisterHook(_ => log.Add("tensor b1"));
        b.RegisterHook(_ => log.Add("tensor b2"));
        b.GradFn!.RegisterPrehook(_ => log.Add($"node pre b (retained={Text(b.Grad)})"));
        b.GradFn.RegisterHook((_, _) => log.Add("node post b"));
        a.RegisterHook(_ => log.Add("tensor a"));
        Node leaf = b.GradFn.NextFunctions[0].Node!;
        leaf.RegisterPrehook(_ => log.Add($"acc pre grad={Text(a.Grad)}"));
        leaf.RegisterHook((i, _) => log.Add($"acc post gi=({i.Count})"));
        a.RegisterPostAccumulateGradHook(p => log.Add($"post acc grad={Text(p.Grad)}"));
        b.Sum().Backward();
        Assert.Equal(["tensor b1", "tensor b2", "node pre b (retained=[1,1])", "node post b", "tensor a", "acc pre grad=None",
            "post acc grad=[2,2]", "acc post gi=(0)"], log);

        static string Text(Tensor? t) => t is null ? "None" : $"[{string.Join(",", Values(t))}]";
    }

    [Fact]
    [Trait("Row", "1.6.5")]
    public void Backward_runs_the_node_of_an_input_and_Grad_does_not()
    {
        List<string> log = [];
        Tensor x = Leaf(1), y = Probe.Apply("y", log, x), z = Probe.Apply("z", log, y);
        y.RegisterHook(_ => log.Add("tensor"));
        y.GradFn!.RegisterPrehook(_ => log.Add("pre"));
        y.GradFn.RegisterHook((_, _) => log.Add("post"));
        z.Backward(inputs: [y], retainGraph: true);
        Assert.Equal(["z", "tensor", "pre", "y", "post"], log);
        Assert.Equal([1.0], Values(y.Grad));
        Assert.Null(x.Grad);
        log.Clear();
        Autograd.Grad(z, y);
        Assert.Equal(["z", "tensor"], log);
    }

    [Fact]
    [Trait("Row", "1.6.6")]
    public void A_hook_on_several_tensors_waits_for_all_that_are_computed()
    {
        Tensor a = Leaf(1), b = Leaf(2), c = a * b, other = Leaf(3);
        List<string> seen = [];
        HookHandle handle = Autograd.RegisterMultiGradHook([a, b, c, other], g =>
            seen.Add(string.Join(" ", g.Select(t => t is null ? "None" : $"{t.Item()}"))));
        (c * 5).Backward(retainGraph: true);
        Assert.Equal(["10 5 5 None"], seen);
        Autograd.Grad(c * 5, b);
        Assert.Equal("None 5 5 None", seen[^1]);
        (other * 2).Backward();
        Assert.Equal("None None None 2", seen[^1]);
        handle.Remove();
        (other * 2).Backward();
        Assert.Equal(3, seen.Count);
        Refuses("cannot register a hook on a tensor that doesn't require gradient", () =>
            Autograd.RegisterMultiGradHook([a, Plain(1)], _ => { }));
    }

    [Fact]
    [Trait("Row", "1.6.6")]
    public void A_hook_on_any_of_several_tensors_gets_the_first_gradient_only()
    {
        Tensor a = Leaf(1), b = Leaf(2), c = a * b;
        List<double> seen = [];
        using HookHandle handle = Autograd.RegisterAnyGradHook([a, b, c], g => seen.Add(g.Item()));
        (c * 5).Backward(retainGraph: true);
        (c * 5).Backward();
        Assert.Equal([5.0, 5.0], seen);
    }

    [Fact]
    [Trait("Row", "1.6.8")]
    public void A_hook_that_holds_its_own_tensor_does_not_keep_it_alive()
    {
        WeakReference reference = Build();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(reference.IsAlive);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference Build()
    {
        Tensor a = Leaf(2), y = a * 3;
        y.RegisterHook(g => g * y.Detach());
        y.GradFn!.RegisterHook((_, _) => GC.KeepAlive(y));
        y.Backward();
        return new WeakReference(y);
    }

    [Fact]
    [Trait("Row", "1.2.17")]
    public void An_exception_of_a_hook_leaves_every_leaf_as_it_was_B()
    {
        Tensor a = Leaf(1), b = Leaf(2), y = a * 3;
        y.RegisterHook(_ => throw new TimeoutException("mine"));
        Assert.Equal("mine", Assert.Throws<TimeoutException>(() => (y + b * 2).Backward()).Message);
        Assert.Null(a.Grad);
        Assert.Null(b.Grad);
    }

    [Fact]
    [Trait("Row", "1.6.4")]
    public void Hooks_can_be_registered_and_removed_while_backward_runs()
    {
        List<string> log = [];
        Tensor a = Leaf(1), y = a * 3, z = y * 2;
        HookHandle gone = y.RegisterHook(_ => log.Add("gone"));
        z.RegisterHook(_ =>
        {
            gone.Remove();
            y.RegisterHook(_ => log.Add("tensor"));
            y.GradFn!.RegisterHook((_, _) => log.Add("post"));
        });
        z.Backward();
        Assert.Equal(["tensor", "post"], log);
    }

    [Fact]
    [Trait("Row", "1.2.13")]
    public void With_createGraph_what_a_hook_computes_is_differentiated_too()
    {
        Tensor x = Leaf(3), y = x * x;
        y.RegisterHook(g =>
        {
            Assert.True(Autograd.IsGradEnabled);
            return g * x;
        });
        Tensor first = Autograd.Grad(y, x, createGraph: true);
        Assert.Equal([18.0], Values(first));
        Assert.Equal([12.0], Values(Autograd.Grad(first, x)));
    }

    [Fact]
    [Trait("Row", "1.3.3")]
    public void A_gradient_that_a_hook_has_seen_is_not_taken_over()
    {
        Tensor a = Leaf(1, 2);
        Tensor? kept = null;
        a.RegisterHook(g => { kept = g; });
        (a * 3).Sum().Backward();
        a.Grad!.Add_(100);
        Assert.Equal([3.0, 3.0], Values(kept));
    }
}
