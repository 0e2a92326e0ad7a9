using System.Text.Json;
using System.Text.RegularExpressions;

namespace Nabla.Tests.AutogradTests;

/// <summary>The table of a profile, its trace and its stacks.</summary>
[Collection(AnomalyCollection.Name)]
public sealed class ProfilerOutputTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nabla-profile-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static Profiler Step(bool shapes = false, bool memory = false, bool stack = false, bool flops = false)
    {
        using Profiler profiler = Profiler.Start(shapes, memory, stack, withFlops: flops);
        Tensor w = Tensor.Ones([4, 5], requiresGrad: true);
        using (Profiler.RecordFunction("forward \"a\""))
        {
            Tensor loss = Tensor.Ones([2, 4]).Mm(w).Exp().Exp().Sum();
            Thread thread = new(() => loss.Backward());
            thread.Start();
            thread.Join();
        }
        return profiler;
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void The_table_is_laid_out_as_PyTorchs()
    {
        string[] lines = Step(memory: true).KeyAverages().Table().Split('\n');
        string rule = string.Concat(Enumerable.Repeat("------------  ", 8));
        Assert.Equal(new string('-', 55) + "  " + rule, lines[0]);
        Assert.Equal($"{"Name",55}    Self CPU %      Self CPU   CPU total %     CPU total  CPU time avg       CPU Mem  Self CPU Mem    " +
            "# of Calls  ", lines[1]);
        Assert.Equal(lines[0], lines[2]);
        Assert.All(lines[..^2], line => Assert.Equal(lines[0].Length, line.Length));
        string time = @"\d+\.\d{3}(us|ms|s)", share = @"\d+\.\d\d%";
        Assert.Matches($@"^ +aten::exp +{share} +{time} +{share} +{time} +{time} +80 b +80 b +2  $",
            lines.Single(static l => l.Contains("aten::exp ", StringComparison.Ordinal)));
        Assert.Contains("autograd::engine::evaluate_function: SumBackward0  ", lines[7] + lines[8]);
        Assert.Matches($"^Self CPU time total: {time}$", lines[^2]);
        Assert.Equal("", lines[^1]);
        string cut = "autograd::engine::evaluate_function: torch::autograd...  ";
        Assert.Contains(lines, l => l.StartsWith(cut, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Rows_can_be_sorted_limited_and_split_by_shapes()
    {
        Profiler profiler = Step(shapes: true, flops: true);
        ProfilerAverages rows = profiler.KeyAverages(groupByInputShape: true);
        string[] lines = rows.Table(sortBy: "flops", rowLimit: 2, header: "A step").Split('\n');
        Assert.Equal((new string('=', lines[2].Length - 2), "A step"), (lines[0], lines[1]));
        Assert.EndsWith("Input Shapes   Total FLOPs  ", lines[3]);
        // Forward 2·2·4·5; backward for the weight alone as much.
        Assert.Contains(" [[2, 4], [4, 5]] ", lines[5]);
        Assert.EndsWith("    80.000  ", lines[5]);
        Assert.Contains(" [[4, 2], [2, 5]] ", lines[6]);
        Assert.StartsWith("---", lines[7]);
        double longest = profiler.KeyAverages().Max(static r => r.SelfCpuTimeTotal);
        Assert.Contains(ProfilerTable.Time(longest), profiler.KeyAverages().Table("self_cpu_time_total").Split('\n')[3]);
        string[] figures = ["cpu_time", "cpu_time_total", "cpu_memory_usage", "self_cpu_memory_usage", "count"];
        foreach (string by in figures) rows.Table(by);
        Assert.StartsWith("'FunctionEventAvg' object has no attribute 'foo'",
            Assert.Throws<ArgumentException>(() => rows.Table("foo")).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => profiler.KeyAverages(groupByStackN: -1));
        Assert.Equal(2, rows.Count(static r => r.Key == "aten::mm"));
        Assert.Equal(2, profiler.KeyAverages()["aten::mm"].Count);
        Assert.Throws<KeyNotFoundException>(() => rows["aten::nothing"]);
        Assert.Contains("top-level ops", profiler.Table(topLevelEventsOnly: true));
        Assert.DoesNotContain("aten::exp", profiler.KeyAverages().Table(topLevelEventsOnly: true));
    }

    [Theory]
    [InlineData(1.5, "1.500us"), InlineData(999.9996, "1000.000us"), InlineData(1612, "1.612ms"), InlineData(2.5e6, "2.500s")]
    [Trait("Row", "1.15")]
    public void Times_have_a_unit(double us, string text) => Assert.Equal(text, ProfilerTable.Time(us));

    [Fact]
    [Trait("Row", "1.15")]
    public void An_empty_profile_has_an_empty_table()
    {
        using Profiler profiler = Profiler.Start();
        Assert.Equal("", profiler.KeyAverages().ToString());
        Assert.Equal(("Total", 0, 0.0), (profiler.TotalAverage.Key, profiler.TotalAverage.Count, profiler.TotalAverage.CpuTime));
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void The_trace_is_json_whose_bars_nest_with_arrows_to_the_backward()
    {
        string path = Path.Combine(folder, "trace.json");
        Profiler profiler = Step(shapes: true, memory: true, flops: true);
        profiler.ExportChromeTrace(path);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement root = document.RootElement;
        Assert.Equal(1, root.GetProperty("schemaVersion").GetInt32());
        Assert.Equal("ms", root.GetProperty("displayTimeUnit").GetString());
        JsonElement[] events = [.. root.GetProperty("traceEvents").EnumerateArray()];
        JsonElement[] bars = [.. events.Where(static e => e.GetProperty("ph").GetString() == "X")];
        Assert.Equal(profiler.Events.Count, bars.Length);
        Assert.Equal("user_annotation", bars.Single(static e => e.GetProperty("name").GetString() == "forward \"a\"").GetProperty("cat")
            .GetString());
        JsonElement mm = bars.First(static e => e.GetProperty("name").GetString() == "aten::mm");
        Assert.Equal("cpu_op", mm.GetProperty("cat").GetString());
        Assert.Equal("[[2,4],[4,5]]", mm.GetProperty("args").GetProperty("Input Dims").GetRawText());
        Assert.Equal(0, mm.GetProperty("args").GetProperty("Fwd thread id").GetInt32());
        foreach (IGrouping<int, JsonElement> thread in bars.GroupBy(static e => e.GetProperty("tid").GetInt32()))
        {
            Stack<decimal> ends = [];
            foreach (JsonElement bar in thread)
            {
                decimal start = bar.GetProperty("ts").GetDecimal(), end = start + bar.GetProperty("dur").GetDecimal();
                while (ends.TryPeek(out decimal outer) && outer <= start && outer < end) ends.Pop();
                Assert.True(!ends.TryPeek(out decimal around) || end <= around, $"{bar} reaches out of the bar around it");
                ends.Push(end);
            }
        }
        Assert.Equal(2, bars.Select(static e => e.GetProperty("tid").GetInt32()).Distinct().Count());
        JsonElement[] from = [.. events.Where(static e => e.GetProperty("ph").GetString() == "s")];
        JsonElement[] to = [.. events.Where(static e => e.GetProperty("ph").GetString() == "f")];
        Assert.Equal(4, from.Length);
        Assert.Equal(from.Select(static e => e.GetProperty("id").GetInt32()), to.Select(static e => e.GetProperty("id").GetInt32()));
        Assert.Contains(from, e => e.GetProperty("ts").GetDecimal() == mm.GetProperty("ts").GetDecimal());
        Assert.All(to, static e => Assert.Equal("e", e.GetProperty("bp").GetString()));
        Assert.All(from.Zip(to), static p =>
            Assert.NotEqual(p.First.GetProperty("tid").GetInt32(), p.Second.GetProperty("tid").GetInt32()));
    }

    [Fact]
    [Trait("Row", "1.15")]
    public void Stacks_are_lines_for_flame_graphs()
    {
        string path = Path.Combine(folder, "stacks.txt");
        Profiler profiler = Step(stack: true);
        profiler.ExportStacks(path);
        string[] lines = File.ReadAllLines(path);
        Assert.NotEmpty(lines);
        Assert.All(lines, static line => Assert.Matches(new Regex(@"^[^ ]+ \d+$"), line));
        Assert.Contains(lines, static line => line.Contains(nameof(ProfilerOutputTests), StringComparison.Ordinal));
        Assert.StartsWith("metric should be one of", Assert.Throws<ArgumentException>(() => profiler.ExportStacks(path, "time")).Message);
        string[] table = profiler.KeyAverages(groupByStackN: 2).Table().Split('\n');
        Assert.Contains("Source Location", table[1]);
        Assert.Throws<DirectoryNotFoundException>(() => profiler.ExportChromeTrace(Path.Combine(folder, "none", "trace.json")));
    }
}
