using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// The result's size of an adaptive pooling, written <c>5</c> (in every dimension) or <c>[5, null]</c> (one entry for each dimension,
/// null for the input's size).
/// </summary>
[CollectionBuilder(typeof(AdaptiveSize), nameof(Create))]
public readonly struct AdaptiveSize : IEquatable<AdaptiveSize>, IReadOnlyList<long?>
{
    private readonly long?[]? values;

    private AdaptiveSize(long?[] values) => this.values = values;

    private long?[] Values => values ?? [];

    /// <summary>One entry for each dimension.</summary>
    public static AdaptiveSize Create(ReadOnlySpan<long?> sizes) => new(sizes.ToArray());

    /// <summary>The same size in every dimension.</summary>
    public static implicit operator AdaptiveSize(long size) => new([size]);
    /// <summary>Sizes of two dimensions.</summary>
    public static implicit operator AdaptiveSize((long?, long?) s) => new([s.Item1, s.Item2]);
    /// <summary>Sizes of three dimensions.</summary>
    public static implicit operator AdaptiveSize((long?, long?, long?) s) => new([s.Item1, s.Item2, s.Item3]);
    /// <summary>One size for each dimension.</summary>
    public static implicit operator AdaptiveSize(Shape sizes) => new([.. sizes.Select(static s => (long?)s)]);
    /// <summary>One entry for each dimension; the array is copied.</summary>
    public static implicit operator AdaptiveSize(long?[] sizes) => new([.. sizes]);

    /// <summary>The number of entries.</summary>
    public int Count => Values.Length;

    /// <summary>The entry at a place; null for the input's size.</summary>
    public long? this[int index] => Values[index];

    /// <inheritdoc/>
    public bool Equals(AdaptiveSize other) => Values.AsSpan().SequenceEqual(other.Values);
    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AdaptiveSize other && Equals(other);
    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (long? v in Values) hash.Add(v);
        return hash.ToHashCode();
    }
    /// <summary>Same entries in the same order.</summary>
    public static bool operator ==(AdaptiveSize left, AdaptiveSize right) => left.Equals(right);
    /// <summary>Different entries.</summary>
    public static bool operator !=(AdaptiveSize left, AdaptiveSize right) => !left.Equals(right);

    /// <summary>The entries as <c>[5, null]</c>.</summary>
    public override string ToString() =>
        $"[{string.Join(", ", Values.Select(static v => v?.ToString(CultureInfo.InvariantCulture) ?? "null"))}]";

    /// <inheritdoc/>
    public IEnumerator<long?> GetEnumerator() => ((IEnumerable<long?>)Values).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
