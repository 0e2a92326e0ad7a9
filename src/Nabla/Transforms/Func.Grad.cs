using System.Diagnostics.CodeAnalysis;

namespace Nabla;

public static partial class Func
{
    /// <summary>The gradient of a scalar function, of the argument's shape.</summary>
    /// <param name="f">A function whose result is a 0-d tensor.</param>
    /// <exception cref="AutogradException">The result is not a scalar.</exception>
    /// <exception cref="DTypeException">The argument is not floating point, or the result is complex.</exception>
    public static Func<Tensor, Tensor> Grad(Func<Tensor, Tensor> f) => x => One(a => (f(a[0]), 0), [x]).Gradients[0];

    /// <summary>The gradient of a scalar function of two tensors with respect to one of them.</summary>
    /// <param name="f">A function whose result is a 0-d tensor.</param>
    /// <param name="argnums">Which argument; negative numbers count from the end.</param>
    /// <exception cref="AutogradException">The result is not a scalar.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such argument.</exception>
    public static Func<Tensor, Tensor, Tensor> Grad(Func<Tensor, Tensor, Tensor> f, int argnums = 0) =>
        (x, y) => Some(a => (f(a[0], a[1]), 0), [x, y], [argnums]).Gradients[0];

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor, Tensor}, int)"/>
    public static Func<Tensor, Tensor, Tensor, Tensor> Grad(Func<Tensor, Tensor, Tensor, Tensor> f, int argnums = 0) =>
        (x, y, z) => Some(a => (f(a[0], a[1], a[2]), 0), [x, y, z], [argnums]).Gradients[0];

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor, Tensor}, int)"/>
    public static Func<Tensor, Tensor, Tensor, Tensor, Tensor> Grad(Func<Tensor, Tensor, Tensor, Tensor, Tensor> f, int argnums = 0) =>
        (x, y, z, w) => Some(a => (f(a[0], a[1], a[2], a[3]), 0), [x, y, z, w], [argnums]).Gradients[0];

    /// <summary>The gradients of a scalar function with respect to two of its arguments.</summary>
    /// <param name="f">A function whose result is a 0-d tensor.</param>
    /// <param name="argnums">Which arguments, each once; negative numbers count from the end.</param>
    /// <exception cref="AutogradException">The result is not a scalar.</exception>
    /// <exception cref="ArgumentException">There is no such argument, or it is named twice.</exception>
    public static Func<Tensor, Tensor, (Tensor, Tensor)> Grad(Func<Tensor, Tensor, Tensor> f, (int, int) argnums) =>
        (x, y) => Two(Some(a => (f(a[0], a[1]), 0), [x, y], [argnums.Item1, argnums.Item2]).Gradients);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor, Tensor}, ValueTuple{int, int})"/>
    public static Func<Tensor, Tensor, Tensor, (Tensor, Tensor)> Grad(Func<Tensor, Tensor, Tensor, Tensor> f, (int, int) argnums) =>
        (x, y, z) => Two(Some(a => (f(a[0], a[1], a[2]), 0), [x, y, z], [argnums.Item1, argnums.Item2]).Gradients);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor, Tensor}, ValueTuple{int, int})"/>
    public static Func<Tensor, Tensor, Tensor, (Tensor, Tensor, Tensor)> Grad(Func<Tensor, Tensor, Tensor, Tensor> f,
        (int, int, int) argnums) => (x, y, z) => Three(Some(a => (f(a[0], a[1], a[2]), 0), [x, y, z],
            [argnums.Item1, argnums.Item2, argnums.Item3]).Gradients);

    /// <summary>The gradient of a scalar function, in the argument's structure.</summary>
    /// <typeparam name="TParams">A structure of tensors: a tuple, list, dictionary, record.</typeparam>
    /// <param name="f">A function whose result is a 0-d tensor.</param>
    /// <exception cref="AutogradException">The result is not a scalar.</exception>
    public static Func<TParams, TParams> Grad<[DynamicallyAccessedMembers(Tree.Needs)] TParams>(Func<TParams, Tensor> f) =>
        p => GradAndValue(f)(p).Gradient;

    /// <summary>The gradient of a scalar function with respect to its first argument, in that argument's structure.</summary>
    /// <inheritdoc cref="Grad{TParams}(Func{TParams, Tensor})"/>
    /// <typeparam name="TParams">A structure of tensors.</typeparam>
    /// <typeparam name="T">Anything: it is passed on.</typeparam>
    public static Func<TParams, T, TParams> Grad<[DynamicallyAccessedMembers(Tree.Needs)] TParams, T>(Func<TParams, T, Tensor> f) =>
        (p, x) => GradAndValue<TParams>(q => f(q, x))(p).Gradient;

    /// <inheritdoc cref="Grad{TParams, T}(Func{TParams, T, Tensor})"/>
    public static Func<TParams, T1, T2, TParams> Grad<[DynamicallyAccessedMembers(Tree.Needs)] TParams, T1, T2>(
        Func<TParams, T1, T2, Tensor> f) => (p, x, y) => GradAndValue<TParams>(q => f(q, x, y))(p).Gradient;

    /// <summary>The gradient and the value of a scalar function.</summary>
    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static Func<Tensor, (Tensor Gradient, Tensor Value)> GradAndValue(Func<Tensor, Tensor> f) => x =>
    {
        (Tensor[] g, Tensor y, _) = One(a => (f(a[0]), 0), [x]);
        return (g[0], y);
    };

    /// <summary>The gradient with respect to one argument, and the value, of a scalar function of two tensors.</summary>
    /// <inheritdoc cref="Grad(Func{Tensor, Tensor, Tensor}, int)"/>
    public static Func<Tensor, Tensor, (Tensor Gradient, Tensor Value)> GradAndValue(Func<Tensor, Tensor, Tensor> f, int argnums = 0) =>
        (x, y) =>
        {
            (Tensor[] g, Tensor value, _) = Some(a => (f(a[0], a[1]), 0), [x, y], [argnums]);
            return (g[0], value);
        };

    /// <summary>The gradients with respect to two arguments, and the value, of a scalar function.</summary>
    /// <inheritdoc cref="Grad(Func{Tensor, Tensor, Tensor}, ValueTuple{int, int})"/>
    public static Func<Tensor, Tensor, ((Tensor, Tensor) Gradients, Tensor Value)> GradAndValue(Func<Tensor, Tensor, Tensor> f,
        (int, int) argnums) => (x, y) =>
        {
            (Tensor[] g, Tensor value, _) = Some(a => (f(a[0], a[1]), 0), [x, y], [argnums.Item1, argnums.Item2]);
            return (Two(g), value);
        };

    /// <summary>The gradient, in the argument's structure, and the value of a scalar function.</summary>
    /// <inheritdoc cref="Grad{TParams}(Func{TParams, Tensor})"/>
    public static Func<TParams, (TParams Gradient, Tensor Value)> GradAndValue<[DynamicallyAccessedMembers(Tree.Needs)] TParams>(
        Func<TParams, Tensor> f) => p =>
        {
            (Tensor[] g, Tensor y, _) = One(a => (f(Tree.Build(p, a)), 0), Tree.Leaves(p));
            return (Tree.Build(p, g), y);
        };

    /// <summary>The gradient with respect to the first argument, and the value, of a scalar function.</summary>
    /// <inheritdoc cref="Grad{TParams, T}(Func{TParams, T, Tensor})"/>
    public static Func<TParams, T, (TParams Gradient, Tensor Value)> GradAndValue<
        [DynamicallyAccessedMembers(Tree.Needs)] TParams, T>(Func<TParams, T, Tensor> f) =>
        (p, x) => GradAndValue<TParams>(q => f(q, x))(p);

    /// <summary>The gradient with respect to the first of three arguments, and the value, of a scalar function.</summary>
    /// <inheritdoc cref="Grad{TParams, T}(Func{TParams, T, Tensor})"/>
    public static Func<TParams, T1, T2, (TParams Gradient, Tensor Value)> GradAndValue<
        [DynamicallyAccessedMembers(Tree.Needs)] TParams, T1, T2>(Func<TParams, T1, T2, Tensor> f) =>
        (p, x, y) => GradAndValue<TParams>(q => f(q, x, y))(p);

    /// <summary>The gradient of a function's first result; the second is passed on.</summary>
    /// <typeparam name="TParams">A structure of tensors.</typeparam>
    /// <typeparam name="TAux">What else the function returns; tensors in it lose their history in this transform.</typeparam>
    /// <param name="f">A function that returns a 0-d tensor and something else.</param>
    /// <exception cref="AutogradException">The first result is not a scalar.</exception>
    public static Func<TParams, (TParams Gradient, TAux Aux)> GradWithAux<[DynamicallyAccessedMembers(Tree.Needs)] TParams,
        [DynamicallyAccessedMembers(Tree.Needs)] TAux>(Func<TParams, (Tensor Value, TAux Aux)> f) => p =>
        {
            (TParams gradient, _, TAux aux) = GradAndValueWithAux(f)(p);
            return (gradient, aux);
        };

    /// <summary>The gradient of a function's first result and that result; the second is passed on.</summary>
    /// <inheritdoc cref="GradWithAux"/>
    public static Func<TParams, (TParams Gradient, Tensor Value, TAux Aux)> GradAndValueWithAux<
        [DynamicallyAccessedMembers(Tree.Needs)] TParams, [DynamicallyAccessedMembers(Tree.Needs)] TAux>(
        Func<TParams, (Tensor Value, TAux Aux)> f) => p =>
        {
            (Tensor[] g, Tensor y, TAux aux) = One(a => f(Tree.Build(p, a)), Tree.Leaves(p));
            return (Tree.Build(p, g), y, aux);
        };

    private static (Tensor[] Gradients, Tensor Value, TAux Aux) Some<[DynamicallyAccessedMembers(Tree.Needs)] TAux>(
        Func<Tensor[], (Tensor, TAux)> f, Tensor[] x, ReadOnlySpan<int> argnums)
    {
        int[] n = Argnums(argnums, x.Length);
        return One(a => f(With(x, n, a)), Pick(x, n));
    }

    /// <summary>Every gradient comes through here.</summary>
    private static (Tensor[] Gradients, Tensor Value, TAux Aux) One<[DynamicallyAccessedMembers(Tree.Needs)] TAux>(
        Func<Tensor[], (Tensor, TAux)> f, Tensor[] x)
    {
        Traced<(Tensor Value, TAux Aux)> traced = Trace(x, f);
        Tensor y = traced.Result.Value;
        if (y is null) Throw.Graph("grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got null");
        if (y.Rank != 0)
            Throw.Graph($"grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with {y.Rank} dims. " +
                "Maybe you wanted to use the vjp or jacrev APIs instead?");
        bool aux = Tree.Holds<TAux>();
        Tensor[] g = traced.Pull([y], [null], again: aux);
        return (g, traced.Settle(y), aux ? Tree.Map(traced.Result.Aux, traced.Settle) : traced.Result.Aux);
    }

    private static (Tensor, Tensor) Two(Tensor[] t) => (t[0], t[1]);

    private static (Tensor, Tensor, Tensor) Three(Tensor[] t) => (t[0], t[1], t[2]);
}
