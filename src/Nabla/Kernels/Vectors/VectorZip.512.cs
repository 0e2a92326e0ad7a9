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
    // An operand with step 0 is a number. Each form has a loop of its own: one loop for all kept its operands in memory.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run512<TOp>(TOp op, ref float x, ref float y, ref float z, nint n, nint stepX, nint stepY)
        where TOp : struct, IVectorZip
    {
        nint w = Vector512<float>.Count;
        Vector512<float> a = Vector512.Create(x), b = Vector512.Create(y);
        Vector512<float> last = Once512(op, stepX != 0 ? VectorSpan.Last512(ref x, n) : a, stepY != 0 ? VectorSpan.Last512(ref y, n) : b);
        if (n <= w)
        {
            if (n == w) last.StoreUnsafe(ref z);
            else VectorSpan.Store512(last, ref z, n);
            return;
        }
        // Both ends are read first, because z may be an operand, and written last.
        Vector512<float> first = Once512(op, stepX != 0 ? Vector512.LoadUnsafe(ref x) : a, stepY != 0 ? Vector512.LoadUnsafe(ref y) : b);
        nint i = VectorSpan.Start(ref z, n, Vector512<byte>.Count, TOp.Pairs);
        if (stepX == 0) FromNumber512(op, a, ref y, ref z, i, n - w);
        else if (stepY == 0) WithNumber512(op, ref x, b, ref z, i, n - w);
        else Through512(op, ref x, ref y, ref z, i, n - w);
        first.StoreUnsafe(ref z);
        last.StoreUnsafe(ref z, (nuint)(n - w));
    }

    [MethodImpl(SimdMethod.Whole)]
    private static void Through512<TOp>(TOp op, ref float x, ref float y, ref float z, nint i, nint end) where TOp : struct, IVectorZip
    {
        for (; i < end; i += Vector512<float>.Count)
            op.Invoke(Vector512.LoadUnsafe(ref x, (nuint)i), Vector512.LoadUnsafe(ref y, (nuint)i)).StoreUnsafe(ref z, (nuint)i);
    }

    [MethodImpl(SimdMethod.Whole)]
    private static void WithNumber512<TOp>(TOp op, ref float x, Vector512<float> y, ref float z, nint i, nint end)
        where TOp : struct, IVectorZip
    {
        for (; i < end; i += Vector512<float>.Count) op.Invoke(Vector512.LoadUnsafe(ref x, (nuint)i), y).StoreUnsafe(ref z, (nuint)i);
    }

    [MethodImpl(SimdMethod.Whole)]
    private static void FromNumber512<TOp>(TOp op, Vector512<float> x, ref float y, ref float z, nint i, nint end)
        where TOp : struct, IVectorZip
    {
        for (; i < end; i += Vector512<float>.Count) op.Invoke(x, Vector512.LoadUnsafe(ref y, (nuint)i)).StoreUnsafe(ref z, (nuint)i);
    }

    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<float> Once512<TOp>(TOp op, Vector512<float> x, Vector512<float> y)
        where TOp : struct, IVectorZip => op.Invoke(x, y);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run512<TOp>(TOp op, ref double x, ref double y, ref double z, nint n, nint stepX, nint stepY)
        where TOp : struct, IVectorZip
    {
        nint w = Vector512<double>.Count;
        Vector512<double> a = Vector512.Create(x), b = Vector512.Create(y);
        Vector512<double> last = Once512(op, stepX != 0 ? VectorSpan.Last512(ref x, n) : a, stepY != 0 ? VectorSpan.Last512(ref y, n) : b);
        if (n <= w)
        {
            if (n == w) last.StoreUnsafe(ref z);
            else VectorSpan.Store512(last, ref z, n);
            return;
        }
        // Both ends are read first, because z may be an operand, and written last.
        Vector512<double> first = Once512(op, stepX != 0 ? Vector512.LoadUnsafe(ref x) : a, stepY != 0 ? Vector512.LoadUnsafe(ref y) : b);
        nint i = VectorSpan.Start(ref z, n, Vector512<byte>.Count, TOp.Pairs);
        if (stepX == 0) FromNumber512(op, a, ref y, ref z, i, n - w);
        else if (stepY == 0) WithNumber512(op, ref x, b, ref z, i, n - w);
        else Through512(op, ref x, ref y, ref z, i, n - w);
        first.StoreUnsafe(ref z);
        last.StoreUnsafe(ref z, (nuint)(n - w));
    }

    [MethodImpl(SimdMethod.Whole)]
    private static void Through512<TOp>(TOp op, ref double x, ref double y, ref double z, nint i, nint end) where TOp : struct, IVectorZip
    {
        for (; i < end; i += Vector512<double>.Count)
            op.Invoke(Vector512.LoadUnsafe(ref x, (nuint)i), Vector512.LoadUnsafe(ref y, (nuint)i)).StoreUnsafe(ref z, (nuint)i);
    }

    [MethodImpl(SimdMethod.Whole)]
    private static void WithNumber512<TOp>(TOp op, ref double x, Vector512<double> y, ref double z, nint i, nint end)
        where TOp : struct, IVectorZip
    {
        for (; i < end; i += Vector512<double>.Count) op.Invoke(Vector512.LoadUnsafe(ref x, (nuint)i), y).StoreUnsafe(ref z, (nuint)i);
    }

    [MethodImpl(SimdMethod.Whole)]
    private static void FromNumber512<TOp>(TOp op, Vector512<double> x, ref double y, ref double z, nint i, nint end)
        where TOp : struct, IVectorZip
    {
        for (; i < end; i += Vector512<double>.Count) op.Invoke(x, Vector512.LoadUnsafe(ref y, (nuint)i)).StoreUnsafe(ref z, (nuint)i);
    }

    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<double> Once512<TOp>(TOp op, Vector512<double> x, Vector512<double> y)
        where TOp : struct, IVectorZip => op.Invoke(x, y);
}
