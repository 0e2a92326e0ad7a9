using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>A function of two variables on whole vectors. Parameters of the function are fields of the struct.</summary>
internal partial interface IVectorZip
{
    Vector512<float> Invoke(Vector512<float> x, Vector512<float> y);
    Vector512<double> Invoke(Vector512<double> x, Vector512<double> y);
}

internal static partial class VectorZip
{
    // A scalar operand (step 0) is the same vector in every round, so one loop serves all three forms.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run512<TOp>(TOp op, ref float x, ref float y, ref float z, nint n, nint stepX, nint stepY)
        where TOp : struct, IVectorZip
    {
        Vector512<float> lastX = stepX != 0 ? VectorSpan.Last512(ref x, n) : Vector512.Create(x);
        Vector512<float> lastY = stepY != 0 ? VectorSpan.Last512(ref y, n) : Vector512.Create(y);
        for (nint i = 0; i < n; i += Vector512<float>.Count)
        {
            nint end = n - Vector512<float>.Count;
            Vector512<float> a = i < end && stepX != 0 ? Vector512.LoadUnsafe(ref Unsafe.Add(ref x, i)) : lastX;
            Vector512<float> b = i < end && stepY != 0 ? Vector512.LoadUnsafe(ref Unsafe.Add(ref y, i)) : lastY;
            Vector512<float> v = op.Invoke(a, b);
            if (end >= 0) v.StoreUnsafe(ref Unsafe.Add(ref z, i < end ? i : end));
            else VectorSpan.Store512(v, ref z, n);
        }
    }

    // A scalar operand (step 0) is the same vector in every round, so one loop serves all three forms.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run512<TOp>(TOp op, ref double x, ref double y, ref double z, nint n, nint stepX, nint stepY)
        where TOp : struct, IVectorZip
    {
        Vector512<double> lastX = stepX != 0 ? VectorSpan.Last512(ref x, n) : Vector512.Create(x);
        Vector512<double> lastY = stepY != 0 ? VectorSpan.Last512(ref y, n) : Vector512.Create(y);
        for (nint i = 0; i < n; i += Vector512<double>.Count)
        {
            nint end = n - Vector512<double>.Count;
            Vector512<double> a = i < end && stepX != 0 ? Vector512.LoadUnsafe(ref Unsafe.Add(ref x, i)) : lastX;
            Vector512<double> b = i < end && stepY != 0 ? Vector512.LoadUnsafe(ref Unsafe.Add(ref y, i)) : lastY;
            Vector512<double> v = op.Invoke(a, b);
            if (end >= 0) v.StoreUnsafe(ref Unsafe.Add(ref z, i < end ? i : end));
            else VectorSpan.Store512(v, ref z, n);
        }
    }
}
