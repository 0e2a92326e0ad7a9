using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Nabla.Tests.Samples;

/// <summary>Runs the file-based samples as a reader would.</summary>
internal static class SampleRunner
{
    internal sealed record Result(int ExitCode, string Output, string Error);

    // Samples are built one after the other, since they share the library's project; several may run at a time.
    private static readonly Lock Building = new();
    private static readonly Dictionary<string, string> Programs = [];

    /// <summary>Runs a sample, built at its first use.</summary>
    internal static Result Run(string sample, params string[] arguments) => Dotnet([Build(sample), .. arguments]);

    /// <summary>Builds a sample.</summary>
    /// <returns>What <c>dotnet</c> starts.</returns>
    internal static string Build(string sample)
    {
        lock (Building)
        {
            if (Programs.TryGetValue(sample, out string? program)) return program;
            Result built = Dotnet(["build", Path.Combine(Root(), "samples", sample), "-c", "Release", "-v", "q", "--nologo", "-t:Build",
                "-getProperty:TargetPath"]);
            Assert.True(built.ExitCode == 0, built.Output + built.Error);
            return Programs[sample] = built.Output.Trim();
        }
    }

    private static Result Dotnet(string[] command)
    {
        ProcessStartInfo start = new("dotnet", command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true
        };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        // A test host's own settings must not reach the sample.
        foreach (string key in start.Environment.Keys.Where(static k => k.StartsWith("DOTNET_", StringComparison.Ordinal)
            && k.EndsWith("HOOKS", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(key);
        return Wait(Process.Start(start)!);
    }

    /// <summary>What a process says until it ends.</summary>
    internal static Result Wait(Process process)
    {
        using Process disposed = process;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return new(process.ExitCode, output.Result.ReplaceLineEndings("\n"), error.Result.ReplaceLineEndings("\n"));
    }

    internal static string Root([CallerFilePath] string here = "")
    {
        DirectoryInfo? folder = new FileInfo(here).Directory;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Nabla.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The repository root was not found.");
    }
}
