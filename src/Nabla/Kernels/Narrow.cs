using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Nabla.Kernels;

/// <summary>Conversion between the 16-bit floats and float32. Every element passes through the vector code, the last ones padded.</summary>
internal static class Narrow
{
    internal static void ToSingle<T>(ReadOnlySpan<T> x, Span<float> y) where T : unmanaged
    {
        ReadOnlySpan<ushort> bits = Reinterpret<T, ushort>(x);
        if (typeof(T) == typeof(Half)) Widen<OfHalf>(bits, y);
        else Widen<OfBFloat16>(bits, y);
    }

    internal static void FromSingle<T>(ReadOnlySpan<float> x, Span<T> y) where T : unmanaged
    {
        if (typeof(T) == typeof(Half)) Round<OfHalf>(x, Reinterpret<T, ushort>(y));
        else Round<OfBFloat16>(x, Reinterpret<T, ushort>(y));
    }

    internal static ReadOnlySpan<TTo> Reinterpret<TFrom, TTo>(ReadOnlySpan<TFrom> x) where TFrom : unmanaged where TTo : unmanaged =>
        MemoryMarshal.Cast<TFrom, TTo>(x);

    internal static Span<TTo> Reinterpret<TFrom, TTo>(Span<TFrom> x) where TFrom : unmanaged where TTo : unmanaged =>
        MemoryMarshal.Cast<TFrom, TTo>(x);

    /// <summary>Float32 from the bits of a 16-bit float, one in each lane of 32.</summary>
    private interface IFormat
    {
        static abstract Vector<float> Widen(Vector<uint> bits);

        /// <summary>To nearest, ties to even; NaN stays NaN.</summary>
        static abstract Vector<uint> Round(Vector<float> x);
    }

    private readonly struct OfBFloat16 : IFormat
    {
        public static Vector<float> Widen(Vector<uint> bits) => (bits << 16).As<uint, float>();

        public static Vector<uint> Round(Vector<float> x)
        {
            Vector<uint> bits = x.As<float, uint>(), high = bits >>> 16;
            Vector<uint> nearest = (bits + Vector.Create(0x7FFFu) + (high & Vector<uint>.One)) >>> 16;
            return Vector.ConditionalSelect(Vector.Equals(x, x).As<int, uint>(), nearest, high | Vector.Create(0x40u));
        }
    }

    private readonly struct OfHalf : IFormat
    {
        /// <summary>Exponent and fraction move to their places, and a multiplication by 2^112 mends the bias, of subnormals too.</summary>
        public static Vector<float> Widen(Vector<uint> bits)
        {
            Vector<uint> sign = (bits & Vector.Create(0x8000u)) << 16, rest = bits & Vector.Create(0x7FFFu);
            Vector<uint> finite = ((rest << 13).As<uint, float>() * Vector.Create(5.192296858534828e33f)).As<float, uint>();
            Vector<uint> special = Vector.GreaterThan(rest, Vector.Create(0x7BFFu)), exponent = special & Vector.Create(0x7F800000u);
            // NaN becomes quiet, as in hardware.
            Vector<uint> quiet = Vector.GreaterThan(rest, Vector.Create(0x7C00u)) & Vector.Create(0x00400000u);
            return (sign | finite | exponent | quiet).As<uint, float>();
        }

        public static Vector<uint> Round(Vector<float> x)
        {
            Vector<uint> bits = x.As<float, uint>(), rest = bits & Vector.Create(0x7FFFFFFFu);
            // The exponent's bias changes by 112; what is too large becomes infinite, which NaN passes by.
            Vector<uint> nearest = (rest - Vector.Create(0x37FFF001u) + ((rest >>> 13) & Vector<uint>.One)) >>> 13;
            // Below 2^-14 an addition rounds: the last place of 1/2 is that of a subnormal.
            Vector<uint> small = (rest.As<uint, float>() + Vector.Create(0.5f)).As<float, uint>() - Vector.Create(0x3F000000u);
            Vector<uint> y = Vector.ConditionalSelect(Vector.LessThan(rest, Vector.Create(0x38800000u)), small, nearest);
            y = Vector.ConditionalSelect(Vector.GreaterThan(rest, Vector.Create(0x477FEFFFu)), Vector.Create(0x7C00u), y);
            Vector<uint> payload = ((rest >>> 13) & Vector.Create(0x3FFu)) | Vector.Create(0x7E00u);
            y = Vector.ConditionalSelect(Vector.GreaterThan(rest, Vector.Create(0x7F800000u)), payload, y);
            return y | (bits >>> 16 & Vector.Create(0x8000u));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen<TOp>(ReadOnlySpan<ushort> x, Span<float> y) where TOp : struct, IFormat
    {
        ref ushort a = ref MemoryMarshal.GetReference(x);
        ref float b = ref MemoryMarshal.GetReference(y[..x.Length]);
        nint n = x.Length, w = Vector<ushort>.Count, i = 0;
        for (; i <= n - w; i += w) Widen<TOp>(Vector.LoadUnsafe(ref a, (nuint)i), ref Unsafe.Add(ref b, i));
        if (i == n) return;
        Span<ushort> rest = stackalloc ushort[Vector<ushort>.Count];
        Span<float> wide = stackalloc float[Vector<ushort>.Count];
        x[(int)i..].CopyTo(rest);
        Widen<TOp>(new Vector<ushort>(rest), ref wide[0]);
        wide[..(int)(n - i)].CopyTo(y[(int)i..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen<TOp>(Vector<ushort> bits, ref float y) where TOp : struct, IFormat
    {
        Vector.Widen(bits, out Vector<uint> low, out Vector<uint> high);
        TOp.Widen(low).StoreUnsafe(ref y);
        TOp.Widen(high).StoreUnsafe(ref y, (nuint)Vector<float>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Round<TOp>(ReadOnlySpan<float> x, Span<ushort> y) where TOp : struct, IFormat
    {
        ref float a = ref MemoryMarshal.GetReference(x);
        ref ushort b = ref MemoryMarshal.GetReference(y[..x.Length]);
        nint n = x.Length, w = Vector<ushort>.Count, i = 0;
        for (; i <= n - w; i += w) Round<TOp>(ref Unsafe.Add(ref a, i)).StoreUnsafe(ref b, (nuint)i);
        if (i == n) return;
        Span<float> rest = stackalloc float[Vector<ushort>.Count];
        Span<ushort> narrow = stackalloc ushort[Vector<ushort>.Count];
        x[(int)i..].CopyTo(rest);
        Round<TOp>(ref rest[0]).CopyTo(narrow);
        narrow[..(int)(n - i)].CopyTo(y[(int)i..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<ushort> Round<TOp>(ref float x) where TOp : struct, IFormat =>
        Vector.Narrow(TOp.Round(Vector.LoadUnsafe(ref x)), TOp.Round(Vector.LoadUnsafe(ref x, (nuint)Vector<float>.Count)));
}
