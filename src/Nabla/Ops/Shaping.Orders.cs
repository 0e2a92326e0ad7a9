namespace Nabla;

internal static partial class Ops
{
    /// <summary>Dimensions in reverse order.</summary>
    public readonly record struct Flip(Dims Dims) : ILinear<Flip>
    {
        public Tensor Forward(Tensor x)
        {
            Tensor y = Tensor.Allocate(x.layout.Fresh, x.dtype);
            if (y.layout.Count == 0) return y;
            long[] strides = [.. x.layout.strides];
            long offset = x.layout.Offset;
            foreach (int d in Dims.Values)
            {
                offset += (x.layout.shape[^-d] - 1) * strides[^-d];
                strides[^-d] = -strides[^-d];
            }
            Kernels.Copy.Run(x.Raw(new Layout(x.layout.shape, strides, offset)), y);
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(this, g);
    }

    /// <summary>A dimension moved round: element i goes to (i + Shift) mod size.</summary>
    public readonly record struct Roll(long Shift, int Dim) : ILinear<Roll>
    {
        public Tensor Forward(Tensor x)
        {
            Tensor y = Tensor.Allocate(new Layout(x.layout.shape), x.dtype);
            long n = x.layout.shape[^-Dim];
            if (y.layout.Count == 0) return y;
            long k = (Shift % n + n) % n;
            Kernels.Copy.Run(new Slice(Dim, 0, n - k, 1).Forward(x), new Slice(Dim, k, n - k, 1).Forward(y));
            if (k > 0) Kernels.Copy.Run(new Slice(Dim, n - k, k, 1).Forward(x), new Slice(Dim, 0, k, 1).Forward(y));
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new Roll(-Shift, Dim), g);
    }

    /// <summary>The operand repeated along its dimensions, one number per dimension from the end.</summary>
    public readonly record struct Repeat(Shape Repeats) : ILinear<Repeat>
    {
        internal static long Times(long size, long repeats, Layout x)
        {
            if (size != 0 && repeats > long.MaxValue / size)
                Throw.Shapes($"Storage size calculation overflowed: {Shape.Format(x.shape)} repeated {repeats} times does not fit into " +
                    "64 bits.");
            return size * repeats;
        }

        public Tensor Forward(Tensor x)
        {
            long[] shape = [.. x.layout.shape];
            int rank = shape.Length, lead = rank - Repeats.Count;
            long[] split = new long[2 * rank], strides = new long[2 * rank];
            for (int d = 0; d < rank; d++)
            {
                split[2 * d] = d < lead ? 1 : Repeats.Values[d - lead];
                (split[2 * d + 1], strides[2 * d + 1]) = (shape[d], x.layout.strides[d]);
                shape[d] = Times(shape[d], split[2 * d], x.layout);
            }
            Tensor y = Tensor.Allocate(new Layout(shape), x.dtype);
            if (y.layout.Count > 0) Kernels.Copy.Run(x.Raw(new Layout(split, strides, x.layout.Offset)), y.Raw(new Layout(split)));
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x)
        {
            long[] shape = x.Layout.shape, split = new long[2 * shape.Length];
            List<int> dims = [];
            int lead = shape.Length - Repeats.Count;
            for (int d = 0; d < shape.Length; d++)
            {
                split[2 * d] = d < lead ? 1 : Repeats.Values[d - lead];
                split[2 * d + 1] = shape[d];
                dims.Add(2 * d - split.Length);
            }
            return LinearOp.Apply(new Sum(new Dims([.. dims]), false), g.Reshape(new Shape(split)));
        }
    }

    /// <summary>The triangle of the last two dimensions on one side of a diagonal, the diagonal included; zeros elsewhere.</summary>
    public readonly record struct Triangle(long Diagonal, bool Upper) : ILinear<Triangle>
    {
        static string IOperation<Triangle>.NodeName(Triangle op) => op.Upper ? "TriuBackward0" : "TrilBackward0";

        public Tensor Forward(Tensor x)
        {
            Tensor y = Tensor.Allocate(new Layout(x.layout.shape), x.dtype);
            Kernels.Copy.Run(x, y);
            Kernels.Viewing.ClearTriangle(y, Diagonal, !Upper);
            return y;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(this, g);
    }
}

public sealed partial class Tensor
{
    /// <summary>A copy with some dimensions in reverse order.</summary>
    public Tensor Flip(Dims dims)
    {
        Dims d = dims.FromEnd(Rank);
        return LinearOp.Apply(new Ops.Flip(Rank == 0 ? default : d), this);
    }

    /// <summary>A copy with columns in reverse order: dimension 1.</summary>
    public Tensor FlipLr()
    {
        if (Rank < 2) Throw.Shapes("Input must be >= 2-d.");
        return Flip(1);
    }

    /// <summary>A copy with rows in reverse order: dimension 0.</summary>
    public Tensor FlipUd()
    {
        if (Rank < 1) Throw.Shapes("Input must be >= 1-d.");
        return Flip(0);
    }

    /// <summary>A copy whose elements are moved round by <paramref name="shifts"/>, in row-major order over all dimensions.</summary>
    public Tensor Roll(long shifts) => Rank <= 1 ? AtLeast1().RollOne(shifts, -1).Reshape(Shape)
        : Reshape([-1]).RollOne(shifts, -1).Reshape(Shape);

    /// <summary>A copy in which some dimensions are moved round; what leaves at one end comes in at the other.</summary>
    /// <param name="shifts">One shift per dimension.</param>
    /// <param name="dims">The dimensions.</param>
    public Tensor Roll(Shape shifts, Dims dims)
    {
        if (dims.Count == 0 && shifts.Count == 1) return Roll(shifts[0]);
        if (shifts.Count != dims.Count || dims.Count == 0) Throw.Shapes($"shifts and dimensions must align. shifts: {shifts.Count}, " +
            $"dims:{dims.Count}");
        Tensor y = this;
        for (int i = 0; i < dims.Count; i++) y = y.RollOne(shifts[i], Dims.FromEnd(dims[i], Rank));
        return y;
    }

    private Tensor RollOne(long shift, int dim) => Rank == 0 ? Clone() : LinearOp.Apply(new Ops.Roll(shift, dim), this);

    /// <summary>A copy turned by k times 90 degrees in the plane of two dimensions, from the first towards the second.</summary>
    public Tensor Rot90(int k = 1, Dims? dims = null)
    {
        Dims plane = dims ?? new Dims([0, 1]);
        if (plane.Count != 2) Throw.Shapes($"expected total rotation dims == 2, but got dims = {plane.Count}");
        if (Rank < 2) Throw.Shapes($"expected total dims >= 2, but got total dims = {Rank}");
        if (Repeats(plane))
            Throw.Shapes($"expected rotation dims to be different, but got dim0 = {plane[0]} and dim1 = {plane[1]}");
        Dims d = plane.FromEnd(Rank);
        return ((k % 4 + 4) % 4) switch
        {
            1 => Flip(d[1]).Transpose(d[0], d[1]),
            2 => Flip(d),
            3 => Flip(d[0]).Transpose(d[0], d[1]),
            _ => Clone(),
        };
    }

    /// <summary>A copy repeated along its dimensions; more numbers than dimensions add dimensions in front.</summary>
    /// <param name="repeats">How often, one number per dimension of the result.</param>
    /// <exception cref="ShapeException">There are fewer numbers than dimensions, or one is negative.</exception>
    public Tensor Repeat(Shape repeats)
    {
        if (repeats.Count < Rank)
            Throw.Shapes($"Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: {repeats} for " +
                $"shape {Shape}.");
        int lead = repeats.Count - Rank;
        for (int d = 0; d < repeats.Count; d++)
            if (repeats[d] < 0) ThrowNegativeRepeat(repeats, d < lead ? 1 : layout.shape[d - lead], repeats[d]);
        Tensor x = repeats.Count == Rank ? this : Expand(new Shape([.. Enumerable.Repeat(1L, repeats.Count - Rank), .. layout.shape]));
        return LinearOp.Apply(new Ops.Repeat(repeats), x);
    }

    private void ThrowNegativeRepeat(Shape repeats, long own, long repeat)
    {
        int lead = repeats.Count - Rank;
        long[] sizes = new long[repeats.Count];
        for (int d = 0; d < sizes.Length; d++) sizes[d] = unchecked(repeats[d] * (d < lead ? 1 : layout.shape[d - lead]));
        Throw.Range(nameof(repeats), repeat,
            $"Trying to create tensor with negative dimension {unchecked(own * repeat)}: {Shape.Format(sizes)}: the repeats are {repeats}");
    }

    /// <summary>As <see cref="Repeat"/>, but missing numbers count as 1 for the leading dimensions.</summary>
    public Tensor Tile(Shape dims) =>
        Repeat(dims.Count >= Rank ? dims : new Shape([.. Enumerable.Repeat(1L, Rank - dims.Count), .. dims.Values]));

    /// <summary>Every element, or every slice of a dimension, several times in a row.</summary>
    /// <param name="repeats">How often.</param>
    /// <param name="dim">The dimension; without one, x counts as flat.</param>
    public Tensor RepeatInterleave(long repeats, int? dim = null)
    {
        if (repeats < 0) Throw.Range(nameof(repeats), repeats, "Repeats must be non-negative");
        Tensor x = dim is null ? Reshape([-1]) : AtLeast1();
        int d = Dims.FromEnd(dim ?? 0, x.Rank);
        long[] shape = [.. x.layout.shape], wide = [.. shape[..(x.Rank + d + 1)], repeats, .. shape[(x.Rank + d + 1)..]];
        shape[^-d] = Ops.Repeat.Times(shape[^-d], repeats, x.layout);
        return LinearOp.Apply(new Ops.Unsqueeze(d), x).Expand(new Shape(wide)).Reshape(new Shape(shape));
    }

    /// <summary>Every element, or every slice of a dimension, as often as its entry in <paramref name="repeats"/> says.</summary>
    /// <param name="repeats">int64 or int32, of one entry or one per element.</param>
    /// <param name="dim">The dimension; without one, x counts as flat.</param>
    /// <exception cref="InvalidOperationException">Inside vmap: the result's size depends on values.</exception>
    public Tensor RepeatInterleave(Tensor repeats, int? dim = null)
    {
        if (repeats.dtype is not (DType.Int64 or DType.Int32)) Throw.NotImplementedFor("repeat_interleave_cpu", repeats.dtype);
        Tensor x = dim is null ? Reshape([-1]) : AtLeast1();
        int d = Dims.FromEnd(dim ?? 0, x.Rank);
        long size = x.layout.shape[^-d];
        if (repeats.Rank > 1) Throw.Shapes($"repeats must be 0-dim or 1-dim tensor, got {repeats.Shape}");
        if (repeats.layout.Count == 1) return x.RepeatInterleave((long)repeats.Reshape(default), d);
        if (repeats.layout.Count != size)
            Throw.Shapes($"repeats must have the same size as input along dim, but got repeats.size(0) = {repeats.NumElements} and " +
                $"input.size({d + x.Rank}) = {size}");
        return x.IndexSelect(d, repeats.RepeatInterleave());
    }

    /// <summary>Index i as often as entry i of this int64 or int32 vector says.</summary>
    public Tensor RepeatInterleave()
    {
        if (dtype is not (DType.Int64 or DType.Int32)) Throw.NotImplementedFor("repeat_interleave_cpu", dtype);
        ThrowIfBatched(Batch.CannotSize("repeat_interleave"));
        if (Rank != 1) Throw.Shapes($"repeat_interleave only accept 1D vector as repeat, got {Shape}");
        long[] counts = To(DType.Int64).ToArray<long>();
        Int128 total = 0;
        foreach (long count in counts)
        {
            if (count < 0) Throw.Range("repeats", count, "repeats can not be negative");
            total += count;
        }
        if (total > long.MaxValue) Throw.Shapes($"Storage size calculation overflowed: the repeats add up to {total}, an overflow of 64 " +
            "bits.");
        Tensor y = Allocate(new Layout([(long)total]), DType.Int64);
        Span<long> at = y.Span<long>();
        for (int i = 0; i < counts.Length; i++)
        {
            at[..(int)counts[i]].Fill(i);
            at = at[(int)counts[i]..];
        }
        return y;
    }

    /// <summary>A copy with zeros above a diagonal of the last two dimensions.</summary>
    /// <param name="diagonal">0 is the main diagonal; positive ones lie above it, negative ones below.</param>
    public Tensor Tril(long diagonal = 0) => Triangle(diagonal, false);

    /// <summary>A copy with zeros below a diagonal of the last two dimensions.</summary>
    /// <param name="diagonal">0 is the main diagonal; positive ones lie above it, negative ones below.</param>
    public Tensor Triu(long diagonal = 0) => Triangle(diagonal, true);

    /// <summary>Writes zeros above a diagonal of the last two dimensions.</summary>
    public Tensor Tril_(long diagonal = 0) => Become(Tril(diagonal));
    /// <summary>Writes zeros below a diagonal of the last two dimensions.</summary>
    public Tensor Triu_(long diagonal = 0) => Become(Triu(diagonal));

    private Tensor Triangle(long diagonal, bool upper)
    {
        if (Rank < 2) Throw.Shapes($"{(upper ? "triu" : "tril")}: input tensor must have at least 2 dimensions, but it has shape {Shape}.");
        return LinearOp.Apply(new Ops.Triangle(diagonal, upper), this);
    }

    /// <summary>Row and column indices of a lower triangle, as a [2, n] tensor, in row-major order.</summary>
    public static Tensor TrilIndices(long row, long col, long offset = 0, DType? dtype = null) =>
        TriangleIndices(row, col, offset, false, dtype);

    /// <summary>Row and column indices of an upper triangle, as a [2, n] tensor, in row-major order.</summary>
    public static Tensor TriuIndices(long row, long col, long offset = 0, DType? dtype = null) =>
        TriangleIndices(row, col, offset, true, dtype);

    private static Tensor TriangleIndices(long row, long col, long offset, bool upper, DType? dtype)
    {
        if (row < 0) Throw.Range(nameof(row), row, "row must be non-negative, got" + row);
        if (col < 0) Throw.Range(nameof(col), col, "col must be non-negative, got" + col);
        Int128 lower = LowerTriangle(row, col, upper ? (Int128)offset - 1 : offset), all = upper ? (Int128)row * col - lower : lower;
        Tensor y = Allocate(new Layout([2, all > long.MaxValue ? long.MaxValue : (long)all]), DType.Int64);
        Span<long> rows = y.Span<long>()[..(int)all], columns = y.Span<long>()[(int)all..];
        Int128 first = upper ? 0 : Int128.Max(0, -(Int128)offset), end = upper ? Int128.Min(row, (Int128)col - offset) : row;
        int at = 0;
        for (Int128 i = first; i < end && at < rows.Length; i++)
        {
            long from = upper ? (long)Int128.Clamp(i + offset, 0, col) : 0, to = upper ? col : (long)Int128.Clamp(i + offset + 1, 0, col);
            for (long j = from; j < to; j++, at++) (rows[at], columns[at]) = ((long)i, j);
        }
        return y.To(dtype ?? DType.Int64);
    }

    /// <summary>How many elements of a matrix lie on or below a diagonal.</summary>
    private static Int128 LowerTriangle(long row, long col, Int128 offset)
    {
        // Rows before the first have none, rows from the full one on have all.
        Int128 first = Int128.Clamp(-offset, 0, row), full = Int128.Clamp(col - offset - 1, first, row), partial = full - first;
        return partial * (2 * (first + offset + 1) + partial - 1) / 2 + (row - full) * col;
    }
}
