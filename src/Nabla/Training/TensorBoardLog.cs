using System.Collections;
using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.Training;

/// <summary>
/// Writes what a trainer does to a <see cref="SummaryWriter"/>: <c>loss/train</c> and <c>lr</c> after steps; <c>loss/epoch</c>,
/// <c>loss/validation</c> and <c>validation/METRIC</c> after epochs, histograms of weights as well. After a checkpoint was loaded, what had
/// been written after it is hidden.
/// </summary>
/// <param name="writer">Where to; the caller disposes of it.</param>
/// <param name="everySteps">After how many steps the loss is written; 0 for after epochs only.</param>
/// <param name="weights">The module whose parameters are shown as histograms, <c>weights/NAME</c>; none unless given.</param>
public sealed class TensorBoardLog(SummaryWriter writer, long everySteps = 1, Module? weights = null) : TrainingCallback
{
    private readonly SummaryWriter writer = writer ?? throw new ArgumentNullException(nameof(writer));
    private long? seen;

    /// <inheritdoc/>
    public override bool OnStepEnd(TrainingProgress progress)
    {
        seen = progress.Step;
        if (everySteps <= 0 || progress.Step % everySteps != 0) return false;
        writer.AddScalar("loss/train", progress.Loss, progress.Step);
        writer.AddScalar("lr", progress.LearningRate, progress.Step);
        return false;
    }

    /// <inheritdoc/>
    public override bool OnEpochEnd(EpochResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        writer.AddScalar("loss/epoch", result.Loss, result.Step);
        if (result.Validation is { } v)
        {
            writer.AddScalar("loss/validation", v.Loss, result.Step);
            foreach ((string name, double value) in v.Metrics) writer.AddScalar($"validation/{name}", value, result.Step);
        }
        if (weights is null) return false;
        foreach ((string name, Tensor parameter) in weights.NamedParameters())
            if (parameter.NumElements > 0 && !parameter.DType.IsComplex()) writer.AddHistogram($"weights/{name}", parameter, result.Step);
        return false;
    }

    /// <inheritdoc/>
    public override OrderedDictionary<string, object?> StateDict() => new() { ["step"] = seen };

    /// <summary>Hides what was written after the checkpoint.</summary>
    /// <inheritdoc/>
    public override void LoadStateDict(IDictionary stateDict)
    {
        ArgumentNullException.ThrowIfNull(stateDict);
        object? saved = StateValue.Required(stateDict, "step");
        long step = saved is null ? -1 : StateValue.Integer(saved, "step");
        // Nothing has been written since, if this run is where it was.
        if ((seen ?? -1) == step) return;
        writer.Purge(step + 1);
        seen = saved is null ? null : step;
    }
}
