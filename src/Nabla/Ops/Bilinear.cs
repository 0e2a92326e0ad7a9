namespace Nabla;

/// <summary>The driver of <see cref="IBilinear{TSelf}"/>.</summary>
public static class BilinearOp
{
    /// <summary>B(x, y), recorded.</summary>
    public static Tensor Apply<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IBilinear<TOp>
    {
        if (Profiling.On && Profiling.Takes()) return Profiling.Bilinear(op, x, y);
        if (!TOp.TakesComplex && (x.dtype.IsComplex() || y.dtype.IsComplex())) return Complexes.Bilinear(op, x, y);
        Tensor z = x.wrap is not null || y.wrap is not null ? Interpreter.Of(x, y).Bilinear(op, x, y)
            : Watch.Open == 0 ? op.Forward(x, y) : Watch.Bilinear(op, x, y);
        if (GradMode.Enabled && (x.RequiresGrad || y.RequiresGrad))
        {
            z.SetHistory(new BilinearNode<TOp>(op, x, y));
            if (Anomaly.On) Anomaly.Forward(z.gradFn, z, x, y);
        }
        return z;
    }
}

internal sealed class BilinearNode<TOp> : Node where TOp : struct, IBilinear<TOp>
{
    private readonly TOp op;
    private readonly short xOutput, yOutput;
    private readonly Node? a, b;
    private readonly TensorSpec xSpec, ySpec;
    private Saved x, y;

    internal BilinearNode(TOp op, Tensor x, Tensor y)
    {
        this.op = op;
        Edge ex = x.Edge, ey = y.Edge;
        (a, b, xOutput, yOutput) = (ex.Node, ey.Node, (short)ex.OutputNr, (short)ey.OutputNr);
        (xSpec, ySpec) = (new(x), new(y));
        if (b is not null) this.x = new(x);
        if (a is not null) this.y = new(y);
    }

    public override string Name => TOp.NodeName(op);
    public override string Description => op.ToString()!;
    internal override int InputCount => 2;
    internal override Edge Input(int i) => i == 0 ? new(a, xOutput) : new(b, yOutput);

    internal override void Pull(Tensor g, Span<Tensor?> into)
    {
        ThrowIfFreed();
        if (a is not null) into[0] = Cast(op.TransposeX(g, y.Get(this), xSpec), xSpec.DType);
        if (b is not null) into[1] = Cast(op.TransposeY(g, x.Get(this), ySpec), ySpec.DType);
    }

    private static Tensor? Cast(Tensor? d, DType dtype) => d is null || d.dtype == dtype ? d : d.To(dtype);

    internal override int SavedCount => 2;
    internal override string SavedName(int i) => SavedNames.Operand(Name, i);
    internal override ref Saved SavedRef(int i) => ref i == 0 ? ref x : ref y;

    internal override void Release()
    {
        freed |= x.Drop() | y.Drop();
    }
}
