using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static partial class VectorSpan
{
    /// <summary>The last vector of n elements; if there are fewer than a vector holds, all of them, and anything behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Last512<T>(ref T x, nint n) where T : unmanaged
        => n >= Vector512<T>.Count ? Vector512.LoadUnsafe(ref Unsafe.Add(ref x, n - Vector512<T>.Count))
        : n == 1 ? Vector512.Create(x) : Short512(ref x, n);

    [MethodImpl(SimdMethod.Whole)]
    private static Vector512<T> Short512<T>(ref T x, nint n) where T : unmanaged
    {
        Vector512<T> pad = default;
        Copy(ref x, ref Unsafe.As<Vector512<T>, T>(ref pad), n);
        return pad;
    }

    /// <summary>Stores the first n elements of a vector that holds more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store512<T>(Vector512<T> v, ref T y, nint n) where T : unmanaged
    {
        if (n == 1) y = v.ToScalar();
        else StoreShort512(v, ref y, n);
    }

    [MethodImpl(SimdMethod.Whole)]
    private static void StoreShort512<T>(Vector512<T> v, ref T y, nint n) where T : unmanaged
        => Copy(ref Unsafe.As<Vector512<T>, T>(ref v), ref y, n);
}
