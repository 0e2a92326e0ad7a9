using System.Globalization;
using System.Text;

namespace Nabla;

/// <summary>Writes rows of a profile as PyTorch's table.</summary>
internal sealed class ProfilerTable
{
    private const int Usual = 12;

    private static readonly string[] FlopHeaders = ["FLOPs", "KFLOPs", "MFLOPs", "GFLOPs", "TFLOPs", "PFLOPs"];

    private readonly ProfilerAverage[] rows;
    private readonly bool memory;
    private readonly List<(string Header, int Width, bool Left)> columns = [];
    private readonly int nameLimit, shapesWidth, sourceWidth;
    private readonly double flopScale;
    private readonly long total;

    internal ProfilerTable(ProfilerAverage[] rows, bool memory, bool flops, int sourceLimit, int nameLimit, int shapesLimit)
    {
        (this.rows, this.memory, this.nameLimit) = (rows, memory, nameLimit);
        if (rows.Length == 0) return;
        total = rows.Sum(static row => row.SelfNs);
        columns.Add(("Name", Math.Min(nameLimit, rows.Max(static row => row.Key.Length) + 4), false));
        Add("Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg");
        if (memory) Add("CPU Mem", "Self CPU Mem");
        Add("# of Calls");
        if (rows.Any(static row => row.InputShapes.Count > 0))
        {
            shapesWidth = Math.Min(shapesLimit, rows.Max(static row => Shapes(row).Length) + 4);
            columns.Add(("Input Shapes", shapesWidth, false));
        }
        if (rows.Any(static row => row.Stack.Count > 0))
        {
            sourceWidth = Math.Min(sourceLimit, rows.Max(static row => row.Stack.Select(static s => s.Length).DefaultIfEmpty().Max()) + 4);
            columns.Add(("Source Location", sourceWidth, true));
        }
        if (flops && rows.Any(static row => row.Flops > 0))
        {
            double least = Math.Log10(rows.Where(static row => row.Flops > 0).Min(static row => row.Flops)) / 3;
            int scale = (int)Math.Clamp(least, 0, FlopHeaders.Length - 1);
            flopScale = Math.Pow(10, -3 * scale);
            columns.Add(($"Total {FlopHeaders[scale]}", Usual, false));
        }

        void Add(params ReadOnlySpan<string> headers)
        {
            foreach (string header in headers) columns.Add((header, Usual, false));
        }
    }

    internal static ProfilerAverage[] Sort(ProfilerAverage[] rows, string? by)
    {
        Func<ProfilerAverage, double> figure = by switch
        {
            null => static _ => 0,
            "cpu_time" => static row => row.CpuTime,
            "cpu_time_total" => static row => row.TotalNs,
            "self_cpu_time_total" => static row => row.SelfNs,
            "cpu_memory_usage" => static row => row.CpuMemoryUsage,
            "self_cpu_memory_usage" => static row => row.SelfCpuMemoryUsage,
            "count" => static row => row.Count,
            "flops" => static row => row.Flops,
            _ => throw new ArgumentException($"'FunctionEventAvg' object has no attribute '{by}': sortBy is cpu_time, cpu_time_total, " +
                "self_cpu_time_total, cpu_memory_usage, self_cpu_memory_usage, count or flops.", nameof(by)),
        };
        return [.. rows.OrderByDescending(figure)];
    }

    internal string Write(int rowLimit, string? header, bool topLevelOnly)
    {
        if (rows.Length == 0) return "";
        StringBuilder text = new();
        string rule = string.Concat(columns.Select(static c => new string('-', c.Width) + "  "));
        string thick = new('=', columns.Sum(static c => c.Width + 2) - 2);
        if (header is not null) text.Append(thick).Append('\n').Append(header).Append('\n');
        if (topLevelOnly) text.Append(thick).Append("\nThis report only display top-level ops statistics\n");
        text.Append(rule).Append('\n');
        Line(text, [.. columns.Select(static c => c.Header)]);
        text.Append(rule).Append('\n');
        int shown = 0;
        foreach (ProfilerAverage row in rows)
        {
            if (shown == rowLimit) break;
            if (topLevelOnly && !row.IsTopLevel) continue;
            shown++;
            Row(text, row);
        }
        text.Append(rule).Append('\n');
        return text.Append(CultureInfo.InvariantCulture, $"Self CPU time total: {Time(total / 1000.0)}\n").ToString();
    }

    private void Row(StringBuilder text, ProfilerAverage row)
    {
        string name = row.Key.Length >= nameLimit - 3 ? $"{row.Key[..Math.Max(0, nameLimit - 3)]}..." : row.Key;
        List<string> cells = [name, Share(row.SelfNs), Time(row.SelfCpuTimeTotal), row.IsAsync ? "0" : Share(row.TotalNs),
            Time(row.CpuTimeTotal), Time(row.CpuTime)];
        if (memory)
        {
            cells.Add(Bytes(row.CpuMemoryUsage));
            cells.Add(Bytes(row.SelfCpuMemoryUsage));
        }
        cells.Add(row.Count.ToString(CultureInfo.InvariantCulture));
        if (shapesWidth > 0)
        {
            string shapes = Shapes(row);
            cells.Add(shapes[..Math.Min(shapes.Length, shapesWidth)]);
        }
        int source = cells.Count;
        if (sourceWidth > 0) cells.Add(row.Stack.Count > 0 ? Trim(row.Stack[0]) : "");
        if (flopScale > 0)
            cells.Add(row.Flops <= 0 ? "--" : (row.Flops * flopScale).ToString("F3", CultureInfo.InvariantCulture).PadLeft(8));
        Line(text, cells);
        if (sourceWidth == 0) return;
        string[] empty = [.. columns.Select(static _ => "")];
        for (int i = 1; i < row.Stack.Count; i++)
        {
            empty[source] = Trim(row.Stack[i]);
            Line(text, empty);
        }
        empty[source] = "";
        Line(text, empty);
    }

    private void Line(StringBuilder text, IReadOnlyList<string> cells)
    {
        for (int i = 0; i < columns.Count; i++)
            text.Append(columns[i].Left ? cells[i].PadRight(columns[i].Width) : cells[i].PadLeft(columns[i].Width)).Append("  ");
        text.Append('\n');
    }

    private string Trim(string call)
    {
        if (call.Length <= sourceWidth) return call;
        string end = call[^sourceWidth..];
        return end.Length > 3 ? $"...{end[3..]}" : end;
    }

    private static string Shapes(ProfilerAverage row) => $"[{string.Join(", ", row.InputShapes)}]";

    private string Share(long ns) =>
        total == 0 ? "NaN" : string.Create(CultureInfo.InvariantCulture, $"{ns * 100.0 / total:F2}%");

    /// <summary>Microseconds as text.</summary>
    internal static string Time(double us) => us >= 1e6 ? string.Create(CultureInfo.InvariantCulture, $"{us / 1e6:F3}s")
        : us >= 1e3 ? string.Create(CultureInfo.InvariantCulture, $"{us / 1e3:F3}ms")
        : string.Create(CultureInfo.InvariantCulture, $"{us:F3}us");

    private static string Bytes(long n) => Math.Abs(n) switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{n / (double)(1L << 30):F2} Gb"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{n / (double)(1L << 20):F2} Mb"),
        >= 1L << 10 => string.Create(CultureInfo.InvariantCulture, $"{n / (double)(1L << 10):F2} Kb"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{n} b"),
    };
}
