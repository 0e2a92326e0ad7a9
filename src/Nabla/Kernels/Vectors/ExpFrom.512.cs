using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal readonly partial struct ExpFromMap : IVectorMap
{
    public Vector512<float> Invoke(Vector512<float> x) => SimdF32.Exp(x - Vector512.Create(singleShift));

    public Vector512<double> Invoke(Vector512<double> x) => SimdF64.Exp(x - Vector512.Create(shift));
}
