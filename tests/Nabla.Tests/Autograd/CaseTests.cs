using System.Numerics;
using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>What PyTorch's own tests of its engine, hooks and errors try in passing.</summary>
public sealed partial class CaseTests
{
    [Fact, Trait("Row", "1.6.2")]
    public void Hooks_after_accumulation_run_in_order_each_once_per_backward()
    {
        Tensor a = Leaf(1, 2), b = Leaf(3, 4);
        List<string> log = [];
        using HookHandle first = a.RegisterPostAccumulateGradHook(p => log.Add($"a1 {p.Grad!.Sum().Item<double>()}"));
        using HookHandle second = a.RegisterPostAccumulateGradHook(p => { p.Grad = null; log.Add("a2"); });
        using HookHandle third = b.RegisterPostAccumulateGradHook(_ => log.Add("b"));
        (a * b).Sum().Backward();
        (a * b + a).Sum().Backward();
        Assert.Equal(["a1 7", "a2", "b", "a1 9", "a2", "b"], log);
        Assert.Null(a.Grad);
    }

    [Fact, Trait("Row", "1.6.2")]
    public void An_optimizer_can_live_in_backward()
    {
        Tensor w = Leaf(1, 2), plain = Leaf(1, 2);
        using HookHandle hook = w.RegisterPostAccumulateGradHook(static p =>
        {
            using (Autograd.NoGrad()) p.Sub_(0.1 * p.Grad!);
            p.Grad = null;
        });
        for (int step = 0; step < 3; step++)
        {
            w.Square().Sum().Backward();
            plain.Grad = null;
            plain.Square().Sum().Backward();
            using (Autograd.NoGrad()) plain.Sub_(0.1 * plain.Grad!);
        }
        Assert.Equal(Values(plain), Values(w));
        Assert.Null(w.Grad);
    }

    [Fact, Trait("Row", "1.2.15")]
    public void What_has_no_derivative_says_so_in_backward()
    {
        Tensor x = Leaf(0, 1), y = x.Heaviside(Plain(0.5, 0.5)), z = x.NextAfter(Plain(2, 2));
        Assert.True(y.RequiresGrad && z.RequiresGrad);
        Refuses("derivative for aten::heaviside is not implemented", () => y.Sum().Backward());
        Refuses("the derivative for 'nextafter' is not implemented.", () => z.Sum().Backward());
        Assert.Null(x.Grad);
    }

    [Fact, Trait("Row", "1.2.15")]
    public void An_operand_that_has_no_derivative_is_refused_if_it_requires_one()
    {
        Tensor x = Tensor.Zeros([2, 3], DType.Float64), classes = Tensor.From([0L, 2]), w = Leaf(1, 2, 3);
        const string Words = "The function 'nll_loss_forward' is not differentiable with respect to argument 'weight'. This input cannot " +
            "have requires_grad True.";
        Refuses(Words, () => Functional.NllLoss(x, classes, w));
        Refuses(Words, () => Functional.CrossEntropy(x, classes, w));
        using (Autograd.NoGrad()) Functional.NllLoss(x, classes, w);
        Functional.NllLoss(x, classes, w.Detach());
        Refuses("The function 'native_batch_norm' is not differentiable with respect to argument 'running_var'. This input cannot have " +
            "requires_grad True.", () => Functional.BatchNorm(x, w.Detach(), w));
    }

    [Fact, Trait("Row", "1.1.1")]
    public void An_index_cuts_the_path_and_leaves_the_rest()
    {
        Tensor x = Leaf(1, 5, 2).Reshape([1, 3]).Detach().RequiresGrad_(), y = Plain(3, 1, 2).Reshape([1, 3]).RequiresGrad_(), a = x + y;
        Tensor b = a.Max(1, true).Indices.Repeat([1, 3]).To(DType.Float64);
        Assert.False(b.RequiresGrad);
        (b + a).Sum().Backward();
        Assert.Equal([1, 1, 1], Values(x.Grad));
    }

    [Fact, Trait("Row", "1.3.2")]
    public void Indices_that_repeat_add_their_gradients()
    {
        Tensor x = Leaf(1, 2, 3), i = Tensor.From([0L, 2, 2, 0, 0]);
        (x[i] * Plain(1, 2, 3, 4, 5)).Sum().Backward();
        Assert.Equal([10, 0, 5], Values(x.Grad));

        x = Leaf(1, 2, 3);
        Tensor y = x.Clone();
        y[Tensor.From([0L, 2])] = Plain(5, 6);
        (y * y).Sum().Backward();
        Assert.Equal([0, 4, 0], Values(x.Grad));
    }

    [Fact, Trait("Row", "1.3.11")]
    public void Parts_and_repetitions_pass_gradients_on()
    {
        Tensor x = Tensor.Zeros([3, 3], DType.Float64).RequiresGrad_(), seed = Tensor.Ones([1], DType.Float64).Expand([3]);
        Assert.Equal([1, 0, 0, 0, 1, 0, 0, 0, 1], Values(Autograd.Grad(x.Diagonal(), x, seed)));
        Assert.Equal([1, 1, 1, 0, 0, 0, 0, 0, 0], Values(Autograd.Grad(x.Select(0, 0), x, seed)));
        Assert.Equal([0, 0, 0, 1, 1, 1, 1, 1, 1], Values(Autograd.Grad(x[1..], x, seed.Expand([2, 3]))));
        Tensor z = Leaf(2, 3);
        z.Select(0, 1).Sum().Backward();
        Assert.Equal([0, 1], Values(z.Grad));
    }

    [Fact, Trait("Row", "1.4.1")]
    public void A_backward_inside_a_hook_leaves_the_mode_alone()
    {
        Tensor a = Leaf(2), inner = Leaf(3);
        List<bool> modes = [];
        a.RegisterHook(g =>
        {
            modes.Add(Autograd.IsGradEnabled);
            using (Autograd.EnableGrad()) (inner * inner).Backward(Tensor.OnesLike(inner));
            modes.Add(Autograd.IsGradEnabled);
        });
        (a * a).Sum().Backward();
        Assert.Equal([false, false], modes);
        Assert.True(Autograd.IsGradEnabled);
    }

    [Fact, Trait("Row", "1.18.2"), Trait("Row", "1.2.17")]
    public async Task An_error_in_one_thread_stays_there()
    {
        Tensor w = Leaf(1, 2);
        Task fails = Task.Run(() =>
        {
            Tensor y = w * 2;
            y.RegisterHook((Action<Tensor>)Fail);
            y.Sum().Backward();
        }, TestContext.Current.CancellationToken);
        Task works = Task.Run(() => (w * 3).Sum().Backward(), TestContext.Current.CancellationToken);
        Assert.Equal("here", (await Assert.ThrowsAsync<DivideByZeroException>(() => fails)).Message);
        await works;
        Assert.Equal([3, 3], Values(w.Grad));

        static void Fail(Tensor g) => throw new DivideByZeroException("here");
    }

    [Fact, Trait("Row", "1.16")]
    public void Joining_real_and_complex_tensors_gives_each_its_own_gradient()
    {
        Tensor real = Leaf(1, 2), complex = Tensor.From([Complex.ImaginaryOne]).RequiresGrad_(), y = Tensor.Cat([real, complex]);
        (y * y.Conj()).Real.Sum().Backward();
        Assert.Equal([2, 4], Values(real.Grad));
        Assert.Equal(2 * Complex.ImaginaryOne, complex.Grad!.Item<Complex>());
    }

    [Fact, Trait("Row", "1.4.4")]
    public void Factories_make_leaves_of_every_floating_dtype()
    {
        foreach (DType dtype in Enum.GetValues<DType>())
        {
            Func<Tensor>[] makes = [() => Tensor.Zeros([2], dtype, requiresGrad: true), () => Tensor.Ones([2], dtype, requiresGrad: true),
                () => Tensor.Full([2], 1, dtype, requiresGrad: true), () => Tensor.Empty([2], dtype, requiresGrad: true)];
            foreach (Func<Tensor> make in makes)
                if (dtype >= DType.Float16) Assert.True(make() is { RequiresGrad: true, IsLeaf: true });
                else Assert.Throws<DTypeException>(make);
        }
    }

    [Fact, Trait("Row", "1.14 rules")]
    public void Saved_tensors_are_packed_inside_transforms_too()
    {
        int packed = 0;
        using (Autograd.SavedTensorHooks(t => { packed++; return t; }, static t => t))
        {
            Assert.Equal([2, 4], Values(Func.Grad(static x => (x * x).Sum())(Plain(1, 2))));
            Assert.Equal([4, 6], Values(Func.Vjp(static x => x * x, Plain(2, 3)).Vjp(Plain(1, 1))));
        }
        Assert.True(packed > 0);
    }

    [Fact, Trait("Row", "1.14 rules"), Trait("Row", "1.9.1")]
    public void Anomaly_mode_looks_into_vmap()
    {
        using AnomalyScope scope = Autograd.DetectAnomaly();
        Func<Tensor, Tensor> each = Func.Vmap(Func.Grad(static x => x.Sqrt()));
        Assert.Equal([0.5, 0.25], Values(each(Plain(1, 4))));
        Assert.ThrowsAny<AutogradException>(() => each(Plain(1, 0)));
    }
}
