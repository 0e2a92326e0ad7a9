namespace Nabla.Training;

/// <summary>How the values of classes become one.</summary>
public enum Average
{
    /// <summary>The mean over the classes that occur.</summary>
    Macro,

    /// <summary>Of all samples together; the accuracy, where every sample has one class.</summary>
    Micro,

    /// <summary>The mean over the classes, weighted by how often each is the target.</summary>
    Weighted,

    /// <summary>Of class 1 alone, where there are two.</summary>
    Binary
}

/// <summary>Classes out of predictions.</summary>
internal static class Classes
{
    /// <summary>
    /// Predictions as classes: integers as they are; scores [n, classes, ...] for targets [n, ...] the greatest; of the targets' own shape,
    /// probabilities of class 1.
    /// </summary>
    internal static (long[] Predicted, long[] Target) Read(Tensor input, Tensor target, double threshold)
    {
        long[] truth = Targets(input, target);
        if (input.Rank == target.Rank + 1 && input.Shape != target.Shape)
        {
            Scores scores = new(input, target);
            long[] greatest = new long[truth.Length];
            for (int i = 0; i < greatest.Length; i++) greatest[i] = scores.Greatest(i);
            return (greatest, truth);
        }
        if (input.Shape != target.Shape)
            Throw.Shapes($"Predictions should be classes of the targets' shape or scores [n, classes, ...] for targets [n, ...], but " +
                $"got {input.Shape} and {target.Shape}.");
        if (input.DType.IsFloatingPoint())
        {
            double[] values = input.Detach().To(DType.Float64).ToArray<double>();
            return (Array.ConvertAll(values, v => v > threshold ? 1L : 0L), truth);
        }
        return (input.Detach().To(DType.Int64).ToArray<long>(), truth);
    }

    internal static long[] Targets(Tensor input, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        if (target.DType.IsFloatingPoint() || target.DType.IsComplex())
            Throw.Types($"Targets should be classes, which are integers, but got {target.DType.Name()}.");
        return target.Detach().To(DType.Int64).ToArray<long>();
    }
}

/// <summary>Scores [n, classes, ...], sample by sample.</summary>
internal readonly struct Scores
{
    private readonly double[] values;
    private readonly long inner;

    internal Scores(Tensor input, Tensor target)
    {
        bool fits = input.Rank == target.Rank + 1 && input.Rank >= 2 && input.Size(0) == target.Size(0);
        for (int d = 1; fits && d < target.Rank; d++) fits = input.Size(d + 1) == target.Size(d);
        if (!fits)
            Throw.Shapes($"Scores should have the shape [n, classes, ...] for targets [n, ...], but got {input.Shape} and {target.Shape}.");
        values = input.Detach().To(DType.Float64).ToArray<double>();
        Count = input.Size(1);
        inner = 1;
        for (int d = 2; d < input.Rank; d++) inner *= input.Size(d);
    }

    /// <summary>How many classes there are.</summary>
    internal long Count { get; }

    internal double this[long sample, long c] => values[(sample / inner * Count + c) * inner + sample % inner];

    internal long Greatest(long sample)
    {
        long best = 0;
        for (long c = 1; c < Count; c++)
            if (Greater(this[sample, c], this[sample, best])) best = c;
        return best;
    }

    /// <summary>How many classes have greater scores; of equal ones those of smaller numbers count as greater.</summary>
    internal long Rank(long sample, long of)
    {
        long rank = 0;
        double score = this[sample, of];
        for (long c = 0; c < Count; c++)
            if (c != of && (Greater(this[sample, c], score) || (c < of && !Greater(score, this[sample, c])))) rank++;
        return rank;
    }

    /// <summary>As in sorting: NaN is greatest.</summary>
    private static bool Greater(double a, double b) => a > b || (double.IsNaN(a) && !double.IsNaN(b));
}

/// <summary>How many samples have the right class, or have it among the k with the greatest scores.</summary>
/// <param name="k">Among how many.</param>
/// <param name="threshold">Above which probability class 1 is meant, where predictions have the targets' shape.</param>
/// <param name="ignoreIndex">Targets of this value do not count.</param>
public sealed class Accuracy(long k = 1, double threshold = 0.5, long ignoreIndex = -100) : Metric
{
    private readonly long k = k >= 1 ? k : throw new ArgumentOutOfRangeException(nameof(k), k, $"k must be at least 1, but is {k}.");
    private long right, count;

    /// <inheritdoc/>
    public override string Name => k == 1 ? "accuracy" : $"top{k}_accuracy";

    /// <inheritdoc/>
    public override void Update(Tensor input, Tensor target)
    {
        long[] truth, predicted = [];
        Scores scores = default;
        if (k > 1)
        {
            truth = Classes.Targets(input, target);
            scores = new Scores(input, target);
            foreach (long c in truth)
                if (c != ignoreIndex && (c < 0 || c >= scores.Count))
                    Throw.Range(nameof(target), c, $"Target {c} is out of bounds: there are {scores.Count} classes.");
        }
        else (predicted, truth) = Classes.Read(input, target, threshold);
        for (int i = 0; i < truth.Length; i++)
        {
            if (truth[i] == ignoreIndex) continue;
            count++;
            if (k > 1 ? scores.Rank(i, truth[i]) < k : predicted[i] == truth[i]) right++;
        }
    }

    /// <inheritdoc/>
    public override double Compute() => (double)right / count;

    /// <inheritdoc/>
    public override void Reset() => (right, count) = (0, 0);

    /// <inheritdoc/>
    public override void Merge(Metric other)
    {
        Accuracy same = Like<Accuracy>(other, o => o.k == k);
        (right, count) = (right + same.right, count + same.count);
    }
}

/// <summary>How many samples of each class were taken for each.</summary>
public sealed class ConfusionMatrix : Metric
{
    private readonly long classes, ignoreIndex;
    private readonly double threshold;
    private readonly long[] counts;

    /// <summary>A matrix of zeros.</summary>
    /// <param name="numClasses">How many classes there are.</param>
    /// <param name="threshold">Above which probability class 1 is meant, where predictions have the targets' shape.</param>
    /// <param name="ignoreIndex">Targets of this value do not count.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than 2 classes, or more than 16384.</exception>
    public ConfusionMatrix(long numClasses, double threshold = 0.5, long ignoreIndex = -100)
    {
        if (numClasses is < 2 or > 16384) Throw.Range(nameof(numClasses), numClasses, $"Classes must be 2 to 16384, not {numClasses}.");
        (classes, this.threshold, this.ignoreIndex) = (numClasses, threshold, ignoreIndex);
        counts = new long[numClasses * numClasses];
    }

    /// <inheritdoc/>
    public override string Name => "accuracy";

    /// <summary>How many classes there are.</summary>
    public long NumClasses => classes;

    /// <summary>The counts, int64[classes, classes]: the row is the target's class, the column the predicted one.</summary>
    public Tensor Counts => Tensor.From(counts).Reshape([classes, classes]).Clone();

    /// <summary>How often a class was taken for another.</summary>
    public long this[long target, long predicted] => counts[target * classes + predicted];

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A class is not one. Nothing was changed.</exception>
    public override void Update(Tensor input, Tensor target)
    {
        (long[] predicted, long[] truth) = Classes.Read(input, target, threshold);
        for (int i = 0; i < truth.Length; i++)
        {
            if (truth[i] == ignoreIndex) continue;
            long wrong = truth[i] < 0 || truth[i] >= classes ? truth[i] : predicted[i];
            if (wrong < 0 || wrong >= classes)
                Throw.Range(nameof(target), wrong, $"Class {wrong} is out of bounds: there are {classes} classes.");
        }
        for (int i = 0; i < truth.Length; i++)
            if (truth[i] != ignoreIndex) counts[truth[i] * classes + predicted[i]]++;
    }

    /// <summary>The accuracy.</summary>
    public override double Compute()
    {
        long right = 0, all = 0;
        for (long c = 0; c < classes; c++) right += this[c, c];
        foreach (long n in counts) all += n;
        return (double)right / all;
    }

    /// <inheritdoc/>
    public override void Reset() => Array.Clear(counts);

    /// <inheritdoc/>
    public override void Merge(Metric other)
    {
        ConfusionMatrix same = Like<ConfusionMatrix>(other, o => o.classes == classes);
        for (int i = 0; i < counts.Length; i++) counts[i] += same.counts[i];
    }

    /// <summary>A ratio of right, missed and false counts as one number.</summary>
    internal double Over(Average average, Func<long, long, long, double> ratio)
    {
        long right = 0, missed = 0, wrong = 0, weights = 0, occurring = 0;
        double sum = 0, weighted = 0;
        for (long c = 0; c < classes; c++)
        {
            long row = 0, column = 0, hit = this[c, c];
            for (long other = 0; other < classes; other++)
            {
                row += this[c, other];
                column += this[other, c];
            }
            if (average == Average.Binary && c == 1) return ratio(hit, row - hit, column - hit);
            (right, missed, wrong, weights) = (right + hit, missed + row - hit, wrong + column - hit, weights + row);
            if (row + column == 0) continue;
            double value = ratio(hit, row - hit, column - hit);
            occurring++;
            sum += value;
            weighted += value * row;
        }
        if (occurring == 0) return double.NaN;
        return average switch
        {
            Average.Micro => ratio(right, missed, wrong),
            Average.Weighted => weighted / weights,
            _ => sum / occurring,
        };
    }
}
