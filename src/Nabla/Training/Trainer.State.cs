using System.Collections;
using Nabla.Optim;

namespace Nabla.Training;

public sealed partial class Trainer<TModel, TBatch>
{
    /// <summary>The checkpoint of this trainer, its own counts and its callbacks included.</summary>
    private TrainingCheckpoint Run(IStateful? loader)
    {
        TrainingCheckpoint run = new(Model, Optimizer)
        {
            Scheduler = Scheduler,
            Scaler = Scaler,
            Average = Average,
            Loader = loader,
            Epoch = Epoch,
            Step = Step
        };
        run.More["trainer"] = new Counts(this);
        for (int i = 0; i < Callbacks.Count; i++) run.More[$"callback {i}, {Callbacks[i].GetType().Name}"] = Callbacks[i];
        return run;
    }

    private void Save(TrainingCheckpoint run, double? metric = null)
    {
        (run.Epoch, run.Step) = (Epoch, Step);
        Checkpoints!.Save(run, metric);
    }

    /// <summary>The epoch's losses so far and the history.</summary>
    private sealed class Counts(Trainer<TModel, TBatch> trainer) : IStateful
    {
        public OrderedDictionary<string, object?> StateDict() => new()
        {
            ["loss_sum"] = trainer.lossSum,
            ["loss_weight"] = trainer.lossWeight,
            ["history"] = trainer.history.ConvertAll(static e => (object?)e.Save()),
        };

        public void LoadStateDict(IDictionary stateDict)
        {
            double sum = StateValue.Number(StateValue.Required(stateDict, "loss_sum"), "loss_sum");
            double weight = StateValue.Number(StateValue.Required(stateDict, "loss_weight"), "loss_weight");
            List<EpochResult> epochs = [];
            foreach (object? entry in StateValue.Items(StateValue.Required(stateDict, "history"), "history"))
                epochs.Add(EpochResult.Load(StateValue.Dictionary(entry, "history")));
            (trainer.lossSum, trainer.lossWeight) = (sum, weight);
            trainer.history.Clear();
            trainer.history.AddRange(epochs);
        }
    }
}
