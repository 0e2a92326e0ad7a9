namespace Nabla.Registry;

internal static class IndexingRows
{
    private static Tensor Longs(params long[] values) => Tensor.From(values);

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("item", c => c.T(0).DType switch
        {
            DType.Bool => c.T(0).Item<bool>(),
            DType t when t.IsFloatingPoint() => c.T(0).Item(),
            _ => (object)(long)c.T(0),
        })
        {
            Samples = () => [new([In.Real()]), new([In.Real(1, 1)])],
            Except = [("vmap", "a batch has no single value")],
            Errors = [(() => In.Real(2).Item(), typeof(InvalidOperationException),
                "a Tensor with 2 elements cannot be converted to Scalar")],
        },
        new("__getitem__", c => c.T(0)[Entries(c.Args[1])])
        {
            Covers = ["Index", "IndexZeros", "Select", "Slice", "PutSlice", "Alias", "WrapIndex"],
            Samples = () =>
            [
                new([In.Real(3, 4), 1L]),
                new([In.Real(3, 4), new object?[] { new SliceValue(null, null, null), -1L }]),
                new([In.Real(4, 3), new object?[] { Longs(0, 2, 2, -1) }]),
                new([In.Real(3, 4, 2), new object?[] { Longs(0, 2), Longs(1, -1) }]),
                new([In.Real(3, 4, 2), new object?[] { Longs(0, 2), new SliceValue(null, null, null), Longs(1, 0) }]),
                new([In.Real(3, 4, 2), new object?[] { new SliceValue(null, null, 2L), Longs(3, 1, 1).Reshape([3, 1]), Longs(1, 0) }]),
                new([In.Real(3, 4), new object?[] { null, new EllipsisValue(), new SliceValue(1L, -1L, 2L) }]),
                new([In.Real(3, 4), new object?[] { Tensor.Of([true, false, true]), Longs(1, 2) }]),
                new([In.Real(0, 4), new object?[] { new SliceValue(null, null, null), Longs(1, 2) }]),
                new([In.Real(3, 4), new object?[] { Tensor.Zeros([0], DType.Int64) }]),
                new([In.Real(2, 3), new EllipsisValue()]),
            ],
            Except = [("vmap", "a mask's values decide the result's shape, so that masks cannot be batched")],
            Errors =
            [
                (() => In.Real(2)[2], typeof(ArgumentOutOfRangeException), "index 2 is out of bounds for dimension 0 with size 2"),
                (() => In.Real()[0], typeof(ArgumentException), "invalid index of a 0-dim tensor"),
                (() => In.Real(2)[0, 0], typeof(ArgumentException), "too many indices for tensor of dimension 1"),
                (() => In.Real(2)[TensorIndex.Slice(step: 0)], typeof(ArgumentOutOfRangeException), "slice step cannot be zero"),
                (() => In.Real(2)[(.., -1)], typeof(ArgumentOutOfRangeException), "Flip"),
                (() => In.Real(2)[5..9], typeof(ArgumentOutOfRangeException), "out of bounds"),
                (() => In.Real(2)[^0], typeof(ArgumentOutOfRangeException), "index ^0 is out of bounds"),
                (() => In.Real(2)[Longs(0, 2)], typeof(ArgumentOutOfRangeException),
                    "index 2 is out of bounds for dimension 0 with size 2"),
                (() => In.Real(2)[Longs(1L << 40)], typeof(ArgumentOutOfRangeException), "index 1099511627776 is out of bounds"),
                (() => In.Real(2, 3)[In.Mask(3)], typeof(ShapeException), "The shape of the mask [3] at index 0 does not match"),
                (() => In.Real(3, 3)[Longs(0, 1), Longs(0, 1, 2)], typeof(ShapeException),
                    "shape mismatch: indexing tensors could not be broadcast together"),
                (() => In.Real(3)[In.Real(2)], typeof(DTypeException), "tensors used as indices must be long, int, byte or bool tensors"),
            ],
        },
        new("index", c => c.T(0).Index(c.Tensors(1, "indices"))) { Samples = () =>
            [new([In.Real(3, 4), new object?[] { Longs(0, 2), Longs(1, 3) }])] },
        new("index_put", c => c.T(0).IndexPut(c.Tensors(1, "indices"), c.T(2, "values"), c.Bool(3, "accumulate", false)))
        {
            InPlace = c => c.T(0).IndexPut_(c.Tensors(1, "indices"), c.T(2, "values"), c.Bool(3, "accumulate", false)),
            Covers = ["IndexPut"],
            Samples = () =>
            [
                new([In.Real(4, 3), new object?[] { Longs(0, 2, 1) }, In.Real2(3, 3)]),
                new([In.Real(4, 3), new object?[] { Longs(0, 2, 0) }, In.Real2(3), true]),
                new([In.Real(4, 3, 2), new object?[] { Longs(0, 2), Longs(1, -1) }, In.Real2(2, 2)]),
                new([In.Real(4, 3), new object?[] { Longs(1, 3), Longs(0, 2) }, In.Real2()]),
            ],
            Errors =
            [
                (() => In.Const(In.Real(3)).IndexPut_([Longs(0, 3)], Tensor.Zeros([2], DType.Float64)),
                    typeof(ArgumentOutOfRangeException), "index 3 is out of bounds"),
                (() => In.Real(3).IndexPut([Longs(0, 1)], Tensor.Zeros([3], DType.Float64)), typeof(ShapeException),
                    "shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result of shape [2]"),
                (() => In.Real(3).IndexPut([Longs(0, 1)], Tensor.Zeros([2])), typeof(DTypeException),
                    "Index put requires the source and destination dtypes match"),
            ],
        },
        new("put", c => c.T(0).Put(c.T(1, "index"), c.T(2, "source"), c.Bool(3, "accumulate", false)))
        {
            InPlace = c => c.T(0).Put_(c.T(1, "index"), c.T(2, "source"), c.Bool(3, "accumulate", false)),
            Covers = ["IndexPut"],
            Samples = () => [new([In.Real(2, 3), Longs(0, 4, -1), In.Real2(3)]), new([In.Real(2, 3), Longs(0, 4, 0), In.Real2(3), true]),
                new([In.Real(), Longs(0), In.Real2(1)])],
        },
        new("take", c => c.T(0).Take(c.T(1, "index")))
        {
            Covers = ["Index"],
            Samples = () => [new([In.Real(2, 3), Longs(0, 4, -1, 4).Reshape([2, 2])]), new([In.Real(2, 3), Tensor.Of(2)]),
                new([In.Real(), Longs(0)])],
        },
        new("take_along_dim", c => c.T(0).TakeAlongDim(c.T(1, "indices"), c.Has(2, "dim") ? c.Int(2, "dim") : null))
        {
            Covers = ["Gather"],
            Samples = () => [new([In.Real(3, 4), In.Index(3, 2, 1), 0L]), new([In.Real(3, 4), In.Index(12, 5).Reshape([1, 5])])],
        },
        new("index_select", c => c.T(0).IndexSelect(c.Int(1, "dim"), c.T(2, "index")))
        {
            Covers = ["Index"],
            Samples = () => [new([In.Real(3, 4), 0L, Longs(2, 0, 2)]), new([In.Real(3, 4), -1L, Longs(3)]),
                new([In.Real(3, 4), 1L, Longs(3, 1).To(DType.Int32)])],
            Errors = [(() => In.Real(2, 3).IndexSelect(1, Longs(3)), typeof(ArgumentOutOfRangeException),
                "index 3 is out of bounds for dimension 1 with size 3"),
                (() => In.Real(2, 3).IndexSelect(1, Longs(-1)), typeof(ArgumentOutOfRangeException),
                    "index -1 is out of bounds for dimension 1 with size 3")],
        },
        new("index_add", c => c.T(0).IndexAdd(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "source"), c.OptNumber(-1, "alpha")))
        {
            InPlace = c => c.T(0).IndexAdd_(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "source"), c.OptNumber(-1, "alpha")),
            Covers = ["IndexPut"],
            Samples = () => [new([In.Real(3, 4), 0L, Longs(2, 0, 2), In.Real2(3, 4)]), new([In.Real(3, 4), -1L, Longs(3), In.Real2(3, 1)])],
        },
        new("index_copy", c => c.T(0).IndexCopy(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "source")))
        {
            InPlace = c => c.T(0).IndexCopy_(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "source")),
            Covers = ["IndexPut"],
            Samples = () => [new([In.Real(3, 4), 0L, Longs(2, 0), In.Real2(2, 4)]), new([In.Real(3, 4), -1L, Longs(3), In.Real2(3, 1)])],
        },
        new("index_fill", c => c.IsNumber(3, "value") ? c.T(0).IndexFill(c.Int(1, "dim"), c.T(2, "index"), c.Number(3, "value"))
            : c.T(0).IndexFill(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "value")))
        {
            InPlace = c => c.IsNumber(3, "value") ? c.T(0).IndexFill_(c.Int(1, "dim"), c.T(2, "index"), c.Number(3, "value"))
                : c.T(0).IndexFill_(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "value")),
            Covers = ["IndexPut"],
            Samples = () => [new([In.Real(3, 4), 0L, Longs(2, 0), 1.5]), new([In.Real(3, 4), -1L, Longs(3, 1), In.Real2()])],
        },
        new("index_reduce", c => c.T(0).IndexReduce(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "source"), c.String(4, "reduce", ""),
            c.Bool(5, "include_self", true)))
        {
            InPlace = c => c.T(0).IndexReduce_(c.Int(1, "dim"), c.T(2, "index"), c.T(3, "source"), c.String(4, "reduce", ""),
                c.Bool(5, "include_self", true)),
            Covers = ["ScatterReduce"],
            Samples = () =>
            [
                new([In.Real(3, 4), 0L, Longs(2, 0, 2), In.Real2(3, 4), "mean"]),
                new([In.Real(3, 4), 0L, Longs(2, 0, 2), In.Real2(3, 4), "prod"]),
                new([In.Real(3, 4), 0L, Longs(2, 0, 2), In.Real2(3, 4), "amax", false]),
                new([In.Real(3, 4), 0L, Longs(2, 0, 2), In.Real2(3, 4), "amin"]),
            ],
        },
        new("masked_fill", c => c.IsNumber(2, "value") ? c.T(0).MaskedFill(c.T(1, "mask"), c.Number(2, "value"))
            : c.T(0).MaskedFill(c.T(1, "mask"), c.T(2, "value")))
        {
            InPlace = c => c.IsNumber(2, "value") ? c.T(0).MaskedFill_(c.T(1, "mask"), c.Number(2, "value"))
                : c.T(0).MaskedFill_(c.T(1, "mask"), c.T(2, "value")),
            Samples = () => [new([In.Real(2, 3), In.Mask(2, 3), 1.5]), new([In.Real(2, 3), In.Mask(3), In.Real2()]),
                new([In.Real(0, 3), In.Mask(3), 1.5])],
            Errors = [(() => In.Real(3).MaskedFill(In.Real(3), 1), typeof(DTypeException), "masked_fill_ only supports boolean masks")],
        },
        new("masked_select", c => c.T(0).MaskedSelect(c.T(1, "mask")))
        {
            Covers = ["Index"],
            Samples = () => [new([In.Real(2, 3), In.Mask(2, 3)]), new([In.Real(2, 3), In.Mask(2, 1)]),
                new([In.Real(3), Tensor.Zeros([3], DType.Bool)])],
            Except = [("vmap", "the mask's values decide the result's shape")],
        },
        new("masked_scatter", c => c.T(0).MaskedScatter(c.T(1, "mask"), c.T(2, "source")))
        {
            InPlace = c => c.T(0).MaskedScatter_(c.T(1, "mask"), c.T(2, "source")),
            Covers = ["IndexPut"],
            Samples = () => [new([In.Real(2, 3), In.Mask(2, 3), In.Real2(2, 3)]), new([In.Real(2, 3), In.Mask(3), In.Real2(7)])],
            Except = [("vmap", "the mask's values decide how many values are read")],
        },
        new("nonzero", c => c.Bool(-1, "as_tuple", false) ? c.T(0).NonzeroAsTuple() : c.T(0).Nonzero()) { Samples = () =>
            [new([In.Mask(2, 3)])], Except = [("vmap", "values decide the result's shape")] },
        new("nonzero_as_tuple", c => c.T(0).NonzeroAsTuple()) { Samples = () => [new([In.Mask(2, 3)])],
            Except = [("vmap", "values decide the result's shape")] },
        new("nonzero_static", c => c.T(0).NonzeroStatic(c.Long(-1, "size"), c.Long(-1, "fill_value", -1)))
        {
            Samples = () => [new([In.Mask(2, 3)], new Dictionary<string, object?> { ["size"] = 4L })],
            Except = [("vmap", "values decide the result")],
        },
        new("argwhere", c => c.T(0).ArgWhere()) { Samples = () => [new([In.Mask(2, 3)])],
            Except = [("vmap", "values decide the result's shape")] },
        new("searchsorted", c => c.IsNumber(1, "input")
            ? Tensor.SearchSorted(c.T(0), c.Number(1, "input"), c.Bool(-1, "out_int32", false), Right(c), c.OptT(-1, "sorter"))
            : Tensor.SearchSorted(c.T(0), c.T(1, "input"), c.Bool(-1, "out_int32", false), Right(c), c.OptT(-1, "sorter")))
        {
            Samples = () => [new([Tensor.Of([0.5, 1, 1, 2.5], DType.Float64), In.Const(In.Real(2, 3))]),
                new([Tensor.Of([[0.5, 1, 2], [-1, 0, 1]], DType.Float64), In.Const(In.Real(2, 3))])],
        },
        new("bucketize", c => c.T(0).Bucketize(c.T(1, "boundaries"), c.Bool(-1, "out_int32", false), c.Bool(-1, "right", false)))
        {
            Covers = ["SearchSorted"],
            Samples = () => [new([In.Const(In.Real(2, 3)), Tensor.Of([-1, 0.5, 1, 1, 2.5], DType.Float64)])],
        },
        new("isin", c => Tensor.IsIn(c.T(0), c.T(1), c.Bool(-1, "assume_unique", false), c.Bool(-1, "invert", false)))
        {
            Covers = ["IsIn"],
            Samples = () => [new([In.Index(5, 3, 2), Tensor.Of([1, 3])]), new([In.Index(5, 3, 2), Tensor.Of(1)])],
        },
        new("unravel_index", c => c.T(0).UnravelIndex(c.Shape(1, "shape"))) { Samples = () =>
            [new([In.Index(12, 5), new object?[] { 3L, 4L }])] },
        new("tril_indices", c => Tensor.TrilIndices(c.Long(0, "row"), c.Long(1, "col"), c.Long(2, "offset", 0),
            c.DType(-1, "dtype"))) { Samples = () => [new([3L, 4L, 1L])] },
        new("triu_indices", c => Tensor.TriuIndices(c.Long(0, "row"), c.Long(1, "col"), c.Long(2, "offset", 0),
            c.DType(-1, "dtype"))) { Samples = () => [new([3L, 4L, 1L])] },
        new("nn.functional.one_hot", c => Functional.OneHot(c.T(0), c.Long(1, "num_classes", -1)))
        {
            Samples = () => [new([In.Index(4, 2, 3), 5L])],
            Errors = [(() => Functional.OneHot(Longs(-1), 3), typeof(ArgumentOutOfRangeException), "must be non-negative"),
                (() => Functional.OneHot(Longs(5), 3), typeof(ArgumentOutOfRangeException), "smaller than num_classes")],
        },
        new("nn.functional.embedding", c => Functional.Embedding(c.T(0), c.T(1, "weight"),
            c.Has(2, "padding_idx") ? c.Long(2, "padding_idx") : null,
            c.OptNumber(3, "max_norm")?.ToDouble(), c.Double(4, "norm_type", 2), c.Bool(5, "scale_grad_by_freq", false)))
        {
            Covers = ["Index", "EmbeddingGrad"],
            Samples = () => [new([In.Index(5, 2, 3), In.Real(5, 4)]), new([Tensor.Of(3), In.Real(5, 4)]),
                new([In.Index(5, 0), In.Real(5, 4)])],
            Errors = [(() => Functional.Embedding(Longs(10), In.Real(3, 2)), typeof(ArgumentOutOfRangeException),
                "index out of range in self"),
                (() => Functional.Embedding(Longs(-1), In.Real(3, 2)), typeof(ArgumentOutOfRangeException), "index out of range in self")],
        },
        new("nn.functional.embedding_bag", c => Functional.EmbeddingBag(c.T(0), c.T(1, "weight"), c.OptT(2, "offsets"),
            c.String(6, "mode", "mean"), c.OptT(8, "per_sample_weights"),
            c.Bool(9, "include_last_offset", false), c.Has(10, "padding_idx") ? c.Long(10, "padding_idx") : null,
                c.OptNumber(3, "max_norm")?.ToDouble(), c.Double(4, "norm_type", 2), c.Bool(5, "scale_grad_by_freq", false)))
        {
            Covers = ["Index", "IndexPut", "ScatterReduce"],
            Samples = () => [new([In.Index(5, 2, 3), In.Real(5, 4)]),
                new([In.Index(5, 6), In.Real(5, 4), Longs(0, 2, 2)], new Dictionary<string, object?> { ["mode"] = "sum" })],
            Except = [("vmap", "bags are laid out by values of the offsets")],
        },
    ];

    private static bool Right(Call c) => c.Bool(-1, "right", false) || c.String(-1, "side", "left") == "right";

    /// <summary>Python's entries between brackets.</summary>
    internal static TensorIndex[] Entries(object? value) => value switch
    {
        object?[] tuple => [.. tuple.Select(Entry)],
        List<object?> list when list.Any(static v => v is not (long or bool)) => [.. list.Select(Entry)],
        _ => [Entry(value)],
    };

    private static TensorIndex Entry(object? value) => value switch
    {
        null => TensorIndex.NewAxis,
        long v => v,
        bool b => b,
        Tensor t => t,
        EllipsisValue => TensorIndex.Ellipsis,
        SliceValue s => TensorIndex.Slice(Bound(s.Start), Bound(s.Stop), Bound(s.Step) ?? 1),
        System.Collections.IEnumerable list => Listed(list),
        _ => throw new ArgumentException($"{value} is not an index."),
    };

    private static long? Bound(object? value) => value switch { null => null, Tensor t => (long)t, var v => (long)v };

    private static Tensor Listed(System.Collections.IEnumerable list)
    {
        object?[] items = [.. list.Cast<object?>()];
        if (items.Length > 0 && items[0] is bool) return Tensor.From(items.Select(static v => (bool)v!).ToArray());
        if (items.Length > 0 && items[0] is not long) return Tensor.Stack([.. items.Select(static v => v as Tensor
            ?? Listed((System.Collections.IEnumerable)v!))]);
        return Longs([.. items.Select(static v => (long)v!)]);
    }
}
