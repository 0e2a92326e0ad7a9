using System.Text.Json;
using Nabla.Data;

namespace Nabla.Tests.Data;

/// <summary>Orders of samples are those that PyTorch gave (tests/golden/data.py), draw for draw.</summary>
public sealed class GoldenOrderTests
{
    static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "data.json")))
        .RootElement;

    static readonly Func<IReadOnlyList<long>, long[]> AsArray = static batch => [.. batch];

    static Dataset<long> Range(long n) => Dataset.Of(n, static i => i);

    static long[] Longs(JsonElement e) => [.. e.EnumerateArray().Select(static x => x.GetInt64())];

    static long[][] Batches(JsonElement e) => [.. e.EnumerateArray().Select(Longs)];

    static long[] After(Generator? g = null) => Tensor.RandInt(1 << 30, [2], generator: g).ToArray<long>();

    static long? Optional(JsonElement e) => e.ValueKind == JsonValueKind.Null ? null : e.GetInt64();

    [Fact]
    public void Loaders_read_in_PyTorchs_order_over_epochs()
    {
        int cases = 0;
        foreach (JsonElement c in Golden.GetProperty("loaders").EnumerateArray())
        {
            long n = c.GetProperty("n").GetInt64(), seed = c.GetProperty("seed").GetInt64();
            int workers = c.GetProperty("workers").GetInt32();
            string own = c.GetProperty("own").GetString()!;
            using OwnDefault _ = new(seed);
            Generator g = new Generator().ManualSeed(seed + 1000);
            RandomSampler sampler = new(Range(n), c.GetProperty("replacement").GetBoolean(), Optional(c.GetProperty("samples")),
                own is "sampler" or "both" ? g : null);
            using DataLoader<long, long[]> loader = DataLoader.Of(Range(n), AsArray, c.GetProperty("size").GetInt64(), sampler: sampler,
                numWorkers: workers, generator: own is "loader" or "both" ? g : null,
                persistentWorkers: c.GetProperty("persistent").GetBoolean());
            foreach (JsonElement epoch in c.GetProperty("epochs").EnumerateArray())
            {
                long[][] batches = [.. loader.Select(b => n < 100 ? b : b[..Math.Min(2, b.Length)])];
                Assert.Equal(Batches(epoch), batches);
            }
            Assert.Equal(Longs(c.GetProperty("after")), After());
            Assert.Equal(Longs(c.GetProperty("after_own")), After(g));
            cases++;
        }
        Assert.Equal(288, cases);
    }

    [Fact]
    public void Shuffling_and_breaking_off_leave_the_generators_where_PyTorch_does()
    {
        foreach (JsonElement c in Golden.GetProperty("shuffles").EnumerateArray())
        {
            long seed = c.GetProperty("seed").GetInt64();
            using OwnDefault _ = new(seed);
            Generator? g = c.GetProperty("own").GetBoolean() ? new Generator().ManualSeed(seed) : null;
            DataLoader<long, long[]> loader = DataLoader.Of(Range(11), AsArray, 4, shuffle: true,
                dropLast: c.GetProperty("drop").GetBoolean(), generator: g);
            Assert.Equal(c.GetProperty("length").GetInt64(), loader.Count);
            JsonElement[] epochs = [.. c.GetProperty("epochs").EnumerateArray()];
            Assert.Equal(Batches(epochs[0]), loader);
            Assert.Equal(c.GetProperty("rand").EnumerateArray().Select(static x => (float)x.GetDouble()), Tensor.Rand(2).ToArray<float>());
            Assert.Equal(Batches(epochs[1]), loader);
            Assert.Equal(Batches(epochs[2]), loader.Take(2));
            Assert.Equal(Batches(epochs[3]), loader);
            Assert.Equal(Longs(c.GetProperty("after")), After());
        }
    }

    [Fact]
    public void What_a_data_set_draws_in_workers_is_PyTorchs()
    {
        foreach (JsonElement c in Golden.GetProperty("drawing").EnumerateArray())
        {
            using OwnDefault _ = new(3);
            Dataset<Tensor> drawing = Dataset.Of(10, static i => i + Tensor.Rand(new Shape([])));
            var loader = DataLoader.Of(drawing, 2, shuffle: true, numWorkers: c.GetProperty("workers").GetInt32());
            foreach (JsonElement epoch in c.GetProperty("epochs").EnumerateArray())
            {
                float[][] expected = [.. epoch.EnumerateArray().Select(static b => b.EnumerateArray().Select(static x =>
                    (float)x.GetDouble()).ToArray())];
                Assert.Equal(expected, loader.Select(static b => b.ToArray<float>()));
            }
        }
    }

    sealed class Numbers(long n) : IterableDataset<long>
    {
        public override IEnumerator<long> GetEnumerator() => GetShare(0, 1);

        public override IEnumerator<long> GetShare(int worker, int workers)
        {
            for (long i = worker; i < n; i += workers) yield return i;
        }
    }

    [Fact]
    public void Streams_divided_among_workers_come_in_PyTorchs_order()
    {
        foreach (JsonElement c in Golden.GetProperty("streams").EnumerateArray())
        {
            var loader = DataLoader.Of(new Numbers(c.GetProperty("n").GetInt64()), AsArray, 2, c.GetProperty("workers").GetInt32(),
                c.GetProperty("drop").GetBoolean());
            Assert.Equal(Batches(c.GetProperty("batches")), loader);
        }
    }

    [Fact]
    public void Samplers_draw_as_PyTorchs_do()
    {
        foreach (JsonElement c in Golden.GetProperty("samplers").EnumerateArray())
        {
            long seed = c.GetProperty("seed").GetInt64();
            using OwnDefault _ = new(seed);
            Draws(null, c.GetProperty("default"), c.GetProperty("after"));
            Draws(new Generator().ManualSeed(seed + 5), c.GetProperty("own"), c.GetProperty("after_own"));

            void Draws(Generator? g, JsonElement epochs, JsonElement after)
            {
                Sampler<long> sampler = Make(c, g);
                Assert.Equal(c.GetProperty("length").GetInt64(), sampler.Count);
                foreach (JsonElement epoch in epochs.EnumerateArray()) Assert.Equal(Longs(epoch), sampler);
                Assert.Equal(Longs(after), After(g));
            }
        }
    }

    static Sampler<long> Make(JsonElement c, Generator? g) => c.GetProperty("name").GetString() switch
    {
        "subset" => new SubsetRandomSampler(Longs(c.GetProperty("indices")), g),
        "weighted" => new WeightedRandomSampler([.. c.GetProperty("weights").EnumerateArray().Select(static w => w.GetDouble())],
            c.GetProperty("samples").GetInt64(), c.GetProperty("replacement").GetBoolean(), g),
        _ => new RandomSampler(c.GetProperty("n").GetInt64(), c.GetProperty("replacement").GetBoolean(),
            Optional(c.GetProperty("samples")), g),
    };

    [Fact]
    public void Processes_share_a_set_as_in_PyTorch()
    {
        foreach (JsonElement c in Golden.GetProperty("distributed").EnumerateArray())
        {
            DistributedSampler sampler = new(Range(c.GetProperty("n").GetInt64()), c.GetProperty("replicas").GetInt32(),
                c.GetProperty("rank").GetInt32(), c.GetProperty("shuffle").GetBoolean(), 17, c.GetProperty("drop").GetBoolean());
            Assert.Equal(c.GetProperty("length").GetInt64(), sampler.Count);
            JsonElement[] epochs = [.. c.GetProperty("epochs").EnumerateArray()];
            Assert.Equal(Longs(epochs[0]), sampler);
            sampler.SetEpoch(2);
            Assert.Equal(Longs(epochs[1]), sampler);
        }
    }

    [Fact]
    public void Splits_are_PyTorchs_for_lengths_and_fractions()
    {
        foreach (JsonElement c in Golden.GetProperty("splits").EnumerateArray())
        {
            Generator g = new(42);
            double[] parts = [.. c.GetProperty("parts").EnumerateArray().Select(static p => p.GetDouble())];
            Dataset<long> whole = Range(c.GetProperty("n").GetInt64());
            Subset<long>[] split = parts.Sum() > 1.5 ? whole.RandomSplit(Array.ConvertAll(parts, static p => (long)p), g)
                : whole.RandomSplit(parts, g);
            Assert.Equal(Batches(c.GetProperty("indices")), split.Select(static s => s.ToArray()));
            Assert.Equal(Longs(c.GetProperty("after")), After(g));
        }
    }

    [Fact]
    public void Default_collation_gives_PyTorchs_dtypes_and_shapes()
    {
        JsonElement g = Golden.GetProperty("collated");
        Same(g.GetProperty("ints"), Collate.Default<int, Tensor>([0, 1, 2]));
        Same(g.GetProperty("floats"), Collate.Default<double, Tensor>([0.5, 1.5]));
        Same(g.GetProperty("bools"), Collate.Default<bool, Tensor>([true, false]));
        Same(g.GetProperty("strings"), Collate.Default<string, string[]>(["a", "b"]));
        Same(g.GetProperty("pairs"), Collate.Default<(Tensor, int), (Tensor, Tensor)>([([1f, 2f], 3), ([4f, 5f], 6)]));
        Same(g.GetProperty("dicts"), Collate.Default<Dictionary<string, object>, Dictionary<string, object>>(
            [new() { ["x"] = Tensor.Of(1.0), ["y"] = 0 }, new() { ["x"] = Tensor.Of(2.0), ["y"] = 1 }]));
        Same(g.GetProperty("lists"), Collate.Default<object[], object[]>([[1, 2.0], [3, 4.0]]));
        Same(g.GetProperty("nested"), Collate.Default<Dictionary<string, (Tensor, object[])>, Dictionary<string, (Tensor, Tensor[])>>(
            [new() { ["x"] = (Tensor.Ones(1), [1, 2]) }, new() { ["x"] = (Tensor.Zeros(1), [3, 4]) }]));
    }

    static void Same(JsonElement expected, object? actual)
    {
        switch (actual)
        {
            case Tensor t:
                Assert.Equal(expected.GetProperty("dtype").GetString(), t.DType.Name());
                Assert.Equal(Longs(expected.GetProperty("shape")), t.Shape);
                Assert.Equal(expected.GetProperty("values").EnumerateArray().Select(static v => v.ValueKind is JsonValueKind.True ? 1
                    : v.ValueKind is JsonValueKind.False ? 0 : v.GetDouble()), t.To(DType.Float64).Reshape([-1]).ToArray<double>());
                break;
            case string s: Assert.Equal(expected.GetString(), s); break;
            case System.Collections.IDictionary d:
                foreach (JsonProperty p in expected.GetProperty("keys").EnumerateObject()) Same(p.Value, d[p.Name]);
                break;
            case System.Runtime.CompilerServices.ITuple t:
                for (int i = 0; i < t.Length; i++) Same(expected[i], t[i]);
                break;
            default:
                object?[] items = [.. ((System.Collections.IEnumerable)actual!).Cast<object?>()];
                Assert.Equal(expected.GetArrayLength(), items.Length);
                for (int i = 0; i < items.Length; i++) Same(expected[i], items[i]);
                break;
        }
    }
}
