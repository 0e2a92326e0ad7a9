using System.Text.Json;
using Nabla.Registry;

namespace Nabla.Conformance;

/// <summary>An operator or module as index.json lists it.</summary>
public sealed record OperatorEntry(string Name, string Variant, string File, string Category, int Tier, int Samples);

/// <summary>The index and the manifests of one set of data: operators, and modules if there is a folder of them.</summary>
public sealed class DataSet : IDisposable
{
    private readonly Archive archive;

    /// <summary>The operators with real-valued samples, in the index's order.</summary>
    public IReadOnlyList<OperatorEntry> Operators { get; }

    /// <summary>Other names of operators.</summary>
    public IReadOnlyList<(string Name, string Alias)> Aliases { get; }

    /// <summary>Opens a folder or .zip file and reads its index.</summary>
    public DataSet(string path)
    {
        archive = new Archive(path);
        Modules = archive.Has("modules/index.json") ? [.. ReadModules()] : [];
        if (!archive.Has("index.json"))
        {
            (Operators, Aliases) = ([], []);
            return;
        }
        using JsonDocument index = JsonDocument.Parse(archive.Read("index.json"));
        JsonElement ops = index.RootElement.GetProperty("ops");
        Operators = [.. ops.EnumerateArray().Select(Entry).Where(e => e.Samples > 0)];
        Aliases = [.. ops.EnumerateArray().SelectMany(o => o.GetProperty("aliases").EnumerateArray()
            .Select(a => (o.GetProperty("name").GetString()!, a.GetString()!)))];
    }

    /// <summary>The modules, in the index's order.</summary>
    public IReadOnlyList<OperatorEntry> Modules { get; }

    private List<OperatorEntry> ReadModules()
    {
        using JsonDocument index = JsonDocument.Parse(archive.Read("modules/index.json"));
        return [.. index.RootElement.GetProperty("modules").EnumerateArray().Select(static m =>
            new OperatorEntry(m.GetProperty("name").GetString()!, "", m.GetProperty("name").GetString()!, Module, 0,
                m.GetProperty("cases").GetInt32()))];
    }

    /// <summary>The category of modules.</summary>
    internal const string Module = "module";

    private static OperatorEntry Entry(JsonElement op) => new(
        op.GetProperty("name").GetString()!,
        op.GetProperty("variant").GetString() ?? "",
        op.GetProperty("file").GetString()!,
        op.GetProperty("category").GetString()!,
        op.GetProperty("tier").GetInt32(),
        op.GetProperty("samples").GetInt32());

    /// <summary>The samples of one operator.</summary>
    public OperatorSamples Load(OperatorEntry entry)
    {
        using JsonDocument manifest = JsonDocument.Parse(archive.Read($"ops/{entry.File}.json"));
        return new OperatorSamples(manifest.RootElement.Clone(), new TensorFile(archive.Read($"ops/{entry.File}.safetensors")));
    }

    /// <summary>The manifest of one module and its tensors.</summary>
    internal (JsonElement Manifest, TensorFile Tensors) LoadModule(OperatorEntry entry)
    {
        using JsonDocument manifest = JsonDocument.Parse(archive.Read($"modules/{entry.File}.json"));
        return (manifest.RootElement.Clone(), new TensorFile(archive.Read($"modules/{entry.File}.safetensors")));
    }

    public void Dispose() => archive.Dispose();
}

/// <summary>The manifest of one operator with its tensors.</summary>
public sealed class OperatorSamples
{
    internal TensorFile Tensors { get; }

    /// <summary>What is called, in PyTorch's words.</summary>
    public string Function { get; }

    public IReadOnlyList<Sample> Samples { get; }

    internal OperatorSamples(JsonElement manifest, TensorFile tensors)
    {
        Tensors = tensors;
        Function = manifest.GetProperty("call").EnumerateObject().First().Value.GetString()!;
        Samples = [.. manifest.GetProperty("samples").EnumerateArray().Select(s => new Sample(s, this))];
    }
}

/// <summary>One call with what PyTorch gives for it.</summary>
public sealed class Sample
{
    private readonly JsonElement json;
    private readonly TensorFile file;
    private readonly InputSpec[] inputs;

    private sealed record InputSpec(string Key, bool Grad, long[]? Strides);

    /// <summary>An expected result: a tensor's key, perhaps with the gradient that goes into it, or a plain value.</summary>
    internal sealed record Output(string? Key, string? GradOutput, JsonElement Value);

    internal Sample(JsonElement json, OperatorSamples owner)
    {
        this.json = json;
        file = owner.Tensors;
        Index = json.GetProperty("index").GetInt32();
        Post = json.TryGetProperty("post", out JsonElement post) ? post.GetString() : null;
        Ties = json.TryGetProperty("ties", out JsonElement ties) && ties.GetBoolean();
        Sensitivity = json.TryGetProperty("sensitivity", out JsonElement sensitivity) ? sensitivity.GetDouble() : 0;
        inputs = [.. json.GetProperty("tensors").EnumerateArray().Select(Input)];
        Outputs = [.. json.GetProperty("outputs").EnumerateArray().Select(o => new Output(Text(o, "key"), Text(o, "grad_output"),
            o.TryGetProperty("value", out JsonElement v) ? v : default))];
        Grads = Keys(json, "grads");
        Mutated = Keys(json, "mutated");
        JsonElement jvp = json.TryGetProperty("jvp", out JsonElement j) ? j : default;
        Tangents = Keys(jvp, "tangents");
        OutputTangents = Keys(jvp, "outputs");
    }

    public int Index { get; }
    public string? Post { get; }
    public bool Ties { get; }
    public double Sensitivity { get; }
    internal IReadOnlyList<Output> Outputs { get; }

    /// <summary>Gradients by number of the input: null where undefined. Null as a whole if there are none.</summary>
    internal IReadOnlyDictionary<int, string?>? Grads { get; }
    internal IReadOnlyDictionary<int, string?>? Mutated { get; }
    internal IReadOnlyDictionary<int, string?>? Tangents { get; }
    internal IReadOnlyDictionary<int, string?>? OutputTangents { get; }

    internal Tensor Expected(string key) => file.Tensor(key);

    /// <summary>The inputs, made anew: with the strides they had, or in another layout.</summary>
    internal Tensor[] Inputs(Func<Tensor, Tensor>? relayout, bool requiresGrad)
    {
        Tensor[] made = new Tensor[inputs.Length];
        for (int i = 0; i < made.Length; i++)
        {
            InputSpec spec = inputs[i];
            Tensor t = file.Tensor(spec.Key);
            t = relayout is not null ? relayout(t) : spec.Strides is { } strides ? Layouts.WithStrides(t, strides) : t;
            made[i] = requiresGrad && spec.Grad ? t.RequiresGrad_() : t;
        }
        return made;
    }

    internal Call Arguments(IReadOnlyList<Tensor> tensors) =>
        TypedValue.ReadCall(json.GetProperty("args"), json.GetProperty("kwargs"), tensors);

    private static InputSpec Input(JsonElement t) => new(
        t.GetProperty("key").GetString()!,
        t.TryGetProperty("grad", out JsonElement grad) && grad.GetBoolean(),
        t.TryGetProperty("strides", out JsonElement strides) ? [.. strides.EnumerateArray().Select(s => s.GetInt64())] : null);

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement v) ? v.GetString() : null;

    private static Dictionary<int, string?>? Keys(JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out JsonElement map)) return null;
        return map.EnumerateObject().ToDictionary(p => int.Parse(p.Name, System.Globalization.CultureInfo.InvariantCulture), p =>
            p.Value.GetString());
    }
}
