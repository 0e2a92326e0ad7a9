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
        Dictionary<object, (long Bytes, string Text)> kept = Kept(Calls[name]());
        string what = string.Join(", ", kept.Values.Select(static k => k.Text));
        Assert.True(kept.Count <= tensors, $"{name} keeps {what}; PyTorch keeps {tensors} tensors");
        long held = kept.Values.Sum(static k => k.Bytes);
        Assert.True(held <= bytes, $"{name} keeps {held} bytes: {what}; PyTorch keeps {bytes} bytes");
    }

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
            if (operation?.GetValue(node) is { } op) Fields($"{node.Name}", op, 0);
        }
        return kept;

        // Tensors and arrays of numbers, at any depth; arrays as small as a shape do not count.
        void Fields(string name, object held, int depth)
        {
            switch (held)
            {
                case Tensor t: Keep(name, t); break;
                case Array { Length: > 8 } numbers when numbers.GetType().GetElementType()!.IsPrimitive:
                    kept.TryAdd(numbers, (Buffer.ByteLength(numbers), $"{name} {numbers.GetType().Name} of {numbers.Length}"));
                    break;
                case Array parts when !parts.GetType().GetElementType()!.IsPrimitive:
                    foreach (object? part in parts) if (part is not null) Fields(name, part, depth + 1);
                    break;
                case Delegate { Target: { } closure } when depth < 4: Fields(name, closure, depth + 1); break;
                case not (string or Delegate or Type or Node) when depth < 4 && !held.GetType().IsPrimitive && !held.GetType().IsEnum:
                    const BindingFlags All = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
                    foreach (FieldInfo field in held.GetType().GetFields(All))
                        if (field.GetValue(held) is { } value) Fields($"{name}.{field.Name}", value, depth + 1);
                    break;
            }
        }

        void Keep(string name, Tensor t)
        {
            if (!t.IsWrappedNumber) kept.TryAdd(t.storage, (t.storage.Length, $"{name} {t.DType} {t.Shape}"));
        }
    }
}
