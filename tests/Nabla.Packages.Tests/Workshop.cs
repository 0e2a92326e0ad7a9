using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Nabla.Packages.Tests;

/// <summary>A folder outside of the repository with all packages in a feed, and a console application that references them.</summary>
public sealed class Workshop : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nabla-packages-").FullName;

    public Workshop()
    {
        string root = Root(), feed = this["feed"];
        foreach (string project in Directory.EnumerateFiles(Path.Combine(root, "src"), "*.csproj", SearchOption.AllDirectories).Order())
            Run("dotnet", root, "pack", project, "-c", "Release", "--no-build", "-o", feed, "--nologo", "-v", "q").Succeeded();
        string templates = Path.Combine(root, "templates", "Nabla.Templates", "Nabla.Templates.csproj");
        Run("dotnet", root, "pack", templates, "-c", "Release", "-o", feed, "--nologo", "-v", "q").Succeeded();
        // Other packages than ours come from where this machine has them already; ours must not get into that place.
        string machine = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string fallback = Directory.Exists(machine) ? $"<add key=\"machine\" value=\"{machine}\" />" : "";
        File.WriteAllText(this["nuget.config"], $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <fallbackPackageFolders>{fallback}</fallbackPackageFolders>
              <packageSources><add key="feed" value="feed" /></packageSources>
            </configuration>
            """);
        Directory.CreateDirectory(this["app"]);
        string consumers = Path.Combine(AppContext.BaseDirectory, "Consumers");
        File.Copy(Path.Combine(consumers, "App.csproj.txt"), this["app/app.csproj"]);
        File.Copy(Path.Combine(consumers, "Program.cs"), this["app/Program.cs"]);
        File.WriteAllText(this["train.fsx"], File.ReadAllText(Path.Combine(consumers, "train.fsx"))
            .Replace("\"Nabla.dll\"", $"@\"{this["app/bin/Release/net10.0/Nabla.dll"]}\"", StringComparison.Ordinal));
        Dotnet("app", "build", "-c", "Release", "--nologo", "-v", "q").Succeeded();
    }

    public string this[string name] => Path.Combine(folder, name.Replace('/', Path.DirectorySeparatorChar));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Runs dotnet in a folder of the workshop.</summary>
    public Result Dotnet(string inside, params string[] arguments) => Run("dotnet", this[inside], arguments);

    public sealed record Result(int ExitCode, string Output, double Seconds)
    {
        public Result Succeeded()
        {
            Assert.True(ExitCode == 0, Output);
            Assert.DoesNotMatch(@"warning [A-Z]+\d+", Output);
            return this;
        }
    }

    public static Result Run(string program, string inside, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = inside,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        // A test host's own settings must not reach the programs.
        foreach (string key in start.Environment.Keys.Where(IsOurs).ToArray()) start.Environment.Remove(key);
        StringBuilder output = new();
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> standard = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        output.Append(standard.Result).Append(error.Result);
        return new(process.ExitCode, output.ToString().ReplaceLineEndings("\n"), Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    private static bool IsOurs(string name) => name == "NUGET_PACKAGES" || name.StartsWith("DOTNET_Enable", StringComparison.Ordinal)
        || (name.StartsWith("DOTNET_", StringComparison.Ordinal) && name.EndsWith("HOOKS", StringComparison.Ordinal));

    public static string Megabytes(long bytes) => (bytes / 1e6).ToString("F1", CultureInfo.InvariantCulture) + " MB";

    private static string Root([CallerFilePath] string here = "")
    {
        DirectoryInfo? at = new FileInfo(here).Directory;
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Nabla.slnx"))) at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("The repository root was not found.");
    }
}
