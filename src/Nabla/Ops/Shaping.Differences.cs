namespace Nabla;

internal static partial class Ops
{
    /// <summary>Zeros before and after each of the last dimensions, the last dimension first; negative numbers cut off.</summary>
    public readonly record struct ConstantPad(long[] Before, long[] After) : ILinear<ConstantPad>
    {
        static string IOperation<ConstantPad>.NodeName(ConstantPad op) => "ConstantPadNdBackward0";

        public Tensor Forward(Tensor x)
        {
            long[] shape = [.. x.layout.shape];
            for (int k = 0; k < Before.Length; k++) shape[^(k + 1)] += Before[k] + After[k];
            Tensor y = Tensor.Allocate(new Layout(shape), x.dtype);
            if (y.layout.Count == 0 || (Before.Length > 0 && x.layout.IsContiguous && Kernels.Relocate.TryPad(x, y, Before))) return y;
            Kernels.Fill.Run(y, 0);
            Kernels.Copy.Run(Inside(x, -1), Inside(y, 1));
            return y;
        }

        /// <summary>What operand and result have in common, as a view of one of them.</summary>
        internal Tensor Inside(Tensor t, int sign)
        {
            for (int k = 0; k < Before.Length; k++)
            {
                long before = Math.Max(0, sign * Before[k]), after = Math.Max(0, sign * After[k]);
                t = new Slice(-1 - k, before, Math.Max(0, t.layout.shape[^(k + 1)] - before - after), 1).Forward(t);
            }
            return t;
        }

        public Tensor Transpose(Tensor g, TensorSpec x) =>
            LinearOp.Apply(new ConstantPad(Array.ConvertAll(Before, static b => -b), Array.ConvertAll(After, static a => -a)), g);
    }
}

public sealed partial class Tensor
{
    /// <summary>The tensor with a constant before and after each of its last dimensions.</summary>
    /// <param name="pad">Two numbers per dimension, before and after, the last dimension first; negative ones cut off.</param>
    /// <param name="value">The constant.</param>
    /// <exception cref="ShapeException">The list is odd or too long, or a size becomes negative.</exception>
    public Tensor ConstantPadNd(Shape pad, Scalar? value = null)
    {
        if (pad.Count % 2 != 0) Throw.Shapes($"Length of pad must be even but instead it equals {pad.Count}");
        if (pad.Count > 2 * Rank) Throw.Shapes("Length of pad should be no more than twice the number of dimensions of the input. Pad " +
            $"length is {pad.Count} while the input has {Rank} dimensions.");
        long[] before = new long[pad.Count / 2], after = new long[before.Length];
        for (int k = 0; k < before.Length; k++)
        {
            (before[k], after[k]) = (pad[2 * k], pad[2 * k + 1]);
            Int128 padded = (Int128)layout.shape[^(k + 1)] + before[k] + after[k];
            if (padded > long.MaxValue)
                Throw.Shapes($"Storage size calculation overflowed with sizes={Shape}: padded by {before[k]} and {after[k]}, dimension " +
                    $"{Rank - 1 - k} does not fit into 64 bits.");
            if (padded < 0)
                Throw.Shapes($"The input size {layout.shape[^(k + 1)]}, plus negative padding {before[k]} and {after[k]}, resulted in a " +
                    $"negative output size, which is invalid. Check dimension {Rank - 1 - k} of your input.");
        }
        Ops.ConstantPad op = new(before, after);
        Tensor y = LinearOp.Apply(op, this);
        if (value is not { } v || v.IsZero) return y;
        if (dtype.IsInteger()) v = v.ToInt64();
        Tensor outside = LinearOp.Apply(op, Full(Shape, true, DType.Bool)).LogicalNot();
        return y.MaskedFill(outside, v);
    }

    /// <summary>The derivative along dimensions by central differences, with one-sided ones at the ends.</summary>
    /// <param name="spacing">The distance of neighbours.</param>
    /// <param name="dim">The dimensions; all by default.</param>
    /// <param name="edgeOrder">The order of accuracy at the ends: 1 or 2.</param>
    /// <returns>One tensor of this one's shape per dimension.</returns>
    public Tensor[] Gradient(Scalar? spacing = null, Dims? dim = null, int edgeOrder = 1)
    {
        Dims dims = GradientDims(dim, edgeOrder);
        double h = spacing?.ToDouble() ?? 1;
        return [.. dims.Select(d => Slope(d, h, edgeOrder))];
    }

    /// <summary>The derivative along dimensions, each with its own distance of neighbours.</summary>
    /// <inheritdoc cref="Gradient(Scalar?, Dims?, int)"/>
    public Tensor[] Gradient(IReadOnlyList<double> spacing, Dims? dim = null, int edgeOrder = 1)
    {
        Dims dims = GradientDims(dim, edgeOrder);
        if (spacing.Count != dims.Count) Throw.Shapes("torch.gradient expected spacing to be unspecified, a scalar or a list of length " +
            $"{dims.Count}, but got a list of length {spacing.Count}");
        return [.. dims.Select((d, i) => Slope(d, spacing[i], edgeOrder))];
    }

    /// <summary>The derivative along dimensions, each with its own coordinates.</summary>
    /// <param name="spacing">One tensor of coordinates per dimension.</param>
    /// <param name="dim">The dimensions; all by default.</param>
    /// <param name="edgeOrder">The order of accuracy at the ends: 1 or 2.</param>
    public Tensor[] Gradient(IReadOnlyList<Tensor> spacing, Dims? dim = null, int edgeOrder = 1)
    {
        Dims dims = GradientDims(dim, edgeOrder);
        if (spacing.Count != dims.Count) Throw.Shapes("torch.gradient expected spacing to be unspecified, a scalar or a list of length " +
            $"{dims.Count}, but got a list of length {spacing.Count}");
        return [.. dims.Select((d, i) => Slope(d, spacing[i], edgeOrder))];
    }

    private Dims GradientDims(Dims? dim, int edgeOrder)
    {
        if (edgeOrder is not (1 or 2)) Throw.Range(nameof(edgeOrder), edgeOrder,
            "torch.gradient only supports edge_order=1 and edge_order=2.");
        Dims dims = dim is { } d ? d.FromEnd(Rank) : Dims.All(Rank);
        foreach (int k in dims)
            if (layout.shape[^-k] < edgeOrder + 1)
                Throw.Shapes($"torch.gradient expected each dimension size to be at least edge_order+1: shape {Shape}, edge_order " +
                    $"{edgeOrder}.");
        return dims;
    }

    private Tensor Along(int dim, long start, long length) =>
        LinearOp.Apply(new Ops.Slice(dim, start < 0 ? start + layout.shape[^-dim] : start, length, 1), this);

    private Tensor Slope(int d, double h, int edgeOrder)
    {
        long n = layout.shape[^-d];
        Tensor Edge(long a, long b, long c, double sign) => edgeOrder == 1
            ? (Along(d, b, 1) - Along(d, a, 1)) * (sign / h)
            : (Along(d, a, 1) * -1.5 + Along(d, b, 1) * 2 - Along(d, c, 1) * 0.5) * (sign / h);
        Tensor middle = (Along(d, 2, n - 2) - Along(d, 0, n - 2)) / (2 * h);
        return Cat([Edge(0, 1, 2, 1), middle, Edge(-1, -2, -3, -1)], d);
    }

    private Tensor Slope(int d, Tensor at, int edgeOrder)
    {
        long n = layout.shape[^-d];
        if (at.Rank != 1 || at.layout.shape[0] != n) Throw.Shapes($"torch.gradient expected coordinates of shape [{n}], but got " +
            $"{at.Shape}");
        // Distances of neighbours as a column along the dimension.
        long[] column = [.. Enumerable.Repeat(1L, -d)];
        column[0] = n - 1;
        Tensor step = at.Diff().Reshape(new Shape(column)), s = step.Along(d, 0, n - 2), t = step.Along(d, 1, n - 2);
        Tensor middle = Along(d, 0, n - 2) * (-t / (s * (s + t))) + Along(d, 1, n - 2) * ((t - s) / (s * t))
            + Along(d, 2, n - 2) * (s / (t * (s + t)));
        Tensor Edge(long a, long b, long c, long first, long second, double sign)
        {
            Tensor u = step.Along(d, first, 1);
            if (edgeOrder == 1) return (Along(d, b, 1) - Along(d, a, 1)) / u * sign;
            Tensor v = step.Along(d, second, 1);
            return (Along(d, a, 1) * (-(u * 2 + v) / (u * (u + v)))
                + Along(d, b, 1) * ((u + v) / (u * v)) - Along(d, c, 1) * (u / (v * (u + v)))) * sign;
        }
        return Cat([Edge(0, 1, 2, 0, 1, 1), middle, Edge(-1, -2, -3, -1, -2, -1)], d);
    }
}
