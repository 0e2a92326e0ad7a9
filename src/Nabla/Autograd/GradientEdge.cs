namespace Nabla;

/// <summary>
/// A place in the graph where a gradient can begin or be asked for, without the tensor that stood there: an output of a node. A tensor
/// converts to its edge by itself.
/// </summary>
public readonly struct GradientEdge : IEquatable<GradientEdge>
{
    /// <summary>Output <paramref name="outputNr"/> of <paramref name="node"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The node has no such output.</exception>
    public GradientEdge(Node node, int outputNr)
    {
        ArgumentNullException.ThrowIfNull(node);
        if ((uint)outputNr >= (uint)node.OutputCount)
            Throw.Range(nameof(outputNr), outputNr, $"{node.Name} has {node.OutputCount} outputs.");
        (Node, OutputNr) = (node, outputNr);
    }

    private GradientEdge(Tensor tensor)
    {
        (Node? node, OutputNr) = tensor.Edge;
        (Node, Of) = (node!, tensor);
    }

    /// <summary>The node that receives the gradient.</summary>
    public Node Node { get; }

    /// <summary>Which of the node's outputs the gradient belongs to.</summary>
    public int OutputNr { get; }

    /// <summary>The tensor, where it is known.</summary>
    internal Tensor? Of { get; }

    internal Edge Edge => new(Node, OutputNr);

    internal TensorSpec Spec => Of is { } t ? new(t) : Node.Output(OutputNr);

    /// <summary>What it is, for messages.</summary>
    internal string Text => Of is { } t ? Throw.Text(t) : $"output {OutputNr} of {Node.Name}, {Spec.DType.Name()} {Spec.Shape}";

    /// <summary>The edge of a tensor; it has no node if the tensor requires no gradient.</summary>
    public static implicit operator GradientEdge(Tensor tensor) => FromTensor(tensor);

    /// <summary>The edge of a tensor; it has no node if the tensor requires no gradient.</summary>
    public static GradientEdge FromTensor(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new(tensor);
    }

    /// <summary>The same without the tensor, which it would keep alive.</summary>
    internal GradientEdge Bare => new(Node, OutputNr);

    /// <inheritdoc/>
    public bool Equals(GradientEdge other) => ReferenceEquals(Node, other.Node) && OutputNr == other.OutputNr;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is GradientEdge other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Node, OutputNr);

    /// <summary>The same place.</summary>
    public static bool operator ==(GradientEdge left, GradientEdge right) => left.Equals(right);

    /// <summary>Another place.</summary>
    public static bool operator !=(GradientEdge left, GradientEdge right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => $"GradientEdge({Node}, {OutputNr})";
}
