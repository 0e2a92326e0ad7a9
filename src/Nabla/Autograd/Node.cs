using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>A place in the graph: the output <paramref name="OutputNr"/> of a node, or nothing where no gradient is needed.</summary>
/// <param name="Node">The node that receives the gradient.</param>
/// <param name="OutputNr">Which of the node's outputs the gradient belongs to.</param>
public readonly record struct Edge(Node? Node, int OutputNr);

/// <summary>One recorded operation: it knows the nodes its inputs came from and turns a gradient of its output into theirs.</summary>
public abstract partial class Node
{
    [ThreadStatic] private static long counter;

    /// <summary>Later nodes have larger numbers; the engine runs the largest number that is ready first.</summary>
    internal long Sequence;

    /// <summary>This node's slot in the backward run that holds the fast token; see <see cref="GraphTask"/>.</summary>
    internal int Slot;

    /// <summary>The backward run that freed what this node had saved: the low bits of its number, for a message.</summary>
    internal ushort FreedBy;

    /// <summary>Sizes and strides of the first output; null as long as no tensor is an output of this node.</summary>
    internal Layout? OutLayout;

    /// <summary>What few nodes have: hooks, metadata, the place of the call.</summary>
    internal NodeExtra? Extra;

    internal DType OutType;

    private protected bool freed;

    /// <summary>A node with the next sequence number of this thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected Node()
    {
        Sequence = ++counter;
        if (NodeWatch.On) NodeWatch.Record(this);
    }

    /// <summary>The number of the node that this thread made last.</summary>
    internal static long LastSequence => counter;

    /// <summary>PyTorch's name of the node, such as <c>MulBackward0</c>.</summary>
    public abstract string Name { get; }

    internal abstract int InputCount { get; }

    internal abstract Edge Input(int i);

    internal virtual int OutputCount => 1;

    /// <summary>Shape and dtype of an output.</summary>
    internal virtual TensorSpec Output(int i) => new(OutLayout ?? Layout.Scalar, OutType);

    /// <summary>Writes one gradient per input that needs one. For nodes with one output.</summary>
    internal abstract void Pull(Tensor g, Span<Tensor?> into);

    /// <summary>Writes one gradient per input that needs one; a gradient that no output received is null.</summary>
    internal virtual void Pull(ReadOnlySpan<Tensor?> g, Span<Tensor?> into) => Pull(g[0]!, into);

    /// <summary>Drops what was saved for backward.</summary>
    internal virtual void Release() { }

    /// <summary>How many values this node may have saved, those that it did not among them.</summary>
    internal virtual int SavedCount => 0;

    /// <summary>PyTorch's name of a saved value.</summary>
    internal virtual string SavedName(int i) => throw new ArgumentOutOfRangeException(nameof(i));

    /// <summary>The place of a saved value in this node.</summary>
    internal virtual ref Saved SavedRef(int i) => throw new ArgumentOutOfRangeException(nameof(i));

    /// <summary>A saved value and its name.</summary>
    internal (string Name, Saved Value) SavedAt(int i) => (SavedName(i), SavedRef(i));

    internal void Retain(Tensor output) => (Extras.Retained ??= []).Add(output);

    internal NodeExtra Extras
    {
        get
        {
            if (Extra is null) Interlocked.CompareExchange(ref Extra, new NodeExtra(), null);
            return Extra;
        }
    }

    /// <summary>The node's name, as <c>&lt;AddBackward0&gt;</c>.</summary>
    public override string ToString() => $"<{Name}>";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void ThrowIfFreed()
    {
        if (freed) Throw.BackwardTwice(this);
    }

    internal bool IsFreed => freed;
}

/// <summary>What few nodes have.</summary>
internal sealed class NodeExtra
{
    /// <summary>Results whose gradient is to be kept in <see cref="Tensor.Grad"/>.</summary>
    internal List<Tensor>? Retained;

    internal HookList<Func<Tensor, Tensor?>>? TensorHooks;
    internal HookList<Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?>>? Prehooks;
    internal HookList<Func<IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>, IReadOnlyList<Tensor?>?>>? Posthooks;

    /// <summary>Of a leaf's node: called after the leaf's gradient has grown.</summary>
    internal HookList<Action<Tensor>>? AccumulatedHooks;

    internal Dictionary<string, object?>? Metadata;

    /// <summary>In anomaly mode: where the operation was called.</summary>
    internal string? Site;

    /// <summary>In anomaly mode: the node in whose backward this one was made.</summary>
    internal Node? Parent;

    /// <summary>Where modules are recorded: the module's call in which this node was made.</summary>
    internal ModuleFrame? Module;

    /// <summary>Under a profiler: the thread that made this node.</summary>
    internal int Thread;

    internal static T Once<T>(ref T? field) where T : class, new()
    {
        if (field is null) Interlocked.CompareExchange(ref field, new T(), null);
        return field;
    }
}
