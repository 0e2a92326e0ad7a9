using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.Training;

public sealed partial class Trainer<TModel, TBatch>
{
    /// <summary>The loss and metrics of data, in evaluation mode and without gradients; of the averaged module, if there is one. Afterwards
    /// modules are in the modes they were in.</summary>
    /// <param name="data">The batches.</param>
    /// <returns>Means over all samples, whatever the sizes of the batches.</returns>
    public Evaluation Evaluate(IEnumerable<TBatch> data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (Metrics.Count > 0 && Predictions is null) Throw.Argument(nameof(Metrics), "Metrics need Predictions to be set.");
        foreach (Metric metric in Metrics) metric.Reset();
        double sum = 0, weight = 0;
        foreach (TModel model in Evaluating())
        {
            foreach (TBatch batch in data)
            {
                long samples = Samples(batch);
                sum += loss(model, batch).Item() * samples;
                weight += samples;
                if (Metrics.Count == 0) continue;
                (Tensor input, Tensor target) = Predictions!(model, batch);
                foreach (Metric metric in Metrics) metric.Update(input, target);
            }
        }
        OrderedDictionary<string, double> values = new(StringComparer.Ordinal);
        foreach (Metric metric in Metrics) values[metric.Name] = metric.Compute();
        return new Evaluation(sum / weight, values);
    }

    /// <summary>What a function makes of each batch, in evaluation mode and without gradients; of the averaged module, if there is
    /// one.</summary>
    /// <param name="data">The batches.</param>
    /// <param name="predict">The predictions of a batch.</param>
    public IReadOnlyList<TResult> Predict<TResult>(IEnumerable<TBatch> data, Func<TModel, TBatch, TResult> predict)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(predict);
        List<TResult> results = [];
        foreach (TModel model in Evaluating())
            foreach (TBatch batch in data) results.Add(predict(model, batch));
        return results;
    }

    /// <summary>The module to evaluate, once; it is in evaluation mode for the body of the loop.</summary>
    private IEnumerable<TModel> Evaluating()
    {
        TModel model = Average ?? Model;
        (Module Module, bool Training)[] modes = [.. model.Modules().Select(static m => (m, m.Training))];
        GradScope scope = Autograd.NoGrad();
        try
        {
            model.Eval();
            yield return model;
        }
        finally
        {
            scope.Dispose();
            // Parents come before their children, which then get their own modes back.
            foreach ((Module module, bool training) in modes) module.Train(training);
        }
    }

    /// <summary>
    /// Tries learning rates: one step each, from the least to the greatest, until the loss explodes. Model, optimizer, data and random
    /// numbers are set back afterwards. Source: L. N. Smith, Cyclical learning rates for training neural networks, WACV 2017.
    /// </summary>
    /// <param name="data">The batches; begun anew as often as needed.</param>
    /// <param name="least">The first learning rate.</param>
    /// <param name="greatest">The last learning rate.</param>
    /// <param name="steps">How many are tried.</param>
    /// <param name="divergence">It ends when the smoothed loss is as many times the least one so far.</param>
    public LearningRateSearch FindLearningRate(IEnumerable<TBatch> data, double least = 1e-7, double greatest = 10, int steps = 100,
        double divergence = 4)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!(least > 0) || !(greatest > least))
            Throw.Range(nameof(least), least, $"Learning rates must be positive and rise, but go from {least} to {greatest}.");
        if (steps < 2) Throw.Range(nameof(steps), steps, $"At least 2 steps are needed, but steps is {steps}.");
        if (data is IEpochs { IsLoaded: false } epochs) epochs.Leave();
        TrainingCheckpoint run = Run(data as IStateful);
        OrderedDictionary<string, object?> before = run.Snapshot();
        List<(double Rate, double Loss)> points = [];
        Optimizer.ZeroGrad();
        IEnumerator<TBatch> batches = data.GetEnumerator();
        try
        {
            if (!Model.Training) Model.Train();
            double smooth = 0, lowest = double.PositiveInfinity;
            for (int i = 0; i < steps; i++)
            {
                double rate = least * Math.Pow(greatest / least, (double)i / (steps - 1));
                foreach (ParamGroup group in Optimizer.ParamGroups) group.SetLr(rate);
                if (!batches.MoveNext())
                {
                    batches.Dispose();
                    batches = data.GetEnumerator();
                    if (!batches.MoveNext()) Throw.State("The data has no batches.");
                }
                Tensor value = loss(Model, batches.Current);
                double number = value.Detach().Item();
                smooth = 0.95 * smooth + 0.05 * number;
                double mean = smooth / (1 - Math.Pow(0.95, i + 1));
                if (!double.IsFinite(number) || mean > divergence * lowest) break;
                lowest = Math.Min(lowest, mean);
                points.Add((rate, mean));
                value.Backward();
                Optimizer.Step();
                Optimizer.ZeroGrad();
            }
        }
        finally
        {
            batches.Dispose();
            Optimizer.ZeroGrad();
            run.LoadStateDict(before);
        }
        return new LearningRateSearch(points);
    }
}
