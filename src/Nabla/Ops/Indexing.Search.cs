namespace Nabla;

internal static partial class Ops
{
    /// <summary>Where values would be inserted into sorted rows. Operands: the rows, the values.</summary>
    public readonly record struct SearchSorted(bool Right, bool Shared) : IOp<SearchSorted>
    {
        static bool IOperation<SearchSorted>.Differentiable => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Search.Run(x[0], x[1], Right, Shared)];
        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) { }
        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => [null];
    }

    /// <summary>Which elements occur among test values. Operands: elements, test values.</summary>
    public readonly record struct IsIn : IOp<IsIn>
    {
        static bool IOperation<IsIn>.Differentiable => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Search.IsIn(x[0], x[1])];
        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) { }
        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) => [null];
    }
}

public sealed partial class Tensor
{
    /// <summary>The places where values would be inserted into a sorted sequence so that it stays sorted.</summary>
    /// <param name="sortedSequence">Ascending along its last dimension: one dimension, or the values' leading dimensions and one
    /// more.</param>
    /// <param name="input">The values.</param>
    /// <param name="outInt32">Return int32 instead of int64.</param>
    /// <param name="right">Insert after equal elements instead of before.</param>
    /// <param name="sorter">Indices that sort the sequence, if it is not sorted.</param>
    public static Tensor SearchSorted(Tensor sortedSequence, Tensor input, bool outInt32 = false, bool right = false, Tensor? sorter = null)
    {
        Tensor row = sortedSequence;
        if (row.Rank == 0) Throw.Shapes("searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1: the " +
            "sequence is 0-d.");
        if (sorter is not null)
        {
            if (sorter.Shape != row.Shape)
                Throw.Shapes($"torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor {row.Shape} " +
                    $"and got sorter tensor {sorter.Shape}");
            row = row.Gather(-1, sorter);
        }
        bool shared = row.Rank == 1;
        if (!shared && (input.Rank != row.Rank || !row.layout.shape.AsSpan(0,
            row.Rank - 1).SequenceEqual(input.layout.shape.AsSpan(0, row.Rank - 1))))
            Throw.Shapes("torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries " +
                "tensor and input value tensor must match, " +
                $"but we got boundaries tensor {row.Shape} and input value tensor {input.Shape}");
        DType common = Promotion.Promote(row.dtype, input.dtype);
        Tensor at = Op.Apply(new Ops.SearchSorted(right, shared), row.To(common), input.To(common))[0];
        return outInt32 ? at.To(DType.Int32) : at;
    }

    /// <summary>The place of a number in a sorted sequence.</summary>
    /// <inheritdoc cref="SearchSorted(Tensor, Tensor, bool, bool, Tensor)"/>
    public static Tensor SearchSorted(Tensor sortedSequence, Scalar input, bool outInt32 = false, bool right = false,
        Tensor? sorter = null) =>
        SearchSorted(sortedSequence, Full(default, input, Promotion.Result(sortedSequence.dtype, input)), outInt32, right, sorter);

    /// <summary>The bucket of every value: the number of boundaries below it, or, with <paramref name="right"/>, not above it.</summary>
    /// <param name="boundaries">Ascending, of one dimension.</param>
    /// <param name="outInt32">Return int32 instead of int64.</param>
    /// <param name="right">A value equal to a boundary belongs to the bucket above it.</param>
    public Tensor Bucketize(Tensor boundaries, bool outInt32 = false, bool right = false)
    {
        if (boundaries.Rank != 1) Throw.Shapes($"boundaries tensor must be 1 dimension, but got dim({boundaries.Rank})");
        return SearchSorted(boundaries, this, outInt32, right);
    }

    /// <summary>Which elements occur among the test values: a bool tensor of the elements' shape.</summary>
    /// <param name="elements">The elements.</param>
    /// <param name="testElements">The values they are compared with.</param>
    /// <param name="assumeUnique">Accepted for compatibility; it changes nothing.</param>
    /// <param name="invert">Which elements do not occur.</param>
    public static Tensor IsIn(Tensor elements, Tensor testElements, bool assumeUnique = false, bool invert = false)
    {
        DType common = Promotion.Result(elements, testElements);
        Tensor y = Op.Apply(new Ops.IsIn(), elements.To(common), testElements.To(common).Reshape([-1]))[0];
        return invert ? y.LogicalNot() : y;
    }

    /// <summary>⌊x / y⌋ for integers below 2⁵³, which float64 holds exactly.</summary>
    internal Tensor FloorQuotient(Tensor y) => (this - Remainder(y)).To(DType.Float64).Div(y).To(dtype);

    /// <summary>Flat indices as indices per dimension of a shape, one tensor each.</summary>
    public Tensor[] UnravelIndex(Shape shape)
    {
        if (!dtype.IsInteger()) Throw.Types($"expected 'indices' to be an integer tensor, but got {dtype.Name()}");
        Tensor flat = CheckedIndex(To(DType.Int64), shape.NumElements, true,
            "index {0} is out of bounds for a shape of {1} elements.").Contiguous();
        Tensor[] y = new Tensor[shape.Count];
        for (int d = shape.Count - 1; d >= 0; d--)
        {
            y[d] = flat.Remainder(shape[d]);
            flat = flat.FloorQuotient(shape[d]);
        }
        return y;
    }
}
