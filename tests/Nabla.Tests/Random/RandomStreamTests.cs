using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Nabla.Tests;

/// <summary>Every recorded stream of PyTorch 2.6.0, bit for bit, in each flavour.</summary>
public class RandomStreamTests
{
    static readonly ConcurrentDictionary<string, RandomRow[]> Files = new();

    static RandomRow[] Rows(string file) => Files.GetOrAdd(file, RandomRow.Load);

    static readonly (string File, RandomFlavor Flavor)[] Recorded =
    [
        ("torch-x64.json.gz", RandomFlavor.TorchX64),
        ("torch-baseline.json.gz", RandomFlavor.TorchBaseline),
        ("torch-x64-mkl.json.gz", RandomFlavor.TorchX64Mkl),
    ];

    static readonly (string File, RandomFlavor Flavor)[] Hashed =
        [("streams-x64.json.gz", RandomFlavor.TorchX64), ("streams-baseline.json.gz", RandomFlavor.TorchBaseline)];

    static TheoryData<string, string, RandomFlavor> Calls((string File, RandomFlavor Flavor)[] files)
    {
        var data = new TheoryData<string, string, RandomFlavor>();
        foreach (var (file, flavor) in files)
            foreach (string call in Rows(file).Select(r => r.Call).Distinct()) data.Add(call, file, flavor);
        return data;
    }

    public static TheoryData<string, string, RandomFlavor> RecordedCalls => Calls(Recorded);

    public static TheoryData<string, string, RandomFlavor> HashedCalls => Calls(Hashed);

    [Theory]
    [MemberData(nameof(RecordedCalls))]
    public void A_recorded_call_gives_its_values_bit_for_bit(string call, string file, RandomFlavor flavor)
    {
        var differences = Rows(file).Where(r => r.Call == call).Select(r => r.Difference(RandomReplay.Run(r, flavor))).OfType<string>();
        if (differences.Take(5).ToArray() is { Length: > 0 } wrong) Assert.Fail(string.Join('\n', wrong));
    }

    [Fact]
    public void All_rows_are_there() => Assert.Equal([1673, 1673, 160], Recorded.Select(r => Rows(r.File).Length));

    [Fact]
    public void Mkl_differs_from_the_default_in_bernoulli_exponential_and_what_builds_on_them_only()
    {
        string[] others =
            ["empty.bernoulli_", "empty(bool).bernoulli_", "F.dropout", "F.dropout2d", "empty.exponential_", "torch.multinomial"];
        foreach (var row in Rows("torch-x64.json.gz").Where(r => !others.Contains(r.Call)))
            Assert.Null(row.Difference(RandomReplay.Run(row, RandomFlavor.TorchX64Mkl)));
    }

    /// <summary>Longer streams, the 16-bit types, and the state after each: by the first 8 bytes of the SHA-256 of the bytes.</summary>
    [Theory]
    [MemberData(nameof(HashedCalls))]
    public void A_stream_and_the_state_after_it_have_their_hash(string call, string file, RandomFlavor flavor)
    {
        List<string> wrong = [];
        foreach (var row in Rows(file).Where(r => r.Call == call))
        {
            var g = new Generator(row.Seed) { Flavor = flavor };
            string values = Hash(RandomStreams.Run(g, row)), state = Hash(g.GetState());
            if (values != row.Values.GetString()) wrong.Add($"{row} size {row.Json.GetProperty("size")}: values");
            if (state != row.Json.GetProperty("state").GetString()) wrong.Add($"{row} size {row.Json.GetProperty("size")}: state");
        }
        if (wrong.Count > 0) Assert.Fail(string.Join('\n', wrong));
    }

    static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
}
