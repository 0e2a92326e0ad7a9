using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>A function of one variable on whole vectors of any number type.</summary>
internal interface ILaneMap<T> where T : unmanaged
{
    Vector<T> Invoke(Vector<T> x);
}

/// <summary>A function of two variables on whole vectors; a predicate gives all bits or none.</summary>
internal interface ILaneZip<T> where T : unmanaged
{
    Vector<T> Invoke(Vector<T> x, Vector<T> y);
}

/// <summary>
/// Loops over contiguous memory for short functions, written once for all number types. Every element passes through the vector code, the
/// last ones from a padded buffer. The result may be an operand's memory.
/// </summary>
internal static class Lanes
{
    /// <summary>y[i] = op(x[i]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Map<TOp, T>(TOp op, ReadOnlySpan<T> x, Span<T> y) where TOp : struct, ILaneMap<T> where T : unmanaged
    {
        if (y.Length < x.Length) ThrowLength();
        ref T a = ref MemoryMarshal.GetReference(x), b = ref MemoryMarshal.GetReference(y);
        int i = 0;
        for (int last = x.Length - Vector<T>.Count; i <= last; i += Vector<T>.Count)
            op.Invoke(Vector.LoadUnsafe(ref a, (nuint)i)).StoreUnsafe(ref b, (nuint)i);
        if (i == x.Length) return;
        Span<T> rest = stackalloc T[Vector<T>.Count];
        x[i..].CopyTo(rest);
        op.Invoke(new Vector<T>(rest)).CopyTo(rest);
        rest[..(x.Length - i)].CopyTo(y[i..]);
    }

    /// <summary>z[i] = op(x[i], y[i]).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Zip<TOp, T>(TOp op, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z)
        where TOp : struct, ILaneZip<T> where T : unmanaged
    {
        if (y.Length < x.Length || z.Length < x.Length) ThrowLength();
        ref T a = ref MemoryMarshal.GetReference(x), b = ref MemoryMarshal.GetReference(y), c = ref MemoryMarshal.GetReference(z);
        int i = 0;
        for (int last = x.Length - Vector<T>.Count; i <= last; i += Vector<T>.Count)
            op.Invoke(Vector.LoadUnsafe(ref a, (nuint)i), Vector.LoadUnsafe(ref b, (nuint)i)).StoreUnsafe(ref c, (nuint)i);
        if (i == x.Length) return;
        Span<T> rest = stackalloc T[Vector<T>.Count], other = stackalloc T[Vector<T>.Count];
        x[i..].CopyTo(rest);
        y[i..x.Length].CopyTo(other);
        op.Invoke(new Vector<T>(rest), new Vector<T>(other)).CopyTo(rest);
        rest[..(x.Length - i)].CopyTo(z[i..]);
    }

    /// <summary>z[i] = op(x[i], y[i]) as a bool: masks are packed to bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Test<TOp, T>(TOp op, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<bool> z)
        where TOp : struct, ILaneZip<T> where T : unmanaged
    {
        if (y.Length < x.Length || z.Length < x.Length) ThrowLength();
        ref T a = ref MemoryMarshal.GetReference(x), b = ref MemoryMarshal.GetReference(y);
        Span<byte> bytes = MemoryMarshal.AsBytes(z);
        ref byte c = ref MemoryMarshal.GetReference(bytes);
        int i = 0;
        for (int last = x.Length - Vector<byte>.Count; i <= last; i += Vector<byte>.Count)
            Pack(op, ref Unsafe.Add(ref a, i), ref Unsafe.Add(ref b, i)).StoreUnsafe(ref c, (nuint)i);
        if (i == x.Length) return;
        Span<T> rest = stackalloc T[Vector<byte>.Count], other = stackalloc T[Vector<byte>.Count];
        x[i..].CopyTo(rest);
        y[i..x.Length].CopyTo(other);
        Span<byte> packed = stackalloc byte[Vector<byte>.Count];
        Pack(op, ref rest[0], ref other[0]).CopyTo(packed);
        packed[..(x.Length - i)].CopyTo(bytes[i..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<byte> Pack<TOp, T>(TOp op, ref T x, ref T y) where TOp : struct, ILaneZip<T> where T : unmanaged
    {
        Vector<byte> mask;
        if (Unsafe.SizeOf<T>() == 1) mask = At(op, ref x, ref y, 0).As<T, byte>();
        else if (Unsafe.SizeOf<T>() == 2)
            mask = Vector.Narrow(At(op, ref x, ref y, 0).As<T, ushort>(), At(op, ref x, ref y, 1).As<T, ushort>());
        else if (Unsafe.SizeOf<T>() == 4) mask = Vector.Narrow(Half4(op, ref x, ref y, 0), Half4(op, ref x, ref y, 2));
        else mask = Vector.Narrow(Vector.Narrow(Half8(op, ref x, ref y, 0), Half8(op, ref x, ref y, 2)),
            Vector.Narrow(Half8(op, ref x, ref y, 4), Half8(op, ref x, ref y, 6)));
        return mask & Vector<byte>.One;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> At<TOp, T>(TOp op, ref T x, ref T y, int k) where TOp : struct, ILaneZip<T> where T : unmanaged =>
        op.Invoke(Vector.LoadUnsafe(ref x, (nuint)(k * Vector<T>.Count)), Vector.LoadUnsafe(ref y, (nuint)(k * Vector<T>.Count)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<ushort> Half4<TOp, T>(TOp op, ref T x, ref T y, int k) where TOp : struct, ILaneZip<T> where T : unmanaged =>
        Vector.Narrow(At(op, ref x, ref y, k).As<T, uint>(), At(op, ref x, ref y, k + 1).As<T, uint>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Half8<TOp, T>(TOp op, ref T x, ref T y, int k) where TOp : struct, ILaneZip<T> where T : unmanaged =>
        Vector.Narrow(At(op, ref x, ref y, k).As<T, ulong>(), At(op, ref x, ref y, k + 1).As<T, ulong>());

    private static void ThrowLength() => throw new ArgumentException("The spans differ in length.");
}
