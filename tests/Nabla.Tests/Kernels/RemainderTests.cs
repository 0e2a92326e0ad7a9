namespace Nabla.Tests.Kernels;

/// <summary>Remainders, floored quotients and angles in vectors are what the runtime computes one by one.</summary>
public sealed class RemainderTests
{
    private static readonly double[] Edges =
    [
        0.0, -0.0, 1, -1, 0.1, 0.3, -0.3, 2.5, 3, -7, 1e-3, 1e7, -1e7, 16777216, 16777217, -33554431, 1e10, 1e-10, 1e30,
        1e-30, 1e38, -1e38, 1e-40, 1e-45, 5e-324, 1e300, double.MaxValue, float.MaxValue, double.PositiveInfinity,
        double.NegativeInfinity, double.NaN,
    ];

    [Theory, InlineData(DType.Float32), InlineData(DType.Float64)]
    public void Each_is_what_the_runtime_computes_for_one(DType dtype)
    {
        (double[] x, double[] y) = Pairs();
        Tensor a = Tensor.From(x).To(dtype), b = Tensor.From(y).To(dtype);
        double[] fmod = Values(a.FMod(b)), remainder = Values(a.Remainder(b)), floor = Values(a.FloorDivide(b)), angle = Values(a.Atan2(b));
        (x, y) = (Values(a), Values(b));
        for (int i = 0; i < x.Length; i++)
        {
            double rest = x[i] % y[i], moved = rest != 0 && double.IsNegative(rest) != double.IsNegative(y[i])
                ? Rounded(rest + y[i], dtype) : rest;
            string which = $"{dtype}: {x[i]:R} and {y[i]:R}";
            Assert.True(Same(rest, fmod[i]), $"fmod of {which}: {fmod[i]:R} instead of {rest:R}");
            Assert.True(Same(moved, remainder[i]), $"remainder of {which}: {remainder[i]:R} instead of {moved:R}");
            Assert.True(Same(Floored(x[i], y[i], rest, dtype), floor[i]), $"floor of {which}: {floor[i]:R}");
            double expected = Rounded(Math.Atan2(x[i], y[i]), dtype);
            Assert.True(Same(expected, angle[i]) || (dtype == DType.Float32 && MathF.Abs((float)expected - (float)angle[i])
                <= MathF.BitIncrement(MathF.Abs((float)expected)) - MathF.Abs((float)expected)), $"angle of {which}: {angle[i]:R}");
        }
    }

    [Fact]
    public void Floored_quotients_of_long_integers_are_exact()
    {
        long[] edges = [0, 1, -1, 2, -3, 7, 1000, (1L << 52) - 1, 1L << 52, -(1L << 52), (1L << 52) + 1, (1L << 53) + 1, long.MaxValue,
            -long.MaxValue, 3037000499, -9999999967];
        Random random = new(4);
        List<long> x = [.. edges], y = [.. edges.Select(static e => e == 0 ? 5 : e)];
        foreach (long a in edges)
            foreach (long b in edges.Where(static e => e != 0)) (x, y) = ([.. x, a], [.. y, b]);
        for (int i = 0; i < 3000; i++)
        {
            // Quotients at an integer and just below it.
            long b = random.NextInt64(1, 1L << random.Next(1, 27)) * (random.Next(2) == 0 ? 1 : -1);
            long q = random.NextInt64(-(1L << 25), 1L << 25);
            x.Add(q * b + random.Next(-1, 2));
            y.Add(b);
        }
        long[] floor = Tensor.From<long>([.. x]).FloorDivide(Tensor.From<long>([.. y])).ToArray<long>();
        for (int i = 0; i < floor.Length; i++)
        {
            (System.Int128 q, System.Int128 rest) = System.Int128.DivRem(x[i], y[i]);
            if (rest != 0 && rest < 0 != y[i] < 0) q -= 1;
            Assert.True(q == floor[i], $"{x[i]} and {y[i]}: {floor[i]} instead of {q}");
        }
    }

    /// <summary>All pairs of edges, and quotients near an integer, near 2^24 and of any size.</summary>
    private static (double[] X, double[] Y) Pairs()
    {
        List<double> x = [], y = [];
        foreach (double a in Edges)
        {
            foreach (double b in Edges)
            {
                x.Add(a);
                y.Add(b);
            }
        }
        Random random = new(5);
        for (int i = 0; i < 4000; i++)
        {
            double b = (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-20, 20)), q = Math.Pow(2, random.Next(0, 30));
            b = (float)b;
            x.Add(i % 2 == 0 ? Math.Round(q * random.NextDouble()) * b : b * q * (random.NextDouble() - 0.5));
            y.Add(b);
        }
        return ([.. x], [.. y]);
    }

    private static double Floored(double x, double y, double rest, DType dtype)
    {
        if (y == 0) return x / y;
        double q = Rounded(Rounded(x - rest, dtype) / y, dtype);
        if (rest != 0 && double.IsNegative(y) != double.IsNegative(rest)) q = Rounded(q - 1, dtype);
        if (q == 0) return double.IsNegative(x) != double.IsNegative(y) ? -0.0 : 0.0;
        double floor = Math.Floor(q);
        return Rounded(q - floor, dtype) > 0.5 ? Rounded(floor + 1, dtype) : floor;
    }

    private static double Rounded(double x, DType dtype) => dtype == DType.Float32 ? (float)x : x;

    private static double[] Values(Tensor x) => x.To(DType.Float64).ToArray<double>();

    private static bool Same(double x, double y) =>
        double.IsNaN(x) ? double.IsNaN(y) : BitConverter.DoubleToInt64Bits(x) == BitConverter.DoubleToInt64Bits(y);
}
