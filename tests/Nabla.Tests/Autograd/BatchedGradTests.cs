using static Nabla.Tests.AutogradTests.Make;

namespace Nabla.Tests.AutogradTests;

/// <summary>Many gradients at once, and gradients whose shape or number is wrong.</summary>
public sealed class BatchedGradTests
{
    [Fact]
    [Trait("Row", "1.2.11")]
    public void A_batch_of_gradients_gives_a_batch_of_results()
    {
        Tensor x = Leaf(1, 2, 3), w = Leaf(4, 5, 6), unused = Leaf(1), y = x * x * w;
        Tensor basis = Tensor.Eye(3, dtype: DType.Float64);
        Tensor?[] g = Autograd.Grad([y], [x, unused, w], [basis], isGradsBatched: true, allowUnused: true, retainGraph: true);
        Assert.Equal(new Shape([3, 3]), g[0]!.Shape);
        Assert.Equal([8.0, 0, 0, 0, 20, 0, 0, 0, 36], Values(g[0]));
        Assert.Null(g[1]);
        Assert.Equal([1.0, 0, 0, 0, 4, 0, 0, 0, 9], Values(g[2]));
        for (int i = 0; i < 3; i++)
            Assert.Equal(Values(g[0]!.Select(0, i)), Values(Autograd.Grad(y, x, basis.Select(0, i), retainGraph: true)));
        Tensor h = Autograd.Grad(y, x, basis, createGraph: true, isGradsBatched: true);
        Assert.Equal([8.0, 10, 12], Values(Autograd.Grad(h.Sum(), x)));
    }

    [Fact]
    [Trait("Row", "1.2.11")]
    public void The_rest_of_a_batchs_shape_is_the_outputs()
    {
        Tensor x = Leaf(1, 2, 3);
        Assert.StartsWith("If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch dimension. The " +
            "sizes of the remaining dimensions are expected to match the shape of corresponding output, but a mismatch was detected: " +
            "grad_output[0] has a shape of torch.Size([]) and output[0] has a shape of torch.Size([3]). If you only want some tensors in " +
            "`grad_output` to be considered batched, consider using vmap.",
            Assert.Throws<ShapeException>(() =>
                Autograd.Grad(x * 2, x, Tensor.Ones(default, DType.Float64), isGradsBatched: true)).Message);
        Refuses("got 1 tensors and 0 gradients", () => Autograd.Grad([x * 2], [x], isGradsBatched: true));
    }

    [Fact]
    [Trait("Row", "1.2.4")]
    [Trait("Row", "4.17")]
    public void Too_many_gradients_are_refused_as_too_few_are_B()
    {
        Tensor a = Leaf(1);
        Refuses("got 2 tensors and 1 gradients", () => Autograd.Backward([a * 2, a * 3], [Plain(1)]));
        Refuses("got 1 tensors and 2 gradients", () => Autograd.Backward([a * 2], [Plain(1), Plain(1)]));
        Assert.Null(a.Grad);
    }

    /// <summary>Returns a gradient of a shape of its own.</summary>
    private readonly record struct Shaped(long[] Result) : IOp<Shaped>
    {
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [x[0].Detach().Clone()];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = Tensor.Ones(new Shape(Result), DType.Float32);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => throw new NotSupportedException();
    }

    [Fact]
    [Trait("Row", "1.2.16")]
    public void A_rules_gradient_is_summed_and_cast_to_its_input_or_refused()
    {
        Tensor x = Leaf(1, 2);
        Op.Apply(new Shaped([3, 2]), x)[0].Sum().Backward();
        Assert.Equal([3.0, 3.0], Values(x.Grad));
        Assert.Equal(DType.Float64, x.Grad!.DType);
        Assert.StartsWith("Function ShapedBackward0 returned an invalid gradient at index 0 - got [3] but expected shape compatible " +
            "with [2]",
            Assert.Throws<ShapeException>(() => Op.Apply(new Shaped([3]), x)[0].Sum().Backward()).Message);
    }

    [Fact]
    [Trait("Row", "1.2.7")]
    public void Inputs_that_are_not_used_are_ignored_and_results_among_them_are_accumulated()
    {
        Tensor a = Leaf(2), b = Leaf(3), c = a * b, y = c * 5, unused = Leaf(1);
        y.Backward(inputs: [a, c, unused], retainGraph: true);
        y.Backward(inputs: [a, c, a]);
        Assert.Equal([30.0], Values(a.Grad));
        Assert.Equal([10.0], Values(c.Grad));
        Assert.Null(b.Grad);
        Assert.Null(unused.Grad);
        Assert.Contains("input 1 of Backward is float64 [1]",
            Assert.Throws<AutogradException>(() => (a * 2).Backward(inputs: [a, Plain(1)])).Message);
    }

    [Fact]
    [Trait("Row", "1.2.19")]
    public void Backward_inside_a_transform_is_refused()
    {
        Refuses("backward() called inside a functorch transform. This is not supported, please use functorch.grad or functorch.vjp " +
            "instead or call backward() outside of functorch transforms.", () => Func.Vmap(x =>
            {
                Tensor y = x.Detach().RequiresGrad_() * 2;
                y.Backward();
                return y;
            })(Plain(1, 2)));
        Refuses("You are attempting to call Tensor.retain_grad() inside of a function being transformed by a functorch transform.", () =>
            Func.Vmap(x => (x.Detach().RequiresGrad_() * 2).RetainGrad())(Plain(1, 2)));
    }

    [Fact]
    [Trait("Row", "1.2.12")]
    [Trait("Row", "4.2")]
    public void A_second_backward_names_the_freed_node_and_the_call_that_freed_it_B()
    {
        Tensor a = Leaf(2), y = a * a;
        y.Backward();
        string text = Assert.Throws<AutogradException>(() => y.Backward()).Message;
        Assert.Contains("The freed node is MulBackward0, freed by the call in BatchedGradTests.cs, line ", text);
    }
}
