using System.Globalization;

namespace Nabla.Onnx;

/// <summary>The inputs with their names, and which of their dimensions are dynamic.</summary>
internal sealed class Ports
{
    internal readonly Tensor[] Inputs;
    internal readonly string[] Names;

    /// <summary>For each input the number of the symbol of each dimension, or -1.</summary>
    internal readonly int[][] Axes;

    /// <summary>The names of the dynamic sizes.</summary>
    internal readonly List<string> Symbols = [];

    /// <summary>The sizes that they have in the example.</summary>
    internal readonly List<long> Sizes = [];

    internal Ports(Tensor[] inputs, OnnxOptions options)
    {
        Inputs = inputs;
        if (inputs.Length == 0) throw new ArgumentException("The input holds no tensor, so that the model would have no input.");
        Names = NamesOf("input", options.InputNames, inputs.Length);
        Axes = new int[inputs.Length][];
        foreach (string name in options.DynamicAxes.Keys)
        {
            if (Array.IndexOf(Names, name) < 0)
                throw new ArgumentException($"DynamicAxes names an input '{name}', but the inputs are: {string.Join(", ", Names)}. " +
                    "Inputs are named by InputNames.");
        }
        for (int i = 0; i < inputs.Length; i++)
        {
            Axes[i] = new int[inputs[i].NDim];
            Array.Fill(Axes[i], -1);
            IReadOnlyList<string?> axes = options.DynamicAxes.TryGetValue(Names[i], out IReadOnlyList<string?>? given) ? given
                : Batched(i) ? ["batch"] : [];
            if (axes.Count > inputs[i].NDim)
                throw new ArgumentException($"DynamicAxes lists {axes.Count} dimensions for the input '{Names[i]}', which has the shape " +
                    $"{inputs[i].Shape}.");
            for (int d = 0; d < axes.Count; d++) if (axes[d] is { } name) Axes[i][d] = Symbol(name, inputs[i].Size(d), i);
        }
    }

    private bool Batched(int i) => Inputs[i].NDim > 0 && Inputs[0].NDim > 0 && Inputs[i].Size(0) == Inputs[0].Size(0);

    private int Symbol(string name, long size, int input)
    {
        if (Clean(name).Length == 0) throw new ArgumentException("The name of a dynamic dimension is empty.");
        int at = Symbols.IndexOf(name);
        if (at < 0)
        {
            if (Symbols.Find(s => Clean(s) == Clean(name)) is { } other)
                throw new ArgumentException($"The dynamic dimensions '{other}' and '{name}' would have one name in the file, " +
                    $"'{Clean(name)}'.");
            Symbols.Add(name);
            Sizes.Add(size);
            return Symbols.Count - 1;
        }
        if (Sizes[at] != size)
            throw new ArgumentException($"Dimensions named '{name}' must have one size, but it is {Sizes[at]} and, in the input " +
                $"'{Names[input]}' of shape {Inputs[input].Shape}, {size}.");
        return at;
    }

    /// <summary>Names of inputs or outputs.</summary>
    /// <param name="what">The name of the only one.</param>
    /// <param name="given">What the user calls them; may be empty.</param>
    /// <param name="count">How many there are.</param>
    internal static string[] NamesOf(string what, IReadOnlyList<string> given, int count)
    {
        if (given.Count == 0)
            return count == 1 ? [what] : [.. Enumerable.Range(0, count).Select(i => what + "_" + i.ToString(CultureInfo.InvariantCulture))];
        if (given.Count != count)
            throw new ArgumentException($"{given.Count} {what} names are given ({string.Join(", ", given)}), but there are {count} " +
                $"{what} tensors.");
        string[] clean = [.. given.Select(static name => Clean(name ?? ""))];
        if (Array.Exists(clean, static name => name.Length == 0) || clean.Distinct().Count() != count)
            throw new ArgumentException($"The {what} names must be different and not empty, but they are: " +
                $"{string.Join(", ", given.Select(static name => $"'{name}'"))}.");
        return [.. given];
    }

    /// <summary>A name as it stands in the file: ASCII letters, digits and a few signs.</summary>
    internal static string Clean(string name) =>
        string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '/' or '-' ? c : '_'));
}
