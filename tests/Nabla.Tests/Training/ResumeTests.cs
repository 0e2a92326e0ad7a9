using System.Diagnostics;

namespace Nabla.Tests.Training;

/// <summary>A process that trains is killed again and again; in the end it has computed the same bits as one that nobody
/// disturbed.</summary>
public sealed class ResumeTests : IDisposable
{
    private const int Epochs = 40;

    private readonly string folder = Directory.CreateTempSubdirectory("nabla-resume-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Killed_at_ten_random_moments_it_ends_with_the_same_bits()
    {
        Random random = new();
        Task<string> whole = Task.Run(() => Live(Path.Combine(folder, "whole"), null, TimeSpan.Zero).Digest!);
        string broken = Path.Combine(folder, "broken");
        List<string> log = [];
        for (int kill = 0; kill < 10; kill++)
        {
            int steps = random.Next(1, 26);
            TimeSpan more = TimeSpan.FromMicroseconds(random.Next(0, 4000));
            (long first, long last, string? digest) = Live(broken, steps, more);
            Assert.True(digest is null, "The run was over before it was killed ten times.");
            log.Add($"{first}..{last}");
        }
        (long resumed, _, string? end) = Live(broken, null, TimeSpan.Zero);
        Assert.True(resumed > 1, "It began anew: " + string.Join(" ", log));
        Assert.True(whole.Result == end, $"Other bits after the lives {string.Join(" ", log)} and {resumed}..");
    }

    /// <summary>Lets a process run, and kills it some time after it has done a number of steps.</summary>
    private static (long First, long Last, string? Digest) Live(string path, int? steps, TimeSpan more)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Nabla.Resume.dll");
        ProcessStartInfo start = new("dotnet", [program, path, Epochs.ToString(System.Globalization.CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string key in start.Environment.Keys.Where(static k => k.StartsWith("DOTNET_", StringComparison.Ordinal)
            && k.EndsWith("HOOKS", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(key);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        long first = -1, last = -1;
        int count = 0;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith("digest ", StringComparison.Ordinal)) return (first, last, line[7..]);
            last = long.Parse(line.AsSpan(5), System.Globalization.CultureInfo.InvariantCulture);
            if (first < 0) first = last;
            if (++count != steps) continue;
            long until = Stopwatch.GetTimestamp() + (long)(more.TotalSeconds * Stopwatch.Frequency);
            while (Stopwatch.GetTimestamp() < until) Thread.SpinWait(20);
            process.Kill();
        }
        process.WaitForExit();
        Assert.True(steps is not null && count >= steps, "The process has failed: " + error.Result);
        return (first, last, null);
    }
}
