using System.Diagnostics.CodeAnalysis;
using Nabla.Amp;
using Nabla.Data;
using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.Training;

/// <summary>Makes trainers whose types the compiler finds.</summary>
public static class Trainer
{
    /// <summary>A trainer; see <see cref="Trainer{TModel, TBatch}"/>. Name the types of the function's parameters.</summary>
    /// <param name="model">The module.</param>
    /// <param name="optimizer">The optimizer of its parameters.</param>
    /// <param name="loss">The loss of a batch, a tensor of one element.</param>
    /// <example><code>
    /// var trainer = Trainer.Of(model, adam, (Sequential m, (Tensor X, Tensor Y) b) =&gt; Functional.MseLoss(m.Call(b.X), b.Y));
    /// </code></example>
    public static Trainer<TModel, TBatch> Of<TModel, [DynamicallyAccessedMembers(Tree.Needs)] TBatch>(TModel model, Optimizer optimizer,
        Func<TModel, TBatch, Tensor> loss) where TModel : Module => new(model, optimizer, loss);
}

/// <summary>
/// The loop that is always the same: batches, loss, backward, step, schedule, validation, checkpoints. A loop written by hand does the
/// same; nothing of the library needs a trainer.
/// </summary>
/// <remarks>A step is: the loss of <see cref="Accumulate"/> batches and its gradients, clipping, the optimizer's step, the average, the
/// schedule. Cancellation, checkpoints and limits act between steps, so that the model, optimizer and counters always fit each other.
/// Optimizers that evaluate the loss themselves (<see cref="LBFGS"/>) need a loop of their own.</remarks>
/// <typeparam name="TModel">The module's type.</typeparam>
/// <typeparam name="TBatch">What the data gives.</typeparam>
public sealed partial class Trainer<TModel, [DynamicallyAccessedMembers(Tree.Needs)] TBatch> where TModel : Module
{
    private readonly Func<TModel, TBatch, Tensor> loss;
    private readonly List<EpochResult> history = [];
    private Action<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, long>? average;
    private double lossSum, lossWeight;
    private Place? place;
    private bool stop;

    /// <summary>A trainer.</summary>
    /// <param name="model">The module.</param>
    /// <param name="optimizer">The optimizer of its parameters.</param>
    /// <param name="loss">The loss of a batch, a tensor of one element: the mean over the batch's samples.</param>
    public Trainer(TModel model, Optimizer optimizer, Func<TModel, TBatch, Tensor> loss)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(loss);
        (Model, Optimizer, this.loss) = (model, optimizer, loss);
    }

    /// <summary>The module.</summary>
    public TModel Model { get; }

    /// <summary>The optimizer.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>The schedule of the learning rate. <see cref="ReduceLROnPlateau"/> gets the <see cref="Monitor"/> of each epoch.</summary>
    public LRScheduler? Scheduler { get; init; }

    /// <summary>Whether the schedule goes on with each step; else with each epoch.</summary>
    public bool SchedulePerStep { get; init; }

    /// <summary>How many batches make one step, at least 1. Their losses count 1/n each; an epoch's last step may have fewer.</summary>
    public int Accumulate
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value,
            $"Accumulate must be at least 1, but is {value}.");
    } = 1;

    /// <summary>The greatest norm of all gradients together; greater ones are scaled down.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>The greatest absolute value of an element of a gradient.</summary>
    public double? ClipValue { get; init; }

    /// <summary>Scales the loss for 16-bit floats; a step with infinite gradients is left out.</summary>
    public GradScaler? Scaler { get; init; }

    /// <summary>Keeps an exponential average of the weights, by this factor per step; <see cref="Evaluate"/> uses it.</summary>
    public double? AverageDecay
    {
        get;
        init
        {
            field = value;
            if (value is not { } decay) return;
            average = SwaUtils.GetEmaMultiAvgFn(decay);
            Average = (TModel)Model.Clone();
        }
    }

    /// <summary>The module with averaged weights, if <see cref="AverageDecay"/> is set.</summary>
    public TModel? Average { get; private set; }

    /// <summary>How many samples a batch has, for the mean of the losses; by default the first dimension of its first tensor.</summary>
    public Func<TBatch, long>? BatchSize { get; init; }

    /// <summary>What <see cref="Evaluate"/> computes besides the loss, from <see cref="Predictions"/>.</summary>
    public IReadOnlyList<Metric> Metrics { get; init; } = [];

    /// <summary>A batch's predictions and targets, for the metrics.</summary>
    public Func<TModel, TBatch, (Tensor Input, Tensor Target)>? Predictions { get; init; }

    /// <summary>What tells how good an epoch was: "loss", or the name of a metric.</summary>
    public string Monitor { get; init; } = "loss";

    /// <summary>Where checkpoints go: at the end of each epoch and of training, and when it is cancelled.</summary>
    public CheckpointFolder? Checkpoints { get; init; }

    /// <summary>After how many steps there are checkpoints inside of an epoch; 0 for none.</summary>
    public long CheckpointEvery { get; init; }

    /// <summary>Whether there is a checkpoint when training is cancelled.</summary>
    public bool CheckpointOnCancel { get; init; } = true;

    /// <summary>Called after steps and epochs.</summary>
    public IReadOnlyList<TrainingCallback> Callbacks { get; init; } = [];

    /// <summary>Told of each step.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>How many epochs are done.</summary>
    public long Epoch { get; private set; }

    /// <summary>How many steps are done.</summary>
    public long Step { get; private set; }

    /// <summary>The epochs done, those of the runs before included.</summary>
    public IReadOnlyList<EpochResult> History => history;

    /// <summary>Ends training after the step or epoch under way.</summary>
    public void Stop() => stop = true;

    /// <summary>Trains until as many epochs or steps are done in all, those of earlier calls included.</summary>
    /// <remarks>Ended inside of an epoch, by <paramref name="steps"/>, <see cref="Stop"/> or cancellation, the next call with the same
    /// <see cref="DataLoader{T, TBatch}"/> (or other <see cref="IStateful"/> data) goes on there, and so does a run that resumes. For
    /// everything else, another trainer as well, the data begins with an epoch's start; and so it does here if it is other data, has no
    /// state, or training ended with an error.</remarks>
    /// <param name="data">The batches; each enumeration is an epoch.</param>
    /// <param name="epochs">How many epochs.</param>
    /// <param name="steps">How many steps; training may end inside of an epoch.</param>
    /// <param name="validation">Evaluated after each epoch.</param>
    /// <param name="resume">Whether to go on from the newest checkpoint, if there is one.</param>
    /// <param name="cancellationToken">Ends training between two steps.</param>
    /// <returns><see cref="History"/>.</returns>
    /// <exception cref="ArgumentException">Neither epochs nor steps are given, or options lack what they need.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; another call goes on.</exception>
    /// <exception cref="NonFiniteLossException">The loss was infinite or NaN. Weights and optimizer are those of the last step.</exception>
    public IReadOnlyList<EpochResult> Fit(IEnumerable<TBatch> data, long? epochs = null, long? steps = null,
        IEnumerable<TBatch>? validation = null, bool resume = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        Check(data, epochs, steps, resume);
        CheckMonitors(validation is not null);
        if (!ReferenceEquals(place?.Data, data)) place = data is IStateful source ? new Place(source) : null;
        if (place is { IsInside: false }) (data as IEpochs)?.Leave();
        TrainingCheckpoint run = Run(place);
        bool resumed = resume && Checkpoints!.Resume(run) is not null;
        if (resumed) (Epoch, Step) = (run.Epoch, run.Step);
        if (place is not { IsInside: true }) (lossSum, lossWeight) = (0, 0);
        stop = false;
        Optimizer.ZeroGrad();
        long saved = resumed ? Step : -1;
        bool Open() => !stop && Epoch < (epochs ?? long.MaxValue) && Step < (steps ?? long.MaxValue);
        while (Open())
        {
            if (!Model.Training) Model.Train();
            if (!OneEpoch(data, Open, run, ref saved, cancellationToken)) break;
            EndEpoch(validation);
            if (Checkpoints is null) continue;
            Save(run, history[^1].Value(Monitor));
            saved = Step;
        }
        bool cancelled = Open();
        if (Checkpoints is not null && saved != Step && (CheckpointOnCancel || !cancelled)) Save(run);
        if (cancelled) throw new OperationCanceledException($"Training was cancelled after step {Step}.", cancellationToken);
        return history;
    }

    /// <summary><see cref="Fit"/> on a thread of the pool.</summary>
    /// <inheritdoc cref="Fit"/>
    public Task<IReadOnlyList<EpochResult>> FitAsync(IEnumerable<TBatch> data, long? epochs = null, long? steps = null,
        IEnumerable<TBatch>? validation = null, bool resume = false, CancellationToken cancellationToken = default) =>
        Task.Run(() => Fit(data, epochs, steps, validation, resume, cancellationToken), CancellationToken.None);

    private void Check(IEnumerable<TBatch> data, long? epochs, long? steps, bool resume)
    {
        if (epochs is null && steps is null) Throw.Argument(nameof(epochs), "Fit needs a number of epochs or of steps.");
        if (resume && Checkpoints is null) Throw.Argument(nameof(resume), "Fit cannot resume without Checkpoints.");
        if (CheckpointEvery > 0 && Checkpoints is null) Throw.Argument(nameof(CheckpointEvery), "CheckpointEvery needs Checkpoints.");
        if (CheckpointEvery > 0 && data is not IStateful)
            Throw.Argument(nameof(data), $"CheckpointEvery needs data whose place can be saved, and a {data.GetType().Name} is not " +
                "IStateful: use a DataLoader, or save at the end of epochs only.");
        if (Metrics.Count > 0 && Predictions is null) Throw.Argument(nameof(Metrics), "Metrics need Predictions to be set.");
        if (SchedulePerStep && Scheduler is ReduceLROnPlateau)
            Throw.Argument(nameof(SchedulePerStep), "ReduceLROnPlateau needs the metric of an epoch: set SchedulePerStep to false.");
    }

    /// <summary>What an epoch's end will ask for must be there, or the epoch would be lost.</summary>
    private void CheckMonitors(bool validated)
    {
        IEnumerable<string> wanted = Callbacks.OfType<EarlyStopping>().Select(static c => c.Monitor);
        if (Checkpoints is not null || Scheduler is ReduceLROnPlateau) wanted = wanted.Append(Monitor);
        string[] known = validated ? [.. Metrics.Select(static m => m.Name)] : [];
        foreach (string name in wanted)
            if (name != "loss" && !known.Contains(name)) EpochResult.NoMetric(name, known);
    }

    /// <summary>The rest of an epoch; false if training ended inside of it.</summary>
    private bool OneEpoch(IEnumerable<TBatch> data, Func<bool> open, TrainingCheckpoint run, ref long saved, CancellationToken token)
    {
        int pending = 0;
        double recent = 0;
        bool any = place is { IsInside: true };
        place?.Enter();
        using IEnumerator<TBatch> batches = data.GetEnumerator();
        while (true)
        {
            if (pending == 0 && (token.IsCancellationRequested || (!open() && data is not IEpochs { AllDelivered: true })))
            {
                place?.Leave();
                return false;
            }
            if (!batches.MoveNext()) break;
            any = true;
            recent += Backward(batches.Current, pending);
            if (++pending < Accumulate) continue;
            EndStep(recent / pending);
            (pending, recent) = (0, 0);
            if (CheckpointEvery <= 0 || Step % CheckpointEvery != 0) continue;
            Save(run);
            saved = Step;
        }
        if (!any) Throw.State("The data has no batches: an epoch without steps would never end training.");
        if (pending > 0) EndStep(recent / pending);
        return true;
    }

    private double Backward(TBatch batch, int pending)
    {
        Tensor value = loss(Model, batch);
        if (value.NumElements != 1)
            Throw.Shapes($"grad can be implicitly created only for scalar outputs: the loss of a batch has the shape {value.Shape}. " +
                "Return its mean or its sum.");
        double number = value.Detach().Item();
        if (!double.IsFinite(number))
        {
            Optimizer.ZeroGrad();
            throw new NonFiniteLossException(number, Epoch, Step, pending);
        }
        Tensor part = Accumulate > 1 ? value / Accumulate : value;
        (Scaler is null ? part : Scaler.Scale(part)).Backward();
        long samples = Samples(batch);
        lossSum += number * samples;
        lossWeight += samples;
        return number;
    }

    private void EndStep(double recent)
    {
        if (ClipNorm is not null || ClipValue is not null)
        {
            Scaler?.Unscale_(Optimizer);
            Tensor[] all = [.. Optimizer.ParamGroups.SelectMany(static g => g.Params)];
            if (ClipNorm is { } norm) Utils.ClipGradNorm_(all, norm, errorIfNonfinite: Scaler is not { IsEnabled: true });
            if (ClipValue is { } most) Utils.ClipGradValue_(all, most);
        }
        if (Scaler is null) Optimizer.Step();
        else
        {
            Scaler.Step(Optimizer);
            Scaler.Update();
        }
        Optimizer.ZeroGrad();
        Step++;
        UpdateAverage();
        double rate = Optimizer.ParamGroups[0].Lr;
        if (SchedulePerStep) Scheduler?.Step();
        TrainingProgress progress = new(Epoch, Step, recent, rate);
        foreach (TrainingCallback callback in Callbacks)
            if (callback.OnStepEnd(progress)) stop = true;
        Progress?.Report(progress);
    }

    private void UpdateAverage()
    {
        if (Average is null) return;
        using GradScope scope = Autograd.NoGrad();
        Tensor[] ours = [.. Average.Parameters()], theirs = [.. Model.Parameters()];
        if (Step > 1) average!(ours, theirs, Step - 1);
        else Copy(ours, theirs);
        Copy(Average.Buffers(), Model.Buffers());
    }

    private static void Copy(IEnumerable<Tensor> to, IEnumerable<Tensor> from)
    {
        foreach ((Tensor a, Tensor b) in to.Zip(from)) a.Copy_(b);
    }

    private void EndEpoch(IEnumerable<TBatch>? validation)
    {
        double rate = Optimizer.ParamGroups[0].Lr;
        EpochResult result = new(Epoch, Step, lossSum / lossWeight, rate, validation is null ? null : Evaluate(validation));
        (lossSum, lossWeight) = (0, 0);
        history.Add(result);
        Epoch++;
        if (!SchedulePerStep)
        {
            if (Scheduler is ReduceLROnPlateau plateau) plateau.Step(result.Value(Monitor));
            else Scheduler?.Step();
        }
        foreach (TrainingCallback callback in Callbacks)
            if (callback.OnEpochEnd(result)) stop = true;
    }

    private long Samples(TBatch batch)
    {
        if (BatchSize is not null) return BatchSize(batch);
        Tensor[] tensors = Tree.Leaves(batch);
        return tensors.Length > 0 && tensors[0].Rank > 0 ? tensors[0].Size(0) : 1;
    }
}
