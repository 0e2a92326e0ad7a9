using Nabla.Kernels;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>A form of a convolution that takes a bias, one number for each channel of the result.</summary>
    internal interface IConvolution<TSelf> : IBilinear<TSelf> where TSelf : struct, IConvolution<TSelf>
    {
        Window Window { get; }

        /// <summary>B(x, w) + bias.</summary>
        Tensor Forward(Tensor x, Tensor w, Tensor? bias);
    }

    // One form that is linear in input x, weight w and output y, Σ x w y, seen from each of the three: each is the transpose of the others.

    /// <summary>y from x and w: y[n, o, p] = Σ x[n, c, p · stride - padding + k · dilation] · w[o, c, k].</summary>
    internal readonly record struct Convolution(Window Window, long Groups) : IConvolution<Convolution>
    {
        static string IOperation<Convolution>.NodeName(Convolution op) => "ConvolutionBackward0";
        public Tensor Forward(Tensor x, Tensor y) => Forward(x, y, null);
        public Tensor Forward(Tensor x, Tensor w, Tensor? bias) => Conv.Output(x, w, bias, Window, Groups);
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => BilinearOp.Apply(new ConvolutionInput(Window, Groups), g, y);
        public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => BilinearOp.Apply(new ConvolutionWeight(Window, Groups), x, g);
    }

    /// <summary>x from y and w: the transposed convolution.</summary>
    internal readonly record struct ConvolutionInput(Window Window, long Groups) : IConvolution<ConvolutionInput>
    {
        static string IOperation<ConvolutionInput>.NodeName(ConvolutionInput op) => "ConvolutionBackward0";
        public Tensor Forward(Tensor x, Tensor y) => Forward(x, y, null);
        public Tensor Forward(Tensor x, Tensor w, Tensor? bias) => Conv.Input(x, w, bias, Window, Groups);
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => BilinearOp.Apply(new Convolution(Window, Groups), g, y);
        public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => BilinearOp.Apply(new ConvolutionWeight(Window, Groups), g, x);
    }

    /// <summary>w from x and y.</summary>
    internal readonly record struct ConvolutionWeight(Window Window, long Groups) : IBilinear<ConvolutionWeight>
    {
        static string IOperation<ConvolutionWeight>.NodeName(ConvolutionWeight op) => "ConvolutionBackwardBackward0";
        public Tensor Forward(Tensor x, Tensor y) => Conv.Weight(x, y, Window, Groups);
        public Tensor TransposeX(Tensor g, Tensor y, TensorSpec x) => BilinearOp.Apply(new ConvolutionInput(Window, Groups), y, g);
        public Tensor TransposeY(Tensor g, Tensor x, TensorSpec y) => BilinearOp.Apply(new Convolution(Window, Groups), x, g);
    }

    /// <summary>A convolution plus a bias, in one pass. Operands: input, weight, bias.</summary>
    /// <param name="Conv">The convolution.</param>
    /// <param name="Keep">Which factors to save: those whose partner needs a gradient.</param>
    internal readonly record struct ConvolutionBias<TConv>(TConv Conv, Saves Keep) : IOp<ConvolutionBias<TConv>>
        where TConv : struct, IConvolution<TConv>
    {
        static string IOperation<ConvolutionBias<TConv>>.NodeName(ConvolutionBias<TConv> op) => "ConvolutionBackward0";
        static bool IOp<ConvolutionBias<TConv>>.SavesInput(ConvolutionBias<TConv> op, int i) =>
            (i == 0 && (op.Keep & Saves.X) != 0) || (i == 1 && (op.Keep & Saves.Y) != 0);
        static bool IOp<ConvolutionBias<TConv>>.SavesOutput(ConvolutionBias<TConv> op, int i) => false;

        static Tensor[] IOp<ConvolutionBias<TConv>>.OnComplex(ConvolutionBias<TConv> op, ReadOnlySpan<Tensor> x) =>
            [BilinearOp.Apply(op.Conv, x[0], x[1]) + op.Spread(x[2])];

        public Tensor[] Forward(ReadOnlySpan<Tensor> x) => [Conv.Forward(x[0], x[1], x[2])];

        public void Vjp(ReadOnlySpan<Tensor?> g, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y, Cotangents into)
        {
            if (g[0] is not { } d) return;
            if (into.Needs(0)) into[0] = Conv.TransposeX(d, x[1], default);
            if (into.Needs(1)) into[1] = Conv.TransposeY(d, x[0], default);
            if (into.Needs(2)) into[2] = d.Sum(Others());
        }

        public Tensor?[] Jvp(ReadOnlySpan<Tensor?> t, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            Tensor? sum = t[0] is { } s ? BilinearOp.Apply(Conv, s, x[1]) : null;
            if (t[1] is { } w) sum = Plus(sum, BilinearOp.Apply(Conv, x[0], w));
            if (t[2] is { } b) sum = Plus(sum, Spread(b).Expand(y[0].Shape));
            return [sum];
        }

        /// <summary>The bias, with its dimension where the channels are.</summary>
        private Tensor Spread(Tensor bias)
        {
            for (int d = 0; d < Conv.Window.Rank; d++) bias = bias.Unsqueeze(-1);
            return bias.Unsqueeze(-Conv.Window.Rank - 2);
        }

        private static Tensor Plus(Tensor? a, Tensor b) => a is null ? b : a + b;

        /// <summary>All dimensions but the channel.</summary>
        private Dims Others()
        {
            int n = Conv.Window.Rank;
            int[] dims = new int[n + 1];
            for (int d = 0; d < n; d++) dims[d] = d - n;
            dims[n] = -n - 2;
            return new(dims);
        }
    }
}
