using System.Globalization;

namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>How many elements fall into each of equal intervals between two bounds; what lies outside does not count. Without
    /// gradient.</summary>
    /// <param name="bins">The number of intervals.</param>
    /// <param name="min">The lower bound.</param>
    /// <param name="max">The upper bound; if both are equal, the data's smallest and largest elements are the bounds.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The bounds or the number of intervals are impossible.</exception>
    public Tensor HistC(long bins = 100, double min = 0, double max = 0)
    {
        ThrowIfBatched();
        if (!dtype.IsFloatingPoint()) Throw.NotImplementedFor("histogram_cpu", dtype);
        CheckBins(bins, 0);
        Tensor x = Detach().Reshape(-1);
        if (min == max && x.layout.Count > 0) (min, max) = (x.Min().Item(), x.Max().Item());
        if (min == max) (min, max) = (min - 1, max + 1);
        if (!double.IsFinite(min) || !double.IsFinite(max))
            Throw.Range(nameof(max), max, $"torch.histc: range of [{Digits(min)}, {Digits(max)}] is not finite");
        if (!(min < max)) Throw.Range(nameof(max), max, $"torch.histc: max must be larger than min: [{Digits(min)}, {Digits(max)}].");
        if (dtype is DType.Float32 or DType.Float64) return Kernels.Histogram.Uniform(x, bins, min, max);
        Tensor hist = Zeros(bins, DType.Float64), inside = (x >= min).LogicalAnd(x <= max);
        Tensor place = ((x - min) * bins / (max - min)).ZeroWhere(inside.LogicalNot()).To(DType.Int64).Clamp(max: bins - 1);
        return hist.IndexAdd_(0, place, inside.To(DType.Float64)).To(dtype);
    }

    /// <summary>A histogram of all elements over equal intervals. An interval contains its lower edge, the last one its upper edge too;
    /// what lies outside does not count. Without gradient.</summary>
    /// <param name="bins">The number of intervals.</param>
    /// <param name="range">The lowest and the highest edge; by default the smallest and the largest element. Equal bounds are moved
    /// apart by 1.</param>
    /// <param name="weight">How much each element counts, of the tensor's dtype and number of elements; by default 1.</param>
    /// <param name="density">Whether the counts are divided by their sum and by the widths, so that the integral is 1.</param>
    /// <returns>The counts, of the tensor's dtype, and the edges, one more than intervals.</returns>
    /// <exception cref="DTypeException">The tensor is not float32 or float64, or the weights have another dtype.</exception>
    /// <exception cref="ShapeException">The weights have another shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The bounds or the number of intervals are impossible.</exception>
    public (Tensor Hist, Tensor BinEdges) Histogram(long bins = 100, (double Min, double Max)? range = null, Tensor? weight = null,
        bool density = false)
    {
        (Tensor hist, Tensor[] edges) = Reshape((-1, 1)).HistogramDD([bins], range is { } r ? [r.Min, r.Max] : null, weight?.Reshape(-1),
            density);
        return (hist, edges[0]);
    }

    /// <summary>A histogram of all elements over the intervals between given edges.</summary>
    /// <param name="bins">The edges, ascending, of the tensor's dtype.</param>
    /// <inheritdoc cref="Histogram(long, ValueTuple{double, double}?, Tensor?, bool)"/>
    /// <param name="weight"/>
    /// <param name="density"/>
    public (Tensor Hist, Tensor BinEdges) Histogram(Tensor bins, Tensor? weight = null, bool density = false)
    {
        (Tensor hist, Tensor[] edges) = Reshape((-1, 1)).HistogramDD([bins], weight?.Reshape(-1), density);
        return (hist, edges[0]);
    }

    /// <summary>A histogram over equal intervals in each of N dimensions, of which the last dimension of this tensor holds the
    /// coordinates. An interval contains its lower edge, the last one its upper edge too; what lies outside does not count. Without
    /// gradient.</summary>
    /// <param name="bins">The number of intervals in each dimension.</param>
    /// <param name="range">The lowest and the highest edge of each dimension in turn, 2N numbers; by default the smallest and the largest
    /// coordinates. Equal bounds are moved apart by 1.</param>
    /// <param name="weight">How much each point counts, of the tensor's dtype and of its shape without the last dimension; by default
    /// 1.</param>
    /// <param name="density">Whether the counts are divided by their sum and by the volumes, so that the integral is 1.</param>
    /// <returns>The counts, of the tensor's dtype, with N dimensions, and the edges of each dimension.</returns>
    /// <exception cref="DTypeException">The tensor is not float32 or float64, or the weights have another dtype.</exception>
    /// <exception cref="ShapeException">The tensor has less than two dimensions, or the number of bins or the weights do not fit
    /// it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The bounds or the number of intervals are impossible.</exception>
    public (Tensor Hist, Tensor[] BinEdges) HistogramDD(long[] bins, double[]? range = null, Tensor? weight = null, bool density = false)
    {
        ThrowIfBatched();
        long n = CheckPoints();
        if (bins.Length != n) Throw.Shapes("histogramdd: The size of bins must be equal to the innermost dimension of the input. " +
            $"The tensor has shape {Shape}, and bins has {bins.Length} elements.");
        for (int d = 0; d < n; d++) CheckBins(bins[d], d);
        CheckWeight(weight);
        if (range is not null && range.Length != 2 * n) Throw.Shapes(
            $"torch.histogramdd: for a {n}-dimensional histogram range should have {2 * n} elements, but got {range.Length}");
        CheckHistogramType();
        Tensor x = Detach().Reshape((Points, n));
        Tensor[] edges = new Tensor[n];
        for (int d = 0; d < n; d++) edges[d] = Edges(x, d, bins[d], range);
        return (Count(x, edges, weight, density), edges);
    }

    /// <summary>A histogram over the same number of equal intervals in each dimension.</summary>
    /// <param name="bins">The number of intervals in every dimension.</param>
    /// <inheritdoc cref="HistogramDD(long[], double[], Tensor?, bool)"/>
    /// <param name="range"/>
    /// <param name="weight"/>
    /// <param name="density"/>
    public (Tensor Hist, Tensor[] BinEdges) HistogramDD(long bins, double[]? range = null, Tensor? weight = null, bool density = false)
    {
        long[] each = new long[CheckPoints()];
        Array.Fill(each, bins);
        return HistogramDD(each, range, weight, density);
    }

    /// <summary>A histogram over the intervals between given edges in each dimension.</summary>
    /// <param name="bins">The edges of each dimension, ascending, of the tensor's dtype.</param>
    /// <inheritdoc cref="HistogramDD(long[], double[], Tensor?, bool)"/>
    /// <param name="weight"/>
    /// <param name="density"/>
    public (Tensor Hist, Tensor[] BinEdges) HistogramDD(Tensor[] bins, Tensor? weight = null, bool density = false)
    {
        ThrowIfBatched();
        long n = CheckPoints();
        if (bins.Length != n) Throw.Shapes(
            $"torch.histogramdd: expected {n} sequences of bin edges for a {n}-dimensional histogram but got {bins.Length}");
        CheckWeight(weight);
        for (int d = 0; d < n; d++)
        {
            if (bins[d].dtype != dtype) Throw.Types("torch.histogramdd: input tensor and bins tensors should have the same dtype, but " +
                $"got input with dtype {dtype.ValueName()} and bins for dimension {d} with dtype {bins[d].dtype.ValueName()}");
            if (bins[d].Rank != 1) Throw.Shapes("torch.histogramdd: bins tensor should have one dimension, but got " +
                $"{bins[d].Rank} dimensions in the bins tensor for dimension {d}");
            if (bins[d].layout.Count == 0) Throw.Shapes("torch.histogramdd: bins tensor should have at least 1 element, but got 0 " +
                $"elements in the bins tensor for dimension {d}");
            CheckBins(bins[d].layout.Count - 1, d);
        }
        CheckHistogramType();
        Tensor[] edges = [.. bins.Select(static b => b.Detach().Clone())];
        return (Count(Detach().Reshape((Points, n)), edges, weight, density), edges);
    }

    private static void CheckBins(long bins, int d)
    {
        if (bins <= 0) Throw.Range(nameof(bins), bins, $"torch.histogram(): bins must be > 0, but got {bins} for dimension {d}");
    }

    private long CheckPoints()
    {
        if (Rank < 2) Throw.Shapes($"torch.histogramdd: input tensor should have at least 2 dimensions, but got shape {Shape}. " +
            "The last dimension holds the coordinates of a point; use Histogram for numbers.");
        return layout.shape[^1];
    }

    private void CheckHistogramType()
    {
        if (dtype is not (DType.Float32 or DType.Float64)) Throw.NotImplementedFor("histogramdd", dtype);
    }

    private void CheckWeight(Tensor? weight)
    {
        if (weight is null) return;
        if (weight.dtype != dtype) Throw.Types("torch.histogramdd: if weight tensor is provided, input tensor and weight tensor should " +
            $"have the same dtype, but got input({dtype.ValueName()}), and weight({weight.dtype.ValueName()})");
        if (!weight.layout.shape.AsSpan().SequenceEqual(layout.shape.AsSpan(0, Rank - 1)))
            Throw.Shapes("torch.histogramdd: if weight tensor is provided it should have the same shape as the input tensor excluding " +
                $"its innermost dimension, but got input with shape {Shape} and weight with shape {weight.Shape}");
    }

    // The number of points: the product of all sizes but the last, also where that is 0.
    private long Points
    {
        get
        {
            long points = 1;
            foreach (long size in layout.shape.AsSpan(0, Rank - 1)) points *= size;
            return points;
        }
    }

    private static Tensor Edges(Tensor x, int d, long bins, double[]? range)
    {
        (double min, double max) = (0, 1);
        if (range is not null) (min, max) = (range[2 * d], range[2 * d + 1]);
        else if (x.layout.Count > 0) (min, max) = (x.Select(1, d).Min().Item(), x.Select(1, d).Max().Item());
        if (!double.IsFinite(min) || !double.IsFinite(max)) Throw.Range(nameof(range), max,
            $"torch.histogramdd: dimension {d}'s range [{Digits(min)}, {Digits(max)}] is not finite");
        if (min > max) Throw.Range(nameof(range), max,
            $"torch.histogramdd: min should not exceed max, but got min {Digits(min)} max {Digits(max)} for dimension {d}");
        if (min == max) (min, max) = (min - 0.5, max + 0.5);
        return Linspace(min, max, bins + 1, x.dtype);
    }

    private static Tensor Count(Tensor x, Tensor[] edges, Tensor? weight, bool density)
    {
        long[] sizes = [.. edges.Select(static e => e.layout.Count - 1)];
        long points = x.layout.shape[0], all = 1;
        foreach (long size in sizes) all = checked(all * size);
        Tensor hist = Zeros(all, DType.Float64), place = Zeros(points, DType.Int64), outside = Zeros(points, DType.Bool);
        for (int d = 0; d < edges.Length; d++)
        {
            Tensor v = x.Select(1, d).Contiguous();
            outside = outside.LogicalOr((v >= edges[d][0]).LogicalAnd(v <= edges[d][-1]).LogicalNot());
            // The last edge belongs to the last interval.
            place = place * sizes[d] + (SearchSorted(edges[d], v, right: true) - 1).Clamp(0, sizes[d] - 1);
        }
        Tensor w = weight is null ? Ones(points, DType.Float64) : weight.Detach().Reshape(-1).To(DType.Float64);
        // Points without coordinates are in no histogram.
        if (edges.Length > 0) hist.IndexAdd_(0, place, w.ZeroWhere(outside));
        hist = hist.Reshape(sizes).To(x.dtype);
        if (!density) return hist;
        hist = hist / hist.Sum();
        for (int d = 0; d < edges.Length; d++)
        {
            long[] along = new long[edges.Length];
            Array.Fill(along, 1);
            along[d] = sizes[d];
            hist = hist / edges[d].Diff().Reshape(along);
        }
        return hist;
    }

    // Six digits, as C++ writes numbers into messages.
    private static string Digits(double x) => double.IsFinite(x) ? x.ToString("g6", CultureInfo.InvariantCulture) : Plain(x);
}
