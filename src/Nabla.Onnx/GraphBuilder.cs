using System.Globalization;

namespace Nabla.Onnx;

/// <summary>Makes one graph out of the traces: each operation becomes the nodes that its rule states.</summary>
internal sealed partial class GraphBuilder
{
    private readonly OnnxModel model;
    private readonly TraceSet traces;
    private readonly Ports ports;
    private readonly OnnxOptions options;
    private readonly Dictionary<TraceValue, List<ValueSet>> sets = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> taken = [];
    private readonly List<OnnxNode> nodes = [];
    private readonly List<(string Name, Tensor Data)> initializers = [];
    private string path = "";

    internal GraphBuilder(string name, TraceSet traces, Ports ports, OnnxOptions options)
    {
        (this.traces, this.ports, this.options) = (traces, ports, options);
        model = new() { GraphName = Ports.Clean(name), Options = options };
    }

    internal int Opset => options.Opset;

    internal OnnxModel Build()
    {
        CheckAlike();
        ValueSet[] outputs = [.. Enumerable.Range(0, traces.Outputs[0].Length)
            .Select(i => SetOf(Array.ConvertAll(traces.Outputs, o => o[i])))];
        string[] names = Ports.NamesOf("output", options.OutputNames, outputs.Length);
        if (outputs.Length == 0) throw new ArgumentException($"What {model.GraphName} returns holds no tensor: there is no output.");
        if (names.Select(Ports.Clean).Intersect(ports.Names.Select(Ports.Clean)).FirstOrDefault() is { } both)
            throw new ArgumentException($"'{both}' is the name of an input and of an output.");
        foreach (string name in names) taken.Add(Ports.Clean(name));
        for (int i = 0; i < ports.Names.Length; i++)
        {
            string name = Ports.Clean(ports.Names[i]);
            taken.Add(name);
            int[] axes = ports.Axes[i];
            model.Inputs.Add(new(name, ports.Inputs[i].DType, [.. axes.Select((a, d) => a < 0 ? (object)ports.Inputs[i].Size(d)
                : Ports.Clean(ports.Symbols[a]))]));
            for (int d = 0; d < axes.Length; d++) if (axes[d] >= 0) Learn(new(traces.Sizes[axes[d]]), name, d, ports.Symbols[axes[d]]);
        }
        HashSet<int> needed = Needed(outputs);
        foreach (TraceCall call in traces.Traces[0].Calls)
            if (needed.Contains(call.Index)) Translate(call);
        foreach (ValueSet output in outputs) NameOf(output);
        // A value that is an output already has its name from there.
        for (int i = 0; i < outputs.Length; i++) Finish(outputs[i], NameOf(outputs[i]), Ports.Clean(names[i]));
        DropUnused();
        return model;
    }

    /// <summary>The forward must do the same in all traces.</summary>
    private void CheckAlike()
    {
        OpTrace first = traces.Traces[0];
        for (int k = 1; k < traces.Traces.Length; k++)
        {
            OpTrace other = traces.Traces[k];
            int n = Math.Min(first.Calls.Count, other.Calls.Count), at = 0;
            while (at < n && Alike(first.Calls[at], other.Calls[at])) at++;
            if (at == n && first.Calls.Count == other.Calls.Count && traces.Outputs[0].Length == traces.Outputs[k].Length) continue;
            string here = Text(first, at), there = Text(other, at);
            throw new NotSupportedException($"{Where(first, other, at)}: the operations that are executed depend on the input: " +
                $"with other sizes or values of {string.Join(", ", ports.Symbols.DefaultIfEmpty("the input"))}, operation {at} is " +
                $"{there} rather than {here}. A loop over a dynamic dimension, for example, cannot be exported: fix that dimension in " +
                "DynamicAxes, or use a layer that takes the whole sequence.");
        }

        static string Text(OpTrace trace, int at) => at < trace.Calls.Count ? $"{trace.Calls[at].Name} in {trace.Calls[at].Path}" : "none";
        static string Where(OpTrace a, OpTrace b, int at) => (at < a.Calls.Count ? a.Calls[at] : b.Calls.ElementAtOrDefault(at))?.Path
            ?? a.Path;
    }

    private static bool Alike(TraceCall a, TraceCall b)
    {
        if (a.Type != b.Type || a.X.Length != b.X.Length || a.Y.Length != b.Y.Length) return false;
        for (int i = 0; i < a.X.Length; i++) if (!Alike(a.X[i], b.X[i])) return false;
        return true;
    }

    private static bool Alike(TraceValue a, TraceValue b) => a.Source?.Index == b.Source?.Index && a.Output == b.Output
        && a.Input == b.Input && a.Name == b.Name && a.DType == b.DType && a.Shape.Count == b.Shape.Count;

    internal ValueSet SetOf(TraceValue[] per)
    {
        if (!sets.TryGetValue(per[0], out List<ValueSet>? list)) sets[per[0]] = list = [];
        foreach (ValueSet set in list) if (set.Per.AsSpan().SequenceEqual(per)) return set;
        ValueSet made = new(per);
        list.Add(made);
        return made;
    }

    /// <summary>The calls that the outputs need.</summary>
    private HashSet<int> Needed(ValueSet[] outputs)
    {
        HashSet<int> needed = [];
        Stack<ValueSet> work = new(outputs);
        while (work.TryPop(out ValueSet? v))
        {
            if (v.First.Source is not { } source || IsConstant(v) || !needed.Add(source.Index)) continue;
            for (int i = 0; i < source.X.Length; i++)
                work.Push(SetOf(Array.ConvertAll(traces.Traces, t => t.Calls[source.Index].X[i])));
        }
        return needed;
    }

    /// <summary>Whether a value is stored: it is the same for all inputs. A view of a parameter is made anew, so that the parameter is
    /// stored once.</summary>
    private static bool IsConstant(ValueSet v) => v.Constant ??= IsSame(v);

    private static bool IsSame(ValueSet v)
    {
        if (v.First.Data is not { } data || v.First.Name is not null || IsViewOfParameter(v.First)) return false;
        return Array.TrueForAll(v.Per, other => other.Data is { } d && data.Shape == d.Shape
            && IO.TensorBytes.RowMajor(d).SequenceEqual(IO.TensorBytes.RowMajor(data)));
    }

    private static bool IsViewOfParameter(TraceValue v)
    {
        Tensor? data = v.Data;
        TraceValue at = v;
        while (at.Source is { } source)
        {
            at = source.X[0];
            if (!ReferenceEquals(at.Data?.storage, data!.storage)) return false;
        }
        return at.Name is not null && !ReferenceEquals(at, v);
    }

    /// <summary>The name of a value, which is stored if it is a constant.</summary>
    internal string NameOf(ValueSet v) => v.Name ??= v.First switch
    {
        { Input: >= 0 and var i } => Ports.Clean(ports.Names[i]),
        { Name: { } name } => Store(name, v.First.Data!),
        _ when IsConstant(v) => v.Rank == 0 ? Scalar(v.First.Data!) : Constant(v.First.Data!),
        { Source: null } => Varying(v),
        { Source: var source } => throw new NotSupportedException($"{source.Path}: result {v.First.Output} of the operation {source.Name}" +
            " cannot be exported to ONNX."),
    };

    /// <summary>Stores a value under a name, or one like it if that is taken.</summary>
    private string Store(string name, Tensor data)
    {
        string clean = Ports.Clean(name);
        return Add(taken.Add(clean) ? clean : Unique(clean), data);
    }

    private string Add(string name, Tensor data)
    {
        initializers.Add((name, data));
        return name;
    }

    private void Translate(TraceCall first)
    {
        path = first.Path;
        if (Array.Exists(first.X, static x => x.DType.IsComplex()) || Array.Exists(first.Y, static y => y.DType.IsComplex()))
            throw new NotSupportedException($"{path}: the operation {first.Name} cannot be exported to ONNX, whose operators do not take " +
                "complex numbers.");
        TraceCall[] per = Array.ConvertAll(traces.Traces, t => t.Calls[first.Index]);
        if (Array.TrueForAll(first.Y, y => IsConstant(SetOf(Array.ConvertAll(per, c => c.Y[y.Output]))))) return;
        if (!Rules.Table.TryGetValue(first.Type, out Rules.Rule? rule))
            throw new NotSupportedException($"{first.Path}: the operation {first.Name} cannot be exported to ONNX: there is no operator " +
                "for it, nor a combination of operators.");
        string?[] names = rule(this, per);
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i] is not { } name) continue;
            ValueSet y = SetOf(Array.ConvertAll(per, c => c.Y[i]));
            y.Name = name;
            for (int d = 0; d < y.Rank; d++) Learn(y[d], name, d, null);
        }
    }

    /// <summary>Gives an output its name.</summary>
    private void Finish(ValueSet v, string made, string name)
    {
        bool produced = nodes.Exists(n => n.Y.Contains(made)) && !model.Outputs.Exists(o => o.Name == made);
        if (!produced) nodes.Add(new(Unique("output/Identity"), "Identity", [made], [name], []));
        else
        {
            for (int i = 0; i < nodes.Count; i++)
                nodes[i] = nodes[i] with
                {
                    X = Array.ConvertAll(nodes[i].X, x => x == made ? name : x),
                    Y = Array.ConvertAll(nodes[i].Y, y => y == made ? name : y),
                };
            foreach (List<ValueSet> list in sets.Values)
                foreach (ValueSet set in list) if (set.Name == made) set.Name = name;
        }
        model.Outputs.Add(new(name, v.DType,
            [.. v.Shape.Select((s, d) => s.IsFixed ? s.Value : (object)SymbolName(s, $"{name}_dim_{d}"))]));
    }

    private void DropUnused()
    {
        HashSet<string> used = [.. model.Outputs.Select(static o => o.Name)];
        List<OnnxNode> kept = [];
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            if (!Array.Exists(nodes[i].Y, used.Contains)) continue;
            // An optional operand that is not given has no name either.
            used.UnionWith(nodes[i].X.Where(static name => name.Length > 0));
            int count = nodes[i].Y.Length;
            // Results at the end that nobody reads may be left out, where the operator does not count them.
            if (nodes[i].Type != "Split") count = Array.FindLastIndex(nodes[i].Y, used.Contains) + 1;
            kept.Add(nodes[i] with { Y = nodes[i].Y[..count] });
        }
        kept.Reverse();
        model.Nodes = kept;
        model.Initializers = [.. initializers.Where(i => used.Contains(i.Name))];
    }

    /// <summary>The call that made a value, if it is of this type.</summary>
    internal Call<TOp>? CallOf<TOp>(ValueSet v) where TOp : struct => v.First.Source is TraceCall<TOp> { Index: var i }
        ? new(this, Array.ConvertAll(traces.Traces, t => t.Calls[i])) : null;

    /// <summary>A name that nothing else has.</summary>
    private string Unique(string name)
    {
        string clean = Ports.Clean(name);
        for (int i = 0; ; i++)
        {
            string numbered = clean + "_" + i.ToString(CultureInfo.InvariantCulture);
            if (taken.Add(numbered)) return numbered;
        }
    }
}
