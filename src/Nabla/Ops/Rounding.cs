using System.Numerics;
using System.Numerics.Tensors;

namespace Nabla;

internal static partial class Ops
{
    /// <summary>⌊x⌋; its derivative is zero wherever it exists.</summary>
    public readonly record struct Floor : IFloatMap<Floor>
    {
        static Saves IMap<Floor>.Saves => Saves.None;
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Floor(x, y);
        public Tensor Diff(Tensor d, Tensor x, Tensor y) => Tensor.ZerosLike(d);
    }
}

public sealed partial class Tensor
{
    /// <summary>⌊x⌋; integers are returned as they are.</summary>
    public Tensor Floor() => dtype.IsFloatingPoint() ? Map.Apply(new Ops.Floor(), this) : Clone();
}
