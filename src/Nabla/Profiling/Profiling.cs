using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>What one thread has recorded in one session.</summary>
internal sealed class ProfilerLog(Profiler session)
{
    internal readonly Profiler Session = session;
    internal readonly int Thread = Environment.CurrentManagedThreadId;
    internal readonly string? Name = System.Threading.Thread.CurrentThread.Name;

    /// <summary>Events that have ended. Guarded by itself, since an event may end on another thread.</summary>
    internal readonly List<ProfilerEvent> Ended = [];

    /// <summary>The innermost event that has not ended.</summary>
    internal ProfilerEvent? Current;

    internal long Begun;
}

/// <summary>
/// Records events. The drivers of the five kinds and the engine test <see cref="On"/> and call here where it is true; a driver's method
/// calls itself again inside the event.
/// </summary>
internal static partial class Profiling
{
    internal static bool On;
    internal static Profiler? Session;

    /// <summary>Weak, so that a thread does not keep a profile that nobody reads any more.</summary>
    [ThreadStatic] private static WeakReference<ProfilerLog>? recent;
    [ThreadStatic] private static bool inside;

    /// <summary>True if this call of a driver has no event yet.</summary>
    internal static bool Takes()
    {
        if (!inside) return true;
        inside = false;
        return false;
    }

    internal static Tensor Map<TOp>(TOp op, Tensor x) where TOp : struct, IMap<TOp>
    {
        ProfilerEvent? span = BeginOperation(OperatorNames.Of(op), [x]);
        try
        {
            inside = span is not null;
            return MapOp.Apply(op, x);
        }
        finally { End(span); }
    }

    internal static Tensor MapInPlace<TOp>(TOp op, Tensor x) where TOp : struct, IMap<TOp>
    {
        ProfilerEvent? span = BeginOperation(OperatorNames.InPlace(op), [x]);
        try
        {
            inside = span is not null;
            return MapOp.InPlace(op, x);
        }
        finally { End(span); }
    }

    internal static Tensor Zip<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IZip<TOp>
    {
        ProfilerEvent? span = BeginOperation(OperatorNames.Of(op), [x, y]);
        try
        {
            inside = span is not null;
            return ZipOp.Apply(op, x, y);
        }
        finally { End(span); }
    }

    internal static Tensor ZipInPlace<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IZip<TOp>
    {
        ProfilerEvent? span = BeginOperation(OperatorNames.InPlace(op), [x, y]);
        try
        {
            inside = span is not null;
            return ZipOp.InPlace(op, x, y);
        }
        finally { End(span); }
    }

    internal static Tensor Linear<TOp>(TOp op, Tensor x) where TOp : struct, ILinear<TOp>
    {
        ProfilerEvent? span = BeginOperation(OperatorNames.Of(op), [x]);
        try
        {
            inside = span is not null;
            return LinearOp.Apply(op, x);
        }
        finally { End(span); }
    }

    internal static Tensor Bilinear<TOp>(TOp op, Tensor x, Tensor y) where TOp : struct, IBilinear<TOp>
    {
        ProfilerEvent? span = BeginOperation(OperatorNames.Of(op), [x, y]);
        try
        {
            inside = span is not null;
            Tensor z = BilinearOp.Apply(op, x, y);
            if (span is not null && Session is { Flops: true }) span.Flops = FlopCount.Of(op, x, y, z);
            return z;
        }
        finally { End(span); }
    }

    internal static Tensor[] Op<TOp>(TOp op, ReadOnlySpan<Tensor> x) where TOp : struct, IOp<TOp>
    {
        ProfilerEvent? span = BeginOperation(OperatorNames.Of(op), x);
        try
        {
            inside = span is not null;
            Tensor[] y = Nabla.Op.Apply(op, x);
            if (span is not null && Session is { Flops: true } && x.Length == 3 && y.Length == 1)
                span.Flops = FlopCount.Of(op, x[0], x[1], x[2], y[0]);
            return y;
        }
        finally { End(span); }
    }

    /// <summary>An operation begins.</summary>
    /// <param name="name">PyTorch's name of it.</param>
    /// <param name="operands">The tensors it gets.</param>
    internal static ProfilerEvent? BeginOperation(string name, ReadOnlySpan<Tensor> operands)
    {
        if (Open($"aten::{name}", ProfilerScope.Function) is not { } e) return null;
        Profiler session = e.Log.Session;
        e.SequenceNumber = GradMode.Enabled ? Node.LastSequence + 1 : -1;
        if (session.Shapes)
        {
            Shape[] shapes = new Shape[operands.Length];
            for (int i = 0; i < shapes.Length; i++) shapes[i] = operands[i].Shape;
            e.InputShapes = shapes;
        }
        return Run(e);
    }

    /// <summary>A node's turn in a backward begins: its hooks, its rule and what becomes of the results.</summary>
    internal static ProfilerEvent? BeginNode(Node node) =>
        Open($"autograd::engine::evaluate_function: {Name(node)}", ProfilerScope.Function) is { } e ? Run(Of(e, node, turn: true))
            : null;

    /// <summary>A node's rule begins.</summary>
    internal static ProfilerEvent? BeginRule(Node node, Tensor? g, Tensor?[]? many)
    {
        if (Open(Name(node), ProfilerScope.BackwardFunction) is not { } e) return null;
        if (e.Log.Session.Shapes)
        {
            ReadOnlySpan<Tensor?> gradients = many ?? [g];
            Shape[] shapes = new Shape[gradients.Length];
            for (int i = 0; i < shapes.Length; i++) shapes[i] = gradients[i]?.Shape ?? default;
            e.InputShapes = shapes;
        }
        return Run(Of(e, node, turn: false));
    }

    internal static ProfilerEvent? BeginUser(string name, string? args)
    {
        if (Open(name, ProfilerScope.User) is not { } e) return null;
        e.Arguments = args;
        return Run(e);
    }

    internal static ProfilerEvent? BeginModule(ModuleFrame frame) =>
        Session is { Modules: true } && Open($"nn.Module: {frame.Module.GetType().Name}", ProfilerScope.Module) is { } e ? Run(e) : null;

    private static string Name(Node node) => node is AccumulateGrad ? "torch::autograd::AccumulateGrad" : node.Name;

    private static ProfilerEvent Of(ProfilerEvent e, Node node, bool turn)
    {
        (e.IsTurn, e.IsBackward) = (turn, true);
        if (node is AccumulateGrad) return e;
        e.SequenceNumber = node.Sequence;
        e.ForwardThread = node.Extra?.Thread ?? 0;
        e.Module ??= node.Extra?.Module;
        return e;
    }

    private static ProfilerEvent? Open(string name, ProfilerScope scope)
    {
        if (Session is not { } session) return null;
        if (recent is null || !recent.TryGetTarget(out ProfilerLog? log) || !ReferenceEquals(log.Session, session))
            recent = new WeakReference<ProfilerLog>(log = session.NewLog());
        ProfilerEvent? parent = log.Current;
        // One that ended on another thread is still here.
        while (parent is { HasEnded: true }) parent = parent.Outer;
        ProfilerEvent e = new(name, scope, log, parent, log.Begun++);
        if (session.Modules) e.Module = ModuleScope.Current ?? parent?.Module;
        if (parent is not null && parent.IsBackward) e.IsBackward = true;
        // Operations of a backward show the place that called the operation whose rule they belong to.
        else if (session.Stacks && scope != ProfilerScope.Module) e.Stack = Frames();
        return e;
    }

    private static string[] Frames() =>
        [.. Anomaly.Site().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(static frame => frame.StartsWith("at ", StringComparison.Ordinal) ? frame[3..] : frame)];

    private static ProfilerEvent Run(ProfilerEvent e)
    {
        e.Log.Current = e;
        e.FirstNode = Node.LastSequence + 1;
        e.AllocatedBefore = TensorMemory.AllocatedBytes;
        e.Start = Stopwatch.GetTimestamp();
        return e;
    }

    /// <summary>An event ends; nothing happens if there is none, or if it has ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void End(ProfilerEvent? e)
    {
        if (e is not null) Close(e);
    }

    private static void Close(ProfilerEvent e)
    {
        if (e.HasEnded) return;
        long now = Stopwatch.GetTimestamp();
        inside = false;
        ProfilerLog own = e.Log;
        e.IsAsync = own.Thread != Environment.CurrentManagedThreadId;
        if (!e.IsAsync)
        {
            e.LastNode = Node.LastSequence;
            if (own.Session.Memory) e.CpuMemoryUsage = TensorMemory.AllocatedBytes - e.AllocatedBefore;
            // What an exception left open inside ends here as well.
            for (ProfilerEvent? inner = own.Current; inner is not null && !ReferenceEquals(inner, e); inner = inner.Outer)
                if (!inner.HasEnded) inner.Finish(now);
            own.Current = e.Outer;
        }
        e.Finish(now);
    }
}
