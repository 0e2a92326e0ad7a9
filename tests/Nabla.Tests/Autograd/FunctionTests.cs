using Nabla.Testing;
using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Functions of users: forward, context, backward.</summary>
public sealed class FunctionTests
{
    private sealed class Empty : Function<Tensor, Tensor>
    {
    }

    private sealed class NoRules : Function<Tensor, Tensor>
    {
        protected override Tensor Forward(Tensor x) => x * 2;
    }

    [Fact, Trait("Row", "1.8.1")]
    public void Forward_runs_unrecorded_and_becomes_one_node()
    {
        Tensor x = Leaf(2, 3);
        Tensor y = new Cube().Apply(x);
        Assert.Equal("<CubeBackward>", y.GradFn!.ToString());
        Assert.Equal("AccumulateGrad", Assert.Single(y.GradFn.NextFunctions).Node!.Name);
        y.Sum().Backward();
        Assert.Equal([12.0, 27.0], Values(x.Grad));

        bool recorded = true;
        Function<Tensor, Tensor> f = Function.Of(a => { recorded = Autograd.IsGradEnabled; return a * 2; }, (a, b, g) => g);
        f.Apply(x);
        Assert.False(recorded);
    }

    [Fact, Trait("Row", "1.8.1")]
    public void Both_ways_to_state_a_forward()
    {
        Tensor x = Leaf(2), y = Leaf(5);
        Tensor z = new ScaledProduct().Apply((x, y, 3.0));
        Assert.Equal([30.0], Values(z));
        Assert.Equal("ScaledProductBackward", z.GradFn!.Name);
        Assert.Equal(2, z.GradFn.NextFunctions.Count);
        z.Backward();
        Assert.Equal((15.0, 6.0), (x.Grad!.Item(), y.Grad!.Item()));
    }

    [Fact, Trait("Row", "1.8.1")]
    public void What_is_missing_is_named()
    {
        Refuses("You must implement the forward function for custom autograd.Function.", () => new Empty().Apply(Leaf(1)));
        Tensor y = new NoRules().Apply(Leaf(1));
        Refuses("You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD.",
            () => y.Backward());
        Assert.Throws<ArgumentNullException>(() => new NoRules().Apply(null!));
        Refuses("Lambda: Forward returned null", () => Function.Of(a => null!, (a, b, g) => g).Apply(Leaf(1)));
    }

    [Fact, Trait("Row", "1.8.1")]
    public void An_input_returned_as_it_is_can_be_saved_in_setup_B()
    {
        // PyTorch refuses: it could not tell the input from the output.
        Tensor x = Leaf(3);
        Tensor y = Function.Of<Tensor, Tensor>(a => a, (a, b, g) => g * b * 2).Apply(x);
        Tensor g = Autograd.Grad(y, x, createGraph: true);
        Assert.Equal(6.0, g.Item());
        // b is the output, so that its derivative passes this function's backward: 2·(2·b).
        Assert.Equal(12.0, Autograd.Grad(g, x).Item());
    }

    [Fact, Trait("Row", "1.8.1")]
    public void An_exception_of_the_user_comes_out_as_it_is()
    {
        Tensor x = Leaf(1);
        Function<Tensor, Tensor> f = Function.Of<Tensor, Tensor>(a => a * 2, (a, b, g) => throw new InvalidDataException("mine"));
        Tensor y = f.Apply(x);
        Assert.Equal("mine", Assert.Throws<InvalidDataException>(() => y.Backward()).Message);
        Assert.Null(x.Grad);
        Assert.Throws<InvalidDataException>(
            () => Function.Of<Tensor, Tensor>(a => throw new InvalidDataException(), (a, b, g) => g).Apply(x));
        Assert.True(Autograd.IsGradEnabled);
    }

    [Fact, Trait("Row", "1.8.3")]
    public void Backward_returns_one_gradient_per_part_of_the_input()
    {
        Refuses("function CountBackward returned an incorrect number of gradients (expected 2, got 1)", () => Lists(2, g => [g]));
        Refuses("function CountBackward returned an incorrect number of gradients (expected 2, got 3)", () => Lists(2, g => [g, g, g]));
        Lists(2, g => [g, g, null!]);
        Lists(2, g => [null!, g]);
        Lists(2, g => null!);

        static void Lists(int n, Func<Tensor, List<Tensor>> backward)
        {
            List<Tensor> x = [.. Enumerable.Range(0, n).Select(i => Leaf(i))];
            Function.Of<List<Tensor>, Tensor>((ctx, a) => a[0] + a[1], (ctx, g) => backward(g), name: "Count").Apply(x).Backward();
        }
    }

    [Fact, Trait("Row", "1.8.3")]
    public void No_gradient_leaves_leaves_alone()
    {
        Tensor x = Leaf(1), y = Leaf(2);
        Function<Tensor, Tensor> nothing = Function.Of<Tensor, Tensor>(a => a * 2, (a, b, g) => null!);
        nothing.Apply(x).Backward();
        Assert.Null(x.Grad);
        (nothing.Apply(x) + x * 3).Backward();
        Assert.Equal(3.0, x.Grad!.Item());
        Assert.Null(Autograd.Grad(nothing.Apply(y), [y], allowUnused: true)[0]);
        nothing.Apply(y * 2).Backward();
        Assert.Null(y.Grad);
    }

    [Fact, Trait("Row", "1.8.3")]
    public void A_gradient_where_no_tensor_was_is_refused()
    {
        Tensor x = Leaf(1);
        Function<object?[], Tensor> f = Function.Of<object?[], Tensor>((ctx, a) => (Tensor)a[0]! * 2, (ctx, g) => [g, g], name: "MyF");
        // Tensors among plain objects would not be found.
        Refuses("MyF: a tensor at input[0] would silently not be tracked", () => f.Apply([x, 2.0]));

        Function<(Tensor, object), Tensor> h = Function.Of<(Tensor, object), Tensor>(
            (ctx, a) => a.Item1 * 2, (ctx, g) => (g, g), name: "MyF");
        Refuses("function MyFBackward returned a gradient different than None at position 2, but the corresponding forward input was not " +
            "a Variable", () => h.Apply((x, 2.0)).Backward());
    }

    [Fact, Trait("Row", "1.8.3")]
    public void A_gradient_fits_its_input()
    {
        Tensor x = Leaf(1, 2);
        Tensor y = Function.Of(a => a * 2, (a, b, g) => Tensor.Ones(3)).Apply(x);
        Assert.StartsWith(
            "Function LambdaBackward returned an invalid gradient at index 0 - got [3] but expected shape compatible with [2]",
            Assert.Throws<ShapeException>(() => y.Sum().Backward()).Message, StringComparison.Ordinal);
        // A larger one is summed, another dtype converted, as for any operation.
        Function.Of(a => a * 2, (a, b, g) => Tensor.Ones(3, 2)).Apply(x).Sum().Backward();
        Assert.Equal([3.0, 3.0], Values(x.Grad));
        x.Grad = null;
        Function.Of(a => a * 2, (a, b, g) => g.To(DType.Float32)).Apply(x).Sum().Backward();
        Assert.Equal(DType.Float64, x.Grad!.DType);
        // Inputs that need none may get one.
        Function.Of<(Tensor, Tensor), Tensor>((ctx, a) => a.Item1 * a.Item2, (ctx, g) => (g, g)).Apply(x, Plain(1, 2)).Sum().Backward();
    }

    [Fact, Trait("Row", "1.8.4")]
    public void Saved_tensors_are_inputs_outputs_intermediates_and_nothing()
    {
        Tensor x = Leaf(2);
        IReadOnlyList<Tensor>? saved = null;
        Function<Tensor, Tensor> f = Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            Tensor between = a * 10, y = between + 1;
            ctx.SaveForBackward(null, a, between, y);
            return y;
        }, (ctx, g) =>
        {
            saved = ctx.SavedTensors;
            return g;
        });
        Tensor y = f.Apply(x);
        y.Backward(retainGraph: true);
        Assert.Equal(4, saved!.Count);
        Assert.Null(saved[0]);
        Assert.Same(x, saved[1]);
        Assert.Equal((20.0, 21.0), (saved[2].Item(), saved[3].Item()));
        Assert.Same(y.GradFn, saved[3].GradFn);
        Assert.Null(saved[2].GradFn);
        Assert.Equal(["saved1", "saved2", "saved3"], y.GradFn!.Saved.Keys);
    }

    [Fact, Trait("Row", "1.8.4")]
    public void Saved_tensors_are_checked_for_writes_and_freed()
    {
        Tensor x = Leaf(2), a = x.Clone(), y = new Cube().Apply(a);
        a.Mul_(2);
        Refuses("one of the variables needed for gradient computation has been modified by an inplace operation", () => y.Backward());

        Tensor z = new Cube().Apply(x);
        z.Backward();
        Refuses("Trying to backward through the graph a second time", () => z.Backward());

        // What saves nothing has nothing to free.
        Tensor w = new Amplify(3).Apply(x).Clone();
        w.Backward();
        x.Grad = null;
        w.Backward();
        Assert.Equal(3.0, x.Grad!.Item());
    }

    [Fact, Trait("Row", "1.8.4")]
    public void Hooks_for_saved_tensors_see_every_kind_of_them()
    {
        Tensor x = Leaf(2), y;
        List<double> packed = [];
        using (Autograd.SavedTensorHooks(t => { packed.Add(t.Item()); return t.Item(); }, v => Plain(v).Reshape(1) + 1))
            y = Function.Of<Tensor, Tensor>((ctx, a) =>
            {
                Tensor between = a + 5;
                ctx.SaveForBackward(a, between);
                return between * 2;
            }, (ctx, g) => g * ctx.SavedTensors[0] * ctx.SavedTensors[1]).Apply(x);
        Assert.Equal([2.0, 7.0], packed);
        y.Backward();
        Assert.Equal(24.0, x.Grad!.Item());
    }

    [Fact, Trait("Row", "1.8.4")]
    public void A_context_that_got_out_is_as_dead_as_its_node()
    {
        Tensor x = Leaf(2);
        FunctionContext? kept = null;
        Tensor y = Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            kept = ctx;
            ctx.SaveForBackward(a);
            return a * 2;
        }, (ctx, g) => g).Apply(x);
        Assert.Same(x, kept!.SavedTensors[0]);
        Refuses("Lambda: SaveForBackward was called after the forward", () => kept.SaveForBackward(x));
        y.Backward();
        Refuses("Trying to backward through the graph a second time (or directly access saved tensors", () => _ = kept.SavedTensors);
        Refuses("Lambda: the context has no state, not of type System.Int32", () => kept.Get<int>());
    }

    [Fact, Trait("Row", "1.8.5")]
    public void Needs_input_grad_has_one_entry_per_argument()
    {
        IReadOnlyList<bool>? needs = null;
        Function<(int, Tensor, (Tensor, Tensor), string), Tensor> f = Function.Of<(int, Tensor, (Tensor, Tensor), string), Tensor>(
            (ctx, a) => a.Item2 + a.Item3.Item1 * a.Item3.Item2, (ctx, g) =>
            {
                needs = ctx.NeedsInputGrad;
                return (0, g, (g, g), "");
            });
        f.Apply(1, Plain(1), (Plain(1), Leaf(1)), "s").Backward();
        Assert.Equal([false, false, true, false], needs!);
        f.Apply(1, Leaf(1), (Plain(1), Plain(1)), "s").Backward();
        Assert.Equal([false, true, false, false], needs!);

        Function<List<Tensor>, Tensor> list = Function.Of<List<Tensor>, Tensor>((ctx, a) => a[0] * a[1], (ctx, g) =>
        {
            needs = ctx.NeedsInputGrad;
            return [g, g];
        });
        list.Apply([Plain(1), Leaf(1)]).Backward();
        Assert.Equal([false, true], needs!);
    }

    [Fact, Trait("Row", "1.8.11")]
    public void Gradients_of_gradients_follow_from_a_backward_made_of_operations()
    {
        Tensor x = Leaf(2), y = new Cube().Apply(x);
        Tensor first = Autograd.Grad(y, x, createGraph: true);
        Tensor second = Autograd.Grad(first, x, createGraph: true);
        Tensor third = Autograd.Grad(second, x);
        Assert.Equal((12.0, 12.0, 6.0), (first.Item(), second.Item(), third.Item()));

        bool mode = false;
        Function<Tensor, Tensor> f = Function.Of(a => a * 2, (a, b, g) => { mode = Autograd.IsGradEnabled; return g * 2; });
        f.Apply(x).Backward();
        Assert.False(mode);
        f.Apply(x).Backward(createGraph: true);
        Assert.True(mode);
    }

    [Fact, Trait("Row", "1.8.11")]
    public void Repeated_second_order_frees_nothing_early()
    {
        // 0.5·(x² summed): its backward differentiates another graph inside.
        Function<Tensor, Tensor> inner = Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            ctx.SaveForBackward(a);
            return (a * a).Sum() * 0.5;
        }, (ctx, g) => g * ctx.SavedTensors[0]);
        Tensor x = Leaf(1, 2);
        Tensor once = Autograd.Grad(inner.Apply(x), x, createGraph: true);
        Tensor twice = Autograd.Grad((once * once).Sum(), x);
        Assert.Equal([2.0, 4.0], Values(twice));
        Tensor again = Autograd.Grad((Autograd.Grad(inner.Apply(x), x, createGraph: true) * 3).Sum(), x);
        Assert.Equal([3.0, 3.0], Values(again));
    }

    [Fact, Trait("Row", "1.8.3")]
    public void What_a_backward_keeps_stays_as_it_was()
    {
        // Large enough for memory that backward would use again.
        Tensor x = Tensor.Ones([4096], DType.Float64, requiresGrad: true), y = x;
        List<(Tensor Gradient, double Value)> kept = [];
        Function<Tensor, Tensor> f = Function.Of(a => a * 2, (a, b, g) =>
        {
            Tensor d = g * 2;
            kept.Add((g, g.Sum().Item()));
            kept.Add((d, d.Sum().Item()));
            return d;
        });
        for (int i = 0; i < 10; i++) y = f.Apply((y * 3) + y);
        y.Sum().Backward();
        x.Grad = null;
        Assert.Equal(20, kept.Count);
        Assert.All(kept, k => Assert.Equal(k.Value, k.Gradient.Sum().Item()));
    }

    [Fact, Trait("Row", "1.8.11")]
    public void A_backward_may_run_backward()
    {
        Tensor w = Leaf(5);
        Function<Tensor, Tensor> f = Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            ctx.SaveForBackward(a);
            return a * w * w;
        }, (ctx, g) =>
        {
            using GradScope on = Autograd.EnableGrad();
            Tensor a = ctx.SavedTensors[0].Detach().RequiresGrad_();
            (a * w * w).Backward(g);
            return a.Grad!;
        });
        Tensor x = Leaf(2);
        f.Apply(f.Apply(x)).Backward();
        Assert.Equal(625.0, x.Grad!.Item());
        // d/dw of 2·w⁴
        Assert.Equal(1000.0, w.Grad!.Item());
    }

    [Fact, Trait("Row", "1.8.11")]
    public void Checked_by_finite_differences()
    {
        Assert.True(GradCheck.Run(new Cube().Apply, Leaf(0.5, -1.5), checkForwardAd: true, checkBatchedGrad: true));
        Assert.True(GradGradCheck.Run(new Cube().Apply, Leaf(0.5, -1.5)));
    }
}
