using System.Diagnostics.CodeAnalysis;

namespace Nabla.Data;

/// <summary>
/// Tensors whose first dimension counts the samples: sample i is <c>t[i]</c> of each, a view without a copy. Make one with
/// <see cref="TensorDataset.Of{T}(T)"/>.
/// </summary>
/// <typeparam name="T">A structure of tensors: a tensor, a tuple, an array, a dictionary or a record of such (see
/// <see cref="Tree"/>).</typeparam>
public sealed class TensorDataset<[DynamicallyAccessedMembers(Tree.Needs)] T> : Dataset<T>
{
    /// <summary>Samples cut from tensors.</summary>
    /// <param name="tensors">Tensors of one size in dimension 0.</param>
    /// <exception cref="ShapeException">There is no tensor, one has no dimension, or the sizes differ.</exception>
    public TensorDataset(T tensors)
    {
        Tensor[] leaves = Tree.Leaves(tensors);
        if (leaves.Length == 0) Throw.Shapes($"TensorDataset: there is no tensor in {Tree.Describe(tensors)}.");
        foreach (Tensor t in leaves)
        {
            ArgumentNullException.ThrowIfNull(t, nameof(tensors));
            if (t.Rank == 0 || t.Size(0) != leaves[0].Size(0))
                Throw.Shapes("Size mismatch between tensors: their first dimensions count the samples, and the shapes are " +
                    $"{string.Join(", ", leaves.Select(static t => t.Shape.ToString()))}.");
        }
        (Tensors, Count) = (tensors, leaves[0].Size(0));
    }

    /// <summary>All samples: the tensors given.</summary>
    public T Tensors { get; }

    /// <inheritdoc/>
    public override long Count { get; }

    /// <inheritdoc/>
    public override T this[long index]
    {
        get
        {
            long at = Dataset.At(index, Count);
            return TreeOf<T>.Map(Tensors, t => t.Select(0, at));
        }
    }
}

/// <summary>Data sets cut from tensors along their first dimension.</summary>
public static class TensorDataset
{
    /// <summary>Samples of one tensor, or of any structure of tensors.</summary>
    public static TensorDataset<T> Of<[DynamicallyAccessedMembers(Tree.Needs)] T>(T tensors) => new(tensors);

    /// <summary>Samples of two tensors, as pairs: <c>TensorDataset.Of(inputs, targets)</c>.</summary>
    public static TensorDataset<(Tensor, Tensor)> Of(Tensor first, Tensor second) => new((first, second));

    /// <summary>Samples of three tensors, as triples.</summary>
    public static TensorDataset<(Tensor, Tensor, Tensor)> Of(Tensor first, Tensor second, Tensor third) => new((first, second, third));
}
