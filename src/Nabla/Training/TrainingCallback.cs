using System.Collections;
using System.Globalization;
using Nabla.Optim;

namespace Nabla.Training;

/// <summary>Something to call after steps and epochs. Its state goes into checkpoints.</summary>
public abstract class TrainingCallback : IStateful
{
    /// <summary>Called after a step; true ends training.</summary>
    public virtual bool OnStepEnd(TrainingProgress progress) => false;

    /// <summary>Called after an epoch, before its checkpoint; true ends training.</summary>
    public virtual bool OnEpochEnd(EpochResult result) => false;

    /// <inheritdoc/>
    public virtual OrderedDictionary<string, object?> StateDict() => [];

    /// <inheritdoc/>
    public virtual void LoadStateDict(IDictionary stateDict) { }
}

/// <summary>Ends training when a value has not become better for some epochs.</summary>
/// <param name="patience">How many epochs without progress are accepted.</param>
/// <param name="minDelta">By how much a value must be better to count.</param>
/// <param name="monitor">"loss", or the name of a metric.</param>
/// <param name="higherIsBetter">Whether a greater value is better.</param>
public sealed class EarlyStopping(long patience = 5, double minDelta = 0, string monitor = "loss", bool higherIsBetter = false)
    : TrainingCallback
{
    internal string Monitor => monitor;

    /// <summary>The best value so far, or NaN.</summary>
    public double Best { get; private set; } = double.NaN;

    /// <summary>How many epochs have passed since.</summary>
    public long Waited { get; private set; }

    /// <inheritdoc/>
    public override bool OnEpochEnd(EpochResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        double value = result.Value(monitor);
        bool better = double.IsNaN(Best) ? !double.IsNaN(value)
            : higherIsBetter ? value > Best + minDelta : value < Best - minDelta;
        (Best, Waited) = better ? (value, 0) : (Best, Waited + 1);
        return Waited > patience;
    }

    /// <inheritdoc/>
    public override OrderedDictionary<string, object?> StateDict() => new() { ["best"] = Best, ["waited"] = Waited };

    /// <inheritdoc/>
    public override void LoadStateDict(IDictionary stateDict)
    {
        ArgumentNullException.ThrowIfNull(stateDict);
        double best = StateValue.Number(StateValue.Required(stateDict, "best"), "best");
        (Best, Waited) = (best, StateValue.Integer(StateValue.Required(stateDict, "waited"), "waited"));
    }
}

/// <summary>Writes a line after each epoch and, if wanted, after some steps.</summary>
/// <param name="everySteps">After how many steps there is a line; 0 for none.</param>
/// <param name="writer">Where to; the console by default.</param>
public sealed class ConsoleLog(long everySteps = 0, TextWriter? writer = null) : TrainingCallback
{
    /// <inheritdoc/>
    public override bool OnStepEnd(TrainingProgress progress)
    {
        if (everySteps > 0 && progress.Step % everySteps == 0)
            (writer ?? Console.Out).WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"epoch {progress.Epoch} step {progress.Step}: loss {progress.Loss:G4}, lr {progress.LearningRate:G4}"));
        return false;
    }

    /// <inheritdoc/>
    public override bool OnEpochEnd(EpochResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        string line = string.Create(CultureInfo.InvariantCulture, $"epoch {result.Epoch}: loss {result.Loss:G4}");
        if (result.Validation is { } v)
        {
            line += string.Create(CultureInfo.InvariantCulture, $", validation loss {v.Loss:G4}");
            foreach ((string name, double value) in v.Metrics) line += string.Create(CultureInfo.InvariantCulture, $", {name} {value:G4}");
        }
        (writer ?? Console.Out).WriteLine(line);
        return false;
    }
}
