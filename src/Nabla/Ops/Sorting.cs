namespace Nabla;

internal static partial class Ops
{
    /// <summary>The elements at given places along a dimension counted from the end; the node bears the name of what found the
    /// places.</summary>
    public readonly record struct TakePlaces(int Dim, bool KeepDim, string Node) : IBilinear<TakePlaces>
    {
        static string IOperation<TakePlaces>.NodeName(TakePlaces op) => op.Node;

        public Tensor Forward(Tensor x, Tensor y)
        {
            Tensor z = Kernels.Pick.Take(x, y, Dim);
            return KeepDim ? z : new Squeeze(Dim).Forward(z);
        }

        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) =>
            BilinearOp.Apply(new PutPlaces(Dim, x.Layout.Rank == 0 ? 1 : x.Layout.shape[^-Dim]), KeepDim ? g : g.Unsqueeze(Dim), y);

        public Tensor? TransposeY(Tensor g, Tensor x, TensorSpec y) => null;
    }

    /// <summary>Zeros with the first operand added at given places along a dimension: the transpose of <see cref="TakePlaces"/>.</summary>
    public readonly record struct PutPlaces(int Dim, long Size) : IBilinear<PutPlaces>
    {
        static string IOperation<PutPlaces>.NodeName(PutPlaces op) => "ValueSelectingReductionBackward0";
        public Tensor Forward(Tensor x, Tensor y) => Kernels.Pick.Put(x, y, Dim, Size);
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => BilinearOp.Apply(new TakePlaces(Dim, true, "GatherBackward0"), g, y);
        public Tensor? TransposeY(Tensor g, Tensor x, TensorSpec y) => null;
    }

    /// <summary>The places of the first Count elements in sorted order.</summary>
    public readonly record struct SortPlaces(int Dim, bool Descending, long Count = long.MaxValue) : ILinear<SortPlaces>
    {
        static bool IOperation<SortPlaces>.Differentiable => false;
        public Tensor Forward(Tensor x) => Kernels.Sort.Order(x, Dim, Descending, Count);
        public Tensor Transpose(Tensor g, TensorSpec x) => throw new InvalidOperationException("Places have no derivative.");
    }

    /// <summary>The place of the element of rank K; -1 for the median, -2 for that of what is not NaN, -3 for the mode.</summary>
    public readonly record struct RankPlace(int Dim, long K) : ILinear<RankPlace>
    {
        static bool IOperation<RankPlace>.Differentiable => false;
        public Tensor Forward(Tensor x) => K == -3 ? Kernels.Sort.Mode(x, Dim) : Kernels.Sort.Rank(x, Dim, K);
        public Tensor Transpose(Tensor g, TensorSpec x) => throw new InvalidOperationException("Places have no derivative.");
    }

    /// <summary>The median of all elements, whose gradient is shared among equal ones.</summary>
    public readonly record struct Median(int Rank, bool SkipNaN) : IOp<Median>
    {
        static string IOperation<Median>.NodeName(Median op) => op.SkipNaN ? "NanmedianBackward0" : "MedianBackward0";

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor rows = Kernels.Reduce.Rows(x[0], Dims.All(Rank));
            Tensor y = Tensor.Allocate(new Layout(x[0].layout.shape[..^Rank]), x[0].dtype);
            if (rows.layout.shape[1] == 0) Kernels.Fill.Run(y, double.NaN);
            else Kernels.Copy.Run(Kernels.Pick.Take(rows, Kernels.Sort.Rank(rows, -1, SkipNaN ? -2 : -1), -1).Raw(y.layout), y);
            return [y];
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor ties = Ties(x[0], y[0]);
            into[0] = (g[0]! / ties.SumOver(Dims.All(Rank), false)).Spread(x[0].Shape, Dims.All(Rank), false) * ties;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor ties = Ties(x[0], y[0]);
            return [(t[0]! * ties).SumOver(Dims.All(Rank), false) / ties.SumOver(Dims.All(Rank), false)];
        }

        private Tensor Ties(Tensor x, Tensor y)
        {
            Tensor a = x.Detach(), b = y.Detach().Spread(x.Shape, Dims.All(Rank), false);
            return (a.Eq(b) | (a.Ne(a) & b.Ne(b))).To(x.DType);
        }
    }
}

public sealed partial class Tensor
{
    /// <summary>The elements at these places along a dimension, and the places; both without the dimension unless it is kept.</summary>
    private (Tensor Values, Tensor Indices) Take(Tensor places, int dim, bool keepDim, string node)
    {
        Tensor values = BilinearOp.Apply(new Ops.TakePlaces(dim, keepDim, node), this, places);
        return (values, keepDim ? places : places.Squeeze(dim));
    }

    /// <summary>The results of a 0-d tensor, computed as a vector of one element.</summary>
    private static (Tensor, Tensor) Scalars((Tensor Values, Tensor Indices) vectors) =>
        (vectors.Values.Squeeze(0), vectors.Indices.Squeeze(0));

    /// <summary>The elements along a dimension in ascending (or descending) order, and where they were. NaN counts as largest.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="descending">From the largest to the smallest.</param>
    /// <param name="stable">Equal elements keep their order. They do so in any case; the node's name is PyTorch's.</param>
    public (Tensor Values, Tensor Indices) Sort(int dim = -1, bool descending = false, bool? stable = null)
    {
        int d = Dims.FromEnd(dim, Rank);
        if (Rank == 0) return Scalars(Unsqueeze(0).Sort(0, descending, stable));
        return Take(LinearOp.Apply(new Ops.SortPlaces(d, descending), this), d, true, stable is null ? "SortBackward0" : "SortBackward1");
    }

    /// <summary>The places of the elements along a dimension in ascending (or descending) order; equal elements keep their order.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="descending">From the largest to the smallest.</param>
    /// <param name="stable">Always the case.</param>
    public Tensor ArgSort(int dim = -1, bool descending = false, bool stable = false)
    {
        int d = Dims.FromEnd(dim, Rank);
        return Rank == 0 ? ZerosLike(this, DType.Int64) : LinearOp.Apply(new Ops.SortPlaces(d, descending), this);
    }

    /// <summary>The elements along the first dimension in ascending order.</summary>
    public Tensor MSort() => Sort(0).Values;

    /// <summary>The k largest (or smallest) elements along a dimension, and where they were. NaN counts as largest.</summary>
    /// <param name="k">How many.</param>
    /// <param name="dim">The dimension.</param>
    /// <param name="largest">False for the smallest ones.</param>
    /// <param name="sorted">They come in order in any case.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is negative or larger than the dimension.</exception>
    public (Tensor Values, Tensor Indices) TopK(long k, int dim = -1, bool largest = true, bool sorted = true)
    {
        int d = Dims.FromEnd(dim, Rank);
        long size = Rank == 0 ? 1 : layout.shape[^-d];
        if (k < 0 || k > size) Throw.Range(nameof(k), k,
            $"selected index k out of range: topk: k is {k}, and dimension {d + Math.Max(Rank, 1)} has size {size}.");
        if (Rank == 0 && k == 0) return (Empty([0], dtype), Empty([0], DType.Int64));
        if (Rank == 0) return Scalars(Unsqueeze(0).TopK(k, 0, largest, sorted));
        Tensor places = LinearOp.Apply(new Ops.SortPlaces(d, largest, k), this);
        return Take(places, d, true, "TopkBackward0");
    }

    /// <summary>The k-th smallest element along a dimension (from 1) and its place: the first of equal ones.</summary>
    /// <param name="k">The rank, from 1 to the dimension's size.</param>
    /// <param name="dim">The dimension.</param>
    /// <param name="keepDim">Keep it with size 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no k-th element.</exception>
    /// <exception cref="InvalidOperationException">The dimension is empty.</exception>
    public (Tensor Values, Tensor Indices) KthValue(long k, int dim = -1, bool keepDim = false)
    {
        int d = Dims.FromEnd(dim, Rank);
        if (Rank > 0) RequireElements("kthvalue", d);
        long size = Rank == 0 ? 1 : layout.shape[^-d];
        if (k < 1 || k > size)
            Throw.Range(nameof(k), k, $"kthvalue(): selected number k out of range for dimension {d + Math.Max(Rank, 1)}: k is {k}, the " +
                $"size is {size}.");
        if (Rank == 0) return Scalars(Unsqueeze(0).KthValue(k, 0, true));
        return Take(LinearOp.Apply(new Ops.RankPlace(d, k - 1), this), d, keepDim, "KthvalueBackward0");
    }

    /// <summary>The median of all elements: the lower of the two in the middle; NaN if there is a NaN or no element. Ties share the
    /// gradient.</summary>
    public Tensor Median() => Op.Apply(new Ops.Median(Rank, false), this)[0];

    /// <summary>The medians along a dimension (the lower of the two in the middle; NaN if there is a NaN) and their places.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="keepDim">Keep it with size 1.</param>
    /// <exception cref="InvalidOperationException">The dimension is empty.</exception>
    public (Tensor Values, Tensor Indices) Median(int dim, bool keepDim = false) => AtRank("median", dim, keepDim, -1, "MedianBackward1");

    /// <summary>The median of all elements that are not NaN; NaN if there is none.</summary>
    public Tensor NanMedian() => Op.Apply(new Ops.Median(Rank, true), this)[0];

    /// <summary>The medians along a dimension of what is not NaN, and their places.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="keepDim">Keep it with size 1.</param>
    /// <exception cref="InvalidOperationException">The dimension is empty.</exception>
    public (Tensor Values, Tensor Indices) NanMedian(int dim, bool keepDim = false) =>
        AtRank("nanmedian", dim, keepDim, -2, "NanmedianBackward1");

    /// <summary>The most frequent elements along a dimension (the smallest of equally frequent ones) and the last place of each.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="keepDim">Keep it with size 1.</param>
    /// <exception cref="InvalidOperationException">The dimension is empty.</exception>
    public (Tensor Values, Tensor Indices) Mode(int dim = -1, bool keepDim = false) => AtRank("mode", dim, keepDim, -3, "ModeBackward0");

    private (Tensor, Tensor) AtRank(string op, int dim, bool keepDim, long rank, string node)
    {
        int d = Dims.FromEnd(dim, Rank);
        if (Rank == 0) return Scalars(Unsqueeze(0).AtRank(op, 0, true, rank, node));
        RequireElements(op, d);
        return Take(LinearOp.Apply(new Ops.RankPlace(d, rank), this), d, keepDim, node);
    }
}
