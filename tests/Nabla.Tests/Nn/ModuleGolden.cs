using System.IO.Compression;
using System.Text.Json;

namespace Nabla.Tests.Nn;

/// <summary>What tests/golden/modules.py recorded.</summary>
internal static class ModuleGolden
{
    private static readonly Lazy<JsonElement> Data = new(static () =>
    {
        using FileStream packed = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "modules.json.gz"));
        using GZipStream stream = new(packed, CompressionMode.Decompress);
        using JsonDocument json = JsonDocument.Parse(stream);
        return json.RootElement.Clone();
    });

    internal static JsonElement Root => Data.Value;

    internal static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(static v => v.GetDouble())];

    internal static TheoryData<int> Indices(string part) => [.. Enumerable.Range(0, Root.GetProperty(part).GetArrayLength())];

    /// <summary>Equal to within rounding of a few operations.</summary>
    internal static void Close(double[] expected, Tensor actual, double tolerance, string what)
    {
        double[] a = actual.Detach().To(DType.Float64).ToArray<double>();
        Assert.Equal(expected.Length, a.Length);
        for (int i = 0; i < a.Length; i++)
            Assert.True(Math.Abs(expected[i] - a[i]) <= tolerance * (1 + Math.Abs(expected[i])),
                $"{what}[{i}]: {a[i]}, expected {expected[i]}");
    }
}
