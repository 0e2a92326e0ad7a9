using Nabla.Amp;

namespace Nabla;

/// <summary>Functions of neural networks without state, as in torch.nn.functional.</summary>
public static partial class Functional
{
    /// <summary>x · Wᵀ + b over the last dimension.</summary>
    /// <param name="input">x, of shape [..., in].</param>
    /// <param name="weight">W, of shape [out, in] or [in].</param>
    /// <param name="bias">b, of shape [out]; none by default.</param>
    /// <returns>A tensor of shape [..., out], or [...] for a weight of shape [in].</returns>
    /// <exception cref="ShapeException">The sizes do not fit.</exception>
    /// <exception cref="DTypeException">The dtypes differ.</exception>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias = null)
    {
        using AutocastCall call = Autocast.Lower(ref input, ref weight, ref bias);
        if (weight.Rank is not (1 or 2)) Throw.Shapes($"linear: the weight must have shape [out, in] or [in], but it has {weight.Shape}.");
        Tensor w = weight.Rank == 2 ? Nabla.LinearOp.Apply(new Ops.WeightT(), weight) : weight;
        if (bias is null) return input.MatMul(w);
        if (weight.Rank == 2 && input.Rank == 2) return bias.AddMm(input, w);
        if (weight.Rank == 2 && bias.Rank <= 1 && (input.Rank == 1 || (input.Rank > 2 && input.layout.IsContiguous)))
        {
            long k = input.layout.shape[^1], rows = 1;
            foreach (long s in input.layout.shape.AsSpan(0, input.Rank - 1)) rows *= s;
            Tensor y = bias.AddMm(input.Reshape(new Shape([rows, k])), w);
            return y.Reshape(new Shape([.. input.layout.shape[..^1], weight.layout.shape[0]]));
        }
        Tensor product = input.MatMul(w);
        return product + bias;
    }

    /// <summary>xᵀ · Aᵢ · y + bᵢ for each i over the last dimensions.</summary>
    /// <param name="input1">x, of shape [..., in1].</param>
    /// <param name="input2">y, of shape [..., in2], with the same leading sizes.</param>
    /// <param name="weight">A, of shape [out, in1, in2].</param>
    /// <param name="bias">b, of shape [out]; none by default.</param>
    /// <returns>A tensor of shape [..., out].</returns>
    /// <exception cref="ShapeException">The sizes do not fit.</exception>
    public static Tensor Bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias = null)
    {
        // It computes in the dtype it is given.
        using AutocastCall call = Autocast.Begin();
        CheckBilinear(input1, input2, weight, bias);
        long a = weight.layout.shape[1], b = weight.layout.shape[2], n = weight.layout.shape[0], rows = 1;
        long[] lead = input1.layout.shape[..^1];
        foreach (long s in lead) rows *= s;
        Tensor x = input1.Reshape(new Shape([rows, a])), y = input2.Reshape(new Shape([rows, b]));
        // For each i: (x · Aᵢ) times y, summed over the last dimension.
        Tensor left = x.Mm(weight.Permute([1, 0, 2]).Reshape(new Shape([a, n * b]))).Reshape(new Shape([rows, n, b]));
        Tensor z = left.Bmm(y.Unsqueeze(-1)).Reshape(new Shape([.. lead, n]));
        return bias is null ? z : z + bias;
    }

    private static void CheckBilinear(Tensor x, Tensor y, Tensor weight, Tensor? bias)
    {
        if (weight.Rank != 3) Throw.Shapes($"bilinear(): the weight must have shape [out, in1, in2], but it has {weight.Shape}.");
        if (x.Rank == 0 || x.Rank != y.Rank) Throw.Shapes($"bilinear(): input dimensions do not match: got {x.Rank} and {y.Rank}");
        for (int d = 0; d < x.Rank - 1; d++)
        {
            if (x.layout.shape[d] != y.layout.shape[d])
                Throw.Shapes($"bilinear(): input batch dimensions do not match at dim {d}: got {x.layout.shape[d]} and " +
                    $"{y.layout.shape[d]}");
        }
        if (x.layout.shape[^1] != weight.layout.shape[1])
            Throw.Shapes($"bilinear(): input1 size does not match weight size: got {x.layout.shape[^1]} but expected " +
                $"{weight.layout.shape[1]}");
        if (y.layout.shape[^1] != weight.layout.shape[2])
            Throw.Shapes($"bilinear(): input2 size does not match weight size: got {y.layout.shape[^1]} but expected " +
                $"{weight.layout.shape[2]}");
        if (bias is not null && bias.layout.shape[^1] != weight.layout.shape[0])
            Throw.Shapes($"bilinear(): bias size does not match weight size: got {bias.layout.shape[^1]} but expected " +
                $"{weight.layout.shape[0]}");
    }
}
