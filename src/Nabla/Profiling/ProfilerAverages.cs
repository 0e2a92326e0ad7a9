using System.Collections;
using System.Diagnostics;

namespace Nabla;

/// <summary>Events of a profile that count as one row of its table. Times are in microseconds.</summary>
[DebuggerDisplay("{Key,nq} {Count} calls, {SelfCpuTimeTotal} us")]
public sealed class ProfilerAverage
{
    internal ProfilerAverage(string key, List<ProfilerEvent> events, bool shapes = false, int stack = 0)
    {
        (Key, Count) = (key, events.Count);
        foreach (ProfilerEvent e in events)
        {
            TotalNs += e.TotalNs;
            SelfNs += e.SelfNs;
            CpuMemoryUsage += e.CpuMemoryUsage;
            SelfCpuMemoryUsage += e.SelfCpuMemoryUsage;
            Flops += e.Flops;
            IsAsync |= e.IsAsync;
        }
        if (events.Count == 0) return;
        Scope = events[0].Scope;
        IsTopLevel = events[0].Parent is null;
        if (shapes) InputShapes = events[0].InputShapes;
        if (stack > 0) Stack = [.. events[0].Stack.Take(stack)];
    }

    /// <summary>The name that the events have in common.</summary>
    public string Key { get; }

    /// <summary>How many events there are.</summary>
    public int Count { get; }

    /// <summary>What the first event is.</summary>
    public ProfilerScope Scope { get; }

    /// <summary>The time from their beginnings to their ends.</summary>
    public double CpuTimeTotal => TotalNs / 1000.0;

    /// <summary>The same without the events inside them.</summary>
    public double SelfCpuTimeTotal => SelfNs / 1000.0;

    /// <summary>The time of one event in the mean.</summary>
    public double CpuTime => Count == 0 ? 0 : CpuTimeTotal / Count;

    /// <summary>The bytes of tensors that were allocated, if the profile counts them; else 0.</summary>
    public long CpuMemoryUsage { get; }

    /// <summary>The same without the events inside them.</summary>
    public long SelfCpuMemoryUsage { get; }

    /// <summary>The multiplications and additions of matrix products and convolutions, if the profile counts them; else 0.</summary>
    public long Flops { get; }

    /// <summary>The shapes of the operands, if rows differ by them; else empty.</summary>
    public IReadOnlyList<Shape> InputShapes { get; } = [];

    /// <summary>The calls that led to the events, the innermost first, if rows differ by them; else empty.</summary>
    public IReadOnlyList<string> Stack { get; } = [];

    internal long TotalNs { get; }
    internal long SelfNs { get; }
    internal bool IsAsync { get; }
    internal bool IsTopLevel { get; }

    /// <summary>The name, the number of calls and the times.</summary>
    public override string ToString() =>
        $"<{Key} count={Count} self_cpu_time={ProfilerTable.Time(SelfCpuTimeTotal)} cpu_time={ProfilerTable.Time(CpuTime)}>";
}

/// <summary>The rows of a profile's table, in the order in which their first events began.</summary>
public sealed class ProfilerAverages : IReadOnlyList<ProfilerAverage>
{
    private readonly Profiler profiler;
    private readonly ProfilerAverage[] rows;

    internal ProfilerAverages(Profiler profiler, ProfilerAverage[] rows) => (this.profiler, this.rows) = (profiler, rows);

    /// <summary>How many rows there are.</summary>
    public int Count => rows.Length;

    /// <summary>A row.</summary>
    public ProfilerAverage this[int index] => rows[index];

    /// <summary>The first row with a name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public ProfilerAverage this[string key] => Array.Find(rows, row => row.Key == key)
        ?? throw new KeyNotFoundException($"The profile has no event '{key}'.");

    /// <summary>The time of all events without those inside them, in microseconds.</summary>
    public double SelfCpuTimeTotal => rows.Sum(static row => row.SelfNs) / 1000.0;

    /// <summary>The rows as a table, laid out as PyTorch's: name, time without and with the events inside, in microseconds (us),
    /// milliseconds or seconds and as share of the whole, mean time of a call, bytes if counted, calls, then shapes, calls of the program
    /// and floating-point operations if they were asked for.</summary>
    /// <param name="sortBy">The figure by which rows are sorted, the largest first: <c>self_cpu_time_total</c>, <c>cpu_time_total</c>,
    /// <c>cpu_time</c> (the mean), <c>self_cpu_memory_usage</c>, <c>cpu_memory_usage</c>, <c>count</c> or <c>flops</c>; null for the order
    /// of beginning.</param>
    /// <param name="rowLimit">How many rows are shown; -1 for all. The sums count all.</param>
    /// <param name="maxSrcColumnWidth">The width at which calls are cut at their beginning.</param>
    /// <param name="maxNameColumnWidth">The width at which names are cut.</param>
    /// <param name="maxShapesColumnWidth">The width at which shapes are cut.</param>
    /// <param name="header">A line above the table.</param>
    /// <param name="topLevelEventsOnly">Leave out rows whose first event lies inside another.</param>
    /// <exception cref="ArgumentException">There is no such figure.</exception>
    public string Table(string? sortBy = null, int rowLimit = 100, int maxSrcColumnWidth = 75, int maxNameColumnWidth = 55,
        int maxShapesColumnWidth = 80, string? header = null, bool topLevelEventsOnly = false) =>
        new ProfilerTable(ProfilerTable.Sort(rows, sortBy), profiler.Memory, profiler.Flops, maxSrcColumnWidth, maxNameColumnWidth,
            maxShapesColumnWidth).Write(rowLimit, header, topLevelEventsOnly);

    /// <summary>The table.</summary>
    public override string ToString() => Table();

    /// <inheritdoc/>
    public IEnumerator<ProfilerAverage> GetEnumerator() => ((IEnumerable<ProfilerAverage>)rows).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => rows.GetEnumerator();
}
