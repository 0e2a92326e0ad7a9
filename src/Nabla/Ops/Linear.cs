namespace Nabla;

/// <summary>The driver of <see cref="ILinear{TSelf}"/>.</summary>
public static class LinearOp
{
    /// <summary>L x, recorded. A result in x's memory is tracked as a view.</summary>
    public static Tensor Apply<TOp>(TOp op, Tensor x) where TOp : struct, ILinear<TOp>
    {
        if (Profiling.On && Profiling.Takes()) return Profiling.Linear(op, x);
        if (!TOp.TakesComplex && x.dtype.IsComplex()) return Complexes.Linear(op, x);
        Tensor y = x.wrap is not null ? x.wrap.Linear(op, x) : Watch.Open == 0 ? op.Forward(x) : Watch.Linear(op, x);
        if (ReferenceEquals(y.storage, x.storage))
        {
            if (ReferenceEquals(x, y)) return x;
            // How a write to numbers of another type changes the history is not known.
            Views.Track(y, x, multiple: y.dtype != x.dtype);
        }
        if (TOp.Differentiable && GradMode.Enabled && x.RequiresGrad && y.dtype.IsDifferentiable())
        {
            y.SetHistory(new LinearNode<TOp>(op, x));
            if (Anomaly.On) Anomaly.Forward(y.gradFn, y, x);
        }
        return y;
    }
}

internal sealed class LinearNode<TOp> : Node where TOp : struct, ILinear<TOp>
{
    private readonly TOp op;
    private readonly short outputNr;
    private readonly DType dtype;
    private readonly Node? input;
    private readonly Layout layout;

    internal LinearNode(TOp op, Tensor x)
    {
        this.op = op;
        Edge edge = x.Edge;
        (input, outputNr) = (edge.Node, (short)edge.OutputNr);
        (layout, dtype) = (x.layout, x.dtype);
    }

    public override string Name => TOp.NodeName(op);
    public override string Description => op.ToString()!;
    internal override int InputCount => 1;
    internal override Edge Input(int i) => new(input, outputNr);

    internal override void Pull(Tensor g, Span<Tensor?> into)
    {
        Tensor d = op.Transpose(g, new TensorSpec(layout, dtype));
        into[0] = d.dtype == dtype ? d : d.To(dtype);
    }
}
