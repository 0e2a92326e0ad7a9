using System.Text.Json;
using Nabla.Nn;

namespace Nabla.Tests.Nn;

/// <summary>Weight norm, spectral norm and orthogonal weights through some steps of training, as PyTorch's; and parametrisations of one's
/// own.</summary>
[Collection("Global")]
public sealed class ParametrizeTests
{
    public static TheoryData<int> Recorded => ModuleGolden.Indices("parametrized");

    private static Module<Tensor, Tensor> Make(JsonElement json)
    {
        string repr = json.GetProperty("repr").GetString()!;
        return json.GetProperty("module").GetString() switch
        {
            "Linear" => new Linear(In("in_features="), In("out_features=")),
            "Conv1d" => new Conv1d(2, 3, 2),
            _ => new ConvTranspose1d(2, 3, 2),
        };

        long In(string word)
        {
            int at = repr.IndexOf(word, StringComparison.Ordinal) + word.Length;
            return repr[at] - '0';
        }
    }

    private static void Parametrized(Module<Tensor, Tensor> module, JsonElement json)
    {
        Dictionary<string, JsonElement> k = json.GetProperty("kwargs").EnumerateObject()
            .ToDictionary(static p => p.Name, static p => p.Value);
        switch (json.GetProperty("kind").GetString())
        {
            case "weight_norm":
                int? dim = k.TryGetValue("dim", out JsonElement d) ? d.ValueKind == JsonValueKind.Null ? null : d.GetInt32() : 0;
                Parametrizations.WeightNorm(module, dim: dim);
                break;
            case "spectral_norm":
                Parametrizations.SpectralNorm(module, nPowerIterations: k.TryGetValue("n_power_iterations", out JsonElement n)
                    ? n.GetInt32() : 1);
                break;
            default:
                Parametrizations.Orthogonal(module,
                    orthogonalMap: k.TryGetValue("orthogonal_map", out JsonElement map) ? map.GetString() : null,
                    useTrivialization: !k.TryGetValue("use_trivialization", out JsonElement t) || t.GetBoolean());
                break;
        }
    }

    private static void SameState(JsonElement expected, Module module, string what)
    {
        OrderedDictionary<string, Tensor> state = module.StateDict();
        Assert.Equal(expected.EnumerateObject().Select(static p => p.Name), state.Keys);
        foreach (JsonProperty p in expected.EnumerateObject())
        {
            bool shaped = p.Value.GetArrayLength() == 2 && p.Value[0].ValueKind == JsonValueKind.Array;
            if (shaped) Assert.Equal(p.Value[0].EnumerateArray().Select(static s => s.GetInt64()), state[p.Name].Shape.ToArray());
            ModuleGolden.Close(ModuleGolden.Numbers(shaped ? p.Value[1] : p.Value), state[p.Name], 1e-9, $"{what} {p.Name}");
        }
    }

    [Theory, MemberData(nameof(Recorded))]
    public void Parametrisations_train_as_PyTorchs(int index)
    {
        JsonElement json = ModuleGolden.Root.GetProperty("parametrized")[index];
        Tensor.ManualSeed(99);
        Module<Tensor, Tensor> module = Make(json);
        module.Double();
        Parametrized(module, json);
        SameState(json.GetProperty("before"), module, "before");
        Assert.Equal(json.GetProperty("parameters").EnumerateArray().Select(static p => p.GetString()),
            module.NamedParameters().Select(static p => p.Name));
        long[] shape = [.. json.GetProperty("shape").EnumerateArray().Select(static s => s.GetInt64())];
        Tensor x = Tensor.Linspace(-1, 1, shape.Aggregate(1L, static (a, b) => a * b), DType.Float64).View(shape);
        foreach (JsonElement expected in json.GetProperty("results").EnumerateArray())
        {
            module.ZeroGrad();
            Tensor y = module.Call(x);
            ModuleGolden.Close(ModuleGolden.Numbers(expected), y, 1e-9, "result");
            (y * y).Sum().Backward();
            using (Autograd.NoGrad())
                foreach (Tensor p in module.Parameters())
                    if (p.Grad is { } g) p.Sub_(g * 0.1);
        }
        module.Eval();
        SameState(json.GetProperty("after"), module, "after");
        Assert.Equal(json.GetProperty("repr").GetString(), module.ToString());

        Module<Tensor, Tensor> copy = module.Clone();
        Assert.True(Parametrize.IsParametrized(copy, "weight"));
        Assert.Equal(module.Call(x).ToArray<double>(), copy.Call(x).ToArray<double>());
        using (Autograd.NoGrad()) copy.Parameters().Last().Zero_();
        SameState(json.GetProperty("after"), module, "after a write to a copy,");

        Parametrize.Remove(module, "weight");
        Assert.Equal(json.GetProperty("removed_repr").GetString(), module.ToString());
        Assert.False(Parametrize.IsParametrized(module));
        OrderedDictionary<string, Tensor> state = module.StateDict();
        foreach (JsonProperty p in json.GetProperty("removed").EnumerateObject())
            ModuleGolden.Close(ModuleGolden.Numbers(p.Value), state[p.Name], 1e-9, $"removed {p.Name}");
    }

    private sealed class Symmetric : Module<Tensor, Tensor>, IRightInverse
    {
        protected override Tensor Forward(Tensor x) => x.Triu() + x.Triu(1).T;

        public IReadOnlyList<Tensor> RightInverse(Tensor value) => [value.Triu()];
    }

    private sealed class Doubled : Module<Tensor, Tensor>
    {
        protected override Tensor Forward(Tensor x) => x * 2;
    }

    private sealed class Longer : Module<Tensor, Tensor>
    {
        protected override Tensor Forward(Tensor x) => Tensor.Cat([x, x]);
    }

    [Fact]
    public void A_module_of_ones_own_computes_a_weight()
    {
        Linear layer = new(3, 3, dtype: DType.Float64);
        Tensor parameter = layer.Weight;
        Parametrize.Register(layer, "weight", new Symmetric());
        Assert.Equal(layer.Weight.T.ToArray<double>(), layer.Weight.ToArray<double>());
        Assert.Same(parameter, layer.GetParameter("parametrizations.weight.original"));
        Parametrize.Register(layer, "weight", new Doubled());
        double[] symmetric = Parametrize.Value(layer, "weight").ToArray<double>();
        Assert.Equal(layer.Weight.T.ToArray<double>(), symmetric);
        layer.Call(Registry.In.Real(2, 3)).Sum().Backward();
        Assert.Equal(0, parameter.Grad!.ToArray<double>()[3]);
        Assert.NotEqual(0, parameter.Grad.ToArray<double>()[1]);
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => Parametrize.Set(layer, "weight", layer.Weight));
        Assert.StartsWith("parametrization Doubled does not implement right_inverse.", e.Message, StringComparison.Ordinal);
        Parametrize.Remove(layer, "weight");
        Assert.Same(parameter, layer.Weight);
        Assert.Equal(symmetric, parameter.ToArray<double>());
        Assert.Equal(["weight", "bias"], layer.StateDict().Keys);
    }

    [Fact]
    public void A_value_can_be_set()
    {
        Linear layer = Parametrizations.Orthogonal(new Linear(3, 3, dtype: DType.Float64));
        Tensor turn = Tensor.From([0.0, 1, 0, -1, 0, 0, 0, 0, 1], [3, 3]);
        Parametrize.Set(layer, "weight", turn);
        ModuleGolden.Close(turn.ToArray<double>(), layer.Weight, 1e-12, "weight");
        Assert.Throws<InvalidOperationException>(() => Parametrize.Set(
            Parametrizations.Orthogonal(new Linear(3, 3), useTrivialization: false), "weight", Tensor.Eye(3)));
    }

    [Fact]
    public void A_loaded_state_is_seen_at_once()
    {
        Linear a = Parametrizations.WeightNorm(new Linear(3, 2)), b = Parametrizations.WeightNorm(new Linear(3, 2));
        b.LoadStateDict(a.StateDict());
        Assert.Equal(a.Weight.ToArray<float>(), b.Weight.ToArray<float>());
        b.Double();
        Assert.Equal(DType.Float64, b.Weight.DType);
    }

    [Fact]
    public void A_parametrised_module_is_a_function_of_its_originals()
    {
        Linear layer = Parametrizations.WeightNorm(new Linear(3, 2, dtype: DType.Float64));
        Tensor x = Registry.In.Const(Registry.In.Real(4, 3));
        Dictionary<string, Tensor> twice = new()
        {
            ["parametrizations.weight.original0"] = layer.GetParameter("parametrizations.weight.original0").Detach() * 2,
            ["bias"] = layer.Bias!.Detach() * 2,
        };
        ModuleGolden.Close((layer.Call(x).Detach() * 2).ToArray<double>(), Func.FunctionalCall(layer, twice, x), 1e-12, "result");
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_changes_nothing()
    {
        Linear layer = new(3, 3);
        Tensor weight = layer.Weight;
        Assert.StartsWith("Registering a parametrization may not change the shape of the tensor", Assert.Throws<ShapeException>(() =>
            Parametrize.Register(layer, "weight", new Longer())).Message, StringComparison.Ordinal);
        Assert.StartsWith("Module 'Linear(in_features=3, out_features=3, bias=True)' does not have a parameter, a buffer, or a",
            Assert.Throws<ArgumentException>(() => Parametrize.Register(layer, "w", new Doubled())).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Parametrize.Remove(layer, "weight"));
        Assert.Throws<ArgumentException>(() => Parametrizations.Orthogonal(layer, orthogonalMap: "qr"));
        Assert.Throws<ShapeException>(() => Parametrizations.Orthogonal(layer, "bias"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Parametrizations.SpectralNorm(layer, dim: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Parametrizations.SpectralNorm(layer, nPowerIterations: 0));
        Parametrizations.WeightNorm(layer);
        Assert.StartsWith("Cannot leave unparametrized", Assert.Throws<ArgumentException>(() =>
            Parametrize.Remove(layer, "weight", leaveParametrized: false)).Message, StringComparison.Ordinal);
        Linear other = new(3, 3);
        Parametrize.Register(other, "weight", new Doubled());
        Parametrize.Remove(other, "weight", leaveParametrized: false);
        Assert.True(other.Weight.IsParameter);
        Assert.False(ReferenceEquals(weight, layer.Weight));
    }
}
