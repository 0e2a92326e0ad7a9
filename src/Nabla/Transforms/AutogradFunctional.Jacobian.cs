namespace Nabla;

public static partial class AutogradFunctional
{
    /// <summary>The Jacobian, of shape [result shape, input shape].</summary>
    /// <param name="f">The function.</param>
    /// <param name="input">Where to differentiate.</param>
    /// <param name="createGraph">Record, so that the Jacobian can be differentiated again.</param>
    /// <param name="strict">Fail where a result does not depend on the input, instead of returning zeros.</param>
    /// <param name="vectorize">Compute all rows (or columns) at once.</param>
    /// <param name="strategy"><c>"reverse-mode"</c>, row by row, or <c>"forward-mode"</c>, column by column, which needs
    /// <paramref name="vectorize"/>.</param>
    /// <exception cref="ArgumentException">The options do not go together.</exception>
    public static Tensor Jacobian(Func<Tensor, Tensor> f, Tensor input, bool createGraph = false, bool strict = false,
        bool vectorize = false, string strategy = "reverse-mode") =>
        Jacobian(a => [f(a[0])], [input], createGraph, strict, vectorize, strategy)[0][0];

    /// <summary>The Jacobians [output][input] for several inputs and outputs.</summary>
    /// <inheritdoc cref="Jacobian(Func{Tensor, Tensor}, Tensor, bool, bool, bool, string)"/>
    /// <param name="f">The function.</param>
    /// <param name="inputs">Where to differentiate.</param>
    /// <param name="createGraph">Record, so that the Jacobians can be differentiated again.</param>
    /// <param name="strict">Fail where an output does not depend on an input.</param>
    /// <param name="vectorize">Compute all rows (or columns) at once.</param>
    /// <param name="strategy"><c>"reverse-mode"</c> or <c>"forward-mode"</c>.</param>
    public static Tensor[][] Jacobian(Func<Tensor[], Tensor[]> f, Tensor[] inputs, bool createGraph = false, bool strict = false,
        bool vectorize = false, string strategy = "reverse-mode")
    {
        if (strategy is not ("forward-mode" or "reverse-mode"))
            throw new ArgumentException("Expected strategy to be either \"forward-mode\" or \"reverse-mode\". Hint: If your function has " +
                "more outputs than inputs, \"forward-mode\" tends to be more performant. Otherwise, prefer to use \"reverse-mode\".",
                nameof(strategy));
        if (strategy == "forward-mode")
        {
            if (createGraph)
                throw new ArgumentException("torch.autograd.functional.jacobian: `create_graph=True` and `strategy=\"forward-mode\"` are " +
                    "not supported together (yet). Please either set `create_graph=False` or `strategy=\"reverse-mode\"`. Func.JacFwd is " +
                    "recorded by itself.");
            if (strict)
                throw new ArgumentException("torch.autograd.functional.jacobian: `strict=True` and `strategy=\"forward-mode\"` are not " +
                    "supported together (yet). Please either set `strict=False` or `strategy=\"reverse-mode\"`.");
            if (!vectorize)
                throw new ArgumentException("Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for " +
                    "`vectorize=True`.");
            Tensor[] plain = Array.ConvertAll(Prepare(inputs, true, "jacobian"), static t => t.WithoutHistory());
            return Array.ConvertAll(Func.Columns(f, plain, "error"), row => Array.ConvertAll(row, static t => t.WithoutHistory()));
        }
        if (strict && vectorize)
            throw new ArgumentException("torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported " +
                "together. Please either set `strict=False` or `vectorize=False`.");
        using GradScope mode = Autograd.EnableGrad();
        Tensor[] x = Prepare(inputs, createGraph, "jacobian");
        Tensor[] y = Outputs(f(x), "jacobian");
        RequireGrad(y, "outputs", strict);
        Tensor[][] rows = vectorize
            ? Func.Rows(y, v => Fill(Gradients(y, x, v, createGraph), x, false, createGraph, Stage.Back), x, null)
            : [.. y.Select((t, o) => Each(t, o, x, createGraph, strict))];
        return createGraph ? rows : Array.ConvertAll(rows, row => Array.ConvertAll(row, static t => t.WithoutHistory()));
    }

    /// <summary>One row of each Jacobian after another.</summary>
    private static Tensor[] Each(Tensor y, int o, Tensor[] x, bool createGraph, bool strict)
    {
        Tensor flat = y.Reshape([-1]);
        Tensor[][] rows = new Tensor[flat.NumElements][];
        for (long k = 0; k < rows.Length; k++)
        {
            Tensor?[] g = Gradients([flat.Select(0, k)], x, null, createGraph);
            for (int i = 0; i < g.Length && strict; i++)
            {
                if (createGraph && g[i] is { RequiresGrad: false })
                    Throw.Graph($"The jacobian of the user-provided function is independent of input {i}. This is not allowed in strict " +
                        "mode when create_graph=True.");
                if (g[i] is null)
                    Throw.Graph($"Output {o} of the user-provided function is independent of input {i}. This is not allowed in strict " +
                        "mode.");
            }
            rows[k] = Fill(g, x, false, createGraph, Stage.Back);
        }
        return [.. x.Select((t, i) => (rows.Length == 0 ? Tensor.Zeros([0], t.dtype) : Tensor.Stack([.. rows.Select(r => r[i])]))
            .Reshape(new Shape([.. y.layout.shape, .. t.layout.shape])))];
    }

    /// <summary>The matrix of second derivatives of a scalar function, of shape [input shape, input shape].</summary>
    /// <param name="f">A function whose result has one element.</param>
    /// <param name="input">Where to differentiate.</param>
    /// <param name="createGraph">Record, so that the matrix can be differentiated again.</param>
    /// <param name="strict">Fail where something does not depend on the input, instead of returning zeros.</param>
    /// <param name="vectorize">Compute all rows at once.</param>
    /// <param name="outerJacobianStrategy"><c>"reverse-mode"</c>, or <c>"forward-mode"</c>, which needs
    /// <paramref name="vectorize"/>.</param>
    /// <exception cref="AutogradException">The result has several elements; with strict: something is independent.</exception>
    /// <exception cref="ArgumentException">The options do not go together.</exception>
    public static Tensor Hessian(Func<Tensor, Tensor> f, Tensor input, bool createGraph = false, bool strict = false,
        bool vectorize = false, string outerJacobianStrategy = "reverse-mode") =>
        Hessian(a => f(a[0]), [input], createGraph, strict, vectorize, outerJacobianStrategy)[0][0];

    /// <summary>The blocks [input][input] of second derivatives of a scalar function of several inputs.</summary>
    /// <inheritdoc cref="Hessian(Func{Tensor, Tensor}, Tensor, bool, bool, bool, string)"/>
    /// <param name="f">A function whose result has one element.</param>
    /// <param name="inputs">Where to differentiate.</param>
    /// <param name="createGraph">Record, so that the matrices can be differentiated again.</param>
    /// <param name="strict">Fail where something does not depend on an input.</param>
    /// <param name="vectorize">Compute all rows at once.</param>
    /// <param name="outerJacobianStrategy"><c>"reverse-mode"</c> or <c>"forward-mode"</c>.</param>
    public static Tensor[][] Hessian(Func<Tensor[], Tensor> f, Tensor[] inputs, bool createGraph = false, bool strict = false,
        bool vectorize = false, string outerJacobianStrategy = "reverse-mode")
    {
        if (outerJacobianStrategy is not ("forward-mode" or "reverse-mode"))
            throw new ArgumentException("Expected strategy to be either \"forward-mode\" or \"reverse-mode\".",
                nameof(outerJacobianStrategy));
        return Jacobian(Gradient, inputs, createGraph, strict, vectorize, outerJacobianStrategy);

        Tensor[] Gradient(Tensor[] a)
        {
            using GradScope mode = Autograd.EnableGrad();
            Tensor[] x = outerJacobianStrategy == "reverse-mode" ? a
                : Array.ConvertAll(a, static t => t.RequiresGrad ? t.ViewAs(t) : t.WithoutHistory().RequiresGrad_());
            (_, Tensor[] jacobian) = Slope(b => f(b), x, strict, "hessian", always: true);
            for (int i = 0; i < jacobian.Length && strict; i++)
                if (!jacobian[i].RequiresGrad) Independent(i);
            return jacobian;
        }
    }
}
