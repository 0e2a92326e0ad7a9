namespace Nabla.Tests.Transforms;

public sealed class GradTests
{
    private sealed record Params(Tensor W, Tensor B, string Name = "layer");

    private sealed record Layer(Tensor W, Tensor B) : ITree<Layer>
    {
        public Layer Map(Func<Tensor, Tensor> f) => new(f(W), f(B));
    }

    private static readonly Tensor X = Same.Of(1, 2, 3);

    private static Tensor Affine(Tensor w, Tensor b) => (w * X + b).Square().Sum();

    private sealed record Partial(Tensor W, Tensor? B) : ITree<Partial>
    {
        public Partial Map(Func<Tensor, Tensor> f) => new(f(W), f(B!));
    }

    [Fact]
    public void Null_is_no_tensor_in_any_structure()
    {
        (Tensor A, Tensor? B) two = (X, null);
        double[] twice = [2, 4, 6];
        Same.Values(Func.Grad<(Tensor A, Tensor? B)>(static t => t.A.Square().Sum())(two).A, twice);
        Same.Values(Func.Grad<Partial>(static t => t.W.Square().Sum())(new(X, null)).W, twice);
        Tensor?[] array = Func.Grad<Tensor?[]>(static t => t[1]!.Square().Sum())([null, X]);
        Assert.Null(array[0]);
        Same.Values(array[1]!, twice);
        List<Tensor?> list = Func.Vmap<List<Tensor?>, List<Tensor?>>(static t => [t[0]! * 2, null, t[1]])([X, null]);
        Same.Values(list[0]!, twice);
        Assert.Equal([null, null], list[1..]);
        Same.Values(Func.Jvp<(Tensor A, Tensor? B), Tensor>(static t => t.A.Square(), two, two).Tangent, 2, 8, 18);
        Assert.Null(Func.JacRev<(Tensor A, Tensor? B)>(static t => t.A.Sum())(two).B);

        Tensor leaf = X.Clone().RequiresGrad_();
        Checkpoint.Run<(Tensor A, Tensor? B), Tensor>(static t => t.A.Square().Sum(), (leaf, null)).Backward();
        Same.Values(leaf.Grad!, twice);
    }

    [Fact, Trait("Row", "1.14 grad, grad_and_value")]
    public void Argnums_choose_the_arguments()
    {
        Tensor w = Same.Of(1, 1, 1), b = Same.Of(0, 1, 0);
        double[] dw = [2, 12, 18], db = [2, 6, 6];
        Same.Values(Func.Grad((Tensor w, Tensor b) => Affine(w, b))(w, b), dw);
        Same.Values(Func.Grad(Affine, 1)(w, b), db);
        Same.Values(Func.Grad(Affine, -1)(w, b), db);
        (Tensor gw, Tensor gb) = Func.Grad(Affine, (0, 1))(w, b);
        Same.Values(gw, dw);
        Same.Values(gb, db);
        (Tensor last, Tensor first) = Func.Grad((a, c, d) => (a * c * d).Sum(), (-1, 0))(w, b, X);
        Same.Values(last, 0, 1, 0);
        Same.Values(first, 0, 2, 0);
        (Tensor g, Tensor value) = Func.GradAndValue(Affine, 1)(w, b);
        Same.Values(g, db);
        Assert.Equal(1 + 9 + 9, value.Item());
    }

    [Fact, Trait("Row", "1.14 grad, grad_and_value")]
    public void Arguments_of_any_structure()
    {
        Tensor w = Same.Of(1, 1, 1), b = Same.Of(0, 1, 0);
        Params record = Func.Grad((Params p) => Affine(p.W, p.B))(new(w, b, "mine"));
        Same.Values(record.W, 2, 12, 18);
        Same.Values(record.B, 2, 6, 6);
        Assert.Equal("mine", record.Name);
        Layer layer = Func.Grad((Layer p, double scale) => scale * Affine(p.W, p.B))(new(w, b), 2.0);
        Same.Values(layer.B, 4, 12, 12);
        Dictionary<string, Tensor> named = new() { ["w"] = w, ["b"] = b };
        named = Func.Grad((Dictionary<string, Tensor> p) => Affine(p["w"], p["b"]))(named);
        Same.Values(named["b"], 2, 6, 6);
        List<Tensor> list = Func.Grad((List<Tensor> p) => Affine(p[0], p[1]))([w, b]);
        Same.Values(list[0], 2, 12, 18);
        IReadOnlyList<Tensor> any = Func.Grad((IReadOnlyList<Tensor> p) => Affine(p[0], p[1]))([w, b]);
        Same.Values(any[1], 2, 6, 6);
        (Tensor W, (Tensor[] Others, Tensor? None) Deep) nested = Func.Grad(((Tensor W, (Tensor[] Others, Tensor? None) Deep) p) =>
            Affine(p.W, p.Deep.Others[0]))((w, ([b], null)));
        Same.Values(nested.Deep.Others[0], 2, 6, 6);
        Assert.Null(nested.Deep.None);
    }

    [Fact, Trait("Row", "1.14 grad, grad_and_value")]
    public void What_else_the_function_returns_is_passed_on()
    {
        (Tensor g, (Tensor Square, string Text) aux) = Func.GradWithAux((Tensor x) => (x.Square().Sum(), (x.Square(), "text")))(X);
        Same.Values(g, 2, 4, 6);
        Same.Values(aux.Square, 1, 4, 9);
        Assert.False(aux.Square.RequiresGrad);
        Assert.Equal("text", aux.Text);
        (_, Tensor value, _) = Func.GradAndValueWithAux((Tensor x) => (x.Sum(), 1))(X);
        Assert.Equal(6, value.Item());
        Assert.False(value.RequiresGrad);
    }

    [Fact, Trait("Row", "1.14 grad, grad_and_value")]
    public void Messages_begin_with_PyTorchs_words()
    {
        Same.Fails<AutogradException>("grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with 1 dims. " +
            "Maybe you wanted to use the vjp or jacrev APIs instead?", () => Func.Grad(x => x)(X));
        Same.Fails<ArgumentOutOfRangeException>("Got argnum=2, but only 2 positional inputs", () => Func.Grad(Affine, 2)(X, X));
        Same.Fails<ArgumentOutOfRangeException>("Got argnum=-3, but only 2 positional inputs", () => Func.Grad(Affine, -3)(X, X));
        Same.Fails<ArgumentException>("argnums elements must be unique, got (0, 0)", () => Func.Grad(Affine, (0, 0))(X, X));
        Same.Fails<DTypeException>("only Tensors of floating point dtype can require gradients",
            () => Func.Grad(x => x.Sum() * 1.0)(Tensor.From([1L, 2L])));
        Same.Fails<DTypeException>("grad can be implicitly created only for real scalar outputs but got torch.complex64",
            () => Func.Grad(x => x.Sum())(X.To(DType.Complex64)));
    }

    [Fact, Trait("Row", "1.14 rules")]
    public void Grad_modes_outside_do_not_matter_inside_they_do()
    {
        Tensor w = Same.Of(1, 1, 1).RequiresGrad_();
        Tensor tracked = Func.Grad(y => (y * w).Square().Sum())(X);
        Assert.True(tracked.RequiresGrad);
        Same.Values(Autograd.Grad(tracked.Sum(), w), 4, 8, 12);
        using (Autograd.NoGrad())
        {
            Tensor plain = Func.Grad(y => (y * w).Sum())(X);
            Assert.False(plain.RequiresGrad);
            Same.Values(plain, 1, 1, 1);
        }
        using (Autograd.InferenceMode()) Same.Values(Func.Grad(y => y.Square().Sum())(Same.Of(1, 2)), 2, 4);
        Same.Values(Func.Grad(y =>
        {
            using GradScope mode = Autograd.NoGrad();
            return y.Square().Sum();
        })(X), 0, 0, 0);
        Same.Values(Func.Grad(y =>
        {
            using GradScope mode = Autograd.NoGrad();
            return Func.Grad(z => z.Pow(3).Sum())(y).Sum();
        })(X), 0, 0, 0);
        Same.Values(Func.Grad(y => Func.Grad(z => z.Pow(3).Sum())(y).Sum())(X), 6, 12, 18);
    }

    [Fact, Trait("Row", "1.14 rules")]
    public void Writing_to_a_captured_tensor_is_an_error()
    {
        const string words = "During a grad (vjp, jvp, grad, etc) transform, the function provided attempted to call in-place operation " +
            "(aten::copy_) that would mutate a captured Tensor. This is not supported; please rewrite the function being transformed to " +
            "explicitly accept the mutated Tensor(s) as inputs.";
        Tensor c = Tensor.Zeros([3], DType.Float64);
        Same.Fails<AutogradException>(words, () => Func.Grad(y => c.Copy_(y).Sum())(X));
        Same.Fails<AutogradException>(words.Replace("copy_", "add_"), () => Func.Grad(y => (c.Add_(1) * y).Sum())(X));
        Same.Fails<AutogradException>(words.Replace("copy_", "add_"), () => Func.Grad(y => (c[..2].Add_(1) * y[..2]).Sum())(X));
        Same.Fails<AutogradException>(words.Replace("copy_", "add_"), () => Func.Jvp(y => c.Add_(1) * y, X, X));
        Same.Fails<AutogradException>(words.Replace("copy_", "add_"), () => Func.Grad(y =>
        {
            Tensor outer = y.Clone();
            return Func.Grad(z => (outer.Add_(1) * z).Sum())(y).Sum();
        })(X));
        Same.Values(c, 0, 0, 0);
        // That it was detached in place does not make it the function's own.
        Tensor d = Same.Of(1, 2, 3).RequiresGrad_().Clone().Detach_();
        Same.Fails<AutogradException>(words.Replace("copy_", "add_"), () => Func.Grad(y => (d.Add_(1) * y).Sum())(X));
        // What the function made itself is its own.
        Same.Values(Func.Grad(y => (Tensor.Zeros([3], DType.Float64).Copy_(y).Mul_(y)).Sum())(X), 2, 4, 6);
        Same.Values(Func.Grad(y => y.Clone().Sin_().Square_().Sum())(Same.Of(0)), 0);
        Same.Fails<AutogradException>("a leaf Variable that requires grad is being used in an in-place operation.",
            () => Func.Grad(y => y.Sin_().Sum())(X));
        Same.Values(Func.Vmap(y => c.Add_(1)[0] * y)(X), 1, 2, 3);
    }

    [Fact, Trait("Row", "1.14 rules")]
    public void Requiring_gradients_inside_a_transform_works()
    {
        // PyTorch: "You are attempting to call Tensor.requires_grad_() ...".
        Tensor y = Func.Vmap(x =>
        {
            Tensor here = x.Detach().RequiresGrad_();
            return Autograd.Grad(here.Pow(3).Sum(), here);
        })(X);
        Same.Values(y, 3, 12, 27);
        (_, Tensor product) = Func.Jvp(x => AutogradFunctional.Jacobian(a => a.Square(), x).Sum(0), X, Same.Of(1, 0, 0));
        Same.Values(product, 2, 0, 0);
    }
}
