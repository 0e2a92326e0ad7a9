using System.Reflection;
using System.Text;

namespace Nabla.Tests.AutogradTests;

/// <summary>
/// What is to be said about PyTorch's automatic differentiation: the rows of behaviour (<c>Data/autograd_rows.txt</c>), PyTorch's own tests
/// (<c>Data/autograd_behaviours.txt</c>), and which tests here pin them.
/// </summary>
internal static class Parity
{
    /// <summary>A row: P is to be as in PyTorch, B better.</summary>
    internal sealed record Row(string Id, string Section, bool Better, string What, string[] Tests, string? Reason)
    {
        internal string State => Reason is not null ? "not applicable" : Tests.Length == 0 ? "open" : Better ? "better" : "held";
    }

    /// <summary>One of PyTorch's tests, and the tests or rows here that stand for it, or why none does.</summary>
    internal sealed record Behaviour(string Section, string Name, string[] Tests, string? Reason);

    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly;

    internal static (string Name, MethodInfo Method)[] Methods { get; } = [.. typeof(Parity).Assembly.GetTypes()
        .SelectMany(static type => type.GetMethods(Declared)
            .Where(static method => method.GetCustomAttributes().Any(static a => a is FactAttribute))
            .Select(method => ($"{type.Name}.{method.Name}", method)))];

    /// <summary>The tests by the rows they name.</summary>
    internal static ILookup<string, string> Tests { get; } = Methods
        .SelectMany(static m => Named(m.Method).Concat(Named(m.Method.DeclaringType!)).Select(row => (Row: row, m.Name)))
        .Distinct().ToLookup(static p => p.Row, static p => p.Name);

    private static IEnumerable<string> Named(MemberInfo member) =>
        member.GetCustomAttributes<TraitAttribute>().Where(static t => t.Name == "Row").Select(static t => t.Value);

    internal static (string Id, string Title)[] Sections { get; } = [.. Lines("autograd_rows.txt").Where(static l => l.StartsWith('#'))
        .Select(static l => l[2..].Split(' ', 2)).Select(static p => (p[0], p[1]))];

    internal static Row[] Rows { get; } = [.. Lines("autograd_rows.txt").Where(static l => !l.StartsWith('#')).Select(ReadRow)];

    internal static Behaviour[] Behaviours { get; } = [.. ReadBehaviours()];

    private static string[] Lines(string file) => File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Data", file));

    private static Row ReadRow(string line)
    {
        string[] parts = line.Split(" | ");
        string id = parts[0];
        string section = Sections.First(s => id == s.Id || id.StartsWith(s.Id + '.', StringComparison.Ordinal)
            || id.StartsWith(s.Id + ' ', StringComparison.Ordinal)).Id;
        string[] tests = [.. Tests[id].Order(StringComparer.Ordinal)];
        string? reason = tests.Length > 0 ? null : NotApplicable.Rows.FirstOrDefault(r => r.Row == id).Reason;
        return new(id, section, parts[1] == "B", parts[2], tests, reason);
    }

    private static IEnumerable<Behaviour> ReadBehaviours()
    {
        string section = "";
        foreach (string line in Lines("autograd_behaviours.txt"))
        {
            if (line.StartsWith('#')) section = line[2..];
            else if (line.Split(": ", 2) is [string name, string what])
                yield return what.StartsWith("- ", StringComparison.Ordinal)
                    ? new(section, name, [], what[2..]) : new(section, name, what.Split(", "), null);
        }
    }

    internal static string Page()
    {
        StringBuilder text = new("""
            # PyTorch's automatic differentiation, row by row

            What PyTorch 2.6 does, and the tests that pin that Nabla does the same (**held**), or does it better where PyTorch is weak
            (**better**). Written by `dotnet run build.cs -- parity` from the tests.

            | section | rows | held | better | not applicable | open |
            | --- | --- | --- | --- | --- | --- |

            """.ReplaceLineEndings("\n"));
        foreach ((string id, string title) in Sections) Count($"{id} {title}", Rows.Where(r => r.Section == id));
        Count("all", Rows);
        foreach ((string id, string title) in Sections)
        {
            text.Append($"\n## {id} {title}\n\n| row | behaviour | | tests |\n| --- | --- | --- | --- |\n");
            foreach (Row r in Rows.Where(r => r.Section == id))
                text.Append($"| {r.Id} | {r.What} | {r.State} | {r.Reason ?? string.Join(", ", r.Tests.Select(static t => $"`{t}`"))} |\n");
        }
        text.Append("\n## PyTorch's own tests\n\nEach test of PyTorch's suites of automatic differentiation has tests here that ")
            .Append("stand for it, or a reason why none does:\n`tests/Nabla.Tests/Data/autograd_behaviours.txt`.\n\n")
            .Append("| suite | tests | pinned | not applicable |\n| --- | --- | --- | --- |\n");
        foreach (IGrouping<string, Behaviour> suite in Behaviours.GroupBy(static b => b.Section)) Suite(suite.Key, suite);
        Suite("all", Behaviours);
        text.Append("\n| not applicable because | tests |\n| --- | --- |\n");
        foreach (IGrouping<string, Behaviour> why in Behaviours.Where(static b => b.Reason is not null).GroupBy(static b => b.Reason!))
            text.Append($"| {why.Key} | {why.Count()} |\n");
        text.Append("\n## Messages that cannot occur\n\n| row | PyTorch says | here |\n| --- | --- | --- |\n");
        foreach ((string row, string what, string reason) in Transforms.NotApplicable.Rows) text.Append($"| {row} | {what} | {reason} |\n");
        return text.ToString();

        void Count(string title, IEnumerable<Row> rows)
        {
            Row[] all = [.. rows];
            int Of(string state) => all.Count(r => r.State == state);
            text.Append($"| {title} | {all.Length} | {Of("held")} | {Of("better")} | {Of("not applicable")} | {Of("open")} |\n");
        }

        void Suite(string title, IEnumerable<Behaviour> tests)
        {
            int n = tests.Count(), absent = tests.Count(static b => b.Reason is not null);
            text.Append($"| {title} | {n} | {n - absent} | {absent} |\n");
        }
    }
}
