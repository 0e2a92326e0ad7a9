namespace Nabla;

/// <summary>PyTorch's names of operands and results that nodes save, where these are not <c>self</c>, <c>other</c> and
/// <c>result</c>.</summary>
internal static class SavedNames
{
    /// <summary>By the operation of the node: operands, and after a bar results; after a slash the number of operands, where it
    /// matters.</summary>
    private static readonly Dictionary<string, (string[] Operands, string[] Results)> Known = Read(
        """
        Addbmm: self batch1 batch2
        Addmm: self mat1 mat2
        Addmv: self mat vec
        Addr: self vec1 vec2
        Baddbmm: self batch1 batch2
        BinaryCrossEntropy: self target
        BinaryCrossEntropyWithLogits: self target
        Bmm: self mat2
        CholeskySolve: self input2
        ClampMax: self max
        ClampMin: self min
        Convolution: input weight bias
        ConvolutionBackward: input grad_output
        CtcLoss: log_probs targets input_lengths target_lengths
        Cummax: self indices
        Cummin: self indices
        Dot: self tensor
        Embedding: weight indices
        Gather: self index
        GeluBackward: grad_output self
        Ger: self vec2
        GridSampler2D: input weights places
        GridSampler3D: input weights places
        Heaviside: self values
        HuberLoss: self target
        Index: self indices
        IndexAdd: self index source
        IndexCopy: self index source
        IndexFill: self index value
        IndexPut: self indices values
        IndexReduce: self index source | result
        IndexSelect: self index
        Kthvalue: self indices
        L1Loss: self target
        LeakyReluBackward: grad_output self
        Lerp: self end
        LinalgCholeskyEx: self | L info
        LinalgDet: A | result LU pivots
        LinalgEig: self | eigenvalues eigenvectors
        LinalgEigh: A | eigenvalues eigenvectors
        LinalgInvEx: A | inverse info
        LinalgLstsq: self b | solution
        LinalgLuFactorEx: A | LU pivots info
        LinalgQr: A | Q R
        LinalgSlogdet: A | sign logabsdet LU pivots
        LinalgSolveEx: A B | result LU pivots info
        LinalgSolveTriangular: self B | result
        LinalgSvd: A | U S Vh
        LogSoftmaxBackwardData: grad_output output
        MaskedFill: self mask value
        MaskedScatter: self mask source
        MaskedSelect: self indices
        Max: self indices | result indices
        MaxPool2DWithIndices: self | result0 result1
        MaxPool3DWithIndices: self | result0 result1
        Median: self indices | result indices
        Min: self indices | result indices
        Mm: self mat2
        Mode: self indices
        MseLoss: self target
        Mv: self vec
        Nanmedian: self indices | result indices
        NativeBatchNorm: input weight bias
        NativeBatchNorm/5: input running_mean running_var weight bias
        NativeGroupNorm: input weight bias
        NativeLayerNorm: input weight bias
        NllLoss: self target weight
        NllLoss2D: self target weight
        NllLossBackward: grad_output target weight
        Pow: self exponent
        PreluKernel: self weight
        Put: self index source
        Scatter: self index src
        ScatterAdd: self index src
        ScatterReduce: self index src | result
        SigmoidBackward: grad_output output
        SiluBackward: grad_output self
        SmoothL1Loss: self target
        SoftMarginLoss: self target
        SoftmaxBackwardData: grad_output output
        Sort: self indices
        Stack: tensors
        Take: self index
        TanhBackward: grad_output output
        ThresholdBackward: grad_output self
        Topk: self indices
        ValueSelectingReduction: self indices
        Where: condition self other
        """);

    /// <summary>The name of an operand of an operation that has so many.</summary>
    internal static string Operand(string node, int i, int count = 2)
    {
        string stem = Stem(node);
        if ((Known.TryGetValue($"{stem}/{count}", out (string[] Operands, string[] Results) names) || Known.TryGetValue(stem, out names))
            && i < names.Operands.Length)
            return names.Operands[i];
        return i switch { 0 => "self", 1 => "other", _ => $"input{i}" };
    }

    /// <summary>The name of a result of an operation that has so many.</summary>
    internal static string Result(string node, int i, int count)
    {
        if (Known.TryGetValue(Stem(node), out (string[] Operands, string[] Results) names) && i < names.Results.Length)
            return names.Results[i];
        return count == 1 ? "result" : $"result{i}";
    }

    private static string Stem(string node)
    {
        string stem = node.TrimEnd("0123456789".ToCharArray());
        return stem.EndsWith("Backward", StringComparison.Ordinal) ? stem[..^"Backward".Length] : stem;
    }

    private static Dictionary<string, (string[] Operands, string[] Results)> Read(string table)
    {
        Dictionary<string, (string[], string[])> names = [];
        foreach (string line in table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split('|');
            names.Add(line[..line.IndexOf(':', StringComparison.Ordinal)], (Words(parts[0]), parts.Length > 1 ? Words(parts[1]) : []));
        }
        return names;

        static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
