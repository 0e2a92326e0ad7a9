using System.Collections;
using Nabla.Amp;
using Nabla.Data;
using Nabla.IO;
using Nabla.Nn;
using Nabla.Optim;

namespace Nabla.Training;

/// <summary>
/// Everything that a training run needs to go on as if it had never stopped, in one file: weights, optimizer, schedule, random numbers, the
/// place in the data and the run's counters. A run that is resumed computes the same bits as one that was not interrupted.
/// </summary>
/// <remarks>
/// <para>The file is PyTorch's: <c>torch.load(path, weights_only=True)</c> gives a dictionary of <c>version</c>, <c>model</c>,
/// <c>average</c>, <c>optimizer</c>, <c>scheduler</c>, <c>scaler</c>, <c>loader</c>, <c>more</c>, <c>rng</c>, <c>epoch</c>, <c>step</c> and
/// <c>extra</c>, as far as the run has them. It appears whole or not at all, survives a loss of power and has a CRC-32 for every
/// part.</para>
/// <para>Use the counters as the loop's own, and save between steps:</para>
/// <code>
/// for (; run.Epoch &lt; epochs; run.Epoch++)
/// {
///     foreach (var (x, y) in loader)
///     {
///         // ... one step ...
///         run.Step++;
///         if (run.Step % 100 == 0) run.Save("run.pt");
///     }
///     scheduler.Step();
/// }
/// </code>
/// <para>What is saved inside of an epoch goes on there: the loader's next enumeration gives the rest of that epoch.</para>
/// </remarks>
public sealed class TrainingCheckpoint
{
    private const long Version = 1;

    private OrderedDictionary<string, IStateful> more = new(StringComparer.Ordinal);
    private OrderedDictionary<string, object?> extra = new(StringComparer.Ordinal);

    /// <summary>The checkpoint of a run; nothing is read or written yet.</summary>
    /// <param name="model">The module that is trained.</param>
    /// <param name="optimizer">Its optimizer, if there is one; further ones go to <see cref="More"/>.</param>
    public TrainingCheckpoint(Module model, Optimizer? optimizer = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        (Model, Optimizer) = (model, optimizer);
    }

    /// <summary>The module that is trained.</summary>
    public Module Model { get; }

    /// <summary>The optimizer.</summary>
    public Optimizer? Optimizer { get; }

    /// <summary>The schedule of the learning rate.</summary>
    public IStateful? Scheduler { get; init; }

    /// <summary>The scaler of the loss.</summary>
    public GradScaler? Scaler { get; init; }

    /// <summary>A module with averages of the weights.</summary>
    public Module? Average { get; init; }

    /// <summary>The data loader: the epoch's order and the place in it. Its own generator is part of it.</summary>
    public IStateful? Loader { get; init; }

    /// <summary>Whatever else has a state, by name.</summary>
    public OrderedDictionary<string, IStateful> More
    {
        get => more;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            more = value;
        }
    }

    /// <summary>How many epochs are done.</summary>
    public long Epoch { get; set; }

    /// <summary>How many steps are done.</summary>
    public long Step { get; set; }

    /// <summary>Values of your own: null, bool, numbers, strings, tensors, and lists, tuples and dictionaries of them.</summary>
    public OrderedDictionary<string, object?> Extra => extra;

    /// <summary>The state of all parts, with the random state of <see cref="Generator.Default"/>. Tensors are the parts' own.</summary>
    public OrderedDictionary<string, object?> StateDict()
    {
        OrderedDictionary<string, object?> state = new() { ["version"] = Version, ["model"] = Model.StateDict() };
        if (Average is not null) state["average"] = Average.StateDict();
        if (Optimizer is not null) state["optimizer"] = Optimizer.StateDict();
        foreach ((string name, IStateful part) in Parts()) state[name] = part.StateDict();
        if (more.Count > 0)
        {
            OrderedDictionary<string, object?> others = [];
            foreach ((string name, IStateful part) in more) others[name] = part.StateDict();
            state["more"] = others;
        }
        state["rng"] = Tensor.From(Generator.Default.GetState());
        state["epoch"] = Epoch;
        state["step"] = Step;
        state["extra"] = extra;
        return state;
    }

    /// <summary>A copy of <see cref="StateDict"/> that further training leaves as it is.</summary>
    public OrderedDictionary<string, object?> Snapshot()
    {
        OrderedDictionary<string, object?> copy = [];
        foreach ((string name, object? value) in StateDict()) copy[name] = CheckpointValue.Clone(value);
        return copy;
    }

    /// <summary>Writes the checkpoint. The file appears whole or not at all, and when this returns it survives a loss of power.</summary>
    /// <param name="path">The file to make or to replace, by custom <c>.pt</c>.</param>
    /// <exception cref="ArgumentException">A state holds something that such a file cannot hold.</exception>
    /// <exception cref="IOException">The file cannot be written; what was there before is still there.</exception>
    public void Save(string path) => TorchFile.Save(path, StateDict());

    /// <summary>Takes over everything from a file. All of it is checked before anything changes.</summary>
    /// <param name="path">What <see cref="Save"/>, or PyTorch, has written.</param>
    /// <param name="strict">Whether file and run must have the same parts. If false, what one of them lacks stays as it is.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or no checkpoint.</exception>
    /// <exception cref="ArgumentException">The file is sound and does not fit the run: parts, names, sizes or kinds differ.</exception>
    /// <exception cref="NotSupportedException">The file comes from a later version.</exception>
    public void Load(string path, bool strict = true)
    {
        if (TorchFile.Load(path) is IDictionary state) LoadStateDict(state, strict);
        else Throw.Data($"Expected the checkpoint to be dict-like: '{path}' holds something else.");
    }

    /// <summary>Takes over everything from a state. All of it is checked before anything changes.</summary>
    /// <param name="stateDict">What <see cref="StateDict"/> or <see cref="Snapshot"/> has returned, or a file held.</param>
    /// <param name="strict">Whether state and run must have the same parts.</param>
    /// <exception cref="ArgumentException">The state does not fit the run: parts, names, sizes or kinds differ.</exception>
    /// <exception cref="NotSupportedException">The state comes from a later version.</exception>
    public void LoadStateDict(IDictionary stateDict, bool strict = true)
    {
        ArgumentNullException.ThrowIfNull(stateDict);
        if (stateDict.Contains("version") && CheckpointValue.Int64(stateDict, "version") is not Version and var other)
            Throw.Unsupported($"The checkpoint has version {other}, and this is version {Version}: use the Nabla that wrote it, or a " +
                "later one.");
        IDictionary others = stateDict.Contains("more") ? CheckpointValue.Dictionary(stateDict, "more") : new Dictionary<string, object?>();
        CheckParts(stateDict, others, strict);

        Prepared prepared = new();
        try
        {
            Prepare(stateDict, others, prepared);
        }
        catch
        {
            foreach (Action cancel in prepared.Cancels) cancel();
            throw;
        }
        foreach (Action apply in prepared.Applies) apply();
    }

    /// <summary>What is to be done once everything has been found to fit, and otherwise.</summary>
    private sealed class Prepared
    {
        internal readonly List<Action> Applies = [], Cancels = [];

        internal void Add((StateDictMatch, Action Apply, Action Cancel) plan)
        {
            Applies.Add(plan.Apply);
            Cancels.Add(plan.Cancel);
        }
    }

    /// <summary>What says beforehand whether it fits comes first. Of the rest each part changes all or nothing, and those before are set
    /// back.</summary>
    private void Prepare(IDictionary given, IDictionary others, Prepared prepared)
    {
        if (given.Contains("model")) prepared.Add(Model.Plan(CheckpointValue.Tensors(given, "model")));
        if (Average is not null && given.Contains("average")) prepared.Add(Average.Plan(CheckpointValue.Tensors(given, "average")));
        List<Action> applies = prepared.Applies;
        if (Optimizer is not null && given.Contains("optimizer"))
            applies.Add(Optimizer.Plan(CheckpointValue.Dictionary(given, "optimizer")));
        if (given.Contains("rng") && LoaderState.Bytes(given, "rng") is { } random) applies.Add(() => Generator.Default.SetState(random));
        if (given.Contains("epoch"))
        {
            long epoch = CheckpointValue.Int64(given, "epoch");
            applies.Add(() => Epoch = epoch);
        }
        if (given.Contains("step"))
        {
            long step = CheckpointValue.Int64(given, "step");
            applies.Add(() => Step = step);
        }
        if (given.Contains("extra"))
        {
            OrderedDictionary<string, object?> values = CheckpointValue.Named(CheckpointValue.Dictionary(given, "extra"), "extra");
            applies.Add(() =>
            {
                extra.Clear();
                foreach ((string name, object? value) in values) extra[name] = value;
            });
        }
        List<(IStateful Part, IDictionary State)> uncertain = [];
        foreach ((string name, IStateful part) in more)
        {
            if (!others.Contains(name)) continue;
            IDictionary state = CheckpointValue.Dictionary(others, name);
            if (part is Optimizer optimizer) applies.Add(optimizer.Plan(state));
            else uncertain.Add((part, state));
        }
        foreach ((string name, IStateful part) in Parts())
            if (given.Contains(name)) uncertain.Add((part, CheckpointValue.Dictionary(given, name)));
        LoadAllOrNone(uncertain);
    }

    /// <summary>The parts that load by themselves. The loader is last, because an epoch under way cannot be set back.</summary>
    private IEnumerable<(string Name, IStateful Part)> Parts()
    {
        if (Scheduler is not null) yield return ("scheduler", Scheduler);
        if (Scaler is not null) yield return ("scaler", Scaler);
        if (Loader is not null) yield return ("loader", Loader);
    }

    private void CheckParts(IDictionary state, IDictionary others, bool strict)
    {
        if (!strict) return;
        List<string> wanted = ["model", .. Parts().Select(static p => p.Name), "rng", "epoch", "step"];
        if (Average is not null) wanted.Add("average");
        if (Optimizer is not null) wanted.Add("optimizer");
        string[] missing = [.. wanted.Where(name => !state.Contains(name)), .. more.Keys.Where(name => !others.Contains(name))];
        wanted.AddRange(["version", "more", "extra"]);
        string[] surplus =
        [
            .. state.Keys.Cast<object>().Select(static k => k.ToString()!).Where(name => !wanted.Contains(name)),
            .. others.Keys.Cast<object>().Select(static k => k.ToString()!).Where(name => !more.ContainsKey(name)),
        ];
        if (missing.Length == 0 && surplus.Length == 0) return;
        string text = "Error(s) in loading the checkpoint:";
        if (missing.Length > 0) text += $" Missing part(s) in the file: {string.Join(", ", missing)}.";
        if (surplus.Length > 0) text += $" Part(s) of the file that the run does not have: {string.Join(", ", surplus)}.";
        Throw.Argument("stateDict", text + " Give the run the same parts, or load with strict: false.");
    }

    private static void LoadAllOrNone(List<(IStateful Part, IDictionary State)> parts)
    {
        List<(IStateful Part, IDictionary Before)> done = [];
        try
        {
            foreach ((IStateful part, IDictionary state) in parts)
            {
                IDictionary before = part.StateDict();
                part.LoadStateDict(state);
                done.Add((part, before));
            }
        }
        catch
        {
            foreach ((IStateful part, IDictionary before) in Enumerable.Reverse(done)) part.LoadStateDict(before);
            throw;
        }
    }
}
