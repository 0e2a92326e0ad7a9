using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Nabla.Kernels;

internal static unsafe partial class Halves
{
    /// <summary>Float32 from the bits of a Half or BFloat16, one in each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen<T>(Vector512<uint> bits) where T : unmanaged
    {
        if (typeof(T) == typeof(BFloat16)) return (bits << 16).AsSingle();
        // Exponent and fraction move to their places, and a multiplication by 2^112 mends the bias, of subnormals too.
        Vector512<uint> sign = (bits & Vector512.Create(0x8000u)) << 16, rest = bits & Vector512.Create(0x7FFFu);
        Vector512<uint> finite = ((rest << 13).AsSingle() * Vector512.Create(5.192296858534828e33f)).AsUInt32();
        // Infinity and NaN have all bits of the exponent; NaN becomes quiet, as in hardware.
        Vector512<uint> large = Vector512.GreaterThan(rest.AsInt32(), Vector512.Create(0x7BFF)).AsUInt32();
        Vector512<uint> exponent = large & Vector512.Create(0x7F800000u);
        Vector512<uint> quiet = Vector512.GreaterThan(rest.AsInt32(), Vector512.Create(0x7C00)).AsUInt32() & Vector512.Create(0x00400000u);
        return (sign | finite | exponent | quiet).AsSingle();
    }

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
        Vector512<uint> rest = bits & Vector512.Create(0x7FFFFFFFu);
        // The exponent's bias changes by 112; what is too large becomes infinite, which NaN passes by.
        Vector512<uint> nearest = (rest - Vector512.Create(0x37FFF001u) + ((rest >>> 13) & Vector512<uint>.One)) >>> 13;
        // Below 2^-14 an addition rounds: the last place of 1/2 is that of a subnormal.
        Vector512<uint> small = (rest.AsSingle() + Vector512.Create(0.5f)).AsUInt32() - Vector512.Create(0x3F000000u);
        Vector512<uint> y = Vector512.ConditionalSelect(Below(rest, 0x38800000), small, nearest);
        y = Vector512.ConditionalSelect(Below(rest, 0x477FF000), y, Vector512.Create(0x7C00u));
        Vector512<uint> payload = ((rest >>> 13) & Vector512.Create(0x3FFu)) | Vector512.Create(0x7E00u);
        y = Vector512.ConditionalSelect(Vector512.Equals(x, x).AsUInt32(), y, payload);
        return y | (bits >>> 16 & Vector512.Create(0x8000u));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Below(Vector512<uint> rest, int bound) =>
        Vector512.LessThan(rest.AsInt32(), Vector512.Create(bound)).AsUInt32();

    /// <summary>Widens the first values, as far as whole registers go. Returns how many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Widen512<T>(long n, T* x, float* y) where T : unmanaged
    {
        long i = 0;
        for (; n - i >= Vector512<float>.Count; i += Vector512<float>.Count) Widen<T>(Load512(x + i)).Store(y + i);
        return i;
    }

    /// <summary>Rounds the first values, plus those at <paramref name="start"/> if it is not null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Round512<T>(long n, float* x, T* start, T* y) where T : unmanaged
    {
        long i = 0;
        for (; n - i >= Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Vector512<float> v = Vector512.Load(x + i);
            if (start != null) v += Widen<T>(Load512(start + i));
            Store512(y + i, Round<T>(v));
        }
        return i;
    }
}
