using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>z = condition ? x : y, for any dtype: only bits are moved.</summary>
internal static class Select
{
    private const int Chunk = Map.Chunk;
    private const long Grain = 1 << 15;

    /// <summary>All operands have z's shape, x and y its dtype, the condition is one byte per element; z is dense.</summary>
    internal static void Run(Tensor condition, Tensor x, Tensor y, Tensor z)
    {
        if (z.layout.Count == 0) return;
        switch (z.dtype.ItemSize())
        {
            case 1: Drive<byte>(condition, x, y, z); break;
            case 2: Drive<ushort>(condition, x, y, z); break;
            case 4: Drive<uint>(condition, x, y, z); break;
            default: Drive<ulong>(condition, x, y, z); break;
        }
    }

    private static void Drive<T>(Tensor condition, Tensor x, Tensor y, Tensor z) where T : unmanaged =>
        Parallel.For(z.layout.Count, Grain,
            new Body<T>(condition, x, y, z, new Plan(z.layout, condition.layout, null), new Plan(z.layout, x.layout, y.layout)));

    private readonly struct Body<T>(Tensor condition, Tensor x, Tensor y, Tensor z, Plan first, Plan second) : IRange where T : unmanaged
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long from, long to)
        {
            int size = (int)Math.Min(to - from, Chunk), rank = second.Sizes.Length;
            Span<byte> mask = stackalloc byte[size];
            Span<T> a = stackalloc T[size], b = stackalloc T[size];
            Span<long> index = stackalloc long[first.Sizes.Length + 2 * rank];
            Walker<byte> cs = new(condition, first.Sizes, first.X, index[(2 * rank)..], from);
            Walker<T> xs = new(x, second.Sizes, second.X, index[..rank], from);
            Walker<T> ys = new(y, second.Sizes, second.Y, index[rank..(2 * rank)], from);
            while (from < to)
            {
                int n = (int)Math.Min(to - from, size);
                Choose(cs.Next(n, mask), xs.Next(n, a), ys.Next(n, b), z.storage.Span<T>(z.layout.Offset + from, n));
                from += n;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Choose<T>(ReadOnlySpan<byte> condition, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) where T : unmanaged
    {
        ref byte c = ref MemoryMarshal.GetReference(condition);
        ref T a = ref MemoryMarshal.GetReference(x), b = ref MemoryMarshal.GetReference(y), r = ref MemoryMarshal.GetReference(z);
        int i = 0;
        for (int last = z.Length - Vector<byte>.Count; i <= last; i += Vector<byte>.Count)
            Block(Vector.LoadUnsafe(ref c, (nuint)i), ref Unsafe.Add(ref a, i), ref Unsafe.Add(ref b, i), ref Unsafe.Add(ref r, i));
        for (; i < z.Length; i++) z[i] = condition[i] != 0 ? x[i] : y[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block<T>(Vector<byte> c, ref T x, ref T y, ref T z) where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() == 1)
        {
            One(c.As<byte, T>(), ref x, ref y, ref z, 0);
            return;
        }
        Vector.Widen(c, out Vector<ushort> low, out Vector<ushort> high);
        Block2(low, ref x, ref y, ref z, 0);
        Block2(high, ref x, ref y, ref z, Vector<ushort>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block2<T>(Vector<ushort> c, ref T x, ref T y, ref T z, int at) where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() == 2)
        {
            One(c.As<ushort, T>(), ref x, ref y, ref z, at);
            return;
        }
        Vector.Widen(c, out Vector<uint> low, out Vector<uint> high);
        Block4(low, ref x, ref y, ref z, at);
        Block4(high, ref x, ref y, ref z, at + Vector<uint>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Block4<T>(Vector<uint> c, ref T x, ref T y, ref T z, int at) where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() == 4)
        {
            One(c.As<uint, T>(), ref x, ref y, ref z, at);
            return;
        }
        Vector.Widen(c, out Vector<ulong> low, out Vector<ulong> high);
        One(low.As<ulong, T>(), ref x, ref y, ref z, at);
        One(high.As<ulong, T>(), ref x, ref y, ref z, at + Vector<ulong>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void One<T>(Vector<T> c, ref T x, ref T y, ref T z, int at) where T : unmanaged =>
        Vector.ConditionalSelect(Vector.Equals(c, Vector<T>.Zero), Vector.LoadUnsafe(ref y, (nuint)at), Vector.LoadUnsafe(ref x, (nuint)at))
            .StoreUnsafe(ref z, (nuint)at);
}
