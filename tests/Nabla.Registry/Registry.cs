namespace Nabla.Registry;

/// <summary>Every operation, by family: one line each here, the rows in a file of the family's name.</summary>
public static class Registry
{
    public static IReadOnlyList<OpRow> All { get; } =
    [
        .. ArithmeticRows.All,
        .. ExponentialRows.All,
        .. SpecialRows.All,
        .. TrigonometricRows.All,
        .. RoundingRows.All,
        .. ActivationRows.All,
        .. ComparisonRows.All,
        .. ReductionRows.All,
        .. ScanRows.All,
        .. SortingRows.All,
        .. SoftmaxRows.All,
        .. LossRows.All,
        .. ShapingRows.All,
        .. JoiningRows.All,
        .. IndexingRows.All,
        .. ScatterRows.All,
        .. MatrixRows.All,
        .. FactorizationRows.All,
        .. SolveRows.All,
        .. SpectralRows.All,
        .. NormRows.All,
        .. CreationRows.All,
        .. ComplexRows.All,
        .. FourierRows.All,
        .. ConvolutionRows.All,
        .. PoolingRows.All,
        .. NormalizationRows.All,
        .. PaddingRows.All,
        .. InterpolationRows.All,
        .. ShuffleRows.All,
        .. AttentionRows.All,
        .. CtcRows.All,
        .. RecurrentRows.All,
    ];

    private static readonly Dictionary<(string, string?), OpRow> ByName = All.ToDictionary(r => (r.Name, r.Variant));

    /// <summary>The row of an operation's variant, or the operation's general row, or null.</summary>
    public static OpRow? Find(string name, string? variant) =>
        ByName.GetValueOrDefault((name, string.IsNullOrEmpty(variant) ? null : variant)) ?? ByName.GetValueOrDefault((name, null));
}
