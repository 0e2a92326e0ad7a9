using System.Collections;

namespace Nabla;

public abstract partial class Node
{
    /// <summary>
    /// A number that grows with each node recorded on a thread. Of the nodes that are ready, backward runs the one with the largest number
    /// first; a leaf's node has the largest there is. Set it to change the order.
    /// </summary>
    public long SequenceNumber
    {
        get => Sequence;
        set => Sequence = value;
    }

    /// <summary>Where the gradients of this node's inputs go: one entry per operand, plain numbers and operands without gradient
    /// included; those have no node.</summary>
    public IReadOnlyList<Edge> NextFunctions
    {
        get
        {
            Edge[] edges = new Edge[InputCount];
            for (int i = 0; i < edges.Length; i++) edges[i] = Input(i);
            return edges;
        }
    }

    /// <summary>Shape and dtype of each output, and so of each gradient that this node receives.</summary>
    public IReadOnlyList<TensorSpec> InputMetadata
    {
        get
        {
            TensorSpec[] specs = new TensorSpec[OutputCount];
            for (int i = 0; i < specs.Length; i++) specs[i] = Output(i);
            return specs;
        }
    }

    /// <summary>Whatever is to be kept with this node.</summary>
    public IDictionary<string, object?> Metadata => NodeExtra.Once(ref Extras.Metadata);

    /// <summary>The leaf that this node adds gradients to; null for any other node.</summary>
    public Tensor? Variable => (this as AccumulateGrad)?.Leaf;

    /// <summary>The operation and its parameters as text, such as <c>Sum { Dims = [-1], KeepDim = False }</c>; the name if there are
    /// none.</summary>
    public virtual string Description => Name;

    /// <summary>
    /// The tensors kept for backward, by PyTorch's names: <c>self</c>, <c>other</c>, <c>result</c>, <c>mat2</c> (its <c>_saved_self</c>
    /// and so on). A rule keeps only what it reads, and only for operands that need a gradient.
    /// </summary>
    /// <exception cref="AutogradException">On access: they were freed by a backward, or written to in place since.</exception>
    public IReadOnlyDictionary<string, Tensor> Saved => new SavedView(this);

    /// <summary>The places of the tensors kept for backward, by the names of <see cref="Saved"/>, those of operands that were not saved
    /// among them: to keep one of them in another way (PyTorch's <c>_raw_saved_self</c> and so on).</summary>
    public IReadOnlyDictionary<string, SavedTensor> RawSaved
    {
        get
        {
            Dictionary<string, SavedTensor> all = new(SavedCount);
            for (int i = 0; i < SavedCount; i++) all.TryAdd(SavedName(i), new(this, i));
            return all;
        }
    }

    /// <summary>Runs this node's rule by itself: from gradients of its outputs to those of its inputs. Hooks do not run. A leaf's node
    /// adds the gradient to its leaf.</summary>
    /// <param name="gradients">One per output; null where there is none.</param>
    /// <returns>One per entry of <see cref="NextFunctions"/>; null where none is needed.</returns>
    /// <exception cref="ArgumentException">The number of gradients is not the number of outputs.</exception>
    /// <exception cref="ShapeException">A gradient has not the shape of its output.</exception>
    /// <exception cref="AutogradException">What was saved has been freed.</exception>
    public Tensor?[] Call(params ReadOnlySpan<Tensor?> gradients)
    {
        if (gradients.Length != OutputCount)
            throw new ArgumentException($"expected {OutputCount} arguments, got {gradients.Length} instead: {Name} has {OutputCount} " +
                $"output{(OutputCount == 1 ? "" : "s")}, each of which needs a gradient or null.", nameof(gradients));
        Tensor?[] results = new Tensor?[InputCount];
        bool any = false;
        for (int i = 0; i < gradients.Length; i++)
        {
            if (gradients[i] is not { } g) continue;
            any = true;
            if (!g.layout.SameShape(Output(i).Layout))
                Throw.Shapes($"Mismatch in shape: gradient {i} has a shape of torch.Size({g.Shape}) and output {i} of {Name} has a shape " +
                    $"of torch.Size({Output(i).Shape}).");
        }
        if (!any) return results;
        if (this is AccumulateGrad leaf) leaf.Add(gradients[0]!, own: false, GradMode.Enabled);
        else if (gradients.Length == 1) Pull(gradients[0]!, results);
        else Pull(gradients, results);
        return results;
    }

    private sealed class SavedView(Node node) : IReadOnlyDictionary<string, Tensor>
    {
        public IEnumerable<string> Keys
        {
            get
            {
                node.ThrowIfFreed();
                for (int i = 0; i < node.SavedCount; i++)
                    if (node.SavedAt(i) is { Value.IsEmpty: false } entry) yield return entry.Name;
            }
        }

        public int Count => Keys.Count();

        public IEnumerable<Tensor> Values => Keys.Select(key => this[key]);

        public Tensor this[string key] => TryGetValue(key, out Tensor? value) ? value
            : throw new KeyNotFoundException($"{node.Name} saved no tensor '{key}'; it saved: {string.Join(", ", Keys)}.");

        public bool ContainsKey(string key) => Keys.Contains(key);

        public bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out Tensor value)
        {
            node.ThrowIfFreed();
            for (int i = 0; i < node.SavedCount; i++)
            {
                (string name, Saved saved) = node.SavedAt(i);
                if (name != key || saved.IsEmpty) continue;
                value = saved.Get(node);
                return true;
            }
            value = null;
            return false;
        }

        public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() =>
            Keys.Select(key => KeyValuePair.Create(key, this[key])).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
