using System.Text.Json;
using Nabla.Optim;

namespace Nabla.Conformance;

/// <summary>Recorded schedules: learning rates, and momenta, of two groups after each step.</summary>
internal static class ScheduleRuns
{
    private const double Tolerance = 1e-9;

    internal static IEnumerable<string> Differences(JsonElement run)
    {
        double[] bases = Doubles(run.GetProperty("base_lrs"));
        Tensor[] parameters = [.. bases.Select(static _ => Tensor.Zeros([1], DType.Float64, requiresGrad: true))];
        SGD optimizer = new(parameters.Zip(bases, static (p, lr) => new ParamGroup([p]) { ["lr"] = lr }), momentum: 0.9);
        LRScheduler scheduler = Make(run, optimizer);
        double[][] lrs = Rows(run, "lrs")!;
        double[][]? momenta = Rows(run, "momenta");
        double[]? metrics = run.TryGetProperty("metrics", out JsonElement m) ? Doubles(m) : null;
        for (int n = 0; n < lrs.Length; n++)
        {
            if (n > 0) Step(optimizer, scheduler, metrics?[n - 1]);
            for (int i = 0; i < lrs[n].Length; i++)
            {
                double lr = optimizer.ParamGroups[i].Lr;
                if (!Near(lr, lrs[n][i])) yield return $"lr of group {i} after {n} steps is {lr:R}, expected {lrs[n][i]:R}";
                if (!scheduler.GetLastLr()[i].Equals(lr)) yield return $"GetLastLr {i} after {n} steps is {scheduler.GetLastLr()[i]:R}";
                if (momenta is null) continue;
                double momentum = (double)optimizer.ParamGroups[i]["momentum"]!;
                if (!Near(momentum, momenta[n][i]))
                    yield return $"momentum of group {i} after {n} steps is {momentum:R}, expected {momenta[n][i]:R}";
            }
        }
    }

    private static void Step(SGD optimizer, LRScheduler scheduler, double? metric)
    {
        optimizer.Step();
        if (metric is { } value) ((ReduceLROnPlateau)scheduler).Step(value);
        else scheduler.Step();
    }

    private static bool Near(double x, double y) => Math.Abs(x - y) <= Tolerance * Math.Abs(y) + 1e-16;

    private static LRScheduler Make(JsonElement run, Optimizer optimizer)
    {
        string name = run.GetProperty("name").GetString()!;
        JsonElement kwargs = run.TryGetProperty("kwargs", out JsonElement given) ? given : default;
        if (!run.TryGetProperty("parts", out JsonElement parts)) return Constructor.Call<LRScheduler>(name, kwargs, optimizer);
        LRScheduler[] inner = [.. parts.EnumerateArray().Select(part => Make(part, optimizer))];
        return name == "ChainedScheduler" ? new ChainedScheduler(inner, optimizer)
            : new SequentialLR(optimizer, inner, run.GetProperty("milestones").EnumerateArray().Select(static x => x.GetInt64()));
    }

    private static double[] Doubles(JsonElement list) => [.. list.EnumerateArray().Select(static x => x.GetDouble())];

    private static double[][]? Rows(JsonElement run, string name) =>
        run.TryGetProperty(name, out JsonElement rows) ? [.. rows.EnumerateArray().Select(Doubles)] : null;
}
