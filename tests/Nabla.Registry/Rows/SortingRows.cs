namespace Nabla.Registry;

internal static class SortingRows
{
    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("sort", c => c.T(0).Sort(c.Int(1, "dim", -1), c.Bool(2, "descending", false),
            c.Has(-1, "stable") ? c.Bool(-1, "stable", false) : null))
        {
            Covers = ["SortPlaces", "TakePlaces"],
            Samples = () => [new([In.Distinct(2, 4)]), new([In.Distinct(3, 2), 0L, true]), new([In.Distinct()]), new([In.Distinct(0)])],
        },
        new("argsort", c => c.T(0).ArgSort(c.Int(1, "dim", -1), c.Bool(2, "descending", false), c.Bool(-1, "stable", false)))
        {
            Covers = ["SortPlaces"],
            Samples = () => [new([In.Distinct(2, 4)]), new([In.Distinct(3, 2), 0L, true])],
        },
        new("msort", c => c.T(0).MSort()) { Covers = ["SortPlaces"], Samples = () => [new([In.Distinct(4, 2)])],
            Except = [("vmap", "sorts the first dimension")] },
        new("topk", c => c.T(0).TopK(c.Long(1, "k"), c.Int(2, "dim", -1), c.Bool(3, "largest", true), c.Bool(4, "sorted", true)))
        {
            Covers = ["SortPlaces", "TakePlaces"],
            Samples = () => [new([In.Distinct(2, 4), 2L]), new([In.Distinct(4, 2), 3L, 0L, false]), new([In.Distinct(), 1L]),
                new([In.Distinct(3), 0L])],
            Errors = [(() => In.Real(3).TopK(4), typeof(ArgumentOutOfRangeException), "selected index k out of range"),
                (() => In.Real(3).TopK(-1), typeof(ArgumentOutOfRangeException), "selected index k out of range")],
        },
        new("kthvalue", c => c.T(0).KthValue(c.Long(1, "k"), c.Int(2, "dim", -1), c.Bool(3, "keepdim", false)))
        {
            Covers = ["RankPlace", "TakePlaces"],
            Samples = () => [new([In.Distinct(2, 4), 2L]), new([In.Distinct(4, 2), 1L, 0L, true]), new([In.Distinct(), 1L])],
            Errors = [(() => In.Real(3).KthValue(0), typeof(ArgumentOutOfRangeException), "selected number k out of range")],
        },
        new("unique", c => Parts(c, c.T(0).Unique(c.Has(-1, "dim") ? c.Int(-1, "dim") : (int?)null)))
        {
            Samples = () => [new([In.Index(3, 6)])],
            Except = [("vmap", "the result's shape depends on values")],
        },
        new("unique_consecutive", c => Parts(c, c.T(0).UniqueConsecutive(c.Has(-1, "dim") ? c.Int(-1, "dim") : (int?)null)))
        {
            Samples = () => [new([In.Index(3, 6)])],
            Except = [("vmap", "the result's shape depends on values")],
        },
    ];

    private static object Parts(Call c, (Tensor Values, Tensor Inverse, Tensor Counts) all)
    {
        List<Tensor> parts = [all.Values];
        if (c.Bool(-1, "return_inverse", false)) parts.Add(all.Inverse);
        if (c.Bool(-1, "return_counts", false)) parts.Add(all.Counts);
        return parts;
    }
}
