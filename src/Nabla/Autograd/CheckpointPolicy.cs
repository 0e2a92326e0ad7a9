using System.Text;

namespace Nabla;

/// <summary>Whether the results of an operation in a checkpointed region are kept or computed again.</summary>
public enum CheckpointPolicy
{
    /// <summary>Kept.</summary>
    MustSave,
    /// <summary>Kept. The same as <see cref="MustSave"/>: PyTorch's compiler may override it, and there is none here.</summary>
    PreferSave,
    /// <summary>Computed again.</summary>
    MustRecompute,
    /// <summary>Computed again, as without a policy.</summary>
    PreferRecompute,
}

/// <summary>An operation about which a policy decides.</summary>
/// <param name="Name">Its name in PyTorch's spelling, such as <c>mm</c>, <c>addmm</c>, <c>convolution</c> or <c>exp</c>: the node's
/// name without <c>Backward0</c>.</param>
/// <param name="Operands">Shape and dtype of each operand.</param>
/// <param name="IsRecompute">True when the region runs again: decide as the first time.</param>
public readonly record struct CheckpointOperation(string Name, IReadOnlyList<TensorSpec> Operands, bool IsRecompute);

/// <summary>What is open while a checkpointed region runs: the first time, and when it runs again.</summary>
/// <param name="Forward">Opens it; disposed when the region has run.</param>
/// <param name="Recompute">Opens it, each time the region runs again.</param>
public sealed record CheckpointContexts(Func<IDisposable?> Forward, Func<IDisposable?> Recompute);

/// <summary>Results of chosen operations, kept from the region's first run for its second.</summary>
internal sealed class SelectiveCache(Func<CheckpointOperation, CheckpointPolicy> policy, bool allowMutation)
{
    private readonly Dictionary<string, Queue<Entry>> kept = [];

    /// <summary>The run that has taken kept results. It may have ended early and left some, which are not another run's.</summary>
    private Cached? taker;

    internal CheckpointContexts Contexts => new(() => Watch.Begin(new Caching(this)), () => Watch.Begin(new Cached(this)));

    /// <summary>PyTorch's spelling of a node's name: <c>LogSoftmaxBackward0</c> is <c>log_softmax</c>.</summary>
    internal static string Name(string node)
    {
        int end = node.LastIndexOf("Backward", StringComparison.Ordinal);
        StringBuilder text = new();
        foreach (char c in end < 0 ? node : node[..end])
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0) text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }

    private bool Keeps(string name, ReadOnlySpan<Tensor> x, bool recompute)
    {
        TensorSpec[] operands = new TensorSpec[x.Length];
        for (int i = 0; i < operands.Length; i++) operands[i] = new(x[i]);
        return policy(new(name, operands, recompute)) is CheckpointPolicy.MustSave or CheckpointPolicy.PreferSave;
    }

    /// <summary>Results as they were. Null where they are views of operands: those are made again, which costs nothing.</summary>
    private readonly record struct Entry(Tensor[]? Results, int[] Versions);

    private sealed class Caching(SelectiveCache cache) : Watcher
    {
        internal override void Give(string node, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            string name = Name(node);
            if (!cache.Keeps(name, x, recompute: false)) return;
            if (!cache.kept.TryGetValue(name, out Queue<Entry>? queue)) cache.kept.Add(name, queue = []);
            bool view = false;
            foreach (Tensor t in y)
                foreach (Tensor operand in x) view |= ReferenceEquals(t.storage, operand.storage);
            Tensor[]? results = view ? null : new Tensor[y.Length];
            int[] versions = new int[y.Length];
            for (int i = 0; i < y.Length && results is not null; i++)
                (results[i], versions[i]) = (y[i].WithoutHistory(), y[i].storage.Version);
            queue.Enqueue(new(results, versions));
        }
    }

    private sealed class Cached(SelectiveCache cache) : Watcher
    {
        internal override Tensor[]? Take(string node, ReadOnlySpan<Tensor> x)
        {
            string name = Name(node);
            if (!cache.Keeps(name, x, recompute: true)) return null;
            if (!cache.kept.TryGetValue(name, out Queue<Entry>? queue))
                Throw.Graph($"{name} encountered during backward, but not found in storage: the policy must decide as the first time, " +
                    "and the function must do the same.");
            cache.taker ??= this;
            if (!queue.TryDequeue(out Entry entry) || cache.taker != this)
                Throw.Graph("Trying to backward an extra time. You are only allowed to backward once on any region computed under " +
                    $"selective activation checkpoint: the kept results of {name} were taken. Checkpoint without a policy, or run the " +
                    "region again.");
            if (entry.Results is null) return null;
            for (int i = 0; i < entry.Results.Length && !cache.AllowsMutation; i++)
                if (entry.Results[i].storage.Version != entry.Versions[i])
                    Throw.Graph("Tensor cached during selective activation checkpoint has been mutated: result " +
                        $"{i} of {name}, {Throw.Text(entry.Results[i])}. Do not write to it in place, keep another operation's result, " +
                        "or pass allowCacheEntryMutation: true if the new values are meant.");
            return entry.Results;
        }

        internal override void Give(string node, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y) { }
    }

    private bool AllowsMutation => allowMutation;
}

/// <summary>What operations a region computed, the first time and again, for the message when they differ.</summary>
internal sealed class CheckpointLog
{
    private readonly List<(string Operation, string Site)> forward = [], recompute = [];

    internal CheckpointContexts Contexts => new(() => Begin(forward), () => Begin(recompute));

    private static IDisposable Begin(List<(string, string)> into)
    {
        into.Clear();
        return Watch.Begin(new Writer(into));
    }

    internal string Report()
    {
        StringBuilder text = new("An error happened while unpacking tensors; dumping logs of latest computation because you passed " +
            "`debug=True` to `torch.utils.checkpoint.checkpoint()`.\n");
        Sites("1. Stack traces of the operators that ran in the original forward", forward, "original");
        Sites("2. Stack traces of the operators that ran during recomputation", recompute, "recompute");
        text.Append("\n3. Log of operators in the original forward and recomputation\n");
        text.Append("\nOperations executed during the original forward:\n\n").AppendJoin('\n', forward.Select(static e => e.Operation));
        text.Append("\n\nOperations executed during recomputation:\n\n").AppendJoin('\n', recompute.Select(static e => e.Operation));
        return text.Append('\n').ToString();

        void Sites(string title, List<(string Operation, string Site)> log, string label)
        {
            text.Append('\n').Append(title).Append('\n');
            for (int i = 0; i < log.Count; i++)
                text.Append(System.Globalization.CultureInfo.InvariantCulture,
                    $"\n{log[i].Operation}   ({i + 1} of {log.Count} in {label}){log[i].Site}\n");
        }
    }

    private sealed class Writer(List<(string, string)> into) : Watcher
    {
        private int names;

        internal override void Give(string node, ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
        {
            string operands = string.Join(", ", Array.ConvertAll(x.ToArray(), static t => Throw.Text(t)));
            string results = string.Join(", ", Array.ConvertAll(y.ToArray(), static t => Throw.Text(t)));
            into.Add(($"${names++}: {results} = {SelectiveCache.Name(node)}({operands})", Anomaly.Site()));
        }
    }
}
