using System.Globalization;
using System.Text.RegularExpressions;

namespace Nabla.Nn;

/// <summary>Calls a module and takes down the calls of those below it.</summary>
internal sealed partial class SummaryRecord
{
    /// <summary>A row in the making.</summary>
    private sealed class Line(Module module, int depth)
    {
        internal readonly Module Module = module;
        internal readonly int Depth = depth;
        internal bool Repeated;
        internal Tensor[] Inputs = [], Outputs = [];
        internal readonly List<(string Name, Tensor Tensor)> Parameters = [];
        internal long BufferBytes;
    }

    private readonly Dictionary<Module, (string Name, Module? Parent, int Depth)> places = new(ReferenceEqualityComparer.Instance);
    private readonly List<Line> lines = [];
    private readonly Dictionary<Module, Line> first = new(ReferenceEqualityComparer.Instance);
    private readonly List<Line> open = [];
    private readonly Stack<Line> calls = [];
    private readonly HashSet<Tensor> seen = new(ReferenceEqualityComparer.Instance);

    private SummaryRecord(Module root)
    {
        foreach ((string name, Module module) in root.NamedModules())
        {
            int at = name.LastIndexOf('.');
            places.Add(module, (name, null, name.Length == 0 ? 0 : name.Count(static c => c == '.') + 1));
        }
        // The way to a module leads over slots whose names may have dots of their own, so parents are those that hold it.
        foreach ((string _, Module module) in root.NamedModules())
            foreach ((string _, Module child) in module.NamedChildren())
                if (places[child].Parent is null && !ReferenceEquals(child, root))
                    places[child] = (places[child].Name, module, places[module].Depth + 1);
    }

    internal static ModuleSummary Of(Module root, object? input, Action? call)
    {
        SummaryRecord record = new(root);
        if (call is null) foreach (Module module in record.places.Keys) record.Add(module);
        else record.Watch(root, call);
        foreach (Module module in record.places.Keys) record.Count(module);
        long activations = 0;
        ModuleSummaryRow[] rows = [.. record.lines.Select(record.Row)];
        for (int i = 0; i < rows.Length; i++)
            if (rows[i].HasParameters) activations += 2 * rows[i].OutputBytes;
        return new(rows, call is null ? null : TensorsOf(input).Sum(Size), activations);
    }

    private void Watch(Module root, Action call)
    {
        bool[] training = [.. places.Keys.Select(static m => m.Training)];
        List<HookHandle> hooks = [];
        try
        {
            foreach (Module module in places.Keys)
            {
                hooks.Add(module.RegisterForwardPreHook((m, input) => calls.Push(Begin(m, TensorsOf(input)))));
                hooks.Add(module.RegisterForwardHook((_, _, output) => calls.Pop().Outputs = TensorsOf(output)));
            }
            root.Eval();
            using (Autograd.NoGrad()) call();
        }
        finally
        {
            foreach (HookHandle hook in hooks) hook.Dispose();
            int i = 0;
            foreach (Module module in places.Keys) module.SetTraining(training[i++]);
        }
    }

    private Line Begin(Module module, Tensor[] inputs)
    {
        // Holders that are not called themselves, such as lists, stand before the first of theirs that is.
        Stack<Module> holders = [];
        for (Module? m = places[module].Parent; m is not null; m = places[m].Parent) holders.Push(m);
        int depth = 0;
        foreach (Module holder in holders)
        {
            if (depth >= open.Count || !ReferenceEquals(open[depth].Module, holder)) Add(holder);
            depth++;
        }
        Line line = Add(module);
        line.Inputs = inputs;
        return line;
    }

    private Line Add(Module module)
    {
        Line line = new(module, places[module].Depth) { Repeated = first.ContainsKey(module) };
        first.TryAdd(module, line);
        lines.Add(line);
        open.RemoveRange(Math.Min(line.Depth, open.Count), open.Count - Math.Min(line.Depth, open.Count));
        open.Add(line);
        return line;
    }

    /// <summary>Adds what a module holds to its first row, or to that of the nearest module around it that has one.</summary>
    private void Count(Module module)
    {
        Module at = module;
        while (!first.ContainsKey(at)) at = places[at].Parent!;
        Line line = first[at];
        foreach (Slot slot in module.Tensors())
        {
            Tensor t = (Tensor)slot.Value!;
            if (!seen.Add(t)) continue;
            if (slot.Buffer) line.BufferBytes += Size(t);
            else line.Parameters.Add((slot.Name, t));
        }
    }

    private ModuleSummaryRow Row(Line line)
    {
        List<(string, Tensor)> held = Held(line.Module);
        Line counted = line.Repeated ? new Line(line.Module, 0) : line;
        return new(places[line.Module].Name, line.Module.Label, line.Depth, Shapes(line.Inputs), Shapes(line.Outputs),
            counted.Parameters.Sum(static p => p.Tensor.NumElements),
            counted.Parameters.Sum(static p => p.Tensor.RequiresGrad ? p.Tensor.NumElements : 0),
            counted.Parameters.Sum(static p => Size(p.Tensor)), counted.BufferBytes, line.Outputs.Length > 0 ? Size(line.Outputs[0]) : 0,
            line.Outputs.Length > 0 ? Work(line.Module, line.Inputs, line.Outputs[0], held) : 0, Window(line.Module), line.Repeated,
            held.Count > 0);
    }

    /// <summary>The parameters that work when a module is called: its own, those of modules it uses without calling them, and those that
    /// were counted elsewhere.</summary>
    private List<(string Name, Tensor Tensor)> Held(Module module)
    {
        List<(string, Tensor)> held = [];
        Stack<Module> work = new([module]);
        while (work.TryPop(out Module? m))
        {
            foreach (Slot slot in m.Tensors()) if (!slot.Buffer) held.Add((slot.Name, (Tensor)slot.Value!));
            foreach ((_, Module child) in m.NamedChildren()) if (!first.ContainsKey(child)) work.Push(child);
        }
        return held;
    }

    private static long Work(Module module, Tensor[] inputs, Tensor output, List<(string Name, Tensor Tensor)> parameters)
    {
        long count = parameters.Sum(static p => p.Tensor.NumElements), all = output.NumElements;
        if (count == 0 || all == 0) return 0;
        return module switch
        {
            Embedding or EmbeddingBag => 0,
            ConvTransposeBase conv => conv.Weight.NumElements / conv.Weight.Size(0) * inputs[0].NumElements + (conv.Bias is null ? 0 : all),
            ConvBase conv => count * (all / conv.Weight.Size(0)),
            Linear linear => count * (all / linear.Weight.Size(0)),
            Bilinear bilinear => count * (all / bilinear.Weight.Size(0)),
            NormBase or LayerNorm or RMSNorm or GroupNorm or PReLU => count * (all / parameters[0].Tensor.NumElements),
            MultiheadAttention => count * (all / output.Size(-1)),
            _ when parameters[0].Name.StartsWith("weight_ih", StringComparison.Ordinal) => count * (all / output.Size(-1)),
            _ => count * (output.Rank == 0 ? 1 : output.Size(0)),
        };
    }

    private static Shape? Window(Module module)
    {
        Match match = KernelSize().Match(module.Arguments);
        if (!match.Success) return null;
        return new Shape([.. match.Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(static n => long.Parse(n, CultureInfo.InvariantCulture))]);
    }

    /// <summary>As modules print it: one number, or one for each dimension in parentheses.</summary>
    [GeneratedRegex(@"\bkernel_size=\(?([0-9]+(?:, ?[0-9]+)*)")]
    private static partial Regex KernelSize();

    private static Shape[] Shapes(Tensor[] tensors) => Array.ConvertAll(tensors, static t => t.Shape);

    private static long Size(Tensor t) => t.NumElements * t.DType.ItemSize();

    private static Tensor[] TensorsOf(object? value)
    {
        List<Tensor> tensors = [];
        TreeWalker.Map(value, t =>
        {
            tensors.Add(t);
            return t;
        });
        return [.. tensors];
    }
}
