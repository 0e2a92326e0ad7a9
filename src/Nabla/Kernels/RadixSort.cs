using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>
/// Sorts keys whose lower half is a place, in ascending order to begin with: counting passes over the upper half, from its low digits to
/// its high ones (D. E. Knuth, The Art of Computer Programming 3, 5.2.5), each of which keeps the order of equal digits.
/// </summary>
internal static class RadixSort
{
    private const int Digits = 11, Buckets = 1 << Digits;

    // Below this the comparison sort of the runtime is faster.
    private const int Least = 1500;

    internal static void Run<TKey>(Span<TKey> keys) where TKey : unmanaged, IBinaryInteger<TKey>, IUnsignedNumber<TKey>
    {
        int half = Unsafe.SizeOf<TKey>() * 4;
        if (keys.Length < (half == 32 ? Least : 4 * Least) || !IsOrdered(keys))
        {
            keys.Sort();
            return;
        }
        int passes = (half + Digits - 1) / Digits;
        TKey[] buffer = ArrayPool<TKey>.Shared.Rent(keys.Length);
        int[] counts = ArrayPool<int>.Shared.Rent(passes * Buckets);
        Sort(keys, buffer.AsSpan(0, keys.Length), counts.AsSpan(0, passes * Buckets), passes);
        ArrayPool<int>.Shared.Return(counts);
        ArrayPool<TKey>.Shared.Return(buffer);
    }

    /// <summary>Whether the places ascend: a selection before may have mixed them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool IsOrdered<TKey>(ReadOnlySpan<TKey> keys) where TKey : unmanaged, IBinaryInteger<TKey>
    {
        uint last = Place(keys[0]);
        for (int i = 1; i < keys.Length; i++)
        {
            uint place = Place(keys[i]);
            if (place <= last) return false;
            last = place;
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sort<TKey>(Span<TKey> keys, Span<TKey> buffer, Span<int> counts, int passes) where TKey : unmanaged,
        IBinaryInteger<TKey>
    {
        counts.Clear();
        Count<TKey>(keys, counts, passes);
        Span<TKey> from = keys, to = buffer;
        for (int pass = 0; pass < passes; pass++)
        {
            Span<int> starts = counts.Slice(pass * Buckets, Buckets);
            if (starts[Digit(from[0], pass)] == from.Length) continue;   // all keys have the same digit
            int sum = 0;
            for (int d = 0; d < starts.Length; d++) (starts[d], sum) = (sum, sum + starts[d]);
            Move<TKey>(from, to, starts, pass);
            Span<TKey> last = from;
            from = to;
            to = last;
        }
        if (from != keys) from.CopyTo(keys);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Count<TKey>(ReadOnlySpan<TKey> keys, Span<int> counts, int passes) where TKey : unmanaged, IBinaryInteger<TKey>
    {
        ref int count = ref MemoryMarshal.GetReference(counts);
        for (int i = 0; i < keys.Length; i++)
        {
            ulong upper = Upper(keys[i]);
            for (int pass = 0; pass < passes; pass++, upper >>= Digits)
                Unsafe.Add(ref count, pass * Buckets + (int)(upper & (Buckets - 1)))++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Move<TKey>(ReadOnlySpan<TKey> from, Span<TKey> to, Span<int> starts, int pass)
        where TKey : unmanaged, IBinaryInteger<TKey>
    {
        ref TKey target = ref MemoryMarshal.GetReference(to);
        ref int start = ref MemoryMarshal.GetReference(starts);
        for (int i = 0; i < from.Length; i++)
        {
            TKey key = from[i];
            ref int at = ref Unsafe.Add(ref start, Digit(key, pass));
            Unsafe.Add(ref target, at) = key;
            at++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Digit<TKey>(TKey key, int pass) where TKey : unmanaged, IBinaryInteger<TKey> =>
        (int)(Upper(key) >> (pass * Digits)) & (Buckets - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Place<TKey>(TKey key) where TKey : unmanaged, IBinaryInteger<TKey> =>
        typeof(TKey) == typeof(ulong) ? (uint)(ulong)(object)key : uint.CreateTruncating(key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Upper<TKey>(TKey key) where TKey : unmanaged, IBinaryInteger<TKey>
    {
        if (typeof(TKey) == typeof(ulong)) return (ulong)(object)key >> 32;
        return ulong.CreateTruncating(key >>> (Unsafe.SizeOf<TKey>() * 4));
    }
}
