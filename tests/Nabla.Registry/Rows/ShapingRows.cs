namespace Nabla.Registry;

internal static class ShapingRows
{
    private static object?[] Sizes(params long[] sizes) => [.. sizes.Select(static s => (object?)s)];

    private static Dictionary<string, object?> With(string name, object? value) => new() { [name] = value };

    private static OpRow Row(string name, Func<Call, object?> run, Func<IEnumerable<Call>> samples, params string[] covers) =>
        new(name, run) { Samples = samples, Covers = covers };

    private static object? Every(Call c, Func<Tensor, Tensor> f) => c.Args is [Tensor one] ? f(one)
        : (c.Args.Length > 0 && c.Args[0] is Tensor ? c.Args.OfType<Tensor>() : c.Tensors(0, "tensors")).Select(f).ToArray();

    private static Tensor Expand(Call c) => c.T(0).Expand(c.ShapeFrom(1, "size"));
    private static Tensor View(Call c) => c.T(0).View(c.ShapeFrom(1, "size"));
    private static Tensor Permute(Call c) => c.T(0).Permute(Array.ConvertAll(c.ShapeFrom(1, "dims").ToArray(), static d => (int)d));
    private static Tensor Squeeze(Call c) => c.Has(1, "dim") ? c.T(0).Squeeze(c.Dims(1, "dim")) : c.T(0).Squeeze();
    private static Tensor Transpose(Call c) => c.T(0).Transpose(c.Int(1, "dim0"), c.Int(2, "dim1"));
    private static Tensor Unsqueeze(Call c) => c.T(0).Unsqueeze(c.Int(1, "dim"));
    private static Tensor Unfold(Call c) => c.T(0).Unfold(c.Int(1, "dimension"), c.Long(2, "size"), c.Long(3, "step"));
    private static Tensor Diagonal(Call c) => c.T(0).Diagonal(c.Long(1, "offset", 0), c.Int(2, "dim1", 0), c.Int(3, "dim2", 1));
    private static Tensor Slice(Call c) => c.T(0).Slice(c.Int(1, "dim", 0), Bound(c, 2, "start"), Bound(c, 3, "end"), c.Long(4, "step", 1));
    private static Tensor Narrow(Call c) => c.T(0).Narrow(c.Int(1, "dim"), c.Long(2, "start"), c.Long(3, "length"));
    private static Tensor AsStrided(Call c) => c.T(0).AsStrided(c.Shape(1, "size"), c.Shape(2, "stride"),
        c.Has(3, "storage_offset") ? c.Long(3, "storage_offset") : null);
    private static long? Bound(Call c, int i, string name) => c.Has(i, name) ? c.Long(i, name) : null;

    private static readonly Func<IEnumerable<Call>> Matrices = () => [new([In.Real(2, 3)]), new([In.Real(0, 3)])];
    private static readonly Func<IEnumerable<Call>> Any = () =>
        [new([In.Real(2, 3)]), new([In.Real(3)]), new([In.Real()]), new([In.Real(0, 3)])];
    private static readonly (string, string)[] Memory = [("strides", "the call names places in memory"),
        ("vmap", "the call names places in memory")];

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("clone", c => c.T(0).Clone()) { Samples = Any },
        new("contiguous", c => c.T(0).Contiguous()) { Covers = ["Clone"], Samples = Any },
        new("copy", c => c.T(0).Clone().Copy_(c.T(1, "src")))
        {
            InPlace = c => c.T(0).Copy_(c.T(1, "src")),
            Samples = () => [new([In.Real(2, 3), In.Real2(3)])],
            Except = [("vmap", "values of a batch cannot be written into a tensor from outside it")],
        },
        new("alias_copy", c => c.T(0).Clone()) { Samples = Any, Member = "x.Clone()" },
        new("expand", c => Expand(c))
        {
            Samples = () => [new([In.Real(2, 1), Sizes(3, 2, 4)]), new([In.Real(2, 1), Sizes(-1, 4)]), new([In.Real(), Sizes(2)]),
                new([In.Real(1, 3), Sizes(0, 3)])],
            Errors = [(() => In.Real(3).Expand([2]), typeof(ShapeException),
                "The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 0.")],
        },
        Row("expand_copy", c => Expand(c).Clone(), () => [new([In.Real(2, 1), Sizes(3, 2, 4)])]),
        Row("expand_as", c => c.T(0).ExpandAs(c.T(1, "other")), () => [new([In.Real(2, 1), In.Const(In.Real(2, 3))])]),
        Row("broadcast_to", c => c.T(0).BroadcastTo(c.Shape(1, "size")), () => [new([In.Real(2, 1), Sizes(3, 2, 4)])]),
        Row("sum_to_size", c => c.T(0).SumToSize(c.ShapeFrom(1, "size")), () =>
            [new([In.Real(2, 3), Sizes(1, 3)]), new([In.Real(2, 3), Sizes(3)])], "Sum"),
        Row("sum_to", c => c.T(0).SumTo(c.ShapeFrom(1, "size")), () => [new([In.Real(2, 3), Sizes(1, 3)])]),
        new("view", c => View(c))
        {
            Covers = ["Reshape"],
            Samples = () => [new([In.Real(2, 6), Sizes(3, -1)]), new([In.Real(1), Sizes()])],
            Except = [("strides", "a view of strided memory may not exist")],
            Errors = [(() => In.Real(2, 3).View([4]), typeof(ShapeException), "shape '[4]' is invalid for input of size 6"),
                (() => In.Real(2, 3).T.View([6]), typeof(InvalidOperationException), "view size is not compatible")],
        },
        Row("view_copy", c => c.T(0).Reshape(c.ShapeFrom(1, "size")).Clone(), () => [new([In.Real(2, 6), Sizes(3, -1)])]),
        new("view_as", c => c.T(0).ViewAs(c.T(1, "other"))) { Samples = () => [new([In.Real(2, 6), In.Const(In.Real(3, 4))])],
            Except = [("strides", "a view of strided memory may not exist")] },
        Row("reshape", c => c.T(0).Reshape(c.ShapeFrom(1, "shape")), () =>
            [new([In.Real(2, 6), Sizes(3, -1)]), new([In.Real(), Sizes(1, 1)]), new([In.Real(0, 2), Sizes(2, 0)])]),
        Row("reshape_as", c => c.T(0).ReshapeAs(c.T(1, "other")), () => [new([In.Real(2, 6), In.Const(In.Real(3, 4))])]),
        Row("flatten", c => c.T(0).Flatten(c.Int(1, "start_dim", 0), c.Int(2, "end_dim", -1)), () =>
            [new([In.Real(2, 3, 2)]), new([In.Real(2, 3, 2), 1L]), new([In.Real()])]),
        Row("unflatten", c => c.T(0).Unflatten(c.Int(1, "dim"), c.Shape(2, "sizes")), () => [new([In.Real(2, 6), 1L, Sizes(3, -1)])]),
        Row("ravel", c => c.T(0).Ravel(), Any),
        Row("squeeze", c => Squeeze(c), () => [new([In.Real(2, 1, 3, 1)]), new([In.Real(2, 1, 3), 1L]), new([In.Real(2, 1, 3), 0L]),
            new([In.Real(1, 2, 1), Sizes(0, 2)])], "Squeeze"),
        Row("squeeze_copy", c => Squeeze(c).Clone(), () => [new([In.Real(2, 1, 3, 1)])]),
        Row("unsqueeze", c => Unsqueeze(c), () => [new([In.Real(2, 3), 1L]), new([In.Real(2, 3), -1L]), new([In.Real(), 0L])]),
        Row("unsqueeze_copy", c => Unsqueeze(c).Clone(), () => [new([In.Real(2, 3), 1L])]),
        Row("permute", c => Permute(c), () => [new([In.Real(2, 3, 4), Sizes(2, 0, 1)]), new([In.Real(2, 3), Sizes(-1, 0)])]),
        Row("permute_copy", c => Permute(c).Clone(), () => [new([In.Real(2, 3, 4), Sizes(2, 0, 1)])]),
        Row("transpose", c => Transpose(c), () => [new([In.Real(2, 3, 4), 0L, -1L]), new([In.Real(), 0L, -1L])]),
        Row("transpose_copy", c => Transpose(c).Clone(), () => [new([In.Real(2, 3), 0L, 1L])]),
        Row("swap_axes", c => c.T(0).SwapAxes(c.Int(1, "axis0"), c.Int(2, "axis1")), () => [new([In.Real(2, 3), 0L, 1L])]),
        Row("swap_dims", c => c.T(0).SwapDims(c.Int(1, "dim0"), c.Int(2, "dim1")), () => [new([In.Real(2, 3), 0L, 1L])]),
        Row("t", c => c.T(0).TransposeMatrix(), () => [new([In.Real(2, 3)]), new([In.Real(3)])], "T"),
        Row("transpose_matrix", c => c.T(0).TransposeMatrix(), Matrices),
        Row("t_copy", c => c.T(0).TransposeMatrix().Clone(), Matrices),
        Row("T", c => c.T(0).T, () => [new([In.Real(2, 3)]), new([In.Real(2, 3, 4)])]),
        Row("mT", c => c.T(0).MT, () => [new([In.Real(2, 3, 4)])]),
        Row("H", c => c.T(0).H, Matrices),
        Row("mH", c => c.T(0).MH, () => [new([In.Real(2, 3, 4)])]),
        Row("movedim", c => c.T(0).MoveDim(c.Dims(1, "source"), c.Dims(2, "destination")), () =>
            [new([In.Real(2, 3, 4), 0L, -1L]), new([In.Real(2, 3, 4), Sizes(0, 1), Sizes(2, 0)])]),
        Row("moveaxis", c => c.T(0).MoveAxis(c.Dims(1, "source"), c.Dims(2, "destination")), () => [new([In.Real(2, 3, 4), 0L, -1L])]),
        Row("select", c => c.T(0).Select(c.Int(1, "dim"), c.Long(2, "index")), () =>
            [new([In.Real(2, 3), 0L, 1L]), new([In.Real(2, 3), -1L, -1L])]),
        Row("slice", c => Slice(c), () => [new([In.Real(5, 2), 0L, 1L, null, 2L]), new([In.Real(5, 2), -1L, -9L, 9L])], "Slice"),
        Row("narrow", c => Narrow(c), () => [new([In.Real(5, 2), 0L, 1L, 3L]), new([In.Real(5, 2), 1L, -1L, 1L])]),
        Row("narrow_copy", c => Narrow(c).Clone(), () => [new([In.Real(5, 2), 0L, 1L, 3L])]),
        new("as_strided", c => AsStrided(c)) { Covers = ["AsStrided", "PutStrided", "ClearStrided"], Samples = () =>
            [new([In.Real(3, 3), Sizes(2, 2), Sizes(3, 1), 1L]), new([In.Real(5), Sizes(3, 3), Sizes(1, 1)])], Except = Memory },
        new("as_strided_copy", c => AsStrided(c).Clone()) { Samples = () => [new([In.Real(3, 3), Sizes(2, 2), Sizes(3, 1), 1L])],
            Except = Memory },
        new("as_strided_scatter", c => c.T(0).AsStridedScatter(c.T(1, "src"), c.Shape(2, "size"), c.Shape(3, "stride"),
            c.Has(4, "storage_offset") ? c.Long(4, "storage_offset") : null))
        {
            Covers = ["Overwrite`1"],
            Samples = () => [new([In.Real(3, 3), In.Real2(2, 2), Sizes(2, 2), Sizes(3, 1), 1L])],
            Except = Memory,
        },
        Row("diagonal", c => Diagonal(c), () => [new([In.Real(3, 4)]), new([In.Real(2, 3, 4), -1L, -1L, 0L]), new([In.Real(3, 4), 9L])],
            "Diagonal", "DiagonalPut"),
        Row("diagonal_copy", c => Diagonal(c).Clone(), () => [new([In.Real(3, 4), 1L])]),
        Row("linalg.diagonal", c => c.T(0).Diagonal(c.Long(-1, "offset", 0), c.Int(-1, "dim1", -2), c.Int(-1, "dim2", -1)), () =>
            [new([In.Real(2, 3, 4)])]),
        Row("diagonal_scatter", c => c.T(0).DiagonalScatter(c.T(1, "src"), c.Long(2, "offset", 0), c.Int(3, "dim1", 0),
            c.Int(4, "dim2", 1)), () => [new([In.Real(3, 4), In.Real2(3), 1L])], "Overwrite`1"),
        Row("select_scatter", c => c.T(0).SelectScatter(c.T(1, "src"), c.Int(2, "dim"), c.Long(3, "index")), () =>
            [new([In.Real(3, 4), In.Real2(3), 1L, -1L])], "Overwrite`1"),
        Row("slice_scatter", c => c.T(0).SliceScatter(c.T(1, "src"), c.Int(2, "dim", 0), Bound(c, 3, "start"), Bound(c, 4, "end"),
            c.Long(5, "step", 1)), () => [new([In.Real(5, 2), In.Real2(2, 2), 0L, 1L, null, 2L])], "Overwrite`1"),
        Row("diag_embed", c => c.T(0).DiagEmbed(c.Long(1, "offset", 0), c.Int(2, "dim1", -2), c.Int(3, "dim2", -1)), () =>
            [new([In.Real(2, 3)]), new([In.Real(2, 3), -1L, 0L, 2L])], "DiagonalPut"),
        Row("diag", c => c.T(0).Diag(c.Long(1, "diagonal", 0)), () => [new([In.Real(3)]), new([In.Real(3, 4), 1L])]),
        Row("diagflat", c => c.T(0).DiagFlat(c.Long(1, "offset", 0)), () => [new([In.Real(2, 2), 1L])]),
        Row("unfold", c => Unfold(c), () => [new([In.Real(7, 2), 0L, 3L, 2L]), new([In.Real(2, 5), -1L, 2L, 1L]),
            new([In.Real(), 0L, 1L, 1L])], "Unfold", "FoldAdd"),
        Row("unfold_copy", c => Unfold(c).Clone(), () => [new([In.Real(7, 2), 0L, 3L, 2L])]),
        Row("flip", c => c.T(0).Flip(c.Dims(1, "dims")), () =>
            [new([In.Real(2, 3), Sizes(0, 1)]), new([In.Real(2, 3), Sizes(-1)]), new([In.Real(0, 3), Sizes(0)])]),
        Row("fliplr", c => c.T(0).FlipLr(), () => [new([In.Real(2, 3)])]),
        Row("flipud", c => c.T(0).FlipUd(), () => [new([In.Real(2, 3)])]),
        Row("roll", c => c.Has(2, "dims") ? c.T(0).Roll(c.Shape(1, "shifts"), c.Dims(2, "dims")) : c.T(0).Roll(c.Longs(1, "shifts")[0]),
            () => [new([In.Real(2, 3), Sizes(1, -1), Sizes(0, 1)]), new([In.Real(2, 3), 2L]), new([In.Real(3), 4L, 0L])]),
        Row("rot90", c => c.T(0).Rot90(c.Int(1, "k", 1), c.Has(2, "dims") ? c.Dims(2, "dims") : default(Dims?)), () =>
            [new([In.Real(2, 3)]), new([In.Real(2, 3, 2), -2L, Sizes(1, 2)])]),
        Row("repeat", c => c.T(0).Repeat(c.ShapeFrom(1, "repeats")), () =>
            [new([In.Real(2, 3), Sizes(2, 1, 2)]), new([In.Real(), Sizes(2)]), new([In.Real(2), Sizes(0)])]),
        Row("tile", c => c.T(0).Tile(c.ShapeFrom(1, "dims")), () => [new([In.Real(2, 3), Sizes(2)]), new([In.Real(2), Sizes(2, 2)])]),
        Row("repeat_interleave", c => c.Args.Length == 1 && c.Kwargs.Count == 0 ? c.T(0).RepeatInterleave()
            : c.Get(1, "repeats") is Tensor t ? c.T(0).RepeatInterleave(t, c.Has(2, "dim") ? c.Int(2, "dim") : null)
                : c.T(0).RepeatInterleave(c.Long(1, "repeats"), c.Has(2, "dim") ? c.Int(2, "dim") : null),
            () => [new([In.Real(2, 3), 2L]), new([In.Real(2, 3), 2L, 1L])]),
        Row("tril", c => c.T(0).Tril(c.Long(1, "diagonal", 0)), () => [new([In.Real(3, 4)]), new([In.Real(2, 3, 3), -1L])], "Triangle"),
        Row("triu", c => c.T(0).Triu(c.Long(1, "diagonal", 0)), () => [new([In.Real(3, 4)]), new([In.Real(2, 3, 3), 1L])], "Triangle"),
        Row("atleast_1d", c => Every(c, static t => t.AtLeast1d()), Any),
        Row("atleast_2d", c => Every(c, static t => t.AtLeast2d()), Any),
        Row("atleast_3d", c => Every(c, static t => t.AtLeast3d()), Any),
        Row("diff", c => c.T(0).Diff(c.Long(1, "n", 1), c.Int(2, "dim", -1), c.OptT(3, "prepend"), c.OptT(4, "append")),
            () => [new([In.Real(4)]), new([In.Real(4, 2), 2L, 0L]), new([In.Real(4), 1L, -1L, In.Real2(1), In.Real2(2)])]),
        Row("gradient", Gradient, () => [new([In.Real(4, 5)]), new([In.Real(4, 5)], new Dictionary<string,
            object?> { ["spacing"] = 0.5, ["dim"] = 1L, ["edge_order"] = 2L }),
            new([In.Real(5)], With("spacing", new object?[] { Tensor.Of([0, 1, 1.5, 3, 3.5], DType.Float64) }))]),
        Row("constant_pad_nd", c => c.T(0).ConstantPadNd(c.Shape(1, "pad"), c.OptNumber(2, "value")), () =>
            [new([In.Real(2, 3), Sizes(1, 2)]), new([In.Real(2, 3), Sizes(-1, 1, 2, -1), 1.5])], "ConstantPad"),
    ];

    private static object? Gradient(Call c)
    {
        Dims? dim = c.Has(-1, "dim") ? c.Dims(-1, "dim") : default(Dims?);
        int order = c.Int(-1, "edge_order", 1);
        object? spacing = c.Get(-1, "spacing");
        if (spacing is null or long or double) return c.T(0).Gradient(c.OptNumber(-1, "spacing"), dim, order);
        object?[] list = [.. ((System.Collections.IEnumerable)spacing).Cast<object?>()];
        return list.All(static v => v is Tensor)
            ? c.T(0).Gradient(list.Cast<Tensor>().ToArray(), dim, order)
            : c.T(0).Gradient(list.Select(static v => System.Convert.ToDouble(v,
                System.Globalization.CultureInfo.InvariantCulture)).ToArray(), dim, order);
    }
}
