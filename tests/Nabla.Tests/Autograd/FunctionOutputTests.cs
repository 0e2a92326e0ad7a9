using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>What users' functions return: structures, inputs, views, what is written to or has no gradient.</summary>
public sealed class FunctionOutputTests
{
    private sealed record Pieces(Tensor Whole, int Count, List<Tensor> Rest, Dictionary<string, Tensor> Named);

    [Fact, Trait("Row", "1.8.2")]
    [Trait("Row", "4.11")]
    public void Lists_dictionaries_and_records_are_tracked_B()
    {
        // PyTorch returns lists and dictionaries untracked, without a word.
        Tensor x = Leaf(2), y = Leaf(3);
        Function<Dictionary<string, Tensor>, Pieces> f = Function.Of<Dictionary<string, Tensor>, Pieces>(
            (ctx, a) => new(a["x"] * 2, 7, [a["x"] * 3, a["y"] * 5], new() { ["sum"] = a["x"] + a["y"] }),
            (ctx, g) => new()
            {
                ["x"] = g.Whole * 2 + g.Rest[0] * 3 + g.Named["sum"],
                ["y"] = g.Rest[1] * 5 + g.Named["sum"],
            });
        Pieces p = f.Apply(new() { ["x"] = x, ["y"] = y });
        Assert.Equal(7, p.Count);
        Assert.All([p.Whole, .. p.Rest, p.Named["sum"]], t => Assert.Equal("LambdaBackward", t.GradFn!.Name));
        (p.Whole + p.Rest[0] * 10 + p.Rest[1] * 100 + p.Named["sum"] * 1000).Backward();
        Assert.Equal((1032.0, 1500.0), (x.Grad!.Item(), y.Grad!.Item()));
    }

    [Fact, Trait("Row", "1.8.2")]
    public void A_gradient_that_a_dictionary_does_not_have_is_none()
    {
        Tensor x = Leaf(2), y = Leaf(3);
        Function<Dictionary<string, Tensor>, Tensor> f = Function.Of<Dictionary<string, Tensor>, Tensor>(
            (ctx, a) => a["x"] * a["y"], (ctx, g) => new() { ["y"] = g * 4 });
        f.Apply(new() { ["x"] = x, ["y"] = y }).Backward();
        Assert.Null(x.Grad);
        Assert.Equal(4.0, y.Grad!.Item());
        Refuses("function LambdaBackward returned an incorrect number of gradients", () => Function.Of<Dictionary<string, Tensor>, Tensor>(
            (ctx, a) => a["x"] * 1, (ctx, g) => new() { ["x"] = g, ["z"] = g }).Apply(new() { ["x"] = x }).Backward());
    }

    [Fact, Trait("Row", "1.8.2")]
    public void A_tensor_that_would_not_be_tracked_is_an_error_B()
    {
        Tensor x = Leaf(2);
        Out<object>(new List<object> { x * 2 }, "output[0]");
        Out<Lazy<Tensor>>(new(x * 2), "output");
        Out<HashSet<Tensor>>([x * 2], "output[0]");
        Out<Task<Tensor>>(Task.FromResult(x * 2), "output");
        Out(new[] { x * 2 }.Where(t => true), "output");
        Out((1, new Dictionary<string, object> { ["a"] = x * 2 }), "output.Item2[a]");
        // Tensors are found in an object, in a list behind an interface.
        object boxed = Function.Of<Tensor, object>((ctx, a) => a * 2, (ctx, g) => (Tensor)g).Apply(x);
        Assert.Equal("LambdaBackward", ((Tensor)boxed).GradFn!.Name);
        IReadOnlyList<Tensor> list = Function.Of<Tensor, IReadOnlyList<Tensor>>((ctx, a) => [a * 2], (ctx, g) => g[0]).Apply(x);
        Assert.Equal("LambdaBackward", list[0].GradFn!.Name);
        // What holds no tensor passes.
        Assert.Equal("a", Function.Of<Tensor, object>((ctx, a) => new List<object> { "a", 1 }, (ctx, g) => null!).Apply(x) is List<object> l
            ? l[0] : "");

        void Out<T>(T value, string where) => Refuses($"Lambda: a tensor at {where} would silently not be tracked",
            () => Function.Of<Tensor, T>((ctx, a) => value, (ctx, g) => null!).Apply(x));
    }

    [Fact, Trait("Row", "1.8.2")]
    public void What_is_no_tensor_passes_and_integers_have_no_gradient()
    {
        Tensor x = Leaf(1, 2);
        (Tensor Int, Tensor Twice, string, Tensor?)? given = null;
        Function<Tensor, (Tensor Int, Tensor Twice, string Text, Tensor? Nothing)> f =
            Function.Of<Tensor, (Tensor, Tensor, string, Tensor?)>(
                (ctx, a) => (a.Gt(1).To(DType.Int64), a * 2, "text", null), (ctx, g) =>
                {
                    given = g;
                    return g.Item2 * 2;
                });
        (Tensor n, Tensor y, string text, Tensor? nothing) = f.Apply(x);
        Assert.Equal((false, true, "text"), (n.RequiresGrad, y.RequiresGrad, text));
        Assert.Null(nothing);
        y.Sum().Backward();
        Assert.Equal([2.0, 2.0], Values(x.Grad));
        Assert.Equal((DType.Int64, 0.0), (given!.Value.Int.DType, given.Value.Int.Sum().Item()));
        Assert.Null(given.Value.Item4);
    }

    [Fact, Trait("Row", "1.8.2")]
    public void No_tensors_at_all()
    {
        Assert.Equal(6, Function.Of<(int, int), int>((ctx, a) => a.Item1 * a.Item2, (ctx, g) => default).Apply((2, 3)));
        Tensor constant = Function.Of<int, Tensor>((ctx, a) => Plain(a), (ctx, g) => 0).Apply(2);
        Assert.False(constant.RequiresGrad);
        Assert.Equal(4, Function.Of<Tensor, int>((ctx, a) => 4, (ctx, g) => null!).Apply(Leaf(1)));
    }

    [Fact, Trait("Row", "1.8.6")]
    public void A_dirty_input_comes_back_itself()
    {
        Tensor leaf = Leaf(3), x = leaf * 1, y = new Times_(2).Apply(x);
        Assert.Same(x, y);
        Assert.Equal("Times_Backward", x.GradFn!.Name);
        // One for the operation, one for the mark.
        Assert.Equal(2, x.Version);
        y.Backward();
        Assert.Equal(2.0, leaf.Grad!.Item());
    }

    [Fact, Trait("Row", "1.8.6")]
    public void A_dirty_view_changes_the_history_of_its_base()
    {
        Tensor leaf = Leaf(1, 2, 3), x = leaf * 1, view = x[1..];
        Tensor y = new Times_(10).Apply(view);
        Assert.Same(view, y);
        Assert.Equal("CopySlices", x.GradFn!.Name);
        x.Sum().Backward();
        Assert.Equal([1.0, 10.0, 10.0], Values(leaf.Grad));

        // Also if it is not the first argument, where PyTorch's gradients go astray.
        Tensor other = Leaf(5, 5);
        leaf.Grad = null;
        x = leaf * 1;
        view = x[1..];
        Function.Of<(Tensor W, Tensor X), Tensor>((ctx, a) =>
        {
            ctx.MarkDirty(a.X);
            return a.X.Mul_(a.W);
        }, (ctx, g) => (g * 7, g * 5)).Apply((other, view));
        (x * 2).Sum().Backward();
        Assert.Equal([2.0, 10.0, 10.0], Values(leaf.Grad));
        Assert.Equal([14.0, 14.0], Values(other.Grad));
    }

    [Fact, Trait("Row", "1.8.6")]
    public void What_may_not_be_written_to_is_refused()
    {
        Tensor leaf = Leaf(1, 2), x = leaf * 1;
        // Marked before the write, so that nothing is changed.
        Refuses("a leaf Variable that requires grad has been used in an in-place operation.", () => Mark(a => a.Mul_(2)).Apply(leaf));
        Assert.Equal([1.0, 2.0], Values(leaf));
        Refuses("Some elements marked as dirty during the forward method were not returned as output. The inputs that are modified " +
            "inplace must all be outputs of the Function.", () => Mark(a => a.Mul_(2) * 1).Apply(x));
        Refuses("If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more than one " +
            "Tensor. This is not supported by the current autograd engine.",
            () => Function.Of<Tensor, (Tensor, Tensor)>((ctx, a) =>
            {
                ctx.MarkDirty(a);
                return (a.Mul_(2), a + 1);
            }, (ctx, g) => g.Item1).Apply(x[..1]));
        using (Autograd.NoGrad()) new Times_(2).Apply(leaf);
        Assert.Equal([2.0, 4.0], Values(leaf));

        // A mark that does no harm is a warning, as in PyTorch.
        Tensor y = Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            Tensor b = a * 2;
            ctx.MarkDirty(b);
            return b;
        }, (ctx, g) => g * 2).Apply(leaf);
        y.Sum().Backward();
        Assert.Equal([2.0, 2.0], Values(leaf.Grad));

        static Function<Tensor, Tensor> Mark(Func<Tensor, Tensor> f) => Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            ctx.MarkDirty(a);
            return f(a);
        }, (ctx, g) => g);
    }

    [Fact, Trait("Row", "1.8.6")]
    public void A_write_that_is_not_declared_is_an_error_B()
    {
        // PyTorch computes a wrong gradient.
        Tensor x = Leaf(1) * 1;
        Refuses("Lambda modified its input 0, which requires a gradient, by an inplace operation without declaring it",
            () => Function.Of<Tensor, Tensor>(a => a.Mul_(2).Clone(), (a, b, g) => g).Apply(x));
        // Buffers without gradient may be written to: batch norm's statistics.
        Tensor buffer = Plain(0);
        Function.Of<(Tensor, Tensor), Tensor>((ctx, a) =>
        {
            a.Item2.Add_(1);
            return a.Item1 * 2;
        }, (ctx, g) => (g, null!)).Apply((x, buffer));
        Assert.Equal(1.0, buffer.Item());
        // As may views made inside, of what was made inside.
        Function.Of<Tensor, Tensor>(a => { Tensor b = a.Clone(); b[..1].Add_(1); return b; }, (a, b, g) => g).Apply(x);
    }

    [Fact, Trait("Row", "1.8.6")]
    public void One_input_returned_twice()
    {
        Tensor leaf = Leaf(3);
        Function<Tensor, (Tensor, Tensor)> twice = Function.Of<Tensor, (Tensor, Tensor)>(
            (ctx, a) => (a, a), (ctx, g) => g.Item1 + 2 * g.Item2);
        (Tensor a, Tensor b) = twice.Apply(leaf);
        Assert.NotSame(a, b);
        (3 * a + b).Backward();
        Assert.Equal(5.0, leaf.Grad!.Item());

        Tensor x = leaf * 1;
        (a, b) = Function.Of<Tensor, (Tensor, Tensor)>((ctx, t) =>
        {
            ctx.MarkDirty(t);
            t.Add_(2);
            return (t, t);
        }, (ctx, g) => g.Item1 * 2 + g.Item2 * 2).Apply(x);
        Assert.Same(a, b);
        Assert.Same(x, a);
        leaf.Grad = null;
        (a + b).Backward();
        Assert.Equal(4.0, leaf.Grad!.Item());

        // A leaf that required no gradient becomes part of the graph by a write.
        Tensor plain = Plain(1), y = Leaf(2);
        (a, b) = Function.Of<(Tensor, Tensor), (Tensor, Tensor)>((ctx, t) =>
        {
            ctx.MarkDirty(t.Item1);
            return (t.Item1.Add_(t.Item2), t.Item2 + 2);
        }, (ctx, g) => (g.Item1, g.Item1 + g.Item2)).Apply(plain, y);
        Assert.Same(plain, a);
        Assert.Equal("LambdaBackward", plain.GradFn!.Name);
        (a + b).Backward();
        Assert.Equal((3.0, 2.0), (a.Item(), y.Grad!.Item()));

        // One new result in two places.
        (a, b) = Function.Of<Tensor, (Tensor, Tensor)>((ctx, t) => { Tensor u = t * 2; return (u, u); }, (ctx, g) => g.Item1 + 10 * g.Item2)
            .Apply(leaf);
        leaf.Grad = null;
        (a * 3 + b).Backward();
        Assert.Equal(13.0, leaf.Grad!.Item());
    }

    [Fact, Trait("Row", "1.8.7")]
    public void Outputs_without_gradient()
    {
        Tensor x = Leaf(1, 2);
        Tensor? zeros = null;
        Function<Tensor, (Tensor, Tensor)> f = Function.Of<Tensor, (Tensor, Tensor)>((ctx, a) =>
        {
            Tensor floor = a.Floor();
            ctx.MarkNonDifferentiable(floor);
            return (floor, a + 1);
        }, (ctx, g) =>
        {
            zeros = g.Item1;
            return g.Item2;
        });
        (Tensor n, Tensor y) = f.Apply(x);
        Assert.Equal((false, true), (n.RequiresGrad, y.RequiresGrad));
        Assert.Equal(1, y.outputNr);
        y.Sum().Backward();
        Assert.Equal([0.0, 0.0], Values(zeros));
        Assert.Equal([1.0, 1.0], Values(x.Grad));

        // All of them: no node.
        Tensor z = Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            Tensor m = a * 2;
            ctx.MarkNonDifferentiable(m);
            return m;
        }, (ctx, g) => g).Apply(x);
        Assert.True(z is { RequiresGrad: false, GradFn: null });

        // An input as it is: the output is not in the graph, the input is.
        Tensor w = Function.Of<Tensor, Tensor>((ctx, a) =>
        {
            ctx.MarkNonDifferentiable(a);
            return a;
        }, (ctx, g) => g).Apply(x);
        Assert.True(!w.RequiresGrad && x.RequiresGrad);
    }

    [Fact, Trait("Row", "1.8.6"), Trait("Row", "1.8.7")]
    public void Dirty_and_without_gradient()
    {
        Tensor a = Leaf(1) * 1, b = Leaf(2);
        Node before = a.GradFn!;
        Tensor? zeros = null;
        (Tensor c, Tensor d) = Function.Of<(Tensor, Tensor), (Tensor, Tensor)>((ctx, x) =>
        {
            ctx.MarkDirty(x.Item1);
            ctx.MarkNonDifferentiable(x.Item1);
            return (x.Item1.Mul_(2), x.Item2 * 2);
        }, (ctx, g) =>
        {
            zeros = g.Item1;
            return (null!, g.Item2 * 2);
        }).Apply((a, b));
        Assert.NotSame(a, c);
        Assert.False(c.RequiresGrad);
        Assert.Same(before, a.GradFn);
        d.Backward();
        Assert.Equal((0.0, 2.0), (zeros!.Item(), b.Grad!.Item()));
    }

    [Theory, Trait("Row", "1.8.8"), InlineData(true), InlineData(false)]
    public void Missing_gradients_are_zeros_or_null(bool materialize)
    {
        Tensor x = Leaf(2);
        (Tensor, Tensor, Tensor)? given = null;
        (Tensor y, _, _) = Function.Of<Tensor, (Tensor, Tensor, Tensor)>((ctx, a) =>
        {
            ctx.SetMaterializeGrads(materialize);
            Tensor c = a + 1;
            ctx.MarkNonDifferentiable(c);
            return (a * 2, a * 3, c);
        }, (ctx, g) =>
        {
            given = g;
            return g.Item1 * 2;
        }).Apply(x);
        y.Backward();
        Assert.Equal(2.0, x.Grad!.Item());
        Assert.Equal(materialize, given!.Value.Item2 is not null);
        Assert.Equal(materialize, given.Value.Item3 is not null);
    }

    [Fact, Trait("Row", "1.8.8")]
    public void Only_outputs_that_have_gradients_may_be_filled()
    {
        Tensor x = Leaf(2);
        (Tensor, Tensor, Tensor)? given = null;
        (Tensor y, _, _) = Function.Of<Tensor, (Tensor, Tensor, Tensor)>((ctx, a) =>
        {
            ctx.MaterializeNonDiffGrads = false;
            Tensor c = a + 1;
            ctx.MarkNonDifferentiable(c);
            return (a * 2, a * 3, c);
        }, (ctx, g) =>
        {
            given = g;
            return g.Item1 * 2;
        }).Apply(x);
        y.Backward();
        Assert.NotNull(given!.Value.Item2);
        Assert.Null(given.Value.Item3);
        // Nothing arrived at all: the backward does not run, as for any node.
        given = null;
        Assert.Equal([null], y.GradFn!.Call(null, null, null));
        Assert.Null(given);
    }
}
