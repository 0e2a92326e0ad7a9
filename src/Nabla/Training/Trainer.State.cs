using System.Collections;
using Nabla.Data;
using Nabla.Optim;

namespace Nabla.Training;

public sealed partial class Trainer<TModel, TBatch>
{
    /// <summary>The checkpoint of this trainer, its own counts and its callbacks included.</summary>
    /// <param name="data">The data, or its <see cref="Place"/>.</param>
    private TrainingCheckpoint Run(IStateful? data)
    {
        TrainingCheckpoint run = new(Model, Optimizer)
        {
            Scheduler = Scheduler,
            Scaler = Scaler,
            Average = Average,
            Loader = data,
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

    /// <summary>
    /// Where in its data a trainer is. It belongs to the trainer: between two calls of <see cref="Fit"/> the data itself is at an epoch's
    /// start, for whoever else enumerates it.
    /// </summary>
    private sealed class Place(IStateful data) : IStateful
    {
        private OrderedDictionary<string, object?>? rest;

        internal IStateful Data => data;

        /// <summary>Whether an epoch was left, or loaded, that the next call goes on with.</summary>
        internal bool IsInside => rest is not null || data is IEpochs { IsLoaded: true };

        /// <summary>Makes the data's next enumeration go on where this trainer has left it.</summary>
        internal void Enter()
        {
            if (rest is not null) data.LoadStateDict(rest);
            rest = null;
        }

        /// <summary>Notes where the data is, and gives that epoch up.</summary>
        internal void Leave()
        {
            rest = data.StateDict();
            (data as IEpochs)?.Leave();
        }

        public OrderedDictionary<string, object?> StateDict() => rest ?? data.StateDict();

        public void LoadStateDict(IDictionary stateDict)
        {
            data.LoadStateDict(stateDict);
            Leave();
        }
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
