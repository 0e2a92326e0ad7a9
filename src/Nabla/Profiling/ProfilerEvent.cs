using System.Diagnostics;

namespace Nabla;

/// <summary>What an event of a profile is.</summary>
public enum ProfilerScope
{
    /// <summary>An operation, or a node's turn in a backward.</summary>
    Function,
    /// <summary>A node's rule.</summary>
    BackwardFunction,
    /// <summary>What <see cref="Profiler.RecordFunction(string, string?)"/> marks.</summary>
    User,
    /// <summary>A module's call.</summary>
    Module,
}

/// <summary>One call of an operation, of a node's rule, of a module, or of a part of the program that has a name.</summary>
[DebuggerDisplay("{Name,nq} {CpuTimeTotal} us")]
public sealed class ProfilerEvent
{
    internal readonly ProfilerLog Log;

    /// <summary>The event around this one, which may have been left out since.</summary>
    internal readonly ProfilerEvent? Outer;

    internal readonly long Order;

    internal long Start, End;

    /// <summary>The sequence numbers of the nodes made in this event.</summary>
    internal long FirstNode, LastNode = -1;

    internal long AllocatedBefore;
    internal bool IsBackward;

    /// <summary>A node's turn in a backward.</summary>
    internal bool IsTurn;

    internal ModuleFrame? Module;

    private long innerTime, innerMemory;
    private int innerCount;
    private ProfilerEvent? inner;
    private volatile bool ended;
    private bool dropped;

    internal ProfilerEvent(string name, ProfilerScope scope, ProfilerLog log, ProfilerEvent? outer, long order)
    {
        (Name, Scope, Log, Outer, Order) = (name, scope, log, outer, order);
    }

    /// <summary>The event's number in the profile.</summary>
    public long Id { get; internal set; }

    /// <summary>The operation's name as PyTorch has it, such as <c>aten::mm</c>; the node's; or the name that was given.</summary>
    public string Name { get; }

    /// <summary>What the event is.</summary>
    public ProfilerScope Scope { get; }

    /// <summary>The managed thread on which it ran.</summary>
    public int Thread => Log.Thread;

    /// <summary>Of a node's turn or rule: the thread that recorded the node; 0 if that was before the profile, and for all other
    /// events.</summary>
    public int ForwardThread { get; internal set; }

    /// <summary>
    /// Of an operation: the <see cref="Node.SequenceNumber"/> that the next recorded node has; of a node's turn or rule: the node's own.
    /// With the thread it leads from an operation to its part of the backward. -1 if there is none.
    /// </summary>
    public long SequenceNumber { get; internal set; } = -1;

    /// <summary>The shapes of the operands, if the profile records them; else empty.</summary>
    public IReadOnlyList<Shape> InputShapes { get; internal set; } = [];

    /// <summary>The calls of the program that led here, the innermost first, if the profile records them. In a backward, those that led
    /// to the operation whose rule it is.</summary>
    public IReadOnlyList<string> Stack { get; internal set; } = [];

    /// <summary>The multiplications and additions of matrix products and convolutions, if the profile counts them; else 0.</summary>
    public long Flops { get; internal set; }

    /// <summary>The names of the modules around it, with dots between; empty outside modules, and unless the profile records
    /// them.</summary>
    public string ModulePath => Module?.Path ?? "";

    /// <summary>What was said beside the name.</summary>
    public string? Arguments { get; internal set; }

    /// <summary>True if it ended on another thread than it began on; it has no time of its own then.</summary>
    public bool IsAsync { get; internal set; }

    /// <summary>The event around this one on its thread; null if there is none, or if it has not ended.</summary>
    public ProfilerEvent? Parent
    {
        get
        {
            ProfilerEvent? e = Outer;
            while (e is not null && (e.dropped || e.IsAsync)) e = e.Outer;
            return e is { HasEnded: true } ? e : null;
        }
    }

    /// <summary>When it began, in microseconds since the profile did.</summary>
    public double StartTime => StartNs / 1000.0;

    /// <summary>How long it took, in microseconds.</summary>
    public double CpuTimeTotal => TotalNs / 1000.0;

    /// <summary>The same without the events inside it.</summary>
    public double SelfCpuTimeTotal => SelfNs / 1000.0;

    /// <summary>The bytes of tensors that were allocated, if the profile counts them; else 0.</summary>
    public long CpuMemoryUsage { get; internal set; }

    /// <summary>The same without the events inside it.</summary>
    public long SelfCpuMemoryUsage => CpuMemoryUsage - innerMemory;

    internal bool HasEnded => ended;
    internal bool IsDropped => dropped;
    internal long StartNs => Log.Session.Nanoseconds(Start);
    internal long TotalNs => Log.Session.Nanoseconds(End) - StartNs;
    internal long SelfNs => IsAsync ? 0 : TotalNs - innerTime;

    /// <summary>The event has ended: it counts in the one around it.</summary>
    internal void Finish(long now)
    {
        End = now;
        Collapse();
        if (!IsAsync && Outer is { HasEnded: false } around) around.inner = ++around.innerCount == 1 ? this : null;
        ended = true;
        lock (Log.Ended) Log.Ended.Add(this);
    }

    /// <summary>Sums what the events inside each of these took. An event stands before those inside it.</summary>
    internal static void Sum(List<ProfilerEvent> events)
    {
        foreach (ProfilerEvent e in events) (e.innerTime, e.innerMemory) = (0, 0);
        for (int i = events.Count - 1; i >= 0; i--)
        {
            if (events[i] is not { IsAsync: false, Parent: { } around } e) continue;
            around.innerTime += e.TotalNs;
            around.innerMemory += e.CpuMemoryUsage;
        }
    }

    /// <summary>An operation that does nothing but call itself, as inside a transform, is one event.</summary>
    private void Collapse()
    {
        if (inner is not { } only || only.Name != Name || only.Scope != Scope) return;
        only.dropped = true;
        (innerCount, inner) = (only.innerCount, only.inner);
        if (Flops == 0) Flops = only.Flops;
    }

    /// <summary>The name, the time and the thread.</summary>
    public override string ToString() =>
        $"<{Name} id={Id} cpu_time={ProfilerTable.Time(CpuTimeTotal)} thread={Thread} seq_nr={SequenceNumber}>";
}
