using System.Collections;
using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// Zeros around the input of a convolution, written <c>1</c> (on every side), <c>[1, 2]</c> (one number for each dimension),
/// <c>"same"</c> (as many as make the output as large as the input; stride 1 only) or <c>"valid"</c> (none).
/// </summary>
[CollectionBuilder(typeof(Padding), nameof(Create))]
public readonly struct Padding : IEquatable<Padding>, IEnumerable<long>
{
    private readonly long[]? values;

    private Padding(long[]? values, string? mode) => (this.values, Mode) = (values, mode);

    /// <summary>"same", "valid" or null.</summary>
    public string? Mode { get; }

    /// <summary>The numbers, one or one for each dimension; empty means none.</summary>
    public ReadOnlySpan<long> Sizes => values;

    internal Shape Shape => new(values ?? [0]);

    /// <summary>One number for each dimension.</summary>
    public static Padding Create(ReadOnlySpan<long> sizes) => new(sizes.ToArray(), null);

    /// <summary>The same number in every dimension.</summary>
    public static implicit operator Padding(long size) => new([size], null);
    /// <summary>One number for each dimension; the array is copied.</summary>
    public static implicit operator Padding(long[] sizes) => new([.. sizes], null);
    /// <summary>One number for each dimension.</summary>
    public static implicit operator Padding(int[] sizes) => new(Array.ConvertAll(sizes, static s => (long)s), null);
    /// <summary>One number for each of two dimensions.</summary>
    public static implicit operator Padding((long, long) s) => new([s.Item1, s.Item2], null);
    /// <summary>One number for each of three dimensions.</summary>
    public static implicit operator Padding((long, long, long) s) => new([s.Item1, s.Item2, s.Item3], null);
    /// <summary>The numbers of a shape.</summary>
    public static implicit operator Padding(Shape sizes) => new(sizes.ToArray(), null);
    /// <summary>"same" or "valid".</summary>
    public static implicit operator Padding(string mode) => new(null, mode);

    /// <inheritdoc/>
    public bool Equals(Padding other) => Mode == other.Mode && Sizes.SequenceEqual(other.Sizes);
    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Padding other && Equals(other);
    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Mode, Shape);
    /// <summary>Same padding.</summary>
    public static bool operator ==(Padding left, Padding right) => left.Equals(right);
    /// <summary>Different padding.</summary>
    public static bool operator !=(Padding left, Padding right) => !left.Equals(right);

    /// <summary>The numbers as <c>[1, 2]</c>, or the mode.</summary>
    public override string ToString() => Mode ?? Shape.ToString();

    /// <inheritdoc/>
    public IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)(values ?? [])).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
