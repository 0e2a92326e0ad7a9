namespace Nabla;

/// <summary>Functions of functions: gradients, Jacobian products, vectorisation. They nest in any order.</summary>
public static class Func
{
    [ThreadStatic] private static int level;

    /// <summary>The gradient of a scalar function, of the argument's shape.</summary>
    /// <param name="f">A function whose result has one element.</param>
    /// <exception cref="AutogradException">The result is not a scalar.</exception>
    public static Func<Tensor, Tensor> Grad(Func<Tensor, Tensor> f) => x =>
    {
        (Tensor y, Tensor here) = Trace(f, x);
        if (y.Rank != 0)
            Throw.Graph($"grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with {y.Rank} dims. " +
                "Maybe you wanted to use the vjp or jacrev APIs instead?");
        return Pull(y, here, Tensor.OnesLike(y));
    };

    /// <summary>f(x) and the function that maps a cotangent v of f(x) to Jᵀv.</summary>
    public static (Tensor Output, Func<Tensor, Tensor> Vjp) Vjp(Func<Tensor, Tensor> f, Tensor x)
    {
        (Tensor y, Tensor here) = Trace(f, x);
        return (y, v => Pull(y, here, v));
    }

    /// <summary>f(x) and J·t in one forward pass.</summary>
    public static (Tensor Output, Tensor Tangent) Jvp(Func<Tensor, Tensor> f, Tensor x, Tensor tangent)
    {
        (Tensor[] y, Tensor?[] t) = Jvp(a => [f(a[0])], [x], [tangent]);
        return (y[0], t[0] ?? Tensor.ZerosLike(y[0]));
    }

    internal static (Tensor[] Outputs, Tensor?[] Tangents) Jvp(Func<Tensor[], Tensor[]> f, Tensor[] x, Tensor?[] tangents)
    {
        int mine = ++level;
        try
        {
            Tensor[] y = f([.. x.Select((a, i) => Dual.New(mine, a, tangents[i]))]);
            return ([.. y.Select(a => Dual.Open(a, mine).Primal)], [.. y.Select(a => Dual.Open(a, mine).Tangent)]);
        }
        finally { level--; }
    }

    /// <summary>f applied to every slice of x along <paramref name="inDim"/> at once; results are stacked along
    /// <paramref name="outDim"/>.</summary>
    public static Func<Tensor, Tensor> Vmap(Func<Tensor, Tensor> f, int inDim = 0, int outDim = 0) => x =>
        Vmap(a => [f(a[0])], [x], [inDim], outDim)[0];

    internal static Tensor[] Vmap(Func<Tensor[], Tensor[]> f, Tensor[] x, int?[] inDims, int outDim = 0)
    {
        int mine = ++level;
        try
        {
            long n = -1;
            Tensor[] wrapped = new Tensor[x.Length];
            for (int i = 0; i < x.Length; i++)
            {
                if (inDims[i] is not { } dim)
                {
                    wrapped[i] = x[i];
                    continue;
                }
                Tensor front = x[i].MoveDim(dim, 0);
                if (n >= 0 && front.layout.shape[0] != n)
                    Throw.Shapes($"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes [{n}, " +
                        $"{front.layout.shape[0]}] for the mapped dimension");
                n = front.layout.shape[0];
                wrapped[i] = Batch.New(mine, n, front);
            }
            if (n < 0) throw new ArgumentException("vmap: Expected at least one Tensor to vmap over");
            return [.. f(wrapped).Select(y => (Batch.Open(y, mine) ?? y.Unsqueeze(0).Expand(new Shape([n, .. y.layout.shape]))).MoveDim(0,
                outDim))];
        }
        finally { level--; }
    }

    /// <summary>The Jacobian, of shape [output shape, input shape], by forward mode: one tangent per input element, all at once.</summary>
    public static Func<Tensor, Tensor> JacFwd(Func<Tensor, Tensor> f) => x =>
    {
        Tensor basis = Tensor.Eye(x.NumElements, dtype: x.DType).Reshape(new Shape([x.NumElements, .. x.layout.shape]));
        Tensor columns = Vmap(t => Jvp(f, x, t).Tangent, 0, -1)(basis);
        return columns.Reshape(new Shape([.. columns.layout.shape[..^1], .. x.layout.shape]));
    };

    /// <summary>The Jacobian, of shape [output shape, input shape], by reverse mode: one cotangent per output element, all at
    /// once.</summary>
    public static Func<Tensor, Tensor> JacRev(Func<Tensor, Tensor> f) => x =>
    {
        (Tensor y, Func<Tensor, Tensor> vjp) = Vjp(f, x);
        Tensor basis = Tensor.Eye(y.NumElements, dtype: y.DType).Reshape(new Shape([y.NumElements, .. y.layout.shape]));
        return Vmap(vjp)(basis).Reshape(new Shape([.. y.layout.shape, .. x.layout.shape]));
    };

    /// <summary>The matrix of second derivatives of a scalar function, of shape [input shape, input shape]: forward over reverse.</summary>
    public static Func<Tensor, Tensor> Hessian(Func<Tensor, Tensor> f) => JacFwd(Grad(f));

    /// <summary>Runs f on a fresh place in the graph, so that a gradient can be asked for there.</summary>
    private static (Tensor Output, Tensor Here) Trace(Func<Tensor, Tensor> f, Tensor x)
    {
        using GradScope mode = Autograd.EnableGrad();
        Tensor here = x.RequiresGrad ? Linear.Apply(new Ops.Alias(), x) : x.WithoutHistory().RequiresGrad_();
        return (f(here), here);
    }

    private static Tensor Pull(Tensor y, Tensor here, Tensor v)
    {
        if (!y.RequiresGrad) return Tensor.ZerosLike(here);
        Tensor? g = Autograd.Grad([y], [here], [v], retainGraph: true, createGraph: true, allowUnused: true)[0];
        if (g is null) return Tensor.ZerosLike(here);
        // The graph of the gradient is kept only where something outside this function may differentiate it again.
        return g.RequiresGrad && !GraphTask.ReachesAnother(g.Edge.Node, here.IsLeaf ? here.Accumulator : null) ? g.WithoutHistory() : g;
    }
}
