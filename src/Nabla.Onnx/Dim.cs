using System.Globalization;

namespace Nabla.Onnx;

/// <summary>A size or index: its value in each trace. One that is the same in all is fixed.</summary>
internal readonly struct Dim(long[] values)
{
    private readonly long[] values = values;

    internal ReadOnlySpan<long> Values => values;

    internal bool IsFixed => values.AsSpan().IndexOfAnyExcept(values[0]) < 0;

    /// <summary>The value of a fixed one.</summary>
    internal long Value => IsFixed ? values[0] : throw new InvalidOperationException($"The size {this} differs between traces.");

    internal bool Is(long value) => IsFixed && values[0] == value;

    internal bool Same(Dim other) => values.AsSpan().SequenceEqual(other.values);

    internal Dim With(Dim other, Func<long, long, long> f)
    {
        long[] result = new long[values.Length];
        for (int i = 0; i < result.Length; i++) result[i] = f(values[i], other.values[i]);
        return new(result);
    }

    public static Dim operator +(Dim a, Dim b) => a.With(b, static (x, y) => x + y);
    public static Dim operator +(Dim a, long b) => new(Array.ConvertAll(a.values, x => x + b));
    public static Dim operator -(Dim a, Dim b) => a.With(b, static (x, y) => x - y);
    public static Dim operator *(Dim a, Dim b) => a.With(b, static (x, y) => x * y);
    public static Dim operator *(Dim a, long b) => new(Array.ConvertAll(a.values, x => x * b));

    /// <summary>A text that is the same for the same values.</summary>
    internal string Key => string.Join(',', values);

    public override string ToString() => IsFixed ? values[0].ToString(CultureInfo.InvariantCulture) : $"({Key})";
}
