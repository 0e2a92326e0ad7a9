using System.Runtime.CompilerServices;

namespace Nabla;

/// <summary>A place in the graph: the output <paramref name="OutputNr"/> of a node, or nothing where no gradient is needed.</summary>
/// <param name="Node">The node that receives the gradient.</param>
/// <param name="OutputNr">Which of the node's outputs the gradient belongs to.</param>
public readonly record struct Edge(Node? Node, int OutputNr);

/// <summary>One recorded operation: it knows the nodes its inputs came from and turns a gradient of its output into theirs.</summary>
public abstract class Node
{
    [ThreadStatic] private static long counter;

    /// <summary>Later nodes have larger numbers; the engine runs the largest number that is ready first.</summary>
    internal long Sequence;

    /// <summary>This node's slot in the backward run that holds the fast token; see <see cref="GraphTask"/>.</summary>
    internal int Slot;

    private protected bool freed;

    /// <summary>A node with the next sequence number of this thread.</summary>
    private protected Node() => Sequence = ++counter;

    /// <summary>PyTorch's name of the node, such as <c>MulBackward0</c>.</summary>
    public abstract string Name { get; }

    /// <summary>A number that grows with each node recorded on a thread.</summary>
    public long SequenceNumber => Sequence;

    /// <summary>Where the gradients of this node's inputs go, one entry per input.</summary>
    public IReadOnlyList<Edge> NextFunctions
    {
        get
        {
            Edge[] edges = new Edge[InputCount];
            for (int i = 0; i < edges.Length; i++) edges[i] = Input(i);
            return edges;
        }
    }

    internal abstract int InputCount { get; }

    internal abstract Edge Input(int i);

    internal virtual int OutputCount => 1;

    /// <summary>Writes one gradient per input that needs one. For nodes with one output.</summary>
    internal abstract void Pull(Tensor g, Span<Tensor?> into);

    /// <summary>Writes one gradient per input that needs one; a gradient that no output received is null.</summary>
    internal virtual void Pull(ReadOnlySpan<Tensor?> g, Span<Tensor?> into) => Pull(g[0]!, into);

    /// <summary>Drops what was saved for backward.</summary>
    internal virtual void Release() { }

    /// <summary>Results whose gradient is to be kept in <see cref="Tensor.Grad"/>.</summary>
    internal List<Tensor>? Retained;

    internal void Retain(Tensor output) => (Retained ??= []).Add(output);

    /// <summary>The node's name, as <c>&lt;AddBackward0&gt;</c>.</summary>
    public override string ToString() => $"<{Name}>";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private protected void ThrowIfFreed()
    {
        if (freed) Throw.BackwardTwice(Name);
    }
}

/// <summary>A tensor kept for backward, with the version it had.</summary>
internal struct Saved
{
    private Tensor? tensor;
    private readonly int version;

    internal Saved(Tensor tensor)
    {
        if (tensor.IsInference)
            Throw.Graph("Inference tensors cannot be saved for backward. To work around you can make a clone to get a normal tensor and " +
                "use it in autograd.");
        this.tensor = tensor;
        version = tensor.storage.Version;
    }

    /// <summary>The tensor, or null if the rule did not ask for it.</summary>
    /// <exception cref="AutogradException">It was written to in place since.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly Tensor Get(Node node)
    {
        if (tensor is { } t && t.storage.Version != version) Throw.ModifiedInPlace(node.Name, t, version, t.storage.Version);
        return tensor!;
    }

    internal void Clear() => tensor = null;
}

/// <summary>The end of every path that reaches a leaf: adds what arrives to the leaf's <see cref="Tensor.Grad"/>.</summary>
internal sealed class AccumulateGrad : Node
{
    internal readonly Tensor Leaf;

    internal AccumulateGrad(Tensor leaf)
    {
        Leaf = leaf;
        Sequence = long.MaxValue;
    }

    public override string Name => "AccumulateGrad";
    internal override int InputCount => 0;
    internal override Edge Input(int i) => default;
    internal override void Pull(Tensor g, Span<Tensor?> into) { }

    /// <summary>Adds a gradient. Several backward runs may do so at once.</summary>
    /// <param name="g">The gradient, with the leaf's shape and dtype.</param>
    /// <param name="own">Nobody else holds <paramref name="g"/>'s memory, so it can become the leaf's gradient as it is.</param>
    /// <param name="createGraph">Keep the graph of the sum.</param>
    internal void Add(Tensor g, bool own, bool createGraph)
    {
        lock (this)
        {
            TensorMeta meta = Leaf.Meta;
            if (meta.Grad is not { } old) meta.Grad = createGraph ? g : own && Fits(g) ? g.Detach() : Obey(g);
            else if (createGraph || old.RequiresGrad || old.layout.MayOverlap) meta.Grad = old + g;
            else old.AddRaw_(g);
        }
    }

    /// <summary>A gradient lies in memory as its leaf does, if the leaf is dense.</summary>
    private bool Fits(Tensor g) => g.layout.IsPlain && (Leaf.layout.IsDense ? g.layout.SameStrides(Leaf.layout) : g.IsContiguous);

    private Tensor Obey(Tensor g)
    {
        if (g.wrap is not null) return g.Clone();
        Tensor copy = Tensor.Allocate(Leaf.layout.Fresh, g.dtype);
        Kernels.Copy.Run(g, copy);
        return copy;
    }
}
