using System.Diagnostics.CodeAnalysis;

namespace Nabla;

public static partial class Func
{
    /// <summary>The matrix of second derivatives of a function, of shape [result shape, argument shape, argument shape]: forward over
    /// reverse.</summary>
    /// <param name="f">The function.</param>
    public static Func<Tensor, Tensor> Hessian(Func<Tensor, Tensor> f) => JacFwd(JacRev(f));

    /// <summary>The second derivatives of a function of two tensors with respect to one of them.</summary>
    /// <inheritdoc cref="Hessian(Func{Tensor, Tensor})"/>
    /// <param name="f">The function.</param>
    /// <param name="argnums">Which argument; negative numbers count from the end.</param>
    public static Func<Tensor, Tensor, Tensor> Hessian(Func<Tensor, Tensor, Tensor> f, int argnums = 0) =>
        JacFwd(JacRev(f, argnums), argnums);

    /// <summary>The four blocks of second derivatives of a function of two tensors.</summary>
    /// <inheritdoc cref="Hessian(Func{Tensor, Tensor, Tensor}, int)"/>
    public static Func<Tensor, Tensor, ((Tensor, Tensor), (Tensor, Tensor))> Hessian(Func<Tensor, Tensor, Tensor> f, (int, int) argnums) =>
        (x, y) =>
        {
            int[] n = Argnums([argnums.Item1, argnums.Item2], 2);
            Tensor[] all = [x, y];
            Tensor[][] blocks = Second(a =>
            {
                Tensor[] both = With(all, n, a);
                return f(both[0], both[1]);
            }, Pick(all, n));
            return (Two(blocks[0]), Two(blocks[1]));
        };

    /// <summary>For every tensor in the argument, the derivatives of the Jacobian with respect to it, in the argument's
    /// structure.</summary>
    /// <inheritdoc cref="Hessian(Func{Tensor, Tensor})"/>
    /// <typeparam name="T">A structure of tensors.</typeparam>
    public static Func<T, T[]> Hessian<[DynamicallyAccessedMembers(Tree.Needs)] T>(Func<T, Tensor> f) =>
        x => Array.ConvertAll(Second(a => f(Tree.Build(x, a)), Tree.Leaves(x)), row => Tree.Build(x, row));

    private static Tensor[][] Second(Func<Tensor[], Tensor> f, Tensor[] x) =>
        Columns(a => Rows(b => [f(b)], a, null)[0], x, "error");

    /// <summary>f(x) and the product of the matrix of second derivatives of a scalar function with v, without the matrix: forward over
    /// reverse.</summary>
    /// <typeparam name="T">A tensor or a structure of tensors.</typeparam>
    /// <param name="f">A function whose result is a 0-d tensor.</param>
    /// <param name="x">Where to differentiate.</param>
    /// <param name="v">The vector, in the structure of x.</param>
    /// <exception cref="AutogradException">The result is not a scalar.</exception>
    public static (Tensor Output, T Product) Hvp<[DynamicallyAccessedMembers(Tree.Needs)] T>(Func<T, Tensor> f, T x, T v)
    {
        (T _, T product, Tensor y) = JvpWithAux(a => GradAndValue(f)(a), x, v);
        return (y, product);
    }

    /// <inheritdoc cref="Hvp{T}(Func{T, Tensor}, T, T)"/>
    public static (Tensor Output, Tensor Product) Hvp(Func<Tensor, Tensor> f, Tensor x, Tensor v) => Hvp<Tensor>(f, x, v);

    /// <summary>f(x) and the product of v with the matrix of second derivatives of a scalar function, without the matrix: reverse over
    /// reverse. The same as <see cref="Hvp{T}(Func{T, Tensor}, T, T)"/> where second derivatives are symmetric.</summary>
    /// <inheritdoc cref="Hvp{T}(Func{T, Tensor}, T, T)"/>
    public static (Tensor Output, T Product) Vhp<[DynamicallyAccessedMembers(Tree.Needs)] T>(Func<T, Tensor> f, T x, T v)
    {
        (_, Func<T, T> vjp, Tensor y) = VjpWithAux(a => GradAndValue(f)(a), x);
        return (y, vjp(v));
    }

    /// <inheritdoc cref="Vhp{T}(Func{T, Tensor}, T, T)"/>
    public static (Tensor Output, Tensor Product) Vhp(Func<Tensor, Tensor> f, Tensor x, Tensor v) => Vhp<Tensor>(f, x, v);
}
