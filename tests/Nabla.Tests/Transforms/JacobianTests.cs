namespace Nabla.Tests.Transforms;

public sealed class JacobianTests
{
    private static readonly Tensor X = Same.Of(1, 2, 3), Y = Same.Of(4, 5, 6), V = Same.Of(1, 0, -1);

    [Fact, Trait("Row", "1.14 jacrev, jacfwd, hessian")]
    public void Both_ways_agree()
    {
        foreach (Func<Tensor, Tensor> f in new Func<Tensor, Tensor>[] { x => x.Square(), x => x.Sum(), x => x.Outer(x), x => X * 1 })
        {
            Tensor reverse = Func.JacRev(f)(X);
            Assert.Equal(new Shape([.. f(X).Shape.ToArray(), 3]), reverse.Shape);
            Same.Tensors(reverse, Func.JacFwd(f)(X));
            Same.Tensors(reverse, AutogradFunctional.Jacobian(f, X));
        }
        Same.Values(Func.JacRev(x => x.Square())(X), 2, 0, 0, 0, 4, 0, 0, 0, 6);
        Same.Values(Func.JacFwd((x, y) => x * y, 1)(X, Y), 1, 0, 0, 0, 2, 0, 0, 0, 3);
        (Tensor a, Tensor b) = Func.JacRev((x, y) => x * y, (1, 0))(X, Y);
        Same.Values(a, 1, 0, 0, 0, 2, 0, 0, 0, 3);
        Same.Values(b, 4, 0, 0, 0, 5, 0, 0, 0, 6);
        Same.Values(Func.JacFwd((x, y) => x * y, (0, 1))(X, Y).Item1, 4, 0, 0, 0, 5, 0, 0, 0, 6);
        (Tensor P, Tensor Q) record = Func.JacFwd(((Tensor P, Tensor Q) p) => p.P * p.Q.Sum())((X[..2], Y));
        Same.Values(record.P, 15, 0, 0, 15);
        Same.Values(record.Q, 1, 1, 1, 2, 2, 2);
        Tensor[] both = Func.JacRev((Tensor x) => (x.Sum(), x * 2))(X);
        Same.Values(both[0], 1, 1, 1);
        Same.Values(both[1], 2, 0, 0, 0, 2, 0, 0, 0, 2);
        Tensor[] forward = Func.JacFwd((Tensor x) => (x.Sum(), x * 2))(X);
        Same.Tensors(both[1], forward[1]);
        (Tensor jacobian, Tensor aux) = Func.JacRevWithAux((Tensor x) => (x.Square(), x * 2))(X);
        Same.Values(jacobian, 2, 0, 0, 0, 4, 0, 0, 0, 6);
        Same.Values(aux, 2, 4, 6);
        (jacobian, string text) = Func.JacFwdWithAux((Tensor x) => (x.Square(), "aux"))(X);
        Same.Values(jacobian, 2, 0, 0, 0, 4, 0, 0, 0, 6);
        Assert.Equal("aux", text);
        Tensor empty = Tensor.Zeros([0], DType.Float64);
        Assert.Equal(new Shape([0, 0]), Func.JacRev(x => x.Sin())(empty).Shape);
        Assert.Equal(new Shape([0, 0]), Func.JacFwd(x => x.Sin())(empty).Shape);
        Same.Fails<DTypeException>("Expected primal to be floating point or complex, but got: torch.int64",
            () => Func.JacFwd(x => x)(Tensor.From([1L])));
        Same.Fails<DTypeException>("only Tensors of floating point dtype can require gradients",
            () => Func.JacRev(x => x)(Tensor.From([1L])));
    }

    [Fact, Trait("Row", "1.14 jacrev, jacfwd, hessian")]
    public void Randomness_of_jacfwd()
    {
        Same.Fails<InvalidOperationException>("vmap: called random operation while in randomness error mode.",
            () => Func.JacFwd(y => y * Tensor.Rand([3]))(X.To(DType.Float32)));
        Tensor.ManualSeed(0);
        Tensor same = Func.JacFwd(y => y * Tensor.Rand([3]), "same")(X.To(DType.Float32));
        Tensor.ManualSeed(0);
        Same.Tensors(Tensor.Rand([3]).Diag(), same);
    }

    [Fact, Trait("Row", "1.14 jacrev, jacfwd, hessian")]
    public void Hessians()
    {
        Same.Values(Func.Hessian(x => x.Pow(3).Sum())(X), 6, 0, 0, 0, 12, 0, 0, 0, 18);
        Assert.Equal(new Shape([3, 3, 3]), Func.Hessian(x => x.Square())(X).Shape);
        Same.Values(Func.Hessian((x, y) => (x.Square() * y).Sum(), 0)(X, Y), 8, 0, 0, 0, 10, 0, 0, 0, 12);
        ((Tensor xx, Tensor xy), (Tensor yx, Tensor yy)) = Func.Hessian((x, y) => (x.Square() * y).Sum(), (0, 1))(X, Y);
        Same.Values(xx, 8, 0, 0, 0, 10, 0, 0, 0, 12);
        Same.Values(xy, 2, 0, 0, 0, 4, 0, 0, 0, 6);
        Same.Values(yx, 2, 0, 0, 0, 4, 0, 0, 0, 6);
        Same.Values(yy, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        Dictionary<string, Tensor>[] rows = Func.Hessian((Dictionary<string, Tensor> p) => (p["a"].Square() * p["b"]).Sum())(
            new() { ["a"] = X, ["b"] = Y });
        Same.Tensors(xy, rows[0]["b"]);
    }

    [Fact, Trait("Row", "1.14 jacrev, jacfwd, hessian")]
    public void Products_with_hessians()
    {
        Func<Tensor, Tensor> f = x => x.Pow(3).Sum() + x.Prod(0);
        Tensor h = Func.Hessian(f)(X);
        foreach ((Tensor y, Tensor product) in new[] { Func.Hvp(f, X, V), Func.Vhp(f, X, V), AutogradFunctional.Hvp(f, X, V),
            AutogradFunctional.Vhp(f, X, V) })
        {
            Assert.Equal(42, y.Item());
            Same.Tensors(h.MatMul(V), product);
            Assert.False(product.RequiresGrad);
        }
        (_, (Tensor, Tensor) pair) = Func.Hvp(((Tensor A, Tensor B) p) => (p.A.Square() * p.B).Sum(), (X, Y), (V, V));
        Same.Values(pair.Item1, 10, 0, -18);
        Same.Values(Func.Vhp(((Tensor A, Tensor B) p) => (p.A.Square() * p.B).Sum(), (X, Y), (V, V)).Product.Item2, 2, 0, -6);
    }

    /// <summary>PyTorch's own answer by forward mode twice differs from that by reverse mode.</summary>
    [Fact, Trait("Row", "1.14 jacrev, jacfwd, hessian")]
    public void Second_derivatives_of_a_determinant_agree_in_every_mode_B()
    {
        Tensor a = Tensor.From(new[,] { { 2.0, 1 }, { 1, 3 } });
        Func<Tensor, Tensor> det = LinAlg.Det;
        foreach (Func<Tensor, Tensor> second in new[] { Func.JacFwd(Func.JacFwd(det)), Func.JacFwd(Func.JacRev(det)),
            Func.JacRev(Func.JacFwd(det)), Func.JacRev(Func.JacRev(det)) })
            Same.Values(second(a), 0, 0, 0, 1, 0, 0, -1, 0, 0, -1, 0, 0, 1, 0, 0, 0);
    }
}
