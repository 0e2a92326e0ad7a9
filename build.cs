// Everything there is to do with this repository: dotnet run build.cs -- help
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;

const string Solution = "Nabla.slnx";
string root = RepositoryRoot();
string[] rest = args.Length > 1 ? args[1..] : [];

return (args.Length > 0 ? args[0] : "help") switch
{
    "check" => Build() && IsFormatted() ? 0 : 1,
    "test" => Test(rest),
    "pack" => Pack(),
    "bench" => Dotnet(["run", "--project", "bench/Nabla.Bench", "-c", "Release", "--", .. rest]),
    "api" => Api(),
    "operators" => Dotnet(["run", "--project", "tests/Nabla.Conformance", "-c", "Release", "--", "--operators", "docs/operators.md"]),
    "parity" => Parity(),
    "docs" => Docs(),
    "format" => Format(),
    "help" or "--help" or "-h" => Help(Console.Out, 0),
    string unknown => Unknown(unknown),
};

int Help(TextWriter to, int code)
{
    to.WriteLine("""
        Usage: dotnet run build.cs -- COMMAND [ARGUMENTS]

          check      build in Release with warnings as errors, verify the formatting
          test       check, then run every test; arguments go to the test runner (for example: -class '*Tests')
          pack       build the NuGet packages into artifacts/
          bench      run the workloads that are compared with TorchSharp (--list); micro [--filter '*MatMul*'] runs micro benchmarks
          api        bring PublicAPI.Unshipped.txt in line with the public members of each library
          operators  write docs/operators.md, the page that lists every operation
          parity     write docs/autograd-parity.md, the page that compares automatic differentiation with PyTorch's
          docs       write the site of all pages and the reference of all public members into artifacts/docs
          format     format every C# file
          help       this text
        """);
    return code;
}

int Unknown(string command)
{
    Console.Error.WriteLine($"Unknown command '{command}'.");
    return Help(Console.Error, 2);
}

bool Build()
{
    Step("build");
    return Dotnet(["restore", Solution, "--nologo", "-v", "q"]) == 0
        && Dotnet(["build", Solution, "-c", "Release", "--no-restore", "--nologo", "-v", "q", "-clp:NoSummary", "-nodeReuse:false"]) == 0;
}

bool IsFormatted()
{
    Step("format");
    bool formatted = Dotnet(Whitespace("--verify-no-changes")) == 0;
    if (!formatted) Console.Error.WriteLine("These files are not formatted: dotnet run build.cs -- format");
    return LinesFit() && formatted;
}

string[] Whitespace(params string[] options) =>
    ["format", "whitespace", ".", "--folder", "--exclude", .. BuildFolders(), .. options];

IEnumerable<string> BuildFolders() =>
    from project in new[] { "src", "tests", "bench", "samples", "templates" }.SelectMany(Projects)
    from folder in new[] { "bin", "obj" }
    select Path.GetRelativePath(root, Path.Combine(Path.GetDirectoryName(project)!, folder)) + "/";

bool LinesFit()
{
    const int Limit = 140;
    bool fit = true;
    foreach (string file in SourceFiles())
    {
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (line.Length <= Limit) continue;
            Console.Error.WriteLine($"{Path.GetRelativePath(root, file)}({number}): {line.Length} columns, at most {Limit} fit");
            fit = false;
        }
    }
    return fit;
}

IEnumerable<string> SourceFiles(string pattern = "*.cs")
{
    string[] skipped = ["bin", "obj", "artifacts"];
    var folders = new Stack<string>([root]);
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

int Test(string[] runnerArguments)
{
    bool built = Build();
    bool sound = built && IsFormatted();
    int passed = 0, failed = 0;
    foreach (string project in built ? Projects("tests").Where(HoldsTests) : [])
    {
        Add(RunTests(project, runnerArguments));
    }
    // The kernels once more for each narrower vector unit, and for none.
    foreach (string switchedOff in built && runnerArguments.Length == 0 ? new[] { "EnableAVX512", "EnableAVX2", "EnableHWIntrinsic" } : [])
    {
        Console.WriteLine($"DOTNET_{switchedOff}=0");
        Environment.SetEnvironmentVariable($"DOTNET_{switchedOff}", "0");
        Add(RunTests(Path.Combine(root, "tests/Nabla.Tests/Nabla.Tests.csproj"), ["-class", "Nabla.Tests.Kernels.*"]));
        Environment.SetEnvironmentVariable($"DOTNET_{switchedOff}", null);
    }
    if (sound && passed + failed == 0) Console.Error.WriteLine("No test ran.");
    Console.Error.Flush();
    Console.WriteLine($"{passed} passed, {failed} failed");
    return sound && failed == 0 && passed > 0 ? 0 : 1;

    void Add(Counts? counts)
    {
        sound &= counts is not null;
        passed += counts?.Passed ?? 0;
        failed += counts?.Failed ?? 0;
    }
}

// Beside the test projects lie the library and the program they share.
bool HoldsTests(string project) => File.ReadAllText(project).Contains("xunit.v3", StringComparison.Ordinal);

string TestAssembly(string project) =>
    Path.Combine(Path.GetDirectoryName(project)!, "bin", "Release", "net10.0", Path.GetFileNameWithoutExtension(project) + ".dll");

Counts? RunTests(string project, string[] runnerArguments)
{
    string name = Path.GetFileNameWithoutExtension(project);
    Step($"test {name}");
    string report = Path.Combine(Path.GetTempPath(), $"{name}-{Guid.NewGuid():N}.json");
    try
    {
        string[] look = Console.IsOutputRedirected ? ["-noLogo", "-noColor"] : ["-noLogo"];
        int exit = Dotnet([TestAssembly(project), .. look, .. runnerArguments, "-result-ctrf", report]);
        Counts? counts = File.Exists(report) ? ReadCounts(report) : null;
        if (counts is null || (exit != 0 && counts.Failed == 0))
        {
            Console.Error.WriteLine($"{name} ended with code {exit}" + (counts is null ? " and wrote no report." : "."));
            return null;
        }
        if (counts.Skipped > 0) Console.WriteLine($"{counts.Skipped} skipped");
        return counts;
    }
    finally
    {
        File.Delete(report);
    }
}

static Counts ReadCounts(string report)
{
    using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(report));
    JsonElement summary = document.RootElement.GetProperty("results").GetProperty("summary");
    return new(Number("passed"), Number("failed"), Number("skipped"));

    int Number(string name) => summary.GetProperty(name).GetInt32();
}

// The page is written by the test that otherwise compares it.
int Parity()
{
    const string Project = "tests/Nabla.Tests/Nabla.Tests.csproj";
    int code = Dotnet(["build", Project, "-c", "Release", "--nologo", "-v", "q", "-clp:NoSummary"]);
    if (code != 0) return code;
    Environment.SetEnvironmentVariable("NABLA_WRITE", "parity");
    return Dotnet([TestAssembly(Path.Combine(root, Project)), "-noLogo", "-method", "*RowTests.The_page_is_current"]);
}

// DocFX reads the built libraries with their comments, and a copy of the pages with a table of contents made of their headings.
int Docs()
{
    Step("docs");
    string pages = Path.Combine(root, "artifacts/pages");
    if (Directory.Exists(pages)) Directory.Delete(pages, recursive: true);
    string[] names = [.. Projects("src").Select(static p => Path.GetFileNameWithoutExtension(p))];
    foreach (string project in Projects("src"))
    {
        int code = Dotnet(["build", project, "-c", "Release", "--nologo", "-v", "q", "-clp:NoSummary"]);
        if (code != 0) return code;
    }
    foreach (string file in SourceFiles("*.md").Concat(SourceFiles("*.png")).Concat(SourceFiles("*.svg")).Concat(SourceFiles("*.cs")))
    {
        string name = Path.GetRelativePath(root, file).Replace('\\', '/');
        if (name.EndsWith(".cs", StringComparison.Ordinal) && !name.StartsWith("samples/", StringComparison.Ordinal)) continue;
        string copy = Path.Combine(pages, name);
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(file, copy);
    }
    File.Copy(Path.Combine(pages, "README.md"), Path.Combine(pages, "index.md"));
    File.WriteAllText(Path.Combine(pages, "toc.yml"), Contents());
    var settings = new
    {
        metadata = names.Select(n => new
        {
            src = new[] { new { src = Path.Combine(root, "src", n, "bin/Release/net10.0"), files = new[] { $"{n}.dll" } } },
            output = $"api/{n}",
            namespaceLayout = "nested",
        }),
        build = new
        {
            content = new object[] { new { files = new[] { "**/*.md", "toc.yml" } }, new { files = new[] { "api/**/*.yml" } } },
            resource = new[] { new { files = new[] { "**/*.png", "**/*.svg", "samples/**/*.cs" } } },
            output = "../docs",
            template = new[] { "default", "modern" },
            globalMetadata = new { _appTitle = "Nabla", _appName = "Nabla", _enableSearch = true, _disableContribution = true },
        },
    };
    string docfx = Path.Combine(pages, "docfx.json");
    File.WriteAllText(docfx, JsonSerializer.Serialize(settings, Json.Plain));
    int restored = Dotnet(["tool", "restore"]);
    int made = restored != 0 ? restored : Dotnet(["docfx", docfx, "--logLevel", "error"]);
    if (made == 0) Console.WriteLine(Path.Combine(root, "artifacts/docs/index.html"));
    return made;
}

// The site's table of contents: pages by folder, in the order of their names.
string Contents()
{
    var toc = new System.Text.StringBuilder();
    Entry("", "Nabla", "index.md");
    Entry("", "Start", "docs/start.md");
    Entry("", "From PyTorch", "docs/from-pytorch.md");
    (string, string)[] parts = [("Guide", "docs/guide"), ("Reference", "docs"), ("Design", "docs/design"), ("Measured", "bench/results")];
    foreach ((string title, string folder) in parts)
    {
        toc.Append($"- name: {title}\n  items:\n");
        foreach (string page in Directory.EnumerateFiles(Path.Combine(root, folder), "*.md").Order(StringComparer.Ordinal))
            Entry("  ", File.ReadLines(page).First().TrimStart('#', ' '), $"{folder}/{Path.GetFileName(page)}");
    }
    toc.Append("- name: API\n  items:\n");
    foreach (string name in Projects("src").Select(static p => Path.GetFileNameWithoutExtension(p)).Order(StringComparer.Ordinal))
        Entry("  ", name, $"api/{name}/toc.yml");
    Entry("", "Changes", "CHANGELOG.md");
    return toc.ToString();

    void Entry(string indent, string title, string page) =>
        toc.Append($"{indent}- name: {JsonSerializer.Serialize(title, Json.Plain)}\n{indent}  href: {page}\n");
}

int Pack()
{
    Step("pack");
    foreach (string project in Projects("src").Concat(Projects("templates")))
    {
        int code = Dotnet(["pack", project, "-c", "Release", "-o", "artifacts", "--nologo", "-v", "q"]);
        if (code != 0) return code;
    }
    foreach (string package in Directory.EnumerateFiles(Path.Combine(root, "artifacts"), "*nupkg").Order()) Console.WriteLine(package);
    return 0;
}

int Format()
{
    Step("format");
    int style = Dotnet(["format", "style", Solution, "--severity", "warn"]);
    int whitespace = Dotnet(Whitespace());
    return style != 0 ? style : whitespace;
}

// The analyzer names every public member that no file lists (RS0016) and every listed one that is gone (RS0017) in the compiler's log.
// With an empty Unshipped file, that log is the file.
int Api()
{
    Step("api");
    foreach (string project in Projects("src"))
    {
        string folder = Path.GetDirectoryName(project)!;
        string unshipped = Path.Combine(folder, "PublicAPI.Unshipped.txt");
        if (!File.Exists(unshipped)) continue;
        byte[] before = File.ReadAllBytes(unshipped);
        string log = Path.Combine(Path.GetTempPath(), $"api-{Guid.NewGuid():N}.sarif");
        bool done = false;
        try
        {
            File.WriteAllText(unshipped, "#nullable enable\n");
            int code = Dotnet(["build", project, "--no-incremental", "--nologo", "-v", "q", "-clp:ErrorsOnly;NoSummary",
                "-p:TrackApi=collect", $"-p:ApiLog={log}"]);
            if (code != 0 || !File.Exists(log)) return Math.Max(code, 1);
            string[] lines = ReadApi(log);
            File.WriteAllText(unshipped, string.Concat(lines.Prepend("#nullable enable").Select(line => line + "\n")));
            Console.WriteLine($"{Path.GetRelativePath(root, unshipped)}: {lines.Length} entries");
            done = true;
        }
        finally
        {
            if (!done) File.WriteAllBytes(unshipped, before);
            File.Delete(log);
        }
    }
    return 0;
}

static string[] ReadApi(string log)
{
    using JsonDocument document = JsonDocument.Parse(File.ReadAllText(log));
    var lines = new SortedSet<string>(StringComparer.Ordinal);
    foreach (JsonElement result in document.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray())
    {
        string? rule = result.GetProperty("ruleId").GetString();
        if (rule is not ("RS0016" or "RS0017")) continue;
        string name = result.GetProperty("properties").GetProperty("customProperties").GetProperty("APIName").GetString()!;
        lines.Add(rule == "RS0016" ? name : "*REMOVED*" + name);
    }
    return [.. lines];
}

IEnumerable<string> Projects(string folder) =>
    Directory.Exists(Path.Combine(root, folder))
        ? Directory.EnumerateDirectories(Path.Combine(root, folder)).SelectMany(d => Directory.EnumerateFiles(d, "*.csproj")).Order()
        : [];

int Dotnet(string[] arguments)
{
    var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = root, UseShellExecute = false };
    start.Environment["DOTNET_NOLOGO"] = "1";
    start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
    using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started.");
    process.WaitForExit();
    return process.ExitCode;
}

static void Step(string name) => Console.WriteLine($"== {name}");

static string RepositoryRoot([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

static class Json
{
    // A file-based application serializes nothing by reflection unless it says so.
    public static readonly JsonSerializerOptions Plain =
        new() { TypeInfoResolver = new System.Text.Json.Serialization.Metadata.DefaultJsonTypeInfoResolver() };
}

sealed record Counts(int Passed, int Failed, int Skipped);
