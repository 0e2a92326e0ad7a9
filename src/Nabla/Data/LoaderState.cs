using System.Collections;

namespace Nabla.Data;

/// <summary>Entries of state dictionaries, read with their kind checked.</summary>
internal static class LoaderState
{
    internal static long Int64(IDictionary state, string key) => Entry(state, key) switch
    {
        long value => value,
        int value => value,
        Tensor { NumElements: 1 } t when t.DType.IsInteger() => (long)t,
        var other => throw Wrong(key, "an integer", other),
    };

    internal static bool Bool(IDictionary state, string key) =>
        Entry(state, key) is bool value ? value : throw Wrong(key, "a bool", state[key]);

    /// <summary>A generator's state, checked; null where none was saved.</summary>
    internal static byte[]? Bytes(IDictionary state, string key)
    {
        if (Entry(state, key) is not { } entry) return null;
        byte[] bytes = entry switch
        {
            byte[] b => b,
            Tensor { DType: DType.UInt8, Rank: 1 } t => t.ToArray<byte>(),
            _ => throw Wrong(key, "the bytes of a generator's state", entry),
        };
        new Generator().SetState(bytes);
        return bytes;
    }

    internal static IDictionary? Dictionary(IDictionary state, string key) => Entry(state, key) switch
    {
        null => null,
        IDictionary value => value,
        var other => throw Wrong(key, "a dictionary", other),
    };

    /// <summary>The number of items of a sampler or sequence.</summary>
    internal static long Count<T>(IEnumerable<T> sampler) => Known(sampler) ??
        throw new InvalidOperationException($"object of type '{sampler.GetType().Name}' has no len(): pass a Sampler or a list, whose " +
            "length is known.");

    internal static long? Known<T>(IEnumerable<T> sampler) =>
        sampler is ISized sized ? sized.Count : sampler.TryGetNonEnumeratedCount(out int count) ? count : null;

    static object? Entry(IDictionary state, string key)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!state.Contains(key)) throw new ArgumentException($"LoadStateDict: Missing key(s) in state_dict: \"{key}\".", nameof(state));
        return state[key];
    }

    static ArgumentException Wrong(string key, string kind, object? value) => new(
        $"LoadStateDict: \"{key}\" should be {kind}, but got {value?.GetType().Name ?? "null"}.", "state");
}
