using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Version counters by hand, detaching in place, and what backward does in unusual modes.</summary>
public sealed class VersionTests
{
    [Fact]
    [Trait("Row", "1.5.16")]
    public void A_version_can_be_moved_by_hand()
    {
        Tensor a = Leaf(2), w = Plain(3), y = a * w;
        Autograd.IncrementVersion(w);
        Assert.Equal(1, w.Version);
        Refuses("one of the variables needed for gradient computation has been modified by an inplace operation", () => y.Backward());
        Autograd.UnsafeSetVersion(w, 0);
        y.Backward();
        Assert.Equal([3.0], Values(a.Grad));
        Refuses("Cannot set a version_counter to a value below 0: -1", () => Autograd.UnsafeSetVersion(w, -1));
    }

    [Fact]
    [Trait("Row", "1.5.13")]
    public void A_saved_operand_that_was_detached_in_place_is_refused()
    {
        Tensor a = Leaf(2), b = a * 1, y = b * b;
        b.Detach_();
        Refuses("Trying to use a saved tensor that has been detached in-place, i.e. with .detach_().This is not supported, please use " +
            "out-of-place `.detach()` instead", () => y.Backward());
        Tensor later = b * Leaf(5);
        later.Backward();
    }

    [Fact]
    [Trait("Row", "1.5.13")]
    public void A_saved_result_that_was_detached_in_place_still_differentiates_twice()
    {
        Tensor a = Leaf(2), e = a.Exp(), y = e.Sum();
        e.Detach_();
        Tensor g = Autograd.Grad(y, a, createGraph: true);
        Assert.Equal(Math.Exp(2), g.Item(), 12);
        Assert.Equal(Math.Exp(2), Autograd.Grad(g, a).Item(), 12);
    }

    [Fact]
    [Trait("Row", "1.3.18")]
    public void Every_node_can_be_logged_before_it_runs()
    {
        List<string> lines = [];
        int thread = Environment.CurrentManagedThreadId;
        Tensor a = Tensor.Ones([2], requiresGrad: true), y = (a * 3).Sum();
        using (Autograd.LogExecution(line => { if (Environment.CurrentManagedThreadId == thread) lines.Add(line); })) y.Backward();
        Assert.Equal(["Executing: <SumBackward0> with grad_outputs: [f32[]]",
            "Executing: <MulBackward0> with grad_outputs: [f32[2]]"], lines);
        (a * 2).Sum().Backward();
        Assert.Equal(2, lines.Count);
    }

    [Fact]
    [Trait("Row", "1.2.18")]
    public void Backward_in_inference_mode_makes_inference_gradients_as_PyTorch_does()
    {
        Tensor a = Leaf(3), y = a * a;
        using (Autograd.InferenceMode()) y.Backward();
        Assert.Equal([6.0], Values(a.Grad));
        Assert.True(a.Grad!.IsInference);
    }

    [Fact]
    [Trait("Row", "1.2.13")]
    [Trait("Row", "4.8")]
    public void A_gradient_with_a_graph_is_collected_with_its_leaf_without_a_warning_B()
    {
        WeakReference leaf = Build();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(leaf.IsAlive);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference Build()
    {
        Tensor a = Leaf(3);
        (a * a).Backward(createGraph: true);
        Assert.NotNull(a.Grad!.GradFn);
        return new WeakReference(a);
    }
}
