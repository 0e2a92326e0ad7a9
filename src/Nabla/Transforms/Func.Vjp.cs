using System.Diagnostics.CodeAnalysis;

namespace Nabla;

public static partial class Func
{
    /// <summary>f(x) and the function that maps a cotangent v of f(x) to Jᵀv. It can be called any number of times.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where to differentiate.</param>
    /// <exception cref="ShapeException">A cotangent has another shape than its result.</exception>
    public static (Tensor Output, Func<Tensor, Tensor> Vjp) Vjp(Func<Tensor, Tensor> f, Tensor x)
    {
        Traced<Tensor> traced = Trace([x], a => f(a[0]));
        return (traced.Settle(traced.Result), v => traced.Pull([traced.Result], [v], again: true)[0]);
    }

    /// <summary>f(x) and the function that maps a cotangent of f(x), in its structure, to Jᵀv, in the structure of x.</summary>
    /// <typeparam name="T">The argument: a tensor or a structure of tensors.</typeparam>
    /// <typeparam name="TResult">The result, likewise.</typeparam>
    /// <param name="f">The function.</param>
    /// <param name="x">Where to differentiate.</param>
    /// <exception cref="AutogradException">The result holds no tensor; a cotangent has another structure than the result.</exception>
    /// <exception cref="ShapeException">A cotangent has another shape than its result.</exception>
    public static (TResult Output, Func<TResult, T> Vjp) Vjp<[DynamicallyAccessedMembers(Tree.Needs)] T,
        [DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<T, TResult> f, T x)
    {
        (TResult y, Func<TResult, T> vjp, _) = VjpWithAux(a => (f(a), 0), x);
        return (y, vjp);
    }

    /// <summary>f(x, y) and the function that maps a cotangent of it to those of both arguments.</summary>
    /// <inheritdoc cref="Vjp{T, TResult}(Func{T, TResult}, T)"/>
    public static (TResult Output, Func<TResult, (T1, T2)> Vjp) Vjp<[DynamicallyAccessedMembers(Tree.Needs)] T1,
        [DynamicallyAccessedMembers(Tree.Needs)] T2, [DynamicallyAccessedMembers(Tree.Needs)] TResult>(
        Func<T1, T2, TResult> f, T1 x, T2 y) =>
        Vjp<(T1, T2), TResult>(a => f(a.Item1, a.Item2), (x, y));

    /// <summary>f(x, y, z) and the function that maps a cotangent of it to those of the arguments.</summary>
    /// <inheritdoc cref="Vjp{T, TResult}(Func{T, TResult}, T)"/>
    public static (TResult Output, Func<TResult, (T1, T2, T3)> Vjp) Vjp<[DynamicallyAccessedMembers(Tree.Needs)] T1,
        [DynamicallyAccessedMembers(Tree.Needs)] T2, [DynamicallyAccessedMembers(Tree.Needs)] T3,
        [DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<T1, T2, T3, TResult> f, T1 x, T2 y, T3 z) =>
        Vjp<(T1, T2, T3), TResult>(a => f(a.Item1, a.Item2, a.Item3), (x, y, z));

    /// <summary>As <see cref="Vjp{T, TResult}(Func{T, TResult}, T)"/> for the function's first result; the second is passed on.</summary>
    /// <typeparam name="T">The argument: a tensor or a structure of tensors.</typeparam>
    /// <typeparam name="TResult">The result to differentiate, likewise.</typeparam>
    /// <typeparam name="TAux">What else the function returns; tensors in it lose their history in this transform.</typeparam>
    /// <param name="f">The function.</param>
    /// <param name="x">Where to differentiate.</param>
    public static (TResult Output, Func<TResult, T> Vjp, TAux Aux) VjpWithAux<[DynamicallyAccessedMembers(Tree.Needs)] T,
        [DynamicallyAccessedMembers(Tree.Needs)] TResult, [DynamicallyAccessedMembers(Tree.Needs)] TAux>(
        Func<T, (TResult Output, TAux Aux)> f, T x)
    {
        Traced<(TResult Output, TAux Aux)> traced = Trace(Tree.Leaves(x), a => f(Tree.Build(x, a)));
        Tensor[] y = Tree.Leaves(traced.Result.Output);
        if (y.Length == 0)
            Throw.Graph("vjp(f, *primals): Expected f to be a function that has non-empty output (got output = " +
                $"{Tree.Describe(traced.Result.Output)})");
        TResult output = Tree.Build(traced.Result.Output, Array.ConvertAll(y, t => traced.Settle(t)));
        TAux aux = Tree.Holds<TAux>() ? Tree.Map(traced.Result.Aux, traced.Settle) : traced.Result.Aux;
        return (output, Pull, aux);

        T Pull(TResult v)
        {
            if (Tree.Different(output, v) is { } other)
                Throw.Graph("Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function. " +
                    $"cotangents: {other}, primal output: {Tree.Describe(output)}");
            return Tree.Build(x, traced.Pull(y, Tree.Leaves(v), again: true));
        }
    }

    /// <summary>f(x), flat, and the function that maps cotangents to gradients.</summary>
    private static (Tensor[] Outputs, Func<Tensor[], Tensor[]> Vjp) VjpFlat(Func<Tensor[], Tensor[]> f, Tensor[] x)
    {
        Traced<Tensor[]> traced = Trace(x, f);
        return (Array.ConvertAll(traced.Result, traced.Settle), v => traced.Pull(traced.Result, v, again: true));
    }
}
