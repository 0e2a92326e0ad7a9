namespace Nabla.Tests.AutogradTests;

/// <summary>Every behaviour in the list of PyTorch's automatic differentiation has a test that names it, or a reason.</summary>
public sealed class RowTests
{
    /// <summary>Sections whose tests are still to come.</summary>
    private static readonly string[] Open = [];

    [Fact]
    public void Every_row_has_a_test_or_a_reason()
    {
        Assert.True(Parity.Rows.Length > 120, $"only {Parity.Rows.Length} rows");
        Assert.Empty(Parity.Rows.Where(static r => r.State == "open" && !Open.Contains(r.Section)).Select(static r => r.Id));
    }

    [Fact]
    public void Every_trait_and_every_reason_names_a_row()
    {
        HashSet<string> known = [.. Parity.Rows.Select(static r => r.Id)];
        IEnumerable<string> named = Parity.Tests.Select(static t => t.Key).Concat(NotApplicable.Rows.Select(static r => r.Row));
        Assert.Subset(known, named.ToHashSet());
    }

    [Fact]
    public void Every_behaviour_has_a_test_or_a_reason()
    {
        HashSet<string> names = [.. Parity.Methods.Select(static m => m.Name)];
        names.UnionWith(Parity.Rows.Where(static r => r.Tests.Length > 0 || Open.Contains(r.Section)).Select(static r => r.Id));
        Assert.True(Parity.Behaviours.Length > 1000, $"only {Parity.Behaviours.Length} behaviours");
        List<string> wrong = [];
        foreach (Parity.Behaviour b in Parity.Behaviours)
        {
            if (b.Reason is null && b.Tests.Length == 0) wrong.Add($"{b.Name}: nothing");
            foreach (string test in b.Tests) if (!names.Contains(test)) wrong.Add($"{b.Name}: there is no test {test}");
        }
        Assert.Empty(wrong);
    }

    /// <summary>With NABLA_WRITE set, writes the page instead.</summary>
    [Fact]
    public void The_page_is_current()
    {
        string path = Path.Combine(Samples.SampleRunner.Root(), "docs", "autograd-parity.md"), text = Parity.Page();
        if (Environment.GetEnvironmentVariable("NABLA_WRITE") == "parity") File.WriteAllText(path, text);
        Assert.True(File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == text,
            "docs/autograd-parity.md is not what the tests say: dotnet run build.cs -- parity");
    }
}
