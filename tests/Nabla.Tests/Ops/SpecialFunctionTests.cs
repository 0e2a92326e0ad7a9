using System.Text.Json;

namespace Nabla.Tests.Laws;

/// <summary>Bessel and Airy functions against 40 digits, as tests/golden/bessel.py recorded them.</summary>
public sealed class SpecialFunctionTests
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> Functions = new()
    {
        ["airy_ai"] = Special.AiryAi,
        ["bessel_j0"] = Special.BesselJ0,
        ["bessel_j1"] = Special.BesselJ1,
        ["bessel_y0"] = Special.BesselY0,
        ["bessel_y1"] = Special.BesselY1,
        ["modified_bessel_i0"] = Special.ModifiedBesselI0,
        ["modified_bessel_i1"] = Special.ModifiedBesselI1,
        ["modified_bessel_k0"] = Special.ModifiedBesselK0,
        ["modified_bessel_k1"] = Special.ModifiedBesselK1,
        ["scaled_modified_bessel_k0"] = Special.ScaledModifiedBesselK0,
        ["scaled_modified_bessel_k1"] = Special.ScaledModifiedBesselK1,
        ["spherical_bessel_j0"] = Special.SphericalBesselJ0,
    };

    private static readonly double Inf = double.PositiveInfinity, NaN = double.NaN;

    public static TheoryData<string> Names => [.. Functions.Keys];

    [Theory, MemberData(nameof(Names))]
    public void ErrorsAreAsDocumented(string name)
    {
        JsonElement[][] rows = JsonSerializer.Deserialize<JsonElement[][]>(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data",
            "bessel.json")))!;
        int tried = 0;
        foreach (JsonElement[] row in rows)
        {
            if (row[0].GetString() != name) continue;
            double x = row[1].GetDouble(), expected = row[2].GetDouble(), amplitude = Math.Abs(expected);
            double y = Functions[name](Tensor.From([x])).Item();
            if (x < 0 && name == "airy_ai") amplitude = Math.Max(amplitude, 0.56 / Math.Pow(Math.Max(1, -x), 0.25));
            if (name.StartsWith("bessel")) amplitude = Math.Max(amplitude, Math.Min(0.5, Math.Sqrt(2 / Math.PI / Math.Abs(x))));
            if (name.StartsWith("spherical")) amplitude = Math.Max(amplitude, Math.Min(1, 1 / Math.Abs(x)));
            if (name == "bessel_j1" && Math.Abs(x) < 1) amplitude = Math.Abs(expected);
            Assert.True(Math.Abs(y - expected) <= 3e-15 * amplitude, $"{name}({x}) = {y}, expected {expected}");
            float single = Functions[name](Tensor.From([(float)x])).ToArray<float>()[0];
            double rounded = Functions[name](Tensor.From([(double)(float)x])).Item();
            Assert.Equal((float)rounded, single);
            tried++;
        }
        Assert.True(tried >= 25);
    }

    [Fact]
    public void EndsAreAsInPyTorch()
    {
        Check("airy_ai", (Inf, NaN), (-Inf, NaN), (NaN, NaN), (1e300, 0));
        foreach (string j in (string[])["bessel_j0", "bessel_j1"]) Check(j, (Inf, NaN), (-Inf, NaN), (NaN, NaN));
        foreach (string y in (string[])["bessel_y0", "bessel_y1"]) Check(y, (0, -Inf), (-0.0, -Inf), (-1, NaN), (-Inf, NaN), (NaN, NaN));
        Check("modified_bessel_i0", (Inf, NaN), (-Inf, NaN), (NaN, NaN), (720, Inf), (-720, Inf), (0, 1));
        Check("modified_bessel_i1", (Inf, NaN), (-Inf, NaN), (NaN, NaN), (720, Inf), (-720, -Inf), (0, 0));
        foreach (string k in Functions.Keys.Where(static n => n.Contains("bessel_k")))
            Check(k, (0, Inf), (-0.0, Inf), (-1, NaN), (-Inf, NaN), (Inf, 0), (NaN, NaN));
        Check("spherical_bessel_j0", (0, 1), (Inf, 0), (-Inf, 0), (NaN, NaN));

        static void Check(string name, params (double X, double Y)[] points)
        {
            foreach ((double x, double y) in points) Assert.Equal(y, Functions[name](Tensor.From([x])).Item());
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void IntegersGiveTheDefaultDtype(string name)
    {
        Tensor x = Tensor.From([1L, 2L]);
        Tensor y = Functions[name](x);
        Assert.Equal(DType.Float32, y.DType);
        Assert.Equal(Functions[name](x.To(DType.Float32)).ToArray<float>(), y.ToArray<float>());
        Assert.Equal(DType.Float32, Functions[name](Tensor.From([true])).DType);
    }

    // The rules divide by nothing, so derivatives keep their digits where x is small.
    [Fact]
    public void DerivativesAreExactAtAndNearZero()
    {
        foreach (double x in (double[])[0, 1e-9, 1e-4])
        {
            Equal(Third(Special.BesselJ1, x), 0.5 - 3 * x * x / 16, -3 * x / 8, -0.375);
            Equal(Third(Special.SphericalBesselJ0, x), -x / 3, -1.0 / 3 + x * x / 10, x / 5);
            Equal(Third(Special.AiryAi, x), -0.2588194037928068 + 0.3550280538878172 * x * x / 2, x * Special.AiryAi(x).Item(),
                0.3550280538878172 - 2 * 0.2588194037928068 * x);
        }

        static void Equal(double[] actual, params double[] expected)
        {
            for (int i = 0; i < 3; i++) Assert.Equal(expected[i], actual[i], 1e-7 * Math.Abs(expected[i]) + 1e-15);
        }
    }

    private static double[] Third(Func<Tensor, Tensor> f, double at)
    {
        Tensor x = Tensor.From([at]).RequiresGrad_();
        Tensor one = Autograd.Grad(f(x).Sum(), [x], createGraph: true)[0]!;
        Tensor two = Autograd.Grad(one.Sum(), [x], createGraph: true)[0]!;
        return [one.Item(), two.Item(), Autograd.Grad(two.Sum(), [x])[0]!.Item()];
    }

    [Fact]
    public void PyTorchsNamesAreThoseOfTheMethods()
    {
        Tensor x = Tensor.From([0.2, 0.7]), y = Tensor.From([1.5, 0.3]);
        (Tensor, Tensor)[] pairs =
        [
            (Special.Digamma(x), x.Digamma()), (Special.Psi(x), x.Digamma()), (Special.Polygamma(1, x), x.Polygamma(1)),
            (Special.GammaLn(x), x.LGamma()), (Special.MultiGammaLn(x + 2, 2), (x + 2).MvLGamma(2)),
            (Special.GammaInc(x, y), x.IGamma(y)), (Special.GammaIncC(x, y), x.IGammaC(y)), (Special.Erf(x), x.Erf()),
            (Special.Erfc(x), x.Erfc()), (Special.ErfInv(x), x.ErfInv()), (Special.Exp2(x), x.Exp2()), (Special.Expm1(x), x.Expm1()),
            (Special.Log1p(x), x.Log1p()), (Special.Expit(x), x.Sigmoid()), (Special.Logit(x, 0.3), x.Logit(0.3)), (Special.I0(x), x.I0()),
            (Special.Sinc(x), x.Sinc()), (Special.Round(x, 1), x.Round(1)), (Special.XLogY(x, y), x.XLogY(y)),
            (Special.XLogY(x, 2), x.XLogY(2)), (Special.XLogY(2, y), Tensor.XLogY(2, y)), (Special.LogSumExp(x, 0), x.LogSumExp(0)),
            (Special.Softmax(x, 0), x.Softmax(0)), (Special.LogSoftmax(x, 0), x.LogSoftmax(0)),
        ];
        foreach ((Tensor alias, Tensor method) in pairs) Assert.Equal(method.ToArray<double>(), alias.ToArray<double>());
    }
}
