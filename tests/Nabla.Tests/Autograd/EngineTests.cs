using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>The order in which nodes run, depth, and threads.</summary>
public sealed class EngineTests
{
    [Fact]
    [Trait("Row", "1.3.1")]
    public void The_node_recorded_last_runs_first()
    {
        List<string> log = [];
        Tensor a = Leaf(1);
        Tensor b = Probe.Apply("b", log, a), c = Probe.Apply("c", log, a), d = Probe.Apply("d", log, b, c);
        d.Backward();
        Assert.Equal(["d", "c", "b"], log);
        Assert.Equal([2.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.3.1")]
    public void A_node_waits_for_all_its_gradients()
    {
        List<string> log = [];
        Tensor a = Probe.Apply("a", log, Leaf(1));
        Tensor late = Probe.Apply("late", log, Probe.Apply("early", log, a));
        Tensor sum = Probe.Apply("sum", log, a, late);
        sum.Backward();
        Assert.Equal(["sum", "late", "early", "a"], log);
    }

    [Fact]
    [Trait("Row", "1.3.1")]
    public void An_older_branch_waits_while_a_newer_one_is_ready()
    {
        List<string> log = [];
        Tensor x = Leaf(1), z = Leaf(1);
        Tensor a1 = Probe.Apply("a1", log, x), b1 = Probe.Apply("b1", log, z);
        Tensor a2 = Probe.Apply("a2", log, a1), b2 = Probe.Apply("b2", log, b1);
        Probe.Apply("top", log, b2, a2).Backward();
        Assert.Equal(["top", "b2", "a2", "b1", "a1"], log);
    }

    [Fact]
    [Trait("Row", "1.2.8")]
    public void Nodes_that_lead_to_no_wanted_input_do_not_run()
    {
        List<string> log = [];
        Tensor x = Leaf(1), z = Leaf(1);
        Tensor a = Probe.Apply("a", log, x), b = Probe.Apply("b", log, z);
        Autograd.Grad(Probe.Apply("top", log, a, b), [x]);
        Assert.Equal(["top", "a"], log);
        log.Clear();
        Autograd.Grad(Probe.Apply("top", log, a, b), [a]);
        Assert.Equal(["top"], log);
    }

    [Fact]
    [Trait("Row", "1.3.2")]
    public void Gradients_are_summed_in_the_order_of_arrival()
    {
        // 1e16 + 1 is 1e16: only (1e16 - 1e16) + 1 is 1.
        Tensor a = Leaf(1);
        Tensor one = a * 1, minus = a * -1e16, plus = a * 1e16;
        Tensor?[] g = Autograd.Grad([one, minus, plus], [a]);
        Assert.Equal([1.0], Values(g[0]));
    }

    [Fact]
    [Trait("Row", "1.3.17")]
    [Trait("Row", "4.9")]
    public void A_million_nodes_need_no_stack()
    {
        const int Depth = 1_000_000;
        double result = 0, second = 0;
        RunOnSmallStack(() =>
        {
            Tensor a = Leaf(1), y = a;
            for (int i = 0; i < Depth; i++) y = y + 1;
            y.Backward();
            result = a.Grad!.Item();
            second = Autograd.Grad(y, a).Item();
        });
        Assert.Equal(1, result);
        Assert.Equal(1, second);
    }

    [Fact]
    [Trait("Row", "1.3.17")]
    public void A_deep_chain_of_products_can_be_differentiated_twice_and_collected()
    {
        double first = 0, second = 0;
        RunOnSmallStack(() =>
        {
            Tensor a = Leaf(1), y = a;
            for (int i = 0; i < 50_000; i++) y = y * a;
            Tensor g = Autograd.Grad(y, a, createGraph: true);
            (first, second) = (g.Item(), Autograd.Grad(g, a).Item());
        });
        GC.Collect();
        Assert.Equal(50_001, first);
        Assert.Equal(50_001.0 * 50_000, second);
    }

    private static void RunOnSmallStack(Action body)
    {
        Exception? failure = null;
        Thread thread = new(() => failure = Record.Exception(body), 256 * 1024);
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    [Fact]
    [Trait("Row", "1.18.2")]
    public void Threads_that_share_leaves_lose_no_gradient()
    {
        const int Threads = 8, Runs = 200;
        Tensor a = Leaf(1, 2, 3), b = Leaf(4, 5, 6);
        Parallel(Threads, t =>
        {
            for (int i = 0; i < Runs; i++) (a * b * (t + 1)).Sum().Backward();
        });
        double factor = Runs * Enumerable.Range(1, Threads).Sum();
        Assert.Equal([4 * factor, 5 * factor, 6 * factor], Values(a.Grad));
        Assert.Equal([1 * factor, 2 * factor, 3 * factor], Values(b.Grad));
    }

    [Fact]
    [Trait("Row", "1.18.2")]
    public void Threads_that_share_a_graph_lose_no_gradient()
    {
        const int Threads = 8, Runs = 200;
        Tensor a = Leaf(1, 2), shared = a * a, y = (shared * shared).Sum();
        Parallel(Threads, _ =>
        {
            for (int i = 0; i < Runs; i++) y.Backward(retainGraph: true);
        });
        Assert.Equal([4.0 * Threads * Runs, 32.0 * Threads * Runs], Values(a.Grad));
    }

    private static void Parallel(int count, Action<int> body)
    {
        Exception?[] failures = new Exception?[count];
        using Barrier start = new(count);
        Thread[] threads = [.. Enumerable.Range(0, count).Select(t => new Thread(() =>
        {
            start.SignalAndWait();
            failures[t] = Record.Exception(() => body(t));
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.All(failures, Assert.Null);
    }

    [Fact]
    [Trait("Row", "1.3.17")]
    public void What_was_saved_is_dropped_with_backward()
    {
        (Tensor y, WeakReference saved) = Build();
        y.Backward();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(saved.IsAlive);
        GC.KeepAlive(y);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static (Tensor, WeakReference) Build()
    {
        Tensor a = Leaf(2), middle = a * 3;
        return ((middle * middle).Sum(), new WeakReference(middle));
    }
}
