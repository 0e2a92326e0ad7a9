using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace Nabla.Tests.Optim;

/// <summary>What tests/golden/optim.py has recorded.</summary>
internal static class Golden
{
    private static readonly Lazy<JsonDocument> Document = new(() =>
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "optim.json.gz"));
        using GZipStream unpacked = new(file, CompressionMode.Decompress);
        return JsonDocument.Parse(unpacked);
    });

    internal static JsonElement[] Section(string name) => [.. Document.Value.RootElement.GetProperty(name).EnumerateArray()];

    internal static double[] Doubles(JsonElement list) => [.. list.EnumerateArray().Select(static x => x.ValueKind == JsonValueKind.Number
        ? x.GetDouble() : x.GetString() switch { "inf" => double.PositiveInfinity, "-inf" => double.NegativeInfinity, _ => double.NaN })];

    /// <summary>A value of a state dictionary in the recorded notation.</summary>
    internal static string Notation(object? value) => value switch
    {
        null => "null",
        bool b => b ? "true" : "false",
        string s => $"\"{s}\"",
        double d => $"{{\"f\":\"{Nabla.Optim.StateValue.Repr(d)}\"}}",
        Tensor t => $"{{\"tensor\":[{string.Join(',', t.Shape.ToArray())}],\"dtype\":\"{t.DType.Name()}\"}}",
        object?[] tuple => $"{{\"tuple\":[{string.Join(',', tuple.Select(Notation))}]}}",
        List<object?> list => $"[{string.Join(',', list.Select(Notation))}]",
        System.Collections.IDictionary d => $"{{\"dict\":[{string.Join(',', d.Keys.Cast<object>().Select(k =>
            $"[{Notation(k)},{Notation(d[k])}]"))}]}}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    internal static string Compact(JsonElement json) => JsonSerializer.Serialize(json).Replace("\\u0022", "\"", StringComparison.Ordinal);

    /// <summary>Two parameters and the loss that the recorded runs have.</summary>
    internal static (Tensor W, Tensor B, Func<Tensor> Loss) TwoParameters()
    {
        Tensor w = Tensor.Ones([2, 3], requiresGrad: true), b = Tensor.Ones([3], requiresGrad: true);
        return (w, b, () => ((w * 2).Sum(0) + b).Square().Sum());
    }
}
