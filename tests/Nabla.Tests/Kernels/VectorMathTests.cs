using Nabla.Kernels;

namespace Nabla.Tests.Kernels;

/// <summary>The vectorised elementary functions: one row each, the same laws for all.</summary>
public sealed class VectorMathTests
{
    private delegate void Map<T>(ReadOnlySpan<T> x, Span<T> y);

    /// <summary>A function, a reference in double, a range, the tolerated errors in ulp of float and double, its special values.</summary>
    private sealed record Row(
        string Name, Map<float> Single, Map<double> Double, Func<double, double> Reference, double Low, double High,
        double SingleUlp, double DoubleUlp, params (double X, double Y)[] Special);

    private const double Inf = double.PositiveInfinity, NaN = double.NaN, Half = 0.5;

    // Where the reference is a formula in double, the tolerance for double includes the formula's own error.
    private static readonly Row[] Rows =
    [
        new("exp", VectorMath.Exp, VectorMath.Exp, Math.Exp, -87, 88, 1.1, 2,
            (0, 1), (-0.0, 1), (Inf, Inf), (-Inf, 0), (1000, Inf), (-1000, 0)),
        new("exp2", VectorMath.Exp2, VectorMath.Exp2, x => Math.Pow(2, x), -126, 127.9, 1.1, 2,
            (0, 1), (Inf, Inf), (-Inf, 0), (10, 1024), (-3, 0.125)),
        new("expm1", VectorMath.ExpM1, VectorMath.ExpM1, ExpM1, -10, 88, 1.6, 4,
            (0, 0), (-0.0, -0.0), (Inf, Inf), (-Inf, -1), (1e-30, 1e-30)),
        new("log", VectorMath.Log, VectorMath.Log, Math.Log, 1e-30, 10, 1, 2,
            (1, 0), (0, -Inf), (-0.0, -Inf), (-1, NaN), (Inf, Inf), (-Inf, NaN)),
        new("log2", VectorMath.Log2, VectorMath.Log2, Math.Log2, 1e-30, 10, 2, 2,
            (1, 0), (8, 3), (0.125, -3), (0, -Inf), (-1, NaN), (Inf, Inf)),
        new("log10", VectorMath.Log10, VectorMath.Log10, Math.Log10, 1e-30, 10, 2, 2,
            (1, 0), (1000, 3), (0, -Inf), (-1, NaN), (Inf, Inf)),
        new("log1p", VectorMath.Log1P, VectorMath.Log1P, Log1P, -0.99, 10, 1.4, 4,
            (0, 0), (-0.0, -0.0), (-1, -Inf), (-2, NaN), (Inf, Inf), (1e-30, 1e-30)),
        new("tanh", VectorMath.Tanh, VectorMath.Tanh, Math.Tanh, -10, 10, 2, 3.2,
            (0, 0), (-0.0, -0.0), (Inf, 1), (-Inf, -1), (1e-30, 1e-30), (30, 1)),
        new("sigmoid", VectorMath.Sigmoid, VectorMath.Sigmoid, x => 1 / (1 + Math.Exp(-x)), -80, 80, 2.2, 5,
            (0, Half), (Inf, 1), (-Inf, 0)),
        new("logsigmoid", VectorMath.LogSigmoid, VectorMath.LogSigmoid, x => -Log1P(Math.Exp(-x)), -80, 80, 1.7, 6, (Inf, 0), (-Inf, -Inf)),
        new("softplus", (x, y) => VectorMath.Softplus(x, y), (x, y) => VectorMath.Softplus(x, y),
            x => x > 20 ? x : Log1P(Math.Exp(x)), -80, 80, 1.7, 6,
            (Inf, Inf), (-Inf, 0)),
        new("silu", VectorMath.Silu, VectorMath.Silu, x => x / (1 + Math.Exp(-x)), -80, 80, 2.1, 5,
            (0, 0), (-0.0, -0.0), (Inf, Inf), (-Inf, NaN)),
        new("mish", VectorMath.Mish, VectorMath.Mish, x => x * Math.Tanh(Log1P(Math.Exp(x))), -80, 80, 2.5, 8,
            (0, 0), (-0.0, -0.0), (Inf, Inf), (-Inf, NaN)),
        new("erf", VectorMath.Erf, VectorMath.Erf, ScalarMath.Erf, -5, 5, 1.3, 0,
            (0, 0), (-0.0, -0.0), (Inf, 1), (-Inf, -1), (30, 1), (-30, -1)),
        new("erfc", VectorMath.Erfc, VectorMath.Erfc, ScalarMath.Erfc, -5, 9, 0.51, 0, (0, 1), (Inf, 0), (-Inf, 2), (40, 0), (-40, 2)),
        new("gelu", VectorMath.Gelu, VectorMath.Gelu, x => Half * x * ScalarMath.Erfc(-x * Math.Sqrt(Half)), -8, 8, 5, 200,
            (0, 0), (-0.0, -0.0), (Inf, Inf), (-Inf, NaN)),
        new("gelu tanh", VectorMath.GeluTanh, VectorMath.GeluTanh, GeluTanh, -1, 8, 2.5, 8, (0, 0), (-0.0, -0.0), (Inf, Inf), (-Inf, NaN)),
        new("erfinv", VectorMath.ErfInv, VectorMath.ErfInv, ScalarMath.ErfInv, -0.999, 0.999, 0.51, 0,
            (0, 0), (-0.0, -0.0), (1, Inf), (-1, -Inf), (2, NaN)),
        new("sin", VectorMath.Sin, VectorMath.Sin, Math.Sin, -1000, 1000, 0.51, 2, (0, 0), (-0.0, -0.0), (Inf, NaN), (-Inf, NaN)),
        new("cos", VectorMath.Cos, VectorMath.Cos, Math.Cos, -1000, 1000, 0.51, 2, (0, 1), (Inf, NaN), (-Inf, NaN)),
        new("tan", VectorMath.Tan, VectorMath.Tan, Math.Tan, -1000, 1000, 0.51, 3.5, (0, 0), (-0.0, -0.0), (Inf, NaN), (-Inf, NaN)),
        new("sin, large", VectorMath.Sin, VectorMath.Sin, Math.Sin, -1e9, 1e9, 0.51, 2),
        new("cos, large", VectorMath.Cos, VectorMath.Cos, Math.Cos, -1e9, 1e9, 0.51, 2),
        new("asin", VectorMath.Asin, VectorMath.Asin, Math.Asin, -1, 1, 1.5, 2,
            (0, 0), (-0.0, -0.0), (1, Math.PI / 2), (-1, -Math.PI / 2), (1.5, NaN)),
        new("acos", VectorMath.Acos, VectorMath.Acos, Math.Acos, -1, 1, 1.5, 2,
            (0, Math.PI / 2), (1, 0), (-1, Math.PI), (1.5, NaN), (-Inf, NaN)),
        new("atan", VectorMath.Atan, VectorMath.Atan, Math.Atan, -20, 20, 1.6, 3,
            (0, 0), (-0.0, -0.0), (Inf, Math.PI / 2), (-Inf, -Math.PI / 2)),
        new("sinh", VectorMath.Sinh, VectorMath.Sinh, Math.Sinh, -88, 88, 0.51, 3,
            (0, 0), (-0.0, -0.0), (Inf, Inf), (-Inf, -Inf), (800, Inf)),
        new("cosh", VectorMath.Cosh, VectorMath.Cosh, Math.Cosh, -88, 88, 0.51, 3, (0, 1), (Inf, Inf), (-Inf, Inf), (800, Inf)),
        new("asinh", VectorMath.Asinh, VectorMath.Asinh, Math.Asinh, -100, 100, 0.51, 3, (0, 0), (-0.0, -0.0), (Inf, Inf), (-Inf, -Inf)),
        new("acosh", VectorMath.Acosh, VectorMath.Acosh, Math.Acosh, 1, 100, 0.51, 3,
            (1, 0), (0.5, NaN), (-3, NaN), (Inf, Inf), (-Inf, NaN)),
        new("atanh", VectorMath.Atanh, VectorMath.Atanh, Math.Atanh, -0.999, 0.999, 0.51, 3,
            (0, 0), (-0.0, -0.0), (1, Inf), (-1, -Inf), (2, NaN), (Inf, NaN)),
        new("sqrt", VectorMath.Sqrt, VectorMath.Sqrt, Math.Sqrt, 0, 100, 0.51, 0, (0, 0), (-0.0, -0.0), (-1, NaN), (Inf, Inf)),
        new("rsqrt", VectorMath.Rsqrt, VectorMath.Rsqrt, x => 1 / Math.Sqrt(x), 0.01, 100, 1.6, 0,
            (0, Inf), (-0.0, -Inf), (-1, NaN), (Inf, 0)),
        new("reciprocal", VectorMath.Reciprocal, VectorMath.Reciprocal, x => 1 / x, 0.01, 100, 0.51, 0,
            (0, Inf), (-0.0, -Inf), (Inf, 0), (-Inf, -0.0)),
        new("square", VectorMath.Square, VectorMath.Square, x => x * x, -100, 100, 0.51, 0, (0, 0), (-0.0, 0), (-Inf, Inf)),
        new("lgamma", VectorMath.Lgamma, VectorMath.Lgamma, ScalarMath.Lgamma, -5, 50, 0.51, 0,
            (0, Inf), (-0.0, Inf), (-1, Inf), (1, 0), (2, 0), (Inf, Inf), (-Inf, Inf)),
        new("digamma", VectorMath.Digamma, VectorMath.Digamma, ScalarMath.Digamma, -5, 50, 0.51, 0,
            (0, -Inf), (-0.0, Inf), (-1, NaN), (Inf, Inf), (-Inf, NaN)),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(row => row.Name)];

    private static Row Find(string name) => Rows.Single(row => row.Name == name);

    [Theory, MemberData(nameof(Names))]
    public void EveryLengthAndPositionGivesTheSameBits(string name)
    {
        Row row = Find(name);
        foreach (int n in (int[])[.. Enumerable.Range(0, 71), 1000, 4099])
        {
            double[] x = Points(row, n, seed: n);
            float[] single = [.. x.Select(v => (float)v)];
            double[] y = Run(row.Double, x), inPlace = [.. x], one = new double[1];
            float[] singleY = Run(row.Single, single), singleInPlace = [.. single], singleOne = new float[1];
            row.Double(inPlace, inPlace);
            row.Single(singleInPlace, singleInPlace);
            Assert.Equal(y.Select(BitConverter.DoubleToInt64Bits), inPlace.Select(BitConverter.DoubleToInt64Bits));
            Assert.Equal(singleY.Select(BitConverter.SingleToInt32Bits), singleInPlace.Select(BitConverter.SingleToInt32Bits));
            for (int i = 0; i < n; i++)
            {
                row.Double([x[i]], one);
                row.Single([single[i]], singleOne);
                Assert.Equal(BitConverter.DoubleToInt64Bits(one[0]), BitConverter.DoubleToInt64Bits(y[i]));
                Assert.Equal(BitConverter.SingleToInt32Bits(singleOne[0]), BitConverter.SingleToInt32Bits(singleY[i]));
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void ErrorsAreWithinTheStatedUlps(string name)
    {
        Row row = Find(name);
        double[] x = Points(row, 20_000, seed: 1);
        float[] single = [.. x.Select(v => Math.Clamp((float)v, MathF.BitIncrement((float)row.Low), MathF.BitDecrement((float)row.High)))];
        double[] y = Run(row.Double, x);
        float[] singleY = Run(row.Single, single);
        for (int i = 0; i < x.Length; i++)
        {
            double expected = row.Reference(x[i]), singleExpected = row.Reference(single[i]);
            Assert.True(Math.Abs(y[i] - expected) <= row.DoubleUlp * Ulp(expected), $"{name}({x[i]:R}) = {y[i]:R}, expected {expected:R}");
            Assert.True(
                Math.Abs(singleY[i] - singleExpected) <= row.SingleUlp * SingleUlp(singleExpected),
                $"{name}({single[i]:R}f) = {singleY[i]:R}, expected {singleExpected:R}");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void SpecialValuesAreC99s(string name)
    {
        Row row = Find(name);
        foreach ((double x, double expected) in row.Special.Append((NaN, NaN)))
        {
            double y = Run(row.Double, [x])[0];
            float single = Run(row.Single, [(float)x])[0];
            Assert.True(Same(y, expected), $"{name}({x}) = {y}, expected {expected}");
            Assert.True(Same(single, (float)expected), $"{name}({x}f) = {single}, expected {(float)expected}");
        }
    }

    [Fact]
    public void SubnormalsAreKept()
    {
        Assert.Equal(double.Epsilon, Run<double>(VectorMath.Exp, [-744.5])[0]);
        Assert.Equal(float.Epsilon, Run<float>(VectorMath.Exp, [-103.5f])[0]);
        Assert.Equal(double.Epsilon, Run<double>(VectorMath.Exp2, [-1074])[0]);
        Assert.Equal(float.Epsilon, Run<float>(VectorMath.Exp2, [-149])[0]);
        Assert.Equal(Math.Log(double.Epsilon), Run<double>(VectorMath.Log, [double.Epsilon])[0]);
        Assert.Equal(MathF.Log(float.Epsilon), Run<float>(VectorMath.Log, [float.Epsilon])[0]);
        Assert.Equal(-1074, Run<double>(VectorMath.Log2, [double.Epsilon])[0]);
        Assert.Equal(double.MaxValue, Run<double>(VectorMath.Exp, [709.782712893384])[0], 1e295);
        foreach (Map<double> map in (Map<double>[])[VectorMath.Tanh, VectorMath.ExpM1, VectorMath.Log1P, VectorMath.Sin, VectorMath.Asin])
        {
            Assert.Equal(double.Epsilon, Run(map, [double.Epsilon])[0]);
        }
    }

    // Computed with mpmath at 40 digits.
    private static readonly (Map<double> Map, double Tolerance, (double X, double Y)[] Values)[] Tables =
    [
        (VectorMath.Erf, 1e-15, [(1e-300, 1.1283791670955126e-300), (1e-10, 1.1283791670955126e-10), (0.1, 0.1124629160182849),
            (0.5, 0.5204998778130465), (0.84375, 0.7672256612323416), (1, 0.8427007929497149), (1.25, 0.9229001282564583),
            (2, 0.9953222650189527), (3.5, 0.9999992569016276), (5.9, 0.9999999999999999)]),
        (VectorMath.Erfc, 2e-15, [(-3, 1.9999779095030015), (-0.5, 1.5204998778130465), (1e-10, 0.999999999887162),
            (0.25, 0.7236736098317631), (0.5, 0.4795001221869535), (1, 0.15729920705028513), (2, 0.004677734981047266),
            (5, 1.537459794428035e-12), (10, 2.088487583762545e-45), (20, 5.395865611607901e-176), (26, 5.663192408856143e-296)]),
        (VectorMath.ErfInv, 2e-15, [(1e-300, 8.86226925452758e-301), (1e-08, 8.86226925452758e-09), (0.1, 0.08885599049425769),
            (0.5, 0.4769362762044699), (0.7, 0.7328690779592167), (0.84, 0.9935356283473041), (0.86, 1.0435418436397588),
            (0.95, 1.3859038243496777), (0.999, 2.3267537655135246), (0.999999, 3.458910737275499), (0.9999999999, 4.572824958544925)]),
        (VectorMath.Lgamma, 5e-15, [(1e-20, 46.051701859880914), (1e-05, 11.512919692895826), (0.1, 2.252712651734206),
            (0.499, 0.5743309231606863), (0.5, 0.5723649429247001), (0.999999, 5.772164873855652e-07), (1.0001, -5.771334222047127e-05),
            (1.4616321449683622, -0.12148629053584961), (1.5, -0.12078223763524522), (1.9999, -4.227520877215346e-05),
            (2.0001, 4.2281658112919945e-05), (2.5, 0.2846828704729192), (3.7, 1.428072326665388), (7.99, 8.50501160608848),
            (8, 8.525161361065415), (20.5, 40.8315009745308), (100, 359.1342053695754), (170.6, 704.5180371279987),
            (1e10, 220258509288.81058), (1e100, 2.2925850929940456e+102), (-0.5, 1.2655121234846454), (-1.5, 0.860047015376481),
            (-2.3, 0.36956666345500805), (-10.7, -15.416789096416636), (-100.25, -363.4009232278215)]),
        (VectorMath.Digamma, 1e-14, [(1e-20, -1e+20), (1e-05, -100000.57719921567), (0.1, -10.423754940411076), (0.5, -1.9635100260214235),
            (1, -0.5772156649015329), (1.4616, -3.110625123034165e-05), (1.4616321449683622, -9.241265521729427e-17),
            (1.4617, 6.56593922936765e-05), (2, 0.42278433509846713), (2.1, 0.48533596867983236), (5.5, 1.6110931485817512),
            (9.999, 2.2516474172057355), (10, 2.251752589066721), (100, 4.600161852738087), (1e10, 23.025850929890456),
            (-0.5, 0.03648997397857652), (-1.5, 0.7031566406452432), (-2.3, 3.3173231575618227), (-10.7, 0.13374481244706443)]),
    ];

    [Fact]
    public void SpecialFunctionsMatchTheTables()
    {
        foreach ((Map<double> map, double tolerance, (double X, double Y)[] values) in Tables)
        {
            double[] y = Run(map, [.. values.Select(value => value.X)]);
            for (int i = 0; i < y.Length; i++)
            {
                double error = Math.Abs(y[i] - values[i].Y) / Math.Abs(values[i].Y);
                Assert.True(error <= tolerance, $"{map.Method.Name}({values[i].X:R}) = {y[i]:R}, expected {values[i].Y:R}");
            }
        }
    }

    private static readonly double[] PowValues =
    [
        0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -2.5, 7, 1e10, -1e10, 9007199254740991, -9007199254740993, 1e300, -1e300, 1e-300,
        Inf, -Inf, NaN,
    ];

    [Fact]
    public void PowHasC99sSpecialCases()
    {
        foreach (double x in PowValues)
        {
            double[] z = new double[PowValues.Length];
            float[] singleZ = new float[PowValues.Length], exponents = [.. PowValues.Select(y => (float)y)];
            VectorMath.Pow(x, PowValues, z);
            VectorMath.Pow((float)x, exponents, singleZ);
            for (int i = 0; i < z.Length; i++)
            {
                double expected = Math.Pow(x, PowValues[i]);
                float single = MathF.Pow((float)x, exponents[i]);
                bool close = Same(z[i], expected) || Math.Abs(z[i] - expected) <= 2 * Ulp(expected);
                bool singleClose = Same(singleZ[i], single) || Math.Abs(singleZ[i] - single) <= SingleUlp(single);
                Assert.True(close, $"pow({x}, {PowValues[i]}) = {z[i]:R}, expected {expected:R}");
                Assert.True(singleClose, $"pow({x}f, {exponents[i]}f) = {singleZ[i]:R}, expected {single:R}");
            }
        }
    }

    [Fact]
    public void PowIsAccurateAndTheSameForScalarsAndSpans()
    {
        var random = new Random(5);
        int n = 20_011;
        double[] x = new double[n], y = new double[n], z = new double[n];
        for (int i = 0; i < n; i++)
        {
            x[i] = Math.Exp(random.NextDouble() * (i % 2 == 0 ? 160 : 2) - (i % 2 == 0 ? 80 : 1));
            y[i] = (random.NextDouble() * 2 - 1) * Math.Min(80 / Math.Abs(Math.Log(x[i])), 1e6);
        }
        float[] singleX = [.. x.Select(v => (float)v)], singleY = [.. y.Select(v => (float)v)], singleZ = new float[n];
        VectorMath.Pow<double>(x, y, z);
        VectorMath.Pow<float>(singleX, singleY, singleZ);
        double[] one = new double[1], other = new double[1];
        for (int i = 0; i < n; i++)
        {
            double expected = Math.Pow(x[i], y[i]), singleExpected = Math.Pow(singleX[i], singleY[i]);
            Assert.True(Math.Abs(z[i] - expected) <= 2 * Ulp(expected), $"pow({x[i]:R}, {y[i]:R}) = {z[i]:R}, expected {expected:R}");
            bool singleClose = Math.Abs(singleZ[i] - singleExpected) <= 0.51 * SingleUlp(singleExpected);
            Assert.True(singleClose, $"pow({singleX[i]:R}f, {singleY[i]:R}f) = {singleZ[i]:R}");
            VectorMath.Pow([x[i]], y[i], one);
            VectorMath.Pow(x[i], [y[i]], other);
            Assert.Equal(z[i], one[0]);
            Assert.Equal(z[i], other[0]);
        }
    }

    [Theory]
    [InlineData(-2), InlineData(-1), InlineData(-0.5), InlineData(0), InlineData(0.5), InlineData(1), InlineData(2), InlineData(3)]
    public void PowOfSimpleExponentsIsExactArithmetic(double exponent)
    {
        double[] x = [0, -0.0, 1.7, -1.7, 4, 1e-200, Inf, -Inf, NaN], z = new double[x.Length];
        VectorMath.Pow(x, exponent, z);
        for (int i = 0; i < x.Length; i++)
        {
            double v = x[i];
            double expected = exponent switch
            {
                -2 => 1 / (v * v),
                -1 => 1 / v,
                -0.5 => 1 / Math.Sqrt(v),
                0 => 1,
                0.5 => Math.Sqrt(v),
                1 => v,
                2 => v * v,
                _ => v * v * v,
            };
            Assert.True(Same(z[i], expected), $"pow({v}, {exponent}) = {z[i]}, expected {expected}");
        }
    }

    [Fact]
    public void SoftplusTakesBetaAndThreshold()
    {
        double[] y = Run<double>((x, y) => VectorMath.Softplus(x, y, beta: 2, threshold: 3), [-1, 0, 1, 1.5, 1.6, 100]);
        double[] expected = [Log1P(Math.Exp(-2)) / 2, Math.Log(2) / 2, Log1P(Math.Exp(2)) / 2, Log1P(Math.Exp(3)) / 2, 1.6, 100];
        for (int i = 0; i < y.Length; i++) Assert.Equal(expected[i], y[i], 1e-15);
    }

    [Fact]
    public void WrongSpansAndTypesAreRefused()
    {
        Assert.Throws<ArgumentException>(() => VectorMath.Exp<float>(new float[3], new float[2]));
        Assert.Throws<ArgumentException>(() => VectorMath.Lgamma<float>(new float[3], new float[2]));
        Assert.Throws<ArgumentException>(() => VectorMath.Pow<double>(new double[3], new double[2], new double[3]));
        Assert.Throws<ArgumentException>(() => VectorMath.Pow(new double[3], 1.0, new double[2]));
        Assert.Contains(nameof(Int32), Assert.Throws<NotSupportedException>(() => VectorMath.Exp<int>(new int[3], new int[3])).Message);
    }

    private static T[] Run<T>(Map<T> map, T[] x)
    {
        var y = new T[x.Length];
        map(x, y);
        return y;
    }

    private static double[] Points(Row row, int n, int seed)
    {
        var random = new Random(seed);
        var x = new double[n];
        for (int i = 0; i < n; i++)
        {
            // A third of the points lies just above 0, where the range allows.
            double share = random.NextDouble();
            if (i % 3 == 0) share = share * 0.02 + Math.Clamp(-row.Low / (row.High - row.Low), 0.0, 0.98);
            x[i] = Math.Clamp(row.Low + share * (row.High - row.Low), row.Low, row.High);
        }
        return x;
    }

    private static bool Same(double x, double y)
        => double.IsNaN(x) ? double.IsNaN(y) : BitConverter.DoubleToInt64Bits(x) == BitConverter.DoubleToInt64Bits(y);

    private static double Ulp(double x) => Math.BitIncrement(Math.Abs(x)) - Math.Abs(x);

    private static double SingleUlp(double x)
    {
        float below = (float)Math.Abs(x);
        if (below > Math.Abs(x)) below = MathF.BitDecrement(below);
        return (double)MathF.BitIncrement(below) - below;
    }

    private static double ExpM1(double x)
    {
        double u = Math.Exp(x);
        return u == 1 ? x : u - 1 == -1 ? -1 : Math.Abs(x) > 1 ? u - 1 : (u - 1) * x / Math.Log(u);
    }

    private static double Log1P(double x)
    {
        double u = 1 + x;
        return u == 1 ? x : Math.Log(u) * x / (u - 1);
    }

    private static double GeluTanh(double x) => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
}
