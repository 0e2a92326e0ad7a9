using System.Runtime.CompilerServices;

namespace Nabla;

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

    internal readonly bool IsEmpty => tensor is null;

    /// <summary>The tensor, or null if the rule did not ask for it.</summary>
    /// <exception cref="AutogradException">It was written to in place since.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly Tensor Get(Node node)
    {
        if (tensor is { } t && t.storage.Version != version) Throw.ModifiedInPlace(node.Name, t, version, t.storage.Version);
        return tensor!;
    }

    /// <summary>Drops the tensor. A plain number stays, since it costs nothing.</summary>
    /// <returns>True if a tensor was dropped.</returns>
    internal bool Drop()
    {
        if (tensor is null || tensor.IsWrappedNumber) return false;
        tensor = null;
        return true;
    }
}
