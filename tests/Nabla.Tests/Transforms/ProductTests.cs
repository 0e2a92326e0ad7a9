namespace Nabla.Tests.Transforms;

/// <summary>Vjp, Jvp, Linearize, and how they nest.</summary>
public sealed class ProductTests
{
    private static readonly Tensor X = Same.Of(1, 2, 3), Y = Same.Of(4, 5, 6), V = Same.Of(1, 0, -1);

    [Fact, Trait("Row", "1.14 vjp")]
    public void Vjp_of_several_primals()
    {
        (Tensor z, Func<Tensor, (Tensor, Tensor)> vjp) = Func.Vjp((Tensor x, Tensor y) => x * y, X, Y);
        Same.Values(z, 4, 10, 18);
        for (int call = 0; call < 2; call++)
        {
            (Tensor gx, Tensor gy) = vjp(V);
            Same.Values(gx, 4, 0, -6);
            Same.Values(gy, 1, 0, -3);
        }
        (Dictionary<string, Tensor> named, Func<Dictionary<string, Tensor>, Tensor> back) =
            Func.Vjp((Tensor x) => new Dictionary<string, Tensor> { ["sin"] = x.Sin(), ["three"] = 3 * x }, X);
        Assert.False(named["sin"].RequiresGrad);
        Same.Values(back(new() { ["sin"] = Tensor.ZerosLike(X), ["three"] = V }), 3, 0, -3);
        (_, Func<Tensor, Tensor> pull, (string, Tensor) aux) = Func.VjpWithAux((Tensor x) => (x.Square(), ("aux", x * 2)), X);
        Same.Values(pull(V), 2, 0, -6);
        Same.Values(aux.Item2, 2, 4, 6);
        (_, Func<Tensor, (Tensor, Tensor, Tensor)> three) = Func.Vjp((Tensor a, Tensor b, Tensor c) => a * b * c, X, Y, V);
        Same.Values(three(V).Item3, 4, 0, -18);
    }

    [Fact, Trait("Row", "1.14 vjp")]
    public void Vjp_checks_cotangents()
    {
        Same.Fails<ShapeException>("Mismatch in shape: grad_output[0] has a shape of torch.Size([2]) and output[0] has a shape of " +
            "torch.Size([3]).", () => Func.Vjp(x => x * 1, X).Vjp(X[..2]));
        Same.Fails<AutogradException>("Expected pytree structure of cotangents to be the same as pytree structure of outputs to the " +
            "function. cotangents: [*], primal output: [*, *]", () => Func.Vjp((Tensor x) => new List<Tensor> { x * 1, x * 2 },
            X).Vjp([X]));
        Same.Fails<AutogradException>("Expected pytree structure of cotangents to be the same as pytree structure of outputs to the " +
            "function. cotangents: {'b': *}, primal output: {'a': *}",
            () => Func.Vjp((Tensor x) => new Dictionary<string, Tensor> { ["a"] = x * 1 }, X).Vjp(new() { ["b"] = X }));
        Same.Fails<AutogradException>("vjp(f, *primals): Expected f to be a function that has non-empty output (got output = [])",
            () => Func.Vjp((Tensor x) => new List<Tensor>(), X).Output);
    }

    [Fact, Trait("Row", "1.14 jvp")]
    public void Jvp_of_several_primals()
    {
        (Tensor z, Tensor t) = Func.Jvp((Tensor x, Tensor y) => x * y, (X, Y), (V, X));
        Same.Values(z, 4, 10, 18);
        Same.Values(t, 5, 4, 3);
        ((Tensor, Tensor) two, (Tensor, Tensor) slopes) = Func.Jvp((Tensor x) => (x.Square(), X * 1), X, V);
        Same.Values(slopes.Item1, 2, 0, -6);
        Same.Values(slopes.Item2, 0, 0, 0);
        Same.Values(two.Item1, 1, 4, 9);
        (_, Tensor slope, Tensor aux) = Func.JvpWithAux((Tensor x) => (x.Square(), x * 2), X, V);
        Same.Values(slope, 2, 0, -6);
        Assert.Null(aux.wrap);
        Same.Values(Func.Jvp((Tensor a, Tensor b, Tensor c) => a * b * c, (X, Y, V), (V, V, V)).Tangent, 9, 0, -9);
        Same.Values(Func.Jvp(x => x.Detach() * x, X, V).Tangent, 1, 0, -3);
    }

    [Fact, Trait("Row", "1.14 jvp")]
    public void Jvp_checks_its_arguments()
    {
        Same.Fails<ShapeException>("Trying to set a forward gradient that has a different size than that of the original Tensor, this is " +
            "not supported. Tensor is of size [3] while the given forward gradient is of size [2].", () => Func.Jvp(x => x, X, X[..2]));
        Same.Fails<AutogradException>("jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not " +
            "allowed with strict=True.", () => Func.Jvp(x => X * 1, X, X, strict: true));
        Same.Fails<AutogradException>("jvp(f, primals, tangents): Expected primals and tangents to have the same python structure. For " +
            "example, if primals is a tuple of 3 tensors, tangents also must be. Got primals with structure [*] and tangents with " +
            "structure [*, *]",
            () => Func.Jvp((List<Tensor> a) => a[0], [X], [X, X]));
        Same.Fails<AutogradException>("jvp(f, primals, tangents): Expected primals to contain at least one Tensor.",
            () => Func.Jvp((List<Tensor> a) => X, [], []));
        Same.Fails<DTypeException>("Expected primal to be floating point or complex, but got: torch.int64",
            () => Func.Jvp(x => x, Tensor.From([1L]), Tensor.From([1L])));
        Same.Fails<DTypeException>("Expected tangent to have the dtype of the primal", () => Func.Jvp(x => x, X, X.To(DType.Float32)));
    }

    [Fact, Trait("Row", "1.14 linearize")]
    public void Linearize_runs_the_function_once()
    {
        int runs = 0;
        (Tensor y, Func<Tensor, Tensor> jvp) = Func.Linearize((Tensor x) =>
        {
            runs++;
            return x.Square() * x.Sum();
        }, X);
        Same.Values(y, 6, 24, 54);
        foreach (Tensor t in new[] { V, Y, X }) Same.Tensors(Func.Jvp(x => x.Square() * x.Sum(), X, t).Tangent, jvp(t));
        Assert.Equal(1, runs);
        ((Tensor, Tensor) out2, Func<(Tensor, Tensor), (Tensor, Tensor)> two) =
            Func.Linearize(((Tensor A, Tensor B) p) => (p.A * p.B, p.A.Sum()), (X, Y));
        Assert.Equal(6, out2.Item2.Item());
        Same.Values(two((V, V)).Item1, 5, 0, -9);
        Same.Fails<ShapeException>("tangent:0 with shape torch.Size([2]) in flattened pytree doesn't match the shape torch.Size([3]) of " +
            "the corresponding primal.", () => jvp(X[..2]));
        Same.Fails<DTypeException>("tangent:0 with dtype torch.float32 in flattened pytree doesn't match the dtype torch.float64 of the " +
            "corresponding primal.", () => jvp(X.To(DType.Float32)));
        Same.Fails<AutogradException>("Expected the tangents", () => Func.Linearize((List<Tensor> a) => a[0] * 1, [X]).Jvp([X, X]));
    }

    private static readonly Dictionary<string, Func<Func<Tensor, Tensor>, Func<Tensor, Tensor>>> Transforms = new()
    {
        // Each maps f: R -> R to f' or to f itself, by another way.
        ["grad"] = f => Func.Grad(f),
        ["vjp"] = f => x => Func.Vjp(f, x).Vjp(Tensor.OnesLike(x)),
        ["jvp"] = f => x => Func.Jvp(f, x, Tensor.OnesLike(x)).Tangent,
        ["linearize"] = f => x => Func.Linearize(f, x).Jvp(Tensor.OnesLike(x)),
        ["jacrev"] = f => Func.JacRev(f),
        ["jacfwd"] = f => Func.JacFwd(f),
        ["dual"] = f => x =>
        {
            using DualLevel level = ForwardAD.EnterDualLevel();
            return ForwardAD.UnpackDual(f(ForwardAD.MakeDual(x, Tensor.OnesLike(x)))).Tangent!;
        },
        ["functional"] = f => x => AutogradFunctional.Vjp(f, x, createGraph: true).Product,
        ["vmap"] = f => x => Func.Vmap(f)(Tensor.Stack([x, x + 1]))[0],
    };

    public static TheoryData<string> Triples
    {
        get
        {
            TheoryData<string> all = [];
            foreach (string a in Transforms.Keys)
                foreach (string b in Transforms.Keys)
                    foreach (string c in Transforms.Keys) all.Add($"{a} {b} {c}");
            return all;
        }
    }

    [Theory, Trait("Row", "1.14 rules"), MemberData(nameof(Triples))]
    public void Transforms_nest_in_any_order(string triple)
    {
        Func<Tensor, Tensor> f = x => x.Pow(4) + (x * 2).Sin();
        int order = 0;
        foreach (string name in triple.Split(' '))
        {
            f = Transforms[name](f);
            if (name != "vmap") order++;
        }
        const double x = 0.7;
        double expected = order switch
        {
            0 => Math.Pow(x, 4) + Math.Sin(2 * x),
            1 => 4 * Math.Pow(x, 3) + 2 * Math.Cos(2 * x),
            2 => 12 * x * x - 4 * Math.Sin(2 * x),
            _ => 24 * x - 8 * Math.Cos(2 * x),
        };
        Tensor at = Tensor.Of(x, dtype: DType.Float64);
        Same.Values(f(at), expected);
        // The outside tracks through, as far as the functional API allows, which detaches unless asked.
        at.RequiresGrad_();
        Tensor y = f(at);
        Assert.True(y.RequiresGrad);
        double slope = order switch
        {
            0 => 4 * Math.Pow(x, 3) + 2 * Math.Cos(2 * x),
            1 => 12 * x * x - 4 * Math.Sin(2 * x),
            2 => 24 * x - 8 * Math.Cos(2 * x),
            _ => 24 + 16 * Math.Sin(2 * x),
        };
        Same.Values(Autograd.Grad(y, at), slope);
    }

    [Fact, Trait("Row", "1.14 rules")]
    public void Results_have_history_only_where_something_outside_can_be_differentiated()
    {
        Tensor x = Same.Of(1, 2), w = Same.Of(3, 4), rows = Tensor.Stack([x, w]);
        Func<Tensor, Tensor, Tensor> loss = static (w, x) => w.Dot(x).Square();
        Tensor[] plain =
        [
            Func.JacRev(static x => x.Square() * x.Sum())(x), Func.JacFwd(static x => x.Square() * x.Sum())(x),
            Func.Hessian(static x => x.Pow(3).Sum())(x), Func.Vmap(Func.Grad(loss), inDims: (null, 0))(w, rows),
            Func.Vmap(Func.Grad(loss), inDims: (0, null))(rows, w), Func.Hvp(static x => x.Pow(3).Sum(), x, w).Product,
            Func.Linearize(static (Tensor x) => x * x, x).Jvp(w), Func.Linearize(static (Tensor x) => x * x, x).Output,
            Func.Vjp(static x => x * x, x).Vjp(w), Func.Grad(x => Func.Grad(static y => y.Pow(3).Sum())(x).Sum())(x),
        ];
        Assert.All(plain, static t => Assert.False(t.RequiresGrad, t.ToString()));
        w.RequiresGrad_();
        Tensor[] recorded =
        [
            Func.JacRev(x => x.Square() * w)(x), Func.Vmap(Func.Grad(loss), inDims: (null, 0))(w, rows),
            Func.Linearize((Tensor x) => x * w, x).Jvp(x), Func.Vjp(static x => x * x, x).Vjp(w),
        ];
        Assert.All(recorded, static t => Assert.True(t.RequiresGrad, t.ToString()));
    }
}
