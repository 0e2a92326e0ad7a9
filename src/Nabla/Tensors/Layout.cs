using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>
/// Where a tensor's elements lie in its storage: sizes, strides and offset, counted in elements. Immutable and shared: an elementwise
/// result reuses its operand's layout object, so that the test for equal shapes is most often one reference comparison.
/// </summary>
public sealed class Layout
{
    internal const int MaxRank = 64;

    internal static readonly Layout Scalar = new([]);

    internal readonly long[] shape;
    internal readonly long[] strides;

    /// <summary>The element of the storage where the tensor begins.</summary>
    public long Offset { get; }

    /// <summary>The number of elements.</summary>
    public long Count { get; }

    /// <summary>Elements lie in row-major order without gaps.</summary>
    public bool IsContiguous { get; }

    /// <summary>Elements fill a gapless block in some order of the dimensions, each address once.</summary>
    public bool IsDense { get; }

    /// <summary>Dense or contiguous and starting at the storage's first element: may be reused for a fresh result.</summary>
    internal readonly bool IsPlain;

    /// <summary>Row-major layout of a shape, starting at 0.</summary>
    internal Layout(long[] shape)
    {
        this.shape = shape;
        strides = new long[shape.Length];
        long n = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = n;
            n *= Math.Max(shape[i], 1);
        }
        Count = Elements(shape);
        IsContiguous = IsDense = IsPlain = true;
    }

    internal Layout(long[] shape, long[] strides, long offset)
    {
        this.shape = shape;
        this.strides = strides;
        Offset = offset;
        Count = Elements(shape);
        long n = 1;
        bool contiguous = true;
        if (Count > 0)
        {
            for (int i = shape.Length - 1; i >= 0; i--)
            {
                contiguous &= strides[i] == n || shape[i] == 1;
                n *= shape[i];
            }
        }
        IsContiguous = contiguous;
        IsDense = contiguous || ComputeDense(shape, strides);
        IsPlain = IsDense && offset == 0;
    }

    /// <summary>The sizes.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>The distance, in elements, between neighbours along each dimension.</summary>
    public ReadOnlySpan<long> Strides => strides;

    /// <summary>The number of dimensions.</summary>
    public int Rank => shape.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool SameShape(Layout other) => ReferenceEquals(this, other) || Equal(shape, other.shape);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool SameStrides(Layout other) => ReferenceEquals(this, other) || Equal(strides, other.strides);

    // Shapes are short: a loop is over before a vectorized comparison has begun.
    private static bool Equal(long[] x, long[] y)
    {
        if (x.Length != y.Length) return false;
        for (int i = 0; i < x.Length; i++)
            if (x[i] != y[i]) return false;
        return true;
    }

    /// <summary>The layout of a fresh result of this shape: the same order of dimensions where that is gapless, else row-major.</summary>
    internal Layout Fresh
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsPlain ? this : Restart();
    }

    private Layout Restart() => IsDense && !IsContiguous ? new(shape, strides, 0) : new(shape);

    /// <summary>Row-major layout of this shape, starting at 0.</summary>
    internal Layout RowMajor => IsContiguous && Offset == 0 ? this : new(shape);

    /// <summary>The position in the storage of element <paramref name="i"/> in row-major order.</summary>
    internal long At(long i)
    {
        if (IsContiguous) return Offset + i;
        long at = Offset;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            (i, long k) = Math.DivRem(i, shape[d]);
            at += k * strides[d];
        }
        return at;
    }

    /// <summary>One past the largest position that is touched; 0 if none is.</summary>
    internal long End
    {
        get
        {
            if (Count == 0) return 0;
            long at = Offset;
            for (int d = 0; d < shape.Length; d++) at += (shape[d] - 1) * strides[d];
            return at + 1;
        }
    }

    /// <summary>True if some address is certainly or possibly used twice (an expanded dimension, or strides that interleave).</summary>
    internal bool MayOverlap
    {
        get
        {
            if (IsDense || Count <= 1) return false;
            int rank = shape.Length;
            Span<int> order = stackalloc int[rank];
            SortByStride(shape, strides, order);
            long reach = 0;
            foreach (int d in order)
            {
                if (shape[d] == 1) continue;
                if (strides[d] <= reach) return true;
                reach += (shape[d] - 1) * strides[d];
            }
            return false;
        }
    }

    private static bool ComputeDense(long[] shape, long[] strides)
    {
        Span<int> order = stackalloc int[shape.Length];
        SortByStride(shape, strides, order);
        long n = 1;
        foreach (int d in order)
        {
            if (shape[d] == 1) continue;
            if (strides[d] != n) return false;
            n *= shape[d];
        }
        return true;
    }

    /// <summary>Dimensions by ascending stride.</summary>
    private static void SortByStride(long[] shape, long[] strides, Span<int> order)
    {
        for (int i = 0; i < order.Length; i++)
        {
            int j = i;
            for (; j > 0 && strides[order[j - 1]] > strides[i]; j--) order[j] = order[j - 1];
            order[j] = i;
        }
    }

    /// <summary>The number of elements of a shape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative, or there are too many.</exception>
    /// <exception cref="ShapeException">The product of the nonzero sizes does not fit into 64 bits.</exception>
    internal static long Elements(ReadOnlySpan<long> shape)
    {
        if (shape.Length > MaxRank) Throw.TooManyDims(shape.Length);
        long n = 1;
        bool empty = false;
        foreach (long s in shape)
        {
            if (s < 0) Throw.NegativeSize(shape, s);
            if (s == 0) { empty = true; continue; }
            if (n > long.MaxValue / s) Throw.SizeOverflow(shape);
            n *= s;
        }
        return empty ? 0 : n;
    }

    /// <inheritdoc/>
    public override string ToString() => $"shape {Nabla.Shape.Format(shape)}, strides {Nabla.Shape.Format(strides)}, offset {Offset}";
}
