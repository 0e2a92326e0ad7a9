namespace Nabla.Tests.Transforms;

/// <summary>torch.autograd.functional: results and messages are PyTorch's.</summary>
[Trait("Row", "1.13")]
public sealed class FunctionalTests
{
    private static readonly Tensor X = Same.Of(1, 2);

    [Fact]
    public void Products()
    {
        (Tensor y, Tensor p) = AutogradFunctional.Vjp(a => a * 2, X, X);
        Same.Values(y, 2, 4);
        Same.Values(p, 2, 4);
        (y, p) = AutogradFunctional.Jvp(a => a.Square(), X, X);
        Same.Values(y, 1, 4);
        Same.Values(p, 2, 8);
        (y, p) = AutogradFunctional.Jvp(a => a.Square(), Same.Of(2)[0]);
        Same.Values(p, 4);
        (y, p) = AutogradFunctional.Vhp(a => a.Square().Sum(), X, X);
        Assert.Equal(5, y.Item());
        Same.Values(p, 2, 4);
        Same.Values(AutogradFunctional.Hvp(a => a.Sum(), X, X).Product, 0, 0);
        (_, Tensor[] both) = AutogradFunctional.Vjp(a => [a[0] * 2], [X, X], [X]);
        Same.Values(both[1], 0, 0);
        Same.Values(AutogradFunctional.Vjp(_ => Tensor.Ones([2], DType.Float64), X, X).Product, 0, 0);
        (Tensor[] ys, Tensor[] ps) = AutogradFunctional.Jvp(a => [a[0], a[0] * a[1]], [X, X], [X, X], strict: true);
        Same.Values(ys[1], 1, 4);
        Same.Values(ps[1], 2, 8);
        (_, ps) = AutogradFunctional.Hvp(a => (a[0].Square() * a[1]).Sum(), [X, X], [X, X]);
        Same.Values(ps[0], 4, 16);
        Same.Values(ps[1], 2, 8);
    }

    [Fact]
    public void Graphs_are_made_on_request()
    {
        Tensor x = Same.Of(1, 2).RequiresGrad_();
        Assert.False(AutogradFunctional.Vjp(a => a.Pow(3), x, X).Product.RequiresGrad);
        foreach (Func<Tensor> product in new Func<Tensor>[]
        {
            () => AutogradFunctional.Vjp(a => a.Pow(3), x, Tensor.OnesLike(X), createGraph: true).Product,
            () => AutogradFunctional.Jvp(a => a.Pow(3), x, Tensor.OnesLike(X), createGraph: true).Product,
            () => AutogradFunctional.Jacobian(a => a.Pow(3), x, createGraph: true).Sum(0),
            () => AutogradFunctional.Jacobian(a => a.Pow(3), x, createGraph: true, vectorize: true).Sum(0),
        }) Same.Values(Autograd.Grad(product().Sum(), x), 6, 12);
        foreach (Func<Tensor> product in new Func<Tensor>[]
        {
            () => AutogradFunctional.Hvp(a => a.Pow(3).Sum(), x, Tensor.OnesLike(X), createGraph: true).Product,
            () => AutogradFunctional.Vhp(a => a.Pow(3).Sum(), x, Tensor.OnesLike(X), createGraph: true).Product,
            () => AutogradFunctional.Hessian(a => a.Pow(3).Sum(), x, createGraph: true).Sum(0),
        }) Same.Values(Autograd.Grad(product().Sum(), x), 6, 6);
        using (Autograd.NoGrad()) Same.Values(AutogradFunctional.Jacobian(a => a.Square(), X), 2, 0, 0, 4);
    }

    [Fact]
    public void Matrices()
    {
        foreach ((bool vectorize, string strategy) in new[] { (false, "reverse-mode"), (true, "reverse-mode"), (true, "forward-mode") })
        {
            Tensor[][] j = AutogradFunctional.Jacobian(a => [a[0] * 2, a[0].Sum()], [X], false, false, vectorize, strategy);
            Same.Values(j[0][0], 2, 0, 0, 2);
            Same.Values(j[1][0], 1, 1);
            Same.Values(AutogradFunctional.Hessian(a => a.Pow(3).Sum(), X, vectorize: vectorize, outerJacobianStrategy: strategy), 6, 0, 0,
                12);
            Tensor[][] h = AutogradFunctional.Hessian(a => (a[0] * a[1]).Sum(), [X, X], vectorize: vectorize,
                outerJacobianStrategy: strategy);
            Same.Values(h[0][0], 0, 0, 0, 0);
            Same.Values(h[0][1], 1, 0, 0, 1);
            Same.Values(h[1][0], 1, 0, 0, 1);
        }
        Assert.Equal(new Shape([0, 2]), AutogradFunctional.Jacobian(a => a[..0], X).Shape);
    }

    [Fact]
    public void Vectors_are_checked()
    {
        Func<Tensor, Tensor> f = a => a * 2, s = a => a.Square().Sum();
        const string one = "The vector v can only be None if the input to the user-provided function is a single Tensor with a single " +
            "element.";
        Same.Fails<AutogradException>("The vector v can only be None if the user-provided function returns a single Tensor with a single " +
            "element.", () => AutogradFunctional.Vjp(f, X));
        Same.Fails<AutogradException>(one, () => AutogradFunctional.Jvp(f, X));
        Same.Fails<AutogradException>(one, () => AutogradFunctional.Vhp(s, X));
        Same.Fails<ShapeException>("v has invalid size: should be torch.Size([2]) but got torch.Size([3]).",
            () => AutogradFunctional.Vjp(f, X, Tensor.Ones([3], DType.Float64)));
        Same.Fails<AutogradException>("The given v should contain a single Tensor.", () => AutogradFunctional.Vjp(a => [a[0] * 2], [X], [X,
            X]));
        Same.Fails<AutogradException>("The Tensor returned by the function given to vhp should contain a single element",
            () => AutogradFunctional.Vhp(f, X, X));
        Same.Fails<AutogradException>("The Tensor returned by the function given to hessian should contain a single element",
            () => AutogradFunctional.Hessian(f, X));
        Same.Fails<ArgumentException>("The inputs given to vjp must be either a Tensor or a tuple of Tensors",
            () => AutogradFunctional.Vjp(a => a, Array.Empty<Tensor>()));
        Same.Fails<ArgumentNullException>("The inputs given to vjp must be either a Tensor or a tuple of Tensors but the value at index " +
            "1 has type",
            () => AutogradFunctional.Vjp(a => a, [X, null!]));
        Same.Fails<AutogradException>("The outputs of the user-provided function given to vjp must be either a Tensor or a tuple of " +
            "Tensors but the given outputs of the user-provided function has type", () => AutogradFunctional.Vjp(_ => (Tensor)null!, X));
    }

    [Fact]
    public void Strict_mode_names_what_is_independent()
    {
        const string output = "Output 0 of the user-provided function does not require gradients. The outputs must be computed in a " +
            "differentiable manner from the input when running in strict mode.";
        const string created = "The jacobian of the user-provided function is independent of input 0. This is not allowed in strict mode " +
            "when create_graph=True.";
        static string Hessian(int i) => "While computing the hessian, found that the jacobian of the user-provided function with respect " +
            $"to input {i} is independent of the input. This is not allowed in strict mode. You should ensure that your function is " +
            "twice differentiable and that the jacobian depends on the inputs (this would be violated by a linear function for example).";
        Func<Tensor, Tensor> constant = _ => Tensor.Ones([2], DType.Float64), twice = a => a * 2, sum = a => a.Sum();
        Same.Fails<AutogradException>(output, () => AutogradFunctional.Vjp(constant, X, X, strict: true));
        Same.Fails<AutogradException>("The output of the user-provided function is independent of input 1. This is not allowed in strict " +
            "mode.",
            () => AutogradFunctional.Vjp(a => [a[0] * 2], [X, X], [X], strict: true));
        Same.Fails<AutogradException>(output, () => AutogradFunctional.Jvp(constant, X, X, strict: true));
        Same.Fails<AutogradException>(created, () => AutogradFunctional.Jvp(twice, X, X, createGraph: true, strict: true));
        Same.Fails<AutogradException>(Hessian(0), () => AutogradFunctional.Vhp(sum, X, X, strict: true));
        Same.Fails<AutogradException>(Hessian(0), () => AutogradFunctional.Hvp(sum, X, X, strict: true));
        Func<Tensor[], Tensor> half = a => a[0].Square().Sum() + a[1].Sum();
        Same.Fails<AutogradException>(Hessian(1), () => AutogradFunctional.Hvp(half, [X, X], [X, X], strict: true));
        Same.Fails<AutogradException>(Hessian(0), () => AutogradFunctional.Hessian(sum, X, strict: true));
        Same.Fails<AutogradException>(Hessian(1), () => AutogradFunctional.Hessian(half, [X, X], strict: true));
        Same.Fails<AutogradException>("Output 0 of the user-provided function is independent of input 1. This is not allowed in strict " +
            "mode.",
            () => AutogradFunctional.Jacobian(a => [a[0] * 2], [X, X], strict: true));
        Same.Fails<AutogradException>(created, () => AutogradFunctional.Jacobian(twice, X, createGraph: true, strict: true));
        Same.Fails<AutogradException>(output, () => AutogradFunctional.Jacobian(constant, X, strict: true));
    }

    [Fact]
    public void Options_that_do_not_go_together()
    {
        Func<Tensor, Tensor> f = a => a * 2, s = a => a.Square().Sum();
        const string vectorize = "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for " +
            "`vectorize=True`.";
        Same.Fails<ArgumentException>("torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported " +
            "together. Please either set `strict=False` or `vectorize=False`.", () => AutogradFunctional.Jacobian(f, X, strict: true,
            vectorize: true));
        Same.Fails<ArgumentException>(vectorize, () => AutogradFunctional.Jacobian(f, X, strategy: "forward-mode"));
        Same.Fails<ArgumentException>(vectorize, () => AutogradFunctional.Hessian(s, X, outerJacobianStrategy: "forward-mode"));
        Same.Fails<ArgumentException>("torch.autograd.functional.jacobian: `strict=True` and `strategy=\"forward-mode\"` are not " +
            "supported together (yet).", () => AutogradFunctional.Jacobian(f, X, strict: true, vectorize: true, strategy: "forward-mode"));
        Same.Fails<ArgumentException>("torch.autograd.functional.jacobian: `create_graph=True` and `strategy=\"forward-mode\"` are not " +
            "supported together (yet).", () => AutogradFunctional.Jacobian(f, X, createGraph: true, vectorize: true,
            strategy: "forward-mode"));
        Same.Fails<ArgumentException>("Expected strategy to be either \"forward-mode\" or \"reverse-mode\". Hint: If your function has " +
            "more outputs than inputs, \"forward-mode\" tends to be more performant.", () => AutogradFunctional.Jacobian(f, X,
            strategy: "foo"));
        Same.Fails<ArgumentException>("Expected strategy to be either \"forward-mode\" or \"reverse-mode\".",
            () => AutogradFunctional.Hessian(s, X, outerJacobianStrategy: "foo"));
    }
}
