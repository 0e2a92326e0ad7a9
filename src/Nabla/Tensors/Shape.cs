using System.Collections;
using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>The sizes of a tensor's dimensions: an immutable list, written <c>[2, 3]</c>, <c>(2, 3)</c> or as an array.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>, IReadOnlyList<long>
{
    private readonly long[]? values;

    /// <summary>A shape of these sizes; the array is not copied.</summary>
    internal Shape(long[] values) => this.values = values;

    internal long[] Values => values ?? [];

    /// <summary>A shape of these sizes.</summary>
    public static Shape Create(ReadOnlySpan<long> sizes) => new(sizes.ToArray());

    /// <summary>The number of dimensions.</summary>
    public int Count => Values.Length;

    /// <summary>The product of the sizes; 1 for a 0-d shape.</summary>
    /// <exception cref="ShapeException">The product does not fit into 64 bits.</exception>
    public long NumElements => Layout.Elements(Values);

    /// <summary>The size of dimension <paramref name="index"/>.</summary>
    public long this[int index] => Values[index];

    /// <summary>The size of dimension <paramref name="index"/>, which may count from the end: <c>shape[^1]</c>.</summary>
    public long this[Index index] => Values[index];

    /// <summary>The sizes of a range of dimensions.</summary>
    public Shape this[Range range] => new(Values[range]);

    /// <summary>The sizes as a span.</summary>
    public ReadOnlySpan<long> AsSpan() => Values;

    /// <summary>A copy of the sizes.</summary>
    public long[] ToArray() => (long[])Values.Clone();

    /// <summary>A shape from an array, which is copied.</summary>
    public static implicit operator Shape(long[] sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        return new([.. sizes]);
    }

    /// <summary>A shape from an array.</summary>
    public static implicit operator Shape(int[] sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        return new(Array.ConvertAll(sizes, s => (long)s));
    }

    /// <summary>A one-dimensional shape.</summary>
    public static implicit operator Shape(long size) => new([size]);
    /// <summary>A two-dimensional shape.</summary>
    public static implicit operator Shape((long, long) s) => new([s.Item1, s.Item2]);
    /// <summary>A three-dimensional shape.</summary>
    public static implicit operator Shape((long, long, long) s) => new([s.Item1, s.Item2, s.Item3]);
    /// <summary>A four-dimensional shape.</summary>
    public static implicit operator Shape((long, long, long, long) s) => new([s.Item1, s.Item2, s.Item3, s.Item4]);

    /// <inheritdoc/>
    public bool Equals(Shape other) => Values.AsSpan().SequenceEqual(other.Values);
    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);
    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (long v in Values) hash.Add(v);
        return hash.ToHashCode();
    }
    /// <summary>Same sizes in the same order.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);
    /// <summary>Different sizes.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>The sizes as <c>[2, 3]</c>.</summary>
    public override string ToString() => Format(Values);

    internal static string Format(ReadOnlySpan<long> sizes)
    {
        const int limit = 8;
        string[] parts = new string[Math.Min(sizes.Length, limit)];
        for (int i = 0; i < parts.Length; i++) parts[i] = sizes[i].ToString(System.Globalization.CultureInfo.InvariantCulture);
        return $"[{string.Join(", ", parts)}{(sizes.Length > limit ? ", ..." : "")}]";
    }

    /// <inheritdoc/>
    public IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)Values).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
