namespace Nabla;

/// <summary>
/// Products with Jacobians and Hessians, and these matrices, of functions of one or several tensors, as <c>torch.autograd.functional</c>
/// has them. Built on recorded gradients; <see cref="Func"/> has the same as functions of functions.
/// </summary>
public static partial class AutogradFunctional
{
    /// <summary>f(x) and vᵀJ.</summary>
    /// <param name="f">The function.</param>
    /// <param name="input">Where to differentiate.</param>
    /// <param name="v">The vector, of the result's shape; it can be left out if the result has one element.</param>
    /// <param name="createGraph">Record, so that the results can be differentiated again.</param>
    /// <param name="strict">Fail where a result does not depend on an input, instead of returning zeros.</param>
    /// <exception cref="AutogradException">v is missing or has another size; with strict: something is independent.</exception>
    public static (Tensor Output, Tensor Product) Vjp(Func<Tensor, Tensor> f, Tensor input, Tensor? v = null, bool createGraph = false,
        bool strict = false)
    {
        (Tensor[] y, Tensor[] g) = Vjp(a => [f(a[0])], [input], v is null ? null : [v], createGraph, strict);
        return (y[0], g[0]);
    }

    /// <summary>f(x) and vᵀJ for several inputs and outputs.</summary>
    /// <inheritdoc cref="Vjp(Func{Tensor, Tensor}, Tensor, Tensor?, bool, bool)"/>
    /// <param name="f">The function.</param>
    /// <param name="inputs">Where to differentiate.</param>
    /// <param name="v">One vector per output.</param>
    /// <param name="createGraph">Record, so that the results can be differentiated again.</param>
    /// <param name="strict">Fail where an output does not depend on an input.</param>
    public static (Tensor[] Outputs, Tensor[] Products) Vjp(Func<Tensor[], Tensor[]> f, Tensor[] inputs, Tensor[]? v = null,
        bool createGraph = false, bool strict = false)
    {
        using GradScope mode = Autograd.EnableGrad();
        Tensor[] x = Prepare(inputs, createGraph, "vjp");
        Tensor[] y = Outputs(f(x), "vjp");
        RequireGrad(y, "outputs", strict);
        if (v is null && (y.Length != 1 || y[0].NumElements != 1))
            Throw.Graph("The vector v can only be None if the user-provided function returns a single Tensor with a single element.");
        if (v is not null) CheckVector(v, y);
        Tensor?[] g = Gradients(y, x, v, createGraph);
        return Finish(y, Fill(g, x, strict, createGraph, Stage.Back), createGraph);
    }

    /// <summary>f(x) and J·v, by differentiating vᵀJ with respect to v.</summary>
    /// <param name="f">The function, twice differentiable.</param>
    /// <param name="input">Where to differentiate.</param>
    /// <param name="v">The vector, of the input's shape; it can be left out if the input has one element.</param>
    /// <param name="createGraph">Record, so that the results can be differentiated again.</param>
    /// <param name="strict">Fail where a result does not depend on an input, instead of returning zeros.</param>
    /// <exception cref="AutogradException">v is missing or has another size; with strict: something is independent.</exception>
    public static (Tensor Output, Tensor Product) Jvp(Func<Tensor, Tensor> f, Tensor input, Tensor? v = null, bool createGraph = false,
        bool strict = false)
    {
        (Tensor[] y, Tensor[] p) = Jvp(a => [f(a[0])], [input], v is null ? null : [v], createGraph, strict);
        return (y[0], p[0]);
    }

    /// <summary>f(x) and J·v for several inputs and outputs.</summary>
    /// <inheritdoc cref="Jvp(Func{Tensor, Tensor}, Tensor, Tensor?, bool, bool)"/>
    /// <param name="f">The function, twice differentiable.</param>
    /// <param name="inputs">Where to differentiate.</param>
    /// <param name="v">One vector per input.</param>
    /// <param name="createGraph">Record, so that the results can be differentiated again.</param>
    /// <param name="strict">Fail where an output does not depend on an input.</param>
    public static (Tensor[] Outputs, Tensor[] Products) Jvp(Func<Tensor[], Tensor[]> f, Tensor[] inputs, Tensor[]? v = null,
        bool createGraph = false, bool strict = false)
    {
        using GradScope mode = Autograd.EnableGrad();
        Tensor[] x = Prepare(inputs, createGraph, "jvp");
        if (v is not null)
        {
            v = Prepare(v, createGraph, "jvp", needGraph: false);
            CheckVector(v, x);
        }
        else if (x.Length != 1 || x[0].NumElements != 1) NeedsVector();
        Tensor[] y = Outputs(f(x), "jvp");
        RequireGrad(y, "outputs", strict);
        // Gradients at u are linear in u; their derivative with respect to u is J.
        Tensor[] u = Array.ConvertAll(y, static t => Tensor.ZerosLike(t.WithoutHistory()).RequiresGrad_());
        Tensor?[] g = Gradients(y, x, u, createGraph: true);
        Tensor[] back = Fill(g, x, strict, true, Stage.Back);
        RequireGrad(back, "grad_inputs", strict);
        Tensor?[] p = Gradients(back, u, v, createGraph);
        return Finish(y, Fill(p, u, strict, createGraph, Stage.DoubleBack), createGraph);
    }

    /// <summary>f(x) and vᵀH for a scalar function, H its matrix of second derivatives.</summary>
    /// <param name="f">A function whose result has one element.</param>
    /// <param name="input">Where to differentiate.</param>
    /// <param name="v">The vector, of the input's shape; it can be left out if the input has one element.</param>
    /// <param name="createGraph">Record, so that the results can be differentiated again.</param>
    /// <param name="strict">Fail where something does not depend on an input, instead of returning zeros.</param>
    /// <exception cref="AutogradException">v is missing or has another size; the result has several elements; with strict: something is
    /// independent.</exception>
    public static (Tensor Output, Tensor Product) Vhp(Func<Tensor, Tensor> f, Tensor input, Tensor? v = null, bool createGraph = false,
        bool strict = false)
    {
        (Tensor y, Tensor[] p) = Vhp(a => f(a[0]), [input], v is null ? null : [v], createGraph, strict);
        return (y, p[0]);
    }

    /// <summary>f(x) and vᵀH for several inputs.</summary>
    /// <inheritdoc cref="Vhp(Func{Tensor, Tensor}, Tensor, Tensor?, bool, bool)"/>
    /// <param name="f">A function whose result has one element.</param>
    /// <param name="inputs">Where to differentiate.</param>
    /// <param name="v">One vector per input.</param>
    /// <param name="createGraph">Record, so that the results can be differentiated again.</param>
    /// <param name="strict">Fail where something does not depend on an input.</param>
    public static (Tensor Output, Tensor[] Products) Vhp(Func<Tensor[], Tensor> f, Tensor[] inputs, Tensor[]? v = null,
        bool createGraph = false, bool strict = false)
    {
        using GradScope mode = Autograd.EnableGrad();
        (Tensor[] x, v) = HessianArguments(inputs, v, createGraph, "vhp");
        (Tensor y, Tensor[] jacobian) = Slope(f, x, strict, "vhp");
        Tensor?[] p = Gradients(jacobian, x, v, createGraph);
        (Tensor[] ys, Tensor[] products) = Finish([y], Fill(p, x, strict, createGraph, Stage.DoubleBack), createGraph);
        return (ys[0], products);
    }

    /// <summary>f(x) and H·v for a scalar function, H its matrix of second derivatives.</summary>
    /// <inheritdoc cref="Vhp(Func{Tensor, Tensor}, Tensor, Tensor?, bool, bool)"/>
    public static (Tensor Output, Tensor Product) Hvp(Func<Tensor, Tensor> f, Tensor input, Tensor? v = null, bool createGraph = false,
        bool strict = false)
    {
        (Tensor y, Tensor[] p) = Hvp(a => f(a[0]), [input], v is null ? null : [v], createGraph, strict);
        return (y, p[0]);
    }

    /// <summary>f(x) and H·v for several inputs.</summary>
    /// <inheritdoc cref="Vhp(Func{Tensor[], Tensor}, Tensor[], Tensor[], bool, bool)"/>
    public static (Tensor Output, Tensor[] Products) Hvp(Func<Tensor[], Tensor> f, Tensor[] inputs, Tensor[]? v = null,
        bool createGraph = false, bool strict = false)
    {
        using GradScope mode = Autograd.EnableGrad();
        (Tensor[] x, v) = HessianArguments(inputs, v, createGraph, "hvp");
        (Tensor y, Tensor[] jacobian) = Slope(f, x, strict, "hvp");
        Tensor[] u = Array.ConvertAll(x, static t => Tensor.ZerosLike(t.WithoutHistory()).RequiresGrad_());
        Tensor?[] back = Gradients(jacobian, x, u, createGraph: true);
        Tensor[] double1 = Fill(back, x, strict, true, Stage.DoubleBack);
        RequireGrad(double1, "hessian", strict);
        Tensor?[] p = Gradients(double1, u, v, createGraph);
        (Tensor[] ys, Tensor[] products) = Finish([y], Fill(p, u, strict, createGraph, Stage.DoubleBackTrick), createGraph);
        return (ys[0], products);
    }
}
