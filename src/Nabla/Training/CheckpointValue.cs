using System.Collections;

namespace Nabla.Training;

/// <summary>Entries of a checkpoint, read with their kind checked.</summary>
internal static class CheckpointValue
{
    internal static long Int64(IDictionary state, string name) => state[name] switch
    {
        long value => value,
        int value => value,
        Tensor { NumElements: 1 } t when t.DType.IsInteger() => (long)t,
        var other => throw Wrong(name, "an integer", other),
    };

    internal static IDictionary Dictionary(IDictionary state, string name) =>
        state[name] as IDictionary ?? throw Wrong(name, "a dictionary", state[name]);

    /// <summary>A state dict of a module.</summary>
    internal static OrderedDictionary<string, Tensor> Tensors(IDictionary state, string name)
    {
        OrderedDictionary<string, Tensor> tensors = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Dictionary(state, name))
        {
            if (entry.Key is not string key) throw Wrong(name, "names and tensors", entry.Key);
            tensors[key] = entry.Value as Tensor ?? throw Wrong($"{name}.{key}", "a tensor", entry.Value);
        }
        return tensors;
    }

    /// <summary>A dictionary whose keys are names.</summary>
    internal static OrderedDictionary<string, object?> Named(IDictionary dictionary, string name)
    {
        OrderedDictionary<string, object?> named = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in dictionary)
            named[entry.Key as string ?? throw Wrong(name, "names and values", entry.Key)] = entry.Value;
        return named;
    }

    /// <summary>A deep copy.</summary>
    internal static object? Clone(object? value)
    {
        switch (value)
        {
            case Tensor t: return t.Detach().Clone();
            case List<object?> list: return list.ConvertAll(Clone);
            case object?[] tuple: return Array.ConvertAll(tuple, Clone);
            case IDictionary map:
                OrderedDictionary<object, object?> copy = [];
                foreach (DictionaryEntry entry in map) copy[entry.Key] = Clone(entry.Value);
                return copy;
            default: return value;
        }
    }

    private static ArgumentException Wrong(string name, string kind, object? value) => new(
        $"Error(s) in loading the checkpoint: \"{name}\" should be {kind}, but is {value?.GetType().Name ?? "null"}.", "stateDict");
}
