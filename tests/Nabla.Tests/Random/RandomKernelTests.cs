namespace Nabla.Tests;

/// <summary>What the recorded streams cannot show: refused arguments, empty destinations, MKL's exponential, long vectors.</summary>
public class RandomKernelTests
{
    static string Refused<TError>(Action<Generator> call) where TError : ArgumentException
    {
        var g = new Generator(1);
        byte[] before = g.GetState();
        string message = Assert.Throws<TError>(() => call(g)).Message;
        Assert.Equal(before, g.GetState()); // a refused call draws nothing
        return message;
    }

    static string OutOfRange(Action<Generator> call) => Refused<ArgumentOutOfRangeException>(call);

    static string Wrong(Action<Generator> call) => Refused<ArgumentException>(call);

    [Fact]
    public void Bounds_of_uniform_are_checked_in_PyTorchs_words()
    {
        Assert.StartsWith("uniform_ expects to return a [from, to) range, but found from=2 > to=1",
            OutOfRange(g => RandomKernels.Uniform<float>(g, new float[3], 2, 1)));
        Assert.StartsWith("uniform_ expects to-from <= std::numeric_limits<Float>::max(), but found to=3e+38 and from=-3e+38 which " +
            "result in to-from to exceed the limit", OutOfRange(g => RandomKernels.Uniform<float>(g, new float[3], -3e38, 3e38)));
        Assert.StartsWith("from is out of bounds for float", OutOfRange(g => RandomKernels.Uniform<float>(g, new float[3], -1e39, 3)));
        Assert.StartsWith("to is out of bounds for float", OutOfRange(g => RandomKernels.Uniform<float>(g, new float[3], 0, double.NaN)));
        Assert.StartsWith("to is out of bounds for c10::Half", OutOfRange(g => RandomKernels.Uniform<Half>(g, new Half[3], 0, 70000)));
        Assert.StartsWith("to is out of bounds for c10::BFloat16",
            OutOfRange(g => RandomKernels.Uniform<BFloat16>(g, new BFloat16[3], 0, 1e39)));
        Assert.StartsWith("\"check_uniform_bounds\" not implemented for 'Long'",
            Wrong(g => RandomKernels.Uniform<long>(g, new long[3], 0, 1)));
    }

    [Fact]
    public void Parameters_of_the_other_distributions_are_checked_in_PyTorchs_words()
    {
        var f = new float[20];
        Assert.StartsWith("normal expects std >= 0.0, but found std -1", OutOfRange(g => RandomKernels.Normal<float>(g, f, 0, -1, true)));
        Assert.StartsWith("normal expects std >= 0.0, but found std nan",
            OutOfRange(g => RandomKernels.Normal<float>(g, f, 0, double.NaN, true)));
        Assert.StartsWith("\"normal_kernel_cpu\" not implemented for 'Long'",
            Wrong(g => RandomKernels.Normal<long>(g, new long[3], 0, 1, true)));
        Assert.StartsWith("exponential_ expects lambda > 0.0, but found lambda=0",
            OutOfRange(g => RandomKernels.Exponential<float>(g, f, 0)));
        Assert.StartsWith("Exponential distribution is a continuous probability distribution. dtype must be a floating point but you " +
            "specified Int", Wrong(g => RandomKernels.Exponential<int>(g, new int[3], 1)));
        Assert.StartsWith("cauchy_ expects sigma > 0.0, but found sigma=-1.5", OutOfRange(g => RandomKernels.Cauchy<float>(g, f, 0, -1.5)));
        Assert.StartsWith("Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you " +
            "specified long int", Wrong(g => RandomKernels.Cauchy<long>(g, new long[3], 0, 1)));
        Assert.StartsWith("log_normal_ expects std > 0.0, but found std=0", OutOfRange(g => RandomKernels.LogNormal<float>(g, f, 0, 0)));
        foreach (double p in (double[])[0, 1, 1.5, double.NaN])
            Assert.StartsWith("geometric_ expects p to be in (0, 1), but got p=",
                OutOfRange(g => RandomKernels.Geometric<int>(g, new int[3], p)));
        Assert.StartsWith("\"geometric_cpu\" not implemented for 'Bool'", Wrong(g => RandomKernels.Geometric<bool>(g, new bool[3], 0.5)));
        Assert.StartsWith("bernoulli_ expects p to be in [0, 1], but got p=1.5",
            OutOfRange(g => RandomKernels.Bernoulli<float>(g, f, 1.5)));
        Assert.StartsWith("bernoulli_ expects p to be in [0, 1], but got p=-1e-07",
            OutOfRange(g => RandomKernels.Bernoulli<float>(g, f, -1e-7)));
        Assert.StartsWith("Expected p_in >= 0 && p_in <= 1 to be true, but got false",
            OutOfRange(g => RandomKernels.Bernoulli<float, double>(g, new float[2], [0.5, 1 + 1e-15])));
        Assert.StartsWith("dropout probability has to be between 0 and 1, but got 1.5",
            OutOfRange(g => RandomKernels.DropoutNoise<float>(g, f, 1.5)));
    }

    [Fact]
    public void Ranges_of_integers_are_checked_in_PyTorchs_words()
    {
        Assert.StartsWith("random_ expects 'from' to be less than 'to', but got from=5 >= to=5",
            OutOfRange(g => RandomKernels.Random<long>(g, new long[3], 5, 5)));
        Assert.StartsWith("from is out of bounds for unsigned char", OutOfRange(g => RandomKernels.Random<byte>(g, new byte[3], -1, 5)));
        Assert.StartsWith("to - 1 is out of bounds for unsigned char", OutOfRange(g => RandomKernels.Random<byte>(g, new byte[3], 0, 300)));
        Assert.StartsWith("to - 1 is out of bounds for bool", OutOfRange(g => RandomKernels.Random<bool>(g, new bool[3], 0, 3)));
        Assert.StartsWith("from is out of bounds for c10::Half",
            OutOfRange(g => RandomKernels.Random<Half>(g, new Half[3], -(1L << 62), 3)));
        Assert.StartsWith("random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got " +
            "from=1152921504606846976 > to_inc=16777216", OutOfRange(g => RandomKernels.Random<float>(g, new float[3], 1L << 60, null)));
        Assert.StartsWith("random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16",
            Wrong(g => RandomKernels.Random<int>(g, new int[3], long.MinValue, null)));
        Assert.StartsWith("value cannot be converted to type Byte without overflow",
            OutOfRange(g => RandomKernels.RandPerm<byte>(g, new byte[300])));
        Assert.StartsWith("\"randperm\" not implemented for 'Bool'", Wrong(g => RandomKernels.RandPerm<bool>(g, new bool[2])));
    }

    [Fact]
    public void Long_fills_are_short_ones_one_after_the_other()
    {
        Action<Generator, float[]>[] fills =
        [
            static (g, x) => RandomKernels.Exponential<float>(g, x, 2), static (g, x) => RandomKernels.Cauchy<float>(g, x, 1, 2),
            static (g, x) => RandomKernels.Geometric<float>(g, x, 0.3),
        ];
        foreach (Action<Generator, float[]> fill in fills)
        {
            Generator one = new(3), many = new(3);
            float[] whole = new float[150_000];
            fill(one, whole);
            for (int at = 0; at < whole.Length; at += 1000)
            {
                float[] part = new float[1000];
                fill(many, part);
                Assert.Equal(part, whole[at..(at + 1000)]);
            }
            Assert.Equal(one.GetState(), many.GetState());
        }
    }

    [Fact]
    public void Few_samples_of_multinomial_are_the_first_of_many()
    {
        float[] p = [.. Enumerable.Range(0, 900).Select(static i => i % 7 == 0 ? 0 : i % 5 * 0.25f)];
        Generator few = new(8), many = new(8);
        long[] first = new long[3 * 20], all = new long[3 * 300];
        RandomKernels.Multinomial<float>(few, [.. p, .. p, .. p], 3, p.Length, 20, false, first);
        RandomKernels.Multinomial<float>(many, [.. p, .. p, .. p], 3, p.Length, 300, false, all);
        for (int row = 0; row < 3; row++) Assert.Equal(all[(row * 300)..(row * 300 + 20)], first[(row * 20)..(row * 20 + 20)]);
    }

    [Fact]
    public void Distributions_of_multinomial_are_checked_in_PyTorchs_words()
    {
        static Action<Generator> Call(float[] p, int samples, bool replacement) =>
            g => RandomKernels.Multinomial<float>(g, p, 1, p.Length, samples, replacement, new long[Math.Max(samples, 0)]);

        Assert.StartsWith("cannot sample n_sample > prob_dist.size(-1) samples without replacement", OutOfRange(Call([1, 1, 1], 4, false)));
        Assert.StartsWith("cannot sample n_sample <= 0 samples", OutOfRange(Call([1, 1, 1], 0, false)));
        Assert.StartsWith("cannot sample n_sample <= 0 samples", OutOfRange(Call([1, 1, 1], -1, true)));
        foreach (bool replacement in (bool[])[true, false])
            Assert.StartsWith("invalid multinomial distribution (sum of probabilities <= 0)", Wrong(Call([0, 0, 0], 2, replacement)));
        foreach (float wrong in (float[])[-1, float.NaN, float.PositiveInfinity])
            Assert.StartsWith("probability tensor contains either `inf`, `nan` or element < 0", Wrong(Call([1, wrong], 2, false)));
        Assert.StartsWith("invalid multinomial distribution (encountering probability entry < 0)", Wrong(Call([1, -1], 2, true)));
        Assert.StartsWith("invalid multinomial distribution (encountering probability entry = infinity or NaN)",
            Wrong(Call([1, float.NaN], 2, true)));
        // PyTorch 2.6 silently returns categories of probability 0 here.
        Assert.StartsWith("invalid multinomial distribution (with replacement=False, not enough non-negative category to sample)",
            Wrong(Call([0, 1, 0], 2, false)));
        Assert.StartsWith("multinomial only supports floating-point dtypes for input, got: Long",
            Wrong(g => RandomKernels.Multinomial<long>(g, [1, 2], 1, 2, 1, false, new long[1])));
    }

    [Fact]
    public void A_category_of_probability_0_is_never_drawn()
    {
        var result = new long[1000];
        foreach (bool replacement in (bool[])[true, false])
            for (int seed = 0; seed < 20; seed++)
            {
                var drawn = replacement ? result : result.AsSpan(0, 2);
                var g = new Generator((ulong)seed);
                RandomKernels.Multinomial<double>(g, [0, 0.25, 0, 0.75, 0], 1, 5, drawn.Length, replacement, drawn);
                foreach (long index in drawn) Assert.True(index is 1 or 3);
            }
    }

    [Fact]
    public void Nothing_is_drawn_for_nothing_and_for_dropout_that_is_certain()
    {
        var g = new Generator(1);
        byte[] before = g.GetState();
        RandomKernels.Uniform<float>(g, [], 0, 1);
        RandomKernels.Normal<double>(g, [], 0, 1, contiguous: true);
        RandomKernels.Random<long>(g, [], 0, 7);
        RandomKernels.RandPerm<long>(g, []);
        RandomKernels.RandPerm<long>(g, new long[1]);
        RandomKernels.Bernoulli<float>(g, [], 0.5);
        var noise = new float[3];
        RandomKernels.DropoutNoise<float>(g, noise, 1);
        Assert.Equal([0f, 0f, 0f], noise);
        RandomKernels.DropoutNoise<float>(g, noise, 0);
        Assert.Equal([1f, 1f, 1f], noise);
        Assert.Equal(before, g.GetState());
    }

    [Fact]
    public void Integers_saturate_where_a_geometric_number_does_not_fit()
    {
        var wide = new double[200];
        var narrow = new sbyte[200];
        RandomKernels.Geometric<double>(new Generator(3), wide, 0.01);
        RandomKernels.Geometric<sbyte>(new Generator(3), narrow, 0.01);
        Assert.Contains(wide, v => v > 127);
        Assert.Equal(wide.Select(v => (sbyte)Math.Min(v, 127)), narrow);
    }

    [Fact]
    public void The_MKL_flavour_takes_a_word_a_call_for_exponential_numbers_and_for_float64_two()
    {
        var g = new Generator(5) { Flavor = RandomFlavor.TorchX64Mkl };
        var words = new Generator(5);
        var single = new float[100];
        RandomKernels.Exponential<float>(g, single, 2);
        ulong x = words.Random32() % int.MaxValue;
        foreach (float value in single)
        {
            double expected = -Math.Log((float)(x / (double)int.MaxValue)) / 2;
            Assert.Equal(expected, value, 1e-6 * expected + 1e-30);
            x = x * 1132489760 % int.MaxValue;
        }
        RandomKernels.Exponential<double>(g, new double[100], 2);
        words.Random64();
        Assert.Equal(words.GetState(), g.GetState());
    }

    [Fact]
    public void The_fast_and_the_exact_functions_agree_with_the_library_within_a_step_or_two()
    {
        var g = new Generator(11);
        for (int i = 0; i < 20000; i++)
        {
            double u = g.UniformDouble(), angle = 2 * Math.PI * g.UniformDouble();
            Near(Math.Log(u), ExactMath.Log(u));
            Near(Math.Exp(1400 * u - 700), ExactMath.Exp(1400 * u - 700));
            Near(Math.Sin(angle), ExactMath.SinCos(angle).Sin);
            Near(Math.Cos(angle), ExactMath.SinCos(angle).Cos);
            Near(Math.Tan(angle), ExactMath.Tan(angle));
            double x = u - 0.75, sum = 1 + x;
            Near(Math.Log(sum) / (sum - 1) * x, ExactMath.Log1P(x)); // W. Kahan's correction of the rounded sum
        }

        static void Near(double expected, double actual) => Assert.Equal(expected, actual, 1e-14 * Math.Max(Math.Abs(expected), 1e-6));
    }

    [Theory]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity, 0)]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(710, double.PositiveInfinity)]
    [InlineData(-746, 0)]
    [InlineData(0, 1)]
    [InlineData(-745, 4.9406564584124654e-324)]
    [InlineData(709, 8.218407461554972e+307)]
    public void Exp_is_right_at_its_ends(double x, double expected) => Assert.Equal(expected, ExactMath.Exp(x));

    [Theory]
    [InlineData(0, double.NegativeInfinity)]
    [InlineData(1, 0)]
    [InlineData(-1, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    public void Log_is_right_at_its_ends(double x, double expected)
    {
        Assert.Equal(expected, ExactMath.Log(x));
        Assert.Equal(x == 1 ? 0 : expected, x == 1 ? ExactMath.Log1P(0) : ExactMath.Log1P(x - 1));
    }
}
