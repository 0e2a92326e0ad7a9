namespace Nabla.Nn;

/// <summary>
/// The keys and values of the positions that an attention layer has read, so that a model that writes one position after the other computes
/// each only once. One cache belongs to one layer and one batch of sequences.
/// </summary>
/// <remarks>
/// In an attention layer with a field <c>KeyValueCache? cache</c>, which is null in training:
/// <code>
/// Tensor y = cache is null ? Functional.ScaledDotProductAttention(q, k, v, isCausal: true) : cache.Attend(q, k, v);
/// </code>
/// </remarks>
public sealed class KeyValueCache
{
    private Tensor? keys, values;

    /// <summary>An empty cache.</summary>
    /// <param name="capacity">The most positions it holds; memory for them is taken at the first use.</param>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is not positive.</exception>
    public KeyValueCache(long capacity)
    {
        if (capacity < 1) Throw.Range(nameof(capacity), capacity, $"KeyValueCache: the capacity should be positive, but got {capacity}.");
        Capacity = capacity;
    }

    /// <summary>The most positions it holds.</summary>
    public long Capacity { get; }

    /// <summary>How many positions it holds.</summary>
    public long Length { get; private set; }

    /// <summary>Forgets all positions; the memory stays.</summary>
    public void Clear() => Length = 0;

    /// <summary>Takes in further positions.</summary>
    /// <param name="key">Their keys, [..., L, E].</param>
    /// <param name="value">Their values, [..., L, F].</param>
    /// <returns>Keys [..., Length, E] and values [..., Length, F] of all positions so far: views, valid until
    /// <see cref="Clear"/>.</returns>
    /// <exception cref="ShapeException">Key and value have different L, or their other sizes are not those of the positions
    /// before.</exception>
    /// <exception cref="DTypeException">The dtype is not that of the positions before.</exception>
    /// <exception cref="InvalidOperationException">There is no room for so many, or gradients would have to flow through the
    /// cache.</exception>
    public (Tensor Key, Tensor Value) Append(Tensor key, Tensor value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        long count = Check(key, value);
        if (Length == 0 && !(Fits(keys, key) && Fits(values, value))) (keys, values) = (Room(key), Room(value));
        (Tensor allKeys, Tensor allValues) = (keys!, values!);
        // The copies are no part of any graph, whatever mode the caller is in.
        using (Autograd.NoGrad())
        {
            allKeys.Narrow(-2, Length, count).Copy_(key);
            allValues.Narrow(-2, Length, count).Copy_(value);
            Length += count;
            return (allKeys.Narrow(-2, 0, Length), allValues.Narrow(-2, 0, Length));
        }
    }

    /// <summary>
    /// Takes in further positions and lets each of them attend to itself and all before it:
    /// softmax(Q Kᵀ · scale) V, where row i of L sees the first Length − L + i + 1 positions.
    /// </summary>
    /// <param name="query">Q of the further positions, [..., L, E].</param>
    /// <param name="key">Their keys, [..., L, E].</param>
    /// <param name="value">Their values, [..., L, F].</param>
    /// <param name="scale">1 / √E by default.</param>
    /// <returns>[..., L, F]: what causal attention over the whole sequence gives for these positions.</returns>
    /// <exception cref="ShapeException">The shapes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ.</exception>
    /// <exception cref="InvalidOperationException">There is no room for so many, or gradients would have to flow through the
    /// cache.</exception>
    public Tensor Attend(Tensor query, Tensor key, Tensor value, double? scale = null)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(key);
        if (query.Rank < 2 || key.Rank < 2 || query.Size(-2) != key.Size(-2))
            Throw.Shapes($"KeyValueCache.Attend: every position has a query and a key, but the query is {query.Shape} and the key " +
                $"{key.Shape}.");
        long before = Length, count = key.Size(-2);
        (Tensor allKeys, Tensor allValues) = Append(key, value);
        // PyTorch's isCausal counts from the first position, so that it fits an empty cache only.
        Tensor? mask = before > 0 && count > 1 ? Tensor.Ones([count, Length], DType.Bool).Tril(before) : null;
        return Functional.ScaledDotProductAttention(query, allKeys, allValues, mask, isCausal: before == 0 && count > 1, scale: scale);
    }

    private long Check(Tensor key, Tensor value)
    {
        if (key.Rank < 2 || value.Rank < 2 || key.Size(-2) != value.Size(-2))
            Throw.Shapes($"KeyValueCache: every position has a key [..., L, E] and a value [..., L, F], but got {key.Shape} and " +
                $"{value.Shape}.");
        if (Autograd.IsGradEnabled && (key.RequiresGrad || value.RequiresGrad))
            Throw.State("KeyValueCache: no gradient flows through a cache; use it inside of Autograd.NoGrad() or InferenceMode().");
        long count = key.Size(-2);
        if (count > Capacity - Length)
            Throw.State($"KeyValueCache: {Length} of {Capacity} positions are taken, and {count} more were given; make it larger, or " +
                "Clear() it and read the last positions again.");
        if (Length == 0) return count;
        if (key.DType != keys!.DType || value.DType != values!.DType)
            Throw.Types($"KeyValueCache: it holds {keys.DType.Name()} keys and {values!.DType.Name()} values, but got {key.DType.Name()} " +
                $"and {value.DType.Name()}.");
        if (!Fits(keys, key) || !Fits(values, value))
            Throw.Shapes($"KeyValueCache: sizes other than the number of positions must stay: it holds keys {keys.Shape} and values " +
                $"{values.Shape}, but got {key.Shape} and {value.Shape}.");
        return count;
    }

    private static bool Fits(Tensor? room, Tensor t) => room is not null && room.DType == t.DType && room.Rank == t.Rank &&
        room.Shape[..^2] == t.Shape[..^2] && room.Size(-1) == t.Size(-1);

    private Tensor Room(Tensor t)
    {
        Tensor room = Tensor.Empty(new Shape([.. t.Shape[..^2], Capacity, t.Size(-1)]), dtype: t.DType);
        // A scope around one step must not take the memory back.
        TensorScope.Keep(room);
        return room;
    }
}
