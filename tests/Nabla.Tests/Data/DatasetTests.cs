using Nabla.Data;

namespace Nabla.Tests.Data;

/// <summary>Data sets and how they are put together; collation of structures.</summary>
public sealed class DatasetTests
{
    static Dataset<long> Numbers(long n, long first = 0) => Dataset.Of(n, i => first + i);

    sealed record Sample(Tensor Image, int Label, string Name);

    sealed record Batch(Tensor Image, Tensor Label, string[] Name);

    sealed record Pair(Tensor A, Tensor B);

    sealed record Leaf(Tensor A) : ITree<Leaf>
    {
        public Leaf Map(Func<Tensor, Tensor> f) => new(f(A));
    }

    [Fact]
    public void Tensors_are_cut_along_dimension_0()
    {
        var data = TensorDataset.Of(Tensor.Arange(6).Reshape([3, 2]), Tensor.Of([7, 8, 9]));
        Assert.Equal(3, data.Count);
        var (x, y) = data[-1];
        Assert.Equal([4L, 5], x.ToArray<long>());
        Assert.Equal(9, y.Item());
        Assert.Equal([2], TensorDataset.Of(new Pair(Tensor.Ones(4, 2), Tensor.Ones(4)))[0].A.Shape);
        Assert.StartsWith("index 3 is out of bounds for dimension 0 with size 3", Assert.Throws<ArgumentOutOfRangeException>(() => data[3])
            .Message, StringComparison.Ordinal);
        Assert.StartsWith("Size mismatch between tensors", Assert.Throws<ShapeException>(() =>
            TensorDataset.Of(Tensor.Ones(3), Tensor.Ones(2))).Message, StringComparison.Ordinal);
        Assert.Throws<ShapeException>(() => TensorDataset.Of(Tensor.Of(1.0)));
        Assert.Throws<ShapeException>(() => TensorDataset.Of(3));
    }

    [Fact]
    public void Sets_are_joined_end_to_end_and_side_by_side()
    {
        ConcatDataset<long> all = Numbers(3) + Numbers(0) + Numbers(2, 10);
        Assert.Equal([0L, 1, 2, 10, 11], all);
        Assert.Equal([3L, 5], all.CumulativeSizes);
        Assert.Equal(11, all[-1]);
        Assert.Equal([3L, 3, 5], new ConcatDataset<long>(Numbers(3), Numbers(0), Numbers(2)).CumulativeSizes);
        Assert.Equal(10, new ConcatDataset<long>(Numbers(0), Numbers(3), Numbers(0), Numbers(2, 10))[3]);
        Assert.StartsWith("absolute value of index should not exceed dataset length",
            Assert.Throws<ArgumentOutOfRangeException>(() => all[-6]).Message, StringComparison.Ordinal);
        Assert.StartsWith("datasets should not be an empty iterable", Assert.Throws<ArgumentException>(() => new ConcatDataset<long>())
            .Message, StringComparison.Ordinal);
        Assert.Equal((2L, 7L), StackDataset.Of(Numbers(4), Numbers(4, 5))[2]);
        Assert.Equal((2L, 7L, 2L), StackDataset.Of(Numbers(4), Numbers(4, 5), Numbers(4))[2]);
        var named = StackDataset.Of(new Dictionary<string, Dataset<long>> { ["a"] = Numbers(4), ["b"] = Numbers(4, 5) });
        Assert.Equal(6, named[1]["b"]);
        Assert.StartsWith("Size mismatch between datasets", Assert.Throws<ArgumentException>(() => StackDataset.Of(Numbers(3), Numbers(4)))
            .Message, StringComparison.Ordinal);
        Assert.StartsWith("At least one dataset should be passed", Assert.Throws<ArgumentException>(() =>
            StackDataset.Of(new Dictionary<string, Dataset<long>>())).Message, StringComparison.Ordinal);
        IterableDataset<long> stream = IterableDataset.Of(Numbers(2)), chain = stream + IterableDataset.Of<long>([5, 6]);
        Assert.Equal([0L, 1, 5, 6], chain);
        Assert.Equal([1L, 2, 6, 7], from x in chain select x + 1);
    }

    [Fact]
    public void Subsets_and_maps_read_when_asked()
    {
        int calls = 0;
        Dataset<long> doubled = Numbers(5).Map(x =>
        {
            calls++;
            return 2 * x;
        });
        Subset<long> some = doubled.Subset([4, 0]);
        Assert.Equal(0, calls);
        Assert.Equal([8L, 0], some);
        Assert.Equal(2, calls);
        Assert.Equal([1L, 3, 5], from x in Numbers(3) select 2 * x + 1);
        Assert.Equal("c", Dataset.Of<string>(["a", "b", "c"])[2]);
    }

    [Fact]
    public void Splits_are_checked_in_PyTorchs_words()
    {
        const string Sum = "Sum of input lengths does not equal the length of the input dataset!";
        Assert.StartsWith(Sum, Assert.Throws<ArgumentException>(() => Numbers(5).RandomSplit([2, 2])).Message, StringComparison.Ordinal);
        Assert.StartsWith(Sum, Assert.Throws<ArgumentException>(() => Numbers(5).RandomSplit([0.5, 0.4])).Message,
            StringComparison.Ordinal);
        Assert.StartsWith("Fraction at index 1 is not between 0 and 1", Assert.Throws<ArgumentOutOfRangeException>(() =>
            Numbers(5).RandomSplit([0.5, 1.5])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Numbers(5).RandomSplit([-1, 6]));
    }

    [Fact]
    public void Records_dictionaries_and_lists_are_joined_part_by_part()
    {
        Batch batch = Collate.Default<Sample, Batch>([new(Tensor.Ones(2), 3, "a"), new(Tensor.Zeros(2), 4, "b")]);
        Assert.Equal([2L, 2], batch.Image.Shape);
        Assert.Equal([3L, 4], batch.Label.ToArray<long>());
        Assert.Equal(["a", "b"], batch.Name);
        Assert.Equal([2L, 3], Collate.Default<Pair>([new(Tensor.Ones(3), Tensor.Ones(1)), new(Tensor.Ones(3), Tensor.Ones(1))]).A.Shape);
        Assert.Equal([2L, 3], Collate.Default<Leaf>([new(Tensor.Ones(3)), new(Tensor.Ones(3))]).A.Shape);
        Assert.Equal(2, Collate.Default<List<Tensor>>([[Tensor.Ones(1), Tensor.Ones(2)], [Tensor.Ones(1), Tensor.Ones(2)]]).Count);
        Assert.Equal([2L, 2], Collate.Default<Tensor[]>([[Tensor.Ones(1), Tensor.Ones(2)], [Tensor.Ones(1), Tensor.Ones(2)]])[1].Shape);
        Assert.Equal([2L, 3], Collate.Default<float[], Tensor>([[1, 2, 3], [4, 5, 6]]).Shape);
        Assert.Equal(DType.Float32, Collate.Default<float, Tensor>([1, 2]).DType);
        var nine = Collate.Default<(int, int, int, int, int, int, int, int, int),
            (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)>([(1, 2, 3, 4, 5, 6, 7, 8, 9)]);
        Assert.Equal(9, nine.Item9.Item());
        Assert.Equal([3L, 4], Collate.Default<Dictionary<string, int>, Dictionary<string, Tensor>>(
            [new() { ["x"] = 3 }, new() { ["x"] = 4 }])["x"].ToArray<long>());
    }

    [Fact]
    public void What_cannot_be_joined_is_an_error_in_PyTorchs_words()
    {
        Assert.StartsWith("default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found DateTime",
            Assert.Throws<ArgumentException>(() => Collate.Default([default(DateTime)])).Message, StringComparison.Ordinal);
        Assert.StartsWith("default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found NoneType",
            Assert.Throws<ArgumentException>(() => Collate.Default<string?, string[]>(["a", null])).Message, StringComparison.Ordinal);
        Assert.StartsWith("each element in list of batch should be of equal size",
            Assert.Throws<ShapeException>(() => Collate.Default<object[]>([[1], [1, 2]])).Message, StringComparison.Ordinal);
        Assert.StartsWith("default_collate: samples of type Int64 make a batch of type Tensor",
            Assert.Throws<ArgumentException>(() => DataLoader.Of(Numbers(3), 2).ToArray()).Message, StringComparison.Ordinal);
        Assert.StartsWith("default_collate: a sample has no key 'x'", Assert.Throws<ArgumentException>(() =>
            Collate.Default<Dictionary<string, Tensor>>([new() { ["x"] = 1 }, []])).Message, StringComparison.Ordinal);
        Assert.StartsWith("default_collate: the samples of a batch have one type", Assert.Throws<ArgumentException>(() =>
            Collate.Default<object, object>([1, 2.0])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Collate.Default<Tensor>([]));
        Assert.Throws<ShapeException>(() => Collate.Pad([Tensor.Ones(2, 3), Tensor.Ones(1, 4)]));
    }

    [Fact]
    public void Windows_pair_a_stretch_with_what_follows()
    {
        WindowDataset windows = new(Tensor.Arange(10), 4, 3);
        Assert.Equal(2, windows.Count);
        Assert.Equal([3L, 4, 5, 6], windows[1].Item1.ToArray<long>());
        Assert.Equal([4L, 5, 6, 7], windows[1].Item2.ToArray<long>());
        Assert.Equal(0, new WindowDataset(Tensor.Arange(4), 4).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => new WindowDataset(Tensor.Arange(4), 0));
    }
}
