using System.Globalization;
using System.Text.Json;

namespace Nabla.Conformance;

/// <summary>Results as text and as JSON.</summary>
internal static class Report
{
    internal static void Print(IReadOnlyList<OperatorResult> results, TextWriter to)
    {
        foreach (OperatorResult r in results) Failures(r, to);
        string[] absent = [.. results.Where(r => r.Absent).Select(r => r.Operator.File)];
        if (absent.Length > 0) to.WriteLine($"absent ({absent.Length}): {string.Join(' ', absent)}\n");
        string[] corrected = [.. Corrections.Reasons(results.Select(static r => r.Operator.File))];
        if (corrected.Length > 0) to.WriteLine($"recorded values replaced by the right ones:\n  {string.Join("\n  ", corrected)}\n");
        Table("category", results.GroupBy(r => r.Operator.Category).OrderBy(g => g.Key, StringComparer.Ordinal), to);
        Table("tier", results.Where(r => r.Operator.Tier > 0).GroupBy(r => r.Operator.Tier.ToString(CultureInfo.InvariantCulture))
            .OrderBy(g => g.Key, StringComparer.Ordinal), to);
    }

    internal static void Print(IReadOnlyList<OptimResult> results, TextWriter to)
    {
        foreach (OptimResult r in results.Where(static r => r.Differences.Count > 0))
            to.WriteLine($"FAIL {r.Name} {r.Call}\n     {string.Join("\n     ", r.Differences)}\n");
        if (results.Count == 0) return;
        to.WriteLine($"{"optimizers",-26} {"passed",8} {"failed",7}");
        foreach (IGrouping<string, OptimResult> g in results.GroupBy(static r => r.Name))
            to.WriteLine($"{g.Key,-26} {g.Count(r => r.Differences.Count == 0),8} {g.Count(r => r.Differences.Count > 0),7}");
        to.WriteLine();
    }

    internal static void Print(IReadOnlyList<TrainingResult> results, TextWriter to)
    {
        foreach (TrainingResult r in results)
        {
            to.WriteLine($"{(r.Differences.Count == 0 ? "pass" : "FAIL")} {r.Name,-8} {r.Run}: {r.Closeness}");
            foreach (string difference in r.Differences) to.WriteLine($"     {difference}");
        }
        if (results.Count > 0) to.WriteLine();
    }

    private static void Failures(OperatorResult result, TextWriter to)
    {
        foreach (Failure f in result.Failures)
        {
            to.WriteLine($"FAIL {result.Operator.File} sample {f.Sample} ({f.Layout}): {f.Call}");
            foreach (Difference d in f.Differences) to.WriteLine($"     {d}");
        }
        if (result.Failures.Count > 0) to.WriteLine();
    }

    private static void Table(string title, IEnumerable<IGrouping<string, OperatorResult>> groups, TextWriter to)
    {
        to.WriteLine($"{title,-16} {"operators",9} {"absent",7} {"failing",8} {"passed",8} {"failed",7}");
        foreach (IGrouping<string, OperatorResult> g in groups) Row(g.Key, [.. g], to);
        Row("all", [.. groups.SelectMany(g => g)], to);
        to.WriteLine();
    }

    private static void Row(string name, OperatorResult[] r, TextWriter to) => to.WriteLine(
        $"{name,-16} {r.Length,9} {r.Count(x => x.Absent),7} {r.Count(x => x.Failures.Count > 0),8} {r.Sum(x => x.Passed),8} " +
        $"{r.Sum(x => x.Failures.Count),7}");

    internal static void Write(IReadOnlyList<OperatorResult> results, string file)
    {
        using FileStream stream = File.Create(file);
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartArray();
        foreach (OperatorResult r in results) Write(r, json);
        json.WriteEndArray();
    }

    private static void Write(OperatorResult r, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", r.Operator.Name);
        json.WriteString("variant", r.Operator.Variant);
        json.WriteString("category", r.Operator.Category);
        json.WriteNumber("tier", r.Operator.Tier);
        json.WriteBoolean("absent", r.Absent);
        json.WriteNumber("passed", r.Passed);
        json.WriteStartArray("failures");
        foreach (Failure f in r.Failures)
        {
            json.WriteStartObject();
            json.WriteNumber("sample", f.Sample);
            json.WriteString("layout", f.Layout);
            json.WriteString("call", f.Call);
            json.WriteStartArray("differences");
            foreach (Difference d in f.Differences) json.WriteStringValue(d.ToString());
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
