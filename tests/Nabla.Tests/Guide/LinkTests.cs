using System.Text.RegularExpressions;
using Nabla.Tests.Samples;

namespace Nabla.Tests.Guide;

/// <summary>Links in the Markdown pages of the repository lead somewhere.</summary>
public sealed partial class LinkTests
{
    private static readonly string Root = SampleRunner.Root();

    public static TheoryData<string> Pages =>
        [.. Files("*.md").Select(static f => Path.GetRelativePath(Root, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Pages))]
    public void Every_link_of_a_page_leads_somewhere(string page)
    {
        string self = Path.Combine(Root, page), folder = Path.GetDirectoryName(self)!;
        List<string> broken = [];
        foreach (string target in Links(File.ReadAllText(self)))
        {
            string[] parts = target.Split('#', 2);
            string file = parts[0].Length == 0 ? self : Path.GetFullPath(Path.Combine(folder, Uri.UnescapeDataString(parts[0])));
            if (!File.Exists(file) && !Directory.Exists(file)) broken.Add(target);
            else if (parts.Length == 2 && Path.GetExtension(file) == ".md" && !Anchors(File.ReadAllText(file)).Contains(parts[1]))
                broken.Add($"{target}: no such heading");
        }
        Assert.True(broken.Count == 0, $"{page}: {string.Join(", ", broken)}");
    }

    /// <summary>By itself, or with all of its folder.</summary>
    [Fact]
    public void The_index_names_every_page()
    {
        string docs = Path.Combine(Root, "docs"), index = Path.Combine(docs, "README.md");
        HashSet<string> named = [.. Links(File.ReadAllText(index)).Select(l => Path.GetFullPath(Path.Combine(docs, l))), index];
        string[] missing = [.. Directory.EnumerateFiles(docs, "*.md", SearchOption.AllDirectories)
            .Where(f => !named.Contains(f) && !named.Contains(Path.GetDirectoryName(f)!))];
        Assert.Empty(missing);
    }

    [Fact]
    public void Links_are_found()
    {
        Assert.Equal(["a.md", "b.png", "#c-d"],
            Links("[x](a.md) ![y](b.png)\n```\n[not](this.md)\n```\n`[nor](that.md)` [z](#c-d) [w](https://e.org)"));
        Assert.Equal(["a-b", "a-b-1", "what-grad-is"],
            Anchors("# What `Grad` is?\n## A, B\n```\n# not this\n```\n## A B").Order(StringComparer.Ordinal));
    }

    /// <summary>Targets within the repository.</summary>
    private static IEnumerable<string> Links(string markdown) => Link().Matches(WithoutCode(markdown)).Select(static m => m.Groups[1].Value)
        .Where(static t => !t.Contains("://", StringComparison.Ordinal) && !t.StartsWith("mailto:", StringComparison.Ordinal));

    /// <summary>What headings are called in addresses: lower case, words with hyphens, a number behind those that come again.</summary>
    private static HashSet<string> Anchors(string markdown)
    {
        HashSet<string> anchors = [];
        foreach (Match heading in Heading().Matches(Fence().Replace(markdown, "")))
        {
            string text = Regex.Replace(heading.Groups[1].Value, @"\[([^\]]*)\]\([^)]*\)", "$1");
            string anchor = Regex.Replace(text.Trim().ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-'), one = anchor;
            for (int i = 1; !anchors.Add(one); i++) one = $"{anchor}-{i}";
        }
        return anchors;
    }

    private static string WithoutCode(string markdown) => Span().Replace(Fence().Replace(markdown, ""), "");

    private static IEnumerable<string> Files(string pattern)
    {
        string[] skipped = ["bin", "obj", "artifacts", "node_modules"];
        var folders = new Stack<string>([Root]);
        while (folders.TryPop(out string? folder))
        {
            foreach (string file in Directory.EnumerateFiles(folder, pattern)) yield return file;
            foreach (string inner in Directory.EnumerateDirectories(folder))
            {
                string name = Path.GetFileName(inner);
                if (!name.StartsWith('.') && !skipped.Contains(name)) folders.Push(inner);
            }
        }
    }

    [GeneratedRegex(@"\]\(<?([^)\s>]+)>?(?:\s+""[^""]*"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#{1,6} +(.+?)\s*#*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^```.*?^```\s*$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"(`+)(?!`).+?(?<!`)\1(?!`)", RegexOptions.Singleline)]
    private static partial Regex Span();
}
