using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Nabla.Packages.Tests;

/// <summary>The packages as others use them: outside of the repository, from a feed, in every way of publishing.</summary>
public sealed class PackageTests(Workshop workshop, ITestOutputHelper log) : IClassFixture<Workshop>
{
    private const string Printed = """
        learned
        fc1.weight fc1.bias fc2.weight fc2.bias 0
        65
        12
        True

        """;

    private static void PrintsWhatItShould(string output)
    {
        Match first = Regex.Match(output, @"^gradient tensor\(\[12\.\]\) after \d+ ms\n");
        Assert.True(first.Success, output);
        Assert.Equal(Printed.ReplaceLineEndings("\n"), output[first.Length..]);
    }

    [Fact]
    public void Packages_hold_what_they_should_and_nothing_else()
    {
        string[] packages = [.. Directory.EnumerateFiles(workshop["feed"], "*.nupkg").Order(StringComparer.Ordinal)];
        string[] names = [.. packages.Select(static p => Path.GetFileName(p))];
        Assert.Superset(new HashSet<string> { "Nabla.0.1.0.nupkg", "Nabla.Testing.0.1.0.nupkg", "Nabla.Templates.0.1.0.nupkg" },
            names.ToHashSet());
        foreach (string package in packages)
        {
            log.WriteLine($"{Path.GetFileName(package)}: {Workshop.Megabytes(new FileInfo(package).Length)}");
            using ZipArchive zip = ZipFile.OpenRead(package);
            string id = Path.GetFileName(package)[..^".0.1.0.nupkg".Length];
            string[] files = [.. zip.Entries.Select(static e => e.FullName)
                .Where(static f => f.Split('/')[0] is not ("_rels" or "package"))];
            string[] expected = id switch
            {
                "Nabla.Templates" => ["Nabla.Templates.nuspec", "README.md", "[Content_Types].xml",
                    "content/nabla/.template.config/template.json",
                    "content/nabla/NablaApp.csproj", "content/nabla/Program.cs", "icon.png"],
                "Nabla" => ["Nabla.nuspec", "README.md", "[Content_Types].xml", "buildTransitive/Nabla.props",
                    "buildTransitive/Nabla.targets", "icon.png", "lib/net10.0/Nabla.dll", "lib/net10.0/Nabla.xml"],
                _ => [$"{id}.nuspec", "README.md", "[Content_Types].xml", "icon.png", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"],
            };
            Assert.Equal(expected, files.Order(StringComparer.Ordinal));
            XElement data = XDocument.Load(zip.GetEntry($"{id}.nuspec")!.Open()).Root!.Elements()
                .Single(static e => e.Name.LocalName == "metadata");
            foreach (string field in new[] { "authors", "description", "tags", "copyright", "license", "readme", "icon" })
                Assert.NotEqual("", data.Elements().SingleOrDefault(e => e.Name.LocalName == field)?.Value ?? "");
            Assert.Equal("MIT", data.Elements().Single(static e => e.Name.LocalName == "license").Value);
            if (id == "Nabla.Templates") continue;
            Assert.True(File.Exists(Path.ChangeExtension(package, ".snupkg")), $"{id} has no symbols");
            IsDeterministic(zip.GetEntry($"lib/net10.0/{id}.dll")!);
        }
    }

    private static void IsDeterministic(ZipArchiveEntry entry)
    {
        MemoryStream bytes = new();
        using (Stream packed = entry.Open()) packed.CopyTo(bytes);
        bytes.Position = 0;
        using PEReader reader = new(bytes);
        Assert.Contains(reader.ReadDebugDirectory(), static d => d.Type == DebugDirectoryEntryType.Reproducible);
        MetadataReader metadata = reader.GetMetadataReader();
        Assert.Equal(new Version(0, 1, 0, 0), metadata.GetAssemblyDefinition().Version);
    }

    [Fact]
    public void A_console_application_runs() =>
        PrintsWhatItShould(workshop.Dotnet("app", workshop["app/bin/Release/net10.0/app.dll"]).Succeeded().Output);

    [Fact]
    public void Published_ahead_of_time_it_runs()
    {
        Workshop.Result publish = workshop.Dotnet("app", "publish", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier,
            "-p:PublishAot=true", "-p:IlcInstructionSet=native", "-o", workshop["aot"], "--nologo", "-v", "m").Succeeded();
        Assert.DoesNotContain("oldest processors", publish.Output);
        string program = workshop[OperatingSystem.IsWindows() ? "aot/app.exe" : "aot/app"];
        Workshop.Result run = Workshop.Run(program, workshop["app"]).Succeeded();
        PrintsWhatItShould(run.Output);
        log.WriteLine($"ahead of time: {Workshop.Megabytes(new FileInfo(program).Length)}, published in {publish.Seconds:F0} s, " +
            $"{run.Output.Split('\n')[0]}, {run.Seconds:F2} s in all");
    }

    [Fact]
    public void Ahead_of_time_without_a_choice_of_processor_there_is_advice()
    {
        // The first steps of publishing are enough: the target in the package runs before the compiler does.
        Workshop.Result check = workshop.Dotnet("app", "msbuild", "-t:NablaInstructionSet", "--nologo", "-v:m").Succeeded();
        Assert.Contains("Set IlcInstructionSet, to x86-64-v3", check.Output);
        Workshop.Result chosen = workshop.Dotnet("app", "msbuild", "-t:NablaInstructionSet", "-p:IlcInstructionSet=native", "--nologo",
            "-v:m");
        Assert.DoesNotContain("IlcInstructionSet", chosen.Succeeded().Output);
        Assert.Contains("false", workshop.Dotnet("app", "msbuild", "-getProperty:TieredCompilationQuickJitForLoops").Succeeded().Output);
    }

    [Fact]
    public void Published_trimmed_it_runs()
    {
        Workshop.Result publish = workshop.Dotnet("app", "publish", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier,
            "--self-contained", "-p:PublishTrimmed=true", "-o", workshop["trimmed"], "--nologo", "-v", "q").Succeeded();
        string program = workshop[OperatingSystem.IsWindows() ? "trimmed/app.exe" : "trimmed/app"];
        Workshop.Result run = Workshop.Run(program, workshop["app"]).Succeeded();
        PrintsWhatItShould(run.Output);
        long all = new DirectoryInfo(workshop["trimmed"]).EnumerateFiles().Sum(static f => f.Extension == ".pdb" ? 0 : f.Length);
        log.WriteLine($"trimmed: {Workshop.Megabytes(all)} with the runtime, Nabla.dll " +
            $"{Workshop.Megabytes(new FileInfo(workshop["trimmed/Nabla.dll"]).Length)}, published in {publish.Seconds:F0} s");
    }

    [Fact]
    public void An_FSharp_script_trains()
    {
        Workshop.Result run = workshop.Dotnet("", "fsi", "--quiet", "train.fsx").Succeeded();
        Assert.Equal("""
            <AddBackward0> tensor([12.], dtype=torch.float64)
            tensor([4., 5., 6., 7.])
            tensor([[1., 2.],
                    [5., 6.]])
            tensor([10., 11.])
            tensor([  1.,  -7., -15.])
            [2, 3] Float64
            fc1.weight fc1.bias fc2.weight fc2.bias
            learned
            [64, 3]
            tensor([ 3., 12.], dtype=torch.float64)
            tensor([0.5000, 0.5000, 0.5000])

            """.ReplaceLineEndings("\n"), run.Output.TrimStart('\n'));
    }

    [Fact]
    public void The_template_makes_a_program_that_learns()
    {
        string hive = workshop["hive"];
        workshop.Dotnet("", "new", "install", workshop["feed/Nabla.Templates.0.1.0.nupkg"], "--debug:custom-hive", hive).Succeeded();
        workshop.Dotnet("", "new", "nabla", "-o", "first", "--no-update-check", "--debug:custom-hive", hive).Succeeded();
        Assert.Equal(["Program.cs", "first.csproj"], Directory.EnumerateFiles(workshop["first"]).Select(static f => Path.GetFileName(f))
            .Order(StringComparer.Ordinal));
        string output = workshop.Dotnet("first", "run", "-c", "Release").Succeeded().Output;
        Assert.Contains("Linear (first)", output);
        Match last = Regex.Match(output, @"epoch 10: loss 0\.0\d+, accuracy on unseen points (\d+)\.\d\s?%");
        Assert.True(last.Success && int.Parse(last.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) >= 98, output);
        Assert.True(File.Exists(workshop["first/bin/Release/net10.0/model.safetensors"]));
    }
}
