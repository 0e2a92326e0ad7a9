namespace Nabla.Data;

/// <summary>
/// Data sets made by formulas, for trying things out: the same seed gives the same data. Points have the default dtype and shape
/// [count, 2], classes are int64 of shape [count]; they come class by class, so let the loader shuffle.
/// </summary>
public static partial class Generated
{
    /// <summary>
    /// Two half circles that reach into each other: (cos t, sin t) of class 0 and (1 - cos t, 1/2 - sin t) of class 1, t evenly from 0 to
    /// pi, plus normal noise; as scikit-learn's make_moons.
    /// </summary>
    /// <param name="count">How many points; the first half is of class 0.</param>
    /// <param name="noise">The standard deviation of the noise.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is negative.</exception>
    public static TensorDataset<(Tensor, Tensor)> Moons(int count, double noise = 0.1, Generator? generator = null)
    {
        Points points = new(count, noise);
        int first = count / 2;
        for (int i = 0; i < count; i++)
        {
            double t = i < first ? Even(i, first) : Even(i - first, count - first);
            var (sin, cos) = ExactMath.SinCos(Math.PI * t);
            if (i < first) points.Add(cos, sin, 0);
            else points.Add(1 - cos, 0.5 - sin, 1);
        }
        return points.Finish(generator);
    }

    /// <summary>
    /// Two circles with one centre: (cos t, sin t) of class 0 and factor (cos t, sin t) of class 1, t evenly from 0 to 2 pi, plus normal
    /// noise; as scikit-learn's make_circles.
    /// </summary>
    /// <param name="count">How many points; the first half is of class 0.</param>
    /// <param name="noise">The standard deviation of the noise.</param>
    /// <param name="factor">The radius of the inner circle, from 0 to 1.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static TensorDataset<(Tensor, Tensor)> Circles(int count, double noise = 0.1, double factor = 0.5, Generator? generator = null)
    {
        if (!(factor is >= 0 and < 1)) Throw.Range(nameof(factor), factor, "'factor' has to be between 0 and 1.");
        Points points = new(count, noise);
        int first = count / 2;
        for (int i = 0; i < count; i++)
        {
            bool outer = i < first;
            var (sin, cos) = ExactMath.SinCos(2 * Math.PI * (outer ? (double)i / first : (double)(i - first) / (count - first)));
            double r = outer ? 1 : factor;
            points.Add(r * cos, r * sin, outer ? 0 : 1);
        }
        return points.Finish(generator);
    }

    /// <summary>
    /// Arms of a spiral, one for each class: r (sin a, cos a) with r evenly from 0 to 1 and
    /// a = 2 pi (turns r + class / classes), plus normal noise.
    /// </summary>
    /// <param name="count">How many points.</param>
    /// <param name="classes">How many arms.</param>
    /// <param name="turns">How often an arm goes around.</param>
    /// <param name="noise">The standard deviation of the noise.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static TensorDataset<(Tensor, Tensor)> Spirals(int count, int classes = 2, double turns = 1, double noise = 0.02,
        Generator? generator = null)
    {
        if (classes < 1) Throw.Range(nameof(classes), classes, "There is at least one class.");
        Points points = new(count, noise);
        for (int c = 0; c < classes; c++)
        {
            int n = Part(count, c, classes);
            for (int i = 0; i < n; i++)
            {
                double r = Even(i, n);
                var (sin, cos) = ExactMath.SinCos(2 * Math.PI * (turns * r + (double)c / classes));
                points.Add(r * sin, r * cos, c);
            }
        }
        return points.Finish(generator);
    }

    /// <summary>
    /// Clouds of points around random centres: x = centre + std n with n standard normal; as scikit-learn's make_blobs. The centres are
    /// drawn first, evenly from the box [-box, box] in every dimension.
    /// </summary>
    /// <param name="count">How many points.</param>
    /// <param name="centers">How many clouds, which are the classes.</param>
    /// <param name="features">How many dimensions: the points have shape [count, features].</param>
    /// <param name="std">The standard deviation of a cloud.</param>
    /// <param name="box">The bound of the centres.</param>
    /// <param name="generator">The source; <see cref="Generator.Default"/> by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static TensorDataset<(Tensor, Tensor)> Blobs(int count, int centers = 3, int features = 2, double std = 1, double box = 10,
        Generator? generator = null)
    {
        NotNegative(count, std);
        if (centers < 1) Throw.Range(nameof(centers), centers, "There is at least one centre.");
        if (features < 1) Throw.Range(nameof(features), features, "There is at least one feature.");
        if (!(box >= 0 && box < double.PositiveInfinity)) Throw.Range(nameof(box), box, "The bound of the centres is a number from 0 on.");
        Tensor middles = Tensor.Rand([centers, features], DType.Float64, generator: generator) * (2 * box) - box;
        long[] labels = new long[count];
        int at = 0;
        for (int c = 0; c < centers; c++)
            for (int i = Part(count, c, centers); i > 0; i--) labels[at++] = c;
        Tensor classes = Tensor.From(labels);
        Tensor noise = Tensor.Randn([count, features], DType.Float64, generator: generator);
        return TensorDataset.Of((middles.IndexSelect(0, classes) + noise * std).To(Tensor.DefaultDType), classes);
    }

    /// <summary>The i-th of n numbers evenly from 0 to 1, both included.</summary>
    static double Even(int i, int n) => n == 1 ? 0 : (double)i / (n - 1);

    /// <summary>The size of part c of count items in n nearly equal parts, larger ones first.</summary>
    static int Part(int count, int c, int n) => count / n + (c < count % n ? 1 : 0);

    /// <summary>A number from 0 to n - 1.</summary>
    static int Draw(Generator? generator, int n)
    {
        Span<long> value = stackalloc long[1];
        RandomKernels.Random(generator ?? Generator.Default, value, 0, n);
        return (int)value[0];
    }

    static void NotNegative(int count, double noise)
    {
        if (count < 0) Throw.Range(nameof(count), count, $"The number of samples should be non-negative, but got {count}.");
        if (!(noise >= 0 && noise < double.PositiveInfinity)) Throw.Range(nameof(noise), noise,
            FormattableString.Invariant($"normal expects std >= 0.0, but found std {noise}"));
    }

    /// <summary>Points of a plane and their classes.</summary>
    sealed class Points
    {
        readonly double[] at;
        readonly long[] labels;
        readonly double noise;
        int next;

        internal Points(int count, double noise)
        {
            NotNegative(count, noise);
            (at, labels, this.noise) = (new double[2L * count], new long[count], noise);
        }

        internal void Add(double x, double y, int label)
        {
            (at[2 * next], at[2 * next + 1], labels[next]) = (x, y, label);
            next++;
        }

        internal TensorDataset<(Tensor, Tensor)> Finish(Generator? generator)
        {
            Tensor x = Tensor.From(at, [labels.Length, 2]);
            if (noise > 0) x = x + Tensor.Randn(x.Shape, DType.Float64, generator: generator) * noise;
            return TensorDataset.Of(x.To(Tensor.DefaultDType), Tensor.From(labels));
        }
    }
}
