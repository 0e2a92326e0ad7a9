namespace Nabla;

internal static partial class Ops
{
    /// <summary>x with values written, or added, at an index along one dimension. Operands: x, index, values of the index's
    /// shape.</summary>
    public readonly record struct Scatter(int Dim, bool Add, string Label) : IOp<Scatter>
    {
        static Tensor[] IOp<Scatter>.OnComplex(Scatter op, ReadOnlySpan<Tensor> x) => Complexes.Each(op, x);
        static string IOperation<Scatter>.NodeName(Scatter op) => op.Label;
        static bool IOp<Scatter>.SavesInput(Scatter op, int i) => i == 1;
        static bool IOp<Scatter>.SavesOutput(Scatter op, int i) => false;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor y = new Clone(false).Forward(x[0]);
            Write(y, x[1], x[2]);
            return [y];
        }

        internal void Write(Tensor x, Tensor index, Tensor values) =>
            Kernels.Scatter.Run(x, Dim, index, values, Add ? Kernels.Meet.Add : Kernels.Meet.Set);

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            Tensor index = x[1];
            if (into.Needs(0)) into[0] = Add ? d : Op.Apply(this, d, index, Tensor.Zeros(default, d.dtype).Expand(index.Shape))[0];
            // As in PyTorch, each of several values written to one place receives the place's gradient.
            if (into.Needs(2)) into[2] = BilinearOp.Apply(new Gather(Dim, "Gather"), d, index);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            Op.Apply(this, t[0] ?? Tensor.ZerosLike(y[0]), x[1], t[2] ?? Tensor.Zeros(default, y[0].dtype).Expand(x[1].Shape));
    }

    /// <summary>How values that meet are reduced.</summary>
    public enum Reduction : byte { Sum, Prod, Mean, AMax, AMin }

    /// <summary>x with values combined at an index along one dimension. Operands: x, index, values of the index's shape.</summary>
    public readonly record struct ScatterReduce(int Dim, Reduction Reduce, bool IncludeSelf, string Label) : IOp<ScatterReduce>
    {
        static string IOperation<ScatterReduce>.NodeName(ScatterReduce op) => op.Label + "Backward0";
        static bool IOp<ScatterReduce>.SavesInput(ScatterReduce op, int i) => i == 1 || op.Reduce is not (Reduction.Sum or Reduction.Mean);
        static bool IOp<ScatterReduce>.SavesOutput(ScatterReduce op, int i) => op.Reduce is not (Reduction.Sum or Reduction.Mean);

        public Tensor[] Forward(ReadOnlySpan<Tensor> x)
        {
            Tensor y = new Clone(true).Forward(x[0]), index = x[1];
            if (!IncludeSelf) Kernels.Scatter.Run(y, Dim, index, Spread(Neutral(y.dtype), index), Kernels.Meet.Set);
            Kernels.Scatter.Run(y, Dim, index, x[2], Reduce switch
            {
                Reduction.Prod => Kernels.Meet.Multiply,
                Reduction.AMax => Kernels.Meet.Max,
                Reduction.AMin => Kernels.Meet.Min,
                _ => Kernels.Meet.Add,
            });
            return [Reduce == Reduction.Mean ? Divided(y, index) : y];
        }

        private Tensor Divided(Tensor y, Tensor index)
        {
            Tensor n = Counts(y, index);
            return y.dtype.IsFloatingPoint() ? Nabla.ZipOp.Compute(new Div(), y, n) : y.FloorQuotient(n);
        }

        private static Tensor Spread(Tensor value, Tensor index) => value.Raw(Kernels.Broadcast.To(value.layout, index.layout.shape)!);

        private Tensor Neutral(DType dtype) => Tensor.Full(default, Reduce switch
        {
            Reduction.Prod => 1,
            Reduction.AMax => dtype.Nearest(double.NegativeInfinity),
            Reduction.AMin => dtype.Nearest(double.PositiveInfinity),
            _ => 0,
        }, dtype);



        /// <summary>How many values make each element of the result; 1 where nothing is written.</summary>
        private Tensor Counts(Tensor like, Tensor index)
        {
            Tensor n = IncludeSelf ? Plain(like, 1) : Plain(like, 0);
            n = Op.Apply(new Scatter(Dim, true, "ScatterAddBackward0"), n, index, Plain(index, 1, like.dtype))[0];
            return IncludeSelf ? n : n.MaskedFill(n.Eq(0), 1);
        }

        private static Tensor Plain(Tensor like, Scalar value, DType? dtype = null) =>
            Tensor.Full(default, value, dtype ?? like.dtype).Expand(like.Shape);

        /// <summary>Zero where values are written.</summary>
        private Tensor Untouched(Tensor a, Tensor index) =>
            IncludeSelf ? a : Op.Apply(new Scatter(Dim, false, "ScatterBackward0"), a, index, Plain(index, 0, a.dtype))[0];

        private Tensor At(Tensor a, Tensor index) => BilinearOp.Apply(new Gather(Dim, "Gather"), a, index);

        private Tensor AddedAt(Tensor a, Tensor index, Tensor values) =>
            Op.Apply(new Scatter(Dim, true, "ScatterAddBackward0"), a, index, values)[0];

        // Every reduction is, to first order, x·A plus the sum of values·F at the index; both modes need A and F only.
        private (Tensor? A, Tensor? F) Factors(Tensor like, Tensor x, Tensor index, Tensor values, Tensor y)
        {
            switch (Reduce)
            {
                case Reduction.Sum:
                    return (IncludeSelf ? null : Untouched(Plain(like, 1), index), null);
                case Reduction.Mean:
                    Tensor part = Counts(like, index).Reciprocal();
                    return (Untouched(part, index), At(part, index));
                case Reduction.Prod:
                    return ProductFactors(x, index, values, y);
                default:
                    Tensor mine = Untouched(x.Eq(y).To(like.dtype), index);
                    Tensor theirs = values.Eq(At(y, index)).To(like.dtype);
                    Tensor share = AddedAt(mine, index, theirs);
                    share = share.MaskedFill(share.Eq(0), 1).Reciprocal();
                    return (mine * share, theirs * At(share, index));
            }
        }

        private (Tensor, Tensor) ProductFactors(Tensor x, Tensor index, Tensor values, Tensor y)
        {
            Tensor self = x.MaskedFill(x.Eq(0), 1);
            Tensor a = Untouched(Op.Apply(this, self, index, values)[0] / self, index);
            // A product with one zero among the values has a slope there only; with two it has none.
            Tensor zero = values.Eq(0);
            Tensor zeros = At(AddedAt(Plain(y, 0), index, zero.To(y.dtype)), index);
            Tensor single = zero.LogicalAnd(zeros.Eq(1));
            Tensor others = At(Op.Apply(this, x, index, values.MaskedFill(single, 1))[0], index).MaskedFill(single.LogicalNot(), 0);
            Tensor f = (At(y, index) / values.MaskedFill(zero, 1)).MaskedFill(zero, 0);
            return (a, f + others);
        }

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            (Tensor? a, Tensor? f) = Factors(d, x[0], x[1], x[2], y[0]);
            if (into.Needs(0)) into[0] = a is null ? d : d * a;
            if (into.Needs(2)) into[2] = f is null ? At(d, x[1]) : At(d, x[1]) * f;
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            (Tensor? a, Tensor? f) = Factors(y[0], x[0], x[1], x[2], y[0]);
            Tensor self = t[0] is not { } p ? Plain(y[0], 0) : a is null ? p : p * a;
            return [t[2] is not { } q ? self : AddedAt(self, x[1], f is null ? q : q * f)];
        }
    }
}

public sealed partial class Tensor
{
    /// <summary>A copy with values written along one dimension: y[index[i][j]][j] = src[i][j] for dim 0, and so on.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">int64 or int32, of x's rank, no larger than x in the other dimensions, no larger than src in any; not
    /// negative.</param>
    /// <param name="src">The values, of x's dtype. Of several writes to a place the last in index order stays; each of them receives its
    /// gradient.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in [0, size). Nothing has been written then.</exception>
    /// <exception cref="ShapeException">Ranks or sizes do not fit.</exception>
    public Tensor Scatter(int dim, Tensor index, Tensor src) => ScatterCore(dim, index, src, false, "ScatterBackward0", false);

    /// <summary>A copy with one value written along one dimension.</summary>
    /// <inheritdoc cref="Scatter(int, Tensor, Tensor)"/>
    public Tensor Scatter(int dim, Tensor index, Scalar value) =>
        ScatterCore(dim, index, Spread(value, index), false, "ScatterBackward1", false);

    /// <summary>Writes values along one dimension in place.</summary>
    /// <inheritdoc cref="Scatter(int, Tensor, Tensor)"/>
    public Tensor Scatter_(int dim, Tensor index, Tensor src) => ScatterCore(dim, index, src, false, "ScatterBackward0", true);

    /// <summary>Writes one value along one dimension in place.</summary>
    /// <inheritdoc cref="Scatter(int, Tensor, Tensor)"/>
    public Tensor Scatter_(int dim, Tensor index, Scalar value) =>
        ScatterCore(dim, index, Spread(value, index), false, "ScatterBackward1", true);

    /// <summary>A copy with values added, or multiplied in, along one dimension.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">int64 or int32; see <see cref="Scatter(int, Tensor, Tensor)"/>.</param>
    /// <param name="src">The values, of x's dtype.</param>
    /// <param name="reduce">"add" or "multiply".</param>
    public Tensor Scatter(int dim, Tensor index, Tensor src, string reduce) => reduce switch
    {
        "add" => ScatterAdd(dim, index, src),
        "multiply" => ScatterReduce(dim, index, src, "prod"),
        _ => throw new ArgumentException($"reduce argument must be either add or multiply, but got {reduce}.", nameof(reduce)),
    };

    /// <summary>A copy with one value added, or multiplied in, along one dimension.</summary>
    /// <inheritdoc cref="Scatter(int, Tensor, Tensor, string)"/>
    public Tensor Scatter(int dim, Tensor index, Scalar value, string reduce) => Scatter(dim, index, Spread(value, index), reduce);

    /// <summary>A copy with values added along one dimension: y[index[i][j]][j] += src[i][j] for dim 0, and so on.</summary>
    /// <inheritdoc cref="Scatter(int, Tensor, Tensor)"/>
    public Tensor ScatterAdd(int dim, Tensor index, Tensor src) =>
        ScatterCore(dim, index, src, true, "ScatterAddBackward0", false);

    /// <summary>Adds values along one dimension in place.</summary>
    /// <inheritdoc cref="Scatter(int, Tensor, Tensor)"/>
    public Tensor ScatterAdd_(int dim, Tensor index, Tensor src) =>
        ScatterCore(dim, index, src, true, "ScatterAddBackward0", true);

    private Tensor Spread(Scalar value, Tensor index) => Full(default, value, dtype).Expand(index.Shape);

    private (Tensor X, int Dim, Tensor Index, Tensor Values) ScatterParts(int dim, Tensor index, Tensor src, bool number = false)
    {
        RequireIndexType(index, "scatter");
        if (src.dtype != dtype) Throw.Types($"scatter(): Expected self.dtype to be equal to src.dtype: {dtype.Name()} and " +
            $"{src.dtype.Name()}.");
        int d = Dims.FromEnd(dim, Rank);
        Tensor x = AtLeast1(), i = index.AtLeast1(), v = src.AtLeast1();
        CheckScatter(x, i, v, d + x.Rank, number);
        if (i.layout.Count == 0) i = i.Reshape(new Shape([.. Enumerable.Repeat(0L, x.Rank)]));
        // No value is taken, but the values still receive a gradient: zeros.
        if (i.layout.Count == 0) v = v.Reshape([-1]).Narrow(0, 0, 0).Reshape(i.Shape);
        for (int k = 0; k < i.Rank; k++)
            if (v.layout.shape[k] != i.layout.shape[k]) v = v.Narrow(k, 0, i.layout.shape[k]);
        return (x, d, CheckedIndex(i, x.layout.shape[^-d], false, OutOfBounds(d + x.Rank)), v);
    }

    private static void CheckScatter(Tensor x, Tensor index, Tensor src, int dim, bool number)
    {
        if (index.layout.Count == 0) return;
        CheckIndexRank(x, index, "self");
        CheckIndexRank(src, index, "src");
        for (int d = 0; d < x.Rank; d++)
        {
            long n = index.layout.shape[d];
            if ((d == dim || n <= x.layout.shape[d]) && n <= src.layout.shape[d]) continue;
            Throw.Shapes($"Expected index {index.Shape} to be no larger than self {x.Shape} apart from dimension {dim}" +
                (number ? "." : $" and to be no larger size than src {src.Shape}"));
        }
    }

    private Tensor ScatterCore(int dim, Tensor index, Tensor src, bool add, string label, bool inPlace)
    {
        if (inPlace && Rank == 0) return Become(ScatterCore(dim, index, src, add, label, false));
        (Tensor x, int d, Tensor i, Tensor v) = ScatterParts(dim, index, src, label == "ScatterBackward1");
        Ops.Scatter op = new(d, add, label);
        if (inPlace)
        {
            Writes.InPlace(op, x, i, v, (op, i, v), static (x, s) => s.op.Write(x, s.i, s.v));
            return this;
        }
        Tensor y = Op.Apply(op, x, i, v)[0];
        return Rank == 0 ? y.Reshape(Shape) : y;
    }

    /// <summary>A copy with values combined along one dimension at an index.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="index">int64 or int32; see <see cref="Scatter(int, Tensor, Tensor)"/>.</param>
    /// <param name="src">The values, of x's dtype.</param>
    /// <param name="reduce">"sum", "prod", "mean", "amax" or "amin".</param>
    /// <param name="includeSelf">Whether the tensor's own values count; places that are not written keep theirs in any case.</param>
    public Tensor ScatterReduce(int dim, Tensor index, Tensor src, string reduce, bool includeSelf = true)
    {
        (Tensor x, int d, Tensor i, Tensor v) = ScatterParts(dim, index, src);
        Tensor y = Op.Apply(new Ops.ScatterReduce(d, ReductionOf(reduce), includeSelf, "ScatterReduce"), x, i, v)[0];
        return Rank == 0 ? y.Reshape(Shape) : y;
    }

    /// <summary>Combines values along one dimension at an index, in place; see <see cref="ScatterReduce"/>.</summary>
    public Tensor ScatterReduce_(int dim, Tensor index, Tensor src, string reduce, bool includeSelf = true) =>
        Become(Before().ScatterReduce(dim, index, src, reduce, includeSelf));

    /// <summary>This tensor's value and place in the graph, kept from an in-place write that the rule must not see.</summary>
    private Tensor Before() => wrap is not null ? Clone() : RequiresGrad && GradMode.Enabled && !IsLeaf ? CloneForBackward() : this;

    private static Ops.Reduction ReductionOf(string reduce) => reduce switch
    {
        "sum" => Ops.Reduction.Sum,
        "prod" => Ops.Reduction.Prod,
        "mean" => Ops.Reduction.Mean,
        "amax" => Ops.Reduction.AMax,
        "amin" => Ops.Reduction.AMin,
        _ => throw new ArgumentException($"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}", nameof(reduce)),
    };
}
