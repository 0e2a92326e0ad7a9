using System.IO.Compression;
using System.Text.Json;

namespace Nabla.Tests;

/// <summary>One call of PyTorch 2.6.0 with its seed and what it gave.</summary>
sealed record RandomRow(JsonElement Json)
{
    internal string Call { get; } = Json.GetProperty("call").GetString()!;
    internal string DType { get; } = Json.GetProperty("dtype").GetString()!;
    internal JsonElement Args { get; } = Json.GetProperty("args");
    internal JsonElement Values => Json.GetProperty("values");

    internal ulong Seed
    {
        get
        {
            var seed = Json.GetProperty("seed");
            return seed.TryGetInt64(out long number) ? unchecked((ulong)number) : seed.GetUInt64();
        }
    }

    internal int Int(string name) => Args.GetProperty(name).GetInt32();

    internal long Long(string name) => Args.GetProperty(name).GetInt64();

    internal double Double(string name) => Args.GetProperty(name).GetDouble();

    internal double[] Doubles(string name) => [.. Args.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    internal int[] Ints(string name) => [.. Args.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];

    public override string ToString() => $"seed {Json.GetProperty("seed")}, {Call}, {Args.GetRawText()}, {DType}";

    /// <summary>The rows of a file of Data/rng.</summary>
    internal static RandomRow[] Load(string file)
    {
        using var stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "rng", file));
        using var text = new GZipStream(stream, CompressionMode.Decompress);
        return [.. JsonDocument.Parse(text).RootElement.EnumerateArray().Select(row => new RandomRow(row))];
    }

    /// <summary>Nothing if the values are these to the bit, else what differs first.</summary>
    internal string? Difference(Array actual)
    {
        if (actual.Length != Values.GetArrayLength()) return $"{this}: {actual.Length} elements, expected {Values.GetArrayLength()}";
        int i = 0, wrong = 0;
        string? first = null;
        foreach (var value in Values.EnumerateArray())
        {
            object got = actual.GetValue(i)!;
            object expected = got switch
            {
                float => (float)value.GetDouble(),
                double => value.GetDouble(),
                bool => value.GetBoolean(),
                byte => value.GetByte(),
                sbyte => value.GetSByte(),
                short => value.GetInt16(),
                int => value.GetInt32(),
                _ => value.GetInt64(),
            };
            if (!Bits(got).Equals(Bits(expected)) && wrong++ == 0) first = $"{this}: element {i} is {got:R}, expected {expected:R}";
            i++;
        }
        return first is null ? null : $"{first} ({wrong} of {actual.Length} differ)";
    }

    static object Bits(object value) => value switch
    {
        float f => BitConverter.SingleToInt32Bits(f),
        double d => BitConverter.DoubleToInt64Bits(d),
        _ => value,
    };
}
