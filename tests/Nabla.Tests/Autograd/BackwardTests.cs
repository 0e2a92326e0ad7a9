using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>The arguments of Backward and Grad, and what they refuse.</summary>
public sealed class BackwardTests
{
    [Fact]
    [Trait("Row", "1.2.1")]
    public void The_gradient_of_one_element_is_implied()
    {
        Tensor a = Tensor.From(new double[,] { { 3 } }, requiresGrad: true);
        (a * a).Backward();
        Assert.Equal([6.0], Values(a.Grad));
        Assert.Equal(new Shape([1, 1]), a.Grad!.Shape);
    }

    [Fact]
    [Trait("Row", "1.2.1")]
    public void The_gradient_of_several_elements_is_not()
    {
        Tensor a = Leaf(1, 2), y = a * 2;
        Refuses("grad can be implicitly created only for scalar outputs", () => y.Backward());
        Assert.Null(a.Grad);
    }

    [Fact]
    [Trait("Row", "1.2.2")]
    public void A_leaf_is_its_own_root()
    {
        Tensor a = Leaf(1, 2);
        a.Backward(Plain(3, 4));
        Assert.Equal([3.0, 4.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.2.2")]
    public void A_root_without_graph_is_refused_by_its_position()
    {
        Tensor a = Leaf(1), b = Plain(1);
        Refuses("element 0 of tensors does not require grad and does not have a grad_fn", () => b.Backward());
        Refuses("element 1 of tensors does not require grad and does not have a grad_fn", () => Autograd.Backward([a * 2, b]));
        Assert.Null(a.Grad);
    }

    [Fact]
    [Trait("Row", "1.2.3")]
    public void The_gradients_shape_is_the_outputs()
    {
        Tensor y = Leaf(1, 2, 3) * 2;
        string text = Assert.Throws<ShapeException>(() => y.Backward(Plain(1, 2))).Message;
        Assert.StartsWith("Mismatch in shape: grad_output[0] has a shape of torch.Size([2]) and output[0] has a shape of torch.Size([3]).",
            text);
    }

    [Fact]
    [Trait("Row", "1.2.3")]
    public void The_gradients_dtype_is_cast()
    {
        Tensor a = Leaf(1, 2);
        (a * 2).Backward(Tensor.From([1, 3]));
        Assert.Equal([2.0, 6.0], Values(a.Grad));
        Assert.Equal(DType.Float64, a.Grad!.DType);
    }

    [Fact]
    [Trait("Row", "1.2.4")]
    public void Every_output_needs_a_gradient()
    {
        Tensor a = Leaf(1);
        Refuses("got 2 tensors and 1 gradients", () => Autograd.Backward([a * 2, a * 3], [Plain(1)]));
        Refuses("got 1 tensors and 2 gradients", () => Autograd.Backward([a * 2], [Plain(1), Plain(1)]));
    }

    [Fact]
    [Trait("Row", "1.2.5")]
    public void Several_roots_and_the_same_root_twice_add_up()
    {
        Tensor a = Leaf(2);
        Tensor y = a * a;
        Autograd.Backward([y, a * 3, y]);
        Assert.Equal([4.0 + 3 + 4], Values(a.Grad));
    }

    [Fact]
    public void A_root_below_another_root_gets_both_gradients()
    {
        Tensor a = Leaf(2), y = a * a, z = y * 3;
        Autograd.Backward([z, y]);
        Assert.Equal([4.0 * 3 + 4], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.2.7")]
    public void Inputs_limits_what_is_accumulated()
    {
        Tensor a = Leaf(2), b = Leaf(3), c = a * b, y = c * 5;
        y.Backward(inputs: [a, c]);
        Assert.Equal([15.0], Values(a.Grad));
        Assert.Null(b.Grad);
        Assert.Equal([5.0], Values(c.Grad));
        Refuses("`inputs` argument to `backward()` cannot be empty.", () => (a * 2).Backward(inputs: []));
        Refuses("can't retain_grad on Tensor that has requires_grad=False", () => (a * 2).Backward(inputs: [Plain(1)]));
    }

    [Fact]
    [Trait("Row", "1.2.8")]
    public void Grad_returns_gradients_and_leaves_Grad_alone()
    {
        Tensor a = Leaf(2), b = a * a, y = b * 5;
        Tensor?[] g = Autograd.Grad(y, [a, b, a]);
        Assert.Equal([20.0], Values(g[0]));
        Assert.Equal([5.0], Values(g[1]));
        Assert.Equal([20.0], Values(g[2]));
        Assert.Null(a.Grad);
    }

    [Fact]
    [Trait("Row", "1.2.8")]
    public void Grad_of_itself_is_the_seed()
    {
        Tensor a = Leaf(2), g = Plain(7);
        Assert.Equal([7.0], Values(Autograd.Grad(a, a, g)));
    }

    [Fact]
    [Trait("Row", "1.2.8"), Trait("Row", "1.2.9")]
    public void Grad_refuses_what_it_cannot_differentiate()
    {
        Tensor a = Leaf(2), other = Leaf(3);
        Assert.StartsWith("grad requires non-empty inputs.",
            Assert.Throws<ArgumentException>(() => Autograd.Grad(a * 2, inputs: [])).Message);
        Refuses("One of the differentiated Tensors does not require grad", () => Autograd.Grad(a * 2, [Plain(1)]));
        Refuses("One of the differentiated Tensors appears to not have been used in the graph.", () => Autograd.Grad(a * 2, [other]));
        Assert.Contains("input 1", Assert.Throws<AutogradException>(() => Autograd.Grad(a * 2, [a, other])).Message);
    }

    [Fact]
    [Trait("Row", "1.2.9")]
    [Trait("Row", "4.3")]
    public void Unused_inputs_are_found_before_anything_runs()
    {
        List<string> log = [];
        Tensor a = Leaf(2), y = Probe.Apply("y", log, a);
        Assert.Throws<AutogradException>(() => Autograd.Grad(y, [Leaf(1)]));
        Assert.Empty(log);
    }

    [Fact]
    [Trait("Row", "1.2.10")]
    public void Unused_inputs_give_null_or_zeros_on_request()
    {
        Tensor a = Leaf(2), other = Leaf(3, 4);
        Assert.Null(Autograd.Grad(a * 2, [other], allowUnused: true)[0]);
        Tensor zeros = Autograd.Grad(a * 2, [other], materializeGrads: true)[0]!;
        Assert.Equal([0.0, 0.0], Values(zeros));
        Assert.True(zeros.RequiresGrad);
        Assert.StartsWith("Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.",
            Assert.Throws<ArgumentException>(() => Autograd.Grad(a * 2, [other], allowUnused: false, materializeGrads: true)).Message);
    }

    [Fact]
    [Trait("Row", "1.2.12")]
    public void A_graph_that_saved_something_runs_once()
    {
        Tensor a = Leaf(2), y = a * a;
        y.Backward();
        Refuses("Trying to backward through the graph a second time (or directly access saved tensors after they have already been " +
            "freed). " +
            "Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True " +
                "if you " +
            "need to backward through the graph a second time or if you need to access saved tensors after calling backward.", () =>
                y.Backward());
        Assert.Equal([4.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.2.12")]
    public void A_graph_that_saved_nothing_runs_again()
    {
        Tensor a = Leaf(2), b = Leaf(1), y = a + b;
        y.Backward();
        y.Backward();
        Assert.Equal([2.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.2.12")]
    public void RetainGraph_keeps_what_was_saved()
    {
        Tensor a = Leaf(2), y = a * a;
        y.Backward(retainGraph: true);
        y.Backward();
        Assert.Equal([8.0], Values(a.Grad));
        Assert.Throws<AutogradException>(() => y.Backward());
    }

    [Fact]
    [Trait("Row", "1.2.13")]
    public void CreateGraph_records_backward_and_retains()
    {
        Tensor a = Leaf(3), y = a * a * a;
        Tensor g = Autograd.Grad(y, a, createGraph: true);
        Assert.True(g.RequiresGrad);
        Tensor h = Autograd.Grad(g, a, createGraph: true);
        Assert.Equal([27.0], Values(g));
        Assert.Equal([18.0], Values(h));
        Assert.Equal([6.0], Values(Autograd.Grad(h, a)));
        y.Backward(createGraph: true);
        Assert.NotNull(a.Grad!.GradFn);
    }

    [Fact]
    [Trait("Row", "1.2.6")]
    public void Without_createGraph_a_gradient_has_no_history()
    {
        Tensor a = Leaf(3), seed = Leaf(2);
        Tensor g = Autograd.Grad(a * a, a, seed);
        Assert.False(g.RequiresGrad);
    }

    [Fact]
    [Trait("Row", "1.2.6")]
    public void A_seed_that_requires_a_gradient_is_differentiated_with_createGraph()
    {
        Tensor a = Leaf(3), seed = Leaf(2);
        Tensor g = Autograd.Grad(a * a, a, seed, createGraph: true);
        Assert.Equal([6.0], Values(Autograd.Grad(g, seed)));
    }

    [Fact]
    [Trait("Row", "1.2.18")]
    public void Backward_works_where_nothing_is_recorded()
    {
        Tensor a = Leaf(3), y = a * a;
        using (Autograd.NoGrad()) y.Backward();
        Assert.Equal([6.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.3.10")]
    public void Results_that_received_nothing_count_as_zero()
    {
        Tensor a = Leaf(1);
        Tensor[] y = Op.Apply(new Pair(), a);
        y[1].Backward();
        Assert.Equal([3.0], Values(a.Grad));
    }

    [Fact]
    [Trait("Row", "1.2.17")]
    [Trait("Row", "4.17")]
    public void A_failing_node_leaves_every_leaf_as_it_was()
    {
        List<string> log = [];
        Tensor a = Leaf(1), b = Leaf(2);
        b.Grad = Plain(10);
        Tensor failing = Op.Apply(new Probe("failing", log, new DivideByZeroException("mine")), a)[0];
        Tensor later = Probe.Apply("later", log, b);
        DivideByZeroException e = Assert.Throws<DivideByZeroException>(() => (failing + later).Backward());
        Assert.Equal("mine", e.Message);
        // The later branch, down to its leaf, ran before the failing one.
        Assert.Equal(["later", "failing"], log);
        Assert.Null(a.Grad);
        Assert.Equal([10.0], Values(b.Grad));
        (a * 2).Backward();
        Assert.Equal([2.0], Values(a.Grad));
    }
}
