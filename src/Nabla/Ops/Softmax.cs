namespace Nabla;

internal static partial class Ops
{
    /// <summary>e^x / Σ e^x along a dimension counted from the end.</summary>
    public readonly record struct Softmax(int Dim) : IOp<Softmax>
    {
        static bool IOp<Softmax>.SavesInput(Softmax op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Softmax.Forward(x[0], Dim, false)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = Op.Apply(new SoftmaxBackwardData(Dim), g[0]!, y[0])[0];

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) =>
            [Op.Apply(new SoftmaxBackwardData(Dim), t[0]!, y[0])[0]];
    }

    /// <summary>y (g - Σ g y): the softmax's symmetric Jacobian times g.</summary>
    public readonly record struct SoftmaxBackwardData(int Dim) : IOp<SoftmaxBackwardData>
    {
        static bool IOp<SoftmaxBackwardData>.SavesOutput(SoftmaxBackwardData op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Softmax.Backward(x[0], x[1], Dim, false)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor u = g[0]!;
            if (into.Needs(0)) into[0] = Op.Apply(this, u, x[1])[0];
            if (into.Needs(1)) into[1] = u * (x[0] - Along(x[0] * x[1])) - x[0] * Along(u * x[1]);
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? a = t[0] is null ? null : Op.Apply(this, t[0]!, x[1])[0];
            if (t[1] is not { } s) return [a];
            Tensor b = s * (x[0] - Along(x[0] * x[1])) - x[1] * Along(x[0] * s);
            return [a is null ? b : a + b];
        }

        private Tensor Along(Tensor x) => x.Sum(Dim, true);
    }

    /// <summary>x - log Σ e^x along a dimension counted from the end.</summary>
    public readonly record struct LogSoftmax(int Dim) : IOp<LogSoftmax>
    {
        static bool IOp<LogSoftmax>.SavesInput(LogSoftmax op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Softmax.Forward(x[0], Dim, true)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into) =>
            into[0] = Op.Apply(new LogSoftmaxBackwardData(Dim), g[0]!, y[0])[0];

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor weighted = t[0]! * y[0].Exp();
            return [t[0]! - weighted.Sum(Dim, true)];
        }
    }

    /// <summary>g - e^y Σ g.</summary>
    public readonly record struct LogSoftmaxBackwardData(int Dim) : IOp<LogSoftmaxBackwardData>
    {
        static bool IOp<LogSoftmaxBackwardData>.SavesOutput(LogSoftmaxBackwardData op, int i) => false;
        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Kernels.Softmax.Backward(x[0], x[1], Dim, true)];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            Tensor u = g[0]!, p = x[1].Exp();
            if (into.Needs(0)) into[0] = u - Along(u * p);
            if (into.Needs(1)) into[1] = -(u * p * Along(x[0]));
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? a = t[0] is null ? null : Op.Apply(this, t[0]!, x[1])[0];
            if (t[1] is not { } s) return [a];
            Tensor b = -(s * x[1].Exp() * Along(x[0]));
            return [a is null ? b : a + b];
        }

        private Tensor Along(Tensor x) => x.Sum(Dim, true);
    }
}

public sealed partial class Tensor
{
    /// <summary>e^x / Σ e^x along a dimension, without overflow. A row of -∞ gives NaN.</summary>
    /// <param name="dim">The dimension along which the results sum to 1.</param>
    /// <param name="dtype">Convert to this type first.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Softmax(int dim, DType? dtype = null)
    {
        int d = Dims.FromEnd(dim, Rank);
        return Rank == 0 ? Unsqueeze(0).Softmax(0, dtype).Squeeze(0) : Op.Apply(new Ops.Softmax(d), Soft("softmax", dtype))[0];
    }

    /// <summary>x - log Σ e^x along a dimension, without overflow. A row of -∞ gives NaN.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="dtype">Convert to this type first.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor LogSoftmax(int dim, DType? dtype = null)
    {
        int d = Dims.FromEnd(dim, Rank);
        return Rank == 0 ? Unsqueeze(0).LogSoftmax(0, dtype).Squeeze(0) : Op.Apply(new Ops.LogSoftmax(d), Soft("log_softmax", dtype))[0];
    }

    /// <summary>e^-x / Σ e^-x along a dimension.</summary>
    /// <param name="dim">The dimension.</param>
    /// <param name="dtype">Convert to this type first.</param>
    /// <exception cref="DTypeException">The tensor is not floating point.</exception>
    public Tensor Softmin(int dim, DType? dtype = null) => Neg().Softmax(dim, dtype);

    private Tensor Soft(string op, DType? asked)
    {
        Tensor x = To(asked ?? dtype);
        if (!x.dtype.IsFloatingPoint()) Throw.NotImplementedFor(op + "_lastdim_kernel_impl", x.dtype);
        return x;
    }
}
