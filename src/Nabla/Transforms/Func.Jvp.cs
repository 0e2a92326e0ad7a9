using System.Diagnostics.CodeAnalysis;

namespace Nabla;

public static partial class Func
{
    /// <summary>f(x) and J·t in one forward pass.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Where to differentiate.</param>
    /// <param name="tangent">The direction, of the shape and dtype of x.</param>
    /// <param name="strict">Fail if the result does not depend on x, instead of returning zeros.</param>
    /// <exception cref="ShapeException">The tangent has another shape.</exception>
    /// <exception cref="DTypeException">The argument is not floating point, or the tangent has another dtype.</exception>
    /// <exception cref="AutogradException">With <paramref name="strict"/>: the result is independent of x.</exception>
    public static (Tensor Output, Tensor Tangent) Jvp(Func<Tensor, Tensor> f, Tensor x, Tensor tangent, bool strict = false)
    {
        (Tensor y, Tensor? t) = Push(a => f(a[0]), [x], [tangent]);
        return (y, Filled(y, t, strict));
    }

    /// <summary>f(x) and J·t in one forward pass, both in the structure of f(x).</summary>
    /// <typeparam name="T">The argument: a tensor or a structure of tensors, such as a tuple of several primals.</typeparam>
    /// <typeparam name="TResult">The result, likewise.</typeparam>
    /// <param name="f">The function.</param>
    /// <param name="primals">Where to differentiate.</param>
    /// <param name="tangents">The direction, in the same structure.</param>
    /// <param name="strict">Fail if a result does not depend on the argument, instead of returning zeros.</param>
    /// <exception cref="AutogradException">The structures differ, or with <paramref name="strict"/> a result is independent.</exception>
    /// <exception cref="ShapeException">A tangent has another shape than its primal.</exception>
    public static (TResult Output, TResult Tangent) Jvp<[DynamicallyAccessedMembers(Tree.Needs)] T,
        [DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<T, TResult> f, T primals, T tangents, bool strict = false)
    {
        (TResult y, TResult t, _) = JvpWithAux(a => (f(a), 0), primals, tangents, strict);
        return (y, t);
    }

    /// <summary>f(x, y) and its tangent in one forward pass.</summary>
    /// <inheritdoc cref="Jvp{T, TResult}(Func{T, TResult}, T, T, bool)"/>
    public static (TResult Output, TResult Tangent) Jvp<[DynamicallyAccessedMembers(Tree.Needs)] T1,
        [DynamicallyAccessedMembers(Tree.Needs)] T2, [DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<T1, T2, TResult> f,
        (T1, T2) primals, (T1, T2) tangents, bool strict = false) =>
        Jvp<(T1, T2), TResult>(a => f(a.Item1, a.Item2), primals, tangents, strict);

    /// <summary>f(x, y, z) and its tangent in one forward pass.</summary>
    /// <inheritdoc cref="Jvp{T, TResult}(Func{T, TResult}, T, T, bool)"/>
    public static (TResult Output, TResult Tangent) Jvp<[DynamicallyAccessedMembers(Tree.Needs)] T1,
        [DynamicallyAccessedMembers(Tree.Needs)] T2, [DynamicallyAccessedMembers(Tree.Needs)] T3,
        [DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<T1, T2, T3, TResult> f, (T1, T2, T3) primals, (T1, T2, T3) tangents,
        bool strict = false) => Jvp<(T1, T2, T3), TResult>(a => f(a.Item1, a.Item2, a.Item3), primals, tangents, strict);

    /// <summary>As <see cref="Jvp{T, TResult}(Func{T, TResult}, T, T, bool)"/> for the function's first result; the second is passed on
    /// without tangents.</summary>
    /// <typeparam name="T">The argument: a tensor or a structure of tensors.</typeparam>
    /// <typeparam name="TResult">The result to differentiate, likewise.</typeparam>
    /// <typeparam name="TAux">What else the function returns.</typeparam>
    /// <param name="f">The function.</param>
    /// <param name="primals">Where to differentiate.</param>
    /// <param name="tangents">The direction, in the same structure.</param>
    /// <param name="strict">Fail if a result does not depend on the argument.</param>
    public static (TResult Output, TResult Tangent, TAux Aux) JvpWithAux<[DynamicallyAccessedMembers(Tree.Needs)] T,
        [DynamicallyAccessedMembers(Tree.Needs)] TResult, [DynamicallyAccessedMembers(Tree.Needs)] TAux>(
        Func<T, (TResult Output, TAux Aux)> f, T primals, T tangents, bool strict = false)
    {
        Tensor[] x = Tree.Leaves(primals), t = Tree.Leaves(tangents);
        if (Tree.Different(primals, tangents) is { } other)
            Throw.Graph("jvp(f, primals, tangents): Expected primals and tangents to have the same python structure. For example, if " +
                $"primals is a tuple of 3 tensors, tangents also must be. Got primals with structure {Tree.Describe(primals)} and " +
                $"tangents with structure {other}");
        if (x.Length == 0) Throw.Graph("jvp(f, primals, tangents): Expected primals to contain at least one Tensor.");
        Frame frame = Frame.Enter(Frame.Kind.Jvp);
        try
        {
            (TResult result, TAux aux) = f(Tree.Build(primals, Duals(frame, x, t)));
            List<Tensor> dy = [];
            TResult y = Tree.Map(result, a =>
            {
                (Tensor p, Tensor? d) = Dual.Open(a, frame);
                dy.Add(Filled(p, d, strict));
                return p;
            });
            if (Tree.Holds<TAux>()) aux = Tree.Map(aux, a => Dual.Open(a, frame).Primal);
            return (y, Tree.Build(y, dy.ToArray()), aux);
        }
        finally { frame.Exit(); }
    }

    /// <summary>
    /// f(x) and the function that maps a tangent to J·t, in the structures of f(x). f runs once, here; each tangent costs one walk through
    /// the graph, as a backward does.
    /// </summary>
    /// <typeparam name="T">The argument: a tensor or a structure of tensors.</typeparam>
    /// <typeparam name="TResult">The result, likewise.</typeparam>
    /// <param name="f">The function; twice differentiable, since J·t is the derivative of Jᵀu with respect to u.</param>
    /// <param name="primals">Where to differentiate.</param>
    /// <exception cref="AutogradException">A tangent has another structure.</exception>
    /// <exception cref="ShapeException">A tangent has another shape than its primal.</exception>
    /// <exception cref="DTypeException">A tangent has another dtype than its primal.</exception>
    public static (TResult Output, Func<T, TResult> Jvp) Linearize<[DynamicallyAccessedMembers(Tree.Needs)] T,
        [DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<T, TResult> f, T primals)
    {
        Tensor[] x = Tree.Leaves(primals);
        TResult? shape = default;
        (Tensor[] y, Func<Tensor[], Tensor[]> vjp) = VjpFlat(a => Tree.Leaves(shape = f(Tree.Build(primals, a))), x);
        // What maps cotangents to gradients is linear, so the point at which it is transposed does not matter.
        (_, Func<Tensor[], Tensor[]> jvp) = VjpFlat(vjp, Array.ConvertAll(y, static t => Tensor.ZerosLike(t.WithoutHistory())));
        TResult output = Tree.Build(shape!, y);
        return (output, Push);

        TResult Push(T tangents)
        {
            if (Tree.Different(primals, tangents) is { } other)
                Throw.Graph($"Expected the tangents {other} to have the same argspec as the primals {Tree.Describe(primals)}");
            Tensor[] t = Tree.Leaves(tangents);
            for (int i = 0; i < x.Length; i++)
            {
                if (!t[i].layout.SameShape(x[i].layout))
                    Throw.Shapes($"tangent:{i} with shape torch.Size({t[i].Shape}) in flattened pytree doesn't match the shape " +
                        $"torch.Size({x[i].Shape}) of the corresponding primal.");
                if (t[i].dtype != x[i].dtype)
                    Throw.Types($"tangent:{i} with dtype torch.{t[i].dtype.Name()} in flattened pytree doesn't match the dtype " +
                        $"torch.{x[i].dtype.Name()} of the corresponding primal.");
            }
            return Tree.Build(output, jvp(t));
        }
    }

    /// <summary>f(x) and J·t in one forward pass, both in the structure of f(x), flat; a tangent that is null is zero.</summary>
    internal static (Tensor[] Outputs, Tensor?[] Tangents) Jvp(Func<Tensor[], Tensor[]> f, Tensor[] x, Tensor?[] tangents)
    {
        Frame frame = Frame.Enter(Frame.Kind.Jvp);
        try
        {
            Tensor[] y = f(Duals(frame, x, tangents));
            Tensor?[] t = new Tensor?[y.Length];
            for (int i = 0; i < y.Length; i++) (y[i], t[i]) = Dual.Open(y[i], frame);
            return (y, t);
        }
        finally { frame.Exit(); }
    }

    private static (Tensor Output, Tensor? Tangent) Push(Func<Tensor[], Tensor> f, Tensor[] x, Tensor?[] tangents)
    {
        (Tensor[] y, Tensor?[] t) = Jvp(a => [f(a)], x, tangents);
        return (y[0], t[0]);
    }

    private static Tensor[] Duals(Frame frame, Tensor[] x, Tensor?[] tangents)
    {
        Tensor[] duals = new Tensor[x.Length];
        for (int i = 0; i < duals.Length; i++)
        {
            if (tangents[i] is { } t) ForwardAD.Check(x[i], t);
            duals[i] = Dual.New(frame, x[i], tangents[i]);
        }
        return duals;
    }

    private static Tensor Filled(Tensor y, Tensor? t, bool strict)
    {
        if (t is not null) return t;
        if (strict)
            Throw.Graph("jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not allowed with " +
                "strict=True.");
        return Tensor.ZerosLike(y.WithoutHistory());
    }
}
