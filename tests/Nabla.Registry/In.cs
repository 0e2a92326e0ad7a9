namespace Nabla.Registry;

/// <summary>Deterministic inputs for samples: float64 leaves that require gradients unless said otherwise.</summary>
public static class In
{
    /// <summary>Values in about [-2, 2], never close to an integer or to each other.</summary>
    public static Tensor Real(params long[] shape) => Make(shape, 0, static (i, u) => 4 * u - 2);

    /// <summary>Another set of such values.</summary>
    public static Tensor Real2(params long[] shape) => Make(shape, 7919, static (i, u) => 4 * u - 2);

    /// <summary>Values in about [0.3, 2.3].</summary>
    public static Tensor Positive(params long[] shape) => Make(shape, 31, static (i, u) => 0.3 + 2 * u);

    /// <summary>Values in about [-0.9, 0.9].</summary>
    public static Tensor Unit(params long[] shape) => Make(shape, 57, static (i, u) => 1.8 * u - 0.9);

    /// <summary>Values in an interval.</summary>
    public static Tensor Between(double low, double high, params long[] shape) => Make(shape, 101, (i, u) => low + (high - low) * u);

    /// <summary>Values with |x| at least 0.5.</summary>
    public static Tensor NonZero(params long[] shape) => Make(shape, 5, static (i, u) => u < 0.5 ? -0.5 - 3 * u : 0.5 + 3 * (u - 0.5));

    /// <summary>Distinct values at least 0.1 apart, in mixed order: for maxima and sorting.</summary>
    public static Tensor Distinct(params long[] shape)
    {
        long n = Math.Max(1, shape.Aggregate(1L, static (a, b) => a * b));
        long step = Coprime(n);
        return Make(shape, 0, (i, u) => (i * step + 3) % n * 0.37 - n * 0.17);
    }

    /// <summary>Indices below <paramref name="size"/>, some of them equal.</summary>
    public static Tensor Index(long size, params long[] shape) => Fill(shape, 13, (i, u) => Math.Floor(u * size)).To(DType.Int64);

    /// <summary>A bool mask, mixed.</summary>
    public static Tensor Mask(params long[] shape) => Fill(shape, 77, static (i, u) => u < 0.45 ? 0 : 1).To(DType.Bool);

    /// <summary>The same values without a gradient.</summary>
    public static Tensor Const(Tensor x) => x.Detach();

    private static Tensor Make(long[] shape, int salt, Func<long, double, double> value) => Fill(shape, salt, value).RequiresGrad_();

    private static Tensor Fill(long[] shape, int salt, Func<long, double, double> value)
    {
        double[] values = new double[shape.Aggregate(1L, static (a, b) => a * b)];
        // The fractions of multiples of the golden ratio are spread evenly and never meet.
        for (int i = 0; i < values.Length; i++) values[i] = value(i, (i + 1 + salt) * 0.6180339887498949 % 1.0);
        Tensor made = Tensor.From(values, shape);
        log?.Made.Add((made, values));
        return made;
    }

    [ThreadStatic] private static Log? log;

    /// <summary>Notes every tensor made on this thread while it is open, with its values: to see that a failed call changed none of
    /// them.</summary>
    public sealed class Log : IDisposable
    {
        /// <summary>Starts to note.</summary>
        public Log() => log = this;

        /// <summary>What was made.</summary>
        public List<(Tensor Input, double[] Values)> Made { get; } = [];

        /// <inheritdoc/>
        public void Dispose() => log = null;
    }

    private static long Coprime(long n)
    {
        long step = Math.Max(1, (long)(n * 0.6180339887498949));
        while (Gcd(step, n) != 1) step++;
        return step;
    }

    private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);
}
