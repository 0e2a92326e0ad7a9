using System.Reflection;
using Nabla.Registry;

namespace Nabla.Tests.Laws;

/// <summary>
/// Law 10: an operation saves exactly what its rules read. What is not saved arrives as null, so a rule that reads it fails every other
/// law; here each saved value is dropped in turn, and backward must miss it in at least one sample.
/// </summary>
public sealed class SavesLawTests
{
    private static readonly FieldInfo Kept = typeof(Saved).GetField("tensor", BindingFlags.Instance | BindingFlags.NonPublic)!;

    public static TheoryData<string> Names => [.. LawRows.All.Where(r => OpStructs.CoveredBy(r).Any()).Select(LawRows.NameOf)];

    [Theory, MemberData(nameof(Names))]
    public void Every_saved_value_is_read(string name)
    {
        OpRow row = LawRows.Get(name);
        if (LawRows.Excepts(row, "saves") || LawRows.Excepts(row, "grad")) return;
        HashSet<Type> covered = [.. OpStructs.CoveredBy(row)];
        Dictionary<string, bool> read = [];
        int samples = row.Samples().Count();
        for (int s = 0; s < samples; s++) DropEach(row, s, covered, read);
        foreach ((string slot, bool missed) in read)
            Assert.True(missed, $"{name}: {slot} is saved, but no backward of any sample reads it");
    }

    private static void DropEach(OpRow row, int sample, HashSet<Type> covered, Dictionary<string, bool> read)
    {
        int slots = Slots(Roots(row, sample), covered).Count;
        for (int k = 0; k < slots; k++)
        {
            Tensor[] roots = Roots(row, sample);
            (string slot, Action drop) = Slots(roots, covered)[k];
            if (read.GetValueOrDefault(slot)) continue;
            drop();
            Exception? e = Record.Exception(() => Autograd.Backward(roots, [.. roots.Select(static y => Law.Direction(y.Detach()))]));
            read[slot] = e is not null;
        }
    }

    private static Tensor[] Roots(OpRow row, int sample) =>
        [.. new Trial(row, row.Samples().ElementAt(sample), sample).Run().Where(static y => y.RequiresGrad)];

    /// <summary>What the nodes of covered operations below the roots have saved, each with the way to drop it.</summary>
    private static List<(string, Action)> Slots(Tensor[] roots, HashSet<Type> covered)
    {
        List<(string, Action)> slots = [];
        HashSet<Node> seen = [];
        Queue<Node> work = new(roots.Select(static y => y.GradFn).OfType<Node>());
        while (work.TryDequeue(out Node? node))
        {
            if (!seen.Add(node)) continue;
            Type type = node.GetType();
            if (type.IsGenericType && covered.Contains(OpStructs.Declared(type.GetGenericArguments()[0]))) Add(node, type, slots);
            foreach (Edge edge in node.NextFunctions)
                if (edge.Node is { } next) work.Enqueue(next);
        }
        return slots;
    }

    private static void Add(Node node, Type type, List<(string, Action)> slots)
    {
        string op = type.GetGenericArguments()[0].Name;
        foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
        {
            object? value = field.GetValue(node);
            if (value is Saved saved && Kept.GetValue(saved) is not null) slots.Add(($"{op}.{field.Name}", () =>
                field.SetValue(node, default(Saved))));
            if (value is not Saved[] list) continue;
            for (int i = 0; i < list.Length; i++)
            {
                int at = i;
                if (Kept.GetValue(list[i]) is not null) slots.Add(($"{op}.{field.Name}[{i}]", () => list[at] = default));
            }
        }
    }
}
