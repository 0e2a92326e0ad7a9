namespace Nabla.Training;

/// <summary>A ratio of the counts of a confusion matrix. 0/0 counts as 0.</summary>
public abstract class ClassRatio : Metric
{
    private readonly ConfusionMatrix matrix;
    private readonly Average average;

    private protected ClassRatio(long numClasses, Average average, double threshold, long ignoreIndex)
    {
        if (average is < Average.Macro or > Average.Binary) Throw.Range(nameof(average), average, $"Unknown average: {average}.");
        if (average == Average.Binary && numClasses != 2)
            Throw.Argument(nameof(average), $"Average.Binary needs two classes, but there are {numClasses}.");
        (matrix, this.average) = (new ConfusionMatrix(numClasses, threshold, ignoreIndex), average);
    }

    /// <summary>The counts.</summary>
    public ConfusionMatrix Matrix => matrix;

    private protected abstract double Ratio(long right, long missed, long wrong);

    /// <inheritdoc/>
    public override void Update(Tensor input, Tensor target) => matrix.Update(input, target);

    /// <inheritdoc/>
    public override double Compute() => matrix.Over(average, Ratio);

    /// <inheritdoc/>
    public override void Reset() => matrix.Reset();

    /// <inheritdoc/>
    public override void Merge(Metric other)
    {
        ClassRatio same = Like<ClassRatio>(other, o => o.GetType() == GetType() && o.average == average);
        matrix.Merge(same.matrix);
    }

    private protected static double Divide(double a, double b) => b == 0 ? 0 : a / b;
}

/// <summary>How many of the samples taken for a class are of it.</summary>
/// <param name="numClasses">How many classes there are.</param>
/// <param name="average">How the values of the classes become one.</param>
/// <param name="threshold">Above which probability class 1 is meant, where predictions have the targets' shape.</param>
/// <param name="ignoreIndex">Targets of this value do not count.</param>
public sealed class Precision(long numClasses, Average average = Average.Macro, double threshold = 0.5, long ignoreIndex = -100)
    : ClassRatio(numClasses, average, threshold, ignoreIndex)
{
    /// <inheritdoc/>
    public override string Name => "precision";

    private protected override double Ratio(long right, long missed, long wrong) => Divide(right, right + wrong);
}

/// <summary>How many of the samples of a class are taken for it.</summary>
/// <inheritdoc cref="Precision"/>
public sealed class Recall(long numClasses, Average average = Average.Macro, double threshold = 0.5, long ignoreIndex = -100)
    : ClassRatio(numClasses, average, threshold, ignoreIndex)
{
    /// <inheritdoc/>
    public override string Name => "recall";

    private protected override double Ratio(long right, long missed, long wrong) => Divide(right, right + missed);
}

/// <summary>The harmonic mean of precision and recall.</summary>
/// <inheritdoc cref="Precision"/>
public sealed class F1Score(long numClasses, Average average = Average.Macro, double threshold = 0.5, long ignoreIndex = -100)
    : ClassRatio(numClasses, average, threshold, ignoreIndex)
{
    /// <inheritdoc/>
    public override string Name => "f1";

    private protected override double Ratio(long right, long missed, long wrong) => Divide(2.0 * right, 2.0 * right + missed + wrong);
}

/// <summary>
/// The area under the receiver operating characteristic: how likely a sample of the class has a greater score than one that is not of it;
/// ties count half. Of two classes from scores of the targets' shape; of more, from scores [n, classes, ...], the mean over the classes
/// that occur, each against the others. Exact; it keeps all scores.
/// </summary>
public sealed class Auroc : Metric
{
    private readonly List<double> scores = [];
    private readonly List<long> targets = [];
    private long classes;

    /// <inheritdoc/>
    public override string Name => "auroc";

    /// <inheritdoc/>
    public override void Update(Tensor input, Tensor target)
    {
        long[] truth = Classes.Targets(input, target);
        bool binary = input.Shape == target.Shape;
        Scores? each = binary ? null : new Scores(input, target);
        long columns = each?.Count ?? 1;
        if (classes != 0 && classes != columns)
            Throw.Shapes($"Scores of {columns} classes cannot be added to those of {classes}.");
        long most = binary ? 2 : columns;
        foreach (long c in truth)
            if (c < 0 || c >= most) Throw.Range(nameof(target), c, $"Target {c} is out of bounds: there are {most} classes.");
        double[] values = binary ? Numbers(input) : [];
        classes = columns;
        for (int i = 0; i < truth.Length; i++)
        {
            if (binary) scores.Add(values[i]);
            else for (long c = 0; c < columns; c++) scores.Add(each!.Value[i, c]);
        }
        targets.AddRange(truth);
    }

    /// <inheritdoc/>
    public override double Compute()
    {
        if (classes == 1) return Area(0, 1);
        double sum = 0;
        long defined = 0;
        for (int c = 0; c < classes; c++)
        {
            double area = Area(c, c);
            if (double.IsNaN(area)) continue;
            sum += area;
            defined++;
        }
        return defined == 0 ? double.NaN : sum / defined;
    }

    private double Area(int column, long positive)
    {
        double[] keys = new double[targets.Count];
        bool[] hits = new bool[targets.Count];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = scores[(int)(i * classes + column)];
            hits[i] = targets[i] == positive;
        }
        Array.Sort(keys, hits);
        double below = 0, area = 0, positives = 0;
        for (int i = 0; i < keys.Length;)
        {
            double inside = 0, outside = 0;
            int j = i;
            for (; j < keys.Length && keys[j].Equals(keys[i]); j++)
            {
                if (hits[j]) inside++;
                else outside++;
            }
            area += inside * (below + outside / 2);
            below += outside;
            positives += inside;
            i = j;
        }
        return positives == 0 || below == 0 ? double.NaN : area / (positives * below);
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        scores.Clear();
        targets.Clear();
        classes = 0;
    }

    /// <inheritdoc/>
    public override void Merge(Metric other)
    {
        Auroc same = Like<Auroc>(other, o => classes == 0 || o.classes == 0 || o.classes == classes);
        if (same.classes != 0) classes = same.classes;
        scores.AddRange(same.scores);
        targets.AddRange(same.targets);
    }
}
