using System.Collections.Concurrent;
using System.Text;

namespace Nabla;

/// <summary>PyTorch's names of operations, from the names of their nodes.</summary>
internal static class OperatorNames
{
    private static readonly ConcurrentDictionary<string, string> Known = new(new Dictionary<string, string>
    {
        ["AngleBackward0"] = "angle",
        ["CtcLossBackward0"] = "_ctc_loss",
        ["CtcLossBackwardBackward0"] = "_ctc_loss_backward",
        ["EmbeddingGrad"] = "embedding_dense_backward",
        ["FftC2CBackward0"] = "_fft_c2c",
        ["FftC2RBackward0"] = "_fft_c2r",
        ["FftR2CBackward0"] = "_fft_r2c",
        ["GridSampler2DBackward0"] = "grid_sampler_2d",
        ["GridSampler3DBackward0"] = "grid_sampler_3d",
        ["IsFiniteBackward0"] = "isfinite",
        ["IsInBackward0"] = "isin",
        ["IsInfBackward0"] = "isinf",
        ["IsNaNBackward0"] = "isnan",
        ["LinalgDetBackward0"] = "_linalg_det",
        ["LinalgEighBackward0"] = "_linalg_eigh",
        ["LinalgSlogdetBackward0"] = "_linalg_slogdet",
        ["LinalgSolveExBackward0"] = "_linalg_solve_ex",
        ["LinalgSvdBackward0"] = "_linalg_svd",
        ["LogcumsumexpBackward0"] = "_logcumsumexp",
        ["LogSigmoidBackward0"] = "log_sigmoid_forward",
        ["LogSoftmaxBackward0"] = "_log_softmax",
        ["LogSoftmaxBackwardDataBackward0"] = "_log_softmax_backward_data",
        ["NllLossBackward0"] = "nll_loss_forward",
        ["NllLoss2DBackward0"] = "nll_loss2d_forward",
        ["PreluKernelBackward0"] = "_prelu_kernel",
        ["SearchSortedBackward0"] = "searchsorted",
        ["SignBitBackward0"] = "signbit",
        ["SoftmaxBackward0"] = "_softmax",
        ["SoftmaxBackwardDataBackward0"] = "_softmax_backward_data",
        ["ToCopyBackward0"] = "_to_copy",
        ["UnsafeViewBackward0"] = "_unsafe_view",
        ["UpsampleBicubic2DAaBackward0"] = "_upsample_bicubic2d_aa",
        ["UpsampleBilinear2DAaBackward0"] = "_upsample_bilinear2d_aa",
        ["UpsampleNearestExact1DBackward0"] = "_upsample_nearest_exact1d",
        ["UpsampleNearestExact2DBackward0"] = "_upsample_nearest_exact2d",
        ["UpsampleNearestExact3DBackward0"] = "_upsample_nearest_exact3d",
    });

    internal static string Of<TOp>(TOp op) where TOp : struct, IOperation<TOp>
    {
        // Operations that share the node of another have a name of their own here.
        if (op is Ops.ArgExtreme arg) return arg.Max ? "argmax" : "argmin";
        if (op is Ops.Truth truth) return truth.Every ? "all" : "any";
        if (typeof(TOp) == typeof(Ops.EmbeddingGrad)) return "embedding_dense_backward";
        string node = TOp.NodeName(op);
        return Of(node.EndsWith("Backward0", StringComparison.Ordinal) || node.Length > 0 && char.IsAsciiDigit(node[^1]) ? node
            : typeof(TOp).Name);
    }

    internal static string InPlace<TOp>(TOp op) where TOp : struct, IOperation<TOp> => Of(op) + "_";

    /// <summary>The operation whose node has this name.</summary>
    internal static string Of(string node) => Known.TryGetValue(node, out string? name) ? name : Known.GetOrAdd(node, Derive);

    /// <summary><c>MaxPool2DWithIndicesBackward0</c> to <c>max_pool2d_with_indices</c>.</summary>
    private static string Derive(string node)
    {
        int generic = node.IndexOf('`', StringComparison.Ordinal);
        string name = generic >= 0 ? node[..generic] : node;
        string stem = name.TrimEnd("0123456789".ToCharArray());
        if (stem.EndsWith("Backward", StringComparison.Ordinal))
        {
            name = stem[..^"Backward".Length];
            // SliceBackward0Backward0 is the node of slice_backward.
            string rest = name.TrimEnd("0123456789".ToCharArray());
            if (rest.EndsWith("Backward", StringComparison.Ordinal)) name = rest;
        }
        StringBuilder text = new();
        for (int i = 0; i < name.Length; i++)
        {
            // PyTorch capitalises after digits too: log1p is Log1P.
            if (i > 0 && char.IsAsciiLetterUpper(name[i]) && !char.IsAsciiDigit(name[i - 1])) text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }
}
