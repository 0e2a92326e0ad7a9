using System.Diagnostics.CodeAnalysis;

namespace Nabla;

public static partial class Func
{
    /// <summary>The Jacobian, of shape [result shape, argument shape], by reverse mode: all rows at once, or in chunks.</summary>
    /// <param name="f">The function; it runs once.</param>
    /// <param name="chunkSize">How many rows are computed at once; null for all.</param>
    /// <exception cref="ArgumentOutOfRangeException">chunkSize is not positive.</exception>
    public static Func<Tensor, Tensor> JacRev(Func<Tensor, Tensor> f, int? chunkSize = null)
    {
        CheckChunk(chunkSize);
        return x => Rows(a => [f(a[0])], [x], chunkSize)[0][0];
    }

    /// <summary>The Jacobian with respect to one of two arguments, by reverse mode.</summary>
    /// <inheritdoc cref="JacRev(Func{Tensor, Tensor}, int?)"/>
    /// <param name="f">The function; it runs once.</param>
    /// <param name="argnums">Which argument; negative numbers count from the end.</param>
    /// <param name="chunkSize">How many rows are computed at once; null for all.</param>
    public static Func<Tensor, Tensor, Tensor> JacRev(Func<Tensor, Tensor, Tensor> f, int argnums = 0, int? chunkSize = null)
    {
        CheckChunk(chunkSize);
        return (x, y) => Partial(f, [x, y], [argnums], (g, a) => Rows(g, a, chunkSize))[0][0];
    }

    /// <summary>The Jacobians with respect to both arguments, by reverse mode.</summary>
    /// <inheritdoc cref="JacRev(Func{Tensor, Tensor, Tensor}, int, int?)"/>
    public static Func<Tensor, Tensor, (Tensor, Tensor)> JacRev(Func<Tensor, Tensor, Tensor> f, (int, int) argnums, int? chunkSize = null)
    {
        CheckChunk(chunkSize);
        return (x, y) => Two(Partial(f, [x, y], [argnums.Item1, argnums.Item2], (g, a) => Rows(g, a, chunkSize))[0]);
    }

    /// <summary>The Jacobians with respect to every tensor in the argument, in its structure, by reverse mode.</summary>
    /// <inheritdoc cref="JacRev(Func{Tensor, Tensor}, int?)"/>
    /// <typeparam name="T">A structure of tensors.</typeparam>
    public static Func<T, T> JacRev<[DynamicallyAccessedMembers(Tree.Needs)] T>(Func<T, Tensor> f, int? chunkSize = null)
    {
        CheckChunk(chunkSize);
        return x => Tree.Build(x, Rows(a => [f(Tree.Build(x, a))], Tree.Leaves(x), chunkSize)[0]);
    }

    /// <summary>For every tensor in the result, the Jacobians with respect to every tensor in the argument, by reverse mode.</summary>
    /// <inheritdoc cref="JacRev(Func{Tensor, Tensor}, int?)"/>
    /// <typeparam name="T">A tensor or a structure of tensors.</typeparam>
    /// <typeparam name="TResult">Likewise.</typeparam>
    public static Func<T, T[]> JacRev<[DynamicallyAccessedMembers(Tree.Needs)] T, [DynamicallyAccessedMembers(Tree.Needs)] TResult>(
        Func<T, TResult> f, int? chunkSize = null)
    {
        CheckChunk(chunkSize);
        return x => Array.ConvertAll(Rows(a => Tree.Leaves(f(Tree.Build(x, a))), Tree.Leaves(x), chunkSize), row => Tree.Build(x, row));
    }

    /// <summary>The Jacobian of a function's first result, by reverse mode; the second is passed on.</summary>
    /// <inheritdoc cref="JacRev{T}(Func{T, Tensor}, int?)"/>
    /// <typeparam name="T">A structure of tensors.</typeparam>
    /// <typeparam name="TAux">What else the function returns.</typeparam>
    public static Func<T, (T Jacobian, TAux Aux)> JacRevWithAux<[DynamicallyAccessedMembers(Tree.Needs)] T,
        [DynamicallyAccessedMembers(Tree.Needs)] TAux>(Func<T, (Tensor Output, TAux Aux)> f, int? chunkSize = null)
    {
        CheckChunk(chunkSize);
        return x =>
        {
            (Tensor y, Func<Tensor, T> vjp, TAux aux) = VjpWithAux(f, x);
            return (Tree.Build(x, Rows([y], v => Tree.Leaves(vjp(v[0])), Tree.Leaves(x), chunkSize)[0]), aux);
        };
    }

    /// <summary>The Jacobian, of shape [result shape, argument shape], by forward mode: all columns at once.</summary>
    /// <param name="f">The function; it runs once, on all columns.</param>
    /// <param name="randomness">What random operations do: <c>"error"</c>, <c>"different"</c> for each column, or the
    /// <c>"same"</c>.</param>
    public static Func<Tensor, Tensor> JacFwd(Func<Tensor, Tensor> f, string randomness = "error") =>
        x => Columns(a => [f(a[0])], [x], randomness)[0][0];

    /// <summary>The Jacobian with respect to one of two arguments, by forward mode.</summary>
    /// <inheritdoc cref="JacFwd(Func{Tensor, Tensor}, string)"/>
    /// <param name="f">The function; it runs once, on all columns.</param>
    /// <param name="argnums">Which argument; negative numbers count from the end.</param>
    /// <param name="randomness">What random operations do.</param>
    public static Func<Tensor, Tensor, Tensor> JacFwd(Func<Tensor, Tensor, Tensor> f, int argnums = 0, string randomness = "error") =>
        (x, y) => Partial(f, [x, y], [argnums], (g, a) => Columns(g, a, randomness))[0][0];

    /// <summary>The Jacobians with respect to both arguments, by forward mode.</summary>
    /// <inheritdoc cref="JacFwd(Func{Tensor, Tensor, Tensor}, int, string)"/>
    public static Func<Tensor, Tensor, (Tensor, Tensor)> JacFwd(Func<Tensor, Tensor, Tensor> f, (int, int) argnums,
        string randomness = "error") =>
        (x, y) => Two(Partial(f, [x, y], [argnums.Item1, argnums.Item2], (g, a) => Columns(g, a, randomness))[0]);

    /// <summary>The Jacobians with respect to every tensor in the argument, in its structure, by forward mode.</summary>
    /// <inheritdoc cref="JacFwd(Func{Tensor, Tensor}, string)"/>
    /// <typeparam name="T">A structure of tensors.</typeparam>
    public static Func<T, T> JacFwd<[DynamicallyAccessedMembers(Tree.Needs)] T>(Func<T, Tensor> f, string randomness = "error") =>
        x => Tree.Build(x, Columns(a => [f(Tree.Build(x, a))], Tree.Leaves(x), randomness)[0]);

    /// <summary>For every tensor in the result, the Jacobians with respect to every tensor in the argument, by forward mode.</summary>
    /// <inheritdoc cref="JacFwd(Func{Tensor, Tensor}, string)"/>
    /// <typeparam name="T">A tensor or a structure of tensors.</typeparam>
    /// <typeparam name="TResult">Likewise.</typeparam>
    public static Func<T, T[]> JacFwd<[DynamicallyAccessedMembers(Tree.Needs)] T, [DynamicallyAccessedMembers(Tree.Needs)] TResult>(
        Func<T, TResult> f, string randomness = "error") =>
        x => Array.ConvertAll(Columns(a => Tree.Leaves(f(Tree.Build(x, a))), Tree.Leaves(x), randomness), row => Tree.Build(x, row));

    /// <summary>The Jacobian of a function's first result, by forward mode; the second is passed on.</summary>
    /// <inheritdoc cref="JacFwd{T}(Func{T, Tensor}, string)"/>
    /// <typeparam name="T">A structure of tensors.</typeparam>
    /// <typeparam name="TAux">What else the function returns.</typeparam>
    public static Func<T, (T Jacobian, TAux Aux)> JacFwdWithAux<[DynamicallyAccessedMembers(Tree.Needs)] T, TAux>(
        Func<T, (Tensor Output, TAux Aux)> f, string randomness = "error") => x =>
        {
            TAux aux = default!;
            Tensor[] rows = Columns(Output, Tree.Leaves(x), randomness)[0];
            return (Tree.Build(x, rows), aux);

            Tensor[] Output(Tensor[] a)
            {
                (Tensor y, aux) = f(Tree.Build(x, a));
                return [y];
            }
        };

    private static Tensor[][] Partial(Func<Tensor, Tensor, Tensor> f, Tensor[] x, ReadOnlySpan<int> argnums,
        Func<Func<Tensor[], Tensor[]>, Tensor[], Tensor[][]> jacobian)
    {
        int[] n = Argnums(argnums, 2);
        return jacobian(a =>
        {
            Tensor[] all = With(x, n, a);
            return [f(all[0], all[1])];
        }, Pick(x, n));
    }

    private static void CheckChunk(int? chunkSize)
    {
        if (chunkSize <= 0) Throw.Range(nameof(chunkSize), chunkSize, "jacrev: `chunk_size` should be greater than 0.");
    }

    /// <summary>The Jacobians [result][argument] by reverse mode.</summary>
    private static Tensor[][] Rows(Func<Tensor[], Tensor[]> f, Tensor[] x, int? chunkSize)
    {
        (Tensor[] y, Func<Tensor[], Tensor[]> vjp) = VjpFlat(f, x);
        return Rows(y, vjp, x, chunkSize);
    }

    internal static Tensor[][] Rows(Tensor[] y, Func<Tensor[], Tensor[]> vjp, Tensor[] x, int? chunkSize)
    {
        Tensor[] seeds = Basis(y);
        Tensor[] rows = Vmap(vjp, seeds, Array.ConvertAll(seeds, static _ => (int?)0), 0, "error", chunkSize);
        long at = 0;
        Tensor[][] jacobians = new Tensor[y.Length][];
        for (int o = 0; o < y.Length; o++)
        {
            long n = y[o].NumElements, start = at;
            jacobians[o] = [.. rows.Select((r, i) => r.Narrow(0, start, n).Reshape(Both(y[o], x[i])))];
            at += n;
        }
        return jacobians;
    }

    /// <summary>The Jacobians [result][argument] by forward mode.</summary>
    internal static Tensor[][] Columns(Func<Tensor[], Tensor[]> f, Tensor[] x, string randomness)
    {
        Tensor[] directions = Basis(x);
        Tensor[] y = [];
        Tensor[] columns = Vmap(Along, directions, Array.ConvertAll(directions, static _ => (int?)0), -1, randomness);
        return Array.ConvertAll(columns, column =>
        {
            long at = 0;
            Tensor[] row = new Tensor[x.Length];
            for (int i = 0; i < row.Length; at += x[i].NumElements, i++)
                row[i] = column.Narrow(-1, at, x[i].NumElements)
                    .Reshape(new Shape([.. column.layout.shape[..^1], .. x[i].layout.shape]));
            return row;
        });

        Tensor[] Along(Tensor[] t)
        {
            (y, Tensor?[] tangents) = Jvp(f, x, t);
            return [.. y.Select((a, i) => Filled(a, tangents[i], strict: false))];
        }
    }

    /// <summary>One direction per element of all tensors together: along dimension 0 of each.</summary>
    private static Tensor[] Basis(Tensor[] x)
    {
        long total = x.Sum(static t => t.NumElements), at = 0;
        Tensor[] basis = new Tensor[x.Length];
        for (int i = 0; i < basis.Length; i++)
        {
            long n = x[i].NumElements;
            if (!x[i].dtype.IsDifferentiable())
                Throw.Types($"Expected primal to be floating point or complex, but got: torch.{x[i].dtype.Name()}");
            basis[i] = Tensor.Eye(total, dtype: x[i].dtype).Narrow(1, at, n).Reshape(new Shape([total, .. x[i].layout.shape]));
            at += n;
        }
        return basis;
    }

    private static Shape Both(Tensor y, Tensor x) => new([.. y.layout.shape, .. x.layout.shape]);
}
