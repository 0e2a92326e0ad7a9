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
    private readonly Lazy<Server> playground = new(ServePlayground), checks = new(ServeChecks);
    private IBrowser? browser;

    public static string Root { get; } = FindRoot();

    /// <summary>Where the published page is.</summary>
    public static string Published { get; } = Path.Combine(Root, "artifacts", "playground", "wwwroot");

    /// <summary>Nothing is built before a test asks for it.</summary>
    public ValueTask InitializeAsync() => default;

    /// <summary>A new page with the playground, ready to be used.</summary>
    public Task<Visit> Playground() => Open(playground, "document.querySelector('#status')?.innerText === 'Ready'");

    /// <summary>A new page with the checks.</summary>
    public Task<Visit> Checks() => Open(checks, "globalThis.checks !== undefined");

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        foreach (Lazy<Server> server in new[] { playground, checks })
            if (server.IsValueCreated) server.Value.Dispose();
        try
        {
            Directory.Delete(profile, recursive: true);
        }
        catch (IOException)
        {
            // A process of the browser is still writing; the folder is a temporary one.
        }
    }

    private async Task<Visit> Open(Lazy<Server> server, string ready)
    {
        browser ??= await Launch();
        Visit visit = await Visit.Begin(browser, server.Value.Address);
        await visit.Until(ready);
        return visit;
    }

    private async Task<IBrowser> Launch()
    {
        if (Environment.GetEnvironmentVariable("NABLA_BROWSER") == "none") Assert.Skip("no browser: NABLA_BROWSER is none.");
        if (FindBrowser() is not { } path)
        {
            string why = Install();
            path = FindBrowser() ?? "";
            if (path.Length == 0) Assert.Skip($"no browser: {why} Set NABLA_BROWSER to a Chromium or Chrome to run these tests.");
        }
        return await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = path,
            Headless = true,
            UserDataDir = profile,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync"],
        });
    }

    private static Server ServePlayground()
    {
        if (Directory.Exists(Published)) Directory.Delete(Published, recursive: true);
        Dotnet("publish", "samples/playground", "-o", "artifacts/playground");
        return new(Published);
    }

    private static Server ServeChecks()
    {
        Dotnet("build", "tests/Nabla.Browser.Checks");
        string folder = Path.Combine(Root, "tests", "Nabla.Browser.Checks");
        return new(Path.Combine(folder, "wwwroot"), Path.Combine(folder, "bin", "Release", "net10.0", "wwwroot"));
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
