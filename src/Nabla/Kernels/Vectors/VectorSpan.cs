using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>What the vector drivers share: span checks, and the copies of the last elements.</summary>
internal static partial class VectorSpan
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref TTo First<TFrom, TTo>(ReadOnlySpan<TFrom> x) where TFrom : unmanaged where TTo : unmanaged
        => ref Unsafe.As<TFrom, TTo>(ref MemoryMarshal.GetReference(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Require(int source, int target)
    {
        if (source != target) ThrowLength(source, target);
    }

    /// <summary>
    /// Where a loop begins behind a first, overlapping vector: in long spans so that no store straddles two lines of the cache, except
    /// where that would tear two elements that belong together.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe nint Start<T>(ref T y, nint n, nint bytes, bool pairs = false) where T : unmanaged
    {
        nint w = bytes / sizeof(T);
        nint start = n < 16 * w ? w : w - ((nint)Unsafe.AsPointer(ref y) & (bytes - 1)) / sizeof(T);
        return pairs ? start & ~1 : start;
    }

    /// <summary>Copies <paramref name="count"/> elements, fewer than a vector has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<T>(ref T from, ref T to, nint count) where T : unmanaged
    {
        for (nint i = 0; i < count; i++) Unsafe.Add(ref to, i) = Unsafe.Add(ref from, i);
    }

    [DoesNotReturn]
    private static void ThrowLength(int source, int target)
        => throw new ArgumentException($"The spans differ in length: {source} and {target}.");

    [DoesNotReturn]
    public static void ThrowType(Type type) => ThrowType<int>(type);

    [DoesNotReturn]
    public static T ThrowType<T>(Type type)
        => throw new NotSupportedException($"Elementary functions are defined for float and double, not for {type.Name}.");
}
