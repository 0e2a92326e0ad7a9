namespace Nabla;

/// <summary>Functions of PyTorch's <c>torch.nn.functional</c>.</summary>
public static partial class Functional
{
    /// <summary>Rows of a table: result[i, ...] = weight[input[i, ...]].</summary>
    /// <param name="input">int64 or int32 row numbers, of any shape.</param>
    /// <param name="weight">The table, of shape [rows, size].</param>
    /// <param name="paddingIdx">A row that receives no gradient; negative counts from the end.</param>
    /// <param name="maxNorm">Rows that are used and whose norm is larger are first scaled down to it, in place.</param>
    /// <param name="normType">The p of that norm.</param>
    /// <param name="scaleGradByFreq">Divide a row's gradient by the number of its uses in the input.</param>
    /// <returns>A tensor of the input's shape and one more dimension of the rows' size.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A row number is not in [0, rows).</exception>
    public static Tensor Embedding(Tensor input, Tensor weight, long? paddingIdx = null, double? maxNorm = null, double normType = 2,
        bool scaleGradByFreq = false)
    {
        if (weight.Rank != 2) Throw.Shapes($"'weight' must be 2-D, but it has shape {weight.Shape}.");
        long rows = weight.layout.shape[0];
        Tensor at = EmbeddingIndex(input, rows, "embedding");
        long padding = Padding(paddingIdx, rows);
        if (maxNorm is { } limit) Ops.EmbeddingNorm.Renormalize(weight, at, limit, normType);
        Ops.Index op = new(-2, 1, at.Rank, "Embedding");
        if (padding < 0 && !scaleGradByFreq) return Nabla.BilinearOp.Apply(op, weight, at);
        return Op.Apply(new Ops.EmbeddingGrad(padding, scaleGradByFreq), weight, at)[0];
    }

    private static Tensor EmbeddingIndex(Tensor input, long rows, string op)
    {
        if (input.dtype is not (DType.Int64 or DType.Int32))
            Throw.Types("Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got " +
                $"torch.{input.dtype.ScalarName()}Tensor instead (while checking arguments for {op})");
        return Tensor.CheckedIndex(input, rows, false, "index out of range in self: {0} for a table of {1} rows.");
    }

    private static long Padding(long? index, long rows)
    {
        if (index is not { } i) return -1;
        if (i >= rows || i < -rows) Throw.Range("paddingIdx", i, $"Padding_idx must be within num_embeddings: {rows}.");
        return i < 0 ? i + rows : i;
    }

    /// <summary>Sums, means or maxima of bags of rows of a table, without making the rows.</summary>
    /// <param name="input">int64 or int32 row numbers: [bags, n], or, with offsets, one dimension.</param>
    /// <param name="weight">The table, of shape [rows, size].</param>
    /// <param name="offsets">Where the bags begin in a one-dimensional input; the first is 0.</param>
    /// <param name="mode">"sum", "mean" or "max".</param>
    /// <param name="perSampleWeights">Factors of the rows, of the input's shape; with "sum" only.</param>
    /// <param name="includeLastOffset">The last offset is the end of the last bag.</param>
    /// <param name="paddingIdx">A row that is passed over.</param>
    /// <param name="maxNorm">See <see cref="Embedding"/>.</param>
    /// <param name="normType">See <see cref="Embedding"/>.</param>
    /// <param name="scaleGradByFreq">See <see cref="Embedding"/>.</param>
    /// <returns>[bags, size]; zeros for an empty bag.</returns>
    public static Tensor EmbeddingBag(Tensor input, Tensor weight, Tensor? offsets = null, string mode = "mean",
        Tensor? perSampleWeights = null,
        bool includeLastOffset = false, long? paddingIdx = null, double? maxNorm = null, double normType = 2, bool scaleGradByFreq = false)
    {
        if (mode is not ("sum" or "mean" or "max")) throw new ArgumentException("mode has to be one of sum, mean or max", nameof(mode));
        if (perSampleWeights is not null && mode != "sum")
            throw new ArgumentException("embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for " +
                $"mode='sum' (got mode='{mode}').");
        bool even = input.Rank == 2 && offsets is null && paddingIdx is null;
        if (even && mode != "max" && weight.dtype.IsFloatingPoint() && input.Size(1) > 0)
        {
            Tensor each = Embedding(input, weight, null, maxNorm, normType, scaleGradByFreq);
            if (perSampleWeights is not null) each = each * perSampleWeights.Unsqueeze(-1);
            return mode == "sum" ? each.Sum(1) : each.Mean(1);
        }
        (Tensor flat, long[] bag, long bags) = Bags(input, offsets, includeLastOffset);
        if (maxNorm is { } limit)
            Ops.EmbeddingNorm.Renormalize(weight, EmbeddingIndex(flat, weight.Size(0), "embedding_bag"), limit, normType);
        Tensor? factors = perSampleWeights?.Reshape([-1]);
        if (paddingIdx is { } p)
        {
            long row = Padding(p, weight.Size(0));
            Tensor keep = flat.Ne(row).FlatNonzero();
            bag = [.. keep.ToArray<long>().Select(i => bag[i])];
            (flat, factors) = (flat.IndexSelect(0, keep), factors?.IndexSelect(0, keep));
        }
        Tensor rows = Embedding(flat, weight, scaleGradByFreq: scaleGradByFreq);
        if (factors is not null) rows = rows * factors.Unsqueeze(-1);
        // Bags of one size follow from their number by operations, so that a trace knows where they come from.
        Tensor into = even
            ? Tensor.Arange(bags).Unsqueeze(-1).Expand(input.Shape).Reshape([-1])
            : Tensor.From<long>(bag);
        Tensor zeros = Tensor.Zeros([bags, weight.Size(1)], rows.DType);
        if (mode == "max") return zeros.IndexReduce(0, into, rows, "amax", includeSelf: false);
        return mode == "sum" ? zeros.IndexAdd(0, into, rows) : zeros.IndexReduce(0, into, rows, "mean", includeSelf: false);
    }

    private static (Tensor Flat, long[] Bag, long Bags) Bags(Tensor input, Tensor? offsets, bool includeLast)
    {
        if (input.Rank == 2)
        {
            if (offsets is not null) throw new ArgumentException("if input is 2D, then offsets has to be None, as input is treated is a " +
                "mini-batch of fixed length sequences.");
            long n = input.Size(1), count = input.Size(0);
            long[] each = new long[input.NumElements];
            for (int i = 0; i < each.Length; i++) each[i] = i / n;
            return (input.Reshape([-1]), each, count);
        }
        if (input.Rank != 1) Throw.Shapes($"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.Rank}");
        if (offsets is null) throw new ArgumentException("offsets has to be a 1D Tensor but got None", nameof(offsets));
        if (offsets.Rank != 1) Throw.Shapes($"offsets has to be a 1D Tensor, but got Tensor of dimension {offsets.Rank}");
        long[] starts = offsets.To(DType.Int64).ToArray<long>();
        if (starts.Length > 0 && starts[0] != 0) Throw.Range(nameof(offsets), starts[0],
            $"offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got {starts[0]}");
        long bags = includeLast ? starts.Length - 1 : starts.Length;
        long[] bag = new long[input.NumElements];
        for (int b = 0; b < bags; b++)
        {
            long end = b + 1 < starts.Length ? starts[b + 1] : bag.Length;
            if (starts[b] > end || end > bag.Length)
                Throw.Range(nameof(offsets), end, $"offsets must ascend and not pass the input's length {bag.Length}: bag {b} is " +
                    $"{starts[b]} to {end}.");
            for (long i = starts[b]; i < end; i++) bag[i] = b;
        }
        return (input, bag, bags);
    }

    /// <summary>One where the class number says, zero elsewhere: int64, of the input's shape and one more dimension.</summary>
    /// <param name="tensor">int64 or int32 class numbers, not negative.</param>
    /// <param name="numClasses">The size of the new dimension; by default the largest class number plus one.</param>
    /// <exception cref="ArgumentOutOfRangeException">A class number is negative or not below the number of classes.</exception>
    public static Tensor OneHot(Tensor tensor, long numClasses = -1)
    {
        if (tensor.dtype is not (DType.Int64 or DType.Int32))
            Throw.Types($"one_hot is only applicable to index tensor of type LongTensor. The tensor is {tensor.dtype.Name()}.");
        if (numClasses < -1 || numClasses == 0) Throw.Range(nameof(numClasses), numClasses, "num_classes should be positive");
        if (numClasses == -1)
        {
            tensor.ThrowIfBatched();
            if (tensor.NumElements == 0) throw new ArgumentException("Can not infer total number of classes from empty tensor.",
                nameof(tensor));
            numClasses = Kernels.Indexing.Largest(tensor) + 1;
            if (numClasses <= 0) numClasses = 1;
        }
        Tensor at = Tensor.CheckedIndex(tensor, numClasses, false,
            "Class values must be non-negative: {0} is not.|Class values must be smaller than num_classes: {0} of {1} classes.");
        return LinearOp.Apply(new Ops.OneHot(numClasses), at);
    }
}

internal static partial class Ops
{
    /// <summary>Zeros along a new last dimension, and a one at each index.</summary>
    public readonly record struct OneHot(long Classes) : ILinear<OneHot>
    {
        static bool IOperation<OneHot>.Differentiable => false;
        public Tensor Forward(Tensor x) => Kernels.Indexing.OneHot(x, Classes);
        public Tensor Transpose(Tensor g, TensorSpec x) => throw new InvalidOperationException("Indices have no derivative.");
    }

    /// <summary>Rows of a table, with a padding row that has no gradient, and gradients divided by the rows' number of uses.</summary>
    public readonly record struct EmbeddingGrad(long Padding, bool ByFrequency) : IOp<EmbeddingGrad>
    {
        static string IOperation<EmbeddingGrad>.NodeName(EmbeddingGrad op) => "EmbeddingBackward0";
        static bool IOp<EmbeddingGrad>.SavesOutput(EmbeddingGrad op, int i) => false;

        // An index has its own rank plus the batch dimensions, of which the table has as many beyond two.
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [new Index(-2, 1, x[1].Rank - (x[0].Rank - 2), "Embedding").Forward(x[0], x[1])];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            Tensor at = x[1];
            if (Padding >= 0) d = d.MaskedFill(at.Eq(Padding).Unsqueeze(-1), 0);
            if (ByFrequency)
            {
                Tensor ones = Tensor.Ones(at.Shape, d.dtype);
                Tensor counts = BilinearOp.Apply(new IndexZeros(-1, 0, at.Rank, new Shape([x[0].layout.shape[0]])), ones, at);
                d = d / BilinearOp.Apply(new Index(-1, 0, at.Rank, "Index"), counts, at).Unsqueeze(-1);
            }
            into[0] = BilinearOp.Apply(new IndexZeros(-2, 1, at.Rank, x[0].Shape), d, at);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is null ? null : BilinearOp.Apply(new Index(-2, 1, x[1].Rank, "Embedding"), t[0]!, x[1])];
    }

    /// <summary>The limit on the norms of a table's rows.</summary>
    internal static class EmbeddingNorm
    {
        /// <summary>Scales the rows that are used and too long, in place and unrecorded.</summary>
        internal static void Renormalize(Tensor weight, Tensor at, double limit, double p)
        {
            using GradScope mode = Autograd.NoGrad();
            HashSet<long> seen = [];
            foreach (long row in at.Reshape([-1]).ToArray<long>())
            {
                if (!seen.Add(row)) continue;
                Tensor r = weight.Select(0, row);
                double norm = Norm(r.To(DType.Float64).ToArray<double>(), p);
                if (norm > limit) r.Mul_(limit / (norm + 1e-7));
            }
        }

        private static double Norm(double[] x, double p)
        {
            if (double.IsPositiveInfinity(p)) return x.Length == 0 ? 0 : x.Max(Math.Abs);
            double sum = 0;
            foreach (double v in x) sum += p == 2 ? v * v : Math.Pow(Math.Abs(v), p);
            return p == 2 ? Math.Sqrt(sum) : Math.Pow(sum, 1 / p);
        }
    }
}
