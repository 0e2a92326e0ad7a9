using System.Globalization;

namespace Nabla;

/// <summary>
/// Which dimension vmap maps over: one number for all tensors, null for none, or one entry per argument (or per part of an argument), in
/// the argument's own structure: <c>0</c>, <c>(0, null)</c>, <c>VmapDims.Of(0, VmapDims.Of(1, null))</c>. Numbers and tuples of numbers
/// convert by themselves; the default is 0.
/// </summary>
public readonly struct VmapDims
{
    private readonly int dim;
    private readonly bool none;
    private readonly VmapDims[]? parts;
    private readonly string[]? keys;

    private VmapDims(int? dim) => (this.dim, none) = (dim ?? 0, dim is null);

    private VmapDims(VmapDims[] parts, string[]? keys = null) => (this.parts, this.keys) = (parts, keys);

    /// <summary>Not mapped: every item sees the whole tensor.</summary>
    public static VmapDims None => new((int?)null);

    /// <summary>One entry per argument or part.</summary>
    public static VmapDims Of(params VmapDims[] parts) => new(parts);

    /// <summary>One entry per key of a dictionary or member of a record.</summary>
    public static VmapDims Of(IReadOnlyDictionary<string, int?> parts) =>
        new([.. parts.Values.Select(static d => new VmapDims(d))], [.. parts.Keys]);

    /// <summary>One dimension for all tensors.</summary>
    public static implicit operator VmapDims(int dim) => new(dim);
    /// <summary>One dimension for all tensors, or none.</summary>
    public static implicit operator VmapDims(int? dim) => new(dim);
    /// <summary>One entry per argument.</summary>
    public static implicit operator VmapDims((int?, int?) d) => Of(d.Item1, d.Item2);
    /// <summary>One entry per argument.</summary>
    public static implicit operator VmapDims((int?, int?, int?) d) => Of(d.Item1, d.Item2, d.Item3);
    /// <summary>One entry per argument.</summary>
    public static implicit operator VmapDims((int?, int?, int?, int?) d) => Of(d.Item1, d.Item2, d.Item3, d.Item4);
    /// <summary>One entry per argument or part.</summary>
    public static implicit operator VmapDims(int?[] parts) => new(Array.ConvertAll(parts, static d => new VmapDims(d)));

    /// <summary>True for null in place of the whole.</summary>
    internal bool IsNone => parts is null && none;

    /// <summary>The entry per argument, where a function has several.</summary>
    internal VmapDims Part(int i, int count) => parts is null || count == 1 && parts.Length != 1 ? this
        : parts.Length == count ? parts[i]
        : throw new ArgumentException($"in_dims is not compatible with the structure of `inputs`: it has {parts.Length} entries for " +
            $"{count} arguments.");

    /// <summary>The dimension of each tensor in a value, from left to right; null if the structures do not fit.</summary>
    internal bool Resolve(object? value, List<int?> into)
    {
        if (value is Tensor)
        {
            if (parts is not null) return false;
            into.Add(none ? null : dim);
            return true;
        }
        if (TreeWalker.Parts(value) is not { } node) return true;
        if (parts is not null && parts.Length != node.Parts.Count) return false;
        for (int i = 0; i < node.Parts.Count; i++)
        {
            VmapDims part = parts is null ? this : parts[i];
            if (keys is not null)
            {
                int at = Array.IndexOf(keys, node.Parts[i].Key);
                if (at < 0) return false;
                part = parts![at];
            }
            if (!part.Resolve(node.Parts[i].Value, into)) return false;
        }
        return true;
    }

    /// <summary>As PyTorch writes it: <c>(0, None)</c>.</summary>
    public override string ToString()
    {
        if (parts is null) return none ? "None" : dim.ToString(CultureInfo.InvariantCulture);
        if (keys is not { } names) return $"({string.Join(", ", parts)}{(parts.Length == 1 ? "," : "")})";
        VmapDims[] all = parts;
        return $"{{{string.Join(", ", all.Select((p, i) => $"'{names[i]}': {p}"))}}}";
    }
}
