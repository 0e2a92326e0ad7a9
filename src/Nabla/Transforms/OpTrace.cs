using Nabla.Nn;

namespace Nabla;

/// <summary>
/// A record of the operations that a function executes, made by running it once on tensors that live in a transform of its own: views and
/// in-place writes come out as operations without either. Each call knows the module it ran in.
/// </summary>
internal sealed class OpTrace
{
    [ThreadStatic] private static OpTrace? current;
    private static int open;

    /// <summary>A trace runs somewhere in the process: before that, nobody need look at their thread.</summary>
    internal static bool On;

    internal readonly Frame Frame;
    internal readonly List<TraceCall> Calls = [];
    private readonly Dictionary<object, string> paths = new(ReferenceEqualityComparer.Instance);
    private readonly List<Tensor> followed = [];
    private readonly Dictionary<Tensor, (TraceValue Value, int Version)> constants = new(ReferenceEqualityComparer.Instance);

    /// <summary>Data that lies in a storage, so that it can be copied before somebody writes there.</summary>
    private readonly Dictionary<Storage, List<TraceValue>> shared = new(ReferenceEqualityComparer.Instance);

    private OpTrace(Frame frame, Module root)
    {
        Frame = frame;
        string type = root.GetType().Name;
        foreach ((string name, Module module) in root.NamedModules()) paths[module] = name.Length == 0 ? type : $"{type}.{name}";
        Path = type;
    }

    /// <summary>The trace that this thread's operations belong to.</summary>
    internal static OpTrace? Current => current;

    /// <summary>The path of the module that runs: the root's type, then the names of the state dict. A module that is nowhere in the root
    /// counts as part of the one that called it.</summary>
    internal string Path
    {
        get
        {
            for (ModuleFrame? call = ModuleScope.Current; call is not null; call = call.Parent)
                if (paths.TryGetValue(call.Module, out string? path)) return path;
            return field;
        }
    }

    /// <summary>
    /// Runs a module's call with its parameters and buffers traced. It is afterwards as before.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="inputs">The inputs, in the order in which <paramref name="call"/> takes them.</param>
    /// <param name="call">Calls the module with traced inputs.</param>
    /// <param name="outputs">The values of what the call returned.</param>
    internal static OpTrace Run(Module module, Tensor[] inputs, Func<Tensor[], Tensor[]> call, out TraceValue[] outputs)
    {
        Frame frame = Frame.Enter(Frame.Kind.Trace);
        OpTrace trace = new(frame, module);
        OpTrace? before = current;
        (string Name, Slot Slot, Tensor Own)[] places = [.. module.NamedSlots("", recurse: true, removeDuplicate: false)
            .Select(static s => (s.Name, s.Slot, (Tensor)s.Slot.Value!))];
        bool mode = GradMode.Exchange(false);
        ModuleScope.Want(true);
        On = Interlocked.Increment(ref open) > 0;
        try
        {
            Dictionary<Tensor, Tensor> traced = new(ReferenceEqualityComparer.Instance);
            foreach ((string name, Slot slot, Tensor own) in places)
            {
                if (!traced.TryGetValue(own, out Tensor? t)) traced[own] = t = trace.Named(own, name, slot.Buffer);
                slot.Put(t);
            }
            Tensor[] x = new Tensor[inputs.Length];
            for (int i = 0; i < x.Length; i++)
                x[i] = trace.Wrap(inputs[i].Detach().Clone(), new(inputs[i].Shape, inputs[i].DType) { Input = i, Depends = true });
            current = trace;
            outputs = Array.ConvertAll(call(x), trace.ValueOf);
            return trace;
        }
        finally
        {
            current = before;
            foreach ((_, Slot slot, Tensor own) in places) slot.Put(own);
            foreach (Tensor t in trace.followed) t.wrap = null;
            On = Interlocked.Decrement(ref open) > 0;
            ModuleScope.Want(false);
            GradMode.Exchange(mode);
            frame.Exit();
        }
    }

    /// <summary>Refuses what a trace cannot hold, naming the module; nothing happens on a thread without a trace.</summary>
    internal static void Refuse(string why)
    {
        if (current is { } trace) throw new NotSupportedException($"{trace.Path}: {why}");
    }

    /// <summary>Refuses random numbers.</summary>
    /// <param name="node">The name of the node of such a draw.</param>
    internal static void RefuseRandom(string node)
    {
        if (current is not null)
            Refuse($"random numbers are drawn ({OperatorNames.Of(node)}), which cannot be exported. A layer that does so in training " +
                "mode only, such as dropout, is exported after Eval().");
    }

    /// <summary>A new tensor of the program's, which a trace follows from here on.</summary>
    internal static void Created(Tensor t)
    {
        if (t.wrap is null) current?.Follow(t);
    }

    /// <summary>Follows a tensor that no operation of the trace made, until the trace ends.</summary>
    internal void Follow(Tensor t)
    {
        t.wrap = new Traced(this, new Tensor(t.storage, t.layout, t.dtype), null);
        followed.Add(t);
    }

    /// <summary>Parameters stay where they are; buffers, which a forward may write to, are copied.</summary>
    private Tensor Named(Tensor own, string name, bool buffer)
    {
        Tensor data = buffer ? own.Detach().Clone() : own.Detach();
        Tensor t = Wrap(data, new(own.Shape, own.DType) { Name = name, Data = data });
        if (own.IsParameter) t.IsParameter = true;
        return t;
    }

    private Tensor Wrap(Tensor inner, TraceValue value)
    {
        Keep(value);
        return new(inner.storage, inner.layout, inner.dtype) { wrap = new Traced(this, inner, value) };
    }

    private void Keep(TraceValue value)
    {
        if (value.Data is not { } data) return;
        if (!shared.TryGetValue(data.storage, out List<TraceValue>? list)) shared[data.storage] = list = [];
        list.Add(value);
    }

    /// <summary>Called before memory is written to: what was recorded stays as it was.</summary>
    internal void BeforeWrite(Storage storage)
    {
        if (!shared.Remove(storage, out List<TraceValue>? values)) return;
        foreach (TraceValue value in values) value.Data = value.Data!.Clone();
    }

    /// <summary>The value that a tensor has now. One that no operation of the trace made is a constant.</summary>
    internal TraceValue ValueOf(Tensor x)
    {
        if (x.wrap is Traced t && ReferenceEquals(t.Frame, Frame)) return t.Current();
        if (constants.TryGetValue(x, out (TraceValue Value, int Version) known) && known.Version == x.storage.Version) return known.Value;
        TraceValue value = Constant(x);
        constants[x] = (value, x.storage.Version);
        return value;
    }

    /// <summary>A constant with a copy of the tensor's values.</summary>
    internal TraceValue Constant(Tensor x)
    {
        using Pause pause = new(this);
        Tensor data = Anomaly.Plain(x);
        return new(x.Shape, x.DType) { Data = data.Detach().Clone() };
    }

    /// <summary>Notes a call whose results are known, and wraps them.</summary>
    internal Tensor[] Record<TOp>(TOp op, DType compute, TraceValue[] x, Tensor[] y) where TOp : struct
    {
        TraceCall<TOp> call = New(op, compute, x);
        call.Y = new TraceValue[y.Length];
        Tensor[] results = new Tensor[y.Length];
        bool depends = Array.Exists(x, static v => v.Depends);
        for (int i = 0; i < y.Length; i++)
        {
            call.Y[i] = new(y[i].Shape, y[i].DType) { Source = call, Output = i, Depends = depends, Data = depends ? null : y[i] };
            results[i] = Wrap(y[i], call.Y[i]);
        }
        return results;
    }

    /// <summary>Notes a call by its operation alone: a step of a view or a write.</summary>
    internal TraceValue Record<TOp>(TOp op, TraceValue[] x, Tensor y) where TOp : struct
    {
        TraceCall<TOp> call = New(op, y.DType, x);
        bool depends = Array.Exists(x, static v => v.Depends);
        TraceValue value = new(y.Shape, y.DType) { Source = call, Depends = depends, Data = depends ? null : y.Detach().Clone() };
        call.Y = [value];
        return value;
    }

    private TraceCall<TOp> New<TOp>(TOp op, DType compute, TraceValue[] x) where TOp : struct
    {
        TraceCall<TOp> call = new(op, compute) { Index = Calls.Count, X = x, Path = Path };
        Calls.Add(call);
        return call;
    }

    /// <summary>While an operation computes, what it calls is not recorded.</summary>
    internal readonly ref struct Pause
    {
        private readonly OpTrace? before;

        internal Pause(OpTrace trace)
        {
            _ = trace;
            before = current;
            current = null;
        }

        public void Dispose() => current = before;
    }
}
