using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Nabla.Nn;

/// <summary>A module below another, as a summary lists it.</summary>
/// <param name="Name">The path, empty for the module itself.</param>
/// <param name="Type">The class.</param>
/// <param name="Depth">How deep it lies.</param>
/// <param name="OutputShapes">The shapes of what it last returned; empty if it was not called.</param>
/// <param name="Parameters">How many numbers its own parameters have, without those of its children, each tensor counted once.</param>
/// <param name="Trainable">How many of them require gradients.</param>
/// <param name="Bytes">The size of its own parameters and buffers.</param>
public sealed record ModuleSummaryRow(string Name, string Type, int Depth, IReadOnlyList<Shape> OutputShapes, long Parameters,
    long Trainable, long Bytes);

/// <summary>The modules below one with the shapes of their outputs and the sizes of their parameters, as a table.</summary>
public sealed class ModuleSummary
{
    internal ModuleSummary(IReadOnlyList<ModuleSummaryRow> rows) => Rows = rows;

    /// <summary>The module and all below, parents before children.</summary>
    public IReadOnlyList<ModuleSummaryRow> Rows { get; }

    /// <summary>How many numbers all parameters have.</summary>
    public long Parameters => Rows.Sum(static r => r.Parameters);

    /// <summary>How many of them require gradients.</summary>
    public long Trainable => Rows.Sum(static r => r.Trainable);

    /// <summary>The size of all parameters and buffers.</summary>
    public long Bytes => Rows.Sum(static r => r.Bytes);

    internal static ModuleSummary Of(Module root, Action call)
    {
        Dictionary<Module, Shape[]> shapes = new(ReferenceEqualityComparer.Instance);
        (string Name, Module Module)[] all = [.. root.NamedModules()];
        bool[] training = [.. all.Select(static m => m.Module.Training)];
        List<HookHandle> hooks = [];
        try
        {
            foreach ((_, Module module) in all)
                hooks.Add(module.RegisterForwardHook((m, _, output) => shapes[m] = [.. Tensors(output).Select(static t => t.Shape)]));
            root.Eval();
            using (Autograd.NoGrad()) call();
        }
        finally
        {
            foreach (HookHandle hook in hooks) hook.Dispose();
            for (int i = 0; i < all.Length; i++) all[i].Module.SetTraining(training[i]);
        }
        HashSet<Tensor> seen = new(ReferenceEqualityComparer.Instance);
        return new([.. all.Select(m => Row(m.Name, m.Module, shapes.GetValueOrDefault(m.Module, []), seen))]);
    }

    private static ModuleSummaryRow Row(string name, Module module, Shape[] shapes, HashSet<Tensor> seen)
    {
        long count = 0, trainable = 0, bytes = 0;
        foreach (Slot slot in module.Tensors())
        {
            Tensor t = (Tensor)slot.Value!;
            if (!seen.Add(t)) continue;
            bytes += t.NumElements * t.DType.ItemSize();
            if (slot.Buffer) continue;
            count += t.NumElements;
            if (t.RequiresGrad) trainable += t.NumElements;
        }
        int depth = name.Length == 0 ? 0 : name.Count(static c => c == '.') + 1;
        return new(name, module.Label, depth, shapes, count, trainable, bytes);
    }

    private static IEnumerable<Tensor> Tensors(object? value) => value switch
    {
        Tensor t => [t],
        ITuple tuple => Enumerable.Range(0, tuple.Length).SelectMany(i => Tensors(tuple[i])),
        string => [],
        IDictionary map => map.Values.Cast<object?>().SelectMany(Tensors),
        IEnumerable list => list.Cast<object?>().SelectMany(Tensors),
        _ => [],
    };

    /// <summary>The table, and below it the totals.</summary>
    public override string ToString()
    {
        string[][] cells = [["Module", "Output shape", "Parameters"], .. Rows.Select(static r => (string[])[
            new string(' ', 2 * r.Depth) + (r.Depth == 0 ? r.Type : $"{r.Name[(r.Name.LastIndexOf('.') + 1)..]} ({r.Type})"),
            r.OutputShapes.Count == 0 ? "-" : string.Join(", ", r.OutputShapes),
            r.Parameters == 0 ? "-" : Number(r.Parameters)])];
        int first = cells.Max(static c => c[0].Length), second = cells.Max(static c => c[1].Length);
        int third = cells.Max(static c => c[2].Length);
        string line = new('-', first + second + third + 4);
        StringBuilder text = new();
        for (int i = 0; i < cells.Length; i++)
        {
            text.Append(cells[i][0].PadRight(first + 2)).Append(cells[i][1].PadRight(second + 2)).Append(cells[i][2].PadLeft(third))
                .Append('\n');
            if (i == 0) text.Append(line).Append('\n');
        }
        text.Append(line).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"Parameters: {Number(Parameters)}, trainable: {Number(Trainable)}\n");
        return text.Append(CultureInfo.InvariantCulture, $"Parameters and buffers: {Number(Bytes)} bytes").ToString();
    }

    private static string Number(long n) => n.ToString("N0", CultureInfo.InvariantCulture);
}
