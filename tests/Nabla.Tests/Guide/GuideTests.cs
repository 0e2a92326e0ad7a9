using System.Diagnostics;
using Nabla.Guide;
using Nabla.Tests.Samples;

namespace Nabla.Tests.Guide;

/// <summary>The programs in docs and docs/guide print what their pages show; each page in a process of its own, as a reader would run
/// it.</summary>
public sealed class GuideTests
{
    public static TheoryData<string> Names => [.. Pages.Names];

    [Theory, MemberData(nameof(Names))]
    public void A_page_prints_what_it_shows(string page)
    {
        (int exit, string printed) = Runner.Run(page);
        Assert.True(exit == 0, printed);
    }

    [Fact]
    public void Every_page_with_a_program_is_run()
    {
        string root = SampleRunner.Root();
        string[] pages = [.. new[] { "docs", "docs/guide" }.SelectMany(f => Directory.EnumerateFiles(Path.Combine(root, f), "*.md"))
            .Where(static f => File.ReadLines(f).Contains("```csharp"))
            .Select(f => Path.GetRelativePath(root, f).Replace('\\', '/')).Order(StringComparer.Ordinal)];
        Assert.Equal(pages, Pages.Paths.Order(StringComparer.Ordinal));
    }

    private static class Runner
    {
        internal static (int Exit, string Printed) Run(string page)
        {
            ProcessStartInfo start = new("dotnet", [typeof(Pages).Assembly.Location, page])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (string key in start.Environment.Keys.Where(static k => k.EndsWith("HOOKS", StringComparison.Ordinal)).ToArray())
                start.Environment.Remove(key);
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            process.WaitForExit();
            return (process.ExitCode, output.Result + error.Result);
        }
    }
}
