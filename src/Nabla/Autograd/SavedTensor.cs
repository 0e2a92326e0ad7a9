namespace Nabla;

/// <summary>The place of one tensor that a node keeps for backward; see <see cref="Node.RawSaved"/>.</summary>
public sealed class SavedTensor
{
    private readonly Node node;
    private readonly int index;

    internal SavedTensor(Node node, int index) => (this.node, this.index) = (node, index);

    /// <summary>The node that keeps it.</summary>
    public Node Node => node;

    /// <summary>PyTorch's name of it in its node, such as <c>self</c> or <c>result</c>.</summary>
    public string Name => node.SavedName(index);

    /// <summary>Keeps what <paramref name="pack"/> makes of this tensor in its stead; each time the tensor is needed, it goes through
    /// <paramref name="unpack"/>. <paramref name="pack"/> runs at once.</summary>
    /// <remarks>If an error is thrown, be it by <paramref name="pack"/>, the tensor is kept as before. What
    /// <paramref name="pack"/> returned is disposed when the graph is freed, if it is <see cref="IDisposable"/>.</remarks>
    /// <param name="pack">Gets the tensor, without history, and must not write to it. It runs where nothing is recorded.</param>
    /// <param name="unpack">Gets what <paramref name="pack"/> returned and returns a tensor of the same shape and dtype, which takes the
    /// saved tensor's place in the graph.</param>
    /// <exception cref="AutogradException">There are hooks already, of this tensor or of a scope in which it was saved; nothing was saved
    /// here, or it was freed or written to since; <paramref name="pack"/> writes to the tensor.</exception>
    public void RegisterHooks<T>(Func<Tensor, T> pack, Func<T, Tensor> unpack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(unpack);
        node.SavedRef(index).Hook(node, Name, t => pack(t), data => unpack((T)data!));
    }

    /// <summary>The node and the name.</summary>
    public override string ToString() => $"{Name} of {node}";
}
