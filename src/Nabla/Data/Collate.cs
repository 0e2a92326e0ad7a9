using System.Diagnostics.CodeAnalysis;

namespace Nabla.Data;

/// <summary>How a list of samples becomes a batch.</summary>
public static class Collate
{
    internal const DynamicallyAccessedMemberTypes Needs = DynamicallyAccessedMemberTypes.PublicConstructors |
        DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicFields;

    /// <summary>
    /// Samples joined as PyTorch's <c>default_collate</c> does, part by part:
    /// <list type="bullet">
    /// <item>tensors are stacked along a new first dimension; arrays of numbers count as tensors;</item>
    /// <item>numbers become a tensor of their own dtype, <c>int</c> of int64;</item>
    /// <item>strings become an array of strings;</item>
    /// <item>tuples, arrays, lists, dictionaries and records become one such value of joined parts; dictionaries have the first sample's
    /// keys, and records are made by the constructor with the parts' names;</item>
    /// <item>what implements <see cref="ITree{TSelf}"/> has its tensors stacked.</item>
    /// </list>
    /// </summary>
    /// <typeparam name="T">A sample, such as <c>(Tensor, int)</c>.</typeparam>
    /// <typeparam name="TBatch">A batch of such samples: <c>(Tensor, Tensor)</c>.</typeparam>
    /// <param name="batch">At least one sample.</param>
    /// <exception cref="ArgumentException">A part is of a kind that cannot be joined, or <typeparamref name="TBatch"/> does not have it as
    /// a tensor.</exception>
    /// <exception cref="ShapeException">Tensors of a part have different shapes, or lists different lengths.</exception>
    public static TBatch Default<T, [DynamicallyAccessedMembers(Needs)] TBatch>(IReadOnlyList<T> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count == 0) DataErrors.Argument("default_collate: batch must contain at least one sample.", nameof(batch));
        if (typeof(T) == typeof(TBatch))
        {
            if (batch is IReadOnlyList<Tensor> one && CollateWalker.Stack(one) is TBatch tensor) return tensor;
            if (batch is IReadOnlyList<(Tensor, Tensor)> pairs && (CollateWalker.Stack([.. pairs.Select(static p => p.Item1)]),
                CollateWalker.Stack([.. pairs.Select(static p => p.Item2)])) is TBatch two) return two;
        }
        object?[] samples = new object?[batch.Count];
        for (int i = 0; i < samples.Length; i++) samples[i] = batch[i];
        return (TBatch)CollateWalker.Join(samples, typeof(TBatch))!;
    }

    /// <summary><see cref="Default{T, TBatch}"/> for samples whose batches are of the same type: tensors, and structures of
    /// tensors.</summary>
    public static T Default<[DynamicallyAccessedMembers(Needs)] T>(IReadOnlyList<T> batch) => Default<T, T>(batch);

    /// <summary>
    /// Tensors of different length in dimension 0 as one of shape [batch, longest, ...], filled up with a value: for sequences.
    /// </summary>
    /// <param name="batch">Tensors whose other dimensions agree.</param>
    /// <param name="value">The value behind the end of shorter ones.</param>
    /// <exception cref="ShapeException">Other dimensions differ, or a tensor has none.</exception>
    public static Tensor Pad(IReadOnlyList<Tensor> batch, Scalar value = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count == 0) DataErrors.Argument("pad_sequence: received an empty list of sequences.", nameof(batch));
        foreach (Tensor t in batch)
            if (t.Rank == 0 || t.Shape[1..] != batch[0].Shape[1..])
                Throw.Shapes("pad_sequence: The size of the tensors must match except in dimension 0, but got " +
                    $"{batch[0].Shape} and {t.Shape}.");
        long longest = batch.Max(static t => t.Size(0));
        return Tensor.Stack([.. batch.Select(t => t.Size(0) == longest ? t
            : Tensor.Cat([t, Tensor.Full([longest - t.Size(0), .. t.Shape[1..]], value, t.DType)]))]);
    }

    /// <summary>A sample as it is, where batches are off.</summary>
    internal static Func<IReadOnlyList<T>, TBatch> Single<T, TBatch>()
    {
        if (typeof(T) != typeof(TBatch)) DataErrors.Argument("batch_size=None option disables auto-batching: the batch type " +
            $"{typeof(TBatch).Name} should be the sample type {typeof(T).Name}, or collateFn be given.", "batchSize");
        return static batch => (TBatch)(object)batch[0]!;
    }
}
