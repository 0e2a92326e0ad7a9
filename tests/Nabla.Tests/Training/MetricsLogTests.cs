using System.Text.Json;
using Nabla.IO;
using Nabla.Tests.IO;
using Nabla.Training;

namespace Nabla.Tests.Training;

public sealed class MetricsLogTests : IDisposable
{
    private readonly Files.Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string[] Lines => File.ReadAllLines(folder["m.jsonl"]);

    private MetricsLog Open() => new(folder["m.jsonl"], withTime: false);

    [Fact]
    public void A_line_is_a_JSON_object()
    {
        using (MetricsLog log = new(folder["a/m.jsonl"]))
        {
            log.Write(3, ("loss", 0.1), ("größe \"x\"", double.NaN), ("far", double.PositiveInfinity), ("whole", 2));
            log.Write(4, new Dictionary<string, double> { ["loss"] = 1e-300 });
            // Readers see lines as they come.
            Assert.Equal(2, File.ReadAllLines(log.Path).Length);
        }
        JsonElement[] lines = [.. File.ReadAllLines(folder["a/m.jsonl"]).Select(static l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal(["step", "time", "loss", "größe \"x\"", "far", "whole"], lines[0].EnumerateObject().Select(static p => p.Name));
        Assert.Equal((3, 0.1), (lines[0].GetProperty("step").GetInt64(), lines[0].GetProperty("loss").GetDouble()));
        Assert.Equal(2, lines[0].GetProperty("whole").GetInt32());
        Assert.Equal(JsonValueKind.Null, lines[0].GetProperty("far").ValueKind);
        Assert.Equal(1e-300, lines[1].GetProperty("loss").GetDouble());
        Assert.InRange(lines[1].GetProperty("time").GetDouble(), 1.7e9, 1e11);
    }

    [Fact]
    public void A_log_is_appended_to_and_rewound()
    {
        using (MetricsLog log = Open()) for (int i = 1; i <= 5; i++) log.Write(i, ("a", i));
        // A process was killed while it wrote.
        File.AppendAllText(folder["m.jsonl"], "{\"step\":6,\"a");
        using (MetricsLog log = Open())
        {
            Assert.Equal(5, Lines.Length);
            log.Write(6, ("a", 6));
            log.Rewind(3);
            log.Write(4, ("a", 40));
        }
        Assert.Equal(["{\"step\":1,\"a\":1}", "{\"step\":2,\"a\":2}", "{\"step\":3,\"a\":3}", "{\"step\":4,\"a\":40}"], Lines);
        using (MetricsLog log = Open()) log.Rewind(-1);
        Assert.Empty(Lines);
    }

    [Fact]
    public void Rewinding_stops_at_what_it_does_not_know()
    {
        File.WriteAllText(folder["m.jsonl"], "{\"step\":9}\n{\"other\":1}\n{\"step\":9}\n");
        using (MetricsLog log = Open()) log.Rewind(1);
        Assert.Equal(["{\"step\":9}", "{\"other\":1}"], Lines);
    }

    [Fact]
    public void Another_file_is_left_alone()
    {
        File.WriteAllText(folder["m.jsonl"], "my thesis");
        InvalidDataException e = Assert.Throws<InvalidDataException>(Open);
        Assert.Contains("is not a log of metrics", e.Message);
        Assert.Equal("my thesis", File.ReadAllText(folder["m.jsonl"]));
        Directory.CreateDirectory(folder["d"]);
        Assert.Throws<IOException>(() => new MetricsLog(folder["d"]));
    }

    [Fact]
    public void Wrong_lines_are_refused()
    {
        using MetricsLog log = Open();
        Assert.Throws<ArgumentException>(() => log.Write(1, ("", 1)));
        Assert.Throws<ArgumentException>(() => log.Write(1, ("step", 1)));
        Assert.Throws<ArgumentException>(() => log.Write(1, ("a", 1), ("a", 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MetricsLog(folder["x"], everySteps: -1));
        Assert.Empty(Lines);
    }

    [Fact]
    public void A_full_disk_is_told_at_the_end()
    {
        MetricsLog log = Open();
        AppendFile.Step = static step => throw new IOException("No space left on device");
        try
        {
            log.Write(1, ("a", 1));
            Assert.Contains("No space left on device", Assert.Throws<IOException>(log.Flush).Message);
            Assert.Throws<IOException>(log.Dispose);
        }
        finally { AppendFile.Step = null; }
        log.Dispose();
        Assert.Empty(Lines);
    }
}
