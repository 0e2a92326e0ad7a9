using Nabla.Registry;

namespace Nabla.Conformance;

/// <summary>One sample with its inputs in one layout: everything that is expected of it, compared.</summary>
internal sealed class SampleRun(OperatorEntry entry, OpRow row, Sample sample, Func<Tensor, Tensor>? relayout)
{
    private static readonly HashSet<string> Casts =
    [
        "bfloat16", "half", "float", "double", "to", "type", "type_as", "byte", "char", "short", "int", "long",
    ];

    private static readonly HashSet<string> Approximated =
    [
        "digamma", "erfinv", "igamma", "igammac", "i0", "lgamma", "mvlgamma", "polygamma", "grid_sampler_2d",
    ];

    private readonly List<Difference> found = [];

    /// <summary>All differences; none if the sample passes.</summary>
    internal IReadOnlyList<Difference> Run()
    {
        Guard("value", Values);
        if (sample.Tangents is not null) Guard("jvp", Tangents);
        return found;
    }

    /// <summary>An exception in one part is a difference like any other.</summary>
    private void Guard(string kind, Action part)
    {
        try { part(); }
        catch (Exception e) { found.Add(new("exception", $"{kind}: {e.GetType().Name}: {e.Message}")); }
    }

    private void Values()
    {
        Tensor[] inputs = sample.Inputs(relayout, requiresGrad: true);
        object?[] outputs = Results(sample.Arguments(inputs));
        if (outputs.Length != sample.Outputs.Count)
        {
            found.Add(new("value", $"{outputs.Length} results, expected {sample.Outputs.Count}"));
            return;
        }
        for (int i = 0; i < outputs.Length; i++) Compare(i, outputs[i], inputs is [{ } first, ..] ? first : null);
        foreach ((int i, string? key) in sample.Mutated ?? new Dictionary<int, string?>())
            Add(Comparison.Tensors("mutated", $"input {i}", inputs[i], sample.Expected(key!), Limits("mutated")));
        if (sample.Grads is not null) Guard("grad", () => Gradients(inputs, outputs));
    }

    private void Compare(int i, object? output, Tensor? input)
    {
        Sample.Output expected = sample.Outputs[i];
        if (expected.Key is null) Add(Comparison.Values($"result {i}", output, TypedValue.Read(expected.Value, [])));
        else if (output is not Tensor t) found.Add(new("value", $"result {i} is {output ?? "None"}, expected a tensor"));
        else if (Casts.Contains(entry.Name) && t.DType.IsInteger() && input is { } x && x.DType.IsFloatingPoint())
            Add(Comparison.Casts($"result {i}", t, sample.Expected(expected.Key), x));
        else if (sample.Ties && !t.DType.IsDifferentiable()) Add(Loose("value", $"result {i}", t, sample.Expected(expected.Key)));
        else Add(Comparison.Tensors("value", $"result {i}", t, sample.Expected(expected.Key), Limits("value")));
    }

    private void Gradients(Tensor[] inputs, object?[] outputs)
    {
        List<Tensor> roots = [];
        List<Tensor?> seeds = [];
        for (int i = 0; i < outputs.Length; i++)
        {
            if (sample.Outputs[i].GradOutput is not { } key) continue;
            if (outputs[i] is not Tensor { RequiresGrad: true } t)
            {
                found.Add(new("grad", $"result {i} requires no gradient"));
                continue;
            }
            roots.Add(t);
            seeds.Add(sample.Expected(key));
        }
        if (roots.Count > 0) Autograd.Backward(roots, seeds);
        Tolerance limits = Mixed("grad", inputs, outputs);
        foreach ((int i, string? key) in sample.Grads!)
        {
            Tensor? g = inputs[i].Grad;
            if (key is null && g is not null) found.Add(new("grad",
                $"of input {i} is defined (shape {g.Shape}); the result does not depend on it, so it must be null"));
            else if (key is not null && g is null) found.Add(new("grad", $"of input {i} is missing"));
            else if (key is not null) Add(sample.Ties
                ? Loose("grad", $"of input {i}", g!, sample.Expected(key))
                : Comparison.Tensors("grad", $"of input {i}", g!, Right("grad", i, sample.Expected(key)), limits));
        }
    }

    private void Tangents()
    {
        Tensor[] inputs = sample.Inputs(relayout, requiresGrad: false);
        Tensor?[] tangents = new Tensor?[inputs.Length];
        foreach ((int i, string? key) in sample.Tangents!)
            if (key is not null) tangents[i] = relayout is null ? sample.Expected(key) : relayout(sample.Expected(key));
        using DualLevel level = ForwardAD.EnterDualLevel();
        Tensor[] x = [.. inputs.Select((t, i) => tangents[i] is { } tangent ? ForwardAD.MakeDual(t, tangent) : t)];
        Tensor?[] results = [.. Results(sample.Arguments(x)).OfType<Tensor>().Select(static y => ForwardAD.UnpackDual(y).Tangent)];
        foreach ((int i, string? key) in sample.OutputTangents ?? new Dictionary<int, string?>())
        {
            Tensor? t = i < results.Length ? results[i] : null;
            if (key is null)
            {
                // None is a tangent of zero.
                if (t is not null && Comparison.Doubles(t).Any(v => v != 0)) found.Add(new("jvp", $"tangent of result {i} is not zero"));
                continue;
            }
            Tensor expected = Right("jvp", i, sample.Expected(key));
            Add(Comparison.Tensors("jvp", $"tangent of result {i}", t ?? Tensor.ZerosLike(expected), expected, Mixed("jvp", inputs, [])));
        }
    }

    /// <summary>The recorded value, or the right one where that is known to be wrong.</summary>
    private Tensor Right(string kind, int index, Tensor recorded)
    {
        if (!Corrections.Concern(entry.File)) return recorded;
        Tensor[] inputs = sample.Inputs(null, requiresGrad: false);
        Tensor?[] tangents = new Tensor?[inputs.Length];
        foreach ((int i, string? key) in sample.Tangents ?? new Dictionary<int, string?>()) tangents[i] = Read(key);
        return Corrections.Apply(entry.File, kind, index, recorded, new(sample.Arguments(inputs), inputs, tangents,
            [.. sample.Outputs.Select(o => Read(o.GradOutput))], [.. sample.Outputs.Select(o => Read(o.Key))]));

        Tensor? Read(string? key) => key is null ? null : sample.Expected(key);
    }

    /// <summary>The results from left to right; a shape or list of numbers that is the only result stays whole.</summary>
    private object?[] Results(Call call)
    {
        object? raw = row.Run(call);
        return sample.Outputs is [{ Key: null }] ? [raw] : PostProcessing.Apply(sample.Post, [.. OpRow.Flatten(raw)]);
    }

    private Tolerance Limits(string kind)
    {
        if (Casts.Contains(entry.Name) && kind == "value") return default;
        Tolerance t = row.Tolerance is { } own ? new(own.Relative, own.Absolute)
            : entry.Category == "special" || Approximated.Contains(entry.Name) ? Tolerance.Special : Tolerance.Default;
        if (sample.Sensitivity > 1e-3) return t with { Absolute = double.PositiveInfinity };
        return t with { Normwise = 10 * sample.Sensitivity };
    }

    /// <summary>
    /// Limits for derivatives. A call that computes in float32 (a dtype argument), or has operands of less precision than others, has
    /// derivatives of that precision: which intermediate result is rounded is a matter of order.
    /// </summary>
    private Tolerance Mixed(string kind, Tensor[] inputs, object?[] outputs)
    {
        Tolerance limits = Limits(kind);
        foreach (Tensor t in (Tensor[])[.. inputs, .. outputs.OfType<Tensor>()])
            if (t.DType.IsFloatingPoint()) limits = limits.For(t.DType);
        return limits;
    }

    /// <summary>With equal values only what does not depend on their order is compared: shape, dtype and, of numbers, the sum.</summary>
    private Difference? Loose(string kind, string what, Tensor actual, Tensor expected)
    {
        if (Comparison.Tensors(kind, what, actual, expected, Limits(kind)) is not { } difference) return null;
        if (difference.Kind is "shape" or "dtype") return difference;
        if (!expected.DType.IsFloatingPoint()) return null;
        double a = Comparison.Doubles(actual).Sum(), b = Comparison.Doubles(expected).Sum();
        return Math.Abs(a - b) <= 1e-9 + 1e-9 * Math.Abs(b) ? null
            : difference with { Text = $"{what} sums to {a}, expected {b}", Deviation = Math.Abs(a - b) };
    }

    private void Add(Difference? difference)
    {
        if (difference is not null) found.Add(difference);
    }
}
