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
        nint w = Vector512<float>.Count;
        Vector512<float> last = Once512(op, VectorSpan.Last512(ref x, n));
        if (n <= w)
        {
            if (n == w) last.StoreUnsafe(ref y);
            else VectorSpan.Store512(last, ref y, n);
            return;
        }
        // The first and the last vector overlap their neighbours. They are read first, because y may be x, and written last.
        Vector512<float> first = Once512(op, Vector512.LoadUnsafe(ref x));
        for (nint i = VectorSpan.Start(ref y, n, Vector512<byte>.Count, TOp.Pairs); i < n - w; i += w)
            op.Invoke(Vector512.LoadUnsafe(ref x, (nuint)i)).StoreUnsafe(ref y, (nuint)i);
        first.StoreUnsafe(ref y);
        last.StoreUnsafe(ref y, (nuint)(n - w));
    }

    /// <summary>A second copy of the operator's text would use up the inliner's budget for the loop.</summary>
    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<float> Once512<TOp>(TOp op, Vector512<float> x) where TOp : struct, IVectorMap => op.Invoke(x);

    [MethodImpl(SimdMethod.Whole)]
    private static float One512<TOp>(TOp op, float x) where TOp : struct, IVectorMap => op.Invoke(Vector512.Create(x)).ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run512<TOp>(TOp op, ref double x, ref double y, nint n) where TOp : struct, IVectorMap
    {
        nint w = Vector512<double>.Count;
        Vector512<double> last = Once512(op, VectorSpan.Last512(ref x, n));
        if (n <= w)
        {
            if (n == w) last.StoreUnsafe(ref y);
            else VectorSpan.Store512(last, ref y, n);
            return;
        }
        // The first and the last vector overlap their neighbours. They are read first, because y may be x, and written last.
        Vector512<double> first = Once512(op, Vector512.LoadUnsafe(ref x));
        for (nint i = VectorSpan.Start(ref y, n, Vector512<byte>.Count, TOp.Pairs); i < n - w; i += w)
            op.Invoke(Vector512.LoadUnsafe(ref x, (nuint)i)).StoreUnsafe(ref y, (nuint)i);
        first.StoreUnsafe(ref y);
        last.StoreUnsafe(ref y, (nuint)(n - w));
    }

    /// <summary>A second copy of the operator's text would use up the inliner's budget for the loop.</summary>
    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<double> Once512<TOp>(TOp op, Vector512<double> x) where TOp : struct, IVectorMap => op.Invoke(x);

    [MethodImpl(SimdMethod.Whole)]
    private static double One512<TOp>(TOp op, double x) where TOp : struct, IVectorMap => op.Invoke(Vector512.Create(x)).ToScalar();
}
