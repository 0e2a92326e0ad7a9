using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Nabla.Optim;

namespace Nabla.Training;

/// <summary>Where training is, after a step.</summary>
/// <param name="Epoch">How many epochs are done.</param>
/// <param name="Step">How many steps are done.</param>
/// <param name="Loss">The mean loss of the step's batches.</param>
/// <param name="LearningRate">The first group's learning rate in this step.</param>
public readonly record struct TrainingProgress(long Epoch, long Step, double Loss, double LearningRate);

/// <summary>How good a model is on some data.</summary>
/// <param name="Loss">The mean loss over all samples.</param>
/// <param name="Metrics">The metrics by name.</param>
public sealed record Evaluation(double Loss, IReadOnlyDictionary<string, double> Metrics);

/// <summary>An epoch that is done.</summary>
/// <param name="Epoch">Its number, from 0.</param>
/// <param name="Step">How many steps were done at its end.</param>
/// <param name="Loss">The mean loss over its samples, each before the step it was part of.</param>
/// <param name="LearningRate">The first group's learning rate at its end.</param>
/// <param name="Validation">What the validation data gave, if there is some.</param>
public sealed record EpochResult(long Epoch, long Step, double Loss, double LearningRate, Evaluation? Validation)
{
    /// <summary>A value by name: "loss" of the validation data, or of training if there is none; or a metric.</summary>
    /// <exception cref="ArgumentException">There is no such metric.</exception>
    public double Value(string name)
    {
        if (name == "loss") return Validation?.Loss ?? Loss;
        if (Validation?.Metrics.TryGetValue(name, out double value) == true) return value;
        NoMetric(name, Validation?.Metrics.Keys ?? []);
        return 0;
    }

    [DoesNotReturn]
    internal static void NoMetric(string name, IEnumerable<string> known) =>
        Throw.Argument(nameof(name), $"There is no metric '{name}' in: {string.Join(", ", known.Prepend("loss"))}. Metrics need " +
            "validation data.");

    internal OrderedDictionary<string, object?> Save()
    {
        OrderedDictionary<string, object?> state = new()
        {
            ["epoch"] = Epoch,
            ["step"] = Step,
            ["loss"] = Loss,
            ["lr"] = LearningRate,
        };
        if (Validation is null) return state;
        OrderedDictionary<string, object?> metrics = [];
        foreach ((string name, double value) in Validation.Metrics) metrics[name] = value;
        state["val_loss"] = Validation.Loss;
        state["val_metrics"] = metrics;
        return state;
    }

    internal static EpochResult Load(IDictionary state)
    {
        double Number(string name) => StateValue.Number(StateValue.Required(state, name), name);
        Evaluation? validation = null;
        if (state.Contains("val_loss"))
        {
            OrderedDictionary<string, double> metrics = new(StringComparer.Ordinal);
            foreach ((string name, object? value) in CheckpointValue.Named(CheckpointValue.Dictionary(state, "val_metrics"), "val_metrics"))
                metrics[name] = StateValue.Number(value, name);
            validation = new Evaluation(Number("val_loss"), metrics);
        }
        return new EpochResult(CheckpointValue.Int64(state, "epoch"), CheckpointValue.Int64(state, "step"), Number("loss"), Number("lr"),
            validation);
    }
}

/// <summary>What <see cref="Trainer{TModel, TBatch}.FindLearningRate"/> has seen.</summary>
/// <param name="Points">The learning rates tried and the smoothed loss at each.</param>
public sealed record LearningRateSearch(IReadOnlyList<(double Rate, double Loss)> Points)
{
    /// <summary>The learning rate where the loss falls fastest over the logarithm of the rate; NaN with fewer than three points. The first
    /// ten points, at most a quarter, do not count: there the smoothed loss is little more than that of single batches.</summary>
    public double Suggestion
    {
        get
        {
            double best = double.NaN, steepest = double.PositiveInfinity;
            for (int i = Math.Max(1, Math.Min(10, Points.Count / 4)); i + 1 < Points.Count; i++)
            {
                double slope = (Points[i + 1].Loss - Points[i - 1].Loss) / Math.Log(Points[i + 1].Rate / Points[i - 1].Rate);
                if (slope < steepest) (steepest, best) = (slope, Points[i].Rate);
            }
            return best;
        }
    }
}

/// <summary>The loss has become infinite or NaN.</summary>
public sealed class NonFiniteLossException : InvalidOperationException
{
    internal NonFiniteLossException(double loss, long epoch, long step, int batch) : base(
        $"The loss is {StateValue.Repr(loss)} in step {step} (counted from 0) of epoch {epoch}, batch {batch} of the step. Weights and " +
        "optimizer are those before this step. Lower the learning rate, clip gradients, or find the operation with " +
        "Autograd.DetectAnomaly().")
    {
        (Loss, Epoch, Step) = (loss, epoch, step);
    }

    /// <summary>The loss.</summary>
    public double Loss { get; }

    /// <summary>How many epochs were done.</summary>
    public long Epoch { get; }

    /// <summary>How many steps were done.</summary>
    public long Step { get; }
}
