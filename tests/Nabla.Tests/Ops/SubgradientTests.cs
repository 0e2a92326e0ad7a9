using System.Text.Json;
using Nabla.Conformance;

namespace Nabla.Tests.Laws;

/// <summary>
/// Values and gradients where functions have kinks, ties, poles or no value at all, as PyTorch 2.6.0 gives them, in
/// <c>Data/subgradients.json</c>; where PyTorch is wrong the row holds the right value, and PyTorch's under "pytorch".
/// </summary>
public sealed partial class SubgradientTests
{
    private static readonly JsonElement[] Recorded = [.. JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", "subgradients.json"))).RootElement.EnumerateArray()];

    public static TheoryData<int, string> Rows =>
        [.. Recorded.Select(static (row, i) => new TheoryDataRow<int, string>(i, row.GetProperty("op").GetString()!))];

    [Theory, MemberData(nameof(Rows))]
    [Trait("Row", "1.17")]
    [Trait("Row", "4.15")]
    public void Values_and_gradients_at_kinks_ties_and_poles(int index, string op)
    {
        JsonElement row = Recorded[index];
        Tensor[] inputs = [.. row.GetProperty("inputs").EnumerateArray().Select(static x => Read(x).RequiresGrad_())];
        if (row.TryGetProperty("error", out JsonElement error))
        {
            string message = error.GetString()!;
            Exception refused = Assert.ThrowsAny<Exception>(() => Calls[op](inputs).Sum().Backward());
            Assert.StartsWith(message[(message.IndexOf(':', StringComparison.Ordinal) + 2)..], refused.Message, StringComparison.Ordinal);
            return;
        }
        Tensor y = Calls[op](inputs);
        y.Backward(Tensor.OnesLike(y));
        bool signs = !row.TryGetProperty("signs of zeros", out _);
        Check("value", y, row.GetProperty("output"), signs);
        JsonElement[] gradients = [.. row.GetProperty("grads").EnumerateArray()];
        for (int i = 0; i < inputs.Length; i++)
            if (gradients[i].ValueKind == JsonValueKind.Null) Assert.Null(inputs[i].Grad);
            else Check($"gradient {i}", inputs[i].Grad, gradients[i], signs);
    }

    [Fact, Trait("Row", "1.17")]
    [Trait("Row", "4.5")]
    public void With_strong_zeros_what_a_mask_leaves_out_has_no_gradient_B()
    {
        Dictionary<string, Func<Tensor, Tensor>> masked = new()
        {
            ["where"] = static x => Tensor.Where(x > 0, x.Sqrt(), 0.0),
            ["masked_fill"] = static x => x.Log().MaskedFill(x <= 0, 0.0),
            ["quotient"] = static x => Tensor.Where(x <= 0, 0.0, x.Sin() / x.Clamp(min: 0)),
            ["broadcast"] = static x => Tensor.Where(x > 0, (x * Tensor.Ones([2, 1], DType.Float64)).Log(), 0.0).Sum(0),
            ["product"] = static x => x.Log().Exp().Sqrt() * (x > 0).To(DType.Float64),
        };
        foreach ((string name, Func<Tensor, Tensor> f) in masked)
        {
            Tensor x = Row(0, -1, 4).RequiresGrad_();
            Tensor g;
            using (Autograd.StrongZeros()) g = Autograd.Grad(f(x).Sum(), x, createGraph: true);
            Assert.True(g[0].Item<double>() == 0 && g[1].Item<double>() == 0, $"{name}: {g}");
            Tensor alone = Row(4).RequiresGrad_();
            Assert.Equal(Autograd.Grad(f(alone).Sum(), alone).Item<double>(), g[2].Item<double>(), 1e-12);
            Assert.Contains("nan", Autograd.Grad(f(x).Sum(), x).ToString(), StringComparison.Ordinal);
        }
        Tensor twice = Row(0, 4).RequiresGrad_();
        using (Autograd.StrongZeros())
        {
            Tensor g = Autograd.Grad(Tensor.Where(twice > 0, twice.Sqrt(), 0.0).Sum(), twice, createGraph: true);
            Check("second", Autograd.Grad(g.Sum(), twice), JsonDocument.Parse("[0.0, -0.03125]").RootElement, signs: false);
        }
        StrongZeroScope outer = Autograd.StrongZeros(), inner = Autograd.StrongZeros();
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        inner.Dispose();
        outer.Dispose();
        outer.Dispose();
        Assert.Equal(0, StrongZeroScope.Open);
    }

    private static void Check(string what, Tensor? actual, JsonElement recorded, bool signs)
    {
        Assert.True(actual is not null, $"{what}: none");
        Tensor expected = Read(recorded);
        Assert.Equal(expected.NumElements, actual!.NumElements);
        double[] a = Comparison.Doubles(actual), b = Comparison.Doubles(expected);
        for (int i = 0; i < a.Length; i++)
        {
            bool same = a[i].Equals(b[i]) || a[i] == b[i] || Math.Abs(a[i] - b[i]) <= 1e-9 * Math.Abs(b[i]) + 1e-15;
            Assert.True(same && (!signs || a[i] != 0 || double.IsNegative(a[i]) == double.IsNegative(b[i])),
                $"{what}: {string.Join(", ", a)}, not {recorded.GetRawText()}");
        }
    }

    private static Tensor Read(JsonElement x)
    {
        List<long> shape = [];
        for (JsonElement inner = x; inner.ValueKind == JsonValueKind.Array; inner = inner[0])
        {
            shape.Add(inner.GetArrayLength());
            if (inner.GetArrayLength() == 0) break;
        }
        List<double> values = [];
        Collect(x, values);
        return Tensor.From(values.ToArray()).Reshape(new Shape([.. shape]));
    }

    private static void Collect(JsonElement x, List<double> into)
    {
        if (x.ValueKind == JsonValueKind.Array)
            foreach (JsonElement inner in x.EnumerateArray()) Collect(inner, into);
        else into.Add(x.ValueKind == JsonValueKind.Number ? x.GetDouble() : x.GetString() switch
        {
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            _ => Math.CopySign(double.NaN, 1),
        });
    }
}
