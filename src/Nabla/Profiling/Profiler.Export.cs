using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Nabla;

public sealed partial class Profiler
{
    /// <summary>
    /// Writes a trace that chrome://tracing and https://ui.perfetto.dev open: a bar per event, a row per thread, and an arrow from each
    /// operation to the turn of its node in a backward.
    /// </summary>
    /// <param name="path">The file, which is replaced.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void ExportChromeTrace(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        List<ProfilerEvent> events = Snapshot();
        using FileStream file = File.Create(path);
        using Utf8JsonWriter json = new(file);
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 1);
        json.WriteStartArray("deviceProperties");
        json.WriteEndArray();
        json.WriteString("traceName", Path.GetFileName(path));
        json.WriteString("displayTimeUnit", "ms");
        json.WriteNumber("baseTimeNanoseconds", (StartedAt - DateTimeOffset.UnixEpoch).Ticks * 100);
        json.WriteStartArray("traceEvents");
        WriteNames(json);
        foreach (ProfilerEvent e in events) WriteEvent(json, e);
        WriteArrows(json, events);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteNames(Utf8JsonWriter json)
    {
        WriteName(json, "process_name", 0, "name", AppDomain.CurrentDomain.FriendlyName);
        WriteName(json, "process_labels", 0, "labels", "CPU");
        foreach ((int thread, string? name) in Threads())
            WriteName(json, "thread_name", thread, "name", name is null ? $"thread {thread}" : $"thread {thread} ({name})");
    }

    private static void WriteName(Utf8JsonWriter json, string kind, int thread, string field, string value)
    {
        json.WriteStartObject();
        json.WriteString("name", kind);
        WritePlace(json, "M", thread, 0);
        json.WriteStartObject("args");
        json.WriteString(field, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteEvent(Utf8JsonWriter json, ProfilerEvent e)
    {
        json.WriteStartObject();
        json.WriteString("cat", Category(e));
        json.WriteString("name", e.Name);
        // What ends on another thread does not nest in the bars of either.
        WritePlace(json, e.IsAsync ? "b" : "X", e.Thread, e.StartNs);
        if (e.IsAsync) json.WriteNumber("id", e.Id);
        else json.WriteNumber("dur", Microseconds(e.TotalNs));
        json.WriteStartObject("args");
        json.WriteNumber("External id", e.Id);
        if (e.SequenceNumber >= 0)
        {
            json.WriteNumber("Sequence number", e.SequenceNumber);
            json.WriteNumber("Fwd thread id", e.ForwardThread);
        }
        if (e.InputShapes.Count > 0)
        {
            json.WriteStartArray("Input Dims");
            foreach (Shape shape in e.InputShapes)
            {
                json.WriteStartArray();
                foreach (long size in shape.Values) json.WriteNumberValue(size);
                json.WriteEndArray();
            }
            json.WriteEndArray();
        }
        if (e.ModulePath is { Length: > 0 } module) json.WriteString("Module Hierarchy", module);
        if (e.Stack.Count > 0) json.WriteString("Call stack", string.Join(";", e.Stack));
        if (e.Flops > 0) json.WriteNumber(nameof(e.Flops), e.Flops);
        if (e.CpuMemoryUsage > 0) json.WriteNumber("Bytes", e.CpuMemoryUsage);
        if (e.Arguments is { } arguments) json.WriteString("Arguments", arguments);
        json.WriteEndObject();
        json.WriteEndObject();
        if (!e.IsAsync) return;
        json.WriteStartObject();
        json.WriteString("cat", Category(e));
        json.WriteString("name", e.Name);
        WritePlace(json, "e", e.Thread, e.StartNs + e.TotalNs);
        json.WriteNumber("id", e.Id);
        json.WriteEndObject();
    }

    private static void WriteArrows(Utf8JsonWriter json, List<ProfilerEvent> events)
    {
        Dictionary<(int, long), ProfilerEvent> makers = Makers(events);
        int id = 0;
        foreach (ProfilerEvent e in events)
        {
            if (!e.IsTurn || !makers.TryGetValue((e.ForwardThread, e.SequenceNumber), out ProfilerEvent? maker)) continue;
            id++;
            WriteArrow(json, "s", id, maker);
            WriteArrow(json, "f", id, e);
        }
    }

    private static void WriteArrow(Utf8JsonWriter json, string phase, int id, ProfilerEvent e)
    {
        json.WriteStartObject();
        json.WriteString("cat", "fwdbwd");
        json.WriteString("name", "fwdbwd");
        WritePlace(json, phase, e.Thread, e.StartNs);
        json.WriteNumber("id", id);
        if (phase == "f") json.WriteString("bp", "e");
        json.WriteEndObject();
    }

    private static void WritePlace(Utf8JsonWriter json, string phase, int thread, long ns)
    {
        json.WriteString("ph", phase);
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteNumber("tid", thread);
        json.WriteNumber("ts", Microseconds(ns));
    }

    private static decimal Microseconds(long ns) => ns / 1000m;

    private static string Category(ProfilerEvent e) => e.Scope switch
    {
        ProfilerScope.User => "user_annotation",
        ProfilerScope.Module => "module",
        _ => "cpu_op",
    };

    /// <summary>
    /// Writes a line per event for programs that draw flame graphs: the calls that led to it, the outermost first, and its own time in
    /// whole microseconds. Events without calls or time are left out: start the profiler with <c>withStack</c>.
    /// </summary>
    /// <param name="path">The file, which is replaced.</param>
    /// <param name="metric">The figure: <c>self_cpu_time_total</c>.</param>
    /// <exception cref="ArgumentException">There is no such figure.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void ExportStacks(string path, string metric = "self_cpu_time_total")
    {
        ArgumentNullException.ThrowIfNull(path);
        if (metric != "self_cpu_time_total")
            throw new ArgumentException($"metric should be one of: ['self_cpu_time_total'], but got '{metric}'.", nameof(metric));
        StringBuilder text = new();
        foreach (ProfilerEvent e in Snapshot())
        {
            long time = e.SelfNs / 1000;
            if (e.Stack.Count == 0 || time <= 0) continue;
            IEnumerable<string> calls = e.Stack.Reverse().Select(static call =>
                string.Concat(call.Select(static c => c is ' ' or ';' or '\t' or '\n' ? '_' : c)));
            text.Append(CultureInfo.InvariantCulture, $"{string.Join(';', calls)} {time}\n");
        }
        File.WriteAllText(path, text.ToString());
    }

    /// <summary>The multiplications and additions of matrix products and convolutions by operation, for the whole (<c>Global</c>) and, if
    /// the profile records modules, for each module with those inside it. Start the profiler with <c>withFlops</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> FlopCounts()
    {
        OrderedDictionary<string, Dictionary<string, long>> counts = new() { ["Global"] = [] };
        foreach (ProfilerEvent e in Snapshot())
        {
            if (e.Flops == 0) continue;
            Add("Global", e);
            Stack<string> paths = [];
            for (ModuleFrame? module = e.Module; module is not null; module = module.Parent) paths.Push(module.Path);
            foreach (string path in paths) Add(path, e);
        }
        return counts.ToDictionary(static c => c.Key, static c => (IReadOnlyDictionary<string, long>)c.Value);

        void Add(string module, ProfilerEvent e)
        {
            if (!counts.TryGetValue(module, out Dictionary<string, long>? by)) counts.Add(module, by = []);
            by[e.Name] = by.GetValueOrDefault(e.Name) + e.Flops;
        }
    }

    /// <summary>The multiplications and additions of matrix products and convolutions. Start the profiler with <c>withFlops</c>.</summary>
    public long TotalFlops => Snapshot().Sum(static e => e.Flops);
}
