using Nabla.Testing;
using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Users' functions in forward mode and inside transforms.</summary>
public sealed class FunctionTransformTests
{
    private sealed class Once : Function<Tensor, Tensor>
    {
        protected override bool OnceDifferentiable => true;

        protected override Tensor Forward(FunctionContext ctx, Tensor x)
        {
            ctx.SaveForBackward(x);
            return x * x;
        }

        protected override Tensor Backward(FunctionContext ctx, Tensor g)
        {
            Assert.False(Autograd.IsGradEnabled);
            return 2 * g * ctx.SavedTensors[0];
        }
    }

    [Fact, Trait("Row", "1.8.10")]
    public void Once_differentiable()
    {
        const string Message = "trying to differentiate twice a function that was marked with @once_differentiable";
        Tensor x = Leaf(3);
        new Once().Apply(x).Backward();
        Assert.Equal(6.0, x.Grad!.Item());
        Tensor y = new Once().Apply(x);
        Tensor g = Autograd.Grad((y * y).Sum(), x, createGraph: true);
        Assert.Equal("Error", g.GradFn!.Name);
        Refuses(Message, () => g.Sum().Backward());
        // Where the gradient it got is a constant, PyTorch says something else (B), or ignores the term.
        g = Autograd.Grad(new Once().Apply(x).Sum(), x, createGraph: true);
        Refuses(Message, () => Autograd.Grad((g + x).Sum(), x));
        Assert.Equal(6.0, Func.Grad((Tensor a) => new Once().Apply(a).Sum())(Leaf(3)).Item());
        Refuses(Message, () => Func.Grad((Tensor a) => Func.Grad((Tensor b) => new Once().Apply(b).Sum())(a).Sum())(Leaf(3)));
    }

    private sealed class NoJvp : Function<Tensor, Tensor>
    {
        protected override Tensor Forward(Tensor x) => x * 2;
        protected override Tensor Backward(FunctionContext ctx, Tensor g) => g * 2;
    }

    [Fact, Trait("Row", "1.8.12")]
    public void Tangents()
    {
        (Tensor y, Tensor t) = Func.Jvp(new Cube().Apply, Plain(2), Plain(10));
        Assert.Equal((8.0, 120.0), (y.Item(), t.Item()));
        Refuses("You must implement the jvp function for custom autograd.Function to use it with forward mode AD.",
            () => Func.Jvp(new NoJvp().Apply, Plain(2), Plain(1)));
        // Without SaveForForward, SavedTensors has what was saved for backward; a number among the arguments is no tangent.
        Assert.Equal(3 * (10 * 5 + 2 * 100), Func.Jvp(((Tensor, Tensor) a) => new ScaledProduct().Apply((a.Item1, a.Item2, 3)),
            (Plain(2), Plain(5)), (Plain(10), Plain(100))).Tangent.Item());
        using (ForwardAD.EnterDualLevel())
        {
            Tensor d = new ScaledProduct().Apply((ForwardAD.MakeDual(Plain(2), Plain(10)), Plain(5), 3));
            Assert.Equal(150.0, ForwardAD.UnpackDual(d).Tangent!.Item());
        }
    }

    [Fact, Trait("Row", "1.8.12")]
    public void Tangents_that_do_not_fit()
    {
        Tensor x = Plain(1, 2), t = Plain(1, 0);
        Refuses("Function's jvp returned an invalid number of forward gradients (expected 1 but got 2)", () => Push(
            Function.Of<Tensor, List<Tensor>>((ctx, a) => [a * 2], (ctx, g) => g[0], (ctx, d) => [d, d])));
        Assert.StartsWith("Trying to set a forward gradient that has a different size than that of the original Tensor",
            Assert.Throws<ShapeException>(() => Push(Of(a => a * 2, d => d[..1]))).Message, StringComparison.Ordinal);
        Assert.Throws<DTypeException>(() => Push(Of(a => a * 2, d => d.To(DType.Float32))));
        Refuses("A custom Function's forward is returning a view (or an input as-is) but the jvp is not returning a view.",
            () => Push(Of(a => a[..1], d => d[..1].Clone())));
        Refuses("A custom Function's forward is returning a view (or an input as-is) but the jvp is not returning a view.",
            () => Push(Of(a => a, d => d * 2)));
        Push(Of(a => a[..1], d => d[..1]));
        Push(Of(a => a, d => d));
        Refuses("Function's jvp returned a gradient at position 0, but  the corresponding forward output is not a differentiable " +
            "Tensor.You should return None at that position instead.", () => Push(Marked(d => (d, d))));
        Push(Marked(d => (null!, d)));
        // No tangent is a tangent of zero.
        (_, Tensor zero) = Func.Jvp(Of(a => a * 2, d => null!).Apply, x, t);
        Assert.Equal([0.0, 0.0], Values(zero));

        void Push<T>(Function<Tensor, T> f) => Func.Jvp<Tensor, T>(f.Apply, x, t);

        static Function<Tensor, Tensor> Of(Func<Tensor, Tensor> f, Func<Tensor, Tensor> jvp) =>
            Function.Of<Tensor, Tensor>((ctx, a) => f(a), (ctx, g) => g, (ctx, d) => jvp(d));

        static Function<Tensor, (Tensor, Tensor)> Marked(Func<Tensor, (Tensor, Tensor)> jvp) =>
            Function.Of<Tensor, (Tensor, Tensor)>((ctx, a) =>
            {
                Tensor b = a * 2;
                ctx.MarkNonDifferentiable(b);
                return (b, a * 3);
            }, (ctx, g) => g.Item2, (ctx, d) => jvp(d));
    }

    [Fact, Trait("Row", "1.8.12")]
    public void A_dirty_input_has_its_tangent_written_to()
    {
        using (ForwardAD.EnterDualLevel())
        {
            Tensor x = ForwardAD.MakeDual(Plain(1, 2), Plain(1, 10)), y = new Times_(3).Apply(x);
            Assert.Same(x, y);
            Assert.Equal([3.0, 6.0], Values(ForwardAD.UnpackDual(x).Primal));
            Assert.Equal([3.0, 30.0], Values(ForwardAD.UnpackDual(x).Tangent));

            Tensor whole = ForwardAD.MakeDual(Plain(1, 2), Plain(1, 10));
            new Times_(3).Apply(whole[1..]);
            Assert.Equal([1.0, 30.0], Values(ForwardAD.UnpackDual(whole).Tangent));
        }
        Function<Tensor, Tensor> wrong = Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            ctx.MarkDirty(a);
            return a.Mul_(2);
        }, (ctx, g) => g, (ctx, t) => t * 2);
        Refuses("An inplace custom Function is not modifying the forward mode gradients inplace. If the forward is modifying an input " +
            "inplace, then the jvp function must modify the corresponding gradient inplace.",
            () => Func.Jvp(a => wrong.Apply(a.Clone()), Plain(1), Plain(1)));
    }

    [Fact, Trait("Row", "1.8.12")]
    public void The_forward_passes_no_tangents_and_may_use_forward_mode()
    {
        (bool, bool) modes = default;
        Function<Tensor, Tensor> f = Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            modes = (Autograd.IsGradEnabled, ForwardAD.IsFwdGradEnabled);
            return Func.Jvp(b => b.Square(), a, Tensor.OnesLike(a)).Tangent;
        }, (ctx, g) => g * 2, (ctx, t) => t * 2);
        Assert.Equal(2.0, Func.Jvp(f.Apply, Plain(3), Plain(1)).Tangent.Item());
        Assert.Equal((false, false), modes);
    }

    [Fact, Trait("Row", "1.8.13")]
    public void Every_nesting_of_transforms()
    {
        Tensor x = Plain(0.5, 2, -1);
        All(new Cube().Apply);
        All(Function.Of(a => a * a * a, (a, b, g) => g * 3 * a.Square(), (a, b, t) => t * 3 * a.Square()).Apply);
        All(a => new ScaledProduct().Apply((a, a.Square(), 1.0)));
        All(a => Function.Of((b, c) => b * c, (b, c, d, g) => (g * c, g * b), (b, c, d, s, t) => s * c + b * t).Apply(a, a.Square()));

        void All(Func<Tensor, Tensor> f)
        {
            Func<Tensor, Tensor> sum = a => f(a).Sum();
            Assert.Equal([0.75, 12.0, 3.0], Values(Func.Grad(sum)(x)));
            Assert.Equal([3.0, 12.0, -6.0], Values(Func.Hessian(sum)(x).Diagonal()));
            Assert.Equal([0.75, 12.0, 3.0], Values(Func.JacFwd(f)(x).Diagonal()));
            Assert.Equal([0.75, 12.0, 3.0], Values(Func.JacRev(f)(x).Diagonal()));
            Assert.Equal([0.125, 8.0, -1.0], Values(Func.Vmap(f)(x)));
            Assert.Equal([0.75, 12.0, 3.0], Values(Func.Vmap(Func.Grad(f))(x)));
            Assert.Equal([0.75, 12.0, 3.0], Values(Func.Grad((Tensor a) => Func.Vmap(f)(a).Sum())(x)));
            Assert.Equal([3.0, 12.0, -6.0], Values(Func.Grad((Tensor a) => Func.Vmap(Func.Grad(f))(a).Sum())(x)));
            Assert.Equal([3.0, 12.0, -6.0], Values(Func.Vmap(Func.Grad(Func.Grad(f)))(x)));
            Assert.Equal([0.75, 12.0, 3.0], Values(Func.Vmap(a => Func.Jvp(f, a, Tensor.OnesLike(a)).Tangent)(x)));
            Assert.Equal([0.75, 12.0, 3.0], Values(Func.Jvp(Func.Vmap(f), x, Tensor.OnesLike(x)).Tangent));
            Assert.Equal([3.0, 12.0, -6.0], Values(Func.Jvp(Func.Grad(sum), x, Tensor.OnesLike(x)).Tangent));
            Assert.Equal([3.0, 12.0, -6.0], Values(Func.Grad((Tensor a) => Func.Jvp(f, a, Tensor.OnesLike(a)).Tangent.Sum())(x)));
            Assert.Equal([3.0, 12.0, -6.0],
                Values(Func.Jvp(b => Func.Jvp(f, b, Tensor.OnesLike(b)).Tangent, x, Tensor.OnesLike(x)).Tangent));
            Assert.Equal([3.0, 12.0, -6.0],
                Values(Func.Vmap(a => Func.Grad(b => Func.Jvp(f, b, Tensor.OnesLike(b)).Tangent)(a))(x)));
            Tensor grid = x.Unsqueeze(1).Expand([3, 2]);
            Assert.Equal([0.125, 0.125, 8.0, 8.0, -1.0, -1.0], Values(Func.Vmap(Func.Vmap(f))(grid)));
            Assert.Equal([0.75, 0.75, 12.0, 12.0, 3.0, 3.0], Values(Func.Vmap(Func.Vmap(Func.Grad(f)))(grid)));
            Func<Tensor, Tensor> twice = Func.Vmap(Func.Vmap(f));
            Assert.Equal([1.5, 24.0, 6.0], Values(Func.Grad((Tensor a) => twice(a.Unsqueeze(1).Expand([3, 2])).Sum())(x)));
            Assert.Equal([0.75, 0.75, 12.0, 12.0, 3.0, 3.0], Values(Func.Jvp(twice, grid, Tensor.OnesLike(grid)).Tangent));
            (Tensor _, Func<Tensor, Tensor> linear) = Func.Linearize(f, x);
            Assert.Equal([0.75, 12.0, 3.0], Values(linear(Tensor.OnesLike(x))));
            Assert.Equal([1.5, 12.0, 0.0], Values(Func.Hvp(sum, x, Plain(0.5, 1, 0)).Product));
            Assert.True(GradCheck.Run(f, Leaf(0.5, -1.5), checkForwardAd: true, checkBatchedGrad: true, checkBatchedForwardGrad: true));
            Assert.True(GradGradCheck.Run(f, Leaf(0.5, -1.5), checkFwdOverRev: true, checkBatchedGrad: true));
        }
    }

    [Fact, Trait("Row", "1.8.13")]
    public void Operands_that_are_not_in_the_batch_get_the_sum_of_its_gradients()
    {
        Tensor x = Plain(1, 2, 3), w = Leaf(10);
        Function<(Tensor, Tensor), Tensor> f = Function.Of((a, b) => a * b, (a, b, c, g) => (g * b, g * a));
        Func.Vmap(a => f.Apply(a, w))(x).Sum().Backward();
        Assert.Equal([6.0], Values(w.Grad));
        // Also where the gradient does not depend on the batch.
        w.Grad = null;
        Func.Vmap(a => Function.Of((p, q) => p + q, (p, q, r, g) => (g, Tensor.Ones(1))).Apply(a, w))(x).Sum().Backward();
        Assert.Equal([3.0], Values(w.Grad));
    }

    private sealed class Both : Function<Tensor, Tensor>
    {
        protected override bool GenerateVmapRule => true;
        protected override Tensor Forward(Tensor x) => x * 2;
        protected override (Tensor Output, VmapDims OutDims) Vmap(VmapInfo info, IReadOnlyList<int?> inDims, Tensor x) => (x, 0);
    }

    private sealed class WrongDims : Function<Tensor, Tensor>
    {
        protected override Tensor Forward(Tensor x) => x * 2;
        protected override (Tensor Output, VmapDims OutDims) Vmap(VmapInfo info, IReadOnlyList<int?> inDims, Tensor x) => (x, (0, 0));
    }

    private sealed class SavesInForward : Function<Tensor, Tensor>
    {
        protected override Tensor Forward(FunctionContext ctx, Tensor x) => x * 2;
    }

    [Fact, Trait("Row", "1.8.13")]
    public void Rules_for_a_batch()
    {
        Refuses("You tried to vmap over NoJvp, but it does not have vmap support. Please override and implement the vmap staticmethod or " +
            "set generate_vmap_rule=True.", () => Func.Vmap(new NoJvp().Apply)(Plain(1, 2)));
        Refuses("You tried to vmap over Both, but it has both generate_vmap_rule=True and an overriden vmap staticmethod. Please set " +
            "generate_vmap_rule=False or delete the overriden vmap staticmethod to avoid ambiguity.",
            () => Func.Vmap(new Both().Apply)(Plain(1, 2)));
        Refuses("The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) tuple. Expected out_dims=(0, 0) " +
            "to be compatible with the structure of `output`.", () => Func.Vmap(new WrongDims().Apply)(Plain(1, 2)));
        Refuses("In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override the " +
            "setup_context staticmethod.", () => Func.Vmap(new SavesInForward().Apply)(Plain(1, 2)));

        List<string> log = [];
        OwnBatch f = new(log);
        Tensor x = Plain(1, 2, 3), w = Plain(10);
        Assert.Equal([11.0, 14.0, 19.0], Values(Func.Vmap(a => f.Apply((a, w.Reshape([]))))(x)));
        Assert.Equal([2.0, 5.0, 10.0], Values(Func.Vmap((a, b) => f.Apply((a, b)), randomness: "same")(x, Tensor.OnesLike(x))));
        Assert.Equal(["3 error 0,none", "3 same 0,0"], log);
        Assert.Equal([2.0, 4.0, 6.0], Values(Func.Vmap(Func.Grad((Tensor a) => f.Apply((a, w.Reshape([])))))(x)));
        Assert.Equal([2.0, 2.0, 2.0], Values(Func.Grad(
            (Tensor a) => Func.Vmap(Func.Grad((Tensor b) => f.Apply((b, w.Reshape([])))))(a).Sum())(x)));
        Assert.Equal(3.0, Func.Grad((Tensor b) => Func.Vmap(a => f.Apply((a, b)))(x).Sum())(Plain(1).Reshape([])).Item());
    }

    [Fact, Trait("Row", "1.8.13")]
    public void Intermediate_results_need_a_setup_where_a_tangent_would_be_lost()
    {
        Function<Tensor, Tensor> f = Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            Tensor square = a * a;
            ctx.SaveForBackward(square);
            return square * a;
        }, (ctx, g) => g * 3 * ctx.SavedTensors[0], (ctx, t) => t * 3 * ctx.SavedTensors[0]);
        Tensor x = Plain(2, 3);
        Assert.Equal([12.0, 27.0], Values(Func.Grad((Tensor a) => f.Apply(a).Sum())(x)));
        Assert.Equal([12.0, 27.0], Values(Func.Vmap(Func.Grad(f.Apply))(x)));
        Assert.Equal([12.0, 27.0], Values(Func.Jvp(f.Apply, x, Tensor.OnesLike(x)).Tangent));
        Refuses("In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override the " +
            "setup_context staticmethod.", () => Func.Jvp(Func.Grad((Tensor a) => f.Apply(a).Sum()), x, Tensor.OnesLike(x)));
    }

    [Fact, Trait("Row", "1.8.13")]
    public void Writing_in_place_inside_a_batch_and_a_gradient()
    {
        Tensor x = Plain(1, 2, 3);
        Assert.Equal([2.0, 4.0, 6.0], Values(Func.Vmap(a => new Times_(2).Apply(a.Clone()))(x)));
        Assert.Equal([2.0, 2.0, 2.0], Values(Func.Grad((Tensor b) => Func.Vmap(a => new Times_(2).Apply(a.Clone()))(b).Sum())(x)));
        Assert.Equal([2.0, 2.0, 2.0], Values(Func.Vmap(Func.Grad((Tensor a) => new Times_(2).Apply(a.Clone())))(x)));
        Func<Tensor, Tensor> batch = Func.Vmap(a => new Times_(2).Apply(a.Clone()));
        Assert.Equal([2.0, 2.0, 2.0], Values(Func.Jvp(batch, x, Tensor.OnesLike(x)).Tangent));
        Assert.Equal([5.0, 5.0, 5.0], Values(Func.Vmap(Func.Grad(new Amplify(5).Apply))(x)));
        Assert.Equal([5.0, 5.0, 5.0], Values(Func.Grad((Tensor a) => Func.Vmap(new Amplify(5).Apply)(a).Sum())(x)));
    }

    [Fact, Trait("Row", "1.8.14")]
    public void An_instance_holds_parameters_and_nothing_of_a_call()
    {
        // In PyTorch instances are deprecated, since state on them belonged to the last call.
        Times_ f = new(3);
        Tensor a = Leaf(1) * 1, b = Leaf(1, 1) * 1;
        Cube cube = new();
        Tensor x = Leaf(2), y = Leaf(3, 4), u = cube.Apply(x), v = cube.Apply(y);
        u.Backward();
        v.Sum().Backward();
        Assert.Equal([12.0], Values(x.Grad));
        Assert.Equal([27.0, 48.0], Values(y.Grad));
        Assert.NotSame(f.Apply(a).GradFn, f.Apply(b).GradFn);
        System.Threading.Tasks.Parallel.For(0, 50, i =>
        {
            Tensor p = Leaf(i), q = cube.Apply(p);
            q.Backward();
            Assert.Equal(3.0 * i * i, p.Grad!.Item());
        });
    }

    [Fact, Trait("Row", "1.8.15")]
    [Trait("Row", "4.8")]
    public void A_context_that_holds_its_own_output_is_collected_B()
    {
        List<WeakReference> outputs = [];
        Make(outputs);
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.All(outputs, static r => Assert.False(r.IsAlive));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Make(List<WeakReference> outputs)
        {
            Tensor x = Leaf(1);
            for (int i = 0; i < 5; i++)
                outputs.Add(new(Function.Of<Tensor, Tensor>((ctx, a) =>
                {
                    Tensor y = a * 2;
                    ctx.Set(y);
                    ctx.SaveForBackward(y);
                    return y;
                }, (ctx, g) => g).Apply(x)));
        }
    }

    [Fact, Trait("Row", "1.8.1")]
    public void Hooks_pictures_and_deep_chains_treat_it_as_any_node()
    {
        Tensor x = Leaf(1);
        Tensor y = new Cube().Apply(x * 1);
        List<string> log = [];
        y.GradFn!.RegisterPrehook(g => log.Add($"pre {g[0]!.Item()}"));
        y.GradFn.RegisterHook((d, g) => log.Add($"post {d[0]!.Item()}"));
        y.RegisterHook(g => { log.Add("tensor"); return g * 2; });
        y.Backward();
        Assert.Equal(["tensor", "pre 2", "post 6"], log);
        Assert.Contains("CubeBackward", GraphPicture.ToDot(new Cube().Apply(x)), StringComparison.Ordinal);

        Amplify identity = new(1);
        Tensor deep = Leaf(1), z = deep;
        for (int i = 0; i < 100_000; i++) z = identity.Apply(z);
        z.Backward();
        Assert.Equal(1.0, deep.Grad!.Item());
    }
}
