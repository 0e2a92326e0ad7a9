using System.IO.Compression;
using System.Text.Json;
using Nabla.IO;
using Nabla.Tests.IO;
using Nabla.Training;

namespace Nabla.Tests.Training;

/// <summary>Event files, read by a reader of their own and compared with the messages that PyTorch makes.</summary>
public sealed class SummaryWriterTests : IDisposable
{
    private static readonly JsonDocument Recorded = Load();
    private readonly Files.Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static JsonDocument Load()
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Data", "tensorboard.json.gz"));
        using GZipStream unpacked = new(file, CompressionMode.Decompress);
        return JsonDocument.Parse(unpacked);
    }

    private List<Message> Written(Action<SummaryWriter> write)
    {
        using (SummaryWriter board = new(folder["run"])) write(board);
        return [.. EventReader.Folder(folder["run"]).Skip(1)];
    }

    private static byte[] Expected(JsonElement message) => Convert.FromBase64String(message.GetString()!);

    [Fact]
    public void The_reader_knows_the_checksum() =>
        Assert.Equal(0xe3069283, EventReader.ReflectedCrc("123456789"u8, 0x82F63B78));

    [Fact]
    public void A_file_begins_with_its_version()
    {
        double before = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
        using SummaryWriter board = new(folder["a/b"], filenameSuffix: ".x");
        Assert.Matches($@"^events\.out\.tfevents\.\d{{10}}\.[^/]+\.{Environment.ProcessId}\.\d+\.x$", Path.GetFileName(board.Path));
        // At once, so that TensorBoard sees the run.
        Message first = Assert.Single(EventReader.Folder(folder["a/b"]));
        Assert.Equal([1, 3, 10], first.Numbers);
        Assert.InRange(first.Double(1), before, before + 600);
        Assert.Equal("brain.Event:2", first.Text(3));
        Assert.Equal("nabla.SummaryWriter", first[10].Text(1));
    }

    [Fact]
    public void Scalars()
    {
        List<Message> events = Written(static board =>
        {
            board.AddScalar("loss/train", 0.1, 7, wallTime: 1234.5);
            board.AddScalar("loss/train", Tensor.Of(2.5, requiresGrad: true), -3);
            board.AddScalar("größe", double.NaN, long.MaxValue);
        });
        Assert.Equal(Expected(Recorded.RootElement.GetProperty("scalar")), events[0].Bytes(5));
        Assert.Equal((1234.5, 7), (events[0].Double(1), events[0].Int(2)));
        Assert.Equal((-3, 2.5f), (events[1].Int(2), events[1][5][1].Float(2)));
        Assert.Equal((long.MaxValue, "größe", float.NaN), (events[2].Int(2), events[2][5][1].Text(1), events[2][5][1].Float(2)));
    }

    [Fact]
    public void Several_scalars_have_runs_of_their_own()
    {
        Dictionary<string, double> values = new() { ["train"] = 1, ["a/b"] = 2 };
        using (SummaryWriter board = new(folder["run"], filenameSuffix: ".s"))
        {
            board.AddScalars("loss/all", values, 1);
            board.AddScalars("loss/all", values, 2);
        }
        foreach ((string name, double value) in new[] { ("loss_all_train", 1.0), ("loss_all_a_b", 2.0) })
        {
            List<Message> events = EventReader.Folder(folder[$"run/{name}"]);
            Assert.Equal([(1, "loss/all", (float)value), (2, "loss/all", (float)value)],
                events.Skip(1).Select(static e => (e.Int(2), e[5][1].Text(1), e[5][1].Float(2))));
        }
        Assert.EndsWith(".s", Assert.Single(Directory.GetFiles(folder["run"])), StringComparison.Ordinal);
    }

    [Fact]
    public void Histograms_are_those_of_PyTorch()
    {
        int cases = 0;
        foreach (JsonElement row in Recorded.RootElement.GetProperty("histograms").EnumerateArray())
        {
            cases++;
            string tag = row.GetProperty("tag").GetString()!;
            int? bins = row.GetProperty("bins").ValueKind == JsonValueKind.Null ? null : row.GetProperty("bins").GetInt32();
            double[] values = [.. row.GetProperty("values").EnumerateArray().Select(static v => v.GetDouble())];
            Tensor tensor = tag == "whole" ? Tensor.From(Array.ConvertAll(values, static v => (long)v), (2, 2)) : Tensor.From(values);
            using (SummaryWriter board = new(folder[$"{cases}"])) board.AddHistogram(tag, tensor, 4, bins);
            Message expected = new Message(Expected(row.GetProperty("summary")))[1];
            Message actual = EventReader.Folder(folder[$"{cases}"])[1][5][1];
            Assert.Equal(tag, actual.Text(1));
            for (int field = 1; field <= 5; field++) Close(expected[5].Double(field), actual[5].Double(field), $"{tag} {bins} {field}");
            Assert.Equal(expected[5].Doubles(7), actual[5].Doubles(7));
            Assert.All(expected[5].Doubles(6).Zip(actual[5].Doubles(6)), pair => Close(pair.First, pair.Second, $"{tag} {bins}"));
            Assert.Equal(expected[5].Doubles(6).Length, actual[5].Doubles(6).Length);
        }
        Assert.Equal(15, cases);
    }

    private static void Close(double expected, double actual, string what) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-14 * Math.Max(1, Math.Abs(expected)), $"{what}: {actual} instead of {expected}");

    [Fact]
    public void Histograms_leave_out_what_is_not_a_number()
    {
        List<Message> events = Written(static board =>
        {
            board.AddHistogram("h", Tensor.From([double.NaN, 1, double.PositiveInfinity, 3]), 0);
            board.AddHistogram("none", Tensor.From([float.NaN, float.NegativeInfinity]), 0);
            board.AddHistogram("huge", Tensor.From([1e30, -1e30, 1e25]), 0);
        });
        Assert.Equal(["h", "huge"], events.Select(static e => e[5][1].Text(1)));
        Message h = events[0][5][1][5];
        Assert.Equal((1, 3, 2, 4, 10), (h.Double(1), h.Double(2), h.Double(3), h.Double(4), h.Double(5)));
        Assert.Equal(2, h.Doubles(7).Sum());
        // What lies outside of TensorFlow's widest parts is counted all the same.
        Assert.Equal(3, events[1][5][1][5].Doubles(7).Sum());
    }

    [Fact]
    public void Texts_and_choices_are_those_of_PyTorch()
    {
        List<Message> events = Written(static board =>
        {
            board.AddText("note", "größer **als** 1", 3);
            board.AddHparams(new Dictionary<string, object> { ["lr"] = 0.25, ["layers"] = 3, ["name"] = "Adam" },
                new Dictionary<string, double> { ["accuracy"] = 0.5 }, runName: "first");
            board.AddHparams(new OrderedDictionary<string, object> { ["on"] = true, ["kind"] = DType.Int8, ["t"] = Tensor.Of(2.0) },
                new Dictionary<string, double>(), runName: "../x");
        });
        Assert.Equal(Expected(Recorded.RootElement.GetProperty("text")), Assert.Single(events).Bytes(5));
        List<Message> first = EventReader.Folder(folder["run/first"]);
        byte[][] expected = [.. Recorded.RootElement.GetProperty("hparams").EnumerateArray().Select(Expected)];
        Assert.Equal(expected[0], first[1].Bytes(5));
        // The order of a dictionary's entries is left open.
        Assert.Equal(Entries(new Message(expected[1])), Entries(first[2][5]));
        Assert.Equal(expected[2], first[3].Bytes(5));
        static string[] Entries(Message summary) =>
            [summary[1].Text(1), summary[1][9][1].Text(1), .. new Message(summary[1][9][1].Bytes(2))[3].All(1)
                .Select(static entry => Convert.ToHexString((byte[])entry)).Order(StringComparer.Ordinal)];
        Assert.Equal(("accuracy", 0.5f), (first[4][5][1].Text(1), first[4][5][1].Float(2)));

        Message start = new Message(EventReader.Folder(folder["run/.._x"])[2][5][1][9][1].Bytes(2))[3];
        Message[] values = [.. start.Messages(1).Select(static entry => entry[2])];
        Assert.Equal((1, "Int8", 2.0), (values[0].Int(4), values[1].Text(3), values[2].Double(2)));
    }

    [Fact]
    public void Images()
    {
        Tensor rgb = Tensor.Arange(24).Reshape([3, 2, 4]).To(DType.UInt8) * 10;
        List<Message> events = Written(board =>
        {
            board.AddImage("chw", rgb, 1);
            board.AddImage("hwc", rgb.Permute([1, 2, 0]), 1, dataFormats: "HWC");
            board.AddImage("hw", Tensor.Ones(5, 6) / 2, 1);
            board.AddImages("grid", Tensor.Ones(9, 1, 2, 3), 1);
        });
        Message[] images = [.. events.Select(static e => e[5][1][4])];
        Assert.Equal([(2, 4, 3), (2, 4, 3), (5, 6, 1), (4, 24, 1)], images.Select(static m => (m.Int(1), m.Int(2), m.Int(3))));
        Assert.Equal(images[0].Bytes(4), images[1].Bytes(4));
        Files.Same(rgb.Permute([1, 2, 0]).Contiguous(), PngReader.Read(images[0].Bytes(4)));
        Files.Same(Tensor.Full([5, 6, 1], 127, DType.UInt8), PngReader.Read(images[2].Bytes(4)));
        Tensor grid = PngReader.Read(images[3].Bytes(4));
        Assert.Equal(9 * 6 * 255, grid.Sum().Item());
        Assert.Equal(255 * 6, grid[2.., ..3].Sum().Item());
    }

    [Fact]
    public void Records_wait_and_are_written_in_time()
    {
        using SummaryWriter board = new(folder["run"], maxQueue: 3);
        for (int i = 0; i < 3; i++) board.AddScalar("a", i, i);
        Assert.Single(EventReader.Folder(folder["run"]));
        board.AddScalar("a", 3, 3);
        Assert.Equal(5, EventReader.Folder(folder["run"]).Count);
        board.AddScalar("a", 4, 4);
        board.Flush();
        Assert.Equal(6, EventReader.Folder(folder["run"]).Count);
        using SummaryWriter eager = new(folder["eager"], flushSecs: 0);
        eager.AddScalar("a", 0, 0);
        Assert.Equal(2, EventReader.Folder(folder["eager"]).Count);
    }

    [Fact]
    public void A_run_that_goes_on_hides_what_it_does_again()
    {
        using (SummaryWriter board = new(folder["run"], purgeStep: 40)) board.AddScalar("a", 1, 40);
        List<Message> events = EventReader.Folder(folder["run"]);
        Assert.Equal(3, events.Count);
        Assert.Equal((40, 1), (events[1].Int(2), events[1][7].Int(1)));
    }

    [Fact]
    public void Threads_share_a_writer()
    {
        using (SummaryWriter board = new(folder["run"]))
            System.Threading.Tasks.Parallel.For(0, 400, i => board.AddScalar($"t{i % 4}", i, i));
        Assert.Equal(Enumerable.Range(0, 400).Select(static i => (float)i),
            EventReader.Folder(folder["run"]).Skip(1).Select(static e => e[5][1].Float(2)).Order());
    }

    [Fact]
    public void Wrong_arguments_are_refused_and_leave_the_file_whole()
    {
        using (SummaryWriter board = new(folder["run"]))
        {
            Assert.Throws<ArgumentException>(() => board.AddScalar("", 1, 1));
            Assert.Throws<ArgumentException>(() => board.AddScalar("a\nb", 1, 1));
            Assert.Throws<ArgumentNullException>(() => board.AddScalar(null!, 1, 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => board.AddScalar("a", 1, 1, wallTime: double.NaN));
            Assert.Throws<ArgumentException>(() => board.AddHistogram("a", Tensor.Zeros(0), 1));
            Assert.Throws<DTypeException>(() => board.AddHistogram("a", Tensor.Zeros([2], DType.Complex64), 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => board.AddHistogram("a", Tensor.Zeros(2), 1, bins: 0));
            Assert.Throws<ShapeException>(() => board.AddImage("a", Tensor.Zeros(3), 1));
            Assert.Throws<ShapeException>(() => board.AddImage("a", Tensor.Zeros(5, 4, 4), 1));
            Assert.Throws<ShapeException>(() => board.AddImage("a", Tensor.Zeros(0, 4), 1));
            Assert.Throws<DTypeException>(() => board.AddImage("a", Tensor.Zeros([2, 2], DType.Int64), 1));
            Assert.Throws<ArgumentException>(() => board.AddImage("a", Tensor.Zeros(1, 2, 2), 1, dataFormats: "WHC"));
            Assert.Throws<ShapeException>(() => board.AddImages("a", Tensor.Zeros(3, 2, 2), 1));
            ArgumentException e = Assert.Throws<ArgumentException>(() => board.AddHparams(
                new Dictionary<string, object> { ["o"] = new object() }, new Dictionary<string, double>()));
            Assert.Contains("value should be one of int, float, str, bool, or torch.Tensor", e.Message);
            board.AddScalar("a", 1, 1);
        }
        Assert.Equal(2, EventReader.Folder(folder["run"]).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SummaryWriter(folder["x"], maxQueue: -1));
        Assert.Throws<ArgumentException>(() => new SummaryWriter(folder["x"], filenameSuffix: "a/b"));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_told_at_once()
    {
        File.WriteAllText(folder["file"], "");
        IOException e = Assert.Throws<IOException>(() => new SummaryWriter(folder["file/run"]));
        Assert.StartsWith($"Cannot write to '{folder["file/run"]}", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void A_disposed_writer_says_so()
    {
        SummaryWriter board = new(folder["run"]);
        board.Dispose();
        board.Dispose();
        Assert.Throws<ObjectDisposedException>(() => board.AddScalar("a", 1, 1));
        Assert.Throws<ObjectDisposedException>(board.Flush);
    }

    [Fact]
    public void A_full_disk_does_not_end_training()
    {
        using (SummaryWriter board = new(folder["run"], maxQueue: 0))
        {
            board.AddScalar("a", 0, 0);
            AppendFile.Step = static step => throw new IOException("No space left on device");
            try
            {
                for (int i = 1; i < 4; i++) board.AddScalar("a", i, i);
                IOException e = Assert.Throws<IOException>(board.Flush);
                Assert.Contains(board.Path, e.Message);
                Assert.Contains("No space left on device", e.Message);
            }
            finally { AppendFile.Step = null; }
            // Once there is room again, nothing is lost.
            board.AddScalar("a", 4, 4);
            board.Flush();
            Assert.Equal(0, board.Dropped);
        }
        Assert.Equal([0f, 1, 2, 3, 4], EventReader.Folder(folder["run"]).Skip(1).Select(static e => e[5][1].Float(2)));
    }

    [Fact]
    public void What_cannot_be_kept_is_counted_and_told()
    {
        SummaryWriter board = new(folder["run"], maxQueue: 0);
        string text = new('x', AppendFile.Limit / 3);
        AppendFile.Step = static step => throw new UnauthorizedAccessException("denied");
        try
        {
            for (int i = 0; i < 4; i++) board.AddText("t", text, i);
            Assert.Equal(2, board.Dropped);
        }
        finally { AppendFile.Step = null; }
        IOException e = Assert.Throws<IOException>(board.Flush);
        Assert.Contains("lacks 2 records", e.Message);
        board.Flush();
        board.Dispose();
        Assert.Equal(3, EventReader.Folder(folder["run"]).Count);
    }

    [Fact]
    public void A_file_that_was_deleted_is_told_at_the_end()
    {
        SummaryWriter board = new(folder["run"], maxQueue: 0);
        Directory.Delete(folder["run"], recursive: true);
        board.AddScalar("a", 1, 1);
        Assert.Contains("it has been deleted", Assert.Throws<IOException>(board.Flush).Message);
        Assert.Throws<IOException>(board.Dispose);
        board.Dispose();
    }
}
