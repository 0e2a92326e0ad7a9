namespace Nabla.Training;

/// <summary>
/// A number that says how good predictions are, gathered batch by batch: it keeps counts and sums, so that batches of any sizes give what
/// all samples at once would, and the metrics of parts of the data can be merged.
/// </summary>
public abstract class Metric
{
    /// <summary>Its name in results.</summary>
    public abstract string Name { get; }

    /// <summary>Takes in a batch.</summary>
    /// <param name="input">The predictions.</param>
    /// <param name="target">What they should have been.</param>
    /// <exception cref="ShapeException">The shapes do not fit each other. Nothing was changed.</exception>
    public abstract void Update(Tensor input, Tensor target);

    /// <summary>The value over all that was taken in; NaN if it is not defined, as before the first batch.</summary>
    public abstract double Compute();

    /// <summary>Forgets what was taken in.</summary>
    public abstract void Reset();

    /// <summary>Takes in what another metric has taken in.</summary>
    /// <param name="other">A metric of the same class and options.</param>
    /// <exception cref="ArgumentException">It is not.</exception>
    public abstract void Merge(Metric other);

    private protected T Like<T>(Metric other, Func<T, bool>? alike = null) where T : Metric
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other is not T same || (alike is not null && !alike(same)))
        {
            Throw.Argument(nameof(other), $"A {other.GetType().Name} cannot be merged into this {GetType().Name}: both must be of one " +
                "class and have the same options.");
            return (T)other;
        }
        return same;
    }

    private protected static double[] Numbers(Tensor t) => t.Detach().To(DType.Float64).ToArray<double>();

    private protected static (double[] Input, double[] Target) Pairs(Tensor input, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        if (input.Shape != target.Shape)
            Throw.Shapes($"Predictions and target are expected to have the same shape, but got {input.Shape} and {target.Shape}.");
        return (Numbers(input), Numbers(target));
    }
}

/// <summary>A weighted mean.</summary>
/// <param name="name">Its name in results.</param>
public sealed class Mean(string name = "mean") : Metric
{
    private double sum, weight;

    /// <inheritdoc/>
    public override string Name => name;

    /// <summary>Takes in values with the same weight.</summary>
    public void Update(Tensor values, double weight = 1)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (double value in Numbers(values)) Update(value, weight);
    }

    /// <summary>Takes in a value, such as a batch's mean loss, with a weight, such as the batch's size.</summary>
    public void Update(double value, double weight = 1)
    {
        sum += value * weight;
        this.weight += weight;
    }

    /// <summary>Takes in values with their weights.</summary>
    /// <param name="input">The values.</param>
    /// <param name="target">The weights.</param>
    public override void Update(Tensor input, Tensor target)
    {
        (double[] values, double[] weights) = Pairs(input, target);
        for (int i = 0; i < values.Length; i++) Update(values[i], weights[i]);
    }

    /// <inheritdoc/>
    public override double Compute() => sum / weight;

    /// <inheritdoc/>
    public override void Reset() => (sum, weight) = (0, 0);

    /// <inheritdoc/>
    public override void Merge(Metric other)
    {
        Mean same = Like<Mean>(other);
        (sum, weight) = (sum + same.sum, weight + same.weight);
    }
}

/// <summary>The mean of (input - target)².</summary>
public sealed class MeanSquaredError : Metric
{
    private double sum;
    private long count;

    /// <inheritdoc/>
    public override string Name => "mse";

    /// <inheritdoc/>
    public override void Update(Tensor input, Tensor target)
    {
        (double[] x, double[] y) = Pairs(input, target);
        for (int i = 0; i < x.Length; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
        count += x.Length;
    }

    /// <inheritdoc/>
    public override double Compute() => sum / count;

    /// <inheritdoc/>
    public override void Reset() => (sum, count) = (0, 0);

    /// <inheritdoc/>
    public override void Merge(Metric other)
    {
        MeanSquaredError same = Like<MeanSquaredError>(other);
        (sum, count) = (sum + same.sum, count + same.count);
    }
}

/// <summary>The mean of |input - target|.</summary>
public sealed class MeanAbsoluteError : Metric
{
    private double sum;
    private long count;

    /// <inheritdoc/>
    public override string Name => "mae";

    /// <inheritdoc/>
    public override void Update(Tensor input, Tensor target)
    {
        (double[] x, double[] y) = Pairs(input, target);
        for (int i = 0; i < x.Length; i++) sum += Math.Abs(x[i] - y[i]);
        count += x.Length;
    }

    /// <inheritdoc/>
    public override double Compute() => sum / count;

    /// <inheritdoc/>
    public override void Reset() => (sum, count) = (0, 0);

    /// <inheritdoc/>
    public override void Merge(Metric other)
    {
        MeanAbsoluteError same = Like<MeanAbsoluteError>(other);
        (sum, count) = (sum + same.sum, count + same.count);
    }
}

/// <summary>The coefficient of determination, 1 - Σ(target - input)² / Σ(target - mean)², over all elements.</summary>
/// <remarks>The second sum is updated and merged without cancellation: T. F. Chan, G. H. Golub, R. J. LeVeque, The American Statistician
/// 37, 1983.</remarks>
public sealed class R2Score : Metric
{
    private double residual, mean, spread;
    private long count;

    /// <inheritdoc/>
    public override string Name => "r2";

    /// <inheritdoc/>
    public override void Update(Tensor input, Tensor target)
    {
        (double[] x, double[] y) = Pairs(input, target);
        for (int i = 0; i < x.Length; i++)
        {
            residual += (y[i] - x[i]) * (y[i] - x[i]);
            double difference = y[i] - mean;
            mean += difference / ++count;
            spread += difference * (y[i] - mean);
        }
    }

    /// <inheritdoc/>
    public override double Compute() => count < 2 || spread == 0 ? double.NaN : 1 - residual / spread;

    /// <inheritdoc/>
    public override void Reset() => (residual, mean, spread, count) = (0, 0, 0, 0);

    /// <inheritdoc/>
    public override void Merge(Metric other)
    {
        R2Score same = Like<R2Score>(other);
        if (same.count == 0) return;
        long n = count + same.count;
        double difference = same.mean - mean;
        spread += same.spread + difference * difference * count * same.count / n;
        mean += difference * same.count / n;
        residual += same.residual;
        count = n;
    }
}

/// <summary>exp of the mean cross entropy: input[..., classes] of scores before softmax, target[...] of classes.</summary>
/// <param name="ignoreIndex">Targets of this value do not count.</param>
public sealed class Perplexity(long ignoreIndex = -100) : Metric
{
    private double sum;
    private long count;

    /// <inheritdoc/>
    public override string Name => "perplexity";

    /// <inheritdoc/>
    public override void Update(Tensor input, Tensor target)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        if (input.Rank != target.Rank + 1 || !input.Shape.AsSpan()[..^1].SequenceEqual(target.Shape.AsSpan()))
            Throw.Shapes($"Perplexity expects scores [..., classes] and targets [...], but got {input.Shape} and {target.Shape}.");
        if (target.NumElements == 0) return;
        using GradScope scope = Autograd.NoGrad();
        double added = Functional.CrossEntropy(input.Reshape([-1, input.Size(-1)]).To(DType.Float64), target.Reshape([-1]),
            reduction: Reduction.Sum, ignoreIndex: ignoreIndex).Item();
        sum += added;
        foreach (double label in Numbers(target))
            if (label != ignoreIndex) count++;
    }

    /// <inheritdoc/>
    public override double Compute() => count == 0 ? double.NaN : Math.Exp(sum / count);

    /// <inheritdoc/>
    public override void Reset() => (sum, count) = (0, 0);

    /// <inheritdoc/>
    public override void Merge(Metric other)
    {
        Perplexity same = Like<Perplexity>(other);
        (sum, count) = (sum + same.sum, count + same.count);
    }
}
