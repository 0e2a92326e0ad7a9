using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

/// <summary>A function of one variable on whole vectors. Parameters of the function are fields of the struct.</summary>
internal partial interface IVectorMap
{
    Vector512<float> Invoke(Vector512<float> x);
    Vector512<double> Invoke(Vector512<double> x);
}

internal static partial class VectorMap
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run512<TOp>(TOp op, ref float x, ref float y, nint n) where TOp : struct, IVectorMap
    {
        // The last vector overlaps the one before it. It is read first, because y may be x.
        Vector512<float> last = VectorSpan.Last512(ref x, n);
        for (nint i = 0; i < n; i += Vector512<float>.Count)
        {
            nint end = n - Vector512<float>.Count;
            Vector512<float> v = op.Invoke(i < end ? Vector512.LoadUnsafe(ref Unsafe.Add(ref x, i)) : last);
            if (end >= 0) v.StoreUnsafe(ref Unsafe.Add(ref y, i < end ? i : end));
            else VectorSpan.Store512(v, ref y, n);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run512<TOp>(TOp op, ref double x, ref double y, nint n) where TOp : struct, IVectorMap
    {
        // The last vector overlaps the one before it. It is read first, because y may be x.
        Vector512<double> last = VectorSpan.Last512(ref x, n);
        for (nint i = 0; i < n; i += Vector512<double>.Count)
        {
            nint end = n - Vector512<double>.Count;
            Vector512<double> v = op.Invoke(i < end ? Vector512.LoadUnsafe(ref Unsafe.Add(ref x, i)) : last);
            if (end >= 0) v.StoreUnsafe(ref Unsafe.Add(ref y, i < end ? i : end));
            else VectorSpan.Store512(v, ref y, n);
        }
    }
}
