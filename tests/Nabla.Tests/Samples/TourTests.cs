namespace Nabla.Tests.Samples;

[Collection("Samples")]
public sealed class TourTests
{
    /// <summary>The expected text is what tests/golden/notebook.py prints with PyTorch.</summary>
    [Fact]
    public void PrintsWhatPyTorchPrints()
    {
        SampleRunner.Result run = SampleRunner.Run("tour.cs");
        Assert.True(run.ExitCode == 0, run.Error);
        string expected = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "tour.txt")).ReplaceLineEndings("\n");
        Assert.Equal(expected, run.Output);
    }
}
