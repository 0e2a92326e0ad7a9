namespace Nabla.Registry;

internal static class JoiningRows
{
    /// <summary>Tensors given one by one, or as a list.</summary>
    private static Tensor[] Each(Call c) => c.Args.Length > 0 && c.Args[0] is Tensor ? [.. c.Args.OfType<Tensor>()]
        : c.Tensors(0, "tensors");

    private static List<object?> List(params Tensor[] x) => [.. x];

    private static readonly Func<IEnumerable<Call>> Two = () =>
        [new([List(In.Real(2, 3), In.Real2(2, 3))]), new([List(In.Real(3), In.Real2(3))])];

    internal static IReadOnlyList<OpRow> All { get; } =
    [
        new("cat", c => Tensor.Cat(c.Tensors(0, "tensors"), c.Int(1, "dim", 0)))
        {
            Samples = () =>
            [
                new([List(In.Real(2, 3), In.Real2(1, 3))]),
                new([List(In.Real(2, 3), In.Real2(2, 1)), -1L]),
                new([List(In.Real(2, 3), In.Real2(0, 3))]),
                new([List(In.Real(2, 3), Tensor.Zeros([0]))]),
            ],
            Errors =
            [
                (() => Tensor.Cat([In.Real(2, 3), In.Real(2, 4)]), typeof(ShapeException),
                    "Sizes of tensors must match except in dimension 0. Expected size 3 but got size 4 for tensor number 1 in the list"),
                (() => Tensor.Cat([In.Real(2, 3), In.Real(2)]), typeof(ShapeException),
                    "Tensors must have same number of dimensions: got 2 and 1"),
                (() => Tensor.Cat([]), typeof(ArgumentException), "expected a non-empty list of Tensors"),
                (() => Tensor.Cat([In.Real()]), typeof(ShapeException), "zero-dimensional tensor (at position 0) cannot be concatenated"),
            ],
        },
        new("stack", c => Tensor.Stack(c.Tensors(0, "tensors"), c.Int(1, "dim", 0)))
        {
            Samples = () => [new([List(In.Real(2, 3), In.Real2(2, 3))]), new([List(In.Real(2, 3), In.Real2(2, 3)), -1L]),
                new([List(In.Real(), In.Real2())])],
            Errors = [(() => Tensor.Stack([In.Real(2), In.Real(3)]), typeof(ShapeException),
                "stack expects each tensor to be equal size, but got [2] at entry 0 and [3] at entry 1")],
        },
        new("hstack", c => Tensor.HStack(c.Tensors(0, "tensors"))) { Samples = Two },
        new("vstack", c => Tensor.VStack(c.Tensors(0, "tensors"))) { Samples = Two },
        new("dstack", c => Tensor.DStack(c.Tensors(0, "tensors"))) { Samples = Two },
        new("column_stack", c => Tensor.ColumnStack(c.Tensors(0, "tensors"))) { Samples = Two },
        new("block_diag", c => Tensor.BlockDiag(Each(c))) { Samples = () =>
            [new([In.Real(2, 3), In.Real2(1, 2)]), new([In.Real(2), In.Real2()])] },
        new("meshgrid", c => Tensor.MeshGrid(Each(c), c.String(-1, "indexing", "ij")))
        {
            Samples = () => [new([In.Real(2), In.Real2(3)]),
                new([In.Real(2), In.Real2(3)], new Dictionary<string, object?> { ["indexing"] = "xy" })],
        },
        new("cartesian_prod", c => Tensor.CartesianProd(Each(c))) { Samples = () => [new([In.Real(2), In.Real2(3)])] },
        new("combinations", c => c.T(0).Combinations(c.Long(1, "r", 2), c.Bool(2, "with_replacement", false)))
        {
            Samples = () => [new([In.Real(4)]), new([In.Real(3), 2L, true]), new([In.Real(2), 3L])],
        },
        new("broadcast_tensors", c => Tensor.BroadcastTensors(Each(c))) { Samples = () => [new([In.Real(2, 1), In.Real2(3)])] },
        new("broadcast_shapes", c => Tensor.BroadcastShapes([.. c.Args.Select((_, i) => c.Shape(i, ""))]).Select(static n =>
            (object)n).ToArray()) { Samples = () => [new([new object?[] { 2L, 1L }, new object?[] { 3L }])] },
        new("split", c => c.Get(1, "split_size_or_sections") is long n ? c.T(0).Split(n, c.Int(2, "dim", 0))
            : c.T(0).Split(c.Longs(1, "split_size_or_sections"), c.Int(2, "dim", 0)))
        {
            Covers = ["Split", "Slice", "PutSlice"],
            Samples = () => [new([In.Real(5, 2), 2L]), new([In.Real(2, 5), new object?[] { 1L, 0L, 4L }, -1L]), new([In.Real(0, 2), 2L])],
        },
        new("split_with_sizes", c => c.T(0).SplitWithSizes(c.Longs(1, "split_sizes"), c.Int(2, "dim", 0)))
        {
            Covers = ["Split"],
            Samples = () => [new([In.Real(2, 5), new object?[] { 1L, 0L, 4L }, -1L])],
            Errors = [(() => In.Real(3).SplitWithSizes([1L, 1L]), typeof(ShapeException),
                "split_with_sizes expects split_sizes to sum exactly to 3")],
        },
        new("split_with_sizes_copy", c => Array.ConvertAll(c.T(0).SplitWithSizes(c.Longs(1, "split_sizes"), c.Int(2, "dim", 0)),
            static t => t.Clone())) { Samples = () => [new([In.Real(3, 2), new object?[] { 1L, 2L }])] },
        new("unsafe_split", c => c.T(0).UnsafeSplit(c.Long(1, "split_size"), c.Int(2, "dim", 0))) { Samples = () =>
            [new([In.Real(5, 2), 2L])] },
        new("chunk", c => c.T(0).Chunk(c.Long(1, "chunks"), c.Int(2, "dim", 0))) { Samples = () =>
            [new([In.Real(5, 2), 3L]), new([In.Real(2, 5), 2L, 1L])] },
        new("unsafe_chunk", c => c.T(0).UnsafeChunk(c.Long(1, "chunks"), c.Int(2, "dim", 0))) { Samples = () =>
            [new([In.Real(5, 2), 3L])] },
        new("tensor_split", c => Sections(c, 1) is { } n ? c.T(0).TensorSplit(n, c.Int(2, "dim", 0))
            : c.T(0).TensorSplit(Bounds(c, 1), c.Int(2, "dim", 0)))
        {
            Samples = () => [new([In.Real(5, 2), 3L]), new([In.Real(5, 2), new object?[] { 1L, 9L, 3L }])],
        },
        new("hsplit", c => c.Get(1, "") is long n ? c.T(0).HSplit(n) : c.T(0).HSplit(Bounds(c, 1))) { Samples = () =>
            [new([In.Real(2, 4), 2L]), new([In.Real(4), new object?[] { 1L, 3L }])] },
        new("vsplit", c => c.Get(1, "") is long n ? c.T(0).VSplit(n) : c.T(0).VSplit(Bounds(c, 1))) { Samples = () =>
            [new([In.Real(4, 2), 2L])] },
        new("dsplit", c => c.Get(1, "") is long n ? c.T(0).DSplit(n) : c.T(0).DSplit(Bounds(c, 1))) { Samples = () =>
            [new([In.Real(2, 2, 4), 2L])] },
        new("unbind", c => c.T(0).Unbind(c.Int(1, "dim", 0))) { Covers = ["Unbind", "Select"], Samples = () =>
            [new([In.Real(3, 2)]), new([In.Real(2, 3), -1L])] },
    ];

    private static long? Sections(Call c, int i) => c.Get(i, "indices_or_sections") switch
    {
        long n => n,
        Tensor { NDim: 0 } t => (long)t,
        _ => null
    };

    private static long[] Bounds(Call c, int i) => c.Get(i, "indices_or_sections") is Tensor t ? t.To(DType.Int64).ToArray<long>()
        : c.Longs(i, "indices_or_sections");
}
