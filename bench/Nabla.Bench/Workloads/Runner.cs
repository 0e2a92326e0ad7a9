using System.Diagnostics;
using System.Globalization;

namespace Nabla.Bench;

/// <summary>Times workloads, each a setup that runs once and returns the step to time, and prints one JSON line for each.</summary>
internal sealed class Runner
{
    private readonly HashSet<string> only;
    private readonly double seconds;
    private readonly bool scoped;
    private readonly List<(string Name, double Median, Need Need)> done = [];
    private readonly List<string> names = [];

    /// <param name="only">The names of the workloads to run; none for all.</param>
    /// <param name="seconds">How long to repeat each.</param>
    /// <param name="scoped">Give memory back after each step, as the other side does with a DisposeScope.</param>
    internal Runner(IEnumerable<string> only, double seconds, bool scoped)
    {
        this.scoped = scoped;
        this.only = [.. only];
        this.seconds = seconds;
    }

    /// <summary>Every workload's name, run or not.</summary>
    internal IReadOnlyList<string> Names => names;

    internal void Add(string name, Need need, Func<Action> setup)
    {
        names.Add(name);
        if (only.Count > 0 && !only.Contains(name)) return;
        Action step = setup();
        for (int i = 0; i < 3; i++) Step(step);
        List<double> times = [];
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds || times.Count < 5)
        {
            long one = Stopwatch.GetTimestamp();
            Step(step);
            times.Add(Stopwatch.GetElapsedTime(one).TotalMilliseconds);
        }
        times.Sort();
        double median = times[times.Count / 2];
        done.Add((name, median, need));
        using Process self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{{\"workload\":\"{name}\",\"median_ms\":{median:F5}," +
            $"\"min_ms\":{times[0]:F5},\"runs\":{times.Count},\"peak_rss_mb\":{self.PeakWorkingSet64 / 1e6:F0}}}"));
    }

    private void Step(Action step)
    {
        using TensorScope? scope = scoped ? Tensor.Scope() : null;
        step();
    }

    /// <summary>Each workload's share of what the machine could do at most.</summary>
    internal void PrintShares(Machine machine)
    {
        Console.WriteLine(machine);
        Console.WriteLine(TensorMemory.Summary());
        foreach ((string name, double median, Need need) in done)
        {
            double least = need.Milliseconds(machine);
            if (least > 0) Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-44}{median,10:F3} ms, least {least,9:F3} ms, {100 * least / median,4:F0} % of the limit"));
        }
    }
}
