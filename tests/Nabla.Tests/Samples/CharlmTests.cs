using System.Diagnostics;
using System.Text.Json;
using Nabla.IO;

namespace Nabla.Tests.Samples;

/// <summary>samples/charlm.cs, built once and started as a program.</summary>
public sealed class Charlm : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nabla-charlm-").FullName;
    private readonly Dictionary<string, string> runs = [];
    private readonly string program = SampleRunner.Build("charlm.cs");

    internal static string Text => Path.Combine(AppContext.BaseDirectory, "Data", "charlm", "text.txt.gz");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    internal string At(string name) => Path.Combine(folder, name);

    internal string Write(string name, byte[] content)
    {
        File.WriteAllBytes(At(name), content);
        return At(name);
    }

    internal ProcessStartInfo Command(params string[] arguments) => new("dotnet", [program, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        RedirectStandardInput = true,
    };

    internal static string[] Train(string model, string run) =>
        ["train", "--text", Text, "--model", model, "--size", "tiny", "--steps", "40", "--every", "10", "--out", run];

    internal SampleRunner.Result Run(params string[] arguments) => SampleRunner.Wait(Process.Start(Command(arguments))!);

    /// <summary>The folder of a run of a model that nothing has interrupted; what it printed is beside it.</summary>
    internal string Trained(string model)
    {
        if (runs.TryGetValue(model, out string? run)) return run;
        run = At($"trained-{model}");
        SampleRunner.Result result = Run(Train(model, run));
        Assert.True(result.ExitCode == 0, result.Error);
        File.WriteAllText(run + ".txt", result.Output);
        return runs[model] = run;
    }
}

[Collection("Sequence models")]
public sealed class CharlmTests(Charlm charlm) : IClassFixture<Charlm>
{
    private static (long Step, double Value)[] Figures(string run, string name) =>
    [
        .. File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(static line => JsonDocument.Parse(line).RootElement)
            .Where(record => record.TryGetProperty(name, out _))
            .Select(record => (record.GetProperty("step").GetInt64(), record.GetProperty(name).GetDouble())),
    ];

    [Theory]
    [InlineData("gpt", "blocks.1.attention.qkv.weight")]
    [InlineData("lstm", "rnn.weight_ih_l0")]
    [InlineData("gru", "rnn.weight_hh_l0")]
    [InlineData("rnn", "rnn.bias_hh_l0")]
    public void Learns_writes_and_exports(string model, string parameter)
    {
        string run = charlm.Trained(model), output = File.ReadAllText(run + ".txt");
        Assert.Contains($"; {model} with ", output, StringComparison.Ordinal);
        Assert.Contains("step 40/40  loss ", output, StringComparison.Ordinal);
        Assert.Contains("Done: 40 steps; the best validation loss is ", output, StringComparison.Ordinal);
        (long Step, double Value)[] losses = Figures(run, "loss"), validation = Figures(run, "val_loss");
        Assert.Equal(Enumerable.Range(1, 40).Select(static s => (long)s), losses.Select(static r => r.Step));
        Assert.Equal([10, 20, 30, 40], validation.Select(static r => r.Step));
        Assert.True(losses[^1].Value < 0.8 * losses[0].Value);
        Assert.True(validation[^1].Value < validation[0].Value);

        Assert.Equal("PNG"u8.ToArray(), File.ReadAllBytes(Path.Combine(run, "loss.png"))[1..4]);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(run, "tensorboard"), "events.out.tfevents.*"));
        Assert.Contains(parameter, TorchFile.LoadStateDict(Path.Combine(run, "weights.pt")).Keys);

        string[] write = ["sample", "--from", run, "--prompt", "The ", "--length", "150", "--seed", "3", "--top-k", "9", "--top-p", "0.9"];
        SampleRunner.Result first = charlm.Run(write), second = charlm.Run(write);
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.StartsWith("The ", first.Output, StringComparison.Ordinal);
        Assert.Equal(4 + 150 + 1, first.Output.EnumerateRunes().Count());
        Assert.Equal(first.Output, second.Output);

        string file = charlm.At($"{model}.onnx");
        SampleRunner.Result export = charlm.Run("export", "--from", run, "--onnx", file);
        Assert.True(export.ExitCode == 0, export.Error);
        byte[] onnx = File.ReadAllBytes(file);
        Assert.Equal(8, onnx[0]);   // The version of the format comes first.
        Assert.True(onnx.AsSpan().IndexOf("sequence"u8) > 0);
    }

    /// <summary>PyTorch 2.6.0 had the same losses from the same seed, and when it went on from a checkpoint of ours.</summary>
    [Theory]
    [InlineData("gpt")]
    [InlineData("lstm")]
    public void Has_PyTorchs_losses(string model)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Data", "charlm", model + ".json"), run = charlm.Trained(model);
        JsonElement golden = JsonDocument.Parse(File.ReadAllText(path)).RootElement;
        Near("loss", 0, Figures(run, "loss"));
        Near("validation", 0, Figures(run, "val_loss"));
        Near("continued", golden.GetProperty("from").GetInt32(), Figures(run, "loss"));

        void Near(string name, int skip, (long Step, double Value)[] ours)
        {
            double[] theirs = [.. golden.GetProperty(name).EnumerateArray().Select(static v => v.GetDouble())];
            Assert.Equal(theirs.Length, ours.Length - skip);
            for (int i = 0; i < theirs.Length; i++)
                Assert.True(Math.Abs(theirs[i] - ours[skip + i].Value) < 2e-5, $"{name} {ours[skip + i]}: PyTorch has {theirs[i]}");
        }
    }

    /// <summary>Stopped or killed and resumed, a run ends with the same bytes as one that was never interrupted.</summary>
    [Theory]
    [InlineData("gpt", "INT", 130)]
    [InlineData("gpt", "KILL", 137)]
    [InlineData("lstm", "TERM", 143)]
    [InlineData("lstm", "KILL", 137)]
    public async Task Resumes_exactly(string model, string signal, int exitCode)
    {
        string expected = charlm.Trained(model), run = charlm.At($"{model}-{signal}"), metrics = Path.Combine(run, "metrics.jsonl");
        using Process process = Process.Start(charlm.Command(Charlm.Train(model, run)))!;
        CancellationToken cancel = TestContext.Current.CancellationToken;
        Task<string> reading = process.StandardOutput.ReadToEndAsync(cancel), complaints = process.StandardError.ReadToEndAsync(cancel);
        while (!process.HasExited && !(File.Exists(metrics) && File.ReadAllBytes(metrics).Count((byte)'\n') > 22)) Thread.Sleep(5);
        using Process kill = Process.Start("kill", ["-" + signal, $"{process.Id}"]);
        await process.WaitForExitAsync(cancel);
        (string output, string error) = (await reading, await complaints);
        Assert.True(process.ExitCode == exitCode, $"{process.ExitCode} {output} {error}");
        int done = (int)Figures(run, "loss")[^1].Step;
        string[] saved = [.. Directory.GetFiles(Path.Combine(run, "checkpoints"), "*.pt").Order()];
        Assert.InRange(done, 20, 39);
        string newest = signal == "KILL" ? $"checkpoint-{done / 10 * 10:D8}" : $"checkpoint-{done:D8}";
        if (signal == "KILL") File.AppendAllText(metrics, "{\"step\":");
        else Assert.Contains($"Stopped after step {done}, all is saved", output, StringComparison.Ordinal);
        // A kill may come between a step that ends an epoch and its checkpoint.
        Assert.Contains(saved, path => Path.GetFileName(path).StartsWith(newest, StringComparison.Ordinal) || done % 10 == 0);

        SampleRunner.Result resumed = charlm.Run("resume", "--from", run);
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(File.ReadAllBytes(Path.Combine(expected, "metrics.jsonl")), File.ReadAllBytes(metrics));
        Assert.Equal(File.ReadAllBytes(Path.Combine(expected, "weights.pt")), File.ReadAllBytes(Path.Combine(run, "weights.pt")));
        Assert.Equal(Last(expected), Last(run));

        static byte[] Last(string run) =>
            File.ReadAllBytes(Directory.GetFiles(Path.Combine(run, "checkpoints"), "*-00000040_*.pt").Single());
    }

    [Fact]
    public void A_run_that_is_done_stays_as_it_is()
    {
        string run = charlm.Trained("rnn");
        byte[] before = File.ReadAllBytes(Path.Combine(run, "metrics.jsonl"));
        SampleRunner.Result result = charlm.Run("resume", "--from", run);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("Done: 40 steps", result.Output, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(run, "metrics.jsonl")));
    }

    [Fact]
    public void Refuses_wrong_arguments()
    {
        string run = charlm.Trained("rnn");
        Refuses(2, "'--text' is required", "train");
        Refuses(2, "'--frob'", "train", "--text", Charlm.Text, "--frob", "3");
        Refuses(2, "'huge' not recognized", "train", "--text", Charlm.Text, "--size", "huge");
        Refuses(2, "Cannot parse argument 'many' for option '--steps'; see", "train", "--text", Charlm.Text, "--steps", "many");
        Refuses(2, "should be positive", "train", "--text", Charlm.Text, "--every", "0", "--out", charlm.At("never"));
        Refuses(2, "holds a run already", "train", "--text", Charlm.Text, "--out", run);
        Refuses(2, "topP should be above 0", "sample", "--from", run, "--top-p", "2");
        Refuses(2, "has no '☃'", "sample", "--from", run, "--prompt", "a ☃");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(charlm.At("mine")).FullName, "text.txt"), "a text of mine");
        Refuses(2, "is another text", "train", "--text", Charlm.Text, "--out", charlm.At("mine"));
        Refuses(2, "is not the folder of a run", "resume", "--from", charlm.At("nowhere"));
        Assert.False(Directory.Exists(charlm.At("never")));
    }

    [Fact]
    public void Refuses_what_is_no_text()
    {
        Refuses(1, "nowhere.txt", "train", "--text", charlm.At("nowhere.txt"));
        Refuses(1, "too short", "train", "--text", charlm.Write("empty.txt", []));
        Refuses(1, "too short", "train", "--text", charlm.Write("short.txt", "A few words."u8.ToArray()));
        Refuses(1, "UTF-8", "train", "--text", charlm.Write("latin.txt", [.. Enumerable.Repeat((byte)0xE9, 9000)]));
        Refuses(1, "is not text", "train", "--text", charlm.Write("binary.bin", new byte[9000]));
    }

    [Fact]
    public void Says_what_is_damaged_and_what_cannot_be_written()
    {
        string run = charlm.At("damaged"), file = charlm.Write("file.txt", "no folder"u8.ToArray());
        Directory.CreateDirectory(Path.Combine(run, "checkpoints"));
        foreach (string name in new[] { "text.txt", "settings.json" })
            File.Copy(Path.Combine(charlm.Trained("rnn"), name), Path.Combine(run, name));
        Refuses(2, "has no weights yet", "sample", "--from", run);
        File.AppendAllText(Path.Combine(run, "text.txt"), "the end");
        Refuses(1, "is not the text that this run began with", "resume", "--from", run);
        File.Copy(Path.Combine(charlm.Trained("rnn"), "text.txt"), Path.Combine(run, "text.txt"), overwrite: true);
        byte[] noise = [.. Enumerable.Range(0, 5000).Select(static i => (byte)(i * 37))];
        File.WriteAllBytes(Path.Combine(run, "weights.pt"), noise);
        File.WriteAllBytes(Path.Combine(run, "checkpoints", "checkpoint-00000010.pt"), noise);
        Refuses(1, "weights.pt", "sample", "--from", run);
        Refuses(1, "are damaged", "resume", "--from", run);
        File.WriteAllText(Path.Combine(run, "settings.json"), "{\"Model\":");
        Refuses(1, "settings.json' is damaged", "resume", "--from", run);
        Refuses(1, "file.txt", "train", "--text", Charlm.Text, "--out", Path.Combine(file, "run"));
        Refuses(1, "does not exist", "export", "--from", charlm.Trained("rnn"), "--onnx", charlm.At("nowhere/model.onnx"));
    }

    /// <summary>A disk without room is played by a limit on the sizes of files.</summary>
    [Fact]
    public void Says_that_the_disk_is_full_and_goes_on_when_it_is_not()
    {
        string run = charlm.At("full");
        ProcessStartInfo command = charlm.Command(Charlm.Train("rnn", run));
        string line = string.Join(' ', command.ArgumentList.Prepend("dotnet").Select(static a => $"'{a}'"));
        ProcessStartInfo limited = new("bash", ["-c", $"trap '' XFSZ; ulimit -f 150; exec {line}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // The runtime's own memory may not be a file then.
        limited.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        SampleRunner.Result result = SampleRunner.Wait(Process.Start(limited)!);
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("charlm: Cannot save '", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count('\n'));
        Assert.Equal(0, charlm.Run("resume", "--from", run).ExitCode);
        Assert.Equal(File.ReadAllBytes(Path.Combine(charlm.Trained("rnn"), "metrics.jsonl")),
            File.ReadAllBytes(Path.Combine(run, "metrics.jsonl")));
    }

    private void Refuses(int exitCode, string message, params string[] arguments)
    {
        SampleRunner.Result result = charlm.Run(arguments);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.StartsWith("charlm: ", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.Error.Count('\n'));
    }
}
