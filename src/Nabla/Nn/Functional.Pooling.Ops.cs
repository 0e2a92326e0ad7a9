using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>Maxima of windows, and where they are in the flattened trailing dimensions.</summary>
    internal readonly record struct MaxPool(PoolWindows Windows, string Label) : IOp<MaxPool>
    {
        static string IOperation<MaxPool>.NodeName(MaxPool op) => op.Label;
        static bool IOp<MaxPool>.SavesInput(MaxPool op, int i) => false;
        static bool IOp<MaxPool>.SavesOutput(MaxPool op, int i) => i == 1;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => PoolMax.Run(x[0], Windows);

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = g[0] is not { } d ? null
                : d.dtype is DType.Float32 or DType.Float64 && Plain(d, y[1]) ? PoolMax.Backward(d, y[1], Windows.Input)
                : Places.Put(d, y[1], Windows.Input);

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is { } d ? Places.Take(d, y[1], Windows.Input) : null, null];
    }

    /// <summary>Maxima of windows that begin where random samples say. Operands: the input, the samples.</summary>
    internal readonly record struct FractionalMaxPool(Shape Kernel, Shape Input, Shape Output) : IOp<FractionalMaxPool>
    {
        static string IOperation<FractionalMaxPool>.NodeName(FractionalMaxPool op) =>
            op.Input.Count == 3 ? "FractionalMaxPool3DBackward0" : "FractionalMaxPool2DBackward0";
        static bool IOp<FractionalMaxPool>.SavesInput(FractionalMaxPool op, int i) => false;
        static bool IOp<FractionalMaxPool>.SavesOutput(FractionalMaxPool op, int i) => i == 1;

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => PoolMax.Fractional(x[0], x[1], Kernel, Input, Output);

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (into.Needs(0) && g[0] is { } d) into[0] = Places.Put(d, y[1], Input);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [t[0] is { } d ? Places.Take(d, y[1], Input) : null, null];
    }

    /// <summary>Means of windows.</summary>
    internal readonly record struct AvgPool(PoolWindows Windows, string Label) : ILinear<AvgPool>
    {
        static string IOperation<AvgPool>.NodeName(AvgPool op) => op.Label;
        public Tensor Forward(Tensor x) => PoolMean.Run(x, Windows);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new AvgPoolSpread(Windows, Label), g);
    }

    /// <summary>Each element divided evenly among its window: the transpose of <see cref="AvgPool"/>.</summary>
    internal readonly record struct AvgPoolSpread(PoolWindows Windows, string Label) : ILinear<AvgPoolSpread>
    {
        static string IOperation<AvgPoolSpread>.NodeName(AvgPoolSpread op) => op.Label.Replace("Backward0", "BackwardBackward0",
            StringComparison.Ordinal);
        public Tensor Forward(Tensor x) => PoolMean.Spread(x, Windows);
        public Tensor Transpose(Tensor g, TensorSpec x) => LinearOp.Apply(new AvgPool(Windows, Label), g);
    }

    /// <summary>Values at places that are counted in the flattened trailing dimensions.</summary>
    internal static class Places
    {
        /// <summary>The values at the places, of the places' shape.</summary>
        internal static Tensor Take(Tensor x, Tensor at, Shape plane) =>
            BilinearOp.Apply(new Gather(-1, "Gather"), Flat(x, plane.Count), Flat(at, plane.Count)).Reshape(at.Shape);

        /// <summary>Zeros with values added at the places.</summary>
        internal static Tensor Put(Tensor values, Tensor at, Shape plane)
        {
            long[] lead = at.layout.shape[..^plane.Count];
            GatherZeros op = new(-1, new Shape([.. lead, plane.NumElements]));
            return BilinearOp.Apply(op, Flat(values, plane.Count), Flat(at, plane.Count)).Reshape(new Shape([.. lead, .. plane.Values]));
        }

        internal static Tensor Flat(Tensor x, int n) => n == 1 ? x
            : x.Reshape(new Shape([.. x.layout.shape[..^n], Layout.Elements(x.layout.shape.AsSpan(x.Rank - n))]));
    }
}
