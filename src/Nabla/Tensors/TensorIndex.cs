using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// One entry between the brackets of <c>x[...]</c>: an integer, a range, a list, a mask, an index tensor, <see cref="Ellipsis"/>,
/// <see cref="NewAxis"/> or a <see cref="Slice"/>. <c>using static Nabla.TensorIndex;</c> makes the last three short to write.
/// </summary>
/// <remarks>
/// <c>x[0]  x[^1]  x[.., 0]  x[1..^1]  x[(.., 2)]  x[Ellipsis, 0]  x[null, ..]  x[mask]  x[[0, 2, 4], ..]  x[rows, columns]</c>
/// </remarks>
[CollectionBuilder(typeof(TensorIndex), nameof(Create))]
public readonly struct TensorIndex
{
    internal enum Kind : byte { NewAxis, Ellipsis, Integer, Range, Slice, Bool, Tensor }

    internal readonly Kind What;
    private readonly bool fromEnd, stopFromEnd;
    private readonly long start, stop;
    private readonly bool hasStart, hasStop;
    internal readonly long Step;
    internal readonly Tensor? Tensor;

    private TensorIndex(Kind what, long start = 0, bool fromEnd = false, Tensor? tensor = null)
    {
        What = what;
        this.start = start;
        this.fromEnd = fromEnd;
        Tensor = tensor;
        Step = 1;
    }

    private TensorIndex(Range range, long step)
    {
        What = Kind.Range;
        (start, fromEnd, stop, stopFromEnd) = (range.Start.Value, range.Start.IsFromEnd, range.End.Value, range.End.IsFromEnd);
        Step = step;
    }

    private TensorIndex(long? start, long? stop, long step)
    {
        What = Kind.Slice;
        (this.start, hasStart, this.stop, hasStop, Step) = (start ?? 0, start is not null, stop ?? 0, stop is not null, step);
    }

    /// <summary>As many full ranges as are needed: <c>x[Ellipsis, 0]</c> is index 0 of the last dimension.</summary>
    public static TensorIndex Ellipsis => new(Kind.Ellipsis);

    /// <summary>A new dimension of size 1; <c>null</c> means the same.</summary>
    public static TensorIndex NewAxis => new(Kind.NewAxis);

    /// <summary>Python's <c>start:stop:step</c>: bounds may be negative to count from the end, or missing, and are clamped to the
    /// size.</summary>
    /// <param name="start">The first index; 0 by default.</param>
    /// <param name="stop">The bound, which is not included; the size by default.</param>
    /// <param name="step">The distance of neighbours, at least 1.</param>
    public static TensorIndex Slice(long? start = null, long? stop = null, long step = 1) => new(start, stop, step);

    /// <summary>For collection expressions: a list of indices, or of bools as a mask.</summary>
    public static TensorIndex Create(ReadOnlySpan<TensorLiteral> items) =>
        new(Kind.Tensor, tensor: items.IsEmpty ? Nabla.Tensor.Zeros([0], DType.Int64) : TensorLiteral.ToTensor(items));

    /// <summary>For the compiler's collection expressions only: an index cannot be enumerated.</summary>
    public IEnumerator<TensorLiteral> GetEnumerator() => throw new NotSupportedException("A tensor index cannot be enumerated.");

    /// <summary>One index; negative counts from the end, as in Python. The dimension disappears.</summary>
    public static implicit operator TensorIndex(int index) => new(Kind.Integer, index);
    /// <summary>One index; negative counts from the end, as in Python. The dimension disappears.</summary>
    public static implicit operator TensorIndex(long index) => new(Kind.Integer, index);
    /// <summary>One index, such as <c>^1</c>. The dimension disappears.</summary>
    public static implicit operator TensorIndex(Index index) => new(Kind.Integer, index.Value, index.IsFromEnd);
    /// <summary>A range, such as <c>..</c> or <c>1..^1</c>, which must lie inside the dimension; <see cref="Slice"/> clamps.</summary>
    public static implicit operator TensorIndex(Range range) => new(range, 1);
    /// <summary>A range and the distance of neighbours: <c>(.., 2)</c>.</summary>
    public static implicit operator TensorIndex((Range Range, int Step) slice) => new(slice.Range, slice.Step);
    /// <summary>An index tensor (int64, int32), a mask (bool, uint8), or, if null, a new dimension.</summary>
    public static implicit operator TensorIndex(Tensor? index) => index is null ? NewAxis : new(Kind.Tensor, tensor: index);
    /// <summary>A new dimension of size 1 if true, of size 0 if false.</summary>
    public static implicit operator TensorIndex(bool value) => new(Kind.Bool, value ? 1 : 0);

    internal bool Truth => start != 0;

    /// <summary>The index in a dimension, from 0.</summary>
    internal long Position(long size, int dim)
    {
        long at = fromEnd ? size - start : start < 0 ? start + size : start;
        if (at < 0 || at >= size)
        {
            string text = fromEnd ? $"^{start}" : $"{start}";
            Throw.Range("index", text, $"index {text} is out of bounds for dimension {dim} with size {size}");
        }
        return at;
    }

    /// <summary>Start and length in a dimension of this size.</summary>
    internal (long Start, long Length) Bounds(long size, int dim)
    {
        if (Step == 0) Throw.Range("step", Step, "slice step cannot be zero");
        if (Step < 0) Throw.Range("step", Step, $"step must be greater than zero, but got {Step}: use Flip({dim}) to reverse a " +
            "dimension, then a positive step.");
        long from, to;
        if (What == Kind.Slice)
        {
            from = hasStart ? Clamp(start, size) : 0;
            to = Math.Max(from, hasStop ? Clamp(stop, size) : size);
        }
        else
        {
            (from, to) = (fromEnd ? size - start : start, stopFromEnd ? size - stop : stop);
            if (from < 0 || to > size || from > to)
                Throw.Range("range", ToString(), $"the range {ToString()} is out of bounds for dimension {dim} with size {size}: " +
                    "TensorIndex.Slice(start, stop) clamps, ranges do not.");
        }
        return (from, (to - from + Step - 1) / Step);
    }

    private static long Clamp(long index, long size) => Math.Clamp(index < 0 ? index + size : index, 0, size);

    /// <summary>The index as it is written.</summary>
    public override string ToString() => What switch
    {
        Kind.NewAxis => "null",
        Kind.Ellipsis => "...",
        Kind.Integer => $"{(fromEnd ? "^" : "")}{start}",
        Kind.Range => $"{(fromEnd ? "^" : "")}{start}..{(stopFromEnd ? "^" : "")}{stop}",
        Kind.Slice => $"{(hasStart ? start : "")}:{(hasStop ? stop : "")}:{Step}",
        Kind.Bool => Truth ? "True" : "False",
        _ => Throw.Text(Tensor!),
    };
}
