namespace Nabla.Tests.Samples;

[Collection("Samples")]
public sealed class NamesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nabla-names-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    [Fact]
    public void LearnsFromATextAndWritesSome()
    {
        string text = string.Concat(Enumerable.Range(0, 400).Select(i => $"{i} plus {i % 7} is {i + i % 7}.\n"));
        string path = Write("sums.txt", System.Text.Encoding.UTF8.GetBytes(text));
        SampleRunner.Result run = SampleRunner.Run("names.cs", path, "--steps", "400", "--length", "120");
        Assert.True(run.ExitCode == 0, run.Error);
        double[] training = Losses(run.Output, "training loss "), validation = Losses(run.Output, "validation loss ");
        Assert.True(training.Length >= 10, run.Output);
        Assert.True(training[^1] < 0.6 * training[0], run.Output);
        Assert.True(validation[^1] < 0.6 * validation[0], run.Output);
        Assert.Contains("steps/s", run.Output, StringComparison.Ordinal);
        string written = run.Output[(run.Output.LastIndexOf("steps/s\n\n", StringComparison.Ordinal) + 9)..];
        Assert.Equal(120 + 1, written.Length);
    }

    private static double[] Losses(string output, string label) =>
    [
        .. output.Split('\n').Where(l => l.StartsWith("step", StringComparison.Ordinal)).Select(l =>
        {
            int at = l.IndexOf(label, StringComparison.Ordinal) + label.Length;
            return double.Parse(l[at..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        }),
    ];

    [Fact]
    public void RefusesAMissingFile() => Refuses("cannot read", Path.Combine(folder, "nowhere.txt"));

    [Fact]
    public void RefusesAnEmptyFile() => Refuses("is empty", Write("empty.txt", []));

    [Fact]
    public void RefusesABinaryFile() => Refuses("is not text", Write("binary.bin",
        [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 37))]));

    [Fact]
    public void RefusesATextTooShort() => Refuses("at least", Write("short.txt", "A few words."u8.ToArray()));

    [Theory, InlineData("--steps", "0.5", "positive whole number"), InlineData("--hidden", "1e12", "positive whole number"),
        InlineData("--rate", "nan", "positive number"), InlineData("--rate", "-1", "positive number")]
    public void RefusesNumbersThatAreNone(string option, string value, string message) =>
        Refuses(message, Write("text.txt", "A few words."u8.ToArray()), option, value);

    [Fact]
    public void RefusesARateThatIsTooHigh() => Refuses("give a lower --rate",
        Write("text.txt", [.. Enumerable.Repeat("Words, and more words. "u8.ToArray(), 30).SelectMany(static w => w)]), "--rate", "1e39");

    [Fact]
    public void RefusesAnUnknownArgument() => Refuses("unknown argument", Write("text.txt", "A few words."u8.ToArray()), "--speed", "3");

    private static void Refuses(string message, params string[] arguments)
    {
        SampleRunner.Result run = SampleRunner.Run("names.cs", arguments);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}
