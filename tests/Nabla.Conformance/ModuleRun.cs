using System.Text.Json;
using Nabla.Nn;
using Nabla.Registry;

namespace Nabla.Conformance;

/// <summary>One case of a module: it is made, gets its state, is called and differentiated, and everything is compared.</summary>
internal sealed class ModuleRun(string name, JsonElement json, TensorFile file, Func<Tensor, Tensor>? relayout)
{
    private readonly List<Difference> found = [];

    /// <summary>Those of the operator of the same name, if it has any.</summary>
    private readonly Tolerance limits = Registry.Registry.Find($"nn.functional.{name.ToLowerInvariant()}", "")?.Tolerance is { } own
        ? new(own.Relative, own.Absolute) : Tolerance.Default;

    /// <summary>All cases of a module, as they are and on inputs that are not contiguous.</summary>
    internal static OperatorResult Run(DataSet data, OperatorEntry entry)
    {
        if (ModuleArguments.Find(entry.Name) is null) return new(entry, true, 0, []);
        (JsonElement manifest, TensorFile file) = data.LoadModule(entry);
        int passed = 0;
        List<Failure> failures = [];
        foreach (JsonElement json in manifest.GetProperty("cases").EnumerateArray())
            foreach ((string layout, Func<Tensor, Tensor>? relayout) in ((string, Func<Tensor, Tensor>?)[])
                [("as given", null), ("strided", Layouts.Scattered), ("transposed", Layouts.Transposed)])
            {
                ModuleRun run = new(entry.Name, json, file, relayout);
                run.Run();
                if (run.found.Count == 0) passed++;
                else failures.Add(new(json.GetProperty("index").GetInt32(), layout, run.Describe(), run.found));
            }
        return new(entry, false, passed, failures);
    }

    private Call Arguments(string kind, Tensor[] inputs) =>
        TypedValue.ReadCall(json.GetProperty(kind + "_args"), json.GetProperty(kind + "_kwargs"), inputs);

    private string Describe()
    {
        Tensor[] inputs = Inputs();
        return TypedValue.Describe(name, Arguments("constructor", inputs)) + TypedValue.Describe("", Arguments("forward", inputs));
    }

    private void Run()
    {
        try
        {
            Tensor[] inputs = Inputs();
            Module module = ModuleArguments.Make(name, Arguments("constructor", inputs));
            module.Double();
            Load(module);
            module.Train(json.GetProperty("training").GetBoolean());
            Tensor[] outputs = [.. OpRow.Flatten(ModuleArguments.Run(module, Arguments("forward", inputs))).OfType<Tensor>()];
            JsonElement[] expected = [.. json.GetProperty("outputs").EnumerateArray()];
            if (outputs.Length != expected.Length)
                found.Add(new("value", $"{outputs.Length} results, expected {expected.Length}"));
            else Compare(module, inputs, outputs, expected);
        }
        catch (Exception e) { found.Add(new("exception", $"{e.GetType().Name}: {e.Message}")); }
    }

    private Tensor[] Inputs() => [.. json.GetProperty("tensors").EnumerateArray().Select(t =>
    {
        Tensor x = file.Tensor(t.GetProperty("key").GetString()!);
        if (relayout is not null) x = relayout(x);
        else if (t.TryGetProperty("strides", out JsonElement strides))
            x = Layouts.WithStrides(x, [.. strides.EnumerateArray().Select(static s => s.GetInt64())]);
        return t.TryGetProperty("grad", out JsonElement grad) && grad.GetBoolean() ? x.RequiresGrad_() : x;
    })];

    private void Load(Module module)
    {
        module.LoadStateDict(json.GetProperty("state").EnumerateObject()
            .ToDictionary(static p => p.Name, p => file.Tensor(p.Value.GetString()!)));
        string[] own = [.. module.NamedParameters().Select(static p => p.Name)];
        string[] names = [.. json.GetProperty("parameters").EnumerateArray().Select(static p => p.GetString()!)];
        if (!own.SequenceEqual(names))
            found.Add(new("value", $"parameters are {string.Join(' ', own)}, expected {string.Join(' ', names)}"));
    }

    private void Compare(Module module, Tensor[] inputs, Tensor[] outputs, JsonElement[] expected)
    {
        List<Tensor> roots = [];
        List<Tensor?> seeds = [];
        for (int i = 0; i < outputs.Length; i++)
        {
            Add("value", $"result {i}", outputs[i], expected[i].GetProperty("key").GetString());
            if (!expected[i].TryGetProperty("grad_output", out JsonElement seed) || seed.GetString() is not { } key) continue;
            if (!outputs[i].RequiresGrad) found.Add(new("grad", $"result {i} requires no gradient"));
            else
            {
                roots.Add(outputs[i]);
                seeds.Add(file.Tensor(key));
            }
        }
        if (roots.Count > 0) Autograd.Backward(roots, seeds);
        foreach (JsonProperty p in Properties("input_grads"))
            Add("grad", $"of input {p.Name}", inputs[int.Parse(p.Name, System.Globalization.CultureInfo.InvariantCulture)].Grad,
                p.Value.GetString());
        foreach (JsonProperty p in Properties("parameter_grads"))
            Add("grad", $"of {p.Name}", module.GetParameter(p.Name).Grad, p.Value.GetString());
        OrderedDictionary<string, Tensor> state = module.StateDict();
        foreach (JsonProperty p in Properties("state_after")) Add("state", p.Name, state[p.Name], p.Value.GetString());
    }

    private IEnumerable<JsonProperty> Properties(string part) =>
        json.TryGetProperty(part, out JsonElement map) && map.ValueKind == JsonValueKind.Object ? map.EnumerateObject() : [];

    private void Add(string kind, string what, Tensor? actual, string? key)
    {
        if (key is null && actual is null) return;
        if (key is null) found.Add(new(kind, $"{what} is defined, but must be null"));
        else if (actual is null) found.Add(new(kind, $"{what} is missing"));
        else if (Comparison.Tensors(kind, what, actual.Detach(), file.Tensor(key), limits) is { } difference) found.Add(difference);
    }
}
