using System.Collections;
using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// A list of dimensions, written <c>1</c>, <c>-1</c> or <c>[0, 2]</c>. Users may count from either end; operations hold dimensions
/// counted from the end only, so that a leading batch dimension changes nothing (<see cref="FromEnd(int)"/>).
/// </summary>
[CollectionBuilder(typeof(Dims), nameof(Create))]
public readonly struct Dims : IEquatable<Dims>, IReadOnlyList<int>
{
    private readonly int[]? values;

    internal Dims(int[] values) => this.values = values;

    internal int[] Values => values ?? [];

    /// <summary>These dimensions.</summary>
    public static Dims Create(ReadOnlySpan<int> dims) => new(dims.ToArray());

    /// <summary>One dimension.</summary>
    public static implicit operator Dims(int dim) => new([dim]);
    /// <summary>These dimensions; the array is copied.</summary>
    public static implicit operator Dims(int[] dims)
    {
        ArgumentNullException.ThrowIfNull(dims);
        return new([.. dims]);
    }

    /// <summary>All dimensions of a tensor of this rank, counted from the end.</summary>
    public static Dims All(int rank)
    {
        int[] all = new int[rank];
        for (int i = 0; i < rank; i++) all[i] = i - rank;
        return new(all);
    }

    /// <summary>The number of dimensions in the list.</summary>
    public int Count => Values.Length;

    /// <summary>The dimension at a place of the list.</summary>
    public int this[int index] => Values[index];

    /// <summary>One dimension, counted from the end (-1 is the last).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is not in [-rank, rank - 1]; a 0-d tensor accepts -1 and 0.</exception>
    public static int FromEnd(int dim, int rank)
    {
        int n = Math.Max(rank, 1);
        if (dim < -n || dim >= n) Throw.DimOutOfRange(dim, rank);
        return dim < 0 ? dim : dim - n;
    }

    /// <summary>These dimensions counted from the end, without repetition.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is not in [-rank, rank - 1].</exception>
    /// <exception cref="ShapeException">A dimension appears twice.</exception>
    public Dims FromEnd(int rank)
    {
        int[] all = new int[Values.Length];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = FromEnd(Values[i], rank);
            for (int j = 0; j < i; j++)
                if (all[i] == all[j]) Throw.DimRepeated(Values[i], rank);
        }
        return new(all);
    }

    internal bool Contains(int dim) => Values.AsSpan().Contains(dim);

    /// <inheritdoc/>
    public bool Equals(Dims other) => Values.AsSpan().SequenceEqual(other.Values);
    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Dims other && Equals(other);
    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int v in Values) hash.Add(v);
        return hash.ToHashCode();
    }
    /// <summary>Same dimensions in the same order.</summary>
    public static bool operator ==(Dims left, Dims right) => left.Equals(right);
    /// <summary>Different dimensions.</summary>
    public static bool operator !=(Dims left, Dims right) => !left.Equals(right);

    /// <summary>The dimensions as <c>[0, -1]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", Values)}]";

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)Values).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
