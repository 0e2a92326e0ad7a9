namespace Nabla;

/// <summary>
/// The multiplications and additions of matrix products and convolutions, counted as PyTorch's FlopCounterMode does: two for each term of a
/// sum. Everything else counts nothing.
/// </summary>
internal static class FlopCount
{
    internal static long Of<TOp>(TOp op, Tensor x, Tensor y, Tensor z) where TOp : struct, IBilinear<TOp> => op switch
    {
        Ops.Mm or Ops.Bmm or Ops.SumBmm => 2 * x.NumElements * y.layout.shape[^1],
        Ops.Mv or Ops.Dot => 2 * x.NumElements,
        Ops.Convolution conv => Convolution(z, y, conv.Window),
        Ops.ConvolutionInput conv => Convolution(x, y, conv.Window),
        // The operands are the input and the gradient of the result; the result has the weight's shape.
        Ops.ConvolutionWeight conv => Convolution(y, z, conv.Window),
        _ => 0,
    };

    internal static long Of<TOp>(TOp op, Tensor x, Tensor y, Tensor z, Tensor result) where TOp : struct, IOp<TOp> => op switch
    {
        Ops.AddProduct<Ops.Mm> or Ops.AddProduct<Ops.Bmm> or Ops.AddProduct<Ops.SumBmm> => 2 * y.NumElements * z.layout.shape[^1],
        Ops.AddProduct<Ops.Mv> => 2 * y.NumElements,
        Ops.ConvolutionBias<Ops.Convolution> conv => Convolution(result, y, conv.Conv.Window),
        Ops.ConvolutionBias<Ops.ConvolutionInput> conv => Convolution(x, y, conv.Conv.Window),
        _ => 0,
    };

    /// <summary>Each number at a place of the wide end is a sum over the channels and taps of its part of the weight.</summary>
    /// <param name="places">The tensor whose channels are the weight's first dimension: a convolution's result.</param>
    /// <param name="weight">The weight, [channels, others, …taps].</param>
    /// <param name="window">How many dimensions the taps have.</param>
    private static long Convolution(Tensor places, Tensor weight, Kernels.Window window)
    {
        long terms = 1;
        foreach (long size in weight.layout.shape.AsSpan(^(window.Rank + 1)..)) terms *= size;
        return 2 * places.NumElements * terms;
    }
}
