using System.Globalization;
using System.Text.Json;

namespace Nabla.Tests.Samples;

[Collection("Samples")]
public sealed class TransformSamplesTests
{
    /// <summary>Every figure is what tests/golden/transforms.py prints with PyTorch; every question is answered with True.</summary>
    [Theory, Trait("Row", "1.14 rules"), InlineData("hessian"), InlineData("per_sample"), InlineData("hvp"), InlineData("fixed_point")]
    public void PrintsPyTorchsFigures(string sample)
    {
        SampleRunner.Result run = SampleRunner.Run(sample + ".cs");
        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        Dictionary<string, string> printed = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split(" = ")).ToDictionary(static p => p[0], static p => p[1]);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "transforms.json")));
        foreach (JsonProperty figure in golden.RootElement.GetProperty(sample).EnumerateObject())
        {
            double[] expected = [.. figure.Value.EnumerateArray().Select(static v => v.GetDouble())];
            Assert.True(printed.Remove(figure.Name, out string? text), $"{sample}: no line '{figure.Name}' in\n{run.Output}");
            double[] actual = [.. text!.Split(' ').Select(static v => double.Parse(v, CultureInfo.InvariantCulture))];
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < actual.Length; i++)
                Assert.True(Math.Abs(actual[i] - expected[i]) <= 1e-9 * Math.Abs(expected[i]), $"{figure.Name}: {actual[i]:R}, not " +
                    $"{expected[i]:R}");
        }
        Assert.All(printed, static line => Assert.Equal("True", line.Value));
    }
}
