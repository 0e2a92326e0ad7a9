using System.Globalization;
using System.Text.Json;
using Nabla.Optim;

namespace Nabla.Conformance;

/// <summary>One recorded run of an optimizer or a schedule: what it is, and where it differs.</summary>
public sealed record OptimResult(string Name, string Call, IReadOnlyList<string> Differences);

/// <summary>Recorded runs of optimizers: losses, parameters after each step, and the state at the end.</summary>
public static class OptimizerRuns
{
    /// <summary>True if the data has such runs.</summary>
    public static bool In(Archive data) => data.Contains("optim/optimizers.json");

    /// <summary>Runs every optimizer and schedule of the data that is chosen by its class.</summary>
    public static IEnumerable<OptimResult> Run(Archive data, Func<string, bool> chooses)
    {
        using JsonDocument optimizers = JsonDocument.Parse(data.Read("optim/optimizers.json"));
        JsonElement problem = optimizers.RootElement.GetProperty("problem");
        foreach (JsonElement run in optimizers.RootElement.GetProperty("runs").EnumerateArray())
        {
            string name = run.GetProperty("optimizer").GetString()!;
            if (chooses(name)) yield return new(name, Describe(run), Caught(() => new Problem(problem, run).Differences()));
        }
        using JsonDocument schedules = JsonDocument.Parse(data.Read("optim/schedulers.json"));
        foreach (JsonElement run in schedules.RootElement.GetProperty("runs").EnumerateArray())
        {
            string name = run.GetProperty("name").GetString()!;
            if (chooses(name)) yield return new(name, Describe(run), Caught(() => ScheduleRuns.Differences(run)));
        }
    }

    private static string Describe(JsonElement run) => string.Join(' ', run.EnumerateObject()
        .Where(static p => p.Name is "kwargs" or "second_group" or "milestones" or "parts").Select(static p => p.Value.GetRawText()));

    private static List<string> Caught(Func<IEnumerable<string>> run)
    {
        try { return [.. run().Take(5)]; }
        catch (Exception e) { return [$"{e.GetType().Name}: {e.Message}"]; }
    }

    internal static bool Near(double actual, double expected, double tolerance) => actual.Equals(expected)
        || Math.Abs(actual - expected) <= tolerance * Math.Max(Math.Abs(expected), 1e-3);

    /// <summary>The recorded function of four variables in two parameters, and an optimizer on it.</summary>
    private sealed class Problem
    {
        private readonly JsonElement problem, run;
        private readonly Tensor p, q;
        private readonly Optimizer optimizer;
        private readonly double tolerance;

        internal Problem(JsonElement problem, JsonElement run)
        {
            (this.problem, this.run) = (problem, run);
            double[] start = Doubles(problem.GetProperty("start"));
            p = Tensor.From(start.AsSpan(0, 2), [2], requiresGrad: true);
            q = Tensor.From(start.AsSpan(2, 2), [1, 2], requiresGrad: true);
            string name = run.GetProperty("optimizer").GetString()!;
            tolerance = name == "LBFGS" ? 1e-6 : 1e-9;
            List<ParamGroup> groups = [new([p, q])];
            if (run.TryGetProperty("second_group", out JsonElement options))
            {
                groups = [new([p]), new([q])];
                foreach (JsonProperty option in options.EnumerateObject()) groups[1][option.Name] = Plain(option.Value);
            }
            optimizer = Constructor.Call<Optimizer>(name, run.GetProperty("kwargs"), groups);
        }

        private static object? Plain(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.True or JsonValueKind.False => value.GetBoolean(),
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Array => value.EnumerateArray().Select(Plain).ToArray(),
            _ => null,
        };

        private static double[] Doubles(JsonElement list) => [.. list.EnumerateArray().Select(static x =>
            x.ValueKind == JsonValueKind.Number ? x.GetDouble() : double.Parse(x.GetString()!, CultureInfo.InvariantCulture))];

        private Tensor Loss()
        {
            double a = problem.GetProperty("a").GetDouble(), scale = problem.TryGetProperty("scale", out JsonElement s) ? s.GetDouble() : 1;
            Tensor x = Tensor.Cat([p, q.View([2])]), head = x[..3], tail = x[1..];
            Tensor f = (a * (tail - head.Square()).Square() + (1 - head).Square()).Sum();
            return scale == 1 ? f : f * scale;
        }

        private Tensor Closure()
        {
            optimizer.ZeroGrad();
            Tensor loss = Loss();
            loss.Backward();
            return loss;
        }

        internal IEnumerable<string> Differences()
        {
            double[] losses = Doubles(run.GetProperty("losses"));
            for (int n = 0; n < losses.Length; n++)
            {
                double loss = optimizer.Step(Closure).Item();
                if (!Near(loss, losses[n], tolerance)) yield return $"loss {n} is {loss:R}, expected {losses[n]:R}";
                double[] expected = Doubles(run.GetProperty("parameters")[n]), actual = [.. Values(p), .. Values(q)];
                for (int i = 0; i < expected.Length; i++)
                    if (!Near(actual[i], expected[i], tolerance))
                        yield return $"parameter {i} after step {n} is {actual[i]:R}, expected {expected[i]:R}";
            }
            if (!run.TryGetProperty("final_state", out JsonElement states)) yield break;
            foreach ((string name, Tensor parameter) in new[] { ("p", p), ("q", q) })
            {
                IReadOnlyDictionary<string, object?> state = optimizer.State.TryGetValue(parameter, out ParamState? found) ? found
                    : new Dictionary<string, object?>();
                if (state.Count != states.GetProperty(name).EnumerateObject().Count())
                    yield return $"state of {name} has {string.Join(", ", state.Keys)}";
                foreach (JsonProperty entry in states.GetProperty(name).EnumerateObject())
                {
                    double[] expected = Doubles(entry.Value);
                    double[] actual = state.TryGetValue(entry.Name, out object? value) && value is Tensor t ? Values(t) : [];
                    if (actual.Length != expected.Length || !actual.Zip(expected, (x, y) => Near(x, y, tolerance)).All(static same => same))
                        yield return $"{entry.Name} of {name} is [{string.Join(", ", actual)}], expected [{string.Join(", ", expected)}]";
                }
            }
        }

        private static double[] Values(Tensor t) => t.Detach().To(DType.Float64).ToArray<double>();
    }
}
