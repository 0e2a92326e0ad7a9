using System.IO.Compression;
using System.Text.Json;

namespace Nabla.Tests.Nn;

/// <summary>What tests/golden/recurrent.py has recorded.</summary>
internal static class RecurrentGolden
{
    private static readonly Lazy<JsonDocument> Document = new(() =>
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "recurrent.json.gz"));
        using GZipStream unpacked = new(file, CompressionMode.Decompress);
        return JsonDocument.Parse(unpacked);
    });

    internal static JsonElement Section(string name) => Document.Value.RootElement.GetProperty(name);

    internal static double[] Doubles(JsonElement list) => [.. list.EnumerateArray().Select(static x => x.GetDouble())];

    internal static long[] Longs(JsonElement list) => [.. list.EnumerateArray().Select(static x => x.GetInt64())];

    internal static double[] Values(Tensor t) => t.Detach().To(DType.Float64).Reshape([-1]).ToArray<double>();

    internal static void Near(JsonElement expected, Tensor actual, string what, double tolerance = 1e-11)
    {
        double[] x = Doubles(expected), y = Values(actual);
        Assert.Equal(x.Length, y.Length);
        for (int i = 0; i < x.Length; i++)
            Assert.True(Math.Abs(x[i] - y[i]) <= tolerance * Math.Max(1, Math.Abs(x[i])), $"{what}[{i}] is {y[i]}, expected {x[i]}");
    }
}
