using System.Reflection;

namespace Nabla.Tests.AutogradTests;

/// <summary>Every behaviour in the list of PyTorch's graph, engine, modes, views and hooks has a test that names it, or a reason.</summary>
public sealed class RowTests
{
    private static readonly (string Section, int Rows)[] Sections =
        [("1.1", 18), ("1.2", 19), ("1.3", 18), ("1.4", 7), ("1.5", 18), ("1.6", 8), ("1.7", 5), ("1.8", 15), ("1.9", 4)];

    [Fact]
    public void Every_row_has_a_test_or_a_reason()
    {
        HashSet<string> covered = [.. NotApplicable.Rows.Select(static r => r.Row)];
        foreach (Type type in typeof(RowTests).Assembly.GetTypes())
            foreach (MethodInfo method in type.GetMethods())
                foreach (TraitAttribute trait in method.GetCustomAttributes<TraitAttribute>())
                    if (trait.Name == "Row") covered.Add(trait.Value);
        string[] missing = [.. Sections.SelectMany(static s => Enumerable.Range(1, s.Rows).Select(n => $"{s.Section}.{n}"))
            .Where(row => !covered.Contains(row))];
        Assert.Empty(missing);
    }
}
