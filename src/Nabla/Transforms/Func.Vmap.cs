using System.Diagnostics.CodeAnalysis;

namespace Nabla;

public static partial class Func
{
    /// <summary>f applied to every slice of the argument along a dimension at once; results are stacked.</summary>
    /// <param name="f">A function of one slice. Results that do not depend on it are repeated.</param>
    /// <param name="inDims">The dimension to map over; 0 by default.</param>
    /// <param name="outDims">Where the batch appears in the results; null for results that do not depend on it.</param>
    /// <param name="randomness">What random operations do: <c>"error"</c>, <c>"different"</c> numbers for each slice, or the
    /// <c>"same"</c>.</param>
    /// <param name="chunkSize">How many slices are computed at once; null for all. Less needs less memory.</param>
    /// <exception cref="ArgumentException">The dimensions do not fit the arguments or results; randomness or chunkSize is no such
    /// value.</exception>
    /// <exception cref="ShapeException">Mapped tensors have different sizes there.</exception>
    /// <exception cref="InvalidOperationException">The function reads a value, depends on one in its control flow, or draws random numbers
    /// without leave.</exception>
    public static Func<Tensor, Tensor> Vmap(Func<Tensor, Tensor> f, VmapDims inDims = default, VmapDims outDims = default,
        string randomness = "error", int? chunkSize = null) => Vmap<Tensor, Tensor>(f, inDims, outDims, randomness, chunkSize);

    /// <summary>f applied to every slice of its arguments along their dimensions at once; results are stacked.</summary>
    /// <inheritdoc cref="Vmap(Func{Tensor, Tensor}, VmapDims, VmapDims, string, int?)"/>
    /// <param name="f">A function of one slice of each.</param>
    /// <param name="inDims">The dimension to map over, or one for each argument; null for what is not mapped.</param>
    /// <param name="outDims">Where the batch appears in the results.</param>
    /// <param name="randomness">What random operations do.</param>
    /// <param name="chunkSize">How many slices are computed at once.</param>
    public static Func<Tensor, Tensor, Tensor> Vmap(Func<Tensor, Tensor, Tensor> f, VmapDims inDims = default, VmapDims outDims = default,
        string randomness = "error", int? chunkSize = null) => Vmap<Tensor, Tensor, Tensor>(f, inDims, outDims, randomness, chunkSize);

    /// <inheritdoc cref="Vmap(Func{Tensor, Tensor, Tensor}, VmapDims, VmapDims, string, int?)"/>
    public static Func<Tensor, Tensor, Tensor, Tensor> Vmap(Func<Tensor, Tensor, Tensor, Tensor> f, VmapDims inDims = default,
        VmapDims outDims = default, string randomness = "error", int? chunkSize = null) =>
        Vmap<Tensor, Tensor, Tensor, Tensor>(f, inDims, outDims, randomness, chunkSize);

    /// <summary>f applied to every slice of the tensors in its argument at once; the tensors in the results are stacked.</summary>
    /// <inheritdoc cref="Vmap(Func{Tensor, Tensor}, VmapDims, VmapDims, string, int?)"/>
    /// <typeparam name="T">A tensor or a structure of tensors.</typeparam>
    /// <typeparam name="TResult">Likewise.</typeparam>
    public static Func<T, TResult> Vmap<[DynamicallyAccessedMembers(Tree.Needs)] T, [DynamicallyAccessedMembers(Tree.Needs)] TResult>(
        Func<T, TResult> f, VmapDims inDims = default, VmapDims outDims = default, string randomness = "error", int? chunkSize = null)
    {
        Mapping mapping = new(Name(f), inDims, outDims, randomness, chunkSize);
        return x => mapping.Run(a => f(Tree.Build(x, a)), Tree.Leaves(x), [(inDims.Part(0, 1), x)]);
    }

    /// <summary>f applied to every slice of the tensors in its arguments at once; the tensors in the results are stacked.</summary>
    /// <inheritdoc cref="Vmap{T, TResult}(Func{T, TResult}, VmapDims, VmapDims, string, int?)"/>
    /// <typeparam name="T1">A tensor or a structure of tensors, or anything else, which is passed on.</typeparam>
    /// <typeparam name="T2">Likewise.</typeparam>
    /// <typeparam name="TResult">A tensor or a structure of tensors.</typeparam>
    public static Func<T1, T2, TResult> Vmap<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2,
        [DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<T1, T2, TResult> f, VmapDims inDims = default, VmapDims outDims = default,
        string randomness = "error", int? chunkSize = null)
    {
        Mapping mapping = new(Name(f), inDims, outDims, randomness, chunkSize);
        return (x, y) =>
        {
            Tensor[] a = Tree.Leaves(x), b = Tree.Leaves(y);
            return mapping.Run(t => f(Tree.Build(x, t), Tree.Build(y, t.AsMemory(a.Length))), [.. a, .. b],
                [(inDims.Part(0, 2), x), (inDims.Part(1, 2), y)]);
        };
    }

    /// <inheritdoc cref="Vmap{T1, T2, TResult}(Func{T1, T2, TResult}, VmapDims, VmapDims, string, int?)"/>
    public static Func<T1, T2, T3, TResult> Vmap<[DynamicallyAccessedMembers(Tree.Needs)] T1, [DynamicallyAccessedMembers(Tree.Needs)] T2,
        [DynamicallyAccessedMembers(Tree.Needs)] T3, [DynamicallyAccessedMembers(Tree.Needs)] TResult>(Func<T1, T2, T3, TResult> f,
        VmapDims inDims = default, VmapDims outDims = default, string randomness = "error", int? chunkSize = null)
    {
        Mapping mapping = new(Name(f), inDims, outDims, randomness, chunkSize);
        return (x, y, z) =>
        {
            Tensor[] a = Tree.Leaves(x), b = Tree.Leaves(y), c = Tree.Leaves(z);
            return mapping.Run(t => f(Tree.Build(x, t), Tree.Build(y, t.AsMemory(a.Length)),
                Tree.Build(z, t.AsMemory(a.Length + b.Length))), [.. a, .. b, .. c],
                [(inDims.Part(0, 3), x), (inDims.Part(1, 3), y), (inDims.Part(2, 3), z)]);
        };
    }

    /// <summary>vmap of a flat function; every tensor is mapped at its own dimension, and results are stacked at one.</summary>
    internal static Tensor[] Vmap(Func<Tensor[], Tensor[]> f, Tensor[] x, int?[] inDims, int outDim = 0, string randomness = "error",
        int? chunkSize = null)
    {
        Mapping mapping = new("f", default, outDim, randomness, chunkSize);
        return mapping.Run(f, x, inDims);
    }
}
