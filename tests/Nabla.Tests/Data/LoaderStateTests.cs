using Nabla.Data;

namespace Nabla.Tests.Data;

/// <summary>Training goes on in the middle of an epoch as if it had never stopped.</summary>
public sealed class LoaderStateTests
{
    static readonly Func<IReadOnlyList<long>, long[]> AsArray = static batch => [.. batch];

    static Dataset<long> Numbers(long n) => Dataset.Of(n, static i => i);

    public static TheoryData<string, int, int> Cases()
    {
        TheoryData<string, int, int> cases = [];
        foreach (string kind in (string[])["shuffle", "own", "replacement", "subset", "weighted", "distributed", "sequence", "stream"])
            foreach (int workers in (int[])[0, 2])
                foreach (int stop in (int[])[0, 1, 5, 9, 13])
                    cases.Add(kind, workers, stop);
        return cases;
    }

    static DataLoader<long, long[]> Make(string kind, int workers, Generator g) => kind switch
    {
        "own" => DataLoader.Of(Numbers(40), AsArray, 3, shuffle: true, numWorkers: workers, generator: g),
        "replacement" => DataLoader.Of(Numbers(40), AsArray, 3, sampler: new RandomSampler(40, true, 70, g), numWorkers: workers,
            generator: g),
        "subset" => DataLoader.Of(Numbers(40), AsArray, 1, sampler: new SubsetRandomSampler([.. Numbers(20)]), numWorkers: workers),
        "weighted" => DataLoader.Of(Numbers(40), AsArray, 1, sampler: new WeightedRandomSampler([1.0, 2.0, 3.0], 17), numWorkers: workers),
        "distributed" => DataLoader.Of(Numbers(40), AsArray, 1, sampler: new DistributedSampler(Numbers(40), 2, 1), numWorkers: workers),
        "sequence" => DataLoader.Of(Numbers(40), AsArray, batchSampler: [.. Numbers(15).Select(static i => new long[] { i })],
            numWorkers: workers),
        "stream" => DataLoader.Of(IterableDataset.Of(Numbers(40)), AsArray, 3, workers),
        _ => DataLoader.Of(Numbers(40), AsArray, 3, shuffle: true, numWorkers: workers),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_saved_place_is_gone_on_from_bit_for_bit(string kind, int workers, int stop)
    {
        using OwnDefault random = new(11);
        Generator g = new(3);
        var loader = Make(kind, workers, g);
        _ = loader.ToArray();
        List<long[]> expected = [];
        System.Collections.IDictionary? saved = null;
        byte[]? global = null;
        using (IEnumerator<long[]> epoch = loader.GetEnumerator())
        {
            for (int i = 0; i < stop; i++) epoch.MoveNext();
            (saved, global) = (loader.StateDict(), Generator.Default.GetState());
            while (epoch.MoveNext()) expected.Add(epoch.Current);
        }
        long[] draws = Tensor.RandInt(1000, [3]).ToArray<long>();
        long[][] next = [.. loader];
        byte[] own = g.GetState();

        // Another process: nothing is left but the states.
        Generator.Default.ManualSeed(999);
        Tensor.Rand(5);
        Generator.Default.SetState(global);
        Generator again = new(77);
        var resumed = Make(kind, workers, again);
        resumed.LoadStateDict(saved);
        Assert.Equal(2, resumed.Epoch);
        Assert.Equal(expected, resumed.ToArray());
        Assert.Equal(draws, Tensor.RandInt(1000, [3]).ToArray<long>());
        Assert.Equal(next, resumed.ToArray());
        if (kind is "own" or "replacement") Assert.Equal(own, again.GetState());
    }

    [Fact]
    public void A_state_taken_between_epochs_and_one_just_loaded_hold_as_well()
    {
        using OwnDefault random = new(2);
        Generator g = new(3);
        var loader = Make("own", 0, g);
        _ = loader.ToArray();
        var between = loader.StateDict();
        Assert.Equal((1L, false, 0L), ((long)between["epoch"]!, (bool)between["in_epoch"]!, (long)between["batches"]!));
        long[][] second = [.. loader];
        var other = Make("own", 0, new Generator());
        other.LoadStateDict(between);
        Assert.Equal(second, other.ToArray());

        foreach (long[] batch in loader) break;
        var inside = loader.StateDict();
        var copy = Make("own", 0, new Generator());
        copy.LoadStateDict(inside);
        var again = copy.StateDict();
        Assert.Equal(inside.Keys, again.Keys);
        var third = Make("own", 0, new Generator());
        third.LoadStateDict(again);
        Assert.Equal(copy.ToArray(), third.ToArray());
    }

    [Fact]
    public void A_broken_state_changes_nothing()
    {
        using OwnDefault random = new(2);
        var loader = Make("own", 0, new Generator(3));
        long[][] expected = [.. Make("own", 0, new Generator(3))];
        var e = Assert.Throws<ArgumentException>(() => loader.LoadStateDict(new Dictionary<string, object?>()));
        Assert.StartsWith("LoadStateDict: Missing key(s) in state_dict: \"epoch\"", e.Message, StringComparison.Ordinal);
        var state = Make("own", 0, new Generator(8)).StateDict();
        foreach (string key in state.Keys.ToArray())
        {
            var broken = new OrderedDictionary<string, object?>(state) { [key] = "x" };
            Assert.ThrowsAny<ArgumentException>(() => loader.LoadStateDict(broken));
        }
        Assert.Equal(expected, loader.ToArray());
    }
}
