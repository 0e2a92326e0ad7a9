using System.Text.Json;
using Nabla.Amp;
using Nabla.Registry;

namespace Nabla.Tests.Amp;

/// <summary>The dtypes that operators return under autocast, as tests/golden/autocast.py recorded them.</summary>
public sealed class AutocastTableTests
{
    /// <summary>Operators of the registry that PyTorch's operator database runs under autocast in another way, with the reason.</summary>
    private static readonly Dictionary<string, string> Other = new()
    {
        ["linalg.pinv"] = "it is one operation here, and stays exact; PyTorch computes its last product in 16 bits",
        ["linalg.eig"] = "the row returns real parts",
        ["complex"] = "two float16 numbers make a complex64; there is no complex32",
    };

    [Theory]
    [InlineData(DType.BFloat16, DType.Float32)]
    [InlineData(DType.BFloat16, DType.BFloat16)]
    [InlineData(DType.Float16, DType.Float32)]
    [InlineData(DType.Float16, DType.Float16)]
    public void OperatorsReturnPyTorchsDTypes(DType low, DType operands)
    {
        Dictionary<string, string[]> expected = Expected($"{low.Name()}, {operands.Name()}");
        List<string> wrong = [];
        int tried = 0;
        foreach (OpRow row in Registry.Registry.All)
        {
            if (Other.ContainsKey(row.Name)) continue;
            string[] results = [.. expected.Where(e => row.Variant is { } v ? e.Key == $"{row.Name}/{v}" : e.Key.Split('/')[0] == row.Name)
                .SelectMany(static e => e.Value).Distinct()];
            if (results.Length == 0) continue;
            foreach (Call sample in row.Samples().Take(6))
            {
                if (sample.Args.Concat(sample.Kwargs.Values).Any(static v => v is DType)) continue;
                if (sample.AllTensors().All(static t => t.DType != DType.Float64)) continue;
                string result = Result(row, sample, low, operands, true);
                // Some operations know no 16-bit dtype, and have no rule that would convert it.
                if (result.Contains(':') && result == Result(row, sample, low, operands, false)) continue;
                // The row may return fewer parts, or more pieces of another sample.
                if (!result.Contains(':') && results.All(r => r.Split(' ').Length != result.Split(' ').Length)) continue;
                tried++;
                if (!results.Contains(result)) wrong.Add($"{row.Name}: {result}, not {string.Join(" or ", results)}");
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Distinct()));
        Assert.True(tried > 500, $"{tried} calls");
    }

    private static string Result(OpRow row, Call sample, DType low, DType operands, bool enabled)
    {
        Call call = sample.Replace(t => t.DType.IsFloatingPoint() ? t.Detach().To(operands) : t.Detach());
        try
        {
            using AutocastScope scope = Autocast.Enable(low, enabled);
            return string.Join(' ', OpRow.Flatten(row.Run(call)).OfType<Tensor>().Select(static t => t.DType.Name()));
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private static Dictionary<string, string[]> Expected(string column)
    {
        using JsonDocument json = AutocastData.Read();
        Dictionary<string, string[]> table = [];
        foreach (JsonElement group in json.RootElement.GetProperty("tables").EnumerateArray())
        {
            string[] results = [.. group.GetProperty("results").GetProperty(column).EnumerateArray()
                .Select(static r => string.Join(' ', r.EnumerateArray().Select(static d => d.GetString())))];
            foreach (JsonElement name in group.GetProperty("operators").EnumerateArray()) table[name.GetString()!] = results;
        }
        return table;
    }
}
