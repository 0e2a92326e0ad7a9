using Nabla.Kernels;

namespace Nabla.Tests.Kernels;

/// <summary>
/// The errors stated in bench/results/accuracy.md: float32 functions over every exponent and sign against the double kernels, and the
/// double kernels at points that are hard for them against 60-digit values.
/// </summary>
public sealed class AccuracyTests
{
    private delegate void Map<T>(ReadOnlySpan<T> x, Span<T> y);

    private const int Points = 1 << 18;

    /// <summary>Name, function, bound in units in the last place, and the bound where a b + c is rounded twice.</summary>
    private static readonly (string Name, Map<float> Single, Map<double> Double, double Ulp, double Unfused)[] Rows =
    [
        ("exp", VectorMath.Exp, VectorMath.Exp, 1.1, 1.5),
        ("exp2", VectorMath.Exp2, VectorMath.Exp2, 1.1, 1.5),
        ("expm1", VectorMath.ExpM1, VectorMath.ExpM1, 1.6, 2.2),
        ("log", VectorMath.Log, VectorMath.Log, 0.8, 1.5),
        ("log1p", VectorMath.Log1P, VectorMath.Log1P, 1.4, 2.2),
        ("log2", VectorMath.Log2, VectorMath.Log2, 1.1, 2),
        ("log10", VectorMath.Log10, VectorMath.Log10, 1, 2),
        ("sin", VectorMath.Sin, VectorMath.Sin, 0.501, 0.501),
        ("cos", VectorMath.Cos, VectorMath.Cos, 0.501, 0.501),
        ("tan", VectorMath.Tan, VectorMath.Tan, 0.501, 0.501),
        ("asin", VectorMath.Asin, VectorMath.Asin, 0.7, 1.5),
        ("acos", VectorMath.Acos, VectorMath.Acos, 0.7, 1.5),
        ("atan", VectorMath.Atan, VectorMath.Atan, 1.3, 1.6),
        ("sinh", VectorMath.Sinh, VectorMath.Sinh, 0.501, 0.501),
        ("cosh", VectorMath.Cosh, VectorMath.Cosh, 0.501, 0.501),
        ("tanh", VectorMath.Tanh, VectorMath.Tanh, 1.6, 2.2),
        ("asinh", VectorMath.Asinh, VectorMath.Asinh, 0.501, 0.501),
        ("acosh", VectorMath.Acosh, VectorMath.Acosh, 0.501, 0.501),
        ("atanh", VectorMath.Atanh, VectorMath.Atanh, 0.501, 0.501),
        ("sigmoid", VectorMath.Sigmoid, VectorMath.Sigmoid, 1.6, 2.5),
        ("logsigmoid", VectorMath.LogSigmoid, VectorMath.LogSigmoid, 1.6, 2.2),
        ("silu", VectorMath.Silu, VectorMath.Silu, 1.7, 3),
        ("mish", VectorMath.Mish, VectorMath.Mish, 2.5, 3.5),
        ("gelu", VectorMath.Gelu, VectorMath.Gelu, 4.7, 6),
        ("gelu tanh", VectorMath.GeluTanh, VectorMath.GeluTanh, 1.8, 250),
        ("erf", VectorMath.Erf, VectorMath.Erf, 1.2, 2),
        ("erfc", VectorMath.Erfc, VectorMath.Erfc, 0.501, 0.501),
        ("erfinv", VectorMath.ErfInv, VectorMath.ErfInv, 0.501, 0.501),
        ("rsqrt", VectorMath.Rsqrt, VectorMath.Rsqrt, 1.5, 1.5),
        ("lgamma", VectorMath.Lgamma, VectorMath.Lgamma, 0.501, 0.501),
        ("digamma", VectorMath.Digamma, VectorMath.Digamma, 0.501, 0.501),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(row => row.Name)];

    [Theory, MemberData(nameof(Names))]
    public void SingleErrorsStayBelowTheirBounds(string name)
    {
        (_, Map<float> single, Map<double> wide, double ulp, double unfused) = Rows.Single(row => row.Name == name);
        double bound = SimdMethod.HasFusedMultiplyAdd ? ulp : unfused;
        float[] x = new float[Points], y = new float[Points];
        // An odd step, so that every exponent meets many fractions.
        for (int i = 0; i < Points; i++) x[i] = BitConverter.UInt32BitsToSingle((uint)i * 16381u);
        double[] z = [.. x.Select(v => (double)v)], expected = new double[Points];
        single(x, y);
        wide(z, expected);
        for (int i = 0; i < Points; i++)
        {
            if (float.IsNaN(x[i]) || double.IsNaN(expected[i])) continue;
            if (Math.Abs(expected[i]) >= float.MaxValue) continue;
            double place = Math.ScaleB(1, Math.Max(expected[i] == 0 ? -126 : Math.ILogB(expected[i]), -126) - 23);
            Assert.True(Math.Abs(y[i] - expected[i]) <= bound * place, $"{name}({x[i]:R}) = {y[i]:R}, not {expected[i]:R}");
        }
    }

    /// <summary>Two units in the last place are at most 2^-51 of the value.</summary>
    private static readonly (string Name, Map<double> Map, (double X, double Y)[] Values)[] Tables =
    [
        ("tanh", VectorMath.Tanh, [(-0.19925431524920412, -0.19665857977080095), (0.3, 0.2913126124515909), (2.5, 0.9866142981514303)]),
        ("tan", VectorMath.Tan, [(0.9999999999999619, 1.5574077246547717), (-7.033245691733253, -0.9317092569043569),
            (1.2, 2.5721516221263188)]),
        ("silu", VectorMath.Silu, [(-9.3106937699689, -0.0008420925689933387), (-0.5, -0.18877033439907273),
            (-700.25, -5.377026350130888e-302)]),
        ("mish", VectorMath.Mish, [(-15.243644512129617, -3.654753279890209e-06), (-2.17e-05, -1.3019849315036516e-05),
            (-3.5, -0.10409575448637122)]),
        ("erfc", VectorMath.Erfc, [(0.0007282863760260805, 0.9991782169709043), (0.3, 0.6713732405408726),
            (1.552158901463431, 0.028157560571844032), (17.858472750423523, 9.806490509795299e-141)]),
        ("gelu", VectorMath.Gelu, [(-21.692507036040475, -2.618970649963559e-103), (-30.5, -3.973960635193133e-203),
            (-0.75, -0.16997051428265114)]),
        ("gelu tanh", VectorMath.GeluTanh, [(-18.718738654810654, -1.1127070125617347e-215), (-20.69777548954829, -1.5695673035589002e-288),
            (-3, -0.003637392081773019), (-0.5, -0.15428599017485609)]),
        ("lgamma", VectorMath.Lgamma, [(-2.4570247382208, 7.292550612674704e-16), (-2.46, -0.004466346754714767),
            (-2.7476826467274127, 1.733509244024501e-16), (-2.75, 0.004487897535955773), (-3.143580888349981, -8.66968743630949e-15),
            (-3.955294284, -1.7794497710438694e-08), (-4.0393618397, 1.086009469887316e-09), (-6.5, -6.389634350909333),
            (-9.9999997244, -9.66260754274962e-05), (-15.000000000001, -0.26833916454600304), (0.25, 1.2880225246980774),
            (1.0001, -5.771334222047127e-05), (7.99, 8.50501160608848), (31.5, 76.37119786778277)]),
        ("digamma", VectorMath.Digamma, [(0.25, -4.2274535333762655), (1.4616321449683622, -9.241265521729427e-17),
            (1.2, -0.2890398965921884), (5.5, 1.6110931485817512), (12.25, 2.464154655185369), (-0.3, 2.113309779635399)]),
        ("i0", Bessel(0, false), [(-28.025166138055788, 112275234573.34013), (32.83978258519009, 12779838960228.986),
            (3.0582006675225735, 5.117022635723374), (7.9999, 427.5241302959667), (-8.0001, 427.60410492344266),
            (705.5, 3.728168580977775e+304)]),
        ("i1", Bessel(1, false), [(23.983534703374307, 2088972432.8941567), (-28, -107560504208.08224), (-0.3137, -0.15878733319309954),
            (8.5, 641.6199025400667), (1e-300, 5e-301)]),
        ("i0e", Bessel(0, true), [(-23.080838203240596, 0.0835006256480008), (1e10, 3.9894228040641945e-06)]),
        ("i1e", Bessel(1, true), [(-24.988809671088415, -0.07859315483358122), (9.25, 0.12565366438633055)]),
    ];

    private static Map<double> Bessel(int order, bool scaled) => (x, y) =>
        VectorMap.Run<BesselIMap, double>(x, y, new BesselIMap(order, scaled));

    [Fact]
    public void DoubleKernelsStayBelowTwoUnitsWhereTheyAreWorst()
    {
        double bound = SimdMethod.HasFusedMultiplyAdd ? 5e-16 : 1e-13;
        foreach ((string name, Map<double> map, (double X, double Y)[] values) in Tables)
        {
            double[] y = new double[values.Length];
            map([.. values.Select(v => v.X)], y);
            for (int i = 0; i < y.Length; i++)
            {
                double error = Math.Abs(y[i] / values[i].Y - 1);
                Assert.True(error <= bound, $"{name}({values[i].X:R}) = {y[i]:R}, not {values[i].Y:R}");
            }
        }
    }

    [Fact]
    public void ActivationsAreZeroFarBelowZero()
    {
        foreach (Map<float> map in (Map<float>[])[VectorMath.Silu, VectorMath.Mish, VectorMath.Gelu, VectorMath.GeluTanh])
        {
            float[] y = new float[4];
            map([-109.5f, -1000f, -1e20f, -3e38f], y);
            Assert.All(y, v => Assert.Equal(0f, v));
        }
        foreach (Map<double> map in (Map<double>[])[VectorMath.Silu, VectorMath.Mish, VectorMath.Gelu, VectorMath.GeluTanh])
        {
            double[] y = new double[4];
            map([-760, -1000, -1e20, -1e308], y);
            Assert.All(y, v => Assert.Equal(0.0, v));
        }
    }

    [Fact]
    public void TheSlopeOfI1IsOneHalfAtSubnormalNumbers()
    {
        Tensor x = Tensor.Of([6e-43f, -6e-43f, 1e-30f, 0f], DType.Float32, requiresGrad: true);
        Special.I1(x).Sum().Backward();
        Assert.All(x.Grad!.ToArray<float>(), v => Assert.Equal(0.5f, v));
    }
}
