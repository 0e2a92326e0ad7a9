using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Where operations are recorded: scopes, tasks, inference mode.</summary>
public sealed class GradModeTests
{
    private static bool Records => (Leaf(1) * 2).RequiresGrad;

    [Fact]
    [Trait("Row", "1.4.1"), Trait("Row", "1.4.2")]
    public void Scopes_nest_and_restore()
    {
        Assert.True(Autograd.IsGradEnabled);
        using (Autograd.NoGrad())
        {
            Assert.False(Records);
            using (Autograd.EnableGrad())
            {
                Assert.True(Records);
                using (Autograd.SetGradEnabled(false)) Assert.False(Autograd.IsGradEnabled);
                Assert.True(Records);
            }
            Assert.False(Records);
        }
        Assert.True(Records);
    }

    [Fact]
    [Trait("Row", "1.4.1")]
    public void An_exception_restores_the_mode()
    {
        Assert.Throws<InvalidOperationException>((Action)(() =>
        {
            using (Autograd.NoGrad()) throw new InvalidOperationException();
        }));
        Assert.True(Records);
    }

    [Fact]
    public void A_scope_closed_out_of_order_is_refused()
    {
        GradScope outer = Autograd.NoGrad(), inner = Autograd.EnableGrad();
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        inner.Dispose();
        outer.Dispose();
        outer.Dispose();
        Assert.True(Records);
    }

    [Fact]
    [Trait("Row", "1.4.1"), Trait("Row", "1.4.3"), Trait("Row", "1.18.3")]
    public async Task The_mode_survives_await()
    {
        using (Autograd.NoGrad())
        {
            for (int i = 0; i < 20; i++)
            {
                await Task.Yield();
                Assert.False(Records);
                await Task.Delay(1, TestContext.Current.CancellationToken);
                Assert.False(Records);
            }
        }
        Assert.True(Records);
    }

    [Fact]
    [Trait("Row", "1.4.3"), Trait("Row", "1.18.3")]
    public async Task A_task_inherits_the_mode_and_does_not_leak_its_own()
    {
        bool inside = true;
        using (Autograd.NoGrad()) await Task.Run(() => inside = Records, TestContext.Current.CancellationToken);
        Assert.False(inside);
        await Task.Run(() => Autograd.NoGrad(), TestContext.Current.CancellationToken);
        Assert.True(Records);
        for (int i = 0; i < 50; i++) Assert.True(await Task.Run(() => Records, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Flows_side_by_side_keep_their_modes()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async k =>
        {
            using (k % 2 == 0 ? Autograd.NoGrad() : Autograd.EnableGrad())
            {
                for (int i = 0; i < 50; i++)
                {
                    await Task.Yield();
                    Assert.Equal(k % 2 == 1, Records);
                }
            }
        }));
    }

    [Fact]
    [Trait("Row", "1.4.4")]
    public void Factories_still_make_leaves_that_require_gradients()
    {
        using (Autograd.NoGrad()) Assert.True(Tensor.Ones([2], requiresGrad: true).RequiresGrad);
    }

    [Fact]
    [Trait("Row", "1.4.5")]
    public void Leaves_may_be_written_to_and_the_version_moves()
    {
        Tensor a = Leaf(1, 2);
        using (Autograd.NoGrad()) a.Mul_(3);
        Assert.Equal([3.0, 6.0], Values(a));
        Assert.Equal(1, a.Version);
        Assert.True(a.IsLeaf && a.RequiresGrad);
    }

    [Fact]
    [Trait("Row", "1.4.6")]
    public void Inference_mode_records_nothing_even_inside_EnableGrad()
    {
        using (Autograd.InferenceMode())
        {
            Assert.True(Autograd.IsInferenceModeEnabled);
            Assert.False(Records);
            using (Autograd.EnableGrad()) Assert.False(Records);
            using (Autograd.InferenceMode(false)) Assert.True(Records);
            Assert.True(Plain(1).IsInference);
        }
        Assert.False(Autograd.IsInferenceModeEnabled);
        Assert.False(Plain(1).IsInference);
    }

    [Fact]
    [Trait("Row", "1.4.6")]
    public void Inference_tensors_stay_out_of_every_graph()
    {
        Tensor t;
        using (Autograd.InferenceMode()) t = Plain(1, 2);
        Refuses("Inference tensors do not track version counter.", () => _ = t.Version);
        Refuses("Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal tensor " +
            "before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details.", () => t.Add_(1));
        Refuses("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.", () => t.RequiresGrad_());
        Refuses("Inference tensors cannot be saved for backward. To work around you can make a clone to get a normal tensor and use it " +
            "in autograd.", () => _ = Leaf(1, 2) * t);
        Tensor sum = Leaf(1, 2) + t;
        Assert.True(sum.RequiresGrad);
        Assert.False(t.Clone().IsInference);
        Assert.True(t.View([2, 1]).IsInference);
        Assert.Equal([1.0, 2.0], Values(t));
    }

    [Fact]
    [Trait("Row", "1.4.6")]
    public void Inference_tensors_may_be_written_to_inside()
    {
        using (Autograd.InferenceMode())
        {
            Tensor t = Plain(1, 2);
            t.Add_(1);
            Assert.Equal([2.0, 3.0], Values(t));
        }
    }
}
