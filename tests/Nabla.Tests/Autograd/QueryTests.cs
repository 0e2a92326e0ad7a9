using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Callbacks, questions and backward runs inside a backward run.</summary>
public sealed class QueryTests
{
    [Fact]
    [Trait("Row", "1.3.15")]
    public void A_callback_runs_at_the_end_and_may_add_another()
    {
        List<string> log = [];
        Tensor a = Leaf(1), y = a * 2;
        y.RegisterHook(_ => Autograd.QueueCallback(() =>
        {
            log.Add($"first {a.Grad!.Item()}");
            Autograd.QueueCallback(() => log.Add("second"));
        }));
        y.RegisterHook(_ => log.Add("hook"));
        y.Backward();
        Assert.Equal(["hook", "first 2", "second"], log);
        Refuses("Final callbacks can only be installed during backward pass.", () => Autograd.QueueCallback(() => { }));
    }

    [Fact]
    [Trait("Row", "1.3.15"), Trait("Row", "1.3.14")]
    public void A_callback_belongs_to_the_innermost_run()
    {
        List<string> log = [];
        Tensor a = Leaf(1), y = a * 2;
        y.RegisterHook(_ =>
        {
            Autograd.QueueCallback(() => log.Add("outer"));
            using GradScope recording = Autograd.EnableGrad();
            Tensor inner = Leaf(1) * 3;
            inner.RegisterHook(_ => Autograd.QueueCallback(() => log.Add("inner")));
            inner.Backward();
            log.Add("after inner");
        });
        y.Backward();
        Assert.Equal(["inner", "after inner", "outer"], log);
    }

    [Fact]
    [Trait("Row", "1.3.16"), Trait("Row", "1.18.5")]
    public void The_run_and_its_node_can_be_asked_for()
    {
        Tensor a = Leaf(1), y = a * 2;
        Assert.Equal(-1, Autograd.CurrentGraphTaskId);
        Assert.Null(Autograd.CurrentNode);
        Assert.False(Autograd.IsRetainingGraph);
        int first = -1, second = -1;
        bool keeps = false;
        Node? node = null;
        y.RegisterHook(_ =>
        {
            (first, second, keeps) = (second, Autograd.CurrentGraphTaskId, Autograd.IsRetainingGraph);
            node = Autograd.CurrentNode;
        });
        y.Backward(retainGraph: true);
        Assert.True(keeps);
        y.Backward();
        Assert.False(keeps);
        Assert.Same(y.GradFn, node);
        Assert.True(first >= 0 && second != first);
        Assert.Equal(-1, Autograd.CurrentGraphTaskId);
        Assert.Null(Autograd.CurrentNode);
    }

    [Fact]
    [Trait("Row", "1.3.16")]
    public void What_will_run_can_be_asked_also_in_Grad_and_for_leaves_B()
    {
        Tensor a = Leaf(1), b = Leaf(2), y = a * 2, z = b * 3, sum = y + z;
        Node leaf = y.GradFn!.NextFunctions[0].Node!;
        Node[] nodes = [sum.GradFn!, y.GradFn!, z.GradFn!, leaf, (Leaf(1) * 2).GradFn!];
        bool[] answers = [];
        sum.RegisterHook(_ => answers = [.. nodes.Select(Autograd.WillExecute)]);
        sum.Backward(retainGraph: true);
        Assert.Equal([true, true, true, true, false], answers);
        Autograd.Grad(sum, a, retainGraph: true);
        Assert.Equal([true, true, false, false, false], answers);
        sum.Backward(inputs: [a]);
        Assert.Equal([true, true, false, true, false], answers);
        Refuses("_get_should_execute_nodes should only be called during the backward pass", () => Autograd.WillExecute(leaf));
    }

    [Fact]
    [Trait("Row", "1.3.16"), Trait("Row", "1.3.1")]
    public void The_order_of_execution_can_be_asked_also_in_the_hook_of_a_leaf_B()
    {
        Tensor a = Leaf(1), z = Leaf(1), b = a * 2, c = z.Exp(), d = b * c;
        List<string[]> orders = [];
        void Ask(Tensor _) => orders.Add([.. Autograd.CurrentExecutionOrder().Select(n =>
            n.Variable is null ? n.Name : ReferenceEquals(n.Variable, a) ? "a" : "z")]);
        d.RegisterHook(Ask);
        z.RegisterHook(Ask);
        d.Backward();
        string[] full = ["MulBackward0", "ExpBackward0", "z", "MulBackward0", "a"];
        Assert.Equal(full, orders[0]);
        Assert.Equal(full[2..], orders[1]);
        Refuses("_current_graph_task_execution_order should only be called during the backward pass", () =>
            Autograd.CurrentExecutionOrder());
    }

    [Fact]
    [Trait("Row", "1.3.14")]
    public void A_backward_inside_a_hook_is_a_run_of_its_own()
    {
        Tensor w = Leaf(2), x = Leaf(3), y = x * 2;
        y.RegisterHook(g =>
        {
            using GradScope recording = Autograd.EnableGrad();
            (w * w).Backward();
            return (g * w.Grad!).Detach();
        });
        y.Backward();
        Assert.Equal([4.0], Values(w.Grad));
        Assert.Equal([8.0], Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.3.14")]
    public void An_error_of_an_inner_backward_reaches_the_outer_call()
    {
        Tensor x = Leaf(3), y = x * 2, inner = Leaf(1) * 1;
        inner.RegisterHook(_ => throw new TimeoutException("inner"));
        y.RegisterHook(_ => inner.Backward());
        Assert.Equal("inner", Assert.Throws<TimeoutException>(() => y.Backward()).Message);
        Assert.Null(x.Grad);
        Assert.Null(Autograd.CurrentNode);
    }

    [Fact]
    [Trait("Row", "1.3.14")]
    [Trait("Row", "4.9")]
    public void Backward_runs_nest_thousands_deep()
    {
        int depth = 0;
        Tensor x = Leaf(1);
        void Nest(Tensor _)
        {
            if (++depth >= 5000) return;
            using GradScope recording = Autograd.EnableGrad();
            Tensor y = x * 1;
            y.RegisterHook((Action<Tensor>)Nest);
            y.Backward();
        }
        Tensor first = x * 1;
        first.RegisterHook((Action<Tensor>)Nest);
        first.Backward();
        Assert.Equal(5000, depth);
        Assert.Equal([5000.0], Values(x.Grad));
    }

    [Fact]
    [Trait("Row", "1.18.2"), Trait("Row", "1.3.3")]
    public void Hooks_on_shared_leaves_lose_nothing_across_threads()
    {
        const int Threads = 8, Runs = 100;
        Tensor a = Leaf(1, 2);
        int calls = 0;
        a.RegisterHook(g => { Interlocked.Increment(ref calls); });
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int i = 0; i < Runs; i++) (a * (t + 1)).Sum().Backward();
        }))];
        foreach (Thread t in threads) t.Start();
        foreach (Thread t in threads) t.Join();
        Assert.Equal(Threads * Runs, calls);
        Assert.Equal([3600.0, 3600.0], Values(a.Grad));
    }
}
