using System.Reflection;
using System.Text.Json;

namespace Nabla.Tests.AutogradTests;

/// <summary>
/// Nothing more is kept for backward than PyTorch keeps, by the number of pieces of memory and by their bytes, in the whole graph of a
/// call: <c>Data/saved_bytes.json</c>, which <c>tests/golden/saved_tensors.py</c> has measured.
/// </summary>
public sealed partial class SavedTensorsTests
{
    private static readonly JsonElement Recorded =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", "saved_bytes.json"))).RootElement;

    public static TheoryData<string> Names => [.. Recorded.EnumerateObject().Select(static row => row.Name)];

    [Theory, MemberData(nameof(Names))]
    [Trait("Row", "1.1.9")]
    public void Nothing_more_is_saved_than_PyTorch_saves(string name)
    {
        JsonElement row = Recorded.GetProperty(name);
        int tensors = row.GetProperty("tensors").GetInt32();
        long bytes = row.GetProperty("bytes").GetInt64();
        if (Open.TryGetValue(name, out (int Tensors, long Bytes, string Reason) open)) (tensors, bytes) = (open.Tensors, open.Bytes);
        Dictionary<object, (long Bytes, string Text)> kept = Kept(Calls[name]());
        string what = string.Join(", ", kept.Values.Select(static k => k.Text));
        Assert.True(kept.Count <= tensors, $"{name} keeps {what}; PyTorch keeps {tensors} tensors");
        long held = kept.Values.Sum(static k => k.Bytes);
        Assert.True(held <= bytes, $"{name} keeps {held} bytes: {what}; PyTorch keeps {bytes} bytes");
    }

    /// <summary>What keeps more, and why.</summary>
    private static readonly Dictionary<string, (int Tensors, long Bytes, string Reason)> Open = new()
    {
        ["nll"] = (3, 144, "a weight for each target, where PyTorch keeps their sum: 8 bytes for each but the first"),
        ["cross_entropy"] = (3, 144, "the same"),
        ["grid_sample"] = (7, 1272, "weights and places of the sampled elements, so that derivatives of any order are sums of them"),
    };

    /// <summary>The different pieces of memory that the graph keeps: saved values, and what operations hold in their fields.</summary>
    private static Dictionary<object, (long Bytes, string Text)> Kept(Tensor root)
    {
        HashSet<Node> nodes = [];
        Stack<Node> work = new([root.GradFn!]);
        Dictionary<object, (long, string)> kept = [];
        while (work.TryPop(out Node? node))
        {
            if (!nodes.Add(node)) continue;
            foreach (Edge edge in node.NextFunctions) if (edge.Node is { } next) work.Push(next);
            foreach ((string name, Tensor t) in node.Saved) Keep($"{node.Name}.{name}", t);
            FieldInfo? operation = node.GetType().GetField("op", BindingFlags.Instance | BindingFlags.NonPublic);
            if (operation?.GetValue(node) is { } op)
                foreach (FieldInfo field in op.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public))
                    if (field.GetValue(op) is Tensor held) Keep($"{node.Name}.{field.Name}", held);
        }
        return kept;

        void Keep(string name, Tensor t)
        {
            if (!t.IsWrappedNumber) kept.TryAdd(t.storage, (t.storage.Length, $"{name} {t.DType} {t.Shape}"));
        }
    }
}
