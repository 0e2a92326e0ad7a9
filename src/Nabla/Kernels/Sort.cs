using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>
/// Orders along one dimension. Each element becomes an integer key that sorts like it, with its place below: all keys differ, so that any
/// sort of them is stable. NaN is above everything, -0 equals 0.
/// </summary>
internal static class Sort
{
    private const long Grain = 1 << 12;

    // Selecting so small a part passes over the keys once.
    private const int Few = 8;

    /// <summary>The places of the first <paramref name="count"/> elements of each line in sorted order, at the line's place.</summary>
    internal static Tensor Order(Tensor x, int dim, bool descending, long count) => Run(x, dim, new Ordered(descending, count));

    /// <summary>The place of the element of rank <paramref name="k"/> (from 0) of each line; the median's if k is negative.</summary>
    /// <param name="x">The lines.</param>
    /// <param name="dim">The dimension, counted from the end.</param>
    /// <param name="k">-1: the lower median, NaN if there is one; -2: the lower median of what is not NaN.</param>
    internal static Tensor Rank(Tensor x, int dim, long k) => Run(x, dim, new Ranked(k));

    /// <summary>The last place of the most frequent element of each line, the smallest of equally frequent ones.</summary>
    internal static Tensor Mode(Tensor x, int dim) => Run(x, dim, default(Frequent));

    /// <summary>What is done with a line's keys.</summary>
    private interface ILine
    {
        long Length(long n);
        bool Descending { get; }
        void Run<TKey>(Span<TKey> keys, int nans, Span<long> places) where TKey : unmanaged, IBinaryInteger<TKey>, IUnsignedNumber<TKey>;
    }

    private readonly struct Ordered(bool descending, long count) : ILine
    {
        public long Length(long n) => Math.Min(n, count);
        public bool Descending => descending;

        public void Run<TKey>(Span<TKey> keys, int nans, Span<long> places) where TKey : unmanaged, IBinaryInteger<TKey>,
            IUnsignedNumber<TKey>
        {
            int k = places.Length;
            if (k == 0) return;
            if (k <= keys.Length / Few) Least(keys, k);
            else if (k < keys.Length) Select(keys, k - 1);
            RadixSort.Run(keys[..k]);
            Places(keys[..k], places);
        }
    }

    private readonly struct Ranked(long k) : ILine
    {
        public long Length(long n) => 1;
        public bool Descending => false;

        public void Run<TKey>(Span<TKey> keys, int nans, Span<long> places) where TKey : unmanaged, IBinaryInteger<TKey>,
            IUnsignedNumber<TKey>
        {
            int n = keys.Length;
            int at = k >= 0 ? (int)k : k == -2 && nans < n ? (n - nans - 1) / 2 : nans > 0 ? n - nans : (n - 1) / 2;
            Select(keys, at);
            places[0] = Place(keys[at]);
        }
    }

    private readonly struct Frequent : ILine
    {
        public long Length(long n) => 1;
        public bool Descending => false;

        public void Run<TKey>(Span<TKey> keys, int nans, Span<long> places) where TKey : unmanaged, IBinaryInteger<TKey>,
            IUnsignedNumber<TKey>
        {
            RadixSort.Run(keys);
            int best = 0, run = 0;
            for (int i = 0; i < keys.Length; i++)
            {
                run = i > 0 && Value(keys[i]) == Value(keys[i - 1]) && i < keys.Length - nans ? run + 1 : 1;
                if (run > best) (best, places[0]) = (run, Place(keys[i]));
            }
        }
    }

    /// <summary>
    /// The k least keys come first, for a small k: of all that follow only what is below the greatest of the k least so far is kept, until
    /// there are k more.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Least<TKey>(Span<TKey> keys, int k) where TKey : unmanaged, IBinaryInteger<TKey>
    {
        int n = 2 * k;
        Select(keys[..n], k - 1);
        TKey limit = Greatest(keys[..k]);
        n = k;
        for (int i = 2 * k; i < keys.Length; i++)
        {
            TKey key = keys[i];
            if (key > limit) continue;
            keys[n++] = key;
            if (n < 2 * k) continue;
            Select(keys[..n], k - 1);
            limit = Greatest(keys[..k]);
            n = k;
        }
        if (n > k) Select(keys[..n], k - 1);
    }

    private static TKey Greatest<TKey>(ReadOnlySpan<TKey> keys) where TKey : unmanaged, IBinaryInteger<TKey>
    {
        TKey greatest = keys[0];
        foreach (TKey key in keys) greatest = TKey.Max(greatest, key);
        return greatest;
    }

    /// <summary>Hoare's selection: the element of rank k comes to place k, smaller ones before it.</summary>
    private static void Select<TKey>(Span<TKey> keys, int k) where TKey : unmanaged, IBinaryInteger<TKey>
    {
        int low = 0, high = keys.Length - 1;
        while (high - low > 16)
        {
            TKey a = keys[low], b = keys[(low + high) >>> 1], c = keys[high];
            TKey pivot = TKey.Max(TKey.Min(a, b), TKey.Min(TKey.Max(a, b), c));
            int i = low, j = high;
            while (i <= j)
            {
                while (keys[i] < pivot) i++;
                while (keys[j] > pivot) j--;
                if (i > j) break;
                (keys[i], keys[j]) = (keys[j], keys[i]);
                i++;
                j--;
            }
            if (k <= j) high = j;
            else if (k >= i) low = i;
            else return;
        }
        keys[low..(high + 1)].Sort();
    }

    private static Tensor Run<TLine>(Tensor x, int dim, TLine line) where TLine : struct, ILine
    {
        if (x.dtype is DType.Float16 or DType.BFloat16) x = Copy.Cast(x, DType.Float32);
        x = Copy.Contiguous(x);
        long[] shape = [.. x.layout.shape];
        if (x.Rank > 0) shape[^-dim] = line.Length(shape[^-dim]);
        Tensor y = Tensor.Allocate(new Layout(shape), DType.Int64);
        if (y.layout.Count == 0) return y;
        switch (x.dtype)
        {
            case DType.Float32: Lines<TLine, int, ulong>(x, y, dim, line); break;
            case DType.Int32: Lines<TLine, int, ulong>(x, y, dim, line); break;
            case DType.Int16: Lines<TLine, short, ulong>(x, y, dim, line); break;
            case DType.Int8: Lines<TLine, sbyte, ulong>(x, y, dim, line); break;
            case DType.UInt8 or DType.Bool: Lines<TLine, byte, ulong>(x, y, dim, line); break;
            default: Lines<TLine, long, UInt128>(x, y, dim, line); break;
        }
        return y;
    }

    private static void Lines<TLine, T, TKey>(Tensor x, Tensor y, int dim, TLine line)
        where TLine : struct, ILine where T : unmanaged, IBinaryInteger<T> where TKey : unmanaged, IBinaryInteger<TKey>,
            IUnsignedNumber<TKey>
    {
        Along from = new(x.layout, dim), to = new(y.layout, dim);
        Parallel.For(from.Outer * from.Inner, Math.Max(1, Grain / from.N), new Body<TLine, T, TKey>(x, y, from, to, line));
    }

    private readonly struct Body<TLine, T, TKey>(Tensor x, Tensor y, Along from, Along to, TLine line) : IRange
        where TLine : struct, ILine where T : unmanaged, IBinaryInteger<T> where TKey : unmanaged, IBinaryInteger<TKey>,
            IUnsignedNumber<TKey>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long first, long last)
        {
            int n = checked((int)from.N), m = (int)to.N;
            TKey[] keyBuffer = ArrayPool<TKey>.Shared.Rent(n);
            long[] placeBuffer = ArrayPool<long>.Shared.Rent(m);
            Span<TKey> keys = keyBuffer.AsSpan(0, n);
            Span<long> places = placeBuffer.AsSpan(0, m);
            bool floating = x.dtype.IsFloatingPoint();
            for (long i = first; i < last; i++)
            {
                ref T source = ref x.storage.At<T>(x.layout.Offset + from.Start(i));
                int nans = Keys(ref source, keys, floating);
                line.Run<TKey>(keys, nans, places);
                long at = to.Start(i);
                if (to.Inner == 1) places.CopyTo(y.storage.Span<long>(at, m));
                else for (int k = 0; k < places.Length; k++) y.storage.At<long>(at + k * to.Inner) = places[k];
            }
            ArrayPool<TKey>.Shared.Return(keyBuffer);
            ArrayPool<long>.Shared.Return(placeBuffer);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private int Keys(ref T source, Span<TKey> keys, bool floating)
        {
            if (Unsafe.SizeOf<T>() == 4 && Unsafe.SizeOf<TKey>() == 8 && floating)
                return SingleKeys.Run(ref Unsafe.As<T, uint>(ref source), (nint)from.Inner, line.Descending,
                    MemoryMarshal.Cast<TKey, ulong>(keys));
            int nans = 0;
            for (int k = 0; k < keys.Length; k++)
            {
                long bits = long.CreateTruncating(Unsafe.Add(ref source, (nint)(k * from.Inner)));
                ulong key = floating ? Floating(bits, ref nans) : (ulong)bits ^ (1UL << 63);
                if (line.Descending) key = ~key;
                // 32-bit values keep only the upper half of the key, so that value and place fit into 64 bits.
                keys[k] = Unsafe.SizeOf<TKey>() == 8
                    ? TKey.CreateTruncating((floating ? key & 0xFFFFFFFF00000000 : (ulong)(uint)(key ^ (1UL << 31)) << 32) | (uint)k)
                    : (TKey.CreateTruncating(key) << 64) | TKey.CreateTruncating(k);
            }
            return nans;
        }

        /// <summary>Bits of a float that sort as unsigned integers; for float32 in the upper half.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static ulong Floating(long bits, ref int nans)
        {
            bool narrow = Unsafe.SizeOf<T>() == 4;
            double value = narrow ? BitConverter.Int32BitsToSingle((int)bits) : BitConverter.Int64BitsToDouble(bits);
            ulong key = narrow ? (ulong)(uint)bits << 32 : (ulong)bits;
            if (double.IsNaN(value))
            {
                nans++;
                return narrow ? 0xFFFFFFFF00000000 : ulong.MaxValue;
            }
            if (value == 0) return 1UL << 63;
            if ((long)key >= 0) return key | (1UL << 63);
            return narrow ? ~key & 0xFFFFFFFF00000000 : ~key;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Places<TKey>(ReadOnlySpan<TKey> keys, Span<long> places) where TKey : unmanaged, IBinaryInteger<TKey>
    {
        for (int i = 0; i < places.Length; i++) places[i] = Place(keys[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Place<TKey>(TKey key) where TKey : unmanaged, IBinaryInteger<TKey> =>
        typeof(TKey) == typeof(ulong) ? (uint)(ulong)(object)key : long.CreateTruncating(key & TKey.CreateTruncating(0xFFFFFFFFu));

    private static TKey Value<TKey>(TKey key) where TKey : unmanaged, IBinaryInteger<TKey> => key >>> (Unsafe.SizeOf<TKey>() * 4);
}
