using System.Diagnostics;

namespace Nabla;

/// <summary>
/// Records what the program computes, on all threads, from <see cref="Start"/> until it is disposed: each operation, each node of a
/// backward, each part that <see cref="RecordFunction(string, string?)"/> names; with the time and, if wanted, the memory, shapes, modules,
/// calls and floating-point operations of each.
/// </summary>
/// <remarks>
/// <para>Names are PyTorch's. A node's turn in a backward is <c>autograd::engine::evaluate_function: MmBackward0</c>; inside it is the
/// node's rule, <c>MmBackward0</c>, and inside that are the operations of the rule. Operations that are compositions of others show as
/// those. Results can be read at any time; events that have not ended are not in them.</para>
/// <para>Where no profiler runs, an operation tests one flag.</para>
/// </remarks>
/// <example><code>
/// using Profiler profiler = Profiler.Start(profileMemory: true);
/// using (Profiler.RecordFunction("step")) loss.Backward();
/// profiler.Dispose();
/// Console.WriteLine(profiler.KeyAverages().Table(sortBy: "self_cpu_time_total", rowLimit: 10));
/// profiler.ExportChromeTrace("trace.json"); // open it in https://ui.perfetto.dev or chrome://tracing
/// </code></example>
public sealed partial class Profiler : IDisposable
{
    private static readonly Lock Gate = new();

    private readonly List<ProfilerLog> logs = [];
    private readonly long started;
    private bool closed;

    private Profiler(bool shapes, bool memory, bool stacks, bool modules, bool flops)
    {
        (Shapes, Memory, Stacks, Modules, Flops) = (shapes, memory, stacks, modules, flops);
        StartedAt = DateTimeOffset.UtcNow;
        started = Stopwatch.GetTimestamp();
    }

    internal bool Shapes { get; }
    internal bool Memory { get; }
    internal bool Stacks { get; }
    internal bool Modules { get; }
    internal bool Flops { get; }
    internal DateTimeOffset StartedAt { get; }

    /// <summary>Begins to record. Dispose the profiler to end it; one at a time runs in a process.</summary>
    /// <param name="recordShapes">Note the shapes of operands.</param>
    /// <param name="profileMemory">Count the bytes of tensors that operations allocate. What the garbage collector frees is not
    /// counted.</param>
    /// <param name="withStack">Note the calls of the program that lead to each operation. Slow.</param>
    /// <param name="withModules">Note the modules' calls: each is an event, and events know the path of the module they ran in.</param>
    /// <param name="withFlops">Count the multiplications and additions of matrix products and convolutions.</param>
    /// <exception cref="AutogradException">A profiler runs already.</exception>
    public static Profiler Start(bool recordShapes = false, bool profileMemory = false, bool withStack = false, bool withModules = false,
        bool withFlops = false)
    {
        lock (Gate)
        {
            if (Profiling.Session is not null)
                Throw.Graph("Profiler is already enabled: one runs in a process at a time. Dispose the one that runs first.");
            Profiler profiler = new(recordShapes, profileMemory, withStack, withModules, withFlops);
            Profiling.Session = profiler;
            Profiling.On = true;
            if (profileMemory) TensorMemory.BeginCountingAll();
            if (withModules) ModuleScope.Want(true);
            NodeWatch.Update();
            return profiler;
        }
    }

    /// <summary>True while a profiler runs.</summary>
    public static bool IsEnabled => Profiling.On;

    /// <summary>Marks a part of the program until the result is disposed, as an event that holds those inside it. Does nothing and costs
    /// nothing while no profiler runs.</summary>
    /// <param name="name">What the event is called.</param>
    /// <param name="args">What else to say; the trace shows it.</param>
    public static RecordedFunction RecordFunction(string name, string? args = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new RecordedFunction(Profiling.On ? Profiling.BeginUser(name, args) : null);
    }

    /// <summary>Runs a function as an event with a name; see the other overload.</summary>
    /// <param name="name">What the event is called.</param>
    /// <param name="body">What to run.</param>
    public static void RecordFunction(string name, Action body)
    {
        ArgumentNullException.ThrowIfNull(body);
        using RecordedFunction function = RecordFunction(name);
        body();
    }

    /// <summary>Runs a function as an event with a name; see the other overload.</summary>
    /// <param name="name">What the event is called.</param>
    /// <param name="body">What to run.</param>
    /// <returns>What it returns.</returns>
    public static T RecordFunction<T>(string name, Func<T> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        using RecordedFunction function = RecordFunction(name);
        return body();
    }

    /// <summary>Ends the record. Disposing again does nothing.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            if (closed) return;
            closed = true;
            Profiling.On = false;
            Profiling.Session = null;
            if (Memory) TensorMemory.EndCountingAll();
            if (Modules) ModuleScope.Want(false);
            NodeWatch.Update();
        }
    }

    /// <summary>The events that have ended, in the order of their beginning.</summary>
    public IReadOnlyList<ProfilerEvent> Events => Snapshot();

    /// <summary>The time of all events without those inside them, in microseconds: the time in which anything was recorded, once per
    /// thread.</summary>
    public double SelfCpuTimeTotal => Snapshot().Sum(static e => e.SelfNs) / 1000.0;

    /// <summary>All events together, as one row named Total.</summary>
    public ProfilerAverage TotalAverage => new("Total", Snapshot());

    /// <summary>The events summed by name.</summary>
    /// <param name="groupByInputShape">Events with different shapes of operands are different.</param>
    /// <param name="groupByStackN">Events are different if this many calls that led to them differ; 0 for none.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="groupByStackN"/> is negative.</exception>
    public ProfilerAverages KeyAverages(bool groupByInputShape = false, int groupByStackN = 0)
    {
        if (groupByStackN < 0) Throw.Range(nameof(groupByStackN), groupByStackN, "groupByStackN must not be negative: it counts calls.");
        Dictionary<string, List<ProfilerEvent>> groups = [];
        List<List<ProfilerEvent>> order = [];
        foreach (ProfilerEvent e in Snapshot())
        {
            string key = $"{e.Name}\n{e.Scope == ProfilerScope.User}";
            if (groupByInputShape) key += $"\n{string.Join(", ", e.InputShapes)}";
            if (groupByStackN > 0) key += $"\n{string.Join("\n", e.Stack.Take(groupByStackN))}";
            if (!groups.TryGetValue(key, out List<ProfilerEvent>? group))
            {
                groups.Add(key, group = []);
                order.Add(group);
            }
            group.Add(e);
        }
        return new(this, [.. order.Select(g => new ProfilerAverage(g[0].Name, g, groupByInputShape, groupByStackN))]);
    }

    /// <summary>The events, each by itself, as a table; see <see cref="ProfilerAverages.Table"/>.</summary>
    /// <param name="sortBy">The figure by which rows are sorted, the largest first; null for the order of beginning.</param>
    /// <param name="rowLimit">How many rows; -1 for all.</param>
    /// <param name="header">A line above the table.</param>
    /// <param name="topLevelEventsOnly">Leave out events inside others.</param>
    /// <exception cref="ArgumentException">There is no such figure.</exception>
    public string Table(string? sortBy = null, int rowLimit = 100, string? header = null, bool topLevelEventsOnly = false) =>
        new ProfilerAverages(this, [.. Snapshot().Select(static e => new ProfilerAverage(e.Name, [e], true, int.MaxValue))])
            .Table(sortBy, rowLimit, header: header, topLevelEventsOnly: topLevelEventsOnly);

    internal ProfilerLog NewLog()
    {
        ProfilerLog log = new(this);
        lock (logs) logs.Add(log);
        return log;
    }

    internal long Nanoseconds(long timestamp) => (long)((Int128)(timestamp - started) * 1_000_000_000 / Stopwatch.Frequency);

    /// <summary>The names of the threads that have events.</summary>
    internal List<(int Thread, string? Name)> Threads()
    {
        lock (logs) return [.. logs.Select(static log => (log.Thread, log.Name)).DistinctBy(static log => log.Thread)];
    }

    internal List<ProfilerEvent> Snapshot()
    {
        lock (logs)
        {
            List<ProfilerEvent> events = [];
            foreach (ProfilerLog log in logs)
                lock (log.Ended) events.AddRange(log.Ended);
            events.RemoveAll(static e => e.IsDropped);
            // On a thread an event begins after those around it, at the same time or later.
            events.Sort(static (a, b) => (a.Start, a.Thread, a.Order).CompareTo((b.Start, b.Thread, b.Order)));
            for (int i = 0; i < events.Count; i++) events[i].Id = i + 1;
            ProfilerEvent.Sum(events);
            if (Stacks) CopyStacks(events);
            return events;
        }
    }

    /// <summary>Events of a backward get the calls that led to the operation whose rule it is.</summary>
    private static void CopyStacks(List<ProfilerEvent> events)
    {
        Dictionary<(int, long), ProfilerEvent> makers = Makers(events);
        foreach (ProfilerEvent e in events)
        {
            if (!e.IsBackward || e.Stack.Count > 0) continue;
            ProfilerEvent? rule = e;
            while (rule is { ForwardThread: 0 }) rule = rule.Parent;
            if (rule is not null && makers.TryGetValue((rule.ForwardThread, rule.SequenceNumber), out ProfilerEvent? maker))
                e.Stack = maker.Stack;
        }
    }

    /// <summary>The innermost event in which each node was made, by thread and sequence number.</summary>
    internal static Dictionary<(int Thread, long Sequence), ProfilerEvent> Makers(List<ProfilerEvent> events)
    {
        Dictionary<(int, long), ProfilerEvent> makers = [];
        for (int i = events.Count - 1; i >= 0; i--)
        {
            ProfilerEvent e = events[i];
            if (e.Scope != ProfilerScope.Function || e.IsTurn) continue;
            for (long n = e.FirstNode; n <= e.LastNode; n++) makers.TryAdd((e.Thread, n), e);
        }
        return makers;
    }
}

/// <summary>A part of the program that has a name in the profile, until it is disposed.</summary>
public readonly struct RecordedFunction : IDisposable
{
    private readonly ProfilerEvent? span;

    internal RecordedFunction(ProfilerEvent? span) => this.span = span;

    /// <summary>The part ends here. It may end on another thread than it began on.</summary>
    public void Dispose() => Profiling.End(span);
}
