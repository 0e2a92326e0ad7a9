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
/// first and last ones in overlapping vectors, fewer than a vector's from a padded one. The result may be an operand's memory.
/// </summary>
internal static class Lanes
{
    /// <summary>y[i] = op(x[i]). A number alone stays in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Map<TOp, T>(TOp op, ReadOnlySpan<T> x, Span<T> y) where TOp : struct, ILaneMap<T> where T : unmanaged
    {
        if (x.Length == 1 && y.Length == 1) y[0] = op.Invoke(Vector.Create(x[0])).ToScalar();
        else MapAll(op, x, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MapAll<TOp, T>(TOp op, ReadOnlySpan<T> x, Span<T> y) where TOp : struct, ILaneMap<T> where T : unmanaged
    {
        if (y.Length < x.Length) ThrowLength();
        ref T a = ref MemoryMarshal.GetReference(x), b = ref MemoryMarshal.GetReference(y);
        nint n = x.Length, w = Vector<T>.Count;
        if (n < w)
        {
            if (n > 0) Store(op.Invoke(Short(ref a, n)), ref b, n);
            return;
        }
        // Both ends are read before what overlaps them is written, because y may be x, and written last. The last is not read at once: a
        // step forward and back confuses what fetches memory ahead (12 % of a row of 1000 that the third-level cache holds).
        Vector<T> first = op.Invoke(Load(ref a, 0));
        nint i = VectorSpan.Start(ref b, n, Vector<byte>.Count);
        bool past = n >= Streaming.Least && Streaming.Wanted;
        for (nint end = n - 5 * w; i <= end; i += 4 * w)
        {
            Vector<T> p = op.Invoke(Load(ref a, i)), q = op.Invoke(Load(ref a, i + w));
            Vector<T> r = op.Invoke(Load(ref a, i + 2 * w)), s = op.Invoke(Load(ref a, i + 3 * w));
            if (past)
            {
                Past(p, ref b, i);
                Past(q, ref b, i + w);
                Past(r, ref b, i + 2 * w);
                Past(s, ref b, i + 3 * w);
                continue;
            }
            p.StoreUnsafe(ref b, (nuint)i);
            q.StoreUnsafe(ref b, (nuint)(i + w));
            r.StoreUnsafe(ref b, (nuint)(i + 2 * w));
            s.StoreUnsafe(ref b, (nuint)(i + 3 * w));
        }
        Vector<T> last = op.Invoke(Load(ref a, n - w));
        for (; i < n - w; i += w) op.Invoke(Load(ref a, i)).StoreUnsafe(ref b, (nuint)i);
        first.StoreUnsafe(ref b);
        last.StoreUnsafe(ref b, (nuint)(n - w));
    }

    /// <summary>z[i] = op(x[i], y[i]). Numbers alone stay in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Zip<TOp, T>(TOp op, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z)
        where TOp : struct, ILaneZip<T> where T : unmanaged
    {
        if (x.Length == 1 && y.Length == 1 && z.Length == 1) z[0] = op.Invoke(Vector.Create(x[0]), Vector.Create(y[0])).ToScalar();
        else ZipAll(op, x, y, z);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ZipAll<TOp, T>(TOp op, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z)
        where TOp : struct, ILaneZip<T> where T : unmanaged
    {
        if (y.Length < x.Length || z.Length < x.Length) ThrowLength();
        ref T a = ref MemoryMarshal.GetReference(x), b = ref MemoryMarshal.GetReference(y), c = ref MemoryMarshal.GetReference(z);
        nint n = x.Length, w = Vector<T>.Count;
        if (n < w)
        {
            if (n > 0) Store(op.Invoke(Short(ref a, n), Short(ref b, n)), ref c, n);
            return;
        }
        Vector<T> first = op.Invoke(Load(ref a, 0), Load(ref b, 0));
        nint i = VectorSpan.Start(ref c, n, Vector<byte>.Count);
        bool past = n >= Streaming.Least && Streaming.Wanted;
        for (nint end = n - 5 * w; i <= end; i += 4 * w)
        {
            Vector<T> p = op.Invoke(Load(ref a, i), Load(ref b, i)), q = op.Invoke(Load(ref a, i + w), Load(ref b, i + w));
            Vector<T> r = op.Invoke(Load(ref a, i + 2 * w), Load(ref b, i + 2 * w));
            Vector<T> s = op.Invoke(Load(ref a, i + 3 * w), Load(ref b, i + 3 * w));
            if (past)
            {
                Past(p, ref c, i);
                Past(q, ref c, i + w);
                Past(r, ref c, i + 2 * w);
                Past(s, ref c, i + 3 * w);
                continue;
            }
            p.StoreUnsafe(ref c, (nuint)i);
            q.StoreUnsafe(ref c, (nuint)(i + w));
            r.StoreUnsafe(ref c, (nuint)(i + 2 * w));
            s.StoreUnsafe(ref c, (nuint)(i + 3 * w));
        }
        Vector<T> last = op.Invoke(Load(ref a, n - w), Load(ref b, n - w));
        for (; i < n - w; i += w) op.Invoke(Load(ref a, i), Load(ref b, i)).StoreUnsafe(ref c, (nuint)i);
        first.StoreUnsafe(ref c);
        last.StoreUnsafe(ref c, (nuint)(n - w));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Load<T>(ref T x, nint i) where T : unmanaged => Vector.LoadUnsafe(ref x, (nuint)i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Past<T>(Vector<T> v, ref T y, nint i) where T : unmanaged =>
        v.StoreAlignedNonTemporal((T*)Unsafe.AsPointer(ref Unsafe.Add(ref y, i)));

    /// <summary>The first n elements of a vector, fewer than it holds.</summary>
    private static Vector<T> Short<T>(ref T x, nint n) where T : unmanaged
    {
        Vector<T> v = default;
        for (nint i = 0; i < n; i++) Unsafe.Add(ref Unsafe.As<Vector<T>, T>(ref v), i) = Unsafe.Add(ref x, i);
        return v;
    }

    private static void Store<T>(Vector<T> v, ref T y, nint n) where T : unmanaged
    {
        for (nint i = 0; i < n; i++) Unsafe.Add(ref y, i) = Unsafe.Add(ref Unsafe.As<Vector<T>, T>(ref v), i);
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
        // Masks are 0 or -1. As signed numbers they survive a narrowing that saturates, too, which is what the browser's runtime does.
        Vector<byte> mask;
        if (Unsafe.SizeOf<T>() == 1) mask = At(op, ref x, ref y, 0).As<T, byte>();
        else if (Unsafe.SizeOf<T>() == 2)
            mask = Vector.Narrow(At(op, ref x, ref y, 0).As<T, short>(), At(op, ref x, ref y, 1).As<T, short>()).As<sbyte, byte>();
        else if (Unsafe.SizeOf<T>() == 4)
            mask = Vector.Narrow(Half4(op, ref x, ref y, 0), Half4(op, ref x, ref y, 2)).As<sbyte, byte>();
        else mask = Vector.Narrow(Vector.Narrow(Half8(op, ref x, ref y, 0), Half8(op, ref x, ref y, 2)),
            Vector.Narrow(Half8(op, ref x, ref y, 4), Half8(op, ref x, ref y, 6))).As<sbyte, byte>();
        return mask & Vector<byte>.One;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> At<TOp, T>(TOp op, ref T x, ref T y, int k) where TOp : struct, ILaneZip<T> where T : unmanaged =>
        op.Invoke(Vector.LoadUnsafe(ref x, (nuint)(k * Vector<T>.Count)), Vector.LoadUnsafe(ref y, (nuint)(k * Vector<T>.Count)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<short> Half4<TOp, T>(TOp op, ref T x, ref T y, int k) where TOp : struct, ILaneZip<T> where T : unmanaged =>
        Vector.Narrow(At(op, ref x, ref y, k).As<T, int>(), At(op, ref x, ref y, k + 1).As<T, int>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> Half8<TOp, T>(TOp op, ref T x, ref T y, int k) where TOp : struct, ILaneZip<T> where T : unmanaged =>
        Vector.Narrow(At(op, ref x, ref y, k).As<T, long>(), At(op, ref x, ref y, k + 1).As<T, long>());

    private static void ThrowLength() => throw new ArgumentException("The spans differ in length.");
}
