using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Nabla.Conformance;
using Nabla.Nn;
using Nabla.Registry;

namespace Nabla.Tests.Nn;

/// <summary>New modules print as PyTorch's, have its names and shapes, and after a seed its numbers, bit for bit.</summary>
[Collection("Global")]
public sealed class LayerStartTests
{
    public static TheoryData<int> Modules => ModuleGolden.Indices("modules");

    public static TheoryData<int> Inits => ModuleGolden.Indices("inits");

    private static Call Arguments(JsonElement json) => TypedValue.ReadCall(json.GetProperty("args"), json.GetProperty("kwargs"), []);

    [Theory, MemberData(nameof(Modules))]
    public void A_new_module_is_PyTorchs(int index)
    {
        JsonElement json = ModuleGolden.Root.GetProperty("modules")[index];
        string name = json.GetProperty("name").GetString()!;
        Tensor.ManualSeed(1234);
        Module module = ModuleArguments.Make(name, Arguments(json));
        float next = (float)Tensor.Rand([1]).Item();
        Assert.Equal(json.GetProperty("repr").GetString(), module.ToString());
        OrderedDictionary<string, Tensor> state = module.StateDict();
        Assert.Equal(json.GetProperty("state").EnumerateObject().Select(static p => p.Name), state.Keys);
        foreach (JsonProperty p in json.GetProperty("state").EnumerateObject())
        {
            Assert.Equal(p.Value[0].EnumerateArray().Select(static s => s.GetInt64()), state[p.Name].Shape.ToArray());
            Assert.True(p.Value[1].GetString() == Digest(state[p.Name]), $"{module}: {p.Name} begins with other numbers.");
        }
        Assert.Equal((float)json.GetProperty("next").GetDouble(), next);
    }

    private static string Digest(Tensor t)
    {
        ReadOnlySpan<byte> bytes = t.DType == DType.Int64 ? MemoryMarshal.AsBytes<long>(t.ToArray<long>())
            : MemoryMarshal.AsBytes<float>(t.ToArray<float>());
        return Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
    }

    [Theory, MemberData(nameof(Inits))]
    public void Initialisers_draw_PyTorchs_numbers(int index)
    {
        JsonElement json = ModuleGolden.Root.GetProperty("inits")[index];
        string name = json.GetProperty("name").GetString()!;
        Dictionary<string, JsonElement> k = json.GetProperty("kwargs").EnumerateObject()
            .ToDictionary(static p => p.Name, static p => p.Value);
        Tensor t = Tensor.Full([.. json.GetProperty("shape").EnumerateArray().Select(static s => s.GetInt64())], 0.5);
        t.RequiresGrad = true;
        Tensor.ManualSeed(7);
        Assert.Same(t, Run());
        Assert.True(t.IsLeaf);
        Assert.Equal(0.5f + 0, 0.5f);
        double tolerance = name is "trunc_normal_" or "orthogonal_" ? 2e-6 : 0;
        ModuleGolden.Close(ModuleGolden.Numbers(json.GetProperty("values")), t, tolerance, name);
        Assert.Equal((float)json.GetProperty("next").GetDouble(), (float)Tensor.Rand([1]).Item());

        double D(string key, double fallback) => k.TryGetValue(key, out JsonElement v)
            ? v.ValueKind == JsonValueKind.Number ? v.GetDouble() : v.GetProperty("f").GetDouble() : fallback;

        FanMode Mode() => k["mode"].GetString() == "fan_in" ? FanMode.FanIn : FanMode.FanOut;

        Tensor Run() => name switch
        {
            "uniform_" => Init.Uniform_(t, D("a", 0), D("b", 1)),
            "normal_" => Init.Normal_(t, D("mean", 0), D("std", 1)),
            "trunc_normal_" => Init.TruncNormal_(t, D("mean", 0), D("std", 1), D("a", -2), D("b", 2)),
            "constant_" => Init.Constant_(t, D("val", 0)),
            "ones_" => Init.Ones_(t),
            "zeros_" => Init.Zeros_(t),
            "eye_" => Init.Eye_(t),
            "dirac_" => Init.Dirac_(t, (long)D("groups", 1)),
            "xavier_uniform_" => Init.XavierUniform_(t, D("gain", 1)),
            "xavier_normal_" => Init.XavierNormal_(t, D("gain", 1)),
            "kaiming_uniform_" => Init.KaimingUniform_(t, D("a", 0), Mode(), k["nonlinearity"].GetString()!),
            "kaiming_normal_" => Init.KaimingNormal_(t, D("a", 0), Mode(), k["nonlinearity"].GetString()!),
            "orthogonal_" => Init.Orthogonal_(t, D("gain", 1)),
            "sparse_" => Init.Sparse_(t, D("sparsity", 0), D("std", 0.01)),
            _ => throw new InvalidOperationException(name),
        };
    }

    [Fact]
    public void Leaky_slopes_are_drawn_one_after_the_other()
    {
        Tensor.ManualSeed(5);
        Tensor y = new RReLU(0.1, 0.4).Call(Tensor.Linspace(-2, 1, 12, DType.Float64));
        ModuleGolden.Close(ModuleGolden.Numbers(ModuleGolden.Root.GetProperty("rrelu")), y, 1e-15, "rrelu");
        Assert.Equal((float)ModuleGolden.Root.GetProperty("rrelu_next").GetDouble(), (float)Tensor.Rand([1]).Item());
    }

    private sealed class Nested : Module
    {
        public readonly Conv2d First = new(1, 2, 3);
        public readonly Sequential Second = [new ReLU(), new Flatten()];
        public readonly ModuleList<Linear> Third = [new(2, 2), new(2, 2)];
    }

    [Fact]
    public void Nested_modules_print_as_PyTorchs()
    {
        string expected = ModuleGolden.Root.GetProperty("nested").GetString()!.Replace("Sequential(\n  (0): C", "Nested(\n  (0): C",
            StringComparison.Ordinal).Replace("\n  (0): C", "\n  (first): C", StringComparison.Ordinal)
            .Replace("\n  (1): S", "\n  (second): S", StringComparison.Ordinal)
            .Replace("\n  (2): M", "\n  (third): M", StringComparison.Ordinal);
        Assert.Equal(expected, new Nested().ToString());
    }
}
