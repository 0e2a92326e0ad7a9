namespace Nabla.Conformance;

/// <summary>One failing case: a sample in one layout.</summary>
public sealed record Failure(int Sample, string Layout, string Call, IReadOnlyList<Difference> Differences);

/// <summary>How one operator did.</summary>
public sealed record OperatorResult(OperatorEntry Operator, bool Absent, int Passed, IReadOnlyList<Failure> Failures);

/// <summary>Runs operators over their samples.</summary>
public static class Runner
{
    /// <summary>Every sample of an operator or module, as it is and on inputs that are not contiguous. An exception in one case never
    /// stops the run.</summary>
    public static OperatorResult Run(DataSet data, OperatorEntry entry)
    {
        if (entry.Category == DataSet.Module) return ModuleRun.Run(data, entry);
        if (Registry.Registry.Find(entry.Name, entry.Variant) is not { } row) return new(entry, true, 0, []);
        OperatorSamples samples = data.Load(entry);
        int passed = 0;
        List<Failure> failures = [];
        foreach (Sample sample in samples.Samples)
        {
            foreach ((string layout, Func<Tensor, Tensor>? relayout) in LayoutsFor(entry.Name))
            {
                IReadOnlyList<Difference> differences = new SampleRun(entry, row, sample, relayout).Run();
                if (differences.Count == 0) passed++;
                else failures.Add(new(sample.Index, layout, Describe(samples, sample, relayout), differences));
            }
        }
        return new(entry, false, passed, failures);
    }

    private static IEnumerable<(string, Func<Tensor, Tensor>?)> LayoutsFor(string name)
    {
        yield return ("as given", null);
        // Its meaning is defined by the memory of its input, which is contiguous in the data.
        if (name.StartsWith("as_strided", StringComparison.Ordinal)) yield break;
        // Pairs must lie side by side.
        if (name == "view_as_complex") yield break;
        // A view of other sizes exists only where memory allows it.
        if (name is "view" or "view_as") yield return ("offset", Layouts.Offset);
        else
        {
            yield return ("strided", Layouts.Scattered);
            yield return ("transposed", Layouts.Transposed);
        }
    }

    private static string Describe(OperatorSamples samples, Sample sample, Func<Tensor, Tensor>? relayout)
    {
        try { return TypedValue.Describe(samples.Function, sample.Arguments(sample.Inputs(relayout, requiresGrad: true))); }
        catch (Exception e) { return $"{samples.Function}(?) {e.Message}"; }
    }
}
