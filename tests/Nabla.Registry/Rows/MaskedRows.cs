namespace Nabla.Registry;

/// <summary>torch.masked; part of the reductions.</summary>
internal static class MaskedRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        Over("sum", static (x, c, m) => Masked.Sum(x, Dim(c), Keep(c), c.DType(-1, "dtype"), m)),
        Over("prod", static (x, c, m) => Masked.Prod(x, Dim(c), Keep(c), c.DType(-1, "dtype"), m)),
        Over("amax", static (x, c, m) => Masked.AMax(x, Dim(c), Keep(c), m)),
        Over("amin", static (x, c, m) => Masked.AMin(x, Dim(c), Keep(c), m)),
        Over("argmax", static (x, c, m) => Masked.ArgMax(x, c.Has(1, "dim") ? c.Int(1, "dim") : null, Keep(c), c.DType(-1, "dtype"), m)),
        Over("argmin", static (x, c, m) => Masked.ArgMin(x, c.Has(1, "dim") ? c.Int(1, "dim") : null, Keep(c), c.DType(-1, "dtype"), m)),
        Over("mean", static (x, c, m) => Masked.Mean(x, Dim(c), Keep(c), m)),
        Over("var", static (x, c, m) => Masked.Var(x, Dim(c), Correction(c), Keep(c), m)),
        Over("std", static (x, c, m) => Masked.Std(x, Dim(c), Correction(c), Keep(c), m)),
        Over("logsumexp", static (x, c, m) => Masked.LogSumExp(x, Dim(c), Keep(c), m)),
        new("masked.median", c => Masked.Median(c.T(0), c.Int(1, "dim", -1), c.Bool(2, "keepdim", false), Mask(c))) { Samples = Lines,
            Except = Unbounded },
        new("masked.norm", c => Masked.Norm(c.T(0), c.Double(1, "ord", 2), Dim(c, 2), Keep(c), Mask(c)))
            { Samples = () => [new([In.NonZero(2, 3), 2.0], With(In.Mask(2, 3)))], Except = Unbounded },
        new("masked.normalize", c => Masked.Normalize(c.T(0), c.Double(1, "ord", 2), c.Int(2, "dim"), c.Double(-1, "eps", 1e-12), Mask(c)))
            { Samples = () => [new([In.NonZero(2, 3), 2.0, 1L])], Except = Unbounded },
        Along("softmax", static (x, d, m) => Masked.Softmax(x, d, m)), Along("log_softmax", static (x, d, m) => Masked.LogSoftmax(x, d, m)),
        Along("softmin", static (x, d, m) => Masked.Softmin(x, d, m)), Along("cumsum", static (x, d, m) => Masked.CumSum(x, d, m)),
        Along("cumprod", static (x, d, m) => Masked.CumProd(x, d, m)),
        new("masked.logaddexp", c => Masked.LogAddExp(c.T(0), c.T(1), c.OptT(-1, "input_mask"), c.OptT(-1, "other_mask")))
            { Samples = () => [new([In.Real(2, 3), In.Real2(2, 3)])], Except = Unbounded },
    ];

    /// <summary>Compositions of operations that have all these shapes in their own rows.</summary>
    private static (string, string)[] Unbounded => [("empty", "in the operation's own row"), ("scalar", "in the operation's own row"),
        ("allocation", "a composition")];

    private static OpRow Over(string name, Func<Tensor, Call, Tensor?, Tensor> run) => new("masked." + name, c => run(c.T(0), c, Mask(c)))
    {
        Samples = () => [new([In.Distinct(2, 3)], With(Tensor.From([true, false, true, true, true, true], [2, 3]))),
            new([In.Distinct(2, 3), 1L])],
        Except = Unbounded,
    };

    private static OpRow Along(string name, Func<Tensor, int, Tensor?, Tensor> run) =>
        new("masked." + name, c => run(c.T(0), c.Int(1, "dim"), Mask(c))) { Samples = Lines, Except = Unbounded };

    private static IEnumerable<Call> Lines() => [new([In.Distinct(2, 3), 1L])];

    private static Dictionary<string, object?> With(Tensor mask) => new() { ["mask"] = mask };

    private static Tensor? Mask(Call c) => c.OptT(-1, "mask");

    private static Dims Dim(Call c, int position = 1) => ReductionRows.Dim(c, true, position);

    private static bool Keep(Call c) => c.Bool(-1, "keepdim", false);

    private static double Correction(Call c) => c.Has(-1, "unbiased") ? c.Bool(-1, "unbiased", true) ? 1 : 0
        : c.Double(-1, "correction", 1);
}
