namespace Nabla;

public sealed partial class Tensor
{
    /// <summary>The values as text.</summary>
    public override string ToString() => wrap is { } w ? w.Print(this) : "tensor(" + string.Join(", ", Kernels.Copy.Cast(Kernels.Copy.Contiguous(this), DType.Float64).Span<double>().ToArray()) + ") " + Shape;
}
