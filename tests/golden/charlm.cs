#!/usr/bin/env dotnet
#:project ../../src/Nabla/Nabla.csproj
#:package ScottPlot@5.1.59

// The losses of runs of samples/charlm.cs beside PyTorch's for the same steps: the largest differences, and the curves as a picture.
// dotnet run tests/golden/charlm.cs -- PICTURE NAME DIR FILE [NAME DIR FILE ...]      DIR: a run's folder, FILE: from charlm.py losses
using System.Text.Json;

ScottPlot.Plot plot = new();
for (int i = 1; i + 2 < args.Length; i += 3)
{
    double[] ours = [.. File.ReadLines(Path.Combine(args[i + 1], "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
        .Where(record => record.TryGetProperty("loss", out _)).Select(record => record.GetProperty("loss").GetDouble())];
    double[] theirs = [.. JsonDocument.Parse(File.ReadAllText(args[i + 2])).RootElement.GetProperty("loss").EnumerateArray()
        .Select(loss => loss.GetDouble())];
    double most = ours.Zip(theirs, (a, b) => Math.Abs(a - b)).Max();
    Console.WriteLine($"{args[i]}: {ours.Length} and {theirs.Length} steps, last losses {ours[^1]:F6} and {theirs[^1]:F6}, " +
        $"at most {most:E1} apart");
    double[] steps = [.. Enumerable.Range(1, ours.Length).Select(step => (double)step)];
    ScottPlot.Plottables.Scatter thick = plot.Add.ScatterLine(steps, theirs);
    ScottPlot.Plottables.Scatter thin = plot.Add.ScatterLine(steps, ours, ScottPlot.Colors.Black);
    (thick.LegendText, thick.LineWidth) = ($"{args[i]}, PyTorch", 6);
    (thin.LegendText, thin.LineWidth) = ($"{args[i]}, Nabla", 1);
}
plot.XLabel("step");
plot.YLabel("loss per character");
plot.ShowLegend(ScottPlot.Alignment.UpperRight);
plot.SavePng(args[0], 800, 450);
