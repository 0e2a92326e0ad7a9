namespace Nabla;

public sealed partial class Tensor
{
    internal static Tensor Stack(Tensor[] tensors) => throw new NotSupportedException();
}
