using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static unsafe partial class Halves
{
    /// <summary>Float32 from the bits of a Half or BFloat16, one in each lane, its sign in all bits above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen<T>(Vector512<uint> bits) where T : unmanaged
    {
        if (typeof(T) == typeof(BFloat16)) return (bits << 16).AsSingle();
        // Infinity and NaN have all bits of the exponent; NaN becomes quiet, as in hardware.
        Vector512<uint> placed = Placed(bits), far = Vector512.Create(0x0F800000u), rest = placed & Vector512.Create(0x0FFFE000u);
        Vector512<uint> all = Vector512.GreaterThanOrEqual(rest.AsInt32(), far.AsInt32()).AsUInt32() & Vector512.Create(0x7F800000u);
        Vector512<uint> quiet = Vector512.GreaterThan(rest.AsInt32(), far.AsInt32()).AsUInt32() & Vector512.Create(0x00400000u);
        return (Mended(placed).AsUInt32() | all | quiet).AsSingle();
    }

    /// <summary>Sign, exponent and fraction of a Half at their places in a float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Placed(Vector512<uint> bits) => (bits << 13) & Vector512.Create(0x8FFFE000u);

    /// <summary>A finite number whose exponent has the bias of a Half: a multiplication by 2^112 mends it, of subnormals too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Mended(Vector512<uint> placed) => placed.AsSingle() * Vector512.Create(5.192296858534828e33f);

    /// <summary>The bits of a Half or BFloat16 in each lane: to nearest, ties to even; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Round<T>(Vector512<float> x) where T : unmanaged
    {
        Vector512<uint> bits = x.AsUInt32();
        if (typeof(T) == typeof(BFloat16))
        {
            Vector512<uint> high = bits >>> 16, upper = (bits + (Vector512.Create(0x7FFFu) + (high & Vector512<uint>.One))) >>> 16;
            return Vector512.ConditionalSelect(Vector512.Equals(x, x).AsUInt32(), upper, high | Vector512.Create(0x40u));
        }
        Vector512<uint> rest = bits & Vector512.Create(0x7FFFFFFFu), sign = bits >>> 16 & Vector512.Create(0x8000u);
        Vector512<uint> near = Vector512.LessThan(rest.AsInt32(), Vector512.Create(0x47800000)).AsUInt32();
        Vector512<uint> payload = (rest >>> 13 & Vector512.Create(0x3FFu)) | Vector512.Create(0x7E00u);
        Vector512<uint> far = Vector512.ConditionalSelect(Vector512.Equals(x, x).AsUInt32(), Vector512.Create(0x7C00u), payload) | sign;
        Vector512<float> finite = (bits & near).AsSingle();
        return Vector512.ConditionalSelect(near, RoundNear(finite, Above(finite)), far);
    }

    /// <summary>The exponent above that of 2^-14, which subnormals share.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Above(Vector512<float> x) => Vector512.Max(
        (x.AsInt32() & Vector512.Create(0x7F800000)) - Vector512.Create(113 << 23), Vector512<int>.Zero);

    /// <summary>The bits of a Half where |x| is below 65536: the sum with a power of two 2^13 times as large rounds, and its last bits are
    /// the fraction, the leading one included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundNear(Vector512<float> x, Vector512<int> above)
    {
        Vector512<uint> bits = x.AsUInt32();
        Vector512<float> large = ((above + Vector512.Create(126 << 23)).AsUInt32() | (bits & Vector512.Create(0x80000000u))).AsSingle();
        Vector512<uint> sum = (x + large).AsUInt32() + (above >> 13).AsUInt32();
        return (sum & Vector512.Create(0x7FFFu)) | (bits >>> 16 & Vector512.Create(0x8000u));
    }

    /// <summary>Widens the first values, as far as whole registers go. Returns how many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Widen512<T>(long n, T* x, float* y) where T : unmanaged
    {
        long i = 0, w = Vector512<float>.Count;
        if (typeof(T) == typeof(BFloat16))
        {
            for (; n - i >= w; i += w) Widen<T>(Load512(x + i)).Store(y + i);
            return i;
        }
        while (n - i >= w)
        {
            // As if all were finite; a block in which some are not is done again.
            long j = i, stop = Math.Min(n, i + Block);
            Vector512<int> largest = Vector512<int>.Zero;
            for (; stop - j >= w; j += w)
            {
                Vector512<uint> placed = Placed(Load512(x + j));
                Mended(placed).Store(y + j);
                largest = Vector512.Max(largest, (placed & Vector512.Create(0x0FFFE000u)).AsInt32());
            }
            if (Vector512.GreaterThanOrEqualAny(largest, Vector512.Create(0x0F800000)))
                for (long k = i; k < j; k += w) Widen<T>(Load512(x + k)).Store(y + k);
            i = j;
        }
        return i;
    }

    /// <summary>Rounds the first values, plus those at <paramref name="start"/> if it is not null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Round512<T>(long n, float* x, T* start, T* y) where T : unmanaged
    {
        long i = 0, w = Vector512<float>.Count;
        if (typeof(T) == typeof(BFloat16) || start != null)
        {
            for (; n - i >= w; i += w)
            {
                Vector512<float> v = Vector512.Load(x + i);
                if (start != null) v += Widen<T>(Load512(start + i));
                Store512(y + i, Round<T>(v));
            }
            return i;
        }
        while (n - i >= w)
        {
            // As if all were small; a block in which some are not is done again.
            long j = i, stop = Math.Min(n, i + Block);
            Vector512<int> largest = Vector512<int>.Zero;
            for (; stop - j >= w; j += w)
            {
                Vector512<float> v = Vector512.Load(x + j);
                Vector512<int> above = Above(v);
                Store512(y + j, RoundNear(v, above));
                largest = Vector512.Max(largest, above);
            }
            if (Vector512.GreaterThanAny(largest, Vector512.Create(29 << 23)))
                for (long k = i; k < j; k += w) Store512(y + k, Round<T>(Vector512.Load(x + k)));
            i = j;
        }
        return i;
    }
}
