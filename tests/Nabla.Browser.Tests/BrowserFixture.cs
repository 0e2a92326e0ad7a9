using System.Diagnostics;
using System.Runtime.CompilerServices;
using Nabla.Browser.Tests;
using PuppeteerSharp;

[assembly: AssemblyFixture(typeof(BrowserFixture))]

namespace Nabla.Browser.Tests;

/// <summary>A headless browser, the published playground and the page with the checks; or the reason why there is no browser.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private static readonly string[] Known =
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];

    private readonly string profile = Directory.CreateTempSubdirectory("nabla-browser-").FullName;
    private IBrowser? browser;
    private Server? playground, checks;
    private string? missing;

    public static string Root { get; } = FindRoot();

    /// <summary>Where the published page is.</summary>
    public static string Published { get; } = Path.Combine(Root, "artifacts", "playground", "wwwroot");

    public async ValueTask InitializeAsync()
    {
        if (FindBrowser() is not { } path)
        {
            missing = $"no browser: {Install()} Set NABLA_BROWSER to a Chromium or Chrome to run these tests.";
            if (FindBrowser() is not { } installed) return;
            (path, missing) = (installed, null);
        }
        if (Directory.Exists(Published)) Directory.Delete(Published, recursive: true);
        Dotnet("publish", "samples/playground", "-o", "artifacts/playground");
        Dotnet("build", "tests/Nabla.Browser.Checks");
        string folder = Path.Combine(Root, "tests", "Nabla.Browser.Checks");
        playground = new(Published);
        checks = new(Path.Combine(folder, "wwwroot"), Path.Combine(folder, "bin", "Release", "net10.0", "wwwroot"));
        browser = await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = path,
            Headless = true,
            UserDataDir = profile,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A new page with the playground, ready to be used.</summary>
    public Task<Visit> Playground() => Open(static f => f.playground!, "document.querySelector('#status')?.innerText === 'Ready'");

    /// <summary>A new page with the checks.</summary>
    public Task<Visit> Checks() => Open(static f => f.checks!, "globalThis.checks !== undefined");

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playground?.Dispose();
        checks?.Dispose();
        Directory.Delete(profile, recursive: true);
    }

    private async Task<Visit> Open(Func<BrowserFixture, Server> server, string ready)
    {
        if (missing is not null) Assert.Skip(missing);
        Visit visit = await Visit.Begin(browser!, server(this).Address);
        await visit.Until(ready);
        return visit;
    }

    private static string? FindBrowser() =>
        Known.Prepend(Environment.GetEnvironmentVariable("NABLA_BROWSER") ?? "").FirstOrDefault(File.Exists);

    private static string Install()
    {
        if (!OperatingSystem.IsLinux()) return "Chromium is not installed.";
        (int code, string output) = Run("bash", Path.Combine(Root, "tests", "Nabla.Browser.Tests", "install-chromium.sh"));
        return code == 0 ? "" : output.Trim();
    }

    private static void Dotnet(string command, string project, params string[] more)
    {
        (int code, string output) = Run("dotnet", [command, project, "-c", "Release", "-v", "q", "--nologo", "-nodeReuse:false", .. more]);
        Assert.True(code == 0, $"dotnet {command} {project}: {output}");
    }

    private static (int Code, string Output) Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        // A test host's own settings must not reach a build.
        foreach (string key in start.Environment.Keys.Where(static k => k.EndsWith("HOOKS", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(key);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return (process.ExitCode, output.Result + error.Result);
    }

    private static string FindRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}
