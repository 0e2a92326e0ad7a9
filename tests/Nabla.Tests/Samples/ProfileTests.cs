using System.Text.Json;

namespace Nabla.Tests.Samples;

[Collection("Samples")]
public sealed class ProfileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nabla-profile-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void PrintsATableAndWritesATrace()
    {
        string path = Path.Combine(folder, "trace.json");
        SampleRunner.Result run = SampleRunner.Run("profile.cs", path);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("Self CPU time total: ", run.Output, StringComparison.Ordinal);
        Assert.Contains("aten::addmm", run.Output, StringComparison.Ordinal);
        using JsonDocument trace = JsonDocument.Parse(File.ReadAllBytes(path));
        Assert.True(trace.RootElement.GetProperty("traceEvents").GetArrayLength() > 500);
    }

    [Fact]
    public void RefusesAPathThatCannotBeWritten()
    {
        SampleRunner.Result run = SampleRunner.Run("profile.cs", Path.Combine(folder, "nowhere", "trace.json"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("cannot write", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}
